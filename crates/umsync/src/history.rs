//! `history`: earlier runs, and one person's story, from the store alone.

use crate::adobe;
use crate::cli::{Cli, ReportFormat};
use crate::config::Config;
use crate::failure::Failure;
use crate::output;
use crate::report;
use crate::resume::verdict;
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};
use umsync_engine::change::Change;
use umsync_engine::command::Verdict;
use umsync_engine::report::{counted, reason, told as what};
use umsync_store::{Given, LinkRecord, Missing, Noted, Row, Run, Store};

/// Lists runs, tells one of them change by change, or tells one person's story.
pub(crate) async fn history(
    cli: &Cli,
    what: Option<&str>,
    last: usize,
    format: ReportFormat,
) -> Result<u8, Failure> {
    let config = Config::load_without_secrets(&cli.config)?;
    let store = Store::open(&config.store, Missing::Refuse).await?;
    match what {
        None => list(&store, last, format).await?,
        // A run begins with the year.
        Some(what) => match store.run_ids(what).await?.as_slice() {
            [] => story(&store, &adobe::organization(&config.adobe)?, what, format).await?,
            _ => return report::report(cli, Some(what), format, false).await,
        },
    }
    store.close().await;
    Ok(0)
}

async fn list(store: &Store, last: usize, format: ReportFormat) -> Result<(), Failure> {
    let runs = store.runs(None, last).await?;
    match format {
        ReportFormat::Json => return output::json(&runs.iter().map(value).collect::<Vec<_>>()),
        ReportFormat::Csv => {
            let rows = runs.iter().map(|run| {
                let Run { start, end, execution: _, dropped: _ } = run;
                let at = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
                [
                    start.id.clone(),
                    start.command.clone(),
                    at(start.started_at),
                    end.as_ref().map(|end| at(end.at)).unwrap_or_default(),
                    end.as_ref().map(|end| end.exit_code.to_string()).unwrap_or_default(),
                    told_of(run),
                ]
            });
            return Ok(output::table(
                ["run", "command", "started_at", "ended_at", "exit_code", "told"],
                rows,
            )?);
        }
        ReportFormat::Text if runs.is_empty() => output::text("no run yet")?,
        ReportFormat::Text => {
            for run in &runs {
                output::text(&line(run))?;
            }
        }
    }
    Ok(())
}

/// Everything that was ever planned and sent about one person, and what is known of them.
async fn story(store: &Store, organization: &str, who: &str, format: ReportFormat) -> Result<(), Failure> {
    let traces = store.find_person(organization, who).await?;
    let mut known = Vec::new();
    for anchor in &traces.anchors {
        known.extend(store.link_story(organization, anchor).await?);
    }
    let told = store.story(organization, &traces.ids, &traces.emails).await?;
    let moment = |at: &DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
    match format {
        ReportFormat::Json => {
            let changes: Vec<Value> = told
                .iter()
                .map(|told| {
                    let sent = told.row.command.as_ref().and_then(|command| command.intended);
                    json!({
                        "run": told.run,
                        "change": told.row.change,
                        "sent_at": sent,
                        "outcome": verdict(&told.row),
                    })
                })
                .collect();
            return output::json(&json!({ "who": who, "links": known, "changes": changes }));
        }
        ReportFormat::Csv => {
            let rows = told.iter().map(|told| {
                let sent = told.row.command.as_ref().and_then(|command| command.intended);
                [
                    told.run.clone(),
                    sent.as_ref().map(moment).unwrap_or_default(),
                    told.row.change.target.to_string(),
                    what(&told.row.change.what),
                    reason(&told.row.change.reason),
                    outcome(&told.row).to_owned(),
                ]
            });
            let head = ["run", "sent_at", "target", "change", "reason", "outcome"];
            return Ok(output::table(head, rows)?);
        }
        ReportFormat::Text => {}
    }
    if known.is_empty() && told.is_empty() {
        return Ok(output::text(&format!("nothing is known of {who}"))?);
    }
    for link in &known {
        let LinkRecord { anchor, adobe_id, identity: _, email, dn, seen_at, emails, dns, given } = link;
        output::text(&format!("{email}  account {adobe_id}, {}", anchor.as_str()))?;
        output::text(&format!("  entry {dn}, seen {}", moment(seen_at)))?;
        let former = |noted: &&Noted| noted.value != *email && noted.value != *dn;
        for Noted { value, first_seen, last_seen } in emails.iter().chain(dns).filter(former) {
            output::text(&format!("  formerly {value}, {} to {}", moment(first_seen), moment(last_seen)))?;
        }
        for Given { group, at } in given {
            output::text(&format!("  has {group} from us since {}", moment(at)))?;
        }
    }
    for told in &told {
        let Change { target, what: done, reason: because } = &told.row.change;
        let (run, outcome) = (&told.run, outcome(&told.row));
        output::text(&format!("  {run}  {outcome:<8}  {target}  {}  ({})", what(done), reason(because)))?;
    }
    Ok(())
}

fn outcome(row: &Row) -> &'static str {
    match verdict(row) {
        Verdict::Done => "done",
        Verdict::Refused { .. } => "refused",
        Verdict::Unknown { .. } => "unknown",
        Verdict::NotSent { .. } => "not sent",
    }
}

/// One run in one line.
pub(crate) fn line(run: &Run) -> String {
    let start = &run.start;
    let begun = start.started_at.to_rfc3339_opts(SecondsFormat::Secs, true);
    let ended = match &run.end {
        None => "has not ended, or was cut off".to_owned(),
        Some(end) => {
            format!("exit {}: {}", end.exit_code, told_of(run))
        }
    };
    format!("{}  {begun}  {}  {ended}", start.id, start.command)
}

/// What came of a run, in few words.
fn told_of(run: &Run) -> String {
    let Some(end) = &run.end else { return "has not ended, or was cut off".to_owned() };
    let text = |key: &str| end.summary.get(key).and_then(Value::as_str);
    match (text("failure"), text("continued")) {
        (Some(failure), _) => failure.lines().next().unwrap_or_default().to_owned(),
        (None, Some(run)) => format!("went on with {run}: {}", counts(&end.summary)),
        (None, None) => counts(&end.summary),
    }
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
