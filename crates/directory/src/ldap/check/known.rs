//! What filters and mappings name and the server does not know, and what was meant.

use super::super::schema::{self, Names};
use super::super::settings::Settings;
use super::{Mistake, Report};
use crate::filter::Name;
use std::collections::{BTreeMap, BTreeSet};
use umsync_engine::directory::Wanted;

/// Everything that the server does not know, and the keys that name it.
pub(super) fn look(
    schema: &Result<Names, String>,
    settings: &Settings,
    wanted: &Wanted,
    place: &str,
    report: &mut Report,
) -> BTreeMap<Name, BTreeSet<&'static str>> {
    match schema::require(schema, settings, wanted, place) {
        Ok(known) => report.schema = Some(known),
        Err(error) => {
            let advice = schema.as_ref().ok().and_then(|names| advice(names, settings, wanted));
            report.mistakes.push(Mistake { error, advice });
        }
    }
    schema.as_ref().map_or_else(|_| BTreeMap::new(), |names| schema::unknown(names, settings, wanted))
}

fn advice(names: &Names, settings: &Settings, wanted: &Wanted) -> Option<String> {
    let unknown = schema::unknown(names, settings, wanted);
    let mut lines = Vec::new();
    let mut strange = false;
    for (name, keys) in &unknown {
        let (Name::Attribute(text) | Name::Class(text)) = name;
        if keys.contains("users") && is_of_another_kind(text) {
            strange = true;
            continue;
        }
        if let Some(near) = names.nearest(name) {
            lines.push(format!("write `{near}` for `{text}`"));
        }
    }
    if strange && let Some(filter) = people(names) {
        lines.insert(0, format!("for the people of a server of this kind write `users: {filter}`"));
    }
    (!lines.is_empty()).then(|| lines.join("\n"))
}

/// Whether only some kinds of servers know it, so that it is no slip.
fn is_of_another_kind(name: &str) -> bool {
    [
        "objectcategory",
        "samaccountname",
        "samaccounttype",
        "useraccountcontrol",
        "user",
        "inetorgperson",
        "inetuser",
    ]
    .contains(&name)
}

/// The usual filter for people.
pub(super) fn people(names: &Names) -> Option<&'static str> {
    if names.has_attribute("objectcategory") && names.has_class("user") {
        return Some("(&(objectCategory=person)(objectClass=user))");
    }
    names.has_class("inetorgperson").then_some("(objectClass=inetOrgPerson)")
}
