//! One line to Adobe: every request leaves here, and here alone is anything repeated.
//!
//! In this order, each time: the pace allows it, the clock still agrees with Adobe's, the token is fresh, the execution
//! is still ours, the intent is noted, nobody asked for silence, the stamp is written; then the request leaves.

use crate::answer::{Answer, Cut, Unreadable};
use crate::call::{Call, Message, Pragma};
use crate::clock::{Anchor, Clock, later};
use crate::error::Error;
use crate::gate::{Gate, LONG_RETRY_AFTER};
use crate::judge::{Next, Reached, judge};
use crate::ledger::{Ledger, Start};
use crate::pace;
use crate::patience::{Again, Scale, Tries};
use crate::progress::{Progress, Wait, Watch};
use crate::settings::{Pace, Settings};
use crate::token::Token;
use crate::way::{address, encode};
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue, PRAGMA};
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;
use umsync_engine::stamps::{RequestClass, Stamps};
use url::Url;

/// A call without a result.
#[derive(Debug)]
pub(crate) struct Failure {
    /// What Adobe may have done with it.
    pub(crate) reached: Reached,
    pub(crate) error: Error,
}

/// What came of one request.
#[derive(Debug)]
pub(crate) enum Heard {
    /// A whole answer.
    Answer(Answer),
    /// Proof that the request never left: no name, no connection, no TLS, no way through the proxy.
    NeverLeft(reqwest::Error),
    /// It left, or may have, and no whole answer came.
    Lost(Cut),
}

/// The line of one session.
pub(crate) struct Line<L> {
    pub(crate) settings: Arc<Settings>,
    pub(crate) ledger: Arc<L>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) gate: Gate,
    http: reqwest::Client,
    /// One request in flight per client: more only burns quota.
    in_flight: Arc<tokio::sync::Mutex<()>>,
    /// Names this session in request ids.
    nonce: String,
    counter: AtomicU64,
    known: Mutex<Option<Known>>,
    /// So many client secrets were refused in this session, the first one first. None of them is tried again.
    pub(crate) refused_secrets: AtomicU8,
    /// Adobe has called the lists of a group's command too long, and takes ten entries in each direction.
    pub(crate) lists_are_short: AtomicBool,
}

/// What the last token told.
#[derive(Debug, Clone)]
struct Known {
    token: Token,
    anchor: Anchor,
}

impl<L: Ledger> Line<L> {
    pub(crate) fn new(
        http: reqwest::Client,
        settings: Arc<Settings>,
        ledger: Arc<L>,
        clock: Arc<dyn Clock>,
        in_flight: Arc<tokio::sync::Mutex<()>>,
    ) -> Self {
        let gate = Gate::new(settings.manners.every);
        let nonce = format!("{:08x}", rand::random::<u32>());
        Self {
            settings,
            ledger,
            clock,
            gate,
            http,
            in_flight,
            nonce,
            counter: AtomicU64::new(0),
            known: Mutex::new(None),
            refused_secrets: AtomicU8::new(0),
            lists_are_short: AtomicBool::new(false),
        }
    }

    /// Makes a call, repeats it as long as it is patient, and reads its answer.
    pub(crate) async fn send<T>(
        &self,
        mut call: Call<'_>,
        watch: Watch<'_>,
        read: impl Fn(&Answer) -> Result<T, Unreadable> + Send + Sync,
    ) -> Result<T, Failure> {
        let mut tries = Tries::new(call.patience, self.scale());
        let mut reached = Reached::No;
        let mut renewed = false;
        loop {
            let heard = match self.once(&mut call, watch).await {
                Ok(heard) => heard,
                Err(error) => return Err(Failure { reached, error }),
            };
            let (error, again) = match judge(heard, &call, &self.settings.organization, &read) {
                Next::Done(result) => return Ok(result),
                Next::Renew(error) => {
                    let again = Again::Reached(Some(Duration::ZERO));
                    if renewed || tries.next(again, Instant::now(), 0.0).is_none() {
                        return Err(Failure { reached: Reached::Refused, error });
                    }
                    renewed = true;
                    self.renew().await.map_err(|error| Failure { reached, error: error.after_a_401() })?;
                    continue;
                }
                Next::Silence { asked, reached: now_reached, clocks } => {
                    reached = reached.max(now_reached);
                    let error = match clocks {
                        // Before the first token the clock is not proven, and must not write.
                        Err(error) if self.known().is_none() => error,
                        Ok(()) | Err(_) => self.be_silent(asked).await,
                    };
                    return Err(Failure { reached, error });
                }
                Next::Again { error, again, reached: now_reached } => {
                    reached = reached.max(now_reached);
                    (error, again)
                }
                Next::Stop { error, reached: now_reached } => {
                    return Err(Failure { reached: reached.max(now_reached), error });
                }
            };
            let Some(wait) = tries.next(again, Instant::now(), rand::random()) else {
                return Err(Failure { reached, error });
            };
            tracing::debug!(doing = call.doing, error = error.line(), ?wait, "trying again");
            let why = if matches!(again, Again::Reached(Some(_))) { Wait::Asked } else { Wait::Trouble };
            self.wait(wait, why, watch).await.map_err(|error| Failure { reached, error })?;
        }
    }

