//! Parking: what Adobe refuses run after run is not tried again until person or user change, or a week has passed.

use crate::adobe::{Snapshot, User};
use crate::change::{Change, Target};
use crate::desired::Desired;
use crate::digest::Digester;
use crate::key::UserKey;
use crate::memory::{Failing, Memory};
use crate::person::Person;
use crate::withhold::Why;
use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use std::collections::BTreeMap;

/// A change that Adobe refused in so many runs in a row is parked.
pub const MOST_REFUSALS: u32 = 5;

/// What stands in the way may be neither the person nor the user: a parked change is tried again after so long.
pub const TRY_AGAIN: TimeDelta = TimeDelta::days(7);

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
pub(crate) fn park(
    changes: &[Change],
    desired: &Desired,
    adobe: &Snapshot,
    memory: &Memory,
    now: DateTime<Utc>,
) -> Parking {
    let mut parking = Parking::default();
    if memory.failing.is_empty() && memory.invisible.is_empty() {
        return parking;
    }
    let sides = Sides::of(desired, adobe);
    for change in changes {
        let fingerprint = change.fingerprint();
        if memory.invisible.contains(&fingerprint) {
            parking.parked.insert(change.clone(), Why::Invisible);
        }
        let Some(Failing { runs, at, digest, code, message }) = memory.failing.get(&fingerprint) else {
            continue;
        };
        let is_old = now - *at >= TRY_AGAIN;
        let present = sides.digest_of(change);
        if *runs >= MOST_REFUSALS && *digest == present && !is_old {
            parking.parked.insert(change.clone(), Why::Parked);
            parking.told.push(Parked {
                who: change.target.to_string(),
                change: fingerprint.clone(),
                runs: *runs,
                code: code.clone(),
                message: message.clone(),
            });
        }
        parking.digests.insert(fingerprint, present);
    }
    parking
}

/// People and users by what a change names them by.
struct Sides<'a> {
    by_id: BTreeMap<&'a str, &'a User>,
    by_key: BTreeMap<UserKey, &'a User>,
    people: BTreeMap<UserKey, Vec<&'a Person>>,
}

impl<'a> Sides<'a> {
    fn of(desired: &'a Desired<'_>, adobe: &'a Snapshot) -> Self {
        let mut people: BTreeMap<UserKey, Vec<&Person>> = BTreeMap::new();
        for person in desired.people {
            people.entry(person.key()).or_default().push(person);
        }
        Self {
            by_id: adobe.users.iter().filter_map(|user| Some((user.id()?, user))).collect(),
            by_key: adobe.users.iter().filter_map(|user| Some((user.key()?, user))).collect(),
            people,
        }
    }

    /// Person and user of a change as they are: when either changes, so does this.
    fn digest_of(&self, change: &Change) -> String {
        let mut digest = Digester::default();
        if let Target::User(account) = &change.target {
            let user = match account.id() {
                Some(id) => self.by_id.get(id),
                None => self.by_key.get(&account.key),
            };
            digest.take(&user);
            for person in self.people.get(&account.key).into_iter().flatten() {
                digest.take(&format!("{person:?}"));
            }
        }
        digest.end(8)
    }
}
