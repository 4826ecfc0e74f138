//! The first steps: the entry, whether it is selected, what it gives.

use super::subject::Standing;
use super::{Look, Step};
use crate::directory::{DirectoryName, Entry, GroupRef};
use crate::person::Country;
use crate::report::moment;
use crate::rules::{IdentityRule, PeopleRules, Select};
use crate::template::{Rendered, Template};

impl Look<'_> {
    /// Where they were found, and as what.
    pub(super) fn entry(&self) -> Step {
        let mut said = Vec::new();
        for (name, entry) in &self.subject.entries {
            let source = self.case.directories.read().get(*name).map(|directory| directory.source.as_str());
            let anchor = match (&entry.anchor, self.subject.standing) {
                (Some(anchor), _) => format!(" ({})", anchor.as_str()),
                (None, Standing::Person(_)) => {
                    " (without an anchor: a new email makes them a stranger)".to_owned()
                }
                (None, _) => String::new(),
            };
            said.push(format!("{} in {}{anchor}", name.says(&entry.dn), source.unwrap_or_default()));
        }
        said.extend(match self.subject.standing {
            Standing::Person(_) => None,
            Standing::SetAside(reason) => {
                Some(format!("it is set aside, and protects their account: {reason}"))
            }
            Standing::Gone(gone) => Some(format!("it says that they have left: {}", gone.evidence)),
            Standing::Service => {
                Some("it has no email and no mapped group lists it: a service account, no person".to_owned())
            }
            Standing::Kept => {
                Some("it is disabled, and `disabled: keep` leaves their account as it is".to_owned())
            }
            Standing::Filtered => {
                Some("people.filter leaves it out: nothing is done about it or its account".to_owned())
            }
            Standing::Absent => Some(format!(
                "none: {} has no entry that could be theirs",
                match self.case.directories.is_whole() {
                    true => "the directory, which was read whole,",
                    false => "what could be read of the directories",
                }
            )),
        });
        Step::new("Entry", said)
    }

    /// By which rule they get an account.
    pub(super) fn selection(&self) -> Option<Step> {
        let Standing::Person(person) = self.subject.standing else { return None };
        let mapped = self.mapped();
        let listed = match mapped.as_slice() {
            [] => "no mapped group lists them".to_owned(),
            some => format!("mapped groups list them: {}", names(some)),
        };
        let select = match &self.rules_of_entry().unwrap_or(&self.case.rules.people).select {
            Select::All => "people.select is `all`".to_owned(),
            Select::Mapped => "people.select is `mapped`".to_owned(),
            Select::In(groups) => {
                format!("people.select is the members of {}", names(&Vec::from_iter(groups)))
            }
        };
        let verdict = if person.selected { "they get an account" } else { "they get no account" };
        Some(Step::new("Selection", [format!("{verdict}: {select}, and {listed}")]))
    }

    /// What the entry gives by the templates.
    pub(super) fn attributes(&self) -> Option<Step> {
        if matches!(self.subject.standing, Standing::Absent | Standing::Service) {
            return None;
        }
        let mut said = Vec::new();
        for (name, entry) in &self.subject.entries {
            let rules = self.case.rules.people_of(name);
            let templates = rules.templates().into_iter();
            said.extend(templates.map(|(key, template)| name.says(&given(key, template, entry))));
            if let IdentityRule::Always(identity) = rules.identity {
                said.push(name.says(&format!("people.identity: {identity}, for everybody")));
            }
        }
        if let Standing::Person(person) = self.subject.standing {
            let country = match (&person.country, &self.case.rules.people.country) {
                (Country::Code(_), _) => None,
                (Country::Missing, Some(country)) => {
                    Some(format!("country of a new account: {country}, from people.country"))
                }
                (Country::Missing, None) => Some("no country, and people.country is not set".to_owned()),
                (Country::Invalid(why), _) => Some(format!("the country cannot be used: {why}")),
            };
            said.extend(country);
        }
        Some(Step::new("Attributes", said))
    }

    /// Which groups of the directory give which at Adobe, and by which path.
    pub(super) fn groups(&self) -> Option<Step> {
        let Standing::Person(person) = self.subject.standing else { return None };
        let mut said = Vec::new();
        for (group, by) in person.groups.iter() {
            said.push(format!("{group}, by {}", by.join(" and ")));
        }
        for (name, entry) in &self.subject.entries {
            for (group, path) in &entry.paths {
                if path.len() > 1 {
                    said.push(name.says(&format!("they are in {group} through {}", path.join(" → "))));
                }
            }
        }
        if said.is_empty() {
            said.push("no mapping gives them one".to_owned());
        }
        Some(Step::new("Groups they should have", said))
    }

    /// The mapped groups that list them.
    pub(super) fn mapped(&self) -> Vec<&GroupRef> {
        let mapped = self.case.rules.mapped();
        let entries = self.subject.entries.iter();
        let mut listed: Vec<&GroupRef> = entries
            .flat_map(|(_, entry)| entry.groups.iter())
            .filter(|group| mapped.contains(group))
            .collect();
        listed.sort();
        listed.dedup();
        listed
    }

    fn rules_of_entry(&self) -> Option<&PeopleRules> {
        self.subject.entries.first().map(|(name, _)| self.case.rules.people_of(name))
    }

    /// When Adobe's side was read.
    pub(super) fn as_of(&self) -> String {
        moment(self.case.adobe.read_at)
    }

    /// The directories that have an entry of theirs.
    pub(super) fn names(&self) -> Vec<&DirectoryName> {
        self.subject.entries.iter().map(|(name, _)| *name).collect()
    }
}

/// What one template gives.
fn given(key: &str, template: &Template, entry: &Entry) -> String {
    let key = key.strip_prefix("people.").unwrap_or(key);
    match template.render(entry) {
        Rendered::Value(value) => format!("{key}: {value}, from {template}"),
        Rendered::Missing => format!("{key}: nothing, for {template} has no value"),
        Rendered::Undecodable(attribute) => format!("{key}: nothing, for `{attribute}` is not text"),
    }
}

/// Groups in one line.
pub(super) fn names<'a>(groups: impl IntoIterator<Item = &'a &'a GroupRef>) -> String {
    groups.into_iter().map(|group| group.as_str()).collect::<Vec<_>>().join(", ")
}
