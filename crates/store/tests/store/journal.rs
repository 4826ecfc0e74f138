//! What a run meant to do, and what became of it.

use crate::world::{ORG, Place, account, add, fill, join, lost, noon, outcome, run, snapshot, unsettled};
use umsync_engine::command::{StepError, Verdict};
use umsync_store::{Error, Store};

/// A run with three users' commands and one from a group's side.
async fn planned(place: &Place) -> Store {
    let store = place.store().await;
    store.begin_run(&run("1", ORG)).await.unwrap();
    let changes = [join("ann", "A"), join("bob", "A"), join("cid", "A"), join("dot", "G"), join("eve", "G")];
    let commands = [add("ann", "A", &[0]), add("bob", "A", &[1]), add("cid", "A", &[2]), fill("G", &[3, 4])];
    store.record_plan("1", &commands, &changes).await.unwrap();
    store
}

#[tokio::test]
async fn the_journal_tells_of_each_change_what_became_of_it() {
    let place = Place::new();
    let store = planned(&place).await;
    let refused = Verdict::Refused {
        errors: vec![StepError {
            step: Some(0),
            code: "error.group.not_found".to_owned(),
            message: "no such group".to_owned(),
        }],
    };
    store.intend("1", &[0, 1], noon(1)).await.unwrap();
    let outcomes = [outcome(0, Verdict::Done), outcome(1, refused.clone())];
    store.settle("1", &outcomes, noon(2)).await.unwrap();
    store.intend("1", &[3], noon(3)).await.unwrap();

    let store = place.reopened(store).await;

    let rows = store.journal("1").await.unwrap();
    let changes: Vec<_> = rows.iter().map(|row| (row.position, row.change.clone())).collect();
    let expected = [join("ann", "A"), join("bob", "A"), join("cid", "A"), join("dot", "G"), join("eve", "G")];
    assert_eq!(changes, expected.into_iter().enumerate().collect::<Vec<_>>());
    let told: Vec<_> = rows
        .iter()
        .map(|row| {
            let entry = row.command.as_ref().unwrap();
            (entry.position, entry.intended, entry.settled.clone())
        })
        .collect();
    assert_eq!(
        told,
        [
            (0, Some(noon(1)), Some((Verdict::Done, noon(2)))),
            (1, Some(noon(1)), Some((refused, noon(2)))),
            (2, None, None),
            (3, Some(noon(3)), None),
            (3, Some(noon(3)), None),
        ]
    );
    assert_eq!(store.entries("1").await.unwrap()[3].command, fill("G", &[3, 4]));
    assert!(store.journal("2").await.unwrap().is_empty());
}

#[tokio::test]
async fn of_two_commands_for_a_change_the_one_that_left_tells() {
    let place = Place::new();
    let store = place.store().await;
    store.begin_run(&run("1", ORG)).await.unwrap();
    let commands = [fill("G", &[0]), add("ann", "G", &[0])];
    store.record_plan("1", &commands, &[join("ann", "G"), join("bob", "G")]).await.unwrap();
    let rows = store.journal("1").await.unwrap();
    assert_eq!(rows[0].command.as_ref().unwrap().position, 0);
    assert_eq!(rows[1].command, None, "nothing carries it out");
    store.intend("1", &[1], noon(1)).await.unwrap();
    assert_eq!(store.journal("1").await.unwrap()[0].command.as_ref().unwrap().position, 1);
}

#[tokio::test]
async fn an_intent_without_outcome_is_unsettled_after_a_crash() {
    let place = Place::new();
    let store = planned(&place).await;
    assert!(unsettled(&store).await.is_empty());
    store.intend("1", &[0, 3], noon(1)).await.unwrap();

    // Another process sees it the moment intend() has returned.
    let other = place.store().await;
    assert_eq!(unsettled(&other).await, ["ann@example.com", "dot@example.com", "eve@example.com"]);
    assert_eq!(other.unsettled(ORG).await.unwrap()[0], *account("ann"));
    assert!(other.unsettled("other").await.unwrap().is_empty());
}

