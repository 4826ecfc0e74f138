//! A world for one test: a folder with a configuration and a directory, an emulator, and the program.

pub(crate) mod process;
pub(crate) mod proxy;
pub(crate) mod report;
pub(crate) mod reviewed;
pub(crate) mod rounds;
pub(crate) mod store;

use chrono::{DateTime, Utc};
use report::Mark;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use umsync_emulator::{DEFAULT_CLIENT, DEFAULT_SECRET, Emulator, Endpoint, Options, Running, Seed};

/// The organization of every emulator here.
pub(crate) const ORGANIZATION: &str = "0123456789ABCDEF01234567@AdobeOrg";

/// How a run of the program ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ended {
    /// Panics with everything that was said unless the code is this one.
    #[track_caller]
    pub(crate) fn with(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// Panics unless stderr contains each of these.
    #[track_caller]
    pub(crate) fn says(self, words: &[&str]) -> Self {
        for word in words {
            assert!(self.stderr.contains(word), "`{word}` is missing in stderr:\n{}", self.stderr);
        }
        self
    }

    /// Panics unless stdout contains each of these.
    #[track_caller]
    pub(crate) fn shows(self, words: &[&str]) -> Self {
        for word in words {
            assert!(self.stdout.contains(word), "`{word}` is missing in stdout:\n{}", self.stdout);
        }
        self
    }

    /// stdout as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).expect("stdout is JSON")
    }
}

/// The program, ready to be started with these arguments.
pub(crate) fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_umsync"));
    command.args(arguments).env_clear().stdin(Stdio::null());
    command
}

/// Runs a command to its end.
pub(crate) fn ended(mut command: Command) -> Ended {
    told(command.output().expect("the program starts"))
}

/// Runs a command whose stdout goes where it says to its end.
pub(crate) fn ended_with(mut command: Command) -> Ended {
    awaited(command.stderr(Stdio::piped()).spawn().expect("the program starts"))
}

/// Waits for a child.
pub(crate) fn awaited(child: Child) -> Ended {
    told(child.wait_with_output().expect("the program ends"))
}

fn told(output: std::process::Output) -> Ended {
    Ended {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).expect("stdout is UTF-8"),
        stderr: String::from_utf8(output.stderr).expect("stderr is UTF-8"),
    }
}

/// A folder with a configuration, a directory and a store, and an emulator.
pub(crate) struct World {
    pub(crate) folder: TempDir,
    pub(crate) adobe: Running,
    pub(crate) runtime: Runtime,
    /// Adobe as the last run found it.
    mark: Mutex<Mark>,
    /// When each run was started that may change something, and Adobe as it found it: a later run may go on with it.
    started: Mutex<Vec<(DateTime<Utc>, Mark)>>,
}

impl World {
    /// An emulator without quota holding this seed, and this directory in LDIF, mapped as [`World::configure`] says.
    pub(crate) fn new(seed: &str, ldif: &str) -> Self {
        Self::with(Options::seeded(Seed::parse(seed).expect("a good seed")).unthrottled(), ldif)
    }

    /// The same with an emulator of one's own making.
    pub(crate) fn with(options: Options, ldif: &str) -> Self {
        let runtime = Runtime::new().expect("a runtime");
        let adobe = runtime.block_on(Emulator::start(options)).expect("the emulator starts");
        let folder = TempDir::new().expect("a folder");
        let world = Self { folder, adobe, runtime, mark: Mutex::default(), started: Mutex::default() };
        world.write("people.ldif", ldif);
        world.write("secret", DEFAULT_SECRET);
        world
    }