    /// One request, with everything that must have happened before it.
    async fn once(&self, call: &mut Call<'_>, watch: Watch<'_>) -> Result<Heard, Error> {
        let Some(class) = call.class else {
            // The token service is not the API; and whoever needs a token may hold the line already.
            return Ok(self.attempt(call).await);
        };
        let _in_flight = self.in_flight.lock().await;
        self.pace(class, &call.doing, watch).await?;
        self.ready().await?;
        if watch.is_cancelled() {
            return Err(Error::Cancelled);
        }
        self.agree().await?;
        if let Some(stamping) = &call.stamping {
            // Who no longer has the execution must not write into the journal of the one who has.
            let look = |stamps: &mut Stamps| stamping.is_held(&self.gate, stamps, self.clock.now());
            self.stamps("read the stamps", look).await??;
        }
        if let Some(commands) = call.intent.take() {
            let noted = self.ledger.intend(commands, self.clock.now()).await;
            noted.map_err(|source| Error::Ledger { doing: "note what is about to be sent", source })?;
        }
        // Last of all, so that as little time as possible lies between the stamp and its request; and the time is read
        // inside, where no other process can come between.
        match &mut call.stamping {
            Some(stamping) => {
                let change = |stamps: &mut Stamps| stamping.write(&self.gate, stamps, self.clock.now());
                self.stamps("write the stamp", change).await??;
            }
            None => self.not_silent().await?,
        }
        let heard = self.attempt(call).await;
        if matches!(heard, Heard::NeverLeft(_)) {
            self.take_back(call).await?;
        }
        Ok(heard)
    }

    async fn take_back(&self, call: &mut Call<'_>) -> Result<(), Error> {
        match &mut call.stamping {
            Some(stamping) => self.stamps("take the stamp back", |stamps| stamping.take_back(stamps)).await,
            None => Ok(()),
        }
    }

    /// Sends once. Says in one line what was sent and what came back.
    async fn attempt(&self, call: &Call<'_>) -> Heard {
        let id = self.next_id();
        let begun = Instant::now();
        let sent = self.clock.now();
        let heard = match self.request(call, &id).send().await {
            Ok(response) => match Answer::read(response, sent, self.clock.now()).await {
                Ok(answer) => Heard::Answer(answer),
                Err(cut) => Heard::Lost(cut),
            },
            Err(source) if source.is_connect() || source.is_builder() => {
                Heard::NeverLeft(source.without_url())
            }
            Err(source) => Heard::Lost(Cut { status: None, source: source.without_url() }),
        };
        let class = call.class.map_or("token", RequestClass::word);
        let milliseconds = begun.elapsed().as_millis();
        match &heard {
            Heard::Answer(answer) => {
                let request_id = answer.request_id.as_deref().unwrap_or(&id);
                tracing::debug!(class, status = answer.status, milliseconds, request_id, "answered");
            }
            Heard::NeverLeft(_) => tracing::debug!(class, milliseconds, request_id = id, "never left"),
            Heard::Lost(_) => tracing::debug!(class, milliseconds, request_id = id, "answer lost"),
        }
        heard
    }

    fn request(&self, call: &Call<'_>, id: &str) -> reqwest::RequestBuilder {
        let url = call.url.clone();
        let request = match &call.message {
            Message::Token(asking) => {
                let request = self.http.post(url).header("cache-control", "no-cache");
                return asking.form(request, &self.settings);
            }
            Message::Get => self.http.get(url),
            // Exactly this: with a charset beside it Adobe was seen to refuse.
            Message::Post(body) => {
                self.http.post(url).header(CONTENT_TYPE, "application/json").body(body.clone())
            }
        };
        let request = match call.pragma {
            Pragma::None => request,
            Pragma::Start => request.header(PRAGMA, "umapi-sync-start"),
            Pragma::End => request.header(PRAGMA, "umapi-sync-end"),
        };
        let bearer = self.known().map(|known| known.token.bearer());
        request
            .header(AUTHORIZATION, bearer.unwrap_or_else(|| HeaderValue::from_static("Bearer none")))
            .header("x-api-key", &self.settings.client_id)
            .header("x-request-id", id)
            .header(ACCEPT, "application/json")
    }

