//! The gate: no more than one listing and one execution in two hours. Every decision of it, pure.
//!
//! Adobe counts page 0 of all users and page 0 of all groups: a client that asks for them more often than about once
//! in two hours is locked out of every call for 30 to 75 minutes (UMAPI news of October 2021; Adobe's knowledge base
//! on throttling). Hence the *listing* stamps. The *execution* stamp is a promise of our own.
//!
//! Promises, with `every` the interval and clocks that agree with Adobe's to 5 minutes:
//! * two listings, or two executions, reach Adobe at least `every` apart, minus the difference of the clocks involved
//!   (at most 10 minutes) and the time that the earlier request took to leave, whatever crashed in between;
//! * a stamp closes for `every` from the moment it was written, or, found in the future, first seen; never longer;
//! * `Retry-After` silences every process for at most 4 hours.
//!
//! A stamp is written just before its request, in the transaction that checks it again. It is taken back only when
//! the request is proven not to have left.
//!
//! An execution sends under its stamp and no other: before each of its requests, in one transaction, the stamp must
//! still be the one that it wrote. A process that was stopped for hours and finds another's sends nothing more; only
//! a request whose check had passed already can leave late. Who goes on with another's execution moves its stamp by a
//! microsecond, so that this holds there too.

use crate::clock::{MOST_CLOCK_ERROR, later};
use chrono::{DateTime, TimeDelta, Utc};
use std::fmt;
use std::time::Duration;
use umsync_engine::stamps::Stamps;

#[cfg(test)]
mod laws;
#[cfg(test)]
mod tests;

/// The least interval between two listings or two executions at Adobe.
pub const LEAST_EVERY: Duration = Duration::from_secs(2 * 60 * 60);
/// A `Retry-After` above this closes the gate; up to it the run waits. Below 1800 s Adobe means its quota per minute,
/// above about 1000 s the lock-out for frequent listings; 600 s is the longest wait worth holding a run for.
pub const LONG_RETRY_AFTER: Duration = Duration::from_secs(600);
/// The longest silence that is believed: Adobe's knowledge base knows of 75 minutes.
pub const MOST_SILENCE: TimeDelta = TimeDelta::hours(4);

/// How far the stamp of an execution moves when another process goes on with it: enough to be another stamp in any
/// store, too little to be another time.
const TURN: TimeDelta = TimeDelta::microseconds(1);
/// Stamps nearer than this are of the same execution: nobody goes on with one a thousand times, and no other begins
/// so soon after it.
const TURNS: TimeDelta = TimeDelta::milliseconds(1);

/// Leave to list once. Only the gate makes it; `snapshot` takes it away.
#[derive(Debug)]
#[must_use]
pub struct MayList {
    _made_by_the_gate: (),
}

/// Leave to execute once. Only the gate makes it; `execute` takes it away.
#[derive(Debug)]
#[must_use]
pub struct MayExecute {
    _made_by_the_gate: (),
}

impl MayExecute {
    /// The stamping of a new execution.
    pub(crate) fn stamping(self) -> Stamping {
        let Self { _made_by_the_gate: () } = self;
        Stamping { side: Side::Execution, own: None, turn: TimeDelta::zero(), undo: None }
    }
}

/// Leave to go on with an execution that was cut short. Only the gate makes it; `go_on` takes it away.
#[derive(Debug)]
#[must_use]
pub struct MayGoOn {
    /// The stamp of the execution, as whoever had it last left it.
    stamp: DateTime<Utc>,
}

impl MayGoOn {
    /// The stamping of the same execution in new hands.
    pub(crate) fn stamping(self) -> Stamping {
        let Self { stamp } = self;
        Stamping { side: Side::Execution, own: Some(stamp), turn: TURN, undo: None }
    }
}