#[tokio::test]
async fn only_an_unknown_outcome_stays_unsettled() {
    let place = Place::new();
    let store = planned(&place).await;
    store.intend("1", &[0, 1, 2, 3], noon(1)).await.unwrap();
    let outcomes = [
        outcome(0, Verdict::Done),
        outcome(1, lost()),
        outcome(2, Verdict::NotSent { why: "Adobe is away".to_owned() }),
        outcome(3, lost()),
    ];
    store.settle("1", &outcomes, noon(2)).await.unwrap();
    assert_eq!(unsettled(&store).await, ["bob@example.com", "dot@example.com", "eve@example.com"]);

    // Read back, one of them is settled, whichever commands were about them.
    store.settled_by_reading(ORG, &account("dot").key).await.unwrap();
    assert_eq!(unsettled(&store).await, ["bob@example.com", "eve@example.com"]);

    // Sent once more, it is open until the new answer.
    store.intend("1", &[0], noon(3)).await.unwrap();
    assert_eq!(store.entries("1").await.unwrap()[0].settled, None);
    assert_eq!(unsettled(&store).await, ["ann@example.com", "bob@example.com", "eve@example.com"]);
    store.settle("1", &[outcome(0, Verdict::Done), outcome(1, Verdict::Done)], noon(4)).await.unwrap();
    assert_eq!(unsettled(&store).await, ["eve@example.com"]);
}

#[tokio::test]
async fn a_listing_settles_what_was_asked_before_it_began() {
    let place = Place::new();
    let store = planned(&place).await;
    store.intend("1", &[0], noon(1)).await.unwrap();
    store.settle("1", &[outcome(0, lost())], noon(5)).await.unwrap();
    store.begin_run(&run("2", "other")).await.unwrap();
    store.record_plan("2", &[add("ann", "A", &[0])], &[join("ann", "A")]).await.unwrap();
    store.intend("2", &[0], noon(1)).await.unwrap();

    store.save_snapshot(&snapshot(ORG, noon(4), &["ann"])).await.unwrap();
    assert_eq!(unsettled(&store).await, ["ann@example.com"], "it may have come to pass after the listing");
    store.save_snapshot(&snapshot(ORG, noon(6), &["ann"])).await.unwrap();
    assert!(unsettled(&store).await.is_empty());
    assert_eq!(store.unsettled("other").await.unwrap().len(), 1, "another organization's listing");
}

#[tokio::test]
async fn what_was_not_planned_cannot_be_sent() {
    let place = Place::new();
    let store = planned(&place).await;
    let error = store.intend("1", &[0, 4], noon(1)).await.unwrap_err();
    assert!(matches!(&error, Error::Unknown { what, .. } if what == "command 4 of run 1"), "{error}");
    assert_eq!(store.entries("1").await.unwrap()[0].intended, None, "whole or nothing");
    let error = store.settle("9", &[outcome(0, Verdict::Done)], noon(1)).await.unwrap_err();
    assert!(matches!(error, Error::Unknown { .. }), "{error}");
    store.record_plan("9", &[add("ann", "A", &[])], &[]).await.unwrap_err();
}

#[tokio::test]
async fn a_first_run_of_a_large_company_is_recorded() {
    let place = Place::new();
    let store = place.store().await;
    store.begin_run(&run("1", ORG)).await.unwrap();
    let changes: Vec<_> = (0..100_000).map(|n| join(&format!("person{n}"), "All Apps")).collect();
    let commands: Vec<_> = (0..10_001).map(|n| add(&format!("person{n}"), "All Apps", &[n])).collect();

    store.record_plan("1", &commands, &changes).await.unwrap();
    store.intend("1", &[9_999, 10_000], noon(1)).await.unwrap();

    let rows = store.journal("1").await.unwrap();
    assert_eq!(rows.len(), 100_000);
    assert_eq!(rows[99_999].change, changes[99_999]);
    assert_eq!(rows[10_000].command.as_ref().unwrap().command, commands[10_000]);
    assert_eq!(store.unsettled(ORG).await.unwrap().len(), 2);
}
