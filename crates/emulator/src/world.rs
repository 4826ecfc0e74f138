//! Everything behind the door: the organization, its behaviour, tokens and throttles, under one lock.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::call::Call;
use crate::fault::Effect;
use crate::knobs::Knobs;
use crate::org::Org;
use crate::route::Route;
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
}

impl World {
    pub(crate) fn new(org: Org, knobs: Knobs, tokens: Tokens) -> Self {
        Self { org, knobs, tokens, throttles: Throttles::default(), requests: 0 }
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
        if let Err(refusal) = self.let_in(call, route, now) {
            return refusal;
        }
        match route {
            Route::Token => self.tokens.issue(call, &self.knobs, now),
            Route::Jwt => self.tokens.exchange(call, &self.knobs, now),
            Route::Status => self.status(),
            Route::Users { page, .. } => self.users_page(call, page, now),
            Route::Members { page, group, .. } => self.members_page(call, page, group, now),
            Route::User { user, .. } => self.one_user(call, user, now),
            Route::Groups { page, .. } => self.groups_page(page),
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
