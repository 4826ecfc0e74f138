//! Connections that never come to be, credentials that are refused, and servers that point elsewhere.

use super::chain;
use crate::fake::company::{BASE, Company, VIDEO};
use crate::fake::{Fake, Request, entry, page_end, reference, result};
use crate::{but_on_page, failure, good, people_page, person, read_it, settings};
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use umsync_directory::Error;
use umsync_directory::ldap::{Failure, Members, Nested, Phase, Settings, Timeouts, read};
use umsync_engine::directory::{Certificate, GroupRef, Wanted};
use url::Url;

/// A listener, and how often somebody came.
fn trap() -> (Url, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = Url::parse(&format!("ldap://{}", listener.local_addr().unwrap())).unwrap();
    let visits = Arc::new(AtomicUsize::new(0));
    let seen = visits.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            seen.fetch_add(1, Ordering::SeqCst);
            // It stays open and silent for ever.
            std::mem::forget(stream);
        }
    });
    (url, visits)
}

/// Patience for tests.
fn impatient(settings: Settings) -> Settings {
    let short = Duration::from_millis(200);
    let timeouts = Timeouts { connect: short, bind: short, page: short, whole: Duration::from_secs(20) };
    Settings { timeouts, ..settings }
}

/// A server that does this with every connection.
fn server(scheme: &str, act: impl Fn(std::net::TcpStream) + Send + 'static) -> Url {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || listener.incoming().flatten().for_each(act));
    Url::parse(&format!("{scheme}://127.0.0.1:{port}")).unwrap()
}

/// What was being done.
type Expected = fn(&Phase) -> bool;

#[tokio::test]
async fn d1_refused_reset_swallowed_or_alerted_connections_give_no_directory() {
    let fake = Fake::start(good);
    let plain = impatient(settings(&[&fake]));
    let refused = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        Url::parse(&format!("ldap://{}", listener.local_addr().unwrap())).unwrap()
    };
    // Closing with something unread resets the connection.
    let reset = |mut stream: std::net::TcpStream| {
        let _ = stream.read(&mut [0; 1]);
    };
    // A fatal alert: handshake_failure (RFC 8446, section 6).
    let alert = |mut stream: std::net::TcpStream| {
        let _ = stream.read(&mut [0; 4096]);
        let _ = stream.write_all(b"\x15\x03\x03\x00\x02\x02\x28");
        let _ = stream.read(&mut [0; 4096]);
    };
    let authority = rcgen::generate_simple_self_signed(["x".to_owned()]).unwrap();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), authority.cert.pem()).unwrap();
    let cases: [(Url, Expected); 6] = [
        (refused, |phase| *phase == Phase::Connect),
        (server("ldap", reset), |phase| matches!(phase, Phase::Bind { .. })),
        (server("ldaps", reset), |phase| *phase == Phase::Tls),
        (server("ldaps", alert), |phase| *phase == Phase::Tls),
        (trap().0, |phase| matches!(phase, Phase::Bind { .. })),
        (Url::parse(&trap().0.as_str().replace("ldap:", "ldaps:")).unwrap(), |phase| *phase == Phase::Tls),
    ];
    for (url, expected) in cases {
        let begun = Instant::now();
        let settings =
            Settings { servers: vec![url.clone()], ca_file: Some(file.path().to_owned()), ..plain.clone() };
        let (phase, reason) = failure(read_it(&settings).await);
        assert!(expected(&phase), "{url}: {phase}: {reason:?}");
        assert!(begun.elapsed() < Duration::from_secs(60), "{url}");
    }
}

#[tokio::test]
async fn d4_a_bind_that_is_refused_is_tried_once_and_ends_the_read() {
    let data = |code: &str| {
        format!(
            "80090308: LdapErr: DSID-0C090447, comment: AcceptSecurityContext error, data {code}, v4563\0"
        )
    };
    let mut cases: Vec<(u8, String, &str)> = vec![
        (49, String::new(), "check the account's name and password"),
        (50, String::new(), "50 (insufficientAccessRights)"),
        (53, String::new(), "53 (unwillingToPerform)"),
        (8, String::new(), "use `ldaps://`"),
        (48, String::new(), "48 (inappropriateAuthentication)"),
    ];
    for (code, words) in [
        ("525", "no such account"),
        ("52e", "the password is wrong"),
        ("530", "may not log in"),
        ("532", "password has expired"),
        ("533", "is disabled"),
        ("701", "has expired"),
        ("773", "must change its password"),
        ("775", "is locked"),
    ] {
        cases.push((49, data(code), words));
    }
    for (code, text, words) in cases {
        let refuse = move |id: u8, request: &Request| match request {
            Request::Bind { dn: _, password: _ } => {
                crate::fake::Reply::Send(vec![result(id, 0x61, code, text.as_bytes())])
            }
            _ => good(id, request),
        };
        let (first, second) = (Fake::start(refuse), Fake::start(good));
        let (phase, reason) = failure(read_it(&settings(&[&first, &second])).await);
        assert!(matches!(phase, Phase::Bind { .. }), "{phase}");
        assert!(reason.to_string().contains(words), "{code}: {reason}");
        // An account is locked by attempts: there is one.
        let binds = |request: &Request| matches!(request, Request::Bind { .. });
        assert_eq!((first.count(binds), second.count(|_| true)), (1, 0), "{reason}");
    }
}

