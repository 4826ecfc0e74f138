//! `pause`, `unpause` and `abandon`: an administrator steps in. They need the store only.

use crate::adobe;
use crate::approve::who;
use crate::cli::Cli;
use crate::clock::SystemClock;
use crate::config::Config;
use crate::failure::Failure;
use crate::output;
use crate::resume::drop_rest;
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::json;
use umsync_store::{Missing, Pause, Purpose, RunEnd, Store};
use umsync_umapi::Clock as _;

/// Keeps every process from running until a moment.
pub(crate) async fn pause(cli: &Cli, until: &str, reason: &str) -> Result<u8, Failure> {
    let (store, organization) = open(cli).await?;
    let now = SystemClock.now();
    let until = moment(until, now).ok_or_else(|| Failure::NoMoment(until.to_owned()))?;
    let pause = Pause { until, reason: reason.to_owned(), who: who(), at: now };
    store.pause(&organization, &pause).await?;
    output::text(&format!("Paused until {}; `umsync unpause` ends it.", told(until)))?;
    store.close().await;
    Ok(0)
}

/// Ends a pause.
pub(crate) async fn unpause(cli: &Cli) -> Result<u8, Failure> {
    let (store, organization) = open(cli).await?;
    store.unpause(&organization).await?;
    output::text("No pause; the next run runs.")?;
    store.close().await;
    Ok(0)
}

/// Gives up executions that were cut short: what is unknown of them is read singly by the next run.
pub(crate) async fn abandon(cli: &Cli) -> Result<u8, Failure> {
    let (store, organization) = open(cli).await?;
    let now = SystemClock.now();
    // Whoever holds the lock is not cut short.
    let lock = store.lock(
        &organization,
        Purpose::Executing,
        &format!("pid {}, umsync abandon", std::process::id()),
        now,
    )?;
    let mut abandoned = 0;
    for run in store.runs(Some(&organization), 1_000).await?.into_iter().filter(|run| run.end.is_none()) {
        let summary = json!({ "failure": format!("cut short; abandoned by {}", who()) });
        store.finish_run(&run.start.id, &RunEnd { at: now, exit_code: 4, plan_id: None, summary }).await?;
        output::text(&format!("{} is abandoned", run.start.id))?;
        abandoned += 1;
    }
    while let Some(cut) = store.cut_short(&organization).await? {
        let id = cut.run.start.id;
        drop_rest(&store, &organization, &id, &format!("abandoned by {}", who()), now).await?;
        let left = umsync_engine::report::counted(cut.unfinished, "command", "commands");
        output::text(&format!("{id}: its execution is abandoned; {left} of it are planned anew"))?;
        abandoned += 1;
    }
    if abandoned == 0 {
        output::text("no run was cut short")?;
    }
    let unknown = store.unsettled(&organization).await?;
    if !unknown.is_empty() {
        let users = umsync_engine::report::counted(unknown.len(), "user has", "users have");
        output::text(&format!("{users} an unknown outcome; the next run reads them"))?;
    }
    drop(lock);
    store.close().await;
    Ok(0)
}

async fn open(cli: &Cli) -> Result<(Store, String), Failure> {
    let config = Config::load_without_secrets(&cli.config)?;
    let store = Store::open(&config.store, Missing::Refuse).await?;
    Ok((store, adobe::organization(&config.adobe)?))
}

/// A moment as RFC 3339, or a time from now.
pub(crate) fn moment(text: &str, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    if let Ok(moment) = DateTime::parse_from_rfc3339(text) {
        return Some(moment.with_timezone(&Utc));
    }
    let time = TimeDelta::from_std(humantime::parse_duration(text).ok()?).ok()?;
    now.checked_add_signed(time)
}

pub(crate) fn told(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}
