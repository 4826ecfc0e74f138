//! What two hours close, and what opens when they are over.

use super::remote::{IMS, Remote, SERVER, WHOLE, shown};
use crate::support::awaited;
use crate::support::process::{hear, terminate};
use crate::support::store::EVERY;
use chrono::TimeDelta;
use umsync_emulator::Endpoint;
use umsync_engine::stamps::Stamps;

#[test]
fn a_second_sync_within_two_hours_is_refused_and_told_when_it_opens() {
    let remote = Remote::with_store();
    remote.run(&["sync"]).with(0).shows(&["1 account created"]);
    remote.is_in_step();
    let asked = remote.proxy.asked();
    assert_eq!(asked.len(), remote.requests(), "everything goes through the proxy");
    assert_eq!(asked[..2], [IMS, SERVER].map(|host| format!("CONNECT {host}:443 HTTP/1.1")));
    let (stamps, requests, state) = (remote.stamps(), remote.requests(), remote.adobe.dump());
    let opens = shown(stamps.execution.expect("it was executed") + EVERY);

    for _ in 0..2 {
        remote
            .run(&["sync"])
            .with(8)
            .says(&[&format!("the gate is closed until {opens}"), "the last execution began at"]);
    }
    assert_eq!(remote.asked_since(requests), [Endpoint::Token; 2]);
    assert_eq!((remote.stamps(), remote.adobe.dump()), (stamps, state));
    remote.run(&["status"]).with(0).shows(&[&format!("execution      opens {opens}")]);
    remote.saw(1, 1);
}

#[test]
fn a_sync_after_a_run_that_only_listed_goes_on_from_the_stored_snapshot() {
    let remote = Remote::planned();
    let listed = remote.stamps();
    assert!(listed.users.is_some() && listed.groups.is_some() && listed.execution.is_none(), "{listed:?}");
    let requests = remote.requests();

    remote.run(&["plan"]).with(0).says(&["adobe known from the stored snapshot"]);
    remote.run(&["sync", "--dry-run"]).with(0);
    assert_eq!(remote.asked_since(requests), [Endpoint::Token; 2]);
    remote.run(&["sync", "--test-mode"]).with(0);
    assert_eq!(remote.stamps(), listed, "a test is no execution");

    remote.run(&["sync"]).with(0).says(&["adobe known from the stored snapshot"]);
    remote.is_in_step();
    remote.saw(1, 1);
    let Stamps { users, groups, execution, closed_until: _ } = remote.stamps();
    assert_eq!((users, groups), (listed.users, listed.groups));
    assert!(execution > users);
    // What was executed is known without asking.
    let requests = remote.requests();
    remote.run(&["plan"]).with(0).shows(&["Everything is in step: 3 people"]);
    assert_eq!(remote.asked_since(requests), [Endpoint::Token]);
}

#[test]
fn after_two_hours_it_lists_and_executes_again() {
    let remote = Remote::with_store();
    remote.run(&["sync"]).with(0);
    remote.adobe.with_state(|org| org.remove_user("anna@example.com"));
    remote.pass(EVERY - TimeDelta::minutes(11));
    remote.run(&["sync"]).with(8);
    remote.saw(1, 1);

    remote.pass(TimeDelta::minutes(11));
    remote.run(&["sync"]).with(0).shows(&["anna@example.com"]);
    remote.is_in_step();
    assert_eq!((remote.listings(), remote.actions()), (2, WHOLE + 1));
}

#[test]
fn a_run_that_has_nothing_to_send_leaves_execution_open() {
    let remote = Remote::with_store();
    remote.run(&["sync"]).with(0);
    remote.pass(EVERY);
    let executed = remote.stamps().execution;
    remote.run(&["sync"]).with(0).shows(&["Everything is in step"]);
    assert_eq!(remote.stamps().execution, executed);
    // Two hours after that listing have not passed, and are not needed: it says what Adobe holds.
    remote.run(&["sync"]).with(0).shows(&["Everything is in step"]);
    remote.saw(2, 1);
}

