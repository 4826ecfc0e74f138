//! Users and groups, page by page.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use umsync_emulator::{BeyondLast, GroupKind, SeedGroup, SeedUser, Status};

use crate::world::{Adobe, company};

/// An organization with that many federated users.
async fn crowd(count: usize) -> Adobe {
    let adobe = Adobe::with(json!({"domains": [{"domain": "example.com", "type": "federated"}]})).await;
    adobe.running.with_state(|org| {
        for n in 0..count {
            org.add_user(SeedUser { email: format!("u{n}@example.com"), ..SeedUser::default() }).unwrap();
        }
    });
    adobe
}

fn emails(page: &Value) -> Vec<String> {
    page["users"].as_array().unwrap().iter().map(|user| user["email"].as_str().unwrap().into()).collect()
}

#[tokio::test]
async fn e20_4500_users_fill_three_pages() {
    let adobe = crowd(4500).await;
    let mut seen = BTreeSet::new();
    for (page, size, last) in [(0, "2000", false), (1, "2000", false), (2, "500", true)] {
        let answer = adobe.get(&format!("/users/ORG/{page}")).await;
        assert_eq!(answer.header("X-Total-Count"), "4500");
        assert_eq!(answer.header("X-Page-Count"), "3");
        assert_eq!(answer.header("X-Current-Page"), page.to_string());
        assert_eq!(answer.header("X-Page-Size"), size);
        let body = answer.json();
        assert_eq!((&body["lastPage"], &body["result"]), (&json!(last), &json!("success")));
        seen.extend(emails(&body));
    }
    assert_eq!(seen.len(), 4500);
}

#[tokio::test]
async fn e21_technical_accounts_are_counted_and_not_listed() {
    let adobe = crowd(4500).await;
    adobe.running.with_knobs(|knobs| knobs.technical_accounts = 3);
    let mut rows = 0;
    for page in 0..3 {
        let answer = adobe.get(&format!("/users/ORG/{page}")).await;
        assert_eq!((answer.header("X-Total-Count"), answer.header("X-Page-Count")), ("4503", "3"));
        rows += emails(&answer.json()).len();
        assert_eq!(answer.json()["lastPage"], page == 2);
    }
    assert_eq!(rows, 4500);
}

#[tokio::test]
async fn e21_technical_accounts_may_leave_the_last_page_empty() {
    let adobe = crowd(4).await;
    adobe.running.with_knobs(|knobs| {
        knobs.page_size_users = 2;
        knobs.technical_accounts = 1;
    });
    assert_eq!(adobe.get("/users/ORG/1").await.json()["lastPage"], true);
    adobe.running.with_knobs(|knobs| knobs.technical_accounts_fill_pages = true);
    let full = adobe.get("/users/ORG/1").await;
    assert_eq!((emails(&full.json()).len(), &full.json()["lastPage"]), (2, &json!(false)));
    let last = adobe.get("/users/ORG/2").await;
    assert_eq!((last.header("X-Total-Count"), last.header("X-Page-Size")), ("5", "0"));
    assert_eq!((&last.json()["users"], &last.json()["lastPage"]), (&json!([]), &json!(true)));
}

#[tokio::test]
async fn e22_exactly_one_full_page_is_the_last() {
    let answer = crowd(2000).await.get("/users/ORG/0").await;
    assert_eq!(answer.json()["lastPage"], true);
    assert_eq!(answer.header("X-Page-Count"), "1");
}

#[tokio::test]
async fn e23_beyond_the_end_lies_the_last_page_or_nothing() {
    let adobe = crowd(3).await;
    adobe.running.with_knobs(|knobs| knobs.page_size_users = 2);
    let answer = adobe.get("/users/ORG/99").await;
    assert_eq!(emails(&answer.json()), ["u2@example.com"]);
    assert_eq!(answer.json()["lastPage"], true);
    adobe.running.with_knobs(|knobs| knobs.oob_page = BeyondLast::NotFound);
    let answer = adobe.get("/users/ORG/99").await;
    assert_eq!((answer.status, answer.json()), (200, json!({"lastPage": true, "result": "Not found"})));
    adobe.running.with_knobs(|knobs| knobs.oob_page = BeyondLast::Http404);
    let answer = adobe.get("/users/ORG/99").await;
    assert_eq!((answer.status, answer.json()), (404, json!({"lastPage": true, "result": "Not found"})));
    assert_eq!(adobe.get("/groups/ORG/99").await.status, 404);
    assert_eq!(adobe.get("/users/ORG/first").await.status, 400);
}

