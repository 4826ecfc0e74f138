//! The story of an account: every change that was ever journalled about it.

use crate::journal::{Entry, Row};
use crate::{Error, Store};
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use umsync_engine::key::fold_email;

/// One change about an account, and the run that planned it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The run.
    pub run: String,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// The change, with what became of it.
    pub row: Row,
}

impl Store {
    /// Every change about accounts with one of these ids or emails, newest last.
    pub async fn story(
        &self,
        organization: &str,
        ids: &BTreeSet<String>,
        emails: &BTreeSet<String>,
    ) -> Result<Vec<Told>, Error> {
        type Found = (String, i64, String, String);
        let by_id = "SELECT run, position, started_at, change FROM changes JOIN runs ON runs.id = run
                     WHERE organization = $1 AND account_id = $2";
        let by_email = "SELECT run, position, started_at, change FROM changes JOIN runs ON runs.id = run
                        WHERE organization = $1 AND email = $2";
        let ids = ids.iter().map(|id| (by_id, id.clone()));
        let emails = emails.iter().map(|email| (by_email, fold_email(email)));
        let mut found = BTreeMap::new();
        for (statement, value) in ids.chain(emails) {
            let rows: Vec<Found> = sqlx::query_as(statement)
                .bind(organization)
                .bind(value)
                .fetch_all(self.pool())
                .await
                .map_err(self.failed("read the story of an account"))?;
            found.extend(rows.into_iter().map(|(run, at, started, change)| ((run, at), (started, change))));
        }
        let mut carriers: BTreeMap<String, BTreeMap<usize, Arc<Entry>>> = BTreeMap::new();
        let mut story = Vec::with_capacity(found.len());
        for ((run, position), (started_at, change)) in found {
            if !carriers.contains_key(&run) {
                carriers.insert(run.clone(), self.carriers(&run).await?);
            }
            let position = position as usize;
            let change = self.parse_json("a change", &change)?;
            let command = carriers.get(&run).and_then(|carriers| carriers.get(&position)).cloned();
            let row = Row { position, change, command };
            story.push(Told { started_at: self.parse_time("a run", &started_at)?, run, row });
        }
        Ok(story)
    }
}
