//! A pause that somebody asked for: every process obeys it.

use crate::text::time;
use crate::{Error, Store};
use chrono::{DateTime, Utc};

/// Who wants quiet, until when and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pause {
    /// When it ends by itself.
    pub until: DateTime<Utc>,
    /// For those who wonder.
    pub reason: String,
    /// Who asked.
    pub who: String,
    /// When.
    pub at: DateTime<Utc>,
}

impl Store {
    /// Pauses an organization; a pause already there is replaced.
    pub async fn pause(&self, organization: &str, pause: &Pause) -> Result<(), Error> {
        let Pause { until, reason, who, at } = pause;
        sqlx::query(
            "INSERT INTO pauses (organization, until, reason, who, at) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (organization) DO UPDATE
             SET until = excluded.until, reason = excluded.reason, who = excluded.who, at = excluded.at",
        )
        .bind(organization)
        .bind(time(*until))
        .bind(reason)
        .bind(who)
        .bind(time(*at))
        .execute(self.pool())
        .await
        .map_err(self.failed("pause"))?;
        Ok(())
    }

    /// The pause of an organization that holds now.
    pub async fn paused(&self, organization: &str, now: DateTime<Utc>) -> Result<Option<Pause>, Error> {
        let row: Option<(String, String, String, String)> = sqlx::query_as(
            "SELECT until, reason, who, at FROM pauses WHERE organization = $1 AND until > $2",
        )
        .bind(organization)
        .bind(time(now))
        .fetch_optional(self.pool())
        .await
        .map_err(self.failed("read the pause"))?;
        let Some((until, reason, who, at)) = row else {
            return Ok(None);
        };
        let until = self.parse_time("a pause", &until)?;
        let at = self.parse_time("a pause", &at)?;
        Ok(Some(Pause { until, reason, who, at }))
    }

    /// Ends an organization's pause, if it has one.
    pub async fn unpause(&self, organization: &str) -> Result<(), Error> {
        sqlx::query("DELETE FROM pauses WHERE organization = $1")
            .bind(organization)
            .execute(self.pool())
            .await
            .map_err(self.failed("end the pause"))?;
        Ok(())
    }
}
