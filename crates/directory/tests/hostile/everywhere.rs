//! One thing goes wrong at one place, for every place there is.

use super::chain;
use crate::fake::company::{BASE, Company, DESIGN, VIDEO};
use crate::fake::{Fake, Request, farewell, page_end, result};
use crate::{failure, settings};
use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use umsync_directory::ldap::{Failure, Members, Nested, Phase, Settings, read};
use umsync_directory::{Error, Filter};
use umsync_engine::directory::{Directory, GroupRef, Wanted};

const COMPANY: Company = Company { people: 6, per_page: 2 };

/// A read that asks every kind of question: what the server is, groups by name, by DN, in ranges and inside each other,
/// people on three pages.
fn everything(fake: &Fake) -> Settings {
    Settings {
        users: Filter::parse("(objectCategory=person)").unwrap(),
        members: Members::Member,
        nested_groups: Nested::Read,
        page_size: None,
        ..settings(&[fake])
    }
}

fn wanted() -> Wanted {
    Wanted {
        attributes: ["mail".to_owned()].into(),
        groups: [DESIGN, VIDEO].map(GroupRef::new).into(),
        ..Wanted::default()
    }
}

async fn read_all(settings: &Settings) -> Result<Directory, Error> {
    read(settings, &wanted(), &|_| ()).await
}

/// How many requests the whole read takes, its bind included.
async fn requests(company: Company) -> usize {
    let fake = Fake::talking(move |id, request, stream| {
        stream.write_all(&company.answer(id, request).concat()).is_ok()
    });
    let directory = read_all(&everything(&fake)).await.unwrap();
    assert_eq!(directory.entries.len(), company.people);
    let members: Vec<usize> = directory.groups.values().map(|group| group.members).collect();
    assert_eq!(members, [company.people / 2 + 1, 1]);
    fake.count(|request| !matches!(request, Request::Unbind))
}

#[tokio::test]
async fn d1_a_connection_that_ends_after_any_byte_gives_no_directory() {
    let (limit, longest) = (Arc::new(AtomicUsize::new(usize::MAX)), Arc::new(AtomicUsize::new(0)));
    let fake = Fake::cut(limit.clone(), longest.clone(), |id, request| COMPANY.answer(id, request));
    let settings = everything(&fake);
    let whole = read_all(&settings).await.unwrap();
    let length = longest.load(Ordering::SeqCst);
    for cut in 0..length {
        limit.store(cut, Ordering::SeqCst);
        let reason = match read_all(&settings).await {
            Err(Error::Server { server: _, phase: _, source }) => source,
            other => panic!("{cut} of {length} bytes: {other:?}"),
        };
        assert!(matches!(*reason, Failure::Cut | Failure::Closed | Failure::Io(_)), "{cut}: {reason:?}");
    }
    // The very last byte makes the difference.
    limit.store(length, Ordering::SeqCst);
    assert_eq!(read_all(&settings).await.unwrap(), whole);
    let _ = writeln!(std::io::stderr(), "cut after each of {length} bytes: {length} errors, no directory");
}

/// The read, where the request of this number, counted from 0 with the bind, is answered otherwise.
fn but_at(at: usize, say: impl Fn(u32, &Request) -> Vec<Vec<u8>> + Send + Sync + 'static) -> Fake {
    let number = AtomicUsize::new(0);
    Fake::talking(move |id, request, stream| {
        let reply = if number.fetch_add(1, Ordering::SeqCst) == at {
            say(id, request)
        } else {
            COMPANY.answer(id, request)
        };
        stream.write_all(&reply.concat()).is_ok()
    })
}

/// What a server that breaks off says, a referral, a refusal, and the two that mean an entry is not there.
const CODES: [u8; 12] = [1, 3, 4, 10, 11, 32, 34, 50, 51, 52, 53, 80];

#[tokio::test]
async fn d7_every_result_code_on_every_request_is_an_error() {
    let requests = requests(COMPANY).await;
    let mut errors = 0;
    for at in 0..requests {
        for code in CODES {
            // A server that hides what it is, is read with smaller pages.
            if at == 1 && matches!(code, 32 | 34 | 50) {
                continue;
            }
            // First what belongs there, as a server does that breaks off in the middle; then the code.
            let fake = but_at(at, move |id, request| {
                let mut reply = COMPANY.answer(id, request);
                let last = match request {
                    Request::Bind { dn: _, password: _ } => result(id, 0x61, code, b"diagnosis"),
                    Request::Search(search) if search.single => result(id, 0x65, code, b"diagnosis"),
                    _ => page_end(id, code, b"more"),
                };
                *reply.last_mut().unwrap() = last;
                reply
            });
            let error = match read_all(&everything(&fake)).await {
                Err(error) => chain(&error),
                Ok(directory) => panic!("{code} on request {at}: {directory:?}"),
            };
            let missing = matches!(code, 32 | 34) && !error.contains("the server answered");
            assert!(missing || error.contains(&format!("the server answered {code} (")), "{at}: {error}");
            errors += 1;
        }
    }
    let _ = writeln!(
        std::io::stderr(),
        "{} result codes on each of {requests} requests: {errors} errors, no directory",
        CODES.len(),
    );
}

