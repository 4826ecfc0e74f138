//! Ways to a directory: by certificate, unverified, over several connections, and not at all for an hour.

use crate::ldap::{failure, group, look, names, people, read_it, settings};
use crate::openldap::{ACCOUNT, BASE, OpenLdap, Options, PASSWORD, Proxy, Validity};
use crate::support::{World, seed, user};
use chrono::{TimeDelta, Utc};
use secrecy::SecretString;
use std::path::PathBuf;
use umsync_directory::Error;
use umsync_directory::ldap::{Bind, Certificates, Distrust, Encryption, Failure, Members, Phase, Settings};
use umsync_engine::directory::{Directory, Wanted};
use url::Url;

fn key(server: &OpenLdap) -> SecretString {
    std::fs::read_to_string(server.key()).unwrap().into()
}

/// Reads over TLS by this certificate.
fn by(server: &OpenLdap, url: Url, certificate: PathBuf) -> Settings {
    Settings {
        encryption: Encryption::StartTls,
        bind: Bind::Certificate { certificate, key: key(server) },
        ..settings(server, &[url], Members::Member)
    }
}

#[tokio::test]
async fn a_certificate_is_an_account() {
    let ldif = people(0..3) + &group("all", &names(&["p0", "p1"]));
    let server = OpenLdap::start(&ldif, Options::default()).await;
    for url in [server.ldaps_url(), server.url()] {
        let good = by(&server, url.clone(), server.certificate());
        assert_eq!(read_it(&good, &["all"]).await.unwrap().entries.len(), 3, "{url}");
        let report = look(&good, &Wanted::default()).await;
        assert_eq!(
            report.servers[0].identity.as_deref(),
            Some(format!("dn:{ACCOUNT}").as_str()),
            "{report:?}"
        );

        // Known to the authority, not to the server: it may read nothing.
        let stranger = by(&server, url.clone(), server.strangers_certificate());
        let (_, reason) = failure(read_it(&stranger, &[]).await);
        assert!(reason.to_string().contains("32 (noSuchObject)"), "{reason}");

        // Depending on the version of TLS the server says so in the handshake or after it, or just hangs up.
        let forged = by(&server, url.clone(), server.forged_certificate());
        let (phase, reason) = failure(read_it(&forged, &[]).await);
        assert!(matches!(phase, Phase::Tls | Phase::BindByCertificate { .. }), "{phase}: {reason}");
    }
}

#[tokio::test]
async fn a_certificate_that_cannot_be_shown_is_refused_before_anything_is_sent() {
    let server = OpenLdap::start(&people(0..3), Options::default()).await;
    let cable = Proxy::start(&server.url(), u64::MAX).await;
    let good = by(&server, cable.url.clone(), server.certificate());
    let plain = Settings { encryption: Encryption::Plain, ..good.clone() };
    assert!(matches!(read_it(&plain, &[]).await, Err(Error::BadServer { .. })));
    // The key of another certificate.
    let other = by(&server, cable.url.clone(), server.ca_file());
    let error = read_it(&other, &[]).await.unwrap_err();
    assert!(matches!(error, Error::ClientKey { .. }), "{error}");
    let missing = by(&server, cable.url.clone(), PathBuf::from("/nowhere/client.pem"));
    assert!(matches!(read_it(&missing, &[]).await, Err(Error::Certificates { .. })));
    assert_eq!(cable.carried(), 0);
    assert!(!format!("{good:?}").contains("PRIVATE"));
}

#[tokio::test]
async fn b17_a_certificate_whose_time_is_over_is_named_and_taken_only_where_danger_is_accepted() {
    let options = Options { certificate: Validity::Expired, ..Options::default() };
    let server = OpenLdap::start(&people(0..3), options).await;
    for url in [server.ldaps_url(), server.url()] {
        let strict = Settings {
            encryption: Encryption::StartTls,
            ..settings(&server, std::slice::from_ref(&url), Members::Member)
        };
        let (phase, reason) = failure(read_it(&strict, &[]).await);
        assert_eq!(phase, Phase::Tls);
        assert!(matches!(reason, Failure::Untrusted(Distrust::Expired, _)), "{reason:?}");
        assert!(reason.to_string().contains("renew it"), "{reason}");
        // Nor does the name matter any more.
        let mut other_name = url.clone();
        other_name.set_host(Some("127.0.0.1")).unwrap();
        let lax = Settings {
            certificates: Certificates::DangerAcceptInvalid,
            ca_file: None,
            servers: vec![other_name],
            ..strict
        };
        assert_eq!(read_it(&lax, &[]).await.unwrap().entries.len(), 3);
        assert!(lax.warning().is_some());
    }
}

