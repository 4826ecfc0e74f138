//! What is written in Python's ways: regular expressions, their replacements, and templates.

use umsync_engine::pattern::Pattern;
use umsync_engine::template::Template;

/// A regular expression of Python's in our dialect; the error says why it has none.
pub(super) fn regex(text: &str) -> Result<String, String> {
    let translated = translated(text);
    Pattern::new(&translated).map(|_| translated).map_err(|error| error.reason)
}

/// Where the dialects write the same thing differently, or a different thing alike.
fn translated(text: &str) -> String {
    let mut out = String::new();
    let mut characters = text.chars().peekable();
    let mut inside = false;
    // Where a bracket is the first of its class, it is a character.
    let mut first = false;
    while let Some(c) = characters.next() {
        let was_first = std::mem::take(&mut first);
        match c {
            '\\' => match characters.next() {
                Some('Z') if !inside => out.push_str("\\z"),
                Some(c @ ('<' | '>')) => out.push(c),
                Some(c) => out.extend(['\\', c]),
                None => out.push('\\'),
            },
            '[' if !inside => {
                (inside, first) = (true, true);
                out.push(c);
                if characters.peek() == Some(&'^') {
                    out.extend(characters.next());
                }
            }
            ']' if inside && was_first => out.push_str("\\]"),
            ']' if inside => {
                inside = false;
                out.push(c);
            }
            '[' | '&' | '~' if inside => out.extend(['\\', c]),
            c => out.push(c),
        }
    }
    out
}

/// Whether `|` stands outside all brackets: anchors that are glued to such a text hold its ends only (B8).
pub(super) fn has_alternatives(text: &str) -> bool {
    let (mut depth, mut inside, mut escaped) = (0_usize, false, false);
    text.chars().any(|c| {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '[' => inside = true,
            ']' => inside = false,
            '(' if !inside => depth += 1,
            ')' if !inside => depth = depth.saturating_sub(1),
            '|' if !inside && depth == 0 => return true,
            _ => {}
        }
        false
    })
}

/// The replacement of a substitution, with our captures.
pub(super) fn replacement(text: &str) -> Result<String, String> {
    let mut out = String::new();
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        match (c, characters.peek().copied()) {
            ('$', _) => out.push_str("$$"),
            ('\\', Some('g')) => {
                characters.next();
                let rest: String = characters.by_ref().take_while(|c| *c != '>').collect();
                match rest.strip_prefix('<').filter(|name| !name.is_empty()) {
                    Some(name) => out.push_str(&format!("${{{name}}}")),
                    None => return Err("`\\g` without `<name>`".to_owned()),
                }
            }
            ('\\', Some(digit)) if digit.is_ascii_digit() => {
                let mut number = String::new();
                while let Some(digit) = characters.next_if(|c| c.is_ascii_digit() && number.len() < 2) {
                    number.push(digit);
                }
                out.push_str(&format!("${{{number}}}"));
            }
            ('\\', Some('\\')) => {
                characters.next();
                out.push('\\');
            }
            ('\\', other) => {
                let other = other.map(String::from).unwrap_or_default();
                return Err(format!("`\\{other}` means nothing in a replacement"));
            }
            (c, _) => out.push(c),
        }
    }
    Ok(out)
}

/// A format with attributes in braces; the error says why it is none of ours.
pub(super) fn template(text: &str) -> Result<String, String> {
    text.parse::<Template>().map(|_| text.to_owned()).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regular_expressions_keep_what_they_mean() {
        for (python, ours) in [
            (r".*@example\.com", r".*@example\.com"),
            (r"(?P<name>a+)\Z", r"(?P<name>a+)\z"),
            ("[[a]x", r"[\[a]x"),
            ("[]a]x", r"[\]a]x"),
            ("[^]a]&&", r"[^\]a]&&"),
            ("[a&&b~~c]", r"[a\&\&b\~\~c]"),
            (r"\<b\>", "<b>"),
        ] {
            assert_eq!(regex(python).as_deref(), Ok(ours), "{python}");
        }
        for python in ["(?!a)b", "(?<=a)b", r"(a)\1", "(", "(?P=x)", "a{"] {
            assert!(regex(python).is_err(), "{python}");
        }
    }

    #[test]
    fn alternatives_count_where_anchors_would_miss_them() {
        for (text, expected) in [
            ("a|b", true),
            ("(a|b)", false),
            ("[|]", false),
            (r"a\|b", false),
            ("(a)|(b)", true),
            ("a", false),
        ] {
            assert_eq!(has_alternatives(text), expected, "{text}");
        }
    }

    #[test]
    fn replacements_have_our_captures() {
        for (python, ours) in [
            (r"Team \1", "Team ${1}"),
            (r"\g<team>s", "${team}s"),
            ("5 $", "5 $$"),
            (r"a\\b", r"a\b"),
            ("x", "x"),
        ] {
            assert_eq!(replacement(python).as_deref(), Ok(ours), "{python}");
        }
        assert!(replacement(r"\n").is_err() && replacement(r"\g").is_err());
    }
}
