//! Servers that misbehave, and Active Directory's ways: whatever happens, a read is whole or an error.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic like tests")]

mod fake;
mod hostile;

use chrono::DateTime;
use fake::{Fake, Reply, Request, Search, entry, farewell, page_end, reference, result};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use umsync_directory::ldap::{
    Asking, Bind, Certificates, Encryption, Failure, Members, Nested, Phase, Reached, Report, Settings,
    Timeouts, check, read,
};
use umsync_directory::{Admission, Dn, Error, Filter};
use umsync_engine::directory::{
    AccountState, Certificate, Directory, GroupRef, Proof, Schema, SeenGroup, ServerProof, Wanted,
};
use url::Url;

const BASE: &str = "DC=example,DC=com";

fn settings(servers: &[&Fake]) -> Settings {
    Settings {
        servers: servers.iter().map(|fake| fake.url.clone()).collect(),
        encryption: Encryption::Plain,
        ca_file: None,
        certificates: Certificates::Verified,
        bind: Bind::Simple { dn: "sync@example.com".to_owned(), password: "secret".to_owned().into() },
        base: Dn::parse(BASE).unwrap(),
        user_base: None,
        group_base: None,
        users: Filter::parse("(&(objectCategory=person)(objectClass=user))").unwrap(),
        group_filter: None,
        members: Members::Member,
        nested_groups: Nested::No,
        page_size: Some(2),
        connections: 1,
        timeouts: Timeouts::default(),
        anchor: None,
    }
}

fn wanted() -> Wanted {
    Wanted {
        attributes: ["mail".to_owned()].into(),
        groups: [GroupRef::new("CN=Design,DC=example,DC=com")].into(),
        ..Wanted::default()
    }
}

async fn look(settings: &Settings, wanted: &Wanted) -> Report {
    let made_of = ["mail".to_owned()].into();
    let clock = || DateTime::UNIX_EPOCH;
    let asking = Asking { wanted, made_of: &made_of, clock: &clock, progress: &|_| () };
    check(settings, &asking).await.unwrap()
}

/// How far a look came, server by server.
fn reached(report: &Report) -> Vec<Reached> {
    report.servers.iter().map(|server| server.reached).collect()
}

async fn read_it(settings: &Settings) -> Result<Directory, Error> {
    read(settings, &wanted(), &|_| ()).await
}

fn failure(result: Result<Directory, Error>) -> (Phase, Failure) {
    match result {
        Err(Error::Server { server: _, phase, source }) => (phase, *source),
        other => panic!("a server's failure expected: {other:?}"),
    }
}

fn person(id: u8, number: usize) -> Vec<u8> {
    let mail = format!("p{number}@example.com").into_bytes();
    entry(id, format!("CN=p{number},{BASE}").as_bytes(), &[("mail", vec![mail])])
}

fn dns(range: std::ops::Range<usize>) -> Vec<Vec<u8>> {
    range.map(|number| format!("CN=p{number},{BASE}").into_bytes()).collect()
}

/// A well-behaved directory of six people on three pages and one group of all of them.
fn good(id: u8, request: &Request) -> Reply {
    match request {
        Request::Bind { dn: _, password: _ } => Reply::Send(vec![result(id, 0x61, 0, b"")]),
        Request::Search(search) if search.single => Reply::Send(vec![
            entry(id, search.base.as_bytes(), &[("member", dns(0..6))]),
            result(id, 0x65, 0, b""),
        ]),
        Request::Search(Search { paging: Some((size, cookie, _)), .. }) => {
            let page = cookie.first().copied().unwrap_or(0);
            let next = if page == 2 { Vec::new() } else { vec![page + 1] };
            let first = usize::from(page) * 2;
            let people = (first..first + usize::from(*size).min(2)).map(|number| person(id, number));
            Reply::Send(people.chain([page_end(id, 0, &next)]).collect())
        }
        Request::Other => Reply::Send(vec![result(id, 0x78, 2, b"")]),
        Request::Search(_) | Request::Unbind => Reply::Silence,
    }
}

/// The page of people that this request asks for, counted from 0.
fn people_page(request: &Request) -> Option<u8> {
    match request {
        Request::Search(Search { single: false, paging: Some((_, cookie, _)), .. }) => {
            Some(cookie.first().copied().unwrap_or(0))
        }
        _ => None,
    }
}

/// Like `good`, but for one page of people.
fn but_on_page(page: u8, reply: impl Fn(u8) -> Reply + Send + Sync + 'static) -> Fake {
    Fake::start(
        move |id, request| if people_page(request) == Some(page) { reply(id) } else { good(id, request) },
    )
}

#[tokio::test]
async fn pages_are_asked_for_with_a_critical_control_until_the_cookie_is_empty() {
    let fake = Fake::start(good);
    let directory = read_it(&settings(&[&fake])).await.unwrap();
    assert_eq!(directory.entries.len(), 6);
    assert_eq!(directory.groups.values().next().unwrap().members, 6);
    let pages: Vec<_> = fake
        .requests
        .lock()
        .unwrap()
        .iter()
        .filter_map(|request| match request {
            Request::Search(Search { paging: Some(paging), .. }) => Some(paging.clone()),
            _ => None,
        })
        .collect();
    assert_eq!(pages, [(2, vec![], true), (2, vec![1], true), (2, vec![2], true)]);
    let searches = fake.requests.lock().unwrap().clone();
    let Some(Request::Search(search)) = searches.iter().find(|request| people_page(request).is_some()) else {
        panic!()
    };
    assert_eq!(
        search.attributes,
        [
            "accountexpires",
            "entryuuid",
            "ipauniqueid",
            "krbprincipalexpiration",
            "mail",
            "nsaccountlock",
            "nsuniqueid",
            "objectguid",
            "pwdaccountlockedtime",
            "pwdendtime",
            "shadowexpire",
            "useraccountcontrol"
        ]
    );
}

