//! Group anchors: which entries of a directory the mapped groups were when they were last read.

use crate::text::time;
use crate::{Error, Store};
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;
use umsync_engine::directory::{Anchor, GroupRef, SeenGroup};

/// A mapped group, and the entry that it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredGroup {
    /// Which directory of the configuration; empty where there is only one.
    pub directory: String,
    /// As the configuration names it.
    pub group: GroupRef,
    /// What never changes about the entry.
    pub anchor: Anchor,
    /// Where it stood when it was last read.
    pub dn: String,
    /// When this entry was first read as this group.
    pub first_seen: DateTime<Utc>,
    /// When it last was.
    pub last_seen: DateTime<Utc>,
}

impl Store {
    /// Every group that was ever read and not forgotten, by directory and name.
    pub async fn group_anchors(&self, organization: &str) -> Result<Vec<StoredGroup>, Error> {
        let rows: Vec<(String, String, String, String, String, String)> = sqlx::query_as(
            "SELECT directory, group_name, anchor, dn, first_seen, last_seen FROM group_anchors
             WHERE organization = $1 ORDER BY directory, group_name",
        )
        .bind(organization)
        .fetch_all(self.pool())
        .await
        .map_err(self.failed("read the remembered groups"))?;
        rows.into_iter()
            .map(|(directory, group, anchor, dn, first_seen, last_seen)| {
                Ok(StoredGroup {
                    directory,
                    group: GroupRef::new(&group),
                    anchor: Anchor::from_stored(anchor),
                    dn,
                    first_seen: self.parse_time("the remembered groups", &first_seen)?,
                    last_seen: self.parse_time("the remembered groups", &last_seen)?,
                })
            })
            .collect()
    }

    /// Notes which entries the groups of one directory are. Those of other names stay: a group that is no longer mapped may
    /// be mapped again.
    pub async fn note_groups(
        &self,
        organization: &str,
        directory: &str,
        groups: &BTreeMap<GroupRef, SeenGroup>,
        at: DateTime<Utc>,
    ) -> Result<(), Error> {
        let doing = "remember groups";
        let mut transaction = self.begin(doing).await?;
        for (group, SeenGroup { anchor, dn }) in groups {
            sqlx::query(
                "INSERT INTO group_anchors
                     (organization, directory, group_name, anchor, dn, first_seen, last_seen)
                 VALUES ($1, $2, $3, $4, $5, $6, $6)
                 ON CONFLICT (organization, directory, group_name) DO UPDATE
                 SET first_seen = CASE WHEN group_anchors.anchor = excluded.anchor
                                       THEN group_anchors.first_seen ELSE excluded.first_seen END,
                     anchor = excluded.anchor, dn = excluded.dn, last_seen = excluded.last_seen",
            )
            .bind(organization)
            .bind(directory)
            .bind(group.as_str())
            .bind(anchor.as_str())
            .bind(dn)
            .bind(time(at))
            .execute(&mut *transaction)
            .await
            .map_err(self.failed(doing))?;
        }
        self.commit(doing, transaction).await
    }

    /// Forgets which entries a group was, in every directory: the next run takes the one that has its name. Without a name
    /// all groups. Tells how many.
    pub async fn forget_groups(&self, organization: &str, group: Option<&GroupRef>) -> Result<u64, Error> {
        let statement = match group {
            Some(_) => "DELETE FROM group_anchors WHERE organization = $1 AND group_name = $2",
            None => "DELETE FROM group_anchors WHERE organization = $1",
        };
        let mut query = sqlx::query(statement).bind(organization);
        if let Some(group) = group {
            query = query.bind(group.as_str());
        }
        let gone = query.execute(self.pool()).await.map_err(self.failed("forget groups"))?;
        Ok(gone.rows_affected())
    }
}
