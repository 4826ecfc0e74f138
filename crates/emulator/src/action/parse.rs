//! Reading a command: all of it, before any of it runs.
//!
//! What is wrong with its form keeps the whole command from running, every wrong step with its own error.

use serde_json::{Map, Value};

use super::Failure;
use super::create::Create;
use super::fields::{LONGEST_NAME, boolean, object, only, text};
use super::lists::{self, Entries, LONGEST_GROUP, List};
use super::update::Update;
use crate::knobs::{Knobs, Repeated};

/// A well-formed command.
#[derive(Debug)]
pub(super) struct Command {
    pub(super) root: String,
    pub(super) request_id: Option<String>,
    pub(super) order: Order,
}

#[derive(Debug)]
pub(super) enum Order {
    User(UserOrder),
    Group(Vec<(usize, GroupStep)>),
}

#[derive(Debug)]
pub(super) struct UserOrder {
    pub(super) user: String,
    pub(super) domain: Option<String>,
    pub(super) adobe_id: bool,
    pub(super) steps: Vec<(usize, UserStep)>,
}

#[derive(Debug)]
pub(super) enum UserStep {
    Create(Create),
    Update(Update),
    Add(Vec<List>),
    Remove(Vec<List>),
    RemoveAll,
    RemoveFromOrg { delete: bool },
}

#[derive(Debug)]
pub(super) enum GroupStep {
    Create { named: bool, description: Option<String>, option: Option<IfExists> },
    Update { name: Option<String>, description: Option<String> },
    Delete,
    Add(Vec<List>),
    Remove(Vec<List>),
}

/// `option` of the creating steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum IfExists {
    Ignore,
    Update,
}

type Failures = Vec<(usize, Failure)>;

/// Where a step stands in its command, and what came before it.
#[derive(Debug, Default)]
struct Place {
    at: usize,
    last: bool,
    created: bool,
    entries: Entries,
}

impl Command {
    pub(super) fn read(command: &Value, knobs: &Knobs) -> Result<Self, Failures> {
        let whole = |failure| vec![(0, failure)];
        let Some(fields) = command.as_object() else {
            return Err(whole(Failure::new("error.command.malformed", "Expected a command object")));
        };
        let known = ["user", "usergroup", "domain", "useAdobeID", "requestID", "do"];
        only(fields, &known, "error.command.illegal_entry", "entry").map_err(whole)?;
        let expected = "error.command.string_expected";
        let user = text(fields, "user", LONGEST_NAME, expected).map_err(whole)?;
        let group = text(fields, "usergroup", LONGEST_GROUP, expected).map_err(whole)?;
        let request_id = text(fields, "requestID", usize::MAX, expected).map_err(whole)?;
        match (user, group) {
            (Some(user), None) if !user.is_empty() => {
                let order = UserOrder::read(user.clone(), fields, knobs)?;
                Ok(Self { root: user, request_id, order: Order::User(order) })
            }
            (None, Some(group)) if !group.is_empty() => {
                if fields.contains_key("domain") || fields.contains_key("useAdobeID") {
                    let message = "domain and useAdobeID belong to user commands";
                    return Err(whole(Failure::new("error.command.illegal_entry", message)));
                }
                let steps = steps(fields, knobs, |key, value, place| group_step(key, value, place, knobs))?;
                Ok(Self { root: group, request_id, order: Order::Group(steps) })
            }
            (Some(_), Some(_)) => {
                let message = "A command is for a user or for a user group";
                Err(whole(Failure::new("error.command.illegal_entry", message)))
            }
            _ => {
                let message = "Missing user or usergroup in command";
                Err(whole(Failure::new("error.command.user_usergroup.missing", message)))
            }
        }
    }
}

impl UserOrder {
    fn read(user: String, fields: &Map<String, Value>, knobs: &Knobs) -> Result<Self, Failures> {
        let whole = |failure| vec![(0, failure)];
        let domain =
            text(fields, "domain", LONGEST_NAME, "error.command.domain.string_expected").map_err(whole)?;
        let adobe_id = boolean(fields, "useAdobeID").map_err(whole)?;
        match (&domain, user.contains('@')) {
            (None, false) => {
                let message = format!("Domain is missing for username: {user}");
                return Err(whole(Failure::new("error.command.domain.missing", message)));
            }
            (Some(_), true) => {
                let code = "error.command.domain.must_be_used_with_nonemail_username";
                let message = format!("Domain must only be used with a non-email username: {user}");
                return Err(whole(Failure::new(code, message)));
            }
            _ => {}
        }
        let steps = steps(fields, knobs, |key, value, place| user_step(key, value, place, knobs))?;
        Ok(Self { user, domain, adobe_id, steps })
    }
}

