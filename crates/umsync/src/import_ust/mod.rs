//! `import-ust`: a configuration of Adobe's User Sync Tool becomes one of umsync's, with a report of what became of each key.
//!
//! [`files`], [`yaml`] and [`section`] read what is there as the User Sync Tool does, [`command_line`] and [`options`] how it
//! is started. Each other room converts some of its keys, and puts every one of them into exactly one of the three lists of
//! [`report`]: carried over, changed meaning, not carried over. What cannot be carried over never lets more happen than
//! before: then nobody is created, or nobody leaves, until somebody has looked at it. Secrets become references.

mod command_line;
mod convert;
mod csv;
mod elsewhere;
mod error;
mod files;
mod filters;
mod groups;
mod hook;
mod import;
mod ldap;
mod leavers;
mod limits;
mod options;
mod person;
mod python;
mod report;
mod rest;
mod search;
mod secrets;
mod section;
mod selection;
mod umapi;
mod written;
mod yaml;

pub(crate) use error::ImportError;

use crate::config;
use crate::failure::Failure;
use crate::output;
use convert::Converted;
use import::Paths;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// What somebody asks for.
#[derive(Debug, clap::Args)]
pub(crate) struct ImportUst {
    /// The folder in which the User Sync Tool runs, with user-sync-config.yml
    dir: PathBuf,
    /// Write the configuration to this file, never over another; to stdout without it
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// How the User Sync Tool is started: its options, as cron or a script has them (default: as ust_live.sh or
    /// Run_UST_Live.bat in DIR do)
    #[arg(long, value_name = "OPTIONS", allow_hyphen_values = true)]
    options: Option<String>,
    /// Write the report to this file, never over another; to stderr without it
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// The report in JSON
    #[arg(long)]
    json: bool,
}

/// Converts, looks whether the result loads, and writes it.
pub(crate) fn import_ust(asked: &ImportUst) -> Result<u8, Failure> {
    let ImportUst { dir, out, options, report, json } = asked;
    if !dir.is_dir() {
        return Err(ImportError::NoFolder { path: dir.clone() }.into());
    }
    if let (Some(out), Some(report)) = (out, report)
        && out == report
    {
        return Err(ImportError::SameFile.into());
    }
    for path in [out, report].into_iter().flatten() {
        if path.symlink_metadata().is_ok() {
            return Err(ImportError::Exists { path: path.clone() }.into());
        }
    }
    let Converted { yaml, report: mut told } =
        convert::convert(dir, options.as_deref(), paths(dir, out.as_deref()))?;
    let folder = out.as_deref().and_then(Path::parent).unwrap_or(dir);
    let mistakes = config::mistakes(&yaml, folder);
    if !mistakes.is_empty() {
        let mistakes = mistakes.iter().map(ToString::to_string).collect();
        return Err(ImportError::Unusable(mistakes).into());
    }
    let name = out.as_ref().map_or("umsync.yaml".to_owned(), |out| out.display().to_string());
    if out.is_none() {
        told.to_do.insert(0, format!("save the configuration as umsync.yaml in {}", dir.display()));
    }
    told.to_do.push(format!(
        "umsync --config {name} check, then umsync --config {name} plan: neither changes anything"
    ));
    told.to_do.push(
        "end the User Sync Tool's schedule before the first `umsync sync`: Adobe counts both together"
            .to_owned(),
    );
    let text = if *json { serde_json::to_string_pretty(&told)? + "\n" } else { told.text() };
    // Both are made before one is written, so that there are both or none.
    let mut files = Vec::new();
    for (path, text) in [(report, &text), (out, &yaml)] {
        if let Some(path) = path {
            files.push((path, create(path)?, text));
        }
    }
    for (path, mut file, text) in files {
        let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
        written.map_err(|source| ImportError::Out { path: path.clone(), source })?;
    }
    if report.is_none() {
        output::note(text.trim_end());
    }
    if out.is_none() {
        output::text(yaml.trim_end())?;
    }
    Ok(0)
}

/// From the configuration's folder to that of the User Sync Tool.
fn paths(dir: &Path, out: Option<&Path>) -> Paths {
    let whole = |path: &Path| path.canonicalize().ok();
    let beside = out.is_none_or(|out| {
        let parent = out.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        whole(parent) == whole(dir)
    });
    Paths { here: if beside { PathBuf::new() } else { whole(dir).unwrap_or_else(|| dir.to_owned()) } }
}

/// For its owner to begin with: it names servers and accounts.
fn create(path: &Path) -> Result<File, ImportError> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(|source| {
        let path = path.to_owned();
        match source.kind() {
            ErrorKind::AlreadyExists => ImportError::Exists { path },
            _ => ImportError::Out { path, source },
        }
    })
}
