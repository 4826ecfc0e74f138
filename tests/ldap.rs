//! Reading people and groups from a real OpenLDAP: whole, or not at all.

use crate::openldap::{ACCOUNT, BASE, OpenLdap, Options, Proxy, SizeLimit, Subschema};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Mutex;
use umsync_directory::ldap::{
    Asking, Bind, Certificates, Distrust, Encryption, Failure, Members, Nested, Phase, Reached, Report,
    Settings, Timeouts, check, read,
};
use umsync_directory::{Dn, Error, Filter};
use umsync_engine::directory::{
    AccountState, Certificate, Directory, Entry, GroupRef, Proof, Schema, ServerProof, Wanted,
};
use url::Url;

/// Reads from `urls` as `server`'s account, with pages of 100.
pub(crate) fn settings(server: &OpenLdap, urls: &[Url], members: Members) -> Settings {
    Settings {
        servers: urls.to_vec(),
        encryption: Encryption::Plain,
        ca_file: Some(server.ca_file()),
        certificates: Certificates::Verified,
        bind: Bind::Simple { dn: ACCOUNT.to_owned(), password: server.password() },
        base: Dn::parse(BASE).unwrap(),
        user_base: Some(Dn::parse("OU=People, DC=Example, DC=com").unwrap()),
        group_base: None,
        users: Filter::parse("(objectClass=inetOrgPerson)").unwrap(),
        group_filter: None,
        members,
        nested_groups: Nested::Read,
        page_size: Some(100),
        connections: 4,
        timeouts: Timeouts::default(),
        anchor: None,
    }
}

fn plain(server: &OpenLdap) -> Settings {
    settings(server, &[server.url()], Members::MemberOf)
}

fn wanted(groups: &[&str]) -> Wanted {
    let attributes = ["mail", "givenname", "sn", "jpegphoto", "audio"].map(str::to_owned).into();
    Wanted {
        attributes,
        groups: groups.iter().map(|name| GroupRef::new(name)).collect(),
        ..Wanted::default()
    }
}

pub(crate) async fn read_it(settings: &Settings, groups: &[&str]) -> Result<Directory, Error> {
    read(settings, &wanted(groups), &|_| ()).await
}

/// Looks at it as `umsync check` does.
pub(crate) async fn look(settings: &Settings, wanted: &Wanted) -> Report {
    let asking = Asking { wanted, made_of: &BTreeSet::new(), clock: &chrono::Utc::now, progress: &|_| () };
    check(settings, &asking).await.unwrap()
}

/// What it found to be wrong.
fn mistakes(report: &Report) -> Vec<&Error> {
    report.mistakes.iter().map(|mistake| &mistake.error).collect()
}

pub(crate) fn failure(result: Result<Directory, Error>) -> (Phase, Failure) {
    match result {
        Err(Error::Server { server: _, phase, source }) => (phase, *source),
        other => panic!("a server's failure expected: {other:?}"),
    }
}

/// The `uid`s in the names of those whom a group lists.
fn listed(directory: &Directory, group: &str) -> BTreeSet<String> {
    let has = |entry: &&Entry| entry.groups.contains(&GroupRef::new(group));
    let uid = |entry: &Entry| entry.dn.split([',', '=']).nth(1).unwrap().to_owned();
    directory.entries.iter().filter(has).map(uid).collect()
}

pub(crate) fn people(numbers: std::ops::Range<usize>) -> String {
    numbers.fold(String::new(), |mut ldif, number| {
        write!(
            ldif,
            "dn: uid=p{number},ou=people,{BASE}\nobjectClass: inetOrgPerson\nuid: p{number}\ncn: Person {number}\n\
             sn: {number}\ngivenName: Person\nmail: p{number}@example.com\n\n"
        )
        .unwrap();
        ldif
    })
}

/// A group of people and groups: `p1` is a person, anything else a group.
pub(crate) fn group(name: &str, members: &[String]) -> String {
    let mut ldif = format!("dn: cn={name},ou=groups,{BASE}\nobjectClass: groupOfNames\ncn: {name}\n");
    for member in members {
        let is_person = member.strip_prefix('p').is_some_and(|number| number.parse::<usize>().is_ok());
        let (kind, folder) = if is_person { ("uid", "people") } else { ("cn", "groups") };
        writeln!(ldif, "member: {kind}={member},ou={folder},{BASE}").unwrap();
    }
    ldif + "\n"
}