/// Reads `do`. A step object may hold several keys, as old examples show; they share its number.
fn steps<T>(
    fields: &Map<String, Value>,
    knobs: &Knobs,
    mut read: impl FnMut(&str, &Value, &mut Place) -> Result<T, Failure>,
) -> Result<Vec<(usize, T)>, Failures> {
    let entries = fields.get("do").and_then(Value::as_array).filter(|entries| !entries.is_empty());
    let Some(entries) = entries else {
        let message = "Expected an array of steps in command";
        return Err(vec![(0, Failure::new("error.command.steps.malformed", message))]);
    };
    if entries.len() > knobs.max_steps {
        let failure =
            Failure::new("error.command.add_remove.list_too_long", lists::too_long(knobs.max_steps));
        return Err(vec![(knobs.max_steps, failure)]);
    }
    let mut steps = Vec::new();
    let mut failures = Vec::new();
    let mut place = Place::default();
    for (at, entry) in entries.iter().enumerate() {
        let Some(entry) = entry.as_object().filter(|entry| !entry.is_empty()) else {
            failures.push((at, Failure::new("error.command.step.unknown", "Expected a step object")));
            continue;
        };
        (place.at, place.last) = (at, at + 1 == entries.len());
        for (key, value) in entry {
            match read(key, value, &mut place) {
                Ok(step) => steps.push((at, step)),
                Err(failure) => failures.push((at, failure)),
            }
        }
    }
    if failures.is_empty() { Ok(steps) } else { Err(failures) }
}

fn user_step(key: &str, value: &Value, place: &mut Place, knobs: &Knobs) -> Result<UserStep, Failure> {
    // "product", "productConfiguration" and "usergroup" are the old names of "group".
    let keys = ["group", "product", "productConfiguration", "usergroup"];
    match key {
        "addAdobeID" | "createEnterpriseID" | "createFederatedID" => {
            creating(key, place)?;
            Ok(UserStep::Create(Create::read(key, object(key, value)?, knobs)?))
        }
        "update" => Ok(UserStep::Update(Update::read(object(key, value)?)?)),
        "add" => Ok(UserStep::Add(lists::read(key, value, &keys, &mut place.entries, knobs)?)),
        "remove" if value == "all" => Ok(UserStep::RemoveAll),
        "remove" => Ok(UserStep::Remove(lists::read(key, value, &keys, &mut place.entries, knobs)?)),
        "removeFromOrg" => {
            let fields = object(key, value)?;
            only(fields, &["deleteAccount"], "error.command.illegal_entry", key)?;
            let delete = boolean(fields, "deleteAccount")?;
            if !place.last {
                let message = "removeFromOrg must be the last step";
                return Err(Failure::new("error.command.removefromorg.not_last", message));
            }
            Ok(UserStep::RemoveFromOrg { delete })
        }
        _ => Err(unknown(key)),
    }
}

fn group_step(key: &str, value: &Value, place: &mut Place, knobs: &Knobs) -> Result<GroupStep, Failure> {
    let keys = ["user", "productConfiguration"];
    let expected = "error.command.create.string_expected";
    let description = |fields: &Map<String, Value>| text(fields, "description", usize::MAX, expected);
    match key {
        "createUserGroup" => {
            creating(key, place)?;
            let fields = object(key, value)?;
            only(fields, &["name", "description", "option"], "error.command.create.key.unknown", key)?;
            // "name" is called required and every client leaves it out; the root's name is the one that counts.
            let named = text(fields, "name", usize::MAX, expected)?.is_some();
            let option = if_exists(fields, knobs.create_existing_group)?;
            Ok(GroupStep::Create { named, description: description(fields)?, option })
        }
        "updateUserGroup" => {
            let fields = object(key, value)?;
            only(fields, &["name", "description"], "error.command.illegal_entry", key)?;
            let name = text(fields, "name", usize::MAX, expected)?;
            Ok(GroupStep::Update { name, description: description(fields)? })
        }
        "deleteUserGroup" => {
            if !object(key, value)?.is_empty() {
                let message = "deleteUserGroup expects an empty object";
                return Err(Failure::new("error.command.object_not_empty", message));
            }
            Ok(GroupStep::Delete)
        }
        "add" => Ok(GroupStep::Add(lists::read(key, value, &keys, &mut place.entries, knobs)?)),
        "remove" => Ok(GroupStep::Remove(lists::read(key, value, &keys, &mut place.entries, knobs)?)),
        _ => Err(unknown(key)),
    }
}

fn unknown(key: &str) -> Failure {
    Failure::new("error.command.step.unknown", format!("Unknown step in command: {key}"))
}

fn creating(key: &str, place: &mut Place) -> Result<(), Failure> {
    if place.created {
        let message = format!("More than one create in command: {key}");
        return Err(Failure::new("error.command.create.more_than_one", message));
    }
    if place.at > 0 {
        let message = format!("{key} must be the first step");
        return Err(Failure::new("error.command.create.not_first", message));
    }
    place.created = true;
    Ok(())
}

/// What the step asks for, or else what is done unasked.
pub(super) fn if_exists(fields: &Map<String, Value>, unasked: Repeated) -> Result<Option<IfExists>, Failure> {
    match text(fields, "option", LONGEST_NAME, "error.command.create.string_expected")?.as_deref() {
        None => Ok(match unasked {
            Repeated::Error => None,
            Repeated::Ignore => Some(IfExists::Ignore),
            Repeated::Update => Some(IfExists::Update),
        }),
        Some("ignoreIfAlreadyExists") => Ok(Some(IfExists::Ignore)),
        Some("updateIfAlreadyExists") => Ok(Some(IfExists::Update)),
        Some(other) => Err(Failure::new("error.option.illegal", format!("Illegal option: {other}"))),
    }
}
