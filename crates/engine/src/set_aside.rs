//! Unreadable is not absent: entries we cannot understand, and whom they protect.

use crate::directory::Entry;
use crate::key::{fold, fold_email};
use crate::rules::{NAMING_ATTRIBUTES, PeopleRules};
use crate::template::Rendered;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
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
    /// The identity template gave no identity type.
    UnknownIdentity {
        /// What it gave.
        word: String,
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
            Self::UnknownIdentity { word } => {
                write!(f, "`{word}` is no identity type (adobe, enterprise, federated)")
            }
            Self::TooLong { what, most } => write!(f, "its {what} has more than {most} characters"),
        }
    }
}

/// Accounts that an entry other than a person could name: nothing is taken from them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shield {
    /// Folded emails and usernames.
    names: BTreeSet<String>,
    /// Adobe ids of linked entries.
    ids: BTreeSet<String>,
    /// An entry that names nobody was set aside: it could be anybody's.
    pub anybody: bool,
}

impl Shield {
    /// Adds what one entry could name.
    pub fn cover(&mut self, names: BTreeSet<String>, linked: Option<String>) {
        self.names.extend(names);
        self.ids.extend(linked);
    }

    /// Whether a user could be one of them: by link, email, username, or the part before the `@` of either.
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
}

/// Everything in an entry that could name an account at Adobe, folded: the values of the attributes that usually do and
/// of those that the templates of email and username use, and what these templates give as far as they give anything.
pub fn names_of(entry: &Entry, people: &PeopleRules) -> BTreeSet<String> {
    let templates = [Some(&people.email), people.username.as_ref()];
    let mut attributes: BTreeSet<String> = NAMING_ATTRIBUTES.map(str::to_owned).into();
    let mut names = BTreeSet::new();
    for template in templates.into_iter().flatten() {
        attributes.extend(template.attributes());
        if let Rendered::Value(value) = template.render(entry) {
            names.insert(name(&value));
        }
    }
    names.extend(
        attributes.iter().filter_map(|name| entry.attributes.get(name)).flatten().map(|value| name(value)),
    );
    names.remove("");
    names
}

fn name(value: &str) -> String {
    // Active Directory's proxyAddresses: `SMTP:jane@example.com`.
    let address =
        value.split_once(':').filter(|(_, rest)| rest.contains('@')).map_or(value, |(_, rest)| rest);
    if address.contains('@') { fold_email(address) } else { fold(address) }
}
