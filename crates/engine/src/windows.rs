//! Windows: what was removed in the last day and the last week, so that many small runs do not do what one may not.
//!
//! Executed removals and changes of identity count, unless somebody had approved them. A window allows a multiple of what one
//! run may do.

use crate::key::GroupName;
use crate::limits::Class;
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A stretch of time up to now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Window {
    /// The last 24 hours.
    Day,
    /// The last 7 days.
    Week,
}

impl Window {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Day, Self::Week];

    /// How long it is.
    pub fn length(self) -> TimeDelta {
        match self {
            Self::Day => TimeDelta::hours(24),
            Self::Week => TimeDelta::days(7),
        }
    }

    /// For people.
    pub fn word(self) -> &'static str {
        match self {
            Self::Day => "24 hours",
            Self::Week => "7 days",
        }
    }
}

/// What was sent in each window that nobody had approved.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Spent {
    /// By window and class; of memberships by group too, in each and in all together.
    pub counts: BTreeMap<(Window, Class, Option<GroupName>), usize>,
}

impl Spent {
    /// How many of a class, in that group where groups are counted for themselves.
    pub fn of(&self, window: Window, class: Class, group: Option<&GroupName>) -> usize {
        self.counts.get(&(window, class, group.cloned())).copied().unwrap_or_default()
    }

    /// Adds one that was sent so long ago.
    pub fn add(&mut self, class: Class, group: Option<GroupName>, ago: TimeDelta) {
        for window in Window::ALL.into_iter().filter(|window| ago < window.length()) {
            *self.counts.entry((window, class, group.clone())).or_default() += 1;
        }
    }
}
