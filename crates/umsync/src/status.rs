//! `status`: where things stand, from the store alone.

use crate::adobe;
use crate::binds::Account;
use crate::cli::Cli;
use crate::clock::SystemClock;
use crate::config::Config;
use crate::failure::Failure;
use crate::output;
use crate::resume::until;
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::json;
use umsync_engine::report::counted;
use umsync_store::{Missing, Store, Surplus};
use umsync_umapi::{Clock as _, Gate, Opens, Shut};

/// Tells where things stand.
pub(crate) async fn status(cli: &Cli, as_json: bool) -> Result<u8, Failure> {
    let config = Config::load_without_secrets(&cli.config)?;
    let store = Store::open(&config.store, Missing::Refuse).await?;
    let organization = adobe::organization(&config.adobe)?;
    let now = SystemClock.now();
    let stamps = store.stamps(&organization, |stamps| stamps.clone()).await?;
    let Opens { listing, execution, silence } = Gate::opens(&stamps, now, config.adobe.every);
    let last = store.runs(Some(&organization), 1).await?.pop();
    let next = config.schedule.as_ref().and_then(|schedule| schedule.next_after(now));
    let snapshot = store.snapshot(&organization).await?;
    let unsettled = store.unsettled(&organization).await?;
    let cut = store.cut_short(&organization).await?;
    let leavers = store.leavers(&organization).await?.len();
    let failing = store.failing(&organization).await?.len();
    let paused = store.paused(&organization, now).await?;
    let approvals = store.approvals(&organization, now).await?;
    let baseline = store.baseline(&organization).await?;
    let surplus = store.surplus(&organization).await?.filter(|surplus| surplus.accounts > 0);
    let mut rests = Vec::new();
    for (name, place) in &config.directories {
        if let Some(account) = Account::of(&place.source) {
            rests.extend(account.rest(&store, now).await?.map(|rest| (name, rest)));
        }
    }
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
            "cut_short": cut.as_ref().map(|cut| json!({
                "run": cut.run.start.id,
                "commands_left": cut.unfinished,
                "until": moment(until(cut, config.adobe.every)),
            })),
            "leavers": leavers,
            "failing_changes": failing,
            "paused_until": paused.as_ref().map(|pause| moment(pause.until)),
            "account_rests_until": rests.iter().map(|(_, rest)| rest.until).max().map(moment),
            "approvals": approvals.iter().map(|approval| json!({
                "plan": approval.plan_id,
                "who": approval.who,
                "until": moment(approval.until),
            })).collect::<Vec<_>>(),
            "baseline": baseline.as_ref().map(|baseline| json!({
                "by": baseline.by,
                "at": moment(baseline.at),
                "of_this_configuration": baseline.configuration == config.meaning,
            })),
            "surplus": surplus.as_ref().map(|surplus| json!({
                "accounts": surplus.accounts,
                "who": surplus.who,
                "counted_at": moment(surplus.counted_at),
            })),
            "next_run": next.map(moment),
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
        for (name, rest) in &rests {
            let of = if name.is_only() { String::new() } else { format!("of {name} ") };
            lines.push(format!(
                "account        {of}rests until {}: the directory refused it {} times in a row; `umsync check` tries it at once",
                moment(rest.until),
                rest.refusals
            ));
        }
        if let Some(pause) = &paused {
            lines.push(format!(
                "paused         until {} by {}: {}",
                moment(pause.until),
                pause.who,
                pause.reason
            ));
        }
        lines.push(match &baseline {
            Some(baseline) if baseline.configuration == config.meaning => {
                format!("baseline       since {}: {}", moment(baseline.at), baseline.by)
            }
            Some(_) => {
                "baseline       of another configuration: removals wait until a plan is approved".to_owned()
            }
            None => "baseline       none: removals wait until a plan is approved".to_owned(),
        });
        if let Some(Surplus { accounts, who, counted_at }) = &surplus {
            let accounts = counted(usize::try_from(*accounts).unwrap_or(usize::MAX), "account", "accounts");
            lines.push(format!(
                "surplus        Adobe counts {accounts} that it never lists, as of {}; approved by {who}",
                moment(*counted_at)
            ));
        }
        for approval in &approvals {
            let (plan, until) = (&approval.plan_id, moment(approval.until));
            lines.push(format!("approved       plan {plan} by {}, at most until {until}", approval.who));
        }
        if leavers > 0 {
            lines.push(format!("leavers        {leavers}; `umsync leavers` tells what becomes of them"));
        }
        if failing > 0 {
            lines.push(format!("failing        {failing} changes that Adobe refuses run after run"));
        }
        if let Some(cut) = &cut {
            let until = until(cut, config.adobe.every);
            let left = cut.unfinished;
            lines.push(match until > now {
                true => format!(
                    "cut short      run {}, {left} commands are left: `umsync sync` goes on with it until {}, `umsync abandon` gives it up",
                    cut.run.start.id,
                    moment(until)
                ),
                false => format!(
                    "cut short      run {}, {left} commands were left: they are planned anew",
                    cut.run.start.id
                ),
            });
        }
        if let Some(next) = next {
            lines.push(format!("next run       {}", moment(next)));
        }
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