#[tokio::test]
async fn d4_credentials_that_are_taken_away_in_the_middle_end_the_read() {
    for code in [8, 49, 50, 53] {
        let fake =
            but_on_page(1, move |id| crate::fake::Reply::Send(vec![person(id, 2), page_end(id, code, &[2])]));
        let other = Fake::start(good);
        let reason = failure(read_it(&settings(&[&fake, &other])).await).1;
        assert!(matches!(&reason, Failure::Answer(answered) if answered.code == u32::from(code)), "{reason}");
        assert_eq!(other.count(|_| true), 0);
    }
}

#[tokio::test]
async fn d5_a_session_that_is_ended_between_two_pages_gives_no_directory() {
    let company = Company { people: 12, per_page: 2 };
    for ended_after in 0..6_u8 {
        let fake = Fake::talking(move |id, request, stream| {
            let last = ended_after < 5 && people_page(request) == Some(ended_after);
            // The page is whole, then nothing more: MaxConnIdleTime, a maintenance window, a firewall.
            stream.write_all(&company.answer(id, request).concat()).is_ok() && !last
        });
        let settings = Settings { members: umsync_directory::ldap::Members::Member, ..settings(&[&fake]) };
        let result = read_it(&settings).await;
        if ended_after == 5 {
            assert_eq!(result.unwrap().entries.len(), 12);
        } else {
            let (phase, reason) = failure(result);
            assert!(
                matches!(phase, Phase::Page { page, .. } if page == usize::from(ended_after) + 2),
                "{phase}"
            );
            assert!(matches!(reason, Failure::Closed | Failure::Io(_)), "{reason:?}");
        }
    }
}

#[tokio::test]
async fn d29_pages_may_come_in_any_order_but_nothing_may_come_twice() {
    let of = |pages: [[usize; 2]; 3]| {
        Fake::start(move |id, request| match people_page(request) {
            Some(page) => {
                let next = if page == 2 { Vec::new() } else { vec![page + 1] };
                let people = pages[usize::from(page)].map(|at| person(id, at));
                crate::fake::Reply::Send(people.into_iter().chain([page_end(id, 0, &next)]).collect())
            }
            None => good(id, request),
        })
    };
    let mails = |mut directory: umsync_engine::directory::Directory| {
        directory.entries.sort_by(|one, other| one.dn.cmp(&other.dn));
        directory.entries
    };
    let straight = mails(read_it(&settings(&[&of([[0, 1], [2, 3], [4, 5]])])).await.unwrap());
    let shuffled = mails(read_it(&settings(&[&of([[5, 2], [1, 4], [0, 3]])])).await.unwrap());
    assert_eq!(straight, shuffled);
    // Who comes twice has taken the place of somebody: within a page, on the next, on the last.
    for pages in [[[0, 0], [2, 3], [4, 5]], [[0, 1], [1, 3], [4, 5]], [[0, 1], [2, 3], [4, 0]]] {
        assert!(matches!(failure(read_it(&settings(&[&of(pages)])).await).1, Failure::Twice(_)), "{pages:?}");
    }
}

/// People without somebody, whom a group lists and who can be read by name; `selected`: and whom the filter selects.
async fn without(moved: &'static str, selected: bool) -> Certificate {
    let company = Company { people: 6, per_page: 2 };
    let fake = Fake::talking(move |id, request, stream| {
        let one = |attributes: &[(&str, Vec<Vec<u8>>)]| entry(id, moved.as_bytes(), attributes);
        let reply = match request {
            Request::Search(search) if search.single && search.base.eq_ignore_ascii_case(moved) => {
                vec![one(&[]), result(id, 0x65, 0, b"")]
            }
            Request::Search(search) if !search.single && search.attributes == ["1.1"] => {
                selected.then(|| one(&[])).into_iter().chain([page_end(id, 0, b"")]).collect()
            }
            Request::Search(search) if search.attributes.iter().any(|name| name == "cn") => {
                let members = vec![Company::dn(0).into_bytes(), moved.as_bytes().to_vec()];
                let attributes = [("cn", vec![VIDEO.as_bytes().to_vec()]), ("member", members)];
                let dn = format!("CN={VIDEO},{BASE}");
                vec![entry(id, dn.as_bytes(), &attributes), page_end(id, 0, b"")]
            }
            _ => company.answer(id, request),
        };
        stream.write_all(&reply.concat()).is_ok()
    });
    let settings = Settings { members: Members::Member, nested_groups: Nested::No, ..settings(&[&fake]) };
    let wanted = Wanted {
        attributes: ["mail".to_owned()].into(),
        groups: [GroupRef::new(VIDEO)].into(),
        ..Wanted::default()
    };
    read(&settings, &wanted, &|_| ()).await.unwrap().certificate
}

