//! The lists of `add` and `remove`.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Failure;
use super::fields::LONGEST_NAME;
use crate::knobs::{Knobs, ListLimit};
use crate::org::fold;

/// Group names: 255 characters (user group endpoint).
pub(crate) const LONGEST_GROUP: usize = 255;

/// One list of a step: `{"group": ["A", "B"]}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct List {
    pub(super) key: String,
    pub(super) names: Vec<String>,
}

/// The entries that a command's lists have had so far.
#[derive(Debug, Default)]
pub(super) struct Entries {
    added: usize,
    removed: usize,
}

impl Entries {
    /// Counts a list of `entries` behind `before` others of its step, and says what the limit is about.
    fn count(&mut self, step: &str, before: usize, entries: usize, limit: ListLimit) -> usize {
        let so_far = if step == "add" { &mut self.added } else { &mut self.removed };
        *so_far += entries;
        match limit {
            ListLimit::PerList => entries,
            ListLimit::PerStep => before + entries,
            ListLimit::PerCommand => *so_far,
        }
    }
}

/// Reads the object of an `add` or `remove` step.
pub(super) fn read(
    step: &str,
    value: &Value,
    keys: &[&str],
    so_far: &mut Entries,
    knobs: &Knobs,
) -> Result<Vec<List>, Failure> {
    let fail = |code, message: String| Err(Failure::new(code, message));
    let Some(object) = value.as_object() else {
        return fail("error.command.add_remove.list", format!("Expected an object in command: {step}"));
    };
    if object.is_empty() {
        return fail("error.command.add_remove.missing_list", format!("Missing list in command: {step}"));
    }
    let mut lists = Vec::new();
    for (key, value) in object {
        if !keys.contains(&key.as_str()) {
            return fail(
                "error.command.add_remove.key.unknown",
                format!("Unknown key in command {step}: {key}"),
            );
        }
        let Some(entries) = value.as_array() else {
            return fail(
                "error.command.add_remove.list_not_array",
                format!("Expected an array in command {step}: {key}"),
            );
        };
        let before = lists.iter().map(|list: &List| list.names.len()).sum();
        if so_far.count(step, before, entries.len(), knobs.list_limit) > knobs.max_list {
            return fail("error.command.add_remove.list_too_long", too_long(knobs.max_list));
        }
        lists.push(List { key: key.clone(), names: names(step, key, entries)? });
    }
    Ok(lists)
}

pub(super) fn too_long(most: usize) -> String {
    format!("Too many products, users or groups in Add or Remove: max is {most}")
}

fn names(step: &str, key: &str, entries: &[Value]) -> Result<Vec<String>, Failure> {
    let users = key == "user";
    let invalid = if users { "error.user.user_list.invalid" } else { "error.group.invalid_list" };
    let mut names = Vec::new();
    let mut seen = BTreeSet::new();
    if entries.is_empty() {
        return Err(Failure::new(invalid, format!("Empty list in command {step}: {key}")));
    }
    for entry in entries {
        let Some(name) = entry.as_str().filter(|name| !name.is_empty()) else {
            return Err(Failure::new(invalid, format!("Invalid entry in command {step}: {key}")));
        };
        if name.chars().count() > if users { LONGEST_NAME } else { LONGEST_GROUP } {
            let code = "error.command.add_remove.group_or_product_name_too_long";
            return Err(Failure::new(code, format!("Name too long in command {step}: {name}")));
        }
        if !seen.insert(fold(name)) {
            let code = match key {
                "user" => "error.command.add_remove.duplicate.user_list",
                "usergroup" => "error.command.add_remove.duplicate.usergroup_list",
                "product" | "productConfiguration" => "error.command.add_remove.duplicate.product_list",
                _ => "error.command.add_remove.duplicate.group_list",
            };
            return Err(Failure::new(code, format!("Duplicate entry in command {step}: {name}")));
        }
        names.push(name.to_owned());
    }
    Ok(names)
}
