//! `store backup` and `forget`: a copy of the store, and the end of what it keeps of one person.

use crate::adobe;
use crate::cli::Cli;
use crate::clock::SystemClock;
use crate::config::Config;
use crate::failure::Failure;
use crate::output;
use std::collections::BTreeMap;
use std::path::Path;
use umsync_store::{Forgotten, Missing, PersonTraces, Purpose, Store};
use umsync_umapi::Clock as _;

/// Copies the store, while others use it.
pub(crate) async fn backup(cli: &Cli, file: &Path) -> Result<u8, Failure> {
    let config = Config::load_without_secrets(&cli.config)?;
    let store = Store::open(&config.store, Missing::Refuse).await?;
    store.backup(file).await?;
    store.close().await;
    output::text(&format!(
        "{} holds the store as it is now; it opens as one: put it at the path of `state` while no umsync runs.",
        file.display()
    ))?;
    Ok(0)
}

/// Removes everything that the store keeps of one person.
pub(crate) async fn forget(cli: &Cli, who: &str, as_json: bool) -> Result<u8, Failure> {
    let config = Config::load_without_secrets(&cli.config)?;
    let store = Store::open(&config.store, Missing::Refuse).await?;
    let organization = adobe::organization(&config.adobe)?;
    // Whoever reads or executes works with what is about to go.
    let holder = format!("pid {}, umsync forget", std::process::id());
    let lock = store.lock(&organization, Purpose::Executing, &holder, SystemClock.now())?;
    let traces = store.find_person(&organization, who).await?;
    if traces.is_empty() {
        return Err(Failure::NoTrace(who.to_owned()));
    }
    if traces.are_several(who) {
        return Err(several(who, &traces));
    }
    // Positions in its journal are what the next run would go on by.
    if let Some(cut) = store.cut_short(&organization).await? {
        return Err(Failure::CutShort { run: cut.run.start.id });
    }
    let forgotten = store.forget_person(&organization, &traces).await?;
    // What is deleted stays on free pages until the file is written anew.
    store.compact().await?;
    drop(lock);
    store.close().await;
    if as_json {
        let told: BTreeMap<&str, u64> = counts(&forgotten).into();
        output::json(&told)?;
    } else {
        let told: Vec<String> = counts(&forgotten)
            .iter()
            .filter(|(_, count)| *count > 0)
            .map(|(what, count)| format!("{what} ({count})"))
            .collect();
        output::text(&format!("Forgotten: {}.", told.join(", ")))?;
        output::text(
            "Backups, notifications and logs keep what they have; Adobe and the directory are untouched.",
        )?;
    }
    Ok(0)
}

/// Several people were known by this name, one after the other perhaps.
pub(crate) fn several(who: &str, traces: &PersonTraces) -> Failure {
    let ids = traces.ids.iter().cloned();
    let anchors = traces.anchors.iter().map(|anchor| anchor.as_str().to_owned());
    Failure::SeveralUsers { who: who.to_owned(), ids: ids.chain(anchors).collect::<Vec<_>>().join(", ") }
}

/// What went, for people and scripts.
fn counts(forgotten: &Forgotten) -> [(&'static str, u64); 16] {
    let Forgotten {
        links,
        given,
        absences,
        orders,
        departures,
        failing,
        created,
        accepted,
        gave,
        unsettled,
        changes,
        commands,
        users,
        reports,
        plans,
        texts,
    } = *forgotten;
    [
        ("links", links),
        ("memberships given", given),
        ("absences", absences),
        ("orders", orders),
        ("departures", departures),
        ("refusals", failing),
        ("creations", created),
        ("accepted members of groups", accepted),
        ("names in directories", gave),
        ("unknown outcomes", unsettled),
        ("changes", changes),
        ("commands", commands),
        ("users in the snapshot", users),
        ("reports", reports),
        ("plans", plans),
        ("mentions", texts),
    ]
}
