//! The difference between what Adobe should hold and what it holds, as changes.

mod attributes;
mod groups;
mod hold;
mod leavers;
mod person;
mod push;

use attributes::updates;
use groups::{made_with, new_groups, require_profiles};
use leavers::Ours;
use person::whose;

use crate::adobe::{Identity, Snapshot, User};
use crate::ahead::{self, HANDFUL};
use crate::change::{Account, By, Change, Profile, Reason, Target, Update, What};
use crate::desired::Desired;
use crate::directory::Anchor;
use crate::key::{GroupName, UserKey, fold_email};
use crate::limits::Populations;
use crate::lookup::{Among, Lookup};
use crate::matching::{Held, HeldReason, Matching, matching};
use crate::memory::{Absent, Evidence, Known, Match, Memory, Order};
use crate::person::{Person, Sighting};
use crate::protect::Protection;
use crate::rules::{Create, Protect, Rules, Strategy};
use crate::sorted::Sorted;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

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
    pub absent: BTreeMap<String, Absent>,
    /// Those by [`account_of`] who were absent and are there again.
    pub back: BTreeSet<String>,
    /// How many users of ours no directory has that was read, while another could not be: nobody knows whether they are
    /// gone.
    pub unknown: usize,
    /// Positions of people and their users.
    pub pairs: Vec<(usize, usize)>,
    /// People who get an account anew after they had left, sorted.
    pub returned: Vec<Returned>,
    /// Entries that matched an account, as nobody remembers it yet, in the order of the people.
    pub matches: Vec<Match>,
    /// Where the links of those of which everything is remembered stand among all links.
    pub still: Vec<u32>,
    /// People who have just what they should.
    pub in_step: usize,
    /// People who get an account, have none, and to whom `people.create` gives none.
    pub not_made: usize,
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
    /// Their account, by [`account_of`].
    #[serde(default)]
    pub account: String,
    /// When a complete read first lacked them.
    pub since: DateTime<Utc>,
    /// In how many complete reads in a row they were absent, this one included.
    pub reads: u32,
    /// When `leavers.grace` is over; `None` where leavers are kept.
    pub acts_at: Option<DateTime<Utc>>,
    /// Whether that and `leavers.reads` are over, or not waited for, and nobody holds them.
    pub due: bool,
    /// What says that they have left, beside their absence.
    pub evidence: Option<Evidence>,
    /// What an administrator has said about them.
    pub order: Option<Order>,
}

/// Somebody who had left the organization and gets an account anew.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Returned {
    /// Their email.
    pub who: String,
    /// When they left.
    pub left_at: DateTime<Utc>,
    /// Groups outside the managed ones that they had: nobody gives them back.
    pub groups: Vec<String>,
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
    /// A mapping makes groups with product profiles that Adobe does not have.
    #[error(
        "Adobe has no product profile {} that `create` of a mapping names\n  correct the spelling, or create it in the Admin Console: only product profiles can be given to a user group",
        profiles.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
    )]
    NoProfiles {
        /// All of them.
        profiles: Vec<GroupName>,
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
    let named = || format!("{}/{}", user.kind, fold_email(user.email()));
    user.id().map_or_else(named, str::to_owned)
}

