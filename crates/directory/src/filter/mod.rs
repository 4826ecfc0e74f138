//! Search filters in their text form (RFC 4515): read once, sent to an LDAP server as printed, or applied in memory.

mod matching;
mod parse;

use std::collections::BTreeSet;
use std::fmt;

/// A search filter. Two filters that print alike are equal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter(Node);

/// Why a text is no filter, or none that can be used here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}, at character {position} of the filter")]
pub struct FilterError {
    /// Counted in characters from 1.
    pub position: usize,
    /// What is wrong there, and what to write instead.
    pub reason: String,
}

/// Active Directory: all the bits of the asserted number are set. (Microsoft, "Search Filter Syntax")
const BIT_AND: &str = "1.2.840.113556.1.4.803";
/// Active Directory: at least one of the bits is set. (ibid.)
const BIT_OR: &str = "1.2.840.113556.1.4.804";

#[derive(Debug, Clone, PartialEq, Eq)]
enum Node {
    /// Without parts: true (RFC 4526).
    And(Vec<Node>),
    /// Without parts: false (RFC 4526).
    Or(Vec<Node>),
    Not(Box<Node>),
    /// One test of one attribute, its name in lower case and with its options.
    Item {
        attribute: String,
        test: Test,
    },
    /// `attribute:dn:rule:=value`.
    Extensible {
        attribute: Option<String>,
        dn: bool,
        rule: Option<String>,
        value: Vec<u8>,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Test {
    Present,
    Equal(Vec<u8>),
    /// `~=`
    Approximately(Vec<u8>),
    AtLeast(Vec<u8>),
    AtMost(Vec<u8>),
    /// `initial*any*…*final`; no piece is empty except the first and the last.
    Substrings {
        initial: Vec<u8>,
        any: Vec<Vec<u8>>,
        last: Vec<u8>,
    },
}

/// Something that a server must know for a filter to mean anything, in lower case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Name {
    /// An attribute, without options.
    Attribute(String),
    /// A value of `objectClass`.
    Class(String),
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Attribute(name) => write!(f, "the attribute `{name}`"),
            Self::Class(name) => write!(f, "the object class `{name}`"),
        }
    }
}

impl Filter {
    /// Reads the text form. Spaces and line breaks between the parts of `&`, `|` and `!` are allowed, because people
    /// fold long filters.
    pub fn parse(text: &str) -> Result<Self, FilterError> {
        parse::filter(text).map(Self)
    }

    /// Whether this filter can be applied without a server: matching rules other than the two bit rules of Active
    /// Directory cannot.
    pub fn check_in_memory(&self) -> Result<(), FilterError> {
        let mut printed = String::new();
        first_unsupported(&self.0, &mut printed)
            .map_or(Ok(()), |reason| Err(FilterError { position: printed.chars().count() + 1, reason }))
    }

    /// Every attribute and object class that it names.
    pub(crate) fn names(&self) -> BTreeSet<Name> {
        let mut names = BTreeSet::new();
        collect_names(&self.0, &mut names);
        names
    }

    /// Both must match.
    pub(crate) fn and(self, other: Filter) -> Filter {
        Filter(Node::And(vec![self.0, other.0]))
    }

    /// Any of these must match.
    pub(crate) fn any(filters: impl IntoIterator<Item = Filter>) -> Filter {
        Filter(Node::Or(filters.into_iter().map(|filter| filter.0).collect()))
    }

    /// `(attribute=*)`
    pub(crate) fn present(attribute: &str) -> Filter {
        Filter(Node::Item { attribute: attribute.to_ascii_lowercase(), test: Test::Present })
    }

    /// `(attribute:rule:=value)`, whatever characters the value has.
    pub(crate) fn rule(attribute: &str, rule: &str, value: &str) -> Filter {
        Filter(Node::Extensible {
            attribute: Some(attribute.to_ascii_lowercase()),
            dn: false,
            rule: Some(rule.to_owned()),
            value: value.as_bytes().to_vec(),
        })
    }

    /// `(attribute=value)`, whatever characters the value has.
    pub(crate) fn equal(attribute: &str, value: impl AsRef<[u8]>) -> Filter {
        Filter(Node::Item {
            attribute: attribute.to_ascii_lowercase(),
            test: Test::Equal(value.as_ref().to_vec()),
        })
    }
}

fn collect_names(node: &Node, names: &mut BTreeSet<Name>) {
    let plain = |attribute: &str| attribute.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match node {
        Node::And(parts) | Node::Or(parts) => parts.iter().for_each(|part| collect_names(part, names)),
        Node::Not(part) => collect_names(part, names),
        Node::Item { attribute, test } => {
            let attribute = plain(attribute);
            if let Test::Equal(class) = test
                && matches!(attribute.as_str(), "objectclass" | "2.5.4.0")
            {
                names.insert(Name::Class(String::from_utf8_lossy(class).trim().to_ascii_lowercase()));
            }
            names.insert(Name::Attribute(attribute));
        }
        Node::Extensible { attribute, .. } => {
            names.extend(attribute.as_deref().map(|attribute| Name::Attribute(plain(attribute))));
        }
    }
}

