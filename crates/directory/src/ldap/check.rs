//! A light look: can everything be reached, and is what the mapping names there?

use super::connect::{self, Connection};
use super::failure::{Listing, Phase};
use super::members;
use super::read::{Doors, nobody};
use super::root::Root;
use super::schema;
use super::search::{NOTHING, Query};
use super::settings::Settings;
use crate::error::Error;
use std::collections::{BTreeMap, BTreeSet};
use umsync_engine::directory::{GroupRef, Wanted};

/// What a look at the servers shows. A mistake here would stop a read.
#[derive(Debug, Default)]
pub struct Report {
    /// Every server that let us in, in the order of the configuration, and who it says we are (RFC 4532), if it does.
    pub servers: Vec<(String, Option<String>)>,
    /// The DN of each wanted group that was found on the first of them.
    pub groups: BTreeMap<GroupRef, String>,
    /// Somebody whom the filter selects, to look at.
    pub person: Option<String>,
    /// Everything that is wrong, servers that did not let us in first.
    pub mistakes: Vec<Error>,
}

/// Connects to every server; on the first that answers, looks for the bases, the names in its schema, the groups and one
/// person. Nothing is listed.
/// It is an error only if the settings themselves cannot be used.
pub async fn check(settings: &Settings, wanted: &Wanted) -> Result<Report, Error> {
    let doors = Doors::open(settings)?;
    let mut report = Report::default();
    let mut found = Vec::new();
    for server in &doors.servers {
        match connect::connect(server, settings, &doors.tls).await {
            Ok(mut connection) => {
                let identity = connection.who_am_i(settings).await.filter(|identity| !identity.is_empty());
                report.servers.push((server.place.clone(), identity));
                if report.servers.len() == 1 {
                    look(&mut connection, settings, wanted, &mut report, &mut found).await;
                }
                connection.close().await;
            }
            Err(error) => {
                let refused = !error.is_of_one_server();
                report.mistakes.push(error);
                // A wrong password is not tried again elsewhere.
                if refused {
                    break;
                }
            }
        }
    }
    report.mistakes.extend(found);
    Ok(report)
}

async fn look(
    connection: &mut Connection,
    settings: &Settings,
    wanted: &Wanted,
    report: &mut Report,
    mistakes: &mut Vec<Error>,
) {
    let mut bases: Vec<&crate::dn::Dn> = vec![&settings.base, settings.user_base(), settings.group_base()];
    bases.sort();
    bases.dedup();
    for base in bases {
        let phase = Phase::Base { dn: base.as_str().to_owned() };
        match connection.entry(base.as_str(), &[NOTHING], phase.clone()).await {
            Ok(Some(_)) => {}
            Ok(None) => mistakes.push(connection.failed(phase, super::Failure::Absent)),
            Err(error) => return mistakes.push(error),
        }
    }
    if !mistakes.is_empty() {
        return;
    }
    if let Err(error) = groups_and_person(connection, settings, wanted, report, mistakes).await {
        mistakes.push(error);
    }
}

async fn groups_and_person(
    connection: &mut Connection,
    settings: &Settings,
    wanted: &Wanted,
    report: &mut Report,
    mistakes: &mut Vec<Error>,
) -> Result<(), Error> {
    let root = Root::read(connection).await?;
    let schema = schema::look(connection, &root).await?;
    if let Err(error) = schema::require(&schema, settings, wanted, &connection.place) {
        // Where a filter names what the server does not know, it finds nothing: nothing more can be said.
        mistakes.push(error);
        return Ok(());
    }
    let page_size = root.page_size(settings);
    match members::find_names(connection, settings, &wanted.groups, page_size).await {
        Ok(groups) => {
            let missing = wanted.missing(|group| groups.contains_key(group));
            if !missing.is_empty() {
                mistakes.push(Error::MissingGroups { place: connection.place.clone(), missing });
            }
            report.groups = groups;
        }
        // Two groups of one name do not keep us from looking for people.
        Err(error @ Error::AmbiguousGroup { .. }) => mistakes.push(error),
        Err(error) => return Err(error),
    }
    let nothing = BTreeSet::from([NOTHING.to_owned()]);
    let query = Query {
        of: Listing::People,
        base: settings.user_base(),
        filter: &settings.users,
        attributes: &nothing,
        page_size: 1,
    };
    report.person = connection.first(&query).await?;
    if report.person.is_none() {
        mistakes.push(nobody(settings, &connection.place));
    }
    Ok(())
}
