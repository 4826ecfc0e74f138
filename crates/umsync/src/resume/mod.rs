//! Going on with an execution that was cut short: by a crash, a signal, or an Adobe that was away. Within its two hours
//! it is still the same execution; after them its rest is dropped, told, and planned anew.

mod overtaken;

use crate::approvals::Approvals;
use crate::failure::Failure;
use crate::program::Program;
use crate::record::{Record, gave_up};
use crate::remembering;
use chrono::{DateTime, Utc};
use overtaken::overtaken;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use umsync_engine::change::Change;
use umsync_engine::command::{Command, Outcome, StepError, Verdict};
use umsync_engine::report::{Results, Totals, codes_of};
use umsync_store::{CutShort, Entry, LockError, Purpose, Row, RunEnd, Store};
use umsync_umapi::so_far;

/// An execution that was gone on with.
#[derive(Debug)]
pub(crate) struct Continued {
    /// The run whose execution it is.
    pub(crate) run: String,
    /// Every change of it with what became of it by now.
    pub(crate) rows: Vec<Row>,
    /// Its report, as the store keeps it now.
    pub(crate) report: Value,
    /// Its exit code.
    pub(crate) code: u8,
    /// Whether it was about everybody: not one person's, nor a kept plan's.
    pub(crate) whole: bool,
}

/// What became of an execution that was cut short.
#[derive(Debug)]
pub(crate) enum Resumed {
    /// There was none, or it is somebody else's who still works at it.
    Nothing,
    /// Its rest is dropped: the run, and why.
    Dropped { run: String, why: String },
    /// It is over now.
    Continued(Box<Continued>),
}

/// Goes on with the last execution, if it was cut short and its window is open; drops its rest if it is not.
pub(crate) async fn resume(program: &Program, record: &Record) -> Result<Resumed, Failure> {
    let (store, organization) = (&program.store, program.organization());
    if store.cut_short(organization).await?.is_none() {
        return Ok(Resumed::Nothing);
    }
    program.not_paused().await?;
    let lock = match store.lock(organization, Purpose::Executing, record.who(), program.now()) {
        Ok(lock) => lock,
        // Whoever holds it may be at work at just this.
        Err(LockError::Busy(_)) => return Ok(Resumed::Nothing),
        Err(error) => return Err(error.into()),
    };
    let Some(CutShort { run, execution, unfinished }) = store.cut_short(organization).await? else {
        return Ok(Resumed::Nothing);
    };
    let id = run.start.id;
    let whole = !run.start.command.starts_with("apply") && !is_for_one(store, &id).await?;
    let begun_anew = async |why: &str| {
        let why = format!("{why}; what was left of it is planned anew");
        tracing::warn!(run = id, commands = unfinished, "an execution was cut short: {why}");
        drop_rest(store, organization, &id, &why, program.now()).await?;
        Ok::<_, Failure>(Resumed::Dropped { run: id.clone(), why })
    };
    if run.start.configuration != program.config.meaning {
        return begun_anew("the configuration means something else since").await;
    }
    let every = program.side.every();
    if (program.now() - execution).to_std().is_ok_and(|age| age >= every) {
        return begun_anew("its window is over").await;
    }
    let session = program.session(Some(id.clone())).await?;
    let Some(permit) = session.may_go_on(execution).await? else {
        return begun_anew("another execution has begun since").await;
    };
    let (entries, rows) = (store.entries(&id).await?, store.journal(&id).await?);
    let is_whole = entries.iter().map(|entry| entry.position).eq(0..entries.len())
        && rows.iter().map(|row| row.position).eq(0..rows.len());
    if !is_whole {
        return begun_anew("its journal is not whole").await;
    }
    tracing::info!(run = id, commands = unfinished, "going on with an execution that was cut short");
    for (command, why) in overtaken(program, &session, &entries, &rows).await? {
        let errors = vec![StepError { step: None, code: OVERTAKEN.to_owned(), message: why }];
        let outcome = Outcome::new(command, Verdict::Refused { errors });
        store.settle(&id, &[outcome], program.now()).await?;
    }
    let entries = store.entries(&id).await?;
    let commands: Vec<Command> = entries.iter().map(|entry| entry.command.clone()).collect();
    let so_far: Vec<Verdict> = entries.iter().map(known).collect();
    // A run that was asked to stop has given back what it did not send: now it is sent.
    let approvals = Approvals::recall(program).await?;
    let is_open = |verdict: &Verdict| matches!(verdict, Verdict::NotSent { .. } | Verdict::Unknown { .. });
    let to_send = rows.iter().filter(|row| is_open(&verdict(row))).map(|row| &row.change);
    approvals.use_up(program, to_send).await?;
    let listener = |progress| program.bar.adobe(progress);
    let executed = session.go_on(permit, &commands, &so_far, &listener, &program.cancel).await;
    remembering::lists(program, &session).await;
    program.bar.finish();
    // A run that was killed has noted nothing of what it knew.
    let was_killed = run.end.is_none();
    let is_new = |outcome: &&Outcome| was_killed || is_open(&so_far[outcome.command]);
    let news: Vec<&Outcome> = executed.outcomes.iter().filter(is_new).collect();
    let mut continued = told(program, &id, &news, &commands, whole).await;
    if let (Ok(_), Some(why)) = (&continued, &executed.gave_up) {
        let dropped = drop_rest(store, organization, &id, &gave_up(why), program.now()).await;
        continued = continued.and_then(|told| dropped.map(|()| told));
    }
    drop(lock);
    Ok(Resumed::Continued(Box::new(continued.map_err(|failure| Failure::Unrecorded(Box::new(failure)))?)))
}

