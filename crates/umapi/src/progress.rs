//! What a long call tells while it runs, and how it is asked to stop.

use chrono::{DateTime, Utc};
use tokio::sync::watch;

/// How far a call has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Groups read so far.
    Groups {
        /// So many.
        read: usize,
        /// Of so many, by Adobe's count.
        total: Option<u64>,
    },
    /// Users read so far.
    Users {
        /// So many.
        read: usize,
        /// Of so many, by Adobe's count, which includes some that are never listed.
        total: Option<u64>,
    },
    /// Commands whose outcome is decided.
    Commands {
        /// So many.
        done: usize,
        /// Of so many.
        total: usize,
    },
    /// Nothing happens until then.
    Waiting {
        /// When it goes on.
        until: DateTime<Utc>,
        /// What for.
        why: Wait,
    },
}

/// What is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// Adobe's quota per minute.
    Pace,
    /// Adobe named the moment (`Retry-After`).
    Asked,
    /// Adobe or the way there is in trouble; the next try is due then.
    Trouble,
}

/// Hears how far a call has come.
pub type Listener<'a> = &'a (dyn Fn(Progress) + Send + Sync);

/// Asks a running execution to stop: it finishes the request it is at and sends nothing more.
#[derive(Debug)]
pub struct Canceller(watch::Sender<bool>);

impl Canceller {
    /// A canceller and what it cancels.
    pub fn new() -> (Self, Cancel) {
        let (sender, receiver) = watch::channel(false);
        (Self(sender), Cancel(Some(receiver)))
    }

    /// Stop. Said twice it means the same.
    pub fn cancel(&self) {
        self.0.send_replace(true);
    }
}

/// Whether to stop. When its canceller is gone it never will be.
#[derive(Debug, Clone)]
pub struct Cancel(Option<watch::Receiver<bool>>);

impl Cancel {
    /// One that nobody cancels.
    pub fn never() -> Self {
        Self(None)
    }

    /// Whether stopping was asked for.
    pub fn is_cancelled(&self) -> bool {
        self.0.as_ref().is_some_and(|receiver| *receiver.borrow())
    }

    /// Waits until stopping is asked for.
    pub async fn cancelled(&self) {
        let asked = match &self.0 {
            Some(receiver) => receiver.clone().wait_for(|asked| *asked).await.is_ok(),
            None => false,
        };
        if !asked {
            std::future::pending::<()>().await;
        }
    }
}

/// Who listens to a call and who may stop it.
#[derive(Clone, Copy)]
pub(crate) struct Watch<'a> {
    pub(crate) listener: Option<Listener<'a>>,
    pub(crate) cancel: Option<&'a Cancel>,
}

impl Watch<'_> {
    pub(crate) const NOBODY: Watch<'static> = Watch { listener: None, cancel: None };

    pub(crate) fn tell(&self, progress: Progress) {
        if let Some(listener) = self.listener {
            listener(progress);
        }
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        self.cancel.is_some_and(Cancel::is_cancelled)
    }

    pub(crate) async fn cancelled(&self) {
        match self.cancel {
            Some(cancel) => cancel.cancelled().await,
            None => std::future::pending().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn stopping_is_asked_once_and_for_all() {
        let (canceller, cancel) = Canceller::new();
        assert!(!cancel.is_cancelled());
        canceller.cancel();
        canceller.cancel();
        assert!(cancel.clone().is_cancelled());
        cancel.cancelled().await;
        drop(canceller);
        assert!(cancel.is_cancelled());
        assert!(!Cancel::never().is_cancelled());
    }
}
