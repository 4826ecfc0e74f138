//! The CSV connector: a table of people.

use super::files::File;
use super::import::{Import, of_windows};
use super::options::UNSAID;
use super::python;
use super::report::Key;
use super::section::{Found, Section};
use super::written::{Block, text};
use super::yaml::Map;
use std::path::{Path, PathBuf};
use umsync_directory::csv::{Encoding, column};

/// Keys that name columns, the usual names, and what umsync makes of them.
const COLUMNS: [(&str, &str, &str); 8] = [
    ("email_column_name", "email", "email"),
    ("first_name_column_name", "firstname", "first_name"),
    ("last_name_column_name", "lastname", "last_name"),
    ("country_column_name", "country", "country"),
    ("username_column_name", "username", "username"),
    ("domain_column_name", "domain", "domain"),
    ("identity_type_column_name", "type", "identity"),
    ("groups_column_name", "groups", "groups"),
];

/// A table larger than this is not looked into.
const LOOKED_INTO: u64 = 64 << 20;

/// Where the table is.
pub(super) struct Table {
    /// As somebody wrote it.
    pub(super) path: Found<String>,
    /// The folder that it is relative to, itself relative to where the User Sync Tool runs.
    pub(super) folder: PathBuf,
}

/// The section `directory.csv`. `given`: by the command line, before what the connector's file says.
pub(super) fn convert(import: &mut Import<'_>, file: Option<&File>, given: Option<Table>, here: &Path) {
    let empty = Map::new();
    let root = Section::new("csv: ", file.map_or(&empty, |file| &file.map), import.mistakes);
    let mut csv = Block::default();
    let inner = root.text("file_path");
    let table = match (given, inner) {
        (Some(given), Some(inner)) => {
            import.report.lost(inner.key, format!("{} goes before it", given.path.key.key), "nothing");
            given
        }
        (Some(given), None) => given,
        (None, Some(path)) => {
            Table { path, folder: file.map(|file| file.folder.clone()).unwrap_or_default() }
        }
        (None, None) => {
            root.missing("file_path", "the csv connector");
            return;
        }
    };
    let Table { path: Found { key, value }, folder } = table;
    let path = of_windows(&value).unwrap_or(&value).to_owned();
    let written = import.paths.written(&folder, &path);
    csv.text("file", &written);
    if path == value {
        import.report.carried(key, format!("directory.csv.file: {written}"));
    } else {
        let why = format!("`{value}` is a path of Windows; put the file there");
        import.report.changed(key, format!("directory.csv.file: {written}"), why);
    }
    let encoding = encoding(import, &root, &mut csv);
    let delimiter = delimiter(import, &root, &path, &mut csv);
    let seen = Seen::look(&here.join(&folder).join(&path), encoding, delimiter);
    columns(import, &root, &seen, &mut csv);
    if let Some(found) = root.text("user_identity_type") {
        super::person::identity(import, found);
    }
    import.without_effect(root.text("logger_name").map(|found| found.key), "it names lines in a log");
    if let Some(Found { key, value: _ }) = root.texts("extended_attributes") {
        import.report.lost(
            key,
            "it is for a Python hook",
            "every column is an attribute for people.attributes and people.filter",
        );
    }
    root.finish(&mut import.report);
    import.report.changed(
        Key { key: "csv: rows".to_owned(), place: "how they are read".to_owned() },
        "directory.csv",
        "a row that cannot be read stops the run instead of losing a person; a mapped group that no row lists is missing, not empty, unless directory.csv.groups names it (B1); names of groups are trimmed (B9); the last line needs its end",
    );
    import.to.directory.block("csv", csv);
}

fn encoding(import: &mut Import<'_>, root: &Section<'_>, csv: &mut Block) -> Option<Encoding> {
    let Found { key, value } = root.text("string_encoding")?;
    let folded: String = value.to_ascii_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
    let word = match folded.as_str() {
        "utf8" | "utf8sig" | "ascii" | "usascii" => {
            import.report.carried(key, "UTF-8, the default of umsync");
            return Some(Encoding::Utf8);
        }
        "utf16le" => "utf-16le",
        "utf16be" => "utf-16be",
        "cp1252" | "windows1252" => "windows-1252",
        "latin1" | "iso88591" | "l1" => "iso-8859-1",
        _ => {
            import.report.lost(
                key,
                format!("`{value}`: umsync reads utf-8, utf-16le, utf-16be, windows-1252 and iso-8859-1"),
                "write the table in UTF-8",
            );
            return None;
        }
    };
    csv.put("encoding", word);
    import.report.carried(key, format!("directory.csv.encoding: {word}"));
    Encoding::WORDS.iter().find(|(known, _)| *known == word).map(|(_, encoding)| *encoding)
}

fn delimiter(import: &mut Import<'_>, root: &Section<'_>, path: &str, csv: &mut Block) -> char {
    let by_name = if path.to_ascii_lowercase().ends_with(".csv") { ',' } else { '\t' };
    let found = root.text("delimiter");
    let delimiter = match found {
        None => by_name,
        Some(Found { key, value }) => {
            let known = match value.as_str() {
                "\t" | "\\t" => Some('\t'),
                "," | ";" | "|" => value.chars().next(),
                _ => None,
            };
            match known {
                Some(',') => import.report.carried(key, "the default of umsync"),
                Some(_) => import.report.carried(key, "directory.csv.delimiter"),
                None => import.report.lost(
                    key,
                    format!("`{value}`: umsync knows `,`, `;`, `|` and the tab"),
                    "write the table with one of them",
                ),
            }
            known.unwrap_or(by_name)
        }
    };
    match delimiter {
        ',' => {}
        '\t' => csv.put("delimiter", "tab"),
        other => csv.text("delimiter", &other.to_string()),
    }
    delimiter
}

