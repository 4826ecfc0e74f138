//! The organization between runs.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::Error;
use crate::org::Org;

/// A file that holds one organization: the whole, and a line for every change since. The whole is written beside the
/// file and renamed, so it is never half; a line that is half was never answered for.
#[derive(Debug)]
pub(crate) struct StateFile {
    path: PathBuf,
    /// Bytes that lines may still take until the whole is written again.
    room: AtomicU64,
}

/// Lines may at least take that many bytes, however small the organization.
const LEAST_ROOM: u64 = 1024 * 1024;

impl StateFile {
    pub(crate) fn at(path: &Path) -> Self {
        Self { path: path.to_owned(), room: AtomicU64::new(0) }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// What an earlier run left, if there was one, in one piece from now on.
    pub(crate) fn read(&self) -> Result<Option<Org>, Error> {
        let path = || self.path.clone();
        let text = match std::fs::read_to_string(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(Error::Read { path: path(), source }),
        };
        let (mut org, whole) = Org::restore(&text).map_err(|source| Error::State { path: path(), source })?;
        if whole {
            self.make_room(text.len());
        } else {
            self.write(&mut org)?;
        }
        Ok(Some(org))
    }

    /// Lines may take as much as the whole, which took that many bytes.
    fn make_room(&self, whole: usize) {
        self.room.store(LEAST_ROOM.max(whole as u64), Ordering::SeqCst);
    }

    /// Writes the whole.
    pub(crate) fn write(&self, org: &mut Org) -> Result<(), Error> {
        // Whatever goes wrong below, the next change writes the whole again.
        self.room.store(0, Ordering::SeqCst);
        org.take_changes();
        let mut name = self.path.file_name().unwrap_or_default().to_owned();
        name.push(".new");
        let beside = self.path.with_file_name(name);
        let failed = |path: &Path| {
            let path = path.to_owned();
            |source| Error::Write { path, source }
        };
        let whole = org.dump();
        std::fs::write(&beside, &whole).map_err(failed(&beside))?;
        std::fs::rename(&beside, &self.path).map_err(failed(&self.path))?;
        self.make_room(whole.len());
        Ok(())
    }

    /// Writes what changed since the last time; nothing if nothing did.
    pub(crate) fn follow(&self, org: &mut Org) -> Result<(), Error> {
        let Some(line) = org.take_changes() else { return Ok(()) };
        let length = line.len() as u64;
        let left = self.room.swap(0, Ordering::SeqCst);
        // Without room, or without a file to append to: somebody may have removed it.
        if left < length || self.append(&line).is_err() {
            return self.write(org);
        }
        self.room.store(left - length, Ordering::SeqCst);
        Ok(())
    }

    fn append(&self, line: &str) -> std::io::Result<()> {
        OpenOptions::new().append(true).open(&self.path)?.write_all(line.as_bytes())
    }
}
