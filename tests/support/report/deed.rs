//! Deeds: what a report says was done, what the emulator's log says was carried out, what is different at Adobe.

use super::Mark;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use umsync_emulator::{Endpoint, Entry, GroupKind, Running, User};

/// One thing done to one user or group; both in lower case, `join design` for instance.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Deed {
    pub(super) target: String,
    pub(super) what: String,
}

pub(super) type Deeds = BTreeSet<Deed>;

impl Deed {
    fn new(target: &str, what: &str) -> Self {
        Self { target: target.to_lowercase(), what: what.trim().to_lowercase() }
    }

    /// From a change in a report's JSON.
    pub(crate) fn of_change(change: &Value) -> Self {
        let user = change.pointer("/target/user/email").or_else(|| change.pointer("/target/group"));
        let target = user.and_then(Value::as_str).expect("a target");
        let word = super::word(&change["what"]);
        let more = &change["what"][word];
        let more =
            ["group", "field", "profile"].into_iter().find_map(|key| more[key].as_str()).unwrap_or_default();
        let more = if word == "update" { more.replace('_', " ") } else { more.to_owned() };
        Self::new(target, &format!("{word} {more}"))
    }

    /// The same as a push tells it, which does not know what it makes and what is there.
    pub(super) fn pushed(self) -> Self {
        let what = match self.what.as_str() {
            "create_group" => "push_group",
            "create_user" | "update first name" | "update last name" => "push_user",
            other => other,
        };
        Self { what: what.to_owned(), target: self.target }
    }

    /// Whether it is so, however it came to be so.
    pub(super) fn holds(&self, adobe: &Running) -> bool {
        let is_it = |name: &str| name.to_lowercase() == self.target;
        let user = || adobe.users().into_iter().find(|user| is_it(&user.email));
        match self.what.split_once(' ').unwrap_or((&self.what, "")) {
            ("push_group", _) => adobe.groups().iter().any(|group| is_it(&group.name)),
            ("push_user", _) => user().is_some(),
            ("join", name) => {
                user().is_some_and(|user| user.groups.iter().any(|group| group.to_lowercase() == name))
            }
            (other, _) => panic!("{other} is nothing that a push does"),
        }
    }

    /// From the cells of a report's table, which an apostrophe keeps from being formulas.
    pub(super) fn of_cells(target: &str, change: &str, field: &str) -> Self {
        let field = field.strip_prefix('\'').unwrap_or(field);
        let target = target.strip_prefix('\'').unwrap_or(target);
        Self::new(target, &format!("{change} {field}"))
    }
}

/// What action requests asked for and Adobe called good; and what they asked for without an answer that tells.
pub(super) fn carried_out(mark: &Mark, log: &[Entry]) -> (Deeds, Deeds) {
    let (mut sent, mut perhaps) = (Deeds::new(), Deeds::new());
    for call in log.iter().filter(|call| call.endpoint == Some(Endpoint::Action) && !call.test_only) {
        let answer = call.answer.as_ref().filter(|_| call.status == Some(200));
        for (at, command) in call.commands.iter().enumerate() {
            let deeds = asked(mark, command);
            match answer {
                None => perhaps.extend(deeds),
                Some(answer) if is_refused(answer, at) => perhaps.extend(deeds),
                Some(_) => sent.extend(deeds),
            }
        }
    }
    (sent, perhaps)
}

