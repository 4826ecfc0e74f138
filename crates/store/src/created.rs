//! Creations that Adobe answered well, until a listing shows the user.

use crate::text::time;
use crate::{Error, Store};
use chrono::{DateTime, Utc};
use std::collections::BTreeSet;
use umsync_engine::change::Account;

/// A creation that Adobe answered well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Created {
    /// Of the change.
    pub fingerprint: String,
    /// The account.
    pub account: Account,
    /// When Adobe answered.
    pub at: DateTime<Utc>,
    /// Since when neither a listing nor a look at it alone shows it; `None` while nobody has looked in vain.
    pub invisible_since: Option<DateTime<Utc>>,
}

impl Store {
    /// Remembers creations as given; what was known under the same fingerprint is replaced.
    pub async fn note_created(&self, organization: &str, created: &[Created]) -> Result<(), Error> {
        let doing = "note what was created";
        let mut transaction = self.begin(doing).await?;
        for Created { fingerprint, account, at, invisible_since } in created {
            sqlx::query(
                "INSERT INTO created (organization, fingerprint, account, at, invisible_since)
                 VALUES ($1, $2, $3, $4, $5)
                 ON CONFLICT (organization, fingerprint) DO UPDATE
                 SET account = excluded.account, at = excluded.at, invisible_since = excluded.invisible_since",
            )
            .bind(organization)
            .bind(fingerprint)
            .bind(self.to_json("an account", account)?)
            .bind(time(*at))
            .bind(invisible_since.map(time))
            .execute(&mut *transaction)
            .await
            .map_err(self.failed(doing))?;
        }
        self.commit(doing, transaction).await
    }

    /// Every remembered creation, the oldest first.
    pub async fn created(&self, organization: &str) -> Result<Vec<Created>, Error> {
        let rows: Vec<(String, String, String, Option<String>)> = sqlx::query_as(
            "SELECT fingerprint, account, at, invisible_since FROM created
             WHERE organization = $1 ORDER BY at, fingerprint",
        )
        .bind(organization)
        .fetch_all(self.pool())
        .await
        .map_err(self.failed("read what was created"))?;
        rows.into_iter()
            .map(|(fingerprint, account, at, invisible)| {
                let account = self.parse_json("an account", &account)?;
                let at = self.parse_time("a creation", &at)?;
                let invisible_since = match invisible {
                    Some(since) => Some(self.parse_time("a creation", &since)?),
                    None => None,
                };
                Ok(Created { fingerprint, account, at, invisible_since })
            })
            .collect()
    }

    /// Somebody looked for a created user in vain; the first time counts. Tells whether the creation is known.
    pub async fn note_invisible(
        &self,
        organization: &str,
        fingerprint: &str,
        at: DateTime<Utc>,
    ) -> Result<bool, Error> {
        let known = sqlx::query(
            "UPDATE created SET invisible_since = coalesce(invisible_since, $3)
             WHERE organization = $1 AND fingerprint = $2",
        )
        .bind(organization)
        .bind(fingerprint)
        .bind(time(at))
        .execute(self.pool())
        .await
        .map_err(self.failed("note what is invisible"))?;
        Ok(known.rows_affected() > 0)
    }

    /// These were seen, or are not wanted any more.
    pub async fn forget_created(
        &self,
        organization: &str,
        fingerprints: &BTreeSet<String>,
    ) -> Result<(), Error> {
        let doing = "forget what was created";
        let mut transaction = self.begin(doing).await?;
        for fingerprint in fingerprints {
            sqlx::query("DELETE FROM created WHERE organization = $1 AND fingerprint = $2")
                .bind(organization)
                .bind(fingerprint)
                .execute(&mut *transaction)
                .await
                .map_err(self.failed(doing))?;
        }
        self.commit(doing, transaction).await
    }
}
