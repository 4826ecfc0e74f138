//! Packing: changes into commands, commands into requests. The only room that knows Adobe's tens.
//!
//! UMAPI Action API: at most 10 commands per request, 10 steps per command, 10 entries per list. Adobe may reorder the
//! commands of one request, so a target appears in it once.

use crate::command::Command;
use std::collections::BTreeSet;
use std::ops::Range;

/// UMAPI Action API: "maximum 10 objects" in one request.
pub const COMMANDS_PER_REQUEST: usize = 10;
/// UMAPI Action API: action steps per command.
pub const STEPS_PER_COMMAND: usize = 10;
/// UMAPI Action API: entries of one `add` or `remove` list.
pub const ENTRIES_PER_LIST: usize = 10;

/// Consecutive commands that may travel together: at most ten, of one phase, no target twice.
pub fn requests(commands: &[Command]) -> Vec<Range<usize>> {
    let mut requests = Vec::new();
    let mut start = 0;
    let mut targets = BTreeSet::new();
    for (at, command) in commands.iter().enumerate() {
        let full = at - start == COMMANDS_PER_REQUEST;
        let next_phase = at > start && commands[start].phase != command.phase;
        if full || next_phase || targets.contains(&command.target) {
            requests.push(start..at);
            start = at;
            targets.clear();
        }
        targets.insert(&command.target);
    }
    if start < commands.len() {
        requests.push(start..commands.len());
    }
    requests
}