pub(crate) fn names(list: &[&str]) -> Vec<String> {
    list.iter().map(|name| (*name).to_owned()).collect()
}

#[tokio::test]
async fn three_thousand_people_in_pages_of_a_hundred_by_member_of_and_by_member() {
    let even: Vec<String> = (0..3000).step_by(2).map(|number| format!("p{number}")).collect();
    let server = OpenLdap::start(&(people(0..3000) + &group("even", &even)), Options::default()).await;
    let pages = Mutex::new(Vec::new());
    let settings = plain(&server);
    let by_people =
        read(&settings, &wanted(&["Even"]), &|progress| pages.lock().unwrap().push(progress.entries))
            .await
            .unwrap();
    assert_eq!(by_people.entries.len(), 3000);
    assert_eq!(by_people.groups[&GroupRef::new("Even")].members, 1500);
    assert_eq!(pages.into_inner().unwrap(), (1..=30).map(|page| page * 100).collect::<Vec<_>>());
    let p7 = by_people.entries.iter().find(|entry| entry.first("mail") == Some("p7@example.com")).unwrap();
    assert_eq!((p7.first("sn"), p7.state, p7.groups.len()), (Some("7"), AccountState::Enabled, 0));
    assert!(p7.anchor.as_ref().unwrap().as_str().starts_with("entryuuid="));

    let by_groups = read_it(&Settings { members: Members::Member, ..settings }, &["Even"]).await.unwrap();
    assert_eq!((&by_people.entries, &by_people.groups), (&by_groups.entries, &by_groups.groups));
}

#[tokio::test]
async fn d27_groups_inside_groups_in_a_circle() {
    let ldif = people(1..5)
        + &group("top", &names(&["p1"]))
        + &group("middle", &names(&["p2"]))
        + &group("bottom", &names(&["p3", "top"]));
    let server = OpenLdap::start(&ldif, Options::default()).await;
    for (group, member) in [("top", "middle"), ("middle", "bottom")] {
        server.add_member(group, &format!("cn={member},ou=groups,{BASE}")).await;
    }
    for members in [Members::MemberOf, Members::Member] {
        let mut settings = settings(&server, &[server.url()], members);
        let directory = read_it(&settings, &["top", &format!("CN=Middle, ou=groups,{BASE}")]).await.unwrap();
        assert_eq!(
            listed(&directory, "top"),
            names(&["p1", "p2", "p3"]).into_iter().collect(),
            "{members:?}"
        );
        assert_eq!(directory.groups.values().map(|group| group.members).collect::<Vec<_>>(), [3, 3]);
        settings.nested_groups = Nested::No;
        let directory = read_it(&settings, &["top"]).await.unwrap();
        assert_eq!(listed(&directory, "top"), names(&["p1"]).into_iter().collect(), "{members:?}");
    }
}

#[tokio::test]
async fn other_ways_to_list_members() {
    let ldif = people(1..4)
        + &format!(
            "dn: cn=unique,ou=groups,{BASE}\nobjectClass: groupOfUniqueNames\ncn: unique\n\
             uniqueMember: UID=P1, ou=people,{BASE}\nuniqueMember: uid=p2,ou=people,{BASE}#'0101'B\n\n\
             dn: cn=posix,ou=groups,{BASE}\nobjectClass: posixGroup\ncn: posix\ngidNumber: 7\nmemberUid: p3\n"
        );
    let server = OpenLdap::start(&ldif, Options::default()).await;
    let by_groups = settings(&server, &[server.url()], Members::Member);
    let directory = read_it(&by_groups, &["unique", "posix"]).await.unwrap();
    assert_eq!(listed(&directory, "unique"), names(&["p1", "p2"]).into_iter().collect());
    assert_eq!(listed(&directory, "posix"), names(&["p3"]).into_iter().collect());
    // The server maintains memberOf for neither: that is said, and nobody loses anything.
    for group in ["unique", "posix"] {
        let error = read_it(&plain(&server), &[group]).await.unwrap_err();
        assert!(matches!(error, Error::MembersDisagree { .. }), "{error}");
        assert!(error.to_string().contains("`members: member`"), "{error}");
    }
}

