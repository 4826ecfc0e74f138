//! Which people a wanted group lists, whichever side says so and however deep.

use crate::anchors;
use crate::dn::{Dn, fold_text};
use crate::error::{Error, OtherGroup};
use crate::keys::{KeyId, Keys, Marks};
use crate::matching::is_name;
use crate::person::{Listed, Lists, Person};
use crate::record::Record;
use std::collections::{BTreeMap, BTreeSet, btree_map};
use umsync_engine::directory::{Anchor, DirectoryGroup, Entry, GroupRef, SeenGroup, Wanted};
use umsync_engine::sorted::Sorted;

/// Deeper nesting is refused rather than cut: half a group is worse than none.
pub(crate) const DEPTH: usize = 50;

/// What makes an entry a group: RFC 4519, RFC 2307, Active Directory (`group`), Univention, FreeIPA, eDirectory.
pub(crate) const CLASSES: [&str; 9] = [
    "group",
    "groupofnames",
    "groupofuniquenames",
    "groupofentries",
    "groupofmembers",
    "posixgroup",
    "univentiongroup",
    "ipausergroup",
    "dynamicgroup",
];

/// Attributes by which a group is called by a plain name.
pub(crate) const NAMES: [&str; 3] = ["cn", "ou", "name"];

/// A reference, understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reference {
    Dn(Dn),
    Name(String),
    Anchor(Anchor),
}

impl Reference {
    pub(crate) fn of(group: &GroupRef) -> Self {
        let text = group.as_str();
        match Dn::parse(text) {
            Ok(dn) if text.contains('=') => anchors::named(&dn, text).map_or(Self::Dn(dn), Self::Anchor),
            _ => Self::Name(fold_text(text)),
        }
    }

    /// What all spellings of it have in common. No name is written like a DN, or it would be one.
    pub(crate) fn key(&self) -> String {
        match self {
            Self::Dn(dn) => dn.normal(),
            Self::Name(name) => name.clone(),
            Self::Anchor(anchor) => anchor.as_str().to_owned(),
        }
    }
}

/// The anchors by which a wanted group is to be looked for, beside its name or instead of it.
pub(crate) fn anchors_of(reference: &GroupRef, wanted: &Wanted) -> Vec<Anchor> {
    if let Reference::Anchor(anchor) = Reference::of(reference) {
        return vec![anchor];
    }
    let seen: Vec<&SeenGroup> = match wanted.known.get(reference) {
        Some(known) => vec![known],
        None => wanted.former.get(reference).into_iter().flatten().collect(),
    };
    seen.into_iter().map(|seen| seen.anchor.clone()).filter(|anchor| !is_name(anchor)).collect()
}

/// What a wanted group was when it was last read: here, or in a former source that has turned out to be this one.
pub(crate) fn seen_before<'a>(
    reference: &GroupRef,
    wanted: &'a Wanted,
    found: &[&Record],
) -> Option<&'a SeenGroup> {
    let is_here = |seen: &&SeenGroup| found.iter().any(|record| is_same(record, seen));
    let former = || wanted.former.get(reference)?.iter().find(is_here);
    wanted.known.get(reference).or_else(former)
}

/// The entry that a wanted group is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Settled<T> {
    /// The one that the configuration names.
    Named(T),
    /// The one that it named before: it has another name now.
    Followed(T),
    /// There is none.
    Missing,
    /// Another one than before has its name.
    Other(OtherGroup),
}

/// Which entry a wanted group is: the one that its name finds, or the one that has its anchor. Where these are two, nobody
/// can tell which of them is meant: somebody may have renamed the one and made another, or have made it anew.
pub(crate) fn settle<'a>(
    reference: &GroupRef,
    known: Option<&SeenGroup>,
    by_name: Option<&'a Record>,
    by_anchor: Option<&'a Record>,
) -> Settled<&'a Record> {
    match (by_name, by_anchor, known) {
        (None, Some(record), _) if matches!(Reference::of(reference), Reference::Anchor(_)) => {
            Settled::Named(record)
        }
        (None, Some(record), _) => Settled::Followed(record),
        (None, None, _) => Settled::Missing,
        (Some(record), _, Some(known)) if !is_name(&known.anchor) && !is_same(record, known) => {
            // An attribute that may not be read looks like one that is not there (RFC 4511, section 4.5.2).
            let hides = anchors::has(record, &known.anchor).is_none();
            Settled::Other(OtherGroup {
                group: reference.clone(),
                found: record.shown_dn(),
                before: known.dn.clone(),
                now: by_anchor.map(Record::shown_dn),
                hidden: hides.then(|| known.anchor.attribute().to_owned()),
            })
        }
        (Some(record), _, _) => Settled::Named(record),
    }
}

