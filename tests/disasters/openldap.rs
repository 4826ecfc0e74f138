//! Against a real OpenLDAP.

use super::{configure, some_of};
use crate::openldap::{ACCOUNT, Access, BASE, Deed, MemberOf, OpenLdap, Options, PASSWORD, Proxy, SizeLimit};
use crate::support::{World, seed, user};
use std::fmt::Write as _;
use tokio::runtime::Handle;

const RULES: &str = "groups: [{directory: design, adobe: [Design]}]\nleavers: {action: remove, grace: 0s}\nbaseline: accept\n";
/// No brake but the directory's own proof.
const OFF: &str =
    "limits: {create: off, update: off, removals: off, group_removals: off, leave: off, set_aside: off}\n";

fn person(at: usize, folder: &str) -> String {
    format!(
        "dn: uid=p{at},{folder}{BASE}\nobjectClass: inetOrgPerson\nuid: p{at}\ncn: p{at}\ngivenName: p{at}\nsn: Doe\nmail: p{at}@example.com\n\n"
    )
}

fn group(name: &str, members: impl Iterator<Item = String>) -> String {
    let mut ldif =
        format!("dn: cn={name},{BASE}\nobjectClass: groupOfNames\ncn: {}\n", name.split(',').next().unwrap());
    for member in members {
        let _ = writeln!(ldif, "member: {member},{BASE}");
    }
    ldif + "\n"
}

/// So many people, all of them in `design`.
fn company(people: usize) -> String {
    let entries: String = (0..people).map(|at| person(at, "ou=people,")).collect();
    entries + &group("design,ou=groups", (0..people).map(|at| format!("uid=p{at},ou=people")))
}

/// A server that ends before its runtime does: a container says farewell to its engine on it.
struct Held {
    server: Option<OpenLdap>,
    runtime: Handle,
}

impl Drop for Held {
    fn drop(&mut self) {
        let _inside = self.runtime.enter();
        self.server.take();
    }
}

impl std::ops::Deref for Held {
    type Target = OpenLdap;

    fn deref(&self) -> &OpenLdap {
        self.server.as_ref().expect("it is there until it is dropped")
    }
}

fn held(world: &World, ldif: &str, options: Options) -> Held {
    let server = world.runtime.block_on(OpenLdap::start(ldif, options));
    Held { server: Some(server), runtime: world.runtime.handle().clone() }
}

/// Adobe has as many, and the program has seen all in step once.
fn world(people: usize, ldif: &str, options: Options) -> (World, Held) {
    let users: Vec<_> = (0..people).map(|at| user(&format!("p{at}"), &["Design"])).collect();
    let world = World::new(&seed(&["Design"], &users), "");
    world.write("ldap.secret", PASSWORD);
    let server = held(&world, ldif, options);
    (world, server)
}

fn start(people: usize) -> (World, Held) {
    world(people, &company(people), Options::default())
}

/// A run that ends so, says this on stderr or stdout, and sends nothing.
#[track_caller]
fn nothing_sent(world: &World, code: i32, words: &[&str]) {
    let (before, actions) = (world.adobe.dump(), world.actions());
    let ended = world.run(&["sync"]).with(code);
    let said = format!("{}{}", ended.stdout, ended.stderr);
    for word in words {
        assert!(said.contains(word), "`{word}` is missing:\n{said}");
    }
    assert_eq!((world.adobe.dump() == before, world.actions()), (true, actions));
}

#[test]
fn d1_a_real_server_cut_after_some_byte_ends_6_and_nothing_is_sent() {
    let (world, server) = start(60);
    let with = |proxy: &Proxy| {
        configure(&world, &[&proxy.url], ACCOUNT, &["page_size: 10"], &format!("{RULES}{OFF}"))
    };
    let whole = world.runtime.block_on(Proxy::start(&server.url(), u64::MAX));
    with(&whole);
    world.run(&["plan"]).with(0);
    let (length, listings) = (usize::try_from(whole.carried()).unwrap(), world.listings());
    for cut in some_of(length, 16) {
        let proxy = world.runtime.block_on(Proxy::start(&server.url(), cut.try_into().unwrap()));
        with(&proxy);
        nothing_sent(&world, 6, &["nothing was sent"]);
    }
    assert_eq!(world.listings(), listings);
}

