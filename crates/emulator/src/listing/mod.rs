//! The reading endpoints.

mod groups;
mod paging;
mod users;

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::knobs::Knobs;
use crate::mix::mix;
use crate::world::World;

impl World {
    /// Puts numbered rows into the order in which this request lists them.
    fn shuffle<T>(&self, rows: &mut [(u64, T)]) {
        let Some(seed) = self.knobs.shuffle_rows else { return };
        let seed = if self.knobs.reshuffle_rows { mix(seed, self.listings) } else { seed };
        rows.sort_by_cached_key(|(number, _)| mix(seed, *number));
    }
}

/// Leaves fields out and adds unknown ones, as the knobs say.
fn season(mut row: Map<String, Value>, omit: &BTreeSet<String>, knobs: &Knobs) -> Map<String, Value> {
    row.retain(|key, _| !omit.contains(key));
    if knobs.extra_fields {
        // The documentation reserves the right to add fields of any type four weeks after announcing them.
        row.insert("futureText".into(), json!("unknown to today's clients"));
        row.insert("futureObject".into(), json!({"nested": [1, null, {"deep": true}]}));
        row.insert("futureNull".into(), Value::Null);
    }
    row
}
