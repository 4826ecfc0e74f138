//! From the bytes of one search entry to a record, without trusting a single one of them.
//!
//! The record keeps the bytes, and only knows where in them its values lie: an entry is read without a copy of any value.

use super::ber::{self, Element};
use super::bounds;
use crate::record::{Places, Record, Span, range};
use ldap3::asn1::{PL, StructureTag};

/// An entry as it was put aside: of a well-formed message, and nothing of it is understood yet.
#[derive(Debug)]
pub(super) struct Raw {
    pub(super) bytes: Vec<u8>,
    /// Where in the bytes the content of the entry lies.
    pub(super) start: usize,
    pub(super) end: usize,
    /// How many elements its message has.
    pub(super) elements: usize,
}

/// An entry as one answer gives it.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) record: Record,
    /// Attributes of which this answer holds only the first values. Their values here are left out.
    pub(super) partial: Vec<String>,
}

/// A slice of one attribute (Active Directory: `member;range=1500-2999`; the last one ends in `*`).
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Slice {
    pub(super) from: usize,
    /// `None`: this is the last slice.
    pub(super) to: Option<usize>,
    pub(super) values: Vec<Vec<u8>>,
}

impl Raw {
    /// What it costs to keep, and to understand.
    pub(super) fn cost(&self) -> usize {
        bounds::cost_of_entry(self.bytes.len(), self.elements)
    }
}

/// `SearchResultEntry` of RFC 4511, section 4.5.2. `None`: it is malformed.
pub(super) fn answer(raw: Raw) -> Option<Answer> {
    let (dn, attributes) = parts(&raw)?;
    let mut places = Places::for_values(raw.elements);
    let mut partial = Vec::new();
    for attribute in attributes {
        let Attribute { description, text, values } = attribute?;
        match range(text) {
            Some((name, _, Some(_))) => partial.push(name),
            // The only slice, and the name alone says which values these are.
            Some((name, 0, None)) => {
                let description = Span { end: description.start + name.len(), ..description };
                places.add(&raw.bytes, description, spans(&raw.bytes, values));
            }
            // A slice from the middle, unasked: the beginning is missing.
            Some((name, _, None)) => partial.push(name),
            None => places.add(&raw.bytes, description, spans(&raw.bytes, values)),
        }
    }
    Some(Answer { record: Record::within(raw.bytes, dn, places), partial })
}

/// The name of an entry, as it came.
pub(super) fn name(raw: &Raw) -> Option<&[u8]> {
    let (dn, _) = parts(raw)?;
    raw.bytes.get(dn.start..dn.end)
}

/// The slice of `attribute` in this entry, if it is there, and the entry's `uSNChanged`.
pub(super) fn slice(raw: &Raw, attribute: &str) -> Option<(Option<Slice>, Option<Vec<u8>>)> {
    let (_, attributes) = parts(raw)?;
    let mut found = None;
    let mut version = None;
    for part in attributes {
        let Attribute { description: _, text, values } = part?;
        let bytes = |Span { start, end }: Span| raw.bytes[start..end].to_vec();
        let values = spans(&raw.bytes, values).map(bytes);
        match range(text) {
            Some((name, from, to)) if name == attribute => {
                found = Some(Slice { from, to, values: values.collect() });
            }
            None if text.eq_ignore_ascii_case(attribute) => {
                let values: Vec<Vec<u8>> = values.collect();
                if !values.is_empty() {
                    found = Some(Slice { from: 0, to: None, values });
                }
            }
            None if text.eq_ignore_ascii_case("usnchanged") => version = values.last(),
            _ => {}
        }
    }
    Some((found, version))
}

/// The URLs of a `SearchResultReference`.
pub(super) fn reference(tag: StructureTag) -> Option<Vec<String>> {
    let PL::C(urls) = tag.payload else { return None };
    let url = |url: StructureTag| match url.payload {
        PL::P(bytes) => Some(String::from_utf8_lossy(&bytes).into_owned()),
        PL::C(_) => None,
    };
    urls.into_iter().map(url).collect()
}

