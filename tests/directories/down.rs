//! One directory cannot be read, and others can.

use super::{GROUPS, OFF, configure, everybody, group, lose, mails, of_file, person, plan_id, two, world};
use crate::support::report::report_agrees;
use crate::support::{ORGANIZATION, World, user};
use std::collections::BTreeMap;
use umsync_store::{Missing, Store};

fn rules() -> String {
    format!("{GROUPS}{OFF}")
}

/// Absent accounts by email: since when, and in how many reads.
fn absences(world: &World) -> BTreeMap<String, (String, u32)> {
    world.runtime.block_on(async {
        let store = Store::open(world.path("state/umsync.db"), Missing::Refuse).await.unwrap();
        let leavers = store.leavers(ORGANIZATION).await.unwrap();
        store.close().await;
        leavers.into_iter().map(|leaver| (leaver.email, (leaver.since.to_rfc3339(), leaver.reads))).collect()
    })
}

#[test]
fn d30_nobody_loses_what_a_directory_gave_that_is_down_and_others_gain() {
    let world = two(&rules());
    let apac = lose(&world, "apac");
    // Aron is no longer in any group, a new colleague comes.
    let emea = [
        person("anna", "e-anna", &[]),
        person("aron", "e-aron", &[]),
        person("new", "e-new", &[]),
        group("design", &["anna", "new"]),
        group("video", &["anna", "new"]),
    ];
    world.write("emea.ldif", &emea.concat());
    let ended = world.run(&["sync"]).with(3);
    ended.shows(&[
        "  not read   apac: cannot read ",
        "             because: No such file or directory",
        "nobody loses what it gave (2 accounts) or may give",
        "2 users are in no directory that was read, and may be in that one",
        "1 account created",
        "loses Design",
        "a directory could not be read that may give it",
    ]);
    report_agrees(&world);
    assert_eq!(
        world.members("Design"),
        mails(&["anna", "aron", "bea", "bob", "new"]),
        "apac may give it to him"
    );
    assert_eq!(world.members("Video"), mails(&["anna", "new"]), "only emea gives it");
    world.run(&["report"]).with(0).shows(&["Directories that could not be read", "apac: cannot read "]);
    // It is back, without Bea.
    assert!(apac.contains("uid=bea"));
    world.write("apac.ldif", &everybody(&["bob"], "a"));
    world.run(&["sync"]).with(0);
    assert_eq!(world.members("Design"), mails(&["anna", "bob", "new"]));
    assert!(world.adobe.user("bea@example.com").is_none_or(|user| user.groups.is_empty()));
}

#[test]
fn nothing_but_the_directory_is_wrong_and_still_the_run_tells() {
    let world = two(&rules());
    lose(&world, "apac");
    let before = world.adobe.dump();
    world.run(&["sync"]).with(3).shows(&["  not read   apac: "]);
    world.run(&["plan"]).with(3);
    let json = world.run(&["plan", "--json"]).with(3).json();
    assert_eq!(json["plan"]["unread"][0]["directory"], "apac");
    assert_eq!(json["plan"]["unread"][0]["people"], 2);
    assert_eq!(json["plan"]["unknown"], 2);
    assert_eq!(world.adobe.dump(), before);
}

#[test]
fn no_absence_begins_counts_or_ends_while_a_directory_is_down() {
    let rest = rules().replace("grace: 0s", "grace: 0s, reads: 3");
    let world = two(&rest);
    // Aron is missing once in whole reads; then apac goes, and Bob's people with it.
    world.write("emea.ldif", &everybody(&["anna"], "e"));
    world.run(&["sync"]).with(0);
    let known = absences(&world);
    assert_eq!(known.keys().collect::<Vec<_>>(), ["aron@example.com"]);
    let apac = lose(&world, "apac");
    for _ in 0..4 {
        world.run(&["sync"]).with(3);
        assert_eq!(absences(&world), known);
    }
    assert_eq!(world.adobe.users().len(), 4);
    // He is back in a directory that can be read: that ends it.
    world.write("emea.ldif", &everybody(&["anna", "aron"], "e"));
    world.run(&["sync"]).with(3);
    assert!(absences(&world).is_empty());
    world.write("apac.ldif", &apac);
    world.run(&["sync"]).with(0).shows(&["Everything is in step: 4 people"]);
}

#[test]
fn who_goes_from_one_directory_to_another_that_is_down_keeps_everything() {
    let world = two(&rules());
    lose(&world, "apac");
    world.write("emea.ldif", &everybody(&["anna"], "e"));
    world.run(&["sync"]).with(3).shows(&["3 users are in no directory that was read"]);
    assert_eq!(world.members("Design"), mails(&["anna", "aron", "bea", "bob"]));
    assert_eq!(world.members("Video"), mails(&["anna", "aron"]));
}

