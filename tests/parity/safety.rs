//! Situations in which the User Sync Tool harms or keeps silent, and what a safe tool does instead. (S1 is
//! `d7_s01_b01_…` in `tests/disasters`; S14, about several organizations, is in `tests/import_ust`.)

use super::{MAPPING, PRESERVE, REVIEWED, groups_of, world};
use crate::support::{ORGANIZATION, World, group, person, user};
use serde_json::json;
use umsync_emulator::{Effect, Endpoint, Fault, Reply};

#[test]
fn s02_b01_a_mapped_group_that_is_not_found_is_an_error_and_nobody_loses_it() {
    let users = [user("ann", &["AG1"]), user("bob", &["AG2"])];
    let world =
        world(&[("ann", &["DG1"]), ("bob", &["DG2"])], &users, &format!("{MAPPING}{REVIEWED}{PRESERVE}"));
    let lacking = person("ann", &[]) + &person("bob", &[]) + &group("DG2", &["bob"]);
    world.write("people.ldif", &lacking);
    world.run(&["sync"]).with(6).says(&["DG1"]);
    assert_eq!((world.actions(), world.listings()), (0, 0));
    assert_eq!(groups_of(&world, "ann"), Some(vec!["AG1".to_owned()]));
}

#[test]
fn s03_b04_a_user_of_a_type_that_nobody_knows_is_left_alone_and_stops_nobody() {
    let odd = json!({"email": "odd@example.com", "type": "unknown", "groups": ["AG1"]});
    let odder = json!({"email": "odder@example.com", "shown_type": "indirect", "groups": ["AG1"]});
    let users = [user("bob", &[]), odd, odder];
    let world =
        world(&[("ann", &["DG1"]), ("bob", &["DG1"])], &users, &format!("{MAPPING}{REVIEWED}{PRESERVE}"));
    world.run(&["sync"]).with(0);
    assert_eq!(groups_of(&world, "ann"), Some(vec!["AG1".to_owned()]));
    assert_eq!(groups_of(&world, "bob"), Some(vec!["AG1".to_owned()]));
    for odd in ["odd", "odder"] {
        assert_eq!(groups_of(&world, odd), Some(vec!["AG1".to_owned()]), "of a type that nobody knows");
    }
}

#[test]
fn s04_b04_a_comma_in_a_username_is_a_letter_like_any_other() {
    let domains = json!([{ "domain": "example.com", "type": "federated", "login": "username" }]);
    let seed = json!({ "organization": ORGANIZATION, "domains": domains, "groups": [{ "name": "AG1" }], "users": [] });
    let ldif = person("ann", &[]).replace("cn: ann\n", "cn: ann\nemployeeNumber: doe,ann\n")
        + &group("DG1", &["ann"]);
    let world = World::new(&seed.to_string(), &ldif);
    let people = "people: {attributes: {username: \"{employeeNumber}\", domain: example.com}}\n";
    world.configure(&format!("{people}groups:\n  - {{directory: DG1, adobe: [AG1]}}\n{REVIEWED}"));
    world.run(&["sync"]).with(0);
    assert_eq!(world.adobe.users()[0].username, "doe,ann");
    world.run(&["sync"]).with(0).shows(&["Everything is in step"]);
}

#[test]
fn s05_b03_an_excluded_account_of_the_same_email_is_told() {
    let users = [json!({"email": "ann@example.com", "type": "adobe", "groups": []})];
    let rules = format!("{MAPPING}{REVIEWED}protect: {{identities: [adobe]}}\n");
    let world = world(&[("ann", &["DG1"])], &users, &rules);
    world.run(&["sync"]).with(0).shows(&["Held, nothing is done: 1", "ann@example.com"]);
}

