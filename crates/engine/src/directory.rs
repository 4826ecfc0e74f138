//! The words of the directory's side: what a source hands over, whole or not at all.

use crate::attributes::Attributes;
use crate::pattern::Pattern;
use crate::sorted::Sorted;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

/// What the rules need from a source. A source reads this and nothing more.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Attribute names, in lower case and without options.
    pub attributes: BTreeSet<String>,
    /// Those of the attributes that the configuration itself names: one that a server does not know at all is a slip.
    pub named: BTreeSet<String>,
    /// Every group that a mapping names.
    pub groups: BTreeSet<GroupRef>,
    /// What the names of further wanted groups are like.
    pub matching: Vec<Pattern>,
    /// Those of the groups that may be missing here, because another directory may have them.
    pub elsewhere: BTreeSet<GroupRef>,
    /// Which entries earlier reads of this source found for them: a group is followed when it is renamed, and another one
    /// of its name is no longer it.
    pub known: BTreeMap<GroupRef, SeenGroup>,
    /// What they were in sources that are no longer configured, one of which may have been this one under another name.
    /// Where an entry here has such an anchor, it is as if it were [known](Wanted::known).
    pub former: BTreeMap<GroupRef, Vec<SeenGroup>>,
    /// Somebody about whom it is asked by which paths they are in their groups: a DN, or any value of their entry.
    pub trace: Option<String>,
}

impl Wanted {
    /// The groups that have to be here and are not among those that were found.
    pub fn missing(&self, is_found: impl Fn(&GroupRef) -> bool) -> Vec<GroupRef> {
        let needed = self.groups.iter().filter(|group| !self.elsewhere.contains(*group));
        needed.filter(|group| !is_found(group)).cloned().collect()
    }
}

/// The name of a directory in the configuration (`directories:`); that of the only one (`directory:`) is empty.
///
/// A clone is the same name and not a copy of it: each of a million people has one.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct DirectoryName(Option<Arc<str>>);

impl From<String> for DirectoryName {
    fn from(name: String) -> Self {
        Self::new(&name)
    }
}

impl From<DirectoryName> for String {
    fn from(name: DirectoryName) -> Self {
        name.as_str().to_owned()
    }
}

impl DirectoryName {
    /// A name, as written.
    pub fn new(name: &str) -> Self {
        Self(Some(name).filter(|name| !name.is_empty()).map(Arc::from))
    }

    /// Whether it is that of the only directory, which needs none.
    pub fn is_only(&self) -> bool {
        self.0.is_none()
    }

    /// As written.
    pub fn as_str(&self) -> &str {
        self.0.as_deref().unwrap_or_default()
    }

    /// Something of this directory, for people: `emea: uid=jane,dc=example,dc=com`.
    pub fn says(&self, what: &str) -> String {
        if self.is_only() { what.to_owned() } else { format!("{self}: {what}") }
    }
}

impl fmt::Display for DirectoryName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A directory group as it was last seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenGroup {
    /// What never changes about it.
    pub anchor: Anchor,
    /// Where it stood.
    pub dn: String,
}

/// A directory group as the configuration names it: a plain name (`Design`), a DN (`cn=design,ou=groups,…`) or an anchor
/// (`entryUUID=…`, `objectGUID=…`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", from = "String")]
pub struct GroupRef(Arc<str>);

impl From<String> for GroupRef {
    fn from(text: String) -> Self {
        Self::new(&text)
    }
}

impl From<GroupRef> for String {
    fn from(group: GroupRef) -> Self {
        group.as_str().to_owned()
    }
}

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
/// No two entries that a source hands over have the same; a source in which two do is an error. Two directories may give one
/// entry, by the same anchor: see [`Anchor::of_directory`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Anchor(Arc<str>);

impl Anchor {
    /// The anchor of an entry: `attribute` in lower case and the value as text.
    pub fn new(attribute: &str, value: &str) -> Self {
        Self([&attribute.to_ascii_lowercase(), "=", &value.trim().to_ascii_lowercase()].concat().into())
    }

    /// A stored anchor, as [`Anchor::as_str`] gave it.
    pub fn from_stored(text: impl Into<Arc<str>>) -> Self {
        Self(text.into())
    }

    /// `attribute=value`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The anchor as several directories can be told apart by it. What is unique in the world stays as it is: the same value
    /// in two directories is one entry, seen twice (two views of a forest, a replica). A number or a name that somebody chose
    /// is unique in its own directory alone: there it is another anchor in each.
    pub fn of_directory(&self, directory: &DirectoryName) -> Self {
        match directory.is_only() || UNIQUE_ANCHORS.contains(&self.attribute()) {
            true => self.clone(),
            false => Self(format!("{directory}/{}", self.0).into()),
        }
    }

    /// The attribute: values of different ones cannot be compared.
    pub fn attribute(&self) -> &str {
        Self::attribute_of(&self.0)
    }

    /// The attribute of an anchor that is [written](Self::as_str) so.
    pub(crate) fn attribute_of(written: &str) -> &str {
        written.split_once('=').map_or("", |(attribute, _)| attribute)
    }
}

/// Anchors that servers make themselves, and no two the same: UUIDs (RFC 4530 and Active Directory's, 389-ds' and
/// FreeIPA's own).
const UNIQUE_ANCHORS: [&str; 4] = ["entryuuid", "ipauniqueid", "nsuniqueid", "objectguid"];

