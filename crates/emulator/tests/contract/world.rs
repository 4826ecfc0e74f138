//! An emulator with a token in hand, spoken to in plain HTTP.

use reqwest::header::HeaderMap;
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};
use umsync_emulator::{Clock, Emulator, Knobs, Options, Running, Seed};

pub(crate) const ORG: &str = "0123456789ABCDEF01234567@AdobeOrg";

pub(crate) struct Adobe {
    pub(crate) running: Running,
    pub(crate) http: Client,
    pub(crate) token: String,
}

/// An answer as it came.
#[derive(Debug)]
pub(crate) struct Raw {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Raw {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap_or_else(|| panic!("no header {name}")).to_str().unwrap()
    }
}

impl Adobe {
    /// Without throttle, on a clock that stands still.
    pub(crate) async fn with(seed: Value) -> Self {
        Self::knobs(seed, Knobs::unthrottled()).await
    }

    pub(crate) async fn knobs(seed: Value, knobs: Knobs) -> Self {
        let seed = Seed::parse(&seed.to_string()).unwrap();
        let clock = Clock::manual("2026-11-21T10:30:00Z".parse().unwrap());
        Self::start(Options { knobs: Some(knobs), clock, ..Options::seeded(seed) }).await
    }

    pub(crate) async fn start(options: Options) -> Self {
        let running = Emulator::start(options).await.unwrap();
        let http = Client::builder().no_proxy().build().unwrap();
        let token = fresh_token(&running, &http).await;
        Self { running, http, token }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.running.url())
    }

    /// A path below `/v2/usermanagement`, `ORG` replaced.
    pub(crate) fn api(&self, path: &str) -> String {
        self.url(&format!("/v2/usermanagement{}", path.replace("ORG", ORG)))
    }

    pub(crate) fn signed(&self, request: RequestBuilder) -> RequestBuilder {
        request
            .header("Authorization", format!("Bearer {}", self.token))
            .header("X-Api-Key", "umsync-sandbox")
    }

    pub(crate) async fn get(&self, path: &str) -> Raw {
        send(self.signed(self.http.get(self.api(path)))).await
    }

    /// The rows of a page that must be there.
    pub(crate) async fn rows(&self, path: &str, key: &str) -> Vec<Value> {
        let page = self.get(path).await;
        assert_eq!(page.status, 200, "{}", page.text);
        page.json()[key].as_array().unwrap().clone()
    }

    /// The listed user with this email.
    pub(crate) async fn listed(&self, email: &str) -> Option<Value> {
        let rows = self.rows("/users/ORG/0", "users").await;
        rows.into_iter().find(|row| row["email"] == email)
    }

    pub(crate) async fn post(&self, path: &str, body: &str) -> Raw {
        let request = self.http.post(self.api(path)).header("Content-Type", "application/json");
        send(self.signed(request.body(body.to_owned()))).await
    }

    /// Commands and their answer, which is 200 whatever came of them.
    pub(crate) async fn act(&self, commands: Value) -> Value {
        let answer = self.post("/action/ORG", &commands.to_string()).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()
    }

    /// One command for a user.
    pub(crate) async fn user(&self, user: &str, steps: Value) -> Value {
        self.act(json!([{"user": user, "do": steps}])).await
    }

    /// One command for a user group.
    pub(crate) async fn group(&self, group: &str, steps: Value) -> Value {
        self.act(json!([{"usergroup": group, "do": steps}])).await
    }

    /// The codes of one command's errors, by step.
    pub(crate) async fn codes(&self, command: Value) -> Vec<(u64, String)> {
        let answer = self.act(json!([command])).await;
        assert_eq!(answer["notCompleted"], 1, "{answer}");
        codes(&answer)
    }

    /// The only code of a failing command for a user.
    pub(crate) async fn refused(&self, user: &str, steps: Value) -> String {
        self.refused_command(json!({"user": user, "do": steps})).await
    }

    pub(crate) async fn refused_command(&self, command: Value) -> String {
        let codes = self.codes(command).await;
        assert_eq!(codes.len(), 1, "{codes:?}");
        codes[0].1.clone()
    }
}

pub(crate) fn codes(answer: &Value) -> Vec<(u64, String)> {
    let entries = answer["errors"].as_array().cloned().unwrap_or_default();
    entries
        .iter()
        .map(|entry| (entry["step"].as_u64().unwrap(), entry["errorCode"].as_str().unwrap().to_owned()))
        .collect()
}

pub(crate) async fn send(request: RequestBuilder) -> Raw {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let headers = response.headers().clone();
    Raw { status, headers, text: response.text().await.unwrap() }
}

pub(crate) fn credentials() -> [(&'static str, &'static str); 4] {
    [
        ("grant_type", "client_credentials"),
        ("client_id", "umsync-sandbox"),
        ("client_secret", "sandbox"),
        ("scope", "openid,AdobeID,user_management_sdk"),
    ]
}

pub(crate) async fn fresh_token(running: &Running, http: &Client) -> String {
    let url = format!("{}/ims/token/v2", running.url());
    let answer = send(http.post(url).form(&credentials())).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()["access_token"].as_str().unwrap().to_owned()
}

/// The answer of `n` good commands.
pub(crate) fn ok(n: u64) -> Value {
    json!({"completed": n, "notCompleted": 0, "completedInTestMode": 0, "result": "success"})
}

/// A step that creates a federated user.
pub(crate) fn federated(email: &str) -> Value {
    json!({"createFederatedID": {"email": email, "firstname": "Jane", "lastname": "Doe", "country": "US"}})
}

/// An organization with one of everything.
pub(crate) fn company() -> Value {
    json!({
        "domains": [
            {"domain": "example.com", "type": "federated"},
            {"domain": "example.org", "type": "federated"},
            {"domain": "other-directory.com", "type": "federated", "directory": "second"},
            {"domain": "enterprise.com", "type": "enterprise"},
            {"domain": "names.com", "type": "federated", "login": "username"},
            {"domain": "foreign.com", "type": "federated", "owner": "other"},
            {"domain": "trusted.com", "type": "federated", "owner": "trusted"},
            {"domain": "synced.com", "type": "federated", "externally_synced": true, "directory": "entra"}
        ],
        "groups": [
            {"name": "Design"},
            {"name": "Design Team", "description": "draws"},
            {"name": "Shared", "read_only": true},
            {"name": "PS", "type": "PRODUCT_PROFILE", "product": "Photoshop", "quota": 1},
            {"name": "Attached", "profiles": ["PS"]}
        ],
        "users": [
            {"email": "Jane@example.com", "firstname": "Jane", "lastname": "Doe", "country": "US",
             "groups": ["Design"]},
            {"email": "joe@example.com", "firstname": "Joe", "lastname": "Bloggs", "country": "DE"},
            {"email": "Erin@enterprise.com", "type": "enterpriseID", "firstname": "Erin", "country": "US"},
            {"email": "ned@example.com", "username": "ned", "domain": "names.com", "country": "US"},
            {"email": "twin@example.com", "firstname": "Fed", "country": "US"},
            {"email": "twin@example.com", "type": "adobeID"},
            {"email": "gus@gmail.com", "type": "adobeID"},
            {"email": "owned@trusted.com", "country": "US"},
            {"email": "outside@trusted.com", "country": "US", "in_org": false},
            {"email": "boss@example.com", "country": "US", "groups": ["_org_admin", "Design"]}
        ]
    })
}
