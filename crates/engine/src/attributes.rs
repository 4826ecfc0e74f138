//! The attributes of an entry, held small: there may be a million entries, each with a handful of short values.

use crate::texts::{push_number, take_number};
use std::fmt;
use std::sync::Arc;

/// Values by attribute name in lower case, in the source's order; an attribute without values is not there.
#[derive(Clone, Default)]
pub struct Attributes {
    /// Names in order, most of them the same for all entries of a source.
    names: Arc<[Box<str>]>,
    /// How many values there are, for each the position of its name and its length, and then the values, those of one name
    /// together, in the order of the names. Nothing where there is none.
    text: Box<str>,
}

impl Attributes {
    /// These values of attributes that are named in order, each once, by `names`.
    pub fn of<'a, V>(names: &Arc<[Box<str>]>, values: impl Fn(&str) -> V) -> Self
    where
        V: IntoIterator<Item = &'a str>,
    {
        // A person has one short value of each.
        let (mut values_text, mut places) =
            (String::with_capacity(128), String::with_capacity(2 * names.len()));
        let mut count = 0;
        for (name, attribute) in names.iter().enumerate() {
            for value in values(attribute) {
                count += 1;
                push_number(&mut places, name);
                push_number(&mut places, value.len());
                values_text.push_str(value);
            }
        }
        let mut text = String::new();
        if count > 0 {
            text.reserve_exact(places.len() + values_text.len() + 2);
            push_number(&mut text, count);
            text.push_str(&places);
            text.push_str(&values_text);
        }
        Self { names: names.clone(), text: text.into() }
    }

    /// The values of an attribute, by its lower-case name.
    pub fn get<'a>(&'a self, attribute: &str) -> impl Iterator<Item = &'a str> {
        let wanted = self.names.iter().position(|name| **name == *attribute);
        self.values().filter(move |(name, _)| Some(*name) == wanted).map(|(_, value)| value)
    }

    /// Every value with the position of its name.
    fn values(&self) -> impl Iterator<Item = (usize, &str)> {
        let bytes = self.text.as_bytes();
        let mut at = 0;
        let count = take_number(bytes, &mut at);
        let mut from = at;
        for _ in 0..2 * count {
            take_number(bytes, &mut from);
        }
        (0..count).map(move |_| {
            let name = take_number(bytes, &mut at);
            let begin = from;
            from += take_number(bytes, &mut at);
            (name, &self.text[begin..from])
        })
    }

    /// Every value with the name of its attribute.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.values().map(|(name, value)| (&*self.names[name], value))
    }

    /// Whether there is no value at all.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// The same with other values of this attribute.
    #[must_use]
    pub fn with(&self, attribute: &str, values: &[&str]) -> Self {
        let mut names: Vec<Box<str>> = self.names.to_vec();
        if let Err(at) = names.binary_search_by(|name| (**name).cmp(attribute)) {
            names.insert(at, attribute.into());
        }
        let others = |name: &str| self.get(name).filter(|_| name != attribute).collect::<Vec<_>>();
        Self::of(&names.into(), |name| match name == attribute {
            true => values.to_vec(),
            false => others(name),
        })
    }
}

impl<'a> FromIterator<(&'a str, &'a str)> for Attributes {
    fn from_iter<I: IntoIterator<Item = (&'a str, &'a str)>>(values: I) -> Self {
        let values: Vec<(&str, &str)> = values.into_iter().collect();
        let mut names: Vec<Box<str>> = values.iter().map(|(name, _)| Box::from(*name)).collect();
        names.sort();
        names.dedup();
        Self::of(&names.into(), |name| {
            values.iter().filter(|(of, _)| *of == name).map(|(_, value)| *value).collect::<Vec<_>>()
        })
    }
}

impl PartialEq for Attributes {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Attributes {}

impl fmt::Debug for Attributes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values<'a>(attributes: &'a Attributes, name: &str) -> Vec<&'a str> {
        attributes.get(name).collect()
    }

    #[test]
    fn each_attribute_has_its_values_in_their_order() {
        let some: Attributes = [("sn", "Doe"), ("mail", "b@x"), ("mail", "a@x")].into_iter().collect();
        assert_eq!(values(&some, "mail"), ["b@x", "a@x"]);
        assert_eq!(values(&some, "sn"), ["Doe"]);
        assert!(values(&some, "uid").is_empty());
        assert_eq!(some.iter().collect::<Vec<_>>(), [("mail", "b@x"), ("mail", "a@x"), ("sn", "Doe")]);
    }

    #[test]
    fn what_is_asked_for_and_not_there_makes_no_difference() {
        let names: Arc<[Box<str>]> = ["mail", "sn", "uid"].map(Box::from).into();
        let read = Attributes::of(&names, |name| (name == "sn").then_some("Doe"));
        assert_eq!(read, [("sn", "Doe")].into_iter().collect());
        assert_ne!(read, [("mail", "Doe")].into_iter().collect());
        assert!(values(&read, "uid").is_empty() && !read.is_empty());
        assert!(Attributes::default().is_empty());
    }

    #[test]
    fn values_can_be_replaced() {
        let some: Attributes = [("mail", "a@x"), ("sn", "Doe")].into_iter().collect();
        let other = some.with("c", &["DE"]).with("mail", &["b@x", "c@x"]).with("sn", &[]);
        assert_eq!(other.iter().collect::<Vec<_>>(), [("c", "DE"), ("mail", "b@x"), ("mail", "c@x")]);
    }
}
