//! Forgetting one person, because they ask for it.

use crate::mention::Mentions;
use crate::person::{PersonTraces, account_id, key_email};
use crate::{Error, Store};
use serde_json::Value;
use sqlx::{Sqlite, Transaction};
use std::collections::BTreeSet;
use umsync_engine::change::{Account, Target};
use umsync_engine::command::Command;
use umsync_engine::key::{Ownership, UserKey};

/// How much of a person was forgotten.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Forgotten {
    /// Links with their histories.
    pub links: u64,
    /// Memberships that we gave.
    pub given: u64,
    /// Absences.
    pub absences: u64,
    /// Orders of an administrator.
    pub orders: u64,
    /// Departures.
    pub departures: u64,
    /// Refused changes.
    pub failing: u64,
    /// Creations.
    pub created: u64,
    /// Unresolved members of groups that were accepted.
    pub accepted: u64,
    /// Addresses and accounts that one of several directories gave.
    pub gave: u64,
    /// Accounts that were to be read back.
    pub unsettled: u64,
    /// Changes in the journal.
    pub changes: u64,
    /// Commands in the journal.
    pub commands: u64,
    /// Users, readable or not, in the stored snapshot.
    pub users: u64,
    /// Whole reports of runs.
    pub reports: u64,
    /// Whole plans, with their approvals.
    pub plans: u64,
    /// Summaries and answers of Adobe in which the sentences about them were replaced.
    pub texts: u64,
}

type Open = Transaction<'static, Sqlite>;

impl Store {
    /// Forgets one person: their links, which directories gave them, what they were given, absences, orders, departures, refusals and creations, what
    /// is unsettled about them, the journal's changes and commands about their accounts, and their user in the stored
    /// snapshot. Reports and plans that mention them by email, id, DN or anchor go whole, for they hold names that nobody
    /// could find by these. Logs, backups and what was sent elsewhere are not the store's.
    ///
    /// Runs about them that have not ended are an error and nothing is forgotten. Adobe and the directory know nothing of
    /// this: whoever is still there comes back with the next run. What was deleted stays on free pages of the file until
    /// [`Store::compact`].
    pub async fn forget_person(&self, organization: &str, person: &PersonTraces) -> Result<Forgotten, Error> {
        let doing = FORGET;
        let mut transaction = self.begin(doing).await?;
        let open = &mut transaction;
        let runs = self.runs_about(open, organization, person).await?;
        let mentions = Mentions::of(person);
        let mut forgotten = Forgotten::default();
        for anchor in &person.anchors {
            let statement = "DELETE FROM links WHERE organization = $1 AND anchor = $2";
            forgotten.links += self.delete(open, statement, organization, anchor.as_str()).await?;
        }
        for id in &person.ids {
            let statement = "DELETE FROM links WHERE organization = $1 AND adobe_id = $2";
            forgotten.links += self.delete(open, statement, organization, id).await?;
            let statement = "DELETE FROM changes WHERE run IN (SELECT id FROM runs WHERE organization = $1) AND account_id = $2";
            forgotten.changes += self.delete(open, statement, organization, id).await?;
        }
        for email in &person.emails {
            for ownership in [Ownership::Organization, Ownership::Personal] {
                let key = UserKey::new(ownership, email);
                forgotten.given += self.take_all(open, organization, key.as_str()).await?;
                for statement in [
                    "DELETE FROM renamed WHERE run IN (SELECT id FROM runs WHERE organization = $1) AND account_key = $2",
                    "DELETE FROM renamed WHERE run IN (SELECT id FROM runs WHERE organization = $1) AND new_key = $2",
                ] {
                    self.delete(open, statement, organization, key.as_str()).await?;
                }
            }
            let statement = "DELETE FROM departures WHERE organization = $1 AND email_key = $2";
            forgotten.departures += self.delete(open, statement, organization, email).await?;
            let statement = "DELETE FROM changes WHERE run IN (SELECT id FROM runs WHERE organization = $1) AND email = $2 AND account_id IS NULL";
            forgotten.changes += self.delete(open, statement, organization, email).await?;
        }
        let leavers = "SELECT account, email FROM absences WHERE organization = $1";
        for account in self.accounts(open, leavers, organization, person).await? {
            let statement = "DELETE FROM absences WHERE organization = $1 AND account = $2";
            forgotten.absences += self.delete(open, statement, organization, &account).await?;
        }
        let ordered = "SELECT account, email FROM orders WHERE organization = $1";
        for account in self.accounts(open, ordered, organization, person).await? {
            let statement = "DELETE FROM orders WHERE organization = $1 AND account = $2";
            forgotten.orders += self.delete(open, statement, organization, &account).await?;
        }
        let created = "SELECT fingerprint, account FROM created WHERE organization = $1";
        for (fingerprint, account) in self.pairs(open, created, organization).await? {
            if person.own_account(&self.parse_json::<Account>("an account", &account)?) {
                let statement = "DELETE FROM created WHERE organization = $1 AND fingerprint = $2";
                forgotten.created += self.delete(open, statement, organization, &fingerprint).await?;
            }
        }
        let failing = "SELECT fingerprint, change || ' ' || message FROM failing WHERE organization = $1";
        for (fingerprint, text) in self.pairs(open, failing, organization).await? {
            if mentions.in_text(&text) {
                let statement = "DELETE FROM failing WHERE organization = $1 AND fingerprint = $2";
                forgotten.failing += self.delete(open, statement, organization, &fingerprint).await?;
            }
        }
        forgotten.gave = self.forget_gave(open, organization, person).await?;
        forgotten.accepted = self.forget_accepted(open, organization, &mentions).await?;
        let unsettled = "SELECT account_key, account FROM unsettled WHERE organization = $1";
        for (key, account) in self.pairs(open, unsettled, organization).await? {
            if person.own_account(&self.parse_json::<Account>("an account", &account)?) {
                let statement = "DELETE FROM unsettled WHERE organization = $1 AND account_key = $2";
                forgotten.unsettled += self.delete(open, statement, organization, &key).await?;
            }
        }
        for run in runs {
            self.forget_commands(open, &run, person, &mentions, &mut forgotten).await?;
        }
        forgotten.users = self.forget_user(open, organization, person).await?;
        self.forget_texts(open, organization, &mentions, &mut forgotten).await?;
        self.commit(doing, transaction).await?;
        Ok(forgotten)
    }

