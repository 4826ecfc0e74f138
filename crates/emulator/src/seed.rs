//! The organization an emulator starts with, as a JSON file says it.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::client::Client;
use crate::error::Error;
use crate::fault::Fault;
use crate::knobs::Knobs;
use crate::options::DEFAULT_ORGANIZATION;
use crate::org::{
    AccountType, Domain, Found, GroupKind, GroupRecord, IdentityType, Login, NewAccount, Org, Owner, Quota,
    Status, domain_of, fold,
};

/// What a seed file holds. Everything is optional; unknown keys are mistakes.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Seed {
    /// The organization's id. Default: `0123456789ABCDEF01234567@AdobeOrg`.
    pub organization: Option<String>,
    /// Who may call. Default: `umsync-sandbox` with the secret `sandbox`.
    pub clients: Option<Vec<Client>>,
    /// Claimed domains. Default: those of the federated and enterprise users below.
    pub domains: Option<Vec<Domain>>,
    /// User groups and product profiles. Administrator groups come into being with their first member.
    pub groups: Vec<SeedGroup>,
    /// Users with their groups.
    pub users: Vec<SeedUser>,
    /// Behaviour.
    pub knobs: Option<Knobs>,
    /// What goes wrong.
    pub faults: Vec<Fault>,
}

/// A group of a seed.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SeedGroup {
    /// The name; unique, letter case aside.
    pub name: String,
    /// The kind of group. Default: `USER_GROUP`.
    #[serde(rename = "type")]
    pub kind: GroupKind,
    /// Nobody can read it back.
    pub description: Option<String>,
    /// Shared from another organization.
    pub read_only: bool,
    /// Seats of a profile, or `"UNLIMITED"`.
    pub quota: Option<Quota>,
    /// Product of a profile.
    pub product: Option<String>,
    /// Profiles that the members of a user group get with it.
    pub profiles: Vec<String>,
}

/// A user of a seed.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SeedUser {
    /// The email; required.
    pub email: String,
    /// Default: the email.
    pub username: Option<String>,
    /// The directory's domain. Default: the email's.
    pub domain: Option<String>,
    /// First name.
    pub firstname: Option<String>,
    /// Last name.
    pub lastname: Option<String>,
    /// Two letters.
    pub country: Option<String>,
    /// The kind of account. Default: `federatedID` (`federated` will do).
    #[serde(rename = "type")]
    pub kind: AccountType,
    /// Default: active.
    pub status: Status,
    /// `false` for an account that left the organization and stayed in its directory.
    pub in_org: bool,
    /// What listings call the type, where that differs (`adobeID` for a business ID).
    pub shown_type: Option<String>,
    /// Names of groups.
    pub groups: Vec<String>,
}

impl Default for SeedUser {
    fn default() -> Self {
        Self {
            email: String::new(),
            username: None,
            domain: None,
            firstname: None,
            lastname: None,
            country: None,
            kind: AccountType::Federated,
            status: Status::Active,
            in_org: true,
            shown_type: None,
            groups: Vec::new(),
        }
    }
}

/// Why something cannot be part of an organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake(String);

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Mistake {}

impl Seed {
    /// Reads a seed file.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let text =
            std::fs::read_to_string(path).map_err(|source| Error::Read { path: path.to_owned(), source })?;
        Self::parse(&text)
    }

    /// Reads a seed from its text. An error names the field that is wrong.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let mut json = serde_json::Deserializer::from_str(text);
        let seed = serde_path_to_error::deserialize(&mut json).map_err(|error| Error::Seed {
            mistakes: vec![format!("{}: {}", error.path(), error.inner())],
        })?;
        json.end().map_err(|error| Error::Seed { mistakes: vec![error.to_string()] })?;
        Ok(seed)
    }

    /// The organization this seed describes, or everything that is wrong with it.
    pub fn organization(&self) -> Result<Org, Error> {
        let Self { organization, clients: _, domains, groups, users, knobs: _, faults: _ } = self;
        let mut mistakes = Vec::new();
        let mut org = Org::empty(organization.as_deref().unwrap_or(DEFAULT_ORGANIZATION));
        let claimed = match domains {
            Some(domains) => domains.clone(),
            None => claims(users),
        };
        for domain in claimed {
            org.add_domain(domain);
        }
        // Profiles first, so that a group may name one that stands below it.
        let (profiles, others): (Vec<_>, Vec<_>) =
            groups.iter().enumerate().partition(|(_, group)| group.kind == GroupKind::ProductProfile);
        for (at, group) in profiles.into_iter().chain(others) {
            if let Err(mistake) = org.add_group(group.clone()) {
                mistakes.push(format!("groups[{at}]: {mistake}"));
            }
        }
        for (at, user) in users.iter().enumerate() {
            if let Err(mistake) = org.add_user(user.clone()) {
                mistakes.push(format!("users[{at}]: {mistake}"));
            }
        }
        if mistakes.is_empty() { Ok(org) } else { Err(Error::Seed { mistakes }) }
    }
}

