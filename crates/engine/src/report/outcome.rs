//! What became of a plan.

use super::{Ink, Line, Totals, counted, section, told};
use crate::change::Change;
use crate::command::{Outcome, Verdict};
use crate::plan::Plan;
use serde::Serialize;

/// How many changes met which end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Results {
    /// Carried out.
    pub done: Totals,
    /// Changes of commands that Adobe refused at least in part.
    pub refused: usize,
    /// Changes that were sent and of which no answer tells.
    pub unknown: usize,
    /// Changes that never left.
    pub not_sent: usize,
}

impl Results {
    /// Counts the changes of a plan by the verdicts on their commands.
    pub fn of(plan: &Plan, outcomes: &[Outcome]) -> Self {
        let mut results = Self::default();
        let mut done = Vec::new();
        for Outcome { command, verdict } in outcomes {
            let changes = &plan.commands()[*command].changes;
            match verdict {
                Verdict::Done => done.extend(changes.iter().map(|at| &plan.changes()[*at])),
                Verdict::Refused { .. } => results.refused += changes.len(),
                Verdict::Unknown { .. } => results.unknown += changes.len(),
                Verdict::NotSent { .. } => results.not_sent += changes.len(),
            }
        }
        results.done = Totals::of(done);
        results
    }

    /// Whether every change was carried out.
    pub fn all_done(&self) -> bool {
        let Self { done: _, refused, unknown, not_sent } = self;
        refused + unknown + not_sent == 0
    }
}

/// Tells whether the commands were carried out or only tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sent {
    /// For real.
    Executed,
    /// With `testOnly=true`.
    Tested,
}

/// Changes of a kept plan that do not hold any more.
pub fn of_stale(stale: &[Change]) -> Vec<Line> {
    let mut lines = Vec::new();
    if stale.is_empty() {
        return lines;
    }
    section(&format!("Stale, not sent: {}", stale.len()), &mut lines);
    for change in stale {
        lines.push(
            Line::of(Ink::Warning, format!("  ! {}", change.target))
                .and(Ink::Plain, format!("  {}", told(&change.what)))
                .and(
                    Ink::Faint,
                    "  the account, the value to be replaced or the person is not what the plan expects",
                ),
        );
    }
    lines
}

/// What became of a plan: every command that did not end well, and the totals.
pub fn of_outcomes(plan: &Plan, outcomes: &[Outcome], sent: Sent) -> Vec<Line> {
    let mut lines = Vec::new();
    let failed: Vec<&Outcome> = outcomes.iter().filter(|outcome| outcome.verdict != Verdict::Done).collect();
    if !failed.is_empty() {
        section(&format!("Not done: {}", failed.len()), &mut lines);
    }
    for Outcome { command, verdict } in failed {
        let target = &plan.commands()[*command].target;
        let (ink, said) = match verdict {
            Verdict::Done => continue,
            Verdict::Refused { errors } => {
                let errors: Vec<String> =
                    errors.iter().map(|error| format!("{} ({})", error.message, error.code)).collect();
                (Ink::Loss, format!("refused by Adobe: {}", errors.join("; ")))
            }
            Verdict::Unknown { why } => {
                (Ink::Warning, format!("outcome unknown, the next run settles it: {why}"))
            }
            Verdict::NotSent { why } => (Ink::Warning, format!("not sent: {why}")),
        };
        lines.push(Line::of(ink, format!("  ! {target}")).and(Ink::Plain, format!("  {said}")));
    }
    lines.push(Line::default());
    let Results { done, refused, unknown, not_sent } = Results::of(plan, outcomes);
    let verb = match sent {
        Sent::Executed => "Done",
        Sent::Tested => "Tested, nothing was changed",
    };
    lines.push(Line::of(Ink::Heading, format!("{verb}: {done}")));
    for (count, words) in [(refused, "refused"), (unknown, "with unknown outcome"), (not_sent, "not sent")] {
        if count > 0 {
            lines.push(Line::of(Ink::Warning, format!("{} {words}", counted(count, "change", "changes"))));
        }
    }
    lines
}