#[test]
fn s06_b05_a_new_email_of_somebody_with_a_bare_username_reaches_the_right_account() {
    let domains = json!([{ "domain": "example.com", "type": "federated", "login": "username" }]);
    let users = json!([
        {"email": "ann@example.com", "username": "ann", "domain": "example.com", "firstname": "ann",
         "lastname": "Doe", "country": "US", "type": "federated", "groups": ["AG1"]},
        {"email": "other@example.com", "username": "other", "domain": "example.com", "firstname": "other",
         "lastname": "Doe", "country": "US", "type": "federated", "groups": ["AG1"]}
    ]);
    let seed = json!({ "organization": ORGANIZATION, "domains": domains, "groups": [{ "name": "AG1" }], "users": users });
    let ldif = person("ann", &[]) + &person("other", &[]) + &group("DG1", &["ann", "other"]);
    let world = World::new(&seed.to_string(), &ldif);
    let people = "people: {attributes: {username: \"{uid}\", domain: example.com}}\n";
    world.configure(&format!("{people}groups:\n  - {{directory: DG1, adobe: [AG1]}}\n{REVIEWED}"));
    world.run(&["sync"]).with(0);
    world.write("people.ldif", &ldif.replace("mail: ann@", "mail: ann.married@"));
    world.run(&["sync"]).with(0).shows(&["1 account updated"]);
    let users = world.adobe.users();
    assert_eq!(users.len(), 2);
    let ann = users.iter().find(|user| user.username == "ann").unwrap();
    assert_eq!(ann.email, "ann.married@example.com");
}

#[test]
fn s07_b07_two_entries_that_differ_in_letter_case_are_held_and_told() {
    let users = [user("ann", &["AG1"])];
    let world = world(&[("ann", &["DG1"]), ("bob", &["DG1"])], &users, &format!("{MAPPING}{REVIEWED}"));
    let twice = person("ann", &[])
        + &person("ann2", &[]).replace("mail: ann2@example.com", "mail: ANN@example.com")
        + &person("bob", &[])
        + &group("DG1", &["ann", "ann2", "bob"])
        + &group("DG2", &[]);
    world.write("people.ldif", &twice);
    world.run(&["sync"]).with(0).shows(&["several entries name this account", "uid=ann2"]);
    assert_eq!(groups_of(&world, "ann"), Some(vec!["AG1".to_owned()]));
    assert_eq!(groups_of(&world, "bob"), Some(vec!["AG1".to_owned()]));
}

#[test]
fn s08_b09_spaces_around_a_name_mean_nothing() {
    let world = world(&[("ann", &["DG1"]), ("bob", &["DG2"])], &[], "");
    world.configure(&format!(
        "groups:\n  - {{directory: \" DG1 \", adobe: [\" AG1\"]}}\n  - {{directory: \"DG2 \", adobe: [\"AG2 \"]}}\n{REVIEWED}"
    ));
    world.run(&["sync"]).with(0);
    assert_eq!(groups_of(&world, "bob"), Some(vec!["AG2".to_owned()]));
}

#[test]
fn s12_b10_b16_an_adobe_that_is_away_during_the_commands_ends_the_run_early_and_not_with_0() {
    let names: Vec<String> = (0..95).map(|at| format!("p{at:02}")).collect();
    let people: Vec<(&str, &[&str])> = names.iter().map(|name| (name.as_str(), ["DG1"].as_slice())).collect();
    let rules = format!("{MAPPING}baseline: accept\nlimits: {{create: off}}\n");
    let world = world(&people, &[], &rules);
    let refused = Reply::status(403);
    world.adobe.faults().add(Fault::on(Endpoint::Action, Effect::Refuse(refused)).skip(2));
    let ended = world.run(&["sync"]);
    assert!([4, 7].contains(&ended.code), "{}", ended.code);
    assert!(world.actions() < 6, "it stops early: {}", world.actions());
    assert_eq!(world.adobe.users().len(), 20, "what was sent before");
}

#[test]
fn s13_a_limit_that_is_exceeded_has_a_code_of_its_own() {
    let users: Vec<_> = ["ann", "bob", "eve", "joe"].map(|name| user(name, &["AG1"])).into();
    let rules = format!("{MAPPING}baseline: accept\nlimits: {{removals: 1, group_removals: 1}}\n{PRESERVE}");
    let world = world(&[("ann", &["DG1"]), ("new", &["DG2"])], &users, &rules);
    world.run(&["sync"]).with(3).shows(&["more than the 1 allowed", "umsync approve", "1 account created"]);
    assert_eq!(groups_of(&world, "new"), Some(vec!["AG2".to_owned()]), "the rest is done");
    assert_eq!(world.members("AG1").len(), 4);
}