/// The reason of the first part that needs a server; `printed` then holds what precedes it.
fn first_unsupported(node: &Node, printed: &mut String) -> Option<String> {
    match node {
        Node::And(parts) | Node::Or(parts) => {
            printed.push_str("(&");
            let reason = parts.iter().find_map(|part| first_unsupported(part, printed));
            if reason.is_none() {
                printed.push(')');
            }
            reason
        }
        Node::Not(part) => {
            printed.push_str("(!");
            let reason = first_unsupported(part, printed);
            if reason.is_none() {
                printed.push(')');
            }
            reason
        }
        Node::Item { .. } => {
            printed.push_str(&node.to_string());
            None
        }
        Node::Extensible { attribute, dn, rule, value } => {
            let number = std::str::from_utf8(value).ok().and_then(|text| text.trim().parse::<i64>().ok());
            let reason = match (attribute, dn, rule.as_deref(), number) {
                (Some(_), false, Some(BIT_AND | BIT_OR), Some(_)) => None,
                (Some(_), false, Some(BIT_AND | BIT_OR), None) => {
                    Some("this matching rule wants a number".to_owned())
                }
                (_, _, Some(rule), _) => Some(format!(
                    "the matching rule {rule} needs a server; a file knows only {BIT_AND} and {BIT_OR}"
                )),
                (_, _, None, _) => Some("`:dn:=` and `:=` need a server; write `=`".to_owned()),
            };
            if reason.is_none() {
                printed.push_str(&node.to_string());
            }
            reason
        }
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |f: &mut fmt::Formatter<'_>, sign: char, parts: &[Node]| {
            write!(f, "({sign}")?;
            parts.iter().try_for_each(|part| part.fmt(f))?;
            f.write_str(")")
        };
        match self {
            Node::And(parts) => list(f, '&', parts),
            Node::Or(parts) => list(f, '|', parts),
            Node::Not(part) => write!(f, "(!{part})"),
            Node::Item { attribute, test } => write!(f, "({attribute}{test})"),
            Node::Extensible { attribute, dn, rule, value } => {
                write!(f, "({}{}", attribute.as_deref().unwrap_or_default(), if *dn { ":dn" } else { "" })?;
                if let Some(rule) = rule {
                    write!(f, ":{rule}")?;
                }
                write!(f, ":={})", Escaped(value))
            }
        }
    }
}

impl fmt::Display for Test {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Test::Present => f.write_str("=*"),
            Test::Equal(value) => write!(f, "={}", Escaped(value)),
            Test::Approximately(value) => write!(f, "~={}", Escaped(value)),
            Test::AtLeast(value) => write!(f, ">={}", Escaped(value)),
            Test::AtMost(value) => write!(f, "<={}", Escaped(value)),
            Test::Substrings { initial, any, last } => {
                write!(f, "={}*", Escaped(initial))?;
                any.iter().try_for_each(|piece| write!(f, "{}*", Escaped(piece)))?;
                write!(f, "{}", Escaped(last))
            }
        }
    }
}

/// A value as RFC 4515, section 3, wants it: `*`, `(`, `)`, `\`, NUL and bytes that are not UTF-8 as `\xx`.
struct Escaped<'a>(&'a [u8]);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.0.utf8_chunks() {
            for c in chunk.valid().chars() {
                match c {
                    '*' | '(' | ')' | '\\' | '\0' => write!(f, "\\{:02x}", u32::from(c))?,
                    _ => write!(f, "{c}")?,
                }
            }
            for byte in chunk.invalid() {
                write!(f, "\\{byte:02x}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn value() -> impl Strategy<Value = Vec<u8>> {
        prop_oneof![
            "[a-zäß*()\\\\ =<>~:#,]{1,6}".prop_map(String::into_bytes),
            prop::collection::vec(any::<u8>(), 1..5),
        ]
    }

    fn node() -> impl Strategy<Value = Node> {
        let attribute = "[a-z][a-z0-9-]{0,5}(;[a-z]{1,3})?";
        let pieces = prop::collection::vec(value(), 0..3);
        let test = prop_oneof![
            Just(Test::Present),
            value().prop_map(Test::Equal),
            value().prop_map(Test::Approximately),
            value().prop_map(Test::AtLeast),
            value().prop_map(Test::AtMost),
            (value(), pieces, prop_oneof![value(), Just(Vec::new())])
                .prop_map(|(initial, any, last)| Test::Substrings { initial, any, last }),
        ];
        let leaf = prop_oneof![
            4 => (attribute, test).prop_map(|(attribute, test)| Node::Item { attribute, test }),
            1 => (attribute, any::<bool>(), prop::option::of("[1-9](\\.[1-9]){1,3}"), value())
                .prop_map(|(attribute, dn, rule, value)| Node::Extensible { attribute: Some(attribute), dn, rule, value }),
        ];
        leaf.prop_recursive(4, 20, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Node::And),
                prop::collection::vec(inner.clone(), 0..4).prop_map(Node::Or),
                inner.prop_map(|part| Node::Not(Box::new(part))),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read_again(node in node()) {
            let filter = Filter(node);
            prop_assert_eq!(Filter::parse(&filter.to_string()), Ok(filter.clone()));
            prop_assert!(ldap3::parse_filter(filter.to_string()).is_ok(), "the client library refuses {}", filter);
        }

        #[test]
        fn any_text_is_read_or_refused(text in r"[()&|!=*:<>~\\ a-z0-9]{0,30}|\PC*") {
            match Filter::parse(&text) {
                Ok(filter) => prop_assert_eq!(Filter::parse(&filter.to_string()), Ok(filter.clone())),
                Err(mistake) => prop_assert!(mistake.position <= text.chars().count() + 1),
            }
        }
    }
}
