use super::*;
use serde_json::json;
use umsync_engine::adobe::Identity;

#[test]
fn a_user_is_read_as_it_is_spelled() {
    let jane = user(
        &json!({"id":"4E@e","email":"Jane@example.com","username":"JANE@EXAMPLE.COM","domain":"example.com",
            "type":"federatedID","status":"active","groups":["Design","_admin_Design"],"tags":["x"],"firstname":""}),
        0,
        &Names::default(),
    )
    .unwrap();
    assert_eq!(jane.kind, UserType::Known(Identity::Federated));
    assert_eq!((jane.email(), jane.first_name()), ("Jane@example.com", None));
    assert!(jane.groups.contains(&GroupName::new("design")));
}

#[test]
fn a_type_that_nobody_knows_is_kept() {
    let user = |kind| user(&json!({"email": "a@b.c", "type": kind}), 0, &Names::default()).unwrap().kind;
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
        assert!(user(&bad, 4, &Names::default()).is_err(), "{bad}");
    }
    assert_eq!(user(&json!({}), 4, &Names::default()).unwrap_err().who, "user 4");
    assert_eq!(user(&json!({"username": "a@b.c"}), 4, &Names::default()).unwrap().email(), "a@b.c");
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
