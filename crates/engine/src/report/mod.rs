//! Wording for people: a plan, and what became of it, as lines of inked text. Colour itself is the program's matter.

mod certificate;
mod figures;
pub mod html;
mod outcome;
mod plan;
mod refusals;
mod totals;

pub use figures::Figures;
pub use outcome::{Results, Sent, fates, of_fates, of_notes, of_outcomes, of_stale};
pub use plan::{of_plan, reason};
pub use refusals::{codes_of, of_codes, refusal};
pub use totals::Totals;

use crate::change::{Names, Update, What};
use chrono::{DateTime, Utc};
use std::fmt;

/// What a piece of text means; the program chooses the colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ink {
    /// Ordinary text.
    Plain,
    /// A heading.
    Heading,
    /// Something is given.
    Gain,
    /// Something changes.
    Change,
    /// Something is taken.
    Loss,
    /// Something needs a look.
    Warning,
    /// Secondary: reasons, sources.
    Faint,
}

/// Text of one ink.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// What it means.
    pub ink: Ink,
    /// The text.
    pub text: String,
}

/// One line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Line(pub Vec<Span>);

impl Line {
    /// One span.
    pub fn one(ink: Ink, text: impl Into<String>) -> Self {
        Self::of(ink, text)
    }

    pub(crate) fn of(ink: Ink, text: impl Into<String>) -> Self {
        Self(vec![Span { ink, text: text.into() }])
    }

    pub(crate) fn and(mut self, ink: Ink, text: impl Into<String>) -> Self {
        self.0.push(Span { ink, text: text.into() });
        self
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|span| f.write_str(&span.text))
    }
}

/// What happens to its target, in a few words.
pub fn told(what: &What) -> String {
    match what {
        What::CreateGroup => "is made".into(),
        What::CreateUser(profile) => format!("gets a new {} account", profile.identity),
        What::PushUser { profile, names: Names::Update } => {
            format!("{} account, made or given these names", profile.identity)
        }
        What::PushUser { profile, names: Names::Keep } => {
            format!("{} account, made unless it is there", profile.identity)
        }
        What::Update(update) => {
            let Update { field, from, to } = update.as_ref();
            format!("{}: {} → {to}", field.word(), from.as_deref().unwrap_or("(none)"))
        }
        What::Join { group } => format!("joins {group}"),
        What::Lose { group } => format!("loses {group}"),
        What::Leave => "leaves the organization".into(),
        What::Describe(text) => format!("is described as `{}`", text.description),
        What::Attach { profile } => format!("entitles its members to {profile}"),
        What::Delete => "leaves the organization and is deleted with all files".into(),
    }
}

/// A count with its noun.
pub fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

fn section(title: &str, lines: &mut Vec<Line>) {
    lines.push(Line::default());
    lines.push(Line::of(Ink::Heading, title));
}

pub(crate) fn moment(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M UTC").to_string()
}
