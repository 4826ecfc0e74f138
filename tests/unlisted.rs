//! Whoever may be at Adobe without being listed: who is looked for, for how long, and what somebody has accepted.

use crate::adobe::{RULES, created, ldif, mail, names, plan_id, world};
use crate::support::report::report_agrees;
use crate::support::{World, seed};
use serde_json::json;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use umsync_emulator::{Endpoint, Knobs, Options, Seed};

const UNLIMITED: &str = "limits: {create: off}\n";

#[test]
fn it_is_requests_that_are_counted_and_an_adobe_id_costs_one_more() {
    let people = names(60);
    let twin = |name: &String| json!({"email": mail(name), "type": "adobe"});
    let users: Vec<_> = people.iter().map(twin).collect();
    let mut options = Options::seeded(Seed::parse(&seed(&["Design"], &users)).unwrap());
    options.knobs = Some(Knobs { technical_accounts: 1, ..Knobs::unthrottled() });
    let world = World::with(options, &ldif(&people));
    world.configure(&format!("{RULES}people: {{adobe_id_twin: create}}\n{UNLIMITED}"));
    world.run(&["sync"]).with(3).shows(&["50 were looked for one by one, the others wait"]);
    assert_eq!((world.adobe.calls(Endpoint::User).len(), created(&world).len()), (100, 50));
    world.run(&["sync"]).with(0).shows(&["10 accounts created"]);
    assert_eq!((world.adobe.calls(Endpoint::User).len(), created(&world).len()), (120, 60));
}

#[test]
fn whoever_has_looked_for_long_reads_the_directory_again() {
    let (users, mut people) = (names(50), names(80));
    let text = Arc::new(OnceLock::<(PathBuf, String)>::new());
    let (later, looked) = (text.clone(), AtomicUsize::new(0));
    let users: Vec<_> = users.iter().map(|name| crate::support::user(name, &["Design"])).collect();
    let mut options = Options::seeded(Seed::parse(&seed(&["Design"], &users)).unwrap());
    options.knobs = Some(Knobs { technical_accounts: 1, ..Knobs::unthrottled() });
    options.on_request = Some(Arc::new(move |call| {
        // While the last one is looked for, somebody else leaves the company.
        if call.endpoint == Some(Endpoint::User) && looked.fetch_add(1, Ordering::Relaxed) == 29 {
            let (path, text) = later.get().expect("it is known before any run");
            std::fs::write(path, text).expect("a writable folder");
        }
    }));
    let world = World::with(options, &ldif(&people));
    let gone = people.remove(60);
    text.set((world.path("people.ldif"), ldif(&people))).expect("nobody else does");
    world.configure(&format!("{RULES}{UNLIMITED}"));
    world.run(&["sync"]).with(0).shows(&["29 accounts created"]);
    assert_eq!(world.adobe.calls(Endpoint::User).len(), 30);
    assert!(world.adobe.user(&mail(&gone)).is_none() && created(&world).len() == 29);
}

#[test]
fn whoever_is_approved_is_looked_for_too_before_they_are_created() {
    let (users, people) = (names(50), names(170));
    let world = world(&users, &people, 30);
    world.configure(&format!("{RULES}{UNLIMITED}"));
    world.run(&["sync"]).with(3).shows(&["creations and removals wait"]);
    let id = plan_id(&world);
    world.run(&["approve", &id]).with(0).shows(&["Accepted: 30 accounts"]);
    // One more is missing than was approved, and it is somebody.
    world.adobe.with_knobs(|knobs| knobs.technical_accounts = 31);
    world.run(&["sync"]).with(3).shows(&["100 accounts created", "100 were looked for one by one"]);
    let looked_for = world.adobe.calls(Endpoint::User).len();
    assert_eq!((looked_for, created(&world).len()), (100, 100));
    // The approval still holds for the others.
    world.run(&["sync"]).with(0).shows(&["20 accounts created"]);
    report_agrees(&world);
    assert_eq!(world.adobe.calls(Endpoint::User).len(), 120);
}

#[test]
fn an_older_plan_does_not_bring_an_older_surplus_back() {
    let (users, people) = (names(50), names(51));
    let world = world(&users, &people, 30);
    let older = plan_id(&world);
    world.adobe.with_knobs(|knobs| knobs.technical_accounts = 28);
    let newer = plan_id(&world);
    assert_ne!(older, newer);
    world.run(&["approve", &newer]).with(0).shows(&["Accepted: 28 accounts"]);
    world.run(&["approve", &older]).with(0).shows(&["Not accepted: 30 accounts"]);
    world.run(&["status"]).with(0).shows(&["surplus        Adobe counts 28 accounts that it never lists"]);
    assert_eq!(world.run(&["status", "--json"]).with(0).json()["surplus"]["accounts"], 28);
    // What is counted later stands in its place.
    world.write("people.ldif", &ldif(&names(52)));
    world.adobe.with_knobs(|knobs| knobs.technical_accounts = 60);
    let newest = plan_id(&world);
    world.run(&["approve", &newest]).with(0).shows(&["Accepted: 60 accounts"]);
    world.run(&["status"]).with(0).shows(&["Adobe counts 60 accounts that it never lists"]);
}
