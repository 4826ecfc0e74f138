//! The things that the stories are about.

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;
use umsync_engine::adobe::{Identity, Snapshot, Status, User, UserTexts, UserType};
use umsync_engine::change::{Account, Address, Change, Reason, Target, What};
use umsync_engine::command::{Command, Outcome, Phase, Step, Verdict};
use umsync_engine::directory::Anchor;
use umsync_engine::key::GroupName;
use umsync_engine::memory::Known;
use umsync_store::{Link, Missing, RunEnd, RunStart, Store};

pub(crate) const ORG: &str = "1a2b3c@adobeorg";

/// Noon, and so many seconds.
pub(crate) fn noon(seconds: i64) -> DateTime<Utc> {
    "2026-03-01T12:00:00.123456789Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::seconds(seconds)
}

/// A folder with a store in it, gone when dropped.
pub(crate) struct Place {
    pub(crate) folder: TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("umsync.db")
    }

    pub(crate) async fn store(&self) -> Store {
        Store::open(self.path(), Missing::Create).await.unwrap()
    }

    /// As after a restart.
    pub(crate) async fn reopened(&self, store: Store) -> Store {
        store.close().await;
        Store::open(self.path(), Missing::Refuse).await.unwrap()
    }
}

pub(crate) fn run(id: &str, organization: &str) -> RunStart {
    RunStart {
        id: id.to_owned(),
        organization: organization.to_owned(),
        command: "sync".to_owned(),
        started_at: noon(0),
        configuration: "c0ffee".to_owned(),
        config_path: "/etc/umsync.yaml".to_owned(),
        version: "0.1.0".to_owned(),
    }
}

pub(crate) fn account(name: &str) -> Arc<Account> {
    let email = format!("{name}@example.com");
    let address = Address { user: email.clone(), domain: None, adobe_id: false };
    Arc::new(Account::new(Identity::Federated, Some(&format!("{name}-id")), &email, &address))
}

pub(crate) fn join(name: &str, group: &str) -> Change {
    Change {
        target: Target::User(account(name)),
        what: What::Join { group: GroupName::new(group) },
        reason: Reason::Listed { by: Arc::new(["Design".into()].into()) },
    }
}

/// A command for one user that carries out these changes.
pub(crate) fn add(name: &str, group: &str, changes: &[usize]) -> Command {
    Command {
        phase: Phase::Settle,
        target: Target::User(account(name)),
        steps: vec![Step::Add(vec![GroupName::new(group)])],
        changes: changes.to_vec(),
        fallback: Vec::new(),
    }
}

/// A command from the group's side.
pub(crate) fn fill(group: &str, changes: &[usize]) -> Command {
    Command { target: Target::Group(GroupName::new(group)), ..add("nobody", group, changes) }
}

pub(crate) fn outcome(command: usize, verdict: Verdict) -> Outcome {
    Outcome::new(command, verdict)
}

pub(crate) fn lost() -> Verdict {
    Verdict::Unknown { why: "the connection was reset".to_owned() }
}

pub(crate) fn user(name: &str) -> User {
    let texts = UserTexts {
        id: Some(&format!("{name}-id")),
        email: &format!("{name}@example.com"),
        domain: Some("example.com"),
        first_name: Some(name),
        country: Some("CH"),
        ..UserTexts::default()
    };
    let groups = [GroupName::new("All Apps")].into();
    User::new(UserType::Known(Identity::Federated), Status::Active, groups, texts)
}

pub(crate) fn snapshot(organization: &str, read_at: DateTime<Utc>, names: &[&str]) -> Snapshot {
    Snapshot {
        organization: organization.to_owned(),
        read_at,
        users: names.iter().map(|name| user(name)).collect(),
        groups: Default::default(),
        unreadable: Vec::new(),
        total_count: Some(names.len() as u64),
    }
}

/// The emails of unsettled accounts.
pub(crate) async fn unsettled(store: &Store) -> Vec<String> {
    store.unsettled(ORG).await.unwrap().into_iter().map(|account| account.email().to_owned()).collect()
}

pub(crate) fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// Every email of a link.
pub(crate) fn emails(known: &Known) -> BTreeSet<String> {
    known.emails().map(Cow::into_owned).collect()
}

pub(crate) fn anchor(uuid: &str) -> Anchor {
    Anchor::new("entryUUID", uuid)
}

pub(crate) fn link(uuid: &str, adobe_id: &str, email: &str) -> Link {
    Link {
        anchor: anchor(uuid),
        adobe_id: adobe_id.to_owned(),
        identity: Identity::Federated,
        email: email.to_owned(),
        dn: format!("uid={uuid},dc=example,dc=com"),
    }
}

pub(crate) fn change(name: &str, what: What) -> Change {
    Change { what, ..join(name, "any") }
}

/// A run with one command per change, which Adobe carries out.
pub(crate) async fn carried_out(store: &Store, id: &str, changes: &[Change]) {
    store.begin_run(&run(id, ORG)).await.unwrap();
    let command = |(at, change): (usize, &Change)| Command {
        target: change.target.clone(),
        ..add("nobody", "any", &[at])
    };
    let commands: Vec<_> = changes.iter().enumerate().map(command).collect();
    store.record_plan(id, &commands, changes).await.unwrap();
    for command in 0..commands.len() {
        store.intend(id, &[command], noon(1)).await.unwrap();
        store.settle(id, &[outcome(command, Verdict::Done)], noon(2)).await.unwrap();
    }
    store.finish_run(id, &end(0)).await.unwrap();
}

pub(crate) fn end(exit_code: u8) -> RunEnd {
    let summary = serde_json::json!({"sent": 3});
    RunEnd { at: noon(30), exit_code, plan_id: Some("8c1f".to_owned()), summary }
}

/// The database, past the store.
pub(crate) async fn by_hand(path: &Path) -> SqliteConnection {
    SqliteConnectOptions::new().filename(path).create_if_missing(true).connect().await.unwrap()
}

/// Every row of every table, as text.
pub(crate) async fn dump(path: &Path) -> Result<Vec<String>, sqlx::Error> {
    let mut file = by_hand(path).await;
    let tables: Vec<String> =
        sqlx::query_scalar("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
            .fetch_all(&mut file)
            .await?;
    let mut dump = Vec::new();
    for table in tables {
        let columns = AssertSqlSafe(format!("SELECT name FROM pragma_table_info('{table}') ORDER BY cid"));
        let columns: Vec<String> = sqlx::query_scalar(columns).fetch_all(&mut file).await?;
        let columns: Vec<_> = columns.iter().map(|column| format!("quote({column})")).collect();
        let rows = AssertSqlSafe(format!("SELECT {} FROM {table} ORDER BY 1", columns.join(" || ',' || ")));
        let rows: Vec<String> = sqlx::query_scalar(rows).fetch_all(&mut file).await?;
        dump.extend(rows.into_iter().map(|row| format!("{table}: {row}")));
    }
    Ok(dump)
}
