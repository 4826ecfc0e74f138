//! What a fresh plan does otherwise than a kept one.

use crate::apply::fits;
use crate::failure::Failure;
use crate::plan_file;
use crate::program::Program;
use similar::{ChangeTag, TextDiff};
use std::path::Path;
use umsync_engine::change::Change;
use umsync_engine::plan::Plan;
use umsync_engine::report::{Ink, Line, reason, told};
use umsync_engine::saved::SavedPlan;
use umsync_engine::withhold::Withheld;

/// A kept plan to compare with, which must be about this organization and this configuration.
pub(crate) fn kept(program: &Program, file: &Path) -> Result<SavedPlan, Failure> {
    let saved = plan_file::read(file)?;
    fits(&saved, program.organization(), &program.config.meaning)?;
    Ok(saved)
}

/// The changes that only one of them has, in the order of the plans.
pub(crate) fn difference(kept: &SavedPlan, fresh: &Plan) -> Vec<Line> {
    let before = text(kept.changes(), kept.withheld());
    let now = text(fresh.changes(), fresh.withheld());
    let title = format!("Compared with plan {}", kept.id());
    let mut lines = vec![Line::default(), Line::one(Ink::Heading, title)];
    if before == now {
        lines.push(Line::one(Ink::Plain, "  the same changes"));
        return lines;
    }
    for change in TextDiff::from_lines(&before, &now).iter_all_changes() {
        let (sign, ink) = match change.tag() {
            ChangeTag::Equal => continue,
            ChangeTag::Delete => ('-', Ink::Loss),
            ChangeTag::Insert => ('+', Ink::Gain),
        };
        lines.push(Line::one(ink, format!("  {sign} {}", change.value().trim_end())));
    }
    lines
}

/// A line for each change.
fn text(changes: &[Change], withheld: &[Withheld]) -> String {
    let line =
        |change: &Change| format!("{}  {}  ({})", change.target, told(&change.what), reason(&change.reason));
    let sent = changes.iter().map(|change| line(change) + "\n");
    let held = withheld.iter().map(|held| format!("{}  withheld: {}\n", line(&held.change), held.why));
    sent.chain(held).collect()
}
