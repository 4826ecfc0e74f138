//! Who may come in: the checks before an endpoint looks at its request, in the order of the error handling page.

use chrono::{DateTime, Utc};
use serde_json::json;

use crate::answer::Answer;
use crate::call::Call;
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
        let grant = token.and_then(|token| self.tokens.grant(token, now)).ok_or_else(Answer::unauthorized)?;
        if grant.client_id != key {
            return Err(wrong_key());
        }
        if !well_formed(org) {
            return Err(Answer::refusal(400, "error.organization.invalid_id", "Bad organization Id"));
        }
        let at_home = grant.organization.as_ref().is_none_or(|home| home == self.org.id());
        if org != self.org.id() || !at_home {
            return Err(Answer::unauthorized());
        }
        self.throttles
            .admit(key, route.endpoint(), route.page(), &self.knobs, now)
            .map_err(|until| Answer::throttled(Some(retry_after(until, &self.knobs, now))))
    }
}

fn wrong_key() -> Answer {
    Answer::json(403, json!({"error_code": "403003", "message": "Api Key is invalid"}))
}

/// `…@AdobeOrg`, letters and digits before it.
fn well_formed(org: &str) -> bool {
    org.strip_suffix("@AdobeOrg")
        .is_some_and(|id| !id.is_empty() && id.chars().all(|c| c.is_ascii_alphanumeric()))
}
