//! Who ran what, and how it ended.

use crate::world::{ORG, Place, add, by_hand, end, join, noon, run, unsettled};
use serde_json::json;
use std::time::Duration;
use umsync_store::{Error, Missing, Run, RunStart, Store};

#[tokio::test]
async fn a_run_is_kept_with_its_end_and_report() {
    let place = Place::new();
    let store = place.store().await;
    store.begin_run(&run("1", ORG)).await.unwrap();
    assert_eq!(
        store.run("1").await.unwrap(),
        Some((Run { start: run("1", ORG), execution: None, dropped: None, end: None }, None)),
        "it is still going"
    );
    store.save_report("1", &json!({"draft": true})).await.unwrap();
    store.save_report("1", &json!({"people": ["Jörg"]})).await.unwrap();
    store.finish_run("1", &end(3)).await.unwrap();

    let store = place.reopened(store).await;

    let ended = Run { start: run("1", ORG), execution: None, dropped: None, end: Some(end(3)) };
    assert_eq!(store.run("1").await.unwrap(), Some((ended, Some(json!({"people": ["Jörg"]})))));
    assert_eq!(store.run("2").await.unwrap(), None);
}

#[tokio::test]
async fn runs_come_newest_first() {
    let place = Place::new();
    let store = place.store().await;
    for (id, organization) in [("2", ORG), ("1", ORG), ("3", "other"), ("4", ORG)] {
        store.begin_run(&run(id, organization)).await.unwrap();
    }
    let ids = async |organization, limit| -> Vec<String> {
        store.runs(organization, limit).await.unwrap().into_iter().map(|run| run.start.id).collect()
    };
    assert_eq!(ids(None, 3).await, ["4", "3", "2"]);
    assert_eq!(ids(Some(ORG), usize::MAX).await, ["4", "2", "1"]);
    assert_eq!(ids(Some("nobody"), 9).await, Vec::<String>::new());
    assert_eq!(store.organizations().await.unwrap(), [ORG, "other"]);
}

#[tokio::test]
async fn runs_are_found_by_how_their_ids_begin() {
    let place = Place::new();
    let store = place.store().await;
    for id in ["20261121-1", "20261121-2", "20261122-1"] {
        store.begin_run(&run(id, ORG)).await.unwrap();
    }
    assert_eq!(store.run_ids("20261121").await.unwrap(), ["20261121-2", "20261121-1"]);
    assert_eq!(store.run_ids("20261122-1").await.unwrap(), ["20261122-1"]);
    assert!(store.run_ids("2026%").await.unwrap().is_empty());
}

#[tokio::test]
async fn a_run_that_was_never_begun_cannot_end() {
    let place = Place::new();
    let store = place.store().await;
    let error = store.finish_run("7", &end(0)).await.unwrap_err();
    assert!(matches!(&error, Error::Unknown { what, .. } if what == "run 7"), "{error}");
    let error = store.save_report("7", &json!(null)).await.unwrap_err();
    assert!(matches!(error, Error::Unknown { .. }), "{error}");
}

#[tokio::test]
async fn what_is_old_and_done_can_be_forgotten() {
    let place = Place::new();
    let store = place.store().await;
    for (id, started_at) in [("1", noon(0)), ("2", noon(0)), ("3", noon(100))] {
        store.begin_run(&RunStart { started_at, ..run(id, ORG) }).await.unwrap();
        store.record_plan(id, &[add("ann", "A", &[0])], &[join("ann", "A")]).await.unwrap();
    }
    store.intend("2", &[0], noon(1)).await.unwrap();
    for plan in ["old", "approved", "new"] {
        let at = if plan == "new" { noon(100) } else { noon(0) };
        store.save_plan(ORG, plan, &json!({}), at).await.unwrap();
    }
    store.approve(ORG, "old", "jane", noon(0), noon(10)).await.unwrap();
    store.approve(ORG, "approved", "jane", noon(0), noon(200)).await.unwrap();

    assert_eq!(store.forget(noon(50)).await.unwrap(), 1);

    let runs = store.runs(None, 9).await.unwrap();
    assert_eq!(runs.iter().map(|run| run.start.id.as_str()).collect::<Vec<_>>(), ["3", "2"]);
    assert!(store.journal("1").await.unwrap().is_empty());
    assert_eq!(store.journal("3").await.unwrap().len(), 1);
    assert_eq!(unsettled(&store).await, ["ann@example.com"]);
    assert_eq!(store.plan_ids("").await.unwrap(), ["new", "approved"]);
}

