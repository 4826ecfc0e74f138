//! The same person in two directories.

use super::{GROUPS, OFF, configure, everybody, group, mails, person, world};
use crate::support::user;

#[test]
fn who_is_in_both_and_the_same_is_one_person_with_what_either_gives() {
    let emea = [person("anna", "e1", &["c: DE"]), group("design", &[]), group("video", &["anna"])].concat();
    // Another anchor, another case of the mail, and no country.
    let anna = person("anna", "a1", &["mail: Anna@Example.com"]).replace("c: US\n", "");
    let apac = [anna, group("design", &["anna"])].concat();
    let world = world(&[], &emea, &apac, &format!("{GROUPS}{OFF}"));
    world.run(&["sync"]).with(0).shows(&[
        "In several directories, which agree: 1",
        "apac: uid=anna,ou=people,dc=example,dc=com and emea: uid=anna,ou=people,dc=example,dc=com",
        "1 account created",
    ]);
    assert_eq!(world.members("Design").len(), 1);
    assert_eq!(world.members("Video").len(), 1);
    assert_eq!(world.adobe.user("anna@example.com").unwrap().country.as_deref(), Some("DE"));
    let json = world.run(&["plan", "--json"]).json();
    assert_eq!(json["plan"]["shared"][0]["entries"].as_array().unwrap().len(), 2);
    world.run(&["sync"]).with(0).shows(&["Everything is in step: 1 person"]);
    // Both entries are known: when one of them gets another mail, nobody guesses.
    world.write(
        "apac.ldif",
        &(person("anna", "a1", &["mail: roe@example.com"]) + &group("design", &["anna"])),
    );
    let before = world.adobe.dump();
    world.run(&["sync"]).with(0).shows(&["several entries name this account"]);
    assert_eq!(world.adobe.dump(), before);
    // And when one of them goes, she stays with what the other gives.
    world.write("apac.ldif", &everybody(&["bob"], "a"));
    world.run(&["sync"]).with(0);
    assert_eq!(world.members("Design"), mails(&["bob"]));
    assert_eq!(world.members("Video").len(), 1);
}

#[test]
fn who_is_in_both_and_differs_is_held_and_the_others_go_on() {
    for differing in ["sn: Smith", "c: FR", "givenName: Ann"] {
        let emea = everybody(&["anna", "new"], "e");
        let apac = [person("anna", "a1", &[differing]), group("design", &[])].concat();
        let world = world(&[user("anna", &["Design"])], &emea, &apac, &format!("{GROUPS}{OFF}"));
        world
            .run(&["sync"])
            .with(0)
            .shows(&["several entries name this account: apac: uid=anna", " and emea: uid=anna"]);
        assert_eq!(world.members("Design"), mails(&["anna", "new"]), "{differing}");
        assert_eq!(world.members("Video"), mails(&["new"]), "nothing is given by guessing");
        assert_eq!(world.adobe.user("anna@example.com").unwrap().lastname.as_deref(), Some("Doe"));
    }
}

#[test]
fn d15_a_replica_that_lags_behind_takes_nothing_and_makes_nobody_twice() {
    // One forest through two servers that are configured as two directories. The second has not heard the news.
    let fresh = [
        person("anna", "u1", &["mail: anna.roe@example.com"]),
        person("bob", "u2", &[]),
        person("new", "u3", &[]),
        group("design", &["anna", "bob", "new"]),
        group("video", &["bob"]),
    ]
    .concat();
    let stale = [person("anna", "u1", &[]), person("bob", "u2", &[]), group("design", &["anna"])].concat();
    let users = [user("anna", &["Design"]), user("bob", &["Design", "Video"])];
    let before = stale.replace(&group("design", &["anna"]), &group("design", &["anna", "bob"]));
    let world =
        world(&users, &(before.clone() + &group("video", &["bob"])), &before, &format!("{GROUPS}{OFF}"));
    world.run(&["sync"]).with(0).shows(&["Everything is in step: 2 people"]);
    world.write("emea.ldif", &fresh);
    world.write("apac.ldif", &stale);
    for _ in 0..2 {
        world.run(&["sync"]).with(0).shows(&["In several directories, which agree: 1"]);
        assert_eq!(world.members("Design"), mails(&["anna", "bob", "new"]));
        assert_eq!(world.members("Video"), mails(&["bob"]));
        assert!(
            world.adobe.user("anna.roe@example.com").is_none(),
            "nobody knows which of her mails is right"
        );
    }
    // It has.
    world.write("apac.ldif", &fresh);
    world.run(&["sync"]).with(0).shows(&["In several directories, which agree: 3", "1 account updated"]);
    assert_eq!(world.adobe.users().len(), 3);
    assert!(world.adobe.user("anna.roe@example.com").is_some());
}

