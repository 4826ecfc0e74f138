//! Digests: what tells two plans, two changes or two listings apart in a few digits.

use crate::adobe::{Snapshot, User, UserTexts};
use crate::change::Change;
use crate::key::GroupName;
use crate::withhold::Withheld;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;

/// See [`Plan::id`](crate::plan::Plan::id).
pub(crate) fn fingerprint(
    organization: &str,
    configuration: &str,
    changes: &[Change],
    withheld: &[Withheld],
    surplus: Option<u64>,
) -> String {
    let mut digest = Digester::default();
    digest.take(&(organization, configuration, changes.len()));
    digest.take_changes(changes.iter());
    digest.take_changes(withheld.iter().map(|withheld| &withheld.change));
    if let Some(surplus) = surplus {
        digest.take(&surplus);
    }
    digest.end(6)
}

/// Users and groups as they were listed, in any order, as sixteen hexadecimal digits.
pub(crate) fn listed(adobe: &Snapshot) -> String {
    let mut total = [0_u8; 32];
    // In whatever order Adobe lists them: the digests of users are added up.
    for user in &adobe.users {
        let User { kind, status, groups, .. } = user;
        let UserTexts { id, email, username, domain, first_name, last_name, country: _ } = user.texts();
        let mut hash = Sha256::new();
        for text in [id, username, domain, first_name, last_name].into_iter().chain([Some(email)]) {
            hash.update(text.unwrap_or_default());
            hash.update([0]);
        }
        hash.update(format!("{kind}/{status:?}"));
        for group in groups {
            hash.update([0]);
            hash.update(group.folded());
        }
        total.iter_mut().zip(hash.finalize()).for_each(|(sum, byte)| *sum = sum.wrapping_add(byte));
    }
    let mut digest = Digester::default();
    digest.take(&total);
    digest.take(&adobe.groups.keys().map(GroupName::folded).collect::<Vec<_>>());
    digest.end(8)
}

/// SHA-256 over the JSON of values, one after the other, without holding it: a first plan has millions of changes.
#[derive(Default)]
pub(crate) struct Digester {
    digest: Sha256,
    /// What comes next: JSON is written a few bytes at a time, which costs a hash more than the bytes do.
    next: Vec<u8>,
}

/// So much is digested at once.
const DIGESTED: usize = 1 << 16;

impl Digester {
    pub(crate) fn take(&mut self, value: &impl Serialize) {
        self.write(value);
        self.end_line();
    }

    /// Takes every change, a target once for all that stand together: who it is, is longer than what becomes of it.
    fn take_changes<'a>(&mut self, changes: impl Iterator<Item = &'a Change>) {
        let mut before = None;
        for change in changes {
            if before == Some(&change.target) {
                self.next.push(b',');
            } else {
                if before.is_some() {
                    self.end_line();
                }
                self.write(&change.target);
                before = Some(&change.target);
            }
            self.write(&change.what);
        }
        if before.is_some() {
            self.end_line();
        }
    }

    fn write(&mut self, value: &impl Serialize) {
        serde_json::to_writer(&mut self.next, value).expect("changes have a JSON form, and memory takes it");
    }

    fn end_line(&mut self) {
        self.next.push(b'\n');
        if self.next.len() >= DIGESTED {
            self.digest.update(&self.next);
            self.next.clear();
        }
    }

    /// The first bytes, in hexadecimal digits.
    pub(crate) fn end(mut self, bytes: usize) -> String {
        self.digest.update(&self.next);
        self.digest.finalize().iter().take(bytes).fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
    }
}
