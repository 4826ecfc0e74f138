//! Clearing up what a request left open, before the next one leaves.
//!
//! A lost answer says nothing: the users of that request are read back, singly. What holds is done. The rest is sent
//! once more: every command may come twice (creates ignore who is there, memberships and removals are as they were).
//! What has no answer then stays unknown, for the next run to see. An execution that goes on after it was cut short
//! clears up in the same way what it finds unknown; there, what stays unknown ends it.

use crate::call::Pragma;
use crate::effects::{address_after, hold, readdressed};
use crate::error::Error;
use crate::execute::{Ended, Execution, Open, Sent, leave_open, open};
use crate::http::Failure;
use crate::judge::Reached;
use crate::ledger::Ledger;
use crate::patience::{Patience, backoff};
use crate::progress::Wait;
use crate::split::singly;
use std::collections::BTreeMap;
use std::time::Duration;
use umsync_engine::change::Target;
use umsync_engine::command::{Command, Step, Verdict};

/// Back-ends of Adobe that throttle each other want a minute at least.
const THROTTLED: Duration = Duration::from_secs(60);

/// When so many requests in a row got no answer, the rest is not sent again: the next run sees.
const MOST_IN_VAIN: usize = 2;

/// What reading back shows about one command.
enum Look {
    /// All that it wanted is so.
    Holds,
    /// Not all of it; this is to be sent again.
    Lacks(Box<Command>),
}

