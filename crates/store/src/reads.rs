//! Reads: what the last complete reads of a directory counted.

use crate::text::time;
use crate::{Error, Store};
use chrono::{DateTime, TimeDelta, Utc};
use umsync_engine::falls::{Counts, READS};

/// Reads closer together than this are one: whoever looks at a short list five times in a row must not make it usual.
const APART: TimeDelta = TimeDelta::hours(1);

impl Store {
    /// What the last complete reads under this configuration counted, oldest first.
    pub async fn reads(&self, organization: &str, configuration: &str) -> Result<Vec<Counts>, Error> {
        let rows: Vec<String> = sqlx::query_scalar(
            "SELECT counts FROM reads WHERE organization = $1 AND configuration = $2 ORDER BY at",
        )
        .bind(organization)
        .bind(configuration)
        .fetch_all(self.pool())
        .await
        .map_err(self.failed("read what reads counted"))?;
        rows.iter().map(|counts| self.parse_json("what a read counted", counts)).collect()
    }

    /// Notes a complete read, unless there was one within the hour before; only the last ones are kept.
    pub async fn note_read(
        &self,
        organization: &str,
        configuration: &str,
        counts: &Counts,
        at: DateTime<Utc>,
    ) -> Result<(), Error> {
        let doing = "note a read";
        let failed = self.failed(doing);
        let mut transaction = self.begin(doing).await?;
        let known: Vec<String> = sqlx::query_scalar(
            "SELECT at FROM reads WHERE organization = $1 AND configuration = $2 ORDER BY at DESC",
        )
        .bind(organization)
        .bind(configuration)
        .fetch_all(&mut *transaction)
        .await
        .map_err(&failed)?;
        if let Some(last) = known.first() {
            let last = self.parse_time("a read", last)?;
            // A clock that was set back must not stop the counting.
            if last <= at && at - last < APART {
                return Ok(());
            }
        }
        for old in known.iter().skip(READS - 1) {
            sqlx::query("DELETE FROM reads WHERE organization = $1 AND configuration = $2 AND at = $3")
                .bind(organization)
                .bind(configuration)
                .bind(old)
                .execute(&mut *transaction)
                .await
                .map_err(&failed)?;
        }
        sqlx::query(
            "INSERT INTO reads (organization, configuration, at, counts) VALUES ($1, $2, $3, $4)
                     ON CONFLICT (organization, configuration, at) DO NOTHING",
        )
        .bind(organization)
        .bind(configuration)
        .bind(time(at))
        .bind(self.to_json("what a read counted", counts)?)
        .execute(&mut *transaction)
        .await
        .map_err(&failed)?;
        self.commit(doing, transaction).await
    }
}
