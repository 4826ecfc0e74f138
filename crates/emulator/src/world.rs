//! Everything behind the door: the organization, its behaviour, tokens and throttles, under one lock.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::call::Call;
use crate::fault::Effect;
use crate::knobs::Knobs;
use crate::org::Org;
use crate::route::{Endpoint, Route};
use crate::throttle::Throttles;
use crate::token::Tokens;

#[derive(Debug)]
pub(crate) struct World {
    pub(crate) org: Org,
    pub(crate) knobs: Knobs,
    pub(crate) tokens: Tokens,
    pub(crate) throttles: Throttles,
    /// Action requests so far; each is shuffled in its own way.
    pub(crate) requests: u64,
    /// Listing requests so far; each may have its own order.
    pub(crate) listings: u64,
    /// What the organization was before the last action request, where a fault may ask for it.
    pub(crate) past: Option<Org>,
}

impl World {
    pub(crate) fn new(org: Org, knobs: Knobs, tokens: Tokens) -> Self {
        Self { org, knobs, tokens, throttles: Throttles::default(), requests: 0, listings: 0, past: None }
    }

    /// Answers one call: route → method → door → endpoint.
    pub(crate) fn answer(
        &mut self,
        call: &Call,
        route: Option<&Route>,
        commands: &[Value],
        effects: &[Effect],
        now: DateTime<Utc>,
    ) -> Answer {
        let Some(route) = route else {
            return Answer::html(404);
        };
        if call.method != route.method() {
            return Answer::html(403);
        }
        for effect in effects {
            match effect {
                Effect::ExpireTokens => self.tokens.revoke_all(),
                Effect::LockOut(seconds) => self.lock_out(call, *seconds, now),
                _ => {}
            }
        }
        if let Err(refusal) = self.let_in(call, route, now) {
            return refusal;
        }
        let reads = route.endpoint() != Endpoint::Action;
        let stale = reads && effects.iter().any(|effect| matches!(effect, Effect::Stale));
        match self.past.take_if(|_| stale) {
            None => self.serve(call, route, commands, effects, now),
            Some(past) => {
                let present = std::mem::replace(&mut self.org, past);
                let answer = self.serve(call, route, commands, effects, now);
                self.past = Some(std::mem::replace(&mut self.org, present));
                answer
            }
        }
    }

    /// The answer of an endpoint to somebody who may ask it.
    fn serve(
        &mut self,
        call: &Call,
        route: &Route,
        commands: &[Value],
        effects: &[Effect],
        now: DateTime<Utc>,
    ) -> Answer {
        if route.page().is_some() {
            self.listings += 1;
        }
        match route {
            Route::Token => self.tokens.issue(call, &self.knobs, now),
            Route::Jwt => self.tokens.exchange(call, &self.knobs, self.org.id(), now),
            Route::Status => self.status(),
            Route::Users { page, .. } => self.users_page(call, page, effects, now),
            Route::Members { page, group, .. } => self.members_page(call, page, group, effects, now),
            Route::User { user, .. } => self.one_user(call, user, now),
            Route::Groups { page, .. } => self.groups_page(page, effects),
            Route::Action { .. } => self.action(call, commands, effects, now),
        }
    }

    /// `GET /status`: the mark by which a client knows that this is not Adobe.
    fn status(&self) -> Answer {
        Answer::json(
            200,
            json!({
                "build": "emulator",
                "version": env!("CARGO_PKG_VERSION"),
                "side": "local",
                "environment": self.knobs.environment,
                "state": "LIVE",
            }),
        )
    }
}
