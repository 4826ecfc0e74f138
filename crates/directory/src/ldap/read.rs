//! One whole read.

use super::connect::{self, Connection};
use super::failure::Listing;
use super::members::{self, Claims};
use super::root::Root;
use super::search::Query;
use super::server::Server;
use super::settings::{Bind, Encryption, Members, Nested, Settings};
use super::{chain, schema, tls, unselected};
use crate::account;
use crate::anchors::{self, ANCHORS};
use crate::error::Error;
use crate::groups::{self, Nesting};
use crate::keys::Keys;
use crate::paths;
use crate::person::{By, Person};
use crate::record::{Record, names};
use crate::strangers::Strangers;
use rustls::ClientConfig;
use secrecy::ExposeSecret as _;
use std::collections::BTreeMap;
use std::sync::Arc;
use umsync_engine::directory::{Certificate, Directory, Proof, Wanted};

/// How far a read has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// Which server is read. When it changes, the read has begun anew.
    pub server: String,
    /// What is read.
    pub listing: Listing,
    /// Entries read so far.
    pub entries: usize,
}

/// Reads the wanted attributes of all people, and which of the wanted groups list them.
pub async fn read(
    settings: &Settings,
    wanted: &Wanted,
    progress: &(dyn Fn(Progress) + Send + Sync),
) -> Result<Directory, Error> {
    let doors = Doors::open(settings)?;
    let after = settings.timeouts.whole;
    tokio::time::timeout(after, one_server_after_the_other(&doors, settings, wanted, progress))
        .await
        .unwrap_or(Err(Error::OutOfTime { after }))
}

/// Everything that can be known to be wrong before a byte is sent.
pub(super) struct Doors {
    pub(super) servers: Vec<Server>,
    pub(super) tls: Arc<ClientConfig>,
}

impl Doors {
    pub(super) fn open(settings: &Settings) -> Result<Self, Error> {
        let servers: Vec<Server> = settings.servers.iter().map(Server::of).collect::<Result<_, _>>()?;
        if servers.is_empty() {
            return Err(Error::BadServer { url: String::new(), reason: "none is configured" });
        }
        if let Bind::Simple { dn, password } = &settings.bind
            && password.expose_secret().is_empty()
        {
            return Err(Error::EmptyPassword { dn: dn.clone() });
        }
        let is_encrypted = |server: &Server| server.encrypted || settings.encryption == Encryption::StartTls;
        if let Bind::Certificate { .. } = &settings.bind
            && let Some(server) = servers.iter().find(|server| !is_encrypted(server))
        {
            let reason = "a certificate is shown in TLS; write `ldaps://`, or use StartTLS";
            return Err(Error::BadServer { url: server.place.clone(), reason });
        }
        if let Bind::Kerberos(_) = &settings.bind
            && let Some(server) = servers.iter().find(|server| !is_encrypted(server))
        {
            let reason = "Kerberos is used over TLS only; write `ldaps://`, or use StartTLS";
            return Err(Error::BadServer { url: server.place.clone(), reason });
        }
        let tls = if servers.iter().any(is_encrypted) { tls::config(settings)? } else { tls::nobody() };
        if let Some(warning) = settings.warning() {
            tracing::warn!("{warning}");
        }
        Ok(Self { servers, tls })
    }
}

async fn one_server_after_the_other(
    doors: &Doors,
    settings: &Settings,
    wanted: &Wanted,
    progress: &(dyn Fn(Progress) + Send + Sync),
) -> Result<Directory, Error> {
    let mut failures = Vec::new();
    for server in &doors.servers {
        match from_one(server, doors, settings, wanted, progress).await {
            Ok(directory) => return Ok(directory),
            Err(error) if error.is_of_one_server() => {
                tracing::warn!(server = server.place, error = %error.with_causes(), "this server gave no whole read");
                failures.push(error);
            }
            Err(error) => return Err(error),
        }
    }
    Err(if failures.len() == 1 { failures.swap_remove(0) } else { Error::AllServers { failures } })
}

async fn from_one(
    server: &Server,
    doors: &Doors,
    settings: &Settings,
    wanted: &Wanted,
    progress: &(dyn Fn(Progress) + Send + Sync),
) -> Result<Directory, Error> {
    let mut connection = connect::connect(server, settings, &doors.tls).await?;
    let directory = whole(&mut connection, settings, wanted, progress).await?;
    connection.close().await;
    Ok(directory)
}

