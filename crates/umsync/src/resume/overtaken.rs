//! What must not be gone on with: departures and renames that were decided before the execution was cut short, up to two
//! hours ago, and that something has overtaken since.

use crate::failure::Failure;
use crate::ledger::StoreLedger;
use crate::program::Program;
use crate::reading;
use crate::remembering;
use crate::scope::is_as_planned;
use std::collections::BTreeMap;
use umsync_engine::change::{Account, Change, Target};
use umsync_engine::command::Verdict;
use umsync_engine::desired::Desired;
use umsync_engine::key::{fold, fold_email};
use umsync_engine::memory::{Memory, Order};
use umsync_engine::saved::is_read_back;
use umsync_store::{Entry, Row};
use umsync_umapi::Session;

/// The commands, by position, of which something has overtaken what they would do, and what. The directory is read again
/// only if there is anything to ask it.
pub(super) async fn overtaken(
    program: &Program,
    session: &Session<StoreLedger>,
    entries: &[Entry],
    rows: &[Row],
) -> Result<BTreeMap<usize, String>, Failure> {
    let mut open: Vec<(&Entry, &Change)> = Vec::new();
    for entry in entries {
        let changes = entry.command.changes.iter().filter_map(|at| rows.get(*at)).map(|row| &row.change);
        let mut grave = changes.filter(|change| is_read_back(change));
        if let (Verdict::NotSent { .. } | Verdict::Unknown { .. }, Some(change)) =
            (super::known(entry), grave.next())
        {
            open.push((entry, change));
        }
    }
    if open.is_empty() {
        return Ok(BTreeMap::new());
    }
    let people = program.read_people().await?;
    let directories = &people.directories;
    let memory = remembering::recall(program, directories).await?;
    let rules = &program.rules(directories)?;
    let desired = Desired::of(&people, &memory);
    let protect = match reading::stored_of_any_age(program).await? {
        Some(snapshot) => rules.protect.with_admins_of(&snapshot),
        None => rules.protect.clone(),
    };
    let mut overtaken = BTreeMap::new();
    for (entry, change) in open {
        let Target::User(account) = &change.target else { continue };
        let found = session.user(&account.address()).await?;
        let was_sent = matches!(super::known(entry), Verdict::Unknown { .. });
        let why = match &found {
            _ if change.is_departure() && is_held(account, &memory, program) => {
                Some("an administrator holds them since")
            }
            _ if change.is_departure() && !directories.is_whole() => {
                Some("a directory could not be read that may have them again")
            }
            _ if is_of_unread(account, &memory) => Some("a directory could not be read that gave them"),
            _ if change.is_departure() && is_named(account, &desired, &memory) => {
                Some("the directory has them again")
            }
            // Perhaps it was carried out: that is found out by looking, and nothing is sent to nobody.
            None if was_sent => None,
            None => Some("the account is not there any more"),
            Some(user) if !is_as_planned(account, user, &protect, change) => {
                Some("the account is not what the plan expects, or is protected now")
            }
            Some(_) => None,
        };
        if let Some(why) = why {
            overtaken.insert(entry.position, why.to_owned());
        }
    }
    Ok(overtaken)
}

fn is_held(account: &Account, memory: &Memory, program: &Program) -> bool {
    let order = account.id().and_then(|id| memory.orders.get(id));
    order.is_some_and(|order| matches!(order, Order::Hold { .. }) && order.holds_at(program.now()))
}

/// Whether a directory gave them that could not be read this time.
fn is_of_unread(account: &Account, memory: &Memory) -> bool {
    let (id, email, user) = (account.id(), account.email(), account.user());
    memory.gave.values().any(|gave| gave.people.covers(id, email, Some(user)))
}

/// Whether an entry that does not say that its person has left could be theirs.
fn is_named(account: &Account, desired: &Desired<'_>, memory: &Memory) -> bool {
    let (id, email) = (account.id(), account.email());
    let username = Some(account.user()).filter(|user| *user != email);
    let linked = |anchor: &str| memory.links.of(anchor).is_some_and(|known| Some(known.id()) == id);
    let is_theirs = desired.people.iter().any(|person| {
        person.anchors().any(linked)
            || fold_email(person.email()) == fold_email(email)
            || person.username().is_some_and(|name| Some(fold(name)) == username.map(fold))
    });
    is_theirs || desired.shield.covers(id, email, username)
}
