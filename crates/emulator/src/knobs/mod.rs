//! What Adobe's documentation leaves open, or says one way while recorded answers say another.
//!
//! The defaults follow the documentation; where it is silent they follow what was recorded.

mod choices;
mod quotas;

pub use choices::{
    BeyondLast, Departed, ListLimit, Missing, NoChange, OtherOrganization, Repeated, RetryAfterFormat,
    UnknownGroup, UnknownMember,
};
pub use quotas::{FrequencyLock, Throttle};

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
    /// What those entries are counted over: the documentation says both "a maximum of 10 entries" of a list and
    /// "10 memberships in one command entry".
    pub list_limit: ListLimit,
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
    /// The status of throttled calls: 429; in 2017 the limit over all clients of an application gave 503.
    pub throttle_status: u16,
    /// The answer to a page beyond the last one.
    pub oob_page: BeyondLast,
    /// What test mode says about users that do not exist: fine by the documentation, an error in reports.
    pub test_mode_missing_user: Missing,
    /// What test mode says about a user group that only its own command would create; an error was reported once.
    pub test_mode_new_group: Missing,
    /// What `removeFromOrg` says about users that are not there: fine by the documentation, otherwise as recorded.
    pub removefromorg_missing: Departed,
    /// What creating somebody who is there gives without `option`: an error; before November 2022 it was skipped.
    pub create_existing_user: Repeated,
    /// What creating a user group that is there gives without `option`: an error, or a new description ("creates or
    /// updates").
    pub create_existing_group: Repeated,
    /// Whether `createUserGroup` needs a `name`, which the documentation calls required and nearly everybody omits.
    pub require_group_name: bool,
    /// What becomes of the known groups in a list with an unknown one.
    pub unknown_group: UnknownGroup,
    /// Whether an unknown profile is `plc.not_found`, as the documentation has it, and not `error.plc.not_found`.
    pub short_plc_code: bool,
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
    /// Whether Enterprise and Adobe IDs need a country too: optional by the documentation, refused by some
    /// organizations.
    pub require_country: bool,
    /// Characters in an email: 60 today, 64 in 2017.
    pub max_email: usize,
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
    /// Whether those accounts take room on the last pages, which then are shorter than they could be, or empty.
    pub technical_accounts_fill_pages: bool,
    /// Lists rows in an order made from this number instead of the order of creation.
    pub shuffle_rows: Option<u64>,
    /// With `shuffle_rows`: another order for every request, so that whoever walks the pages misses some and meets
    /// others twice.
    pub reshuffle_rows: bool,
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
    /// Writes `step` of errors as text, as the documentation says; every sample has a number.
    pub step_as_text: bool,
    /// Writes `licenseQuota` as a number where it is one; the documentation and its samples differ.
    pub quota_as_number: bool,
    /// Writes `memberCount` as text, as very old answers did.
    pub member_count_as_text: bool,
    /// Gives 401 the JSON body of the API itself instead of the gateway's empty one.
    pub unauthorized_body: bool,
    /// What a well-formed organization id that is not the token's gives.
    pub other_organization: OtherOrganization,
    /// Whether one user who is not there is a 200 whose `result` says so, as one client noted, and not a 404.
    pub user_not_found_is_200: bool,
    /// Refuses action requests whose `Content-Type` is not exactly `application/json`.
    pub bare_content_type: bool,
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
            list_limit: ListLimit::PerList,
            page_size_users: 2000,
            page_size_groups: 400,
            throttle: Some(Throttle::default()),
            frequency_lock: None,
            retry_after_format: RetryAfterFormat::Seconds,
            throttle_status: 429,
            oob_page: BeyondLast::Last,
            test_mode_missing_user: Missing::Ok,
            test_mode_new_group: Missing::Ok,
            removefromorg_missing: Departed::Ok,
            create_existing_user: Repeated::Error,
            create_existing_group: Repeated::Error,
            require_group_name: false,
            unknown_group: UnknownGroup::AppliesNone,
            short_plc_code: false,
            ug_noop_add: NoChange::Ok,
            ug_unknown_user: UnknownMember::DropSilently,
            read_lag_ms: 0,
            token_ttl: 86_399,
            require_names: true,
            require_country: false,
            max_email: 60,
            username_follows_email: true,
            uppercase_enterprise: true,
            create_lands_on_adobe_id: false,
            domain_enforcement: false,
            technical_accounts: 0,
            technical_accounts_fill_pages: false,
            shuffle_rows: None,
            reshuffle_rows: false,
            shuffle_commands: None,
            extra_fields: false,
            omit_user_fields: BTreeSet::new(),
            omit_group_fields: BTreeSet::new(),
            omit_page_fields: BTreeSet::new(),
            request_id_twice: false,
            step_as_text: false,
            quota_as_number: false,
            member_count_as_text: false,
            unauthorized_body: false,
            other_organization: OtherOrganization::Unauthorized,
            user_not_found_is_200: false,
            bare_content_type: false,
            jwt: false,
            environment: "emulator".into(),
        }
    }
}
