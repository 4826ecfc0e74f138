//! The journal: the changes and commands of each run's plan, and what became of them.
//!
//! A command is *intended* before its request leaves and *settled* when its outcome is known. A crash between the two
//! leaves an intent, which the next run reads as: this may have happened, ask Adobe.

use crate::text::time;
use crate::{Error, Store};
use chrono::{DateTime, Utc};
use sqlx::{QueryBuilder, Sqlite, Transaction};
use std::collections::BTreeMap;
use std::sync::Arc;
use umsync_engine::change::{Change, Target};
use umsync_engine::command::{Command, Exception, Outcome, Verdict};
use umsync_engine::key::UserKey;

/// Rows per statement: five values each stay far below the 32 766 that SQLite takes.
const ROWS: usize = 1_000;

/// One change of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its position in the plan's `changes`.
    pub position: usize,
    /// The change.
    pub change: Change,
    /// The command that carries it out; of several (a group's command and what replaces it) the last intended one.
    pub command: Option<Arc<Entry>>,
}

/// One command of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its position in the plan's `commands`.
    pub position: usize,
    /// The command.
    pub command: Command,
    /// When it was about to leave; `None` when it never was.
    pub intended: Option<DateTime<Utc>>,
    /// What became of it, and when that was known.
    pub settled: Option<(Verdict, DateTime<Utc>)>,
    /// Its changes that ended otherwise.
    pub exceptions: Vec<Exception>,
}

impl Row {
    /// What became of the change, where that was known.
    pub fn settled(&self) -> Option<&Verdict> {
        let entry = self.command.as_ref()?;
        let exception = entry.exceptions.iter().find(|exception| exception.change == self.position);
        let whole = entry.settled.as_ref().map(|(verdict, _)| verdict);
        exception.map(|exception| &exception.verdict).or(whole)
    }
}

impl Store {
    /// Writes down everything that a run is about to do.
    pub async fn record_plan(
        &self,
        run: &str,
        commands: &[Command],
        changes: &[Change],
    ) -> Result<(), Error> {
        let doing = "record the plan";
        let mut transaction = self.begin(doing).await?;
        for (chunk, changes) in changes.chunks(ROWS).enumerate() {
            let rows = self.numbered("a change", chunk, changes)?.into_iter().zip(changes);
            QueryBuilder::<Sqlite>::new("INSERT INTO changes (run, position, change, account_id, email) ")
                .push_values(rows, |mut row, ((position, text), change)| {
                    let (id, email) = match &change.target {
                        Target::User(account) => (account.id(), Some(folded_email(&account.key))),
                        Target::Group(_) => (None, None),
                    };
                    row.push_bind(run).push_bind(position).push_bind(text).push_bind(id).push_bind(email);
                })
                .build()
                .persistent(false)
                .execute(&mut *transaction)
                .await
                .map_err(self.failed(doing))?;
        }
        for (chunk, commands) in commands.chunks(ROWS).enumerate() {
            let rows = self.numbered("a command", chunk, commands)?;
            QueryBuilder::<Sqlite>::new("INSERT INTO commands (run, position, command) ")
                .push_values(rows, |mut row, (position, text)| {
                    row.push_bind(run).push_bind(position).push_bind(text);
                })
                .build()
                .persistent(false)
                .execute(&mut *transaction)
                .await
                .map_err(self.failed(doing))?;
        }
        self.commit(doing, transaction).await
    }

    /// Writes down that a request with these commands is about to leave. When this returns, a crash cannot hide it.
    ///
    /// A command that is sent once more forgets its former outcome.
    pub async fn intend(&self, run: &str, commands: &[usize], at: DateTime<Utc>) -> Result<(), Error> {
        let doing = "record what is about to be sent";
        let mut transaction = self.begin(doing).await?;
        for &command in commands {
            let done = sqlx::query(
                "UPDATE commands SET intended_at = $3, verdict = NULL, exceptions = NULL, settled_at = NULL
                 WHERE run = $1 AND position = $2",
            )
            .bind(run)
            .bind(command as i64)
            .bind(time(at))
            .execute(&mut *transaction)
            .await
            .map_err(self.failed(doing))?;
            self.known_command(run, command, done.rows_affected())?;
            self.unsettle(&mut transaction, run, command, |_| true, at).await?;
            let stored = self.command(&mut transaction, run, command).await?;
            self.spend(&mut transaction, run, &stored.changes, at).await?;
        }
        self.commit(doing, transaction).await
    }

    /// Writes down what became of commands, and with it which memberships were [given](Store::given).
    pub async fn settle(&self, run: &str, outcomes: &[Outcome], at: DateTime<Utc>) -> Result<(), Error> {
        let doing = "record outcomes";
        let mut transaction = self.begin(doing).await?;
        for outcome in outcomes {
            let Outcome { command, verdict, notes: _, exceptions } = outcome;
            let told =
                if exceptions.is_empty() { None } else { Some(self.to_json("exceptions", exceptions)?) };
            let done = sqlx::query(
                "UPDATE commands SET verdict = $3, exceptions = $4, settled_at = $5
                 WHERE run = $1 AND position = $2",
            )
            .bind(run)
            .bind(*command as i64)
            .bind(self.to_json("an outcome", verdict)?)
            .bind(told)
            .bind(time(at))
            .execute(&mut *transaction)
            .await
            .map_err(self.failed(doing))?;
            self.known_command(run, *command, done.rows_affected())?;
            let is_unknown = |verdict: &Verdict| matches!(verdict, Verdict::Unknown { .. });
            if !is_unknown(verdict) {
                self.settled_by_answer(&mut transaction, run, *command).await?;
            }
            if is_unknown(verdict) || exceptions.iter().any(|exception| is_unknown(&exception.verdict)) {
                let open = |change| is_unknown(outcome.of(change));
                self.unsettle(&mut transaction, run, *command, open, at).await?;
            }
            if *verdict != Verdict::Done || !exceptions.is_empty() {
                let stored = self.command(&mut transaction, run, *command).await?;
                let undone = |change: &usize| {
                    matches!(outcome.of(*change), Verdict::Refused { .. } | Verdict::NotSent { .. })
                };
                let undone: Vec<usize> = stored.changes.into_iter().filter(undone).collect();
                self.unspend(&mut transaction, run, &undone).await?;
            }
            let is_done = |change| *outcome.of(change) == Verdict::Done;
            if *verdict == Verdict::Done || !exceptions.is_empty() {
                self.carried_out(&mut transaction, run, *command, is_done, at).await?;
            }
        }
        self.commit(doing, transaction).await
    }

