//! Programs that run beside a test: heard, waited for, stopped and killed.

use std::io::Read as _;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

/// Waits until something is so, and panics when it does not become so.
#[track_caller]
pub(crate) fn until(what: &str, so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !so() {
        assert!(begun.elapsed() < Duration::from_secs(30), "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Reads what a running program says until it says this.
#[track_caller]
pub(crate) fn hear(child: &mut Child, words: &str) {
    let stderr = child.stderr.as_mut().expect("stderr is piped");
    let mut said = String::new();
    // Byte by byte: the rest is left to whoever waits for the end.
    let mut byte = [0];
    while stderr.read(&mut byte).expect("stderr can be read") == 1 {
        said.push(char::from(byte[0]));
        if said.ends_with('\n') && said.contains(words) {
            return;
        }
    }
    panic!("`{words}` was never said:\n{said}");
}

/// Asks a running program to stop, as a service manager does.
pub(crate) fn terminate(child: &Child) {
    let sent = Command::new("sh").args(["-c", "kill -TERM $0", &child.id().to_string()]).status();
    assert!(sent.expect("a shell").success());
}

/// Ends a running program as a crash does.
pub(crate) fn kill(mut child: Child) {
    child.kill().expect("it runs");
    child.wait().expect("it has ended");
}
