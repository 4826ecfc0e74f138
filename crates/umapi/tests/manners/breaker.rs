//! The breaker: when hardly anything goes well any more, nothing more is sent. And a group that is gone is no such reason.

use crate::server::{Reply, Request};
use crate::world::{World, command, joins, letters, quietly, why};
use serde_json::{Value, json};
use umsync_engine::command::{Command, Outcome, Phase, Step, StepError, Verdict};
use umsync_umapi::Cancel;

/// Refuses every command with this code.
fn refuse_all(request: &Request, code: &str) -> Reply {
    let commands = request.json().as_array().unwrap().len();
    let error = |index| json!({"index": index, "step": 0, "errorCode": code, "message": "m"});
    let errors: Vec<Value> = (0..commands).map(error).collect();
    Reply::json(json!({"completed": 0, "notCompleted": commands, "result": "error", "errors": errors}))
}

async fn execute(world: &World, commands: &[Command]) -> Vec<Outcome> {
    let session = world.session().await;
    let permit = session.may_execute().await.unwrap();
    session.execute(permit, commands, &quietly, &Cancel::never()).await.outcomes
}

#[tokio::test]
async fn the_same_refusal_thirty_times_in_a_row_stops_it_and_says_why() {
    let world = World::new(|request| refuse_all(request, "error.domain.trust.nonexistent")).await;
    let outcomes = execute(&world, &joins(65)).await;
    assert_eq!(letters(&outcomes), format!("{}{}", "R".repeat(30), "N".repeat(35)));
    let reason = why(&outcomes[64]);
    assert!(
        reason.contains("30 commands in a row were refused with error.domain.trust.nonexistent"),
        "{reason}"
    );
    assert!(reason.contains("claim it in the Admin Console"), "{reason}");
    assert_eq!(world.calls().len(), 3);
}

#[tokio::test]
async fn most_of_the_last_commands_refused_for_various_reasons_stop_it() {
    let mut number = 0;
    let world = World::new(move |request| {
        number += 1;
        refuse_all(request, &format!("error.user.reason_{number}"))
    })
    .await;
    let outcomes = execute(&world, &joins(80)).await;
    assert_eq!(letters(&outcomes), format!("{}{}", "R".repeat(50), "N".repeat(30)));
    assert!(why(&outcomes[79]).contains("50 of the last 50 commands were refused"), "{}", why(&outcomes[79]));
}

#[tokio::test]
async fn what_was_refused_before_it_was_cut_short_counts() {
    let world = World::new(|request| refuse_all(request, "error.domain.trust.nonexistent")).await;
    let session = world.session().await;
    world.ledger.stamp(|stamps| stamps.execution = Some(world.now() - chrono::TimeDelta::minutes(5)));
    let begun = world.ledger.stamped().execution.unwrap();
    let permit = session.may_go_on(begun).await.unwrap().unwrap();
    let error = StepError {
        step: Some(0),
        code: "error.domain.trust.nonexistent".to_owned(),
        message: String::new(),
    };
    let not_sent = || Verdict::NotSent { why: String::new() };
    let so_far: Vec<Verdict> = (0..60)
        .map(|at| if at < 20 { Verdict::Refused { errors: vec![error.clone()] } } else { not_sent() })
        .collect();
    let outcomes = session.go_on(permit, &joins(60), &so_far, &quietly, &Cancel::never()).await.outcomes;
    assert_eq!(letters(&outcomes), format!("{}{}", "R".repeat(30), "N".repeat(30)));
    assert_eq!(world.calls().len(), 1);
}

#[tokio::test]
async fn a_test_shows_every_refusal() {
    let world = World::new(|request| refuse_all(request, "error.domain.trust.nonexistent")).await;
    let outcomes = world.session().await.rehearse(&joins(65), &quietly, &Cancel::never()).await.outcomes;
    assert_eq!(letters(&outcomes), "R".repeat(65));
}

#[tokio::test]
async fn a_group_that_is_gone_fails_only_what_needs_it() {
    // Adobe has lost Design.
    let world = World::new(|request| {
        let mut errors = Vec::new();
        let commands = request.json();
        for (index, command) in commands.as_array().unwrap().iter().enumerate() {
            for (step, lists) in command["do"].as_array().unwrap().iter().enumerate() {
                if lists["add"]["group"].as_array().unwrap().contains(&json!("Design")) {
                    errors.push(json!({"index": index, "step": step, "errorCode": "error.group.not_found", "message": "m"}));
                }
            }
        }
        let (all, failed) = (commands.as_array().unwrap().len(), errors.len());
        Reply::json(json!({"completed": all - failed, "notCompleted": failed, "result": "partial", "errors": errors}))
    })
    .await;
    let join = |at: usize, groups: &[&str]| {
        let groups = groups.iter().map(|name| (*name).into()).collect();
        command(Phase::Settle, &format!("u{at}@b.c"), vec![Step::Add(groups)])
    };
    let commands: Vec<Command> = (0..90)
        .map(|at| match at % 3 {
            0 => join(at, &["Design"]),
            1 => join(at, &["Design", "Video"]),
            _ => join(at, &["Video"]),
        })
        .collect();
    let outcomes = execute(&world, &commands).await;
    assert_eq!(letters(&outcomes), "RRD".repeat(30), "nothing is left unsent");
    // Whoever wants both is sent once more, group by group, and so gets the one that is there.
    let calls = world.calls();
    let steps: Vec<Value> = calls
        .iter()
        .flat_map(|call| call.json().as_array().unwrap().clone())
        .filter(|command| command["user"] == "u1@b.c")
        .map(|command| command["do"].clone())
        .collect();
    assert_eq!(
        steps,
        [
            json!([{"add": {"group": ["Design", "Video"]}}]),
            json!([{"add": {"group": ["Design"]}}, {"add": {"group": ["Video"]}}]),
        ]
    );
}

#[tokio::test]
async fn what_is_so_already_is_done_and_noted() {
    let world = World::new(|request| refuse_all(request, "error.user.nonexistent")).await;
    let leave = command(Phase::Depart, "a@b.c", vec![Step::RemoveFromOrg { delete_account: true }]);
    let outcomes = execute(&world, &[leave]).await;
    assert_eq!(letters(&outcomes), "D");
    assert_eq!(outcomes[0].notes[0].code, "error.user.nonexistent");
}
