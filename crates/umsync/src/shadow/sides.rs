//! Whom the User Sync Tool means: the account and the person that one of its keys names here.

use super::run::Key;
use std::collections::BTreeMap;
use umsync_engine::adobe::User;
use umsync_engine::change::Account;
use umsync_engine::desired::Desired;
use umsync_engine::explain::Case;
use umsync_engine::key::{UserKey, fold, fold_domain, fold_email};
use umsync_engine::matching::{Matching, matching};
use umsync_engine::person::Person;

/// Both sides by name.
pub(super) struct Sides<'a> {
    pub(super) case: Case<'a>,
    pub(super) desired: &'a Desired<'a>,
    pub(super) matching: Matching,
    users: Named,
    people: Named,
    user_of: BTreeMap<usize, usize>,
    person_of: BTreeMap<usize, usize>,
}

/// Positions by name; of several with one name, all.
#[derive(Default)]
struct Named {
    emails: BTreeMap<String, Vec<usize>>,
    usernames: BTreeMap<(String, String), usize>,
}

impl Named {
    fn put(&mut self, at: usize, email: &str, username: Option<&str>, domain: &str) {
        self.emails.entry(fold_email(email)).or_default().push(at);
        match username {
            // Somebody may log in by an address that is not their email.
            Some(username) if username.contains('@') => {
                let same = self.emails.entry(fold_email(username)).or_default();
                if !same.contains(&at) {
                    same.push(at);
                }
            }
            Some(username) => {
                self.usernames.insert((fold(username), fold_domain(domain)), at);
            }
            None => {}
        }
    }

    fn find(
        &self,
        email: Option<&str>,
        username: &str,
        domain: &str,
        is_it: impl Fn(usize) -> bool,
    ) -> Option<usize> {
        let by_email = email.and_then(|email| self.emails.get(&fold_email(email))).into_iter().flatten();
        let by_name = self.usernames.get(&(fold(username), fold_domain(domain)));
        by_email.chain(by_name).copied().find(|at| is_it(*at))
    }
}

/// Somebody whom either tool would change.
#[derive(Debug, Clone)]
pub(super) struct Who<'a> {
    pub(super) key: UserKey,
    /// For people.
    pub(super) name: String,
    /// The position of their account at Adobe, and it.
    pub(super) user: Option<(usize, &'a User)>,
    pub(super) person: Option<&'a Person>,
}

impl<'a> Sides<'a> {
    pub(super) fn of(case: Case<'a>, desired: &'a Desired<'a>) -> Self {
        let twin = case.rules.people.adobe_id_twin;
        let matching = matching(desired, case.adobe, case.memory, twin, case.now, |_, _| false);
        let (mut users, mut people) = (Named::default(), Named::default());
        for (at, user) in case.adobe.users.iter().enumerate() {
            users.put(at, user.email(), user.username(), user.domain().unwrap_or_default());
        }
        for (at, person) in desired.people.iter().enumerate() {
            people.put(at, person.email(), person.username(), person.domain());
        }
        let user_of = matching.pairs.iter().copied().collect();
        let person_of = matching.pairs.iter().map(|(person, user)| (*user, *person)).collect();
        Self { case, desired, matching, users, people, user_of, person_of }
    }

    /// Whom a key names.
    pub(super) fn named(&self, key: &Key) -> Who<'a> {
        let Key { identity, username, domain, email: _ } = key;
        let accounts = &self.case.adobe.users;
        let owner = identity.ownership();
        let is_alike =
            |at: usize| accounts[at].kind.known().is_some_and(|identity| identity.ownership() == owner);
        let user = self.users.find(key.email(), username, domain, is_alike);
        let person = match user {
            Some(user) => self.person_of.get(&user).copied(),
            None => self.people.find(key.email(), username, domain, |_| true),
        };
        let user = user.or_else(|| self.user_of.get(&person?).copied());
        let name = key.email().unwrap_or(username);
        self.who(user, person, UserKey::new(owner, name), name)
    }

    /// Whom a change of ours is about.
    pub(super) fn owner(&self, account: &Account) -> Who<'a> {
        let (key, email) = (&account.key, account.email());
        let is_it = |at: usize| self.case.adobe.users[at].key().as_ref() == Some(key);
        let user = self.users.find(Some(email), "", "", is_it);
        let person = match user {
            Some(user) => self.person_of.get(&user).copied(),
            None => self.people.find(Some(email), "", "", |at| self.desired.people[at].key() == *key),
        };
        self.who(user, person, key.clone(), email)
    }

    /// Another account with this email, whatever its kind.
    pub(super) fn namesake(&self, who: &Who<'_>) -> Option<&'a User> {
        let email = who.person.map_or(who.name.as_str(), |person| person.email());
        let at = self.users.find(Some(email), "", "", |at| who.user.is_none_or(|(user, _)| user != at))?;
        self.case.adobe.users.get(at)
    }

    fn who(&self, user: Option<usize>, person: Option<usize>, otherwise: UserKey, name: &str) -> Who<'a> {
        let user = user.and_then(|at| Some((at, self.case.adobe.users.get(at)?)));
        let person = person.and_then(|at| self.desired.people.get(at));
        let key = user.and_then(|(_, user)| user.key()).or_else(|| person.map(Person::key));
        let email = user.map(|(_, user)| user.email()).or(person.map(Person::email));
        let name = email.unwrap_or(name).to_owned();
        Who { key: key.unwrap_or(otherwise), name, user, person }
    }
}
