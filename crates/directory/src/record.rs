//! One entry as bytes, before and while it becomes text: the same for a file and for a server.
//!
//! Values are decoded one by one. One value that is not UTF-8 must cost neither the other values of its attribute nor
//! the entry: an attribute that silently vanishes looks like a membership or a mail that was taken away.

use crate::dn::{fold_text, key};
use crate::keys::{KeyId, Keys};
use crate::{account, anchors};
use std::cell::Cell;
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

/// One entry of a source, in the bytes that it came in.
///
/// A million people are read like this, one after the other: their values are looked at where they lie.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Record {
    bytes: Vec<u8>,
    /// The name as the source spells it.
    dn: Span,
    places: Places,
}

/// Where in the bytes of an entry its values lie.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Places {
    /// In the order in which they came. They are a handful: a list is faster than a map, and smaller.
    runs: Vec<Run>,
    values: Vec<Span>,
}

/// A part of an entry's bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// Values that came one after the other under one description.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Run {
    /// Without options.
    name: Span,
    /// Whether the description has no options.
    plain: bool,
    /// How many values come before these ones.
    first: usize,
}

impl Span {
    fn of(self, bytes: &[u8]) -> &[u8] {
        &bytes[self.start..self.end]
    }
}

impl Places {
    /// None yet; there will be so many values at most.
    pub(crate) fn for_values(count: usize) -> Self {
        Self { runs: Vec::with_capacity(8), values: Vec::with_capacity(count) }
    }

    /// Adds values, all under one description: `cn;lang-fr` is a `cn`, `userCertificate;binary` a `userCertificate`
    /// (RFC 4512, section 2.5).
    pub(crate) fn add(&mut self, bytes: &[u8], description: Span, values: impl IntoIterator<Item = Span>) {
        let first = self.values.len();
        self.values.extend(values);
        if self.values.len() == first {
            return;
        }
        let text = description.of(bytes);
        let (name, options) = match text.iter().position(|byte| *byte == b';') {
            Some(at) => (&text[..at], &text[at + 1..]),
            None => (text, [].as_slice()),
        };
        let start = description.start + name.len() - name.trim_ascii_start().len();
        let name = Span { start, end: start + name.trim_ascii().len() };
        let plain = options.is_empty();
        // A file names the attribute again with each of its values.
        let same = |run: &Run| run.plain == plain && run.name.of(bytes).eq_ignore_ascii_case(name.of(bytes));
        if !self.runs.last().is_some_and(same) {
            self.runs.push(Run { name, plain, first });
        }
    }
}

impl Record {
    pub(crate) fn new(dn: Vec<u8>) -> Self {
        let span = Span { start: 0, end: dn.len() };
        Self::within(dn, span, Places::default())
    }

    /// An entry whose name, descriptions and values all lie in these bytes.
    pub(crate) fn within(mut bytes: Vec<u8>, dn: Span, places: Places) -> Self {
        // Names are looked for in lower case.
        for Run { name, plain: _, first: _ } in &places.runs {
            bytes[name.start..name.end].make_ascii_lowercase();
        }
        Self { bytes, dn, places }
    }

    /// Adds a value.
    pub(crate) fn add(&mut self, description: &str, value: &[u8]) {
        let description = self.keep(description.to_ascii_lowercase().as_bytes());
        let value = self.keep(value);
        self.places.add(&self.bytes, description, [value]);
    }

    fn keep(&mut self, bytes: &[u8]) -> Span {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        Span { start, end: self.bytes.len() }
    }

    /// The name as the source spells it.
    pub(crate) fn dn(&self) -> &[u8] {
        self.dn.of(&self.bytes)
    }

    /// All values of an attribute, by its lower-case name. Those without options come first.
    pub(crate) fn values<'a>(&'a self, attribute: &str) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let Places { runs, values } = &self.places;
        let is_it = |at: &usize| runs[*at].name.of(&self.bytes) == attribute.as_bytes();
        let first = (0..runs.len()).find(is_it);
        let second = first.and_then(|first| (first + 1..runs.len()).find(is_it));
        // Nearly always all of them came together.
        let (one, several) = match (first, second) {
            (Some(first), Some(second)) => {
                let others = (second..runs.len()).filter(is_it);
                let mut all: Vec<usize> = std::iter::once(first).chain(others).collect();
                all.sort_by_key(|at| !runs[*at].plain);
                (None, all)
            }
            (one, _) => (one, Vec::new()),
        };
        one.into_iter().chain(several).flat_map(move |at| {
            let end = runs.get(at + 1).map_or(values.len(), |next| next.first);
            values[runs[at].first..end].iter().map(|value| value.of(&self.bytes))
        })
    }

    /// The values of an attribute that are text.
    pub(crate) fn texts<'a>(&'a self, attribute: &str) -> impl Iterator<Item = &'a str> + use<'a> {
        self.values(attribute).filter_map(|value| std::str::from_utf8(value).ok())
    }

    /// What all spellings of this entry's name have in common.
    pub(crate) fn key(&self) -> String {
        key(self.dn())
    }

    /// The name for people.
    pub(crate) fn shown_dn(&self) -> String {
        String::from_utf8_lossy(self.dn()).into_owned()
    }

    /// The keys of the names this group lists.
    pub(crate) fn members(&self, keys: &mut Keys) -> Sorted<KeyId> {
        let mut members: Vec<KeyId> = self.values("member").map(|name| keys.of(name)).collect();
        members.extend(self.values("uniquemember").map(|value| keys.of_unique_member(value)));
        members.into()
    }

    /// The folded `uid`s this group lists.
    pub(crate) fn member_uids(&self) -> impl Iterator<Item = String> {
        self.texts("memberuid").map(fold_text)
    }

    /// The identifier of this entry's primary group (Active Directory): the domain part of its own `objectSid` and
    /// `primaryGroupID`. That membership is in neither `member` nor `memberOf`. (Microsoft, "primaryGroupID attribute")
    pub(crate) fn primary_group(&self) -> Option<Vec<u8>> {
        let sid = self.values("objectsid").next()?;
        let group: u32 = self.texts("primarygroupid").next()?.trim().parse().ok()?;
        let domain = sid.len().checked_sub(4)?;
        Some([&sid[..domain], &group.to_le_bytes()].concat())
    }

    /// This entry as the engine knows it, without groups.
    /// `wanted` are the names of attributes, in order: see [`names`].
    pub(crate) fn decode(&self, wanted: &Arc<[Box<str>]>, anchor: Option<&str>) -> Entry {
        let all_text = Cell::new(true);
        let text = |value| {
            let text = std::str::from_utf8(value);
            all_text.set(all_text.get() && text.is_ok());
            text.ok().filter(|text| !text.is_empty())
        };
        let attributes = Attributes::of(wanted, |name| self.values(name).filter_map(text));
        let mut undecodable = BTreeSet::new();
        if !all_text.get() {
            let is_text = |value| std::str::from_utf8(value).is_ok();
            let some = wanted.iter().filter(|name| !self.values(name).all(is_text));
            undecodable = some.map(|name| name.to_string()).collect();
        }
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
            record.add(name, value);
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
