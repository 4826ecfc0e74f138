//! `shadow`: what the User Sync Tool's test run and our plan would do otherwise, and by which rule or fault.

use crate::support::{Ended, World, group, person, root, seed, user};
use serde_json::Value;

const MAPPING: &str = "groups:\n  - {directory: DG1, adobe: [AG1]}\n  - {directory: DG2, adobe: [AG2]}\n";
const NO_LIMITS: &str = "limits: {create: off, update: off, identity: off, group_removals: off, removals: off, leave: off}\nbaseline: accept\n";
const HEAD: &str =
    "2026-11-27 09:00:00 1 INFO main - ========== Start Run (User Sync version: 2.10.0) (TEST MODE) ===\n";
const TAIL: &str = "2026-11-27 09:00:09 1 INFO processor - ----- Action Summary (TEST MODE) -----\n2026-11-27 09:00:09 1 INFO main - ========== End Run (User Sync version: 2.10.0) (Total time: 0:00:09) ===\n";

/// A log of one run with these lines: level, logger and message.
fn log(lines: &[&str]) -> String {
    let lines: String = lines.iter().map(|line| format!("2026-11-27 09:00:05 1 {line}\n")).collect();
    [HEAD, &lines, TAIL].concat()
}

/// Compares with a log of `tests/shadow`, or of one's own making; neither lists nor changes anything.
#[track_caller]
fn shadow(world: &World, log: &str, more: &[&str]) -> Ended {
    let kept = root().join("tests/shadow").join(log);
    let path = if kept.is_file() { kept } else { world.path("ust.log") };
    if path.starts_with(world.folder.path()) {
        world.write("ust.log", log);
    }
    let before = (world.listings(), world.actions(), world.adobe.dump());
    let path = path.to_str().unwrap().to_owned();
    let ended = world.run(&[&["shadow", "--ust-log", &path], more].concat());
    assert_eq!((world.listings(), world.actions(), world.adobe.dump()), before, "Adobe is left alone");
    ended
}

/// Every difference as `who, side, rule: what`, in order.
#[track_caller]
fn differences(world: &World, log: &str, code: i32) -> Vec<String> {
    let json = shadow(world, log, &["--json"]).with(code).json();
    let text = |value: &Value| value.as_str().unwrap_or("NOT EXPLAINED").to_owned();
    let what = |it: &Value| it["what"].as_array().unwrap().iter().map(text).collect::<Vec<_>>().join(", ");
    let told = |it: &Value| {
        format!(
            "{} {} {}: {}",
            text(&it["who"]).replace("@example.com", ""),
            text(&it["side"]),
            text(&it["rule"]),
            what(it)
        )
    };
    json["differences"].as_array().unwrap().iter().map(told).collect()
}

/// Ann is new, Bob has another name and group than he should, and Carl has left.
fn three(rules: &str) -> World {
    let mut bob = user("bob", &["AG2"]);
    bob["firstname"] = "Robert".into();
    bob["lastname"] = "Dough".into();
    let ldif =
        [person("ann", &[]), person("bob", &[]), group("DG1", &["ann", "bob"]), group("DG2", &["ann"])];
    let world = World::new(&seed(&["AG1", "AG2", "Other"], &[bob, user("carl", &["AG1"])]), &ldif.concat());
    world.configure(&[MAPPING, rules].concat());
    world.run(&["plan"]);
    world
}

#[test]
fn both_do_the_same_and_either_python_tells_it() {
    let world = three(&[NO_LIMITS, "leavers: {action: remove-groups, grace: 0s}\n"].concat());
    shadow(&world, "agree.log", &[]).with(0).shows(&[
        "test run of 2026-11-27 09:00:00 (line 5, the last of 2), started with -t --process-groups",
        "agree           3 users with 8 changes\ndiffer          nothing\n",
        "Adobe refused 1 command of",
    ]);
    shadow(&world, "python2.log", &[]).with(0).shows(&[
        "agree           3 users with 6 changes\ndiffer          nothing\n",
        "does not tell the groups of 1 new account,",
    ]);
    // What the log does not say is not taken for agreement where it could have said it.
    let silent = std::fs::read_to_string(root().join("tests/shadow/agree.log"))
        .unwrap()
        .replace("\"ag1\", \"ag2\"", "\"ag1\"");
    shadow(&world, &silent, &[])
        .with(2)
        .shows(&["1 not explained", "Not explained\n  ann@example.com\n    only umsync: joins AG2\n"]);
}

