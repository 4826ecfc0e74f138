//! One window of two hours: who sent anything in it, by the emulator's log, and which executions the store knows of it.

use super::RESUMES;
use crate::support::World;
use chrono::{DateTime, Utc};
use std::collections::BTreeSet;
use umsync_emulator::{Endpoint, Entry};

/// The window that is open.
#[derive(Debug, Default)]
pub(super) struct Window {
    /// How many calls had come before it.
    calls: usize,
    /// The stamp that the window before has left.
    old: Option<DateTime<Utc>>,
    /// The stamps of its executions.
    pub(super) stamps: BTreeSet<DateTime<Utc>>,
    /// The programs that have sent commands in it.
    pub(super) senders: BTreeSet<String>,
}

impl Window {
    /// The window that opens now.
    pub(super) fn opens(world: &World) -> Self {
        let (calls, old) = (world.adobe.log().len(), world.stamps().execution);
        Self { calls, old, ..Self::default() }
    }

    /// Takes note of what is known by now, and panics if that is more than one execution.
    #[track_caller]
    pub(super) fn look(&mut self, world: &World) {
        let log = world.adobe.log();
        let (before, since) = log.split_at(self.calls);
        let earlier: BTreeSet<String> = before.iter().filter_map(sender).collect();
        let commands = since.iter().filter(|entry| entry.endpoint == Some(Endpoint::Action));
        // What the dead had under way may arrive late.
        self.senders.extend(commands.filter_map(sender).filter(|sender| !earlier.contains(sender)));
        // Before it lists, a first run may not have made its store.
        if world.listings() > 0 {
            let stamp = world.stamps().execution;
            // Whoever goes on with an execution moves its stamp by a microsecond, so that who had it knows.
            let is_known =
                |at: &DateTime<Utc>| self.stamps.iter().any(|known| (*at - *known).num_milliseconds() == 0);
            self.stamps.extend(stamp.filter(|at| stamp != self.old && !is_known(at)));
        }
        assert!(self.stamps.len() <= 1, "one window, several executions: {self:?}");
        assert!(self.senders.is_empty() || !self.stamps.is_empty(), "sent without a stamp: {self:?}");
        assert!(RESUMES || self.senders.len() <= 1, "two runs have sent something in one window: {self:?}");
    }
}

/// Which program made a call: its requests are called `umsync-PROGRAM-NUMBER`.
fn sender(entry: &Entry) -> Option<String> {
    let (program, _) = entry.request_id.as_ref()?.rsplit_once('-')?;
    Some(program.to_owned())
}