#[test]
fn d2_a_base_that_was_emptied_and_a_filter_that_matches_nobody_end_6() {
    let (world, server) = start(3);
    let rules = format!("{RULES}{OFF}");
    configure(&world, &[&server.url()], ACCOUNT, &[], &rules);
    world.run(&["sync"]).with(0);
    configure(&world, &[&server.url()], ACCOUNT, &["users: (employeeType=none)"], &rules);
    nothing_sent(&world, 6, &["no people"]);
    configure(&world, &[&server.url()], ACCOUNT, &[], &rules);
    // The members go with their entries; the last one may not.
    world.runtime.block_on(async {
        let design = format!("cn=design,ou=groups,{BASE}");
        server.add_member("design", ACCOUNT).await;
        for at in 0..3 {
            let dn = format!("uid=p{at},ou=people,{BASE}");
            server.administer(&design, Deed::Take("member", &dn)).await;
            server.administer(&dn, Deed::Delete).await;
        }
    });
    nothing_sent(&world, 6, &["no people"]);
}

#[test]
fn d4_a_password_that_was_changed_between_two_runs_ends_6_until_it_is_known() {
    let (world, server) = start(3);
    configure(&world, &[&server.url(), &server.url()], ACCOUNT, &[], &format!("{RULES}{OFF}"));
    world.run(&["sync"]).with(0);
    world.runtime.block_on(server.administer(ACCOUNT, Deed::Put("userPassword", "another one")));
    nothing_sent(&world, 6, &["49 (invalidCredentials)", "no further attempt was made"]);
    world.write("ldap.secret", "another one");
    world.run(&["sync"]).with(0);
}

#[test]
fn d5_a_server_that_dies_in_the_middle_of_a_read_gives_no_directory_and_the_next_run_all() {
    use umsync_directory::ldap::{Bind, Certificates, Encryption, Members, Nested, Settings, Timeouts, read};
    use umsync_directory::{Dn, Error, Filter};
    let (world, server) = start(300);
    let settings = |server: &OpenLdap| Settings {
        servers: vec![server.url()],
        encryption: Encryption::Plain,
        certificates: Certificates::Verified,
        ca_file: None,
        bind: Bind::Simple { dn: ACCOUNT.to_owned(), password: server.password() },
        base: Dn::parse(BASE).unwrap(),
        user_base: None,
        group_base: None,
        users: Filter::parse("(objectClass=inetOrgPerson)").unwrap(),
        group_filter: None,
        members: Members::Member,
        nested_groups: Nested::Read,
        page_size: Some(20),
        timeouts: Timeouts::default(),
        anchor: None,
        connections: 1,
    };
    let wanted = umsync_engine::directory::Wanted::default();
    let crash = |progress: umsync_directory::ldap::Progress| {
        if progress.entries == 100 {
            server.crash();
        }
    };
    let error = world.runtime.block_on(read(&settings(&server), &wanted, &crash)).unwrap_err();
    assert!(matches!(error, Error::Server { .. }), "{error}");
    assert!(error.to_string().contains("cannot read page 6 of the people"), "{error}");
    configure(&world, &[&server.url()], ACCOUNT, &[], &format!("{RULES}{OFF}"));
    nothing_sent(&world, 6, &["cannot connect"]);
    // It is back, where it was configured second.
    let back = held(&world, &company(300), Options::default());
    configure(&world, &[&server.url(), &back.url()], ACCOUNT, &[], &format!("{RULES}{OFF}"));
    world.run(&["sync"]).with(0);
    assert_eq!(world.members("Design").len(), 300);
}

#[test]
fn d6_a_size_limit_ends_6_and_tells_how_to_lift_it() {
    let options = Options { size_limit: SizeLimit::FiveHundred, ..Options::default() };
    let (world, server) = world(520, &company(520), options);
    // In one page, and in six.
    for line in ["page_size: 1000", "page_size: 100"] {
        configure(&world, &[&server.url()], ACCOUNT, &[line], &format!("{RULES}{OFF}"));
        nothing_sent(&world, 6, &["4 (sizeLimitExceeded)", "size.prtotal=unlimited"]);
    }
}

