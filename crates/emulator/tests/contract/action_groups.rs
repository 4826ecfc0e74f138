//! Commands for user groups.

use serde_json::{Value, json};
use umsync_emulator::{ListLimit, NoChange, Repeated, UnknownMember};

use crate::world::{Adobe, company, ok};

async fn refused(adobe: &Adobe, group: &str, steps: Value) -> String {
    adobe.refused_command(json!({"usergroup": group, "do": steps})).await
}

fn description(adobe: &Adobe, group: &str) -> Option<String> {
    adobe.running.groups().into_iter().find(|found| found.name == group).unwrap().description
}

#[tokio::test]
async fn e63_create_a_group_once() {
    let adobe = Adobe::with(company()).await;
    assert_eq!(adobe.group("Fresh", json!([{"createUserGroup": {}}])).await, ok(1));
    let rows = adobe.rows("/groups/ORG/0", "groups").await;
    let fresh = rows.iter().find(|row| row["groupName"] == "Fresh").unwrap();
    assert_eq!((&fresh["type"], &fresh["memberCount"]), (&json!("USER_GROUP"), &json!(0)));
    let ids: Vec<&Value> = rows.iter().map(|row| &row["groupId"]).collect();
    assert_eq!(ids.iter().filter(|id| **id == &fresh["groupId"]).count(), 1);

    let again = |option: &str| json!([{"createUserGroup": {"name": "fresh", "description": "new words", "option": option}}]);
    assert_eq!(
        refused(&adobe, "fresh", json!([{"createUserGroup": {}}])).await,
        "error.usergroup.already_exists"
    );
    assert_eq!(adobe.group("fresh", again("ignoreIfAlreadyExists")).await, ok(1));
    assert_eq!(description(&adobe, "Fresh"), None);
    assert_eq!(adobe.group("fresh", again("updateIfAlreadyExists")).await, ok(1));
    assert_eq!(description(&adobe, "Fresh").as_deref(), Some("new words"));

    let late = json!([{"add": {"user": ["joe@example.com"]}}, {"createUserGroup": {}}]);
    assert_eq!(refused(&adobe, "Late", late).await, "error.command.create.not_first");
    assert_eq!(refused(&adobe, "_own", json!([{"createUserGroup": {}}])).await, "error.group.invalid_name");
    refused(&adobe, &"x".repeat(256), json!([{"createUserGroup": {}}])).await;
    assert_eq!(adobe.group(&"é".repeat(255), json!([{"createUserGroup": {}}])).await, ok(1));
    let steps = json!([{"createUserGroup": {}}, {"add": {"user": ["joe@example.com"]}}]);
    assert_eq!(adobe.group("With members", steps).await, ok(1));
    assert_eq!(adobe.running.members("With members").unwrap(), ["joe@example.com"]);
}

#[tokio::test]
async fn e63_without_an_option_the_description_may_change_and_a_name_may_be_wanted() {
    let adobe = Adobe::with(company()).await;
    adobe.running.with_knobs(|knobs| knobs.create_existing_group = Repeated::Update);
    let steps = json!([{"createUserGroup": {"description": "new words"}}]);
    assert_eq!(adobe.group("design team", steps.clone()).await, ok(1));
    assert_eq!(description(&adobe, "Design Team").as_deref(), Some("new words"));
    adobe.running.with_knobs(|knobs| knobs.require_group_name = true);
    assert_eq!(refused(&adobe, "Fresh", steps).await, "error.usergroup.command.missing.arguments");
    let named = json!([{"createUserGroup": {"name": "Fresh"}}]);
    assert_eq!(adobe.group("Fresh", named).await, ok(1));
}

#[tokio::test]
async fn e64_rename_a_group() {
    let adobe = Adobe::with(company()).await;
    let id = |name: &str| {
        adobe.running.groups().into_iter().find(|group| group.name == name).map(|group| group.id)
    };
    let before = id("Design");
    adobe.running.with_state(|org| org.add_member("joe@example.com", "_admin_Design")).unwrap();
    assert_eq!(adobe.group("design", json!([{"updateUserGroup": {"name": "Drawing"}}])).await, ok(1));
    assert_eq!((id("Design"), id("Drawing")), (None, before));
    assert_eq!(adobe.running.members("Drawing").unwrap(), ["Jane@example.com", "boss@example.com"]);
    assert_eq!(adobe.running.members("_admin_Drawing").unwrap(), ["joe@example.com"]);
    let answer = adobe.group("Design", json!([{"updateUserGroup": {"name": "N"}}])).await;
    assert_eq!(answer["errors"][0]["errorCode"], "error.usergroup.not_found");
    assert_eq!(answer["errors"][0]["user"], "Design");
    let taken = refused(&adobe, "Drawing", json!([{"updateUserGroup": {"name": "Design Team"}}])).await;
    assert_eq!(taken, "error.usergroup.already_exists");
}

