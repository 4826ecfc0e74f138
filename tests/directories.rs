//! Several directories in one configuration: one company to Adobe, and each of them whole or not at all.

mod configured;
mod down;
mod held;
mod openldap;

use crate::support::{World, seed, user};
use serde_json::Value;
use std::fmt::Write as _;

/// No brake but what the directories themselves give reason for.
const OFF: &str = "leavers: {action: remove, grace: 0s}\nlimits: {create: off, update: off, identity: off, removals: off, group_removals: off, leave: off, fall: off, group_fall: off}\nbaseline: accept\n";
/// Two groups in both directories, and one that only emea is asked for.
const GROUPS: &str =
    "groups:\n  - {directory: design, adobe: [Design]}\n  - {directory: video, adobe: [Video], in: emea}\n";

/// One person in a directory, with these lines more or instead.
fn person(name: &str, anchor: &str, more: &[&str]) -> String {
    let mut lines = vec![
        "objectClass: inetOrgPerson".to_owned(),
        format!("uid: {name}"),
        format!("cn: {name}"),
        format!("givenName: {name}"),
        "sn: Doe".to_owned(),
        "c: US".to_owned(),
        format!("mail: {name}@example.com"),
        format!("entryUUID: {anchor}"),
    ];
    for line in more {
        let attribute = line.split(':').next().unwrap_or_default();
        lines.retain(|old| !old.starts_with(&format!("{attribute}:")));
        lines.push((*line).to_owned());
    }
    format!("dn: uid={name},ou=people,dc=example,dc=com\n{}\n\n", lines.join("\n"))
}

/// One group of people.
fn group(name: &str, members: &[&str]) -> String {
    let mut text =
        format!("dn: cn={name},ou=groups,dc=example,dc=com\nobjectClass: groupOfNames\ncn: {name}\n");
    for member in members {
        let _ = writeln!(text, "member: uid={member},ou=people,dc=example,dc=com");
    }
    text + "\n"
}

/// A directory in which everybody is in both groups.
fn everybody(names: &[&str], forest: &str) -> String {
    let people: String = names.iter().map(|name| person(name, &format!("{forest}-{name}"), &[])).collect();
    people + &group("design", names) + &group("video", names)
}

/// An organization with Design and Video, and directories `emea` and `apac` in files of these names.
fn world(users: &[Value], emea: &str, apac: &str, rest: &str) -> World {
    let world = World::new(&seed(&["Design", "Video"], users), "");
    world.write("emea.ldif", emea);
    world.write("apac.ldif", apac);
    configure(&world, &[("emea", &of_file("emea")), ("apac", &of_file("apac"))], rest);
    world
}

fn of_file(name: &str) -> String {
    format!("ldif: {{file: {name}.ldif, users: (objectClass=inetOrgPerson)}}")
}

fn configure(world: &World, directories: &[(&str, &str)], rest: &str) {
    let mut text = world.adobe_section(&["every: 0s", "pace: off"]);
    text.push_str("directories:\n");
    for (name, section) in directories {
        let _ = writeln!(text, "  {name}:\n    {}", section.replace('\n', "\n    "));
    }
    let _ = write!(text, "{rest}\nstate: sqlite:state/umsync.db\n");
    world.write("umsync.yaml", &text);
}

fn mails(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| format!("{name}@example.com")).collect()
}

/// Anna and Aron in emea, Bob and Bea in apac, all right at Adobe and seen once in whole reads.
fn two(rest: &str) -> World {
    let (emea, apac) = (everybody(&["anna", "aron"], "e"), everybody(&["bob", "bea"], "a"));
    let users = [
        user("anna", &["Design", "Video"]),
        user("aron", &["Design", "Video"]),
        user("bob", &["Design"]),
        user("bea", &["Design"]),
    ];
    let world = world(&users, &emea, &apac, rest);
    world.run(&["sync"]).with(0).shows(&["Everything is in step: 4 people"]);
    world
}

fn lose(world: &World, directory: &str) -> String {
    let path = world.path(&format!("{directory}.ldif"));
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::remove_file(path).unwrap();
    text
}

/// The id of the plan that a run makes now.
fn plan_id(world: &World) -> String {
    world.run(&["plan", "--json"]).json()["plan"]["id"].as_str().expect("an id").to_owned()
}
