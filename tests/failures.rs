//! What ends a run early: the exit code, the words, and that nothing was sent.

use crate::support::{World, ended, group, person, program, seed, user};
use umsync_emulator::{Effect, Endpoint, Fault, Options, Reply, Seed};

const RULES: &str = "groups:\n  - {directory: design, adobe: [Design]}\nbaseline: accept\n";

fn world() -> World {
    let ldif = [person("anna", &[]), person("bob", &[]), group("design", &["anna", "bob"])];
    let world =
        World::new(&seed(&["Design"], &[user("anna", &[]), user("carol", &["Design"])]), &ldif.concat());
    world.configure(RULES);
    world
}

/// Nothing but tokens and listings was asked for, and Adobe holds what it held.
fn nothing_sent(world: &World, before: &str) {
    assert_eq!(world.actions(), 0);
    assert_eq!(world.adobe.dump(), before);
}

#[test]
fn a_directory_that_cannot_be_read_whole_ends_6() {
    let cases: [(&str, &[&str]); 5] = [
        ("", &["people.ldif"]),
        (
            "dn: uid=anna,dc=example\nobjectClass: inetOrgPerson\nmail: a@example.com\nbroken line\n",
            &["line 4"],
        ),
        ("dn: uid=x,dc=example\nchangetype: delete\n", &["line 2", "change"]),
        ("dn: cn=design,dc=example\nobjectClass: groupOfNames\ncn: design\n", &["no people"]),
        ("dn: uid=a,dc=example\nobjectClass: inetOrgPerson\nmail: a@example.com\n", &["design"]),
    ];
    for (ldif, words) in cases {
        let world = world();
        let before = world.adobe.dump();
        world.write("people.ldif", ldif);
        for arguments in [&["plan"][..], &["sync"]] {
            world.run(arguments).with(6).says(&["nothing was sent"]).says(words);
        }
        assert_eq!(
            world.adobe.log().iter().filter(|call| call.endpoint != Some(Endpoint::Status)).count(),
            0
        );
        nothing_sent(&world, &before);
    }
    let world = world();
    std::fs::remove_file(world.path("people.ldif")).unwrap();
    world.run(&["sync"]).with(6).says(&["people.ldif", "No such file"]);
}

#[test]
fn adobe_down_ends_7() {
    let world = world();
    let before = world.adobe.dump();
    world.adobe.faults().add(Fault::on(Endpoint::Token, Effect::Refuse(Reply::status(503))));
    world.run(&["sync"]).with(7).says(&["503"]);
    world.adobe.faults().clear();
    world.adobe.faults().add(Fault::on(Endpoint::Users, Effect::Refuse(Reply::status(502).html())));
    world.run(&["sync"]).with(7).says(&["502"]);
    nothing_sent(&world, &before);
}

#[test]
fn a_listing_that_is_not_whole_ends_7_and_nothing_is_taken() {
    let mut options = Options::seeded(
        Seed::parse(&seed(&["Design"], &[user("anna", &[]), user("carol", &["Design"])])).unwrap(),
    );
    let mut knobs = umsync_emulator::Knobs::unthrottled();
    knobs.page_size_users = 1;
    options.knobs = Some(knobs);
    let ldif = [person("anna", &[]), group("design", &["anna"])];
    let world = World::with(options, &ldif.concat());
    world.configure(&format!("{RULES}leavers: {{action: remove, grace: 0s}}\n"));
    let before = world.adobe.dump();
    for effect in
        [Effect::Refuse(Reply::status(404)), Effect::Replace(Reply::status(200).html()), Effect::TruncateJson]
    {
        world.adobe.faults().clear();
        world.adobe.faults().add(Fault::on(Endpoint::Users, effect).page(1));
        let ended = world.run(&["sync"]);
        assert_ne!(ended.code, 0, "{}", ended.stdout);
        nothing_sent(&world, &before);
    }
    world.adobe.faults().clear();
    world.run(&["sync"]).with(0);
    assert!(world.adobe.user("carol@example.com").is_none());
}

#[test]
fn a_listing_far_shorter_than_adobes_own_count_takes_nothing_and_creates_nobody() {
    let names: Vec<String> = (0..60).map(|at| format!("u{at}")).collect();
    let users: Vec<_> = names.iter().map(|name| user(name, &["Design"])).collect();
    let people: String = names.iter().map(|name| person(name, &[])).collect();
    let members: Vec<&str> = names.iter().map(String::as_str).skip(2).collect();
    let world = World::new(&seed(&["Design"], &users), &format!("{people}{}", group("design", &members)));
    world.configure(RULES);
    world.adobe.faults().add(Fault::on(Endpoint::Users, Effect::DropRows(25)));
    let before = world.adobe.dump();
    world.run(&["sync"]).with(3).shows(&["Adobe counts 60 users and listed 35"]);
    nothing_sent(&world, &before);
    world.adobe.faults().clear();
    world.run(&["sync"]).with(0).shows(&["2 memberships taken"]);
}

