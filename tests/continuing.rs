//! Executions that were cut short: gone on with inside their two hours, dropped and told after them.

use crate::support::process::{hear, kill, terminate, until};
use crate::support::{World, awaited, group, person, seed, user};
use chrono::TimeDelta;
use std::process::Child;
use std::time::Duration;
use umsync_emulator::{Effect, Endpoint, Fault, Reply, Status};

const RULES: &str =
    "groups:\n  - {directory: design, adobe: [Design]}\nlimits: {create: off}\nbaseline: accept\n";

/// Forty new people, ten to a request, with the gate as it is for everybody.
fn world() -> World {
    let names: Vec<String> = (0..40).map(|at| format!("p{at:02}")).collect();
    let refs: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut ldif: String = names.iter().map(|name| person(name, &[])).collect();
    ldif.push_str(&group("design", &refs));
    let world = World::new(&seed(&["Design"], &[user("zoe", &[])]), &ldif);
    world.configure_with(&["pace: off", "wait: 0s"], RULES);
    world.run(&["plan"]).with(0);
    world
}

/// A sync that has sent two requests and waits for the answer of the third, which Adobe has carried out, or not.
fn in_the_third_request(world: &World, carried_out: bool) -> Child {
    let long = Duration::from_secs(600);
    let stuck = if carried_out { Effect::DelayReply(long) } else { Effect::DelayRequest(long) };
    world.adobe.faults().add(Fault::on(Endpoint::Action, stuck).nth(3));
    let child = world.start(&["sync"]);
    until("the third request", || world.actions() == 3);
    child
}

#[track_caller]
fn is_done(world: &World) {
    assert_eq!(world.members("Design").len(), 40);
    assert_eq!(world.adobe.users().len(), 41);
}

#[test]
fn a_crash_is_gone_on_with_by_the_next_sync() {
    for carried_out in [true, false] {
        let world = world();
        kill(in_the_third_request(&world, carried_out));
        world.adobe.faults().clear();
        let told = ["cut short", "20 commands are left", "`umsync sync` goes on with it until"];
        world.run(&["status"]).with(0).shows(&told);
        world.run(&["plan"]).with(0);
        let listings = world.listings();
        let told = world
            .run(&["sync"])
            .with(0)
            .shows(&["was cut short; it is over now", "Done: 40 accounts created"]);
        assert!(!told.stdout.contains("Plan "), "{}", told.stdout);
        is_done(&world);
        assert_eq!(world.listings(), listings, "nothing was listed for it");
        // Four requests in all, and where the third did not arrive it came again.
        assert_eq!(world.actions(), if carried_out { 4 } else { 5 });
        world.run(&["status"]).with(0);
        world.run(&["sync"]).with(8).says(&["the gate is closed until"]);
        let history = world.run(&["history"]).with(0);
        assert!(history.stdout.contains("exit 0: 40 accounts created"), "{}", history.stdout);
    }
}

#[test]
fn sigterm_between_two_requests_loses_nothing() {
    let world = world();
    let slow = Effect::DelayReply(Duration::from_millis(400));
    world.adobe.faults().add(Fault::on(Endpoint::Action, slow));
    let child = world.start(&["sync"]);
    until("the second request", || world.actions() == 2);
    terminate(&child);
    awaited(child).with(4).shows(&["not sent"]);
    assert_eq!(world.actions(), 2);
    world.adobe.faults().clear();
    world.run(&["sync"]).with(0).shows(&["it is over now", "Done: 40 accounts created"]);
    is_done(&world);
    assert_eq!(world.actions(), 4);
}

#[test]
fn an_adobe_that_was_away_in_the_middle_is_asked_again() {
    let world = world();
    for nth in 2..40 {
        world.adobe.faults().add(Fault::on(Endpoint::Action, Effect::Refuse(Reply::status(503))).nth(nth));
    }
    world.run(&["sync"]).with(4);
    world.adobe.faults().clear();
    world.run(&["sync"]).with(0).shows(&["it is over now"]);
    is_done(&world);
}

#[test]
fn after_its_two_hours_the_rest_is_dropped_told_and_planned_anew() {
    let world = world();
    kill(in_the_third_request(&world, true));
    world.adobe.faults().clear();
    world.pass(TimeDelta::minutes(121));
    world.run(&["sync"]).with(0).says(&["its window is over", "planned anew"]).shows(&["accounts created"]);
    is_done(&world);
    world.run(&["history"]).with(0).shows(&["cut short"]);
}

#[test]
fn another_configuration_goes_on_with_nothing() {
    let world = world();
    kill(in_the_third_request(&world, true));
    world.adobe.faults().clear();
    world.configure_with(&["pace: off", "wait: 0s"], &format!("people: {{select: all}}\n{RULES}"));
    world
        .run(&["sync"])
        .with(8)
        .says(&["the configuration means something else since", "the gate is closed until"]);
    assert_eq!(world.actions(), 3);
    world.pass(TimeDelta::minutes(121));
    world.run(&["sync"]).with(0);
    is_done(&world);
}

