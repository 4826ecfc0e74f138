//! Mapped groups that Adobe lacks.

use super::DiffError;
use crate::adobe::Snapshot;
use crate::key::{GroupName, fold};
use crate::rules::Rules;
use std::collections::BTreeSet;

/// Mapped groups that Adobe lacks and that may be made; an error names all that may not.
pub(super) fn new_groups(
    managed: &BTreeSet<GroupName>,
    adobe: &Snapshot,
    rules: &Rules,
) -> Result<Vec<GroupName>, DiffError> {
    let creatable = rules.creatable_groups();
    let mut new = Vec::new();
    let mut groups = Vec::new();
    for group in managed.iter().filter(|group| !adobe.groups.contains_key(*group)) {
        if group.is_administrative() {
            // Administrator groups come into existence with their first member (UMAPI documentation, "Admin roles").
            if !administers_something(group, adobe) {
                groups.push(group.clone());
            }
        } else if creatable.contains(group) {
            new.push(group.clone());
        } else {
            groups.push(group.clone());
        }
    }
    let protected = rules.protect.missing_groups(adobe);
    if groups.is_empty() && protected.is_empty() {
        Ok(new)
    } else {
        Err(DiffError::MissingGroups { groups, protected })
    }
}

fn administers_something(group: &GroupName, adobe: &Snapshot) -> bool {
    let name = group.folded();
    if matches!(name, "_support_admin" | "_deployment_admin") {
        return true;
    }
    let product = |base: &str| {
        adobe.groups.values().any(|group| group.product.as_deref().is_some_and(|p| fold(p) == base))
    };
    if let Some(base) = name.strip_prefix("_product_admin_") {
        return product(base);
    }
    ["_admin_", "_developer_"]
        .iter()
        .filter_map(|prefix| name.strip_prefix(prefix))
        .any(|base| adobe.groups.contains_key(&GroupName::new(base)))
}
