//! By which path somebody is in a wanted group, for who asks about one person.

use crate::dn::fold_text;
use crate::groups::{Groups, children};
use crate::person::Person;
use std::collections::{BTreeMap, VecDeque};
use umsync_engine::directory::{Entry, GroupRef, Wanted};

/// Writes into the entries that are asked about the path to each of their wanted groups. `people[i]` speaks for
/// `entries[i]`.
pub(crate) fn trace(groups: &Groups, people: &[Person], entries: &mut [Entry], wanted: &Wanted) {
    let Some(who) = wanted.trace.as_deref().map(fold_text) else { return };
    let is_it = |entry: &Entry| {
        fold_text(&entry.dn) == who || entry.attributes.iter().any(|(_, value)| fold_text(value) == who)
    };
    let children = children(groups);
    for (person, entry) in people.iter().zip(entries).filter(|(_, entry)| is_it(entry)) {
        let found = entry.groups.iter().filter_map(|group| {
            let root = groups.wanted.get(group)?;
            Some((group.clone(), path(groups, &children, root, person)?))
        });
        entry.paths = found.collect::<BTreeMap<GroupRef, Vec<String>>>();
    }
}

/// The DNs from the group that lists them itself to this one: the shortest such path.
fn path(
    groups: &Groups,
    children: &BTreeMap<&str, std::collections::BTreeSet<&str>>,
    root: &str,
    person: &Person,
) -> Option<Vec<String>> {
    let mut parent: BTreeMap<&str, Option<&str>> = BTreeMap::from([(root, None)]);
    let mut open = VecDeque::from([root]);
    while let Some(key) = open.pop_front() {
        let group = groups.by_key.get(key)?;
        let names = groups.keys.find(key).is_some_and(|id| person.names(id));
        if person.is_listed_by(group) || names || person.has_primary(group) {
            let mut path = vec![group.dn.clone()];
            let mut at = key;
            while let Some(Some(above)) = parent.get(at) {
                path.extend(groups.by_key.get(*above).map(|group| group.dn.clone()));
                at = above;
            }
            return Some(path);
        }
        for child in children.get(key).into_iter().flatten() {
            if !parent.contains_key(child) {
                parent.insert(child, Some(key));
                open.push_back(child);
            }
        }
    }
    None
}
