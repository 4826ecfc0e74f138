//! Memberships that we gave, so that what others gave can be told apart.

use crate::text::time;
use crate::{Error, Store};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::{Sqlite, Transaction};
use std::collections::BTreeMap;
use umsync_engine::change::{Account, Field, Target, What};
use umsync_engine::key::{GroupName, UserKey};

/// A membership that we gave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Given {
    /// In which group.
    pub group: GroupName,
    /// When Adobe had answered well.
    pub at: DateTime<Utc>,
}

impl Store {
    /// The memberships that we gave an account and did not take since, by group.
    pub async fn given(&self, organization: &str, account: &UserKey) -> Result<Vec<Given>, Error> {
        let rows: Vec<(String, String)> = sqlx::query_as(
            "SELECT group_name, at FROM given WHERE organization = $1 AND account_key = $2 ORDER BY group_key",
        )
        .bind(organization)
        .bind(account.as_str())
        .fetch_all(self.pool())
        .await
        .map_err(self.failed("read what was given"))?;
        rows.into_iter().map(|(group, at)| self.given_of(group, at)).collect()
    }

    /// How many memberships we gave in each group and did not take since.
    pub async fn given_groups(&self, organization: &str) -> Result<BTreeMap<GroupName, usize>, Error> {
        let rows: Vec<(String, i64)> = sqlx::query_as(
            "SELECT min(group_name), count(*) FROM given WHERE organization = $1 GROUP BY group_key",
        )
        .bind(organization)
        .fetch_all(self.pool())
        .await
        .map_err(self.failed("read what was given"))?;
        let count = |count| usize::try_from(count).unwrap_or_default();
        Ok(rows.into_iter().map(|(group, given)| (GroupName::from(group), count(given))).collect())
    }

    /// What an organization was given, by account.
    pub(crate) async fn all_given(
        &self,
        doing: &'static str,
        transaction: &mut Transaction<'static, Sqlite>,
        organization: &str,
    ) -> Result<BTreeMap<String, Vec<Given>>, Error> {
        let rows: Vec<(String, String, String)> = sqlx::query_as(
            "SELECT account_key, group_name, at FROM given
             WHERE organization = $1 ORDER BY account_key, group_key",
        )
        .bind(organization)
        .fetch_all(&mut **transaction)
        .await
        .map_err(self.failed(doing))?;
        let mut given: BTreeMap<String, Vec<Given>> = BTreeMap::new();
        for (account, group, at) in rows {
            given.entry(account).or_default().push(self.given_of(group, at)?);
        }
        Ok(given)
    }

    fn given_of(&self, group: String, at: String) -> Result<Given, Error> {
        Ok(Given { group: GroupName::from(group), at: self.parse_time("a membership", &at)? })
    }

    /// Adobe carried out this command.
    pub(crate) async fn carried_out(
        &self,
        transaction: &mut Transaction<'static, Sqlite>,
        run: &str,
        command: usize,
        done: impl Fn(usize) -> bool,
        at: DateTime<Utc>,
    ) -> Result<(), Error> {
        let command = self.command(transaction, run, command).await?;
        let mut changes = self.changes_of(transaction, run, &command, done).await?;
        if changes.is_empty() {
            return Ok(());
        }
        let organization: String = sqlx::query_scalar("SELECT organization FROM runs WHERE id = $1")
            .bind(run)
            .fetch_one(&mut **transaction)
            .await
            .map_err(self.failed("read the run"))?;
        // The documented order of steps: what is given in the same command is given under the new email.
        changes.sort_by_key(|change| !matches!(change.what, What::Update(_)));
        for change in changes {
            let Target::User(account) = &change.target else { continue };
            if let What::Update(update) = &change.what {
                if update.field == Field::Email {
                    self.rename(transaction, run, &organization, account, &update.to).await?;
                }
                continue;
            }
            let key = self.key_now(transaction, run, &account.key).await?;
            match &change.what {
                What::Join { group } => self.give(transaction, &organization, &key, group, at).await?,
                What::Lose { group } => self.take(transaction, &organization, &key, group).await?,
                What::Leave | What::Delete => {
                    self.take_all(transaction, &organization, &key).await?;
                }
                What::Update(_)
                | What::CreateUser(_)
                | What::PushUser { .. }
                | What::CreateGroup
                | What::Describe(_)
                | What::Attach { .. } => {}
            }
        }
        Ok(())
    }

