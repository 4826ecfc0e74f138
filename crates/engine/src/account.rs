//! Whom changes are about: how commands name an account, and what a new one is made of. There may be a million of them in a
//! plan, so each holds its texts in one piece.

use crate::adobe::{Identity, User, UserTexts, UserType};
use crate::key::{Ownership, UserKey, folded};
use crate::texts::Texts;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::cmp::Ordering;

/// How a command names a user (UMAPI documentation, "Identifying users"): the current email, except for accounts
/// that log in by a bare username, which need username and domain.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Address {
    /// Email or bare username, in Adobe's spelling.
    pub user: String,
    /// Only beside a bare username: with an email Adobe refuses it.
    pub domain: Option<String>,
    /// Choose the Adobe ID where an organization-owned account has the same email.
    pub adobe_id: bool,
}

/// The texts of an address, in its order.
pub(crate) type Name<'a> = (&'a str, Option<&'a str>, bool);

impl Address {
    /// How an existing user is named.
    pub fn of(user: &User) -> Self {
        let (name, domain, adobe_id) = Self::texts_of(user);
        Self { user: name.to_owned(), domain: domain.map(str::to_owned), adobe_id }
    }

    /// The same, without a copy.
    pub(crate) fn texts_of(user: &User) -> Name<'_> {
        let adobe_id = user.kind == UserType::Known(Identity::Adobe);
        let UserTexts { username, domain, email, .. } = user.texts();
        match (&user.kind, username, domain) {
            // A username that looks like an email never identifies: the email does.
            (UserType::Known(Identity::Federated), Some(username), Some(domain))
                if !username.contains('@') && folded(username) != folded(email) =>
            {
                (username, Some(domain), adobe_id)
            }
            _ => (email, None, adobe_id),
        }
    }
}

/// The account that a change is about.
///
/// Written as `{ key, id, identity, address, email }`; ordered in that order, so by key first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its key: for an account to be created the person's, else the user's present one.
    pub key: UserKey,
    /// What kind it is or shall be.
    pub identity: Identity,
    adobe_id: bool,
    /// Id, email, the name in commands where it is not the email, and the domain beside it.
    texts: Texts<4>,
}

impl Account {
    /// One with this email, which commands name so; `id` is Adobe's, when the account exists and Adobe gave one.
    pub fn new(identity: Identity, id: Option<&str>, email: &str, address: &Address) -> Self {
        Self::keyed(UserKey::new(identity.ownership(), email), identity, id, email, address)
    }

    fn keyed(key: UserKey, identity: Identity, id: Option<&str>, email: &str, address: &Address) -> Self {
        let Address { user, domain, adobe_id } = address;
        let name = Some(user.as_str()).filter(|user| *user != email);
        Self {
            key,
            identity,
            adobe_id: *adobe_id,
            texts: Texts::of([id, Some(email), name, domain.as_deref()]),
        }
    }

    /// The account of an existing user; `None` for a type we do not know, which is never written to.
    pub fn of(user: &User) -> Option<Self> {
        Some(Self::new(user.kind.known()?, user.id(), user.email(), &Address::of(user)))
    }

    /// The same account under another name in commands.
    #[must_use]
    pub fn at(&self, address: &Address) -> Self {
        Self::keyed(self.key.clone(), self.identity, self.id(), self.email(), address)
    }

    /// Adobe's id, when the account exists and Adobe gave one.
    pub fn id(&self) -> Option<&str> {
        self.texts.get(0)
    }

    /// How people know it: the email as Adobe, or for a new account the directory, spells it.
    pub fn email(&self) -> &str {
        self.texts.get(1).unwrap_or_default()
    }

    /// See [`Address::user`].
    pub fn user(&self) -> &str {
        self.texts.get(2).unwrap_or_else(|| self.email())
    }

    /// See [`Address::domain`].
    pub fn domain(&self) -> Option<&str> {
        self.texts.get(3)
    }

    /// See [`Address::adobe_id`].
    pub fn is_adobe_id(&self) -> bool {
        self.adobe_id
    }

    /// How commands name it.
    pub fn address(&self) -> Address {
        Address {
            user: self.user().to_owned(),
            domain: self.domain().map(str::to_owned),
            adobe_id: self.adobe_id,
        }
    }

    /// Who owns it.
    pub fn ownership(&self) -> Ownership {
        self.identity.ownership()
    }

