//! Filters without a server.
//!
//! A file brings no schema, so every attribute is matched as directory text: without letter case, runs of spaces as one
//! (RFC 4518). Names are compared as names. An attribute the entry lacks matches nothing, and `(!(…))` of that is true:
//! servers answer so for attributes they know (X.511, 7.8.1), and `(!(nsAccountLock=TRUE))` must find the unlocked.

use super::{BIT_AND, BIT_OR, Filter, Node, Test};
use crate::dn::{Dn, fold_text};
use crate::record::Record;
use std::borrow::Cow;

/// Attributes that hold names of entries (RFC 4519; Microsoft, "Active Directory Schema").
const NAMES: [&str; 9] = [
    "member",
    "uniquemember",
    "memberof",
    "manager",
    "owner",
    "secretary",
    "seealso",
    "distinguishedname",
    "objectcategory",
];

impl Filter {
    /// Whether the entry matches. Rules that need a server ([`Filter::check_in_memory`]) match nothing.
    pub(crate) fn matches(&self, record: &Record) -> bool {
        matches(&self.0, record)
    }
}

fn matches(node: &Node, record: &Record) -> bool {
    match node {
        Node::And(parts) => parts.iter().all(|part| matches(part, record)),
        Node::Or(parts) => parts.iter().any(|part| matches(part, record)),
        Node::Not(part) => !matches(part, record),
        Node::Item { attribute, test } => {
            let name = attribute.split(';').next().unwrap_or_default();
            record.values(name).any(|value| passes(name, test, value))
        }
        Node::Extensible { attribute: Some(attribute), dn: false, rule: Some(rule), value } => {
            let Some(mask) = number(value) else { return false };
            record.values(attribute).filter_map(number).any(|bits| match rule.as_str() {
                BIT_AND => bits & mask == mask,
                BIT_OR => bits & mask != 0,
                _ => false,
            })
        }
        Node::Extensible { attribute: _, dn: _, rule: _, value: _ } => false,
    }
}

fn passes(name: &str, test: &Test, value: &[u8]) -> bool {
    match test {
        Test::Present => true,
        Test::Equal(wanted) | Test::Approximately(wanted) => equal(name, value, wanted),
        Test::AtLeast(wanted) => order(value, wanted).is_ge(),
        Test::AtMost(wanted) => order(value, wanted).is_le(),
        Test::Substrings { initial, any, last } => contains(value, initial, any, last),
    }
}

fn equal(name: &str, value: &[u8], wanted: &[u8]) -> bool {
    let (Ok(value), Ok(wanted)) = (std::str::from_utf8(value), std::str::from_utf8(wanted)) else {
        return value == wanted;
    };
    if NAMES.contains(&name)
        && let Ok(value) = Dn::parse(value)
    {
        return match Dn::parse(wanted) {
            Ok(wanted) => value == wanted,
            // Active Directory takes `(objectCategory=person)` for the class's name. (Microsoft, "Object Class and Object Category")
            Err(_) => name == "objectcategory" && value.own_value() == Some(&fold_text(wanted)),
        };
    }
    fold_text(value) == fold_text(wanted)
}

fn order(value: &[u8], wanted: &[u8]) -> std::cmp::Ordering {
    match (number(value), number(wanted)) {
        (Some(value), Some(wanted)) => value.cmp(&wanted),
        _ => text(value).cmp(&text(wanted)),
    }
}

fn contains(value: &[u8], initial: &[u8], any: &[Vec<u8>], last: &[u8]) -> bool {
    let value = text(value);
    let Some(mut rest) = value.strip_prefix(&*piece(initial)) else {
        return false;
    };
    for wanted in any {
        let wanted = piece(wanted);
        let Some(at) = rest.find(&*wanted) else {
            return false;
        };
        rest = &rest[at + wanted.len()..];
    }
    rest.ends_with(&*piece(last))
}

/// A piece of a value: folded, but the spaces at its ends stand for themselves.
fn piece(bytes: &[u8]) -> Cow<'_, str> {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return lossless(bytes);
    };
    let mut folded = fold_text(text);
    if folded.is_empty() {
        return Cow::Borrowed(if text.is_empty() { "" } else { " " });
    }
    if text.starts_with(char::is_whitespace) {
        folded.insert(0, ' ');
    }
    if text.ends_with(char::is_whitespace) {
        folded.push(' ');
    }
    Cow::Owned(folded)
}

fn text(bytes: &[u8]) -> Cow<'_, str> {
    std::str::from_utf8(bytes).map_or_else(|_| lossless(bytes), |text| Cow::Owned(fold_text(text)))
}

/// Bytes that are no text, as characters of the same order: they match only themselves.
fn lossless(bytes: &[u8]) -> Cow<'_, str> {
    Cow::Owned(
        bytes.iter().map(|byte| char::from_u32(0xf_0000 + u32::from(*byte)).unwrap_or('\u{fffd}')).collect(),
    )
}

fn number(bytes: &[u8]) -> Option<i64> {
    std::str::from_utf8(bytes).ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jane() -> Record {
        let mut record = Record::new(b"uid=jane,dc=x".to_vec());
        for (name, value) in [
            ("objectClass", "user"),
            ("objectCategory", "CN=Person,CN=Schema,CN=Configuration,DC=x"),
            ("cn;lang-de", "Jane  Müller"),
            ("memberOf", "CN=Design, OU=Groups, DC=x"),
            ("userAccountControl", "514"),
            ("uidNumber", "900"),
        ] {
            record.add(name, value.as_bytes());
        }
        record.add("photo", &[0xff, b'a', 0xfe]);
        record
    }

    #[test]
    fn as_a_server_would_answer() {
        for (filter, matches) in [
            ("(&(objectCategory=person)(objectClass=USER))", true),
            ("(objectCategory=computer)", false),
            ("(cn=JANE MÜLLER)", true),
            ("(cn~=jane mu\u{308}ller)", true),
            ("(cn=j*ne*ll*)", true),
            ("(cn=jane *)", true),
            ("(cn=*mül*mül*)", false),
            ("(cn=jan*ane*)", false),
            ("(memberOf=cn=design,ou=groups,dc=X)", true),
            ("(memberOf=cn=design)", false),
            ("(userAccountControl:1.2.840.113556.1.4.803:=2)", true),
            ("(!(userAccountControl:1.2.840.113556.1.4.803:=514))", false),
            ("(userAccountControl:1.2.840.113556.1.4.803:=3)", false),
            ("(userAccountControl:1.2.840.113556.1.4.804:=3)", true),
            ("(uidNumber>=1000)", false),
            ("(uidNumber<=1000)", true),
            ("(cn>=jan)", true),
            ("(mail=*)", false),
            ("(!(mail=*))", true),
            ("(!(mail=x))", true),
            ("(photo=\\ffa\\fe)", true),
            ("(photo=\\ff*)", true),
            ("(photo=\\fe*)", false),
            ("(&)", true),
            ("(|)", false),
            ("(|(cn=x)(uidNumber=900))", true),
        ] {
            assert_eq!(Filter::parse(filter).unwrap().matches(&jane()), matches, "{filter}");
        }
    }
}
