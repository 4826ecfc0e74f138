//! The daemon.

use crate::cli::Cli;
use crate::failure::Failure;

/// Runs as the schedule says.
pub(crate) async fn run(cli: &Cli) -> Result<u8, Failure> {
    let _ = cli;
    Ok(1)
}
