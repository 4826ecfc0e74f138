//! The contract, one behaviour per test: a raw request, its raw answer, and what Adobe holds afterwards.
//!
//! The numbers make gaps visible: 1-12 tokens and the door, 13-19 throttling, 20-34 listings, 35-42 requests as a
//! whole, 43-62 users, 63-69 user groups, 70-74 test mode and consistency.

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
mod jwt;
mod listing;
mod test_mode;
mod throttle;
mod world;