#[tokio::test]
async fn tls_from_the_first_byte_and_by_start_tls() {
    let server = OpenLdap::start(&people(0..3), Options::default()).await;
    for url in [server.ldaps_url(), server.url()] {
        let settings = Settings {
            encryption: Encryption::StartTls,
            ..settings(&server, std::slice::from_ref(&url), Members::MemberOf)
        };
        assert_eq!(read_it(&settings, &[]).await.unwrap().entries.len(), 3, "{url}");

        let wrong = Settings { ca_file: Some(server.wrong_ca_file()), ..settings.clone() };
        let (phase, reason) = failure(read_it(&wrong, &[]).await);
        assert_eq!(phase, Phase::Tls);
        let cause = std::error::Error::source(&reason).unwrap().to_string();
        assert!(
            cause.contains("UnknownIssuer") && reason.to_string().contains("`ca_file`"),
            "{reason}: {cause}"
        );

        // The certificate is for `localhost`.
        let mut other_name = url.clone();
        other_name.set_host(Some("127.0.0.1")).unwrap();
        let (phase, reason) =
            failure(read_it(&Settings { servers: vec![other_name], ..settings.clone() }, &[]).await);
        assert_eq!(phase, Phase::Tls);
        let Failure::Untrusted(Distrust::OtherName { names }, _) = &reason else { panic!("{reason:?}") };
        assert_eq!(names, &["localhost"]);
        assert!(reason.to_string().contains("`servers`"), "{reason}");
        let missing = Settings { ca_file: Some(PathBuf::from("/nowhere/ca.pem")), ..settings };
        assert!(matches!(read_it(&missing, &[]).await, Err(Error::Certificates { .. })));
    }
}

#[tokio::test]
async fn d4_passwords_that_are_wrong_or_empty() {
    let server = OpenLdap::start(&people(0..3), Options::default()).await;
    let with = |password: &str| Settings {
        bind: Bind::Simple { dn: ACCOUNT.to_owned(), password: password.to_owned().into() },
        ..settings(&server, &[server.url(), server.url()], Members::MemberOf)
    };
    let (phase, reason) = failure(read_it(&with("geheim"), &[]).await);
    assert_eq!(phase.to_string(), format!("cannot bind as `{ACCOUNT}`"));
    let text = format!("{reason} {reason:?} {:?}", with("geheim"));
    assert!(text.contains("49 (invalidCredentials)") && !text.contains("geheim"), "{text}");
    assert!(matches!(read_it(&with(""), &[]).await, Err(Error::EmptyPassword { .. })));
    // Anonymous may connect here, and sees nothing: that is an error, too.
    let anonymous = Settings { bind: Bind::Anonymous, ..plain(&server) };
    let (_, reason) = failure(read_it(&anonymous, &[]).await);
    assert!(reason.to_string().contains("32 (noSuchObject)"), "{reason}");
}

#[tokio::test]
async fn a_server_that_is_down_is_followed_by_the_next() {
    let gone = OpenLdap::start("", Options::default()).await;
    let dead = gone.url();
    drop(gone);
    let server = OpenLdap::start(&people(0..3), Options::default()).await;
    let both = settings(&server, &[dead.clone(), server.url()], Members::MemberOf);
    let directory = read_it(&both, &[]).await.unwrap();
    assert_eq!((directory.source, directory.entries.len()), (server.url().to_string(), 3));
    let report = look(&both, &wanted(&[])).await;
    let reached: Vec<Reached> = report.servers.iter().map(|server| server.reached).collect();
    assert_eq!(reached, [Reached::No, Reached::LetIn], "{report:?}");
    assert_eq!(report.mistakes.len(), 1, "{report:?}");

    let error = read_it(&settings(&server, &[dead.clone(), dead], Members::MemberOf), &[]).await.unwrap_err();
    let Error::AllServers { failures } = &error else { panic!("{error}") };
    assert_eq!(failures.len(), 2);
    assert!(error.to_string().contains("cannot connect"), "{error}");
}

#[tokio::test]
async fn d6_a_size_limit_is_an_error_and_not_a_shorter_list() {
    let options = Options { size_limit: SizeLimit::FiveHundred, ..Options::default() };
    let server = OpenLdap::start(&people(0..600), options).await;
    let (phase, reason) = failure(read_it(&plain(&server), &[]).await);
    let text = format!("{phase}: {reason}");
    assert!(
        text.contains("cannot read page 6 of the people")
            || text.contains("cannot read page 5 of the people"),
        "{text}"
    );
    assert!(text.contains("4 (sizeLimitExceeded)") && text.contains("size.prtotal=unlimited"), "{text}");
}

