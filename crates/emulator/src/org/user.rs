//! Accounts: in the organization, or only in one of its directories.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::index::take;
use super::{NOBODY, Org, Owner, domain_of, fold};

/// The kinds of accounts (`type` of a user).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub enum AccountType {
    /// Owned by the person.
    #[serde(rename = "adobeID", alias = "adobe")]
    Adobe,
    /// Owned by the organization, password at Adobe.
    #[serde(rename = "enterpriseID", alias = "enterprise")]
    Enterprise,
    /// Owned by the organization, single sign-on.
    #[default]
    #[serde(rename = "federatedID", alias = "federated")]
    Federated,
    /// Owned by the organization; Adobe does not say how (orphans of a migration).
    #[serde(rename = "unknown")]
    Unknown,
}

impl AccountType {
    /// As Adobe writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Adobe => "adobeID",
            Self::Enterprise => "enterpriseID",
            Self::Federated => "federatedID",
            Self::Unknown => "unknown",
        }
    }

    /// Whether the organization, not the person, owns such accounts.
    pub(crate) fn owned(self) -> bool {
        self != Self::Adobe
    }
}

/// The states of an account (`status` of a user). Only active users are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// May sign in.
    #[default]
    Active,
    /// Switched off by an administrator.
    Disabled,
    /// Switched off by Adobe.
    Locked,
    /// Gone, not yet forgotten.
    Removed,
}

impl Status {
    /// As Adobe writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Disabled => "disabled",
            Self::Locked => "locked",
            Self::Removed => "removed",
        }
    }
}

/// One account. `in_org: false` is a "directory user": removed from the organization, not deleted.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Account {
    pub(crate) id: String,
    pub(crate) kind: AccountType,
    pub(crate) email: String,
    pub(crate) username: String,
    pub(crate) domain: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) firstname: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) lastname: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) country: Option<String>,
    pub(crate) status: Status,
    pub(crate) in_org: bool,
    /// What listings call its type, where that differs (`adobeID` for business IDs, `AdobeID`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) shown_type: Option<String>,
    /// Reads and other commands do not know it before this moment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) visible_from: Option<DateTime<Utc>>,
    #[serde(default)]
    pub(crate) groups: BTreeSet<u64>,
}

/// What an account is created from.
#[derive(Debug, Clone)]
pub(crate) struct NewAccount {
    pub(crate) kind: AccountType,
    pub(crate) email: String,
    pub(crate) username: String,
    pub(crate) domain: String,
    pub(crate) firstname: Option<String>,
    pub(crate) lastname: Option<String>,
    pub(crate) country: Option<String>,
    pub(crate) visible_from: Option<DateTime<Utc>>,
}

impl Account {
    pub(crate) fn visible(&self, now: DateTime<Utc>) -> bool {
        self.in_org && self.visible_from.is_none_or(|from| from <= now)
    }
}

impl Org {
    pub(crate) fn accounts(&self) -> impl Iterator<Item = (u64, &Account)> {
        self.accounts.iter().map(|(number, account)| (*number, account))
    }

    pub(crate) fn account(&self, number: u64) -> &Account {
        &self.accounts[&number]
    }

    /// Everybody with this email, in the organization or not.
    pub(crate) fn with_email(&self, email: &str) -> impl Iterator<Item = (u64, &Account)> {
        let numbers = self.index.emails.get(&fold(email)).unwrap_or(&NOBODY);
        numbers.iter().map(|number| (*number, &self.accounts[number]))
    }

    /// Everybody with this username in any directory, in the organization or not.
    pub(crate) fn with_username(&self, username: &str) -> impl Iterator<Item = (u64, &Account)> {
        let numbers = self.index.usernames.get(&fold(username)).unwrap_or(&NOBODY);
        numbers.iter().map(|number| (*number, &self.accounts[number]))
    }

    /// Whether another organization owns the account's directory.
    pub(crate) fn owned_elsewhere(&self, account: &Account) -> bool {
        account.kind.owned() && self.domain(&account.domain).is_some_and(|domain| domain.owner != Owner::Own)
    }

    pub(crate) fn create(&mut self, new: NewAccount) -> u64 {
        let number = self.number();
        let NewAccount { kind, email, username, domain, firstname, lastname, country, visible_from } = new;
        // The shape of recorded ids; the digits are the number, so equal stories give equal ids.
        let realm = if kind.owned() { "emulated.e" } else { "AdobeID" };
        let account = Account {
            id: format!("{number:08X}000000000000E301@{realm}"),
            kind,
            email,
            username,
            domain: fold(&domain),
            firstname,
            lastname,
            country,
            status: Status::Active,
            in_org: true,
            shown_type: None,
            visible_from,
            groups: BTreeSet::new(),
        };
        self.touched.account(number);
        self.index.enter(number, &account);
        self.accounts.insert(number, account);
        number
    }