    /// The runs whose journals know the person. All of them must have ended.
    async fn runs_about(
        &self,
        open: &mut Open,
        organization: &str,
        person: &PersonTraces,
    ) -> Result<BTreeSet<String>, Error> {
        let by_id = "SELECT run, ended_at FROM changes JOIN runs ON runs.id = run
                     WHERE organization = $1 AND account_id = $2 GROUP BY run, ended_at";
        let by_email = "SELECT run, ended_at FROM changes JOIN runs ON runs.id = run
                        WHERE organization = $1 AND changes.email = $2 GROUP BY run, ended_at";
        let ids = person.ids.iter().map(|id| (by_id, id));
        let emails = person.emails.iter().map(|email| (by_email, email));
        let (mut runs, mut going) = (BTreeSet::new(), BTreeSet::new());
        for (statement, value) in ids.chain(emails) {
            let rows: Vec<(String, Option<String>)> = sqlx::query_as(statement)
                .bind(organization)
                .bind(value)
                .fetch_all(&mut **open)
                .await
                .map_err(self.failed(FORGET))?;
            going.extend(rows.iter().filter(|(_, end)| end.is_none()).map(|(run, _)| run.clone()));
            runs.extend(rows.into_iter().map(|(run, _)| run));
        }
        if going.is_empty() {
            return Ok(runs);
        }
        Err(Error::Going { runs: going.into_iter().collect(), path: self.path().to_owned() })
    }

    /// Commands that name them go; of the others, who were sent for many, only what Adobe said about them.
    async fn forget_commands(
        &self,
        open: &mut Open,
        run: &str,
        person: &PersonTraces,
        mentions: &Mentions,
        forgotten: &mut Forgotten,
    ) -> Result<(), Error> {
        let failed = self.failed(FORGET);
        let commands: Vec<(i64, String, Option<String>, Option<String>)> =
            sqlx::query_as("SELECT position, command, verdict, exceptions FROM commands WHERE run = $1")
                .bind(run)
                .fetch_all(&mut **open)
                .await
                .map_err(&failed)?;
        for (position, command, verdict, exceptions) in commands {
            let command: Command = self.parse_json("a command", &command)?;
            if matches!(&command.target, Target::User(account) if person.own_account(account)) {
                sqlx::query("DELETE FROM commands WHERE run = $1 AND position = $2")
                    .bind(run)
                    .bind(position)
                    .execute(&mut **open)
                    .await
                    .map_err(&failed)?;
                forgotten.commands += 1;
                continue;
            }
            if let Some(rest) = command.without(|account| person.own_account(account)) {
                sqlx::query("UPDATE commands SET command = $3 WHERE run = $1 AND position = $2")
                    .bind(run)
                    .bind(position)
                    .bind(self.to_json("a command", &rest)?)
                    .execute(&mut **open)
                    .await
                    .map_err(&failed)?;
                forgotten.texts += 1;
            }
            for (column, text) in [("verdict", verdict), ("exceptions", exceptions)] {
                let Some(text) = text else { continue };
                let mut said: Value = self.parse_json("an outcome", &text)?;
                if mentions.take_out(&mut said) {
                    let query = format!("UPDATE commands SET {column} = $3 WHERE run = $1 AND position = $2");
                    sqlx::query(sqlx::AssertSqlSafe(query))
                        .bind(run)
                        .bind(position)
                        .bind(self.to_json("an outcome", &said)?)
                        .execute(&mut **open)
                        .await
                        .map_err(&failed)?;
                    forgotten.texts += 1;
                }
            }
        }
        Ok(())
    }

