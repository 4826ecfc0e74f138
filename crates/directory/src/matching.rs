//! Groups that are wanted because their names match a pattern.

use crate::error::{Error, Vanished};
use crate::groups::{Groups, Reference};
use std::collections::{BTreeMap, BTreeSet};
use umsync_engine::directory::{Anchor, DirectoryGroup, GroupRef, Wanted};

/// What there is by name of the groups that match.
#[derive(Debug, Default)]
pub(crate) struct Matched {
    /// Those that are there, and the name that matches.
    pub(crate) names: BTreeMap<GroupRef, String>,
    /// Those that were there before and are not any more.
    gone: BTreeSet<GroupRef>,
}

impl Matched {
    /// Those among groups, each given by its DN and its names, or by its name alone.
    pub(crate) fn of<'a>(groups: impl IntoIterator<Item = (String, Vec<&'a str>)>, wanted: &Wanted) -> Self {
        let matches = |name: &str| wanted.matching.iter().any(|pattern| pattern.matches(name));
        let mut names = BTreeMap::new();
        let mut folded = BTreeSet::new();
        for (dn, called) in groups {
            for name in called.into_iter().map(str::trim).filter(|name| matches(name)) {
                // A name that is written like a DN would be taken for one.
                let reference = GroupRef::new(name);
                let reference = match Reference::of(&reference) {
                    Reference::Name(_) => reference,
                    Reference::Dn(_) | Reference::Anchor(_) => GroupRef::new(&dn),
                };
                folded.insert(Reference::of(&reference).key());
                names.insert(reference, name.to_owned());
            }
        }
        // Another spelling of the same name is the same group.
        let is_gone = |group: &&GroupRef| {
            let reference = Reference::of(group);
            matches!(reference, Reference::Name(_))
                && matches(group.as_str())
                && !wanted.groups.contains(*group)
                && !folded.contains(&reference.key())
        };
        let gone = wanted.known.keys().filter(is_gone).cloned().collect();
        Self { names, gone }
    }

    /// What is wanted, these groups included.
    pub(crate) fn added_to(&self, wanted: &Wanted) -> Wanted {
        let mut wanted = wanted.clone();
        wanted.groups.extend(self.names.keys().cloned());
        wanted.groups.extend(self.gone.iter().cloned());
        wanted.elsewhere.extend(self.gone.iter().cloned());
        wanted
    }

    /// An error where one of them is gone: its members would be taken for people who have left it.
    pub(crate) fn require_all(&self, groups: &Groups, place: &str) -> Result<(), Error> {
        self.require(place, |group| groups.followed.get(group).cloned())
    }

    /// The same, where `now` says what a group that is gone is called by now.
    pub(crate) fn require(
        &self,
        place: &str,
        now: impl Fn(&GroupRef) -> Option<String>,
    ) -> Result<(), Error> {
        if self.gone.is_empty() {
            return Ok(());
        }
        let vanished = self.gone.iter().map(|group| Vanished { group: group.clone(), now: now(group) });
        Err(Error::VanishedGroups { place: place.to_owned(), vanished: vanished.collect() })
    }

    /// Gives those without an anchor their name for one, so that it is noticed when they vanish.
    pub(crate) fn anchor(&self, groups: &mut BTreeMap<GroupRef, DirectoryGroup>) {
        for (reference, name) in &self.names {
            if let Some(group) = groups.get_mut(reference)
                && group.anchor.is_none()
            {
                group.anchor = Some(Anchor::new(NAME, name));
            }
        }
    }
}

/// What stands for an anchor where a group has none. No attribute is called so.
const NAME: &str = "group-name";

/// Whether it only stands for an anchor: then nothing but its name is known of the group.
pub(crate) fn is_name(anchor: &Anchor) -> bool {
    anchor.attribute() == NAME
}
