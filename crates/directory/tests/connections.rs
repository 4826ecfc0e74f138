//! Several connections to one server: one read, and the same whatever their number.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic like tests")]

#[allow(dead_code, reason = "other tests need the rest of it")]
mod fake;

use fake::{Fake, Reply, Request, Search, entry, page_end, result};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use umsync_directory::ldap::{Bind, Certificates, Encryption, Members, Nested, Settings, Timeouts, read};
use umsync_directory::{Admission, Dn, Error, Filter};
use umsync_engine::directory::{Directory, GroupRef, Wanted};

const BASE: &str = "DC=example,DC=com";
const PEOPLE: usize = 6;

/// Which people and which groups are in each group.
type Tree = BTreeMap<usize, (BTreeSet<usize>, BTreeSet<usize>)>;

fn settings(servers: &[&Fake], connections: usize) -> Settings {
    Settings {
        servers: servers.iter().map(|fake| fake.url.clone()).collect(),
        encryption: Encryption::Plain,
        ca_file: None,
        certificates: Certificates::Verified,
        bind: Bind::Simple { dn: "sync@example.com".to_owned(), password: "secret".to_owned().into() },
        base: Dn::parse(BASE).unwrap(),
        user_base: None,
        group_base: None,
        users: Filter::parse("(objectClass=user)").unwrap(),
        group_filter: None,
        members: Members::Member,
        nested_groups: Nested::Read,
        page_size: Some(100),
        connections,
        timeouts: Timeouts::default(),
        anchor: None,
    }
}

fn person(number: usize) -> String {
    format!("CN=p{number},{BASE}")
}

fn group(number: usize) -> String {
    format!("CN=g{number},{BASE}")
}

/// Three groups are wanted, one of them in two spellings; a tree gives the rest.
async fn read_it(settings: &Settings) -> Result<Directory, Error> {
    let groups = [group(0), group(1), group(0).to_lowercase(), group(2)];
    let groups = groups.iter().map(|name| GroupRef::new(name)).collect();
    read(settings, &Wanted { attributes: ["mail".to_owned()].into(), groups, ..Wanted::default() }, &|_| ())
        .await
}

/// A server of this tree.
fn answer(tree: &Tree, id: u8, request: &Request) -> Reply {
    let members = |number: usize| -> Vec<Vec<u8>> {
        let (people, groups) = &tree[&number];
        let people = people.iter().map(|number| person(*number));
        people.chain(groups.iter().map(|number| group(*number))).map(String::into_bytes).collect()
    };
    match request {
        Request::Bind { dn: _, password: _ } => Reply::Send(vec![result(id, 0x61, 0, b"")]),
        // It says nothing of itself.
        Request::Search(search) if search.single && search.base.is_empty() => {
            Reply::Send(vec![result(id, 0x65, 0, b"")])
        }
        Request::Search(search) if search.single => {
            let number = number(search);
            let found = entry(id, group(number).as_bytes(), &[("member", members(number))]);
            Reply::Send(vec![found, result(id, 0x65, 0, b"")])
        }
        Request::Search(search) if search.attributes == ["1.1"] => {
            let names = tree.keys().map(|number| entry(id, group(*number).as_bytes(), &[]));
            Reply::Send(names.chain([page_end(id, 0, b"")]).collect())
        }
        Request::Search(_) => {
            let people = (0..PEOPLE).map(|number| entry(id, person(number).as_bytes(), &[]));
            Reply::Send(people.chain([page_end(id, 0, b"")]).collect())
        }
        Request::Unbind | Request::Other => Reply::Silence,
    }
}

fn number(search: &Search) -> usize {
    search.base.to_lowercase().trim_start_matches("cn=g").split(',').next().unwrap().parse().unwrap()
}

/// Group 0 holds nine groups of one person each, one of which holds another nine.
fn wide() -> Tree {
    let mut tree: Tree =
        (0..30).map(|number| (number, (BTreeSet::from([number % PEOPLE]), BTreeSet::new()))).collect();
    tree.insert(0, (BTreeSet::new(), (3..12).collect()));
    tree.insert(3, (BTreeSet::new(), (12..21).chain([0]).collect()));
    tree
}