    async fn forget_user(
        &self,
        open: &mut Open,
        organization: &str,
        person: &PersonTraces,
    ) -> Result<u64, Error> {
        let Some(mut snapshot) = self.snapshot_in(open, organization).await? else { return Ok(0) };
        let before = snapshot.users.len() + snapshot.unreadable.len();
        snapshot.users.retain(|user| !person.own(user.id(), user.email()));
        snapshot.unreadable.retain(|user| !person.own(Some(&user.who), &user.who));
        let gone = before - snapshot.users.len() - snapshot.unreadable.len();
        if gone > 0 {
            self.put_snapshot(open, organization, &snapshot).await?;
        }
        Ok(gone as u64)
    }

    /// Reports, plans and summaries. They are read one by one: together they may be larger than memory.
    async fn forget_texts(
        &self,
        open: &mut Open,
        organization: &str,
        mentions: &Mentions,
        forgotten: &mut Forgotten,
    ) -> Result<(), Error> {
        let failed = self.failed(FORGET);
        let ids = "SELECT id FROM runs WHERE organization = $1";
        for run in self.words(open, ids, organization).await? {
            let (summary, report): (Option<String>, Option<Vec<u8>>) =
                sqlx::query_as("SELECT summary, report FROM runs WHERE id = $1")
                    .bind(&run)
                    .fetch_one(&mut **open)
                    .await
                    .map_err(&failed)?;
            if let Some(text) = summary {
                let mut summary: Value = self.parse_json("a summary", &text)?;
                if mentions.take_out(&mut summary) {
                    sqlx::query("UPDATE runs SET summary = $2 WHERE id = $1")
                        .bind(&run)
                        .bind(self.to_json("a summary", &summary)?)
                        .execute(&mut **open)
                        .await
                        .map_err(&failed)?;
                    forgotten.texts += 1;
                }
            }
            if let Some(report) = report
                && mentions.in_value(&self.parse_large("a report", &report)?)
            {
                let statement = "UPDATE runs SET report = NULL WHERE organization = $1 AND id = $2";
                forgotten.reports += self.delete(open, statement, organization, &run).await?;
            }
        }
        let ids = "SELECT id FROM plans WHERE organization = $1";
        for plan in self.words(open, ids, organization).await? {
            let kept: Vec<u8> = sqlx::query_scalar("SELECT plan FROM plans WHERE id = $1")
                .bind(&plan)
                .fetch_one(&mut **open)
                .await
                .map_err(&failed)?;
            if mentions.in_value(&self.parse_large("a plan", &kept)?) {
                let statement = "DELETE FROM plans WHERE organization = $1 AND id = $2";
                forgotten.plans += self.delete(open, statement, organization, &plan).await?;
                let statement = "DELETE FROM approvals WHERE organization = $1 AND plan = $2";
                self.delete(open, statement, organization, &plan).await?;
            }
        }
        Ok(())
    }

    /// The accounts that are theirs, of a statement that gives accounts and emails.
    async fn accounts(
        &self,
        open: &mut Open,
        statement: &'static str,
        organization: &str,
        person: &PersonTraces,
    ) -> Result<Vec<String>, Error> {
        let mut accounts = self.pairs(open, statement, organization).await?;
        accounts.retain(|(account, email)| {
            person.own(account_id(account), email) || person.emails.contains(key_email(account))
        });
        Ok(accounts.into_iter().map(|(account, _)| account).collect())
    }

    async fn pairs(
        &self,
        open: &mut Open,
        statement: &'static str,
        organization: &str,
    ) -> Result<Vec<(String, String)>, Error> {
        sqlx::query_as(statement).bind(organization).fetch_all(&mut **open).await.map_err(self.failed(FORGET))
    }

    async fn words(
        &self,
        open: &mut Open,
        statement: &'static str,
        organization: &str,
    ) -> Result<Vec<String>, Error> {
        sqlx::query_scalar(statement)
            .bind(organization)
            .fetch_all(&mut **open)
            .await
            .map_err(self.failed(FORGET))
    }

    /// How many rows a statement about one value met.
    async fn delete(
        &self,
        open: &mut Open,
        statement: &'static str,
        organization: &str,
        value: &str,
    ) -> Result<u64, Error> {
        let gone = sqlx::query(statement)
            .bind(organization)
            .bind(value)
            .execute(&mut **open)
            .await
            .map_err(self.failed(FORGET))?;
        Ok(gone.rows_affected())
    }
}

const FORGET: &str = "forget a person";
