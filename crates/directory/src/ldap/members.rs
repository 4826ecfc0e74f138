//! The wanted groups of a server, and the groups inside them.

use super::connect::Connection;
use super::failure::{Listing, Phase};
use super::search::{NOTHING, Query};
use super::settings::{Members, Settings};
use crate::anchors::{self, ANCHORS};
use crate::dn::{Dn, fold_text};
use crate::error::Error;
use crate::filter::Filter;
use crate::groups::{self, CLASSES, DEPTH, Group, Groups, Reference};
use crate::keys::KeyId;
use crate::matching::Matched;
use crate::person::{Listed, Person};
use crate::record::{MEMBERS, Record};
use std::collections::{BTreeMap, BTreeSet};
use umsync_engine::directory::{Anchor, GroupRef, Wanted};
use umsync_engine::sorted::Sorted;

/// How many names one search asks for: long filters are slow, and servers limit them.
const BATCH: usize = 20;

/// What is read of a group.
pub(super) const GROUP: [&str; 6] = ["cn", "member", "uniquemember", "memberuid", "memberof", "objectsid"];

/// Finds every wanted group that exists. The others are left for the caller to name.
pub(super) async fn find(
    connection: &mut Connection,
    settings: &Settings,
    wanted: &Wanted,
    page_size: u32,
) -> Result<Groups, Error> {
    let attributes: Vec<&str> = GROUP.into_iter().chain(ANCHORS).collect();
    let named = by_name(connection, settings, &wanted.groups, &attributes, page_size).await?;
    let has_one = |record: &Record, anchors: &[Anchor]| {
        anchors.iter().any(|anchor| anchors::has(record, anchor) == Some(true))
    };
    // Whoever has the name and the anchor is not looked for once more.
    let mut looked_for: BTreeMap<&GroupRef, Vec<Anchor>> = BTreeMap::new();
    for reference in &wanted.groups {
        let anchors = groups::anchors_of(reference, wanted);
        if !named.get(reference).is_some_and(|record| has_one(record, &anchors)) {
            looked_for.insert(reference, anchors);
        }
    }
    let anchors = looked_for.values().flatten().collect();
    let anchored = by_anchor(connection, settings, anchors, &attributes, page_size).await?;
    let mut groups = Groups::default();
    for reference in &wanted.groups {
        let anchors = looked_for.get(reference).map(Vec::as_slice).unwrap_or_default();
        let same = anchored.iter().filter(|record| has_one(record, anchors)).collect();
        let found = groups::choose(reference, same, &connection.place)?;
        let by_name = named.get(reference);
        let all: Vec<&Record> = by_name.into_iter().chain(found).collect();
        let known = groups::seen_before(reference, wanted, &all);
        groups.add(reference, groups::settle(reference, known, by_name, found));
    }
    Ok(groups)
}

/// The groups whose names match. Only the names of all groups are read for that: what a server understands of a regular
/// expression is nothing.
pub(super) async fn matching(
    connection: &mut Connection,
    settings: &Settings,
    wanted: &Wanted,
    page_size: u32,
) -> Result<Matched, Error> {
    if wanted.matching.is_empty() {
        return Ok(Matched::default());
    }
    let all = list(connection, settings, None, &["cn"], Listing::Groups, page_size).await?;
    let named = all.iter().map(|record| (record.shown_dn(), record.texts("cn").collect()));
    Ok(Matched::of(named, wanted))
}

/// The entries that have one of these anchors, wherever they have gone below the base, and whatever they are by now.
async fn by_anchor(
    connection: &mut Connection,
    settings: &Settings,
    anchors: BTreeSet<&Anchor>,
    attributes: &[&str],
    page_size: u32,
) -> Result<Vec<Record>, Error> {
    let mut found = Vec::new();
    let anchors: Vec<&Anchor> = anchors.into_iter().collect();
    for batch in anchors.chunks(BATCH) {
        let query = Query {
            of: Listing::Groups,
            base: &settings.base,
            filter: &Filter::any(
                batch.iter().map(|anchor| Filter::equal(anchor.attribute(), anchors::value(anchor))),
            ),
            attributes: &attributes.iter().map(|name| (*name).to_owned()).collect(),
            page_size,
        };
        connection.list(&query, |record| found.push(record), |_| ()).await?;
    }
    Ok(found)
}