    /// All that tells it from others; the last stands for its texts, and is the same where all of them are.
    pub(crate) fn parts(&self) -> (&UserKey, Identity, bool, &str) {
        let Self { key, identity, adobe_id, texts } = self;
        (key, *identity, *adobe_id, texts.as_held())
    }

    /// All but the key, in order.
    fn rest(&self) -> (Option<&str>, Identity, Name<'_>, &str) {
        (self.id(), self.identity, (self.user(), self.domain(), self.adobe_id), self.email())
    }
}

impl PartialOrd for Account {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Account {
    fn cmp(&self, other: &Self) -> Ordering {
        // Changes of one account share it.
        if std::ptr::eq(self, other) {
            return Ordering::Equal;
        }
        // Nearly always the keys tell.
        self.key.cmp(&other.key).then_with(|| self.rest().cmp(&other.rest()))
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename = "Account")]
struct WrittenAccount<'a> {
    key: Cow<'a, UserKey>,
    id: Option<Cow<'a, str>>,
    identity: Identity,
    address: WrittenAddress<'a>,
    email: Cow<'a, str>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename = "Address")]
struct WrittenAddress<'a> {
    user: Cow<'a, str>,
    domain: Option<Cow<'a, str>>,
    adobe_id: bool,
}

impl Serialize for Account {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let written = WrittenAccount {
            key: Cow::Borrowed(&self.key),
            id: self.id().map(Cow::Borrowed),
            identity: self.identity,
            address: WrittenAddress {
                user: Cow::Borrowed(self.user()),
                domain: self.domain().map(Cow::Borrowed),
                adobe_id: self.adobe_id,
            },
            email: Cow::Borrowed(self.email()),
        };
        written.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Account {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let WrittenAccount { key, id, identity, address, email } = WrittenAccount::deserialize(deserializer)?;
        let WrittenAddress { user, domain, adobe_id } = address;
        let address = Address { user: user.into_owned(), domain: domain.map(Cow::into_owned), adobe_id };
        Ok(Self::keyed(key.into_owned(), identity, id.as_deref(), &email, &address))
    }
}

/// What a new account is made of. Empty values are absent.
///
/// Written as `{ identity, email, first_name, last_name, country }`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// The identity type.
    pub identity: Identity,
    texts: Texts<4>,
}

/// What is written of a new account.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct ProfileTexts<'a> {
    /// At most 60 characters (UMAPI documentation, "createFederatedID").
    pub email: &'a str,
    /// Given name.
    pub first_name: Option<&'a str>,
    /// Family name.
    pub last_name: Option<&'a str>,
    /// ISO 3166 alpha-2; fixed at creation.
    pub country: Option<&'a str>,
}

impl Profile {
    /// One of this type, of which this is written.
    pub fn new(identity: Identity, texts: ProfileTexts<'_>) -> Self {
        let ProfileTexts { email, first_name, last_name, country } = texts;
        Self { identity, texts: Texts::of([Some(email), first_name, last_name, country]) }
    }

    /// All that tells it from others; the last stands for its texts, and is the same where all of them are.
    pub(crate) fn parts(&self) -> (Identity, &str) {
        let Self { identity, texts } = self;
        (*identity, texts.as_held())
    }

    /// All that is written of it.
    pub fn texts(&self) -> ProfileTexts<'_> {
        let [email, first_name, last_name, country] = self.texts.all();
        ProfileTexts { email: email.unwrap_or_default(), first_name, last_name, country }
    }
}

impl PartialOrd for Profile {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Profile {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.identity, self.texts()).cmp(&(other.identity, other.texts()))
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename = "Profile")]
struct WrittenProfile<'a> {
    identity: Identity,
    email: Cow<'a, str>,
    first_name: Option<Cow<'a, str>>,
    last_name: Option<Cow<'a, str>>,
    country: Option<Cow<'a, str>>,
}

impl Serialize for Profile {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let ProfileTexts { email, first_name, last_name, country } = self.texts();
        let written = WrittenProfile {
            identity: self.identity,
            email: Cow::Borrowed(email),
            first_name: first_name.map(Cow::Borrowed),
            last_name: last_name.map(Cow::Borrowed),
            country: country.map(Cow::Borrowed),
        };
        written.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Profile {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let WrittenProfile { identity, email, first_name, last_name, country } =
            WrittenProfile::deserialize(deserializer)?;
        let texts = ProfileTexts {
            email: &email,
            first_name: first_name.as_deref(),
            last_name: last_name.as_deref(),
            country: country.as_deref(),
        };
        Ok(Self::new(identity, texts))
    }
}
