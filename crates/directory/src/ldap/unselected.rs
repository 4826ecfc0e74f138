//! Which of the names that groups list, and that no person or group of this read has, are entries that can be read, and are
//! no people.
//!
//! Somebody who moved while people were listed, from a part that was still to come to one that had been read, is in no page
//! and can be read. So whoever is found is looked for once more among those whom the filter selects.

use super::connect::Connection;
use super::failure::{Answered, Failure, Listing, Phase};
use super::root::Root;
use super::schema::Names;
use super::search::{NOTHING, Query};
use super::settings::Settings;
use crate::dn::{Dn, fold_text};
use crate::error::Error;
use crate::filter::Filter;
use crate::record::Record;
use crate::strangers::is_foreign;
use std::collections::BTreeSet;

/// How many names one search asks for.
const BATCH: usize = 20;

/// So many entries are looked at singly, at one request each. Names beyond are unresolved, for nobody has looked; where
/// the server finds entries by their whole names (Active Directory; OpenLDAP and 389-ds by `entryDN`, RFC 5020), it is
/// asked for twenty at once first, and only what it does not find so is looked at singly.
const MOST_SINGLY: usize = 2_000;

/// The names, by key, that can be read and are no people. Not asked for, because the answer is known: names of other servers' trees, and
/// those that stand for somebody of another domain.
pub(super) async fn readable(
    connection: &mut Connection,
    settings: &Settings,
    root: &Root,
    schema: &Result<Names, String>,
    names: BTreeSet<&str>,
) -> Result<BTreeSet<String>, Error> {
    let here = |name: &&str| {
        let of_this_server =
            |dn: Dn| dn.is_under(&settings.base) || root.contexts.iter().any(|top| dn.is_under(top));
        !is_foreign(name) && Dn::parse(name).is_ok_and(of_this_server)
    };
    let mut left: Vec<&str> = names.into_iter().filter(here).collect();
    let mut found = BTreeSet::new();
    if left.len() > BATCH
        && let Some(attribute) = whole_name(root, schema)
    {
        for batch in left.chunks(BATCH) {
            let any = Filter::any(batch.iter().map(|name| Filter::equal(attribute, name)));
            let take = |record: Record| {
                found.insert(record.key());
            };
            match list(connection, settings, root, &any, NOTHING, take).await {
                Ok(()) => {}
                // A server that will not search so may still answer about each.
                Err(Error::Server { server: _, phase: _, source }) if source.denies() => {
                    tracing::debug!(server = connection.place, %source, "members are looked at singly");
                    break;
                }
                Err(error) => return Err(error),
            }
        }
        left.retain(|name| !found.contains(*name));
    }
    if left.len() > MOST_SINGLY {
        let beyond = left.len() - MOST_SINGLY;
        tracing::warn!(
            server = connection.place,
            beyond,
            "members that nobody looked at count as unresolved"
        );
        left.truncate(MOST_SINGLY);
    }
    for name in left {
        match connection.look(name, &[NOTHING]).await {
            Ok(Some(_)) => {
                found.insert(name.to_owned());
            }
            // It does not exist, may not be read, or is on another server.
            Ok(None) | Err(Failure::Referred(_)) => {}
            Err(Failure::Answer(Answered { code: 10 | 50, text: _ })) => {}
            Err(failure) => {
                return Err(connection.failed(Phase::Member { dn: name.to_owned() }, failure));
            }
        }
    }
    let selected = selected(connection, settings, root, whole_name(root, schema), &found).await?;
    found.retain(|name| !selected.contains(name));
    Ok(found)
}

/// Those of these names that are people by the filter.
async fn selected(
    connection: &mut Connection,
    settings: &Settings,
    root: &Root,
    whole_name: Option<&str>,
    names: &BTreeSet<String>,
) -> Result<BTreeSet<String>, Error> {
    let below = |name: &&String| Dn::parse(name).is_ok_and(|dn| dn.is_under(settings.user_base()));
    let names: Vec<&String> = names.iter().filter(below).collect();
    let mut selected = BTreeSet::new();
    let page_size = root.page_size(settings);
    let attributes = BTreeSet::from([NOTHING.to_owned()]);
    let mut take = |record: Record| {
        selected.insert(record.key());
    };
    for batch in names.chunks(if whole_name.is_some() { BATCH } else { 1 }) {
        let any =
            whole_name.map(|attribute| Filter::any(batch.iter().map(|name| Filter::equal(attribute, name))));
        // By its name alone an entry is found where a search begins at it.
        let own = Dn::parse(batch[0]).ok();
        let query = Query {
            of: Listing::Members,
            base: own.as_ref().filter(|_| any.is_none()).unwrap_or(settings.user_base()),
            filter: &any.map_or_else(|| settings.users.clone(), |any| settings.users.clone().and(any)),
            attributes: &attributes,
            page_size,
        };
        connection.list(&query, &mut take, |_| ()).await?;
    }
    Ok(selected)
}

/// The `uid`s, folded, that some entry below the base has and nobody whom the filter selects.
pub(super) async fn known_uids(
    connection: &mut Connection,
    settings: &Settings,
    root: &Root,
    uids: BTreeSet<&str>,
) -> Result<BTreeSet<String>, Error> {
    let uids: Vec<&str> = uids.into_iter().collect();
    let mut known = BTreeSet::new();
    for batch in uids.chunks(BATCH) {
        let any = Filter::any(batch.iter().map(|uid| Filter::equal("uid", uid)));
        let take = |record: Record| known.extend(record.texts("uid").map(fold_text));
        list(connection, settings, root, &any, "uid", take).await?;
        let query = Query {
            of: Listing::Members,
            base: settings.user_base(),
            filter: &settings.users.clone().and(any),
            attributes: &["uid".to_owned()].into(),
            page_size: root.page_size(settings),
        };
        let mut people: BTreeSet<String> = BTreeSet::new();
        connection.list(&query, |record| people.extend(record.texts("uid").map(fold_text)), |_| ()).await?;
        known.retain(|uid| !people.contains(uid));
    }
    Ok(known)
}

/// The attribute by which a server finds an entry by its whole name, if it has one.
fn whole_name(root: &Root, schema: &Result<Names, String>) -> Option<&'static str> {
    if root.active_directory {
        return Some("distinguishedname");
    }
    schema.as_ref().is_ok_and(|names| names.has_attribute("entrydn")).then_some("entrydn")
}

async fn list(
    connection: &mut Connection,
    settings: &Settings,
    root: &Root,
    filter: &Filter,
    attribute: &str,
    take: impl FnMut(Record),
) -> Result<(), Error> {
    let query = Query {
        of: Listing::Members,
        base: &settings.base,
        filter,
        attributes: &[attribute.to_owned()].into(),
        page_size: root.page_size(settings),
    };
    connection.list(&query, take, |_| ()).await
}