/// One attribute of an entry.
struct Attribute<'a> {
    description: Span,
    text: &'a str,
    /// All of them are primitive.
    values: Element,
}

/// The name of an entry and its attributes; `None` for one that is malformed. What a later version of the protocol may
/// add behind them is no concern of ours (RFC 4511, section 4).
fn parts(raw: &Raw) -> Option<(Span, impl Iterator<Item = Option<Attribute<'_>>>)> {
    let Raw { bytes, start, end, elements: _ } = raw;
    let mut parts = ber::each(bytes, *start, *end);
    let dn = primitive(parts.next()?)?;
    let attributes = constructed(parts.next()?)?;
    let attribute = |attribute| {
        let attribute = constructed(attribute)?;
        let mut parts = ber::each(bytes, attribute.start, attribute.end);
        let description = primitive(parts.next()?)?;
        let values = constructed(parts.next()?)?;
        let text = std::str::from_utf8(bytes.get(description.start..description.end)?).ok()?;
        ber::each(bytes, values.start, values.end).try_for_each(|value| primitive(value).map(|_| ()))?;
        Some(Attribute { description, text, values })
    };
    Some((dn, ber::each(bytes, attributes.start, attributes.end).map(attribute)))
}

/// Where the values lie, which have been looked at.
fn spans(bytes: &[u8], values: Element) -> impl Iterator<Item = Span> {
    ber::each(bytes, values.start, values.end).filter_map(primitive)
}

fn constructed(element: Result<Element, ber::Malformed>) -> Option<Element> {
    element.ok().filter(|element| element.tag & 0x20 != 0)
}

fn primitive(element: Result<Element, ber::Malformed>) -> Option<Span> {
    let Element { tag, start, end } = element.ok()?;
    (tag & 0x20 == 0).then_some(Span { start, end })
}

#[cfg(test)]
mod tests {
    use super::super::message;
    use super::*;
    use ldap3::{ResultEntry, SearchEntry};
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn element(tag: u8, content: &[u8]) -> Vec<u8> {
        let length = u32::try_from(content.len()).unwrap().to_be_bytes();
        match u8::try_from(content.len()) {
            Ok(short @ ..0x80) => [&[tag, short], content].concat(),
            _ => [&[tag, 0x84], length.as_slice(), content].concat(),
        }
    }

