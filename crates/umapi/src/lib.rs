//! All manners towards Adobe: token, pace, the two-hour gate, reading and executing.
//!
//! # Its one job
//!
//! To talk to Adobe's User Management API (UMAPI) so that Adobe never has a reason to lock us out, and so that we
//! always know what became of what we sent. It decides nothing about people.
//!
//! # Its words
//!
//! * [`Client`]: one organization. It can only begin a [`Session`], which proves a fresh token and a right clock.
//! * [`gate`]: listings and executions happen at most once in two hours. [`MayList`], [`MayExecute`] and [`MayGoOn`]
//!   are the proofs that the gate was asked; [`Session::snapshot`], [`Session::execute`] and [`Session::go_on`] take
//!   them away.
//! * [`Ledger`]: what must survive this process (stamps, starts of requests, intents and outcomes of commands). The
//!   program keeps it in its store.
//! * [`Manners`]: how often and how fast. Ruder ones than Adobe's documentation need an [`EmulatorMark`].
//!
//! # Its promises
//!
//! * A listing is whole or an error.
//! * A client secret that was refused is not tried again in a session, and there are two at most.
//! * A stamp is written before its request, in the transaction that checks it, and taken back only when the request
//!   is proven not to have left.
//! * A command whose answer was lost is looked up before it is sent again, by this process or by the one that goes on
//!   after a crash; what stays open is `Unknown`.
//! * A group that Adobe no longer has fails only what needs it, and an execution in which hardly anything goes well stops
//!   itself.
//! * An execution is in one hand: who was stopped while another took over sends at most the request that it was at.
//! * When the ledger fails nothing more is sent.
//! * Repeating happens in one place and has an end. Every wait does.
//! * Secrets appear in no message, log or debug output.

mod answer;
mod apart;
mod call;
mod clear_up;
mod clock;
mod effects;
mod error;
mod execute;
pub mod gate;
mod http;
mod judge;
mod jwt;
mod ledger;
mod lenient;
mod mark;
mod members;
mod pace;
mod page;
mod patience;
mod progress;
mod read;
mod room;
#[cfg(test)]
mod samples;
mod session;
mod settings;
mod split;
mod steps;
mod token;
mod user;
mod verdict;
mod way;
mod wire;
mod work;

pub use clock::{Clock, MOST_CLOCK_ERROR};
pub use error::{Error, Kind};
pub use execute::Executed;
pub use gate::{Gate, MayExecute, MayGoOn, MayList, Opens, Shut, Why};
pub use ledger::{Ledger, LedgerError, Start, so_far};
pub use mark::EmulatorMark;
pub use progress::{Cancel, Canceller, Listener, Progress, Wait};
pub use read::Members;
pub use session::{Client, Session};
pub use settings::{Jwt, Manners, Pace, Settings, TokenEndpoint};
pub use user::Namesakes;
