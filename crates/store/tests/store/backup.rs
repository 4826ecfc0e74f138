//! A copy while others write.

use crate::world::{ORG, Place, carried_out, dump, join, link, noon, run, snapshot};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use umsync_store::{Error, Missing, Store};

async fn filled(place: &Place) -> Store {
    let store = place.store().await;
    carried_out(&store, "1", &[join("ann", "A"), join("bob", "B")]).await;
    store.save_snapshot(&snapshot(ORG, noon(0), &["ann", "bob"])).await.unwrap();
    store.note_links(ORG, &[link("1", "A", "ann@example.com")], noon(0)).await.unwrap();
    store
}

fn files(folder: &Path) -> Vec<String> {
    let name = |file: std::io::Result<std::fs::DirEntry>| file.unwrap().file_name().into_string().unwrap();
    let mut names: Vec<_> = std::fs::read_dir(folder).unwrap().map(name).collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_backup_is_a_store_that_equals_the_original() {
    let (place, other) = (Place::new(), Place::new());
    let store = filled(&place).await;
    let file = other.folder.path().join("a 'quoted' ?name%20.db");

    store.backup(&file).await.unwrap();

    assert_eq!(files(other.folder.path()), ["a 'quoted' ?name%20.db"]);
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let copy = Store::open(&file, Missing::Refuse).await.unwrap();
    assert_eq!(copy.snapshot(ORG).await.unwrap(), store.snapshot(ORG).await.unwrap());
    assert_eq!(dump(&file).await.unwrap(), dump(&place.path()).await.unwrap());
}

#[tokio::test]
async fn an_existing_file_is_refused_and_left_alone() {
    let place = Place::new();
    let store = filled(&place).await;
    let file = place.folder.path().join("backup.db");
    std::fs::write(&file, "precious").unwrap();
    let link = place.folder.path().join("link.db");
    std::os::unix::fs::symlink("nowhere", &link).unwrap();
    for there in [&file, &link, &place.path()] {
        let error = store.backup(there).await.unwrap_err();
        assert!(
            matches!(&error, Error::Exists { path } if path.ends_with(there.file_name().unwrap())),
            "{error}"
        );
    }
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "precious");
    let error = store.backup(&place.folder.path().join("no/such/folder/x.db")).await.unwrap_err();
    assert!(matches!(error, Error::File { .. }), "{error}");
    assert!(!files(place.folder.path()).iter().any(|name| name.ends_with(".part")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_of_one_moment_while_others_write() {
    let (place, other) = (Place::new(), Place::new());
    let (store, writer) = (filled(&place).await, place.store().await);
    let writing = tokio::spawn(async move {
        for id in 0..300 {
            writer.begin_run(&run(&format!("r{id:03}"), ORG)).await.unwrap();
            // Both or neither.
            writer
                .record_plan(&format!("r{id:03}"), &[], &[join("ann", "A"), join("bob", "A")])
                .await
                .unwrap();
        }
    });
    for attempt in 0..5 {
        let file = other.folder.path().join(format!("{attempt}.db"));
        store.backup(&file).await.unwrap();
        let copy = Store::open(&file, Missing::Refuse).await.unwrap();
        let runs = copy.runs(Some(ORG), 1_000).await.unwrap();
        let (latest, earlier) = runs.split_first().unwrap();
        assert!([0, 2].contains(&copy.journal(&latest.start.id).await.unwrap().len()));
        for run in earlier {
            assert_eq!(copy.journal(&run.start.id).await.unwrap().len(), 2, "{}", run.start.id);
        }
        assert_eq!(copy.links(ORG).await.unwrap().len(), 1);
    }
    writing.await.unwrap();
    assert_eq!(store.runs(None, 1_000).await.unwrap().len(), 301);
}