#[tokio::test]
async fn e24_an_empty_organization_has_an_empty_page() {
    let adobe = Adobe::with(json!({})).await;
    let answer = adobe.get("/users/ORG/0").await;
    assert_eq!(answer.json(), json!({"lastPage": true, "result": "success", "users": []}));
}

#[tokio::test]
async fn e25_what_has_no_value_is_left_out() {
    let adobe = Adobe::with(company()).await;
    let user = adobe.listed("gus@gmail.com").await.unwrap();
    let keys: Vec<&str> = user.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, ["domain", "email", "id", "status", "type", "username"]);
}

#[tokio::test]
async fn e26_only_active_users_are_listed() {
    let adobe = Adobe::with(company()).await;
    for status in [Status::Disabled, Status::Locked, Status::Removed] {
        adobe.running.with_state(|org| org.set_status("joe@example.com", status));
        assert_eq!(adobe.listed("joe@example.com").await, None);
        assert_eq!(adobe.get("/organizations/ORG/users/joe@example.com").await.status, 404);
    }
    let answer = adobe.user("joe@example.com", json!([{"add": {"group": ["Design"]}}])).await;
    assert_eq!(answer["result"], "success", "they are there all the same");
}

#[tokio::test]
async fn e27_profiles_that_come_with_a_group_show_on_demand() {
    let adobe = Adobe::with(company()).await;
    adobe.running.with_state(|org| org.add_member("joe@example.com", "Attached")).unwrap();
    for (query, groups) in [
        ("", json!(["Attached"])),
        ("?directOnly=true", json!(["Attached"])),
        ("?directOnly=True", json!(["Attached"])),
        ("?directOnly=false", json!(["Attached", "PS"])),
        ("?directOnly=False", json!(["Attached", "PS"])),
    ] {
        let rows = adobe.rows(&format!("/users/ORG/0{query}"), "users").await;
        let joe = rows.iter().find(|row| row["email"] == "joe@example.com").unwrap();
        assert_eq!(joe["groups"], groups, "{query}");
    }
}

#[tokio::test]
async fn e28_a_domain_narrows_and_an_unknown_one_is_not_found() {
    let adobe = Adobe::with(company()).await;
    let answer = adobe.get("/users/ORG/0?domain=Trusted.com").await;
    assert_eq!(emails(&answer.json()), ["owned@trusted.com"]);
    assert_eq!(adobe.get("/users/ORG/0?domain=nowhere.com").await.status, 404);
}

#[tokio::test]
async fn e29_members_of_a_group_in_any_spelling() {
    let adobe = Adobe::with(company()).await;
    adobe.running.with_state(|org| org.add_member("joe@example.com", "Design Team")).unwrap();
    let page = adobe.get("/users/ORG/0/design%20TEAM").await.json();
    assert_eq!(page["groupName"], "Design Team");
    assert_eq!(page["users"][0]["groups"], json!(["Design Team"]));
    let page = adobe.get("/users/ORG/0/Design%20Team?excludeGroups=true").await.json();
    assert_eq!(emails(&page), ["joe@example.com"]);
    assert!(page["users"][0].get("groups").is_none());
}

#[tokio::test]
async fn e30_unknown_groups_are_not_found_and_admin_groups_may_be_empty() {
    let adobe = Adobe::with(company()).await;
    let answer = adobe.get("/users/ORG/0/Nope").await;
    let expected =
        json!({"lastPage": false, "result": "error.group.not_found", "message": "Not found: Nope"});
    assert_eq!((answer.status, answer.json()), (404, expected));
    let answer = adobe.get(&format!("/users/ORG/0/{}", "x".repeat(256))).await;
    assert_eq!((answer.status, &answer.json()["result"]), (400, &json!("error.group.invalid_name")));
    let answer = adobe.get("/users/ORG/0/_admin_Design").await;
    assert_eq!((answer.status, &answer.json()["users"]), (200, &json!([])));
}