fn server(tree: Tree) -> Fake {
    Fake::start(move |id, request| answer(&tree, id, request))
}

fn binds(fake: &Fake) -> usize {
    fake.count(|request| matches!(request, Request::Bind { .. }))
}

#[tokio::test]
async fn every_group_is_fetched_once_over_as_many_connections_as_are_allowed() {
    let mut all = Vec::new();
    for connections in [1, 4, 8, 16] {
        let fake = server(wide());
        let mut directory = read_it(&settings(&[&fake], connections)).await.unwrap();
        directory.source.clear();
        directory.certificate.source.clear();
        // Never more of them than there are questions.
        assert_eq!(binds(&fake), connections.min(9));
        let mut fetched: Vec<usize> = fake
            .requests
            .lock()
            .unwrap()
            .iter()
            .filter_map(|request| match request {
                Request::Search(search) if search.single && !search.base.is_empty() => Some(number(search)),
                _ => None,
            })
            .collect();
        fetched.sort_unstable();
        assert_eq!(fetched, (0..21).collect::<Vec<_>>());
        all.push(directory);
    }
    assert!(all.iter().all(|directory| *directory == all[0]));
    assert_eq!(all[0].groups[&GroupRef::new(&group(0))].members, PEOPLE);
}

#[tokio::test]
async fn a_failure_on_any_connection_fails_the_read_and_the_next_server_begins_anew() {
    for failing in 0..21 {
        for close in [true, false] {
            let (tree, asked) = (wide(), Arc::new(AtomicUsize::new(0)));
            let bad = Fake::start(move |id, request| match request {
                Request::Search(search)
                    if search.single
                        && !search.base.is_empty()
                        && asked.fetch_add(1, Ordering::SeqCst) == failing =>
                {
                    match close {
                        true => Reply::SendAndClose(vec![]),
                        false => Reply::Send(vec![result(id, 0x65, 51, b"busy")]),
                    }
                }
                request => answer(&tree, id, request),
            });
            let error = read_it(&settings(&[&bad], 4)).await.unwrap_err();
            assert!(error.to_string().contains("cannot read the group"), "{failing}: {error}");
            assert_eq!(error.admission(), Admission::LetIn);
        }
    }
    let tree = wide();
    let bad = Fake::start(move |id, request| match request {
        Request::Search(search) if search.single && !search.base.is_empty() && number(search) == 17 => {
            Reply::SendAndClose(vec![])
        }
        request => answer(&tree, id, request),
    });
    let good = server(wide());
    let directory = read_it(&settings(&[&bad, &good], 4)).await.unwrap();
    assert_eq!(directory.source, good.url.to_string().trim_end_matches('/'));
    assert_eq!((directory.entries.len(), directory.groups.len()), (PEOPLE, 4));
}

#[tokio::test]
async fn an_account_that_is_refused_meanwhile_is_refused_once() {
    let (tree, asked) = (wide(), Arc::new(AtomicUsize::new(0)));
    let fake = Fake::start(move |id, request| match request {
        Request::Bind { .. } if asked.fetch_add(1, Ordering::SeqCst) > 0 => {
            Reply::Send(vec![result(id, 0x61, 49, b"")])
        }
        request => answer(&tree, id, request),
    });
    let error = read_it(&settings(&[&fake, &fake], 8)).await.unwrap_err();
    assert!(matches!(error.admission(), Admission::Refused { .. }), "{error}");
    assert_eq!(binds(&fake), 2);
}

fn trees() -> impl Strategy<Value = Tree> {
    let set = |most: usize| prop::collection::btree_set(0..most, 0..4);
    prop::collection::vec((set(PEOPLE), set(12)), 12)
        .prop_map(|groups| groups.into_iter().enumerate().collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn the_number_of_connections_changes_nothing(tree in trees(), connections in 2_usize..=16) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let fake = server(tree);
        let one = runtime.block_on(read_it(&settings(&[&fake], 1))).unwrap();
        let several = runtime.block_on(read_it(&settings(&[&fake], connections))).unwrap();
        prop_assert_eq!(one, several);
    }
}
