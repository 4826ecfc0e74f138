//! What people and scripts see: data on stdout, everything else on stderr.

use anstyle::{AnsiColor, Style};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;
use std::io::{IsTerminal as _, Write as _};
use std::time::Duration;
use umsync_engine::report::{Ink, Line};
use umsync_umapi::{Progress, Wait};

/// Writes lines: coloured on a terminal, plain in a pipe.
pub(crate) fn lines(lines: &[Line]) -> std::io::Result<()> {
    let mut out = std::io::BufWriter::new(anstream::stdout().lock());
    for line in lines {
        for span in &line.0 {
            let style = style(span.ink);
            write!(out, "{style}{}{style:#}", clean(&span.text))?;
        }
        writeln!(out)?;
    }
    out.flush()
}

/// Writes a line of plain text.
pub(crate) fn text(text: &str) -> std::io::Result<()> {
    writeln!(anstream::stdout().lock(), "{text}")
}

/// Writes a value as JSON.
pub(crate) fn json(value: &impl Serialize) -> Result<(), crate::failure::Failure> {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    serde_json::to_writer_pretty(&mut out, value)?;
    writeln!(out)?;
    Ok(out.flush()?)
}

/// Writes a table for spreadsheets (RFC 4180): no cell of it is a formula, whatever somebody is called.
pub(crate) fn table<const COLUMNS: usize>(
    head: [&str; COLUMNS],
    rows: impl IntoIterator<Item = [String; COLUMNS]>,
) -> std::io::Result<()> {
    let out = std::io::BufWriter::new(std::io::stdout().lock());
    let mut table = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(out);
    let failed = |error: csv::Error| match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => std::io::Error::other(format!("{other:?}")),
    };
    table.write_record(head).map_err(failed)?;
    for row in rows {
        table.write_record(row.iter().map(|cell| tame(cell))).map_err(failed)?;
    }
    table.flush()
}

/// Excel, LibreOffice and Google Sheets take a cell that begins so for a formula; an apostrophe says that it is text
/// (OWASP, "CSV injection").
fn tame(cell: &str) -> String {
    // The last four are their full-width forms, which some locales take for the same.
    let formula = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];
    let text = if cell.starts_with(formula) { "'" } else { "" };
    format!("{text}{}", clean(cell))
}

/// Writes to stderr.
pub(crate) fn note(text: &str) {
    // Whoever closed stderr does not want to know.
    let _ = writeln!(anstream::stderr().lock(), "{}", clean(text));
}

/// Names come from a directory that many may write to: no control character of theirs reaches a terminal.
fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' { '\u{fffd}' } else { c }).collect()
}

fn style(ink: Ink) -> Style {
    let colour = |colour: AnsiColor| Style::new().fg_color(Some(colour.into()));
    match ink {
        Ink::Plain => Style::new(),
        Ink::Heading => Style::new().bold(),
        Ink::Gain => colour(AnsiColor::Green),
        Ink::Change => colour(AnsiColor::Cyan),
        Ink::Loss => colour(AnsiColor::Red),
        Ink::Warning => colour(AnsiColor::Yellow),
        Ink::Faint => Style::new().dimmed(),
    }
}

/// A progress bar on stderr, hidden when that is no terminal or only errors are wanted.
#[derive(Debug, Clone)]
pub(crate) struct Bar(ProgressBar);

/// Adobe takes ten action requests a minute with ten commands each (UMAPI documentation, "API limits").
const COMMANDS_PER_MINUTE: u64 = 100;

impl Bar {
    pub(crate) fn new(quiet: bool) -> Self {
        let hidden = quiet || !std::io::stderr().is_terminal();
        let target = if hidden { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let bar = ProgressBar::with_draw_target(None, target);
        bar.set_style(
            ProgressStyle::with_template("{spinner} {msg}")
                .unwrap_or_else(|_| ProgressStyle::default_spinner()),
        );
        bar.enable_steady_tick(Duration::from_millis(120));
        Self(bar)
    }

    /// Says what is going on.
    pub(crate) fn say(&self, text: impl Into<String>) {
        self.0.set_message(text.into());
    }

    /// Says how far a call to Adobe has come.
    pub(crate) fn adobe(&self, progress: Progress) {
        match progress {
            Progress::Groups { read, total } => {
                self.say(format!("reading Adobe's groups: {}", of(read, total)))
            }
            Progress::Users { read, total } => {
                self.say(format!("reading Adobe's users: {}", of(read, total)))
            }
            Progress::Commands { done, total } => {
                let left = (total - done.min(total)) as u64;
                let minutes = left.div_ceil(COMMANDS_PER_MINUTE);
                let rest = if left == 0 {
                    String::new()
                } else {
                    format!(", about {minutes} min at Adobe's documented rate")
                };
                self.say(format!("sending commands: {done} of {total}{rest}"));
            }
            Progress::Waiting { until, why } => {
                let reason = match why {
                    Wait::Pace => "for Adobe's quota per minute",
                    Wait::Asked => "because Adobe asked for it",
                    Wait::Trouble => "before the next try",
                };
                self.say(format!("waiting until {} {reason}", until.format("%H:%M:%S UTC")));
            }
        }
    }

    /// Takes the bar away.
    pub(crate) fn finish(&self) {
        self.0.finish_and_clear();
    }
}

fn of(read: usize, total: Option<u64>) -> String {
    total.map_or_else(|| read.to_string(), |total| format!("{read} of {total}"))
}
