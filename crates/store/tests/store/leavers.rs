//! Who is absent, what an administrator says about them, and who has left.

use crate::world::{ORG, Place, noon, set};
use std::collections::BTreeMap;
use std::time::Duration;
use umsync_engine::memory::{Absence, Absent, Departure, Evidence, Order};
use umsync_store::{LeaverOrder, Store, StoredLeaver};

fn absent(names: &[&str]) -> BTreeMap<String, Absent> {
    let absent =
        |name: &&str| ((*name).to_owned(), Absent { email: format!("{name}@example.com"), evidence: None });
    names.iter().map(absent).collect()
}

fn order(order: Order) -> LeaverOrder {
    LeaverOrder { email: "ann@example.com".to_owned(), order, who: "jane".to_owned(), at: noon(0) }
}

async fn ordered(store: &Store, at: i64) -> Vec<(String, Order)> {
    let orders = store.orders(ORG, noon(at)).await.unwrap();
    orders.into_iter().map(|(account, order)| (account, order.order)).collect()
}

#[tokio::test]
async fn an_absence_keeps_its_first_time_counts_reads_and_ends_with_the_return() {
    let place = Place::new();
    let store = place.store().await;
    store.note_absences(ORG, &absent(&["ann", "bob"]), noon(0), Duration::ZERO).await.unwrap();
    store.note_absences("other", &absent(&["ann"]), noon(1), Duration::ZERO).await.unwrap();
    store.note_absences(ORG, &absent(&["bob", "cid"]), noon(2), Duration::ZERO).await.unwrap();

    let store = place.reopened(store).await;

    let absence = |at, reads| Absence { since: noon(at), reads };
    let expected = BTreeMap::from([("bob".to_owned(), absence(0, 2)), ("cid".to_owned(), absence(2, 1))]);
    assert_eq!(store.absences(ORG, noon(-1), Duration::ZERO).await.unwrap(), expected);
    assert_eq!(store.absences("other", noon(-1), Duration::ZERO).await.unwrap().len(), 1);
    // Who was back for one read begins anew.
    store.note_absences(ORG, &absent(&["ann"]), noon(3), Duration::ZERO).await.unwrap();
    assert_eq!(
        store.absences(ORG, noon(-1), Duration::ZERO).await.unwrap(),
        BTreeMap::from([("ann".to_owned(), absence(3, 1))])
    );
    store.note_absences(ORG, &absent(&[]), noon(4), Duration::ZERO).await.unwrap();
    assert!(store.absences(ORG, noon(-1), Duration::ZERO).await.unwrap().is_empty());
}

#[tokio::test]
async fn leavers_are_listed_with_what_tells_of_them() {
    let place = Place::new();
    let store = place.store().await;
    let mut both = absent(&["zoe"]);
    let evidence = Some(Evidence::Listed { group: "Left".to_owned() });
    both.insert("A1".to_owned(), Absent { email: "Bob@example.com".to_owned(), evidence: evidence.clone() });
    store.note_absences(ORG, &absent(&["A1"]), noon(0), Duration::ZERO).await.unwrap();
    store.note_absences(ORG, &both, noon(5), Duration::ZERO).await.unwrap();

    let leavers = store.leavers(ORG).await.unwrap();

    let leaver = |account: &str, email: &str, since, reads, evidence| StoredLeaver {
        account: account.to_owned(),
        email: email.to_owned(),
        since: noon(since),
        reads,
        evidence,
        last_read: noon(5),
    };
    let expected =
        [leaver("A1", "Bob@example.com", 0, 2, evidence), leaver("zoe", "zoe@example.com", 5, 1, None)];
    assert_eq!(leavers, expected);
}

