//! Several processes, one of which may die: one lists or executes at a time, and nothing is sent twice.

use super::remote::{Remote, WHOLE};
use crate::support::process::{hear, kill, until};
use crate::support::rounds::{Dice, play, rounds};
use crate::support::store::EVERY;
use crate::support::{Ended, awaited};
use std::time::Duration;
use umsync_emulator::{Effect, Endpoint, Fault};

/// Starts commands at the same instant in a world where nothing was listed, and waits for all of them.
fn at_once(commands: &[&str], fault: Option<Fault>) -> (Remote, Vec<Ended>) {
    let remote = Remote::with_store();
    if let Some(fault) = fault {
        remote.adobe.faults().add(fault);
    }
    let children: Vec<_> = commands.iter().map(|command| remote.start(&[command])).collect();
    let ended = children.into_iter().map(awaited).collect();
    (remote, ended)
}

/// Whatever is slow, another run meets a different moment of the first.
fn slow(at: Endpoint) -> Option<Fault> {
    Some(Fault::on(at, Effect::DelayReply(Duration::from_millis(400))).once())
}

/// Of these commands one executes and the others send nothing. How the others ended is told.
#[track_caller]
fn one_of_many_executes(commands: &[&str], fault: Option<Fault>) -> Vec<i32> {
    let (remote, ended) = at_once(commands, fault);
    let told = ended.iter().map(|ended| format!("{}: {}", ended.code, ended.stderr)).collect::<Vec<_>>();
    let (done, others): (Vec<_>, Vec<_>) = ended.iter().partition(|ended| ended.code == 0);
    assert_eq!(done.len(), 1, "{told:#?}");
    for ended in &others {
        assert!([5, 8].contains(&ended.code), "{told:#?}");
        let why = if ended.code == 5 { "another run (" } else { "the gate is closed until" };
        assert!(ended.stderr.contains(why), "{told:#?}");
    }
    remote.saw(1, 1);
    remote.is_in_step();
    others.iter().map(|ended| ended.code).collect()
}

#[test]
fn of_two_syncs_at_once_one_works_and_the_other_sends_nothing() {
    for fault in [None, None, None, slow(Endpoint::Groups), slow(Endpoint::Users), slow(Endpoint::Action)] {
        one_of_many_executes(&["sync", "sync"], fault);
    }
}

#[test]
fn d45_of_two_syncs_at_the_same_instant_exactly_one_executes_every_time() {
    let places = [None, None, Some(Endpoint::Groups), Some(Endpoint::Users), Some(Endpoint::Action)];
    let others = play(rounds(25, 200), |round| {
        let fault = places[Dice::of(round).below(places.len())].and_then(slow);
        one_of_many_executes(&["sync", "sync"], fault)
    });
    let ended = |code| others.iter().filter(|codes| codes.as_slice() == [code]).count();
    let (met, shut) = (ended(5), ended(8));
    println!(
        "two at the same instant: {} times one executed, the other ended 5 {met} times and 8 {shut} times",
        others.len()
    );
    assert_eq!((met + shut, others.len()), (others.len(), rounds(25, 200)));
}

#[test]
fn of_five_syncs_at_once_one_works() {
    one_of_many_executes(&["sync"; 5], None);
}

#[test]
fn a_plan_and_a_sync_at_once_list_once() {
    for (commands, fault) in [
        (["plan", "sync"], None),
        (["sync", "plan"], None),
        (["plan", "sync"], slow(Endpoint::Users)),
        (["sync", "plan"], slow(Endpoint::Action)),
    ] {
        let (remote, ended) = at_once(&commands, fault);
        for (command, ended) in commands.iter().zip(ended) {
            // A plan that meets an execution does not wait for it.
            let good: &[i32] = if *command == "sync" { &[0] } else { &[0, 5] };
            assert!(good.contains(&ended.code), "{command}: {}\n{}", ended.code, ended.stderr);
        }
        remote.saw(1, 1);
        remote.is_in_step();
    }
}

#[test]
fn a_run_that_lists_is_waited_for() {
    let remote = Remote::with_store();
    let slow = Effect::DelayReply(Duration::from_millis(1500));
    remote.adobe.faults().add(Fault::on(Endpoint::Users, slow).once());
    let plan = remote.start(&["plan"]);
    until("the plan lists", || remote.listings() == 1);
    remote.run(&["sync"]).with(0).says(&["adobe known from the stored snapshot"]);
    awaited(plan).with(0);
    remote.is_in_step();
    remote.saw(1, 1);
}

#[test]
fn a_run_that_lists_is_waited_for_no_longer_than_wait() {
    let remote = Remote::planned();
    remote.reach(&["wait: 0s"]);
    remote.while_somebody_lists(|| {
        remote.run(&["sync"]).with(5).says(&["another run (a test) is listing since"]);
    });
    remote.run(&["sync"]).with(0);
    remote.is_in_step();
    remote.saw(1, 1);
}

