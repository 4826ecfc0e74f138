//! Telling somebody about a run: a program of the company's own gets the report.

use crate::config::{Notify, When};
use crate::failure::Failure;
use crate::program::Program;
use rustix::process::{Pid, Signal, kill_process_group};
use serde_json::Value;
use std::io;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use tokio::io::AsyncWriteExt as _;
use tokio::process::{Child, Command};

/// Why nobody could be told.
#[derive(Debug, thiserror::Error)]
enum NotifyError {
    #[error("it cannot be started: {0}")]
    Start(io::Error),
    #[error("it does not take the report: {0}")]
    Write(io::Error),
    #[error("it cannot be waited for: {0}")]
    Wait(io::Error),
    #[error("it ended with {0}")]
    Failed(ExitStatus),
    #[error("it had not ended after {} and was killed", humantime::format_duration(*.0))]
    TooLong(Duration),
}

/// Hands the report of a run to the configured program. Whatever comes of that, the run has ended as it has. `head` is what
/// the report says without its changes, and `sent` whether it has any outcome.
pub(crate) async fn notify(
    program: &Program,
    head: &Value,
    sent: bool,
    report: impl FnOnce() -> Result<Value, Failure>,
) {
    let Some(notify) = &program.config.notify else { return };
    if !is_wanted(notify.when, head, sent) {
        return;
    }
    let name = notify.command[0].as_str();
    let report = match report() {
        Ok(report) => report,
        Err(failure) => return tracing::warn!(program = name, "nobody is notified: {}", failure.told()),
    };
    match tell(notify, &program.config.secret_variables(), &report).await {
        Ok(()) => tracing::info!(program = name, "notified"),
        Err(error) => tracing::warn!(program = name, "notify.command failed: {error}"),
    }
}

/// Only runs that execute are told about, never plans and rehearsals.
fn is_wanted(when: When, head: &Value, sent: bool) -> bool {
    let command = head["command"].as_str().unwrap_or_default();
    let executes = ["sync", "apply", "run"].contains(&command.split(' ').next().unwrap_or_default())
        && !command.contains("--dry-run")
        && !command.contains("--test-mode");
    // 2 says that changes are pending.
    let problem = !matches!(head["exit_code"].as_u64(), Some(0 | 2));
    executes
        && match when {
            When::Problems => problem,
            When::Changes => problem || sent,
            When::Always => true,
        }
}

async fn tell(notify: &Notify, secret_variables: &[&str], report: &Value) -> Result<(), NotifyError> {
    let Notify { command, when: _, timeout } = notify;
    // The same bytes as `report --json` prints.
    let mut text = serde_json::to_vec_pretty(report).expect("a value of JSON can be written");
    text.push(b'\n');
    let mut start = Command::new(&command[0]);
    start.args(&command[1..]).stdin(Stdio::piped());
    // Our stdout is for data.
    start.stdout(io::stderr()).stderr(io::stderr());
    // A group of its own, so that what it started ends with it, and Ctrl-C does not.
    start.process_group(0).kill_on_drop(true);
    for variable in secret_variables {
        start.env_remove(variable);
    }
    start.env_remove("CREDENTIALS_DIRECTORY");
    let mut child = start.spawn().map_err(NotifyError::Start)?;
    match tokio::time::timeout(*timeout, hand_over(&mut child, &text)).await {
        Ok(ended) => ended,
        Err(_) => {
            kill(&mut child).await;
            Err(NotifyError::TooLong(*timeout))
        }
    }
}

async fn hand_over(child: &mut Child, text: &[u8]) -> Result<(), NotifyError> {
    let mut stdin = child.stdin.take().expect("stdin is piped");
    match stdin.write_all(text).await {
        // Not everybody who wants to be called wants to read.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => return Err(NotifyError::Write(error)),
        _ => drop(stdin),
    }
    let status = child.wait().await.map_err(NotifyError::Wait)?;
    if status.success() { Ok(()) } else { Err(NotifyError::Failed(status)) }
}

async fn kill(child: &mut Child) {
    let group = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
    if let Some(group) = group {
        // Gone already is just as well.
        let _ = kill_process_group(group, Signal::KILL);
    }
    let _ = child.wait().await;
}
