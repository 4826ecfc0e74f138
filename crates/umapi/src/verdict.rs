//! What Adobe's answer to an action request says about each of its commands.

use crate::answer::{Answer, Unreadable};
use crate::split::singly;
use crate::wire;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use umsync_engine::change::{Names, Target};
use umsync_engine::codes::{Again, Class, Meaning, meaning};
use umsync_engine::command::{Command, Step, StepError, Verdict};
use umsync_engine::key::{GroupName, UserKey};

/// What an answer says about one command.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    /// This.
    Said(Verdict),
    /// It is done, and these refusals say no more than that it was so already, or that a test cannot know it.
    Noted(Vec<StepError>),
    /// It failed in a way that also happens when the user is gone already: whoever looks knows.
    PerhapsGone(Vec<StepError>),
    /// A list of several groups failed because Adobe does not have one of them: it may be sent again group by group.
    Splits(Vec<StepError>),
    /// It was throttled inside Adobe and may be sent again in a minute.
    Throttled(Vec<StepError>),
    /// The answer contradicts itself, so this is not known.
    Doubt(String),
}

/// What is sent for real or for a test, and what a test cannot know yet.
#[derive(Debug)]
pub(crate) enum Rehearsal<'a> {
    /// For real.
    No,
    /// For a test, after which nothing has changed: what this plan would make is not there.
    Yes(&'a Made),
}

/// What a plan would make.
#[derive(Debug, Default)]
pub(crate) struct Made {
    groups: BTreeSet<GroupName>,
    users: BTreeSet<UserKey>,
}

impl Made {
    /// By these commands.
    pub(crate) fn by(commands: &[Command]) -> Self {
        let mut made = Self::default();
        for command in commands {
            match (&command.target, command.steps.first()) {
                (Target::Group(name), Some(Step::CreateGroup)) => {
                    made.groups.insert(name.clone());
                }
                (Target::User(account), Some(Step::CreateUser(_) | Step::PushUser { .. })) => {
                    made.users.insert(account.key.clone());
                }
                _ => {}
            }
        }
        made
    }

    fn holds(&self, target: &Target) -> bool {
        match target {
            Target::Group(name) => self.groups.contains(name),
            Target::User(account) => self.users.contains(&account.key),
        }
    }
}

/// One reply for each command of the request, in order. `ids` are their request ids.
pub(crate) fn replies(
    answer: &Answer,
    commands: &[&Command],
    ids: &[String],
    rehearsal: &Rehearsal<'_>,
) -> Result<Vec<Reply>, Unreadable> {
    let object = answer.object()?;
    let counts = Counts::read(&object)?;
    let mut errors: BTreeMap<usize, Vec<StepError>> = BTreeMap::new();
    let mut nobodys = 0;
    for entry in entries(&object)? {
        match position(entry, ids) {
            Some(position) => errors.entry(position).or_default().push(step_error(entry)),
            None => nobodys += 1,
        }
    }
    let doubt = counts.doubt(commands.len(), errors.len(), nobodys);
    let reply = |(position, command): (usize, &&Command)| match (errors.remove(&position), &doubt) {
        (Some(errors), _) => failed(command, errors, rehearsal),
        (None, None) => Reply::Said(Verdict::Done),
        (None, Some(doubt)) => Reply::Doubt(doubt.clone()),
    };
    Ok(commands.iter().enumerate().map(reply).collect())
}

fn entries(object: &Map<String, Value>) -> Result<&[Value], Unreadable> {
    match object.get("errors") {
        None | Some(Value::Null) => Ok(&[]),
        Some(Value::Array(entries)) => Ok(entries),
        Some(_) => Err(Unreadable("its errors are no list".to_owned())),
    }
}

/// By `index`; where that is missing, by the request id.
fn position(entry: &Value, ids: &[String]) -> Option<usize> {
    let object = entry.as_object()?;
    let by_index = wire::number(object, "index").and_then(|index| usize::try_from(index).ok());
    let by_id = || {
        let id = wire::text(object, "requestID")?;
        ids.iter().position(|known| *known == id)
    };
    by_index.filter(|index| *index < ids.len()).or_else(by_id)
}

fn step_error(entry: &Value) -> StepError {
    let none = Map::new();
    let object = entry.as_object().unwrap_or(&none);
    StepError {
        // The documentation says text, every sample is a number.
        step: wire::number(object, "step").and_then(|step| usize::try_from(step).ok()),
        code: wire::text(object, "errorCode").unwrap_or_else(|| "error.without_code".to_owned()),
        message: wire::text(object, "message").unwrap_or_default(),
    }
}

/// Adobe's counts of commands.
struct Counts {
    completed: Option<u64>,
    not_completed: Option<u64>,
    result: Option<String>,
}

impl Counts {
    fn read(object: &Map<String, Value>) -> Result<Self, Unreadable> {
        let real = wire::number(object, "completed");
        let tested = wire::number(object, "completedInTestMode");
        let counts = Self {
            completed: real.map(|real| real + tested.unwrap_or(0)).or(tested),
            not_completed: wire::number(object, "notCompleted"),
            result: wire::text(object, "result"),
        };
        match counts {
            Self { completed: None, not_completed: None, result: None } => {
                Err(Unreadable("it tells no result".to_owned()))
            }
            counts => Ok(counts),
        }
    }