#[test]
fn d10_a_group_that_was_renamed_or_moved_is_followed_and_a_hidden_or_deleted_one_ends_6() {
    let options = Options { access: Access::Revocable, ..Options::default() };
    let (world, server) = world(5, &(company(5) + &rights() + &branch()), options);
    let rt = &world.runtime;
    let design = format!("cn=design,ou=groups,{BASE}");
    let by_dn = RULES.replace("directory: design", &format!("directory: \"{design}\""));
    let ways = |rules: &str| configure(&world, &[&server.url()], ACCOUNT, &[], &format!("{rules}{OFF}"));
    let move_to = |dn: &str, name: &str, parent: Option<&str>| {
        rt.block_on(server.administer(dn, Deed::Move(name, parent)));
    };
    let creative = format!("cn=creative,ou=groups,{BASE}");
    for rules in [RULES, &by_dn] {
        ways(rules);
        // Nobody has seen it yet: whoever only plans pins no group.
        world.run(&["plan"]).with(0);
        move_to(&design, "cn=creative", None);
        nothing_sent(&world, 6, &["lacks the group"]);
        move_to(&creative, "cn=design", None);
        world.run(&["sync"]).with(0);
        // Renamed: followed as long as it takes, told each time, and nobody loses anything.
        move_to(&design, "cn=creative", None);
        for _ in 0..2 {
            let told = format!("is now {creative}");
            let ended = world.run(&["sync"]).with(0).shows(&["followed", &told]).says(&["another name now"]);
            assert_eq!(ended.stderr.matches("another name now").count(), 1, "{}", ended.stderr);
            assert_eq!(world.members("Design").len(), 5);
        }
        world.run(&["check"]).with(0).shows(&[&creative]);
        let report = world.run(&["report", "--json"]).with(0).json();
        let followed = report.pointer("/plan/certificates/0/followed").unwrap().as_object().unwrap();
        assert_eq!(followed.values().next().unwrap().as_str(), Some(creative.as_str()));
        move_to(&creative, "cn=design", None);
        // Moved, and back: its name finds it, its DN does not.
        move_to(&design, "cn=design", Some(&format!("ou=people,{BASE}")));
        let told = format!("is now cn=design,ou=people,{BASE}");
        let ended = world.run(&["sync"]).with(0);
        assert_eq!(ended.stdout.contains(&told), rules == by_dn, "{}", ended.stdout);
        assert_eq!(world.members("Design").len(), 5);
        move_to(&format!("cn=design,ou=people,{BASE}"), "cn=design", Some(&format!("ou=groups,{BASE}")));
        world.run(&["sync"]).with(0);
    }
    // Hidden by an access rule.
    rt.block_on(server.administer(&format!("cn=may-group,{BASE}"), Deed::Take("member", ACCOUNT)));
    for rules in [RULES, &by_dn] {
        ways(rules);
        nothing_sent(&world, 6, &["lacks the group"]);
    }
    rt.block_on(server.administer(&design, Deed::Delete));
    nothing_sent(&world, 6, &["lacks the group"]);
}

#[test]
fn d10_another_group_of_the_name_ends_6_until_somebody_says_which_is_meant() {
    let (world, server) = start(5);
    let rt = &world.runtime;
    let (design, creative) = (format!("cn=design,ou=groups,{BASE}"), format!("cn=creative,ou=groups,{BASE}"));
    let new = group("design,ou=groups", ["uid=p0,ou=people".to_owned()].into_iter());
    let configured = |extra: &str| {
        configure(
            &world,
            &[&server.url()],
            ACCOUNT,
            &[],
            &format!("{}{OFF}", RULES.replace("design,", extra)),
        );
    };
    configured("design,");
    world.run(&["plan"]).with(0);
    world.run(&["groups"]).with(0).shows(&["No group is remembered"]);
    world.run(&["sync"]).with(0);
    world.run(&["groups"]).with(0).shows(&[&design, "entryuuid="]);
    let known = world.run(&["groups", "--json"]).with(0).json();
    assert_eq!(
        (known[0]["group"].as_str(), known[0]["dn"].as_str()),
        (Some("design"), Some(design.as_str()))
    );
    let anchor = known[0]["anchor"].as_str().unwrap().to_owned();
    // Renamed, and another one has its name.
    rt.block_on(server.administer(&design, Deed::Move("cn=creative", None)));
    rt.block_on(server.add(&new));
    let words = ["another one than before", &design, &creative, "umsync groups forget 'design'"];
    nothing_sent(&world, 6, &words);
    world.run(&["check"]).with(6).shows(&words);
    // Whatever else is said of the directory, the group is the one it was.
    configure(&world, &[&server.url()], ACCOUNT, &["page_size: 3"], &format!("{RULES}{OFF}"));
    nothing_sent(&world, 6, &words);
    // By its anchor there is no doubt which one is meant.
    configured(&format!("\"{anchor}\","));
    world.run(&["sync"]).with(0);
    assert_eq!(world.members("Design").len(), 5);
    // Deleted and made anew: the former one is gone.
    configured("design,");
    rt.block_on(server.administer(&creative, Deed::Delete));
    nothing_sent(&world, 6, &["is gone or may not be read", "umsync groups forget 'design'"]);
    world.run(&["groups", "forget", "nobody"]).with(64);
    world.run(&["groups", "forget", "design"]).with(0).shows(&["1 group is forgotten"]);
    world.run(&["sync"]).with(0);
    assert_eq!(world.members("Design").len(), 1);
    // From now on it is the new one.
    rt.block_on(server.administer(&design, Deed::Delete));
    rt.block_on(server.add(&new));
    nothing_sent(&world, 6, &["another one than before"]);
    world.run(&["groups", "forget", "--all"]).with(0);
    world.run(&["sync"]).with(0);
    // Nested groups are followed by those who can.
    let followed = |by: &str| configure(&world, &[&server.url()], ACCOUNT, &[by], &format!("{RULES}{OFF}"));
    followed("nested_groups: matching_rule");
    nothing_sent(&world, 6, &["is not Active Directory", "write `nested_groups: true`"]);
    followed("nested_groups: sometimes");
    world.run(&["plan"]).with(78).says(&["directory.ldap.nested_groups", "matching_rule"]);
    followed("nested_groups: true");
    world.run(&["plan"]).with(0);
}

