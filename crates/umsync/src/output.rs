//! What people and scripts see: data on stdout, everything else on stderr.

use anstyle::{AnsiColor, Style};
use serde::Serialize;
use std::io::Write as _;
use umsync_engine::report::{Ink, Line};

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
    writeln!(anstream::stdout().lock(), "{}", clean(text))
}

/// Writes a page whose names are escaped already.
pub(crate) fn page(page: &str) -> std::io::Result<()> {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    out.write_all(page.as_bytes())?;
    out.flush()
}

/// Writes a value as JSON.
pub(crate) fn json(value: &impl Serialize) -> Result<(), crate::failure::Failure> {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    serde_json::to_writer_pretty(&mut out, value).map_err(|error| match error.io_error_kind() {
        Some(kind) => crate::failure::Failure::Output(kind.into()),
        None => error.into(),
    })?;
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
