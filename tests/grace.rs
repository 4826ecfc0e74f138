//! People who leave, or seem to: nobody loses what they come back for.

use crate::support::{ORGANIZATION, World, group, person, seed, user};
use chrono::{TimeDelta, Utc};
use std::collections::BTreeMap;
use std::time::Duration;
use umsync_engine::memory::Absent;
use umsync_store::{Missing, Store};

/// Anna and Bob in Design, Carol in Design and, outside the mapping, in Keep Me.
fn world(rules: &str) -> World {
    world_of(rules, &everybody())
}

fn world_of(rules: &str, ldif: &str) -> World {
    let users = [user("anna", &["Design"]), user("bob", &["Design"]), user("carol", &["Design", "Keep Me"])];
    let world = World::new(&seed(&["Design", "Keep Me"], &users), ldif);
    let groups = "groups:\n  - {directory: design, adobe: [Design]}\n";
    let limits = "limits: {leave: 5, removals: 5, group_removals: 5, identity: 5}\nbaseline: accept\n";
    world.configure(&format!("{groups}{limits}{rules}"));
    world.run(&["sync"]).with(0).shows(&["Everything is in step: 3 people"]);
    world
}

fn everybody() -> String {
    [
        person("anna", &[]),
        person("bob", &[]),
        person("carol", &[]),
        group("design", &["anna", "bob", "carol"]),
    ]
    .concat()
}

fn without_carol() -> String {
    [person("anna", &[]), person("bob", &[]), group("design", &["anna", "bob"])].concat()
}

/// Lets so much time pass, as far as absences can tell.
fn pass(world: &World, time: TimeDelta) {
    world.runtime.block_on(async {
        let store = Store::open(world.path("state/umsync.db"), Missing::Refuse).await.unwrap();
        let leavers = store.leavers(ORGANIZATION).await.unwrap();
        store.note_absences(ORGANIZATION, &BTreeMap::new(), Utc::now(), Duration::ZERO).await.unwrap();
        for leaver in leavers {
            let absent = Absent { email: leaver.email, evidence: leaver.evidence };
            for _ in 0..leaver.reads {
                let one = BTreeMap::from([(leaver.account.clone(), absent.clone())]);
                store.note_absences(ORGANIZATION, &one, leaver.since - time, Duration::ZERO).await.unwrap();
            }
        }
        store.close().await;
    });
}

const WEEK: &str = "leavers: {action: remove, grace: 7d}\n";

#[test]
fn somebody_absent_keeps_everything_for_grace_and_three_reads() {
    let world = world(WEEK);
    world.write("people.ldif", &without_carol());
    let before = world.adobe.dump();
    for _ in 0..4 {
        world.run(&["sync"]).with(0).shows(&["Gone from the directory, untouched: 1", "carol@example.com"]);
    }
    assert_eq!(world.adobe.dump(), before);
    world.run(&["leavers"]).with(0).shows(&[
        "carol@example.com  not in the directory since",
        "(4 reads); leaves the organization after",
    ]);
    pass(&world, TimeDelta::days(8));
    world.run(&["leavers", "list"]).with(0).shows(&["leaves the organization in the next run"]);
    world.run(&["sync"]).with(0).shows(&["1 user leaving the organization"]);
    assert!(world.adobe.user("carol@example.com").is_none());
    world.run(&["leavers"]).with(0).shows(&["Nobody was missing"]);
}

#[test]
fn a_long_absence_in_too_few_reads_is_looked_at_again() {
    let world = world(WEEK);
    world.write("people.ldif", &without_carol());
    world.run(&["sync"]).with(0);
    pass(&world, TimeDelta::days(30));
    let before = world.adobe.dump();
    world.run(&["sync"]).with(0).shows(&["nothing is done before they are absent once more (read 2"]);
    assert_eq!(world.adobe.dump(), before);
    world.run(&["sync"]).with(0).shows(&["1 user leaving the organization"]);
}

#[test]
fn who_leaves_a_group_and_stays_in_the_directory_loses_it_at_once() {
    let world = world(WEEK);
    world.write("people.ldif", &everybody().replace("member: uid=carol,ou=people,dc=example,dc=com\n", ""));
    world.run(&["sync"]).with(0).shows(&["1 membership taken"]);
    assert_eq!(world.members("Design"), ["anna@example.com", "bob@example.com"]);
    assert!(world.adobe.user("carol@example.com").is_some());
}

