//! What became of a plan.

use super::refusals::{of_codes, refusal};
use super::{Figures, Ink, Line, Totals, counted, section, told};
use crate::change::{Change, Target};
use crate::codes::OUR_OWN;
use crate::command::{Outcome, Verdict};
use crate::plan::Plan;
use serde::Serialize;
use std::borrow::Borrow;

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
        Self::count(fates(plan, outcomes))
    }

    /// Counts changes by the verdicts on the commands that carry them.
    pub fn count<'a>(fates: impl IntoIterator<Item = (&'a Change, impl Borrow<Verdict>)>) -> Self {
        let mut results = Self::default();
        let mut done = Vec::new();
        for (change, verdict) in fates {
            match verdict.borrow() {
                Verdict::Done => done.push(change),
                Verdict::Refused { .. } => results.refused += 1,
                Verdict::Unknown { .. } => results.unknown += 1,
                Verdict::NotSent { .. } => results.not_sent += 1,
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

/// The changes of a plan with what became of them.
pub fn fates<'a>(plan: &'a Plan, outcomes: &'a [Outcome]) -> impl Iterator<Item = (&'a Change, &'a Verdict)> {
    outcomes.iter().flat_map(move |outcome| {
        plan.commands()[outcome.command].changes.iter().map(move |at| (&plan.changes()[*at], outcome.of(*at)))
    })
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

/// What became of a plan: every command that did not end well, what the codes mean, what was so already, and the totals.
pub fn of_outcomes(plan: &Plan, outcomes: &[Outcome], sent: Sent) -> Vec<Line> {
    let mut lines = of_notes(plan, outcomes, sent);
    lines.extend(of_fates(&fates(plan, outcomes).collect::<Vec<_>>(), sent));
    lines.extend(Figures::of(plan, outcomes).lines());
    lines
}

/// Commands that count as done although Adobe refused something of them.
pub fn of_notes(plan: &Plan, outcomes: &[Outcome], sent: Sent) -> Vec<Line> {
    let mut lines = Vec::new();
    let noted = || outcomes.iter().filter(|outcome| !outcome.notes.is_empty());
    if noted().next().is_none() {
        return lines;
    }
    let (title, why) = match sent {
        Sent::Executed => ("Was so already, counted as done", "what was wanted is so already"),
        Sent::Tested => (
            "False alarms of the test, counted as good",
            "it is so already, or an earlier step of this test would have made it so",
        ),
    };
    section(&format!("{title}: {}", noted().count()), &mut lines);
    for Outcome { command, verdict: _, notes, exceptions: _ } in noted() {
        let said: Vec<String> =
            notes.iter().map(|note| format!("{} ({})", note.message, note.code)).collect();
        let target =
            plan.commands().get(*command).map(|command| command.target.to_string()).unwrap_or_default();
        lines.push(
            Line::of(Ink::Plain, format!("  = {target}"))
                .and(Ink::Plain, format!("  {}", said.join("; ")))
                .and(Ink::Faint, format!("  {why}")),
        );
    }
    lines
}

/// What became of changes: every target about which something did not end well, and the totals.
pub fn of_fates<V: Borrow<Verdict>>(fates: &[(&Change, V)], sent: Sent) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut failed: Vec<(&Target, &Verdict)> = Vec::new();
    for (change, verdict) in fates {
        let (target, verdict) = (&change.target, verdict.borrow());
        // The changes of one command have one verdict.
        if *verdict != Verdict::Done && failed.last() != Some(&(target, verdict)) {
            failed.push((target, verdict));
        }
    }
    if !failed.is_empty() {
        section(&format!("Not done: {}", failed.len()), &mut lines);
    }
    for (target, verdict) in failed {
        let (ink, said) = match verdict {
            Verdict::Done => continue,
            Verdict::Refused { errors } => {
                // Codes of our own say what we did not send.
                let ours = errors_are_ours(verdict);
                let by = if ours { "not sent any more" } else { "refused by Adobe" };
                (Ink::Loss, format!("{by}: {}", refusal(errors)))
            }
            Verdict::Unknown { why } => {
                (Ink::Warning, format!("outcome unknown, the next run settles it: {why}"))
            }
            Verdict::NotSent { why } => (Ink::Warning, format!("not sent: {why}")),
        };
        lines.push(Line::of(ink, format!("  ! {target}")).and(Ink::Plain, format!("  {said}")));
    }
    lines.extend(of_codes(fates));
    lines.push(Line::default());
    let counted_fates = fates.iter().map(|(change, verdict)| (*change, verdict.borrow()));
    let Results { done, refused, unknown, not_sent } = Results::count(counted_fates);
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

fn errors_are_ours(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Refused { errors } if errors.iter().all(|error| error.code.starts_with(OUR_OWN)))
}
