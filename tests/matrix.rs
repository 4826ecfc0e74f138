//! The matrix: a small sync in which each request in turn meets each fault. Afterwards Adobe holds what the directory says,
//! or the run has failed and tells the truth about every command; the next run without faults always gets there; and
//! nobody who is not managed was touched.

mod company;
mod inside;
mod ledger;
mod program;
mod trouble;

use trouble::{Trouble, troubles};
use umsync_emulator::{Endpoint, Fault};

/// One case: this happens to that request, counted from 1, and perhaps to all that follow.
#[derive(Debug, Clone)]
struct Case {
    trouble: Trouble,
    at: u32,
    stays: bool,
}

impl Case {
    /// Its faults, where so many requests come before the sync.
    fn faults(&self, before: u32) -> Vec<Fault> {
        let Trouble { what: _, effects, beside, on: _, shows: _ } = &self.trouble;
        let fault = |effect| {
            let fault = Fault::everywhere(effect).skip(before + self.at - 1);
            if self.stays { fault } else { fault.once() }
        };
        effects.iter().cloned().map(fault).chain(beside.iter().cloned()).collect()
    }

    fn name(&self) -> String {
        let all = if self.stays { " and all that follow" } else { "" };
        format!("request {}{all}: {}", self.at, self.trouble.what)
    }
}

/// Every trouble with every one of these requests, where it means something there.
fn cases(requests: &[Endpoint]) -> Vec<Case> {
    let mut cases = Vec::new();
    for stays in [false, true] {
        for trouble in troubles() {
            let met = (1..).zip(requests).filter(|(_, endpoint)| trouble.on.has(**endpoint));
            cases.extend(met.map(|(at, _)| Case { trouble: trouble.clone(), at, stays }));
        }
    }
    cases
}
