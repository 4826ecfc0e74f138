//! Memberships from the group's side: a hundred with one command.
//!
//! Only user groups have that side, and only users whom an email names are in its lists (UMAPI documentation, "usergroup
//! root"). Nobody is told of whom it left out, so a group is read back once afterwards, which has to pay: it is used for a
//! group from [`FEWEST`] changes on, and where the requests that it saves take longer than reading the group.

use super::cover::{Capacity, Cover, Edge, Graph};
use super::user_side::{self, phase};
use super::{
    COMMANDS_PER_REQUEST, ENTRIES_PER_LIST, ListLimit, MEMBERS_PAGE, MEMBERS_PER_PAGE, REQUEST,
    STEPS_PER_COMMAND, spread,
};
use crate::adobe::Identity;
use crate::change::{Account, Change, Target, What};
use crate::command::{Command, Member, Phase, Step};
use crate::key::GroupName;
use crate::plan::GroupLine;
use std::collections::{BTreeMap, BTreeSet};

/// From so many changes of a group on.
const FEWEST: usize = 20;

/// After everybody's own commands: a group's lists name nobody who has one.
const ROUND: usize = usize::MAX;

type Round = (Phase, usize, Command);

/// The naive commands with what groups carry taken out of them; the fewest requests that there can be; and the pages to be
/// read back.
pub(super) fn share(
    changes: &[Change],
    by_target: BTreeMap<&Target, Vec<usize>>,
    naive: Vec<Round>,
    limit: ListLimit,
    groups: &[GroupLine],
) -> (Vec<Round>, usize, u64) {
    let lines: BTreeMap<&GroupName, &GroupLine> =
        groups.iter().filter(|line| line.user_group).map(|line| (&line.name, line)).collect();
    let mut open: BTreeMap<Phase, Vec<&Target>> = BTreeMap::new();
    for (target, positions) in &by_target {
        if positions.iter().all(|at| may_be_listed(&changes[*at], &lines)) {
            open.entry(phase(positions.iter().map(|at| &changes[*at].what))).or_default().push(target);
        }
    }
    let capacity = capacity(limit);
    let mut listed: BTreeSet<&Target> = BTreeSet::new();
    let mut rounds: Vec<Round> = Vec::new();
    let mut bounds: BTreeMap<Phase, usize> = BTreeMap::new();
    let mut read: BTreeMap<(Phase, &GroupName), u64> = BTreeMap::new();
    for (phase, users) in &open {
        let part = Part::of(changes, &by_target, users, &lines);
        let graph = Graph::new(users.len(), part.groups.len(), &part.edges, capacity);
        bounds.insert(*phase, graph.bound());
        let cover = part.choose(&graph);
        let of_group = part.listed(&cover);
        listed.extend(users.iter().enumerate().filter(|(at, _)| !cover.users[*at]).map(|(_, user)| *user));
        for (group, positions) in of_group {
            read.insert((*phase, group), pages(lines[group]));
            let lists = lists(changes, &positions, capacity);
            rounds.extend(
                lists.into_iter().map(|steps| (*phase, ROUND, command(*phase, group, steps, changes))),
            );
        }
    }
    let needs_own: BTreeSet<&Target> = open.values().flatten().copied().collect();
    let forced = naive.iter().filter(|(_, _, command)| !needs_own.contains(&command.target));
    let mut forced_by: BTreeMap<Phase, usize> = BTreeMap::new();
    forced.for_each(|(phase, ..)| *forced_by.entry(*phase).or_default() += 1);
    bounds.into_iter().for_each(|(phase, bound)| *forced_by.entry(phase).or_default() += bound);
    let at_least = forced_by.values().map(|commands| commands.div_ceil(COMMANDS_PER_REQUEST)).sum();
    rounds.extend(naive.into_iter().filter(|(_, _, command)| !listed.contains(&command.target)));
    debug_assert!(spread(rounds.iter().map(|(phase, ..)| *phase)) >= at_least, "a bound is a bound");
    (rounds, at_least, read.into_values().sum())
}

/// Whether a change may stand in a list of its group.
fn may_be_listed(change: &Change, lines: &BTreeMap<&GroupName, &GroupLine>) -> bool {
    let (Target::User(account), What::Join { group } | What::Lose { group }) = (&change.target, &change.what)
    else {
        return false;
    };
    let Account { key: _, id: _, identity, address, email: _ } = account.as_ref();
    // A list takes emails, and of two accounts with one email the organization's.
    let is_named = address.domain.is_none() && !address.adobe_id && *identity != Identity::Adobe;
    is_named && address.user.contains('@') && lines.contains_key(group)
}

fn capacity(limit: ListLimit) -> Capacity {
    Capacity {
        entries: ENTRIES_PER_LIST,
        lists: STEPS_PER_COMMAND,
        per_command: limit == ListLimit::PerCommand,
    }
}

/// What reading a group back takes.
fn pages(line: &GroupLine) -> u64 {
    line.after().div_ceil(MEMBERS_PER_PAGE).max(1)
}

/// The changes of one phase that either side may carry.
struct Part<'a> {
    edges: Vec<Edge>,
    /// The position in the plan's changes of each edge.
    positions: Vec<usize>,
    groups: Vec<(&'a GroupName, &'a GroupLine)>,
}