fn columns(import: &mut Import<'_>, root: &Section<'_>, seen: &Seen, csv: &mut Block) {
    let mut attributes = Block::default();
    for (name, usual, ours) in COLUMNS {
        let found = root.text(name);
        let value = found.as_ref().map_or(usual, |found| found.value.as_str()).to_owned();
        let attribute = column(&value);
        let template = format!("{{{attribute}}}");
        let now = match ours {
            "groups" if attribute != usual => {
                let mut columns = Block::default();
                columns.text("groups", &value);
                csv.block("columns", columns);
                format!("directory.csv.columns.groups: {value}")
            }
            "identity" => {
                let key = found.map_or_else(|| unsaid(name), |found| found.key);
                identity(import, seen, key, &attribute);
                continue;
            }
            "username" | "domain" => match seen.fill(&attribute) {
                Some(_) => {
                    attributes.text(ours, &template);
                    format!("people.attributes.{ours}: \"{template}\"")
                }
                None => {
                    if let Some(Found { key, value: _ }) = found {
                        let why = "the table has no such column, or is not there to be looked into";
                        import.report.lost(
                            key,
                            why,
                            format!("with it, write people.attributes.{ours}: \"{template}\""),
                        );
                    }
                    continue;
                }
            },
            _ if attribute != usual && python::template(&template).is_ok() => {
                attributes.text(ours, &template);
                format!("people.attributes.{ours}: \"{template}\"")
            }
            _ => "the default of umsync".to_owned(),
        };
        match (found, ours) {
            (Some(Found { key, value: _ }), "username") => {
                import.report.changed(key, now, super::person::LIKE_AN_EMAIL);
            }
            (Some(Found { key, value: _ }), _) => import.report.carried(key, now),
            (None, "username") => {
                let now = format!("{now}, for the table has this column");
                import.report.changed(unsaid(name), now, super::person::LIKE_AN_EMAIL);
            }
            (None, "domain") => {
                import.report.carried(unsaid(name), format!("{now}, for the table has this column"));
            }
            (None, _) => {}
        }
    }
    import.to.people.block("attributes", attributes);
}

/// The type of each account, where the table says it.
fn identity(import: &mut Import<'_>, seen: &Seen, key: Key, attribute: &str) {
    let template = format!("{{{attribute}}}");
    let said = key.place != UNSAID;
    match seen.fill(attribute) {
        Some(Fill::Whole) => {
            import.to.people.text("identity", &template);
            import.identity_said = true;
            import.report.carried(key, format!("people.identity: \"{template}\""));
        }
        Some(Fill::Nothing) if said => import.report.carried(key, "no row says a type"),
        Some(Fill::Nothing) => {}
        Some(Fill::Partly) => {
            import.scope_unknown = true;
            import.report.lost(
                key,
                "some rows say their type, and others have the default, while a template has none beside it. So that nobody gets an account of a wrong type, people.create is nobody, people.update empty, memberships and leavers.action keep",
                format!("fill the column in every row and write people.identity: \"{template}\"; then remove these four"),
            );
        }
        None if seen.is_there() && !said => {}
        None => {
            let why = if seen.is_there() {
                "the table has no such column"
            } else {
                "the table is not there to be looked into"
            };
            import.report.lost(
                key,
                why,
                format!("where every row has it, write people.identity: \"{template}\"; for columns username and domain, people.attributes"),
            );
        }
    }
}

fn unsaid(name: &str) -> Key {
    Key { key: format!("csv: {name}"), place: UNSAID.to_owned() }
}

/// How much of a column has something in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fill {
    Nothing,
    Partly,
    Whole,
}

/// What the table has, if it is there.
#[derive(Debug, Default)]
struct Seen {
    /// Each column by the name that attributes have.
    columns: Vec<(String, Fill)>,
}

impl Seen {
    fn look(path: &Path, encoding: Option<Encoding>, delimiter: char) -> Self {
        Self::looked(path, encoding.unwrap_or(Encoding::Utf8), delimiter).unwrap_or_default()
    }

    fn looked(path: &Path, encoding: Encoding, delimiter: char) -> Option<Self> {
        std::fs::metadata(path).ok().filter(|about| about.is_file() && about.len() <= LOOKED_INTO)?;
        let text = encoding.text(&std::fs::read(path).ok()?)?;
        let delimiter = u8::try_from(delimiter).ok()?;
        let mut reader =
            csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(text.as_bytes());
        let head = reader.headers().ok()?.clone();
        let (mut rows, mut filled) = (0, vec![0; head.len()]);
        for row in reader.records() {
            let row = row.ok()?;
            rows += 1;
            for (count, cell) in filled.iter_mut().zip(&row) {
                *count += usize::from(!cell.trim().is_empty());
            }
        }
        let fill = |count: usize| match count {
            0 => Fill::Nothing,
            count if count == rows => Fill::Whole,
            _ => Fill::Partly,
        };
        let columns = head.iter().zip(filled).map(|(name, count)| (column(name), fill(count))).collect();
        Some(Self { columns })
    }

    fn is_there(&self) -> bool {
        !self.columns.is_empty()
    }

    /// `None`: there is no such column.
    fn fill(&self, name: &str) -> Option<Fill> {
        self.columns.iter().find(|(column, _)| column == name).map(|(_, fill)| *fill)
    }
}

/// A list of leavers, or a table, in YAML.
pub(super) fn file(import: &Import<'_>, path: &str) -> String {
    text(&import.paths.written(Path::new(""), of_windows(path).unwrap_or(path)))
}
