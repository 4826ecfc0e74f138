//! Whom an explanation is about: an entry, an account, or both.

use super::Case;
use crate::adobe::User;
use crate::desired::{Desired, Gone};
use crate::directory::{DirectoryName, Entry};
use crate::key::{fold, fold_email};
use crate::matching::Matching;
use crate::people::is_in_scope;
use crate::person::Person;
use crate::rules::NAMING_ATTRIBUTES;
use crate::set_aside::SetAsideReason;
use std::collections::BTreeSet;

/// Why nobody can be explained.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WhoError {
    /// Neither side has them.
    #[error(
        "neither the directory nor Adobe, as it was last read, has anybody called {who}\n  name them by email, username, DN, anchor or id at Adobe, whole; whoever directory.users does not find is not in the directory as far as umsync goes"
    )]
    Nobody {
        /// As they were named.
        who: String,
    },
    /// Several are called so.
    #[error("several are called {who}: {}\n  name one of them by what stands here", them.join(", "))]
    Several {
        /// As they were named.
        who: String,
        /// Their DNs, or their ids at Adobe.
        them: Vec<String>,
    },
}

/// How somebody stands in the directory.
#[derive(Debug, Clone, Copy)]
pub(super) enum Standing<'a> {
    /// A person, selected or not.
    Person(&'a Person),
    /// An entry that could not be understood.
    SetAside(&'a SetAsideReason),
    /// An entry that says that its person has left.
    Gone(&'a Gone<'a>),
    /// An entry without a mail that no mapped group lists.
    Service,
    /// A disabled entry whose account stays as it is.
    Kept,
    /// An entry that `people.filter` leaves out.
    Filtered,
    /// No entry.
    Absent,
}

/// Whom an explanation is about.
#[derive(Debug)]
pub(super) struct Subject<'a> {
    pub(super) name: String,
    pub(super) entries: Vec<(&'a DirectoryName, &'a Entry)>,
    pub(super) standing: Standing<'a>,
    /// Their account, as far as it is known.
    pub(super) user: Option<&'a User>,
}

impl<'a> Subject<'a> {
    pub(super) fn find(
        case: Case<'a>,
        desired: &'a Desired<'a>,
        matching: &Matching,
        who: &str,
    ) -> Result<Self, WhoError> {
        let found = entries(case, who);
        if found.is_empty() {
            return Self::by_account(case, desired, matching, who);
        }
        let places: BTreeSet<String> = found.iter().map(|(name, entry)| name.says(&entry.dn)).collect();
        let people: Vec<usize> = positions(desired, &places);
        let them = match people.as_slice() {
            [one] => BTreeSet::from([desired.people[*one].place()]),
            _ => places,
        };
        match them.iter().collect::<Vec<_>>().as_slice() {
            [_] => Ok(Self::of_entries(case, desired, matching, found, people.first().copied())),
            _ => Err(WhoError::Several { who: who.to_owned(), them: them.into_iter().collect() }),
        }
    }

    /// Somebody whom no entry names: by the account, and then by the entry that has it.
    fn by_account(
        case: Case<'a>,
        desired: &'a Desired<'a>,
        matching: &Matching,
        who: &str,
    ) -> Result<Self, WhoError> {
        let is_it = |user: &User| {
            fold_email(user.email()) == fold_email(who)
                || user.id() == Some(who)
                || user.username().is_some_and(|username| fold(username) == fold(who))
        };
        let users = &case.adobe.users;
        let found: Vec<usize> = (0..users.len()).filter(|at| is_it(&users[*at])).collect();
        let [at] = found.as_slice() else {
            return Err(match found.is_empty() {
                true => WhoError::Nobody { who: who.to_owned() },
                false => {
                    let named = |at: &usize| users[*at].id().unwrap_or(users[*at].email()).to_owned();
                    WhoError::Several { who: who.to_owned(), them: found.iter().map(named).collect() }
                }
            });
        };
        match matching.pairs.iter().find(|(_, user)| user == at) {
            Some((person, _)) => {
                let places: BTreeSet<String> =
                    desired.people[*person].sightings().map(|sighting| sighting.place()).collect();
                let entries =
                    all(case).filter(|(name, entry)| places.contains(&name.says(&entry.dn))).collect();
                Ok(Self::of_entries(case, desired, matching, entries, Some(*person)))
            }
            None => Ok(Self {
                name: users[*at].email().to_owned(),
                entries: Vec::new(),
                standing: Standing::Absent,
                user: users.get(*at),
            }),
        }
    }

