//! Unresolved members: those of directory groups whom nobody can read, and with whom somebody approved a plan.

use crate::mention::Mentions;
use crate::text::time;
use crate::{Error, Store};
use chrono::{DateTime, Utc};
use sqlx::{Sqlite, Transaction};
use std::collections::{BTreeMap, BTreeSet};
use umsync_engine::directory::GroupRef;

impl Store {
    /// Every accepted member by the group that lists it.
    pub async fn accepted_members(
        &self,
        organization: &str,
    ) -> Result<BTreeMap<GroupRef, BTreeSet<String>>, Error> {
        let rows: Vec<(String, String)> =
            sqlx::query_as("SELECT group_name, member FROM accepted_members WHERE organization = $1")
                .bind(organization)
                .fetch_all(self.pool())
                .await
                .map_err(self.failed("read the accepted members"))?;
        let mut accepted: BTreeMap<GroupRef, BTreeSet<String>> = BTreeMap::new();
        for (group, member) in rows {
            accepted.entry(GroupRef::new(&group)).or_default().insert(member);
        }
        Ok(accepted)
    }

    /// Somebody has approved a plan with these members: only others freeze their groups from now on.
    pub async fn accept_members(
        &self,
        organization: &str,
        members: &BTreeMap<GroupRef, BTreeSet<String>>,
        who: &str,
        at: DateTime<Utc>,
    ) -> Result<(), Error> {
        let doing = "accept unresolved members";
        let mut transaction = self.begin(doing).await?;
        for (group, members) in members {
            for member in members {
                sqlx::query(
                    "INSERT INTO accepted_members (organization, group_name, member, who, at)
                     VALUES ($1, $2, $3, $4, $5)
                     ON CONFLICT (organization, group_name, member) DO NOTHING",
                )
                .bind(organization)
                .bind(group.as_str())
                .bind(member)
                .bind(who)
                .bind(time(at))
                .execute(&mut *transaction)
                .await
                .map_err(self.failed(doing))?;
            }
        }
        self.commit(doing, transaction).await
    }

    /// Forgets those that name a person; tells how many.
    pub(crate) async fn forget_accepted(
        &self,
        open: &mut Transaction<'static, Sqlite>,
        organization: &str,
        mentions: &Mentions,
    ) -> Result<u64, Error> {
        let failed = self.failed("forget a person");
        let members: Vec<String> =
            sqlx::query_scalar("SELECT DISTINCT member FROM accepted_members WHERE organization = $1")
                .bind(organization)
                .fetch_all(&mut **open)
                .await
                .map_err(&failed)?;
        let mut forgotten = 0;
        for member in members.iter().filter(|member| mentions.in_text(member)) {
            forgotten += sqlx::query("DELETE FROM accepted_members WHERE organization = $1 AND member = $2")
                .bind(organization)
                .bind(member)
                .execute(&mut **open)
                .await
                .map_err(&failed)?
                .rows_affected();
        }
        Ok(forgotten)
    }
}
