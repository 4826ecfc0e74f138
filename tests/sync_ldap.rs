//! The whole way on real input: OpenLDAP with ten thousand people, Adobe's side by the emulator.

use crate::openldap::{ACCOUNT, BASE, OpenLdap, Options as LdapOptions, PASSWORD, Proxy, Subschema};
use crate::support::report::report_agrees;
use crate::support::{Ended, World, seed, user};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use umsync_emulator::Endpoint;

const PEOPLE: usize = 10_000;
const GROUPS: usize = 50;

/// Person `at` is in the directory group `at % GROUPS`, and every tenth in the next one too.
fn groups_of(at: usize) -> Vec<usize> {
    let first = at % GROUPS;
    if at.is_multiple_of(10) { vec![first, (first + 1) % GROUPS] } else { vec![first] }
}

fn ldif() -> String {
    let mut text = String::new();
    let mut members: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for at in 0..PEOPLE {
        let _ = write!(
            text,
            "dn: uid=p{at},ou=people,{BASE}\nobjectClass: inetOrgPerson\nuid: p{at}\ncn: Person {at}\ngivenName: Person\nsn: Number {at}\nmail: p{at}@example.com\n\n"
        );
        for group in groups_of(at) {
            members.entry(group).or_default().push(at);
        }
    }
    for (group, members) in members {
        let _ = writeln!(text, "dn: cn=g{group},ou=groups,{BASE}\nobjectClass: groupOfNames\ncn: g{group}");
        for member in members {
            let _ = writeln!(text, "member: uid=p{member},ou=people,{BASE}");
        }
        text.push('\n');
    }
    text
}

fn configure(world: &World, ldap: &OpenLdap, rest: &str) {
    let mut text = world.adobe_section(&["every: 0s", "pace: off"]);
    let _ = write!(
        text,
        "directory:\n  ldap:\n    servers: [{}]\n    ca_file: ldap-ca.pem\n    bind: {{dn: \"{ACCOUNT}\", password: {{file: ldap.secret}}}}\n    base: {BASE}\n    users: (objectClass=inetOrgPerson)\npeople: {{country: US}}\nstate: sqlite:state/umsync.db\n{rest}",
        ldap.ldaps_url(),
    );
    world.write("ldap.secret", PASSWORD);
    std::fs::copy(ldap.ca_file(), world.path("ldap-ca.pem")).unwrap();
    world.write("umsync.yaml", &text);
}

/// Every directory group maps to the Adobe group of the same number.
fn mapping() -> String {
    let mut text = String::from("groups:\n");
    for group in 0..GROUPS {
        let _ = writeln!(text, "  - {{directory: g{group}, adobe: [Group {group}]}}");
    }
    text
}

#[test]
fn ten_thousand_people_and_fifty_groups_end_exactly_as_the_mapping_says() {
    // Adobe knows every third person, some of them in wrong groups, and people and groups that are nobody's business.
    let names: Vec<String> =
        (0..GROUPS).map(|group| format!("Group {group}")).chain(["Other".into()]).collect();
    let known = (0..PEOPLE).step_by(3).map(|at| {
        let groups = if at % 9 == 0 {
            vec!["Group 7".to_owned(), "Other".to_owned()]
        } else {
            vec![format!("Group {}", at % GROUPS)]
        };
        user(&format!("p{at}"), &groups.iter().map(String::as_str).collect::<Vec<_>>())
    });
    let strangers = (0..100).map(|at| {
        let mut stranger = user(&format!("s{at}"), &["Group 3", "Other"]);
        stranger["email"] = format!("s{at}@elsewhere.example").into();
        stranger["type"] = "adobe".into();
        stranger
    });
    let users: Vec<_> = known.chain(strangers).collect();
    let world = World::new(&seed(&names.iter().map(String::as_str).collect::<Vec<_>>(), &users), "");
    // A container says farewell to its engine on a runtime.
    let _inside = world.runtime.enter();
    let ldap = world.runtime.block_on(OpenLdap::start(&ldif(), LdapOptions::default()));
    let limits =
        "limits: {create: off, update: off, identity: off, group_removals: off, removals: off, leave: off}\n";
    configure(&world, &ldap, &format!("{}baseline: accept\n{limits}", mapping()));
    let other_before = world.members("Other");

    let ended = world.run(&["sync"]).with(0);
    assert!(
        ended.stdout.contains(&format!("{} accounts created", PEOPLE - PEOPLE.div_ceil(3))),
        "{}",
        last(&ended)
    );
    report_agrees(&world);

    let mut wanted: BTreeMap<usize, BTreeSet<String>> = BTreeMap::new();
    for at in 0..PEOPLE {
        for group in groups_of(at) {
            wanted.entry(group).or_default().insert(format!("p{at}@example.com"));
        }
    }
    wanted.entry(3).or_default().extend((0..100).map(|at| format!("s{at}@elsewhere.example")));
    for (group, wanted) in wanted {
        let members: BTreeSet<String> = world.members(&format!("Group {group}")).into_iter().collect();
        assert_eq!(members, wanted, "Group {group}");
    }
    assert_eq!(world.members("Other"), other_before);
    assert_eq!(world.adobe.users().len(), PEOPLE + 100);

    let (state, actions) = (world.adobe.dump(), world.actions());
    world.run(&["plan", "--detailed-exitcode"]).with(0).shows(&["Everything is in step: 10000 people"]);
    assert_eq!((world.adobe.dump(), world.actions()), (state, actions));
    world.run(&["history"]).with(0).shows(&["accounts created", "nothing was sent"]);
    assert!(world.adobe.calls(Endpoint::Action).iter().all(|call| call.commands.len() <= 10));
}

