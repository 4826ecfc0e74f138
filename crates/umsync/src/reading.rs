//! Adobe's side for one run: listed afresh where the gate and the mode allow it, else from the stored snapshot, and
//! always under the lock.

use crate::failure::Failure;
use crate::ledger::StoreLedger;
use crate::person;
use crate::program::Program;
use crate::run::Mode;
use crate::scope::Scope;
use chrono::{DateTime, Utc};
use std::time::Duration;
use umsync_engine::adobe::{Snapshot, User};
use umsync_engine::amend::amend;
use umsync_engine::change::{Account, Address, Change, Field, Target};
use umsync_engine::command::Verdict;
use umsync_engine::count::Count;
use umsync_engine::people::People;
use umsync_engine::rules::Strategy;
use umsync_store::{Entry, Lock, LockError, Purpose};
use umsync_umapi::{Gate, MOST_CLOCK_ERROR, Opens, Session, Shut};

/// Adobe's side, and the lock that keeps others from it.
pub(crate) struct Reading {
    pub(crate) snapshot: Snapshot,
    pub(crate) lock: Lock,
    /// Whom a run for one person is about, by the place of their entry.
    pub(crate) person: Option<String>,
    /// The gate was waited for: the directory may have changed since it was read.
    pub(crate) waited: bool,
}

/// Reads Adobe's side as far as a run is about it.
pub(crate) async fn read(
    program: &Program,
    session: &Session<StoreLedger>,
    people: &People,
    mode: Mode,
    scope: Scope<'_>,
    who: &str,
) -> Result<Reading, Failure> {
    match (scope, program.config.rules.strategy) {
        (Scope::Person(name), _) => person::read(program, session, people, mode, name, who).await,
        (Scope::Whole | Scope::Exactly(_), Strategy::Sync) => adobe(program, session, mode, who).await,
        (Scope::Whole | Scope::Exactly(_), Strategy::Push) => {
            let Ready { lock, now, listing: _, waited } = ready(program, mode, who, program.now()).await?;
            let snapshot = Snapshot::not_listed(program.organization(), now);
            Ok(Reading { snapshot, lock, person: None, waited })
        }
    }
}

/// The lock, while nothing keeps the run from its end but perhaps the listing.
struct Ready {
    lock: Lock,
    now: DateTime<Utc>,
    /// Until when nothing may be listed.
    listing: Option<Shut>,
    waited: bool,
}

/// Takes the lock. Whoever executes waits for that side of the gate before, without the lock, if it opens within `wait`.
async fn ready(program: &Program, mode: Mode, who: &str, begun: DateTime<Utc>) -> Result<Ready, Failure> {
    let mut waited = false;
    loop {
        let (lock, waited_for_lock) = lock(program, who, begun).await?;
        waited |= waited_for_lock;
        let now = program.now();
        let Opens { listing, execution, silence } = opens(program, now).await?;
        if let Some(shut) = silence {
            return Err(umsync_umapi::Error::from(shut).into());
        }
        let Some(shut) = execution.filter(|_| mode == Mode::Apply) else {
            return Ok(Ready { lock, now, listing, waited });
        };
        if shut.opens_at > later(begun, program.config.adobe.wait) {
            return Err(umsync_umapi::Error::from(shut).into());
        }
        drop(lock);
        sleep_until(program, shut.opens_at, "for the gate").await?;
        waited = true;
    }
}

/// Reads Adobe's side.
///
/// `sync` lists where listing is open or opens within `wait`, waiting without the lock; if it opens later, and always
/// for modes that write nothing, the stored snapshot serves while it is younger than `every`.
async fn adobe(
    program: &Program,
    session: &Session<StoreLedger>,
    mode: Mode,
    who: &str,
) -> Result<Reading, Failure> {
    let begun = program.now();
    let wait = program.config.adobe.wait;
    let mut waited = false;
    loop {
        let Ready { lock, now, listing, waited: has_waited } = ready(program, mode, who, begun).await?;
        waited |= has_waited;
        let within = |shut: &Shut| shut.opens_at <= later(begun, wait);
        if listing.is_none() && mode == Mode::Apply {
            return listed(program, session, lock, waited).await;
        }
        let stored = stored(program, now).await?;
        match (listing, stored) {
            (None, None) => return listed(program, session, lock, waited).await,
            (Some(shut), _) if mode == Mode::Apply && within(&shut) => {
                drop(lock);
                sleep_until(program, shut.opens_at, "for the gate").await?;
                waited = true;
            }
            (_, Some(mut snapshot)) => {
                refresh(program, session, &mut snapshot).await?;
                let age = (now - snapshot.read_at).num_minutes();
                tracing::info!(
                    users = snapshot.users.len(),
                    age_minutes = age,
                    "adobe known from the stored snapshot"
                );
                return Ok(Reading { snapshot, lock, person: None, waited });
            }
            (Some(shut), None) => return Err(umsync_umapi::Error::from(shut).into()),
        }
    }
}

