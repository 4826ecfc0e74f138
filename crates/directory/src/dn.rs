//! Distinguished names, compared by what they mean (RFC 4514) and not by how they are spelled.
//!
//! Servers spell one name in several ways: `member: CN=Jane\2C Doe,DC=Example` and `dn: cn=Jane\, Doe, dc=example` are
//! one entry. Without a schema every value is compared as directory text: letter case, Unicode form and runs of spaces
//! do not matter (RFC 4518).

use std::cmp::Ordering;
use std::fmt;
use unicode_normalization::UnicodeNormalization as _;

/// A distinguished name: its spelling, and the normal form that equality and order use.
#[derive(Debug, Clone)]
pub struct Dn {
    text: String,
    /// One normalised relative name per level, the entry's own first.
    levels: Vec<String>,
}

/// Why a text is no distinguished name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a distinguished name: {reason}, at character {position}")]
pub struct DnError {
    /// Counted in characters from 1.
    pub position: usize,
    /// What is wrong there.
    pub reason: &'static str,
}

impl Dn {
    /// Reads RFC 4514, and what older servers write (RFC 2253, section 4): spaces around separators, `;`, quotes.
    /// The empty text is the root.
    pub fn parse(text: &str) -> Result<Self, DnError> {
        let mut reader = Reader { text, at: 0 };
        let levels = reader.levels()?;
        Ok(Self { text: text.trim().to_owned(), levels })
    }

    /// As spelled.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The spelling all spellings of this name have in common; parsing it gives it again.
    pub fn normal(&self) -> String {
        self.levels.join(",")
    }

    /// Whether this is `base` or lies anywhere below it.
    pub fn is_under(&self, base: &Dn) -> bool {
        self.levels.ends_with(&base.levels)
    }

    /// Its relative names, normalised, the entry's own first.
    pub(crate) fn levels(&self) -> &[String] {
        &self.levels
    }

    /// Whether one of its levels is this normalised relative name (`cn=compat`).
    pub(crate) fn has_level(&self, normal: &str) -> bool {
        self.levels.iter().any(|level| level == normal)
    }

    /// The value of the entry's own relative name, normalised and without its type.
    pub(crate) fn own_value(&self) -> Option<&str> {
        self.levels.first().and_then(|level| level.split_once('=')).map(|(_, value)| value)
    }
}