#[tokio::test]
async fn a_real_server_gives_the_same_over_one_connection_and_over_eight() {
    let mut ldif = people(0..200);
    for number in (0..60_usize).rev() {
        // A tree: group n holds two people and the groups 3n+1, 3n+2, 3n+3, which are there already.
        let mut members = vec![format!("p{number}"), format!("p{}", number + 100)];
        members.extend(
            (3 * number + 1..=3 * number + 3).filter(|child| *child < 60).map(|child| format!("g{child}")),
        );
        ldif += &group(&format!("g{number}"), &members);
    }
    let server = OpenLdap::start(&ldif, Options::default()).await;
    let wanted: Vec<String> = (0..30).map(|number| format!("g{number}")).collect();
    let mut wanted: Vec<&str> = wanted.iter().map(String::as_str).collect();
    let by_dn = format!("cn=g31,ou=groups,{BASE}");
    wanted.push(&by_dn);
    let mut all = Vec::new();
    for members in [Members::Member, Members::MemberOf] {
        for connections in [1, 8] {
            let settings = Settings {
                connections,
                page_size: Some(7),
                ..settings(&server, &[server.ldaps_url()], members)
            };
            all.push(read_it(&settings, &wanted).await.unwrap());
        }
    }
    // What proves it depends on whose word counts, not on the number of connections.
    assert!(all.chunks(2).all(|pair| pair[0] == pair[1]));
    let same =
        |directory: &Directory| directory.entries == all[0].entries && directory.groups == all[0].groups;
    assert!(all.iter().all(same));
    assert_eq!(all[0].groups.values().map(|group| group.members).max(), Some(120));
}

#[tokio::test]
async fn two_servers_behind_one_name_are_not_read_as_one() {
    let ldif = people(0..3) + &group("design", &names(&["p0"])) + &group("video", &names(&["p1"]));
    let one = OpenLdap::start(&ldif, Options::default()).await;
    let other = OpenLdap::start(&ldif, Options::default()).await;
    let folder = tempfile::tempdir().unwrap();
    let both = folder.path().join("both.pem");
    let authorities = [one.ca_file(), other.ca_file()].map(|file| std::fs::read_to_string(file).unwrap());
    std::fs::write(&both, authorities.concat()).unwrap();
    let wanted = ["design", "video"].map(|name| format!("cn={name},ou=groups,{BASE}"));
    let wanted = wanted.each_ref().map(String::as_str);
    let by = async |connections| {
        let balancer = Proxy::before(&[&one.ldaps_url(), &other.ldaps_url()], u64::MAX).await;
        let settings = Settings {
            ca_file: Some(both.clone()),
            connections,
            ..settings(&one, std::slice::from_ref(&balancer.url), Members::Member)
        };
        read_it(&settings, &wanted).await
    };
    assert_eq!(by(1).await.unwrap().entries.len(), 3);
    let (phase, reason) = failure(by(2).await);
    assert!(matches!((&phase, &reason), (Phase::Tls, Failure::AnotherServer)), "{phase}: {reason}");
    assert!(reason.to_string().contains("`connections: 1`"), "{reason}");
}

const ANNA: &str = "dn: uid=anna,ou=people,dc=example,dc=com\nobjectClass: inetOrgPerson\nuid: anna\ncn: Anna\nsn: Doe\n\
    mail: anna@example.com\n\ndn: cn=design,ou=groups,dc=example,dc=com\nobjectClass: groupOfNames\ncn: design\n\
    member: uid=anna,ou=people,dc=example,dc=com\n\n";

/// A program whose directory is this server.
struct Office {
    ldap: Option<OpenLdap>,
    world: World,
}

impl Office {
    fn new() -> Self {
        let world = World::new(&seed(&["Design"], &[user("anna", &[])]), "");
        let ldap = world.runtime.block_on(OpenLdap::start(ANNA, Options::default()));
        world.write("ldap.secret", PASSWORD);
        for (name, file) in [
            ("ca.pem", ldap.ca_file()),
            ("wrong-ca.pem", ldap.wrong_ca_file()),
            ("client.pem", ldap.certificate()),
            ("client.key", ldap.key()),
        ] {
            std::fs::copy(file, world.path(name)).unwrap();
        }
        Self { ldap: Some(ldap), world }
    }

    fn ldap(&self) -> &OpenLdap {
        self.ldap.as_ref().expect("it runs until the office is closed")
    }

