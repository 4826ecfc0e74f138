//! What goes wrong on demand.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::json;
use umsync_emulator::{Effect, Endpoint, Fault, Reply};

use crate::world::{Adobe, company, federated, ok};

async fn breaks(adobe: &Adobe, path: &str) {
    let sent = adobe.signed(adobe.http.get(adobe.api(path))).send().await;
    let whole = match sent {
        Ok(response) => response.bytes().await.map(|_| ()),
        Err(error) => Err(error),
    };
    whole.expect_err("the connection should break");
}

#[tokio::test]
async fn e18_gateway_errors_before_and_after_the_work() {
    let adobe = Adobe::with(company()).await;
    let body = json!([{"user": "new@example.com", "do": [federated("new@example.com")]}]).to_string();
    let before = adobe.running.dump();
    adobe.running.faults().add(Fault::on(Endpoint::Action, Effect::Refuse(Reply::status(503))).once());
    let answer = adobe.post("/action/ORG", &body).await;
    assert_eq!((answer.status, answer.headers.get("Retry-After")), (503, None));
    assert!(answer.text.contains("503 Service Unavailable"));
    assert_eq!(adobe.running.dump(), before);

    adobe
        .running
        .faults()
        .add(Fault::on(Endpoint::Action, Effect::Replace(Reply::status(504).empty())).once());
    let answer = adobe.post("/action/ORG", &body).await;
    assert_eq!((answer.status, answer.text.as_str()), (504, ""));
    assert!(adobe.running.user("new@example.com").is_some(), "the work was done");

    let again = json!({"createFederatedID": {"email": "new@example.com", "firstname": "Jane", "lastname": "Doe",
        "country": "US", "option": "ignoreIfAlreadyExists"}});
    assert_eq!(adobe.user("new@example.com", json!([again])).await, ok(1));
    assert_eq!(adobe.running.faults().fired(), 2);
    for status in [502, 503, 504] {
        adobe.running.faults().add(Fault::on(Endpoint::Groups, Effect::Refuse(Reply::status(status))).once());
        let answer = adobe.get("/groups/ORG/0").await;
        assert_eq!((answer.status, answer.header("Content-Type")), (status, "text/html"));
        assert_eq!(answer.headers.get("Retry-After"), None);
    }
}

#[tokio::test]
async fn e18_a_cut_connection_before_and_after_the_work() {
    let adobe = Adobe::with(company()).await;
    let send = async |email: &str| {
        let body = json!([{"user": email, "do": [federated(email)]}]).to_string();
        adobe.signed(adobe.http.post(adobe.api("/action/ORG")).body(body)).send().await
    };
    adobe.running.faults().add(Fault::on(Endpoint::Action, Effect::CloseBefore).nth(1));
    assert!(send("one@example.com").await.is_err());
    assert_eq!(adobe.running.user("one@example.com"), None);

    adobe.running.faults().add(Fault::on(Endpoint::Action, Effect::CutReply).once());
    assert!(send("two@example.com").await.is_err());
    assert!(adobe.running.user("two@example.com").is_some());

    adobe.running.faults().add(Fault::on(Endpoint::Users, Effect::CutMidReply).once());
    breaks(&adobe, "/users/ORG/0").await;
    assert_eq!(adobe.get("/users/ORG/0").await.status, 200, "and then all is well");

    let log = adobe.running.log();
    let ends: Vec<(Option<u16>, bool)> =
        log[1..].iter().map(|entry| (entry.status, entry.delivered)).collect();
    assert_eq!(ends, [(None, false), (Some(200), false), (Some(200), false), (Some(200), true)]);
}

