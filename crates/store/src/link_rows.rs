//! Links by the thousand: hardly a night changes any, and every night reads them all and sees nearly all of them again.
//!
//! A link whose `seen_at` is empty was seen with all the others: that moment is written down once. What is read or named by the
//! thousand goes through one statement for so many, because each row that is handed over singly costs more than its reading.
//! That is SQL of SQLite's own.

use crate::links::Stored;
use crate::text::time;
use crate::{Error, Store};
use chrono::{DateTime, Utc};
use hashbrown::HashSet;
use sqlx::{Sqlite, Transaction};

/// Rows per statement.
pub(crate) const ROWS: usize = 4_000;

/// What stands in place of a link's own time.
pub(crate) const TOGETHER: &str = "";

/// What parts the values of a column that come in one text.
const BETWEEN: char = '\u{1f}';

/// A link as it stands in its row.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LinkRow<'a> {
    pub(crate) anchor: &'a str,
    pub(crate) adobe_id: &'a str,
    pub(crate) identity: Option<&'a str>,
    pub(crate) email: &'a str,
    pub(crate) dn: &'a str,
    pub(crate) seen_at: &'a str,
}

impl LinkRow<'_> {
    pub(crate) fn stored(self) -> Stored {
        let Self { anchor, adobe_id, identity, email, dn, seen_at } = self;
        Stored {
            anchor: anchor.to_owned(),
            adobe_id: adobe_id.to_owned(),
            identity: identity.map(str::to_owned),
            email: email.to_owned(),
            dn: dn.to_owned(),
            seen_at: seen_at.to_owned(),
        }
    }
}

type Open = Transaction<'static, Sqlite>;

impl Store {
    /// How many links an organization has.
    pub(crate) async fn count_links(
        &self,
        doing: &'static str,
        open: &mut Open,
        organization: &str,
    ) -> Result<usize, Error> {
        let count: i64 = sqlx::query_scalar("SELECT count(*) FROM links WHERE organization = $1")
            .bind(organization)
            .fetch_one(&mut **open)
            .await
            .map_err(self.failed(doing))?;
        Ok(usize::try_from(count).unwrap_or_default())
    }