/// Adobe refused nothing of these: we did not send them.
const OVERTAKEN: &str = "umsync.overtaken";

/// Whether a run was about one person.
async fn is_for_one(store: &Store, run: &str) -> Result<bool, Failure> {
    let report = store.run(run).await?.and_then(|(_, report)| report);
    Ok(report.is_some_and(|report| report.pointer("/plan/person").is_some_and(Value::is_string)))
}

/// Nobody goes on with this run: what it has not sent is given back to whoever approved it.
pub(crate) async fn drop_rest(
    store: &Store,
    organization: &str,
    run: &str,
    why: &str,
    now: DateTime<Utc>,
) -> Result<(), Failure> {
    let rows = store.journal(run).await?;
    let is_unsent = |row: &&Row| matches!(verdict(row), Verdict::NotSent { .. });
    let unsent = rows.iter().filter(is_unsent).map(|row| &row.change);
    Approvals::give_up(store, organization, unsent, now).await?;
    Ok(store.drop_rest(run, why, now).await?)
}

/// Keeps what became of it, and tells its end.
async fn told(
    program: &Program,
    run: &str,
    outcomes: &[&Outcome],
    commands: &[Command],
    whole: bool,
) -> Result<Continued, Failure> {
    let rows = program.store.journal(run).await?;
    note(program, &rows, outcomes, commands).await?;
    ended(program, run, rows, whole).await
}

/// What the journal knows of a command.
fn known(entry: &Entry) -> Verdict {
    so_far(entry.intended, entry.settled.as_ref().map(|(verdict, _)| verdict.clone()))
}

/// Remembers what became of the changes whose outcome is new.
async fn note(
    program: &Program,
    rows: &[Row],
    outcomes: &[&Outcome],
    commands: &[Command],
) -> Result<(), Failure> {
    let mut fates: Vec<(&Change, &Verdict)> = Vec::new();
    for outcome in outcomes {
        let changes = commands[outcome.command].changes.iter().filter_map(|at| Some((*at, rows.get(*at)?)));
        fates.extend(changes.map(|(at, row)| (&row.change, outcome.of(at))));
    }
    remembering::fates(program, &fates, &BTreeMap::new(), None).await
}

