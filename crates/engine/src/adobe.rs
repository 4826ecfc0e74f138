//! The words of Adobe's side: users and groups as one complete reading found them.

use crate::key::{GroupName, Ownership, UserKey, fold};
use crate::sorted::Sorted;
use crate::texts::Texts;
use chrono::{DateTime, Utc};
use serde::ser::SerializeStruct as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeMap;
use std::fmt;

/// The identity types that an organization can give (UMAPI documentation, "Identity types").
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Identity {
    /// Owned by the person.
    Adobe,
    /// Owned by the organization, password kept by Adobe.
    Enterprise,
    /// Owned by the organization, single sign-on.
    Federated,
}

impl Identity {
    /// Who owns such an account.
    pub fn ownership(self) -> Ownership {
        match self {
            Self::Adobe => Ownership::Personal,
            Self::Enterprise | Self::Federated => Ownership::Organization,
        }
    }

    /// The word the configuration uses.
    pub fn word(self) -> &'static str {
        match self {
            Self::Adobe => "adobe",
            Self::Enterprise => "enterprise",
            Self::Federated => "federated",
        }
    }

    /// The identity that a word names, without regard to case; Adobe's own words (`federatedID`) are understood too.
    pub fn from_word(word: &str) -> Option<Self> {
        match fold(word).as_str() {
            "adobe" | "adobeid" => Some(Self::Adobe),
            "enterprise" | "enterpriseid" => Some(Self::Enterprise),
            "federated" | "federatedid" => Some(Self::Federated),
            _ => None,
        }
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// What Adobe says an account is. A type we do not know is read-only: it is matched, shown, and never written to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UserType {
    /// One we can deal with.
    Known(Identity),
    /// Any other word, as Adobe spells it.
    Unknown(Box<str>),
}

impl UserType {
    /// Adobe's word, whose case drifts (`adobeID`, `AdobeID`).
    pub fn parse(word: &str) -> Self {
        Identity::from_word(word).map_or_else(|| Self::Unknown(word.into()), Self::Known)
    }

    /// The identity, when we know it.
    pub fn known(&self) -> Option<Identity> {
        match self {
            Self::Known(identity) => Some(*identity),
            Self::Unknown(_) => None,
        }
    }
}

impl fmt::Display for UserType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(identity) => identity.fmt(f),
            Self::Unknown(word) => write!(f, "unknown type `{word}`"),
        }
    }
}

/// The state of an account. Listings give active ones only; members of a profile may be any.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// In use.
    #[default]
    Active,
    /// Any other word, as Adobe spells it (`disabled`, `locked`, `removed`).
    Other(Box<str>),
}

/// One account at Adobe, as Adobe spells it. A text without a value is absent there and `None` here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// What kind of account.
    pub kind: UserType,
    /// Active or not.
    pub status: Status,
    /// User groups, product profiles it was added to directly, and administrator groups.
    pub groups: Sorted<GroupName>,
    texts: Texts<7>,
}

/// What is written of an account.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct UserTexts<'a> {
    /// See [`User::id`].
    pub id: Option<&'a str>,
    /// See [`User::email`].
    pub email: &'a str,
    /// See [`User::username`].
    pub username: Option<&'a str>,
    /// See [`User::domain`].
    pub domain: Option<&'a str>,
    /// See [`User::first_name`].
    pub first_name: Option<&'a str>,
    /// See [`User::last_name`].
    pub last_name: Option<&'a str>,
    /// See [`User::country`].
    pub country: Option<&'a str>,
}

impl User {
    /// An account of which this is known.
    pub fn new(kind: UserType, status: Status, groups: Sorted<GroupName>, texts: UserTexts<'_>) -> Self {
        let UserTexts { id, email, username, domain, first_name, last_name, country } = texts;
        let texts = Texts::of([id, Some(email), username, domain, first_name, last_name, country]);
        Self { kind, status, groups, texts }
    }