/// The domains met among the organization-owned users, each as its first user needs it.
fn claims(users: &[SeedUser]) -> Vec<Domain> {
    let mut claims: BTreeMap<String, Domain> = BTreeMap::new();
    for user in users {
        let kind = match user.kind {
            AccountType::Federated => IdentityType::Federated,
            AccountType::Enterprise => IdentityType::Enterprise,
            AccountType::Adobe | AccountType::Unknown => continue,
        };
        let mail = domain_of(&user.email);
        let Some(name) = user.domain.clone().or_else(|| mail.clone()) else {
            continue;
        };
        let bare = user.username.as_ref().is_some_and(|username| !username.contains('@'));
        let claim = claims.entry(fold(&name)).or_insert_with(|| Domain::new(&name, kind));
        if bare {
            claim.login = Login::Username;
        }
        // An email may lie in another domain of the same organization; it must be claimed too.
        if let Some(mail) = mail {
            claims.entry(mail.clone()).or_insert_with(|| Domain::new(&mail, kind));
        }
    }
    claims.into_values().collect()
}

impl Org {
    /// Adds a group.
    pub fn add_group(&mut self, group: SeedGroup) -> Result<(), Mistake> {
        let SeedGroup { name, kind, description, read_only, quota, product, profiles } = group;
        let wrong = |what: &str| Mistake(format!("group `{name}`: {what}"));
        if name.trim().is_empty() {
            return Err(wrong("a group needs a `name`"));
        }
        if !kind.fleeting() && name.starts_with('_') {
            return Err(wrong("names with a leading `_` belong to administrator groups"));
        }
        if let Some(Found::Group(_)) = self.find_group(&name) {
            return Err(wrong("the name is taken (letter case does not count)"));
        }
        if !profiles.is_empty() && kind != GroupKind::UserGroup {
            return Err(wrong("only a user group has `profiles`"));
        }
        let mut attached = std::collections::BTreeSet::new();
        for profile in &profiles {
            match self.find_group(profile) {
                Some(Found::Group(number)) if self.group_record(number).kind == GroupKind::ProductProfile => {
                    attached.insert(number);
                }
                _ => return Err(wrong(&format!("`{profile}` is not among the product profiles"))),
            }
        }
        self.found(GroupRecord {
            description,
            read_only,
            quota,
            product,
            profiles: attached,
            ..GroupRecord::named(name, kind)
        });
        Ok(())
    }

    /// Adds a user with their groups.
    pub fn add_user(&mut self, user: SeedUser) -> Result<(), Mistake> {
        let SeedUser {
            email,
            username,
            domain,
            firstname,
            lastname,
            country,
            kind,
            status,
            in_org,
            shown_type,
            groups,
        } = user;
        let wrong = |what: String| Mistake(format!("user `{email}`: {what}"));
        let Some(mail_domain) = domain_of(&email) else {
            return Err(wrong("`email` is not an email".into()));
        };
        let domain = domain.unwrap_or(mail_domain);
        let username = username.unwrap_or_else(|| email.clone());
        self.fits(kind, &username, &domain).map_err(wrong)?;
        if self.with_email(&email).any(|(_, other)| other.kind.owned() == kind.owned()) {
            return Err(wrong("there is already such a user of this kind".into()));
        }
        let taken =
            |other: &crate::org::Account| other.kind.owned() && self.same_directory(&other.domain, &domain);
        if kind.owned() && self.with_username(&username).any(|(_, other)| taken(other)) {
            return Err(wrong(format!("the username `{username}` is taken in that directory")));
        }
        let mut joined = Vec::new();
        for group in &groups {
            joined.push(self.find_group(group).ok_or_else(|| wrong(format!("there is no group `{group}`")))?);
        }
        if !in_org && !joined.is_empty() {
            return Err(wrong("somebody outside the organization cannot be in a group".into()));
        }
        let visible_from = None;
        let account =
            NewAccount { kind, email, username, domain, firstname, lastname, country, visible_from };
        let number = self.create(account);
        self.change(number, |account| {
            account.status = status;
            account.in_org = in_org;
            account.shown_type = shown_type;
        });
        for found in joined {
            let group = self.awaken(found);
            self.join(number, group);
        }
        Ok(())
    }

    fn fits(&self, kind: AccountType, username: &str, domain: &str) -> Result<(), String> {
        let needed = match kind {
            AccountType::Adobe | AccountType::Unknown => return Ok(()),
            AccountType::Federated => IdentityType::Federated,
            AccountType::Enterprise => IdentityType::Enterprise,
        };
        let Some(claimed) = self.domain(domain) else {
            return Err(format!("the domain `{domain}` is not among `domains`"));
        };
        if claimed.kind != needed && claimed.owner == Owner::Own {
            return Err(format!("the domain `{domain}` is of another `type` than this user"));
        }
        if claimed.login == Login::Email && !username.contains('@') {
            return Err(format!("the domain `{domain}` has `login: email`, so `{username}` cannot sign in"));
        }
        Ok(())
    }

    /// Puts the user with this email into a group.
    pub fn add_member(&mut self, email: &str, group: &str) -> Result<(), Mistake> {
        let (number, found) = self.both(email, group)?;
        let group = self.awaken(found);
        self.join(number, group);
        Ok(())
    }

    /// Takes the user with this email out of a group.
    pub fn remove_member(&mut self, email: &str, group: &str) -> Result<(), Mistake> {
        if let (number, Found::Group(group)) = self.both(email, group)? {
            self.leave(number, group);
        }
        Ok(())
    }

    fn both(&self, email: &str, group: &str) -> Result<(u64, Found), Mistake> {
        let user = self.resolve(email, None).into_iter().find(|(_, account)| account.in_org);
        let (number, _) = user.ok_or_else(|| Mistake(format!("there is no user `{email}`")))?;
        let found = self.find_group(group).ok_or_else(|| Mistake(format!("there is no group `{group}`")))?;
        Ok((number, found))
    }
}
