//! Runs: who ran what, when, under which configuration, and how it ended.

use crate::text::time;
use crate::{Error, Store};
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use sqlx::FromRow;

/// What is known when a run begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunStart {
    /// Given by the caller; in text order later runs come after earlier ones.
    pub id: String,
    /// Which organization it is about.
    pub organization: String,
    /// What was asked for: `sync`, `plan --out plan.json`.
    pub command: String,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// The hash of what the configuration means.
    pub configuration: String,
    /// Where the configuration was read.
    pub config_path: String,
    /// The program's version.
    pub version: String,
}

/// What is known when it ends.
#[derive(Debug, Clone, PartialEq)]
pub struct RunEnd {
    /// When it ended.
    pub at: DateTime<Utc>,
    /// With which exit code.
    pub exit_code: u8,
    /// The plan it made, if it came that far.
    pub plan_id: Option<String>,
    /// The numbers, for a history.
    pub summary: Value,
}

/// One run. Without an end it is still going, or was cut off.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// How it began.
    pub start: RunStart,
    /// The execution stamp that it wrote; `None` as long as it has sent nothing.
    pub execution: Option<DateTime<Utc>>,
    /// Why nobody will go on with what it left undone.
    pub dropped: Option<String>,
    /// How it ended.
    pub end: Option<RunEnd>,
}

/// A run as it is stored. A report is read apart, for it may be large.
#[derive(FromRow)]
struct Stored {
    id: String,
    organization: String,
    command: String,
    started_at: String,
    configuration: String,
    config_path: String,
    version: String,
    ended_at: Option<String>,
    exit_code: Option<i64>,
    plan_id: Option<String>,
    summary: Option<String>,
    execution: Option<String>,
    dropped: Option<String>,
}

