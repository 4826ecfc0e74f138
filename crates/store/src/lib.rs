//! What must survive a restart.
//!
//! One job: keep what the next run has to know, and give it back unchanged or fail. The store decides nothing; when a
//! gate opens, what a leaver is and which plan counts as approved is decided by those who ask it.
//!
//! Its words, one file each:
//!
//! * [`Store`]: one SQLite file. [`Store::open`] creates it, brings its schema forward, or says why it will not be used.
//! * [`Lock`]: one run at a time lists from or writes to an organization. A crash releases it.
//! * gate: the [stamps](Store::stamps) of the two-hour rule and the [starts](Store::start) of single requests, shared
//!   by every process; [pauses](Store::pause) that people ask for.
//! * [`Run`]: who ran what, when, under which configuration, and how it ended.
//! * journal: every change and command of a run, [intended](Store::intend) before a request leaves and
//!   [settled](Store::settle) after. What was intended and not settled is [unsettled](Store::unsettled) until it is read.
//! * [snapshot](Store::snapshot): the last complete reading of Adobe's side.
//! * [absences](Store::absences), [links](Store::links), [approvals](Store::approvals) with the [plans](Store::plan) they
//!   are about, and the [`Baseline`].
//!
//! Its promises:
//!
//! * What a file cannot prove to be whole, ours and of a known schema is refused, never repaired.
//! * When a function that writes has returned, what it wrote is on the disk; when it failed, nothing of it is.
//! * What reads and then writes (stamps, starts, amendments) is alone among all processes while it does.
//! * An organization's name is compared byte for byte: the caller folds it.
//! * Time is an argument.
//!
//! SQL stands beside the noun it is about, with `$1` parameters and no SQL of SQLite's own outside `open.rs` and `transaction.rs`, so that
//! another database can stand behind the same functions.

mod absences;
mod approvals;
mod baseline;
mod error;
mod filesystem;
mod forget;
mod gate;
mod journal;
mod links;
mod lock;
mod open;
mod pause;
mod plans;
mod runs;
mod snapshot;
mod text;
mod transaction;
mod unsettled;

pub use approvals::Approval;
pub use baseline::Baseline;
pub use error::{Busy, Error, LockError};
pub use gate::Start;
pub use journal::{Entry, Row};
pub use links::{Link, SeenLink};
pub use lock::{Lock, Purpose};
pub use open::{Missing, Store};
pub use pause::Pause;
pub use plans::StoredPlan;
pub use runs::{Run, RunEnd, RunStart};
