//! Commands: changes as Adobe takes them, and what became of each.

use crate::change::{Field, Profile, Target};
use crate::key::GroupName;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

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

/// One step of a command, in the order in which Adobe documents them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// `createUserGroup`, ignoring one that is already there.
    CreateGroup,
    /// `createFederatedID`, `createEnterpriseID` or `addAdobeID`, ignoring one that is already there.
    CreateUser(Profile),
    /// `update`.
    Update(BTreeMap<Field, String>),
    /// `remove` from these groups, at most ten.
    Remove(Vec<GroupName>),
    /// `add` to these groups, at most ten.
    Add(Vec<GroupName>),
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

/// One target with its steps: at most ten.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Command {
    /// When it is sent.
    pub phase: Phase,
    /// Whom it names.
    pub target: Target,
    /// What it does, in order.
    pub steps: Vec<Step>,
    /// The positions in the plan's `changes` that it carries out.
    pub changes: Vec<usize>,
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
}

impl Outcome {
    /// An outcome about which there is nothing to note.
    pub fn new(command: usize, verdict: Verdict) -> Self {
        Self { command, verdict, notes: Vec::new() }
    }
}
