//! The world: what processes do, step by step, as the session does it.

use super::super::{Gate, MayListUsers, Side, Stamping};
use super::{CLOCKS, EVERY, SILENCE, TIME_OUT};
use crate::clock::{Anchor, is_off};
use crate::gate::LEAST_EVERY;
use crate::patience::{Again, Patience, Scale, Tries};
use chrono::{DateTime, TimeDelta, Utc};
use std::cell::Cell;
use std::time::Duration;
use tokio::time::Instant;
use umsync_engine::stamps::Stamps;

#[derive(Debug, Clone, Copy)]
pub(super) enum Goal {
    List,
    Execute,
    Both,
    GoOn,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Fate {
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
pub(super) enum Op {
    Pass(i64),
    /// The clock of a process is so many seconds fast.
    SetClock(usize, i64),
    Start(usize, Goal),
    Step(usize, Fate),
    Crash(usize),
    /// A process stands still wherever it is (SIGSTOP, a machine that sleeps) and later goes on there.
    Stop(usize),
    Continue(usize),
    /// The store comes back with a stamp from the future: a machine whose clock was wrong, a restored file.
    Future(Side, i64),
    FutureSilence(i64),
}

#[derive(Debug)]
pub(super) enum Phase {
    Write,
    Send { since: i64 },
    TakeBack,
    Wait { until: i64 },
}

/// One thing that is stamped, by one process.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) id: u64,
    pub(super) stamping: Stamping,
    pub(super) users: Option<MayListUsers>,
    pub(super) tries: Tries,
    pub(super) phase: Phase,
    pub(super) requests: u32,
    /// When, in the order of all such moments, it got its stamp, or leave to go on under another's.
    pub(super) claim: u64,
    /// Its next write is the first under another's stamp.
    pub(super) takes_over: bool,
    pub(super) hold: Hold,
    /// It stood still between its check and its request.
    pub(super) late: bool,
}

/// What an execution may still send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hold {
    /// Everything.
    Holds,
    /// The one request whose check had passed when another took over.
    OneMore,
    Nothing,
}

#[derive(Debug, Default)]
pub(super) struct Process {
    pub(super) fast: i64,
    pub(super) stopped: bool,
    pub(super) session: Option<(Anchor, Goal)>,
    pub(super) job: Option<Job>,
}

/// A request that reached Adobe, or may have.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) side: Side,
    pub(super) id: u64,
    /// Among those of its job, from 0.
    pub(super) number: u32,
    pub(super) at: i64,
    pub(super) has_200: bool,
    /// Its process stood still after the check: no check can help that.
    pub(super) late: bool,
}

/// Why a side may be closed: since when, and until when at the latest, in true time.
#[derive(Debug)]
pub(super) struct Cause {
    pub(super) side: Option<Side>,
    pub(super) job: Option<u64>,
    pub(super) since: i64,
    pub(super) until: i64,
}

/// How much happened, so that the laws are not true of worlds in which nothing does.
#[derive(Debug, Default, Clone)]
pub(super) struct Tally {
    pub(super) listings: u32,
    pub(super) executions: u32,
    pub(super) continued: u32,
    pub(super) shut: u32,
    pub(super) lost_race: u32,
    pub(super) taken_back: u32,
    pub(super) restamped: u32,
    pub(super) silences: u32,
    pub(super) clock_refused: u32,
    pub(super) futures: u32,
    pub(super) overtaken: u32,
    pub(super) one_more: u32,
    pub(super) handed_over: u32,
}

pub(super) struct World {
    pub(super) gate: Gate,
    pub(super) start: Instant,
    pub(super) now: i64,
    pub(super) stamps: Stamps,
    pub(super) processes: Vec<Process>,
    pub(super) requests: Vec<Request>,
    pub(super) causes: Vec<Cause>,
    /// Silences that were stored: since when, for how long.
    pub(super) silences: Vec<(i64, i64)>,
    pub(super) future: Vec<Option<Side>>,
    /// Executions that were continued after a crash.
    pub(super) continued: Vec<u64>,
    /// When, in true time, executions were stamped that nobody took back.
    pub(super) executions: Vec<(u64, i64)>,
    /// The last execution that was stamped, as the journal knows it.
    pub(super) begun: Option<(u64, DateTime<Utc>)>,
    pub(super) next_id: u64,
    pub(super) claims: u64,
    /// How often a clock was read.
    pub(super) readings: Cell<i64>,
    /// How far apart two listings may be at least, less than `EVERY`.
    pub(super) slack: i64,
    pub(super) tally: Tally,
}

