//! Creating, updating and removing users.

use std::time::Duration;

use serde_json::{Value, json};
use umsync_emulator::{AccountType, Departed, Effect, Endpoint, Fault, Repeated, Status};

use crate::world::{Adobe, codes, company, federated, ok};

fn created(email: &str, change: Value) -> Value {
    let mut step = federated(email);
    for (key, value) in change.as_object().unwrap() {
        let fields = step["createFederatedID"].as_object_mut().unwrap();
        if value.is_null() {
            fields.remove(key);
        } else {
            fields.insert(key.clone(), value.clone());
        }
    }
    json!([step])
}

#[tokio::test]
async fn e43_create_federated() {
    let adobe = Adobe::with(company()).await;
    assert_eq!(
        adobe.user("New.Person@example.com", json!([federated("New.Person@example.com")])).await,
        ok(1)
    );
    let listed = adobe.listed("New.Person@example.com").await.unwrap();
    let one = adobe.get("/organizations/ORG/users/new.person@EXAMPLE.com").await.json();
    assert_eq!(listed, one["user"]);
    assert_eq!(
        (&listed["type"], &listed["username"]),
        (&json!("federatedID"), &json!("New.Person@example.com"))
    );
    assert_eq!((&listed["firstname"], &listed["country"]), (&json!("Jane"), &json!("US")));
}

#[tokio::test]
async fn e43_create_enterprise_and_adobe_ids() {
    let adobe = Adobe::with(company()).await;
    let enterprise =
        json!([{"createEnterpriseID": {"email": "E@enterprise.com", "firstname": "E", "lastname": "X"}}]);
    assert_eq!(adobe.user("E@enterprise.com", enterprise).await, ok(1));
    let person = json!([{"addAdobeID": {"email": "someone@gmail.com"}}]);
    assert_eq!(adobe.user("someone@gmail.com", person).await, ok(1));
    assert_eq!(adobe.listed("E@enterprise.com").await.unwrap()["type"], "enterpriseID");
    assert_eq!(adobe.listed("someone@gmail.com").await.unwrap()["type"], "adobeID");
}

#[tokio::test]
async fn e44_creating_again_is_an_error_a_skip_or_an_update() {
    let adobe = Adobe::with(company()).await;
    let again = |option: Value| {
        created(
            "joe@example.com",
            json!({"email": "JOE@Example.com", "firstname": "New", "lastname": "Name", "country": "FR",
                "option": option}),
        )
    };
    assert_eq!(adobe.refused("joe@example.com", again(Value::Null)).await, "error.user.already_in_org");
    assert_eq!(adobe.user("joe@example.com", again(json!("ignoreIfAlreadyExists"))).await, ok(1));
    assert_eq!(adobe.running.user("joe@example.com").unwrap().firstname.as_deref(), Some("Joe"));
    assert_eq!(adobe.user("joe@example.com", again(json!("updateIfAlreadyExists"))).await, ok(1));
    let joe = adobe.running.user("joe@example.com").unwrap();
    let names = (joe.firstname.as_deref(), joe.lastname.as_deref());
    assert_eq!((names, joe.country.as_deref()), ((Some("New"), Some("Name")), Some("DE")));
    assert_eq!((joe.email.as_str(), joe.username.as_str()), ("joe@example.com", "joe@example.com"));
}

#[tokio::test]
async fn e44_without_an_option_older_servers_skipped() {
    let adobe = Adobe::with(company()).await;
    let again = created("joe@example.com", json!({"firstname": "New"}));
    for (reading, name) in [(Repeated::Ignore, "Joe"), (Repeated::Update, "New")] {
        adobe.running.with_knobs(|knobs| knobs.create_existing_user = reading);
        assert_eq!(adobe.user("joe@example.com", again.clone()).await, ok(1));
        assert_eq!(adobe.running.user("joe@example.com").unwrap().firstname.as_deref(), Some(name));
    }
}

