//! The baseline: under which meaning of the configuration removals have been accepted for an organization.

use crate::text::time;
use crate::{Error, Store};
use chrono::{DateTime, Utc};

/// An accepted state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Baseline {
    /// The hash of what the configuration meant.
    pub configuration: String,
    /// When it was accepted.
    pub at: DateTime<Utc>,
    /// By whom or what: an approval, a run, the configuration.
    pub by: String,
}

impl Store {
    /// The baseline of an organization; a lost store has none.
    pub async fn baseline(&self, organization: &str) -> Result<Option<Baseline>, Error> {
        let row: Option<(String, String, String)> =
            sqlx::query_as("SELECT configuration, at, made_by FROM baselines WHERE organization = $1")
                .bind(organization)
                .fetch_optional(self.pool())
                .await
                .map_err(self.failed("read the baseline"))?;
        let Some((configuration, at, by)) = row else {
            return Ok(None);
        };
        Ok(Some(Baseline { configuration, at: self.parse_time("a baseline", &at)?, by }))
    }

    /// Sets the baseline of an organization in place of the former one.
    pub async fn set_baseline(&self, organization: &str, baseline: &Baseline) -> Result<(), Error> {
        let Baseline { configuration, at, by } = baseline;
        sqlx::query(
            "INSERT INTO baselines (organization, configuration, at, made_by) VALUES ($1, $2, $3, $4)
             ON CONFLICT (organization) DO UPDATE
             SET configuration = excluded.configuration, at = excluded.at, made_by = excluded.made_by",
        )
        .bind(organization)
        .bind(configuration)
        .bind(time(*at))
        .bind(by)
        .execute(self.pool())
        .await
        .map_err(self.failed("set the baseline"))?;
        Ok(())
    }
}