/// The wanted groups that their names and DNs find.
async fn by_name(
    connection: &mut Connection,
    settings: &Settings,
    wanted: &BTreeSet<GroupRef>,
    attributes: &[&str],
    page_size: u32,
) -> Result<BTreeMap<GroupRef, Record>, Error> {
    let mut groups = BTreeMap::new();
    let mut by_name: Vec<(&GroupRef, String)> = Vec::new();
    let mut by_dn: BTreeMap<String, (Dn, Vec<&GroupRef>)> = BTreeMap::new();
    for reference in wanted {
        match Reference::of(reference) {
            Reference::Name(name) => by_name.push((reference, name)),
            Reference::Dn(dn) => by_dn.entry(dn.normal()).or_insert((dn, Vec::new())).1.push(reference),
            Reference::Anchor(_) => {}
        }
    }
    let by_dn: Vec<(Dn, Vec<&GroupRef>)> = by_dn.into_values().collect();
    let read = async |connection: &mut Connection, (dn, _): &(Dn, _)| {
        let phase = Phase::Group { dn: dn.as_str().to_owned() };
        connection.entry(dn.as_str(), attributes, phase).await
    };
    for ((_, references), record) in by_dn.iter().zip(connection.each(&by_dn, read).await?) {
        let Some(record) = record else { continue };
        groups.extend(references.iter().map(|reference| ((*reference).clone(), record.clone())));
    }
    let batches: Vec<_> = by_name.chunks(BATCH).collect();
    let read = async |connection: &mut Connection, batch: &&[(&GroupRef, String)]| {
        let names = Filter::any(batch.iter().map(|(_, name)| Filter::equal("cn", name)));
        list(connection, settings, Some(names), attributes, Listing::Groups, page_size).await
    };
    for (batch, found) in batches.iter().zip(connection.each(&batches, read).await?) {
        for (reference, name) in *batch {
            // The server may compare more loosely (Active Directory ignores accents); the mapping means what it says.
            let same = found
                .iter()
                .filter(|record| record.texts("cn").any(|text| fold_text(text) == *name))
                .collect();
            if let Some(record) = groups::choose(reference, same, &connection.place)? {
                groups.insert((*reference).clone(), record.clone());
            }
        }
    }
    Ok(groups)
}

/// Which entries are groups.
pub(super) fn kind(settings: &Settings) -> Filter {
    let kind = settings.group_filter.clone();
    kind.unwrap_or_else(|| Filter::any(CLASSES.iter().map(|class| Filter::equal("objectclass", class))))
}

async fn list(
    connection: &mut Connection,
    settings: &Settings,
    filter: Option<Filter>,
    attributes: &[&str],
    of: Listing,
    page_size: u32,
) -> Result<Vec<Record>, Error> {
    let kind = kind(settings);
    let query = Query {
        of,
        base: settings.group_base(),
        filter: &match filter {
            Some(filter) => kind.and(filter),
            None => kind,
        },
        attributes: &attributes.iter().map(|name| (*name).to_owned()).collect(),
        page_size,
    };
    let mut found = Vec::new();
    connection.list(&query, |record| found.push(record), |_| ()).await?;
    Ok(found)
}

/// Adds the groups inside the wanted ones.
pub(super) async fn nest(
    connection: &mut Connection,
    settings: &Settings,
    groups: &mut Groups,
    page_size: u32,
) -> Result<(), Error> {
    match settings.members {
        _ if groups.wanted.is_empty() => Ok(()),
        Members::MemberOf => nest_by_parents(connection, settings, groups, page_size).await,
        Members::Member => nest_by_members(connection, settings, groups, page_size).await,
    }
}

/// Asks, level by level, which groups say that they are in one of the groups known so far.
async fn nest_by_parents(
    connection: &mut Connection,
    settings: &Settings,
    groups: &mut Groups,
    page_size: u32,
) -> Result<(), Error> {
    let mut level: Vec<String> = groups.by_key.values().map(|group| group.dn.clone()).collect();
    // One level more than is allowed, so that too deep is seen and refused where paths are known.
    for _ in 0..=DEPTH + 1 {
        let mut next = Vec::new();
        let batches: Vec<_> = level.chunks(BATCH).collect();
        let read = async |connection: &mut Connection, batch: &&[String]| {
            let inside = Filter::any(batch.iter().map(|dn| Filter::equal("memberof", dn)));
            list(connection, settings, Some(inside), &GROUP, Listing::NestedGroups, page_size).await
        };
        for record in connection.each(&batches, read).await?.into_iter().flatten() {
            if groups.insert(&record) {
                next.push(record.shown_dn());
            }
        }
        if next.is_empty() {
            break;
        }
        level = next;
    }
    Ok(())
}

