//! The words of the directory's side: what a source hands over, whole or not at all.

use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

/// What the rules need from a source. A source reads this and nothing more.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Attribute names, in lower case and without options.
    pub attributes: BTreeSet<String>,
    /// Every group that a mapping names.
    pub groups: BTreeSet<GroupRef>,
}

/// A directory group as the configuration names it: a plain name (`Design`) or a DN (`cn=design,ou=groups,…`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupRef(Arc<str>);

impl GroupRef {
    /// A reference, as written.
    pub fn new(text: &str) -> Self {
        Self(text.trim().into())
    }

    /// As written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for GroupRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What never changes about an entry, however often it is renamed, moved or given another mail:
/// `entryUUID`, `objectGUID`, `nsUniqueId` or `ipaUniqueID` as `attribute=value`, binary values in lower-case hex.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Anchor(String);

impl Anchor {
    /// The anchor of an entry: `attribute` in lower case and the value as text.
    pub fn new(attribute: &str, value: &str) -> Self {
        Self(format!("{}={}", attribute.to_ascii_lowercase(), value.trim().to_ascii_lowercase()))
    }

    /// A stored anchor, as [`Anchor::as_str`] gave it.
    pub fn from_stored(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// `attribute=value`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether the directory lets this account log in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum AccountState {
    /// It does, or the source has no such notion.
    #[default]
    Enabled,
    /// It does not (Active Directory: `userAccountControl` bit 0x2).
    Disabled,
}

/// One entry that the user filter selects, decoded to text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entry {
    /// Where it stands; shown to people, never used as identity.
    pub dn: String,
    /// Its anchor, when the source has one.
    pub anchor: Option<Anchor>,
    /// Values by attribute name in lower case, in the source's order, empty values left out.
    pub attributes: BTreeMap<String, Vec<String>>,
    /// Wanted attributes of which at least one value is not UTF-8 text.
    pub undecodable: BTreeSet<String>,
    /// Enabled or disabled.
    pub state: AccountState,
    /// The wanted groups that list it, nested ones included where the source expands them.
    pub groups: BTreeSet<GroupRef>,
}

impl Entry {
    /// The first value of an attribute, by its lower-case name.
    pub fn first(&self, attribute: &str) -> Option<&str> {
        self.attributes.get(attribute).and_then(|values| values.first()).map(String::as_str)
    }
}

/// A wanted group that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectoryGroup {
    /// Where it stands.
    pub dn: String,
    /// How many of the entries read it lists, nested members included.
    pub members: usize,
}

/// Everything that was asked of a source. It exists only when all of it was read: a source that fails on page seven,
/// or finds a wanted group missing, is an error and never a shorter directory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Directory {
    /// Where it was read, for people: `ldaps://dc1.example.com` or a file's path.
    pub source: String,
    /// The selected entries, in any order.
    pub entries: Vec<Entry>,
    /// Every wanted group.
    pub groups: BTreeMap<GroupRef, DirectoryGroup>,
}
