//! Directories that could not be read while others could: what they hold back. Nobody can review what nobody can read, so
//! no approval lifts it.
//!
//! While a directory is unread, nobody is known to be gone: whoever is in no other may be in that one. So nobody leaves, and
//! no absence begins or counts. Whoever it ever gave keeps everything they have and stays who they are; and nobody loses a
//! membership that one of its groups may give by now. Somebody of another directory with an account or an address that it
//! gave, and not known by a link to be the same person, may be a namesake: nothing is given to them. All else goes on.

use crate::adobe::{Snapshot, User};
use crate::change::{Account, Change, Reason, Target, What};
use crate::desired::Desired;
use crate::directories::Directories;
use crate::directory::{DirectoryName, GroupRef};
use crate::key::{GroupName, fold, fold_email};
use crate::memory::{Gave, Match, Memory};
use crate::rules::Rules;
use crate::set_aside::Cover;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A directory that could not be read while others could.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unread {
    /// Which.
    pub directory: DirectoryName,
    /// Why not, for people.
    pub why: String,
    /// How many of Adobe's users it is known to have given, by id, email or username.
    pub people: usize,
    /// How many changes wait for it.
    pub waiting: usize,
}

/// The changes that wait for directories that could not be read, and what each of these holds back. `pairs` are people of
/// the directories that were read and their users.
pub(crate) fn waiting(
    changes: &[Change],
    directories: &Directories,
    adobe: &Snapshot,
    rules: &Rules,
    memory: &Memory,
    (desired, pairs): (&Desired, &[(usize, usize)]),
) -> (BTreeSet<Change>, Vec<Unread>) {
    if directories.is_whole() {
        return (BTreeSet::new(), Vec::new());
    }
    let is_known = |(person, user): &(usize, usize)| -> Option<&str> {
        let id = adobe.users[*user].id()?;
        desired.people[*person].links(memory).any(|known| known.id() == id).then_some(id)
    };
    let known: BTreeSet<&str> = pairs.iter().filter_map(is_known).collect();
    let users = adobe.users.iter().filter_map(|user| Some((user.id()?, user.username()?)));
    let usernames: BTreeMap<&str, &str> = users.collect();
    let nothing = Gave::default();
    let mut all = BTreeSet::new();
    let mut told = Vec::new();
    for (name, why) in directories.failed() {
        let gave = memory.gave.get(name).unwrap_or(&nothing);
        let may_give = may_give(name, gave, directories, rules);
        let waits = |change: &&Change| {
            let Target::User(account) = &change.target else { return false };
            let is_theirs = is_among(account, &usernames, &gave.people);
            match &change.what {
                What::Leave | What::Delete => true,
                What::Lose { group } => {
                    is_theirs || matches!(change.reason, Reason::Absent { .. }) || may_give.contains(group)
                }
                // The directory that was read may be the one that is behind.
                What::Update(_) => is_theirs,
                What::CreateUser(_) | What::PushUser { .. } | What::Join { .. } => {
                    is_theirs && account.id().is_none_or(|id| !known.contains(id))
                }
                What::CreateGroup | What::Describe(_) | What::Attach { .. } => false,
            }
        };
        let is_theirs = |user: &&User| gave.people.covers(user.id(), user.email(), user.username());
        let waiting: BTreeSet<&Change> = changes.iter().filter(waits).collect();
        told.push(Unread {
            directory: name.clone(),
            why: why.clone(),
            people: adobe.users.iter().filter(is_theirs).count(),
            waiting: waiting.len(),
        });
        all.extend(waiting.into_iter().cloned());
    }
    (all, told)
}

fn is_among(account: &Account, usernames: &BTreeMap<&str, &str>, gave: &Cover) -> bool {
    let id = account.id();
    let username = id.and_then(|id| usernames.get(id)).copied();
    gave.covers(id, account.email(), Some(account.user())) || gave.covers(None, account.email(), username)
}

/// Whether a link says that it is the same person.
fn is_known(found: &Match, memory: &Memory) -> bool {
    memory.links.get(&found.anchor).is_some_and(|known| known.id() == found.id)
}

/// The Adobe groups that a group of this directory may give. A plain name may be one of its groups by now. A DN is in one
/// directory: in that which has it, or had it when it was last read.
fn may_give(
    name: &DirectoryName,
    gave: &Gave,
    directories: &Directories,
    rules: &Rules,
) -> BTreeSet<GroupName> {
    let is_elsewhere = |group: &GroupRef| {
        let has = |read: &crate::directory::Directory| {
            let found = read.groups.get(group);
            found.is_some_and(|found| group.as_str().contains('=') && fold(&found.dn) == fold(group.as_str()))
        };
        !gave.groups.contains(group) && directories.read().values().any(has)
    };
    let mappings = rules.mappings.iter().filter(|mapping| mapping.is_about(name));
    mappings
        .filter(|mapping| !is_elsewhere(&mapping.directory))
        .flat_map(|mapping| mapping.adobe.clone())
        .collect()
}

/// Whoever matches an account that an unread directory gave may be its person's namesake: no link is made between them.
pub(crate) fn without_doubtful_links(matches: &mut Vec<Match>, directories: &Directories, memory: &Memory) {
    let unread: Vec<&Gave> = directories.failed().keys().filter_map(|name| memory.gave.get(name)).collect();
    let gave =
        |found: &Match| unread.iter().any(|gave| gave.people.covers(Some(&found.id), &found.email, None));
    matches.retain(|found| is_known(found, memory) || !gave(found));
}

/// Whom each directory that was read gives, to be remembered: persons by account and address, and whomever an entry that
/// cannot be used could mean. None where there is only one directory.
pub(crate) fn giving(
    directories: &Directories,
    desired: &Desired,
    adobe: &Snapshot,
    pairs: &[(usize, usize)],
    memory: &Memory,
) -> BTreeMap<DirectoryName, Gave> {
    let mut giving: BTreeMap<DirectoryName, Gave> = BTreeMap::new();
    for (name, directory) in directories.read().iter().filter(|(name, _)| !name.is_only()) {
        let mut people = desired.shield.by_directory().get(name).cloned().unwrap_or_default();
        // Parts of addresses would freeze strangers.
        people.names.retain(|named| named.contains('@'));
        giving.insert(name.clone(), Gave { people, groups: directory.groups.keys().cloned().collect() });
    }
    if giving.is_empty() {
        return giving;
    }
    let gone = desired.gone.iter().filter_map(|gone| gone.person);
    for person in desired.people.iter().chain(gone) {
        for directory in person.directories() {
            if let Some(gave) = giving.get_mut(directory) {
                gave.people.names.insert(fold_email(person.email()));
                gave.people.ids.extend(person.links(memory).map(|known| known.id().to_owned()));
            }
        }
    }
    for (person, user) in pairs {
        let Some(id) = adobe.users[*user].id() else { continue };
        for directory in desired.people[*person].directories() {
            if let Some(gave) = giving.get_mut(directory) {
                gave.people.ids.insert(id.to_owned());
            }
        }
    }
    giving
}