/// What closed the gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// All users were listed then.
    UsersListed(DateTime<Utc>),
    /// All groups were listed then.
    GroupsListed(DateTime<Utc>),
    /// An execution began then.
    Executed(DateTime<Utc>),
    /// Adobe asked for silence until then, or 4 h from now where it was longer.
    Silence(DateTime<Utc>),
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UsersListed(at) => write!(f, "the users were listed at {}", minute(*at)),
            Self::GroupsListed(at) => write!(f, "the groups were listed at {}", minute(*at)),
            Self::Executed(at) => write!(f, "the last execution began at {}", minute(*at)),
            Self::Silence(until) => write!(f, "Adobe asked for silence until {}", minute(*until)),
        }
    }
}

fn minute(time: DateTime<Utc>) -> impl fmt::Display {
    time.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}

/// The gate is closed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the gate is closed until {}: {why}", minute(*.opens_at))]
pub struct Shut {
    /// When it opens, if nothing else happens before.
    pub opens_at: DateTime<Utc>,
    /// What closed it; of several reasons the one that lasts longest.
    pub why: Why,
}

/// When each side of the gate opens. `None`: it is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opens {
    /// The listing side.
    pub listing: Option<Shut>,
    /// The execution side.
    pub execution: Option<Shut>,
    /// Adobe asked for silence: no call at all may leave. Both sides are closed then too.
    pub silence: Option<Shut>,
}

/// The gate of one organization. Proof tokens come from a session; whoever only wants to know asks [`Gate::opens`].
#[derive(Debug, Clone, Copy)]
pub struct Gate {
    every: Duration,
}

impl Gate {
    /// What the gate would say at `now`. Changes nothing and permits nothing.
    pub fn opens(stamps: &Stamps, now: DateTime<Utc>, every: Duration) -> Opens {
        let gate = Self { every };
        let mut stamps = stamps.clone();
        gate.believe(&mut stamps, now);
        Opens {
            listing: gate.listing(&stamps, now),
            execution: gate.execution(&stamps, now),
            silence: gate.silence(&stamps, now),
        }
    }

    pub(crate) fn new(every: Duration) -> Self {
        Self { every }
    }

    /// Rewrites what cannot be: stamps in the future become the present, a silence beyond 4 h ends in 4 h. Only a clock
    /// that agrees with Adobe's may say what the present is.
    pub(crate) fn believe(&self, stamps: &mut Stamps, now: DateTime<Utc>) {
        let Stamps { users, groups, execution, closed_until: _ } = stamps;
        for stamp in [users, groups, execution] {
            *stamp = stamp.map(|at| at.min(now));
        }
        self.believe_silence(stamps, now);
    }

    /// The same for the silence alone. An execution that reads somebody back must not rewrite its own stamp unawares:
    /// it would take it for another's.
    pub(crate) fn believe_silence(&self, stamps: &mut Stamps, now: DateTime<Utc>) {
        stamps.closed_until = stamps.closed_until.map(|until| until.min(now + MOST_SILENCE));
    }

    /// Leave to list, if both users and groups were listed long enough ago.
    pub(crate) fn list(&self, stamps: &mut Stamps, now: DateTime<Utc>) -> Result<MayList, Shut> {
        self.believe(stamps, now);
        shut(self.listing(stamps, now))?;
        Ok(MayList { _made_by_the_gate: () })
    }

    /// Leave to execute, if the last execution began long enough ago.
    pub(crate) fn execute(&self, stamps: &mut Stamps, now: DateTime<Utc>) -> Result<MayExecute, Shut> {
        self.believe(stamps, now);
        shut(self.execution(stamps, now))?;
        Ok(MayExecute { _made_by_the_gate: () })
    }

