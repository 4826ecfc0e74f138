//! The last complete reading of Adobe's side.

use crate::text::time;
use crate::{Error, Store};
use sha2::{Digest, Sha256};
use sqlx::{Sqlite, Transaction};
use umsync_engine::adobe::Snapshot;

impl Store {
    /// Stores a complete reading in place of the former one. Whatever was unsettled before it began is settled by it.
    pub async fn save_snapshot(&self, snapshot: &Snapshot) -> Result<(), Error> {
        let doing = "store the snapshot";
        let body = self.to_json("a snapshot", snapshot)?;
        let mut transaction = self.begin(doing).await?;
        self.put_snapshot(&mut transaction, &snapshot.organization, snapshot, body).await?;
        self.settled_by_listing(&mut transaction, &snapshot.organization, snapshot.read_at).await?;
        self.commit(doing, transaction).await
    }

    /// The stored reading of an organization, with all amendments.
    pub async fn snapshot(&self, organization: &str) -> Result<Option<Snapshot>, Error> {
        let row: Option<(String, String)> =
            sqlx::query_as("SELECT digest, body FROM snapshots WHERE organization = $1")
                .bind(organization)
                .fetch_optional(self.pool())
                .await
                .map_err(self.failed("read the snapshot"))?;
        row.map(|(digest, body)| self.snapshot_of(organization, &digest, &body)).transpose()
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
        let body = self.to_json("a snapshot", &snapshot)?;
        self.put_snapshot(&mut transaction, organization, &snapshot, body).await?;
        self.commit(doing, transaction).await?;
        Ok(true)
    }

    /// The stored reading, inside a transaction.
    pub(crate) async fn snapshot_in(
        &self,
        transaction: &mut Transaction<'static, Sqlite>,
        organization: &str,
    ) -> Result<Option<Snapshot>, Error> {
        let row: Option<(String, String)> =
            sqlx::query_as("SELECT digest, body FROM snapshots WHERE organization = $1")
                .bind(organization)
                .fetch_optional(&mut **transaction)
                .await
                .map_err(self.failed("read the snapshot"))?;
        row.map(|(digest, body)| self.snapshot_of(organization, &digest, &body)).transpose()
    }

    pub(crate) async fn put_snapshot(
        &self,
        transaction: &mut Transaction<'static, Sqlite>,
        organization: &str,
        snapshot: &Snapshot,
        body: String,
    ) -> Result<(), Error> {
        sqlx::query(
            "INSERT INTO snapshots (organization, read_at, digest, body) VALUES ($1, $2, $3, $4)
             ON CONFLICT (organization) DO UPDATE
             SET read_at = excluded.read_at, digest = excluded.digest, body = excluded.body",
        )
        .bind(organization)
        .bind(time(snapshot.read_at))
        .bind(digest_of(&body))
        .bind(body)
        .execute(&mut **transaction)
        .await
        .map_err(self.failed("store the snapshot"))?;
        Ok(())
    }

    /// SQLite keeps no checksums: a disk that gives back other bytes is found out here.
    fn snapshot_of(&self, organization: &str, digest: &str, body: &str) -> Result<Snapshot, Error> {
        if digest_of(body) != digest {
            return Err(Error::SnapshotDamaged {
                organization: organization.to_owned(),
                path: self.path().to_owned(),
            });
        }
        self.parse_json("a snapshot", body)
    }
}

fn digest_of(body: &str) -> String {
    Sha256::digest(body.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}