fn is_refused(answer: &Value, command: usize) -> bool {
    let errors = answer["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
    errors.iter().any(|error| error["index"] == command)
        || (errors.is_empty() && answer["notCompleted"].as_u64() != Some(0))
}

fn asked(mark: &Mark, command: &Value) -> Vec<Deed> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_lowercase();
    let names = |list: &Value| -> Vec<String> { list.as_array().into_iter().flatten().map(text).collect() };
    let group = command["usergroup"].as_str();
    let root = text(if group.is_some() { &command["usergroup"] } else { &command["user"] });
    // A bare username is told by the email behind it.
    let known = mark.users.iter().find(|user| user.username.to_lowercase() == root && !root.contains('@'));
    let made = command["do"][0].as_object().and_then(|step| step.values().next());
    let made = made.and_then(|step| step["email"].as_str()).filter(|_| !root.contains('@'));
    let root = known.map(|user| user.email.to_lowercase()).or(made.map(str::to_lowercase)).unwrap_or(root);
    let mut deeds = Vec::new();
    for step in command["do"].as_array().into_iter().flatten() {
        let (name, more) = step.as_object().and_then(|step| step.iter().next()).expect("a step");
        match (name.as_str(), group) {
            ("createUserGroup", _) => deeds.push(Deed::new(&root, "create_group")),
            ("createFederatedID" | "createEnterpriseID" | "addAdobeID", _) => {
                deeds.push(Deed::new(&root, "create_user"));
            }
            ("update", None) => {
                for (field, word) in [
                    ("email", "email"),
                    ("username", "username"),
                    ("firstname", "first name"),
                    ("lastname", "last name"),
                ] {
                    let given = more.get(field).map(|_| Deed::new(&root, &format!("update {word}")));
                    deeds.extend(given);
                }
            }
            ("add" | "remove", group) => {
                let verb = if name == "add" { "join" } else { "lose" };
                for other in names(&more[if group.is_some() { "user" } else { "group" }]) {
                    let (user, group) = if group.is_some() { (&other, &root) } else { (&root, &other) };
                    deeds.push(Deed::new(user, &format!("{verb} {group}")));
                }
                for profile in names(&more["productConfiguration"]).into_iter().filter(|_| group.is_some()) {
                    deeds.push(Deed::new(&root, &format!("attach {profile}")));
                }
            }
            ("updateUserGroup", _) => deeds.push(Deed::new(&root, "describe")),
            ("removeFromOrg", None) => {
                let deletes = more["deleteAccount"] == true;
                deeds.push(Deed::new(&root, if deletes { "delete" } else { "leave" }));
            }
            (other, _) => panic!("{other} is a step that nobody counts"),
        }
    }
    deeds
}

/// What is different at Adobe since then, account by account, by their ids.
pub(super) fn changed(mark: &Mark, adobe: &Running) -> Deeds {
    let mut deeds = Deeds::new();
    let groups = adobe.groups().into_iter().filter(|group| group.kind == GroupKind::UserGroup);
    let new = groups.filter(|group| !mark.groups.contains(&group.name));
    for group in new {
        deeds.insert(Deed::new(&group.name, "create_group"));
        deeds.extend(group.description.iter().map(|_| Deed::new(&group.name, "describe")));
        let attached = group.profiles.iter();
        deeds.extend(attached.map(|profile| Deed::new(&group.name, &format!("attach {profile}"))));
    }

    let state = adobe.state();
    let by_id = |users: Vec<User>| -> BTreeMap<String, User> {
        users.into_iter().map(|user| (user.id.clone(), user)).collect()
    };
    let (before, now, kept) =
        (by_id(mark.users.clone()), by_id(state.users()), by_id(state.directory_users()));
    for (id, old) in &before {
        match now.get(id) {
            Some(new) => deeds.extend(differences(old, new)),
            None => {
                let what = if kept.contains_key(id) { "leave" } else { "delete" };
                deeds.insert(Deed::new(&old.email, what));
            }
        }
    }
    for new in now.iter().filter(|(id, _)| !before.contains_key(*id)).map(|(_, new)| new) {
        deeds.insert(Deed::new(&new.email, "create_user"));
        deeds.extend(new.groups.iter().map(|group| Deed::new(&new.email, &format!("join {group}"))));
    }
    deeds
}

fn differences(old: &User, new: &User) -> Vec<Deed> {
    // The username of somebody who logs in by email follows it.
    let follows = new.username.eq_ignore_ascii_case(&new.email);
    let fields = [
        ("email", old.email != new.email),
        ("username", old.username != new.username && !follows),
        ("first name", old.firstname != new.firstname),
        ("last name", old.lastname != new.lastname),
    ];
    let fields = fields.into_iter().filter(|(_, differs)| *differs);
    let mut deeds: Vec<Deed> =
        fields.map(|(field, _)| Deed::new(&old.email, &format!("update {field}"))).collect();
    let joined = new.groups.iter().filter(|group| !old.groups.contains(group));
    deeds.extend(joined.map(|group| Deed::new(&old.email, &format!("join {group}"))));
    let lost = old.groups.iter().filter(|group| !new.groups.contains(group));
    deeds.extend(lost.map(|group| Deed::new(&old.email, &format!("lose {group}"))));
    deeds
}
