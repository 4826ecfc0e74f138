//! LDAP messages from a server, checked before the client library sees them.

use super::ber::{self, BOOLEAN, ENUMERATED, Element, INTEGER, Malformed, OCTETS, SEQUENCE};
use super::entry::Raw;
use super::failure::Answered;
use crate::record::MEMBERS;

const BIND_RESPONSE: u8 = 0x61;
const ENTRY: u8 = 0x64;
const DONE: u8 = 0x65;
const REFERENCE: u8 = 0x73;
const EXTENDED_RESPONSE: u8 = 0x78;
const INTERMEDIATE: u8 = 0x79;

/// What a message means to the connection.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// The end of an operation.
    Result(Answered),
    /// A part of an answer.
    Part,
    /// The server is about to hang up, and says why (RFC 4511, section 4.4.1).
    Disconnection(Answered),
}

/// What a well-formed message consists of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame {
    /// The number of the question that it belongs to.
    pub(super) id: u32,
    operation: Element,
    /// Of everything in it.
    elements: usize,
}

impl Frame {
    /// Whether it is an entry that a search has found.
    pub(super) fn is_entry(&self) -> bool {
        self.operation.tag == ENTRY && self.id > 0
    }

    /// Whether it ends a search.
    pub(super) fn is_end(&self) -> bool {
        self.operation.tag == DONE
    }

    /// The entry in a small message, copied out of it.
    pub(super) fn entry(&self, message: &[u8]) -> Raw {
        let content = self.operation.of(message);
        Raw { bytes: content.to_vec(), start: 0, end: content.len(), elements: self.elements }
    }

    /// The entry in a message, which may be large.
    pub(super) fn entry_of(&self, mut message: Vec<u8>) -> Raw {
        message.shrink_to_fit();
        let Element { tag: _, start, end } = self.operation;
        Raw { bytes: message, start, end, elements: self.elements }
    }
}

/// Checks one whole message, and makes its diagnostic text UTF-8: older servers send Latin-1 there, and the client
/// library panics on it.
pub(super) fn check(bytes: &mut [u8]) -> Result<Meaning, Malformed> {
    let frame = frame(bytes)?;
    meaning(bytes, &frame)
}

/// Whether one whole message is well-formed, whatever it says.
pub(super) fn frame(bytes: &[u8]) -> Result<Frame, Malformed> {
    let (tag, start, length) = ber::header(bytes)?.ok_or("no message")?;
    let end = start + length;
    if tag != SEQUENCE || end != bytes.len() {
        return Err("no message");
    }
    let elements = ber::check(bytes, start, end)?;
    let mut parts = ber::each(bytes, start, end);
    let mut next = || parts.next().transpose();
    let (id, operation) = match [next()?, next()?, next()?, next()?] {
        [Some(id), Some(operation), None, _] if id.tag == INTEGER => (id, operation),
        [Some(id), Some(operation), Some(controls), None] if id.tag == INTEGER && controls.tag == 0xa0 => {
            check_controls(bytes, &controls)?;
            (id, operation)
        }
        // Active Directory puts the name of its notice of disconnection outside of the operation.
        [Some(id), Some(operation), Some(name), None] if id.tag == INTEGER && name.tag == 0x8a => {
            (id, operation)
        }
        _ => return Err("a message without a number or an operation"),
    };
    let id = ber::number(id.of(bytes))
        .filter(|id| i32::try_from(*id).is_ok())
        .ok_or("a message without a number")?;
    Ok(Frame { id, operation, elements })
}

/// What a well-formed message means; its diagnostic text becomes UTF-8.
pub(super) fn meaning(bytes: &mut [u8], frame: &Frame) -> Result<Meaning, Malformed> {
    let Frame { id, operation, elements: _ } = *frame;
    match operation.tag {
        BIND_RESPONSE | DONE | EXTENDED_RESPONSE => {
            let ended = result(bytes, operation)?;
            Ok(if id == 0 { Meaning::Disconnection(ended) } else { Meaning::Result(ended) })
        }
        ENTRY | REFERENCE | INTERMEDIATE if id > 0 => Ok(Meaning::Part),
        _ => Err("an operation nobody asked for"),
    }
}