#[tokio::test]
async fn every_result_code_on_every_page_is_an_error() {
    for page in 0..3 {
        for code in [1, 3, 4, 11, 51, 52, 53, 80] {
            let fake = but_on_page(page, move |id| {
                Reply::Send(vec![person(id, 90), page_end(id, code, &[page + 1])])
            });
            let (phase, failure) = failure(read_it(&settings(&[&fake])).await);
            assert!(matches!(phase, Phase::Page { page: at, .. } if at == usize::from(page) + 1), "{phase}");
            let text = failure.to_string();
            assert!(
                text.contains(&format!("the server answered {code} (")) && text.contains("diagnosis"),
                "{text}"
            );
            assert_eq!(text.contains("size.prtotal=unlimited"), [3, 4, 11].contains(&code), "{text}");
        }
    }
}

#[tokio::test]
async fn an_answer_without_the_paging_control_proves_nothing() {
    let fake = but_on_page(0, |id| Reply::Send(vec![person(id, 1), result(id, 0x65, 0, b"")]));
    assert!(matches!(failure(read_it(&settings(&[&fake])).await).1, Failure::NotPaged));
    let fake = but_on_page(1, |id| {
        Reply::Send(vec![person(id, 7), person(id, 8), person(id, 9), page_end(id, 0, b"")])
    });
    assert!(matches!(failure(read_it(&settings(&[&fake])).await).1, Failure::NotPaged));
}

#[tokio::test]
async fn a_connection_that_ends_anywhere_is_an_error() {
    let whole = [person(9, 2), person(9, 3), page_end(9, 0, &[2])].concat();
    for length in 0..whole.len() {
        let fake = but_on_page(1, move |id| {
            let whole = [person(id, 2), person(id, 3), page_end(id, 0, &[2])].concat();
            Reply::SendAndClose(vec![whole[..length].to_vec()])
        });
        let (phase, failure) = failure(read_it(&settings(&[&fake])).await);
        assert!(matches!(phase, Phase::Page { page: 2, .. }), "{phase}");
        assert!(matches!(failure, Failure::Cut | Failure::Closed | Failure::Io(_)), "{length}: {failure:?}");
    }
}

#[tokio::test]
async fn any_flipped_byte_gives_an_error_or_the_same_names() {
    let whole = [person(9, 2), person(9, 3), page_end(9, 0, &[2])].concat();
    let mut refused = 0;
    for at in 0..whole.len() {
        let fake = but_on_page(1, move |id| {
            let mut whole = [person(id, 2), person(id, 3), page_end(id, 0, &[2])].concat();
            whole[at] ^= 0x55;
            Reply::SendAndClose(vec![whole])
        });
        let mut settings = settings(&[&fake]);
        settings.timeouts.page = Duration::from_millis(300);
        // A flipped letter of a name or a mail is not to be noticed; nothing may be lost.
        match read_it(&settings).await {
            Ok(directory) => assert!(directory.entries.len() >= 6, "byte {at}: {directory:?}"),
            Err(_) => refused += 1,
        }
    }
    assert!(refused > whole.len() / 4, "{refused} of {}", whole.len());
}

#[tokio::test]
async fn a_silent_server_is_given_up() {
    let fake = but_on_page(1, |_| Reply::Silence);
    let limits = Timeouts { page: Duration::from_millis(200), ..Timeouts::default() };
    let settings = Settings { timeouts: limits, ..settings(&[&fake]) };
    assert!(matches!(failure(read_it(&settings).await).1, Failure::TimedOut(_)));
    let whole = Timeouts { whole: Duration::from_millis(100), ..limits };
    let error = read_it(&Settings { timeouts: whole, ..settings }).await.unwrap_err();
    assert!(matches!(error, Error::OutOfTime { .. }), "{error}");
}

#[tokio::test]
async fn a_farewell_says_why() {
    let fake = but_on_page(1, |_| Reply::SendAndClose(vec![farewell(52, b"shutting d\xf6wn")]));
    let text = failure(read_it(&settings(&[&fake])).await).1.to_string();
    assert_eq!(text, "the server answered 52 (unavailable): shutting d?wn");
}

#[tokio::test]
async fn an_answer_that_breaks_the_client_library_is_an_error() {
    // A bind's answer with a search's number makes the library's task panic.
    let fake =
        but_on_page(1, |id| Reply::Send(vec![result(id, 0x61, 0, b""), person(id, 2), page_end(id, 0, b"")]));
    let reason = failure(read_it(&settings(&[&fake])).await).1;
    assert!(matches!(&reason, Failure::Crashed(text) if text.contains("unrecognized op id")), "{reason:?}");
}

