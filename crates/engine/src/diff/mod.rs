//! The difference between what Adobe should hold and what it holds, as changes.

mod hold;

use crate::adobe::{Identity, Snapshot, Status, User};
use crate::change::{Account, Change, Field, Reason, Target, What};
use crate::desired::{Desired, Person};
use crate::key::{GroupName, UserKey, email_domain, fold, fold_email};
use crate::limits::Populations;
use crate::matching::{Held, HeldReason, Matching, matching};
use crate::memory::{Match, Memory};
use crate::protect::Protection;
use crate::rules::{Domains, IdentityRule, LeaverAction, Protect, Rules};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use unicode_normalization::UnicodeNormalization;

/// Everything that comparing the two sides tells.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Diff {
    /// What is to happen, sorted.
    pub changes: Vec<Change>,
    /// Whom nothing is done about, sorted.
    pub held: Vec<Held>,
    /// Protected users for whom there would have been changes, sorted.
    pub protected: Vec<ProtectedUser>,
    /// Users who have left the directory, whatever is done about them, sorted.
    pub leavers: Vec<Leaver>,
    /// Members of owned groups who are not ours, by group: they stay.
    pub foreign: BTreeMap<GroupName, usize>,
    /// What the limits' shares are taken of.
    pub populations: Populations,
    /// Leavers by [`account_of`]: whose absence is to be remembered.
    pub absent: BTreeSet<String>,
    /// Entries that matched an account.
    pub matches: Vec<Match>,
    /// People who have just what they should.
    pub in_step: usize,
}

/// A protected user for whom there would have been changes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ProtectedUser {
    /// Their email.
    pub who: String,
    /// What protects them.
    pub because: Protection,
    /// What would have come.
    pub changes: Vec<What>,
}

/// A managed user whom the directory lacks.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Leaver {
    /// Their email.
    pub who: String,
    /// When a complete read first lacked them.
    pub since: DateTime<Utc>,
    /// When something is done; `None` where leavers are kept.
    pub acts_at: Option<DateTime<Utc>>,
}

/// Why no difference can be told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DiffError {
    /// A mapping or a protection names groups that Adobe does not have.
    #[error("{}", missing_text(groups, protected))]
    MissingGroups {
        /// Named by mappings without `create: true`.
        groups: Vec<GroupName>,
        /// Named by `protect.groups`.
        protected: Vec<GroupName>,
    },
    /// A mapping names the group of the system administrators under another name.
    #[error(
        "the mapping names `{group}`, which holds the system administrators\n  remove it: Adobe's API neither grants nor revokes that role"
    )]
    OrgAdmins {
        /// Which.
        group: GroupName,
    },
    /// Nobody gets an account: more likely a mistake than a company without people.
    #[error(
        "nobody gets an account: of {entries} entries read, {people} are people, and none of them is in a mapped group\n  check people.select, the mapped groups' members, and what the account may read (an email that cannot be read makes no person)"
    )]
    Nobody {
        /// Entries read.
        entries: usize,
        /// People among them.
        people: usize,
    },
}

fn missing_text(groups: &[GroupName], protected: &[GroupName]) -> String {
    let list =
        |names: &[GroupName]| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let mut lines = Vec::new();
    if !groups.is_empty() {
        lines.push(format!("Adobe has no group {} that a mapping names", list(groups)));
        lines.push("  correct the spelling under `groups`, create the group in the Admin Console, or write `create: true` on the mapping to have a user group made".to_owned());
    }
    if !protected.is_empty() {
        lines.push(format!("Adobe has no group {} that protect.groups names", list(protected)));
        lines.push("  correct the spelling; a group that is not there protects nobody".to_owned());
    }
    lines.join("\n")
}

/// How a user's absence is remembered: by Adobe's id, or by key where Adobe gives none.
pub fn account_of(user: &User) -> String {
    user.id.clone().unwrap_or_else(|| format!("{}/{}", user.kind, fold_email(&user.email)))
}

