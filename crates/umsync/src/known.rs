//! What is known before a plan is made, besides both sides: what earlier runs and people have left, and the rules.

use crate::approvals::{Approvals, baseline};
use crate::failure::Failure;
use crate::program::Program;
use crate::remembering;
use crate::reviewed;
use crate::scope::Scope;
use umsync_engine::adobe::Snapshot;
use umsync_engine::directories::Directories;
use umsync_engine::memory::Memory;
use umsync_engine::rules::Rules;

/// Memory and rules for a plan of these two sides.
pub(crate) async fn known(
    program: &Program,
    scope: Scope<'_>,
    directories: &Directories,
    snapshot: &Snapshot,
    approvals: &Approvals,
) -> Result<(Memory, Rules), Failure> {
    let reviewed = match scope {
        // A run for one person acts on nobody's absence.
        Scope::Person(_) => None,
        Scope::Whole | Scope::Exactly(_) => reviewed::read(program, snapshot)?,
    };
    let approved = approvals.lifted();
    let memory = Memory { approved, reviewed, ..remembering::recall(program, directories).await? };
    let rules = Rules { baseline: baseline(program).await?, ..program.rules(directories)? };
    Ok((memory, rules))
}
