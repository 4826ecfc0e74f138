//! Accounts of which nobody knows whether Adobe did what we asked.
//!
//! They are written with the intent, in one transaction, and leave when an outcome is known, when the account was read
//! back, or when a complete listing that began later was stored.

use crate::text::time;
use crate::{Error, Store};
use chrono::{DateTime, Utc};
use sqlx::{Sqlite, Transaction};
use std::collections::BTreeMap;
use umsync_engine::change::{Account, Target};
use umsync_engine::key::UserKey;

impl Store {
    /// The accounts to be read before anything is decided about them, by key. An account that several commands were
    /// about is given as the last of them knew it.
    pub async fn unsettled(&self, organization: &str) -> Result<Vec<Account>, Error> {
        let rows: Vec<String> = sqlx::query_scalar(
            "SELECT account FROM unsettled WHERE organization = $1 ORDER BY at, run, command",
        )
        .bind(organization)
        .fetch_all(self.pool())
        .await
        .map_err(self.failed("read what is unsettled"))?;
        let mut accounts = BTreeMap::new();
        for text in rows {
            let account: Account = self.parse_json("an account", &text)?;
            accounts.insert(account.key.clone(), account);
        }
        Ok(accounts.into_values().collect())
    }

    /// This account was read back: what the stored snapshot says of it is true again.
    ///
    /// Amend the snapshot with what was read first: the account is asked for again if a crash comes between.
    pub async fn settled_by_reading(&self, organization: &str, account: &UserKey) -> Result<(), Error> {
        sqlx::query("DELETE FROM unsettled WHERE organization = $1 AND account_key = $2")
            .bind(organization)
            .bind(account.as_str())
            .execute(self.pool())
            .await
            .map_err(self.failed("record what was read back"))?;
        Ok(())
    }

    /// A complete listing that began at `read_at` shows all that was asked before.
    pub(crate) async fn settled_by_listing(
        &self,
        transaction: &mut Transaction<'static, Sqlite>,
        organization: &str,
        read_at: DateTime<Utc>,
    ) -> Result<(), Error> {
        sqlx::query("DELETE FROM unsettled WHERE organization = $1 AND at <= $2")
            .bind(organization)
            .bind(time(read_at))
            .execute(&mut **transaction)
            .await
            .map_err(self.failed("record what a listing settles"))?;
        Ok(())
    }

    /// Every account that a command is about: its target, and whomever those of its changes name that are open.
    pub(crate) async fn unsettle(
        &self,
        transaction: &mut Transaction<'static, Sqlite>,
        run: &str,
        command: usize,
        open: impl Fn(usize) -> bool,
        at: DateTime<Utc>,
    ) -> Result<(), Error> {
        let failed = self.failed("record what is unsettled");
        let stored = self.command(transaction, run, command).await?;
        let changes = self.changes_of(transaction, run, &stored, open).await?;
        let mut targets = vec![stored.target];
        targets.extend(changes.into_iter().map(|change| change.target));
        let mut accounts = BTreeMap::new();
        for target in targets {
            match target {
                Target::User(account) => accounts.insert(account.key.clone(), account),
                Target::Group(_) => None,
            };
        }
        for (key, account) in accounts {
            sqlx::query(
                "INSERT INTO unsettled (run, command, account_key, organization, at, account)
                 VALUES ($1, $2, $3, (SELECT organization FROM runs WHERE id = $1), $4, $5)
                 ON CONFLICT (run, command, account_key) DO UPDATE SET at = excluded.at",
            )
            .bind(run)
            .bind(command as i64)
            .bind(key.as_str())
            .bind(time(at))
            .bind(self.to_json("an account", &account)?)
            .execute(&mut **transaction)
            .await
            .map_err(&failed)?;
        }
        Ok(())
    }

    /// The outcome of a command is known.
    pub(crate) async fn settled_by_answer(
        &self,
        transaction: &mut Transaction<'static, Sqlite>,
        run: &str,
        command: usize,
    ) -> Result<(), Error> {
        sqlx::query("DELETE FROM unsettled WHERE run = $1 AND command = $2")
            .bind(run)
            .bind(command as i64)
            .execute(&mut **transaction)
            .await
            .map_err(self.failed("record what is settled"))?;
        Ok(())
    }
}
