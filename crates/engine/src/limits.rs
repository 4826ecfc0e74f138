//! Limits: how much may be taken in one run. A breach withholds; it never sends a part of a class.

use crate::change::{Change, Target, What};
use crate::rules::Baseline;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// A class of changes that is counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Memberships taken, in all groups together.
    Removals,
    /// Users who leave the organization.
    Leave,
}

impl Class {
    /// The class that counts a change, if any does.
    pub fn of(change: &Change) -> Option<Self> {
        match change.what {
            What::Lose { .. } => Some(Self::Removals),
            What::Leave => Some(Self::Leave),
            What::CreateGroup | What::CreateUser(_) | What::Update { .. } | What::Join { .. } => None,
        }
    }

    /// The key under `limits` in the configuration.
    pub fn key(self) -> &'static str {
        match self {
            Self::Removals => "removals",
            Self::Leave => "leave",
        }
    }

    /// What one, and several, of its changes are called, and what they are a share of.
    fn words(self) -> [&'static str; 3] {
        match self {
            Self::Removals => {
                ["removal of a membership is", "removals of memberships are", "memberships in managed groups"]
            }
            Self::Leave => {
                ["user leaving the organization is", "users leaving the organization are", "managed users"]
            }
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// For [`Class::Removals`].
    pub removals: Limit,
    /// For [`Class::Leave`].
    pub leave: Limit,
}

impl Default for Limits {
    /// 5 % of memberships (at least 10, at most 1 000); 3 % of users (at least 2, at most 50).
    fn default() -> Self {
        Self {
            removals: Limit::Share { basis_points: 500, floor: 10, most: Some(1_000) },
            leave: Limit::Share { basis_points: 300, floor: 2, most: Some(50) },
        }
    }
}

impl Limits {
    fn of(&self, class: Class) -> Limit {
        match class {
            Class::Removals => self.removals,
            Class::Leave => self.leave,
        }
    }
}

/// How many there are of what the shares are taken of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Populations {
    /// Active, unprotected users of ours.
    pub managed_users: usize,
    /// Memberships in managed groups, whoever holds them.
    pub managed_memberships: usize,
}

/// A limit that was exceeded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Breach {
    /// Which.
    pub class: Class,
    /// How many changes of it there are.
    pub count: usize,
    /// How many are allowed.
    pub allowed: usize,
    /// Of how many.
    pub population: usize,
    /// As configured.
    pub limit: Limit,
    /// Which groups (or, for users leaving, email domains) contribute most: name and count, largest first, at most ten.
    pub largest: Vec<(String, usize)>,
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [one, many, population] = self.class.words();
        let told = crate::report::counted(self.count, one, many);
        write!(f, "{told} more than the {} allowed in one run", self.allowed)?;
        match self.limit {
            Limit::Share { basis_points, .. } => {
                write!(f, " ({} % of {} {population})", f64::from(basis_points) / 100.0, self.population)
            }
            Limit::Count(_) | Limit::Off => Ok(()),
        }
    }
}

/// Why a change is withheld.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// Nobody has approved a plan for this organization yet.
    NoBaseline,
    /// Its own class exceeds its limit.
    OverLimit(Class),
    /// Another class of removals exceeds its limit.
    OtherLimit(Class),
    /// Adobe listed far fewer users than it counts: whoever is missing may only not have been listed.
    ShortListing,
    /// An entry that could be anybody's was set aside: nobody may leave in this run.
    SetAside,
    /// It needs another change that is withheld.
    Needs,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoBaseline => f.write_str("no plan has been approved for this organization yet"),
            Self::OverLimit(class) => write!(f, "over limits.{}", class.key()),
            Self::OtherLimit(class) => {
                write!(f, "limits.{} is exceeded, which holds every removal", class.key())
            }
            Self::ShortListing => f.write_str("Adobe listed far fewer users than it counts"),
            Self::SetAside => f.write_str("an entry that names nobody was set aside; it could be theirs"),
            Self::Needs => f.write_str("it needs a change that is withheld"),
        }
    }
}

/// A change that a safety rule holds back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withheld {
    /// What would happen.
    #[serde(flatten)]
    pub change: Change,
    /// What holds it.
    pub why: Why,
}

/// Changes within their limits, apart from those that are withheld.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Checked {
    /// To be sent.
    pub changes: Vec<Change>,
    /// Not to be sent.
    pub withheld: Vec<Withheld>,
    /// Which limits were exceeded.
    pub breaches: Vec<Breach>,
}

