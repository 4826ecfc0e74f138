//! Opening a store: found or made, whole, ours, and of a schema that we know.

use crate::Error;
use crate::lock::lock_file;
use crate::unfolded::fold_emails;
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions,
    SqliteSynchronous,
};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};
use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

static MIGRATIONS: Migrator = sqlx::migrate!();

/// "umsy", as the first migration writes it into the file's header.
const APPLICATION: i64 = 0x756d_7379;

/// How long one process waits for another. The longest transaction writes a snapshot or a plan: a few seconds.
const PATIENCE: Duration = Duration::from_secs(60);

/// A store keeps this many connections at most: one writes, the others read.
const CONNECTIONS: u32 = 4;

/// Of a store whose size nobody has limited.
const NEVER_LIMITED: u32 = 0;

/// What to do where no store is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// Make one.
    Create,
    /// Fail with [`Error::Missing`]: a store that is lost would lose the two-hour rule and every leaver's grace.
    Refuse,
}

/// What a run leaves for the next one: a handle that is cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    pool: SqlitePool,
    path: Arc<Path>,
    most_pages: Arc<AtomicU32>,
}

impl Store {
    /// Opens the store at `path`, makes it where that is allowed, checks it and brings its schema forward.
    ///
    /// The folder is made with mode 0700 and the file with 0600; SQLite gives its `-wal` and `-shm` the file's mode.
    pub async fn open(path: impl AsRef<Path>, missing: Missing) -> Result<Self, Error> {
        let path = place(path.as_ref(), missing)?;
        // Making a file, switching it to WAL and bringing its schema forward are for one process at a time: SQLite
        // does not wait for others while it switches.
        let opening = alone(&path).await?;
        create_file(&path, missing)?;
        let state = probe(&path).await?;
        if (state, missing) == (State::Empty, Missing::Refuse) {
            return Err(Error::Missing { path });
        }
        let options = options(&path)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            // A snapshot is large; without this the -wal file would keep its largest size for ever.
            .pragma("journal_size_limit", "16777216");
        let most_pages = Arc::new(AtomicU32::new(NEVER_LIMITED));
        let (fresh, idle) = (most_pages.clone(), most_pages.clone());
        let pool = SqlitePoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(2 * PATIENCE)
            // Without them the pool has no task that looks after its connections: when its count of idle ones slips below
            // zero, that task looks for ever, and keeps a run that is over from ending (sqlx 0.9).
            .idle_timeout(None)
            .max_lifetime(None)
            .after_connect(move |connection, _| Box::pin(limit(connection, fresh.load(Relaxed))))
            .before_acquire(move |connection, _| {
                let most = idle.load(Relaxed);
                Box::pin(async move {
                    // Where the disk is full SQLite rolls back by itself, and sqlx, which does not see that, believes the
                    // connection to be in a transaction for ever. It is closed and another one opened.
                    if connection.is_in_transaction() {
                        return Ok(false);
                    }
                    limit(connection, most).await.map(|()| true)
                })
            })
            .connect_with(options)
            .await
            .map_err(|source| Error::database("open the database", &path, source))?;
        migrate(&pool, &path).await?;
        drop(opening);
        Ok(Self { pool, path: path.into(), most_pages })
    }

    /// Refuses from now on to grow the file beyond so many pages: what needs more fails with [`Error::Full`]. It never
    /// shrinks; `u32::MAX` lifts the limit. It holds for this store and its clones, not for other processes.
    pub fn limit_pages(&self, most: u32) {
        // SQLite takes zero for a question.
        self.most_pages.store(most.max(1), Relaxed);
    }

    /// Where the store is, with links resolved: two names of one file share its locks.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Ends every connection of this store and its clones. Dropping does too, but does not wait for it.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    pub(crate) fn pool(&self) -> &SqlitePool {
        &self.pool
    }
}

