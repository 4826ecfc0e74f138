//! A disk that is full: every write fails with that word, leaves nothing of itself, and succeeds when there is space.

use crate::world::{
    ORG, Place, account, add, by_hand, carried_out, dump, end, join, link, noon, outcome, run, set, snapshot,
    user,
};
use serde_json::json;
use sqlx::Connection;
use std::time::Duration;
use umsync_engine::command::Verdict;
use umsync_engine::directory::{DirectoryName, GroupRef};
use umsync_engine::memory::{Absent, Departure, Gave, Order};
use umsync_engine::set_aside::Cover;
use umsync_engine::stamps::RequestClass;
use umsync_store::{
    Baseline, Created, Error, LeaverOrder, Link, Missing, Pause, Refusal, Refusals, RunEnd, Store,
};

/// So long that it needs pages of its own wherever it is written.
fn long() -> String {
    "x".repeat(20_000)
}

/// A store in which every function has something to write about, and no page is free.
async fn prepared() -> (Place, Store) {
    let place = Place::new();
    let store = place.store().await;
    carried_out(&store, "1", &[join("ann", "A"), join("ann", "B")]).await;
    store.begin_run(&run("2", ORG)).await.unwrap();
    let commands = [add("ann", "C", &[0]), add(&long(), "C", &[1])];
    store.record_plan("2", &commands, &[join("ann", "C"), join(&long(), "D")]).await.unwrap();
    store.begin_run(&run("3", ORG)).await.unwrap();
    store.save_snapshot(&snapshot(ORG, noon(0), &["ann"])).await.unwrap();
    store.note_links(ORG, &[link("1", "ann-id", "ann@example.com")], noon(0)).await.unwrap();
    store.approve(ORG, "8c1f", "jane", noon(0), noon(100)).await.unwrap();
    store.note_refusals(ORG, &refusals(&set(&[]), "short"), noon(0)).await.unwrap();
    let account = (*account("ann")).clone();
    let created = Created { fingerprint: "f".to_owned(), account, at: noon(0), invisible_since: None };
    store.note_created(ORG, &[created]).await.unwrap();
    store.compact().await.unwrap();
    (place, store)
}

fn refusals<'a>(done: &'a std::collections::BTreeSet<String>, message: &str) -> Refusals<'a> {
    let refusal = Refusal {
        code: "no".to_owned(),
        message: message.to_owned(),
        digest: String::new(),
        change: "{}".to_owned(),
    };
    Refusals { done, refused: [("f".to_owned(), refusal)].into(), wanted: None }
}

async fn pages(place: &Place) -> u32 {
    let mut file = by_hand(&place.path()).await;
    let pages: u32 = sqlx::query_scalar("PRAGMA page_count").fetch_one(&mut file).await.unwrap();
    file.close().await.unwrap();
    pages
}

/// Tries a write with ever one page more until it succeeds: it must have failed before, and left nothing.
async fn fails_whole<T>(name: &str, write: impl AsyncFn(&Store) -> Result<T, Error>) {
    let (place, store) = prepared().await;
    let before = dump(&place.path()).await.unwrap();
    let start = pages(&place).await;
    let mut failures = 0;
    loop {
        store.limit_pages(start + failures);
        match write(&store).await {
            Err(Error::Full { .. }) => {
                failures += 1;
                assert!(dump(&place.path()).await.unwrap() == before, "{name} left something of itself");
                assert!(failures < 200, "{name} never ends");
            }
            Err(other) => panic!("{name}: {other:?}"),
            Ok(_) => break,
        }
    }
    assert!(failures > 0, "{name} needed no page");
    assert!(dump(&place.path()).await.unwrap() != before, "{name} wrote nothing");
    // The same process goes on as soon as there is space, and so does the next.
    store.limit_pages(u32::MAX);
    store.begin_run(&run(&format!("after {}", long()), ORG)).await.unwrap();
    store.close().await;
    Store::open(place.path(), Missing::Refuse).await.unwrap();
}

#[tokio::test]
async fn what_a_run_writes_about_itself_fails_whole() {
    fails_whole("begin_run", async |store| store.begin_run(&run(&long(), ORG)).await).await;
    let ended = RunEnd { summary: json!(long()), ..end(0) };
    fails_whole("finish_run", async |store| store.finish_run("2", &ended).await).await;
    fails_whole("save_report", async |store| store.save_report("2", &json!(long())).await).await;
    fails_whole("drop_rest", async |store| store.drop_rest("2", &long(), noon(0)).await).await;
}

