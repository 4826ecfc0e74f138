//! Binds that a directory refused, so that nobody asks until the account is locked.

use crate::text::time;
use crate::{Error, Store};
use chrono::{DateTime, Utc};

/// How often in a row a server refused an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedBinds {
    /// The server.
    pub server: String,
    /// The account.
    pub identity: String,
    /// How often.
    pub refusals: u32,
    /// The last time.
    pub at: DateTime<Utc>,
}

impl Store {
    /// Notes one more refusal.
    pub async fn note_refused_bind(
        &self,
        server: &str,
        identity: &str,
        at: DateTime<Utc>,
    ) -> Result<(), Error> {
        sqlx::query(
            "INSERT INTO refused_binds (server, identity, refusals, at) VALUES ($1, $2, 1, $3)
             ON CONFLICT (server, identity) DO UPDATE
             SET refusals = refused_binds.refusals + 1, at = excluded.at",
        )
        .bind(server)
        .bind(identity)
        .bind(time(at))
        .execute(self.pool())
        .await
        .map_err(self.failed("note a refused bind"))?;
        Ok(())
    }

    /// Which servers refused an account since it was last let in.
    pub async fn refused_binds(&self, identity: &str) -> Result<Vec<RefusedBinds>, Error> {
        let rows: Vec<(String, i64, String)> = sqlx::query_as(
            "SELECT server, refusals, at FROM refused_binds WHERE identity = $1 ORDER BY server",
        )
        .bind(identity)
        .fetch_all(self.pool())
        .await
        .map_err(self.failed("read the refused binds"))?;
        rows.into_iter()
            .map(|(server, refusals, at)| {
                let refusals = u32::try_from(refusals).unwrap_or(u32::MAX);
                let at = self.parse_time("the refused binds", &at)?;
                Ok(RefusedBinds { server, identity: identity.to_owned(), refusals, at })
            })
            .collect()
    }

    /// Forgets what these servers refused an account: one of them let it in.
    pub async fn forget_refused_binds(&self, servers: &[String], identity: &str) -> Result<(), Error> {
        let doing = "forget refused binds";
        let mut transaction = self.begin(doing).await?;
        for server in servers {
            sqlx::query("DELETE FROM refused_binds WHERE server = $1 AND identity = $2")
                .bind(server)
                .bind(identity)
                .execute(&mut *transaction)
                .await
                .map_err(self.failed(doing))?;
        }
        self.commit(doing, transaction).await
    }
}
