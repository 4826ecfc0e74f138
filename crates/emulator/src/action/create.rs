//! `addAdobeID`, `createEnterpriseID`, `createFederatedID`.

use chrono::TimeDelta;
use serde_json::{Map, Value};

use super::fields::{LONGEST_NAME, only, text};
use super::parse::{IfExists, UserOrder, if_exists};
use super::user::Target;
use super::{Desk, Failure, country};
use crate::knobs::Knobs;
use crate::org::{
    Account, AccountType, Domain, IdentityType, Login, NewAccount, Owner, domain_of, fold, plausible_email,
};

/// The value of a creating step.
#[derive(Debug, Clone)]
pub(super) struct Create {
    step: String,
    kind: AccountType,
    email: String,
    firstname: Option<String>,
    lastname: Option<String>,
    country: Option<String>,
    option: Option<IfExists>,
}

impl Create {
    pub(super) fn read(step: &str, fields: &Map<String, Value>, knobs: &Knobs) -> Result<Self, Failure> {
        let known = ["email", "firstname", "lastname", "country", "option"];
        only(fields, &known, "error.command.create.key.unknown", step)?;
        let field = |name, longest| {
            let value = text(fields, name, longest, "error.command.create.string_expected")?;
            Ok(value.filter(|value| !value.is_empty()))
        };
        let kind = match step {
            "addAdobeID" => AccountType::Adobe,
            "createEnterpriseID" => AccountType::Enterprise,
            _ => AccountType::Federated,
        };
        Ok(Self {
            step: step.to_owned(),
            kind,
            email: field("email", LONGEST_NAME)?.unwrap_or_default(),
            firstname: field("firstname", LONGEST_NAME)?,
            lastname: field("lastname", LONGEST_NAME)?,
            country: field("country", 2)?,
            option: if_exists(fields, knobs.create_existing_user)?,
        })
    }
}

