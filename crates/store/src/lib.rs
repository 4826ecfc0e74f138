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
//! * [`Run`]: who ran what, when, under which configuration, and how it ended; executions that were
//!   [cut short](Store::cut_short).
//! * journal: every change and command of a run, [intended](Store::intend) before a request leaves and
//!   [settled](Store::settle) after. What was intended and not settled is [unsettled](Store::unsettled) until it is read.
//!   The [story](Store::story) of an account is all that was ever journalled about it.
//! * [snapshot](Store::snapshot): the last complete reading of Adobe's side.
//! * [links](Store::links) with their histories, as [records](LinkRecord) for people and other stores; memberships that
//!   were [given](Store::given); [absences](Store::absences), [orders](Store::orders) about leavers and
//!   [departures](Store::departures); changes that are [failing](Store::failing); what was [created](Store::created) and
//!   not seen yet.
//! * [approvals](Store::approvals) with the [plans](Store::plan) they are about, the unresolved members that were
//!   [accepted](Store::accepted_members) with them, the [surplus](Store::surplus) of accounts that Adobe counts and never
//!   lists, and the [`Baseline`]; what the last [reads](Store::reads) counted.
//! * [directories](Store::directory_reads), where there are several: when each was last read whole, and whom it [gave](Store::gave).
//! * [group anchors](Store::group_anchors): which entries of the directory the mapped groups were.
//! * [refused binds](Store::refused_binds), so that no account of a directory is locked.
//! * [backup](Store::backup), and [forgetting](Store::forget): what is old, or [one person](Store::forget_person).
//!
//! Its promises:
//!
//! * What a file cannot prove to be whole, ours and of a known schema is refused, never repaired.
//! * When a function that writes has returned, what it wrote is on the disk; when it failed, nothing of it is.
//! * What reads and then writes (stamps, starts, amendments) is alone among all processes while it does.
//! * An organization's name is compared byte for byte: the caller folds it.
//! * Time is an argument.
//!
//! SQL stands beside the noun it is about, with `$1` parameters and no SQL of SQLite's own outside `open.rs`,
//! `transaction.rs` and `backup.rs`, so that another database can stand behind the same functions.

mod absences;
mod accepted;
mod approvals;
mod backup;
mod baseline;
mod binds;
mod created;
mod cut_short;
mod departures;
mod directories;
mod error;
mod failing;
mod filesystem;
mod forget;
mod forget_person;
mod gate;
mod given;
mod group_anchors;
mod journal;
mod large;
mod link_records;
mod link_rows;
mod links;
mod list_limits;
mod lock;
mod mention;
mod open;
mod orders;
mod pause;
mod person;
mod plans;
mod reads;
mod runs;
mod snapshot;
mod snapshot_parts;
mod story;
mod surplus;
mod text;
mod transaction;
mod unfolded;
mod unsettled;
mod windows;

pub use absences::StoredLeaver;
pub use approvals::Approval;
pub use baseline::Baseline;
pub use binds::RefusedBinds;
pub use created::Created;
pub use cut_short::CutShort;
pub use directories::DirectoryRead;
pub use error::{Busy, Error, LockError};
pub use failing::{Refusal, Refusals, StoredRefusal};
pub use forget_person::Forgotten;
pub use gate::Start;
pub use given::Given;
pub use group_anchors::StoredGroup;
pub use journal::{Entry, Row};
pub use link_records::{LinkRecord, Noted};
pub use links::{Link, Seen};
pub use lock::{Lock, Purpose, holder};
pub use open::{Missing, Store};
pub use orders::LeaverOrder;
pub use pause::Pause;
pub use person::PersonTraces;
pub use plans::StoredPlan;
pub use runs::{Run, RunEnd, RunStart};
pub use story::Told;
pub use surplus::Surplus;
