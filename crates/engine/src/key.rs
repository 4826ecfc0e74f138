//! Folding: the one place where letter case, spaces and spellings are made equal.
//!
//! Adobe compares users, domains and group names without case and keeps the spelling of the first registration
//! (UMAPI documentation, "Identity"). So a key is folded once, here, and compared byte for byte ever after, while
//! the spelling travels beside it and is what requests carry.

use serde::{Deserialize, Serialize};
use std::fmt;
use unicode_normalization::UnicodeNormalization;

/// Trimmed, in Unicode normal form C, in Unicode simple lower case without locale.
///
/// Simple lower case maps one character to one character: `İ` becomes `i`, `ß` stays, a final sigma is no exception.
/// Folding twice changes nothing.
pub fn fold(text: &str) -> String {
    text.trim().nfc().map(lower).nfc().collect()
}

fn lower(c: char) -> char {
    // The only character whose full lower case has two characters; its simple one is `i` (UnicodeData.txt).
    if c == '\u{130}' { 'i' } else { c.to_lowercase().next().unwrap_or(c) }
}

/// A domain folded and in its ASCII form (IDNA), so that `BÜCHER.example` equals `xn--bcher-kva.example`.
/// What IDNA refuses is only folded: a domain we cannot read must still equal itself.
pub fn fold_domain(domain: &str) -> String {
    let folded = fold(domain);
    idna::domain_to_ascii(&folded).unwrap_or(folded)
}

/// An email address folded: the local part with [`fold`], the domain with [`fold_domain`].
pub fn fold_email(email: &str) -> String {
    match email.trim().rsplit_once('@') {
        Some((local, domain)) => format!("{}@{}", fold(local), fold_domain(domain)),
        None => fold(email),
    }
}

/// The folded domain of an email address, when it has one.
pub fn email_domain(email: &str) -> Option<String> {
    email.trim().rsplit_once('@').map(|(_, domain)| fold_domain(domain)).filter(|domain| !domain.is_empty())
}

/// Who owns an account: the only difference of kind that matching respects.
///
/// One email may exist as an Adobe ID and as an organization-owned account, never as two of the latter in one
/// directory (UMAPI documentation, "Identity types").
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ownership {
    /// Enterprise and Federated IDs.
    Organization,
    /// Adobe IDs, owned by the person.
    Personal,
}

/// One account, the same on both sides: ownership and folded email. Folded once; compared byte for byte ever after.
///
/// Its text form is `organization/jane@example.com` or `personal/jane@example.com`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UserKey(String);

impl UserKey {
    /// The key of an account with this email.
    pub fn new(ownership: Ownership, email: &str) -> Self {
        let prefix = match ownership {
            Ownership::Organization => "organization",
            Ownership::Personal => "personal",
        };
        Self(format!("{prefix}/{}", fold_email(email)))
    }

    /// The text form.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UserKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The name of a group at Adobe: compared folded, shown and sent as it is spelled.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct GroupName {
    folded: String,
    spelling: String,
}

impl GroupName {
    /// A group name as somebody spells it.
    pub fn new(spelling: &str) -> Self {
        let folded = fold(spelling);
        let trimmed = spelling.trim();
        Self { folded, spelling: trimmed.to_owned() }
    }

    /// As spelled.
    pub fn spelling(&self) -> &str {
        &self.spelling
    }

    /// As compared.
    pub fn folded(&self) -> &str {
        &self.folded
    }

    /// Adobe's own groups (administrators, developers) begin with an underscore; user groups may not
    /// (UMAPI documentation, "createUserGroup").
    pub fn is_administrative(&self) -> bool {
        self.folded.starts_with('_')
    }

    /// The system administrators, whose membership the API can neither grant nor revoke.
    pub fn is_org_admin(&self) -> bool {
        self.folded == "_org_admin"
    }
}

impl From<String> for GroupName {
    fn from(spelling: String) -> Self {
        Self::new(&spelling)
    }
}
impl From<&str> for GroupName {
    fn from(spelling: &str) -> Self {
        Self::new(spelling)
    }
}
impl From<GroupName> for String {
    fn from(name: GroupName) -> Self {
        name.spelling
    }
}
impl fmt::Display for GroupName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.spelling)
    }
}
impl PartialEq for GroupName {
    fn eq(&self, other: &Self) -> bool {
        self.folded == other.folded
    }
}
impl Eq for GroupName {}
impl PartialOrd for GroupName {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for GroupName {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.folded.cmp(&other.folded)
    }
}
impl std::hash::Hash for GroupName {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.folded.hash(state);
    }
}
