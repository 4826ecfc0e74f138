//! umsync keeps an Adobe organization in step with a company's directory.
//!
//! This crate is the program: the command line ([`cli`]), the configuration ([`config`]), one run as a sentence
//! ([`run`]), what people see ([`output`]) and the exit codes ([`failure`]). It decides nothing about people: the
//! engine does. It knows no wire format: `umsync-directory` and `umsync-umapi` do.

mod adobe;
mod apply;
mod approvals;
mod approve;
mod bar;
mod binds;
mod check;
mod cli;
mod clock;
mod compare;
mod config;
mod daemon;
mod directories;
mod explain;
mod failure;
mod forget;
mod groups;
mod history;
mod import_ust;
mod init;
mod kerberos;
mod known;
mod leavers;
mod ledger;
mod links;
mod log;
mod notify;
mod output;
mod pause;
mod person;
mod plan_file;
mod program;
mod reading;
mod record;
mod remembering;
mod report;
mod resume;
mod reviewed;
mod run;
mod sandbox;
mod scope;
mod shadow;
mod status;
mod sync;
mod timetable;
mod unlisted;

use clap::Parser as _;
use cli::{Cli, Command, PlanFormat, ReportFormat};
use failure::Failure;
use run::Mode;
use rustix::process::{Resource, Rlimit, setrlimit};
use scope::Scope;
use std::process::ExitCode;
use sync::Wish;

/// Users, entries and their JSON are small pieces by the million: a third of a run's CPU was the system's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// sysexits.h: EX_USAGE.
const USAGE: u8 = 64;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are answers, not mistakes.
            let code = if error.use_stderr() { USAGE } else { 0 };
            let _ = error.print();
            return ExitCode::from(code);
        }
    };
    log::start(&cli);
    leave_no_core();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            output::note(&format!("error: cannot start: {error}"));
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(obey(&cli)) {
        Ok(code) => ExitCode::from(code),
        // Whoever reads only the head of a list has what they wanted.
        Err(Failure::Output(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(failure) => {
            output::note(&failure.told());
            ExitCode::from(failure.code())
        }
    }
}

/// Secrets never reach a core file, whoever starts the program. Where the limit cannot be set it cannot be raised either.
fn leave_no_core() {
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    if let Err(error) = setrlimit(Resource::Core, none) {
        tracing::warn!("core files cannot be forbidden: {error}");
    }
}

async fn obey(cli: &Cli) -> Result<u8, Failure> {
    match &cli.command {
        Command::Init { file } => init::init(file),
        Command::ImportUst(asked) => import_ust::import_ust(asked),
        Command::Check { offline, json } => check::check(cli, *offline, *json).await,
        Command::Plan { out, compare, detailed_exitcode, format, json } => {
            let mut wish = Wish::new("plan", Mode::Plan, *json || *format == PlanFormat::Json);
            wish.html = *format == PlanFormat::Html;
            wish.detailed = *detailed_exitcode;
            wish.out = out.as_deref();
            wish.compare = compare.as_deref();
            sync::sync(cli, wish).await
        }
        Command::Sync(sync) => {
            let (command, mode) = match (sync.dry_run, sync.test_mode) {
                (true, _) => ("sync --dry-run", Mode::Plan),
                (_, true) => ("sync --test-mode", Mode::Rehearse),
                (false, false) => ("sync", Mode::Apply),
            };
            let mut wish = Wish::new(command, mode, sync.json);
            if let Some(who) = &sync.user {
                wish.scope = Scope::Person(who);
                wish.take_window = sync.take_window;
            }
            sync::sync(cli, wish).await
        }
        Command::Apply { plan, wait, json } => apply::apply(cli, plan, *wait, *json).await,
        Command::Approve { id } => approve::approve(cli, id).await,
        Command::Abandon => pause::abandon(cli).await,
        Command::Pause { until, reason } => pause::pause(cli, until, reason).await,
        Command::Unpause => pause::unpause(cli).await,
        Command::Run => daemon::run(cli).await,
        Command::Explain { who, why_not, json } => {
            explain::explain(cli, who, why_not.as_deref(), *json).await
        }
        Command::Shadow { ust_log, json } => shadow::shadow(cli, ust_log, *json).await,
        Command::Status { json } => status::status(cli, *json).await,
        Command::History { what, last, format, json } => {
            let format = if *json { ReportFormat::Json } else { *format };
            history::history(cli, what.as_deref(), *last, format).await
        }
        Command::Leavers { command, json } => leavers::leavers(cli, command.as_ref(), *json).await,
        Command::Groups { command, json } => groups::groups(cli, command.as_ref(), *json).await,
        Command::Links { command } => links::links(cli, command).await,
        Command::Store { command: cli::Store::Backup { file } } => forget::backup(cli, file).await,
        Command::Forget { who, json } => forget::forget(cli, who, *json).await,
        Command::Report { run, format, json } => report::report(cli, run.as_deref(), *format, *json).await,
        #[cfg(feature = "kerberos")]
        Command::KerberosAgent { service, principal, binding } => {
            let (service, principal, binding) = (service.clone(), principal.clone(), binding.clone());
            kerberos::speak(&umsync_directory::ldap::Errand { service, principal, binding })
        }
        Command::Sandbox { listen, seed, state } => {
            sandbox::sandbox(*listen, seed.as_deref(), state.clone()).await
        }
    }
}
