//! Commands: changes as Adobe takes them, and what became of each.

use crate::change::{Account, Field, Names, Profile, Target};
use crate::key::GroupName;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The order of execution. A phase is over before the next one starts, because Adobe does not order the commands of
/// one request (UMAPI documentation, "Order of execution").
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// User groups are made.
    Groups,
    /// Users who only lose memberships: seats are free before they are given.
    Release,
    /// Creates, updates, gains.
    Settle,
    /// Users leave the organization.
    Depart,
}

impl Phase {
    /// All of them, in order.
    pub const ALL: [Self; 4] = [Self::Groups, Self::Release, Self::Settle, Self::Depart];
}

/// One step of a command, in the order in which Adobe documents them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// `createUserGroup`, ignoring one that is already there.
    CreateGroup,
    /// `createFederatedID`, `createEnterpriseID` or `addAdobeID`, ignoring one that is already there.
    CreateUser(Arc<Profile>),
    /// The same of one that may well be there, whose names are updated or kept.
    PushUser {
        /// What it is made of.
        profile: Arc<Profile>,
        /// What becomes of the names of one that is there.
        names: Names,
    },
    /// `update`.
    Update(BTreeMap<Field, String>),
    /// `remove` from these groups, at most ten.
    Remove(Vec<GroupName>),
    /// `add` to these groups, at most ten.
    Add(Vec<GroupName>),
    /// `remove` of these users from the group that the command is about, at most ten.
    RemoveUsers(Vec<Member>),
    /// `add` of these users to the group that the command is about, at most ten.
    AddUsers(Vec<Member>),
    /// `removeFromOrg`; the account's files stay unless `delete_account`.
    RemoveFromOrg {
        /// Also delete the account and its files.
        delete_account: bool,
    },
    /// `updateUserGroup` with a description.
    Describe(String),
    /// `add` of product profiles to a user group, at most ten.
    Attach(Vec<GroupName>),
}

/// A user in a list of a group's command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Member {
    /// The email, in Adobe's spelling: a list takes nothing else.
    pub user: String,
}

/// One target with its steps: at most ten.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Command {
    /// When it is sent.
    pub phase: Phase,
    /// Whom it names.
    pub target: Target,
    /// What it does, in order.
    pub steps: Vec<Step>,
    /// The positions in the plan's `changes` that it carries out, in the order of its steps and their entries.
    pub changes: Vec<usize>,
    /// For a group's command that names users: their own commands for the same changes. Whom the group's command leaves out
    /// is not told, so it is looked at, and what is missing is sent by these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fallback: Vec<Command>,
}

impl Command {
    /// One that needs nobody to stand in for it.
    pub fn new(phase: Phase, target: Target, steps: Vec<Step>, changes: Vec<usize>) -> Self {
        Self { phase, target, steps, changes, fallback: Vec::new() }
    }

    /// Whether it changes the members of a group from the group's side.
    pub fn is_of_members(&self) -> bool {
        self.steps.iter().any(|step| matches!(step, Step::AddUsers(_) | Step::RemoveUsers(_)))
    }

    /// A group's command without the users whose accounts `gone` names; `None` where it names none of them.
    pub fn without(&self, gone: impl Fn(&Account) -> bool) -> Option<Self> {
        let is_theirs = |command: &&Self| matches!(&command.target, Target::User(account) if gone(account));
        let (theirs, others): (Vec<&Self>, Vec<&Self>) = self.fallback.iter().partition(is_theirs);
        let lost: BTreeSet<usize> =
            theirs.iter().flat_map(|command| command.changes.iter().copied()).collect();
        if lost.is_empty() {
            return None;
        }
        let mut changes = self.changes.iter().copied();
        let mut left = |users: &[Member]| -> Vec<Member> {
            let named = users.iter().zip(changes.by_ref().take(users.len()).collect::<Vec<_>>());
            named.filter(|(_, change)| !lost.contains(change)).map(|(user, _)| user.clone()).collect()
        };
        let steps = self.steps.iter().map(|step| match step {
            Step::AddUsers(users) => Step::AddUsers(left(users)),
            Step::RemoveUsers(users) => Step::RemoveUsers(left(users)),
            other => other.clone(),
        });
        let steps: Vec<Step> = steps.filter(|step| step.size() > 0).collect();
        let changes = self.changes.iter().copied().filter(|change| !lost.contains(change)).collect();
        Some(Self { steps, changes, fallback: others.into_iter().cloned().collect(), ..self.clone() })
    }

