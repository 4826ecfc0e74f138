//! What is held back, the groups before and after, and the licences.

use super::page::{Page, escape};
use crate::change::{Change, What};
use crate::plan::{GroupLine, Plan};
use crate::report::{counted, told};
use crate::withhold::{Why, Withheld};
use std::collections::BTreeMap;

/// What is withheld and why, and the one line that approves it.
pub(super) fn withheld(plan: &Plan, page: &mut Page) {
    if plan.withheld().is_empty() {
        return;
    }
    page.section("Held back");
    for breach in plan.breaches() {
        let held = if plan.is_push() { "nobody is sent" } else { "all removals wait" };
        page.warning(&format!("{breach}; {held}."));
        let from = |list: &[(String, usize)]| -> String {
            list.iter().map(|(name, count)| format!("{name} {count}")).collect::<Vec<_>>().join(", ")
        };
        page.paragraph(&format!("Most of them: {}", from(&breach.largest)));
        if !breach.places.is_empty() {
            page.paragraph(&format!("From: {}", from(&breach.places)));
        }
    }
    let mut by_why: BTreeMap<Why, Vec<&Change>> = BTreeMap::new();
    for Withheld { change, why } in plan.withheld() {
        by_why.entry(*why).or_default().push(change);
    }
    if by_why.keys().any(|why| *why != Why::Unread) {
        page.raw(&format!(
            "<p>Whoever has looked at the list and finds it right lets it through with <code>umsync approve {}</code></p>",
            escape(plan.id())
        ));
    }
    for (why, changes) in by_why {
        let rows = changes.iter().map(|change| [change.target.to_string(), told(&change.what)]).collect();
        let title = why.to_string();
        let mut letters = title.chars();
        let title = letters
            .next()
            .map(|first| first.to_uppercase().chain(letters).collect())
            .unwrap_or(title.clone());
        page.folded(
            &title,
            &counted(changes.len(), "change", "changes"),
            &["user", "what would happen"],
            rows,
        );
    }
}

/// Managed groups that change, before and after.
pub(super) fn groups(plan: &Plan, page: &mut Page) {
    let is_changing =
        |line: &&GroupLine| line.gains + line.losses + line.withheld + line.foreign > 0 || line.new;
    let rows: Vec<[String; 6]> = plan
        .groups()
        .iter()
        .filter(is_changing)
        .map(|line| {
            let members = match line.before {
                Some(before) => format!("{before} → {}", before + line.gains - line.losses),
                None => "not listed".to_owned(),
            };
            let kind = match (line.new, line.foreign) {
                (true, _) => "new".to_owned(),
                (false, 0) => String::new(),
                (false, foreign) => format!("{foreign} foreign, who stay"),
            };
            let signed =
                |count: usize, sign: &str| if count == 0 { String::new() } else { format!("{sign}{count}") };
            [
                line.name.to_string(),
                members,
                signed(line.gains, "+"),
                signed(line.losses, "−"),
                signed(line.withheld, ""),
                kind,
            ]
        })
        .collect();
    if rows.is_empty() {
        return;
    }
    page.section("Groups");
    page.table(&["group", "#members", "#join", "#lose", "#held back", ""], rows);
}

/// Product profiles with a number of licences, and who would find none left.
pub(super) fn licences(plan: &Plan, page: &mut Page) {
    let profiles: Vec<(&GroupLine, u64)> =
        plan.groups().iter().filter_map(|line| Some((line, line.quota?))).collect();
    if profiles.is_empty() {
        return;
    }
    page.section("Licences");
    let rows = profiles.iter().map(|(line, quota)| {
        let before = line.counted.unwrap_or_default().max(line.before.unwrap_or_default() as u64);
        let left = match quota.checked_sub(line.after()) {
            Some(left) => left.to_string(),
            None => format!("{} too few", line.after() - quota),
        };
        [line.name.to_string(), quota.to_string(), before.to_string(), line.after().to_string(), left]
    });
    page.table(
        &["product profile", "#licences", "#used now", "#after this plan", "#left"],
        rows.collect::<Vec<_>>(),
    );
    for (line, quota) in profiles {
        let Some(beyond @ 1..) = line.after().checked_sub(quota) else { continue };
        let joining = plan
            .changes()
            .iter()
            .filter(|change| matches!(&change.what, What::Join { group } if *group == line.name));
        let joining: Vec<String> = joining.map(|change| change.target.to_string()).collect();
        // They are added in the order of the plan, so the last of them find none.
        let first = joining.len().saturating_sub(beyond as usize);
        let rows: Vec<[String; 1]> = joining.into_iter().skip(first).map(|who| [who]).collect();
        if rows.is_empty() {
            continue;
        }
        page.warning(&format!("{} has fewer licences than members after this plan: Adobe adds the last of them as inactive, without an error.", line.name));
        page.folded(
            &format!("Find none left in {}", line.name),
            &counted(rows.len(), "user", "users"),
            &["user"],
            rows,
        );
    }
}