    /// The token is good for a while. No token is fetched while Adobe wants silence.
    async fn ready(&self) -> Result<(), Error> {
        self.agree().await?;
        let now = self.clock.now();
        match self.known() {
            Some(known) if known.token.is_good_at(now) => Ok(()),
            Some(_) | None => {
                self.not_silent().await?;
                self.renew().await
            }
        }
    }

    /// The clock agrees with Adobe's: where it no longer seems to, Adobe is asked again.
    pub(crate) async fn agree(&self) -> Result<(), Error> {
        let now = self.clock.now();
        match self.known() {
            Some(known) if known.anchor.agrees(now, Instant::now()) => Ok(()),
            Some(_) | None => self.renew().await,
        }
    }

    /// Rewrites what cannot be, once this clock is proven.
    pub(crate) async fn believe(&self) -> Result<(), Error> {
        self.stamps("read the stamps", |stamps| self.gate.believe(stamps, self.clock.now())).await
    }

    /// Nobody was asked for silence.
    pub(crate) async fn not_silent(&self) -> Result<(), Error> {
        let look = |stamps: &mut Stamps| {
            let now = self.clock.now();
            self.gate.believe_silence(stamps, now);
            self.gate.silence(stamps, now)
        };
        self.stamps("read the stamps", look).await?.map_or(Ok(()), |shut| Err(shut.into()))
    }

    async fn be_silent(&self, asked: Duration) -> Error {
        let now = self.clock.now();
        let heard = Instant::now();
        let now = match self.known() {
            // A clock that was set meanwhile must not say how long the silence lasts.
            Some(known) if !known.anchor.agrees(now, heard) => known.anchor.adobe_at(heard),
            Some(_) | None => now,
        };
        tracing::warn!(seconds = asked.as_secs(), "Adobe asks for silence");
        match self.stamps("store the silence", |stamps| self.gate.be_silent(stamps, now, asked)).await {
            Ok(shut) => shut.into(),
            Err(error) => error,
        }
    }

    /// One transaction on the stamps.
    pub(crate) async fn stamps<T: Send>(
        &self,
        doing: &'static str,
        change: impl FnOnce(&mut Stamps) -> T + Send,
    ) -> Result<T, Error> {
        self.ledger.stamps(change).await.map_err(|source| Error::Ledger { doing, source })
    }

    /// Waits for a free place in the quota of this class.
    async fn pace(&self, class: RequestClass, doing: &str, watch: Watch<'_>) -> Result<(), Error> {
        let Some(limit) = pace::limit(self.settings.manners.pace, class) else { return Ok(()) };
        // Each round lasts a window at most; so many that the quota is never ours mean that something is wrong.
        for _ in 0..20 {
            let now = self.clock.now();
            let start = self.ledger.start(class, now, pace::WINDOW, limit).await;
            match start.map_err(|source| Error::Ledger { doing: "note the start of a request", source })? {
                Start::Go => return Ok(()),
                Start::WaitUntil(moment) => {
                    let wait = (moment - now).to_std().unwrap_or_default();
                    let wait = wait.clamp(Duration::from_millis(50), pace::WINDOW);
                    self.wait(wait, Wait::Pace, watch).await?;
                }
            }
        }
        Err(Error::Crowded { doing: doing.to_owned() })
    }

    /// Sleeps, unless somebody asks to stop.
    pub(crate) async fn wait(&self, wait: Duration, why: Wait, watch: Watch<'_>) -> Result<(), Error> {
        if wait >= Duration::from_secs(1) {
            watch.tell(Progress::Waiting { until: later(self.clock.now(), wait), why });
        }
        tokio::select! {
            () = tokio::time::sleep(wait) => Ok(()),
            () = watch.cancelled() => Err(Error::Cancelled),
        }
    }

    pub(crate) fn scale(&self) -> Scale {
        match self.settings.manners.pace {
            Pace::Share(_) => Scale::Seconds,
            Pace::Off => Scale::Milliseconds,
        }
    }

    /// A name for a request or a command that no other has.
    pub(crate) fn next_id(&self) -> String {
        format!("umsync-{}-{}", self.nonce, self.counter.fetch_add(1, Ordering::Relaxed))
    }

    fn known(&self) -> Option<Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn learn(&self, token: Token, anchor: Anchor) {
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some(Known { token, anchor });
    }

    /// An address of the API: `/v2/usermanagement` and the segments, each encoded.
    pub(crate) fn api(&self, segments: &[&str]) -> Url {
        let path: String = segments.iter().map(|segment| format!("/{}", encode(segment))).collect();
        address(&self.settings.server, &format!("/v2/usermanagement{path}"))
    }
}

/// Whether a wait that Adobe asks for is so long that the gate closes.
pub(crate) fn is_long(asked: Duration) -> bool {
    asked > LONG_RETRY_AFTER
}
