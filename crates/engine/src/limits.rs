//! Limits: how much may change in one run. A breach withholds; it never sends a part of a class.

use crate::change::{Change, Field, What};
use crate::key::{GroupName, email_domain};
use crate::report::counted;
use crate::windows::{Spent, Window};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// A class of changes that is counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Accounts made.
    Create,
    /// Accounts sent without a look at who is there: made or updated.
    Push,
    /// Names changed.
    Update,
    /// Emails and usernames changed.
    Identity,
    /// Memberships taken, in each group for itself.
    GroupRemovals,
    /// Memberships taken, in all groups together.
    Removals,
    /// Users who leave the organization and keep their files.
    Leave,
    /// Accounts deleted with their files.
    Delete,
}

impl Class {
    /// Every class, in the order in which a report tells them.
    pub const ALL: [Self; 8] = [
        Self::Create,
        Self::Push,
        Self::Update,
        Self::Identity,
        Self::GroupRemovals,
        Self::Removals,
        Self::Leave,
        Self::Delete,
    ];

    /// The classes that count a change.
    pub fn of(change: &Change) -> &'static [Self] {
        match &change.what {
            What::CreateUser(_) => &[Self::Create],
            What::PushUser { .. } => &[Self::Push],
            What::Update(update) => match update.field {
                Field::Email | Field::Username => &[Self::Identity],
                Field::FirstName | Field::LastName => &[Self::Update],
            },
            What::Lose { .. } => &[Self::GroupRemovals, Self::Removals],
            What::Leave => &[Self::Leave],
            What::Delete => &[Self::Delete],
            What::CreateGroup | What::Join { .. } | What::Describe(_) | What::Attach { .. } => &[],
        }
    }

    /// The key under `limits` in the configuration.
    pub fn key(self) -> &'static str {
        match self {
            Self::Create | Self::Push => "create",
            Self::Update => "update",
            Self::Identity => "identity",
            Self::GroupRemovals => "group_removals",
            Self::Removals => "removals",
            Self::Leave => "leave",
            Self::Delete => "delete",
        }
    }

    /// What one, and several, of its changes are called, and what they are a share of.
    fn words(self) -> [&'static str; 3] {
        match self {
            Self::Create => ["new account is", "new accounts are", "people selected"],
            Self::Push => ["account to be sent is", "accounts to be sent are", "people selected"],
            Self::Update => ["changed name is", "changed names are", "managed users"],
            Self::Identity => {
                ["changed email or username is", "changed emails or usernames are", "managed users"]
            }
            Self::GroupRemovals => ["removal from the group is", "removals from the group are", "members"],
            Self::Removals => {
                ["removal of a membership is", "removals of memberships are", "memberships in managed groups"]
            }
            Self::Leave => {
                ["user leaving the organization is", "users leaving the organization are", "managed users"]
            }
            Self::Delete => ["deletion of an account is", "deletions of accounts are", "managed users"],
        }
    }
}

/// One limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Limit {
    /// None.
    Off,
    /// A plain count.
    Count(usize),
    /// A share of the population, with a floor below which it never falls and a count that it never exceeds.
    Share {
        /// In hundredths of a percent, so that `2.5 %` is exact: 250.
        basis_points: u32,
        /// At least so many.
        floor: usize,
        /// At most so many.
        most: Option<usize>,
    },
}

impl Limit {
    const fn share(percent: u32, floor: usize, most: usize) -> Self {
        Self::Share { basis_points: percent * 100, floor, most: Some(most) }
    }

    /// How many are allowed out of a population; `None` is any number.
    pub fn allows(self, population: usize) -> Option<usize> {
        match self {
            Self::Off => None,
            Self::Count(count) => Some(count),
            Self::Share { basis_points, floor, most } => {
                let share = population.saturating_mul(basis_points as usize) / 10_000;
                let allowed = share.max(floor);
                Some(most.map_or(allowed, |most| allowed.min(most)))
            }
        }
    }
}

