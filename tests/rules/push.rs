//! `strategy: push`: everybody is sent as they are, additions only, and nobody asks what Adobe holds.

use super::emails;
use crate::support::process::{kill, until};
use crate::support::store::EVERY;
use crate::support::{ORGANIZATION, World, group, person, seed, user};
use serde_json::json;
use std::time::Duration;
use umsync_emulator::{Effect, Endpoint, Fault};

const PUSH: &str = "strategy: push\ngroups:\n  - {directory: design, adobe: [Design]}\n  - {directory: video, adobe: [Premiere]}\n";
const ACCEPTED: &str = "baseline: accept\n";

/// Anna is as she should be; Bob has another name and one group too many; Carol is new; Dora is only at Adobe.
fn world() -> World {
    let ldif = ["anna", "bob", "carol"].map(|name| person(name, &[])).concat()
        + &group("design", &["anna", "bob", "carol"])
        + &group("video", &["carol"]);
    let mut bob = user("bob", &["Other", "Premiere"]);
    bob["firstname"] = json!("Robert");
    let users = [user("anna", &["Design"]), bob, user("dora", &["Design"])];
    World::new(&seed(&["Design", "Premiere", "Other"], &users), &ldif)
}

fn accepted() -> World {
    let world = world();
    world.configure(&format!("{PUSH}{ACCEPTED}"));
    world
}

/// Nobody has asked who is at Adobe, nor for its groups, nor for one of them.
#[track_caller]
fn nothing_was_listed(world: &World) {
    for endpoint in [Endpoint::Users, Endpoint::Groups, Endpoint::Members] {
        assert!(world.adobe.calls(endpoint).is_empty(), "{endpoint:?}");
    }
}

#[track_caller]
fn is_pushed(world: &World) {
    assert_eq!(emails(world), ["anna", "bob", "carol", "dora"].map(|name| format!("{name}@example.com")));
    let all = ["anna@example.com", "bob@example.com", "carol@example.com", "dora@example.com"];
    assert_eq!(world.members("Design"), all, "Dora is in no directory, and stays");
    assert_eq!(world.members("Premiere"), ["bob@example.com", "carol@example.com"], "Bob is not taken out");
    assert_eq!(world.members("Other"), ["bob@example.com"]);
    let name = |who: &str| world.adobe.user(&format!("{who}@example.com")).expect("they are there").firstname;
    assert_eq!(name("bob").as_deref(), Some("bob"), "his name is that of the directory now");
    assert_eq!(name("dora").as_deref(), Some("dora"));
}

#[test]
fn everybody_is_made_or_updated_and_given_groups_and_nobody_else_is_touched() {
    let world = accepted();
    world.run(&["sync"]).with(0).shows(&[
        "not listed (strategy: push)",
        "  > bob@example.com  federated account, made or given these names: bob Doe, US",
        "  Design    members not listed  +3",
        "To do: 3 accounts created or updated, 4 memberships given  3 commands in 1 request",
        "Done: 3 accounts created or updated, 4 memberships given",
        "users not listed, 0 protected or held",
        "3 pushed: added or updated",
    ]);
    is_pushed(&world);
    nothing_was_listed(&world);
    assert!(world.adobe.calls(Endpoint::User).is_empty(), "nobody was asked for singly either");
    let state = world.adobe.dump();
    // Everybody is sent every time.
    world.run(&["sync"]).with(0).shows(&["Done: 3 accounts created or updated, 4 memberships given"]);
    assert_eq!(world.adobe.dump(), state);
    nothing_was_listed(&world);
}

