//! `sandbox`: the emulator by hand.

use crate::failure::Failure;
use crate::output;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::signal::unix::{SignalKind, signal};
use umsync_emulator::{Emulator, Entry, Error, Options, Running, Seed};

/// Runs the emulator until it is stopped, one line for each request.
pub(crate) async fn sandbox(
    listen: SocketAddr,
    seed: Option<&Path>,
    state: Option<PathBuf>,
) -> Result<u8, Failure> {
    // Before it answers anybody: without a handler a signal ends it wherever it is.
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut options = match seed {
        Some(seed) => Options::seeded(Seed::read(seed)?),
        None => Options::default(),
    };
    options.listen = listen;
    options.on_request = Some(Arc::new(|entry: &Entry| {
        // A request that nobody can read about is still answered.
        let _ = output::text(&entry.to_string());
    }));
    // Nobody looks at the log here; every request is printed.
    options.log_limit = Some(100);
    let client = options.effective_clients().into_iter().next().unwrap_or_default();
    let secret = client.secrets.first().map_or("", String::as_str);
    let (running, kept) = started(options, seed, state).await?;
    let (organization, url) = (running.organization(), running.url());
    output::text(&format!(
        "The sandbox answers at {url}. In a configuration:\n\n\
         adobe:\n  organization: {organization}\n  client_id: {}\n  client_secret: {{command: [echo, {secret}]}}\n  \
         server: {url}\n  ims: {url}\n\n{kept}\nCtrl-C ends it.\n",
        client.client_id,
    ))?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    running.shutdown().await;
    Ok(0)
}

/// The emulator, and where its organization is kept: where one says, else beside the seed if one may write there.
async fn started(
    mut options: Options,
    seed: Option<&Path>,
    state: Option<PathBuf>,
) -> Result<(Running, String), Failure> {
    let asked = state.is_some();
    let Some(file) = state.or_else(|| seed.map(|seed| seed.with_extension("state.json"))) else {
        return Ok((Emulator::start(options).await?, "Nothing is kept when it ends.".to_owned()));
    };
    let kept = format!(
        "Its organization is kept in {}; remove that file to begin with the seed again.",
        file.display()
    );
    options.state_file = Some(file.clone());
    match Emulator::start(options.clone()).await {
        Err(Error::Write { .. }) if !asked => {
            options.state_file = None;
            let nothing = format!("Nothing is kept when it ends: {} cannot be written.", file.display());
            Ok((Emulator::start(options).await?, nothing))
        }
        started => Ok((started?, kept)),
    }
}
