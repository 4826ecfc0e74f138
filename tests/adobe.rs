//! Adobe on its worst nights: listings that end too early, technical accounts, throttles, tokens and secrets that end.

use crate::support::report::report_agrees;
use crate::support::{World, group, person, seed, user};
use std::collections::BTreeSet;
use umsync_emulator::{
    Client, DEFAULT_SECRET, Effect, Endpoint, Fault, JwtCredential, Knobs, Options, Reply, Seed,
};

pub(crate) const RULES: &str = "groups:\n  - {directory: design, adobe: [Design]}\nleavers: {action: remove, grace: 0s}\nbaseline: accept\n";

pub(crate) fn names(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("u{number:03}")).collect()
}

/// Everybody of the directory is listed by `design`.
pub(crate) fn ldif(people: &[String]) -> String {
    let members: Vec<&str> = people.iter().map(String::as_str).collect();
    let people: String = people.iter().map(|name| person(name, &[])).collect();
    format!("{people}{}", group("design", &members))
}

/// An organization whose users are all in `Design`, on pages of twenty.
pub(crate) fn world(users: &[String], people: &[String], technical: usize) -> World {
    let users: Vec<_> = users.iter().map(|name| user(name, &["Design"])).collect();
    let mut options = Options::seeded(Seed::parse(&seed(&["Design"], &users)).unwrap());
    let knobs = Knobs { page_size_users: 20, technical_accounts: technical, ..Knobs::unthrottled() };
    options.knobs = Some(knobs);
    let world = World::with(options, &ldif(people));
    world.configure(RULES);
    world
}

/// Who was asked to be created, over all requests.
pub(crate) fn created(world: &World) -> BTreeSet<String> {
    let calls = world.adobe.calls(Endpoint::Action);
    let commands = calls.iter().flat_map(|call| &call.commands);
    let creates = |command: &&serde_json::Value| command["do"][0].get("createFederatedID").is_some();
    commands.filter(creates).map(|command| command["user"].as_str().unwrap().to_owned()).collect()
}

pub(crate) fn mail(name: &str) -> String {
    format!("{name}@example.com")
}

pub(crate) fn plan_id(world: &World) -> String {
    world.run(&["plan", "--json"]).json()["plan"]["id"].as_str().unwrap().to_owned()
}