#[test]
fn nobody_is_sent_before_somebody_has_looked() {
    let world = world();
    world.configure(PUSH);
    let state = world.adobe.dump();
    for _ in 0..2 {
        let told = ["Withheld: 7", "right for this organization: nobody is sent"];
        world.run(&["sync"]).with(3).shows(&told);
    }
    assert_eq!((world.actions(), world.adobe.dump()), (0, state));
    let plan = world.run(&["plan", "--json"]).with(3).json();
    assert!(plan["plan"]["adobe"].is_null() && plan["plan"]["groups"][0]["before"].is_null(), "{plan}");
    let id = plan["plan"]["id"].as_str().expect("an id");
    world.run(&["approve", id]).with(0).shows(&["3 accounts created or updated, 4 memberships given"]);
    world.run(&["sync"]).with(0);
    is_pushed(&world);
    // More people than were looked at go along from now on; a configuration that means something else does not.
    let more = std::fs::read_to_string(world.path("people.ldif")).unwrap() + &person("emil", &[]);
    world.write("people.ldif", &more);
    world.run(&["sync"]).with(0).shows(&["3 accounts created or updated"]);
    world.configure(&format!("{PUSH}people: {{select: all}}\n"));
    world.run(&["sync"]).with(3).shows(&["than when a plan was last approved: nobody is sent"]);
    assert!(world.adobe.user("emil@example.com").is_none());
    nothing_was_listed(&world);
}

#[test]
fn a_second_push_within_two_hours_is_refused() {
    let world = world();
    world.configure_with(&["pace: off", "wait: 0s"], &format!("{PUSH}{ACCEPTED}"));
    world.run(&["plan"]).with(0);
    world.run(&["plan"]).with(0);
    world.run(&["sync"]).with(0);
    let (actions, calls) = (world.actions(), world.adobe.log().len());
    world.run(&["sync"]).with(8).says(&["the gate is closed until"]);
    world.run(&["sync", "--user", "anna@example.com", "--take-window"]).with(8);
    assert_eq!(world.actions(), actions);
    let since: Vec<_> = world.adobe.log()[calls..].iter().map(|call| call.endpoint).collect();
    assert!(since.iter().all(|asked| matches!(asked, Some(Endpoint::Token | Endpoint::Status))), "{since:?}");
    world.run(&["status"]).with(0).shows(&["adobe          never read"]);
    world.pass(EVERY);
    world.run(&["sync"]).with(0);
    nothing_was_listed(&world);
}

#[test]
fn a_test_changes_nothing_and_takes_no_window() {
    let world = accepted();
    let state = world.adobe.dump();
    world.run(&["sync", "--test-mode"]).with(0).shows(&["Tested, nothing was changed: 3 accounts created"]);
    assert_eq!(world.adobe.dump(), state);
    assert!(world.adobe.calls(Endpoint::Action).iter().all(|call| call.test_only));
    world.run(&["sync", "--dry-run"]).with(0);
    world.run(&["sync"]).with(0);
    is_pushed(&world);
    nothing_was_listed(&world);
}

#[test]
fn a_kept_plan_is_pushed_as_far_as_it_still_holds() {
    let world = accepted();
    let out = world.path("plan.json");
    world.run(&["plan", "--out", out.to_str().unwrap()]).with(0);
    // Bob has another name by now, and Emil was not reviewed.
    let ldif = std::fs::read_to_string(world.path("people.ldif")).unwrap();
    let ldif = ldif
        .replace("givenName: bob", "givenName: Bobby")
        .replace("cn: design\n", "cn: design\nmember: uid=emil,ou=people,dc=example,dc=com\n")
        + &person("emil", &[]);
    world.write("people.ldif", &ldif);
    world.run(&["apply", out.to_str().unwrap()]).with(4).shows(&["Stale, not sent: 2", "bob@example.com"]);
    assert_eq!(emails(&world).len(), 4, "Emil is not sent");
    let bob = world.adobe.user("bob@example.com").unwrap();
    assert_eq!(bob.firstname.as_deref(), Some("Robert"));
    assert_eq!(bob.groups.len(), 2);
    assert!(world.members("Premiere").contains(&"carol@example.com".to_owned()));
    nothing_was_listed(&world);
}

