//! Absences: whose person complete directory reads lack, or say to have left, since when and how often in a row.

use crate::orders::EXPEDITE;
use crate::text::time;
use crate::{Error, Store};
use chrono::{DateTime, TimeDelta, Utc};
use sqlx::{FromRow, QueryBuilder, Sqlite};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use umsync_engine::memory::{Absence, Absent, Evidence};

/// Rows per statement: seven values each stay below the 32 766 that SQLite takes.
const ROWS: usize = 1_000;

/// A leaver, for a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredLeaver {
    /// The account, as `account_of` of the engine names it.
    pub account: String,
    /// Its email, as Adobe spells it; empty where only a version that did not note it has read.
    pub email: String,
    /// The first complete read that lacked them.
    pub since: DateTime<Utc>,
    /// In how many complete reads in a row, the first one included.
    pub reads: u32,
    /// What told that they have left; `None` where only their entry is missing.
    pub evidence: Option<Evidence>,
    /// The last complete read.
    pub last_read: DateTime<Utc>,
}

#[derive(FromRow)]
struct Stored {
    account: String,
    email: String,
    since: String,
    reads: u32,
    evidence: Option<String>,
    last_read: String,
}

/// A read counts if the last counted one was no later than this, as it is stored.
fn counts_since(now: DateTime<Utc>, apart: Duration) -> String {
    let before = TimeDelta::from_std(apart).ok().and_then(|apart| now.checked_sub_signed(apart));
    // A time that cannot be told lies before every read.
    time(before.unwrap_or(DateTime::<Utc>::UNIX_EPOCH))
}

impl Store {
    /// These accounts have left the organization: nobody waits for them any more, and what was said about them as
    /// leavers is done.
    pub async fn end_absences(&self, organization: &str, accounts: &BTreeSet<String>) -> Result<(), Error> {
        let doing = "end absences";
        let mut transaction = self.begin(doing).await?;
        for account in accounts {
            for statement in [
                "DELETE FROM absences WHERE organization = $1 AND account = $2",
                "DELETE FROM orders WHERE organization = $1 AND account = $2",
            ] {
                sqlx::query(statement)
                    .bind(organization)
                    .bind(account)
                    .execute(&mut *transaction)
                    .await
                    .map_err(self.failed(doing))?;
            }
        }
        self.commit(doing, transaction).await
    }

    /// A look that could not see everybody found these accounts' people again: they are absent no longer, and an order to
    /// hurry ends with that. Of everybody else nothing is known, and nothing changes.
    pub async fn note_returns(&self, organization: &str, back: &BTreeSet<String>) -> Result<(), Error> {
        let doing = "note who is back";
        let mut transaction = self.begin(doing).await?;
        for account in back {
            sqlx::query("DELETE FROM absences WHERE organization = $1 AND account = $2")
                .bind(organization)
                .bind(account)
                .execute(&mut *transaction)
                .await
                .map_err(self.failed(doing))?;
            sqlx::query("DELETE FROM orders WHERE organization = $1 AND account = $2 AND word = $3")
                .bind(organization)
                .bind(account)
                .bind(EXPEDITE)
                .execute(&mut *transaction)
                .await
                .map_err(self.failed(doing))?;
        }
        self.commit(doing, transaction).await
    }

    /// Each absent account with the first read that lacked it and with how many did, should a read at `now` lack it too:
    /// it counts if the last counted one is at least `apart` ago.
    pub async fn absences(
        &self,
        organization: &str,
        now: DateTime<Utc>,
        apart: Duration,
    ) -> Result<BTreeMap<String, Absence>, Error> {
        let counted = |leaver: StoredLeaver| {
            let StoredLeaver { account, since, reads, last_read, email: _, evidence: _ } = leaver;
            let reads = reads + u32::from(time(last_read) <= counts_since(now, apart));
            (account, Absence { since, reads })
        };
        Ok(self.leavers(organization).await?.into_iter().map(counted).collect())
    }

    /// Every leaver with what is known of them, by email.
    pub async fn leavers(&self, organization: &str) -> Result<Vec<StoredLeaver>, Error> {
        let rows: Vec<Stored> = sqlx::query_as(
            "SELECT account, email, since, reads, evidence, last_read FROM absences
             WHERE organization = $1 ORDER BY email, account",
        )
        .bind(organization)
        .fetch_all(self.pool())
        .await
        .map_err(self.failed("read the leavers"))?;
        rows.into_iter()
            .map(|Stored { account, email, since, reads, evidence, last_read }| {
                let evidence = match evidence {
                    Some(text) => Some(self.parse_json("what tells of a leaver", &text)?),
                    None => None,
                };
                let since = self.parse_time("an absence", &since)?;
                let last_read = self.parse_time("an absence", &last_read)?;
                Ok(StoredLeaver { account, email, since, reads, evidence, last_read })
            })
            .collect()
    }

    /// A complete read at `at` lacks exactly these accounts: new ones are absent from now on, known ones once more if the
    /// last counted read is at least `apart` ago, and whoever is back is forgotten. An order to hurry ends with the absence: a later one has its own grace.
    pub async fn note_absences(
        &self,
        organization: &str,
        absent: &BTreeMap<String, Absent>,
        at: DateTime<Utc>,
        apart: Duration,
    ) -> Result<(), Error> {
        let doing = "note the absences";
        let failed = self.failed(doing);
        let mut transaction = self.begin(doing).await?;
        let known: Vec<String> = sqlx::query_scalar("SELECT account FROM absences WHERE organization = $1")
            .bind(organization)
            .fetch_all(&mut *transaction)
            .await
            .map_err(&failed)?;
        for back in known.iter().filter(|account| !absent.contains_key(*account)) {
            sqlx::query("DELETE FROM absences WHERE organization = $1 AND account = $2")
                .bind(organization)
                .bind(back)
                .execute(&mut *transaction)
                .await
                .map_err(&failed)?;
        }
        let listed: BTreeSet<&str> = absent.keys().map(String::as_str).collect();
        self.stop_hurrying(&mut transaction, organization, &listed).await?;
        let before = counts_since(at, apart);
        let at = time(at);
        let mut rows = Vec::with_capacity(absent.len());
        for (account, Absent { email, evidence }) in absent {
            let evidence = match evidence {
                Some(evidence) => Some(self.to_json("what tells of a leaver", evidence)?),
                None => None,
            };
            rows.push((account, email, evidence));
        }
        for rows in rows.chunks(ROWS) {
            QueryBuilder::<Sqlite>::new(
                "INSERT INTO absences (organization, account, since, reads, email, evidence, last_read) ",
            )
            .push_values(rows, |mut row, (account, email, evidence)| {
                row.push_bind(organization)
                    .push_bind(*account)
                    .push_bind(&at)
                    .push_bind(1_u32)
                    .push_bind(*email)
                    .push_bind(evidence)
                    .push_bind(&at);
            })
            .push(
                " ON CONFLICT (organization, account) DO UPDATE
                  SET email = excluded.email, evidence = excluded.evidence,
                      reads = absences.reads + CASE WHEN absences.last_read <= ",
            )
            .push_bind(&before)
            .push(" THEN 1 ELSE 0 END, last_read = CASE WHEN absences.last_read <= ")
            .push_bind(&before)
            .push(" THEN excluded.last_read ELSE absences.last_read END")
            .build()
            .persistent(false)
            .execute(&mut *transaction)
            .await
            .map_err(&failed)?;
        }
        self.commit(doing, transaction).await
    }
}
