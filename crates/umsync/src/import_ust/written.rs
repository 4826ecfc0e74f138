//! umsync's configuration as it is written: sections with their keys, in order, each with a comment where one helps.

use std::fmt::Write as _;

/// Keys and values of one section.
#[derive(Debug, Default)]
pub(super) struct Block(Vec<Line>);

#[derive(Debug)]
enum Line {
    Pair { key: String, value: String },
    Comment(String),
    Block { key: String, block: Block },
}

impl Block {
    /// A key with a value that is YAML already.
    pub(super) fn put(&mut self, key: &str, value: impl Into<String>) {
        self.0.push(Line::Pair { key: key.to_owned(), value: value.into() });
    }

    /// A key with a text.
    pub(super) fn text(&mut self, key: &str, value: &str) {
        self.put(key, text(value));
    }

    pub(super) fn comment(&mut self, told: impl Into<String>) {
        self.0.push(Line::Comment(told.into()));
    }

    /// Keys under a key.
    pub(super) fn block(&mut self, key: &str, block: Block) {
        if !block.0.is_empty() {
            self.0.push(Line::Block { key: key.to_owned(), block });
        }
    }

    /// The keys in this order, whoever wrote them first.
    fn sorted(mut self, order: &[&str]) -> Self {
        let rank = |line: &Line| match line {
            Line::Pair { key, value: _ } | Line::Block { key, block: _ } => {
                order.iter().position(|known| known == key).unwrap_or(order.len())
            }
            Line::Comment(_) => 0,
        };
        self.0.sort_by_key(rank);
        self
    }

    fn write(&self, out: &mut String, depth: usize) {
        let indent = "  ".repeat(depth);
        for line in &self.0 {
            let _ = match line {
                Line::Pair { key, value } => writeln!(out, "{indent}{key}: {value}"),
                Line::Comment(told) => writeln!(out, "{indent}# {}", told.replace(['\n', '\r'], " ")),
                Line::Block { key, block } => {
                    let _ = writeln!(out, "{indent}{key}:");
                    block.write(out, depth + 1);
                    Ok(())
                }
            };
        }
    }
}

/// The whole configuration.
#[derive(Debug, Default)]
pub(super) struct Written {
    pub(super) adobe: Block,
    /// Under `directory`.
    pub(super) directory: Block,
    pub(super) people: Block,
    /// Of the whole file: `memberships`, `strategy`.
    pub(super) whole: Block,
    /// Each of them in one line.
    pub(super) groups: Vec<String>,
    pub(super) leavers: Block,
    pub(super) protect: Block,
    pub(super) limits: Block,
    /// Nothing is to happen until somebody has dealt with what could not be carried over.
    pub(super) held: bool,
}

/// As config/example.yaml has them.
const PEOPLE: [&str; 8] =
    ["select", "filter", "create", "identity", "country", "attributes", "update", "adobe_id_twin"];

impl Written {
    pub(super) fn yaml(self) -> String {
        let Self { adobe, directory, people, whole, groups, leavers, protect, limits, held } = self;
        let mut file = Block::default();
        file.block("adobe", adobe);
        file.block("directory", directory);
        file.block("people", people.sorted(&PEOPLE));
        let mut out = String::from(
            "# Converted from a configuration of Adobe's User Sync Tool. `umsync check` looks at what it means; every key is\n# explained in config/example.yaml.\n",
        );
        if held {
            out.push_str("#\n# HELD BACK: something that said who is meant could not be carried over. See the report for what, and for the keys\n# that wait for it.\n");
        }
        file.write(&mut out, 0);
        whole.write(&mut out, 0);
        if groups.is_empty() {
            out.push_str("groups: []\n");
        } else {
            out.push_str("groups:\n");
        }
        for group in groups {
            let _ = writeln!(out, "  - {group}");
        }
        let mut rest = Block::default();
        rest.block("leavers", leavers);
        rest.block("protect", protect);
        rest.block("limits", limits);
        rest.text("state", "sqlite:state/umsync.db");
        rest.write(&mut out, 0);
        out
    }
}

/// A text in YAML, plain where that is safe within `{}` and `[]` too.
pub(super) fn text(value: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "_-./@ =+()&|*;".contains(c);
    let starts = value.chars().next().is_some_and(|c| c.is_alphabetic() || c == '_' || c == '/' || c == '(');
    let words = ["true", "false", "yes", "no", "on", "off", "null", "y", "n"];
    let word = words.contains(&value.to_ascii_lowercase().as_str());
    if starts && !word && value.chars().all(plain) && value.trim_end() == value {
        return value.to_owned();
    }
    // JSON's quotes are YAML's, which forbids more characters as they are.
    let odd = |c: &char| matches!(*c, '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}');
    let mut quoted = String::new();
    for c in serde_json::Value::from(value).to_string().chars() {
        match c {
            c if odd(&c) => {
                let _ = write!(quoted, "\\u{:04x}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted
}

/// A list in YAML.
pub(super) fn list<'a>(values: impl IntoIterator<Item = &'a str>) -> String {
    format!("[{}]", values.into_iter().map(text).collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_come_back_as_they_were() {
        for value in [
            "Design Team",
            "no",
            "5%",
            "a: b",
            "{mail}",
            "x # y",
            "#",
            "",
            " a",
            "a ",
            "ä, ö",
            "it's",
            "\"q\"",
            "\\d+",
            "a\nb",
            "\u{7f}",
            "\u{2028}",
            "- a",
            "&x",
            "*x",
            "!t",
            "@x",
            "%d",
            "`",
            "[a]",
            "0x1",
            "12",
            "~",
            "=",
            "<<",
        ] {
            let yaml = format!("a: {}\nb: [{}, {{c: {}}}]\n", text(value), text(value), text(value));
            let read: serde_yaml::Value = serde_yaml::from_str(&yaml).unwrap();
            assert_eq!(read["a"].as_str(), Some(value), "{yaml}");
            assert_eq!(read["b"][0].as_str(), Some(value), "{yaml}");
            assert_eq!(read["b"][1]["c"].as_str(), Some(value), "{yaml}");
        }
    }
}
