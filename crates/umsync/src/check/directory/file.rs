//! A directory in a file: it is read whole, so all that can be known of it is.

use super::super::finding::Finding;
use super::seen::{self, Attribute, Group, persons, some};
use super::{Directory, People, samples};
use crate::config::Source;
use crate::failure::Failure;
use crate::program::Program;
use std::collections::{BTreeMap, BTreeSet};
use umsync_directory::ldap::{AttributeLook, GroupLook, Role};
use umsync_directory::{csv, ldif};
use umsync_engine::directory::{self, DirectoryName, Entry};

pub(super) async fn look(
    program: &Program,
    area: &str,
    name: &DirectoryName,
    source: &Source,
    findings: &mut Vec<Finding>,
) -> Directory {
    let kind = match source {
        Source::Ldif(_) => "ldif",
        _ => "csv",
    };
    let read = match read(program, name, source).await {
        Ok(read) => read,
        Err(failure) => {
            findings.push(Finding::failed(area, "file", &failure));
            return Directory { kind, ..Directory::default() };
        }
    };
    let told = format!(
        "{}: {}, {}",
        read.source,
        persons(read.entries.len()),
        some(read.groups.len(), "mapped group")
    );
    findings.push(Finding::good(area, "file", told));
    let rules = &program.config.rules.alone(name);
    let made_of: BTreeSet<String> =
        rules.people.templates().into_iter().flat_map(|(_, template)| template.attributes()).collect();
    let attributes: Vec<AttributeLook> = program
        .config
        .rules
        .wanted(name, &BTreeSet::new())
        .attributes
        .into_iter()
        .map(|name| {
            let role = if made_of.contains(&name) { Role::Person } else { Role::Name };
            let values = |entry: &&Entry| entry.first(&name).is_some() || entry.undecodable.contains(&name);
            let with = read.entries.iter().filter(values).count();
            let emails = read
                .entries
                .iter()
                .filter(|entry| entry.first(&name).is_some_and(|value| value.contains('@')));
            let emails = emails.count();
            AttributeLook { name, role, with, emails, known: None, elsewhere: (with == 0).then_some(false) }
        })
        .collect();
    seen::attributes(area, rules, &attributes, read.entries.len(), findings);
    let groups: Vec<Group> =
        of_groups(&read).into_iter().map(|(name, look)| Group::of(name, look, false)).collect();
    findings.extend(groups.iter().map(|group| group.told(area)));
    let anchored = read.entries.iter().filter(|entry| entry.anchor.is_some()).count();
    let sampled = read.entries.len();
    let listed = read.entries.iter().filter(|entry| !entry.groups.is_empty()).count();
    let people = People {
        listed,
        found: sampled,
        whole: true,
        sampled,
        anchored,
        limit: None,
        limits: Vec::new(),
        writable: Vec::new(),
    };
    let mut entries = read.entries;
    entries
        .sort_by(|left, right| (left.groups.is_empty(), &left.dn).cmp(&(right.groups.is_empty(), &right.dn)));
    entries.truncate(3);
    Directory {
        kind,
        people: Some(people),
        attributes: attributes.iter().map(Attribute::of).collect(),
        groups,
        samples: samples(program, area, rules, entries, findings).await,
        ..Directory::default()
    }
}

async fn read(
    program: &Program,
    name: &DirectoryName,
    source: &Source,
) -> Result<directory::Directory, Failure> {
    let wanted = program.wanted(name, &BTreeSet::new()).await?;
    program.bar.say("reading the directory");
    let source = source.clone();
    let read = tokio::task::spawn_blocking(move || match &source {
        Source::Ldif(settings) => ldif::read(settings, &wanted),
        Source::Csv(settings) => csv::read(settings, &wanted),
        Source::Ldap(_) => unreachable!("a server is no file"),
    });
    Ok(read.await.expect("the reader does not panic")?)
}

fn of_groups(read: &directory::Directory) -> BTreeMap<String, GroupLook> {
    let look = |(name, group): (&directory::GroupRef, &directory::DirectoryGroup)| {
        let directory::DirectoryGroup { dn, members, anchor: _ } = group.clone();
        let unresolved = read.certificate.unresolved.get(name).cloned().unwrap_or_default();
        let look = GroupLook { dn, listed: 0, people: Some(members), nested: 0, unresolved, by_name: false };
        (name.to_string(), look)
    };
    read.groups.iter().map(look).collect()
}
