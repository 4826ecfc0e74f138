//! Users whom Adobe counts and did not list: whoever is to be created is looked for one by one before.

use crate::failure::Failure;
use crate::ledger::StoreLedger;
use crate::program::Program;
use crate::remembering::put;
use umsync_engine::adobe::{Snapshot, User};
use umsync_engine::change::Account;
use umsync_engine::memory::Memory;
use umsync_umapi::Session;

/// So many are looked for in one run: at the 25 a minute that Adobe allows, four minutes. Whoever comes after them waits
/// for a listing that is whole, or for approval.
const MOST: usize = 100;

/// So many unusable answers in a row are about more than the names that were asked for.
const MOST_ODD: usize = 3;

/// Looks for accounts that a plan would make. Who is there joins the snapshot, and memory notes who was looked for. Tells
/// whether anybody was, so that the plan is to be made again.
pub(crate) async fn look_for(
    program: &Program,
    session: &Session<StoreLedger>,
    accounts: &[Account],
    snapshot: &mut Snapshot,
    memory: &mut Memory,
) -> Result<bool, Failure> {
    let mut there: Vec<User> = Vec::new();
    let wanted = accounts.len().min(MOST);
    let mut odd = 0;
    for (at, account) in accounts.iter().take(MOST).enumerate() {
        if program.cancel.is_cancelled() {
            return Err(Failure::Stopped);
        }
        program.bar.say(format!("looking for {}, {} of {wanted}", account.email, at + 1));
        match session.namesakes(account).await {
            Ok(found) => {
                odd = 0;
                there.extend(found);
                memory.looked_for.insert(account.key.clone());
            }
            // Nobody knows whether this one is there, so they go on waiting; nobody else waits for them.
            Err(error) if error.is_about_one_name() && odd + 1 < MOST_ODD => {
                odd += 1;
                tracing::warn!(user = account.email, %error, "nobody can tell whether this user is at Adobe");
            }
            Err(error) => return Err(error.into()),
        }
    }
    if !there.is_empty() {
        tracing::warn!(users = there.len(), looked_for = wanted, "adobe has users whom it did not list");
        let add = |snapshot: &mut Snapshot| there.iter().for_each(|user| put(snapshot, user));
        add(snapshot);
        program.store.amend_snapshot(program.organization(), add).await?;
    }
    Ok(wanted > 0)
}
