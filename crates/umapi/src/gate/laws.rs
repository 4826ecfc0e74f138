//! The laws of the gate, in a small world: processes that share one ledger, start, list, execute, fail anywhere,
//! crash anywhere, with clocks that are set; and Adobe, which only counts. The decisions are the gate's own.

use super::*;
use crate::clock::{Anchor, is_off};
use crate::patience::{Again, Patience, Scale, Tries};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use std::cell::RefCell;
use tokio::time::Instant;

const EVERY: i64 = LEAST_EVERY.as_secs().cast_signed();
/// Two clocks, each five minutes off, in opposite directions.
const CLOCKS: i64 = 2 * MOST_CLOCK_ERROR.num_seconds();
/// How long a request may take to leave after its stamp: its time-out.
const TIME_OUT: i64 = 120;
const SILENCE: i64 = MOST_SILENCE.num_seconds();

#[derive(Debug, Clone, Copy)]
enum Goal {
    List,
    Execute,
    Both,
    GoOn,
}

#[derive(Debug, Clone, Copy)]
enum Fate {
    NeverLeft,
    Lost,
    Busy(Option<u64>),
    Silence(u64),
    Answered,
    /// A 200 that broke off.
    Cut,
    Refused,
}

#[derive(Debug, Clone)]
enum Op {
    Pass(i64),
    /// The clock of a process is so many seconds fast.
    SetClock(usize, i64),
    Start(usize, Goal),
    Step(usize, Fate),
    Crash(usize),
    /// The store comes back with a stamp from the future: a machine whose clock was wrong, a restored file.
    Future(Side, i64),
    FutureSilence(i64),
}

#[derive(Debug)]
enum Phase {
    Write,
    Send { since: i64 },
    TakeBack,
    Wait { until: i64 },
}

/// One thing that is stamped, by one process.
#[derive(Debug)]
struct Job {
    id: u64,
    stamping: Stamping,
    users: Option<MayListUsers>,
    tries: Tries,
    phase: Phase,
    requests: u32,
}

#[derive(Debug, Default)]
struct Process {
    fast: i64,
    session: Option<(Anchor, Goal)>,
    job: Option<Job>,
}

/// A request that reached Adobe, or may have.
#[derive(Debug)]
struct Request {
    side: Side,
    id: u64,
    /// Among those of its job, from 0.
    number: u32,
    at: i64,
    has_200: bool,
}

/// Why a side may be closed: since when, and until when at the latest, in true time.
#[derive(Debug)]
struct Cause {
    side: Option<Side>,
    job: Option<u64>,
    since: i64,
    until: i64,
}

/// How much happened, so that the laws are not true of worlds in which nothing does.
#[derive(Debug, Default, Clone)]
struct Tally {
    listings: u32,
    executions: u32,
    continued: u32,
    shut: u32,
    lost_race: u32,
    taken_back: u32,
    restamped: u32,
    silences: u32,
    clock_refused: u32,
    futures: u32,
}

struct World {
    gate: Gate,
    start: Instant,
    now: i64,
    stamps: Stamps,
    processes: Vec<Process>,
    requests: Vec<Request>,
    causes: Vec<Cause>,
    /// Silences that were stored: since when, for how long.
    silences: Vec<(i64, i64)>,
    future: Vec<Option<Side>>,
    /// Executions that were continued after a crash.
    continued: Vec<u64>,
    /// When, in true time, executions were stamped that nobody took back.
    executions: Vec<(u64, i64)>,
    /// The last execution that was stamped, as the journal knows it.
    begun: Option<(u64, DateTime<Utc>)>,
    next_id: u64,
    /// How far apart two listings may be at least, less than `EVERY`.
    slack: i64,
    tally: Tally,
}

impl World {
    fn new(processes: usize, slack: i64) -> Self {
        Self {
            gate: Gate::new(LEAST_EVERY),
            start: Instant::now(),
            now: 0,
            stamps: Stamps::default(),
            processes: (0..processes).map(|_| Process::default()).collect(),
            requests: Vec::new(),
            causes: Vec::new(),
            silences: Vec::new(),
            future: Vec::new(),
            continued: Vec::new(),
            executions: Vec::new(),
            begun: None,
            next_id: 0,
            slack,
            tally: Tally::default(),
        }
    }

    fn date(&self, seconds: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(1_800_000_000 + seconds)
    }

    fn seconds(&self, date: DateTime<Utc>) -> i64 {
        (date - self.date(0)).num_seconds()
    }

    fn instant(&self) -> Instant {
        self.start + Duration::from_secs(self.now.cast_unsigned())
    }

    fn local(&self, process: usize) -> DateTime<Utc> {
        self.date(self.now + self.processes[process].fast)
    }