#[tokio::test]
async fn the_next_server_begins_anew() {
    // The first gives two pages of other people, then is away.
    let bad = Fake::start(|id, request| match people_page(request) {
        Some(0) => Reply::Send(vec![person(id, 70), person(id, 71), page_end(id, 0, &[1])]),
        Some(_) => Reply::SendAndClose(vec![]),
        None => good(id, request),
    });
    let fake = Fake::start(good);
    let directory = read_it(&settings(&[&bad, &fake])).await.unwrap();
    assert_eq!(directory.source, fake.url.to_string().trim_end_matches('/'));
    let mails: Vec<_> = directory.entries.iter().filter_map(|entry| entry.first("mail")).collect();
    assert_eq!(mails.len(), 6);
    assert!(!mails.contains(&"p70@example.com"), "{mails:?}");

    let error = read_it(&settings(&[&bad, &bad])).await.unwrap_err();
    let Error::AllServers { failures } = &error else { panic!("{error}") };
    assert_eq!(failures.len(), 2);
    assert!(error.to_string().contains("cannot read page 2 of the people"), "{error}");
}

#[tokio::test]
async fn a_wrong_password_is_tried_once() {
    let refuse = |id: u8, request: &Request| match request {
        Request::Bind { dn: _, password: _ } => Reply::Send(vec![result(
            id,
            0x61,
            49,
            b"80090308: LdapErr: DSID-0C090447, comment: AcceptSecurityContext error, data 775, v4563\0",
        )]),
        _ => good(id, request),
    };
    let (first, second) = (Fake::start(refuse), Fake::start(good));
    let settings = settings(&[&first, &second]);
    let (phase, failure) = failure(read_it(&settings).await);
    assert_eq!(phase.to_string(), "cannot bind as `sync@example.com`");
    assert_eq!(
        read_it(&settings).await.unwrap_err().admission(),
        Admission::Refused { server: first.url.to_string().trim_end_matches('/').to_owned() }
    );
    assert!(
        failure.to_string().contains("\nthe account is locked after too many wrong passwords\nunlock it"),
        "{failure}"
    );
    let ours = |request: &Request| match request {
        Request::Bind { dn, password } => dn == "sync@example.com" && password == b"secret",
        _ => false,
    };
    assert_eq!((first.count(ours), second.count(|_| true)), (2, 0), "one for each read");
    let report = look(&settings, &wanted()).await;
    assert_eq!((reached(&report), report.mistakes.len()), (vec![Reached::No, Reached::Answers], 1));
    assert_eq!((first.count(ours), second.count(ours)), (3, 0), "nor is it shown to the other one then");
    assert!(matches!(report.admission(), Admission::Refused { .. }), "{report:?}");
    assert!(!format!("{settings:?} {report:?} {failure:?}").contains("secret"));
}

#[tokio::test]
async fn an_empty_password_is_never_sent() {
    let fake = Fake::start(good);
    let bind = Bind::Simple { dn: "cn=sync".to_owned(), password: String::new().into() };
    let error = read_it(&Settings { bind, ..settings(&[&fake]) }).await.unwrap_err();
    assert!(matches!(error, Error::EmptyPassword { .. }), "{error}");
    assert_eq!(fake.count(|_| true), 0);
}

#[tokio::test]
async fn start_tls_that_is_refused_ends_before_the_password() {
    let fake = Fake::start(|id, request| match request {
        Request::Other => Reply::Send(vec![result(id, 0x78, 2, b"no TLS here")]),
        _ => good(id, request),
    });
    let settings = Settings { encryption: Encryption::StartTls, ..settings(&[&fake]) };
    let (phase, failure) = failure(read_it(&settings).await);
    assert_eq!(phase, Phase::StartTls);
    assert!(failure.to_string().contains("no TLS here"), "{failure}");
    assert_eq!(fake.count(|request| matches!(request, Request::Bind { .. })), 0);
}

#[tokio::test]
async fn text_in_clear_after_start_tls_is_not_believed() {
    let fake = Fake::start(|id, request| match request {
        Request::Other => Reply::Send(vec![result(id, 0x78, 0, b""), result(1, 0x61, 0, b"")]),
        _ => Reply::Silence,
    });
    let settings = Settings { encryption: Encryption::StartTls, ..settings(&[&fake]) };
    assert_eq!(failure(read_it(&settings).await).0, Phase::Tls);
}

#[tokio::test]
async fn references_to_zones_are_ignored_and_others_are_not_chased() {
    let with = |url: &'static str| {
        but_on_page(2, move |id| {
            Reply::Send(vec![reference(id, url), person(id, 4), person(id, 5), page_end(id, 0, b"")])
        })
    };
    let zones = with("ldap://ForestDnsZones.example.com/DC=ForestDnsZones,DC=example,DC=com");
    assert_eq!(read_it(&settings(&[&zones])).await.unwrap().entries.len(), 6);
    let child = with("ldap://child.example.com/DC=child,DC=example,DC=com");
    let text = failure(read_it(&settings(&[&child])).await).1.to_string();
    assert!(text.contains("ldap://child.example.com/") && text.contains("global catalog"), "{text}");
}

