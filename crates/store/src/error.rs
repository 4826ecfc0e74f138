//! What can go wrong with a store, each with the file it is about and what to do.

use crate::lock::Purpose;
use chrono::{DateTime, Utc};
use std::fmt;
use std::path::{Path, PathBuf};

/// The -shm file could not be made as large as it must be (`SQLITE_IOERR_SHMSIZE`).
const NO_SPACE_FOR_SHM: u32 = 10 | (19 << 8);

/// Why the store could not be opened, read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no store and it may not be created. What to do depends on the command, so the program says it.
    #[error("there is no store at {}", path.display())]
    Missing {
        /// Where it should be.
        path: PathBuf,
    },
    /// A file or folder of the store could not be made or reached.
    #[error("cannot {doing} {}", path.display())]
    File {
        /// What was tried.
        doing: &'static str,
        /// With what.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// The store can be read and not written: the two-hour rule could not be kept.
    #[error(
        "the store {} cannot be written; give this user write permission on the file and its folder", path.display()
    )]
    ReadOnly {
        /// Which file.
        path: PathBuf,
    },
    /// The file is something else.
    #[error("{} is not a store of umsync: {why}; set `state` to another path, or restore the file", path.display())]
    NotAStore {
        /// Which file.
        path: PathBuf,
        /// What it is.
        why: String,
    },
    /// The file is broken.
    #[error(
        "the store {} is damaged: {why}; stop every umsync, restore the file from a backup and remove its -wal and -shm",
        path.display()
    )]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What SQLite says.
        why: String,
    },
    /// A later version of the program has used it.
    #[error(
        "the store {} has schema {version}, written by a newer umsync; use that version, or restore the file from before it",
        path.display()
    )]
    Newer {
        /// Which file.
        path: PathBuf,
        /// The first schema version that this program does not know.
        version: i64,
    },
    /// The schema could not be brought forward; the file is as it was.
    #[error(
        "cannot bring the schema of the store {} forward; use the umsync that last used it, or restore the file from a backup",
        path.display()
    )]
    Schema {
        /// Which file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: sqlx::migrate::MigrateError,
    },
    /// No space is left.
    #[error("cannot {doing}: the disk that holds the store {} is full; free some space", path.display())]
    Full {
        /// What was tried.
        doing: &'static str,
        /// Which file.
        path: PathBuf,
    },
    /// Another process kept the store for too long.
    #[error("cannot {doing}: another process keeps the store {} busy; see which one, and try again", path.display())]
    Contended {
        /// What was tried.
        doing: &'static str,
        /// Which file.
        path: PathBuf,
    },
    /// The database failed otherwise.
    #[error("cannot {doing} in the store {}", path.display())]
    Database {
        /// What was tried.
        doing: &'static str,
        /// Which file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: sqlx::Error,
    },
    /// A stored value is not what this program writes.
    #[error("the store {} holds {what} that cannot be understood; restore the file from a backup", path.display())]
    Unreadable {
        /// What it should be.
        what: &'static str,
        /// Which file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The stored snapshot is not the one that was saved.
    #[error(
        "the snapshot of {organization} in the store {} does not match its digest; the next listing replaces it",
        path.display()
    )]
    SnapshotDamaged {
        /// Whose.
        organization: String,
        /// Which file.
        path: PathBuf,
    },
    /// A file that would be written is there already.
    #[error("{} exists; name a file that does not", path.display())]
    Exists {
        /// Which file.
        path: PathBuf,
    },
    /// Something that may come once comes twice.
    #[error("cannot {doing} into the store {}: {what} comes twice; leave out one of the two", path.display())]
    Twice {
        /// What was tried.
        doing: &'static str,
        /// What comes twice.
        what: String,
        /// Which file.
        path: PathBuf,
    },
    /// Runs that have not ended still need what should be forgotten.
    #[error(
        "cannot forget a person in the store {} while runs about them have not ended: {}; wait for them, or end what a \
         crash left with `umsync abandon`",
        path.display(), runs.join(", ")
    )]
    Going {
        /// Which runs.
        runs: Vec<String>,
        /// Which file.
        path: PathBuf,
    },
    /// Something was reported about a run that was never begun, or a command that its plan lacks.
    #[error("the store {} has no {what}", path.display())]
    Unknown {
        /// What is missing.
        what: String,
        /// Which file.
        path: PathBuf,
    },
}

impl Error {
    /// What SQLite's result code means to the reader (<https://www.sqlite.org/rescode.html>).
    pub(crate) fn database(doing: &'static str, path: &Path, source: sqlx::Error) -> Self {
        let path = path.to_owned();
        let Some(error) = source.as_database_error() else {
            return match source {
                sqlx::Error::PoolTimedOut => Self::Contended { doing, path },
                source => Self::Database { doing, path, source },
            };
        };
        let code = error.code().and_then(|code| code.parse::<u32>().ok());
        if code == Some(NO_SPACE_FOR_SHM) {
            return Self::Full { doing, path };
        }
        // The low byte is the primary code; the rest tells more than anybody needs here.
        match code.map(|code| code & 0xff) {
            Some(5 | 6) => Self::Contended { doing, path },
            Some(8) => Self::ReadOnly { path },
            Some(11) => Self::Damaged { path, why: error.message().to_owned() },
            Some(13) => Self::Full { doing, path },
            Some(26) => Self::NotAStore { path, why: error.message().to_owned() },
            _ => Self::Database { doing, path, source },
        }
    }

    /// What a failure of the file system means to the reader.
    pub(crate) fn file(doing: &'static str, path: &Path, source: std::io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            std::io::ErrorKind::ReadOnlyFilesystem => Self::ReadOnly { path },
            std::io::ErrorKind::StorageFull => Self::Full { doing, path },
            _ => Self::File { doing, path, source },
        }
    }
}

/// Another run holds the organization's lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Busy {
    /// What it does. A holder that does not say counts as executing, which is the safer belief.
    pub purpose: Purpose,
    /// Who it is, when that could be read.
    pub who: Option<String>,
    /// Since when, when that could be read.
    pub since: Option<DateTime<Utc>>,
}

impl fmt::Display for Busy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { purpose, who, since } = self;
        write!(f, "another run ({}) is {purpose}", who.as_deref().unwrap_or("unknown"))?;
        match since {
            Some(since) => write!(f, " since {}", since.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Busy {}

/// Why a lock was not given.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Somebody has it.
    #[error(transparent)]
    Busy(Busy),
    /// Its file failed.
    #[error(transparent)]
    Store(#[from] Error),
}

#[cfg(test)]
mod tests {
    use super::Error;

    #[test]
    fn a_full_disk_is_named() {
        let source = std::io::Error::from(std::io::ErrorKind::StorageFull);
        let error = Error::file("create", "umsync.db".as_ref(), source);
        assert!(error.to_string().ends_with("is full; free some space"), "{error}");
    }
}
