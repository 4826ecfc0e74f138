//! Adobe's JSON, read with leniency: unknown fields are ignored, missing ones tolerated, numbers and strings taken for
//! each other. What a listing means is never guessed, though: see [`page`].

use crate::answer::{Answer, Unreadable};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
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

fn truth(object: &Map<String, Value>, key: &str) -> Option<bool> {
    match object.get(key)? {
        Value::Bool(truth) => Some(*truth),
        Value::String(text) => text.trim().to_ascii_lowercase().parse().ok(),
        Value::Null | Value::Number(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// `result` must be `success`.
pub(crate) fn success(object: &Map<String, Value>) -> Result<(), Unreadable> {
    match text(object, "result") {
        Some(result) if result == "success" => Ok(()),
        Some(result) => Err(Unreadable(format!("its result is `{result}`, not `success`"))),
        None => Err(Unreadable("it has no result".to_owned())),
    }
}

/// One page of a listing.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) entries: Vec<Value>,
    pub(crate) is_last: bool,
    /// Adobe's count of the entries of all pages.
    pub(crate) total: Option<u64>,
    /// Adobe's count of pages.
    pub(crate) pages: Option<u64>,
}

/// Page `asked` with the list `list`. A page that leaves anything open is no page: a listing must never be shorter
/// than it is.
pub(crate) fn page(answer: &Answer, list: &str, asked: u64) -> Result<Page, Unreadable> {
    let mut object = answer.object()?;
    success(&object)?;
    if let Some(page) = answer.page.filter(|page| *page < asked) {
        return Err(Unreadable(format!("it is page {page}, not page {asked}")));
    }
    let is_last = match (truth(&object, "lastPage"), answer.page, answer.pages) {
        (Some(is_last), _, _) => is_last,
        (None, Some(page), Some(pages)) => page + 1 >= pages,
        (None, _, _) => return Err(Unreadable("it does not say whether it is the last page".to_owned())),
    };
    match object.remove(list) {
        Some(Value::Array(entries)) => {
            Ok(Page { entries, is_last, total: answer.total, pages: answer.pages })
        }
        Some(_) => Err(Unreadable(format!("its `{list}` are no list"))),
        None => Err(Unreadable(format!("it has no list of {list}"))),
    }
}

/// A page after one that called itself the last: `None` where there is none, in whatever way that is said (the last page
/// once more, `Not found` with 200 or 404, no rows).
pub(crate) fn page_beyond(answer: &Answer, list: &str, asked: u64) -> Result<Option<Page>, Unreadable> {
    if answer.status == 404 || answer.page.is_some_and(|page| page < asked) {
        return Ok(None);
    }
    if success(&answer.object()?).is_err() {
        return Ok(None);
    }
    Ok(Some(page(answer, list, asked)?).filter(|page| !page.entries.is_empty()))
}

/// What tells an entry of a page from others, as far as anything does.
pub(crate) fn name(entry: &Value) -> Option<String> {
    let object = entry.as_object()?;
    ["id", "email", "username", "groupName"].iter().find_map(|key| text(object, key))
}

/// The names of groups that a listing has met: users by the million name the same few thousand groups.
#[derive(Debug, Default)]
pub(crate) struct Names(BTreeMap<String, GroupName>);

impl Names {
    fn get(&mut self, spelling: String) -> GroupName {
        self.0.entry(spelling).or_insert_with_key(|spelling| GroupName::new(spelling)).clone()
    }
}

/// One user, or what is wrong with it. `position` names it where nothing else does.
pub(crate) fn user(entry: &Value, position: usize, names: &mut Names) -> Result<User, UnreadableUser> {
    let Value::Object(object) = entry else {
        return Err(UnreadableUser { who: format!("user {position}"), reason: "it is no object".to_owned() });
    };
    let id = text(object, "id");
    let username = text(object, "username");
    let who = || {
        let named = id.clone().or_else(|| text(object, "email")).or_else(|| username.clone());
        named.unwrap_or_else(|| format!("user {position}"))
    };
    let unreadable = |reason: &str| UnreadableUser { who: who(), reason: reason.to_owned() };
    // Where the email is missing, a username that is one stands in; an account without either cannot be matched.
    let email = text(object, "email").or_else(|| username.clone().filter(|name| name.contains('@')));
    let email = email.ok_or_else(|| unreadable("it has neither an email nor a username that is one"))?;
    let groups = match object.get("groups") {
        None | Some(Value::Null) => Sorted::new(),
        Some(Value::Array(listed)) => listed
            .iter()
            .map(|name| text_of(name).map(|name| names.get(name)))
            .collect::<Option<_>>()
            .ok_or_else(|| unreadable("one of its groups has no name"))?,
        Some(_) => return Err(unreadable("its groups are no list")),
    };
    let status = match text(object, "status") {
        Some(word) if !word.eq_ignore_ascii_case("active") => Status::Other(word.into()),
        Some(_) | None => Status::Active,
    };
    let kind = UserType::parse(&text(object, "type").unwrap_or_else(|| "missing".to_owned()));
    let [domain, first_name, last_name, country] =
        ["domain", "firstname", "lastname", "country"].map(|key| text(object, key));
    let texts = UserTexts {
        id: id.as_deref(),
        email: &email,
        username: username.as_deref(),
        domain: domain.as_deref(),
        first_name: first_name.as_deref(),
        last_name: last_name.as_deref(),
        country: country.as_deref(),
    };
    Ok(User::new(kind, status, groups, texts))
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
