//! The part of the Basic Encoding Rules that LDAP allows (RFC 4511, section 5.1): definite lengths, short tags.
//!
//! The client library trusts what it decodes: a message that contradicts itself makes its task panic, wait for ever or
//! overflow the stack. So every message is walked through here first.

use super::bounds::{TOO_MANY_ELEMENTS, most_elements};

/// A well-formed LDAP message is seven levels deep at most; controls may bring a few more.
const DEPTH: usize = 32;

pub(super) const INTEGER: u8 = 0x02;
pub(super) const OCTETS: u8 = 0x04;
pub(super) const ENUMERATED: u8 = 0x0a;
pub(super) const BOOLEAN: u8 = 0x01;
pub(super) const SEQUENCE: u8 = 0x30;

/// One element: its tag byte and where its content lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Element {
    pub(super) tag: u8,
    pub(super) start: usize,
    pub(super) end: usize,
}

impl Element {
    pub(super) fn of<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        bytes.get(self.start..self.end).unwrap_or_default()
    }
}

/// Why bytes are no message.
pub(super) type Malformed = &'static str;

/// The tag, where the content begins, and how long it is. `None`: more bytes are needed.
pub(super) fn header(bytes: &[u8]) -> Result<Option<(u8, usize, usize)>, Malformed> {
    let Some((tag, rest)) = bytes.split_first() else { return Ok(None) };
    if tag & 0x1f == 0x1f {
        return Err("a tag of several bytes");
    }
    let Some((first, rest)) = rest.split_first() else { return Ok(None) };
    if *first < 0x80 {
        return Ok(Some((*tag, 2, usize::from(*first))));
    }
    let count = usize::from(first & 0x7f);
    if count == 0 || count > 8 {
        return Err("a length that is not definite");
    }
    let Some(digits) = rest.get(..count) else { return Ok(None) };
    let length = digits
        .iter()
        .try_fold(0_usize, |length, byte| length.checked_mul(256)?.checked_add(usize::from(*byte)));
    let length = length.filter(|length| isize::try_from(*length).is_ok()).ok_or("a length without limit")?;
    Ok(Some((*tag, 2 + count, length)))
}

/// The element that begins at `at` and ends at `end` or before.
pub(super) fn element(bytes: &[u8], at: usize, end: usize) -> Result<Element, Malformed> {
    let rest = bytes.get(at..end).ok_or("an element beyond its frame")?;
    let (tag, head, length) = header(rest)?.ok_or("an element without an end")?;
    let start = at + head;
    let end =
        start.checked_add(length).filter(|stop| *stop <= end).ok_or("an element longer than its frame")?;
    Ok(Element { tag, start, end })
}

/// The elements that fill `range` of `bytes`, exactly, one after the other.
pub(super) fn each(
    bytes: &[u8],
    start: usize,
    end: usize,
) -> impl Iterator<Item = Result<Element, Malformed>> {
    let mut at = start;
    std::iter::from_fn(move || {
        let found = (at < end).then(|| element(bytes, at, end))?;
        at = found.map_or(end, |element| element.end);
        Some(found)
    })
}

/// All of them.
pub(super) fn elements(bytes: &[u8], start: usize, end: usize) -> Result<Vec<Element>, Malformed> {
    each(bytes, start, end).collect()
}

/// Walks through everything below `range`, and tells how many elements there are.
pub(super) fn check(bytes: &[u8], start: usize, end: usize) -> Result<usize, Malformed> {
    fn walk(bytes: &[u8], start: usize, end: usize, depth: usize, left: &mut usize) -> Result<(), Malformed> {
        if depth > DEPTH {
            return Err("elements nested too deeply");
        }
        let mut at = start;
        while at < end {
            let element = element(bytes, at, end)?;
            *left = left.checked_sub(1).ok_or(TOO_MANY_ELEMENTS)?;
            if element.tag & 0x20 != 0 {
                walk(bytes, element.start, element.end, depth + 1, left)?;
            }
            at = element.end;
        }
        Ok(())
    }
    let most = most_elements(end.saturating_sub(start));
    let mut left = most;
    walk(bytes, start, end, 0, &mut left)?;
    Ok(most - left)
}

/// A non-negative number.
pub(super) fn number(bytes: &[u8]) -> Option<u32> {
    match bytes {
        [] => None,
        [first, ..] if first & 0x80 != 0 => None,
        _ => bytes
            .iter()
            .try_fold(0_u32, |number, byte| number.checked_mul(256)?.checked_add(u32::from(*byte))),
    }
}
