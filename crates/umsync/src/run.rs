//! One run, as a sentence: read the directory, read Adobe, decide, do, tell.

use crate::failure::Failure;
use crate::program::Program;
use crate::reading::{self, Reading};
use crate::record::Record;
use umsync_engine::command::Outcome;
use umsync_engine::memory::Memory;
use umsync_engine::plan::{Plan, plan};
use umsync_store::Purpose;

/// What a run does with its plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Nothing: it is shown.
    Plan,
    /// Adobe checks every command and carries none out.
    Rehearse,
    /// It is executed.
    Apply,
}

/// A run that reached its end.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) plan: Plan,
    pub(crate) outcomes: Vec<Outcome>,
}

/// One run. Nothing is sent before `show` has shown the plan.
pub(crate) async fn run(
    program: &Program,
    record: &Record,
    mode: Mode,
    show: impl FnOnce(&Plan) -> Result<(), Failure>,
) -> Result<Finished, Failure> {
    let directory = program.read_directory().await?;
    let session = program.session(record.journal(mode)).await?;
    let Reading { snapshot, mut lock } = reading::adobe(program, &session, mode, record.who()).await?;

    let memory = recall(program).await?;
    let rules = &program.config.rules;
    let (plan, remember) =
        plan(&directory, &snapshot, rules, &memory, &program.config.meaning, program.now())?;
    record.planned(program, &plan, remember).await?;
    show(&plan)?;

    let listener = |progress| program.bar.adobe(progress);
    let outcomes = match mode {
        Mode::Plan => Vec::new(),
        Mode::Rehearse => session.rehearse(plan.commands(), &listener, &program.cancel).await,
        Mode::Apply if plan.commands().is_empty() => Vec::new(),
        Mode::Apply => {
            lock.purpose(Purpose::Executing)?;
            let permit = session.may_execute().await?;
            record.about_to_send(program, &plan).await?;
            session.execute(permit, plan.commands(), &listener, &program.cancel).await
        }
    };
    program.bar.finish();
    Ok(Finished { plan, outcomes })
}

async fn recall(program: &Program) -> Result<Memory, Failure> {
    let organization = program.organization();
    Ok(Memory {
        links: program.store.links(organization).await?,
        absences: program.store.absences(organization).await?,
        approved: std::collections::BTreeSet::new(),
    })
}
