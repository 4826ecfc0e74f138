//! Look-ups over folded names, beside the records they lead to.

use std::collections::{BTreeMap, BTreeSet};

use super::{Account, GroupRecord, Quota, fold};

#[derive(Debug, Clone, Default)]
pub(super) struct Index {
    pub(super) emails: BTreeMap<String, BTreeSet<u64>>,
    pub(super) usernames: BTreeMap<String, BTreeSet<u64>>,
    pub(super) groups: BTreeMap<String, u64>,
    /// Group to direct members; the records hold the other direction.
    pub(super) members: BTreeMap<u64, BTreeSet<u64>>,
    /// Profile with counted seats to everybody in it, directly or through a user group.
    pub(super) reached: BTreeMap<u64, BTreeSet<u64>>,
}

impl Index {
    pub(super) fn of(accounts: &BTreeMap<u64, Account>, groups: &BTreeMap<u64, GroupRecord>) -> Self {
        let mut index = Self::default();
        for (number, account) in accounts {
            index.enter(*number, account);
            for group in &account.groups {
                index.members.entry(*group).or_default().insert(*number);
                for profile in
                    groups.get(group).into_iter().flat_map(|record| &record.profiles).chain([group])
                {
                    if groups.get(profile).is_some_and(|record| matches!(record.quota, Some(Quota::Seats(_))))
                    {
                        index.reached.entry(*profile).or_default().insert(*number);
                    }
                }
            }
        }
        for (number, group) in groups {
            index.groups.insert(fold(&group.name), *number);
        }
        index
    }

    pub(super) fn enter(&mut self, number: u64, account: &Account) {
        self.emails.entry(fold(&account.email)).or_default().insert(number);
        self.usernames.entry(fold(&account.username)).or_default().insert(number);
    }

    pub(super) fn forget(&mut self, number: u64, account: &Account) {
        take(&mut self.emails, fold(&account.email), number);
        take(&mut self.usernames, fold(&account.username), number);
    }
}

/// Takes one number out, and the key with the last one, so that maps do not fill with empty sets.
pub(super) fn take<K: Ord>(map: &mut BTreeMap<K, BTreeSet<u64>>, key: K, number: u64) {
    if let Some(set) = map.get_mut(&key) {
        set.remove(&number);
        if set.is_empty() {
            map.remove(&key);
        }
    }
}