#[tokio::test]
async fn d1_a_connection_cut_anywhere_gives_an_error_never_a_shorter_list() {
    let members: Vec<String> = (0..60).map(|number| format!("p{number}")).collect();
    let server = OpenLdap::start(&(people(0..60) + &group("all", &members)), Options::default()).await;
    for url in [server.url(), server.ldaps_url()] {
        let whole = Proxy::start(&url, u64::MAX).await;
        let through = |proxy: &Proxy| Settings {
            page_size: Some(10),
            ..settings(&server, std::slice::from_ref(&proxy.url), Members::MemberOf)
        };
        let wanted = read_it(&through(&whole), &["all"]).await.unwrap();
        assert_eq!(wanted.entries.len(), 60);
        // A fixed seed; what the server says in TLS differs by a few bytes from run to run, so the last are left out.
        let length = if url.scheme() == "ldaps" { whole.carried() - 400 } else { whole.carried() };
        let mut seed: u64 = 0x5eed;
        let samples = (0..60).map(|_| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) % length
        });
        for limit in samples.chain([0, 1, length - 1]) {
            let cut = Proxy::start(&url, limit).await;
            let result = read_it(&through(&cut), &["all"]).await;
            assert!(
                result.is_err(),
                "{url}: {limit} of {length} bytes gave {} people",
                result.unwrap().entries.len()
            );
        }
        // The next server begins anew and gives everything.
        let cut = Proxy::start(&url, length / 2).await;
        let both = Settings { servers: vec![cut.url.clone(), whole.url.clone()], ..through(&cut) };
        let again = read_it(&both, &["all"]).await.unwrap();
        assert_eq!((again.entries, again.groups), (wanted.entries, wanted.groups));
    }
}

#[tokio::test]
async fn groups_that_are_missing_or_ambiguous_are_named() {
    let twin = format!("dn: ou=old,{BASE}\nobjectClass: organizationalUnit\nou: old\n\n")
        + &group("video", &names(&["p1"])).replace("dn: cn=video,ou=groups", "dn: cn=video,ou=old");
    let ldif = people(0..3)
        + &group("video", &names(&["p1"]))
        + &group("*(odd)\\5c", &names(&["p2"])).replace("cn=*(odd)\\5c,", "cn=*(odd)\\\\5c,")
        + &twin;
    let server = OpenLdap::start(&ldif, Options::default()).await;
    let error = read_it(&plain(&server), &["VIDEO"]).await.unwrap_err();
    assert!(matches!(error, Error::AmbiguousGroup { .. }), "{error}");
    assert!(error.to_string().contains("ou=old") && error.to_string().contains("ou=groups"), "{error}");

    let absent = format!("cn=absent,ou=groups,{BASE}");
    let names = ["Audio", "*(odd)\\5c", "*", &absent, &format!("cn=video,ou=old,{BASE}")];
    let error = read_it(&plain(&server), &names).await.unwrap_err();
    let Error::MissingGroups { place: _, missing } = &error else { panic!("{error}") };
    assert_eq!(missing.iter().map(GroupRef::as_str).collect::<Vec<_>>(), ["*", "Audio", &absent]);
    let report = look(&plain(&server), &wanted(&names)).await;
    assert_eq!((report.groups.len(), report.mistakes.len()), (2, 1), "{report:?}");
    assert_eq!(report.servers[0].identity.as_deref(), Some(format!("dn:{ACCOUNT}").as_str()));
    assert_eq!(report.people.as_ref().unwrap().found, 3);
}

#[tokio::test]
async fn d12_nobody_at_all_is_an_error() {
    let options = Options { subschema: Subschema::Hidden, ..Options::default() };
    let server = OpenLdap::start(&people(0..3), options).await;
    // Attributes of Active Directory, which this server does not know: no error there, and no entry.
    let users = Filter::parse("(&(objectCategory=person)(objectClass=user))").unwrap();
    let nobody = Settings { users, ..plain(&server) };
    let error = read_it(&nobody, &[]).await.unwrap_err();
    assert!(matches!(error, Error::NoPeople { .. }), "{error}");
    let report = look(&nobody, &wanted(&[])).await;
    assert!(matches!(mistakes(&report).as_slice(), [Error::NoPeople { .. }]), "{report:?}");

    let elsewhere =
        Settings { user_base: Some(Dn::parse("ou=nowhere,dc=example,dc=com").unwrap()), ..plain(&server) };
    let (_, reason) = failure(read_it(&elsewhere, &[]).await);
    assert!(
        reason.to_string().contains("32 (noSuchObject)") && reason.to_string().contains("check the base"),
        "{reason}"
    );
    let report = look(&elsewhere, &wanted(&[])).await;
    assert!(
        matches!(mistakes(&report).as_slice(), [Error::Server { phase: Phase::Base { .. }, .. }]),
        "{report:?}"
    );
}

