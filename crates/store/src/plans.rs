//! Plans that were withheld, kept until somebody approves them.

use crate::text::time;
use crate::{Error, Store};
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;

/// A plan as it was stored.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredPlan {
    /// Whose.
    pub organization: String,
    /// When it was last made.
    pub at: DateTime<Utc>,
    /// The plan.
    pub plan: Value,
}

impl Store {
    /// Keeps a plan. The same plan made again is kept once, with the later time.
    pub async fn save_plan(
        &self,
        organization: &str,
        plan_id: &str,
        plan: &(impl Serialize + Sync),
        at: DateTime<Utc>,
    ) -> Result<(), Error> {
        let keep = sqlx::query(
            "INSERT INTO plans (id, organization, at, plan) VALUES ($1, $2, $3, $4)
             ON CONFLICT (id) DO UPDATE
             SET organization = excluded.organization, at = excluded.at, plan = excluded.plan",
        );
        let keep = keep.bind(plan_id).bind(organization).bind(time(at));
        let keep = self.to_large("a plan", plan)?.bind(keep);
        keep.execute(self.pool()).await.map_err(self.failed("keep the plan"))?;
        Ok(())
    }

    /// A kept plan.
    pub async fn plan(&self, plan_id: &str) -> Result<Option<StoredPlan>, Error> {
        let row: Option<(String, String, Vec<u8>)> =
            sqlx::query_as("SELECT organization, at, plan FROM plans WHERE id = $1")
                .bind(plan_id)
                .fetch_optional(self.pool())
                .await
                .map_err(self.failed("read the plan"))?;
        let Some((organization, at, plan)) = row else {
            return Ok(None);
        };
        let at = self.parse_time("a plan", &at)?;
        Ok(Some(StoredPlan { organization, at, plan: self.parse_large("a plan", &plan)? }))
    }

    /// The ids of kept plans that begin with `beginning`, newest first: people type the first few characters.
    pub async fn plan_ids(&self, beginning: &str) -> Result<Vec<String>, Error> {
        sqlx::query_scalar("SELECT id FROM plans WHERE substr(id, 1, length($1)) = $1 ORDER BY at DESC, id")
            .bind(beginning)
            .fetch_all(self.pool())
            .await
            .map_err(self.failed("read the plans"))
    }
}
