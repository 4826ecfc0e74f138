//! Lost answers: nothing is repeated blindly.

use crate::server::{Reply, Request};
use crate::world::{
    World, all_done, command, found, join, joins, letters, no_user, quietly, user, users_page, why,
};
use serde_json::json;
use std::time::Duration;
use umsync_engine::change::{Field, Target};
use umsync_engine::command::{Command, Outcome, Phase, Step};
use umsync_umapi::{Cancel, Client};

async fn execute(world: &World, commands: &[Command]) -> Vec<Outcome> {
    let session = world.session().await;
    let permit = session.may_execute().await.unwrap();
    session.execute(permit, commands, &quietly, &Cancel::never()).await.outcomes
}

/// The first action request is answered by `first`, later ones well; users come from `users`.
async fn world(first: Reply, mut users: impl FnMut(&Request) -> Reply + Send + 'static) -> World {
    let mut first = Some(first);
    World::new(move |request| match request.method.as_str() {
        "POST" => first.take().unwrap_or_else(|| all_done(request)),
        _ => users(request),
    })
    .await
}

/// `u0` is in the group, nobody else is.
fn only_the_first_joined(request: &Request) -> Reply {
    let name = request.path.rsplit('/').next().unwrap();
    let groups: &[&str] = if name == "u0@b.c" { &["Design"] } else { &[] };
    found(user(name, groups))
}

#[tokio::test]
async fn what_holds_is_done_and_the_rest_is_sent_once_more() {
    for lost in [
        Reply::HangUp,
        Reply::status(500, ""),
        Reply::status(502, "<html>"),
        Reply::status(504, ""),
        Reply::status(200, "<html>"),
        Reply::Cut { status: 200, body: json!({"completed": 3}).to_string() },
        Reply::json(json!({})),
        // Adobe counts a failure and names none.
        Reply::json(json!({"completed": 2, "notCompleted": 1, "result": "partial"})),
    ] {
        let shown = format!("{lost:?}");
        let world = world(lost, only_the_first_joined).await;
        let outcomes = execute(&world, &joins(3)).await;
        assert_eq!(letters(&outcomes), "DDD", "{shown}");
        let lines = world.lines();
        assert_eq!(
            lines,
            [
                "POST /action",
                "GET /organizations/users/u0@b.c",
                "GET /organizations/users/u1@b.c",
                "GET /organizations/users/u2@b.c",
                "POST /action"
            ],
            "{shown}"
        );
        let again = world.calls().last().unwrap().json();
        let users: Vec<_> =
            again.as_array().unwrap().iter().map(|command| command["user"].as_str().unwrap()).collect();
        assert_eq!(users, ["u1@b.c", "u2@b.c"]);
    }
}

#[tokio::test]
async fn a_request_that_times_out_is_looked_up() {
    let world = world(Reply::Mute, only_the_first_joined).await;
    let mut settings = world.settings().await;
    settings.timeout = Duration::from_millis(300);
    let client = Client::new(settings, world.ledger.clone(), world.clock.clone()).unwrap();
    let session = client.begin().await.unwrap();
    let permit = session.may_execute().await.unwrap();
    let outcomes = session.execute(permit, &joins(1), &quietly, &Cancel::never()).await.outcomes;
    assert_eq!(letters(&outcomes), "D");
    assert_eq!(world.calls().iter().filter(|call| call.method == "POST").count(), 1);
}

#[tokio::test]
async fn what_has_no_answer_twice_is_unknown() {
    let world = World::new(|request| match request.method.as_str() {
        "POST" => Reply::status(503, ""),
        _ => no_user(),
    })
    .await;
    let outcomes = execute(&world, &joins(2)).await;
    assert_eq!(letters(&outcomes), "UU");
    assert!(why(&outcomes[0]).contains("503"), "{}", why(&outcomes[0]));
    assert_eq!(world.calls().iter().filter(|call| call.method == "POST").count(), 2);
}

#[tokio::test]
async fn when_reading_back_fails_nothing_is_repeated() {
    let world = world(Reply::HangUp, |_| Reply::status(503, "")).await;
    let outcomes = execute(&world, &joins(3)).await;
    assert_eq!(letters(&outcomes), "UUU");
    assert!(why(&outcomes[0]).contains("reading back failed"), "{}", why(&outcomes[0]));
    // One user is tried, the others are not.
    assert_eq!(world.calls().len(), 1 + 3);
}