#[tokio::test]
async fn an_entry_that_comes_twice_is_an_error() {
    let fake = but_on_page(2, |id| Reply::Send(vec![person(id, 0), person(id, 5), page_end(id, 0, b"")]));
    assert!(matches!(failure(read_it(&settings(&[&fake])).await).1, Failure::Twice(_)));
}

#[tokio::test]
async fn an_entry_that_comes_twice_in_two_spellings_is_an_error() {
    let again = |id: u8| {
        let mail = vec![b"p0@example.com".to_vec()];
        entry(id, b"cn=P0 , dc=EXAMPLE;DC=com", &[("mail", mail)])
    };
    // On the same page, and on a later one.
    for page in [0, 2] {
        let fake = but_on_page(page, move |id| {
            let next: &[u8] = if page == 0 { &[1] } else { b"" };
            let first = if page == 0 { person(id, 0) } else { person(id, 5) };
            Reply::Send(vec![first, again(id), page_end(id, 0, next)])
        });
        let reason = failure(read_it(&settings(&[&fake])).await).1;
        assert!(matches!(&reason, Failure::Twice(dn) if dn.starts_with("cn=P0")), "{reason}");
    }
}

#[tokio::test]
async fn an_answer_about_another_entry_is_not_believed() {
    let answering = |dn: &'static str| {
        Fake::start(move |id, request| match request {
            Request::Search(search) if search.single && !search.base.is_empty() => Reply::Send(vec![
                entry(id, dn.as_bytes(), &[("member", dns(0..6))]),
                result(id, 0x65, 0, b""),
            ]),
            _ => good(id, request),
        })
    };
    // Another spelling of the same name is the same entry.
    for same in ["cn=design , dc=EXAMPLE,dc=com", "2.5.4.3=Design;DC=example;DC=com"] {
        let directory = read_it(&settings(&[&answering(same)])).await.unwrap();
        assert_eq!(directory.groups.values().next().unwrap().members, 6, "{same}");
    }
    for other in ["CN=Designers,DC=example,DC=com", "DC=example,DC=com", "", "no name"] {
        let reason = failure(read_it(&settings(&[&answering(other)])).await).1;
        assert!(
            matches!(&reason, Failure::OtherEntry { asked, answered } if asked.starts_with("CN=Design,") && answered == other),
            "{other}: {reason}"
        );
    }
    // A later slice of another group's members, and another entry instead of what the server says of itself.
    let fake = Fake::start(|id, request| match request {
        Request::Search(search) if search.single && search.attributes[0].starts_with("member;range=2") => {
            let slice = ("member;range=2-*", dns(2..4));
            let version = ("uSNChanged", vec![b"7".to_vec()]);
            Reply::Send(vec![
                entry(id, b"CN=Video,DC=example,DC=com", &[slice, version]),
                result(id, 0x65, 0, b""),
            ])
        }
        Request::Search(search) if search.single => ranged(id, search, 5, 2, "7"),
        _ => good(id, request),
    });
    let (phase, reason) = failure(read_it(&settings(&[&fake])).await);
    assert!(matches!(phase, Phase::Range { .. }) && matches!(reason, Failure::OtherEntry { .. }), "{reason}");
    let root = Fake::start(|id, request| match request {
        Request::Search(search) if search.base.is_empty() => {
            Reply::Send(vec![entry(id, b"DC=example,DC=com", &[]), result(id, 0x65, 0, b"")])
        }
        _ => good(id, request),
    });
    let (phase, reason) = failure(read_it(&settings(&[&root])).await);
    assert!(phase == Phase::Root && matches!(reason, Failure::OtherEntry { .. }), "{reason}");
}

#[tokio::test]
async fn values_are_decoded_one_by_one() {
    let fake = but_on_page(2, |id| {
        let guid: Vec<u8> = (0xf0..=0xff).collect();
        let attributes = [
            ("objectGUID", vec![guid]),
            ("userAccountControl", vec![b"514".to_vec()]),
            ("Mail;lang-de", vec![b"second@example.com".to_vec()]),
            ("mail", vec![b"\xe4@example.com".to_vec(), b"first@example.com".to_vec()]),
        ];
        Reply::Send(vec![entry(id, b"CN=\xe4,DC=example,DC=com", &attributes), page_end(id, 0, b"")])
    });
    let directory = read_it(&settings(&[&fake])).await.unwrap();
    let last = directory.entries.last().unwrap();
    assert_eq!(last.attributes.get("mail").collect::<Vec<_>>(), ["first@example.com", "second@example.com"]);
    assert!(last.undecodable.contains("mail"));
    assert_eq!(last.state, AccountState::Disabled);
    assert_eq!(last.anchor.as_ref().unwrap().as_str(), "objectguid=f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff");
    assert_eq!(last.dn, "CN=\u{fffd},DC=example,DC=com");
}

/// A name, and attributes with a value each.
type Known = (&'static str, &'static [(&'static str, &'static [u8])]);

/// One page of people of whom no more is known than this.
fn people_with(people: &'static [Known]) -> Fake {
    but_on_page(0, move |id| {
        let person = |(name, values): &Known| {
            let values: Vec<_> = values.iter().map(|(name, value)| (*name, vec![value.to_vec()])).collect();
            entry(id, format!("CN={name},{BASE}").as_bytes(), &values)
        };
        Reply::Send(people.iter().map(person).chain([page_end(id, 0, b"")]).collect())
    })
}

