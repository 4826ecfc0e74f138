//! Proof of completeness: the certificate of a read, and what members that nobody can read hold back.

use crate::support::report::report_agrees;
use crate::support::{World, group, person, seed, user};

const RULES: &str = "groups:\n  - {directory: design, adobe: [Design]}\n  - {directory: video, adobe: [Video]}\nleavers: {action: remove, grace: 0s}\nbaseline: accept\n";

/// Anna and Bob are right. A computer in the directory is a member, too.
fn world() -> World {
    let world = World::new(
        &seed(&["Design", "Video"], &[user("anna", &["Design", "Video"]), user("bob", &["Design", "Video"])]),
        "",
    );
    write(&world, &["anna", "bob"], &[("design", &["anna", "bob", "pc"]), ("video", &["anna", "bob"])]);
    world.configure(RULES);
    world
}

fn write(world: &World, people: &[&str], groups: &[(&str, &[&str])]) {
    let people: String = people.iter().map(|name| person(name, &[])).collect();
    let groups: String = groups.iter().map(|(name, members)| group(name, members)).collect();
    let computer = "dn: uid=pc,ou=people,dc=example,dc=com\nobjectClass: device\ncn: pc\n\n";
    world.write("people.ldif", &format!("{people}{computer}{groups}"));
}

/// The id of the plan that a run made.
fn plan_id(world: &World) -> String {
    world.run(&["plan", "--json"]).json()["plan"]["id"].as_str().expect("an id").to_owned()
}

#[test]
fn a_plan_shows_and_keeps_the_certificate_of_its_read() {
    let world = world();
    let plan = world.run(&["plan"]).with(0);
    let bytes = std::fs::read(world.path("people.ldif")).unwrap().len();
    plan.shows(&[
        &format!("  complete   {bytes} bytes, SHA-256 "),
        "  members    2 people and 1 who are no people in the groups, 0 unresolved",
    ]);
    let file = world.path("plan.json");
    world.run(&["plan", "--out", file.to_str().unwrap()]).with(0);
    let kept: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    let of = |plan: &serde_json::Value| plan["certificates"][0].clone();
    let told = world.run(&["plan", "--json"]).json();
    assert_eq!(of(&kept), of(&told["plan"]));
    assert_eq!(of(&kept)["members"], 2);
    assert_eq!(of(&kept)["others"], 1);
    assert_eq!(of(&kept)["proof"]["file"]["bytes"], bytes);
    world.run(&["sync"]).with(0);
    let report = world.run(&["report", "--json"]).json();
    let report = serde_json::to_string(&report).unwrap();
    assert!(report.contains("\"certificates\""), "{report}");

    // Another file of the same meaning: another certificate, the same plan.
    let id = plan_id(&world);
    let ldif = std::fs::read_to_string(world.path("people.ldif")).unwrap();
    world.write("people.ldif", &format!("# written anew\n{ldif}"));
    let again = world.run(&["plan", "--json"]).json();
    assert_ne!(of(&again["plan"]), of(&kept));
    assert_eq!(again["plan"]["id"], id);
}

#[test]
fn members_whom_nobody_can_read_freeze_what_their_group_gives_until_they_are_accepted() {
    let world = world();
    // Bob is taken out of both groups; one of them lists somebody who is not in the file.
    write(&world, &["anna", "bob"], &[("design", &["anna", "gone", "pc"]), ("video", &["anna"])]);
    let ended = world.run(&["sync"]).with(3);
    report_agrees(&world);
    ended.shows(&[
        "1 unresolved",
        "unresolved design: uid=gone,ou=people,dc=example,dc=com",
        "Withheld: 1",
        "design lists 1 member nobody can read (uid=gone,ou=people,dc=example,dc=com)",
        "a directory group that gives it lists somebody who cannot be read",
    ]);
    assert_eq!(world.members("Design").len(), 2, "frozen");
    assert_eq!(world.members("Video").len(), 1, "nothing is unresolved in that one");

    world.run(&["approve", &plan_id(&world)]).with(0).shows(&["Accepted: 1 member whom nobody can read"]);
    world.run(&["sync"]).with(0);
    report_agrees(&world);
    assert_eq!(world.members("Design").len(), 1);

    // The accepted one freezes nothing any more; another one does.
    world.adobe.with_state(|org| org.add_member("bob@example.com", "Design")).unwrap();
    world.run(&["sync"]).with(0);
    assert_eq!(world.members("Design").len(), 1);
    world.adobe.with_state(|org| org.add_member("bob@example.com", "Design")).unwrap();
    write(&world, &["anna", "bob"], &[("design", &["anna", "gone", "lost"]), ("video", &["anna"])]);
    world.run(&["sync"]).with(3).shows(&["2 unresolved", "design lists 1 member nobody can read (uid=lost,"]);
    assert_eq!(world.members("Design").len(), 2);
}

#[test]
fn whoever_leaves_may_be_whom_nobody_can_read() {
    let world = world();
    // Bob's entry is not in the file any more, and the group still lists him.
    write(&world, &["anna"], &[("design", &["anna", "bob"]), ("video", &["anna"])]);
    world
        .run(&["sync"])
        .with(3)
        .shows(&["bob@example.com  leaves the organization", "lists somebody who cannot be read"]);
    assert_eq!(world.members("Design").len(), 2);
    assert_eq!(world.members("Video").len(), 2);
    // The directory's group is put right: he has left.
    write(&world, &["anna"], &[("design", &["anna"]), ("video", &["anna"])]);
    world.run(&["sync"]).with(0).shows(&["1 user leaving"]);
    report_agrees(&world);
    assert!(world.adobe.user("bob@example.com").is_none());
}

#[test]
fn far_fewer_people_than_usual_hold_every_removal_until_somebody_approves() {
    let names: Vec<String> = (0..40).map(|number| format!("p{number}")).collect();
    let everybody: Vec<&str> = names.iter().map(String::as_str).collect();
    let users: Vec<_> = everybody.iter().map(|name| user(name, &["Design"])).collect();
    let world = World::new(&seed(&["Design", "Video"], &users), "");
    let all = |fewer: usize| everybody[..40 - fewer].to_vec();
    let lists = |world: &World, fewer: usize, video: &[&str]| {
        write(world, &all(fewer), &[("design", &all(fewer)), ("video", video)]);
    };
    let rules = format!("{RULES}limits: {{leave: off}}\n");
    world.configure(&rules);
    lists(&world, 0, &[]);
    world.run(&["plan"]).with(0);
    lists(&world, 15, &["p0"]);
    let plan = world.run(&["plan"]).with(3);
    plan.shows(&[
        "design lists 25 people and had 40 in the last complete reads: 15 fewer, and 10 are allowed (20 %); all removals wait",
        "the directory has far fewer people than usual",
        "Withheld: 15",
    ]);
    lists(&world, 21, &["p0"]);
    let ended = world.run(&["sync"]).with(3);
    report_agrees(&world);
    ended.shows(&["the directory has 19 people and had 40 in the last complete reads", "1 membership given"]);
    assert_eq!(world.members("Design").len(), 40);
    world.run(&["approve", &plan_id(&world)]).with(0);
    world.run(&["sync"]).with(0).shows(&["21 users leaving"]);
    report_agrees(&world);
    assert_eq!(world.members("Design").len(), 19);

    // Who knows better says so, and another configuration has its own reads.
    world.configure(&rules.replace("leave: off", "leave: off, fall: off, group_fall: 100%"));
    lists(&world, 40 - 5, &["p0"]);
    world.run(&["sync"]).with(0).shows(&["14 users leaving"]);
}
