//! Beginning a session: silence, token, clock.

use crate::ledger::Call;
use crate::server::Reply;
use crate::world::{SECRET, World, token};
use chrono::TimeDelta;
use serde_json::json;
use umsync_engine::stamps::Stamps;
use umsync_umapi::{Error, Kind, Why};

async fn world() -> World {
    World::new(|request| panic!("nothing may be asked: {request:?}")).await
}

async fn begin(world: &World) -> Result<(), Error> {
    world.client().await.begin().await.map(|_| ())
}

#[tokio::test]
async fn a_token_is_asked_for_as_documented() {
    let world = world().await;
    begin(&world).await.unwrap();
    let [request] = world.ims.seen().try_into().unwrap();
    assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", "/ims/token/v2"));
    assert_eq!(request.header("content-type"), Some("application/x-www-form-urlencoded"));
    assert!(request.header("user-agent").unwrap().starts_with("umsync/"));
    let form: Vec<(String, String)> =
        url::form_urlencoded::parse(request.body.as_bytes()).into_owned().collect();
    let expected = [
        ("grant_type", "client_credentials"),
        ("client_id", "the-key"),
        ("client_secret", SECRET),
        ("scope", "openid,AdobeID,user_management_sdk"),
    ];
    assert_eq!(form, expected.map(|(key, value)| (key.to_owned(), value.to_owned())));
}

#[tokio::test]
async fn a_clock_more_than_five_minutes_off_ends_it_before_any_stamp_changes() {
    for fast in [-310, 310, 100_000, -100_000] {
        let world = world().await;
        // A clock that is slow takes this for the future, and must not rewrite it.
        let before = Stamps { users: Some(world.now()), groups: Some(world.now()), ..Stamps::default() };
        world.ledger.stamp(|stamps| *stamps = before.clone());
        world.clock.set(fast);
        let error = begin(&world).await.unwrap_err();
        assert!(matches!(error, Error::ClockOff { .. }), "{error}");
        assert_eq!(error.kind(), Kind::Clock);
        assert!(error.to_string().contains("NTP"));
        assert_eq!(world.ledger.stamped(), before);
    }
}

#[tokio::test]
async fn a_clock_four_minutes_off_is_good_enough() {
    let world = world().await;
    world.clock.set(-240);
    begin(&world).await.unwrap();
}

#[tokio::test]
async fn without_a_date_the_clock_cannot_be_trusted() {
    let world = world().await;
    world.ims.play(|_| token().with("date", ""));
    assert!(matches!(begin(&world).await.unwrap_err(), Error::NoDate));
}

#[tokio::test]
async fn during_a_silence_not_even_a_token_is_asked_for() {
    let world = world().await;
    let until = world.now() + TimeDelta::minutes(30);
    world.ledger.stamp(|stamps| stamps.closed_until = Some(until));
    let error = begin(&world).await.unwrap_err();
    assert_eq!(error.shut().unwrap().opens_at, until);
    assert_eq!(error.kind().exit_code(), 8);
    assert!(world.ims.seen().is_empty());
}

#[tokio::test]
async fn a_silence_beyond_belief_is_cut_once_the_clock_is_proven() {
    let world = world().await;
    world.ledger.stamp(|stamps| stamps.closed_until = Some(world.now() + TimeDelta::days(300)));
    let shut = begin(&world).await.unwrap_err();
    let opens_at = shut.shut().unwrap().opens_at;
    assert!(opens_at <= world.now() + TimeDelta::hours(4));
    assert_eq!(world.ledger.stamped().closed_until, Some(opens_at));
    // From then on it is believed, and nothing leaves.
    assert_eq!(begin(&world).await.unwrap_err().shut().unwrap().opens_at, opens_at);
    assert_eq!(world.ims.seen().len(), 1);
}

