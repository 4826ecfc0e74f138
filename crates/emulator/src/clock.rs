//! The time the emulator lives in: the system's, a hand-set one, or the one of somebody else.
//!
//! Everything that depends on time (token expiry, throttle windows, the frequency lock, read lag, the `Date`
//! header) asks this clock, so a test moves two hours in no time.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use chrono::{DateTime, TimeDelta, Utc};

/// A clock that can be moved. Clones show the same time.
#[derive(Clone)]
pub struct Clock {
    base: Base,
    ahead: Arc<Mutex<TimeDelta>>,
}

#[derive(Clone)]
enum Base {
    System,
    Still(DateTime<Utc>),
    Other(Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>),
}

impl Clock {
    /// The system's clock; it runs, and can be put ahead or back with [`Clock::advance`] and [`Clock::set`].
    pub fn system() -> Self {
        Self::on(Base::System)
    }

    /// A clock that shows `start` and stands still until it is moved.
    pub fn manual(start: DateTime<Utc>) -> Self {
        Self::on(Base::Still(start))
    }

    /// A clock that shows what `read` says, so that a program and its emulator share one time.
    pub fn following(read: impl Fn() -> DateTime<Utc> + Send + Sync + 'static) -> Self {
        Self::on(Base::Other(Arc::new(read)))
    }

    fn on(base: Base) -> Self {
        Self { base, ahead: Arc::default() }
    }

    /// The time it shows.
    pub fn now(&self) -> DateTime<Utc> {
        let ahead = *self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
        self.base.now() + ahead
    }

    /// Moves the clock on.
    pub fn advance(&self, by: Duration) {
        let by = TimeDelta::from_std(by).expect("a test does not jump three hundred million years");
        *self.ahead.lock().unwrap_or_else(PoisonError::into_inner) += by;
    }

    /// Moves the clock to `to`, backwards if need be.
    pub fn set(&self, to: DateTime<Utc>) {
        *self.ahead.lock().unwrap_or_else(PoisonError::into_inner) = to - self.base.now();
    }
}

impl Base {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place where the emulator reads the system's clock"
    )]
    fn now(&self) -> DateTime<Utc> {
        match self {
            Self::System => DateTime::from(SystemTime::now()),
            Self::Still(start) => *start,
            Self::Other(read) => read(),
        }
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::system()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Clock({})", self.now().to_rfc3339())
    }
}
