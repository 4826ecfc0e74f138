//! Falls: a complete read with far fewer people, or far fewer of them in a mapped group, than the last complete reads.
//! A service account that may not read one folder any more is answered with result 0 and a shorter list.

use crate::directories::Directories;
use crate::directory::{Directory, DirectoryName, GroupRef};
use crate::limits::{Limit, Limits};
use crate::report::counted;
use crate::rules::Rules;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// With so many earlier reads, the last ones, a read is compared.
pub const READS: usize = 5;

/// How many there were in one complete read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Entries that the filter selects.
    pub people: usize,
    /// How many of them each mapped group lists.
    pub groups: BTreeMap<GroupRef, usize>,
}

impl Counts {
    /// What the reads of all directories count.
    pub fn of_all(directories: &Directories, rules: &Rules) -> BTreeMap<DirectoryName, Self> {
        let people = |name| directories.entries_of().get(name).copied().unwrap_or_default();
        let read = directories.read().iter();
        read.map(|(name, directory)| (name.clone(), Self::of(name, directory, people(name), rules))).collect()
    }

    fn of(name: &DirectoryName, directory: &Directory, people: usize, rules: &Rules) -> Self {
        let mapped = rules.mapped_in(name);
        let groups = directory.groups.iter().filter(|(group, _)| mapped.contains(group));
        Self { people, groups: groups.map(|(group, found)| (group.clone(), found.members)).collect() }
    }
}

/// A fall that is more than its limit allows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fall {
    /// In which directory.
    #[serde(default, skip_serializing_if = "DirectoryName::is_only")]
    pub directory: DirectoryName,
    /// The directory group; `None`: all people.
    pub group: Option<GroupRef>,
    /// The median of the last complete reads.
    pub before: usize,
    /// In this read.
    pub now: usize,
    /// How many fewer are allowed.
    pub allowed: usize,
    /// As configured.
    pub limit: Limit,
}

impl fmt::Display for Fall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { directory, group, before, now, allowed, limit } = self;
        let people = counted(*now, "person", "people");
        match (group, directory.is_only()) {
            (Some(group), true) => write!(f, "{group} lists {people}")?,
            (Some(group), false) => write!(f, "{group} in {directory} lists {people}")?,
            (None, true) => write!(f, "the directory has {people}")?,
            (None, false) => write!(f, "the directory {directory} has {people}")?,
        }
        write!(
            f,
            " and had {before} in the last complete reads: {} fewer, and {allowed} are allowed",
            before - now
        )?;
        match limit {
            Limit::Share { basis_points, .. } => write!(f, " ({} %)", f64::from(*basis_points) / 100.0),
            Limit::Count(_) | Limit::Off => Ok(()),
        }
    }
}

/// Every fall of a read of each directory against earlier ones under the same configuration.
pub fn falls(
    now: &BTreeMap<DirectoryName, Counts>,
    earlier: &BTreeMap<DirectoryName, Vec<Counts>>,
    limits: &Limits,
) -> Vec<Fall> {
    let of_directory = |(name, now): (&DirectoryName, &Counts)| {
        let earlier = earlier.get(name).map(Vec::as_slice).unwrap_or_default();
        let named = |fall: Fall| Fall { directory: name.clone(), ..fall };
        falls_of(now, earlier, limits).into_iter().map(named).collect::<Vec<_>>()
    };
    now.iter().flat_map(of_directory).collect()
}

fn falls_of(now: &Counts, earlier: &[Counts], limits: &Limits) -> Vec<Fall> {
    let Counts { people, groups } = now;
    let all = fall(None, *people, earlier.iter().map(|read| read.people), limits.fall);
    let of_group = |(group, now): (&GroupRef, &usize)| {
        let before = earlier.iter().filter_map(|read| read.groups.get(group)).copied();
        fall(Some(group.clone()), *now, before, limits.group_fall)
    };
    all.into_iter().chain(groups.iter().filter_map(of_group)).collect()
}

fn fall(
    group: Option<GroupRef>,
    now: usize,
    earlier: impl Iterator<Item = usize>,
    limit: Limit,
) -> Option<Fall> {
    let before = median(earlier)?;
    let allowed = limit.allows(before)?;
    let directory = DirectoryName::default();
    (before.saturating_sub(now) > allowed).then_some(Fall { directory, group, before, now, allowed, limit })
}

/// The larger of the two in the middle, where there are two: the doubt is whether somebody is missing.
fn median(counts: impl Iterator<Item = usize>) -> Option<usize> {
    let mut counts: Vec<usize> = counts.collect();
    counts.sort_unstable();
    counts.get(counts.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(people: usize, design: usize) -> Counts {
        Counts { people, groups: [(GroupRef::new("design"), design)].into() }
    }

    fn told(now: &Counts, earlier: &[Counts]) -> Vec<String> {
        falls_of(now, earlier, &Limits::default()).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_fall_is_measured_against_the_median_and_has_a_floor() {
        assert!(told(&counts(0, 0), &[]).is_empty(), "nothing to compare with");
        assert!(told(&counts(80, 20), &[counts(100, 30)]).is_empty(), "floors of 20 and 10");
        assert_eq!(
            told(&counts(79, 19), &[counts(100, 30)]),
            [
                "the directory has 79 people and had 100 in the last complete reads: 21 fewer, and 20 are allowed (10 %)",
                "design lists 19 people and had 30 in the last complete reads: 11 fewer, and 10 are allowed (20 %)",
            ]
        );
        // 1000 people: one short read before does not make this one usual, three do.
        let (whole, short) = (counts(1000, 30), counts(800, 30));
        let mut reads = vec![whole.clone(), whole.clone(), whole.clone(), short.clone()];
        assert_eq!(told(&short, &reads).len(), 1);
        assert_eq!(told(&short, &[whole.clone(), short.clone()]).len(), 1, "of two the larger");
        reads = vec![whole.clone(), whole, short.clone(), short.clone(), short.clone()];
        assert!(told(&short, &reads).is_empty());
        assert!(falls_of(&short, &[counts(1000, 30)], &Limits::OFF).is_empty());
    }
}
