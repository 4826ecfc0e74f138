//! What all spellings of a name have in common, kept once for each name, however many groups list it.
//!
//! A directory of a million people has several million members in its groups. Each name is looked up once, where it is read;
//! from there on it is a number.

use crate::dn;
use hashbrown::{DefaultHashBuilder, HashTable};
use std::hash::BuildHasher as _;

/// The names of one read.
#[derive(Debug, Clone, Default)]
pub(crate) struct Keys {
    /// The keys, one after the other.
    text: Vec<u8>,
    /// Where each ends. It begins where the one before it ends.
    ends: Vec<usize>,
    /// It is looked into, and never gone through.
    found: HashTable<KeyId>,
    /// Seeded anew in every process, so that nobody can choose names that meet in the table.
    hasher: DefaultHashBuilder,
    /// Where the last name stood, see [`dn::write_key_below`].
    parent: Vec<u8>,
}

/// One of the keys, by its number. They are numbered in the order in which they came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct KeyId(u32);

impl KeyId {
    pub(crate) fn at(self) -> usize {
        self.0 as usize
    }
}

impl Keys {
    /// The key of a name as a server sends it.
    pub(crate) fn of(&mut self, name: &[u8]) -> KeyId {
        self.take(|text, parent| dn::write_key_below(name, text, parent))
    }

    /// The key of a `uniqueMember` value.
    pub(crate) fn of_unique_member(&mut self, value: &[u8]) -> KeyId {
        self.of(dn::name_of_unique_member(value))
    }

    /// This key.
    pub(crate) fn add(&mut self, key: &str) -> KeyId {
        self.take(|text, _| text.extend_from_slice(key.as_bytes()))
    }

    /// The key of a name, if it is among them.
    pub(crate) fn find_name(&mut self, name: &[u8]) -> Option<KeyId> {
        let start = self.text.len();
        dn::write_key(name, &mut self.text);
        let found = self.find_bytes(&self.text[start..]);
        self.text.truncate(start);
        found
    }

    /// This key, if it is among them.
    pub(crate) fn find(&self, key: &str) -> Option<KeyId> {
        self.find_bytes(key.as_bytes())
    }

    fn find_bytes(&self, key: &[u8]) -> Option<KeyId> {
        self.found.find(self.hasher.hash_one(key), |id| self.bytes(*id) == key).copied()
    }

    /// The key that is written behind the others.
    fn take(&mut self, write: impl FnOnce(&mut Vec<u8>, &mut Vec<u8>)) -> KeyId {
        let start = self.text.len();
        write(&mut self.text, &mut self.parent);
        let key = &self.text[start..];
        let hash = self.hasher.hash_one(key);
        if let Some(id) = self.found.find(hash, |id| self.bytes(*id) == key) {
            let id = *id;
            self.text.truncate(start);
            return id;
        }
        let id = KeyId(u32::try_from(self.ends.len()).expect("no directory lists 2^32 names"));
        self.ends.push(self.text.len());
        let Self { text, ends, found, hasher, parent: _ } = self;
        found.insert_unique(hash, id, |id| hasher.hash_one(bytes(text, ends, *id)));
        id
    }

    fn bytes(&self, id: KeyId) -> &[u8] {
        bytes(&self.text, &self.ends, id)
    }

    /// The key with this number.
    pub(crate) fn text(&self, id: KeyId) -> &str {
        std::str::from_utf8(self.bytes(id)).expect("keys are written as text")
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }
}

fn bytes<'a>(text: &'a [u8], ends: &[usize], KeyId(id): KeyId) -> &'a [u8] {
    let id = id as usize;
    let start = id.checked_sub(1).map_or(0, |before| ends[before]);
    &text[start..ends[id]]
}

/// Some of the keys.
#[derive(Debug, Clone, Default)]
pub(crate) struct Marks(Vec<bool>);

impl Marks {
    /// Takes one in; whether it is new.
    pub(crate) fn insert(&mut self, id: KeyId) -> bool {
        if self.0.len() <= id.at() {
            self.0.resize(id.at() + 1, false);
        }
        !std::mem::replace(&mut self.0[id.at()], true)
    }

    /// Whether it is among them.
    pub(crate) fn contains(&self, id: KeyId) -> bool {
        self.0.get(id.at()).is_some_and(|marked| *marked)
    }
}

impl FromIterator<KeyId> for Marks {
    fn from_iter<I: IntoIterator<Item = KeyId>>(ids: I) -> Self {
        let mut marks = Self::default();
        ids.into_iter().for_each(|id| {
            marks.insert(id);
        });
        marks
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #[test]
        fn names_of_one_key_have_one_number(names in prop::collection::vec("(cn|CN|uid)=[a-cA-C,é \\\\]{0,3}(,dc=x)?", 0..200)) {
            let (mut keys, mut known) = (Keys::default(), BTreeMap::new());
            for name in &names {
                let key = dn::key(name.as_bytes());
                let id = keys.of(name.as_bytes());
                prop_assert_eq!(keys.text(id), &key);
                prop_assert_eq!(*known.entry(key).or_insert(id), id);
            }
            prop_assert_eq!(keys.len(), known.len());
            for (key, id) in &known {
                prop_assert_eq!(keys.find(key), Some(*id));
                prop_assert_eq!(keys.add(key), *id);
            }
            prop_assert_eq!(keys.find_name(b"cn=nobody"), None);
            prop_assert_eq!(keys.len(), known.len());
        }
    }
}
