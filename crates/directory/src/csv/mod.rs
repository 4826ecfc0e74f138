//! People and groups from a table: one row a person, one column an attribute (RFC 4180).
//!
//! The first row names the columns. A cell that lists groups makes its person a member of each; a group that no row
//! lists is missing, not empty, unless the configuration says that it may be. Every line ends with a line end, as in LDIF:
//! a file without the last one was probably cut.

mod encoding;
mod flaw;
mod state;
mod table;

pub use encoding::Encoding;
pub use flaw::Flaws;

use crate::anchors;
use crate::dn::fold_text;
use crate::error::Error;
use crate::groups::Reference;
use crate::matching::Matched;
use crate::proof;
use crate::record::{Record, names};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use table::Row;
use umsync_engine::directory::{Directory, DirectoryGroup, Entry, GroupRef, Wanted};

/// Which file, and what in it. Columns are found by what [`column()`] makes of their names.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The file.
    pub file: PathBuf,
    /// How its characters are written. `None`: as its byte-order mark says, else UTF-8.
    pub encoding: Option<Encoding>,
    /// Between cells.
    pub delimiter: char,
    /// The column that lists each person's groups.
    pub groups: String,
    /// Between the groups of one cell.
    pub separator: char,
    /// The column that says that an account is disabled.
    pub disabled: Option<String>,
    /// The column that says when an account ends.
    pub expires: Option<String>,
    /// The column that never changes about a person, where the usual attributes are not the right ones.
    pub anchor: Option<String>,
    /// Groups that exist even where no row lists them.
    pub may_be_empty: BTreeSet<GroupRef>,
    /// Further columns without which the file cannot be meant.
    pub needed: BTreeSet<String>,
}

/// The name of a column as templates and settings know it: trimmed, in lower case, with `_` for whatever an attribute
/// name cannot hold. `First Name` is `first_name`.
pub fn column(name: &str) -> String {
    let known =
        |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c.to_ascii_lowercase() } else { '_' };
    name.trim().chars().map(known).collect()
}

/// Reads the file.
pub fn read(settings: &Settings, wanted: &Wanted) -> Result<Directory, Error> {
    let file = &settings.file;
    let place = file.display().to_string();
    let bytes = std::fs::read(file).map_err(|source| Error::File { file: file.clone(), source })?;
    let mut flaws = Flaws::default();
    let text = encoding::decode(&bytes, settings.encoding, &mut flaws)
        .map_err(|(marked, stated)| Error::Encoding { file: file.clone(), marked, stated })?;
    let rows = table::rows(&text, settings.delimiter, &mut flaws);
    if !flaws.is_empty() {
        return Err(Error::Rows { file: file.clone(), flaws });
    }
    let mut rows = rows.into_iter();
    let columns = columns(rows.next(), settings, wanted, &place)?;

    let name = file.file_name().unwrap_or_default().to_string_lossy();
    // Spreadsheets leave rows of nothing but delimiters behind. They are nobody.
    let rows: Vec<Row> = rows.filter(|row| row.cells.iter().any(|cell| !cell.trim().is_empty())).collect();
    let matched = matched(settings, &columns, &rows, wanted);
    matched.require(&place, |_| None)?;
    let wanted = &matched.added_to(wanted);
    let mut groups = Groups::new(settings, wanted);
    let attributes = names(&wanted.attributes);
    let mut entries = Vec::new();
    for Row { line, cells } in rows {
        let mut record = Record::new(format!("{name} line {line}").into_bytes());
        for (column, cell) in columns.iter().zip(&cells) {
            if !column.is_empty() && !cell.trim().is_empty() {
                record.add(column, cell.trim().as_bytes());
            }
        }
        let mut entry = record.decode(&attributes, settings.anchor.as_deref().map(column).as_deref());
        state::add(&record, settings, &mut entry);
        groups.assign(&record, settings, &mut entry);
        entries.push(entry);
    }
    if entries.is_empty() {
        return Err(Error::NoRows { place });
    }
    anchors::require_distinct(&entries, &place)?;
    for entry in &mut entries {
        // Lines move with every new colleague, and what is remembered of a person is shown with the entry's name.
        if let Some(anchor) = &entry.anchor {
            entry.dn = format!("{name} {}", anchor.as_str());
        }
    }
    let mut groups = groups.found(wanted, settings, &place)?;
    matched.anchor(&mut groups);
    // Rows list their groups, so there is no member without a row.
    let certificate = proof::of_file(&place, &bytes, &entries, &groups, 0, BTreeMap::new());
    Ok(Directory { source: place, entries, groups, matched: matched.names, certificate })
}

