//! `sandbox`: the emulator by hand.

use crate::failure::Failure;
use crate::output;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::signal::unix::{SignalKind, signal};
use umsync_emulator::{DEFAULT_CLIENT, DEFAULT_SECRET, Emulator, Entry, Options, Seed};

/// Runs the emulator until it is stopped, one line for each request.
pub(crate) async fn sandbox(
    listen: SocketAddr,
    seed: Option<&Path>,
    state: Option<PathBuf>,
) -> Result<u8, Failure> {
    let mut options = match seed {
        Some(seed) => Options::seeded(Seed::read(seed)?),
        None => Options::default(),
    };
    options.listen = listen;
    options.state_file = state;
    // Nobody looks at the log here; every request is printed.
    options.log_limit = Some(100);
    options.on_request = Some(Arc::new(|entry: &Entry| {
        // A request that nobody can read about is still answered.
        let _ = output::text(&entry.to_string());
    }));
    let running = Emulator::start(options).await?;
    let (organization, url) = (running.organization(), running.url());
    output::text(&format!(
        "The sandbox answers at {url}. In a configuration:\n\n\
         adobe:\n  organization: {organization}\n  client_id: {DEFAULT_CLIENT}\n  client_secret: {{command: [echo, {DEFAULT_SECRET}]}}\n  \
         server: {url}\n  ims: {url}\n\nCtrl-C ends it.\n"
    ))?;
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = terminate.recv() => {}
        stopped = tokio::signal::ctrl_c() => stopped?,
    }
    running.shutdown().await;
    Ok(0)
}