#[tokio::test]
async fn members_who_are_no_people_are_resolved_and_others_are_not() {
    // A printer, somebody whom the filter leaves out, somebody elsewhere, and names nobody has.
    let computers: Vec<String> = (0..30).map(|number| format!("pc{number}")).collect();
    let mut ldif = people(0..3)
        + &format!("dn: ou=elsewhere,{BASE}\nobjectClass: organizationalUnit\nou: elsewhere\n\n")
        + &format!(
            "dn: cn=jane,ou=elsewhere,{BASE}\nobjectClass: inetOrgPerson\ncn: jane\nsn: Doe\nuid: jane\n\n"
        );
    for name in &computers {
        write!(ldif, "dn: cn={name},ou=elsewhere,{BASE}\nobjectClass: device\ncn: {name}\n\n").unwrap();
    }
    let member = |name: &str| format!("member: {name}\n");
    let mut design = group("design", &names(&["p1", "inner"])).trim_end().to_owned() + "\n";
    let foreign = format!("cn=S-1-5-21-1-2-3-1105,cn=ForeignSecurityPrincipals,{BASE}");
    for name in computers.iter().map(|name| format!("cn={name},ou=elsewhere,{BASE}")) {
        design += &member(&name);
    }
    design += &member(&format!("CN=Jane, ou=elsewhere,{BASE}"));
    design += &member(&format!("uid=gone,ou=people,{BASE}"));
    design += &member(&foreign);
    design += &member("cn=joe,dc=other,dc=test");
    let inner = group("inner", &names(&["p2", "p77"]));
    let posix = format!(
        "dn: cn=posix,ou=groups,{BASE}\nobjectClass: posixGroup\ncn: posix\ngidNumber: 7\nmemberUid: p0\nmemberUid: Jane\nmemberUid: root\n\n"
    );
    let server = OpenLdap::start(&(ldif + &inner + &design + "\n" + &posix), Options::default()).await;
    let unresolved = |directory: &Directory, group: &str| {
        directory.certificate.unresolved[&GroupRef::new(group)].iter().cloned().collect::<Vec<_>>()
    };
    let lost = [
        "cn=joe,dc=other,dc=test".to_owned(),
        format!("cn=s-1-5-21-1-2-3-1105,cn=foreignsecurityprincipals,{BASE}"),
        format!("uid=gone,ou=people,{BASE}"),
    ];
    for members in [Members::MemberOf, Members::Member] {
        let settings = settings(&server, &[server.url()], members);
        let directory = read_it(&settings, &["design", "inner"]).await.unwrap();
        assert_eq!(directory.certificate.others, 31, "{members:?}");
        assert_eq!(directory.certificate.members, 2, "{members:?}");
        assert_eq!(unresolved(&directory, "inner"), [format!("uid=p77,ou=people,{BASE}")]);
        let all: Vec<String> = lost.iter().cloned().chain(unresolved(&directory, "inner")).collect();
        assert_eq!(unresolved(&directory, "design"), all, "{members:?}");
        let direct = Settings { nested_groups: Nested::No, ..settings };
        let directory = read_it(&direct, &["design"]).await.unwrap();
        assert_eq!(directory.certificate.others, 32, "the group inside is one of them");
        assert_eq!(unresolved(&directory, "design"), lost, "{members:?}");
    }
    let by_groups = settings(&server, &[server.url()], Members::Member);
    let directory = read_it(&by_groups, &["posix"]).await.unwrap();
    assert_eq!(directory.certificate.others, 1);
    assert_eq!(unresolved(&directory, "posix"), ["memberUid root"]);
}

fn server_proof(directory: &Directory) -> ServerProof {
    match &directory.certificate.proof {
        Proof::Server(server) => ServerProof::clone(server),
        other => panic!("a server's proof expected: {other:?}"),
    }
}