#[tokio::test]
async fn e31_a_profile_separates_those_with_a_seat() {
    let adobe = Adobe::with(company()).await;
    adobe.running.with_state(|org| {
        org.add_member("Jane@example.com", "PS").unwrap();
        org.add_member("joe@example.com", "Attached").unwrap();
        org.add_member("joe@example.com", "Design").unwrap();
    });
    let active = adobe.get("/users/ORG/0/PS?status=active").await.json();
    let inactive = adobe.get("/users/ORG/0/PS?status=inactive").await.json();
    assert_eq!(
        (emails(&active), emails(&inactive)),
        (vec!["Jane@example.com".into()], vec!["joe@example.com".into()])
    );
    assert_eq!(emails(&adobe.get("/users/ORG/0/PS").await.json()).len(), 2);
    assert_eq!(emails(&adobe.get("/users/ORG/0/PS?directOnly=true").await.json()), ["Jane@example.com"]);
    let group = adobe.get("/users/ORG/0/Design?status=inactive").await.json();
    assert_eq!(emails(&group).len(), 3, "groups have no seats");
}

#[tokio::test]
async fn e31_whoever_comes_when_the_seats_are_taken_waits() {
    let adobe = Adobe::with(company()).await;
    let add = json!([{"add": {"group": ["PS"]}}]);
    // Twin is longer in the organization than Jane, and comes to the profile later.
    for user in ["joe@example.com", "twin@example.com", "Jane@example.com"] {
        assert_eq!(adobe.user(user, add.clone()).await, crate::world::ok(1), "over the quota is no error");
    }
    let list = async |status: &str| {
        emails(&adobe.get(&format!("/users/ORG/0/PS?excludeGroups=true&status={status}")).await.json())
    };
    assert_eq!(list("active").await, ["joe@example.com"]);
    assert_eq!(list("inactive").await, ["Jane@example.com", "twin@example.com"]);
    let rows = adobe.rows("/groups/ORG/0", "groups").await;
    let profile = rows.iter().find(|row| row["groupName"] == "PS").unwrap();
    assert_eq!((&profile["memberCount"], &profile["licenseQuota"]), (&json!(3), &json!("1")));
    let joe = adobe.listed("joe@example.com").await.unwrap();
    let jane = adobe.listed("Jane@example.com").await.unwrap();
    assert_eq!(
        (&joe["groups"], &jane["groups"]),
        (&json!(["PS"]), &json!(["Design", "PS"])),
        "nothing tells"
    );

    assert_eq!(
        adobe.user("joe@example.com", json!([{"remove": {"group": ["PS"]}}])).await["result"],
        "success"
    );
    assert_eq!(list("active").await, ["twin@example.com"], "who has waited longest gets the seat");
    assert_eq!(list("inactive").await, ["Jane@example.com"]);
    let attached = json!([{"add": {"user": ["jane@example.com", "joe@example.com"]}}]);
    assert_eq!(adobe.group("Attached", attached).await["result"], "success");
    assert_eq!(
        list("inactive").await,
        ["Jane@example.com", "joe@example.com"],
        "through a group they wait too"
    );
    assert_eq!(
        adobe.user("Jane@example.com", json!([{"remove": {"group": ["PS"]}}])).await["result"],
        "success"
    );
    assert_eq!(adobe.user("twin@example.com", json!([{"removeFromOrg": {}}])).await["result"], "success");
    assert_eq!(list("active").await, ["Jane@example.com"], "she kept her place through the group");
    assert_eq!(adobe.group("Attached", json!([{"deleteUserGroup": {}}])).await["result"], "success");
    assert_eq!(list("active").await.len() + list("inactive").await.len(), 0);
}

#[tokio::test]
async fn e32_enterprise_usernames_are_listed_in_upper_case() {
    let adobe = Adobe::with(company()).await;
    let erin = adobe.listed("Erin@enterprise.com").await.unwrap();
    assert_eq!((&erin["username"], &erin["type"]), (&json!("ERIN@ENTERPRISE.COM"), &json!("enterpriseID")));
    let jane = adobe.listed("Jane@example.com").await.unwrap();
    assert_eq!(jane["username"], "Jane@example.com");
}

