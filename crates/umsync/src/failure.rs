//! What ends a run early, and the exit code that it means.

use crate::config::{ConfigError, SecretError};
use std::collections::BTreeMap;
use std::path::PathBuf;
use umsync_engine::diff::DiffError;
use umsync_engine::directory::{DirectoryName, GroupRef};

/// Why a command did not reach its end. Nothing had been written to Adobe.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error("{key}: a secret cannot be read")]
    Secret {
        key: String,
        #[source]
        source: SecretError,
    },
    #[error("cannot read {key}, {path}", path = path.display())]
    File {
        key: &'static str,
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("there is no store at {path}\n  the first time, run `umsync plan`, which makes one; otherwise mount its volume or restore the file: without it the two-hour rule and every leaver's grace would be forgotten", path = path.display())]
    NoStore { path: PathBuf },
    #[error(transparent)]
    Store(umsync_store::Error),
    #[error(transparent)]
    Busy(#[from] umsync_store::Busy),
    #[error("the directory could not be read whole, so nothing was compared and nothing was sent")]
    Directory(#[from] umsync_directory::Error),
    #[error(
        "no directory could be read whole, so nothing was compared and nothing was sent{}",
        listed(reasons)
    )]
    NoDirectory { reasons: BTreeMap<DirectoryName, String> },
    #[error("{} could not be read whole, and never was: nobody knows whom {} would give, so nothing was sent{}\n  once every directory has been read, one that fails only holds back what could be its own", names(never), if never.len() == 1 { "it" } else { "they" }, listed(reasons))]
    NeverRead { never: Vec<DirectoryName>, reasons: BTreeMap<DirectoryName, String> },
    #[error(
        "no directory has {}, so nothing was compared and nothing was sent\n  correct the names under `groups` and `leavers.groups`, or what the accounts may read",
        groups(missing)
    )]
    MissingEverywhere { missing: Vec<GroupRef> },
    #[error("the directory has refused {account} {refusals} times in a row, so it is not asked before {}: more refusals may lock the account\n  correct its name or its password; then `umsync check` tries it at once, and ends the wait if it is let in", until.to_rfc3339_opts(chrono::SecondsFormat::Secs, true))]
    AccountRests { account: String, refusals: u32, until: chrono::DateTime<chrono::Utc> },
    #[error(transparent)]
    Who(#[from] umsync_engine::explain::WhoError),
    #[error(transparent)]
    Groups(#[from] DiffError),
    #[error(transparent)]
    PatternGroups(#[from] umsync_engine::pattern_groups::PatternGroupsError),
    #[error(transparent)]
    Adobe(#[from] umsync_umapi::Error),
    #[error("the sandbox cannot be started")]
    Sandbox(#[from] umsync_emulator::Error),
    #[error("no run is called {0}\n  `umsync history` lists them")]
    NoRun(String),
    #[error(
        "another umsync has gone on with the run {run} while this one stood still, and has ended it\n  `umsync report {run}` tells what became of it"
    )]
    TakenOver { run: String },
    #[error(
        "an execution that was cut short has been gone on with, and not all of that could be recorded\n  `umsync status` tells what is left of it"
    )]
    Unrecorded(#[source] Box<Failure>),
    #[error("there has been no run yet")]
    NoRunYet,
    #[error("several runs have an id that begins with {beginning}: {ids}\n  write more of it")]
    SeveralRuns { beginning: String, ids: String },
    #[error(
        "the report of the run {run} was written by another version\n  `umsync report {run} --json` shows it as it is"
    )]
    OtherReport {
        run: String,
        #[source]
        source: serde_json::Error,
    },
    #[error("{path}: there is no `schedule`, so nothing would ever run\n  write for instance schedule: {{cron: \"0 15 */2 * * *\", timezone: Europe/Berlin}}", path = path.display())]
    NoSchedule { path: PathBuf },
    #[error("{path}: schedule.cron: the moment `{cron}` never comes", path = path.display())]
    NeverDue { path: PathBuf, cron: String },
    #[error("the schedule cannot be started")]
    Scheduler(#[from] tokio_cron_scheduler::JobSchedulerError),
    #[error("{path} is already there, and nothing is overwritten\n  name another file: umsync init FILE", path = path.display())]
    Exists { path: PathBuf },
    #[error("cannot write the configuration {path}", path = path.display())]
    NewConfig {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error(
        "no stored plan has an id that begins with {0}\n  `umsync plan` makes one and names its id; `umsync history` lists the runs"
    )]
    NoPlan(String),
    #[error("`{0}` is too short for the id of a plan; write at least its first four digits")]
    ShortId(String),
    #[error("several plans have an id that begins with {beginning}: {ids}\n  write more of it")]
    SeveralPlans { beginning: String, ids: String },
    #[error("the plan cannot be used")]
    Plan(#[from] umsync_engine::saved::SavedPlanError),
    #[error("cannot read the plan {path}", path = path.display())]
    PlanFile {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("the plan {path} has been altered since it was written\n  plan anew: what was reviewed is what runs", path = path.display())]
    PlanAltered { path: PathBuf },
    #[error("cannot write the plan {path}", path = path.display())]
    PlanOut {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("the plan {id} is for {plan}, the configuration for {organization}")]
    OtherOrganization { id: String, plan: String, organization: String },
    #[error(
        "the plan {id} was made when the configuration meant something else\n  plan anew: what was reviewed is what runs"
    )]
    OtherConfiguration { id: String },
    #[error("`{0}` is no moment\n  write for instance 2026-12-24T08:00:00Z, or a time from now such as 2d")]
    NoMoment(String),
    #[error("umsync is paused until {} by {who}: {reason}\n  `umsync unpause` ends it", until.to_rfc3339_opts(chrono::SecondsFormat::Secs, true))]
    Paused { until: chrono::DateTime<chrono::Utc>, who: String, reason: String },
    #[error(
        "nobody in the directory is {0}\n  name them by email, username or DN as the directory has it; whoever is gone is dealt with by a whole run"
    )]
    Nobody(String),
    #[error(
        "the account of {0} cannot be found without a listing\n  leave this person to a whole run: `umsync sync`"
    )]
    NeedsWholeRun(String),
    #[error("several people in the directory are {who}: {entries}\n  name one of them by DN")]
    Several { who: String, entries: String },
    #[error(
        "neither Adobe's last listing nor the list of leavers has {0}\n  name them by their email or id at Adobe; `umsync leavers` lists who is gone"
    )]
    NoUser(String),
    #[error(
        "the run {run} was cut short and may be gone on with\n  let `umsync sync` do so, or give it up with `umsync abandon`; then try again"
    )]
    CutShort { run: String },
    #[error("several are, or were, called {who}\n  name one by id or anchor: {ids}")]
    SeveralUsers { who: String, ids: String },
    #[error(
        "no group called {0} is remembered\n  name it as the configuration does; `umsync groups` lists all of them"
    )]
    NoGroup(String),
    #[error("the store keeps nothing of {0}\n  name them by email, DN, anchor or id at Adobe")]
    NoTrace(String),
    #[error(
        "nobody called {0} is linked to an account\n  name them by email, DN, anchor or id at Adobe; `umsync links export` lists all links"
    )]
    NoLink(String),
    #[error("cannot {doing} the links in {path}", path = path.display())]
    LinksFile {
        doing: &'static str,
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("{path} is no file that `umsync links export` wrote", path = path.display())]
    NoLinks {
        path: PathBuf,
        #[source]
        source: serde_json::Error,
    },
    #[error("{path} has format {format}, which this version does not know\n  export it with this version", path = path.display())]
    OtherLinks { path: PathBuf, format: u32 },
    #[error("the links in {path} are of {of}, the configuration is for {organization}", path = path.display())]
    LinksOfAnother { path: PathBuf, of: String, organization: String },
    #[error("a scheduled run is due at {}, within the two hours that this execution would close the gate for\n  write --take-window to execute all the same", due.to_rfc3339_opts(chrono::SecondsFormat::Secs, true))]
    WindowNeeded { due: chrono::DateTime<chrono::Utc> },
    #[error(
        "no schedule is configured, so nobody knows whose execution this one would shut out for two hours\n  write --take-window to execute all the same"
    )]
    WindowUnknown,
    #[error("leavers.list {path} cannot be used", path = path.display())]
    Reviewed {
        path: PathBuf,
        #[source]
        source: crate::reviewed::ReviewedError,
    },
    #[error("cannot write the leavers to {path} (leavers.write)", path = path.display())]
    LeaversOut {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("the log {path} of the User Sync Tool cannot be compared with", path = path.display())]
    UstLog {
        path: PathBuf,
        #[source]
        source: crate::shadow::LogError,
    },
    #[error("Adobe was never listed, so there is no plan to compare with\n  list it with `umsync plan`")]
    NeverListed,
    #[error(
        "with `strategy: push` nothing is known of what would change at Adobe, so there is nothing to compare\n  compare with a configuration that says `strategy: sync`"
    )]
    NothingToCompare,
    #[error(transparent)]
    Import(#[from] crate::import_ust::ImportError),
    #[error("stopped before anything was sent")]
    Stopped,
    #[error("cannot write the output")]
    Output(#[from] std::io::Error),
    #[error("cannot write JSON")]
    Json(#[from] serde_json::Error),
}

fn listed(reasons: &BTreeMap<DirectoryName, String>) -> String {
    reasons.iter().map(|(name, why)| format!("\n  {name}: {why}")).collect()
}

fn names(names: &[DirectoryName]) -> String {
    let names: Vec<&str> = names.iter().map(DirectoryName::as_str).collect();
    let noun = if names.len() == 1 { "directory" } else { "directories" };
    format!("the {noun} {}", names.join(", "))
}

fn groups(missing: &[GroupRef]) -> String {
    let names: Vec<String> = missing.iter().map(|group| format!("`{group}`")).collect();
    format!("the {} {}", if names.len() == 1 { "group" } else { "groups" }, names.join(", "))
}

impl From<umsync_store::Error> for Failure {
    fn from(error: umsync_store::Error) -> Self {
        match error {
            umsync_store::Error::Missing { path } => Self::NoStore { path },
            error => Self::Store(error),
        }
    }
}

impl From<umsync_store::LockError> for Failure {
    fn from(error: umsync_store::LockError) -> Self {
        match error {
            umsync_store::LockError::Busy(busy) => Self::Busy(busy),
            umsync_store::LockError::Store(error) => error.into(),
        }
    }
}

impl Failure {
    /// A secret of a directory that cannot be read, by its key as in `directory`.
    pub(crate) fn secret(name: &DirectoryName, key: &str, source: SecretError) -> Self {
        let key = match (name.is_only(), key.strip_prefix("directory.")) {
            (false, Some(rest)) => format!("directories.{name}.{rest}"),
            _ => key.to_owned(),
        };
        Self::Secret { key, source }
    }

    /// The exit code.
    pub(crate) fn code(&self) -> u8 {
        match self {
            Self::Config(_) | Self::Secret { .. } | Self::File { .. } | Self::NoStore { .. } => 78,
            Self::Groups(DiffError::Nobody { .. }) => 6,
            Self::Groups(
                DiffError::MissingGroups { .. } | DiffError::OrgAdmins { .. } | DiffError::NoProfiles { .. },
            ) => 78,
            Self::Sandbox(_) => 78,
            Self::Import(error) => error.code(),
            Self::Busy(_) => 5,
            Self::Directory(_) | Self::AccountRests { .. } => 6,
            Self::PatternGroups(_) => 6,
            Self::NoDirectory { .. } | Self::NeverRead { .. } | Self::MissingEverywhere { .. } => 6,
            Self::Adobe(error) => error.kind().exit_code(),
            Self::OtherOrganization { .. } | Self::OtherConfiguration { .. } => 78,
            Self::Paused { .. } | Self::WindowNeeded { .. } | Self::WindowUnknown => 8,
            Self::LinksOfAnother { .. } | Self::Reviewed { .. } => 78,
            Self::LeaversOut { .. } => 1,
            Self::NoUser(_)
            | Self::SeveralUsers { .. }
            | Self::NoTrace(_)
            | Self::Who(_)
            | Self::NoLink(_)
            | Self::NoGroup(_) => 64,
            Self::LinksFile { .. } | Self::NoLinks { .. } | Self::OtherLinks { .. } => 64,
            Self::NoRun(_)
            | Self::NoPlan(_)
            | Self::ShortId(_)
            | Self::SeveralPlans { .. }
            | Self::NoMoment(_) => 64,
            Self::Plan(_) | Self::PlanFile { .. } | Self::PlanAltered { .. } | Self::PlanOut { .. } => 64,
            Self::UstLog { .. } => 64,
            Self::NoRunYet | Self::SeveralRuns { .. } => 64,
            Self::NoSchedule { .. } | Self::NeverDue { .. } | Self::NothingToCompare => 78,
            Self::TakenOver { .. } | Self::Unrecorded(_) => 4,
            Self::CutShort { .. } | Self::NeverListed => 1,
            Self::OtherReport { .. } | Self::Scheduler(_) => 1,
            Self::Exists { .. } | Self::NewConfig { .. } => 1,
            Self::Nobody(_) | Self::Several { .. } | Self::NeedsWholeRun(_) => 1,
            Self::Store(_) | Self::Stopped | Self::Output(_) | Self::Json(_) => 1,
        }
    }

    /// The failure and its causes, each said once, the remedies below.
    pub(crate) fn told(&self) -> String {
        let mut lines = vec![format!("error: {self}")];
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            let text = error.to_string();
            // Some libraries print their cause inside their own text.
            if !lines.iter().any(|line| line.contains(&text)) {
                lines.push(format!("  because: {text}"));
            }
            cause = error.source();
        }
        lines.join("\n")
    }
}

/// What an exit code means, for people.
pub(crate) fn meaning(code: u8) -> &'static str {
    match code {
        0 => "done",
        1 => "an error before anything was written",
        2 => "changes are pending",
        3 => "something was withheld, the rest is done",
        4 => "some commands failed, are stale or have an unknown outcome",
        5 => "another run held the lock",
        6 => "the directory could not be read whole",
        7 => "Adobe was unavailable",
        8 => "the gate was closed, or a pause held",
        64 => "usage",
        78 => "configuration: in the file, or at Adobe",
        _ => "unknown",
    }
}
