//! What deciding costs: CPU and memory of a whole plan (desired, diff, limits, packing), without reading or sending anything.
//!
//!     cargo bench --workspace --bench engine                   # every case
//!     cargo bench --workspace --bench engine -- 10000          # only those with so many people
//!
//! It prints the table of the README. Every plan is made in a process of its own, so that its memory is its own; there it is
//! measured from Linux' own accounts of that process, both sides already in memory. Nothing here is part of the tests:
//! figures depend on the machine, and a test asserts no times.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement that cannot go on should panic")]

mod company;

use company::{Company, Occurrence, Shape};
use rustix::time::{ClockId, clock_gettime};
use std::process::Command;
use std::time::{Duration, Instant};
use umsync_engine::pack::Packing;
use umsync_engine::people::People;
use umsync_engine::plan::{Occasion, plan};

/// The program's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    if let [one, people, shape, occurrence] = arguments.as_slice()
        && one == "one"
    {
        let at = |text: &String| text.parse::<usize>().unwrap();
        let (shape, occurrence) = (SHAPES[at(shape)], Occurrence::ALL[at(occurrence)]);
        decide(&Company { people: at(people), shape, occurrence });
        return;
    }
    let people: Option<usize> = arguments.first().map(|text| text.parse().expect("a number of people"));
    println!("{}, {}\n", machine(), chrono::Utc::now().format("%Y-%m-%d"));
    println!(
        "| people | groups | what happens | changes | requests | CPU s | s | µs/person | both sides MB | peak MB | bytes/person |"
    );
    println!("|---:|---|---|---:|---:|---:|---:|---:|---:|---:|---:|");
    for company in companies().filter(|company| people.is_none_or(|people| people == company.people)) {
        told(&company);
    }
}

const SHAPES: [Shape; 5] = [
    Shape { groups: 50, each: 3 },
    Shape { groups: 500, each: 3 },
    Shape { groups: 5_000, each: 3 },
    Shape { groups: 1, each: 1 },
    Shape { groups: 50, each: 50 },
];

fn companies() -> impl Iterator<Item = Company> {
    let usual = [10_000, 100_000, 1_000_000].into_iter().flat_map(|people| {
        SHAPES[..3].iter().flat_map(move |shape| {
            Occurrence::ALL.map(|occurrence| Company { people, shape: *shape, occurrence })
        })
    });
    let special = [10_000, 100_000].into_iter().flat_map(|people| {
        SHAPES[3..].iter().flat_map(move |shape| {
            Occurrence::ALL.map(|occurrence| Company { people, shape: *shape, occurrence })
        })
    });
    usual.chain(special)
}

/// A line of the table, by a process of its own.
fn told(company: &Company) {
    let Company { people, shape, occurrence } = company;
    let shape_at = SHAPES.iter().position(|other| other == shape).unwrap();
    let occurrence_at = Occurrence::ALL.iter().position(|other| other == occurrence).unwrap();
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["one".to_owned(), people.to_string(), shape_at.to_string(), occurrence_at.to_string()])
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "deciding for {company:?} fails: {error}");
    let text = String::from_utf8(output.stdout).unwrap();
    let figures: Vec<u64> = text.split_whitespace().map(|figure| figure.parse().unwrap()).collect();
    let [changes, requests, nanoseconds, passed, given, peak] = figures.as_slice() else {
        panic!("six figures: {text}")
    };
    let (cpu, passed) = (Duration::from_nanos(*nanoseconds), Duration::from_nanos(*passed));
    let count = *people as u64;
    println!(
        "| {people} | {} | {} | {changes} | {requests} | {:.2} | {:.2} | {:.1} | {} | {} | {} |",
        shape.told(),
        occurrence.told(),
        cpu.as_secs_f64(),
        passed.as_secs_f64(),
        *nanoseconds as f64 / 1_000.0 / *people as f64,
        given / 1_000_000,
        peak / 1_000_000,
        peak / count,
    );
}

/// What such a process does.
fn decide(company: &Company) {
    let (directories, adobe, rules, memory) = company.sides();
    let (given, before, start) = (status("VmRSS:"), cpu(), Instant::now());
    let occasion = Occasion {
        configuration: "configuration",
        now: company::now(),
        person: None,
        packing: Packing::Auto,
    };
    let people = People::of(directories, &rules, company::now());
    let (plan, remember) = plan(&people, &adobe, &rules, &memory, occasion).unwrap();
    let (cpu, passed) = (cpu() - before, start.elapsed().as_nanos());
    assert!(plan.held().is_empty() && plan.set_aside().is_empty(), "everybody is understood");
    let (changes, requests, peak) = (plan.changes().len(), plan.requests(), status("VmHWM:"));
    println!("{changes} {requests} {cpu} {passed} {given} {peak}");
    // The process ends here, and what it holds with it.
    std::mem::forget((plan, remember, people, adobe, rules, memory));
}

/// How long this process, all of its threads together, has been on a processor, in nanoseconds (clock_gettime(2)).
fn cpu() -> u64 {
    let passed = clock_gettime(ClockId::ProcessCPUTime);
    passed.tv_sec as u64 * 1_000_000_000 + passed.tv_nsec as u64
}

/// A line of this process' status in bytes (proc(5), `status`).
fn status(line: &str) -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap();
    let value = text.lines().find_map(|text| text.strip_prefix(line)).unwrap();
    value.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1_024
}

/// The processor, and how many of them.
fn machine() -> String {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = text.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    format!("{cores} cores of {}", model.map_or("an unknown processor", |(_, model)| model))
}
