//! Whom the changes are about, by kind, and whom none is.

use super::page::Page;
use crate::change::{Change, ProfileTexts, Target, Update, What};
use crate::key::GroupName;
use crate::plan::Plan;
use crate::report::{counted, moment, reason, told};
use std::collections::BTreeMap;

/// Users by kind of change.
pub(super) fn changes(plan: &Plan, page: &mut Page) {
    if plan.changes().is_empty() {
        return;
    }
    page.section("Who changes");
    created(plan, page);
    updated(plan, page);
    memberships(plan, page);
    leaving(plan, page);
}

fn created(plan: &Plan, page: &mut Page) {
    let mut groups: BTreeMap<&Target, Vec<&str>> = BTreeMap::new();
    for change in plan.changes() {
        if let What::Join { group } = &change.what {
            groups.entry(&change.target).or_default().push(group.spelling());
        }
    }
    let new = plan.changes().iter().filter_map(|change| match &change.what {
        What::CreateUser(profile) | What::PushUser { profile, .. } => Some((&change.target, profile)),
        _ => None,
    });
    let rows: Vec<[String; 4]> = new
        .map(|(target, profile)| {
            let ProfileTexts { email, first_name, last_name, country } = profile.texts();
            let name: Vec<&str> = [first_name, last_name].into_iter().flatten().collect();
            let kind = format!(
                "{}{}",
                profile.identity,
                country.map(|code| format!(", {code}")).unwrap_or_default()
            );
            let groups = groups.get(target).map(|groups| groups.join(", ")).unwrap_or_default();
            [email.to_owned(), name.join(" "), kind, groups]
        })
        .collect();
    if !rows.is_empty() {
        let count = counted(rows.len(), "account", "accounts");
        let title = if plan.is_push() { "Accounts that are made or updated" } else { "New accounts" };
        page.folded(title, &count, &["email", "name", "account", "groups"], rows);
    }
}

fn updated(plan: &Plan, page: &mut Page) {
    let rows: Vec<[String; 4]> = plan
        .changes()
        .iter()
        .filter_map(|change| match &change.what {
            What::Update(update) => {
                let Update { field, from, to } = update.as_ref();
                let from = from.clone().unwrap_or_default();
                Some([change.target.to_string(), field.word().to_owned(), from, to.clone()])
            }
            _ => None,
        })
        .collect();
    if !rows.is_empty() {
        let count = counted(rows.len(), "value", "values");
        page.folded("Changed accounts", &count, &["user", "what", "now", "then"], rows);
    }
}

/// Memberships of existing and new accounts, group by group.
fn memberships(plan: &Plan, page: &mut Page) {
    let mut given: BTreeMap<&GroupName, Vec<&Change>> = BTreeMap::new();
    let mut taken: BTreeMap<&GroupName, Vec<&Change>> = BTreeMap::new();
    for change in plan.changes() {
        match &change.what {
            What::Join { group } => given.entry(group).or_default().push(change),
            What::Lose { group } => taken.entry(group).or_default().push(change),
            _ => {}
        }
    }
    for (verb, groups) in [("Join", given), ("Lose", taken)] {
        for (group, changes) in groups {
            let count = counted(changes.len(), "user", "users");
            let rows = changes.iter().map(|change| [change.target.to_string(), reason(&change.reason)]);
            page.folded(&format!("{verb} {group}"), &count, &["user", "because"], rows.collect());
        }
    }
}

fn leaving(plan: &Plan, page: &mut Page) {
    let rows: Vec<[String; 3]> = plan
        .changes()
        .iter()
        .filter(|change| change.is_departure())
        .map(|change| [change.target.to_string(), told(&change.what), reason(&change.reason)])
        .collect();
    if !rows.is_empty() {
        let count = counted(rows.len(), "user", "users");
        page.folded("Leave the organization", &count, &["user", "what happens", "because"], rows);
    }
}

/// People about whom nothing is done, and why; leavers with their dates.
pub(super) fn others(plan: &Plan, page: &mut Page) {
    let leavers: Vec<[String; 4]> = plan
        .leavers()
        .iter()
        .filter(|leaver| !leaver.due)
        .map(|leaver| {
            let acts = match leaver.acts_at {
                Some(at) => format!("not before {}", moment(at)),
                None => "nothing: they are kept".to_owned(),
            };
            let evidence = leaver.evidence.as_ref().map(ToString::to_string).unwrap_or_default();
            [leaver.who.clone(), moment(leaver.since), acts, evidence]
        })
        .collect();
    let held: Vec<[String; 2]> =
        plan.held().iter().map(|held| [held.who.clone(), held.reason.to_string()]).collect();
    let aside: Vec<[String; 2]> =
        plan.set_aside().iter().map(|aside| [aside.entry.clone(), aside.reason.to_string()]).collect();
    let protected: Vec<[String; 3]> = plan
        .protected()
        .iter()
        .map(|user| {
            let changes: Vec<String> = user.changes.iter().map(told).collect();
            [user.who.clone(), user.because.to_string(), changes.join(", ")]
        })
        .collect();
    if leavers.is_empty() && held.is_empty() && aside.is_empty() && protected.is_empty() {
        return;
    }
    page.section("Who stays as they are");
    if !leavers.is_empty() {
        let head = ["user", "not in the directory since", "then", "evidence"];
        page.folded("Not in the directory", &counted(leavers.len(), "user", "users"), &head, leavers);
    }
    if !held.is_empty() {
        page.folded("Held", &counted(held.len(), "person", "people"), &["who", "why"], held);
    }
    if !aside.is_empty() {
        let beside = format!("{}, whose accounts are safe", counted(aside.len(), "entry", "entries"));
        page.folded("Entries that cannot be understood", &beside, &["entry", "why"], aside);
    }
    if !protected.is_empty() {
        let head = ["user", "protected as", "what would have come"];
        page.folded("Protected", &counted(protected.len(), "user", "users"), &head, protected);
    }
}
