//! Adobe's side as the configuration means it: an organization over the network, or the emulator in its place.

use crate::config::{Adobe, ClientId, DeprecatedJwt, Organization, SecretRef, Service};
use crate::failure::Failure;
use secrecy::{ExposeSecret as _, SecretString};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;
use umsync_emulator::{Client, DEFAULT_ORGANIZATION, Emulator, Options, Running, Seed};
use umsync_umapi::gate::LEAST_EVERY;
use umsync_umapi::{EmulatorMark, Jwt, Manners, Pace, Settings};
use url::Url;

/// Adobe's side, ready to be called.
pub(crate) struct Side {
    /// How it is reached.
    pub(crate) settings: Settings,
    /// Whether it has proven to be an emulator.
    pub(crate) emulated: bool,
    /// The emulator runs as long as this lives.
    sandbox: Option<Running>,
}

/// The organization that a configuration is about, without calling anybody.
pub(crate) fn organization(adobe: &Adobe) -> Result<String, Failure> {
    match &adobe.service {
        Service::Organization(organization) => Ok(organization.id.clone()),
        Service::Sandbox { seed } => {
            Ok(Seed::read(seed)?.organization.unwrap_or_else(|| DEFAULT_ORGANIZATION.to_owned()))
        }
    }
}

impl Side {
    /// Reveals the secrets, starts the sandbox where there is one, and proves an emulator where manners depend on it.
    pub(crate) async fn start(adobe: &Adobe, store: &Path) -> Result<Self, Failure> {
        let (mut settings, sandbox) = match &adobe.service {
            Service::Organization(organization) => (reach(organization)?, None),
            Service::Sandbox { seed } => {
                let (running, client) = sandbox(seed, store, adobe.pace).await?;
                let secret = client.secrets.into_iter().next().unwrap_or_default();
                let mut settings =
                    Settings::new(&running.organization(), &client.client_id, SecretString::from(secret));
                settings.server = local(&running);
                settings.ims = local(&running);
                (settings, Some(running))
            }
        };
        let Adobe { service: _, every, wait: _, pace, packing: _ } = adobe;
        let plain = settings.server.scheme() == "http" || settings.ims.scheme() == "http";
        let mark = if *every < LEAST_EVERY || *pace == Pace::Off || plain {
            Some(
                EmulatorMark::prove(&settings.server, settings.proxy.as_ref(), settings.ca_pem.as_deref())
                    .await?,
            )
        } else {
            None
        };
        let emulated = mark.is_some();
        settings.manners = Manners { every: *every, pace: *pace, mark };
        Ok(Self { settings, emulated, sandbox })
    }

    /// Ends the sandbox, so that its organization is on the disk.
    pub(crate) async fn stop(self) {
        if let Some(sandbox) = self.sandbox {
            sandbox.shutdown().await;
        }
    }

    /// What people call it.
    pub(crate) fn place(&self) -> String {
        match &self.sandbox {
            Some(_) => "the built-in sandbox".to_owned(),
            None => self.settings.server.host_str().unwrap_or_default().to_owned(),
        }
    }

    /// What everybody should know who goes by this credential, before anybody was asked.
    pub(crate) fn warning(&self) -> Option<&'static str> {
        self.settings.deprecated_jwt.is_some().then_some(
            "adobe.deprecated_jwt is a way that Adobe ended in June 2025; make an OAuth server-to-server credential and remove it",
        )
    }

    /// Between two listings, and between two executions.
    pub(crate) fn every(&self) -> Duration {
        self.settings.manners.every
    }
}

fn reach(organization: &Organization) -> Result<Settings, Failure> {
    let Organization {
        id,
        client_id,
        client_secret,
        next_client_secret,
        scopes,
        token_endpoint,
        deprecated_jwt,
        server,
        ims,
        ca_file,
        proxy,
        timeout,
    } = organization;
    let reveal = |key: &str, secret: &SecretRef| {
        secret.reveal().map_err(|source| Failure::Secret { key: key.into(), source })
    };
    let client_id = match client_id {
        ClientId::Text(text) => text.clone(),
        ClientId::Secret(secret) => reveal("adobe.client_id", secret)?.expose_secret().to_owned(),
    };
    let mut settings = Settings::new(id, &client_id, reveal("adobe.client_secret", client_secret)?);
    if let Some(next) = next_client_secret {
        settings.next_client_secret = Some(reveal("adobe.next_client_secret", next)?);
    }
    if let Some(scopes) = scopes {
        settings.scopes.clone_from(scopes);
    }
    settings.token_endpoint = *token_endpoint;
    if let Some(DeprecatedJwt { technical_account, private_key }) = deprecated_jwt {
        let private_key = reveal("adobe.deprecated_jwt.private_key", private_key)?;
        settings.deprecated_jwt = Some(Jwt { technical_account: technical_account.clone(), private_key });
    }
    if let Some(server) = server {
        settings.server = server.clone();
    }
    if let Some(ims) = ims {
        settings.ims = ims.clone();
    }
    if let Some(timeout) = timeout {
        settings.timeout = *timeout;
    }
    settings.proxy = proxy.clone();
    settings.ca_pem = ca_file.as_ref().map(|path| read(path)).transpose()?;
    Ok(settings)
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(path).map_err(|source| Failure::File {
        key: "adobe.ca_file",
        path: path.to_owned(),
        source,
    })
}

/// The emulator at work, and the client of its seed that we are.
async fn sandbox(seed: &Path, store: &Path, pace: Pace) -> Result<(Running, Client), Failure> {
    let state = state_file(store);
    if let Some(folder) = state.parent() {
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .map_err(|source| Failure::File { key: "state", path: folder.to_owned(), source })?;
    }
    let mut options = Options::seeded(Seed::read(seed)?);
    options.state_file = Some(state);
    options.log_limit = Some(100);
    if pace == Pace::Off {
        options = options.unthrottled();
    }
    let client = options.effective_clients().into_iter().next().unwrap_or_default();
    Ok((Emulator::start(options).await?, client))
}

/// The sandbox's organization is kept beside the store.
fn state_file(store: &Path) -> PathBuf {
    let mut name = store.file_stem().unwrap_or_default().to_owned();
    name.push(".sandbox.json");
    store.with_file_name(name)
}

fn local(running: &Running) -> Url {
    Url::parse(&running.url()).expect("the emulator knows its own address")
}
