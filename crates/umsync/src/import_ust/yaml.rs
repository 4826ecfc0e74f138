//! YAML as the User Sync Tool's parser reads it: YAML 1.1, in which plain `yes`, `no`, `on` and `off` are truth values.

use saphyr::{LoadableYamlNode as _, MarkedYaml, Scalar, YamlData};
use std::rc::Rc;

/// Where something stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) file: Rc<str>,
    /// Counted from 1.
    pub(super) line: usize,
}

impl Place {
    /// For people.
    pub(super) fn told(&self) -> String {
        format!("{}, line {}", self.file, self.line)
    }
}

/// A value and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) place: Place,
    pub(super) value: Value,
}

/// Keys and values, in the order of the file.
pub(super) type Map = Vec<(String, Node)>;

/// A value.
#[derive(Debug, Clone)]
pub(super) enum Value {
    Null,
    Bool(bool),
    /// As written.
    Number(String),
    Text(String),
    List(Vec<Node>),
    Map(Map),
}

/// Why a text cannot be read; the line is 0 where there is none.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    pub(super) line: usize,
    pub(super) reason: String,
}

/// Lines of nothing but list marks nest so deeply that a parser may not come back.
const NESTED: usize = 64;

/// The mapping that a file holds; an empty file holds an empty one.
pub(super) fn parse(text: &str, file: &Rc<str>) -> Result<Map, Wrong> {
    let wrong = |line, reason: &str| Wrong { line, reason: reason.to_owned() };
    if text.contains('\0') {
        return Err(wrong(0, "this is no text"));
    }
    // Python's own tags make a parser run code; on lists and mappings ours would pass over them.
    if let Some(at) = text.lines().position(|line| line.contains("!!python")) {
        return Err(wrong(at + 1, "the tag !!python means nothing here"));
    }
    let nests = |line: &str| line.split(' ').filter(|word| matches!(*word, "-" | "?" | ":")).count() > NESTED;
    if let Some(at) = text.lines().position(nests) {
        return Err(wrong(at + 1, "lists are nested too deeply"));
    }
    // The parser's own words quote nothing of the file.
    let nodes = MarkedYaml::load_from_str(text)
        .map_err(|error| wrong(error.marker().line(), &format!("this is no YAML: {}", error.info())))?;
    let characters: Vec<char> = text.chars().collect();
    let reader = Reader { characters: &characters, file };
    match nodes.as_slice() {
        [] => Ok(Map::new()),
        [node] => match reader.node(node)?.value {
            Value::Map(map) => Ok(map),
            Value::Null => Ok(Map::new()),
            Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::List(_) => {
                Err(wrong(1, "keys and values belong here"))
            }
        },
        _ => Err(wrong(1, "there are several documents, and one belongs here")),
    }
}

struct Reader<'a> {
    characters: &'a [char],
    file: &'a Rc<str>,
}

