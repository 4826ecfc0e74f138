//! Directories: when each of several was last read whole, and whom it has ever given.

use crate::person::PersonTraces;
use crate::text::time;
use crate::{Error, Store};
use chrono::{DateTime, Utc};
use sqlx::{QueryBuilder, Sqlite, Transaction};
use std::collections::{BTreeMap, BTreeSet};
use umsync_engine::directory::{DirectoryName, GroupRef};
use umsync_engine::memory::Gave;
use umsync_engine::set_aside::Cover;

/// Rows per statement: four values each stay below the 32 766 that SQLite takes.
const ROWS: usize = 1_000;
/// How ids and addresses are called.
pub(crate) const ID: &str = "id";
const NAME: &str = "name";

/// The last whole read of one of several directories.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectoryRead {
    /// What its part of the configuration meant.
    pub meaning: String,
    /// When it was.
    pub at: DateTime<Utc>,
    /// The wanted groups that it had.
    pub groups: BTreeSet<GroupRef>,
}

impl Store {
    /// The last whole read of every directory, by its name.
    pub async fn directory_reads(
        &self,
        organization: &str,
    ) -> Result<BTreeMap<DirectoryName, DirectoryRead>, Error> {
        let rows: Vec<(String, String, String, String)> = sqlx::query_as(
            "SELECT name, meaning, read_at, group_names FROM directories WHERE organization = $1",
        )
        .bind(organization)
        .fetch_all(self.pool())
        .await
        .map_err(self.failed("read the directories"))?;
        let mut reads = BTreeMap::new();
        for (name, meaning, at, groups) in rows {
            let at = self.parse_time("a directory", &at)?;
            let groups = self.parse_json("the groups of a directory", &groups)?;
            reads.insert(DirectoryName::new(&name), DirectoryRead { meaning, at, groups });
        }
        Ok(reads)
    }

    /// Whom a directory has ever given, and the groups that it had when it was last read whole.
    pub async fn gave(&self, organization: &str, directory: &DirectoryName) -> Result<Gave, Error> {
        let doing = "read whom a directory gave";
        let mut transaction = self.pool().begin().await.map_err(self.failed(doing))?;
        let people = self.given_by(doing, &mut transaction, organization, directory).await?;
        self.commit(doing, transaction).await?;
        let read = self.directory_reads(organization).await?.remove(directory);
        Ok(Gave { people, groups: read.map(|read| read.groups).unwrap_or_default() })
    }

    /// A directory was read whole at `at`, and gives these. Whom it gave before stays known.
    pub async fn note_directory(
        &self,
        organization: &str,
        directory: &DirectoryName,
        meaning: &str,
        giving: &Gave,
        at: DateTime<Utc>,
    ) -> Result<(), Error> {
        let doing = "note whom a directory gives";
        let failed = self.failed(doing);
        let Gave { people: Cover { names, ids }, groups } = giving;
        let groups = self.to_json("the groups of a directory", groups)?;
        let mut transaction = self.begin(doing).await?;
        sqlx::query(
            "INSERT INTO directories (organization, name, meaning, read_at, group_names)
             VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (organization, name) DO UPDATE
             SET meaning = excluded.meaning, read_at = excluded.read_at, group_names = excluded.group_names",
        )
        .bind(organization)
        .bind(directory.as_str())
        .bind(meaning)
        .bind(time(at))
        .bind(groups)
        .execute(&mut *transaction)
        .await
        .map_err(&failed)?;
        // In a usual run everybody is known.
        let known = self.given_by(doing, &mut transaction, organization, directory).await?;
        let ids = ids.difference(&known.ids).map(|value| (ID, value));
        let names = names.difference(&known.names).map(|value| (NAME, value));
        let rows: Vec<(&str, &String)> = ids.chain(names).collect();
        for rows in rows.chunks(ROWS) {
            QueryBuilder::<Sqlite>::new(
                "INSERT INTO directory_people (organization, directory, kind, value) ",
            )
            .push_values(rows, |mut row, (kind, value)| {
                row.push_bind(organization)
                    .push_bind(directory.as_str())
                    .push_bind(*kind)
                    .push_bind(value.as_str());
            })
            .build()
            .persistent(false)
            .execute(&mut *transaction)
            .await
            .map_err(&failed)?;
        }
        self.commit(doing, transaction).await
    }

    async fn given_by(
        &self,
        doing: &'static str,
        open: &mut Transaction<'static, Sqlite>,
        organization: &str,
        directory: &DirectoryName,
    ) -> Result<Cover, Error> {
        let rows: Vec<(String, String)> = sqlx::query_as(
            "SELECT kind, value FROM directory_people WHERE organization = $1 AND directory = $2",
        )
        .bind(organization)
        .bind(directory.as_str())
        .fetch_all(&mut **open)
        .await
        .map_err(self.failed(doing))?;
        let mut people = Cover::default();
        for (kind, value) in rows {
            match kind.as_str() {
                ID => people.ids.insert(value),
                _ => people.names.insert(value),
            };
        }
        Ok(people)
    }

    /// Forgets that directories gave a person; tells how often.
    pub(crate) async fn forget_gave(
        &self,
        open: &mut Transaction<'static, Sqlite>,
        organization: &str,
        person: &PersonTraces,
    ) -> Result<u64, Error> {
        let ids = person.ids.iter().map(|value| (ID, value));
        let names = person.emails.iter().map(|value| (NAME, value));
        let mut forgotten = 0;
        for (kind, value) in ids.chain(names) {
            forgotten += sqlx::query(
                "DELETE FROM directory_people WHERE organization = $1 AND kind = $2 AND value = $3",
            )
            .bind(organization)
            .bind(kind)
            .bind(value)
            .execute(&mut **open)
            .await
            .map_err(self.failed("forget a person"))?
            .rows_affected();
        }
        Ok(forgotten)
    }
}
