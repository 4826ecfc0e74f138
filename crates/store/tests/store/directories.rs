//! When each of several directories was last read whole, and whom it has ever given.

use crate::world::{ORG, Place, noon, set};
use std::collections::BTreeMap;
use std::time::Duration;
use umsync_engine::directory::{DirectoryName, GroupRef};
use umsync_engine::memory::{Absent, Gave, Order};
use umsync_engine::set_aside::Cover;
use umsync_store::{DirectoryRead, LeaverOrder};

fn gave(names: &[&str], ids: &[&str], groups: &[&str]) -> Gave {
    let groups = groups.iter().map(|name| GroupRef::new(name)).collect();
    Gave { people: Cover { names: set(names), ids: set(ids) }, groups }
}

#[tokio::test]
async fn whom_a_directory_ever_gave_is_kept_and_what_it_had_last() {
    let place = Place::new();
    let store = place.store().await;
    let (emea, apac) = (DirectoryName::new("emea"), DirectoryName::new("apac"));
    assert!(store.directory_reads(ORG).await.unwrap().is_empty());
    let note = async |name: &DirectoryName, meaning, gave: &Gave, at| {
        store.note_directory(ORG, name, meaning, gave, noon(at)).await.unwrap();
    };
    note(&emea, "c0ffee", &gave(&["ann@x", "bob@x"], &["A"], &["Design", "Video"]), 0).await;
    note(&emea, "decaf", &gave(&["bob@x", "cid@x"], &["A", "C"], &["Design"]), 5).await;
    note(&apac, "c0ffee", &gave(&["dee@x"], &[], &[]), 1).await;
    store.note_directory("other", &apac, "c0ffee", &gave(&["eve@x"], &[], &[]), noon(2)).await.unwrap();

    let store = place.reopened(store).await;

    let read = |meaning: &str, at, groups: &[&str]| DirectoryRead {
        meaning: meaning.to_owned(),
        at: noon(at),
        groups: gave(&[], &[], groups).groups,
    };
    let reads = [(emea.clone(), read("decaf", 5, &["Design"])), (apac.clone(), read("c0ffee", 1, &[]))];
    assert_eq!(store.directory_reads(ORG).await.unwrap(), BTreeMap::from(reads));
    let all = gave(&["ann@x", "bob@x", "cid@x"], &["A", "C"], &["Design"]);
    assert_eq!(store.gave(ORG, &emea).await.unwrap(), all);
    assert_eq!(store.gave(ORG, &apac).await.unwrap(), gave(&["dee@x"], &[], &[]));
    assert_eq!(store.gave(ORG, &DirectoryName::new("lab")).await.unwrap(), Gave::default());
    store.forget(noon(900)).await.unwrap();
    assert_eq!(store.gave(ORG, &emea).await.unwrap(), all, "the next run decides by it");
}

#[tokio::test]
async fn who_is_back_is_absent_no_longer_and_of_the_others_nothing_changes() {
    let place = Place::new();
    let store = place.store().await;
    let absent = |email: &str| Absent { email: email.to_owned(), evidence: None };
    let both = BTreeMap::from([("A".to_owned(), absent("a@x")), ("B".to_owned(), absent("b@x"))]);
    store.note_absences(ORG, &both, noon(0), Duration::ZERO).await.unwrap();
    let order = |order| LeaverOrder { email: String::new(), order, who: "jane".to_owned(), at: noon(0) };
    for account in ["A", "B"] {
        store.order(ORG, account, &order(Order::Expedite)).await.unwrap();
    }
    store.order(ORG, "C", &order(Order::Hold { until: None })).await.unwrap();
    let before = store.leavers(ORG).await.unwrap();

    store.note_returns(ORG, &set(&["A", "C"])).await.unwrap();

    let store = place.reopened(store).await;
    assert_eq!(store.leavers(ORG).await.unwrap(), before[1..]);
    let orders = store.orders(ORG, noon(1)).await.unwrap();
    assert_eq!(orders.into_keys().collect::<Vec<_>>(), ["B", "C"], "who is held stays held");
}
