//! Approvals: who let which withheld plan through, until when, and which of its changes were sent since.

use crate::text::time;
use crate::{Error, Store};
use chrono::{DateTime, Utc};
use std::collections::BTreeSet;

/// Somebody's word that a plan's withheld changes may be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    /// The plan.
    pub plan_id: String,
    /// Who gave it.
    pub who: String,
    /// When.
    pub at: DateTime<Utc>,
    /// It holds before this moment.
    pub until: DateTime<Utc>,
}

impl Store {
    /// Approves a plan. Given again, an approval is a new one, under which each change may be sent once more.
    pub async fn approve(
        &self,
        organization: &str,
        plan_id: &str,
        who: &str,
        at: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<(), Error> {
        let doing = "record the approval";
        let failed = self.failed(doing);
        let mut transaction = self.begin(doing).await?;
        sqlx::query("DELETE FROM used_changes WHERE organization = $1 AND plan = $2")
            .bind(organization)
            .bind(plan_id)
            .execute(&mut *transaction)
            .await
            .map_err(&failed)?;
        sqlx::query(
            "INSERT INTO approvals (organization, plan, who, at, until) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (organization, plan) DO UPDATE
             SET who = excluded.who, at = excluded.at, until = excluded.until",
        )
        .bind(organization)
        .bind(plan_id)
        .bind(who)
        .bind(time(at))
        .bind(time(until))
        .execute(&mut *transaction)
        .await
        .map_err(&failed)?;
        self.commit(doing, transaction).await
    }

    /// The approvals that hold now, oldest first.
    pub async fn approvals(&self, organization: &str, now: DateTime<Utc>) -> Result<Vec<Approval>, Error> {
        let rows: Vec<(String, String, String, String)> = sqlx::query_as(
            "SELECT plan, who, at, until FROM approvals WHERE organization = $1 AND until > $2 ORDER BY at, plan",
        )
        .bind(organization)
        .bind(time(now))
        .fetch_all(self.pool())
        .await
        .map_err(self.failed("read the approvals"))?;
        rows.into_iter()
            .map(|(plan_id, who, at, until)| {
                let at = self.parse_time("an approval", &at)?;
                let until = self.parse_time("an approval", &until)?;
                Ok(Approval { plan_id, who, at, until })
            })
            .collect()
    }

    /// Moves the end of an approval: the run that it was waiting for has finished.
    pub async fn end_approval(
        &self,
        organization: &str,
        plan_id: &str,
        until: DateTime<Utc>,
    ) -> Result<(), Error> {
        sqlx::query("UPDATE approvals SET until = $3 WHERE organization = $1 AND plan = $2")
            .bind(organization)
            .bind(plan_id)
            .bind(time(until))
            .execute(self.pool())
            .await
            .map_err(self.failed("end the approval"))?;
        Ok(())
    }

    /// These changes, in whatever text names them, are about to be sent under an approval: it lifts them no more.
    pub async fn use_up(
        &self,
        organization: &str,
        plan_id: &str,
        changes: &BTreeSet<String>,
        at: DateTime<Utc>,
    ) -> Result<(), Error> {
        let doing = "record the use of an approval";
        let mut transaction = self.begin(doing).await?;
        for change in changes {
            sqlx::query(
                "INSERT INTO used_changes (organization, plan, change, at) VALUES ($1, $2, $3, $4)
                 ON CONFLICT (organization, plan, change) DO NOTHING",
            )
            .bind(organization)
            .bind(plan_id)
            .bind(change)
            .bind(time(at))
            .execute(&mut *transaction)
            .await
            .map_err(self.failed(doing))?;
        }
        self.commit(doing, transaction).await
    }

    /// These changes did not leave after all: the approval lifts them again.
    pub async fn give_back(
        &self,
        organization: &str,
        plan_id: &str,
        changes: &BTreeSet<String>,
    ) -> Result<(), Error> {
        let doing = "give back what an approval was not used for";
        let mut transaction = self.begin(doing).await?;
        for change in changes {
            sqlx::query("DELETE FROM used_changes WHERE organization = $1 AND plan = $2 AND change = $3")
                .bind(organization)
                .bind(plan_id)
                .bind(change)
                .execute(&mut *transaction)
                .await
                .map_err(self.failed(doing))?;
        }
        self.commit(doing, transaction).await
    }

    /// The changes that an approval has been used for.
    pub async fn used_up(&self, organization: &str, plan_id: &str) -> Result<BTreeSet<String>, Error> {
        let rows: Vec<String> =
            sqlx::query_scalar("SELECT change FROM used_changes WHERE organization = $1 AND plan = $2")
                .bind(organization)
                .bind(plan_id)
                .fetch_all(self.pool())
                .await
                .map_err(self.failed("read the use of an approval"))?;
        Ok(rows.into_iter().collect())
    }
}