/// The limits of one run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Limits {
    /// For [`Class::Create`] and [`Class::Push`], of people selected.
    pub create: Limit,
    /// For [`Class::Update`], of managed users.
    pub update: Limit,
    /// For [`Class::Identity`], of managed users.
    pub identity: Limit,
    /// For [`Class::GroupRemovals`], of the members of that group.
    pub group_removals: Limit,
    /// For [`Class::Removals`], of the memberships in managed groups.
    pub removals: Limit,
    /// For [`Class::Leave`], of managed users.
    pub leave: Limit,
    /// For [`Class::Delete`], of managed users.
    pub delete: Limit,
    /// Entries set aside and people held, of people selected: beyond it removals are withheld.
    pub set_aside: Limit,
    /// How many fewer people than in the last complete reads, of those then: beyond it removals are withheld.
    pub fall: Limit,
    /// The same for the people whom each mapped directory group lists.
    pub group_fall: Limit,
    /// How much of what one run may remove, or rename, all runs of 24 hours may, in percent; `None` is any number.
    pub day: Option<u32>,
    /// The same of 7 days.
    pub week: Option<u32>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            create: Limit::share(20, 20, 1_000),
            update: Limit::share(30, 20, 5_000),
            identity: Limit::share(2, 2, 25),
            group_removals: Limit::share(20, 3, 500),
            removals: Limit::share(5, 10, 1_000),
            leave: Limit::share(3, 2, 50),
            delete: Limit::Count(0),
            set_aside: Limit::Share { basis_points: 100, floor: 10, most: None },
            fall: Limit::Share { basis_points: 1_000, floor: 20, most: None },
            group_fall: Limit::Share { basis_points: 2_000, floor: 10, most: None },
            day: Some(150),
            week: Some(300),
        }
    }
}

impl Limits {
    /// No limit at all.
    pub const OFF: Self = Self {
        create: Limit::Off,
        update: Limit::Off,
        identity: Limit::Off,
        group_removals: Limit::Off,
        removals: Limit::Off,
        leave: Limit::Off,
        delete: Limit::Off,
        set_aside: Limit::Off,
        fall: Limit::Off,
        group_fall: Limit::Off,
        day: None,
        week: None,
    };

    /// How many all runs of a window may do of what one run may do `allowed` times.
    pub fn in_window(&self, window: Window, allowed: usize) -> Option<usize> {
        let percent = match window {
            Window::Day => self.day,
            Window::Week => self.week,
        }?;
        Some(allowed.saturating_mul(percent as usize) / 100)
    }

    /// The limit of a class.
    pub fn of(&self, class: Class) -> Limit {
        match class {
            Class::Create | Class::Push => self.create,
            Class::Update => self.update,
            Class::Identity => self.identity,
            Class::GroupRemovals => self.group_removals,
            Class::Removals => self.removals,
            Class::Leave => self.leave,
            Class::Delete => self.delete,
        }
    }
}

/// How many there are of what the shares are taken of.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Populations {
    /// People who get an account.
    pub selected: usize,
    /// Active, unprotected users of ours.
    pub managed_users: usize,
    /// Memberships in managed groups, whoever holds them.
    pub managed_memberships: usize,
    /// Members of each managed group, whoever they are.
    pub members: BTreeMap<GroupName, usize>,
}

impl Populations {
    fn of(&self, class: Class, group: Option<&GroupName>) -> usize {
        match class {
            Class::Create | Class::Push => self.selected,
            Class::Update | Class::Identity | Class::Leave | Class::Delete => self.managed_users,
            Class::Removals => self.managed_memberships,
            Class::GroupRemovals => {
                group.and_then(|group| self.members.get(group)).copied().unwrap_or_default()
            }
        }
    }
}

/// A limit that was exceeded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Breach {
    /// Which.
    pub class: Class,
    /// In which group, where each group is counted for itself.
    pub group: Option<GroupName>,
    /// How many changes of it there are that nobody approved.
    pub count: usize,
    /// How many are allowed.
    pub allowed: usize,
    /// Of how many.
    pub population: usize,
    /// As configured.
    pub limit: Limit,
    /// Which groups (for users: email domains) contribute most: name and count, largest first, at most ten.
    pub largest: Vec<(String, usize)>,
    /// Under which parts of the directory the people stand whom it is about, likewise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<(String, usize)>,
    /// Where it is a limit on all runs of a window together: which, and how many they have done already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<(Window, usize)>,
}

