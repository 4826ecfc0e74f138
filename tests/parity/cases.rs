//! What the User Sync Tool's own tests, and those of its client library, look at: T1 to T104. What is about behaviour stands
//! in a row of the table, or in a test by itself; what is about the inside of its programs has no place here.

use super::table::call::call;
use super::table::{HOOK, OKTA, ORGANIZATIONS, PUSH, has, is_there};
use crate::support::{World, group, person, seed, user};

/// Where a case is.
enum Case {
    /// In the table, under this number.
    Row(&'static str),
    /// In this test.
    Test(&'static str),
    LeftOut(&'static str),
}

use Case::{LeftOut, Row, Test};

/// The text of a key, a class, a counter or a log line that nobody outside of it sees.
const INSIDE: &str = "it is about the inside of its program";
/// Credentials that Adobe has ended, and what belongs to them.
const JWT: &str = "Adobe has ended credentials with JWT";

const COUNTRIES: &[Case] = &[Row("CFG-9"), Row("country rules"), Row("W10"), Row("W11")];
const USERS: &[Case] = &[Row("2.8"), Row("W1"), Row("W3"), Row("W4"), Row("CFG-8")];

/// From one number to another one, and where they are.
const CASES: &[(usize, usize, &[Case])] = &[
    (1, 1, &[Row("CFG-2")]),
    (2, 2, &[Row("CFG-3")]),
    (3, 3, &[Row("CFG-4")]),
    (4, 4, &[Row("push"), LeftOut(PUSH)]),
    (5, 5, &[Row("2.8")]),
    // Commands name people by the email that Adobe has, whatever their username.
    (
        6,
        7,
        &[
            Row("LDP-14"),
            Row("KEY-9"),
            Test("tests/modes.rs::a_changed_mail_is_one_update_of_the_same_account"),
        ],
    ),
    (8, 8, &[Row("W2")]),
    (
        9,
        9,
        &[
            Row("OPT-11"),
            Test(
                "tests/parity/cases.rs::t09_an_account_that_is_there_already_is_taken_and_brought_up_to_date",
            ),
        ],
    ),
    (10, 10, &[Row("KEY-2"), Row("LDP-15")]),
    (11, 11, &[Row("LDP-14")]),
    (12, 12, &[LeftOut(ORGANIZATIONS)]),
    (13, 16, COUNTRIES),
    (17, 17, &[Row("2.7"), Row("W8")]),
    (18, 19, &[Row("KEY-1"), Row("KEY-2")]),
    (20, 20, &[Row("KEY-2"), Row("KEY-3")]),
    (21, 22, &[LeftOut(INSIDE)]),
    (23, 23, &[Row("2.4"), Row("W1")]),
    (24, 24, &[Row("list")]),
    (25, 25, &[LeftOut(ORGANIZATIONS)]),
    (26, 26, &[Row("write-file"), LeftOut(ORGANIZATIONS)]),
    (27, 27, &[LeftOut(HOOK)]),
    (28, 28, &[Row("auto-create")]),
    (29, 31, &[LeftOut(INSIDE)]),
    (32, 33, &[Row("summary")]),
    (34, 35, &[LeftOut(HOOK)]),
    (36, 36, &[Row("additional groups")]),
    (37, 37, &[LeftOut(ORGANIZATIONS)]),
    (38, 38, &[Row("auto-create")]),
    (39, 39, &[Row("OPT-5")]),
    (40, 40, &[LeftOut(INSIDE)]),
    (41, 41, &[Row("limit in users"), Row("limit in percent")]),
    (42, 42, &[Row("remove-adobe-groups"), Row("remove"), Row("delete"), Row("preserve")]),
    (43, 44, &[Test("tests/parity/cases.rs::t43_t44_both_sides_differ_in_every_way_at_once")]),
    (45, 45, &[Row("2.8")]),
    (46, 46, &[Row("W1"), Row("W3"), LeftOut(ORGANIZATIONS)]),
    (47, 47, &[Row("push"), LeftOut(PUSH), LeftOut(ORGANIZATIONS)]),
    (48, 55, COUNTRIES),
    (56, 56, &[LeftOut(ORGANIZATIONS)]),
    (57, 57, &[Row("CFG-8"), Row("CFG-2")]),
    (58, 58, &[Test("tests/import_ust/mod.rs::every_configuration_becomes_what_was_reviewed_and_loads")]),
    (59, 59, &[Row("limit in percent"), Row("CFG-16")]),
    (60, 60, &[Row("CFG-6")]),
    (61, 61, &[Row("CFG-13")]),
    (62, 62, &[Row("OPT-6"), Row("CFG-24")]),
    (63, 63, &[Row("CFG-10"), Test("tests/import_ust/keys.rs::every_key_is_in_exactly_one_list")]),
    (64, 64, &[LeftOut(HOOK)]),
    (
        65,
        65,
        &[Test(
            "tests/import_ust/hostile.rs::files_that_are_missing_or_none_are_named_with_the_key_that_names_them",
        )],
    ),
    (66, 66, &[Row("LDP-9")]),
    (67, 67, &[Row("CFG-5"), Row("CFG-10"), Row("CSV-1")]),
    (68, 68, &[LeftOut(HOOK)]),
    (69, 70, &[LeftOut(INSIDE)]),
    (
        71,
        71,
        &[
            Row("CMD-2"),
            Row("OPT-2"),
            Row("OPT-4"),
            Row("OPT-5"),
            Row("test mode"),
            Row("CFG-19"),
            Row("country rules"),
            Test("tests/failures.rs::a_missing_configuration_ends_78_and_says_how_to_name_one"),
        ],
    ),
    (72, 73, &[Row("CSV-6"), Row("CSV-7"), Row("CSV-8"), Row("CSV-9")]),
    (74, 74, &[Row("CSV-2")]),
    (75, 76, &[Row("CSV-6"), Test("tests/csv.rs::every_bad_row_is_named_and_nothing_is_sent")]),
    (77, 77, &[LeftOut(INSIDE)]),
    (78, 78, &[Row("CSV-1"), Row("LDP-1")]),
    (79, 85, &[LeftOut(OKTA)]),
    (
        86,
        86,
        &[
            Row("lock"),
            Test("tests/gate/together.rs::a_crash_releases_the_lock_and_the_execution_stays_counted"),
        ],
    ),
    (87, 87, USERS),
    (
        88,
        89,
        &[
            Test("crates/umapi/tests/manners/execute.rs::every_command_has_its_outcome"),
            Test("crates/umapi/tests/manners/execute.rs::a_short_wait_is_waited_and_nothing_was_processed"),
        ],
    ),
    (
        90,
        90,
        &[Test(
            "tests/parity/safety.rs::s12_b10_b16_an_adobe_that_is_away_during_the_commands_ends_the_run_early_and_not_with_0",
        )],
    ),
    (
        91,
        91,
        &[
            Row("UMA-5"),
            Test("crates/umapi/tests/manners/clear_up.rs::a_request_that_times_out_is_looked_up"),
        ],
    ),
    (
        92,
        92,
        &[
            Test("crates/umapi/tests/manners/listing.rs::a_short_retry_after_is_obeyed_to_the_second"),
            Test("crates/umapi/tests/manners/pace.rs::a_date_to_wait_for_is_taken_by_adobes_clock"),
            Test(
                "crates/umapi/tests/manners/pace.rs::what_says_nothing_about_waiting_is_no_reason_to_wait_for_long",
            ),
        ],
    ),
    (93, 93, &[LeftOut(INSIDE)]),
    (
        94,
        94,
        &[
            Row("retry"),
            Test("crates/umapi/tests/manners/execute.rs::a_request_that_is_refused_whole_stops_it"),
        ],
    ),
    (95, 96, &[Row("batching"), Row("remove-adobe-groups")]),
    (97, 97, USERS),
    (
        98,
        98,
        &[
            Row("KEY-2"),
            Test("crates/umapi/tests/emulator/plans.rs::no_planned_command_is_refused_for_its_form"),
        ],
    ),
    (99, 99, &[Row("2.8"), Row("remove"), Row("delete")]),
    (
        100,
        100,
        &[
            Row("auto-create"),
            Test("tests/rules/patterns.rs::a_name_that_cannot_be_one_is_told_with_its_group"),
            Test("tests/parity/cases.rs::t100_no_group_is_made_whose_name_adobe_refuses"),
        ],
    ),
    (
        101,
        101,
        &[
            Test("crates/umapi/tests/manners/listing.rs::groups_come_first_then_users_to_the_last_page"),
            Test("crates/umapi/tests/manners/listing.rs::a_page_that_is_not_there_is_an_error_and_no_end"),
            Test("crates/umapi/tests/manners/single.rs::members_come_page_by_page"),
        ],
    ),
    (102, 102, &[Test("crates/umapi/src/jwt.rs::a_request_is_signed_as_documented")]),
    (103, 103, &[Test("crates/umapi/tests/manners/begin.rs::a_token_is_asked_for_as_documented")]),
    (104, 104, &[LeftOut(JWT)]),
];

#[test]
fn every_case_is_somewhere() {
    let known: Vec<usize> = CASES.iter().flat_map(|(first, last, _)| *first..=*last).collect();
    assert_eq!(known, (1..=104).collect::<Vec<_>>());
    for (first, last, cases) in CASES {
        let whose = format!("T{first} to T{last}");
        assert!(!cases.is_empty(), "{whose}");
        for case in *cases {
            match case {
                Row(number) => assert!(has(number), "{whose}: the table has no row {number}"),
                Test(test) => is_there(&[&whose], test),
                LeftOut(why) => assert!([INSIDE, JWT, HOOK, OKTA, ORGANIZATIONS, PUSH].contains(why)),
            }
        }
    }
}

/// Somebody for every way in which both sides can differ: told apart, given, taken, renamed, made, protected and gone.
#[test]
fn t43_t44_both_sides_differ_in_every_way_at_once() {
    let call = call("--process-groups --update-user-info --adobe-only-user-action exclude")
        .with("adobe_users", "exclude_users: ['exclude1@.*']")
        .with("adobe_users", "update_attributes: [firstname]")
        .people(&[
            "both1 [DG1]",
            "both2 []",
            "both3 [DG1]; givenName=Three; sn=Roe",
            "exclude1 [DG1]",
            "directory-only1 [DG1, DG2]",
        ])
        .before(&[
            "both1 [Other]",
            "both2 [AG1, AG2, Other]",
            "both3 [AG1]",
            "exclude1 [AG2]",
            "adobe-only1 [AG1]",
        ])
        .ends(&[
            "both1 [AG1, Other]",
            "both2 [Other]",
            "both3 [AG1]; firstname=Three",
            "exclude1 [AG2]",
            "directory-only1 [AG1, AG2]",
            "adobe-only1 [AG1]",
        ]);
    call.holds(None);
}

/// In a directory at Adobe and not in the organization, so that no listing has it.
#[test]
fn t09_an_account_that_is_there_already_is_taken_and_brought_up_to_date() {
    let mut ann = user("ann", &[]);
    ann["firstname"] = "Formerly".into();
    ann["in_org"] = false.into();
    let world = World::new(&seed(&["AG1"], &[ann]), &(person("ann", &[]) + &group("DG1", &["ann"])));
    world.configure("groups: [{directory: DG1, adobe: [AG1]}]\n");
    world.run(&["sync"]).with(0);
    assert_eq!(world.members("AG1"), ["ann@example.com"]);
    // Creating it changes nothing about it; the next listing shows what differs.
    world.run(&["sync"]).with(0);
    assert_eq!(world.adobe.user("ann@example.com").unwrap().firstname.as_deref(), Some("ann"));
    assert_eq!(world.adobe.users().len(), 1);
}

#[test]
fn t100_no_group_is_made_whose_name_adobe_refuses() {
    let long = format!("groups: [{{directory_group: DG1, adobe_groups: [{}]}}]", "x".repeat(256));
    for (groups, told) in [
        (long.as_str(), "255 characters"),
        ("groups: [{directory_group: DG1, adobe_groups: [_made_up]}]", "_made_up"),
    ] {
        let world = World::new(&seed(&["Other"], &[]), &(person("ann", &[]) + &group("DG1", &["ann"])));
        let adobe = groups.replace("directory_group", "directory").replace("adobe_groups", "adobe");
        world.configure(&adobe.replace("]}]", "], create: true}]"));
        world.run(&["sync"]).with(78).says(&[told]);
        assert_eq!((world.actions(), world.adobe.groups().len()), (0, 1));
    }
}
