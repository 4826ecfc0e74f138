//! What can go wrong while a source is read. Every one of these means: there is no directory, not a shorter one.

use crate::filter::FilterError;
use std::fmt;
use std::path::PathBuf;
use umsync_engine::directory::GroupRef;

/// Why a source could not be read whole. `place` is a server or a file, for people.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file cannot be opened or read.
    #[error("cannot read {}", file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// A line that LDIF does not allow, or that has no place in a description of people and groups.
    #[error("{}, line {line}: {reason}", file.display())]
    Ldif {
        /// The file.
        file: PathBuf,
        /// Counted from 1.
        line: usize,
        /// What is wrong, and what to do.
        reason: String,
    },
    /// The export says of itself that it is a part.
    #[error("{} is incomplete: {reason}", file.display())]
    PartialExport {
        /// The file.
        file: PathBuf,
        /// How it says so, and what to do.
        reason: String,
    },
    /// The filter for people cannot be applied to this source.
    #[error("the filter for people cannot be used for {place}")]
    Filter {
        /// Where it should have been applied.
        place: String,
        /// The mistake.
        source: FilterError,
    },
    /// Nobody was found. A directory without people is more likely a mistake than a company without people.
    #[error(
        "{place} has no people: no entry under `{base}` matches {filter}\ncheck the base, the filter and what the account may read"
    )]
    NoPeople {
        /// Where.
        place: String,
        /// Below which entry.
        base: String,
        /// The filter.
        filter: String,
    },
    /// Groups that the configuration names and the source lacks, all of them.
    #[error(
        "{place} lacks {}\ncorrect the names in the mapping, or what the account may read",
        Names(missing)
    )]
    MissingGroups {
        /// Where.
        place: String,
        /// All of them, in order.
        missing: Vec<GroupRef>,
    },
    /// A plain name that two groups have.
    #[error(
        "{place} has two groups named `{group}`: `{first}` and `{second}`\nwrite the DN of the one that is meant"
    )]
    AmbiguousGroup {
        /// Where.
        place: String,
        /// The name.
        group: GroupRef,
        /// One of them.
        first: String,
        /// Another.
        second: String,
    },
    /// Groups inside groups without end in sight.
    #[error(
        "{place}: the group `{group}` is nested more than {depth} levels deep\nread direct members only with `nested_groups: false`"
    )]
    TooDeep {
        /// Where.
        place: String,
        /// The wanted group.
        group: GroupRef,
        /// The limit.
        depth: usize,
    },
}

struct Names<'a>(&'a [GroupRef]);

impl fmt::Display for Names<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.len() == 1 {
            "the group "
        } else {
            "the groups "
        })?;
        for (index, group) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            write!(f, "{separator}`{group}`")?;
        }
        Ok(())
    }
}
