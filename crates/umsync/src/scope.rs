//! How much of a fresh plan a run is about: all of it, exactly a kept plan, or one person.

use crate::approvals::Approvals;
use crate::failure::Failure;
use crate::ledger::StoreLedger;
use std::collections::BTreeSet;
use umsync_engine::adobe::Status;
use umsync_engine::change::{Change, Target, What};
use umsync_engine::key::{GroupName, UserKey};
use umsync_engine::plan::Plan;
use umsync_engine::saved::{Exact, SavedPlan, exactly, is_read_back};
use umsync_umapi::Session;

/// How much of a fresh plan a run is about.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Scope<'a> {
    /// All of it.
    Whole,
    /// The changes of a kept plan that still hold.
    Exactly(&'a SavedPlan),
    /// One person: email, username or DN.
    Person(&'a str),
}

/// The person whom [`Scope::Person`] names, as the directory and Adobe know them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Somebody {
    /// Of the account that they have or should have.
    pub(crate) key: UserKey,
    /// Adobe's id of the account that they have.
    pub(crate) id: Option<String>,
}

impl Scope<'_> {
    /// The part of a fresh plan that this run is about, and what a kept plan wanted and does not hold any more.
    /// `person` is whom [`Scope::Person`] names.
    pub(crate) async fn of(
        &self,
        fresh: Plan,
        approvals: &Approvals,
        session: &Session<StoreLedger>,
        person: Option<&Somebody>,
    ) -> Result<Exact, Failure> {
        match self {
            Self::Whole => Ok(Exact { plan: fresh, stale: Vec::new() }),
            Self::Person(_) => Ok(Exact { plan: of_person(&fresh, person), stale: Vec::new() }),
            Self::Exactly(saved) => {
                let Exact { plan, mut stale } = exactly(saved, &fresh, &approvals.of(saved.id()));
                let gone = read_back(&plan, session).await?;
                if gone.is_empty() {
                    return Ok(Exact { plan, stale });
                }
                let lost = |change: &Change| gone.contains(&change.fingerprint());
                stale.extend(plan.changes().iter().filter(|change| lost(change)).cloned());
                let withheld = plan.withheld().to_vec();
                Ok(Exact { plan: plan.only(|change| !lost(change), withheld), stale })
            }
        }
    }
}

/// Never acts on absence: whoever is asked for is in the directory, and nobody else is touched.
fn of_person(fresh: &Plan, person: Option<&Somebody>) -> Plan {
    let theirs = |change: &Change| match (&change.target, person) {
        (Target::User(account), Some(Somebody { key, id })) => {
            change.what != What::Leave && (account.key == *key || (id.is_some() && account.id == *id))
        }
        _ => false,
    };
    let joins: BTreeSet<&GroupName> = fresh
        .changes()
        .iter()
        .filter(|change| theirs(change))
        .filter_map(|change| match &change.what {
            What::Join { group } => Some(group),
            _ => None,
        })
        .collect();
    // A group that they shall join has to be there.
    let needed = |change: &Change| matches!(&change.target, Target::Group(group) if joins.contains(group));
    let wanted: BTreeSet<String> = fresh
        .changes()
        .iter()
        .filter(|change| theirs(change) || needed(change))
        .map(Change::fingerprint)
        .collect();
    let withheld = fresh.withheld().iter().filter(|withheld| theirs(&withheld.change)).cloned().collect();
    fresh.only(|change| wanted.contains(&change.fingerprint()), withheld)
}

/// Leaving and changes of identity are looked at singly just before: those whose account is not what the plan expects.
async fn read_back(plan: &Plan, session: &Session<StoreLedger>) -> Result<BTreeSet<String>, Failure> {
    let mut gone = BTreeSet::new();
    for change in plan.changes().iter().filter(|change| is_read_back(change)) {
        let Target::User(account) = &change.target else { continue };
        let found = session.user(&account.address).await?;
        let expected = found.is_some_and(|user| {
            let same = account.id.is_none() || user.id == account.id;
            same && user.status == Status::Active && user.kind.known() == Some(account.identity)
        });
        if !expected {
            gone.insert(change.fingerprint());
        }
    }
    Ok(gone)
}
