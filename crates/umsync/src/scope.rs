//! How much of a fresh plan a run is about: all of it, exactly a kept plan, or one person.

use crate::approvals::Approvals;
use crate::failure::Failure;
use crate::ledger::StoreLedger;
use std::collections::BTreeSet;
use umsync_engine::adobe::{Status, User};
use umsync_engine::change::{Account, Change, Target};
use umsync_engine::key::GroupName;
use umsync_engine::plan::Plan;
use umsync_engine::rules::Protect;
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

impl Scope<'_> {
    /// The part of a fresh plan that this run is about, and what a kept plan wanted and does not hold any more. A plan
    /// for one person is made for them alone.
    pub(crate) async fn of(
        &self,
        fresh: Plan,
        approvals: &Approvals,
        session: &Session<StoreLedger>,
        protect: &Protect,
    ) -> Result<Exact, Failure> {
        match self {
            Self::Whole | Self::Person(_) => Ok(Exact { plan: fresh, stale: Vec::new() }),
            Self::Exactly(saved) => {
                let Exact { plan, mut stale } = exactly(saved, &fresh, &approvals.of(saved.id()));
                let gone = read_back(&plan, session, protect).await?;
                if gone.is_empty() {
                    return Ok(Exact { plan, stale });
                }
                let lost = |change: &Change| gone.contains(&change.target);
                stale.extend(plan.changes().iter().filter(|change| lost(change)).cloned());
                let withheld = plan.withheld().to_vec();
                Ok(Exact { plan: plan.only(|change| !lost(change), withheld), stale })
            }
        }
    }
}

/// Leaving and changes of identity are looked at singly just before: the accounts that are not what the plan expects, or
/// are protected by now. Nothing at all is done to them.
async fn read_back(
    plan: &Plan,
    session: &Session<StoreLedger>,
    protect: &Protect,
) -> Result<BTreeSet<Target>, Failure> {
    let mut gone = BTreeSet::new();
    for change in plan.changes().iter().filter(|change| is_read_back(change)) {
        let Target::User(account) = &change.target else { continue };
        let found = session.user(&account.address()).await?;
        let expected = found.is_some_and(|user| is_as_planned(account, &user, protect, change));
        if !expected {
            gone.insert(change.target.clone());
        }
    }
    Ok(gone)
}

/// Whether an account is what a plan to remove or rename it expects, and neither protected nor somebody's who may not go.
pub(crate) fn is_as_planned(account: &Account, user: &User, protect: &Protect, change: &Change) -> bool {
    let same = account.id().is_none() || user.id() == account.id();
    let usable = user.status == Status::Active && user.kind.known() == Some(account.identity);
    let has_role = user.groups.iter().any(GroupName::is_administrative);
    let may_go = protect.of_user(user).is_none() && !(change.is_departure() && has_role);
    same && usable && may_go
}
