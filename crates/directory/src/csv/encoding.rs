//! From bytes to text. Whatever is no character in the file's encoding is noted with its line, never guessed.

use super::flaw::{Flaw, Flaws};
use std::fmt;

/// How the characters of a file are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8, with or without a byte-order mark.
    Utf8,
    /// UTF-16, low byte first.
    Utf16Le,
    /// UTF-16, high byte first.
    Utf16Be,
    /// Windows' western code page, in which Excel saves "CSV" in most of Europe and America.
    Windows1252,
    /// ISO-8859-1, without the control characters from 0x80 to 0x9F: a text that has them is Windows-1252.
    Iso8859_1,
}

impl Encoding {
    /// By the names that IANA has registered.
    pub const WORDS: [(&'static str, Self); 5] = [
        ("utf-8", Self::Utf8),
        ("utf-16le", Self::Utf16Le),
        ("utf-16be", Self::Utf16Be),
        ("windows-1252", Self::Windows1252),
        ("iso-8859-1", Self::Iso8859_1),
    ];

    /// The text that the bytes are, without a mark; `None` where some are no character of this encoding, or the mark is
    /// another's.
    pub fn text(self, bytes: &[u8]) -> Option<String> {
        let mut flaws = Flaws::default();
        decode(bytes, Some(self), &mut flaws).ok().filter(|_| flaws.is_empty())
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Utf8 => "UTF-8",
            Self::Utf16Le => "UTF-16LE",
            Self::Utf16Be => "UTF-16BE",
            Self::Windows1252 => "Windows-1252",
            Self::Iso8859_1 => "ISO-8859-1",
        })
    }
}

/// The byte-order marks (The Unicode Standard, section 23.8).
const MARKS: [(&[u8], Encoding); 3] =
    [(b"\xef\xbb\xbf", Encoding::Utf8), (b"\xff\xfe", Encoding::Utf16Le), (b"\xfe\xff", Encoding::Utf16Be)];

/// What Windows-1252 has from 0x80 to 0x9F. (unicode.org, MAPPINGS/VENDORS/MICSFT/WINDOWS/CP1252.TXT)
const HIGH: [Option<char>; 32] = [
    Some('€'),
    None,
    Some('‚'),
    Some('ƒ'),
    Some('„'),
    Some('…'),
    Some('†'),
    Some('‡'),
    Some('ˆ'),
    Some('‰'),
    Some('Š'),
    Some('‹'),
    Some('Œ'),
    None,
    Some('Ž'),
    None,
    None,
    Some('‘'),
    Some('’'),
    Some('“'),
    Some('”'),
    Some('•'),
    Some('–'),
    Some('—'),
    Some('˜'),
    Some('™'),
    Some('š'),
    Some('›'),
    Some('œ'),
    None,
    Some('ž'),
    Some('Ÿ'),
];

/// The text without its mark. The error: the file is marked as the first and stated to be the second.
pub(super) fn decode(
    bytes: &[u8],
    stated: Option<Encoding>,
    flaws: &mut Flaws,
) -> Result<String, (Encoding, Encoding)> {
    let marked = MARKS.iter().find(|(mark, _)| bytes.starts_with(mark));
    let encoding = match (marked, stated) {
        (Some((_, marked)), Some(stated)) if *marked != stated => return Err((*marked, stated)),
        (Some((_, marked)), _) => *marked,
        (None, stated) => stated.unwrap_or(Encoding::Utf8),
    };
    let bytes = &bytes[marked.map_or(0, |(mark, _)| mark.len())..];
    let mut text = Text { encoding, text: String::with_capacity(bytes.len()), line: 1, flaws };
    match encoding {
        Encoding::Utf8 => {
            for chunk in bytes.utf8_chunks() {
                chunk.valid().chars().for_each(|c| text.push(Some(c)));
                if !chunk.invalid().is_empty() {
                    text.push(None);
                }
            }
        }
        Encoding::Utf16Le => text.utf16(bytes, u16::from_le_bytes),
        Encoding::Utf16Be => text.utf16(bytes, u16::from_be_bytes),
        Encoding::Windows1252 => bytes.iter().for_each(|byte| {
            text.push(match byte {
                0x80..=0x9f => HIGH[usize::from(byte - 0x80)],
                byte => Some(char::from(*byte)),
            });
        }),
        Encoding::Iso8859_1 => bytes.iter().for_each(|byte| {
            text.push((!matches!(byte, 0x80..=0x9f)).then(|| char::from(*byte)));
        }),
    }
    Ok(text.text)
}

