//! Adobe's side of the User Management API, for tests, demos and rehearsals.
//!
//! An [`Emulator`] holds one organization with its claimed domains, users and groups, and answers HTTP on loopback
//! as Adobe's documentation says and as recorded answers show: tokens, listings page by page, the Action API with
//! its partial failures and its test mode, throttling. It is written from those documents alone and knows nothing
//! of our client, so a misunderstanding cannot agree with itself on both sides.
//!
//! # Words
//!
//! An *organization* ([`Org`]) is the state; a *seed* ([`Seed`]) is what it starts from. A *knob* ([`Knobs`])
//! chooses between behaviours where the documentation is silent or contradicts what was seen. A *fault*
//! ([`Fault`]) is what goes wrong on the way: a lost reply, a wrong page, a 504 after the work was done. The *log*
//! ([`Entry`]) is what was asked. The *clock* ([`Clock`]) is the only time it knows.
//!
//! A seed file holds `organization`, `clients`, `domains`, `groups`, `users`, `knobs` and `faults`, all of them
//! optional; the fields of [`Seed`] say what stands in each.
//!
//! # Promises
//!
//! * The same story gives the same state, ids included: two dumps are compared byte for byte.
//! * A request with `testOnly=true` changes nothing.
//! * It says of itself that it is an emulator: `GET /status` answers `"environment": "emulator"`.
//! * No secret and no token is in its log.
//! * With a state file, a change that was answered for is kept, whatever ends the emulator.
//!
//! # Example
//!
//! ```
//! use umsync_emulator::{Emulator, Options, Seed};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let seed = Seed::parse(r#"{
//!     "groups": [{"name": "Design"}, {"name": "Photoshop", "type": "PRODUCT_PROFILE", "quota": 10}],
//!     "users": [{"email": "jane@example.com", "firstname": "Jane", "lastname": "Doe", "country": "US",
//!                "type": "federated", "groups": ["Design"]}]
//! }"#)?;
//! let adobe = Emulator::start(Options::seeded(seed)).await?;
//! println!("{}", adobe.url());
//! assert_eq!(adobe.members("design"), Some(vec!["jane@example.com".to_owned()]));
//! adobe.shutdown().await;
//! # Ok(())
//! # }
//! ```

mod action;
mod answer;
mod call;
mod client;
mod clock;
mod door;
mod error;
mod fault;
mod jwt;
mod knobs;
mod listing;
mod log;
mod mangle;
mod mix;
mod options;
mod org;
mod route;
mod running;
mod seed;
mod server;
mod state_file;
mod throttle;
mod token;
mod wire;
mod world;

pub use client::{Client, DEFAULT_CLIENT, DEFAULT_SECRET, JwtCredential};
pub use clock::Clock;
pub use error::Error;
pub use fault::{Effect, Fault, Faults, Meanwhile, Reply};
pub use knobs::{
    BeyondLast, Departed, FrequencyLock, Knobs, ListLimit, Missing, NoChange, OtherOrganization, Repeated,
    RetryAfterFormat, Throttle, UnknownGroup, UnknownMember,
};
pub use log::Entry;
pub use options::{DEFAULT_ORGANIZATION, Options, RequestHook, Tls};
pub use org::{AccountType, Domain, Group, GroupKind, IdentityType, Login, Org, Owner, Quota, Status, User};
pub use route::Endpoint;
pub use running::{Emulator, Running};
pub use seed::{Mistake, Seed, SeedGroup, SeedUser};