#[test]
fn d10_a_group_that_hides_what_it_was_known_by_ends_6_until_somebody_says_that_it_is_meant() {
    let options = Options { access: Access::Revocable, ..Options::default() };
    let (world, server) = world(5, &(branch() + &company(5) + &rights()), options);
    let may = format!("cn=may-anchor,{BASE}");
    let may = |who: &str| world.runtime.block_on(server.administer(&may, Deed::Put("member", who)));
    configure(&world, &[&server.url()], ACCOUNT, &[], &format!("{RULES}{OFF}"));
    let told = world.run(&["sync"]).with(0).stdout;
    assert!(!told.contains("by name"), "{told}");
    // It has its name, and nobody can tell whether it is the same one.
    may(BASE);
    let words = ["does not show the `entryuuid` by which it was known", "umsync groups forget 'design'"];
    nothing_sent(&world, 6, &words);
    world.run(&["check"]).with(6).shows(&words);
    may(ACCOUNT);
    world.run(&["sync"]).with(0);
    // Somebody knows that it is: from now on only its name tells which one it is, and that is told each time.
    may(BASE);
    world.run(&["groups", "forget", "design"]).with(0);
    for _ in 0..2 {
        world
            .run(&["sync"])
            .with(0)
            .shows(&["  by name    design: nothing of this group that never changes"]);
    }
    world.run(&["check"]).with(0).shows(&["warn   group design", "let this account read it: until then"]);
    let report = world.run(&["report", "--json"]).with(0).json();
    assert_eq!(report.pointer("/plan/certificates/0/by_name/0").unwrap().as_str(), Some("design"));
    assert_eq!(world.members("Design").len(), 5);
    // It shows it again, and is remembered again.
    may(ACCOUNT);
    world.run(&["sync"]).with(0);
    world.run(&["groups"]).with(0).shows(&["entryuuid="]);
}

#[test]
fn d13_two_hidden_people_of_a_hundred_are_below_every_limit_and_stay() {
    // A hundred people, two of them in a branch; the mapped group lists all of them.
    let ldif: String =
        (0..100).map(|at| person(at, if at < 98 { "ou=people," } else { "ou=branch,ou=people," })).collect();
    let members =
        (0..100).map(|at| format!("uid=p{at},{}ou=people", if at < 98 { "" } else { "ou=branch," }));
    let ldif = branch() + &ldif + &group("design,ou=groups", members) + &rights();
    let options = Options { access: Access::Revocable, ..Options::default() };
    let (world, server) = world(100, &ldif, options);
    configure(&world, &[&server.url()], ACCOUNT, &[], RULES);
    world.run(&["sync"]).with(0);
    let may = format!("cn=may-branch,{BASE}");
    world.runtime.block_on(server.administer(&may, Deed::Take("member", ACCOUNT)));
    // Day after day: nobody is removed, nobody leaves, and the two are named.
    for _ in 0..3 {
        nothing_sent(&world, 3, &["2 users leaving", "uid=p98,ou=branch", "nobody can read"]);
    }
    assert_eq!(world.members("Design").len(), 100);
    // The same where the group's word does not count, and its list is read all the same.
    configure(&world, &[&server.url()], ACCOUNT, &["members: memberOf"], RULES);
    nothing_sent(&world, 3, &["2 users leaving", "uid=p98,ou=branch"]);
    // They are back, and it is as if nothing had been.
    world.runtime.block_on(server.administer(&may, Deed::Put("member", ACCOUNT)));
    configure(&world, &[&server.url()], ACCOUNT, &[], RULES);
    world.run(&["sync"]).with(0);
    assert_eq!(world.members("Design").len(), 100);
}

