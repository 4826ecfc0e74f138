//! Listing: whole or an error, and only as often as the gate allows.

use crate::ledger::Call;
use crate::server::{Reply, Request};
use crate::world::{World, groups_page, quietly, token, user, users_page};
use chrono::TimeDelta;
use serde_json::json;
use umsync_engine::adobe::Snapshot;
use umsync_engine::key::GroupName;
use umsync_engine::stamps::Stamps;
use umsync_umapi::{Error, Kind, Progress, Session, Wait, Why};

/// Answers one page of groups; pages of users come from the script.
async fn world(mut users: impl FnMut(&Request) -> Reply + Send + 'static) -> World {
    World::new(move |request| match is_groups(request) {
        true => groups_page(&["Design"], true),
        false => users(request),
    })
    .await
}

fn is_groups(request: &Request) -> bool {
    request.path.contains("/groups/")
}

async fn list(session: &Session<crate::ledger::Memory>) -> Result<Snapshot, Error> {
    let permit = session.may_list().await?;
    session.snapshot(permit, &quietly).await
}

#[tokio::test]
async fn groups_come_first_then_users_to_the_last_page() {
    let world = world(|request| match request.path.ends_with("/0") {
        true => users_page(&["a@b.c", "b@b.c"], false).with("x-total-count", 5).with("x-page-count", 2),
        false => {
            let users = [user("b@b.c", &["Design"]), user("c@b.c", &["design"]), json!({"id": "bad"})];
            Reply::json(json!({"lastPage": true, "result": "success", "users": users}))
                .with("x-total-count", 5)
        }
    })
    .await;
    let session = world.session().await;
    let snapshot = list(&session).await.unwrap();
    let emails: Vec<&str> = snapshot.users.iter().map(|user| user.email()).collect();
    // The one that shifted from one page to the next counts once.
    assert_eq!(emails, ["a@b.c", "b@b.c", "c@b.c"]);
    assert_eq!(snapshot.unreadable[0].who, "bad");
    assert_eq!(snapshot.total_count, Some(5));
    assert!(snapshot.groups.contains_key(&GroupName::new("DESIGN")));
    assert_eq!(
        world.lines(),
        ["GET /groups/0", "GET /users/0?directOnly=true", "GET /users/1?directOnly=true"]
    );
    let calls = world.calls();
    let pragmas: Vec<_> = calls.iter().map(|call| call.header("pragma")).collect();
    assert_eq!(pragmas, [Some("umapi-sync-start"), None, Some("umapi-sync-end")]);
    assert_eq!(calls[0].header("authorization"), Some("Bearer t0ken"));
    assert_eq!(calls[0].header("x-api-key"), Some("the-key"));
}

#[tokio::test]
async fn a_second_listing_is_refused() {
    let world = world(|_| users_page(&["a@b.c"], true)).await;
    let session = world.session().await;
    list(&session).await.unwrap();
    let Stamps { users, groups, execution, closed_until } = world.ledger.stamped();
    assert!(groups <= users && groups.is_some() && execution.is_none() && closed_until.is_none());
    let error = list(&session).await.unwrap_err();
    let shut = error.shut().unwrap();
    assert_eq!(
        (shut.opens_at, shut.why),
        (users.unwrap() + TimeDelta::hours(2), Why::UsersListed(users.unwrap()))
    );
    assert_eq!(world.calls().len(), 2);
}

#[tokio::test]
async fn a_permit_that_another_process_used_up_sends_nothing() {
    let world = world(|_| users_page(&[], true)).await;
    let session = world.session().await;
    let permit = session.may_list().await.unwrap();
    let theirs = world.now();
    world.ledger.stamp(|stamps| stamps.users = Some(theirs));
    let error = session.snapshot(permit, &quietly).await.unwrap_err();
    assert_eq!(error.shut().unwrap().why, Why::UsersListed(theirs));
    assert!(world.calls().is_empty());
}

#[tokio::test]
async fn page_zero_may_be_asked_for_three_times() {
    let mut replies = vec![users_page(&["a@b.c"], true), Reply::HangUp, Reply::status(503, "")];
    let world = world(move |_| replies.pop().unwrap()).await;
    let session = world.session().await;
    let before = world.now();
    list(&session).await.unwrap();
    assert_eq!(world.calls().len(), 4);
    // The stamp is that of the last request, which is the one that Adobe counts from.
    assert!(world.ledger.stamped().users.unwrap() > before + TimeDelta::milliseconds(40));
}