#[test]
fn a_lost_reply_is_looked_up_and_only_what_is_not_so_is_sent_again() {
    for carried_out in [true, false] {
        let world = accepted();
        let effect = if carried_out { Effect::CutReply } else { Effect::CloseBefore };
        world.adobe.faults().add(Fault::on(Endpoint::Action, effect).once());
        world.run(&["sync"]).with(0).shows(&["Done: 3 accounts created or updated"]);
        is_pushed(&world);
        assert_eq!(world.actions(), if carried_out { 1 } else { 2 });
        assert!(!world.adobe.calls(Endpoint::User).is_empty());
        nothing_was_listed(&world);
    }
}

#[test]
fn a_push_that_was_cut_short_is_gone_on_with() {
    let names: Vec<String> = (0..30).map(|at| format!("p{at:02}")).collect();
    let refs: Vec<&str> = names.iter().map(String::as_str).collect();
    let ldif = names.iter().map(|name| person(name, &[])).collect::<String>() + &group("design", &refs);
    let there: Vec<_> = names[..15].iter().map(|name| user(name, &["Other"])).collect();
    let world = World::new(&seed(&["Design", "Other"], &there), &ldif);
    let rules = "strategy: push\ngroups:\n  - {directory: design, adobe: [Design]}\nbaseline: accept\n";
    world.configure_with(&["pace: off", "wait: 0s"], rules);
    world.run(&["plan"]).with(0);
    let stuck = Effect::DelayReply(Duration::from_secs(600));
    world.adobe.faults().add(Fault::on(Endpoint::Action, stuck).nth(2));
    let child = world.start(&["sync"]);
    until("the second request", || world.actions() == 2);
    kill(child);
    world.adobe.faults().clear();
    world.run(&["sync"]).with(0).shows(&["it is over now", "Done: 30 accounts created or updated"]);
    assert_eq!((world.members("Design").len(), world.members("Other").len()), (30, 15));
    assert_eq!(world.actions(), 3, "what was carried out did not come again");
    nothing_was_listed(&world);
}

#[test]
fn a_run_for_one_person_pushes_nobody_else() {
    let world = accepted();
    world.run(&["sync", "--user", "carol@example.com", "--take-window"]).with(0);
    assert_eq!(world.members("Premiere"), ["bob@example.com", "carol@example.com"]);
    assert_eq!(world.adobe.user("bob@example.com").unwrap().firstname.as_deref(), Some("Robert"));
    world
        .run(&["explain", "bob@example.com"])
        .with(0)
        .shows(&["is sent: their account is made or updated", "not looked for (strategy: push)"]);
    nothing_was_listed(&world);
}

#[test]
fn whoever_is_protected_set_aside_gone_or_held_is_not_sent() {
    let ldif = ["anna", "vip", "left"].map(|name| person(name, &[])).concat()
        + &person("torn", &["mail: torn@"]).replace("mail: torn@example.com\n", "")
        + &person("twin1", &[]).replace("mail: twin1", "mail: twin")
        + &person("twin2", &[]).replace("mail: twin2", "mail: twin")
        + &group("design", &["anna", "vip", "left", "torn", "twin1", "twin2"])
        + &group("former", &["left"]);
    let world = World::new(&seed(&["Design"], &[user("vip", &[]), user("left", &["Design"])]), &ldif);
    world.configure(&format!(
        "strategy: push\ngroups:\n  - {{directory: design, adobe: [Design]}}\nprotect: {{users: [\"vip@*\"]}}\nleavers: {{groups: [former]}}\n{ACCEPTED}"
    ));
    world.run(&["sync"]).with(0).shows(&[
        "Protected, nothing is done: 1",
        "Set aside, and protected: 1",
        "Held, nothing is done: 2",
        "To do: 1 account created or updated, 1 membership given",
    ]);
    assert_eq!(emails(&world), ["anna", "left", "vip"].map(|name| format!("{name}@example.com")));
    assert_eq!(world.members("Design"), ["anna@example.com", "left@example.com"]);
}

