//! From text to filter, with the place of the first mistake.

use super::{FilterError, Node, Test};

/// Deeper filters are refused: the reader calls itself, and so does every server's.
const DEPTH: usize = 100;

pub(super) fn filter(text: &str) -> Result<Node, FilterError> {
    let mut reader = Reader { text, at: 0 };
    reader.spaces();
    if reader.peek().is_some_and(|c| c != '(') {
        return reader.refuse("a filter begins with `(`");
    }
    let node = reader.filter(0)?;
    reader.spaces();
    if reader.peek().is_some() {
        return reader.refuse("nothing may follow the last `)`; to combine filters write `(&(…)(…))`");
    }
    Ok(node)
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn filter(&mut self, depth: usize) -> Result<Node, FilterError> {
        if depth > DEPTH {
            return self.refuse("the filter is nested too deeply");
        }
        self.spaces();
        if !self.skip('(') {
            return self.refuse("`(` expected");
        }
        self.spaces();
        let node = match self.peek() {
            Some('&') => Node::And(self.list(depth)?),
            Some('|') => Node::Or(self.list(depth)?),
            Some('!') => {
                self.skip('!');
                let part = self.filter(depth + 1)?;
                self.spaces();
                Node::Not(Box::new(part))
            }
            _ => self.item()?,
        };
        if !self.skip(')') {
            return self.refuse("`)` expected");
        }
        Ok(node)
    }

    fn list(&mut self, depth: usize) -> Result<Vec<Node>, FilterError> {
        self.at += 1;
        let mut parts = Vec::new();
        loop {
            self.spaces();
            match self.peek() {
                Some('(') => parts.push(self.filter(depth + 1)?),
                _ => return Ok(parts),
            }
        }
    }

    fn item(&mut self) -> Result<Node, FilterError> {
        if self.peek() == Some(':') {
            return self.extensible(None);
        }
        let attribute = self.attribute()?;
        if self.peek() == Some(':') {
            return self.extensible(Some(attribute));
        }
        let make: fn(Vec<u8>) -> Test = match self.peek() {
            Some('=') => {
                self.skip('=');
                let test = self.equality()?;
                return Ok(Node::Item { attribute, test });
            }
            Some('~') => Test::Approximately,
            Some('>') => Test::AtLeast,
            Some('<') => Test::AtMost,
            _ => return self.refuse("`=`, `>=`, `<=` or `~=` expected after the attribute"),
        };
        self.at += 1;
        if !self.skip('=') {
            return self.refuse("`=` expected");
        }
        let value = self.value()?;
        if self.peek() == Some('*') {
            return self.refuse("`*` stands only after `=`; for the character itself write `\\2a`");
        }
        Ok(Node::Item { attribute, test: make(value) })
    }

    fn equality(&mut self) -> Result<Test, FilterError> {
        let mut pieces = vec![self.value()?];
        while self.skip('*') {
            pieces.push(self.value()?);
        }
        if pieces.len() == 1 {
            return Ok(Test::Equal(pieces.swap_remove(0)));
        }
        let initial = pieces.remove(0);
        let last = pieces.pop().unwrap_or_default();
        // `a**b` means `a*b`.
        pieces.retain(|piece| !piece.is_empty());
        if initial.is_empty() && pieces.is_empty() && last.is_empty() {
            return Ok(Test::Present);
        }
        Ok(Test::Substrings { initial, any: pieces, last })
    }

    fn extensible(&mut self, attribute: Option<String>) -> Result<Node, FilterError> {
        let mut dn = false;
        let mut rule = None;
        // `[:dn][:rule]:=`
        loop {
            if !self.skip(':') {
                return self.refuse("`:=` expected");
            }
            if self.skip('=') {
                break;
            }
            let at = self.at;
            let word = self.attribute()?;
            if word == "dn" && !dn && rule.is_none() {
                dn = true;
            } else if rule.is_none() && !word.contains(';') {
                rule = Some(word);
            } else {
                self.at = at;
                return self.refuse("`:=` expected");
            }
        }
        if attribute.is_none() && rule.is_none() {
            return self.refuse("an attribute or a matching rule expected before `:=`");
        }
        let value = self.value()?;
        if self.peek() == Some('*') {
            return self.refuse("`*` stands only after `=`; for the character itself write `\\2a`");
        }
        Ok(Node::Extensible { attribute, dn, rule, value })
    }

    /// `attributedescription` of RFC 4512, section 2.5, in lower case: a name or a number, and options. Some servers
    /// have names with `_`.
    fn attribute(&mut self) -> Result<String, FilterError> {
        let start = self.at;
        while self.peek().is_some_and(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | ';')) {
            self.at += 1;
        }
        let attribute = self.text[start..self.at].to_ascii_lowercase();
        let (name, options) = attribute.split_once(';').unwrap_or((&attribute, "x"));
        let number =
            name.bytes().all(|b| b.is_ascii_digit() || b == b'.') && !name.split('.').any(str::is_empty);
        let word = name.starts_with(|c: char| c.is_ascii_alphabetic()) && !name.contains('.');
        if !(number || word) || options.split(';').any(str::is_empty) {
            if self.at > start {
                self.at = start;
                return self.refuse("this is no attribute name");
            }
            return self.refuse("an attribute name expected");
        }
        Ok(attribute)
    }

    /// Up to the next `*`, `(` or `)`, escapes resolved.
    fn value(&mut self) -> Result<Vec<u8>, FilterError> {
        let mut value = Vec::new();
        while let Some(c) = self.peek() {
            match c {
                '*' | ')' => break,
                '(' => return self.refuse("`(` inside a value is written `\\28`"),
                '\\' => {
                    let digits = self
                        .text
                        .get(self.at + 1..self.at + 3)
                        .filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()));
                    let Some(byte) = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) else {
                        return self
                            .refuse("`\\` wants two hex digits; for the character itself write `\\5c`");
                    };
                    value.push(byte);
                    self.at += 3;
                }
                '\0' => return self.refuse("a zero byte is written `\\00`"),
                _ => {
                    value.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                    self.at += c.len_utf8();
                }
            }
        }
        Ok(value)
    }

    fn spaces(&mut self) {
        while let Some(c) = self.peek().filter(|c| c.is_whitespace()) {
            self.at += c.len_utf8();
        }
    }

    fn skip(&mut self, c: char) -> bool {
        let found = self.peek() == Some(c);
        if found {
            self.at += c.len_utf8();
        }
        found
    }

    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn refuse<T>(&self, reason: &str) -> Result<T, FilterError> {
        let position = self.text[..self.at].chars().count() + 1;
        let reason = if self.peek().is_none() {
            format!("the filter ends too early: {reason}")
        } else {
            reason.to_owned()
        };
        Err(FilterError { position, reason })
    }
}