/// `LDAPResult` of RFC 4511, section 4.1.9, and what bind and extended operations add.
fn result(bytes: &mut [u8], operation: Element) -> Result<Answered, Malformed> {
    let parts = ber::elements(bytes, operation.start, operation.end)?;
    let [code, matched, text, rest @ ..] = parts.as_slice() else { return Err("a result without its parts") };
    if (code.tag, matched.tag, text.tag) != (ENUMERATED, OCTETS, OCTETS) {
        return Err("a result without its parts");
    }
    let code = ber::number(code.of(bytes)).ok_or("a result without a code")?;
    clean(bytes, matched);
    clean(bytes, text);
    for part in rest {
        match part.tag {
            0x87 | 0x8b => {}
            0x8a => clean(bytes, part),
            0xa3 => {
                for url in ber::elements(bytes, part.start, part.end)? {
                    if url.tag != OCTETS {
                        return Err("a referral that is no text");
                    }
                    clean(bytes, &url);
                }
            }
            _ => return Err("a result with an unknown part"),
        }
    }
    let text = String::from_utf8_lossy(text.of(bytes)).trim_end_matches('\0').trim().to_owned();
    Ok(Answered { code, text })
}

/// Whether the beginning of a message, whose content is at `start`, is that of an entry.
pub(super) fn begins_entry(bytes: &[u8], start: usize) -> bool {
    entry(bytes, start).is_some()
}

/// Whether the beginning of a message ends among the members of a group, or the groups of a member.
pub(super) fn is_among_members(bytes: &[u8], start: usize) -> bool {
    unfinished_attribute(bytes, start).is_some_and(|description| {
        let name = description.split(|byte| *byte == b';').next().unwrap_or_default().to_ascii_lowercase();
        MEMBERS.iter().chain(&["memberof"]).any(|members| members.as_bytes() == name)
    })
}

/// Where the content of the entry begins, of which a message may have only the beginning.
fn entry(bytes: &[u8], start: usize) -> Option<usize> {
    let (tag, id, _) = after(bytes, start)?;
    if tag != INTEGER {
        return None;
    }
    let (tag, _, content) = after(bytes, id)?;
    (tag == ENTRY).then_some(content)
}

/// The description of the attribute in whose middle the bytes end.
fn unfinished_attribute(bytes: &[u8], start: usize) -> Option<&[u8]> {
    let (_, name, _) = after(bytes, entry(bytes, start)?)?;
    let (_, _, mut at) = after(bytes, name)?;
    loop {
        let (_, end, content) = after(bytes, at)?;
        if end > bytes.len() {
            let (_, end, description) = after(bytes, content)?;
            return bytes.get(description..end);
        }
        at = end;
    }
}

/// The tag of the element at `at`, where it ends, and where its content begins.
fn after(bytes: &[u8], at: usize) -> Option<(u8, usize, usize)> {
    let (tag, head, length) = ber::header(bytes.get(at..)?).ok()??;
    let content = at + head;
    Some((tag, content.checked_add(length)?, content))
}

fn check_controls(bytes: &[u8], controls: &Element) -> Result<(), Malformed> {
    for control in ber::elements(bytes, controls.start, controls.end)? {
        if control.tag != SEQUENCE {
            return Err("a control that is none");
        }
        let parts = ber::elements(bytes, control.start, control.end)?;
        let tags: Vec<u8> = parts.iter().map(|part| part.tag).collect();
        let name = parts.first().filter(|name| std::str::from_utf8(name.of(bytes)).is_ok());
        let critical = parts.get(1).filter(|part| part.tag == BOOLEAN);
        let known = matches!(
            tags.as_slice(),
            [OCTETS] | [OCTETS, OCTETS] | [OCTETS, BOOLEAN] | [OCTETS, BOOLEAN, OCTETS]
        );
        if name.is_none() || !known || critical.is_some_and(|flag| flag.of(bytes).is_empty()) {
            return Err("a control that is none");
        }
    }
    Ok(())
}

