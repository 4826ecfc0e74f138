//! People and groups from a file in LDAP Data Interchange Format (RFC 2849).
//!
//! The file holds entries, not changes. What a server would do, base, filter and group membership, happens here: groups
//! list their members (`member`, `uniqueMember`, `memberUid`), people name their groups (`memberOf`), and both count.

mod parse;

use crate::anchors;
use crate::dn::{Dn, fold_text};
use crate::error::Error;
use crate::filter::Filter;
use crate::groups::{self, Groups, Nesting, Reference};
use crate::matching::Matched;
use crate::paths;
use crate::person::{By, Person};
use crate::proof;
use crate::record::{Record, names};
use crate::strangers::{Strangers, is_foreign};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use umsync_engine::directory::{Directory, Wanted};

/// Which file, and what in it.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The file.
    pub file: PathBuf,
    /// Only entries at or below this one are people. `None`: all.
    pub base: Option<Dn>,
    /// Which entries are people. It must pass [`Filter::check_in_memory`].
    pub users: Filter,
    /// Only entries at or below this one are groups. `None`: all.
    pub group_base: Option<Dn>,
    /// Whether members of member groups count.
    pub nested_groups: bool,
    /// The attribute that never changes about an entry, where the usual ones are not the right ones.
    pub anchor: Option<String>,
}

/// Reads the file.
pub fn read(settings: &Settings, wanted: &Wanted) -> Result<Directory, Error> {
    let Settings { file, base, users, group_base, nested_groups, anchor } = settings;
    let place = file.display().to_string();
    users.check_in_memory().map_err(|source| Error::Filter { place: place.clone(), source })?;
    let bytes = std::fs::read(file).map_err(|source| Error::File { file: file.clone(), source })?;
    let records = records(file, &bytes)?;

    let below = |record: &Record, base: &Option<Dn>| {
        base.as_ref().is_none_or(|base| {
            std::str::from_utf8(record.dn())
                .ok()
                .and_then(|dn| Dn::parse(dn).ok())
                .is_some_and(|dn| dn.is_under(base))
        })
    };
    let candidates: Vec<&Record> = records.iter().filter(|record| below(record, group_base)).collect();
    let named = candidates.iter().filter(|record| groups::is_group(record));
    let matched = Matched::of(named.map(|record| (record.shown_dn(), record.texts("cn").collect())), wanted);
    let wanted = &matched.added_to(wanted);
    let mut groups = find(&candidates, &records, wanted, &place)?;
    matched.require_all(&groups, &place)?;
    groups::require_all(wanted, &groups, &place)?;

    let selected = records.iter().filter(|record| below(record, base) && users.matches(record));
    let names = names(&wanted.attributes);
    let uids = groups.list_uids();
    let (people, mut entries): (Vec<_>, Vec<_>) = selected
        .map(|record| {
            let key = groups.keys.of(record.dn());
            let person = Person::of(key, record, &mut groups.keys, By { groups: &groups.known, uids });
            (person, record.decode(&names, anchor.as_deref()))
        })
        .unzip();
    if entries.is_empty() {
        let base = base.as_ref().map(ToString::to_string).unwrap_or_default();
        return Err(Error::NoPeople { place, base, filter: users.to_string() });
    }
    anchors::require_distinct(&entries, &place)?;
    let nesting = if *nested_groups { Nesting::Expanded } else { Nesting::Direct };
    let mut assigned = groups::assign(&groups, nesting, &people, &mut entries, &place)?;
    matched.anchor(&mut assigned);
    paths::trace(&groups, &people, &mut entries, wanted);
    let strangers = Strangers::of(&groups, &groups.by_key, nesting, &people);
    let keys: BTreeSet<String> = records.iter().map(Record::key).collect();
    let uids: BTreeSet<String> =
        records.iter().flat_map(|record| record.texts("uid")).map(fold_text).collect();
    // A name without an entry in the file is nobody of whom we know anything.
    let is_entry = |name: &str| keys.contains(name) && !is_foreign(name);
    let (others, unresolved) = strangers.settle(is_entry, |uid| uids.contains(uid));
    let mut certificate = proof::of_file(&place, &bytes, &entries, &assigned, others, unresolved);
    certificate.followed = groups.followed;
    Ok(Directory { source: place, entries, groups: assigned, matched: matched.names, certificate })
}

/// All entries of the file, provided it does not itself say that some are missing.
fn records(file: &Path, bytes: &[u8]) -> Result<Vec<Record>, Error> {
    let content = parse::content(bytes).map_err(|parse::Mistake { line, reason }| Error::Ldif {
        file: file.to_owned(),
        line,
        reason,
    })?;
    let partial = |reason| Err(Error::PartialExport { file: file.to_owned(), reason });
    let parse::Content { records, promised, failed, unfinished } = content;
    if let Some(failed) = failed {
        return partial(format!(
            "{failed}\nexport it again with paging (`ldapsearch -E pr=500/noprompt`) and an account without size limit"
        ));
    }
    if let Some(line) = unfinished {
        return partial(format!("after the page that ends in line {line} more was to come\nexport it again"));
    }
    match promised {
        Some(promised) if promised != records.len() => partial(format!(
            "`# numEntries` says {promised}, but it has {}\nexport it again, or remove that comment if the file was edited",
            records.len()
        )),
        _ => Ok(records),
    }
}

/// The wanted groups, and every entry that can be a group inside one.
///
/// A group that has moved out of `candidates` is found by its anchor among all records.
fn find(candidates: &[&Record], records: &[Record], wanted: &Wanted, place: &str) -> Result<Groups, Error> {
    let mut by_name: BTreeMap<String, Vec<&Record>> = BTreeMap::new();
    let mut groups = Groups::default();
    for record in candidates.iter().filter(|record| groups::is_group(record)) {
        let names = groups::NAMES.iter().flat_map(|attribute| record.texts(attribute));
        for name in names.map(fold_text).collect::<BTreeSet<_>>() {
            by_name.entry(name).or_default().push(record);
        }
        // Of two with one name, the last one counts.
        groups.by_key.remove(&record.key());
        groups.insert(record);
    }
    // A DN may name an entry of any kind.
    let by_key: BTreeMap<String, &Record> = candidates.iter().map(|record| (record.key(), *record)).collect();
    for reference in &wanted.groups {
        let by_name = match Reference::of(reference) {
            Reference::Dn(dn) => by_key.get(&dn.normal()).copied(),
            Reference::Name(name) => {
                groups::choose(reference, by_name.get(&name).cloned().unwrap_or_default(), place)?
            }
            Reference::Anchor(_) => None,
        };
        let anchors = groups::anchors_of(reference, wanted);
        let has_one =
            |record: &&Record| anchors.iter().any(|anchor| anchors::has(record, anchor) == Some(true));
        let same = if anchors.is_empty() { Vec::new() } else { records.iter().filter(has_one).collect() };
        let by_anchor = groups::choose(reference, same, place)?;
        let all: Vec<&Record> = by_name.into_iter().chain(by_anchor).collect();
        let known = groups::seen_before(reference, wanted, &all);
        groups.add(reference, groups::settle(reference, known, by_name, by_anchor));
    }
    Ok(groups)
}

#[cfg(test)]
mod tests;
