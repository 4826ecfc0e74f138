//! From entries to people: what Adobe should hold, by the rules.
//!
//! Entries are used up: of whoever is a person nothing else is held, because there may be a million.

use crate::adobe::Identity;
use crate::country;
use crate::directories::Directories;
use crate::directory::{AccountState, Anchor, DirectoryName, Entry, GroupRef};
use crate::key::{GroupName, domain_of, email_domain, fold_domain};
use crate::lookup::Lookup;
use crate::memory::Evidence;
use crate::person::{Country, Groups, Person, PersonTexts, Sighting};
use crate::rules::{Condition, Disabled, IdentityRule, Mapping, PeopleRules, Rules, Select, Subject};
use crate::set_aside::{Names, SetAsideReason};
use crate::shared::{Shared, unite};
use crate::template::{Rendered, Template};
use chrono::{DateTime, Utc};
use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// UMAPI documentation, "createFederatedID": `email` has at most 60 characters.
const EMAIL_LENGTH: usize = 60;
/// UMAPI documentation, "createFederatedID" and "command entries": names, usernames and domains have at most 250
/// characters.
const NAME_LENGTH: usize = 250;

/// What the rules make of all entries of all directories, before anybody is known from earlier runs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct People {
    /// The directories, without their entries.
    pub directories: Directories,
    /// People, selected or not, by key and then entry.
    pub all: Vec<Person>,
    /// Those of them whom several directories give.
    pub shared: Vec<Shared>,
    /// Entries that are nobody whom Adobe should hold.
    pub others: Vec<Other>,
    /// The domains of the federated and enterprise people who get an account.
    pub domains: BTreeSet<String>,
}

/// An entry that is nobody whom Adobe should hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Other {
    /// In which directory.
    pub directory: DirectoryName,
    /// Where it stands.
    pub dn: String,
    /// Its anchor.
    pub anchor: Option<Anchor>,
    /// Whether a mapped group lists it.
    pub listed: bool,
    /// The accounts that it could name.
    pub names: Names,
    /// What it is.
    pub why: Why,
}

/// Why an entry is nobody whom Adobe should hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// `people.filter` leaves it out: nothing is done about it or its account.
    Filtered,
    /// It is disabled, and its account stays as it is (`disabled: keep`).
    Kept,
    /// It says that its person has left.
    Gone {
        /// What says so.
        evidence: Evidence,
        /// The person that it would be; `None` where it cannot be understood.
        person: Option<Box<Person>>,
    },
    /// It could not be understood.
    SetAside(SetAsideReason),
}

impl People {
    /// Applies the rules to every entry of every directory, at `now`.
    pub fn of(mut directories: Directories, rules: &Rules, now: DateTime<Utc>) -> Self {
        let (mut all, mut others) = (Vec::with_capacity(directories.entries()), Vec::new());
        let mut domains = BTreeSet::new();
        for (name, entries) in directories.take_entries() {
            let given = Given::of(rules, &name);
            for entry in entries {
                match of_entry(entry, &name, rules, &given, now) {
                    Ok(person) => {
                        // Here and not when all are there: then each would have to be fetched again.
                        if person.selected
                            && person.identity != Identity::Adobe
                            && let Some(domain) = domain_of(person.email())
                            && !domains.contains(domain.as_ref())
                        {
                            domains.insert(domain.into_owned());
                        }
                        all.push(person);
                    }
                    Err(other) => others.push(*other),
                }
            }
        }
        let (all, shared) = unite(all);
        Self { directories, all, shared, others, domains }
    }
}

/// The person that an entry is, or why it is none.
fn of_entry(
    entry: Entry,
    directory: &DirectoryName,
    rules: &Rules,
    given: &Given<'_>,
    now: DateTime<Utc>,
) -> Result<Person, Box<Other>> {
    let people = rules.people_of(directory);
    let other = |why: Why, entry: Entry| {
        let reason = match &why {
            Why::SetAside(reason) => Some(reason),
            Why::Filtered | Why::Kept | Why::Gone { .. } => None,
        };
        Box::new(Other {
            directory: directory.clone(),
            listed: entry.groups.iter().any(|group| given.by.contains_key(group)),
            names: Names::of(&entry, people, reason),
            dn: entry.dn,
            anchor: entry.anchor,
            why,
        })
    };
    if !is_in_scope(&entry, people) {
        return Err(other(Why::Filtered, entry));
    }
    match evidence(&entry, directory, rules, now) {
        Ok(Some(evidence)) => {
            let person = person(&entry, directory, rules, given).ok().map(Box::new);
            return Err(other(Why::Gone { evidence, person }, entry));
        }
        Err(Kept) => return Err(other(Why::Kept, entry)),
        Ok(None) => {}
    }
    match (entry.state, people.disabled) {
        (AccountState::Unreadable { attribute }, Disabled::Leave | Disabled::Keep) => {
            // What else is wrong with it is told first.
            let attribute = attribute.to_owned();
            let unreadable = |_| SetAsideReason::UnreadableState { attribute };
            let reason = person(&entry, directory, rules, given).map_or_else(|reason| reason, unreadable);
            Err(other(Why::SetAside(reason), entry))
        }
        _ => person(&entry, directory, rules, given).map_err(|reason| other(Why::SetAside(reason), entry)),
    }
}

