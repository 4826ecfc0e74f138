//! Limits that hold together: over a day and a week, and over the classes of a run.

use crate::support::{World, group, person, seed, user};
use std::collections::BTreeSet;

const EVERY: &str =
    "groups:\n  - {directory: design, adobe: [Design]}\n  - {directory: video, adobe: [Video]}\n";

/// A hundred people in Design, of whom Video lists the first ten, all as at Adobe.
fn world(rules: &str) -> World {
    let names: Vec<String> = (0..100).map(|at| format!("p{at:02}")).collect();
    let users: Vec<_> = names
        .iter()
        .enumerate()
        .map(|(at, name)| user(name, if at < 10 { &["Design", "Video"] } else { &["Design"] }))
        .collect();
    let world = World::new(&seed(&["Design", "Video"], &users), "");
    world.configure(&format!("{EVERY}{rules}"));
    world
}

/// The directory without these people's listing in Design.
fn without(world: &World, gone: &BTreeSet<usize>) {
    let mut ldif: String = (0..100).map(|at| person(&format!("p{at:02}"), &[])).collect();
    let listed: Vec<String> =
        (0..100).filter(|at| !gone.contains(at)).map(|at| format!("p{at:02}")).collect();
    ldif.push_str(&group("design", &listed.iter().map(String::as_str).collect::<Vec<_>>()));
    let ten: Vec<String> = (0..10).map(|at| format!("p{at:02}")).collect();
    ldif.push_str(&group("video", &ten.iter().map(String::as_str).collect::<Vec<_>>()));
    world.write("people.ldif", &ldif);
}

#[test]
fn d54_four_percent_of_a_group_each_run_are_stopped_by_the_day() {
    // Four of a hundred are far below what one run may take from a group (20 %), and from all groups together (10).
    let world = world("limits: {removals: 10, fall: off, group_fall: off}\n");
    without(&world, &BTreeSet::new());
    // A run without removals makes the baseline: from here on nothing is lifted.
    world.run(&["sync"]).with(0).shows(&["Everything is in step"]);
    let mut stopped_at = None;
    for run in 0..10 {
        let gone: BTreeSet<usize> = (20..20 + 4 * (run + 1)).collect();
        without(&world, &gone);
        let ended = world.run(&["sync"]);
        if ended.code == 3 {
            stopped_at.get_or_insert(run);
            ended.shows(&[
                "with the 12 of the last 24 hours more than the 15 allowed in that time (limits.day)",
                "from: ou=people,dc=example,dc=com",
                "umsync approve ",
            ]);
        } else {
            ended.with(0);
        }
    }
    // Twelve in three runs; the sixteenth would be one too many of fifteen.
    assert_eq!(stopped_at, Some(3));
    assert_eq!(world.members("Design").len(), 88);

    // What somebody approved goes, and counts nothing.
    let id = world.run(&["plan", "--json"]).json()["plan"]["id"].as_str().unwrap().to_owned();
    world.run(&["approve", &id]).with(0);
    world.run(&["sync"]).with(0).shows(&["Done: 28 memberships taken"]);
    without(&world, &(20..63).collect());
    world.run(&["sync"]).with(0).shows(&["Done: 3 memberships taken"]);
    without(&world, &(20..64).collect());
    world.run(&["sync"]).with(3).shows(&["with the 15 of the last 24 hours"]);
}

#[test]
fn the_week_goes_on_where_the_day_is_off() {
    let world = world("limits: {removals: 10, day: off, week: 100%}\n");
    without(&world, &BTreeSet::new());
    world.run(&["sync"]).with(0);
    without(&world, &(20..28).collect());
    world.run(&["sync"]).with(0).shows(&["Done: 8 memberships taken"]);
    without(&world, &(20..31).collect());
    world
        .run(&["sync"])
        .with(3)
        .shows(&["with the 8 of the last 7 days more than the 10 allowed", "(limits.week)"]);
}

#[test]
fn what_accepting_the_baseline_lets_through_counts_nothing() {
    let world = world("limits: {removals: 10}\nbaseline: accept\n");
    without(&world, &(20..30).collect());
    world.run(&["sync"]).with(0).shows(&["Done: 10 memberships taken"]);
    without(&world, &(20..40).collect());
    world.run(&["sync"]).with(0).shows(&["Done: 10 memberships taken"]);
    without(&world, &(20..50).collect());
    world.run(&["sync"]).with(3).shows(&["with the 10 of the last 24 hours more than the 15 allowed"]);
}

#[test]
fn a_window_counts_what_may_have_been_done_and_not_what_was_refused() {
    use umsync_emulator::{Effect, Endpoint, Fault};
    let world = world("limits: {removals: 10}\n");
    without(&world, &BTreeSet::new());
    world.run(&["sync"]).with(0);
    without(&world, &(20..30).collect());
    for at in 20..30 {
        let fail = Effect::FailCommand {
            root: format!("p{at:02}@example.com"),
            code: "error.internal.group.remove".to_owned(),
            message: "made up".to_owned(),
        };
        world.adobe.faults().add(Fault::on(Endpoint::Action, fail));
    }
    world.run(&["sync"]).with(4).shows(&["10 changes refused"]);
    world.adobe.faults().clear();
    world.run(&["sync"]).with(0).shows(&["Done: 10 memberships taken"]);
    without(&world, &(20..40).collect());
    world.run(&["sync"]).with(3).shows(&["with the 10 of the last 24 hours"]);
}