#[tokio::test]
async fn the_state_of_an_account_in_every_servers_words() {
    let fake = people_with(&[
        ("ad", &[("userAccountControl", b"512"), ("accountExpires", b"133536474120000000")]),
        ("ipa", &[("nsAccountLock", b"FALSE"), ("krbPrincipalExpiration", b"20240229023012Z")]),
        ("locked", &[("pwdAccountLockedTime;pwd-userPassword", b"000001010000Z")]),
        ("failed", &[("pwdAccountLockedTime", b"20240229023012Z")]),
        ("odd", &[("nsAccountLock", b"locked"), ("accountExpires", b"9223372036854775807")]),
    ]);
    let directory = read_it(&Settings { page_size: Some(5), ..settings(&[&fake]) }).await.unwrap();
    let accounts: Vec<_> = directory.entries.iter().map(|entry| (entry.state, entry.expires)).collect();
    let end = Some("2024-02-29T02:30:12Z".parse().unwrap());
    assert_eq!(
        accounts,
        [
            (AccountState::Enabled, end),
            (AccountState::Enabled, end),
            (AccountState::Disabled, None),
            (AccountState::Enabled, None),
            (AccountState::Unreadable { attribute: "nsaccountlock" }, None),
        ]
    );
}

#[tokio::test]
async fn anchors_tell_entries_apart() {
    let fake = people_with(&[
        ("one", &[("objectGUID", b"\xf0\xf1ABCDEFGHIJKLMN"), ("employeeNumber", b"7")]),
        ("two", &[("nsUniqueId", b"66446001-1DD2"), ("employeeNumber", b"7")]),
    ]);
    let settings = settings(&[&fake]);
    let directory = read_it(&settings).await.unwrap();
    let anchors: Vec<_> =
        directory.entries.iter().map(|entry| entry.anchor.as_ref().unwrap().as_str()).collect();
    assert_eq!(anchors, ["objectguid=f0f14142434445464748494a4b4c4d4e", "nsuniqueid=66446001-1dd2"]);

    let error =
        read_it(&Settings { anchor: Some("employeeNumber".to_owned()), ..settings }).await.unwrap_err();
    assert!(matches!(error, Error::SharedAnchor { others: 0, .. }), "{error}");
    let error = error.to_string();
    assert!(error.contains("`CN=one,DC=example,DC=com` and `CN=two,DC=example,DC=com`"), "{error}");
    let asked = |request: &Request| match request {
        Request::Search(search) => search.attributes.iter().any(|name| name == "employeeNumber"),
        _ => false,
    };
    assert_eq!(fake.count(asked), 1);
}

/// Active Directory's ranges: `step` values at a time out of `members`.
fn ranged(id: u8, search: &Search, members: usize, step: usize, version: &str) -> Reply {
    let range = search.attributes.iter().find_map(|name| name.strip_prefix("member;range=")).unwrap_or("0-*");
    let from: usize = range.split('-').next().unwrap().parse().unwrap();
    let to = (from + step).min(members);
    let name = if to == members {
        format!("member;range={from}-*")
    } else {
        format!("member;range={from}-{}", to - 1)
    };
    let attributes = [
        ("member", Vec::new()),
        (name.as_str(), dns(from..to)),
        ("uSNChanged", vec![version.as_bytes().to_vec()]),
    ];
    Reply::Send(vec![entry(id, search.base.as_bytes(), &attributes), result(id, 0x65, 0, b"")])
}

#[tokio::test]
async fn ranges_are_read_to_their_end() {
    for members in [1, 3, 4, 5, 6] {
        let fake = Fake::start(move |id, request| match request {
            Request::Search(search) if search.single => ranged(id, search, members, 2, "7"),
            _ => good(id, request),
        });
        let directory = read_it(&settings(&[&fake])).await.unwrap();
        assert_eq!(directory.groups.values().next().unwrap().members, members);
    }
}

#[tokio::test]
async fn ranges_that_break_off_or_keep_changing_are_errors() {
    let fake = Fake::start(|id, request| match request {
        Request::Search(search) if search.single && search.attributes[0].starts_with("member;range=2") => {
            Reply::Send(vec![
                entry(id, search.base.as_bytes(), &[("uSNChanged", vec![b"7".to_vec()])]),
                result(id, 0x65, 0, b""),
            ])
        }
        Request::Search(search) if search.single => ranged(id, search, 5, 2, "7"),
        _ => good(id, request),
    });
    let (phase, reason) = failure(read_it(&settings(&[&fake])).await);
    assert_eq!(phase.to_string(), "cannot read all values of `member` of `CN=Design,DC=example,DC=com`");
    assert!(matches!(reason, Failure::RangeGap(2)), "{reason}");

    let changes = AtomicUsize::new(0);
    let fake = Fake::start(move |id, request| match request {
        Request::Search(search) if search.single => {
            ranged(id, search, 5, 2, &changes.fetch_add(1, Ordering::SeqCst).to_string())
        }
        _ => good(id, request),
    });
    assert!(matches!(failure(read_it(&settings(&[&fake])).await).1, Failure::Moving(3)));
}

