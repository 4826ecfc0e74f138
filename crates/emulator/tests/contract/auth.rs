//! Tokens, the door, and what every answer carries.

use std::time::Duration;

use serde_json::json;
use umsync_emulator::{Client, Knobs, Options, OtherOrganization};

use crate::world::{Adobe, ORG, company, credentials, fresh_token, send};

#[tokio::test]
async fn e01_three_token_endpoints_give_bearer_tokens() {
    let adobe = Adobe::with(json!({})).await;
    for path in ["/ims/token/v2", "/ims/token/v2/", "/ims/token/v3"] {
        let answer = send(adobe.http.post(adobe.url(path)).form(&credentials())).await;
        assert_eq!(answer.status, 200);
        let body = answer.json();
        assert!(body["access_token"].as_str().unwrap().starts_with("eyJ"));
        assert_eq!((&body["token_type"], &body["expires_in"]), (&json!("bearer"), &json!(86399)));
    }
}

#[tokio::test]
async fn e01_any_of_several_secrets_is_good() {
    let seed = json!({"clients": [{"client_id": "umsync-sandbox", "secrets": ["next", "sandbox"]}]});
    let adobe = Adobe::with(seed).await;
    for (secret, status) in [("next", 200), ("sandbox", 200), ("last", 401)] {
        let form = credentials().map(|(key, old)| (key, if key == "client_secret" { secret } else { old }));
        assert_eq!(send(adobe.http.post(adobe.url("/ims/token/v3")).form(&form)).await.status, status);
    }
}

#[tokio::test]
async fn e02_parameters_may_stand_in_the_query() {
    let adobe = Adobe::with(json!({})).await;
    let answer = send(adobe.http.post(adobe.url("/ims/token/v2")).query(&credentials())).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
}

#[tokio::test]
async fn e03_wrong_credentials_are_named() {
    let adobe = Adobe::with(json!({})).await;
    let cases = [
        ("client_secret", "wrong", 401, "invalid_client"),
        ("client_id", "nobody", 401, "invalid_client"),
        ("scope", "openid,somebody_elses_sdk", 400, "invalid_scope"),
        ("grant_type", "password", 400, "unsupported_grant_type"),
    ];
    for (name, value, status, error) in cases {
        let form: Vec<_> = credentials()
            .into_iter()
            .map(|(key, old)| (key, if key == name { value } else { old }))
            .collect();
        let answer = send(adobe.http.post(adobe.url("/ims/token/v2")).form(&form)).await;
        assert_eq!((answer.status, &answer.json()["error"]), (status, &json!(error)), "{name}");
        assert!(answer.json()["error_description"].is_string());
    }
}

#[tokio::test]
async fn e04_tokens_live_beside_each_other_and_die_at_their_own_time() {
    let mut adobe = Adobe::knobs(company(), Knobs { token_ttl: 600, ..Knobs::unthrottled() }).await;
    let first = adobe.token.clone();
    adobe.running.clock().advance(Duration::from_secs(300));
    let second = fresh_token(&adobe.running, &adobe.http).await;
    assert_ne!(first, second);
    assert_eq!(adobe.get("/users/ORG/0").await.status, 200);
    adobe.token = second;
    assert_eq!(adobe.get("/users/ORG/0").await.status, 200);
    adobe.running.clock().advance(Duration::from_secs(300));
    assert_eq!(adobe.get("/users/ORG/0").await.status, 200, "the second is five minutes old");
    adobe.token = first;
    assert_eq!(adobe.get("/users/ORG/0").await.status, 401, "the first is ten minutes old");
}

#[tokio::test]
async fn e06_a_missing_or_dead_token_gives_an_empty_401() {
    let mut adobe = Adobe::with(company()).await;
    let bare = adobe.http.get(adobe.api("/users/ORG/0")).header("X-Api-Key", "umsync-sandbox");
    let missing = send(bare).await;
    adobe.running.revoke_tokens();
    let revoked = adobe.get("/users/ORG/0").await;
    adobe.token = "nonsense".into();
    let unknown = adobe.get("/users/ORG/0").await;
    adobe.token = fresh_token(&adobe.running, &adobe.http).await;
    adobe.running.clock().advance(Duration::from_secs(86_399));
    let expired = adobe.get("/users/ORG/0").await;
    for answer in [missing, revoked, unknown, expired] {
        assert_eq!((answer.status, answer.text.as_str()), (401, ""));
        assert_eq!(answer.header("Content-Type"), "*/*");
        let challenge = answer.header("WWW-Authenticate");
        assert!(challenge.starts_with("Bearer realm=\"JIL\", error=\"invalid_token\""), "{challenge}");
    }
}

#[tokio::test]
async fn e06_the_api_itself_may_refuse_a_token_in_json() {
    let adobe = Adobe::with(company()).await;
    adobe.running.with_knobs(|knobs| knobs.unauthorized_body = true);
    adobe.running.revoke_tokens();
    let answer = adobe.get("/users/ORG/0").await;
    let expected = json!({"lastPage": false, "result": "error.unauthorized",
        "message": "Failed to authenticate provided token"});
    assert_eq!((answer.status, answer.json()), (401, expected));
}

