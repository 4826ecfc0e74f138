//! Small worlds for the unit tests of this crate.

use umsync_engine::adobe::{Identity, Status, User, UserTexts, UserType};
use umsync_engine::change::{Account, Address, Target};
use umsync_engine::command::{Command, Phase, Step};
use umsync_engine::key::GroupName;

/// A federated account that logs in by its email.
pub(crate) fn account(email: &str) -> Account {
    let address = Address { user: email.to_owned(), domain: None, adobe_id: false };
    Account::new(Identity::Federated, None, email, &address)
}

pub(crate) fn to_user(email: &str, steps: Vec<Step>) -> Command {
    let target = Target::User(account(email).into());
    Command { phase: Phase::Settle, target, steps, changes: vec![0], fallback: Vec::new() }
}

pub(crate) fn user(email: &str, groups: &[&str]) -> User {
    let groups = groups.iter().map(|name| GroupName::new(name)).collect();
    let texts = UserTexts {
        email,
        username: Some(email),
        first_name: Some("Jane"),
        last_name: Some("Doe"),
        ..UserTexts::default()
    };
    User::new(UserType::Known(Identity::Federated), Status::Active, groups, texts)
}
