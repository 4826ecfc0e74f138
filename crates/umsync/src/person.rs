//! Adobe's side for a run that is about one person: never a listing.

use crate::failure::Failure;
use crate::ledger::StoreLedger;
use crate::program::Program;
use crate::reading::{self, Reading};
use crate::run::Mode;
use std::collections::BTreeMap;
use umsync_engine::adobe::{Group, GroupKind, Snapshot, User};
use umsync_engine::change::Address;
use umsync_engine::key::{fold, fold_email};
use umsync_engine::memory::Memory;
use umsync_engine::people::People;
use umsync_engine::person::Person;
use umsync_engine::rules::{Rules, Strategy};
use umsync_umapi::{Opens, Session};

/// The stored snapshot of any age, or without one the mapped groups asked for singly; and this person's account afresh.
pub(crate) async fn read(
    program: &Program,
    session: &Session<StoreLedger>,
    people: &People,
    mode: Mode,
    name: &str,
    who: &str,
) -> Result<Reading, Failure> {
    let links = program.store.links(program.organization()).await?;
    let memory = Memory { links, ..Memory::default() };
    let rules = program.rules(&people.directories)?;
    let person = find(&people.all, name)?;
    let (lock, waited) = reading::lock(program, who, program.now()).await?;
    let Opens { listing: _, execution, silence } = reading::opens(program, program.now()).await?;
    if let Some(shut) = silence.or(execution.filter(|_| mode == Mode::Apply)) {
        return Err(umsync_umapi::Error::from(shut).into());
    }
    if rules.strategy == Strategy::Push {
        let snapshot = Snapshot::not_listed(program.organization(), program.now());
        return Ok(Reading { snapshot, lock, person: Some(person.place()), waited });
    }
    let mut snapshot = match reading::stored_of_any_age(program).await? {
        Some(mut snapshot) => {
            reading::refresh(program, session, &mut snapshot).await?;
            snapshot
        }
        // Whose a bare username is in the other domains of a directory at Adobe, only a listing tells.
        None if person.username().is_some() => return Err(Failure::NeedsWholeRun(person.email().to_owned())),
        None => groups_only(program, session, &rules).await?,
    };
    let linked = person.links(&memory).next().map(|known| known.id());
    afresh(session, &mut snapshot, person, linked).await?;
    Ok(Reading { snapshot, lock, person: Some(person.place()), waited })
}

fn find<'a>(people: &'a [Person], name: &str) -> Result<&'a Person, Failure> {
    let is_it = |person: &&Person| {
        fold_email(person.email()) == fold_email(name)
            || person.sightings().any(|sighting| fold(sighting.dn) == fold(name) || sighting.place() == name)
            || person.username().is_some_and(|username| fold(username) == fold(name))
    };
    let found: Vec<&Person> = people.iter().filter(is_it).collect();
    match found.as_slice() {
        [person] => Ok(person),
        [] => Err(Failure::Nobody(name.to_owned())),
        several => {
            let entries = several.iter().map(|person| person.place()).collect::<Vec<_>>().join(" and ");
            Err(Failure::Several { who: name.to_owned(), entries })
        }
    }
}

/// Without a listing nothing is known but which of the mapped groups there are.
async fn groups_only(
    program: &Program,
    session: &Session<StoreLedger>,
    rules: &Rules,
) -> Result<Snapshot, Failure> {
    let mut groups = rules.managed_groups();
    groups.extend(rules.new_profiles().into_iter().cloned());
    groups.extend(rules.protect.groups.iter().cloned());
    let mut there = BTreeMap::new();
    for name in groups {
        program.bar.say(format!("asking for the group {name}"));
        if session.group_exists(&name).await? {
            let kind = GroupKind::Unknown(None);
            let group = Group {
                name: name.clone(),
                kind,
                id: None,
                member_count: None,
                quota: None,
                product: None,
                admins: None,
            };
            there.insert(name, group);
        }
    }
    Ok(Snapshot {
        organization: program.organization().to_owned(),
        read_at: program.now(),
        users: Vec::new(),
        groups: there,
        unreadable: Vec::new(),
        total_count: None,
    })
}

/// Replaces what the snapshot says of this person's account, or accounts of the same email, by what Adobe says now.
async fn afresh(
    session: &Session<StoreLedger>,
    snapshot: &mut Snapshot,
    person: &Person,
    linked: Option<&str>,
) -> Result<(), Failure> {
    // Every account that matching could find: by link, by email, by username.
    let could_be = |user: &&User| {
        let linked = user.id().is_some() && user.id() == linked;
        linked || fold_email(user.email()) == fold_email(person.email())
    };
    let mut addresses: Vec<Address> = snapshot.users.iter().filter(could_be).map(Address::of).collect();
    addresses.push(person.address());
    addresses.push(Address { user: person.email().to_owned(), domain: None, adobe_id: false });
    // Whether they have an Adobe ID of that email decides about a new account.
    addresses.push(Address { user: person.email().to_owned(), domain: None, adobe_id: true });
    addresses.sort();
    addresses.dedup();
    for address in addresses {
        let found = session.user(&address).await?;
        snapshot.users.retain(|user| !is_named(user, &address) && !is_same(user, found.as_ref()));
        snapshot.users.extend(found);
    }
    let there = |user: &User| user.id().is_some() && user.id() == linked;
    if linked.is_some() && !snapshot.users.iter().any(there) {
        // Renamed at Adobe, or gone: only a listing can tell.
        return Err(Failure::NeedsWholeRun(person.email().to_owned()));
    }
    Ok(())
}

/// Adobe compares without letter case.
fn is_named(user: &User, address: &Address) -> bool {
    let folded = |address: &Address| {
        (fold_email(&address.user), address.domain.as_deref().map(fold), address.adobe_id)
    };
    folded(&Address::of(user)) == folded(address)
}

fn is_same(user: &User, found: Option<&User>) -> bool {
    found.is_some_and(|found| user.id().is_some() && user.id() == found.id())
}
