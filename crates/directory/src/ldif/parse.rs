//! From bytes to records: the content format of RFC 2849, and what common exporters put around it.

use crate::record::{Record, range};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::collections::BTreeMap;

/// A mistake and its line, counted from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mistake {
    pub(super) line: usize,
    pub(super) reason: String,
}

/// All records of a file.
#[derive(Debug, Default)]
pub(super) struct Content {
    pub(super) records: Vec<Record>,
    /// How many entries `ldapsearch` says it printed, over all searches in the file.
    pub(super) promised: Option<usize>,
    /// How a search in the file ended, when not with success.
    pub(super) failed: Option<String>,
    /// The line of a page after which more was to come.
    pub(super) unfinished: Option<usize>,
}

pub(super) fn content(bytes: &[u8]) -> Result<Content, Mistake> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return refuse(
            1,
            "this file is UTF-16, LDIF is UTF-8; export it again without the Unicode option (`ldifde -u`) or convert it",
        );
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    // Every line ends with a line end (RFC 2849, "SEP"), so a file without the last one was probably cut.
    if bytes.last().is_some_and(|byte| *byte != b'\n') {
        let line = bytes.split(|byte| *byte == b'\n').count();
        return refuse(
            line,
            "the file ends inside this line; export it again, or end the line if it is complete",
        );
    }
    let mut reader = Reader::default();
    for line in unfold(bytes)? {
        reader.line(line)?;
    }
    reader.end_record()?;
    Ok(reader.content)
}

/// A line with its continuations, without its end.
struct Line {
    number: usize,
    bytes: Vec<u8>,
}

fn unfold(bytes: &[u8]) -> Result<Vec<Line>, Mistake> {
    let mut lines: Vec<Line> = Vec::new();
    for (index, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        match (line.strip_prefix(b" "), lines.last_mut()) {
            (Some(rest), Some(last)) if !last.bytes.is_empty() => last.bytes.extend_from_slice(rest),
            (Some(rest), _) if !rest.iter().all(u8::is_ascii_whitespace) => {
                return refuse(
                    index + 1,
                    "a line that begins with a space continues the line before it, and there is none",
                );
            }
            (Some(_), _) => lines.push(Line { number: index + 1, bytes: Vec::new() }),
            (None, _) => lines.push(Line { number: index + 1, bytes: line.to_vec() }),
        }
    }
    Ok(lines)
}

#[derive(Default)]
struct Reader {
    content: Content,
    /// Where each entry began, by the key of its name.
    seen: BTreeMap<String, usize>,
    current: State,
}

#[derive(Default)]
enum State {
    #[default]
    Between,
    Entry(usize, Record),
    /// The `search: 2`, `result: 0 Success` with which `ldapsearch` ends.
    Trailer,
}

impl Reader {
    fn line(&mut self, line: Line) -> Result<(), Mistake> {
        let number = line.number;
        if line.bytes.is_empty() {
            return self.end_record();
        }
        if let Some(comment) = line.bytes.strip_prefix(b"#") {
            self.comment(comment);
            return Ok(());
        }
        let (name, value) = split(number, &line.bytes)?;
        match (&mut self.current, name.to_ascii_lowercase().as_str()) {
            (State::Between, "version") => match value.as_slice() {
                b"1" => {}
                _ => return refuse(number, "only version 1 of LDIF is known"),
            },
            (State::Between, "dn") => self.current = State::Entry(number, Record::new(value)),
            (State::Between, "search") => self.current = State::Trailer,
            (State::Between, "ref") => {
                return refuse(
                    number,
                    "the export refers to another server and lacks what is there; export each server and join the files, or remove this record",
                );
            }
            (State::Between, _) => return refuse(number, "a record begins with `dn:`"),
            (State::Trailer, "result") if value != b"0" && !value.starts_with(b"0 ") => {
                self.content.failed = Some(format!(
                    "line {number}: its search ended with `result: {}`",
                    String::from_utf8_lossy(&value)
                ));
            }
            // The next page, if there is one, ends with a line of this kind, too.
            (State::Trailer, "pagedresults") => {
                self.content.unfinished = (value != b"cookie=").then_some(number);
            }
            (State::Trailer, "dn") => {
                return refuse(number, "a `dn:` at the end of a search; an empty line is missing before it");
            }
            (State::Trailer, _) => {}
            (State::Entry(_, _), "dn") => {
                return refuse(number, "a second `dn:` in one record; an empty line is missing before it");
            }
            (State::Entry(_, _), "changetype" | "control") => {
                return refuse(
                    number,
                    "this record is a change, not an entry; export the entries themselves",
                );
            }
            (State::Entry(_, record), _) => match range(&name) {
                // Active Directory exports big groups so, and the other members are missing.
                Some((attribute, from, to)) if from > 0 || to.is_some() => {
                    return refuse(
                        number,
                        &format!(
                            "only a part of `{attribute}` was exported (`{name}`); read this directory by LDAP, or export all of it"
                        ),
                    );
                }
                Some((attribute, _, _)) => record.add(&attribute, &value),
                None => record.add(&name, &value),
            },
        }
        Ok(())
    }

