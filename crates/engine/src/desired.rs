//! What Adobe should hold, and what could not be understood, with what earlier runs know of it.

use crate::directory::{Anchor, DirectoryName};
use crate::memory::{Evidence, Memory};
use crate::people::{Other, People, Why};
use crate::person::Person;
use crate::set_aside::{Names, SetAside, SetAsideReason, Shield};
use crate::shared::Shared;
use std::collections::{BTreeMap, BTreeSet};

/// What Adobe should hold, and what could not be understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Desired<'a> {
    /// A directory could not be read: whoever is in none of the others may be in that one.
    pub unread: bool,
    /// Where it was read, by directory.
    pub sources: BTreeMap<&'a DirectoryName, &'a str>,
    /// Entries read, whatever became of them.
    pub entries: usize,
    /// Directory groups that the mappings name.
    pub groups: usize,
    /// People, selected or not, by key and then entry.
    pub people: &'a [Person],
    /// Those of them whom several directories give.
    pub shared: &'a [Shared],
    /// Entries that could not be understood, by DN.
    pub set_aside: Vec<SetAside>,
    /// Entries without a mail that no mapped group lists: service accounts, no people.
    pub services: usize,
    /// Entries that say that their person has left, by DN.
    pub gone: Vec<Gone<'a>>,
    /// Disabled entries whose accounts stay as they are (`disabled: keep`).
    pub kept: usize,
    /// Entries that `people.filter` leaves out: nothing is done about them or their accounts.
    pub filtered: usize,
    /// Accounts that entries other than people could name.
    pub shield: Shield,
    /// The domains of the federated and enterprise people who get an account.
    pub domains: &'a BTreeSet<String>,
}

/// An entry that says that its person has left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gone<'a> {
    /// Where it stands.
    pub dn: String,
    /// Adobe's id of the account that it is linked to.
    pub linked: Option<&'a str>,
    /// The person that it would be; `None` where it cannot be understood.
    pub person: Option<&'a Person>,
    /// What says so.
    pub evidence: &'a Evidence,
}

impl<'a> Desired<'a> {
    /// What is desired of these people, and of whom links know.
    pub fn of(people: &'a People, memory: &'a Memory) -> Self {
        let People { directories, all, shared, others, domains } = people;
        let mut desired = Self {
            unread: !directories.is_whole(),
            sources: directories.read().iter().map(|(name, read)| (name, read.source.as_str())).collect(),
            entries: directories.entries(),
            groups: directories.groups().len(),
            people: all,
            shared,
            set_aside: Vec::new(),
            services: 0,
            gone: Vec::new(),
            kept: 0,
            filtered: 0,
            shield: Shield::default(),
            domains,
        };
        others.iter().for_each(|other| desired.take(other, memory));
        desired.gone.sort_by(|left, right| left.dn.cmp(&right.dn));
        desired.set_aside.sort();
        desired
    }

    fn take(&mut self, other: &'a Other, memory: &'a Memory) {
        let Other { directory, dn, anchor, listed, names: Names { all, tell }, why } = other;
        let known = anchor.as_ref().and_then(|anchor: &Anchor| memory.links.get(anchor));
        let linked = known.map(|known| known.id());
        let (place, names) = (directory.says(dn), all.clone());
        match why {
            Why::Filtered => {
                self.filtered += 1;
                self.shield.cover_stranger(names, linked);
                return;
            }
            Why::Gone { evidence, person } => {
                self.gone.push(Gone { dn: place, linked, person: person.as_deref(), evidence });
                return;
            }
            Why::SetAside(SetAsideReason::NoEmail) if !listed && linked.is_none() => {
                self.services += 1;
                self.shield.cover_stranger(names, None);
                return;
            }
            Why::Kept => self.kept += 1,
            Why::SetAside(reason) => self.set_aside.push(SetAside { entry: place, reason: reason.clone() }),
        }
        self.shield.anybody |= !tell && (*listed || linked.is_some());
        self.shield.cover(directory, names, linked);
    }

    /// People who get an account.
    pub fn selected(&self) -> usize {
        self.people.iter().filter(|person| person.selected).count()
    }
}