#[tokio::test]
async fn a_read_ends_in_a_certificate() {
    let ldif = people(0..250) + &group("some", &names(&["p1", "p2"]));
    let server = OpenLdap::start(&ldif, Options::default()).await;
    let settings = Settings { servers: vec![server.ldaps_url()], group_filter: None, ..plain(&server) };
    let directory = read_it(&settings, &["some"]).await.unwrap();
    let ServerProof { identity, tls, pages, ranges, referrals, schema } = server_proof(&directory);
    assert_eq!(identity, Some(format!("dn:{ACCOUNT}")));
    // Three pages of people, one of the groups by name and one of those inside.
    assert_eq!((pages, ranges, referrals.len()), (5, 0, 0));
    assert_eq!(schema, Schema::Known { names: 2 });
    let tls = tls.unwrap();
    assert_eq!(tls.version, "TLS 1.3");
    assert_eq!(tls.certificate_sha256.len(), 64);
    let Certificate { entries, groups, members, .. } = directory.certificate.clone();
    assert_eq!((entries, groups, members), (250, 1, 2));
    assert_eq!(read_it(&settings, &["some"]).await.unwrap().certificate, directory.certificate);

    let unencrypted = server_proof(&read_it(&plain(&server), &["some"]).await.unwrap());
    assert_eq!(unencrypted.tls, None);
}

#[tokio::test]
async fn what_the_server_does_not_know_is_named() {
    // OpenLDAP answers filters about what it does not know with result 0 and nobody.
    let server = OpenLdap::start(&people(0..3), Options::default()).await;
    let users = Filter::parse("(&(objectCategory=person)(objectClass=user)(mail=*))").unwrap();
    let settings = Settings { users, ..plain(&server) };
    let error = read_it(&settings, &[]).await.unwrap_err();
    assert!(matches!(error, Error::UnknownNames { .. }), "{error}");
    let text = error.to_string();
    assert!(
        text.contains("the attribute `objectcategory` (users), the object class `user` (users)\n"),
        "{text}"
    );
    let report = look(&settings, &wanted(&[])).await;
    assert!(matches!(mistakes(&report).as_slice(), [Error::UnknownNames { .. }]), "{report:?}");

    let named = Wanted { named: ["mial".to_owned(), "entryUUID".to_lowercase()].into(), ..wanted(&[]) };
    let error = read(&plain(&server), &named, &|_| ()).await.unwrap_err().to_string();
    assert!(error.contains("does not know the attribute `mial` (people.attributes)\n"), "{error}");

    let hidden = Options { subschema: Subschema::Hidden, ..Options::default() };
    let server = OpenLdap::start(&people(0..3), hidden).await;
    let schema = server_proof(&read_it(&plain(&server), &[]).await.unwrap()).schema;
    let Schema::Untold { why } = schema else { panic!("{schema:?}") };
    assert!(why.contains("may not read `cn=Subschema`"), "{why}");
}

#[tokio::test]
async fn names_and_values_of_every_kind() {
    // `uid=Doe\, Zoë,ou=people,…`, a photo whose bytes are no text, and `Müller` in Latin-1, which OpenLDAP takes only where
    // any bytes will do.
    let ldif = format!(
        "dn: uid=Doe\\, Zoë,ou=people,{BASE}\nobjectClass: inetOrgPerson\nuid: Doe, Zoë\ncn: Zoë\nsn:: TcO8bGxlciDwn5iA\n\
         givenName: Zoë\nmail: zoe@example.com\njpegPhoto:: /9j/4AAQSkZJRgAB\naudio:: TfxsbGVy\n\n\
         dn: cn=Entwürfe,ou=groups,{BASE}\nobjectClass: groupOfNames\ncn: Entwürfe\n\
         member: UID=doe\\2C  zo\\c3\\ab, ou=people,{BASE}\n"
    );
    let server = OpenLdap::start(&ldif, Options::default()).await;
    for members in [Members::MemberOf, Members::Member] {
        let settings = settings(&server, &[server.url()], members);
        let directory =
            read_it(&settings, &["ENTWÜRFE", &format!("cn=entwu\u{308}rfe,ou=groups,{BASE}")]).await.unwrap();
        let [zoe] = directory.entries.as_slice() else { panic!("{directory:?}") };
        assert_eq!((zoe.first("sn"), zoe.first("givenname")), (Some("Müller 😀"), Some("Zoë")));
        assert_eq!(zoe.undecodable, ["audio", "jpegphoto"].map(str::to_owned).into());
        assert_eq!(zoe.groups.len(), 2, "{members:?}");
    }
}
