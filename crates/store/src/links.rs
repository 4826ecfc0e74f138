//! Links: which person in the directory is which user at Adobe, whatever their mail becomes.

use crate::link_rows::{LinkRow, TOGETHER, is_most};
use crate::text::time;
use crate::{Error, Store};
use chrono::{DateTime, Utc};
use sqlx::{FromRow, QueryBuilder, Sqlite, Transaction};
use std::collections::BTreeMap;
use umsync_engine::adobe::Identity;
use umsync_engine::directory::Anchor;
use umsync_engine::key::fold_email;
use umsync_engine::links::Links;
use umsync_engine::memory::{Known, KnownTexts};

/// Rows per statement: seven values each stay below the 32 766 that SQLite takes.
const ROWS: usize = 1_000;

/// How emails and DNs are called in the history of a link.
pub(crate) const EMAIL: &str = "email";
pub(crate) const DN: &str = "dn";

/// One person and their user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The person's anchor.
    pub anchor: Anchor,
    /// Adobe's id of the user.
    pub adobe_id: String,
    /// The identity type that the configuration gives the person.
    pub identity: Identity,
    /// The user's email, as Adobe spells it.
    pub email: String,
    /// Where the person's entry stands.
    pub dn: String,
}

/// Some of an organization's links, by the [anchors](Anchor::as_str) of their entries.
#[derive(Debug, Clone, Copy)]
pub enum Seen<'a> {
    /// These.
    Only(&'a [&'a str]),
    /// All but these.
    AllBut(&'a [&'a str]),
}

/// A link as it is stored.
#[derive(Debug, Clone, FromRow)]
pub(crate) struct Stored {
    pub(crate) anchor: String,
    pub(crate) adobe_id: String,
    pub(crate) identity: Option<String>,
    pub(crate) email: String,
    pub(crate) dn: String,
    pub(crate) seen_at: String,
}

/// One email or DN that a link has, or had until `last_seen`.
#[derive(Debug, Clone, FromRow)]
pub(crate) struct Past {
    pub(crate) anchor: String,
    pub(crate) kind: String,
    pub(crate) value: String,
    pub(crate) first_seen: String,
    pub(crate) last_seen: Option<String>,
}

