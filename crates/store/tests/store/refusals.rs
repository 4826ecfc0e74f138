//! What Adobe refuses run after run, and what it says to have created.

use crate::world::{ORG, Place, account, noon, set};
use std::collections::{BTreeMap, BTreeSet};
use umsync_engine::memory::Failing;
use umsync_store::{Created, Refusal, Refusals, Store};

fn refusal(code: &str) -> Refusal {
    Refusal {
        code: code.to_owned(),
        message: "no".to_owned(),
        digest: format!("digest of {code}"),
        change: "{}".to_owned(),
    }
}

async fn note(store: &Store, done: &[&str], refused: &[(&str, &str)], wanted: Option<&[&str]>, at: i64) {
    let wanted: Option<BTreeSet<String>> = wanted.map(set);
    let refused = refused.iter().map(|(change, code)| ((*change).to_owned(), refusal(code))).collect();
    let refusals = Refusals { done: &set(done), refused, wanted: wanted.as_ref() };
    store.note_refusals(ORG, &refusals, noon(at)).await.unwrap();
}

fn failing(runs: u32, code: &str, at: i64) -> Failing {
    let (digest, code) = (format!("digest of {code}"), code.to_owned());
    Failing { runs, at: noon(at), digest, code, message: "no".to_owned() }
}

#[tokio::test]
async fn a_refusal_is_counted_until_the_change_is_done_or_not_wanted() {
    let place = Place::new();
    let store = place.store().await;
    note(&store, &[], &[("a", "one"), ("b", "one"), ("c", "one")], None, 0).await;
    note(&store, &["b"], &[("a", "two")], None, 1).await;

    let store = place.reopened(store).await;
    let expected = [("a".to_owned(), failing(2, "two", 1)), ("c".to_owned(), failing(1, "one", 0))];
    assert_eq!(store.failing(ORG).await.unwrap(), BTreeMap::from(expected));
    let told = &store.refusals(ORG).await.unwrap()[0];
    assert_eq!((told.fingerprint.as_str(), told.since), ("a", noon(0)));
    assert!(store.failing("other").await.unwrap().is_empty());

    note(&store, &[], &[], Some(&["a"]), 2).await;
    assert_eq!(store.failing(ORG).await.unwrap(), BTreeMap::from([("a".to_owned(), failing(2, "two", 1))]));
    note(&store, &[], &[], Some(&[]), 3).await;
    assert!(store.failing(ORG).await.unwrap().is_empty());
}

#[tokio::test]
async fn what_was_created_is_remembered_until_it_is_seen() {
    let place = Place::new();
    let store = place.store().await;
    let created = |fingerprint: &str, name: &str, at| Created {
        fingerprint: fingerprint.to_owned(),
        account: (*account(name)).clone(),
        at: noon(at),
        invisible_since: None,
    };
    store.note_created(ORG, &[created("f2", "bob", 1), created("f1", "ann", 0)]).await.unwrap();
    assert!(store.note_invisible(ORG, "f1", noon(5)).await.unwrap());
    assert!(store.note_invisible(ORG, "f1", noon(6)).await.unwrap(), "the first time counts");
    assert!(!store.note_invisible(ORG, "f3", noon(6)).await.unwrap());

    let store = place.reopened(store).await;

    let ann = Created { invisible_since: Some(noon(5)), ..created("f1", "ann", 0) };
    assert_eq!(store.created(ORG).await.unwrap(), [ann, created("f2", "bob", 1)]);
    store.note_created(ORG, &[created("f1", "ann", 9)]).await.unwrap();
    assert_eq!(store.created(ORG).await.unwrap(), [created("f2", "bob", 1), created("f1", "ann", 9)]);
    store.forget_created(ORG, &set(&["f2", "f3"])).await.unwrap();
    assert_eq!(store.created(ORG).await.unwrap(), [created("f1", "ann", 9)]);
    store.forget(noon(10)).await.unwrap();
    assert!(store.created(ORG).await.unwrap().is_empty());
}
