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
    /// The groups of these commands are read back: those of a phase that were sent from the group's side. Some were `lost`
    /// before the execution was cut short.
    ReadBack {
        /// All of them.
        positions: Vec<usize>,
        /// And why nobody knows what became of these.
        lost: Vec<(usize, String)>,
    },
}

impl Work {
    /// Whether it may send something.
    pub(crate) fn sends(&self) -> bool {
        !matches!(self, Self::ReadBack { .. })
    }

    /// Cuts off what does not go with the first of its commands that `takes` counts.
    pub(crate) fn cut(&mut self, takes: impl FnOnce(&[usize]) -> usize) -> Option<Self> {
        let Self::Send(positions) = self else { return None };
        let count = takes(positions).min(positions.len());
        let rest = positions.split_off(count);
        (!rest.is_empty()).then_some(Self::Send(rest))
    }

    /// What is to be said of them when nothing more may be done. `listed` are groups' commands that were sent and whose
    /// groups have not been read back.
    pub(crate) fn left(self, stop: &str, listed: &mut BTreeMap<usize, Verdict>) -> Vec<(usize, Verdict)> {
        match self {
            Self::Send(positions) => {
                let not_sent = |position| (position, Verdict::NotSent { why: stop.to_owned() });
                positions.into_iter().map(not_sent).collect()
            }
            Self::ClearUp(unknown) => {
                unknown.into_iter().map(|(position, why)| (position, Verdict::Unknown { why })).collect()
            }
            Self::ReadBack { positions, lost } => {
                let lost: BTreeMap<usize, String> = lost.into_iter().collect();
                let sent =
                    positions.into_iter().filter(|at| listed.remove(at).is_some() || lost.contains_key(at));
                let why = format!("its group was not read back: {stop}");
                sent.map(|position| (position, Verdict::Unknown { why: why.clone() })).collect()
            }
        }
    }
}

/// All of a plan, of which nothing was sent yet.
pub(crate) fn all(commands: &[Command]) -> Vec<Work> {
    let nothing = vec![Verdict::NotSent { why: String::new() }; commands.len()];
    rest(commands, &nothing).0
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
        let of_members = |position: &usize| commands[*position].is_of_members();
        let (lists, unknown): (Vec<usize>, Vec<usize>) = unknown.into_iter().partition(of_members);
        work.extend(packed(commands, &unknown).map(clear_up));
        work.extend(packed(commands, &unsent).map(Work::Send));
        let lost: Vec<(usize, String)> = lists.iter().copied().map(because).collect();
        let positions: Vec<usize> = lists.into_iter().chain(unsent.into_iter().filter(of_members)).collect();
        if !positions.is_empty() {
            work.push(Work::ReadBack { positions, lost });
        }
        first += phase.len();
    }
    (work, known)
}

/// Some commands of a plan, as they may travel together.
fn packed(commands: &[Command], positions: &[usize]) -> impl Iterator<Item = Vec<usize>> {
    let some: Vec<Command> = positions.iter().map(|position| commands[*position].clone()).collect();
    pack::requests(&some).into_iter().map(|range| positions[range].to_vec())
}
