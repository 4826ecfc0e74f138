//! What earlier runs remember. Memory may hold a change back or address it; it never invents one.

use crate::adobe::Identity;
use crate::directory::{Anchor, DirectoryName, GroupRef};
use crate::falls::Counts;
use crate::key::{GroupName, UserKey, folded_email};
use crate::links::Links;
use crate::pack::ListLimit;
use crate::set_aside::Cover;
use crate::sorted::Sorted;
use crate::texts::Texts;
use crate::windows::Spent;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// What earlier runs remember of one organization.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Memory {
    /// Which entry has which account.
    pub links: Links,
    /// Who has been absent, by [`account_of`](crate::diff::account_of).
    pub absences: BTreeMap<String, Absence>,
    /// What an administrator has said about a leaver, by [`account_of`](crate::diff::account_of).
    pub orders: BTreeMap<String, Order>,
    /// Whom somebody has reviewed: only they are acted on, at once. `None`: nobody needs to be reviewed.
    pub reviewed: Option<Reviewed>,
    /// Who was made to leave the organization, by [folded](crate::key::fold_email) email.
    pub departures: BTreeMap<String, Departure>,
    /// Changes that Adobe refused in every run of late, by [`Change::fingerprint`](crate::change::Change::fingerprint).
    pub failing: BTreeMap<String, Failing>,
    /// Creations, by fingerprint, that Adobe answered well and whose user neither a listing nor a look at it alone shows.
    pub invisible: BTreeSet<String>,
    /// Changes, by fingerprint, that somebody approved and that have not been sent yet.
    pub approved: BTreeSet<String>,
    /// Unresolved members of directory groups, by group, with which somebody approved a plan: they freeze nothing.
    pub accepted: BTreeMap<GroupRef, BTreeSet<String>>,
    /// What the last complete reads of each directory under this configuration counted, at most
    /// [`READS`](crate::falls::READS) of them.
    pub reads: BTreeMap<DirectoryName, Vec<Counts>>,
    /// What directories that could not be read this time have ever given.
    pub gave: BTreeMap<DirectoryName, Gave>,
    /// So many accounts Adobe counts and never lists, as somebody has approved.
    pub surplus: u64,
    /// Accounts that this run has looked for one by one: whoever is there is in the snapshot.
    pub looked_for: BTreeSet<UserKey>,
    /// How much a group's command takes, as far as Adobe has said.
    pub list_limit: ListLimit,
    /// What was removed lately.
    pub spent: Spent,
    /// How many memberships we gave in each group and did not take since.
    pub given: BTreeMap<GroupName, usize>,
}

/// A list of leavers that somebody has reviewed (`leavers.list`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reviewed {
    /// Their accounts by [`account_of`](crate::diff::account_of), and how the list calls them.
    pub accounts: BTreeMap<String, String>,
    /// Rows that name no account, or several, and how they call it.
    pub unknown: BTreeSet<String>,
}

/// What one of several directories gives, or has ever given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Gave {
    /// Its people, by Adobe's id of their account and by folded address.
    pub people: Cover,
    /// The wanted groups that it had when it was last read whole.
    pub groups: BTreeSet<GroupRef>,
}

/// The account that an entry is known to have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// The identity type that the configuration gave the person when it last agreed with the account's; `None` where
    /// nobody noted it.
    pub identity: Option<Identity>,
    /// Every other email that it is known to have had, folded.
    pub former: Sorted<String>,
    /// When a run last saw entry and account together.
    pub seen_at: DateTime<Utc>,
    texts: Texts<4>,
}

/// What is written of an account that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownTexts<'a> {
    /// Of the entry.
    pub anchor: &'a Anchor,
    /// See [`Known::id`].
    pub id: &'a str,
    /// See [`Known::email`].
    pub email: &'a str,
    /// See [`Known::dn`].
    pub dn: &'a str,
}

impl Known {
    /// An account of which this is known, and that has never had another email.
    pub fn new(identity: Option<Identity>, texts: KnownTexts<'_>, seen_at: DateTime<Utc>) -> Self {
        let KnownTexts { anchor, id, email, dn } = texts;
        let texts = Texts::of([anchor.as_str(), id, email, dn].map(Some));
        Self { identity, former: Sorted::new(), seen_at, texts }
    }

