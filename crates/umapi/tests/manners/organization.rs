//! A small Adobe that carries out what it is sent: users, groups, and how often each account was made.

use crate::server::{Reply, Request};
use crate::world::{done, found, no_user, users_page};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// What Adobe holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Organization {
    pub(crate) users: BTreeMap<String, User>,
    pub(crate) groups: BTreeSet<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct User {
    pub(crate) first_name: String,
    pub(crate) groups: BTreeSet<String>,
}

/// What happened to it.
#[derive(Debug, Clone, Default)]
pub(crate) struct History {
    pub(crate) made: BTreeMap<String, usize>,
    pub(crate) removed: BTreeMap<String, usize>,
    /// How many action requests came.
    pub(crate) requests: usize,
}

impl Organization {
    pub(crate) fn answer(&mut self, request: &Request, history: &mut History) -> Reply {
        let name = request.path.rsplit('/').next().unwrap();
        if request.method == "POST" {
            history.requests += 1;
            return self.act(&request.json(), history);
        }
        if request.path.contains("/organizations/") {
            return match self.users.get(name) {
                Some(user) => found(json!({"email": name, "username": name, "type": "federatedID",
                    "status": "active", "firstname": user.first_name, "lastname": "Doe", "groups": user.groups})),
                None => no_user(),
            };
        }
        match self.groups.contains(name) {
            true => users_page(&[], true),
            false => Reply::status(404, json!({"result": "error.group.not_found"})),
        }
    }

    fn act(&mut self, commands: &Value, history: &mut History) -> Reply {
        let commands = commands.as_array().unwrap();
        let failed = |(index, command)| {
            let (step, code) = self.command(command, history).err()?;
            Some(json!({"index": index, "step": step, "errorCode": code, "message": "m"}))
        };
        let errors: Vec<Value> = commands.iter().enumerate().filter_map(failed).collect();
        if errors.is_empty() {
            return done(commands.len());
        }
        let completed = commands.len() - errors.len();
        Reply::json(json!({"completed": completed, "notCompleted": errors.len(), "result": "partial",
            "errors": errors}))
    }

    fn command(&mut self, command: &Value, history: &mut History) -> Result<(), (usize, &'static str)> {
        if let Some(group) = command["usergroup"].as_str() {
            self.groups.insert(group.to_owned());
            return Ok(());
        }
        let mut name = command["user"].as_str().unwrap().to_owned();
        for (number, step) in command["do"].as_array().unwrap().iter().enumerate() {
            let (what, of) = step.as_object().unwrap().iter().next().unwrap();
            if what == "createFederatedID" {
                if !self.users.contains_key(&name) {
                    let first_name = of["firstname"].as_str().unwrap().to_owned();
                    self.users.insert(name.clone(), User { first_name, ..User::default() });
                    *history.made.entry(name.clone()).or_default() += 1;
                }
                continue;
            }
            let Some(user) = self.users.get_mut(&name) else { return Err((number, "error.user.not_found")) };
            match what.as_str() {
                "update" => {
                    if let Some(first_name) = of["firstname"].as_str() {
                        first_name.clone_into(&mut user.first_name);
                    }
                    if let Some(email) = of["email"].as_str() {
                        let user = self.users.remove(&name).unwrap();
                        self.users.insert(email.to_owned(), user);
                        email.clone_into(&mut name);
                    }
                }
                "add" | "remove" => {
                    for group in of["group"].as_array().unwrap() {
                        let group = group.as_str().unwrap().to_owned();
                        if !self.groups.contains(&group) {
                            return Err((number, "error.group.not_found"));
                        }
                        match what.as_str() {
                            "add" => user.groups.insert(group),
                            _ => user.groups.remove(&group),
                        };
                    }
                }
                "removeFromOrg" => {
                    self.users.remove(&name);
                    *history.removed.entry(name.clone()).or_default() += 1;
                }
                other => panic!("{other}"),
            }
        }
        Ok(())
    }
}
