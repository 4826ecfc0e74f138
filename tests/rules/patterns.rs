//! Directory groups by pattern: which Adobe groups they give, and what happens when they come, go and are renamed.

use super::REVIEWED;
use crate::openldap::{ACCOUNT, BASE, Deed, OpenLdap, Options, PASSWORD};
use crate::support::{World, group, person, seed, user};

const PATTERN: &str =
    "groups:\n  - {directory: {matches: \"ACL-(.+)\"}, adobe: [\"Team $1\"], create: true}\n";

fn ldif(groups: &[(&str, &[&str])]) -> String {
    let people: String = ["ann", "bob", "cid"].iter().map(|name| person(name, &[])).collect();
    let anchored = |(name, members): &(&str, &[&str])| {
        group(name, members).replacen('\n', &format!("\nentryUUID: group-{}\n", name.len()), 1)
    };
    people + &groups.iter().map(anchored).collect::<String>()
}

fn world(groups: &[(&str, &[&str])], users: &[serde_json::Value]) -> World {
    let world = World::new(&seed(&["Team Art", "Other"], users), &ldif(groups));
    world.configure(&format!("{PATTERN}{REVIEWED}"));
    world
}

#[test]
fn every_group_that_matches_gives_the_group_of_its_name() {
    let groups: [(&str, &[&str]); 3] =
        [("acl-Art", &["ann", "bob"]), ("ACL-Film", &["bob"]), ("Others", &["cid"])];
    let world = world(&groups, &[user("cid", &["Team Art", "Other"])]);
    world.run(&["sync"]).with(0);
    assert_eq!(world.members("Team Art"), ["ann@example.com", "bob@example.com"]);
    assert_eq!(world.members("Team Film"), ["bob@example.com"]);
    assert_eq!(world.members("Other"), ["cid@example.com"]);
    // The next one comes by itself.
    let groups: [(&str, &[&str]); 3] =
        [("acl-Art", &["ann"]), ("ACL-Film", &["bob"]), ("ACL-Sounds", &["cid"])];
    world.write("people.ldif", &ldif(&groups));
    world.run(&["sync"]).with(0);
    assert_eq!(world.members("Team Sounds"), ["cid@example.com"]);
    world.run(&["plan"]).with(0).shows(&["Everything is in step"]);
}

#[test]
fn s16_a_group_that_lost_its_last_member_is_emptied() {
    let groups: [(&str, &[&str]); 2] = [("ACL-Art", &["ann"]), ("ACL-Film", &["bob"])];
    let world = world(&groups, &[]);
    world.run(&["sync"]).with(0);
    assert_eq!(world.members("Team Art"), ["ann@example.com"]);
    world.write("people.ldif", &ldif(&[("ACL-Art", &[]), ("ACL-Film", &["bob"])]));
    world.run(&["sync"]).with(0);
    assert!(world.members("Team Art").is_empty());
}

#[test]
fn a_group_that_vanishes_stops_the_run_until_somebody_has_said_that_it_is_meant() {
    let groups: [(&str, &[&str]); 2] = [("ACL-Art", &["ann"]), ("ACL-Film", &["bob"])];
    let world = world(&groups, &[]);
    world.run(&["sync"]).with(0);
    world.write("people.ldif", &ldif(&[("ACL-Film", &["bob"])]));
    let before = world.actions();
    world.run(&["sync"]).with(6).says(&["ACL-Art", "is gone", "umsync groups forget 'ACL-Art'"]);
    assert_eq!(world.actions(), before);
    world.run(&["groups", "forget", "ACL-Art"]).with(0);
    world.run(&["sync"]).with(0);
    assert_eq!(world.members("Team Art"), ["ann@example.com"], "nobody manages it any more");
}

#[test]
fn a_group_that_is_renamed_is_told_by_both_names() {
    let world = world(&[("ACL-Art", &["ann"])], &[]);
    world.run(&["sync"]).with(0);
    world.write("people.ldif", &ldif(&[("ACL-Ink", &["ann"])]));
    world.run(&["sync"]).with(6).says(&["ACL-Art", "cn=ACL-Ink", "is `"]);
    world.run(&["groups", "forget", "acl-art"]).with(0);
    world.run(&["sync"]).with(0);
    assert_eq!(world.members("Team Ink"), ["ann@example.com"]);
}

#[test]
fn two_groups_that_would_share_one_stop_the_run() {
    let world = world(&[("ACL-Art", &["ann"]), ("OLD-Art", &["bob"])], &[]);
    let pattern = |adobe: &str| {
        format!(
            "groups:\n  - {{directory: {{matches: \"(?:ACL|OLD)-(.+)\"}}, adobe: [\"{adobe}\"]}}\n{REVIEWED}"
        )
    };
    world.configure(&pattern("Team $1"));
    world.run(&["sync"]).with(6).says(&["ACL-Art", "OLD-Art", "Team Art"]);
    assert_eq!((world.actions(), world.listings()), (0, 0));
    world.configure(&pattern("Team Art"));
    world.run(&["sync"]).with(0);
    assert_eq!(world.members("Team Art"), ["ann@example.com", "bob@example.com"]);
}