#[test]
fn s17_b06_a_name_that_only_adobe_has_makes_no_command() {
    let world = world(&[("ann", &["DG1"])], &[user("ann", &["AG1"])], &format!("{MAPPING}{REVIEWED}"));
    let without = person("ann", &[]).replace("sn: Doe\n", "") + &group("DG1", &["ann"]) + &group("DG2", &[]);
    world.write("people.ldif", &without);
    world.run(&["sync"]).with(0).shows(&["Everything is in step"]);
    world.run(&["sync"]).with(0);
    assert_eq!(world.actions(), 0);
    assert_eq!(world.adobe.users()[0].lastname.as_deref(), Some("Doe"));
}

#[test]
fn s18_s19_b02_a_group_that_only_protection_names_is_never_touched() {
    let users =
        [user("ann", &["AG1", "Other"]), user("bob", &["Other"]), user("boss", &["_org_admin", "AG1"])];
    let rules = format!("{MAPPING}{REVIEWED}{PRESERVE}protect: {{groups: [Other]}}\n");
    let world = world(&[("ann", &["DG1"]), ("new", &["DG1"])], &users, &rules);
    world.run(&["sync"]).with(0);
    assert_eq!(groups_of(&world, "ann"), Some(vec!["AG1".to_owned(), "Other".to_owned()]));
    assert_eq!(groups_of(&world, "bob"), Some(vec!["Other".to_owned()]));
    assert!(groups_of(&world, "boss").unwrap().contains(&"_org_admin".to_owned()));
    for command in world.adobe.log().iter().flat_map(|entry| &entry.commands) {
        assert!(
            !command.to_string().contains("Other") && !command.to_string().contains("_org_admin"),
            "{command}"
        );
    }
}

#[test]
fn s20_b10_a_second_instance_has_a_code_of_its_own_and_a_dead_one_leaves_no_lock() {
    let world = world(&[("ann", &["DG1"])], &[], &format!("{MAPPING}{REVIEWED}"));
    let slow = Effect::DelayReply(std::time::Duration::from_secs(2));
    world.adobe.faults().add(Fault::on(Endpoint::Action, slow).nth(1));
    let mut first = world.start(&["sync"]);
    while world.actions() == 0 {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    world.run_unchecked(&["sync"]).with(5);
    first.kill().unwrap();
    first.wait().unwrap();
    let after = world.run_unchecked(&["sync"]);
    assert!([0, 8].contains(&after.code), "{}", after.stderr);
}

#[test]
fn s10_b11_a_share_limit_with_a_reviewed_list_is_one_of_the_users_that_are_managed() {
    let users: Vec<_> = (0..40).map(|at| user(&format!("p{at:02}"), &["AG1"])).collect();
    let names: Vec<String> = (2..40).map(|at| format!("p{at:02}")).collect();
    let people: Vec<(&str, &[&str])> = names.iter().map(|name| (name.as_str(), ["DG1"].as_slice())).collect();
    let rules = format!(
        "{MAPPING}baseline: accept\nlimits: {{leave: 5%}}\nleavers: {{action: remove, list: gone.csv}}\n"
    );
    let world = world(&people, &users, &rules);
    world.write("gone.csv", "type,email\nfederated,p00@example.com\nfederated,p01@example.com\n");
    world.run(&["sync"]).with(0).shows(&["2 users leaving the organization"]);
    assert_eq!(world.adobe.users().len(), 38);
}

#[test]
fn s15_whoever_takes_a_mapping_away_is_told_who_stays_and_how_to_clean_up() {
    let world = world(&[("ann", &["DG1"]), ("bob", &["DG2"])], &[], &format!("{MAPPING}{REVIEWED}"));
    world.run(&["sync"]).with(0);
    world.configure(&format!(
        "groups:\n  - {{directory: DG1, adobe: [AG1]}}\npeople: {{select: all}}\n{REVIEWED}"
    ));
    let told = world.run(&["plan"]).with(0);
    told.shows(&[
        "No mapping names AG2 any more: it keeps its 1 member",
        "To empty it, map a directory group without members",
    ]);
    let ldif = std::fs::read_to_string(world.path("people.ldif")).unwrap() + &group("Nobody", &[]);
    world.write("people.ldif", &ldif);
    world.configure(&format!(
        "groups:\n  - {{directory: DG1, adobe: [AG1]}}\n  - {{directory: Nobody, adobe: [AG2]}}\npeople: {{select: all}}\n{REVIEWED}"
    ));
    world.run(&["sync"]).with(0).shows(&["1 membership taken"]);
    assert_eq!(groups_of(&world, "bob"), Some(vec![]));
}
