//! Rounds: how often a story is played, with which dice, on two threads.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

/// As many as two small cores do at once.
const THREADS: usize = 2;

/// Whether there is time: `tests/run --long` says so.
pub(crate) fn is_long() -> bool {
    std::env::var_os("UMSYNC_TEST_LONG").is_some_and(|value| value == "1")
}

/// So many rounds in a long run, so many otherwise.
pub(crate) fn rounds(short: usize, long: usize) -> usize {
    if is_long() { long } else { short }
}

/// Plays rounds 0, 1, … and gives what they gave, in order. A round that panics is named and ends the play.
#[track_caller]
pub(crate) fn play<T: Send>(rounds: usize, story: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let (next, failed, given) = (AtomicUsize::new(0), AtomicBool::new(false), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                while !failed.load(Ordering::Relaxed) {
                    let round = next.fetch_add(1, Ordering::Relaxed);
                    if round >= rounds {
                        break;
                    }
                    let named = Named { round, failed: &failed };
                    let told = story(round);
                    drop(named);
                    given.lock().expect("nobody panics with it").push((round, told));
                }
            });
        }
    });
    let mut given = given.into_inner().expect("nobody panics with it");
    given.sort_by_key(|(round, _)| *round);
    given.into_iter().map(|(_, told)| told).collect()
}

/// Says which round it was, should it panic.
struct Named<'a> {
    round: usize,
    failed: &'a AtomicBool,
}

impl Drop for Named<'_> {
    #[expect(clippy::print_stderr, reason = "it belongs to the message of the panic")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.failed.store(true, Ordering::Relaxed);
            eprintln!("that was round {} with UMSYNC_TEST_SEED={}", self.round, seed());
        }
    }
}

/// Says this, should the test panic while it is there.
pub(crate) struct Telling(pub(crate) String);

impl Drop for Telling {
    #[expect(clippy::print_stderr, reason = "it belongs to the message of the panic")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("that was {}", self.0);
        }
    }
}

/// Another number in `UMSYNC_TEST_SEED` gives other rounds.
fn seed() -> u64 {
    std::env::var("UMSYNC_TEST_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(500)
}

/// Dice that fall the same way each time (SplitMix64).
#[derive(Debug)]
pub(crate) struct Dice(u64);

impl Dice {
    /// The dice of one round.
    pub(crate) fn of(round: usize) -> Self {
        Self(seed().wrapping_mul(1_000_003).wrapping_add(round as u64))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below this one.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    /// True once in so many times.
    pub(crate) fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    /// A time no longer than this one.
    pub(crate) fn up_to(&mut self, longest: Duration) -> Duration {
        Duration::from_micros(self.below(longest.as_micros() as usize + 1) as u64)
    }
}