#[test]
fn what_was_abandoned_is_never_gone_on_with() {
    let world = world();
    kill(in_the_third_request(&world, false));
    world.adobe.faults().clear();
    world
        .run(&["abandon"])
        .with(0)
        .shows(&["its execution is abandoned; 20 commands of it are planned anew"]);
    world.run(&["sync"]).with(8).says(&["the gate is closed until"]);
    assert_eq!(world.actions(), 3);
    world.pass(TimeDelta::minutes(121));
    world.run(&["sync"]).with(0);
    is_done(&world);
}

#[test]
fn a_pause_holds_what_was_cut_short_too() {
    let world = world();
    kill(in_the_third_request(&world, true));
    world.adobe.faults().clear();
    world.run(&["pause", "--until", "1h", "--reason", "a look"]).with(0);
    world.run(&["sync"]).with(8).says(&["paused until"]);
    assert_eq!(world.actions(), 3);
    world.run(&["unpause"]).with(0);
    world.run(&["sync"]).with(0);
    is_done(&world);
}

#[test]
fn a_daemon_that_starts_goes_on_at_once() {
    let world = world();
    kill(in_the_third_request(&world, true));
    world.adobe.faults().clear();
    let schedule = format!("{RULES}schedule: {{cron: \"0 0 0 1 1 *\"}}\n");
    world.configure_with(&["pace: off", "wait: 0s"], &schedule);
    let mut daemon = world.start(&["run"]);
    hear(&mut daemon, "an execution was cut short");
    until("everybody is there", || world.adobe.users().len() == 41);
    hear(&mut daemon, "the next run is due");
    terminate(&daemon);
    awaited(daemon).with(0);
    is_done(&world);
    assert_eq!(world.actions(), 4);
}

const LEAVING: &str = "groups:\n  - {directory: design, adobe: [Design]}\nleavers: {action: delete, grace: 0s}\nlimits: {create: off, leave: 5, delete: 5}\nbaseline: accept\n";

/// The same with Zoe, who is not in the directory, to be deleted last of all; cut short before that.
fn before_zoe_leaves() -> World {
    let world = world();
    world.configure_with(&["pace: off", "wait: 0s"], LEAVING);
    kill(in_the_third_request(&world, true));
    world.adobe.faults().clear();
    world
}

#[test]
fn what_was_decided_before_it_was_cut_short_still_holds() {
    let world = before_zoe_leaves();
    world.run(&["sync"]).with(0).shows(&["it is over now", "1 account deleted"]);
    assert!(world.adobe.user("zoe@example.com").is_none());
}

#[test]
fn whoever_is_held_back_or_protected_meanwhile_is_not_deleted_by_what_was_decided_before() {
    type Meanwhile = fn(&World);
    let stories: [(Meanwhile, &str); 3] = [
        (
            |world| {
                world.run(&["leavers", "hold", "zoe@example.com"]).with(0);
            },
            "an administrator holds them since",
        ),
        (
            |world| {
                let text = std::fs::read_to_string(world.path("people.ldif")).unwrap();
                world.write("people.ldif", &format!("{}{text}", person("zoe", &[])));
            },
            "the directory has them again",
        ),
        (
            |world| {
                world.adobe.with_state(|org| org.set_status("zoe@example.com", Status::Disabled));
            },
            "the account is not there any more",
        ),
    ];
    for (meanwhile, why) in stories {
        let world = before_zoe_leaves();
        meanwhile(&world);
        world.run(&["sync"]).with(4).shows(&["it is over now", "zoe@example.com  not sent any more:", why]);
        assert_eq!(world.members("Design").len(), 40, "everybody else");
        assert!(world.adobe.dump().contains("zoe@example.com"), "neither gone nor deleted");
        let text = world.run(&["report"]).with(0);
        assert!(text.stdout.contains(why), "{}", text.stdout);
        world.run(&["sync"]).with(8);
    }
}

#[test]
fn a_directory_that_fails_meanwhile_lets_nobody_leave() {
    let world = before_zoe_leaves();
    let text = std::fs::read_to_string(world.path("people.ldif")).unwrap();
    world.write("people.ldif", &text[..text.len() / 2]);
    world.run(&["sync"]).with(6);
    assert!(world.adobe.user("zoe@example.com").is_some());
    world.write("people.ldif", &text);
    world.run(&["sync"]).with(0).shows(&["1 account deleted"]);
}

#[test]
fn going_on_with_one_persons_execution_is_no_run_of_the_whole() {
    let world = world();
    let stuck = Effect::DelayRequest(Duration::from_secs(600));
    world.adobe.faults().add(Fault::on(Endpoint::Action, stuck).nth(1));
    let child = world.start(&["sync", "--user", "p07@example.com", "--take-window"]);
    until("the request", || world.actions() == 1);
    kill(child);
    world.adobe.faults().clear();
    world.run(&["sync"]).with(8).says(&["which was cut short, is over now", "the gate is closed until"]);
    assert!(world.adobe.user("p07@example.com").is_some());
    assert_eq!(world.adobe.users().len(), 2);
}
