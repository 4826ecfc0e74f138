//! An Adobe in a process of its own, without its pace, that holds a company's users.

use crate::company::Company;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use tokio::runtime::Runtime;
use umsync_emulator::{Emulator, Endpoint, Options, Org, Seed};

/// What Adobe holds at first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holds {
    /// The groups alone.
    Nobody,
    /// Everybody, as the directory has them.
    Everybody,
}

/// So many requests have come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Requests {
    pub(crate) listings: usize,
    pub(crate) actions: usize,
    pub(crate) commands: usize,
}

/// The process. It ends when it is dropped.
pub(crate) struct Adobe {
    process: Child,
    asks: ChildStdin,
    answers: BufReader<ChildStdout>,
    pub(crate) url: String,
}

impl Adobe {
    pub(crate) fn start(company: &Company, holds: Holds) -> Self {
        let holds = if holds == Holds::Nobody { "nobody" } else { "everybody" };
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["adobe", &company.people.to_string(), &company.groups.to_string(), holds])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (asks, answers) = (process.stdin.take().unwrap(), process.stdout.take().unwrap());
        let mut adobe = Self { process, asks, answers: BufReader::new(answers), url: String::new() };
        adobe.url = adobe.answer();
        adobe
    }

    fn answer(&mut self) -> String {
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        line.trim().to_owned()
    }

    fn ask(&mut self, what: &str) -> String {
        writeln!(self.asks, "{what}").unwrap();
        self.answer()
    }

    /// One of a hundred changes: a quarter of them have no account, half have another group, and for a quarter there is
    /// somebody whom the directory does not have.
    pub(crate) fn churn(&mut self) {
        assert_eq!(self.ask("churn"), "done");
    }

    /// What has come since this was asked last.
    pub(crate) fn requests(&mut self) -> Requests {
        let told = self.ask("requests");
        let counts: Vec<usize> = told.split(' ').map(|count| count.parse().unwrap()).collect();
        let [listings, actions, commands] = counts.as_slice() else { panic!("three counts: {told}") };
        Requests { listings: *listings, actions: *actions, commands: *commands }
    }
}

impl Drop for Adobe {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What the process does.
pub(crate) fn serve(people: usize, groups: usize, holds: &str) {
    let company = Company::flat(people, groups);
    let named: Vec<_> = (0..groups).map(|at| serde_json::json!({ "name": team(at) })).collect();
    let seed = serde_json::json!({
        "domains": [{ "domain": "example.com", "type": "federated", "login": "email" }], "groups": named,
        "knobs": { "throttle": null },
    });
    let seed = Seed::parse(&seed.to_string()).unwrap();
    let runtime = Runtime::new().unwrap();
    let running = runtime.block_on(Emulator::start(Options::seeded(seed))).unwrap();
    if holds == "everybody" {
        running.with_state(|org| (0..people).for_each(|at| add(org, &company, at, at)));
    }
    println!("{}", running.url());
    let mut seen = 0;
    for ask in std::io::stdin().lines() {
        match ask.unwrap().as_str() {
            "churn" => {
                running.with_state(|org| churn(org, &company));
                println!("done");
            }
            "requests" => {
                let log = running.log();
                println!("{}", told(&log[seen..]));
                seen = log.len();
            }
            other => panic!("`{other}` is nothing to ask"),
        }
    }
}

fn told(log: &[umsync_emulator::Entry]) -> String {
    let count = |wanted: Endpoint| log.iter().filter(|entry| entry.endpoint == Some(wanted)).count();
    let commands: usize = log.iter().map(|entry| entry.commands.len()).sum();
    format!("{} {} {commands}", count(Endpoint::Users) + count(Endpoint::Groups), count(Endpoint::Action))
}

pub(crate) fn team(at: usize) -> String {
    format!("Team {at}")
}

/// Adds somebody with this number, who is in the groups of one with that number.
fn add(org: &mut Org, company: &Company, at: usize, like: usize) {
    let groups: Vec<String> = company.groups_of(like).map(team).collect();
    let user = serde_json::json!({
        "email": format!("given{at}.family{at}@example.com"), "firstname": format!("Given{at}"),
        "lastname": format!("Family{at}"), "country": "US", "type": "federated", "groups": groups,
    });
    org.add_user(serde_json::from_value(user).unwrap()).unwrap();
}

fn churn(org: &mut Org, company: &Company) {
    for at in (0..company.people).step_by(100) {
        let email = format!("given{at}.family{at}@example.com");
        match at / 100 % 4 {
            0 => assert!(org.remove_user(&email)),
            1 | 2 => {
                let group = company.groups_of(at).next().unwrap();
                org.remove_member(&email, &team(group)).unwrap();
                org.add_member(&email, &team((group + 7) % company.groups)).unwrap();
            }
            _ => add(org, company, company.people + at, at),
        }
    }
}
