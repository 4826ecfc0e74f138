//! A plan for one person alone.

use super::Work;
use crate::adobe::Snapshot;
use crate::change::{Account, Reason, Target, What};
use crate::desired::Desired;
use crate::key::{GroupName, UserKey};
use std::collections::BTreeSet;

/// Whose changes a plan for one person holds: those of the account that is matched to them, or that would be made.
pub(super) enum Whose {
    Account(Box<Account>),
    New(UserKey),
    Nobody,
}

pub(super) fn whose(place: &str, desired: &Desired, adobe: &Snapshot, pairs: &[(usize, usize)]) -> Whose {
    let Some(at) = desired.people.iter().position(|person| person.place() == place) else {
        return Whose::Nobody;
    };
    match pairs.iter().find(|(person, _)| *person == at) {
        Some((_, user)) => Account::of(&adobe.users[*user])
            .map_or(Whose::Nobody, |account| Whose::Account(Box::new(account))),
        None => Whose::New(desired.people[at].key()),
    }
}

impl Work<'_> {
    /// Only one person's changes, and the groups that they need; nobody's absence.
    pub(super) fn only(&mut self, whose: &Whose) {
        let theirs = |account: &Account| match whose {
            Whose::Account(own) => account == own.as_ref(),
            Whose::New(key) => account.id().is_none() && account.key == *key,
            Whose::Nobody => false,
        };
        self.diff.changes.retain(|change| match &change.target {
            Target::User(account) => {
                theirs(account) && !matches!(change.reason, Reason::Absent { .. } | Reason::Departed { .. })
            }
            Target::Group(_) => true,
        });
        let joined: BTreeSet<GroupName> = self
            .diff
            .changes
            .iter()
            .filter_map(|change| match &change.what {
                What::Join { group } => Some(group.clone()),
                _ => None,
            })
            .collect();
        self.diff.changes.retain(|change| match &change.target {
            Target::Group(group) => joined.contains(group),
            Target::User(_) => true,
        });
        self.diff.leavers.clear();
        self.diff.absent.clear();
        self.diff.returned.clear();
    }
}
