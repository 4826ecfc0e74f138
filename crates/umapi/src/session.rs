//! A client of one organization, and the session in which everything that talks to the API happens.

use crate::clock::Clock;
use crate::error::Error;
use crate::gate::{Gate, MayExecute, MayGoOn, MayList};
use crate::http::Line;
use crate::ledger::Ledger;
use crate::settings::Settings;
use crate::way::client;
use chrono::{DateTime, Utc};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use umsync_engine::stamps::Stamps;

/// Adobe, for one organization. It can do nothing but begin a session.
pub struct Client<L> {
    http: reqwest::Client,
    settings: Arc<Settings>,
    ledger: Arc<L>,
    clock: Arc<dyn Clock>,
    in_flight: Arc<tokio::sync::Mutex<()>>,
}

impl<L> std::fmt::Debug for Client<L> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl<L: Ledger> Client<L> {
    /// A client with these settings. Nothing leaves yet.
    ///
    /// Fails with an error of kind *configuration* where the settings are rude (see [`crate::Manners`]), where plain
    /// `http://` would carry the secret, or where certificates or proxy cannot be used.
    pub fn new(settings: Settings, ledger: Arc<L>, clock: Arc<dyn Clock>) -> Result<Self, Error> {
        settings.check()?;
        let http = client(settings.ca_pem.as_deref(), settings.proxy.as_ref(), settings.timeout)?;
        Ok(Self { http, settings: Arc::new(settings), ledger, clock, in_flight: Arc::default() })
    }

    /// Begins a session: fetches a token and compares its answer's `Date` with the clock, before any stamp is compared
    /// or written. While Adobe wants silence nothing leaves, not even for the token.
    ///
    /// Fails with [`Error::Shut`] during a silence, with [`Error::ClockOff`] where the clocks differ by more than
    /// 5 minutes, and with whatever keeps the token away.
    pub async fn begin(&self) -> Result<Session<L>, Error> {
        let line = Line::new(
            self.http.clone(),
            self.settings.clone(),
            self.ledger.clone(),
            self.clock.clone(),
            self.in_flight.clone(),
        );
        let now = self.clock.now();
        // Only looked at: this clock is not proven yet. A silence longer than any that we store says that a clock was
        // wrong, once or now; then the token service is asked what time it is before anything is rewritten.
        let first = line
            .stamps("read the stamps", |stamps| {
                line.gate.silence(stamps, now).filter(|_| Gate::silence_is_credible(stamps, now))
            })
            .await?;
        if let Some(shut) = first {
            return Err(shut.into());
        }
        line.renew().await?;
        line.believe().await?;
        line.not_silent().await?;
        Ok(Session { line })
    }
}

/// A session: a token that is fresh and a clock that agrees with Adobe's.
pub struct Session<L> {
    pub(crate) line: Line<L>,
}

impl<L> std::fmt::Debug for Session<L> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("settings", &self.line.settings).finish_non_exhaustive()
    }
}

impl<L: Ledger> Session<L> {
    /// Whether the first client secret was refused, and the next one serves in its place.
    pub fn first_secret_is_refused(&self) -> bool {
        self.line.refused_secrets.load(Ordering::Relaxed) > 0
    }

    /// Whether Adobe has said, while this session executed, that ten entries in each direction are all that a group's
    /// command takes.
    pub fn lists_are_short(&self) -> bool {
        self.line.lists_are_short.load(Ordering::Relaxed)
    }

    /// Leave to list all users and groups, if both were listed long enough ago. Writes no stamp yet.
    ///
    /// Fails with [`Error::Shut`], which says when it opens and why not now.
    pub async fn may_list(&self) -> Result<MayList, Error> {
        self.line.agree().await?;
        let ask = |stamps: &mut Stamps| self.line.gate.list(stamps, self.line.clock.now());
        Ok(self.line.stamps("ask the gate", ask).await??)
    }

    /// Leave to execute, if the last execution began long enough ago. Writes no stamp yet, and never will if no action
    /// request is sent.
    ///
    /// Fails with [`Error::Shut`], which says when it opens and why not now.
    pub async fn may_execute(&self) -> Result<MayExecute, Error> {
        self.line.agree().await?;
        let ask = |stamps: &mut Stamps| self.line.gate.execute(stamps, self.line.clock.now());
        Ok(self.line.stamps("ask the gate", ask).await??)
    }

    /// Leave to go on with the execution whose stamp is `begun`, after it was cut short: it must be the last one and
    /// have begun less than `every` ago. `None`: it is not, so its rest is to be dropped and planned anew.
    ///
    /// Writes nothing yet. With its first request the execution changes hands: who had it before, should it still
    /// live, sends nothing more.
    ///
    /// Fails with [`Error::Shut`] during a silence.
    pub async fn may_go_on(&self, begun: DateTime<Utc>) -> Result<Option<MayGoOn>, Error> {
        self.line.agree().await?;
        let ask = |stamps: &mut Stamps| self.line.gate.go_on(stamps, begun, self.line.clock.now());
        Ok(self.line.stamps("ask the gate", ask).await??)
    }
}
