//! What can be wrong with a row, told for all rows at once.

use super::Encoding;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// So many rows are named; the rest is counted.
const NAMED: usize = 20;

/// What is wrong with a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flaw {
    /// Bytes that are no character.
    Undecodable(Encoding),
    /// A character of which text has none.
    Nul,
    /// A carriage return in the middle of a line.
    CarriageReturn,
    /// The last line of the file has no end.
    Cut,
    /// More or fewer cells than there are columns.
    Cells { found: usize, columns: usize },
    /// A quoted cell that never ends.
    Unclosed,
    /// A quote in an unquoted cell, or text after a quoted one.
    Quote,
    /// A row over several lines whose quoted cells hold as many delimiters as a row has.
    Swallowing { to: usize },
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Undecodable(encoding) => write!(f, "bytes that are no {encoding}"),
            Self::Nul => f.write_str("a NUL character"),
            Self::CarriageReturn => f.write_str("a carriage return that ends no line"),
            Self::Cut => f.write_str("the file ends inside this line"),
            Self::Cells { found: 1, columns } => write!(f, "1 cell, and there are {columns} columns"),
            Self::Cells { found, columns } => write!(f, "{found} cells, and there are {columns} columns"),
            Self::Unclosed => f.write_str("a quoted cell that does not end"),
            Self::Quote => f.write_str("a quote in the middle of a cell"),
            Self::Swallowing { to } => {
                write!(f, "a quoted cell that goes on to line {to} as if it had swallowed a row")
            }
        }
    }
}

impl Flaw {
    fn remedy(self) -> &'static str {
        match self {
            Self::Undecodable(_) => {
                "state the `encoding` that the file has (utf-8, utf-16le, utf-16be, windows-1252, iso-8859-1), or write it in UTF-8"
            }
            Self::Nul => {
                "write the file again; if it is UTF-16 without a byte-order mark, say `encoding: utf-16le`"
            }
            Self::CarriageReturn => "end every line with LF, or with CR and LF",
            Self::Cut => "write the file again, or end the line if it is complete",
            Self::Cells { found: _, columns: _ } => {
                "put cells that hold the delimiter into double quotes, and give every row as many cells as the header has"
            }
            Self::Unclosed | Self::Quote => {
                "quote a cell from its beginning to its end, and write a quote inside it twice"
            }
            Self::Swallowing { to: _ } => {
                "close the quote; if the line break is meant, take the delimiters or the line breaks out of that row"
            }
        }
    }
}

/// What is wrong with the rows of a file: at least the first twenty are named, all are counted.
#[derive(Debug, Default)]
pub struct Flaws {
    by_line: BTreeMap<usize, Flaw>,
}

impl Flaws {
    /// What was noted first about a line is closest to the cause.
    pub(super) fn note(&mut self, line: usize, flaw: Flaw) {
        self.by_line.entry(line).or_insert(flaw);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.by_line.is_empty()
    }
}

impl fmt::Display for Flaws {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let total = self.by_line.len();
        let rows = if total == 1 { "row" } else { "rows" };
        write!(f, "{total} {rows} cannot be read")?;
        for (line, flaw) in self.by_line.iter().take(NAMED) {
            write!(f, "\n  line {line}: {flaw}")?;
        }
        if total > NAMED {
            write!(
                f,
                "\n  and {} more, to line {}",
                total - NAMED,
                self.by_line.keys().last().unwrap_or(&0)
            )?;
        }
        let mut told = BTreeSet::new();
        for remedy in self.by_line.values().map(|flaw| flaw.remedy()).filter(|remedy| told.insert(*remedy)) {
            write!(f, "\n{remedy}")?;
        }
        Ok(())
    }
}