#[test]
fn a_leaver_who_returns_on_day_two_has_lost_nothing_and_begins_anew_later() {
    let world = world(WEEK);
    let before = world.adobe.dump();
    // Gone in January, and again in March: two days are not a week.
    for _ in 0..2 {
        world.write("people.ldif", &without_carol());
        for _ in 0..3 {
            world.run(&["sync"]).with(0);
        }
        pass(&world, TimeDelta::days(2));
        world.run(&["sync"]).with(0).shows(&["untouched: 1"]);
        world.write("people.ldif", &everybody());
        world.run(&["sync"]).with(0).shows(&["Everything is in step: 3 people"]);
        world.run(&["leavers"]).with(0).shows(&["Nobody was missing"]);
    }
    assert_eq!(world.adobe.dump(), before);
}

#[test]
fn somebody_gone_for_a_day_in_january_and_again_in_march_was_never_gone_for_long() {
    let world = world(WEEK);
    let before = world.adobe.dump();
    world.write("people.ldif", &without_carol());
    world.run(&["sync"]).with(0);
    pass(&world, TimeDelta::days(1));
    world.write("people.ldif", &everybody());
    world.run(&["sync"]).with(0);
    world.write("people.ldif", &without_carol());
    for _ in 0..3 {
        world.run(&["sync"]).with(0).shows(&["untouched: 1"]);
    }
    pass(&world, TimeDelta::days(1));
    world.run(&["sync"]).with(0).shows(&["untouched: 1"]);
    assert_eq!(world.adobe.dump(), before);
}

#[test]
fn who_returns_after_leaving_gets_what_the_mapping_gives_and_the_rest_is_listed() {
    let world = world("leavers: {action: remove, grace: 0s}\n");
    world.write("people.ldif", &without_carol());
    world.run(&["sync"]).with(0).shows(&["1 user leaving the organization"]);
    world.write("people.ldif", &everybody());
    world.run(&["sync"]).with(0).shows(&[
        "Back after they had left: 1",
        "carol@example.com  left",
        "outside the mapping they had Keep Me",
        "1 account created, 1 membership given",
    ]);
    assert_eq!(world.members("Design"), ["anna@example.com", "bob@example.com", "carol@example.com"]);
    assert!(world.members("Keep Me").is_empty());
    world.run(&["sync"]).with(0).shows(&["Everything is in step: 3 people"]);
}

#[test]
fn who_is_disabled_for_an_afternoon_gets_everything_back() {
    let world = world(WEEK);
    let disabled = everybody().replace("uid: carol\n", "uid: carol\nnsAccountLock: true\n");
    world.write("people.ldif", &disabled);
    world.run(&["sync"]).with(0).shows(&["disabled in the directory", "1 membership taken"]);
    assert_eq!(world.members("Design"), ["anna@example.com", "bob@example.com"]);
    assert_eq!(world.members("Keep Me"), ["carol@example.com"]);
    for _ in 0..3 {
        world.run(&["sync"]).with(0).shows(&["untouched: 1"]);
    }
    assert!(world.adobe.user("carol@example.com").is_some(), "leaving waits for grace");
    world.write("people.ldif", &everybody());
    world.run(&["sync"]).with(0).shows(&["1 membership given"]);
    assert_eq!(world.members("Design"), ["anna@example.com", "bob@example.com", "carol@example.com"]);
}

#[test]
fn whoever_is_disabled_is_kept_where_leavers_are_kept() {
    let world = world("leavers: {action: keep}\n");
    world.write("people.ldif", &everybody().replace("uid: carol\n", "uid: carol\nnsAccountLock: true\n"));
    let before = world.adobe.dump();
    world.run(&["sync"]).with(0).shows(&["leavers.action is keep"]);
    assert_eq!(world.adobe.dump(), before);
}

#[test]
fn an_account_that_ended_and_a_group_of_leavers_tell_the_same() {
    let nobody = everybody() + &group("former", &[]);
    let world = world_of("leavers: {action: remove, grace: 7d, groups: [former]}\n", &nobody);
    let former = everybody().replace("uid: bob\n", "uid: bob\naccountExpires: 132223104000000000\n")
        + &group("former", &["carol"]);
    world.write("people.ldif", &former);
    world.run(&["sync"]).with(0).shows(&[
        "listed by former",
        "their account in the directory ended on 2020-01-01",
        "2 memberships taken",
    ]);
    assert_eq!(world.members("Design"), ["anna@example.com"]);
    world
        .run(&["leavers"])
        .with(0)
        .shows(&["carol@example.com  listed by former since", "bob@example.com  their account"]);
    // A group of leavers that is not there is no empty one.
    world.write("people.ldif", &everybody());
    world.run(&["sync"]).with(6).says(&["former"]);
}