    fn configure(&self, url: &Url, bind: &str, more: &str) {
        let adobe = self.world.adobe_section(&["every: 0s", "pace: off"]);
        let text = format!(
            "{adobe}directory:\n  ldap:\n    servers: [{url}]\n    bind: {bind}\n    base: {BASE}\n    users: (objectClass=inetOrgPerson)\n{more}\
             people: {{country: US}}\ngroups: [{{directory: design, adobe: [Design]}}]\nstate: sqlite:state/umsync.db\n"
        );
        self.world.write("umsync.yaml", &text);
    }
}

impl Drop for Office {
    fn drop(&mut self) {
        // A container says farewell to its engine on a runtime.
        let _inside = self.world.runtime.enter();
        self.ldap.take();
    }
}

fn password() -> String {
    format!("{{dn: \"{ACCOUNT}\", password: {{file: ldap.secret}}}}")
}

#[test]
fn the_program_binds_by_certificate() {
    let office = Office::new();
    let world = &office.world;
    let bind = "{certificate: client.pem, key: {file: client.key}}";
    office.configure(&office.ldap().ldaps_url(), bind, "    ca_file: ca.pem\n    connections: 2\n");
    world.run(&["check"]).with(0).shows(&[&format!("connected as dn:{ACCOUNT}"), "cn=design"]);
    world.run(&["sync"]).with(0);
    assert_eq!(world.members("Design"), ["anna@example.com"]);
    // How the directory is reached is not what the configuration means.
    let meaning = |office: &Office| {
        let told = office.world.run(&["check", "--offline"]).with(0).stdout;
        told.lines().next().unwrap().rsplit(' ').next().unwrap().to_owned()
    };
    let by_certificate = meaning(&office);
    office.configure(
        &office.ldap().url(),
        &password(),
        "    starttls: true\n    danger_accept_invalid_certificates: true\n",
    );
    assert_eq!(meaning(&office), by_certificate);

    office.configure(&office.ldap().ldaps_url(), bind, "    ca_file: ca.pem\n");
    std::fs::remove_file(world.path("client.key")).unwrap();
    world.run(&["plan"]).with(78).says(&["directory.ldap.bind.key", "client.key", "No such file"]);
}

#[test]
fn danger_is_told_everywhere() {
    let office = Office::new();
    let (world, url) = (&office.world, office.ldap().ldaps_url());
    office.configure(&url, &password(), "    ca_file: wrong-ca.pem\n");
    world.run(&["plan"]).with(6).says(&["no authority that is trusted", "`ca_file`", "UnknownIssuer"]);
    let key = "danger_accept_invalid_certificates";
    office.configure(&url, &password(), &format!("    ca_file: wrong-ca.pem\n    {key}: false\n"));
    world.run(&["plan"]).with(6);

    office.configure(&url, &password(), &format!("    ca_file: wrong-ca.pem\n    {key}: true\n"));
    let plan = world.run(&["plan"]).with(0).says(&[key]);
    assert!(plan.stdout.starts_with("Danger: ") && plan.stdout.contains(key), "{}", plan.stdout);
    world.run(&["plan", "--format", "html"]).with(0).shows(&["<div class=warn>Danger: ", key]);
    world.run(&["check"]).with(0).says(&[key]).shows(&["warn   danger", key]);
    world.run(&["check", "--offline"]).with(0).shows(&["warn   danger", key]);
    let sync = world.run(&["sync", "--json"]).with(0).says(&[key]);
    for report in [sync.json(), world.run(&["report", "--json"]).with(0).json()] {
        assert!(
            report["summary"]["directory_warning"].as_str().is_some_and(|text| text.contains(key)),
            "{report}"
        );
    }
    world.run(&["report"]).with(0).shows(&["The directory", key]);
    // A run that failed says it too.
    world.write("ldap.secret", "wrong");
    world.run(&["plan"]).with(6).says(&[key]);
    world.run(&["report"]).with(0).shows(&["Failure", "The directory", key]);

    office.configure(&url, &password(), "    ca_file: ca.pem\n");
    world.write("ldap.secret", PASSWORD);
    let plain = world.run(&["plan"]).with(0);
    assert!(!plain.stdout.contains("Danger") && !plain.stderr.contains("danger"), "{plain:?}");
}