#[test]
fn each_difference_has_its_rule_or_its_fault() {
    let named = |name: &str, first: &str, last: &str| {
        let mut user = user(name, &["AG1"]);
        user["firstname"] = first.into();
        user["lastname"] = last.into();
        user
    };
    let in_dg1 = [
        "excluded", "polluted", "hooked", "kept", "named", "nameless", "twice", "missed", "strange", "twin",
        "hidden", "nowhere", "left", "xeno",
    ];
    let mut users: Vec<Value> = ["hooked", "twice", "missed", "strange", "left", "vip", "gone", "held"]
        .iter()
        .map(|name| user(name, &["AG1"]))
        .collect();
    users.extend([user("excluded", &[]), user("polluted", &["AG1", "Other"]), user("kept", &["AG1", "AG2"])]);
    users.extend([
        named("named", "named", "Dough"),
        named("nameless", "Somebody", "Doe"),
        user("idle", &["AG1"]),
        user("xeno", &[]),
    ]);
    users.extend(["twin", "hidden"].map(
        |name| serde_json::json!({"email": format!("{name}@example.com"), "type": "adobe", "groups": []}),
    ));
    users.push(serde_json::json!({"email": "guest@elsewhere.example", "type": "adobe", "groups": []}));
    let mut ldif: String = in_dg1
        .iter()
        .filter(|name| !["nameless", "nowhere", "left"].contains(name))
        .map(|name| person(name, &[]))
        .collect();
    ldif += &person("nameless", &[]).replace("givenName: nameless\n", "");
    ldif += &person("nowhere", &[]).replace("c: US\n", "");
    ldif += &person("left", &["nsAccountLock: TRUE"]);
    ldif += &person("disabled", &["nsAccountLock: TRUE"]);
    ldif += &["idle", "unmapped"].map(|name| person(name, &[])).concat();
    ldif += &[group("DG1", &in_dg1), group("DG2", &[])].concat();
    let world = World::new(&seed(&["AG1", "AG2", "Other"], &users), &ldif);
    let rules = MAPPING.replace("[AG2]", "[AG2], mode: additive")
        + NO_LIMITS
        + "people: {country: US, update: [first_name], adobe_id_twin: create, filter: {email: \"[^x].*\"}}\nprotect: {users: [\"vip@*\"]}\nleavers: {action: remove, grace: 7d}\n";
    world.configure(&rules);
    world.run(&["plan"]).with(0);
    world.run(&["leavers", "hold", "held@example.com"]).with(0);
    assert_eq!(
        differences(&world, "differ.log", 2),
        [
            "disabled only_ust disabled: gets an account",
            "excluded only_umsync exclude_adobe_groups: joins AG1",
            "gone only_ust leavers.grace: leaves the organization and is deleted with all files",
            "held only_ust leavers hold: leaves the organization and is deleted with all files",
            "hidden only_umsync B3: gets an account, joins AG1",
            "hooked only_ust groups: joins Other",
            "idle only_ust B20: leaves the organization and is deleted with all files",
            "idle only_umsync --adobe-only-user-action: loses AG1",
            "kept only_ust groups.mode: loses AG2",
            "left only_umsync disabled: loses AG1",
            "missed only_ust B1: loses AG1",
            "named only_ust people.update: last name becomes Doe",
            "nameless only_ust B6: an update without a first name",
            "nowhere only_umsync people.country: gets an account, joins AG1",
            "polluted only_ust B2: loses Other",
            "strange only_ust NOT EXPLAINED: first name becomes Somebody Else",
            "twice only_ust B7: joins `null`",
            "twin only_umsync people.adobe_id_twin: gets an account, joins AG1",
            "unmapped only_ust people.select: gets an account",
            "vip only_ust protect.users: leaves the organization and is deleted with all files",
            "xeno only_ust B20: leaves the organization and is deleted with all files",
            "guest@elsewhere.example only_ust people.domains: leaves the organization",
            "_org_admin only_ust B2: is made",
        ]
    );
    shadow(&world, "differ.log", &[]).with(2).shows(&[
        "differ          21 users with",
        "1 not explained",
        "Not explained\n  strange@example.com\n    only the User Sync Tool: first name becomes Somebody Else\n      umsync reads `strange` from the directory, and Adobe has `strange` (line 15)\n\nExplained\n",
        "protect.users: they are protected: protect.users `vip@*` (line 20)",
        "did not find the directory group DG1",
    ]);
}