#[tokio::test]
async fn a_group_of_active_directory_is_followed_by_its_guid() {
    let guid = [b"\xff\x19\x96\x6f".as_slice(), b"()*\\\0GGGGGGG"].concat();
    let shown = umsync_engine::directory::Anchor::new("objectGUID", "ff19966f28292a5c0047474747474747");
    let (own, anchor) = (guid.clone(), shown.clone());
    // Its DN leads to nothing any more, and one search of the whole base finds it.
    let fake = Fake::start(move |id, request| match request {
        Request::Search(search) if search.single && search.base.starts_with("CN=Design") => {
            Reply::Send(vec![result(id, 0x65, 32, b"")])
        }
        Request::Search(search) if search.attributes.iter().any(|name| name == "cn") => {
            assert_eq!(search.base, BASE);
            let attributes = [("member", dns(0..4)), ("objectGUID", vec![own.clone()])];
            Reply::Send(vec![entry(id, b"CN=Creative,DC=example,DC=com", &attributes), page_end(id, 0, b"")])
        }
        _ => good(id, request),
    });
    let design = GroupRef::new("CN=Design,DC=example,DC=com");
    let known = [(design.clone(), SeenGroup { anchor: anchor.clone(), dn: design.to_string() })].into();
    let again = Wanted { known, ..wanted() };
    let directory = read(&settings(&[&fake]), &again, &|_| ()).await.unwrap();
    assert_eq!(directory.certificate.followed[&design], "CN=Creative,DC=example,DC=com");
    assert_eq!((directory.groups[&design].members, &directory.groups[&design].anchor), (4, &Some(anchor)));
    let error = read_it(&settings(&[&fake])).await.unwrap_err();
    assert!(matches!(error, Error::MissingGroups { .. }), "{error}");

    // The DN leads to another group.
    let fake = Fake::start(move |id, request| match request {
        Request::Search(search) if search.single && !search.base.is_empty() => {
            let other = ("objectGUID", vec![b"another one's...".to_vec()]);
            Reply::Send(vec![
                entry(id, search.base.as_bytes(), &[("member", dns(0..1)), other]),
                result(id, 0x65, 0, b""),
            ])
        }
        Request::Search(search) if search.attributes.iter().any(|name| name == "cn") => {
            let attributes = [("member", dns(0..4)), ("objectGUID", vec![guid.clone()])];
            Reply::Send(vec![entry(id, b"CN=Creative,DC=example,DC=com", &attributes), page_end(id, 0, b"")])
        }
        _ => good(id, request),
    });
    let error = read(&settings(&[&fake]), &again, &|_| ()).await.unwrap_err();
    assert_eq!(error.admission(), Admission::LetIn);
    let Error::OtherGroups { others, .. } = &error else { panic!("{error}") };
    assert_eq!(others[0].now.as_deref(), Some("CN=Creative,DC=example,DC=com"));
    // A server that lies about which entry has the anchor is not believed.
    let fake = Fake::start(move |id, request| match request {
        Request::Search(search) if search.single && search.base.starts_with("CN=Design") => {
            Reply::Send(vec![result(id, 0x65, 32, b"")])
        }
        Request::Search(search) if search.attributes.iter().any(|name| name == "cn") => {
            let other = ("objectGUID", vec![b"another one's...".to_vec()]);
            Reply::Send(vec![entry(id, b"CN=Creative,DC=example,DC=com", &[other]), page_end(id, 0, b"")])
        }
        _ => good(id, request),
    });
    let error = read(&settings(&[&fake]), &again, &|_| ()).await.unwrap_err();
    assert!(matches!(error, Error::MissingGroups { .. }), "{error}");
}

/// Active Directory, or not: `Design` lists somebody, a group and somebody who is gone; the group inside lists others.
/// By the matching rule three are in it, on two pages, of which the second ends with this code.
fn nested_company(active_directory: bool, code: u8) -> Fake {
    let inner = format!("CN=Inner,OU=elsewhere,{BASE}");
    let gone = |name: &str| format!("CN={name},{BASE}").into_bytes();
    Fake::start(move |id, request| match request {
        Request::Search(search) if search.base.is_empty() => {
            let capable: &[u8] = if active_directory { b"1.2.840.113556.1.4.800" } else { b"1.2" };
            let root = entry(id, b"", &[("supportedCapabilities", vec![capable.to_vec()])]);
            Reply::Send(vec![root, result(id, 0x65, 0, b"")])
        }
        Request::Search(search) if search.single && search.base.starts_with("CN=Design") => {
            let members = [dns(0..1), vec![inner.clone().into_bytes(), gone("gone")]].concat();
            Reply::Send(vec![
                entry(id, search.base.as_bytes(), &[("member", members)]),
                result(id, 0x65, 0, b""),
            ])
        }
        Request::Search(search) if search.single => Reply::Send(vec![result(id, 0x65, 32, b"")]),
        Request::Search(search) if search.attributes.iter().any(|name| name == "cn") => {
            let members = [dns(1..2), vec![gone("ghost")]].concat();
            Reply::Send(vec![entry(id, inner.as_bytes(), &[("member", members)]), page_end(id, 0, b"")])
        }
        Request::Search(search) if search.attributes == ["1.1"] => {
            let name = |at: usize| entry(id, format!("cn=P{at}, {BASE}").as_bytes(), &[]);
            match people_page(request) {
                Some(0) => Reply::Send(vec![name(0), name(1), page_end(id, 0, &[1])]),
                _ => Reply::Send(vec![name(2), page_end(id, code, b"")]),
            }
        }
        _ => good(id, request),
    })
}

