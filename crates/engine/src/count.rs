//! The count: how many users Adobe counts and did not list, and what that means for a plan. A listing may end too early
//! and look whole; the count that comes with it (`X-Total-Count`) is what gives it away.

use crate::adobe::Snapshot;

/// Adobe's count of users beside those that it listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    counted: Option<u64>,
    listed: u64,
    surplus: u64,
}

impl Count {
    /// The count of a listing. `surplus`: so many accounts are counted and never listed, as somebody has approved:
    /// technical accounts (UMAPI documentation, "X-Total-Count").
    pub fn of(adobe: &Snapshot, surplus: u64) -> Self {
        let listed = (adobe.users.len() + adobe.unreadable.len()) as u64;
        Self { counted: adobe.total_count, listed, surplus }
    }

    /// How many users Adobe counts and did not list; `None` where it gave no count.
    pub fn unlisted(self) -> Option<u64> {
        Some(self.counted?.saturating_sub(self.listed))
    }

    /// How many of them nobody has approved.
    fn missing(self) -> u64 {
        self.unlisted().unwrap_or_default().saturating_sub(self.surplus)
    }

    /// Whether anybody at all may be at Adobe without being listed: nobody is to be created who was not looked for. A
    /// listing without a count proves nothing.
    pub fn is_open(self) -> bool {
        self.counted.is_none() || self.missing() > 0
    }

    /// Whether so many are missing that nothing is to be taken from anybody. An organization has a few technical accounts,
    /// and a large one a few more; but a tenth of a small one is no few.
    pub fn is_short(self) -> bool {
        self.missing() > self.few().min(self.counted.unwrap_or_default() / 10)
    }

    /// Whether so many are missing that nobody is to be created either, looked for or not.
    pub fn is_far_short(self) -> bool {
        self.missing() > self.few()
    }

    fn few(self) -> u64 {
        (self.counted.unwrap_or_default() / 100).max(20)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(counted: u64, listed: u64, surplus: u64) -> Count {
        Count { counted: Some(counted), listed, surplus }
    }

    #[test]
    fn few_are_twenty_or_a_hundredth_but_never_more_than_a_tenth() {
        for (counted, few) in [(0, 0), (9, 0), (10, 1), (60, 6), (199, 19), (200, 20), (530, 20), (9_000, 90)]
        {
            assert!(!count(counted, counted - few, 0).is_short(), "{counted}");
            assert!(few == counted || count(counted, counted - few - 1, 0).is_short(), "{counted}");
        }
        assert!(count(60, 0, 0).is_short(), "an empty listing");
        assert!(count(60, 40, 0).is_short() && !count(60, 40, 0).is_far_short());
        assert!(count(60, 39, 0).is_far_short() && !count(60, 39, 1).is_far_short());
    }

    #[test]
    fn what_was_approved_is_not_missing() {
        assert!(count(530, 500, 0).is_short());
        let approved = count(530, 500, 30);
        assert!(!approved.is_short() && !approved.is_open());
        assert_eq!(approved.unlisted(), Some(30));
        let one_more = count(530, 499, 30);
        assert!(!one_more.is_short() && one_more.is_open());
        assert!(count(530, 479, 30).is_short());
    }

    #[test]
    fn more_listed_than_counted_is_nothing_missing_and_no_count_is_open() {
        assert!(!count(3, 5, 0).is_open());
        let without = Count { counted: None, listed: 5, surplus: 0 };
        assert!(without.is_open() && !without.is_short());
        assert_eq!(without.unlisted(), None);
    }
}