/// What one more change than a class allows looks like: the class's limit, and the directory that breaches it.
const CLASSES: [&str; 6] = ["create", "update", "identity", "group_removals", "removals", "leave"];

/// Forty people in Design and Video, with one more in Video, all as at Adobe and linked; and then a directory from which
/// each of these classes has six changes to make, and that one person loses Video.
fn breaching(classes: &[&str]) -> World {
    let names: Vec<String> = (0..40).map(|at| format!("p{at:02}")).collect();
    let users: Vec<_> = names
        .iter()
        .map(|name| user(name, &["Design", "Video"]))
        .chain([user("loser", &["Video"])])
        .collect();
    let world = World::new(&seed(&["Design", "Video"], &users), "");
    let has = |class: &str| classes.contains(&class);
    let limits: Vec<String> =
        CLASSES.iter().map(|class| format!("{class}: {}", if has(class) { "5" } else { "off" })).collect();
    world.configure(&format!(
        "people: {{select: all}}\n{EVERY}leavers: {{action: remove, grace: 0s}}\nlimits: {{{}, fall: off, group_fall: off}}\nbaseline: accept\n",
        limits.join(", ")
    ));
    let all: Vec<&str> = names.iter().map(String::as_str).collect();
    let with_loser: Vec<&str> = all.iter().copied().chain(["loser"]).collect();
    let before: String = with_loser.iter().map(|name| person(name, &[])).collect();
    world.write("people.ldif", &(before + &group("design", &all) + &group("video", &with_loser)));
    world.run(&["sync"]).with(0).shows(&["Everything is in step"]);

    let (mut ldif, mut listed) = (person("loser", &[]), Vec::new());
    for (at, name) in names.iter().enumerate() {
        if has("leave") && at < 6 {
            continue;
        }
        let mut entry = person(name, &[]);
        if has("update") && (6..12).contains(&at) {
            entry = entry.replace("sn: Doe", "sn: Roe");
        }
        if has("identity") && (12..18).contains(&at) {
            entry = entry.replace("mail: ", "mail: new.");
        }
        ldif.push_str(&entry);
        if !((has("group_removals") || has("removals")) && (18..24).contains(&at)) {
            listed.push(name.clone());
        }
    }
    if has("create") {
        listed.extend((0..6).map(|at| format!("new{at}")));
        (0..6).for_each(|at| ldif.push_str(&person(&format!("new{at}"), &[])));
    }
    let listed: Vec<&str> = listed.iter().map(String::as_str).collect();
    world.write("people.ldif", &(ldif + &group("design", &listed) + &group("video", &all)));
    world
}

#[test]
fn d53_a_breach_of_any_class_and_of_any_two_withholds_every_removal() {
    let mut sets: Vec<Vec<&str>> = CLASSES.iter().map(|class| vec![*class]).collect();
    for (at, one) in CLASSES.iter().enumerate() {
        sets.extend(CLASSES[at + 1..].iter().map(|other| vec![*one, *other]));
    }
    for classes in sets {
        let world = breaching(&classes);
        let before = world.adobe.users();
        let ended = world.run(&["sync"]).with(3);
        ended.shows(&["umsync approve "]);
        let after = world.adobe.users();
        let of = |users: &[umsync_emulator::User], email: &str| {
            users.iter().find(|user| user.email == email).map(|user| user.groups.clone())
        };
        for user in &before {
            let now = of(&after, &user.email);
            assert!(now.is_some(), "{classes:?}: {} has left", user.email);
            let lost = user.groups.iter().any(|group| !now.as_ref().unwrap().contains(group));
            assert!(!lost, "{classes:?}: {} has lost something", user.email);
        }
        assert_eq!(of(&after, "loser@example.com").unwrap().len(), 1, "{classes:?}");
    }
}

#[test]
fn d52_the_approval_of_one_plan_lets_no_change_of_another_pass() {
    let world = world("limits: {removals: 5, group_removals: 5}\n");
    without(&world, &BTreeSet::new());
    world.run(&["sync"]).with(0);
    let id = |world: &World| world.run(&["plan", "--json"]).json()["plan"]["id"].as_str().unwrap().to_owned();
    without(&world, &(20..30).collect());
    let ten = id(&world);
    // A wrong id, and one of nobody, approve nothing.
    world.run(&["approve", "0123456789ab"]).with(64);
    world.run(&["sync"]).with(3);
    world.run(&["approve", &ten]).with(0);
    // Ten others are to lose it by the time that the run comes: they are held, and the ten go.
    without(&world, &(20..40).collect());
    world.run(&["sync"]).with(3).shows(&["Done: 10 memberships taken", "Withheld: 10"]);
    assert_eq!(world.members("Design").len(), 90);
    world.run(&["sync"]).with(3).shows(&["Withheld: 10"]);
    assert_eq!(world.members("Design").len(), 90);
}