impl Reader<'_> {
    fn node(&self, node: &MarkedYaml<'_>) -> Result<Node, Wrong> {
        let place = Place { file: self.file.clone(), line: node.span.start.line() };
        let wrong = |reason: &str| Wrong { line: place.line, reason: reason.to_owned() };
        let value = match &node.data {
            YamlData::Value(scalar) => self.scalar(node, scalar),
            YamlData::Sequence(items) => {
                Value::List(items.iter().map(|item| self.node(item)).collect::<Result<_, _>>()?)
            }
            YamlData::Mapping(entries) => {
                let mut map = Map::new();
                let mut merged = Map::new();
                for (key, value) in entries {
                    let name = match &self.node(key)?.value {
                        Value::Text(name) | Value::Number(name) => name.clone(),
                        Value::Bool(_) | Value::Null => self.source(key),
                        Value::List(_) | Value::Map(_) => return Err(wrong("a key is a single value")),
                    };
                    match (name.as_str(), self.node(value)?) {
                        ("<<", Node { place: _, value: Value::Map(more) }) => merged.extend(more),
                        (_, node) => map.push((name, node)),
                    }
                }
                merged.retain(|(name, _)| !map.iter().any(|(own, _)| own == name));
                map.extend(merged);
                Value::Map(map)
            }
            YamlData::Tagged(tag, _) => {
                return Err(wrong(&format!("the tag {}{} means nothing here", tag.handle, tag.suffix)));
            }
            YamlData::Representation(..) | YamlData::Alias(_) | YamlData::BadValue => {
                return Err(wrong("this value refers to itself, or is none"));
            }
        };
        Ok(Node { place, value })
    }

    fn scalar(&self, node: &MarkedYaml<'_>, scalar: &Scalar<'_>) -> Value {
        match scalar {
            Scalar::Null => Value::Null,
            Scalar::Boolean(value) => Value::Bool(*value),
            Scalar::Integer(_) | Scalar::FloatingPoint(_) => Value::Number(self.source(node)),
            Scalar::String(text) if self.is_plain(node) => match &**text {
                "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Value::Bool(true),
                "no" | "No" | "NO" | "off" | "Off" | "OFF" => Value::Bool(false),
                text => Value::Text(text.to_owned()),
            },
            Scalar::String(text) => Value::Text(text.to_string()),
        }
    }

    fn is_plain(&self, node: &MarkedYaml<'_>) -> bool {
        !matches!(self.characters.get(node.span.start.index()), Some('\'' | '"' | '|' | '>'))
    }

    /// As the file has it.
    fn source(&self, node: &MarkedYaml<'_>) -> String {
        let (start, end) = (node.span.start.index(), node.span.end.index());
        let characters = self.characters.get(start..end.max(start)).unwrap_or_default();
        characters.iter().collect::<String>().trim().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> String {
        match parse(&format!("k: {text}\n"), &Rc::from("f")) {
            Ok(map) => match &map[0].1.value {
                Value::Null => "null".to_owned(),
                Value::Bool(value) => value.to_string(),
                Value::Number(text) => format!("number {text}"),
                Value::Text(text) => format!("text {text}"),
                Value::List(items) => format!("list of {}", items.len()),
                Value::Map(map) => format!("map of {}", map.len()),
            },
            Err(Wrong { line, reason }) => format!("line {line}: {reason}"),
        }
    }

    #[test]
    fn plain_words_are_truth_values_and_quoted_ones_are_words() {
        for (text, expected) in [
            ("yes", "true"),
            ("Off", "false"),
            ("NO", "false"),
            ("true", "true"),
            ("'yes'", "text yes"),
            ("\"no\"", "text no"),
            ("nö", "text nö"),
            ("~", "null"),
            ("", "null"),
            ("007", "number 007"),
            ("12.50", "number 12.50"),
            ("5%", "text 5%"),
            ("[a, b]", "list of 2"),
            ("\"ä\"", "text ä"),
            ("{a: é, b: 12}", "map of 2"),
        ] {
            assert_eq!(value(text), expected, "{text}");
        }
    }

    #[test]
    fn numbers_after_characters_of_several_bytes_are_as_written() {
        let map = parse("ä: öü\nk: 0012\n", &Rc::from("f")).unwrap();
        assert!(matches!(&map[1].1.value, Value::Number(text) if text == "0012"), "{map:?}");
        assert_eq!(map[1].1.place.told(), "f, line 2");
    }

    #[test]
    fn aliases_and_merged_keys_are_followed_and_circles_are_refused() {
        let map = parse("a: &a {x: 1, y: 2}\nb: {<<: *a, x: 3}\n", &Rc::from("f")).unwrap();
        let Value::Map(b) = &map[1].1.value else { panic!("{map:?}") };
        assert_eq!(b.iter().map(|(key, _)| key.as_str()).collect::<Vec<_>>(), ["x", "y"]);
        assert!(value("&k [*k]").contains("refers to itself"), "{}", value("&k [*k]"));
    }

    #[test]
    fn what_is_no_mapping_is_refused() {
        for text in
            ["- a\n", "word\n", "a: [\n", "a: 1\na: 2\n", "\0\0", "a: !!python/none x\n", "--- {}\n--- {}\n"]
        {
            assert!(parse(text, &Rc::from("f")).is_err(), "{text}");
        }
        assert!(parse(&"- ".repeat(100_000), &Rc::from("f")).is_err());
        assert!(parse(&"[".repeat(100_000), &Rc::from("f")).is_err());
        assert!(parse("", &Rc::from("f")).unwrap().is_empty());
        assert!(parse("# nothing\n", &Rc::from("f")).unwrap().is_empty());
    }
}
