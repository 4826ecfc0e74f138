//! The YAML file: read key by key, so that one mistake does not hide the next, each with its line and column.
//!
//! The only place that knows serde_yaml (values) and saphyr (positions).

use super::secret::SecretRef;
use saphyr::{LoadableYamlNode, MarkedYaml, YamlData};
use serde::de::DeserializeOwned;
use serde_yaml::{Mapping, Value};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// A place in the file, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct Place {
    pub(crate) line: usize,
    pub(crate) column: usize,
}

/// One mistake: where, at which key, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Mistake {
    pub(crate) place: Place,
    pub(crate) key: String,
    pub(crate) message: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place: Place { line, column }, key, message } = self;
        if *line > 0 {
            write!(f, "line {line}, column {column}, ")?;
        }
        if key.is_empty() { write!(f, "{message}") } else { write!(f, "{key}: {message}") }
    }
}

/// The whole file with the places of its keys and values, and the mistakes met so far.
pub(crate) struct Document {
    root: Mapping,
    keys: BTreeMap<String, Place>,
    values: BTreeMap<String, Place>,
    mistakes: RefCell<Vec<Mistake>>,
    secrets: RefCell<Vec<(String, SecretRef)>>,
}

impl Document {
    /// Parses the text. A text that is no YAML, or no mapping, is the only mistake there is.
    pub(crate) fn parse(text: &str) -> Result<Self, Mistake> {
        let value: Value = serde_yaml::from_str(text).map_err(|error| {
            let place =
                error.location().map(|at| Place { line: at.line(), column: at.column() }).unwrap_or_default();
            // serde_yaml repeats the position at the end of its text.
            let message = error.to_string();
            let message = message.split(" at line ").next().unwrap_or_default().to_owned();
            Mistake { place, key: String::new(), message: format!("this is no YAML: {message}") }
        })?;
        let root = match value {
            Value::Mapping(root) => root,
            Value::Null => Mapping::new(),
            _ => {
                let message =
                    "the file must be a mapping with the keys adobe, directory, groups, …".to_owned();
                return Err(Mistake { place: Place { line: 1, column: 1 }, key: String::new(), message });
            }
        };
        let mut document = Self {
            root,
            keys: BTreeMap::new(),
            values: BTreeMap::new(),
            mistakes: RefCell::new(Vec::new()),
            secrets: RefCell::new(Vec::new()),
        };
        for node in MarkedYaml::load_from_str(text).unwrap_or_default().iter().take(1) {
            document.mark("", node);
        }
        Ok(document)
    }

    fn mark(&mut self, path: &str, node: &MarkedYaml<'_>) {
        let place =
            |node: &MarkedYaml<'_>| Place { line: node.span.start.line(), column: node.span.start.col() + 1 };
        self.values.insert(path.to_owned(), place(node));
        match &node.data {
            YamlData::Mapping(entries) => {
                for (key, value) in entries {
                    let Some(name) = key.data.as_str() else { continue };
                    let path = join(path, name);
                    self.keys.insert(path.clone(), place(key));
                    self.mark(&path, value);
                }
            }
            YamlData::Sequence(items) => {
                for (at, item) in items.iter().enumerate() {
                    self.mark(&format!("{path}[{at}]"), item);
                }
            }
            _ => {}
        }
    }

    /// The file as a section.
    pub(crate) fn section(&self) -> Section<'_> {
        Section { document: self, path: String::new(), mapping: self.root.clone(), known: RefCell::default() }
    }

    /// Notes a mistake in the value at a path.
    pub(crate) fn mistake(&self, path: &str, message: impl Into<String>) {
        let place = self.place(path);
        self.mistakes.borrow_mut().push(Mistake { place, key: path.to_owned(), message: message.into() });
    }

    /// Notes a mistake for every secret that is not where its reference says.
    pub(crate) fn look_for_secrets(&self) {
        for (path, secret) in self.secrets.borrow().iter() {
            if let Err(error) = secret.look() {
                self.mistake(path, error.told());
            }
        }
    }

    /// Where the value at a path stands, or the nearest section around it.
    fn place(&self, path: &str) -> Place {
        let mut path = path;
        loop {
            if let Some(place) = self.values.get(path) {
                return *place;
            }
            let Some(end) = path.rfind(['.', '[']) else { return Place { line: 1, column: 1 } };
            path = &path[..end];
        }
    }

    /// Every mistake, in the order of the file.
    pub(crate) fn mistakes(self) -> Vec<Mistake> {
        let mut mistakes = self.mistakes.into_inner();
        mistakes.sort();
        mistakes.dedup();
        mistakes
    }
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

/// One mapping of the file. Keys are asked for by name; [`Section::finish`] reports those that nobody asked for.
pub(crate) struct Section<'a> {
    document: &'a Document,
    path: String,
    mapping: Mapping,
    known: RefCell<BTreeSet<&'static str>>,
}

