//! The organization between runs.

use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::org::Org;

/// A file that holds one organization. It is written whole beside itself and renamed, so it is never half.
#[derive(Debug)]
pub(crate) struct StateFile(PathBuf);

impl StateFile {
    pub(crate) fn at(path: &Path) -> Self {
        Self(path.to_owned())
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// What an earlier run left, if there was one.
    pub(crate) fn read(&self) -> Result<Option<Org>, Error> {
        let text = match std::fs::read_to_string(&self.0) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(source) => {
                return Err(Error::Read { path: self.0.clone(), source });
            }
        };
        Org::restore(&text).map(Some).map_err(|source| Error::State { path: self.0.clone(), source })
    }

    pub(crate) fn write(&self, org: &Org) -> Result<(), Error> {
        let mut name = self.0.file_name().unwrap_or_default().to_owned();
        name.push(".new");
        let beside = self.0.with_file_name(name);
        let failed = |path: &Path| {
            let path = path.to_owned();
            |source| Error::Write { path, source }
        };
        std::fs::write(&beside, org.dump()).map_err(failed(&beside))?;
        std::fs::rename(&beside, &self.0).map_err(failed(&self.0))
    }
}