    /// Changes a record and brings the indexes after it. Memberships have their own functions.
    pub(crate) fn change(&mut self, number: u64, change: impl FnOnce(&mut Account)) {
        let Some(account) = self.accounts.get_mut(&number) else {
            return;
        };
        self.touched.account(number);
        self.index.forget(number, account);
        change(account);
        self.index.enter(number, account);
    }

    pub(crate) fn join(&mut self, account: u64, group: u64) {
        let Some(record) = self.accounts.get_mut(&account) else {
            return;
        };
        if record.groups.insert(group) {
            self.touched.account(account);
            self.index.members.entry(group).or_default().insert(account);
            for profile in self.leads_to(group) {
                self.enters(account, profile);
            }
        }
    }

    pub(crate) fn leave(&mut self, account: u64, group: u64) {
        let Some(record) = self.accounts.get_mut(&account) else {
            return;
        };
        if record.groups.remove(&group) {
            self.touched.account(account);
            take(&mut self.index.members, group, account);
            for profile in self.leads_to(group) {
                self.exits(account, profile);
            }
        }
    }

    /// Takes an account off the organization's list with all its memberships; it stays in its directory.
    pub(crate) fn expel(&mut self, number: u64) {
        for group in self.account(number).groups.clone() {
            self.leave(number, group);
        }
        self.change(number, |account| account.in_org = false);
    }

    /// Forgets an account altogether.
    pub(crate) fn delete(&mut self, number: u64) {
        self.expel(number);
        if let Some(account) = self.accounts.remove(&number) {
            self.touched.account(number);
            self.index.forget(number, &account);
        }
    }

    /// Sets the status of everybody in the organization with this email; says whether there was anybody.
    pub fn set_status(&mut self, email: &str, status: Status) -> bool {
        let numbers: Vec<u64> = self.with_email(email).filter(|(_, a)| a.in_org).map(|(n, _)| n).collect();
        for number in &numbers {
            self.change(*number, |account| account.status = status);
        }
        !numbers.is_empty()
    }

    /// Sets the name of everybody in the organization with this email, as an administrator does in the console; says
    /// whether there was anybody.
    pub fn set_name(&mut self, email: &str, first: &str, last: &str) -> bool {
        let numbers: Vec<u64> = self.with_email(email).filter(|(_, a)| a.in_org).map(|(n, _)| n).collect();
        for number in &numbers {
            self.change(*number, |account| {
                account.firstname = Some(first.to_owned());
                account.lastname = Some(last.to_owned());
            });
        }
        !numbers.is_empty()
    }

    /// Takes everybody with this email out of a group, as an administrator does in the console; says whether there was
    /// anybody, and such a group.
    pub fn leave_group(&mut self, email: &str, group: &str) -> bool {
        let numbers: Vec<u64> = self.with_email(email).map(|(number, _)| number).collect();
        let Some(group) = self.index.groups.get(&fold(group)).copied() else { return false };
        for number in &numbers {
            self.leave(*number, group);
        }
        !numbers.is_empty()
    }

    /// Removes everybody with this email, from the organization and its directories; says whether there was anybody.
    pub fn remove_user(&mut self, email: &str) -> bool {
        let numbers: Vec<u64> = self.with_email(email).map(|(number, _)| number).collect();
        for number in &numbers {
            self.delete(*number);
        }
        !numbers.is_empty()
    }

    /// The only account a command or a path can mean by `name`: the one with that email, organization-owned ones
    /// first, or with that bare username; `domain` picks the directory. Visibility is the caller's question.
    pub(crate) fn resolve(&self, name: &str, domain: Option<&str>) -> Vec<(u64, &Account)> {
        let mut found: Vec<(u64, &Account)> = if name.contains('@') {
            self.with_email(name).collect()
        } else {
            self.with_username(name).collect()
        };
        if let Some(domain) = domain {
            if fold(domain) == "adobeid" {
                found.retain(|(_, account)| account.kind == AccountType::Adobe);
            } else {
                found.retain(|(_, account)| self.same_directory(domain, &account.domain));
            }
        }
        found.sort_by_key(|(number, account)| (!account.in_org, !account.kind.owned(), *number));
        found
    }
}

/// Whether an email has the shape that Adobe takes: one `@`, something on both sides, ASCII before it, at most
/// `longest` characters ("email", Action API).
pub(crate) fn plausible_email(email: &str, longest: usize) -> bool {
    let Some((local, _)) = email.split_once('@') else {
        return false;
    };
    let domain = domain_of(email).unwrap_or_default();
    email.chars().count() <= longest
        && email.matches('@').count() == 1
        && !local.is_empty()
        && local.is_ascii()
        && !email.chars().any(char::is_whitespace)
        && domain.split('.').count() >= 2
        && domain.split('.').all(|label| !label.is_empty())
}