#[test]
fn d4_three_refused_binds_rest_for_an_hour_and_check_ends_it() {
    let office = Office::new();
    let (world, runtime) = (&office.world, &office.world.runtime);
    let cable = runtime.block_on(Proxy::start(&office.ldap().url(), u64::MAX));
    office.configure(&cable.url, &password(), "    starttls: false\n");
    world.run(&["plan"]).with(0);
    world.write("ldap.secret", "an old one");
    world.run(&["plan"]).with(6).says(&["49 (invalidCredentials)"]);
    // Let in once: the count begins anew.
    world.write("ldap.secret", PASSWORD);
    world.run(&["plan"]).with(0);
    world.write("ldap.secret", "an old one");
    world.run(&["plan"]).with(6);
    world.run(&["sync"]).with(6);
    let third = world.run(&["plan"]).with(6).says(&["49 (invalidCredentials)", "rests", "`umsync check`"]);
    assert!(third.stderr.contains("refusals=3"), "{}", third.stderr);

    let carried = cable.carried();
    let resting = ["3 times in a row", "is not asked before 2", "`umsync check` tries it at once"];
    for command in [["plan"].as_slice(), &["sync"], &["sync", "--test-mode"], &["links", "report"]] {
        world.run(command).with(6).says(&resting);
    }
    // Not even with the right password: whoever has corrected it says so.
    world.write("ldap.secret", PASSWORD);
    world.run(&["plan"]).with(6).says(&resting);
    assert_eq!(cable.carried(), carried, "nobody was asked");

    world.run(&["status"]).with(0).shows(&["account        rests until 2", "refused it 3 times in a row"]);
    let status = world.run(&["status", "--json"]).with(0).json();
    assert!(status["account_rests_until"].is_string(), "{status}");

    // A person tries all the same, and what it learns counts.
    world.write("ldap.secret", "another old one");
    world.run(&["check"]).with(6).shows(&["49 (invalidCredentials)"]);
    world.run(&["plan"]).with(6).says(&["4 times in a row"]);
    world.write("ldap.secret", PASSWORD);
    world.run(&["check"]).with(0).shows(&["connected as"]);
    world.run(&["plan"]).with(0);

    // After the hour one attempt, and if that is refused too, another hour.
    let place = cable.url.to_string();
    let place = place.trim_end_matches('/');
    runtime.block_on(async {
        let store = world.store().await.unwrap();
        for minutes in [70, 65, 61] {
            let at = Utc::now() - TimeDelta::minutes(minutes);
            store.note_refused_bind(place, ACCOUNT, at).await.unwrap();
        }
        store.close().await;
    });
    world.write("ldap.secret", "an old one");
    world.run(&["plan"]).with(6).says(&["49 (invalidCredentials)"]);
    let carried = cable.carried();
    world.run(&["plan"]).with(6).says(&["4 times in a row"]);
    assert_eq!(cable.carried(), carried);
}

#[test]
fn mistakes_about_the_way_to_a_directory_are_named() {
    let world = World::new(&seed(&["Design"], &[]), "");
    world.write("ldap.secret", "x");
    let wrong = |servers: &str, lines: &str, words: &[&str]| {
        let text = format!(
            "{}directory:\n  ldap:\n    servers: [{servers}]\n    base: {BASE}\n    users: (mail=*)\n{lines}\ngroups: [{{directory: design, adobe: [Design]}}]\nstate: sqlite:state/umsync.db\n",
            world.adobe_section(&[])
        );
        world.write("umsync.yaml", &text);
        world.run(&["plan"]).with(78).says(words);
    };
    let ldaps = "ldaps://dc1.example.com";
    let by_certificate = "    bind: {certificate: client.pem, key: {file: ldap.secret}}\n";
    wrong(ldaps, "    bind: {certificate: client.pem}\n", &["directory.ldap.bind.key: missing"]);
    wrong(ldaps, "    bind: {key: {file: ldap.secret}}\n", &["directory.ldap.bind.certificate: missing"]);
    wrong(
        ldaps,
        "    bind: {certificate: a.pem, key: secret}\n",
        &["bind.key: secrets do not stand in this file"],
    );
    wrong(
        ldaps,
        "    bind: {dn: \"cn=a\", password: {file: ldap.secret}, certificate: client.pem}\n",
        &["directory.ldap.bind: either dn and password belong here, or certificate and key"],
    );
    wrong(
        "ldap://dc1.example.com",
        &format!("    starttls: false\n{by_certificate}"),
        &["directory.ldap.bind: a certificate is shown in TLS"],
    );
    wrong(
        "ldap://dc1.example.com",
        &format!(
            "    starttls: false\n    danger_accept_invalid_certificates: true\n    bind: {}\n",
            password()
        ),
        &["danger_accept_invalid_certificates: without TLS there are no certificates"],
    );
    for count in ["0", "17", "many"] {
        let lines = format!("    connections: {count}\n{by_certificate}");
        wrong(ldaps, &lines, &["directory.ldap.connections: ", "from 1 to 16"]);
    }
}