    fn of_entries(
        case: Case<'a>,
        desired: &'a Desired<'a>,
        matching: &Matching,
        entries: Vec<(&'a DirectoryName, &'a Entry)>,
        person: Option<usize>,
    ) -> Self {
        let place = entries.first().map(|(name, entry)| name.says(&entry.dn)).unwrap_or_default();
        let users = &case.adobe.users;
        if let Some(at) = person {
            let paired = matching.pairs.iter().find(|(person, _)| *person == at);
            let person = &desired.people[at];
            return Self {
                name: person.email().to_owned(),
                entries,
                standing: Standing::Person(person),
                user: paired.map(|(_, user)| &users[*user]),
            };
        }
        if let Some(set_aside) = desired.set_aside.iter().find(|set_aside| set_aside.entry == place) {
            let standing = Standing::SetAside(&set_aside.reason);
            return Self { name: place, user: linked(case, &entries), entries, standing };
        }
        if let Some(gone) = desired.gone.iter().find(|gone| gone.dn == place) {
            let email = gone.person.as_ref().map(|person| person.email().to_owned());
            let of_email = |user: &&User| {
                email.as_ref().is_some_and(|email| fold_email(user.email()) == fold_email(email))
            };
            let user = linked(case, &entries).or_else(|| users.iter().find(of_email));
            return Self { name: email.unwrap_or(place), entries, standing: Standing::Gone(gone), user };
        }
        let standing = match entries.first() {
            Some((name, entry)) if !is_in_scope(entry, case.rules.people_of(name)) => Standing::Filtered,
            Some((_, entry)) if entry.first("mail").is_none() => Standing::Service,
            _ => Standing::Kept,
        };
        Self { name: place, user: linked(case, &entries), entries, standing }
    }
}

/// The account that a link gives to one of these entries.
fn linked<'a>(case: Case<'a>, entries: &[(&DirectoryName, &Entry)]) -> Option<&'a User> {
    let anchors = entries.iter().filter_map(|(_, entry)| entry.anchor.as_ref());
    let known: BTreeSet<&str> =
        anchors.filter_map(|anchor| Some(case.memory.links.get(anchor)?.id())).collect();
    case.adobe.users.iter().find(|user| user.id().is_some_and(|id| known.contains(id)))
}

fn all<'a>(case: Case<'a>) -> impl Iterator<Item = (&'a DirectoryName, &'a Entry)> {
    let read = case.directories.read().iter();
    read.flat_map(|(name, directory)| directory.entries.iter().map(move |entry| (name, entry)))
}

/// The entries that are called so: by DN, anchor, or one of the attributes that name somebody.
fn entries<'a>(case: Case<'a>, who: &str) -> Vec<(&'a DirectoryName, &'a Entry)> {
    let (folded, email) = (fold(who), fold_email(who));
    let named = |entry: &Entry, attribute: &str| {
        let mut values = entry.attributes.get(attribute);
        values.any(|value| fold(value) == folded || fold_email(value) == email)
    };
    let is_it = |(name, entry): &(&DirectoryName, &Entry)| {
        fold(&entry.dn) == folded
            || name.says(&entry.dn) == who
            || entry.anchor.as_ref().is_some_and(|anchor| anchor.as_str() == folded)
            || NAMING_ATTRIBUTES.iter().any(|attribute| named(entry, attribute))
            || case.rules.people_of(name).email.attributes().iter().any(|attribute| named(entry, attribute))
    };
    all(case).filter(is_it).collect()
}

/// The people whose entries stand at these places.
fn positions(desired: &Desired<'_>, places: &BTreeSet<String>) -> Vec<usize> {
    let stands = |person: &Person| person.sightings().any(|sighting| places.contains(&sighting.place()));
    (0..desired.people.len()).filter(|at| stands(&desired.people[*at])).collect()
}
