//! How much memory a server can make a read take. Each read runs in a process of its own, this test's program once more,
//! which tells its peak (`VmHWM`, proc(5)).

use super::chain;
use crate::fake::company::{Company, DESIGN};
use crate::fake::{Fake, Request, element, message, page_end, result};
use crate::settings;
use std::io::Write as _;
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use umsync_directory::ldap::{Members, Settings, Timeouts, read};
use umsync_engine::directory::{GroupRef, Wanted};
use url::Url;

/// Where the process that reads finds its server.
const SERVER: &str = "UMSYNC_TEST_HOSTILE_SERVER";

/// What a read may take at most, in MiB; these take a tenth of it.
const BOUND: u64 = 256;

/// What a server does with each request; `false` hangs up.
type Talk = fn(u32, &Request, &mut TcpStream) -> bool;

/// What it does, how, and what the read then says.
type Case = (&'static str, Talk, &'static str);

const COMPANY: Company = Company { people: 6, per_page: 2 };

fn good(id: u32, request: &Request, stream: &mut TcpStream) -> bool {
    stream.write_all(&COMPANY.answer(id, request).concat()).is_ok()
}

/// Sends these bytes again and again until the other side has had enough.
fn endless(stream: &mut TcpStream, bytes: &[u8]) -> bool {
    while stream.write_all(bytes).is_ok() {}
    false
}

/// So many elements inside each other, in linear time.
fn nested(levels: usize) -> Vec<u8> {
    let headers = (0..levels).rev().flat_map(|inner| {
        let length = u32::try_from(inner * 6).unwrap().to_be_bytes();
        [0x30, 0x84, length[0], length[1], length[2], length[3]]
    });
    headers.collect()
}

/// An answer to the bind, before anybody is known to anybody.
fn instead_of_bind(request: &Request, stream: &mut TcpStream, bytes: &[u8]) -> bool {
    matches!(request, Request::Bind { dn: _, password: _ }) && endless(stream, bytes)
}

fn asks_for_people(request: &Request) -> bool {
    matches!(request, Request::Search(search) if search.attributes.iter().any(|name| name == "mail"))
}

const CASES: &[Case] = &[
    (
        "eight thousand levels",
        |_, request, stream| instead_of_bind(request, stream, &nested(8000)),
        "nested too deeply",
    ),
    (
        "a million levels",
        |_, request, stream| instead_of_bind(request, stream, &nested(1_000_000)),
        "nested too deeply",
    ),
    (
        "an inner length beyond the outer one",
        |_, request, stream| {
            instead_of_bind(request, stream, &[0x30, 12, 2, 1, 1, 0x61, 0x7f, 10, 1, 0, 4, 0, 4, 0])
        },
        "longer than its frame",
    ),
    (
        "a message that announces 768 MiB",
        |_, request, stream| instead_of_bind(request, stream, &[0x30, 0x84, 0x30, 0, 0, 0, 2, 1, 1, 0x61]),
        "more than 256 MiB",
    ),
    (
        "a message that announces 2^56 bytes",
        |_, request, stream| instead_of_bind(request, stream, &[0x30, 0x88, 1, 0, 0, 0, 0, 0, 0, 0]),
        "more than 256 MiB",
    ),
    (
        "a message that announces 2^64 - 1 bytes",
        |_, request, stream| {
            instead_of_bind(request, stream, &[0x30, 0x88, 255, 255, 255, 255, 255, 255, 255, 255])
        },
        "a length without limit",
    ),
    (
        "a message of no definite length",
        |_, request, stream| instead_of_bind(request, stream, &[0x30, 0x80, 0, 0]),
        "not definite",
    ),
    (
        "a message that comes a byte at a time",
        |_, _, stream| {
            for byte in [0x30, 0x84, 0, 1, 0, 0].iter().chain(&[0x04; 60_000]) {
                if stream.write_all(&[*byte]).is_err() {
                    return false;
                }
                std::thread::sleep(Duration::from_millis(20));
            }
            false
        },
        "no answer within",
    ),
    ("no answer at all", |_, _, _| true, "no answer within"),
    (
        "answers to questions nobody asked",
        |id, request, stream| {
            if asks_for_people(request) {
                endless(stream, &result(id + 1000, 0x65, 0, b""))
            } else {
                good(id, request, stream)
            }
        },
        "no answer within",
    ),
    (
        "intermediate responses without end",
        |id, request, stream| {
            if asks_for_people(request) {
                endless(stream, &message(id, &element(0x79, &element(0x80, b"1.2.3")), b""))
            } else {
                good(id, request, stream)
            }
        },
        "intermediate response",
    ),
    (
        "pages of nobody without end",
        |id, request, stream| {
            if asks_for_people(request) {
                stream.write_all(&page_end(id, 0, &id.to_be_bytes())).is_ok()
            } else {
                good(id, request, stream)
            }
        },
        "was not read within",
    ),
    (
        "a page larger than asked",
        |id, request, stream| {
            if asks_for_people(request) {
                let people = (0..20_000).map(|at| Company::person(id, at));
                stream.write_all(&people.chain([page_end(id, 0, b"")]).collect::<Vec<_>>().concat()).is_ok()
            } else {
                good(id, request, stream)
            }
        },
        "ignored paging",
    ),
];

#[tokio::test]
async fn d56_whatever_a_server_sends_a_read_ends_with_an_error_in_bounded_memory() {
    if let Ok(server) = std::env::var(SERVER) {
        return told(&server).await;
    }
    for (name, talk, words) in CASES {
        let fake = Fake::talking(talk);
        let begun = Instant::now();
        let (peak, said) = measured(&fake.url);
        let _ = writeln!(
            std::io::stderr(),
            "{peak:4} MiB at most, {:4.1} s: {name}: {}",
            begun.elapsed().as_secs_f32(),
            said.lines().next().unwrap_or_default()
        );
        assert!(said.contains(words), "{name}: {said}");
        assert!(peak < BOUND, "{name}: {peak} MiB");
    }
}

/// Reads in another process: its peak in MiB, and how the read ended.
fn measured(server: &Url) -> (u64, String) {
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--nocapture"])
        .arg("hostile::memory::d56_whatever_a_server_sends_a_read_ends_with_an_error_in_bounded_memory")
        .env(SERVER, server.as_str())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8(child.stderr).unwrap();
    let (peak, said) = said
        .split_once("peak ")
        .and_then(|(_, rest)| rest.split_once(": "))
        .unwrap_or_else(|| panic!("{}: {said}", child.status));
    (peak.parse().unwrap(), said.to_owned())
}

/// The other process.
async fn told(server: &str) {
    let short = Duration::from_secs(2);
    let settings = Settings {
        servers: vec![Url::parse(server).unwrap()],
        members: Members::Member,
        page_size: Some(1000),
        timeouts: Timeouts { connect: short, bind: short, page: short, whole: Duration::from_secs(3) },
        ..settings(&[])
    };
    let wanted = Wanted {
        attributes: ["mail".to_owned()].into(),
        groups: [GroupRef::new(DESIGN)].into(),
        ..Wanted::default()
    };
    let end = match read(&settings, &wanted, &|_| ()).await {
        Ok(directory) => format!("a directory of {}", directory.entries.len()),
        Err(error) => chain(&error),
    };
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let peak: u64 = peak.split_whitespace().next().unwrap().parse().unwrap();
    let _ = writeln!(std::io::stderr(), "peak {}: {end}", peak / 1024);
}
