//! `report`: what a run did, from the store alone: the run as it was recorded, and every change with its outcome.

mod told;

use crate::cli::{Cli, ReportFormat};
use crate::config::Config;
use crate::failure::Failure;
use crate::output;
use crate::resume::outcomes_of;
use serde_json::{Value, json};
use told::{HEAD, Told};
use umsync_store::{Missing, Row, Run, Store};

/// Tells a run: the last one, or the one whose id begins so.
pub(crate) async fn report(
    cli: &Cli,
    run: Option<&str>,
    format: ReportFormat,
    json: bool,
) -> Result<u8, Failure> {
    let config = Config::load_without_secrets(&cli.config)?;
    let store = Store::open(&config.store, Missing::Refuse).await?;
    let id = find(&store, run).await?;
    let (run, report) = store.run(&id).await?.ok_or(Failure::NoRun(id))?;
    let journal = store.journal(&run.start.id).await?;
    store.close().await;
    match if json { ReportFormat::Json } else { format } {
        ReportFormat::Json => match &report {
            Some(report) => output::json(&with_outcomes(report, &journal)?)?,
            None => output::json(&unfinished(&run, &journal))?,
        },
        ReportFormat::Text => output::lines(&Told::of(run, report.as_ref(), journal)?.lines())?,
        ReportFormat::Csv => output::table(HEAD, Told::of(run, report.as_ref(), journal)?.rows())?,
    }
    Ok(0)
}

async fn find(store: &Store, beginning: Option<&str>) -> Result<String, Failure> {
    let Some(beginning) = beginning else {
        let last = store.runs(None, 1).await?.pop().ok_or(Failure::NoRunYet)?;
        // Whoever only went on with another run's execution has nothing else to tell.
        let went_on = last.end.as_ref().and_then(|end| end.summary.get("continued")).and_then(Value::as_str);
        return Ok(went_on.map_or(last.start.id.clone(), str::to_owned));
    };
    let ids = store.run_ids(beginning).await?;
    match ids.as_slice() {
        [id] => Ok(id.clone()),
        [] => Err(Failure::NoRun(beginning.to_owned())),
        several => {
            let ids = several.iter().take(5).map(String::as_str).collect::<Vec<_>>().join(", ");
            Err(Failure::SeveralRuns { beginning: beginning.to_owned(), ids })
        }
    }
}

/// A report that was kept before the first request left has no outcomes yet: the journal has them.
fn with_outcomes(report: &Value, journal: &[Row]) -> Result<Value, Failure> {
    let mut report = report.clone();
    if report["outcomes"].is_null() && !journal.is_empty() {
        report["outcomes"] = serde_json::to_value(outcomes_of(journal))?;
    }
    Ok(report)
}

/// What is known of a run that has left no report: it is still going, or was cut off.
fn unfinished(run: &Run, journal: &[Row]) -> Value {
    let start = &run.start;
    let changes: Vec<Value> = journal
        .iter()
        .map(|row| {
            json!({
                "change": row.change,
                "sent_at": row.command.as_ref().and_then(|command| command.intended),
                "verdict": row.settled(),
            })
        })
        .collect();
    json!({
        "run": start.id,
        "organization": start.organization,
        "command": start.command,
        "version": start.version,
        "started_at": start.started_at,
        "ended_at": run.end.as_ref().map(|end| end.at),
        "exit_code": run.end.as_ref().map(|end| end.exit_code),
        "summary": run.end.as_ref().map(|end| &end.summary),
        "changes": changes,
    })
}
