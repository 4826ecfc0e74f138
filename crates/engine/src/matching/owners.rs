//! Whom links know.

use super::index::Index;
use crate::adobe::User;
use crate::ahead;
use crate::directory::Anchor;
use crate::key::{fold, folded, folded_email};
use crate::lookup::{Among, Lookup};
use crate::memory::{Known, Memory};
use crate::person::Person;
use chrono::{DateTime, TimeDelta, Utc};
use std::borrow::Cow;

/// An address that its account has left stays its former owner's for so long.
const RECYCLED: TimeDelta = TimeDelta::days(90);

/// Whom links know by account and by address: of those about whom anybody asks, because a link decides about nearly
/// everybody else.
pub(super) struct Owners<'a> {
    by_id: Lookup<&'a str, Vec<&'a Known>>,
    by_email: Lookup<Cow<'a, str>, Vec<&'a Known>>,
    by_dn: Lookup<Cow<'a, str>, Vec<&'a Known>>,
}

impl<'a> Owners<'a> {
    /// Whatever may be asked about these people, who could have these accounts.
    pub(super) fn of<'p>(
        memory: &'a Memory,
        people: impl Iterator<Item = &'p Person>,
        index: &Index<'_>,
        users: &[User],
    ) -> Self {
        let (mut ids, mut emails, mut dns) = (Among::new(), Among::new(), Among::new());
        for person in people.filter(|_| !memory.links.is_empty()) {
            let same_email = index.of_email(person.email());
            let same_login = index.of_login(person);
            let found = same_email.iter().chain(same_login.iter());
            ids.extend(found.filter_map(|user| users[user].id()));
            emails.insert(folded_email(person.email()));
            dns.extend(person.sightings().map(|sighting| folded(sighting.dn)));
        }
        let mut owners = Self { by_id: Lookup::new(), by_email: Lookup::new(), by_dn: Lookup::new() };
        if emails.is_empty() {
            return owners;
        }
        for known in ahead::links(&memory.links) {
            if ids.contains(known.id()) {
                owners.by_id.entry(known.id()).or_default().push(known);
            }
            let dn = folded(known.dn());
            if dns.contains(&dn) {
                owners.by_dn.entry(dn).or_default().push(known);
            }
            for email in known.emails().filter(|email| emails.contains(email)) {
                owners.by_email.entry(email).or_default().push(known);
            }
        }
        let by_anchor = |links: &mut Vec<&'a Known>| links.sort_unstable_by_key(|known| known.anchor());
        owners.by_id.values_mut().for_each(by_anchor);
        owners.by_dn.values_mut().for_each(by_anchor);
        owners.by_email.values_mut().for_each(by_anchor);
        owners
    }

    /// Somebody else whose account this is.
    pub(super) fn other_owner(&self, person: &Person, user: &User) -> Option<&'a Known> {
        others(self.by_id.get(user.id()?)?, person).next()
    }

    /// Somebody else who had the address not long ago, and whose account is gone.
    pub(super) fn former_owner(
        &self,
        person: &Person,
        index: &Index<'_>,
        now: DateTime<Utc>,
    ) -> Option<&'a Known> {
        if self.by_email.is_empty() {
            return None;
        }
        let owners = self.by_email.get(folded_email(person.email()).as_ref())?;
        let is_gone = |owner: &&Known| index.of_id(owner.id()).is_none();
        others(owners, person).filter(is_gone).find(|owner| now - owner.seen_at < RECYCLED)
    }

    /// The account of an entry that stands where a link last saw another anchor, of an attribute that this read lacks:
    /// it is theirs, and only the link cannot be looked up.
    pub(super) fn stands_for(&self, person: &Person, index: &Index<'_>) -> Option<usize> {
        let here = person.sightings().filter_map(|sighting| self.by_dn.get(folded(sighting.dn).as_ref()));
        let known = here.flatten().find(|known| is_of(known, person))?;
        index.of_id(known.id())
    }
}

/// Those of these links that are somebody else's; none if one of them is the person's own.
fn others<'a>(owners: &[&'a Known], person: &Person) -> impl Iterator<Item = &'a Known> + use<'a> {
    let own = owners.iter().any(|known| is_of(known, person));
    let others: Vec<&Known> = if own { Vec::new() } else { owners.to_vec() };
    others.into_iter()
}

/// Whether a link is a person's: by its anchor, or, where their anchors are of different attributes and cannot be compared,
/// by the place at which it was last seen.
fn is_of(known: &Known, person: &Person) -> bool {
    let attribute = Anchor::attribute_of(known.anchor());
    let comparable = |anchor: &&str| Anchor::attribute_of(anchor) == attribute;
    match person.anchors().find(comparable) {
        Some(_) => person.anchors().any(|anchor| anchor == known.anchor()),
        None => person.sightings().any(|sighting| fold(known.dn()) == fold(sighting.dn)),
    }
}
