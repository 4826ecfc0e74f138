//! The words of a sync and every decision.
//!
//! # Its one job
//!
//! To say, from what both sides hold and what the configuration means, what is to be done: which changes, in which order,
//! packed how, and which of them a safety rule holds back. It touches nothing: no files, no network, no clock. Time comes in
//! as an argument, and the same inputs give the same plan, byte for byte.
//!
//! # Its words
//!
//! * [`directory`]: entries and groups as a source found them; [`directories`] all of one run. [`adobe`]: users and groups as
//!   Adobe holds them.
//! * [`rules`]: what the configuration means. [`people`]: each [`person`], made of an entry by the rules; [`desired`]: all of them, with what is known; [`set_aside`] what could not
//!   be understood, and whom it protects; [`shared`] whom several directories give; [`country`]: which countries there are; [`pattern`]:
//!   regular expressions, and [`pattern_groups`] that are mapped by them.
//! * [`matching`]: who is who, and [`adoption`] a table of it. [`diff`]: the difference, as [changes](change), or everybody as they are, where Adobe's side is not looked at; [`protect`]: whom nothing may happen to.
//! * [`limits`], [`windows`] and [`withhold`]: what is too much at once, or in a day or a week, or not approved; [`unresolved`]: members whom nobody can
//!   read; [`falls`]: reads with far fewer people than usual; [`unread`]: a directory that could not be read while others could;
//!   [`count`]: users whom Adobe counts and did not list.
//! * [`codes`]: what Adobe's error codes mean, and [`breaker`]: when so many are met that the rest is not sent. [`park`]: what Adobe refuses run after run. [`pack`]: changes into [commands](command), commands into requests. [`plan`]: the result; [`saved`]: a result that was
//!   kept, to be approved or executed exactly. [`report`]: the words for people.
//! * [`explain`]: why somebody has, lacks, gains or loses what. [`amend`]: what Adobe holds after changes were carried out. [`memory`]: what earlier runs know. [`stamps`]: when Adobe was
//!   last asked. [`key`]: folding, the one place where spellings become equal.
//!
//! # Its promises
//!
//! They are laws, tested for all worlds in `tests/laws.rs`: a plan applied leaves nothing to plan; the order of input does not
//! matter; nothing unmanaged or protected is touched; nobody whom the directory names leaves; limits hold; nobody loses what
//! a group with new unresolved members gives, or what a directory gave or may give that could not be read; a push only gives;
//! every change is carried by one command within Adobe's tens.

mod account;
pub mod adobe;
pub mod adoption;
mod ahead;
pub mod amend;
mod at_once;
pub mod attributes;
pub mod breaker;
pub mod change;
pub mod codes;
pub mod command;
pub mod count;
pub mod country;
pub mod desired;
pub mod diff;
mod digest;
pub mod directories;
pub mod directory;
pub mod explain;
pub mod falls;
pub mod key;
pub mod limits;
pub mod links;
mod lookup;
pub mod matching;
pub mod memory;
pub mod pack;
pub mod park;
pub mod pattern;
pub mod pattern_groups;
pub mod people;
pub mod person;
pub mod plan;
pub mod protect;
pub mod report;
pub mod rules;
pub mod saved;
pub mod set_aside;
pub mod shared;
pub mod sorted;
pub mod stamps;
pub mod template;
mod texts;
pub mod unread;
pub mod unresolved;
pub mod windows;
pub mod withhold;
