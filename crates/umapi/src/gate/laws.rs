//! The laws of the gate, in a small world: processes that share one ledger, start, list, execute, fail anywhere,
//! crash anywhere, stand still anywhere, take each other's executions over, with clocks that are set; and Adobe, which only counts. The decisions are the gate's own.

mod checks;
mod world;

use self::world::{Fate, Goal, Op, Tally, World};
use super::*;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use std::cell::RefCell;

const EVERY: i64 = LEAST_EVERY.as_secs().cast_signed();
/// Two clocks, each five minutes off, in opposite directions.
const CLOCKS: i64 = 2 * MOST_CLOCK_ERROR.num_seconds();
/// How long a request may take to leave after its stamp: its time-out.
const TIME_OUT: i64 = 120;
const SILENCE: i64 = MOST_SILENCE.num_seconds();

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        3 => Just(Fate::NeverLeft),
        2 => Just(Fate::Lost),
        1 => Just(Fate::Busy(None)),
        1 => (1_u64..=600).prop_map(|asked| Fate::Busy(Some(asked))),
        1 => prop_oneof![601_u64..4000, Just(u64::MAX), 14_000_u64..20_000].prop_map(Fate::Silence),
        12 => Just(Fate::Answered),
        1 => Just(Fate::Cut),
        1 => Just(Fate::Refused),
    ]
}

fn goal() -> impl Strategy<Value = Goal> {
    prop_oneof![
        3 => Just(Goal::List),
        3 => Just(Goal::Execute),
        2 => Just(Goal::Both),
        3 => Just(Goal::GoOn)
    ]
}

fn pass() -> impl Strategy<Value = i64> {
    prop_oneof![6 => 0_i64..3, 3 => 3_i64..130, 3 => 130_i64..3000, 2 => 5500_i64..7300, 1 => 7300_i64..20_000]
}

fn side() -> impl Strategy<Value = Side> {
    prop_oneof![Just(Side::Groups), Just(Side::Users), Just(Side::Execution)]
}

const PROCESSES: usize = 3;

/// Processes that run with clocks that are right and a store that nobody spoils.
fn quiet() -> impl Strategy<Value = Op> {
    prop_oneof![
        5 => pass().prop_map(Op::Pass),
        5 => (0..PROCESSES, goal()).prop_map(|(process, goal)| Op::Start(process, goal)),
        20 => (0..PROCESSES, fate()).prop_map(|(process, fate)| Op::Step(process, fate)),
        2 => (0..PROCESSES).prop_map(Op::Crash),
        1 => (0..PROCESSES).prop_map(Op::Stop),
        2 => (0..PROCESSES).prop_map(Op::Continue),
    ]
}

fn clock_error() -> impl Strategy<Value = i64> {
    prop_oneof![
        12 => -300_i64..=300,
        6 => prop_oneof![Just(-300_i64), Just(300), Just(-301), Just(301)],
        1 => -20_000_i64..20_000,
        1 => -100_000_000_i64..100_000_000,
    ]
}

/// The same with clocks that are set, and a store that comes back from the future.
fn wild() -> impl Strategy<Value = Op> {
    prop_oneof![
        120 => quiet(),
        6 => (0..PROCESSES, clock_error()).prop_map(|(process, fast)| Op::SetClock(process, fast)),
        1 => (side(), 1_i64..2_000_000).prop_map(|(side, ahead)| Op::Future(side, ahead)),
        1 => (1_i64..2_000_000).prop_map(Op::FutureSilence),
    ]
}

/// Runs many worlds and adds up what happened in them.
fn worlds(ops: impl Strategy<Value = Op>, slack: i64) -> Tally {
    let sum = RefCell::new(Tally::default());
    let config = Config { cases: 4000, failure_persistence: None, ..Config::default() };
    // Always the same worlds: a law that fails must fail again.
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let run = |ops: Vec<Op>| {
        let mut world = World::new(PROCESSES, slack);
        ops.iter().for_each(|op| world.run(op));
        world.opens_in_the_end();
        let mut sum = sum.borrow_mut();
        let Tally {
            listings,
            executions,
            continued,
            shut,
            lost_race,
            taken_back,
            restamped,
            silences,
            clock_refused,
            futures,
            overtaken,
            one_more,
            handed_over,
        } = world.tally;
        sum.listings += listings;
        sum.executions += executions;
        sum.continued += continued;
        sum.shut += shut;
        sum.lost_race += lost_race;
        sum.taken_back += taken_back;
        sum.restamped += restamped;
        sum.silences += silences;
        sum.clock_refused += clock_refused;
        sum.futures += futures;
        sum.overtaken += overtaken;
        sum.one_more += one_more;
        sum.handed_over += handed_over;
        Ok(())
    };
    TestRunner::new_with_rng(config, rng)
        .run(&vec(ops, 1..300), run)
        .unwrap_or_else(|error| panic!("{error}"));
    sum.into_inner()
}

#[test]
fn with_right_clocks_the_gate_keeps_every_to_the_second() {
    let tally = worlds(quiet(), TIME_OUT);
    println!("{tally:?}");
    let Tally { listings, executions, continued, shut, lost_race, taken_back, restamped, silences, .. } =
        tally;
    let least =
        [listings, executions, continued, shut, lost_race, taken_back, restamped, silences].into_iter().min();
    assert!(least > Some(500), "too little happens: {tally:?}");
    let Tally { overtaken, one_more, handed_over, .. } = tally;
    assert!(
        [overtaken, one_more, handed_over].into_iter().min() > Some(100),
        "too little happens: {tally:?}"
    );
}

#[test]
fn with_wrong_clocks_the_gate_keeps_every_to_their_difference() {
    let tally = worlds(wild(), CLOCKS + TIME_OUT);
    println!("{tally:?}");
    let Tally { clock_refused, futures, listings, executions, continued, shut, .. } = tally;
    let least = [clock_refused, futures, listings, executions, continued, shut].into_iter().min();
    assert!(least > Some(300), "too little happens: {tally:?}");
}
