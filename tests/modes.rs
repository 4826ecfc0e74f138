//! The program from a file to the emulator: what each mode sends, and what Adobe holds afterwards.

use crate::support::report::report_agrees;
use crate::support::{World, group, person, seed, user};
use umsync_emulator::{Effect, Endpoint, Fault, Reply};

const RULES: &str = "groups:\n  - {directory: design, adobe: [Design]}\n  - {directory: video, adobe: [Video], create: true}\nleavers: {action: remove, grace: 0s}\nbaseline: accept\n";

/// Anna joins Design, Bob is new, Carol loses Design, Dora has left, Emil is nobody's business.
fn world() -> World {
    let ldif = [
        person("anna", &[]),
        person("bob", &[]),
        person("carol", &[]),
        group("design", &["anna", "bob"]),
        group("video", &["carol"]),
    ];
    let mut emil = user("emil", &["Design", "Other"]);
    emil["email"] = "emil@elsewhere.example".into();
    emil["type"] = "adobe".into();
    let users = [user("anna", &["Other"]), user("carol", &["Design"]), user("dora", &["Design"]), emil];
    let world = World::new(&seed(&["Design", "Other"], &users), &ldif.concat());
    world.configure(RULES);
    world
}

#[test]
fn sync_makes_adobe_match_and_a_second_one_sends_nothing() {
    let world = world();
    world.run(&["plan"]).with(0).shows(&["bob@example.com", "dora@example.com  leaves", "+ Video"]);
    world.run(&["sync"]).with(0).shows(&["Done: 1 group created, 1 account created", "1 user leaving"]);
    report_agrees(&world);
    assert_eq!(world.members("Design"), ["anna@example.com", "bob@example.com", "emil@elsewhere.example"]);
    assert_eq!(world.members("Video"), ["carol@example.com"]);
    assert_eq!(world.members("Other"), ["anna@example.com", "emil@elsewhere.example"]);
    assert!(world.adobe.user("dora@example.com").is_none());
    assert_eq!(world.adobe.user("bob@example.com").expect("made").firstname.as_deref(), Some("bob"));

    let (state, actions) = (world.adobe.dump(), world.actions());
    world.run(&["sync"]).with(0).shows(&["Everything is in step: 3 people"]);
    assert_eq!((world.adobe.dump(), world.actions()), (state, actions));
    report_agrees(&world);
    world.run(&["history"]).with(0).shows(&["1 account created", "nothing was sent"]);
}

#[test]
fn test_mode_leaves_adobe_byte_identical_and_says_test_only_on_every_action() {
    let world = world();
    world.run(&["plan"]).with(0);
    let before = world.adobe.dump();
    world.run(&["sync", "--test-mode"]).with(0).shows(&["Tested, nothing was changed"]);
    report_agrees(&world);
    assert_eq!(world.adobe.dump(), before);
    let actions = world.adobe.calls(Endpoint::Action);
    assert!(!actions.is_empty());
    assert!(actions.iter().all(|call| call.test_only && call.query.contains("testOnly=true")));
    world.run(&["sync"]).with(0).shows(&["1 account created"]);
}

#[test]
fn plan_and_dry_run_post_nothing_but_the_token() {
    for arguments in [&["plan"][..], &["sync", "--dry-run"], &["plan", "--json"]] {
        let world = world();
        let before = world.adobe.dump();
        world.run(arguments).with(0);
        assert_eq!(world.adobe.dump(), before);
        report_agrees(&world);
        let posts = world.adobe.log().into_iter().filter(|call| call.method != "GET");
        assert!(posts.map(|call| call.endpoint).all(|endpoint| endpoint == Some(Endpoint::Token)));
    }
}

#[test]
fn check_reads_no_listing() {
    let world = world();
    world.run(&["check"]).with(0).shows(&["group Video", "not there; it will be made"]);
    let listings = [Endpoint::Users, Endpoint::Groups];
    assert!(world.adobe.log().iter().all(|call| call.endpoint.is_none_or(|at| !listings.contains(&at))));
    world.configure("groups:\n  - {directory: nobody, adobe: [Nothing]}\n");
    world.run(&["check"]).with(78).shows(&["wrong  file", "nobody", "wrong  group Nothing"]);
}

#[test]
fn check_offline_calls_nobody() {
    let world = world();
    world.run(&["check", "--offline"]).with(0).shows(&["ok     configuration", "ok     store"]);
    assert!(world.adobe.log().is_empty());
    std::fs::remove_file(world.path("secret")).unwrap();
    world.run(&["check", "--offline"]).with(78).says(&["adobe.client_secret"]);
}

#[test]
fn a_plan_in_json_is_the_same_bytes_for_the_same_inputs() {
    let world = world();
    let plan = |world: &World| world.run(&["plan", "--json"]).with(0).json()["plan"].clone();
    let (mut first, mut second) = (plan(&world), plan(&world));
    assert_eq!(first["id"], second["id"]);
    // Only the moments at which the sides were read may differ.
    for plan in [&mut first, &mut second] {
        plan["adobe"]["read_at"] = serde_json::Value::Null;
        // The second read that lacks Dora is the second.
        plan["leavers"][0]["reads"] = serde_json::Value::Null;
    }
    let without_times = |plan: &serde_json::Value| {
        let text = plan.to_string();
        text.split('"')
            .filter(|part| !part.starts_with("20") || !part.contains('T'))
            .collect::<Vec<_>>()
            .join("\"")
    };
    assert_eq!(without_times(&first), without_times(&second));
}

