//! How an emulator is started.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use crate::client::Client;
use crate::clock::Clock;
use crate::fault::Fault;
use crate::knobs::Knobs;
use crate::log::Entry;
use crate::seed::Seed;

/// The organization where neither options nor seed name one.
pub const DEFAULT_ORGANIZATION: &str = "0123456789ABCDEF01234567@AdobeOrg";

/// How an emulator is started; `Options::default()` is an empty organization on a free port of 127.0.0.1.
#[derive(Clone)]
pub struct Options {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Serve `https://` with this certificate instead of `http://`.
    pub tls: Option<Tls>,
    /// The organization's id; goes before the seed's.
    pub organization: Option<String>,
    /// Who may call; goes before the seed's.
    pub clients: Option<Vec<Client>>,
    /// What the organization holds at first.
    pub seed: Option<Seed>,
    /// Where the organization is kept between runs. If the file exists it goes before the seed's domains, groups and users.
    pub state_file: Option<PathBuf>,
    /// Behaviour; goes before the seed's.
    pub knobs: Option<Knobs>,
    /// Faults in force from the start, before those of the seed.
    pub faults: Vec<Fault>,
    /// The time.
    pub clock: Clock,
    /// Called with every request once it is answered; `Entry` prints itself as one line.
    pub on_request: Option<RequestHook>,
    /// How many requests the log keeps, twice that at times; `None` for all of them.
    pub log_limit: Option<usize>,
}

/// Called with every request once it is answered, on the server's tasks: it must not wait.
pub type RequestHook = Arc<dyn Fn(&Entry) + Send + Sync>;

/// Certificate chain and key.
#[derive(Clone)]
pub struct Tls {
    /// PEM text, the server's certificate first.
    pub certificates: String,
    /// PEM text.
    pub key: String,
}

impl Options {
    /// An emulator that starts with `seed`.
    pub fn seeded(seed: Seed) -> Self {
        Self { seed: Some(seed), ..Self::default() }
    }

    /// The same on a given port of 127.0.0.1.
    pub fn port(mut self, port: u16) -> Self {
        self.listen = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        self
    }

    /// The same without throttle and frequency lock.
    pub fn unthrottled(mut self) -> Self {
        let mut knobs = self.effective_knobs();
        knobs.throttle = None;
        knobs.frequency_lock = None;
        self.knobs = Some(knobs);
        self
    }

    /// The behaviour these options and their seed ask for.
    pub fn effective_knobs(&self) -> Knobs {
        let seeded = || self.seed.as_ref().and_then(|seed| seed.knobs.clone());
        self.knobs.clone().or_else(seeded).unwrap_or_default()
    }

    /// The faults these options and their seed put in force from the start.
    pub fn effective_faults(&self) -> Vec<Fault> {
        let seeded = self.seed.iter().flat_map(|seed| &seed.faults);
        self.faults.iter().chain(seeded).cloned().collect()
    }

    /// The clients these options and their seed allow.
    pub fn effective_clients(&self) -> Vec<Client> {
        let seeded = || self.seed.as_ref().and_then(|seed| seed.clients.clone());
        self.clients.clone().or_else(seeded).unwrap_or_else(|| vec![Client::default()])
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            tls: None,
            organization: None,
            clients: None,
            seed: None,
            state_file: None,
            knobs: None,
            faults: Vec::new(),
            clock: Clock::default(),
            on_request: None,
            log_limit: None,
        }
    }
}
