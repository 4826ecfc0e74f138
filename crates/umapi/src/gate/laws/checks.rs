//! What must be true of the world.

use super::super::{Gate, LEAST_EVERY, Opens, Shut, Side, Why};
use super::world::{Cause, Hold, Job, Phase, Request, World};
use super::{CLOCKS, EVERY, SILENCE};
use umsync_engine::stamps::Stamps;

impl World {
    /// Law: never two listings, never two executions, inside `every`. Law: page 0 at most three times under one
    /// permit, and never after a 200.
    pub(super) fn reaches_adobe(&mut self, request: Request) {
        let same_side = || self.requests.iter().filter(|other| other.side == request.side);
        let same = same_side().filter(|other| other.id == request.id).count();
        // An execution is counted by its first request, wherever the later ones are; one that was continued after a
        // crash, perhaps before its first request, by its stamp; and so is what left late.
        let counts = |request: &Request| {
            !request.late
                && (request.side != Side::Execution
                    || !self.continued.contains(&request.id) && request.number == 0)
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

    /// Law: from the first action request of a process that took an execution over, or began another, who had it before
    /// sends at most the one request whose check had passed.
    pub(super) fn is_in_one_hand(&mut self, job: &mut Job) {
        if job.stamping.side != Side::Execution {
            return;
        }
        match job.hold {
            Hold::Holds => {}
            Hold::OneMore => {
                self.tally.one_more += 1;
                job.hold = Hold::Nothing;
                return;
            }
            Hold::Nothing => panic!("a request of an execution that another has: {job:?}"),
        }
        if job.requests > 0 {
            return;
        }
        let others = self.processes.iter_mut().filter_map(|process| process.job.as_mut());
        for other in others.filter(|other| other.stamping.side == Side::Execution) {
            if other.stamping.own.is_some() && other.claim < job.claim && other.hold == Hold::Holds {
                let checked = matches!(other.phase, Phase::Send { .. });
                other.hold = if checked { Hold::OneMore } else { Hold::Nothing };
            }
        }
    }

    /// Law: while a stored silence lasts nothing leaves.
    pub(super) fn must_not_be_silent(&self) {
        for (since, lasts) in &self.silences {
            let left = since + lasts - self.now;
            assert!(left <= CLOCKS, "a call during a silence that lasts {left} s more");
        }
    }

    /// Law: the gate is closed only because of something that happened, and no longer than the design says. `fast` is
    /// how fast the clock was that said so.
    pub(super) fn must_have_a_cause(&self, fast: i64, shut: &Shut) {
        let side = match shut.why {
            Why::UsersListed(_) => Some(Side::Users),
            Why::GroupsListed(_) => Some(Side::Groups),
            Why::Executed(_) => Some(Side::Execution),
            Why::Silence(_) => None,
        };
        let until = self.seconds(shut.opens_at) - fast;
        if until <= self.now && matches!(shut.why, Why::Executed(_)) {
            // It says only that another has executed.
            return;
        }
        let why = self.causes.iter().any(|cause| cause.side == side && until <= cause.until);
        assert!(why, "closed until {until} at {} without cause: {shut:?}, {:?}", self.now, self.causes);
        assert!(until - self.now <= EVERY.max(SILENCE) + CLOCKS);
    }

    /// A clock that is right has looked: what was in the future is now, and closes from now on.
    pub(super) fn seen(&mut self) {
        for side in std::mem::take(&mut self.future) {
            self.tally.futures += 1;
            let lasts = if side.is_some() { EVERY } else { SILENCE };
            self.causes.push(Cause { side, job: None, since: self.now, until: self.now + lasts + CLOCKS });
        }
    }

    /// Law: asking never closes anything further.
    pub(super) fn only_lowered(&self, before: &Stamps) {
        for side in [Side::Users, Side::Groups, Side::Execution] {
            assert!(side.of(&self.stamps) <= side.of(before));
        }
        assert!(self.stamps.closed_until <= before.closed_until);
    }

    /// Law: when nothing happens any more, everything opens.
    pub(super) fn opens_in_the_end(&mut self) {
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
