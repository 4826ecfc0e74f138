//! A handful of texts in one piece: there are millions of accounts, and a piece of memory for each of their names would be
//! most of what a run holds.

use crate::ahead::fetch;
use std::fmt;

/// A number is written in digits of six bits, the lowest first; all but the last have another bit set. Each digit is an ASCII
/// character, so that what begins with numbers and goes on as text is text.
const BITS: u32 = 6;
const MORE: u8 = 1 << BITS;

pub(crate) fn push_number(text: &mut String, mut number: usize) {
    loop {
        let digit = (number % usize::from(MORE)) as u8;
        number >>= BITS;
        text.push(char::from(if number == 0 { digit } else { digit | MORE }));
        if number == 0 {
            return;
        }
    }
}

/// How many digits it takes.
fn digits(number: usize) -> usize {
    (usize::BITS - number.leading_zeros()).div_ceil(BITS).max(1) as usize
}

/// Takes the number with which a text begins, and goes on behind it.
#[inline]
pub(crate) fn take_number(text: &[u8], at: &mut usize) -> usize {
    // Nearly all are short.
    match text.get(*at) {
        Some(digit) if digit & MORE == 0 => {
            *at += 1;
            usize::from(*digit)
        }
        _ => take_long_number(text, at),
    }
}

fn take_long_number(text: &[u8], at: &mut usize) -> usize {
    let (mut number, mut shift) = (0, 0);
    for digit in &text[*at..] {
        *at += 1;
        number |= usize::from(digit & (MORE - 1)) << shift;
        shift += BITS;
        if digit & MORE == 0 {
            break;
        }
    }
    number
}

/// So many texts, each of which may be absent.
///
/// They stand one after the other, behind their lengths: one more than each is written, so that nothing stands for an absent
/// text. The longest belongs at the end.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Texts<const N: usize>(Box<str>);

impl<const N: usize> Texts<N> {
    pub(crate) fn of(texts: [Option<&str>; N]) -> Self {
        let number = |text: &Option<&str>| text.map_or(0, |text| text.len() + 1);
        let length: usize = texts.iter().flatten().map(|text| text.len()).sum();
        // As much as it takes: there may be millions of them.
        let digits: usize = texts.iter().map(number).map(digits).sum();
        let mut all = String::with_capacity(digits + length);
        texts.iter().for_each(|text| push_number(&mut all, number(text)));
        texts.iter().flatten().for_each(|text| all.push_str(text));
        Self(all.into())
    }

    /// The text at this place, of which there are `N`.
    pub(crate) fn get(&self, place: usize) -> Option<&str> {
        let (lengths, from) = self.lengths();
        let before: usize = lengths[..place].iter().map(|length| length.saturating_sub(1)).sum();
        let (from, length) = (from + before, lengths[place].checked_sub(1)?);
        Some(&self.0[from..from + length])
    }

    /// How long each is, and one more where it is there at all, and where the first one begins.
    #[inline]
    fn lengths(&self) -> ([usize; N], usize) {
        let bytes = self.0.as_bytes();
        // Nearly always each has one digit, but perhaps the last.
        if let Some(digits) = bytes.first_chunk::<N>()
            && digits[..N - 1].iter().fold(0, |all, digit| all | digit) & MORE == 0
        {
            let (mut lengths, mut from) = (digits.map(usize::from), N - 1);
            lengths[N - 1] = take_number(bytes, &mut from);
            return (lengths, from);
        }
        let mut from = 0;
        ([(); N].map(|()| take_number(bytes, &mut from)), from)
    }

    /// Fetches the memory in which they stand, see [`ahead`](crate::ahead).
    pub(crate) fn fetch(&self) -> u8 {
        fetch(&self.0)
    }

    /// All of them as they are held: what is held like this, are the same texts.
    pub(crate) fn as_held(&self) -> &str {
        &self.0
    }

    pub(crate) fn all(&self) -> [Option<&str>; N] {
        let (lengths, mut from) = self.lengths();
        lengths.map(|length| {
            let length = length.checked_sub(1)?;
            let text = &self.0[from..from + length];
            from += length;
            Some(text)
        })
    }
}

impl<const N: usize> fmt::Debug for Texts<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.all()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn absent_is_not_empty() {
        let texts = Texts::of([Some(""), None, Some("ü")]);
        assert_eq!(texts.all(), [Some(""), None, Some("ü")]);
    }

    proptest! {
        #[test]
        fn what_is_put_in_comes_out(lengths in proptest::array::uniform4(proptest::option::of(prop_oneof![0..70_usize, 4_000..4_200_usize]))) {
            let texts = lengths.map(|length| length.map(|length| "ä".repeat(length)));
            let given = texts.each_ref().map(|text| text.as_deref());
            let held = Texts::of(given);
            prop_assert_eq!(held.all(), given);
            let numbers = given.map(|text| digits(text.map_or(0, |text| text.len() + 1)));
            let length: usize = given.iter().flatten().map(|text| text.len()).sum();
            prop_assert_eq!(held.0.len(), numbers.iter().sum::<usize>() + length);
            prop_assert!((0..4).all(|place| held.get(place) == given[place]));
        }
    }
}