#[tokio::test]
async fn page_zero_is_not_asked_for_a_fourth_time() {
    let world = world(|_| Reply::status(503, "")).await;
    let error = list(&world.session().await).await.unwrap_err();
    assert!(matches!(error, Error::Busy { status: 503, .. }), "{error}");
    assert_eq!(error.kind(), Kind::Unavailable);
    assert_eq!(world.calls().len(), 1 + 3);
}

#[tokio::test]
async fn page_zero_is_not_asked_for_again_after_a_200() {
    let whole = || json!({"lastPage": true, "result": "success", "users": []}).to_string();
    for reply in [
        Reply::Cut { status: 200, body: whole() },
        Reply::status(200, "<html>"),
        Reply::status(200, &whole()[..30]),
        Reply::json(json!({"lastPage": true, "result": "error"})),
        Reply::json(json!({"lastPage": true, "result": "success"})),
        Reply::json(json!({"result": "success", "users": []})),
    ] {
        let shown = format!("{reply:?}");
        let world = world(move |_| reply.clone()).await;
        let error = list(&world.session().await).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Unavailable, "{shown}: {error}");
        assert_eq!(world.calls().len(), 2, "{shown}");
        assert!(world.ledger.stamped().users.is_some());
    }
}

#[tokio::test]
async fn a_listing_that_is_cut_goes_on_at_its_page() {
    let page = || json!({"lastPage": true, "result": "success", "users": [user("b@b.c", &[])]}).to_string();
    let mut later = vec![
        Reply::status(200, page()),
        Reply::status(200, "<html>"),
        Reply::Cut { status: 200, body: page() },
        Reply::HangUp,
        Reply::status(504, ""),
        Reply::status(504, ""),
    ];
    let world = world(move |request| match request.path.ends_with("/0") {
        true => users_page(&["a@b.c"], false),
        false => later.pop().unwrap(),
    })
    .await;
    let snapshot = list(&world.session().await).await.unwrap();
    assert_eq!(snapshot.users.len(), 2);
    let page_zero = world.lines().iter().filter(|line| line.starts_with("GET /users/0")).count();
    assert_eq!(page_zero, 1);
}

#[tokio::test]
async fn a_page_that_is_not_there_is_an_error_and_no_end() {
    for reply in [
        Reply::status(404, json!({"lastPage": true, "result": "Not found"})),
        Reply::status(404, ""),
        Reply::status(302, "").with("location", "http://127.0.0.1:1/"),
        users_page(&["a@b.c"], true).with("x-current-page", 0),
    ] {
        let world = world(move |request| match request.path.ends_with("/0") {
            true => users_page(&["a@b.c"], false),
            false => reply.clone(),
        })
        .await;
        let shown = format!("{:?}", list(&world.session().await).await.unwrap_err());
        assert!(world.calls().len() <= 5, "{shown}");
    }
}

#[tokio::test]
async fn a_listing_without_end_has_one() {
    let world = world(|_| users_page(&["a@b.c"], false)).await;
    let error = list(&world.session().await).await.unwrap_err();
    assert!(error.to_string().contains("none is the last"), "{error}");
}

#[tokio::test]
async fn a_later_page_is_tried_for_a_quarter_of_an_hour() {
    let world = World::with_pace(umsync_umapi::Pace::Share(100), |request| match request {
        request if is_groups(request) => groups_page(&[], true),
        request if request.path.ends_with("/0") => users_page(&["a@b.c"], false),
        _ => Reply::status(504, ""),
    })
    .await;
    let session = world.session().await;
    let permit = session.may_list().await.unwrap();
    let (result, told) = world
        .driven(|listener| {
            let session = &session;
            async move { session.snapshot(permit, &*listener).await }
        })
        .await;
    assert!(matches!(result.unwrap_err(), Error::Busy { status: 504, .. }));
    let took = world.calls().last().unwrap().at;
    assert!((400..=900).contains(&took), "{took}");
    assert!(told.iter().any(|progress| matches!(progress, Progress::Waiting { why: Wait::Trouble, .. })));
}

