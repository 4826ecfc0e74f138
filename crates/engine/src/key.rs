//! Folding: the one place where letter case, spaces and spellings are made equal.
//!
//! Adobe compares users, domains and group names without case and keeps the spelling of the first registration
//! (UMAPI documentation, "Identity"). So a key is folded once, here, and compared byte for byte ever after, while
//! the spelling travels beside it and is what requests carry.

use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use unicode_normalization::UnicodeNormalization;

/// Trimmed, in Unicode normal form C, in Unicode simple lower case without locale.
///
/// Simple lower case maps one character to one character: `İ` becomes `i`, `ß` stays, a final sigma is no exception.
/// Folding twice changes nothing.
pub fn fold(text: &str) -> String {
    folded(text).into_owned()
}

/// The same, without a copy of what is folded already: most names are, and there are millions of them.
pub(crate) fn folded(text: &str) -> Cow<'_, str> {
    let trimmed = text.trim();
    if !trimmed.is_ascii() {
        return Cow::Owned(trimmed.nfc().map(lower).nfc().collect());
    }
    ascii_folded(trimmed)
}

fn ascii_folded(text: &str) -> Cow<'_, str> {
    match all(text, |byte| !byte.is_ascii_uppercase()) {
        true => Cow::Borrowed(text),
        false => Cow::Owned(text.to_ascii_lowercase()),
    }
}

/// Whether all bytes are like this. They are counted, which a processor does with dozens at once; it cannot look for the first
/// one like that.
fn all(text: &str, is: impl Fn(u8) -> bool) -> bool {
    text.bytes().filter(|byte| !is(*byte)).count() == 0
}

fn lower(c: char) -> char {
    // The only character whose full lower case has two characters; its simple one is `i` (UnicodeData.txt).
    if c == '\u{130}' { 'i' } else { c.to_lowercase().next().unwrap_or(c) }
}

/// A domain folded and in its ASCII form (IDNA), so that `BÜCHER.example` equals `xn--bcher-kva.example`.
/// What IDNA refuses is only folded: a domain we cannot read must still equal itself.
pub fn fold_domain(domain: &str) -> String {
    folded_domain(domain).into_owned()
}

pub(crate) fn folded_domain(domain: &str) -> Cow<'_, str> {
    if is_plain(domain) {
        return ascii_folded(domain);
    }
    let folded = folded(domain);
    Cow::Owned(idna::domain_to_ascii(&folded).unwrap_or_else(|_| folded.into_owned()))
}

/// Whether IDNA does no more to a domain than lower its letters: they, digits, hyphens and dots, and nothing encoded.
fn is_plain(domain: &str) -> bool {
    all(domain, |byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.') && !domain.contains("--")
}

/// An email address folded: the local part with [`fold`], the domain with [`fold_domain`].
pub fn fold_email(email: &str) -> String {
    folded_email(email).into_owned()
}

/// The same, without a copy of what is folded already.
pub(crate) fn folded_email(email: &str) -> Cow<'_, str> {
    if is_plain_email(email) {
        return ascii_folded(email);
    }
    let trimmed = email.trim();
    match trimmed.rsplit_once('@') {
        None => folded(trimmed),
        Some((local, domain)) => Cow::Owned([&folded(local), "@", &folded_domain(domain)].concat()),
    }
}

/// Whether two email addresses are one when they are folded.
pub(crate) fn is_same_email(one: &str, other: &str) -> bool {
    let is_plain = || is_plain_email(one) && is_plain_email(other);
    one.eq_ignore_ascii_case(other) || (!is_plain() && folded_email(one) == folded_email(other))
}

/// Whether folding an email address does no more than lower its letters, as far as that can be seen at a glance.
fn is_plain_email(email: &str) -> bool {
    let at = email.bytes().rposition(|byte| byte == b'@');
    at.is_some_and(|at| all(&email[..at], |byte| byte.is_ascii_graphic()) && is_plain(&email[at + 1..]))
}

/// The folded domain of an email address, when it has one.
pub fn email_domain(email: &str) -> Option<String> {
    domain_of(email).map(Cow::into_owned)
}

pub(crate) fn domain_of(email: &str) -> Option<Cow<'_, str>> {
    email.trim().rsplit_once('@').map(|(_, domain)| folded_domain(domain)).filter(|domain| !domain.is_empty())
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
pub struct UserKey(Box<str>);

impl UserKey {
    /// The key of an account with this email.
    pub fn new(ownership: Ownership, email: &str) -> Self {
        let prefix = match ownership {
            Ownership::Organization => "organization",
            Ownership::Personal => "personal",
        };
        Self([prefix, "/", &folded_email(email)].concat().into())
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
///
/// A clone is the same name and not a copy of it: millions of memberships name a few thousand groups.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct GroupName(Arc<Named>);

#[derive(Debug)]
struct Named {
    folded: Box<str>,
    spelling: Box<str>,
}

impl GroupName {
    /// A group name as somebody spells it.
    pub fn new(spelling: &str) -> Self {
        Self(Arc::new(Named { folded: fold(spelling).into(), spelling: spelling.trim().into() }))
    }

    /// As spelled.
    pub fn spelling(&self) -> &str {
        &self.0.spelling
    }

    /// As compared.
    pub fn folded(&self) -> &str {
        &self.0.folded
    }

    /// Adobe's own groups (administrators, developers) begin with an underscore; user groups may not
    /// (UMAPI documentation, "createUserGroup").
    pub fn is_administrative(&self) -> bool {
        self.folded().starts_with('_')
    }

    /// The system administrators, whose membership the API can neither grant nor revoke.
    pub fn is_org_admin(&self) -> bool {
        self.folded() == "_org_admin"
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
        name.spelling().to_owned()
    }
}
impl fmt::Display for GroupName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.spelling())
    }
}
impl PartialEq for GroupName {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.folded() == other.folded()
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
        if Arc::ptr_eq(&self.0, &other.0) {
            return std::cmp::Ordering::Equal;
        }
        self.folded().cmp(other.folded())
    }
}
impl std::hash::Hash for GroupName {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.folded().hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn slowly(text: &str) -> String {
        text.trim().nfc().map(lower).nfc().collect()
    }

    fn domain_slowly(domain: &str) -> String {
        let folded = slowly(domain);
        idna::domain_to_ascii(&folded).unwrap_or(folded)
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

        #[test]
        fn what_is_plain_is_folded_as_everything_else_is(text in "[ -~]{0,12}|.{0,8}|[a-zA-Z0-9.xn-]{0,12}", domain in "[a-zA-Z0-9.xn-]{0,12}|.{0,8}") {
            prop_assert_eq!(fold(&text), slowly(&text));
            prop_assert_eq!(fold_domain(&domain), domain_slowly(&domain));
            let email = format!("{text}@{domain}");
            let (local, last) = email.trim().rsplit_once('@').unwrap();
            prop_assert_eq!(fold_email(&email), format!("{}@{}", slowly(local), domain_slowly(last)));
        }

        #[test]
        fn what_is_the_same_is_folded_to_the_same(text in "[kK@. \\u{212a}é]{0,4}", other in "[kK@. \\u{212a}é]{0,4}", domain in "[xX][nN]--[a-k]{1,3}|[kKßü.]{0,3}") {
            let (one, other) = (format!("{text}@{domain}"), format!("{other}@{}", domain.to_uppercase()));
            prop_assert_eq!(is_same_email(&one, &other), fold_email(&one) == fold_email(&other));
            prop_assert!(is_same_email(&one, &one));
        }
    }
}