#[test]
fn names_are_kept_where_nothing_is_to_be_updated_and_those_of_adobe_ids_always() {
    let world = world();
    world.configure(&format!("{PUSH}people: {{update: []}}\n{ACCEPTED}"));
    world.run(&["sync"]).with(0).shows(&["made unless it is there: bob Doe, US"]);
    assert_eq!(world.adobe.user("bob@example.com").unwrap().firstname.as_deref(), Some("Robert"));
    assert!(world.members("Design").contains(&"carol@example.com".to_owned()));

    let ldif = ["anna", "bob"].map(|name| person(name, &[])).concat() + &group("design", &["anna", "bob"]);
    let mut bob = user("bob", &[]);
    (bob["type"], bob["firstname"]) = (json!("adobe"), json!("Robert"));
    let world = World::new(&seed(&["Design"], &[bob]), &ldif);
    let rules = "strategy: push\ngroups:\n  - {directory: design, adobe: [Design]}\n";
    world.configure(&format!("{rules}people: {{identity: adobe}}\n{ACCEPTED}"));
    world.run(&["sync"]).with(0);
    assert_eq!(world.members("Design"), ["anna@example.com", "bob@example.com"]);
    assert_eq!(world.adobe.user("bob@example.com").unwrap().firstname.as_deref(), Some("Robert"));
    for command in world.adobe.calls(Endpoint::Action).iter().flat_map(|call| &call.commands) {
        assert_eq!(command["useAdobeID"], true, "{command}");
        assert!(command["do"][0].get("addAdobeID").is_some(), "{command}");
    }
}

#[test]
fn groups_are_made_unless_they_are_there_and_a_profile_stays_what_it_is() {
    let ldif = ["anna", "bob"].map(|name| person(name, &[])).concat()
        + &group("design", &["anna"])
        + &group("video", &["bob"]);
    let seed = json!({
        "organization": ORGANIZATION,
        "domains": [{"domain": "example.com", "type": "federated", "login": "email"}],
        "groups": [{"name": "All Apps", "type": "PRODUCT_PROFILE", "product": "Creative Cloud"},
                   {"name": "Old", "description": "By hand"}],
        "users": [user("bob", &["Old"])],
    });
    let world = World::new(&seed.to_string(), &ldif);
    let groups = "groups:\n  - {directory: design, adobe: [New, Old], create: true}\n  - {directory: video, adobe: [All Apps], create: true}\n";
    world.configure(&format!("strategy: push\n{groups}{ACCEPTED}"));
    world.run(&["sync", "--test-mode"]).with(0);
    for _ in 0..2 {
        world.run(&["sync"]).with(0).shows(&[
            "Groups to be made, unless they are there",
            "groups      3 created or there already",
            "3 groups created or there already, 2 accounts created or updated, 3 memberships given",
        ]);
        assert_eq!(world.members("New"), ["anna@example.com"]);
        assert_eq!(world.members("Old"), ["anna@example.com", "bob@example.com"]);
        assert_eq!(world.members("All Apps"), ["bob@example.com"]);
        let groups = world.adobe.groups();
        let old = groups.iter().find(|group| group.name == "Old").expect("it is there");
        assert_eq!(old.description.as_deref(), Some("By hand"));
        assert_eq!(groups.iter().filter(|group| group.name.eq_ignore_ascii_case("all apps")).count(), 1);
    }
    nothing_was_listed(&world);
}

#[test]
fn a_group_that_adobe_lacks_fails_for_whoever_is_to_join_it_and_nothing_else_does() {
    let world = world();
    let groups = "groups:\n  - {directory: design, adobe: [Design, Dezign]}\n";
    world.configure(&format!("strategy: push\n{groups}{ACCEPTED}"));
    world.run(&["sync"]).with(4).shows(&["error.group.not_found"]);
    assert!(world.members("Design").contains(&"carol@example.com".to_owned()));
    assert_eq!(world.adobe.user("bob@example.com").unwrap().firstname.as_deref(), Some("bob"));
    nothing_was_listed(&world);
}