    pub(crate) async fn give(
        &self,
        transaction: &mut Transaction<'static, Sqlite>,
        organization: &str,
        key: &str,
        group: &GroupName,
        at: DateTime<Utc>,
    ) -> Result<(), Error> {
        sqlx::query(
            "INSERT INTO given (organization, account_key, group_key, group_name, at) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (organization, account_key, group_key) DO UPDATE
             SET group_name = excluded.group_name, at = excluded.at",
        )
        .bind(organization)
        .bind(key)
        .bind(group.folded())
        .bind(group.spelling())
        .bind(time(at))
        .execute(&mut **transaction)
        .await
        .map_err(self.failed("record what was given"))?;
        Ok(())
    }

    async fn take(
        &self,
        transaction: &mut Transaction<'static, Sqlite>,
        organization: &str,
        key: &str,
        group: &GroupName,
    ) -> Result<(), Error> {
        sqlx::query("DELETE FROM given WHERE organization = $1 AND account_key = $2 AND group_key = $3")
            .bind(organization)
            .bind(key)
            .bind(group.folded())
            .execute(&mut **transaction)
            .await
            .map_err(self.failed("record what was taken"))?;
        Ok(())
    }

    /// Forgets everything that an account was given; tells how much that was.
    pub(crate) async fn take_all(
        &self,
        transaction: &mut Transaction<'static, Sqlite>,
        organization: &str,
        key: &str,
    ) -> Result<u64, Error> {
        let gone = sqlx::query("DELETE FROM given WHERE organization = $1 AND account_key = $2")
            .bind(organization)
            .bind(key)
            .execute(&mut **transaction)
            .await
            .map_err(self.failed("record what was taken"))?;
        Ok(gone.rows_affected())
    }

    /// The account has another email from now on, and so another key. A second answer about it changes nothing.
    async fn rename(
        &self,
        transaction: &mut Transaction<'static, Sqlite>,
        run: &str,
        organization: &str,
        account: &Account,
        email: &str,
    ) -> Result<(), Error> {
        let new = UserKey::new(account.ownership(), email);
        if new == account.key || self.key_now(transaction, run, &account.key).await? == new.as_str() {
            return Ok(());
        }
        let failed = self.failed("record the new email");
        // Whatever stands under the new email was given to an account that is no more: Adobe gave the email away.
        self.take_all(transaction, organization, new.as_str()).await?;
        sqlx::query("UPDATE given SET account_key = $3 WHERE organization = $1 AND account_key = $2")
            .bind(organization)
            .bind(account.key.as_str())
            .bind(new.as_str())
            .execute(&mut **transaction)
            .await
            .map_err(&failed)?;
        sqlx::query("INSERT INTO renamed (run, account_key, new_key) VALUES ($1, $2, $3)")
            .bind(run)
            .bind(account.key.as_str())
            .bind(new.as_str())
            .execute(&mut **transaction)
            .await
            .map_err(&failed)?;
        Ok(())
    }

    /// The key of an account that a run may have renamed since it was planned.
    async fn key_now(
        &self,
        transaction: &mut Transaction<'static, Sqlite>,
        run: &str,
        key: &UserKey,
    ) -> Result<String, Error> {
        let new: Option<String> =
            sqlx::query_scalar("SELECT new_key FROM renamed WHERE run = $1 AND account_key = $2")
                .bind(run)
                .bind(key.as_str())
                .fetch_optional(&mut **transaction)
                .await
                .map_err(self.failed("read the new email"))?;
        Ok(new.unwrap_or_else(|| key.as_str().to_owned()))
    }
}
