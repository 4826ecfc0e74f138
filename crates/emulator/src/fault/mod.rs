//! Faults: what goes wrong between a client and Adobe, on demand.

mod armed;
mod effect;
mod reply;

pub use armed::Faults;
pub use effect::{Effect, Meanwhile};
pub use reply::Reply;
pub(crate) use reply::ReplyBody;

use serde::{Deserialize, Serialize};

use crate::route::Endpoint;

/// One fault: what happens, to which calls, how often. Without further words: to every call, always.
///
/// A seed file writes it so: `{"effect": {"refuse": {"status": 503}}, "on": "users", "page": 1, "skip": 2, "times": 1}`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    effect: Effect,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    on: Option<Endpoint>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    page: Option<u64>,
    #[serde(default)]
    skip: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    times: Option<u32>,
}

impl Fault {
    /// On every call of one class.
    pub fn on(endpoint: Endpoint, effect: Effect) -> Self {
        Self { on: Some(endpoint), ..Self::everywhere(effect) }
    }

    /// On every call.
    pub fn everywhere(effect: Effect) -> Self {
        Self { effect, on: None, page: None, skip: 0, times: None }
    }

    /// Only on calls for this page.
    pub fn page(mut self, page: u64) -> Self {
        self.page = Some(page);
        self
    }

    /// Lets the first calls it would hit go.
    pub fn skip(mut self, calls: u32) -> Self {
        self.skip = calls;
        self
    }

    /// Ends after that many calls.
    pub fn times(mut self, calls: u32) -> Self {
        self.times = Some(calls);
        self
    }

    /// Hits the first call only.
    pub fn once(self) -> Self {
        self.times(1)
    }

    /// Hits that call only, counted from 1.
    pub fn nth(self, call: u32) -> Self {
        self.skip(call.saturating_sub(1)).times(1)
    }
}
