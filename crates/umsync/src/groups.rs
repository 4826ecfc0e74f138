//! `groups`: which entries of the directory the mapped groups were when they were last read. Needs the store only.

use crate::adobe;
use crate::cli::{Cli, Groups};
use crate::config::Config;
use crate::failure::Failure;
use crate::output;
use crate::pause::told;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use umsync_engine::directory::GroupRef;
use umsync_engine::key::fold;
use umsync_engine::report::counted;
use umsync_store::{Missing, Store, StoredGroup};

/// Tells about remembered groups, or forgets some.
pub(crate) async fn groups(cli: &Cli, command: Option<&Groups>, as_json: bool) -> Result<u8, Failure> {
    let config = Config::load_without_secrets(&cli.config)?;
    let store = Store::open(&config.store, Missing::Refuse).await?;
    let organization = adobe::organization(&config.adobe)?;
    match command {
        None | Some(Groups::List) => list(&store.group_anchors(&organization).await?, as_json)?,
        Some(Groups::Forget { name, all: _ }) => {
            let forgotten = forget(&store, &organization, name.as_deref()).await?;
            if as_json {
                output::json(&json!({ "forgotten": forgotten }))?;
            } else {
                let groups = counted(forgotten.len(), "group is", "groups are");
                let next = "the next run takes the entry that has the name of each and remembers it";
                output::text(&format!("{groups} forgotten: {}; {next}.", names(&forgotten)))?;
            }
        }
    }
    store.close().await;
    Ok(0)
}

fn names(groups: &BTreeSet<GroupRef>) -> String {
    let names: Vec<&str> = groups.iter().map(GroupRef::as_str).collect();
    if names.is_empty() { "none was remembered".to_owned() } else { names.join(", ") }
}

/// Which groups were forgotten: those of this name, in whatever case, or all.
async fn forget(
    store: &Store,
    organization: &str,
    name: Option<&str>,
) -> Result<BTreeSet<GroupRef>, Failure> {
    let known = store.group_anchors(organization).await?;
    let is_meant = |group: &GroupRef| name.is_none_or(|name| fold(group.as_str()) == fold(name));
    let meant: BTreeSet<GroupRef> = known.into_iter().map(|stored| stored.group).filter(is_meant).collect();
    if let Some(name) = name
        && meant.is_empty()
    {
        return Err(Failure::NoGroup(name.to_owned()));
    }
    for group in &meant {
        store.forget_groups(organization, Some(group)).await?;
    }
    Ok(meant)
}

fn list(groups: &[StoredGroup], as_json: bool) -> Result<(), Failure> {
    if as_json {
        let groups: Vec<Value> = groups
            .iter()
            .map(|StoredGroup { directory, group, anchor, dn, first_seen, last_seen }| {
                json!({
                    "group": group,
                    "directory": directory,
                    "anchor": anchor,
                    "dn": dn,
                    "first_seen": first_seen,
                    "last_seen": last_seen,
                })
            })
            .collect();
        return output::json(&groups);
    }
    if groups.is_empty() {
        output::text(
            "No group is remembered: `umsync sync` remembers those that have an anchor (entryUUID, objectGUID).",
        )?;
    }
    for StoredGroup { directory, group, anchor, dn, first_seen: _, last_seen } in groups {
        let of = if directory.is_empty() { String::new() } else { format!(" of {directory}") };
        let (anchor, seen) = (anchor.as_str(), told(*last_seen));
        output::text(&format!("{group}{of}  {dn}  {anchor}  last seen {seen}"))?;
    }
    Ok(())
}