#[test]
fn a_snapshot_of_two_hours_ago_says_nothing_any_more() {
    let remote = Remote::planned();
    remote.pass(EVERY);
    // Somebody else has listed since.
    let now = remote.now();
    remote.change_stamps(|stamps| stamps.users = Some(now));
    for arguments in [&["plan"][..], &["sync"]] {
        remote
            .run(arguments)
            .with(8)
            .says(&[&format!("until {}", shown(now + EVERY)), "the users were listed at"]);
    }
    remote.saw(1, 0);
}

#[test]
fn a_gate_that_opens_soon_is_waited_for_without_the_lock() {
    let remote = Remote::with_store();
    remote.run(&["sync"]).with(0);
    remote.adobe.with_state(|org| org.remove_user("anna@example.com"));
    remote.pass_until_it_opens_in(TimeDelta::seconds(5));
    let opens = remote.stamps().execution.expect("it was executed") + EVERY;

    let mut waiting = remote.start(&["sync"]);
    hear(&mut waiting, "waiting for the gate");
    remote.lock_is_free();
    assert!(remote.now() < opens, "the lock was not free before the gate was");
    awaited(waiting).with(0).shows(&["anna@example.com"]);
    assert!(remote.stamps().execution >= Some(opens), "{:?}", remote.stamps());
    remote.is_in_step();
    assert_eq!((remote.listings(), remote.actions()), (2, WHOLE + 1));
}

#[test]
fn nobody_waits_longer_than_wait() {
    let remote = Remote::with_store();
    remote.reach(&["wait: 0s"]);
    remote.run(&["sync"]).with(0);
    remote.pass_until_it_opens_in(TimeDelta::seconds(60));
    remote.run(&["sync"]).with(8);
    // Without an execution in the way the stored snapshot serves.
    remote.change_stamps(|stamps| stamps.execution = None);
    remote.run(&["sync"]).with(0).says(&["adobe known from the stored snapshot"]);
    remote.saw(1, 1);
}

#[test]
fn a_run_that_waits_for_the_gate_can_be_stopped() {
    let remote = Remote::with_store();
    remote.run(&["sync"]).with(0);
    remote.pass_until_it_opens_in(TimeDelta::seconds(300));
    let stamps = remote.stamps();
    let mut waiting = remote.start(&["sync"]);
    hear(&mut waiting, "waiting for the gate");
    terminate(&waiting);
    assert_eq!(awaited(waiting).code, 1);
    remote
        .run(&["history", "--last", "1"])
        .with(0)
        .shows(&["exit 1: error: stopped before anything was sent"]);
    assert_eq!(remote.stamps(), stamps);
    remote.saw(1, 1);
}

#[test]
fn stamps_in_the_future_become_the_present_once() {
    let remote = Remote::planned();
    let begun = remote.now();
    remote.change_stamps(|stamps| {
        for stamp in [&mut stamps.users, &mut stamps.groups, &mut stamps.execution] {
            *stamp = Some(begun + TimeDelta::days(300));
        }
    });
    remote.run(&["sync"]).with(8);
    let cut = remote.stamps();
    for stamp in [cut.users, cut.groups, cut.execution] {
        let at = stamp.expect("it is kept");
        assert!(begun <= at && at <= remote.now(), "{cut:?}");
    }
    // Seen again it is as old as it is: two hours from the first time, not from each time.
    remote.run(&["sync"]).with(8).says(&[&format!("until {}", shown(cut.execution.unwrap() + EVERY))]);
    remote.run(&["plan"]).with(0);
    assert_eq!(remote.stamps(), cut);
    remote.saw(1, 0);

    remote.pass(EVERY);
    remote.run(&["sync"]).with(0);
    remote.is_in_step();
    remote.saw(2, 1);
}
