//! Departures: who was made to leave the organization, and which groups they had that no mapping gives back.

use crate::text::time;
use crate::{Error, Store};
use std::collections::BTreeMap;
use umsync_engine::key::fold_email;
use umsync_engine::memory::Departure;

impl Store {
    /// Remembers departures; of each email the latest one.
    pub async fn note_departures(&self, organization: &str, departures: &[Departure]) -> Result<(), Error> {
        let doing = "note the departures";
        let mut transaction = self.begin(doing).await?;
        for Departure { email, at, groups } in departures {
            sqlx::query(
                "INSERT INTO departures (organization, email_key, email, at, group_names)
                 VALUES ($1, $2, $3, $4, $5)
                 ON CONFLICT (organization, email_key) DO UPDATE
                 SET email = excluded.email, at = excluded.at, group_names = excluded.group_names",
            )
            .bind(organization)
            .bind(fold_email(email))
            .bind(email)
            .bind(time(*at))
            .bind(self.to_json("the groups of a departure", groups)?)
            .execute(&mut *transaction)
            .await
            .map_err(self.failed(doing))?;
        }
        self.commit(doing, transaction).await
    }

    /// Every departure that has not ended, by folded email.
    pub async fn departures(&self, organization: &str) -> Result<BTreeMap<String, Departure>, Error> {
        let rows: Vec<(String, String, String, String)> = sqlx::query_as(
            "SELECT email_key, email, at, group_names FROM departures WHERE organization = $1",
        )
        .bind(organization)
        .fetch_all(self.pool())
        .await
        .map_err(self.failed("read the departures"))?;
        rows.into_iter()
            .map(|(key, email, at, groups)| {
                let at = self.parse_time("a departure", &at)?;
                let groups = self.parse_json("the groups of a departure", &groups)?;
                Ok((key, Departure { email, at, groups }))
            })
            .collect()
    }

    /// They are back, or nobody wants to know any more; tells whether there was one.
    pub async fn end_departure(&self, organization: &str, email: &str) -> Result<bool, Error> {
        let gone = sqlx::query("DELETE FROM departures WHERE organization = $1 AND email_key = $2")
            .bind(organization)
            .bind(fold_email(email))
            .execute(self.pool())
            .await
            .map_err(self.failed("end the departure"))?;
        Ok(gone.rows_affected() > 0)
    }
}
