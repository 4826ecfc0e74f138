//! The Python hook: quoted, with the keys that do what such hooks usually do.

use super::files::File;
use super::import::Import;
use super::section::{Found, Section};

/// Names every key of the extension, quotes the hook, and tells whether it gives or takes groups.
pub(super) fn leave(import: &mut Import<'_>, file: &File) -> bool {
    let root = Section::new("extension: ", &file.map, import.mistakes);
    let mut gives = false;
    if let Some(Found { key, value }) = root.text("after_mapping_hook") {
        gives = value.contains("target_groups");
        let instead = suggestions(&value).join("; ");
        let why = "umsync runs no Python";
        let additive = if gives {
            "; because it gives or takes groups, every mapping is written with `mode: additive`, so that nobody loses what it gave"
        } else {
            ""
        };
        import.report.lost(key, format!("{why}{additive}"), instead);
        if let Some(lost) = import.report.not_carried.last_mut() {
            lost.quoted = value
                .lines()
                .map(|line| line.trim_end().to_owned())
                .filter(|line| !line.is_empty())
                .collect();
        }
    }
    if let Some(Found { key, value }) = root.texts("extended_attributes") {
        import.report.lost(
            key,
            format!("[{}]: they are for the hook", value.join(", ")),
            "nothing; templates and people.filter fetch the attributes that they name",
        );
    }
    if let Some(Found { key, value }) = root.texts("extended_adobe_groups") {
        import.report.lost(
            key,
            format!("[{}]: they are for the hook", value.join(", ")),
            "map a directory group to each under `groups`; until then umsync leaves them alone",
        );
    }
    root.finish(&mut import.report);
    gives
}

/// What the lines of a hook ask for, each thing once.
fn suggestions(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut under_condition = false;
    for line in code.lines() {
        let plain = line.trim();
        let indented = line.starts_with([' ', '\t']);
        if plain.is_empty() || plain.starts_with('#') {
            continue;
        }
        let condition = ["if ", "elif ", "else", "for ", "while "].iter().any(|word| plain.starts_with(word));
        under_condition = if indented { under_condition || condition } else { condition };
        let suggestion = suggestion(plain, under_condition && !plain.starts_with("else:"));
        found.extend(suggestion.filter(|told| !found.contains(told)));
    }
    if found.is_empty() {
        found.push(
            "see which of people.attributes, people.identity, people.filter and groups does the same"
                .to_owned(),
        );
    }
    found
}

fn suggestion(line: &str, under_condition: bool) -> Option<String> {
    let attribute = attribute(line);
    let template = |usual: &str| attribute.clone().map_or(usual.to_owned(), |name| format!("{{{name}}}"));
    let assigned = |name: &str| {
        let quoted = [format!("target_attributes['{name}']"), format!("target_attributes[\"{name}\"]")];
        quoted.iter().any(|target| {
            line.find(target.as_str()).is_some_and(|at| {
                let rest = line[at + target.len()..].trim_start();
                rest.starts_with('=') && !rest.starts_with("==")
            })
        })
    };
    if line.contains("target_groups.add")
        || line.contains("target_groups |=")
        || line.contains("target_groups.update")
    {
        let group = quoted(line).unwrap_or_else(|| "GROUP".to_owned());
        return Some(if under_condition {
            format!(
                "for `{group}`: a directory group of the people that the condition means (in Active Directory one that a script or a rule fills), and groups: {{directory: THAT GROUP, adobe: [\"{group}\"]}}"
            )
        } else {
            format!(
                "for `{group}`: a directory group that lists everybody, and groups: {{directory: THAT GROUP, adobe: [\"{group}\"]}}"
            )
        });
    }
    if ["clear()", "discard(", "remove("].iter().any(|call| line.contains(&format!("target_groups.{call}")))
        || line.contains("target_groups = set()")
    {
        return Some("to leave somebody out of everything: people.filter: {\"{attribute}\": REGEX} with an expression that does not match them, or people.select: {groups: […]}".to_owned());
    }
    if assigned("country") {
        return Some(format!(
            "people.attributes.country: \"{}\", or people.country for all",
            template("{attribute}")
        ));
    }
    if line.contains("identity_type") && line.contains('=') {
        return Some(format!(
            "people.identity: \"{}\", an attribute that holds federated, enterprise or adobe",
            template("{attribute}")
        ));
    }
    for (theirs, ours) in [
        ("email", "email"),
        ("username", "username"),
        ("domain", "domain"),
        ("firstname", "first_name"),
        ("lastname", "last_name"),
    ] {
        if assigned(theirs) {
            return Some(format!("people.attributes.{ours}: \"{}\"", template("{attribute}")));
        }
    }
    None
}

/// The first attribute of the source that a line names.
fn attribute(line: &str) -> Option<String> {
    let rest = &line[line.find("source_attributes")? + "source_attributes".len()..];
    let name = quoted(rest)?;
    let good = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
    good.then_some(name)
}

/// The first text in quotes.
fn quoted(line: &str) -> Option<String> {
    let open = line.find(['\'', '"'])?;
    let quote = line[open..].chars().next()?;
    let rest = &line[open + 1..];
    rest.find(quote).map(|end| rest[..end].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_hooks_have_keys_that_do_the_same() {
        for (code, expected) in [
            ("target_groups.add('All Staff')", "a directory group that lists everybody"),
            (
                "if source_attributes['department'] == 'Art':\n    target_groups.add(\"Art\")",
                "the people that the condition means",
            ),
            ("target_attributes['country'] = source_attributes['co']", "people.attributes.country: \"{co}\""),
            (
                "target_attributes[\"firstname\"] = source_attributes.get('nick')",
                "people.attributes.first_name: \"{nick}\"",
            ),
            ("if x:\n  target_groups.clear()", "people.filter"),
            ("target_attributes['identity_type'] = 'adobeID'", "people.identity"),
            ("logger.info('hello')", "see which of"),
        ] {
            let told = suggestions(code).join("; ");
            assert!(told.contains(expected), "{code}: {told}");
        }
    }
}
