//! A change: one create, one attribute, one membership, one leave. Protection and limits act on changes.

use crate::adobe::{Identity, User, UserType};
use crate::key::{GroupName, Ownership, UserKey, folded};
use crate::memory::Evidence;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

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

impl Address {
    /// How an existing user is named.
    pub fn of(user: &User) -> Self {
        let adobe_id = user.kind == UserType::Known(Identity::Adobe);
        match (&user.kind, user.username(), user.domain()) {
            // A username that looks like an email never identifies: the email does.
            (UserType::Known(Identity::Federated), Some(username), Some(domain))
                if !username.contains('@') && folded(username) != folded(user.email()) =>
            {
                Self { user: username.to_owned(), domain: Some(domain.to_owned()), adobe_id }
            }
            _ => Self { user: user.email().to_owned(), domain: None, adobe_id },
        }
    }
}

/// The account that a change is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Account {
    /// Its key: for an account to be created the person's, else the user's present one.
    pub key: UserKey,
    /// Adobe's id, when the account exists and Adobe gave one.
    pub id: Option<String>,
    /// What kind it is or shall be.
    pub identity: Identity,
    /// How commands name it.
    pub address: Address,
    /// How people know it: the email as Adobe, or for a new account the directory, spells it.
    pub email: String,
}

impl Account {
    /// The account of an existing user; `None` for a type we do not know, which is never written to.
    pub fn of(user: &User) -> Option<Self> {
        let identity = user.kind.known()?;
        Some(Self {
            key: UserKey::new(identity.ownership(), user.email()),
            id: user.id().map(str::to_owned),
            identity,
            address: Address::of(user),
            email: user.email().to_owned(),
        })
    }

    /// Who owns it.
    pub fn ownership(&self) -> Ownership {
        self.identity.ownership()
    }
}

/// What a new account is made of. Empty values are absent.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Profile {
    /// The identity type.
    pub identity: Identity,
    /// At most 60 characters (UMAPI documentation, "createFederatedID").
    pub email: String,
    /// Given name.
    pub first_name: Option<String>,
    /// Family name.
    pub last_name: Option<String>,
    /// ISO 3166 alpha-2; fixed at creation.
    pub country: Option<String>,
}

/// An attribute that `update` can change. The country is fixed at creation and never compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// The email; class `identity`.
    Email,
    /// The username; class `identity`, Federated IDs only.
    Username,
    /// Given name.
    FirstName,
    /// Family name.
    LastName,
}

impl Field {
    /// For people.
    pub fn word(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Username => "username",
            Self::FirstName => "first name",
            Self::LastName => "last name",
        }
    }
}

/// What becomes of the names of an account that is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Names {
    /// They are replaced by those that the directory gives.
    Update,
    /// They stay.
    Keep,
}

/// What is to happen.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// A user group is made.
    CreateGroup,
    /// An account is made.
    CreateUser(Profile),
    /// An account is made, unless it is there: nobody has looked (`strategy: push`).
    PushUser {
        /// What it is made of.
        profile: Profile,
        /// What becomes of the names of one that is there.
        names: Names,
    },
    /// One attribute changes.
    Update {
        /// Which.
        field: Field,
        /// What Adobe holds now.
        from: Option<String>,
        /// What it shall hold.
        to: String,
    },
    /// A membership is given.
    Join {
        /// In which group.
        group: GroupName,
    },
    /// A membership is taken.
    Lose {
        /// From which group.
        group: GroupName,
    },
    /// The account leaves the organization; its directory account and files stay with Adobe.
    Leave,
    /// The account leaves the organization and is deleted with its files, for good.
    Delete,
    /// A user group that is made gets this description.
    Describe {
        /// The text.
        description: String,
    },
    /// A user group that is made entitles its members to a product profile.
    Attach {
        /// Which.
        profile: GroupName,
    },
}

/// Whom or what a change is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// A user group.
    Group(GroupName),
    /// A user.
    User(Arc<Account>),
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Group(name) => name.fmt(f),
            Self::User(account) => f.write_str(&account.email),
        }
    }
}

/// Why a change is wanted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// A mapping with `create: true` names a group that Adobe lacks.
    GroupMapped,
    /// The directory selects a person whom Adobe lacks.
    NewPerson,
    /// It is sent as the directory has it, whatever Adobe holds.
    Pushed,
    /// Directory and Adobe differ in this attribute.
    Differs,
    /// These directory groups give the membership.
    Listed {
        /// As the configuration names them.
        by: Arc<[Arc<str>]>,
    },
    /// The person is in the directory and in no group that gives this membership.
    NotListed,
    /// The person is in the directory and no longer selected.
    NotSelected,
    /// The directory has no such person any more.
    Absent {
        /// When a complete read first lacked them.
        since: chrono::DateTime<chrono::Utc>,
    },
    /// The directory says that the person has left.
    Departed {
        /// By what.
        evidence: Evidence,
    },
}

/// One change with its reason.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Change {
    /// Whom or what.
    pub target: Target,
    /// What happens.
    pub what: What,
    /// Why.
    pub reason: Reason,
}

impl Change {
    /// What somebody who approves this change approves: the target, the change, and the value that it replaces. Equal
    /// for equal changes whatever their reason; sixteen hexadecimal digits.
    pub fn fingerprint(&self) -> String {
        let mut digest = crate::plan::Digester::default();
        digest.take(&(&self.target, &self.what));
        digest.end(8)
    }

    /// Whether it takes something from somebody.
    pub fn is_removal(&self) -> bool {
        matches!(self.what, What::Lose { .. } | What::Leave | What::Delete)
    }

    /// Whether the account leaves the organization, deleted or not.
    pub fn is_departure(&self) -> bool {
        matches!(self.what, What::Leave | What::Delete)
    }

    /// Whether it is sent without a look at what Adobe holds: what it creates, nobody knows beforehand.
    pub fn is_push(&self) -> bool {
        self.reason == Reason::Pushed
    }

    /// Whether it waits until somebody has approved a first plan.
    pub fn needs_baseline(&self) -> bool {
        self.is_removal() || self.is_identity() || self.is_push()
    }

    /// Whether it changes who an account is: class `identity`.
    pub fn is_identity(&self) -> bool {
        matches!(self.what, What::Update { field: Field::Email | Field::Username, .. })
    }
}
