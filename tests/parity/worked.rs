//! The worked examples: small worlds that the User Sync Tool was run on, and the state it left at Adobe.

use super::{MAPPING, PRESERVE, REVIEWED, groups_of, world};
use crate::support::{World, group, person, seed, user};

fn groups(names: &[&str]) -> Option<Vec<String>> {
    Some(names.iter().map(|name| (*name).to_owned()).collect())
}

#[test]
fn w01_a_new_person_gets_an_account_and_the_group() {
    let world = world(&[("ann", &["DG1"])], &[], &format!("{MAPPING}{REVIEWED}{PRESERVE}"));
    world.run(&["sync"]).with(0);
    assert_eq!(groups_of(&world, "ann"), groups(&["AG1"]));
    let ann = &world.adobe.users()[0];
    assert_eq!(ann.country.as_deref(), Some("US"));
    assert_eq!(world.actions(), 1);
}

#[test]
fn w03_a_name_and_a_wrong_group_are_put_right_in_one_command() {
    let mut ann = user("ann", &["AG2"]);
    ann["firstname"] = "Formerly".into();
    let world = world(&[("ann", &["DG1"])], &[ann], &format!("{MAPPING}{REVIEWED}{PRESERVE}"));
    world.run(&["sync"]).with(0);
    assert_eq!(groups_of(&world, "ann"), groups(&["AG1"]));
    assert_eq!(world.adobe.users()[0].firstname.as_deref(), Some("ann"));
    let commands: usize = world.adobe.log().iter().map(|entry| entry.commands.len()).sum();
    assert_eq!(commands, 1);
}

#[test]
fn w04_a_group_outside_the_mapping_is_nobodys_business() {
    let users = [user("ann", &["AG1", "Other"])];
    let world = world(&[("ann", &["DG1"])], &users, &format!("{MAPPING}{REVIEWED}{PRESERVE}"));
    world.run(&["sync"]).with(0).shows(&["Everything is in step"]);
    assert_eq!(world.actions(), 0);
    assert_eq!(groups_of(&world, "ann"), groups(&["AG1", "Other"]));
}

#[test]
fn w05_whoever_is_only_at_adobe_loses_the_mapped_group() {
    // A directory without anybody is an error here (D12), so somebody else is in it.
    let users = [user("ann", &["AG2"]), user("bob", &["AG1", "Other"])];
    let world = world(&[("ann", &["DG2"])], &users, &format!("{MAPPING}{REVIEWED}{PRESERVE}"));
    world.run(&["sync"]).with(0);
    assert_eq!(groups_of(&world, "bob"), groups(&["Other"]));
}

#[test]
fn w07_a_deletion_beyond_its_limit_of_nobody_is_withheld_and_the_run_says_so_with_its_code() {
    let users = [user("ann", &["AG2"]), user("bob", &["AG1"])];
    let rules = format!("{MAPPING}baseline: accept\nleavers: {{action: delete, grace: 0s}}\n");
    let world = world(&[("ann", &["DG2"])], &users, &rules);
    world.run(&["sync"]).with(3).shows(&["1 deletion of an account is more than the 0 allowed in one run"]);
    assert_eq!(world.actions(), 0);
    assert_eq!(groups_of(&world, "bob"), groups(&["AG1"]));
}

#[test]
fn w08_letter_case_is_no_difference() {
    let ldif = person("ann", &[]).replace("mail: ann@example.com", "mail: Ann@Example.COM")
        + &group("DG1", &["ann"]);
    let world = World::new(&seed(&["AG1"], &[user("ann", &["AG1"])]), &ldif);
    world.configure(&format!("groups:\n  - {{directory: DG1, adobe: [AG1]}}\n{REVIEWED}"));
    world.run(&["sync"]).with(0).shows(&["Everything is in step"]);
    assert_eq!(world.actions(), 0);
}

#[test]
fn w10_a_federated_person_without_a_country_is_held_and_said() {
    let world = world(&[("ann", &["DG1"])], &[], &format!("{MAPPING}{REVIEWED}"));
    let without = person("ann", &[]).replace("c: US\n", "") + &group("DG1", &["ann"]) + &group("DG2", &[]);
    world.write("people.ldif", &without);
    world.run(&["sync"]).shows(&["ann@example.com", "a federated account needs a country"]);
    assert_eq!(world.actions(), 0);
}

