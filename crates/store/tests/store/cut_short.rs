//! Executions that did not come to their end.

use crate::world::{ORG, Place, add, carried_out, end, join, lost, noon, outcome, run};
use serde_json::json;
use umsync_engine::command::{Outcome, Verdict};
use umsync_store::{Error, Store};

/// A run that executes three commands.
async fn executing(store: &Store, id: &str) {
    store.begin_run(&run(id, ORG)).await.unwrap();
    let changes = [join("ann", "A"), join("bob", "A"), join("cid", "A")];
    let commands = [add("ann", "A", &[0]), add("bob", "A", &[1]), add("cid", "A", &[2])];
    store.record_plan(id, &commands, &changes).await.unwrap();
    store.note_execution(id, noon(1)).await.unwrap();
}

async fn settle(store: &Store, id: &str, outcomes: &[Outcome]) {
    store.settle(id, outcomes, noon(2)).await.unwrap();
}

async fn unfinished(store: &Store) -> Option<(String, usize)> {
    let cut = store.cut_short(ORG).await.unwrap()?;
    assert_eq!(cut.run.execution, Some(cut.execution));
    Some((cut.run.start.id, cut.unfinished))
}

#[tokio::test]
async fn an_execution_is_cut_short_until_every_command_has_an_answer() {
    let place = Place::new();
    let store = place.store().await;
    store.begin_run(&run("0", ORG)).await.unwrap();
    assert_eq!(unfinished(&store).await, None, "nothing was sent");
    executing(&store, "1").await;
    assert_eq!(unfinished(&store).await, Some(("1".to_owned(), 3)));
    store.intend("1", &[0, 1, 2], noon(1)).await.unwrap();
    let refused = Verdict::Refused { errors: Vec::new() };
    let not_sent = Verdict::NotSent { why: "too late".to_owned() };
    settle(&store, "1", &[outcome(0, refused), outcome(1, lost()), outcome(2, not_sent)]).await;
    store.finish_run("1", &end(4)).await.unwrap();

    let store = place.reopened(store).await;

    assert_eq!(unfinished(&store).await, Some(("1".to_owned(), 2)));
    assert_eq!(store.cut_short("other").await.unwrap(), None);
    settle(&store, "1", &[outcome(1, Verdict::Done), outcome(2, Verdict::Done)]).await;
    assert_eq!(unfinished(&store).await, None);
}

#[tokio::test]
async fn what_is_dropped_is_never_gone_on_with() {
    let place = Place::new();
    let store = place.store().await;
    executing(&store, "1").await;
    executing(&store, "2").await;
    assert_eq!(unfinished(&store).await, Some(("2".to_owned(), 3)));

    store.drop_rest("2", "the configuration is another", noon(50)).await.unwrap();

    assert_eq!(unfinished(&store).await, None, "the first was planned anew by the second");
    let (dropped, _) = store.run("2").await.unwrap().unwrap();
    assert_eq!(dropped.dropped.as_deref(), Some("the configuration is another"));
    let ended = dropped.end.unwrap();
    assert_eq!((ended.at, ended.exit_code, ended.plan_id), (noon(50), 4, None));
    assert_eq!(ended.summary, json!({"failure": "cut short; the configuration is another"}));
    // A run that has ended keeps its end.
    carried_out(&store, "3", &[join("ann", "A")]).await;
    store.drop_rest("3", "why not", noon(60)).await.unwrap();
    assert_eq!(store.run("3").await.unwrap().unwrap().0.end, Some(end(0)));
    let error = store.drop_rest("9", "nothing", noon(60)).await.unwrap_err();
    assert!(matches!(error, Error::Unknown { .. }), "{error}");
    let error = store.note_execution("9", noon(60)).await.unwrap_err();
    assert!(matches!(error, Error::Unknown { .. }), "{error}");
}