#[tokio::test]
async fn e45_one_create_and_it_comes_first() {
    let adobe = Adobe::with(company()).await;
    let email = "new@example.com";
    let late = json!([{"add": {"group": ["Design"]}}, federated(email)]);
    assert_eq!(adobe.refused(email, late).await, "error.command.create.not_first");
    let twice = json!([federated(email), federated(email)]);
    assert_eq!(adobe.refused(email, twice).await, "error.command.create.more_than_one");
    let cases = [
        (created(email, json!({"option": "x"})), "error.option.illegal"),
        (created(email, json!({"shoe": "41"})), "error.command.create.key.unknown"),
        (created(email, json!({"firstname": 7})), "error.command.create.string_expected"),
        (json!([{"createFederatedID": "x"}]), "error.command.create.object_expected"),
    ];
    for (steps, code) in cases {
        assert_eq!(adobe.refused(email, steps).await, code);
    }
    assert_eq!(adobe.running.user(email), None);
}

#[tokio::test]
async fn e46_countries_have_two_letters_and_exist() {
    let adobe = Adobe::with(company()).await;
    let email = "new@example.com";
    let answer = adobe.user(email, created(email, json!({"country": "USA"}))).await;
    assert_eq!(answer["errors"][0]["errorCode"], "error.command.string.too_long");
    let message = "String too long in command for field: country, max length 2";
    assert_eq!(answer["errors"][0]["message"], message);
    assert_eq!(answer["errors"][0].get("user"), None);
    for country in [json!("ZZ"), json!("us"), Value::Null] {
        let code = adobe.refused(email, created(email, json!({"country": country}))).await;
        assert_eq!(code, "error.country.invalid", "{country}");
    }
    assert_eq!(adobe.user(email, created(email, json!({"country": "UD"}))).await, ok(1));
}

#[tokio::test]
async fn e46_some_organizations_want_a_country_for_everybody() {
    let adobe = Adobe::with(company()).await;
    adobe.running.with_knobs(|knobs| knobs.require_country = true);
    let without = json!([{"addAdobeID": {"email": "someone@gmail.com"}}]);
    assert_eq!(adobe.refused("someone@gmail.com", without).await, "error.country.invalid");
    let with = json!([{"addAdobeID": {"email": "someone@gmail.com", "country": "US"}}]);
    assert_eq!(adobe.user("someone@gmail.com", with).await, ok(1));
}

#[tokio::test]
async fn e47_emails_and_names_have_their_limits() {
    let adobe = Adobe::with(company()).await;
    let longest = format!("{}@example.com", "x".repeat(48));
    assert_eq!(adobe.user(&longest, json!([federated(&longest)])).await, ok(1), "60 characters");
    let long = format!("{}@example.com", "x".repeat(49));
    assert_eq!(adobe.refused(&long, json!([federated(&long)])).await, "error.user.email.invalid");
    adobe.running.with_knobs(|knobs| knobs.max_email = 64);
    assert_eq!(adobe.user(&long, json!([federated(&long)])).await, ok(1), "the limit of 2017");
    adobe.running.with_knobs(|knobs| knobs.max_email = 60);
    for email in ["no-at", "two@at@example.com", "@example.com", "ü@example.com", "a b@example.com"] {
        let code = adobe.refused("new@example.com", json!([federated(email)])).await;
        assert_eq!(code, "error.user.email.invalid", "{email}");
    }
    let email = "new@example.com";
    let name = |letters: usize| json!({"firstname": "x".repeat(letters)});
    assert_eq!(adobe.user("long@example.com", created("long@example.com", name(250))).await, ok(1));
    assert_eq!(adobe.refused(email, created(email, name(251))).await, "error.command.string.too_long");
    for (letters, code) in [(250, "error.user.must_match_email"), (251, "error.command.string.too_long")] {
        let user = format!("{}@example.com", "x".repeat(letters - "@example.com".len()));
        assert_eq!(adobe.refused(&user, json!([federated(email)])).await, code, "{letters} characters");
    }
    for (field, code) in
        [("firstname", "error.user.firstname_missing"), ("lastname", "error.user.lastname_missing")]
    {
        assert_eq!(adobe.refused(email, created(email, json!({field: null}))).await, code);
        assert_eq!(adobe.refused(email, created(email, json!({field: ""}))).await, code);
    }
    adobe.running.with_knobs(|knobs| knobs.require_names = false);
    assert_eq!(adobe.user(email, created(email, json!({"firstname": null}))).await, ok(1));
}

