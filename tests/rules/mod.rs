//! Who is selected, what they are given, and what becomes of those who leave: rules that a configuration can state.

mod countries;
mod leavers;
mod made;
mod patterns;
mod push;
mod push_refused;
mod selection;

use crate::support::World;

/// As somebody runs it who has looked at the first plan, and waits for nothing.
const REVIEWED: &str = "baseline: accept\nlimits: {create: off, update: off, group_removals: off, removals: off, leave: off, delete: off, group_fall: off}\n";

/// The emails at Adobe, sorted.
fn emails(world: &World) -> Vec<String> {
    let mut emails: Vec<String> = world.adobe.users().into_iter().map(|user| user.email).collect();
    emails.sort();
    emails
}
