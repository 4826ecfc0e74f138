//! Whom a run is about, and who of them gets a new account.

use super::{REVIEWED, emails};
use crate::support::{World, group, person, seed, user};

const MAPPING: &str = "groups:\n  - {directory: Design, adobe: [Art]}\n";

fn world(ldif: &str, users: &[serde_json::Value], rules: &str) -> World {
    let mut seed: serde_json::Value = serde_json::from_str(&seed(&["Art", "Film"], users)).expect("a seed");
    let domains = seed["domains"].as_array_mut().expect("a list");
    domains.push(serde_json::json!({"domain": "other.example", "type": "federated", "login": "email"}));
    let world = World::new(&seed.to_string(), ldif);
    world.configure(&format!("{rules}{REVIEWED}"));
    world
}

fn everybody(names: &[&str]) -> String {
    names.iter().map(|name| person(name, &[])).collect()
}

#[test]
fn the_members_of_a_group_that_gives_nothing_can_be_those_who_get_an_account() {
    let ldif = everybody(&["ann", "bob", "cid"])
        + &group("Staff", &["ann", "bob"])
        + &group("Design", &["bob", "cid"]);
    let world = world(
        &ldif,
        &[user("cid", &["Art"])],
        &format!("{MAPPING}people: {{select: {{groups: [Staff]}}}}\n"),
    );
    world.run(&["sync"]).with(0);
    assert_eq!(emails(&world), ["ann@example.com", "bob@example.com", "cid@example.com"]);
    assert_eq!(world.members("Art"), ["bob@example.com", "cid@example.com"]);
}

#[test]
fn a_selecting_group_that_is_missing_stops_the_run() {
    let ldif = everybody(&["ann"]) + &group("Design", &["ann"]);
    let world = world(&ldif, &[], &format!("{MAPPING}people: {{select: {{groups: [Staff]}}}}\n"));
    world.run(&["sync"]).with(6).says(&["Staff"]);
    assert_eq!((world.actions(), world.listings()), (0, 0));
}

#[test]
fn b20_whoever_the_filter_leaves_out_is_out_of_scope_and_holds_up_nobody() {
    let ldif = person("ann", &["departmentNumber: 7"])
        + &person("bob", &["departmentNumber: 8"])
        + &person("cid", &["departmentNumber: 77"])
        // Out of scope, and nothing about it could be understood.
        + "dn: uid=odd,ou=people,dc=example,dc=com\nobjectClass: inetOrgPerson\nuid: odd\ncn: odd\nsn: odd\nmail: odd\ndepartmentNumber: 9\n\n"
        + &group("Design", &["ann", "bob", "cid", "odd"]);
    let users = [user("bob", &["Film", "Art"]), user("cid", &[]), user("dan", &["Art"])];
    let rules = "people: {filter: {\"{departmentNumber}\": \"7|6\"}}\nleavers: {action: remove, grace: 0s}\n";
    let world = world(&ldif, &users, &format!("{MAPPING}{rules}"));
    world.run(&["sync"]).with(0).shows(&["3 out of scope"]);
    // Bob and Cid are as they were, Dan is a leaver as ever.
    assert_eq!(emails(&world), ["ann@example.com", "bob@example.com", "cid@example.com"]);
    assert_eq!(world.members("Art"), ["ann@example.com", "bob@example.com"]);
}

#[test]
fn whom_a_filter_on_emails_would_leave_out_is_no_leaver() {
    let ldif = everybody(&["ann"]) + &group("Design", &["ann"]);
    let elsewhere = serde_json::json!({"email": "eve@other.example", "type": "federated", "groups": ["Art"]});
    let rules = "people: {domains: [\"*\"], filter: {email: \".*@example[.]com\"}}\nleavers: {action: remove, grace: 0s}\n";
    let world = world(&ldif, &[elsewhere, user("dan", &["Art"])], &format!("{MAPPING}{rules}"));
    world.run(&["sync"]).with(0);
    assert_eq!(emails(&world), ["ann@example.com", "eve@other.example"]);
}

#[test]
fn b08_s9_alternatives_of_a_filter_mean_whole_values() {
    let ldif =
        everybody(&["ann", "bob", "annika", "kabob"]) + &group("Design", &["ann", "bob", "annika", "kabob"]);
    let world =
        world(&ldif, &[], &format!("{MAPPING}people: {{filter: {{email: \"ANN@example.com|bob@.*\"}}}}\n"));
    world.run(&["sync"]).with(0);
    assert_eq!(emails(&world), ["ann@example.com", "bob@example.com"]);
}

