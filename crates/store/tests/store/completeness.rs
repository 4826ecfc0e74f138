//! What earlier complete reads met.

use crate::world::{ORG, Place, noon, set};
use std::collections::BTreeMap;
use umsync_engine::directory::GroupRef;
use umsync_engine::falls::Counts;
use umsync_store::Surplus;

fn counts(people: usize) -> Counts {
    Counts { people, groups: [(GroupRef::new("Design"), people / 2)].into() }
}

#[tokio::test]
async fn the_last_five_reads_an_hour_apart_are_kept_for_each_configuration() {
    let place = Place::new();
    let store = place.store().await;
    let people = async |store: &umsync_store::Store, configuration: &str| {
        let reads = store.reads(ORG, configuration).await.unwrap();
        reads.into_iter().map(|read| read.people).collect::<Vec<_>>()
    };
    assert!(people(&store, "c0ffee").await.is_empty());
    for (at, count) in [(0, 10), (59, 1), (60, 20), (119, 2), (120, 30), (240, 40), (300, 50), (360, 60)] {
        store.note_read(ORG, "c0ffee", &counts(count), noon(at * 60)).await.unwrap();
    }
    store.note_read(ORG, "decaf", &counts(7), noon(0)).await.unwrap();

    let store = place.reopened(store).await;

    assert_eq!(people(&store, "c0ffee").await, [20, 30, 40, 50, 60]);
    assert_eq!(store.reads(ORG, "decaf").await.unwrap(), [counts(7)]);
    assert!(store.reads("other", "decaf").await.unwrap().is_empty());
}

#[tokio::test]
async fn the_surplus_is_that_of_the_last_count_somebody_approved() {
    let place = Place::new();
    let store = place.store().await;
    let accounts = async |store: &umsync_store::Store, organization: &str| {
        store.surplus(organization).await.unwrap().map(|surplus| surplus.accounts)
    };
    assert_eq!(accounts(&store, ORG).await, None);
    assert!(store.accept_surplus(ORG, 30, "jane", noon(0)).await.unwrap());
    assert!(store.accept_surplus(ORG, 28, "joe", noon(1)).await.unwrap());
    assert!(!store.accept_surplus(ORG, 30, "jane", noon(0)).await.unwrap(), "it was counted before");

    let store = place.reopened(store).await;

    let kept = Surplus { accounts: 28, who: "joe".to_owned(), counted_at: noon(1) };
    assert_eq!(store.surplus(ORG).await.unwrap(), Some(kept));
    // It falls with what is there, and never rises by itself.
    for (at, (unlisted, surplus)) in [(40, 28), (28, 28), (5, 5), (28, 5)].into_iter().enumerate() {
        store.lower_surplus(ORG, unlisted, noon(2 + at as i64)).await.unwrap();
        assert_eq!(accounts(&store, ORG).await, Some(surplus));
    }
    // What was counted before it fell does not raise it again; what is counted later does.
    assert!(!store.accept_surplus(ORG, 28, "jane", noon(3)).await.unwrap());
    assert!(store.accept_surplus(ORG, 6, "jane", noon(4)).await.unwrap());
    assert_eq!(accounts(&store, ORG).await, Some(6));
    store.lower_surplus("other", 3, noon(9)).await.unwrap();
    assert_eq!(accounts(&store, "other").await, None);
}

#[tokio::test]
async fn members_are_accepted_once_and_for_all_and_others_are_not() {
    let place = Place::new();
    let store = place.store().await;
    let of = |group: &str, members: &[&str]| BTreeMap::from([(GroupRef::new(group), set(members))]);
    store.accept_members(ORG, &of("Design", &["uid=a", "uid=b"]), "jane", noon(0)).await.unwrap();
    store.accept_members(ORG, &of("Design", &["uid=b", "uid=c"]), "joe", noon(1)).await.unwrap();
    store.accept_members(ORG, &of("Video", &["uid=a"]), "joe", noon(1)).await.unwrap();
    store.accept_members("other", &of("Audio", &["uid=a"]), "joe", noon(1)).await.unwrap();

    let store = place.reopened(store).await;

    let mut accepted = of("Design", &["uid=a", "uid=b", "uid=c"]);
    accepted.extend(of("Video", &["uid=a"]));
    assert_eq!(store.accepted_members(ORG).await.unwrap(), accepted);
    assert_eq!(store.accepted_members("other").await.unwrap(), of("Audio", &["uid=a"]));
    store.forget(noon(9)).await.unwrap();
    assert_eq!(store.accepted_members(ORG).await.unwrap(), accepted, "the next run decides by them");
}
