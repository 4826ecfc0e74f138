//! The client against small scripted servers: what it sends, when, and what it makes of the answers.

#![allow(clippy::unwrap_used, reason = "a test that meets the unexpected ends there")]

mod begin;
mod breaker;
mod clear_up;
mod crash;
mod credential;
mod driven;
mod execute;
mod go_on;
mod ledger;
mod listing;
mod mark;
mod members;
mod organization;
mod pace;
mod room;
mod server;
mod shortened;
mod single;
mod world;
