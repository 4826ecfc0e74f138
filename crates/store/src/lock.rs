//! One run at a time per organization lists or executes.
//!
//! The lock is an advisory `flock` on a file beside the store, so whatever ends a process releases it, and nothing has
//! to guess whether a holder is still alive. The file itself stays: two who lock a file that one of them removes would
//! both hold it.

use crate::Store;
use crate::error::{Busy, Error, LockError};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// What a run does under the lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// It reads Adobe's side.
    Listing,
    /// It writes to Adobe.
    Executing,
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Listing => "listing",
            Self::Executing => "executing",
        })
    }
}

/// What the file says, for the one who meets the lock.
#[derive(Debug, Serialize, Deserialize)]
struct Holder {
    purpose: Purpose,
    who: String,
    since: DateTime<Utc>,
}

/// The right to list or execute, until it is dropped.
#[derive(Debug)]
pub struct Lock {
    file: File,
    path: PathBuf,
    holder: Holder,
}

impl Store {
    /// Takes an organization's lock, or says at once who has it. A lock is never broken.
    pub fn lock(
        &self,
        organization: &str,
        purpose: Purpose,
        who: &str,
        at: DateTime<Utc>,
    ) -> Result<Lock, LockError> {
        let suffix = suffix(organization);
        let file = lock_file(self.path(), &suffix)?;
        let path = lock_path(self.path(), &suffix);
        match file.try_lock() {
            Ok(()) => {
                let holder = Holder { purpose, who: who.to_owned(), since: at };
                let lock = Lock { file, path, holder };
                lock.tell()?;
                Ok(lock)
            }
            Err(TryLockError::WouldBlock) => Err(LockError::Busy(meet(file))),
            Err(TryLockError::Error(source)) => Err(Error::file("lock", &path, source).into()),
        }
    }
}

/// Who holds an organization's lock, without opening the store: it may be kept busy by just them.
pub fn holder(store: &Path, organization: &str) -> Option<Busy> {
    let file = lock_file(store, &suffix(organization)).ok()?;
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => Some(meet(file)),
        // Released again as the file closes.
        Ok(()) | Err(TryLockError::Error(_)) => None,
    }
}

/// Different organizations have different files, whatever their names are made of.
fn suffix(organization: &str) -> String {
    let mut suffix = ".".to_owned();
    for byte in organization.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'@' | b'-' | b'_' => suffix.push(char::from(byte)),
            _ => suffix.push_str(&format!("%{byte:02x}")),
        }
    }
    suffix
}

fn lock_path(store: &Path, suffix: &str) -> PathBuf {
    let mut name = store.as_os_str().to_owned();
    name.push(suffix);
    name.push(".lock");
    PathBuf::from(name)
}

/// Opens a lock file beside the store, and makes it where there is none.
pub(crate) fn lock_file(store: &Path, suffix: &str) -> Result<File, Error> {
    let path = lock_path(store, suffix);
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(&path)
        .map_err(|source| match source.kind() {
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
                Error::ReadOnly { path: store.to_owned() }
            }
            _ => Error::file("create", &path, source),
        })?;
    // Root looking in by hand must not leave a file that the service then cannot open. SQLite does the same with its
    // own files. Who may not give files away need not.
    if let (Ok(store), Ok(lock)) = (store.metadata(), file.metadata())
        && store.uid() != lock.uid()
    {
        let _ = std::os::unix::fs::fchown(&file, Some(store.uid()), Some(store.gid()));
    }
    Ok(file)
}

impl Lock {
    /// What the holder does now.
    pub fn purpose(&mut self, purpose: Purpose) -> Result<(), Error> {
        self.holder.purpose = purpose;
        self.tell()
    }

    fn tell(&self) -> Result<(), Error> {
        let failed = |source| Error::file("write", &self.path, source);
        let text = serde_json::to_string(&self.holder).map_err(|source| failed(source.into()))?;
        self.file.write_all_at(text.as_bytes(), 0).map_err(failed)?;
        self.file.set_len(text.len() as u64).map_err(failed)
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // The next holder's first reader shall not find our name. If this fails the file's closing still releases.
        let _ = self.file.set_len(0);
    }
}

/// Who holds a lock that we met. The text may be missing, torn or the last holder's; what cannot be read counts as
/// executing. One who believes a last holder's `listing` only asks again a little later.
fn meet(mut file: File) -> Busy {
    let mut text = String::new();
    let holder = file.read_to_string(&mut text).ok().and_then(|_| serde_json::from_str(&text).ok());
    match holder {
        Some(Holder { purpose, who, since }) => Busy { purpose, who: Some(who), since: Some(since) },
        None => Busy { purpose: Purpose::Executing, who: None, since: None },
    }
}
