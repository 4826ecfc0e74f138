//! Executions that were cut short: gone on with inside their two hours, dropped and told after them.

use crate::support::process::{kill, terminate, until};
use crate::support::{World, awaited, group, person, seed, user};
use chrono::TimeDelta;
use std::process::Child;
use std::time::Duration;
use umsync_emulator::{Effect, Endpoint, Fault, Reply};

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
