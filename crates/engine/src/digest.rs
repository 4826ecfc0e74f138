//! Digests: what tells two plans, two changes or two listings apart in a few digits.

use crate::adobe::{Snapshot, User, UserTexts};
use crate::change::{Change, Target, What};
use crate::key::GroupName;
use crate::withhold::Withheld;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;

/// See [`Plan::id`](crate::plan::Plan::id). If it is to be made of anything else, or in another way, a kept plan does not fit
/// its id any more, and [`FORMAT`](crate::plan::FORMAT) is another.
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
            if before != Some(&change.target) {
                self.end_line();
                self.take_target(&change.target);
                before = Some(&change.target);
            }
            self.take_what(&change.what);
        }
        self.end_line();
    }

    /// Of users there may be a million: what tells one from another is taken as it is held. JSON has no such letters.
    fn take_target(&mut self, target: &Target) {
        match target {
            Target::Group(_) => self.write(target),
            Target::User(account) => {
                let (key, identity, adobe_id, texts) = account.parts();
                let adobe_id = if adobe_id { "adobe" } else { "" };
                self.take_texts(b'U', [key.as_str(), identity.word(), adobe_id, texts]);
            }
        }
    }

    /// As [`Digester::take_target`]: of these there may be millions.
    fn take_what(&mut self, what: &What) {
        match what {
            What::CreateUser(profile) => {
                let (identity, texts) = profile.parts();
                self.take_texts(b'C', [identity.word(), texts]);
            }
            What::Join { group } => self.take_texts(b'J', [group.spelling()]),
            What::CreateGroup
            | What::PushUser { .. }
            | What::Update(_)
            | What::Lose { .. }
            | What::Leave
            | What::Delete
            | What::Describe(_)
            | What::Attach { .. } => self.write(what),
        }
    }

    /// Each behind its length, so that none can be taken for a part of another.
    fn take_texts<const N: usize>(&mut self, kind: u8, texts: [&str; N]) {
        self.next.push(kind);
        for text in texts {
            self.next.extend_from_slice(&(text.len() as u64).to_le_bytes());
            self.next.extend_from_slice(text.as_bytes());
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adobe::Identity;
    use crate::change::{Account, Address, Profile, ProfileTexts, Reason};
    use crate::withhold::Why;
    use std::collections::BTreeSet;

    fn account(
        identity: Identity,
        id: Option<&str>,
        email: &str,
        domain: Option<&str>,
        adobe_id: bool,
    ) -> Target {
        let address = Address {
            user: domain.map_or(email, |_| "jane").to_owned(),
            domain: domain.map(str::to_owned),
            adobe_id,
        };
        Target::User(Account::new(identity, id, email, &address).into())
    }

    #[test]
    fn whatever_is_otherwise_gives_another_id() {
        let jane = account(Identity::Federated, None, "jane@example.com", None, false);
        let targets = [
            jane.clone(),
            account(Identity::Enterprise, None, "jane@example.com", None, false),
            account(Identity::Federated, Some("1"), "jane@example.com", None, false),
            account(Identity::Federated, None, "Jane@example.com", None, false),
            account(Identity::Federated, None, "jane@example.com", Some("example.com"), false),
            account(Identity::Federated, None, "jane@example.com", None, true),
            Target::Group("jane@example.com".into()),
        ];
        let profile = |identity, texts| What::CreateUser(Profile::new(identity, texts).into());
        let texts = ProfileTexts { email: "jane@example.com", ..ProfileTexts::default() };
        let whats = [
            profile(Identity::Federated, texts),
            profile(Identity::Enterprise, texts),
            profile(Identity::Federated, ProfileTexts { email: "jan@example.com", ..texts }),
            profile(Identity::Federated, ProfileTexts { first_name: Some("Jane"), ..texts }),
            profile(Identity::Federated, ProfileTexts { last_name: Some("Jane"), ..texts }),
            profile(Identity::Federated, ProfileTexts { country: Some("DE"), ..texts }),
            What::Join { group: "a".into() },
            What::Lose { group: "a".into() },
            What::Join { group: "A".into() },
            What::Join { group: "aJ".into() },
            What::Leave,
            What::Delete,
        ];
        let change = |(target, what): (&Target, &What)| Change {
            target: target.clone(),
            what: what.clone(),
            reason: Reason::NotListed,
        };
        let of_all = targets.iter().map(|target| (target, &whats[0]));
        let alone = of_all.chain(whats.iter().skip(1).map(|what| (&jane, what)));
        let alone: Vec<Vec<Change>> = alone.map(|both| vec![change(both)]).collect();
        let pairs = alone.iter().flat_map(|one| alone.iter().map(move |other| [&one[..], other].concat()));
        let all: BTreeSet<Vec<Change>> = alone.iter().cloned().chain(pairs).chain([Vec::new()]).collect();
        // Of every list of changes any of the last ones may be withheld.
        let ids = all.iter().flat_map(|changes| {
            (0..=changes.len()).map(|sent| {
                let (sent, withheld) = changes.split_at(sent);
                let withheld: Vec<Withheld> = withheld
                    .iter()
                    .map(|change| Withheld { change: change.clone(), why: Why::NoBaseline })
                    .collect();
                fingerprint("ORG", "configuration", sent, &withheld, None)
            })
        });
        let ids: Vec<String> = ids.collect();
        assert!(all.len() > 300);
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
    }
}