    /// Leave to go on with the execution that began at `begun`: it must be the last one and younger than `every`.
    /// `Ok(None)`: it is not; its rest is to be dropped and planned anew. Others may have gone on with it before.
    pub(crate) fn go_on(
        &self,
        stamps: &mut Stamps,
        begun: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<Option<MayGoOn>, Shut> {
        let last = stamps.execution;
        self.believe(stamps, now);
        shut(self.silence(stamps, now))?;
        let is_it = |stamp: &DateTime<Utc>| (TimeDelta::zero()..TURNS).contains(&(*stamp - begun));
        // There must be room for a turn that is not in the future, or a third process would set it back.
        let is_fresh = |stamp: &DateTime<Utc>| *stamp + TURN <= now && now < later(begun, self.every);
        Ok(last.filter(is_it).filter(is_fresh).map(|stamp| MayGoOn { stamp }))
    }

    /// Why no call at all may leave.
    pub(crate) fn silence(&self, stamps: &Stamps, now: DateTime<Utc>) -> Option<Shut> {
        let until = stamps.closed_until.filter(|until| *until > now)?;
        let opens_at = until.min(now + MOST_SILENCE);
        Some(Shut { opens_at, why: Why::Silence(opens_at) })
    }

    /// Whether a silence is no longer than any that we store, by two clocks that are both nearly right. If it is longer,
    /// either the clock that wrote it or ours is wrong.
    pub(crate) fn silence_is_credible(stamps: &Stamps, now: DateTime<Utc>) -> bool {
        let longest = now + MOST_SILENCE + MOST_CLOCK_ERROR + MOST_CLOCK_ERROR;
        stamps.closed_until.is_none_or(|until| until <= longest)
    }

    /// Adobe asked for silence. A shorter wish does not shorten a longer one.
    pub(crate) fn be_silent(&self, stamps: &mut Stamps, now: DateTime<Utc>, asked: Duration) -> Shut {
        self.believe(stamps, now);
        let until = later(now, asked).min(now + MOST_SILENCE);
        let until = stamps.closed_until.map_or(until, |stored| stored.max(until));
        stamps.closed_until = Some(until);
        Shut { opens_at: until, why: Why::Silence(until) }
    }

    fn listing(&self, stamps: &Stamps, now: DateTime<Utc>) -> Option<Shut> {
        last_to_open([
            self.side(Side::Users, stamps, now),
            self.side(Side::Groups, stamps, now),
            self.silence(stamps, now),
        ])
    }

    fn execution(&self, stamps: &Stamps, now: DateTime<Utc>) -> Option<Shut> {
        last_to_open([self.side(Side::Execution, stamps, now), self.silence(stamps, now), None])
    }

    fn side(&self, side: Side, stamps: &Stamps, now: DateTime<Utc>) -> Option<Shut> {
        let at = side.of(stamps)?;
        let opens_at = later(at, self.every);
        let why = match side {
            Side::Users => Why::UsersListed(at),
            Side::Groups => Why::GroupsListed(at),
            Side::Execution => Why::Executed(at),
        };
        (opens_at > now).then_some(Shut { opens_at, why })
    }
}

fn last_to_open(reasons: [Option<Shut>; 3]) -> Option<Shut> {
    reasons.into_iter().flatten().max_by_key(|shut| shut.opens_at)
}

fn shut(reason: Option<Shut>) -> Result<(), Shut> {
    reason.map_or(Ok(()), Err)
}

/// What a stamp is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// Page 0 of all groups.
    Groups,
    /// Page 0 of all users.
    Users,
    /// The first action request of an execution.
    Execution,
}

impl Side {
    fn of(self, stamps: &Stamps) -> Option<DateTime<Utc>> {
        match self {
            Self::Groups => stamps.groups,
            Self::Users => stamps.users,
            Self::Execution => stamps.execution,
        }
    }

    fn slot(self, stamps: &mut Stamps) -> &mut Option<DateTime<Utc>> {
        match self {
            Self::Groups => &mut stamps.groups,
            Self::Users => &mut stamps.users,
            Self::Execution => &mut stamps.execution,
        }
    }
}

/// The stamp of one permitted thing, over all attempts at it: written before each request that may be the counted one,
/// taken back when that request never left.
#[derive(Debug)]
pub(crate) struct Stamping {
    side: Side,
    /// What the ledger holds because of an attempt of ours that may have reached Adobe, or is about to.
    own: Option<DateTime<Utc>>,
    /// How far the next write moves the stamp of an execution that somebody else had.
    turn: TimeDelta,
    /// What to go back to should the present attempt never leave.
    undo: Option<Undo>,
}

#[derive(Debug)]
struct Undo {
    ledger: Option<DateTime<Utc>>,
    own: Option<DateTime<Utc>>,
}

