//! Parking: what Adobe refuses run after run is not tried again until person or user change.

use crate::adobe::Snapshot;
use crate::change::{Change, Target};
use crate::desired::Desired;
use crate::memory::{Failing, Memory};
use crate::plan::Digester;
use crate::withhold::Why;
use serde::Serialize;
use std::collections::BTreeMap;

/// A change that Adobe refused in so many runs in a row is parked.
pub const MOST_REFUSALS: u32 = 5;

/// A parked change, for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Parked {
    /// Whom it is about.
    pub who: String,
    /// [`Change::fingerprint`] of it.
    pub change: String,
    /// In how many runs in a row it was refused.
    pub runs: u32,
    /// Adobe's last code.
    pub code: String,
    /// Adobe's last words.
    pub message: String,
}

/// What is parked, and what to remember of everything that fails.
#[derive(Debug, Default)]
pub(crate) struct Parking {
    pub(crate) parked: BTreeMap<Change, Why>,
    pub(crate) told: Vec<Parked>,
    pub(crate) digests: BTreeMap<String, String>,
}

/// Looks through the changes for those that failed before.
pub(crate) fn park(changes: &[Change], desired: &Desired, adobe: &Snapshot, memory: &Memory) -> Parking {
    let mut parking = Parking::default();
    if memory.failing.is_empty() && memory.invisible.is_empty() {
        return parking;
    }
    for change in changes {
        let fingerprint = change.fingerprint();
        if memory.invisible.contains(&fingerprint) {
            parking.parked.insert(change.clone(), Why::Invisible);
        }
        let Some(Failing { runs, digest, code, message }) = memory.failing.get(&fingerprint) else {
            continue;
        };
        let now = digest_of(change, desired, adobe);
        if *runs >= MOST_REFUSALS && *digest == now {
            parking.parked.insert(change.clone(), Why::Parked);
            parking.told.push(Parked {
                who: change.target.to_string(),
                change: fingerprint.clone(),
                runs: *runs,
                code: code.clone(),
                message: message.clone(),
            });
        }
        parking.digests.insert(fingerprint, now);
    }
    parking
}

/// Person and user of a change as they are: when either changes, so does this.
fn digest_of(change: &Change, desired: &Desired, adobe: &Snapshot) -> String {
    let mut digest = Digester::default();
    if let Target::User(account) = &change.target {
        let user = adobe.users.iter().find(|user| match &account.id {
            Some(id) => user.id.as_ref() == Some(id),
            None => user.key().as_ref() == Some(&account.key),
        });
        digest.take(&user);
        for person in desired.people.iter().filter(|person| person.key() == account.key) {
            digest.take(&format!("{person:?}"));
        }
    }
    digest.end(8)
}
