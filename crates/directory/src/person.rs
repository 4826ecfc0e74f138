//! What people say of groups, and people by everything that can list them.

use crate::dn::fold_text;
use crate::groups::{Group, Groups};
use crate::keys::{KeyId, Keys};
use crate::record::Record;
#[allow(clippy::disallowed_types, reason = "see where it is used")]
use std::collections::HashMap;
use std::collections::{BTreeMap, BTreeSet};

/// What a person says about memberships; everything that names no known group is left behind, for memory's sake.
#[derive(Debug)]
pub(crate) struct Person {
    key: KeyId,
    /// Where only the groups' word counts, nobody says anything.
    says: Option<Box<Says>>,
}

/// What a person says.
#[derive(Debug, Default, PartialEq, Eq)]
struct Says {
    uids: Vec<String>,
    member_of: Vec<KeyId>,
    primary: Option<Vec<u8>>,
}

impl Says {
    /// Nothing.
    const NOTHING: &Self = &Self { uids: Vec::new(), member_of: Vec::new(), primary: None };
}

/// What a group can know a person by, beside their name.
#[derive(Debug, Clone, Copy)]
pub(crate) struct By<'a> {
    /// That the person names the group: these are the groups.
    pub(crate) groups: &'a BTreeSet<KeyId>,
    /// Whether some group lists `uid`s.
    pub(crate) uids: bool,
}

impl Person {
    /// The one with this key.
    pub(crate) fn of(key: KeyId, record: &Record, keys: &mut Keys, by: By<'_>) -> Self {
        let member_of = record.values("memberof").filter_map(|name| keys.find_name(name));
        Self::saying(
            key,
            Says {
                uids: record.texts("uid").filter(|_| by.uids).map(fold_text).collect(),
                member_of: member_of.filter(|key| by.groups.contains(key)).collect(),
                primary: record.primary_group(),
            },
        )
    }

    fn saying(key: KeyId, says: Says) -> Self {
        Self { key, says: (says != *Says::NOTHING).then(|| Box::new(says)) }
    }

    fn says(&self) -> &Says {
        self.says.as_deref().unwrap_or(Says::NOTHING)
    }

    pub(crate) fn key(&self) -> KeyId {
        self.key
    }

    /// What a group of the Unix kind lists them by, folded.
    pub(crate) fn uids(&self) -> impl Iterator<Item = &str> {
        self.says().uids.iter().map(String::as_str)
    }

    /// The same person, where only the groups' word counts.
    pub(crate) fn silent(self) -> Self {
        let Self { key, says } = self;
        says.map_or(Self { key, says: None }, |says| {
            Self::saying(key, Says { member_of: Vec::new(), ..*says })
        })
    }

    /// Whether the group's own list has this person.
    pub(crate) fn is_listed_by(&self, group: &Group) -> bool {
        group.members.contains(&self.key) || self.uids().any(|uid| group.uids.contains(uid))
    }

    /// Whether it is their primary group.
    pub(crate) fn has_primary(&self, group: &Group) -> bool {
        let primary = &self.says().primary;
        primary.is_some() && *primary == group.sid
    }

    /// Whether the person names this group as one of theirs.
    pub(crate) fn names(&self, group: KeyId) -> bool {
        self.says().member_of.contains(&group)
    }
}

/// People by everything that can list them.
#[allow(
    clippy::disallowed_types,
    reason = "looked up once for every member of every group, and never gone through"
)]
pub(crate) struct Listed<'a> {
    by_key: Lists,
    by_uid: HashMap<&'a str, Vec<usize>>,
    by_group: BTreeMap<KeyId, Vec<usize>>,
    by_primary: BTreeMap<&'a [u8], Vec<usize>>,
}

impl<'a> Listed<'a> {
    #[allow(clippy::disallowed_types, reason = "see there")]
    pub(crate) fn new(groups: &Groups, people: &'a [Person]) -> Self {
        let keys = people.iter().enumerate().map(|(at, person)| (person.key.at(), at));
        let by_key = Lists::of(groups.keys.len(), keys);
        let (mut by_uid, mut by_group, mut by_primary) = (
            HashMap::<_, Vec<usize>>::new(),
            BTreeMap::<_, Vec<usize>>::new(),
            BTreeMap::<_, Vec<usize>>::new(),
        );
        for (index, person) in people.iter().enumerate() {
            let Says { uids, member_of, primary } = person.says();
            for uid in uids {
                by_uid.entry(uid.as_str()).or_default().push(index);
            }
            for group in member_of {
                by_group.entry(*group).or_default().push(index);
            }
            if let Some(primary) = primary {
                by_primary.entry(primary.as_slice()).or_default().push(index);
            }
        }
        Self { by_key, by_uid, by_group, by_primary }
    }

    /// Those whom the group's own list has.
    pub(crate) fn by_list(&self, group: &Group) -> impl Iterator<Item = usize> {
        let by_uid = group.uids.iter().filter_map(|uid| self.by_uid.get(uid.as_str()));
        group.members.iter().flat_map(|member| self.by_key.at(member.at())).chain(by_uid.flatten().copied())
    }

    /// Adds those whom a group has, whichever side says so; `key` is its own.
    pub(crate) fn collect(&self, key: Option<KeyId>, group: &Group, members: &mut Vec<usize>) {
        let by_group = key.and_then(|key| self.by_group.get(&key));
        let by_primary = group.sid.as_deref().and_then(|sid| self.by_primary.get(sid));
        members.extend(self.by_list(group));
        members.extend(by_group.into_iter().chain(by_primary).flatten());
    }
}

/// For each of so many things a list of numbers, all of them in one piece.
pub(crate) struct Lists {
    /// Where the list of each thing ends. It begins where the one before it ends.
    ends: Vec<u32>,
    numbers: Vec<u32>,
}

impl Lists {
    /// From pairs of a thing and a number in its list, which keep their order.
    pub(crate) fn of(things: usize, pairs: impl Iterator<Item = (usize, usize)> + Clone) -> Self {
        let fits = |number: usize| u32::try_from(number).expect("nobody counts 2^32 people");
        let mut ends = vec![0_u32; things];
        pairs.clone().for_each(|(thing, _)| ends[thing] += 1);
        let mut all = 0;
        for end in &mut ends {
            // Where it begins, at first: it ends behind what is put there.
            all += std::mem::replace(end, all);
        }
        let mut numbers = vec![0; all as usize];
        for (thing, number) in pairs {
            numbers[ends[thing] as usize] = fits(number);
            ends[thing] += 1;
        }
        Self { ends, numbers }
    }

    /// The list of a thing.
    pub(crate) fn at(&self, thing: usize) -> impl Iterator<Item = usize> {
        let end = self.ends.get(thing).copied().unwrap_or_default();
        let start =
            thing.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or_default();
        self.numbers[start.min(end) as usize..end as usize].iter().map(|number| *number as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn lists_are_what_they_were_made_of(pairs in prop::collection::vec((0..20_usize, 0..100_usize), 0..100)) {
            let lists = Lists::of(20, pairs.iter().copied());
            for thing in 0..22 {
                let own = pairs.iter().filter(|(of, _)| *of == thing).map(|(_, number)| *number);
                prop_assert!(lists.at(thing).eq(own));
            }
        }
    }
}