impl<'a> Part<'a> {
    fn of(
        changes: &[Change],
        by_target: &BTreeMap<&Target, Vec<usize>>,
        users: &[&Target],
        lines: &BTreeMap<&'a GroupName, &'a GroupLine>,
    ) -> Self {
        let mut part = Self { edges: Vec::new(), positions: Vec::new(), groups: Vec::new() };
        let mut known: BTreeMap<&GroupName, usize> = BTreeMap::new();
        for (user, target) in users.iter().enumerate() {
            for at in by_target.get(*target).into_iter().flatten() {
                let (name, adds) = match &changes[*at].what {
                    What::Join { group } => (group, true),
                    What::Lose { group } => (group, false),
                    _ => continue,
                };
                let Some((name, line)) = lines.get_key_value(name) else { continue };
                let group = *known.entry(name).or_insert_with(|| {
                    part.groups.push((name, line));
                    part.groups.len() - 1
                });
                part.edges.push(Edge { user, group, adds });
                part.positions.push(*at);
            }
        }
        part
    }

    /// The least cover in which every group's command pays.
    fn choose(&self, graph: &Graph<'_>) -> Cover {
        let mut degrees = vec![0; self.groups.len()];
        self.edges.iter().for_each(|edge| degrees[edge.group] += 1);
        let mut may: Vec<bool> = degrees.iter().map(|degree| *degree >= FEWEST).collect();
        loop {
            let cover = graph.cover(&may);
            let pays = |group: usize| {
                let (spared, commands) = (graph.spared(&cover, group), graph.load(&cover, group));
                let saved = REQUEST.as_secs_f64() * spared.saturating_sub(commands) as f64
                    / COMMANDS_PER_REQUEST as f64;
                spared >= FEWEST && saved > MEMBERS_PAGE.as_secs_f64() * pages(self.groups[group].1) as f64
            };
            let dear: Vec<usize> =
                (0..may.len()).filter(|group| may[*group] && cover.groups[*group] && !pays(*group)).collect();
            if dear.is_empty() {
                return cover;
            }
            dear.into_iter().for_each(|group| may[group] = false);
        }
    }

    /// What each group's commands carry, by the positions of the changes.
    fn listed(&self, cover: &Cover) -> BTreeMap<&'a GroupName, Vec<usize>> {
        let mut listed: BTreeMap<&GroupName, Vec<usize>> = BTreeMap::new();
        for (edge, position) in self.edges.iter().zip(&self.positions) {
            if cover.by_group(edge) {
                listed.entry(self.groups[edge.group].0).or_default().push(*position);
            }
        }
        listed
    }
}

type Listed = (Vec<Step>, Vec<usize>);

/// The commands of one group, each with its lists and what they carry.
fn lists(changes: &[Change], positions: &[usize], capacity: Capacity) -> Vec<Listed> {
    let member = |at: &usize| match &changes[*at].target {
        Target::User(account) => Member { user: account.address.user.clone() },
        Target::Group(name) => Member { user: name.spelling().to_owned() },
    };
    let (adds, removes): (Vec<usize>, Vec<usize>) =
        positions.iter().partition(|at| matches!(changes[**at].what, What::Join { .. }));
    let lists = |positions: &[usize], step: fn(Vec<Member>) -> Step| -> Vec<(Step, Vec<usize>)> {
        let parts = positions.chunks(capacity.entries);
        parts.map(|part| (step(part.iter().map(member).collect()), part.to_vec())).collect()
    };
    let (removes, adds) = (lists(&removes, Step::RemoveUsers), lists(&adds, Step::AddUsers));
    let commands: Vec<Vec<(Step, Vec<usize>)>> = match capacity.per_command {
        true => {
            let longest = removes.len().max(adds.len());
            let pair = |at: usize| removes.get(at).into_iter().chain(adds.get(at)).cloned().collect();
            (0..longest).map(pair).collect()
        }
        false => removes
            .into_iter()
            .chain(adds)
            .collect::<Vec<_>>()
            .chunks(capacity.lists)
            .map(<[_]>::to_vec)
            .collect(),
    };
    let flat = |lists: Vec<(Step, Vec<usize>)>| {
        let (steps, carried): (Vec<Step>, Vec<Vec<usize>>) = lists.into_iter().unzip();
        (steps, carried.concat())
    };
    commands.into_iter().map(flat).collect()
}

/// A group's command, with what its users' own would be.
fn command(phase: Phase, group: &GroupName, (steps, carried): Listed, changes: &[Change]) -> Command {
    let mut by_target: BTreeMap<&Target, Vec<usize>> = BTreeMap::new();
    for at in &carried {
        by_target.entry(&changes[*at].target).or_default().push(*at);
    }
    let mut fallback = user_side::of_targets(changes, &by_target);
    fallback.sort_by(|(.., left), (.., right)| left.target.cmp(&right.target));
    let fallback = fallback.into_iter().map(|(.., command)| Command { phase, ..command }).collect();
    Command { fallback, ..Command::new(phase, Target::Group(group.clone()), steps, carried) }
}