async fn whole(
    connection: &mut Connection,
    settings: &Settings,
    wanted: &Wanted,
    progress: &(dyn Fn(Progress) + Send + Sync),
) -> Result<Directory, Error> {
    let place = connection.place.clone();
    let root = Root::read(connection).await?;
    if root.who_am_i {
        let identity = connection.who_am_i(settings).await;
        connection.proof.identity = identity.filter(|identity| !identity.is_empty());
    }
    let schema = schema::look(connection, &root).await?;
    connection.proof.schema = schema::require(&schema, settings, wanted, &place)?;
    let page_size = root.page_size(settings);
    let matched = members::matching(connection, settings, wanted, page_size).await?;
    let wanted = &matched.added_to(wanted);
    let mut groups = members::find(connection, settings, wanted, page_size).await?;
    matched.require_all(&groups, &place)?;
    groups::require_all(wanted, &groups, &place)?;
    let nesting = match settings.nested_groups {
        Nested::No => Nesting::Direct,
        Nested::Read | Nested::MatchingRule => Nesting::Expanded,
    };
    let chain = match settings.nested_groups {
        Nested::No => BTreeMap::new(),
        Nested::Read => {
            members::nest(connection, settings, &mut groups, page_size).await?;
            BTreeMap::new()
        }
        Nested::MatchingRule => chain::follow(connection, settings, &root, &mut groups).await?,
    };
    let claims = match settings.members {
        Members::MemberOf => Some(Claims::take_from(&mut groups)),
        Members::Member => None,
    };
    for (key, people) in chain {
        groups.add_members(key, people);
    }

    let mut attributes = wanted.attributes.clone();
    attributes.extend(needed(settings).map(str::to_owned));
    attributes.extend(account::attributes().map(str::to_owned));
    let uids = claims.as_ref().is_some_and(Claims::need_uids) || groups.list_uids();
    if uids {
        attributes.insert("uid".to_owned());
    }
    if groups.by_key.values().any(|group| group.sid.is_some()) {
        attributes.extend(["objectsid".to_owned(), "primarygroupid".to_owned()]);
    }
    let query = Query {
        of: Listing::People,
        base: settings.user_base(),
        filter: &settings.users,
        attributes: &attributes,
        page_size,
    };
    let (mut people, mut entries) = (Vec::new(), Vec::new());
    let anchor = settings.anchor.as_deref();
    let names = names(&wanted.attributes);
    let mut keys = std::mem::take(&mut groups.keys);
    let take = |record: Record, key, keys: &mut Keys| {
        let person = Person::of(key, &record, keys, By { groups: &groups.known, uids });
        people.push(match settings.members {
            Members::MemberOf => person,
            Members::Member => person.silent(),
        });
        entries.push(record.decode(&names, anchor));
    };
    let page_done = |entries| progress(Progress { server: place.clone(), listing: Listing::People, entries });
    connection.list_named(&query, &mut keys, take, page_done).await?;
    groups.keys = keys;
    if entries.is_empty() {
        return Err(nobody(settings, &place));
    }
    anchors::require_distinct(&entries, &place)?;
    if let Some(claims) = &claims {
        claims.compare(connection, &mut groups, &people).await?;
    }
    let mut assigned = groups::assign(&groups, nesting, &people, &mut entries, &place)?;
    matched.anchor(&mut assigned);
    paths::trace(&groups, &people, &mut entries, wanted);
    let lists = claims.as_ref().map_or(&groups.by_key, |claims| &claims.lists);
    let strangers = Strangers::of(&groups, lists, nesting, &people);
    let readable = unselected::readable(connection, settings, &root, &schema, strangers.names()).await?;
    let uids = unselected::known_uids(connection, settings, &root, strangers.uids()).await?;
    let (others, unresolved) = strangers.settle(|name| readable.contains(name), |uid| uids.contains(uid));
    let certificate = Certificate {
        source: place.clone(),
        proof: Proof::Server(Box::new(connection.proof.clone())),
        entries: entries.len(),
        groups: assigned.len(),
        members: entries.iter().filter(|entry| !entry.groups.is_empty()).count(),
        others,
        unresolved,
        by_name: groups.by_name(),
        followed: groups.followed,
    };
    Ok(Directory { source: place, entries, groups: assigned, matched: matched.names, certificate })
}

/// What is read of a person beside the wanted attributes and the state of the account.
pub(super) fn needed(settings: &Settings) -> impl Iterator<Item = &str> {
    let anchors = settings.anchor.as_deref().map_or(ANCHORS.to_vec(), |anchor| vec![anchor]);
    let member_of = (settings.members == Members::MemberOf).then_some("memberof");
    anchors.into_iter().chain(member_of)
}

pub(super) fn nobody(settings: &Settings, place: &str) -> Error {
    let base = settings.user_base().to_string();
    Error::NoPeople { place: place.to_owned(), base, filter: settings.users.to_string() }
}
