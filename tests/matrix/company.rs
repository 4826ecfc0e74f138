//! A small company of which everything happens to somebody, and who is nobody's business.

use crate::support::{group, person, seed, user};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use umsync_emulator::{Org, User};

pub(super) const RULES: &str = "groups:\n  - {directory: design, adobe: [Design]}\n  - {directory: video, adobe: [Video], create: true}\n  - {directory: sketch, adobe: [Sketch], create: true}\nleavers: {action: remove, grace: 0s}\nprotect: {users: [\"vip@*\"], groups: [Keep]}\nlimits: {create: off, update: off, identity: off, group_removals: off, removals: off, leave: off}\nbaseline: accept\n";

/// A name, and groups before and after.
type Somebody = (&'static str, Option<&'static [&'static str]>, Option<&'static [&'static str]>);

/// Whom the sync is about, with the groups that they have and those they shall have; `None` where they are not.
pub(super) const SOMEBODIES: [Somebody; 17] = [
    ("new-0", None, Some(&["Design"])),
    ("new-1", None, Some(&["Design"])),
    ("new-2", None, Some(&["Sketch"])),
    ("new-3", None, Some(&["Sketch", "Video"])),
    ("new-4", None, Some(&["Video"])),
    ("new-5", None, Some(&["Video"])),
    ("new-6", None, Some(&["Design"])),
    ("mover-0", Some(&["Design"]), Some(&["Video"])),
    ("mover-1", Some(&["Design"]), Some(&["Video"])),
    ("mover-2", Some(&["Design", "Canteen"]), Some(&["Video"])),
    ("joiner", Some(&["Canteen"]), Some(&["Design"])),
    ("renamed", Some(&["Video"]), Some(&["Video"])),
    ("loser-0", Some(&["Design", "Video"]), Some(&["Video"])),
    ("loser-1", Some(&["Design", "Video"]), Some(&["Design"])),
    ("leaver-0", Some(&["Design"]), None),
    ("leaver-1", Some(&["Video"]), None),
    ("steady", Some(&["Video"]), Some(&["Video"])),
];

pub(super) fn ldif() -> String {
    let there = SOMEBODIES.iter().filter_map(|(name, _, wanted)| Some((*name, (*wanted)?)));
    let mut ldif: String = there.clone().map(|(name, _)| person(name, &[])).collect();
    for group_name in ["Design", "Video", "Sketch"] {
        let members: Vec<&str> =
            there.clone().filter(|(_, groups)| groups.contains(&group_name)).map(|(name, _)| name).collect();
        ldif.push_str(&group(&group_name.to_lowercase(), &members));
    }
    ldif
}

pub(super) fn adobe() -> String {
    let mut users: Vec<Value> = SOMEBODIES
        .iter()
        .filter_map(|(name, before, _)| Some(user(name, (*before)?)))
        .map(|mut user| {
            if user["email"] == "renamed@example.com" {
                user["firstname"] = "Formerly".into();
            }
            user
        })
        .collect();
    users.push(user("vip", &["Design"]));
    users.push(user("kept", &["Design", "Keep"]));
    users.push(user("boss", &["Video", "_org_admin"]));
    users.push(json!({"email": "guest@elsewhere.example", "type": "adobe", "groups": ["Design"]}));
    let mut seed: Value =
        serde_json::from_str(&seed(&["Design", "Video", "Canteen", "Keep"], &users)).unwrap();
    seed["knobs"] = json!({ "throttle": null, "page_size_users": 7, "page_size_groups": 4 });
    seed.to_string()
}

/// An organization without its ids, which tell in which order accounts were made.
pub(super) fn without_ids(org: &Org) -> (BTreeMap<String, User>, BTreeMap<String, BTreeSet<String>>) {
    let users = org.users().into_iter().map(|user| (user.email.clone(), User { id: String::new(), ..user }));
    let users: BTreeMap<String, User> = users.collect();
    let groups = org.groups().into_iter().map(|group| {
        let members = org.members(&group.name).unwrap_or_default();
        (group.name, members.into_iter().collect())
    });
    (users, groups.collect())
}

/// Panics unless Adobe holds what the directory says.
#[track_caller]
pub(super) fn is_as_wanted(now: &Org, case: &str) {
    let (users, groups) = without_ids(now);
    for (name, before, wanted) in SOMEBODIES {
        let email = format!("{name}@example.com");
        let Some(wanted) = wanted else {
            assert!(!users.contains_key(&email), "{case}: {email} has not left");
            continue;
        };
        let user = users.get(&email).unwrap_or_else(|| panic!("{case}: {email} is missing"));
        let mut all: BTreeSet<&str> = wanted.iter().copied().collect();
        all.extend(before.unwrap_or_default().iter().filter(|name| **name == "Canteen"));
        assert!(user.groups.iter().map(String::as_str).eq(all), "{case}: {email} is in {:?}", user.groups);
        assert_eq!(user.firstname.as_deref(), Some(name), "{case}");
    }
    assert!(groups.contains_key("Sketch"), "{case}");
    let known = SOMEBODIES.iter().filter(|(_, _, wanted)| wanted.is_some()).count();
    assert_eq!(users.len(), known + 4, "{case}: who was made besides?");
}

/// Panics unless everybody who is nobody's business, and every group of theirs, is what it was.
#[track_caller]
pub(super) fn nobody_else_was_touched(before: &Org, now: &Org, case: &str) {
    let theirs = |org: &Org| -> BTreeMap<String, User> {
        let ours = |email: &str| {
            SOMEBODIES.iter().any(|(name, _, _)| email.strip_suffix("@example.com") == Some(*name))
        };
        org.users()
            .into_iter()
            .filter(|user| !ours(&user.email))
            .map(|user| (user.email.clone(), user))
            .collect()
    };
    assert_eq!(theirs(now), theirs(before), "{case}: nobody's business");
    let (_, groups_before) = without_ids(before);
    let (_, groups_now) = without_ids(now);
    let unmanaged = |groups: &BTreeMap<String, BTreeSet<String>>, name: &str| groups.get(name).cloned();
    assert_eq!(unmanaged(&groups_now, "Keep"), unmanaged(&groups_before, "Keep"), "{case}");
    let canteen = |groups: &BTreeMap<String, BTreeSet<String>>| groups.get("Canteen").map(BTreeSet::len);
    assert_eq!(canteen(&groups_now), canteen(&groups_before), "{case}");
    let names: BTreeSet<&String> = groups_now.keys().filter(|name| *name != "Sketch").collect();
    assert_eq!(names, groups_before.keys().collect(), "{case}: groups");
}

/// Panics unless everybody whom the sync is about is somewhere between what they had and what they shall have, however
/// the runs between the two organizations ended: nobody loses what they keep, and nobody gets what nobody wants.
#[track_caller]
pub(super) fn nothing_wrong_was_done(before: &Org, now: &Org, case: &str) {
    let (users_before, _) = without_ids(before);
    let (users_now, _) = without_ids(now);
    for (name, _, wanted) in SOMEBODIES {
        let email = format!("{name}@example.com");
        let (old, new) = (users_before.get(&email), users_now.get(&email));
        let Some(new) = new else {
            assert!(old.is_none() || wanted.is_none(), "{case}: {email} is gone");
            continue;
        };
        let had = |group: &str| old.is_some_and(|old| old.groups.iter().any(|known| known == group));
        let shall_have = |group: &str| wanted.is_some_and(|wanted| wanted.contains(&group));
        for group in &new.groups {
            assert!(had(group) || shall_have(group), "{case}: {email} has {group}");
        }
        for group in old.iter().flat_map(|old| &old.groups) {
            let keeps = new.groups.contains(group) || (!shall_have(group) && group != "Canteen");
            assert!(keeps, "{case}: {email} has lost {group}");
        }
    }
    let made = users_now.keys().filter(|email| !users_before.contains_key(*email));
    for email in made {
        let wants =
            |(name, _, wanted): &Somebody| wanted.is_some() && *email == format!("{name}@example.com");
        assert!(SOMEBODIES.iter().any(wants), "{case}: {email} was made");
    }
}

/// Panics unless everybody has all that they had.
#[track_caller]
pub(super) fn nothing_was_taken(before: &Org, now: &Org, case: &str) {
    for old in before.users() {
        let new = now.user(&old.email).unwrap_or_else(|| panic!("{case}: {} is gone", old.email));
        let lost: Vec<&String> = old.groups.iter().filter(|group| !new.groups.contains(group)).collect();
        assert!(lost.is_empty(), "{case}: {} has lost {lost:?}", old.email);
    }
}
