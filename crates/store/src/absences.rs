//! First absences: since when complete directory reads lack the person of an account.

use crate::text::time;
use crate::{Error, Store};
use chrono::{DateTime, Utc};
use sqlx::{QueryBuilder, Sqlite};
use std::collections::{BTreeMap, BTreeSet};

/// Rows per statement: three values each stay far below the 32 766 that SQLite takes.
const ROWS: usize = 1_000;

impl Store {
    /// Each absent account with the time of the first complete read that lacked it.
    pub async fn absences(&self, organization: &str) -> Result<BTreeMap<String, DateTime<Utc>>, Error> {
        let rows: Vec<(String, String)> =
            sqlx::query_as("SELECT account, since FROM absences WHERE organization = $1")
                .bind(organization)
                .fetch_all(self.pool())
                .await
                .map_err(self.failed("read the absences"))?;
        rows.into_iter()
            .map(|(account, since)| Ok((account, self.parse_time("an absence", &since)?)))
            .collect()
    }

    /// A complete read at `at` lacks exactly these accounts: new ones are absent from now on, known ones keep their
    /// first time, and whoever is back is forgotten.
    pub async fn note_absences(
        &self,
        organization: &str,
        absent: &BTreeSet<String>,
        at: DateTime<Utc>,
    ) -> Result<(), Error> {
        let doing = "note the absences";
        let failed = self.failed(doing);
        let mut transaction = self.begin(doing).await?;
        let known: Vec<String> = sqlx::query_scalar("SELECT account FROM absences WHERE organization = $1")
            .bind(organization)
            .fetch_all(&mut *transaction)
            .await
            .map_err(&failed)?;
        let known: BTreeSet<String> = known.into_iter().collect();
        for back in known.difference(absent) {
            sqlx::query("DELETE FROM absences WHERE organization = $1 AND account = $2")
                .bind(organization)
                .bind(back)
                .execute(&mut *transaction)
                .await
                .map_err(&failed)?;
        }
        let since = time(at);
        let new: Vec<&String> = absent.difference(&known).collect();
        for accounts in new.chunks(ROWS) {
            QueryBuilder::<Sqlite>::new("INSERT INTO absences (organization, account, since) ")
                .push_values(accounts, |mut row, account| {
                    row.push_bind(organization).push_bind(*account).push_bind(&since);
                })
                .build()
                .persistent(false)
                .execute(&mut *transaction)
                .await
                .map_err(&failed)?;
        }
        self.commit(doing, transaction).await
    }
}
