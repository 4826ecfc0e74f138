//! `leavers`: who has left, what becomes of them and when, and what an administrator says about it. Needs the store only.

use crate::approve::who;
use crate::cli::{Cli, Leavers};
use crate::clock::SystemClock;
use crate::config::Config;
use crate::failure::Failure;
use crate::output;
use crate::pause::moment;
use crate::{adobe, pause};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use umsync_engine::adobe::User;
use umsync_engine::diff::account_of;
use umsync_engine::key::{fold, fold_email};
use umsync_engine::memory::Order;
use umsync_engine::report::counted;
use umsync_engine::rules::LeaverAction;
use umsync_store::{LeaverOrder, Missing, Store, StoredLeaver};
use umsync_umapi::Clock as _;

/// Tells about leavers, or notes what is said about one.
pub(crate) async fn leavers(cli: &Cli, command: Option<&Leavers>, as_json: bool) -> Result<u8, Failure> {
    let config = Config::load_without_secrets(&cli.config)?;
    let store = Store::open(&config.store, Missing::Refuse).await?;
    let organization = adobe::organization(&config.adobe)?;
    let now = SystemClock.now();
    match command {
        None | Some(Leavers::List) => list(&config, &store, &organization, now, as_json).await?,
        Some(Leavers::Hold { who, until }) => {
            let until = match until {
                Some(text) => Some(moment(text, now).ok_or_else(|| Failure::NoMoment(text.clone()))?),
                None => None,
            };
            let email = say(&store, &organization, who, Order::Hold { until }, now).await?;
            let end = until.map_or("they are released".to_owned(), pause::told);
            output::text(&format!("Nothing is done about {email} as a leaver until {end}."))?;
        }
        Some(Leavers::Expedite { who }) => {
            let email = say(&store, &organization, who, Order::Expedite, now).await?;
            output::text(&format!(
                "The next run that finds {email} gone acts at once, within the limits; `umsync leavers release {email}` takes that back."
            ))?;
        }
        Some(Leavers::Release { who }) => {
            let (account, email) = find(&store, &organization, who).await?;
            if store.release(&organization, &account).await? {
                output::text(&format!("{email} is released: leavers.grace and leavers.reads count again."))?;
            } else {
                output::text(&format!("{email} was neither held nor expedited."))?;
            }
        }
    }
    store.close().await;
    Ok(0)
}

async fn say(
    store: &Store,
    organization: &str,
    name: &str,
    order: Order,
    at: DateTime<Utc>,
) -> Result<String, Failure> {
    let (account, email) = find(store, organization, name).await?;
    let said = LeaverOrder { email: email.clone(), order, who: who(), at };
    store.order(organization, &account, &said).await?;
    Ok(email)
}

/// The account that somebody names, among those that Adobe listed last and those who were absent last.
async fn find(store: &Store, organization: &str, name: &str) -> Result<(String, String), Failure> {
    let mut found: BTreeMap<String, String> = BTreeMap::new();
    let is_it = |user: &&User| {
        fold_email(user.email()) == fold_email(name)
            || user.id() == Some(name)
            || user.username().is_some_and(|username| fold(username) == fold(name))
    };
    if let Some(snapshot) = store.snapshot(organization).await? {
        found.extend(
            snapshot.users.iter().filter(is_it).map(|user| (account_of(user), user.email().to_owned())),
        );
    }
    for leaver in store.leavers(organization).await? {
        if fold_email(&leaver.email) == fold_email(name) || leaver.account == name {
            found.entry(leaver.account).or_insert(leaver.email);
        }
    }
    for (account, said) in store.orders(organization, DateTime::<Utc>::MIN_UTC).await? {
        if fold_email(&said.email) == fold_email(name) {
            found.entry(account).or_insert(said.email);
        }
    }
    match found.len() {
        0 => Err(Failure::NoUser(name.to_owned())),
        1 => Ok(found.into_iter().next().expect("one")),
        _ => Err(Failure::SeveralUsers {
            who: name.to_owned(),
            ids: found.into_keys().collect::<Vec<_>>().join(", "),
        }),
    }
}

