//! Claimed domains and the directories behind them.

use serde::{Deserialize, Serialize};

use super::{Org, fold};

/// A domain the organization may use, or one that it is known not to own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Domain {
    /// The domain, `example.com`.
    pub domain: String,
    /// The identity type of its directory.
    #[serde(rename = "type")]
    pub kind: IdentityType,
    /// What people sign in with.
    #[serde(default)]
    pub login: Login,
    /// Whose directory it is.
    #[serde(default)]
    pub owner: Owner,
    /// The directory's name; an email may only move within one. Default: all domains of the same kind, login and owner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub directory: Option<String>,
    /// Whether another connector (Entra ID, Google, SCIM) feeds the directory: then the API may not create in it.
    #[serde(default)]
    pub externally_synced: bool,
}

/// The identity type of a directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IdentityType {
    /// The company signs its people in.
    #[serde(alias = "federatedID")]
    Federated,
    /// Adobe keeps the passwords.
    #[serde(alias = "enterpriseID")]
    Enterprise,
}

/// What the people of a directory sign in with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Login {
    /// Their email.
    #[default]
    Email,
    /// A bare username; commands carry `domain` beside it.
    Username,
}

/// Whose directory a domain belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Owner {
    /// This organization claimed it.
    #[default]
    #[serde(rename = "self")]
    Own,
    /// Another organization claimed it and trusts this one ("trustee").
    Trusted,
    /// Another organization claimed it.
    Other,
}

impl Domain {
    /// An email-login domain of this organization.
    pub fn new(domain: impl Into<String>, kind: IdentityType) -> Self {
        Self {
            domain: domain.into(),
            kind,
            login: Login::Email,
            owner: Owner::Own,
            directory: None,
            externally_synced: false,
        }
    }

    /// What two domains of one directory have in common.
    pub(crate) fn directory_key(&self) -> (Option<&str>, IdentityType, Login, Owner) {
        (self.directory.as_deref(), self.kind, self.login, self.owner)
    }
}

impl Org {
    /// Adds a domain, or replaces the one of that name.
    pub fn add_domain(&mut self, domain: Domain) {
        self.touched.domain(fold(&domain.domain));
        self.domains.insert(fold(&domain.domain), domain);
    }

    pub(crate) fn domain(&self, name: &str) -> Option<&Domain> {
        self.domains.get(&fold(name))
    }

    /// Whether both domains belong to one directory. A domain that nobody claimed is a directory of its own.
    pub(crate) fn same_directory(&self, one: &str, other: &str) -> bool {
        match (self.domain(one), self.domain(other)) {
            (Some(one), Some(other)) => one.directory_key() == other.directory_key(),
            _ => fold(one) == fold(other),
        }
    }
}
