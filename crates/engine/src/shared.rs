//! People whom several directories give: one person where their entries agree. Where they do not, nobody knows which is
//! right, and matching holds them as any two entries for one account.

use crate::desired::{Country, Person, Sighting};
use crate::key::fold;
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

/// Somebody whom several directories give.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Shared {
    /// Their email.
    pub who: String,
    /// Their entries, each with its directory.
    pub entries: Vec<String>,
}

/// Makes one person of the entries of several directories that have one key and agree about everything that Adobe would
/// hold; what one of them lacks, another may give. They have what any of the directories gives. Sorted.
pub(crate) fn unite(mut people: Vec<Person>) -> (Vec<Person>, Vec<Shared>) {
    people.sort_by_cached_key(|person| (person.key(), person.sightings.clone()));
    let mut united: Vec<Person> = Vec::with_capacity(people.len());
    let mut shared = Vec::new();
    let mut people = people.into_iter().peekable();
    while let Some(first) = people.next() {
        let key = first.key();
        let mut same = vec![first];
        while let Some(next) = people.next_if(|next| next.key() == key) {
            same.push(next);
        }
        match one(&same) {
            Some(person) => {
                let entries = person.sightings.iter().map(Sighting::place).collect();
                shared.push(Shared { who: person.email.clone(), entries });
                united.push(person);
            }
            None => united.extend(same),
        }
    }
    (united, shared)
}

/// The one person that these are; `None` where they are not several, two of them are of one directory, or they differ.
fn one(people: &[Person]) -> Option<Person> {
    let [first, others @ ..] = people else { return None };
    let mut one = first.clone();
    for other in others {
        if !one.directories().is_disjoint(&other.directories()) {
            return None;
        }
        add(&mut one, other)?;
    }
    (!others.is_empty()).then_some(one)
}

/// Adds what another directory says of the same person; `None` where it says something else.
fn add(one: &mut Person, other: &Person) -> Option<()> {
    let Person {
        sightings,
        identity,
        // One key has one email; only its spelling may differ.
        email: _,
        username,
        domain,
        first_name,
        last_name,
        country,
        selected,
        groups,
    } = other;
    if one.identity != *identity || one.domain != *domain {
        return None;
    }
    one.username = either(&one.username, username, |name| fold(name))?;
    one.first_name = either(&one.first_name, first_name, |name| name.trim().nfc().collect())?;
    one.last_name = either(&one.last_name, last_name, |name| name.trim().nfc().collect())?;
    one.country = match (&one.country, country) {
        (Country::Missing, country) | (country, Country::Missing) => country.clone(),
        (one, other) if one == other => one.clone(),
        _ => return None,
    };
    one.sightings.extend(sightings.iter().cloned());
    one.selected |= selected;
    for (group, by) in groups {
        one.groups.entry(group.clone()).or_default().extend(by.iter().cloned());
    }
    Some(())
}

/// The value that there is; `None` where there are two that are not the same.
fn either(
    one: &Option<String>,
    other: &Option<String>,
    folded: impl Fn(&str) -> String,
) -> Option<Option<String>> {
    match (one, other) {
        (Some(one), Some(other)) => (folded(one) == folded(other)).then(|| Some(one.clone())),
        (one, other) => Some(one.clone().or_else(|| other.clone())),
    }
}
