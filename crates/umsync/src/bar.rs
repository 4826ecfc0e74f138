//! The progress bar on stderr: how far a long read or write has come, and how long the rest takes at the known rates.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal as _;
use std::time::Duration;
use umsync_umapi::{Progress, Wait};

/// A progress bar on stderr, hidden when that is no terminal or only errors are wanted.
#[derive(Debug, Clone)]
pub(crate) struct Bar(ProgressBar);

/// Adobe takes ten action requests a minute with ten commands each (UMAPI documentation, "API limits").
const COMMANDS_PER_MINUTE: u64 = 100;

/// Where the end is not known.
const OPEN: &str = "{spinner} {msg}";
/// Where it is.
const BOUNDED: &str = "{spinner} [{bar:30}] {msg}";

impl Bar {
    pub(crate) fn new(quiet: bool) -> Self {
        let hidden = quiet || !std::io::stderr().is_terminal();
        let target = if hidden { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let bar = ProgressBar::with_draw_target(None, target);
        bar.set_style(style(OPEN));
        bar.enable_steady_tick(Duration::from_millis(120));
        Self(bar)
    }

    /// Says what is going on.
    pub(crate) fn say(&self, text: impl Into<String>) {
        self.0.set_style(style(OPEN));
        self.0.set_message(text.into());
    }

    /// Says how far a call to Adobe has come.
    pub(crate) fn adobe(&self, progress: Progress) {
        match progress {
            Progress::Groups { read, total } => self.read("groups", read as u64, total),
            Progress::Users { read, total } => self.read("users", read as u64, total),
            Progress::Commands { done, total } => {
                let (done, total) = (done as u64, total as u64);
                let minutes = total.saturating_sub(done).div_ceil(COMMANDS_PER_MINUTE);
                let rest = if minutes == 0 {
                    String::new()
                } else {
                    format!(", about {minutes} min at Adobe's documented rate")
                };
                self.bounded(done, total, format!("{done} of {total} commands sent{rest}"));
            }
            Progress::Waiting { until, why } => {
                let reason = match why {
                    Wait::Pace => "for Adobe's quota per minute",
                    Wait::Asked => "because Adobe asked for it",
                    Wait::Trouble => "before the next try",
                };
                // The bar stays where it is: what is waited for is part of the same work.
                self.0.set_message(format!("waiting until {} {reason}", until.format("%H:%M:%S UTC")));
            }
        }
    }

    /// Takes the bar away.
    pub(crate) fn finish(&self) {
        self.0.finish_and_clear();
    }

    fn read(&self, what: &str, read: u64, total: Option<u64>) {
        match total {
            Some(total) => self.bounded(read, total, format!("{read} of {total} {what} read from Adobe")),
            None => self.say(format!("{read} {what} read from Adobe")),
        }
    }

    fn bounded(&self, done: u64, total: u64, message: String) {
        self.0.set_style(style(BOUNDED));
        self.0.set_length(total);
        self.0.set_position(done);
        self.0.set_message(message);
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner())
}