#[tokio::test]
async fn e33_one_user_by_email_or_username() {
    let adobe = Adobe::with(company()).await;
    let user = |path: &str| format!("/organizations/ORG/users/{path}");
    let found = adobe.get(&user("JANE@EXAMPLE.com")).await.json();
    assert_eq!((&found["result"], &found["user"]["email"]), (&json!("success"), &json!("Jane@example.com")));
    assert_eq!(found["user"]["groups"], json!(["Design"]));
    let missing = adobe.get(&user("nobody@example.com")).await;
    let expected = json!({"result": "error.user.not_found", "message": "User not found nobody@example.com"});
    assert_eq!((missing.status, missing.json()), (404, expected));

    adobe.running.with_knobs(|knobs| knobs.user_not_found_is_200 = true);
    let missing = adobe.get(&user("nobody@example.com")).await;
    assert_eq!((missing.status, &missing.json()["result"]), (200, &json!("error.user.not_found")));
    adobe.running.with_knobs(|knobs| knobs.user_not_found_is_200 = false);
    let kind = |answer: Value| answer["user"]["type"].clone();
    assert_eq!(kind(adobe.get(&user("twin@example.com")).await.json()), "federatedID");
    assert_eq!(kind(adobe.get(&user("twin@example.com?domain=AdobeID")).await.json()), "adobeID");
    assert_eq!(kind(adobe.get(&user("twin@example.com?domain=example.org")).await.json()), "federatedID");
    assert_eq!(adobe.get(&user("gus@gmail.com?domain=example.com")).await.status, 404);
    assert_eq!(adobe.get(&user("NED?domain=names.com")).await.json()["user"]["username"], "ned");
}

#[tokio::test]
async fn e34_groups_of_all_kinds_with_their_own_fields() {
    let adobe = Adobe::with(company()).await;
    let row = async |name: &str| {
        let rows = adobe.rows("/groups/ORG/0", "groups").await;
        rows.into_iter().find(|row| row["groupName"] == name)
    };
    let design = row("Design").await.unwrap();
    assert_eq!((&design["type"], &design["memberCount"]), (&json!("USER_GROUP"), &json!(2)));
    assert!(design["groupId"].is_u64() && design.get("adminGroupName").is_none());
    assert!(row("Design Team").await.unwrap().get("description").is_none());
    let profile = row("PS").await.unwrap();
    assert_eq!((&profile["type"], &profile["productName"]), (&json!("PRODUCT_PROFILE"), &json!("Photoshop")));
    assert_eq!(profile["licenseQuota"], "1");
    assert_eq!(row("_org_admin").await.unwrap()["type"], "SYSADMIN_GROUP");
    assert_eq!(row("_admin_Design").await, None);

    adobe.running.with_state(|org| {
        for group in ["_admin_Design", "_admin_PS", "_developer_PS", "_product_admin_Photoshop"] {
            org.add_member("joe@example.com", group).unwrap();
        }
    });
    assert_eq!(row("Design").await.unwrap()["adminGroupName"], "_admin_Design");
    let admins = row("_admin_Design").await.unwrap();
    assert_eq!((&admins["type"], &admins["userGroupName"]), (&json!("USER_ADMIN_GROUP"), &json!("Design")));
    assert_eq!(row("_admin_PS").await.unwrap()["productProfileName"], "PS");
    assert_eq!(row("_developer_PS").await.unwrap()["type"], "DEVELOPER_GROUP");
    assert_eq!(row("_product_admin_Photoshop").await.unwrap()["type"], "PRODUCT_ADMIN_GROUP");
}

