//! `plan` and `sync`: one run from the configuration to the exit code.

use crate::bar::Bar;
use crate::cli::Cli;
use crate::compare;
use crate::config::Config;
use crate::failure::Failure;
use crate::notify;
use crate::output;
use crate::plan_file;
use crate::program::{FirstTime, Program};
use crate::record::Record;
use crate::resume::{Continued, Resumed, resume, verdict};
use crate::run::{Finished, Mode, run};
use crate::scope::Scope;
use std::path::Path;
use umsync_engine::report::html;
use umsync_engine::report::{Results, Sent, of_fates, of_outcomes, of_plan, of_stale};
use umsync_engine::saved::Exact;

/// What the command line asks for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wish<'a> {
    /// As the run is called in the history.
    pub(crate) command: &'static str,
    pub(crate) mode: Mode,
    /// Answer in JSON.
    pub(crate) json: bool,
    /// Show the plan as a page.
    pub(crate) html: bool,
    /// End with 2 when something would change.
    pub(crate) detailed: bool,
    /// Also write the plan to this file.
    pub(crate) out: Option<&'a Path>,
    /// Compare it with the plan in this file.
    pub(crate) compare: Option<&'a Path>,
    /// How much of the plan the run is about.
    pub(crate) scope: Scope<'a>,
    /// Execute for one person although that closes the gate for a scheduled run.
    pub(crate) take_window: bool,
}

impl Wish<'_> {
    /// A plain run.
    pub(crate) fn new(command: &'static str, mode: Mode, json: bool) -> Self {
        Self {
            command,
            mode,
            json,
            html: false,
            detailed: false,
            out: None,
            compare: None,
            scope: Scope::Whole,
            take_window: false,
        }
    }
}

/// The exit code for commands that failed or of which nobody knows.
const NOT_ALL_DONE: u8 = 4;

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
    let kept = wish.compare.map(|file| compare::kept(program, file)).transpose()?;
    let record = Record::begin(program, wish.command, wish.mode).await?;
    let show = |Exact { plan, stale }: &Exact| {
        program.bar.finish();
        if let Some(file) = wish.out {
            plan_file::write(file, plan)?;
        }
        if wish.html {
            return heard(output::page(&html::of_plan(plan, &program.config.warnings())), wish.mode);
        }
        if !wish.json {
            let mut dangers = program.config.warnings().into_iter();
            let warned = dangers.try_for_each(|warning| output::text(&format!("Danger: {warning}\n")));
            let warned = warned.and_then(|()| match program.credential_warning() {
                Some(warning) => output::text(&format!("Warning: {warning}\n")),
                None => Ok(()),
            });
            let told = warned
                .and_then(|()| output::lines(&of_plan(plan)))
                .and_then(|()| output::lines(&of_stale(stale)))
                .and_then(|()| match &kept {
                    Some(kept) => output::lines(&compare::difference(kept, plan)),
                    None => Ok(()),
                });
            heard(told, wish.mode)?;
        }
        Ok(())
    };
    let ended = match begin(program, &record, wish).await {
        Ok(Begun::Continued(continued)) => return gone_on_with(program, &record, wish, *continued).await,
        Ok(Begun::Anew) => run(program, &record, wish.mode, wish.scope, show).await,
        Err(failure) => Err(failure),
    };
    match ended {
        Ok(finished) => {
            let code = code(&finished, wish);
            let report = record.report(program, code, Ok(&finished));
            let kept = record.end(program, &report).await;
            let kept = match kept {
                Ok(()) => record.give_up(program, finished.gave_up.as_deref()).await,
                kept => kept,
            };
            notify::notify(program, report.head(), report.has_outcomes(), || report.to_value()).await;
            match kept {
                Ok(()) => {}
                Err(failure) if finished.outcomes.is_empty() => return Err(failure),
                Err(failure) => {
                    // What was sent was sent: it is told, and the run does not pass for one that wrote nothing.
                    heard(tell(&finished, wish), wish.mode)?;
                    output::note(&failure.told());
                    return Ok(NOT_ALL_DONE);
                }
            }
            if let Some(unrecorded) = &finished.unrecorded {
                output::note(unrecorded);
            }
            match wish.json {
                true => output::json(&report.to_value()?).or_else(|failure| match failure {
                    Failure::Output(error) => heard(Err(error), wish.mode),
                    failure => Err(failure),
                })?,
                false => heard(tell(&finished, wish), wish.mode)?,
            }
            Ok(code)
        }
        Err(failure) => {
            program.bar.finish();
            let report = record.report(program, failure.code(), Err(&failure));
            let kept = record.end(program, &report).await;
            notify::notify(program, report.head(), false, || report.to_value()).await;
            if let Err(other) = kept {
                output::note(&other.told());
            }
            Err(failure)
        }
    }
}

