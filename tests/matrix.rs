//! The matrix: a small sync in which each request in turn meets each fault. Afterwards Adobe holds what the directory says,
//! or the run has failed and tells the truth about every command; the next run without faults always gets there; and
//! nobody who is not managed was touched.

mod company;
mod inside;
mod ledger;
mod program;

use std::time::Duration;
use umsync_emulator::{Effect, Fault, Reply};

/// What goes wrong, by name.
fn effects() -> Vec<(String, Effect)> {
    let mut effects: Vec<(String, Effect)> = Vec::new();
    // Turned away unread.
    for status in [400, 401, 403, 404, 408, 418, 429, 500, 502, 503, 504, 520] {
        effects.push((format!("{status}"), Effect::Refuse(Reply::status(status))));
    }
    for status in [429, 503] {
        for value in ["0", "-5", "soon", "1", "Thu, 01 Jan 1970 00:00:00 GMT", "700", "100000"] {
            let reply = Reply::status(status).retry_after(value);
            effects.push((format!("{status} with Retry-After: {value}"), Effect::Refuse(reply)));
        }
    }
    effects.push(("302".into(), Effect::Refuse(Reply::status(302).empty())));
    // Carried out, and answered with something else.
    for status in [500, 502, 503, 504] {
        effects.push((format!("{status} after the work"), Effect::Replace(Reply::status(status))));
    }
    effects.push(("HTML with 200".into(), Effect::Refuse(Reply::status(200).html())));
    effects.push(("HTML with 200 after the work".into(), Effect::Replace(Reply::status(200).html())));
    effects.push(("nothing with 200 after the work".into(), Effect::Replace(Reply::status(200).empty())));
    let empty = Reply::status(200).body("application/json", "{}");
    effects.push(("an empty object after the work".into(), Effect::Replace(empty)));
    effects.push(("JSON that stops".into(), Effect::TruncateJson));
    // Connections.
    effects.push(("closed before the work".into(), Effect::CloseBefore));
    effects.push(("cut after the work".into(), Effect::CutReply));
    effects.push(("cut in the middle of the answer".into(), Effect::CutMidReply));
    effects.push(("too late, and carried out".into(), Effect::DelayReply(LATE)));
    effects.push(("too late, and carried out later".into(), Effect::DelayRequest(LATE)));
    // Pages and counts.
    effects.push(("rows twice".into(), Effect::DuplicateRows(2)));
    effects.push(("errors left out".into(), Effect::OmitErrors));
    effects
}

/// Longer than the client waits in the run that meets it.
const LATE: Duration = Duration::from_millis(1500);

/// One case: this happens to that request, counted from 1, and perhaps to all that follow.
#[derive(Debug, Clone)]
struct Case {
    what: String,
    effect: Effect,
    at: u32,
    stays: bool,
}

impl Case {
    fn fault(&self) -> Fault {
        let fault = Fault::everywhere(self.effect.clone()).skip(self.at - 1);
        if self.stays { fault } else { fault.once() }
    }

    fn name(&self) -> String {
        let all = if self.stays { " and all that follow" } else { "" };
        format!("request {}{all}: {}", self.at, self.what)
    }
}

/// Every fault at every one of so many requests.
fn cases(requests: u32) -> Vec<Case> {
    let mut cases = Vec::new();
    for stays in [false, true] {
        for (what, effect) in effects() {
            for at in 1..=requests {
                cases.push(Case { what: what.clone(), effect: effect.clone(), at, stays });
            }
        }
    }
    cases
}