/// What [`Access::Revocable`] wants.
fn rights() -> String {
    let account = ACCOUNT.strip_suffix(&format!(",{BASE}")).unwrap();
    let may =
        |what: &str| group(&format!("may-{what}"), ["cn=admin".to_owned(), account.to_owned()].into_iter());
    [may("branch"), may("group"), may("mail"), may("anchor")].concat()
}

fn branch() -> String {
    format!("dn: ou=branch,ou=people,{BASE}\nobjectClass: organizationalUnit\nou: branch\n\n")
}

#[test]
fn d12_a_filter_on_attributes_that_the_server_lacks_ends_6() {
    let (world, server) = start(3);
    for filter in [
        "(&(objectCategory=person)(objectClass=user))",
        "(sAMAccountName=*)",
        "(&(objectClass=inetOrgPerson)(!(userAccountControl:1.2.840.113556.1.4.803:=2)))",
        "(objectClass=inetOrgPersn)",
    ] {
        configure(
            &world,
            &[&server.url()],
            ACCOUNT,
            &[&format!("users: {filter}")],
            &format!("{RULES}{OFF}"),
        );
        nothing_sent(&world, 6, &["does not know"]);
    }
}

#[test]
fn d13_an_account_that_may_read_less_than_before_takes_nothing() {
    // Forty people, ten of them in a branch; all in one group.
    let ldif: String =
        (0..40).map(|at| person(at, if at < 30 { "ou=people," } else { "ou=branch,ou=people," })).collect();
    let members = (0..40).map(|at| format!("uid=p{at},{}ou=people", if at < 30 { "" } else { "ou=branch," }));
    let ldif = branch() + &ldif + &group("design,ou=groups", members) + &rights();
    let options = Options { access: Access::Revocable, ..Options::default() };
    let (world, server) = world(40, &ldif, options);
    configure(&world, &[&server.url()], ACCOUNT, &[], RULES);
    world.run(&["sync"]).with(0);
    let may = |what: &str, deed: Deed<'_>| {
        world.runtime.block_on(server.administer(&format!("cn=may-{what},{BASE}"), deed));
    };
    // The attribute that names people, outside of the branch: they are set aside, and protected.
    may("mail", Deed::Put("member", BASE));
    nothing_sent(&world, 3, &["Set aside, and protected: 30"]);
    may("mail", Deed::Put("member", ACCOUNT));
    world.run(&["sync"]).with(0);
    // The branch: ten people are not there any more, without an error; that is too many to believe.
    may("branch", Deed::Take("member", ACCOUNT));
    nothing_sent(&world, 3, &["30 entries", "10 users leaving"]);
    // Both: nobody is left who could be named.
    may("mail", Deed::Put("member", BASE));
    nothing_sent(&world, 6, &["nobody gets an account"]);
}

#[test]
fn d15_a_second_server_that_lags_far_behind_takes_nothing() {
    let (world, server) = start(100);
    let behind = held(&world, &company(60), Options::default());
    configure(&world, &[&server.url(), &behind.url()], ACCOUNT, &[], RULES);
    world.run(&["sync"]).with(0);
    server.crash();
    // It was not filled from the first one, so that its group is another entry: that is no replica.
    nothing_sent(&world, 6, &["another one than before", "no replica"]);
    world.run(&["groups", "forget", "design"]).with(0);
    nothing_sent(&world, 3, &["removal"]);
}

#[test]
fn d27_ten_thousand_members_with_and_without_member_of() {
    let mut ldif = company(10_000);
    ldif += &group("outer,ou=groups", ["cn=design,ou=groups".to_owned()].into_iter());
    ldif += &format!(
        "dn: cn=Zoë\\, Größe,ou=people,{BASE}\nobjectClass: inetOrgPerson\nuid: zoe\ncn: Zoë, Größe\nsn: Größe\nmail: zoe@example.com\n\n"
    );
    for member_of in [MemberOf::On, MemberOf::Off] {
        let (world, server) = world(1, &ldif, Options { member_of, ..Options::default() });
        let outer = RULES.replace("directory: design", "directory: outer");
        configure(&world, &[&server.url()], ACCOUNT, &["members: member"], &format!("{outer}{OFF}"));
        world.run(&["plan"]).with(0).shows(&["9999"]);
        configure(&world, &[&server.url()], ACCOUNT, &["members: memberOf"], &format!("{RULES}{OFF}"));
        match member_of {
            MemberOf::On => {
                world.run(&["plan"]).with(0).shows(&["9999"]);
            }
            MemberOf::Off => nothing_sent(&world, 6, &["`members: member`"]),
        }
    }
}
