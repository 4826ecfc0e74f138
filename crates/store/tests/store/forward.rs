//! A store of the first schema comes forward unharmed.

use crate::world::{ORG, Place, add, anchor, by_hand, emails, join, link, noon, set, snapshot};
use sha2::{Digest as _, Sha256};
use sqlx::{Connection, SqliteConnection};
use std::borrow::Cow;
use std::time::Duration;
use umsync_engine::memory::Absence;
use umsync_store::{Missing, Store};

/// The first schema, as its program made it, with rows.
async fn former(place: &Place) {
    let mut file = by_hand(&place.path()).await;
    let mut migrator = sqlx::migrate!();
    migrator.migrations = Cow::Owned(migrator.iter().filter(|one| one.version == 1).cloned().collect());
    migrator.run(&mut file).await.unwrap();
    let row = async |file: &mut SqliteConnection, statement: &'static str, values: &[&str]| {
        let mut query = sqlx::query(statement);
        for value in values {
            query = query.bind((*value).to_owned());
        }
        query.execute(file).await.unwrap();
    };
    let noon = "2026-03-01T12:00:00.123456789Z";
    let change = serde_json::to_string(&join("Ann", "A")).unwrap();
    let command = serde_json::to_string(&add("Ann", "A", &[0])).unwrap();
    row(
        &mut file,
        "INSERT INTO runs (id, organization, command, started_at, configuration, config_path, version)
         VALUES ('1', $1, 'sync', $2, 'c0ffee', '/etc/umsync.yaml', '0.1.0')",
        &[ORG, noon],
    )
    .await;
    row(&mut file, "INSERT INTO changes (run, position, change) VALUES ('1', 0, $1)", &[&change]).await;
    let group = r#"{"target":{"group":"G"},"what":"create_group","reason":"group_mapped"}"#;
    row(&mut file, "INSERT INTO changes (run, position, change) VALUES ('1', 1, $1)", &[group]).await;
    row(&mut file, "INSERT INTO commands (run, position, command) VALUES ('1', 0, $1)", &[&command]).await;
    row(&mut file, "INSERT INTO absences VALUES ($1, 'ann-id', $2)", &[ORG, noon]).await;
    row(
        &mut file,
        "INSERT INTO links VALUES ($1, 'entryuuid=1', 'A', 'Ann@BÜCHER.example', 'cn=ann', $2)",
        &[ORG, noon],
    )
    .await;
    file.close().await.unwrap();
}

#[tokio::test]
async fn nothing_is_lost_and_what_is_new_is_filled_in() {
    let place = Place::new();
    former(&place).await;

    let store = Store::open(place.path(), Missing::Refuse).await.unwrap();
    let store = place.reopened(store).await;

    let email = "ann@xn--bcher-kva.example";
    let known = &store.links(ORG).await.unwrap()[&anchor("1")];
    assert_eq!((known.id(), known.identity, known.seen_at), ("A", None, noon(0)));
    assert_eq!(emails(known), set(&[email]));
    let story = store.link_story(ORG, &anchor("1")).await.unwrap().unwrap();
    assert_eq!(
        (story.emails.len(), story.emails[0].value.as_str(), story.emails[0].first_seen),
        (1, email, noon(0))
    );
    assert_eq!((story.dns.len(), story.dns[0].value.as_str()), (1, "cn=ann"));
    assert_eq!(
        store.absences(ORG, noon(-1), Duration::ZERO).await.unwrap()["ann-id"],
        Absence { since: noon(0), reads: 1 }
    );
    let leaver = &store.leavers(ORG).await.unwrap()[0];
    assert_eq!((leaver.email.as_str(), leaver.last_read), ("", noon(0)));
    for (ids, emails) in [(set(&["Ann-id"]), set(&[])), (set(&[]), set(&["ann@example.com"]))] {
        let told = store.story(ORG, &ids, &emails).await.unwrap();
        assert_eq!(told.len(), 1);
        assert_eq!(told[0].row.change, join("Ann", "A"));
    }
    assert_eq!(store.journal("1").await.unwrap().len(), 2);
    let (run, _) = store.run("1").await.unwrap().unwrap();
    assert_eq!((run.execution, run.dropped, run.end), (None, None, None));
    // The next run goes on from there.
    store.note_links(ORG, &[link("1", "A", "anna@example.com")], noon(5)).await.unwrap();
    assert_eq!(emails(&store.links(ORG).await.unwrap()[&anchor("1")]), set(&[email, "anna@example.com"]));
}

#[tokio::test]
async fn coming_forward_is_whole_or_nothing() {
    let place = Place::new();
    former(&place).await;
    let mut file = by_hand(&place.path()).await;
    // In the way of the second migration.
    sqlx::query("CREATE TABLE created (x TEXT)").execute(&mut file).await.unwrap();
    file.close().await.unwrap();
    let before = crate::world::dump(&place.path()).await.unwrap();

    Store::open(place.path(), Missing::Refuse).await.unwrap_err();

    assert_eq!(crate::world::dump(&place.path()).await.unwrap(), before);
}

/// A snapshot as programs before the tenth schema wrote it: all of it in one text.
#[tokio::test]
async fn a_snapshot_in_one_piece_is_read_until_the_next_one_comes() {
    let place = Place::new();
    let store = place.store().await;
    let before = snapshot(ORG, noon(0), &["ann", "bob"]);
    let body = serde_json::to_string(&before).unwrap();
    let digest: String = Sha256::digest(&body).iter().map(|byte| format!("{byte:02x}")).collect();
    let mut file = by_hand(&place.path()).await;
    sqlx::query("INSERT INTO snapshots (organization, read_at, digest, body) VALUES ($1, $2, $3, $4)")
        .bind(ORG)
        .bind("2026-03-01T12:00:00.123456789Z")
        .bind(digest)
        .bind(body)
        .execute(&mut file)
        .await
        .unwrap();
    file.close().await.unwrap();

    assert_eq!(store.snapshot(ORG).await.unwrap(), Some(before));
    assert!(store.amend_snapshot(ORG, |snapshot| drop(snapshot.users.pop())).await.unwrap());
    let amended = store.snapshot(ORG).await.unwrap().unwrap();
    assert_eq!(amended.users, snapshot(ORG, noon(0), &["ann"]).users);
}