#[tokio::test]
async fn faults_hit_the_calls_they_are_addressed_to() {
    let adobe = Adobe::with(company()).await;
    adobe.running.with_knobs(|knobs| knobs.page_size_users = 4);
    let throttled = Effect::Refuse(Reply::status(429).retry_after(7));
    adobe.running.faults().add(Fault::on(Endpoint::Users, throttled.clone()).page(1).skip(1).times(2));
    let mut answers = Vec::new();
    for page in [0, 1, 1, 0, 1, 1] {
        answers.push(adobe.get(&format!("/users/ORG/{page}")).await.status);
    }
    assert_eq!(answers, [200, 200, 429, 200, 429, 200]);

    adobe.running.faults().add(Fault::on(Endpoint::User, throttled));
    let answer = adobe.get("/organizations/ORG/users/joe@example.com").await;
    assert_eq!((answer.status, answer.header("Retry-After")), (429, "7"));
    assert_eq!(adobe.get("/groups/ORG/0").await.status, 200);
    adobe.running.faults().clear();
    assert_eq!(adobe.get("/organizations/ORG/users/joe@example.com").await.status, 200);
    adobe.running.faults().add(Fault::on(Endpoint::Token, Effect::Refuse(Reply::status(500))));
    let answer = adobe.http.post(adobe.url("/ims/token/v3")).send().await.unwrap();
    assert_eq!(answer.status(), 500);
}

#[tokio::test]
async fn pages_may_lie() {
    let adobe = Adobe::with(company()).await;
    adobe.running.with_knobs(|knobs| knobs.page_size_users = 5);
    let page = async |effect: Effect| {
        adobe.running.faults().add(Fault::on(Endpoint::Users, effect).once());
        adobe.get("/users/ORG/0").await
    };
    assert_eq!(page(Effect::LastPage(true)).await.json()["lastPage"], true);
    assert_eq!(page(Effect::NoRows).await.json()["users"], json!([]));
    let rows = |answer: crate::world::Raw| answer.json()["users"].as_array().unwrap().len();
    let doubled = page(Effect::DuplicateRows(2)).await;
    assert_eq!(doubled.header("X-Page-Size"), "5");
    assert_eq!(rows(doubled), 7);
    assert_eq!(rows(page(Effect::DropRows(1)).await), 4);
    let truncated = page(Effect::TruncateJson).await;
    assert_eq!(truncated.status, 200);
    assert!(serde_json::from_str::<serde_json::Value>(&truncated.text).is_err());
    let html = page(Effect::Replace(Reply::status(200).html())).await;
    assert!(html.text.starts_with("<html>"));
    assert_eq!(page(Effect::Refuse(Reply::status(404))).await.status, 404);
}

/// Four users in pages of two, and their emails on those pages.
async fn walked(adobe: &Adobe) -> Vec<String> {
    let mut seen = Vec::new();
    for page in 0..2 {
        let rows = adobe.rows(&format!("/users/ORG/{page}"), "users").await;
        seen.extend(rows.iter().map(|row| row["username"].as_str().unwrap()[..1].to_owned()));
    }
    seen
}

#[tokio::test]
async fn pages_may_shift_between_two_requests() {
    let users: Vec<_> = ["a", "b", "c", "d"].map(|name| json!({"email": format!("{name}@x.com")})).into();
    let adobe = Adobe::with(json!({"users": users})).await;
    adobe.running.with_knobs(|knobs| knobs.page_size_users = 2);
    assert_eq!(walked(&adobe).await, ["a", "b", "c", "d"]);
    let shift = |by: i64| Fault::on(Endpoint::Users, Effect::ShiftRows(by)).page(1).once();
    adobe.running.faults().add(shift(1));
    assert_eq!(walked(&adobe).await, ["a", "b", "d"], "one is on no page");
    adobe.running.faults().add(shift(-1));
    assert_eq!(walked(&adobe).await, ["a", "b", "b", "c"], "one twice, the last on none");
    adobe.running.faults().add(Fault::on(Endpoint::Groups, Effect::ShiftRows(1)).once());
    assert_eq!(adobe.rows("/groups/ORG/0", "groups").await, [json!(null); 0]);
}

