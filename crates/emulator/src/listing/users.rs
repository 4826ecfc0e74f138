//! Users: all of them, those of a group, one.

use std::borrow::Cow;
use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use super::paging::{Cut, bad_page, beyond};
use super::season;
use crate::action::LONGEST_GROUP;
use crate::answer::Answer;
use crate::call::Call;
use crate::fault::Effect;
use crate::knobs::Knobs;
use crate::org::{Account, AccountType, Found, GroupKind, Org, Status, fold};
use crate::world::World;

/// What a row shows of the memberships.
#[derive(Clone, Copy)]
struct Shown {
    groups: bool,
    inherited: bool,
}

/// What a page is cut from.
struct Rows<'a> {
    rows: Vec<(u64, &'a Account)>,
    shown: Shown,
    /// Accounts that are counted and never listed.
    technical: usize,
}

impl World {
    /// `GET /users/{org}/{page}`
    pub(crate) fn users_page(
        &self,
        call: &Call,
        page: &str,
        effects: &[Effect],
        now: DateTime<Utc>,
    ) -> Answer {
        let domain = call.in_query("domain");
        if let Some(domain) = &domain
            && self.org.domain(domain).is_none()
        {
            let text = format!("Domain not found: {domain}");
            return Answer::json(
                404,
                json!({"lastPage": false, "result": "error.domain.trust.nonexistent", "message": text}),
            );
        }
        let rows = self.org.accounts().filter(|(_, account)| {
            account.visible(now) && account.status == Status::Active && of_domain(account, domain.as_deref())
        });
        let shown = Shown { groups: true, inherited: !call.flag("directOnly", true) };
        let technical = self.knobs.technical_accounts;
        self.page_of(page, Rows { rows: rows.collect(), shown, technical }, Map::new(), effects)
    }

    /// `GET /users/{org}/{page}/{group}`
    pub(crate) fn members_page(
        &self,
        call: &Call,
        page: &str,
        group: &str,
        effects: &[Effect],
        now: DateTime<Utc>,
    ) -> Answer {
        if group.trim().is_empty() || group.chars().count() > LONGEST_GROUP {
            return Answer::refusal(
                400,
                "error.group.invalid_name",
                format!("Group name is invalid: {group}"),
            );
        }
        let (name, members) = match self.org.find_group(group) {
            Some(Found::Group(number)) => {
                (self.org.group_record(number).name.clone(), self.members_for(call, number))
            }
            // The administrators of a group that has none: nobody, rather than not found.
            Some(Found::Dormant { name, .. }) => (name, Cow::Owned(BTreeSet::new())),
            None => {
                let text = format!("Not found: {group}");
                return Answer::json(
                    404,
                    json!({"lastPage": false, "result": "error.group.not_found", "message": text}),
                );
            }
        };
        let domain = call.in_query("domain");
        let rows =
            members.iter().map(|number| (*number, self.org.account(*number))).filter(|(_, account)| {
                account.visible(now)
                    && account.status != Status::Removed
                    && of_domain(account, domain.as_deref())
            });
        let shown =
            Shown { groups: !call.flag("excludeGroups", false), inherited: !call.flag("directOnly", true) };
        let more = Map::from_iter([("groupName".to_owned(), json!(name))]);
        self.page_of(page, Rows { rows: rows.collect(), shown, technical: 0 }, more, effects)
    }

    /// All members, or "only users that have a direct membership" for `directOnly=true`; `status` separates those
    /// with a seat from those without.
    fn members_for(&self, call: &Call, group: u64) -> Cow<'_, BTreeSet<u64>> {
        if self.org.group_record(group).kind != GroupKind::ProductProfile {
            return Cow::Borrowed(self.org.direct(group));
        }
        let mut members = if call.flag("directOnly", false) {
            Cow::Borrowed(self.org.direct(group))
        } else {
            self.org.all_members(group)
        };
        let waiting = || BTreeSet::from_iter(self.org.waiting(group));
        match call.in_query("status").as_deref() {
            Some("active") => {
                let waiting = waiting();
                members.to_mut().retain(|number| !waiting.contains(number));
            }
            Some("inactive") => {
                let waiting = waiting();
                members.to_mut().retain(|number| waiting.contains(number));
            }
            _ => {}
        }
        members
    }

    fn page_of(&self, page: &str, rows: Rows<'_>, more: Map<String, Value>, effects: &[Effect]) -> Answer {
        let Ok(number) = page.parse() else {
            return bad_page(page);
        };
        let Rows { mut rows, shown, technical } = rows;
        let knobs = &self.knobs;
        self.shuffle(&mut rows);
        let Some(cut) = Cut::of(rows.len(), technical, knobs.page_size_users, number, knobs) else {
            return beyond(knobs);
        };
        let cut = cut.shifted(rows.len(), effects);
        let rows = rows[cut.rows.clone()]
            .iter()
            .map(|(_, account)| Value::Object(row(&self.org, knobs, account, shown)))
            .collect();
        cut.page("users", rows, more, knobs)
    }

    /// `GET /organizations/{org}/users/{user}`
    pub(crate) fn one_user(&self, call: &Call, user: &str, now: DateTime<Utc>) -> Answer {
        let domain = call.in_query("domain");
        let found = self
            .org
            .resolve(user, domain.as_deref())
            .into_iter()
            .find(|(_, account)| account.visible(now) && account.status == Status::Active);
        let Some((_, account)) = found else {
            let status = if self.knobs.user_not_found_is_200 { 200 } else { 404 };
            return Answer::refusal(status, "error.user.not_found", format!("User not found {user}"));
        };
        let shown = Shown { groups: true, inherited: !call.flag("directOnly", true) };
        let envelope = Map::from_iter([("result".to_owned(), json!("success"))]);
        let mut envelope = season(envelope, &BTreeSet::new(), &self.knobs);
        envelope.insert("user".into(), Value::Object(row(&self.org, &self.knobs, account, shown)));
        Answer::json(200, Value::Object(envelope))
    }
}

fn of_domain(account: &Account, domain: Option<&str>) -> bool {
    domain.is_none_or(|domain| account.domain == fold(domain))
}

/// A user as listings show it: "properties that are not populated will not be returned" (users pages).
fn row(org: &Org, knobs: &Knobs, account: &Account, shown: Shown) -> Map<String, Value> {
    let mut row = Map::new();
    let kind = account.shown_type.as_deref().unwrap_or(account.kind.name());
    // Recorded: every Enterprise username is its email in upper case, while `email` keeps its own.
    let username = if account.kind == AccountType::Enterprise && knobs.uppercase_enterprise {
        account.username.to_uppercase()
    } else {
        account.username.clone()
    };
    row.insert("id".into(), json!(account.id));
    row.insert("email".into(), json!(account.email));
    row.insert("status".into(), json!(account.status.name()));
    row.insert("username".into(), json!(username));
    row.insert("domain".into(), json!(account.domain));
    row.insert("type".into(), json!(kind));
    let optional =
        [("firstname", &account.firstname), ("lastname", &account.lastname), ("country", &account.country)];
    for (key, value) in optional {
        if let Some(value) = value {
            row.insert(key.into(), json!(value));
        }
    }
    if shown.groups {
        let mut groups = account.groups.clone();
        if shown.inherited {
            for group in &account.groups {
                groups.extend(&org.group_record(*group).profiles);
            }
        }
        if !groups.is_empty() {
            row.insert("groups".into(), json!(org.names(groups.into_iter())));
        }
    }
    season(row, &knobs.omit_user_fields, knobs)
}
