//! Starting and stopping, and looking inside meanwhile.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tracing::debug;

use crate::clock::Clock;
use crate::error::Error;
use crate::fault::Faults;
use crate::knobs::Knobs;
use crate::log::Entry;
use crate::options::Options;
use crate::org::{Group, Org, User};
use crate::route::Endpoint;
use crate::seed::Seed;
use crate::server::{Shared, router};
use crate::state_file::StateFile;
use crate::token::Tokens;
use crate::wire::{Porch, Wire, acceptor};
use crate::world::World;

/// How long a shutdown waits for requests that are still being answered.
const PATIENCE: Duration = Duration::from_secs(5);

/// The way to a running emulator.
#[derive(Debug)]
pub struct Emulator;

impl Emulator {
    /// Reads state file or seed, listens, and answers from now on.
    pub async fn start(options: Options) -> Result<Running, Error> {
        let knobs = options.effective_knobs();
        let clients = options.effective_clients();
        let faults = options.effective_faults();
        let Options {
            listen,
            tls,
            organization,
            clients: _,
            seed,
            state_file,
            knobs: _,
            faults: _,
            clock,
            on_request,
            log_limit,
        } = options;
        let state_file = state_file.as_deref().map(StateFile::at);
        let org = load(organization, seed, state_file.as_ref())?;
        let acceptor = tls.as_ref().map(acceptor).transpose()?;
        let failed = |source| Error::Listen { address: listen, source };
        let tcp = TcpListener::bind(listen).await.map_err(failed)?;
        let address = tcp.local_addr().map_err(failed)?;

        let salt = clock.now().timestamp_nanos_opt().unwrap_or_default().unsigned_abs();
        let tokens = Tokens::new(clients, salt ^ u64::from(address.port()))?;
        let world = World::new(org, knobs, tokens);
        let shared =
            Arc::new(Shared::new(world, Faults::new(faults), clock, on_request, state_file, log_limit));
        let (stop, stopped) = oneshot::channel::<()>();
        let secure = acceptor.is_some();
        let service = router(shared.clone()).into_make_service_with_connect_info::<Wire>();
        let task = tokio::spawn(async move {
            let served = axum::serve(Porch::new(tcp, acceptor), service).with_graceful_shutdown(async {
                // Sent or dropped: both mean stop.
                let _ = stopped.await;
            });
            if let Err(error) = served.await {
                debug!(%error, "the emulator stopped");
            }
        });
        Ok(Running { address, secure, shared, stop: Some(stop), task })
    }
}

fn load(organization: Option<String>, seed: Option<Seed>, file: Option<&StateFile>) -> Result<Org, Error> {
    let mut seed = seed.unwrap_or_default();
    if organization.is_some() {
        seed.organization = organization;
    }
    let Some(file) = file else {
        return seed.organization();
    };
    match file.read()? {
        Some(kept) => match &seed.organization {
            Some(wanted) if wanted != kept.id() => Err(Error::OtherOrganization {
                path: file.path().to_owned(),
                found: kept.id().to_owned(),
                wanted: wanted.clone(),
            }),
            _ => Ok(kept),
        },
        None => {
            let mut org = seed.organization()?;
            file.write(&mut org)?;
            Ok(org)
        }
    }
}

/// An emulator at work. Dropping it stops it.
pub struct Running {
    address: SocketAddr,
    secure: bool,
    shared: Arc<Shared>,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

impl Running {
    /// Where it answers, for the API and for tokens: `http://127.0.0.1:49152`.
    pub fn url(&self) -> String {
        let scheme = if self.secure { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    /// The address it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The organization's id.
    pub fn organization(&self) -> String {
        self.shared.with_world(|world| world.org.id().to_owned())
    }

    /// Its clock.
    pub fn clock(&self) -> &Clock {
        &self.shared.clock
    }

    /// Its faults.
    pub fn faults(&self) -> &Faults {
        &self.shared.faults
    }

    /// A copy of the organization as it is now.
    pub fn state(&self) -> Org {
        self.shared.with_world(|world| world.org.clone())
    }

    /// The organization as JSON; equal states give equal bytes.
    pub fn dump(&self) -> String {
        self.shared.with_world(|world| world.org.dump())
    }

    /// Looks at the organization or changes it behind the API's back, as an administrator in the console would.
    pub fn with_state<T>(&self, change: impl FnOnce(&mut Org) -> T) -> T {
        self.shared.with_world(|world| change(&mut world.org))
    }

    /// Changes the behaviour for the requests to come.
    pub fn with_knobs<T>(&self, change: impl FnOnce(&mut Knobs) -> T) -> T {
        self.shared.with_world(|world| change(&mut world.knobs))
    }

    /// Makes every token given out so far invalid.
    pub fn revoke_tokens(&self) {
        self.shared.with_world(|world| world.tokens.revoke_all());
    }

    /// Locks a client out until the clock shows `until`, as if it had listed too often.
    pub fn lock_out(&self, client: &str, until: DateTime<Utc>) {
        self.shared.with_world(|world| world.throttles.lock(client, until));
    }

    /// Everybody in the organization, by type and email.
    pub fn users(&self) -> Vec<User> {
        self.shared.with_world(|world| world.org.users())
    }

    /// The user with this email, the organization-owned one if there are two.
    pub fn user(&self, email: &str) -> Option<User> {
        self.shared.with_world(|world| world.org.user(email))
    }

    /// Every group, by name.
    pub fn groups(&self) -> Vec<Group> {
        self.shared.with_world(|world| world.org.groups())
    }

    /// The emails of the direct members of a group, sorted; `None` if there is no such group.
    pub fn members(&self, group: &str) -> Option<Vec<String>> {
        self.shared.with_world(|world| world.org.members(group))
    }

    /// Every request so far, in the order of arrival.
    pub fn log(&self) -> Vec<Entry> {
        self.shared.log().clone()
    }

    /// The requests to one class of endpoints, in the order of arrival.
    pub fn calls(&self, endpoint: Endpoint) -> Vec<Entry> {
        self.shared.log().iter().filter(|entry| entry.endpoint == Some(endpoint)).cloned().collect()
    }

    /// Stops listening and waits, five seconds at most, until what was begun is answered.
    pub async fn shutdown(mut self) {
        self.stop.take();
        // Whoever still holds a connection then loses it.
        if tokio::time::timeout(PATIENCE, &mut self.task).await.is_err() {
            self.task.abort();
        }
        self.shared.tidy();
    }
}

impl std::fmt::Debug for Running {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Running").field("url", &self.url()).finish_non_exhaustive()
    }
}
