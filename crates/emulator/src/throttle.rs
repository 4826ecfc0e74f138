//! Calls per minute, and the lock for those who list too often.
//!
//! One bucket per client and endpoint, a fixed window of 60 seconds from its first call; refused calls do not
//! count. The documentation gives the numbers and leaves the rest open.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use crate::knobs::{Knobs, RetryAfterFormat};
use crate::route::Endpoint;

const WINDOW: TimeDelta = TimeDelta::seconds(60);

#[derive(Debug, Default)]
pub(crate) struct Throttles {
    windows: BTreeMap<(String, Endpoint), Window>,
    listed: BTreeMap<(String, Endpoint), DateTime<Utc>>,
    locked: BTreeMap<String, DateTime<Utc>>,
}

#[derive(Debug)]
struct Window {
    began: DateTime<Utc>,
    calls: u32,
}

impl Throttles {
    /// Counts a call, or says until when it has to wait.
    pub(crate) fn admit(
        &mut self,
        client: &str,
        endpoint: Endpoint,
        page: Option<u64>,
        knobs: &Knobs,
        now: DateTime<Utc>,
    ) -> Result<(), DateTime<Utc>> {
        if let Some(until) = self.locked.get(client)
            && now < *until
        {
            return Err(*until);
        }
        let key = (client.to_owned(), endpoint);
        // Only the first page of users and the first page of groups count for the frequency (news of October 2021).
        let lists = page == Some(0) && matches!(endpoint, Endpoint::Users | Endpoint::Groups);
        if let Some(lock) = knobs.frequency_lock.as_ref().filter(|_| lists)
            && let Some(last) = self.listed.get(&key)
            && now - *last < TimeDelta::minutes(i64::from(lock.every_minutes))
        {
            let until = now + TimeDelta::seconds(i64::from(lock.retry_after));
            self.lock(client, until);
            return Err(until);
        }
        if let Some(limit) = limit(knobs, endpoint) {
            let window = self.windows.entry(key.clone()).or_insert(Window { began: now, calls: 0 });
            if now - window.began >= WINDOW {
                *window = Window { began: now, calls: 0 };
            }
            if window.calls >= limit {
                return Err(window.began + WINDOW);
            }
            window.calls += 1;
        }
        if lists {
            self.listed.insert(key, now);
        }
        Ok(())
    }

    /// Refuses everything of a client until then.
    pub(crate) fn lock(&mut self, client: &str, until: DateTime<Utc>) {
        self.locked.insert(client.to_owned(), until);
    }
}

fn limit(knobs: &Knobs, endpoint: Endpoint) -> Option<u32> {
    let throttle = knobs.throttle.as_ref()?;
    match endpoint {
        Endpoint::Action => throttle.action,
        Endpoint::Users => throttle.users,
        Endpoint::Members => throttle.members,
        Endpoint::User => throttle.user,
        Endpoint::Groups => throttle.groups,
        Endpoint::Token | Endpoint::Status => None,
    }
}

/// `Retry-After` in the form the knobs ask for: whole seconds, rounded up and at least one, or a date.
pub(crate) fn retry_after(until: DateTime<Utc>, knobs: &Knobs, now: DateTime<Utc>) -> String {
    match knobs.retry_after_format {
        RetryAfterFormat::Seconds => {
            let seconds = (until - now + TimeDelta::milliseconds(999)).num_seconds();
            seconds.max(1).to_string()
        }
        // A date has whole seconds; one more, or a client that obeys it comes a moment too early.
        RetryAfterFormat::HttpDate => {
            let up = if until.timestamp_subsec_nanos() == 0 { 0 } else { 1 };
            httpdate::fmt_http_date((until + TimeDelta::seconds(up)).into())
        }
    }
}
