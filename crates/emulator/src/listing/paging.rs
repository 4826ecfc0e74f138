//! Pages and their headers.

use serde_json::{Map, Value, json};

use super::season;
use crate::answer::Answer;
use crate::knobs::{BeyondLast, Knobs};

/// Which rows a page holds.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Cut {
    pub(super) rows: std::ops::Range<usize>,
    current: usize,
    pages: usize,
    total: usize,
}

impl Cut {
    /// `None` for a page beyond the last, where the knob says so.
    pub(super) fn of(total: usize, size: usize, page: u64, beyond: BeyondLast) -> Option<Self> {
        let size = size.max(1);
        // An empty list is one empty page.
        let pages = total.div_ceil(size).max(1);
        let mut current = usize::try_from(page).unwrap_or(usize::MAX);
        if current >= pages {
            match beyond {
                BeyondLast::Last => current = pages - 1,
                BeyondLast::NotFound => return None,
            }
        }
        let start = current * size;
        Some(Self { rows: start..(start + size).min(total), current, pages, total })
    }

    /// The page around its rows. `uncounted` accounts are in the total and in no row.
    pub(super) fn page(
        &self,
        key: &str,
        rows: Vec<Value>,
        more: Map<String, Value>,
        uncounted: usize,
        knobs: &Knobs,
    ) -> Answer {
        let listed = rows.len();
        let mut page = more;
        page.insert("lastPage".into(), json!(self.current + 1 == self.pages));
        page.insert("result".into(), json!("success"));
        let mut page = season(page, &knobs.omit_page_fields, knobs);
        page.insert(key.into(), Value::Array(rows));
        Answer::json(200, Value::Object(page))
            .with("X-Total-Count", self.total + uncounted)
            .with("X-Page-Count", self.pages)
            .with("X-Current-Page", self.current)
            .with("X-Page-Size", listed)
    }
}

/// The answer to a page beyond the last, in the documentation's example.
pub(super) fn beyond() -> Answer {
    Answer::json(200, json!({"lastPage": true, "result": "Not found"}))
}

/// "Unparsable parameter" (error handling page).
pub(super) fn bad_page(page: &str) -> Answer {
    Answer::refusal(400, "error", format!("Invalid page: {page}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_last_page_is_the_last() {
        let cut = Cut::of(2000, 2000, 0, BeyondLast::Last).unwrap();
        assert_eq!((cut.rows, cut.pages), (0..2000, 1));
    }

    #[test]
    fn beyond_the_last_page_lies_the_last_or_nothing() {
        assert_eq!(Cut::of(5, 2, 99, BeyondLast::Last).unwrap().rows, 4..5);
        assert_eq!(Cut::of(5, 2, u64::MAX, BeyondLast::NotFound), None);
    }
}