#[tokio::test]
async fn counts_and_other_words_may_be_wrong() {
    let adobe = Adobe::with(company()).await;
    let header = |name: &str, value: Option<&str>| Effect::Header {
        name: name.into(),
        value: value.map(ToOwned::to_owned),
    };
    for effect in [header("x-total-count", Some("900")), header("X-Page-Count", None)] {
        adobe.running.faults().add(Fault::on(Endpoint::Users, effect).once());
    }
    let page = adobe.get("/users/ORG/0").await;
    assert_eq!((page.header("X-Total-Count"), page.headers.get("X-Page-Count")), ("900", None));
    let field = |name: &str, value: Option<serde_json::Value>| Effect::Field { name: name.into(), value };
    for effect in [field("completed", Some(json!(7))), field("result", None)] {
        adobe.running.faults().add(Fault::on(Endpoint::Action, effect).once());
    }
    let answer = adobe.user("joe@example.com", json!([{"add": {"group": ["Design"]}}])).await;
    assert_eq!((&answer["completed"], answer.get("result")), (&json!(7), None));
    assert_eq!(adobe.get("/users/ORG/0").await.header("X-Total-Count"), "9");
}

#[tokio::test]
async fn tokens_may_die_in_the_middle_of_a_run() {
    let mut adobe = Adobe::with(company()).await;
    adobe.running.faults().add(Fault::everywhere(Effect::ExpireTokens).nth(2));
    assert_eq!(adobe.get("/users/ORG/0").await.status, 200);
    assert_eq!(adobe.get("/users/ORG/0").await.status, 401);
    assert_eq!(adobe.get("/users/ORG/0").await.status, 401);
    adobe.token = crate::world::fresh_token(&adobe.running, &adobe.http).await;
    assert_eq!(adobe.get("/users/ORG/0").await.status, 200);
}

#[tokio::test]
async fn a_seed_file_may_hold_faults() {
    let mut seed = company();
    seed["faults"] = json!([
        {"on": "groups", "skip": 1, "times": 1, "effect": {"refuse": {"status": 503, "retry_after": "30", "body": "empty"}}},
        {"on": "users", "page": 0, "effect": {"last-page": false}},
        {"on": "members", "effect": {"replace": {"status": 200, "body": {"text": {"kind": "text/plain", "text": "hm"}}}}},
        {"on": "user", "times": 1, "effect": "cut-reply"},
        {"on": "action", "effect": {"fail-command": {"root": "joe@example.com", "code": "error.internal.add", "message": "no"}}},
        {"on": "action", "effect": {"delay-request": 1}},
        {"on": "status", "effect": {"header": {"name": "X-Odd", "value": "1"}}}
    ]);
    let adobe = Adobe::with(seed).await;
    assert_eq!(adobe.get("/groups/ORG/0").await.status, 200);
    let refused = adobe.get("/groups/ORG/0").await;
    assert_eq!((refused.status, refused.header("Retry-After"), refused.text.as_str()), (503, "30", ""));
    assert_eq!(adobe.get("/groups/ORG/0").await.status, 200);
    assert_eq!(adobe.get("/users/ORG/0").await.json()["lastPage"], false);
    assert_eq!(adobe.get("/users/ORG/0/Design").await.text, "hm");
    breaks(&adobe, "/organizations/ORG/users/joe@example.com").await;
    assert_eq!(adobe.refused("joe@example.com", json!([{"remove": "all"}])).await, "error.internal.add");
    let status = crate::world::send(adobe.http.get(adobe.url("/status"))).await;
    assert_eq!(status.header("X-Odd"), "1");
    assert_eq!(
        adobe.running.log()[2].to_string(),
        "10:30:00 GET groups, page 0 -> 503, retry after 30 (by a fault)"
    );
    let wrong = r#"{"faults": [{"on": "grops", "effect": "no-rows"}]}"#;
    let told = umsync_emulator::Seed::parse(wrong).unwrap_err().to_string();
    assert!(told.contains("faults[0].on") && told.contains("grops"), "{told}");
}

