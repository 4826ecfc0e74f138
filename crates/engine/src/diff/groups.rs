//! Mapped groups that Adobe lacks.

use super::DiffError;
use crate::adobe::{GroupKind, Snapshot};
use crate::change::{Description, What};
use crate::key::{GroupName, fold};
use crate::rules::{NewGroup, Rules};
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

/// How groups that are to be made are made: where several mappings say so, with what each of them says.
pub(super) fn made_with(group: &GroupName, adobe: &Snapshot, rules: &Rules) -> Vec<What> {
    let made = rules.mappings.iter().filter(|mapping| mapping.adobe.contains(group));
    let made: Vec<&NewGroup> = made.filter_map(|mapping| mapping.create.as_ref()).collect();
    let description = made.iter().filter_map(|new| new.description.clone()).min();
    let profiles: BTreeSet<&GroupName> = made.iter().flat_map(|new| &new.profiles).collect();
    let spelled =
        |profile: &GroupName| adobe.groups.get(profile).map_or(profile, |known| &known.name).clone();
    let profiles = profiles.into_iter().map(|profile| What::Attach { profile: spelled(profile) });
    description
        .map(|description| What::Describe(Box::new(Description { description })))
        .into_iter()
        .chain(profiles)
        .collect()
}

/// Product profiles that new groups would have and that are none.
pub(super) fn require_profiles(adobe: &Snapshot, rules: &Rules) -> Result<(), DiffError> {
    let is_none = |profile: &&GroupName| {
        let kind = adobe.groups.get(*profile).map(|group| &group.kind);
        // Asked for singly, a group does not tell what it is.
        !matches!(kind, Some(GroupKind::ProductProfile | GroupKind::Unknown(None)))
    };
    let profiles: Vec<GroupName> = rules.new_profiles().into_iter().filter(is_none).cloned().collect();
    if profiles.is_empty() { Ok(()) } else { Err(DiffError::NoProfiles { profiles }) }
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
