//! Whom nothing may happen to.

use crate::adobe::{Group, GroupKind, Identity, Snapshot, User};
use crate::key::GroupName;
use crate::rules::Protect;
use crate::sorted::Sorted;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Why somebody is protected.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Protection {
    /// A system administrator: always protected.
    OrgAdmin,
    /// A pattern of `protect.users`.
    Pattern(String),
    /// A member of a group of `protect.groups`.
    Member(GroupName),
    /// An identity type of `protect.identities`.
    Identity(Identity),
}

impl fmt::Display for Protection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OrgAdmin => f.write_str("a system administrator"),
            Self::Pattern(pattern) => write!(f, "protect.users `{pattern}`"),
            Self::Member(group) => write!(f, "a member of {group} (protect.groups)"),
            Self::Identity(identity) => write!(f, "an account of type {identity} (protect.identities)"),
        }
    }
}

impl Protect {
    /// Why an account is protected, if it is: an account that exists, or one that would be made.
    pub fn of(
        &self,
        email: &str,
        username: Option<&str>,
        identity: Option<Identity>,
        groups: &Sorted<GroupName>,
    ) -> Option<Protection> {
        if groups.iter().any(|group| group.is_org_admin() || self.org_admins.contains(group)) {
            return Some(Protection::OrgAdmin);
        }
        let names = [Some(email), username];
        for name in names.into_iter().flatten().filter(|_| !self.users.is_empty()) {
            if let Some(pattern) = self.users.iter().find(|pattern| pattern.means(name)) {
                return Some(Protection::Pattern(pattern.to_string()));
            }
        }
        if let Some(group) = groups.iter().find(|group| self.groups.contains(*group)) {
            return Some(Protection::Member(group.clone()));
        }
        identity.filter(|identity| self.identities.contains(identity)).map(Protection::Identity)
    }

    /// Why a user is protected, if they are.
    pub fn of_user(&self, user: &User) -> Option<Protection> {
        self.of(user.email(), user.username(), user.kind.known(), &user.groups)
    }

    /// The same protection, knowing which groups hold the system administrators: Adobe may change their name, and tells
    /// them by type (UMAPI documentation, "Get groups").
    pub fn with_admins_of(&self, adobe: &Snapshot) -> Self {
        let is_theirs = |group: &&Group| matches!(&group.kind, GroupKind::Administrative(kind) if kind == "SYSADMIN_GROUP");
        let org_admins = adobe.groups.values().filter(is_theirs).map(|group| group.name.clone()).collect();
        Self { org_admins, ..self.clone() }
    }

    /// Groups of `protect.groups` that Adobe lacks: a misspelled name would protect nobody.
    pub fn missing_groups(&self, adobe: &Snapshot) -> Vec<GroupName> {
        self.groups.iter().filter(|group| !adobe.groups.contains_key(*group)).cloned().collect()
    }
}
