//! Bytes that are not what was written: an error, and never other rows.

use crate::world::{ORG, Place, carried_out, dump, join, link, noon, run, snapshot};
use std::fs;
use umsync_store::{Error, Missing, Store};

/// The file of a store with something in every kind of page, and what it holds.
async fn whole() -> (Vec<u8>, Vec<String>) {
    let place = Place::new();
    let store = place.store().await;
    for id in 0..20 {
        carried_out(&store, &format!("{id}"), &[join("ann", "A"), join("bob", &"long".repeat(2_000))]).await;
    }
    let links: Vec<_> = (0..100).map(|n| link(&format!("{n}"), "id", &format!("p{n}@example.com"))).collect();
    store.note_links(ORG, &links, noon(0)).await.unwrap();
    store.save_snapshot(&snapshot(ORG, noon(0), &["ann", "bob"])).await.unwrap();
    store.close().await;
    let held = dump(&place.path()).await.unwrap();
    (fs::read(place.path()).unwrap(), held)
}

/// What comes of opening these bytes and reading and writing all of it.
async fn opened(bytes: &[u8]) -> Result<Vec<String>, Error> {
    let place = Place::new();
    fs::write(place.path(), bytes).unwrap();
    let store = Store::open(place.path(), Missing::Refuse).await?;
    for run in store.runs(None, usize::MAX).await? {
        store.journal(&run.start.id).await?;
    }
    store.links(ORG).await?;
    store.snapshot(ORG).await?;
    store.begin_run(&run("new", ORG)).await?;
    store.close().await;
    let mut held = dump(&place.path()).await.unwrap();
    held.retain(|row| !row.contains("'new'"));
    Ok(held)
}

/// Errors that tell the reader to restore the file, or to look at it.
fn is_told(error: &Error) -> bool {
    matches!(
        error,
        Error::Damaged { .. }
            | Error::NotAStore { .. }
            | Error::Unreadable { .. }
            | Error::SnapshotDamaged { .. }
            | Error::Missing { .. }
            // SQLite only reads a file whose header asks for a later SQLite.
            | Error::ReadOnly { .. }
    )
}

#[tokio::test]
async fn a_file_that_ends_too_early_is_refused() {
    let (bytes, _) = whole().await;
    let page = 4_096;
    assert_eq!(bytes.len() % page, 0);
    let mut ends: Vec<usize> = (1..bytes.len() / page).map(|n| n * page).collect();
    ends.extend([1, 16, 100, page - 1, page + 1, bytes.len() - 1, bytes.len() - page / 2]);
    for end in ends {
        let error = opened(&bytes[..end]).await.expect_err(&format!("{end} of {}", bytes.len()));
        assert!(is_told(&error), "{end}: {error:?}");
    }
}

/// Pages begin with what SQLite knows of them (<https://www.sqlite.org/fileformat2.html>): kind, free space, cells. What
/// stands in the cells only the snapshot has a digest of.
#[tokio::test]
async fn a_page_whose_beginning_changed_is_refused_or_harmless() {
    let (bytes, held) = whole().await;
    let page = 4_096;
    let mut refused = 0;
    for start in (0..bytes.len()).step_by(page) {
        let header = if start == 0 { 100 } else { 0 };
        // A page that holds the rest of a long value begins with the number of the next one; then comes the value.
        let is_tree = matches!(bytes[start + header], 2 | 5 | 10 | 13);
        for offset in 0..if is_tree { 10 } else { 4 } {
            let mut changed = bytes.clone();
            changed[start + header + offset] ^= 0x55;
            match opened(&changed).await {
                Ok(read) => assert!(read == held, "page {} offset {offset}", start / page + 1),
                Err(error) => {
                    assert!(is_told(&error), "page {} offset {offset}: {error:?}", start / page + 1);
                    refused += 1;
                }
            }
        }
    }
    assert!(refused > bytes.len() / page * 2, "{refused} of {} pages", bytes.len() / page);
}

#[tokio::test]
async fn a_header_that_changed_is_refused_or_harmless() {
    let (bytes, held) = whole().await;
    for offset in 0..100 {
        let mut changed = bytes.clone();
        changed[offset] ^= 0x01;
        match opened(&changed).await {
            Ok(read) => assert!(read == held, "offset {offset}"),
            Err(error) => assert!(is_told(&error), "offset {offset}: {error:?}"),
        }
    }
}
