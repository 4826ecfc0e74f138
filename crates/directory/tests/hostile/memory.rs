//! How much memory a server can make a read take. Each read runs in a process of its own, this test's program once more,
//! which tells its peak (`VmHWM`, proc(5)).

use super::chain;
use crate::fake::company::{Company, DESIGN};
use crate::fake::{Fake, Request, element, entry, message, page_end, reference, result};
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

/// How many seconds it waits for an answer.
const PATIENCE: &str = "UMSYNC_TEST_HOSTILE_PATIENCE";

const MIB: usize = 1024 * 1024;

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

/// An entry with one attribute of these values, which are elements already.
fn of_small_values(id: u32, at: usize, name: &str, values: &[u8]) -> Vec<u8> {
    let attribute = element(0x30, &[element(4, name.as_bytes()), element(0x31, values)].concat());
    let dn = element(4, Company::dn(at).as_bytes());
    message(id, &element(0x64, &[dn, element(0x30, &attribute)].concat()), b"")
}

/// Every question about a group's members is answered with one member and the promise of more.
fn slices(id: u32, request: &Request, stream: &mut TcpStream, member: fn(usize) -> Vec<u8>) -> bool {
    let Request::Search(search) = request else { return good(id, request, stream) };
    if !search.single || search.base.is_empty() {
        return good(id, request, stream);
    }
    let from = search.attributes.iter().find_map(|name| name.strip_prefix("member;range="));
    let from: usize = from.map_or(0, |range| range.split('-').next().unwrap().parse().unwrap());
    let name = format!("member;range={from}-{from}");
    let slice = entry(id, search.base.as_bytes(), &[(name.as_str(), vec![member(from)])]);
    stream.write_all(&[slice, result(id, 0x65, 0, b"")].concat()).is_ok()
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
        "more than 1 MiB that is no entry",
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
        "more than 128 MiB",
    ),
    (
        "a message that announces 2^56 bytes",
        |_, request, stream| instead_of_bind(request, stream, &[0x30, 0x88, 1, 0, 0, 0, 0, 0, 0, 0]),
        "more than 128 MiB",
    ),
    (
        "a farewell of 32 MiB",
        |id, request, stream| {
            if asks_for_people(request) {
                let text = vec![b'x'; 32 * MIB];
                stream.write_all(&result(id, 0x65, 52, &text)).is_ok()
            } else {
                good(id, request, stream)
            }
        },
        "more than 1 MiB that is no entry",
    ),
    (
        "a person of 24 MiB",
        |id, request, stream| {
            if asks_for_people(request) {
                let mail = element(4, &vec![b'x'; 24 * MIB]);
                stream.write_all(&of_small_values(id, 1, "mail", &mail)).is_ok()
            } else {
                good(id, request, stream)
            }
        },
        "more than 16 MiB of something else than members",
    ),
    (
        "an entry of four million empty values",
        |id, request, stream| {
            if asks_for_people(request) {
                stream.write_all(&of_small_values(id, 1, "mail", &[4, 0].repeat(4 * MIB))).is_ok()
            } else {
                good(id, request, stream)
            }
        },
        "more elements in one message",
    ),
    (
        "one page of people without end",
        |id, request, stream| {
            if asks_for_people(request) {
                (0..).all(|at| stream.write_all(&Company::person(id, at)).is_ok())
            } else {
                good(id, request, stream)
            }
        },
        "ignored paging",
    ),
    (
        "an answer about one entry without end",
        |id, request, stream| match request {
            Request::Search(search) if search.single => {
                endless(stream, &entry(id, search.base.as_bytes(), &[]))
            }
            _ => good(id, request, stream),
        },
        "several answers to a question about one entry",
    ),
    (
        "references without end",
        |id, request, stream| {
            if asks_for_people(request) {
                let zones = reference(id, "ldap://x/DC=ForestDnsZones,DC=example,DC=com");
                endless(stream, &zones)
            } else {
                good(id, request, stream)
            }
        },
        "more than 100 references",
    ),
    (
        "other references on every page, without end",
        |id, request, stream| {
            if asks_for_people(request) {
                let zones = format!("ldap://h{id}/DC=ForestDnsZones,DC=example,DC=com");
                let person = Company::person(id, usize::try_from(id).unwrap());
                stream.write_all(&[reference(id, &zones), person, page_end(id, 0, b"more")].concat()).is_ok()
            } else {
                good(id, request, stream)
            }
        },
        "more than 100 references",
    ),
    (
        "one page of the same people for ever",
        |id, request, stream| {
            if asks_for_people(request) {
                stream.write_all(&[Company::person(id, 1), page_end(id, 0, b"0")].concat()).is_ok()
            } else {
                good(id, request, stream)
            }
        },
        "came twice",
    ),
    (
        "ranges of the same members without end",
        |id, request, stream| slices(id, request, stream, |_| Company::dn(1).into_bytes()),
        "changed during each of 3 attempts",
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
        OVER,
    ),
    ("no answer at all", |_, _, _| true, OVER),
    (
        "answers to questions nobody asked",
        |id, request, stream| {
            if asks_for_people(request) {
                endless(stream, &result(id + 1000, 0x65, 0, b""))
            } else {
                good(id, request, stream)
            }
        },
        OVER,
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
        "100 pages in a row",
    ),
    (
        "pages of nobody without end, all with one cookie",
        |id, request, stream| {
            if asks_for_people(request) {
                stream.write_all(&page_end(id, 0, b"0")).is_ok()
            } else {
                good(id, request, stream)
            }
        },
        "100 pages in a row",
    ),
    (
        "a page larger than asked",
        |id, request, stream| {
            if asks_for_people(request) {
                let people = (0..2_000).map(|at| Company::person(id, at));
                stream.write_all(&people.chain([page_end(id, 0, b"")]).collect::<Vec<_>>().concat()).is_ok()
            } else {
                good(id, request, stream)
            }
        },
        "ignored paging",
    ),
];

