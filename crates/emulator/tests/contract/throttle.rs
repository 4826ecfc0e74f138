//! Calls per minute, and the lock for those who list too often.

use std::time::Duration;

use serde_json::json;
use umsync_emulator::{Effect, Endpoint, Fault, FrequencyLock, Knobs, RetryAfterFormat};

use crate::world::{Adobe, company, credentials, federated, ok, send};

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

#[tokio::test]
async fn e13_the_eleventh_action_waits_for_the_next_window() {
    let adobe = Adobe::knobs(company(), Knobs::default()).await;
    for n in 0..10 {
        adobe.running.clock().advance(seconds(2));
        assert_eq!(
            adobe.user("joe@example.com", json!([{"update": {"firstname": n.to_string()}}])).await,
            ok(1)
        );
    }
    let body = json!([{"user": "joe@example.com", "do": [{"update": {"firstname": "late"}}]}]).to_string();
    let refused = adobe.post("/action/ORG", &body).await;
    assert_eq!((refused.status, refused.header("Retry-After")), (429, "42"), "the window began at second 2");
    assert_eq!(refused.json(), json!({"error_code": "429050", "message": "Too many requests"}));
    assert_eq!(adobe.running.user("joe@example.com").unwrap().firstname.as_deref(), Some("9"));

    adobe.running.clock().advance(seconds(41));
    assert_eq!(adobe.post("/action/ORG", &body).await.status, 429, "one second too early");
    adobe.running.clock().advance(seconds(1));
    assert_eq!(adobe.post("/action/ORG", &body).await.status, 200);
}

#[tokio::test]
async fn e13_what_all_clients_share_was_once_a_503() {
    let adobe = Adobe::knobs(company(), Knobs { throttle_status: 503, ..Knobs::default() }).await;
    for _ in 0..5 {
        assert_eq!(adobe.get("/groups/ORG/0").await.status, 200);
    }
    let refused = adobe.get("/groups/ORG/0").await;
    assert_eq!((refused.status, refused.header("Retry-After")), (503, "60"));
}

#[tokio::test]
async fn e14_each_endpoint_has_its_own_bucket() {
    let adobe = Adobe::knobs(company(), Knobs::default()).await;
    let limits = [
        ("/groups/ORG/0", 5),
        ("/users/ORG/0", 25),
        ("/users/ORG/0/Design", 25),
        ("/organizations/ORG/users/joe@example.com", 25),
    ];
    for (path, limit) in limits {
        for _ in 0..limit {
            assert_eq!(adobe.get(path).await.status, 200, "{path}");
        }
        assert_eq!(adobe.get(path).await.status, 429, "{path}");
    }
    assert_eq!(adobe.user("joe@example.com", json!([{"add": {"group": ["Design"]}}])).await, ok(1));
}

#[tokio::test]
async fn e15_retry_after_may_be_a_date() {
    let knobs = Knobs { retry_after_format: RetryAfterFormat::HttpDate, ..Knobs::default() };
    let adobe = Adobe::knobs(company(), knobs).await;
    for _ in 0..5 {
        adobe.get("/groups/ORG/0").await;
    }
    adobe.running.clock().advance(seconds(17));
    let refused = adobe.get("/groups/ORG/0").await;
    assert_eq!((refused.status, refused.header("Retry-After")), (429, "Sat, 21 Nov 2026 10:31:00 GMT"));
}

#[tokio::test]
async fn e16_listing_twice_within_two_hours_locks_everything() {
    let knobs = Knobs { frequency_lock: Some(FrequencyLock::default()), ..Knobs::unthrottled() };
    let adobe = Adobe::knobs(company(), knobs).await;
    assert_eq!(adobe.get("/users/ORG/0").await.status, 200);
    assert_eq!(adobe.get("/users/ORG/1").await.status, 200, "other pages do not count");
    assert_eq!(adobe.get("/groups/ORG/0").await.status, 200, "groups are counted apart");
    adobe.running.clock().advance(seconds(7199));
    let refused = adobe.get("/users/ORG/0").await;
    assert_eq!((refused.status, refused.header("Retry-After")), (429, "2100"));

    adobe.running.clock().advance(seconds(100));
    for path in ["/groups/ORG/0", "/users/ORG/1", "/organizations/ORG/users/joe@example.com"] {
        let refused = adobe.get(path).await;
        assert_eq!((refused.status, refused.header("Retry-After")), (429, "2000"), "{path}");
    }
    assert_eq!(adobe.post("/action/ORG", "[]").await.status, 429);

    adobe.running.clock().advance(seconds(2000));
    assert_eq!(adobe.get("/groups/ORG/0").await.status, 200);
    assert_eq!(adobe.get("/users/ORG/0").await.status, 200);
}

#[tokio::test]
async fn e17_tests_and_malformed_requests_count_too() {
    let adobe = Adobe::knobs(company(), Knobs::default()).await;
    let body = json!([{"user": "new@example.com", "do": [federated("new@example.com")]}]).to_string();
    for _ in 0..5 {
        assert_eq!(adobe.post("/action/ORG?testOnly=true", &body).await.status, 200);
        assert_eq!(adobe.post("/action/ORG", "{}").await.status, 400);
    }
    assert_eq!(adobe.post("/action/ORG?testOnly=true", &body).await.status, 429);
}

#[tokio::test]
async fn e19_markers_of_a_run_are_on_record() {
    let adobe = Adobe::with(company()).await;
    for (path, marker) in [("/users/ORG/0", "umapi-sync-start"), ("/groups/ORG/0", "umapi-sync-end")] {
        let request = adobe.signed(adobe.http.get(adobe.api(path))).header("Pragma", marker);
        assert_eq!(send(request).await.status, 200);
    }
    let pragma = |endpoint| adobe.running.calls(endpoint)[0].pragma.clone();
    assert_eq!(pragma(Endpoint::Users).as_deref(), Some("umapi-sync-start"));
    assert_eq!(pragma(Endpoint::Groups).as_deref(), Some("umapi-sync-end"));
}

#[tokio::test]
async fn e16_a_lock_may_fall_at_any_call_and_is_one_clients_own() {
    let seed = json!({"clients": [
        {"client_id": "umsync-sandbox", "secrets": ["sandbox"]}, {"client_id": "second", "secrets": ["two"]}
    ]});
    let adobe = Adobe::with(seed).await;
    adobe.running.faults().add(Fault::on(Endpoint::Groups, Effect::LockOut(3244)).nth(2));
    assert_eq!(adobe.get("/groups/ORG/0").await.status, 200);
    let refused = adobe.get("/groups/ORG/0").await;
    assert_eq!((refused.status, refused.header("Retry-After")), (429, "3244"));
    adobe.running.clock().advance(seconds(3243));
    assert_eq!(adobe.get("/users/ORG/0").await.header("Retry-After"), "1");
    let form = credentials().map(|(key, value)| match key {
        "client_id" => (key, "second"),
        "client_secret" => (key, "two"),
        _ => (key, value),
    });
    let other = send(adobe.http.post(adobe.url("/ims/token/v2")).form(&form)).await.json();
    let request = adobe.http.get(adobe.api("/users/ORG/0")).header("X-Api-Key", "second");
    let other = request.bearer_auth(other["access_token"].as_str().unwrap());
    assert_eq!(send(other).await.status, 200);
    adobe.running.clock().advance(seconds(1));
    assert_eq!(adobe.get("/users/ORG/0").await.status, 200);
    adobe.running.lock_out("umsync-sandbox", adobe.running.clock().now() + seconds(9));
    assert_eq!(adobe.get("/users/ORG/0").await.header("Retry-After"), "9");
}