#[test]
fn w12_an_adobe_id_of_the_same_email_is_no_reason_to_make_another_account_and_is_told() {
    let users = [serde_json::json!({"email": "ann@example.com", "type": "adobe", "groups": ["Other"]})];
    let rules = format!("{MAPPING}{REVIEWED}protect: {{identities: [adobe]}}\n");
    let world = world(&[("ann", &["DG1"])], &users, &rules);
    world.run(&["sync"]).with(0).shows(&["ann@example.com", "Adobe has only an account of type adobe"]);
    assert_eq!(world.actions(), 0);
    assert_eq!(world.adobe.users().len(), 1);
}

#[test]
fn w14_eleven_new_people_are_two_requests() {
    let names: Vec<String> = (0..11).map(|at| format!("p{at:02}")).collect();
    let people: Vec<(&str, &[&str])> = names.iter().map(|name| (name.as_str(), ["DG1"].as_slice())).collect();
    let world = world(&people, &[], &format!("{MAPPING}{REVIEWED}"));
    world.run(&["sync"]).with(0);
    assert_eq!((world.adobe.users().len(), world.actions()), (11, 2));
}

#[test]
fn w15_twenty_five_groups_are_one_command() {
    let names: Vec<String> = (0..25).map(|at| format!("Group {at:02}")).collect();
    let refs: Vec<&str> = names.iter().map(String::as_str).collect();
    let ldif = person("ann", &[]) + &group("DG1", &["ann"]);
    let world = World::new(&seed(&refs, &[user("ann", &[])]), &ldif);
    world.configure(&format!("groups:\n  - {{directory: DG1, adobe: [{}]}}\n{REVIEWED}", names.join(", ")));
    world.run(&["sync"]).with(0);
    assert_eq!(groups_of(&world, "ann").map(|groups| groups.len()), Some(25));
    let log = world.adobe.log();
    let commands: Vec<_> = log.iter().flat_map(|entry| &entry.commands).collect();
    assert_eq!(commands.len(), 1);
    assert_eq!(commands[0]["do"].as_array().map(Vec::len), Some(3));
}

#[test]
fn w02_without_process_groups_a_new_person_gets_an_account_and_no_group() {
    let rules = format!("{MAPPING}{REVIEWED}people: {{select: all}}\nmemberships: keep\n");
    let world = world(&[("ann", &["DG1"])], &[], &rules);
    world.run(&["sync"]).with(0);
    assert_eq!(groups_of(&world, "ann"), groups(&[]));
    assert_eq!(world.actions(), 1);
}

#[test]
fn w06_without_process_groups_whoever_is_only_at_adobe_keeps_everything() {
    let rules = format!("{MAPPING}{REVIEWED}people: {{select: all}}\nmemberships: keep\n");
    let world = world(&[("ann", &["DG1"])], &[user("ann", &[]), user("bob", &["AG1"])], &rules);
    world.run(&["sync"]).with(0);
    assert_eq!((world.actions(), groups_of(&world, "bob")), (0, groups(&["AG1"])));
}

#[test]
fn w09_where_unmapped_people_are_excluded_none_of_them_is_made() {
    let rules = format!("{MAPPING}{REVIEWED}people: {{select: all, create: mapped}}\n");
    let world = world(&[("ann", &[])], &[], &rules);
    world.run(&["sync"]).with(0);
    assert_eq!((world.actions(), world.adobe.users().len()), (0, 0));
}

#[test]
fn w11_an_enterprise_account_without_a_country_has_the_undefined_one() {
    let ldif = person("ann", &[]).replace("c: US\n", "") + &group("DG1", &["ann"]);
    let domains = serde_json::json!([{ "domain": "example.com", "type": "enterprise", "login": "email" }]);
    let mut adobe: serde_json::Value = serde_json::from_str(&seed(&["AG1"], &[])).unwrap();
    adobe["domains"] = domains;
    let world = World::new(&adobe.to_string(), &ldif);
    world.configure(&format!(
        "people: {{identity: enterprise}}\ngroups:\n  - {{directory: DG1, adobe: [AG1]}}\n{REVIEWED}"
    ));
    world.run(&["sync"]).with(0);
    assert_eq!(world.adobe.users()[0].country.as_deref(), Some("UD"));
}
