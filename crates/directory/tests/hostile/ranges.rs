//! Groups larger than Active Directory hands out at once, and what groups may list.

use super::chain;
use crate::fake::company::{BASE, Company, DESIGN, ranged};
use crate::fake::{Fake, Request, Search, entry, page_end, result};
use crate::{failure, settings};
use std::collections::BTreeSet;
use std::io::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use umsync_directory::ldap::{Failure, Members, Nested, Phase, Settings, read};
use umsync_directory::{Error, Filter};
use umsync_engine::directory::{Directory, Entry, GroupRef, Wanted};

/// MaxValRange of Active Directory.
const STEP: usize = 1500;

fn settings_of(fake: &Fake) -> Settings {
    Settings {
        users: Filter::parse("(objectCategory=person)").unwrap(),
        members: Members::Member,
        nested_groups: Nested::No,
        page_size: Some(60_000),
        ..settings(&[fake])
    }
}

async fn read_group(settings: &Settings, group: &str) -> Result<Directory, Error> {
    let wanted = Wanted {
        attributes: ["mail".to_owned()].into(),
        groups: [GroupRef::new(group)].into(),
        ..Wanted::default()
    };
    read(settings, &wanted, &|_| ()).await
}

/// A directory of so many people, whose group is answered by `group`.
fn of(people: usize, group: impl Fn(u32, &Search) -> Vec<Vec<u8>> + Send + Sync + 'static) -> Fake {
    let company = Company { people, per_page: 50_000 };
    Fake::talking(move |id, request, stream| {
        let reply = match request {
            Request::Search(search) if search.single && !search.base.is_empty() => group(id, search),
            _ => company.answer(id, request),
        };
        stream.write_all(&reply.concat()).is_ok()
    })
}

fn dns(members: usize) -> Vec<Vec<u8>> {
    (0..members).map(|at| Company::dn(at).into_bytes()).collect()
}

#[tokio::test]
async fn d25_groups_of_1499_to_100_000_come_out_whole() {
    for members in [1499, 1500, 1501, 5001, 100_000] {
        let list = dns(members);
        // Somebody is in no group, so that everybody is no right answer.
        let fake = of(members + 1, move |id, search| {
            vec![ranged(id, search, &list, STEP, b"7").unwrap(), result(id, 0x65, 0, b"")]
        });
        let directory = read_group(&settings_of(&fake), DESIGN).await.unwrap();
        assert_eq!(directory.groups.values().next().unwrap().members, members);
        let outside: Vec<&Entry> = directory.entries.iter().filter(|entry| entry.groups.is_empty()).collect();
        assert_eq!((directory.entries.len(), outside.len()), (members + 1, 1));
        assert_eq!(outside[0].dn, Company::dn(members));
        let searches = fake.count(
            |request| matches!(request, Request::Search(search) if search.single && !search.base.is_empty()),
        );
        let ranges = if members > STEP { members.div_ceil(STEP) + 1 } else { 1 };
        assert_eq!(searches, ranges, "{members}");
    }
}

/// A group of 5001, where the slice from `at` on is answered otherwise.
fn but_from(at: usize, say: impl Fn(u32, &Search) -> Vec<Vec<u8>> + Send + Sync + 'static) -> Fake {
    let list = dns(5001);
    of(5001, move |id, search| {
        let here = search.attributes.iter().any(|name| *name == format!("member;range={at}-*"));
        if here {
            say(id, search)
        } else {
            vec![ranged(id, search, &list, STEP, b"7").unwrap(), result(id, 0x65, 0, b"")]
        }
    })
}

fn version() -> (&'static str, Vec<Vec<u8>>) {
    ("uSNChanged", vec![b"7".to_vec()])
}

