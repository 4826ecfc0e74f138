//! The work of an execution: what is sent together, and before what is sent, what must be found out. Pure.

use std::collections::BTreeMap;
use umsync_engine::command::{Command, Verdict};
use umsync_engine::pack;

/// What is done in one go, by the positions of the commands in the plan.
#[derive(Debug)]
pub(crate) enum Work {
    /// They are sent in one request.
    Send(Vec<usize>),
    /// They were sent before the execution was cut short, and for this reason nobody knows what became of them.
    ClearUp(Vec<(usize, String)>),
}

impl Work {
    /// What is to be said of them when nothing more may be done.
    pub(crate) fn left(self, stop: &str) -> Vec<(usize, Verdict)> {
        match self {
            Self::Send(positions) => {
                let not_sent = |position| (position, Verdict::NotSent { why: stop.to_owned() });
                positions.into_iter().map(not_sent).collect()
            }
            Self::ClearUp(unknown) => {
                unknown.into_iter().map(|(position, why)| (position, Verdict::Unknown { why })).collect()
            }
        }
    }
}

/// All of a plan, of which nothing was sent yet.
pub(crate) fn all(commands: &[Command]) -> Vec<Work> {
    pack::requests(commands).into_iter().map(|range| Work::Send(range.collect())).collect()
}

/// What is left of a plan, and what is settled of it. In each phase what is unknown comes first.
pub(crate) fn rest(commands: &[Command], so_far: &[Verdict]) -> (Vec<Work>, BTreeMap<usize, Verdict>) {
    let mut work = Vec::new();
    let mut known = BTreeMap::new();
    let mut first = 0;
    for phase in commands.chunk_by(|one, next| one.phase == next.phase) {
        let (mut unknown, mut unsent) = (Vec::new(), Vec::new());
        for position in first..first + phase.len() {
            match so_far.get(position) {
                Some(verdict @ (Verdict::Done | Verdict::Refused { .. })) => {
                    known.insert(position, verdict.clone());
                }
                Some(Verdict::NotSent { .. }) => unsent.push(position),
                // Who says nothing about a command knows nothing about it.
                Some(Verdict::Unknown { .. }) | None => unknown.push(position),
            }
        }
        let because = |position: usize| match so_far.get(position) {
            Some(Verdict::Unknown { why }) => (position, why.clone()),
            _ => (position, "nothing is noted about it".to_owned()),
        };
        let clear_up = |positions: Vec<usize>| Work::ClearUp(positions.into_iter().map(because).collect());
        work.extend(packed(commands, &unknown).map(clear_up));
        work.extend(packed(commands, &unsent).map(Work::Send));
        first += phase.len();
    }
    (work, known)
}

/// Some commands of a plan, as they may travel together.
fn packed(commands: &[Command], positions: &[usize]) -> impl Iterator<Item = Vec<usize>> {
    let some: Vec<Command> = positions.iter().map(|position| commands[*position].clone()).collect();
    pack::requests(&some).into_iter().map(|range| positions[range].to_vec())
}