    fn comment(&mut self, comment: &[u8]) {
        let count = std::str::from_utf8(comment)
            .ok()
            .and_then(|text| text.trim().strip_prefix("numEntries:")?.trim().parse::<usize>().ok());
        if let Some(count) = count {
            self.content.promised = Some(self.content.promised.unwrap_or(0) + count);
        }
    }

    fn end_record(&mut self) -> Result<(), Mistake> {
        let State::Entry(line, record) = std::mem::take(&mut self.current) else {
            return Ok(());
        };
        if let Some(first) = self.seen.insert(record.key(), line) {
            return refuse(line, &format!("`{}` is here and in line {first}", record.shown_dn()));
        }
        self.content.records.push(record);
        Ok(())
    }
}

/// `name: text`, `name:: base64`, `name:< url`.
fn split(number: usize, line: &[u8]) -> Result<(String, Vec<u8>), Mistake> {
    let Some(colon) = line.iter().position(|byte| *byte == b':') else {
        return refuse(
            number,
            "`name: value` expected; a value of several lines continues with a space at the beginning of the line",
        );
    };
    let allowed =
        |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b';' | b'=' | b'*');
    let name = match std::str::from_utf8(&line[..colon]) {
        Ok(name) if !name.is_empty() && name.bytes().all(|byte| allowed(&byte)) => name.to_owned(),
        _ => return refuse(number, "there is no attribute name before the `:`"),
    };
    let rest = &line[colon + 1..];
    let spaces = |bytes: &[u8]| bytes.iter().take_while(|byte| **byte == b' ').count();
    let value = match rest.first() {
        Some(b':') => {
            let digits = rest[1..].trim_ascii();
            STANDARD
                .decode(digits)
                .or_else(|_| refuse(number, &format!("the value of `{name}` is not base64")))?
        }
        Some(b'<') => {
            return refuse(
                number,
                &format!(
                    "the value of `{name}` stands elsewhere (`:<`); write it here, in base64 after `::`"
                ),
            );
        }
        _ => rest[spaces(rest)..].to_vec(),
    };
    Ok((name, value))
}

