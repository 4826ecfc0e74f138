//! What becomes of exports that were damaged: thousands of mutants of recorded files, the same ones each time.
//!
//! A mutant is refused, or it is read as somebody else reads it: a table as the csv crate does, an LDIF file as a few lines
//! below do. And nobody is lost: whatever is a whole row, or begins an entry, when it is looked at alone, is handed over.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

use ::csv as judge;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use umsync_directory::{Error, Filter, csv, ldif};
use umsync_engine::directory::{Directory, GroupRef, Wanted};

const MUTANTS: usize = 2_000;

/// Dice that fall the same way each time (SplitMix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % end.max(1) as u64) as usize
    }
}

/// Bytes that mean something to one of the formats.
const LOUD: &[u8] = b"\"\"\",,;\t\n\n\r :#<=-|\0\xff\xc3\xfe";

/// One to three wounds.
fn mutant(original: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut bytes = original.to_vec();
    for _ in 0..=dice.below(3) {
        let at = dice.below(bytes.len());
        let to = (at + 1 + dice.below(40)).min(bytes.len());
        let loud = LOUD[dice.below(LOUD.len())];
        match dice.below(10) {
            0 if !bytes.is_empty() => bytes[at] ^= 1 << dice.below(8),
            1 if !bytes.is_empty() => bytes[at] = loud,
            2 if !bytes.is_empty() => drop(bytes.remove(at)),
            3 => bytes.truncate(at),
            4 => drop(bytes.drain(at..to)),
            5 => {
                let again = bytes[at..to].to_vec();
                let there = dice.below(bytes.len());
                bytes.splice(there..there, again);
            }
            6 | 7 => bytes.insert(at, loud),
            // Where it makes the least noise: at the border of a cell.
            _ => {
                let border = |at: &usize| b",;\t\r\n".contains(&bytes[*at]);
                if let Some(border) = (at..bytes.len()).find(border) {
                    bytes.insert(border + dice.below(2), b'"');
                }
            }
        }
    }
    bytes
}

fn recorded(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mutants").join(name)).unwrap()
}

/// Reads every mutant of a file, and its every beginning, and shows each to `look`. Gives how many were accepted.
fn each(
    name: &str,
    read: impl Fn(PathBuf) -> Result<Directory, Error>,
    look: impl Fn(&[u8], &Directory),
) -> usize {
    let original = recorded(name);
    let folder = tempfile::tempdir().unwrap();
    let mut accepted = 0;
    let mut try_out = |bytes: &[u8]| {
        let file = folder.path().join("people");
        std::fs::write(&file, bytes).unwrap();
        let read = read(file.clone());
        // Some file systems write a file to the disk at once when it is written over.
        std::fs::remove_file(file).unwrap();
        if let Ok(directory) = &read {
            look(bytes, directory);
            accepted += 1;
        }
        read.is_ok()
    };
    assert!(try_out(&original), "{name} itself is refused");
    for end in 0..original.len() {
        let cut = original[..end].iter().rev().find(|byte| **byte != 0) != Some(&b'\n');
        assert!(
            !(try_out(&original[..end]) && cut),
            "{name}, cut inside a line after {end} bytes, is accepted"
        );
    }
    for seed in 0..MUTANTS {
        let mutant = mutant(&original, &mut Dice(seed as u64));
        try_out(&mutant);
    }
    assert!(accepted > MUTANTS / 50, "{name}: only {accepted} mutants were read, so little was tried");
    assert!(accepted < MUTANTS * 9 / 10, "{name}: {accepted} mutants were read, so few were damaged");
    accepted
}

fn wanted(attributes: &[&str]) -> Wanted {
    Wanted {
        attributes: attributes.iter().map(|name| (*name).to_owned()).collect(),
        groups: [GroupRef::new("design")].into(),
        ..Wanted::default()
    }
}

/// A value that was seen, with the line or the name of its entry.
type Seen = BTreeMap<String, Vec<String>>;