    /// Every change of a run in the plan's order, with what became of it.
    pub async fn journal(&self, run: &str) -> Result<Vec<Row>, Error> {
        let mut carriers = self.carriers(run).await?;
        let changes: Vec<(i64, String)> =
            sqlx::query_as("SELECT position, change FROM changes WHERE run = $1 ORDER BY position")
                .bind(run)
                .fetch_all(self.pool())
                .await
                .map_err(self.failed("read the journal"))?;
        let mut rows = Vec::with_capacity(changes.len());
        for (position, text) in changes {
            let position = position as usize;
            let change = self.parse_json("a change", &text)?;
            rows.push(Row { position, change, command: carriers.remove(&position) });
        }
        Ok(rows)
    }

    /// For each change of a run, by position, the command that carries it out.
    pub(crate) async fn carriers(&self, run: &str) -> Result<BTreeMap<usize, Arc<Entry>>, Error> {
        let mut carriers: BTreeMap<usize, Arc<Entry>> = BTreeMap::new();
        for entry in self.entries(run).await? {
            let entry = Arc::new(entry);
            for &change in &entry.command.changes {
                let other = carriers.entry(change).or_insert_with(|| entry.clone());
                if other.intended < entry.intended {
                    *other = entry.clone();
                }
            }
        }
        Ok(carriers)
    }

    /// Every command of a run in the plan's order.
    pub async fn entries(&self, run: &str) -> Result<Vec<Entry>, Error> {
        type Stored = (i64, String, Option<String>, Option<String>, Option<String>, Option<String>);
        let rows: Vec<Stored> = sqlx::query_as(
            "SELECT position, command, intended_at, verdict, exceptions, settled_at
             FROM commands WHERE run = $1 ORDER BY position",
        )
        .bind(run)
        .fetch_all(self.pool())
        .await
        .map_err(self.failed("read the journal"))?;
        let mut entries = Vec::with_capacity(rows.len());
        for (position, command, intended, verdict, exceptions, settled) in rows {
            let intended = match intended {
                Some(text) => Some(self.parse_time("an intent", &text)?),
                None => None,
            };
            let settled = match (verdict, settled) {
                (Some(verdict), Some(at)) => {
                    Some((self.parse_json("an outcome", &verdict)?, self.parse_time("an outcome", &at)?))
                }
                _ => None,
            };
            let exceptions = match exceptions {
                Some(text) => self.parse_json("exceptions", &text)?,
                None => Vec::new(),
            };
            let command = self.parse_json("a command", &command)?;
            entries.push(Entry { position: position as usize, command, intended, settled, exceptions });
        }
        Ok(entries)
    }

    /// The JSON of a chunk's members with their positions in the whole.
    fn numbered<T: serde::Serialize>(
        &self,
        what: &'static str,
        chunk: usize,
        members: &[T],
    ) -> Result<Vec<(i64, String)>, Error> {
        members
            .iter()
            .enumerate()
            .map(|(at, member)| Ok(((chunk * ROWS + at) as i64, self.to_json(what, member)?)))
            .collect()
    }

    fn known_command(&self, run: &str, command: usize, rows: u64) -> Result<(), Error> {
        if rows == 0 {
            let what = format!("command {command} of run {run}");
            return Err(Error::Unknown { what, path: self.path().to_owned() });
        }
        Ok(())
    }

    /// One recorded command, inside a transaction.
    pub(crate) async fn command(
        &self,
        transaction: &mut Transaction<'static, Sqlite>,
        run: &str,
        command: usize,
    ) -> Result<Command, Error> {
        let text: String =
            sqlx::query_scalar("SELECT command FROM commands WHERE run = $1 AND position = $2")
                .bind(run)
                .bind(command as i64)
                .fetch_one(&mut **transaction)
                .await
                .map_err(self.failed("read a command"))?;
        self.parse_json("a command", &text)
    }

    /// Those of the recorded changes that a command carries out which `wanted` names.
    pub(crate) async fn changes_of(
        &self,
        transaction: &mut Transaction<'static, Sqlite>,
        run: &str,
        command: &Command,
        wanted: impl Fn(usize) -> bool,
    ) -> Result<Vec<Change>, Error> {
        let mut changes = Vec::with_capacity(command.changes.len());
        for &change in command.changes.iter().filter(|change| wanted(**change)) {
            let text: Option<String> =
                sqlx::query_scalar("SELECT change FROM changes WHERE run = $1 AND position = $2")
                    .bind(run)
                    .bind(change as i64)
                    .fetch_optional(&mut **transaction)
                    .await
                    .map_err(self.failed("read a change"))?;
            if let Some(text) = text {
                changes.push(self.parse_json("a change", &text)?);
            }
        }
        Ok(changes)
    }
}

/// The email in a key, which is folded: `organization/jane@example.com`.
fn folded_email(key: &UserKey) -> &str {
    key.as_str().split_once('/').map_or(key.as_str(), |(_, email)| email)
}
