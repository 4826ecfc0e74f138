//! Logs: events on stderr, as text or JSON.

use crate::cli::{Cli, LogFormat};
use std::io::IsTerminal as _;
use tracing_subscriber::EnvFilter;

/// Starts logging. On a terminal only warnings are told unless more is asked for: there the output itself tells the
/// story. Elsewhere a run tells it in about ten events.
pub(crate) fn start(cli: &Cli) {
    let quiet_by_default = std::io::stderr().is_terminal() && cli.log_format == LogFormat::Text;
    let own = match (cli.quiet, cli.verbose) {
        (true, _) => "error",
        (false, 0) if quiet_by_default => "warn",
        (false, 0) => "info",
        (false, 1) => "debug",
        (false, _) => "trace",
    };
    // Other crates' words are for those who look for a fault in them.
    let others = if cli.verbose > 2 { "debug" } else { "warn" };
    let ours = ["umsync", "umsync_directory", "umsync_umapi", "umsync_store", "umsync_emulator"];
    // It reports on its own bookkeeping; what matters of it comes back as an error.
    let others = format!("{others},tokio_cron_scheduler=off");
    let filter = ours.iter().fold(others, |filter, name| format!("{filter},{name}={own}"));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(filter))
        .with_writer(std::io::stderr)
        .with_target(false)
        .with_ansi(std::io::stderr().is_terminal());
    match cli.log_format {
        LogFormat::Text => builder.init(),
        LogFormat::Json => builder.json().flatten_event(true).init(),
    }
}