/// Tells the end of the run whose execution this was: from its journal, which knows all of it.
async fn ended(program: &Program, id: &str, rows: Vec<Row>, whole: bool) -> Result<Continued, Failure> {
    let store = &program.store;
    let fates = rows.iter().map(|row| (&row.change, verdict(row)));
    let results = Results::count(fates);
    let planned = Totals::of(rows.iter().map(|row| &row.change));
    let now = program.now();
    let (_, report) = store.run(id).await?.ok_or_else(|| Failure::NoRun(id.to_owned()))?;
    let mut report = report.unwrap_or_else(|| json!({ "run": id, "organization": program.organization() }));
    let holds =
        |path: &str| report.pointer(path).and_then(Value::as_array).is_some_and(|some| !some.is_empty());
    let doubts = ["/plan/doubts/too_many_set_aside", "/plan/doubts/unread"];
    let doubtful = doubts.iter().any(|doubt| report.pointer(doubt).and_then(Value::as_bool) == Some(true));
    let code = match (results.all_done() && !holds("/stale"), holds("/plan/withheld") || doubtful) {
        (false, _) => 4,
        (true, true) => 3,
        (true, false) => 0,
    };
    let mut summary = report["summary"].clone();
    if !summary.is_object() {
        // It was killed before it could tell.
        let count = |path: &str| report.pointer(path).and_then(Value::as_array).map_or(0, Vec::len);
        summary = json!({
            "planned": planned,
            "withheld": count("/plan/withheld"),
            "set_aside": count("/plan/set_aside"),
            "held": count("/plan/held"),
            "stale": count("/stale"),
        });
    }
    summary["results"] = serde_json::to_value(results)?;
    summary["continued_at"] = serde_json::to_value(now)?;
    report["summary"] = summary.clone();
    report["exit_code"] = json!(code);
    report["ended_at"] = serde_json::to_value(now)?;
    let outcomes = outcomes_of(&rows);
    report["outcomes"] = serde_json::to_value(&outcomes)?;
    report["codes"] = serde_json::to_value(codes_of(&outcomes))?;
    let plan_id = report.pointer("/plan/id").and_then(Value::as_str).map(str::to_owned);
    store.save_report(id, &report).await?;
    store.finish_run(id, &RunEnd { at: now, exit_code: code, plan_id, summary }).await?;
    tracing::info!(run = id, code, "the execution that was cut short is over");
    Ok(Continued { run: id.to_owned(), rows, report, code, whole })
}

/// What became of a change, where it has not been sent that too.
pub(crate) fn verdict(row: &Row) -> Verdict {
    match &row.command {
        Some(entry) => so_far(entry.intended, row.settled().cloned()),
        None => Verdict::NotSent { why: "no command carries it".to_owned() },
    }
}

/// The same by command, as a run that was not cut short tells it.
pub(crate) fn outcomes_of(rows: &[Row]) -> Vec<Outcome> {
    let by_command: BTreeMap<usize, &Entry> =
        rows.iter().filter_map(|row| row.command.as_deref()).map(|entry| (entry.position, entry)).collect();
    let outcome = |(command, entry): (usize, &Entry)| Outcome {
        exceptions: entry.exceptions.clone(),
        ..Outcome::new(command, known(entry))
    };
    by_command.into_iter().map(outcome).collect()
}

/// Whether there is an execution that this program could go on with now.
pub(crate) async fn is_open(program: &Program) -> Result<bool, Failure> {
    let cut = program.store.cut_short(program.organization()).await?;
    let is_ours = |cut: &CutShort| cut.run.start.configuration == program.config.meaning;
    Ok(cut.is_some_and(|cut| is_ours(&cut) && until(&cut, program.side.every()) > program.now()))
}

/// Until when an execution that was cut short can be gone on with.
pub(crate) fn until(cut: &CutShort, every: std::time::Duration) -> DateTime<Utc> {
    crate::reading::later(cut.execution, every)
}
