//! Being alone: transactions that hold the right to write from their first statement.

use crate::{Error, Store};
use sqlx::{Sqlite, Transaction};

impl Store {
    /// Begins a transaction that no other process can write beside. Dropped without commit, it leaves nothing.
    ///
    /// A plain `BEGIN` takes the right to write only at the first write; two that have read the same stamps would then
    /// both believe that they come first.
    pub(crate) async fn begin(&self, doing: &'static str) -> Result<Transaction<'static, Sqlite>, Error> {
        self.pool().begin_with("BEGIN IMMEDIATE").await.map_err(self.failed(doing))
    }

    /// Writes a transaction to the disk.
    pub(crate) async fn commit(
        &self,
        doing: &'static str,
        transaction: Transaction<'static, Sqlite>,
    ) -> Result<(), Error> {
        transaction.commit().await.map_err(self.failed(doing))
    }

    /// Names what failed, and where.
    pub(crate) fn failed(&self, doing: &'static str) -> impl Fn(sqlx::Error) -> Error + use<'_> {
        move |source| Error::database(doing, self.path(), source)
    }
}
