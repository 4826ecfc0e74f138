//! Whether an account may log in, and until when, where columns are said to tell.

use super::{Settings, column};
use crate::record::Record;
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use umsync_engine::directory::{AccountState, Entry};

/// Adds what the configured columns say to what the usual attributes said. As there, one clear `disabled` is not undone,
/// and what cannot be understood is neither.
pub(super) fn add(record: &Record, settings: &Settings, entry: &mut Entry) {
    if let Some(text) = cell(record, settings.disabled.as_deref()) {
        match disabled(text) {
            Some(true) => entry.state = AccountState::Disabled,
            Some(false) => {}
            None => unreadable(entry, "disabled"),
        }
    }
    if let Some(text) = cell(record, settings.expires.as_deref()) {
        match moment(text) {
            Some(end) => entry.expires = Some(entry.expires.map_or(end, |before| before.min(end))),
            None => unreadable(entry, "expires"),
        }
    }
}

/// An empty cell says nothing.
fn cell<'a>(record: &'a Record, name: Option<&str>) -> Option<&'a str> {
    let name = column(name?);
    record.values(&name).next().and_then(|value| std::str::from_utf8(value).ok())
}

fn unreadable(entry: &mut Entry, attribute: &'static str) {
    if entry.state == AccountState::Enabled {
        entry.state = AccountState::Unreadable { attribute };
    }
}

fn disabled(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "1" => Some(true),
        "false" | "no" | "0" => Some(false),
        _ => None,
    }
}

/// A day, from its beginning in UTC, or a moment with its zone (RFC 3339).
fn moment(text: &str) -> Option<DateTime<Utc>> {
    let day =
        NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().map(|day| day.and_time(NaiveTime::MIN).and_utc());
    day.or_else(|| DateTime::parse_from_rfc3339(text).ok().map(|moment| moment.to_utc()))
}