fn mails(directory: &Directory, attribute: &str) -> Seen {
    let mails = |entry: &umsync_engine::directory::Entry| {
        (entry.dn.clone(), entry.attributes.get(attribute).map(str::to_owned).collect())
    };
    directory.entries.iter().map(mails).collect()
}

fn tables(name: &str, delimiter: u8, decode: fn(&[u8]) -> String) {
    let settings = |file| csv::Settings {
        file,
        encoding: None,
        delimiter: char::from(delimiter),
        groups: "groups".to_owned(),
        separator: ',',
        disabled: None,
        expires: None,
        anchor: None,
        may_be_empty: [GroupRef::new("design")].into(),
        needed: ["email".to_owned()].into(),
    };
    let wanted = wanted(&["email"]);
    each(
        name,
        |file| csv::read(&settings(file), &wanted),
        |bytes, directory| {
            let text = decode(bytes);
            let rows = judged(&text, delimiter);
            let begun = rows[0].0 as usize;
            let header: Vec<String> = rows[0].1.iter().map(|name| csv::column(name)).collect();
            let email = header.iter().position(|name| name == "email").unwrap();
            let people: Seen = rows[1..]
                .iter()
                .filter(|(_, cells)| cells.iter().any(|cell| !cell.trim().is_empty()))
                .map(|(line, cells)| {
                    assert_eq!(cells.len(), header.len(), "{text:?}");
                    let email = Some(cells[email].trim().to_owned()).filter(|email| !email.is_empty());
                    (format!("people line {line}"), email.into_iter().collect())
                })
                .collect();
            assert_eq!(mails(directory, "email"), people, "{text:?}");
            // The law: nobody is swallowed.
            for (at, line) in text.lines().enumerate().skip_while(|(at, _)| *at < begun) {
                if is_row(line, delimiter, header.len()) {
                    assert!(
                        people.contains_key(&format!("people line {}", at + 1)),
                        "line {}: {text:?}",
                        at + 1
                    );
                }
            }
        },
    );
}

/// The rows with their lines, as the csv crate has them.
fn judged(text: &str, delimiter: u8) -> Vec<(u64, Vec<String>)> {
    let mut reader = judge::ReaderBuilder::new();
    let mut reader =
        reader.delimiter(delimiter).has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut rows = Vec::new();
    for row in reader.records() {
        let row = row.unwrap();
        let cells: Vec<String> = row.iter().map(|cell| cell.replace("\r\n", "\n")).collect();
        // A line of nothing but spaces is a row to the judge, and blank to us.
        if !(cells.len() == 1 && cells[0].trim().is_empty()) {
            rows.push((begin(text, row.position().unwrap()), cells));
        }
    }
    rows
}

/// The judge counts the line in which it began to look; empty lines come before the row.
fn begin(text: &str, position: &judge::Position) -> u64 {
    let rest = &text[position.byte() as usize..];
    let empty = rest.len() - rest.trim_start_matches(['\r', '\n']).len();
    let newlines = |text: &str| text.bytes().filter(|byte| *byte == b'\n').count() as u64;
    1 + newlines(&text[..position.byte() as usize]) + newlines(&rest[..empty])
}

/// Whether a line is a row with a value when it is read alone, as the csv crate would have written it.
fn is_row(line: &str, delimiter: u8, columns: usize) -> bool {
    let rows = judged(line, delimiter);
    let [(_, cells)] = rows.as_slice() else { return false };
    let written = |style| {
        let mut writer = judge::WriterBuilder::new();
        let mut writer = writer.delimiter(delimiter).quote_style(style).from_writer(Vec::new());
        writer.write_record(cells).unwrap();
        String::from_utf8(writer.into_inner().unwrap()).unwrap().trim_end_matches('\n') == line
    };
    cells.len() == columns
        && cells.iter().any(|cell| !cell.trim().is_empty())
        && (written(judge::QuoteStyle::Necessary) || written(judge::QuoteStyle::Always))
}

fn utf8(bytes: &[u8]) -> String {
    let text = std::str::from_utf8(bytes).expect("only text is accepted");
    text.strip_prefix('\u{feff}').unwrap_or(text).to_owned()
}

