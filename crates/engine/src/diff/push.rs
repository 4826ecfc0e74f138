//! What is sent without a look at Adobe: everybody who gets an account, with their groups, and nothing that takes anything.

use super::{Diff, Work, whose};
use crate::adobe::Identity;
use crate::change::{Field, Names, Reason, Target, What};
use crate::key::GroupName;
use crate::matching::{Matching, matching};
use crate::person::Person;

impl Work<'_> {
    /// Everybody as they are, of whom nobody knows whether they are there. `self.adobe` holds nothing.
    pub(super) fn push_everybody(mut self, person: Option<&str>) -> Diff {
        let twin = self.rules.people.adobe_id_twin;
        let Matching { without_account, held, .. } =
            matching(self.desired, self.adobe, self.memory, twin, self.now, |_, _| false);
        for group in self.groups_to_make() {
            self.push(Target::Group(group), What::CreateGroup, Reason::Pushed);
        }
        for person in without_account {
            self.push_person(&self.desired.people[person]);
        }
        self.diff.held.extend(held);
        self.diff.populations.selected = self.desired.selected();
        self.protect();
        if let Some(place) = person {
            self.only(&whose(place, self.desired, self.adobe, &[]));
        }
        let mut diff = self.diff;
        diff.changes.sort();
        diff.held.sort();
        diff.protected.sort();
        diff
    }

    /// Making a group that is there already changes nothing (UMAPI documentation, "createUserGroup"), and nobody has looked.
    /// Administrator groups cannot be made.
    fn groups_to_make(&self) -> Vec<GroupName> {
        self.rules.creatable_groups().into_iter().filter(|group| !group.is_administrative()).collect()
    }

    fn push_person(&mut self, person: &Person) {
        let Some((target, profile)) = self.new_account(person) else { return };
        let what = What::PushUser { profile: profile.into(), names: self.names(person.identity) };
        self.push(target.clone(), what, Reason::Pushed);
        for (group, by) in person.groups.iter() {
            let what = What::Join { group: group.clone() };
            self.push(target.clone(), what, Reason::Listed { by: by.clone() });
        }
    }

    /// Adobe IDs belong to the person and cannot be updated (UMAPI documentation, "update").
    fn names(&self, identity: Identity) -> Names {
        let updated = [Field::FirstName, Field::LastName];
        let wanted = updated.iter().any(|field| self.rules.people.update.contains(field));
        if wanted && identity != Identity::Adobe { Names::Update } else { Names::Keep }
    }
}
