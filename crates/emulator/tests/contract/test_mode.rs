//! `testOnly=true`: checked, answered, not done.

use serde_json::{Value, json};
use umsync_emulator::Missing;

use crate::world::{Adobe, codes, company, federated};

async fn tested(adobe: &Adobe, commands: Value) -> Value {
    let answer = adobe.post("/action/ORG?testOnly=true", &commands.to_string()).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}

#[tokio::test]
async fn e70_everything_is_checked_and_nothing_changes() {
    let adobe = Adobe::with(company()).await;
    let before = adobe.running.dump();
    let answer = tested(
        &adobe,
        json!([
            {"user": "new@example.com", "do": [federated("new@example.com")]},
            {"user": "joe@example.com", "do": [{"add": {"group": ["Design", "_admin_Design"]}}]},
            {"usergroup": "Design", "do": [{"deleteUserGroup": {}}]},
            {"user": "joe@example.com", "do": [{"add": {"group": ["Nope"]}}]}
        ]),
    )
    .await;
    let counts =
        ["completed", "completedInTestMode", "notCompleted", "result"].map(|key| answer[key].clone());
    assert_eq!(counts, [json!(0), json!(3), json!(1), json!("partial")]);
    assert_eq!(codes(&answer), [(0, "error.group.not_found".to_owned())]);
    let creates = json!([
        {"user": "new@example.com", "do": [federated("new@example.com")]},
        {"user": "new@example.com", "do": [federated("new@example.com")]}
    ]);
    assert_eq!(tested(&adobe, creates).await["completedInTestMode"], 2);
    let rest = json!([
        {"user": "jane@example.com", "do": [{"update": {"email": "j@example.org"}}, {"remove": "all"}]},
        {"user": "joe@example.com", "do": [{"removeFromOrg": {"deleteAccount": true}}]},
        {"usergroup": "Design", "do": [{"updateUserGroup": {"name": "D"}}, {"add": {"user": ["joe@example.com"], "productConfiguration": ["PS"]}}]},
        {"usergroup": "Fresh", "do": [{"createUserGroup": {}}, {"add": {"user": ["joe@example.com"]}}]}
    ]);
    assert_eq!(tested(&adobe, rest).await["completedInTestMode"], 4);
    assert_eq!(adobe.running.dump(), before);
    assert!(adobe.running.log().last().unwrap().test_only);
}

#[tokio::test]
async fn e71_create_and_add_of_a_new_user() {
    let adobe = Adobe::with(company()).await;
    let commands = json!([
        {"user": "new@example.com", "do": [federated("new@example.com"), {"add": {"group": ["Design"]}}]}
    ]);
    assert_eq!(tested(&adobe, commands.clone()).await["completedInTestMode"], 1);
    let missing = json!([{"user": "nobody@example.com", "do": [{"add": {"group": ["Design"]}}]}]);
    assert_eq!(tested(&adobe, missing.clone()).await["completedInTestMode"], 1);
    adobe.running.with_knobs(|knobs| knobs.test_mode_missing_user = Missing::Error);
    assert_eq!(codes(&tested(&adobe, commands).await), [(1, "error.user.not_found".to_owned())]);
    assert_eq!(tested(&adobe, missing).await["result"], "error");
}

#[tokio::test]
async fn e70_a_group_that_only_a_test_would_create() {
    let adobe = Adobe::with(company()).await;
    let commands = json!([{"usergroup": "Fresh", "do": [{"createUserGroup": {}}]}]);
    assert_eq!(tested(&adobe, commands.clone()).await["completedInTestMode"], 1);
    adobe.running.with_knobs(|knobs| knobs.test_mode_new_group = Missing::Error);
    let answer = tested(&adobe, commands).await;
    assert_eq!(codes(&answer), [(0, "error.usergroup.not_found".to_owned())]);
    assert_eq!(answer["errors"][0]["message"], "Usergroup not found: Fresh");
}
