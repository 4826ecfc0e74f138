//! One entry as bytes, before and while it becomes text: the same for a file and for a server.
//!
//! Values are decoded one by one. One value that is not UTF-8 must cost neither the other values of its attribute nor
//! the entry: an attribute that silently vanishes looks like a membership or a mail that was taken away.

use crate::dn::{fold_text, key, unique_member_key};
use crate::{account, anchors};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use umsync_engine::attributes::Attributes;
use umsync_engine::directory::Entry;
use umsync_engine::sorted::Sorted;

/// The names of attributes as all entries of a read share them.
pub(crate) fn names(wanted: &BTreeSet<String>) -> Arc<[Box<str>]> {
    wanted.iter().map(|name| name.as_str().into()).collect()
}

/// Attributes with which a group lists its members: by name (RFC 4519) and by `uid` (RFC 2307).
pub(crate) const MEMBERS: [&str; 3] = ["member", "uniquemember", "memberuid"];

/// One entry of a source.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Record {
    /// The name as the source spells it.
    pub(crate) dn: Vec<u8>,
    /// Sorted by name. They are a handful: a list is faster than a map, and smaller.
    attributes: Vec<Attribute>,
}

/// The values of one attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Attribute {
    /// In lower case and without options.
    name: String,
    /// Those without options come first.
    values: Vec<Vec<u8>>,
    /// How many of them came without options.
    plain: usize,
}

impl Record {
    pub(crate) fn new(dn: Vec<u8>) -> Self {
        Self { dn, ..Self::default() }
    }

    /// Adds a value. `description` is an attribute name with its options: `cn;lang-fr` is a `cn`, `userCertificate;binary`
    /// a `userCertificate` (RFC 4512, section 2.5).
    pub(crate) fn add(&mut self, description: &str, value: Vec<u8>) {
        let (name, options) = description.split_once(';').unwrap_or((description, ""));
        let name = name.trim();
        let at = self.attributes.iter().position(|known| known.name.eq_ignore_ascii_case(name));
        let at = at.unwrap_or_else(|| {
            let name = name.to_ascii_lowercase();
            let at = self.attributes.partition_point(|known| known.name < name);
            self.attributes.insert(at, Attribute { name, values: Vec::new(), plain: 0 });
            at
        });
        let Attribute { name: _, values, plain } = &mut self.attributes[at];
        if options.is_empty() {
            values.insert(*plain, value);
            *plain += 1;
        } else {
            values.push(value);
        }
    }

    /// All values of an attribute, by its lower-case name.
    pub(crate) fn values(&self, attribute: &str) -> &[Vec<u8>] {
        let found = self.attributes.iter().find(|known| known.name == attribute);
        found.map_or(&[], |found| found.values.as_slice())
    }

    /// The values of an attribute that are text.
    pub(crate) fn texts<'a>(&'a self, attribute: &str) -> impl Iterator<Item = &'a str> + use<'a> {
        self.values(attribute).iter().filter_map(|value| std::str::from_utf8(value).ok())
    }

    /// What all spellings of this entry's name have in common.
    pub(crate) fn key(&self) -> String {
        key(&self.dn)
    }

    /// The name for people.
    pub(crate) fn shown_dn(&self) -> String {
        String::from_utf8_lossy(&self.dn).into_owned()
    }

    /// The keys of the names this group lists.
    pub(crate) fn members(&self) -> impl Iterator<Item = String> {
        let unique = self.values("uniquemember").iter().map(|value| unique_member_key(value));
        self.values("member").iter().map(|value| key(value)).chain(unique)
    }

    /// The folded `uid`s this group lists.
    pub(crate) fn member_uids(&self) -> impl Iterator<Item = String> {
        self.texts("memberuid").map(fold_text)
    }

    /// The identifier of this entry's primary group (Active Directory): the domain part of its own `objectSid` and
    /// `primaryGroupID`. That membership is in neither `member` nor `memberOf`. (Microsoft, "primaryGroupID attribute")
    pub(crate) fn primary_group(&self) -> Option<Vec<u8>> {
        let sid = self.values("objectsid").first()?;
        let group: u32 = self.texts("primarygroupid").next()?.trim().parse().ok()?;
        let domain = sid.len().checked_sub(4)?;
        Some([&sid[..domain], &group.to_le_bytes()].concat())
    }

    /// This entry as the engine knows it, without groups.
    /// `wanted` are the names of attributes, in order: see [`names`].
    pub(crate) fn decode(&self, wanted: &Arc<[Box<str>]>, anchor: Option<&str>) -> Entry {
        let mut undecodable = BTreeSet::new();
        for name in wanted.iter() {
            if self.values(name).iter().any(|value| std::str::from_utf8(value).is_err()) {
                undecodable.insert(name.to_string());
            }
        }
        let attributes = Attributes::of(wanted, |name| self.texts(name).filter(|text| !text.is_empty()));
        let (state, expires) = account::read(self);
        Entry {
            dn: self.shown_dn(),
            anchor: anchors::of(self, anchor),
            attributes,
            undecodable,
            state,
            expires,
            groups: Sorted::new(),
            paths: BTreeMap::new(),
        }
    }
}

/// `member;range=0-1499` as name, first and last; `*` is `None`. (MS-ADTS 3.1.1.3.1.3.3, "Range Retrieval") A range that
/// cannot be understood is some part of the values, and nobody knows which: it begins beyond everything.
pub(crate) fn range(description: &str) -> Option<(String, usize, Option<usize>)> {
    let lower = description.to_ascii_lowercase();
    let (name, options) = lower.split_once(';')?;
    let range = options.split(';').find_map(|option| option.strip_prefix("range="))?;
    let (from, to) = understood(range).unwrap_or((usize::MAX, None));
    Some((name.to_owned(), from, to))
}

fn understood(range: &str) -> Option<(usize, Option<usize>)> {
    let (from, to) = range.split_once('-')?;
    let to = if to == "*" { None } else { Some(to.parse().ok()?) };
    Some((from.parse().ok()?, to))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(lines: &[(&str, &[u8])]) -> Record {
        let mut record = Record::new(b"cn=a,dc=x".to_vec());
        for (name, value) in lines {
            record.add(name, value.to_vec());
        }
        record
    }

    #[test]
    fn one_bad_value_costs_only_itself() {
        let record =
            record(&[("mail;x-old", b"old@x"), ("Mail", b"\xff@x"), ("mail", b""), ("MAIL", b"new@x")]);
        let entry = record.decode(&names(&["mail".to_owned(), "sn".to_owned()].into()), None);
        assert_eq!(entry.attributes.get("mail").collect::<Vec<_>>(), ["new@x", "old@x"]);
        assert_eq!(entry.undecodable, ["mail".to_owned()].into());
    }

    #[test]
    fn the_primary_group_is_in_the_own_domain() {
        let sid = [1, 2, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0, 0x50, 4, 0, 0];
        let person = record(&[("objectSid", &sid), ("primaryGroupID", b"513")]);
        assert_eq!(person.primary_group().unwrap(), [1, 2, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0, 1, 2, 0, 0]);
    }
}
