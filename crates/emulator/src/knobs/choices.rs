//! The readings between which a knob chooses.

use serde::{Deserialize, Serialize};

/// The two forms of `Retry-After`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RetryAfterFormat {
    /// `Retry-After: 38`
    Seconds,
    /// `Retry-After: Sat, 21 Nov 2026 10:31:43 GMT`
    HttpDate,
}

/// What a page number beyond the last page gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BeyondLast {
    /// The last page again (parameter tables of the documentation).
    Last,
    /// 200 with `"result": "Not found"` and no rows (an example of the documentation).
    NotFound,
    /// 404, for which Adobe's own client is prepared.
    #[serde(rename = "404")]
    Http404,
}

/// What an operation on a user that does not exist gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Missing {
    /// Success.
    Ok,
    /// An error for the step.
    Error,
}

/// What a group-side list that changes nothing gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NoChange {
    /// Success.
    Ok,
    /// `error.user.already_exists` or `error.usergroup.user_list.invalid`.
    Error,
}

/// What a group-side list with known and unknown users gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UnknownMember {
    /// The known ones are taken, nobody hears of the others.
    DropSilently,
    /// `error.user.not_found`, none is taken.
    Error,
}

/// What `max_list` counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ListLimit {
    /// Each list by itself, `user` and `productConfiguration` of one step apart.
    PerList,
    /// All lists of one step together.
    PerStep,
    /// All `add` lists of a command together, and all its `remove` lists.
    PerCommand,
}

/// What `removeFromOrg` gives for a user that is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Departed {
    /// Success ("always", by the documentation).
    Ok,
    /// `error.user.nonexistent`, as in every recorded answer.
    Error,
    /// `error.internal.removefromorg`, as reported since.
    Internal,
}

/// What creating something that is there gives without `option`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Repeated {
    /// An error.
    Error,
    /// As `ignoreIfAlreadyExists`.
    Ignore,
    /// As `updateIfAlreadyExists`.
    Update,
}

/// What becomes of the known groups in a user's list with an unknown one; the step fails either way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UnknownGroup {
    /// Nothing.
    AppliesNone,
    /// They are taken.
    AppliesOthers,
}

/// What the id of another organization gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OtherOrganization {
    /// 401, as the list of errors says.
    Unauthorized,
    /// 400 `error.organization.invalid_id`, as its sample shows.
    BadRequest,
}
