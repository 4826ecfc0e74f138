//! What reading a large directory costs: seconds, CPU, memory and requests, against a real OpenLDAP on this machine.
//!
//!     cargo bench --bench scale                       # every case
//!     cargo bench --bench scale -- 10000              # only those with so many people
//!
//! It prints the table of the README. Every read happens in a process of its own, so that its CPU and its memory are its
//! own; this process stays small, because Linux counts what a parent holds at the moment of starting a child as the
//! child's. Nothing here is part of the tests: figures depend on the machine, and a test asserts no times.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement that cannot go on should panic")]

mod company;
mod reader;
mod server;

use company::{Company, Shape};
use server::Server;
use std::io::Read as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use wait4::Wait4 as _;

/// What one reading cost.
struct Cost {
    entries: usize,
    wall: Duration,
    cpu: Duration,
    memory: u64,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    if let [kind, url, groups] = arguments.as_slice() {
        reader::read(kind, url, groups.parse().unwrap());
        return;
    }
    let people: Option<usize> = arguments.first().map(|text| text.parse().expect("a number of people"));
    let cases = [
        Company { people: 10_000, groups: 200, shape: Shape::Flat },
        Company { people: 100_000, groups: 200, shape: Shape::Flat },
        Company { people: 100_000, groups: 200, shape: Shape::Nested { inside: 10 } },
        Company { people: 100_000, groups: 1, shape: Shape::Everybody },
    ];
    println!("{}, {}\n", machine(), chrono::Utc::now().format("%Y-%m-%d"));
    println!("| people | groups | read by | s | entries/s | CPU s | peak MB | LDAP searches |");
    println!("|---:|---|---|---:|---:|---:|---:|---:|");
    for company in cases.iter().filter(|company| people.is_none_or(|people| people == company.people)) {
        let server = Server::start(company);
        for (kind, reader) in [("umsync", "umsync"), ("ldap3", "`ldap3` alone")] {
            let before = server.searches();
            let Cost { entries, wall, cpu, memory } = cost(kind, &server.url(), company.groups);
            assert_eq!(entries, company.people, "{reader} reads everybody");
            // The question itself is one of them.
            let searches = server.searches() - before - 1;
            println!(
                "| {} | {} | {reader} | {:.1} | {:.0} | {:.2} | {} | {searches} |",
                company.people,
                company.shape.told(company.groups),
                wall.as_secs_f64(),
                f64::from(u32::try_from(entries).unwrap()) / wall.as_secs_f64(),
                cpu.as_secs_f64(),
                memory / 1_000_000,
            );
        }
    }
}

/// Reads in a process of its own.
fn cost(kind: &str, url: &str, groups: usize) -> Cost {
    let begun = Instant::now();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([kind, url, &groups.to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut told = String::new();
    child.stdout.take().unwrap().read_to_string(&mut told).unwrap();
    let used = child.wait4().unwrap();
    let wall = begun.elapsed();
    assert!(used.status.success(), "the reader `{kind}` fails");
    let entries = told.trim().parse().expect("a number of entries");
    Cost { entries, wall, cpu: used.rusage.utime + used.rusage.stime, memory: used.rusage.maxrss }
}

/// The processor, and how many of them.
fn machine() -> String {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = text.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    format!("{cores} cores of {}", model.map_or("an unknown processor", |(_, model)| model))
}
