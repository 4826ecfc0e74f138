//! Whether what a command wanted is so. Pure; asked when its answer was lost and its user was read back.

use std::collections::BTreeMap;
use std::sync::Arc;
use umsync_engine::adobe::{Identity, User};
use umsync_engine::change::{Account, Address, Field, Names, Profile, ProfileTexts, Target};
use umsync_engine::command::{Command, Step};
use umsync_engine::key::{fold, fold_email};

/// How the user of a command is named once the command is carried out: an email or username that it changes is the
/// new one.
pub(crate) fn address_after(account: &Account, steps: &[Step]) -> Address {
    let mut address = account.address();
    for step in steps {
        if let Step::Update(fields) = step {
            // Who is named by a username keeps being named by it.
            let renamed = if address.domain.is_some() { Field::Username } else { Field::Email };
            if let Some(name) = fields.get(&renamed) {
                address.user.clone_from(name);
                if name.contains('@') {
                    address.domain = None;
                }
            }
        }
    }
    address
}

/// Whether every step of a user command holds, given the user found at [`address_after`].
pub(crate) fn hold(account: &Account, steps: &[Step], found: Option<&User>) -> bool {
    // Another account that has the name by now is not the one that the command was about.
    let found = found.filter(|user| is_same(account, user));
    if steps.iter().any(|step| matches!(step, Step::RemoveFromOrg { .. })) {
        return found.is_none();
    }
    found.is_some_and(|user| steps.iter().all(|step| holds(step, user)))
}

pub(crate) fn is_same(account: &Account, user: &User) -> bool {
    match (account.id(), user.id()) {
        (Some(ours), Some(theirs)) => ours == theirs,
        (None, _) | (_, None) => true,
    }
}

pub(crate) fn holds(step: &Step, user: &User) -> bool {
    match step {
        Step::CreateUser(profile) | Step::PushUser { profile, names: Names::Keep } => is_there(profile, user),
        Step::PushUser { profile, names: Names::Update } => {
            is_there(profile, user) && has_names(profile, user)
        }
        Step::Update(fields) => updated(fields, user),
        Step::Remove(groups) => groups.iter().all(|group| !user.groups.contains(group)),
        Step::Add(groups) => groups.iter().all(|group| user.groups.contains(group)),
        // The one was dealt with above, the other is no user's step: nothing to see, so nothing proven.
        Step::RemoveFromOrg { .. }
        | Step::CreateGroup
        | Step::Describe(_)
        | Step::Attach(_)
        | Step::AddUsers(_)
        | Step::RemoveUsers(_) => false,
    }
}

/// Which kind of account of its own the organization has is not asked: the create ignores one that is there, whatever it
/// is.
fn is_there(profile: &Profile, user: &User) -> bool {
    let personal = |identity| identity == Identity::Adobe;
    user.kind.known().map(personal) == Some(personal(profile.identity))
}

/// A name that is not given stays.
fn has_names(profile: &Profile, user: &User) -> bool {
    let ProfileTexts { email: _, first_name, last_name, country: _ } = profile.texts();
    let is = |wanted: Option<&str>, has: Option<&str>| wanted.is_none() || wanted == has;
    is(first_name, user.first_name()) && is(last_name, user.last_name())
}

fn updated(fields: &BTreeMap<Field, String>, user: &User) -> bool {
    fields.iter().all(|(field, wanted)| match field {
        // A change of letter case alone is answered well and does nothing.
        Field::Email => fold_email(user.email()) == fold_email(wanted),
        Field::Username => user.username().is_some_and(|name| fold(name) == fold(wanted)),
        Field::FirstName => user.first_name() == Some(wanted.as_str()),
        Field::LastName => user.last_name() == Some(wanted.as_str()),
    })
}

/// The command to be sent again: where the user was found under the new name, it is addressed by that.
pub(crate) fn readdressed(command: &Command, found: Option<&User>) -> Command {
    let mut again = command.clone();
    if let (Target::User(account), Some(user)) = (&command.target, found)
        && is_same(account, user)
    {
        let address = address_after(account, &command.steps);
        if address != account.address() {
            again.target = Target::User(Arc::new(account.at(&address)));
        }
    }
    again
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{account, to_user, user};
    use umsync_engine::adobe::UserTexts;

    fn hold_for(steps: &[Step], found: Option<&User>) -> bool {
        hold(&account("jane@b.c"), steps, found)
    }

    #[test]
    fn memberships_hold_when_all_of_them_do() {
        let steps = [Step::Remove(vec!["Old".into()]), Step::Add(vec!["NEW".into(), "Other".into()])];
        assert!(hold_for(&steps, Some(&user("jane@b.c", &["new", "other", "third"]))));
        assert!(!hold_for(&steps, Some(&user("jane@b.c", &["new"]))));
        assert!(!hold_for(&steps, Some(&user("jane@b.c", &["new", "other", "old"]))));
        assert!(!hold_for(&steps, None));
    }

    #[test]
    fn who_was_pushed_is_there_and_has_the_names_that_were_to_be_given() {
        let push = |first_name, names| {
            let texts = ProfileTexts { email: "jane@b.c", first_name, ..ProfileTexts::default() };
            [Step::PushUser { profile: Profile::new(Identity::Federated, texts).into(), names }]
        };
        let jane = user("jane@b.c", &[]);
        assert!(hold_for(&push(Some("Jane"), Names::Update), Some(&jane)));
        assert!(!hold_for(&push(Some("Joan"), Names::Update), Some(&jane)));
        assert!(hold_for(&push(Some("Joan"), Names::Keep), Some(&jane)));
        assert!(hold_for(&push(None, Names::Update), Some(&jane)));
        assert!(!hold_for(&push(None, Names::Keep), None));
    }

    #[test]
    fn who_left_is_gone_or_somebody_else() {
        let leave = [Step::RemoveFromOrg { delete_account: false }];
        assert!(hold_for(&leave, None));
        assert!(!hold_for(&leave, Some(&user("jane@b.c", &[]))));
        let jane = account("jane@b.c");
        let account = Account::new(jane.identity, Some("1"), jane.email(), &jane.address());
        let jane = user("jane@b.c", &[]);
        let other = jane.with(UserTexts { id: Some("2"), ..jane.texts() });
        assert!(hold(&account, &leave, Some(&other)));
    }

    #[test]
    fn names_hold_by_the_letter_and_emails_folded() {
        let fields = |field, value: &str| [Step::Update([(field, value.to_owned())].into())];
        let jane = user("Jane@b.c", &[]);
        assert!(hold_for(&fields(Field::FirstName, "Jane"), Some(&jane)));
        assert!(!hold_for(&fields(Field::FirstName, "jane"), Some(&jane)));
        assert!(hold_for(&fields(Field::Email, "jane@b.c"), Some(&jane)));
    }

    #[test]
    fn a_new_email_is_where_to_look_and_how_to_address() {
        let command = to_user("old@b.c", vec![Step::Update([(Field::Email, "new@b.c".to_owned())].into())]);
        let Target::User(account) = &command.target else { unreachable!() };
        assert_eq!(address_after(account, &command.steps).user, "new@b.c");
        let address = |again: Command| match again.target {
            Target::User(account) => account.user().to_owned(),
            Target::Group(_) => unreachable!(),
        };
        assert_eq!(address(readdressed(&command, Some(&user("new@b.c", &[])))), "new@b.c");
        assert_eq!(address(readdressed(&command, None)), "old@b.c");
    }
}