/// What in an entry says that its person has left, at `now`; an error where the entry is to be left alone instead
/// (`disabled: keep`).
fn evidence(
    entry: &Entry,
    directory: &DirectoryName,
    rules: &Rules,
    now: DateTime<Utc>,
) -> Result<Option<Evidence>, Kept> {
    let listed = entry.groups.iter().find(|group| rules.leavers.groups.contains(*group));
    if let Some(group) = listed {
        return Ok(Some(Evidence::Listed { group: group.to_string() }));
    }
    let ended = match (entry.state, entry.expires) {
        (AccountState::Disabled, _) => Evidence::Disabled,
        (AccountState::Enabled, Some(at)) if at <= now => Evidence::Expired { at },
        (AccountState::Enabled | AccountState::Unreadable { .. }, _) => return Ok(None),
    };
    match rules.people_of(directory).disabled {
        Disabled::Leave => Ok(Some(ended)),
        Disabled::Keep => Err(Kept),
        Disabled::Ignore => Ok(None),
    }
}

/// The account of a disabled entry stays as it is.
struct Kept;

/// What the groups of one directory give.
struct Given<'a> {
    /// Positions of the mappings that name a group.
    by: Lookup<&'a GroupRef, Vec<usize>>,
    mappings: &'a [Mapping],
    /// How each mapping's group is told.
    told: Vec<Arc<str>>,
    /// What these mappings together have given somebody already: most people share theirs with many others.
    given: RefCell<Lookup<Vec<usize>, Arc<Groups>>>,
}

impl<'a> Given<'a> {
    fn of(rules: &'a Rules, directory: &DirectoryName) -> Self {
        let mut by: Lookup<&GroupRef, Vec<usize>> = Lookup::new();
        for (at, mapping) in rules.mappings.iter().enumerate().filter(|(_, one)| one.is_about(directory)) {
            by.entry(&mapping.directory).or_default().push(at);
        }
        let told = rules.mappings.iter().map(|mapping| match directory.is_only() {
            true => mapping.directory.as_str().into(),
            false => format!("{} in {directory}", mapping.directory).into(),
        });
        Self { by, mappings: &rules.mappings, told: told.collect(), given: RefCell::default() }
    }

    /// The Adobe groups that an entry gets, with the directory groups that give each, in the order of the mappings.
    fn to(&self, entry: &Entry) -> Arc<Groups> {
        let mut mappings: Vec<usize> =
            entry.groups.iter().filter_map(|group| self.by.get(group)).flatten().copied().collect();
        mappings.sort_unstable();
        if let Some(given) = self.given.borrow().get(&mappings) {
            return given.clone();
        }
        let mut groups: BTreeMap<GroupName, Vec<Arc<str>>> = BTreeMap::new();
        for at in mappings.iter().copied() {
            let given_by = &self.told[at];
            for group in &self.mappings[at].adobe {
                let by = groups.entry(group.clone()).or_default();
                if !by.contains(given_by) {
                    by.push(given_by.clone());
                }
            }
        }
        let given =
            Arc::new(groups.into_iter().map(|(group, by)| (group, Arc::new(by.into()))).collect::<Groups>());
        self.given.borrow_mut().insert(mappings, given.clone());
        given
    }
}

/// Whether nothing is known that speaks against every condition of `people.filter`. What cannot be told leaves nobody out:
/// whoever has no email is looked at as if there were no filter.
pub(crate) fn is_in_scope(entry: &Entry, people: &PeopleRules) -> bool {
    let email = || value(&people.email, entry);
    let meets = |condition: &Condition| {
        let value = match &condition.of {
            Subject::Email => email(),
            Subject::Username => {
                people.username.as_ref().and_then(|template| value(template, entry)).or_else(email)
            }
            Subject::Domain => people
                .domain
                .as_ref()
                .and_then(|template| value(template, entry))
                .map(|domain| Cow::Owned(fold_domain(&domain)))
                .or_else(|| email_domain(&email()?).map(Cow::Owned)),
            Subject::Template(template) => match template.render(entry) {
                Rendered::Value(value) => Some(value),
                Rendered::Missing => Some(Cow::Borrowed("")),
                Rendered::Undecodable(_) => None,
            },
        };
        value.is_none_or(|value| condition.pattern.matches(&value))
    };
    people.filter.iter().all(meets)
}

/// What a template gives, if anything that can be read.
fn value<'a>(template: &'a Template, entry: &'a Entry) -> Option<Cow<'a, str>> {
    optional(template, entry).ok().flatten()
}

