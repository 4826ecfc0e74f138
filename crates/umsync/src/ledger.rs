//! The ledger that Adobe's manners are kept in: the store, for one organization and one run.

use chrono::{DateTime, Utc};
use std::time::Duration;
use umsync_engine::command::Outcome;
use umsync_engine::stamps::{RequestClass, Stamps};
use umsync_store::Store;
use umsync_umapi::{Ledger, LedgerError, Start};

/// The store behind one run.
#[derive(Debug, Clone)]
pub(crate) struct StoreLedger {
    pub(crate) store: Store,
    pub(crate) organization: String,
    /// The run whose commands are sent; `None` where nothing is carried out, so that a test leaves no intent.
    pub(crate) journal: Option<String>,
}

impl Ledger for StoreLedger {
    async fn stamps<T, F>(&self, change: F) -> Result<T, LedgerError>
    where
        T: Send,
        F: FnOnce(&mut Stamps) -> T + Send,
    {
        let change = |stamps: &mut Stamps| {
            let before = stamps.execution;
            let result = change(stamps);
            (result, stamps.execution.filter(|now| Some(*now) != before))
        };
        let (result, begun) = self.store.stamps(&self.organization, change).await?;
        // Whoever finds this run cut short may go on with it only as long as this stamp is the last one.
        if let (Some(run), Some(at)) = (&self.journal, begun) {
            self.store.note_execution(run, at).await?;
        }
        Ok(result)
    }

    async fn start(
        &self,
        class: RequestClass,
        at: DateTime<Utc>,
        window: Duration,
        limit: usize,
    ) -> Result<Start, LedgerError> {
        Ok(match self.store.start(&self.organization, class, at, window, limit).await? {
            umsync_store::Start::Go => Start::Go,
            umsync_store::Start::WaitUntil(until) => Start::WaitUntil(until),
        })
    }

    async fn intend(&self, commands: &[usize], at: DateTime<Utc>) -> Result<(), LedgerError> {
        match &self.journal {
            Some(run) => Ok(self.store.intend(run, commands, at).await?),
            None => Ok(()),
        }
    }

    async fn settle(&self, outcomes: &[Outcome], at: DateTime<Utc>) -> Result<(), LedgerError> {
        match &self.journal {
            Some(run) => Ok(self.store.settle(run, outcomes, at).await?),
            None => Ok(()),
        }
    }
}
