//! Found or made, whole, ours, and of a schema that we know.

use crate::world::{ORG, Place, by_hand, noon, run};
use sqlx::Connection;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use umsync_store::{Error, Missing, Store};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn a_missing_store_is_refused_and_nothing_is_made() {
    let place = Place::new();
    let path = place.folder.path().join("state/umsync.db");

    let error = Store::open(&path, Missing::Refuse).await.unwrap_err();

    assert!(matches!(&error, Error::Missing { path: named } if *named == path), "{error}");
    assert_eq!(fs::read_dir(place.folder.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn an_emptied_file_counts_as_missing() {
    let place = Place::new();
    fs::write(place.path(), "").unwrap();

    let error = Store::open(place.path(), Missing::Refuse).await.unwrap_err();
    assert!(matches!(error, Error::Missing { .. }), "{error}");

    // A first run that was cut off leaves the same.
    place.store().await;
}

#[tokio::test]
async fn a_new_store_is_for_its_owner_only() {
    let place = Place::new();
    let folder = place.folder.path().join("var/state");
    let path = folder.join("umsync.db");

    let store = Store::open(&path, Missing::Create).await.unwrap();
    store.begin_run(&run("1", ORG)).await.unwrap();
    let lock = store.lock(ORG, umsync_store::Purpose::Listing, "pid 1, plan", noon(0)).unwrap();

    assert_eq!(mode(&folder), 0o700);
    let mut names: Vec<String> = Vec::new();
    for file in fs::read_dir(&folder).unwrap() {
        let file = file.unwrap();
        assert_eq!(mode(&file.path()), 0o600, "{}", file.path().display());
        names.push(file.file_name().into_string().unwrap());
    }
    names.sort();
    let expected =
        ["umsync.db", "umsync.db-shm", "umsync.db-wal", "umsync.db.1a2b3c@adobeorg.lock", "umsync.db.lock"];
    assert_eq!(names, expected);
    drop(lock);
}

#[tokio::test]
async fn two_names_of_one_file_are_one_store() {
    let place = Place::new();
    let store = place.store().await;
    let alias = place.folder.path().join("alias.db");
    std::os::unix::fs::symlink(place.path(), &alias).unwrap();

    let other = Store::open(&alias, Missing::Refuse).await.unwrap();

    assert_eq!(store.path(), other.path());
}

#[tokio::test]
async fn many_may_create_it_at_once() {
    let place = Place::new();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let path = place.path();
        tasks.spawn(async move { Store::open(path, Missing::Create).await.map(drop) });
    }
    for result in tasks.join_all().await {
        result.unwrap();
    }
}

#[tokio::test]
async fn a_newer_schema_is_refused_and_left_alone() {
    let place = Place::new();
    place.store().await.close().await;
    let mut file = by_hand(&place.path()).await;
    sqlx::query(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES (4711, 'later', TRUE, x'00', 0)",
    )
    .execute(&mut file)
    .await
    .unwrap();
    file.close().await.unwrap();

    let error = Store::open(place.path(), Missing::Create).await.unwrap_err();

    assert!(matches!(error, Error::Newer { version: 4711, .. }), "{error}");
    assert!(error.to_string().contains("umsync.db has schema 4711, written by a newer umsync"), "{error}");
}

#[tokio::test]
async fn what_is_no_database_is_refused_with_a_remedy() {
    let place = Place::new();
    fs::write(place.path(), "people: []\n".repeat(1_000)).unwrap();

    let error = Store::open(place.path(), Missing::Create).await.unwrap_err();

    assert!(matches!(error, Error::NotAStore { .. }), "{error:?}");
    assert!(error.to_string().contains("restore the file"), "{error}");
    let folder = Store::open(place.folder.path(), Missing::Create).await.unwrap_err();
    assert!(matches!(folder, Error::NotAStore { .. }), "{folder:?}");
}

#[tokio::test]
async fn another_programs_database_is_refused_and_left_alone() {
    let place = Place::new();
    let mut file = by_hand(&place.path()).await;
    sqlx::query("CREATE TABLE songs (title TEXT)").execute(&mut file).await.unwrap();
    file.close().await.unwrap();
    let before = fs::read(place.path()).unwrap();

    let error = Store::open(place.path(), Missing::Create).await.unwrap_err();

    assert!(matches!(error, Error::NotAStore { .. }), "{error:?}");
    assert_eq!(fs::read(place.path()).unwrap(), before);
}

#[tokio::test]
async fn a_damaged_file_is_refused_with_a_remedy() {
    let place = Place::new();
    let store = place.store().await;
    for id in 0..200 {
        store.begin_run(&run(&format!("{id:0200}"), ORG)).await.unwrap();
    }
    store.close().await;
    let whole = fs::read(place.path()).unwrap();

    let mut overwritten = whole.clone();
    let half = overwritten.len() / 2;
    overwritten[half..].fill(0xaa);
    let cut = whole[..half].to_vec();
    for bytes in [overwritten, cut] {
        fs::write(place.path(), bytes).unwrap();
        let error = Store::open(place.path(), Missing::Refuse).await.unwrap_err();
        assert!(matches!(error, Error::Damaged { .. }), "{error:?}");
        assert!(error.to_string().contains("restore the file from a backup"), "{error}");
    }
}

#[tokio::test]
async fn a_store_in_memory_is_warned_of() {
    let folder =
        tempfile::tempdir_in("/dev/shm").expect("/dev/shm is a tmpfs; mount -t tmpfs tmpfs /dev/shm");
    let store = Store::open(folder.path().join("umsync.db"), Missing::Create).await.unwrap();
    let warning = store.filesystem_warning().unwrap();
    assert!(warning.contains("umsync.db lies on tmpfs"), "{warning}");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_may_come_and_go() {
    let place = Place::new();
    place.store().await.close().await;
    let mut tasks = tokio::task::JoinSet::new();
    for task in 0..6 {
        let path = place.path();
        tasks.spawn(async move {
            for round in 0..8 {
                let store = Store::open(&path, Missing::Refuse).await.unwrap();
                store.begin_run(&run(&format!("{task}-{round}"), ORG)).await.unwrap();
                store.close().await;
            }
        });
    }
    tasks.join_all().await;
    assert_eq!(place.store().await.runs(None, 100).await.unwrap().len(), 48);
}
