//! No plan carries a command that Adobe must refuse for its form, whatever the directory says.

use crate::world::{World, directory, entry, planned, rules};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::json;
use std::cell::Cell;
use umsync_emulator::Knobs;
use umsync_engine::codes::{Class, meaning};
use umsync_engine::command::Verdict;
use umsync_engine::directory::Entry;
use umsync_umapi::{Cancel, Pace};

/// Refusals of what somebody's values look like, which Adobe makes whatever it holds.
const FORM: [&str; 5] = [
    "error.user.email.invalid",
    "error.user.name.invalid",
    "error.country.invalid",
    "error.group.invalid_name",
    "error.user.firstname_missing",
];

const GROUPS: [&str; 14] = ["A", "B", "C", "D", "E", "F", "G", "H", "I", "J", "K", "L", "M", "_admin_A"];

/// Values as directories have them, and as nobody should.
fn text(longest: usize) -> impl Strategy<Value = String> {
    prop_oneof![
        3 => "[A-Za-z]{1,10}",
        1 => proptest::string::string_regex(&format!("[a-z]{{{},{}}}", longest - 1, longest + 1)).unwrap(),
        1 => "\\PC{0,20}",
        1 => any::<String>(),
        1 => Just(String::new()),
    ]
}

fn email() -> impl Strategy<Value = String> {
    let domain = prop_oneof![
        4 => Just("example.com".to_owned()),
        2 => Just("user.example".to_owned()),
        1 => Just("enterprise.example".to_owned()),
        1 => "\\PC{0,12}",
        1 => "[a-z.]{0,8}",
    ];
    prop_oneof![
        6 => ("[a-z]{1,8}", domain.clone()).prop_map(|(local, domain)| format!("{local}@{domain}")),
        2 => ("[a-z]{46,52}", domain.clone()).prop_map(|(local, domain)| format!("{local}@{domain}")),
        2 => ("\\PC{0,10}", domain).prop_map(|(local, domain)| format!("{local}@{domain}")),
        1 => any::<String>(),
    ]
}

fn person() -> impl Strategy<Value = Entry> {
    let country = prop_oneof![4 => Just("US".to_owned()), 2 => "[A-Za-z]{2}", 1 => "\\PC{0,4}"];
    let identity = prop_oneof![
        4 => Just("federated"), 2 => Just("enterprise"), 2 => Just("adobe"), 1 => Just("other"),
    ];
    let uid = prop_oneof![2 => Just(String::new()), 2 => text(250)];
    let domain = prop_oneof![4 => Just("user.example".to_owned()), 1 => text(250)];
    let groups = vec(0..GROUPS.len(), 0..GROUPS.len());
    (email(), text(250), text(250), country, identity, uid, domain, groups).prop_map(
        |(mail, first, last, country, identity, uid, domain, groups)| {
            let values = [
                ("mail", mail.as_str()),
                ("givenname", &first),
                ("sn", &last),
                ("c", &country),
                ("identity", identity),
                ("uid", &uid),
                ("domain", &domain),
            ];
            let groups: Vec<&str> = groups.into_iter().map(|at| GROUPS[at]).collect();
            entry("x", &values, &groups)
        },
    )
}

#[test]
fn no_planned_command_is_refused_for_its_form() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let (commands, created, refused) = (Cell::new(0), Cell::new(0), Cell::new(0));
    let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::with_cases(96) });
    let ran = runner.run(&vec(person(), 1..8), |mut people| {
        for (at, person) in people.iter_mut().enumerate() {
            person.dn = format!("uid=p{at},dc=example,dc=com");
        }
        // Somebody about whom nothing is wrong, so that there is a plan.
        people.push(crate::world::somebody("anna", &["A"]));
        runtime.block_on(async {
            let user = |name: &str, kind: &str| {
                json!({"email": name, "firstname": "Old", "lastname": "Name", "country": "US", "type": kind, "groups": ["A", "B"]})
            };
            let seed = json!({
                "domains": [
                    {"domain": "example.com", "type": "federated", "login": "email"},
                    {"domain": "user.example", "type": "federated", "login": "username"},
                    {"domain": "enterprise.example", "type": "enterprise", "login": "email"},
                ],
                "groups": GROUPS.iter().take(8).map(|name| json!({"name": name})).collect::<Vec<_>>(),
                "users": [user("anna@example.com", "federated"), user("a@enterprise.example", "enterprise"),
                    user("b@example.com", "federated")],
            });
            let knobs = Knobs { require_names: false, ..Knobs::unthrottled() };
            let world = World::new(&seed.to_string(), knobs).await;
            let session = world.session(Pace::Off).await;
            let permit = session.may_list().await.unwrap();
            let snapshot = session.snapshot(permit, &|_| {}).await.unwrap();
            let plan = planned(&directory(people, &GROUPS), &snapshot, &rules(&GROUPS));
            let permit = session.may_execute().await.unwrap();
            let tested = session.rehearse(plan.commands(), &|_| {}, &Cancel::never()).await.outcomes;
            let sent = session.execute(permit, plan.commands(), &|_| {}, &Cancel::never()).await.outcomes;
            commands.set(commands.get() + plan.commands().len());
            created.set(created.get() + world.adobe.users().len());
            for outcome in tested.iter().chain(&sent) {
                let Verdict::Refused { errors } = &outcome.verdict else {
                    prop_assert_eq!(&outcome.verdict, &Verdict::Done);
                    continue;
                };
                refused.set(refused.get() + 1);
                for error in errors {
                    let command = &plan.commands()[outcome.command];
                    let is_form = FORM.contains(&error.code.as_str()) || meaning(&error.code).class == Class::Ours;
                    prop_assert!(!is_form, "{error:?}: {command:?}");
                }
            }
            Ok(())
        })
    });
    ran.unwrap();
    let (commands, created, refused) = (commands.get(), created.get(), refused.get());
    println!(
        "{commands} commands planned; {created} accounts afterwards; {refused} refused for what Adobe holds"
    );
    assert!(commands > 300 && refused > 0, "it is about something");
}