impl Stamping {
    /// The stamping of the groups' page 0. The permit is used up here.
    pub(crate) fn groups(permit: MayList) -> (Self, MayListUsers) {
        let MayList { _made_by_the_gate: () } = permit;
        (
            Self { side: Side::Groups, own: None, turn: TimeDelta::zero(), undo: None },
            MayListUsers { _after_groups: () },
        )
    }

    /// Writes the stamp if it is still free, or ours: another process may have taken it since the permit, or since the
    /// last request. To be called in one transaction, immediately before the request.
    pub(crate) fn write(&mut self, gate: &Gate, stamps: &mut Stamps, now: DateTime<Utc>) -> Result<(), Shut> {
        self.undo = None;
        let held = self.side.of(stamps);
        // Before the rewriting: a clock that went back a little must not hide our own stamp from us.
        let still_ours = self.own.is_some() && held == self.own;
        gate.believe(stamps, now);
        shut(gate.silence(stamps, now))?;
        match self.side {
            // One execution has one stamp: when it began. However old it is, while it stands nobody else has executed.
            Side::Execution if still_ours => {
                let slot = self.side.slot(stamps);
                // What was rewritten to the present just now was rewritten by us.
                *slot = slot.map(|stamp| stamp + std::mem::take(&mut self.turn));
                self.own = *slot;
                return Ok(());
            }
            Side::Execution if self.own.is_some() => return Err(self.overtaken(gate, held, now)),
            // A repeated page 0 is counted by Adobe when it comes, so the stamp moves with it.
            Side::Groups | Side::Users if still_ours => {}
            // Listing opens only when both are old.
            Side::Groups => shut(gate.listing(stamps, now))?,
            Side::Users | Side::Execution => shut(gate.side(self.side, stamps, now))?,
        }
        let written = held.filter(|_| still_ours).map_or(now, |held| held.max(now));
        let slot = self.side.slot(stamps);
        self.undo = Some(Undo { ledger: if still_ours { held } else { *slot }, own: self.own });
        *slot = Some(written);
        self.own = Some(written);
        Ok(())
    }

    /// Whether an execution that has begun still has its stamp: nobody has executed, or gone on with it, since.
    /// Nothing that is looked at here is written.
    pub(crate) fn is_held(&self, gate: &Gate, stamps: &Stamps, now: DateTime<Utc>) -> Result<(), Shut> {
        let has_begun = self.side == Side::Execution && self.own.is_some();
        let is_held = !has_begun || stamps.execution == self.own;
        if is_held { Ok(()) } else { Err(self.overtaken(gate, stamps.execution, now)) }
    }

    /// Another process has executed, or gone on with this execution, and left the stamp `held`; or has taken it back.
    fn overtaken(&self, gate: &Gate, held: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Shut {
        let at = |stamp: DateTime<Utc>| stamp.min(now);
        let opens_at = held.map_or(now, |held| later(at(held), gate.every).max(now));
        Shut { opens_at, why: Why::Executed(held.or(self.own).map_or(now, at)) }
    }

    /// Whether `shut` says that another process has taken the execution over.
    pub(crate) fn was_lost(&self, shut: &Shut) -> bool {
        // Before the first stamp the same words mean that it was never ours.
        self.own.is_some() && matches!(shut.why, Why::Executed(_))
    }

    /// Takes the stamp of the present attempt back, because its request is proven not to have left. A stamp that
    /// somebody else has touched meanwhile stays, and an execution whose stamp that was is no longer ours.
    pub(crate) fn take_back(&mut self, stamps: &mut Stamps) {
        let Some(Undo { ledger, own }) = self.undo.take() else { return };
        let slot = self.side.slot(stamps);
        if *slot == self.own {
            *slot = ledger;
            self.own = own;
        }
    }
}

/// Leave to list the users, which the permit for a listing includes once its groups are read.
#[derive(Debug)]
pub(crate) struct MayListUsers {
    _after_groups: (),
}

impl MayListUsers {
    /// The stamping of the users' page 0.
    pub(crate) fn stamping(self) -> Stamping {
        let Self { _after_groups: () } = self;
        Stamping { side: Side::Users, own: None, turn: TimeDelta::zero(), undo: None }
    }
}
