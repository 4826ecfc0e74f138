//! A command that was refused in part: Adobe attempts the steps after one that failed all the same, and takes nothing back
//! (UMAPI documentation, errors). Which of its changes were carried out, whoever reads the user sees.

use crate::effects::{address_after, holds, is_same};
use crate::error::Error;
use crate::execute::Execution;
use crate::ledger::Ledger;
use crate::patience::Patience;
use std::collections::BTreeMap;
use umsync_engine::adobe::User;
use umsync_engine::change::{Account, Target};
use umsync_engine::codes::WHOLE_REQUEST;
use umsync_engine::command::{Command, Exception, Step, StepError, Verdict};

impl<L: Ledger> Execution<'_, L> {
    /// Looks at the users of commands that were refused, where some of their steps may have been carried out. Gives why
    /// nothing more may be sent, if that is so.
    pub(crate) async fn tell_apart(&mut self, verdicts: &BTreeMap<usize, Verdict>) -> Option<String> {
        if self.is_test() {
            return None;
        }
        for (position, verdict) in verdicts {
            let command = &self.commands[*position];
            let (Target::User(account), Verdict::Refused { errors }) = (&command.target, verdict) else {
                continue;
            };
            if self.looks == 0 || !may_be_done_in_part(command, errors) {
                continue;
            }
            self.looks -= 1;
            match self.found(account, &command.steps).await {
                Ok(Some(user)) => {
                    let done = command.parts().into_iter().filter(|(_, part)| holds(part, &user));
                    let exceptions: Vec<Exception> =
                        done.map(|(change, _)| Exception { change, verdict: Verdict::Done }).collect();
                    if !exceptions.is_empty() {
                        self.exceptions.insert(*position, exceptions);
                    }
                }
                // Nobody is there: nothing was done.
                Ok(None) | Err(Error::Unaddressable { .. }) => {}
                Err(error @ (Error::Shut(_) | Error::Ledger { .. } | Error::ClockOff { .. })) => {
                    return Some(error.line());
                }
                Err(error) => {
                    tracing::warn!(
                        user = account.email(),
                        "cannot be looked at, so all of it counts as refused: {}",
                        error.line()
                    );
                    self.looks = 0;
                }
            }
        }
        None
    }

    /// The user of a command, under the name before it or the one that it gives.
    async fn found(&self, account: &Account, steps: &[Step]) -> Result<Option<User>, Error> {
        let after = address_after(account, steps);
        let mut addresses = vec![account.address()];
        if !addresses.contains(&after) {
            addresses.push(after);
        }
        for address in &addresses {
            let found = self.session.find(address, Patience::READ_BACK, self.watch).await?;
            if let Some(user) = found.filter(|user| is_same(account, user)) {
                return Ok(Some(user));
            }
        }
        Ok(None)
    }
}

/// Whether a refused command may have done something.
fn may_be_done_in_part(command: &Command, errors: &[StepError]) -> bool {
    let of_all = errors.iter().any(|error| error.code.starts_with(WHOLE_REQUEST));
    // Without the account there is nothing that later steps could change. One that is pushed may be there all the same.
    let creates = matches!(command.steps.first(), Some(Step::CreateUser(_)));
    let unmade = creates && errors.iter().any(|error| error.step.is_none_or(|step| step == 0));
    command.changes.len() > 1 && !of_all && !unmade
}
