//! Forgetting what nobody needs any more, so that a store does not grow for ever.

use crate::text::time;
use crate::{Error, Store};
use chrono::{DateTime, Utc};

impl Store {
    /// Forgets the runs that began before a moment, with their journals and reports, and what is older: plans and
    /// approvals, departures, creations, former emails and DNs of links, orders that have ended, refused binds; tells how many runs went.
    ///
    /// Runs with something unsettled stay, and so do plans under an approval that has not ended by then. What the next
    /// run decides by (stamps, snapshot, absences, links, orders that hold, refusals, baseline) is never forgotten.
    pub async fn forget(&self, before: DateTime<Utc>) -> Result<u64, Error> {
        let doing = "forget old runs";
        let before = time(before);
        let mut transaction = self.begin(doing).await?;
        let runs =
            sqlx::query("DELETE FROM runs WHERE started_at < $1 AND id NOT IN (SELECT run FROM unsettled)")
                .bind(&before)
                .execute(&mut *transaction)
                .await
                .map_err(self.failed(doing))?;
        for statement in [
            "DELETE FROM approvals WHERE until < $1",
            "DELETE FROM plans WHERE at < $1 AND NOT EXISTS
                 (SELECT 1 FROM approvals WHERE approvals.organization = plans.organization AND plan = plans.id)",
            "DELETE FROM pauses WHERE until < $1",
            // Of configurations that nobody uses any more, too.
            "DELETE FROM reads WHERE at < $1",
            "DELETE FROM departures WHERE at < $1",
            "DELETE FROM created WHERE at < $1",
            // What a link has now has no `last_seen`.
            "DELETE FROM link_history WHERE last_seen < $1",
            "DELETE FROM orders WHERE until < $1",
            "DELETE FROM refused_binds WHERE at < $1",
            "DELETE FROM removals WHERE at < $1",
        ] {
            sqlx::query(statement)
                .bind(&before)
                .execute(&mut *transaction)
                .await
                .map_err(self.failed(doing))?;
        }
        self.commit(doing, transaction).await?;
        Ok(runs.rows_affected())
    }
}
