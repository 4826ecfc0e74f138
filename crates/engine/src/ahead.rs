//! Looking ahead. A million people are in memory and far from the processor: each piece of theirs takes it as long to fetch as
//! hundreds of instructions, and one after the other is how they are worked on. So a handful of them is fetched first: nothing
//! is done with one before the next is asked for, and the memory brings many at once.

use crate::adobe::User;
use crate::links::Links;
use crate::matching::index::Index;
use crate::memory::Known;
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
    // Tables are far away, too: all is hashed before any is looked into.
    let anchors: Vec<u64> =
        people.iter().flat_map(Person::anchors).map(|anchor| links.hash(anchor.as_str())).collect();
    let emails: Vec<u64> = people.iter().map(|person| index.hash_of_email(person.email())).collect();
    let known: Vec<usize> = anchors.into_iter().filter_map(|anchor| links.maybe(anchor)).collect();
    all ^= known.iter().fold(0, |all, place| all ^ links.at(*place).fetch());
    let ids: Vec<u64> = known.into_iter().map(|place| index.hash_of_id(links.at(place).id())).collect();
    let by_link = ids.into_iter().filter_map(|id| index.maybe_id(id));
    let users: Vec<&User> =
        by_link.chain(emails.into_iter().filter_map(|email| index.maybe_email(email))).collect();
    all ^= users.into_iter().fold(0, |all, user| all ^ user.fetch());
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

/// All links, as [`Links::iter`], each fetched.
pub(crate) fn links(links: &Links) -> impl Iterator<Item = &Known> {
    links.all().chunks(HANDFUL).flat_map(|links| {
        std::hint::black_box(links.iter().map(Known::fetch).fold(0, |all, one| all ^ one));
        links
    })
}

fn fetch_person(person: &Person) -> u8 {
    let of_sighting = |Sighting { directory: _, dn, anchor }: &Sighting| {
        fetch(dn) ^ anchor.as_ref().map_or(0, |anchor| fetch(anchor.as_str()))
    };
    person.sightings.iter().map(of_sighting).fold(person.fetch(), |all, one| all ^ one)
}
