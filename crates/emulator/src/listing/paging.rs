//! Pages and their headers.

use serde_json::{Map, Value, json};

use super::season;
use crate::answer::Answer;
use crate::fault::Effect;
use crate::knobs::{BeyondLast, Knobs};

/// Which rows a page holds.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Cut {
    pub(super) rows: std::ops::Range<usize>,
    current: usize,
    pages: usize,
    /// What the header says; it counts more than there are rows where accounts are counted and never listed.
    total: usize,
}

impl Cut {
    /// The page numbered `page` of `listed` rows, in pages of `size`. `None` for one beyond the last, where the knob
    /// says so. `uncounted` accounts are in the total and in no row.
    pub(super) fn of(listed: usize, uncounted: usize, size: usize, page: u64, knobs: &Knobs) -> Option<Self> {
        let size = size.max(1);
        let total = listed + uncounted;
        let filling = if knobs.technical_accounts_fill_pages { total } else { listed };
        // An empty list is one empty page.
        let pages = filling.div_ceil(size).max(1);
        let mut current = usize::try_from(page).unwrap_or(usize::MAX);
        if current >= pages {
            match knobs.oob_page {
                BeyondLast::Last => current = pages - 1,
                BeyondLast::NotFound | BeyondLast::Http404 => return None,
            }
        }
        let start = (current * size).min(listed);
        Some(Self { rows: start..(start + size).min(listed), current, pages, total })
    }

    /// The same page after somebody came or went in between.
    pub(super) fn shifted(mut self, listed: usize, effects: &[Effect]) -> Self {
        for effect in effects {
            if let Effect::ShiftRows(by) = effect {
                let moved =
                    |at: usize| at.saturating_add_signed(isize::try_from(*by).unwrap_or(0)).min(listed);
                self.rows = moved(self.rows.start)..moved(self.rows.end);
            }
        }
        self
    }

    /// The page around its rows.
    pub(super) fn page(
        &self,
        key: &str,
        rows: Vec<Value>,
        more: Map<String, Value>,
        knobs: &Knobs,
    ) -> Answer {
        let listed = rows.len();
        let mut page = more;
        page.insert("lastPage".into(), json!(self.current + 1 == self.pages));
        page.insert("result".into(), json!("success"));
        let mut page = season(page, &knobs.omit_page_fields, knobs);
        page.insert(key.into(), Value::Array(rows));
        Answer::json(200, Value::Object(page))
            .with("X-Total-Count", self.total)
            .with("X-Page-Count", self.pages)
            .with("X-Current-Page", self.current)
            .with("X-Page-Size", listed)
    }
}

/// The answer to a page beyond the last: as in the documentation's example, or a status that says the same.
pub(super) fn beyond(knobs: &Knobs) -> Answer {
    let status = if knobs.oob_page == BeyondLast::Http404 { 404 } else { 200 };
    Answer::json(status, json!({"lastPage": true, "result": "Not found"}))
}

/// "Unparsable parameter" (error handling page).
pub(super) fn bad_page(page: &str) -> Answer {
    Answer::refusal(400, "error", format!("Invalid page: {page}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(listed: usize, size: usize, page: u64, oob_page: BeyondLast) -> Option<Cut> {
        Cut::of(listed, 0, size, page, &Knobs { oob_page, ..Knobs::default() })
    }

    #[test]
    fn a_full_last_page_is_the_last() {
        let cut = cut(2000, 2000, 0, BeyondLast::Last).unwrap();
        assert_eq!((cut.rows, cut.pages), (0..2000, 1));
    }

    #[test]
    fn beyond_the_last_page_lies_the_last_or_nothing() {
        assert_eq!(cut(5, 2, 99, BeyondLast::Last).unwrap().rows, 4..5);
        assert_eq!(cut(5, 2, u64::MAX, BeyondLast::NotFound), None);
    }

    #[test]
    fn a_shift_stays_within_the_list() {
        let page = || cut(5, 2, 1, BeyondLast::Last).unwrap();
        for (by, rows) in [(1, 3..5), (-1, 1..3), (-9, 0..0), (9, 5..5)] {
            assert_eq!(page().shifted(5, &[Effect::ShiftRows(by)]).rows, rows, "{by}");
        }
    }
}