#[tokio::test]
async fn e48_the_domain_decides_what_may_be_created_in_it() {
    let adobe = Adobe::with(company()).await;
    let enterprise =
        |email: &str| json!([{"createEnterpriseID": {"email": email, "firstname": "E", "lastname": "X"}}]);
    let cases = [
        ("a@unclaimed.com", json!([federated("a@unclaimed.com")]), "error.domain.trust.nonexistent"),
        ("a@foreign.com", json!([federated("a@foreign.com")]), "error.user.belongs_to_another_org"),
        ("a@example.com", enterprise("a@example.com"), "error.user.type_mismatch"),
        ("a@enterprise.com", json!([federated("a@enterprise.com")]), "error.user.type_mismatch"),
        ("a@names.com", json!([federated("a@names.com")]), "error.user.name.contains.email"),
        ("a@example.com", json!([federated("b@example.com")]), "error.user.must_match_email"),
        ("a@synced.com", json!([federated("a@synced.com")]), "error.internal.create_failed"),
    ];
    let before = adobe.running.dump();
    for (user, steps, code) in cases {
        assert_eq!(adobe.refused(user, steps).await, code, "{user}");
    }
    assert_eq!(adobe.running.dump(), before);
    let answer = adobe.user("a@synced.com", json!([federated("a@synced.com")])).await;
    let message = "Could not create person of type createFederatedID";
    assert_eq!(answer["errors"][0]["message"], message);
}

#[tokio::test]
async fn e49_usernames_come_with_their_domain_and_emails_without() {
    let adobe = Adobe::with(company()).await;
    let steps = json!([federated("jdoe@example.com")]);
    let named = json!({"user": "jdoe", "domain": "names.com", "do": steps});
    assert_eq!(adobe.act(json!([named])).await, ok(1));
    let user = adobe.listed("jdoe@example.com").await.unwrap();
    assert_eq!((&user["username"], &user["domain"]), (&json!("jdoe"), &json!("names.com")));
    let code = adobe.refused_command(json!({"user": "jdoe", "do": steps})).await;
    assert_eq!(code, "error.command.domain.missing");
    let both = json!({"user": "joe@example.com", "domain": "example.com", "do": steps});
    assert_eq!(adobe.refused_command(both).await, "error.command.domain.must_be_used_with_nonemail_username");
    let number = json!({"user": "jdoe", "domain": 7, "do": steps});
    assert_eq!(adobe.refused_command(number).await, "error.command.domain.string_expected");
    let join = json!({"user": "JDOE", "domain": "Names.com", "do": [{"add": {"group": ["Design"]}}]});
    assert_eq!(adobe.act(json!([join])).await, ok(1));
    assert!(adobe.running.members("Design").unwrap().contains(&"jdoe@example.com".to_owned()));
}

#[tokio::test]
async fn e50_what_follows_a_failed_create_fails_too() {
    let adobe = Adobe::with(company()).await;
    let steps = json!([federated("a@unclaimed.com"), {"add": {"group": ["Design"]}}]);
    let answer = adobe.user("a@unclaimed.com", steps).await;
    assert_eq!((&answer["notCompleted"], &answer["errors"][0]["step"]), (&json!(1), &json!(0)));
    let second = &answer["errors"][1];
    assert_eq!((&second["step"], &second["errorCode"]), (&json!(1), &json!("error.user.not_found")));
    assert_eq!(second["message"], "No valid users were found in the request");

    let again = json!([federated("joe@example.com"), {"add": {"group": ["Design"]}}]);
    let answer = adobe.user("joe@example.com", again).await;
    let expected = [(0, "error.user.already_in_org".to_owned()), (1, "error.user.not_found".to_owned())];
    assert_eq!(codes(&answer), expected, "even where somebody is there");
    assert_eq!(adobe.running.user("joe@example.com").unwrap().groups, [""; 0]);
}

