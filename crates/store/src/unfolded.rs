//! Emails that the former schema kept unfolded: SQL cannot fold, so opening the store does.

use crate::Error;
use crate::links::EMAIL;
use sqlx::{Sqlite, Transaction};
use std::path::Path;
use umsync_engine::key::fold_email;

/// Moves what the second migration left to be folded into the histories of links. Later it finds nothing.
pub(crate) async fn fold_emails(
    transaction: &mut Transaction<'static, Sqlite>,
    path: &Path,
) -> Result<(), Error> {
    let failed = |source| Error::database("bring the links forward", path, source);
    let rows: Vec<(String, String, String, String)> =
        sqlx::query_as("SELECT organization, anchor, email, seen_at FROM unfolded")
            .fetch_all(&mut **transaction)
            .await
            .map_err(failed)?;
    if rows.is_empty() {
        return Ok(());
    }
    for (organization, anchor, email, seen_at) in rows {
        sqlx::query(
            "INSERT INTO link_history (organization, anchor, kind, value, first_seen)
             VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(organization)
        .bind(anchor)
        .bind(EMAIL)
        .bind(fold_email(&email))
        .bind(seen_at)
        .execute(&mut **transaction)
        .await
        .map_err(failed)?;
    }
    sqlx::query("DELETE FROM unfolded").execute(&mut **transaction).await.map_err(failed)?;
    Ok(())
}