/// What fills an answer to its bound with what a directory may well have, and a real large group.
const LARGE: &[Case] = &[
    (
        "a page of entries of as many small values as may be",
        |id, request, stream| {
            if asks_for_people(request) {
                (0..1000).all(|at| {
                    stream.write_all(&of_small_values(id, at, "mail", &[4, 0].repeat(100_000))).is_ok()
                })
            } else {
                good(id, request, stream)
            }
        },
        "takes more than 512 MiB",
    ),
    (
        "ranges of large members without end",
        |id, request, stream| {
            slices(id, request, stream, |at| [vec![b'x'; 10 * MIB], at.to_string().into_bytes()].concat())
        },
        "takes more than 512 MiB",
    ),
    (
        "a group of a quarter of a million members in one message of 20 MB",
        |id, request, stream| match request {
            Request::Search(search) if search.single && search.base == DESIGN => {
                // Of another tree, so that nobody looks at each of them.
                let ou = "OU=Somebody who works somewhere far away,OU=Staff,DC=other,DC=test";
                let members: Vec<u8> =
                    (0..250_000).flat_map(|at| element(4, format!("CN=p{at},{ou}").as_bytes())).collect();
                let attribute = element(0x30, &[element(4, b"member"), element(0x31, &members)].concat());
                let group =
                    element(0x64, &[element(4, DESIGN.as_bytes()), element(0x30, &attribute)].concat());
                stream.write_all(&[message(id, &group, b""), result(id, 0x65, 0, b"")].concat()).is_ok()
            }
            _ => good(id, request, stream),
        },
        "a directory of 6",
    ),
];

#[tokio::test]
async fn d56_whatever_a_server_sends_a_read_ends_with_an_error_in_bounded_memory() {
    if let Ok(server) = std::env::var(SERVER) {
        return told(&server).await;
    }
    end_well(CASES, 64);
}

#[test]
fn d56_an_answer_that_is_filled_to_its_bound_takes_a_small_multiple_of_it() {
    end_well(LARGE, 1024);
}

/// Where nothing else ends a read.
const OVER: &str = "no answer within";

/// Each case ends with its words, and takes less than so many MiB.
fn end_well(cases: &'static [Case], bound: u64) {
    let mut wrong = Vec::new();
    for (name, talk, words) in cases {
        // Only time that is over is waited for: a busy machine needs some to send and read the others.
        let patience = if *words == OVER { 2 } else { 300 };
        let fake = Fake::talking(talk);
        let begun = Instant::now();
        let (peak, said) = measured(&fake.url, patience);
        let _ = writeln!(
            std::io::stderr(),
            "{peak:4} MiB at most, {:4.1} s: {name}: {}",
            begun.elapsed().as_secs_f32(),
            said.lines().next().unwrap_or_default()
        );
        if !said.contains(words) || peak >= bound {
            wrong.push(format!("{name}: {peak} MiB: {said}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Reads in another process: its peak in MiB, and how the read ended.
fn measured(server: &Url, patience: u64) -> (u64, String) {
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--nocapture"])
        .arg("hostile::memory::d56_whatever_a_server_sends_a_read_ends_with_an_error_in_bounded_memory")
        .env(SERVER, server.as_str())
        .env(PATIENCE, patience.to_string())
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
    let patience: u64 = std::env::var(PATIENCE).unwrap().parse().unwrap();
    let short = Duration::from_secs(patience);
    let settings = Settings {
        servers: vec![Url::parse(server).unwrap()],
        members: Members::Member,
        page_size: Some(1000),
        timeouts: Timeouts { connect: short, bind: short, page: short, whole: short + short / 2 },
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
