//! What changed since somebody last asked: one line per request instead of a hundred thousand records.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Account, Domain, GroupRecord, Org};

/// The records that were touched; their new state stands in the organization.
#[derive(Debug, Clone, Default)]
pub(super) struct Touched {
    domains: BTreeSet<String>,
    accounts: BTreeSet<u64>,
    groups: BTreeSet<u64>,
}

impl Touched {
    pub(super) fn domain(&mut self, name: String) {
        self.domains.insert(name);
    }

    pub(super) fn account(&mut self, number: u64) {
        self.accounts.insert(number);
    }

    pub(super) fn group(&mut self, number: u64) {
        self.groups.insert(number);
    }
}

/// A line of changes: records as they are now, `null` for one that is gone.
#[derive(Serialize, Deserialize)]
#[serde(
    deny_unknown_fields,
    bound(deserialize = "D: Deserialize<'de>, A: Deserialize<'de>, G: Deserialize<'de>")
)]
struct Line<D, A, G> {
    next: u64,
    #[serde(default = "BTreeMap::new", skip_serializing_if = "BTreeMap::is_empty")]
    domains: BTreeMap<String, Option<D>>,
    #[serde(default = "BTreeMap::new", skip_serializing_if = "BTreeMap::is_empty")]
    accounts: BTreeMap<u64, Option<A>>,
    #[serde(default = "BTreeMap::new", skip_serializing_if = "BTreeMap::is_empty")]
    groups: BTreeMap<u64, Option<G>>,
}

impl Org {
    /// What changed since the last call, as one line; `None` if nothing did.
    pub(crate) fn take_changes(&mut self) -> Option<String> {
        let Touched { domains, accounts, groups } = std::mem::take(&mut self.touched);
        if domains.is_empty() && accounts.is_empty() && groups.is_empty() {
            return None;
        }
        let line = Line {
            next: self.next,
            domains: domains.iter().map(|name| (name.clone(), self.domains.get(name))).collect(),
            accounts: accounts.iter().map(|number| (*number, self.accounts.get(number))).collect(),
            groups: groups.iter().map(|number| (*number, self.groups.get(number))).collect(),
        };
        Some(super::json(&line) + "\n")
    }

    /// Where nothing is kept, nobody asks.
    pub(crate) fn forget_changes(&mut self) {
        self.touched = Touched::default();
    }

    /// Reads what [`Org::dump`] wrote and the lines of changes behind it. A last line that stops in the middle was
    /// never answered for and does not count. Says, too, whether there was nothing behind the dump.
    pub(crate) fn restore(text: &str) -> Result<(Self, bool), serde_json::Error> {
        let mut json = serde_json::Deserializer::from_str(text);
        let mut org = Self::deserialize(&mut json)?;
        let mut whole = true;
        while json.end().is_err() {
            whole = false;
            match Line::deserialize(&mut json) {
                Ok(line) => org.follow(line),
                Err(error) if error.is_eof() => break,
                Err(error) => return Err(error),
            }
        }
        org.index = super::index::Index::of(&org.accounts, &org.groups);
        Ok((org, whole))
    }

    fn follow(&mut self, line: Line<Domain, Account, GroupRecord>) {
        let Line { next, domains, accounts, groups } = line;
        self.next = next;
        put(&mut self.domains, domains);
        put(&mut self.accounts, accounts);
        put(&mut self.groups, groups);
    }
}

fn put<K: Ord, V>(records: &mut BTreeMap<K, V>, changes: BTreeMap<K, Option<V>>) {
    for (key, record) in changes {
        match record {
            Some(record) => records.insert(key, record),
            None => records.remove(&key),
        };
    }
}
