//! Executions that were cut short, to be gone on with or dropped.

use crate::runs::Run;
use crate::text::time;
use crate::{Error, Store};
use chrono::{DateTime, Utc};
use serde_json::json;
use umsync_engine::command::Verdict;

/// Exit code of a run whose rest was dropped: some commands failed or are unknown.
const NOT_ALL_DONE: u8 = 4;

/// A run that wrote to Adobe and did not come to its end.
#[derive(Debug, Clone, PartialEq)]
pub struct CutShort {
    /// The run.
    pub run: Run,
    /// The execution stamp that it wrote.
    pub execution: DateTime<Utc>,
    /// Commands that never left, or of which nobody knows what became.
    pub unfinished: usize,
}

impl Store {
    /// A run has written this execution stamp: from now on it may have changed something at Adobe.
    pub async fn note_execution(&self, run: &str, stamp: DateTime<Utc>) -> Result<(), Error> {
        let done = sqlx::query("UPDATE runs SET execution = $2 WHERE id = $1")
            .bind(run)
            .bind(time(stamp))
            .execute(self.pool())
            .await
            .map_err(self.failed("note the execution"))?;
        self.known_run(run, done.rows_affected())
    }

    /// The last execution of an organization, if something of it is left to do or to tell, and nobody dropped that.
    ///
    /// An earlier one is never given: what it left has been planned anew since.
    pub async fn cut_short(&self, organization: &str) -> Result<Option<CutShort>, Error> {
        let last: Option<String> = sqlx::query_scalar(
            "SELECT id FROM runs WHERE organization = $1 AND execution IS NOT NULL ORDER BY id DESC LIMIT 1",
        )
        .bind(organization)
        .fetch_optional(self.pool())
        .await
        .map_err(self.failed("read the last execution"))?;
        let Some(id) = last else { return Ok(None) };
        let Some((run, _)) = self.run(&id).await? else { return Ok(None) };
        let (Some(execution), None) = (run.execution, &run.dropped) else { return Ok(None) };
        let is_unfinished = |verdict: Option<&Verdict>| match verdict {
            None | Some(Verdict::Unknown { .. } | Verdict::NotSent { .. }) => true,
            Some(Verdict::Done | Verdict::Refused { .. }) => false,
        };
        let entries = self.entries(&id).await?;
        let verdicts = entries.iter().map(|entry| entry.settled.as_ref().map(|(verdict, _)| verdict));
        let unfinished = verdicts.filter(|verdict| is_unfinished(*verdict)).count();
        // One that was killed after its last answer still has to be told.
        let is_cut = unfinished > 0 || run.end.is_none();
        Ok(is_cut.then_some(CutShort { run, execution, unfinished }))
    }

    /// Nobody will go on with a run. Where it has no end yet it ends here.
    pub async fn drop_rest(&self, run: &str, why: &str, at: DateTime<Utc>) -> Result<(), Error> {
        let doing = "drop the rest of the run";
        let failed = self.failed(doing);
        let mut transaction = self.begin(doing).await?;
        let done = sqlx::query("UPDATE runs SET dropped = $2 WHERE id = $1")
            .bind(run)
            .bind(why)
            .execute(&mut *transaction)
            .await
            .map_err(&failed)?;
        self.known_run(run, done.rows_affected())?;
        let summary = json!({ "failure": format!("cut short; {why}") });
        sqlx::query(
            "UPDATE runs SET ended_at = $2, exit_code = $3, summary = $4 WHERE id = $1 AND ended_at IS NULL",
        )
        .bind(run)
        .bind(time(at))
        .bind(i64::from(NOT_ALL_DONE))
        .bind(self.to_json("a summary", &summary)?)
        .execute(&mut *transaction)
        .await
        .map_err(&failed)?;
        self.commit(doing, transaction).await
    }
}
