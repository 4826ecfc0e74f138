//! `check`: configuration, connections, rights and mapped groups on both sides; every problem at once, with its remedy. It
//! changes nothing, and lists nothing at Adobe.

mod adobe;
mod directory;
mod finding;
mod sample;

use crate::bar::Bar;
use crate::cli::Cli;
use crate::config::Config;
use crate::failure::Failure;
use crate::output;
use crate::program::{FirstTime, Program};
use directory::Directory;
use finding::Finding;
use serde::Serialize;
use std::collections::BTreeSet;
use umsync_engine::directory::{DirectoryName, GroupRef};
use umsync_store::{Missing, Store};

/// What is in no area of its own.
const CONFIGURATION: &str = "configuration";

/// All that a look showed. Its JSON keeps its meaning: keys are added, and none is taken or changed while `format` is 1.
#[derive(Debug, Serialize)]
struct Checked {
    format: u32,
    /// The exit code.
    code: u8,
    findings: Vec<Finding>,
    directories: Vec<Directory>,
}

/// Looks at everything.
pub(crate) async fn check(cli: &Cli, offline: bool, as_json: bool) -> Result<u8, Failure> {
    let config = Config::load(&cli.config)?;
    let told = format!("{} means {}", config.path.display(), config.meaning);
    let findings = vec![Finding::good(CONFIGURATION, "configuration", told)];
    let mut checked = Checked { format: 1, code: 0, findings, directories: Vec::new() };
    if offline {
        store(&config, &mut checked.findings).await;
        for (name, place) in &config.directories {
            checked.findings.extend(directory::warning(&place.source, &area(name)));
        }
    } else {
        connected(cli, config, &mut checked).await;
    }
    // Of several problems the one that the others may come from: configuration, directory, Adobe.
    let codes: Vec<u8> = checked.findings.iter().map(|finding| finding.code).collect();
    checked.code = [78, 5, 8, 6, 7, 1].into_iter().find(|code| codes.contains(code)).unwrap_or(0);
    if as_json {
        output::json(&checked)?;
    } else {
        finding::print(&checked.findings)?;
    }
    Ok(checked.code)
}

/// The store alone: nobody is called, not even an emulator.
async fn store(config: &Config, findings: &mut Vec<Finding>) {
    findings.push(match Store::open(&config.store, Missing::Create).await {
        Ok(store) => {
            let path = store.path().display().to_string();
            store.close().await;
            Finding::good(CONFIGURATION, "store", path)
        }
        Err(error) => Finding::failed(CONFIGURATION, "store", &error.into()),
    });
}

async fn connected(cli: &Cli, config: Config, checked: &mut Checked) {
    let bar = Bar::new(cli.quiet);
    match Program::open(config, FirstTime::Allowed, bar).await {
        Ok(program) => {
            let store = program.store.path().display().to_string();
            checked.findings.push(Finding::good(CONFIGURATION, "store", store));
            for (name, place) in &program.config.directories {
                let (directory, findings) = directory::look(&program, &area(name), name, &place.source).await;
                checked.directories.push(directory);
                checked.findings.extend(findings);
            }
            checked.findings.extend(missing_everywhere(&program, checked));
            adobe::look(&program, &mut checked.findings).await;
            program.close().await;
        }
        Err(failure) => checked.findings.push(Finding::failed(CONFIGURATION, "start", &failure)),
    }
}

fn area(name: &DirectoryName) -> String {
    if name.is_only() { directory::AREA.to_owned() } else { format!("{} {name}", directory::AREA) }
}

/// A group that every one of several directories leaves to the others.
fn missing_everywhere(program: &Program, checked: &Checked) -> Option<Finding> {
    let rules = &program.config.rules;
    let is_told = checked.findings.iter().any(|finding| finding.code != 0);
    let found = |group: &GroupRef| checked.directories.iter().any(|directory| directory.has(group.as_str()));
    let named = rules.mapped().into_iter().chain(&rules.leavers.groups);
    let missing: BTreeSet<GroupRef> = named.filter(|group| !found(group)).cloned().collect();
    if is_told || missing.is_empty() || program.config.directories.contains_key(&DirectoryName::default()) {
        return None;
    }
    let failure = Failure::MissingEverywhere { missing: missing.into_iter().collect() };
    Some(Finding::failed(directory::AREA, "groups", &failure))
}
