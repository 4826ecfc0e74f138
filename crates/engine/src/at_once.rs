//! Two things at once, for those who have a million people and two processors. What comes out is the same as if they were done
//! one after the other.

use std::panic::resume_unwind;
use std::thread;

/// For fewer than so many a thread costs more than it saves.
const WORTH_A_THREAD: usize = 1_000;

/// Does one thing beside the other. `count` is how many people or changes they go over.
pub(crate) fn at_once<A: Send, B>(
    count: usize,
    one: impl FnOnce() -> A + Send,
    other: impl FnOnce() -> B,
) -> (A, B) {
    if count < WORTH_A_THREAD {
        return (one(), other());
    }
    thread::scope(|scope| {
        let one = scope.spawn(one);
        let other = other();
        (one.join().unwrap_or_else(|panic| resume_unwind(panic)), other)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_are_done() {
        for count in [0, WORTH_A_THREAD - 1, WORTH_A_THREAD] {
            let mut done = (0, 0);
            let (one, other) = (&mut done.0, &mut done.1);
            assert_eq!(at_once(count, || *one += 1, || *other += 2), ((), ()));
            assert_eq!(done, (1, 2));
        }
    }
}
