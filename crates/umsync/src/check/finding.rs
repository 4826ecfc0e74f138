//! What one look showed, and how it is told.

use crate::failure::Failure;
use crate::output;
use serde::Serialize;
use umsync_directory::ldap::Mistake;

/// How it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum State {
    Ok,
    /// It works, and somebody should know all the same.
    Warning,
    Wrong,
}

/// What one look showed.
#[derive(Debug, Serialize)]
pub(super) struct Finding {
    /// Where it belongs: `configuration`, `directory`, `adobe`.
    pub(super) area: String,
    /// What was looked at.
    pub(super) what: String,
    pub(super) state: State,
    /// What it says, or what is wrong with it.
    pub(super) told: String,
    /// What to do, the most likely first.
    pub(super) remedy: Vec<String>,
    /// The exit code that a run would end with.
    pub(super) code: u8,
}

impl Finding {
    pub(super) fn good(area: &str, what: impl Into<String>, told: impl Into<String>) -> Self {
        let (area, what, told) = (area.to_owned(), what.into(), told.into());
        Self { area, what, state: State::Ok, told, remedy: Vec::new(), code: 0 }
    }

    pub(super) fn warning(
        area: &str,
        what: impl Into<String>,
        told: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        let remedy = lines(&remedy.into());
        Self { state: State::Warning, remedy, ..Self::good(area, what, told) }
    }

    pub(super) fn wrong(
        area: &str,
        what: impl Into<String>,
        told: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self { state: State::Wrong, code: 78, ..Self::warning(area, what, told, remedy) }
    }

    /// A failure and its causes; all lines but the first of each say what to do.
    pub(super) fn failed(area: &str, what: impl Into<String>, failure: &Failure) -> Self {
        let (told, remedy) = apart(failure);
        Self { code: failure.code(), remedy, ..Self::wrong(area, what, told, "") }
    }

    /// A mistake of a directory.
    pub(super) fn mistaken(area: &str, what: impl Into<String>, mistake: Mistake) -> Self {
        let Mistake { error, advice } = mistake;
        let (told, general) = apart(&error);
        let mut remedy = lines(&advice.unwrap_or_default());
        remedy.extend(general);
        Self { code: Failure::Directory(error).code(), remedy, ..Self::wrong(area, what, told, "") }
    }
}

fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

/// What is wrong, each cause said once, and what to do.
fn apart(error: &dyn std::error::Error) -> (String, Vec<String>) {
    let mut told: Vec<String> = Vec::new();
    let mut remedy = Vec::new();
    let mut next = Some(error);
    while let Some(error) = next {
        let text = error.to_string();
        let mut parts = text.lines();
        let first = parts.next().unwrap_or_default().to_owned();
        // Some libraries print their cause inside their own text.
        if !told.iter().any(|said| said.contains(&first)) {
            told.push(first);
            remedy.extend(lines(&parts.collect::<Vec<_>>().join("\n")));
        }
        next = error.source();
    }
    (told.join(": "), remedy)
}

/// The widest column that names what was looked at; what is longer pushes its own line only.
const WIDEST: usize = 26;

/// Findings by area, the names of what was looked at below each other.
pub(super) fn print(findings: &[Finding]) -> std::io::Result<()> {
    let mut area = "configuration";
    let width = |area: &str| {
        let names = findings.iter().filter(|finding| finding.area == area);
        names.map(|finding| finding.what.chars().count()).filter(|width| *width <= WIDEST).max().unwrap_or(0)
    };
    for finding in findings {
        if finding.area != area {
            area = &finding.area;
            output::text(&format!("\n{area}"))?;
        }
        let Finding { area, what, state, told, remedy, code: _ } = finding;
        let state = match state {
            State::Ok => "ok     ",
            State::Warning => "warn   ",
            State::Wrong => "wrong  ",
        };
        let width = width(area);
        let below = " ".repeat(state.len() + width + 2);
        let mut told = told.lines();
        output::text(&format!("{state}{what:<width$}  {}", told.next().unwrap_or_default()))?;
        for line in told {
            output::text(&format!("{below}{line}"))?;
        }
        for line in remedy {
            output::text(&format!("{below}→ {line}"))?;
        }
    }
    let count = |wanted: State| findings.iter().filter(|finding| finding.state == wanted).count();
    let summary = match (count(State::Wrong), count(State::Warning)) {
        (0, 0) => "all is well".to_owned(),
        (0, warnings) => format!("nothing is wrong; to be looked at: {warnings}"),
        (wrong, 0) => format!("wrong: {wrong}"),
        (wrong, warnings) => format!("wrong: {wrong}; to be looked at: {warnings}"),
    };
    output::text(&format!("\n{summary}"))
}
