//! One person as mapped: what Adobe should hold, in the words of a plan, or why nothing becomes of the entry.

use chrono::{DateTime, Utc};
use serde::Serialize;
use std::collections::BTreeMap;
use umsync_engine::desired::Desired;
use umsync_engine::directories::Directories;
use umsync_engine::directory::{Directory, Entry};
use umsync_engine::memory::Memory;
use umsync_engine::people::People;
use umsync_engine::person::{Person, PersonTexts};
use umsync_engine::rules::Rules;

/// One person as mapped.
#[derive(Debug, Serialize)]
pub(super) struct Sample {
    dn: String,
    /// What becomes of the entry, in words.
    pub(super) told: String,
    /// Whether nothing can become of it.
    pub(super) wrong: bool,
    email: Option<String>,
    username: Option<String>,
    domain: Option<String>,
    first_name: Option<String>,
    last_name: Option<String>,
    country: Option<String>,
    identity: Option<String>,
    /// The Adobe groups, with the directory groups that give each.
    groups: BTreeMap<String, Vec<String>>,
}

/// The engine decides about this entry as it does in a plan.
pub(super) fn of(entry: Entry, rules: &Rules, memory: &Memory, now: DateTime<Utc>) -> Sample {
    let mut sample = Sample {
        dn: entry.dn.clone(),
        told: String::new(),
        wrong: false,
        email: None,
        username: None,
        domain: None,
        first_name: None,
        last_name: None,
        country: None,
        identity: None,
        groups: BTreeMap::new(),
    };
    let alone = Directory { entries: vec![entry], ..Directory::default() };
    let people = People::of(Directories::only(alone), rules, now);
    let decided = Desired::of(&people, memory);
    if let Some(person) = people.all.first() {
        of_person(person, rules, &mut sample);
    } else if let Some(aside) = decided.set_aside.first() {
        sample.wrong = true;
        sample.told = format!("set aside: {}", aside.reason);
    } else if let Some(gone) = decided.gone.first() {
        sample.told = format!("has left: {}", gone.evidence);
    } else if decided.kept > 0 {
        sample.told = "disabled in the directory; the account at Adobe stays as it is".to_owned();
    } else {
        sample.told = "no person: it has no email, and no mapped group lists it".to_owned();
    }
    sample
}

fn of_person(person: &Person, rules: &Rules, sample: &mut Sample) {
    let profile = person.profile(rules.people.country.as_deref());
    let Person { identity, selected, groups, .. } = person;
    let PersonTexts { email, username, domain, first_name, last_name } = person.texts();
    let mut parts = vec![identity.to_string(), email.to_owned()];
    parts.extend(username.map(|username| format!("username {username} in {domain}")));
    let name = [first_name, last_name].into_iter().flatten().collect::<Vec<_>>().join(" ");
    parts.push(if name.is_empty() { "no name".to_owned() } else { name });
    let mut told = match &profile {
        Ok(profile) => {
            parts.push(profile.texts().country.unwrap_or("no country").to_owned());
            parts.join(", ")
        }
        Err(why) => {
            sample.wrong = true;
            format!("{}\nno account can be made: {why}", parts.join(", "))
        }
    };
    for (group, by) in groups.iter() {
        told.push_str(&format!("\n{group}, by {}", by.join(", ")));
    }
    if !selected {
        told.push_str("\nno account is given: no mapped group lists this person");
    }
    sample.told = told;
    sample.country = profile.ok().and_then(|profile| profile.texts().country.map(str::to_owned));
    sample.groups = groups
        .iter()
        .map(|(group, by)| (group.to_string(), by.iter().map(ToString::to_string).collect()))
        .collect();
    let owned = |text: Option<&str>| text.map(str::to_owned);
    (sample.email, sample.username, sample.domain) =
        (owned(Some(email)), owned(username), owned(Some(domain)));
    (sample.first_name, sample.last_name) = (owned(first_name), owned(last_name));
    sample.identity = Some(identity.to_string());
}

impl Sample {
    pub(super) fn dn(&self) -> &str {
        &self.dn
    }
}
