//! Unreadable is not absent: entries we cannot understand, and whom they protect.

use crate::adobe::User;
use crate::directory::{DirectoryName, Entry};
use crate::key::{fold, fold_email};
use crate::rules::{NAMING_ATTRIBUTES, PeopleRules};
use crate::template::Rendered;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// An entry that could not be understood.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SetAside {
    /// Its DN.
    pub entry: String,
    /// What is wrong with it.
    pub reason: SetAsideReason,
}

/// What is wrong with an entry.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SetAsideReason {
    /// The email template gives nothing, and a mapped group lists the entry or it is linked.
    NoEmail,
    /// The email cannot be one at Adobe.
    BadEmail {
        /// What the template gave.
        email: String,
        /// Why not.
        why: String,
    },
    /// A value that a template needs is not UTF-8 text.
    Undecodable {
        /// Of which attribute.
        attribute: String,
    },
    /// Whether its account is open, and until when, cannot be understood.
    UnreadableState {
        /// Which attribute tells it.
        attribute: String,
    },
    /// The identity template gave no identity type.
    UnknownIdentity {
        /// What it gave.
        word: String,
    },
    /// A value holds control characters, which Adobe does not take.
    Unprintable {
        /// Of what.
        what: String,
    },
    /// The domain beside a bare username is none that an organization could claim.
    BadDomain {
        /// What the template gave.
        domain: String,
    },
    /// Adobe takes no value so long.
    TooLong {
        /// Of what.
        what: String,
        /// The most characters.
        most: usize,
    },
}

impl fmt::Display for SetAsideReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoEmail => f.write_str("it has no email (people.attributes.email gives nothing)"),
            Self::BadEmail { email, why } => write!(f, "its email `{email}` cannot be used: {why}"),
            Self::Undecodable { attribute } => write!(f, "a value of `{attribute}` is not UTF-8 text"),
            Self::UnreadableState { attribute } => {
                write!(f, "whether its account is open cannot be understood: `{attribute}`")
            }
            Self::UnknownIdentity { word } => {
                write!(f, "`{word}` is no identity type (adobe, enterprise, federated)")
            }
            Self::Unprintable { what } => write!(f, "its {what} contains control characters"),
            Self::BadDomain { domain } => {
                write!(
                    f,
                    "the domain `{domain}` of its username is no domain such as example.com (people.attributes.domain)"
                )
            }
            Self::TooLong { what, most } => write!(f, "its {what} has more than {most} characters"),
        }
    }
}

/// Names and ids of accounts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cover {
    /// Folded emails and usernames.
    pub names: BTreeSet<String>,
    /// Adobe's ids.
    pub ids: BTreeSet<String>,
}

impl Cover {
    /// Whether a user could be one of them: by id, email, username, or the part before the `@` of either.
    pub fn covers(&self, id: Option<&str>, email: &str, username: Option<&str>) -> bool {
        if id.is_some_and(|id| self.ids.contains(id)) {
            return true;
        }
        [Some(email), username].into_iter().flatten().any(|name| {
            let folded = fold_email(name);
            let local = folded.split('@').next().unwrap_or_default();
            self.names.contains(&folded) || self.names.contains(local)
        })
    }

    fn take(&mut self, names: BTreeSet<String>, linked: Option<&str>) {
        self.names.extend(names);
        self.ids.extend(linked.map(str::to_owned));
    }
}

/// Accounts that an entry other than a person could name: nothing is taken from them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shield {
    all: Cover,
    /// Where there are several directories: by the one whose entry it is, service accounts and whom the filter leaves out are not among them.
    by_directory: BTreeMap<DirectoryName, Cover>,
    /// An entry that names nobody was set aside: it could be anybody's.
    pub anybody: bool,
}

impl Shield {
    /// Adds what an entry could name that is nobody's of ours: a service account's, or one that the filter leaves out.
    pub fn cover_stranger(&mut self, names: BTreeSet<String>, linked: Option<&str>) {
        self.all.take(names, linked);
    }

    /// Adds what an entry that could be a person's could name.
    pub fn cover(&mut self, directory: &DirectoryName, names: BTreeSet<String>, linked: Option<&str>) {
        if !directory.is_only() {
            self.by_directory.entry(directory.clone()).or_default().take(names.clone(), linked);
        }
        self.all.take(names, linked);
    }

    /// Whether a user could be one of them: by link, email, username, or the part before the `@` of either.
    pub fn covers(&self, id: Option<&str>, email: &str, username: Option<&str>) -> bool {
        self.all.covers(id, email, username)
    }

    /// The same of entries in other directories than those in which somebody was found.
    pub fn covers_beside(&self, directories: &BTreeSet<&DirectoryName>, user: &User) -> bool {
        let mut others = self.by_directory.iter().filter(|(name, _)| !directories.contains(name));
        others.any(|(_, cover)| cover.covers(user.id(), user.email(), user.username()))
    }

    /// What entries of each directory could name.
    pub fn by_directory(&self) -> &BTreeMap<DirectoryName, Cover> {
        &self.by_directory
    }
}

/// What in an entry could name an account at Adobe, folded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    /// Everything that could: the values of the attributes that usually do, of those that the templates of email and
    /// username use, and what these templates give. Whoever has one of them is protected.
    pub all: BTreeSet<String>,
    /// Whether one of them names an account as a whole. A given name, or an email that cannot be one, does not: the entry
    /// could be anybody's.
    pub tell: bool,
}

impl Names {
    /// Of an entry that is no person, because of `reason` if there is one.
    pub fn of(entry: &Entry, people: &PeopleRules, reason: Option<&SetAsideReason>) -> Self {
        let refused = match reason {
            Some(SetAsideReason::BadEmail { email, .. }) => Some(name(email)),
            _ => None,
        };
        let templates = [Some(&people.email), people.username.as_ref()];
        let mut parts = BTreeSet::new();
        let mut whole: BTreeSet<String> =
            NAMING_ATTRIBUTES.iter().flat_map(|attribute| values(entry, attribute)).collect();
        for template in templates.into_iter().flatten() {
            parts.extend(template.attributes().iter().flat_map(|attribute| values(entry, attribute)));
            if let Rendered::Value(value) = template.render(entry) {
                whole.insert(name(&value));
            }
        }
        let tell = whole.iter().any(|name| !name.is_empty() && Some(name) != refused.as_ref());
        let mut all = parts;
        all.extend(whole);
        all.remove("");
        Self { all, tell }
    }
}

fn values(entry: &Entry, attribute: &str) -> Vec<String> {
    entry.attributes.get(attribute).map(name).collect()
}

fn name(value: &str) -> String {
    // Active Directory's proxyAddresses: `SMTP:jane@example.com`.
    let address =
        value.split_once(':').filter(|(_, rest)| rest.contains('@')).map_or(value, |(_, rest)| rest);
    if address.contains('@') { fold_email(address) } else { fold(address) }
}
