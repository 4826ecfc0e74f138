//! Starting, stopping, keeping and looking inside.

use std::sync::{Arc, Mutex};

use serde_json::json;
use umsync_emulator::{
    Clock, DEFAULT_ORGANIZATION, Emulator, Endpoint, Error, Knobs, Options, Seed, SeedUser, Throttle, Tls,
};

use crate::world::{Adobe, company, credentials, federated, fresh_token, ok, send};

fn mistakes(seed: &str) -> String {
    Seed::parse(seed).and_then(|seed| seed.organization()).expect_err("the seed is wrong").to_string()
}

#[test]
fn a_seed_says_where_it_is_wrong() {
    for (seed, words) in [
        (r#"{"users": [{"email": "a@x.com", "type": "fedrated"}]}"#, ["users[0].type", "fedrated"]),
        (r#"{"users": [{"email": "a@x.com", "colour": "red"}]}"#, ["users[0]", "colour"]),
        (r#"{"users": [{"email": "a@x.com", "groups": ["Nope"]}]}"#, ["users[0]: user `a@x.com`", "`Nope`"]),
        (r#"{"users": [{"email": "nobody"}]}"#, ["users[0]", "not an email"]),
        (r#"{"users": [{"email": "a@x.com"}, {"email": "A@x.com"}]}"#, ["users[1]", "already"]),
        (r#"{"groups": [{"name": "G"}, {"name": "g"}]}"#, ["groups[1]: group `g`", "taken"]),
        (r#"{"groups": [{"name": "G", "quota": "many"}]}"#, ["groups[0].quota", "many"]),
        (r#"{"domains": [], "users": [{"email": "a@x.com"}]}"#, ["users[0]", "`x.com` is not among"]),
        (r#"{"knobs": {"max_lst": 3}}"#, ["knobs", "max_lst"]),
    ] {
        let told = mistakes(seed);
        assert!(words.iter().all(|word| told.contains(word)), "{told}");
    }
    let two = mistakes(r#"{"users": [{"email": "x"}, {"email": "y"}]}"#);
    assert!(two.contains("users[0]") && two.contains("users[1]"), "{two}");
}

#[tokio::test]
async fn a_seed_sets_organization_clients_knobs_and_claims_its_domains() {
    let seed = json!({
        "organization": "ABC@AdobeOrg",
        "clients": [{"client_id": "umsync-sandbox", "secrets": ["sandbox"]}],
        "users": [{"email": "jd@x.com", "username": "jd"}, {"email": "e@y.com", "type": "enterprise"}],
        "knobs": {"max_list": 20, "throttle": {"action": null, "groups": 1}}
    });
    let adobe = Adobe::start(Options::seeded(Seed::parse(&seed.to_string()).unwrap())).await;
    assert_eq!(adobe.running.organization(), "ABC@AdobeOrg");
    let knobs = adobe.running.with_knobs(|knobs| knobs.clone());
    let throttle = Throttle { action: None, groups: Some(1), ..Throttle::default() };
    assert_eq!(knobs, Knobs { max_list: 20, throttle: Some(throttle), ..Knobs::default() });
    let email = "new@y.com";
    let create = json!({"user": email, "do": [{"createEnterpriseID": {"email": email, "firstname": "N", "lastname": "E"}}]});
    let answer = adobe.post("/action/ABC@AdobeOrg", &json!([create]).to_string()).await;
    assert_eq!(answer.json(), ok(1));
}

#[tokio::test]
async fn a_state_file_keeps_the_organization_between_runs() {
    let folder = tempfile::tempdir().unwrap();
    let options = || Options {
        state_file: Some(folder.path().join("adobe.json")),
        knobs: Some(Knobs::unthrottled()),
        ..Options::seeded(Seed::parse(&company().to_string()).unwrap())
    };
    let first = Adobe::start(options()).await;
    let steps = json!([federated("new@example.com"), {"add": {"group": ["_admin_Design"]}}]);
    assert_eq!(first.user("new@example.com", steps).await, ok(1));
    assert_eq!(first.user("joe@example.com", json!([{"removeFromOrg": {}}])).await, ok(1));
    first.running.with_state(|org| org.rename_group("Design Team", "Drawing"));
    let kept = first.running.dump();
    first.running.shutdown().await;

    let second = Adobe::start(options()).await;
    assert_eq!(second.running.dump(), kept);
    assert_eq!(second.running.members("_admin_design").unwrap(), ["new@example.com"]);
    assert_eq!(second.refused("joe@example.com", json!([{"remove": "all"}])).await, "error.user.nonexistent");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
    drop(second);

    let other = Options { organization: Some("ABC@AdobeOrg".into()), ..options() };
    assert!(matches!(Emulator::start(other).await, Err(Error::OtherOrganization { .. })));
    std::fs::write(folder.path().join("adobe.json"), "{\"id\":").unwrap();
    assert!(matches!(Emulator::start(options()).await, Err(Error::State { .. })));
}

#[tokio::test]
async fn a_state_file_grows_by_what_changed_and_survives_a_line_that_stops() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("adobe.json");
    let options = || Options {
        state_file: Some(path.clone()),
        knobs: Some(Knobs::unthrottled()),
        ..Options::seeded(Seed::parse(&company().to_string()).unwrap())
    };
    let adobe = Adobe::start(options()).await;
    let at_first = std::fs::read_to_string(&path).unwrap();
    adobe.get("/users/ORG/0").await;
    assert_eq!(std::fs::read_to_string(&path).unwrap(), at_first, "reading changes nothing");
    let steps = json!([federated("new@example.com"), {"add": {"group": ["PS"]}}]);
    assert_eq!(adobe.user("new@example.com", steps).await, ok(1));
    assert_eq!(adobe.group("Design", json!([{"deleteUserGroup": {}}])).await, ok(1));
    assert_eq!(adobe.user("joe@example.com", json!([{"add": {"group": ["PS"]}}])).await, ok(1), "waits");
    adobe.running.with_state(|org| assert!(org.remove_user("gus@gmail.com")));
    let kept = adobe.running.dump();
    let now = std::fs::read_to_string(&path).unwrap();
    let lines = now.strip_prefix(&at_first).expect("what was there stays").to_owned();
    assert_eq!(lines.lines().count(), 4, "{lines}");

    // As after kill -9, with a line that was being written.
    std::fs::write(&path, format!("{now}{{\"next\":99,\"accounts\":{{\"1\":nu")).unwrap();
    let again = Adobe::start(options()).await;
    assert_eq!(again.running.dump(), kept);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), kept, "and is whole again");
    let inactive = again.get("/users/ORG/0/PS?status=inactive").await.json();
    assert_eq!(inactive["users"][0]["email"], "joe@example.com");

    std::fs::remove_file(&path).unwrap();
    assert_eq!(again.user("joe@example.com", json!([{"remove": "all"}])).await, ok(1));
    let kept = again.running.dump();
    again.running.shutdown().await;
    assert_eq!(std::fs::read_to_string(&path).unwrap(), kept, "a file that vanished is written whole");
    std::fs::write(&path, format!("{kept}{{\"next\": \"x\"}}\n")).unwrap();
    assert!(matches!(Emulator::start(options()).await, Err(Error::State { .. })), "nonsense is no torn line");
}

#[tokio::test]
async fn a_log_may_be_limited() {
    let adobe = Adobe::start(Options { log_limit: Some(3), ..Options::default() }).await;
    for _ in 0..20 {
        send(adobe.http.get(adobe.url("/status"))).await;
    }
    let numbers: Vec<usize> = adobe.running.log().iter().map(|entry| entry.number).collect();
    assert!((3..=7).contains(&numbers.len()), "{numbers:?}");
    assert_eq!((numbers.last(), numbers.is_sorted()), (Some(&20), true));
    assert!(adobe.running.log().iter().all(|entry| entry.status == Some(200)));
}

#[tokio::test]
async fn the_same_story_gives_the_same_state() {
    let mut dumps = Vec::new();
    for _ in 0..2 {
        let adobe = Adobe::with(company()).await;
        adobe
            .user("new@example.com", json!([federated("new@example.com"), {"add": {"group": ["PS"]}}]))
            .await;
        adobe.group("Fresh", json!([{"createUserGroup": {}}])).await;
        dumps.push(adobe.running.dump());
    }
    assert_eq!(dumps[0], dumps[1]);
}

#[tokio::test]
async fn the_log_has_every_request_and_no_secret() {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let told = lines.clone();
    let options = Options {
        on_request: Some(Arc::new(move |entry| told.lock().unwrap().push(entry.to_string()))),
        clock: Clock::manual("2026-11-21T10:30:00Z".parse().unwrap()),
        ..Options::seeded(Seed::parse(&company().to_string()).unwrap())
    };
    let adobe = Adobe::start(options).await;
    send(adobe.http.post(adobe.url("/ims/token/v2")).query(&credentials())).await;
    adobe.get("/users/ORG/0/Design%20Team?excludeGroups=true").await;
    let command = json!({"user": "joe@example.com", "do": [{"add": {"group": ["Nope"]}}]});
    let request = adobe
        .http
        .post(adobe.api("/action/ORG?testOnly=true"))
        .body(json!([command]).to_string())
        .header("User-Agent", "umsync/1")
        .header("X-Request-Id", "r-1");
    send(adobe.signed(request)).await;
    adobe.get("/nowhere").await;

    let log = adobe.running.log();
    assert_eq!(log.iter().map(|entry| entry.number).collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
    let action = &log[3];
    assert_eq!((action.endpoint, action.test_only, action.status), (Some(Endpoint::Action), true, Some(200)));
    assert_eq!(action.commands, [command]);
    assert_eq!((action.user_agent.as_deref(), action.request_id.as_deref()), (Some("umsync/1"), Some("r-1")));
    assert_eq!(action.at.to_rfc3339(), "2026-11-21T10:30:00+00:00");
    let everything = format!("{log:?}");
    assert!(!everything.contains(&adobe.token) && !everything.contains("=sandbox"), "{everything}");
    assert_eq!(
        *lines.lock().unwrap(),
        [
            "10:30:00 POST token -> 200",
            "10:30:00 POST token -> 200",
            "10:30:00 GET members of Design Team, page 0 -> 200",
            "10:30:00 POST action, 1 command (test only) -> 200, 0 done, 1 failed: error.group.not_found",
            "10:30:00 GET /v2/usermanagement/nowhere -> 404",
        ]
    );
}

#[tokio::test]
async fn an_emulator_stops_when_it_is_let_go() {
    let adobe = Adobe::with(json!({})).await;
    let (address, url) = (adobe.running.address(), adobe.url("/status"));
    drop(adobe);
    // The listener closes as soon as its task runs.
    for _ in 0..1000 {
        if tokio::net::TcpStream::connect(address).await.is_err() {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("{url} still answers");
}

#[tokio::test]
async fn a_taken_port_is_an_error() {
    let adobe = Adobe::with(json!({})).await;
    let again = Options::default().port(adobe.running.address().port());
    assert!(matches!(Emulator::start(again).await, Err(Error::Listen { .. })));
}

#[tokio::test]
async fn it_serves_tls_with_a_given_certificate() {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".into()]).unwrap();
    let tls = Tls { certificates: made.cert.pem(), key: made.signing_key.serialize_pem() };
    let running = Emulator::start(Options { tls: Some(tls), ..Options::default() }).await.unwrap();
    let root = reqwest::Certificate::from_pem(made.cert.pem().as_bytes()).unwrap();
    let http = reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only([root])
        .resolve("localhost", running.address())
        .build()
        .unwrap();
    assert!(running.url().starts_with("https://127.0.0.1:"));
    let answer = send(http.get(format!("https://localhost:{}/status", running.address().port()))).await;
    assert_eq!(answer.json()["environment"], "emulator");
    running.shutdown().await;

    let wrong = Tls { certificates: "none".into(), key: "none".into() };
    let refused = Emulator::start(Options { tls: Some(wrong), ..Options::default() }).await;
    assert!(matches!(refused, Err(Error::Tls(_))));
}

#[tokio::test]
async fn a_hundred_thousand_users_are_no_burden() {
    let seed = Seed {
        groups: Seed::parse(r#"{"groups": [{"name": "All"}]}"#).unwrap().groups,
        users: (0..100_000)
            .map(|n| SeedUser {
                email: format!("u{n}@example.com"),
                groups: vec!["All".into()],
                ..SeedUser::default()
            })
            .collect(),
        ..Seed::default()
    };
    let adobe = Adobe::start(Options::seeded(seed).unthrottled()).await;
    assert_eq!(adobe.running.organization(), DEFAULT_ORGANIZATION);
    let mut listed = 0;
    for page in 0..50 {
        listed += adobe.rows(&format!("/users/ORG/{page}"), "users").await.len();
    }
    assert_eq!(listed, 100_000);
    let last = adobe.get("/users/ORG/49/All?excludeGroups=true").await;
    assert_eq!((last.header("X-Total-Count"), last.header("X-Page-Size")), ("100000", "2000"));
    let steps = json!([federated("new@example.com"), {"add": {"group": ["All"]}}]);
    assert_eq!(adobe.user("new@example.com", steps).await, ok(1));
    assert_eq!(fresh_token(&adobe.running, &adobe.http).await.len(), adobe.token.len());
}