impl PartialEq for Dn {
    fn eq(&self, other: &Self) -> bool {
        self.levels == other.levels
    }
}
impl Eq for Dn {}
impl PartialOrd for Dn {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Dn {
    fn cmp(&self, other: &Self) -> Ordering {
        self.levels.cmp(&other.levels)
    }
}
impl fmt::Display for Dn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// What two spellings of one name share, for any bytes a server sends as a name. Bytes that are no DN still equal
/// themselves, so that a broken name is never mistaken for an absent one.
pub(crate) fn key(bytes: &[u8]) -> String {
    let mut key = Vec::with_capacity(bytes.len());
    write_key(bytes, &mut key);
    String::from_utf8(key).expect("keys are written as text")
}

/// The same, written behind what is there.
pub(crate) fn write_key(bytes: &[u8], to: &mut Vec<u8>) {
    write_key_below(bytes, to, &mut Vec::new());
}

/// The same. `parent` is the end of a name that was its own key, from a comma on: whoever stands there, too, need not be looked
/// at so far, and nearly everybody stands where the one before them does.
pub(crate) fn write_key_below(bytes: &[u8], to: &mut Vec<u8>, parent: &mut Vec<u8>) {
    let start = to.len();
    to.extend_from_slice(bytes);
    let lower = &mut to[start..];
    lower.make_ascii_lowercase();
    let comma = lower.iter().position(|byte| *byte == b',').unwrap_or(lower.len());
    let (own, above) = lower.split_at(comma);
    if above == parent.as_slice() && is_plain(own) {
        return;
    }
    if is_plain(lower) {
        above.clone_into(parent);
        return;
    }
    to.truncate(start);
    match std::str::from_utf8(bytes).ok().and_then(|text| Dn::parse(text).ok()) {
        Some(dn) => to.extend_from_slice(dn.normal().as_bytes()),
        None => {
            to.push(b'\\');
            to.extend_from_slice(hex(bytes).as_bytes());
        }
    }
}

/// Whether a name in lower case is its own key: ASCII without anything to escape, spelled as servers spell it. Nearly
/// all names are like that, every entry and every member of a group has one, and they cost much of a large read.
fn is_plain(name: &[u8]) -> bool {
    name.split(|byte| *byte == b',').all(|level| {
        let Some(at) = level.iter().position(|byte| *byte == b'=') else { return false };
        let (kind, value) = (&level[..at], &level[at + 1..]);
        let is_kind =
            !kind.is_empty() && kind.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-');
        // A space at an end, or a second one in a row, has no meaning.
        let is_spaced = |value: &[u8]| value.split(|byte| *byte == b' ').all(|word| !word.is_empty());
        is_kind
            // It may have another, shorter name.
            && std::str::from_utf8(kind).is_ok_and(|kind| short_name(kind) == kind)
            && value.iter().all(|byte| PLAIN[usize::from(*byte)])
            && is_spaced(value)
    })
}

/// Which bytes of a value in lower case mean themselves.
const PLAIN: [bool; 256] = {
    let mut plain = [false; 256];
    let mut byte = b' ';
    while byte <= b'~' {
        plain[byte as usize] = !matches!(byte, b'+' | b'"' | b'\\' | b'<' | b'>' | b';' | b'=' | b'#')
            && !byte.is_ascii_uppercase();
        byte += 1;
    }
    plain
};

/// The name in a `uniqueMember` value, which may carry an identifier after it: `cn=x#'0101'B` (RFC 4517, 3.3.21).
pub(crate) fn name_of_unique_member(bytes: &[u8]) -> &[u8] {
    let name = bytes.strip_suffix(b"'B").and_then(|rest| {
        let hash = rest.iter().rposition(|b| *b == b'#')?;
        let bits = rest.get(hash + 1..)?.strip_prefix(b"'")?;
        bits.iter().all(|b| matches!(b, b'0' | b'1')).then(|| &rest[..hash])
    });
    name.unwrap_or(bytes)
}

/// Lower-case hex digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Directory text as servers compare it (RFC 4518): Unicode form and letter case do not matter, runs of spaces are one.
///
/// Full case folding, unlike the key of an Adobe account: `İ` is not `i` to a directory, and both may be in one.
pub(crate) fn fold_text(text: &str) -> String {
    if text.is_ascii() {
        let words = text.split_whitespace().map(str::to_ascii_lowercase);
        return words.collect::<Vec<_>>().join(" ");
    }
    let lower = text.nfc().flat_map(char::to_lowercase).map(|c| if c == 'ς' { 'σ' } else { c });
    lower.nfc().collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn levels(&mut self) -> Result<Vec<String>, DnError> {
        let mut levels = Vec::new();
        self.spaces();
        if self.peek().is_none() {
            return Ok(levels);
        }
        loop {
            let mut parts = vec![self.part()?];
            while self.peek() == Some('+') {
                self.next();
                parts.push(self.part()?);
            }
            // The values of one level are a set (X.501).
            parts.sort();
            levels.push(parts.join("+"));
            match self.next() {
                None => return Ok(levels),
                Some(',' | ';') => {}
                Some(_) => return Err(self.error("`,` or `+` expected")),
            }
        }
    }

    fn part(&mut self) -> Result<String, DnError> {
        self.spaces();
        let kind = self.kind()?;
        self.spaces();
        if self.next() != Some('=') {
            return Err(self.error("`=` expected"));
        }
        self.spaces();
        let value = match self.peek() {
            Some('#') => self.hex_value()?,
            Some('"') => self.quoted()?,
            _ => self.plain()?,
        };
        self.spaces();
        Ok(format!("{kind}={}", normal_value(&value)))
    }

    fn kind(&mut self) -> Result<String, DnError> {
        let start = self.at;
        while self.peek().is_some_and(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_')) {
            self.next();
        }
        let kind = self.text[start..self.at].to_ascii_lowercase();
        if kind.is_empty() {
            self.next();
            return Err(self.error("an attribute type expected"));
        }
        let kind = kind.strip_prefix("oid.").unwrap_or(&kind);
        Ok(short_name(kind).to_owned())
    }

    fn hex_value(&mut self) -> Result<Vec<u8>, DnError> {
        self.next();
        let start = self.at;
        while self.peek().is_some_and(|c| c.is_ascii_hexdigit()) {
            self.next();
        }
        let digits = &self.text[start..self.at];
        let bytes = unhex(digits).filter(|bytes| !bytes.is_empty());
        let bytes = bytes.ok_or_else(|| self.error("`#` wants pairs of hex digits"))?;
        // A BER value. For the string types with a short length it is the string itself.
        match bytes.as_slice() {
            [0x04 | 0x0c | 0x12 | 0x13 | 0x16, length, rest @ ..]
                if usize::from(*length) == rest.len() && *length < 0x80 =>
            {
                Ok(rest.to_vec())
            }
            _ => Ok(format!("#{digits}").into_bytes()),
        }
    }

    fn quoted(&mut self) -> Result<Vec<u8>, DnError> {
        self.next();
        let mut value = Vec::new();
        loop {
            match self.next() {
                None => return Err(self.error("`\"` is not closed")),
                Some('"') => return Ok(value),
                Some('\\') => self.escape(&mut value)?,
                Some(c) => push(&mut value, c),
            }
        }
    }

    fn plain(&mut self) -> Result<Vec<u8>, DnError> {
        let mut value = Vec::new();
        while let Some(c) = self.peek() {
            match c {
                ',' | ';' | '+' => break,
                '"' => {
                    self.next();
                    return Err(self.error("`\"` must be escaped"));
                }
                _ => {
                    self.next();
                    if c == '\\' { self.escape(&mut value)? } else { push(&mut value, c) }
                }
            }
        }
        Ok(value)
    }

    fn escape(&mut self, value: &mut Vec<u8>) -> Result<(), DnError> {
        if let Some(byte) =
            self.text.get(self.at..self.at + 2).and_then(unhex).and_then(|bytes| bytes.first().copied())
        {
            self.at += 2;
            value.push(byte);
            return Ok(());
        }
        match self.next() {
            Some(c) => push(value, c),
            None => return Err(self.error("`\\` at the end")),
        }
        Ok(())
    }

    fn spaces(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.next();
        }
    }

    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    fn error(&self, reason: &'static str) -> DnError {
        DnError { position: self.text[..self.at].chars().count().max(1), reason }
    }
}

