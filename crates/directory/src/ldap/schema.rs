//! What a server knows (RFC 4512, section 4.2), and whether the configuration names anything else.
//!
//! A filter that names what the server does not know is undefined, and finds nothing: result 0, no entry, no error.

use super::connect::Connection;
use super::failure::{Failure, Phase};
use super::root::Root;
use super::settings::Settings;
use crate::error::Error;
use crate::filter::{Filter, Name};
use crate::near::nearest;
use std::collections::{BTreeMap, BTreeSet};
use umsync_engine::directory::{Schema, Wanted};

/// The names of a server's schema, in lower case, with their numbers.
#[derive(Debug, Default)]
pub(super) struct Names {
    attributes: BTreeSet<String>,
    classes: BTreeSet<String>,
}

impl Names {
    pub(super) fn has_attribute(&self, name: &str) -> bool {
        self.attributes.contains(name)
    }

    pub(super) fn has_class(&self, name: &str) -> bool {
        self.classes.contains(name)
    }

    /// The name of the same kind that is spelled most alike.
    pub(super) fn nearest(&self, name: &Name) -> Option<&str> {
        let (name, known) = match name {
            Name::Attribute(name) => (name, &self.attributes),
            Name::Class(name) => (name, &self.classes),
        };
        nearest(name, known.iter().map(String::as_str))
    }

    pub(super) fn know(&self, name: &Name) -> bool {
        match name {
            Name::Attribute(name) => self.attributes.contains(name),
            Name::Class(name) => self.classes.contains(name),
        }
    }
}

/// What the server knows, or why nobody can tell.
pub(super) async fn look(connection: &mut Connection, root: &Root) -> Result<Result<Names, String>, Error> {
    let Some(dn) = &root.subschema else {
        return Ok(Err("the server does not say where it is".to_owned()));
    };
    let record = match connection.entry(dn, &["attributetypes", "objectclasses"], Phase::Root).await {
        Ok(Some(record)) => record,
        Ok(None) => return Ok(Err(format!("this account may not read `{dn}`"))),
        Err(Error::Server { server: _, phase: _, source }) if !ended(&source) => {
            let why = source.to_string().lines().next().unwrap_or_default().to_owned();
            return Ok(Err(format!("`{dn}` cannot be read: {why}")));
        }
        Err(error) => return Err(error),
    };
    let names = |attribute| record.texts(attribute).flat_map(names_of).collect();
    let names = Names { attributes: names("attributetypes"), classes: names("objectclasses") };
    // Every entry has this attribute: a schema without it is a part.
    Ok(match names.attributes.contains("objectclass") && !names.classes.is_empty() {
        true => Ok(names),
        false => Err(format!("`{dn}` does not tell it whole")),
    })
}

/// Whether nothing more can be asked: anything else is only about the schema.
fn ended(failure: &Failure) -> bool {
    let about_it =
        matches!(failure, Failure::Referred(_) | Failure::RangeGap(_) | Failure::Moving(_) | Failure::Gone);
    !(about_it || failure.denies())
}

/// An error naming everything in filters and mappings that the server does not know.
pub(super) fn require(
    schema: &Result<Names, String>,
    settings: &Settings,
    wanted: &Wanted,
    place: &str,
) -> Result<Schema, Error> {
    let names = match schema {
        Ok(names) => names,
        Err(why) => return Ok(Schema::Untold { why: why.clone() }),
    };
    let unknown: Vec<String> = unknown(names, settings, wanted)
        .iter()
        .map(|(name, places)| {
            let places: Vec<&str> = places.iter().copied().collect();
            format!("{name} ({})", places.join(", "))
        })
        .collect();
    if unknown.is_empty() {
        Ok(Schema::Known { names: named(settings, wanted).len() })
    } else {
        Err(Error::UnknownNames { place: place.to_owned(), unknown })
    }
}

/// Everything that the configuration itself names and the server does not know, and the keys at which it does.
pub(super) fn unknown(
    names: &Names,
    settings: &Settings,
    wanted: &Wanted,
) -> BTreeMap<Name, BTreeSet<&'static str>> {
    let mut named = named(settings, wanted);
    named.retain(|name, _| !names.know(name));
    named
}

/// Everything that the configuration itself names, and the keys at which it does.
fn named(settings: &Settings, wanted: &Wanted) -> BTreeMap<Name, BTreeSet<&'static str>> {
    let mut named: BTreeMap<Name, BTreeSet<&'static str>> = BTreeMap::new();
    let mut note = |name: Name, key| {
        named.entry(name).or_default().insert(key);
    };
    settings.users.names().into_iter().for_each(|name| note(name, "users"));
    let group_filter = settings.group_filter.as_ref().map(Filter::names);
    group_filter.into_iter().flatten().for_each(|name| note(name, "group_filter"));
    wanted.named.iter().for_each(|name| note(Name::Attribute(name.clone()), "people.attributes"));
    if let Some(anchor) = &settings.anchor {
        note(Name::Attribute(anchor.to_ascii_lowercase()), "anchor");
    }
    named
}

/// The number and the names of a description: `( 2.5.4.3 NAME ( 'cn' 'commonName' ) DESC 'it\27s' SUP name )`.
fn names_of(description: &str) -> Vec<String> {
    let inside = description.trim().strip_prefix('(').unwrap_or_default().trim_start();
    let number = inside.split_whitespace().next();
    let mut names: Vec<String> = number.map(str::to_ascii_lowercase).into_iter().collect();
    let Some((_, rest)) = inside.split_once(" NAME ") else { return names };
    let rest = rest.trim_start();
    // One quoted name, or several in parentheses; text that only looks like it comes later, in DESC.
    let list = match rest.strip_prefix('(') {
        Some(list) => list.split(')').next().unwrap_or_default(),
        None => rest.get(..rest.match_indices('\'').nth(1).map_or(0, |(end, _)| end + 1)).unwrap_or_default(),
    };
    names.extend(list.split('\'').skip(1).step_by(2).map(str::to_ascii_lowercase));
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptions_have_a_number_and_names() {
        for (description, names) in [
            (
                "( 2.5.4.3 NAME ( 'cn' 'commonName' ) DESC 'RFC4519: NAME 'x'' SUP name )",
                ["2.5.4.3", "cn", "commonname"].as_slice(),
            ),
            ("( 2.5.4.4 NAME 'sn' DESC 'a ''NAME'' ' )", &["2.5.4.4", "sn"]),
            ("(1.2.3 DESC 'nameless')", &["1.2.3"]),
            ("", &[]),
            ("( 1.2.4 NAME 'open", &["1.2.4"]),
        ] {
            assert_eq!(names_of(description), names, "{description}");
        }
    }
}
