//! One answer, whole: status, the few headers that mean something, and the body.

use crate::patience::{http_date, retry_after};
use chrono::{DateTime, Utc};
use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};
use serde_json::Value;
use std::time::Duration;

/// The longest body that is read: a page of 2000 users with hundreds of groups each stays far below.
const MOST_BYTES: usize = 256 * 1024 * 1024;

/// An answer that came whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// When, by the local clock, its request was sent.
    pub(crate) sent: DateTime<Utc>,
    /// When, by the local clock, its head came.
    pub(crate) received: DateTime<Utc>,
    /// Adobe's clock.
    pub(crate) date: Option<DateTime<Utc>>,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) request_id: Option<String>,
    /// `X-Total-Count`: entries in all pages.
    pub(crate) total: Option<u64>,
    /// `X-Page-Count`.
    pub(crate) pages: Option<u64>,
    /// `X-Current-Page`, from 0.
    pub(crate) page: Option<u64>,
    pub(crate) body: Vec<u8>,
}

/// Why there is no whole answer.
#[derive(Debug)]
pub(crate) struct Cut {
    /// The status, if the head of an answer came.
    pub(crate) status: Option<u16>,
    pub(crate) source: reqwest::Error,
}

/// What an answer is not that it should be, in words.
#[derive(Debug)]
pub(crate) struct Unreadable(pub(crate) String);

impl Answer {
    /// Reads a response to its end.
    pub(crate) async fn read(
        mut response: reqwest::Response,
        sent: DateTime<Utc>,
        received: DateTime<Utc>,
    ) -> Result<Self, Cut> {
        let status = response.status().as_u16();
        let headers = response.headers();
        let date = text(headers, DATE.as_str()).and_then(http_date);
        let mut answer = Self {
            status,
            sent,
            received,
            date,
            retry_after: text(headers, RETRY_AFTER.as_str())
                .and_then(|value| retry_after(value, date.unwrap_or(received))),
            request_id: text(headers, "x-request-id").map(str::to_owned),
            total: number(headers, "x-total-count"),
            pages: number(headers, "x-page-count"),
            page: number(headers, "x-current-page"),
            body: Vec::new(),
        };
        while let Some(chunk) = response
            .chunk()
            .await
            .map_err(|source| Cut { status: Some(status), source: source.without_url() })?
        {
            answer.body.extend_from_slice(&chunk);
            if answer.body.len() > MOST_BYTES {
                // Nothing of Adobe's is that long; what was read is no JSON and will be refused as such.
                break;
            }
        }
        Ok(answer)
    }

    /// The body as a JSON object.
    pub(crate) fn object(&self) -> Result<serde_json::Map<String, Value>, Unreadable> {
        match serde_json::from_slice(&self.body) {
            Ok(Value::Object(object)) => Ok(object),
            Ok(_) => Err(Unreadable("it is JSON, but no object".to_owned())),
            Err(error) if self.body.trim_ascii_start().starts_with(b"<") => {
                Err(Unreadable(format!("it is HTML, not JSON ({error})")))
            }
            Err(error) if error.is_eof() => Err(Unreadable(format!("it is cut short ({error})"))),
            Err(error) => Err(Unreadable(format!("it is no JSON ({error})"))),
        }
    }

    /// The code of a refusal, wherever gateway, token service and API put it.
    pub(crate) fn code(&self) -> Option<String> {
        self.word(&["error_code", "errorCode", "result", "error"])
    }

    /// The text of a refusal.
    pub(crate) fn message(&self) -> Option<String> {
        self.word(&["message", "error_description", "errorMessage"])
    }

    fn word(&self, keys: &[&str]) -> Option<String> {
        let object = self.object().ok()?;
        let word = keys.iter().find_map(|key| crate::wire::text(&object, key))?;
        // Texts of strangers go into our messages: one line, not too long.
        Some(word.chars().map(|c| if c.is_control() { ' ' } else { c }).take(200).collect())
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

fn number(headers: &HeaderMap, name: &str) -> Option<u64> {
    text(headers, name)?.trim().parse().ok()
}
