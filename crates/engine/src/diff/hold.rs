//! Changes that are held, because carrying them out could hit somebody else or leave a group without administrators.

use super::{Work, accounts};
use crate::account::Name;
use crate::adobe::{GroupKind, Identity, User};
use crate::change::{Account, Address, Field, Target, What};
use crate::key::{GroupName, Ownership, fold, fold_email, folded, folded_email, is_same_email};
use crate::lookup::{Among, Lookup};
use crate::matching::{Held, HeldReason};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

type Named<'a> = (Cow<'a, str>, Option<Cow<'a, str>>, bool);

/// How a command names an account.
fn named((user, domain, adobe_id): Name<'_>) -> Named<'_> {
    (folded_email(user), domain.map(folded), adobe_id)
}

fn name_of(account: &Account) -> Named<'_> {
    named((account.user(), account.domain(), account.is_adobe_id()))
}

/// Whose username may follow an update of the email (UMAPI documentation, "update"; people have seen it stay).
fn logs_in_by_email(user: &User) -> bool {
    user.username().is_none_or(|username| is_same_email(username, user.email()))
}

/// Names that accounts have, of those that somebody is to get, by ownership: one email may exist in each, and a type we do
/// not know could be either.
#[derive(Debug, Default)]
struct Taken {
    emails: BTreeSet<(Option<Ownership>, String)>,
    /// Those that look like an email and are another than the account's.
    usernames: BTreeSet<(Option<Ownership>, String)>,
}

impl Taken {
    fn of(users: &[User], is_wanted: impl Fn(&str) -> bool) -> Self {
        let mut taken = Self::default();
        for user in users {
            let wanted = |name| {
                let name = folded_email(name);
                let is_wanted = is_wanted(&name);
                is_wanted.then(|| (user.kind.known().map(Identity::ownership), name.into_owned()))
            };
            taken.emails.extend(wanted(user.email()));
            let username = user.username().filter(|_| !logs_in_by_email(user));
            taken.usernames.extend(username.and_then(wanted));
        }
        taken
    }

    /// Whether an account that gets this email, which its username `follows` or not, would have another's name.
    fn has(&self, ownership: Ownership, email: &str, follows: bool) -> bool {
        [None, Some(ownership)].into_iter().any(|owner| {
            let name = (owner, email.to_owned());
            self.emails.contains(&name) || follows && self.usernames.contains(&name)
        })
    }
}

