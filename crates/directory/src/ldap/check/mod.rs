//! A look at every server, and into the directory: can it be read, what would come, and how is what is wrong repaired?
//!
//! A look proves nothing and stops at nothing that it can go on after, so that every mistake is found at once. `servers`
//! knocks at every door; on the first server that lets us in `base`, `known`, `groups`, `people` and `rights` look further.

mod base;
mod groups;
mod known;
mod people;
mod rights;
mod servers;

pub use groups::GroupLook;
pub use people::PeopleLook;
pub use rights::{AttributeLook, Role};
pub use servers::{Reached, ServerLook};

use super::chain;
use super::connect::Connection;
use super::failure::{Answered, Failure};
use super::members::{self, Claims};
use super::read::{Doors, Progress};
use super::root::Root;
use super::schema::{self, Names};
use super::settings::{Members, Nested, Settings};
use crate::error::{Admission, Error};
use crate::groups::{Groups, Nesting};
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};
use umsync_engine::directory::{Entry, GroupRef, Schema, Wanted};

/// What a look is after.
pub struct Asking<'a> {
    /// What a read would ask for.
    pub wanted: &'a Wanted,
    /// The attributes, in lower case, that a person is made of.
    pub made_of: &'a BTreeSet<String>,
    /// This machine's clock, to compare the server's with.
    pub clock: &'a (dyn Fn() -> DateTime<Utc> + Send + Sync),
    /// Told how far it has come.
    pub progress: &'a (dyn Fn(Progress) + Send + Sync),
}

/// What a look shows.
#[derive(Debug, Default)]
pub struct Report {
    /// Every server, in the order of the configuration.
    pub servers: Vec<ServerLook>,
    /// Whether the server knows what the configuration names; `None` where it does not, or was not reached.
    pub schema: Option<Schema>,
    /// The people whom the filter finds.
    pub people: Option<PeopleLook>,
    /// What this account sees of them.
    pub attributes: Vec<AttributeLook>,
    /// The wanted groups that were found.
    pub groups: BTreeMap<GroupRef, GroupLook>,
    /// The first three people by name, whole; those whom a wanted group lists go before others.
    pub samples: Vec<Entry>,
    /// Everything that would stop a read, or make it useless; servers first.
    pub mistakes: Vec<Mistake>,
}

impl Report {
    /// What it tells about the account: whoever was let in by one server and refused by another is refused.
    pub fn admission(&self) -> Admission {
        let refused = self.mistakes.iter().map(|mistake| mistake.error.admission());
        let refused = refused.into_iter().find(|told| matches!(told, Admission::Refused { server: _ }));
        let let_in = self.servers.iter().any(|server| server.reached == Reached::LetIn);
        refused.unwrap_or(if let_in { Admission::LetIn } else { Admission::Unknown })
    }
}

/// What is known of the server that is looked into, and what is asked of it.
struct Ground<'a> {
    root: &'a Root,
    schema: &'a Result<Names, String>,
    settings: &'a Settings,
    asking: &'a Asking<'a>,
}

/// Something that would stop a read.
#[derive(Debug)]
pub struct Mistake {
    /// What is wrong, and what usually helps.
    pub error: Error,
    /// What helps here: it goes before anything general.
    pub advice: Option<String>,
}

impl From<Error> for Mistake {
    fn from(error: Error) -> Self {
        Self { error, advice: None }
    }
}

/// Looks at every server and, on the first that lets us in, at everything that a read would need.
/// It is an error only if the settings themselves cannot be used.
pub async fn check(settings: &Settings, asking: &Asking<'_>) -> Result<Report, Error> {
    let doors = Doors::open(settings)?;
    let mut report = Report::default();
    let mut first = None;
    for server in &doors.servers {
        let refused = matches!(report.admission(), Admission::Refused { server: _ });
        let knocked = servers::knock(server, &doors, settings, asking, refused).await;
        report.servers.push(knocked.look);
        report.mistakes.extend(knocked.mistake);
        match knocked.connection {
            Some(connection) if first.is_none() => first = Some(connection),
            Some(connection) => connection.close().await,
            None => {}
        }
    }
    if let Some(mut connection) = first {
        let after = settings.timeouts.whole;
        let looked = tokio::time::timeout(after, look(&mut connection, settings, asking, &mut report)).await;
        match looked.unwrap_or(Err(Error::OutOfTime { after })) {
            Ok(()) => connection.close().await,
            Err(error) => report.mistakes.push(error.into()),
        }
    }
    Ok(report)
}