    pub(crate) fn fetch(&self) -> u8 {
        self.texts.fetch()
    }

    /// The [anchor](Anchor::as_str) of the entry.
    pub fn anchor(&self) -> &str {
        self.texts.get(0).unwrap_or_default()
    }

    /// Adobe's id of the account.
    pub fn id(&self) -> &str {
        self.texts.get(1).unwrap_or_default()
    }

    /// Its email, as Adobe spelled it when it was last seen.
    pub fn email(&self) -> &str {
        self.texts.get(2).unwrap_or_default()
    }

    /// Where the entry stood when it was last seen.
    pub fn dn(&self) -> &str {
        self.texts.get(3).unwrap_or_default()
    }

    /// Every email that it is known to have had, folded.
    pub fn emails(&self) -> impl Iterator<Item = Cow<'_, str>> {
        let former = self.former.iter().map(|email| Cow::Borrowed(email.as_str()));
        [folded_email(self.email())].into_iter().chain(former)
    }

    /// Whether it says of an entry and its account what is so: there is nothing to remember but that it still is.
    pub fn says(&self, id: &str, identity: Identity, email: &str, dn: &str) -> bool {
        let [_, texts @ ..] = self.texts.all();
        self.identity == Some(identity) && texts == [id, email, dn].map(Some)
    }
}

/// A managed user who was absent in the last complete read, or of whom it said that they have left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Absence {
    /// Since when.
    pub since: DateTime<Utc>,
    /// In how many complete reads in a row, the first one and the present one included. Reads that come soon after
    /// another count once with it: three looks in a minute see the same outage.
    pub reads: u32,
}

/// What tells that somebody has left, beside their absence.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// The directory does not let the account log in.
    Disabled,
    /// The directory's account ended then.
    Expired {
        /// When.
        at: DateTime<Utc>,
    },
    /// A group of `leavers.groups` lists the entry.
    Listed {
        /// As the configuration names it.
        group: String,
    },
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Disabled => f.write_str("disabled in the directory"),
            Self::Expired { at } => {
                write!(f, "their account in the directory ended on {}", at.format("%Y-%m-%d"))
            }
            Self::Listed { group } => write!(f, "listed by {group}"),
        }
    }
}

/// What a complete read says of a leaver, to be remembered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Absent {
    /// The account's email, as Adobe spells it.
    pub email: String,
    /// What tells that they have left; `None` where only their entry is missing.
    pub evidence: Option<Evidence>,
}

/// What an administrator has said about a leaver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// Nothing is done about them.
    Hold {
        /// Until then, or until they are released.
        until: Option<DateTime<Utc>>,
    },
    /// `leavers.grace` and `leavers.reads` are not waited for.
    Expedite,
}

impl Order {
    /// Whether it is still to be obeyed.
    pub fn holds_at(self, now: DateTime<Utc>) -> bool {
        !matches!(self, Self::Hold { until: Some(until) } if until <= now)
    }
}

/// Somebody who was made to leave the organization, or lost groups that the mapping does not name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Departure {
    /// Their email then.
    pub email: String,
    /// When it was sent.
    pub at: DateTime<Utc>,
    /// Groups outside the managed ones that they were in, in Adobe's spelling, sorted: nobody gives them back.
    pub groups: Vec<String>,
}

/// A change that Adobe refuses run after run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failing {
    /// In so many runs in a row.
    pub runs: u32,
    /// When it was last refused.
    pub at: DateTime<Utc>,
    /// Of the person and the user as they were when it was last planned; empty where nobody noted it.
    pub digest: String,
    /// Adobe's last code.
    pub code: String,
    /// Adobe's last words.
    pub message: String,
}

/// An entry that matched an account: worth remembering.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Match {
    /// The entry's anchor.
    pub anchor: Anchor,
    /// Adobe's id of the account.
    pub id: String,
    /// The identity type that the configuration gives the person, or gave them while it agreed with the account's.
    pub identity: Identity,
    /// The account's email, as Adobe spells it.
    pub email: String,
    /// Where the entry stands.
    pub dn: String,
}
