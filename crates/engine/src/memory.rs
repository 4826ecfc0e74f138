//! What earlier runs remember. Memory may hold a change back or address it; it never invents one.

use crate::directory::Anchor;
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};

/// What earlier runs remember of one organization.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Memory {
    /// Which entry has which account, by Adobe's id.
    pub links: BTreeMap<Anchor, String>,
    /// When a complete read first lacked a user, by [`account_of`](crate::diff::account_of).
    pub absences: BTreeMap<String, DateTime<Utc>>,
    /// Changes, by [`Change::fingerprint`](crate::change::Change::fingerprint), that somebody approved and that have
    /// not been sent yet.
    pub approved: BTreeSet<String>,
}

/// An entry that matched an account: worth remembering.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Match {
    /// The entry's anchor.
    pub anchor: Anchor,
    /// Adobe's id of the account.
    pub id: String,
    /// The account's email, as Adobe spells it.
    pub email: String,
    /// Where the entry stands.
    pub dn: String,
}
