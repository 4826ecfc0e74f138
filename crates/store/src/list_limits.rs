//! How much a group's command takes, as far as Adobe has said.

use crate::text::time;
use crate::{Error, Store};
use chrono::{DateTime, Utc};
use umsync_engine::pack::ListLimit;

impl Store {
    /// What is known of an organization.
    pub async fn list_limit(&self, organization: &str) -> Result<ListLimit, Error> {
        let at: Option<String> = sqlx::query_scalar("SELECT at FROM list_limits WHERE organization = $1")
            .bind(organization)
            .fetch_optional(self.pool())
            .await
            .map_err(self.failed("read how much a group's command takes"))?;
        Ok(if at.is_some() { ListLimit::PerCommand } else { ListLimit::PerList })
    }

    /// Adobe has said that ten entries in each direction are all.
    pub async fn note_short_lists(&self, organization: &str, at: DateTime<Utc>) -> Result<(), Error> {
        sqlx::query("INSERT INTO list_limits (organization, at) VALUES ($1, $2) ON CONFLICT DO NOTHING")
            .bind(organization)
            .bind(time(at))
            .execute(self.pool())
            .await
            .map_err(self.failed("note how much a group's command takes"))?;
        Ok(())
    }
}
