//! The surplus: how many accounts Adobe counts and never lists, as somebody approved.

use crate::text::time;
use crate::{Error, Store};
use chrono::{DateTime, Utc};

/// Accounts that Adobe counts and never lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Surplus {
    /// How many.
    pub accounts: u64,
    /// Who has approved that.
    pub who: String,
    /// When Adobe counted them.
    pub counted_at: DateTime<Utc>,
}

impl Store {
    /// The approved surplus of an organization; `None` where nobody has approved any.
    pub async fn surplus(&self, organization: &str) -> Result<Option<Surplus>, Error> {
        let row: Option<(i64, String, String)> =
            sqlx::query_as("SELECT accounts, who, at FROM surpluses WHERE organization = $1")
                .bind(organization)
                .fetch_optional(self.pool())
                .await
                .map_err(self.failed("read the surplus"))?;
        let Some((accounts, who, at)) = row else { return Ok(None) };
        // A number that cannot be one accepts nothing, which withholds.
        let accounts = accounts.try_into().unwrap_or_default();
        Ok(Some(Surplus { accounts, who, counted_at: self.parse_time("when a surplus was counted", &at)? }))
    }

    /// Somebody has approved a plan with this surplus, as Adobe counted at that time. It stands in place of what was
    /// counted before, and never of what was counted later; tells whether it does.
    pub async fn accept_surplus(
        &self,
        organization: &str,
        accounts: u64,
        who: &str,
        counted_at: DateTime<Utc>,
    ) -> Result<bool, Error> {
        let done = sqlx::query(
            "INSERT INTO surpluses (organization, accounts, who, at) VALUES ($1, $2, $3, $4)
             ON CONFLICT (organization) DO UPDATE
             SET accounts = excluded.accounts, who = excluded.who, at = excluded.at
             WHERE excluded.at >= surpluses.at",
        )
        .bind(organization)
        .bind(i64::try_from(accounts).unwrap_or(i64::MAX))
        .bind(who)
        .bind(time(counted_at))
        .execute(self.pool())
        .await
        .map_err(self.failed("accept the surplus"))?;
        Ok(done.rows_affected() > 0)
    }

    /// A listing has shown that no more than these are counted and not listed: what was approved beyond them would hide
    /// users whom a later listing lacks.
    pub async fn lower_surplus(
        &self,
        organization: &str,
        unlisted: u64,
        counted_at: DateTime<Utc>,
    ) -> Result<(), Error> {
        sqlx::query(
            "UPDATE surpluses SET accounts = $2, at = max(at, $3) WHERE organization = $1 AND accounts > $2",
        )
        .bind(organization)
        .bind(i64::try_from(unlisted).unwrap_or(i64::MAX))
        .bind(time(counted_at))
        .execute(self.pool())
        .await
        .map_err(self.failed("lower the surplus"))?;
        Ok(())
    }
}