#[tokio::test]
async fn the_journal_fails_whole() {
    let changes: Vec<_> = (0..100).map(|n| join(&format!("person{n}"), "All Apps")).collect();
    let commands: Vec<_> = (0..100).map(|n| add(&format!("person{n}"), "All Apps", &[n])).collect();
    fails_whole("record_plan", async |store| store.record_plan("3", &commands, &changes).await).await;
    fails_whole("intend", async |store| store.intend("2", &[0, 1], noon(1)).await).await;
    let why = Verdict::Unknown { why: long() };
    let outcomes = [outcome(0, Verdict::Done), outcome(1, why)];
    fails_whole("settle as unknown", async |store| store.settle("2", &outcomes, noon(2)).await).await;
    let outcomes = [outcome(0, Verdict::Done), outcome(1, Verdict::Done)];
    fails_whole("settle as given", async |store| store.settle("2", &outcomes, noon(2)).await).await;
}

#[tokio::test]
async fn what_the_gate_keeps_fails_whole() {
    let org = long();
    fails_whole("stamps", async |store| store.stamps(&org, |stamps| stamps.users = Some(noon(0))).await)
        .await;
    let minute = Duration::from_secs(60);
    fails_whole("start", async |store| store.start(&org, RequestClass::Action, noon(0), minute, 1).await)
        .await;
    let pause = Pause { until: noon(9), reason: long(), who: "jane".to_owned(), at: noon(0) };
    fails_whole("pause", async |store| store.pause(ORG, &pause).await).await;
    fails_whole("approve", async |store| store.approve(ORG, "8c1f", &long(), noon(0), noon(1)).await).await;
    fails_whole("use_up", async |store| store.use_up(ORG, "8c1f", &set(&["a", &long()]), noon(0)).await)
        .await;
    fails_whole("save_plan", async |store| store.save_plan(ORG, "8c1f", &json!(long()), noon(0)).await).await;
    let baseline = Baseline { configuration: "c".to_owned(), at: noon(0), by: long() };
    fails_whole("set_baseline", async |store| store.set_baseline(ORG, &baseline).await).await;
}

#[tokio::test]
async fn snapshots_fail_whole() {
    let names: Vec<String> = (0..100).map(|n| format!("person{n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let read = snapshot(ORG, noon(5), &names);
    fails_whole("save_snapshot", async |store| store.save_snapshot(&read).await).await;
    fails_whole("amend_snapshot", async |store| {
        store.amend_snapshot(ORG, |snapshot| snapshot.users.push(user(&long()))).await
    })
    .await;
}

#[tokio::test]
async fn links_fail_whole() {
    let renewed = [
        link("1", "ann-id", "anna@example.com"),
        Link { dn: long(), ..link("2", "bob-id", "bob@example.com") },
    ];
    fails_whole("note_links", async |store| store.note_links(ORG, &renewed, noon(5)).await).await;
    fails_whole("import_links", async |store| {
        let mut records = store.export_links(ORG).await?;
        records[0].dn = long();
        store.import_links(ORG, &records).await
    })
    .await;
}

#[tokio::test]
async fn what_is_remembered_of_leavers_and_refusals_fails_whole() {
    let absent = |email: &str| Absent { email: email.to_owned(), evidence: None };
    let absent = [("ann-id".to_owned(), absent("ann@example.com")), ("bob-id".to_owned(), absent(&long()))];
    let absent = absent.into();
    fails_whole("note_absences", async |store| {
        store.note_absences(ORG, &absent, noon(1), Duration::ZERO).await
    })
    .await;
    let order = LeaverOrder { email: long(), order: Order::Expedite, who: "jane".to_owned(), at: noon(0) };
    fails_whole("order", async |store| store.order(ORG, "ann-id", &order).await).await;
    let departure = |email: &str, groups| Departure { email: email.to_owned(), at: noon(0), groups };
    let departures = [departure("a@example.com", Vec::new()), departure("b@example.com", vec![long()])];
    fails_whole("note_departures", async |store| store.note_departures(ORG, &departures).await).await;
    let nothing = set(&[]);
    fails_whole("note_refusals", async |store| {
        store.note_refusals(ORG, &refusals(&nothing, &long()), noon(1)).await
    })
    .await;
    let account = (*account(&long())).clone();
    let created = [Created { fingerprint: "g".to_owned(), account, at: noon(0), invisible_since: None }];
    fails_whole("note_created", async |store| store.note_created(ORG, &created).await).await;
}

#[tokio::test]
async fn what_is_remembered_of_directories_fails_whole() {
    let names = (0..500).map(|n| format!("person{n}@example.com")).collect();
    let gave = Gave { people: Cover { names, ids: set(&["a"]) }, groups: [GroupRef::new("Design")].into() };
    fails_whole("note_directory", async |store| {
        store.note_directory(ORG, &DirectoryName::new("emea"), &long(), &gave, noon(1)).await
    })
    .await;
}
