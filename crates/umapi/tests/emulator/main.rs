//! The client, with the engine's plans, against an Adobe that was written from Adobe's documentation alone.

#![allow(clippy::unwrap_used, reason = "a test that meets the unexpected ends there")]

#[path = "../manners/driven.rs"]
mod driven;
#[path = "../manners/ledger.rs"]
#[allow(dead_code, reason = "nothing fails or dies here")]
mod ledger;
mod pacing;
mod plans;
mod world;
