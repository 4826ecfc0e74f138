//! How many changes of each kind.

use super::counted;
use crate::change::{Change, What};
use serde::Serialize;
use std::collections::BTreeSet;
use std::fmt;

/// How many changes of each kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// User groups made.
    pub groups_created: usize,
    /// User groups made unless they were there.
    #[serde(skip_serializing_if = "is_none")]
    pub groups_pushed: usize,
    /// Accounts made.
    pub created: usize,
    /// Accounts made or updated, nobody knows which.
    #[serde(skip_serializing_if = "is_none")]
    pub pushed: usize,
    /// Accounts with changed attributes.
    pub updated: usize,
    /// Memberships given.
    pub joined: usize,
    /// Memberships taken.
    pub lost: usize,
    /// Users who leave the organization and keep their files.
    pub left: usize,
    /// Accounts deleted with their files.
    pub deleted: usize,
}

fn is_none(count: &usize) -> bool {
    *count == 0
}

impl Totals {
    /// Counts changes.
    pub fn of<'a>(changes: impl IntoIterator<Item = &'a Change>) -> Self {
        let mut totals = Self::default();
        let mut updated = BTreeSet::new();
        for change in changes {
            match &change.what {
                What::CreateGroup if change.is_push() => totals.groups_pushed += 1,
                What::CreateGroup => totals.groups_created += 1,
                What::CreateUser(_) => totals.created += 1,
                What::PushUser { .. } => totals.pushed += 1,
                What::Update(_) => {
                    updated.insert(&change.target);
                }
                What::Join { .. } => totals.joined += 1,
                What::Lose { .. } => totals.lost += 1,
                What::Leave => totals.left += 1,
                What::Delete => totals.deleted += 1,
                // Part of making a group.
                What::Describe(_) | What::Attach { .. } => {}
            }
        }
        totals.updated = updated.len();
        totals
    }
}

impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { groups_created, groups_pushed, created, pushed, updated, joined, lost, left, deleted } =
            *self;
        let parts = [
            (groups_created, "group", "groups", "created"),
            (groups_pushed, "group", "groups", "created or there already"),
            (created, "account", "accounts", "created"),
            (pushed, "account", "accounts", "created or updated"),
            (updated, "account", "accounts", "updated"),
            (joined, "membership", "memberships", "given"),
            (lost, "membership", "memberships", "taken"),
            (left, "user", "users", "leaving the organization"),
            (deleted, "account", "accounts", "deleted with all files"),
        ];
        let said: Vec<String> = parts
            .iter()
            .filter(|(count, ..)| *count > 0)
            .map(|(count, one, many, verb)| format!("{} {verb}", counted(*count, one, many)))
            .collect();
        if said.is_empty() { f.write_str("nothing") } else { f.write_str(&said.join(", ")) }
    }
}
