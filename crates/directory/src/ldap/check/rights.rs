//! What this account sees of people.
//!
//! An attribute that may not be read looks like one that is not set (RFC 4511, section 4.5.2). So nothing here says that a
//! right is missing; it says what comes, and what never does.

use super::super::connect::Connection;
use super::super::failure::{Failure, Listing, Phase};
use super::super::search::{NOTHING, Query};
use super::super::settings::{Members, Settings};
use super::{Asking, Ground, Report, ends};
use crate::account;
use crate::anchors::{self, ANCHORS};
use crate::error::Error;
use crate::filter::{Filter, Name};
use std::collections::{BTreeMap, BTreeSet};

/// What came of one attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttributeLook {
    /// In lower case.
    pub name: String,
    /// What it is wanted for.
    pub role: Role,
    /// How many of the people looked at closely have it.
    pub with: usize,
    /// How many of them have a value in it that looks like an email.
    pub emails: usize,
    /// Whether the server's schema has it, where that is known.
    pub known: Option<bool>,
    /// Where none of these has it: whether anybody at all has, as far as this account sees.
    pub elsewhere: Option<bool>,
}

/// What an attribute is wanted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// A person is made of it.
    Person,
    /// It never changes about an entry.
    Anchor,
    /// It tells whether the account is open.
    State,
    /// It tells memberships.
    Membership,
    /// Its values may name an account at Adobe.
    Name,
}

/// So many people are looked at closely.
const SAMPLE: u32 = 200;

/// Looks at some people closely, and for what none of them has, at everybody.
pub(super) async fn look(
    connection: &mut Connection,
    ground: &Ground<'_>,
    report: &mut Report,
) -> Result<(), Error> {
    let Ground { root, schema, settings, asking } = ground;
    let roles = roles(settings, asking);
    let attributes: BTreeSet<String> = roles.keys().cloned().collect();
    let most = SAMPLE.min(root.page_size(settings));
    let sample = match connection.beginning(&people(settings, &settings.users, &attributes, most)).await {
        Ok(sample) => sample,
        // What is wrong with a list of people has been told.
        Err(failure) if !ends(&failure) => return Ok(()),
        Err(failure) => return Err(connection.failed(Phase::Root, failure)),
    };
    if let Some(people) = &mut report.people {
        people.sampled = sample.len();
        let anchor = settings.anchor.as_deref();
        people.anchored = sample.iter().filter(|record| anchors::of(record, anchor).is_some()).count();
    }
    for (name, role) in roles {
        let has = |wanted: fn(&[u8]) -> bool| {
            sample.iter().filter(|record| record.values(&name).any(wanted)).count()
        };
        let known = schema.as_ref().ok().map(|names| names.know(&Name::Attribute(name.clone())));
        let with = has(|value| !value.is_empty());
        let emails = has(|value| value.contains(&b'@'));
        let mut elsewhere = None;
        if with == 0 && role == Role::Person && known != Some(false) && !sample.is_empty() {
            let anybody = settings.users.clone().and(Filter::present(&name));
            let nothing = BTreeSet::from([NOTHING.to_owned()]);
            elsewhere = match connection.beginning(&people(settings, &anybody, &nothing, 1)).await {
                Ok(found) => Some(!found.is_empty()),
                Err(Failure::Answer(_)) => None,
                Err(failure) if !ends(&failure) => None,
                Err(failure) => return Err(connection.failed(Phase::Root, failure)),
            };
        }
        report.attributes.push(AttributeLook { name, role, with, emails, known, elsewhere });
    }
    report.attributes.sort_by(|left, right| (left.role, &left.name).cmp(&(right.role, &right.name)));
    Ok(())
}

fn people<'a>(
    settings: &'a Settings,
    filter: &'a Filter,
    attributes: &'a BTreeSet<String>,
    page_size: u32,
) -> Query<'a> {
    Query { of: Listing::People, base: settings.user_base(), filter, attributes, page_size }
}

fn roles(settings: &Settings, asking: &Asking<'_>) -> BTreeMap<String, Role> {
    let mut roles = BTreeMap::new();
    let mut note = |name: &str, role| {
        roles.entry(name.to_owned()).or_insert(role);
    };
    asking.made_of.iter().for_each(|name| note(name, Role::Person));
    match &settings.anchor {
        Some(anchor) => note(&anchor.to_ascii_lowercase(), Role::Anchor),
        None => ANCHORS.iter().for_each(|name| note(name, Role::Anchor)),
    }
    account::attributes().for_each(|name| note(name, Role::State));
    if settings.members == Members::MemberOf {
        note("memberof", Role::Membership);
    }
    asking.wanted.attributes.iter().for_each(|name| note(name, Role::Name));
    roles
}