#[test]
fn who_is_in_both_stays_who_they_are_while_one_is_down() {
    let (emea, apac) = (everybody(&["anna", "aron"], "e"), everybody(&["anna", "bob"], "a"));
    let users = ["anna", "aron", "bob"].map(|name| user(name, &["Design", "Video"]));
    let world = world(&users, &emea, &apac, &rules());
    world.run(&["sync"]).with(0);
    lose(&world, "apac");
    // In emea Anna has another name, another mail, and is in no group: apac may know better. Aron is emea's alone.
    let emea = [
        person("anna", "e-anna", &["sn: Roe", "mail: roe@example.com"]),
        person("aron", "e-aron", &["sn: Roe"]),
        group("design", &["aron"]),
        group("video", &[]),
    ];
    world.write("emea.ldif", &emea.concat());
    world.run(&["sync"]).with(3);
    let anna = world.adobe.user("anna@example.com").unwrap();
    assert_eq!(anna.lastname.as_deref(), Some("Doe"));
    assert!(world.adobe.user("roe@example.com").is_none());
    assert_eq!(world.adobe.user("aron@example.com").unwrap().lastname.as_deref(), Some("Roe"));
    assert_eq!(world.members("Design"), mails(&["anna", "aron", "bob"]));
    assert_eq!(world.members("Video"), mails(&["anna"]), "Aron has lost what only emea gives");
}

#[test]
fn no_approval_takes_what_a_directory_that_is_down_may_give() {
    let world = two(&rules());
    let apac = lose(&world, "apac");
    let emea = [person("anna", "e-anna", &[]), person("aron", "e-aron", &[]), group("design", &["anna"])];
    let emea = emea.concat() + &group("video", &["anna", "aron"]);
    world.write("emea.ldif", &emea);
    let plan = world.run(&["plan"]).with(3);
    plan.shows(&["waits until it is read: no approval lifts it"]);
    let id = plan_id(&world);
    assert!(!world.run(&["plan"]).stdout.contains("umsync approve"), "nothing can be approved");
    world.run(&["approve", &id]).with(0).shows(&["Not approved: what waits for apac"]);
    for _ in 0..2 {
        world.run(&["sync"]).with(3);
        world.run(&["apply", &id]).with(3);
        assert_eq!(world.members("Design"), mails(&["anna", "aron", "bea", "bob"]));
    }
    // Nor is it lifted when apac is back and something else withholds it.
    world.write("apac.ldif", &(apac + "dn: uid=x,dc=example,dc=com\nobjectClass: device\ncn: x\n\n"));
    let strict = rules().replace("removals: off, group_removals: off", "removals: 0, group_removals: 0");
    configure(&world, &[("emea", &of_file("emea")), ("apac", &of_file("apac"))], &strict);
    world.run(&["sync"]).with(3).shows(&["over limits."]);
    assert_eq!(world.members("Design"), mails(&["anna", "aron", "bea", "bob"]));
}

#[test]
fn a_plan_that_nobody_could_review_whole_makes_no_baseline() {
    let rest = rules().replace("baseline: accept\n", "");
    let (emea, apac) = (everybody(&["anna"], "e"), everybody(&["bob"], "a"));
    let users = ["anna", "aron", "bob", "bea"].map(|name| user(name, &["Design"]));
    let world = world(&users, &emea, &apac, &rest);
    world.run(&["plan"]).with(3).shows(&["nobody has said yet"]);
    lose(&world, "apac");
    world.run(&["approve", &plan_id(&world)]).with(0);
    world.run(&["sync"]).with(3);
    world.write("apac.ldif", &apac);
    world.run(&["sync"]).with(3).shows(&["nobody has said yet"]);
    assert_eq!(world.members("Design"), mails(&["anna", "aron", "bea", "bob"]));
}

#[test]
fn one_that_was_never_read_whole_stops_everything() {
    let (emea, apac) = (everybody(&["anna"], "e"), everybody(&["bob"], "a"));
    let world = world(&[user("old", &["Design"])], &emea, &apac, &rules());
    lose(&world, "apac");
    let refused = |words: &[&str]| {
        let before = (world.actions(), world.listings());
        world.run(&["sync"]).with(6).says(words);
        assert_eq!((world.actions(), world.listings()), before);
    };
    refused(&["the directory apac could not be read whole, and never was", "apac: cannot read "]);
    world.write("apac.ldif", &apac);
    world.run(&["sync"]).with(0);
    // Read for something else it is another directory.
    configure(
        &world,
        &[("emea", &of_file("emea")), ("apac", "ldif: {file: apac.ldif, users: (uid=*)}")],
        &rules(),
    );
    lose(&world, "apac");
    refused(&["the directory apac could not be read whole, and never was"]);
}