    fn run(&mut self, op: &Op) {
        match *op {
            Op::Pass(seconds) => self.now += seconds,
            Op::SetClock(process, fast) => self.processes[process].fast = fast,
            Op::Start(process, goal) => self.begin(process, goal),
            Op::Step(process, fate) => self.step(process, fate),
            Op::Crash(process) => self.end(process),
            Op::Future(side, ahead) => {
                let future = self.date(self.now + ahead);
                let slot = side.slot(&mut self.stamps);
                if slot.is_none_or(|stamp| stamp < future) {
                    *slot = Some(future);
                    self.future.push(Some(side));
                }
            }
            Op::FutureSilence(ahead) => {
                let future = self.date(self.now + ahead);
                if self.stamps.closed_until.is_none_or(|until| until < future) {
                    self.stamps.closed_until = Some(future);
                    self.future.push(None);
                }
            }
        }
    }

    fn end(&mut self, process: usize) {
        self.processes[process].session = None;
        self.processes[process].job = None;
    }

    /// `Client::begin`.
    fn begin(&mut self, process: usize, goal: Goal) {
        if self.processes[process].session.is_some() {
            return;
        }
        let now = self.local(process);
        let right = self.processes[process].fast.abs() <= CLOCKS / 2;
        if Gate::silence_is_credible(&self.stamps, now) && self.gate.silence(&self.stamps, now).is_some() {
            return;
        }
        // The token. A clock that is right never asks for it during a silence; unless the store itself is wrong.
        if right && self.future.is_empty() {
            self.must_not_be_silent();
        }
        if is_off(now, now, self.date(self.now)) {
            self.tally.clock_refused += 1;
            return;
        }
        assert!(right);
        self.gate.believe(&mut self.stamps, now);
        self.seen();
        if let Some(shut) = self.gate.silence(&self.stamps, now) {
            self.must_have_a_cause(self.processes[process].fast, &shut);
            return;
        }
        let anchor = Anchor::new(self.date(self.now), self.instant());
        self.processes[process].session = Some((anchor, goal));
    }

    /// `Line::agree`: the clock still agrees with Adobe's, or the token is fetched anew, or the run ends.
    fn agree(&mut self, process: usize) -> bool {
        let now = self.local(process);
        let Some((anchor, goal)) = self.processes[process].session else { return false };
        if anchor.agrees(now, self.instant()) {
            return true;
        }
        if is_off(now, now, self.date(self.now)) {
            self.tally.clock_refused += 1;
            self.end(process);
            return false;
        }
        let anchor = Anchor::new(self.date(self.now), self.instant());
        self.processes[process].session = Some((anchor, goal));
        true
    }

    fn step(&mut self, process: usize, fate: Fate) {
        let Some(mut job) = self.processes[process].job.take() else {
            self.ask(process);
            return;
        };
        match job.phase {
            Phase::Write => {
                if self.agree(process) && self.write(process, &mut job) {
                    self.processes[process].job = Some(job);
                } else {
                    self.end(process);
                }
            }
            Phase::Send { since } => self.send(process, job, since, fate),
            Phase::TakeBack => {
                let before = self.stamps.clone();
                job.stamping.take_back(&mut self.stamps);
                if before != self.stamps {
                    self.tally.taken_back += 1;
                    self.executions.retain(|(id, _)| *id != job.id);
                    let newest = self.causes.iter().rposition(|cause| cause.job == Some(job.id));
                    self.causes.remove(newest.unwrap());
                }
                self.again(process, job, Again::NeverLeft);
            }
            Phase::Wait { until } => {
                self.now = self.now.max(until);
                job.phase = Phase::Write;
                self.processes[process].job = Some(job);
            }
        }
    }

    /// `Session::may_list`, `may_execute` and `may_go_on`.
    fn ask(&mut self, process: usize) {
        let Some((_, goal)) = self.processes[process].session else { return };
        if !self.agree(process) {
            return;
        }
        let now = self.local(process);
        let before = self.stamps.clone();
        let mut id = self.next_id;
        self.next_id += 1;
        let asked = match goal {
            Goal::List | Goal::Both => self.gate.list(&mut self.stamps, now).map(|permit| {
                let (stamping, users) = Stamping::groups(permit);
                (stamping, Some(users), Patience::PAGE_ZERO)
            }),
            Goal::Execute => self
                .gate
                .execute(&mut self.stamps, now)
                .map(|permit| (permit.stamping(), None, Patience::ACTION)),
            Goal::GoOn => {
                let Some((begun_id, begun)) = self.begun else { return self.end(process) };
                match self.gate.go_on(&mut self.stamps, begun, now) {
                    Ok(None) => return self.end(process),
                    Ok(Some(permit)) => {
                        id = begun_id;
                        self.continued.push(id);
                        let began = self.executions.iter().find(|(known, _)| *known == id).map(|(_, at)| *at);
                        assert!(began.is_none_or(|at| self.now - at < EVERY + CLOCKS), "continued too late");
                        self.tally.continued += 1;
                        Ok((permit.stamping(), None, Patience::ACTION))
                    }
                    Err(shut) => Err(shut),
                }
            }
        };
        self.seen();
        self.only_lowered(&before);
        match asked {
            Ok((stamping, users, patience)) => {
                let tries = Tries::new(patience, Scale::Seconds);
                let job = Job { id, stamping, users, tries, phase: Phase::Write, requests: 0 };
                self.processes[process].job = Some(job);
            }
            Err(shut) => {
                self.tally.shut += 1;
                self.must_have_a_cause(self.processes[process].fast, &shut);
                self.end(process);
            }
        }
    }