fn refuse<T>(line: usize, reason: &str) -> Result<T, Mistake> {
    Err(Mistake { line, reason: reason.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn mistake(text: &str) -> (usize, String) {
        let mistake = content(text.as_bytes()).unwrap_err();
        (mistake.line, mistake.reason)
    }

    #[test]
    fn every_form_of_a_line() {
        let file = "\u{feff}version: 1\r\n# a comment\r\n  folded\r\ndn:: Y249w6QsZGM9eA==\r\ncn: ä\r\nsn;lang-en:  Long\r\n er\r\nmail:\r\n\r\n \r\n\r\ndn: cn=b,dc=x\r\nphoto:: /w==\n";
        let content = content(file.as_bytes()).unwrap();
        let [first, second] = content.records.as_slice() else { panic!("two records") };
        assert_eq!(first.shown_dn(), "cn=ä,dc=x");
        assert!(first.values("sn").eq([b"Longer"]));
        assert!(first.values("mail").eq([b""]));
        assert!(second.values("photo").eq([[0xff]]));
    }

    #[test]
    fn mistakes_have_a_line() {
        assert_eq!(mistake("dn: cn=a\ncn: a\nchangetype: add\n").0, 3);
        assert_eq!(mistake("dn: cn=a\ncontrol: 1.2\n").0, 2);
        assert_eq!(mistake("dn: cn=a\nphoto:< file:///x\n").0, 2);
        assert_eq!(mistake("dn: cn=a\nphoto:: !\n"), (2, "the value of `photo` is not base64".to_owned()));
        assert_eq!(
            mistake("dn: cn=a,dc=x\n\ndn: CN=A, dc=x\n"),
            (3, "`CN=A, dc=x` is here and in line 1".to_owned())
        );
        assert_eq!(mistake("dn: cn=a\nmember;range=0-1499: cn=b\n").0, 2);
        assert!(content(b"dn: cn=a\nmember;range=0-*: cn=b\n").is_ok());
        assert_eq!(mistake("version: 2\n").0, 1);
        assert_eq!(mistake("cn: a\n").0, 1);
        assert_eq!(mistake("\n folded\n").0, 2);
        assert_eq!(mistake("dn: cn=a\nnothing\n").0, 2);
        assert_eq!(mistake("dn: cn=a\ndn: cn=b\n").0, 2);
        assert_eq!(mistake("search: 2\nresult: 0 Success\ndn: cn=b\n").0, 3);
        assert_eq!(mistake("ref: ldap://other/\n").0, 1);
        assert_eq!(mistake("dn: cn=a\nmail: a@exam").0, 2);
        assert!(content(&[0xff, 0xfe, b'd', 0]).unwrap_err().reason.contains("UTF-16"));
    }

    #[test]
    fn an_export_speaks_about_itself() {
        let export = content(
            b"dn: cn=a\n\n# search result\nsearch: 2\nresult: 4 Size limit exceeded\n\n# numEntries: 500\n",
        )
        .unwrap();
        assert_eq!(export.promised, Some(500));
        assert!(export.failed.unwrap().contains("4 Size limit exceeded"));
        let export = content(
            b"dn: cn=a\n\nsearch: 2\nresult: 0 Success\ncontrol: 1.2.840.113556.1.4.319 false MAUCAQAEAA==\n",
        )
        .unwrap();
        assert_eq!((export.promised, export.failed), (None, None));
        let pages = "search: 2\nresult: 0 Success\npagedresults: cookie=BAAAAAAAAAA=\n\nsearch: 3\npagedresults: cookie=\n";
        assert_eq!(content(pages.as_bytes()).unwrap().unfinished, None);
        let cut = pages.replace("\n\nsearch: 3\npagedresults: cookie=", "");
        assert_eq!(content(cut.as_bytes()).unwrap().unfinished, Some(3));
    }

    /// One line as an exporter would write it: base64 where text is not safe, folded at `width`.
    fn write(file: &mut Vec<u8>, name: &str, value: &[u8], base64: bool, width: usize, end: &str) {
        let risky = value.first().is_some_and(|byte| matches!(byte, b' ' | b':' | b'<'));
        let risky = risky || value.iter().any(|byte| matches!(byte, b'\n' | b'\r' | 0));
        let mut line = format!("{name}: ").into_bytes();
        if base64 || risky {
            line = format!("{name}:: {}", STANDARD.encode(value)).into_bytes();
        } else {
            line.extend_from_slice(value);
        }
        for (index, part) in line.chunks(width).enumerate() {
            file.extend_from_slice(if index == 0 { b"" } else { b" " });
            file.extend_from_slice(part);
            file.extend_from_slice(end.as_bytes());
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            entries in prop::collection::vec(prop::collection::vec(("[a-c](;x)?", prop::collection::vec(any::<u8>(), 0..40)), 0..5), 0..5),
            base64: bool, width in 1_usize..80, crlf: bool, comments: bool,
        ) {
            let end = if crlf { "\r\n" } else { "\n" };
            let mut file = Vec::new();
            for (index, entry) in entries.iter().enumerate() {
                write(&mut file, "dn", format!("cn=ü{index}").as_bytes(), base64, width, end);
                for (name, value) in entry {
                    write(&mut file, name, value, base64, width, end);
                    if comments {
                        file.extend_from_slice(format!("# about{end}  {name}: not a value{end}").as_bytes());
                    }
                }
                file.extend_from_slice(end.as_bytes());
            }
            let read = content(&file).unwrap().records;
            prop_assert_eq!(read.len(), entries.len());
            for (record, entry) in read.iter().zip(&entries) {
                let mut wanted = Record::new(record.dn().to_vec());
                entry.iter().for_each(|(name, value)| wanted.add(name, value));
                for name in ["a", "b", "c"] {
                    prop_assert!(record.values(name).eq(wanted.values(name)));
                }
            }
        }

        #[test]
        fn any_bytes_are_read_or_refused(file in prop::collection::vec(prop_oneof![any::<u8>(), Just(b'\n'), Just(b':'), Just(b' ')], 0..80)) {
            let _ = content(&file);
        }
    }
}