#[tokio::test]
async fn e34_numbers_may_be_text_and_text_numbers() {
    let mut seed = company();
    seed["groups"].as_array_mut().unwrap().extend([
        json!({"name": "Free", "type": "PRODUCT_PROFILE", "product": "Express", "quota": "UNLIMITED"}),
        json!({"name": "_admin_77_CONTRACT_GROUP", "type": "CONTRACT_ADMIN_GROUP", "product": "Contract 77"}),
    ]);
    let adobe = Adobe::with(seed).await;
    adobe.running.with_state(|org| org.add_member("joe@example.com", "_admin_77_CONTRACT_GROUP")).unwrap();
    let row = async |name: &str| {
        let rows = adobe.rows("/groups/ORG/0", "groups").await;
        rows.into_iter().find(|row| row["groupName"] == name).unwrap()
    };
    assert_eq!(row("Free").await["licenseQuota"], "UNLIMITED");
    assert_eq!(row("PS").await["licenseQuota"], "1");
    assert_eq!(row("_admin_77_CONTRACT_GROUP").await["contractName"], "Contract 77");
    adobe.running.with_knobs(|knobs| {
        knobs.quota_as_number = true;
        knobs.member_count_as_text = true;
    });
    assert_eq!((&row("PS").await["licenseQuota"], &row("PS").await["memberCount"]), (&json!(1), &json!("0")));
    assert_eq!(row("Free").await["licenseQuota"], "UNLIMITED");
    assert!(adobe.running.groups().iter().any(|group| group.kind == GroupKind::ContractAdminGroup));
}

#[tokio::test]
async fn e34_401_groups_fill_two_pages() {
    let adobe = Adobe::with(json!({})).await;
    adobe.running.with_state(|org| {
        for n in 0..401 {
            org.add_group(SeedGroup { name: format!("G{n}"), ..SeedGroup::default() }).unwrap();
        }
    });
    let first = adobe.get("/groups/ORG/0").await;
    assert_eq!((first.header("X-Page-Size"), &first.json()["lastPage"]), ("400", &json!(false)));
    let second = adobe.get("/groups/ORG/1").await;
    assert_eq!((second.header("X-Page-Size"), &second.json()["lastPage"]), ("1", &json!(true)));
    assert_eq!(second.header("X-Total-Count"), "401");
}

#[tokio::test]
async fn e73_unknown_fields_appear_and_known_ones_disappear() {
    let adobe = Adobe::with(company()).await;
    adobe.running.with_knobs(|knobs| {
        knobs.extra_fields = true;
        knobs.omit_user_fields = BTreeSet::from(["id".into()]);
        knobs.omit_group_fields = BTreeSet::from(["type".into()]);
        knobs.omit_page_fields = BTreeSet::from(["lastPage".into()]);
    });
    let page = adobe.get("/users/ORG/0").await.json();
    assert!(page.get("lastPage").is_none() && page.get("futureText").is_some());
    assert!(page["users"][0].get("id").is_none() && page["users"][0].get("futureObject").is_some());
    let groups = adobe.rows("/groups/ORG/0", "groups").await;
    assert!(groups.iter().all(|row| row.get("type").is_none() && row.get("futureText").is_some()));
}

#[tokio::test]
async fn e73_rows_are_shuffled_and_none_is_lost() {
    let adobe = crowd(50).await;
    adobe.running.with_knobs(|knobs| {
        knobs.page_size_users = 20;
        knobs.shuffle_rows = Some(7);
    });
    let mut seen = Vec::new();
    for page in 0..3 {
        seen.extend(emails(&adobe.get(&format!("/users/ORG/{page}")).await.json()));
    }
    let in_order: Vec<String> = (0..50).map(|n| format!("u{n}@example.com")).collect();
    assert_ne!(seen, in_order);
    assert_eq!(BTreeSet::from_iter(seen), BTreeSet::from_iter(in_order));
}

#[tokio::test]
async fn e73_the_order_may_change_between_pages() {
    let mut walks = Vec::new();
    for _ in 0..2 {
        let adobe = crowd(50).await;
        adobe.running.with_knobs(|knobs| {
            knobs.page_size_users = 20;
            knobs.shuffle_rows = Some(7);
            knobs.reshuffle_rows = true;
        });
        let mut seen = Vec::new();
        for page in 0..3 {
            seen.extend(emails(&adobe.get(&format!("/users/ORG/{page}")).await.json()));
        }
        walks.push(seen);
    }
    let different = BTreeSet::from_iter(&walks[0]).len();
    assert_eq!(walks[0].len(), 50, "as many rows as users");
    assert!(different < 50, "some twice, so others not at all");
    assert_eq!(walks[0], walks[1], "the seed decides");
}
