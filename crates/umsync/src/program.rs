//! What a command works with: the configuration, the store, Adobe's side, and who may stop it.

use crate::adobe::Side;
use crate::bar::Bar;
use crate::clock::SystemClock;
use crate::config::Config;
use crate::failure::Failure;
use crate::ledger::StoreLedger;
use chrono::{DateTime, Utc};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::signal::unix::{SignalKind, signal};
use umsync_engine::plan::Occasion;
use umsync_store::{Missing, Pause, Store, holder};
use umsync_umapi::{Cancel, Canceller, Client, Clock, Session};

/// What a command works with.
pub(crate) struct Program {
    pub(crate) config: Config,
    pub(crate) store: Store,
    pub(crate) side: Side,
    pub(crate) bar: Bar,
    pub(crate) cancel: Cancel,
    /// About whom the directory is asked by which paths they are in their groups.
    pub(crate) trace: Option<String>,
    /// Adobe has refused the first client secret, and taken the next one.
    secret_refused: AtomicBool,
}

/// Whether a command may begin a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FirstTime {
    /// It writes nothing to Adobe: it may.
    Allowed,
    /// A store that is missing was lost or is not mounted. The emulator aside.
    Refused,
}

impl Program {
    /// Opens the store and makes Adobe's side ready to be called.
    pub(crate) async fn open(config: Config, first_time: FirstTime, bar: Bar) -> Result<Self, Failure> {
        let (side, store) = reach(&config, first_time).await?;
        Ok(Self {
            config,
            store,
            side,
            bar,
            cancel: on_signals()?,
            trace: None,
            secret_refused: AtomicBool::new(false),
        })
    }

    /// The same under another configuration: whoever may stop this one may stop that one.
    pub(crate) async fn reopened(&self, config: Config) -> Result<Self, Failure> {
        let (side, store) = reach(&config, FirstTime::Refused).await?;
        let (bar, cancel) = (self.bar.clone(), self.cancel.clone());
        Ok(Self { config, store, side, bar, cancel, trace: None, secret_refused: AtomicBool::new(false) })
    }

    /// The present.
    pub(crate) fn now(&self) -> DateTime<Utc> {
        SystemClock.now()
    }

    /// What a plan made now is made under; about one person, by the place of their entry, if there is one.
    pub(crate) fn occasion<'a>(&'a self, person: Option<&'a str>) -> Occasion<'a> {
        let Config { meaning: configuration, adobe, .. } = &self.config;
        Occasion { configuration, now: self.now(), person, packing: adobe.packing }
    }

    /// The organization, as the store knows it.
    pub(crate) fn organization(&self) -> &str {
        &self.side.settings.organization
    }

    /// A pause is obeyed by every process.
    pub(crate) async fn not_paused(&self) -> Result<(), Failure> {
        match self.store.paused(self.organization(), self.now()).await? {
            Some(Pause { until, reason, who, at: _ }) => Err(Failure::Paused { until, who, reason }),
            None => Ok(()),
        }
    }

    /// Begins a session with Adobe; what is sent is noted in the journal of `run`.
    pub(crate) async fn session(&self, journal: Option<String>) -> Result<Session<StoreLedger>, Failure> {
        self.bar.say("asking Adobe for a token");
        let ledger =
            StoreLedger { store: self.store.clone(), organization: self.organization().to_owned(), journal };
        let client = Client::new(self.side.settings.clone(), Arc::new(ledger), Arc::new(SystemClock))?;
        let session = tokio::select! {
            session = client.begin() => session?,
            () = self.cancel.cancelled() => return Err(Failure::Stopped),
        };
        self.secret_refused.store(session.first_secret_is_refused(), Ordering::Relaxed);
        Ok(session)
    }

    /// What everybody should know about the credential.
    pub(crate) fn credential_warning(&self) -> Option<&'static str> {
        match self.secret_refused.load(Ordering::Relaxed) {
            true => Some(
                "Adobe refuses adobe.client_secret and takes adobe.next_client_secret: put the next one in its place, and remove next_client_secret",
            ),
            false => self.side.warning(),
        }
    }

    /// Ends what runs beside the program.
    pub(crate) async fn close(self) {
        self.bar.finish();
        self.store.close().await;
        self.side.stop().await;
    }
}

async fn reach(config: &Config, first_time: FirstTime) -> Result<(Side, Store), Failure> {
    let side = Side::start(&config.adobe, &config.store).await?;
    let missing = match first_time {
        FirstTime::Allowed => Missing::Create,
        FirstTime::Refused if side.emulated => Missing::Create,
        FirstTime::Refused => Missing::Refuse,
    };
    let store = match Store::open(&config.store, missing).await {
        Ok(store) => store,
        // Whoever stands still in the middle of writing keeps everybody else from opening.
        Err(umsync_store::Error::Contended { doing, path }) => {
            return Err(match holder(&path, &side.settings.organization) {
                Some(busy) => Failure::Busy(busy),
                None => umsync_store::Error::Contended { doing, path }.into(),
            });
        }
        Err(error) => return Err(error.into()),
    };
    if let Some(warning) = store.filesystem_warning() {
        tracing::warn!("{warning}");
    }
    Ok((side, store))
}

/// SIGTERM and Ctrl-C finish the request that is under way and end the run.
fn on_signals() -> Result<Cancel, Failure> {
    let (canceller, cancel) = Canceller::new();
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::warn!("stopping after the request that is under way");
        canceller.cancel();
        // The canceller lives as long as somebody may ask whether it was told.
        std::future::pending::<()>().await;
    });
    Ok(cancel)
}
