//! What Adobe refuses, loses, or has changed meanwhile: told, isolated, and not repeated for ever.

use crate::support::report::report_agrees;
use crate::support::store::EVERY;
use crate::support::{World, group, person, seed, user};
use umsync_emulator::{Departed, Effect, Endpoint, Fault, Missing, Reply};

const RULES: &str = "groups:\n  - {directory: design, adobe: [Design]}\nleavers: {action: remove, grace: 0s}\nlimits: {leave: off, removals: off, group_removals: off, identity: off, update: off, create: off}\nbaseline: accept\n";

/// So many people of whom the first few have accounts outside Design.
fn world(people: usize, accounts: usize) -> (World, Vec<String>) {
    let names: Vec<String> = (0..people).map(|at| format!("p{at:02}")).collect();
    let refs: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut ldif: String = names.iter().map(|name| person(name, &[])).collect();
    ldif.push_str(&group("design", &refs));
    let users: Vec<_> = names.iter().take(accounts).map(|name| user(name, &[])).collect();
    let world = World::new(&seed(&["Design", "Other"], &users), &ldif);
    world.configure(RULES);
    (world, names)
}

fn refuse(name: &str, code: &str) -> Fault {
    let (root, code) = (format!("{name}@example.com"), code.to_owned());
    Fault::on(Endpoint::Action, Effect::FailCommand { root, code, message: "made up".to_owned() })
}

/// Every code that UMAPI's documentation and its users name for a command.
const CODES: [&str; 12] = [
    "error.user.not_found",
    "error.user.nonexistent",
    "error.user.belongs_to_another_org",
    "error.user.type_mismatch",
    "error.user.change_domain_update.no",
    "error.user.email.name_in_use",
    "error.update.no",
    "error.group.not_found",
    "error.group.license_quota_exceeded",
    "error.group.remove_failed",
    "error.domain.trust.nonexistent",
    "error.unknown.of.tomorrow",
];

#[test]
fn d36_each_refusal_is_its_own_and_no_run_that_met_one_ends_well() {
    for code in CODES {
        let (world, names) = world(24, 12);
        for (at, name) in names.iter().enumerate() {
            if at % 7 == 3 {
                world.adobe.faults().add(refuse(name, code));
            }
        }
        let failed: Vec<String> = names
            .iter()
            .enumerate()
            .filter(|(at, _)| at % 7 == 3)
            .map(|(_, name)| format!("{name}@example.com"))
            .collect();
        let ended = world.run(&["sync"]).with(4).shows(&["Not done: 3", code]);
        assert!(failed.iter().all(|email| ended.stdout.contains(email)), "{code}");
        let members = world.members("Design");
        for name in &names {
            let email = format!("{name}@example.com");
            assert_eq!(members.contains(&email), !failed.contains(&email), "{code} {email}");
        }
        report_agrees(&world);
        world.adobe.faults().clear();
        world.run(&["sync"]).with(0);
        assert_eq!(world.members("Design").len(), 24, "{code}");
    }
}

#[test]
fn d38_what_adobe_refuses_five_runs_in_a_row_is_parked_until_something_changes() {
    let (world, _) = world(3, 3);
    let fault = || world.adobe.faults().add(refuse("p01", "error.user.nonexistent"));
    fault();
    for _ in 0..5 {
        world.run(&["sync"]).with(4).shows(&["error.user.nonexistent"]);
    }
    world.run(&["status"]).with(0).shows(&["failing        1 "]);
    let sent = world.actions();
    let told = world.run(&["sync"]).with(3).shows(&[
        "Withheld: 1",
        "p01@example.com",
        "refused in 5 runs in a row",
        "error.user.nonexistent",
    ]);
    assert!(!told.stdout.contains("limits."), "{}", told.stdout);
    assert_eq!(world.actions(), sent, "not sent again");
    // Something about the person changes, though nothing that Adobe is told: it is tried again, and parked again.
    let text = std::fs::read_to_string(world.path("people.ldif")).unwrap();
    world.write("people.ldif", &text.replacen("c: US\nmail: p01", "c: DE\nmail: p01", 1));
    // Whoever only looks does not take its next try.
    world.run(&["plan"]).with(0).shows(&["1 membership given"]);
    world.run(&["sync"]).with(4).shows(&["error.user.nonexistent"]);
    world.run(&["sync"]).with(3).shows(&["Withheld: 1"]);
    // Approving means: try once more.
    world.adobe.faults().clear();
    let plan = world.run(&["plan", "--json"]).json()["plan"]["id"].as_str().expect("an id").to_owned();
    world.run(&["approve", &plan]).with(0);
    world.run(&["sync"]).with(0).shows(&["1 membership given"]);
    world.run(&["sync"]).with(0).shows(&["Everything is in step: 3 people"]);
    world.run(&["status", "--json"]).with(0).shows(&["\"failing_changes\": 0"]);
}