impl Work<'_> {
    /// The last member of a mapped administrator group stays. Those who would join do not count: a gain may fail.
    pub(super) fn keep_last_admins(&mut self) {
        let mut losing: BTreeMap<GroupName, Vec<Target>> = BTreeMap::new();
        for change in &self.diff.changes {
            if let What::Lose { group } = &change.what
                && self.is_admin_group(group)
            {
                losing.entry(group.clone()).or_default().push(change.target.clone());
            }
        }
        for (group, mut losers) in losing {
            let members = self.adobe.users.iter().filter(|user| user.groups.contains(&group)).count();
            if losers.len() < members {
                continue;
            }
            losers.sort();
            let Some(stays) = losers.into_iter().next() else {
                continue;
            };
            let what = What::Lose { group: group.clone() };
            self.diff.changes.retain(|change| change.target != stays || change.what != what);
            let reason = HeldReason::LastMember { group: group.spelling().to_owned() };
            self.diff.held.push(Held { who: stays.to_string(), entry: None, reason });
        }
    }

    pub(super) fn is_admin_group(&self, group: &GroupName) -> bool {
        let known = self.adobe.groups.get(group).map(|group| &group.kind);
        group.is_administrative() || matches!(known, Some(GroupKind::Administrative(_)))
    }

    fn updates(&self, wanted: Field) -> bool {
        self.diff.changes.iter().any(|change| change.what.sets(wanted).is_some())
    }

    /// An update into a username that another account has, in whatever domain, would cross two people: held.
    pub(super) fn hold_taken_usernames(&mut self) {
        if !self.updates(Field::Username) {
            return;
        }
        let named = self.adobe.users.iter().filter_map(|user| user.username()).map(fold);
        let mut taken: BTreeMap<String, usize> = BTreeMap::new();
        for username in named {
            *taken.entry(username).or_default() += 1;
        }
        for change in &self.diff.changes {
            let username = match (&change.what, &change.target) {
                (What::CreateUser(_), Target::User(account)) if account.domain().is_some() => {
                    Some(account.user())
                }
                (what, _) => what.sets(Field::Username),
            };
            username.into_iter().for_each(|username| *taken.entry(fold(username)).or_default() += 1);
        }
        let mut held = Vec::new();
        self.diff.changes.retain(|change| {
            let Some(to) = change.what.sets(Field::Username) else { return true };
            let free = taken.get(&fold(to)) == Some(&1);
            if !free {
                let reason = HeldReason::AddressTaken { email: to.to_owned() };
                held.push(Held { who: change.target.to_string(), entry: None, reason });
            }
            free
        });
        self.diff.held.extend(held);
    }

    /// An email update into an address that another account has would be refused, or cross two people: held. So is one that a
    /// username may follow into another account's.
    pub(super) fn hold_taken_addresses(&mut self) {
        if !self.updates(Field::Email) {
            return;
        }
        let mut wanted: Lookup<String, usize> = Lookup::new();
        for change in &self.diff.changes {
            let email = match &change.what {
                What::CreateUser(profile) => Some(profile.texts().email),
                what => what.sets(Field::Email),
            };
            email.into_iter().for_each(|email| *wanted.entry(fold_email(email)).or_default() += 1);
        }
        let taken = Taken::of(&self.adobe.users, |email| wanted.contains_key(email));
        let (by_id, without_id) = self.changing();
        let follows = |account: &Account| {
            let user = account.id().map_or_else(|| without_id.get(&account.key), |id| by_id.get(id));
            user.is_none_or(|user| logs_in_by_email(user))
        };
        let mut held = Vec::new();
        self.diff.changes.retain(|change| {
            let (Target::User(account), Some(to)) = (&change.target, change.what.sets(Field::Email)) else {
                return true;
            };
            let email = fold_email(to);
            let taken = taken.has(account.ownership(), &email, follows(account));
            let free = !taken && wanted.get(&email) == Some(&1);
            if !free {
                let reason = HeldReason::AddressTaken { email: to.to_owned() };
                held.push(Held { who: change.target.to_string(), entry: None, reason });
            }
            free
        });
        self.diff.held.extend(held);
    }

    /// Two accounts that a command would name in the same way: it could hit the other one.
    pub(super) fn hold_shared_addresses(&mut self) {
        let shared = self.shared_addresses();
        if shared.is_empty() {
            return;
        }
        let mut held = BTreeSet::new();
        self.diff.changes.retain(|change| {
            let Target::User(account) = &change.target else { return true };
            let shared = shared.contains(account);
            if shared {
                let reason = HeldReason::SharedAddress { user: account.user().to_owned() };
                held.insert(Held { who: account.email().to_owned(), entry: None, reason });
            }
            !shared
        });
        self.diff.held.extend(held);
    }

    /// Accounts that changes are about and that another one's name names, too.
    fn shared_addresses(&self) -> BTreeSet<Arc<Account>> {
        let targets = accounts(&self.diff.changes);
        let creates_login =
            targets.clone().any(|account| account.id().is_none() && account.domain().is_some());
        if self.diff.changes.is_empty() {
            return BTreeSet::new();
        }
        // Nearly nobody changes, or Adobe has nearly nobody.
        let few = targets.clone().take(self.adobe.users.len()).count() < self.adobe.users.len();
        let changing: Option<Among<Named<'_>>> =
            few.then(|| targets.clone().map(|one| name_of(one)).collect());
        let mut accounts: Lookup<Named<'_>, usize> = Lookup::new();
        for user in self.adobe.users.iter().filter(|user| user.kind.known().is_some()) {
            let name = named(Address::texts_of(user));
            if changing.as_ref().is_none_or(|changing| changing.contains(&name)) {
                *accounts.entry(name).or_default() += 1;
            }
        }
        accounts.retain(|_, count| *count > 1);
        let bare = |username: &&str| !username.contains('@');
        let usernames = self.adobe.users.iter().filter(|_| creates_login).filter_map(|user| user.username());
        let usernames: Among<String> = usernames.filter(bare).map(fold).collect();
        // A bare username is one account's in all domains of a directory at Adobe, and we do not know which domains are
        // in one: a creation under a username that is there would end in the other account.
        let is_taken = |account: &Account| {
            account.id().is_none() && account.domain().is_some() && usernames.contains(&fold(account.user()))
        };
        let created: BTreeSet<Account> = self
            .diff
            .changes
            .iter()
            .filter(|change| matches!(change.what, What::CreateUser(_)))
            .filter_map(|change| match &change.target {
                Target::User(account) if is_taken(account) => Some(Account::clone(account)),
                _ => None,
            })
            .collect();
        if accounts.is_empty() && created.is_empty() {
            return BTreeSet::new();
        }
        let is_shared = |account: &&Arc<Account>| {
            accounts.contains_key(&name_of(account)) || created.contains(account.as_ref())
        };
        targets.filter(is_shared).cloned().collect()
    }
}