#[test]
fn an_administrator_holds_releases_and_expedites() {
    let world = world(WEEK);
    world.write("people.ldif", &without_carol());
    world.run(&["sync"]).with(0);
    world.run(&["leavers", "expedite", "carol@example.com"]).with(0).shows(&["acts at once"]);
    world.run(&["leavers", "hold", "carol@example.com", "--until", "30d"]).with(0).shows(&["until 20"]);
    world.run(&["leavers"]).with(0).shows(&["carol@example.com", "held by", "until 20"]);
    pass(&world, TimeDelta::days(29));
    for _ in 0..3 {
        world.run(&["sync"]).with(0).shows(&["held by an administrator until"]);
    }
    assert!(world.adobe.user("carol@example.com").is_some());
    world.run(&["leavers", "release", "CAROL@example.com"]).with(0).shows(&["is released"]);
    world.run(&["leavers", "release", "carol@example.com"]).with(0).shows(&["neither held nor expedited"]);
    world.run(&["sync"]).with(0).shows(&["1 user leaving the organization"]);
    world.run(&["leavers", "hold", "nobody@example.com"]).with(64).says(&["neither Adobe's last listing"]);
    world
        .run(&["leavers", "hold", "anna@example.com", "--until", "soon"])
        .with(64)
        .says(&["`soon` is no moment"]);
}

#[test]
fn expedite_waits_for_nothing_and_ends_with_the_return() {
    let world = world(WEEK);
    world.write("people.ldif", &without_carol());
    world.run(&["sync"]).with(0);
    world.run(&["leavers", "expedite", "carol@example.com"]).with(0);
    world.write("people.ldif", &everybody());
    world.run(&["sync"]).with(0).shows(&["Everything is in step"]);
    world.write("people.ldif", &without_carol());
    world.run(&["sync"]).with(0).shows(&["untouched: 1"]);
    world.run(&["leavers", "expedite", "carol@example.com"]).with(0);
    world.run(&["sync"]).with(0).shows(&["1 user leaving the organization"]);
}

#[test]
fn what_the_store_keeps_of_somebody_can_be_forgotten() {
    let world = world("leavers: {action: remove, grace: 0s}\n");
    world.write("people.ldif", &without_carol());
    world.run(&["sync"]).with(0).shows(&["1 user leaving the organization"]);
    world.run(&["history", "carol@example.com"]).with(0).shows(&["leaves the organization", "done"]);
    world.run(&["forget", "carol@example.com"]).with(0).shows(&["Forgotten: "]);
    world.run(&["history", "carol@example.com"]).with(0).shows(&["nothing is known"]);
    world.run(&["forget", "carol@example.com"]).with(64).says(&["keeps nothing of carol@example.com"]);
    let database = std::fs::read(world.path("state/umsync.db")).unwrap();
    let wal = std::fs::read(world.path("state/umsync.db-wal")).unwrap_or_default();
    let holds = |bytes: &[u8]| bytes.windows(5).any(|part| part == b"carol");
    assert!(!holds(&database) && !holds(&wal), "not even in what SQLite has freed");
}

#[test]
fn looks_in_quick_succession_are_one_read() {
    let world = world(WEEK);
    // The two hours count between reads too.
    world.configure_with(
        &["pace: off", "wait: 0s"],
        &format!("groups:\n  - {{directory: design, adobe: [Design]}}\nbaseline: accept\n{WEEK}"),
    );
    world.write("people.ldif", &without_carol());
    for _ in 0..5 {
        world.run(&["plan"]).with(0).shows(&["untouched: 1"]);
    }
    world.run(&["leavers"]).with(0).shows(&["(1 read)"]);
}

#[test]
fn while_somebody_unnamable_could_be_them_nobodys_absence_counts() {
    let world = world(WEEK);
    let unnamable =
        "dn: cn=x,ou=people,dc=example,dc=com\nobjectClass: inetOrgPerson\ncn: x\nentryUUID: x-1\n\n";
    let hidden = format!(
        "{unnamable}{}member: cn=x,ou=people,dc=example,dc=com\n",
        without_carol().trim_end().to_owned() + "\n"
    );
    world.write("people.ldif", &hidden);
    for _ in 0..4 {
        world.run(&["sync"]).with(0).shows(&["carol@example.com"]);
    }
    pass(&world, TimeDelta::days(8));
    world.run(&["leavers"]).with(0).shows(&["Nobody was missing"]);
    // It is gone for a moment: that is the first time that Carol is missing.
    world.write("people.ldif", &without_carol());
    world.run(&["sync"]).with(0).shows(&["untouched: 1"]);
    world.run(&["leavers"]).with(0).shows(&["(1 read)"]);
}
