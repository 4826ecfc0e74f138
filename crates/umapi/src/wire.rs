//! Adobe's JSON, read with leniency: unknown fields are ignored, missing ones tolerated, numbers and strings taken for
//! each other. What a listing means is never guessed, though: see [`page`](crate::page).

use crate::answer::Unreadable;
use crate::lenient::{Any, Of, Plain, Take};
use crate::page::Mark;
use hashbrown::HashMap;
use serde::de::{DeserializeSeed as _, MapAccess, SeqAccess};
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::sync::{Mutex, PoisonError};
use umsync_engine::adobe::{Group, GroupKind, Status, UnreadableUser, User, UserTexts, UserType};
use umsync_engine::key::GroupName;
use umsync_engine::sorted::Sorted;

/// A text: a string that is not empty, or a number as written.
pub(crate) fn text(object: &Map<String, Value>, key: &str) -> Option<String> {
    text_of(object.get(key)?)
}

fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.trim().is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A count: a number, or a string that holds one.
pub(crate) fn number(object: &Map<String, Value>, key: &str) -> Option<u64> {
    match object.get(key)? {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.trim().parse().ok(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// `result` must be `success`.
pub(crate) fn success(object: &Map<String, Value>) -> Result<(), Unreadable> {
    is_success(text(object, "result").as_deref())
}

pub(crate) fn is_success(result: Option<&str>) -> Result<(), Unreadable> {
    match result {
        Some("success") => Ok(()),
        Some(result) => Err(Unreadable(format!("its result is `{result}`, not `success`"))),
        None => Err(Unreadable("it has no result".to_owned())),
    }
}

/// What tells an entry of a page from others, as far as anything does.
pub(crate) fn name(entry: &Value) -> Option<String> {
    let object = entry.as_object()?;
    ["id", "email", "username", "groupName"].iter().find_map(|key| text(object, key))
}

/// The names of groups that a listing has met: users by the million name the same few thousand groups.
#[derive(Debug, Default)]
pub(crate) struct Names(Mutex<HashMap<String, GroupName>>);

/// One entry of a list of users.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Listed {
    pub(crate) mark: Option<Mark>,
    user: Result<User, Nobody>,
}

/// What cannot be understood, with its name where it has one.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Nobody {
    who: Option<String>,
    reason: &'static str,
}

impl Listed {
    /// One user, or what is wrong with it. `position` names it where nothing else does.
    pub(crate) fn user(self, position: usize) -> Result<User, UnreadableUser> {
        self.user.map_err(|Nobody { who, reason }| UnreadableUser {
            who: who.unwrap_or_else(|| format!("user {position}")),
            reason: reason.to_owned(),
        })
    }
}

/// Reads an entry of a list of users.
pub(crate) fn users(names: &Names) -> Of<InUser<'_>> {
    Of(InUser(names))
}

/// One user, or what is wrong with it. `position` names it where nothing else does.
pub(crate) fn user(entry: &Value, position: usize, names: &Names) -> Result<User, UnreadableUser> {
    let listed = users(names).deserialize(entry);
    let listed = listed
        .map_err(|error| UnreadableUser { who: format!("user {position}"), reason: error.to_string() })?;
    listed.user(position)
}

/// Takes a user. Of a key that comes twice, the last value counts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct InUser<'n>(&'n Names);

/// The texts of an entry.
#[derive(Debug, Default)]
struct Texts<'a> {
    id: Option<Cow<'a, str>>,
    email: Option<Cow<'a, str>>,
    username: Option<Cow<'a, str>>,
    domain: Option<Cow<'a, str>>,
    first_name: Option<Cow<'a, str>>,
    last_name: Option<Cow<'a, str>>,
    country: Option<Cow<'a, str>>,
    kind: Option<Cow<'a, str>>,
    status: Option<Cow<'a, str>>,
    group: Option<Cow<'a, str>>,
}

