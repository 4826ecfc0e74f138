//! How many changes one action request carries: all that it takes, fewer while Adobe takes too long over them.

use crate::error::Error;

/// Ten commands of ten lists of ten (UMAPI Action API, limits).
const MOST: usize = 1_000;
/// With fewer a request is as long as a request of ordinary commands.
const LEAST: usize = 60;
/// After so many clean answers in a row more is tried.
const CLEAN: u32 = 5;

/// The changes that the next request may carry.
#[derive(Debug)]
pub(crate) struct Room {
    changes: usize,
    clean: u32,
}

impl Room {
    pub(crate) fn new() -> Self {
        Self { changes: MOST, clean: 0 }
    }

    /// How many of these commands, by their sizes, travel together; one at least.
    pub(crate) fn takes(&self, sizes: impl Iterator<Item = usize>) -> usize {
        let mut left = self.changes;
        let fits = |size: &usize| {
            let fits = *size <= left;
            left = left.saturating_sub(*size);
            fits
        };
        sizes.take_while(fits).count().max(1)
    }

    /// An answer came.
    pub(crate) fn was_enough(&mut self) {
        self.clean += 1;
        if self.clean >= CLEAN {
            (self.changes, self.clean) = ((self.changes * 2).min(MOST), 0);
        }
    }

    /// None did, or one that says that Adobe took too long.
    pub(crate) fn was_too_much(&mut self, error: &Error) {
        if matches!(error, Error::Busy { status: 502..=504, .. } | Error::Lost { .. }) {
            (self.changes, self.clean) = ((self.changes / 2).max(LEAST), 0);
            tracing::info!(changes = self.changes, "requests carry fewer changes for a while");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_halves_on_trouble_and_doubles_after_five_clean_answers() {
        let mut room = Room::new();
        assert_eq!(room.takes([100; 12].into_iter()), 10);
        let trouble = Error::Busy { doing: String::new(), status: 504, code: String::new() };
        room.was_too_much(&trouble);
        assert_eq!(room.takes([100; 12].into_iter()), 5);
        (0..5).for_each(|_| room.was_enough());
        assert_eq!(room.takes([100; 12].into_iter()), 10);
        (0..20).for_each(|_| room.was_too_much(&trouble));
        assert_eq!(room.takes([100; 12].into_iter()), 1, "one goes at least");
        assert_eq!(room.takes([1; 12].into_iter()), 12);
    }
}