#[test]
fn an_account_that_adobe_made_and_does_not_show_is_made_once() {
    let (world, _) = world(3, 2);
    world.run(&["sync"]).with(0).shows(&["1 account created"]);
    // Disabled there: neither listed nor found.
    world.adobe.with_state(|org| org.remove_user("p02@example.com"));
    let sent = world.actions();
    world.run(&["sync"]).with(3).shows(&["p02@example.com", "Adobe made this account and does not show it"]);
    world.run(&["sync"]).with(3);
    assert_eq!(world.actions(), sent);
    // The person changes: it is tried again.
    let text = std::fs::read_to_string(world.path("people.ldif")).unwrap();
    world.write("people.ldif", &text.replace("givenName: p02", "givenName: Paula"));
    world.run(&["sync"]).with(0).shows(&["1 account created"]);
    world.run(&["sync"]).with(0).shows(&["Everything is in step: 3 people"]);
}

#[test]
fn whoever_a_listing_lacks_after_being_made_is_found_one_by_one_and_kept_for_the_next_run() {
    let (world, names) = world(4, 4);
    // The third time, Adobe lists as if nothing had been made, and knows each of them by name.
    world.adobe.faults().add(Fault::on(Endpoint::Users, Effect::Stale).nth(3));
    world.run(&["sync"]).with(0).shows(&["4 memberships given"]);
    world.adobe.with_state(|org| {
        org.remove_user("p02@example.com");
        org.remove_user("p03@example.com");
    });
    world.run(&["sync"]).with(0).shows(&["2 accounts created"]);
    let sent = world.actions();
    world.run(&["sync"]).with(0).shows(&["Everything is in step: 4 people"]);
    assert_eq!((world.adobe.faults().fired(), world.adobe.calls(Endpoint::User).len()), (1, 2));
    assert_eq!((world.actions(), world.adobe.users().len()), (sent, 4));
    assert_eq!(world.stored_users(), names.iter().map(|name| format!("{name}@example.com")).collect());
    world.run(&["sync"]).with(0).shows(&["Everything is in step: 4 people"]);
    assert_eq!(world.adobe.calls(Endpoint::User).len(), 2, "they are not looked for again");
}

#[test]
fn an_account_that_an_administrator_removed_later_is_made_again() {
    let (world, _) = world(3, 2);
    world.run(&["sync"]).with(0).shows(&["1 account created"]);
    world.run(&["sync"]).with(0).shows(&["Everything is in step: 3 people"]);
    world.adobe.with_state(|org| org.remove_user("p02@example.com"));
    world.run(&["sync"]).with(0).shows(&["1 account created"]);
}

#[test]
fn d37_a_lost_reply_is_settled_by_reading_and_nothing_is_done_twice() {
    for effect in
        [Effect::CutReply, Effect::CutMidReply, Effect::CloseBefore, Effect::Replace(Reply::status(504))]
    {
        let (world, _) = world(24, 12);
        world.adobe.faults().add(Fault::on(Endpoint::Action, effect).nth(2));
        world.run(&["sync"]).with(0);
        assert_eq!(world.adobe.faults().fired(), 1);
        assert_eq!(world.members("Design").len(), 24);
        assert_eq!(world.adobe.users().len(), 24);
        report_agrees(&world);
        world.run(&["sync"]).with(0).shows(&["Everything is in step: 24 people"]);
    }
}

#[test]
fn d39_what_somebody_changed_between_plan_and_apply_is_stale_and_stays_as_they_left_it() {
    let (world, _) = world(3, 3);
    let file = world.path("plan.json");
    let text = std::fs::read_to_string(world.path("people.ldif")).unwrap();
    world.write("people.ldif", &text.replace("sn: Doe", "sn: Roe"));
    world.run(&["plan", "--out", file.to_str().unwrap()]).with(0);
    world.adobe.with_state(|org| org.set_name("p01@example.com", "By", "Hand"));
    world.run(&["apply", file.to_str().unwrap()]).with(4).shows(&["Stale, not sent: 1", "p01@example.com"]);
    let name = |email: &str| world.adobe.user(email).expect("there").lastname;
    assert_eq!(name("p01@example.com").as_deref(), Some("Hand"));
    assert_eq!(name("p00@example.com").as_deref(), Some("Roe"));
}

#[test]
fn d35_a_token_that_expires_in_the_middle_of_a_run_is_renewed() {
    let (world, _) = world(120, 0);
    // Every token is good for a moment: it is renewed again and again, and no command is lost or sent twice.
    world.adobe.with_knobs(|knobs| knobs.token_ttl = 1);
    let slow = Effect::DelayReply(std::time::Duration::from_millis(300));
    world.adobe.faults().add(Fault::on(Endpoint::Action, slow));
    world.run(&["sync"]).with(0).shows(&["120 accounts created"]);
    assert_eq!(world.members("Design").len(), 120);
    assert!(world.adobe.calls(Endpoint::Token).len() > 2);
    report_agrees(&world);
}