#[test]
fn d40_a_truncated_listing_takes_nothing_from_anybody_and_creates_nobody_whom_adobe_has() {
    let everybody = names(60);
    let mut people = everybody[1..].to_vec();
    people.push("new".to_owned());
    type Told = (&'static str, fn() -> Fault);
    // 61 at Adobe's side counted with nobody technical: u000 has left, `new` is new.
    let kinds: [Told; 8] = [
        ("a page without rows", || Fault::on(Endpoint::Users, Effect::NoRows).page(1)),
        ("a last page without rows", || Fault::on(Endpoint::Users, Effect::NoRows).page(2)),
        ("no rows at all", || Fault::on(Endpoint::Users, Effect::NoRows)),
        ("seven rows of a page", || Fault::on(Endpoint::Users, Effect::DropRows(7)).page(1)),
        ("a few rows of a page", || Fault::on(Endpoint::Users, Effect::DropRows(3)).page(1)),
        ("a few rows of every page", || Fault::on(Endpoint::Users, Effect::DropRows(5))),
        ("half a page of JSON", || Fault::on(Endpoint::Users, Effect::TruncateJson).page(1)),
        ("a page that is not found", || {
            Fault::on(Endpoint::Users, Effect::Refuse(Reply::status(404))).page(1)
        }),
    ];
    for (kind, fault) in kinds {
        let world = world(&everybody, &people, 0);
        world.adobe.faults().add(fault());
        let ended = world.run(&["sync"]);
        assert!(world.adobe.faults().fired() > 0, "{kind}");
        let made = created(&world);
        assert!(made.is_empty() || made == BTreeSet::from([mail("new")]), "{kind}: {made:?}");
        for name in &everybody[1..] {
            let kept = world
                .adobe
                .user(&mail(name))
                .is_some_and(|user| user.groups.iter().any(|group| group == "Design"));
            assert!(kept, "{kind}: {name}\n{}", ended.stdout);
        }
        if ended.code != 0 {
            assert!(world.adobe.user(&mail("u000")).is_some(), "{kind}: what is withheld is not done");
        }
        // A night later everything is well.
        world.adobe.faults().clear();
        world.run(&["sync"]).with(0);
        report_agrees(&world);
        assert_eq!(created(&world), BTreeSet::from([mail("new")]), "{kind}");
        assert!(world.adobe.user(&mail("u000")).is_none() && world.adobe.user(&mail("new")).is_some());
    }
}

#[test]
fn d40_a_small_organization_is_not_believed_away() {
    // Twelve users are fewer than any number that is tolerated in a large organization.
    let everybody = names(12);
    for (effect, code, words) in [
        (Effect::NoRows, 7, "it lists nobody, and Adobe counts 12"),
        (Effect::DropRows(2), 3, "Adobe counts 12 users and listed 10"),
    ] {
        // Whom the listing lacks, the directory lacks too: nobody looks for them.
        let world = world(&everybody, &everybody[1..9], 0);
        world.adobe.faults().add(Fault::on(Endpoint::Users, effect));
        let before = world.adobe.dump();
        let ended = world.run(&["sync"]).with(code);
        assert!(format!("{}{}", ended.stdout, ended.stderr).contains(words), "{ended:?}");
        assert_eq!((world.adobe.dump(), world.actions()), (before, 0));
    }
}

#[test]
fn d40_a_page_that_calls_itself_the_last_does_not_end_the_listing() {
    let everybody = names(60);
    let world = world(&everybody, &everybody[1..], 0);
    world.adobe.faults().add(Fault::on(Endpoint::Users, Effect::LastPage(true)).page(0));
    world.run(&["sync"]).with(0).shows(&["1 user leaving"]);
    report_agrees(&world);
    assert_eq!(world.members("Design").len(), 59);
    assert!(created(&world).is_empty());
}

#[test]
fn five_hundred_users_and_thirty_technical_accounts_sync_after_one_approval() {
    let users = names(500);
    let mut people = users[1..].to_vec();
    people.push("new".to_owned());
    let world = world(&users, &people, 30);
    world.configure(&RULES.replace("baseline: accept\n", ""));
    let before = world.adobe.dump();
    world.run(&["sync"]).with(3).shows(&[
        "it counts 30 users more than it lists",
        "Adobe counts 530 users and listed 500: creations and removals wait",
        "that 30 accounts are there and never listed (technical accounts)",
    ]);
    assert_eq!((world.adobe.dump(), world.actions()), (before, 0));

    let id = plan_id(&world);
    world.run(&["approve", &id]).with(0).shows(&["Accepted: 30 accounts that Adobe counts and never lists"]);
    world.run(&["sync"]).with(0).shows(&["1 account created", "1 user leaving"]);
    report_agrees(&world);
    assert!(world.adobe.user(&mail("u000")).is_none() && world.adobe.user(&mail("new")).is_some());

    // From then on nobody is needed; but what is missing beyond them counts.
    people.push("newer".to_owned());
    world.write("people.ldif", &ldif(&people[1..]));
    world.run(&["sync"]).with(0).shows(&["1 account created", "1 user leaving"]);
    world.write("people.ldif", &ldif(&people[2..]));
    world.adobe.faults().add(Fault::on(Endpoint::Users, Effect::NoRows).page(24));
    let before = world.adobe.dump();
    world.adobe.with_knobs(|knobs| knobs.technical_accounts = 35);
    world.run(&["sync"]).with(3).shows(&["(and 30 that are never listed, as was approved)"]);
    assert_eq!(world.adobe.dump(), before);
}

#[test]
fn whoever_is_to_be_created_is_looked_for_while_the_count_is_short_at_all() {
    let users = names(50);
    let mut people = users.clone();
    people.push("new".to_owned());
    let world = world(&users, &people, 1);
    // One user is not listed and one account is technical.
    world.adobe.faults().add(Fault::on(Endpoint::Users, Effect::DropRows(1)).page(0));
    world.run(&["sync"]).with(0).shows(&["1 account created"]);
    report_agrees(&world);
    assert_eq!(created(&world), BTreeSet::from([mail("new")]));
    assert_eq!(world.adobe.calls(Endpoint::User).len(), 2, "both are looked for, once");
    // A plan looks likewise, and writes nothing (D51).
    people.push("newer".to_owned());
    world.write("people.ldif", &ldif(&people));
    let actions = world.actions();
    world.run(&["plan"]).with(0).shows(&["newer@example.com", "1 account created"]);
    assert_eq!(world.actions(), actions);
}

#[test]
fn of_many_who_are_to_be_created_a_hundred_are_looked_for_and_the_others_wait() {
    let users = names(50);
    let people = names(153);
    let world = world(&users, &people, 1);
    let rules = format!("{RULES}limits: {{create: off}}\n");
    world.configure(&rules);
    world.run(&["sync"]).with(3).shows(&[
        "100 were looked for one by one, the others wait",
        "that 1 account is there and never listed (technical accounts)",
    ]);
    report_agrees(&world);
    assert_eq!((created(&world).len(), world.adobe.calls(Endpoint::User).len()), (100, 100));
    let id = plan_id(&world);
    // The rest is within the bound by now: the next run would look for them, and need nobody.
    world.run(&["approve", &id]).with(0);
    world.run(&["sync"]).with(0).shows(&["3 accounts created"]);
    assert_eq!(created(&world).len(), 103);
}

#[test]
fn d34_a_storm_of_429_is_waited_out() {
    let mut people = names(5);
    let world = world(&people.clone(), &people, 0);
    people.push("new".to_owned());
    world.write("people.ldif", &ldif(&people[1..]));
    let busy = || Effect::Refuse(Reply::status(429).retry_after(1));
    for endpoint in [Endpoint::Token, Endpoint::Groups, Endpoint::Users, Endpoint::Action] {
        world.adobe.faults().add(Fault::on(endpoint, busy()).times(2));
    }
    world.run(&["sync"]).with(0).shows(&["1 account created", "1 user leaving"]);
    report_agrees(&world);
    assert_eq!(world.adobe.faults().fired(), 8);
    assert_eq!(world.members("Design").len(), 5);
}

#[test]
fn d34_a_lock_out_of_an_hour_silences_everybody_and_loses_nothing() {
    let people = names(25);
    let world = world(&people[..1], &people, 0);
    world.configure(&format!("{RULES}limits: {{create: off}}\n"));
    let locked = Effect::Refuse(Reply::status(429).retry_after(3600));
    world.adobe.faults().add(Fault::on(Endpoint::Action, locked).nth(2));
    let ended = world.run(&["sync"]);
    assert!([4, 8].contains(&ended.code), "{ended:?}");
    report_agrees(&world);
    let made = world.members("Design").len();
    assert_eq!(made, 11, "the first ten, and nobody after the lock-out");
    let calls = world.adobe.log().len();
    for arguments in [&["sync"][..], &["plan"]] {
        world.run(arguments).with(8);
    }
    let asked = world.adobe.log().into_iter().skip(calls);
    assert_eq!(asked.filter(|call| call.endpoint != Some(Endpoint::Status)).count(), 0, "no call leaves");
    assert_eq!(world.members("Design").len(), made);
}

#[test]
fn d35_a_token_that_ends_in_the_middle_of_a_run_is_replaced() {
    let people = names(45);
    for endpoint in [Endpoint::Groups, Endpoint::Users, Endpoint::Action] {
        let world = world(&people[..25], &people, 0);
        world.configure(&format!("{RULES}limits: {{create: off}}\n"));
        world.adobe.faults().add(Fault::on(endpoint, Effect::Refuse(Reply::status(401))).nth(1));
        world.run(&["sync"]).with(0).shows(&["20 accounts created"]);
        report_agrees(&world);
        assert_eq!(world.members("Design").len(), 45);
        assert_eq!(world.adobe.calls(Endpoint::Token).len(), 2, "{endpoint}");
    }
    // Short-lived tokens are renewed before they end.
    let world = world(&people[..25], &people, 0);
    world.configure(&format!("{RULES}limits: {{create: off}}\n"));
    world.adobe.with_knobs(|knobs| knobs.token_ttl = 1);
    let slow = Effect::DelayReply(std::time::Duration::from_millis(900));
    world.adobe.faults().add(Fault::on(Endpoint::Users, slow).page(0));
    world.run(&["sync"]).with(0);
    assert_eq!(world.members("Design").len(), 45);
    assert!(world.adobe.calls(Endpoint::Token).len() > 1);
    assert!(world.adobe.log().iter().all(|call| call.status != Some(401)));
}

#[test]
fn a_token_that_is_never_taken_ends_78_and_names_the_organization() {
    let people = names(5);
    let world = world(&people[..2], &people, 0);
    let before = world.adobe.dump();
    for (reply, code, word) in [
        (Reply::status(401), 78, "another organization"),
        (Reply::status(403), 78, "X-Api-Key"),
        (
            Reply::status(403)
                .body("application/json", r#"{"error_code":"403003","message":"Api Key is invalid"}"#),
            78,
            "add the User Management API to the project",
        ),
        (
            Reply::status(403).body("application/json", r#"{"result":"error.organization.migrating"}"#),
            7,
            "is being migrated by Adobe",
        ),
    ] {
        world.adobe.faults().clear();
        world.adobe.faults().add(Fault::on(Endpoint::Groups, Effect::Refuse(reply)));
        world.run(&["sync"]).with(code).says(&[word]);
    }
    assert_eq!((world.adobe.dump(), world.actions()), (before, 0));
}

#[test]
fn d37_a_504_after_the_work_was_done_is_looked_up_and_nothing_is_done_twice() {
    let people = names(25);
    let world = world(&people[..5], &people[1..], 0);
    world.configure(&format!("{RULES}limits: {{create: off}}\n"));
    for call in [1, 2] {
        world.adobe.faults().add(Fault::on(Endpoint::Action, Effect::Replace(Reply::status(504))).nth(call));
    }
    world.run(&["sync"]).with(0).shows(&["20 accounts created", "1 user leaving"]);
    report_agrees(&world);
    assert_eq!(world.members("Design").len(), 24);
    let calls = world.adobe.calls(Endpoint::Action);
    let sent: usize = calls.iter().map(|call| call.commands.len()).sum();
    assert_eq!(sent, 21, "what was found done was not sent again");
}

#[test]
fn a_next_secret_serves_while_the_first_is_refused_and_the_report_says_so() {
    let people = names(3);
    let world = world(&people[..2], &people, 0);
    world.write("secret", "an-old-secret");
    world.write("next", DEFAULT_SECRET);
    let manners = ["every: 0s", "pace: off", "token_endpoint: v3", "next_client_secret: {file: next}"];
    world.configure_with(&manners, RULES);
    let ended = world.run(&["sync"]).with(0).shows(&["Adobe refuses adobe.client_secret and takes"]);
    assert!(!format!("{}{}", ended.stdout, ended.stderr).contains(DEFAULT_SECRET));
    let tokens = world.adobe.calls(Endpoint::Token);
    assert!(tokens.len() == 2 && tokens.iter().all(|call| call.path == "/ims/token/v3"), "{tokens:?}");
    assert_eq!(world.members("Design").len(), 3);
    let report = world.run(&["report", "--format", "json"]).with(0).json();
    assert!(report["summary"]["adobe_warning"].as_str().unwrap().contains("next_client_secret"), "{report}");
    world.run(&["check"]).with(0).shows(&["Adobe refuses adobe.client_secret and takes"]);

    // Both are wrong: each is tried once.
    world.write("next", "another-old-secret");
    let tokens = world.adobe.calls(Endpoint::Token).len();
    let ended = world.run(&["-vvv", "sync"]).with(78).says(&["Adobe refuses the client secret"]);
    assert!(!format!("{}{}", ended.stdout, ended.stderr).contains("old-secret"));
    assert_eq!(world.adobe.calls(Endpoint::Token).len(), tokens + 2);
}

#[test]
fn a_profile_whose_licences_are_used_up_is_told_in_one_line() {
    let everybody = names(3);
    let users: Vec<_> = everybody[..2].iter().map(|name| user(name, &["Design"])).collect();
    let mut organization: serde_json::Value =
        serde_json::from_str(&seed(&["Design", "Other"], &users)).unwrap();
    organization["groups"][0]["type"] = "PRODUCT_PROFILE".into();
    organization["groups"][0]["quota"] = 3.into();
    let world = World::new(&organization.to_string(), &ldif(&everybody[..2]));
    world.configure(RULES);
    let ended = world.run(&["plan"]).with(0);
    assert!(!ended.stdout.contains("licence"), "{}", ended.stdout);
    world.write("people.ldif", &ldif(&everybody));
    for arguments in [&["plan"][..], &["sync"], &["plan"]] {
        world
            .run(arguments)
            .with(0)
            .shows(&["Design has 3 licences and 3 of them are taken after this plan"]);
    }
    let line = world.run(&["plan", "--json"]).json()["plan"]["groups"][0].clone();
    assert_eq!((line["quota"].as_u64(), line["counted"].as_u64()), (Some(3), Some(3)));
}

#[test]
fn the_deprecated_exchange_still_gets_a_token_where_one_is_given_and_every_report_says_that_it_has_ended() {
    let people = names(3);
    let key = rcgen::KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, rcgen::RsaKeySize::_2048).unwrap();
    let users: Vec<_> = people[..2].iter().map(|name| user(name, &["Design"])).collect();
    let mut options = Options::seeded(Seed::parse(&seed(&["Design"], &users)).unwrap()).unthrottled();
    options.knobs.as_mut().unwrap().jwt = true;
    options.clients = Some(vec![Client {
        jwt: Some(JwtCredential {
            technical_account: "1A2B@techacct.adobe.com".to_owned(),
            certificates: vec![key.public_key_pem()],
            single_use: false,
        }),
        ..Client::default()
    }]);
    let world = World::with(options, &ldif(&people));
    world.write("key.pem", &key.serialize_pem());
    let jwt = "deprecated_jwt: {technical_account: 1A2B@techacct.adobe.com, private_key: {file: key.pem}}";
    world.configure_with(&["every: 0s", "pace: off", jwt], RULES);
    let ended = world
        .run(&["-vvv", "sync"])
        .with(0)
        .shows(&["Warning: adobe.deprecated_jwt is a way that Adobe ended"]);
    assert!(!format!("{}{}", ended.stdout, ended.stderr).contains("PRIVATE KEY"));
    assert_eq!(world.members("Design").len(), 3);

    world.write("key.pem", "no-key-at-all");
    let ended =
        world.run(&["sync"]).with(78).says(&["adobe.deprecated_jwt.private_key: it holds no private key"]);
    assert!(!ended.stderr.contains("no-key-at-all"));
    world.configure_with(&["every: 0s", "pace: off", jwt, "token_endpoint: v4", "scopes: openid"], RULES);
    world.run(&["sync"]).with(78).says(&["adobe.token_endpoint: `v4`", "adobe.scopes"]);
}

#[test]
fn a_name_that_adobe_gives_no_sense_of_holds_up_nobody_else() {
    let users = names(50);
    let mut people = users[1..].to_vec();
    people.extend(["new".to_owned(), "newer".to_owned()]);
    let world = world(&users, &people, 1);
    world.adobe.faults().add(Fault::on(Endpoint::User, Effect::Refuse(Reply::status(400).html())).nth(1));
    world.run(&["sync"]).with(3).shows(&["1 account created", "1 user leaving"]);
    // One of the two could not be looked for, and goes on waiting.
    let there = ["new", "newer"].map(|name| world.adobe.user(&mail(name)).is_some());
    assert_eq!(there.iter().filter(|there| **there).count(), 1);
    assert!(world.adobe.user(&mail("u000")).is_none());
    world.adobe.faults().clear();
    world.run(&["sync"]).with(0);
    assert!(world.adobe.user(&mail("new")).is_some() && world.adobe.user(&mail("newer")).is_some());
}

#[test]
fn answers_that_make_no_sense_for_anybody_end_the_run() {
    let users = names(50);
    let people = [users.clone(), names(60)[50..].to_vec()].concat();
    let world = world(&users, &people, 1);
    let before = world.adobe.dump();
    world
        .adobe
        .faults()
        .add(Fault::on(Endpoint::User, Effect::Refuse(Reply::status(400).html())).times(1_000));
    world.run(&["sync"]).with(78);
    assert_eq!((world.adobe.dump(), world.actions()), (before, 0));
}

#[test]
fn an_accepted_surplus_falls_with_what_is_there() {
    let users = names(500);
    let world = world(&users, &users[1..], 30);
    world.run(&["sync"]).with(3);
    world.run(&["approve", &plan_id(&world)]).with(0);
    world.run(&["sync"]).with(0);
    // The technical accounts go, and a whole listing shows it: then nothing may hide behind them.
    world.adobe.with_knobs(|knobs| knobs.technical_accounts = 0);
    world.run(&["sync"]).with(0);
    world.adobe.faults().add(Fault::on(Endpoint::Users, Effect::NoRows).page(24));
    world.run(&["sync"]).with(0);
    assert!(created(&world).is_empty(), "whoever was not listed is looked for");
    assert_eq!(world.adobe.users().len(), 499);
}
