//! The command line.

use crate::import_ust::ImportUst;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::net::SocketAddr;
use std::path::PathBuf;

/// Keeps an Adobe organization in step with a company's directory.
#[derive(Debug, Parser)]
#[command(version, after_help = EXIT_CODES)]
pub(crate) struct Cli {
    /// The configuration
    #[arg(
        long,
        short,
        global = true,
        default_value = "/etc/umsync/umsync.yaml",
        env = "UMSYNC_CONFIG",
        value_name = "FILE"
    )]
    pub(crate) config: PathBuf,
    /// Tell more on stderr; twice: every request
    #[arg(long, short, global = true, action = clap::ArgAction::Count, conflicts_with = "quiet")]
    pub(crate) verbose: u8,
    /// Tell only errors on stderr
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
    /// How stderr tells it
    #[arg(long, global = true, value_enum, default_value_t = LogFormat::Text, value_name = "FORMAT")]
    pub(crate) log_format: LogFormat,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXIT_CODES: &str = "\
Exit codes: 0 done · 1 error before anything was written · 2 changes pending (plan --detailed-exitcode), a difference not explained (shadow) · \
3 something withheld · 4 some commands failed or have an unknown outcome · 5 another run holds the lock · \
6 directory incomplete · 7 Adobe unavailable · 8 gate closed · 64 usage · 78 configuration";

/// How a report is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    Text,
    Json,
    Csv,
}

/// How a plan is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PlanFormat {
    Text,
    Json,
    Html,
}

/// How logs are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    Text,
    Json,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Write a commented configuration to begin with
    Init {
        /// Where; never overwrites
        #[arg(default_value = "umsync.yaml", value_name = "FILE")]
        file: PathBuf,
    },
    /// Convert a configuration of Adobe's User Sync Tool, and tell what became of each of its keys
    ImportUst(ImportUst),
    /// Check the configuration, the connections and the mapped groups on both sides; lists nothing at Adobe
    Check {
        /// Only the configuration and the store: connects to nobody
        #[arg(long)]
        offline: bool,
        /// Answer in JSON
        #[arg(long)]
        json: bool,
    },
    /// Show what would change, and why; writes nothing to Adobe
    Plan {
        /// Also write the plan to this file, for `apply`
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        /// Also tell what it does otherwise than a plan that was kept in this file
        #[arg(long, value_name = "FILE", conflicts_with_all = ["json", "format"])]
        compare: Option<PathBuf>,
        /// End with 2 when something would change
        #[arg(long)]
        detailed_exitcode: bool,
        /// How it is told; html is one page for whoever decides
        #[arg(long, value_enum, default_value_t = PlanFormat::Text, value_name = "FORMAT")]
        format: PlanFormat,
        /// The same as --format json
        #[arg(long, conflicts_with = "format")]
        json: bool,
    },
    /// One run: read both sides, change what differs
    Sync(Sync),
    /// Execute exactly the changes of an earlier plan that still hold
    Apply {
        /// A file that `plan --out` wrote, or the id of a stored plan
        plan: String,
        /// Wait so long for the gate (default: adobe.wait)
        #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
        wait: Option<std::time::Duration>,
        /// Answer in JSON
        #[arg(long)]
        json: bool,
    },
    /// Approve what a plan withholds; needs the store only
    Approve {
        /// The plan's id, or its beginning
        id: String,
    },
    /// Give up an execution that was cut short
    Abandon,
    /// The daemon: runs as `schedule` says until it is stopped
    Run,
    /// Keep every process from running until a moment
    Pause {
        /// Until when: a moment (2026-12-24T08:00:00Z) or a time from now (2d)
        #[arg(long, value_name = "TIME")]
        until: String,
        /// For those who wonder
        #[arg(long)]
        reason: String,
    },
    /// End a pause
    Unpause,
    /// Why somebody has, lacks, gains or loses what; lists nothing at Adobe
    Explain {
        /// An email, a username, a DN, an anchor or an id at Adobe
        who: String,
        /// Also why they are not in this group at Adobe
        #[arg(long, value_name = "GROUP")]
        why_not: Option<String>,
        /// Answer in JSON
        #[arg(long)]
        json: bool,
    },
    /// What the User Sync Tool would do otherwise than umsync, and why; lists nothing at Adobe
    ///
    /// Run `umsync plan`, then `user-sync -t`, then this: it compares what the log says of each user with what umsync would do
    /// now, by the directory as it is and Adobe as it was last listed, and explains each difference by a rule of umsync, a
    /// fault of the User Sync Tool (B1 to B20, see the README) or one of its options. Of a log with several runs the last
    /// counts. With `file_log_level: debug` it also has the groups of new accounts. Ends with 2 when a difference is not
    /// explained.
    Shadow {
        /// The log of a test run (`user-sync -t`) of the User Sync Tool
        #[arg(long, value_name = "FILE")]
        ust_log: PathBuf,
        /// Answer in JSON
        #[arg(long)]
        json: bool,
    },
    /// What a run did, from the store alone
    Report {
        /// The run, as `history` names it; the last one by default
        run: Option<String>,
        /// How it is told
        #[arg(long, value_enum, default_value_t = ReportFormat::Text, value_name = "FORMAT")]
        format: ReportFormat,
        /// The same as --format json
        #[arg(long, conflicts_with = "format")]
        json: bool,
    },
    /// Where things stand: the last run, when the gate opens; needs the store only
    Status {
        /// Answer in JSON
        #[arg(long)]
        json: bool,
    },
    /// Earlier runs, one of them change by change, or one person's story; needs the store only
    History {
        /// The run, as the list names it, or somebody: an email, a DN, an anchor or an id at Adobe
        #[arg(value_name = "RUN|WHO")]
        what: Option<String>,
        /// How many runs
        #[arg(long, default_value_t = 20, value_name = "COUNT")]
        last: usize,
        /// How it is told
        #[arg(long, value_enum, default_value_t = ReportFormat::Text, value_name = "FORMAT")]
        format: ReportFormat,
        /// The same as --format json
        #[arg(long, conflicts_with = "format")]
        json: bool,
    },
    /// Who has left, what becomes of them and when; needs the store only
    Leavers {
        #[command(subcommand)]
        command: Option<Leavers>,
        /// Answer in JSON
        #[arg(long, global = true)]
        json: bool,
    },
    /// Which entries of the directory the mapped groups were; needs the store only
    Groups {
        #[command(subcommand)]
        command: Option<Groups>,
        /// Answer in JSON
        #[arg(long, global = true)]
        json: bool,
    },
    /// Which person has which account
    Links {
        #[command(subcommand)]
        command: Links,
    },
    /// The store itself
    Store {
        #[command(subcommand)]
        command: Store,
    },
    /// Remove everything the store keeps of one person; needs the store only
    Forget {
        /// An email, a DN, an anchor or an id at Adobe
        who: String,
        /// Answer in JSON
        #[arg(long)]
        json: bool,
    },
    /// Speaks with the system's Kerberos library, for the umsync that started it
    #[cfg(feature = "kerberos")]
    #[command(hide = true)]
    KerberosAgent {
        /// For which service: ldap/HOST
        #[arg(long)]
        service: String,
        /// For which account, if not that of the credential cache
        #[arg(long)]
        principal: Option<String>,
        /// What ties it to a connection, in base64
        #[arg(long)]
        binding: Option<String>,
    },
    /// Run the built-in emulator of Adobe's side by hand; needs no configuration
    Sandbox {
        /// Where it listens: an address of this machine only
        #[arg(long, default_value = "127.0.0.1:8043", value_name = "ADDR")]
        listen: SocketAddr,
        /// The organization to begin with (JSON)
        #[arg(long, value_name = "FILE")]
        seed: Option<PathBuf>,
        /// Keep the organization in this file between runs; with a seed FILE.json, by default, in FILE.state.json
        #[arg(long, value_name = "FILE")]
        state: Option<PathBuf>,
    },
}