/// Whether an entry shows that it is the one that was seen.
pub(crate) fn is_same(record: &Record, known: &SeenGroup) -> bool {
    anchors::has(record, &known.anchor) == Some(true)
}

/// Whether an entry is of a class that makes it a group.
pub(crate) fn is_group(record: &Record) -> bool {
    record.texts("objectclass").any(|class| CLASSES.contains(&fold_text(class).as_str()))
}

/// The one entry a reference means, none, or an error naming both. FreeIPA shows every group a second time under
/// `cn=compat` for old clients; such a shadow counts only where it stands alone. (slapi-nis, "Schema Compatibility")
pub(crate) fn choose<'a>(
    group: &GroupRef,
    mut found: Vec<&'a Record>,
    place: &str,
) -> Result<Option<&'a Record>, Error> {
    let shadow = |record: &Record| {
        std::str::from_utf8(record.dn())
            .ok()
            .and_then(|dn| Dn::parse(dn).ok())
            .is_some_and(|dn| dn.has_level("cn=compat"))
    };
    if found.len() > 1 && !found.iter().all(|record| shadow(record)) {
        found.retain(|record| !shadow(record));
    }
    match found.as_slice() {
        [] => Ok(None),
        [one] => Ok(Some(one)),
        [first, second, ..] => Err(Error::AmbiguousGroup {
            place: place.to_owned(),
            group: group.clone(),
            first: first.shown_dn(),
            second: second.shown_dn(),
        }),
    }
}

/// What one group lists, and which groups list it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Group {
    pub(crate) dn: String,
    pub(crate) members: Sorted<KeyId>,
    pub(crate) uids: BTreeSet<String>,
    /// Active Directory's identifier, by which people name their primary group.
    pub(crate) sid: Option<Vec<u8>>,
    /// The groups that this one says it belongs to.
    pub(crate) parents: Sorted<KeyId>,
    pub(crate) anchor: Option<Anchor>,
}

impl Group {
    pub(crate) fn of(record: &Record, keys: &mut Keys) -> Self {
        Self {
            dn: record.shown_dn(),
            members: record.members(keys),
            uids: record.member_uids().collect(),
            sid: record.values("objectsid").next().map(<[u8]>::to_vec),
            parents: record.values("memberof").map(|name| keys.of(name)).collect(),
            anchor: anchors::of(record, None),
        }
    }
}

/// Groups by the key of their name, and which of them are wanted.
#[derive(Debug, Default)]
pub(crate) struct Groups {
    pub(crate) by_key: BTreeMap<String, Group>,
    /// Everybody whom they list, and they themselves.
    pub(crate) keys: Keys,
    /// Which of these are groups.
    pub(crate) known: BTreeSet<KeyId>,
    pub(crate) wanted: BTreeMap<GroupRef, String>,
    /// Those of them that have another name than the configuration says, and where they stand.
    pub(crate) followed: BTreeMap<GroupRef, String>,
    /// Those that another entry than before has the name of.
    pub(crate) others: Vec<OtherGroup>,
}

impl Groups {
    /// Whether some of them list `uid`s, as groups of the Unix kind do.
    pub(crate) fn list_uids(&self) -> bool {
        self.by_key.values().any(|group| !group.uids.is_empty())
    }

    /// The wanted groups that show nothing that never changes.
    pub(crate) fn by_name(&self) -> BTreeSet<GroupRef> {
        let shows_none = |key: &String| self.by_key.get(key).is_some_and(|group| group.anchor.is_none());
        self.wanted.iter().filter(|(_, key)| shows_none(key)).map(|(group, _)| group.clone()).collect()
    }

