//! A copy of the store while others read and write, and a store without what was deleted from it.

use crate::{Error, Store};
use rustix::fs::{CWD, RenameFlags, renameat_with};
use std::fs::{File, OpenOptions};
use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

impl Store {
    /// Writes the store as it is at this moment to a new file with mode 0600, while others read and write. The file is
    /// whole and on the disk when this returns; before, it has another name, and none after a failure.
    ///
    /// An existing file is refused: it may be the only good backup.
    pub async fn backup(&self, file: &Path) -> Result<(), Error> {
        let doing = "write the backup";
        let target = place(file)?;
        let part = Part::make(&target)?;
        // A bound path, so that no name can be taken for SQL. It is absolute and so never taken for a URI.
        let Some(name) = part.0.to_str() else {
            let why = std::io::Error::new(ErrorKind::InvalidInput, "its name is not UTF-8");
            return Err(Error::file(doing, &target, why));
        };
        sqlx::query("VACUUM INTO $1")
            .bind(name)
            .execute(self.pool())
            .await
            .map_err(|source| Error::database(doing, &target, source))?;
        // A thread may wait for the disk, the runtime may not.
        tokio::task::spawn_blocking(move || part.publish(&target))
            .await
            .expect("writing a file to the disk does not panic")
    }

    /// Writes the file anew, so that what was deleted is no longer on its free pages. It needs as much space again
    /// while it does.
    pub async fn compact(&self) -> Result<(), Error> {
        let failed = self.failed("compact the store");
        sqlx::query("VACUUM").execute(self.pool()).await.map_err(&failed)?;
        // The -wal file still holds what the pages were.
        sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(self.pool()).await.map_err(&failed)?;
        Ok(())
    }
}

/// The path with its folder's links resolved; nothing may be there yet.
fn place(file: &Path) -> Result<PathBuf, Error> {
    let Some(name) = file.file_name() else {
        let why = std::io::Error::new(ErrorKind::InvalidInput, "it names no file");
        return Err(Error::file("write the backup", file, why));
    };
    let folder = match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let folder = folder.canonicalize().map_err(|source| Error::file("reach the folder", folder, source))?;
    let target = folder.join(name);
    match target.symlink_metadata() {
        Ok(_) => Err(Error::Exists { path: target }),
        Err(source) if source.kind() == ErrorKind::NotFound => Ok(target),
        Err(source) => Err(Error::file("reach", &target, source)),
    }
}

/// A backup that is not whole yet: gone when dropped, whatever happens.
struct Part(PathBuf);

impl Part {
    /// An empty file that nobody else can read and that nobody put there for us: SQLite writes into it.
    fn make(target: &Path) -> Result<Self, Error> {
        for attempt in 0_u16.. {
            let mut name = target.as_os_str().to_owned();
            name.push(format!(".{}-{attempt}.part", std::process::id()));
            let part = PathBuf::from(name);
            match OpenOptions::new().create_new(true).write(true).mode(0o600).open(&part) {
                Ok(_) => return Ok(Self(part)),
                // Somebody else's, or what a crash left.
                Err(source) if source.kind() == ErrorKind::AlreadyExists && attempt < u16::MAX => {}
                Err(source) => return Err(Error::file("create", &part, source)),
            }
        }
        unreachable!("the last attempt returns")
    }

    /// Gives the whole file its name.
    fn publish(self, target: &Path) -> Result<(), Error> {
        let failed = |source| Error::file("write the backup", target, source);
        // SQLite does not sync what it vacuums into. It has closed the file, so this takes none of its locks away.
        File::open(&self.0).and_then(|file| file.sync_all()).map_err(failed)?;
        match renameat_with(CWD, &self.0, CWD, target, RenameFlags::NOREPLACE) {
            Ok(()) => {}
            Err(rustix::io::Errno::EXIST) => return Err(Error::Exists { path: target.to_owned() }),
            // Some network file systems cannot promise not to replace; we have just looked.
            Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS) => {
                std::fs::rename(&self.0, target).map_err(failed)?;
            }
            Err(source) => return Err(failed(source.into())),
        }
        let folder = target.parent().unwrap_or(Path::new("/"));
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        // Once it has its name there is nothing here to remove.
        let _ = std::fs::remove_file(&self.0);
    }
}
