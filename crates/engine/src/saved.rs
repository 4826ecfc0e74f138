//! A plan that was kept: what somebody reviewed, to be approved or executed exactly.

use crate::change::{Change, Target, What};
use crate::digest::fingerprint;
use crate::directory::GroupRef;
use crate::plan::{FORMAT, Plan};
use crate::unread::Unread;
use crate::withhold::{Why, Withheld};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// What a kept plan says about changes. Its id has been proven to belong to them.
#[derive(Debug, Clone, PartialEq)]
pub struct SavedPlan(Parts);

/// Why a kept plan cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SavedPlanError {
    /// It is no plan of this program.
    #[error("it is no plan that `umsync plan --out` wrote")]
    NotAPlan(#[source] serde_json::Error),
    /// A later version wrote it, or one that nobody knows.
    #[error(
        "its form is number {format}, and this umsync reads form {FORMAT}; use the umsync that wrote it, or plan anew"
    )]
    OtherFormat {
        /// As it says.
        format: u64,
    },
    /// Somebody changed it.
    #[error("its changes do not belong to its id {id}: it has been altered since it was written; plan anew")]
    Altered {
        /// The id it bears.
        id: String,
    },
}

/// What the JSON form says, before anything is proven.
#[derive(Debug, Clone, PartialEq, Deserialize)]
struct Parts {
    id: String,
    organization: String,
    configuration: String,
    person: Option<String>,
    changes: Vec<Change>,
    withheld: Vec<Withheld>,
    /// Missing in plans of earlier versions, which froze nothing.
    #[serde(default)]
    freezing: BTreeMap<GroupRef, BTreeSet<String>>,
    /// Missing in plans of earlier versions, which had one directory.
    #[serde(default)]
    unread: Vec<Unread>,
    /// Missing in plans of earlier versions, which accepted none.
    #[serde(default)]
    surplus: Option<u64>,
    /// Missing where Adobe's side was not listed.
    adobe: Option<Counted>,
}

/// When Adobe's side was read, and counted.
#[derive(Debug, Clone, PartialEq, Deserialize)]
struct Counted {
    read_at: DateTime<Utc>,
}

impl SavedPlan {
    /// Reads the JSON form of a [`Plan`], and proves that nobody changed it.
    pub fn parse(plan: &serde_json::Value) -> Result<Self, SavedPlanError> {
        // Before anything else is understood: what another form means nobody can say here.
        match plan.get("format").and_then(serde_json::Value::as_u64) {
            Some(format) if format != u64::from(FORMAT) => {
                return Err(SavedPlanError::OtherFormat { format });
            }
            Some(_) | None => {}
        }
        let parts = Parts::deserialize(plan).map_err(SavedPlanError::NotAPlan)?;
        let Parts {
            id,
            organization,
            configuration,
            person: _,
            changes,
            withheld,
            freezing: _,
            unread: _,
            surplus,
            adobe: _,
        } = &parts;
        if fingerprint(organization, configuration, changes, withheld, *surplus) != *id {
            return Err(SavedPlanError::Altered { id: id.clone() });
        }
        Ok(Self(parts))
    }

    /// As [`Plan::id`].
    pub fn id(&self) -> &str {
        &self.0.id
    }

    /// As [`Plan::organization`].
    pub fn organization(&self) -> &str {
        &self.0.organization
    }

    /// As [`Plan::configuration`].
    pub fn configuration(&self) -> &str {
        &self.0.configuration
    }

    /// Whether it is about everybody: not about one person alone, nor made while a directory could not be read.
    pub fn is_whole(&self) -> bool {
        self.0.person.is_none() && self.0.unread.is_empty()
    }

    /// What it would send.
    pub fn changes(&self) -> &[Change] {
        &self.0.changes
    }

    /// What it withholds.
    pub fn withheld(&self) -> &[Withheld] {
        &self.0.withheld
    }

    /// As [`Plan::surplus`].
    pub fn surplus(&self) -> Option<u64> {
        self.0.surplus
    }

    /// When Adobe counted what [`Self::surplus`] says.
    pub fn counted_at(&self) -> Option<DateTime<Utc>> {
        self.0.adobe.as_ref().map(|adobe| adobe.read_at)
    }