/// Compares. `now` is when the plan is made; `person` is the DN of the only one it is about.
pub fn diff(
    desired: &Desired,
    adobe: &Snapshot,
    rules: &Rules,
    memory: &Memory,
    now: DateTime<Utc>,
    person: Option<&str>,
) -> Result<Diff, DiffError> {
    let managed = rules.managed_groups();
    let protect = rules.protect.with_admins_of(adobe);
    if let Some(group) = managed.iter().find(|group| protect.org_admins.contains(*group)) {
        return Err(DiffError::OrgAdmins { group: group.clone() });
    }
    let new_groups = new_groups(&managed, adobe, rules)?;
    let matching = matching(desired, adobe, memory, rules.people.adobe_id_twin);
    let owned = rules.owned_groups();
    let mut work = Work { protect, desired, adobe, rules, memory, now, owned, diff: Diff::default() };

    for group in new_groups {
        work.push(Target::Group(group), What::CreateGroup, Reason::GroupMapped);
    }
    for (person, user) in &matching.pairs {
        work.existing(&desired.people[*person], &adobe.users[*user]);
    }
    for person in &matching.without_account {
        work.missing(&desired.people[*person]);
    }
    let ours = work.ours(&matching);
    work.leavers(&matching, &ours);
    work.count(&matching, &ours, &managed);
    let Matching { pairs, held, without_account: _, claimed: _ } = matching;
    work.diff.held.extend(held);
    work.keep_last_admins();
    work.hold_taken_addresses();
    work.hold_shared_addresses();
    work.protect();
    if let Some(dn) = person {
        work.only(&whose(dn, desired, adobe, &pairs));
    }
    let mut diff = work.diff;
    diff.changes.sort();
    diff.held.sort();
    diff.protected.sort();
    diff.leavers.sort();
    diff.matches.sort();
    Ok(diff)
}

/// Mapped groups that Adobe lacks and that may be made; an error names all that may not.
fn new_groups(
    managed: &BTreeSet<GroupName>,
    adobe: &Snapshot,
    rules: &Rules,
) -> Result<Vec<GroupName>, DiffError> {
    let creatable = rules.creatable_groups();
    let mut new = Vec::new();
    let mut groups = Vec::new();
    for group in managed.iter().filter(|group| !adobe.groups.contains_key(*group)) {
        if group.is_administrative() {
            // Administrator groups come into existence with their first member (UMAPI documentation, "Admin roles").
            if !administers_something(group, adobe) {
                groups.push(group.clone());
            }
        } else if creatable.contains(group) {
            new.push(group.clone());
        } else {
            groups.push(group.clone());
        }
    }
    let protected = rules.protect.missing_groups(adobe);
    if groups.is_empty() && protected.is_empty() {
        Ok(new)
    } else {
        Err(DiffError::MissingGroups { groups, protected })
    }
}

fn administers_something(group: &GroupName, adobe: &Snapshot) -> bool {
    let name = group.folded();
    if matches!(name, "_support_admin" | "_deployment_admin") {
        return true;
    }
    let product = |base: &str| {
        adobe.groups.values().any(|group| group.product.as_deref().is_some_and(|p| fold(p) == base))
    };
    if let Some(base) = name.strip_prefix("_product_admin_") {
        return product(base);
    }
    ["_admin_", "_developer_"]
        .iter()
        .filter_map(|prefix| name.strip_prefix(prefix))
        .any(|base| adobe.groups.contains_key(&GroupName::new(base)))
}

/// Whose changes a plan for one person holds: those of the account that is matched to them, or that would be made.
enum Whose {
    Account(Box<Account>),
    New(UserKey),
    Nobody,
}

fn whose(dn: &str, desired: &Desired, adobe: &Snapshot, pairs: &[(usize, usize)]) -> Whose {
    let Some(at) = desired.people.iter().position(|person| person.dn == dn) else { return Whose::Nobody };
    match pairs.iter().find(|(person, _)| *person == at) {
        Some((_, user)) => Account::of(&adobe.users[*user])
            .map_or(Whose::Nobody, |account| Whose::Account(Box::new(account))),
        None => Whose::New(desired.people[at].key()),
    }
}