#[tokio::test]
async fn a_slow_clock_does_not_shorten_a_silence() {
    let world = world().await;
    let until = world.now() + TimeDelta::hours(1);
    world.ledger.stamp(|stamps| stamps.closed_until = Some(until));
    world.clock.set(-100_000);
    assert!(matches!(begin(&world).await.unwrap_err(), Error::ClockOff { .. }));
    assert_eq!(world.ledger.stamped().closed_until, Some(until));
}

#[tokio::test]
async fn stamps_from_the_future_are_rewritten_once_the_clock_is_proven() {
    let world = world().await;
    world.ledger.stamp(|stamps| stamps.execution = Some(world.now() + TimeDelta::days(9)));
    let session = world.session().await;
    let stamped = world.ledger.stamped().execution.unwrap();
    assert!(stamped <= world.now());
    let error = session.may_execute().await.unwrap_err();
    let shut = error.shut().unwrap();
    assert_eq!((shut.opens_at, shut.why), (stamped + TimeDelta::hours(2), Why::Executed(stamped)));
}

#[tokio::test]
async fn what_the_token_service_refuses_is_told_apart() {
    let refused =
        |status: u16, code: &str| Reply::status(status, json!({"error": code, "error_description": "x"}));
    for (reply, word) in [
        (refused(401, "invalid_client"), "client secret"),
        (refused(400, "invalid_client"), "client secret"),
        (refused(400, "invalid_scope"), "User Management API"),
        (Reply::status(302, "").with("location", "http://example.com"), "elsewhere"),
    ] {
        let world = world().await;
        world.ims.play(move |_| reply.clone());
        let error = begin(&world).await.unwrap_err();
        assert_eq!(error.kind().exit_code(), 78, "{error}");
        assert!(error.to_string().contains(word), "{error}");
        assert!(!format!("{error} {error:?}").contains(SECRET));
        assert_eq!(world.ims.seen().len(), 1);
    }
}

#[tokio::test]
async fn a_token_service_in_trouble_is_asked_again() {
    let world = world().await;
    let mut replies = vec![token(), Reply::HangUp, Reply::status(503, ""), Reply::status(200, "<html>")];
    world.ims.play(move |_| replies.pop().unwrap());
    begin(&world).await.unwrap();
    assert_eq!(world.ims.seen().len(), 4);
}

#[tokio::test]
async fn a_token_service_that_is_not_there_has_an_end() {
    let world = world().await;
    let client = world.client().await;
    world.ims.go_down().await;
    let error = client.begin().await.unwrap_err();
    assert!(matches!(error, Error::Unreachable { .. }), "{error}");
    assert_eq!(error.kind().exit_code(), 7);
}

#[tokio::test]
async fn a_token_service_that_wants_silence_gets_it() {
    let world = world().await;
    world.ims.play(|_| Reply::status(429, "").with("retry-after", 2000));
    assert_eq!(begin(&world).await.unwrap_err().kind(), Kind::Shut);
    assert!(world.ledger.stamped().closed_until.is_some());
    // A clock that is wrong must not say how long it lasts.
    let world = self::world().await;
    world.clock.set(50_000);
    world.ims.play(|_| Reply::status(429, "").with("retry-after", 2000));
    assert_eq!(begin(&world).await.unwrap_err().kind(), Kind::Clock);
    assert_eq!(world.ledger.stamped(), Stamps::default());
}

#[tokio::test]
async fn without_a_ledger_nothing_leaves() {
    let world = world().await;
    world.ledger.fail(Call::Stamps);
    let error = begin(&world).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Store);
    assert!(world.ims.seen().is_empty());
}

#[tokio::test]
async fn a_clock_that_is_set_during_a_session_is_noticed() {
    let world = world().await;
    let session = world.session().await;
    world.ledger.stamp(|stamps| stamps.execution = Some(world.now()));
    world.clock.set(7200);
    assert!(matches!(session.may_execute().await.unwrap_err(), Error::ClockOff { .. }));
    world.clock.set(0);
    assert_eq!(session.may_execute().await.unwrap_err().kind(), Kind::Shut);
}
