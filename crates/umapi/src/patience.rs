//! Patience: how long and how often something is tried again. Pure; the loop is in `http`.

use chrono::{DateTime, Utc};
use std::time::Duration;
use tokio::time::Instant;

/// The bounds of one call.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// Failures in all, those that `Retry-After` explained not counted.
    tries: u32,
    /// Requests in all that may have reached Adobe.
    requests: u32,
    /// Answers that cannot be read and are asked for again; 0: nothing is asked for again after a 200.
    rereads: u32,
    /// From the first failure to the begin of the last try.
    span: Duration,
}

const MINUTE: Duration = Duration::from_secs(60);

impl Patience {
    /// A token.
    pub(crate) const TOKEN: Self =
        Self { tries: 5, requests: 10, rereads: 1, span: MINUTE.saturating_mul(15) };
    /// One user, or a page of members.
    pub(crate) const READ: Self =
        Self { tries: 5, requests: 10, rereads: 2, span: MINUTE.saturating_mul(20) };
    /// A user whose command got no answer: Adobe is in trouble already.
    pub(crate) const READ_BACK: Self =
        Self { tries: 3, requests: 6, rereads: 1, span: MINUTE.saturating_mul(15) };
    /// The page that Adobe counts: at most three requests under one stamp, and none after a 200.
    pub(crate) const PAGE_ZERO: Self =
        Self { tries: 5, requests: 3, rereads: 0, span: MINUTE.saturating_mul(25) };
    /// A later page, which may be asked for as long as the listing still means one state of Adobe: 15 minutes.
    pub(crate) const LATER_PAGE: Self =
        Self { tries: 30, requests: 30, rereads: 2, span: MINUTE.saturating_mul(15) };
    /// An action request. A `Retry-After` is obeyed, so the span holds three of the longest.
    pub(crate) const ACTION: Self =
        Self { tries: 5, requests: 30, rereads: 0, span: MINUTE.saturating_mul(31) };
}

/// Why something is tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Again {
    /// It never left.
    NeverLeft,
    /// It left; Adobe was busy, or no answer came. With what `Retry-After` asked.
    Reached(Option<Duration>),
    /// Adobe answered 500: a mistake of its own, which does not pass by waiting (UMAPI documentation: a bug of the server).
    Broken,
    /// A 200 came and broke off.
    Cut,
    /// Its answer could not be read.
    Unreadable,
}

/// The patience that is left of one call.
#[derive(Debug)]
pub(crate) struct Tries {
    patience: Patience,
    scale: Scale,
    failures: u32,
    requests: u32,
    rereads: u32,
    broken: u32,
    since: Option<Instant>,
}

/// So often something is tried again that Adobe answered with 500.
const MOST_BROKEN: u32 = 2;

/// How long the waits are that Adobe did not ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scale {
    /// Seconds.
    Seconds,
    /// As many milliseconds: an emulator needs no rest.
    Milliseconds,
}

impl Scale {
    pub(crate) fn of(self, wait: Duration) -> Duration {
        match self {
            Self::Seconds => wait,
            Self::Milliseconds => wait / 1000,
        }
    }
}

impl Tries {
    pub(crate) fn new(patience: Patience, scale: Scale) -> Self {
        Self { patience, scale, failures: 0, requests: 0, rereads: 0, broken: 0, since: None }
    }

    /// How long to wait before the next try; `None` when patience is at its end.
    /// `jitter` is a share between 0 and 1.
    pub(crate) fn next(&mut self, again: Again, now: Instant, jitter: f64) -> Option<Duration> {
        let since = *self.since.get_or_insert(now);
        self.requests += u32::from(again != Again::NeverLeft);
        self.rereads += u32::from(again == Again::Unreadable);
        self.broken += u32::from(again == Again::Broken);
        let wait = match again {
            Again::Reached(Some(asked)) => asked,
            Again::NeverLeft | Again::Reached(None) | Again::Broken | Again::Cut | Again::Unreadable => {
                self.failures += 1;
                self.scale.of(backoff(self.failures, jitter))
            }
        };
        let Patience { tries, requests, rereads, span } = self.patience;
        let over = self.failures >= tries
            || self.requests >= requests
            || self.rereads > rereads
            || self.broken > MOST_BROKEN
            || (again == Again::Cut && rereads == 0)
            || now.saturating_duration_since(since) + wait > span;
        (!over).then_some(wait)
    }
}

/// `15·2^(n−1) + 0…5` seconds before try n + 1, at most 245 (umapi-client 3.0, its retry rule).
pub(crate) fn backoff(failures: u32, jitter: f64) -> Duration {
    let doubled = 15_u64 << failures.saturating_sub(1).min(4);
    Duration::from_secs(doubled) + Duration::from_secs(5).mul_f64(jitter.clamp(0.0, 1.0))
}

