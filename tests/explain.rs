//! `explain`: people who end differently each, and why, in words that somebody can act on. The texts in `tests/explain` are
//! reviewed; `BLESS=1` writes them anew.

use crate::support::reviewed::{Reviewed, timeless};
use crate::support::{World, group, person, root, seed, user};
use chrono::Utc;
use serde_json::{Value, json};
use umsync_emulator::Endpoint;

const RULES: &str = "groups:
  - {directory: design, adobe: [Design, Fonts]}
  - {directory: video, adobe: [Video]}
leavers: {action: remove, grace: 7d}
protect: {users: [\"vip@*\"]}
limits: {leave: 5, removals: 5, group_removals: 5}
baseline: accept
";

fn entry(uid: &str, lines: &[&str], mail: &str) -> String {
    person(uid, lines).replace(&format!("mail: {uid}@example.com"), mail)
}

/// Everybody as it was when the last run ended, and as the directory is now.
fn world() -> World {
    let there = ["steady", "loser", "vip", "off", "away", "renamed"];
    let mut users: Vec<Value> =
        there.iter().map(|name| user(name, &["Design", "Fonts"])).chain([user("nested", &[])]).collect();
    users.push(user("guest", &["Elsewhere"]));
    users.push(json!({"email": "twin@example.com", "type": "adobe", "groups": []}));
    users.push({
        let mut inactive = user("asleep", &["Design", "Fonts"]);
        inactive["status"] = "disabled".into();
        inactive
    });
    let people = [
        ["steady", "loser", "vip", "off", "renamed", "nested", "new", "twin", "asleep", "unlisted"]
            .map(|uid| person(uid, &[]))
            .concat(),
        person("away", &[]),
        entry("broken", &[], "mail: nobody"),
        "dn: uid=backup,ou=people,dc=example,dc=com\nobjectClass: inetOrgPerson\nuid: backup\ncn: backup\nsn: backup\n\n".to_owned(),
    ];
    let before = ["steady", "loser", "vip", "off", "renamed", "away", "asleep"];
    let first = [people.concat(), group("design", &before), group("video", &[])].concat();
    let world = World::new(&seed(&["Design", "Fonts", "Video", "Elsewhere"], &users), &first);
    world.configure(RULES);
    world.run(&["plan"]).with(0);
    // Who is whose is remembered. A disabled account is never listed: Adobe says it made it, and nothing comes of it.
    world.run_unchecked(&["sync"]).with(0);

    let mut now: String = ["steady", "loser", "vip", "nested", "new", "twin", "asleep", "unlisted"]
        .map(|uid| person(uid, &[]))
        .concat();
    now.push_str(&entry("broken", &[], "mail: nobody"));
    now.push_str(&person("off", &["nsAccountLock: TRUE"]));
    now.push_str(&entry("renamed", &[], "mail: Renamed.Now@example.com"));
    now.push_str(&people[3]);
    let design = ["steady", "off", "renamed", "new", "twin", "asleep", "broken"];
    now.push_str(&group("design", &design));
    now.push_str(&group("editors", &["nested"]));
    let video = group("video", &[]).trim_end().to_owned();
    now.push_str(&format!("{video}\nmember: cn=editors,ou=groups,dc=example,dc=com\n\n"));
    world.write("people.ldif", &now);
    world.run(&["sync", "--test-mode"]);
    world
}

/// What of a text is the same in every run.
fn told(world: &World, text: &str) -> String {
    let today = Utc::now().format("%Y-%m-%d").to_string();
    timeless(&text.replace(&world.folder.path().display().to_string(), "FOLDER")).replace(&today, "TODAY")
}

#[test]
fn people_who_end_differently_are_told_why() {
    let world = world();
    let (listings, actions) = (world.listings(), world.actions());
    let mut reviewed = Reviewed::default();
    let names = [
        "new", "steady", "nested", "loser", "unlisted", "off", "away", "vip", "twin", "asleep", "broken",
        "renamed", "guest", "backup",
    ];
    for name in names {
        let who = match name {
            "broken" | "backup" => name.to_owned(),
            name => format!("{name}@example.com"),
        };
        let ended = world.run(&["explain", &who]).with(0);
        reviewed.compare(&root().join(format!("tests/explain/{name}.txt")), &told(&world, &ended.stdout));
    }
    let limited = RULES.replace("leave: 5", "leave: 5, create: 0");
    world.configure(&limited);
    let ended = world.run(&["explain", "new@example.com"]).with(0);
    reviewed.compare(&root().join("tests/explain/limited.txt"), &told(&world, &ended.stdout));
    reviewed.end();
    assert_eq!(
        (world.listings(), world.actions()),
        (listings, actions),
        "explaining lists and changes nothing"
    );
}

#[test]
fn why_somebody_is_not_in_a_group() {
    let world = world();
    for (who, group, because) in [
        ("steady", "Design", "Design: they are in it"),
        ("steady", "Elsewhere", "Elsewhere: no mapping under `groups` gives it"),
        ("steady", "Nowhere", "Nowhere: Adobe has no such group, and no mapping"),
        ("steady", "video", "none of the directory groups that give it lists them: video"),
        ("nested", "Video", "Video: the next run gives it"),
        ("new", "Fonts", "Fonts: the next run gives it"),
        ("twin", "Fonts", "Fonts: they are held: Adobe has only an account of type adobe"),
        ("guest", "Design", "Design: the directory has no entry of theirs"),
        ("off", "Video", "Video: their entry says that they have left: disabled"),
    ] {
        let told = world.run(&["explain", &format!("{who}@example.com"), "--why-not", group]).with(0);
        assert!(told.stdout.contains(because), "{who}, {group}: {because}\n{}", told.stdout);
    }
}

#[test]
fn a_person_is_found_by_every_name_and_nobody_is_guessed() {
    let world = world();
    let id = world.adobe.users().into_iter().find(|user| user.email == "steady@example.com").unwrap().id;
    for name in [
        "steady@example.com",
        "STEADY@EXAMPLE.COM",
        "steady",
        "uid=steady,ou=people,dc=example,dc=com",
        "entryuuid=steady-0001",
        &id,
    ] {
        let json = world.run(&["explain", name, "--json"]).with(0).json();
        assert_eq!(json["who"], "steady@example.com", "{name}");
        assert_eq!(json["in_short"], "has just what they should");
    }
    world.run(&["explain", "who-is-this@example.com"]).with(64).says(&["neither the directory nor Adobe"]);
    let two =
        [entry("one", &[], "mail: same@example.com"), entry("two", &[], "mail: same@example.com")].concat();
    let all = std::fs::read_to_string(world.path("people.ldif")).unwrap() + &two;
    world.write("people.ldif", &all);
    world.run(&["explain", "same@example.com"]).with(64).says(&["several are called", "uid=one", "uid=two"]);
    world.run(&["explain", "one"]).with(0);
}

#[test]
fn without_a_listing_one_person_is_asked_for_alone() {
    let ldif = [person("anna", &[]), person("bob", &[]), group("design", &["anna", "bob"])].concat();
    let world = World::new(&seed(&["Design"], &[user("anna", &[])]), &ldif);
    world.configure("groups:\n  - {directory: design, adobe: [Design]}\n");
    let ended = world.run(&["explain", "anna@example.com"]).with(0);
    ended.shows(&["anna@example.com  joins Design", "joins Design (member of design)"]);
    assert_eq!(world.listings(), 0);
    assert!(world.adobe.calls(Endpoint::Action).is_empty());
    // Nothing that is known of nobody else may be told.
    world.run(&["explain", "somebody@example.com"]).with(1);
}
