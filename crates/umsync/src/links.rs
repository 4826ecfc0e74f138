//! `links`: which person has which account, how a tenant stands to the directory, and moving that to another host.

use crate::adobe;
use crate::bar::Bar;
use crate::cli::{Cli, Links, ReportFormat};
use crate::clock::SystemClock;
use crate::config::Config;
use crate::failure::Failure;
use crate::forget::several;
use crate::output;
use crate::program::{FirstTime, Program};
use crate::reading;
use crate::remembering;
use crate::run::Mode;
use crate::scope::Scope;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use umsync_engine::adoption::{Row, adoption};
use umsync_engine::directory::Anchor;
use umsync_engine::report::counted;
use umsync_store::{LinkRecord, Missing, Purpose, Store};
use umsync_umapi::Clock as _;

/// The version of an exported file.
const FORMAT: u32 = 1;

/// What `links export` writes.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Exported {
    format: u32,
    organization: String,
    links: Vec<LinkRecord>,
}

/// Does what is asked of links.
pub(crate) async fn links(cli: &Cli, command: &Links) -> Result<u8, Failure> {
    match command {
        Links::Report { format } => report(cli, *format).await,
        Links::Export { file } => export(cli, file.as_deref()).await,
        Links::Import { file } => import(cli, file).await,
        Links::Drop { who, all: _ } => drop_links(cli, who.as_deref()).await,
    }
}

const HEAD: [&str; 8] = ["standing", "person", "entry", "anchor", "account", "id", "type", "why"];

/// How people and accounts stand to each other. Lists at Adobe, or goes by the stored snapshot, as a plan does.
async fn report(cli: &Cli, format: ReportFormat) -> Result<u8, Failure> {
    let config = Config::load(&cli.config)?;
    let program = Program::open(config, FirstTime::Allowed, Bar::new(cli.quiet)).await?;
    let rows = rows(&program).await;
    program.bar.finish();
    let (rows, organization) = (rows?, program.organization().to_owned());
    program.close().await;
    match format {
        ReportFormat::Json => {
            output::json(&serde_json::json!({ "organization": organization, "rows": rows }))?
        }
        ReportFormat::Csv => output::table(HEAD, rows.into_iter().map(cells))?,
        ReportFormat::Text => {
            let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
            for row in &rows {
                *counts.entry(row.standing.word()).or_default() += 1;
                let [standing, person, entry, _, account, _, kind, why] = cells(row.clone());
                let sides = match (person.is_empty(), account.is_empty()) {
                    (false, false) if person == account => format!("{person}  {entry}  {kind}"),
                    (false, false) => format!("{person}  {entry}  = {account}  {kind}"),
                    (true, false) => format!("{account}  {kind}"),
                    (false, true) => format!("{person}  {entry}"),
                    (true, true) => entry,
                };
                output::text(&format!("{standing:<14}  {sides}  {why}"))?;
            }
            let told: Vec<String> = counts.iter().map(|(word, count)| format!("{count} {word}")).collect();
            output::text(&if told.is_empty() {
                "Nobody on either side".to_owned()
            } else {
                told.join(", ")
            })?;
        }
    }
    Ok(0)
}

async fn rows(program: &Program) -> Result<Vec<Row>, Failure> {
    program.not_paused().await?;
    let people = program.read_people().await?;
    let session = program.session(None).await?;
    let who = format!("pid {}, umsync links report", std::process::id());
    let reading = reading::read(program, &session, &people, Mode::Plan, Scope::Whole, &who).await?;
    let memory = remembering::recall(program, &people.directories).await?;
    let rules = program.rules(&people.directories)?;
    Ok(adoption(&people, &reading.snapshot, &rules, &memory, program.now()))
}

fn cells(row: Row) -> [String; HEAD.len()] {
    let Row { standing, person, entry, anchor, account, id, kind, why } = row;
    let text = Option::unwrap_or_default;
    [
        standing.word().to_owned(),
        text(person),
        text(entry),
        anchor.map(|anchor| anchor.as_str().to_owned()).unwrap_or_default(),
        text(account),
        text(id),
        text(kind),
        why,
    ]
}

async fn export(cli: &Cli, file: Option<&Path>) -> Result<u8, Failure> {
    let (store, organization) = open(cli).await?;
    let links = store.export_links(&organization).await?;
    store.close().await;
    let told = counted(links.len(), "link", "links");
    let exported = Exported { format: FORMAT, organization, links };
    let Some(path) = file else {
        output::json(&exported)?;
        return Ok(0);
    };
    let failed = |source| Failure::LinksFile { doing: "write", path: path.to_owned(), source };
    // Only for its owner: it names everybody.
    let mut out =
        std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(failed)?;
    serde_json::to_writer_pretty(&mut out, &exported)?;
    out.write_all(b"\n").and_then(|()| out.sync_all()).map_err(failed)?;
    output::text(&format!("{told} written to {}", path.display()))?;
    Ok(0)
}

async fn import(cli: &Cli, file: &Path) -> Result<u8, Failure> {
    let text = std::fs::read_to_string(file).map_err(|source| Failure::LinksFile {
        doing: "read",
        path: file.to_owned(),
        source,
    })?;
    let bad = |source| Failure::NoLinks { path: file.to_owned(), source };
    let Exported { format, organization: of, links } = serde_json::from_str(&text).map_err(bad)?;
    if format != FORMAT {
        return Err(Failure::OtherLinks { path: file.to_owned(), format });
    }
    // A new host has its store of `umsync plan`: one without stamps would forget when Adobe was last listed.
    let (store, organization) = open(cli).await?;
    if of != organization {
        return Err(Failure::LinksOfAnother { path: file.to_owned(), of, organization });
    }
    let lock = alone(&store, &organization)?;
    store.import_links(&organization, &links).await?;
    drop(lock);
    store.close().await;
    output::text(&format!("{} read from {}", counted(links.len(), "link", "links"), file.display()))?;
    Ok(0)
}

async fn drop_links(cli: &Cli, who: Option<&str>) -> Result<u8, Failure> {
    let (store, organization) = open(cli).await?;
    let lock = alone(&store, &organization)?;
    let anchors: Vec<_> = match who {
        Some(who) => {
            let traces = store.find_person(&organization, who).await?;
            if traces.anchors.is_empty() {
                return Err(Failure::NoLink(who.to_owned()));
            }
            if traces.are_several(who) {
                return Err(several(who, &traces));
            }
            traces.anchors.into_iter().collect()
        }
        None => store.links(&organization).await?.anchors().into_iter().map(Anchor::from_stored).collect(),
    };
    for anchor in &anchors {
        store.drop_link(&organization, anchor).await?;
    }
    drop(lock);
    store.close().await;
    let told = counted(anchors.len(), "link", "links");
    output::text(&format!(
        "{told} dropped: the next run matches by email and username; look at `umsync plan` first"
    ))?;
    Ok(0)
}

/// A run works with the links that it found when it began.
fn alone(store: &Store, organization: &str) -> Result<umsync_store::Lock, Failure> {
    let who = format!("pid {}, umsync links", std::process::id());
    Ok(store.lock(organization, Purpose::Executing, &who, SystemClock.now())?)
}

async fn open(cli: &Cli) -> Result<(Store, String), Failure> {
    let config = Config::load_without_secrets(&cli.config)?;
    let store = Store::open(&config.store, Missing::Refuse).await?;
    Ok((store, adobe::organization(&config.adobe)?))
}
