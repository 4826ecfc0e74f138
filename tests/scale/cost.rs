//! What a process costs.

use std::io::Read as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use wait4::Wait4 as _;

/// What one run cost.
pub(crate) struct Cost {
    /// What it has printed: a number of entries, or nothing.
    pub(crate) entries: usize,
    pub(crate) wall: Duration,
    pub(crate) cpu: Duration,
    /// The most that it held, in bytes.
    pub(crate) memory: u64,
}

/// Of reading a directory in a process of its own.
pub(crate) fn of_reader(kind: &str, url: &str, groups: usize) -> Cost {
    let mut command = Command::new(std::env::current_exe().unwrap());
    of_child(command.args([kind, url, &groups.to_string()]).stdout(Stdio::piped()))
}

/// Of a program that ends well.
pub(crate) fn of_child(command: &mut Command) -> Cost {
    let begun = Instant::now();
    let mut child = command.stdin(Stdio::null()).spawn().unwrap();
    let mut told = String::new();
    if let Some(mut stdout) = child.stdout.take() {
        stdout.read_to_string(&mut told).unwrap();
    }
    let used = child.wait4().unwrap();
    let wall = begun.elapsed();
    assert!(used.status.success(), "{command:?} fails");
    let entries = if told.is_empty() { 0 } else { told.trim().parse().expect("a number of entries") };
    Cost { entries, wall, cpu: used.rusage.utime + used.rusage.stime, memory: used.rusage.maxrss }
}
