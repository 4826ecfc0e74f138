//! The words of Adobe's side: users and groups as one complete reading found them.

use crate::key::{GroupName, Ownership, UserKey, fold};
use crate::sorted::Sorted;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
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
    Unknown(String),
}

impl UserType {
    /// Adobe's word, whose case drifts (`adobeID`, `AdobeID`).
    pub fn parse(word: &str) -> Self {
        Identity::from_word(word).map_or_else(|| Self::Unknown(word.to_owned()), Self::Known)
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
    Other(String),
}

/// One account at Adobe, as Adobe spells it. A field without a value is absent there and `None` here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Opaque, stable over a change of email; not accepted in commands. Absent in old answers and for users that we
    /// created since the last listing.
    pub id: Option<String>,
    /// What kind of account.
    pub kind: UserType,
    /// Letter case as first registered.
    pub email: String,
    /// May be the email in another case (Enterprise IDs come upper-cased), or a bare name with a domain.
    pub username: Option<String>,
    /// The directory's domain.
    pub domain: Option<String>,
    /// Given name.
    pub first_name: Option<String>,
    /// Family name.
    pub last_name: Option<String>,
    /// ISO 3166 alpha-2, or `UD` for undefined.
    pub country: Option<String>,
    /// Active or not.
    pub status: Status,
    /// User groups, product profiles it was added to directly, and administrator groups.
    pub groups: Sorted<GroupName>,
}

impl User {
    /// The key under which a person may match it; `None` for a type we do not know.
    pub fn key(&self) -> Option<UserKey> {
        self.kind.known().map(|identity| UserKey::new(identity.ownership(), &self.email))
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