async fn list(
    config: &Config,
    store: &Store,
    organization: &str,
    now: DateTime<Utc>,
    as_json: bool,
) -> Result<(), Failure> {
    let leavers = store.leavers(organization).await?;
    let mut orders = store.orders(organization, now).await?;
    let mut told = Vec::new();
    for leaver in &leavers {
        let order = orders.remove(&leaver.account);
        told.push(Told::of(leaver, order.as_ref(), config, now));
    }
    if as_json {
        let held: Vec<Value> = orders
            .values()
            .map(|said| json!({ "user": said.email, "order": said.order, "by": said.who, "at": said.at }))
            .collect();
        return output::json(&json!({
            "leavers": told.iter().map(Told::value).collect::<Vec<_>>(),
            "orders_about_others": held,
        }));
    }
    if told.is_empty() {
        output::text("Nobody was missing in the last complete read of the directory.")?;
    }
    for told in &told {
        output::text(&told.line())?;
    }
    for said in orders.values() {
        let order = match said.order {
            Order::Hold { until: Some(until) } => format!("held until {}", pause::told(until)),
            Order::Hold { until: None } => "held".to_owned(),
            Order::Expedite => "expedited".to_owned(),
        };
        output::text(&format!("{}  not gone; {order} by {}", said.email, said.who))?;
    }
    Ok(())
}

/// One leaver for the list.
struct Told {
    email: String,
    account: String,
    since: DateTime<Utc>,
    reads: u32,
    reason: String,
    next: String,
    acts_at: Option<DateTime<Utc>>,
}

impl Told {
    fn of(leaver: &StoredLeaver, order: Option<&LeaverOrder>, config: &Config, now: DateTime<Utc>) -> Self {
        let StoredLeaver { account, email, since, reads, evidence, last_read: _ } = leaver;
        let rules = &config.rules.leavers;
        let grace = TimeDelta::from_std(rules.grace).unwrap_or(TimeDelta::MAX);
        let due = since.checked_add_signed(grace).unwrap_or(DateTime::<Utc>::MAX_UTC);
        let step = match rules.action {
            LeaverAction::Keep => "stays: leavers.action is keep",
            LeaverAction::RemoveGroups => "loses the managed groups",
            LeaverAction::RemoveAllGroups => "loses every group",
            LeaverAction::Remove => "leaves the organization",
            LeaverAction::Delete => "leaves the organization and is deleted with all files",
        };
        // The next read is one more.
        let missing = rules.reads.saturating_sub(*reads);
        let (next, acts_at) = match (rules.action, order.map(|said| (said.order, &said.who))) {
            (LeaverAction::Keep, _) => (step.to_owned(), None),
            (_, Some((Order::Hold { until: Some(until) }, by))) => {
                (format!("held by {by} until {}", pause::told(until)), None)
            }
            (_, Some((Order::Hold { until: None }, by))) => (format!("held by {by} until released"), None),
            (_, Some((Order::Expedite, by))) => {
                (format!("{step} in the next run (expedited by {by})"), Some(now))
            }
            (_, None) if due > now => {
                let more = match missing {
                    0 | 1 => String::new(),
                    more => {
                        format!(" and {} more", counted(more as usize, "complete read", "complete reads"))
                    }
                };
                (format!("{step} after {}{more}", pause::told(due)), Some(due))
            }
            (_, None) if missing > 1 => {
                let more = counted(missing as usize, "complete read", "complete reads");
                (format!("{step} after {more} more"), Some(due))
            }
            (_, None) => (format!("{step} in the next run, if nothing withholds it"), Some(due)),
        };
        let reason = evidence.as_ref().map_or("not in the directory".to_owned(), ToString::to_string);
        let (email, account) = (email.clone(), account.clone());
        Self { email, account, since: *since, reads: *reads, reason, next, acts_at }
    }

    fn line(&self) -> String {
        let reads = counted(self.reads as usize, "read", "reads");
        format!("{}  {} since {} ({reads}); {}", self.email, self.reason, pause::told(self.since), self.next)
    }

    fn value(&self) -> Value {
        json!({
            "user": self.email,
            "account": self.account,
            "since": self.since,
            "reads": self.reads,
            "reason": self.reason,
            "next": self.next,
            "acts_at": self.acts_at,
        })
    }
}