/// The groups that rows list, or that may be empty, and whose names match.
fn matched(settings: &Settings, columns: &[String], rows: &[Row], wanted: &Wanted) -> Matched {
    if wanted.matching.is_empty() {
        return Matched::default();
    }
    let column = column(&settings.groups);
    let cells = rows.iter().flat_map(|row| columns.iter().zip(&row.cells));
    let cells = cells.filter(|(name, _)| **name == column);
    let listed = cells.flat_map(|(_, cell)| cell.split(settings.separator)).map(str::trim);
    let empty = settings.may_be_empty.iter().map(GroupRef::as_str);
    // One group may be spelled in several ways: the first one counts.
    let mut names: BTreeMap<String, &str> = BTreeMap::new();
    for name in listed.chain(empty).filter(|name| !name.is_empty()) {
        names.entry(fold_text(name)).or_insert(name);
    }
    Matched::of(names.into_values().map(|name| (name.to_owned(), vec![name])), wanted)
}

/// The names of the columns, provided that all are there which have to be, and none twice that is used.
fn columns(
    header: Option<Row>,
    settings: &Settings,
    wanted: &Wanted,
    place: &str,
) -> Result<Vec<String>, Error> {
    let Some(Row { line: _, cells }) = header else {
        return Err(Error::NoRows { place: place.to_owned() });
    };
    let columns: Vec<String> = cells.iter().map(|cell| column(cell)).collect();
    let Settings { groups, disabled, expires, anchor, needed, .. } = settings;
    // Where no group is asked for, a table needs none.
    let groups = (!wanted.groups.is_empty() || !wanted.matching.is_empty()).then_some(groups);
    let named = [groups, disabled.as_ref(), expires.as_ref(), anchor.as_ref()];
    let mut used: BTreeSet<String> =
        named.into_iter().flatten().chain(needed).map(|name| column(name)).collect();
    let missing: Vec<String> = used.iter().filter(|name| !columns.contains(name)).cloned().collect();
    if !missing.is_empty() {
        let there = cells.iter().map(|cell| cell.trim().to_owned()).collect();
        return Err(Error::MissingColumns { place: place.to_owned(), missing, there });
    }
    used.extend(wanted.attributes.iter().cloned());
    let twice = |name: &&String| columns.iter().filter(|column| column == name).count() > 1;
    match used.iter().find(twice) {
        Some(column) => Err(Error::AmbiguousColumn { place: place.to_owned(), column: column.clone() }),
        None => Ok(columns),
    }
}

/// The wanted groups, and who is listed in them so far.
struct Groups {
    wanted: BTreeMap<String, Vec<GroupRef>>,
    found: BTreeMap<GroupRef, DirectoryGroup>,
}

impl Groups {
    fn new(settings: &Settings, wanted: &Wanted) -> Self {
        let mut groups = Self { wanted: BTreeMap::new(), found: BTreeMap::new() };
        for group in &wanted.groups {
            groups.wanted.entry(Reference::of(group).key()).or_default().push(group.clone());
        }
        for group in &settings.may_be_empty {
            for group in groups.wanted.get(&Reference::of(group).key()).into_iter().flatten() {
                groups.found.insert(group.clone(), nobody_of(group));
            }
        }
        groups
    }

    fn assign(&mut self, record: &Record, settings: &Settings, entry: &mut Entry) {
        for cell in record.texts(&column(&settings.groups)) {
            for name in cell.split(settings.separator).map(str::trim).filter(|name| !name.is_empty()) {
                let listed = self.wanted.get(&Reference::of(&GroupRef::new(name)).key());
                entry.groups.extend(listed.into_iter().flatten().cloned());
            }
        }
        for group in &entry.groups {
            self.found.entry(group.clone()).or_insert_with(|| nobody_of(group)).members += 1;
        }
    }

    fn found(
        self,
        wanted: &Wanted,
        settings: &Settings,
        place: &str,
    ) -> Result<BTreeMap<GroupRef, DirectoryGroup>, Error> {
        let missing = wanted.missing(|group| self.found.contains_key(group));
        if missing.is_empty() {
            return Ok(self.found);
        }
        let (place, column) = (place.to_owned(), settings.groups.clone());
        Err(Error::UnlistedGroups { place, column, missing })
    }
}

fn nobody_of(group: &GroupRef) -> DirectoryGroup {
    DirectoryGroup { dn: group.to_string(), members: 0, anchor: None }
}

#[cfg(test)]
mod tests;