    /// Every link of an organization, one after the other.
    pub(crate) async fn each_link(
        &self,
        doing: &'static str,
        open: &mut Open,
        organization: &str,
        mut take: impl FnMut(LinkRow<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        type Page = (i64, Option<i64>, String, String, String, String, String, String);
        let together = self.seen_together(doing, open, organization).await?.unwrap_or_default();
        let mut after = -1;
        loop {
            // A plus keeps SQLite from going by the organization: it would then sort.
            let (count, last, anchors, ids, identities, emails, dns, times): Page = sqlx::query_as(
                "SELECT count(*), max(row), coalesce(group_concat(anchor, '\u{1f}'), ''),
                     coalesce(group_concat(adobe_id, '\u{1f}'), ''),
                     coalesce(group_concat(coalesce(identity, ''), '\u{1f}'), ''),
                     coalesce(group_concat(email, '\u{1f}'), ''), coalesce(group_concat(dn, '\u{1f}'), ''),
                     coalesce(group_concat(seen_at, '\u{1f}'), '')
                 FROM (SELECT rowid AS row, anchor, adobe_id, identity, email, dn, seen_at FROM links
                       WHERE rowid > $2 AND +organization = $1 ORDER BY rowid LIMIT $3)",
            )
            .bind(organization)
            .bind(after)
            .bind(ROWS as i64)
            .fetch_one(&mut **open)
            .await
            .map_err(self.failed(doing))?;
            let Some(last) = last else { return Ok(()) };
            let columns = [&anchors, &ids, &identities, &emails, &dns, &times];
            if columns.iter().all(|column| is_column_of(column, count)) {
                let mut columns = columns.map(|column| column.split(BETWEEN));
                for _ in 0..count {
                    let mut value = |column: usize| columns[column].next().unwrap_or_default();
                    take(LinkRow {
                        anchor: value(0),
                        adobe_id: value(1),
                        identity: Some(value(2)).filter(|word| !word.is_empty()),
                        email: value(3),
                        dn: value(4),
                        seen_at: seen_at(value(5), &together),
                    })?;
                }
            } else {
                for row in self.rows_within(doing, open, organization, after, last).await? {
                    let Stored { anchor, adobe_id, identity, email, dn, seen_at } = &row;
                    let identity = identity.as_deref();
                    let seen_at = self::seen_at(seen_at, &together);
                    take(LinkRow { anchor, adobe_id, identity, email, dn, seen_at })?;
                }
            }
            after = last;
        }
    }

    /// One row after the other, where some value has the character that parts them.
    async fn rows_within(
        &self,
        doing: &'static str,
        open: &mut Open,
        organization: &str,
        after: i64,
        last: i64,
    ) -> Result<Vec<Stored>, Error> {
        sqlx::query_as(
            "SELECT anchor, adobe_id, identity, email, dn, seen_at FROM links
             WHERE rowid > $2 AND rowid <= $3 AND +organization = $1 ORDER BY rowid",
        )
        .bind(organization)
        .bind(after)
        .bind(last)
        .fetch_all(&mut **open)
        .await
        .map_err(self.failed(doing))
    }

    /// Those of these links that are there.
    pub(crate) async fn links_of(
        &self,
        doing: &'static str,
        open: &mut Open,
        organization: &str,
        anchors: &[&str],
    ) -> Result<Vec<Stored>, Error> {
        let together = self.seen_together(doing, open, organization).await?.unwrap_or_default();
        let mut links: Vec<Stored> = Vec::new();
        for anchors in anchors.chunks(ROWS) {
            let found: Vec<Stored> = sqlx::query_as(
                "SELECT anchor, adobe_id, identity, email, dn, seen_at FROM links
                 WHERE organization = $1 AND anchor IN (SELECT value FROM json_each($2))",
            )
            .bind(organization)
            .bind(self.to_json("anchors", &anchors)?)
            .fetch_all(&mut **open)
            .await
            .map_err(self.failed(doing))?;
            links.extend(found);
        }
        for link in links.iter_mut().filter(|link| link.seen_at == TOGETHER) {
            link.seen_at.clone_from(&together);
        }
        Ok(links)
    }

    /// These links were seen at `at`. Those that are seen with most of the others are not written again.
    pub(crate) async fn seen(
        &self,
        doing: &'static str,
        open: &mut Open,
        organization: &str,
        anchors: &[&str],
        at: DateTime<Utc>,
    ) -> Result<(), Error> {
        if anchors.is_empty() {
            return Ok(());
        }
        if !is_most(anchors.len(), self.count_links(doing, open, organization).await?) {
            return self.set_seen(doing, open, organization, anchors, &time(at)).await;
        }
        let seen: HashSet<&str> = anchors.iter().copied().collect();
        let (mut joining, mut leaving) = (Vec::new(), Vec::new());
        let take = |anchor: &str, is_together: bool| match (seen.contains(anchor), is_together) {
            (true, false) => joining.push(anchor.to_owned()),
            (false, true) => leaving.push(anchor.to_owned()),
            (true, true) | (false, false) => {}
        };
        self.each_seen(doing, open, organization, take).await?;
        self.turn_together(doing, open, organization, (&joining, &leaving), at).await
    }

    /// All links but these were seen at `at`. What most of them say is not looked at.
    pub(crate) async fn seen_but(
        &self,
        doing: &'static str,
        open: &mut Open,
        organization: &str,
        unseen: &[&str],
        at: DateTime<Utc>,
    ) -> Result<(), Error> {
        let apart: Vec<String> =
            sqlx::query_scalar("SELECT anchor FROM links WHERE organization = $1 AND seen_at <> ''")
                .bind(organization)
                .fetch_all(&mut **open)
                .await
                .map_err(self.failed(doing))?;
        let (is_apart, is_unseen): (HashSet<&str>, HashSet<&str>) =
            (apart.iter().map(String::as_str).collect(), unseen.iter().copied().collect());
        let joining: Vec<&str> = is_apart.difference(&is_unseen).copied().collect();
        let leaving: Vec<&str> = is_unseen.difference(&is_apart).copied().collect();
        self.turn_together(doing, open, organization, (&joining, &leaving), at).await
    }

    /// All links that were seen together are seen at `at`, and these, too, but not those.
    async fn turn_together(
        &self,
        doing: &'static str,
        open: &mut Open,
        organization: &str,
        (joining, leaving): (&[impl AsRef<str>], &[impl AsRef<str>]),
        at: DateTime<Utc>,
    ) -> Result<(), Error> {
        // Whoever was seen with all the others until now, and is not any more, keeps that moment.
        let before = self.seen_together(doing, open, organization).await?.unwrap_or_default();
        self.set_seen(doing, open, organization, leaving, &before).await?;
        self.set_seen(doing, open, organization, joining, TOGETHER).await?;
        sqlx::query(
            "INSERT INTO seen_together (organization, at) VALUES ($1, $2)
             ON CONFLICT (organization) DO UPDATE SET at = excluded.at",
        )
        .bind(organization)
        .bind(time(at))
        .execute(&mut **open)
        .await
        .map_err(self.failed(doing))?;
        Ok(())
    }

    /// Every link of an organization, and whether it was seen with all the others.
    async fn each_seen(
        &self,
        doing: &'static str,
        open: &mut Open,
        organization: &str,
        mut take: impl FnMut(&str, bool),
    ) -> Result<(), Error> {
        let mut after = -1;
        loop {
            let (count, last, anchors, together): (i64, Option<i64>, String, String) = sqlx::query_as(
                "SELECT count(*), max(row), coalesce(group_concat(anchor, '\u{1f}'), ''),
                     coalesce(group_concat(seen_at = '', ''), '')
                 FROM (SELECT rowid AS row, anchor, seen_at FROM links
                       WHERE rowid > $2 AND +organization = $1 ORDER BY rowid LIMIT $3)",
            )
            .bind(organization)
            .bind(after)
            .bind(ROWS as i64)
            .fetch_one(&mut **open)
            .await
            .map_err(self.failed(doing))?;
            let Some(last) = last else { return Ok(()) };
            if is_column_of(&anchors, count) {
                let together = together.bytes().map(|flag| flag == b'1');
                anchors.split(BETWEEN).zip(together).for_each(|(anchor, together)| take(anchor, together));
            } else {
                for row in self.rows_within(doing, open, organization, after, last).await? {
                    take(&row.anchor, row.seen_at == TOGETHER);
                }
            }
            after = last;
        }
    }

    async fn set_seen(
        &self,
        doing: &'static str,
        open: &mut Open,
        organization: &str,
        anchors: &[impl AsRef<str>],
        seen_at: &str,
    ) -> Result<(), Error> {
        for anchors in anchors.chunks(ROWS) {
            let anchors: Vec<&str> = anchors.iter().map(AsRef::as_ref).collect();
            sqlx::query(
                "UPDATE links SET seen_at = $3
                 WHERE organization = $1 AND anchor IN (SELECT value FROM json_each($2))",
            )
            .bind(organization)
            .bind(self.to_json("anchors", &anchors)?)
            .bind(seen_at)
            .execute(&mut **open)
            .await
            .map_err(self.failed(doing))?;
        }
        Ok(())
    }

    /// When the links were last seen whose own time is empty.
    pub(crate) async fn seen_together(
        &self,
        doing: &'static str,
        open: &mut Open,
        organization: &str,
    ) -> Result<Option<String>, Error> {
        sqlx::query_scalar("SELECT at FROM seen_together WHERE organization = $1")
            .bind(organization)
            .fetch_optional(&mut **open)
            .await
            .map_err(self.failed(doing))
    }
}

/// Whether so many of all links are most of them, whose time is written down once.
pub(crate) fn is_most(some: usize, all: usize) -> bool {
    2 * some >= all
}

fn seen_at<'a>(own: &'a str, together: &'a str) -> &'a str {
    if own == TOGETHER { together } else { own }
}

/// Whether a text has so many values: otherwise one of them has the character that parts them.
fn is_column_of(text: &str, count: i64) -> bool {
    usize::try_from(count).is_ok_and(|count| text.matches(BETWEEN).count() + 1 == count)
}
