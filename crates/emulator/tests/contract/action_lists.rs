//! `add` and `remove` of users' memberships.

use serde_json::{Value, json};
use umsync_emulator::{ListLimit, SeedGroup, UnknownGroup};

use crate::world::{Adobe, codes, company, ok};

const USER: &str = "joe@example.com";

fn groups(adobe: &Adobe) -> Vec<String> {
    adobe.running.user(USER).unwrap().groups
}

#[tokio::test]
async fn e53_names_match_in_any_case_and_repeats_do_no_harm() {
    let adobe = Adobe::with(company()).await;
    let add = json!([{"add": {"group": ["dESIGN team", "ps"]}}]);
    assert_eq!(adobe.user("JOE@Example.com", add.clone()).await, ok(1));
    assert_eq!(groups(&adobe), ["Design Team", "PS"]);
    let state = adobe.running.dump();
    assert_eq!(adobe.user(USER, add).await, ok(1));
    assert_eq!(adobe.user(USER, json!([{"remove": {"group": ["Design"]}}])).await, ok(1));
    assert_eq!(adobe.running.dump(), state);
    assert_eq!(adobe.user(USER, json!([{"remove": {"group": ["DESIGN TEAM"]}}])).await, ok(1));
    assert_eq!(groups(&adobe), ["PS"]);
}

#[tokio::test]
async fn e54_an_unknown_group_fails_its_list_and_no_other_step() {
    let adobe = Adobe::with(company()).await;
    let steps = json!([{"add": {"group": ["Design", "X"]}}, {"add": {"group": ["Design Team"]}}]);
    let answer = adobe.user(USER, steps).await;
    assert_eq!(codes(&answer), [(0, "error.group.not_found".to_owned())]);
    assert_eq!(answer["errors"][0]["message"], "Group X was not found");
    assert_eq!(groups(&adobe), ["Design Team"]);
}

#[tokio::test]
async fn e54_the_known_groups_of_such_a_list_may_be_taken_all_the_same() {
    let adobe = Adobe::with(company()).await;
    adobe.running.with_knobs(|knobs| knobs.unknown_group = UnknownGroup::AppliesOthers);
    let answer = adobe.user(USER, json!([{"add": {"group": ["X", "Design", "Y"]}}])).await;
    assert_eq!(codes(&answer), [(0, "error.group.not_found".to_owned())]);
    assert_eq!(answer["errors"][0]["message"], "Group X was not found");
    assert_eq!(groups(&adobe), ["Design"]);
}

#[tokio::test]
async fn e55_lists_have_a_form() {
    let adobe = Adobe::with(company()).await;
    let eleven: Vec<String> = (0..11).map(|n| format!("G{n}")).collect();
    let answer = adobe.user(USER, json!([{"add": {"group": eleven}}])).await;
    assert_eq!(answer["errors"][0]["errorCode"], "error.command.add_remove.list_too_long");
    let message = "Too many products, users or groups in Add or Remove: max is 10";
    assert_eq!(answer["errors"][0]["message"], message);
    let cases = [
        (json!({"group": ["Design", "design"]}), "error.command.add_remove.duplicate.group_list"),
        (json!({"group": []}), "error.group.invalid_list"),
        (json!({"group": [null]}), "error.group.invalid_list"),
        (json!({"group": "Design"}), "error.command.add_remove.list_not_array"),
        (json!({"foo": []}), "error.command.add_remove.key.unknown"),
        (json!({}), "error.command.add_remove.missing_list"),
        (json!("some"), "error.command.add_remove.list"),
        (json!({"group": ["x".repeat(256)]}), "error.command.add_remove.group_or_product_name_too_long"),
    ];
    for (value, code) in cases {
        for step in ["add", "remove"] {
            assert_eq!(adobe.refused(USER, json!([{step: value}])).await, code, "{step} {value}");
        }
    }
    assert_eq!(adobe.refused(USER, json!([{"add": "all"}])).await, "error.command.add_remove.list");
    adobe.running.with_knobs(|knobs| knobs.max_list = 20);
    let code = adobe.refused(USER, json!([{"add": {"group": eleven}}])).await;
    assert_eq!(code, "error.group.not_found", "20 were seen to be allowed");
}

#[tokio::test]
async fn e55_the_limit_is_of_a_list_or_of_a_step_or_of_a_command() {
    let adobe = Adobe::with(company()).await;
    adobe.running.with_knobs(|knobs| knobs.max_list = 2);
    let one_step = json!([{"add": {"group": ["Design", "Design Team"], "product": ["PS"]}}]);
    let two_steps = json!([{"add": {"group": ["Design", "Design Team"]}}, {"add": {"group": ["PS"]}}]);
    let two_ways =
        json!([{"add": {"group": ["Design", "Design Team"]}}, {"remove": {"group": ["PS", "Attached"]}}]);
    for (limit, good) in [
        (ListLimit::PerList, [true, true, true]),
        (ListLimit::PerStep, [false, true, true]),
        (ListLimit::PerCommand, [false, false, true]),
    ] {
        adobe.running.with_knobs(|knobs| knobs.list_limit = limit);
        for (steps, good) in [&one_step, &two_steps, &two_ways].into_iter().zip(good) {
            let answer = adobe.user(USER, steps.clone()).await;
            assert_eq!(answer["result"] == "success", good, "{limit:?} {steps}");
            if !good {
                let message = "Too many products, users or groups in Add or Remove: max is 2";
                assert_eq!(answer["errors"][0]["errorCode"], "error.command.add_remove.list_too_long");
                assert_eq!(answer["errors"][0]["message"], message);
            }
        }
    }
}

