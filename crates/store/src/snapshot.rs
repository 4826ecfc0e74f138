//! The last complete reading of Adobe's side.

use crate::snapshot_parts::{Groups, USERS, read, written};
use crate::text::time;
use crate::{Error, Store};
use chrono::{DateTime, Utc};
use serde::Serialize;
use sha2::{Digest, Sha256};
use sqlx::{Sqlite, Transaction};
use std::collections::BTreeMap;
use umsync_engine::adobe::{Group, Snapshot, UnreadableUser, User};
use umsync_engine::key::GroupName;

/// A snapshot but for its users, which stand in parts. It is read as a snapshot: one of the former schema has its users
/// here.
#[derive(Serialize)]
struct Head<'a> {
    organization: &'a str,
    read_at: DateTime<Utc>,
    users: [(); 0],
    groups: &'a BTreeMap<GroupName, Group>,
    unreadable: &'a [UnreadableUser],
    total_count: Option<u64>,
}

impl Store {
    /// Stores a complete reading in place of the former one. Whatever was unsettled before it began is settled by it.
    pub async fn save_snapshot(&self, snapshot: &Snapshot) -> Result<(), Error> {
        let doing = STORE;
        let mut transaction = self.begin(doing).await?;
        self.put_snapshot(&mut transaction, &snapshot.organization, snapshot).await?;
        self.settled_by_listing(&mut transaction, &snapshot.organization, snapshot.read_at).await?;
        self.commit(doing, transaction).await
    }

    /// The stored reading of an organization, with all amendments.
    pub async fn snapshot(&self, organization: &str) -> Result<Option<Snapshot>, Error> {
        // One transaction, so that all parts are of one moment.
        let mut transaction = self.pool().begin().await.map_err(self.failed(READ))?;
        let snapshot = self.snapshot_in(&mut transaction, organization).await?;
        self.commit(READ, transaction).await?;
        Ok(snapshot)
    }

    /// Brings the stored reading up to date with what was executed or read singly since; it stays as old as it was.
    /// Tells whether there is one.
    ///
    /// Amend before you settle: a crash between the two then leaves accounts to be read once more, and not a snapshot
    /// that is wrong about them.
    pub async fn amend_snapshot(
        &self,
        organization: &str,
        amend: impl FnOnce(&mut Snapshot),
    ) -> Result<bool, Error> {
        let doing = "amend the snapshot";
        let mut transaction = self.begin(doing).await?;
        let Some(mut snapshot) = self.snapshot_in(&mut transaction, organization).await? else {
            return Ok(false);
        };
        amend(&mut snapshot);
        self.put_snapshot(&mut transaction, organization, &snapshot).await?;
        self.commit(doing, transaction).await?;
        Ok(true)
    }

    /// The stored reading, inside a transaction.
    ///
    /// SQLite keeps no checksums: a disk that gives back other bytes is found out here.
    pub(crate) async fn snapshot_in(
        &self,
        transaction: &mut Transaction<'static, Sqlite>,
        organization: &str,
    ) -> Result<Option<Snapshot>, Error> {
        let head: Option<(String, String)> =
            sqlx::query_as("SELECT digest, body FROM snapshots WHERE organization = $1")
                .bind(organization)
                .fetch_optional(&mut **transaction)
                .await
                .map_err(self.failed(READ))?;
        let Some((digest, head)) = head else { return Ok(None) };
        let damaged =
            || Error::SnapshotDamaged { organization: organization.to_owned(), path: self.path().to_owned() };
        let (mut whole, mut users, mut groups) = (Whole::of(&head), Vec::new(), Groups::default());
        for part in 0_i64.. {
            let part: Option<(String, String)> = sqlx::query_as(
                "SELECT digest, body FROM snapshot_parts WHERE organization = $1 AND part = $2",
            )
            .bind(organization)
            .bind(part)
            .fetch_optional(&mut **transaction)
            .await
            .map_err(self.failed(READ))?;
            let Some((digest, body)) = part else { break };
            if digest_of(&body) != digest {
                return Err(damaged());
            }
            whole.add(&digest);
            read(&body, &mut groups, &mut users).map_err(|source| self.unreadable(WHAT, source))?;
        }
        if whole.digest() != digest {
            return Err(damaged());
        }
        let mut snapshot: Snapshot = self.parse_json(WHAT, &head)?;
        snapshot.users.extend(users);
        Ok(Some(snapshot))
    }

    /// Writes what differs from what stands there: night after night most parts are what they were.
    pub(crate) async fn put_snapshot(
        &self,
        transaction: &mut Transaction<'static, Sqlite>,
        organization: &str,
        snapshot: &Snapshot,
    ) -> Result<(), Error> {
        let Snapshot { organization: of, read_at, users, groups, unreadable, total_count } = snapshot;
        let (read_at, total_count) = (*read_at, *total_count);
        let head = Head { organization: of, read_at, users: [], groups, unreadable, total_count };
        let head = self.to_json(WHAT, &head)?;
        let mut whole = Whole::of(&head);
        let mut parts: i64 = 0;
        for users in users.chunks(USERS) {
            self.put_part(transaction, organization, parts, users, &mut whole).await?;
            parts += 1;
        }
        sqlx::query("DELETE FROM snapshot_parts WHERE organization = $1 AND part >= $2")
            .bind(organization)
            .bind(parts)
            .execute(&mut **transaction)
            .await
            .map_err(self.failed(STORE))?;
        sqlx::query(
            "INSERT INTO snapshots (organization, read_at, digest, body) VALUES ($1, $2, $3, $4)
             ON CONFLICT (organization) DO UPDATE
             SET read_at = excluded.read_at, digest = excluded.digest, body = excluded.body",
        )
        .bind(organization)
        .bind(time(read_at))
        .bind(whole.digest())
        .bind(head)
        .execute(&mut **transaction)
        .await
        .map_err(self.failed(STORE))?;
        Ok(())
    }

    async fn put_part(
        &self,
        transaction: &mut Transaction<'static, Sqlite>,
        organization: &str,
        part: i64,
        users: &[User],
        whole: &mut Whole,
    ) -> Result<(), Error> {
        let body = written(users).map_err(|source| self.unreadable(WHAT, source))?;
        let digest = digest_of(&body);
        whole.add(&digest);
        // The bodies are compared too: what a disk has changed is repaired, though its digest is still the right one.
        sqlx::query(
            "INSERT INTO snapshot_parts (organization, part, digest, body) VALUES ($1, $2, $3, $4)
             ON CONFLICT (organization, part) DO UPDATE SET digest = excluded.digest, body = excluded.body
             WHERE snapshot_parts.digest <> excluded.digest OR snapshot_parts.body <> excluded.body",
        )
        .bind(organization)
        .bind(part)
        .bind(digest)
        .bind(body)
        .execute(&mut **transaction)
        .await
        .map_err(self.failed(STORE))?;
        Ok(())
    }
}

const READ: &str = "read the snapshot";
const STORE: &str = "store the snapshot";
const WHAT: &str = "a snapshot";

/// What proves that a snapshot is whole: the digest of its head and of the digests of its parts. Without parts, as in the
/// former schema, it is the head's own.
struct Whole(Sha256);

impl Whole {
    fn of(head: &str) -> Self {
        Self(Sha256::new_with_prefix(head))
    }

    fn add(&mut self, digest: &str) {
        self.0.update(digest);
    }

    fn digest(self) -> String {
        hex(&self.0.finalize())
    }
}

fn digest_of(body: &str) -> String {
    hex(&Sha256::digest(body.as_bytes()))
}

fn hex(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
