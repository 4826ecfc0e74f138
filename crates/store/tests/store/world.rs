//! The things that the stories are about.

use chrono::{DateTime, TimeDelta, Utc};
use std::path::PathBuf;
use std::sync::Arc;
use tempfile::TempDir;
use umsync_engine::adobe::{Identity, Snapshot, Status, User, UserType};
use umsync_engine::change::{Account, Address, Change, Reason, Target, What};
use umsync_engine::command::{Command, Outcome, Phase, Step, Verdict};
use umsync_engine::key::{GroupName, Ownership, UserKey};
use umsync_store::{Missing, RunStart, Store};

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
    Arc::new(Account {
        key: UserKey::new(Ownership::Organization, &email),
        id: Some(format!("{name}-id")),
        identity: Identity::Federated,
        address: Address { user: email.clone(), domain: None, adobe_id: false },
        email,
    })
}

pub(crate) fn join(name: &str, group: &str) -> Change {
    Change {
        target: Target::User(account(name)),
        what: What::Join { group: GroupName::new(group) },
        reason: Reason::Listed { by: vec!["Design".to_owned()] },
    }
}

/// A command for one user that carries out these changes.
pub(crate) fn add(name: &str, group: &str, changes: &[usize]) -> Command {
    Command {
        phase: Phase::Settle,
        target: Target::User(account(name)),
        steps: vec![Step::Add(vec![GroupName::new(group)])],
        changes: changes.to_vec(),
    }
}

/// A command from the group's side.
pub(crate) fn fill(group: &str, changes: &[usize]) -> Command {
    Command { target: Target::Group(GroupName::new(group)), ..add("nobody", group, changes) }
}

pub(crate) fn outcome(command: usize, verdict: Verdict) -> Outcome {
    Outcome { command, verdict }
}

pub(crate) fn lost() -> Verdict {
    Verdict::Unknown { why: "the connection was reset".to_owned() }
}

pub(crate) fn user(name: &str) -> User {
    User {
        id: Some(format!("{name}-id")),
        kind: UserType::Known(Identity::Federated),
        email: format!("{name}@example.com"),
        username: None,
        domain: Some("example.com".to_owned()),
        first_name: Some(name.to_owned()),
        last_name: None,
        country: Some("CH".to_owned()),
        status: Status::Active,
        groups: [GroupName::new("All Apps")].into(),
    }
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
    store.unsettled(ORG).await.unwrap().into_iter().map(|account| account.email).collect()
}
