//! One run, as a sentence: read the directory, read Adobe, decide, do, tell.

use crate::approvals::Approvals;
use crate::failure::Failure;
use crate::known::known;
use crate::program::Program;
use crate::reading::{self, Reading};
use crate::record::Record;
use crate::remembering;
use crate::reviewed;
use crate::scope::Scope;
use crate::unlisted::{self, Looked};
use umsync_engine::change::Change;
use umsync_engine::command::Outcome;
use umsync_engine::plan::{Plan, plan};
use umsync_engine::saved::Exact;
use umsync_store::Purpose;
use umsync_umapi::Executed;

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
    /// Why the execution stopped itself.
    pub(crate) gave_up: Option<String>,
    /// Somebody asked it to stop.
    pub(crate) cancelled: bool,
    /// Adobe has asked for silence: no call leaves until then.
    pub(crate) silenced: bool,
    /// What could not be kept in the store after commands were sent.
    pub(crate) unrecorded: Option<String>,
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
    let mut people = program.read_people().await?;
    let session = program.session(record.journal()).await?;
    let Reading { mut snapshot, mut lock, person, waited } =
        reading::read(program, &session, &people, mode, scope, record.who()).await?;
    if waited {
        program.not_paused().await?;
        people = program.read_people().await?;
    }

    remembering::look_for_created(program, &session, &mut snapshot).await?;
    let approvals = Approvals::recall(program).await?;
    let (mut memory, mut rules) = known(program, scope, &people.directories, &snapshot, &approvals).await?;
    let occasion = program.occasion(person.as_deref());
    let (mut fresh, mut remember) = plan(&people, &snapshot, &rules, &memory, occasion)?;
    let looked =
        unlisted::look_for(program, &session, &remember.look_for, &mut snapshot, &mut memory).await?;
    if looked == Looked::Long {
        program.not_paused().await?;
        people = program.read_people().await?;
        let looked_for = memory.looked_for;
        (memory, rules) = known(program, scope, &people.directories, &snapshot, &approvals).await?;
        memory.looked_for = looked_for;
    }
    if looked != Looked::ForNobody {
        (fresh, remember) = plan(&people, &snapshot, &rules, &memory, occasion)?;
    }
    let exact = scope.of(fresh, &approvals, &session, &rules.protect.with_admins_of(&snapshot)).await?;
    if remember.whole && matches!(scope, Scope::Whole) {
        reviewed::write(program, &exact.plan, &snapshot)?;
    }
    record.planned(program, scope, rules.baseline, &exact.plan, &remember, &memory.links).await?;
    show(&exact)?;

    let Exact { plan, stale } = exact;
    let listener = |progress| program.bar.adobe(progress);
    let nothing = || Executed { outcomes: Vec::new(), gave_up: None };
    let Executed { outcomes, gave_up } = match mode {
        Mode::Plan => nothing(),
        Mode::Rehearse => session.rehearse(plan.commands(), &listener, &program.cancel).await,
        Mode::Apply if plan.commands().is_empty() => nothing(),
        Mode::Apply => {
            lock.purpose(Purpose::Executing)?;
            let permit = session.may_execute().await?;
            record.about_to_send(program, &plan, &stale, &approvals, &remember).await?;
            let executed = session.execute(permit, plan.commands(), &listener, &program.cancel).await;
            remembering::lists(program, &session).await;
            executed
        }
    };
    program.bar.finish();
    let cancelled = program.cancel.is_cancelled();
    let mut finished =
        Finished { plan, stale, outcomes, gave_up, cancelled, silenced: false, unrecorded: None };
    match record.executed(program, scope, &mut finished, &approvals, &remember).await {
        Ok(()) => {}
        Err(failure) if finished.outcomes.is_empty() => return Err(failure),
        // What was sent was sent: the run goes on to tell it.
        Err(failure) => finished.unrecorded = Some(failure.told()),
    }
    Ok(finished)
}
