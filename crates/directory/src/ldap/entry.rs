//! From the bytes of one search entry to a record, without trusting a single one of them.

use crate::record::{Record, range};
use ldap3::asn1::{PL, StructureTag};

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

/// A description and its values as the server sends them.
type Attribute = (String, Vec<Vec<u8>>);

/// `SearchResultEntry` of RFC 4511, section 4.5.2. `None`: it is malformed.
pub(super) fn answer(tag: StructureTag) -> Option<Answer> {
    let (dn, attributes) = parts(tag)?;
    let mut record = Record::new(dn);
    let mut partial = Vec::new();
    for (description, values) in attributes {
        match range(&description) {
            Some((name, _, Some(_))) => partial.push(name),
            Some((name, 0, None)) => values.into_iter().for_each(|value| record.add(&name, value)),
            // A slice from the middle, unasked: the beginning is missing.
            Some((name, _, None)) => partial.push(name),
            None => values.into_iter().for_each(|value| record.add(&description, value)),
        }
    }
    Some(Answer { record, partial })
}

/// The name of an entry, as it came.
pub(super) fn name(tag: &StructureTag) -> Option<&[u8]> {
    match &tag.payload {
        PL::C(parts) => match &parts.first()?.payload {
            PL::P(name) => Some(name),
            PL::C(_) => None,
        },
        PL::P(_) => None,
    }
}

/// The slice of `attribute` in this entry, if it is there, and the entry's `uSNChanged`.
pub(super) fn slice(tag: StructureTag, attribute: &str) -> Option<(Option<Slice>, Option<Vec<u8>>)> {
    let (_, attributes) = parts(tag)?;
    let mut found = None;
    let mut version = None;
    for (description, mut values) in attributes {
        match range(&description) {
            Some((name, from, to)) if name == attribute => found = Some(Slice { from, to, values }),
            None if description.eq_ignore_ascii_case(attribute) && !values.is_empty() => {
                found = Some(Slice { from: 0, to: None, values });
            }
            None if description.eq_ignore_ascii_case("usnchanged") => version = values.pop(),
            _ => {}
        }
    }
    Some((found, version))
}

/// The URLs of a `SearchResultReference`.
pub(super) fn reference(tag: StructureTag) -> Option<Vec<String>> {
    let urls = constructed(tag)?;
    urls.into_iter().map(|url| Some(String::from_utf8_lossy(&primitive(url)?).into_owned())).collect()
}

fn parts(tag: StructureTag) -> Option<(Vec<u8>, Vec<Attribute>)> {
    let mut parts = constructed(tag)?.into_iter();
    let dn = primitive(parts.next()?)?;
    let attributes = constructed(parts.next()?)?.into_iter().map(|attribute| {
        let mut parts = constructed(attribute)?.into_iter();
        let description = String::from_utf8(primitive(parts.next()?)?).ok()?;
        let values = constructed(parts.next()?)?.into_iter().map(primitive).collect::<Option<_>>()?;
        Some((description, values))
    });
    Some((dn, attributes.collect::<Option<_>>()?))
}

fn constructed(tag: StructureTag) -> Option<Vec<StructureTag>> {
    match tag.payload {
        PL::C(inner) => Some(inner),
        PL::P(_) => None,
    }
}

fn primitive(tag: StructureTag) -> Option<Vec<u8>> {
    match tag.payload {
        PL::P(bytes) => Some(bytes),
        PL::C(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ldap3::asn1::TagClass;

    fn leaf(bytes: &[u8]) -> StructureTag {
        StructureTag { class: TagClass::Universal, id: 4, payload: PL::P(bytes.to_vec()) }
    }

    fn node(inner: Vec<StructureTag>) -> StructureTag {
        StructureTag { class: TagClass::Universal, id: 16, payload: PL::C(inner) }
    }

    fn entry(attributes: &[(&str, &[&[u8]])]) -> StructureTag {
        let attribute = |(name, values): &(&str, &[&[u8]])| {
            node(vec![leaf(name.as_bytes()), node(values.iter().map(|value| leaf(value)).collect())])
        };
        node(vec![leaf(b"cn=\xff"), node(attributes.iter().map(attribute).collect())])
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
        assert_eq!(answer.record.values("cn"), [b"ok".to_vec(), b"\xff".to_vec()]);
        assert_eq!(answer.record.values("memberof"), [b"cn=g"]);
        assert!(answer.record.values("member").is_empty());
        assert_eq!(answer.record.dn, b"cn=\xff");
    }

    #[test]
    fn slices_are_told_from_whole_attributes() {
        let middle = entry(&[("member;range=2-3", &[b"c", b"d"]), ("uSNChanged", &[b"7"])]);
        let wanted = Slice { from: 2, to: Some(3), values: vec![b"c".to_vec(), b"d".to_vec()] };
        assert_eq!(slice(middle, "member"), Some((Some(wanted), Some(b"7".to_vec()))));
        assert_eq!(slice(entry(&[("member", &[])]), "member"), Some((None, None)));
    }

    #[test]
    fn what_is_no_entry_is_nothing() {
        assert!(answer(leaf(b"x")).is_none());
        assert!(answer(node(vec![leaf(b"x")])).is_none());
        assert!(answer(node(vec![leaf(b"x"), node(vec![leaf(b"y")])])).is_none());
        assert!(reference(leaf(b"x")).is_none());
    }
}
