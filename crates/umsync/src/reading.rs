//! Adobe's side for one run: listed afresh where the gate and the mode allow it, else from the stored snapshot, and
//! always under the lock.

use crate::failure::Failure;
use crate::ledger::StoreLedger;
use crate::program::Program;
use crate::run::Mode;
use chrono::{DateTime, Utc};
use std::time::Duration;
use umsync_engine::adobe::Snapshot;
use umsync_engine::amend::amend;
use umsync_engine::change::{Account, Change};
use umsync_engine::command::Verdict;
use umsync_store::{Lock, LockError, Purpose};
use umsync_umapi::{Gate, Opens, Session, Shut};

/// Adobe's side, and the lock that keeps others from it.
pub(crate) struct Reading {
    pub(crate) snapshot: Snapshot,
    pub(crate) lock: Lock,
}

/// Reads Adobe's side.
///
/// `sync` lists where listing is open or opens within `wait`, waiting without the lock; if it opens later, and always
/// for modes that write nothing, the stored snapshot serves while it is younger than `every`.
pub(crate) async fn adobe(
    program: &Program,
    session: &Session<StoreLedger>,
    mode: Mode,
    who: &str,
) -> Result<Reading, Failure> {
    let begun = program.now();
    let wait = program.config.adobe.wait;
    loop {
        let lock = lock(program, who, begun).await?;
        let now = program.now();
        let Opens { listing, execution, silence } = opens(program, now).await?;
        let within = |shut: &Shut| shut.opens_at <= later(begun, wait);
        if let Some(shut) = silence {
            return Err(umsync_umapi::Error::from(shut).into());
        }
        if mode == Mode::Apply
            && let Some(shut) = execution
        {
            if !within(&shut) {
                return Err(umsync_umapi::Error::from(shut).into());
            }
            drop(lock);
            sleep_until(program, shut.opens_at, "for the gate").await?;
            continue;
        }
        let stored = stored(program, now).await?;
        match (listing, stored) {
            (None, None) => return listed(program, session, lock).await,
            (None, Some(_)) if mode == Mode::Apply => return listed(program, session, lock).await,
            (Some(shut), _) if mode == Mode::Apply && within(&shut) => {
                drop(lock);
                sleep_until(program, shut.opens_at, "for the gate").await?;
            }
            (_, Some(mut snapshot)) => {
                refresh(program, session, &mut snapshot).await?;
                let age = (now - snapshot.read_at).num_minutes();
                tracing::info!(
                    users = snapshot.users.len(),
                    age_minutes = age,
                    "adobe known from the stored snapshot"
                );
                return Ok(Reading { snapshot, lock });
            }
            (Some(shut), None) => return Err(umsync_umapi::Error::from(shut).into()),
        }
    }
}

async fn listed(program: &Program, session: &Session<StoreLedger>, lock: Lock) -> Result<Reading, Failure> {
    let permit = session.may_list().await?;
    let bar = program.bar.clone();
    // A listing once begun is finished and stored: stopping now would cost the next two hours.
    let snapshot = session.snapshot(permit, &move |progress| bar.adobe(progress)).await?;
    program.store.save_snapshot(&snapshot).await?;
    tracing::info!(users = snapshot.users.len(), groups = snapshot.groups.len(), "adobe read");
    Ok(Reading { snapshot, lock })
}

/// When each side of the gate opens.
pub(crate) async fn opens(program: &Program, now: DateTime<Utc>) -> Result<Opens, Failure> {
    let stamps = program.store.stamps(program.organization(), |stamps| stamps.clone()).await?;
    Ok(Gate::opens(&stamps, now, program.side.every()))
}

/// The stored snapshot, if it is young enough, brought up to date with what was executed since.
async fn stored(program: &Program, now: DateTime<Utc>) -> Result<Option<Snapshot>, Failure> {
    let Some(mut snapshot) = program.store.snapshot(program.organization()).await? else { return Ok(None) };
    let age = (now - snapshot.read_at).to_std().unwrap_or(Duration::ZERO);
    if age >= program.side.every() {
        return Ok(None);
    }
    let executed = executed_since(program, snapshot.read_at).await?;
    amend(&mut snapshot, &executed);
    Ok(Some(snapshot))
}

/// What was carried out since a moment, in order. The journal knows; the snapshot itself is never rewritten, so that a
/// crash between the two cannot part them.
async fn executed_since(program: &Program, since: DateTime<Utc>) -> Result<Vec<Change>, Failure> {
    let mut changes = Vec::new();
    let runs = program.store.runs(Some(program.organization()), 100).await?;
    let recent = runs.into_iter().rev().filter(|run| run.end.as_ref().is_none_or(|end| end.at >= since));
    for run in recent {
        for row in program.store.journal(&run.start.id).await? {
            let done = row.command.as_ref().and_then(|command| command.settled.as_ref());
            if done.is_some_and(|(verdict, at)| *verdict == Verdict::Done && *at >= since) {
                changes.push(row.change);
            }
        }
    }
    Ok(changes)
}

/// Users of whom no answer told what became of them are read singly before anything is planned.
async fn refresh(
    program: &Program,
    session: &Session<StoreLedger>,
    snapshot: &mut Snapshot,
) -> Result<(), Failure> {
    for account in program.store.unsettled(program.organization()).await? {
        program.bar.say(format!("reading {} back", account.email));
        let found = session.user(&account.address).await?;
        let is_it = |user: &umsync_engine::adobe::User| match (&account.id, &user.id) {
            (Some(id), Some(other)) => id == other,
            _ => user.key().as_ref() == Some(&account.key),
        };
        snapshot.users.retain(|user| !is_it(user));
        snapshot.users.extend(found);
        settled(program, &account).await?;
    }
    Ok(())
}

async fn settled(program: &Program, account: &Account) -> Result<(), Failure> {
    tracing::info!(user = account.email, "read back after an unknown outcome");
    Ok(program.store.settled_by_reading(program.organization(), &account.key).await?)
}

/// Takes the lock. Whoever only lists is waited for; whoever executes is not.
async fn lock(program: &Program, who: &str, begun: DateTime<Utc>) -> Result<Lock, Failure> {
    loop {
        let now = program.now();
        match program.store.lock(program.organization(), Purpose::Listing, who, now) {
            Ok(lock) => return Ok(lock),
            Err(LockError::Busy(busy))
                if busy.purpose == Purpose::Listing && now < later(begun, program.config.adobe.wait) =>
            {
                program.bar.say("waiting for another run that reads Adobe");
                pause(program, Duration::from_millis(500)).await?;
            }
            Err(error) => return Err(error.into()),
        }
    }
}

async fn sleep_until(program: &Program, until: DateTime<Utc>, what: &str) -> Result<(), Failure> {
    tracing::info!(until = %until.to_rfc3339_opts(chrono::SecondsFormat::Secs, true), "waiting {what}");
    program.bar.say(format!("waiting {what} until {}", until.format("%H:%M:%S UTC")));
    let left = (until - program.now()).to_std().unwrap_or(Duration::ZERO);
    pause(program, left + Duration::from_millis(50)).await
}

async fn pause(program: &Program, time: Duration) -> Result<(), Failure> {
    tokio::select! {
        () = tokio::time::sleep(time) => Ok(()),
        () = program.cancel.cancelled() => Err(Failure::Stopped),
    }
}

fn later(from: DateTime<Utc>, by: Duration) -> DateTime<Utc> {
    chrono::TimeDelta::from_std(by)
        .ok()
        .and_then(|by| from.checked_add_signed(by))
        .unwrap_or(DateTime::<Utc>::MAX_UTC)
}
