//! Killed at random instants, with lost replies mixed in, and sometimes killed once more while carrying on.

use super::RESUMES;
use super::story::{Story, UNDISTURBED};
use super::tally::{Phase, Tally};
use crate::support::process::terminate;
use crate::support::report::report_agrees;
use crate::support::rounds::{Dice, play, rounds};

/// A story whose first run was killed; one that was over too soon begins again.
fn killed_once(dice: &mut Dice) -> (Story, Phase) {
    loop {
        let mut story = Story::new();
        if dice.one_in(2) {
            story.lose_replies(dice);
        }
        match kill_somewhere(&mut story, dice) {
            Phase::Over => {}
            phase => return (story, phase),
        }
    }
}

/// Starts a sync and kills it at some instant.
fn kill_somewhere(story: &mut Story, dice: &mut Dice) -> Phase {
    let mut sync = story.world.start(&["sync"]);
    std::thread::sleep(dice.up_to(UNDISTURBED.takes));
    sync.kill().expect("it is a child of ours");
    story.killed(sync)
}

#[test]
fn d46_killed_at_random_instants_and_nothing_is_lost() {
    let stories = rounds(24, 300);
    let tallies = play(stories, |round| {
        let mut dice = Dice::of(round);
        let (mut story, phase) = killed_once(&mut dice);
        if dice.one_in(3) {
            // Too late to go on where it was cut off: the next one begins anew, and may be killed in the middle of that.
            if phase == Phase::Executing && dice.one_in(2) {
                story.pass();
            }
            story.tally.second_kills += usize::from(kill_somewhere(&mut story, &mut dice) != Phase::Over);
        }
        story.carry_on();
        story.ends_as_ever()
    });
    let tally = Tally::sum(tallies);
    println!("killed at random instants: {tally}");
    assert_eq!((tally.stories, tally.most_in_a_window), (stories, 1));
    assert!(tally.kills >= stories, "{tally}");
    assert!(tally.in_phase(Phase::Executing) * 5 >= stories, "few kills met the execution: {tally}");
    assert!(tally.lost_replies > 0, "{tally}");
    assert_eq!(tally.resumed > 0, RESUMES, "{tally}");
}

#[test]
fn asked_to_stop_at_random_instants_and_nothing_is_lost() {
    let stories = rounds(8, 60);
    let takes = UNDISTURBED.takes;
    let tallies = play(stories, |round| {
        let mut dice = Dice::of(1_000 + round);
        let mut story = Story::new();
        if dice.one_in(2) {
            story.lose_replies(&mut dice);
        }
        let sync = story.world.start(&["sync"]);
        std::thread::sleep(dice.up_to(takes));
        terminate(&sync);
        if story.asked_to_stop(sync) > Phase::Planning {
            report_agrees(&story.world);
        }
        story.carry_on();
        story.ends_as_ever()
    });
    let tally = Tally::sum(tallies);
    println!("asked to stop at random instants: {tally}");
    assert_eq!((tally.stories, tally.most_in_a_window), (stories, 1));
    assert!(tally.in_phase(Phase::Executing) > 0, "{tally}");
}
