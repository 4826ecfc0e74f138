//! Listings that end too early, come twice or contradict themselves: whole or an error.

use crate::server::{Reply, Request};
use crate::world::{World, groups_page, quietly, user, users_page};
use serde_json::json;
use umsync_engine::adobe::Snapshot;
use umsync_umapi::{Error, Kind};

async fn list(mut users: impl FnMut(&Request) -> Reply + Send + 'static) -> (World, Result<Snapshot, Error>) {
    let world = World::new(move |request| match request.path.contains("/groups/") {
        true => groups_page(&["Design"], true),
        false => users(request),
    })
    .await;
    let session = world.session().await;
    let permit = session.may_list().await.unwrap();
    let read = session.snapshot(permit, &quietly).await;
    (world, read)
}

fn emails(snapshot: &Snapshot) -> Vec<&str> {
    snapshot.users.iter().map(|user| user.email()).collect()
}

fn number(request: &Request) -> u64 {
    request.path.rsplit('/').next().unwrap().parse().unwrap()
}

#[tokio::test]
async fn d40_a_page_that_calls_itself_the_last_too_early_does_not_end_the_listing() {
    let (_, read) = list(|request| {
        let page = match number(request) {
            0 => users_page(&["a@b.c", "b@b.c"], true),
            1 => users_page(&["c@b.c", "d@b.c"], false),
            _ => users_page(&["e@b.c"], true),
        };
        page.with("x-page-count", 3).with("x-total-count", 5).with("x-current-page", number(request))
    })
    .await;
    assert_eq!(emails(&read.unwrap()), ["a@b.c", "b@b.c", "c@b.c", "d@b.c", "e@b.c"]);
}

#[tokio::test]
async fn pages_that_are_counted_and_not_there_are_the_end_however_it_is_said() {
    // Technical accounts are counted, so the count of pages may be one too high.
    for beyond in [
        users_page(&["a@b.c", "b@b.c"], true).with("x-current-page", 0),
        users_page(&[], true),
        users_page(&["a@b.c", "b@b.c"], true),
        Reply::json(json!({"lastPage": true, "result": "Not found"})),
        Reply::status(404, ""),
    ] {
        let (world, read) = list(move |request| match number(request) {
            0 => users_page(&["a@b.c", "b@b.c"], true).with("x-page-count", 2).with("x-total-count", 3),
            _ => beyond.clone(),
        })
        .await;
        let snapshot = read.unwrap();
        assert_eq!((emails(&snapshot), snapshot.total_count), (vec!["a@b.c", "b@b.c"], Some(3)));
        assert_eq!(world.calls().len(), 3);
    }
}

#[tokio::test]
async fn d40_trouble_at_a_page_that_is_counted_is_no_end() {
    let (_, read) = list(|request| match number(request) {
        0 => users_page(&["a@b.c"], true).with("x-page-count", 2),
        _ => Reply::status(504, ""),
    })
    .await;
    assert_eq!(read.unwrap_err().kind(), Kind::Unavailable);
}

#[tokio::test]
async fn d40_an_empty_listing_with_a_count_is_an_error() {
    let (_, read) = list(|_| users_page(&[], true).with("x-total-count", 12)).await;
    let error = read.unwrap_err();
    assert_eq!(error.kind(), Kind::Unavailable);
    assert!(error.to_string().contains("lists nobody, and Adobe counts 12"), "{error}");
    let (_, read) = list(|_| users_page(&[], true).with("x-total-count", 0)).await;
    assert!(read.unwrap().users.is_empty());
}

#[tokio::test]
async fn d40_a_page_that_comes_again_in_place_of_another_is_an_error() {
    let (_, read) = list(|request| match number(request) {
        0 | 1 => users_page(&["a@b.c", "b@b.c"], false),
        _ => users_page(&["c@b.c"], true),
    })
    .await;
    assert!(read.unwrap_err().to_string().contains("the one before it once more"));
}

#[tokio::test]
async fn who_shifts_between_pages_counts_once_as_they_were_read_last() {
    let (_, read) = list(|request| match number(request) {
        0 => users_page(&["a@b.c", "b@b.c"], false).with("x-total-count", 3),
        _ => {
            let users = [user("b@b.c", &["Design"]), user("c@b.c", &[])];
            Reply::json(json!({"lastPage": true, "result": "success", "users": users}))
        }
    })
    .await;
    let snapshot = read.unwrap();
    assert_eq!(emails(&snapshot), ["a@b.c", "b@b.c", "c@b.c"]);
    assert_eq!(snapshot.users[1].groups.len(), 1, "what came later was read later");
}

#[tokio::test]
async fn of_counts_that_differ_the_highest_stands_and_a_missing_last_page_is_told_by_the_count_of_pages() {
    let (_, read) = list(|request| {
        let users = [user(&format!("u{}@b.c", number(request)), &[])];
        Reply::json(json!({"result": "success", "users": users}))
            .with("x-page-count", 2)
            .with("x-current-page", number(request))
            .with("x-total-count", if number(request) == 0 { 40 } else { 2 })
    })
    .await;
    let snapshot = read.unwrap();
    assert_eq!((snapshot.users.len(), snapshot.total_count), (2, Some(40)));
}

#[tokio::test]
async fn what_nobody_knows_is_read_without_harm() {
    let odd =
        json!({"id": "x", "email": "X@B.c", "type": "businessID", "surprise": {"a": [1]}, "tags": ["t"]});
    let bare = json!({"email": "y@b.c"});
    let (_, read) = list(move |_| {
        Reply::json(json!({"lastPage": "TRUE", "result": "success", "more": 1, "users": [odd, bare]}))
    })
    .await;
    let snapshot = read.unwrap();
    assert_eq!(emails(&snapshot), ["X@B.c", "y@b.c"], "as Adobe spells it");
    assert!(snapshot.users.iter().all(|user| user.kind.known().is_none()), "read-only");
}
