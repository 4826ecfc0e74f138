//! `check`: configuration, connections and mapped groups on both sides; every problem at once. It lists nothing.

use crate::bar::Bar;
use crate::binds::Account;
use crate::cli::Cli;
use crate::config::{Config, Place, Source};
use crate::failure::Failure;
use crate::output;
use crate::program::{FirstTime, Program};
use serde::Serialize;
use std::collections::BTreeSet;
use umsync_directory::{Admission, ldap};
use umsync_engine::adobe::Snapshot;
use umsync_engine::directory::{DirectoryName, GroupRef};
use umsync_engine::key::GroupName;
use umsync_store::{Missing, Store};
use umsync_umapi::Session;

/// What one look showed.
#[derive(Debug, Serialize)]
struct Finding {
    /// What was looked at.
    what: String,
    /// What is wrong with it, if anything is.
    problem: Option<String>,
    /// What it says, if nothing is wrong.
    told: Option<String>,
    /// What everybody should know all the same.
    warning: Option<String>,
    /// The exit code that the problem means.
    #[serde(skip)]
    code: u8,
}

impl Finding {
    fn good(what: impl Into<String>, told: impl Into<String>) -> Self {
        Self { what: what.into(), problem: None, told: Some(told.into()), warning: None, code: 0 }
    }

    fn bad(what: impl Into<String>, failure: &Failure) -> Self {
        let told = failure.told();
        let problem = told.strip_prefix("error: ").unwrap_or(&told).to_owned();
        Self { what: what.into(), problem: Some(problem), told: None, warning: None, code: failure.code() }
    }

    fn missing(what: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { what: what.into(), problem: Some(problem.into()), told: None, warning: None, code: 78 }
    }

    fn warning(what: impl Into<String>, warning: impl Into<String>) -> Self {
        Self { what: what.into(), problem: None, told: None, warning: Some(warning.into()), code: 0 }
    }
}

/// Looks at everything.
pub(crate) async fn check(cli: &Cli, offline: bool, as_json: bool) -> Result<u8, Failure> {
    let config = Config::load(&cli.config)?;
    let mut findings =
        vec![Finding::good("configuration", format!("{} means {}", config.path.display(), config.meaning))];
    for warning in config.warnings() {
        findings.push(Finding::warning("directory", warning));
    }
    if offline {
        store(&config, &mut findings).await;
    } else {
        connected(cli, config, &mut findings).await;
    }
    if as_json {
        output::json(&findings)?;
    } else {
        for finding in &findings {
            match (&finding.problem, &finding.warning, &finding.told) {
                (Some(problem), _, _) => output::text(&format!("wrong  {}: {problem}", finding.what))?,
                (None, Some(warning), _) => output::text(&format!("danger {}: {warning}", finding.what))?,
                (None, None, told) => output::text(&format!(
                    "ok     {}: {}",
                    finding.what,
                    told.as_deref().unwrap_or_default()
                ))?,
            }
        }
    }
    // Of several problems the one that the others may come from: configuration, directory, Adobe.
    let order = [78, 5, 8, 6, 7, 1];
    let codes: Vec<u8> = findings.iter().map(|finding| finding.code).filter(|code| *code != 0).collect();
    Ok(order.into_iter().find(|code| codes.contains(code)).unwrap_or(0))
}

/// The store alone: nobody is called, not even an emulator.
async fn store(config: &Config, findings: &mut Vec<Finding>) {
    match Store::open(&config.store, Missing::Create).await {
        Ok(store) => {
            findings.push(Finding::good("store", store.path().display().to_string()));
            store.close().await;
        }
        Err(error) => findings.push(Finding::bad("store", &error.into())),
    }
}

async fn connected(cli: &Cli, config: Config, findings: &mut Vec<Finding>) {
    match Program::open(config, FirstTime::Allowed, Bar::new(cli.quiet)).await {
        Ok(program) => {
            findings.push(Finding::good("store", program.store.path().display().to_string()));
            directory(&program, findings).await;
            adobe(&program, findings).await;
            program.close().await;
        }
        Err(failure) => findings.push(Finding::bad("start", &failure)),
    }
}

async fn directory(program: &Program, findings: &mut Vec<Finding>) {
    let mut found = BTreeSet::new();
    for (name, place) in &program.config.directories {
        directory_named(program, name, place, &mut found, findings).await;
    }
    // A group that every directory may leave to another.
    let named = program.config.rules.mapped().into_iter().chain(&program.config.rules.leavers.groups);
    let missing: BTreeSet<&GroupRef> = named.filter(|group| !found.contains(*group)).collect();
    let has_failed = findings.iter().any(|finding| finding.problem.is_some());
    if !missing.is_empty() && !has_failed {
        let missing = missing.into_iter().cloned().collect();
        findings.push(Finding::bad("directories", &Failure::MissingEverywhere { missing }));
    }
}

