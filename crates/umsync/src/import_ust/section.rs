//! Keys and values of one file, asked for by name; what nobody asked for is unknown.

use super::report::{Key, Report};
use super::yaml::{Map, Node, Value};
use std::cell::RefCell;
use std::collections::BTreeSet;

/// What is wrong with the files, all of it at once.
#[derive(Debug, Default)]
pub(super) struct Mistakes(RefCell<Vec<String>>);

impl Mistakes {
    /// Notes a mistake at a key.
    pub(super) fn note(&self, Key { key, place }: &Key, message: &str) {
        self.0.borrow_mut().push(format!("{place}, {key}: {message}"));
    }

    pub(super) fn take(&self) -> Vec<String> {
        self.0.take()
    }
}

/// Something that was found, and where.
#[derive(Debug, Clone)]
pub(super) struct Found<T> {
    pub(super) key: Key,
    pub(super) value: T,
}

/// Keys and values.
pub(super) struct Section<'a> {
    /// Before every key: `ldap: `, `directory_users.`.
    prefix: String,
    map: &'a Map,
    mistakes: &'a Mistakes,
    asked: RefCell<BTreeSet<String>>,
}

impl<'a> Section<'a> {
    pub(super) fn new(prefix: &str, map: &'a Map, mistakes: &'a Mistakes) -> Self {
        Self { prefix: prefix.to_owned(), map, mistakes, asked: RefCell::default() }
    }

    /// The value of a key, given or not.
    fn given(&self, name: &str) -> Option<&'a Node> {
        self.asked.borrow_mut().insert(name.to_owned());
        self.map.iter().find(|(key, _)| key == name).map(|(_, node)| node)
    }

    /// The value of a key.
    pub(super) fn node(&self, name: &str) -> Option<Found<&'a Node>> {
        let node = self.given(name)?;
        let key = Key { key: format!("{}{name}", self.prefix), place: node.place.told() };
        match node.value {
            // `key:` with nothing behind it is as good as no key, to the User Sync Tool too.
            Value::Null => {
                self.asked.borrow_mut().remove(name);
                None
            }
            _ => Some(Found { key, value: node }),
        }
    }

    /// Whether a key is there with a value.
    pub(super) fn has(&self, name: &str) -> bool {
        self.map.iter().any(|(key, node)| key == name && !matches!(node.value, Value::Null))
    }

    /// Whether nobody has asked for it yet.
    pub(super) fn is_unasked(&self, name: &str) -> bool {
        !self.asked.borrow().contains(name)
    }

    /// A single value.
    pub(super) fn text(&self, name: &str) -> Option<Found<String>> {
        let Found { key, value } = self.node(name)?;
        let value = self.single(&key, value)?;
        Some(Found { key, value })
    }

    fn single(&self, key: &Key, node: &Node) -> Option<String> {
        match &node.value {
            Value::Text(text) | Value::Number(text) => Some(text.clone()),
            Value::Bool(_) => {
                self.mistakes.note(key, "this is a truth value in YAML; put a word that is meant in quotes");
                None
            }
            Value::Null => None,
            Value::List(_) | Value::Map(_) => {
                self.mistakes.note(key, "a single value belongs here");
                None
            }
        }
    }

    /// A list of single values, or one.
    pub(super) fn texts(&self, name: &str) -> Option<Found<Vec<String>>> {
        let Found { key, value } = self.node(name)?;
        let texts = match &value.value {
            Value::List(items) => items.iter().filter_map(|item| self.single(&key, item)).collect(),
            _ => vec![self.single(&key, value)?],
        };
        Some(Found { key, value: texts })
    }

    /// A truth value; a text is none.
    pub(super) fn flag(&self, name: &str) -> Option<Found<bool>> {
        let Found { key, value } = self.node(name)?;
        match value.value {
            Value::Bool(value) => Some(Found { key, value }),
            _ => {
                self.mistakes.note(&key, "true or false belongs here, without quotes");
                None
            }
        }
    }

    /// The keys and values under a key.
    pub(super) fn section(&self, name: &str) -> Option<Section<'a>> {
        let Found { key, value } = self.node(name)?;
        match &value.value {
            Value::Map(map) => Some(Section::new(&format!("{}.", key.key), map, self.mistakes)),
            _ => {
                self.mistakes.note(&key, "keys and values belong here");
                None
            }
        }
    }

    /// Several lists of keys and values under a key.
    pub(super) fn sections(&self, name: &str) -> Vec<(Key, Section<'a>)> {
        let Some(Found { key, value }) = self.node(name) else { return Vec::new() };
        let items = match &value.value {
            Value::List(items) => items.iter().collect(),
            _ => vec![value],
        };
        let mut sections = Vec::new();
        for (at, item) in items.into_iter().enumerate() {
            let key = Key { key: format!("{}[{at}]", key.key), place: item.place.told() };
            match &item.value {
                Value::Map(map) => {
                    let section = Section::new(&format!("{}.", key.key), map, self.mistakes);
                    sections.push((key, section));
                }
                _ => self.mistakes.note(&key, "keys and values belong here"),
            }
        }
        sections
    }

    /// A key of this section that has to be there.
    pub(super) fn missing(&self, name: &str, place: &str) {
        let key = Key { key: format!("{}{name}", self.prefix), place: place.to_owned() };
        self.mistakes.note(&key, "missing, and the User Sync Tool does not run without it");
    }

    pub(super) fn mistakes(&self) -> &'a Mistakes {
        self.mistakes
    }

    pub(super) fn mistake(&self, key: &Key, message: &str) {
        self.mistakes.note(key, message);
    }

    /// Names whatever was not asked for, as unknown.
    pub(super) fn finish(self, report: &mut Report) {
        self.leave(
            report,
            "the User Sync Tool does not know this key either",
            "nothing, or see what was meant",
        );
    }

    /// Names whatever was not asked for, each key at the end of its path.
    pub(super) fn leave(&self, report: &mut Report, why: &str, instead: &str) {
        let asked = self.asked.borrow();
        let left: Vec<_> = self.map.iter().filter(|(name, _)| !asked.contains(name)).collect();
        for (name, node) in left {
            leave(report, &format!("{}{name}", self.prefix), node, (why, instead));
        }
    }
}

fn leave(report: &mut Report, key: &str, node: &Node, told: (&str, &str)) {
    match &node.value {
        Value::Map(map) if !map.is_empty() => {
            for (name, node) in map {
                leave(report, &format!("{key}.{name}"), node, told);
            }
        }
        Value::Null => {
            let key = Key { key: key.to_owned(), place: node.place.told() };
            report.carried(key, "it has no value, which is the same as no key");
        }
        _ => {
            let key = Key { key: key.to_owned(), place: node.place.told() };
            report.lost(key, told.0, told.1);
        }
    }
}
