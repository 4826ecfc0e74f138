//! Whoever executes is stopped, by a debugger or a machine that sleeps, and goes on when others have looked, waited, or
//! taken over.

use super::RESUMES;
use super::company::{COMPANY, is_as_wanted};
use super::story::{Story, UNDISTURBED};
use super::trap::{go_on, stop};
use crate::support::process::until;
use crate::support::report::report_agrees;
use crate::support::rounds::{Dice, play, rounds};
use crate::support::store::EVERY;
use crate::support::{Ended, ORGANIZATION, awaited};
use rustix::process::Signal;
use std::process::Child;
use std::time::Duration;
use umsync_store::Purpose;

/// A sync that is stopped in the middle of executing. It does not outlive the test.
struct Stopped(Option<Child>);

impl Stopped {
    /// While Adobe has carried out the action request of this number, counted from 0, and has not answered.
    fn inside(story: &Story, action: usize) -> Self {
        let number = UNDISTURBED.first_action() + action;
        let child = story.trap.start(number, Signal::STOP, || story.world.start(&["sync"]));
        let stopped = Self(Some(child));
        until("it is stopped", || story.trap.has_sprung());
        stopped
    }

    /// Some time after Adobe has carried out this action request, wherever it is then, but for the middle of writing into
    /// its store: there nobody could take over.
    fn after(story: &Story, action: usize, time: Duration) -> Self {
        let stopped = Self::inside(story, action);
        let child = stopped.0.as_ref().expect("it was started");
        go_on(child);
        std::thread::sleep(time);
        stop(child);
        while is_writing(child) {
            go_on(child);
            std::thread::sleep(Duration::from_micros(300));
            stop(child);
        }
        settled(story);
        stopped
    }

    /// A story in which it is stopped with much left to send: inside the action request that belongs to this round, or
    /// some time after one.
    fn in_the_midst(round: usize, inside: &[usize]) -> (Story, Self) {
        if let Some(action) = inside.get(round) {
            let story = Story::new();
            let stopped = Self::inside(&story, *action);
            return (story, stopped);
        }
        let mut dice = Dice::of(round);
        let stories = std::iter::repeat_with(|| {
            let story = Story::new();
            let stopped = Self::after(&story, dice.below(40), dice.up_to(Duration::from_millis(10)));
            (story, stopped)
        });
        // On a busy machine a moment may last until it is through; that would be another story.
        let midst = |story: &Story| story.world.actions() + 3 < UNDISTURBED.actions();
        stories.take(50).find(|(story, _)| midst(story)).expect("it can be stopped in the midst")
    }

    /// Lets it go on, to its end.
    fn go_on(mut self) -> Ended {
        let child = self.0.take().expect("it was started");
        go_on(&child);
        awaited(child)
    }
}

/// Waits until Adobe has dealt with what was on its way when a program was stopped: it counts as before whatever comes
/// next. Nothing tells whether anything is; a request that has arrived is dealt with in milliseconds.
fn settled(story: &Story) {
    let calls = || story.world.adobe.log().len();
    let mut before = None;
    while before != Some(calls()) {
        before = Some(calls());
        std::thread::sleep(Duration::from_millis(300));
    }
}

/// Whether a process holds the lock of those who write into a store: byte 120 of the index of its log (SQLite, "WAL-mode
/// File Format"), as Linux tells in `/proc`.
fn is_writing(child: &Child) -> bool {
    let pid = child.id().to_string();
    let locks = std::fs::read_to_string("/proc/locks").expect("/proc/locks, which this test needs");
    // Locks of one process that touch are one to Linux.
    let covers = |from: &str, to: &str| {
        from.parse().is_ok_and(|from: u64| from <= 120) && to.parse().is_ok_and(|to: u64| to >= 120)
    };
    locks.lines().map(|line| line.split_whitespace().collect::<Vec<_>>()).any(|words| {
        matches!(words.as_slice(), [_, "POSIX", _, "WRITE", holder, _, from, to] if *holder == pid && covers(from, to))
    })
}

