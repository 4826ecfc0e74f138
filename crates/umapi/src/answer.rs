//! One answer, whole: status, the few headers that mean something, and the body.

use crate::lenient::{Of, Take};
use crate::patience::{http_date, retry_after};
use chrono::{DateTime, Utc};
use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};
use serde::de::DeserializeSeed as _;
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

impl Unreadable {
    pub(crate) fn no_object() -> Self {
        Self("it is JSON, but no object".to_owned())
    }
}

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
        let announced = response.content_length().and_then(|length| length.try_into().ok());
        answer.body.reserve_exact(announced.unwrap_or(0).min(MOST_BYTES));
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
        match serde_json::from_slice(&self.body).map_err(|error| self.no_json(&error))? {
            Value::Object(object) => Ok(object),
            _ => Err(Unreadable::no_object()),
        }
    }

    /// The body as JSON, handed to who takes it.
    pub(crate) fn take<'a, T: Take<'a>>(&'a self, who: T) -> Result<T::Taken, Unreadable> {
        let Ok(text) = str::from_utf8(&self.body) else {
            // Its error names the place.
            self.object()?;
            return Err(Unreadable("it is no text".to_owned()));
        };
        let mut json = serde_json::Deserializer::from_str(text);
        let taken = Of(who).deserialize(&mut json);
        taken.and_then(|taken| json.end().map(|()| taken)).map_err(|error| self.no_json(&error))
    }

    fn no_json(&self, error: &serde_json::Error) -> Unreadable {
        Unreadable(if self.body.trim_ascii_start().starts_with(b"<") {
            format!("it is HTML, not JSON ({error})")
        } else if error.is_eof() {
            format!("it is cut short ({error})")
        } else {
            format!("it is no JSON ({error})")
        })
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