/// Compares. `now` is when the plan is made; `person` is the DN of the only one it is about.
pub fn diff(
    desired: &Desired<'_>,
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
    let owned = rules.owned_groups();
    let spelled = adobe.groups.values().map(|group| group.name.clone()).collect();
    let mut work =
        Work { protect, desired, adobe, rules, memory, now, owned, spelled, diff: Diff::default() };
    if rules.strategy == Strategy::Push {
        return Ok(work.push_everybody(person));
    }
    let new_groups = new_groups(&managed, adobe, rules)?;
    require_profiles(adobe, rules)?;
    let twin = rules.people.adobe_id_twin;
    let matching = matching(desired, adobe, memory, twin, now, |person, user| work.is_in_step(person, user));

    for group in new_groups {
        for what in made_with(&group, adobe, rules) {
            work.push(Target::Group(group.clone()), what, Reason::GroupMapped);
        }
        work.push(Target::Group(group), What::CreateGroup, Reason::GroupMapped);
    }
    // Nearly everybody is in step, and was found to be so when they were found.
    let (in_step, others): (Vec<_>, Vec<_>) =
        matching.pairs.iter().copied().partition(|(person, _)| matching.in_step.contains(person));
    work.diff.still.extend(in_step.iter().filter_map(|(person, _)| matching.confirmed[*person]));
    work.diff.in_step += in_step.iter().filter(|(person, _)| desired.people[*person].selected).count();
    drop(in_step);
    for pairs in others.chunks(HANDFUL) {
        let of = |(person, user): &(usize, usize)| (&desired.people[*person], &adobe.users[*user]);
        ahead::pairs(pairs.iter().map(of));
        for pair in pairs {
            let (person, user) = of(pair);
            match matching.confirmed[pair.0] {
                Some(place) => work.diff.still.push(place),
                None => work.remember(person, user),
            }
            work.existing(person, user);
        }
    }
    let memberships = |person: &usize| desired.people[*person].groups.len();
    let new = matching.without_account.iter().map(|person| 1 + memberships(person)).sum();
    work.diff.changes.reserve(new);
    for people in matching.without_account.chunks(HANDFUL) {
        ahead::people(people.iter().map(|person| &desired.people[*person]));
        people.iter().for_each(|person| work.missing(&desired.people[*person]));
    }
    let ours = work.ours(&matching);
    work.leavers(&matching, &ours);
    work.count(&matching, &ours, &managed);
    let Matching {
        pairs,
        held,
        without_account: _,
        claimed: _,
        gone: _,
        linked: _,
        confirmed: _,
        in_step: _,
    } = matching;
    work.diff.held.extend(held);
    work.keep_last_admins();
    work.hold_taken_addresses();
    work.hold_taken_usernames();
    work.hold_shared_addresses();
    work.protect();
    if let Some(dn) = person {
        work.only(&whose(dn, desired, adobe, &pairs));
    }
    let mut diff = work.diff;
    diff.pairs = pairs;
    diff.changes.sort_unstable();
    diff.held.sort();
    diff.protected.sort();
    diff.leavers.sort();
    diff.returned.sort();
    Ok(diff)
}

/// The accounts that changes are about, each once where its changes stand together.
fn accounts(changes: &[Change]) -> impl Iterator<Item = &Arc<Account>> + Clone {
    let of_one = changes.chunk_by(|left, right| left.target == right.target);
    of_one.filter_map(|theirs| match theirs.first().map(|change| &change.target) {
        Some(Target::User(account)) => Some(account),
        Some(Target::Group(_)) | None => None,
    })
}

/// The groups that a person gets and their user does not have.
fn lacking<'p>(person: &'p Person, user: &User) -> impl Iterator<Item = (&'p GroupName, &'p By)> {
    person.groups.iter().filter(|(group, _)| !user.groups.contains(*group))
}

struct Work<'a> {
    protect: Protect,
    desired: &'a Desired<'a>,
    adobe: &'a Snapshot,
    rules: &'a Rules,
    memory: &'a Memory,
    now: DateTime<Utc>,
    owned: BTreeSet<GroupName>,
    /// Adobe's groups, as it spells them.
    spelled: Among<GroupName>,
    diff: Diff,
}

impl<'a> Work<'a> {
    fn push(&mut self, target: Target, what: What, reason: Reason) {
        self.diff.changes.push(Change { target, what, reason });
    }

    /// Requests carry Adobe's spelling where Adobe has the group.
    fn spelled(&self, group: &GroupName) -> GroupName {
        self.spelled.get(group).unwrap_or(group).clone()
    }

    /// That an entry matched an account, as far as links do not know it.
    fn remember(&mut self, person: &Person, user: &User) {
        let (Some(_), Some(id), Some(_)) = (user.kind.known(), user.id(), person.anchors().next()) else {
            return;
        };
        let identity = self.type_of(person, user);
        for Sighting { directory: _, dn, anchor } in person.sightings() {
            let (Some(anchor), links) = (anchor, &self.memory.links) else { continue };
            let is_so = |place: &usize| links.at(*place).says(id, identity, user.email(), dn);
            if let Some(place) = links.place(anchor).filter(is_so) {
                self.diff.still.extend(u32::try_from(place));
                continue;
            }
            let (id, email, dn) = (id.to_owned(), user.email().to_owned(), dn.to_owned());
            let anchor = Anchor::from_stored(anchor);
            self.diff.matches.push(Match { anchor, id, identity, email, dn });
        }
    }

