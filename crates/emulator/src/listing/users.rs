//! Users: all of them, those of a group, one.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use super::paging::{Cut, bad_page, beyond};
use super::season;
use crate::answer::Answer;
use crate::call::Call;
use crate::knobs::Knobs;
use crate::mix::mix;
use crate::org::{Account, AccountType, Found, GroupKind, Org, Quota, Status, fold};
use crate::world::World;

/// What a row shows of the memberships.
#[derive(Clone, Copy)]
struct Shown {
    groups: bool,
    inherited: bool,
}

impl World {
    /// `GET /users/{org}/{page}`
    pub(crate) fn users_page(&self, call: &Call, page: &str, now: DateTime<Utc>) -> Answer {
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
        self.page_of(page, rows.collect(), shown, Map::new(), self.knobs.technical_accounts)
    }

    /// `GET /users/{org}/{page}/{group}`
    pub(crate) fn members_page(&self, call: &Call, page: &str, group: &str, now: DateTime<Utc>) -> Answer {
        let (name, members) = match self.org.find_group(group) {
            Some(Found::Group(number)) => {
                (self.org.group_record(number).name.clone(), self.members_for(call, number))
            }
            // The administrators of a group that has none: nobody, rather than not found.
            Some(Found::Dormant { name, .. }) => (name, BTreeSet::new()),
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
        self.page_of(page, rows.collect(), shown, more, 0)
    }

    /// All members, or "only users that have a direct membership" for `directOnly=true`; `status` separates those
    /// with a seat from those without.
    fn members_for(&self, call: &Call, group: u64) -> BTreeSet<u64> {
        let record = self.org.group_record(group);
        if record.kind != GroupKind::ProductProfile {
            return self.org.direct(group).clone();
        }
        let all = self.org.all_members(group);
        // Who has a seat is not documented; here it is who is longest in the organization, directly or not.
        let seats = match record.quota {
            Some(Quota::Seats(seats)) => usize::try_from(seats).unwrap_or(usize::MAX),
            Some(Quota::Unlimited) | None => usize::MAX,
        };
        let licensed: BTreeSet<u64> = all.iter().copied().take(seats).collect();
        let mut members = if call.flag("directOnly", false) { self.org.direct(group).clone() } else { all };
        match call.in_query("status").as_deref() {
            Some("active") => members.retain(|number| licensed.contains(number)),
            Some("inactive") => members.retain(|number| !licensed.contains(number)),
            _ => {}
        }
        members
    }

    fn page_of(
        &self,
        page: &str,
        mut rows: Vec<(u64, &Account)>,
        shown: Shown,
        more: Map<String, Value>,
        uncounted: usize,
    ) -> Answer {
        let Ok(number) = page.parse() else {
            return bad_page(page);
        };
        let knobs = &self.knobs;
        if let Some(seed) = knobs.shuffle_rows {
            rows.sort_by_cached_key(|(number, _)| mix(seed, *number));
        }
        let Some(cut) = Cut::of(rows.len(), knobs.page_size_users, number, knobs.oob_page) else {
            return beyond();
        };
        let rows = rows[cut.rows.clone()]
            .iter()
            .map(|(_, account)| Value::Object(row(&self.org, knobs, account, shown)))
            .collect();
        cut.page("users", rows, more, uncounted, knobs)
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
            return Answer::refusal(404, "error.user.not_found", format!("User not found {user}"));
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
