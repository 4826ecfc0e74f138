//! The contract, one behaviour per test: a raw request, its raw answer, and what Adobe holds afterwards.
//!
//! The tests are numbered as the behaviours are in the contract (`b43_…`), so that a gap can be seen.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests stand outside `#[test]` functions and are tests all the same"
)]

mod action_envelope;
mod action_groups;
mod action_lists;
mod action_users;
mod auth;
mod embedding;
mod faults;
mod listing;
mod test_mode;
mod throttle;
mod world;