#[test]
fn what_is_wrong_with_everything_parks_nobody() {
    for code in ["error.internal.add", "error.organization.migrating", "error.group.license_quota_exceeded"] {
        let (world, _) = world(3, 3);
        world.adobe.faults().add(refuse("p01", code));
        for _ in 0..7 {
            world.run(&["sync"]).with(4).shows(&[code]);
        }
    }
    let (world, _) = world(3, 3);
    world.adobe.faults().add(Fault::on(Endpoint::Action, Effect::Refuse(Reply::status(403))));
    for _ in 0..7 {
        world.run(&["sync"]).with(4).shows(&["Not done: 3", "error.request"]);
    }
}

#[test]
fn an_execution_in_which_nothing_goes_well_stops_itself_says_why_and_is_planned_anew() {
    let (world, names) = world(65, 0);
    world.configure_with(&["pace: off", "wait: 0s"], RULES);
    for name in &names {
        world.adobe.faults().add(refuse(name, "error.domain.trust.nonexistent"));
    }
    world.run(&["plan"]).with(0);
    let ended = world.run(&["sync"]).with(4).shows(&[
        "not sent: 30 commands in a row were refused with error.domain.trust.nonexistent",
        "What the codes mean",
        "30 × set-up at Adobe",
        "what to do: claim it in the Admin Console",
    ]);
    assert_eq!(ended.stdout.matches("what to do: claim it").count(), 1 + 35);
    assert_eq!(world.actions(), 3);
    report_agrees(&world);
    world.run(&["report"]).with(0).shows(&[
        "it stopped itself",
        "What the codes mean",
        "70 not sent (35 accounts created",
    ]);
    let codes = world.run(&["report", "--json"]).with(0).json();
    assert_eq!(codes["codes"]["error.domain.trust.nonexistent"]["class"], "setup");
    // Nobody goes on with it as if nothing had been, within its two hours or after.
    world.adobe.faults().clear();
    world.run(&["sync"]).with(8).says(&["the gate is closed until"]);
    assert_eq!(world.actions(), 3);
    world.pass(EVERY);
    world.run(&["sync"]).with(0).shows(&["Done: 65 accounts created"]);
    report_agrees(&world);
}

#[test]
fn a_domain_that_another_sync_fills_is_recognised() {
    let (world, names) = world(4, 0);
    for name in &names {
        world.adobe.faults().add(refuse(name, "error.internal.create_failed"));
    }
    let told = ["example.com: 4 creations failed and none was made", "Entra ID"];
    world.run(&["sync"]).with(4).shows(&told);
    world.run(&["report"]).with(0).shows(&told);
    report_agrees(&world);
}

#[test]
fn who_left_meanwhile_counts_as_gone_with_a_note() {
    let ldif = [person("anna", &[]), group("design", &["anna"])].concat();
    let world = World::new(&seed(&["Design"], &[user("anna", &["Design"]), user("zoe", &[])]), &ldif);
    world.configure(RULES);
    world.adobe.with_knobs(|knobs| knobs.removefromorg_missing = Departed::Error);
    let away = Effect::meanwhile(|org| {
        org.remove_user("zoe@example.com");
    });
    world.adobe.faults().add(Fault::on(Endpoint::Action, away));
    let told = ["zoe@example.com", "error.user.nonexistent", "what was wanted is so already"];
    // Somebody else has done what the report counts as done: the emulator's log cannot say so.
    world.run_unchecked(&["sync"]).with(0).shows(&told).shows(&["Was so already, counted as done: 1"]);
    world.run(&["report"]).with(0).shows(&told);
}

#[test]
fn what_a_test_cannot_know_is_a_false_alarm_and_told_as_one() {
    let (world, _) = world(3, 1);
    world.adobe.with_knobs(|knobs| knobs.test_mode_missing_user = Missing::Error);
    world.run(&["plan"]).with(0);
    let before = world.adobe.dump();
    world.run(&["sync", "--test-mode"]).with(0).shows(&[
        "False alarms of the test, counted as good: 2",
        "an earlier step of this test would have made it so",
        "Tested, nothing was changed: 2 accounts created, 3 memberships given",
    ]);
    assert_eq!(world.adobe.dump(), before);
    report_agrees(&world);
}

#[test]
fn a_group_that_vanished_after_the_listing_fails_only_what_needs_it() {
    let names = ["anna", "bob", "carol"];
    let mut ldif: String = names.iter().map(|name| person(name, &[])).collect();
    ldif.push_str(&group("design", &["anna", "bob"]));
    ldif.push_str(&group("other", &["bob", "carol"]));
    let users = names.map(|name| user(name, &[]));
    let world = World::new(&seed(&["Design", "Other"], &users), &ldif);
    world.configure(&RULES.replace("groups:\n", "groups:\n  - {directory: other, adobe: [Other]}\n"));
    let gone = Effect::meanwhile(|org| {
        org.remove_group("Design");
    });
    world.adobe.faults().add(Fault::on(Endpoint::Action, gone).once());
    world.run(&["sync"]).with(4).shows(&[
        "anna@example.com",
        "bob@example.com",
        "error.group.not_found",
        "look for the group",
    ]);
    assert_eq!(world.members("Other"), ["bob@example.com", "carol@example.com"]);
    report_agrees(&world);
    world.run(&["sync"]).with(78).says(&["Design"]);
}