#[test]
fn without_a_baseline_removals_wait_and_everything_else_is_sent() {
    let world = world();
    world.configure(&RULES.replace("baseline: accept\n", ""));
    for _ in 0..2 {
        world.run(&["sync"]).with(3).shows(&[
            "Withheld: 2",
            "umsync approve",
            "carol@example.com",
            "dora@example.com",
        ]);
        report_agrees(&world);
    }
    assert_eq!(world.members("Video"), ["carol@example.com"]);
    assert!(world.members("Design").contains(&"carol@example.com".to_owned()));
    assert!(world.adobe.user("dora@example.com").is_some());
}

#[test]
fn a_limit_withholds_every_removal_and_sends_the_rest() {
    let world = world();
    world.configure(&format!("{RULES}limits: {{leave: 0}}\n"));
    let ended = world.run(&["sync"]).with(3);
    ended.shows(&["1 user leaving the organization is more than the 0 allowed", "umsync approve"]);
    report_agrees(&world);
    assert!(world.adobe.user("dora@example.com").is_some());
    assert!(
        world.members("Design").contains(&"carol@example.com".to_owned()),
        "another class of removal waits too"
    );
    assert!(world.adobe.user("bob@example.com").is_some());
}

#[test]
fn a_leaver_waits_for_grace_and_the_first_absence_is_remembered() {
    let world = world();
    world.configure(&RULES.replace("grace: 0s", "grace: 1d"));
    world.run(&["sync"]).with(0).shows(&["Gone from the directory, untouched: 1", "dora@example.com"]);
    world.configure(&RULES.replace("grace: 0s", "grace: 1ms, reads: 2"));
    world.run(&["sync"]).with(0).shows(&["dora@example.com  leaves the organization"]);
    report_agrees(&world);
    assert!(world.adobe.user("dora@example.com").is_none());
}

#[test]
fn a_refused_command_ends_4_and_hurts_no_other() {
    let world = world();
    let refuse = Effect::FailCommand {
        root: "bob@example.com".into(),
        code: "error.domain.trust.nonexistent".into(),
        message: "Domain for email is not claimed".into(),
    };
    world.adobe.faults().add(Fault::on(Endpoint::Action, refuse));
    world.run(&["sync"]).with(4).shows(&["Not done: 1", "bob@example.com  refused by Adobe", "not claimed"]);
    report_agrees(&world);
    assert!(world.adobe.user("bob@example.com").is_none());
    assert_eq!(world.members("Video"), ["carol@example.com"]);
    world.adobe.faults().clear();
    world.run(&["sync"]).with(0).shows(&["1 account created"]);
    report_agrees(&world);
}

#[test]
fn a_lost_reply_is_settled_by_reading_back() {
    let world = world();
    world.adobe.faults().add(Fault::on(Endpoint::Action, Effect::CutReply).nth(2));
    world.run(&["sync"]).with(0);
    report_agrees(&world);
    assert_eq!(world.members("Design"), ["anna@example.com", "bob@example.com", "emil@elsewhere.example"]);
    world.run(&["sync"]).with(0).shows(&["Everything is in step"]);
}

#[test]
fn what_stays_unknown_ends_4_and_the_next_run_settles_it() {
    let world = world();
    let down = || Effect::Replace(Reply::status(504));
    world.adobe.faults().add(Fault::on(Endpoint::Action, down()));
    world.adobe.faults().add(Fault::on(Endpoint::User, Effect::Refuse(Reply::status(503))));
    world.run(&["sync"]).with(4).shows(&["outcome unknown"]);
    report_agrees(&world);
    world.run(&["status"]).with(0).shows(&["unknown"]);
    world.adobe.faults().clear();
    world.run(&["sync"]).with(0);
    report_agrees(&world);
    world.run(&["sync"]).with(0).shows(&["Everything is in step"]);
    assert_eq!(world.members("Video"), ["carol@example.com"]);
}

#[test]
fn a_changed_mail_is_one_update_of_the_same_account() {
    let world = world();
    world.run(&["sync"]).with(0);
    let before = world.adobe.user("anna@example.com").expect("Anna");
    let ldif = std::fs::read_to_string(world.path("people.ldif")).unwrap();
    world.write("people.ldif", &ldif.replace("mail: anna@example.com", "mail: anna.roe@example.com"));
    world
        .run(&["sync"])
        .with(0)
        .shows(&["email: anna@example.com → anna.roe@example.com", "Done: 1 account updated\n"]);
    report_agrees(&world);
    let after = world.adobe.user("anna.roe@example.com").expect("the same Anna");
    assert_eq!(after.id, before.id);
    assert!(world.adobe.user("anna@example.com").is_none());
    assert!(world.members("Other").contains(&"anna.roe@example.com".to_owned()));
}

#[test]
fn a_full_disk_behind_the_output_stops_no_run_and_hides_no_plan() {
    for arguments in [&["sync"][..], &["sync", "--json"]] {
        let world = world();
        let mut command = world.command(arguments);
        command.stdout(std::fs::File::options().write(true).open("/dev/full").unwrap());
        crate::support::ended_with(command).with(0).says(&["the output cannot be written"]);
        report_agrees(&world);
        assert!(world.adobe.user("bob@example.com").is_some());
        let mut command = world.command(&["plan"]);
        command.stdout(std::fs::File::options().write(true).open("/dev/full").unwrap());
        crate::support::ended_with(command).with(1).says(&["cannot write the output"]);
    }
}
