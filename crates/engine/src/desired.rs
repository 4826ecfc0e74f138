//! From entries to people: what Adobe should hold, by the rules.

use crate::adobe::Identity;
use crate::change::{Address, Profile};
use crate::country;
use crate::directories::Directories;
use crate::directory::GroupRef;
use crate::directory::{AccountState, Anchor, Directory, DirectoryName, Entry};
use crate::key::{GroupName, UserKey, domain_of, email_domain, fold_domain};
use crate::lookup::Lookup;
use crate::memory::{Evidence, Known, Memory};
use crate::rules::{Condition, Disabled, IdentityRule, Mapping, PeopleRules, Rules, Select, Subject};
use crate::set_aside::{Names, SetAside, SetAsideReason, Shield};
use crate::shared::{Shared, unite};
use crate::template::{Rendered, Template};
use chrono::{DateTime, Utc};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// UMAPI documentation, "createFederatedID": `email` has at most 60 characters.
const EMAIL_LENGTH: usize = 60;
/// UMAPI documentation, "createFederatedID" and "command entries": names, usernames and domains have at most 250
/// characters.
const NAME_LENGTH: usize = 250;

/// One person of the directory, as Adobe should hold them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Where they were found: one entry, or one in each of several directories that agree about them.
    pub sightings: Vec<Sighting>,
    /// The type of account.
    pub identity: Identity,
    /// The email, in the directory's spelling.
    pub email: String,
    /// A bare username, for directories at Adobe in which people log in by one.
    pub username: Option<String>,
    /// The domain: beside a username, or the email's.
    pub domain: String,
    /// Given name.
    pub first_name: Option<String>,
    /// Family name.
    pub last_name: Option<String>,
    /// Country of the entry.
    pub country: Country,
    /// Whether the rules give this person an account.
    pub selected: bool,
    /// The Adobe groups that the mappings give, with the directory groups that give each.
    pub groups: Arc<Groups>,
}

/// An entry, as far as it tells who somebody is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sighting {
    /// In which directory.
    pub directory: DirectoryName,
    /// Where the entry stands.
    pub dn: String,
    /// Its anchor.
    pub anchor: Option<Anchor>,
}

impl Sighting {
    /// Which directory and where in it, for people.
    pub fn place(&self) -> String {
        self.directory.says(&self.dn)
    }
}

/// The country that an entry gives; it matters only when an account is created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Country {
    /// Two upper-case letters.
    Code(String),
    /// None.
    Missing,
    /// Something else: why it is none.
    Invalid(String),
}

impl Person {
    /// Their entry, or the first of several, for people.
    pub fn place(&self) -> String {
        self.sightings.first().map(Sighting::place).unwrap_or_default()
    }

    /// The directories that have them.
    pub fn directories(&self) -> BTreeSet<&DirectoryName> {
        self.sightings.iter().map(|sighting| &sighting.directory).collect()
    }

    /// The anchors of their entries.
    pub fn anchors(&self) -> impl Iterator<Item = &Anchor> {
        self.sightings.iter().filter_map(|sighting| sighting.anchor.as_ref())
    }

    /// What links remember of them.
    pub fn links<'a>(&self, memory: &'a Memory) -> impl Iterator<Item = &'a Known> {
        self.anchors().filter_map(|anchor| memory.links.get(anchor))
    }

    /// The key of the account that this person has or should have.
    pub fn key(&self) -> UserKey {
        UserKey::new(self.identity.ownership(), &self.email)
    }

    /// How the create command names the account.
    pub fn address(&self) -> Address {
        let adobe_id = self.identity == Identity::Adobe;
        match &self.username {
            Some(username) => Address { user: username.clone(), domain: Some(self.domain.clone()), adobe_id },
            None => Address { user: self.email.clone(), domain: None, adobe_id },
        }
    }

    /// What a new account is made of. The error is a reason why none can be made.
    pub fn profile(&self, default_country: Option<&str>) -> Result<Profile, String> {
        let country = match &self.country {
            Country::Code(code) => Some(code.clone()),
            // The organization owns an enterprise account and may leave its country undefined; it is fixed for good then.
            Country::Missing if self.identity == Identity::Enterprise => {
                Some(default_country.unwrap_or(country::UNDEFINED).to_owned())
            }
            Country::Missing => default_country.map(str::to_owned),
            Country::Invalid(why) => return Err(format!("its country cannot be used: {why}")),
        };
        if country.is_none() && self.identity == Identity::Federated {
            return Err(
                "a federated account needs a country; the entry has none and people.country is not set"
                    .into(),
            );
        }
        Ok(Profile {
            identity: self.identity,
            email: self.email.clone(),
            first_name: self.first_name.clone(),
            last_name: self.last_name.clone(),
            country,
        })
    }
}