/// What `Retry-After` asks: seconds, or a date, which is taken relative to the answer's own `Date` so that clocks do
/// not matter (RFC 9110 10.2.3). Nothing, the past and what cannot be read are absent.
pub(crate) fn retry_after(value: &str, answered: DateTime<Utc>) -> Option<Duration> {
    let value = value.trim();
    let asked = if value.bytes().all(|byte| byte.is_ascii_digit()) {
        Duration::from_secs(value.parse().ok()?)
    } else {
        (http_date(value)? - answered).to_std().ok()?
    };
    (!asked.is_zero()).then_some(asked)
}

/// A date as HTTP writes it (RFC 9110 5.6.7, all three forms).
pub(crate) fn http_date(value: &str) -> Option<DateTime<Utc>> {
    let date = httpdate::parse_http_date(value.trim()).ok()?;
    let since_epoch = date.duration_since(std::time::UNIX_EPOCH).ok()?;
    DateTime::from_timestamp(i64::try_from(since_epoch.as_secs()).ok()?, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered() -> DateTime<Utc> {
        http_date("Sun, 06 Nov 1994 08:49:37 GMT").unwrap()
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let seconds = |secs| Some(Duration::from_secs(secs));
        assert_eq!(retry_after("38", answered()), seconds(38));
        assert_eq!(retry_after(" 38 ", answered()), seconds(38));
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:50:37 GMT", answered()), seconds(60));
        assert_eq!(retry_after("Sunday, 06-Nov-94 08:50:37 GMT", answered()), seconds(60));
        assert_eq!(retry_after("Sun Nov  6 08:50:37 1994", answered()), seconds(60));
    }

    #[test]
    fn a_retry_after_that_says_nothing_is_absent() {
        for value in
            ["", "0", "-5", "soon", "1.5", "99999999999999999999999", "Sun, 06 Nov 1994 08:49:37 GMT"]
        {
            assert_eq!(retry_after(value, answered()), None, "{value}");
        }
    }

    #[test]
    fn backoff_doubles_and_has_an_end() {
        let seconds: Vec<u64> = (1..=7).map(|n| backoff(n, 0.0).as_secs()).collect();
        assert_eq!(seconds, [15, 30, 60, 120, 240, 240, 240]);
        assert_eq!(backoff(1, 1.0).as_secs(), 20);
    }

    #[test]
    fn page_zero_is_asked_for_three_times_at_most() {
        let mut tries = Tries::new(Patience::PAGE_ZERO, Scale::Seconds);
        let now = Instant::now();
        assert!(tries.next(Again::Reached(None), now, 0.0).is_some());
        assert!(tries.next(Again::NeverLeft, now, 0.0).is_some());
        assert!(tries.next(Again::Reached(Some(Duration::from_secs(5))), now, 0.0).is_some());
        assert!(tries.next(Again::Reached(None), now, 0.0).is_none());
    }

    #[test]
    fn page_zero_is_not_asked_for_again_after_a_200() {
        for again in [Again::Cut, Again::Unreadable] {
            let mut tries = Tries::new(Patience::PAGE_ZERO, Scale::Seconds);
            assert!(tries.next(again, Instant::now(), 0.0).is_none());
        }
    }

    #[test]
    fn a_later_page_is_tried_for_a_quarter_of_an_hour() {
        let mut tries = Tries::new(Patience::LATER_PAGE, Scale::Seconds);
        let begin = Instant::now();
        let mut now = begin;
        while let Some(wait) = tries.next(Again::Reached(None), now, 0.5) {
            now += wait;
        }
        let took = now - begin;
        assert!(took <= Duration::from_secs(900) && took > Duration::from_secs(600), "{took:?}");
    }

    #[test]
    fn a_mistake_of_adobes_is_met_three_times_at_most() {
        let mut tries = Tries::new(Patience::LATER_PAGE, Scale::Seconds);
        let now = Instant::now();
        assert_eq!(std::iter::from_fn(|| tries.next(Again::Broken, now, 0.0)).count(), 2);
    }

    #[test]
    fn waiting_that_adobe_asks_for_has_an_end_too() {
        for patience in
            [Patience::READ, Patience::READ_BACK, Patience::LATER_PAGE, Patience::ACTION, Patience::TOKEN]
        {
            let mut tries = Tries::new(patience, Scale::Seconds);
            let begin = Instant::now();
            let (mut now, mut requests) = (begin, 0);
            while let Some(wait) = tries.next(Again::Reached(Some(Duration::from_secs(600))), now, 0.5) {
                now += wait;
                requests += 1;
            }
            assert!(now - begin <= patience.span && requests < patience.requests, "{patience:?}");
            // And however short the waits are, the number of requests has one.
            let mut tries = Tries::new(patience, Scale::Seconds);
            let short = Again::Reached(Some(Duration::from_secs(1)));
            let asked = std::iter::from_fn(|| tries.next(short, begin, 0.5)).count();
            assert_eq!(asked + 1, patience.requests as usize);
        }
    }

    #[test]
    fn reads_are_tried_five_times() {
        let mut tries = Tries::new(Patience::READ, Scale::Seconds);
        let now = Instant::now();
        let waits = std::iter::from_fn(|| tries.next(Again::Reached(None), now, 0.0)).count();
        assert_eq!(waits, 4);
    }
}