impl Store {
    /// Records that a run begins.
    pub async fn begin_run(&self, start: &RunStart) -> Result<(), Error> {
        let RunStart { id, organization, command, started_at, configuration, config_path, version } = start;
        sqlx::query(
            "INSERT INTO runs (id, organization, command, started_at, configuration, config_path, version)
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(id)
        .bind(organization)
        .bind(command)
        .bind(time(*started_at))
        .bind(configuration)
        .bind(config_path)
        .bind(version)
        .execute(self.pool())
        .await
        .map_err(self.failed("record the run"))?;
        Ok(())
    }

    /// Records how a run ended.
    pub async fn finish_run(&self, id: &str, end: &RunEnd) -> Result<(), Error> {
        let RunEnd { at, exit_code, plan_id, summary } = end;
        let done = sqlx::query(
            "UPDATE runs SET ended_at = $2, exit_code = $3, plan_id = $4, summary = $5 WHERE id = $1",
        )
        .bind(id)
        .bind(time(*at))
        .bind(i64::from(*exit_code))
        .bind(plan_id.as_deref())
        .bind(self.to_json("a summary", summary)?)
        .execute(self.pool())
        .await
        .map_err(self.failed("record the end of the run"))?;
        self.known_run(id, done.rows_affected())
    }

    /// Keeps a run's report; one already there is replaced.
    pub async fn save_report(&self, run: &str, report: &(impl Serialize + Sync)) -> Result<(), Error> {
        let keep = sqlx::query("UPDATE runs SET report = $2 WHERE id = $1").bind(run);
        let keep = self.to_large("a report", report)?.bind(keep);
        let done = keep.execute(self.pool()).await.map_err(self.failed("keep the report"))?;
        self.known_run(run, done.rows_affected())
    }

    /// Whether a run is known to have ended.
    pub async fn is_ended(&self, run: &str) -> Result<bool, Error> {
        let ended: Option<bool> = sqlx::query_scalar("SELECT ended_at IS NOT NULL FROM runs WHERE id = $1")
            .bind(run)
            .fetch_optional(self.pool())
            .await
            .map_err(self.failed("read the run"))?;
        Ok(ended.unwrap_or_default())
    }

    /// The latest runs, newest first, of one organization or of all.
    pub async fn runs(&self, organization: Option<&str>, limit: usize) -> Result<Vec<Run>, Error> {
        let rows: Vec<Stored> = sqlx::query_as(
            "SELECT id, organization, command, started_at, configuration, config_path, version,
                    ended_at, exit_code, plan_id, summary, execution, dropped
             FROM runs WHERE organization = coalesce($1, organization) ORDER BY id DESC LIMIT $2",
        )
        .bind(organization)
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(self.pool())
        .await
        .map_err(self.failed("read the runs"))?;
        rows.into_iter().map(|row| self.run_of(row)).collect()
    }

    /// The ids of runs that begin with `beginning`, newest first: people type the first few characters.
    pub async fn run_ids(&self, beginning: &str) -> Result<Vec<String>, Error> {
        sqlx::query_scalar("SELECT id FROM runs WHERE substr(id, 1, length($1)) = $1 ORDER BY id DESC")
            .bind(beginning)
            .fetch_all(self.pool())
            .await
            .map_err(self.failed("read the runs"))
    }

    /// One run with its report, if it has one.
    pub async fn run(&self, id: &str) -> Result<Option<(Run, Option<Value>)>, Error> {
        let failed = self.failed("read the run");
        let row: Option<Stored> = sqlx::query_as(
            "SELECT id, organization, command, started_at, configuration, config_path, version,
                    ended_at, exit_code, plan_id, summary, execution, dropped
             FROM runs WHERE id = $1",
        )
        .bind(id)
        .fetch_optional(self.pool())
        .await
        .map_err(&failed)?;
        let Some(row) = row else { return Ok(None) };
        let report: Option<Option<Vec<u8>>> = sqlx::query_scalar("SELECT report FROM runs WHERE id = $1")
            .bind(id)
            .fetch_optional(self.pool())
            .await
            .map_err(&failed)?;
        let report = match report.flatten() {
            Some(report) => Some(self.parse_large("a report", &report)?),
            None => None,
        };
        Ok(Some((self.run_of(row)?, report)))
    }

    /// Every organization that left anything here, in order.
    pub async fn organizations(&self) -> Result<Vec<String>, Error> {
        sqlx::query_scalar(
            "SELECT organization FROM runs
             UNION SELECT organization FROM stamps
             UNION SELECT organization FROM starts
             UNION SELECT organization FROM pauses
             UNION SELECT organization FROM snapshots
             UNION SELECT organization FROM absences
             UNION SELECT organization FROM links
             UNION SELECT organization FROM plans
             UNION SELECT organization FROM approvals
             UNION SELECT organization FROM baselines
             UNION SELECT organization FROM given
             UNION SELECT organization FROM orders
             UNION SELECT organization FROM departures
             UNION SELECT organization FROM failing
             UNION SELECT organization FROM created
             ORDER BY 1",
        )
        .fetch_all(self.pool())
        .await
        .map_err(self.failed("read the organizations"))
    }

    pub(crate) fn known_run(&self, id: &str, rows: u64) -> Result<(), Error> {
        if rows == 0 {
            return Err(Error::Unknown { what: format!("run {id}"), path: self.path().to_owned() });
        }
        Ok(())
    }

    fn run_of(&self, row: Stored) -> Result<Run, Error> {
        let Stored {
            id,
            organization,
            command,
            started_at,
            configuration,
            config_path,
            version,
            ended_at,
            exit_code,
            plan_id,
            summary,
            execution,
            dropped,
        } = row;
        let started_at = self.parse_time("a run", &started_at)?;
        let end = match (ended_at, exit_code, summary) {
            (Some(at), Some(exit_code), Some(summary)) => Some(RunEnd {
                at: self.parse_time("a run", &at)?,
                exit_code: u8::try_from(exit_code).map_err(|source| self.unreadable("a run", source))?,
                plan_id,
                summary: self.parse_json("a summary", &summary)?,
            }),
            _ => None,
        };
        let execution = match execution {
            Some(stamp) => Some(self.parse_time("a run", &stamp)?),
            None => None,
        };
        let start = RunStart { id, organization, command, started_at, configuration, config_path, version };
        Ok(Run { start, execution, dropped, end })
    }
}
