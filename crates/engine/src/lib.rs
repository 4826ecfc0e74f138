//! The words of a sync and every decision.

pub mod adobe;
pub mod amend;
pub mod change;
pub mod command;
pub mod desired;
pub mod diff;
pub mod directory;
pub mod key;
pub mod limits;
pub mod matching;
pub mod memory;
pub mod pack;
pub mod plan;
pub mod protect;
pub mod report;
pub mod rules;
pub mod set_aside;
pub mod stamps;
pub mod template;
pub mod withhold;
