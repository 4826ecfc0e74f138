//! A person of the directory, as Adobe should hold them.

use crate::adobe::Identity;
use crate::change::{Address, By, Profile, ProfileTexts};
use crate::country;
use crate::directory::DirectoryName;
use crate::key::{GroupName, UserKey};
use crate::memory::{Known, Memory};
use crate::texts::Texts;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Adobe groups, with the directory groups that give each.
pub type Groups = BTreeMap<GroupName, By>;

/// One person of the directory, as Adobe should hold them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The type of account.
    pub identity: Identity,
    /// Country of the entry.
    pub country: Country,
    /// Whether the rules give this person an account.
    pub selected: bool,
    /// The Adobe groups that the mappings give, with the directory groups that give each.
    pub groups: Arc<Groups>,
    /// In which directory their entry is.
    directory: DirectoryName,
    /// What is written of them, then the anchor of their entry and where it stands: all that is looked at together is in one piece.
    texts: Texts<7>,
    /// Their entries in further directories that agree about them: nearly nobody has any.
    further: Box<[Further]>,
}

/// What is written of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PersonTexts<'a> {
    /// See [`Person::email`].
    pub email: &'a str,
    /// See [`Person::username`].
    pub username: Option<&'a str>,
    /// See [`Person::domain`].
    pub domain: &'a str,
    /// See [`Person::first_name`].
    pub first_name: Option<&'a str>,
    /// See [`Person::last_name`].
    pub last_name: Option<&'a str>,
}

/// An entry, as far as it tells who somebody is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sighting<'a> {
    /// In which directory.
    pub directory: &'a DirectoryName,
    /// Where the entry stands.
    pub dn: &'a str,
    /// Its [anchor](crate::directory::Anchor::as_str).
    pub anchor: Option<&'a str>,
}

impl Sighting<'_> {
    /// Which directory and where in it, for people.
    pub fn place(&self) -> String {
        self.directory.says(self.dn)
    }
}

/// The same, held.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Further {
    directory: DirectoryName,
    dn: Box<str>,
    anchor: Option<Box<str>>,
}

impl Further {
    fn of(sighting: Sighting<'_>) -> Self {
        let Sighting { directory, dn, anchor } = sighting;
        Self { directory: directory.clone(), dn: dn.into(), anchor: anchor.map(Box::from) }
    }

    fn sighting(&self) -> Sighting<'_> {
        let Self { directory, dn, anchor } = self;
        Sighting { directory, dn, anchor: anchor.as_deref() }
    }
}

/// The country that an entry gives; it matters only when an account is created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Country {
    /// Two upper-case letters.
    Code(&'static str),
    /// None.
    Missing,
    /// Something else: why it is none.
    Invalid(Box<str>),
}

impl Person {
    /// Somebody with this entry, of whom this is known.
    pub fn new(
        entry: Sighting<'_>,
        identity: Identity,
        country: Country,
        selected: bool,
        groups: Arc<Groups>,
        texts: PersonTexts<'_>,
    ) -> Self {
        let PersonTexts { email, username, domain, first_name, last_name } = texts;
        let Sighting { directory, dn, anchor } = entry;
        let texts = Texts::of([Some(email), username, Some(domain), first_name, last_name, anchor, Some(dn)]);
        let (directory, further) = (directory.clone(), Box::default());
        Self { identity, country, selected, groups, directory, texts, further }
    }

