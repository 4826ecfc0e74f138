//! The token endpoints, and which tokens are good.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use crate::answer::Answer;
use crate::call::Call;
use crate::client::Client;
use crate::error::Error;
use crate::jwt::{self, Expected};
use crate::knobs::Knobs;
use crate::mix::mix;

/// The scopes of "OAuth server-to-server" for this API; their order does not count.
const SCOPES: [&str; 3] = ["openid", "AdobeID", "user_management_sdk"];

/// Every token given out; any number may be alive at once.
#[derive(Debug)]
pub(crate) struct Tokens {
    clients: Vec<Client>,
    given: BTreeMap<String, Grant>,
    /// Tokens given so far, expired ones too.
    count: u64,
    /// The `jti` of every JWT that may be used only once.
    used: BTreeSet<(String, i64)>,
    salt: u64,
}

/// Whom a token was given to and until when it is good.
#[derive(Debug, Clone)]
pub(crate) struct Grant {
    pub(crate) client_id: String,
    /// The client's own organization, where it is not the emulator's.
    pub(crate) organization: Option<String>,
    expires: DateTime<Utc>,
}

impl Tokens {
    /// `salt` makes the tokens of two emulators differ, so that one from yesterday is not good today.
    pub(crate) fn new(clients: Vec<Client>, salt: u64) -> Result<Self, Error> {
        let mut mistakes = Vec::new();
        for (at, client) in clients.iter().enumerate() {
            let certificates = client.jwt.iter().flat_map(|jwt| &jwt.certificates).enumerate();
            for (place, pem) in certificates {
                if let Err(mistake) = jwt::public_key(pem) {
                    mistakes.push(format!("clients[{at}].jwt.certificates[{place}]: {mistake}"));
                }
            }
        }
        if !mistakes.is_empty() {
            return Err(Error::Seed { mistakes });
        }
        Ok(Self { clients, given: BTreeMap::new(), count: 0, used: BTreeSet::new(), salt })
    }

    pub(crate) fn knows(&self, client_id: &str) -> bool {
        self.clients.iter().any(|client| client.client_id == client_id)
    }

    pub(crate) fn grant(&self, token: &str, now: DateTime<Utc>) -> Option<&Grant> {
        self.given.get(token).filter(|grant| now < grant.expires)
    }

    pub(crate) fn revoke_all(&mut self) {
        self.given.clear();
    }

    /// `POST /ims/token/v2`: parameters in the body, in the query, or in both.
    pub(crate) fn issue(&mut self, call: &Call, knobs: &Knobs, now: DateTime<Utc>) -> Answer {
        let field = |name: &str| call.parameter(name).filter(|value| !value.is_empty());
        let Some(client_id) = field("client_id") else {
            return refusal(400, "invalid_client", "the client_id parameter is missing");
        };
        match field("grant_type").as_deref() {
            Some("client_credentials") => {}
            Some(other) => {
                return refusal(400, "unsupported_grant_type", &format!("unsupported grant_type: {other}"));
            }
            None => return refusal(400, "invalid_request", "the grant_type parameter is missing"),
        }
        let Some(client) = self.authenticate(&client_id, field("client_secret")) else {
            return refusal(401, "invalid_client", "invalid client_id or client_secret");
        };
        let Some(scope) = field("scope") else {
            return refusal(400, "invalid_scope", "the scope parameter is missing");
        };
        let asked: Vec<&str> = scope.split([',', ' ']).filter(|scope| !scope.is_empty()).collect();
        if asked.iter().any(|scope| !SCOPES.contains(scope)) || !asked.contains(&"user_management_sdk") {
            return refusal(400, "invalid_scope", &format!("invalid scope: {scope}"));
        }
        let seconds = i64::from(knobs.token_ttl);
        self.give(&client, seconds, json!(seconds), now)
    }

    /// `POST /ims/exchange/jwt`, ended in June 2025; `expires_in` is in milliseconds. `home` is the emulator's
    /// organization.
    pub(crate) fn exchange(&mut self, call: &Call, knobs: &Knobs, home: &str, now: DateTime<Utc>) -> Answer {
        if !knobs.jwt {
            return refusal(400, "invalid_client", "JWT credentials have reached their end of life");
        }
        let field = |name: &str| call.parameter(name).filter(|value| !value.is_empty());
        let Some(client_id) = field("client_id").filter(|id| self.knows(id)) else {
            return refusal(400, "invalid_client", "invalid client_id");
        };
        let Some(client) = self.authenticate(&client_id, field("client_secret")) else {
            return refusal(401, "invalid_client", "invalid client_secret");
        };
        let Some(credential) = &client.jwt else {
            return refusal(401, "invalid_client", "the client may not use exchange_jwt");
        };
        let Some(token) = field("jwt_token") else {
            return refusal(400, "invalid_token", "the jwt_token parameter is missing");
        };
        let expected = Expected {
            client_id: &client_id,
            credential,
            organization: client.organization.as_deref().unwrap_or(home),
            host: call.header("Host").unwrap_or_default(),
        };
        match jwt::check(&token, &expected, now) {
            Err((error, description)) => return refusal(400, error, &description),
            Ok(Some(jti)) if !self.used.insert((client_id, jti)) => {
                return refusal(400, "invalid_jti", "the jti was used before");
            }
            Ok(_) => {}
        }
        let seconds = i64::from(knobs.token_ttl);
        self.give(&client, seconds, json!(seconds * 1000), now)
    }

    fn authenticate(&self, client_id: &str, secret: Option<String>) -> Option<Client> {
        let secret = secret?;
        self.clients.iter().find(|c| c.client_id == client_id && c.secrets.contains(&secret)).cloned()
    }

    fn give(
        &mut self,
        client: &Client,
        seconds: i64,
        expires_in: serde_json::Value,
        now: DateTime<Utc>,
    ) -> Answer {
        let number = self.count;
        self.count += 1;
        self.given.retain(|_, grant| now < grant.expires);
        let token = format!(
            "eyJhbGciOiJSUzI1NiJ9.{:016x}{:016x}.emulated",
            mix(self.salt, number),
            mix(!self.salt, number)
        );
        self.given.insert(
            token.clone(),
            Grant {
                client_id: client.client_id.clone(),
                organization: client.organization.clone(),
                expires: now + TimeDelta::seconds(seconds),
            },
        );
        Answer::json(200, json!({"access_token": token, "token_type": "bearer", "expires_in": expires_in}))
    }
}

fn refusal(status: u16, error: &str, description: &str) -> Answer {
    Answer::json(status, json!({"error": error, "error_description": description}))
}