#[tokio::test]
async fn many_absences_are_noted_at_once() {
    let place = Place::new();
    let store = place.store().await;
    let names: Vec<String> = (0..5_001).map(|n| format!("person{n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    store.note_absences(ORG, &absent(&names), noon(0), Duration::ZERO).await.unwrap();
    store.note_absences(ORG, &absent(&names), noon(1), Duration::ZERO).await.unwrap();
    let absences = store.absences(ORG, noon(-1), Duration::ZERO).await.unwrap();
    assert_eq!(absences.len(), 5_001);
    assert!(absences.values().all(|absence| absence.reads == 2));
}

#[tokio::test]
async fn a_hold_lasts_until_it_ends_or_is_released() {
    let place = Place::new();
    let store = place.store().await;
    store.order(ORG, "A", &order(Order::Expedite)).await.unwrap();
    store.order(ORG, "A", &order(Order::Hold { until: Some(noon(50)) })).await.unwrap();
    store.order(ORG, "B", &order(Order::Hold { until: None })).await.unwrap();

    let store = place.reopened(store).await;

    let all = store.orders(ORG, noon(49)).await.unwrap();
    assert_eq!(all["A"], order(Order::Hold { until: Some(noon(50)) }));
    assert_eq!(ordered(&store, 50).await, [("B".to_owned(), Order::Hold { until: None })]);
    assert!(store.orders("other", noon(0)).await.unwrap().is_empty());
    assert!(store.release(ORG, "B").await.unwrap());
    assert!(!store.release(ORG, "B").await.unwrap());
    assert!(ordered(&store, 50).await.is_empty());
}

#[tokio::test]
async fn who_is_back_is_not_hurried_the_next_time() {
    let place = Place::new();
    let store = place.store().await;
    let hold = Order::Hold { until: None };
    store.order(ORG, "ann", &order(Order::Expedite)).await.unwrap();
    store.order(ORG, "bob", &order(Order::Expedite)).await.unwrap();
    store.order(ORG, "cid", &order(hold)).await.unwrap();
    store.note_absences(ORG, &absent(&["ann", "bob", "cid"]), noon(1), Duration::ZERO).await.unwrap();
    assert_eq!(ordered(&store, 1).await.len(), 3);

    store.note_absences(ORG, &absent(&["bob"]), noon(2), Duration::ZERO).await.unwrap();

    assert_eq!(ordered(&store, 2).await, [("bob".to_owned(), Order::Expedite), ("cid".to_owned(), hold)]);
}

#[tokio::test]
async fn a_departure_is_known_by_its_email_until_it_ends() {
    let place = Place::new();
    let store = place.store().await;
    let departure = |email: &str, at, groups: &[&str]| Departure {
        email: email.to_owned(),
        at: noon(at),
        groups: set(groups).into_iter().collect(),
    };
    let first = [departure("Ann@BÜCHER.example", 0, &["Old"]), departure("bob@example.com", 1, &[])];
    store.note_departures(ORG, &first).await.unwrap();
    let again = departure("ann@bücher.example", 5, &["All Apps", "Design"]);
    store.note_departures(ORG, std::slice::from_ref(&again)).await.unwrap();

    let store = place.reopened(store).await;

    let [_, bob] = first;
    let expected = [("ann@xn--bcher-kva.example".to_owned(), again), ("bob@example.com".to_owned(), bob)];
    assert_eq!(store.departures(ORG).await.unwrap(), BTreeMap::from(expected));
    assert!(store.end_departure(ORG, "ANN@bücher.example").await.unwrap());
    assert!(!store.end_departure(ORG, "ANN@bücher.example").await.unwrap());
    assert_eq!(store.departures(ORG).await.unwrap().len(), 1);
    store.forget(noon(2)).await.unwrap();
    assert!(store.departures(ORG).await.unwrap().is_empty());
}

#[tokio::test]
async fn looks_in_quick_succession_count_once() {
    let place = Place::new();
    let store = place.store().await;
    let apart = Duration::from_secs(2);
    for second in 0..5 {
        store.note_absences(ORG, &absent(&["ann"]), noon(second), apart).await.unwrap();
    }
    // At noon, two and four seconds later.
    assert_eq!(store.leavers(ORG).await.unwrap()[0].reads, 3);
    let reads = async |second| store.absences(ORG, noon(second), apart).await.unwrap()["ann"].reads;
    assert_eq!((reads(5).await, reads(6).await), (3, 4));
}