impl Store {
    /// Every link of an organization with every email that it is known to have had.
    pub async fn links(&self, organization: &str) -> Result<Links, Error> {
        let doing = "read the links";
        let failed = self.failed(doing);
        // One transaction, so that both tables are of one moment.
        let mut transaction = self.pool().begin().await.map_err(&failed)?;
        // A plus keeps SQLite from looking through the histories of all links.
        let emails: Vec<(String, String)> = sqlx::query_as(
            "SELECT anchor, value FROM link_history
             WHERE last_seen IS NOT NULL AND +organization = $1 AND kind = $2",
        )
        .bind(organization)
        .bind(EMAIL)
        .fetch_all(&mut *transaction)
        .await
        .map_err(&failed)?;
        let count = self.count_links(doing, &mut transaction, organization).await?;
        let mut known = Links::with_capacity(count);
        // A million links were seen at a few moments, and are of a few types.
        let (mut moment, mut word) = (None, None);
        let take = |link: LinkRow<'_>| {
            let LinkRow { anchor, adobe_id, identity, email, dn, seen_at } = link;
            let seen_at = remembered(&mut moment, seen_at, |text| self.parse_time("a link", text))?;
            let identity = match identity {
                Some(text) => Some(remembered(&mut word, text, |text| self.identity(text))?),
                None => None,
            };
            let anchor = Anchor::from_stored(anchor);
            let texts = KnownTexts { anchor: &anchor, id: adobe_id, email, dn };
            known.insert(Known::new(identity, texts, seen_at));
            Ok(())
        };
        self.each_link(doing, &mut transaction, organization, take).await?;
        self.commit(doing, transaction).await?;
        for (anchor, email) in emails {
            if let Some(link) = known.get_mut(&Anchor::from_stored(anchor))
                && fold_email(link.email()) != email
            {
                link.former.insert(email);
            }
        }
        Ok(known)
    }

    /// These links were seen at `at`: new ones are kept, known ones renewed, all others stay. Of two with one anchor
    /// the later in the list counts. What an email or DN was before stays known.
    pub async fn note_links(
        &self,
        organization: &str,
        links: &[Link],
        at: DateTime<Utc>,
    ) -> Result<(), Error> {
        let doing = "note the links";
        let links: BTreeMap<&str, &Link> = links.iter().map(|link| (link.anchor.as_str(), link)).collect();
        let mut transaction = self.begin(doing).await?;
        let anchors: Vec<&str> = links.keys().copied().collect();
        let known: BTreeMap<String, Stored> = self
            .links_of(doing, &mut transaction, organization, &anchors)
            .await?
            .into_iter()
            .map(|stored| (stored.anchor.clone(), stored))
            .collect();
        let (mut same, mut changed, mut past) = (Vec::new(), Vec::new(), Vec::new());
        for (anchor, link) in links {
            let now = stored(link, at);
            match known.get(anchor) {
                Some(before) if is_same(before, &now) => same.push(anchor),
                before => {
                    turn(before, &now, &mut past);
                    changed.push(now);
                }
            }
        }
        let all =
            self.count_links(doing, &mut transaction, organization).await? + anchors.len() - known.len();
        // A first night would write every link, and the second one every link's time.
        let seen = if is_most(anchors.len(), all) { &anchors } else { &same };
        if is_most(anchors.len(), all) {
            changed.iter_mut().for_each(|link| TOGETHER.clone_into(&mut link.seen_at));
        }
        self.put_links(doing, &mut transaction, organization, &changed).await?;
        self.put_past(doing, &mut transaction, organization, &past).await?;
        self.seen(doing, &mut transaction, organization, seen, at).await?;
        self.commit(doing, transaction).await
    }

    /// What links say was so at `at`, too: of those that the organization had when they were last read. Whatever was noted
    /// since keeps its own moment, or has this one.
    pub async fn still_seen(
        &self,
        organization: &str,
        seen: Seen<'_>,
        at: DateTime<Utc>,
    ) -> Result<(), Error> {
        let doing = "note the links";
        let mut transaction = self.begin(doing).await?;
        match seen {
            Seen::Only(anchors) => {
                self.seen(doing, &mut transaction, organization, anchors, at).await?;
            }
            Seen::AllBut(anchors) => {
                self.seen_but(doing, &mut transaction, organization, anchors, at).await?;
            }
        }
        self.commit(doing, transaction).await
    }

    /// Forgets one person's link with its history; tells whether there was one.
    pub async fn drop_link(&self, organization: &str, anchor: &Anchor) -> Result<bool, Error> {
        let gone = sqlx::query("DELETE FROM links WHERE organization = $1 AND anchor = $2")
            .bind(organization)
            .bind(anchor.as_str())
            .execute(self.pool())
            .await
            .map_err(self.failed("drop the link"))?;
        Ok(gone.rows_affected() > 0)
    }

    pub(crate) async fn put_links(
        &self,
        doing: &'static str,
        transaction: &mut Transaction<'static, Sqlite>,
        organization: &str,
        links: &[Stored],
    ) -> Result<(), Error> {
        for links in links.chunks(ROWS) {
            QueryBuilder::<Sqlite>::new(
                "INSERT INTO links (organization, anchor, adobe_id, identity, email, dn, seen_at) ",
            )
            .push_values(links, |mut row, link| {
                let Stored { anchor, adobe_id, identity, email, dn, seen_at } = link;
                row.push_bind(organization)
                    .push_bind(anchor)
                    .push_bind(adobe_id)
                    .push_bind(identity)
                    .push_bind(email)
                    .push_bind(dn)
                    .push_bind(seen_at);
            })
            .push(
                " ON CONFLICT (organization, anchor) DO UPDATE
                  SET adobe_id = excluded.adobe_id, identity = excluded.identity, email = excluded.email,
                      dn = excluded.dn, seen_at = excluded.seen_at",
            )
            .build()
            .persistent(false)
            .execute(&mut **transaction)
            .await
            .map_err(self.failed(doing))?;
        }
        Ok(())
    }

    /// Adds to the histories of links. What is known already keeps its first time.
    pub(crate) async fn put_past(
        &self,
        doing: &'static str,
        transaction: &mut Transaction<'static, Sqlite>,
        organization: &str,
        past: &[Past],
    ) -> Result<(), Error> {
        for past in past.chunks(ROWS) {
            QueryBuilder::<Sqlite>::new(
                "INSERT INTO link_history (organization, anchor, kind, value, first_seen, last_seen) ",
            )
            .push_values(past, |mut row, past| {
                let Past { anchor, kind, value, first_seen, last_seen } = past;
                row.push_bind(organization)
                    .push_bind(anchor)
                    .push_bind(kind)
                    .push_bind(value)
                    .push_bind(first_seen)
                    .push_bind(last_seen);
            })
            .push(
                " ON CONFLICT (organization, anchor, kind, value) DO UPDATE
                  SET last_seen = excluded.last_seen",
            )
            .build()
            .persistent(false)
            .execute(&mut **transaction)
            .await
            .map_err(self.failed(doing))?;
        }
        Ok(())
    }

    /// An identity type, as it is stored.
    pub(crate) fn identity(&self, word: &str) -> Result<Identity, Error> {
        self.parse_word("an identity type", word.to_owned())
    }
}

