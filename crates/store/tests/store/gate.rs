//! What the gate remembers is the same for every process, and nobody comes between.

use crate::world::{ORG, Place, noon};
use std::time::Duration;
use umsync_engine::stamps::{RequestClass, Stamps};
use umsync_store::{Pause, Start};

const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn stamps_are_kept_for_each_organization() {
    let place = Place::new();
    let store = place.store().await;
    let before = store.stamps(ORG, |stamps| stamps.users.replace(noon(0))).await.unwrap();
    assert_eq!(before, None);
    store.stamps(ORG, |stamps| stamps.closed_until = Some(noon(900))).await.unwrap();
    store.stamps("other", |stamps| stamps.execution = Some(noon(5))).await.unwrap();

    let store = place.reopened(store).await;

    let expected =
        Stamps { users: Some(noon(0)), groups: None, execution: None, closed_until: Some(noon(900)) };
    assert_eq!(store.stamps(ORG, |stamps| stamps.clone()).await.unwrap(), expected);
    assert_eq!(store.stamps("other", |stamps| stamps.execution).await.unwrap(), Some(noon(5)));
    assert_eq!(store.stamps("third", |stamps| stamps.clone()).await.unwrap(), Stamps::default());
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_that_want_to_list_one_does() {
    let place = Place::new();
    let stores = [place.store().await, place.store().await];
    let mut tasks = tokio::task::JoinSet::new();
    for task in 0..40 {
        let store = stores[task % 2].clone();
        tasks.spawn(async move {
            store
                .stamps(ORG, |stamps| {
                    let first = stamps.users.is_none();
                    stamps.users.get_or_insert(noon(task as i64));
                    first
                })
                .await
                .unwrap()
        });
    }
    let listed = tasks.join_all().await.into_iter().filter(|first| *first).count();
    assert_eq!(listed, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_that_want_to_start_as_many_as_allowed_do() {
    let place = Place::new();
    let stores = [place.store().await, place.store().await];
    let mut tasks = tokio::task::JoinSet::new();
    for task in 0..60 {
        let store = stores[task % 2].clone();
        // Clocks are read before the store is asked, so they arrive in any order.
        let at = noon(task as i64 * 7 % 13);
        tasks.spawn(async move { store.start(ORG, RequestClass::Action, at, MINUTE, 10).await.unwrap() });
    }
    let started = tasks.join_all().await.into_iter().filter(|start| *start == Start::Go).count();
    assert_eq!(started, 10);
}

#[tokio::test]
async fn a_start_waits_until_the_oldest_leaves_the_window() {
    let place = Place::new();
    let store = place.store().await;
    let start = async |seconds, limit| {
        store.start(ORG, RequestClass::Users, noon(seconds), MINUTE, limit).await.unwrap()
    };
    assert_eq!(start(0, 2).await, Start::Go);
    assert_eq!(start(10, 2).await, Start::Go);
    assert_eq!(start(20, 2).await, Start::WaitUntil(noon(60)));
    assert_eq!(start(59, 2).await, Start::WaitUntil(noon(60)));
    // A lower limit has more to wait for, no limit at all waits for ever.
    assert_eq!(start(59, 1).await, Start::WaitUntil(noon(70)));
    assert_eq!(start(59, 0).await, Start::WaitUntil(noon(119)));
    assert_eq!(start(60, 2).await, Start::Go);
    assert_eq!(start(60, 2).await, Start::WaitUntil(noon(70)));

    // Classes and organizations count each for itself.
    let other = store.start(ORG, RequestClass::Groups, noon(60), MINUTE, 1).await.unwrap();
    assert_eq!(other, Start::Go);
    let other = store.start("other", RequestClass::Users, noon(60), MINUTE, 1).await.unwrap();
    assert_eq!(other, Start::Go);

    let store = place.reopened(store).await;
    let after = store.start(ORG, RequestClass::Users, noon(61), MINUTE, 2).await.unwrap();
    assert_eq!(after, Start::WaitUntil(noon(70)));
}

#[tokio::test]
async fn a_clock_that_was_set_back_closes_for_one_window_and_no_longer() {
    let place = Place::new();
    let store = place.store().await;
    let start =
        async |seconds| store.start(ORG, RequestClass::Groups, noon(seconds), MINUTE, 1).await.unwrap();
    assert_eq!(start(7_200).await, Start::Go);
    assert_eq!(start(0).await, Start::WaitUntil(noon(60)));
    assert_eq!(start(30).await, Start::WaitUntil(noon(60)));
    assert_eq!(start(60).await, Start::Go);

    // A few seconds are no clock that was set, but somebody who read it before us.
    assert_eq!(start(50).await, Start::WaitUntil(noon(110)));
    assert_eq!(start(119).await, Start::WaitUntil(noon(120)));
    assert_eq!(start(120).await, Start::Go);
}

#[tokio::test]
async fn a_pause_holds_until_it_ends() {
    let place = Place::new();
    let store = place.store().await;
    let pause = |until| Pause {
        until: noon(until),
        reason: "a migration".to_owned(),
        who: "jane".to_owned(),
        at: noon(0),
    };
    assert_eq!(store.paused(ORG, noon(0)).await.unwrap(), None);
    store.pause(ORG, &pause(100)).await.unwrap();
    store.pause(ORG, &pause(200)).await.unwrap();

    let store = place.reopened(store).await;
    assert_eq!(store.paused(ORG, noon(199)).await.unwrap(), Some(pause(200)));
    assert_eq!(store.paused(ORG, noon(200)).await.unwrap(), None);
    assert_eq!(store.paused("other", noon(0)).await.unwrap(), None);
    store.unpause(ORG).await.unwrap();
    assert_eq!(store.paused(ORG, noon(0)).await.unwrap(), None);
}
