//! Seats of product profiles: whoever comes when all are taken becomes a member all the same, without one.
//!
//! "The user becomes an inactive member" when licences are used up. Adobe says nothing of what happens when a seat
//! becomes free; here it goes to whoever has waited longest.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::{NOBODY, Org};

/// Seats of a product profile (`licenseQuota`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quota {
    /// That many.
    Seats(u64),
    /// `"UNLIMITED"`
    Unlimited,
}

impl fmt::Display for Quota {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Seats(seats) => write!(f, "{seats}"),
            Self::Unlimited => f.write_str("UNLIMITED"),
        }
    }
}

impl Serialize for Quota {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Seats(seats) => serializer.serialize_u64(*seats),
            Self::Unlimited => serializer.serialize_str("UNLIMITED"),
        }
    }
}

impl<'de> Deserialize<'de> for Quota {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Number(u64),
            Text(String),
        }
        let written = Written::deserialize(deserializer)
            .map_err(|_| serde::de::Error::custom("a quota is a number of seats or \"UNLIMITED\""))?;
        match written {
            Written::Number(seats) => Ok(Self::Seats(seats)),
            Written::Text(text) if text.eq_ignore_ascii_case("unlimited") => Ok(Self::Unlimited),
            Written::Text(text) => text.parse().map(Self::Seats).map_err(|_| {
                serde::de::Error::custom(format!("`{text}` is neither a number of seats nor \"UNLIMITED\""))
            }),
        }
    }
}

impl Org {
    /// The seats of a profile, where they are counted.
    fn seats(&self, profile: u64) -> Option<usize> {
        match self.groups.get(&profile)?.quota? {
            Quota::Seats(seats) => Some(usize::try_from(seats).unwrap_or(usize::MAX)),
            Quota::Unlimited => None,
        }
    }

    /// Everybody in a profile whose seats are counted.
    pub(super) fn seated_or_waiting(&self, profile: u64) -> &BTreeSet<u64> {
        self.index.reached.get(&profile).unwrap_or(&NOBODY)
    }

    /// Members of a profile that have no seat.
    pub(crate) fn waiting(&self, profile: u64) -> &[u64] {
        self.groups.get(&profile).map_or(&[], |group| &group.waiting)
    }

    /// An account got into a profile, perhaps not for the first time.
    pub(super) fn enters(&mut self, account: u64, profile: u64) {
        let Some(seats) = self.seats(profile) else { return };
        if !self.index.reached.entry(profile).or_default().insert(account) {
            return;
        }
        let members = self.seated_or_waiting(profile).len();
        if let Some(group) = self.groups.get_mut(&profile)
            && members - group.waiting.len() > seats
        {
            group.waiting.push(account);
            self.touched.group(profile);
        }
    }

    /// An account lost one of its ways into a profile, perhaps not the last.
    pub(super) fn exits(&mut self, account: u64, profile: u64) {
        if self.seats(profile).is_none() || self.reaches(account, profile) {
            return;
        }
        if let Some(reached) = self.index.reached.get_mut(&profile)
            && !reached.remove(&account)
        {
            return;
        }
        let Some(group) = self.groups.get_mut(&profile) else { return };
        if group.waiting.is_empty() {
            return;
        }
        let place = group.waiting.iter().position(|waiting| *waiting == account);
        group.waiting.remove(place.unwrap_or(0));
        self.touched.group(profile);
    }

    /// Whether an account is in a profile, directly or through a user group.
    fn reaches(&self, account: u64, profile: u64) -> bool {
        let through = |group: &u64| {
            *group == profile || self.groups.get(group).is_some_and(|group| group.profiles.contains(&profile))
        };
        self.accounts.get(&account).is_some_and(|account| account.groups.iter().any(through))
    }
}