    /// All that is written of it.
    pub fn texts(&self) -> UserTexts<'_> {
        let [id, email, username, domain, first_name, last_name, country] = self.texts.all();
        let email = email.unwrap_or_default();
        UserTexts { id, email, username, domain, first_name, last_name, country }
    }

    pub(crate) fn fetch(&self) -> u8 {
        self.texts.fetch() ^ self.groups.iter().next().map_or(0, |group| u8::from(group.is_administrative()))
    }

    /// The same account with other texts.
    #[must_use]
    pub fn with(&self, texts: UserTexts<'_>) -> Self {
        let Self { kind, status, groups, texts: _ } = self;
        Self::new(kind.clone(), status.clone(), groups.clone(), texts)
    }

    /// Opaque, stable over a change of email; not accepted in commands. Absent in old answers and for users that we
    /// created since the last listing.
    pub fn id(&self) -> Option<&str> {
        self.texts.get(0)
    }

    /// Letter case as first registered.
    pub fn email(&self) -> &str {
        self.texts.get(1).unwrap_or_default()
    }

    /// May be the email in another case (Enterprise IDs come upper-cased), or a bare name with a domain.
    pub fn username(&self) -> Option<&str> {
        self.texts.get(2)
    }

    /// The directory's domain.
    pub fn domain(&self) -> Option<&str> {
        self.texts.get(3)
    }

    /// Given name.
    pub fn first_name(&self) -> Option<&str> {
        self.texts.get(4)
    }

    /// Family name.
    pub fn last_name(&self) -> Option<&str> {
        self.texts.get(5)
    }

    /// ISO 3166 alpha-2, or `UD` for undefined.
    pub fn country(&self) -> Option<&str> {
        self.texts.get(6)
    }

    /// The key under which a person may match it; `None` for a type we do not know.
    pub fn key(&self) -> Option<UserKey> {
        self.kind.known().map(|identity| UserKey::new(identity.ownership(), self.email()))
    }
}

impl Serialize for User {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { kind, status, groups, texts: _ } = self;
        let UserTexts { id, email, username, domain, first_name, last_name, country } = self.texts();
        let mut user = serializer.serialize_struct("User", 10)?;
        user.serialize_field("id", &id)?;
        user.serialize_field("kind", kind)?;
        user.serialize_field("email", email)?;
        user.serialize_field("username", &username)?;
        user.serialize_field("domain", &domain)?;
        user.serialize_field("first_name", &first_name)?;
        user.serialize_field("last_name", &last_name)?;
        user.serialize_field("country", &country)?;
        user.serialize_field("status", status)?;
        user.serialize_field("groups", groups)?;
        user.end()
    }
}

impl<'de> Deserialize<'de> for User {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(rename = "User")]
        struct Written {
            id: Option<String>,
            kind: UserType,
            email: String,
            username: Option<String>,
            domain: Option<String>,
            first_name: Option<String>,
            last_name: Option<String>,
            country: Option<String>,
            status: Status,
            groups: Sorted<GroupName>,
        }
        let Written { id, kind, email, username, domain, first_name, last_name, country, status, groups } =
            Written::deserialize(deserializer)?;
        let texts = UserTexts {
            id: id.as_deref(),
            email: &email,
            username: username.as_deref(),
            domain: domain.as_deref(),
            first_name: first_name.as_deref(),
            last_name: last_name.as_deref(),
            country: country.as_deref(),
        };
        Ok(Self::new(kind, status, groups, texts))
    }
}

/// What kind of group (UMAPI documentation, "Get groups": `type`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GroupKind {
    /// `USER_GROUP`: its members can be changed from the group's side too.
    UserGroup,
    /// `PRODUCT_PROFILE`: membership is a licence.
    ProductProfile,
    /// Any of the administrator and developer groups, with Adobe's word.
    Administrative(String),
    /// Adobe gave no type or one we do not know.
    Unknown(Option<String>),
}

/// One group at Adobe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// Adobe's spelling.
    pub name: GroupName,
    /// What kind.
    pub kind: GroupKind,
    /// Adobe's number of it.
    pub id: Option<i64>,
    /// Members by Adobe's count, which may lag.
    pub member_count: Option<u64>,
    /// Licences of a product profile; `None` where unlimited or not given.
    pub quota: Option<u64>,
    /// The product of a profile.
    pub product: Option<String>,
    /// The group of its administrators, where it has any.
    #[serde(default)]
    pub admins: Option<GroupName>,
}

/// A user that Adobe listed and we cannot understand: it is reported and nothing is done to it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct UnreadableUser {
    /// Whatever names it: id, username or position.
    pub who: String,
    /// What is wrong with it.
    pub reason: String,
}

/// All of Adobe's side. It exists only when every page was read to a proven end, or where none is to be: see
/// [`Snapshot::not_listed`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// The organization it was read from.
    pub organization: String,
    /// When the listing began.
    pub read_at: DateTime<Utc>,
    /// Every active user, in Adobe's order without repeats.
    pub users: Vec<User>,
    /// Every group, by folded name.
    pub groups: BTreeMap<GroupName, Group>,
    /// Listed users that could not be understood.
    pub unreadable: Vec<UnreadableUser>,
    /// Adobe's own count of users (`X-Total-Count`), which includes technical accounts that are never listed.
    pub total_count: Option<u64>,
}

impl Snapshot {
    /// Nothing of Adobe's side, for a push, which does not ask for it. Nothing else may be decided by it: everybody would
    /// seem to be missing.
    pub fn not_listed(organization: &str, now: DateTime<Utc>) -> Self {
        Self {
            organization: organization.to_owned(),
            read_at: now,
            users: Vec::new(),
            groups: BTreeMap::new(),
            unreadable: Vec::new(),
            total_count: Some(0),
        }
    }
}
