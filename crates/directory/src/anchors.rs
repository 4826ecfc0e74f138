//! What never changes about an entry, and that no two entries share it.

use crate::dn::{Dn, hex, unhex};
use crate::error::Error;
use crate::record::Record;
use std::borrow::Cow;
use umsync_engine::directory::{Anchor, Entry};

/// Attributes that never change about an entry, in the order of preference: `entryUUID` (RFC 4530; OpenLDAP, 389-ds),
/// `objectGUID` (Active Directory), `nsUniqueId` (389-ds), `ipaUniqueID` (FreeIPA).
pub(crate) const ANCHORS: [&str; 4] = ["entryuuid", "objectguid", "nsuniqueid", "ipauniqueid"];

/// Attributes whose bytes are no text even when they happen to be UTF-8. Whether Active Directory stores the first
/// three fields of an `objectGUID` little-endian does not matter to an anchor: the bytes are compared, not read.
const BINARY: [&str; 4] = ["objectguid", "objectsid", "ms-ds-consistencyguid", "guid"];

/// The anchor of an entry: its value of the configured attribute, else of the first of the usual ones that it has.
pub(crate) fn of(record: &Record, configured: Option<&str>) -> Option<Anchor> {
    let of = |name: &str| {
        let mut values = record.values(name);
        // An anchor with two values cannot tell which of them stays.
        match (values.next(), values.next()) {
            (Some(value), None) if !value.trim_ascii().is_empty() => {
                Some(Anchor::new(name, &text(name, value)))
            }
            _ => None,
        }
    };
    match configured {
        Some(name) => of(&name.to_ascii_lowercase()),
        None => ANCHORS.into_iter().find_map(of),
    }
}

/// The anchor that a configuration names: `entryUUID=…`, a DN of one level by its form, and no entry's. Active Directory
/// shows an `objectGUID` in groups with the first three fields turned round (MS-DTYP 2.3.4.3); here its bytes count.
pub(crate) fn named(dn: &Dn, text: &str) -> Option<Anchor> {
    let (name, value) = text.split_once('=')?;
    let name = name.trim().to_ascii_lowercase();
    if dn.levels().len() != 1 || !ANCHORS.contains(&name.as_str()) {
        return None;
    }
    let value = value.trim();
    if name != "objectguid" {
        return Some(Anchor::new(&name, value));
    }
    let fields: Vec<&str> = value.trim_matches(['{', '}']).split('-').collect();
    match fields.as_slice() {
        [one, two, three, rest @ ..] if !rest.is_empty() => {
            let turned =
                |field: &&&str| unhex(field).map(|bytes| bytes.into_iter().rev().collect::<Vec<u8>>());
            let turned: Vec<Vec<u8>> = [one, two, three].iter().map(turned).collect::<Option<_>>()?;
            Some(Anchor::new(&name, &format!("{}{}", hex(&turned.concat()), rest.concat())))
        }
        _ => Some(Anchor::new(&name, value)),
    }
}

/// The value of an anchor's attribute as a server keeps it.
pub(crate) fn value(anchor: &Anchor) -> Vec<u8> {
    let (_, text) = anchor.as_str().split_once('=').unwrap_or_default();
    match unhex(text) {
        Some(bytes) if BINARY.contains(&anchor.attribute()) => bytes,
        _ => text.as_bytes().to_vec(),
    }
}

/// Whether an entry has this anchor. `None`: it does not show such an attribute, and nobody can tell.
pub(crate) fn has(record: &Record, anchor: &Anchor) -> Option<bool> {
    of(record, Some(anchor.attribute())).map(|own| own == *anchor)
}

fn text<'a>(name: &str, value: &'a [u8]) -> Cow<'a, str> {
    match std::str::from_utf8(value) {
        Ok(text) if !BINARY.contains(&name) && !text.contains(char::is_control) => text.into(),
        _ => hex(value).into(),
    }
}

