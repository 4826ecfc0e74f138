//! Nested groups by the server's word: one question about a group instead of one for each level inside it.
//!
//! The server answers with whom it finds, and says nothing of members whom it cannot follow: somebody of another domain, or
//! somebody whom this account may not see any more. So the lists of all groups inside are read as well, and whoever they
//! name and nobody can read is unresolved, as without the rule.

use super::connect::Connection;
use super::failure::Listing;
use super::members;
use super::root::Root;
use super::search::{NOTHING, Query};
use super::settings::Settings;
use crate::error::Error;
use crate::filter::Filter;
use crate::groups::Groups;
use crate::record::Record;
use std::collections::{BTreeMap, BTreeSet};

/// LDAP_MATCHING_RULE_IN_CHAIN (MS-ADTS 3.1.1.3.4.4.3).
const IN_CHAIN: &str = "1.2.840.113556.1.4.1941";

/// Adds the groups inside the wanted ones, and gives the people in each wanted group, both by key.
pub(super) async fn follow(
    connection: &mut Connection,
    settings: &Settings,
    root: &Root,
    groups: &mut Groups,
) -> Result<BTreeMap<String, BTreeSet<String>>, Error> {
    // Another server takes the rule for undefined, and finds nobody without an error.
    if !root.active_directory {
        return Err(Error::NoMatchingRule { place: connection.place.clone() });
    }
    let page_size = root.page_size(settings);
    let keys: BTreeSet<&String> = groups.wanted.values().collect();
    let wanted: Vec<(String, String)> =
        keys.into_iter().filter_map(|key| Some((key.clone(), groups.by_key.get(key)?.dn.clone()))).collect();
    let read = async |connection: &mut Connection, (_, dn): &(String, String)| {
        let inside = Filter::rule("memberof", IN_CHAIN, dn);
        let filter = members::kind(settings).and(inside.clone());
        let attributes: BTreeSet<String> = members::GROUP.map(str::to_owned).into();
        let of_groups = Query {
            of: Listing::NestedGroups,
            base: &settings.base,
            filter: &filter,
            attributes: &attributes,
            page_size,
        };
        let mut nested: Vec<Record> = Vec::new();
        connection.list(&of_groups, |record| nested.push(record), |_| ()).await?;
        let filter = settings.users.clone().and(inside);
        let attributes = BTreeSet::from([NOTHING.to_owned()]);
        let of_people = Query {
            of: Listing::NestedMembers,
            base: settings.user_base(),
            filter: &filter,
            attributes: &attributes,
            page_size,
        };
        let mut people: BTreeSet<String> = BTreeSet::new();
        let take = |record: Record| {
            people.insert(record.key());
        };
        connection.list(&of_people, take, |_| ()).await?;
        Ok((nested, people))
    };
    let answers = connection.each(&wanted, read).await?;
    let mut found = BTreeMap::new();
    for ((key, _), (nested, people)) in wanted.into_iter().zip(answers) {
        for record in nested {
            groups.insert(&record);
        }
        found.insert(key, people);
    }
    Ok(found)
}