/// The daemon runs each run as a task, which may move between threads.
#[tokio::test(flavor = "multi_thread")]
async fn everything_may_be_called_from_a_task() {
    let place = Place::new();
    let path = place.path();
    let place_of_backup = place.folder.path().join("backup.db");
    let task = async move {
        let store = Store::open(path, Missing::Create).await?;
        store.begin_run(&run("1", ORG)).await?;
        store.record_plan("1", &[add("ann", "A", &[0])], &[join("ann", "A")]).await?;
        store.intend("1", &[0], noon(0)).await?;
        store.settle("1", &[], noon(0)).await?;
        store.journal("1").await?;
        store.unsettled(ORG).await?;
        store.note_links(ORG, &[], noon(0)).await?;
        store.note_absences(ORG, &Default::default(), noon(0), Duration::ZERO).await?;
        store.note_departures(ORG, &[]).await?;
        store.note_created(ORG, &[]).await?;
        store.note_execution("1", noon(0)).await?;
        store.cut_short(ORG).await?;
        store.drop_rest("1", "nobody wants it", noon(0)).await?;
        store.import_links(ORG, &store.export_links(ORG).await?).await?;
        store.story(ORG, &Default::default(), &Default::default()).await?;
        store.forget_person(ORG, &store.find_person(ORG, "ann").await?).await?;
        store.backup(&place_of_backup).await?;
        store.compact().await?;
        store.amend_snapshot(ORG, |_| ()).await?;
        store.stamps(ORG, |_| ()).await?;
        store.approve(ORG, "8c1f", "jane", noon(0), noon(1)).await?;
        store.use_up(ORG, "8c1f", &Default::default(), noon(0)).await?;
        store.forget(noon(0)).await?;
        store.run("1").await
    };
    assert!(tokio::spawn(task).await.unwrap().unwrap().is_some());
}

/// What is told of half a million people is more than SQLite takes in one piece.
#[tokio::test]
async fn a_large_report_and_plan_are_kept_small_and_come_back_whole() {
    let place = Place::new();
    let store = place.store().await;
    let told: Vec<String> =
        (0..100_000).map(|at| format!("person {at} gets a new federated account")).collect();
    let told = json!({ "told": told });
    store.begin_run(&run("1", ORG)).await.unwrap();
    store.save_report("1", &told).await.unwrap();
    store.save_plan(ORG, "c0ffee", &told, noon(0)).await.unwrap();

    let store = place.reopened(store).await;

    let (_, report) = store.run("1").await.unwrap().unwrap();
    let plan = store.plan("c0ffee").await.unwrap().unwrap().plan;
    assert!(report.as_ref() == Some(&told) && plan == told, "they come back as they were");
    let size = std::fs::metadata(place.path()).unwrap().len();
    assert!(size < told.to_string().len() as u64 / 2, "{size} bytes for both of them");
}

#[tokio::test]
async fn a_large_report_that_a_disk_has_changed_is_no_report() {
    let place = Place::new();
    let store = place.store().await;
    store.begin_run(&run("1", ORG)).await.unwrap();
    store.save_report("1", &json!({ "told": "x".repeat(100_000) })).await.unwrap();
    let mut file = by_hand(&place.path()).await;
    sqlx::query("UPDATE runs SET report = CAST(substr(report, 1, length(report) - 1) || x'00' AS BLOB)")
        .execute(&mut file)
        .await
        .unwrap();

    let error = store.run("1").await.unwrap_err();

    assert!(matches!(&error, Error::Unreadable { what: "a report", .. }), "{error}");
}
