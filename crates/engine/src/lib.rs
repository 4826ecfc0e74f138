//! The words of a sync and every decision.

pub mod adobe;
pub mod change;
pub mod command;
pub mod directory;
pub mod key;
pub mod pack;
pub mod stamps;
