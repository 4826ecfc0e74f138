//! One command for each target that needs one.

use super::{ENTRIES_PER_LIST, STEPS_PER_COMMAND};
use crate::change::{Change, Field, Target, Update, What};
use crate::command::{Command, Phase, Step};
use crate::key::GroupName;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

/// Somebody or something that changes are about: those stand together in a plan.
#[derive(Debug, Clone)]
pub(super) struct About {
    /// Where in the plan's changes.
    pub(super) changes: Range<usize>,
    /// When their commands are sent.
    pub(super) phase: Phase,
    /// How many commands they take: one, as far as ten steps go. Further ones come after everybody's first ones, so that full
    /// requests need not be cut for them.
    pub(super) commands: usize,
}

impl About {
    /// Everybody and everything that sorted changes are about, in their order.
    pub(super) fn all(changes: &[Change]) -> Vec<Self> {
        let mut from = 0;
        let of_one = changes.chunk_by(|left, right| left.target == right.target);
        let mut all: Vec<Self> = Vec::with_capacity(of_one.clone().count());
        all.extend(of_one.map(|theirs| {
            let to = from + theirs.len();
            let about = Self::of(changes, from..to);
            from = to;
            about
        }));
        all
    }

    /// That which these changes are about, all of them about one target.
    pub(super) fn of(changes: &[Change], at: Range<usize>) -> Self {
        let theirs = &changes[at.clone()];
        let commands = count_steps(theirs).div_ceil(STEPS_PER_COMMAND);
        Self { changes: at, phase: phase(theirs), commands }
    }

    /// One of their commands.
    pub(super) fn command(&self, changes: &[Change], round: usize) -> Command {
        let (mut steps, mut carried) = steps(changes, self.changes.clone());
        let mut target = changes[self.changes.start].target.clone();
        if self.commands > 1 {
            let carry = |steps: &[Step]| steps.iter().map(Step::changes).sum::<usize>();
            let before: Vec<Step> = steps.drain(..round * STEPS_PER_COMMAND).collect();
            carried.drain(..carry(&before));
            steps.truncate(STEPS_PER_COMMAND);
            carried.truncate(carry(&steps));
        }
        if round > 0 {
            target = as_known_later(&target, &changes[self.changes.clone()]);
        }
        Command::new(self.phase, target, steps, carried)
    }
}

/// When the command of a target is sent.
fn phase(changes: &[Change]) -> Phase {
    let mut phase = Phase::Release;
    for change in changes {
        match &change.what {
            What::CreateGroup | What::Describe(_) | What::Attach { .. } => return Phase::Groups,
            What::Leave | What::Delete => return Phase::Depart,
            What::CreateUser(_) | What::PushUser { .. } | What::Update(_) | What::Join { .. } => {
                phase = Phase::Settle;
            }
            What::Lose { .. } => {}
        }
    }
    phase
}

/// How many [`steps`] there are.
fn count_steps(changes: &[Change]) -> usize {
    let (mut steps, mut updates, mut adds, mut removes, mut profiles) = (0, 0, 0, 0, 0_usize);
    for change in changes {
        match &change.what {
            What::Update(_) => updates = 1,
            What::Lose { .. } => removes += 1,
            What::Join { .. } => adds += 1,
            What::Attach { .. } => profiles += 1,
            What::CreateGroup
            | What::CreateUser(_)
            | What::PushUser { .. }
            | What::Describe(_)
            | What::Leave
            | What::Delete => steps += 1,
        }
    }
    let lists = [removes, adds, profiles].map(|entries: usize| entries.div_ceil(ENTRIES_PER_LIST));
    steps + updates + lists.iter().sum::<usize>()
}

/// The steps of one target in the documented order, and the positions of the changes that they carry out, in their order.
fn steps(changes: &[Change], at: Range<usize>) -> (Vec<Step>, Vec<usize>) {
    let theirs = || at.clone().map(|at| (at, &changes[at].what));
    // As much as it takes: there may be a million of them.
    let mut steps = Vec::with_capacity(count_steps(&changes[at.clone()]));
    let mut carried = Vec::with_capacity(at.len());
    for (at, what) in theirs() {
        steps.push(match what {
            What::CreateGroup => Step::CreateGroup,
            What::CreateUser(profile) => Step::CreateUser(profile.clone()),
            What::PushUser { profile, names } => Step::PushUser { profile: profile.clone(), names: *names },
            What::Describe(text) => Step::Describe(text.description.clone()),
            What::Update(_)
            | What::Lose { .. }
            | What::Join { .. }
            | What::Attach { .. }
            | What::Leave
            | What::Delete => continue,
        });
        carried.push(at);
    }
    let mut fields: BTreeMap<Field, String> = BTreeMap::new();
    for (at, what) in theirs() {
        if let What::Update(update) = what {
            let Update { field, to, from: _ } = update.as_ref();
            fields.insert(*field, to.clone());
            carried.push(at);
        }
    }
    if !fields.is_empty() {
        steps.push(Step::Update(fields));
    }
    let mut list = |entry: fn(&What) -> Option<&GroupName>, step: fn(Vec<GroupName>) -> Step| {
        let mut entries = theirs().filter_map(|(at, what)| Some((at, entry(what)?))).peekable();
        while entries.peek().is_some() {
            let part: Vec<(usize, &GroupName)> = entries.by_ref().take(ENTRIES_PER_LIST).collect();
            steps.push(step(part.iter().map(|(_, group)| GroupName::clone(group)).collect()));
            carried.extend(part.iter().map(|(at, _)| *at));
        }
    };
    list(|what| if let What::Lose { group } = what { Some(group) } else { None }, Step::Remove);
    list(|what| if let What::Join { group } = what { Some(group) } else { None }, Step::Add);
    list(|what| if let What::Attach { profile } = what { Some(profile) } else { None }, Step::Attach);
    for (at, what) in theirs() {
        let delete_account = match what {
            What::Leave => false,
            What::Delete => true,
            _ => continue,
        };
        steps.push(Step::RemoveFromOrg { delete_account });
        carried.push(at);
    }
    debug_assert_eq!(steps.len(), count_steps(&changes[at]), "they are counted as they are made");
    (steps, carried)
}

/// After an update of its email, an account is named by the new one.
fn as_known_later(target: &Target, changes: &[Change]) -> Target {
    let Target::User(account) = target else {
        return target.clone();
    };
    let mut later = account.address();
    for change in changes {
        if let What::Update(update) = &change.what {
            match update.field {
                Field::Email if later.domain.is_none() => later.user.clone_from(&update.to),
                Field::Username if later.domain.is_some() => later.user.clone_from(&update.to),
                _ => {}
            }
        }
    }
    Target::User(Arc::new(account.at(&later)))
}