    /// The entries of its lists, and its other steps.
    pub fn size(&self) -> usize {
        self.steps.iter().map(Step::size).sum()
    }

    /// Each of its changes, by position, with the part of its steps that carries it out.
    pub fn parts(&self) -> Vec<(usize, Step)> {
        self.changes.iter().copied().zip(self.steps.iter().flat_map(Step::parts)).collect()
    }
}

impl Step {
    fn size(&self) -> usize {
        match self {
            Self::Remove(groups) | Self::Add(groups) | Self::Attach(groups) => groups.len(),
            Self::RemoveUsers(users) | Self::AddUsers(users) => users.len(),
            Self::CreateGroup
            | Self::Describe(_)
            | Self::CreateUser(_)
            | Self::PushUser { .. }
            | Self::Update(_)
            | Self::RemoveFromOrg { .. } => 1,
        }
    }

    /// How many changes it carries out.
    pub(crate) fn changes(&self) -> usize {
        match self {
            Self::Update(fields) => fields.len(),
            other => other.size(),
        }
    }

    /// A step for each change that it carries out.
    fn parts(&self) -> Vec<Self> {
        match self {
            Self::Remove(groups) => groups.iter().map(|group| Self::Remove(vec![group.clone()])).collect(),
            Self::Add(groups) => groups.iter().map(|group| Self::Add(vec![group.clone()])).collect(),
            Self::RemoveUsers(users) => {
                users.iter().map(|user| Self::RemoveUsers(vec![user.clone()])).collect()
            }
            Self::AddUsers(users) => users.iter().map(|user| Self::AddUsers(vec![user.clone()])).collect(),
            Self::Update(fields) => {
                fields.iter().map(|(field, to)| Self::Update([(*field, to.clone())].into())).collect()
            }
            Self::Attach(profiles) => {
                profiles.iter().map(|profile| Self::Attach(vec![profile.clone()])).collect()
            }
            Self::CreateGroup
            | Self::Describe(_)
            | Self::CreateUser(_)
            | Self::PushUser { .. }
            | Self::RemoveFromOrg { .. } => vec![self.clone()],
        }
    }
}

/// An error that Adobe reported for one step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepError {
    /// Which step, from zero, when Adobe says so.
    pub step: Option<usize>,
    /// The stable part, for instance `error.group.not_found`.
    pub code: String,
    /// Adobe's text, which is no contract.
    pub message: String,
}

/// What became of a command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Adobe answered well (in test mode: would have).
    Done,
    /// Adobe refused at least one step; the others may have been carried out.
    Refused {
        /// What Adobe said, never empty.
        errors: Vec<StepError>,
    },
    /// It was sent and no answer tells what became of it.
    Unknown {
        /// What happened instead of an answer.
        why: String,
    },
    /// It never left.
    NotSent {
        /// What held it up.
        why: String,
    },
}

/// A change of a command that ended otherwise than the command as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exception {
    /// Its position in the plan's `changes`.
    pub change: usize,
    /// What became of it.
    pub verdict: Verdict,
}

/// What became of one command of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// Its position in the plan's `commands`.
    pub command: usize,
    /// What became of it.
    pub verdict: Verdict,
    /// Refusals that count as done, because they say that what was wanted is so already; in a test also those that only
    /// say that an earlier step was a test too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<StepError>,
    /// Its changes that ended otherwise: of a command that Adobe refused in part what was carried out all the same, of a
    /// group's command whom it left out and whose own command was refused.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exceptions: Vec<Exception>,
}

impl Outcome {
    /// An outcome about which there is nothing to note.
    pub fn new(command: usize, verdict: Verdict) -> Self {
        Self { command, verdict, notes: Vec::new(), exceptions: Vec::new() }
    }

    /// What became of one of its changes.
    pub fn of(&self, change: usize) -> &Verdict {
        let exception = self.exceptions.iter().find(|exception| exception.change == change);
        exception.map_or(&self.verdict, |exception| &exception.verdict)
    }
}