impl Desk<'_> {
    pub(super) fn create(&mut self, order: &UserOrder, create: &Create) -> Result<Target, Failure> {
        self.check_fields(create)?;
        let domain = match create.kind {
            AccountType::Adobe => self.adobe_domain(order, create)?,
            _ => self.owned_domain(order, create)?,
        };
        if let Some(number) = self.existing(order, create, &domain) {
            return self.create_again(number, create);
        }
        if self.knobs.create_lands_on_adobe_id && create.kind.owned() && create.option.is_some() {
            let twin = self.org.with_email(&create.email).find(|(_, account)| account.in_org);
            if let Some((number, _)) = twin {
                return Ok(Target::Known(number));
            }
        }
        if let Some(claimed) = self.org.domain(&domain).filter(|_| create.kind.owned()) {
            if claimed.owner == Owner::Trusted {
                let message = format!("The owner of the domain has no such user: {}", order.user);
                return Err(Failure::new("error.api.user.not.parent.org", message));
            }
            if claimed.externally_synced {
                let message = format!("Could not create person of type {}", create.step);
                return Err(Failure::new("error.internal.create_failed", message));
            }
        }
        if !self.live() {
            return Ok(Target::Tested);
        }
        let Create { kind, email, firstname, lastname, country, step: _, option: _ } = create.clone();
        let username = if kind.owned() { order.user.clone() } else { email.clone() };
        let visible_from = self.visible_from();
        Ok(Target::Known(self.org.create(NewAccount {
            kind,
            email,
            username,
            domain,
            firstname,
            lastname,
            country,
            visible_from,
        })))
    }

    fn check_fields(&self, create: &Create) -> Result<(), Failure> {
        if !plausible_email(&create.email, self.knobs.max_email) {
            let message = format!("Email is invalid: {}", create.email);
            return Err(Failure::new("error.user.email.invalid", message));
        }
        match create.country.as_deref() {
            Some(code) if !country::is_country(code) => {
                return Err(Failure::new(
                    "error.country.invalid",
                    format!("Country code is invalid: {code}"),
                ));
            }
            None if create.kind == AccountType::Federated || self.knobs.require_country => {
                return Err(Failure::new("error.country.invalid", "Country code is missing"));
            }
            _ => {}
        }
        if create.kind.owned() && self.knobs.require_names {
            if create.firstname.is_none() {
                return Err(Failure::new("error.user.firstname_missing", "First name is missing"));
            }
            if create.lastname.is_none() {
                return Err(Failure::new("error.user.lastname_missing", "Last name is missing"));
            }
        }
        Ok(())
    }

    fn adobe_domain(&self, order: &UserOrder, create: &Create) -> Result<String, Failure> {
        if fold(&order.user) != fold(&create.email) {
            return Err(must_match(order));
        }
        let domain = domain_of(&create.email).unwrap_or_default();
        if self.knobs.domain_enforcement && self.org.domain(&domain).is_none() {
            let message = format!("The organization restricts its domains: {domain}");
            return Err(Failure::new("error.user.domain_enforcement", message));
        }
        Ok(domain)
    }

    /// The claimed domain in whose directory the account will be.
    fn owned_domain(&self, order: &UserOrder, create: &Create) -> Result<String, Failure> {
        let mail = domain_of(&create.email).unwrap_or_default();
        let name = match &order.domain {
            Some(domain) => fold(domain),
            None => domain_of(&order.user).unwrap_or_default(),
        };
        let directory = self.claimed(&name)?;
        let needed = match create.kind {
            AccountType::Enterprise => IdentityType::Enterprise,
            _ => IdentityType::Federated,
        };
        if directory.kind != needed {
            let message = "The user type requested for the invite does not match the claimed domain type";
            return Err(Failure::new("error.user.type_mismatch", message));
        }
        match (directory.login, order.user.contains('@')) {
            (Login::Username, true) => {
                let message = format!("Username is invalid: {}", order.user);
                return Err(Failure::new("error.user.name.contains.email", message));
            }
            (Login::Email, true) if fold(&order.user) == fold(&create.email) => {}
            (Login::Email, _) => return Err(must_match(order)),
            (Login::Username, false) => {}
        }
        // Every domain involved must be claimed (news of August 2019): the email's may be another than the directory's.
        self.claimed(&mail)?;
        Ok(name)
    }

    fn claimed(&self, domain: &str) -> Result<&Domain, Failure> {
        match self.org.domain(domain) {
            None => Err(Failure::new("error.domain.trust.nonexistent", "Domain for email is not claimed")),
            Some(domain) if domain.owner == Owner::Other => Err(Failure::new(
                "error.user.belongs_to_another_org",
                "Illegal to invite user from another organization's owned auth src",
            )),
            Some(domain) => Ok(domain),
        }
    }

    /// The account that is there already: same email, or same username in the directory, of the same ownership.
    fn existing(&self, order: &UserOrder, create: &Create, domain: &str) -> Option<u64> {
        let alike = |account: &Account| account.kind.owned() == create.kind.owned();
        let by_email = self.org.with_email(&create.email).find(|(_, account)| alike(account));
        let by_name = || {
            self.org
                .with_username(&order.user)
                .find(|(_, account)| alike(account) && self.org.same_directory(&account.domain, domain))
        };
        by_email.or_else(by_name).map(|(number, _)| number)
    }

    fn create_again(&mut self, number: u64, create: &Create) -> Result<Target, Failure> {
        let account = self.org.account(number);
        if account.kind != create.kind && account.kind != AccountType::Unknown {
            let message = "The user type requested for the invite does not match the existing account";
            return Err(Failure::new("error.user.type_mismatch", message));
        }
        let gone = !account.in_org;
        if !gone && create.option.is_none() {
            let message = format!("User is already in organization: {}", create.email);
            return Err(Failure::new("error.user.already_in_org", message));
        }
        if !self.live() {
            return Ok(if gone { Target::Tested } else { Target::Known(number) });
        }
        // An account that comes back has its old name, email and country; only this option changes names.
        let renames = create.option == Some(IfExists::Update) && create.kind.owned();
        let visible_from = self.visible_from();
        self.org.change(number, |account| {
            if gone {
                account.in_org = true;
                account.visible_from = visible_from;
            }
            if renames {
                account.firstname = create.firstname.clone().or(account.firstname.take());
                account.lastname = create.lastname.clone().or(account.lastname.take());
            }
        });
        Ok(Target::Known(number))
    }

    /// When reads and other commands will know a user created now.
    fn visible_from(&self) -> Option<chrono::DateTime<chrono::Utc>> {
        let lag = i64::try_from(self.lag).unwrap_or(i64::MAX);
        (lag > 0).then(|| self.now + TimeDelta::milliseconds(lag))
    }
}

fn must_match(order: &UserOrder) -> Failure {
    Failure::new("error.user.must_match_email", format!("User must match the email: {}", order.user))
}
