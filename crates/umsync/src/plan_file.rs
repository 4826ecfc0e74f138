//! The file of a plan that somebody reviews: it bears a digest of itself, so that what was reviewed is what runs.

use crate::failure::Failure;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::fs::{File, OpenOptions, Permissions};
use std::io::{self, BufWriter, Seek as _, SeekFrom, Write};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;
use umsync_engine::plan::Plan;
use umsync_engine::saved::{SavedPlan, SavedPlanError};

/// How every such file begins. Then come the digits of the digest.
const BEGINNING: &str = "{\n  \"sha256\": \"";
/// What stands for the digest while it is made: it is of the whole file with this in its place.
const UNTOLD: &str = "0000000000000000000000000000000000000000000000000000000000000000";

#[derive(Serialize)]
struct Sealed<'a> {
    sha256: &'a str,
    #[serde(flatten)]
    plan: &'a Plan,
}

/// Writes a plan, only for its owner: it names everybody.
pub(crate) fn write(path: &Path, plan: &Plan) -> Result<(), Failure> {
    let failed = |source| Failure::PlanOut { path: path.to_owned(), source };
    let out = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path);
    let out = out.map_err(failed)?;
    out.set_permissions(Permissions::from_mode(0o600)).map_err(failed)?;
    let mut out = Digesting { out: BufWriter::new(out), digest: Sha256::new() };
    serde_json::to_writer_pretty(&mut out, &Sealed { sha256: UNTOLD, plan })?;
    out.write_all(b"\n").and_then(|()| seal(out)).map_err(failed)
}

fn seal(out: Digesting) -> io::Result<()> {
    let Digesting { out, digest } = out;
    let mut file: File = out.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.seek(SeekFrom::Start(BEGINNING.len() as u64))?;
    file.write_all(hexadecimal(digest).as_bytes())?;
    file.sync_all()
}

/// Reads what [`write()`] wrote. One byte that is another is an error.
pub(crate) fn read(path: &Path) -> Result<SavedPlan, Failure> {
    let text = std::fs::read(path).map_err(|source| Failure::PlanFile { path: path.to_owned(), source })?;
    let value = serde_json::from_slice(&text).map_err(SavedPlanError::NotAPlan)?;
    // What is no plan at all, or one of another version, is told before its digest.
    let saved = SavedPlan::parse(&value)?;
    match is_sealed(&text) {
        true => Ok(saved),
        false => Err(Failure::PlanAltered { path: path.to_owned() }),
    }
}

fn is_sealed(text: &[u8]) -> bool {
    let Some((told, rest)) =
        text.strip_prefix(BEGINNING.as_bytes()).and_then(|rest| rest.split_at_checked(UNTOLD.len()))
    else {
        return false;
    };
    let mut digest = Sha256::new();
    [BEGINNING.as_bytes(), UNTOLD.as_bytes(), rest].into_iter().for_each(|part| digest.update(part));
    hexadecimal(digest).as_bytes() == told
}

fn hexadecimal(digest: Sha256) -> String {
    digest.finalize().iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// A file, and the digest of what was written to it.
struct Digesting {
    out: BufWriter<File>,
    digest: Sha256,
}

impl Write for Digesting {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.digest.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
