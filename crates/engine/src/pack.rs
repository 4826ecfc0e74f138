//! Packing: changes into commands, commands into requests. The only room that knows Adobe's tens.
//!
//! UMAPI Action API: at most 10 commands per request, 10 steps per command, 10 entries per list. Adobe may reorder the
//! commands of one request, so a target appears in it once.

use crate::change::{Account, Change, Field, Target, What};
use crate::command::{Command, Phase, Step};
use crate::key::GroupName;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

/// UMAPI Action API: "maximum 10 objects" in one request.
pub const COMMANDS_PER_REQUEST: usize = 10;
/// UMAPI Action API: action steps per command.
pub const STEPS_PER_COMMAND: usize = 10;
/// UMAPI Action API: entries of one `add` or `remove` list.
pub const ENTRIES_PER_LIST: usize = 10;

/// One command per target, as far as ten steps go; a target with more gets further commands, which come after
/// everybody's first ones, so that full requests need not be cut for them.
pub fn commands(changes: &[Change]) -> Vec<Command> {
    let mut by_target: BTreeMap<&Target, Vec<usize>> = BTreeMap::new();
    for (at, change) in changes.iter().enumerate() {
        by_target.entry(&change.target).or_default().push(at);
    }
    let mut rounds: Vec<(Phase, usize, Command)> = Vec::new();
    for (target, positions) in by_target {
        let phase = phase(positions.iter().map(|at| &changes[*at].what));
        let steps = steps(changes, &positions);
        for (round, part) in steps.chunks(STEPS_PER_COMMAND).enumerate() {
            let target =
                if round == 0 { target.clone() } else { as_known_later(target, changes, &positions) };
            let (steps, carried): (Vec<Step>, Vec<Vec<usize>>) = part.iter().cloned().unzip();
            rounds.push((phase, round, Command { phase, target, steps, changes: carried.concat() }));
        }
    }
    rounds.sort_by(|(left_phase, left_round, left), (right_phase, right_round, right)| {
        (left_phase, left_round, &left.target).cmp(&(right_phase, right_round, &right.target))
    });
    rounds.into_iter().map(|(_, _, command)| command).collect()
}

fn phase<'a>(mut whats: impl Iterator<Item = &'a What>) -> Phase {
    let mut phase = Phase::Release;
    for what in whats.by_ref() {
        match what {
            What::CreateGroup | What::Describe { .. } | What::Attach { .. } => return Phase::Groups,
            What::Leave | What::Delete => return Phase::Depart,
            What::CreateUser(_) | What::Update { .. } | What::Join { .. } => phase = Phase::Settle,
            What::Lose { .. } => {}
        }
    }
    phase
}

/// The steps of one target in the documented order, each with the positions of the changes it carries out.
fn steps(changes: &[Change], positions: &[usize]) -> Vec<(Step, Vec<usize>)> {
    let mut first = Vec::new();
    let mut last = Vec::new();
    let mut update: (BTreeMap<Field, String>, Vec<usize>) = Default::default();
    let mut remove: Vec<(GroupName, usize)> = Vec::new();
    let mut add: Vec<(GroupName, usize)> = Vec::new();
    let mut attach: Vec<(GroupName, usize)> = Vec::new();
    for at in positions.iter().copied() {
        match &changes[at].what {
            What::CreateGroup => first.push((Step::CreateGroup, vec![at])),
            What::CreateUser(profile) => first.push((Step::CreateUser(profile.clone()), vec![at])),
            What::Update { field, to, from: _ } => {
                update.0.insert(*field, to.clone());
                update.1.push(at);
            }
            What::Lose { group } => remove.push((group.clone(), at)),
            What::Join { group } => add.push((group.clone(), at)),
            What::Leave => last.push((Step::RemoveFromOrg { delete_account: false }, vec![at])),
            What::Describe { description } => first.push((Step::Describe(description.clone()), vec![at])),
            What::Attach { profile } => attach.push((profile.clone(), at)),
            What::Delete => last.push((Step::RemoveFromOrg { delete_account: true }, vec![at])),
        }
    }
    let mut steps = first;
    if !update.0.is_empty() {
        steps.push((Step::Update(update.0), update.1));
    }
    let lists =
        |entries: Vec<(GroupName, usize)>, step: fn(Vec<GroupName>) -> Step| -> Vec<(Step, Vec<usize>)> {
            let parts = entries.chunks(ENTRIES_PER_LIST).map(|part| part.iter().cloned().unzip());
            parts.map(|(groups, positions)| (step(groups), positions)).collect()
        };
    steps.extend(lists(remove, Step::Remove));
    steps.extend(lists(add, Step::Add));
    steps.extend(lists(attach, Step::Attach));
    steps.extend(last);
    steps
}

/// After an update of its email, an account is named by the new one.
fn as_known_later(target: &Target, changes: &[Change], positions: &[usize]) -> Target {
    let Target::User(account) = target else {
        return target.clone();
    };
    let mut later = Account::clone(account);
    for at in positions {
        match &changes[*at].what {
            What::Update { field: Field::Email, to, .. } if later.address.domain.is_none() => {
                later.address.user = to.clone();
            }
            What::Update { field: Field::Username, to, .. } if later.address.domain.is_some() => {
                later.address.user = to.clone();
            }
            _ => {}
        }
    }
    Target::User(Arc::new(later))
}

/// Consecutive commands that may travel together: at most ten, of one phase, no target twice.
pub fn requests(commands: &[Command]) -> Vec<Range<usize>> {
    let mut requests = Vec::new();
    let mut start = 0;
    let mut targets = BTreeSet::new();
    for (at, command) in commands.iter().enumerate() {
        let full = at - start == COMMANDS_PER_REQUEST;
        let next_phase = at > start && commands[start].phase != command.phase;
        if full || next_phase || targets.contains(&identity(&command.target)) {
            requests.push(start..at);
            start = at;
            targets.clear();
        }
        targets.insert(identity(&command.target));
    }
    if start < commands.len() {
        requests.push(start..commands.len());
    }
    requests
}

/// Who a target is, however it is named.
fn identity(target: &Target) -> (&str, Option<&str>) {
    match target {
        Target::Group(name) => (name.folded(), None),
        Target::User(account) => (account.key.as_str(), account.id.as_deref()),
    }
}