#[tokio::test]
async fn d29_who_moved_while_people_were_listed_is_nobodys_stranger() {
    let moved = "CN=p9,OU=Branch,DC=example,DC=com";
    let certificate = without(moved, true).await;
    let unresolved = &certificate.unresolved[&GroupRef::new(VIDEO)];
    assert_eq!(unresolved.iter().collect::<Vec<_>>(), [&moved.to_lowercase()]);
    assert_eq!(certificate.others, 0);
    // Whom the filter does not select is no person.
    let certificate = without(moved, false).await;
    assert_eq!((certificate.unresolved.len(), certificate.others), (0, 1));
}

#[tokio::test]
async fn d55_references_are_never_followed() {
    let (url, visits) = trap();
    let port = url.port().unwrap();
    let with = |reference_to: String| {
        but_on_page(2, move |id| {
            let people = [reference(id, &reference_to), person(id, 4), person(id, 5), page_end(id, 0, b"")];
            crate::fake::Reply::Send(people.to_vec())
        })
    };
    let begun = Instant::now();
    for reference_to in [
        format!("ldap://127.0.0.1:{port}/DC=child,DC=example,DC=com"),
        format!("ldap://127.0.0.1:{port}"),
        // Nothing answers there (RFC 5737).
        "ldap://192.0.2.1/DC=child,DC=example,DC=com".to_owned(),
        "ldap://192.0.2.1/DC=ForestDnsZones,DC=elsewhere,DC=test".to_owned(),
    ] {
        let reason = failure(read_it(&settings(&[&with(reference_to.clone())])).await).1;
        assert!(matches!(&reason, Failure::Referred(to) if *to == reference_to), "{reason}");
    }
    // What is known to hold no people is left alone wherever it leads.
    for host in [format!("127.0.0.1:{port}"), "192.0.2.1".to_owned()] {
        let zones = with(format!("ldap://{host}/DC=ForestDnsZones,DC=example,DC=com"));
        assert_eq!(read_it(&settings(&[&zones])).await.unwrap().entries.len(), 6);
    }
    // A referral instead of an answer (rc 10), to bind or search, names the right server and leads nowhere.
    let refer = move |id: u8, operation: u8| {
        let url = format!("ldap://127.0.0.1:{port}/DC=example,DC=com");
        let parts = [
            crate::fake::element(10, &[10]),
            crate::fake::element(4, b""),
            crate::fake::element(4, b""),
            crate::fake::element(0xa3, &crate::fake::element(4, url.as_bytes())),
        ];
        crate::fake::message(id, &crate::fake::element(operation, &parts.concat()), b"")
    };
    for on_bind in [true, false] {
        let fake = Fake::start(move |id, request| match request {
            Request::Bind { dn: _, password: _ } if on_bind => {
                crate::fake::Reply::Send(vec![refer(id, 0x61)])
            }
            Request::Search(_) if !on_bind => crate::fake::Reply::Send(vec![refer(id, 0x65)]),
            _ => good(id, request),
        });
        let error = read_it(&settings(&[&fake])).await.unwrap_err();
        assert!(chain(&error).contains("10 (referral)"), "{}", chain(&error));
    }
    assert_eq!(visits.load(Ordering::SeqCst), 0);
    assert!(begun.elapsed() < Duration::from_secs(20), "nothing waited for a server that swallows packets");
}

#[tokio::test]
async fn d2_a_server_that_answers_nobody_gives_no_directory() {
    let fake = Fake::start(|id, request| match people_page(request) {
        Some(_) => crate::fake::Reply::Send(vec![page_end(id, 0, b"")]),
        None => good(id, request),
    });
    let error = read_it(&settings(&[&fake])).await.unwrap_err();
    assert!(matches!(error, Error::NoPeople { .. }), "{error}");
    // Nobody on each of several pages, too.
    let fake = Fake::start(|id, request| match people_page(request) {
        Some(page) => crate::fake::Reply::Send(vec![page_end(id, 0, if page < 3 { &[9] } else { b"" })]),
        None => good(id, request),
    });
    let error = read_it(&settings(&[&fake])).await;
    assert!(matches!(error, Err(Error::NoPeople { .. })), "{error:?}");
}
