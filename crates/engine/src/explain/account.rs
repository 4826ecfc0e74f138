//! The step about the account: which, and how it was found.

use super::subject::Standing;
use super::{Look, Step};
use crate::adobe::{Status, User};
use crate::key::fold_email;
use crate::matching::Held;
use crate::person::Person;

impl Look<'_> {
    /// Which account is theirs, and how that is known.
    pub(super) fn account(&self) -> Step {
        let mut said = Vec::new();
        if self.case.plan.is_push() {
            said.push("not looked for (strategy: push): it is made, unless it is there".to_owned());
            if let Standing::Person(person) = self.subject.standing {
                let held = self.held_as(person);
                said.extend(held.map(|held| format!("held, nothing is done about them: {}", held.reason)));
            }
            return Step::new("Account at Adobe", said);
        }
        let read = self.as_of();
        match (self.subject.user, self.subject.standing) {
            (Some(user), standing) => {
                said.push(format!("{}, as it was on {read}", described(user)));
                if let Standing::Person(person) = standing {
                    said.push(format!("theirs by {}", self.matched_by(person, user)));
                }
                let groups: Vec<&str> = user.groups.iter().map(|group| group.spelling()).collect();
                said.push(match groups.is_empty() {
                    true => "in no group".to_owned(),
                    false => format!("in {}", groups.join(", ")),
                });
                let protect = self.case.rules.protect.with_admins_of(self.case.adobe);
                said.extend(protect.of_user(user).map(|by| format!("protected: {by}")));
            }
            (None, Standing::Person(person)) => {
                said.push(match self.held_as(person) {
                    Some(held) => format!("held, nothing is done about them: {}", held.reason),
                    None => format!("none had been listed on {read}"),
                });
                let same = |user: &&User| fold_email(user.email()) == fold_email(person.email());
                let there = self.case.adobe.users.iter().filter(same);
                said.extend(there.map(|user| format!("Adobe has {}", described(user))));
            }
            (None, _) => said.push(format!("none that is known to be theirs had been listed on {read}")),
        }
        Step::new("Account at Adobe", said)
    }

    /// How an account was found to be somebody's.
    fn matched_by(&self, person: &Person, user: &User) -> String {
        let known = person.links(self.case.memory).find(|known| Some(known.id()) == user.id());
        match known {
            Some(known) => format!(
                "a link: entry and account were seen together on {}",
                known.seen_at.format("%Y-%m-%d")
            ),
            None if fold_email(user.email()) == fold_email(person.email()) => "the same email".to_owned(),
            None => "the same username and domain".to_owned(),
        }
    }

    /// Why nothing is done about them, if that is so.
    pub(super) fn held(&self) -> Option<&Held> {
        match self.subject.standing {
            Standing::Person(person) => self.held_as(person),
            _ => {
                let email = self.subject.user.map(|user| fold_email(user.email()));
                let held = self.case.plan.held().iter();
                held.into_iter().find(|held| email.as_ref() == Some(&fold_email(&held.who)))
            }
        }
    }

    fn held_as(&self, person: &Person) -> Option<&Held> {
        let place = person.place();
        self.case.plan.held().iter().find(|held| held.entry.as_ref() == Some(&place))
    }
}

/// An account in a few words.
fn described(user: &User) -> String {
    let id = user.id().as_ref().map(|id| format!(" ({id})")).unwrap_or_default();
    let login = match (user.username(), user.domain()) {
        (Some(username), Some(domain)) if !username.contains('@') => {
            format!(", logs in as {username} of {domain}")
        }
        _ => String::new(),
    };
    let status = match &user.status {
        Status::Active => "active",
        Status::Other(status) => status,
    };
    format!("{}{id}, {}, {status}{login}", user.email(), user.kind)
}
