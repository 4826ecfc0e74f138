//! Removals that were sent, for the limits of a day and a week.

use crate::text::time;
use crate::{Error, Store};
use chrono::{DateTime, Utc};
use sqlx::{Sqlite, Transaction};
use std::collections::BTreeSet;
use umsync_engine::change::{Change, What};
use umsync_engine::key::GroupName;
use umsync_engine::limits::Class;
use umsync_engine::windows::{Spent, Window};

impl Store {
    /// These changes of a run, by position, were lifted by an approval: no window counts them.
    pub async fn mark_lifted(&self, run: &str, positions: &BTreeSet<usize>) -> Result<(), Error> {
        let doing = "note what was approved";
        let mut transaction = self.begin(doing).await?;
        for position in positions {
            sqlx::query("UPDATE changes SET lifted = 1 WHERE run = $1 AND position = $2")
                .bind(run)
                .bind(*position as i64)
                .execute(&mut *transaction)
                .await
                .map_err(self.failed(doing))?;
        }
        self.commit(doing, transaction).await
    }

    /// What was sent in the last day and the last week, or may have been.
    pub async fn spent(&self, organization: &str, now: DateTime<Utc>) -> Result<Spent, Error> {
        let rows: Vec<(String, Option<String>, String)> = sqlx::query_as(
            "SELECT class, adobe_group, at FROM removals WHERE organization = $1 AND at > $2 ORDER BY at",
        )
        .bind(organization)
        .bind(time(now - Window::Week.length()))
        .fetch_all(self.pool())
        .await
        .map_err(self.failed("read what was removed lately"))?;
        let mut spent = Spent::default();
        for (class, group, at) in rows {
            let class: Class = self.parse_json("a class of changes", &format!("\"{class}\""))?;
            let ago = now - self.parse_time("a removal", &at)?;
            if class == Class::GroupRemovals {
                spent.add(Class::Removals, None, ago);
            }
            spent.add(class, group.as_deref().map(GroupName::new), ago);
        }
        Ok(spent)
    }

    /// These changes are about to leave.
    pub(crate) async fn spend(
        &self,
        transaction: &mut Transaction<'static, Sqlite>,
        run: &str,
        positions: &[usize],
        at: DateTime<Utc>,
    ) -> Result<(), Error> {
        let failed = self.failed("note what is removed");
        for position in positions {
            let row: Option<(String, i64)> =
                sqlx::query_as("SELECT change, lifted FROM changes WHERE run = $1 AND position = $2")
                    .bind(run)
                    .bind(*position as i64)
                    .fetch_optional(&mut **transaction)
                    .await
                    .map_err(&failed)?;
            let Some((text, 0)) = row else { continue };
            let change: Change = self.parse_json("a change", &text)?;
            let Some((class, group)) = class(&change) else { continue };
            sqlx::query(
                "INSERT INTO removals (run, position, organization, class, adobe_group, at)
                 VALUES ($1, $2, (SELECT organization FROM runs WHERE id = $1), $3, $4, $5)
                 ON CONFLICT (run, position) DO UPDATE SET at = excluded.at",
            )
            .bind(run)
            .bind(*position as i64)
            .bind(class.key())
            .bind(group)
            .bind(time(at))
            .execute(&mut **transaction)
            .await
            .map_err(&failed)?;
        }
        Ok(())
    }

    /// These were not carried out.
    pub(crate) async fn unspend(
        &self,
        transaction: &mut Transaction<'static, Sqlite>,
        run: &str,
        positions: &[usize],
    ) -> Result<(), Error> {
        for position in positions {
            sqlx::query("DELETE FROM removals WHERE run = $1 AND position = $2")
                .bind(run)
                .bind(*position as i64)
                .execute(&mut **transaction)
                .await
                .map_err(self.failed("note what was not removed"))?;
        }
        Ok(())
    }
}

/// As what a change counts; `None` for one that takes nothing and renames nobody.
fn class(change: &Change) -> Option<(Class, Option<&str>)> {
    match &change.what {
        What::Lose { group } => Some((Class::GroupRemovals, Some(group.spelling()))),
        What::Leave => Some((Class::Leave, None)),
        What::Delete => Some((Class::Delete, None)),
        What::Update(_) if change.is_identity() => Some((Class::Identity, None)),
        What::Update(_)
        | What::CreateGroup
        | What::Describe(_)
        | What::Attach { .. }
        | What::CreateUser(_)
        | What::PushUser { .. }
        | What::Join { .. } => None,
    }
}
