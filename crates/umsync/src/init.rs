//! `init`: a configuration to begin with.

use crate::failure::Failure;
use crate::output;
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

/// What everybody must say, with the places where it stands.
const TEMPLATE: &str = include_str!("../../../config/init.yaml");

/// Writes it, and says what to do next.
pub(crate) fn init(file: &Path) -> Result<u8, Failure> {
    let failed = |source: std::io::Error| {
        let path = file.to_owned();
        match source.kind() {
            ErrorKind::AlreadyExists => Failure::Exists { path },
            _ => Failure::NewConfig { path, source },
        }
    };
    // It names servers and accounts, so it is for its owner to begin with.
    let mut out = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file).map_err(failed)?;
    out.write_all(TEMPLATE.as_bytes()).and_then(|()| out.sync_all()).map_err(failed)?;
    let file = quoted(&file.display().to_string());
    output::text(&format!(
        "{file} is written: fill in what stands there in capitals. Then\n\n\
         \x20   umsync --config {file} check    # both connections and the mapped groups; changes nothing\n\
         \x20   umsync --config {file} plan     # what would change, and why; changes nothing\n\
         \x20   umsync --config {file} sync     # does it"
    ))?;
    Ok(0)
}

/// A path as a shell reads it.
fn quoted(path: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+".contains(c);
    if path.chars().all(plain) { path.to_owned() } else { format!("'{}'", path.replace('\'', "'\\''")) }
}
