//! The faults in force, and which of them hit a call.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use super::{Effect, Fault};
use crate::route::Endpoint;

/// The faults in force. Clones are the same list.
#[derive(Debug, Clone, Default)]
pub struct Faults(Arc<Mutex<Armed>>);

#[derive(Debug, Default)]
struct Armed {
    faults: Vec<Fault>,
    fired: u64,
}

impl Faults {
    pub(crate) fn new(faults: Vec<Fault>) -> Self {
        Self(Arc::new(Mutex::new(Armed { faults, fired: 0 })))
    }

    /// Adds a fault; several may hit one call.
    pub fn add(&self, fault: Fault) {
        self.armed(|armed| armed.faults.push(fault));
    }

    /// Ends all faults.
    pub fn clear(&self) {
        self.armed(|armed| armed.faults.clear());
    }

    /// How many hits there were, for tests that want to be sure their fault happened.
    pub fn fired(&self) -> u64 {
        self.armed(|armed| armed.fired)
    }

    /// Whether some call may be answered from the past, so that the past has to be kept.
    pub(crate) fn need_the_past(&self) -> bool {
        self.armed(|armed| armed.faults.iter().any(|fault| matches!(fault.effect, Effect::Stale)))
    }

    /// The effects on a call, each counted. `roots` are the folded roots of its commands.
    pub(crate) fn strike(
        &self,
        endpoint: Option<Endpoint>,
        page: Option<u64>,
        roots: &BTreeSet<String>,
    ) -> Vec<Effect> {
        self.armed(|armed| {
            let mut effects = Vec::new();
            for fault in &mut armed.faults {
                let Fault { effect, on, page: on_page, skip, times } = fault;
                let elsewhere = on.is_some() && *on != endpoint || on_page.is_some() && *on_page != page;
                let other = match effect {
                    Effect::FailCommand { root, .. } => !roots.contains(&root.to_lowercase()),
                    _ => false,
                };
                if elsewhere || other {
                    continue;
                }
                if *skip > 0 {
                    *skip -= 1;
                    continue;
                }
                match times {
                    Some(0) => continue,
                    Some(left) => *left -= 1,
                    None => {}
                }
                armed.fired += 1;
                effects.push(effect.clone());
            }
            effects
        })
    }

    fn armed<T>(&self, use_it: impl FnOnce(&mut Armed) -> T) -> T {
        use_it(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
