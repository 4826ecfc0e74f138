//! What was asked, in order: for assertions, and for the eyes of whoever runs a sandbox.

use std::collections::BTreeSet;
use std::fmt;

use chrono::{DateTime, Utc};
use percent_encoding::percent_decode_str;
use serde_json::Value;

use crate::route::Endpoint;

/// One request. Neither tokens nor secrets are kept.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its place in the order of arrival, from 0.
    pub number: usize,
    /// When it arrived, by the emulator's clock.
    pub at: DateTime<Utc>,
    /// The class of its endpoint; `None` for a path that leads nowhere.
    pub endpoint: Option<Endpoint>,
    /// `GET`, `POST`, …
    pub method: String,
    /// The path as it came, percent-encoded.
    pub path: String,
    /// The query as it came, the values of secrets replaced.
    pub query: String,
    /// The page asked for, where there are pages.
    pub page: Option<u64>,
    /// Whether an action request was a test only.
    pub test_only: bool,
    /// The commands of an action request; empty if its body was no array.
    pub commands: Vec<Value>,
    /// `X-Request-Id` as sent.
    pub request_id: Option<String>,
    /// `Pragma` as sent: `umapi-sync-start`, `umapi-sync-end`.
    pub pragma: Option<String>,
    /// `User-Agent` as sent.
    pub user_agent: Option<String>,
    /// The status that was, or would have been, answered; `None` while the answer is being made, or never was.
    pub status: Option<u16>,
    /// `Retry-After` of the answer.
    pub retry_after: Option<String>,
    /// Whether the client got the answer whole; a cut connection makes it `false`.
    pub delivered: bool,
    /// How many faults hit it.
    pub faults: usize,
    /// The answer's JSON, for action requests.
    pub answer: Option<Value>,
}

impl Entry {
    /// The last part of the path, readable: decoded, and on one line whatever it holds.
    fn last_part(&self) -> String {
        let part = self.path.rsplit('/').next().unwrap_or_default();
        let decoded = percent_decode_str(part).decode_utf8_lossy();
        decoded.chars().map(|c| if c.is_control() { '\u{FFFD}' } else { c }).collect()
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} ", self.at.format("%H:%M:%S"), self.method)?;
        match (self.endpoint, self.page) {
            (Some(endpoint @ (Endpoint::Token | Endpoint::Status)), _) => write!(f, "{endpoint}")?,
            (Some(Endpoint::Action), _) => {
                let count = self.commands.len();
                let plural = if count == 1 { "" } else { "s" };
                let test = if self.test_only { " (test only)" } else { "" };
                write!(f, "action, {count} command{plural}{test}")?;
            }
            (Some(Endpoint::Members), Some(page)) => {
                write!(f, "members of {}, page {page}", self.last_part())?;
            }
            (Some(endpoint), Some(page)) => write!(f, "{endpoint}, page {page}")?,
            (Some(Endpoint::User), None) => {
                write!(f, "user {}", self.last_part())?;
            }
            _ => write!(f, "{}", self.path)?,
        }
        match (self.status, self.delivered) {
            (Some(status), true) => write!(f, " -> {status}")?,
            (Some(status), false) => write!(f, " -> {status}, connection cut")?,
            (None, _) => write!(f, " -> connection cut")?,
        }
        if let Some(when) = &self.retry_after {
            write!(f, ", retry after {when}")?;
        }
        if let Some(answer) = &self.answer
            && let Some(failed) = answer["notCompleted"].as_u64()
        {
            let done = answer["completed"].as_u64().unwrap_or(0)
                + answer["completedInTestMode"].as_u64().unwrap_or(0);
            write!(f, ", {done} done, {failed} failed")?;
            let codes =
                answer["errors"].as_array().into_iter().flatten().filter_map(|e| e["errorCode"].as_str());
            for (at, code) in BTreeSet::from_iter(codes).into_iter().enumerate() {
                write!(f, "{} {code}", if at == 0 { ":" } else { "," })?;
            }
        }
        if self.faults > 0 {
            write!(f, " (by a fault)")?;
        }
        Ok(())
    }
}
