//! Against a server that does what a real one never does on demand.

use super::fake::company::{Company, DESIGN, VIDEO};
use super::fake::{Fake, Request, entry, page_end, result};
use super::{configure, some_of};
use crate::support::{World, seed, user};
use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

const COMPANY: Company = Company { people: 6, per_page: 2 };

/// Whoever is lost in the directory would lose everything at Adobe, without a brake.
fn rules() -> String {
    format!(
        "groups: [{{directory: \"{DESIGN}\", adobe: [Design]}}, {{directory: {VIDEO}, adobe: [Video]}}]\nleavers: {{action: remove, grace: 0s}}\nbaseline: accept\nlimits: {{create: off, update: off, removals: off, group_removals: off, leave: off, set_aside: off}}\n"
    )
}

/// Adobe knows everybody, in every group.
fn world() -> World {
    let users: Vec<_> = (0..6).map(|at| user(&format!("p{at}"), &["Design", "Video"])).collect();
    let world = World::new(&seed(&["Design", "Video"], &users), "");
    world.write("ldap.secret", "secret");
    world
}

const USERS: [&str; 2] = ["users: (objectCategory=person)", "members: member"];

#[test]
fn d1_a_directory_cut_after_any_byte_ends_6_and_nothing_is_sent() {
    let world = world();
    let (limit, longest) = (Arc::new(AtomicUsize::new(usize::MAX)), Arc::new(AtomicUsize::new(0)));
    let fake = Fake::cut(limit.clone(), longest.clone(), |id, request| COMPANY.answer(id, request));
    configure(&world, &[&fake.url], "sync@example.com", &USERS, &rules());
    world.run(&["plan"]).with(0);
    let (length, listings, before) = (longest.load(Ordering::SeqCst), world.listings(), world.adobe.dump());
    let cuts = some_of(length, 40);
    for cut in &cuts {
        limit.store(*cut, Ordering::SeqCst);
        world.run(&["sync"]).with(6).says(&["nothing was sent"]);
        assert_eq!((world.actions(), world.listings()), (0, listings), "{cut}");
    }
    assert_eq!(world.adobe.dump(), before);
    let _ = writeln!(std::io::stderr(), "cut after {} of {length} bytes: as many ends with 6", cuts.len());
    // The last byte is what was missing: what is wrong at Adobe is put right.
    limit.store(length, Ordering::SeqCst);
    world.run(&["sync"]).with(0);
    assert_eq!(world.members("Video"), ["p0@example.com"]);
}

/// The program against a server that answers the request of this number, counted from 0 with the bind, otherwise.
fn refused_at(
    at: Arc<AtomicUsize>,
    say: impl Fn(u32, &Request) -> Vec<u8> + Send + Sync + 'static,
) -> (Fake, Arc<AtomicUsize>) {
    let number = Arc::new(AtomicUsize::new(0));
    let count = number.clone();
    let fake = Fake::talking(move |id, request, stream| {
        // The good-bye may come after a test has counted.
        if matches!(request, Request::Unbind) {
            return false;
        }
        if matches!(request, Request::Bind { dn: _, password: _ }) {
            count.store(0, Ordering::SeqCst);
        }
        let mut reply = COMPANY.answer(id, request);
        if count.fetch_add(1, Ordering::SeqCst) == at.load(Ordering::SeqCst) {
            *reply.last_mut().unwrap() = say(id, request);
        }
        stream.write_all(&reply.concat()).is_ok()
    });
    (fake, number)
}

#[test]
fn d7_s01_b01_any_result_code_on_any_page_ends_6_and_nothing_is_sent() {
    let world = world();
    let (at, code) = (Arc::new(AtomicUsize::new(usize::MAX)), Arc::new(AtomicUsize::new(0)));
    let said = code.clone();
    let (fake, number) = refused_at(at.clone(), move |id, request| {
        let code = u8::try_from(said.load(Ordering::SeqCst)).unwrap();
        match request {
            Request::Bind { dn: _, password: _ } => result(id, 0x61, code, b""),
            Request::Search(search) if search.single => result(id, 0x65, code, b""),
            _ => page_end(id, code, b"more"),
        }
    });
    configure(&world, &[&fake.url], "sync@example.com", &USERS, &rules());
    world.run(&["plan"]).with(0);
    let requests = number.load(Ordering::SeqCst);
    let (listings, before) = (world.listings(), world.adobe.dump());
    let codes = [1, 3, 4, 10, 11, 50, 51, 52, 53, 80];
    // A server that hides what it is (50 on the root, the first request after the bind) is read like any other.
    let hides = |place: &usize| place / codes.len() == 1 && codes[place % codes.len()] == 50;
    let mut places = some_of(requests * codes.len(), 30);
    places.retain(|place| !hides(place));
    for place in &places {
        at.store(place / codes.len(), Ordering::SeqCst);
        code.store(codes[place % codes.len()], Ordering::SeqCst);
        let words = format!("the server answered {} (", codes[place % codes.len()]);
        world.run(&["sync"]).with(6).says(&["nothing was sent", &words]);
    }
    assert_eq!((world.actions(), world.listings(), world.adobe.dump()), (0, listings, before));
    let _ = writeln!(
        std::io::stderr(),
        "{} of {} codes on {requests} requests: as many ends with 6",
        places.len(),
        requests * codes.len()
    );
}

#[test]
fn d24_who_cannot_be_read_is_set_aside_and_loses_nothing() {
    let world = world();
    // The mail of p2 is Latin-1 today.
    let fake = Fake::talking(move |id, request, stream| {
        let mut reply = COMPANY.answer(id, request);
        let people =
            matches!(request, Request::Search(search) if search.attributes.iter().any(|name| name == "mail"));
        let cookie = match request {
            Request::Search(search) => {
                search.paging.as_ref().and_then(|(_, cookie, _)| cookie.first().copied())
            }
            _ => None,
        };
        if people && cookie == Some(1) {
            let guid = format!("{:016}", 2).into_bytes();
            let mail = vec![b"p\xfc2@example.com".to_vec()];
            let dn = Company::dn(2);
            reply[0] = entry(id, dn.as_bytes(), &[("objectGUID", vec![guid]), ("mail", mail)]);
        }
        stream.write_all(&reply.concat()).is_ok()
    });
    configure(&world, &[&fake.url], "sync@example.com", &USERS, &rules());
    let words = ["Set aside, and protected: 1", "CN=p2", "is not UTF-8", "Withheld: 1 user leaving"];
    world.run(&["sync"]).with(3).shows(&words);
    assert!(world.adobe.user("p2@example.com").is_some());
    assert!(world.members("Design").contains(&"p2@example.com".to_owned()));
}
