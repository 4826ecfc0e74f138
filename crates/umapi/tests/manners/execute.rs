//! Executing: one outcome for every command, whatever happens.

use crate::ledger::{Call, Entry};
use crate::server::Reply;
use crate::world::{World, all_done, command, done, join, joins, letters, no_user, quietly, why};
use chrono::TimeDelta;
use serde_json::json;
use std::sync::Arc;
use umsync_engine::change::Target;
use umsync_engine::command::{Command, Outcome, Phase, Step};
use umsync_engine::stamps::Stamps;
use umsync_umapi::{Cancel, Canceller, Progress, Session, Why};

async fn execute(session: &Session<crate::ledger::Memory>, commands: &[Command]) -> Vec<Outcome> {
    let permit = session.may_execute().await.unwrap();
    session.execute(permit, commands, &quietly, &Cancel::never()).await.outcomes
}

#[tokio::test]
async fn every_command_has_its_outcome() {
    let world = World::new(|_| {
        Reply::json(json!({"completed": 2, "notCompleted": 1, "result": "partial", "errors": [
            {"index": 1, "step": 0, "errorCode": "error.group.not_found", "message": "Group Design was not found"}]}))
    })
    .await;
    let outcomes = execute(&world.session().await, &joins(3)).await;
    assert_eq!(letters(&outcomes), "DRD");
    assert_eq!(why(&outcomes[1]), "error.group.not_found");
    let [call] = world.calls().try_into().unwrap();
    assert_eq!(world.lines(), ["POST /action"]);
    assert_eq!(call.header("content-type"), Some("application/json"));
    let body = call.json();
    assert_eq!(body[0]["do"], json!([{"add": {"group": ["Design"]}}]));
    let ids: std::collections::BTreeSet<String> =
        body.as_array().unwrap().iter().map(|command| command["requestID"].to_string()).collect();
    assert_eq!(ids.len(), 3);
    assert_eq!(world.ledger.journal(), [Entry::Intended(vec![0, 1, 2]), Entry::Settled(vec![0, 1, 2])]);
    assert!(world.ledger.stamped().execution.is_some());
}

/// What Adobe refuses before it has looked for the user bears no name, and sometimes a null instead of an id.
#[tokio::test]
async fn a_refusal_that_names_nobody_is_its_commands_and_no_one_elses() {
    let world = World::new(|_| {
        Reply::json(json!({"completed": 3, "notCompleted": 2, "result": "partial", "errors": [
            {"index": 3, "step": 0, "errorCode": "error.command.string.too_long", "message": "String too long"},
            {"index": 1, "step": 0, "user": null, "requestID": null, "errorCode": "error.country.invalid",
                "message": "Invalid value 'XX' for country"}]}))
    })
    .await;
    let outcomes = execute(&world.session().await, &joins(5)).await;
    assert_eq!(letters(&outcomes), "DRDRD");
    assert_eq!(why(&outcomes[1]), "error.country.invalid");
    assert_eq!(why(&outcomes[3]), "error.command.string.too_long");
    assert_eq!(world.lines(), ["POST /action"], "nothing is in doubt");
}

#[tokio::test]
async fn without_commands_there_is_no_execution() {
    let world = World::new(|_| done(0)).await;
    assert!(execute(&world.session().await, &[]).await.is_empty());
    assert_eq!(world.ledger.stamped(), Stamps::default());
}

#[tokio::test]
async fn a_second_execution_is_refused() {
    let world = World::new(all_done).await;
    let session = world.session().await;
    execute(&session, &joins(1)).await;
    let stamped = world.ledger.stamped().execution.unwrap();
    let error = session.may_execute().await.unwrap_err();
    assert_eq!(error.shut().unwrap().why, Why::Executed(stamped));
    assert!(session.may_go_on(stamped - TimeDelta::seconds(1)).await.unwrap().is_none());
}

#[tokio::test]
async fn a_rehearsal_leaves_no_trace() {
    let world = World::new(all_done).await;
    let session = world.session().await;
    let outcomes = session.rehearse(&joins(12), &quietly, &Cancel::never()).await.outcomes;
    assert_eq!(letters(&outcomes), "D".repeat(12));
    assert_eq!(world.lines(), ["POST /action?testOnly=true", "POST /action?testOnly=true"]);
    assert_eq!(world.ledger.stamped(), Stamps::default());
    assert!(world.ledger.journal().is_empty());
}

#[tokio::test]
async fn a_lost_rehearsal_is_repeated() {
    let mut replies = vec![done(1), Reply::HangUp, Reply::status(500, "")];
    let world = World::new(move |_| replies.pop().unwrap()).await;
    let outcomes = world.session().await.rehearse(&joins(1), &quietly, &Cancel::never()).await.outcomes;
    assert_eq!(letters(&outcomes), "D");
    assert_eq!(world.calls().len(), 3);
}