fn clean(bytes: &mut [u8], text: &Element) {
    let Some(text) = bytes.get_mut(text.start..text.end) else { return };
    let mut at = 0;
    while let Err(mistake) = std::str::from_utf8(&text[at..]) {
        at += mistake.valid_up_to();
        text[at] = b'?';
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A short element.
    fn element(tag: u8, content: &[u8]) -> Vec<u8> {
        [&[tag, u8::try_from(content.len()).unwrap()], content].concat()
    }

    fn done(code: u8, text: &[u8], extra: &[u8]) -> Vec<u8> {
        let result =
            [element(ENUMERATED, &[code]), element(OCTETS, b""), element(OCTETS, text), extra.to_vec()]
                .concat();
        element(SEQUENCE, &[element(INTEGER, &[7]), element(DONE, &result)].concat())
    }

    #[test]
    fn results_are_read_and_their_text_is_made_utf8() {
        let mut message = done(4, b"Gr\xf6\xdfe", b"");
        assert_eq!(check(&mut message), Ok(Meaning::Result(Answered { code: 4, text: "Gr??e".to_owned() })));
        assert!(message.windows(5).any(|window| window == b"Gr??e"));
    }

    #[test]
    fn a_farewell_has_a_reason() {
        let text = element(OCTETS, b"going down");
        let result = [element(ENUMERATED, &[52]), element(OCTETS, b""), text].concat();
        let name = element(0x8a, b"1.3.6.1.4.1.1466.20036");
        let proper = element(EXTENDED_RESPONSE, &[result.clone(), name.clone()].concat());
        let outside = [element(EXTENDED_RESPONSE, &result), name].concat();
        for operation in [proper, outside] {
            let mut message = element(SEQUENCE, &[element(INTEGER, &[0]), operation].concat());
            assert!(matches!(
                check(&mut message),
                Ok(Meaning::Disconnection(Answered { code: 52, text: _ }))
            ));
        }
    }

    #[test]
    fn what_would_break_the_client_is_refused() {
        let deep = (0..100).fold(Vec::new(), |inner, _| {
            let length = u32::try_from(inner.len()).unwrap().to_be_bytes();
            [&[SEQUENCE, 0x84], length.as_slice(), &inner].concat()
        });
        let id = element(INTEGER, &[7]);
        for mut message in [
            deep,
            element(SEQUENCE, &[id.clone(), element(DONE, b"")].concat()),
            element(SEQUENCE, &[id.clone(), element(DONE, &element(ENUMERATED, &[0]))].concat()),
            element(SEQUENCE, &[id.clone(), element(0x67, b"")].concat()),
            element(SEQUENCE, &id),
            element(SEQUENCE, b""),
            done(0, b"", &element(0x0c, b"")),
            // Inner length beyond the outer one: the client would wait for ever.
            vec![SEQUENCE, 3, INTEGER, 5, 1],
            vec![SEQUENCE, 0x80, 0, 0],
        ] {
            assert!(check(&mut message).is_err(), "{message:?}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_checked_without_a_panic(mut message in prop::collection::vec(any::<u8>(), 0..60), flips in prop::collection::vec((0_usize..40, any::<u8>()), 0..4)) {
            let _ = check(&mut message);
            let control = element(0xa0, &element(SEQUENCE, &[element(OCTETS, b"1.2"), element(OCTETS, b"x")].concat()));
            let mut message = done(0, b"text", b"");
            let inner = [&message[2..], control.as_slice()].concat();
            message = element(SEQUENCE, &inner);
            for (at, byte) in flips {
                if let Some(place) = message.get_mut(at) {
                    *place = byte;
                }
            }
            let _ = check(&mut message);
        }
    }
}