#[test]
fn what_umsync_withholds_is_told_by_what_withholds_it() {
    let key = |name: &str| format!("federatedID,{name}@example.com,,{name}@example.com");
    let all = log(&[
        &format!("INFO processor - Queuing new user with user key: {}", key("ann")),
        &format!(
            "INFO processor - Updating info for user key: {} changes: {{'firstname': 'bob', 'lastname': 'Doe'}}",
            key("bob")
        ),
        &format!(
            "INFO processor - Managing groups for user key: {} added: {{'ag1'}} removed: {{'ag2'}}",
            key("bob")
        ),
        &format!("INFO processor - Removing Adobe-only user: {}", key("carl")),
    ]);
    let rules = "leavers: {action: remove, grace: 0s}\n";
    let by = |rules: &str| differences(&three(rules), &all, 0);
    assert_eq!(
        by(rules),
        ["bob only_ust baseline: loses AG2", "carl only_ust baseline: leaves the organization"]
    );
    assert_eq!(
        by(&[rules, "baseline: accept\nlimits: {create: 0, update: off, leave: off, removals: off, group_removals: off}\n"].concat()),
        ["ann only_ust limits.create: gets an account", "bob only_ust limits.create: loses AG2", "carl only_ust limits.create: leaves the organization"]
    );
    let settings = |people: &str| by(&[NO_LIMITS, rules, people].concat());
    assert_eq!(settings("people: {create: nobody}\n"), ["ann only_ust people.create: gets an account"]);
    let filtered = settings("people: {filter: {email: \"[^a].*\"}}\n");
    assert_eq!(filtered, ["ann only_ust set_aside: gets an account"]);
    let keep = by(&[NO_LIMITS, "leavers: {action: keep}\n"].concat());
    assert_eq!(keep, ["carl only_ust leavers.action: leaves the organization"]);
    let groups = by(&[NO_LIMITS, "leavers: {action: remove-groups, grace: 0s}\n"].concat());
    assert_eq!(
        groups,
        [
            "carl only_ust leavers.action: leaves the organization",
            "carl only_umsync leavers.action: loses AG1"
        ]
    );
}

#[test]
fn whom_umsync_holds_is_told_with_the_reason() {
    let twin = serde_json::json!({"email": "ann@example.com", "type": "adobe", "groups": []});
    let ldif = [person("ann", &[]), group("DG1", &["ann"]), group("DG2", &[])].concat();
    let world = World::new(&seed(&["AG1", "AG2"], &[twin]), &ldif);
    world.configure(&[MAPPING, NO_LIMITS].concat());
    world.run(&["plan"]).with(0);
    let made = log(&["INFO processor - Creating user with user key: federatedID,ann@example.com,"]);
    assert_eq!(differences(&world, &made, 0), ["ann only_ust held: gets an account"]);
    shadow(&world, &made, &[])
        .with(0)
        .shows(&["held: umsync holds them: Adobe has only an account of type adobe"]);
}

#[test]
fn what_the_user_sync_tool_does_not_do_is_told_by_its_options_and_limits() {
    let world = three(&[NO_LIMITS, "leavers: {action: remove, grace: 0s}\n"].concat());
    let make =
        "INFO processor - Queuing new user with user key: federatedID,ann@example.com,,ann@example.com";
    let off = ["DEBUG main -   process_groups: False", "DEBUG main -   update_user_info: False"];
    let over = "CRITICAL processor - Unable to process Adobe-only users, as their count (41) is larger than the max_adobe_only_users setting (20)";
    assert_eq!(
        differences(&world, &log(&[off[0], off[1], make, over]), 0),
        [
            "ann only_umsync --process-groups: joins AG1, joins AG2",
            "bob only_umsync --update-user-info: first name becomes bob, last name becomes Doe",
            "bob only_umsync --process-groups: joins AG1, loses AG2",
            "carl only_umsync max_adobe_only_users: leaves the organization",
        ]
    );
    // A log at level info does not tell what its configuration says of these.
    let unknown = differences(&world, &log(&[make]), 2);
    assert!(unknown[0].starts_with("bob only_umsync NOT EXPLAINED"), "{unknown:?}");
    assert_eq!(unknown.last().unwrap(), "carl only_umsync --adobe-only-user-action: leaves the organization");
}