impl World {
    pub(super) fn new(processes: usize, slack: i64) -> Self {
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
            claims: 0,
            readings: Cell::new(0),
            slack,
            tally: Tally::default(),
        }
    }

    pub(super) fn date(&self, seconds: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(1_800_000_000 + seconds)
    }

    pub(super) fn seconds(&self, date: DateTime<Utc>) -> i64 {
        (date - self.date(0)).num_seconds()
    }

    pub(super) fn instant(&self) -> Instant {
        self.start + Duration::from_secs(self.now.cast_unsigned())
    }

    pub(super) fn local(&self, process: usize) -> DateTime<Utc> {
        // No moment is read twice, as with real clocks.
        self.readings.set(self.readings.get() + 1);
        let offset = TimeDelta::microseconds(100 * self.readings.get());
        self.date(self.now + self.processes[process].fast) + offset
    }

    pub(super) fn run(&mut self, op: &Op) {
        match *op {
            Op::Pass(seconds) => self.now += seconds,
            Op::SetClock(process, fast) => self.processes[process].fast = fast,
            Op::Start(process, goal) => self.begin(process, goal),
            Op::Step(process, fate) => self.step(process, fate),
            Op::Crash(process) => self.end(process),
            Op::Stop(process) => self.processes[process].stopped = true,
            Op::Continue(process) => {
                let Process { stopped, job, .. } = &mut self.processes[process];
                if let (true, Some(job)) = (std::mem::take(stopped), job) {
                    job.late = matches!(job.phase, Phase::Send { .. });
                }
            }
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

    pub(super) fn end(&mut self, process: usize) {
        self.processes[process].session = None;
        self.processes[process].job = None;
        self.processes[process].stopped = false;
    }

    /// `Client::begin`.
    pub(super) fn begin(&mut self, process: usize, goal: Goal) {
        if self.processes[process].session.is_some() || self.processes[process].stopped {
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
    pub(super) fn agree(&mut self, process: usize) -> bool {
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

    pub(super) fn step(&mut self, process: usize, fate: Fate) {
        if self.processes[process].stopped {
            return;
        }
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
    pub(super) fn ask(&mut self, process: usize) {
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
                let job = Job {
                    id,
                    stamping,
                    users,
                    tries,
                    phase: Phase::Write,
                    requests: 0,
                    claim: self.claims,
                    takes_over: matches!(goal, Goal::GoOn),
                    hold: Hold::Holds,
                    late: false,
                };
                self.processes[process].job = Some(job);
            }
            Err(shut) => {
                self.tally.shut += 1;
                self.must_have_a_cause(self.processes[process].fast, &shut);
                self.end(process);
            }
        }
    }

    pub(super) fn write(&mut self, process: usize, job: &mut Job) -> bool {
        let now = self.local(process);
        let side = job.stamping.side;
        let had_stamp = job.stamping.own.is_some();
        let takes_over = job.takes_over;
        let written = job.stamping.write(&self.gate, &mut self.stamps, now);
        self.seen();
        if let Err(shut) = written {
            self.tally.lost_race += 1;
            self.tally.overtaken += u32::from(job.stamping.was_lost(&shut));
            self.must_have_a_cause(self.processes[process].fast, &shut);
            return false;
        }
        self.must_not_be_silent();
        if side == Side::Execution && (takes_over || job.stamping.undo.is_some()) {
            self.tally.handed_over += u32::from(takes_over);
            self.claims += 1;
            job.claim = self.claims;
            job.takes_over = false;
        }
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

    pub(super) fn send(&mut self, process: usize, mut job: Job, since: i64, fate: Fate) {
        if matches!(fate, Fate::NeverLeft) {
            job.phase = Phase::TakeBack;
            self.processes[process].job = Some(job);
            return;
        }
        let has_200 = matches!(fate, Fate::Answered | Fate::Cut);
        let late = std::mem::take(&mut job.late);
        let at = if late { self.now } else { self.now.min(since + TIME_OUT) };
        let (side, number) = (job.stamping.side, job.requests);
        self.reaches_adobe(Request { side, id: job.id, number, at, has_200, late });
        self.is_in_one_hand(&mut job);
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

    pub(super) fn again(&mut self, process: usize, mut job: Job, again: Again) {
        match job.tries.next(again, self.instant(), 0.5) {
            Some(wait) => {
                job.phase = Phase::Wait { until: self.now + wait.as_secs().cast_signed() };
                self.processes[process].job = Some(job);
            }
            None => self.end(process),
        }
    }
}