/// What a text means, which is asked of one text many times in a row.
fn remembered<T: Copy>(
    last: &mut Option<(String, T)>,
    text: &str,
    meaning: impl FnOnce(&str) -> Result<T, Error>,
) -> Result<T, Error> {
    match last {
        Some((known, value)) if known == text => Ok(*value),
        _ => {
            let value = meaning(text)?;
            *last = Some((text.to_owned(), value));
            Ok(value)
        }
    }
}

fn stored(link: &Link, at: DateTime<Utc>) -> Stored {
    let Link { anchor, adobe_id, identity, email, dn } = link;
    Stored {
        anchor: anchor.as_str().to_owned(),
        adobe_id: adobe_id.clone(),
        identity: Some(identity.word().to_owned()),
        email: email.clone(),
        dn: dn.clone(),
        seen_at: time(at),
    }
}

/// Whether nothing but the time differs.
fn is_same(before: &Stored, now: &Stored) -> bool {
    let Stored { anchor, adobe_id, identity, email, dn, seen_at: _ } = before;
    (anchor, adobe_id, identity, email, dn)
        == (&now.anchor, &now.adobe_id, &now.identity, &now.email, &now.dn)
}

/// What a new or changed link adds to the histories: the former value was last seen with the former link.
fn turn(before: Option<&Stored>, now: &Stored, past: &mut Vec<Past>) {
    let mut add = |kind: &str, value: String, first_seen: &str, last_seen: Option<String>| {
        let (anchor, kind, first_seen) = (now.anchor.clone(), kind.to_owned(), first_seen.to_owned());
        past.push(Past { anchor, kind, value, first_seen, last_seen });
    };
    let emails = (before.map(|before| fold_email(&before.email)), fold_email(&now.email));
    let dns = (before.map(|before| before.dn.clone()), now.dn.clone());
    for (kind, (former, present)) in [(EMAIL, emails), (DN, dns)] {
        if former.as_ref() == Some(&present) {
            continue;
        }
        if let (Some(former), Some(Stored { seen_at, .. })) = (former, before) {
            add(kind, former, seen_at, Some(seen_at.clone()));
        }
        add(kind, present, &now.seen_at, None);
    }
}
