//! One command for each target that needs one.

use super::{ENTRIES_PER_LIST, STEPS_PER_COMMAND};
use crate::change::{Account, Change, Field, Target, What};
use crate::command::{Command, Phase, Step};
use crate::key::GroupName;
use std::collections::BTreeMap;
use std::sync::Arc;

/// One command per target, as far as ten steps go; a target with more gets further commands, which come after
/// everybody's first ones, so that full requests need not be cut for them.
pub(super) fn of_targets(
    changes: &[Change],
    by_target: &BTreeMap<&Target, Vec<usize>>,
) -> Vec<(Phase, usize, Command)> {
    let mut rounds: Vec<(Phase, usize, Command)> = Vec::new();
    for (target, positions) in by_target {
        let phase = phase(positions.iter().map(|at| &changes[*at].what));
        let steps = steps(changes, positions);
        for (round, part) in steps.chunks(STEPS_PER_COMMAND).enumerate() {
            let target =
                if round == 0 { Target::clone(target) } else { as_known_later(target, changes, positions) };
            let (steps, carried): (Vec<Step>, Vec<Vec<usize>>) = part.iter().cloned().unzip();
            rounds.push((phase, round, Command::new(phase, target, steps, carried.concat())));
        }
    }
    rounds
}

/// When the command of a target is sent.
pub(super) fn phase<'a>(mut whats: impl Iterator<Item = &'a What>) -> Phase {
    let mut phase = Phase::Release;
    for what in whats.by_ref() {
        match what {
            What::CreateGroup | What::Describe { .. } | What::Attach { .. } => return Phase::Groups,
            What::Leave | What::Delete => return Phase::Depart,
            What::CreateUser(_) | What::PushUser { .. } | What::Update { .. } | What::Join { .. } => {
                phase = Phase::Settle;
            }
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
            What::PushUser { profile, names } => {
                first.push((Step::PushUser { profile: profile.clone(), names: *names }, vec![at]));
            }
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
