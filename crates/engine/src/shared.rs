//! People whom several directories give: one person where their entries agree. Where they do not, nobody knows which is
//! right, and matching holds them as any two entries for one account.

use crate::desired::{Country, Person, Sighting};
use crate::key::{UserKey, fold};
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
pub(crate) fn unite(people: Vec<Person>) -> (Vec<Person>, Vec<Shared>) {
    // Positions are sorted and people are not: a person is large, and there may be a million.
    let mut order: Vec<(UserKey, usize)> =
        people.iter().enumerate().map(|(at, person)| (person.key(), at)).collect();
    order.sort_unstable_by(|(left_key, left), (right_key, right)| {
        left_key.cmp(right_key).then_with(|| people[*left].sightings.cmp(&people[*right].sightings))
    });
    let mut people: Vec<Option<Person>> = people.into_iter().map(Some).collect();
    let mut united: Vec<Person> = Vec::with_capacity(people.len());
    for same in order.chunk_by(|(left, _), (right, _)| left == right) {
        let same: Vec<Person> = same.iter().filter_map(|(_, at)| people[*at].take()).collect();
        match same.len() {
            1 => united.extend(same),
            _ => {
                // One entry seen twice is one, whoever else has its address.
                let same = seen_twice(same);
                united.extend(one(&same).map_or(same, |one| vec![one]));
            }
        }
    }
    let is_shared = |person: &&Person| person.sightings.len() > 1;
    let shared = united.iter().filter(is_shared).map(|person| Shared {
        who: person.email.clone(),
        entries: person.sightings.iter().map(Sighting::place).collect(),
    });
    let shared = shared.collect();
    (united, shared)
}

/// Makes one of people with the same anchor, in order.
fn seen_twice(people: Vec<Person>) -> Vec<Person> {
    let mut by_entry: Vec<Vec<Person>> = Vec::new();
    for person in people {
        let anchor = person.anchors().next();
        let is_same = |others: &&mut Vec<Person>| anchor.is_some() && others[0].anchors().next() == anchor;
        match by_entry.iter_mut().find(is_same) {
            Some(others) => others.push(person),
            None => by_entry.push(vec![person]),
        }
    }
    by_entry.into_iter().flat_map(|same| one(&same).map_or(same, |one| vec![one])).collect()
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
    one.username = either(&one.username, username, fold)?;
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
