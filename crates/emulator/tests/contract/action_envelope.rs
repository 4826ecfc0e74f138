//! Requests as a whole: their form, their counts, their order.

use serde_json::{Value, json};
use umsync_emulator::Knobs;

use crate::world::{Adobe, codes, company, federated, ok};

/// Ten commands that add `users` to Design; those in `bad` name a group that is not there.
fn adds(bad: &[usize]) -> Value {
    (0..10)
        .map(|n| {
            let group = if bad.contains(&n) { "Nope" } else { "Design" };
            json!({"user": "joe@example.com", "requestID": format!("r{n}"), "do": [{"add": {"group": [group]}}]})
        })
        .collect()
}

/// The places of the commands that failed.
fn indexes(answer: &Value) -> Vec<u64> {
    answer["errors"].as_array().unwrap().iter().map(|entry| entry["index"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn e35_what_is_no_array_of_commands_is_malformed() {
    let adobe = Adobe::with(company()).await;
    for body in ["[]", "{}", "hello", "[{\"user\": \"joe@exa", ""] {
        let answer = adobe.post("/action/ORG", body).await;
        assert_eq!(answer.status, 400, "{body}");
        let expected =
            json!({"result": "error.command.malformed", "message": "Expected a valid JSON payload"});
        assert_eq!(answer.json(), expected);
    }
}

#[tokio::test]
async fn e35_a_strict_server_wants_the_bare_content_type() {
    let adobe = Adobe::with(company()).await;
    let send = async |kind: &str| {
        let body = json!([{"user": "joe@example.com", "do": [{"add": {"group": ["Design"]}}]}]).to_string();
        let request = adobe.http.post(adobe.api("/action/ORG")).header("Content-Type", kind).body(body);
        crate::world::send(adobe.signed(request)).await.status
    };
    let kinds = ["application/json", "application/json; charset=utf-8"];
    assert_eq!((send(kinds[0]).await, send(kinds[1]).await), (200, 200));
    adobe.running.with_knobs(|knobs| knobs.bare_content_type = true);
    assert_eq!((send(kinds[0]).await, send(kinds[1]).await), (200, 400));
}

#[tokio::test]
async fn e36_eleven_commands_are_too_many_and_none_runs() {
    let adobe = Adobe::with(company()).await;
    let before = adobe.running.dump();
    let commands: Value = (0..11)
        .map(
            |n| json!({"user": format!("n{n}@example.com"), "do": [federated(&format!("n{n}@example.com"))]}),
        )
        .collect();
    let answer = adobe.post("/action/ORG", &commands.to_string()).await;
    assert_eq!((answer.status, &answer.json()["result"]), (400, &json!("error.command.malformed")));
    assert_eq!(adobe.running.dump(), before);
    adobe.running.with_knobs(|knobs| knobs.max_commands = 20);
    assert_eq!(adobe.act(commands).await, ok(11));
}

#[tokio::test]
async fn e37_a_command_needs_a_root() {
    let adobe = Adobe::with(company()).await;
    let answer = adobe.act(json!([{"do": [{"add": {"group": ["Design"]}}]}])).await;
    let message = answer["errors"][0]["message"].clone();
    assert!(message.is_string());
    let expected = json!({
        "completed": 0, "notCompleted": 1, "completedInTestMode": 0, "result": "error",
        "errors": [{"index": 0, "step": 0, "message": message,
                    "errorCode": "error.command.user_usergroup.missing"}]
    });
    assert_eq!(answer, expected);
}

#[tokio::test]
async fn e37_roots_are_strings_and_never_two() {
    let adobe = Adobe::with(company()).await;
    let steps = json!([{"add": {"group": ["Design"]}}]);
    let cases = [
        (json!({"user": 7, "do": steps}), "error.command.string_expected"),
        (json!({"user": "joe@example.com", "requestID": 7, "do": steps}), "error.command.string_expected"),
        (json!({"user": "joe@example.com", "usergroup": "G", "do": steps}), "error.command.illegal_entry"),
        (json!({"user": "joe@example.com", "colour": "red", "do": steps}), "error.command.illegal_entry"),
        (
            json!({"user": "x".repeat(251), "domain": "names.com", "do": steps}),
            "error.command.string.too_long",
        ),
        (json!(17), "error.command.malformed"),
    ];
    for (command, code) in cases {
        assert_eq!(adobe.refused_command(command.clone()).await, code, "{command}");
    }
}

#[tokio::test]
async fn e38_steps_are_a_list_of_known_ones_and_not_too_long() {
    let adobe = Adobe::with(company()).await;
    let user = "joe@example.com";
    for steps in [json!("add"), json!({"add": {"group": ["Design"]}}), json!([]), Value::Null] {
        assert_eq!(adobe.refused(user, steps).await, "error.command.steps.malformed");
    }
    assert_eq!(adobe.refused(user, json!([{"dance": {}}])).await, "error.command.step.unknown");
    assert_eq!(adobe.refused(user, json!([{"createUserGroup": {}}])).await, "error.command.step.unknown");
    let eleven = vec![json!({"add": {"group": ["Design"]}}); 11];
    assert_eq!(adobe.refused(user, json!(eleven)).await, "error.command.add_remove.list_too_long");
    assert_eq!(adobe.running.user(user).unwrap().groups, [""; 0]);
    let ten = vec![json!({"add": {"group": ["Design"]}}); 10];
    assert_eq!(adobe.user(user, json!(ten)).await, ok(1));
}

#[tokio::test]
async fn e39_errors_name_user_and_request_only_when_they_happen_at_work() {
    let adobe = Adobe::with(company()).await;
    let answer = adobe
        .act(json!([
            {"user": "joe@example.com", "requestID": "a", "do": [{"add": {"group": "Design"}}]},
            {"user": "joe@example.com", "requestID": "b", "do": [{"add": {"group": ["Nope"]}}]},
            {"usergroup": "Nope", "do": [{"updateUserGroup": {"name": "X"}}]}
        ]))
        .await;
    let keys =
        |at: usize| -> Vec<String> { answer["errors"][at].as_object().unwrap().keys().cloned().collect() };
    assert_eq!(keys(0), ["errorCode", "index", "message", "step"]);
    assert_eq!(keys(1), ["errorCode", "index", "message", "requestID", "step", "user"]);
    assert_eq!(keys(2), ["errorCode", "index", "message", "step", "user"]);
    assert_eq!(
        (&answer["errors"][1]["user"], &answer["errors"][1]["requestID"]),
        (&json!("joe@example.com"), &json!("b"))
    );
    assert_eq!(answer["errors"][2]["user"], "Nope");
}

#[tokio::test]
async fn e39_the_step_is_a_number_or_as_the_documentation_says_text() {
    let adobe = Adobe::with(company()).await;
    let steps = json!([{"add": {"group": ["Design"]}}, {"add": {"product": ["Nope"]}}]);
    let step = |answer: &Value, list: &str| answer[list][0]["step"].clone();
    let answer = adobe.user("joe@example.com", steps.clone()).await;
    assert_eq!((step(&answer, "errors"), step(&answer, "warnings")), (json!(1), json!(1)));
    adobe.running.with_knobs(|knobs| knobs.step_as_text = true);
    let answer = adobe.user("joe@example.com", steps).await;
    assert_eq!((step(&answer, "errors"), step(&answer, "warnings")), (json!("1"), json!("1")));
}

#[tokio::test]
async fn e40_counts_are_of_commands() {
    let adobe = Adobe::with(company()).await;
    let answer = adobe.act(adds(&[1, 4, 5, 9])).await;
    assert_eq!((&answer["completed"], &answer["notCompleted"]), (&json!(6), &json!(4)));
    assert_eq!(answer["result"], "partial");
    assert_eq!(indexes(&answer), [1, 4, 5, 9]);
    let answer = adobe.act(adds(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9])).await;
    assert_eq!((&answer["completed"], &answer["result"]), (&json!(0), &json!("error")));
    assert_eq!(adobe.act(adds(&[])).await, ok(10));
}

#[tokio::test]
async fn e41_commands_of_one_request_run_in_any_order_and_steps_in_theirs() {
    let mut orders = Vec::new();
    for seed in [3, 3, 4] {
        let knobs = Knobs { shuffle_commands: Some(seed), ..Knobs::unthrottled() };
        let adobe = Adobe::knobs(company(), knobs).await;
        let commands: Value = (0..10)
            .map(|n| {
                let email = format!("n{n}@example.com");
                json!({"user": email, "do": [federated(&email), {"add": {"group": ["Design"]}}, {"remove": "all"}]})
            })
            .collect();
        assert_eq!(adobe.act(commands).await, ok(10));
        // Ids are given in the order of creation.
        let mut made: Vec<_> =
            adobe.running.users().into_iter().filter(|user| user.email.starts_with('n')).collect();
        made.retain(|user| user.username == user.email);
        made.sort_by(|one, other| one.id.cmp(&other.id));
        assert!(made.iter().all(|user| user.groups.is_empty()), "added first, removed second");
        orders.push(made.into_iter().map(|user| user.email).collect::<Vec<_>>());
        let answer = adobe.act(adds(&[1, 4, 5, 9])).await;
        assert_eq!(indexes(&answer), [1, 4, 5, 9], "places in the request, whatever the order");
    }
    let in_order: Vec<String> = (0..10).map(|n| format!("n{n}@example.com")).collect();
    assert_ne!(orders[0], in_order);
    assert_eq!(orders[0], orders[1], "the seed decides");
    assert_ne!(orders[0], orders[2], "the seed decides");
}

#[tokio::test]
async fn e42_each_failing_step_has_its_entry_and_the_others_run() {
    let adobe = Adobe::with(company()).await;
    let steps = json!([
        {"add": {"group": ["Nope"]}}, {"add": {"group": ["Design"]}}, {"remove": {"group": ["Neither"]}}
    ]);
    let answer = adobe.user("joe@example.com", steps).await;
    assert_eq!(answer["notCompleted"], 1);
    let expected = [(0, "error.group.not_found".to_owned()), (2, "error.group.not_found".to_owned())];
    assert_eq!(codes(&answer), expected);
    assert_eq!(adobe.running.user("joe@example.com").unwrap().groups, ["Design"]);
}

#[tokio::test]
async fn e69_users_and_groups_share_a_request() {
    let adobe = Adobe::with(company()).await;
    let answer = adobe
        .act(json!([
            {"user": "new@example.com", "do": [federated("new@example.com")]},
            {"usergroup": "Fresh", "do": [{"createUserGroup": {}}]},
            {"usergroup": "Nope", "do": [{"deleteUserGroup": {}}]}
        ]))
        .await;
    assert_eq!((&answer["completed"], &answer["notCompleted"]), (&json!(2), &json!(1)));
    assert!(adobe.running.user("new@example.com").is_some());
    assert_eq!(adobe.running.members("Fresh"), Some(Vec::new()));
}

#[tokio::test]
async fn e74_a_group_that_vanished_fails_its_commands_only() {
    let adobe = Adobe::with(company()).await;
    assert!(adobe.running.with_state(|org| org.remove_group("Design Team")));
    let join = |user: &str, group: &str| json!({"user": user, "do": [{"add": {"group": [group]}}]});
    let answer = adobe
        .act(json!([
            join("joe@example.com", "Design"),
            join("joe@example.com", "Design Team"),
            join("twin@example.com", "Design Team"),
            join("twin@example.com", "Design")
        ]))
        .await;
    assert_eq!((&answer["result"], &answer["completed"]), (&json!("partial"), &json!(2)));
    assert_eq!(indexes(&answer), [1, 2]);
    assert!(codes(&answer).iter().all(|(step, code)| (*step, code.as_str()) == (0, "error.group.not_found")));
    for user in ["joe@example.com", "twin@example.com"] {
        assert_eq!(adobe.running.user(user).unwrap().groups, ["Design"], "before the others or behind them");
    }
}