impl<'a> Section<'a> {
    /// The dotted path of a key of this section.
    pub(crate) fn path(&self, key: &str) -> String {
        join(&self.path, key)
    }

    /// Notes a mistake at a key of this section; at the section itself for an empty key.
    pub(crate) fn mistake(&self, key: &str, message: impl Into<String>) {
        let path = if key.is_empty() { self.path.clone() } else { self.path(key) };
        self.document.mistake(&path, message);
    }

    /// The line in which the value of a key stands.
    pub(crate) fn line_of(&self, key: &str) -> usize {
        self.document.place(&self.path(key)).line
    }

    fn value(&self, key: &'static str) -> Option<&Value> {
        self.known.borrow_mut().insert(key);
        self.mapping.get(key).filter(|value| !value.is_null())
    }

    /// Remembers a secret of this section, to be looked for when the whole file has been read.
    pub(crate) fn secret(&self, key: &str, secret: &SecretRef) {
        self.document.secrets.borrow_mut().push((self.path(key), secret.clone()));
    }

    /// Whether a key is there.
    pub(crate) fn has(&self, key: &'static str) -> bool {
        self.value(key).is_some()
    }

    /// Whether a key has a single value.
    pub(crate) fn is_scalar(&self, key: &'static str) -> bool {
        self.value(key).and_then(scalar).is_some()
    }

    /// The value of a key, if it is there and of this type.
    pub(crate) fn get<T: DeserializeOwned>(&self, key: &'static str) -> Option<T> {
        let value = self.value(key)?.clone();
        match serde_path_to_error::deserialize(value) {
            Ok(value) => Some(value),
            Err(error) => {
                let inner = error.path().to_string();
                let path = match inner.as_str() {
                    "." | "?" => self.path(key),
                    inner if inner.starts_with('[') => format!("{}{inner}", self.path(key)),
                    inner => format!("{}.{inner}", self.path(key)),
                };
                self.document.mistake(&path, error.into_inner().to_string());
                None
            }
        }
    }

    /// A scalar as text, read further by `parse`, whose error says what is expected instead.
    pub(crate) fn parsed<T>(
        &self,
        key: &'static str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        let value = self.value(key)?;
        let Some(text) = scalar(value) else {
            self.mistake(key, "a single value belongs here");
            return None;
        };
        match parse(&text) {
            Ok(value) => Some(value),
            Err(message) => {
                self.mistake(key, message);
                None
            }
        }
    }

    /// Like [`Section::parsed`] for a word out of a list.
    pub(crate) fn word<T: Clone>(&self, key: &'static str, words: &[(&str, T)]) -> Option<T> {
        self.parsed(key, |text| {
            let found = words.iter().find(|(word, _)| *word == text).map(|(_, value)| value.clone());
            found.ok_or_else(|| format!("`{text}` is none of {}", list(words.iter().map(|(word, _)| *word))))
        })
    }

    /// Several texts, or a single one.
    pub(crate) fn texts(&self, key: &'static str) -> Option<Vec<String>> {
        match self.value(key)? {
            Value::Sequence(items) => {
                let texts: Vec<Option<String>> = items.iter().map(scalar).collect();
                for (at, _) in texts.iter().enumerate().filter(|(_, text)| text.is_none()) {
                    self.document
                        .mistake(&format!("{}[{at}]", self.path(key)), "a single value belongs here");
                }
                Some(texts.into_iter().flatten().collect())
            }
            value => match scalar(value) {
                Some(text) => Some(vec![text]),
                None => {
                    self.mistake(key, "a list of values belongs here");
                    None
                }
            },
        }
    }

