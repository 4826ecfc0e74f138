//! A trap at one request: when the emulator comes to it, the program is killed or stopped, before anything is answered.

use rustix::process::{Pid, Signal, kill_process};
use std::process::Child;
use std::sync::{Arc, Mutex, PoisonError};
use umsync_emulator::{Entry, RequestHook};

/// Waits for a request. Clones are the same trap.
#[derive(Clone, Default)]
pub(super) struct Trap(Arc<Mutex<Set>>);

#[derive(Default)]
enum Set {
    #[default]
    No,
    /// For the request of this number, and this program.
    For(usize, Pid, Signal),
    Sprung,
}

impl Trap {
    /// What the emulator calls with each request once it is dealt with; the answer leaves afterwards.
    pub(super) fn hook(&self) -> RequestHook {
        let trap = self.clone();
        Arc::new(move |entry: &Entry| trap.meet(entry))
    }

    fn meet(&self, entry: &Entry) {
        let mut set = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Set::For(number, pid, signal) = *set
            && entry.number == number
        {
            kill_process(pid, signal).expect("it waits for this answer");
            while !has_obeyed(pid) {
                std::thread::yield_now();
            }
            *set = Set::Sprung;
        }
    }

    /// Starts a program into the trap: the request of this number meets it.
    pub(super) fn start(&self, number: usize, signal: Signal, start: impl FnOnce() -> Child) -> Child {
        // Held while it starts, so that no request is too early.
        let mut set = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let child = start();
        *set = Set::For(number, Pid::from_child(&child), signal);
        child
    }

    /// Whether it has sprung since it was set.
    pub(super) fn has_sprung(&self) -> bool {
        matches!(*self.0.lock().unwrap_or_else(PoisonError::into_inner), Set::Sprung)
    }
}

/// Stops a program where it is.
pub(super) fn stop(child: &Child) {
    let pid = Pid::from_child(child);
    kill_process(pid, Signal::STOP).expect("it runs");
    while !has_obeyed(pid) {
        std::thread::yield_now();
    }
}

/// Lets a stopped program go on.
pub(super) fn go_on(child: &Child) {
    kill_process(Pid::from_child(child), Signal::CONT).expect("it is stopped");
}

/// Whether a process is dead or stopped, with all of its threads, as Linux tells in `/proc`: one that waits for a processor
/// inside a call ends that call before it stops, and may have taken a lock with it.
fn has_obeyed(pid: Pid) -> bool {
    let Ok(threads) = std::fs::read_dir(format!("/proc/{}/task", pid.as_raw_nonzero())) else { return true };
    threads.flatten().all(|thread| {
        let stat = std::fs::read_to_string(thread.path().join("stat")).unwrap_or_default();
        let state = stat.rsplit(") ").next().and_then(|rest| rest.chars().next());
        state.is_none_or(|state| ['Z', 'X', 'T'].contains(&state))
    })
}
