//! The stored snapshot brought up to date with what was executed, so that the next run need not list Adobe again.

use crate::adobe::{Group, GroupKind, Snapshot, Status, User, UserTexts, UserType};
use crate::change::{Account, Change, Field, Names, Profile, ProfileTexts, Target, Update, What};
use crate::key::{GroupName, UserKey, fold};
use crate::sorted::Sorted;
use std::collections::{BTreeMap, BTreeSet};

/// Applies changes that Adobe carried out. A change whose target is not in the snapshot changes nothing.
pub fn amend<'a>(adobe: &mut Snapshot, changes: impl IntoIterator<Item = &'a Change>) {
    let changes: Vec<&Change> = changes.into_iter().collect();
    let mut index = Index::of(adobe, &changes);
    let mut gone = BTreeSet::new();
    for change in changes {
        match (&change.target, &change.what) {
            (Target::Group(name), What::CreateGroup) => create_group(adobe, name),
            (Target::User(account), What::CreateUser(profile)) => {
                if index.find(account).is_none() {
                    adobe.total_count = adobe.total_count.map(|count| count + 1);
                    index.by_key.insert(&account.key, Some(adobe.users.len()));
                    adobe.users.push(new_user(account, profile));
                }
            }
            (Target::User(account), What::PushUser { profile, names }) => {
                match (index.find(account), names) {
                    (Some(at), Names::Update) => rename(&mut adobe.users[at], profile),
                    (Some(_), Names::Keep) => {}
                    (None, _) => {
                        adobe.total_count = adobe.total_count.map(|count| count + 1);
                        index.by_key.insert(&account.key, Some(adobe.users.len()));
                        adobe.users.push(new_user(account, profile));
                    }
                }
            }
            (Target::User(account), what) => {
                let Some(at) = index.find(account) else { continue };
                if change.is_departure() {
                    gone.insert(at);
                } else {
                    // What is pushed may be so already.
                    let counts = match what {
                        What::Join { group } => !adobe.users[at].groups.contains(group),
                        _ => true,
                    };
                    change_user(&mut adobe.users[at], what);
                    if counts {
                        recount(adobe, what);
                    }
                }
            }
            (Target::Group(_), _) => {}
        }
    }
    adobe.total_count = adobe.total_count.map(|count| count.saturating_sub(gone.len() as u64));
    let mut at = 0;
    adobe.users.retain(|_| {
        at += 1;
        !gone.contains(&(at - 1))
    });
}

/// Where the users stand whom changes name: hardly ever more than some among a million.
struct Index<'a> {
    by_id: BTreeMap<&'a str, Option<usize>>,
    by_key: BTreeMap<&'a UserKey, Option<usize>>,
}

impl<'a> Index<'a> {
    fn of(adobe: &Snapshot, changes: &[&'a Change]) -> Self {
        let accounts = || {
            changes.iter().filter_map(|change| match &change.target {
                Target::User(account) => Some(account),
                Target::Group(_) => None,
            })
        };
        let mut by_id: BTreeMap<_, _> =
            accounts().filter_map(|account| Some((account.id()?, None))).collect();
        let others = accounts().filter(|account| account.id().is_none());
        let mut by_key: BTreeMap<_, _> = others.map(|account| (&account.key, None)).collect();
        for (at, user) in adobe.users.iter().enumerate() {
            if let Some(place) = user.id().and_then(|id| by_id.get_mut(id)) {
                *place = Some(at);
            }
            if !by_key.is_empty()
                && let Some(place) = user.key().and_then(|key| by_key.get_mut(&key))
            {
                *place = Some(at);
            }
        }
        Self { by_id, by_key }
    }

    fn find(&self, account: &Account) -> Option<usize> {
        match account.id() {
            Some(id) => self.by_id.get(id).copied().flatten(),
            None => self.by_key.get(&account.key).copied().flatten(),
        }
    }
}

fn create_group(adobe: &mut Snapshot, name: &GroupName) {
    adobe.groups.entry(name.clone()).or_insert_with(|| Group {
        name: name.clone(),
        kind: GroupKind::UserGroup,
        id: None,
        member_count: Some(0),
        quota: None,
        product: None,
        admins: None,
    });
}

fn new_user(account: &Account, profile: &Profile) -> User {
    let ProfileTexts { email, first_name, last_name, country } = profile.texts();
    let own = crate::key::domain_of(email);
    let texts = UserTexts {
        id: None,
        email,
        username: Some(account.user()),
        domain: account.domain().or(own.as_deref()),
        first_name,
        last_name,
        country,
    };
    User::new(UserType::Known(profile.identity), Status::Active, Sorted::new(), texts)
}

/// A creation that finds its account there gives it the names that it has, and nothing else (UMAPI documentation,
/// "updateIfAlreadyExists").
fn rename(user: &mut User, profile: &Profile) {
    let ProfileTexts { email: _, first_name, last_name, country: _ } = profile.texts();
    let texts = user.texts();
    *user = user.with(UserTexts {
        first_name: first_name.or(texts.first_name),
        last_name: last_name.or(texts.last_name),
        ..texts
    });
}

fn change_user(user: &mut User, what: &What) {
    match what {
        What::Update(update) => {
            let Update { field, to, from: _ } = update.as_ref();
            let (texts, to) = (user.texts(), to.as_str());
            *user = user.with(match field {
                Field::FirstName => UserTexts { first_name: Some(to), ..texts },
                Field::LastName => UserTexts { last_name: Some(to), ..texts },
                Field::Username => UserTexts { username: Some(to), ..texts },
                Field::Email => {
                    // Where people log in by email the username follows it (UMAPI documentation, "update").
                    let follows = texts.username.is_some_and(|username| fold(username) == fold(texts.email));
                    UserTexts {
                        email: to,
                        username: if follows { Some(to) } else { texts.username },
                        ..texts
                    }
                }
            });
        }
        What::Join { group } => {
            user.groups.insert(group.clone());
        }
        What::Lose { group } => {
            user.groups.remove(group);
        }
        What::CreateGroup
        | What::CreateUser(_)
        | What::PushUser { .. }
        | What::Leave
        | What::Delete
        | What::Describe(_)
        | What::Attach { .. } => {}
    }
}

/// Adobe's counts follow the memberships, as far as we know them.
fn recount(adobe: &mut Snapshot, what: &What) {
    let (group, joined) = match what {
        What::Join { group } => (group, true),
        What::Lose { group } => (group, false),
        _ => return,
    };
    if let Some(Group { member_count: Some(count), .. }) = adobe.groups.get_mut(group) {
        *count = if joined { *count + 1 } else { count.saturating_sub(1) };
    }
}
