//! What a world's store remembers of time, and how a test lets time pass.

use super::{ORGANIZATION, World};
use chrono::TimeDelta;
use std::collections::BTreeSet;
use umsync_engine::stamps::Stamps;
use umsync_store::{Missing, Store};

/// The interval that nobody can shorten.
pub(crate) const EVERY: TimeDelta = TimeDelta::hours(2);

impl World {
    /// What the store remembers of the gate.
    pub(crate) fn stamps(&self) -> Stamps {
        self.change_stamps(|stamps| stamps.clone())
    }

    /// Changes what the store remembers of the gate.
    pub(crate) fn change_stamps<T>(&self, change: impl FnOnce(&mut Stamps) -> T) -> T {
        let changed = self.runtime.block_on(async {
            let store = self.store().await?;
            let changed = store.stamps(ORGANIZATION, change).await;
            store.close().await;
            changed
        });
        changed.expect("a readable store")
    }

    /// Lets time pass, as far as the store can tell: stamps and snapshot become that much older.
    pub(crate) fn pass(&self, time: TimeDelta) {
        self.change_stamps(|stamps| {
            let Stamps { users, groups, execution, closed_until } = stamps;
            for stamp in [users, groups, execution, closed_until] {
                *stamp = stamp.map(|at| at - time);
            }
        });
        let passed = self.runtime.block_on(async {
            let store = self.store().await?;
            if let Some(cut) = store.cut_short(ORGANIZATION).await? {
                store.note_execution(&cut.run.start.id, cut.execution - time).await?;
            }
            let amended = store.amend_snapshot(ORGANIZATION, |snapshot| snapshot.read_at -= time).await;
            store.close().await;
            amended
        });
        passed.expect("a readable store");
    }

    /// The emails of all users in the stored snapshot.
    pub(crate) fn stored_users(&self) -> BTreeSet<String> {
        let stored = self.runtime.block_on(async {
            let store = self.store().await?;
            let stored = store.snapshot(ORGANIZATION).await;
            store.close().await;
            stored
        });
        let stored = stored.expect("a readable store").expect("a snapshot");
        stored.users.iter().map(|user| user.email().to_owned()).collect()
    }

    /// The store, which must be there.
    pub(crate) async fn store(&self) -> Result<Store, umsync_store::Error> {
        Store::open(self.path("state/umsync.db"), Missing::Refuse).await
    }
}
