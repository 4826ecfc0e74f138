//! The gate's memory: when Adobe was last listed and written to, and when single requests started.
//!
//! Every process of every run shares it, so reading and writing are one step that nobody else can come between.

use crate::{Error, Store};
use chrono::{DateTime, TimeDelta, Utc};
use std::time::Duration;
use umsync_engine::stamps::{RequestClass, Stamps};

/// Whether a request may start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// It may, and its start is recorded.
    Go,
    /// It may not; nothing is recorded. Ask again then: somebody else may have come first.
    WaitUntil(DateTime<Utc>),
}

impl Store {
    /// Reads an organization's stamps, lets `change` look at them and change them, and stores what is left of it,
    /// alone among all processes. Without stamps it begins with none.
    pub async fn stamps<T>(
        &self,
        organization: &str,
        change: impl FnOnce(&mut Stamps) -> T,
    ) -> Result<T, Error> {
        let doing = "keep the stamps";
        let mut transaction = self.begin(doing).await?;
        let stored: Option<String> = sqlx::query_scalar("SELECT stamps FROM stamps WHERE organization = $1")
            .bind(organization)
            .fetch_optional(&mut *transaction)
            .await
            .map_err(self.failed(doing))?;
        let before: Stamps = match stored {
            Some(text) => self.parse_json("stamps", &text)?,
            None => Stamps::default(),
        };
        let mut after = before.clone();
        let answer = change(&mut after);
        // Who only looks costs no write to the disk.
        if after != before {
            sqlx::query(
                "INSERT INTO stamps (organization, stamps) VALUES ($1, $2)
                 ON CONFLICT (organization) DO UPDATE SET stamps = excluded.stamps",
            )
            .bind(organization)
            .bind(self.to_json("stamps", &after)?)
            .execute(&mut *transaction)
            .await
            .map_err(self.failed(doing))?;
        }
        self.commit(doing, transaction).await?;
        Ok(answer)
    }

    /// Records that a request starts at `at` if fewer than `limit` of its class started within `window` before.
    ///
    /// A start later than `at` counts as one at `at`. It was recorded by somebody whose clock ran ahead of ours by
    /// moments, or before the clock was set back; in the second case, known by more than a `window`, it is also
    /// stored as one at `at`, or it would close for as long as the clock needs to get there again.
    pub async fn start(
        &self,
        organization: &str,
        class: RequestClass,
        at: DateTime<Utc>,
        window: Duration,
        limit: usize,
    ) -> Result<Start, Error> {
        let doing = "record the start of a request";
        let mut transaction = self.begin(doing).await?;
        let stored: Option<String> =
            sqlx::query_scalar("SELECT times FROM starts WHERE organization = $1 AND class = $2")
                .bind(organization)
                .bind(class.word())
                .fetch_optional(&mut *transaction)
                .await
                .map_err(self.failed(doing))?;
        let stored: Vec<DateTime<Utc>> = match stored {
            Some(text) => self.parse_json("the starts of requests", &text)?,
            None => Vec::new(),
        };
        let (start, kept) = decide(&stored, at, window, limit);
        if kept != stored {
            sqlx::query(
                "INSERT INTO starts (organization, class, times) VALUES ($1, $2, $3)
                 ON CONFLICT (organization, class) DO UPDATE SET times = excluded.times",
            )
            .bind(organization)
            .bind(class.word())
            .bind(self.to_json("the starts of requests", &kept)?)
            .execute(&mut *transaction)
            .await
            .map_err(self.failed(doing))?;
        }
        self.commit(doing, transaction).await?;
        Ok(start)
    }
}

/// The answer, and the starts to be kept: those that still count, and the new one.
fn decide(
    stored: &[DateTime<Utc>],
    at: DateTime<Utc>,
    window: Duration,
    limit: usize,
) -> (Start, Vec<DateTime<Utc>>) {
    let window = TimeDelta::from_std(window).unwrap_or(TimeDelta::MAX);
    let end = |start: DateTime<Utc>| start.checked_add_signed(window).unwrap_or(DateTime::<Utc>::MAX_UTC);
    let mut kept: Vec<_> = stored
        .iter()
        .map(|&start| if start > end(at) { at } else { start })
        .filter(|&start| end(start) > at)
        .collect();
    kept.sort();
    if kept.len() < limit {
        kept.push(at);
        kept.sort();
        return (Start::Go, kept);
    }
    // So many of the oldest must run out that fewer than `limit` are left.
    let blocking = kept.get(kept.len() - limit).map_or(at, |&start| start.min(at));
    (Start::WaitUntil(end(blocking)), kept)
}
