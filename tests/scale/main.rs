//! What umsync costs: seconds, CPU, memory and requests, against a real OpenLDAP and an emulated Adobe on this machine.
//!
//!     cargo bench --bench scale                       # reading a directory, every case
//!     cargo bench --bench scale -- 10000              # only those with so many people
//!     cargo bench --bench scale -- whole              # the whole program, 10 000 and 100 000 people
//!     cargo bench --bench scale -- whole 1000000      # with so many people
//!
//! It prints the tables of the README. Every run happens in a process of its own, so that its CPU and its memory are its
//! own; this process stays small, because Linux counts what a parent holds at the moment of starting a child as the
//! child's. Nothing here is part of the tests: figures depend on the machine, and a test asserts no times.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement that cannot go on should panic")]

/// As in the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

mod adobe;
mod company;
mod cost;
mod reader;
mod server;
mod whole;

use company::{Company, Shape};
use cost::{Cost, of_reader};
use server::Server;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let number = |text: &str| text.parse::<usize>().expect("a number");
    match words.as_slice() {
        ["whole"] => return whole(&[10_000, 100_000]),
        ["whole", people] => return whole(&[number(people)]),
        ["adobe", people, groups, holds] => return adobe::serve(number(people), number(groups), holds),
        [kind, url, groups] => return reader::read(kind, url, number(groups)),
        _ => {}
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
            let Cost { entries, wall, cpu, memory } = of_reader(kind, &server.url(), company.groups);
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

fn whole(sizes: &[usize]) {
    println!("{}, {}\n", machine(), chrono::Utc::now().format("%Y-%m-%d"));
    whole::print(sizes);
}

/// The processor, and how many of them.
fn machine() -> String {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = text.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    format!("{cores} cores of {}", model.map_or("an unknown processor", |(_, model)| model))
}
