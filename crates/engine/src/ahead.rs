//! Looking ahead. A million people are in memory and far from the processor: each piece of theirs takes it as long to fetch as
//! hundreds of instructions, and one after the other is how they are worked on. So a handful of them is fetched first: nothing
//! is done with one before the next is asked for, and the memory brings many at once.

use crate::adobe::User;
use crate::links::Links;
use crate::matching::index::Index;
use crate::memory::Known;
use crate::person::Person;

/// So many fit near the processor, with all that is theirs.
pub(crate) const HANDFUL: usize = 64;

/// What a processor fetches at once.
const LINE: usize = 64;

/// Fetches a text. What it returns means nothing, and has to go somewhere, lest nothing be done.
pub(crate) fn fetch(text: &str) -> u8 {
    let last = text.as_bytes().last().copied().unwrap_or_default();
    text.bytes().step_by(LINE).fold(last, |all, byte| all ^ byte)
}

/// Fetches people, and the links and users by which they are looked up.
pub(crate) fn look_up(people: &[Person], links: &Links, index: &Index<'_>) {
    let mut all = people.iter().fold(0, |all, person| all ^ person.fetch());
    // Tables are far away, too: all is hashed before any is looked into.
    let anchors = people.iter().map(|person| person.anchors().next().map(|anchor| links.hash(anchor)));
    let anchors: Vec<Option<u64>> = anchors.collect();
    let known: Vec<Option<usize>> = anchors.into_iter().map(|anchor| links.maybe(anchor?)).collect();
    all ^= known.iter().flatten().fold(0, |all, place| all ^ links.at(*place).fetch());
    let ids = known.into_iter().map(|place| Some(index.hash_of_id(links.at(place?).id())));
    let ids: Vec<Option<u64>> = ids.collect();
    let linked: Vec<Option<usize>> = ids.into_iter().map(|id| index.maybe_id(id?)).collect();
    all ^= linked.iter().flatten().fold(0, |all, user| all ^ index.user(*user).fetch());
    let alone = |(person, user): (&Person, &Option<usize>)| {
        user.is_some_and(|user| index.is_alone_with(user, person.email()))
    };
    let others = people.iter().zip(&linked).filter(|both| !alone(*both)).map(|(person, _)| person);
    let emails: Vec<u64> = others.map(|person| index.hash_of_email(person.email())).collect();
    let users: Vec<usize> = emails.into_iter().filter_map(|email| index.maybe_email(email)).collect();
    all ^= users.into_iter().fold(0, |all, user| all ^ index.user(user).fetch());
    std::hint::black_box(all);
}

/// Fetches people.
pub(crate) fn people<'a>(people: impl Iterator<Item = &'a Person>) {
    std::hint::black_box(people.fold(0, |all, person| all ^ person.fetch()));
}

/// Fetches people and their users.
pub(crate) fn pairs<'a>(pairs: impl Iterator<Item = (&'a Person, &'a User)>) {
    std::hint::black_box(pairs.fold(0, |all, (person, user)| all ^ person.fetch() ^ user.fetch()));
}

/// All links, as [`Links::iter`], each fetched.
pub(crate) fn links(links: &Links) -> impl Iterator<Item = &Known> {
    links.all().chunks(HANDFUL).flat_map(|links| {
        std::hint::black_box(links.iter().map(Known::fetch).fold(0, |all, one| all ^ one));
        links
    })
}
