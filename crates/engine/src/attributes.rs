//! The attributes of an entry, held small: there may be a million entries, each with a handful of short values.

use std::fmt;
use std::sync::Arc;

/// Values by attribute name in lower case, in the source's order; an attribute without values is not there.
#[derive(Clone, Default)]
pub struct Attributes {
    /// Names in order, most of them the same for all entries of a source.
    names: Arc<[Box<str>]>,
    /// The values, those of one name together, in the order of the names.
    values: Box<[Place]>,
    /// All values, one after the other.
    text: Box<str>,
}

/// One value: of which name, and where it ends. It begins where the one before it ends.
#[derive(Debug, Clone, Copy)]
struct Place {
    name: u32,
    end: u32,
}

impl Attributes {
    /// These values of attributes that are named in order, each once, by `names`. What cannot be counted with 32 bits (a
    /// value of 4 GiB) is no entry.
    pub fn of<'a, V>(names: &Arc<[Box<str>]>, values: impl Fn(&str) -> V) -> Self
    where
        V: IntoIterator<Item = &'a str>,
    {
        // A person has one short value of each.
        let (mut text, mut places) = (String::with_capacity(128), Vec::with_capacity(names.len()));
        for (name, attribute) in (0..).zip(names.iter()) {
            for value in values(attribute) {
                text.push_str(value);
                let end = u32::try_from(text.len()).expect("no entry has values of 4 GiB");
                places.push(Place { name, end });
            }
        }
        Self { names: names.clone(), values: places.into(), text: text.into() }
    }

    /// The values of an attribute, by its lower-case name.
    pub fn get<'a>(&'a self, attribute: &str) -> impl Iterator<Item = &'a str> {
        let name = self.names.iter().position(|name| **name == *attribute);
        let name = name.and_then(|name| u32::try_from(name).ok());
        let (from, to) = match name {
            Some(name) => (
                self.values.partition_point(|value| value.name < name),
                self.values.partition_point(|value| value.name <= name),
            ),
            None => (0, 0),
        };
        (from..to).map(|at| self.value(at))
    }

    fn value(&self, at: usize) -> &str {
        let begin = at.checked_sub(1).map_or(0, |before| self.values[before].end);
        &self.text[begin as usize..self.values[at].end as usize]
    }

    /// Every value with the name of its attribute.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let name = |at: usize| &*self.names[self.values[at].name as usize];
        (0..self.values.len()).map(move |at| (name(at), self.value(at)))
    }

    /// Whether there is no value at all.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
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
