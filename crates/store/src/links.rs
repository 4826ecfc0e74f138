//! Links: which person in the directory is which user at Adobe, whatever their mail becomes.

use crate::text::time;
use crate::{Error, Store};
use chrono::{DateTime, Utc};
use sqlx::{QueryBuilder, Sqlite};
use std::collections::BTreeMap;
use umsync_engine::directory::Anchor;

/// Rows per statement: six values each stay below the 32 766 that SQLite takes.
const ROWS: usize = 1_000;

/// One person and their user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The person's anchor.
    pub anchor: Anchor,
    /// Adobe's id of the user.
    pub adobe_id: String,
    /// The user's email at Adobe.
    pub email: String,
    /// Where the person's entry stands.
    pub dn: String,
}

/// A link as it was last seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenLink {
    /// The link.
    pub link: Link,
    /// When.
    pub at: DateTime<Utc>,
}

impl Store {
    /// Every link of an organization: anchor to Adobe's id.
    pub async fn links(&self, organization: &str) -> Result<BTreeMap<Anchor, String>, Error> {
        let rows: Vec<(String, String)> =
            sqlx::query_as("SELECT anchor, adobe_id FROM links WHERE organization = $1")
                .bind(organization)
                .fetch_all(self.pool())
                .await
                .map_err(self.failed("read the links"))?;
        Ok(rows.into_iter().map(|(anchor, id)| (Anchor::from_stored(anchor), id)).collect())
    }

    /// One person's link with what was last seen of both sides.
    pub async fn link(&self, organization: &str, anchor: &Anchor) -> Result<Option<SeenLink>, Error> {
        let row: Option<(String, String, String, String)> = sqlx::query_as(
            "SELECT adobe_id, email, dn, seen_at FROM links WHERE organization = $1 AND anchor = $2",
        )
        .bind(organization)
        .bind(anchor.as_str())
        .fetch_optional(self.pool())
        .await
        .map_err(self.failed("read a link"))?;
        let Some((adobe_id, email, dn, seen_at)) = row else {
            return Ok(None);
        };
        let link = Link { anchor: anchor.clone(), adobe_id, email, dn };
        Ok(Some(SeenLink { link, at: self.parse_time("a link", &seen_at)? }))
    }

    /// These links were seen at `at`: new ones are kept, known ones renewed, all others stay. Of two with one anchor
    /// the later in the list counts.
    pub async fn note_links(
        &self,
        organization: &str,
        links: &[Link],
        at: DateTime<Utc>,
    ) -> Result<(), Error> {
        let doing = "note the links";
        let seen_at = time(at);
        let links: BTreeMap<&Anchor, &Link> = links.iter().map(|link| (&link.anchor, link)).collect();
        let links: Vec<&Link> = links.into_values().collect();
        let mut transaction = self.begin(doing).await?;
        for links in links.chunks(ROWS) {
            QueryBuilder::<Sqlite>::new(
                "INSERT INTO links (organization, anchor, adobe_id, email, dn, seen_at) ",
            )
            .push_values(links, |mut row, link| {
                let Link { anchor, adobe_id, email, dn } = link;
                row.push_bind(organization)
                    .push_bind(anchor.as_str())
                    .push_bind(adobe_id)
                    .push_bind(email)
                    .push_bind(dn)
                    .push_bind(&seen_at);
            })
            .push(
                " ON CONFLICT (organization, anchor) DO UPDATE
                  SET adobe_id = excluded.adobe_id, email = excluded.email, dn = excluded.dn,
                      seen_at = excluded.seen_at",
            )
            .build()
            .persistent(false)
            .execute(&mut *transaction)
            .await
            .map_err(self.failed(doing))?;
        }
        self.commit(doing, transaction).await
    }
}