#[tokio::test]
async fn three_requests_in_a_row_without_outcome_stop_it() {
    let world = World::new(|_| Reply::status(503, "")).await;
    let outcomes = execute(&world, &joins(45)).await;
    assert_eq!(letters(&outcomes), format!("{}{}", "U".repeat(30), "N".repeat(15)));
    assert!(why(&outcomes[30]).contains("in a row"), "{}", why(&outcomes[30]));
}

#[tokio::test]
async fn a_silence_while_clearing_up_stops_it() {
    let world = world(Reply::HangUp, |_| Reply::status(429, "").with("retry-after", 1000)).await;
    let outcomes = execute(&world, &joins(11)).await;
    assert_eq!(letters(&outcomes), "UUUUUUUUUUN");
    assert!(why(&outcomes[10]).contains("silence"));
    assert_eq!(world.calls().len(), 2);
}

#[tokio::test]
async fn a_change_of_email_is_looked_up_under_the_new_one() {
    let fields = [(Field::Email, "new@b.c".to_owned())].into();
    let rename =
        command(Phase::Settle, "old@b.c", vec![Step::Update(fields), Step::Add(vec!["Design".into()])]);
    // The email changed, the group is still missing: the command goes again, to the new address.
    let world = world(Reply::HangUp, |request| match request.path.ends_with("new@b.c") {
        true => found(user("new@b.c", &[])),
        false => no_user(),
    })
    .await;
    assert_eq!(letters(&execute(&world, &[rename]).await), "D");
    assert_eq!(world.lines()[1], "GET /organizations/users/new@b.c");
    assert_eq!(world.calls()[2].json()[0]["user"], "new@b.c");
}

#[tokio::test]
async fn who_left_is_not_removed_again() {
    let leave = || command(Phase::Depart, "a@b.c", vec![Step::RemoveFromOrg { delete_account: false }]);
    let world = world(Reply::HangUp, |_| no_user()).await;
    assert_eq!(letters(&execute(&world, &[leave()]).await), "D");
    assert_eq!(world.calls().len(), 2);
    // The same question where Adobe fails to remove somebody, perhaps because they are gone.
    let failed = || {
        Reply::json(json!({"completed": 0, "notCompleted": 1, "result": "error", "errors": [
            {"index": 0, "step": 0, "errorCode": "error.internal.removefromorg", "message": "FAILURE"}]}))
    };
    let world = self::world(failed(), |_| no_user()).await;
    assert_eq!(letters(&execute(&world, &[leave()]).await), "D");
    let world = self::world(failed(), |_| found(user("a@b.c", &[]))).await;
    assert_eq!(letters(&execute(&world, &[leave()]).await), "R");
    assert_eq!(world.calls().len(), 2);
}

#[tokio::test]
async fn a_new_group_is_looked_up() {
    let create = |name: &str| Command {
        phase: Phase::Groups,
        target: Target::Group(name.into()),
        steps: vec![Step::CreateGroup],
        changes: vec![0],
        fallback: Vec::new(),
    };
    let world = world(Reply::HangUp, |request| match request.path.ends_with("/There") {
        true => users_page(&[], true),
        false => Reply::status(404, json!({"result": "error.group.not_found"})),
    })
    .await;
    let outcomes = execute(&world, &[create("There"), create("Missing")]).await;
    assert_eq!(letters(&outcomes), "DD");
    let again = world.calls().last().unwrap().json();
    assert_eq!(again.as_array().unwrap().len(), 1);
    assert_eq!(again[0]["usergroup"], "Missing");
}

#[tokio::test]
async fn what_was_throttled_inside_adobe_is_sent_once_more() {
    let throttled = Reply::json(json!({"completed": 1, "notCompleted": 1, "result": "partial", "errors": [
        {"index": 1, "step": 0, "errorCode": "error.throttled_by_external_service", "message": "m"}]}));
    let world = world(throttled, |_| panic!("nothing is to be read")).await;
    let outcomes = execute(&world, &[join("a@b.c"), join("b@b.c")]).await;
    assert_eq!(letters(&outcomes), "DD");
    assert_eq!(world.calls()[1].json()[0]["user"], "b@b.c");
}