impl<'a> Texts<'a> {
    fn of(&mut self, key: &str) -> Option<&mut Option<Cow<'a, str>>> {
        Some(match key {
            "id" => &mut self.id,
            "email" => &mut self.email,
            "username" => &mut self.username,
            "domain" => &mut self.domain,
            "firstname" => &mut self.first_name,
            "lastname" => &mut self.last_name,
            "country" => &mut self.country,
            "type" => &mut self.kind,
            "status" => &mut self.status,
            "groupName" => &mut self.group,
            _ => return None,
        })
    }

    fn listed(self, groups: InGroups) -> Listed {
        let Self { id, email, username, domain, first_name, last_name, country, kind, status, group } = self;
        let named = id.as_deref().or(email.as_deref()).or(username.as_deref());
        let mark = named.or(group.as_deref()).map(Mark::of);
        let nobody = |reason| Listed { mark, user: Err(Nobody { who: named.map(str::to_owned), reason }) };
        // Where the email is missing, a username that is one stands in; an account without either cannot be matched.
        let stands_in = username.as_deref().filter(|name| name.contains('@'));
        let Some(email) = email.as_deref().or(stands_in) else {
            return nobody("it has neither an email nor a username that is one");
        };
        let groups = match groups {
            InGroups::Named(groups) => groups,
            InGroups::Nameless => return nobody("one of its groups has no name"),
            InGroups::NoList => return nobody("its groups are no list"),
        };
        let status = match status {
            Some(word) if !word.eq_ignore_ascii_case("active") => Status::Other(word.into()),
            Some(_) | None => Status::Active,
        };
        let texts = UserTexts {
            id: id.as_deref(),
            email,
            username: username.as_deref(),
            domain: domain.as_deref(),
            first_name: first_name.as_deref(),
            last_name: last_name.as_deref(),
            country: country.as_deref(),
        };
        let user = User::new(UserType::parse(kind.as_deref().unwrap_or("missing")), status, groups, texts);
        Listed { mark, user: Ok(user) }
    }
}

impl<'de> Take<'de> for InUser<'_> {
    type Taken = Listed;

    fn plain(self, _: Plain<'de>) -> Listed {
        Listed { mark: None, user: Err(Nobody { who: None, reason: "it is no object" }) }
    }

    fn object<A: MapAccess<'de>>(self, mut object: A) -> Result<Listed, A::Error> {
        let (mut texts, mut groups) = (Texts::default(), InGroups::Named(Sorted::new()));
        while let Some(key) = object.next_key_seed(Of(Any))? {
            let Plain::Text(key) = key else { continue };
            if key == "groups" {
                groups = object.next_value_seed(Of(Groups(self.0)))?;
                continue;
            }
            let value = object.next_value_seed(Of(Any))?;
            if let Some(place) = texts.of(&key) {
                *place = value.text();
            }
        }
        Ok(texts.listed(groups))
    }
}

/// What an entry says of its groups.
#[derive(Debug)]
enum InGroups {
    Named(Sorted<GroupName>),
    /// One of them has no name.
    Nameless,
    NoList,
}

/// Takes the groups of a user.
struct Groups<'n>(&'n Names);

impl<'de> Take<'de> for Groups<'_> {
    type Taken = InGroups;

    fn plain(self, value: Plain<'de>) -> InGroups {
        match value {
            Plain::Null => InGroups::Named(Sorted::new()),
            _ => InGroups::NoList,
        }
    }

    fn list<A: SeqAccess<'de>>(self, mut list: A) -> Result<InGroups, A::Error> {
        // Nothing is half done where somebody panicked.
        let mut known = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut groups, mut nameless) = (Vec::new(), false);
        while let Some(name) = list.next_element_seed(Of(Any))? {
            match name.text() {
                Some(name) => {
                    let name = known.entry_ref(&*name).or_insert_with(|| GroupName::new(&name));
                    groups.push(name.clone());
                }
                None => nameless = true,
            }
        }
        Ok(if nameless { InGroups::Nameless } else { InGroups::Named(groups.into()) })
    }
}

/// One group; `None` for an entry without a name, which nothing could ever refer to.
pub(crate) fn group(entry: &Value) -> Option<Group> {
    let object = entry.as_object()?;
    let kind = match text(object, "type") {
        Some(word) if word.eq_ignore_ascii_case("USER_GROUP") => GroupKind::UserGroup,
        Some(word) if word.eq_ignore_ascii_case("PRODUCT_PROFILE") => GroupKind::ProductProfile,
        // SYSADMIN_GROUP, DEPLOYMENT_ADMIN_GROUP, …, CONTRACT_ADMIN_GROUP, DEVELOPER_GROUP.
        Some(word) if word.ends_with("ADMIN_GROUP") || word == "DEVELOPER_GROUP" => {
            GroupKind::Administrative(word)
        }
        other => GroupKind::Unknown(other),
    };
    Some(Group {
        name: GroupName::new(&text(object, "groupName")?),
        kind,
        id: number(object, "groupId").and_then(|id| id.try_into().ok()),
        member_count: number(object, "memberCount"),
        // A number, a string with one, or "UNLIMITED".
        quota: number(object, "licenseQuota"),
        product: text(object, "productName"),
        admins: text(object, "adminGroupName").map(|name| GroupName::new(&name)),
    })
}

#[cfg(test)]
mod tests;
