//! The people: how many the filter finds, where a limit of the server ends the list, and three of them whole.

use super::super::connect::Connection;
use super::super::failure::{Answered, Failure, Listing, Phase};
use super::super::read::{Progress, needed, nobody};
use super::super::search::{NOTHING, Query};
use super::super::settings::{Bind, Members, Settings};
use super::{Ground, Mistake, Report, goes_on};
use crate::account;
use crate::error::Error;
use crate::filter::Filter;
use crate::groups::Groups;
use crate::keys::Keys;
use crate::person::{By, Person};
use crate::record::{Record, names};
use std::collections::{BTreeMap, BTreeSet};
use umsync_engine::directory::{Entry, GroupRef};
use umsync_engine::sorted::Sorted;

/// The people whom the filter finds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PeopleLook {
    /// How many came.
    pub found: usize,
    /// How many of them the wanted groups have as members.
    pub listed: usize,
    /// In how many pages.
    pub pages: usize,
    /// Entries asked for per page.
    pub page_size: u32,
    /// The limit of the server that ended the list, by its result code.
    pub limit: Option<u32>,
    /// How many of them were looked at closely.
    pub sampled: usize,
    /// How many of these have what never changes about an entry.
    pub anchored: usize,
    /// What Active Directory says that this account may write about them.
    pub writable: BTreeSet<String>,
    /// The limits that Active Directory tells, as it writes them: `MaxPageSize=1000`.
    pub limits: Vec<String>,
}

/// People by name and membership.
pub(super) struct Found {
    pub(super) people: Vec<Person>,
    dns: Vec<String>,
    /// Whether all came.
    pub(super) whole: bool,
}

/// How many people are shown whole.
const SAMPLES: usize = 3;

/// Lists everybody by name, page by page. `None`: there is nobody, or they cannot be listed.
pub(super) async fn list(
    connection: &mut Connection,
    ground: &Ground<'_>,
    (groups, need_uids): (&mut Groups, bool),
    report: &mut Report,
) -> Result<Option<Found>, Error> {
    let Ground { root, schema: _, settings, asking } = ground;
    let place = connection.place.clone();
    let mut attributes = BTreeSet::new();
    if settings.members == Members::MemberOf {
        attributes.insert("memberof".to_owned());
    }
    if need_uids {
        attributes.insert("uid".to_owned());
    }
    if groups.by_key.values().any(|group| group.sid.is_some()) {
        attributes.extend(["objectsid".to_owned(), "primarygroupid".to_owned()]);
    }
    if attributes.is_empty() {
        attributes.insert(NOTHING.to_owned());
    }
    let page_size = root.page_size(settings);
    let query = Query {
        of: Listing::People,
        base: settings.user_base(),
        filter: &settings.users,
        attributes: &attributes,
        page_size,
    };
    let mut found = Found { people: Vec::new(), dns: Vec::new(), whole: true };
    let mut keys = std::mem::take(&mut groups.keys);
    let take = |record: Record, key, keys: &mut Keys| {
        let person = Person::of(key, &record, keys, By { groups: &groups.known, uids: need_uids });
        found.people.push(match settings.members {
            Members::MemberOf => person,
            Members::Member => person.silent(),
        });
        found.dns.push(record.shown_dn());
    };
    let progress = |entries| {
        (asking.progress)(Progress { server: place.clone(), listing: Listing::People, entries });
    };
    let before = connection.proof.pages;
    let listed = connection.list_named(&query, &mut keys, take, progress).await;
    groups.keys = keys;
    let limits = if root.active_directory { limits(connection).await } else { Vec::new() };
    let mut look = PeopleLook {
        found: found.people.len(),
        pages: connection.proof.pages - before,
        page_size,
        limits,
        ..PeopleLook::default()
    };
    match listed {
        Ok(()) if found.people.is_empty() => {
            let advice = who_is_there(connection, settings).await;
            report.mistakes.push(Mistake { error: nobody(settings, &place), advice });
            return Ok(None);
        }
        Ok(()) => {}
        Err(error) => {
            found.whole = false;
            let code = limit(&error);
            look.limit = code;
            match code {
                Some(_) => {
                    let advice = Some(lift(settings, report_identity(report), found.people.len(), page_size));
                    report.mistakes.push(Mistake { error, advice });
                }
                None => goes_on(error, report)?,
            }
            if found.people.is_empty() {
                report.people = Some(look);
                return Ok(None);
            }
        }
    }
    report.people = Some(look);
    Ok(Some(found))
}

/// The limits of a domain controller that matter to a read, where this account may see them (MS-ADTS 3.1.1.3.4.6). A
/// policy of its own for this controller would count instead, and is rare.
async fn limits(connection: &mut Connection) -> Vec<String> {
    let Ok(Some(root)) = connection.look("", &["configurationnamingcontext"]).await else {
        return Vec::new();
    };
    let Some(configuration) = root.texts("configurationnamingcontext").next() else { return Vec::new() };
    let policy = format!(
        "CN=Default Query Policy,CN=Query-Policies,CN=Directory Service,CN=Windows NT,CN=Services,{configuration}"
    );
    let Ok(Some(policy)) = connection.look(&policy, &["ldapadminlimits"]).await else { return Vec::new() };
    let of_a_read = ["MaxPageSize=", "MaxValRange=", "MaxQueryDuration=", "MaxResultSetSize="];
    let mut limits: Vec<String> = policy
        .texts("ldapadminlimits")
        .filter(|limit| of_a_read.iter().any(|name| limit.starts_with(name)))
        .map(str::to_owned)
        .collect();
    limits.sort();
    limits
}

