//! What is seen of people and groups, whatever the kind of directory.

use super::super::finding::Finding;
use serde::Serialize;
use std::collections::BTreeSet;
use umsync_directory::ldap::{AttributeLook, GroupLook, Role};
use umsync_engine::rules::{IdentityRule, Rules};

/// What came of one attribute.
#[derive(Debug, Serialize)]
pub(in super::super) struct Attribute {
    name: String,
    /// `person`, `anchor`, `state`, `membership` or `name`.
    role: &'static str,
    /// How many of the people looked at closely have it.
    with: usize,
    /// Whether the server's schema has it, where that is known.
    known: Option<bool>,
    /// Where none of these has it: whether anybody has, as far as this account sees.
    elsewhere: Option<bool>,
}

/// One group that the configuration names.
#[derive(Debug, Serialize)]
pub(in super::super) struct Group {
    /// As the configuration names it.
    pub(super) name: String,
    dn: String,
    /// How many names its own list has; `None` where it has no list of its own (CSV).
    listed: Option<usize>,
    /// How many people found it has as members, nested ones included.
    people: Option<usize>,
    /// How many of these only through groups inside it.
    nested: usize,
    /// Names that nobody can read.
    unresolved: BTreeSet<String>,
    /// Whether only its name tells which group it is.
    by_name: bool,
}

impl Attribute {
    pub(super) fn of(look: &AttributeLook) -> Self {
        let AttributeLook { name, role, with, emails: _, known, elsewhere } = look.clone();
        let role = match role {
            Role::Person => "person",
            Role::Anchor => "anchor",
            Role::State => "state",
            Role::Membership => "membership",
            Role::Name => "name",
        };
        Self { name, role, with, known, elsewhere }
    }
}

impl Group {
    pub(super) fn of(name: String, look: GroupLook, has_list: bool) -> Self {
        let GroupLook { dn, listed, people, nested, unresolved, by_name } = look;
        Self { name, dn, listed: has_list.then_some(listed), people, nested, unresolved, by_name }
    }

    /// What is to be known about it.
    pub(super) fn told(&self, area: &str) -> Finding {
        let Self { name, dn, listed, people, nested, unresolved, by_name } = self;
        let what = format!("group {name}");
        let mut told = if dn == name { Vec::new() } else { vec![dn.clone()] };
        let mut counts: Vec<String> =
            listed.map(|listed| format!("lists {}", some(listed, "name"))).into_iter().collect();
        match people {
            Some(people) => counts.push(format!("has {}", persons(*people))),
            None => counts.push("its people could not be counted".to_owned()),
        }
        if *nested > 0 {
            counts.push(format!("{nested} of them only through groups inside it"));
        }
        told.push(counts.join(", "));
        if !unresolved.is_empty() {
            let (count, first) = (unresolved.len(), unresolved.iter().next().map_or("", String::as_str));
            told.push(format!("{} nobody can read, for instance {first}", some(count, "listed name")));
            let remedy = "remove from the group what is gone, or let this account read it; until then removals from what the group gives wait for approval";
            return Finding::warning(area, what, told.join("\n"), remedy);
        }
        if *people == Some(0) {
            let remedy = match listed {
                Some(0) => {
                    "whoever has what it gives would lose it: put its members into it, or correct the mapping"
                }
                _ => {
                    "whoever has what it gives would lose it: correct the mapping, or let `user_base` and `users` select its members"
                }
            };
            return Finding::warning(area, what, told.join("\n"), remedy);
        }
        if *by_name {
            told.push("nothing of it that never changes (entryUUID, objectGUID, …) can be read".to_owned());
            let remedy = "let this account read it: until then a group that is renamed counts as missing, and nobody notices when another one takes its name";
            return Finding::warning(area, what, told.join("\n"), remedy);
        }
        Finding::good(area, what, told.join("\n"))
    }
}

/// `1 name`, `2 names`
pub(super) fn some(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

/// `1 person`, `2 people`
pub(super) fn persons(count: usize) -> String {
    if count == 1 { "1 person".to_owned() } else { format!("{count} people") }
}

/// What is to be known about the attributes of people, of whom so many were looked at.
pub(super) fn attributes(
    area: &str,
    rules: &Rules,
    looks: &[AttributeLook],
    sampled: usize,
    findings: &mut Vec<Finding>,
) {
    if sampled == 0 {
        return;
    }
    let of = |name: &str| looks.iter().find(|look| look.name == name);
    // What the server does not know has been told.
    let nobody_has = |name: &str| {
        of(name)
            .is_some_and(|look| look.with == 0 && look.elsewhere == Some(false) && look.known != Some(false))
    };
    let came: Vec<String> = looks
        .iter()
        .filter(|look| look.role == Role::Person)
        .map(|look| match look.elsewhere {
            Some(true) => format!("{} 0 (others have it)", look.name),
            _ => format!("{} {}", look.name, look.with),
        })
        .collect();
    let told = format!("of {} looked at, so many have: {}", persons(sampled), came.join(", "));
    findings.push(Finding::good(area, "attributes", told));
    for (key, template) in rules.people.templates() {
        let lacking: Vec<String> =
            template.attributes().into_iter().filter(|name| nobody_has(name)).collect();
        if lacking.is_empty() {
            continue;
        }
        let names = lacking.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let told = format!("nobody has {names}, or this account may not read it ({key})");
        let right = format!("let this account read {names}, or name in {key} what people have");
        let what = key.rsplit('.').next().unwrap_or(key);
        let is_everything = key == "people.attributes.email"
            || matches!((key, &rules.people.identity), ("people.identity", IdentityRule::ByTemplate(_)));
        findings.push(match key {
            _ if is_everything => {
                let like_email = looks.iter().filter(|look| look.emails > 0 && key == "people.attributes.email");
                let best = like_email.max_by_key(|look| (look.emails, std::cmp::Reverse(&look.name)));
                let instead = best.map(|look| {
                    format!("{} of {sampled} have an email in `{name}`: write `attributes: {{email: \"{{{name}}}\"}}` under people\n", look.emails, name = look.name)
                });
                let told = format!("{told}, so nobody would have an account");
                Finding::wrong(area, what, told, format!("{}{right}", instead.unwrap_or_default()))
            }
            "people.attributes.country" if rules.people.country.is_some() => continue,
            "people.attributes.country" => {
                let remedy = format!("write `country: XX` under people, for everybody whose entry has none\n{right}");
                Finding::warning(area, what, told, remedy)
            }
            _ => Finding::warning(area, what, told, right),
        });
    }
}
