//! The matrix with the program itself, for some of its cases; `tests/run --long` plays most of them.

use super::company::{RULES, adobe, is_as_wanted, ldif, nobody_else_was_touched, nothing_wrong_was_done};
use super::trouble::{LAG, LATE, On, Shows};
use super::{Case, cases, inside};
use crate::support::report::{Mark, report_agrees, report_agrees_since};
use crate::support::rounds::{Dice, Telling, is_long, play};
use crate::support::store::EVERY;
use crate::support::{ORGANIZATION, World};
use chrono::DateTime;
use umsync_emulator::{DEFAULT_CLIENT, Options, Org, Seed, User};

/// Whether everybody was listed. So few may be missing that a run goes on without a word: nobody can say then what becomes of
/// them, and whoever is to be created was looked for.
fn saw_everybody(world: &World, before: &Org) -> bool {
    let snapshot = world.runtime.block_on(async {
        let store = world.store().await?;
        let snapshot = store.snapshot(ORGANIZATION).await;
        store.close().await;
        snapshot
    });
    let snapshot = snapshot.unwrap().expect("whoever has done all has listed");
    let listed = |user: &User| snapshot.users.iter().any(|listed| listed.email() == user.email);
    before.users().iter().all(listed)
}

/// How a case ended: the exit codes of the run that met the fault, and of the one after it.
fn story(case: &Case) -> (i32, i32) {
    let name = case.name();
    let _telling = Telling(name.clone());
    let world = World::with(Options::seeded(Seed::parse(&adobe()).unwrap()), &ldif());
    let (is_late, shows) = (case.trouble.is_late(), case.trouble.shows);
    let patience = if is_late { "timeout: 500ms" } else { "timeout: 60s" };
    world.configure_with(&["pace: off", "wait: 0s", patience], RULES);
    let before = world.adobe.state();
    // `GET /status` is asked first, and is no part of the sync.
    case.faults(1).into_iter().for_each(|fault| world.adobe.faults().add(fault));
    // Its report is looked at below, when what is late has arrived.
    let first = world.run_unchecked(&["sync"]);
    world.adobe.faults().clear();
    if is_late {
        std::thread::sleep(LATE * 2);
    }
    if !matches!(shows, Shows::No | Shows::Rivals) {
        report_agrees(&world);
    }
    if shows != Shows::Rivals {
        nothing_wrong_was_done(&before, &world.adobe.state(), &name);
        if first.code == 0 && saw_everybody(&world, &before) {
            is_as_wanted(&world.adobe.state(), &name);
        }
    }
    nobody_else_was_touched(&before, &world.adobe.state(), &name);
    world.configure_with(&["pace: off", "wait: 0s"], RULES);
    world.adobe.lock_out(DEFAULT_CLIENT, DateTime::UNIX_EPOCH);
    let mark = world.mark();
    // Within its two hours it is gone on with, if it was cut short; or the gate is closed, or Adobe wants silence. What it
    // has listed, it sees until then.
    let second = world.run(&["sync"]);
    assert!([0, 3, 4, 8, 78].contains(&second.code), "{name}: {}", second.stderr);
    if second.stdout.contains("it is over now") {
        // It tells the execution that it went on with, from its beginning.
        report_agrees_since(&world, &Mark { said: Some(second.stdout), ..mark });
    }
    nobody_else_was_touched(&before, &world.adobe.state(), &name);
    world.pass(EVERY * 2);
    world.adobe.clock().advance(LAG);
    let third = world.run(&["sync"]);
    if (shows, third.code) == (Shows::Rivals, 3) {
        // Whom a run has made and somebody removed at once is not made again before somebody has looked.
        let third = third.shows(&["Adobe made this account and does not show it"]);
        let (_, id) = third.stdout.split_once("umsync approve ").expect("how it is approved");
        world.run(&["approve", id.split_whitespace().next().expect("an id")]).with(0);
        world.pass(EVERY * 2);
        world.run(&["sync"]).with(0);
    } else {
        third.with(0);
    }
    is_as_wanted(&world.adobe.state(), &name);
    report_agrees(&world);
    nobody_else_was_touched(&before, &world.adobe.state(), &name);
    (first.code, second.code)
}

/// The cases that are played: some of all, and of what listings and commands meet some more.
fn chosen(all: &[Case]) -> Vec<&Case> {
    let mut dice = Dice::of(1);
    if is_long() {
        // What stays ends alike wherever it begins.
        return all.iter().filter(|case| !case.stays || dice.one_in(4)).collect();
    }
    let mut chosen = Vec::new();
    for (kinds, count) in [
        (&[On::All, On::Token, On::Api, On::Pages, On::Users, On::Actions][..], 14),
        (&[On::Pages, On::Users], 8),
        (&[On::Actions, On::Api], 6),
    ] {
        let some: Vec<&Case> = all.iter().filter(|case| kinds.contains(&case.trouble.on)).collect();
        chosen.extend((0..count).map(|_| some[dice.below(some.len())]));
    }
    chosen
}

#[test]
fn the_program_ends_well_or_tells_what_did_not() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let all = cases(&runtime.block_on(inside::undisturbed()));
    let chosen = chosen(&all);
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