    /// As [`Plan::freezing`].
    pub fn freezing(&self) -> &BTreeMap<GroupRef, BTreeSet<String>> {
        &self.0.freezing
    }

    /// As [`Plan::unread`].
    pub fn unread(&self) -> &[Unread] {
        &self.0.unread
    }

    /// The withheld changes by [`Change::fingerprint`]: what its approval lifts. What waits for a directory nobody could
    /// review.
    pub fn lifts(&self) -> BTreeSet<String> {
        let reviewed = self.0.withheld.iter().filter(|withheld| withheld.why != Why::Unread);
        reviewed.map(|withheld| withheld.change.fingerprint()).collect()
    }
}

/// A kept plan as far as it still holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Exact {
    /// The part of the fresh plan that the kept one names.
    pub plan: Plan,
    /// Changes of the kept plan that do not hold any more.
    pub stale: Vec<Change>,
}

/// The changes of a kept plan that a fresh plan of the same world would send too, and nothing else. What the fresh plan
/// withholds stays withheld, whatever the kept one said; and so does what the kept one withheld, unless its own approval
/// (`approved`, by [`Change::fingerprint`]) lifts it. Whatever the fresh plan lacks, because the value to be replaced, the
/// account or the person is another, or somebody is protected now, is stale.
pub fn exactly(saved: &SavedPlan, fresh: &Plan, approved: &BTreeSet<String>) -> Exact {
    let saved_lifts = saved.lifts();
    let lifted: BTreeSet<String> = saved_lifts.intersection(approved).cloned().collect();
    let mut wanted: BTreeSet<String> = saved.changes().iter().map(Change::fingerprint).collect();
    wanted.extend(lifted.iter().cloned());
    let said = wanted.clone();
    without_what_they_need(&mut wanted, fresh);
    let would_send: BTreeSet<String> = fresh.changes().iter().map(Change::fingerprint).collect();
    let mut withheld: Vec<Withheld> = fresh
        .withheld()
        .iter()
        .filter(|withheld| {
            let fingerprint = withheld.change.fingerprint();
            wanted.contains(&fingerprint) || saved_lifts.contains(&fingerprint)
        })
        .cloned()
        .collect();
    let not_lifted = saved.withheld().iter().filter(|withheld| {
        let fingerprint = withheld.change.fingerprint();
        would_send.contains(&fingerprint) && !said.contains(&fingerprint)
    });
    withheld.extend(not_lifted.cloned());
    let there: BTreeSet<String> = would_send
        .into_iter()
        .chain(fresh.withheld().iter().map(|withheld| withheld.change.fingerprint()))
        .collect();
    let all = saved.changes().iter().chain(saved.withheld().iter().map(|withheld| &withheld.change));
    let stale = all
        .filter(|change| {
            let fingerprint = change.fingerprint();
            said.contains(&fingerprint) && !(wanted.contains(&fingerprint) && there.contains(&fingerprint))
        })
        .cloned()
        .collect();
    Exact { plan: fresh.only(|change| wanted.contains(&change.fingerprint()), withheld), stale }
}

/// Takes out what needs an account or a group that the fresh plan would make and the kept one does not name like that.
fn without_what_they_need(wanted: &mut BTreeSet<String>, fresh: &Plan) {
    let makes = |change: &&Change| {
        matches!(change.what, What::CreateUser(_) | What::PushUser { .. } | What::CreateGroup)
    };
    let unmade: BTreeSet<&Target> = fresh
        .changes()
        .iter()
        .chain(fresh.withheld().iter().map(|withheld| &withheld.change))
        .filter(makes)
        .filter(|change| !wanted.contains(&change.fingerprint()))
        .map(|change| &change.target)
        .collect();
    for change in fresh.changes() {
        let group = match &change.what {
            What::Join { group } => Some(Target::Group(group.clone())),
            _ => None,
        };
        if unmade.contains(&change.target) || group.is_some_and(|group| unmade.contains(&group)) {
            wanted.remove(&change.fingerprint());
        }
    }
}

/// Whether a change is read back singly just before it is sent: it cannot be undone, or moves an identity.
pub fn is_read_back(change: &Change) -> bool {
    change.is_departure() || change.is_identity()
}
