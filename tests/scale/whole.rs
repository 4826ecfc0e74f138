//! The whole program between a directory and Adobe: a first sync, a night on which one of a hundred has changed, and one on
//! which nothing has.

use crate::adobe::{Adobe, Holds, Requests, team};
use crate::company::{BASE, Company};
use crate::cost::{Cost, of_child};
use crate::server::Server;
use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use tempfile::TempDir;
use umsync_emulator::{DEFAULT_CLIENT, DEFAULT_ORGANIZATION, DEFAULT_SECRET};

/// More people than these are not made one by one here: ten of them are a request.
const MOST_MADE: usize = 100_000;

/// Prints the table for companies of these sizes.
pub(crate) fn print(sizes: &[usize]) {
    println!(
        "| people | groups | what happens | commands | action requests | LDAP searches | s | CPU s | peak MB |"
    );
    println!("|---:|---:|---|---:|---:|---:|---:|---:|---:|");
    for people in sizes {
        for groups in [50, 500] {
            of(&Company::flat(*people, groups));
        }
    }
}

fn of(company: &Company) {
    let server = Server::start(company);
    let alone = crate::cost::of_reader("ldap3", &server.url(), company.groups);
    line(company, "`ldap3` alone reads", &alone, None);
    if company.people <= MOST_MADE {
        let mut adobe = Adobe::start(company, Holds::Nobody);
        let place = Place::new(company, &server, &adobe);
        place.run(&server, &mut adobe, "first sync");
    }
    let mut adobe = Adobe::start(company, Holds::Everybody);
    let place = Place::new(company, &server, &adobe);
    // The second run knows who is who, as every night but the first.
    let used = place.sync();
    assert_eq!(adobe.requests().commands, 0, "everybody is in step");
    assert_eq!(used.entries, 0);
    place.run(&server, &mut adobe, "nothing to do");
    adobe.churn();
    place.run(&server, &mut adobe, "1 % churn");
}

fn line(company: &Company, what: &str, cost: &Cost, told: Option<(Requests, u64)>) {
    let Cost { entries: _, wall, cpu, memory } = cost;
    let (commands, actions, searches) = match told {
        Some((Requests { listings: _, actions, commands }, searches)) => {
            (commands.to_string(), actions.to_string(), searches.to_string())
        }
        None => Default::default(),
    };
    println!(
        "| {} | {} | {what} | {commands} | {actions} | {searches} | {:.1} | {:.2} | {} |",
        company.people,
        company.groups,
        wall.as_secs_f64(),
        cpu.as_secs_f64(),
        memory / 1_000_000,
    );
}

/// Where umsync runs: its configuration, its secret and its store.
struct Place<'a> {
    company: &'a Company,
    folder: TempDir,
}

impl<'a> Place<'a> {
    fn new(company: &'a Company, server: &Server, adobe: &Adobe) -> Self {
        let folder = TempDir::new().unwrap();
        let secret = folder.path().join("secret");
        std::fs::write(&secret, DEFAULT_SECRET).unwrap();
        let only_owner = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(&secret, only_owner).unwrap();
        std::fs::write(folder.path().join("umsync.yaml"), configuration(company, server, adobe)).unwrap();
        Self { company, folder }
    }

    fn sync(&self) -> Cost {
        let config: &Path = &self.folder.path().join("umsync.yaml");
        let mut command = Command::new(env!("CARGO_BIN_EXE_umsync"));
        command.arg("--config").arg(config).args(["--quiet", "sync"]).stdout(Stdio::null());
        of_child(&mut command)
    }

    fn run(&self, server: &Server, adobe: &mut Adobe, what: &str) {
        let before = server.searches();
        let cost = self.sync();
        // The question itself is one of them.
        let searches = server.searches() - before - 1;
        line(self.company, what, &cost, Some((adobe.requests(), searches)));
    }
}

fn configuration(company: &Company, server: &Server, adobe: &Adobe) -> String {
    let (url, ldap) = (&adobe.url, server.url());
    let mut text = format!(
        "adobe:\n  organization: {DEFAULT_ORGANIZATION}\n  client_id: {DEFAULT_CLIENT}\n  client_secret: {{file: secret}}\n  \
         server: {url}\n  ims: {url}\n  every: 0s\n  pace: off\n\
         directory:\n  ldap: {{servers: [\"{ldap}\"], encryption: none, base: \"{BASE}\", users: (objectClass=inetOrgPerson)}}\n\
         people: {{country: US}}\nbaseline: accept\nleavers: {{action: remove-groups, grace: 0s}}\n\
         limits: {{create: off, update: off, group_removals: off, removals: off, leave: off, day: off, week: off}}\n\
         state: sqlite:umsync.db\ngroups:\n"
    );
    for at in 0..company.groups {
        let _ = writeln!(text, "  - {{directory: g{at}, adobe: [{}]}}", team(at));
    }
    text
}