#[tokio::test]
async fn a_phase_is_over_before_the_next_begins() {
    let world = World::new(all_done).await;
    let group = Command {
        phase: Phase::Groups,
        target: Target::Group("Design".into()),
        steps: vec![Step::CreateGroup],
        changes: vec![0],
        fallback: Vec::new(),
    };
    let leave = command(Phase::Depart, "z@b.c", vec![Step::RemoveFromOrg { delete_account: false }]);
    let outcomes = execute(&world.session().await, &[group, join("a@b.c"), leave]).await;
    assert_eq!(letters(&outcomes), "DDD");
    let calls = world.calls();
    let sizes: Vec<usize> = calls.iter().map(|call| call.json().as_array().unwrap().len()).collect();
    assert_eq!(sizes, [1, 1, 1]);
    let pragmas: Vec<_> = calls.iter().map(|call| call.header("pragma")).collect();
    assert_eq!(pragmas, [Some("umapi-sync-start"), None, Some("umapi-sync-end")]);
}

#[tokio::test]
async fn what_never_left_was_not_sent_and_leaves_no_stamp() {
    let world = World::new(all_done).await;
    let session = world.session().await;
    world.api.go_down().await;
    let outcomes = execute(&session, &joins(12)).await;
    assert_eq!(letters(&outcomes), "N".repeat(12));
    assert!(why(&outcomes[0]).contains("cannot be reached"), "{}", why(&outcomes[0]));
    assert_eq!(world.ledger.stamped(), Stamps::default());
    let ten: Vec<usize> = (0..10).collect();
    assert_eq!(world.ledger.journal(), [Entry::Intended(ten.clone()), Entry::Settled(ten)]);
}

#[tokio::test]
async fn a_permit_that_another_process_used_up_sends_nothing() {
    let world = World::new(all_done).await;
    let session = world.session().await;
    let permit = session.may_execute().await.unwrap();
    world.ledger.stamp(|stamps| stamps.execution = Some(world.now()));
    let outcomes = session.execute(permit, &joins(2), &quietly, &Cancel::never()).await.outcomes;
    assert_eq!(letters(&outcomes), "NN");
    assert!(why(&outcomes[0]).contains("gate is closed"));
    assert!(world.calls().is_empty());
}

#[tokio::test]
async fn who_was_stopped_while_another_executed_sends_nothing_more() {
    let world = World::new(all_done).await;
    let session = world.session().await;
    let permit = session.may_execute().await.unwrap();
    let later = world.now() + TimeDelta::hours(3);
    let mut first = true;
    let ledger = world.ledger.clone();
    world.play(move |request| {
        // It is answered, and only then the process goes on.
        if std::mem::take(&mut first) {
            ledger.stamp(|stamps| stamps.execution = Some(later));
        }
        all_done(request)
    });
    let outcomes = session.execute(permit, &joins(25), &quietly, &Cancel::never()).await.outcomes;
    assert_eq!(letters(&outcomes), format!("{}{}", "D".repeat(10), "N".repeat(15)));
    assert!(why(&outcomes[10]).contains("the last execution began at"), "{}", why(&outcomes[10]));
    assert_eq!(world.calls().len(), 1);
    // What was answered is noted; of the rest another may have noted more.
    let ten: Vec<usize> = (0..10).collect();
    assert_eq!(world.ledger.journal(), [Entry::Intended(ten.clone()), Entry::Settled(ten)]);
}

#[tokio::test]
async fn a_clock_that_is_set_back_takes_nobodys_execution_away() {
    let world = World::new(all_done).await;
    world.clock.set(250);
    let session = world.session().await;
    let permit = session.may_execute().await.unwrap();
    let (clock, mut replies) = (world.clock.clone(), 0);
    world.play(move |request| {
        replies += 1;
        clock.set(0);
        match (request.method.as_str(), replies) {
            ("POST", 1) => Reply::HangUp,
            ("POST", _) => all_done(request),
            _ => no_user(),
        }
    });
    // Reading back meets the stamp in the future, then two more requests send under it.
    let outcomes = session.execute(permit, &joins(11), &quietly, &Cancel::never()).await.outcomes;
    assert_eq!(letters(&outcomes), "D".repeat(11));
    assert!(world.ledger.stamped().execution.unwrap() <= world.now());
}

#[tokio::test]
async fn a_short_wait_is_waited_and_nothing_was_processed() {
    let mut first = true;
    let world = World::new(move |request| match std::mem::take(&mut first) {
        true => Reply::status(429, "").with("retry-after", 38),
        false => all_done(request),
    })
    .await;
    let session = world.session().await;
    let permit = session.may_execute().await.unwrap();
    let commands = joins(1);
    let (outcomes, told) = world
        .driven(|listener| {
            let (session, commands) = (&session, &commands);
            async move { session.execute(permit, commands, &*listener, &Cancel::never()).await.outcomes }
        })
        .await;
    assert_eq!(letters(&outcomes), "D");
    assert_eq!(world.calls()[1].at - world.calls()[0].at, 38);
    assert!(matches!(told[0], Progress::Waiting { .. }));
    assert_eq!(told[1], Progress::Commands { done: 1, total: 1 });
}

