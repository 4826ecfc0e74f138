//! How times and JSON stand in the database.

use crate::{Error, Store};
use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A time as text: always nine digits and `Z`, so that text order is time order and nothing is lost.
pub(crate) fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Nanos, true)
}

impl Store {
    /// A stored time.
    pub(crate) fn parse_time(&self, what: &'static str, text: &str) -> Result<DateTime<Utc>, Error> {
        let time = DateTime::parse_from_rfc3339(text).map_err(|source| self.unreadable(what, source))?;
        Ok(time.with_timezone(&Utc))
    }

    /// A stored value.
    pub(crate) fn parse_json<T: DeserializeOwned>(&self, what: &'static str, text: &str) -> Result<T, Error> {
        serde_json::from_str(text).map_err(|source| self.unreadable(what, source))
    }

    /// A stored word.
    pub(crate) fn parse_word<T: DeserializeOwned>(
        &self,
        what: &'static str,
        word: String,
    ) -> Result<T, Error> {
        serde_json::from_value(word.into()).map_err(|source| self.unreadable(what, source))
    }

    /// A value as it is stored.
    pub(crate) fn to_json<T: Serialize>(&self, what: &'static str, value: &T) -> Result<String, Error> {
        serde_json::to_string(value).map_err(|source| self.unreadable(what, source))
    }

    pub(crate) fn unreadable(
        &self,
        what: &'static str,
        source: impl std::error::Error + Send + Sync + 'static,
    ) -> Error {
        Error::Unreadable { what, path: self.path().to_owned(), source: Box::new(source) }
    }
}
