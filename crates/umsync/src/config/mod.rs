//! The configuration: from what the YAML file says to what the program means, with every mistake at once.

mod adobe;
mod directory;
mod file;
mod limits;
mod meaning;
mod people;
mod push;
mod schedule;
mod secret;

pub(crate) use adobe::{Adobe, ClientId, DeprecatedJwt, Organization, Service};
pub(crate) use directory::{Ldap, Source};
pub(crate) use file::Mistake;
pub(crate) use people::LeaverFiles;
pub(crate) use schedule::{Notify, Retry, Schedule, When};
pub(crate) use secret::{SecretError, SecretRef};

use file::Document;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;
use umsync_engine::directory::DirectoryName;
use umsync_engine::rules::{Baseline, Disabled, Rules, Strategy};

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
    /// The directory's side: several by name, or the only one.
    pub(crate) directories: BTreeMap<DirectoryName, Place>,
    /// Who is a person, which groups give what, what becomes of leavers, what is protected, how much may change.
    pub(crate) rules: Rules,
    /// Files about leavers.
    pub(crate) leavers: LeaverFiles,
    /// When the daemon runs.
    pub(crate) schedule: Option<Schedule>,
    /// Who is told about a run.
    pub(crate) notify: Option<Notify>,
    /// The store's file.
    pub(crate) store: PathBuf,
    /// For how long runs, their journals and reports are kept.
    pub(crate) history: Duration,
    /// A hash of what `strategy`, `directory` or `directories` (without servers, bind, TLS, time-outs, connections), `people`, `groups`, `leavers` and
    /// `protect` mean: a plan made under another one is another plan.
    pub(crate) meaning: String,
}

/// Where people are.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) source: Source,
    /// A hash of what it is read for.
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

/// What is wrong with a configuration before it is written; its secrets may still be missing.
pub(crate) fn mistakes(text: &str, folder: &Path) -> Vec<Mistake> {
    match Document::parse(text) {
        Ok(document) => {
            read(&document, folder);
            document.mistakes()
        }
        Err(mistake) => vec![mistake],
    }
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
                let Parts { adobe, sources, rules, leavers, schedule, notify, store, history } = parts;
                let meaning = meaning::of(&sources, &rules, leavers.list.is_some());
                let path = path.to_owned();
                let place = |(name, source): (DirectoryName, Source)| {
                    let meaning = meaning::of_directory(&name, &source, &rules);
                    (name, Place { source, meaning })
                };
                let directories = sources.into_iter().map(place).collect();
                Ok(Self {
                    path,
                    adobe,
                    directories,
                    rules,
                    leavers,
                    schedule,
                    notify,
                    store,
                    history,
                    meaning,
                })
            }
            _ => Err(mistakes(found)),
        }
    }

    /// The environment variables that hold secrets: no program that we start is to inherit them.
    pub(crate) fn secret_variables(&self) -> Vec<&str> {
        let directories = self.directories.values().filter_map(|place| place.source.secret());
        self.adobe.secrets().chain(directories).filter_map(SecretRef::variable).collect()
    }

    /// What everybody should know who goes by what the directories give.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let of = |(name, place): (&DirectoryName, &Place)| Some(name.says(place.source.warning()?));
        self.directories.iter().filter_map(of).collect()
    }
}

/// Whether memberships are kept in step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Memberships {
    /// As the mappings say.
    Sync,
    /// None is ever given or taken: the mappings only select.
    Keep,
}

/// Whether a command will reveal secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Secrets {
    Needed,
    NotNeeded,
}

struct Parts {
    adobe: Adobe,
    sources: BTreeMap<DirectoryName, Source>,
    rules: Rules,
    leavers: LeaverFiles,
    schedule: Option<Schedule>,
    notify: Option<Notify>,
    store: PathBuf,
    history: Duration,
}

/// `None` only where a mistake has been noted.
fn read(document: &Document, folder: &Path) -> Option<Parts> {
    let file = document.section();
    file.missing("adobe", "which organization is kept in step");
    if !file.has("directories") {
        file.missing("directory", "where the people are: ldap, ldif or csv");
    } else if file.has("directory") {
        file.mistake(
            "directory",
            "either `directory` stands here, or `directories`; move it there under a name of its own",
        );
    }
    file.missing("groups", "which directory group gives which Adobe groups");
    let adobe = file.section("adobe").and_then(|section| adobe::read(section, folder));
    let only = file.section("directory").and_then(|section| directory::read(section, folder));
    let several = directory::read_all(&file, folder).unwrap_or_default();
    let people = people::read(file.section("people"));
    let mappings = people::mappings(&file, &several.names);
    people::somebody_is_selected(&file, &people);
    let (leavers, leaver_files) = people::leavers(file.section("leavers"), folder);
    let protect = people::protect(file.section("protect"));
    let strategies = [("sync", Strategy::Sync), ("push", Strategy::Push)];
    let strategy = file.word("strategy", &strategies).unwrap_or(Strategy::Sync);
    let limits = limits::read(file.section("limits"));
    let limits = match strategy {
        Strategy::Sync => limits,
        Strategy::Push => {
            push::agree(&file, people.create(), &leavers);
            push::limits(&file, limits)
        }
    };
    let schedule = schedule::read(file.section("schedule"));
    let notify = schedule::notify(file.section("notify"));
    let memberships = file.word("memberships", &[("sync", Memberships::Sync), ("keep", Memberships::Keep)]);
    let mappings = mappings.map(|mappings| match memberships {
        Some(Memberships::Keep) => people::only_selecting(mappings),
        Some(Memberships::Sync) | None => mappings,
    });
    if memberships == Some(Memberships::Keep) {
        people::agree_to_keep(&file, &leavers, &people);
    }
    let accepted = file.word("baseline", &[("accept", Baseline::Accepted)]);
    let store = file.parsed("state", |text| store_file(text, folder));
    file.missing("state", "the store's file, for instance sqlite:/var/lib/umsync/umsync.db");
    let history = file.parsed("history", adobe::duration).unwrap_or(HISTORY);
    if history < LEAST_HISTORY {
        file.mistake("history", "whose an address was must be known for ninety days; write 90d or more");
    }
    file.finish();
    let baseline = accepted.unwrap_or(Baseline::Missing);
    let rules = |people, people_of, mappings: people::Mappings, protect| Rules {
        strategy,
        people,
        people_of,
        mappings: mappings.named,
        patterns: mappings.patterns,
        leavers,
        protect,
        limits,
        baseline,
    };
    let of = |read: &directory::Read| people.of(read.source.usual(), &read.templates, read.disabled);
    let (rules, mut sources) = match only {
        Some(read) => {
            let rules = rules(of(&read), BTreeMap::new(), mappings?, protect?);
            (rules, BTreeMap::from([(DirectoryName::default(), read.source)]))
        }
        None => {
            let several = several.read?;
            let each = several.iter().map(|(name, read)| (name.clone(), of(read))).collect();
            let common = people.of(directory::USUAL, &people::Templates::default(), Disabled::Leave);
            let rules = rules(common, each, mappings?, protect?);
            (rules, several.into_iter().map(|(name, read)| (name, read.source)).collect())
        }
    };
    for (name, source) in &mut sources {
        source.serve(name, &rules);
    }
    Some(Parts {
        adobe: adobe?,
        sources,
        rules,
        leavers: leaver_files,
        schedule,
        notify,
        store: store?,
        history,
    })
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