#[test]
fn when_all_are_down_nothing_is_compared() {
    let world = two(&rules());
    lose(&world, "apac");
    lose(&world, "emea");
    let before = (world.actions(), world.listings(), world.adobe.dump());
    world.run(&["sync"]).with(6).says(&[
        "no directory could be read whole",
        "\n  apac: cannot read ",
        "\n  emea: cannot read ",
    ]);
    assert_eq!((world.actions(), world.listings(), world.adobe.dump()), before);
    world.run(&["check"]).with(6).shows(&["directory apac", "directory emea"]);
}

#[test]
fn a_group_that_vanishes_from_one_directory_is_no_empty_group() {
    let world = two(&rules());
    // apac still has its people, and its design was renamed or hidden. emea still has one of that name.
    let apac =
        [person("bob", "a-bob", &[]), person("bea", "a-bea", &[]), group("designers", &["bob", "bea"])];
    world.write("apac.ldif", &apac.concat());
    world.run(&["sync"]).with(3).shows(&["  not read   apac: ", "lacks the group `design`"]);
    assert_eq!(world.members("Design"), mails(&["anna", "aron", "bea", "bob"]));
    // It is meant: then somebody says so, and looks at what follows.
    let said = rules().replace("adobe: [Design]", "adobe: [Design], in: emea");
    configure(&world, &[("emea", &of_file("emea")), ("apac", &of_file("apac"))], &said);
    world.run(&["sync"]).with(0);
    assert_eq!(world.members("Design"), mails(&["anna", "aron"]));
}

#[test]
fn a_group_by_dn_is_where_it_was_found() {
    // One tree for the groups of each: what apac cannot give does not wait for it.
    let dn = "cn=video,ou=groups,dc=example,dc=com";
    let rest = format!(
        "groups:\n  - {{directory: design, adobe: [Design]}}\n  - {{directory: \"{dn}\", adobe: [Video]}}\n{OFF}"
    );
    let apac = [person("bob", "a-bob", &[]), group("design", &["bob"])].concat();
    let users =
        [user("anna", &["Design", "Video"]), user("aron", &["Design", "Video"]), user("bob", &["Design"])];
    let world = world(&users, &everybody(&["anna", "aron"], "e"), &apac, &rest);
    world.run(&["sync"]).with(0);
    lose(&world, "apac");
    let emea = [person("anna", "e-anna", &[]), person("aron", "e-aron", &[]), group("design", &["anna"])];
    world.write("emea.ldif", &(emea.concat() + &group("video", &["anna"])));
    world.run(&["sync"]).with(3);
    assert_eq!(world.members("Video"), mails(&["anna"]));
    assert_eq!(world.members("Design"), mails(&["anna", "aron", "bob"]));
}

#[test]
fn a_namesake_gets_no_link_to_the_account_of_somebody_who_cannot_be_read() {
    // apac's Bob is known by no anchor. While apac is down emea hires a Bob with his address.
    let bob = person("bob", "x", &["sn: Old"]).replace("entryUUID: x\n", "");
    let apac = [bob, group("design", &["bob"])].concat();
    let mut user = user("bob", &["Design"]);
    user["lastname"] = "Old".into();
    let world = world(&[user], &everybody(&["anna"], "e"), &apac, &rules());
    world.run(&["sync"]).with(0);
    lose(&world, "apac");
    world.write("emea.ldif", &everybody(&["anna", "bob"], "e"));
    world.run(&["sync"]).with(3);
    assert_eq!(world.adobe.user("bob@example.com").unwrap().lastname.as_deref(), Some("Old"));
    assert_eq!(world.members("Video"), mails(&["anna"]), "he may be another Bob");
    world.write("apac.ldif", &apac);
    world
        .run(&["sync"])
        .with(0)
        .shows(&["several entries name this account: apac: uid=bob", " and emea: uid=bob"]);
    assert_eq!(world.adobe.user("bob@example.com").unwrap().lastname.as_deref(), Some("Old"));
}

#[test]
fn one_person_alone_is_frozen_and_given_to_like_all() {
    let world = two(&rules());
    lose(&world, "apac");
    world.write("emea.ldif", &(everybody(&["anna", "new"], "e")));
    world.run(&["sync", "--user", "new@example.com", "--take-window"]).with(3);
    assert!(world.adobe.user("new@example.com").is_some());
    world
        .run(&["sync", "--user", "bob@example.com", "--take-window"])
        .with(1)
        .says(&["nobody in the directory is"]);
    assert_eq!(world.members("Design").len(), 5);
}
