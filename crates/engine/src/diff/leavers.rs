//! Users of ours, and what is done about those whom the directory lacks.

use super::{Leaver, Work, account_of};
use crate::adobe::{Identity, Status, User};
use crate::change::{Account, Change, Reason, Target, What};
use crate::key::{GroupName, Ownership, domain_of, email_domain};
use crate::matching::{Held, HeldReason, Matching, Positions};
use crate::memory::{Absence, Absent, Order};
use crate::rules::{Domains, IdentityRule, LeaverAction, Subject};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Users of ours by position.
#[derive(Debug, Default)]
pub(super) struct Ours {
    /// Not protected: managed.
    pub(super) managed: Positions,
    /// Protected.
    pub(super) protected: Positions,
}

impl Work<'_> {
    /// Users of ours: active, of an identity type this configuration gives, and matched, or of one of our domains.
    pub(super) fn ours(&self, matching: &Matching) -> Ours {
        let count = self.adobe.users.len();
        let mut matched = Positions::new(count);
        matching.pairs.iter().for_each(|(_, user)| matched.insert(*user));
        let given: BTreeSet<Identity> = match &self.rules.people.identity {
            IdentityRule::Always(identity) => [*identity].into(),
            IdentityRule::ByTemplate(_) => self.desired.people.iter().map(|person| person.identity).collect(),
        };
        let mut ours = Ours { managed: Positions::new(count), protected: Positions::new(count) };
        for (at, user) in
            self.adobe.users.iter().enumerate().filter(|(_, user)| user.status == Status::Active)
        {
            let by_domain = || {
                let identity = user.kind.known();
                identity.is_some_and(|identity| given.contains(&identity) && self.in_domains(user, identity))
            };
            let known = matching.linked.contains(&at) || matching.gone.contains_key(&at);
            if matched.contains(&at) || known || by_domain() {
                let protected = self.protect.of_user(user).is_some();
                if protected { &mut ours.protected } else { &mut ours.managed }.insert(at);
            }
        }
        ours
    }

    fn in_domains(&self, user: &User, identity: Identity) -> bool {
        let Some(domain) = domain_of(user.email()) else {
            return false;
        };
        match &self.rules.people.domains {
            Domains::Any => true,
            Domains::Listed(listed) => listed.contains(domain.as_ref()),
            Domains::Met => identity != Identity::Adobe && self.desired.domains.contains(domain.as_ref()),
        }
    }

    /// Whether what Adobe knows of somebody whom no entry names leaves open that the filter is about them: whoever it would
    /// leave out is no leaver.
    fn is_in_scope(&self, user: &User) -> bool {
        self.rules.people.filter.iter().all(|condition| match &condition.of {
            Subject::Email => condition.pattern.matches(user.email()),
            Subject::Domain => {
                email_domain(user.email()).is_none_or(|domain| condition.pattern.matches(&domain))
            }
            // Adobe's usernames are often emails where the directory's are not, and of the rest it knows nothing.
            Subject::Username | Subject::Template(_) => true,
        })
    }

    pub(super) fn leavers(&mut self, matching: &Matching, ours: &Ours) {
        let action = self.rules.leavers.action;
        let grace = TimeDelta::from_std(self.rules.leavers.grace).unwrap_or(TimeDelta::MAX);
        let gone = |at: &usize| {
            let user = &self.adobe.users[*at];
            let shielded = || self.desired.shield.covers(user.id(), user.email(), user.username());
            !matching.claimed.contains(at) && !shielded() && self.is_in_scope(user)
        };
        let managed: Vec<usize> = ours.managed.iter().filter(gone).collect();
        let protected: Vec<usize> = ours.protected.iter().filter(gone).collect();
        let there = |(at, _): &(usize, &User)| !self.memory.absences.is_empty() && !gone(at);
        let users = self.adobe.users.iter().enumerate().filter(there).map(|(_, user)| account_of(user));
        self.diff.back = users.filter(|name| self.memory.absences.contains_key(name)).collect();
        for at in managed {
            let user = &self.adobe.users[at];
            if self.desired.unread && !matching.gone.contains_key(&at) {
                self.diff.unknown += 1;
                continue;
            }
            let name = account_of(user);
            let known = self.memory.absences.get(&name).copied();
            let Absence { since, reads } = known.unwrap_or(Absence { since: self.now, reads: 1 });
            let since = since.min(self.now);
            let evidence = matching.gone.get(&at).cloned();
            let order = self.memory.orders.get(&name).copied().filter(|order| order.holds_at(self.now));
            let acts_at = since.checked_add_signed(grace).unwrap_or(DateTime::<Utc>::MAX_UTC);
            let reviewed =
                self.memory.reviewed.as_ref().map(|reviewed| reviewed.accounts.contains_key(&name));
            let due = match (order, reviewed) {
                (Some(Order::Hold { .. }), _) => false,
                (_, Some(reviewed)) => reviewed,
                (Some(Order::Expedite), None) => true,
                (None, None) => acts_at <= self.now && reads >= self.rules.leavers.reads,
            };
            let reason = match &evidence {
                Some(evidence) => Reason::Departed { evidence: Box::new(evidence.clone()) },
                None => Reason::Absent { since },
            };
            match (due, &evidence, order) {
                (true, ..) => self.depart(user, &reason),
                // What says that they have left takes what was given, at once.
                (false, Some(_), None) if action != LeaverAction::Keep && reviewed.is_none() => {
                    self.strip(user, &reason);
                }
                (false, ..) => {}
            }
            // While an entry that names nobody could be theirs, their absence does not count, and begins anew after it.
            let account = name.clone();
            let counts = !self.desired.unread && !self.desired.shield.anybody;
            if counts || (evidence.is_some() && !self.desired.unread) {
                let (email, evidence) = (user.email().to_owned(), evidence.clone());
                self.diff.absent.insert(name, Absent { email, evidence });
            }
            self.diff.leavers.push(Leaver {
                who: user.email().to_owned(),
                account,
                since,
                reads,
                acts_at: (action != LeaverAction::Keep).then_some(acts_at),
                due,
                evidence,
                order,
            });
        }
        self.tell_reviewed();
        // For the report, which tells what protection prevents; no such change gets past it.
        if self.desired.unread {
            return;
        }
        for user in protected.into_iter().map(|at| &self.adobe.users[at]) {
            self.depart(user, &Reason::Absent { since: self.now });
        }
    }

    /// Whoever was reviewed and is no leaver, or nobody.
    fn tell_reviewed(&mut self) {
        let Some(reviewed) = &self.memory.reviewed else { return };
        let leavers: BTreeSet<&str> =
            self.diff.leavers.iter().map(|leaver| leaver.account.as_str()).collect();
        let back = reviewed.accounts.iter().filter(|(account, _)| !leavers.contains(account.as_str()));
        let back = back.map(|(_, who)| (who, HeldReason::NoLeaver));
        let unknown = reviewed.unknown.iter().map(|who| (who, HeldReason::NoAccount));
        let held = back.chain(unknown).map(|(who, reason)| Held { who: who.clone(), entry: None, reason });
        self.diff.held.extend(held);
    }

    /// Every membership is taken. Roles are taken only where they are mapped.
    fn strip_all(&mut self, user: &User, reason: &Reason) {
        let Some(account) = Account::of(user) else { return };
        let target = Target::User(Arc::new(account));
        let managed = self.rules.managed_groups();
        let is_taken = |group: &&GroupName| managed.contains(*group) || !self.is_admin_group(group);
        for group in user.groups.iter().filter(is_taken).cloned().collect::<Vec<_>>() {
            self.push(target.clone(), What::Lose { group }, reason.clone());
        }
    }

    /// The memberships that the mapping would give are taken.
    fn strip(&mut self, user: &User, reason: &Reason) {
        let Some(account) = Account::of(user) else { return };
        let target = Target::User(Arc::new(account));
        for group in user.groups.iter().filter(|group| self.owned.contains(*group)) {
            let what = What::Lose { group: group.clone() };
            self.diff.changes.push(Change { target: target.clone(), what, reason: reason.clone() });
        }
    }

    /// What is done with somebody who has left.
    fn depart(&mut self, user: &User, reason: &Reason) {
        let Some(account) = Account::of(user) else { return };
        let owned = account.ownership() == Ownership::Organization;
        let target = Target::User(Arc::new(account));
        match self.rules.leavers.action {
            LeaverAction::Keep => {}
            LeaverAction::RemoveGroups => self.strip(user, reason),
            LeaverAction::RemoveAllGroups => self.strip_all(user, reason),
            LeaverAction::Remove | LeaverAction::Delete => {
                match user.groups.iter().find(|group| self.is_admin_group(group)) {
                    Some(group) if !group.is_org_admin() && !self.protect.org_admins.contains(group) => {
                        let role = HeldReason::HoldsRole { group: group.spelling().to_owned() };
                        self.diff.held.push(Held { who: user.email().to_owned(), entry: None, reason: role });
                        if matches!(reason, Reason::Departed { .. }) {
                            self.strip(user, reason);
                        }
                    }
                    // An Adobe ID belongs to the person and cannot be deleted (UMAPI documentation, "removeFromOrg").
                    _ if self.rules.leavers.action == LeaverAction::Delete && owned => {
                        self.push(target, What::Delete, reason.clone());
                    }
                    _ => self.push(target, What::Leave, reason.clone()),
                }
            }
        }
    }
}
