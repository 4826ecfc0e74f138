//! Where the guard puts the entries of an answer aside for whoever has asked.
//!
//! Nearly everything that a server says is entries, and the client library makes a tree of each one. So entries do not go
//! through it: the guard checks each and puts it here, and passes on to the library whatever else the server says. The end
//! of an answer comes last (RFC 4511, section 4.5.2), so by the time the library tells it, all its entries are here.
//!
//! One question is asked at a time on a connection. What too many entries would take is not kept first: the answer may have
//! no end.

use super::ber::Malformed;
use super::bounds::LARGEST_ANSWER;
use super::entry::Raw;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// What a server does that answers what it was not asked.
const UNASKED: Malformed = "an entry nobody asked for";

/// So many questions as there are numbers. Whoever begins again could not tell a late entry from one of the answer.
const UNCOUNTED: Malformed = "more than two thousand million questions on one connection";

/// One end for the guard, one for whoever asks.
#[derive(Debug, Clone, Default)]
pub(super) struct Shelf(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    full: Notify,
}

#[derive(Debug, Default)]
struct State {
    /// For this question and for those before it nobody waits any more. The client library counts questions up.
    over: u32,
    asked: Option<Asked>,
}

/// What is being asked.
#[derive(Debug)]
struct Asked {
    /// The number of the question, once the client library has told it.
    id: Option<u32>,
    /// The number that the entries have. They may be faster than the library.
    answers: Option<u32>,
    /// The number of an answer that has ended: what still comes for it is too late.
    ended: Option<u32>,
    /// So many entries may answer it.
    most: usize,
    entries: Vec<Raw>,
    /// What they cost.
    cost: usize,
    excess: Option<Excess>,
}

/// What is too much of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Excess {
    /// There are more entries than may be.
    Entries,
    /// They cost too much.
    Cost,
}

/// Somebody who waits for an answer. When they are gone, what has come for them is, too.
#[derive(Debug)]
pub(super) struct Waiting(Shelf);

impl Shelf {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A question that is about to be asked, and that so many entries may answer.
    pub(super) fn wait(&self, most: usize) -> Waiting {
        self.state().asked = Some(Asked {
            id: None,
            answers: None,
            ended: None,
            most,
            entries: Vec::new(),
            cost: 0,
            excess: None,
        });
        Waiting(self.clone())
    }

    /// Puts an entry aside that answers question `id`.
    pub(super) fn put(&self, id: u32, entry: Raw) -> Result<(), Malformed> {
        let State { over, asked } = &mut *self.state();
        if id <= *over {
            return Ok(());
        }
        let asked = asked.as_mut().ok_or(UNASKED)?;
        if asked.excess.is_some() || asked.ended == Some(id) {
            return Ok(());
        }
        if asked.id.or(asked.answers).is_some_and(|known| known != id) {
            return Err(UNASKED);
        }
        asked.answers = Some(id);
        asked.cost += entry.cost();
        if asked.entries.len() == asked.most {
            asked.excess = Some(Excess::Entries);
        } else if asked.cost > LARGEST_ANSWER {
            asked.excess = Some(Excess::Cost);
        }
        if asked.excess.is_some() {
            asked.entries = Vec::new();
            self.0.full.notify_one();
        } else {
            asked.entries.push(entry);
        }
        Ok(())
    }

    /// Question `id` is answered: no entry comes any more.
    pub(super) fn end(&self, id: u32) {
        if let Some(asked) = &mut self.state().asked
            && asked.id.is_none_or(|own| own == id)
        {
            asked.ended = Some(id);
        }
    }
}

impl Waiting {
    /// The number that the question was given.
    pub(super) fn is(&self, number: i32) -> Result<(), Malformed> {
        let State { over, asked } = &mut *self.0.state();
        let id = u32::try_from(number).ok().filter(|id| id > over).ok_or(UNCOUNTED)?;
        if let Some(asked) = asked {
            asked.id = Some(id);
            if asked.answers.is_some_and(|answers| answers != id) {
                return Err(UNASKED);
            }
        }
        Ok(())
    }

