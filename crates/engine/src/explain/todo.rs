//! The steps about what is to be done, and what holds it back.

use super::subject::Standing;
use super::{Look, Step};
use crate::change::{Change, Target};
use crate::diff::{Leaver, account_of};
use crate::key::fold_email;
use crate::memory::Order;
use crate::report::{moment, reason, told};
use crate::rules::LeaverAction;
use crate::withhold::{Why, Withheld};
use std::collections::BTreeSet;

impl Look<'_> {
    /// What a run would do about them.
    pub(super) fn changes(&self) -> Step {
        let mut said: Vec<String> = self.planned().map(line).collect();
        if let Some(leaver) = self.leaver() {
            said.push(self.leaving(leaver));
        }
        if let Some(protected) = self.protected() {
            said.push("nothing: they are protected; without that:".to_owned());
            said.extend(protected.changes.iter().map(|what| format!("  {}", told(what))));
        }
        if said.is_empty() {
            said.push(self.nothing());
        }
        Step::new("What a run would do", said)
    }

    fn nothing(&self) -> String {
        let told = match (self.subject.standing, self.subject.user) {
            _ if self.held().is_some() => "nothing: they are held",
            (Standing::Person(person), None) if !person.selected => "nothing: they get no account",
            (Standing::Person(person), _) if !person.selected => {
                "nothing: they have no managed membership to lose"
            }
            (Standing::Person(_), Some(_)) if self.all_withheld().next().is_none() => {
                "nothing: they have just what they should"
            }
            (Standing::Person(_), None) if self.all_withheld().next().is_none() => {
                "nothing: people.create gives them no account"
            }
            (Standing::Person(_), _) => "nothing now: all of it is held back",
            (Standing::SetAside(_), _) => "nothing: an entry that cannot be understood protects its account",
            (Standing::Filtered, _) => "nothing: people.filter leaves them out",
            (Standing::Kept, _) => "nothing: `disabled: keep`",
            (Standing::Service, _) => "nothing: a service account is no person",
            (Standing::Gone(_), None) => "nothing: no account is known to be theirs",
            (Standing::Gone(_) | Standing::Absent, _) if self.all_withheld().next().is_some() => {
                "nothing now: all of it is held back"
            }
            (Standing::Gone(_) | Standing::Absent, _) => {
                "nothing: their account is not one of ours (people.domains, protection), or an entry could be theirs"
            }
        };
        told.to_owned()
    }

    /// What holds back what would be done.
    pub(super) fn withheld(&self) -> Option<Step> {
        let mut said = Vec::new();
        let mut whys = BTreeSet::new();
        for Withheld { change, why } in self.all_withheld() {
            said.push(format!("{}: {why}", line(change)));
            whys.insert(*why);
        }
        for breach in self.case.plan.breaches() {
            let concerns = |why: &Why| matches!(why, Why::OverLimit(class) | Why::OtherLimit(class) if *class == breach.class);
            if whys.iter().any(concerns) {
                said.push(format!("limits.{}: {breach}", breach.class.key()));
            }
        }
        (!said.is_empty()).then(|| Step::new("What holds it back", said))
    }

    fn leaving(&self, leaver: &Leaver) -> String {
        let since = format!("gone since {}, in {} complete reads", moment(leaver.since), leaver.reads);
        let action = match self.case.rules.leavers.action {
            LeaverAction::Keep => return format!("nothing: {since}, and leavers.action is `keep`"),
            LeaverAction::RemoveGroups => "losing the managed groups",
            LeaverAction::RemoveAllGroups => "losing every group",
            LeaverAction::Remove => "leaving the organization",
            LeaverAction::Delete => "deletion with all files",
        };
        match (leaver.due, leaver.order, leaver.acts_at) {
            (true, ..) => format!("{since}: {action} is due"),
            (false, Some(Order::Hold { until }), _) => match until {
                Some(until) => {
                    format!("{since}: {action} is held until {} (umsync leavers hold)", moment(until))
                }
                None => format!("{since}: {action} is held (umsync leavers hold)"),
            },
            (false, _, Some(at)) => format!(
                "{since}: {action} waits until {} and {} complete reads (leavers.grace, leavers.reads)",
                moment(at),
                self.case.rules.leavers.reads
            ),
            (false, _, None) => format!("{since}: nothing"),
        }
    }

    /// The changes that would be sent for them.
    pub(super) fn planned(&self) -> impl Iterator<Item = &Change> {
        self.case.plan.changes().iter().filter(|change| self.is_theirs(&change.target))
    }

    /// The changes of theirs that are held back.
    pub(super) fn all_withheld(&self) -> impl Iterator<Item = &Withheld> {
        self.case.plan.withheld().iter().filter(|withheld| self.is_theirs(&withheld.change.target))
    }

    /// What they are told as among leavers.
    pub(super) fn leaver(&self) -> Option<&Leaver> {
        let email = fold_email(self.subject.user?.email());
        let is_absent = !matches!(self.subject.standing, Standing::Person(_));
        self.case.plan.leavers().iter().find(|leaver| is_absent && fold_email(&leaver.who) == email)
    }

    /// What protects them, with what would have come.
    pub(super) fn protected(&self) -> Option<&crate::diff::ProtectedUser> {
        let name = match (self.subject.user, self.subject.standing) {
            (Some(user), _) => fold_email(user.email()),
            (None, Standing::Person(person)) => fold_email(person.email()),
            (None, _) => return None,
        };
        self.case.plan.protected().iter().find(|protected| fold_email(&protected.who) == name)
    }

    fn is_theirs(&self, target: &Target) -> bool {
        let Target::User(account) = target else { return false };
        let (key, id) = (&account.key, account.id());
        match (self.subject.user, self.subject.standing) {
            (Some(user), _) => match id {
                Some(id) => user.id() == Some(id),
                None => user.key().as_ref() == Some(key) && account_of(user).contains('/'),
            },
            (None, Standing::Person(person)) => *key == person.key() && id.is_none(),
            (None, _) => false,
        }
    }
}

fn line(change: &Change) -> String {
    format!("{} ({})", told(&change.what), reason(&change.reason))
}
