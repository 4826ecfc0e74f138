//! Whom links know.

use super::index::Index;
use crate::adobe::User;
use crate::desired::Person;
use crate::directory::Anchor;
use crate::key::{fold, folded, folded_email};
use crate::lookup::{Among, Lookup};
use crate::memory::{Known, Memory};
use chrono::{DateTime, TimeDelta, Utc};
use std::borrow::Cow;

/// An address that its account has left stays its former owner's for so long.
const RECYCLED: TimeDelta = TimeDelta::days(90);

type Link<'a> = (&'a Anchor, &'a Known);

/// Whom links know by account and by address: of those about whom anybody asks, because a link decides about nearly
/// everybody else.
pub(super) struct Owners<'a> {
    by_id: Lookup<&'a str, Vec<Link<'a>>>,
    by_email: Lookup<Cow<'a, str>, Vec<Link<'a>>>,
    by_dn: Lookup<Cow<'a, str>, Vec<Link<'a>>>,
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
            let same_email = index.of_email(&person.email);
            let found = same_email.iter().chain(index.of_login(person));
            ids.extend(found.filter_map(|user| users[user].id.as_deref()));
            emails.insert(folded_email(&person.email));
            dns.extend(person.sightings.iter().map(|sighting| folded(&sighting.dn)));
        }
        let mut owners = Self { by_id: Lookup::new(), by_email: Lookup::new(), by_dn: Lookup::new() };
        if emails.is_empty() {
            return owners;
        }
        for link @ (_, known) in memory.links.iter() {
            if ids.contains(known.id.as_str()) {
                owners.by_id.entry(&known.id).or_default().push(link);
            }
            let dn = folded(&known.dn);
            if dns.contains(&dn) {
                owners.by_dn.entry(dn).or_default().push(link);
            }
            for email in known.emails().filter(|email| emails.contains(email)) {
                owners.by_email.entry(email).or_default().push(link);
            }
        }
        let by_anchor = |links: &mut Vec<Link<'a>>| links.sort_unstable_by_key(|(anchor, _)| *anchor);
        owners.by_id.values_mut().for_each(by_anchor);
        owners.by_dn.values_mut().for_each(by_anchor);
        owners.by_email.values_mut().for_each(by_anchor);
        owners
    }

    /// Somebody else whose account this is.
    pub(super) fn other_owner(&self, person: &Person, user: &User) -> Option<&'a Known> {
        others(self.by_id.get(user.id.as_deref()?)?, person).next()
    }

    /// Somebody else who had the address not long ago, and whose account is gone.
    pub(super) fn former_owner(
        &self,
        person: &Person,
        index: &Index<'_>,
        now: DateTime<Utc>,
    ) -> Option<&'a Known> {
        let owners = self.by_email.get(folded_email(&person.email).as_ref())?;
        let is_gone = |owner: &&Known| index.of_id(&owner.id).is_none();
        others(owners, person).filter(is_gone).find(|owner| now - owner.seen_at < RECYCLED)
    }

    /// The account of an entry that stands where a link last saw another anchor, of an attribute that this read lacks:
    /// it is theirs, and only the link cannot be looked up.
    pub(super) fn stands_for(&self, person: &Person, index: &Index<'_>) -> Option<usize> {
        let here =
            person.sightings.iter().filter_map(|sighting| self.by_dn.get(folded(&sighting.dn).as_ref()));
        let (_, known) = here.flatten().find(|(owner, known)| is_of(owner, known, person))?;
        index.of_id(&known.id)
    }
}

/// Those of these links that are somebody else's; none if one of them is the person's own.
fn others<'a>(owners: &[Link<'a>], person: &Person) -> impl Iterator<Item = &'a Known> + use<'a> {
    let own = owners.iter().any(|(owner, known)| is_of(owner, known, person));
    let others: Vec<&Known> = if own { Vec::new() } else { owners.iter().map(|(_, known)| *known).collect() };
    others.into_iter()
}

/// Whether a link is a person's: by its anchor, or, where their anchors are of different attributes and cannot be compared,
/// by the place at which it was last seen.
fn is_of(owner: &Anchor, known: &Known, person: &Person) -> bool {
    let comparable = |anchor: &&Anchor| anchor.attribute() == owner.attribute();
    match person.anchors().find(comparable) {
        Some(_) => person.anchors().any(|anchor| anchor == owner),
        None => person.sightings.iter().any(|sighting| fold(&known.dn) == fold(&sighting.dn)),
    }
}
