//! Commands whose root is a user.

use super::lists::List;
use super::parse::{UserOrder, UserStep};
use super::{Desk, Failure, Outcome};
use crate::knobs::{Departed, Missing, UnknownGroup};
use crate::org::{AccountType, Found};

/// Whom the steps of a command act on. It is found once: a new email does not change who is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    Known(u64),
    /// Would exist if this were no test.
    Tested,
    Missing,
    /// Its creation failed in this command.
    NotCreated,
}

impl Desk<'_> {
    pub(super) fn user_command(&mut self, order: &UserOrder) -> Outcome {
        let mut outcome = Outcome::default();
        let mut target = self.find(order);
        for (at, step) in &order.steps {
            let result = match step {
                UserStep::Create(create) => match self.create(order, create) {
                    Ok(created) => {
                        target = created;
                        Ok(())
                    }
                    Err(failure) => {
                        target = Target::NotCreated;
                        Err(failure)
                    }
                },
                UserStep::Update(update) => self.on(order, target, |desk, user| desk.update(user, update)),
                UserStep::Add(lists) => {
                    deprecated(lists, *at, &mut outcome);
                    self.memberships(order, target, lists, Change::Add)
                }
                UserStep::Remove(lists) => {
                    deprecated(lists, *at, &mut outcome);
                    self.memberships(order, target, lists, Change::Remove)
                }
                UserStep::RemoveAll => self.on(order, target, |desk, user| {
                    desk.remove_all(user);
                    Ok(())
                }),
                UserStep::RemoveFromOrg { delete } => self.remove_from_org(order, target, *delete),
            };
            if let Err(failure) = result {
                outcome.failures.push((*at, failure));
            }
        }
        outcome
    }

    fn find(&self, order: &UserOrder) -> Target {
        let domain = if order.adobe_id { Some("AdobeID") } else { order.domain.as_deref() };
        // An email, or a bare username with its domain; a username that looks like an email identifies nobody.
        let found = self.org.resolve(&order.user, domain);
        match found.into_iter().find(|(_, account)| account.visible(self.now)) {
            Some((number, _)) => Target::Known(number),
            None => Target::Missing,
        }
    }

    /// Runs a step on an account, or says what a step on nobody gives.
    fn on(
        &mut self,
        order: &UserOrder,
        target: Target,
        step: impl FnOnce(&mut Self, u64) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        match self.somebody(order, target)? {
            Some(number) => step(self, number),
            None => Ok(()),
        }
    }

    /// `None`: nobody, and in a test that is fine.
    fn somebody(&self, order: &UserOrder, target: Target) -> Result<Option<u64>, Failure> {
        let lenient = !self.live() && self.knobs.test_mode_missing_user == Missing::Ok;
        match target {
            Target::Known(number) => Ok(Some(number)),
            Target::Tested | Target::Missing if lenient => Ok(None),
            Target::Tested | Target::NotCreated => {
                Err(Failure::new("error.user.not_found", "No valid users were found in the request"))
            }
            Target::Missing => {
                let kind = if order.adobe_id { "Adobe" } else { "User" };
                let message = format!("{kind} Id does not exist: {}", order.user);
                Err(Failure::new("error.user.nonexistent", message))
            }
        }
    }

    /// All names are looked up before any membership changes. What an unknown one means for the others is a knob.
    fn memberships(
        &mut self,
        order: &UserOrder,
        target: Target,
        lists: &[List],
        change: Change,
    ) -> Result<(), Failure> {
        let user = self.somebody(order, target)?;
        let mut groups = Vec::new();
        let mut failed = None;
        for name in lists.iter().flat_map(|list| &list.names) {
            match self.group_for(name, change) {
                Ok(found) => groups.push(found),
                Err(failure) => failed = failed.or(Some(failure)),
            }
        }
        if failed.is_some() && self.knobs.unknown_group == UnknownGroup::AppliesNone {
            groups.clear();
        }
        let result = failed.map_or(Ok(()), Err);
        let Some(user) = user.filter(|_| self.live()) else {
            return result;
        };
        for found in groups {
            match (change, found) {
                (Change::Add, found) => {
                    let group = self.org.awaken(found);
                    self.org.join(user, group);
                }
                (Change::Remove, Found::Group(group)) => self.org.leave(user, group),
                (Change::Remove, Found::Dormant { .. }) => {}
            }
        }
        result
    }

    fn group_for(&self, name: &str, change: Change) -> Result<Found, Failure> {
        let unknown = || Failure::new("error.group.not_found", format!("Group {name} was not found"));
        let found = self.org.find_group(name).ok_or_else(unknown)?;
        if found.untouchable(self.org) {
            return Err(unknown());
        }
        if let Found::Group(number) = found {
            let group = self.org.group_record(number);
            if group.read_only {
                return Err(change.refused(&group.name));
            }
        }
        Ok(found)
    }

    fn remove_all(&mut self, user: u64) {
        if !self.live() {
            return;
        }
        for group in self.org.account(user).groups.clone() {
            if !Found::Group(group).untouchable(self.org) {
                self.org.leave(user, group);
            }
        }
    }

    fn remove_from_org(&mut self, order: &UserOrder, target: Target, delete: bool) -> Result<(), Failure> {
        // The documentation calls this a success; recorded answers do not.
        match self.knobs.removefromorg_missing {
            Departed::Ok if target == Target::Missing => return Ok(()),
            Departed::Internal if target == Target::Missing && self.live() => return Err(not_removed()),
            Departed::Ok | Departed::Error | Departed::Internal => {}
        }
        let Some(number) = self.somebody(order, target)? else {
            return Ok(());
        };
        let account = self.org.account(number);
        let elsewhere = self.org.owned_elsewhere(account);
        if elsewhere && delete {
            let message = format!("The user is owned by another organization: {}", order.user);
            return Err(Failure::new("error.api.user.not.parent.org", message));
        }
        let owned = account.kind != AccountType::Adobe;
        let synced = self.org.domain(&account.domain).is_some_and(|domain| domain.externally_synced);
        if owned && synced {
            return Err(not_removed());
        }
        if self.live() {
            // An Adobe ID belongs to its person and is only let go.
            if delete && owned { self.org.delete(number) } else { self.org.expel(number) }
        }
        Ok(())
    }
}

fn not_removed() -> Failure {
    Failure::new("error.internal.removefromorg", "Error removing user from organization: FAILURE")
}

/// Which way memberships change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    Add,
    Remove,
}

impl Change {
    /// What a group shared from another organization says.
    pub(super) fn refused(self, group: &str) -> Failure {
        match self {
            Self::Add => Failure::new(
                "error.usergroup.readonly.add_user_not_allowed",
                format!("User cannot be added to group as owned by another org and readonly: {group}"),
            ),
            Self::Remove => Failure::new(
                "error.usergroup.readonly.remove_user_not_allowed",
                format!("User cannot be removed from group as owned by another org and readonly: {group}"),
            ),
        }
    }
}

fn deprecated(lists: &[List], at: usize, outcome: &mut Outcome) {
    for list in lists.iter().filter(|list| list.key != "group") {
        let instead = if list.key == "product" { "productConfiguration" } else { "group" };
        let message = format!("'{}' command is deprecated. Please use {instead}.", list.key);
        outcome.warnings.push((at, Failure::new("warning.command.deprecated", message)));
    }
}
