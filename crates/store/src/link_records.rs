//! All that is known of a link: for people, and to be carried from one store to another.

use crate::given::Given;
use crate::link_rows::LinkRow;
use crate::links::{DN, EMAIL, Past, Stored};
use crate::text::time;
use crate::{Error, Store};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::{Sqlite, Transaction};
use std::collections::{BTreeMap, BTreeSet};
use umsync_engine::adobe::Identity;
use umsync_engine::directory::Anchor;
use umsync_engine::key::{Ownership, UserKey, fold_email};

/// One link with its history and with the memberships that we gave the account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinkRecord {
    /// The person's anchor.
    pub anchor: Anchor,
    /// Adobe's id of the user.
    pub adobe_id: String,
    /// The identity type that the configuration gave the person; `None` where nobody noted it.
    pub identity: Option<Identity>,
    /// The user's email, as Adobe spells it.
    pub email: String,
    /// Where the person's entry stands.
    pub dn: String,
    /// When both were last seen together.
    pub seen_at: DateTime<Utc>,
    /// Every email it has had, folded, the oldest first.
    pub emails: Vec<Noted>,
    /// Every place where the entry stood, the oldest first.
    pub dns: Vec<Noted>,
    /// The groups that we gave the account, by name.
    pub given: Vec<Given>,
}

/// An email or a DN, and when a link had it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Noted {
    /// Which.
    pub value: String,
    /// When it was first seen.
    pub first_seen: DateTime<Utc>,
    /// When it was last seen.
    pub last_seen: DateTime<Utc>,
}

impl LinkRecord {
    /// The account's key. Who knows no identity type takes the organization for its owner, as it nearly always is.
    pub fn account_key(&self) -> UserKey {
        UserKey::new(self.identity.map_or(Ownership::Organization, Identity::ownership), &self.email)
    }
}

impl Store {
    /// All that is known of one person's link.
    pub async fn link_story(&self, organization: &str, anchor: &Anchor) -> Result<Option<LinkRecord>, Error> {
        let doing = "read a link";
        let failed = self.failed(doing);
        let mut transaction = self.pool().begin().await.map_err(&failed)?;
        let link = self.links_of(doing, &mut transaction, organization, &[anchor.as_str()]).await?.pop();
        let Some(link) = link else { return Ok(None) };
        let past: Vec<Past> = sqlx::query_as(
            "SELECT anchor, kind, value, first_seen, last_seen FROM link_history
             WHERE organization = $1 AND anchor = $2 ORDER BY first_seen, value",
        )
        .bind(organization)
        .bind(anchor.as_str())
        .fetch_all(&mut *transaction)
        .await
        .map_err(&failed)?;
        self.commit(doing, transaction).await?;
        let mut record = self.record(link, past)?;
        record.given = self.given(organization, &record.account_key()).await?;
        Ok(Some(record))
    }

    /// Every link of an organization with all that is known of it, by anchor.
    pub async fn export_links(&self, organization: &str) -> Result<Vec<LinkRecord>, Error> {
        let doing = "export the links";
        let mut transaction = self.pool().begin().await.map_err(self.failed(doing))?;
        let mut records = self.records(doing, &mut transaction, organization).await?;
        let mut given = self.all_given(doing, &mut transaction, organization).await?;
        self.commit(doing, transaction).await?;
        for record in &mut records {
            record.given = given.remove(record.account_key().as_str()).unwrap_or_default();
        }
        Ok(records)
    }

    /// Takes links from another store. Each replaces what is known of its anchor and of the memberships given to its
    /// account; all other links stay. Tells how many were known.
    ///
    /// An anchor that comes twice fails the whole import: nobody can say which of the two is meant.
    pub async fn import_links(&self, organization: &str, records: &[LinkRecord]) -> Result<usize, Error> {
        let doing = "import the links";
        let mut anchors = BTreeSet::new();
        if let Some(twice) = records.iter().find(|record| !anchors.insert(&record.anchor)) {
            let what = format!("the link of {}", twice.anchor.as_str());
            return Err(Error::Twice { doing, what, path: self.path().to_owned() });
        }
        let mut transaction = self.begin(doing).await?;
        let mut known = 0;
        for record in records {
            let gone = sqlx::query("DELETE FROM links WHERE organization = $1 AND anchor = $2")
                .bind(organization)
                .bind(record.anchor.as_str())
                .execute(&mut *transaction)
                .await
                .map_err(self.failed(doing))?;
            known += gone.rows_affected() as usize;
            self.take_all(&mut transaction, organization, record.account_key().as_str()).await?;
        }
        let links: Vec<Stored> = records.iter().map(stored).collect();
        self.put_links(doing, &mut transaction, organization, &links).await?;
        let past: Vec<Past> = records.iter().flat_map(past).collect();
        self.put_past(doing, &mut transaction, organization, &past).await?;
        for record in records {
            let key = record.account_key();
            for Given { group, at } in &record.given {
                self.give(&mut transaction, organization, key.as_str(), group, *at).await?;
            }
        }
        self.commit(doing, transaction).await?;
        Ok(known)
    }

