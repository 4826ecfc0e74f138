//! Members of directory groups whom nobody can read: until somebody has approved a plan with them, nobody loses what such
//! a group gives. A member that cannot be read may be a group whose members are here, or somebody whose entry the account
//! may not see any more.

use crate::adobe::Snapshot;
use crate::change::{Change, Target, What};
use crate::directories::Directories;
use crate::directory::{DirectoryName, GroupRef};
use crate::key::{GroupName, UserKey};
use crate::memory::Memory;
use crate::rules::Rules;
use crate::sorted::Sorted;
use std::collections::{BTreeMap, BTreeSet};

/// Which changes wait, and for whose sake.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Frozen {
    /// Changes that take a membership that such a group gives.
    pub changes: BTreeSet<Change>,
    /// The unresolved members whom nobody has accepted, of each directory group that holds back a change.
    pub members: BTreeMap<GroupRef, BTreeSet<String>>,
}

/// What unresolved members hold back. Whoever leaves the organization loses its memberships, too.
pub fn frozen(
    changes: &[Change],
    directories: &Directories,
    adobe: &Snapshot,
    rules: &Rules,
    memory: &Memory,
) -> Frozen {
    let unresolved = new_ones(directories, memory);
    let mut gives: BTreeMap<GroupName, BTreeSet<(&GroupRef, &DirectoryName)>> = BTreeMap::new();
    for mapping in &rules.mappings {
        let met = unresolved.get(&mapping.directory).into_iter().flatten();
        for (directory, _) in met.filter(|(directory, _)| mapping.is_about(directory)) {
            for group in &mapping.adobe {
                gives.entry(group.clone()).or_default().insert((&mapping.directory, directory));
            }
        }
    }
    if gives.is_empty() {
        return Frozen::default();
    }
    let mut by_id: BTreeMap<&str, &Sorted<GroupName>> = BTreeMap::new();
    let mut without_id: BTreeMap<UserKey, &Sorted<GroupName>> = BTreeMap::new();
    for user in &adobe.users {
        match (user.id(), user.key()) {
            (Some(id), _) => by_id.insert(id, &user.groups),
            (None, Some(key)) => without_id.insert(key, &user.groups),
            (None, None) => None,
        };
    }
    let mut frozen = Frozen::default();
    for change in changes.iter().filter(|change| change.is_removal()) {
        let taken: Vec<&GroupName> = match (&change.what, &change.target) {
            (What::Lose { group }, _) => vec![group],
            (_, Target::User(account)) => {
                let groups = match account.id() {
                    Some(id) => by_id.get(id),
                    None => without_id.get(&account.key),
                };
                groups.into_iter().flat_map(|groups| groups.iter()).collect()
            }
            (_, Target::Group(_)) => Vec::new(),
        };
        let because: BTreeSet<(&GroupRef, &DirectoryName)> =
            taken.into_iter().filter_map(|group| gives.get(group)).flatten().copied().collect();
        if !because.is_empty() {
            frozen.changes.insert(change.clone());
        }
        for (group, directory) in because {
            let members = frozen.members.entry(group.clone()).or_default();
            members.extend(unresolved[group][directory].iter().cloned());
        }
    }
    frozen
}

/// The unresolved members whom nobody has accepted, by directory; groups without any are left out. A member bears the name
/// of its directory, where there are several: one DN may mean two people in two of them.
fn new_ones(
    directories: &Directories,
    memory: &Memory,
) -> BTreeMap<GroupRef, BTreeMap<DirectoryName, BTreeSet<String>>> {
    let mut unresolved: BTreeMap<GroupRef, BTreeMap<DirectoryName, BTreeSet<String>>> = BTreeMap::new();
    for (name, directory) in directories.read() {
        for (group, members) in &directory.certificate.unresolved {
            let accepted = memory.accepted.get(group);
            let is_new = |member: &String| accepted.is_none_or(|accepted| !accepted.contains(member));
            let members: BTreeSet<String> =
                members.iter().map(|member| name.says(member)).filter(is_new).collect();
            if !members.is_empty() {
                unresolved.entry(group.clone()).or_default().insert(name.clone(), members);
            }
        }
    }
    unresolved
}