fn last(ended: &Ended) -> String {
    ended.stdout.lines().rev().take(5).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_server_that_is_down_or_refuses_us_or_lacks_a_group_ends_6_and_nothing_is_sent() {
    let person = format!(
        "dn: uid=anna,ou=people,{BASE}\nobjectClass: inetOrgPerson\nuid: anna\ncn: Anna\nsn: Doe\nmail: anna@example.com\n\ndn: cn=design,ou=groups,{BASE}\nobjectClass: groupOfNames\ncn: design\nmember: uid=anna,ou=people,{BASE}\n\n"
    );
    let world = World::new(&seed(&["Design"], &[user("carol", &["Design"])]), "");
    // A container says farewell to its engine on a runtime.
    let _inside = world.runtime.enter();
    let ldap = world.runtime.block_on(OpenLdap::start(&person, LdapOptions::default()));
    let rules = "groups: [{directory: design, adobe: [Design]}]\nleavers: {action: remove, grace: 0s}\nbaseline: accept\n";
    let before = world.adobe.dump();
    let refused = |words: &[&str]| {
        world.run(&["sync"]).with(6).says(&["nothing was sent"]).says(words);
        assert_eq!(world.adobe.dump(), before);
        assert_eq!(world.actions() + world.listings(), 0);
    };

    configure(&world, &ldap, rules);
    world.write("ldap.secret", "wrong");
    refused(&["ldaps://", "bind", "password"]);
    configure(&world, &ldap, &rules.replace("directory: design", "directory: nobody"));
    refused(&["nobody"]);
    configure(&world, &ldap, rules);
    let text = std::fs::read_to_string(world.path("umsync.yaml")).unwrap();
    world.write("umsync.yaml", &text.replace("(objectClass=inetOrgPerson)", "(objectClass=device)"));
    refused(&["no people"]);
    configure(&world, &ldap, rules);
    drop(ldap);
    refused(&["ldaps://"]);
}

#[test]
fn check_finds_both_sides_right() {
    let person = format!(
        "dn: uid=anna,ou=people,{BASE}\nobjectClass: inetOrgPerson\nuid: anna\ncn: Anna\nsn: Doe\nmail: anna@example.com\n\ndn: cn=design,ou=groups,{BASE}\nobjectClass: groupOfNames\ncn: design\nmember: uid=anna,ou=people,{BASE}\n\n"
    );
    let world = World::new(&seed(&["Design"], &[]), "");
    // A container says farewell to its engine on a runtime.
    let _inside = world.runtime.enter();
    let ldap = world.runtime.block_on(OpenLdap::start(&person, LdapOptions::default()));
    configure(
        &world,
        &ldap,
        "groups: [{directory: design, adobe: [Design]}, {directory: gone, adobe: [Nothing]}]\n",
    );
    world.run(&["check"]).with(78).shows(&[
        "connected as",
        "uid=anna",
        "cn=design,ou=groups",
        "gone",
        "wrong  group Nothing",
    ]);
    assert_eq!(world.listings(), 0);
}

#[test]
fn a_read_that_is_cut_in_the_middle_ends_6_and_nothing_is_sent() {
    let mut ldif = String::new();
    for at in 0..500 {
        let _ = write!(
            ldif,
            "dn: uid=p{at},ou=people,{BASE}\nobjectClass: inetOrgPerson\nuid: p{at}\ncn: p{at}\nsn: Doe\nmail: p{at}@example.com\n\n"
        );
    }
    let _ = write!(
        ldif,
        "dn: cn=design,ou=groups,{BASE}\nobjectClass: groupOfNames\ncn: design\nmember: uid=p1,ou=people,{BASE}\n\n"
    );
    let world = World::new(&seed(&["Design"], &[user("carol", &["Design"])]), "");
    // A container says farewell to its engine on a runtime.
    let _inside = world.runtime.enter();
    // What the server knows would be most of what it sends, and is not what is cut here.
    let options = LdapOptions { subschema: Subschema::Hidden, ..LdapOptions::default() };
    let ldap = world.runtime.block_on(OpenLdap::start(&ldif, options));
    let before = world.adobe.dump();
    // Five pages of a hundred people: in the first, in the third, in the last, and not at all.
    let whole: u64 = 500 * 90;
    for (bytes, code) in [(whole / 10, 6), (whole / 2, 6), (whole * 9 / 10, 6), (u64::MAX, 0)] {
        let proxy = world.runtime.block_on(Proxy::start(&ldap.url(), bytes));
        let mut text = world.adobe_section(&["every: 0s", "pace: off"]);
        let _ = write!(
            text,
            "directory:\n  ldap:\n    servers: [{}]\n    starttls: false\n    page_size: 100\n    bind: {{dn: \"{ACCOUNT}\", password: {{file: ldap.secret}}}}\n    base: {BASE}\n    users: (objectClass=inetOrgPerson)\npeople: {{country: US}}\ngroups: [{{directory: design, adobe: [Design]}}]\nstate: sqlite:state/umsync.db\n",
            proxy.url,
        );
        world.write("ldap.secret", PASSWORD);
        world.write("umsync.yaml", &text);
        let ended = world.run(&["plan"]).with(code);
        if code != 0 {
            ended.says(&["nothing was sent", "ldap://", "page"]);
            assert_eq!(world.listings(), 0);
        }
    }
    assert_eq!(world.adobe.dump(), before);
}
