//! A ledger in memory, which can be made to fail.

use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;
use umsync_engine::command::Outcome;
use umsync_engine::stamps::{RequestClass, Stamps};
use umsync_umapi::{Ledger, LedgerError, Start};

#[derive(Default)]
pub(crate) struct Memory {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    stamps: Stamps,
    starts: BTreeMap<RequestClass, Vec<DateTime<Utc>>>,
    journal: Vec<Entry>,
    fails: Option<Call>,
}

/// What was noted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Entry {
    Intended(Vec<usize>),
    Settled(Vec<usize>),
}

/// A call of the ledger that may be made to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Call {
    Stamps,
    Start,
    Intend,
    Settle,
}

impl Memory {
    pub(crate) fn stamped(&self) -> Stamps {
        self.inner.lock().unwrap().stamps.clone()
    }

    /// What another process does to the stamps.
    pub(crate) fn stamp(&self, change: impl FnOnce(&mut Stamps)) {
        change(&mut self.inner.lock().unwrap().stamps);
    }

    pub(crate) fn journal(&self) -> Vec<Entry> {
        self.inner.lock().unwrap().journal.clone()
    }

    pub(crate) fn fail(&self, call: Call) {
        self.inner.lock().unwrap().fails = Some(call);
    }

    fn on<T>(&self, call: Call, change: impl FnOnce(&mut Inner) -> T) -> Result<T, LedgerError> {
        let mut inner = self.inner.lock().unwrap();
        if inner.fails == Some(call) {
            return Err("the disk is full".into());
        }
        Ok(change(&mut inner))
    }
}

impl Ledger for Memory {
    async fn stamps<T, F>(&self, change: F) -> Result<T, LedgerError>
    where
        T: Send,
        F: FnOnce(&mut Stamps) -> T + Send,
    {
        self.on(Call::Stamps, |inner| change(&mut inner.stamps))
    }

    async fn start(
        &self,
        class: RequestClass,
        at: DateTime<Utc>,
        window: Duration,
        limit: usize,
    ) -> Result<Start, LedgerError> {
        self.on(Call::Start, |inner| {
            let window = TimeDelta::from_std(window).unwrap();
            let starts = inner.starts.entry(class).or_default();
            starts.retain(|start| *start > at - window);
            if starts.len() < limit {
                starts.push(at);
                Start::Go
            } else {
                Start::WaitUntil(starts[starts.len() - limit].min(at) + window)
            }
        })
    }

    async fn intend(&self, commands: &[usize], _at: DateTime<Utc>) -> Result<(), LedgerError> {
        self.on(Call::Intend, |inner| inner.journal.push(Entry::Intended(commands.to_vec())))
    }

    async fn settle(&self, outcomes: &[Outcome], _at: DateTime<Utc>) -> Result<(), LedgerError> {
        let commands = outcomes.iter().map(|outcome| outcome.command).collect();
        self.on(Call::Settle, |inner| inner.journal.push(Entry::Settled(commands)))
    }
}