#[tokio::test]
async fn d25_a_range_that_is_cut_anywhere_is_an_error() {
    for at in [1500, 3000, 4500] {
        // The entry has gone; it has no members any more; another slice than was asked for; an error.
        let gone = but_from(at, |id, _| vec![result(id, 0x65, 0, b"")]);
        assert!(matches!(failure(read_group(&settings_of(&gone), DESIGN).await).1, Failure::Gone), "{at}");
        let none = but_from(at, |id, search| {
            vec![entry(id, search.base.as_bytes(), &[version()]), result(id, 0x65, 0, b"")]
        });
        let (phase, reason) = failure(read_group(&settings_of(&none), DESIGN).await);
        assert!(matches!(phase, Phase::Range { .. }) && matches!(reason, Failure::RangeGap(_)), "{reason}");
        for wrong in
            ["member;range=0-1499", "member;range=4600-*", "member;range=1501-2999", "member;range=3000-1499"]
        {
            let other = but_from(at, move |id, search| {
                let slice = (wrong, dns(3));
                vec![entry(id, search.base.as_bytes(), &[slice, version()]), result(id, 0x65, 0, b"")]
            });
            let reason = failure(read_group(&settings_of(&other), DESIGN).await).1;
            assert!(matches!(reason, Failure::RangeGap(_)), "{wrong} at {at}: {reason}");
        }
        for code in [1, 3, 4, 11, 50, 51, 52, 53, 80] {
            let refused = but_from(at, move |id, _| vec![result(id, 0x65, code, b"")]);
            let reason = failure(read_group(&settings_of(&refused), DESIGN).await).1;
            assert!(
                matches!(&reason, Failure::Answer(answered) if answered.code == u32::from(code)),
                "{reason}"
            );
        }
    }
}

fn slice(id: u32, search: &Search, name: &str, values: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    vec![entry(id, search.base.as_bytes(), &[(name, values), version()]), result(id, 0x65, 0, b"")]
}

#[tokio::test]
async fn d25_a_slice_that_is_not_what_its_name_says_is_an_error() {
    // Ten are announced and seven come; a range that ends where numbers do; ranges that nobody can understand.
    for name in [
        "member;range=0-9",
        "member;range=0-18446744073709551615",
        "member;range=0-9x",
        "member;range=0",
        "member;range=-9",
        "member;range=0-99999999999999999999",
    ] {
        let fake = of(20, move |id, search| slice(id, search, name, dns(20)[..7].to_vec()));
        let reason = failure(read_group(&settings_of(&fake), DESIGN).await).1;
        assert!(matches!(reason, Failure::RangeGap(0)), "{name}: {reason}");
    }
    // Where there was a part of the members, there is no longer any.
    let fake = of(20, move |id, search| match search.attributes.iter().any(|name| name.contains("range=")) {
        true => vec![entry(id, search.base.as_bytes(), &[version()]), result(id, 0x65, 0, b"")],
        false => slice(id, search, "member;range=0-9", dns(20)[..10].to_vec()),
    });
    let reason = failure(read_group(&settings_of(&fake), DESIGN).await).1;
    assert!(matches!(reason, Failure::RangeGap(0)), "{reason}");
}

#[tokio::test]
async fn two_answers_to_a_question_about_one_entry_are_an_error() {
    let fake = of(20, move |id, search| {
        let one = |members: usize| entry(id, search.base.as_bytes(), &[("member", dns(members))]);
        vec![one(20), one(1), result(id, 0x65, 0, b"")]
    });
    let reason = failure(read_group(&settings_of(&fake), DESIGN).await).1;
    assert!(matches!(reason, Failure::Malformed(_)), "{reason}");
}

#[tokio::test]
async fn d25_a_group_that_changes_between_two_ranges_is_read_again() {
    // Somebody leaves after the first slice: what follows moves up by one.
    let searches = AtomicUsize::new(0);
    let (before, after) = (dns(5001), dns(5001)[1..].to_vec());
    let fake = of(5001, move |id, search| {
        let slice = if searches.fetch_add(1, Ordering::SeqCst) < 2 {
            ranged(id, search, &before, STEP, b"7")
        } else {
            ranged(id, search, &after, STEP, b"8")
        };
        vec![slice.unwrap(), result(id, 0x65, 0, b"")]
    });
    let directory = read_group(&settings_of(&fake), DESIGN).await.unwrap();
    let outside: Vec<&str> = directory
        .entries
        .iter()
        .filter(|entry| entry.groups.is_empty())
        .map(|entry| entry.dn.as_str())
        .collect();
    assert_eq!(outside, [Company::dn(0)]);
}

#[tokio::test]
async fn d28_members_from_elsewhere_cost_nobody_their_place() {
    let foreign = [
        "CN=S-1-5-21-1-2-3-4,CN=ForeignSecurityPrincipals,DC=example,DC=com",
        "CN=somebody,DC=other,DC=test",
        "no name at all",
    ];
    let fake = of(6, move |id, search| {
        let members = foreign.iter().map(|dn| dn.as_bytes().to_vec()).chain(dns(3)).collect();
        vec![entry(id, search.base.as_bytes(), &[("member", members)]), result(id, 0x65, 0, b"")]
    });
    let directory = read_group(&settings_of(&fake), DESIGN).await.unwrap();
    assert_eq!((directory.entries.len(), directory.groups.values().next().unwrap().members), (6, 3));
}

