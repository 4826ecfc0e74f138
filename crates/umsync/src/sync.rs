//! `plan` and `sync`: one run from the configuration to the exit code.

use crate::cli::Cli;
use crate::config::Config;
use crate::failure::Failure;
use crate::notify;
use crate::output::{self, Bar};
use crate::program::{FirstTime, Program};
use crate::record::Record;
use crate::run::{Finished, Mode, run};
use std::path::Path;
use umsync_engine::plan::Plan;
use umsync_engine::report::{Sent, of_outcomes, of_plan};

/// What the command line asks for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wish<'a> {
    /// As the run is called in the history.
    pub(crate) command: &'static str,
    pub(crate) mode: Mode,
    /// Answer in JSON.
    pub(crate) json: bool,
    /// End with 2 when something would change.
    pub(crate) detailed: bool,
    /// Also write the plan to this file.
    pub(crate) out: Option<&'a Path>,
}

impl Wish<'_> {
    /// A plain run.
    pub(crate) fn new(command: &'static str, mode: Mode, json: bool) -> Self {
        Self { command, mode, json, detailed: false, out: None }
    }
}

/// One run.
pub(crate) async fn sync(cli: &Cli, wish: Wish<'_>) -> Result<u8, Failure> {
    let config = Config::load(&cli.config)?;
    let first_time = match wish.mode {
        Mode::Plan => FirstTime::Allowed,
        Mode::Rehearse | Mode::Apply => FirstTime::Refused,
    };
    let program = Program::open(config, first_time, Bar::new(cli.quiet)).await?;
    let ended = recorded(&program, wish).await;
    program.close().await;
    ended
}

/// One run with its record in the store, told on stdout and to whom the configuration names.
pub(crate) async fn recorded(program: &Program, wish: Wish<'_>) -> Result<u8, Failure> {
    let record = Record::begin(program, wish.command).await?;
    let show = |plan: &Plan| {
        program.bar.finish();
        if wish.json { Ok(()) } else { Ok(output::lines(&of_plan(plan))?) }
    };
    match run(program, &record, wish.mode, show).await {
        Ok(finished) => {
            let code = code(&finished, wish);
            let report = record.end(program, code, Ok(&finished)).await?;
            notify::notify(program, &report).await;
            if wish.json {
                output::json(&report)?
            } else {
                tell(&finished, wish)?
            }
            Ok(code)
        }
        Err(failure) => {
            program.bar.finish();
            let report = record.end(program, failure.code(), Err(&failure)).await?;
            notify::notify(program, &report).await;
            Err(failure)
        }
    }
}

fn code(finished: &Finished, wish: Wish<'_>) -> u8 {
    match finished.code(wish.mode) {
        0 if wish.detailed && !finished.plan.changes().is_empty() => 2,
        code => code,
    }
}

fn tell(finished: &Finished, wish: Wish<'_>) -> Result<(), Failure> {
    let sent = match wish.mode {
        Mode::Plan => return Ok(()),
        Mode::Rehearse => Sent::Tested,
        Mode::Apply => Sent::Executed,
    };
    if finished.outcomes.is_empty() {
        return Ok(());
    }
    Ok(output::lines(&of_outcomes(&finished.plan, &finished.outcomes, sent))?)
}
