//! Packing: changes into commands, commands into requests. The only room that knows Adobe's tens.
//!
//! UMAPI Action API: at most 10 commands per request, 10 steps per command, 10 entries per list. Adobe may reorder the
//! commands of one request, so a user appears in it once.
//!
//! A membership of a user group may be changed from either side. Whoever needs a command of their own takes their memberships
//! along; of the rest a group that many join or leave takes a hundred with one command ([`cover`]).

pub mod cover;
mod group_side;
mod user_side;

use crate::change::{Change, Target};
use crate::command::{Command, Phase};
use crate::plan::GroupLine;
use group_side::Shared;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::iter::repeat_n;
use std::ops::Range;
use std::time::Duration;
use user_side::About;

/// UMAPI Action API: "maximum 10 objects" in one request.
pub const COMMANDS_PER_REQUEST: usize = 10;
/// UMAPI Action API: action steps per command.
pub const STEPS_PER_COMMAND: usize = 10;
/// UMAPI Action API: entries of one `add` or `remove` list.
pub const ENTRIES_PER_LIST: usize = 10;
/// UMAPI Action API: 10 requests a minute.
const REQUEST: Duration = Duration::from_secs(6);
/// UMAPI users of a group: 25 requests a minute.
const MEMBERS_PAGE: Duration = Duration::from_millis(2_400);
/// UMAPI users of a group: members on a page.
const MEMBERS_PER_PAGE: u64 = 2_000;

/// From which side memberships are changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Packing {
    /// From whichever takes fewer commands.
    #[default]
    Auto,
    /// Each from its user's.
    PerUser,
}

/// What Adobe means by ten entries in a group's command: both readings are on record (UMAPI documentation, "limits").
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ListLimit {
    /// Ten in each list, and several lists in a command.
    #[default]
    PerList,
    /// Ten in a command in each direction; an answer has said so.
    PerCommand,
}

/// How a plan is packed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// From which side.
    pub packing: Packing,
    /// How much a group's command takes.
    pub list_limit: ListLimit,
}

/// What packing came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cost {
    /// Action requests.
    pub requests: usize,
    /// No packing takes fewer.
    pub at_least: usize,
    /// With a command for each user who needs one.
    pub per_user: usize,
    /// Groups that are read back afterwards, by pages.
    pub pages: u64,
    /// Seconds at the documented rates.
    pub seconds: u64,
}

/// Commands for these changes, in order, and what they cost. The changes come sorted, `groups` are the managed groups as they
/// leave them.
pub fn commands(changes: &[Change], terms: Terms, groups: &[GroupLine]) -> (Vec<Command>, Cost) {
    debug_assert!(changes.is_sorted_by(|left, right| left.target <= right.target), "a plan sorts them");
    let all = About::all(changes);
    let per_user = spread(all.iter().flat_map(|about| repeat_n(about.phase, about.commands)));
    let shared = match terms.packing {
        Packing::PerUser => Shared { at_least: per_user, ..Shared::default() },
        Packing::Auto => group_side::share(changes, &all, terms.list_limit, groups),
    };
    let Shared { listed, mut by_group, at_least, pages } = shared;
    let has_own = |at: usize| listed.get(at).is_none_or(|listed| !listed);
    let own: usize = (0..all.len()).filter(|at| has_own(*at)).map(|at| all[at].commands).sum();
    let mut commands = Vec::with_capacity(own + by_group.values().map(Vec::len).sum::<usize>());
    for phase in Phase::ALL {
        let own = || (0..all.len()).filter(|at| all[*at].phase == phase && has_own(*at)).map(|at| &all[at]);
        for round in 0..own().map(|about| about.commands).max().unwrap_or_default() {
            let of_round = own().filter(|about| about.commands > round);
            commands.extend(of_round.map(|about| about.command(changes, round)));
        }
        // After everybody's own commands: a group's lists name nobody who has one.
        commands.extend(by_group.remove(&phase).unwrap_or_default());
    }
    let requests = requests(&commands).len();
    let seconds = (REQUEST * requests as u32 + MEMBERS_PAGE * pages as u32).as_secs_f64().ceil() as u64;
    (commands, Cost { requests, at_least: at_least.min(requests), per_user, pages, seconds })
}

/// How many requests commands of these phases fill.
fn spread<P: Ord>(phases: impl Iterator<Item = P>) -> usize {
    let mut counts: BTreeMap<P, usize> = BTreeMap::new();
    phases.for_each(|phase| *counts.entry(phase).or_default() += 1);
    counts.into_values().map(|count| count.div_ceil(COMMANDS_PER_REQUEST)).sum()
}

/// Consecutive commands that may travel together: at most ten, of one phase, no user twice. Commands of one group may: they
/// are about distinct users, so their order means nothing.
pub fn requests(commands: &[Command]) -> Vec<Range<usize>> {
    let mut requests = Vec::new();
    let mut start = 0;
    let mut targets = BTreeSet::new();
    for (at, command) in commands.iter().enumerate() {
        let full = at - start == COMMANDS_PER_REQUEST;
        let next_phase = at > start && commands[start].phase != command.phase;
        if full || next_phase || targets.contains(&identity(command)) {
            requests.push(start..at);
            start = at;
            targets.clear();
        }
        if !command.is_of_members() {
            targets.insert(identity(command));
        }
    }
    if start < commands.len() {
        requests.push(start..commands.len());
    }
    requests
}

/// Who a target is, however it is named.
fn identity(command: &Command) -> (&str, Option<&str>) {
    match &command.target {
        Target::Group(name) => (name.folded(), None),
        Target::User(account) => (account.key.as_str(), account.id()),
    }
}
