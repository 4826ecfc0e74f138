//! Groups' own commands: what the group shows afterwards is what became of them.

use crate::server::{Reply, Request};
use crate::world::{World, all_done, command, letters, quietly, user};
use serde_json::{Value, json};
use umsync_engine::change::Target;
use umsync_engine::command::{Command, Member, Outcome, Phase, Step};
use umsync_umapi::Cancel;

fn takes_out(emails: &[&str], fallback: Vec<Command>) -> Command {
    let users = emails.iter().map(|email| Member { user: (*email).to_owned() }).collect();
    Command {
        phase: Phase::Settle,
        target: Target::Group("Design".into()),
        steps: vec![Step::RemoveUsers(users)],
        changes: (0..emails.len()).collect(),
        fallback,
    }
}

/// A user's own command for the change at this position.
fn leaves(email: &str, change: usize) -> Command {
    let leave = command(Phase::Settle, email, vec![Step::Remove(vec!["Design".into()])]);
    Command { changes: vec![change], ..leave }
}

async fn execute(world: &World, commands: &[Command]) -> Vec<Outcome> {
    let session = world.session().await;
    let permit = session.may_execute().await.unwrap();
    session.execute(permit, commands, &quietly, &Cancel::never()).await.outcomes
}

fn members(users: &Value) -> Reply {
    Reply::json(json!({"lastPage": true, "result": "success", "users": users}))
}

fn told(request: &Request) -> Vec<String> {
    let commands = request.json();
    let root = |command: &Value| command.get("user").or(command.get("usergroup")).cloned();
    commands
        .as_array()
        .unwrap()
        .iter()
        .filter_map(root)
        .map(|root| root.as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn whoever_is_gone_from_the_group_was_taken_out() {
    let world = World::new(|request| match request.method.as_str() {
        "POST" => all_done(request),
        _ => members(&json!([user("z@b.c", &["Design"])])),
    })
    .await;
    let group = takes_out(&["a@b.c", "b@b.c"], vec![leaves("a@b.c", 0), leaves("b@b.c", 1)]);
    assert_eq!(letters(&execute(&world, &[group]).await), "D");
    assert_eq!(world.calls().iter().filter(|call| call.method == "POST").count(), 1);
}

/// The one who cannot be understood could be either of them.
#[tokio::test]
async fn where_a_member_cannot_be_understood_nobody_counts_as_taken_out() {
    let world = World::new(|request| match request.method.as_str() {
        "POST" => all_done(request),
        _ => members(&json!([{ "id": "bad", "type": "federatedID" }])),
    })
    .await;
    let group = takes_out(&["a@b.c", "b@b.c"], vec![leaves("a@b.c", 0), leaves("b@b.c", 1)]);
    assert_eq!(letters(&execute(&world, &[group]).await), "D");
    let posts: Vec<Vec<String>> =
        world.calls().iter().filter(|call| call.method == "POST").map(told).collect();
    assert_eq!(posts, [vec!["Design".to_owned()], vec!["a@b.c".to_owned(), "b@b.c".to_owned()]]);
}