#[tokio::test]
async fn e65_delete_a_group_and_what_came_with_it() {
    let adobe = Adobe::with(company()).await;
    adobe.running.with_state(|org| org.add_member("joe@example.com", "Attached")).unwrap();
    let steps = json!([{"deleteUserGroup": {}}, {"add": {"user": ["nobody@example.com"]}}]);
    assert_eq!(adobe.group("Attached", steps).await, ok(1), "later steps are ignored");
    assert_eq!(adobe.running.members("Attached"), None);
    let joe = adobe.get("/organizations/ORG/users/joe@example.com?directOnly=false").await.json();
    assert_eq!((joe["user"]["email"].as_str(), joe["user"].get("groups")), (Some("joe@example.com"), None));
    assert_eq!(adobe.get("/users/ORG/0/Attached").await.status, 404);
    let full = refused(&adobe, "Design", json!([{"deleteUserGroup": {"sure": true}}])).await;
    assert_eq!(full, "error.command.object_not_empty");
}

#[tokio::test]
async fn e66_members_by_email() {
    let adobe = Adobe::with(company()).await;
    let add = |emails: Value| json!([{"add": {"user": emails}}]);
    assert_eq!(adobe.group("Design Team", add(json!(["JOE@example.com", "jane@example.com"]))).await, ok(1));
    assert_eq!(adobe.running.members("Design Team").unwrap(), ["Jane@example.com", "joe@example.com"]);
    let answer = adobe.group("Design Team", add(json!(["x@example.com", "ned"]))).await;
    assert_eq!(answer["errors"][0]["errorCode"], "error.user.not_found", "usernames are no emails");
    assert_eq!(answer["errors"][0]["message"], "No valid users were found in the request");
    assert_eq!(adobe.group("Design Team", add(json!(["x@example.com", "twin@example.com"]))).await, ok(1));
    let twins = adobe.running.users().into_iter().filter(|user| user.email == "twin@example.com");
    let joined: Vec<bool> = twins.map(|user| !user.groups.is_empty()).collect();
    assert_eq!(joined, [false, true], "the Adobe ID of that email is left alone");

    adobe.running.with_knobs(|knobs| knobs.ug_unknown_user = UnknownMember::Error);
    let mixed = refused(&adobe, "Design Team", add(json!(["x@example.com", "boss@example.com"]))).await;
    assert_eq!(mixed, "error.user.not_found");
    assert!(!adobe.running.members("Design Team").unwrap().contains(&"boss@example.com".to_owned()));
    let remove = json!([{"remove": {"user": ["joe@example.com"]}}]);
    assert_eq!(adobe.group("Design Team", remove).await, ok(1));
    assert_eq!(adobe.running.members("Design Team").unwrap().len(), 2);
}

#[tokio::test]
async fn e66_a_list_that_changes_nothing() {
    let adobe = Adobe::with(company()).await;
    let add = json!([{"add": {"user": ["jane@example.com"]}}]);
    let remove = json!([{"remove": {"user": ["joe@example.com"]}}]);
    assert_eq!(adobe.group("Design", add.clone()).await, ok(1));
    assert_eq!(adobe.group("Design", remove.clone()).await, ok(1));
    adobe.running.with_knobs(|knobs| knobs.ug_noop_add = NoChange::Error);
    assert_eq!(refused(&adobe, "Design", add).await, "error.user.already_exists");
    assert_eq!(refused(&adobe, "Design", remove).await, "error.usergroup.user_list.invalid");
    let some = json!([{"add": {"user": ["jane@example.com", "joe@example.com"]}}]);
    assert_eq!(adobe.group("Design", some).await, ok(1));
}

#[tokio::test]
async fn e66_lists_have_a_form() {
    let adobe = Adobe::with(company()).await;
    let eleven: Vec<String> = (0..11).map(|n| format!("u{n}@example.com")).collect();
    let cases = [
        (json!({"user": eleven}), "error.command.add_remove.list_too_long"),
        (json!({"user": ["a@x.com", "A@x.com"]}), "error.command.add_remove.duplicate.user_list"),
        (json!({"user": []}), "error.user.user_list.invalid"),
        (json!({"group": ["PS"]}), "error.command.add_remove.key.unknown"),
        (json!({}), "error.command.add_remove.missing_list"),
        (json!("all"), "error.command.add_remove.list"),
    ];
    for (value, code) in cases {
        assert_eq!(refused(&adobe, "Design", json!([{"remove": value}])).await, code, "{value}");
    }
}