/// Lists the names of all groups, then reads those that are members of the groups known so far, and so on.
async fn nest_by_members(
    connection: &mut Connection,
    settings: &Settings,
    groups: &mut Groups,
    page_size: u32,
) -> Result<(), Error> {
    let all = list(connection, settings, None, &[NOTHING], Listing::NestedGroups, page_size).await?;
    let names: BTreeMap<KeyId, String> =
        all.iter().map(|record| (groups.keys.of(record.dn()), record.shown_dn())).collect();
    let unread = |groups: &Groups, group: &Group| -> Vec<KeyId> {
        let is_unread = |id: &KeyId| names.contains_key(id) && !groups.known.contains(id);
        group.members.iter().copied().filter(is_unread).collect()
    };
    let mut level: BTreeSet<KeyId> = groups.by_key.values().flat_map(|group| unread(groups, group)).collect();
    for _ in 0..=DEPTH + 1 {
        let mut next: BTreeSet<KeyId> = BTreeSet::new();
        let read = async |connection: &mut Connection, member: &KeyId| {
            let dn = names.get(member).cloned().unwrap_or_default();
            let phase = Phase::Group { dn: dn.clone() };
            match connection.entry(&dn, &GROUP, phase.clone()).await? {
                Some(record) => Ok(record),
                None => Err(connection.failed(phase, super::Failure::Gone)),
            }
        };
        let unknown: Vec<KeyId> = level.iter().copied().collect();
        let read = connection.each(&unknown, read).await?;
        read.iter().for_each(|record| {
            groups.insert(record);
        });
        for member in &level {
            if let Some(group) = groups.by_key.get(groups.keys.text(*member)) {
                next.extend(unread(groups, group));
            }
        }
        if next.is_empty() {
            break;
        }
        level = next;
    }
    Ok(())
}

/// What the groups say of their members, kept apart where the people's word counts.
pub(super) struct Claims {
    /// The groups' own lists.
    pub(super) lists: BTreeMap<String, Group>,
    wanted: BTreeSet<String>,
}

impl Claims {
    /// Takes the members out of the groups, so that only `memberOf` decides.
    pub(super) fn take_from(groups: &mut Groups) -> Self {
        let claims = groups.by_key.iter_mut().map(|(key, group)| {
            let members = std::mem::take(&mut group.members);
            let uids = std::mem::take(&mut group.uids);
            (key.clone(), Group { dn: group.dn.clone(), members, uids, ..Group::default() })
        });
        Self { lists: claims.collect(), wanted: groups.wanted.values().cloned().collect() }
    }

    /// Whether people have to be asked for their `uid`.
    pub(super) fn need_uids(&self) -> bool {
        self.lists.values().any(|group| !group.uids.is_empty())
    }

    /// Compares what the wanted groups say. A server that does not maintain `memberOf` answers every question about it
    /// with an empty list and no error. Members who are missing are looked up once more: they were in the group before
    /// and after their entry was read, so nobody was just being removed.
    pub(super) async fn compare(
        &self,
        connection: &mut Connection,
        groups: &mut Groups,
        people: &[Person],
    ) -> Result<(), Error> {
        let listed = Listed::new(groups, people);
        for (key, group) in self.lists.iter().filter(|(key, _)| self.wanted.contains(*key)) {
            let own = groups.keys.find(key);
            let names = |person: &Person| own.is_some_and(|own| person.names(own));
            let members: Sorted<usize> = listed.by_list(group).collect();
            let missing: Vec<&Person> =
                members.iter().map(|at| &people[*at]).filter(|person| !names(person)).collect();
            if missing.is_empty() {
                continue;
            }
            let phase = Phase::Group { dn: group.dn.clone() };
            let Some(again) = connection.entry(&group.dn, &MEMBERS, phase.clone()).await? else {
                return Err(connection.failed(phase, super::Failure::Gone));
            };
            let again = Group::of(&again, &mut groups.keys);
            let mut still = missing.iter().filter(|person| person.is_listed_by(&again));
            if let Some(person) = still.next() {
                return Err(Error::MembersDisagree {
                    server: connection.place.clone(),
                    group: group.dn.clone(),
                    person: groups.keys.text(person.key()).to_owned(),
                    others: still.count(),
                });
            }
        }
        Ok(())
    }
}