#[test]
fn a_wrong_secret_ends_78_and_is_told_nowhere() {
    let world = world();
    world.write("secret", "hunter2-not-the-secret");
    for arguments in [&["plan"][..], &["sync"], &["check"], &["-vvv", "plan"]] {
        let ended = world.run(arguments).with(78);
        let told = format!("{}{}", ended.stdout, ended.stderr);
        assert!(told.contains("Adobe refuses the client secret"), "{told}");
        assert!(!told.contains("hunter2"), "{told}");
    }
    assert_eq!(world.actions() + world.listings(), 0);
}

#[test]
fn a_mapped_adobe_group_that_is_missing_ends_78_and_all_are_named() {
    let world = world();
    let before = world.adobe.dump();
    world.configure(
        "groups:\n  - {directory: design, adobe: [Design, Desing, Photoshp]}\nprotect: {groups: [Kep]}\n",
    );
    world.run(&["sync"]).with(78).says(&["`Desing`", "`Photoshp`", "`Kep`", "create: true"]);
    nothing_sent(&world, &before);
}

#[test]
fn usage_ends_64() {
    let world = world();
    world.run(&["sync", "--dry-run", "--test-mode"]).with(64);
    world.run(&["snyc"]).with(64).says(&["sync"]);
    ended(program(&["--help"])).with(0).shows(&["Exit codes"]);
}

#[test]
fn a_missing_configuration_ends_78_and_says_how_to_name_one() {
    ended(program(&["--config", "/nowhere/umsync.yaml", "plan"]))
        .with(78)
        .says(&["/nowhere/umsync.yaml", "--config"]);
}

#[test]
fn one_bad_entry_stops_nobody_else_and_protects_whom_it_could_mean() {
    let world = world();
    let ldif = [
        person("anna", &[]),
        "dn: uid=carol,dc=example\nobjectClass: inetOrgPerson\nuid: carol\nsn: C\nmail: c\u{e4}rol@example.com\n\n".into(),
        group("design", &["anna"]),
    ];
    world.write("people.ldif", &ldif.concat());
    world.configure(&format!("{RULES}leavers: {{action: remove, grace: 0s}}\n"));
    world.run(&["sync"]).with(0).shows(&["Set aside, and protected: 1", "uid=carol", "only ASCII"]);
    assert_eq!(world.members("Design"), ["anna@example.com", "carol@example.com"]);
}

#[test]
fn protected_users_and_administrators_get_no_command() {
    let world = world();
    let keep = [
        user("keeper", &["Design", "Keep"]),
        user("boss", &["Design", "_org_admin"]),
        user("vip-1", &["Design"]),
    ];
    world.adobe.with_state(|org| {
        org.add_group(serde_json::from_value(serde_json::json!({"name": "Keep"})).unwrap()).unwrap();
        for user in keep {
            org.add_user(serde_json::from_value(user).unwrap()).unwrap();
        }
    });
    world.configure(&format!(
        "{RULES}leavers: {{action: remove, grace: 0s}}\nlimits: {{leave: off, removals: off}}\nprotect: {{groups: [Keep], users: [\"VIP-*@example.com\"]}}\n"
    ));
    world.run(&["sync"]).with(0);
    let members = world.members("Design");
    for name in ["keeper", "boss", "vip-1"] {
        assert!(members.contains(&format!("{name}@example.com")), "{name} is protected: {members:?}");
    }
    assert!(!members.contains(&"carol@example.com".to_owned()), "Carol is not");
}

#[test]
fn a_sync_against_the_sandbox_needs_no_store_but_a_damaged_one_is_refused() {
    let world = world();
    world.run(&["sync"]).with(0);
    world.write("state/umsync.db", "this is no database");
    let actions = world.actions();
    world.run(&["sync"]).with(1).says(&["umsync.db"]);
    assert_eq!(world.actions(), actions);
}

#[test]
fn no_core_file_is_written_of_what_holds_secrets() {
    let world = world();
    let yaml = std::fs::read_to_string(world.path("umsync.yaml")).unwrap();
    let limits = world.path("limits");
    // What a started program may do, it has from us.
    let command =
        format!("{{command: [/bin/sh, -c, \"cat /proc/self/limits > {}; echo sandbox\"]}}", limits.display());
    world.write("umsync.yaml", &yaml.replace("{file: secret}", &command));
    world.run(&["plan"]).with(0);
    let limits = std::fs::read_to_string(limits).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).expect("a limit");
    assert_eq!(core.split_whitespace().collect::<Vec<_>>()[4..6], ["0", "0"], "{core}");
}
