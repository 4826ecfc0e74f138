//! How often a client may call.

use serde::{Deserialize, Serialize};

/// Calls per minute of one client ("Throttle limits" of each endpoint's page); `null` for no limit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Throttle {
    /// `POST /action`: 10.
    pub action: Option<u32>,
    /// `GET /users/{org}/{page}`: 25.
    pub users: Option<u32>,
    /// `GET /users/{org}/{page}/{group}`: 25 (older pages said 5).
    pub members: Option<u32>,
    /// `GET /organizations/{org}/users/{user}`: 25.
    pub user: Option<u32>,
    /// `GET /groups/{org}/{page}`: 5.
    pub groups: Option<u32>,
}

impl Default for Throttle {
    fn default() -> Self {
        Self { action: Some(10), users: Some(25), members: Some(25), user: Some(25), groups: Some(5) }
    }
}

/// The second throttle: page 0 of all users, and page 0 of all groups, at most once in a while.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FrequencyLock {
    /// Minutes that must lie between two such calls: about two hours (UMAPI news of October 2021).
    pub every_minutes: u32,
    /// Seconds for which everything of that client is refused afterwards ("a large Retry-After").
    pub retry_after: u32,
}

impl Default for FrequencyLock {
    fn default() -> Self {
        Self { every_minutes: 120, retry_after: 2100 }
    }
}
