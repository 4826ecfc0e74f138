//! `approve`: somebody says that what a plan withholds is right. It needs the store only.

use crate::approvals::{MOST, set_baseline};
use crate::cli::Cli;
use crate::clock::SystemClock;
use crate::config::Config;
use crate::failure::Failure;
use crate::output;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use umsync_engine::report::{Totals, counted};
use umsync_engine::saved::SavedPlan;
use umsync_store::{Missing, Store};
use umsync_umapi::Clock as _;

/// Approves the plan whose id begins so.
pub(crate) async fn approve(cli: &Cli, beginning: &str) -> Result<u8, Failure> {
    let config = Config::load_without_secrets(&cli.config)?;
    let store = Store::open(&config.store, Missing::Refuse).await?;
    let saved = stored(&store, beginning).await?;
    let (now, who) = (SystemClock.now(), who());
    let organization = saved.organization();
    store.approve(organization, saved.id(), &who, now, now + MOST).await?;
    store.accept_members(organization, saved.freezing(), &who, now).await?;
    if saved.is_whole() {
        let by = format!("{who} approved plan {}", saved.id());
        set_baseline(&store, organization, saved.configuration(), &by, now).await?;
    }
    let unread: Vec<&str> = saved.unread().iter().map(|unread| unread.directory.as_str()).collect();
    // Who could not see all that a plan is about has not looked at the count, either.
    let surplus = saved.surplus().filter(|_| unread.is_empty());
    let accepted = match surplus.zip(saved.counted_at()) {
        Some((surplus, at)) => store.accept_surplus(organization, surplus, &who, at).await?,
        None => false,
    };
    let lifts = saved.lifts();
    let lifted = saved.withheld().iter().map(|withheld| &withheld.change);
    let totals = Totals::of(lifted.filter(|change| lifts.contains(&change.fingerprint())));
    let mut told = format!("Plan {} for {organization} is approved by {who}: {totals}.", saved.id());
    if !saved.withheld().is_empty() {
        told.push_str("\nThe next runs send those of its withheld changes that their own plans still want, until a full run has done so (at least 24 hours, at most 7 days).");
    }
    let members: BTreeSet<&String> = saved.freezing().values().flatten().collect();
    if !members.is_empty() {
        let members = counted(members.len(), "member", "members");
        let _ =
            write!(told, "\nAccepted: {members} whom nobody can read. Only others freeze removals again.");
    }
    if !unread.is_empty() {
        let _ = write!(
            told,
            "\nNot approved: what waits for {}, which could not be read when this plan was made. Nobody could review it, nor whether the configuration is right: removals wait as before.",
            unread.join(", ")
        );
    }
    if let Some(surplus) = surplus {
        let accounts = counted(usize::try_from(surplus).unwrap_or(usize::MAX), "account", "accounts");
        let _ = match accepted {
            true => write!(
                told,
                "\nAccepted: {accounts} that Adobe counts and never lists. Only if more are missing, changes wait again."
            ),
            false => write!(
                told,
                "\nNot accepted: {accounts} that Adobe counts and never lists. A newer count stands, which `umsync status` tells; to accept another, approve a newer plan."
            ),
        };
    }
    if saved.configuration() != config.meaning {
        told.push_str("\nThe configuration means something else now than when this plan was made: what it withholds waits until a plan made under it is approved.");
    }
    output::text(&told)?;
    store.close().await;
    Ok(0)
}

/// Fewer digits are more likely a slip than an id.
const SHORTEST: usize = 4;

/// The one stored plan whose id begins so.
pub(crate) async fn stored(store: &Store, beginning: &str) -> Result<SavedPlan, Failure> {
    if beginning.len() < SHORTEST {
        return Err(Failure::ShortId(beginning.to_owned()));
    }
    let ids = store.plan_ids(beginning).await?;
    let id = match ids.as_slice() {
        [id] => id,
        [] => return Err(Failure::NoPlan(beginning.to_owned())),
        several => {
            return Err(Failure::SeveralPlans { beginning: beginning.to_owned(), ids: several.join(", ") });
        }
    };
    let plan = store.plan(id).await?.ok_or_else(|| Failure::NoPlan(id.clone()))?;
    Ok(SavedPlan::parse(&plan.plan)?)
}

/// Who does this, for the record.
pub(crate) fn who() -> String {
    let name = ["SUDO_USER", "USER", "LOGNAME"].into_iter().find_map(|name| std::env::var(name).ok());
    let uid = rustix::process::getuid().as_raw();
    name.map_or_else(|| format!("uid {uid}"), |name| format!("{name} (uid {uid})"))
}
