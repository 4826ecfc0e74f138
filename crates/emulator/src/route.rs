//! From method and path to the endpoint that is meant.

use std::fmt;

use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};

/// The classes of endpoints: they have their own throttle, and faults are addressed to them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Endpoint {
    /// `POST /ims/token/v2`, `/ims/token/v3`, and `/ims/exchange/jwt`.
    Token,
    /// `GET /status`
    Status,
    /// `GET /users/{org}/{page}`
    Users,
    /// `GET /organizations/{org}/users/{user}`
    User,
    /// `GET /users/{org}/{page}/{group}`
    Members,
    /// `GET /groups/{org}/{page}`
    Groups,
    /// `POST /action/{org}`
    Action,
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Token => "token",
            Self::Status => "status",
            Self::Users => "users",
            Self::User => "user",
            Self::Members => "members",
            Self::Groups => "groups",
            Self::Action => "action",
        })
    }
}

/// An endpoint with the parts of its path, decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Route {
    Token,
    Jwt,
    Status,
    Users { org: String, page: String },
    User { org: String, user: String },
    Members { org: String, page: String, group: String },
    Groups { org: String, page: String },
    Action { org: String },
}

impl Route {
    /// Reads a path as it came, percent-encoded; a trailing slash does not count.
    pub(crate) fn read(path: &str) -> Option<Self> {
        let parts: Vec<String> = path
            .trim_start_matches('/')
            .trim_end_matches('/')
            .split('/')
            .map(|part| percent_decode_str(part).decode_utf8_lossy().into_owned())
            .collect();
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        let own = ToString::to_string;
        Some(match parts.as_slice() {
            ["ims", "token", "v2" | "v3"] => Self::Token,
            ["ims", "exchange", "jwt"] => Self::Jwt,
            ["status"] => Self::Status,
            ["v2", "usermanagement", rest @ ..] => match rest {
                ["action", org] => Self::Action { org: own(org) },
                ["users", org, page] => Self::Users { org: own(org), page: own(page) },
                ["users", org, page, group] => {
                    Self::Members { org: own(org), page: own(page), group: own(group) }
                }
                ["groups", org, page] => Self::Groups { org: own(org), page: own(page) },
                // "users/{userstring:.*}" (Canonical-Resource of the endpoint).
                ["organizations", org, "users", user, more @ ..] => {
                    let user = std::iter::once(user).chain(more).copied().collect::<Vec<_>>().join("/");
                    Self::User { org: own(org), user }
                }
                _ => return None,
            },
            _ => return None,
        })
    }

    pub(crate) fn endpoint(&self) -> Endpoint {
        match self {
            Self::Token | Self::Jwt => Endpoint::Token,
            Self::Status => Endpoint::Status,
            Self::Users { .. } => Endpoint::Users,
            Self::User { .. } => Endpoint::User,
            Self::Members { .. } => Endpoint::Members,
            Self::Groups { .. } => Endpoint::Groups,
            Self::Action { .. } => Endpoint::Action,
        }
    }

    pub(crate) fn method(&self) -> &'static str {
        match self {
            Self::Token | Self::Jwt | Self::Action { .. } => "POST",
            Self::Status
            | Self::Users { .. }
            | Self::User { .. }
            | Self::Members { .. }
            | Self::Groups { .. } => "GET",
        }
    }

    /// The organization in the path; token and status have none.
    pub(crate) fn org(&self) -> Option<&str> {
        match self {
            Self::Token | Self::Jwt | Self::Status => None,
            Self::Users { org, .. }
            | Self::User { org, .. }
            | Self::Members { org, .. }
            | Self::Groups { org, .. }
            | Self::Action { org } => Some(org),
        }
    }

    /// The page asked for, where there are pages.
    pub(crate) fn page(&self) -> Option<u64> {
        match self {
            Self::Users { page, .. } | Self::Members { page, .. } | Self::Groups { page, .. } => {
                page.parse().ok()
            }
            Self::Token | Self::Jwt | Self::Status | Self::User { .. } | Self::Action { .. } => None,
        }
    }

    /// The header by which answers name their endpoint.
    pub(crate) fn canonical(&self) -> Option<&'static str> {
        Some(match self {
            Self::Token | Self::Jwt | Self::Status => return None,
            Self::Users { .. } => "/v2/usermanagement/users/{orgId}/{page}",
            Self::User { .. } => "/v2/usermanagement/organizations/{orgId}/users/{userstring:.*}",
            Self::Members { .. } => "/v2/usermanagement/users/{orgId}/{page}/{groupName}",
            Self::Groups { .. } => "/v2/usermanagement/groups/{orgId}/{page}",
            Self::Action { .. } => "/v2/usermanagement/action/{orgId}",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_decoded_after_they_are_split() {
        let org = || "1A@AdobeOrg".to_owned();
        let group = "A/B C".to_owned();
        assert_eq!(
            Route::read("/v2/usermanagement/users/1A%40AdobeOrg/0/A%2FB%20C"),
            Some(Route::Members { org: org(), page: "0".into(), group })
        );
        assert_eq!(Route::read("/ims/token/v2/"), Some(Route::Token));
        assert_eq!(Route::read("/v2/usermanagement/action/1A@AdobeOrg"), Some(Route::Action { org: org() }));
        assert_eq!(Route::read("/v2/usermanagement/1A@AdobeOrg/users"), None);
    }
}
