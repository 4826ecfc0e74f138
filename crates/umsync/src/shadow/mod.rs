//! `shadow`: what the User Sync Tool's test run and our plan would do otherwise, and why. It reads the directory and the
//! stored snapshot, and never lists.

mod compare;
mod explained;
mod log;
mod only_ust;
mod python;
mod run;
mod sides;
mod told;

pub(crate) use run::LogError;

use crate::bar::Bar;
use crate::cli::Cli;
use crate::config::Config;
use crate::explain::Planned;
use crate::failure::Failure;
use crate::output;
use crate::program::{FirstTime, Program};
use crate::reading;
use chrono::{DateTime, Utc};
use compare::{Comparison, compare};
use log::last_run;
use run::Run;
use serde::Serialize;
use sides::Sides;
use std::path::Path;
use umsync_engine::desired::Desired;
use umsync_engine::people::People;
use umsync_engine::report::counted;
use umsync_engine::rules::Strategy;

/// Something differs, and nothing explains it.
const NOT_EXPLAINED: u8 = 2;

/// What is told.
#[derive(Debug, Serialize)]
struct Shadow<'a> {
    run: Told<'a>,
    plan: &'a str,
    adobe_read_at: DateTime<Utc>,
    #[serde(flatten)]
    comparison: Comparison,
    notes: Vec<String>,
}

/// What is told of the run.
#[derive(Debug, Serialize)]
struct Told<'a> {
    at: &'a str,
    line: usize,
    runs: usize,
    options: Option<&'a str>,
}

/// Compares a log of the User Sync Tool with what umsync would do now.
pub(crate) async fn shadow(cli: &Cli, log: &Path, json: bool) -> Result<u8, Failure> {
    let failed = |source| Failure::UstLog { path: log.to_owned(), source };
    let text = std::fs::read(log).map_err(|error| failed(LogError::Unreadable(error)))?;
    // Before anything is opened: the wrong file is the likeliest mistake.
    let run = last_run(&text).map_err(failed)?;
    let config = Config::load(&cli.config)?;
    if config.rules.strategy == Strategy::Push {
        return Err(Failure::NothingToCompare);
    }
    let program = Program::open(config, FirstTime::Refused, Bar::new(cli.quiet)).await?;
    let compared = compared(&program, &run, json).await;
    program.close().await;
    compared
}

async fn compared(program: &Program, run: &Run, json: bool) -> Result<u8, Failure> {
    let Some(adobe) = reading::stored_of_any_age(program).await? else { return Err(Failure::NeverListed) };
    let directories = program.read_directories().await?;
    let people = People::of(directories.clone(), &program.rules(&directories)?, program.now());
    let planned = Planned::now(program, &people, &adobe, None).await?;
    program.bar.finish();
    let case = planned.case(&directories, &people, &adobe);
    let desired = Desired::of(&people, case.memory);
    let comparison = compare(run, &Sides::of(case, &desired));
    let not_explained = comparison.not_explained;
    let Run { at, line, runs, options, .. } = run;
    let shadow = Shadow {
        run: Told { at, line: *line, runs: *runs, options: options.as_deref() },
        plan: planned.plan.id(),
        adobe_read_at: adobe.read_at,
        notes: notes(run, &comparison),
        comparison,
    };
    match json {
        true => output::json(&shadow)?,
        false => output::lines(&told::lines(&shadow))?,
    }
    Ok(if not_explained > 0 { NOT_EXPLAINED } else { 0 })
}

/// What was not compared, and what else there is to know.
fn notes(run: &Run, comparison: &Comparison) -> Vec<String> {
    let mut notes = Vec::new();
    if comparison.untold > 0 {
        notes.push(format!(
            "the log does not tell the groups of {}, which are not compared; at level debug it does (logging.file_log_level), with one organization",
            counted(comparison.untold, "new account", "new accounts")
        ));
    }
    if run.is_of_several() {
        notes.push(format!(
            "{} about other organizations: compare them with a configuration for each",
            counted(run.elsewhere, "line of the log is", "lines of the log are")
        ));
    }
    if run.refused > 0 {
        notes.push(format!(
            "Adobe refused {} of the User Sync Tool in this test; it refuses groups for accounts that do not exist yet, which a real run would make first",
            counted(run.refused, "command", "commands")
        ));
    }
    notes
}
