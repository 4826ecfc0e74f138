//! The matrix with the program itself, for some of its cases; `tests/run --long` plays them all.

use super::company::{RULES, adobe, is_as_wanted, ldif, nobody_else_was_touched};
use super::{Case, cases, inside};
use crate::support::World;
use crate::support::report::{Mark, report_agrees, report_agrees_since};
use crate::support::rounds::{Dice, is_long, play};
use crate::support::store::EVERY;
use umsync_emulator::{Effect, Options, Seed};

/// How a case ended: the exit codes of the run that met the fault, and of the one after it.
fn story(case: &Case) -> (i32, i32) {
    let name = case.name();
    let world = World::with(Options::seeded(Seed::parse(&adobe()).unwrap()), &ldif());
    let is_late = matches!(case.effect, Effect::DelayReply(_) | Effect::DelayRequest(_));
    let patience = if is_late { "timeout: 500ms" } else { "timeout: 60s" };
    world.configure_with(&["pace: off", "wait: 0s", patience], RULES);
    let before = world.adobe.state();
    // `GET /status` is asked first, and is no part of the sync.
    world.adobe.faults().add(Case { at: case.at + 1, ..case.clone() }.fault());
    // Its report is looked at below, when what is late has arrived.
    let first = world.run_unchecked(&["sync"]);
    world.adobe.faults().clear();
    if is_late {
        std::thread::sleep(super::LATE * 2);
    }
    if first.code == 0 {
        is_as_wanted(&world.adobe.state(), &name);
    }
    report_agrees(&world);
    nobody_else_was_touched(&before, &world.adobe.state(), &name);
    world.configure_with(&["pace: off", "wait: 0s"], RULES);
    let mark = world.mark();
    // Within its two hours it is gone on with, if it was cut short; or the gate is closed, or Adobe wants silence.
    let second = world.run(&["sync"]);
    assert!([0, 4, 8].contains(&second.code), "{name}: {}", second.stderr);
    if second.stdout.contains("it is over now") {
        // It tells the execution that it went on with, from its beginning.
        report_agrees_since(&world, &Mark { said: Some(second.stdout), ..mark });
    }
    nobody_else_was_touched(&before, &world.adobe.state(), &name);
    world.pass(EVERY * 2);
    world.run(&["sync"]).with(0);
    is_as_wanted(&world.adobe.state(), &name);
    report_agrees(&world);
    nobody_else_was_touched(&before, &world.adobe.state(), &name);
    (first.code, second.code)
}

#[test]
fn the_program_ends_well_or_tells_what_did_not() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let all = cases(runtime.block_on(inside::undisturbed()));
    let mut dice = Dice::of(1);
    let chosen: Vec<&Case> = match is_long() {
        true => all.iter().collect(),
        false => (0..14).map(|_| &all[dice.below(all.len())]).collect(),
    };
    let codes = play(chosen.len(), |round| story(chosen[round]));
    let (ended_well, went_on) = (
        codes.iter().filter(|(first, _)| *first == 0).count(),
        codes.iter().filter(|(_, second)| *second == 0).count(),
    );
    println!(
        "{} of {} cases: {ended_well} done all the same, {went_on} done by the next run",
        codes.len(),
        all.len()
    );
}
