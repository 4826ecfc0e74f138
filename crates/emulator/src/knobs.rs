//! What Adobe's documentation leaves open, or says one way while recorded answers say another.
//!
//! The defaults follow the documentation; where it is silent they follow what was recorded.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// The behaviour of one emulator. A seed file may hold any of these under `knobs`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Knobs {
    /// Commands in one action request, "maximum 10 objects" (Action API); more are refused whole with 400.
    pub max_commands: usize,
    /// Steps in one command: 10 ("action steps per command", Action API limits of 2017).
    pub max_steps: usize,
    /// Entries in one `add` or `remove` list: 10 by the Action API's text; servers were seen to allow 20.
    pub max_list: usize,
    /// Users per page: 2000 since April 2021 (release notes).
    pub page_size_users: usize,
    /// Groups per page: 400 since February 2020 (release notes).
    pub page_size_groups: usize,
    /// Calls per minute and client; `null` for no throttle at all.
    pub throttle: Option<Throttle>,
    /// Locks a client out that lists from page 0 too often; `null` (the default) for never.
    pub frequency_lock: Option<FrequencyLock>,
    /// How `Retry-After` is written; HTTP allows both (RFC 9110, 10.2.3).
    pub retry_after_format: RetryAfterFormat,
    /// The answer to a page beyond the last one.
    pub oob_page: BeyondLast,
    /// What test mode says about users that do not exist: fine by the documentation, an error in reports.
    pub test_mode_missing_user: Missing,
    /// What `removeFromOrg` says about such users: fine by the documentation, `error.user.nonexistent` as recorded.
    pub removefromorg_missing: Missing,
    /// Whether a group-side list that changes nothing is an error.
    pub ug_noop_add: NoChange,
    /// Whether a group-side list with some unknown users is an error or silently shorter.
    pub ug_unknown_user: UnknownMember,
    /// Milliseconds until a created user can be read and addressed by another command.
    pub read_lag_ms: u64,
    /// Seconds a token lives.
    pub token_ttl: u32,
    /// Whether creates of Enterprise and Federated users need first and last name.
    pub require_names: bool,
    /// Whether the username of an email-login user follows a new email.
    pub username_follows_email: bool,
    /// Whether usernames of Enterprise users are listed in upper case, as in every recorded answer.
    pub uppercase_enterprise: bool,
    /// Whether creating with an `option` a user whose email exists as Adobe ID "succeeds" and acts on that one.
    pub create_lands_on_adobe_id: bool,
    /// Whether only claimed domains may be added, Adobe IDs included (console setting "domain enforcement").
    pub domain_enforcement: bool,
    /// Accounts that `X-Total-Count` of the users listing counts and the rows do not show.
    pub technical_accounts: usize,
    /// Lists rows in an order made from this number instead of the order of creation.
    pub shuffle_rows: Option<u64>,
    /// Executes the commands of a request in an order made from this number: Adobe promises none.
    pub shuffle_commands: Option<u64>,
    /// Adds fields nobody knows to users, groups and envelopes: clients must ignore them.
    pub extra_fields: bool,
    /// Keys left out of every user, `id` for instance, which older answers lack.
    pub omit_user_fields: BTreeSet<String>,
    /// Keys left out of every group, `type` for instance.
    pub omit_group_fields: BTreeSet<String>,
    /// Keys left out of every page beside its rows, `lastPage` for instance.
    pub omit_page_fields: BTreeSet<String>,
    /// Sends `X-Request-Id` twice, as recorded.
    pub request_id_twice: bool,
    /// Accepts the JWT exchange, which Adobe ended in June 2025.
    pub jwt: bool,
    /// What `GET /status` calls its environment. Anything but `emulator` lets a test play a real server.
    pub environment: String,
}

impl Knobs {
    /// The defaults without throttle, for tests that are about something else.
    pub fn unthrottled() -> Self {
        Self { throttle: None, ..Self::default() }
    }
}

impl Default for Knobs {
    fn default() -> Self {
        Self {
            max_commands: 10,
            max_steps: 10,
            max_list: 10,
            page_size_users: 2000,
            page_size_groups: 400,
            throttle: Some(Throttle::default()),
            frequency_lock: None,
            retry_after_format: RetryAfterFormat::Seconds,
            oob_page: BeyondLast::Last,
            test_mode_missing_user: Missing::Ok,
            removefromorg_missing: Missing::Ok,
            ug_noop_add: NoChange::Ok,
            ug_unknown_user: UnknownMember::DropSilently,
            read_lag_ms: 0,
            token_ttl: 86_399,
            require_names: true,
            username_follows_email: true,
            uppercase_enterprise: true,
            create_lands_on_adobe_id: false,
            domain_enforcement: false,
            technical_accounts: 0,
            shuffle_rows: None,
            shuffle_commands: None,
            extra_fields: false,
            omit_user_fields: BTreeSet::new(),
            omit_group_fields: BTreeSet::new(),
            omit_page_fields: BTreeSet::new(),
            request_id_twice: false,
            jwt: false,
            environment: "emulator".into(),
        }
    }
}

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
