//! A store as those who use it see it: what goes in comes out, after a restart too, and nobody comes between.

#![allow(clippy::unwrap_used, reason = "a helper that cannot go on fails its test")]

mod gate;
mod journal;
mod lock;
mod memory;
mod open;
mod runs;
mod snapshot;
mod world;
