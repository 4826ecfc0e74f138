//! Who may come in: the checks before an endpoint looks at its request, in the order of the error handling page.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use crate::answer::Answer;
use crate::call::Call;
use crate::knobs::OtherOrganization;
use crate::route::Route;
use crate::throttle::retry_after;
use crate::world::World;

impl World {
    /// API key → token → organization → throttle. The error is the answer.
    pub(crate) fn let_in(&mut self, call: &Call, route: &Route, now: DateTime<Utc>) -> Result<(), Answer> {
        let Some(org) = route.org() else { return Ok(()) };
        let Some(key) = call.header("X-Api-Key") else {
            return Err(Answer::empty(403));
        };
        if !self.tokens.knows(key) {
            return Err(wrong_key());
        }
        let token = call.header("Authorization").and_then(|value| {
            let (scheme, token) = value.split_once(' ')?;
            scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
        });
        let unauthorized = || if self.knobs.unauthorized_body { rejected() } else { Answer::unauthorized() };
        let grant = token.and_then(|token| self.tokens.grant(token, now)).ok_or_else(unauthorized)?;
        if grant.client_id != key {
            return Err(wrong_key());
        }
        if !well_formed(org) {
            return Err(wrong_organization());
        }
        let at_home = grant.organization.as_ref().is_none_or(|home| home == self.org.id());
        if org != self.org.id() || !at_home {
            return Err(match self.knobs.other_organization {
                OtherOrganization::Unauthorized => unauthorized(),
                OtherOrganization::BadRequest => wrong_organization(),
            });
        }
        self.throttles.admit(key, route.endpoint(), route.page(), &self.knobs, now).map_err(|until| {
            let status = self.knobs.throttle_status;
            Answer::throttled(status, Some(retry_after(until, &self.knobs, now)))
        })
    }

    /// Locks out whoever calls.
    pub(crate) fn lock_out(&mut self, call: &Call, seconds: u32, now: DateTime<Utc>) {
        if let Some(key) = call.header("X-Api-Key") {
            self.throttles.lock(key, now + TimeDelta::seconds(i64::from(seconds)));
        }
    }
}

/// "Failed to authenticate": what the API itself says to a token that the gateway let through.
fn rejected() -> Answer {
    Answer::json(
        401,
        json!({
            "lastPage": false,
            "result": "error.unauthorized",
            "message": "Failed to authenticate provided token",
        }),
    )
}

fn wrong_organization() -> Answer {
    Answer::refusal(400, "error.organization.invalid_id", "Bad organization Id")
}

fn wrong_key() -> Answer {
    Answer::json(403, json!({"error_code": "403003", "message": "Api Key is invalid"}))
}

/// `…@AdobeOrg`, letters and digits before it.
fn well_formed(org: &str) -> bool {
    org.strip_suffix("@AdobeOrg")
        .is_some_and(|id| !id.is_empty() && id.chars().all(|c| c.is_ascii_alphanumeric()))
}