#[test]
fn numbers_of_two_schools_are_not_one_persons() {
    // Both schools begin to count at 1.
    let numbered = |name: &str| person(name, "x", &["employeeNumber: 1"]);
    let emea = [numbered("anna"), group("design", &["anna"]), group("video", &[])].concat();
    let apac = [numbered("bob"), group("design", &["bob"])].concat();
    let world = world(&[], &emea, &apac, "");
    let school = |name: &str| {
        format!("ldif: {{file: {name}.ldif, users: (objectClass=inetOrgPerson), anchor: employeeNumber}}")
    };
    let (first, second) = (school("emea"), school("apac"));
    configure(&world, &[("emea", &first), ("apac", &second)], &format!("{GROUPS}{OFF}"));
    world.run(&["sync"]).with(0).shows(&["2 accounts created"]);
    world.run(&["sync"]).with(0).shows(&["Everything is in step: 2 people"]);
    let id = |mail: &str| world.adobe.user(mail).map(|user| user.id);
    let before = (id("anna@example.com"), id("bob@example.com"));
    world.write("apac.ldif", &(numbered("bob").replace("bob@", "roe@") + &group("design", &["bob"])));
    world.run(&["sync"]).with(0).shows(&["1 account updated"]);
    assert_eq!((id("anna@example.com"), id("roe@example.com")), before);
}

#[test]
fn disabled_in_one_directory_and_there_in_another_is_there() {
    // She went from one country to the other: the old account is closed, the new one open.
    let emea = [
        person("anna", "e1", &["nsAccountLock: true"]),
        person("aron", "e2", &[]),
        group("design", &["anna", "aron"]),
        group("video", &["anna", "aron"]),
    ]
    .concat();
    let apac = [person("anna", "a1", &[]), group("design", &["anna"])].concat();
    let users = [user("anna", &["Design", "Video"]), user("aron", &["Design", "Video"])];
    let world = world(&users, &emea, &apac, &format!("{GROUPS}{OFF}"));
    world.run(&["sync"]).with(0);
    assert_eq!(world.members("Design"), mails(&["anna", "aron"]));
    assert_eq!(world.members("Video"), mails(&["aron"]), "what only the closed account gave is gone");
    assert_eq!(world.adobe.users().len(), 2);
}

#[test]
fn an_entry_that_one_directory_sets_aside_protects_whom_another_has() {
    // In apac nobody can read her mail, and design lists her there.
    let broken = person("anna", "a1", &["mail: anna@example.com@oops", "othermailbox: anna@example.com"]);
    let emea = [person("anna", "e1", &[]), group("design", &[]), group("video", &["anna"])].concat();
    let apac = [broken, person("bob", "a2", &[]), group("design", &["anna", "bob"])].concat();
    let users = [user("anna", &["Design", "Video"]), user("bob", &["Design"])];
    let world = world(&users, &emea, &apac, &format!("{GROUPS}{OFF}"));
    world.run(&["sync"]).with(0).shows(&["Set aside, and protected: 1", "apac: uid=anna"]);
    assert_eq!(world.members("Design"), mails(&["anna", "bob"]));
}

#[test]
fn a_member_nobody_can_read_is_accepted_in_its_own_directory_alone() {
    let emea = [
        person("anna", "e1", &[]),
        person("aron", "e2", &[]),
        group("design", &["anna", "ghost"]),
        group("video", &["anna"]),
    ];
    let apac = everybody(&["bob"], "a");
    let users = [user("anna", &["Design", "Video"]), user("aron", &["Design"]), user("bob", &["Design"])];
    let world = world(&users, &emea.concat(), &apac, &format!("{GROUPS}{OFF}"));
    world.run(&["sync"]).with(3).shows(&["design lists 1 member nobody can read (emea: uid=ghost"]);
    assert_eq!(world.members("Design"), mails(&["anna", "aron", "bob"]));
    world.run(&["approve", &super::plan_id(&world)]).with(0);
    world.run(&["sync"]).with(0);
    assert_eq!(world.members("Design"), mails(&["anna", "bob"]));
    // The same name in the other forest is somebody else's.
    let apac = [person("bob", "a-bob", &[]), group("design", &["ghost"])].concat();
    world.write("apac.ldif", &apac);
    world.run(&["sync"]).with(3).shows(&["(apac: uid=ghost"]);
    assert_eq!(world.members("Design"), mails(&["anna", "bob"]));
}