    /// Every link with its history and without what was given.
    pub(crate) async fn records(
        &self,
        doing: &'static str,
        transaction: &mut Transaction<'static, Sqlite>,
        organization: &str,
    ) -> Result<Vec<LinkRecord>, Error> {
        let mut links = Vec::new();
        let take = |link: LinkRow<'_>| {
            links.push(link.stored());
            Ok(())
        };
        self.each_link(doing, transaction, organization, take).await?;
        links.sort_by(|one, other| one.anchor.cmp(&other.anchor));
        let past: Vec<Past> = sqlx::query_as(
            "SELECT anchor, kind, value, first_seen, last_seen FROM link_history
             WHERE organization = $1 ORDER BY first_seen, value",
        )
        .bind(organization)
        .fetch_all(&mut **transaction)
        .await
        .map_err(self.failed(doing))?;
        let mut pasts: BTreeMap<String, Vec<Past>> = BTreeMap::new();
        for past in past {
            pasts.entry(past.anchor.clone()).or_default().push(past);
        }
        links
            .into_iter()
            .map(|link| {
                let past = pasts.remove(&link.anchor).unwrap_or_default();
                self.record(link, past)
            })
            .collect()
    }

    fn record(&self, link: Stored, past: Vec<Past>) -> Result<LinkRecord, Error> {
        let Stored { anchor, adobe_id, identity, email, dn, seen_at } = link;
        let seen_at = self.parse_time("a link", &seen_at)?;
        let (mut emails, mut dns) = (Vec::new(), Vec::new());
        for Past { anchor: _, kind, value, first_seen, last_seen } in past {
            let first_seen = self.parse_time("the history of a link", &first_seen)?;
            let last_seen = match last_seen {
                Some(last) => self.parse_time("the history of a link", &last)?,
                None => seen_at,
            };
            let noted = Noted { value, first_seen, last_seen };
            if kind == EMAIL { emails.push(noted) } else { dns.push(noted) }
        }
        let anchor = Anchor::from_stored(anchor);
        let identity = identity.map(|word| self.identity(&word)).transpose()?;
        Ok(LinkRecord { anchor, adobe_id, identity, email, dn, seen_at, emails, dns, given: Vec::new() })
    }
}

fn stored(record: &LinkRecord) -> Stored {
    let LinkRecord { anchor, adobe_id, identity, email, dn, seen_at, emails: _, dns: _, given: _ } = record;
    Stored {
        anchor: anchor.as_str().to_owned(),
        adobe_id: adobe_id.clone(),
        identity: identity.map(|identity| identity.word().to_owned()),
        email: email.clone(),
        dn: dn.clone(),
        seen_at: time(*seen_at),
    }
}

/// The history of a record. What it has now stands in it, whoever wrote the record.
fn past(record: &LinkRecord) -> Vec<Past> {
    let LinkRecord { anchor, adobe_id: _, identity: _, email, dn, seen_at, emails, dns, given: _ } = record;
    let mut rows = Vec::new();
    for (kind, noted, present) in [(EMAIL, emails, fold_email(email)), (DN, dns, dn.clone())] {
        let mut values: BTreeMap<String, (DateTime<Utc>, DateTime<Utc>)> = BTreeMap::new();
        values.insert(present.clone(), (*seen_at, *seen_at));
        for Noted { value, first_seen, last_seen } in noted {
            let value = if kind == EMAIL { fold_email(value) } else { value.clone() };
            let times = values.entry(value).or_insert((*first_seen, *last_seen));
            *times = (times.0.min(*first_seen), times.1.max(*last_seen));
        }
        for (value, (first_seen, last_seen)) in values {
            rows.push(Past {
                anchor: anchor.as_str().to_owned(),
                kind: kind.to_owned(),
                last_seen: (value != present).then(|| time(last_seen)),
                first_seen: time(first_seen),
                value,
            });
        }
    }
    rows
}
