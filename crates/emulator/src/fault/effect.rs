//! What a fault does.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Reply;
use crate::org::Org;

/// What happens to a call.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// Answered so without being processed; the throttle does not count it.
    Refuse(Reply),
    /// Processed, changes and all, then answered so: a `504` after the work was done.
    Replace(Reply),
    /// Waits before it is processed. It is processed even if the client has given up by then.
    DelayRequest(#[serde(with = "milliseconds")] Duration),
    /// Processed at once, answered late.
    DelayReply(#[serde(with = "milliseconds")] Duration),
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
    /// A page begins that many rows later, or earlier if negative: what a client that walks the pages then misses
    /// or sees twice, because somebody came or went in between.
    ShiftRows(i64),
    /// A header of the answer has this value, or is missing: `X-Total-Count`, `Retry-After`.
    Header {
        /// Its name.
        name: String,
        /// Its value; `None` takes it away.
        value: Option<String>,
    },
    /// A field of the answer's JSON has this value, or is missing: `completed`, `result`.
    Field {
        /// Its name, at the top.
        name: String,
        /// Its value; `None` takes it away.
        value: Option<Value>,
    },
    /// Every token given out so far dies just before the call.
    ExpireTokens,
    /// The client is locked out from this call on, for that many seconds, as if it had listed too often.
    LockOut(u32),
    /// Users created by this action request are seen only that many milliseconds later; goes before the knob.
    ReadLag(u64),
    /// A reading call is answered from what the organization was before the last action request.
    Stale,
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
    #[serde(skip)]
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

/// Durations as whole milliseconds.
mod milliseconds {
    use std::time::Duration;

    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        u64::deserialize(deserializer).map(Duration::from_millis)
    }
}
