//! A store as those who use it see it: what goes in comes out, after a restart too, and nobody comes between.

#![allow(clippy::unwrap_used, reason = "a helper that cannot go on fails its test")]

mod backup;
mod binds;
mod completeness;
mod cut_short;
mod damage;
mod directories;
mod forward;
mod full;
mod gate;
mod given;
mod group_anchors;
mod journal;
mod leavers;
mod links;
mod lock;
mod memory;
mod open;
mod person;
mod refusals;
mod runs;
mod snapshot;
mod story;
mod world;
