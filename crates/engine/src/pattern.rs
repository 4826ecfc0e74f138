//! Regular expressions as configurations use them: each means the whole value, letter case ignored.

use regex::{Regex, RegexBuilder};
use std::fmt;

/// A regular expression that has to match a whole value. Alternatives need no brackets of their own: `a|b` matches `a` and
/// `b`, and nothing that only begins or ends with one of them.
#[derive(Debug, Clone)]
pub struct Pattern {
    text: String,
    regex: Regex,
}

/// Why a text is no pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no regular expression: {reason}")]
pub struct PatternError {
    /// The text.
    pub text: String,
    /// What is wrong with it.
    pub reason: String,
}

impl Pattern {
    /// Understands a regular expression.
    pub fn new(text: &str) -> Result<Self, PatternError> {
        let wrong = |error: regex::Error| PatternError { text: text.to_owned(), reason: reason(&error) };
        // By itself first: brackets that do not belong together must not find their partners in ours.
        Regex::new(text).map_err(wrong)?;
        // A line of its own: with `(?x)` a comment at the end of a pattern would swallow what follows it.
        let end = if text.contains("(?x") { "\n)$" } else { ")$" };
        let regex =
            RegexBuilder::new(&format!("^(?:{text}{end}")).case_insensitive(true).build().map_err(wrong)?;
        Ok(Self { text: text.to_owned(), regex })
    }

    /// As written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it matches the whole value.
    pub fn matches(&self, value: &str) -> bool {
        self.regex.is_match(value)
    }

    /// What a template with captures (`$1`, `${name}`, `$0`, `$$` for a dollar) becomes for a value; `None` where it does
    /// not match.
    pub fn expand(&self, value: &str, template: &str) -> Option<String> {
        let captures = self.regex.captures(value)?;
        let mut expanded = String::new();
        captures.expand(template, &mut expanded);
        Some(expanded)
    }
}

/// The last line of what the parser says, which is the one that tells; the others draw.
fn reason(error: &regex::Error) -> String {
    let told = error.to_string();
    let last = told.lines().last().unwrap_or_default().trim();
    last.strip_prefix("error: ").unwrap_or(last).to_owned()
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}
impl Eq for Pattern {}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn b08_s9_a_pattern_means_the_whole_value_in_whatever_case() {
        let pattern = Pattern::new("ann|bob").unwrap();
        for (value, expected) in [("ann", true), ("BOB", true), ("annika", false), ("kabob", false)] {
            assert_eq!(pattern.matches(value), expected, "{value}");
        }
        assert!(!Pattern::new("a.").unwrap().matches("ab\n"), "a line end is a character like others");
    }

    #[test]
    fn captures_are_filled_in_by_number_and_name() {
        let pattern = Pattern::new("acl-(?<team>.+)").unwrap();
        for (template, expected) in
            [("Team $1", "Team Art"), ("${team}s", "Arts"), ("$0", "ACL-Art"), ("5 $$", "5 $")]
        {
            assert_eq!(pattern.expand("ACL-Art", template).as_deref(), Some(expected));
        }
        assert_eq!(pattern.expand("other", "Team $1"), None);
    }

    #[test]
    fn what_is_no_regular_expression_is_refused_with_the_reason() {
        for text in ["(", ")|(", "[a", "a{2,1}", "(?=x)"] {
            let error = Pattern::new(text).unwrap_err();
            assert!(!error.reason.is_empty() && error.text == text, "{error}");
        }
    }
}
