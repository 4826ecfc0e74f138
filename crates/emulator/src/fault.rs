//! Faults: what goes wrong between a client and Adobe, on demand.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::org::Org;
use crate::route::Endpoint;

/// One fault: what happens, to which calls, how often. Without further words: to every call, always.
#[derive(Debug, Clone)]
pub struct Fault {
    effect: Effect,
    on: Option<Endpoint>,
    page: Option<u64>,
    skip: u32,
    times: Option<u32>,
}

/// What happens to a call.
#[derive(Debug, Clone)]
pub enum Effect {
    /// Answered so without being processed; the throttle does not count it.
    Refuse(Reply),
    /// Processed, changes and all, then answered so: a `504` after the work was done.
    Replace(Reply),
    /// Waits before it is processed. It is processed even if the client has given up by then.
    DelayRequest(Duration),
    /// Processed at once, answered late.
    DelayReply(Duration),
    /// The connection closes before the call is processed.
    CloseBefore,
    /// The call is processed, then the connection closes without a byte of answer.
    CutReply,
    /// The call is processed, then the connection closes in the middle of the answer.
    CutMidReply,
    /// The answer's JSON stops in the middle; as HTTP it is whole.
    TruncateJson,
    /// A page claims this for `lastPage`.
    LastPage(bool),
    /// A page has no rows; its other fields and headers stay.
    NoRows,
    /// A page lists its first rows twice.
    DuplicateRows(usize),
    /// A page lacks its last rows; its other fields and headers stay.
    DropRows(usize),
    /// The commands for this user or group fail at step 0 and change nothing; other commands go on.
    FailCommand {
        /// Email, username or group name, as the command's root has it; letter case does not count.
        root: String,
        /// The `errorCode`.
        code: String,
        /// The `message`.
        message: String,
    },
    /// An action answer keeps its counts and loses `errors`.
    OmitErrors,
    /// Somebody else changes the organization just before the call is processed: an administrator in the console
    /// between two pages, or between the listing and the commands. Made by [`Effect::meanwhile`].
    Meanwhile(Meanwhile),
}

impl Effect {
    /// Changes the organization just before a call is processed.
    pub fn meanwhile(change: impl Fn(&mut Org) + Send + Sync + 'static) -> Self {
        Self::Meanwhile(Meanwhile(Arc::new(change)))
    }
}

/// A change that somebody else makes.
#[derive(Clone)]
pub struct Meanwhile(pub(crate) Arc<dyn Fn(&mut Org) + Send + Sync>);

impl fmt::Debug for Meanwhile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Meanwhile(…)")
    }
}

/// A made-up answer.
#[derive(Debug, Clone)]
pub struct Reply {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<String>,
    pub(crate) body: ReplyBody,
}

#[derive(Debug, Clone)]
pub(crate) enum ReplyBody {
    /// What Adobe sends with that status.
    Usual,
    Empty,
    Html,
    Text {
        kind: String,
        text: String,
    },
}

impl Reply {
    /// An answer with this status and what Adobe sends with it: an empty 401 and 403, JSON with 4xx, HTML with 5xx.
    pub fn status(status: u16) -> Self {
        Self { status, retry_after: None, body: ReplyBody::Usual }
    }

    /// The same with `Retry-After`: seconds, a date, or nonsense.
    pub fn retry_after(mut self, value: impl ToString) -> Self {
        self.retry_after = Some(value.to_string());
        self
    }

    /// The same without a body.
    pub fn empty(mut self) -> Self {
        self.body = ReplyBody::Empty;
        self
    }

    /// The same with the HTML page of a gateway.
    pub fn html(mut self) -> Self {
        self.body = ReplyBody::Html;
        self
    }

    /// The same with this body.
    pub fn body(mut self, content_type: impl Into<String>, text: impl Into<String>) -> Self {
        self.body = ReplyBody::Text { kind: content_type.into(), text: text.into() };
        self
    }
}

impl Fault {
    /// On every call of one class.
    pub fn on(endpoint: Endpoint, effect: Effect) -> Self {
        Self { on: Some(endpoint), ..Self::everywhere(effect) }
    }

    /// On every call.
    pub fn everywhere(effect: Effect) -> Self {
        Self { effect, on: None, page: None, skip: 0, times: None }
    }

    /// Only on calls for this page.
    pub fn page(mut self, page: u64) -> Self {
        self.page = Some(page);
        self
    }

    /// Lets the first calls it would hit go.
    pub fn skip(mut self, calls: u32) -> Self {
        self.skip = calls;
        self
    }

    /// Ends after that many calls.
    pub fn times(mut self, calls: u32) -> Self {
        self.times = Some(calls);
        self
    }

    /// Hits the first call only.
    pub fn once(self) -> Self {
        self.times(1)
    }

    /// Hits that call only, counted from 1.
    pub fn nth(self, call: u32) -> Self {
        self.skip(call.saturating_sub(1)).times(1)
    }
}

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