fn push(value: &mut Vec<u8>, c: char) {
    value.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
}

/// The bytes that pairs of hexadecimal digits mean.
pub(crate) fn unhex(digits: &str) -> Option<Vec<u8>> {
    let digit = |b: u8| char::from(b).to_digit(16).and_then(|d| u8::try_from(d).ok());
    digits
        .as_bytes()
        .chunks(2)
        .map(|pair| Some(digit(*pair.first()?)? * 16 + digit(*pair.get(1)?)?))
        .collect()
}

fn normal_value(value: &[u8]) -> String {
    let Ok(text) = std::str::from_utf8(value) else {
        return value.iter().map(|byte| format!("\\{}", hex(&[*byte]))).collect();
    };
    let mut normal = String::new();
    for (index, c) in fold_text(text).chars().enumerate() {
        match c {
            ',' | '+' | '"' | '\\' | '<' | '>' | ';' | '=' => normal.extend(['\\', c]),
            '#' if index == 0 => normal.push_str("\\#"),
            '\0' => normal.push_str("\\00"),
            _ => normal.push(c),
        }
    }
    normal
}

/// The types that RFC 4514, section 3, lets be written by name or by number, and the long names people use for them.
fn short_name(kind: &str) -> &str {
    match kind {
        "2.5.4.3" | "commonname" => "cn",
        "2.5.4.6" | "countryname" => "c",
        "2.5.4.7" | "localityname" => "l",
        "2.5.4.8" | "stateorprovincename" => "st",
        "2.5.4.9" | "streetaddress" => "street",
        "2.5.4.10" | "organizationname" => "o",
        "2.5.4.11" | "organizationalunitname" => "ou",
        "0.9.2342.19200300.100.1.25" | "domaincomponent" => "dc",
        "0.9.2342.19200300.100.1.1" | "userid" => "uid",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn normal(text: &str) -> String {
        Dn::parse(text).expect(text).normal()
    }

    #[test]
    fn one_name_in_many_spellings() {
        for spelling in [
            "CN=Jane\\2C  Doe,OU=Büro,DC=Example,DC=com",
            "cn=jane\\, doe , ou=bu\u{308}ro;dc=example,dc=com",
            "2.5.4.3=\"Jane, Doe\",ou=B\\c3\\bcro,dc=example,dc=com",
            "cn=#0c094a616e652c20446f65,ou=büro,dc=example,dc=com",
        ] {
            assert_eq!(normal(spelling), "cn=jane\\, doe,ou=büro,dc=example,dc=com", "{spelling}");
        }
        assert_ne!(normal("cn=İpek"), normal("cn=ipek"));
        assert_eq!(normal("cn=ΟΔΟΣ"), normal("cn=οδος"));
        assert_eq!(normal("uid=1+cn=A,dc=x"), normal("CN=a + UID=1,DC=X"));
    }

    #[test]
    fn below_a_base_means_whole_levels() {
        let base = Dn::parse("DC=example, DC=com").unwrap();
        assert!(Dn::parse("cn=a,dc=example,dc=com").unwrap().is_under(&base));
        assert!(base.is_under(&base));
        assert!(!Dn::parse("cn=a,dc=counterexample,dc=com").unwrap().is_under(&base));
        assert!(base.is_under(&Dn::parse("").unwrap()));
    }

    #[test]
    fn mistakes_have_a_position() {
        let mistake = |text: &str| Dn::parse(text).unwrap_err();
        assert_eq!(mistake("cn=a,oops").position, 9);
        assert_eq!(mistake("cn=a\\").reason, "`\\` at the end");
        assert_eq!(mistake("cn=\"a").reason, "`\"` is not closed");
        assert_eq!(mistake(",cn=a").position, 1);
        assert_eq!(mistake("cn=a,").reason, "an attribute type expected");
        assert_eq!(mistake("cn=a\"b").reason, "`\"` must be escaped");
    }

    #[test]
    fn bytes_that_are_no_name_equal_only_themselves() {
        assert_eq!(key(b"cn=\xff,dc=x"), key(b"cn=\xff,dc=x"));
        assert_ne!(key(b"cn=\xff,dc=x"), key(b"cn=\xfe,dc=x"));
        assert_eq!(name_of_unique_member(b"CN=a,dc=x#'0101'B"), b"CN=a,dc=x");
        assert_eq!(name_of_unique_member(b"cn=a#b,dc=x"), b"cn=a#b,dc=x");
    }

    #[test]
    fn plain_names_are_told_from_others() {
        assert!(is_plain(b"cn=jane (hr) o'doe,dc=x"));
        for other in
            ["", "cn", "cn=", "cn= a", "cn=a ", "cn=a  b", "cn=a, dc=x", "cn=a,", "cn=a=b", "=a", "cn =a"]
        {
            assert!(!is_plain(other.as_bytes()), "{other}");
        }
        for other in [
            "userid=a",
            "cn=A",
            "cn=a\\,b",
            "cn=\"a\"",
            "cn=#61",
            "cn=a+sn=b",
            "cn=a;dc=x",
            "cn=\u{e4}",
            "cn=a\tb",
        ] {
            assert!(!is_plain(other.as_bytes()), "{other}");
        }
    }

    proptest! {
        #[test]
        fn a_plain_name_has_the_key_that_understanding_gives(text in r##"((cn|OU|uid|userId|dc|0\.9\.2342\.19200300\.100\.1\.1|x-y)=([a-zA-Z0-9 .@'_-]|[ ,+\\"#=;<>*]|\\[0-9a-f]{2}|İ|\PC){0,9}[,]?){0,4}"##) {
            let lower = text.to_ascii_lowercase();
            if is_plain(lower.as_bytes()) {
                prop_assert_eq!(&lower, &Dn::parse(&text).expect("a plain name is a name").normal());
            }
            if let Ok(dn) = Dn::parse(&text) {
                prop_assert_eq!(key(text.as_bytes()), dn.normal());
            }
        }

        #[test]
        fn normalising_twice_changes_nothing(text in r##"(cn|OU|2\.5\.4\.10)=(\PC|[ ,+\\"#=;<>]|\\[0-9a-f]{2}|İ|\u{301}){0,20}(,dc=[a-zÄ]{0,5})?"##) {
            if let Ok(dn) = Dn::parse(&text) {
                let again = Dn::parse(&dn.normal()).expect("the normal form is a name");
                prop_assert_eq!(again.normal(), dn.normal());
                prop_assert_eq!(again, dn);
            }
        }

        #[test]
        fn any_text_is_read_or_refused(text in r"\PC*") {
            if let Err(mistake) = Dn::parse(&text) {
                prop_assert!(mistake.position <= text.chars().count().max(1));
            }
        }
    }
}