#[tokio::test]
async fn who_is_turned_away_by_the_quota_to_the_end_was_not_sent() {
    let world = World::new(|_| Reply::status(429, json!({"error_code": "429050"}))).await;
    let outcomes = execute(&world.session().await, &joins(11)).await;
    assert_eq!(letters(&outcomes), "N".repeat(11));
    assert_eq!(world.calls().len(), 5);
    // It was an execution nevertheless: requests of it reached Adobe.
    assert!(world.ledger.stamped().execution.is_some());
}

#[tokio::test]
async fn a_long_wait_closes_the_gate_and_the_rest_is_not_sent() {
    let mut first = true;
    let world = World::new(move |request| match std::mem::take(&mut first) {
        true => all_done(request),
        false => Reply::status(429, "").with("retry-after", 100_000),
    })
    .await;
    let outcomes = execute(&world.session().await, &joins(25)).await;
    assert_eq!(letters(&outcomes), format!("{}{}", "D".repeat(10), "N".repeat(15)));
    assert!(why(&outcomes[24]).contains("silence"));
    let closed = world.ledger.stamped().closed_until.unwrap() - world.now();
    assert!(closed <= TimeDelta::hours(4) && closed > TimeDelta::minutes(239));
    assert_eq!(world.calls().len(), 2);
}

#[tokio::test]
async fn a_refused_token_is_replaced_once() {
    let mut first = true;
    let world = World::new(move |request| match std::mem::take(&mut first) {
        true => Reply::status(401, ""),
        false => all_done(request),
    })
    .await;
    assert_eq!(letters(&execute(&world.session().await, &joins(1)).await), "D");
    let world = World::new(|_| Reply::status(401, "")).await;
    let outcomes = execute(&world.session().await, &joins(11)).await;
    assert_eq!(letters(&outcomes), "RRRRRRRRRRN");
    assert_eq!((world.calls().len(), world.ims.seen().len()), (2, 2));
}

#[tokio::test]
async fn a_request_that_is_refused_whole_stops_it() {
    for (reply, code) in [
        (
            Reply::status(400, json!({"result": "error.command.malformed", "message": "m"})),
            "error.request error.command.malformed",
        ),
        (Reply::status(403, json!({"error_code": "403003"})), "error.request 403003"),
        (Reply::status(403, ""), "error.request http.403"),
        (Reply::status(302, "").with("location", "http://127.0.0.1:1/"), "error.request"),
    ] {
        let world = World::new(move |_| reply.clone()).await;
        let outcomes = execute(&world.session().await, &joins(11)).await;
        assert_eq!(letters(&outcomes), "RRRRRRRRRRN");
        assert_eq!(why(&outcomes[0]), code);
        assert_eq!(world.calls().len(), 1);
    }
}

#[tokio::test]
async fn stopping_takes_effect_between_requests() {
    let (canceller, cancel) = Canceller::new();
    let canceller = Arc::new(canceller);
    let world = World::new(move |request| {
        canceller.cancel();
        all_done(request)
    })
    .await;
    let session = world.session().await;
    let permit = session.may_execute().await.unwrap();
    let outcomes = session.execute(permit, &joins(15), &quietly, &cancel).await.outcomes;
    assert_eq!(letters(&outcomes), format!("{}{}", "D".repeat(10), "N".repeat(5)));
    assert_eq!(why(&outcomes[10]), "stopped on request");
}

#[tokio::test]
async fn a_ledger_that_fails_stops_it() {
    let world = World::new(all_done).await;
    let session = world.session().await;
    world.ledger.fail(Call::Intend);
    let outcomes = execute(&session, &joins(11)).await;
    assert_eq!(letters(&outcomes), "N".repeat(11));
    assert!(world.calls().is_empty());
    assert_eq!(world.ledger.stamped(), Stamps::default());
    world.ledger.fail(Call::Settle);
    let outcomes = execute(&session, &joins(11)).await;
    assert_eq!(letters(&outcomes), "DDDDDDDDDDN");
    assert!(why(&outcomes[10]).contains("the disk is full"));
}

#[tokio::test]
async fn what_the_api_cannot_say_is_not_sent() {
    let world = World::new(all_done).await;
    let wrong = command(Phase::Settle, "b@b.c", vec![Step::CreateGroup]);
    let outcomes = execute(&world.session().await, &[join("a@b.c"), wrong, join("c@b.c")]).await;
    assert_eq!(letters(&outcomes), "DND");
    assert_eq!(world.calls()[0].json().as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn an_execution_may_run_in_a_task_of_its_own() {
    let world = World::new(all_done).await;
    let session = world.session().await;
    let task = tokio::spawn(async move { execute(&session, &joins(1)).await });
    assert_eq!(letters(&task.await.unwrap()), "D");
}
