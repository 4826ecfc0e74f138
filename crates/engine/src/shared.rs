//! People whom several directories give: one person where their entries agree. Where they do not, nobody knows which is
//! right, and matching holds them as any two entries for one account.

use crate::key::{Ownership, fold, folded_email, is_same_email};
use crate::person::{Country, Person, PersonTexts};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
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
    let again = sort(&mut people);
    // Nearly always everybody has a key of their own.
    let united = if again.contains(&true) { united(people, &again) } else { people };
    let shared = united.iter().filter(|person| person.is_shared()).map(|person| Shared {
        who: person.email().to_owned(),
        entries: person.sightings().map(|sighting| sighting.place()).collect(),
    });
    let shared = shared.collect();
    (united, shared)
}

/// What people are sorted by, as far as it decides nearly always: whose account it is, and how the email begins.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    ownership: Ownership,
    begins: [u64; 2],
}

impl Rank {
    fn of(person: &Person) -> Self {
        let email = folded_email(person.email());
        let mut bytes = [0; 16];
        bytes.iter_mut().zip(email.bytes()).for_each(|(place, byte)| *place = byte);
        let begins = u128::from_be_bytes(bytes);
        // In two halves, because a whole one would take the place of three.
        let begins = [(begins >> 64) as u64, begins as u64];
        Self { ownership: person.identity.ownership(), begins }
    }
}

/// Sorts people by key and then entry, and tells of each whether they have the key of the one before.
fn sort(people: &mut [Person]) -> Vec<bool> {
    // Positions are sorted and people are not: a person is large, and there may be a million.
    let position = |at| u32::try_from(at).expect("no organization has so many people");
    let mut order: Vec<(Rank, u32)> =
        people.iter().enumerate().map(|(at, person)| (Rank::of(person), position(at))).collect();
    let person = |at: u32| &people[at as usize];
    let email = |at: u32| folded_email(person(at).email());
    order.sort_unstable_by(|(left_rank, left), (right_rank, right)| {
        let of_key = left_rank.cmp(right_rank).then_with(|| email(*left).cmp(&email(*right)));
        of_key.then_with(|| person(*left).sightings().cmp(person(*right).sightings()))
    });
    let is_same = |pair: &[(Rank, u32)]| match pair {
        [(left_rank, left), (right_rank, right)] => {
            left_rank == right_rank && is_same_email(person(*left).email(), person(*right).email())
        }
        _ => false,
    };
    let again =
        (0..order.len()).map(|at| at.checked_sub(1).is_some_and(|before| is_same(&order[before..=at])));
    let again: Vec<bool> = again.collect();
    let mut order: Vec<usize> = order.into_iter().map(|(_, at)| at as usize).collect();
    for first in 0..order.len() {
        // Whoever belongs at a place comes there from theirs, to which whoever belongs there comes, and so on in a ring.
        let mut place = first;
        loop {
            let from = std::mem::replace(&mut order[place], place);
            if from == first || from == place {
                break;
            }
            people.swap(place, from);
            place = from;
        }
    }
    again
}

fn united(people: Vec<Person>, again: &[bool]) -> Vec<Person> {
    let mut united: Vec<Person> = Vec::with_capacity(people.len());
    let mut people = people.into_iter().zip(again.iter().copied()).peekable();
    while let Some((first, _)) = people.next() {
        let mut same = vec![first];
        while let Some((other, _)) = people.next_if(|(_, again)| *again) {
            same.push(other);
        }
        match same.len() {
            1 => united.append(&mut same),
            _ => {
                // One entry seen twice is one, whoever else has its address.
                let same = seen_twice(same);
                united.extend(one(&same).map_or(same, |one| vec![one]));
            }
        }
    }
    united
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
    let Person { identity, country, selected, groups, .. } = other;
    let (mine, theirs) = (one.texts(), other.texts());
    // One key has one email; only its spelling may differ.
    if one.identity != *identity || mine.domain != theirs.domain {
        return None;
    }
    let folded_name = |name: &str| -> String { name.trim().nfc().collect() };
    let texts = PersonTexts {
        username: either(mine.username, theirs.username, fold)?,
        first_name: either(mine.first_name, theirs.first_name, folded_name)?,
        last_name: either(mine.last_name, theirs.last_name, folded_name)?,
        ..mine
    };
    *one = one.with(texts);
    one.country = match (&one.country, country) {
        (Country::Missing, country) | (country, Country::Missing) => country.clone(),
        (one, other) if one == other => one.clone(),
        _ => return None,
    };
    one.add_sightings_of(other);
    one.selected |= selected;
    let all = Arc::make_mut(&mut one.groups);
    for (group, by) in groups.iter() {
        let known = all.entry(group.clone()).or_default();
        *known = Arc::new(known.iter().chain(by.iter()).cloned().collect());
    }
    Some(())
}

/// The value that there is; `None` where there are two that are not the same.
fn either<'a>(
    one: Option<&'a str>,
    other: Option<&'a str>,
    folded: impl Fn(&str) -> String,
) -> Option<Option<&'a str>> {
    match (one, other) {
        (Some(mine), Some(theirs)) => (folded(mine) == folded(theirs)).then_some(one),
        _ => Some(one.or(other)),
    }
}