/// What a run begins with.
enum Begun {
    /// Both sides are read anew.
    Anew,
    /// An execution that was cut short is over now, and with it this run.
    Continued(Box<Continued>),
}

/// Whoever may execute first goes on with what was cut short. A whole run then has done its work: the gate is closed.
async fn begin(program: &Program, record: &Record, wish: Wish<'_>) -> Result<Begun, Failure> {
    window(program, wish)?;
    if wish.mode != Mode::Apply {
        return Ok(Begun::Anew);
    }
    Ok(match resume(program, record).await? {
        Resumed::Nothing => Begun::Anew,
        Resumed::Dropped { run, why } => {
            output::note(&format!("note: the execution of run {run} was cut short: {why}"));
            Begun::Anew
        }
        // Whoever went on with one person's execution, or with a kept plan's, has not looked at all the others.
        Resumed::Continued(continued) if continued.whole && matches!(wish.scope, Scope::Whole) => {
            Begun::Continued(continued)
        }
        Resumed::Continued(continued) => {
            output::note(&format!(
                "note: the execution of run {}, which was cut short, is over now",
                continued.run
            ));
            Begun::Anew
        }
    })
}

/// Tells a run that went on with another one's execution.
async fn gone_on_with(
    program: &Program,
    record: &Record,
    wish: Wish<'_>,
    continued: Continued,
) -> Result<u8, Failure> {
    let Continued { run, rows, report, code, whole: _ } = continued;
    let fates: Vec<_> = rows.iter().map(|row| (&row.change, verdict(row))).collect();
    let own = record.continued(program, code, &run, &Results::count(fates.clone()));
    let kept = record.end(program, &own).await;
    let sent = report["outcomes"].as_array().is_some_and(|outcomes| !outcomes.is_empty());
    notify::notify(program, &report, sent, || Ok(report.clone())).await;
    if let Err(failure) = kept {
        output::note(&failure.told());
    }
    match wish.json {
        true => output::json(&report).or_else(|failure| match failure {
            Failure::Output(error) => heard(Err(error), wish.mode),
            failure => Err(failure),
        })?,
        false => {
            let told = output::text(&format!("The execution of run {run} was cut short; it is over now."));
            heard(told.and_then(|()| output::lines(&of_fates(&fates, Sent::Executed))), wish.mode)?;
        }
    }
    Ok(code)
}

/// One person's execution closes the gate for two hours: not while a scheduled run needs it, unless that is wanted.
fn window(program: &Program, wish: Wish<'_>) -> Result<(), Failure> {
    if !matches!((wish.mode, wish.scope), (Mode::Apply, Scope::Person(_))) || wish.take_window {
        return Ok(());
    }
    let schedule = program.config.schedule.as_ref().ok_or(Failure::WindowUnknown)?;
    match schedule.next_after(program.now()) {
        Some(due) if (due - program.now()).to_std().is_ok_and(|left| left < program.side.every()) => {
            Err(Failure::WindowNeeded { due })
        }
        _ => Ok(()),
    }
}

fn code(finished: &Finished, wish: Wish<'_>) -> u8 {
    match finished.code(wish.mode) {
        0 if wish.detailed && !finished.plan.changes().is_empty() => 2,
        code => code,
    }
}

/// Whoever has closed the pipe, or filled the disk behind it, stops no run that executes: only its words are lost. A plan
/// that nobody can read is none, except where the reader had enough.
fn heard(told: std::io::Result<()>, mode: Mode) -> Result<(), Failure> {
    match told {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) if mode != Mode::Plan => {
            output::note(&format!("warning: the output cannot be written: {error}"));
            Ok(())
        }
        told => Ok(told?),
    }
}

fn tell(finished: &Finished, wish: Wish<'_>) -> std::io::Result<()> {
    let sent = match wish.mode {
        Mode::Plan => return Ok(()),
        Mode::Rehearse => Sent::Tested,
        Mode::Apply => Sent::Executed,
    };
    if finished.outcomes.is_empty() {
        return Ok(());
    }
    output::lines(&of_outcomes(&finished.plan, &finished.outcomes, sent))
}