/// What Adobe should hold, and what could not be understood.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Desired {
    /// A directory could not be read: whoever is in none of the others may be in that one.
    pub unread: bool,
    /// Where it was read, by directory.
    pub sources: BTreeMap<DirectoryName, String>,
    /// Entries read, whatever became of them.
    pub entries: usize,
    /// Directory groups that the mappings name.
    pub groups: usize,
    /// People, selected or not, by key and then entry.
    pub people: Vec<Person>,
    /// Those of them whom several directories give.
    pub shared: Vec<Shared>,
    /// Entries that could not be understood, by DN.
    pub set_aside: Vec<SetAside>,
    /// Entries without a mail that no mapped group lists: service accounts, no people.
    pub services: usize,
    /// Entries that say that their person has left, by DN.
    pub gone: Vec<Gone>,
    /// Disabled entries whose accounts stay as they are (`disabled: keep`).
    pub kept: usize,
    /// Entries that `people.filter` leaves out: nothing is done about them or their accounts.
    pub filtered: usize,
    /// Accounts that entries other than people could name.
    pub shield: Shield,
    /// The domains of the federated and enterprise people who get an account.
    pub domains: BTreeSet<String>,
}

impl Desired {
    /// People who get an account.
    pub fn selected(&self) -> usize {
        self.people.iter().filter(|person| person.selected).count()
    }
}

/// An entry that says that its person has left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gone {
    /// Where it stands.
    pub dn: String,
    /// Adobe's id of the account that it is linked to.
    pub linked: Option<String>,
    /// The person that it would be; `None` where it cannot be understood.
    pub person: Option<Person>,
    /// What says so.
    pub evidence: Evidence,
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

/// Applies the rules to every entry of every directory, at `now`.
pub fn desired(directories: &Directories, rules: &Rules, memory: &Memory, now: DateTime<Utc>) -> Desired {
    let mut desired = Desired {
        unread: !directories.is_whole(),
        entries: directories.entries(),
        groups: directories.groups().len(),
        ..Desired::default()
    };
    for (name, directory) in directories.read() {
        desired.sources.insert(name.clone(), directory.source.clone());
        desired.take(name, directory, rules, memory, now);
    }
    let people = std::mem::take(&mut desired.people);
    (desired.people, desired.shared) = unite(people);
    for person in desired.people.iter().filter(|person| person.selected && person.identity != Identity::Adobe)
    {
        if let Some(domain) =
            domain_of(&person.email).filter(|domain| !desired.domains.contains(domain.as_ref()))
        {
            desired.domains.insert(domain.into_owned());
        }
    }
    desired.gone.sort_by(|left, right| left.dn.cmp(&right.dn));
    desired.set_aside.sort();
    desired
}

impl Desired {
    fn take(
        &mut self,
        name: &DirectoryName,
        directory: &Directory,
        rules: &Rules,
        memory: &Memory,
        now: DateTime<Utc>,
    ) {
        let given = Given::of(rules, name);
        let people = rules.people_of(name);
        for entry in &directory.entries {
            let known = || entry.anchor.as_ref().and_then(|anchor| memory.links.get(anchor));
            let linked = || known().map(|known| known.id.clone());
            if !is_in_scope(entry, people) {
                self.shield.cover_stranger(Names::of(entry, people, None).all, linked());
                self.filtered += 1;
                continue;
            }
            let listed = entry.groups.iter().any(|group| given.by.contains_key(group));
            match evidence(entry, name, rules, now) {
                Ok(Some(evidence)) => {
                    let (dn, person) = (name.says(&entry.dn), person(entry, name, rules, &given).ok());
                    self.gone.push(Gone { dn, linked: linked(), person, evidence });
                    continue;
                }
                Err(Kept) => {
                    self.kept += 1;
                    let linked = linked();
                    let names = Names::of(entry, people, None);
                    self.shield.anybody |= !names.tell && (listed || linked.is_some());
                    self.shield.cover(name, names.all, linked);
                    continue;
                }
                Ok(None) => {}
            }
            let read =
                person(entry, name, rules, &given).and_then(|person| match (entry.state, people.disabled) {
                    (AccountState::Unreadable { attribute }, Disabled::Leave | Disabled::Keep) => {
                        Err(SetAsideReason::UnreadableState { attribute: attribute.to_owned() })
                    }
                    _ => Ok(person),
                });
            match read {
                Ok(person) => self.people.push(person),
                Err(reason) => {
                    let linked = linked();
                    let names = Names::of(entry, people, Some(&reason));
                    if reason == SetAsideReason::NoEmail && !listed && linked.is_none() {
                        self.services += 1;
                        self.shield.cover_stranger(names.all, None);
                        continue;
                    }
                    self.shield.anybody |= !names.tell && (listed || linked.is_some());
                    self.shield.cover(name, names.all, linked);
                    self.set_aside.push(SetAside { entry: name.says(&entry.dn), reason });
                }
            }
        }
    }
}

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

