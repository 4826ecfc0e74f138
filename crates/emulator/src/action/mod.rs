//! The Action API: one request of up to ten commands, each with its steps.
//!
//! A command is read whole before any of it runs (`parse`); its steps then run in order, each failing on its own,
//! without taking back what came before. Rules about users and groups stand in `user`, `create`, `update` and
//! `group`; a step first decides whether it may, and changes the state only when the request is no test.

mod country;
mod create;
mod fields;
mod group;
mod lists;
mod parse;
mod update;
mod user;

use std::borrow::Cow;
use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use crate::answer::Answer;
use crate::call::Call;
use crate::fault::Effect;
use crate::knobs::Knobs;
use crate::mix::mix;
use crate::org::{Org, fold};
use crate::world::World;

pub(crate) use lists::LONGEST_GROUP;
use parse::{Command, Order};

/// Why a step, or a whole command before its first step, fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    code: Cow<'static, str>,
    message: String,
}

impl Failure {
    fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code: Cow::Borrowed(code), message: message.into() }
    }
}

/// Whether changes are made, or only checked (`testOnly=true`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Live,
    Test,
}

/// Where commands are carried out.
struct Desk<'a> {
    org: &'a mut Org,
    knobs: &'a Knobs,
    now: DateTime<Utc>,
    mode: Mode,
    /// Milliseconds until others see what is created.
    lag: u64,
}

impl Desk<'_> {
    fn live(&self) -> bool {
        self.mode == Mode::Live
    }
}

/// What came of one command: failures and warnings by step.
#[derive(Debug, Default)]
struct Outcome {
    failures: Vec<(usize, Failure)>,
    warnings: Vec<(usize, Failure)>,
}

/// The folded roots of all commands in a body, for faults that are about one of them.
pub(crate) fn roots(commands: &[Value]) -> BTreeSet<String> {
    commands
        .iter()
        .flat_map(|command| [command.get("user"), command.get("usergroup")])
        .filter_map(|root| root?.as_str().map(fold))
        .collect()
}

/// The commands of a body, none if it is no array.
pub(crate) fn commands(call: &Call) -> Vec<Value> {
    serde_json::from_slice(&call.body).unwrap_or_default()
}

impl World {
    /// `POST /action/{org}`
    pub(crate) fn action(
        &mut self,
        call: &Call,
        commands: &[Value],
        effects: &[Effect],
        now: DateTime<Utc>,
    ) -> Answer {
        if self.knobs.bare_content_type && call.header("Content-Type") != Some("application/json") {
            return malformed("Expected a valid JSON payload");
        }
        if commands.is_empty() {
            return malformed("Expected a valid JSON payload");
        }
        if commands.len() > self.knobs.max_commands {
            return malformed(&format!("Too many commands: max is {}", self.knobs.max_commands));
        }
        let mode = if call.flag("testOnly", false) { Mode::Test } else { Mode::Live };
        self.requests += 1;
        let mut order: Vec<usize> = (0..commands.len()).collect();
        if let Some(seed) = self.knobs.shuffle_commands {
            // Another order for each request, the same for each run of the same story.
            let seed = mix(seed, self.requests);
            order.sort_by_key(|at| mix(seed, *at as u64));
        }
        let slow = effects.iter().find_map(|effect| match effect {
            Effect::ReadLag(lag) => Some(*lag),
            _ => None,
        });
        let lag = slow.unwrap_or(self.knobs.read_lag_ms);
        let mut desk = Desk { org: &mut self.org, knobs: &self.knobs, now, mode, lag };
        let mut tally = Tally::default();
        for at in order {
            desk.carry_out(at, &commands[at], effects, &mut tally);
        }
        tally.answer(commands.len(), mode, &self.knobs)
    }
}

fn malformed(message: &str) -> Answer {
    Answer::refusal(400, "error.command.malformed", message)
}

impl Desk<'_> {
    fn carry_out(&mut self, at: usize, command: &Value, effects: &[Effect], tally: &mut Tally) {
        let Command { root, request_id, order } = match Command::read(command, self.knobs) {
            Ok(command) => command,
            // "user" and "requestID" are missing from errors found while reading (examples of the Action API).
            Err(failures) => {
                tally.command(at, None, None, Outcome { failures, warnings: Vec::new() });
                return;
            }
        };
        let outcome = match fault(&root, effects) {
            Some(failure) => Outcome { failures: vec![(0, failure)], warnings: Vec::new() },
            None => match &order {
                Order::User(order) => self.user_command(order),
                Order::Group(steps) => self.group_command(&root, steps),
            },
        };
        tally.command(at, Some(root), request_id, outcome);
    }
}

fn fault(root: &str, effects: &[Effect]) -> Option<Failure> {
    effects.iter().find_map(|effect| match effect {
        Effect::FailCommand { root: meant, code, message } if fold(meant) == fold(root) => {
            Some(Failure { code: Cow::Owned(code.clone()), message: message.clone() })
        }
        _ => None,
    })
}

/// The answer as it grows, command by command.
#[derive(Debug, Default)]
struct Tally {
    failed: usize,
    errors: Vec<(usize, usize, Value)>,
    warnings: Vec<(usize, usize, Value)>,
}

impl Tally {
    fn command(&mut self, at: usize, root: Option<String>, request_id: Option<String>, outcome: Outcome) {
        let Outcome { failures, warnings } = outcome;
        if !failures.is_empty() {
            self.failed += 1;
        }
        let entry = |step: usize, failure: Failure, key: &str| {
            let mut entry = Map::new();
            entry.insert("index".into(), json!(at));
            entry.insert("step".into(), json!(step));
            entry.insert("message".into(), json!(failure.message));
            entry.insert(key.into(), json!(failure.code));
            if let Some(id) = &request_id {
                entry.insert("requestID".into(), json!(id));
            }
            if let Some(root) = &root {
                entry.insert("user".into(), json!(root));
            }
            (at, step, Value::Object(entry))
        };
        self.errors.extend(failures.into_iter().map(|(step, failure)| entry(step, failure, "errorCode")));
        self.warnings.extend(warnings.into_iter().map(|(step, warning)| entry(step, warning, "warningCode")));
    }

    fn answer(self, commands: usize, mode: Mode, knobs: &Knobs) -> Answer {
        let Self { failed, errors, warnings } = self;
        let done = commands - failed;
        let (completed, tested) = match mode {
            Mode::Live => (done, 0),
            Mode::Test => (0, done),
        };
        let result = match (done, failed) {
            (_, 0) => "success",
            (0, _) => "error",
            _ => "partial",
        };
        let mut answer = json!({
            "completed": completed,
            "notCompleted": failed,
            "completedInTestMode": tested,
            "result": result,
        });
        for (key, mut entries) in [("errors", errors), ("warnings", warnings)] {
            if !entries.is_empty() {
                entries.sort_by_key(|(at, step, _)| (*at, *step));
                if knobs.step_as_text {
                    for (_, step, entry) in &mut entries {
                        entry["step"] = json!(step.to_string());
                    }
                }
                answer[key] = entries.into_iter().map(|(_, _, entry)| entry).collect();
            }
        }
        if knobs.extra_fields {
            answer["futureText"] = json!("unknown to today's clients");
        }
        Answer::json(200, answer)
    }
}