#[tokio::test]
async fn single_commands_may_fail_and_errors_may_be_missing() {
    let adobe = Adobe::with(company()).await;
    adobe.running.faults().add(
        Fault::on(
            Endpoint::Action,
            Effect::FailCommand {
                root: "Joe@example.com".into(),
                code: "error.throttled_by_external_service".into(),
                message: "later".into(),
            },
        )
        .once(),
    );
    let join = |user: &str| json!({"user": user, "do": [{"add": {"group": ["Design Team"]}}]});
    assert_eq!(adobe.act(json!([join("jane@example.com")])).await, ok(1), "not about her, and not used up");
    let answer = adobe.act(json!([join("jane@example.com"), join("joe@example.com")])).await;
    let entry = &answer["errors"][0];
    assert_eq!(
        (&entry["index"], &entry["errorCode"]),
        (&json!(1), &json!("error.throttled_by_external_service"))
    );
    assert_eq!(adobe.running.members("Design Team").unwrap(), ["Jane@example.com"]);

    adobe.running.faults().add(Fault::on(Endpoint::Action, Effect::OmitErrors).once());
    let answer = adobe.user("nobody@example.com", json!([{"remove": "all"}])).await;
    assert_eq!((&answer["notCompleted"], answer.get("errors")), (&json!(1), None));
}

#[tokio::test]
async fn e74_an_administrator_may_come_in_between() {
    let adobe = Adobe::with(company()).await;
    adobe.running.with_knobs(|knobs| knobs.page_size_users = 4);
    let delete = Effect::meanwhile(|org| assert!(org.remove_user("jane@example.com")));
    adobe.running.faults().add(Fault::on(Endpoint::Users, delete).page(1).once());
    let mut listed = adobe.rows("/users/ORG/0", "users").await;
    let last = adobe.get("/users/ORG/1").await.json();
    assert_eq!(last["lastPage"], true);
    listed.extend(last["users"].as_array().unwrap().clone());
    let listed: Vec<&str> = listed.iter().map(|row| row["id"].as_str().unwrap()).collect();
    assert_eq!(listed.len(), 8);
    let rest = adobe.running.users();
    let missed: Vec<&str> =
        rest.iter().map(|user| user.id.as_str()).filter(|id| !listed.contains(id)).collect();
    assert_eq!(missed.len(), 1, "whoever moved up to page 0 was on no page: {missed:?}");

    let vanish = Effect::meanwhile(|org| assert!(org.remove_group("Design")));
    adobe.running.faults().add(Fault::on(Endpoint::Action, vanish).once());
    let code = adobe.refused("joe@example.com", json!([{"add": {"group": ["Design"]}}])).await;
    assert_eq!(code, "error.group.not_found");
}

#[tokio::test]
async fn what_was_begun_is_finished_when_the_client_gives_up() {
    let (tell, told) = tokio::sync::oneshot::channel();
    let tell = Arc::new(Mutex::new(Some(tell)));
    let seed = umsync_emulator::Seed::parse(&company().to_string()).unwrap();
    let hook: umsync_emulator::RequestHook = Arc::new(move |entry| {
        if entry.endpoint == Some(Endpoint::Action) {
            tell.lock().unwrap().take().unwrap().send(()).unwrap();
        }
    });
    let options =
        umsync_emulator::Options { on_request: Some(hook), ..umsync_emulator::Options::seeded(seed) };
    let adobe = Adobe::start(options).await;
    adobe.running.faults().add(Fault::on(Endpoint::Action, Effect::DelayRequest(Duration::from_millis(300))));
    let body = json!([{"user": "new@example.com", "do": [federated("new@example.com")]}]).to_string();
    let request = adobe.signed(adobe.http.post(adobe.api("/action/ORG")).body(body));
    assert!(request.timeout(Duration::from_millis(50)).send().await.unwrap_err().is_timeout());
    assert_eq!(adobe.running.user("new@example.com"), None);
    told.await.unwrap();
    assert!(adobe.running.user("new@example.com").is_some());
}

#[tokio::test]
async fn a_reply_may_be_late() {
    let adobe = Adobe::with(company()).await;
    adobe
        .running
        .faults()
        .add(Fault::on(Endpoint::Action, Effect::DelayReply(Duration::from_secs(5))).once());
    let body = json!([{"user": "new@example.com", "do": [federated("new@example.com")]}]).to_string();
    let request = adobe.signed(adobe.http.post(adobe.api("/action/ORG")).body(body));
    assert!(request.timeout(Duration::from_millis(200)).send().await.unwrap_err().is_timeout());
    assert!(adobe.running.user("new@example.com").is_some(), "the work is done long before");
}
