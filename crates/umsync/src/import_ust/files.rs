//! The files, found, decoded, and merged as the User Sync Tool merges them.

use super::error::ImportError;
use super::report::Key;
use super::secrets;
use super::section::{Found, Mistakes};
use super::yaml::{self, Map, Node, Value, Wrong};
use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use umsync_directory::csv::Encoding;

/// No configuration is as large.
const LARGEST: u64 = 1 << 20;

/// How the files are written.
#[derive(Debug, Clone)]
pub(super) struct Written {
    name: String,
    /// `None`: as the byte-order mark says.
    encoding: Option<Encoding>,
    ascii: bool,
}

impl Written {
    /// By the name that Python has for it.
    pub(super) fn new(name: &str) -> Option<Self> {
        let folded: String =
            name.trim().to_ascii_lowercase().chars().filter(|c| c.is_ascii_alphanumeric()).collect();
        let encoding = match folded.as_str() {
            "utf8" | "u8" | "utf" | "utf8sig" | "cp65001" | "ascii" | "usascii" => Some(Encoding::Utf8),
            "utf16" | "u16" => None,
            "utf16le" => Some(Encoding::Utf16Le),
            "utf16be" => Some(Encoding::Utf16Be),
            "cp1252" | "windows1252" | "1252" => Some(Encoding::Windows1252),
            "latin1" | "latin" | "l1" | "iso88591" | "88591" | "cp819" => Some(Encoding::Iso8859_1),
            _ => return None,
        };
        Some(Self { name: name.trim().to_owned(), encoding, ascii: folded.ends_with("ascii") })
    }

    fn text(&self, bytes: &[u8]) -> Option<String> {
        if self.ascii && !bytes.is_ascii() {
            return None;
        }
        match self.encoding {
            Some(encoding) => encoding.text(bytes),
            // Python takes the machine's order where there is no mark, and these are little-endian.
            None if bytes.starts_with(b"\xfe\xff") => Encoding::Utf16Be.text(bytes),
            None => Encoding::Utf16Le.text(bytes),
        }
    }
}

/// Reads files.
pub(super) struct Reader<'a> {
    pub(super) written: Written,
    pub(super) mistakes: &'a Mistakes,
    /// The secret texts in all that was read.
    pub(super) secrets: RefCell<Vec<String>>,
}

/// A file that was read.
#[derive(Debug)]
pub(super) struct File {
    pub(super) map: Map,
    /// Relative paths in it are relative to this.
    pub(super) folder: PathBuf,
}

impl Reader<'_> {
    /// The main file.
    pub(super) fn main(&self, path: &Path) -> Result<File, ImportError> {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let map = self.one(path, &name, None)?;
        Ok(File { map, folder: folder_of(path) })
    }

    /// Files that a key of the main file names: of several, each adds to the ones before it, key by key and one level deep.
    pub(super) fn connector(&self, folder: &Path, names: &Found<Vec<String>>) -> Result<File, ImportError> {
        let mut merged = File { map: Map::new(), folder: folder.to_owned() };
        for name in &names.value {
            if name.trim_start().starts_with("$(") {
                let told = "a command is no file; the User Sync Tool does not run it either (since 2.6)";
                self.mistakes.note(&names.key, told);
                continue;
            }
            let path = folder.join(name);
            let map = self.one(&path, name, Some(&names.key))?;
            merged.folder = folder_of(&path);
            merge(&mut merged.map, map);
        }
        Ok(merged)
    }

    fn one(&self, path: &Path, name: &str, key: Option<&Key>) -> Result<Map, ImportError> {
        let text = self.text(path, key)?;
        let wrong = |Wrong { line, reason }| ImportError::Yaml { path: path.to_owned(), line, reason };
        let map = yaml::parse(&text, &Rc::from(name)).map_err(wrong)?;
        self.secrets.borrow_mut().extend(secrets::of(&map));
        Ok(map)
    }

    fn text(&self, path: &Path, key: Option<&Key>) -> Result<String, ImportError> {
        let bytes = bytes(path, key.map(|Key { key, place }| format!("{key} ({place})")))?;
        self.written.text(&bytes).ok_or_else(|| ImportError::Encoding {
            path: path.to_owned(),
            encoding: self.written.name.clone(),
        })
    }
}

/// What a file of a sensible size holds.
pub(super) fn bytes(path: &Path, named_by: Option<String>) -> Result<Vec<u8>, ImportError> {
    let unreadable = |source| ImportError::Unreadable { path: path.to_owned(), named_by, source };
    let about = match std::fs::metadata(path) {
        Ok(about) => about,
        Err(source) => return Err(unreadable(source)),
    };
    if !about.is_file() {
        return Err(ImportError::NoFile { path: path.to_owned() });
    }
    if about.len() > LARGEST {
        return Err(ImportError::TooLarge { path: path.to_owned(), bytes: about.len() });
    }
    std::fs::read(path).map_err(unreadable)
}

fn folder_of(path: &Path) -> PathBuf {
    path.parent().map(Path::to_owned).unwrap_or_default()
}

fn merge(into: &mut Map, from: Map) {
    for (name, node) in from {
        let Some((_, there)) = into.iter_mut().find(|(key, _)| *key == name) else {
            into.push((name, node));
            continue;
        };
        match (&mut there.value, node) {
            (Value::Map(inner), Node { place: _, value: Value::Map(more) }) => {
                for (name, node) in more {
                    match inner.iter_mut().find(|(key, _)| *key == name) {
                        Some((_, there)) => *there = node,
                        None => inner.push((name, node)),
                    }
                }
            }
            (_, node) => *there = node,
        }
    }
}
