//! How an organization that has been there before stands to the directory: who is whose, before anything is done.

use crate::adobe::{Snapshot, User};
use crate::desired::Desired;
use crate::directory::Anchor;
use crate::key::fold_email;
use crate::matching::{Held, Matching, matching};
use crate::memory::Memory;
use crate::people::People;
use crate::person::Person;
use crate::rules::Rules;
use chrono::{DateTime, Utc};
use serde::Serialize;
use std::collections::BTreeMap;

/// How an entry and an account stand to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// They are one person's.
    Matched,
    /// Nobody knows: nothing is done about them.
    Ambiguous,
    /// No entry has this account.
    AdobeOnly,
    /// This person has no account.
    DirectoryOnly,
}

impl Standing {
    /// For tables.
    pub fn word(self) -> &'static str {
        match self {
            Self::Matched => "matched",
            Self::Ambiguous => "ambiguous",
            Self::AdobeOnly => "adobe-only",
            Self::DirectoryOnly => "directory-only",
        }
    }
}

/// One person, one account, or both.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Row {
    /// How they stand to each other.
    pub standing: Standing,
    /// The person's email, where there is a person.
    pub person: Option<String>,
    /// Where their entry stands.
    pub entry: Option<String>,
    /// Their anchor.
    pub anchor: Option<Anchor>,
    /// The account's email, where there is an account.
    pub account: Option<String>,
    /// Adobe's id of it.
    pub id: Option<String>,
    /// Adobe's type of it.
    pub kind: Option<String>,
    /// What matches them, or why nothing does.
    pub why: String,
}

/// Everybody on both sides, sorted by standing. People whom the rules give no account, and who have none, are left out.
pub fn adoption(
    people: &People,
    adobe: &Snapshot,
    rules: &Rules,
    memory: &Memory,
    now: DateTime<Utc>,
) -> Vec<Row> {
    let desired = Desired::of(people, memory);
    let found = matching(&desired, adobe, memory, rules.people.adobe_id_twin, now, |_, _| false);
    let Matching { pairs, without_account, held, claimed, gone, linked: _, confirmed: _, in_step: _ } =
        &found;
    let mut rows = Vec::new();
    for (person, user) in pairs {
        let (person, user) = (&desired.people[*person], &adobe.users[*user]);
        rows.push(Row { why: by(person, user, memory), ..row(Standing::Matched, Some(person), Some(user)) });
    }
    let without = without_account.iter().map(|at| &desired.people[*at]).filter(|person| person.selected);
    rows.extend(without.map(|person| Row {
        why: "no account".to_owned(),
        ..row(Standing::DirectoryOnly, Some(person), None)
    }));
    rows.extend(doubtful(&desired, held));
    for (at, user) in adobe.users.iter().enumerate().filter(|(at, _)| !claimed.contains(at)) {
        let why = match gone.get(&at) {
            Some(evidence) => evidence.to_string(),
            None => "no entry".to_owned(),
        };
        rows.push(Row { why, ..row(Standing::AdobeOnly, None, Some(user)) });
    }
    rows.sort();
    rows
}

/// People about whom nothing is done, and entries that are none because they cannot be understood.
fn doubtful<'a>(desired: &'a Desired<'_>, held: &'a [Held]) -> impl Iterator<Item = Row> + use<'a> {
    let by_entry: BTreeMap<String, &Person> =
        desired.people.iter().map(|person| (person.place(), person)).collect();
    let held = held.iter().map(move |held| {
        let person = held.entry.as_deref().and_then(|entry| by_entry.get(entry)).copied();
        let why = held.reason.to_string();
        Row { person: Some(held.who.clone()), why, ..row(Standing::Ambiguous, person, None) }
    });
    let aside = desired.set_aside.iter().map(|aside| Row {
        entry: Some(aside.entry.clone()),
        why: aside.reason.to_string(),
        ..row(Standing::Ambiguous, None, None)
    });
    held.chain(aside)
}

fn row(standing: Standing, person: Option<&Person>, user: Option<&User>) -> Row {
    Row {
        standing,
        person: person.map(|person| person.email().to_owned()),
        entry: person.map(Person::place),
        anchor: person.and_then(|person| person.anchors().next()).map(Anchor::from_stored),
        account: user.map(|user| user.email().to_owned()),
        id: user.and_then(|user| user.id().map(str::to_owned)),
        kind: user.map(|user| user.kind.to_string()),
        why: String::new(),
    }
}

fn by(person: &Person, user: &User, memory: &Memory) -> String {
    let is_linked = person.links(memory).any(|known| Some(known.id()) == user.id());
    let by = match is_linked {
        true => "link",
        false if fold_email(person.email()) == fold_email(user.email()) => "email",
        false => "username",
    };
    by.to_owned()
}