#[tokio::test]
async fn e51_create_and_add_in_one_command() {
    let adobe = Adobe::with(company()).await;
    let steps = json!([federated("new@example.com"), {"add": {"group": ["Design", "PS"]}}]);
    assert_eq!(adobe.user("new@example.com", steps).await, ok(1));
    assert_eq!(adobe.running.user("new@example.com").unwrap().groups, ["Design", "PS"]);
}

#[tokio::test]
async fn e52_update_names_and_email() {
    let adobe = Adobe::with(company()).await;
    let before = adobe.running.user("jane@example.com").unwrap();
    let update = |fields: Value| json!([{"update": fields}]);
    assert_eq!(adobe.user("jane@example.com", update(json!({"firstname": "Janet"}))).await, ok(1));
    assert_eq!(adobe.user("jane@example.com", update(json!({"email": "janet@example.org"}))).await, ok(1));
    assert_eq!(adobe.running.user("jane@example.com"), None);
    let after = adobe.running.user("janet@example.org").unwrap();
    assert_eq!((&after.id, &after.groups), (&before.id, &before.groups));
    assert_eq!((after.username.as_str(), after.domain.as_str()), ("janet@example.org", "example.org"));
    assert_eq!((after.firstname.as_deref(), after.lastname.as_deref()), (Some("Janet"), Some("Doe")));

    assert_eq!(adobe.user("JANET@example.org", update(json!({"email": "Janet@Example.org"}))).await, ok(1));
    assert_eq!(adobe.running.user("janet@example.org").unwrap().email, "janet@example.org");
    assert_eq!(adobe.user("janet@example.org", update(json!({}))).await, ok(1));

    let cases = [
        ("janet@example.org", json!({"email": "j@unclaimed.com"}), "error.user.change_domain_update.no"),
        (
            "janet@example.org",
            json!({"email": "j@other-directory.com"}),
            "error.user.change_domain_update.no",
        ),
        ("janet@example.org", json!({"email": "JOE@example.com"}), "error.user.email.name_in_use"),
        ("janet@example.org", json!({"email": "nonsense"}), "error.user.email.invalid"),
        ("janet@example.org", json!({"country": "DE"}), "error.update.country.no_update"),
        ("janet@example.org", json!({"option": "ignoreIfAlreadyExists"}), "error.command.update.option.no"),
        ("janet@example.org", json!({"username": "bare"}), "error.update.username.no"),
        ("gus@gmail.com", json!({"firstname": "Gus"}), "error.update.adobeid.no"),
        ("x@example.com", json!({"firstname": "X"}), "error.user.nonexistent"),
    ];
    for (user, fields, code) in cases {
        assert_eq!(adobe.refused(user, update(fields.clone())).await, code, "{fields}");
    }
    let answer = adobe.user("x@example.com", update(json!({"firstname": "X"}))).await;
    assert_eq!(answer["errors"][0]["message"], "User Id does not exist: x@example.com");
}

#[tokio::test]
async fn e52_a_username_may_change_and_may_stay_behind() {
    let adobe = Adobe::with(company()).await;
    let ned = json!({"user": "ned", "domain": "names.com", "do": [{"update": {"username": "edward"}}]});
    assert_eq!(adobe.act(json!([ned])).await, ok(1));
    assert_eq!(adobe.running.user("ned@example.com").unwrap().username, "edward");
    adobe.running.with_knobs(|knobs| knobs.username_follows_email = false);
    let steps = json!([{"update": {"email": "joseph@example.com"}}]);
    assert_eq!(adobe.user("joe@example.com", steps).await, ok(1));
    assert_eq!(adobe.running.user("joseph@example.com").unwrap().username, "joe@example.com");
    let old = adobe.refused("joe@example.com", json!([{"update": {"firstname": "J"}}])).await;
    assert_eq!(old, "error.user.nonexistent", "a username that looks like an email identifies nobody");
}

