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
use std::io::Read;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::PathBuf;

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
        let path = self.lock_path(organization);
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .map_err(|source| Error::file("create", &path, source))?;
        match file.try_lock() {
            Ok(()) => {
                let holder = Holder {
                    purpose,
                    who: who.to_owned(),
                    since: at,
                };
                let lock = Lock { file, path, holder };
                lock.tell()?;
                Ok(lock)
            }
            Err(TryLockError::WouldBlock) => Err(LockError::Busy(meet(file))),
            Err(TryLockError::Error(source)) => Err(Error::file("lock", &path, source).into()),
        }
    }

    /// Different organizations have different files, whatever their names are made of.
    fn lock_path(&self, organization: &str) -> PathBuf {
        let mut name = self.path().as_os_str().to_owned();
        name.push(".");
        for byte in organization.bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'@' | b'-' | b'_' => {
                    name.push(char::from(byte).to_string());
                }
                _ => name.push(format!("%{byte:02x}")),
            }
        }
        name.push(".lock");
        PathBuf::from(name)
    }
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
    let holder = file
        .read_to_string(&mut text)
        .ok()
        .and_then(|_| serde_json::from_str(&text).ok());
    match holder {
        Some(Holder { purpose, who, since }) => Busy {
            purpose,
            who: Some(who),
            since: Some(since),
        },
        None => Busy {
            purpose: Purpose::Executing,
            who: None,
            since: None,
        },
    }
}
