//! A ledger in memory, which can be made to fail.

use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;
use tokio::sync::Notify;
use umsync_engine::command::{Outcome, Verdict};
use umsync_engine::stamps::{RequestClass, Stamps};
use umsync_umapi::{Ledger, LedgerError, Start, so_far};

#[derive(Default)]
pub(crate) struct Memory {
    inner: Mutex<Inner>,
    /// The process is to end at this instant.
    pub(crate) death: Notify,
}

#[derive(Default)]
struct Inner {
    stamps: Stamps,
    starts: BTreeMap<RequestClass, Vec<DateTime<Utc>>>,
    journal: Vec<Entry>,
    commands: BTreeMap<usize, Known>,
    fails: Option<Call>,
    dies: Option<(Call, usize)>,
}

/// What is known of a command: when it was last intended, and what became of it after that.
type Known = (Option<DateTime<Utc>>, Option<Verdict>);

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

    /// What an execution that was cut short left, for so many commands.
    pub(crate) fn so_far(&self, commands: usize) -> Vec<Verdict> {
        let inner = self.inner.lock().unwrap();
        let known = |position| inner.commands.get(&position).cloned().unwrap_or_default();
        (0..commands).map(known).map(|(intended, settled)| so_far(intended, settled)).collect()
    }

    /// The process ends when it makes this call for the nth time, from 0; the call does nothing.
    pub(crate) fn die_at(&self, call: Call, nth: usize) {
        self.inner.lock().unwrap().dies = Some((call, nth));
    }

    async fn lives(&self, call: Call) {
        let dies = match &mut self.inner.lock().unwrap().dies {
            Some((at, 0)) if *at == call => true,
            Some((at, left)) if *at == call => {
                *left -= 1;
                false
            }
            Some(_) | None => false,
        };
        if dies {
            self.inner.lock().unwrap().dies = None;
            self.death.notify_one();
            std::future::pending().await
        }
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

    async fn intend(&self, commands: &[usize], at: DateTime<Utc>) -> Result<(), LedgerError> {
        self.lives(Call::Intend).await;
        self.on(Call::Intend, |inner| {
            inner.journal.push(Entry::Intended(commands.to_vec()));
            inner.commands.extend(commands.iter().map(|command| (*command, (Some(at), None))));
        })
    }

    async fn settle(&self, outcomes: &[Outcome], _at: DateTime<Utc>) -> Result<(), LedgerError> {
        self.lives(Call::Settle).await;
        let commands = outcomes.iter().map(|outcome| outcome.command).collect();
        self.on(Call::Settle, |inner| {
            inner.journal.push(Entry::Settled(commands));
            for Outcome { command, verdict, notes: _, exceptions: _ } in outcomes {
                inner.commands.entry(*command).or_default().1 = Some(verdict.clone());
            }
        })
    }
}
