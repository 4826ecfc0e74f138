//! The faults of the User Sync Tool that must not be repeated and are nobody else's test: B1 to B7, B9 and B16 stand in
//! `safety.rs` and `tests/disasters`, B12 in `figures.rs`, and B13 and B14, which are about several organizations and its
//! Python hook, in `tests/import_ust`.

use super::{MAPPING, PRESERVE, REVIEWED, groups_of, world};
use crate::support::{group, person, user};
use umsync_emulator::{Effect, Endpoint, Fault, Reply};

#[test]
fn b04_a_missing_field_is_no_reason_to_stop() {
    // An Adobe ID has no names, no country and no username of its own.
    let users = [serde_json::json!({"email": "ann@elsewhere.example", "type": "adobe", "groups": ["AG1"]})];
    let world = world(&[("bob", &["DG1"])], &users, &format!("{MAPPING}{REVIEWED}{PRESERVE}"));
    world.run(&["sync"]).with(0);
    assert_eq!(world.members("AG1"), ["ann@elsewhere.example", "bob@example.com"]);
}

#[test]
fn b10_no_run_in_which_something_went_wrong_ends_with_0() {
    let world = world(&[("ann", &["DG1"]), ("bob", &["DG1"])], &[], &format!("{MAPPING}{REVIEWED}"));
    let fail = Effect::FailCommand {
        root: "ann@example.com".to_owned(),
        code: "error.user.email.blacklisted".to_owned(),
        message: "made up".to_owned(),
    };
    world.adobe.faults().add(Fault::on(Endpoint::Action, fail));
    world.run(&["sync"]).with(4).shows(&["Not done", "ann@example.com"]);
    world.write("umsync.yaml", "adobe: {organization: x}\n");
    world.run_unchecked(&["sync"]).with(78);
}

#[test]
fn b15_b19_a_key_or_a_word_that_means_nothing_is_an_error() {
    let world = world(&[("ann", &["DG1"])], &[], MAPPING);
    for (line, told) in [
        ("ssl_verify: false\n", "ssl_verify"),
        ("leavers: {action: sync}\n", "leavers.action"),
        ("people: {identity: federatedly}\n", "people.identity"),
        ("people: {select: everybody}\n", "people.select"),
    ] {
        world.configure(&format!("{MAPPING}{line}"));
        world.run(&["sync"]).with(78).says(&[told]);
    }
    assert_eq!((world.actions(), world.listings()), (0, 0));
}

#[test]
fn b16_b10_adobes_silence_is_obeyed_and_told_and_not_slept_through() {
    let world = world(&[("ann", &["DG1"])], &[], &format!("{MAPPING}{REVIEWED}"));
    let wait = Reply::status(429).retry_after(3244);
    world.adobe.faults().add(Fault::on(Endpoint::Users, Effect::Refuse(wait)));
    let begun = std::time::Instant::now();
    let ended = world.run(&["sync"]);
    assert!([7, 8].contains(&ended.code), "{}", ended.code);
    assert!(begun.elapsed() < std::time::Duration::from_secs(600), "nobody sleeps for an hour");
    assert_eq!(world.adobe.calls(Endpoint::Users).len(), 1, "asked once");
}

#[test]
fn b18_a_group_that_cannot_be_made_is_told_and_fails_only_what_needs_it() {
    let world = world(&[("ann", &["DG1"]), ("bob", &["DG2"])], &[], "");
    world.configure(&format!(
        "groups:\n  - {{directory: DG1, adobe: [Made Up], create: true}}\n  - {{directory: DG2, adobe: [AG2]}}\n{REVIEWED}"
    ));
    let fail = Effect::FailCommand {
        root: "Made Up".to_owned(),
        code: "error.group.invalid_name".to_owned(),
        message: "made up".to_owned(),
    };
    world.adobe.faults().add(Fault::on(Endpoint::Action, fail));
    world.run(&["sync"]).with(4).shows(&["Made Up", "error.group.invalid_name"]);
    assert_eq!(groups_of(&world, "bob"), Some(vec!["AG2".to_owned()]));
}

#[test]
fn b20_whoever_is_no_longer_selected_is_no_leaver() {
    let users = [user("ann", &["AG1"]), user("bob", &["AG1"])];
    let rules = format!("{MAPPING}{REVIEWED}leavers: {{action: remove, grace: 0s}}\n");
    let world = world(&[("ann", &["DG1"]), ("bob", &[])], &users, &rules);
    world.run(&["sync"]).with(0);
    assert_eq!(groups_of(&world, "bob"), Some(vec![]), "still there, without the managed group");
    let ldif = person("ann", &[]) + &group("DG1", &["ann"]) + &group("DG2", &[]);
    world.write("people.ldif", &ldif);
    world.run(&["sync"]).with(0);
    assert_eq!(groups_of(&world, "bob"), None, "who is in the directory no more is one");
}