/// What makes absence uncertain in this run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Doubts {
    /// An entry without any naming value was set aside: it could be anybody's.
    pub anybody_set_aside: bool,
    /// Adobe listed far fewer users than it counts.
    pub short_listing: bool,
}

/// Parts what may be sent from what is withheld.
pub fn check(
    changes: Vec<Change>,
    limits: &Limits,
    populations: Populations,
    baseline: Baseline,
    doubts: Doubts,
) -> Checked {
    let breaches: Vec<Breach> = [Class::Removals, Class::Leave]
        .into_iter()
        .filter_map(|class| breach(class, &changes, limits, populations))
        .collect();
    let why = |change: &Change| -> Option<Why> {
        if baseline == Baseline::Missing && (change.is_removal() || change.is_identity()) {
            return Some(Why::NoBaseline);
        }
        if doubts.short_listing && (change.is_removal() || matches!(change.what, What::CreateUser(_))) {
            return Some(Why::ShortListing);
        }
        if !change.is_removal() {
            return None;
        }
        let own = Class::of(change);
        let broken = breaches.iter().map(|breach| breach.class);
        if let Some(class) = broken.clone().find(|class| Some(*class) == own) {
            return Some(Why::OverLimit(class));
        }
        if let Some(class) = broken.clone().next() {
            return Some(Why::OtherLimit(class));
        }
        (doubts.anybody_set_aside && change.what == What::Leave).then_some(Why::SetAside)
    };
    let mut checked = Checked { breaches: breaches.clone(), ..Checked::default() };
    for change in changes {
        match why(&change) {
            Some(why) => checked.withheld.push(Withheld { change, why }),
            None => checked.changes.push(change),
        }
    }
    checked
}

/// A change that needs a withheld one is withheld with it: memberships of a user, or in a group, that is not made.
pub fn withhold_dependents(checked: &mut Checked) {
    let mut users = BTreeSet::new();
    let mut groups = BTreeSet::new();
    for withheld in &checked.withheld {
        match (&withheld.change.target, &withheld.change.what) {
            (Target::Group(group), What::CreateGroup) => {
                groups.insert(group.clone());
            }
            (Target::User(account), What::CreateUser(_)) => {
                users.insert(account.clone());
            }
            _ => {}
        }
    }
    let needs = |change: &Change| match (&change.target, &change.what) {
        (Target::User(account), What::Join { group }) => users.contains(account) || groups.contains(group),
        _ => false,
    };
    let (dependent, free) = std::mem::take(&mut checked.changes).into_iter().partition(needs);
    let dependent: Vec<Change> = dependent;
    checked.changes = free;
    checked.withheld.extend(dependent.into_iter().map(|change| Withheld { change, why: Why::Needs }));
}

fn breach(class: Class, changes: &[Change], limits: &Limits, populations: Populations) -> Option<Breach> {
    let population = match class {
        Class::Removals => populations.managed_memberships,
        Class::Leave => populations.managed_users,
    };
    let limit = limits.of(class);
    let allowed = limit.allows(population)?;
    let mut contributors: BTreeMap<String, usize> = BTreeMap::new();
    let mut count = 0;
    for change in changes.iter().filter(|change| Class::of(change) == Some(class)) {
        count += 1;
        *contributors.entry(contributor(change)).or_default() += 1;
    }
    if count <= allowed {
        return None;
    }
    let mut largest: Vec<(String, usize)> = contributors.into_iter().collect();
    largest.sort_by(|(left_name, left), (right_name, right)| right.cmp(left).then(left_name.cmp(right_name)));
    largest.truncate(10);
    Some(Breach { class, count, allowed, population, limit, largest })
}

fn contributor(change: &Change) -> String {
    match &change.what {
        What::Lose { group } => group.spelling().to_owned(),
        _ => crate::key::email_domain(&change.target.to_string()).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_has_a_floor_and_a_most() {
        let limit = Limit::Share { basis_points: 500, floor: 10, most: Some(1_000) };
        assert_eq!(limit.allows(400), Some(20));
        assert_eq!(limit.allows(0), Some(10));
        assert_eq!(limit.allows(1_000_000), Some(1_000));
        assert_eq!(Limit::Off.allows(5), None);
        assert_eq!(Limit::Count(0).allows(5), Some(0));
    }
}
