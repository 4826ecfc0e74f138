//! Attribute templates: `{givenName}`, `{sAMAccountName}@example.com`, or plain text.

use crate::directory::Entry;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

/// Text with attribute names in braces. `{{` and `}}` stand for the braces themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    text: String,
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    /// In lower case: attribute names have no case (RFC 4512, 2.5).
    Attribute(String),
}

/// What a template gives for one entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rendered<'a> {
    /// A value that is not empty.
    Value(Cow<'a, str>),
    /// The entry lacks this attribute, or all that came out was spaces.
    Missing,
    /// The entry has the attribute, and a value of it is not text.
    Undecodable(&'a str),
}

/// Why a text is no template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no template: {reason} at character {position}")]
pub struct TemplateError {
    /// The text.
    pub text: String,
    /// Counted in characters from 1.
    pub position: usize,
    /// What is wrong there.
    pub reason: &'static str,
}

impl FromStr for Template {
    type Err = TemplateError;

    fn from_str(text: &str) -> Result<Self, TemplateError> {
        let wrong =
            |position: usize, reason| TemplateError { text: text.to_owned(), position: position + 1, reason };
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut characters = text.chars().enumerate().peekable();
        while let Some((position, c)) = characters.next() {
            match c {
                '{' | '}' if characters.peek().is_some_and(|(_, next)| *next == c) => {
                    characters.next();
                    plain.push(c);
                }
                '}' => return Err(wrong(position, "`}` without `{`")),
                '{' => {
                    let mut name = String::new();
                    loop {
                        match characters.next() {
                            Some((_, '}')) => break,
                            Some((_, c)) if c.is_ascii_alphanumeric() || "-_.".contains(c) => name.push(c),
                            Some((at, _)) => return Err(wrong(at, "not a character of an attribute name")),
                            None => return Err(wrong(position, "`{` without `}`")),
                        }
                    }
                    if name.is_empty() {
                        return Err(wrong(position, "no attribute name between the braces"));
                    }
                    if !plain.is_empty() {
                        parts.push(Part::Text(std::mem::take(&mut plain)));
                    }
                    parts.push(Part::Attribute(name.to_ascii_lowercase()));
                }
                c => plain.push(c),
            }
        }
        if !plain.is_empty() {
            parts.push(Part::Text(plain));
        }
        if parts.is_empty() {
            return Err(wrong(0, "it is empty"));
        }
        Ok(Self { text: text.to_owned(), parts })
    }
}

impl Template {
    /// The attributes it names, in lower case.
    pub fn attributes(&self) -> BTreeSet<String> {
        self.parts
            .iter()
            .filter_map(|part| match part {
                Part::Attribute(name) => Some(name.clone()),
                Part::Text(_) => None,
            })
            .collect()
    }

    /// What it gives for an entry: the first value of each attribute, trimmed as a whole. One attribute without a
    /// value makes the whole missing, so that `{uid}@example.com` never becomes `@example.com`.
    pub fn render<'a>(&'a self, entry: &'a Entry) -> Rendered<'a> {
        let mut rendered = Cow::Borrowed("");
        for part in &self.parts {
            let part = match part {
                Part::Text(text) => text,
                Part::Attribute(name) if entry.undecodable.contains(name) => {
                    return Rendered::Undecodable(name);
                }
                Part::Attribute(name) => match entry.first(name) {
                    Some(value) if !value.trim().is_empty() => value,
                    _ => return Rendered::Missing,
                },
            };
            // Nearly always it is one attribute, and needs no copy of its value.
            if rendered.is_empty() {
                rendered = Cow::Borrowed(part);
            } else {
                rendered.to_mut().push_str(part);
            }
        }
        let trimmed = match rendered {
            Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
            Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
        };
        if trimmed.is_empty() { Rendered::Missing } else { Rendered::Value(trimmed) }
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(values: &[(&str, &str)]) -> Entry {
        Entry { attributes: values.iter().copied().collect(), ..Entry::default() }
    }

    #[test]
    fn attributes_are_filled_in_without_regard_to_case() {
        let template: Template = "{sAMAccountName}@example.com".parse().unwrap();
        let jane = entry(&[("samaccountname", "jdoe")]);
        assert_eq!(template.render(&jane), Rendered::Value("jdoe@example.com".into()));
    }

    #[test]
    fn one_missing_attribute_makes_the_whole_missing() {
        let template: Template = "{uid}@example.com".parse().unwrap();
        assert_eq!(template.render(&entry(&[])), Rendered::Missing);
        assert_eq!(template.render(&entry(&[("uid", "  ")])), Rendered::Missing);
    }

    #[test]
    fn doubled_braces_are_braces() {
        let template: Template = "{{{cn}}}".parse().unwrap();
        assert_eq!(template.render(&entry(&[("cn", "x")])), Rendered::Value("{x}".into()));
    }

    #[test]
    fn mistakes_are_placed() {
        let mistake = |text: &str| text.parse::<Template>().unwrap_err();
        assert_eq!(mistake("a{mail").position, 2);
        assert_eq!(mistake("{ma il}").position, 4);
        assert_eq!(mistake("mail}").position, 5);
        assert_eq!(mistake("{}").reason, "no attribute name between the braces");
        assert_eq!(mistake("").reason, "it is empty");
    }
}
