//! `plan` and `sync`: one run from the configuration to the exit code.

use crate::cli::Cli;
use crate::config::Config;
use crate::failure::Failure;
use crate::output::{self, Bar};
use crate::program::{FirstTime, Program};
use crate::record::Record;
use crate::run::{Finished, Mode, run};
use umsync_engine::plan::Plan;
use umsync_engine::report::{Sent, of_outcomes, of_plan};

/// What the command line asks for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wish {
    pub(crate) command: &'static str,
    pub(crate) mode: Mode,
    pub(crate) json: bool,
    /// End with 2 when something would change.
    pub(crate) detailed: bool,
}

/// One run.
pub(crate) async fn sync(cli: &Cli, wish: Wish) -> Result<u8, Failure> {
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

async fn recorded(program: &Program, wish: Wish) -> Result<u8, Failure> {
    let record = Record::begin(program, wish.command).await?;
    let show = |plan: &Plan| {
        program.bar.finish();
        if wish.json { Ok(()) } else { Ok(output::lines(&of_plan(plan))?) }
    };
    match run(program, &record, wish.mode, show).await {
        Ok(finished) => {
            let code = code(&finished, wish);
            record.end(program, code, Ok(&finished)).await?;
            tell(&record, &finished, wish, code)?;
            Ok(code)
        }
        Err(failure) => {
            program.bar.finish();
            record.end(program, failure.code(), Err(&failure)).await?;
            Err(failure)
        }
    }
}

fn code(finished: &Finished, wish: Wish) -> u8 {
    match finished.code(wish.mode) {
        0 if wish.detailed && !finished.plan.changes().is_empty() => 2,
        code => code,
    }
}

fn tell(record: &Record, finished: &Finished, wish: Wish, code: u8) -> Result<(), Failure> {
    if wish.json {
        return output::json(&finished.report(record.id(), code)?);
    }
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