    /// Why commands without an error cannot be believed to be done. `failed` commands have errors, `nobodys` errors
    /// name no command of the request.
    fn doubt(&self, commands: usize, failed: usize, nobodys: usize) -> Option<String> {
        let silent = (commands - failed) as u64;
        let failed = failed as u64;
        if silent == 0 {
            return None;
        }
        let not_completed = self.not_completed.unwrap_or(0);
        if nobodys > 0 {
            return Some(format!("Adobe reported {nobodys} errors without saying of which command"));
        }
        if not_completed > failed {
            return Some(format!("Adobe counted {not_completed} failed commands and named {failed}"));
        }
        match (self.completed, self.result.as_deref()) {
            (Some(completed), _) if completed < silent => {
                Some(format!("Adobe counted {completed} commands done where {silent} have no error"))
            }
            (None, Some("error")) | (None, None) => {
                Some("Adobe did not say that the commands without errors were done".to_owned())
            }
            (_, _) => None,
        }
    }
}

fn failed(command: &Command, errors: Vec<StepError>, rehearsal: &Rehearsal<'_>) -> Reply {
    let (notes, errors): (Vec<StepError>, Vec<StepError>) =
        errors.into_iter().partition(|error| is_benign(command, error, rehearsal));
    if errors.is_empty() {
        return Reply::Noted(notes);
    }
    let leaves = command.steps.iter().any(|step| matches!(step, Step::RemoveFromOrg { .. }));
    let all = |codes: &[&str]| errors.iter().all(|error| codes.contains(&error.code.as_str()));
    if leaves && all(&["error.internal.removefromorg", "error.user.not_in_org"]) {
        return Reply::PerhapsGone(errors);
    }
    let for_real = matches!(rehearsal, Rehearsal::No);
    if for_real && all(&["error.group.not_found"]) && singly(command).is_some() {
        return Reply::Splits(errors);
    }
    if errors.iter().all(|error| meaning(&error.code).again == Again::Soon) {
        return Reply::Throttled(errors);
    }
    for StepError { step, code, message } in &errors {
        let Meaning { class, again: _, means, remedy: _ } = meaning(code);
        if class == Class::Ours {
            tracing::warn!(target = %command.target, step, code, message, "{means}");
        }
    }
    Reply::Said(Verdict::Refused { errors })
}

/// The user does not exist.
const NOBODY: [&str; 3] = [
    "error.user.nonexistent",
    "error.user.not_found",
    "error.user.nonexistent_or_has_conflicting_parameters",
];

/// Whether an error says that what was wanted is so already.
fn is_benign(command: &Command, error: &StepError, rehearsal: &Rehearsal<'_>) -> bool {
    let code = error.code.as_str();
    let leaves = command.steps.iter().any(|step| matches!(step, Step::RemoveFromOrg { .. }));
    let step = error.step.and_then(|step| command.steps.get(step));
    // The documentation promises success for the removal of somebody who is gone; Adobe answers with an error.
    // Conflicting parameters may hide somebody who is still there.
    if leaves && NOBODY[..2].contains(&code) {
        return true;
    }
    match (step, code) {
        (Some(Step::CreateGroup), "error.usergroup.already_exists") => true,
        // Whose names were to be updated and are not, is not as was wanted.
        (
            Some(Step::CreateUser(_) | Step::PushUser { names: Names::Keep, profile: _ }),
            "error.user.already_in_org" | "error.user.already_invited",
        ) => true,
        // From a group's side a list that changes nothing may be an error.
        (
            Some(Step::Add(_) | Step::Remove(_) | Step::AddUsers(_) | Step::RemoveUsers(_)),
            "error.user.already_exists" | "error.usergroup.user_list.invalid",
        ) => true,
        _ => is_untested(command, step, code, rehearsal),
    }
}

/// Whether an error of a test only says that an earlier step, or an earlier command for the same target, was a test too
/// (UMAPI documentation, test mode; live answers contradict what it promises about accounts that are not there).
fn is_untested(command: &Command, step: Option<&Step>, code: &str, rehearsal: &Rehearsal<'_>) -> bool {
    let Rehearsal::Yes(made) = rehearsal else { return false };
    match step {
        Some(Step::Add(names)) if code == "error.group.not_found" => {
            names.iter().any(|name| made.groups.contains(name))
        }
        Some(Step::Add(_) | Step::Remove(_) | Step::Update(_)) => {
            made.holds(&command.target) && NOBODY.contains(&code)
        }
        Some(Step::CreateGroup) => code == "error.usergroup.not_found",
        // The group that they would join is not there yet.
        Some(Step::AddUsers(_)) => made.holds(&command.target) && code == "error.usergroup.not_found",
        Some(Step::Describe(_) | Step::Attach(_)) => {
            made.holds(&command.target) && code == "error.usergroup.not_found"
        }
        Some(
            Step::CreateUser(_) | Step::PushUser { .. } | Step::RemoveFromOrg { .. } | Step::RemoveUsers(_),
        )
        | None => false,
    }
}

#[cfg(test)]
mod tests;