fn utf16(bytes: &[u8]) -> String {
    let unit: fn([u8; 2]) -> u16 = match bytes {
        [0xff, 0xfe, ..] => u16::from_le_bytes,
        [0xfe, 0xff, ..] => u16::from_be_bytes,
        _ => return utf8(bytes),
    };
    let units: Vec<u16> = bytes[2..].chunks(2).map(|pair| unit(pair.try_into().unwrap())).collect();
    String::from_utf16(&units).expect("only text is accepted")
}

#[test]
fn a_damaged_table_is_refused_or_read_as_anybody_reads_it() {
    tables("plain.csv", b',', utf8);
    tables("ust.csv", b',', utf8);
    tables("excel.csv", b';', utf8);
    tables("utf16.tsv", b'\t', utf16);
}

#[test]
fn a_damaged_ldif_file_is_refused_or_read_as_anybody_reads_it() {
    let settings = |file| ldif::Settings {
        file,
        base: None,
        users: Filter::parse("(!(nobody=has-this))").unwrap(),
        group_base: None,
        nested_groups: true,
        anchor: None,
    };
    let wanted = wanted(&["mail"]);
    for name in ["export.ldif", "ad.ldif"] {
        let wanted = Wanted { groups: [].into(), ..wanted.clone() };
        each(
            name,
            |file| ldif::read(&settings(file), &wanted),
            |bytes, directory| {
                let lines = unfolded(bytes);
                let begun = lines.iter().filter(|line| line.to_ascii_lowercase().starts_with(b"dn:")).count();
                // The law: whatever begins an entry is one.
                assert_eq!(directory.entries.len(), begun, "{:?}", String::from_utf8_lossy(bytes));
                assert_eq!(mails(directory, "mail"), entries(&lines), "{:?}", String::from_utf8_lossy(bytes));
            },
        );
    }
}

/// The lines of an LDIF file, each with what continues it.
fn unfolded(bytes: &[u8]) -> Vec<Vec<u8>> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut lines: Vec<Vec<u8>> = Vec::new();
    for line in bytes.split(|byte| *byte == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        match lines.last_mut() {
            Some(last) if line.starts_with(b" ") && !last.is_empty() => last.extend_from_slice(&line[1..]),
            _ => lines.push(if line.trim_ascii().is_empty() { Vec::new() } else { line.to_vec() }),
        }
    }
    lines
}

/// The names of the entries and their mails that are text.
fn entries(lines: &[Vec<u8>]) -> Seen {
    let mut seen = Seen::new();
    for entry in lines.split(|line| line.is_empty()) {
        let mut name = None;
        let mut mails: Vec<(bool, String)> = Vec::new();
        for line in entry.iter().filter(|line| !line.starts_with(b"#")) {
            let Some(colon) = line.iter().position(|byte| *byte == b':') else { continue };
            let attribute = String::from_utf8_lossy(&line[..colon]).to_ascii_lowercase();
            let value = match line.get(colon + 1) {
                Some(b':') => from_base64(line[colon + 2..].trim_ascii()),
                _ => line[colon + 1..].iter().copied().skip_while(|byte| *byte == b' ').collect(),
            };
            match attribute.split(';').next() {
                Some("dn") => name = Some(String::from_utf8_lossy(&value).into_owned()),
                Some("mail") => mails.extend(
                    String::from_utf8(value)
                        .ok()
                        .filter(|mail| !mail.is_empty())
                        .map(|mail| (attribute.contains(';'), mail)),
                ),
                _ => {}
            }
        }
        // Values with options come last.
        mails.sort_by_key(|(options, _)| *options);
        if let Some(name) = name {
            seen.insert(name, mails.into_iter().map(|(_, mail)| mail).collect());
        }
    }
    seen
}

fn from_base64(digits: &[u8]) -> Vec<u8> {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bytes, mut bits, mut count) = (Vec::new(), 0_u32, 0);
    for digit in digits.iter().filter_map(|digit| alphabet.iter().position(|known| known == digit)) {
        bits = bits << 6 | digit as u32;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
        }
    }
    bytes
}