    fn write(&mut self, process: usize, job: &mut Job) -> bool {
        let now = self.local(process);
        let side = job.stamping.side;
        let had_stamp = job.stamping.own.is_some();
        let written = job.stamping.write(&self.gate, &mut self.stamps, now);
        self.seen();
        if let Err(shut) = written {
            self.tally.lost_race += 1;
            self.must_have_a_cause(self.processes[process].fast, &shut);
            return false;
        }
        self.must_not_be_silent();
        if job.stamping.undo.is_some() {
            self.tally.restamped += u32::from(had_stamp);
            let until = self.now + EVERY + CLOCKS;
            self.causes.push(Cause { side: Some(side), job: Some(job.id), since: self.now, until });
            if side == Side::Execution {
                self.begun = self.stamps.execution.map(|begun| (job.id, begun));
                self.executions.push((job.id, self.now));
                let apart = self.executions.windows(2).map(|pair| pair[1].1 - pair[0].1).min();
                assert!(
                    apart.is_none_or(|apart| apart >= EVERY - self.slack),
                    "executions {apart:?} s apart"
                );
            }
        }
        job.phase = Phase::Send { since: self.now };
        true
    }

    fn send(&mut self, process: usize, mut job: Job, since: i64, fate: Fate) {
        if matches!(fate, Fate::NeverLeft) {
            job.phase = Phase::TakeBack;
            self.processes[process].job = Some(job);
            return;
        }
        let has_200 = matches!(fate, Fate::Answered | Fate::Cut);
        let (side, number, at) = (job.stamping.side, job.requests, self.now.min(since + TIME_OUT));
        let request = Request { side, id: job.id, number, at, has_200 };
        self.reaches_adobe(request);
        job.requests += 1;
        match (fate, job.stamping.side) {
            (Fate::Silence(asked), _) => {
                let now = self.local(process);
                let (anchor, _) = self.processes[process].session.unwrap();
                let right = anchor.agrees(now, self.instant());
                let (now, fast) = match right {
                    true => (now, self.processes[process].fast),
                    false => (anchor.adobe_at(self.instant()), 0),
                };
                let shut = self.gate.be_silent(&mut self.stamps, now, Duration::from_secs(asked));
                self.tally.silences += 1;
                let lasts = SILENCE.min(i64::try_from(asked).unwrap_or(SILENCE));
                self.silences.push((self.now, lasts));
                let until = self.now + lasts + CLOCKS;
                self.causes.push(Cause { side: None, job: None, since: self.now, until });
                self.seen();
                self.must_have_a_cause(fast, &shut);
                self.end(process);
            }
            (Fate::Refused, _) => self.end(process),
            (Fate::Answered, Side::Groups) => {
                let users = job.users.take().unwrap();
                job.stamping = users.stamping();
                job.tries = Tries::new(Patience::PAGE_ZERO, Scale::Seconds);
                job.phase = Phase::Write;
                self.processes[process].job = Some(job);
            }
            (Fate::Answered, Side::Users) => {
                self.tally.listings += 1;
                match self.processes[process].session {
                    Some((anchor, Goal::Both)) => {
                        self.processes[process].session = Some((anchor, Goal::Execute));
                    }
                    Some(_) | None => self.end(process),
                }
            }
            // The next request of the same execution, or the same one again after reading back.
            (Fate::Answered | Fate::Cut | Fate::Lost, Side::Execution) if job.requests < 4 => {
                self.tally.executions += u32::from(job.requests == 1);
                job.phase = Phase::Write;
                self.processes[process].job = Some(job);
            }
            (Fate::Answered | Fate::Cut | Fate::Lost, Side::Execution) => self.end(process),
            (Fate::Cut, Side::Groups | Side::Users) => self.again(process, job, Again::Cut),
            (Fate::Lost, Side::Groups | Side::Users) => self.again(process, job, Again::Reached(None)),
            (Fate::Busy(asked), _) => {
                self.again(process, job, Again::Reached(asked.map(Duration::from_secs)));
            }
            (Fate::NeverLeft, _) => unreachable!(),
        }
    }

