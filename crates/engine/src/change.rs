//! A change: one create, one attribute, one membership, one leave. Protection and limits act on changes.

pub use crate::account::{Account, Address, Profile, ProfileTexts};
use crate::key::GroupName;
use crate::memory::Evidence;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

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

/// What becomes of an attribute.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Update {
    /// Which.
    pub field: Field,
    /// What Adobe holds now.
    pub from: Option<String>,
    /// What it shall hold.
    pub to: String,
}

/// What is said of a user group.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Description {
    /// The text.
    pub description: String,
}

/// What is to happen. Of most there are millions in a first sync, so what is rare stands behind a pointer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// A user group is made.
    CreateGroup,
    /// An account is made.
    CreateUser(Arc<Profile>),
    /// An account is made, unless it is there: nobody has looked (`strategy: push`).
    PushUser {
        /// What it is made of.
        profile: Arc<Profile>,
        /// What becomes of the names of one that is there.
        names: Names,
    },
    /// One attribute changes.
    Update(Box<Update>),
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
    /// A user group that is made gets a description.
    Describe(Box<Description>),
    /// A user group that is made entitles its members to a product profile.
    Attach {
        /// Which.
        profile: GroupName,
    },
}

impl What {
    /// What this attribute shall be, where that is what happens.
    pub fn sets(&self, field: Field) -> Option<&str> {
        match self {
            Self::Update(update) if update.field == field => Some(&update.to),
            _ => None,
        }
    }
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
            Self::User(account) => f.write_str(account.email()),
        }
    }
}

/// What gives a membership: directory groups, as the configuration names them. Millions of memberships share a few of these.
pub type By = Arc<Box<[Arc<str>]>>;

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
        by: By,
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
        evidence: Box<Evidence>,
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
        let mut digest = crate::digest::Digester::default();
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
        self.what.sets(Field::Email).or(self.what.sets(Field::Username)).is_some()
    }
}
