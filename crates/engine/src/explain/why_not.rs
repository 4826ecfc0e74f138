//! Why somebody is not in a group.

use super::subject::Standing;
use super::{Look, Step, source};
use crate::change::What;
use crate::directory::GroupRef;
use crate::key::GroupName;
use crate::rules::Mapping;

impl Look<'_> {
    /// Why they are not in a group at Adobe.
    pub(super) fn why_not(&self, group: &GroupName) -> Step {
        Step { about: "Why not", said: vec![format!("{group}: {}", self.reason_against(group))] }
    }

    fn reason_against(&self, group: &GroupName) -> String {
        if self.subject.user.is_some_and(|user| user.groups.contains(group)) {
            return format!("they are in it, as of {}", self.as_of());
        }
        let giving: Vec<&Mapping> =
            self.case.rules.mappings.iter().filter(|mapping| mapping.adobe.contains(group)).collect();
        let listed: Vec<&GroupRef> = giving.iter().map(|mapping| &mapping.directory).collect();
        if giving.is_empty() {
            return match self.case.plan.is_push() || self.case.adobe.groups.contains_key(group) {
                true => "no mapping under `groups` gives it: umsync neither gives nor takes it".to_owned(),
                false => "Adobe has no such group, and no mapping under `groups` names it".to_owned(),
            };
        }
        let is_it = |what: &What| matches!(what, What::Join { group: joined } if joined == group);
        if self.planned().any(|change| is_it(&change.what)) {
            return "the next run gives it".to_owned();
        }
        if let Some(withheld) = self.all_withheld().find(|withheld| is_it(&withheld.change.what)) {
            return format!("it would be given, and is held back: {}", withheld.why);
        }
        match self.subject.standing {
            Standing::Person(person) if person.groups.contains_key(group) => {
                match (self.held(), self.protected()) {
                    (Some(held), _) => format!("they are held: {}", held.reason),
                    (None, Some(protected)) => format!("they are protected: {}", protected.because),
                    (None, None) => "they get no account".to_owned(),
                }
            }
            Standing::Person(_) => format!(
                "none of the directory groups that give it lists them: {}",
                source::names(&listed.iter().collect::<Vec<_>>().into_iter().copied().collect::<Vec<_>>())
            ),
            Standing::SetAside(reason) => format!("their entry is set aside: {reason}"),
            Standing::Gone(gone) => format!("their entry says that they have left: {}", gone.evidence),
            Standing::Service => "their entry has no email, so they are no person".to_owned(),
            Standing::Filtered => "people.filter leaves their entry out".to_owned(),
            Standing::Kept => "their entry is disabled, and `disabled: keep` changes nothing".to_owned(),
            Standing::Absent => "the directory has no entry of theirs".to_owned(),
        }
    }
}
