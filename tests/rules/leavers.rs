//! What becomes of those who leave, and the list of them that somebody reviews.

use super::{REVIEWED, emails};
use crate::support::{ORGANIZATION, World, group, person, seed, user};
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt as _;

const MAPPING: &str = "groups:\n  - {directory: Design, adobe: [Art]}\n";

fn world(users: &[Value], rules: &str) -> World {
    let ldif = person("ann", &[]) + &group("Design", &["ann"]);
    let world = World::new(&seed(&["Art", "Film", "Other"], users), &ldif);
    world.configure(&format!("{MAPPING}{rules}{REVIEWED}"));
    world
}

fn groups_of(world: &World, name: &str) -> Vec<String> {
    world
        .adobe
        .user(&format!("{name}@example.com"))
        .expect("there is such a user")
        .groups
        .into_iter()
        .collect()
}

#[test]
fn a_leaver_can_lose_every_group_but_not_a_role_that_is_not_mapped() {
    let users =
        [user("bob", &["Art", "Film", "Other", "_support_admin"]), user("ann", &["Art", "_support_admin"])];
    let world = world(&users, "leavers: {action: remove-all-groups, grace: 0s}\n");
    world.run(&["sync"]).with(0).shows(&["3 memberships taken"]);
    assert_eq!(groups_of(&world, "bob"), ["_support_admin"]);
    assert_eq!(world.adobe.users().len(), 2, "nobody left the organization");
    world.run(&["plan"]).with(0);
    // Where it is mapped, it is taken, too.
    let mapping = "  - {directory: Design, adobe: [_support_admin]}\n";
    world.configure(&format!(
        "{MAPPING}{mapping}leavers: {{action: remove-all-groups, grace: 0s}}\n{REVIEWED}"
    ));
    world.run(&["sync"]).with(0);
    assert_eq!(groups_of(&world, "bob"), Vec::<String>::new());
}

#[test]
fn the_limits_count_every_membership_of_a_leaver() {
    let users = [user("bob", &["Film", "Other"]), user("cid", &["Film", "Other"])];
    let world = world(&users, "");
    let rules = "leavers: {action: remove-all-groups, grace: 0s}\nbaseline: accept\n";
    world.configure(&format!("{MAPPING}{rules}limits: {{removals: 3, group_removals: off}}\n"));
    world.run(&["sync"]).with(3).shows(&["4 removals of memberships are more than the 3"]);
    world.configure(&format!("{MAPPING}{rules}limits: {{removals: off, group_removals: 1}}\n"));
    world.run(&["sync"]).with(3);
    assert_eq!(groups_of(&world, "bob"), ["Film", "Other"]);
    world.configure(&format!("{MAPPING}{rules}limits: {{removals: 4, group_removals: 2}}\n"));
    world.run(&["sync"]).with(0);
    assert!(groups_of(&world, "bob").is_empty());
}

#[test]
fn s11_b11_what_is_written_is_reviewed_and_read_again_whatever_people_are_called() {
    // Dee logs in by a username, Eve's account is an Adobe ID with the same email as nobody's.
    let ldif = person("ann", &[]) + &person("fay", &[]) + &group("Design", &["ann", "fay"]);
    let domains = json!([
        {"domain": "example.com", "type": "federated", "login": "email"},
        {"domain": "login.example", "type": "federated", "login": "username"},
    ]);
    let dee = json!({"email": "dee@login.example", "username": "=dee", "domain": "login.example", "type": "federated", "groups": ["Art"]});
    let users = [user("bob", &["Art"]), user("cid", &["Art"]), dee];
    let seed = json!({"organization": ORGANIZATION, "domains": domains, "groups": [{"name": "Art"}], "users": users});
    let world = World::new(&seed.to_string(), &ldif);
    let domains = "people: {domains: [\"*\"]}\n";
    let rules =
        |leavers: &str| format!("{MAPPING}{domains}leavers: {{action: remove, {leavers}}}\n{REVIEWED}");
    world.configure(&rules("grace: 30d, write: leavers.csv"));
    world.run(&["sync"]).with(0);
    let written = std::fs::read_to_string(world.path("leavers.csv")).unwrap();
    let mut lines = written.lines();
    assert_eq!(lines.next(), Some("type,username,domain,email,id,since,due,action"));
    assert_eq!(lines.clone().count(), 3, "{written}");
    assert!(written.contains("federated,'=dee,login.example,dee@login.example,"), "{written}");
    let mode = std::fs::metadata(world.path("leavers.csv")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    // Cid is taken out, and two others are put in: one who is there, one who is nobody.
    let mut reviewed: Vec<String> =
        written.lines().filter(|line| !line.contains("cid@")).map(str::to_owned).collect();
    reviewed.push("federatedID,,,FAY@example.com,,,,".to_owned());
    reviewed.push("federatedID,,,gus@example.com,,,,".to_owned());
    world.write("reviewed.csv", &(reviewed.join("\n") + "\n"));
    world.configure(&rules("grace: 30d, list: reviewed.csv"));
    world.run(&["sync"]).with(0).shows(&[
        "FAY@example.com",
        "they are no leaver",
        "gus@example.com",
        "no account",
    ]);
    assert_eq!(emails(&world), ["ann@example.com", "cid@example.com", "fay@example.com"]);
    // Reviewed once, and back since: nobody who is in the directory is touched.
    world.run(&["sync"]).with(0);
    assert_eq!(emails(&world), ["ann@example.com", "cid@example.com", "fay@example.com"]);
}

#[test]
fn type_and_email_are_enough_and_what_cannot_be_read_stops_the_run() {
    let users = [user("bob", &["Art"]), user("cid", &["Art"])];
    let world = world(&users, "leavers: {action: remove-groups, list: reviewed.csv}\n");
    world.run(&["sync"]).with(78).says(&["reviewed.csv"]);
    for (text, told) in [
        ("email\nbob@example.com\n", "no column `type`"),
        ("type,email\nfederatedID,\n", "line 2 names nobody"),
    ] {
        world.write("reviewed.csv", text);
        world.run(&["sync"]).with(78).says(&[told]);
    }
    assert_eq!(world.actions(), 0);
    world.write("reviewed.csv", "email,type\nBOB@example.com,federatedid\n");
    world.run(&["sync"]).with(0);
    assert_eq!(world.members("Art"), ["ann@example.com", "cid@example.com"]);
    world.configure(&format!("{MAPPING}leavers: {{write: a.csv, list: a.csv}}\n"));
    world.run(&["sync"]).with(78).says(&["leavers.list: every run writes this file anew"]);
}
