//! The configuration: from what the YAML file says to what the program means, with every mistake at once.

mod adobe;
mod directory;
mod file;
mod limits;
mod meaning;
mod people;
mod schedule;
mod secret;

pub(crate) use adobe::{Adobe, ClientId, DeprecatedJwt, Organization, Service};
pub(crate) use directory::{Ldap, Source};
pub(crate) use file::Mistake;
pub(crate) use schedule::{Notify, Retry, Schedule, When};
pub(crate) use secret::{SecretError, SecretRef};

use file::Document;
use std::path::{Path, PathBuf};
use std::time::Duration;
use umsync_engine::rules::{Baseline, Rules};

/// A year, and what is left of the month in which somebody asks.
const HISTORY: Duration = Duration::from_secs(400 * DAY);
/// An address that somebody has left is theirs for ninety days: so long it must be known.
const LEAST_HISTORY: Duration = Duration::from_secs(90 * DAY);
const DAY: u64 = 24 * 60 * 60;

/// What the program means to do.
#[derive(Debug)]
pub(crate) struct Config {
    /// The file.
    pub(crate) path: PathBuf,
    /// Adobe's side.
    pub(crate) adobe: Adobe,
    /// The directory's side.
    pub(crate) source: Source,
    /// Who is a person, which groups give what, what becomes of leavers, what is protected, how much may change.
    pub(crate) rules: Rules,
    /// When the daemon runs.
    pub(crate) schedule: Option<Schedule>,
    /// Who is told about a run.
    pub(crate) notify: Option<Notify>,
    /// The store's file.
    pub(crate) store: PathBuf,
    /// For how long runs, their journals and reports are kept.
    pub(crate) history: Duration,
    /// A hash of what `directory` (without servers, bind, TLS, time-outs, connections), `people`, `groups`, `leavers` and
    /// `protect` mean: a plan made under another one is another plan.
    pub(crate) meaning: String,
}

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    #[error("cannot read the configuration {path}\n  name it with --config FILE, or see config/example.yaml for one", path = path.display())]
    Unreadable {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("{path}: {}", told(mistakes), path = path.display())]
    Mistakes { path: PathBuf, mistakes: Vec<Mistake> },
}

fn told(mistakes: &[Mistake]) -> String {
    let count =
        if mistakes.len() == 1 { "1 mistake".to_owned() } else { format!("{} mistakes", mistakes.len()) };
    mistakes.iter().fold(count, |text, mistake| format!("{text}\n  {mistake}"))
}

impl Config {
    /// Reads the file, and looks whether its secrets are there. Paths in it are relative to it.
    pub(crate) fn load(path: &Path) -> Result<Self, ConfigError> {
        Self::load_with(path, Secrets::Needed)
    }

    /// The same for commands that need the store only.
    pub(crate) fn load_without_secrets(path: &Path) -> Result<Self, ConfigError> {
        Self::load_with(path, Secrets::NotNeeded)
    }

    fn load_with(path: &Path, secrets: Secrets) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })?;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mistakes = |mistakes| ConfigError::Mistakes { path: path.to_owned(), mistakes };
        let document = Document::parse(&text).map_err(|mistake| mistakes(vec![mistake]))?;
        let parts = read(&document, folder);
        if secrets == Secrets::Needed {
            document.look_for_secrets();
        }
        let found = document.mistakes();
        match parts {
            Some(parts) if found.is_empty() => {
                let Parts { adobe, source, rules, schedule, notify, store, history } = parts;
                let meaning = meaning::of(&source, &rules);
                let path = path.to_owned();
                Ok(Self { path, adobe, source, rules, schedule, notify, store, history, meaning })
            }
            _ => Err(mistakes(found)),
        }
    }

    /// The environment variables that hold secrets: no program that we start is to inherit them.
    pub(crate) fn secret_variables(&self) -> Vec<&str> {
        self.adobe.secrets().chain(self.source.secret()).filter_map(SecretRef::variable).collect()
    }
}

/// Whether a command will reveal secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Secrets {
    Needed,
    NotNeeded,
}

struct Parts {
    adobe: Adobe,
    source: Source,
    rules: Rules,
    schedule: Option<Schedule>,
    notify: Option<Notify>,
    store: PathBuf,
    history: Duration,
}

/// `None` only where a mistake has been noted.
fn read(document: &Document, folder: &Path) -> Option<Parts> {
    let file = document.section();
    file.missing("adobe", "which organization is kept in step");
    file.missing("directory", "where the people are: ldap, ldif or csv");
    file.missing("groups", "which directory group gives which Adobe groups");
    let adobe = file.section("adobe").and_then(|section| adobe::read(section, folder));
    let directory = file.section("directory").and_then(|section| directory::read(section, folder));
    let usual = Source::usual(directory.as_ref().map(|(source, _)| source));
    let people = people::read(file.section("people"), usual);
    let mappings = people::mappings(&file);
    let leavers = people::leavers(file.section("leavers"));
    let protect = people::protect(file.section("protect"));
    let limits = limits::read(file.section("limits"));
    let schedule = schedule::read(file.section("schedule"));
    let notify = schedule::notify(file.section("notify"));
    let accepted = file.word("baseline", &[("accept", Baseline::Accepted)]);
    let store = file.parsed("state", |text| store_file(text, folder));
    file.missing("state", "the store's file, for instance sqlite:/var/lib/umsync/umsync.db");
    let history = file.parsed("history", adobe::duration).unwrap_or(HISTORY);
    if history < LEAST_HISTORY {
        file.mistake("history", "whose an address was must be known for ninety days; write 90d or more");
    }
    file.finish();
    let (mut source, disabled) = directory?;
    let mut people = people?;
    people.disabled = disabled;
    let baseline = accepted.unwrap_or(Baseline::Missing);
    let rules = Rules { people, mappings: mappings?, leavers, protect: protect?, limits, baseline };
    source.serve(&rules);
    Some(Parts { adobe: adobe?, source, rules, schedule, notify, store: store?, history })
}

fn store_file(text: &str, folder: &Path) -> Result<PathBuf, String> {
    match text.strip_prefix("sqlite:") {
        Some(path) if !path.trim_matches('/').is_empty() => {
            let path = path.strip_prefix("//").filter(|rest| rest.starts_with('/')).unwrap_or(path);
            Ok(folder.join(path))
        }
        _ => Err(format!(
            "`{text}` is no store; write sqlite:PATH, for instance sqlite:/var/lib/umsync/umsync.db"
        )),
    }
}