async fn directory_named(
    program: &Program,
    name: &DirectoryName,
    place: &Place,
    found: &mut BTreeSet<GroupRef>,
    findings: &mut Vec<Finding>,
) {
    let what = if name.is_only() { "directory".to_owned() } else { format!("directory {name}") };
    match &place.source {
        Source::Ldif(_) | Source::Csv(_) => match program.read_directory(name, place, None).await {
            Ok(read) => {
                let told = format!(
                    "{}: {} people, {} mapped groups",
                    read.source,
                    read.entries.len(),
                    read.groups.len()
                );
                found.extend(read.groups.into_keys());
                findings.push(Finding::good(what, told));
            }
            Err(failure) => findings.push(Finding::bad(what, &failure)),
        },
        Source::Ldap(source) => {
            let settings = match source.settings() {
                Ok(settings) => settings,
                Err((key, error)) => {
                    findings.push(Finding::bad(what, &Failure::secret(name, key, error)));
                    return;
                }
            };
            match ldap::check(&settings, &program.config.rules.wanted(name, &BTreeSet::new())).await {
                Ok(report) => {
                    // A person stands before it, so it tries even while the account rests; what it learns counts.
                    if let Err(failure) = admission(program, place, &report).await {
                        findings.push(Finding::bad(what.clone(), &failure));
                    }
                    found.extend(report.groups.keys().cloned());
                    looked(&what, report, findings);
                }
                Err(error) => findings.push(Finding::bad(what, &error.into())),
            }
        }
    }
}

async fn admission(program: &Program, place: &Place, report: &ldap::Report) -> Result<(), Failure> {
    let Some(account) = Account::of(&place.source) else { return Ok(()) };
    let let_in = (!report.servers.is_empty()).then_some(Admission::LetIn);
    let told = report.mistakes.iter().map(umsync_directory::Error::admission);
    // Whoever was let in by one server and refused by another is refused.
    for told in let_in.into_iter().chain(told.filter(|told| *told != Admission::LetIn)) {
        account.note(&program.store, &told, program.now()).await?;
    }
    Ok(())
}

fn looked(what: &str, report: ldap::Report, findings: &mut Vec<Finding>) {
    for (server, identity) in report.servers {
        findings.push(Finding::good(
            server,
            identity.map_or_else(|| "connected".to_owned(), |who| format!("connected as {who}")),
        ));
    }
    if let Some(person) = report.person {
        findings.push(Finding::good("people", format!("the filter finds, for instance, {person}")));
    }
    for (group, dn) in report.groups {
        findings.push(Finding::good(format!("directory group {group}"), dn));
    }
    for error in report.mistakes {
        findings.push(Finding::bad(what, &error.into()));
    }
}

async fn adobe(program: &Program, findings: &mut Vec<Finding>) {
    program.bar.say("asking Adobe");
    let session = match program.session(None).await {
        Ok(session) => session,
        Err(failure) => {
            findings.push(Finding::bad("adobe", &failure));
            return;
        }
    };
    findings.push(Finding::good(
        "adobe",
        format!("{} gives a token for {}", program.side.place(), program.organization()),
    ));
    let known = program.store.snapshot(program.organization()).await.unwrap_or_default();
    let creatable = program.config.rules.creatable_groups();
    let protecting = program.config.rules.protect.groups.iter().cloned();
    let mut groups = program.config.rules.managed_groups();
    groups.extend(protecting);
    for group in groups {
        let what = format!("adobe group {group}");
        match exists(&session, known.as_ref(), &group).await {
            Ok(true) => findings.push(Finding::good(what, "there")),
            Ok(false) if creatable.contains(&group) => {
                findings.push(Finding::good(what, "not there; it will be made"))
            }
            Ok(false) => {
                let problem = "Adobe has no such group\n  correct the spelling, create it in the Admin Console, or write `create: true` on the mapping";
                findings.push(Finding::missing(what, problem));
            }
            Err(failure) => findings.push(Finding::bad(what, &failure)),
        }
    }
}

/// From the stored snapshot where it has the group, else asked for singly: Adobe counts five such questions a minute.
async fn exists(
    session: &Session<crate::ledger::StoreLedger>,
    known: Option<&Snapshot>,
    group: &GroupName,
) -> Result<bool, Failure> {
    if known.is_some_and(|snapshot| snapshot.groups.contains_key(group)) {
        return Ok(true);
    }
    Ok(session.group_exists(group).await?)
}