#[tokio::test]
async fn active_directory_follows_nested_groups_where_it_is_asked_to() {
    let with = |fake: &Fake| Settings { nested_groups: Nested::MatchingRule, ..settings(&[fake]) };
    let design = wanted().groups.into_iter().next().unwrap();
    let directory = read_it(&with(&nested_company(true, 0))).await.unwrap();
    let listed = directory.entries.iter().filter(|entry| entry.groups.contains(&design));
    assert_eq!(
        listed.map(|entry| entry.dn.as_str()).collect::<Vec<_>>(),
        [0, 1, 2].map(|at| format!("CN=p{at},{BASE}"))
    );
    // The rule says nothing of whom nobody can read; the lists do.
    let unresolved = &directory.certificate.unresolved[&design];
    assert_eq!(
        unresolved.iter().map(String::as_str).collect::<Vec<_>>(),
        ["cn=ghost,dc=example,dc=com", "cn=gone,dc=example,dc=com",]
    );
    // Its answer is as whole as any other.
    for code in [1, 3, 4, 11, 51, 80] {
        let (phase, reason) = failure(read_it(&with(&nested_company(true, code))).await);
        assert_eq!(phase.to_string(), "cannot read page 2 of the members of nested groups");
        assert!(matches!(&reason, Failure::Answer(answered) if answered.code == u32::from(code)), "{reason}");
    }
    // Another server would find nobody by it, without an error.
    let error = read_it(&with(&nested_company(false, 0))).await.unwrap_err();
    assert!(matches!(error, Error::NoMatchingRule { .. }), "{error}");
    assert!(error.to_string().contains("`nested_groups: true`"), "{error}");
}

#[tokio::test]
async fn the_primary_group_counts() {
    let sid = |rid: u8| {
        [
            &[1, 5, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0],
            [rid, 2, 0, 0].as_slice(),
        ]
        .concat()
    };
    let fake = Fake::start(move |id, request| match request {
        Request::Search(search) if search.single => Reply::Send(vec![
            entry(id, search.base.as_bytes(), &[("objectSid", vec![sid(1)])]),
            result(id, 0x65, 0, b""),
        ]),
        Request::Search(search) => {
            assert!(search.attributes.iter().any(|name| name == "primarygroupid"));
            let attributes = [("objectSid", vec![sid(99)]), ("primaryGroupID", vec![b"513".to_vec()])];
            Reply::Send(vec![entry(id, b"CN=a,DC=example,DC=com", &attributes), page_end(id, 0, b"")])
        }
        _ => good(id, request),
    });
    assert_eq!(read_it(&settings(&[&fake])).await.unwrap().groups.values().next().unwrap().members, 1);
}

#[tokio::test]
async fn a_server_that_does_not_maintain_member_of_is_noticed() {
    let fake = Fake::start(good);
    let settings = Settings { members: Members::MemberOf, ..settings(&[&fake]) };
    let error = read_it(&settings).await.unwrap_err();
    assert!(matches!(error, Error::MembersDisagree { others: 5, .. }), "{error}");

    // Who left the group while people were read is no contradiction.
    let asked = AtomicUsize::new(0);
    let fake = Fake::start(move |id, request| match request {
        Request::Search(search)
            if search.single && !search.base.is_empty() && asked.fetch_add(1, Ordering::SeqCst) > 0 =>
        {
            Reply::Send(vec![entry(id, search.base.as_bytes(), &[]), result(id, 0x65, 0, b"")])
        }
        _ => good(id, request),
    });
    let settings = Settings { servers: vec![fake.url.clone()], ..settings };
    assert_eq!(read_it(&settings).await.unwrap().groups.values().next().unwrap().members, 0);
}

#[tokio::test]
async fn active_directory_is_given_its_own_page_size() {
    let fake = Fake::start(|id, request| match request {
        Request::Search(search) if search.base.is_empty() => Reply::Send(vec![
            entry(id, b"", &[("supportedCapabilities", vec![b"1.2.840.113556.1.4.800".to_vec()])]),
            result(id, 0x65, 0, b""),
        ]),
        _ => good(id, request),
    });
    read_it(&Settings { page_size: None, ..settings(&[&fake]) }).await.unwrap();
    // 1000 is 0x03e8; the fake keeps the last byte.
    assert!(
        fake.count(|request| matches!(request, Request::Search(Search { paging: Some((0xe8, _, _)), .. })))
            > 0
    );
}

/// The root of a server that tells who we are and where its schema is, and that schema.
fn with_schema(attributes: &'static [&'static [u8]]) -> Fake {
    Fake::start(move |id, request| match request {
        Request::Search(search) if search.base.is_empty() => Reply::Send(vec![
            entry(
                id,
                b"",
                &[
                    ("subschemaSubentry", vec![b"cn=schema".to_vec()]),
                    ("supportedExtension", vec![b"1.3.6.1.4.1.4203.1.11.3".to_vec()]),
                ],
            ),
            result(id, 0x65, 0, b""),
        ]),
        Request::Search(search) if search.base == "cn=schema" => Reply::Send(vec![
            entry(
                id,
                b"cn=schema",
                &[
                    ("attributeTypes", attributes.iter().map(|text| text.to_vec()).collect()),
                    ("objectClasses", vec![b"( 2.5.6.0 NAME 'top' ABSTRACT )".to_vec()]),
                ],
            ),
            result(id, 0x65, 0, b""),
        ]),
        _ => good(id, request),
    })
}