async fn listed(
    program: &Program,
    session: &Session<StoreLedger>,
    lock: Lock,
    waited: bool,
) -> Result<Reading, Failure> {
    let permit = session.may_list().await?;
    let bar = program.bar.clone();
    // A listing once begun is finished and stored: stopping now would cost the next two hours.
    let snapshot = session.snapshot(permit, &move |progress| bar.adobe(progress)).await?;
    program.store.save_snapshot(&snapshot).await?;
    if let Some(unlisted) = Count::of(&snapshot, 0).unlisted() {
        program.store.lower_surplus(program.organization(), unlisted, snapshot.read_at).await?;
    }
    tracing::info!(users = snapshot.users.len(), groups = snapshot.groups.len(), "adobe read");
    Ok(Reading { snapshot, lock, person: None, waited })
}

/// When each side of the gate opens.
pub(crate) async fn opens(program: &Program, now: DateTime<Utc>) -> Result<Opens, Failure> {
    let stamps = program.store.stamps(program.organization(), |stamps| stamps.clone()).await?;
    Ok(Gate::opens(&stamps, now, program.side.every()))
}

/// The stored snapshot, if it is young enough, brought up to date with what was executed since.
async fn stored(program: &Program, now: DateTime<Utc>) -> Result<Option<Snapshot>, Failure> {
    let young = |snapshot: &Snapshot| {
        // From the future: a clock was set back, and nobody knows how old it is.
        snapshot.read_at <= now + MOST_CLOCK_ERROR
            && (now - snapshot.read_at).to_std().unwrap_or(Duration::ZERO) < program.side.every()
    };
    Ok(stored_of_any_age(program).await?.filter(young))
}

/// So many accounts are read singly at most, 2.4 s each (UMAPI documentation, throttling); where nobody knows what became of
/// more, only a listing tells.
const MOST_OPEN: usize = 200;

/// The stored snapshot, brought up to date with what was executed since; `None` too where too much of that is open.
pub(crate) async fn stored_of_any_age(program: &Program) -> Result<Option<Snapshot>, Failure> {
    let open = program.store.unsettled(program.organization()).await?.len();
    if open > MOST_OPEN {
        tracing::warn!(accounts = open, "nobody knows what became of so many accounts: only a listing tells");
        return Ok(None);
    }
    let Some(mut snapshot) = program.store.snapshot(program.organization()).await? else { return Ok(None) };
    let since = snapshot.read_at;
    let is_done =
        |entry: &Entry| matches!(&entry.settled, Some((Verdict::Done, settled)) if *settled >= since);
    amend(&mut snapshot, &changes_since(program, since, is_done).await?);
    Ok(Some(snapshot))
}

/// The changes that were sent since a moment by commands of some kind, in order. The journal knows; what it knows is
/// not written into the stored snapshot, so that a crash between the two cannot part them.
async fn changes_since(
    program: &Program,
    since: DateTime<Utc>,
    wanted: impl Fn(&Entry) -> bool,
) -> Result<Vec<Change>, Failure> {
    let mut changes = Vec::new();
    let runs = program.store.runs(Some(program.organization()), 100).await?;
    let recent = runs.into_iter().rev().filter(|run| run.end.as_ref().is_none_or(|end| end.at >= since));
    for run in recent {
        let rows = program.store.journal(&run.start.id).await?;
        let rows = rows.into_iter().filter(|row| row.command.as_deref().is_some_and(&wanted));
        changes.extend(rows.map(|row| row.change));
    }
    Ok(changes)
}