    /// All that is written of them.
    pub fn texts(&self) -> PersonTexts<'_> {
        let [email, username, domain, first_name, last_name, _, _] = self.texts.all();
        let (email, domain) = (email.unwrap_or_default(), domain.unwrap_or_default());
        PersonTexts { email, username, domain, first_name, last_name }
    }

    pub(crate) fn fetch(&self) -> u8 {
        self.texts.fetch()
    }

    /// The same person with other texts.
    #[must_use]
    pub(crate) fn with(&self, texts: PersonTexts<'_>) -> Self {
        let Self { identity, country, selected, groups, directory: _, texts: _, further } = self.clone();
        let person = Self::new(self.sighting(), identity, country, selected, groups, texts);
        Self { further, ..person }
    }

    /// Adds the entries of another, who is the same person.
    pub(crate) fn add_sightings_of(&mut self, other: &Self) {
        let further = self.further.iter().cloned().chain(other.sightings().map(Further::of));
        self.further = further.collect();
    }

    /// Their entry, or the first of several.
    pub(crate) fn sighting(&self) -> Sighting<'_> {
        let [.., anchor, dn] = self.texts.all();
        Sighting { directory: &self.directory, dn: dn.unwrap_or_default(), anchor }
    }

    /// Where they were found: one entry, or one in each of several directories that agree about them.
    pub fn sightings(&self) -> impl Iterator<Item = Sighting<'_>> + Clone {
        std::iter::once(self.sighting()).chain(self.further.iter().map(Further::sighting))
    }

    /// Whether several directories give them.
    pub(crate) fn is_shared(&self) -> bool {
        !self.further.is_empty()
    }

    /// The email, in the directory's spelling.
    pub fn email(&self) -> &str {
        self.texts.get(0).unwrap_or_default()
    }

    /// A bare username, for directories at Adobe in which people log in by one.
    pub fn username(&self) -> Option<&str> {
        self.texts.get(1)
    }

    /// The domain: beside a username, or the email's.
    pub fn domain(&self) -> &str {
        self.texts.get(2).unwrap_or_default()
    }

    /// Given name.
    pub fn first_name(&self) -> Option<&str> {
        self.texts.get(3)
    }

    /// Family name.
    pub fn last_name(&self) -> Option<&str> {
        self.texts.get(4)
    }

    /// Their entry, or the first of several, for people.
    pub fn place(&self) -> String {
        self.sighting().place()
    }

    /// The directories that have them.
    pub fn directories(&self) -> BTreeSet<&DirectoryName> {
        self.sightings().map(|sighting| sighting.directory).collect()
    }

    /// The [anchors](crate::directory::Anchor::as_str) of their entries.
    pub fn anchors(&self) -> impl Iterator<Item = &str> {
        let further = self.further.iter().filter_map(|further| further.anchor.as_deref());
        self.texts.get(5).into_iter().chain(further)
    }

    /// What links remember of them.
    pub fn links<'a>(&self, memory: &'a Memory) -> impl Iterator<Item = &'a Known> {
        self.anchors().filter_map(|anchor| memory.links.of(anchor))
    }

    /// The key of the account that this person has or should have.
    pub fn key(&self) -> UserKey {
        UserKey::new(self.identity.ownership(), self.email())
    }

    /// How the create command names the account.
    pub fn address(&self) -> Address {
        let adobe_id = self.identity == Identity::Adobe;
        match self.username() {
            Some(username) => {
                Address { user: username.to_owned(), domain: Some(self.domain().to_owned()), adobe_id }
            }
            None => Address { user: self.email().to_owned(), domain: None, adobe_id },
        }
    }

    /// What a new account is made of. The error is a reason why none can be made.
    pub fn profile(&self, default_country: Option<&str>) -> Result<Profile, String> {
        let country = match &self.country {
            Country::Code(code) => Some(*code),
            // The organization owns an enterprise account and may leave its country undefined; it is fixed for good then.
            Country::Missing if self.identity == Identity::Enterprise => {
                Some(default_country.unwrap_or(country::UNDEFINED))
            }
            Country::Missing => default_country,
            Country::Invalid(why) => return Err(format!("its country cannot be used: {why}")),
        };
        if country.is_none() && self.identity == Identity::Federated {
            return Err(
                "a federated account needs a country; the entry has none and people.country is not set"
                    .into(),
            );
        }
        let PersonTexts { email, first_name, last_name, username: _, domain: _ } = self.texts();
        Ok(Profile::new(self.identity, ProfileTexts { email, first_name, last_name, country }))
    }
}
