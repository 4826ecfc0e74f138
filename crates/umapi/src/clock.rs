//! Time: who tells it, and how far it may be from Adobe's.

use chrono::{DateTime, TimeDelta, Utc};
use std::time::Duration;
use tokio::time::Instant;

/// Tells the time. The program has one real clock; tests have others. Sleeping is tokio's.
pub trait Clock: Send + Sync {
    /// The present moment.
    fn now(&self) -> DateTime<Utc>;
}

/// How far the local clock may be from Adobe's `Date`: the stamps of the gate are worth what the clock is worth.
pub const MOST_CLOCK_ERROR: TimeDelta = TimeDelta::minutes(5);

/// Whether the local clock is too far from Adobe's. The answer's `Date` was written somewhere between `sent` and
/// `received`, so a slow answer is no wrong clock.
pub(crate) fn is_off(sent: DateTime<Utc>, received: DateTime<Utc>, adobe: DateTime<Utc>) -> bool {
    adobe < sent - MOST_CLOCK_ERROR || adobe > received + MOST_CLOCK_ERROR
}

/// Adobe's time as it was heard last, carried on by the monotonic clock.
///
/// A run lasts hours, and a clock may be set while it runs. Whatever is stamped must be stamped by a clock that still
/// agrees with Adobe; where it does not (also after a suspended machine woke up) the token is fetched anew.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Anchor {
    adobe: DateTime<Utc>,
    heard: Instant,
}

impl Anchor {
    pub(crate) fn new(adobe: DateTime<Utc>, heard: Instant) -> Self {
        Self { adobe, heard }
    }

    /// Whether a local time read at `at` is near enough to what Adobe's clock must show by now.
    pub(crate) fn agrees(&self, local: DateTime<Utc>, at: Instant) -> bool {
        !is_off(local, local, self.adobe_at(at))
    }

    /// What Adobe's clock must show at `at`, as far as the monotonic clock of this machine tells.
    pub(crate) fn adobe_at(&self, at: Instant) -> DateTime<Utc> {
        later(self.adobe, at.saturating_duration_since(self.heard))
    }
}

/// `time + by`, or the end of time.
pub(crate) fn later(time: DateTime<Utc>, by: Duration) -> DateTime<Utc> {
    TimeDelta::from_std(by)
        .ok()
        .and_then(|by| time.checked_add_signed(by))
        .unwrap_or(DateTime::<Utc>::MAX_UTC)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::minutes(1_000_000 + minutes)
    }

    #[test]
    fn five_minutes_are_forgiven() {
        assert!(!is_off(at(0), at(0), at(5)));
        assert!(!is_off(at(0), at(0), at(-5)));
        assert!(is_off(at(0), at(0), at(6)));
        assert!(is_off(at(0), at(0), at(-6)));
    }

    #[test]
    fn a_slow_answer_is_no_wrong_clock() {
        assert!(!is_off(at(0), at(20), at(10)));
        assert!(!is_off(at(0), at(20), at(0)));
    }

    #[test]
    fn an_anchor_notices_a_clock_that_was_set() {
        let heard = Instant::now();
        let anchor = Anchor::new(at(0), heard);
        let hour = Duration::from_secs(3600);
        assert!(anchor.agrees(at(61), heard + hour));
        assert!(!anchor.agrees(at(70), heard + hour));
        assert!(!anchor.agrees(at(0), heard + hour));
    }

    #[test]
    fn the_end_of_time_is_no_panic() {
        assert_eq!(later(at(0), Duration::MAX), DateTime::<Utc>::MAX_UTC);
    }
}
