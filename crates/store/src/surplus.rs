//! The surplus: how many accounts Adobe counts and never lists, as somebody approved.

use crate::text::time;
use crate::{Error, Store};
use chrono::{DateTime, Utc};

impl Store {
    /// The approved surplus of an organization; 0 where nobody has approved any.
    pub async fn surplus(&self, organization: &str) -> Result<u64, Error> {
        let accounts: Option<i64> =
            sqlx::query_scalar("SELECT accounts FROM surpluses WHERE organization = $1")
                .bind(organization)
                .fetch_optional(self.pool())
                .await
                .map_err(self.failed("read the surplus"))?;
        // A number that cannot be one accepts nothing, which withholds.
        Ok(accounts.and_then(|accounts| accounts.try_into().ok()).unwrap_or_default())
    }

    /// Somebody has approved a plan with this surplus. It stands in place of the former one.
    pub async fn accept_surplus(
        &self,
        organization: &str,
        accounts: u64,
        who: &str,
        at: DateTime<Utc>,
    ) -> Result<(), Error> {
        sqlx::query(
            "INSERT INTO surpluses (organization, accounts, who, at) VALUES ($1, $2, $3, $4)
             ON CONFLICT (organization) DO UPDATE
             SET accounts = excluded.accounts, who = excluded.who, at = excluded.at",
        )
        .bind(organization)
        .bind(i64::try_from(accounts).unwrap_or(i64::MAX))
        .bind(who)
        .bind(time(at))
        .execute(self.pool())
        .await
        .map_err(self.failed("accept the surplus"))?;
        Ok(())
    }

    /// A listing has shown that no more than these are counted and not listed: what was approved beyond them would hide
    /// users whom a later listing lacks.
    pub async fn lower_surplus(&self, organization: &str, unlisted: u64) -> Result<(), Error> {
        sqlx::query("UPDATE surpluses SET accounts = $2 WHERE organization = $1 AND accounts > $2")
            .bind(organization)
            .bind(i64::try_from(unlisted).unwrap_or(i64::MAX))
            .execute(self.pool())
            .await
            .map_err(self.failed("lower the surplus"))?;
        Ok(())
    }
}