struct Work<'a> {
    protect: Protect,
    desired: &'a Desired,
    adobe: &'a Snapshot,
    rules: &'a Rules,
    memory: &'a Memory,
    now: DateTime<Utc>,
    owned: BTreeSet<GroupName>,
    diff: Diff,
}

impl Work<'_> {
    fn push(&mut self, target: Target, what: What, reason: Reason) {
        self.diff.changes.push(Change { target, what, reason });
    }

    /// Requests carry Adobe's spelling where Adobe has the group.
    fn spelled(&self, group: &GroupName) -> GroupName {
        self.adobe.groups.get(group).map_or_else(|| group.clone(), |known| known.name.clone())
    }

    /// A person and their user.
    fn existing(&mut self, person: &Person, user: &User) {
        let Some(account) = Account::of(user) else { return };
        if let (Some(anchor), Some(id)) = (&person.anchor, &user.id) {
            let (anchor, id) = (anchor.clone(), id.clone());
            self.diff.matches.push(Match { anchor, id, email: user.email.clone(), dn: person.dn.clone() });
        }
        let before = self.diff.changes.len();
        let target = Target::User(Arc::new(account));
        if person.selected {
            for (field, from, to) in updates(person, user, &self.rules.people.update) {
                self.push(target.clone(), What::Update { field, from, to }, Reason::Differs);
            }
            for (group, by) in person.groups.iter().filter(|(group, _)| !user.groups.contains(*group)) {
                let group = self.spelled(group);
                self.push(target.clone(), What::Join { group }, Reason::Listed { by: by.clone() });
            }
        }
        let reason = if person.selected { Reason::NotListed } else { Reason::NotSelected };
        let lost: Vec<GroupName> = user
            .groups
            .iter()
            .filter(|group| self.owned.contains(*group) && !person.groups.contains_key(*group))
            .cloned()
            .collect();
        for group in lost {
            self.push(target.clone(), What::Lose { group }, reason.clone());
        }
        if self.diff.changes.len() == before && person.selected {
            self.diff.in_step += 1;
        }
    }

    /// A person without a user.
    fn missing(&mut self, person: &Person) {
        if !person.selected {
            return;
        }
        let profile = match person.profile(self.rules.people.country.as_deref()) {
            Ok(profile) => profile,
            Err(why) => {
                let (who, entry) = (person.email.clone(), Some(person.dn.clone()));
                self.diff.held.push(Held { who, entry, reason: HeldReason::NoProfile { why } });
                return;
            }
        };
        let target = Target::User(Arc::new(Account {
            key: person.key(),
            id: None,
            identity: person.identity,
            address: person.address(),
            email: person.email.clone(),
        }));
        self.push(target.clone(), What::CreateUser(profile), Reason::NewPerson);
        for (group, by) in &person.groups {
            let group = self.spelled(group);
            self.push(target.clone(), What::Join { group }, Reason::Listed { by: by.clone() });
        }
    }

    /// Users of ours: active, of an identity type this configuration gives, and matched, or of one of our domains.
    fn ours(&self, matching: &Matching) -> Ours {
        let matched: BTreeSet<usize> = matching.pairs.iter().map(|(_, user)| *user).collect();
        let given: BTreeSet<Identity> = match &self.rules.people.identity {
            IdentityRule::Always(identity) => [*identity].into(),
            IdentityRule::ByTemplate(_) => self.desired.people.iter().map(|person| person.identity).collect(),
        };
        let mut ours = Ours::default();
        for (at, user) in
            self.adobe.users.iter().enumerate().filter(|(_, user)| user.status == Status::Active)
        {
            let by_domain = user
                .kind
                .known()
                .is_some_and(|identity| given.contains(&identity) && self.in_domains(user, identity));
            if matched.contains(&at) || by_domain {
                let protected = self.protect.of_user(user).is_some();
                if protected { &mut ours.protected } else { &mut ours.managed }.insert(at);
            }
        }
        ours
    }

    fn in_domains(&self, user: &User, identity: Identity) -> bool {
        let Some(domain) = email_domain(&user.email) else {
            return false;
        };
        match &self.rules.people.domains {
            Domains::Any => true,
            Domains::Listed(listed) => listed.contains(&domain),
            Domains::Met => identity != Identity::Adobe && self.desired.domains.contains(&domain),
        }
    }

    fn leavers(&mut self, matching: &Matching, ours: &Ours) {
        let action = self.rules.leavers.action;
        let grace = TimeDelta::from_std(self.rules.leavers.grace).unwrap_or(TimeDelta::MAX);
        let gone = |at: &&usize| {
            let user = &self.adobe.users[**at];
            let shielded =
                self.desired.shield.covers(user.id.as_deref(), &user.email, user.username.as_deref());
            !matching.claimed.contains(*at) && !shielded
        };
        let managed: Vec<usize> = ours.managed.iter().filter(gone).copied().collect();
        let protected: Vec<usize> = ours.protected.iter().filter(gone).copied().collect();
        for user in managed.into_iter().map(|at| &self.adobe.users[at]) {
            let name = account_of(user);
            let since = self.memory.absences.get(&name).copied().unwrap_or(self.now).min(self.now);
            self.diff.absent.insert(name);
            let acts_at = since.checked_add_signed(grace).unwrap_or(DateTime::<Utc>::MAX_UTC);
            let kept = action == LeaverAction::Keep;
            self.diff.leavers.push(Leaver {
                who: user.email.clone(),
                since,
                acts_at: (!kept).then_some(acts_at),
            });
            if acts_at <= self.now {
                self.depart(user, since);
            }
        }
        // For the report, which tells what protection prevents; no such change gets past it.
        for user in protected.into_iter().map(|at| &self.adobe.users[at]) {
            self.depart(user, self.now);
        }
    }

    /// What is done with somebody who has left.
    fn depart(&mut self, user: &User, since: DateTime<Utc>) {
        let Some(account) = Account::of(user) else { return };
        let target = Target::User(Arc::new(account));
        let reason = Reason::Absent { since };
        match self.rules.leavers.action {
            LeaverAction::Keep => {}
            LeaverAction::RemoveGroups => {
                for group in user.groups.iter().filter(|group| self.owned.contains(*group)) {
                    let what = What::Lose { group: group.clone() };
                    self.diff.changes.push(Change { target: target.clone(), what, reason: reason.clone() });
                }
            }
            LeaverAction::Remove => match user.groups.iter().find(|group| self.is_admin_group(group)) {
                Some(group) if !group.is_org_admin() && !self.protect.org_admins.contains(group) => {
                    let reason = HeldReason::HoldsRole { group: group.spelling().to_owned() };
                    self.diff.held.push(Held { who: user.email.clone(), entry: None, reason });
                }
                _ => self.push(target, What::Leave, reason),
            },
        }
    }

    fn count(&mut self, matching: &Matching, ours: &Ours, managed: &BTreeSet<GroupName>) {
        self.diff.populations.selected = self.desired.selected();
        self.diff.populations.managed_users = ours.managed.len();
        self.diff.populations.members = managed.iter().map(|group| (group.clone(), 0)).collect();
        for (at, user) in self.adobe.users.iter().enumerate() {
            let foreign = !ours.managed.contains(&at) && !matching.claimed.contains(&at);
            for group in user.groups.iter().filter(|group| managed.contains(*group)) {
                self.diff.populations.managed_memberships += 1;
                *self.diff.populations.members.entry(group.clone()).or_default() += 1;
                if foreign && self.owned.contains(group) {
                    *self.diff.foreign.entry(group.clone()).or_default() += 1;
                }
            }
        }
    }

    /// Only one person's changes, and the groups that they need; nobody's absence.
    fn only(&mut self, whose: &Whose) {
        let theirs = |account: &Account| match whose {
            Whose::Account(own) => account == own.as_ref(),
            Whose::New(key) => account.id.is_none() && account.key == *key,
            Whose::Nobody => false,
        };
        self.diff.changes.retain(|change| match &change.target {
            Target::User(account) => theirs(account) && !matches!(change.reason, Reason::Absent { .. }),
            Target::Group(_) => true,
        });
        let joined: BTreeSet<GroupName> = self
            .diff
            .changes
            .iter()
            .filter_map(|change| match &change.what {
                What::Join { group } => Some(group.clone()),
                _ => None,
            })
            .collect();
        self.diff.changes.retain(|change| match &change.target {
            Target::Group(group) => joined.contains(group),
            Target::User(_) => true,
        });
        self.diff.leavers.clear();
        self.diff.absent.clear();
    }

    /// A protected user gets no command at all.
    fn protect(&mut self) {
        let by_account: BTreeMap<String, &User> =
            self.adobe.users.iter().map(|user| (account_of(user), user)).collect();
        let mut protected: BTreeMap<(UserKey, Option<String>), ProtectedUser> = BTreeMap::new();
        let nothing = BTreeSet::new();
        let without_id: BTreeMap<UserKey, &User> = self
            .adobe
            .users
            .iter()
            .filter(|user| user.id.is_none())
            .filter_map(|user| Some((user.key()?, user)))
            .collect();
        self.diff.changes.retain(|change| {
            let Target::User(account) = &change.target else {
                return true;
            };
            let existing = match &account.id {
                Some(id) => by_account.get(id),
                None => without_id.get(&account.key),
            };
            let because = match existing {
                Some(user) => self.protect.of_user(user),
                None => {
                    let Account { email, address, identity, .. } = account.as_ref();
                    self.protect.of(email, Some(&address.user), Some(*identity), &nothing)
                }
            };
            let Some(because) = because else { return true };
            let entry = protected.entry((account.key.clone(), account.id.clone()));
            let user = entry.or_insert_with(|| ProtectedUser {
                who: account.email.clone(),
                because,
                changes: Vec::new(),
            });
            user.changes.push(change.what.clone());
            false
        });
        for user in protected.values_mut() {
            user.changes.sort();
        }
        self.diff.protected = protected.into_values().collect();
    }
}

