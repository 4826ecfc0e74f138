//! Killed at every request: when it has left and Adobe does not get it, and when Adobe has carried it out and does not
//! come to answer.

use super::story::{Story, UNDISTURBED};
use super::tally::{Phase, Tally};
use crate::support::report::report_agrees;
use crate::support::rounds::{is_long, play};
use rustix::process::Signal;
use umsync_emulator::{Effect, Endpoint, Fault};

/// On which side of Adobe's work a run dies.
#[derive(Debug, Clone, Copy)]
enum Moment {
    Before,
    After,
}

/// Every request on both sides; in a short run all that come before the first commands, and of those the first, the
/// last and some between.
fn boundaries() -> Vec<(usize, Moment)> {
    let (first, all) = (UNDISTURBED.first_action(), UNDISTURBED.requests.len());
    let wanted = |number: &usize| {
        is_long() || *number <= first + 1 || *number + 1 == all || (number - first).is_multiple_of(9)
    };
    (0..all).filter(wanted).flat_map(|number| [(number, Moment::Before), (number, Moment::After)]).collect()
}

#[test]
fn d46_killed_at_every_request_and_nothing_is_lost() {
    let boundaries = boundaries();
    let tallies = play(boundaries.len(), |round| {
        let (number, moment) = boundaries[round];
        let mut story = Story::new();
        if let Moment::Before = moment {
            let nth = u32::try_from(number).expect("few requests") + 1;
            story.world.adobe.faults().add(Fault::everywhere(Effect::CloseBefore).nth(nth));
        }
        let sync = story.trap.start(number, Signal::KILL, || story.world.start(&["sync"]));
        story.killed(sync);
        assert!(story.trap.has_sprung(), "request {number}, {moment:?}");
        if UNDISTURBED.requests[number] == Endpoint::Action {
            report_agrees(&story.world);
        }
        story.carry_on();
        story.ends_as_ever()
    });
    let tally = Tally::sum(tallies);
    println!("killed at every request: {tally}");
    assert_eq!((tally.kills, tally.most_in_a_window), (boundaries.len(), 1));
    assert_eq!(tally.in_phase(Phase::Over), 0);
    assert!(tally.in_phase(Phase::Executing) >= boundaries.len() / 3, "{tally}");
}