#[tokio::test]
async fn e66_users_and_profiles_of_one_step_may_be_counted_together() {
    let adobe = Adobe::with(company()).await;
    adobe.running.with_knobs(|knobs| knobs.max_list = 1);
    let both = json!([{"add": {"user": ["joe@example.com"], "productConfiguration": ["PS"]}}]);
    assert_eq!(adobe.group("Design", both.clone()).await, ok(1));
    adobe.running.with_knobs(|knobs| knobs.list_limit = ListLimit::PerStep);
    assert_eq!(refused(&adobe, "Design", both).await, "error.command.add_remove.list_too_long");
}

#[tokio::test]
async fn e66_profiles_are_attached_to_groups() {
    let adobe = Adobe::with(company()).await;
    let attach = json!([{"add": {"productConfiguration": ["ps"]}}]);
    assert_eq!(adobe.group("Design", attach).await, ok(1));
    let groups = async |query: &str| {
        let path = format!("/organizations/ORG/users/jane@example.com{query}");
        adobe.get(&path).await.json()["user"]["groups"].clone()
    };
    assert_eq!(groups("").await, json!(["Design"]));
    assert_eq!(groups("?directOnly=false").await, json!(["Design", "PS"]));
    let rows = adobe.rows("/groups/ORG/0", "groups").await;
    assert_eq!(rows.iter().find(|row| row["groupName"] == "PS").unwrap()["memberCount"], 2);
    assert_eq!(adobe.group("Design", json!([{"remove": {"productConfiguration": ["PS"]}}])).await, ok(1));
    assert_eq!(groups("?directOnly=false").await, json!(["Design"]));
    for name in ["Nope", "Design Team"] {
        let steps = json!([{"add": {"productConfiguration": [name]}}]);
        assert_eq!(refused(&adobe, "Design", steps.clone()).await, "error.plc.not_found");
        adobe.running.with_knobs(|knobs| knobs.short_plc_code = true);
        assert_eq!(refused(&adobe, "Design", steps).await, "plc.not_found", "as the documentation has it");
        adobe.running.with_knobs(|knobs| knobs.short_plc_code = false);
    }
}

#[tokio::test]
async fn e67_a_profile_is_no_root() {
    let adobe = Adobe::with(company()).await;
    let answer = adobe.group("PS", json!([{"add": {"user": ["joe@example.com"]}}])).await;
    let expected = json!([{
        "index": 0, "step": 0, "user": "PS",
        "errorCode": "error.usergroup.not_found", "message": "UserGroup not found"
    }]);
    assert_eq!(answer["errors"], expected);
}

#[tokio::test]
async fn e68_a_shared_group_is_read_only() {
    let adobe = Adobe::with(company()).await;
    adobe.running.with_state(|org| org.add_member("jane@example.com", "Shared")).unwrap();
    let before = adobe.running.dump();
    let cases = [
        (
            json!({"updateUserGroup": {"name": "Ours"}}),
            "error.usergroup.readonly.update_not_allowed",
            "Usergroup is owned by another org and readonly: Shared",
        ),
        (
            json!({"updateUserGroup": {"description": "ours"}}),
            "error.usergroup.readonly.update_not_allowed",
            "Usergroup is owned by another org and readonly: Shared",
        ),
        (
            json!({"add": {"user": ["joe@example.com"]}}),
            "error.usergroup.readonly.add_user_not_allowed",
            "User cannot be added to group as owned by another org and readonly: Shared",
        ),
        (
            json!({"remove": {"user": ["jane@example.com"]}}),
            "error.usergroup.readonly.remove_user_not_allowed",
            "User cannot be removed from group as owned by another org and readonly: Shared",
        ),
        (
            json!({"deleteUserGroup": {}}),
            "error.usergroup.readonly.remove_not_allowed",
            "User group owned by another organization. Remove not allowed: Shared",
        ),
    ];
    for (step, code, message) in cases {
        let answer = adobe.group("Shared", json!([step])).await;
        assert_eq!(
            (&answer["errors"][0]["errorCode"], &answer["errors"][0]["message"]),
            (&json!(code), &json!(message))
        );
    }
    for (user, step, code) in [
        ("joe@example.com", "add", "error.usergroup.readonly.add_user_not_allowed"),
        ("jane@example.com", "remove", "error.usergroup.readonly.remove_user_not_allowed"),
    ] {
        let from_the_user = adobe.refused(user, json!([{step: {"group": ["Shared"]}}])).await;
        assert_eq!(from_the_user, code, "{step}");
    }
    assert_eq!(adobe.running.dump(), before);
    assert_eq!(adobe.group("Shared", json!([{"add": {"productConfiguration": ["PS"]}}])).await, ok(1));
}
