//! What one run leaves for the next: absences, links, refusals, and accounts that were made and nobody sees.

use crate::failure::Failure;
use crate::ledger::StoreLedger;
use crate::program::Program;
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};
use umsync_engine::adobe::{Snapshot, User};
use umsync_engine::change::{Change, Target, What};
use umsync_engine::codes::is_lasting;
use umsync_engine::command::{StepError, Verdict};
use umsync_engine::directories::Directories;
use umsync_engine::directory::DirectoryName;
use umsync_engine::key::UserKey;
use umsync_engine::links::Links;
use umsync_engine::memory::{Match, Memory};
use umsync_engine::rules::Strategy;
use umsync_store::{Created, Link, Refusal, Refusals, Seen};
use umsync_umapi::Session;

/// What earlier runs remember; what somebody approved is not in it.
pub(crate) async fn recall(program: &Program, directories: &Directories) -> Result<Memory, Failure> {
    let (store, organization) = (&program.store, program.organization());
    let orders = store.orders(organization, program.now()).await?;
    let created = store.created(organization).await?;
    let invisible = |created: Created| created.invisible_since.map(|_| created.fingerprint);
    let mut reads = BTreeMap::new();
    for name in directories.read().keys() {
        reads.insert(name.clone(), store.reads(organization, &meaning_of(program, name)).await?);
    }
    let mut gave = BTreeMap::new();
    for name in directories.failed().keys() {
        gave.insert(name.clone(), store.gave(organization, name).await?);
    }
    Ok(Memory {
        links: store.links(organization).await?,
        absences: store.absences(organization, program.now(), program.side.every()).await?,
        orders: orders.into_iter().map(|(account, said)| (account, said.order)).collect(),
        reviewed: None,
        departures: store.departures(organization).await?,
        failing: store.failing(organization).await?,
        invisible: created.into_iter().filter_map(invisible).collect(),
        approved: BTreeSet::new(),
        accepted: store.accepted_members(organization).await?,
        reads,
        gave,
        surplus: store.surplus(organization).await?.map_or(0, |surplus| surplus.accounts),
        looked_for: BTreeSet::new(),
        list_limit: store.list_limit(organization).await?,
        spent: store.spent(organization, program.now()).await?,
        given: store.given_groups(organization).await?,
    })
}

/// Under which meaning of the configuration the counts of a directory's reads are kept.
pub(crate) fn meaning_of(program: &Program, directory: &DirectoryName) -> String {
    match directory.is_only() {
        true => program.config.meaning.clone(),
        false => format!("{}/{directory}", program.config.meaning),
    }
}

/// Accounts that Adobe said it made, and that a later listing lacks, are looked for singly: whoever is found so was only
/// listed late; whoever is not, is not made again and again.
pub(crate) async fn look_for_created(
    program: &Program,
    session: &Session<StoreLedger>,
    snapshot: &mut Snapshot,
) -> Result<(), Failure> {
    let (store, organization) = (&program.store, program.organization());
    if program.config.rules.strategy == Strategy::Push {
        // Without a listing nobody lacks anybody.
        return Ok(());
    }
    let created = store.created(organization).await?;
    if created.is_empty() {
        return Ok(());
    }
    let read_at = snapshot.read_at;
    let there: BTreeSet<UserKey> = snapshot.users.iter().filter_map(|user| user.key()).collect();
    let (mut seen, mut late) = (BTreeSet::new(), Vec::new());
    // What was made after the listing began cannot be in it.
    for Created { fingerprint, account, at, invisible_since } in
        created.into_iter().filter(|created| created.at < read_at)
    {
        if there.contains(&account.key) {
            seen.insert(fingerprint);
            continue;
        }
        program.bar.say(format!("looking for {}", account.email()));
        match session.user(&account.address()).await? {
            Some(user) => {
                put(snapshot, &user);
                late.push(user);
                seen.insert(fingerprint);
            }
            None if invisible_since.is_none() => {
                tracing::warn!(user = account.email(), %at, "Adobe made this account and does not show it");
                store.note_invisible(organization, &fingerprint, program.now()).await?;
            }
            None => {}
        }
    }
    if !late.is_empty() {
        // The stored snapshot is read and written as a whole: once for all of them, and before they are forgotten.
        store.amend_snapshot(organization, |stored| late.iter().for_each(|user| put(stored, user))).await?;
    }
    Ok(store.forget_created(organization, &seen).await?)
}