#[tokio::test]
async fn d26_the_primary_group_of_five_thousand_is_read_from_the_people() {
    let sid = |rid: u32| {
        let domain = [1, 5, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0];
        [domain.as_slice(), &rid.to_le_bytes()].concat()
    };
    let fake = Fake::talking(move |id, request, stream| {
        let reply = match request {
            // `Domain Users`: it lists nobody.
            Request::Search(search) if search.single => vec![
                entry(id, search.base.as_bytes(), &[("objectSid", vec![sid(513)])]),
                result(id, 0x65, 0, b""),
            ],
            Request::Search(_) => (0..5001)
                .map(|at: u32| {
                    let primary: &[u8] = if at == 5000 { b"514" } else { b"513" };
                    let attributes =
                        [("objectSid", vec![sid(10_000 + at)]), ("primaryGroupID", vec![primary.to_vec()])];
                    entry(id, format!("CN=p{at},{BASE}").as_bytes(), &attributes)
                })
                .chain([page_end(id, 0, b"")])
                .collect(),
            _ => vec![result(id, 0x61, 0, b"")],
        };
        stream.write_all(&reply.concat()).is_ok()
    });
    let directory =
        read_group(&settings_of(&fake), "CN=Domain Users,CN=Users,DC=example,DC=com").await.unwrap();
    assert_eq!(directory.groups.values().next().unwrap().members, 5000);
    assert!(directory.entries.last().unwrap().groups.is_empty());
}

/// Groups that list groups: `inside` says which numbers are in which. Group 0 is the wanted one; group `at` lists person
/// `at` beside them.
fn nested(groups: usize, inside: impl Fn(usize) -> Vec<usize> + Send + Sync + 'static) -> Fake {
    let name = |at: usize| format!("CN=g{at},OU=Groups,{BASE}");
    let company = Company { people: groups + 1, per_page: 50_000 };
    Fake::talking(move |id, request, stream| {
        let reply = match request {
            Request::Search(search) if search.single && !search.base.is_empty() => {
                let at = search.base["CN=g".len()..].split(',').next().unwrap().parse().unwrap();
                let mut members: Vec<Vec<u8>> =
                    inside(at).into_iter().map(|at| name(at).into_bytes()).collect();
                members.push(Company::dn(at).into_bytes());
                vec![entry(id, search.base.as_bytes(), &[("member", members)]), result(id, 0x65, 0, b"")]
            }
            Request::Search(search) if search.attributes == ["1.1"] => (0..groups)
                .map(|at| entry(id, name(at).as_bytes(), &[]))
                .chain([page_end(id, 0, b"")])
                .collect(),
            _ => company.answer(id, request),
        };
        stream.write_all(&reply.concat()).is_ok()
    })
}

#[tokio::test]
async fn d27_circles_and_fifty_levels_are_whole_and_more_is_an_error() {
    let wanted = format!("CN=g0,OU=Groups,{BASE}");
    let of = |fake: &Fake| Settings { nested_groups: Nested::Read, ..settings_of(fake) };
    let members = |directory: Directory| -> BTreeSet<String> {
        directory.entries.into_iter().filter(|entry| !entry.groups.is_empty()).map(|entry| entry.dn).collect()
    };
    let first = |count: usize| (0..count).map(Company::dn).collect::<BTreeSet<_>>();

    let circle = nested(3, |at| vec![(at + 1) % 3]);
    assert_eq!(members(read_group(&of(&circle), &wanted).await.unwrap()), first(3));
    let itself = nested(1, |at| vec![at]);
    assert_eq!(members(read_group(&of(&itself), &wanted).await.unwrap()), first(1));
    let deep = nested(51, |at| if at < 50 { vec![at + 1] } else { vec![] });
    assert_eq!(members(read_group(&of(&deep), &wanted).await.unwrap()), first(51));
    let wide = nested(2000, |at| if at == 0 { (1..2000).collect() } else { vec![] });
    assert_eq!(members(read_group(&of(&wide), &wanted).await.unwrap()), first(2000));

    let deeper = nested(53, |at| if at < 52 { vec![at + 1] } else { vec![] });
    let error = read_group(&of(&deeper), &wanted).await.unwrap_err();
    assert!(matches!(error, Error::TooDeep { .. }), "{}", chain(&error));
}
