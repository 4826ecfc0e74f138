//! The state as tests read it: users with the names of their groups, groups with their members.

use serde::Serialize;

use super::{Account, AccountType, GroupKind, Org, Quota, Status, fold};

/// A user of the organization, with the groups they were added to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct User {
    /// The kind of account.
    #[serde(rename = "type")]
    pub kind: AccountType,
    /// As first registered.
    pub email: String,
    /// As first registered; listings may show it in upper case.
    pub username: String,
    /// The directory's domain, in lower case.
    pub domain: String,
    /// First name.
    pub firstname: Option<String>,
    /// Last name.
    pub lastname: Option<String>,
    /// Two letters, set once.
    pub country: Option<String>,
    /// Only active users are listed.
    pub status: Status,
    /// Stable across changes of the email.
    pub id: String,
    /// Direct memberships, sorted, administrator groups included.
    pub groups: Vec<String>,
}

/// A group, with the emails of those who were added to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Group {
    /// The name in its own spelling.
    pub name: String,
    /// The kind of group.
    #[serde(rename = "type")]
    pub kind: GroupKind,
    /// Its `groupId`.
    pub id: u64,
    /// Adobe never gives a description back; tests may look at it here.
    pub description: Option<String>,
    /// Shared from another organization.
    pub read_only: bool,
    /// Seats of a profile.
    pub quota: Option<Quota>,
    /// Product of a profile.
    pub product: Option<String>,
    /// Names of the profiles attached to a user group, sorted.
    pub profiles: Vec<String>,
    /// Emails of the direct members, sorted.
    pub members: Vec<String>,
}

impl Org {
    /// Everybody in the organization, by type and email; users that no listing shows are among them.
    pub fn users(&self) -> Vec<User> {
        self.viewed(|account| account.in_org)
    }

    /// The accounts that left the organization and stayed in its directories.
    pub fn directory_users(&self) -> Vec<User> {
        self.viewed(|account| !account.in_org)
    }

    /// The user with this email, the organization-owned one if there are two.
    pub fn user(&self, email: &str) -> Option<User> {
        let (_, account) = self.resolve(email, None).into_iter().find(|(_, account)| account.in_org)?;
        Some(self.view(account))
    }

    /// Every group that a listing would show, by name.
    pub fn groups(&self) -> Vec<Group> {
        let mut groups: Vec<Group> = self
            .group_records()
            .filter(|(number, group)| !group.kind.fleeting() || !self.direct(*number).is_empty())
            .map(|(number, group)| Group {
                name: group.name.clone(),
                kind: group.kind,
                id: group_id(number),
                description: group.description.clone(),
                read_only: group.read_only,
                quota: group.quota,
                product: group.product.clone(),
                profiles: self.names(group.profiles.iter().copied()),
                members: self.emails(number),
            })
            .collect();
        groups.sort_by(|one, other| one.name.cmp(&other.name));
        groups
    }

    /// The emails of the direct members of a group, sorted; `None` if there is no such group.
    pub fn members(&self, group: &str) -> Option<Vec<String>> {
        let number = *self.index.groups.get(&fold(group))?;
        Some(self.emails(number))
    }

    pub(crate) fn names(&self, groups: impl Iterator<Item = u64>) -> Vec<String> {
        let mut names: Vec<String> = groups.map(|number| self.group_record(number).name.clone()).collect();
        names.sort();
        names
    }

    fn emails(&self, group: u64) -> Vec<String> {
        let mut emails: Vec<String> =
            self.direct(group).iter().map(|number| self.account(*number).email.clone()).collect();
        emails.sort();
        emails
    }

    fn viewed(&self, wanted: impl Fn(&Account) -> bool) -> Vec<User> {
        let mut users: Vec<User> = self
            .accounts()
            .filter(|(_, account)| wanted(account))
            .map(|(_, account)| self.view(account))
            .collect();
        users.sort();
        users
    }

    fn view(&self, account: &Account) -> User {
        User {
            kind: account.kind,
            email: account.email.clone(),
            username: account.username.clone(),
            domain: account.domain.clone(),
            firstname: account.firstname.clone(),
            lastname: account.lastname.clone(),
            country: account.country.clone(),
            status: account.status,
            id: account.id.clone(),
            groups: self.names(account.groups.iter().copied()),
        }
    }
}

/// The `groupId` of a group: recorded ids have eight digits.
pub(crate) fn group_id(number: u64) -> u64 {
    40_000_000 + number
}
