//! The figures that the User Sync Tool ends with, counted from what became of things and not from what was meant.

use super::{Ink, Line, counted, fates, section};
use crate::change::{Change, Reason, Target, What};
use crate::command::{Outcome, Verdict};
use crate::plan::Plan;
use serde::Serialize;
use std::collections::BTreeSet;

/// What a run read, and what came of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Figures {
    /// People read from the directories.
    pub directory_users_read: usize,
    /// Those of them who get an account.
    pub directory_users_selected: usize,
    /// Users whom Adobe listed; `None` where it was not asked.
    pub adobe_users_read: Option<usize>,
    /// Users and people about whom nothing was done although something would have come: protected or held.
    pub excluded: usize,
    /// Listed users about whom nothing was done.
    pub unchanged: usize,
    /// Accounts made.
    pub added: usize,
    /// Accounts made or updated, nobody knows which.
    #[serde(skip_serializing_if = "is_none")]
    pub pushed: usize,
    /// Users of people in the directory whose attributes or memberships changed.
    pub updated: usize,
    /// User groups made.
    pub groups_created: usize,
    /// Users whom the directory lacks, or says to have left: deleted with their files.
    pub adobe_only_deleted: usize,
    /// The same, who left the organization.
    pub adobe_only_removed: usize,
    /// The same, who lost memberships and stayed.
    pub adobe_only_stripped: usize,
    /// Commands sent.
    pub actions_sent: usize,
    /// Those of them that Adobe carried out whole.
    pub actions_succeeded: usize,
    /// Those that it did not, or of which nobody knows.
    pub actions_failed: usize,
}

fn is_none(count: &usize) -> bool {
    *count == 0
}

impl Figures {
    /// Of a run with this plan and these outcomes.
    pub fn of(plan: &Plan, outcomes: &[Outcome]) -> Self {
        let mut figures = Self {
            directory_users_read: plan.directory().people,
            directory_users_selected: plan.directory().selected,
            adobe_users_read: plan.adobe().map(|adobe| adobe.users),
            excluded: plan.protected().len() + plan.held().len(),
            ..Self::default()
        };
        let (mut updated, mut stripped, mut gone, mut added) =
            (BTreeSet::new(), BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        let mut pushed = BTreeSet::new();
        for (Change { target, what, reason }, verdict) in fates(plan, outcomes) {
            if *verdict != Verdict::Done {
                continue;
            }
            let left = matches!(reason, Reason::Absent { .. } | Reason::Departed { .. });
            match (target, what) {
                (Target::Group(_), What::CreateGroup) => figures.groups_created += 1,
                (Target::Group(_), _) => {}
                (_, What::CreateUser(_)) => {
                    added.insert(target);
                }
                (_, What::PushUser { .. }) => {
                    pushed.insert(target);
                }
                (_, What::Leave) => {
                    figures.adobe_only_removed += 1;
                    gone.insert(target);
                }
                (_, What::Delete) => {
                    figures.adobe_only_deleted += 1;
                    gone.insert(target);
                }
                _ if left => {
                    stripped.insert(target);
                }
                _ => {
                    updated.insert(target);
                }
            }
        }
        figures.added = added.len();
        figures.pushed = pushed.len();
        let is_counted = |target: &&&Target| !added.contains(**target) && !pushed.contains(**target);
        figures.updated = updated.iter().filter(is_counted).count();
        figures.adobe_only_stripped = stripped.difference(&gone).count();
        let touched = figures.updated + figures.adobe_only_stripped + gone.len();
        figures.unchanged = figures.adobe_users_read.unwrap_or_default().saturating_sub(touched);
        let sent = outcomes.iter().filter(|outcome| !matches!(outcome.verdict, Verdict::NotSent { .. }));
        for outcome in sent {
            figures.actions_sent += 1;
            let whole = outcome.verdict == Verdict::Done
                && outcome.exceptions.iter().all(|exception| exception.verdict == Verdict::Done);
            *if whole { &mut figures.actions_succeeded } else { &mut figures.actions_failed } += 1;
        }
        figures
    }

    /// For people.
    pub fn lines(&self) -> Vec<Line> {
        let Self {
            directory_users_read,
            directory_users_selected,
            adobe_users_read,
            excluded,
            unchanged,
            added,
            pushed,
            updated,
            groups_created,
            adobe_only_deleted,
            adobe_only_removed,
            adobe_only_stripped,
            actions_sent,
            actions_succeeded,
            actions_failed,
        } = *self;
        let mut lines = Vec::new();
        section("Summary", &mut lines);
        let mut told = vec![format!(
            "directory   {directory_users_read} users read, {directory_users_selected} selected"
        )];
        match adobe_users_read {
            Some(read) => told.extend([
                format!(
                    "Adobe       {read} users read, {excluded} protected or held, {unchanged} without changes"
                ),
                format!("people      {added} added, {updated} updated"),
                format!(
                    "leavers     {adobe_only_removed} removed from the organization, {adobe_only_deleted} deleted, {adobe_only_stripped} lost groups"
                ),
                format!("groups      {groups_created} created"),
            ]),
            None => told.extend([
                format!("Adobe       users not listed, {excluded} protected or held"),
                format!("people      {pushed} pushed: added or updated, Adobe does not say which"),
                format!("groups      {groups_created} created or there already"),
            ]),
        }
        told.push(format!(
            "commands    {} sent: {actions_succeeded} done, {actions_failed} not",
            counted(actions_sent, "command", "commands")
        ));
        for text in told {
            lines.push(Line::of(Ink::Faint, format!("  {text}")));
        }
        lines
    }
}