    fn again(&mut self, process: usize, mut job: Job, again: Again) {
        match job.tries.next(again, self.instant(), 0.5) {
            Some(wait) => {
                job.phase = Phase::Wait { until: self.now + wait.as_secs().cast_signed() };
                self.processes[process].job = Some(job);
            }
            None => self.end(process),
        }
    }

    /// Law: never two listings, never two executions, inside `every`. Law: page 0 at most three times under one
    /// permit, and never after a 200.
    fn reaches_adobe(&mut self, request: Request) {
        let same_side = || self.requests.iter().filter(|other| other.side == request.side);
        let same = same_side().filter(|other| other.id == request.id).count();
        // An execution is counted by its first request, wherever the later ones are; one that was continued after a
        // crash, perhaps before its first request, by its stamp.
        let counts = |request: &Request| {
            request.side != Side::Execution || !self.continued.contains(&request.id) && request.number == 0
        };
        for other in same_side().filter(|other| other.id != request.id) {
            let apart = (request.at - other.at).abs();
            let far = apart >= EVERY - self.slack;
            assert!(
                !counts(&request) || !counts(other) || far,
                "{apart} s between {other:?} and {request:?}"
            );
        }
        if request.side != Side::Execution {
            assert!(same < 3, "page 0 a fourth time: {request:?}");
            let after_200 = same_side().any(|other| other.id == request.id && other.has_200);
            assert!(!after_200, "page 0 after a 200: {request:?}");
        }
        self.requests.push(request);
    }

    /// Law: while a stored silence lasts nothing leaves.
    fn must_not_be_silent(&self) {
        for (since, lasts) in &self.silences {
            let left = since + lasts - self.now;
            assert!(left <= CLOCKS, "a call during a silence that lasts {left} s more");
        }
    }

    /// Law: the gate is closed only because of something that happened, and no longer than the design says. `fast` is
    /// how fast the clock was that said so.
    fn must_have_a_cause(&self, fast: i64, shut: &Shut) {
        let side = match shut.why {
            Why::UsersListed(_) => Some(Side::Users),
            Why::GroupsListed(_) => Some(Side::Groups),
            Why::Executed(_) => Some(Side::Execution),
            Why::Silence(_) => None,
        };
        let until = self.seconds(shut.opens_at) - fast;
        let why = self.causes.iter().any(|cause| cause.side == side && until <= cause.until);
        assert!(why, "closed until {until} at {} without cause: {shut:?}, {:?}", self.now, self.causes);
        assert!(until - self.now <= EVERY.max(SILENCE) + CLOCKS);
    }

    /// A clock that is right has looked: what was in the future is now, and closes from now on.
    fn seen(&mut self) {
        for side in std::mem::take(&mut self.future) {
            self.tally.futures += 1;
            let lasts = if side.is_some() { EVERY } else { SILENCE };
            self.causes.push(Cause { side, job: None, since: self.now, until: self.now + lasts + CLOCKS });
        }
    }

    /// Law: asking never closes anything further.
    fn only_lowered(&self, before: &Stamps) {
        for side in [Side::Users, Side::Groups, Side::Execution] {
            assert!(side.of(&self.stamps) <= side.of(before));
        }
        assert!(self.stamps.closed_until <= before.closed_until);
    }

    /// Law: when nothing happens any more, everything opens.
    fn opens_in_the_end(&mut self) {
        for process in 0..self.processes.len() {
            self.end(process);
            self.processes[process].fast = 0;
        }
        // One look by a clock that is right, then the longest time that anything may close.
        let now = self.local(0);
        self.gate.believe(&mut self.stamps, now);
        self.now += EVERY.max(SILENCE) + CLOCKS;
        let opens = Gate::opens(&self.stamps, self.local(0), LEAST_EVERY);
        assert_eq!(opens, Opens { listing: None, execution: None, silence: None });
        assert!(self.causes.iter().all(|cause| cause.since <= self.now));
    }
}

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
        1 => Just(Goal::GoOn)
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
}

#[test]
fn with_wrong_clocks_the_gate_keeps_every_to_their_difference() {
    let tally = worlds(wild(), CLOCKS + TIME_OUT);
    println!("{tally:?}");
    let Tally { clock_refused, futures, listings, executions, continued, shut, .. } = tally;
    let least = [clock_refused, futures, listings, executions, continued, shut].into_iter().min();
    assert!(least > Some(300), "too little happens: {tally:?}");
}