#[tokio::test]
async fn a_short_retry_after_is_obeyed_to_the_second() {
    let mut first = true;
    let world = world(move |_| match std::mem::take(&mut first) {
        true => Reply::status(429, json!({"error_code": "429050"})).with("retry-after", 600),
        false => users_page(&[], true),
    })
    .await;
    let session = world.session().await;
    let permit = session.may_list().await.unwrap();
    let (result, _) = world
        .driven(|listener| {
            let session = &session;
            async move { session.snapshot(permit, &*listener).await }
        })
        .await;
    result.unwrap();
    let times: Vec<i64> = world.calls().iter().map(|call| call.at).collect();
    assert_eq!(times[2] - times[1], 600);
}

#[tokio::test]
async fn a_long_retry_after_silences_everybody() {
    let world =
        world(|_| Reply::status(429, json!({"error_code": "429050"})).with("retry-after", 1938)).await;
    let session = world.session().await;
    let error = list(&session).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Shut);
    let until = world.ledger.stamped().closed_until.unwrap();
    let seconds = (until - world.now()).num_seconds();
    assert!((1930..=1938).contains(&seconds), "{seconds}");
    let (calls, tokens) = (world.calls().len(), world.ims.seen().len());
    // Not this session, not another one, not anything else.
    session.user(&crate::world::address("a@b.c")).await.unwrap_err().shut().unwrap();
    session.may_execute().await.unwrap_err().shut().unwrap();
    world.client().await.begin().await.unwrap_err().shut().unwrap();
    assert_eq!((world.calls().len(), world.ims.seen().len()), (calls, tokens));
}

#[tokio::test]
async fn a_request_that_never_left_gives_the_stamp_back() {
    let world = world(|_| users_page(&[], true)).await;
    let former = Some(world.now() - TimeDelta::days(1));
    world.ledger.stamp(|stamps| stamps.groups = former);
    let session = world.session().await;
    world.api.go_down().await;
    let error = list(&session).await.unwrap_err();
    assert!(matches!(error, Error::Unreachable { .. }), "{error}");
    assert_eq!(world.ledger.stamped(), Stamps { groups: former, ..Stamps::default() });
    let _permit = session.may_list().await.unwrap();
}

#[tokio::test]
async fn a_ledger_that_fails_stops_everything() {
    for call in [Call::Stamps, Call::Start] {
        let world = World::with_pace(umsync_umapi::Pace::Share(100), |_| users_page(&[], true)).await;
        let session = world.session().await;
        let permit = session.may_list().await.unwrap();
        world.ledger.fail(call);
        let error = session.snapshot(permit, &quietly).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Store);
        assert!(world.calls().is_empty());
    }
}

#[tokio::test]
async fn one_refused_token_is_replaced() {
    let mut first = true;
    let world = world(move |_| match std::mem::take(&mut first) {
        true => Reply::status(401, ""),
        false => users_page(&[], true),
    })
    .await;
    list(&world.session().await).await.unwrap();
    assert_eq!(world.ims.seen().len(), 2);
    assert_eq!(world.calls().len(), 3);
}

#[tokio::test]
async fn what_the_gateway_refuses_is_told_apart() {
    for (reply, word) in [
        (Reply::status(401, ""), "another organization"),
        (
            Reply::status(403, json!({"error_code": "403003", "message": "Api Key is invalid"})),
            "add the User Management",
        ),
        (Reply::status(403, ""), "migrating"),
        (Reply::status(400, json!({"result": "error.organization.invalid_id"})), "organization id"),
    ] {
        let world = world(move |_| reply.clone()).await;
        let error = list(&world.session().await).await.unwrap_err();
        assert_eq!(error.kind().exit_code(), 78, "{error}");
        assert!(error.to_string().contains(word), "{error}");
    }
    let world = world(|_| Reply::status(403, json!({"result": "error.organization.migrating"}))).await;
    let error = list(&world.session().await).await.unwrap_err();
    assert!(matches!(error, Error::Migrating { .. }), "{error}");
}

#[tokio::test]
async fn a_token_that_ends_soon_is_replaced_before_it_does() {
    // At four fifths of its life.
    for (passed, used) in [(158, "Bearer short"), (161, "Bearer t0ken")] {
        let world = world(|_| users_page(&[], true)).await;
        let mut first = true;
        world.ims.play(move |_| match std::mem::take(&mut first) {
            true => Reply::json(json!({"access_token": "short", "expires_in": 200})),
            false => token(),
        });
        let session = world.session().await;
        world.clock.set(passed);
        list(&session).await.unwrap();
        assert!(world.calls().iter().all(|call| call.header("authorization") == Some(used)), "{passed}");
    }
}