#[test]
fn new_accounts_can_be_for_those_who_are_given_something_or_for_nobody() {
    let ldif =
        everybody(&["ann", "bob"]) + &group("Staff", &["ann", "bob", "cid"]) + &group("Design", &["bob"]);
    for (create, expected) in [
        ("selected", &["ann@example.com", "bob@example.com"][..]),
        ("mapped", &["bob@example.com"]),
        ("nobody", &[]),
    ] {
        let rules = format!("{MAPPING}people: {{select: {{groups: [Staff]}}, create: {create}}}\n");
        let world = world(&ldif, &[], &rules);
        world.run(&["sync"]).with(0);
        assert_eq!(emails(&world), expected, "{create}");
    }
}

#[test]
fn whoever_has_an_account_is_kept_up_to_date_where_nobody_gets_one() {
    let ldif = everybody(&["ann", "bob"]) + &group("Design", &["ann", "bob"]);
    let rules = format!("{MAPPING}people: {{create: nobody}}\n");
    let world = world(&ldif, &[user("ann", &["Film"])], &rules);
    world.run(&["sync"]).with(0).shows(&["1 without an account"]);
    assert_eq!(world.members("Art"), ["ann@example.com"]);
    assert_eq!(emails(&world), ["ann@example.com"]);
}

#[test]
fn a_mapping_without_groups_at_adobe_only_selects() {
    let ldif = everybody(&["ann", "bob"]) + &group("Staff", &["ann"]) + &group("Design", &["bob"]);
    let world = world(&ldif, &[], "groups:\n  - {directory: Staff}\n  - {directory: Design, adobe: []}\n");
    world.run(&["sync"]).with(0);
    assert_eq!(emails(&world), ["ann@example.com", "bob@example.com"]);
}

#[test]
fn memberships_can_be_left_alone_altogether() {
    let ldif = everybody(&["ann", "bob"]) + &group("Design", &["ann"]);
    let users = [user("bob", &["Art"])];
    let mapping = "groups:\n  - {directory: Design, adobe: [Art, \"Not There\"]}\n";
    let world = world(&ldif, &users, &format!("{mapping}memberships: keep\n"));
    world.run(&["sync"]).with(0);
    assert_eq!(emails(&world), ["ann@example.com", "bob@example.com"]);
    assert_eq!(world.members("Art"), ["bob@example.com"]);
    world.configure(&format!(
        "{mapping}memberships: keep\nleavers: {{action: remove-groups}}\npeople: {{create: mapped}}\n"
    ));
    world.run(&["sync"]).with(78).says(&["leavers.action", "people.create"]);
}

#[test]
fn protected_users_can_be_told_by_a_regular_expression() {
    let ldif =
        everybody(&["ann", "adm-bob", "adm-bobby"]) + &group("Design", &["ann", "adm-bob", "adm-bobby"]);
    let rules = "protect: {users: [{matches: \"adm-bob@.*|ANN@example.org\"}, \"x@*\"]}\n";
    let world = world(&ldif, &[], &format!("{MAPPING}{rules}"));
    world.run(&["sync"]).with(0);
    assert_eq!(emails(&world), ["adm-bobby@example.com", "ann@example.com"]);
}

#[test]
fn every_mistake_is_told_with_its_place() {
    let world = world(&everybody(&["ann"]), &[], MAPPING);
    world.configure(
        "people:\n  select: {groups: [_org_admin]}\n  filter: {email: \"(\", \"{department\": a, mail: x}\n  create: everybody\ngroups:\n  - {directory: D, adobe: [_ORG_ADMIN]}\nprotect: {users: [{matches: \"[\"}]}\nmemberships: kept\n",
    );
    world.run(&["sync"]).with(78).says(&[
        "people.select.groups[0]: system administrators",
        "people.filter.email: `(` is no regular expression",
        "people.filter.{department: `{department` is no template",
        "people.filter.mail: unknown key",
        "people.create: `everybody` is none of",
        "groups[0].adobe[0]: system administrators",
        "protect.users[0].matches: `[` is no regular expression",
        "memberships: `kept` is none of `sync`, `keep`",
        "line ",
    ]);
}
