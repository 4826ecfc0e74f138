//! `status`: where things stand, from the store alone.

use crate::adobe;
use crate::cli::Cli;
use crate::clock::SystemClock;
use crate::config::Config;
use crate::failure::Failure;
use crate::output;
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::json;
use umsync_store::{Missing, Store};
use umsync_umapi::{Clock as _, Gate, Opens, Shut};

/// Tells where things stand.
pub(crate) async fn status(cli: &Cli, as_json: bool) -> Result<u8, Failure> {
    let config = Config::load(&cli.config)?;
    let store = Store::open(&config.store, Missing::Refuse).await?;
    let organization = adobe::organization(&config.adobe)?;
    let now = SystemClock.now();
    let stamps = store.stamps(&organization, |stamps| stamps.clone()).await?;
    let Opens { listing, execution, silence } = Gate::opens(&stamps, now, config.adobe.every);
    let last = store.runs(Some(&organization), 1).await?.pop();
    let snapshot = store.snapshot(&organization).await?;
    let unsettled = store.unsettled(&organization).await?;
    if as_json {
        let side = |shut: &Option<Shut>| shut.as_ref().map(|shut| moment(shut.opens_at));
        output::json(&json!({
            "organization": organization,
            "store": store.path(),
            "listing_opens": side(&listing),
            "execution_opens": side(&execution),
            "silence_until": side(&silence),
            "snapshot_read_at": snapshot.as_ref().map(|snapshot| moment(snapshot.read_at)),
            "unknown_outcomes": unsettled.len(),
            "last_run": last.as_ref().map(|run| json!({
                "run": run.start.id,
                "command": run.start.command,
                "started_at": moment(run.start.started_at),
                "exit_code": run.end.as_ref().map(|end| end.exit_code),
            })),
        }))?;
    } else {
        let side = |shut: &Option<Shut>| match shut {
            None => "open".to_owned(),
            Some(shut) => format!("opens {} ({})", moment(shut.opens_at), shut.why),
        };
        let mut lines = vec![
            format!("organization   {organization}"),
            format!("store          {}", store.path().display()),
            format!("listing        {}", side(&listing)),
            format!("execution      {}", side(&execution)),
        ];
        if let Some(shut) = silence {
            lines.push(format!("silence        Adobe asked for it until {}", moment(shut.opens_at)));
        }
        lines.push(match &snapshot {
            Some(snapshot) => format!(
                "adobe          read {}: {} users, {} groups",
                moment(snapshot.read_at),
                snapshot.users.len(),
                snapshot.groups.len()
            ),
            None => "adobe          never read".to_owned(),
        });
        if !unsettled.is_empty() {
            lines.push(format!(
                "unknown        {} users with an unknown outcome; the next run reads them",
                unsettled.len()
            ));
        }
        lines.push(match &last {
            Some(run) => format!("last run       {}", crate::history::line(run)),
            None => "last run       none".to_owned(),
        });
        output::text(&lines.join("\n"))?;
    }
    store.close().await;
    Ok(0)
}

fn moment(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}