#[test]
fn a_run_that_executes_is_not_waited_for() {
    let remote = Remote::with_store();
    let slow = Effect::DelayReply(Duration::from_secs(600));
    remote.adobe.faults().add(Fault::on(Endpoint::Action, slow).once());
    let executing = remote.start(&["sync"]);
    until("it executes", || remote.actions() == 1);
    let requests = remote.requests();
    for arguments in [&["sync"][..], &["plan"], &["sync", "--dry-run"], &["sync", "--test-mode"]] {
        remote.run(arguments).with(5).says(&["umsync sync) is executing since"]);
    }
    assert_eq!(remote.asked_since(requests), [Endpoint::Token; 4]);
    // Who only looks into the store, or asks singly, is not in anybody's way.
    remote.run(&["status"]).with(0);
    remote.run(&["history"]).with(0).shows(&["has not ended, or was cut off"]);
    remote.run(&["check"]).with(0);
    kill(executing);
}

#[test]
fn a_crash_releases_the_lock_and_the_execution_stays_counted() {
    // Adobe did it and the answer was lost; or it never came to it.
    for done in [true, false] {
        let remote = Remote::with_store();
        let long = Duration::from_secs(600);
        let stuck = if done { Effect::DelayReply(long) } else { Effect::DelayRequest(long) };
        remote.adobe.faults().add(Fault::on(Endpoint::Action, stuck).nth(2));
        let executing = remote.start(&["sync"]);
        until("the second request is at Adobe", || {
            remote.actions() == WHOLE && remote.adobe.user("bob@example.com").is_some() == done
        });
        kill(executing);
        let stamps = remote.stamps();

        remote.lock_is_free();
        remote.run(&["status"]).with(0).shows(&["3 users with an unknown outcome"]);
        // What became of the three is asked once, and known from then on.
        for _ in 0..2 {
            let plan = remote.run(&["plan"]).with(0);
            let words = if done { "Everything is in step: 3 people" } else { "bob@example.com" };
            plan.shows(&[words]);
            assert_eq!(remote.adobe.calls(Endpoint::User).len(), 3);
        }
        let status = remote.run(&["status"]).with(0);
        assert!(!status.stdout.contains("unknown outcome"), "{}", status.stdout);
        remote.saw(1, 1);

        // Still the same execution: nothing is listed for it, and its stamp stays (but for the microsecond by which
        // whoever had it knows that another has it).
        remote.run(&["sync"]).with(0).shows(&["was cut short; it is over now"]);
        let moved = remote.stamps().execution.zip(stamps.execution).map(|(now, then)| now - then);
        assert!(moved.is_some_and(|moved| moved.num_milliseconds() == 0), "{moved:?}");
        remote.is_in_step();
        assert_eq!((remote.listings(), remote.actions()), (1, WHOLE + usize::from(!done)));
        remote.run(&["sync"]).with(8).says(&["the last execution began at"]);
        remote.pass(EVERY);
        remote.run(&["sync"]).with(0).shows(&["Everything is in step"]);
    }
}

#[test]
fn a_crash_while_a_mail_changes_makes_nobody_new() {
    for done in [true, false] {
        let remote = Remote::with_store();
        remote.run(&["sync"]).with(0);
        remote.pass(EVERY);
        let ldif = std::fs::read_to_string(remote.path("people.ldif")).expect("it was written");
        remote.write("people.ldif", &ldif.replace("mail: anna@", "mail: anna.roe@"));
        let long = Duration::from_secs(600);
        let stuck = if done { Effect::DelayReply(long) } else { Effect::DelayRequest(long) };
        remote.adobe.faults().add(Fault::on(Endpoint::Action, stuck));
        let executing = remote.start(&["sync"]);
        until("the update is at Adobe", || {
            remote.actions() == WHOLE + 1 && remote.adobe.user("anna.roe@example.com").is_some() == done
        });
        kill(executing);
        let words =
            if done { "Everything is in step" } else { "email: anna@example.com → anna.roe@example.com" };
        for _ in 0..2 {
            let plan = remote.run(&["plan"]).with(0);
            plan.shows(&[words]);
        }
    }
}

#[test]
fn a_crash_while_waiting_for_the_gate_hinders_nobody() {
    let remote = Remote::planned();
    remote.pass_until_it_opens_in(chrono::TimeDelta::seconds(300));
    let mut waiting = remote.start(&["sync"]);
    hear(&mut waiting, "waiting for the gate");
    kill(waiting);
    remote.lock_is_free();
    remote.reach(&["wait: 0s"]);
    remote.run(&["sync"]).with(0);
    remote.is_in_step();
    remote.saw(1, 1);
}
