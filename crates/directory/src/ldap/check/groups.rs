//! The wanted groups: which are there, whom they list, and whom nobody can read.

use super::super::connect::Connection;
use super::super::failure::Listing;
use super::super::members;
use super::super::search::Query;
use super::super::unselected;
use super::people::Found;
use super::{Ground, Mistake, Report, base, goes_on};
use crate::error::Error;
use crate::groups::{self, Group, Groups, Nesting, Reference};
use crate::keys::KeyId;
use crate::near::nearest;
use crate::strangers::Strangers;
use std::collections::{BTreeMap, BTreeSet};
use umsync_engine::directory::GroupRef;
use umsync_engine::sorted::Sorted;

/// One wanted group.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GroupLook {
    /// Where it stands.
    pub dn: String,
    /// How many names its own list has, of people, groups and others.
    pub listed: usize,
    /// How many of the people found it has as members; `None` where people could not be read.
    pub people: Option<usize>,
    /// How many of these only through groups inside it.
    pub nested: usize,
    /// Names that it, or a group inside it, lists and nobody can read.
    pub unresolved: BTreeSet<String>,
    /// Whether a server shows nothing of it that never changes, so that only its name tells which one it is.
    pub by_name: bool,
}

/// Every wanted group that there is.
pub(super) async fn find(
    connection: &mut Connection,
    ground: &Ground<'_>,
    report: &mut Report,
) -> Result<Groups, Error> {
    let Ground { root, schema: _, settings, asking } = ground;
    let page_size = root.page_size(settings);
    let mut left = match members::matching(connection, settings, asking.wanted, page_size).await {
        Ok(matched) => {
            report.mistakes.extend(matched.require(&connection.place, |_| None).err().map(Into::into));
            matched.added_to(asking.wanted)
        }
        Err(error) => {
            goes_on(error, report)?;
            asking.wanted.clone()
        }
    };
    let found = loop {
        match members::find(connection, settings, &left, page_size).await {
            Ok(found) => break found,
            // Two groups of one name do not keep us from looking for the others.
            Err(error) => {
                match &error {
                    Error::AmbiguousGroup { place: _, group, first: _, second: _ } => {
                        left.groups.remove(group)
                    }
                    _ => {
                        goes_on(error, report)?;
                        return Ok(Groups::default());
                    }
                };
                report.mistakes.push(error.into());
            }
        }
    };
    let is_other = |group: &GroupRef| found.others.iter().any(|other| other.group == *group);
    let is_there = |group: &GroupRef| {
        found.wanted.contains_key(group) || is_other(group) || !left.groups.contains(group)
    };
    let missing: Vec<GroupRef> = asking.wanted.missing(is_there);
    if !found.others.is_empty() {
        let (place, others) = (connection.place.clone(), found.others.clone());
        report.mistakes.push(Error::OtherGroups { place, others, missing: Vec::new() }.into());
    }
    if !missing.is_empty() {
        let advice = instead(connection, ground, &missing).await;
        let error = Error::MissingGroups { place: connection.place.clone(), missing };
        report.mistakes.push(Mistake { error, advice });
    }
    Ok(found)
}

/// The names that may have been meant.
async fn instead(connection: &mut Connection, ground: &Ground<'_>, missing: &[GroupRef]) -> Option<String> {
    let Ground { root, schema: _, settings, asking: _ } = ground;
    let query = Query {
        of: Listing::Groups,
        base: settings.group_base(),
        filter: &members::kind(settings),
        attributes: &["cn".to_owned()].into(),
        page_size: 1000,
    };
    let known = connection.beginning(&query).await.unwrap_or_default();
    let names: BTreeSet<&str> = known.iter().flat_map(|record| record.texts("cn")).collect();
    let mut lines = Vec::new();
    for group in missing {
        let near = match Reference::of(group) {
            Reference::Name(name) => nearest(&name, names.iter().copied()).map(str::to_owned),
            Reference::Dn(dn) => base::instead(connection, root, &dn).await,
            Reference::Anchor(_) => None,
        };
        lines.extend(near.map(|near| format!("write `{near}` for `{group}`, if that is meant")));
    }
    if lines.is_empty() && names.is_empty() {
        lines.push(format!(
            "this account sees no group at all under `{}`: give it the right to read there, or correct `group_base` or `group_filter`",
            settings.group_base()
        ));
    }
    (!lines.is_empty()).then(|| lines.join("\n"))
}

/// What the groups' own lists say.
pub(super) fn listed(groups: &Groups, lists: &BTreeMap<String, Group>, report: &mut Report) {
    let by_name = groups.by_name();
    for (reference, key) in &groups.wanted {
        let group = lists.get(key);
        let is_name = |id: &&KeyId| !groups.keys.text(**id).is_empty();
        let names = |group: &Group| group.members.iter().filter(is_name).count() + group.uids.len();
        let look = GroupLook {
            dn: group.map(|group| group.dn.clone()).unwrap_or_default(),
            listed: group.map_or(0, names),
            by_name: by_name.contains(reference),
            ..GroupLook::default()
        };
        report.groups.insert(reference.clone(), look);
    }
}

/// Which of the people found every group has as members.
pub(super) fn counted(
    groups: &Groups,
    nesting: Nesting,
    found: &Found,
    place: &str,
    report: &mut Report,
) -> BTreeMap<GroupRef, Sorted<usize>> {
    let members = match groups::members(groups, nesting, &found.people, place) {
        Ok(members) => members,
        Err(error) => {
            report.mistakes.push(error.into());
            return BTreeMap::new();
        }
    };
    let direct = groups::members(groups, Nesting::Direct, &found.people, place).unwrap_or_default();
    for (group, members) in &members {
        if let Some(look) = report.groups.get_mut(group) {
            look.people = found.whole.then_some(members.len());
            look.nested = members.len() - direct.get(group).map_or(0, Sorted::len);
        }
    }
    members
}

/// Whom the groups list beside people and groups, and whether anybody can read them.
pub(super) async fn strangers(
    connection: &mut Connection,
    ground: &Ground<'_>,
    (groups, lists, nesting): (&Groups, &BTreeMap<String, Group>, Nesting),
    found: &Found,
    report: &mut Report,
) -> Result<(), Error> {
    let Ground { root, schema, settings, asking: _ } = ground;
    // Where people are missing, those would be taken for strangers.
    if !found.whole {
        return Ok(());
    }
    let strangers = Strangers::of(groups, lists, nesting, &found.people);
    let readable = match unselected::readable(connection, settings, root, schema, strangers.names()).await {
        Ok(readable) => readable,
        Err(error) => return goes_on(error, report),
    };
    let uids = match unselected::known_uids(connection, settings, root, strangers.uids()).await {
        Ok(uids) => uids,
        Err(error) => return goes_on(error, report),
    };
    let (_, unresolved) = strangers.settle(|name| readable.contains(name), |uid| uids.contains(uid));
    for (group, names) in unresolved {
        if let Some(look) = report.groups.get_mut(&group) {
            look.unresolved = names;
        }
    }
    Ok(())
}
