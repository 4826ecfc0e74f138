//! Refusals: changes that Adobe refused, in how many runs in a row.

use crate::text::time;
use crate::{Error, Store};
use chrono::{DateTime, Utc};
use sqlx::FromRow;
use std::collections::{BTreeMap, BTreeSet};
use umsync_engine::memory::Failing;

/// One change that Adobe refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Adobe's code.
    pub code: String,
    /// Adobe's words.
    pub message: String,
    /// Of the person and the user as they were when it was planned.
    pub digest: String,
    /// The change, as JSON, for people.
    pub change: String,
}

/// What a run learned about refusals. Changes are named by their fingerprints.
#[derive(Debug, Clone)]
pub struct Refusals<'a> {
    /// Adobe carried these out.
    pub done: &'a BTreeSet<String>,
    /// Adobe refused these.
    pub refused: BTreeMap<String, Refusal>,
    /// All that the run wanted; `None` where it did not look at everyone.
    pub wanted: Option<&'a BTreeSet<String>>,
}

/// A change that Adobe refuses run after run, for a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRefusal {
    /// The fingerprint of the change.
    pub fingerprint: String,
    /// The change, as JSON.
    pub change: String,
    /// How often, and what Adobe said.
    pub failing: Failing,
    /// When it was first refused.
    pub since: DateTime<Utc>,
}

#[derive(FromRow)]
struct Stored {
    fingerprint: String,
    runs: u32,
    since: String,
    at: String,
    code: String,
    message: String,
    digest: String,
    change: String,
}

impl Store {
    /// The changes that Adobe refused of late, by fingerprint.
    pub async fn failing(&self, organization: &str) -> Result<BTreeMap<String, Failing>, Error> {
        let refusals = self.refusals(organization).await?;
        Ok(refusals.into_iter().map(|refusal| (refusal.fingerprint, refusal.failing)).collect())
    }

    /// The same with the changes themselves, those refused longest first.
    pub async fn refusals(&self, organization: &str) -> Result<Vec<StoredRefusal>, Error> {
        let rows: Vec<Stored> = sqlx::query_as(
            "SELECT fingerprint, runs, since, at, code, message, digest, change FROM failing
             WHERE organization = $1 ORDER BY since, fingerprint",
        )
        .bind(organization)
        .fetch_all(self.pool())
        .await
        .map_err(self.failed("read the refusals"))?;
        rows.into_iter()
            .map(|Stored { fingerprint, runs, since, at, code, message, digest, change }| {
                let since = self.parse_time("a refusal", &since)?;
                let at = self.parse_time("a refusal", &at)?;
                let failing = Failing { runs, at, digest, code, message };
                Ok(StoredRefusal { fingerprint, change, failing, since })
            })
            .collect()
    }

    /// Keeps what a run learned: what was done or is not wanted any more is forgotten, what was refused counts one more.
    pub async fn note_refusals(
        &self,
        organization: &str,
        refusals: &Refusals<'_>,
        at: DateTime<Utc>,
    ) -> Result<(), Error> {
        let doing = "note the refusals";
        let failed = self.failed(doing);
        let Refusals { done, refused, wanted } = refusals;
        let mut transaction = self.begin(doing).await?;
        let known: Vec<String> =
            sqlx::query_scalar("SELECT fingerprint FROM failing WHERE organization = $1")
                .bind(organization)
                .fetch_all(&mut *transaction)
                .await
                .map_err(&failed)?;
        let is_over = |fingerprint: &String| {
            done.contains(fingerprint) || wanted.is_some_and(|wanted| !wanted.contains(fingerprint))
        };
        for over in known.iter().filter(|known| is_over(known)) {
            sqlx::query("DELETE FROM failing WHERE organization = $1 AND fingerprint = $2")
                .bind(organization)
                .bind(over)
                .execute(&mut *transaction)
                .await
                .map_err(&failed)?;
        }
        let at = time(at);
        for (fingerprint, Refusal { code, message, digest, change }) in refused {
            sqlx::query(
                "INSERT INTO failing (organization, fingerprint, runs, since, at, code, message, digest, change)
                 VALUES ($1, $2, 1, $3, $3, $4, $5, $6, $7)
                 ON CONFLICT (organization, fingerprint) DO UPDATE
                 SET runs = failing.runs + 1, at = excluded.at, code = excluded.code,
                     message = excluded.message, digest = excluded.digest, change = excluded.change",
            )
            .bind(organization)
            .bind(fingerprint)
            .bind(&at)
            .bind(code)
            .bind(message)
            .bind(digest)
            .bind(change)
            .execute(&mut *transaction)
            .await
            .map_err(&failed)?;
        }
        self.commit(doing, transaction).await
    }
}