/// The path with links resolved, its folder made where that is allowed.
fn place(path: &Path, missing: Missing) -> Result<PathBuf, Error> {
    match path.canonicalize() {
        Ok(found) if found.is_file() => return Ok(found),
        Ok(found) => {
            return Err(Error::NotAStore { path: found, why: "it is no file".to_owned() });
        }
        Err(source) if source.kind() == ErrorKind::NotFound => {}
        Err(source) => return Err(Error::file("reach the store", path, source)),
    }
    let (Some(name), Missing::Create) = (path.file_name(), missing) else {
        return Err(Error::Missing { path: path.to_owned() });
    };
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(|source| Error::file("create the folder", folder, source))?;
    let folder = folder.canonicalize().map_err(|source| Error::file("reach the folder", folder, source))?;
    Ok(folder.join(name))
}

/// Held while this process opens the store.
async fn alone(path: &Path) -> Result<File, Error> {
    let file = lock_file(path, "")?;
    let path = path.to_owned();
    let waiting = move || {
        let pause = Duration::from_millis(20);
        let mut left = PATIENCE;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(TryLockError::WouldBlock) if left.is_zero() => {
                    return Err(Error::Contended { doing: "open the store", path });
                }
                Err(TryLockError::WouldBlock) => {
                    std::thread::sleep(pause);
                    left = left.saturating_sub(pause);
                }
                Err(TryLockError::Error(source)) => return Err(Error::file("lock", &path, source)),
            }
        }
    };
    // A thread may wait, the runtime may not.
    tokio::task::spawn_blocking(waiting).await.expect("waiting for a file lock does not panic")
}

/// Makes the empty file before SQLite would, which knows no mode but the umask's.
fn create_file(path: &Path, missing: Missing) -> Result<(), Error> {
    if missing == Missing::Refuse {
        return Ok(());
    }
    // Only ever `create_new`: closing a second descriptor of a database that this process has open would release
    // SQLite's locks on it (https://www.sqlite.org/howtocorrupt.html, 2.2).
    match OpenOptions::new().create_new(true).write(true).mode(0o600).open(path) {
        Ok(file) => {
            // Root, who plans by hand in the service's folder, must not lock the service out. Nobody else can give a
            // file away, and nobody else needs to.
            if let (Some(Ok(folder)), Ok(store)) = (path.parent().map(Path::metadata), file.metadata())
                && folder.uid() != store.uid()
            {
                let _ = std::os::unix::fs::fchown(&file, Some(folder.uid()), Some(folder.gid()));
            }
            Ok(())
        }
        Err(source) if source.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(source) => Err(Error::file("create the store", path, source)),
    }
}

/// What stands in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// No table: just made, or emptied by an accident.
    Empty,
    /// A store.
    Ours,
}

/// SQLite keeps this limit with the connection, so each is told before it is used.
async fn limit(connection: &mut SqliteConnection, most: u32) -> Result<(), sqlx::Error> {
    if most != NEVER_LIMITED {
        // A pragma takes no parameter; this one is a number of ours.
        let pragma = AssertSqlSafe(format!("PRAGMA max_page_count = {most}"));
        sqlx::query(pragma).execute(connection).await?;
    }
    Ok(())
}

fn options(path: &Path) -> SqliteConnectOptions {
    // Slow statements are no news here, and their text would fill the log.
    SqliteConnectOptions::new().filename(path).busy_timeout(PATIENCE).disable_statement_logging()
}

