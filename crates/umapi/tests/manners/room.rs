//! Requests that take Adobe too long.

use crate::server::{Reply, Request};
use crate::world::{World, all_done, command, letters, quietly, user};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use umsync_engine::change::Target;
use umsync_engine::command::{Command, Member, Phase, Step};
use umsync_umapi::Cancel;

const GROUPS: usize = 60;
/// Ten lists of ten, as much as one command takes.
const USERS: usize = 100;
/// With more changes than these a request takes too long.
const ENOUGH: usize = 300;

fn emails(group: usize) -> impl Iterator<Item = String> {
    (0..USERS).map(move |user| format!("u{group}x{user}@b.c"))
}

/// A group's command for all its users, and their own for when it leaves somebody out.
fn fills(group: usize) -> Command {
    let name = format!("Team{group}");
    let all: Vec<Member> = emails(group).map(|user| Member { user }).collect();
    let first = group * USERS;
    let own = emails(group).enumerate().map(|(at, email)| Command {
        changes: vec![first + at],
        ..command(Phase::Settle, &email, vec![Step::Add(vec![name.as_str().into()])])
    });
    Command {
        phase: Phase::Settle,
        target: Target::Group(name.as_str().into()),
        steps: all.chunks(10).map(|users| Step::AddUsers(users.to_vec())).collect(),
        changes: (first..first + USERS).collect(),
        fallback: own.collect(),
    }
}

/// Who is in which group.
type Holds = BTreeMap<String, BTreeSet<String>>;

fn texts(list: &Value) -> Vec<String> {
    list.as_array().into_iter().flatten().map(|text| text.as_str().unwrap().to_owned()).collect()
}

/// Every membership that a request gives: group and user.
fn gains(request: &Request) -> Vec<(String, String)> {
    let commands = request.json();
    let mut gains = Vec::new();
    for command in commands.as_array().unwrap() {
        for step in command["do"].as_array().unwrap() {
            match command["usergroup"].as_str() {
                Some(group) => {
                    gains
                        .extend(texts(&step["add"]["user"]).into_iter().map(|user| (group.to_owned(), user)));
                }
                None => {
                    let user = command["user"].as_str().unwrap();
                    gains.extend(
                        texts(&step["add"]["group"]).into_iter().map(|group| (group, user.to_owned())),
                    );
                }
            }
        }
    }
    gains
}

fn members(holds: &Holds, request: &Request) -> Reply {
    let group = request.path.rsplit('/').next().unwrap_or_default();
    let of_group = holds.get(group).into_iter().flatten();
    let users: Vec<Value> = of_group.map(|email| user(email, &[group])).collect();
    Reply::json(json!({"lastPage": true, "result": "success", "users": users}))
}

#[tokio::test]
async fn what_takes_too_long_goes_in_smaller_requests_for_a_while() {
    let holds: Arc<Mutex<Holds>> = Arc::default();
    let theirs = holds.clone();
    let mut too_long = 0;
    let world = World::new(move |request| {
        let mut holds = theirs.lock().unwrap();
        if request.method != "POST" {
            return members(&holds, request);
        }
        let gains = gains(request);
        let is_too_long = gains.len() > ENOUGH;
        too_long += usize::from(is_too_long);
        // Of those that take too long every second one is carried out all the same.
        if !is_too_long || too_long % 2 == 0 {
            gains.into_iter().for_each(|(group, user)| _ = holds.entry(group).or_default().insert(user));
        }
        if is_too_long { Reply::status(504, "") } else { all_done(request) }
    })
    .await;
    let plan: Vec<Command> = (0..GROUPS).map(fills).collect();
    let session = world.session().await;
    let permit = session.may_execute().await.unwrap();

    let outcomes = session.execute(permit, &plan, &quietly, &Cancel::never()).await.outcomes;

    assert_eq!(letters(&outcomes), "D".repeat(GROUPS));
    let wanted: Holds = (0..GROUPS).map(|group| (format!("Team{group}"), emails(group).collect())).collect();
    assert_eq!(*holds.lock().unwrap(), wanted);
    let calls = world.calls();
    let sizes: Vec<usize> =
        calls.iter().filter(|call| call.method == "POST").map(|call| gains(call).len()).collect();
    // Each is half as large as the one that took too long, and after five that did not twice as large again.
    let (mut most, mut clean, mut grown) = (1_000, 0, false);
    for size in &sizes {
        assert!(*size <= most.max(USERS), "{size} after {most}: {sizes:?}");
        if *size > ENOUGH {
            (most, clean) = (most / 2, 0);
        } else {
            clean += 1;
            if clean == 5 {
                (most, clean, grown) = ((most * 2).min(1_000), 0, true);
            }
        }
    }
    assert_eq!(sizes[..4], [1_000, 500, 200, 200]);
    assert!(grown && sizes.iter().skip(2).any(|size| *size > ENOUGH), "more is tried again: {sizes:?}");
}