/// Remembers that Adobe takes shorter lists than was thought. Nothing is lost where that cannot be kept: it is said again.
pub(crate) async fn lists(program: &Program, session: &Session<StoreLedger>) {
    if session.lists_are_short()
        && let Err(error) = program.store.note_short_lists(program.organization(), program.now()).await
    {
        tracing::warn!("how much a group's command takes could not be kept: {error}");
    }
}

/// One account stands in a snapshot once.
pub(crate) fn put(snapshot: &mut Snapshot, user: &User) {
    snapshot.users.retain(|other| other.id().is_none() || other.id() != user.id());
    snapshot.users.push(user.clone());
}

/// Notes who is whose: what is new, and of whom all is known already, by the places of their links.
pub(crate) async fn link(
    program: &Program,
    matches: &[Match],
    (still, known): (&[u32], &Links),
    at: DateTime<Utc>,
) -> Result<(), Failure> {
    let link = |found: &Match| {
        let Match { anchor, id, identity, email, dn } = found.clone();
        Link { anchor, adobe_id: id, identity, email, dn }
    };
    let links: Vec<Link> = matches.iter().map(link).collect();
    if !links.is_empty() {
        program.store.note_links(program.organization(), &links, at).await?;
    }
    // Nearly always they are nearly all of them: then the others are named.
    let others = known.others(still);
    let is_most = !still.is_empty() && others.len() <= still.len();
    let anchors = known.anchors_at(if is_most { &others } else { still });
    let seen = if is_most { Seen::AllBut(&anchors) } else { Seen::Only(&anchors) };
    Ok(program.store.still_seen(program.organization(), seen, at).await?)
}

/// Notes what became of changes: what Adobe refused, and which accounts it said it made. `wanted` is everything that a
/// whole plan wants, by fingerprint: nothing else fails any more.
pub(crate) async fn fates(
    program: &Program,
    fates: &[(&Change, &Verdict)],
    digests: &BTreeMap<String, String>,
    wanted: Option<BTreeSet<String>>,
) -> Result<(), Failure> {
    let (store, organization, now) = (&program.store, program.organization(), program.now());
    let mut done = BTreeSet::new();
    let mut refused = BTreeMap::new();
    let mut created = Vec::new();
    let mut gone = BTreeSet::new();
    let known = store.failing(organization).await?;
    for (change, verdict) in fates {
        match verdict {
            Verdict::Done => {
                // A first execution does millions of changes, and hardly one of them failed before.
                if !known.is_empty() {
                    done.insert(change.fingerprint());
                }
                match (&change.what, &change.target) {
                    (What::CreateUser(_), Target::User(account)) => {
                        let (fingerprint, account) = (change.fingerprint(), account.as_ref().clone());
                        created.push(Created { fingerprint, account, at: now, invisible_since: None });
                    }
                    (What::Leave | What::Delete, Target::User(account)) => {
                        gone.extend(account.id().map(str::to_owned))
                    }
                    _ => {}
                }
            }
            Verdict::Refused { errors } => {
                let lasting = |error: &&StepError| is_lasting(&error.code);
                let Some(error) = errors.iter().find(lasting) else { continue };
                let fingerprint = change.fingerprint();
                let digest = digests.get(&fingerprint).cloned().unwrap_or_default();
                let refusal = Refusal {
                    code: error.code.clone(),
                    message: error.message.clone(),
                    digest,
                    change: serde_json::to_string(change)?,
                };
                refused.insert(fingerprint, refusal);
            }
            Verdict::Unknown { .. } | Verdict::NotSent { .. } => {}
        }
    }
    store.note_created(organization, &created).await?;
    store.end_absences(organization, &gone).await?;
    let refusals = Refusals { done: &done, refused, wanted: wanted.as_ref() };
    Ok(store.note_refusals(organization, &refusals, now).await?)
}