/// What a template gives; an error where nobody can tell.
fn optional<'a>(template: &'a Template, entry: &'a Entry) -> Result<Option<Cow<'a, str>>, SetAsideReason> {
    match template.render(entry) {
        Rendered::Value(value) => Ok(Some(value)),
        Rendered::Missing => Ok(None),
        Rendered::Undecodable(attribute) => {
            Err(SetAsideReason::Undecodable { attribute: attribute.to_owned() })
        }
    }
}

fn person(
    entry: &Entry,
    directory: &DirectoryName,
    rules: &Rules,
    given: &Given<'_>,
) -> Result<Person, SetAsideReason> {
    let people = rules.people_of(directory);
    let email = optional(&people.email, entry)?.ok_or(SetAsideReason::NoEmail)?;
    check_email(&email)?;
    let identity = match &people.identity {
        IdentityRule::Always(identity) => *identity,
        IdentityRule::ByTemplate(template) => {
            let word = optional(template, entry)?.unwrap_or_default();
            let unknown = || SetAsideReason::UnknownIdentity { word: word.clone().into_owned() };
            Identity::from_word(&word).ok_or_else(unknown)?
        }
    };
    let (first_name, last_name) = (optional(&people.first_name, entry)?, optional(&people.last_name, entry)?);
    first_name.as_ref().map_or(Ok(()), |name| check_name(name, "first name"))?;
    last_name.as_ref().map_or(Ok(()), |name| check_name(name, "last name"))?;
    // Only a bare username of a federated account identifies; one that looks like an email never does
    // (UMAPI documentation, "Identifying users").
    let username =
        match people.username.as_ref().map(|template| optional(template, entry)).transpose()?.flatten() {
            Some(username) if identity == Identity::Federated && !username.contains('@') => {
                check_name(&username, "username")?;
                if username.chars().any(char::is_control) {
                    return Err(SetAsideReason::Unprintable { what: "username".to_owned() });
                }
                Some(username)
            }
            _ => None,
        };
    let domain = match people.domain.as_ref().map(|template| optional(template, entry)).transpose()?.flatten()
    {
        Some(domain) => Cow::Owned(fold_domain(&domain)),
        None => domain_of(&email).unwrap_or_default(),
    };
    // Only a bare username is sent with its domain.
    if username.is_some() {
        check_domain(&domain)?;
    }
    let country = match optional(&people.country_of_entry, entry)? {
        None => Country::Missing,
        Some(text) => country::code(&text).map_or_else(|why| Country::Invalid(why.into()), Country::Code),
    };
    let groups = given.to(entry);
    let selected = match &people.select {
        Select::All => true,
        Select::Mapped => entry.groups.iter().any(|group| given.by.contains_key(group)),
        Select::In(selecting) => entry.groups.iter().any(|group| selecting.contains(group)),
    };
    let anchor = entry.anchor.as_ref().map(Anchor::as_str);
    let sighting = Sighting { directory, dn: &entry.dn, anchor };
    let texts = PersonTexts {
        email: &email,
        username: username.as_deref(),
        domain: &domain,
        first_name: first_name.as_deref(),
        last_name: last_name.as_deref(),
    };
    Ok(Person::new(sighting, identity, country, selected, groups, texts))
}

/// What Adobe takes as a name or a username.
fn check_name(value: &str, what: &str) -> Result<(), SetAsideReason> {
    if value.chars().count() > NAME_LENGTH {
        return Err(SetAsideReason::TooLong { what: what.to_owned(), most: NAME_LENGTH });
    }
    Ok(())
}

/// What Adobe takes as the domain beside a username: one that an organization can claim.
fn check_domain(domain: &str) -> Result<(), SetAsideReason> {
    if domain.chars().count() > NAME_LENGTH {
        return Err(SetAsideReason::TooLong { what: "domain".to_owned(), most: NAME_LENGTH });
    }
    if is_domain(domain) { Ok(()) } else { Err(SetAsideReason::BadDomain { domain: domain.to_owned() }) }
}

/// Whether it has the form `example.com`.
fn is_domain(domain: &str) -> bool {
    let bad = |c: char| c.is_whitespace() || c.is_control() || c == '@';
    domain.split('.').count() > 1 && domain.split('.').all(|label| !label.is_empty()) && !domain.contains(bad)
}

fn check_email(email: &str) -> Result<(), SetAsideReason> {
    let bad = |why: &str| Err(SetAsideReason::BadEmail { email: email.to_owned(), why: why.to_owned() });
    let Some((local, domain)) = email.split_once('@') else {
        return bad("it has no `@`");
    };
    if local.is_empty() || domain.is_empty() || domain.contains('@') {
        return bad("it is not of the form name@domain");
    }
    if email.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return bad("it contains spaces or control characters");
    }
    if email.chars().count() > EMAIL_LENGTH {
        return bad("Adobe takes at most 60 characters");
    }
    if !local.is_ascii() {
        return bad("Adobe takes only ASCII before the `@`");
    }
    if !is_domain(domain) {
        return bad("what follows the `@` is no domain such as example.com");
    }
    Ok(())
}

#[cfg(test)]
pub(crate) mod tests;