/// Looks at the file before anything is changed in it.
async fn probe(path: &Path) -> Result<State, Error> {
    let failed = |source| match Error::database("check the database", path, source) {
        // These statements have no mistake of ours: SQLite's plain error is about the file.
        Error::Database { path, source: sqlx::Error::Database(error), .. }
            if error.code().as_deref() == Some("1") =>
        {
            Error::Damaged { path, why: error.message().to_owned() }
        }
        error => error,
    };
    let mut probe = options(path).connect().await.map_err(failed)?;
    let tables: i64 = sqlx::query_scalar("SELECT count(*) FROM sqlite_master")
        .fetch_one(&mut probe)
        .await
        .map_err(failed)?;
    let application: i64 =
        sqlx::query_scalar("PRAGMA application_id").fetch_one(&mut probe).await.map_err(failed)?;
    if tables > 0 && application != APPLICATION {
        let why = "it is the database of another program".to_owned();
        return Err(Error::NotAStore { path: path.to_owned(), why });
    }
    let health: String =
        sqlx::query_scalar("PRAGMA quick_check(1)").fetch_one(&mut probe).await.map_err(failed)?;
    if health != "ok" {
        return Err(Error::Damaged { path: path.to_owned(), why: health });
    }
    let page: u64 = sqlx::query_scalar("PRAGMA page_size").fetch_one(&mut probe).await.map_err(failed)?;
    probe.close().await.map_err(failed)?;
    if ends_within_a_page(path, page).map_err(|source| Error::file("look at", path, source))? {
        return Err(Error::Damaged { path: path.to_owned(), why: "it ends within a page".to_owned() });
    }
    Ok(if tables == 0 { State::Empty } else { State::Ours })
}

/// SQLite reads zeros where a last page is too short, and takes them for what was written. Where a -wal file is, its
/// pages may still complete the last one.
fn ends_within_a_page(path: &Path, page: u64) -> std::io::Result<bool> {
    let mut wal = path.as_os_str().to_owned();
    wal.push("-wal");
    let has_wal = std::fs::metadata(wal).is_ok_and(|wal| wal.len() > 0);
    Ok(!has_wal && path.metadata()?.len() % page != 0)
}

/// Brings the schema forward, all of it or nothing. A file that cannot be written fails here at the latest.
async fn migrate(pool: &SqlitePool, path: &Path) -> Result<(), Error> {
    let doing = "bring the schema forward";
    let failed = |source| Error::database(doing, path, source);
    let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await.map_err(failed)?;
    // `run` makes a future that cannot be sent to another thread; this is what it calls.
    MIGRATIONS.run_direct(None, &mut *transaction, false).await.map_err(|source| match source {
        MigrateError::VersionMissing(version) => Error::Newer { path: path.to_owned(), version },
        MigrateError::Execute(source) | MigrateError::ExecuteMigration(source, _) => failed(source),
        source => Error::Schema { path: path.to_owned(), source },
    })?;
    fold_emails(&mut transaction, path).await?;
    // SQLite opens a file that it may only read without a word, and even begins this transaction. A statement that
    // could write, and does not, costs nothing and finds out.
    sqlx::query("DELETE FROM stamps WHERE organization IS NULL")
        .execute(&mut *transaction)
        .await
        .map_err(failed)?;
    transaction.commit().await.map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::{Missing, SqlitePoolOptions, Store, migrate, options};
    use crate::Error;

    #[tokio::test]
    async fn a_store_that_cannot_be_written_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path().join("umsync.db"), Missing::Create).await.unwrap();
        // Opened as SQLite opens it where the file's mode forbids to write; modes do not bind root.
        let options = options(store.path()).read_only(true);
        let pool = SqlitePoolOptions::new().connect_with(options).await.unwrap();

        let error = migrate(&pool, store.path()).await.unwrap_err();

        assert!(matches!(error, Error::ReadOnly { .. }), "{error:?}");
        assert!(error.to_string().contains("give this user write permission"), "{error}");
    }

    #[tokio::test]
    async fn every_connection_writes_through_to_the_disk() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path().join("umsync.db"), Missing::Create).await.unwrap();
        for (pragma, expected) in
            [("PRAGMA synchronous", 2), ("PRAGMA foreign_keys", 1), ("PRAGMA busy_timeout", 60_000)]
        {
            let value: i64 = sqlx::query_scalar(pragma).fetch_one(store.pool()).await.unwrap();
            assert_eq!(value, expected, "{pragma}");
        }
        let journal: String =
            sqlx::query_scalar("PRAGMA journal_mode").fetch_one(store.pool()).await.unwrap();
        assert_eq!(journal, "wal");
    }
}