#[tokio::test]
async fn e60_of_twins_the_organizations_own_is_meant() {
    let adobe = Adobe::with(company()).await;
    let join = json!([{"add": {"group": ["Design Team"]}}]);
    let kinds = || -> Vec<AccountType> {
        let users = adobe.running.users().into_iter();
        users.filter(|user| user.groups.contains(&"Design Team".into())).map(|user| user.kind).collect()
    };
    assert_eq!(adobe.user("twin@example.com", join.clone()).await, ok(1));
    assert_eq!(kinds(), [AccountType::Federated]);
    let twin = json!({"user": "twin@example.com", "useAdobeID": true, "do": join});
    assert_eq!(adobe.act(json!([twin])).await, ok(1));
    assert_eq!(kinds(), [AccountType::Adobe, AccountType::Federated]);
    let yes = json!({"user": "twin@example.com", "useAdobeID": "yes", "do": join});
    assert_eq!(adobe.refused_command(yes).await, "error.command.boolean_expected");
    let nobody = json!({"user": "joe@example.com", "useAdobeID": true, "do": join});
    let answer = adobe.act(json!([nobody])).await;
    assert_eq!(answer["errors"][0]["message"], "Adobe Id does not exist: joe@example.com");
}

#[tokio::test]
async fn e61_leaving_keeps_the_account_and_deleting_does_not() {
    let adobe = Adobe::with(company()).await;
    let id = adobe.running.user("jane@example.com").unwrap().id;
    assert_eq!(
        adobe.user("jane@example.com", json!([{"removeFromOrg": {"deleteAccount": false}}])).await,
        ok(1)
    );
    assert_eq!(adobe.listed("Jane@example.com").await, None);
    assert_eq!(adobe.running.members("Design").unwrap(), ["boss@example.com"]);
    let back = created("JANE@example.com", json!({"firstname": "Other"}));
    assert_eq!(adobe.user("JANE@example.com", back).await, ok(1));
    let jane = adobe.running.user("jane@example.com").unwrap();
    assert_eq!(
        (jane.email.as_str(), jane.firstname.as_deref(), jane.id),
        ("Jane@example.com", Some("Jane"), id)
    );

    assert_eq!(
        adobe.user("jane@example.com", json!([{"removeFromOrg": {"deleteAccount": true}}])).await,
        ok(1)
    );
    assert!(adobe.running.state().directory_users().iter().all(|user| user.email != "Jane@example.com"));
    assert_eq!(adobe.user("gus@gmail.com", json!([{"removeFromOrg": {"deleteAccount": true}}])).await, ok(1));
    assert_eq!(adobe.running.user("gus@gmail.com"), None);

    let early = json!([{"removeFromOrg": {}}, {"remove": "all"}]);
    assert_eq!(adobe.refused("joe@example.com", early).await, "error.command.removefromorg.not_last");
    let flag = json!([{"removeFromOrg": {"deleteAccount": "true"}}]);
    assert_eq!(adobe.refused("joe@example.com", flag).await, "error.command.boolean_expected");
}

#[tokio::test]
async fn e61_removing_somebody_who_is_not_there() {
    let adobe = Adobe::with(company()).await;
    let steps = json!([{"removeFromOrg": {}}]);
    assert_eq!(adobe.user("nobody@example.com", steps.clone()).await, ok(1));
    for (reading, code, message) in [
        (Departed::Error, "error.user.nonexistent", "User Id does not exist: nobody@example.com"),
        (
            Departed::Internal,
            "error.internal.removefromorg",
            "Error removing user from organization: FAILURE",
        ),
    ] {
        adobe.running.with_knobs(|knobs| knobs.removefromorg_missing = reading);
        let answer = adobe.user("nobody@example.com", steps.clone()).await;
        assert_eq!(codes(&answer), [(0, code.to_owned())]);
        assert_eq!(answer["errors"][0]["message"], message);
    }
}

#[tokio::test]
async fn e62_a_trustee_uses_what_the_owner_created() {
    let adobe = Adobe::with(company()).await;
    let user = "owned@trusted.com";
    assert_eq!(adobe.user(user, json!([{"add": {"group": ["Design"]}}])).await, ok(1));
    let parent = "error.api.user.not.parent.org";
    assert_eq!(adobe.refused(user, json!([{"update": {"firstname": "X"}}])).await, parent);
    assert_eq!(adobe.refused(user, json!([{"removeFromOrg": {"deleteAccount": true}}])).await, parent);
    assert_eq!(adobe.user(user, json!([{"removeFromOrg": {}}])).await, ok(1));
    assert_eq!(adobe.user("outside@trusted.com", json!([federated("outside@trusted.com")])).await, ok(1));
    assert_eq!(adobe.refused("new@trusted.com", json!([federated("new@trusted.com")])).await, parent);
}

