//! `history`: earlier runs from the store alone.

use crate::cli::Cli;
use crate::config::Config;
use crate::failure::Failure;
use crate::output;
use chrono::SecondsFormat;
use serde_json::{Value, json};
use umsync_engine::command::Verdict;
use umsync_engine::report::{counted, told};
use umsync_store::{Missing, Row, Run, Store};

/// Lists runs, or tells one of them change by change.
pub(crate) async fn history(cli: &Cli, run: Option<&str>, last: usize, as_json: bool) -> Result<u8, Failure> {
    let config = Config::load_without_secrets(&cli.config)?;
    let store = Store::open(&config.store, Missing::Refuse).await?;
    match run {
        None => list(&store, last, as_json).await?,
        Some(id) => one(&store, id, as_json).await?,
    }
    store.close().await;
    Ok(0)
}

async fn list(store: &Store, last: usize, as_json: bool) -> Result<(), Failure> {
    let runs = store.runs(None, last).await?;
    if as_json {
        return output::json(&runs.iter().map(value).collect::<Vec<_>>());
    }
    if runs.is_empty() {
        return Ok(output::text("no run yet")?);
    }
    for run in &runs {
        output::text(&line(run))?;
    }
    Ok(())
}

async fn one(store: &Store, id: &str, as_json: bool) -> Result<(), Failure> {
    let (run, report) = store.run(id).await?.ok_or_else(|| Failure::NoRun(id.to_owned()))?;
    let rows = store.journal(id).await?;
    if as_json {
        let changes: Vec<Value> = rows
            .iter()
            .map(|row| {
                json!({
                    "change": row.change,
                    "sent_at": row.command.as_ref().and_then(|command| command.intended),
                    "outcome": row.command.as_ref().and_then(|command| command.settled.as_ref()).map(|(verdict, at)| json!({"verdict": verdict, "at": at})),
                })
            })
            .collect();
        return output::json(&json!({ "run": value(&run), "changes": changes, "report": report }));
    }
    output::text(&line(&run))?;
    if let Some(failure) = run.end.as_ref().and_then(|end| end.summary.get("failure")).and_then(Value::as_str)
    {
        output::text(failure)?;
    }
    for row in &rows {
        output::text(&format!("  {}  {}  {}", outcome(row), row.change.target, told(&row.change.what)))?;
    }
    Ok(())
}

fn outcome(row: &Row) -> String {
    let Some(command) = &row.command else { return "not sent".into() };
    match &command.settled {
        None if command.intended.is_some() => "unknown ".into(),
        None => "not sent".into(),
        Some((verdict, _)) => match verdict {
            Verdict::Done => "done    ".into(),
            Verdict::Refused { .. } => "refused ".into(),
            Verdict::Unknown { .. } => "unknown ".into(),
            Verdict::NotSent { .. } => "not sent".into(),
        },
    }
}

/// One run in one line.
pub(crate) fn line(run: &Run) -> String {
    let start = &run.start;
    let begun = start.started_at.to_rfc3339_opts(SecondsFormat::Secs, true);
    let ended = match &run.end {
        None => "has not ended, or was cut off".to_owned(),
        Some(end) => {
            let told = match end.summary.get("failure").and_then(Value::as_str) {
                Some(failure) => failure.lines().next().unwrap_or_default().to_owned(),
                None => counts(&end.summary),
            };
            format!("exit {}: {told}", end.exit_code)
        }
    };
    format!("{}  {begun}  {}  {ended}", start.id, start.command)
}

fn counts(summary: &Value) -> String {
    let count = |path: &str| summary.pointer(path).and_then(Value::as_u64).unwrap_or_default() as usize;
    let parts = [
        ("/results/done/groups_created", "group created", "groups created"),
        ("/results/done/created", "account created", "accounts created"),
        ("/results/done/updated", "account updated", "accounts updated"),
        ("/results/done/joined", "membership given", "memberships given"),
        ("/results/done/lost", "membership taken", "memberships taken"),
        ("/results/done/left", "user left", "users left"),
        ("/results/done/deleted", "account deleted", "accounts deleted"),
        ("/results/refused", "change refused", "changes refused"),
        ("/results/unknown", "change with unknown outcome", "changes with unknown outcome"),
        ("/results/not_sent", "change not sent", "changes not sent"),
        ("/withheld", "change withheld", "changes withheld"),
    ];
    let said: Vec<String> = parts
        .into_iter()
        .map(|(path, one, many)| (count(path), one, many))
        .filter(|(count, ..)| *count > 0)
        .map(|(count, one, many)| counted(count, one, many))
        .collect();
    if said.is_empty() { "nothing was sent".to_owned() } else { said.join(", ") }
}

fn value(run: &Run) -> Value {
    let start = &run.start;
    json!({
        "run": start.id,
        "organization": start.organization,
        "command": start.command,
        "started_at": start.started_at,
        "configuration": start.configuration,
        "version": start.version,
        "ended_at": run.end.as_ref().map(|end| end.at),
        "exit_code": run.end.as_ref().map(|end| end.exit_code),
        "plan": run.end.as_ref().and_then(|end| end.plan_id.clone()),
        "summary": run.end.as_ref().map(|end| end.summary.clone()),
    })
}