    /// Where a file of the world is.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file.
    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).expect("a writable folder");
    }

    /// The section `adobe` that leads to the emulator, with these lines more.
    pub(crate) fn adobe_section(&self, more: &[&str]) -> String {
        let url = self.adobe.url();
        let mut section = format!(
            "adobe:\n  organization: {ORGANIZATION}\n  client_id: {DEFAULT_CLIENT}\n  client_secret: {{file: secret}}\n  server: {url}\n  ims: {url}\n"
        );
        for line in more {
            let _ = writeln!(section, "  {line}");
        }
        section
    }

    /// Writes `umsync.yaml`: the sections `adobe` and `directory` for this world, then `rest`.
    pub(crate) fn configure(&self, rest: &str) {
        self.configure_with(&["every: 0s", "pace: off"], rest);
    }

    /// The same with other manners.
    pub(crate) fn configure_with(&self, manners: &[&str], rest: &str) {
        let directory = "directory:\n  ldif: {file: people.ldif, users: (objectClass=inetOrgPerson)}\n";
        let text =
            format!("{}{directory}{rest}\nstate: sqlite:state/umsync.db\n", self.adobe_section(manners));
        self.write("umsync.yaml", &text);
    }

    /// The program with this world's configuration.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let config = self.path("umsync.yaml");
        let mut all = vec!["--config", config.to_str().expect("a UTF-8 path")];
        all.extend(arguments);
        if is_run(arguments) {
            let mark = Mark::of(&self.adobe);
            if executes(arguments) {
                self.started.lock().expect("nobody panics with it").push((Utc::now(), mark.clone()));
            }
            *self.mark.lock().expect("nobody panics with it") = mark;
        }
        program(&all)
    }

    /// Adobe as the last run found it.
    pub(crate) fn mark(&self) -> Mark {
        self.mark.lock().expect("nobody panics with it").clone()
    }

    /// Adobe as that run found it.
    #[track_caller]
    fn found_by(&self, run: &str) -> Mark {
        let report = self.run(&["report", run, "--format", "json"]).with(0).json();
        let begun = report["started_at"].as_str().expect("every run has begun");
        let begun = DateTime::parse_from_rfc3339(begun).expect("a time");
        let started = self.started.lock().expect("nobody panics with it");
        let mark = started.iter().rev().find(|(at, _)| *at <= begun);
        mark.expect("that run was started here").1.clone()
    }

    /// Runs the program to its end. Whatever a `sync` or `apply` then tells has to agree with the emulator's log.
    #[track_caller]
    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        let ended = self.run_unchecked(arguments);
        if !["sync", "apply"].iter().any(|word| arguments.contains(word)) {
            return ended;
        }
        match report::continued(&ended) {
            Some(run) => report::agrees(self, &self.found_by(run), Some(run)),
            None => report::holds(self, ended.code),
        }
        ended
    }

    /// The same where the test itself breaks what that needs: say there why.
    pub(crate) fn run_unchecked(&self, arguments: &[&str]) -> Ended {
        let ended = ended(self.command(arguments));
        if is_run(arguments) {
            self.mark.lock().expect("nobody panics with it").said = Some(ended.stdout.clone());
        }
        ended
    }

    /// Starts the program and does not wait.
    pub(crate) fn start(&self, arguments: &[&str]) -> Child {
        let mut command = self.command(arguments);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts")
    }

    /// How many action requests the emulator has seen.
    pub(crate) fn actions(&self) -> usize {
        self.adobe.calls(Endpoint::Action).len()
    }

    /// How many listings have begun: requests for page 0 of all users.
    pub(crate) fn listings(&self) -> usize {
        self.adobe.calls(Endpoint::Users).iter().filter(|call| call.page == Some(0)).count()
    }

    /// The members of a group by email, sorted.
    pub(crate) fn members(&self, group: &str) -> Vec<String> {
        let mut members = self.adobe.members(group).unwrap_or_else(|| panic!("there is no group {group}"));
        members.sort();
        members
    }
}

/// Whether these arguments ask for a run, of which the store then knows.
fn is_run(arguments: &[&str]) -> bool {
    arguments.iter().any(|word| ["plan", "sync", "apply", "run"].contains(word))
}

/// Whether they ask for a run that may change something.
fn executes(arguments: &[&str]) -> bool {
    ["sync", "apply", "run"].iter().any(|word| arguments.contains(word))
        && !["--dry-run", "--test-mode"].iter().any(|word| arguments.contains(word))
}

/// One person in LDIF, with these lines more.
pub(crate) fn person(uid: &str, more: &[&str]) -> String {
    let mut text = format!(
        "dn: uid={uid},ou=people,dc=example,dc=com\nobjectClass: inetOrgPerson\nuid: {uid}\ncn: {uid}\ngivenName: {uid}\nsn: Doe\nc: US\nmail: {uid}@example.com\nentryUUID: {uid}-0001\n"
    );
    for line in more {
        let _ = writeln!(text, "{line}");
    }
    text.push('\n');
    text
}

/// One group in LDIF.
pub(crate) fn group(name: &str, members: &[&str]) -> String {
    let mut text =
        format!("dn: cn={name},ou=groups,dc=example,dc=com\nobjectClass: groupOfNames\ncn: {name}\n");
    for member in members {
        let _ = writeln!(text, "member: uid={member},ou=people,dc=example,dc=com");
    }
    text.push('\n');
    text
}

/// One federated user in a seed.
pub(crate) fn user(name: &str, groups: &[&str]) -> serde_json::Value {
    serde_json::json!({
        "email": format!("{name}@example.com"), "firstname": name, "lastname": "Doe", "country": "US",
        "type": "federated", "groups": groups,
    })
}

/// A seed with these groups and users.
pub(crate) fn seed(groups: &[&str], users: &[serde_json::Value]) -> String {
    let groups: Vec<_> = groups.iter().map(|name| serde_json::json!({ "name": name })).collect();
    let domains = serde_json::json!([{ "domain": "example.com", "type": "federated", "login": "email" }]);
    serde_json::json!({ "organization": ORGANIZATION, "domains": domains, "groups": groups, "users": users })
        .to_string()
}

/// The root of the project.
pub(crate) fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}