/// The ten that contribute most, the largest first.
pub(crate) fn largest(counts: BTreeMap<String, usize>) -> Vec<(String, usize)> {
    let mut largest: Vec<(String, usize)> = counts.into_iter().collect();
    largest.sort_by(|(left_name, left), (right_name, right)| right.cmp(left).then(left_name.cmp(right_name)));
    largest.truncate(10);
    largest
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [one, many, population] = self.class.words();
        if let Some(group) = &self.group {
            write!(f, "{group}: ")?;
        }
        let count = counted(self.count, one, many);
        if let Some((window, spent)) = self.window {
            return write!(
                f,
                "{count} with the {spent} of the last {} more than the {} allowed in that time (limits.{})",
                window.word(),
                self.allowed,
                match window {
                    Window::Day => "day",
                    Window::Week => "week",
                }
            );
        }
        write!(f, "{count} more than the {} allowed in one run", self.allowed)?;
        match self.limit {
            Limit::Share { basis_points, .. } => {
                write!(f, " ({} % of {} {population})", f64::from(basis_points) / 100.0, self.population)
            }
            Limit::Count(_) | Limit::Off => Ok(()),
        }
    }
}

/// Every limit that these changes exceed.
pub fn breaches<'a>(
    changes: impl Iterator<Item = &'a Change> + Clone,
    limits: &Limits,
    populations: &Populations,
    spent: &Spent,
) -> Vec<Breach> {
    // First how many there are: who they are matters only where there are too many.
    let mut counts: BTreeMap<(Class, Option<&GroupName>), usize> = BTreeMap::new();
    for change in changes.clone() {
        for class in Class::of(change) {
            *counts.entry((*class, group_of(change, *class))).or_default() += 1;
        }
    }
    let exceeded = |class: Class, group: Option<&GroupName>, count: usize| {
        let allowed = limits.of(class).allows(populations.of(class, group));
        let of_run = allowed.filter(|allowed| count > *allowed).map(|allowed| (allowed, None));
        let in_windows = Window::ALL.into_iter().filter_map(|window| {
            let before = spent.of(window, class, group);
            let most = limits.in_window(window, allowed?)?;
            (before > 0 && before + count > most).then_some((most, Some((window, before))))
        });
        of_run.into_iter().chain(in_windows).collect::<Vec<_>>()
    };
    counts.retain(|(class, group), count| !exceeded(*class, *group, *count).is_empty());
    if counts.is_empty() {
        return Vec::new();
    }
    let mut contributors: BTreeMap<(Class, Option<&GroupName>), BTreeMap<String, usize>> = BTreeMap::new();
    for change in changes {
        for class in Class::of(change) {
            let counted = (*class, group_of(change, *class));
            if counts.contains_key(&counted) {
                *contributors.entry(counted).or_default().entry(contributor(change)).or_default() += 1;
            }
        }
    }
    let mut breaches = Vec::new();
    for ((class, group), count) in counts {
        let largest = largest(contributors.remove(&(class, group)).unwrap_or_default());
        let (limit, population) = (limits.of(class), populations.of(class, group));
        for (allowed, window) in exceeded(class, group, count) {
            let (group, largest) = (group.cloned(), largest.clone());
            let places = Vec::new();
            breaches.push(Breach {
                class,
                group,
                count,
                allowed,
                population,
                limit,
                largest,
                places,
                window,
            });
        }
    }
    breaches
}

/// The group in which a class counts a change, where it counts each group for itself.
fn group_of(change: &Change, class: Class) -> Option<&GroupName> {
    match (&change.what, class) {
        (What::Lose { group }, Class::GroupRemovals) => Some(group),
        _ => None,
    }
}

fn contributor(change: &Change) -> String {
    match &change.what {
        What::Lose { group } => group.spelling().to_owned(),
        _ => email_domain(&change.target.to_string()).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_has_a_floor_and_a_most() {
        let limit = Limit::share(5, 10, 1_000);
        assert_eq!(limit.allows(400), Some(20));
        assert_eq!(limit.allows(0), Some(10));
        assert_eq!(limit.allows(1_000_000), Some(1_000));
        assert_eq!(Limit::Off.allows(5), None);
        assert_eq!(Limit::Count(0).allows(5), Some(0));
    }
}
