//! Looking ahead. A million people are in memory and far from the processor: each piece of theirs takes it as long to fetch as
//! hundreds of instructions, and one after the other is how they are worked on. So a handful of them is fetched first: nothing
//! is done with one before the next is asked for, and the memory brings many at once.

use crate::adobe::User;
use crate::links::Links;
use crate::matching::index::Index;
use crate::person::{Person, Sighting};

/// So many fit near the processor, with all that is theirs.
pub(crate) const HANDFUL: usize = 64;

/// What a processor fetches at once.
const LINE: usize = 64;

/// Fetches a text. What it returns means nothing, and has to go somewhere, lest nothing be done.
pub(crate) fn fetch(text: &str) -> u8 {
    text.bytes().step_by(LINE).fold(0, |all, byte| all ^ byte)
}

/// Fetches people, and the links and users by which they are looked up.
pub(crate) fn look_up(people: &[Person], links: &Links, index: &Index<'_>) {
    let mut all = people.iter().fold(0, |all, person| all ^ fetch_person(person));
    let anchors = people.iter().flat_map(Person::anchors);
    let known: Vec<usize> = anchors.filter_map(|anchor| links.maybe(anchor.as_str())).collect();
    all ^= known.iter().fold(0, |all, place| all ^ links.at(*place).fetch());
    let by_link = known.iter().filter_map(|place| index.maybe_id(links.at(*place).id()));
    let users: Vec<&User> =
        by_link.chain(people.iter().filter_map(|person| index.maybe_email(person.email()))).collect();
    all ^= users.iter().fold(0, |all, user| all ^ user.fetch());
    std::hint::black_box(all);
}

/// Fetches people.
pub(crate) fn people<'a>(people: impl Iterator<Item = &'a Person>) {
    std::hint::black_box(people.map(fetch_person).fold(0, |all, one| all ^ one));
}

/// Fetches people and their users.
pub(crate) fn pairs<'a>(pairs: impl Iterator<Item = (&'a Person, &'a User)>) {
    let fetched = |(person, user): (&Person, &User)| fetch_person(person) ^ user.fetch();
    std::hint::black_box(pairs.map(fetched).fold(0, |all, one| all ^ one));
}

fn fetch_person(person: &Person) -> u8 {
    let of_sighting = |Sighting { directory: _, dn, anchor }: &Sighting| {
        fetch(dn) ^ anchor.as_ref().map_or(0, |anchor| fetch(anchor.as_str()))
    };
    person.sightings.iter().map(of_sighting).fold(person.fetch(), |all, one| all ^ one)
}