    /// Takes in what a wanted group turned out to be.
    pub(crate) fn add(&mut self, reference: &GroupRef, settled: Settled<&Record>) {
        let record = match settled {
            Settled::Missing => return,
            Settled::Other(other) => return self.others.push(other),
            Settled::Followed(record) => {
                self.followed.insert(reference.clone(), record.shown_dn());
                record
            }
            Settled::Named(record) => record,
        };
        self.wanted.insert(reference.clone(), record.key());
        self.insert(record);
    }

    /// Takes in a group; whether it is new.
    pub(crate) fn insert(&mut self, record: &Record) -> bool {
        let Self { by_key, keys, known, wanted: _, followed: _, others: _ } = self;
        match by_key.entry(record.key()) {
            btree_map::Entry::Vacant(place) => {
                known.insert(keys.add(place.key()));
                place.insert(Group::of(record, keys));
                true
            }
            btree_map::Entry::Occupied(_) => false,
        }
    }

    /// Adds people, by their keys, to what a group lists.
    pub(crate) fn add_members(&mut self, group: String, people: BTreeSet<String>) {
        let Self { by_key, keys, .. } = self;
        let group = by_key.entry(group).or_default();
        let people = people.iter().map(|key| keys.add(key));
        group.members = group.members.iter().copied().chain(people).collect();
    }
}

/// How far membership reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Nesting {
    /// Members of member groups count.
    Expanded,
    /// Only direct members count.
    Direct,
}

/// Writes every wanted group into the entries it lists. `people[i]` speaks for `entries[i]`.
pub(crate) fn assign(
    groups: &Groups,
    nesting: Nesting,
    people: &[Person],
    entries: &mut [Entry],
    place: &str,
) -> Result<BTreeMap<GroupRef, DirectoryGroup>, Error> {
    let mut found = BTreeMap::new();
    let members = members(groups, nesting, people, place)?;
    let references: Vec<&GroupRef> = members.keys().collect();
    let pairs =
        members.values().enumerate().flat_map(|(at, members)| members.iter().map(move |of| (*of, at)));
    let groups_of = Lists::of(entries.len(), pairs);
    for (at, entry) in entries.iter_mut().enumerate() {
        entry.groups = groups_of.at(at).map(|group| references[group].clone()).collect();
    }
    for (reference, members) in members {
        let group = groups.wanted.get(&reference).and_then(|root| groups.by_key.get(root));
        let dn = group.map(|group| group.dn.clone()).unwrap_or_default();
        let anchor = group.and_then(|group| group.anchor.clone());
        found.insert(reference, DirectoryGroup { dn, members: members.len(), anchor });
    }
    Ok(found)
}

/// Which people every wanted group lists.
pub(crate) fn members(
    groups: &Groups,
    nesting: Nesting,
    people: &[Person],
    place: &str,
) -> Result<BTreeMap<GroupRef, Sorted<usize>>, Error> {
    let listed = Listed::new(groups, people);
    let children = children(groups);
    let mut found = BTreeMap::new();
    for (reference, root) in &groups.wanted {
        let inside = match nesting {
            Nesting::Direct => BTreeSet::from([root.as_str()]),
            Nesting::Expanded => closure(root, &children).ok_or_else(|| Error::TooDeep {
                place: place.to_owned(),
                group: reference.clone(),
                depth: DEPTH,
            })?,
        };
        let mut members = Vec::new();
        for key in inside {
            if let Some(group) = groups.by_key.get(key) {
                listed.collect(groups.keys.find(key), group, &mut members);
            }
        }
        found.insert(reference.clone(), members.into());
    }
    Ok(found)
}

/// The groups directly inside each group, as either side says.
pub(crate) fn children(groups: &Groups) -> BTreeMap<&str, BTreeSet<&str>> {
    let mut children: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let Groups { by_key, keys, known, .. } = groups;
    let is_group: Marks = known.iter().copied().collect();
    let is_group = |id: &&KeyId| is_group.contains(**id);
    for (key, group) in by_key {
        for child in group.members.iter().filter(is_group) {
            children.entry(key).or_default().insert(keys.text(*child));
        }
        for parent in group.parents.iter().filter(is_group) {
            children.entry(keys.text(*parent)).or_default().insert(key);
        }
    }
    children
}

