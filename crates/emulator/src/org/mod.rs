//! The state behind the API: one organization with its claimed domains, accounts and groups.
//!
//! Accounts and groups carry a number from one counter, so the same story always gives the same ids, and
//! two dumps can be compared byte for byte. Indexes over folded names stand beside the records and are rebuilt
//! when a dump is read.

mod changes;
mod domain;
mod group;
mod index;
mod seats;
mod user;
mod view;

pub use domain::{Domain, IdentityType, Login, Owner};
pub use group::GroupKind;
pub use seats::Quota;
pub use user::{AccountType, Status};
pub use view::{Group, User};

pub(crate) use group::{Found, GroupRecord};
pub(crate) use user::{Account, NewAccount, plausible_email};
pub(crate) use view::group_id;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use changes::Touched;
use index::Index;

/// An organization's whole state. Reads are cheap; every change keeps the indexes right.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Org {
    id: String,
    next: u64,
    domains: BTreeMap<String, Domain>,
    accounts: BTreeMap<u64, Account>,
    groups: BTreeMap<u64, GroupRecord>,
    #[serde(skip)]
    index: Index,
    /// What changed since the state file was last brought up to date.
    #[serde(skip)]
    touched: Touched,
}

impl Org {
    /// An organization with nobody and nothing in it.
    pub fn empty(id: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            next: 1,
            domains: BTreeMap::new(),
            accounts: BTreeMap::new(),
            groups: BTreeMap::new(),
            index: Index::default(),
            touched: Touched::default(),
        }
    }

    /// The organization's id, `…@AdobeOrg`.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The whole state as JSON, one line per record, in the order of numbers: equal states give equal bytes.
    pub fn dump(&self) -> String {
        // One record per line keeps a dump readable by people and by `diff`, and a tenth of the size of indented JSON.
        let mut out = String::from("{\"id\":");
        out += &json(&self.id);
        out += &format!(",\"next\":{}", self.next);
        lines(&mut out, "domains", &self.domains);
        lines(&mut out, "accounts", &self.accounts);
        lines(&mut out, "groups", &self.groups);
        out += "}\n";
        out
    }

    fn number(&mut self) -> u64 {
        let number = self.next;
        self.next += 1;
        number
    }
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("records have string keys and no failing serializers")
}

fn lines<K: ToString, V: Serialize>(out: &mut String, name: &str, records: &BTreeMap<K, V>) {
    *out += &format!(",\n\"{name}\":{{");
    for (at, (key, record)) in records.iter().enumerate() {
        let comma = if at == 0 { "" } else { "," };
        *out += &format!("{comma}\n{}:{}", json(&key.to_string()), json(record));
    }
    *out += "}";
}

/// How names are compared: letter case never counts ("case-insensitive", users and groups pages).
pub(crate) fn fold(name: &str) -> String {
    name.to_lowercase()
}

/// The part behind the last `@`, folded.
pub(crate) fn domain_of(email: &str) -> Option<String> {
    email.rsplit_once('@').map(|(_, domain)| fold(domain))
}

/// A set of numbers that a missing key stands for.
static NOBODY: BTreeSet<u64> = BTreeSet::new();