struct Text<'a> {
    encoding: Encoding,
    text: String,
    line: usize,
    flaws: &'a mut Flaws,
}

impl Text<'_> {
    /// `None`: what stands here is no character.
    fn push(&mut self, c: Option<char>) {
        if c.is_none() {
            self.flaws.note(self.line, Flaw::Undecodable(self.encoding));
        }
        self.text.push(c.unwrap_or(char::REPLACEMENT_CHARACTER));
        self.line += usize::from(c == Some('\n'));
    }

    fn utf16(&mut self, bytes: &[u8], unit: fn([u8; 2]) -> u16) {
        let (pairs, rest) = bytes.as_chunks();
        for c in char::decode_utf16(pairs.iter().map(|pair| unit(*pair))) {
            self.push(c.ok());
        }
        if !rest.is_empty() {
            self.push(None);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(bytes: &[u8], stated: Option<Encoding>) -> String {
        let mut flaws = Flaws::default();
        let text = decode(bytes, stated, &mut flaws).unwrap();
        assert!(flaws.is_empty(), "{flaws}");
        text
    }

    fn flawed(bytes: &[u8], stated: Option<Encoding>) -> String {
        let mut flaws = Flaws::default();
        decode(bytes, stated, &mut flaws).unwrap();
        flaws.to_string()
    }

    fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(bytes).collect()
    }

    #[test]
    fn a_mark_or_a_statement_says_how_the_file_is_written() {
        let text = "Zoë 𝒵, 5 €\n";
        assert_eq!(decoded(text.as_bytes(), None), text);
        for stated in [None, Some(Encoding::Utf8)] {
            assert_eq!(decoded(format!("\u{feff}{text}").as_bytes(), stated), text);
        }
        assert_eq!(decoded(&utf16(text, u16::to_le_bytes), Some(Encoding::Utf16Le)), text);
        assert_eq!(decoded(&utf16(text, u16::to_be_bytes), Some(Encoding::Utf16Be)), text);
        assert_eq!(decoded(&utf16(&format!("\u{feff}{text}"), u16::to_le_bytes), None), text);
        assert_eq!(decoded(&utf16(&format!("\u{feff}{text}"), u16::to_be_bytes), None), text);
        assert_eq!(decoded(b"Zo\xeb, 5 \x80\n", Some(Encoding::Windows1252)), "Zoë, 5 €\n");
        assert_eq!(decoded(b"Zo\xeb\n", Some(Encoding::Iso8859_1)), "Zoë\n");
    }

    #[test]
    fn a_mark_that_contradicts_the_statement_is_no_reason_to_guess() {
        let read = |bytes: &[u8], stated| decode(bytes, Some(stated), &mut Flaws::default());
        assert_eq!(read(b"\xff\xfea\0", Encoding::Utf16Be), Err((Encoding::Utf16Le, Encoding::Utf16Be)));
        assert_eq!(
            read(b"\xef\xbb\xbfa", Encoding::Windows1252),
            Err((Encoding::Utf8, Encoding::Windows1252))
        );
    }

    #[test]
    fn what_is_no_character_has_its_line() {
        let told = flawed(b"a\nZo\xeb\nb\n\xc3\n", None);
        assert!(
            told.starts_with("2 rows cannot be read\n  line 2: bytes that are no UTF-8\n  line 4: "),
            "{told}"
        );
        assert!(told.ends_with("or write it in UTF-8"), "{told}");
        // Half a pair, and half a unit.
        let told = flawed(b"a\0\n\0\x3d\xd8\n\0b", Some(Encoding::Utf16Le));
        assert!(told.contains("line 2: bytes that are no UTF-16LE\n  line 3: "), "{told}");
        assert!(flawed(b"a\n\x81\n", Some(Encoding::Windows1252)).contains("line 2: "));
        assert!(flawed(b"a\n\x80\n", Some(Encoding::Iso8859_1)).contains("line 2: "));
    }
}
