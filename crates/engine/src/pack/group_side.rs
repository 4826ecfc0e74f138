//! Memberships from the group's side: a hundred with one command.
//!
//! Only user groups have that side, and only users whom an email names are in its lists (UMAPI documentation, "usergroup
//! root"). Nobody is told of whom it left out, so a group is read back once afterwards, which has to pay: it is used for a
//! group from [`FEWEST`] changes on, and where the requests that it saves take longer than reading the group.

use super::cover::{Capacity, Cover, Edge, Graph};
use super::user_side::About;
use super::{
    COMMANDS_PER_REQUEST, ENTRIES_PER_LIST, ListLimit, MEMBERS_PAGE, MEMBERS_PER_PAGE, REQUEST,
    STEPS_PER_COMMAND,
};
use crate::adobe::Identity;
use crate::change::{Change, Target, What};
use crate::command::{Command, Member, Phase, Step};
use crate::key::GroupName;
use crate::plan::GroupLine;
use std::collections::BTreeMap;

/// From so many changes of a group on.
const FEWEST: usize = 20;

/// What groups' commands take off their users.
#[derive(Debug, Default)]
pub(super) struct Shared {
    /// Whose changes groups carry, all of them, by position: they have no command of their own.
    pub(super) listed: Vec<bool>,
    /// The groups' commands.
    pub(super) by_group: BTreeMap<Phase, Vec<Command>>,
    /// The fewest requests that there can be.
    pub(super) at_least: usize,
    /// Pages to be read back.
    pub(super) pages: u64,
}

/// Finds which groups' commands pay.
pub(super) fn share(changes: &[Change], all: &[About], limit: ListLimit, groups: &[GroupLine]) -> Shared {
    let lines: BTreeMap<&GroupName, &GroupLine> =
        groups.iter().filter(|line| line.user_group).map(|line| (&line.name, line)).collect();
    let mut open: BTreeMap<Phase, Vec<usize>> = BTreeMap::new();
    let mut fewest: BTreeMap<Phase, usize> = BTreeMap::new();
    for (at, about) in all.iter().enumerate() {
        if changes[about.changes.clone()].iter().all(|change| may_be_listed(change, &lines)) {
            open.entry(about.phase).or_default().push(at);
        } else {
            *fewest.entry(about.phase).or_default() += about.commands;
        }
    }
    let capacity = capacity(limit);
    let mut shared = Shared { listed: vec![false; all.len()], ..Shared::default() };
    for (phase, users) in &open {
        let part = Part::of(changes, all, users, &lines);
        let graph = Graph::new(users.len(), part.groups.len(), &part.edges, capacity);
        *fewest.entry(*phase).or_default() += graph.bound();
        let cover = part.choose(&graph);
        users.iter().zip(&cover.users).for_each(|(at, has_own)| shared.listed[*at] = !has_own);
        for (group, positions) in part.listed(&cover) {
            shared.pages += pages(lines[group]);
            let lists = lists(changes, &positions, capacity);
            let commands = lists.into_iter().map(|steps| command(*phase, group, steps, changes));
            shared.by_group.entry(*phase).or_default().extend(commands);
        }
    }
    shared.at_least = fewest.values().map(|commands| commands.div_ceil(COMMANDS_PER_REQUEST)).sum();
    shared
}

/// Whether a change may stand in a list of its group.
fn may_be_listed(change: &Change, lines: &BTreeMap<&GroupName, &GroupLine>) -> bool {
    let (Target::User(account), What::Join { group } | What::Lose { group }) = (&change.target, &change.what)
    else {
        return false;
    };
    // A list takes emails, and of two accounts with one email the organization's.
    let is_named =
        account.domain().is_none() && !account.is_adobe_id() && account.identity != Identity::Adobe;
    is_named && account.user().contains('@') && lines.contains_key(group)
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
        all: &[About],
        users: &[usize],
        lines: &BTreeMap<&'a GroupName, &'a GroupLine>,
    ) -> Self {
        let mut part = Self { edges: Vec::new(), positions: Vec::new(), groups: Vec::new() };
        let mut known: BTreeMap<&GroupName, usize> = BTreeMap::new();
        for (user, about) in users.iter().enumerate() {
            for at in all[*about].changes.clone() {
                let (name, adds) = match &changes[at].what {
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
                part.positions.push(at);
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
        Target::User(account) => Member { user: account.user().to_owned() },
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

/// A group's command, with what its users' own would be, in their order.
fn command(phase: Phase, group: &GroupName, (steps, carried): Listed, changes: &[Change]) -> Command {
    let own = |at: usize| Command { phase, ..About::of(changes, at..at + 1).command(changes, 0) };
    let mut fallback = carried.clone();
    fallback.sort_unstable();
    let fallback = fallback.into_iter().map(own).collect();
    Command { fallback, ..Command::new(phase, Target::Group(group.clone()), steps, carried) }
}