/// Whether the directory lets this account log in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum AccountState {
    /// It does, or the source has no such notion.
    #[default]
    Enabled,
    /// It does not, by an administrator's word: Active Directory's `userAccountControl` bit 0x2, `nsAccountLock` in 389-ds
    /// and FreeIPA, the permanent `pwdAccountLockedTime` of OpenLDAP. A lock-out after failed logins passes, and is no such
    /// word; nor is the end of the account, which is [`Entry::expires`].
    Disabled,
    /// Nobody knows: what the entry says about its state or its end cannot be understood. It must be taken neither for
    /// enabled nor for disabled. An entry that clearly says `Disabled` elsewhere is `Disabled`.
    Unreadable {
        /// The first such attribute, in lower case.
        attribute: &'static str,
    },
}

/// One entry that the user filter selects, decoded to text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entry {
    /// Where it stands; shown to people, never used as identity.
    pub dn: String,
    /// Its anchor, when the source has one.
    pub anchor: Option<Anchor>,
    /// Values by attribute name in lower case, in the source's order, empty values left out.
    pub attributes: Attributes,
    /// Wanted attributes of which at least one value is not UTF-8 text.
    pub undecodable: BTreeSet<String>,
    /// Enabled, disabled, or unreadable.
    pub state: AccountState,
    /// When the account ends, or ended: the earliest of `accountExpires`, `shadowExpire`, `krbPrincipalExpiration` and
    /// `pwdEndTime`; from this moment on the directory does not let it log in. `None`: never. A source does not compare it
    /// with the present, so an account that has expired may well be `Enabled`. Where the state is `Unreadable`, an earlier
    /// end may be the one that could not be read.
    pub expires: Option<DateTime<Utc>>,
    /// The wanted groups that list it, nested ones included where the source expands them.
    pub groups: Sorted<GroupRef>,
    /// For somebody who is [asked about](Wanted::trace): the DNs from the group that lists them itself to each of these.
    pub paths: BTreeMap<GroupRef, Vec<String>>,
}

impl Entry {
    /// The first value of an attribute, by its lower-case name.
    pub fn first(&self, attribute: &str) -> Option<&str> {
        self.attributes.get(attribute).next()
    }
}

/// A wanted group that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectoryGroup {
    /// Where it stands.
    pub dn: String,
    /// How many of the entries read it lists, nested members included.
    pub members: usize,
    /// Its anchor, when the source has one.
    pub anchor: Option<Anchor>,
}

/// Everything that was asked of a source. It exists only when all of it was read: a source that fails on page seven,
/// or finds a wanted group missing, is an error and never a shorter directory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Directory {
    /// Where it was read, for people: `ldaps://dc1.example.com` or a file's path.
    pub source: String,
    /// The selected entries, in any order.
    pub entries: Vec<Entry>,
    /// Every wanted group, but for those that may be [elsewhere](Wanted::elsewhere) and are.
    pub groups: BTreeMap<GroupRef, DirectoryGroup>,
    /// Those of the groups that are wanted because they [match](Wanted::matching), and the name that does.
    pub matched: BTreeMap<GroupRef, String>,
    /// What proves that nothing is missing.
    pub certificate: Certificate,
}

/// What proves that a read was whole. It is shown and kept with the plan, so it holds no moment and no duration: the same
/// directory has the same certificate.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Certificate {
    /// Where it was read, as [`Directory::source`].
    pub source: String,
    /// What only this kind of source can tell.
    pub proof: Proof,
    /// Entries that the filter selects.
    pub entries: usize,
    /// Wanted groups, all of which were found.
    pub groups: usize,
    /// Entries among those selected that at least one wanted group lists.
    pub members: usize,
    /// Names that wanted groups list, whose entries can be read and are not selected: computers, contacts, people outside
    /// of the user base.
    pub others: usize,
    /// Names that a wanted group, or a group inside it, lists and nobody can tell whose they are: no entry can be read, or it
    /// is a person's who was not there when people were listed. Groups without any are left out.
    pub unresolved: BTreeMap<GroupRef, BTreeSet<String>>,
    /// Wanted groups that their names do not find any more and their anchors do, and where they stand now.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub followed: BTreeMap<GroupRef, String>,
    /// Wanted groups of a server of which nothing could be read that never changes: only their names tell which they are, so
    /// that nobody notices when another group takes the name.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub by_name: BTreeSet<GroupRef>,
}

/// What only one kind of source can tell of a whole read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Proof {
    /// Nothing.
    #[default]
    Untold,
    /// A file, read to its end.
    File {
        /// How long it is.
        bytes: usize,
        /// SHA-256 of its content, in hexadecimal digits.
        sha256: String,
    },
    /// A server: every page with result 0, and an empty cookie after the last.
    Server(Box<ServerProof>),
}

/// What a server tells of a whole read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ServerProof {
    /// Who it says we are (RFC 4532); `None` where it does not tell.
    pub identity: Option<String>,
    /// The encryption; `None` where there is none.
    pub tls: Option<Tls>,
    /// Pages read, of people and of groups.
    pub pages: usize,
    /// Attributes that came in ranges and were read to the last one.
    pub ranges: usize,
    /// References met. Those left alone lead to partitions without people; any other is an error.
    pub referrals: BTreeSet<String>,
    /// Whether it knows what the configuration names.
    pub schema: Schema,
}

/// An encrypted connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tls {
    /// `TLS 1.3`
    pub version: String,
    /// SHA-256 of the server's own certificate, in hexadecimal digits.
    pub certificate_sha256: String,
}

/// Whether a server knows the attributes and object classes that the configuration names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Schema {
    /// It knows all of them. One that it does not know is an error.
    Known {
        /// How many there are.
        names: usize,
    },
    /// Nobody could tell.
    Untold {
        /// Why not.
        why: String,
    },
}

impl Default for Schema {
    fn default() -> Self {
        Self::Untold { why: "nobody asked".to_owned() }
    }
}
