//! Values as Python writes them into a log (`repr`), of either version: read exactly, or refused.

/// A value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    None,
    Text(String),
    /// A set, a list or a tuple.
    Many(Vec<Value>),
    Dict(Vec<(Value, Value)>),
    /// A number, a truth value, bytes, or something that Python builds: nothing that is compared.
    Other,
}

impl Value {
    /// What a dictionary has under a name.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let Self::Dict(entries) = self else { return None };
        let found = entries.iter().find(|(key, _)| matches!(key, Self::Text(key) if key == name));
        match found {
            Some((_, Self::Text(text))) => Some(text),
            _ => None,
        }
    }
}

/// The value with which a text begins, and what comes after it; the error says what is wrong.
pub(super) fn leading(text: &str) -> Result<(Value, &str), String> {
    let mut reader = Reader { rest: text };
    let value = reader.value(0)?;
    Ok((value, reader.rest))
}

/// The value that a text is.
pub(super) fn whole(text: &str) -> Result<Value, String> {
    match leading(text)? {
        (value, "") => Ok(value),
        (_, rest) => Err(format!("`{}` follows a value that has ended", beginning(rest))),
    }
}

/// Deeper than anything that is logged, and no stack overflows.
const DEEPEST: usize = 32;

struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    fn value(&mut self, depth: usize) -> Result<Value, String> {
        if depth > DEEPEST {
            return Err("it is nested too deeply".to_owned());
        }
        if let Some(text) = self.text()? {
            return Ok(text);
        }
        match self.rest.chars().next() {
            Some('{') => self.braces(depth),
            Some('[') => Ok(Value::Many(self.items('[', ']', depth)?)),
            Some('(') => Ok(Value::Many(self.items('(', ')', depth)?)),
            Some(c) if c.is_ascii_alphanumeric() || "_-+.".contains(c) => self.word(depth),
            _ => Err(self.strange()),
        }
    }

    /// A word, a number, or what Python builds: `None`, `-3`, `set([u'a'])`, `datetime.date(2026, 1, 2)`.
    fn word(&mut self, depth: usize) -> Result<Value, String> {
        let is_part = |c: char| c.is_ascii_alphanumeric() || "_-+.".contains(c);
        let end = self.rest.find(|c| !is_part(c)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        let built = match self.rest.starts_with('(') {
            true => Some(self.items('(', ')', depth)?),
            false => None,
        };
        match (word, built.as_deref()) {
            ("None", None) => Ok(Value::None),
            ("True" | "False" | "inf" | "nan", None) => Ok(Value::Other),
            ("set" | "frozenset", Some([])) => Ok(Value::Many(Vec::new())),
            ("set" | "frozenset", Some([Value::Many(items)])) => Ok(Value::Many(items.clone())),
            ("OrderedDict" | "CaseInsensitiveDict", Some([dict @ Value::Dict(_)])) => Ok(dict.clone()),
            // Adobe and the directory give no such value that is compared.
            (_, Some(_)) => Ok(Value::Other),
            (number, None) if number.starts_with(|c: char| c.is_ascii_digit() || "-+.".contains(c)) => {
                Ok(Value::Other)
            }
            (word, None) => Err(format!("`{word}` is no value")),
        }
    }

    /// A set or a dictionary.
    fn braces(&mut self, depth: usize) -> Result<Value, String> {
        self.take("{");
        let (mut entries, mut items) = (Vec::new(), Vec::new());
        while !self.take("}") {
            let key = self.value(depth + 1)?;
            match self.take(": ") {
                true => entries.push((key, self.value(depth + 1)?)),
                false => items.push(key),
            }
            self.after_item('}')?;
        }
        match (entries.is_empty(), items.is_empty()) {
            (_, true) => Ok(Value::Dict(entries)),
            (true, false) => Ok(Value::Many(items)),
            (false, false) => Err("a dictionary has an entry without a value".to_owned()),
        }
    }

    fn items(&mut self, open: char, close: char, depth: usize) -> Result<Vec<Value>, String> {
        self.take(open.encode_utf8(&mut [0; 4]));
        let mut items = Vec::new();
        while !self.take(close.encode_utf8(&mut [0; 4])) {
            // `tzinfo=…` within what Python builds.
            if let Some((name, rest)) = self.rest.split_once('=')
                && !name.is_empty()
                && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
            {
                self.rest = rest;
            }
            items.push(self.value(depth + 1)?);
            self.after_item(close)?;
        }
        Ok(items)
    }

    fn after_item(&mut self, close: char) -> Result<(), String> {
        // A tuple of one item has a comma after it.
        match self.take(", ")
            || self.rest.starts_with(close)
            || self.take(",") && self.rest.starts_with(close)
        {
            true => Ok(()),
            false => Err(self.strange()),
        }
    }

    /// A text, if one begins here: `'a'`, `"a'b"`, `u'a'`; bytes (`b'a'`) are something else.
    fn text(&mut self) -> Result<Option<Value>, String> {
        let mut rest = self.rest.chars();
        let first = rest.next();
        let prefix = first.filter(|c| "ub".contains(*c));
        let quote = if prefix.is_some() { rest.next() } else { first };
        let Some(quote @ ('\'' | '"')) = quote else { return Ok(None) };
        let mut text = String::new();
        loop {
            match rest.next() {
                None => return Err("a text does not end".to_owned()),
                Some('\\') => text.push(escaped(&mut rest, prefix)?),
                Some(c) if c == quote => break,
                Some(c) => text.push(c),
            }
        }
        self.rest = rest.as_str();
        Ok(Some(if prefix == Some('b') { Value::Other } else { Value::Text(text) }))
    }

    fn take(&mut self, expected: &str) -> bool {
        let rest = self.rest.strip_prefix(expected);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn strange(&self) -> String {
        match self.rest {
            "" => "it ends in the middle of a value".to_owned(),
            rest => format!("`{}` stands where a value should", beginning(rest)),
        }
    }
}

fn escaped(rest: &mut std::str::Chars<'_>, prefix: Option<char>) -> Result<char, String> {
    let digits = match rest.next() {
        Some('n') => return Ok('\n'),
        Some('r') => return Ok('\r'),
        Some('t') => return Ok('\t'),
        Some(c @ ('\\' | '\'' | '"')) => return Ok(c),
        Some('x') => 2,
        Some('u') => 4,
        Some('U') => 8,
        _ => return Err("a text has an escape that Python does not write".to_owned()),
    };
    let hex: String = rest.by_ref().take(digits).collect();
    let code = u32::from_str_radix(&hex, 16).ok().filter(|_| hex.len() == digits);
    let c = code.and_then(char::from_u32).ok_or("a text has an escape that is no character")?;
    // Python 3 writes what can be printed as it is; Python 2 writes the bytes of an encoding that nobody knows.
    match digits == 2 && prefix.is_none() && !c.is_ascii() && !matches!(c, '\u{80}'..='\u{a0}' | '\u{ad}') {
        true => Err("a text holds bytes of an unknown encoding (Python 2)".to_owned()),
        false => Ok(c),
    }
}

fn beginning(text: &str) -> String {
    let mut short: String = text.chars().take(20).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    #[test]
    fn what_either_python_writes_is_read() {
        for (written, value) in [
            ("set()", Value::Many(vec![])),
            ("set([])", Value::Many(vec![])),
            ("set([u'a', u'\\xe9'])", Value::Many(vec![text("a"), text("é")])),
            ("{'a', \"it's\", None}", Value::Many(vec![text("a"), text("it's"), Value::None])),
            ("{}", Value::Dict(vec![])),
            ("{'lastname': None}", Value::Dict(vec![(text("lastname"), Value::None)])),
            ("'\\U0001f600\\n\\\\'", text("😀\n\\")),
            ("'caf\u{e9}\\xa0'", text("café\u{a0}")),
            ("('a',)", Value::Many(vec![text("a")])),
            (
                "[1, -2.5, True, b'\\x00', datetime.datetime(2026, 1, 2, tzinfo=UTC())]",
                Value::Many(vec![Value::Other; 5]),
            ),
        ] {
            assert_eq!(whole(written), Ok(value), "{written}");
        }
        assert_eq!(leading("set() removed: {'a'}"), Ok((Value::Many(vec![]), " removed: {'a'}")));
    }

    #[test]
    fn whatever_else_is_refused() {
        for written in [
            "",
            "{'a'",
            "{'a' 'b'}",
            "{'a': 1, 'b'}",
            "'a",
            "'\\q'",
            "'\\xc3\\xa9'",
            "'\\ud800'",
            "nonsense",
            "<object at 0x1>",
            "{'a'} and more",
            "'\\x4'",
        ] {
            assert!(whole(written).is_err(), "{written}");
        }
        assert!(whole(&"[".repeat(100_000)).is_err());
    }
}
