//! Users whom Adobe counts and did not list: whoever is to be created is looked for one by one before.

use crate::failure::Failure;
use crate::ledger::StoreLedger;
use crate::program::Program;
use crate::remembering::put;
use chrono::TimeDelta;
use umsync_engine::adobe::{Snapshot, User};
use umsync_engine::change::Account;
use umsync_engine::memory::Memory;
use umsync_umapi::Session;

/// After so many requests, or so long, nobody else is looked for: at the 25 a minute that Adobe allows it is four minutes,
/// in which no other run gets at the organization. Whoever comes after them waits for the next run or a whole listing.
const MOST: usize = 100;
const MOST_TIME: TimeDelta = TimeDelta::minutes(5);

/// What one account takes at most: two names, and whoever stands beside each.
const MOST_FOR_ONE: usize = 4;

/// So many are a minute's worth. Whoever looked for longer than that does not know any more what the directory says.
const SHORT: usize = 25;
const SHORT_TIME: TimeDelta = TimeDelta::minutes(1);

/// So many unusable answers in a row are about more than the names that were asked for.
const MOST_ODD: usize = 3;

/// What became of looking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Looked {
    /// There was nobody to look for.
    ForNobody,
    /// Somebody was looked for: the plan is to be made again.
    Briefly,
    /// It took so long that the directory is to be read again, too.
    Long,
}

/// Looks for accounts that a plan would make. Who is there joins the snapshot, and memory notes who was looked for.
pub(crate) async fn look_for(
    program: &Program,
    session: &Session<StoreLedger>,
    accounts: &[Account],
    snapshot: &mut Snapshot,
    memory: &mut Memory,
) -> Result<Looked, Failure> {
    if accounts.is_empty() {
        return Ok(Looked::ForNobody);
    }
    let begun = program.now();
    let mut there: Vec<User> = Vec::new();
    let (mut requests, mut looked_for, mut odd) = (0, 0, 0);
    for account in accounts {
        if requests >= MOST || program.now() - begun > MOST_TIME {
            break;
        }
        if program.cancel.is_cancelled() {
            return Err(Failure::Stopped);
        }
        looked_for += 1;
        program.bar.say(format!("looking for {}, {looked_for} of {}", account.email(), accounts.len()));
        match session.namesakes(account).await {
            Ok(found) => {
                odd = 0;
                requests += found.requests;
                there.extend(found.users);
                memory.looked_for.insert(account.key.clone());
            }
            // Nobody knows whether this one is there, so they go on waiting; nobody else waits for them.
            Err(error) if error.is_about_one_name() && odd + 1 < MOST_ODD => {
                odd += 1;
                requests += MOST_FOR_ONE;
                tracing::warn!(user = account.email(), %error, "nobody can tell whether this user is at Adobe");
            }
            Err(error) => return Err(error.into()),
        }
    }
    if !there.is_empty() {
        tracing::warn!(users = there.len(), looked_for, "adobe has users whom it did not list");
        let add = |snapshot: &mut Snapshot| there.iter().for_each(|user| put(snapshot, user));
        add(snapshot);
        program.store.amend_snapshot(program.organization(), add).await?;
    }
    let is_long = requests > SHORT || program.now() - begun > SHORT_TIME;
    Ok(if is_long { Looked::Long } else { Looked::Briefly })
}