/// An error if two entries have one anchor. A link by it would give the account of one person to another.
pub(crate) fn require_distinct(entries: &[Entry], place: &str) -> Result<(), Error> {
    let mut anchored: Vec<(&Anchor, &str)> =
        entries.iter().filter_map(|entry| Some((entry.anchor.as_ref()?, entry.dn.as_str()))).collect();
    anchored.sort_unstable();
    let shared: Vec<_> =
        anchored.chunk_by(|(one, _), (next, _)| one == next).filter(|entries| entries.len() > 1).collect();
    match shared.first() {
        Some([(anchor, first), (_, second), ..]) => Err(Error::SharedAnchor {
            place: place.to_owned(),
            anchor: (*anchor).clone(),
            first: (*first).to_owned(),
            second: (*second).to_owned(),
            others: shared.concat().len() - 2,
        }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn anchor(lines: &[(&str, &[u8])], configured: Option<&str>) -> Option<Anchor> {
        let mut record = Record::new(b"cn=a,dc=x".to_vec());
        for (name, value) in lines {
            record.add(name, value);
        }
        of(&record, configured)
    }

    #[test]
    fn anchors_in_order_of_preference() {
        let guid: (&str, &[u8]) = ("objectGUID", b"ABCDEFGHIJKLMNOP");
        let all: [(&str, &[u8]); 4] =
            [("ipaUniqueID", b"IPA-1"), ("nsUniqueId", b"NS-1"), guid, ("entryUUID", b"AAAA-1")];
        let in_hex = Some(Anchor::new("objectguid", "4142434445464748494a4b4c4d4e4f50"));
        assert_eq!(anchor(&all, None), Some(Anchor::new("entryuuid", "aaaa-1")));
        assert_eq!(anchor(&all[..3], None), in_hex);
        assert_eq!(anchor(&all[..2], None), Some(Anchor::new("nsuniqueid", "ns-1")));
        assert_eq!(anchor(&all[..1], None), Some(Anchor::new("ipauniqueid", "ipa-1")));
        assert_eq!(anchor(&all, Some("objectGUID")), in_hex);
        assert_eq!(anchor(&all, Some("employeeNumber")), None);
    }

    #[test]
    fn an_anchor_has_one_value() {
        let number: (&str, &[u8]) = ("employeeNumber", b" A7 ");
        let configured = Some("EmployeeNumber");
        assert_eq!(anchor(&[number], configured), Some(Anchor::new("employeenumber", "a7")));
        assert_eq!(anchor(&[number, ("employeeNumber", b"8")], configured), None);
        assert_eq!(anchor(&[("employeeNumber", b"")], configured), None);
        assert_eq!(anchor(&[("employeeNumber", b"  ")], configured), None);
        // Two values of the best attribute leave the next one.
        let two: [(&str, &[u8]); 3] = [("entryUUID", b"1"), ("entryUUID", b"2"), ("nsUniqueId", b"3")];
        assert_eq!(anchor(&two, None), Some(Anchor::new("nsuniqueid", "3")));
        // Bytes that are no text are not lost.
        assert_eq!(
            anchor(&[("employeeNumber", b"\xff\x01")], configured),
            Some(Anchor::new("employeenumber", "ff01"))
        );
    }

    #[test]
    fn anchors_that_a_configuration_names_are_told_from_dns() {
        let named = |text: &str| named(&Dn::parse(text).unwrap(), text);
        assert_eq!(named("entryUUID=AAAA-1"), Some(Anchor::new("entryuuid", "aaaa-1")));
        assert_eq!(named(" nsUniqueId = 66446001-1DD2 "), Some(Anchor::new("nsuniqueid", "66446001-1dd2")));
        let bytes = "ff19966f868b11d0b42d00c04fc964ff";
        let as_bytes = Anchor::new("objectguid", bytes);
        assert_eq!(named(&format!("objectGUID={bytes}")).as_ref(), Some(&as_bytes));
        for shown in ["6f9619ff-8b86-d011-b42d-00c04fc964ff", "{6F9619FF-8B86-D011-B42D-00C04FC964FF}"] {
            assert_eq!(named(&format!("objectGUID={shown}")).as_ref(), Some(&as_bytes), "{shown}");
        }
        assert_eq!(value(&as_bytes)[..4], [0xff, 0x19, 0x96, 0x6f]);
        assert_eq!(value(&Anchor::new("entryUUID", "abcd")), b"abcd");
        for dn in ["cn=a", "ipaUniqueID=a,cn=hbac,dc=x", "entryUUID=a+cn=b,dc=x", "employeeNumber=7"] {
            assert_eq!(named(dn), None, "{dn}");
        }
    }

    #[test]
    fn two_entries_with_one_anchor_are_an_error_and_none_without() {
        let entry = |dn: &str, anchor: Option<&str>| Entry {
            dn: dn.to_owned(),
            anchor: anchor.map(|value| Anchor::new("employeeNumber", value)),
            ..Entry::default()
        };
        let apart = [entry("a", Some("1")), entry("b", None), entry("c", Some("2")), entry("d", None)];
        require_distinct(&apart, "x").unwrap();
        let shared = ["d:1", "c:2", "e:2", "b:3", "a:2", "f:1"]
            .map(|text| text.split_once(':').unwrap())
            .map(|(dn, number)| entry(dn, Some(number)));
        let error = require_distinct(&shared, "people.ldif").unwrap_err().to_string();
        assert_eq!(
            error.lines().next().unwrap(),
            "people.ldif: `d` and `f` have one anchor, `employeenumber=1`; 3 more entries share theirs"
        );
    }
}
