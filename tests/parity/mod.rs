//! What Adobe's User Sync Tool does, without its faults: the list of all that it does and of its own tests, its worked
//! examples, its own safety scenarios and the faults that its users suffer from, each with its number.

mod cases;
mod faults;
mod figures;
mod safety;
mod table;
mod worked;

use crate::support::{World, group, person, seed};
use serde_json::Value;

/// DG1 gives AG1 and DG2 gives AG2, nothing is waited for, and Adobe has another group.
const MAPPING: &str = "groups:\n  - {directory: DG1, adobe: [AG1]}\n  - {directory: DG2, adobe: [AG2]}\n";
/// As somebody runs it who has looked at the first plan.
const REVIEWED: &str = "baseline: accept\nlimits: {group_removals: 5, removals: 5, leave: 5}\n";
/// With `--process-groups`, whoever is only at Adobe loses the mapped groups, at once.
const PRESERVE: &str = "leavers: {action: remove-groups, grace: 0s}\n";

/// These people, with the groups of the directory that list each, and these users.
fn world(people: &[(&str, &[&str])], users: &[Value], rules: &str) -> World {
    let mut ldif: String = people.iter().map(|(name, _)| person(name, &[])).collect();
    for name in ["DG1", "DG2"] {
        let members = people.iter().filter(|(_, groups)| groups.contains(&name)).map(|(name, _)| *name);
        ldif.push_str(&group(name, &members.collect::<Vec<_>>()));
    }
    let world = World::new(&seed(&["AG1", "AG2", "Other"], users), &ldif);
    world.configure(rules);
    world
}

/// The groups of a user at Adobe; `None` where there is no such user.
fn groups_of(world: &World, name: &str) -> Option<Vec<String>> {
    let email = format!("{name}@example.com");
    let user = world.adobe.users().into_iter().find(|user| user.email.eq_ignore_ascii_case(&email))?;
    Some(user.groups.into_iter().collect())
}
