//! The clock: the only place that reads it.

use chrono::{DateTime, Utc};
use std::time::SystemTime;
use umsync_umapi::Clock;

/// The machine's clock.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the clock")]
    fn now(&self) -> DateTime<Utc> {
        SystemTime::now().into()
    }
}