#[cfg(test)]
mod tests {
    use crate::filter::Filter;

    #[test]
    fn folded_filters_are_read() {
        let filter = Filter::parse("(& (objectClass=Person)\n   (! (mail~=x) ) (|) (cn=a**b*) )").unwrap();
        assert_eq!(filter.to_string(), "(&(objectclass=Person)(!(mail~=x))(|)(cn=a*b*))");
    }

    #[test]
    fn mistakes_have_a_position_and_a_remedy() {
        for (text, position, reason) in [
            ("", 1, "the filter ends too early: `(` expected"),
            ("cn=a", 1, "a filter begins with `(`"),
            ("(cn=a", 6, "the filter ends too early: `)` expected"),
            ("(cn=a)(sn=b)", 7, "nothing may follow the last `)`; to combine filters write `(&(…)(…))`"),
            ("(&(cn=ä)(sn b))", 12, "`=`, `>=`, `<=` or `~=` expected after the attribute"),
            ("(cn=\\2)", 5, "`\\` wants two hex digits; for the character itself write `\\5c`"),
            ("(cn=a(b)", 6, "`(` inside a value is written `\\28`"),
            ("(!cn=a)", 3, "`(` expected"),
            ("(=a)", 2, "an attribute name expected"),
            ("(1a=b)", 2, "this is no attribute name"),
            ("(cn>=a*)", 7, "`*` stands only after `=`; for the character itself write `\\2a`"),
        ] {
            let mistake = Filter::parse(text).unwrap_err();
            assert_eq!((mistake.position, mistake.reason.as_str()), (position, reason), "{text}");
        }
        assert!(Filter::parse(&"(!".repeat(5000)).is_err());
    }

    #[test]
    fn rules_that_need_a_server_are_named() {
        let chain = Filter::parse("(&(cn=a)(memberOf:1.2.840.113556.1.4.1941:=cn=x))").unwrap();
        let mistake = chain.check_in_memory().unwrap_err();
        assert_eq!(mistake.position, 9);
        assert!(mistake.reason.contains("1.2.840.113556.1.4.1941"), "{mistake}");
        assert!(
            Filter::parse("(!(userAccountControl:1.2.840.113556.1.4.803:=2))")
                .unwrap()
                .check_in_memory()
                .is_ok()
        );
        assert!(Filter::parse("(uid:1.2.840.113556.1.4.803:=x)").unwrap().check_in_memory().is_err());
        assert!(Filter::parse("(ou:dn:=x)").unwrap().check_in_memory().is_err());
    }
}
