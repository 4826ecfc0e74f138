//! The ledger: what must survive this process, and what several processes share. The program keeps it in its store.

use chrono::{DateTime, SecondsFormat, Utc};
use std::error::Error;
use std::future::Future;
use std::time::Duration;
use umsync_engine::command::{Outcome, Verdict};
use umsync_engine::stamps::{RequestClass, Stamps};

/// Whatever went wrong in the store.
pub type LedgerError = Box<dyn Error + Send + Sync>;

/// What is known of a command of an execution that was cut short: when it was last intended, and its outcome if it was
/// settled after that.
pub fn so_far(intended: Option<DateTime<Utc>>, settled: Option<Verdict>) -> Verdict {
    match (settled, intended) {
        (Some(verdict), _) => verdict,
        (None, Some(at)) => {
            let at = at.to_rfc3339_opts(SecondsFormat::Secs, true);
            Verdict::Unknown { why: format!("it was about to be sent at {at}, and nothing was noted since") }
        }
        (None, None) => Verdict::NotSent { why: "the execution did not come to it".to_owned() },
    }
}

/// Whether a request may start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// It may, and its start is recorded.
    Go,
    /// Too many started lately. Nothing is recorded; ask again at this moment.
    WaitUntil(DateTime<Utc>),
}

/// One organization's memory, shared by all processes that talk to Adobe for it.
///
/// When any of its calls fails, nothing more is sent: manners that cannot be remembered cannot be kept.
pub trait Ledger: Send + Sync {
    /// Runs `change` on the stamps alone among all processes: one immediate transaction, durable before it returns.
    fn stamps<T, F>(&self, change: F) -> impl Future<Output = Result<T, LedgerError>> + Send
    where
        T: Send,
        F: FnOnce(&mut Stamps) -> T + Send;

    /// Records a request start at `at` if fewer than `limit` of this class lie within `window` before it. Looking and
    /// recording are one transaction. Starts recorded in the future of `at` count as if they were at `at`.
    fn start(
        &self,
        class: RequestClass,
        at: DateTime<Utc>,
        window: Duration,
        limit: usize,
    ) -> impl Future<Output = Result<Start, LedgerError>> + Send;

    /// Notes that these commands (positions in the slice given to `execute` or
    /// `go_on`) are about to leave. Durable before it
    /// returns. A command that was intended and never settled has an unknown outcome, see [`so_far`]; one that is
    /// intended once more forgets its former outcome.
    fn intend(
        &self,
        commands: &[usize],
        at: DateTime<Utc>,
    ) -> impl Future<Output = Result<(), LedgerError>> + Send;

    /// Notes what became of commands.
    fn settle(
        &self,
        outcomes: &[Outcome],
        at: DateTime<Utc>,
    ) -> impl Future<Output = Result<(), LedgerError>> + Send;
}