    /// Whether nothing is to be changed in the account of a person, as far as that can be seen at a glance.
    fn is_in_step(&self, person: &Person, user: &User) -> bool {
        let has_groups =
            || lacking(person, user).next().is_none() && self.excess(person, user).next().is_none();
        // Most have just these.
        (person.groups.keys().eq(&user.groups) || has_groups())
            && (!person.selected || updates(person, user, &self.rules.people.update).is_empty())
    }

    /// The groups of which a user is a member and a person should not be one.
    fn excess<'u>(&self, person: &Person, user: &'u User) -> impl Iterator<Item = &'u GroupName> {
        let is_given = |group: &&GroupName| person.groups.contains_key(*group);
        user.groups.iter().filter(move |group| !is_given(group) && self.owned.contains(*group))
    }

    /// What a person's user lacks, or has too much.
    fn existing(&mut self, person: &Person, user: &User) {
        if user.kind.known().is_none() {
            return;
        }
        let before = self.diff.changes.len();
        // Nearly nobody changes: who they are to a command is put together for those who do.
        let target = OnceCell::new();
        let target = || -> Target {
            let account = || Arc::new(Account::of(user).expect("a type that we know"));
            Target::User(target.get_or_init(account).clone())
        };
        if person.selected {
            for (field, from, to) in updates(person, user, &self.rules.people.update) {
                self.push(target(), What::Update(Box::new(Update { field, from, to })), Reason::Differs);
            }
            for (group, by) in lacking(person, user) {
                let group = self.spelled(group);
                self.push(target(), What::Join { group }, Reason::Listed { by: by.clone() });
            }
        }
        let reason = if person.selected { Reason::NotListed } else { Reason::NotSelected };
        // What another directory would give them, nobody can read.
        let is_open = || !self.desired.shield.covers_beside(&person.directories(), user);
        let lost: Vec<GroupName> = self.excess(person, user).cloned().collect();
        if !lost.is_empty() && is_open() {
            for group in lost {
                self.push(target(), What::Lose { group }, reason.clone());
            }
        }
        if self.diff.changes.len() == before && person.selected {
            self.diff.in_step += 1;
        }
    }

    fn link(&self, person: &Person) -> Option<&Known> {
        person.links(self.memory).next()
    }

    /// The type that the configuration gives the person, or gave them while it agreed with their account's: a change of
    /// type, which the API cannot carry out, is told for as long as it lasts.
    fn type_of(&mut self, person: &Person, user: &User) -> Identity {
        let wants = person.identity;
        if user.kind.known() == Some(wants) {
            return wants;
        }
        let before = self.link(person).and_then(|known| known.identity).filter(|before| *before != wants);
        match (user.kind.known(), before) {
            (Some(has), Some(before)) if has != wants => {
                let reason = HeldReason::OtherType { has, wants };
                let (who, entry) = (person.email().to_owned(), Some(person.place()));
                self.diff.held.push(Held { who, entry, reason });
                before
            }
            _ => wants,
        }
    }

    /// Whoever gets an account anew may miss what they had outside the managed groups.
    fn note_return(&mut self, person: &Person) {
        let departures = &self.memory.departures;
        if departures.is_empty() {
            return;
        }
        let own = fold_email(person.email());
        let known = person.links(self.memory).flat_map(Known::emails);
        let mut emails = known.chain([Cow::Borrowed(own.as_str())]);
        let Some(departure) = emails.find_map(|email| departures.get(email.as_ref())) else { return };
        if !departure.groups.is_empty() {
            let (left_at, groups) = (departure.at, departure.groups.clone());
            self.diff.returned.push(Returned { who: person.email().to_owned(), left_at, groups });
        }
    }

    /// Whom a new account is for and what it is made of; `None` where there is to be none, which is noted.
    fn new_account(&mut self, person: &Person) -> Option<(Target, Profile)> {
        if !person.selected {
            return None;
        }
        let is_made = match self.rules.people.create {
            Create::Selected => true,
            Create::Mapped => !person.groups.is_empty(),
            Create::Nobody => false,
        };
        if !is_made {
            self.diff.not_made += 1;
            return None;
        }
        let profile = match person.profile(self.rules.people.country.as_deref()) {
            Ok(profile) => profile,
            Err(why) => {
                let (who, entry) = (person.email().to_owned(), Some(person.place()));
                self.diff.held.push(Held { who, entry, reason: HeldReason::NoProfile { why } });
                return None;
            }
        };
        let account = Account::new(person.identity, None, person.email(), &person.address());
        Some((Target::User(Arc::new(account)), profile))
    }

    /// A person without a user.
    fn missing(&mut self, person: &Person) {
        let Some((target, profile)) = self.new_account(person) else { return };
        self.note_return(person);
        self.push(target.clone(), What::CreateUser(profile.into()), Reason::NewPerson);
        for (group, by) in person.groups.iter() {
            let group = self.spelled(group);
            self.push(target.clone(), What::Join { group }, Reason::Listed { by: by.clone() });
        }
    }

    fn count(&mut self, matching: &Matching, ours: &Ours, managed: &BTreeSet<GroupName>) {
        self.diff.populations.selected = self.desired.selected();
        self.diff.populations.managed_users = ours.managed.iter().count();
        let taken = self.diff.changes.iter().filter_map(|change| match &change.what {
            What::Lose { group } if !managed.contains(group) => Some((group.clone(), 0)),
            _ => None,
        });
        let taken: BTreeMap<GroupName, usize> = taken.collect();
        // What leavers lose outside the managed groups is much or little of those groups.
        self.diff.populations.members.extend(taken.clone());
        let users = self.adobe.users.iter().filter(|_| !taken.is_empty());
        for group in users.flat_map(|user| &user.groups) {
            if taken.contains_key(group) {
                *self.diff.populations.members.entry(group.clone()).or_default() += 1;
            }
        }
        let groups: Vec<&GroupName> = managed.iter().collect();
        let at_group: Lookup<&GroupName, usize> =
            groups.iter().enumerate().map(|(at, group)| (*group, at)).collect();
        let (mut members, mut foreign) = (vec![0; groups.len()], vec![0; groups.len()]);
        for (at, user) in self.adobe.users.iter().enumerate() {
            let is_foreign = !ours.managed.contains(&at) && !matching.claimed.contains(&at);
            for group in user.groups.iter().filter_map(|group| at_group.get(group)) {
                members[*group] += 1;
                foreign[*group] += usize::from(is_foreign);
            }
        }
        self.diff.populations.managed_memberships = members.iter().sum();
        for (group, (members, foreign)) in groups.into_iter().zip(members.into_iter().zip(foreign)) {
            self.diff.populations.members.insert(group.clone(), members);
            if foreign > 0 && self.owned.contains(group) {
                self.diff.foreign.insert(group.clone(), foreign);
            }
        }
    }

    /// The users whom changes are about, by id, and by key those who have no id.
    fn changing(&self) -> (Lookup<&'a str, &'a User>, Lookup<UserKey, &'a User>) {
        let ids: Among<&str> = accounts(&self.diff.changes).filter_map(|account| account.id()).collect();
        let (mut by_id, mut without_id) = (Lookup::new(), Lookup::new());
        for user in self.adobe.users.iter().filter(|_| !self.diff.changes.is_empty()) {
            match user.id() {
                Some(id) if ids.contains(id) => _ = by_id.insert(id, user),
                Some(_) => {}
                None => without_id.extend(user.key().map(|key| (key, user))),
            }
        }
        (by_id, without_id)
    }

    /// A protected user gets no command at all.
    fn protect(&mut self) {
        let (by_id, without_id) = self.changing();
        let mut protected: BTreeMap<(UserKey, Option<String>), ProtectedUser> = BTreeMap::new();
        let nothing = Sorted::new();
        let because = |account: &Account| {
            let existing = match account.id() {
                Some(id) => by_id.get(id),
                None => without_id.get(&account.key),
            };
            match existing {
                Some(user) => self.protect.of_user(user),
                None => {
                    let (email, user) = (account.email(), account.user());
                    self.protect.of(email, Some(user), Some(account.identity), &nothing)
                }
            }
        };
        // Several changes in a row are about one account.
        let mut before: Option<(Arc<Account>, Option<Protection>)> = None;
        self.diff.changes.retain(|change| {
            let Target::User(account) = &change.target else {
                return true;
            };
            let same = before.take().filter(|(before, _)| Arc::ptr_eq(before, account));
            let (_, found) = before.insert(same.unwrap_or_else(|| (account.clone(), because(account))));
            let Some(because) = found.clone() else { return true };
            let entry = protected.entry((account.key.clone(), account.id().map(str::to_owned)));
            let user = entry.or_insert_with(|| ProtectedUser {
                who: account.email().to_owned(),
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