#[tokio::test]
async fn e56_old_keys_work_and_warn() {
    let adobe = Adobe::with(company()).await;
    let command = json!({"user": USER, "requestID": "r", "do": [{"add": {"product": ["PS"]}}]});
    let answer = adobe.act(json!([command])).await;
    let expected = json!([{
        "index": 0, "step": 0, "requestID": "r", "user": USER,
        "warningCode": "warning.command.deprecated",
        "message": "'product' command is deprecated. Please use productConfiguration."
    }]);
    assert_eq!((&answer["result"], &answer["warnings"]), (&json!("success"), &expected));
    assert!(answer.get("errors").is_none());
    assert_eq!(groups(&adobe), ["PS"]);
}

#[tokio::test]
async fn e57_ten_steps_of_ten_groups() {
    let adobe = Adobe::with(company()).await;
    adobe.running.with_state(|org| {
        for n in 0..110 {
            org.add_group(SeedGroup { name: format!("G{n}"), ..SeedGroup::default() }).unwrap();
        }
    });
    let steps = |count: usize| -> Value {
        (0..count)
            .map(|step| {
                let names: Vec<String> = (0..10).map(|n| format!("G{}", step * 10 + n)).collect();
                json!({"add": {"group": names}})
            })
            .collect()
    };
    assert_eq!(adobe.refused(USER, steps(11)).await, "error.command.add_remove.list_too_long");
    assert_eq!(groups(&adobe).len(), 0);
    assert_eq!(adobe.user(USER, steps(10)).await, ok(1));
    assert_eq!(groups(&adobe).len(), 100);
}

#[tokio::test]
async fn e58_remove_all_spares_the_system_administrator() {
    let adobe = Adobe::with(company()).await;
    let add = json!([{"add": {"group": ["Design Team", "PS", "_admin_Design", "_support_admin"]}}]);
    assert_eq!(adobe.user("boss@example.com", add).await, ok(1));
    assert_eq!(adobe.user("boss@example.com", json!([{"remove": "all"}])).await, ok(1));
    assert_eq!(adobe.running.user("boss@example.com").unwrap().groups, ["_org_admin"]);
    assert!(adobe.listed("boss@example.com").await.is_some());
}

#[tokio::test]
async fn e59_administrator_groups() {
    let adobe = Adobe::with(company()).await;
    let names = ["_admin_Design", "_admin_PS", "_product_admin_Photoshop", "_developer_PS", "_support_admin"];
    for name in names {
        assert_eq!(
            adobe.user(USER, json!([{"add": {"group": [name.to_lowercase()]}}])).await,
            ok(1),
            "{name}"
        );
        assert_eq!(groups(&adobe), [name]);
        assert_eq!(adobe.get(&format!("/users/ORG/0/{name}")).await.json()["users"][0]["email"], USER);
        assert_eq!(adobe.user(USER, json!([{"remove": {"group": [name]}}])).await, ok(1));
    }
    for name in ["_org_admin", "_compartment_admin", "_admin_Nope", "_developer_Design"] {
        for step in ["add", "remove"] {
            let code = adobe.refused("boss@example.com", json!([{step: {"group": [name]}}])).await;
            assert_eq!(code, "error.group.not_found", "{step} {name}");
        }
    }
    assert!(adobe.running.members("_org_admin").unwrap().contains(&"boss@example.com".to_owned()));
}

#[tokio::test]
async fn e59_system_administrators_are_told_by_kind_whatever_their_group_is_called_and_others_by_name() {
    // The documentation names these two and not their type.
    let seed = json!({
        "groups": [
            {"name": "Administrators", "type": "SYSADMIN_GROUP"},
            {"name": "_compartment_admin", "type": "SUPPORT_ADMIN_GROUP"},
            {"name": "_compartment_viewer", "type": "SUPPORT_ADMIN_GROUP"},
            {"name": "Design"}
        ],
        "users": [{"email": USER,
            "groups": ["Administrators", "_compartment_admin", "_compartment_viewer", "Design"]}]
    });
    let adobe = Adobe::with(seed).await;
    let untouchable = ["Administrators", "_compartment_admin", "_compartment_viewer"];
    for name in untouchable {
        for step in ["add", "remove"] {
            let code = adobe.refused(USER, json!([{step: {"group": [name]}}])).await;
            assert_eq!(code, "error.group.not_found", "{step} {name}");
        }
    }
    assert_eq!(adobe.user(USER, json!([{"remove": "all"}])).await, ok(1));
    assert_eq!(groups(&adobe), untouchable);
}