/// What is said about leavers.
#[derive(Debug, Subcommand)]
pub(crate) enum Leavers {
    /// Everybody whom the last complete read of the directory lacked, with reason, next step and date
    List,
    /// Do nothing about somebody, whatever the directory says
    Hold {
        /// An email, a username or an id at Adobe
        who: String,
        /// Until then: a moment (2026-12-24T08:00:00Z) or a time from now (30d); for good without it
        #[arg(long, value_name = "TIME")]
        until: Option<String>,
    },
    /// Take back a hold, or an expedite
    Release {
        /// An email, a username or an id at Adobe
        who: String,
    },
    /// Let the next run act on somebody who has left without waiting for leavers.grace and leavers.reads
    Expedite {
        /// An email, a username or an id at Adobe
        who: String,
    },
}

/// What is done with remembered groups.
#[derive(Debug, Subcommand)]
pub(crate) enum Groups {
    /// Every remembered group with its entry's DN and anchor, and when it was last seen
    List,
    /// Forget which entry a group was: the next run takes the one that has its name now
    Forget {
        /// The group, as the configuration names it
        #[arg(required_unless_present = "all")]
        name: Option<String>,
        /// Every group: the directory was set up anew, and every anchor with it
        #[arg(long, conflicts_with = "name")]
        all: bool,
    },
}

/// What is done with links.
#[derive(Debug, Subcommand)]
pub(crate) enum Links {
    /// How people and accounts stand to each other: matched, ambiguous, only at Adobe, only in the directory
    Report {
        /// How it is told
        #[arg(long, value_enum, default_value_t = ReportFormat::Text, value_name = "FORMAT")]
        format: ReportFormat,
    },
    /// Write every link with its history, for another host
    Export {
        /// Where; stdout without it
        #[arg(value_name = "FILE")]
        file: Option<PathBuf>,
    },
    /// Read what `links export` wrote; links of other people stay
    Import {
        /// The file
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Forget which account somebody has: the next run matches them anew, by email and username
    Drop {
        /// An email, a DN, an anchor or an id at Adobe
        #[arg(required_unless_present = "all")]
        who: Option<String>,
        /// Everybody: the directory was set up anew, and every anchor with it
        #[arg(long, conflicts_with = "who")]
        all: bool,
    },
}

/// What is done with the store.
#[derive(Debug, Subcommand)]
pub(crate) enum Store {
    /// Write a copy of the store, while others use it
    Backup {
        /// Where; never overwrites
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Sync {
    /// Only plan: writes nothing to Adobe
    #[arg(long, conflicts_with = "test_mode")]
    pub(crate) dry_run: bool,
    /// Let Adobe check every command without carrying it out (`testOnly=true`)
    #[arg(long)]
    pub(crate) test_mode: bool,
    /// Only this person: an email, a username or a DN; never acts on absence
    #[arg(long, value_name = "WHO")]
    pub(crate) user: Option<String>,
    /// With --user: execute although that closes the gate for a scheduled run
    #[arg(long, requires = "user")]
    pub(crate) take_window: bool,
    /// Answer in JSON
    #[arg(long)]
    pub(crate) json: bool,
}