#[test]
fn faults_that_need_another_organization_or_a_bare_username() {
    let world = three(&[NO_LIMITS, "leavers: {action: keep}\n"].concat());
    let again = log(&[
        "INFO processor - Queuing new user with user key: federatedID,bob@example.com,,bob@example.com",
        "INFO processor - Removing Adobe-only user from other: federatedID,carl@example.com,,carl@example.com",
        "INFO processor - Managing groups in other for user key: federatedID,bob@example.com, added: {'x'} removed: set()",
    ]);
    let told = shadow(&world, &again, &[]).with(2);
    told.shows(&["B12: Adobe has this account", "2 lines of the log are about"]);

    let renamed = serde_json::json!({"email": "old@example.com", "username": "ann", "domain": "example.com", "firstname": "ann", "lastname": "Doe", "country": "US", "type": "federated", "groups": ["AG1"]});
    let world = World::new(
        &seed(&["AG1", "AG2"], &[renamed]).replace(r#""login":"email""#, r#""login":"username""#),
        &[person("ann", &[]), group("DG1", &["ann"]), group("DG2", &[])].concat(),
    );
    world.configure(
        &[MAPPING, NO_LIMITS, "people: {attributes: {username: \"{uid}\", domain: example.com}}\n"].concat(),
    );
    world.run(&["plan"]).with(0);
    let moved = log(&[
        "INFO processor - Updating info for user key: federatedID,ann,example.com,old@example.com changes: {'email': 'Ann@example.com'}",
    ]);
    assert_eq!(differences(&world, &moved, 0), ["old both B5: email becomes ann@example.com"]);
}

#[test]
fn a_log_that_cannot_be_compared_with_is_refused_with_line_and_remedy() {
    let world = three(NO_LIMITS);
    let with = |message: &str| log(&[&format!("INFO processor - {message}")]);
    let key = "federatedID,ann@example.com,,ann@example.com";
    for (log, told) in [
        (String::new(), "no run of the User Sync Tool begins in it"),
        ("error: something else\n".to_owned(), "user-sync -t"),
        (HEAD.replace(" (TEST MODE)", "") + &TAIL.replace(" (TEST MODE)", ""), "line 1 was no test"),
        (HEAD.to_owned(), "line 1 has no summary: the log is cut short"),
        (
            format!("{HEAD}2026-11-27 09:00:05 1 CRITICAL main - too many values to unpack\n"),
            "after `too many values to unpack`",
        ),
        (format!("{HEAD}{TAIL}{}", HEAD.replace(" 1 ", " 2 ")), "line 4 has no summary"),
        (with("---------- Start Push to UMAPI ---"), "is a push"),
        (with("Queuing new user with user key: federatedID,ann"), "line 2: `federatedID,ann` is no user key"),
        (with("Queuing new user with user key: fed,ann@example.com,"), "`fed` is no identity type"),
        (with("Queuing new user with user key: federatedID,,,"), "names nobody"),
        (
            with(&format!("Updating info for user key: {key} changes: {{'firstname': 'A'")),
            "it ends in the middle of a value",
        ),
        (
            with(&format!("Updating info for user key: {key} changes: {{'shoesize': '9'}}")),
            "`shoesize` is no attribute",
        ),
        (with(&format!("Managing groups for user key: {key} added: {{'a'}}")), "which groups are removed"),
        (
            with(&format!("Managing groups for user key: {key} added: set(['\\xc3\\xa9']) removed: set([])")),
            "bytes of an unknown encoding",
        ),
        (with(&format!("Frobnicating user key: {key}")), "says nothing that is known"),
        (with("Added action: {\"do\": "), "the command is no JSON"),
        (
            format!("{HEAD}INFO processor - Queuing new user with user key: {key}\n{TAIL}"),
            "does not begin with time, process, level and logger",
        ),
    ] {
        let told_of = shadow(&world, &log, &[]).with(64).says(&["cannot be compared with", told]);
        assert!(
            told_of.stdout.is_empty() && told_of.stderr.lines().count() >= 3,
            "a cause and a remedy: {}",
            told_of.stderr
        );
    }
    for (bytes, told) in [
        (&b"\xff\xfe2\x000\x00"[..], "line 1 is not UTF-8"),
        (&[HEAD.as_bytes(), b"caf\xe9\n"].concat(), "line 2 is not UTF-8"),
    ] {
        std::fs::write(world.path("bytes.log"), bytes).unwrap();
        world
            .run(&["shadow", "--ust-log", world.path("bytes.log").to_str().unwrap()])
            .with(64)
            .says(&[told, "iconv"]);
    }
    world
        .run(&["shadow", "--ust-log", "/nowhere/ust.log"])
        .with(64)
        .says(&["/nowhere/ust.log", "it cannot be read"]);
}

#[test]
fn without_a_listing_there_is_nothing_to_compare_and_none_is_made() {
    let world = World::new(
        &seed(&["AG1", "AG2"], &[]),
        &[person("ann", &[]), group("DG1", &["ann"]), group("DG2", &[])].concat(),
    );
    world.configure(MAPPING);
    shadow(&world, "agree.log", &[]).with(1).says(&["Adobe was never listed", "umsync plan"]);
}

#[test]
fn a_push_has_nothing_to_compare() {
    let world = three(NO_LIMITS);
    world.configure(&["strategy: push\n", MAPPING, NO_LIMITS].concat());
    shadow(&world, "agree.log", &[]).with(78).says(&["with `strategy: push`", "says `strategy: sync`"]);
}