impl<L: Ledger> Execution<'_, L> {
    /// Finds out what became of these commands, as far as one repetition can.
    pub(crate) async fn clear_up(
        &mut self,
        mut left: BTreeMap<usize, Open>,
        sent: Sent,
        pragma: Pragma,
    ) -> Ended {
        if left.is_empty() {
            return Ended { verdicts: BTreeMap::new(), stop: None };
        }
        // A test has changed nothing, so there is nothing to look at, and it was patient already.
        let looks = !self.is_test();
        let is_throttled = |open: &Open| matches!(open, Open::Throttled(_));
        if !looks && !left.values().any(is_throttled) {
            return Ended { verdicts: leave_open(left), stop: None };
        }
        if self.rest(&left).await.is_err() {
            return Ended { verdicts: leave_open(left), stop: None };
        }
        let mut verdicts = BTreeMap::new();
        let mut again: Vec<(usize, Command)> = Vec::new();
        let mut stop = None;
        let positions: Vec<usize> = left.keys().copied().collect();
        for position in positions {
            let command = &self.commands[position];
            match left.get(&position) {
                Some(Open::Throttled(_)) => {
                    again.push((position, command.clone()));
                    continue;
                }
                Some(Open::Splits(_)) => {
                    again.extend(singly(command).map(|command| (position, command)));
                    continue;
                }
                Some(Open::Lost { .. } | Open::PerhapsGone(_)) | None => {}
            }
            if !looks {
                continue;
            }
            match self.look(command).await {
                Ok(Look::Holds) => {
                    left.remove(&position);
                    verdicts.insert(position, Verdict::Done);
                }
                Ok(Look::Lacks(command)) => {
                    if matches!(left.get(&position), Some(Open::Lost { .. })) {
                        again.push((position, *command));
                    }
                }
                // Nobody can look at it, now or later; the others can be looked at.
                Err(Error::Unaddressable { .. }) => {
                    verdicts.extend(left.remove(&position).map(|open| (position, open.left())));
                }
                Err(error) => {
                    // Who cannot be read now will not be read in a minute: the others are not tried.
                    stop = must_stop(&error);
                    because(&mut left, &format!("reading back failed: {}", error.line()));
                    again.clear();
                    break;
                }
            }
        }
        // What took Adobe too long is not sent again as it was.
        let mut rest = again.as_slice();
        let mut in_vain = 0;
        while !rest.is_empty() && in_vain < MOST_IN_VAIN && stop.is_none() && !self.watch.is_cancelled() {
            let (piece, later) =
                rest.split_at(self.room.takes(rest.iter().map(|(_, command)| command.size())));
            match self.once_more(piece, &mut left, &mut verdicts, pragma).await {
                Ok(()) => in_vain = 0,
                Err(must_stop) => (in_vain, stop) = (in_vain + 1, must_stop),
            }
            rest = later;
        }
        if let (Sent::Before, None, Some(Open::Lost { why })) = (sent, &stop, left.values().next()) {
            // A phase is settled before the next begins, and this one is not.
            stop = Some(match self.watch.is_cancelled() {
                true => Error::Cancelled.line(),
                false => format!("what became of earlier commands cannot be found out: {why}"),
            });
        }
        verdicts.extend(leave_open(left));
        Ended { verdicts, stop }
    }

    /// Sends what is left once more. Whatever it tells goes from `left` to `verdicts`. Where no answer tells anything, the
    /// error is why nothing more may be sent, if nothing may.
    async fn once_more(
        &mut self,
        again: &[(usize, Command)],
        left: &mut BTreeMap<usize, Open>,
        verdicts: &mut BTreeMap<usize, Verdict>,
        pragma: Pragma,
    ) -> Result<(), Option<String>> {
        match self.post(again, pragma).await {
            Ok(replies) => {
                self.room.was_enough();
                for (position, reply) in replies {
                    left.remove(&position);
                    verdicts.insert(position, open(reply).map_or_else(|verdict| verdict, Open::left));
                }
                Ok(())
            }
            Err(Failure { reached, error }) => {
                self.room.was_too_much(&error);
                let line = error.line();
                for (position, _) in again {
                    // An answer that said "throttled" no longer tells the state, once the command may have come again.
                    if let (Some(open), Reached::Perhaps) = (left.get_mut(position), reached) {
                        *open = Open::Lost { why: line.clone() };
                    }
                }
                because(left, &format!("sending again failed: {line}"));
                Err((reached != Reached::Perhaps).then_some(line).or_else(|| must_stop(&error)))
            }
        }
    }

    /// Gives Adobe a rest before it is asked again.
    async fn rest(&self, left: &BTreeMap<usize, Open>) -> Result<(), Error> {
        let line = &self.session.line;
        let wait = |open: &Open| match open {
            Open::Lost { .. } => backoff(1, rand::random()),
            Open::PerhapsGone(_) | Open::Splits(_) => Duration::ZERO,
            Open::Throttled(_) => THROTTLED,
        };
        let longest = left.values().map(wait).max().unwrap_or_default();
        line.wait(line.scale().of(longest), Wait::Trouble, self.watch).await
    }

    /// Reads what a command is about.
    async fn look(&self, command: &Command) -> Result<Look, Error> {
        let (holds, found) = match &command.target {
            Target::User(account) => {
                let address = address_after(account, &command.steps);
                let found = self.session.find(&address, Patience::READ_BACK, self.watch).await?;
                (hold(account, &command.steps, found.as_ref()), found)
            }
            Target::Group(name) => {
                let only_makes = command.steps.iter().all(|step| matches!(step, Step::CreateGroup));
                (only_makes && self.session.group_exists(name).await?, None)
            }
        };
        Ok(if holds { Look::Holds } else { Look::Lacks(Box::new(readdressed(command, found.as_ref()))) })
    }
}

/// Adds to each unknown outcome why it stayed so.
fn because(left: &mut BTreeMap<usize, Open>, reason: &str) {
    for open in left.values_mut() {
        if let Open::Lost { why } = open
            && !reason.ends_with(why.as_str())
        {
            *why = format!("{why}; {reason}");
        }
    }
}

/// Whether an error means that nothing more may leave.
fn must_stop(error: &Error) -> Option<String> {
    matches!(error, Error::Shut(_) | Error::Ledger { .. } | Error::ClockOff { .. } | Error::Cancelled)
        .then(|| error.line())
}
