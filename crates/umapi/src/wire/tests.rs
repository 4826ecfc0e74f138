use super::*;
use serde_json::json;
use umsync_engine::adobe::Identity;

fn answer(body: &str) -> Answer {
    let now = chrono::DateTime::UNIX_EPOCH;
    Answer {
        status: 200,
        sent: now,
        received: now,
        date: None,
        retry_after: None,
        request_id: None,
        total: Some(7),
        pages: None,
        page: None,
        body: body.as_bytes().to_vec(),
    }
}

fn problem(body: &str) -> String {
    page(&answer(body), "users", 0).unwrap_err().0
}

#[test]
fn a_page_says_whether_it_is_the_last() {
    let last =
        page(&answer(r#"{"lastPage":true,"result":"success","users":[1],"new":{}}"#), "users", 0).unwrap();
    assert!(last.is_last && last.entries.len() == 1 && last.total == Some(7));
    let more = page(&answer(r#"{"users":[],"result":"success","lastPage":"false"}"#), "users", 0).unwrap();
    assert!(!more.is_last);
}

#[test]
fn the_headers_say_it_where_the_body_does_not() {
    let mut silent = answer(r#"{"result":"success","users":[]}"#);
    assert!(page(&silent, "users", 0).is_err());
    (silent.page, silent.pages) = (Some(2), Some(4));
    assert!(!page(&silent, "users", 2).unwrap().is_last);
    (silent.page, silent.pages) = (Some(3), Some(4));
    assert!(page(&silent, "users", 3).unwrap().is_last);
}

#[test]
fn what_leaves_anything_open_is_no_page() {
    assert!(problem("").contains("cut short"));
    assert!(problem("<html>").contains("HTML"));
    assert!(problem(r#"{"lastPage":true,"result":"success","users":["#).contains("cut short"));
    assert!(problem(r#"[]"#).contains("no object"));
    assert!(problem(r#"{"lastPage":true,"result":"Not found"}"#).contains("Not found"));
    assert!(problem(r#"{"lastPage":true,"users":[]}"#).contains("no result"));
    assert!(problem(r#"{"lastPage":true,"result":"success"}"#).contains("no list"));
    assert!(problem(r#"{"lastPage":true,"result":"success","users":{}}"#).contains("no list"));
}

#[test]
fn an_earlier_page_is_not_the_one_that_was_asked_for() {
    let mut first = answer(r#"{"lastPage":true,"result":"success","users":[]}"#);
    first.page = Some(0);
    assert!(page(&first, "users", 3).is_err());
}

#[test]
fn a_user_is_read_as_it_is_spelled() {
    let jane = user(
        &json!({"id":"4E@e","email":"Jane@example.com","username":"JANE@EXAMPLE.COM","domain":"example.com",
            "type":"federatedID","status":"active","groups":["Design","_admin_Design"],"tags":["x"],"firstname":""}),
        0,
        &mut Names::default(),
    )
    .unwrap();
    assert_eq!(jane.kind, UserType::Known(Identity::Federated));
    assert_eq!((jane.email(), jane.first_name()), ("Jane@example.com", None));
    assert!(jane.groups.contains(&GroupName::new("design")));
}

#[test]
fn a_type_that_nobody_knows_is_kept() {
    let user = |kind| user(&json!({"email": "a@b.c", "type": kind}), 0, &mut Names::default()).unwrap().kind;
    assert_eq!(user(json!("AdobeID")), UserType::Known(Identity::Adobe));
    assert_eq!(user(json!("unknown")), UserType::Unknown("unknown".into()));
    assert!(user(Value::Null).known().is_none());
}

#[test]
fn one_bad_user_is_named_and_nothing_is_invented() {
    for bad in [
        json!("x"),
        json!({"id": "1"}),
        json!({"id": "1", "username": "bare"}),
        json!({"email": "a@b.c", "groups": "Design"}),
        json!({"email": "a@b.c", "groups": ["Design", null]}),
    ] {
        assert!(user(&bad, 4, &mut Names::default()).is_err(), "{bad}");
    }
    assert_eq!(user(&json!({}), 4, &mut Names::default()).unwrap_err().who, "user 4");
    assert_eq!(user(&json!({"username": "a@b.c"}), 4, &mut Names::default()).unwrap().email(), "a@b.c");
}

#[test]
fn a_group_is_read_whatever_its_numbers_are_written_as() {
    let profile =
        group(&json!({"groupId": 1, "groupName": "All Apps", "type": "PRODUCT_PROFILE", "memberCount": "12",
        "licenseQuota": "UNLIMITED", "productName": "Creative Cloud", "adminGroupName": "_admin_All Apps"}))
        .unwrap();
    assert_eq!(
        (profile.kind, profile.member_count, profile.quota),
        (GroupKind::ProductProfile, Some(12), None)
    );
    assert_eq!(profile.admins, Some(GroupName::new("_admin_all apps")));
    assert_eq!(group(&json!({"groupName": "x", "licenseQuota": "50"})).unwrap().quota, Some(50));
    assert_eq!(group(&json!({"groupName": "x"})).unwrap().kind, GroupKind::Unknown(None));
    let admins = group(&json!({"groupName": "_org_admin", "type": "SYSADMIN_GROUP"})).unwrap();
    assert_eq!(admins.kind, GroupKind::Administrative("SYSADMIN_GROUP".to_owned()));
    assert!(group(&json!({"type": "USER_GROUP"})).is_none());
}
