//! Why the User Sync Tool would do something that umsync would not.

use super::compare::{Deed, Said, Theirs, is_mapped};
use super::explained::{Because, Explaining};
use super::run::Skip;
use super::sides::Who;
use umsync_engine::change::Field;
use umsync_engine::diff::{Leaver, account_of};
use umsync_engine::key::{GroupName, fold_email};
use umsync_engine::memory::Order;
use umsync_engine::person::Person;
use umsync_engine::protect::Protection;
use umsync_engine::rules::{Create, LeaverAction, MappingMode, PeopleRules};
use umsync_engine::withhold::Why;

impl Explaining<'_> {
    /// Why only the User Sync Tool would do it.
    pub(super) fn only_ust(&self, who: &Who<'_>, theirs: &Theirs<'_>, deed: &Deed, said: Said) -> Because {
        match deed {
            Deed::Set(_, None) => {
                return Because::rule(
                    "B6",
                    "the directory has no such value: its update is empty and comes again in every run",
                );
            }
            Deed::Join(None) => {
                return Because::rule(
                    "B7",
                    "two entries are one person to it, and it gives a group without a name",
                );
            }
            Deed::Make | Deed::Set(..) | Deed::Join(_) | Deed::Lose(_) | Deed::Leave | Deed::Delete => {}
        }
        if let Some(why) = theirs.withheld.get(deed) {
            return Because::rule(rule_of(*why), format!("umsync withholds it: {why}"));
        }
        if let Some(protection) = self.protection(who) {
            return Because::rule(
                rule_of_protection(&protection),
                format!("they are protected: {protection}"),
            );
        }
        if let Some(held) = self.held(who) {
            return Because::rule("held", format!("umsync holds them: {held}"));
        }
        match deed {
            _ if said.as_leaver => self.leaver(who, theirs, deed),
            Deed::Make => self.made(who),
            Deed::Set(field, _) => self.set(who, *field),
            Deed::Join(Some(group)) => self.joined(who, group),
            Deed::Lose(group) => self.lost(who, group),
            Deed::Join(None) | Deed::Leave | Deed::Delete => Because::hint("nothing of ours asks for it"),
        }
    }

    fn protection(&self, who: &Who<'_>) -> Option<Protection> {
        match (who.user, who.person) {
            (Some((_, user)), _) => self.protect.of_user(user),
            (None, Some(person)) => {
                self.protect.of(person.email(), person.username(), Some(person.identity), &Default::default())
            }
            (None, None) => None,
        }
    }

    fn held(&self, who: &Who<'_>) -> Option<String> {
        let person = who.person.map(|person| [fold_email(person.email()), person.place()]);
        let names = [fold_email(&who.name)].into_iter().chain(person.into_iter().flatten());
        names.filter_map(|name| self.held.get(&name)).map(|held| held.reason.to_string()).next()
    }

    /// It finds nobody in the directory.
    fn leaver(&self, who: &Who<'_>, theirs: &Theirs<'_>, deed: &Deed) -> Because {
        let Some((at, user)) = who.user else { return Because::hint("umsync has not listed this account") };
        if let Some(person) = who.person {
            return match person.selected {
                false => Because::rule(
                    "B20",
                    "they are in the directory and only not selected: no leaver to umsync, they lose what the mappings give",
                ),
                true => self.not_found("they are in the directory, and selected"),
            };
        }
        if let Some(leaver) = self.leavers.get(account_of(user).as_str()) {
            return self.waits(leaver, theirs, deed);
        }
        let could_be = self.sides.matching.claimed.contains(&at)
            || self.sides.desired.shield.covers(user.id(), user.email(), user.username());
        match could_be {
            true => Because::rule(
                "B20",
                "an entry of the directory is theirs or could be, out of scope or not understood: umsync takes nothing from them",
            ),
            false => Because::rule(
                "people.domains",
                "they are none of ours: no entry, no link, and a domain or an identity type that umsync does not manage",
            ),
        }
    }

    fn waits(&self, leaver: &Leaver, theirs: &Theirs<'_>, deed: &Deed) -> Because {
        let rules = &self.sides.case.rules.leavers;
        let action = match rules.action {
            LeaverAction::Keep => "keep",
            LeaverAction::RemoveGroups => "remove-groups",
            LeaverAction::RemoveAllGroups => "remove-all-groups",
            LeaverAction::Remove => "remove",
            LeaverAction::Delete => "delete",
        };
        match (leaver.due, leaver.order) {
            (_, Some(Order::Hold { .. })) => Because::rule("leavers hold", "somebody has held them"),
            _ if rules.action == LeaverAction::Keep => {
                Because::rule("leavers.action", "`keep`: umsync does nothing about leavers")
            }
            (false, _) => {
                let until = leaver.acts_at.map(|at| format!(" until {}", at.format("%Y-%m-%d %H:%M UTC")));
                let reads = format!("{} of {} complete reads", leaver.reads, rules.reads);
                Because::rule(
                    "leavers.grace",
                    format!("they have left, and umsync waits{} ({reads} so far)", until.unwrap_or_default()),
                )
            }
            (true, _)
                if !theirs.ours.is_empty()
                    || !theirs.withheld.is_empty()
                    || matches!(deed, Deed::Lose(_)) =>
            {
                Because::rule("leavers.action", format!("`{action}`: umsync does that instead"))
            }
            (true, _) => Because::hint(format!("they have left, and `leavers.action: {action}` is due")),
        }
    }

    /// It lacks somebody who is there.
    fn not_found(&self, is_there: &str) -> Because {
        let missing = &self.run.groups_not_found;
        match missing.is_empty() {
            false => {
                let missing: Vec<&str> = missing.iter().map(String::as_str).collect();
                Because::rule(
                    "B1",
                    format!(
                        "{is_there}; the User Sync Tool did not find the directory group {} and takes it for empty",
                        missing.join(", ")
                    ),
                )
            }
            true => Because::hint(format!(
                "{is_there}; the directory may have answered the User Sync Tool in part (B1), or its filters leave them out (B20)"
            )),
        }
    }

    fn made(&self, who: &Who<'_>) -> Because {
        if let Some((_, user)) = who.user {
            return match self.skipped(&[user.email()]) {
                Some((line, Skip::NoKeyAtAdobe)) => Because::rule(
                    "empty user key",
                    "Adobe has this account; the User Sync Tool cannot name it and takes it for absent",
                )
                .at(line),
                _ if self.run.is_of_several() => Because::rule(
                    "B12",
                    "Adobe has this account; the User Sync Tool tells and counts what it makes in other organizations here too",
                ),
                _ => Because::hint(format!("Adobe had this account when umsync listed: {}", user.email())),
            };
        }
        match who.person {
            Some(person) if !person.selected => {
                Because::rule("people.select", "they are in the directory and not selected")
            }
            Some(person) => match self.people_of(person).create {
                Create::Nobody => Because::rule("people.create", "`nobody`: umsync makes no accounts"),
                Create::Mapped if person.groups.is_empty() => {
                    Because::rule("people.create", "`mapped`: no mapping gives them a group")
                }
                Create::Mapped | Create::Selected => {
                    Because::hint("they are selected; `umsync explain` tells more")
                }
            },
            None => self.nobody(who),
        }
    }

    /// Somebody of whom we have neither account nor person.
    fn nobody(&self, who: &Who<'_>) -> Because {
        let desired = self.sides.desired;
        let gone = desired.gone.iter().find(|gone| {
            gone.person.is_some_and(|person| fold_email(person.email()) == fold_email(&who.name))
        });
        match gone {
            Some(gone) => {
                Because::rule("disabled", format!("they have left by their entry: {}", gone.evidence))
            }
            None if desired.shield.covers(None, &who.name, None) => Because::rule(
                "set_aside",
                "the entry that names them is out of scope or cannot be understood: people.filter, or set aside",
            ),
            None => Because::hint("the directory, as umsync reads it, has nobody called so"),
        }
    }

    fn set(&self, who: &Who<'_>, field: Field) -> Because {
        match who.person {
            None => self.nobody(who),
            Some(person) if !self.people_of(person).update.contains(&field) => Because::rule(
                "people.update",
                format!("the {} is not among what umsync updates", field.word()),
            ),
            Some(person) => Because::hint(format!(
                "umsync reads {} from the directory, and Adobe has {}",
                value(person, field),
                who.user.map_or("nothing".to_owned(), |(_, user)| quoted(match field {
                    Field::Email => Some(user.email()),
                    Field::Username => user.username(),
                    Field::FirstName => user.first_name(),
                    Field::LastName => user.last_name(),
                }))
            )),
        }
    }

    fn joined(&self, who: &Who<'_>, group: &GroupName) -> Because {
        if !is_mapped(self.sides, group) {
            return Because::rule(
                "groups",
                "no mapping under `groups` gives it: umsync neither gives nor takes it",
            );
        }
        if who.user.is_some_and(|(_, user)| user.groups.contains(group)) {
            return Because::hint("they were in it when umsync listed Adobe");
        }
        match who.person {
            None if who.user.is_none() => self.nobody(who),
            None => Because::hint("the directory, as umsync reads it, has nobody whose account this is"),
            Some(person) if person.groups.contains_key(group) && who.user.is_none() => self.made(who),
            Some(person) if person.groups.contains_key(group) => {
                Because::hint("the directory gives it; `umsync explain` tells more")
            }
            Some(_) => Because::hint(
                "no directory group that gives it lists them, as umsync reads it; a hook of yours may give it",
            ),
        }
    }

    fn lost(&self, who: &Who<'_>, group: &GroupName) -> Because {
        let mut mappings =
            self.sides.case.rules.mappings.iter().filter(|mapping| mapping.adobe.contains(group)).peekable();
        if mappings.peek().is_none() {
            return Because::rule(
                "B2",
                "no mapping under `groups` names it; the User Sync Tool also takes people out of groups that only its filters and exclusions name",
            );
        }
        if mappings.any(|mapping| mapping.mode == MappingMode::Additive) {
            return Because::rule("groups.mode", "`additive`: umsync takes nobody out");
        }
        match who.person {
            Some(person) if person.groups.contains_key(group) => {
                let by: Vec<&str> = person.groups[group].iter().map(AsRef::as_ref).collect();
                self.not_found(&format!("the directory gives it by {}", by.join(", ")))
            }
            _ if who.user.is_some_and(|(_, user)| !user.groups.contains(group)) => {
                Because::hint("they were not in it when umsync listed Adobe")
            }
            Some(_) => Because::hint(
                "the directory does not give it, and umsync does not take it; `umsync explain` tells more",
            ),
            None => Because::hint("the directory, as umsync reads it, has nobody whose account this is"),
        }
    }

    fn people_of(&self, person: &Person) -> &PeopleRules {
        let rules = self.sides.case.rules;
        person.directories().first().map_or(&rules.people, |name| rules.people_of(name))
    }
}

fn value(person: &Person, field: Field) -> String {
    quoted(match field {
        Field::Email => Some(person.email()),
        Field::Username => person.username(),
        Field::FirstName => person.first_name(),
        Field::LastName => person.last_name(),
    })
}

fn quoted(value: Option<&str>) -> String {
    value.map_or("nothing".to_owned(), |value| format!("`{value}`"))
}

/// Which key of the configuration withholds.
fn rule_of(why: Why) -> String {
    match why {
        Why::NoBaseline | Why::OtherConfiguration => "baseline".to_owned(),
        Why::OverLimit(class) | Why::OtherLimit(class) => format!("limits.{}", class.key()),
        Why::TooManySetAside => "limits.set_aside".to_owned(),
        Why::ShortListing
        | Why::Unlisted
        | Why::SetAside
        | Why::Fall
        | Why::Unresolved
        | Why::Unread
        | Why::Parked
        | Why::Invisible
        | Why::Needs => "withheld".to_owned(),
    }
}

fn rule_of_protection(protection: &Protection) -> &'static str {
    match protection {
        Protection::OrgAdmin => "protect",
        Protection::Pattern(_) => "protect.users",
        Protection::Member(_) => "protect.groups",
        Protection::Identity(_) => "protect.identities",
    }
}
