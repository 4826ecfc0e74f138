//! The gate's memory: when Adobe was last listed and last written to. Plain data; the decisions are in the gate.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// One organization's stamps, as the store keeps them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Stamps {
    /// The last request for page 0 of all users.
    pub users: Option<DateTime<Utc>>,
    /// The last request for page 0 of all groups.
    pub groups: Option<DateTime<Utc>>,
    /// The begin of the last execution: its first action request that was not a test.
    pub execution: Option<DateTime<Utc>>,
    /// Adobe asked for silence until then (`Retry-After` above 600 s): no call at all leaves before.
    pub closed_until: Option<DateTime<Utc>>,
}

/// The request classes that Adobe counts, each for itself (UMAPI documentation, "API limits").
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RequestClass {
    /// Action requests: 10 a minute.
    Action,
    /// Pages of all users: 25 a minute.
    Users,
    /// One user: 25 a minute.
    User,
    /// Pages of a group's members: 25 a minute; some revisions of the documentation say 5.
    Members,
    /// Pages of all groups: 5 a minute.
    Groups,
}

impl RequestClass {
    /// The word under which it is stored.
    pub fn word(self) -> &'static str {
        match self {
            Self::Action => "action",
            Self::Users => "users",
            Self::User => "user",
            Self::Members => "members",
            Self::Groups => "groups",
        }
    }
}