#[tokio::test]
async fn e07_the_api_key_must_be_there_known_and_the_tokens_own() {
    let seed = json!({"clients": [
        {"client_id": "umsync-sandbox", "secrets": ["sandbox", "next"]},
        {"client_id": "second", "secrets": ["two"]}
    ]});
    let adobe = Adobe::with(seed).await;
    let with_key = |key: Option<&'static str>| {
        let request = adobe
            .http
            .get(adobe.api("/groups/ORG/0"))
            .header("Authorization", format!("Bearer {}", adobe.token));
        match key {
            Some(key) => request.header("X-Api-Key", key),
            None => request,
        }
    };
    let missing = send(with_key(None)).await;
    assert_eq!((missing.status, missing.text.as_str()), (403, ""));
    for key in ["nobody", "second"] {
        let answer = send(with_key(Some(key))).await;
        assert_eq!(answer.status, 403);
        assert_eq!(answer.json(), json!({"error_code": "403003", "message": "Api Key is invalid"}));
    }
    let neither = send(adobe.http.get(adobe.api("/groups/ORG/0")).header("X-Api-Key", "nobody")).await;
    assert_eq!(
        (neither.status, &neither.json()["error_code"]),
        (403, &json!("403003")),
        "the key comes first"
    );
    assert_eq!(send(with_key(Some("umsync-sandbox"))).await.status, 200);
}

#[tokio::test]
async fn e08_another_organization_is_unauthorized_and_a_bad_id_is_a_bad_request() {
    let adobe = Adobe::with(json!({})).await;
    let url = |org: &str| adobe.api(&format!("/users/{org}/0"));
    assert_eq!(send(adobe.signed(adobe.http.get(url("FFFF@AdobeOrg")))).await.status, 401);
    let expected = json!({"result": "error.organization.invalid_id", "message": "Bad organization Id"});
    for org in ["example.com", "@AdobeOrg", "no-id@AdobeOrg"] {
        let bad = send(adobe.signed(adobe.http.get(url(org)))).await;
        assert_eq!((bad.status, bad.json()), (400, expected.clone()), "{org}");
    }
    adobe.running.with_knobs(|knobs| knobs.other_organization = OtherOrganization::BadRequest);
    let other = send(adobe.signed(adobe.http.get(url("FFFF@AdobeOrg")))).await;
    assert_eq!((other.status, other.json()), (400, expected), "the other reading");
    let encoded = ORG.replace('@', "%40");
    assert_eq!(send(adobe.signed(adobe.http.get(url(&encoded)))).await.status, 200);
}

#[tokio::test]
async fn e08_a_token_of_another_organization_is_refused() {
    let client = Client { organization: Some("FFFF@AdobeOrg".into()), ..Client::default() };
    let adobe = Adobe::start(Options { clients: Some(vec![client]), ..Options::default() }).await;
    assert_eq!(adobe.get("/users/ORG/0").await.status, 401);
}

#[tokio::test]
async fn e09_the_request_id_comes_back() {
    let adobe = Adobe::with(company()).await;
    let given = adobe.signed(adobe.http.get(adobe.api("/groups/ORG/0"))).header("X-Request-Id", "abc");
    assert_eq!(send(given).await.header("X-Request-Id"), "abc");
    let made = adobe.get("/groups/ORG/0").await.header("X-Request-Id").to_owned();
    assert!(made.len() == 32 && made.chars().all(|c| c.is_ascii_alphanumeric()), "{made}");

    adobe.running.with_knobs(|knobs| knobs.request_id_twice = true);
    let twice = adobe.get("/groups/ORG/0").await;
    assert_eq!(twice.headers.get_all("X-Request-Id").iter().count(), 2);
}

#[tokio::test]
async fn e10_answers_name_their_server_their_type_and_the_emulators_time() {
    let adobe = Adobe::with(company()).await;
    let answer = adobe.get("/groups/ORG/0").await;
    assert_eq!(answer.header("Content-Type"), "application/json");
    assert_eq!(answer.header("Server"), "APIP");
    assert_eq!(answer.header("Date"), "Sat, 21 Nov 2026 10:30:00 GMT");
}

#[tokio::test]
async fn e11_the_wrong_method_is_forbidden_in_html() {
    let adobe = Adobe::with(json!({})).await;
    let answer = adobe.get("/action/ORG").await;
    assert_eq!((answer.status, answer.header("Server")), (403, "openresty"));
    assert_eq!(answer.header("Content-Type"), "text/html");
    assert!(answer.text.contains("<title>403 Forbidden</title>"), "{}", answer.text);
}

#[tokio::test]
async fn e12_status_needs_no_token_and_says_that_this_is_not_adobe() {
    let adobe = Adobe::with(json!({})).await;
    let answer = send(adobe.http.get(adobe.url("/status"))).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json()["state"], "LIVE");
    assert_eq!(answer.json()["environment"], "emulator");
}