/// Users of whom no answer told what became of them are read singly before anything is planned.
pub(crate) async fn refresh(
    program: &Program,
    session: &Session<StoreLedger>,
    snapshot: &mut Snapshot,
) -> Result<(), Failure> {
    let accounts = program.store.unsettled(program.organization()).await?;
    if accounts.is_empty() {
        return Ok(());
    }
    let is_unknown = |entry: &Entry| {
        entry.intended.is_some() && matches!(&entry.settled, None | Some((Verdict::Unknown { .. }, _)))
    };
    let unknown = changes_since(program, snapshot.read_at, is_unknown).await?;
    let mut read: Vec<(Account, Option<User>)> = Vec::new();
    for account in accounts {
        program.bar.say(format!("reading {} back", account.email()));
        // Whoever has the name by now may be somebody else.
        let is_same = |user: &User| match (account.id(), user.id()) {
            (Some(id), Some(other)) => id == other,
            _ => true,
        };
        let mut found = session.user(&account.address()).await?.filter(is_same);
        if found.is_none()
            && let Some(address) = renamed(&account, &unknown)
        {
            found = session.user(&address).await?.filter(is_same);
        }
        read.push((account, found));
    }
    put(snapshot, &read);
    // Stored before it counts as settled: the next run reads the same snapshot and no longer asks, and a crash in
    // between leaves accounts to be asked for once more.
    program.store.amend_snapshot(program.organization(), |stored| put(stored, &read)).await?;
    for (account, _) in &read {
        program.store.settled_by_reading(program.organization(), &account.key).await?;
        tracing::info!(user = account.email(), "read back after an unknown outcome");
    }
    Ok(())
}

/// How an account is named if these changes were carried out, should one of them rename it.
fn renamed(account: &Account, changes: &[Change]) -> Option<Address> {
    // Who is named by a username keeps being named by it.
    let name = if account.domain().is_some() { Field::Username } else { Field::Email };
    let new = changes.iter().rev().find_map(|change| match &change.target {
        Target::User(target) if target.key == account.key => change.what.sets(name),
        _ => None,
    })?;
    let domain = account.domain().map(str::to_owned).filter(|_| !new.contains('@'));
    Some(Address { user: new.to_owned(), domain, adobe_id: account.is_adobe_id() })
}

/// Replaces what a snapshot says of these accounts by what was read of them. Adobe's count follows: who was made or went
/// since it was given is no user whom the listing lacks.
fn put(snapshot: &mut Snapshot, read: &[(Account, Option<User>)]) {
    let before = snapshot.users.len() as u64;
    for (account, found) in read {
        let is_it = |user: &User| match (account.id(), user.id()) {
            (Some(id), Some(other)) => id == other,
            _ => user.key().as_ref() == Some(&account.key),
        };
        snapshot.users.retain(|user| !is_it(user));
        snapshot.users.extend(found.clone());
    }
    let now = snapshot.users.len() as u64;
    snapshot.total_count = snapshot.total_count.map(|count| (count + now).saturating_sub(before));
}

/// Takes the lock, and tells whether it had to be waited for. Whoever only lists is waited for; whoever executes is not.
pub(crate) async fn lock(
    program: &Program,
    who: &str,
    begun: DateTime<Utc>,
) -> Result<(Lock, bool), Failure> {
    // A holder without a name has just taken the lock, or is about to let it go: a moment later it says more.
    let mut nameless = 0;
    let mut waited = false;
    loop {
        let now = program.now();
        match program.store.lock(program.organization(), Purpose::Listing, who, now) {
            Ok(lock) => return Ok((lock, waited)),
            Err(LockError::Busy(busy))
                if busy.purpose == Purpose::Listing && now < later(begun, program.config.adobe.wait) =>
            {
                program.bar.say("waiting for another run that reads Adobe");
                waited = true;
                pause(program, Duration::from_millis(500)).await?;
            }
            Err(LockError::Busy(busy)) if busy.who.is_none() && nameless < 20 => {
                nameless += 1;
                pause(program, Duration::from_millis(50)).await?;
            }
            Err(error) => return Err(error.into()),
        }
    }
}

pub(crate) async fn sleep_until(program: &Program, until: DateTime<Utc>, what: &str) -> Result<(), Failure> {
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

pub(crate) fn later(from: DateTime<Utc>, by: Duration) -> DateTime<Utc> {
    chrono::TimeDelta::from_std(by)
        .ok()
        .and_then(|by| from.checked_add_signed(by))
        .unwrap_or(DateTime::<Utc>::MAX_UTC)
}
