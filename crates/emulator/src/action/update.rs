//! `update` of a user.

use serde_json::{Map, Value};

use super::fields::{LONGEST_NAME, only, text};
use super::{Desk, Failure};
use crate::org::{AccountType, Login, domain_of, fold, plausible_email};

/// The value of an `update` step; what is absent stays as it is.
#[derive(Debug, Clone)]
pub(super) struct Update {
    email: Option<String>,
    username: Option<String>,
    firstname: Option<String>,
    lastname: Option<String>,
}

impl Update {
    pub(super) fn read(fields: &Map<String, Value>) -> Result<Self, Failure> {
        if fields.contains_key("country") {
            return Err(Failure::new("error.update.country.no_update", "Country cannot be updated"));
        }
        if fields.contains_key("option") {
            return Err(Failure::new("error.command.update.option.no", "Update takes no option"));
        }
        let known = ["email", "username", "firstname", "lastname"];
        only(fields, &known, "error.command.illegal_entry", "update")?;
        let field = |name| {
            let value = text(fields, name, LONGEST_NAME, "error.command.create.string_expected")?;
            Ok(value.filter(|value| !value.is_empty()))
        };
        Ok(Self {
            email: field("email")?,
            username: field("username")?,
            firstname: field("firstname")?,
            lastname: field("lastname")?,
        })
    }
}

impl Desk<'_> {
    pub(super) fn update(&mut self, number: u64, update: &Update) -> Result<(), Failure> {
        let account = self.org.account(number);
        if account.kind == AccountType::Adobe {
            let message = format!("Adobe ID cannot be updated: {}", account.email);
            return Err(Failure::new("error.update.adobeid.no", message));
        }
        if self.org.owned_elsewhere(account) {
            let message = format!("The user is owned by another organization: {}", account.email);
            return Err(Failure::new("error.api.user.not.parent.org", message));
        }
        let directory = self.org.domain(&account.domain);
        if directory.is_some_and(|directory| directory.externally_synced) {
            let message = format!("Could not update person: {}", account.email);
            return Err(Failure::new("error.internal.update_failed", message));
        }
        // A change of letter case alone succeeds and changes nothing, as recorded.
        let email = update.email.clone().filter(|email| fold(email) != fold(&account.email));
        if let Some(email) = &email {
            self.check_email(number, email)?;
        }
        let mut username = update.username.clone().filter(|name| fold(name) != fold(&account.username));
        if let Some(name) = &username {
            self.check_username(number, name, email.as_deref())?;
        }
        if !self.live() {
            return Ok(());
        }
        let account = self.org.account(number);
        let login_is_email = fold(&account.username) == fold(&account.email);
        if username.is_none() && login_is_email && self.knobs.username_follows_email {
            username.clone_from(&email);
        }
        // Where people sign in with their email, the account moves to the new email's domain with it.
        let moves = domain_of(&account.email).is_some_and(|domain| domain == account.domain);
        let domain = email.as_deref().and_then(domain_of).filter(|_| moves);
        let Update { firstname, lastname, email: _, username: _ } = update.clone();
        self.org.change(number, |account| {
            for (field, new) in [(&mut account.email, email), (&mut account.username, username)] {
                if let Some(new) = new {
                    *field = new;
                }
            }
            if let Some(domain) = domain {
                account.domain = domain;
            }
            account.firstname = firstname.or(account.firstname.take());
            account.lastname = lastname.or(account.lastname.take());
        });
        Ok(())
    }

    fn check_email(&self, number: u64, email: &str) -> Result<(), Failure> {
        if !plausible_email(email, self.knobs.max_email) {
            return Err(Failure::new("error.user.email.invalid", format!("Email is invalid: {email}")));
        }
        let account = self.org.account(number);
        let old = domain_of(&account.email).unwrap_or_default();
        let new = domain_of(email).unwrap_or_default();
        if self.org.domain(&new).is_none() || !self.org.same_directory(&old, &new) {
            let message = format!("Email cannot move to another directory: {email}");
            return Err(Failure::new("error.user.change_domain_update.no", message));
        }
        if self.org.with_email(email).any(|(other, account)| other != number && account.kind.owned()) {
            return Err(Failure::new("error.user.email.name_in_use", format!("Email is in use: {email}")));
        }
        Ok(())
    }

    fn check_username(&self, number: u64, name: &str, email: Option<&str>) -> Result<(), Failure> {
        let account = self.org.account(number);
        let refused =
            || Failure::new("error.update.username.no", format!("Username cannot be changed: {name}"));
        let follows = email.is_some_and(|email| fold(email) == fold(name));
        if account.kind != AccountType::Federated && !follows {
            return Err(refused());
        }
        match domain_of(name) {
            Some(domain) if !self.org.same_directory(&account.domain, &domain) => return Err(refused()),
            Some(_) => {}
            None => {
                let login = self.org.domain(&account.domain).map(|directory| directory.login);
                if login != Some(Login::Username) {
                    return Err(refused());
                }
            }
        }
        let taken = self.org.with_username(name).any(|(other, found)| {
            other != number && found.kind.owned() && self.org.same_directory(&found.domain, &account.domain)
        });
        if taken {
            return Err(Failure::new("error.user.name_in_use", format!("Username is in use: {name}")));
        }
        Ok(())
    }
}