#[test]
fn a_name_that_cannot_be_one_is_told_with_its_group() {
    let world = world(&[("ACL-_support_admin", &["ann"])], &[]);
    world.configure(&format!(
        "groups:\n  - {{directory: {{matches: \"ACL-(.+)\"}}, adobe: [\"$1\"]}}\n{REVIEWED}"
    ));
    world.run(&["sync"]).with(6).says(&["ACL-_support_admin", "_support_admin"]);
    assert_eq!((world.actions(), world.listings()), (0, 0));
    for (line, told) in [
        (
            "{directory: {matches: \"(\"}, adobe: [x]}",
            "groups[0].directory.matches: `(` is no regular expression",
        ),
        ("{directory: {match: x}, adobe: [x]}", "did you mean `matches`"),
        ("{directory: {matches: x}, adobe: [_org_admin]}", "system administrators"),
    ] {
        world.configure(&format!("groups:\n  - {line}\n"));
        world.run(&["sync"]).with(78).says(&[told]);
    }
}

#[test]
fn a_table_has_the_groups_that_its_rows_list() {
    let world = world(&[], &[]);
    let csv = |ann: &str| {
        format!(
            "email,firstname,lastname,country,groups\nann@example.com,Ann,Doe,US,{ann}\nbob@example.com,Bob,Doe,US,\"acl-Film,Other\"\n"
        )
    };
    world.write("people.csv", &csv("ACL-Art"));
    let configure = |more: &str| {
        let adobe = world.adobe_section(&["every: 0s", "pace: off"]);
        let directory = format!("directory:\n  csv: {{file: people.csv{more}}}\n");
        world.write(
            "umsync.yaml",
            &format!("{adobe}{directory}{PATTERN}{REVIEWED}state: sqlite:state/umsync.db\n"),
        );
    };
    configure("");
    world.run(&["sync"]).with(0);
    assert_eq!(world.members("Team Art"), ["ann@example.com"]);
    assert_eq!(world.members("Team Film"), ["bob@example.com"]);
    // Whether it is empty or was lost, no table tells.
    world.write("people.csv", &csv(""));
    world.run(&["sync"]).with(6).says(&["ACL-Art", "umsync groups forget"]);
    configure(", groups: [ACL-Art]");
    world.run(&["sync"]).with(0);
    assert!(world.members("Team Art").is_empty());
}

#[test]
fn a_server_is_asked_for_the_names_of_its_groups() {
    let mut entries = String::new();
    for name in ["ann", "bob"] {
        entries += &format!(
            "dn: uid={name},ou=people,{BASE}\nobjectClass: inetOrgPerson\nuid: {name}\ncn: {name}\ngivenName: {name}\nsn: Doe\nmail: {name}@example.com\n\n"
        );
    }
    for (group, member) in [("ACL-Art", "ann"), ("ACL-Film", "bob"), ("Others", "ann")] {
        entries += &format!(
            "dn: cn={group},ou=groups,{BASE}\nobjectClass: groupOfNames\ncn: {group}\nmember: uid={member},ou=people,{BASE}\n\n"
        );
    }
    let world = World::new(&seed(&["Other"], &[]), "");
    // A container says farewell to its engine on a runtime.
    let _inside = world.runtime.enter();
    let ldap = world.runtime.block_on(OpenLdap::start(&entries, Options::default()));
    let adobe = world.adobe_section(&["every: 0s", "pace: off"]);
    let url = ldap.ldaps_url();
    world.write("ldap.secret", PASSWORD);
    std::fs::copy(ldap.ca_file(), world.path("ldap-ca.pem")).unwrap();
    world.write("umsync.yaml", &format!(
        "{adobe}directory:\n  ldap:\n    servers: [{url}]\n    ca_file: ldap-ca.pem\n    bind: {{dn: \"{ACCOUNT}\", password: {{file: ldap.secret}}}}\n    base: {BASE}\n    users: (objectClass=inetOrgPerson)\npeople: {{country: US}}\n{PATTERN}{REVIEWED}state: sqlite:state/umsync.db\n"
    ));
    world.run(&["check"]).with(0).shows(&["ACL-Art", "ACL-Film"]);
    world.run(&["sync"]).with(0);
    assert_eq!(world.members("Team Art"), ["ann@example.com"]);
    assert_eq!(world.members("Team Film"), ["bob@example.com"]);

    world.runtime.block_on(ldap.administer(&format!("cn=ACL-Art,ou=groups,{BASE}"), Deed::Delete));
    let before = world.actions();
    world.run(&["check"]).with(6).shows(&["umsync groups forget 'ACL-Art'"]);
    world.run(&["sync"]).with(6).says(&["ACL-Art", "umsync groups forget 'ACL-Art'"]);
    assert_eq!(world.actions(), before);
}
