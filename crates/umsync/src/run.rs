//! One run, as a sentence: read the directory, read Adobe, decide, do, tell.

use crate::approvals::{Approvals, baseline};
use crate::failure::Failure;
use crate::program::Program;
use crate::reading::{self, Reading};
use crate::record::Record;
use crate::scope::Scope;
use umsync_engine::change::Change;
use umsync_engine::command::Outcome;
use umsync_engine::limits::Limits;
use umsync_engine::memory::Memory;
use umsync_engine::plan::{Plan, plan};
use umsync_engine::rules::Rules;
use umsync_engine::saved::Exact;
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
    /// Changes of a kept plan that do not hold any more.
    pub(crate) stale: Vec<Change>,
    pub(crate) outcomes: Vec<Outcome>,
    /// Adobe has asked for silence: no call leaves until then.
    pub(crate) silenced: bool,
}

/// One run. Nothing is sent before `show` has shown the plan.
pub(crate) async fn run(
    program: &Program,
    record: &Record,
    mode: Mode,
    scope: Scope<'_>,
    show: impl FnOnce(&Exact) -> Result<(), Failure>,
) -> Result<Finished, Failure> {
    program.not_paused().await?;
    let directory = program.read_directory().await?;
    let session = program.session(record.journal()).await?;
    let Reading { snapshot, mut lock, somebody } =
        reading::read(program, &session, &directory, mode, scope, record.who()).await?;

    let approvals = Approvals::recall(program).await?;
    let (rules, memory) = recall(program, scope, &approvals).await?;
    let (fresh, remember) =
        plan(&directory, &snapshot, &rules, &memory, &program.config.meaning, program.now())?;
    record.planned(program, scope, &fresh, remember).await?;
    let exact = scope.of(fresh, &approvals, &session, somebody.as_ref()).await?;
    show(&exact)?;

    let Exact { plan, stale } = exact;
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
    record.executed(program, scope, &plan, &outcomes, &approvals).await?;
    let silenced = reading::opens(program, program.now()).await?.silence.is_some();
    Ok(Finished { plan, stale, outcomes, silenced })
}

/// What earlier runs remember, and the rules under what somebody has approved.
async fn recall(
    program: &Program,
    scope: Scope<'_>,
    approvals: &Approvals,
) -> Result<(Rules, Memory), Failure> {
    let organization = program.organization();
    let memory = Memory {
        links: program.store.links(organization).await?,
        absences: program.store.absences(organization).await?,
        approved: approvals.lifted(),
    };
    let mut rules = Rules { baseline: baseline(program).await?, ..program.config.rules.clone() };
    if matches!(scope, Scope::Person(_)) {
        // What everybody else's changes would exceed is no matter of this one person's.
        rules.limits = Limits::OFF;
    }
    Ok((rules, memory))
}