#[tokio::test]
async fn e72_a_new_user_is_seen_after_a_while() {
    let adobe = Adobe::with(company()).await;
    adobe.running.with_knobs(|knobs| knobs.read_lag_ms = 60_000);
    let email = "new@example.com";
    let steps = json!([federated(email), {"add": {"group": ["Design"]}}]);
    assert_eq!(adobe.user(email, steps).await, ok(1), "in its own command it is there");
    let one = "/organizations/ORG/users/new@example.com";
    assert_eq!((adobe.get(one).await.status, adobe.listed(email).await), (404, None));
    let join = json!([{"add": {"group": ["PS"]}}]);
    assert_eq!(adobe.refused(email, join.clone()).await, "error.user.nonexistent");
    adobe.running.clock().advance(Duration::from_secs(60));
    assert_eq!(adobe.get(one).await.status, 200);
    assert_eq!(adobe.user(email, join).await, ok(1));
}

#[tokio::test]
async fn e72_one_request_may_be_slower_to_show_than_others() {
    let adobe = Adobe::with(company()).await;
    adobe.running.faults().add(Fault::on(Endpoint::Action, Effect::ReadLag(5_000)).once());
    assert_eq!(adobe.user("slow@example.com", json!([federated("slow@example.com")])).await, ok(1));
    assert_eq!(adobe.user("fast@example.com", json!([federated("fast@example.com")])).await, ok(1));
    let status = async |name: &str| adobe.get(&format!("/organizations/ORG/users/{name}")).await.status;
    assert_eq!((status("slow@example.com").await, status("fast@example.com").await), (404, 200));
    adobe.running.clock().advance(Duration::from_secs(5));
    assert_eq!(status("slow@example.com").await, 200);
}

#[tokio::test]
async fn e72_a_read_may_show_the_past() {
    let adobe = Adobe::with(company()).await;
    adobe.running.faults().add(Fault::on(Endpoint::Users, Effect::Stale).skip(1).times(1));
    assert!(adobe.listed("joe@example.com").await.is_some());
    assert_eq!(adobe.user("joe@example.com", json!([{"removeFromOrg": {}}])).await, ok(1));
    let kept = adobe.running.dump();
    assert!(adobe.listed("joe@example.com").await.is_some(), "gone, and still listed");
    assert_eq!(adobe.running.dump(), kept, "only the answer is old");
    assert_eq!(adobe.listed("joe@example.com").await, None);
}

#[tokio::test]
async fn a_disabled_user_is_created_again_in_vain() {
    let adobe = Adobe::with(company()).await;
    adobe.running.with_state(|org| org.set_status("joe@example.com", Status::Disabled));
    let steps = created("joe@example.com", json!({"option": "ignoreIfAlreadyExists"}));
    assert_eq!(adobe.user("joe@example.com", steps).await, ok(1));
    assert_eq!(adobe.listed("joe@example.com").await, None);
}

#[tokio::test]
async fn a_create_may_land_on_the_adobe_id_of_that_email() {
    let adobe = Adobe::with(company()).await;
    adobe.running.with_state(|org| {
        org.add_domain(umsync_emulator::Domain::new("gmail.com", umsync_emulator::IdentityType::Federated));
    });
    adobe.running.with_knobs(|knobs| knobs.create_lands_on_adobe_id = true);
    let mut steps = created("gus@gmail.com", json!({"option": "ignoreIfAlreadyExists"}));
    steps.as_array_mut().unwrap().push(json!({"add": {"group": ["Design"]}}));
    assert_eq!(adobe.user("gus@gmail.com", steps).await, ok(1));
    let gus = adobe.running.user("gus@gmail.com").unwrap();
    assert_eq!((gus.kind, gus.groups), (AccountType::Adobe, vec!["Design".to_owned()]));
}
