//! `report`: what a run did.

use crate::cli::{Cli, ReportFormat};
use crate::failure::Failure;

/// Tells a run.
pub(crate) async fn report(
    cli: &Cli,
    run: Option<&str>,
    format: ReportFormat,
    json: bool,
) -> Result<u8, Failure> {
    let _ = (cli, run, format, json);
    Ok(1)
}
