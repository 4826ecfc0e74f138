//! Commands whose root is a user group.

use super::lists::{LONGEST_GROUP, List};
use super::parse::{GroupStep, IfExists};
use super::user::Change;
use super::{Desk, Failure, Outcome};
use crate::knobs::{Missing, NoChange, UnknownMember};
use crate::org::{Found, GroupKind, GroupRecord};

/// Members of a user group that a profile is attached to (user group commands, Action API).
const MOST_MEMBERS: usize = 200_000;

/// Which group the steps act on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Target {
    Known(u64),
    /// Would exist if this were no test.
    Tested,
    Missing,
}

impl Desk<'_> {
    pub(super) fn group_command(&mut self, root: &str, steps: &[(usize, GroupStep)]) -> Outcome {
        let mut outcome = Outcome::default();
        let mut target = match self.user_group(root) {
            Some(number) => Target::Known(number),
            None => Target::Missing,
        };
        for (at, step) in steps {
            let failures = match step {
                GroupStep::Create { named, .. } if self.knobs.require_group_name && !named => {
                    let message = "createUserGroup needs a name";
                    vec![Failure::new("error.usergroup.command.missing.arguments", message)]
                }
                GroupStep::Create { named: _, description, option } => {
                    match self.create_group(root, description.as_deref(), *option) {
                        Ok(created) => {
                            target = created;
                            Vec::new()
                        }
                        Err(failure) => vec![failure],
                    }
                }
                GroupStep::Update { name, description } => self.on_group(root, target, |desk, group| {
                    desk.update_group(group, name.as_deref(), description.as_deref())
                }),
                GroupStep::Delete => self.on_group(root, target, Self::delete_group),
                GroupStep::Add(lists) => self.on_lists(root, target, lists, Change::Add),
                GroupStep::Remove(lists) => self.on_lists(root, target, lists, Change::Remove),
            };
            let deleted = failures.is_empty() && matches!(step, GroupStep::Delete);
            outcome.failures.extend(failures.into_iter().map(|failure| (*at, failure)));
            // There is nothing left to act on (deleteUserGroup, Action API).
            if deleted {
                break;
            }
        }
        outcome
    }

    /// Profiles and administrator groups are no roots.
    fn user_group(&self, name: &str) -> Option<u64> {
        match self.org.find_group(name)? {
            Found::Group(number) if self.org.group_record(number).kind == GroupKind::UserGroup => {
                Some(number)
            }
            _ => None,
        }
    }

    fn on_group(
        &mut self,
        root: &str,
        target: Target,
        step: impl FnOnce(&mut Self, u64) -> Result<(), Failure>,
    ) -> Vec<Failure> {
        let result = match target {
            Target::Known(number) => step(self, number),
            Target::Tested => Ok(()),
            Target::Missing => Err(self.no_group(root)),
        };
        result.err().into_iter().collect()
    }

    fn no_group(&self, root: &str) -> Failure {
        // Both texts were seen: this one where the name is a profile's, the other where it is nobody's.
        let message = match self.org.find_group(root) {
            Some(_) => "UserGroup not found".to_owned(),
            None => format!("Usergroup not found: {root}"),
        };
        Failure::new("error.usergroup.not_found", message)
    }

    fn create_group(
        &mut self,
        name: &str,
        description: Option<&str>,
        option: Option<IfExists>,
    ) -> Result<Target, Failure> {
        check_name(name)?;
        if let Some(Found::Group(number)) = self.org.find_group(name) {
            let ours = self.org.group_record(number).kind == GroupKind::UserGroup;
            let Some(option) = option.filter(|_| ours) else {
                let message = format!("User group already exists: {name}");
                return Err(Failure::new("error.usergroup.already_exists", message));
            };
            if let (IfExists::Update, Some(description), true) = (option, description, self.live()) {
                self.org.describe(number, description.to_owned());
            }
            return Ok(Target::Known(number));
        }
        if !self.live() {
            return match self.knobs.test_mode_new_group {
                Missing::Ok => Ok(Target::Tested),
                Missing::Error => Err(self.no_group(name)),
            };
        }
        Ok(Target::Known(self.org.found(GroupRecord {
            description: description.map(ToOwned::to_owned),
            ..GroupRecord::named(name, GroupKind::UserGroup)
        })))
    }

    fn update_group(
        &mut self,
        group: u64,
        name: Option<&str>,
        description: Option<&str>,
    ) -> Result<(), Failure> {
        let record = self.org.group_record(group);
        if record.read_only {
            let message = format!("Usergroup is owned by another org and readonly: {}", record.name);
            return Err(Failure::new("error.usergroup.readonly.update_not_allowed", message));
        }
        if let Some(name) = name {
            check_name(name)?;
            if let Some(Found::Group(other)) = self.org.find_group(name)
                && other != group
            {
                let message = format!("User group already exists: {name}");
                return Err(Failure::new("error.usergroup.already_exists", message));
            }
        }
        if self.live() {
            if let Some(name) = name {
                self.org.rename(group, name);
            }
            if let Some(description) = description {
                self.org.describe(group, description.to_owned());
            }
        }
        Ok(())
    }

    fn delete_group(&mut self, group: u64) -> Result<(), Failure> {
        let record = self.org.group_record(group);
        if record.read_only {
            let message =
                format!("User group owned by another organization. Remove not allowed: {}", record.name);
            return Err(Failure::new("error.usergroup.readonly.remove_not_allowed", message));
        }
        if self.live() {
            self.org.dissolve(group);
        }
        Ok(())
    }

    fn on_lists(&mut self, root: &str, target: Target, lists: &[List], change: Change) -> Vec<Failure> {
        let group = match target {
            Target::Known(number) => Some(number),
            Target::Tested => None,
            Target::Missing => return vec![self.no_group(root)],
        };
        let step = |desk: &mut Self, list: &List| match list.key.as_str() {
            "user" => desk.members(group, &list.names, change),
            _ => desk.profiles(group, &list.names, change),
        };
        lists.iter().filter_map(|list| step(self, list).err()).collect()
    }

    /// `group` is missing in the test of a group that is not there yet.
    fn members(&mut self, group: Option<u64>, emails: &[String], change: Change) -> Result<(), Failure> {
        if let Some(record) = group.map(|group| self.org.group_record(group)).filter(|group| group.read_only)
        {
            return Err(change.refused(&record.name));
        }
        // Only emails count here, and of two accounts with one email the organization's own.
        let users: Vec<u64> = emails
            .iter()
            .filter(|email| email.contains('@'))
            .filter_map(|email| {
                let found = self.org.resolve(email, None);
                found.into_iter().find(|(_, account)| account.visible(self.now)).map(|(number, _)| number)
            })
            .collect();
        let lenient = !self.live() && self.knobs.test_mode_missing_user == Missing::Ok;
        let missing = match self.knobs.ug_unknown_user {
            UnknownMember::DropSilently => users.is_empty(),
            UnknownMember::Error => users.len() < emails.len(),
        };
        if missing && !lenient {
            return Err(Failure::new("error.user.not_found", "No valid users were found in the request"));
        }
        let Some(group) = group else { return Ok(()) };
        let members = self.org.direct(group);
        let changes = users.iter().any(|user| members.contains(user) != (change == Change::Add));
        if !changes && self.knobs.ug_noop_add == NoChange::Error && !users.is_empty() {
            return Err(match change {
                Change::Add => Failure::new("error.user.already_exists", "Users are already in the group"),
                Change::Remove => Failure::new(
                    "error.usergroup.user_list.invalid",
                    "The list of users did not change the membership",
                ),
            });
        }
        if self.live() {
            for user in users {
                match change {
                    Change::Add => self.org.join(user, group),
                    Change::Remove => self.org.leave(user, group),
                }
            }
        }
        Ok(())
    }

    fn profiles(&mut self, group: Option<u64>, names: &[String], change: Change) -> Result<(), Failure> {
        let mut profiles = Vec::new();
        for name in names {
            match self.org.find_group(name) {
                Some(Found::Group(number))
                    if self.org.group_record(number).kind == GroupKind::ProductProfile =>
                {
                    profiles.push(number);
                }
                _ => {
                    let message = format!("Product profile not found: {name}");
                    let short = self.knobs.short_plc_code;
                    let code = if short { "plc.not_found" } else { "error.plc.not_found" };
                    return Err(Failure::new(code, message));
                }
            }
        }
        let Some(group) = group else { return Ok(()) };
        if change == Change::Add && self.org.direct(group).len() > MOST_MEMBERS {
            let message = format!("User group has more than {MOST_MEMBERS} members");
            return Err(Failure::new("error.usergroup.exceeds_maximum_member_count", message));
        }
        if self.live() {
            for profile in profiles {
                match change {
                    Change::Add => self.org.attach(group, profile),
                    Change::Remove => self.org.detach(group, profile),
                }
            }
        }
        Ok(())
    }
}

fn check_name(name: &str) -> Result<(), Failure> {
    if name.starts_with('_') || name.trim().is_empty() || name.chars().count() > LONGEST_GROUP {
        return Err(Failure::new("error.group.invalid_name", format!("Group name is invalid: {name}")));
    }
    Ok(())
}
