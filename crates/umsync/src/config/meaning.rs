//! A hash of what the configuration means: equal for equal behaviour, whatever the file looks like.

use super::directory::Source;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use umsync_engine::directory::{DirectoryName, GroupRef};
use umsync_engine::pattern_groups::PatternMapping;
use umsync_engine::rules::{
    Baseline, Condition, Create, IdentityRule, Leavers, Mapping, NewGroup, PeopleRules, Protect, Protected,
    Rules, Strategy,
};

/// Sixteen hexadecimal digits over `strategy`, `directory` or `directories` (without servers, bind, TLS, time-outs, connections),
/// `people`, `groups`, `leavers` and `protect`.
pub(super) fn of(sources: &BTreeMap<DirectoryName, Source>, rules: &Rules, reviewed: bool) -> String {
    let Rules {
        strategy,
        people,
        people_of: each,
        mappings,
        patterns,
        leavers,
        protect,
        limits: _,
        baseline,
    } = rules;
    // Accepting the baseline does not change what is wanted.
    let (Baseline::Accepted | Baseline::Missing | Baseline::Changed) = baseline;
    let meanings: BTreeMap<&str, Value> =
        sources.iter().map(|(name, source)| (name.as_str(), part(name, source, rules))).collect();
    // A configuration with one directory means what it meant before there could be several.
    let (source, people) = match sources.get(&DirectoryName::default()) {
        Some(only) if each.is_empty() => (only.meaning(), people_of(people)),
        _ => (json!({ "directories": meanings }), people_of(people)),
    };
    let mut meaning = vec![
        source,
        people,
        mappings_of(mappings, patterns),
        leavers_of(leavers, reviewed),
        protect_of(protect),
    ];
    // What is as it always was means what it always meant.
    if *strategy == Strategy::Push {
        meaning.push(json!("push"));
    }
    hash(&json!(meaning))
}

/// The same of what one of several directories is read for: one that means something else was never read.
pub(super) fn of_directory(name: &DirectoryName, source: &Source, rules: &Rules) -> String {
    hash(&part(name, source, rules))
}

fn part(name: &DirectoryName, source: &Source, rules: &Rules) -> Value {
    json!([source.meaning(), people_of(rules.people_of(name))])
}

fn hash(content: &Value) -> String {
    Sha256::digest(content.to_string().as_bytes()).iter().take(8).fold(String::new(), |mut hash, byte| {
        let _ = write!(hash, "{byte:02x}");
        hash
    })
}

fn people_of(people: &PeopleRules) -> Value {
    let PeopleRules {
        select,
        filter,
        create,
        identity,
        country,
        email,
        first_name,
        last_name,
        country_of_entry,
        username,
        domain,
        update,
        domains,
        adobe_id_twin,
        disabled,
    } = people;
    let identity = match identity {
        IdentityRule::Always(identity) => identity.to_string(),
        IdentityRule::ByTemplate(template) => template.to_string(),
    };
    let optional =
        |template: &Option<umsync_engine::template::Template>| template.as_ref().map(ToString::to_string);
    let mut meaning = json!({
        "select": format!("{select:?}"),
        "identity": identity,
        "country": country,
        "email": email.to_string(),
        "first_name": first_name.to_string(),
        "last_name": last_name.to_string(),
        "country_of_entry": country_of_entry.to_string(),
        "username": optional(username),
        "domain": optional(domain),
        "update": update,
        "domains": format!("{domains:?}"),
        "adobe_id_twin": format!("{adobe_id_twin:?}"),
        "disabled": format!("{disabled:?}"),
    });
    // What is as it always was means what it always meant.
    if !filter.is_empty() {
        let mut conditions: Vec<_> =
            filter.iter().map(|Condition { of, pattern }| [of.to_string(), pattern.to_string()]).collect();
        conditions.sort();
        meaning["filter"] = json!(conditions);
    }
    if *create != Create::Selected {
        meaning["create"] = json!(format!("{create:?}"));
    }
    meaning
}

/// The order of mappings means nothing, nor does the order of groups in one.
fn mappings_of(mappings: &[Mapping], patterns: &[PatternMapping]) -> Value {
    let mut lines = Vec::new();
    for Mapping { directory, within, adobe, mode, create } in mappings {
        let (directory, mode, create) = (directory.as_str(), format!("{mode:?}"), new_group(create.as_ref()));
        let mut line = |group: Option<&str>| {
            let line = match within.is_empty() {
                true => json!([directory, group, mode, create]),
                false => json!([directory, group, mode, create, within]),
            };
            lines.push(line.to_string());
        };
        adobe.iter().for_each(|group| line(Some(group.folded())));
        if adobe.is_empty() {
            line(None);
        }
    }
    for PatternMapping { matches, within, adobe, mode, create } in patterns {
        let mut adobe = adobe.clone();
        adobe.sort();
        let create = new_group(create.as_ref());
        lines.push(
            json!([{ "matches": matches.as_str() }, adobe, format!("{mode:?}"), create, within]).to_string(),
        );
    }
    lines.sort();
    lines.dedup();
    json!(lines)
}

/// Whether groups are made, and with what.
fn new_group(create: Option<&NewGroup>) -> Value {
    match create {
        None => json!(false),
        Some(new) if *new == NewGroup::default() => json!(true),
        Some(NewGroup { profiles, description }) => json!([profiles, description]),
    }
}

fn leavers_of(leavers: &Leavers, reviewed: bool) -> Value {
    let Leavers { action, grace, reads, groups } = leavers;
    let groups: Vec<&str> = groups.iter().map(GroupRef::as_str).collect();
    match reviewed {
        false => json!([format!("{action:?}"), grace.as_secs(), reads, groups]),
        true => json!([format!("{action:?}"), "reviewed", groups]),
    }
}

fn protect_of(protect: &Protect) -> Value {
    // Which groups hold the system administrators is Adobe's matter.
    let Protect { users, groups, identities, org_admins: _ } = protect;
    let text = |user: &Protected| match user {
        Protected::Glob(_) => user.to_string(),
        Protected::Matches(_) => format!("matches {user}"),
    };
    let mut patterns: Vec<String> = users.iter().map(text).collect();
    patterns.sort_unstable();
    json!([
        patterns,
        groups.iter().map(umsync_engine::key::GroupName::folded).collect::<Vec<_>>(),
        identities
    ])
}
