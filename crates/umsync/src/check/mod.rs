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
        checked.findings.extend(directory::warning(&config.source, directory::AREA));
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
            let source = &program.config.source;
            let (directory, findings) = directory::look(&program, directory::AREA, source).await;
            checked.directories.push(directory);
            checked.findings.extend(findings);
            adobe::look(&program, &mut checked.findings).await;
            program.close().await;
        }
        Err(failure) => checked.findings.push(Finding::failed(CONFIGURATION, "start", &failure)),
    }
}