/// Adobe groups, with the directory groups that give each.
pub type Groups = BTreeMap<GroupName, Arc<[Arc<str>]>>;

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
        let given = Arc::new(groups.into_iter().map(|(group, by)| (group, by.into())).collect::<Groups>());
        self.given.borrow_mut().insert(mappings, given.clone());
        given
    }
}

/// Whether nothing is known that speaks against every condition of `people.filter`. What cannot be told leaves nobody out:
/// whoever has no email is looked at as if there were no filter.
pub(crate) fn is_in_scope(entry: &Entry, people: &PeopleRules) -> bool {
    let value = |template: &Template| match template.render(entry) {
        Rendered::Value(value) => Some(value),
        Rendered::Missing | Rendered::Undecodable(_) => None,
    };
    let email = || value(&people.email);
    let meets = |condition: &Condition| {
        let value = match &condition.of {
            Subject::Email => email(),
            Subject::Username => people.username.as_ref().and_then(value).or_else(email),
            Subject::Domain => people
                .domain
                .as_ref()
                .and_then(value)
                .map(|domain| fold_domain(&domain))
                .or_else(|| email_domain(&email()?)),
            Subject::Template(template) => match template.render(entry) {
                Rendered::Value(value) => Some(value),
                Rendered::Missing => Some(String::new()),
                Rendered::Undecodable(_) => None,
            },
        };
        value.is_none_or(|value| condition.pattern.matches(&value))
    };
    people.filter.iter().all(meets)
}

fn person(
    entry: &Entry,
    directory: &DirectoryName,
    rules: &Rules,
    given: &Given<'_>,
) -> Result<Person, SetAsideReason> {
    let people = rules.people_of(directory);
    let optional = |template: &Template| match template.render(entry) {
        Rendered::Value(value) => Ok(Some(value)),
        Rendered::Missing => Ok(None),
        Rendered::Undecodable(attribute) => Err(SetAsideReason::Undecodable { attribute }),
    };
    let email = optional(&people.email)?.ok_or(SetAsideReason::NoEmail)?;
    check_email(&email)?;
    let identity = match &people.identity {
        IdentityRule::Always(identity) => *identity,
        IdentityRule::ByTemplate(template) => {
            let word = optional(template)?.unwrap_or_default();
            Identity::from_word(&word).ok_or(SetAsideReason::UnknownIdentity { word })?
        }
    };
    let name = |template: &Template, what: &'static str| match optional(template)? {
        Some(value) => check_name(&value, what).map(|()| Some(value)),
        None => Ok(None),
    };
    let first_name = name(&people.first_name, "first name")?;
    let last_name = name(&people.last_name, "last name")?;
    // Only a bare username of a federated account identifies; one that looks like an email never does
    // (UMAPI documentation, "Identifying users").
    let username = match people.username.as_ref().map(optional).transpose()?.flatten() {
        Some(username) if identity == Identity::Federated && !username.contains('@') => {
            check_name(&username, "username")?;
            if username.chars().any(char::is_control) {
                return Err(SetAsideReason::Unprintable { what: "username".to_owned() });
            }
            Some(username)
        }
        _ => None,
    };
    let domain = match people.domain.as_ref().map(optional).transpose()?.flatten() {
        Some(domain) => fold_domain(&domain),
        None => email_domain(&email).unwrap_or_default(),
    };
    // Only a bare username is sent with its domain.
    if username.is_some() {
        check_domain(&domain)?;
    }
    let country = match optional(&people.country_of_entry)? {
        None => Country::Missing,
        Some(text) => country::code(&text).map_or_else(Country::Invalid, Country::Code),
    };
    let groups = given.to(entry);
    let selected = match &people.select {
        Select::All => true,
        Select::Mapped => entry.groups.iter().any(|group| given.by.contains_key(group)),
        Select::In(selecting) => entry.groups.iter().any(|group| selecting.contains(group)),
    };
    Ok(Person {
        sightings: vec![Sighting {
            directory: directory.clone(),
            dn: entry.dn.clone(),
            anchor: entry.anchor.clone(),
        }],
        identity,
        email,
        username,
        domain,
        first_name,
        last_name,
        country,
        selected,
        groups,
    })
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