impl Drop for Stopped {
    fn drop(&mut self) {
        if let Some(mut child) = self.0.take() {
            // The test has failed already; there is nobody to tell.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Others look and are sent away; then it goes on and finishes.
fn others_wait(mut story: Story, stopped: Stopped) {
    for command in [&["sync"][..], &["plan"], &["sync", "--test-mode"]] {
        story.world.run(command).with(5).says(&["is executing since"]);
    }
    stopped.go_on().with(0);
    story.look();
    let now = story.world.adobe.state();
    is_as_wanted(&story.before, &now, None);
    // Not one more than it needs: the others have sent and listed nothing.
    assert_eq!((story.world.actions(), story.world.listings()), (UNDISTURBED.actions(), 1));
    story.pass();
    story.sync().with(0).shows(&["Everything is in step"]);
    report_agrees(&story.world);
}

#[test]
fn d45_while_the_holder_is_stopped_others_end_5_and_then_it_finishes() {
    let inside = [0, 20];
    play(inside.len() + rounds(2, 40), |round| {
        let (story, stopped) = Stopped::in_the_midst(round, &inside);
        others_wait(story, stopped);
    });
}

#[test]
fn d45_a_holder_that_is_stopped_while_it_writes_into_its_store_is_met_as_one_that_executes() {
    let story = Story::new();
    story.world.run(&["plan"]).with(0);
    let calls = (story.world.actions(), story.world.listings());
    // Played by the test: the lock, and a transaction that does not end.
    let (store, now) = (story.world.runtime.block_on(story.world.store()), story.world.adobe.clock().now());
    let store = store.expect("a readable store");
    let held = store.lock(ORGANIZATION, Purpose::Executing, "a test", now).expect("the lock is free");
    let met = story.world.runtime.block_on(store.stamps(ORGANIZATION, |_| story.world.run(&["sync"])));
    met.expect("a readable store").with(5).says(&["another run (a test) is executing since"]);
    drop(held);
    story.world.runtime.block_on(store.close());
    assert_eq!((story.world.actions(), story.world.listings()), calls);
}

fn remove_lock(story: &Story) {
    let path = story.world.path(&format!("state/umsync.db.{ORGANIZATION}.lock"));
    std::fs::remove_file(path).expect("a lock");
}

/// Lets the one that was taken over from go on: it sends at most the request whose check had passed, and does not call
/// that a success.
#[track_caller]
fn goes_on_in_vain(story: &Story, stopped: Stopped) {
    let sent = story.world.actions();
    let ended = stopped.go_on();
    let more = story.world.actions() - sent;
    assert!(more <= 1, "{more} requests were sent after another run had taken over, exit {}", ended.code);
    assert!(![0, -1].contains(&ended.code), "it ended {}: {}", ended.code, ended.stderr);
}

/// Somebody removes the lock's file, two hours pass, somebody who was about to leave has come back, and another sync
/// takes over. Then the first goes on.
fn another_takes_over(story: &Story, stopped: Stopped) {
    let world = &story.world;
    remove_lock(story);
    world.pass(EVERY);
    world.write("people.ldif", &COMPANY.ldif_with_leaver("leaver-029"));
    world.run(&["sync"]).with(0);
    report_agrees(world);
    is_as_wanted(&story.before, &world.adobe.state(), Some("leaver-029"));
    goes_on_in_vain(story, stopped);
    is_as_wanted(&story.before, &world.adobe.state(), Some("leaver-029"));
}

#[test]
fn d45_a_holder_whose_lock_was_taken_away_sends_at_most_what_was_checked() {
    let inside = [0, 3, 20, 40];
    play(inside.len() + rounds(2, 40), |round| {
        let (story, stopped) = Stopped::in_the_midst(round, &inside);
        another_takes_over(&story, stopped);
    });
}

/// The same without time passing. Whoever takes over then continues the same execution under the same stamp, which tells
/// the two apart no more.
#[test]
fn d45_a_holder_whose_execution_another_continues_sends_at_most_what_was_checked() {
    let inside = [0, 20, 40];
    play(inside.len(), |round| {
        let story = Story::new();
        let stopped = Stopped::inside(&story, inside[round]);
        remove_lock(&story);
        if RESUMES {
            story.world.run(&["sync"]).with(0);
            is_as_wanted(&story.before, &story.world.adobe.state(), None);
            goes_on_in_vain(&story, stopped);
        } else {
            story.world.run(&["sync"]).with(8);
            // Whether it goes on without its lock is its own affair: nobody else executes.
            stopped.go_on();
            story.world.pass(EVERY);
            story.world.run(&["sync"]).with(0);
        }
        is_as_wanted(&story.before, &story.world.adobe.state(), None);
    });
}