/// An error only where nothing more can be asked.
async fn look(
    connection: &mut Connection,
    settings: &Settings,
    asking: &Asking<'_>,
    report: &mut Report,
) -> Result<(), Error> {
    let place = connection.place.clone();
    let root = Root::read(connection).await?;
    let missing = base::look(connection, &root, settings, report).await?;
    let schema = schema::look(connection, &root).await?;
    let unknown = known::look(&schema, settings, asking.wanted, &place, report);
    let blind = |key: &str| unknown.values().any(|keys| keys.contains(key));

    let ground = Ground { root: &root, schema: &schema, settings, asking };
    let page_size = root.page_size(settings);
    let mut groups = Groups::default();
    if !missing.contains("group_base") && !blind("group_filter") {
        groups = groups::find(connection, &ground, report).await?;
    }
    let (nesting, nested) = match settings.nested_groups {
        Nested::No => (Nesting::Direct, Ok(BTreeMap::new())),
        Nested::Read => {
            let read = members::nest(connection, settings, &mut groups, page_size).await;
            (Nesting::Expanded, read.map(|()| BTreeMap::new()))
        }
        Nested::MatchingRule => {
            (Nesting::Expanded, chain::follow(connection, settings, &root, &mut groups).await)
        }
    };
    let chain = match nested {
        Ok(chain) => chain,
        Err(error) => {
            goes_on(error, report)?;
            BTreeMap::new()
        }
    };
    let claims = match settings.members {
        Members::MemberOf => Some(Claims::take_from(&mut groups)),
        Members::Member => None,
    };
    let lists = claims.as_ref().map_or(&groups.by_key, |claims| &claims.lists);
    groups::listed(&groups, lists, report);
    for (key, people) in chain {
        groups.add_members(key, people);
    }
    let lists = claims.as_ref().map_or(&groups.by_key, |claims| &claims.lists);
    if missing.contains("user_base") || blind("users") {
        return Ok(());
    }
    let need_uids = lists.values().any(|group| !group.uids.is_empty());
    let Some(found) = people::list(connection, &ground, (&mut groups, need_uids), report).await? else {
        return Ok(());
    };
    let members = groups::counted(&groups, nesting, &found, &place, report);
    if let Some(claims) = &claims
        && let Err(error) = claims.compare(connection, &mut groups, &found.people).await
    {
        goes_on(error, report)?;
    }
    let lists = claims.as_ref().map_or(&groups.by_key, |claims| &claims.lists);
    groups::strangers(connection, &ground, (&groups, lists, nesting), &found, report).await?;
    rights::look(connection, &ground, report).await?;
    report.samples = people::samples(connection, &ground, (&groups, &found, &members), report).await?;
    Ok(())
}

/// Notes an error, and whether anything more can be asked.
fn goes_on(error: Error, report: &mut Report) -> Result<(), Error> {
    let ended = match &error {
        Error::Server { server: _, phase: _, source } => ends(source),
        _ => false,
    };
    if ended {
        return Err(error);
    }
    report.mistakes.push(error.into());
    Ok(())
}

/// Whether the connection is of no more use.
fn ends(failure: &Failure) -> bool {
    match failure {
        // unavailable: it is going down
        Failure::Answer(Answered { code, text: _ }) => *code == 52,
        Failure::Referred(_)
        | Failure::RangeGap(_)
        | Failure::Moving(_)
        | Failure::Gone
        | Failure::Absent
        | Failure::NotPaged
        | Failure::Twice(_) => false,
        _ => true,
    }
}