    /// Waits for too much.
    pub(super) async fn excess(&self) -> Excess {
        loop {
            if let Some(excess) = self.0.state().asked.as_ref().and_then(|asked| asked.excess) {
                return excess;
            }
            self.0.0.full.notified().await;
        }
    }

    /// What has come, when the answer has ended, and what it costs.
    pub(super) fn take(self) -> Result<(Vec<Raw>, usize), Excess> {
        let mut state = self.0.state();
        let asked = state.asked.as_mut();
        asked.map_or(Ok((Vec::new(), 0)), |asked| match asked.excess {
            Some(excess) => Err(excess),
            None => Ok((std::mem::take(&mut asked.entries), asked.cost)),
        })
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let State { over, asked } = &mut *self.0.state();
        if let Some(id) = asked.take().and_then(|asked| asked.id) {
            *over = id;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(bytes: usize) -> Raw {
        Raw { bytes: vec![0; bytes], start: 0, end: bytes, elements: 0 }
    }

    fn lengths(waiting: Waiting) -> Result<Vec<usize>, Excess> {
        waiting.take().map(|(entries, _)| entries.iter().map(|entry| entry.bytes.len()).collect())
    }

    #[test]
    fn entries_come_in_their_order_whoever_knows_the_number_first() {
        let shelf = Shelf::default();
        let waiting = shelf.wait(3);
        shelf.put(1, entry(5)).unwrap();
        waiting.is(1).unwrap();
        shelf.put(1, entry(4)).unwrap();
        // The end of another answer is none of this one's.
        shelf.end(9);
        shelf.put(1, entry(6)).unwrap();
        shelf.end(1);
        assert_eq!(lengths(waiting), Ok(vec![5, 4, 6]));
    }

    #[test]
    fn what_comes_too_late_is_left_and_what_nobody_asked_for_is_a_mistake() {
        let shelf = Shelf::default();
        assert_eq!(shelf.put(1, entry(1)), Err(UNASKED));
        let waiting = shelf.wait(3);
        // An answer of nobody ends before it is known what was asked.
        shelf.end(1);
        shelf.put(1, entry(1)).unwrap();
        waiting.is(1).unwrap();
        assert_eq!(lengths(waiting), Ok(Vec::new()));
        // Given up in the middle.
        let waiting = shelf.wait(3);
        waiting.is(2).unwrap();
        shelf.put(2, entry(1)).unwrap();
        assert_eq!(shelf.put(3, entry(1)), Err(UNASKED));
        drop(waiting);
        let waiting = shelf.wait(3);
        shelf.put(2, entry(1)).unwrap();
        waiting.is(3).unwrap();
        shelf.put(1, entry(1)).unwrap();
        shelf.put(3, entry(7)).unwrap();
        assert_eq!(lengths(waiting), Ok(vec![7]));
        shelf.put(3, entry(1)).unwrap();
        assert_eq!(shelf.put(4, entry(1)), Err(UNASKED));
        // Whoever lies about the number is found out by the library's.
        let waiting = shelf.wait(3);
        shelf.put(1 << 30, entry(1)).unwrap();
        assert_eq!(waiting.is(4), Err(UNASKED));
        drop(waiting);
        let waiting = shelf.wait(3);
        waiting.is(5).unwrap();
        shelf.put(5, entry(2)).unwrap();
        assert_eq!(lengths(waiting), Ok(vec![2]));
        assert_eq!(shelf.wait(3).is(5), Err(UNCOUNTED));
    }

    #[tokio::test]
    async fn too_much_is_not_kept() {
        let shelf = Shelf::default();
        for (most, large, excess) in [(2, 1, Excess::Entries), (5, LARGEST_ANSWER / 2, Excess::Cost)] {
            let waiting = shelf.wait(most);
            for _ in 0..4 {
                // Taken only where it is kept.
                let raw = Raw { bytes: Vec::new(), start: 0, end: 0, elements: large / 100 };
                shelf.put(9, raw).unwrap();
            }
            assert_eq!(waiting.excess().await, excess);
            assert!(shelf.state().asked.as_ref().unwrap().entries.is_empty());
            assert_eq!(lengths(waiting), Err(excess));
        }
    }
}
