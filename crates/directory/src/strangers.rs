//! Names that groups list and that are neither people nor groups of this read: entries that can be read and were not
//! selected, or nobody knows what.
//!
//! The difference matters: whoever cannot be read may be somebody who has what the group gives. A computer, a contact or
//! somebody outside of the user base is known to be no person.

use crate::dn::Dn;
use crate::groups::{Group, Groups, Nesting, children, closure};
use crate::keys::Marks;
use crate::person::Person;
use std::collections::{BTreeMap, BTreeSet};
use umsync_engine::directory::GroupRef;

/// Looked up once for every member of every group, and never gone through.
#[allow(clippy::disallowed_types, reason = "it only speeds a look-up")]
type Known<'a> = std::collections::HashSet<&'a str>;

/// What each wanted group lists beside people and groups, by the keys of names and by folded `uid`.
#[derive(Debug, Default)]
pub(crate) struct Strangers {
    names: BTreeMap<GroupRef, BTreeSet<String>>,
    uids: BTreeMap<GroupRef, BTreeSet<String>>,
}

impl Strangers {
    /// `lists` are the groups' own lists of members.
    pub(crate) fn of(
        groups: &Groups,
        lists: &BTreeMap<String, Group>,
        nesting: Nesting,
        people: &[Person],
    ) -> Self {
        // They and the groups are nobody's strangers.
        let known: Marks = people.iter().map(Person::key).chain(groups.known.iter().copied()).collect();
        let uids: Known<'_> = people.iter().flat_map(Person::uids).collect();
        let children = children(groups);
        let mut strangers = Self::default();
        for (reference, root) in &groups.wanted {
            let inside = match nesting {
                Nesting::Direct => BTreeSet::from([root.as_str()]),
                // What is nested too deeply has been refused before.
                Nesting::Expanded => closure(root, &children).unwrap_or_default(),
            };
            for group in inside.into_iter().filter_map(|key| lists.get(key)) {
                let unknown = group.members.iter().filter(|id| !known.contains(**id));
                // Some servers let a group without members list the empty name.
                let names = unknown.map(|id| groups.keys.text(*id)).filter(|name| !name.is_empty());
                let names = names.map(str::to_owned);
                strangers.names.entry(reference.clone()).or_default().extend(names);
                let unknown = group.uids.iter().filter(|uid| !uids.contains(uid.as_str())).cloned();
                strangers.uids.entry(reference.clone()).or_default().extend(unknown);
            }
        }
        strangers
    }

    /// All names, by key.
    pub(crate) fn names(&self) -> BTreeSet<&str> {
        self.names.values().flatten().map(String::as_str).collect()
    }

    /// All `uid`s, folded.
    pub(crate) fn uids(&self) -> BTreeSet<&str> {
        self.uids.values().flatten().map(String::as_str).collect()
    }

    /// How many of them were found to be entries, and the others by group.
    pub(crate) fn settle(
        self,
        is_entry: impl Fn(&str) -> bool,
        is_uid: impl Fn(&str) -> bool,
    ) -> (usize, BTreeMap<GroupRef, BTreeSet<String>>) {
        let others = self.names().into_iter().filter(|name| is_entry(name)).count()
            + self.uids().into_iter().filter(|uid| is_uid(uid)).count();
        let mut unresolved: BTreeMap<GroupRef, BTreeSet<String>> = BTreeMap::new();
        for (group, names) in self.names {
            let unknown = names.into_iter().filter(|name| !is_entry(name));
            unresolved.entry(group).or_default().extend(unknown);
        }
        for (group, uids) in self.uids {
            let unknown = uids.into_iter().filter(|uid| !is_uid(uid)).map(|uid| format!("memberUid {uid}"));
            unresolved.entry(group).or_default().extend(unknown);
        }
        unresolved.retain(|_, names| !names.is_empty());
        (others, unresolved)
    }
}

/// Whether a name stands for somebody of another domain: `CN=S-1-5-21-…,CN=ForeignSecurityPrincipals,DC=…`. Such an entry
/// can be read and says nothing about who it is. (MS-ADTS 6.1.1.4.10)
pub(crate) fn is_foreign(key: &str) -> bool {
    Dn::parse(key).is_ok_and(|dn| {
        dn.has_level("cn=foreignsecurityprincipals")
            && dn.own_value().is_some_and(|value| value.starts_with("s-1-"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Record;

    #[test]
    fn a_security_identifier_is_of_another_domain() {
        assert!(is_foreign("cn=s-1-5-21-1-2-3-1105,cn=foreignsecurityprincipals,dc=example,dc=com"));
        assert!(!is_foreign("cn=jane,cn=foreignsecurityprincipals,dc=example,dc=com"));
        assert!(!is_foreign("cn=s-1-5-21-1-2-3-1105,cn=users,dc=example,dc=com"));
        assert!(!is_foreign("\\ff"));
    }

    #[test]
    fn strangers_are_entries_or_unresolved() {
        let keys = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
        let group = |dn: &str, members: &[&str], uids: &[&str]| {
            let mut group = Record::new(dn.into());
            members.iter().for_each(|name| group.add("member", name.as_bytes()));
            uids.iter().for_each(|uid| group.add("memberUid", uid.as_bytes()));
            group
        };
        let mut groups = Groups::default();
        groups.insert(&group("cn=a", &["", "cn=b", "cn=pc", "cn=gone"], &["root", "old"]));
        groups.insert(&group("cn=b", &["cn=gone", "cn=lost"], &[]));
        groups.wanted.insert(GroupRef::new("a"), "cn=a".into());
        groups.wanted.insert(GroupRef::new("b"), "cn=b".into());
        for (nesting, names) in [
            (Nesting::Expanded, ["cn=gone", "cn=lost", "memberUid old"].as_slice()),
            (Nesting::Direct, &["cn=gone", "memberUid old"]),
        ] {
            let strangers = Strangers::of(&groups, &groups.by_key, nesting, &[]);
            let (others, unresolved) = strangers.settle(|name| name == "cn=pc", |uid| uid == "root");
            assert_eq!(others, 2);
            assert_eq!(unresolved[&GroupRef::new("a")], keys(names), "{nesting:?}");
            assert_eq!(unresolved[&GroupRef::new("b")], keys(&["cn=gone", "cn=lost"]));
        }
    }
}