/// A group and all groups inside it. Circles are legal and end where they began. `None`: nested too deeply.
pub(crate) fn closure<'a>(
    root: &'a str,
    children: &BTreeMap<&'a str, BTreeSet<&'a str>>,
) -> Option<BTreeSet<&'a str>> {
    let mut inside = BTreeSet::from([root]);
    let mut level = vec![root];
    for _ in 0..=DEPTH {
        let next = level.iter().filter_map(|key| children.get(key)).flatten().copied();
        level = next.filter(|child| inside.insert(child)).collect();
        if level.is_empty() {
            return Some(inside);
        }
    }
    None
}

/// One error for all wanted groups that were not found, or are not the ones they were.
pub(crate) fn require_all(wanted: &Wanted, groups: &Groups, place: &str) -> Result<(), Error> {
    let is_other = |group: &GroupRef| groups.others.iter().any(|other| other.group == *group);
    let missing = wanted.missing(|group| groups.wanted.contains_key(group) || is_other(group));
    let place = place.to_owned();
    match (missing.is_empty(), groups.others.is_empty()) {
        (true, true) => Ok(()),
        (false, true) => Err(Error::MissingGroups { place, missing }),
        (_, false) => Err(Error::OtherGroups { place, others: groups.others.clone(), missing }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::person::By;

    fn group(name: &str, members: &[&str], parents: &[&str]) -> Record {
        let key = |name: &str| format!("cn={name}").into_bytes();
        let mut group = Record::new(key(name));
        members.iter().for_each(|name| group.add("member", &key(name)));
        parents.iter().for_each(|name| group.add("memberOf", &key(name)));
        group
    }

    fn world(list: &[Record], wanted: &[&str]) -> Groups {
        let wanted = wanted.iter().map(|name| (GroupRef::new(name), format!("cn={name}"))).collect();
        let mut groups = Groups { wanted, ..Groups::default() };
        list.iter().for_each(|group| {
            groups.insert(group);
        });
        groups
    }

    fn people(names: &[&str], groups: &mut Groups) -> (Vec<Person>, Vec<Entry>) {
        let person = |name: &&str| {
            let record = Record::new(format!("cn={name}").into_bytes());
            let key = groups.keys.of(record.dn());
            Person::of(key, &record, &mut groups.keys, By { groups: &groups.known, uids: true })
        };
        (names.iter().map(person).collect(), vec![Entry::default(); names.len()])
    }

    #[test]
    fn circles_are_survived_and_both_sides_count() {
        // a lists b, c says it is in b, and c lists a.
        let list = [group("a", &["b"], &[]), group("b", &["jane"], &[]), group("c", &["a", "joe"], &["b"])];
        let mut groups = world(&list, &["a"]);
        let (people, mut entries) = people(&["jane", "joe", "jim"], &mut groups);
        let found = assign(&groups, Nesting::Expanded, &people, &mut entries, "x").unwrap();
        assert_eq!(found[&GroupRef::new("a")].members, 2);
        assert!(entries[2].groups.is_empty());

        let mut entries = vec![Entry::default(); 3];
        let found = assign(&groups, Nesting::Direct, &people, &mut entries, "x").unwrap();
        assert_eq!(found[&GroupRef::new("a")].members, 0);
    }

    #[test]
    fn fifty_levels_are_read_and_more_are_refused() {
        let members = |length: usize| {
            let level =
                |at: usize| group(&format!("g{at}"), &[&format!("g{}", at + 1), &format!("p{at}")], &[]);
            let mut groups = world(&(0..=length).map(level).collect::<Vec<_>>(), &["g0"]);
            let (people, mut entries) = people(&["p50"], &mut groups);
            assign(&groups, Nesting::Expanded, &people, &mut entries, "x")
        };
        assert_eq!(members(50).unwrap()[&GroupRef::new("g0")].members, 1);
        assert!(matches!(members(51), Err(Error::TooDeep { .. })));
    }

    #[test]
    fn a_group_is_the_one_it_was() {
        let record = |dn: &str, anchor: Option<&str>| {
            let mut record = Record::new(dn.as_bytes().to_vec());
            anchor.into_iter().for_each(|anchor| record.add("entryUUID", anchor.as_bytes()));
            record
        };
        let known = SeenGroup { anchor: Anchor::new("entryUUID", "1"), dn: "cn=design".to_owned() };
        let (old, renamed) = (record("cn=design", Some("1")), record("cn=creative", Some("1")));
        let (new, mute) = (record("cn=design", Some("2")), record("cn=design", None));
        let name = GroupRef::new("design");
        let other = |now: Option<&str>, hidden: Option<&str>| {
            let (found, before) = ("cn=design".to_owned(), "cn=design".to_owned());
            let (now, hidden) = (now.map(str::to_owned), hidden.map(str::to_owned));
            Settled::Other(OtherGroup { group: name.clone(), found, before, now, hidden })
        };
        let by_pattern = SeenGroup { anchor: Anchor::new("group-name", "design"), dn: known.dn.clone() };
        for (known, by_name, by_anchor, settled) in [
            (None, Some(&new), None, Settled::Named(&new)),
            (None, None, None, Settled::Missing),
            (Some(&known), Some(&old), Some(&old), Settled::Named(&old)),
            (Some(&known), None, Some(&renamed), Settled::Followed(&renamed)),
            (Some(&known), None, None, Settled::Missing),
            (Some(&known), Some(&new), Some(&renamed), other(Some("cn=creative"), None)),
            (Some(&known), Some(&new), None, other(None, None)),
            // Who does not show what it was known by may be anybody.
            (Some(&known), Some(&mute), None, other(None, Some("entryuuid"))),
            (Some(&known), Some(&mute), Some(&renamed), other(Some("cn=creative"), Some("entryuuid"))),
            // What was never known by anything but its name is what its name says.
            (Some(&by_pattern), Some(&mute), None, Settled::Named(&mute)),
            (Some(&by_pattern), Some(&new), None, Settled::Named(&new)),
        ] {
            assert_eq!(settle(&name, known, by_name, by_anchor), settled);
        }
        let by_anchor = GroupRef::new("entryUUID=1");
        assert_eq!(settle(&by_anchor, None, None, Some(&renamed)), Settled::Named(&renamed));
        assert_eq!(settle(&by_anchor, Some(&known), None, None), Settled::Missing);
    }

    #[test]
    fn what_a_group_was_in_a_former_source_counts_where_it_is_found() {
        let record = |dn: &str, anchor: &str| {
            let mut record = Record::new(dn.as_bytes().to_vec());
            record.add("entryUUID", anchor.as_bytes());
            record
        };
        let seen =
            |anchor: &str| SeenGroup { anchor: Anchor::new("entryUUID", anchor), dn: "cn=a".to_owned() };
        let name = GroupRef::new("a");
        let former: BTreeMap<_, _> = [(name.clone(), vec![seen("1"), seen("2")])].into();
        let wanted = Wanted { former, ..Wanted::default() };
        assert_eq!(anchors_of(&name, &wanted), [seen("1").anchor, seen("2").anchor]);
        let (second, third) = (record("cn=b", "2"), record("cn=a", "3"));
        assert_eq!(seen_before(&name, &wanted, &[&third, &second]), Some(&seen("2")));
        // Another directory's group of the same name.
        assert_eq!(seen_before(&name, &wanted, &[&third]), None);
        // Known here, it was nobody elsewhere.
        let known = [(name.clone(), seen("3"))].into();
        let wanted = Wanted { known, ..wanted };
        assert_eq!(anchors_of(&name, &wanted), [seen("3").anchor]);
        assert_eq!(seen_before(&name, &wanted, &[&second]), Some(&seen("3")));
    }

    #[test]
    fn a_reference_with_an_equals_sign_is_a_name_only_if_it_is_no_dn() {
        assert!(matches!(Reference::of(&GroupRef::new("cn=a,dc=x")), Reference::Dn(_)));
        assert!(matches!(Reference::of(&GroupRef::new("EntryUUID=a")), Reference::Anchor(_)));
        assert_eq!(Reference::of(&GroupRef::new("A  b")), Reference::Name("a b".to_owned()));
        assert_eq!(Reference::of(&GroupRef::new("1 + 1 = 2")), Reference::Name("1 + 1 = 2".to_owned()));
    }
}
