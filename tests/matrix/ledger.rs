//! A memory that survives nothing: who runs in the same process needs no more.

use chrono::{DateTime, Utc};
use std::sync::Mutex;
use std::time::Duration;
use umsync_engine::command::Outcome;
use umsync_engine::stamps::{RequestClass, Stamps};
use umsync_umapi::{Ledger, LedgerError, Start};

#[derive(Default)]
pub(super) struct Memory(Mutex<Stamps>);

impl Memory {
    /// Whatever Adobe asked for is over.
    pub(super) fn pass(&self) {
        *self.0.lock().unwrap() = Stamps::default();
    }
}

impl Ledger for Memory {
    async fn stamps<T, F>(&self, change: F) -> Result<T, LedgerError>
    where
        T: Send,
        F: FnOnce(&mut Stamps) -> T + Send,
    {
        Ok(change(&mut self.0.lock().unwrap()))
    }

    async fn start(
        &self,
        _class: RequestClass,
        _at: DateTime<Utc>,
        _window: Duration,
        _limit: usize,
    ) -> Result<Start, LedgerError> {
        Ok(Start::Go)
    }

    async fn intend(&self, _commands: &[usize], _at: DateTime<Utc>) -> Result<(), LedgerError> {
        Ok(())
    }

    async fn settle(&self, _outcomes: &[Outcome], _at: DateTime<Utc>) -> Result<(), LedgerError> {
        Ok(())
    }
}