fn server_proof(directory: Directory) -> ServerProof {
    match directory.certificate.proof {
        Proof::Server(server) => *server,
        other => panic!("a server's proof expected: {other:?}"),
    }
}

#[tokio::test]
async fn a_whole_read_ends_in_a_certificate() {
    let fake = Fake::start(good);
    let directory = read_it(&settings(&[&fake])).await.unwrap();
    let Certificate { source, proof: _, entries, groups, members, others, unresolved, followed, by_name } =
        directory.certificate.clone();
    assert_eq!((source, entries, groups, members), (directory.source.clone(), 6, 1, 6));
    assert_eq!((others, unresolved.len(), followed.len()), (0, 0, 0));
    // This group shows nothing that never changes.
    assert_eq!(by_name, wanted().groups);
    let ServerProof { identity, tls, pages, ranges, referrals, schema } = server_proof(directory);
    assert_eq!((identity, tls, pages, ranges, referrals.len()), (None, None, 3, 0, 0));
    assert!(matches!(schema, Schema::Untold { .. }), "{schema:?}");

    let zones = but_on_page(2, move |id| {
        let url = "ldap://ForestDnsZones.example.com/DC=ForestDnsZones,DC=example,DC=com";
        Reply::Send(vec![reference(id, url), person(id, 4), person(id, 5), page_end(id, 0, b"")])
    });
    let referrals = server_proof(read_it(&settings(&[&zones])).await.unwrap()).referrals;
    assert!(referrals.iter().next().unwrap().contains("ForestDnsZones"), "{referrals:?}");
}

#[tokio::test]
async fn what_the_schema_does_not_know_is_an_error_that_names_it() {
    let fake = with_schema(&[
        b"( 2.5.4.0 NAME 'objectClass' )",
        b"( 0.9.2342.19200300.100.1.3 NAME ( 'mail' 'rfc822Mailbox' ) )",
    ]);
    let with = |users: &str| Settings { users: Filter::parse(users).unwrap(), ..settings(&[&fake]) };
    let error = read_it(&with("(&(objectClass=TOP)(rfc822mailbox;lang-de=*)(1.2.3=4))")).await.unwrap_err();
    assert!(error.to_string().contains("does not know the attribute `1.2.3` (users)"), "{error}");
    let proof = server_proof(read_it(&with("(&(objectClass=TOP)(RFC822Mailbox;lang-de=*))")).await.unwrap());
    assert_eq!(proof.schema, Schema::Known { names: 3 });

    let named = Wanted { named: ["emailadress".to_owned(), "mail".to_owned()].into(), ..wanted() };
    let settings = Settings {
        group_filter: Some(Filter::parse("(objectClass=group)").unwrap()),
        anchor: Some("employeeNumber".to_owned()),
        ..with("(&(objectCategory=person)(objectClass=user)(mail=*))")
    };
    let error = read(&settings, &named, &|_| ()).await.unwrap_err().to_string();
    let first = error.lines().next().unwrap();
    assert!(
        first.ends_with(
            "does not know the attribute `emailadress` (people.attributes), the attribute `employeenumber` (anchor), \
             the attribute `objectcategory` (users), the object class `group` (group_filter), the object class `user` (users)"
        ),
        "{first}"
    );
    let report = look(&settings, &named).await;
    let errors: Vec<&Error> = report.mistakes.iter().map(|mistake| &mistake.error).collect();
    assert!(matches!(errors.as_slice(), [Error::UnknownNames { .. }]), "{report:?}");
}

#[tokio::test]
async fn a_schema_that_is_a_part_proves_nothing() {
    let fake = with_schema(&[b"( 0.9.2342.19200300.100.1.3 NAME 'mail' )"]);
    let proof = server_proof(read_it(&settings(&[&fake])).await.unwrap());
    assert_eq!(proof.schema, Schema::Untold { why: "`cn=schema` does not tell it whole".to_owned() });
    // The fake knows no extended operation: that is no reason not to read.
    assert_eq!(proof.identity, None);
}

#[tokio::test]
async fn an_unreachable_server_is_named() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = Url::parse(&format!("ldap://{}", listener.local_addr().unwrap())).unwrap();
    drop(listener);
    let fake = Fake::start(good);
    let mut settings = settings(&[&fake]);
    settings.servers = vec![url.clone()];
    let error = read_it(&settings).await.unwrap_err();
    assert_eq!(error.to_string(), format!("{url}: cannot connect"));
    settings.servers = vec![url, fake.url.clone()];
    assert_eq!(read_it(&settings).await.unwrap().entries.len(), 6);
    let report = look(&settings, &wanted()).await;
    assert_eq!(
        (reached(&report), report.mistakes.len()),
        (vec![Reached::No, Reached::LetIn], 1),
        "{report:?}"
    );
    assert_eq!(report.people.as_ref().unwrap().found, 6);
    assert_eq!(report.samples[0].dn, "CN=p0,DC=example,DC=com");
}