/// What differs, of what is compared: field, Adobe's value, the person's.
fn updates(person: &Person, user: &User, compared: &BTreeSet<Field>) -> Vec<(Field, Option<String>, String)> {
    // Adobe IDs belong to the person and cannot be updated (UMAPI documentation, "update").
    if user.kind.known() == Some(Identity::Adobe) {
        return Vec::new();
    }
    let mut updates = Vec::new();
    for field in compared {
        let (from, to) = match field {
            Field::FirstName => (&user.first_name, &person.first_name),
            Field::LastName => (&user.last_name, &person.last_name),
            Field::Email => {
                // Adobe answers a change of letter case with success and does nothing.
                if fold_email(&user.email) != fold_email(&person.email) {
                    updates.push((Field::Email, Some(user.email.clone()), person.email.clone()));
                }
                continue;
            }
            // Only Federated IDs have a username of their own (UMAPI documentation, "update").
            Field::Username if user.kind.known() != Some(Identity::Federated) => continue,
            Field::Username => {
                let same =
                    |username: &String| user.username.as_ref().is_some_and(|has| fold(has) == fold(username));
                if let Some(username) = person.username.as_ref().filter(|username| !same(username)) {
                    updates.push((Field::Username, user.username.clone(), username.clone()));
                }
                continue;
            }
        };
        // A value that the directory lacks is no reason to empty one at Adobe.
        let Some(to) = to else { continue };
        let same = from.as_ref().is_some_and(|from| from.trim().nfc().eq(to.trim().nfc()));
        if !same {
            updates.push((*field, from.clone(), to.clone()));
        }
    }
    updates
}

/// Users of ours by position.
#[derive(Debug, Default)]
struct Ours {
    /// Not protected: managed.
    managed: BTreeSet<usize>,
    /// Protected.
    protected: BTreeSet<usize>,
}