/// timeLimitExceeded, sizeLimitExceeded, adminLimitExceeded
fn limit(error: &Error) -> Option<u32> {
    match error {
        Error::Server { server: _, phase: Phase::Page { .. }, source } => match &**source {
            Failure::Answer(Answered { code: code @ (3 | 4 | 11), text: _ }) => Some(*code),
            _ => None,
        },
        _ => None,
    }
}

fn report_identity(report: &Report) -> Option<String> {
    let told = report.servers.iter().find_map(|server| server.identity.as_deref())?;
    told.strip_prefix("dn:").map(str::to_owned)
}

/// How a server's limit is lifted for this account.
fn lift(settings: &Settings, identity: Option<String>, found: usize, page_size: u32) -> String {
    let account = match (identity, &settings.bind) {
        (Some(dn), _) => dn,
        (None, Bind::Simple { dn, password: _ }) => dn.clone(),
        (None, _) => "the account's DN".to_owned(),
    };
    format!(
        "the list ends after about {found} people. Asking page by page does not lift such a limit; the server has to: OpenLDAP, in slapd.conf below `database` (olcLimits in cn=config): \
         `limits dn.exact=\"{account}\" size.prtotal=unlimited size.pr={page_size} time=unlimited`, where prtotal is for all pages together and pr for one; \
         389-ds and FreeIPA: nsSizeLimit, nsLookThroughLimit and nsPagedSizeLimit of the account's entry"
    )
}

/// The usual filter for those who are there.
async fn who_is_there(connection: &mut Connection, settings: &Settings) -> Option<String> {
    let query = Query {
        of: Listing::People,
        base: settings.user_base(),
        filter: &Filter::present("objectclass"),
        attributes: &["objectclass".to_owned()].into(),
        page_size: 200,
    };
    let there = connection.beginning(&query).await.ok()?;
    let count = |class: &str| {
        there
            .iter()
            .filter(|record| record.texts("objectclass").any(|text| text.eq_ignore_ascii_case(class)))
            .count()
    };
    let known = [
        ("user", "(&(objectCategory=person)(objectClass=user))"),
        ("inetOrgPerson", "(objectClass=inetOrgPerson)"),
        ("person", "(objectClass=person)"),
    ];
    let (class, filter, count) =
        known.iter().map(|(class, filter)| (class, filter, count(class))).find(|(_, _, count)| *count > 0)?;
    Some(format!(
        "among the first {} entries there are {count} of the class {class}: write `users: {filter}`, if they are meant",
        there.len()
    ))
}

/// The first three by name, whole; those whom a group lists go before others.
pub(super) async fn samples(
    connection: &mut Connection,
    ground: &Ground<'_>,
    (groups, found, members): (&Groups, &Found, &BTreeMap<GroupRef, Sorted<usize>>),
    report: &mut Report,
) -> Result<Vec<Entry>, Error> {
    let Ground { root, schema: _, settings, asking } = ground;
    let listed: BTreeSet<usize> = members.values().flatten().copied().collect();
    if let Some(look) = &mut report.people {
        look.listed = listed.len();
    }
    let mut order: Vec<usize> = (0..found.people.len()).collect();
    let rank = |at: &usize| (!listed.contains(at), groups.keys.text(found.people[*at].key()));
    // Only the first few are wanted, in order.
    if order.len() > SAMPLES {
        order.select_nth_unstable_by(SAMPLES, |left, right| rank(left).cmp(&rank(right)));
        order.truncate(SAMPLES);
    }
    order.sort_unstable_by(|left, right| rank(left).cmp(&rank(right)));
    let mut attributes = asking.wanted.attributes.clone();
    attributes.extend(needed(settings).map(str::to_owned));
    attributes.extend(account::attributes().map(str::to_owned));
    if root.active_directory {
        attributes.insert(WRITABLE.to_owned());
    }
    let attributes: Vec<&str> = attributes.iter().map(String::as_str).collect();
    let mut samples = Vec::new();
    for at in order {
        let dn = &found.dns[at];
        let record = match connection.entry(dn, &attributes, Phase::Member { dn: dn.clone() }).await {
            Ok(Some(record)) => record,
            // It has just gone.
            Ok(None) => continue,
            Err(error) => {
                goes_on(error, report)?;
                continue;
            }
        };
        if let Some(look) = &mut report.people {
            look.writable.extend(record.texts(WRITABLE).map(str::to_owned));
        }
        let mut entry = record.decode(&names(&asking.wanted.attributes), settings.anchor.as_deref());
        let groups = members.iter().filter(|(_, members)| members.contains(&at));
        entry.groups = groups.map(|(group, _)| group.clone()).collect();
        samples.push(entry);
    }
    Ok(samples)
}

/// The attributes of an entry that whoever asks may write (MS-ADTS 3.1.1.4.5.27).
const WRITABLE: &str = "allowedattributeseffective";