#[tokio::test]
async fn d9_one_group_of_many_that_cannot_be_read_is_no_empty_group() {
    // Names are looked up twenty at a time: the second search of three fails.
    let names: Vec<String> = (0..50).map(|at| format!("g{at}")).collect();
    let wanted = Wanted {
        attributes: ["mail".to_owned()].into(),
        groups: names.iter().map(|name| GroupRef::new(name)).collect(),
        ..Wanted::default()
    };
    for k in 0..3 {
        let searches = AtomicUsize::new(0);
        let fake = Fake::talking(move |id, request, stream| {
            let reply = match request {
                Request::Search(search) if search.attributes.iter().any(|name| name == "cn") => {
                    if searches.fetch_add(1, Ordering::SeqCst) == k {
                        vec![page_end(id, 51, b"")]
                    } else {
                        (0..50)
                            .map(|at| {
                                let name = format!("g{at}").into_bytes();
                                let dn = format!("CN=g{at},{BASE}");
                                crate::fake::entry(id, dn.as_bytes(), &[("cn", vec![name])])
                            })
                            .chain([page_end(id, 0, b"")])
                            .collect()
                    }
                }
                _ => COMPANY.answer(id, request),
            };
            stream.write_all(&reply.concat()).is_ok()
        });
        let (phase, reason) = failure(read(&everything(&fake), &wanted, &|_| ()).await);
        assert_eq!(phase.to_string(), "cannot read page 1 of the groups", "search {k}");
        assert!(reason.to_string().contains("51 (busy)"), "{reason}");
    }
}

#[tokio::test]
async fn d8_a_time_limit_after_37_pages_is_no_shorter_list() {
    let company = Company { people: 80, per_page: 2 };
    let fake = Fake::talking(move |id, request, stream| {
        let mut reply = company.answer(id, request);
        if crate::people_page(request) == Some(37) && asks_for_people(request) {
            *reply.last_mut().unwrap() = page_end(id, 3, b"");
        }
        stream.write_all(&reply.concat()).is_ok()
    });
    let (phase, reason) = failure(read_all(&everything(&fake)).await);
    assert!(matches!(phase, Phase::Page { page: 38, .. }), "{phase}");
    assert!(reason.to_string().contains("3 (timeLimitExceeded)"), "{reason}");
}

fn asks_for_people(request: &Request) -> bool {
    matches!(request, Request::Search(search) if search.attributes.iter().any(|name| name == "mail"))
}

#[tokio::test]
async fn d57_a_farewell_at_any_request_says_why() {
    let requests = requests(COMPANY).await;
    for at in 0..requests {
        // Instead of the answer, in the middle of it, and after it.
        for place in 0..3 {
            let fake = but_at(at, move |id, request| {
                let mut reply = COMPANY.answer(id, request);
                let place = [0, reply.len() / 2, reply.len()][place];
                reply.insert(place, farewell(52, b"going down"));
                reply
            });
            match read_all(&everything(&fake)).await {
                Err(error) => {
                    let text = chain(&error);
                    assert!(text.contains("52 (unavailable): going down"), "request {at}, {place}: {text}");
                }
                // Said after the last answer, it comes too late to matter.
                Ok(directory) => {
                    assert_eq!((at, place, directory.entries.len()), (requests - 1, 2, 6));
                }
            }
        }
    }
}

#[tokio::test]
async fn d56_truncated_and_senseless_results_at_any_request_are_errors() {
    let requests = requests(COMPANY).await;
    let mut errors = 0;
    for at in 0..requests {
        for kind in 0..6 {
            let fake = but_at(at, move |id, request| {
                let mut reply = COMPANY.answer(id, request);
                let operation = if matches!(request, Request::Bind { .. }) { 0x61 } else { 0x65 };
                let end = match kind {
                    // A result without a single part, then one without its texts.
                    0 => crate::fake::message(id, &[operation, 0], b""),
                    1 => crate::fake::message(id, &[operation, 3, 10, 1, 0], b""),
                    // An operation nobody asked for, and no operation.
                    2 => crate::fake::message(id, &[0x63, 0], b""),
                    3 => crate::fake::message(id, b"", b""),
                    // The inner length is beyond the outer one.
                    4 => vec![0x30, 0x0a, 2, 1, 1, operation, 0x20, 10, 1, 0, 4, 0],
                    _ => b"HTTP/1.1 302 Found\r\nLocation: /login\r\n\r\n".to_vec(),
                };
                *reply.last_mut().unwrap() = end;
                reply
            });
            let reason = match read_all(&everything(&fake)).await {
                Err(Error::Server { server: _, phase: _, source }) => source,
                other => panic!("kind {kind} at {at}: {other:?}"),
            };
            assert!(matches!(*reason, Failure::Malformed(_)), "kind {kind} at {at}: {reason:?}");
            errors += 1;
        }
    }
    let _ = writeln!(std::io::stderr(), "6 broken results on each of {requests} requests: {errors} errors");
}