#[test]
fn whom_a_directory_gave_that_cannot_be_read_waits_for_it() {
    let world = world();
    let (a, b) = (["anna", "carol"], ["bob", "carol"]);
    world.write("a.ldif", &(a.map(|name| person(name, &[])).concat() + &group("design", &a)));
    world.write("b.ldif", &(b.map(|name| person(name, &[])).concat() + &group("video", &b)));
    let place = |name: &str| {
        format!("  {name}: {{ldif: {{file: {name}.ldif, users: (objectClass=inetOrgPerson)}}}}\n")
    };
    let adobe = world.adobe_section(&["every: 0s", "pace: off"]);
    let directories = format!("directories:\n{}{}", place("a"), place("b"));
    world.write(
        "umsync.yaml",
        &format!("{adobe}{directories}{PUSH}{ACCEPTED}state: sqlite:state/umsync.db\n"),
    );
    world.run(&["sync"]).with(0).shows(&["3 accounts created or updated, 4 memberships given"]);
    std::fs::remove_file(world.path("b.ldif")).unwrap();
    let actions = world.actions();
    world.run(&["sync"]).with(3).shows(&[
        "1 account created or updated, 1 membership given",
        "whom no other has is not sent: 2 changes wait for it",
    ]);
    let calls = world.adobe.calls(Endpoint::Action);
    let sent: Vec<_> =
        calls[actions..].iter().flat_map(|call| &call.commands).map(|one| &one["user"]).collect();
    assert_eq!(sent, ["anna@example.com"]);
    nothing_was_listed(&world);
}

#[test]
fn a_limit_that_is_written_counts_everybody_who_is_sent() {
    let world = world();
    world.configure(&format!("{PUSH}{ACCEPTED}limits: {{create: 2}}\n"));
    world
        .run(&["sync"])
        .with(3)
        .shows(&["3 accounts to be sent are more than the 2 allowed in one run; nobody is sent"]);
    assert_eq!(world.actions(), 0);
    world.configure(&format!("{PUSH}{ACCEPTED}limits: {{create: 3}}\n"));
    world.run(&["sync"]).with(0);
    is_pushed(&world);
}

#[test]
fn whoever_goes_back_to_sync_lists_again_and_finds_what_was_pushed() {
    let world = world();
    world.configure(
        "groups:\n  - {directory: design, adobe: [Design]}\n  - {directory: video, adobe: [Premiere]}\n",
    );
    // The stored snapshot is younger than the push.
    world.run(&["plan"]).with(3);
    world.configure_with(&["pace: off", "wait: 0s"], &format!("{PUSH}{ACCEPTED}"));
    world.run(&["sync"]).with(0);
    world.configure_with(
        &["pace: off", "wait: 0s"],
        "groups:\n  - {directory: design, adobe: [Design]}\n  - {directory: video, adobe: [Premiere]}\nbaseline: accept\n",
    );
    let told = world.run(&["plan"]).with(0).says(&["adobe known from the stored snapshot"]);
    told.shows(&["To do: 1 membership taken", "- Premiere"]);
}

#[test]
fn an_address_that_is_known_to_be_somebody_elses_is_not_pushed_to() {
    let world = world();
    let groups = "groups:\n  - {directory: design, adobe: [Design]}\n";
    world.configure(&format!("{groups}limits: {{create: off}}\n{ACCEPTED}"));
    world.run(&["sync"]).with(0);
    // Anna has another mail, and Emil has hers.
    let ldif = std::fs::read_to_string(world.path("people.ldif")).unwrap();
    let ldif = ldif
        .replace("mail: anna@", "mail: anna.new@")
        .replace("cn: design\n", "cn: design\nmember: uid=emil,ou=people,dc=example,dc=com\n")
        + &person("emil", &[]).replace("mail: emil@", "mail: anna@");
    world.write("people.ldif", &ldif);
    world.configure(&format!("strategy: push\n{groups}{ACCEPTED}"));
    world.run(&["sync"]).with(0).shows(&["Held, nothing is done: 1", "the address was that of uid=anna"]);
    assert_eq!(world.adobe.user("anna@example.com").unwrap().firstname.as_deref(), Some("anna"));
}
