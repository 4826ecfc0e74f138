//! LDAP filters as the User Sync Tool has them, taken apart.

/// A filter: brackets, and what stands in them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    /// `&`, `|` or `!`, and what follows.
    Of(char, Vec<Part>),
    Item(String),
}

/// Reads the text form; outer brackets may be missing, and so may those after `!`, as Active Directory has it.
pub(super) fn parse(text: &str) -> Result<Part, String> {
    let text = text.trim();
    let whole = if text.starts_with('(') { text.to_owned() } else { format!("({text})") };
    let mut characters = whole.chars().peekable();
    let part = part(&mut characters, 0)?;
    match characters.find(|c| !c.is_whitespace()) {
        None => Ok(part),
        Some(_) => Err("there is something after its end".to_owned()),
    }
}

type Characters<'a> = std::iter::Peekable<std::str::Chars<'a>>;

fn part(characters: &mut Characters<'_>, depth: usize) -> Result<Part, String> {
    if depth > 64 {
        return Err("its brackets are nested too deeply".to_owned());
    }
    skip(characters);
    if characters.next() != Some('(') {
        return Err("a bracket is missing".to_owned());
    }
    skip(characters);
    match characters.peek().copied() {
        Some(of @ ('&' | '|' | '!')) => {
            characters.next();
            skip(characters);
            let mut parts = Vec::new();
            if of == '!' && characters.peek() != Some(&'(') {
                parts.push(Part::Item(item(characters)?));
                return Ok(Part::Of(of, parts));
            }
            loop {
                skip(characters);
                match characters.peek() {
                    Some(')') => break,
                    Some('(') => parts.push(part(characters, depth + 1)?),
                    _ => return Err("a bracket is missing".to_owned()),
                }
            }
            characters.next();
            Ok(Part::Of(of, parts))
        }
        _ => item(characters).map(Part::Item),
    }
}

fn skip(characters: &mut Characters<'_>) {
    while characters.next_if(|c| c.is_whitespace()).is_some() {}
}

/// Up to the bracket that ends it, which is read.
fn item(characters: &mut Characters<'_>) -> Result<String, String> {
    let mut item = String::new();
    for c in characters.by_ref() {
        match c {
            ')' => return Ok(item),
            '(' => return Err("a bracket stands in a value; write \\28".to_owned()),
            c => item.push(c),
        }
    }
    Err("a bracket is missing at its end".to_owned())
}

impl Part {
    /// Without every part for which this holds; `None` where nothing is left.
    pub(super) fn without(self, drop: &impl Fn(&Part) -> bool) -> Option<Self> {
        if drop(&self) {
            return None;
        }
        match self {
            Self::Item(_) => Some(self),
            Self::Of(of, parts) => {
                let mut parts: Vec<Part> = parts.into_iter().filter_map(|part| part.without(drop)).collect();
                match parts.len() {
                    0 => None,
                    1 if of != '!' => parts.pop(),
                    _ => Some(Self::Of(of, parts)),
                }
            }
        }
    }

    /// Whether it leaves out disabled accounts of Active Directory.
    pub(super) fn is_not_disabled(&self) -> bool {
        let Self::Of('!', parts) = self else { return false };
        let [Self::Item(item)] = parts.as_slice() else { return false };
        let plain: String = item.chars().filter(|c| !c.is_whitespace()).collect();
        plain.eq_ignore_ascii_case("userAccountControl:1.2.840.113556.1.4.803:=2")
    }

    /// The items in it.
    pub(super) fn items(&self) -> Vec<&str> {
        match self {
            Self::Item(item) => vec![item],
            Self::Of(_, parts) => parts.iter().flat_map(Part::items).collect(),
        }
    }
}

impl std::fmt::Display for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Item(item) => write!(f, "({item})"),
            Self::Of(of, parts) => {
                write!(f, "({of}")?;
                parts.iter().try_for_each(|part| part.fmt(f))?;
                f.write_str(")")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bit_of_disabled_accounts_is_found_in_its_spellings() {
        for (text, rest) in [
            (
                "(&(objectClass=user)(objectCategory=person)(!(userAccountControl:1.2.840.113556.1.4.803:=2)))",
                Some("(&(objectClass=user)(objectCategory=person))"),
            ),
            ("(&(mail=*)(!userAccountControl:1.2.840.113556.1.4.803:=2))", Some("(mail=*)")),
            ("(!(useraccountcontrol:1.2.840.113556.1.4.803:=2))", None),
            ("mail=*", Some("(mail=*)")),
            ("(&(a=1) (| (b=2)\n(c=3)))", Some("(&(a=1)(|(b=2)(c=3)))")),
            ("(!(a=1))", Some("(!(a=1))")),
        ] {
            let left = parse(text).unwrap().without(&Part::is_not_disabled).map(|part| part.to_string());
            assert_eq!(left.as_deref(), rest, "{text}");
        }
    }

    #[test]
    fn brackets_that_do_not_meet_are_told() {
        for text in ["(a=1", "(&(a=1)", "(a=1))", "(&(a=1)b)", "(a=(b))", ""] {
            let read = parse(text);
            assert!(read.is_err() || text.is_empty(), "{text}: {read:?}");
        }
        assert!(parse(&"(!".repeat(1000)).is_err());
    }
}