    type Values<'a> = &'a [&'a [u8]];

    fn message(dn: &[u8], attributes: &[(&str, Values<'_>)]) -> Vec<u8> {
        let attribute = |(name, values): &(&str, Values<'_>)| {
            let values: Vec<u8> = values.iter().flat_map(|value| element(4, value)).collect();
            element(0x30, &[element(4, name.as_bytes()), element(0x31, &values)].concat())
        };
        let attributes: Vec<u8> = attributes.iter().flat_map(attribute).collect();
        let entry = element(0x64, &[element(4, dn), element(0x30, &attributes)].concat());
        element(0x30, &[element(2, &[7]), entry].concat())
    }

    fn raw(message: &[u8]) -> Raw {
        message::frame(message).unwrap().entry(message)
    }

    fn entry(attributes: &[(&str, Values<'_>)]) -> Raw {
        raw(&message(b"cn=\xff", attributes))
    }

    #[test]
    fn bytes_are_kept_and_ranges_are_noticed() {
        let answer = answer(entry(&[
            ("CN", &[b"ok", b"\xff"]),
            ("member", &[]),
            ("member;Range=0-1499", &[b"cn=a"]),
            ("memberOf;range=0-*", &[b"cn=g"]),
        ]))
        .unwrap();
        assert_eq!(answer.partial, ["member"]);
        assert!(answer.record.values("cn").eq([b"ok".as_slice(), b"\xff"]));
        assert!(answer.record.values("memberof").eq([b"cn=g"]));
        assert_eq!(answer.record.values("member").next(), None);
        assert_eq!(answer.record.dn(), b"cn=\xff");
    }

    #[test]
    fn slices_are_told_from_whole_attributes() {
        let middle = entry(&[("member;range=2-3", &[b"c", b"d"]), ("uSNChanged", &[b"7"])]);
        let wanted = Slice { from: 2, to: Some(3), values: vec![b"c".to_vec(), b"d".to_vec()] };
        assert_eq!(slice(&middle, "member"), Some((Some(wanted), Some(b"7".to_vec()))));
        assert_eq!(slice(&entry(&[("member", &[])]), "member"), Some((None, None)));
    }

    #[test]
    fn what_is_no_entry_is_nothing() {
        let wrong = [
            b"".to_vec(),
            element(4, b"x"),
            [element(4, b"x"), element(4, b"y")].concat(),
            [element(0x30, b""), element(0x30, b"")].concat(),
            [element(4, b"x"), element(0x30, &element(4, b"y"))].concat(),
            [element(4, b"x"), element(0x30, &element(0x30, &element(4, b"y")))].concat(),
            [element(4, b"x"), element(0x30, &element(0x30, &[4, 1, 0xff, 0x31, 0]))].concat(),
            [element(4, b"x"), element(0x30, &element(0x30, &[4, 1, b'y', 0x31, 2, 0x30, 0]))].concat(),
        ];
        for content in wrong {
            let message = element(0x30, &[element(2, &[7]), element(0x64, &content)].concat());
            assert!(answer(raw(&message)).is_none(), "{message:02x?}");
        }
        let leaf = |bytes: &[u8]| ldap3::asn1::parse_tag(&element(4, bytes)).unwrap().1;
        assert!(reference(leaf(b"x")).is_none());
    }

    proptest! {
        #[test]
        fn entries_are_read_as_the_client_library_reads_them(
            dn in "[a-z=,é]{0,200}",
            attributes in prop::collection::btree_map(
                "[A-Z][a-z]{0,8}(;[a-z]-[a-z]{2})?",
                prop::collection::vec(prop::collection::vec(prop_oneof![Just(b'x'), any::<u8>()], 0..200), 0..6),
                0..8,
            ),
        ) {
            // The library knows options as a part of the name.
            let distinct: BTreeMap<String, (&String, &Vec<Vec<u8>>)> = attributes
                .iter()
                .map(|(name, values)| (name.split(';').next().unwrap().to_ascii_lowercase(), (name, values)))
                .collect();
            let values: Vec<Vec<&[u8]>> =
                distinct.values().map(|(_, values)| values.iter().map(Vec::as_slice).collect()).collect();
            let named: Vec<(&str, Values<'_>)> =
                distinct.values().zip(&values).map(|((name, _), values)| (name.as_str(), values.as_slice())).collect();
            let message = message(dn.as_bytes(), &named);
            let (_, tree) = ldap3::asn1::parse_tag(&message).unwrap();
            let operation = tree.expect_constructed().unwrap().swap_remove(1);
            let SearchEntry { dn: judged, attrs, bin_attrs } = SearchEntry::construct(ResultEntry::new(operation));
            let Answer { record, partial } = answer(raw(&message)).unwrap();
            prop_assert_eq!(record.dn(), judged.as_bytes());
            prop_assert!(partial.is_empty());
            for (key, (name, _)) in &distinct {
                let text = attrs.get(*name).into_iter().flatten().map(String::as_bytes);
                let bytes = bin_attrs.get(*name).into_iter().flatten().map(Vec::as_slice);
                // The library puts values that are no text before the others.
                let mut ours: Vec<&[u8]> = record.values(key).collect();
                ours.sort_by_key(|value| std::str::from_utf8(value).is_ok());
                prop_assert!(ours.into_iter().eq(text.chain(bytes)), "{}", name);
            }
            prop_assert_eq!(record.values("nothing").next(), None);
        }
    }
}