    /// What stands in the list under a key: single values, or keys and values.
    pub(crate) fn items(&self, key: &'static str) -> Option<Vec<Item<'a>>> {
        let values = match self.value(key)? {
            Value::Sequence(values) => values.clone(),
            value => vec![value.clone()],
        };
        let is_list = matches!(self.value(key), Some(Value::Sequence(_)));
        let mut items = Vec::new();
        for (at, value) in values.into_iter().enumerate() {
            let path = if is_list { format!("{}[{at}]", self.path(key)) } else { self.path(key) };
            match (scalar(&value), value) {
                (Some(text), _) => items.push(Item { path, content: Content::Text(text) }),
                (None, Value::Mapping(mapping)) => {
                    let (document, known) = (self.document, RefCell::default());
                    let section = Section { document, path: path.clone(), mapping, known };
                    items.push(Item { path, content: Content::Section(section) });
                }
                (None, _) => self.document.mistake(&path, "a single value, or keys and values, belong here"),
            }
        }
        Some(items)
    }

    /// Every key of this section with its single value, where the keys are somebody's own.
    pub(crate) fn pairs(&self) -> Vec<(String, String)> {
        let mut pairs = Vec::new();
        for (key, value) in &self.mapping {
            match (scalar(key), scalar(value)) {
                (Some(key), Some(text)) => pairs.push((key, text)),
                (Some(key), None) => self.mistake(&key, "a single value belongs here"),
                (None, _) => self.mistake("", "the name of each must be a single value"),
            }
        }
        pairs
    }

    /// Notes a mistake at a whole path.
    pub(crate) fn mistake_at(&self, path: &str, message: impl Into<String>) {
        self.document.mistake(path, message);
    }

    /// The mapping under a key.
    pub(crate) fn section(&self, key: &'static str) -> Option<Section<'a>> {
        let path = self.path(key);
        match self.value(key)? {
            Value::Mapping(mapping) => Some(Section {
                document: self.document,
                path,
                mapping: mapping.clone(),
                known: RefCell::default(),
            }),
            _ => {
                self.mistake(key, "keys and values belong here");
                None
            }
        }
    }

    /// The mappings in the list under a key.
    pub(crate) fn sections(&self, key: &'static str) -> Option<Vec<Section<'a>>> {
        let Value::Sequence(items) = self.value(key)? else {
            self.mistake(key, "a list belongs here: lines that begin with `- `");
            return None;
        };
        let mut sections = Vec::new();
        for (at, item) in items.iter().enumerate() {
            let path = format!("{}[{at}]", self.path(key));
            match item {
                Value::Mapping(mapping) => sections.push(Section {
                    document: self.document,
                    path,
                    mapping: mapping.clone(),
                    known: RefCell::default(),
                }),
                _ => self.document.mistake(&path, "keys and values belong here"),
            }
        }
        Some(sections)
    }

    /// The mappings in the mapping under a key, by name.
    pub(crate) fn named(&self, key: &'static str) -> Option<Vec<(String, Section<'a>)>> {
        let section = self.section(key)?;
        let mut named = Vec::new();
        for (name, value) in &section.mapping {
            let Some(name) = scalar(name) else {
                section.mistake("", "the name of each must be a single value");
                continue;
            };
            let path = section.path(&name);
            match value {
                Value::Mapping(mapping) => {
                    let (document, mapping) = (self.document, mapping.clone());
                    named.push((name, Section { document, path, mapping, known: RefCell::default() }));
                }
                _ => self.document.mistake(&path, "keys and values belong here"),
            }
        }
        Some(named)
    }

    /// A key that the design knows and this version does not: it is refused, never loaded without effect.
    pub(crate) fn not_built(&self, keys: &[&'static str]) {
        for key in keys {
            if self.has(key) {
                self.mistake(key, "this version does not know this key yet; remove it");
            }
        }
    }

    /// A key that must be there.
    pub(crate) fn missing(&self, key: &'static str, what: &str) {
        if !self.has(key) {
            let path = self.path(key);
            self.document.mistake(&path, format!("missing: {what}"));
        }
    }

    /// Reports the keys that nobody asked for, each with the nearest one that there is.
    pub(crate) fn finish(self) {
        let known = self.known.into_inner();
        for key in self.mapping.keys() {
            let Some(name) = scalar(key) else { continue };
            if known.contains(name.as_str()) {
                continue;
            }
            let path = join(&self.path, &name);
            let nearest = known.iter().map(|known| (distance(known, &name), *known)).min();
            let hint = match nearest {
                Some((distance, known)) if distance <= known.len().max(name.len()) / 2 => {
                    format!("unknown key; did you mean `{known}`?")
                }
                _ => format!("unknown key; the keys here are {}", list(known.iter().copied())),
            };
            let place = self.document.keys.get(&path).copied().unwrap_or_else(|| self.document.place(&path));
            self.document.mistakes.borrow_mut().push(Mistake { place, key: path, message: hint });
        }
    }
}

/// One of the things in a list, and where it stands.
pub(crate) struct Item<'a> {
    pub(crate) path: String,
    pub(crate) content: Content<'a>,
}

/// What it is.
pub(crate) enum Content<'a> {
    Text(String),
    Section(Section<'a>),
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        // YAML 1.1 habits: `off` and `no` may come as a boolean from other writers of YAML.
        Value::Bool(value) => Some(value.to_string()),
        _ => None,
    }
}

fn list<'a>(words: impl Iterator<Item = &'a str>) -> String {
    words.map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

/// Levenshtein's distance, for the nearest key.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (at, c) in left.chars().enumerate() {
        let mut before = row[0];
        row[0] = at + 1;
        for (to, d) in right.iter().enumerate() {
            let replaced = before + usize::from(c != *d);
            before = row[to + 1];
            row[to + 1] = replaced.min(row[to] + 1).min(before + 1);
        }
    }
    row[right.len()]
}
