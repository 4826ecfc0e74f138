//! Commands, and the options of `sync` (1.1 and 1.2).

use super::call::{Call, call};
use super::{Row, SIGN, differs, differs_tested, left_out, same, steps, tested};
use crate::support::{ended, program};

const ANN_AND_BOB: &[&str] = &["ann [DG1]", "bob []"];

pub(super) fn rows() -> Vec<Row> {
    let mut rows = commands();
    rows.extend(options());
    rows
}

fn commands() -> Vec<Row> {
    let script = "#!/usr/bin/env bash\n./user-sync --process-groups --users mapped\n";
    vec![
        same(&["CMD-1"], call("").people(ANN_AND_BOB).ends(&["ann []", "bob []"])),
        same(&["CMD-1"], call("sync --process-groups").people(ANN_AND_BOB).ends(&["ann [AG1]", "bob []"])),
        steps(&["CMD-2", "CMD-3", "CMD-8"], every_command_tells_what_it_does),
        tested(
            &["CMD-4", "CMD-5"],
            &["tests/report.rs::what_init_writes_is_understood_apart_from_what_is_to_be_filled_in"],
        ),
        tested(&["CMD-8"], &["tests/deploy.rs::every_command_that_is_named_exists"]),
        left_out(&["CMD-6", "CMD-12", "CMD-13"], SIGN),
        same(&["CMD-7"], Call::by_script("ust_live.sh", script).people(ANN_AND_BOB).ends(&["ann [AG1]"])),
        same(
            &["CMD-7"],
            Call::by_script(
                "Run_UST_Live.bat",
                "@echo off\r\nuser-sync.exe --process-groups --users mapped\r\n",
            )
            .people(ANN_AND_BOB)
            .ends(&["ann [AG1]"]),
        ),
        tested(&["CMD-7"], &["tests/deploy.rs::the_cron_line_runs_every_two_hours_off_the_full_hour"]),
        // Keys are for credentials that Adobe has ended; one with a password is refused by its name.
        differs_tested(
            &["CMD-9", "CMD-10", "CMD-11", "encrypted key"],
            "JWT",
            &["crates/umapi/src/jwt.rs::what_cannot_sign_is_refused_by_its_key"],
        ),
    ]
}

/// Every command has its help, the program its version, and neither needs a configuration.
fn every_command_tells_what_it_does() {
    let version = ended(program(&["--version"])).with(0).stdout;
    assert_eq!(version, format!("umsync {}\n", env!("CARGO_PKG_VERSION")));
    let help = ended(program(&["--help"])).with(0).stdout;
    let list = help.split("Commands:\n").nth(1).and_then(|rest| rest.split("\n\n").next()).unwrap();
    // What is told of a command may go on in lines that begin further to the right.
    let begins = |line: &&str| !line.starts_with("   ");
    let commands: Vec<&str> =
        list.lines().filter(begins).filter_map(|line| line.split_whitespace().next()).collect();
    assert!(commands.len() > 15 && commands.contains(&"sync"), "{commands:?}");
    for command in commands.into_iter().filter(|command| *command != "help") {
        let told = ended(program(&[command, "--help"])).with(0).stdout;
        assert!(told.contains(&format!("Usage: umsync {command}")), "{command}: {told}");
    }
}

fn options() -> Vec<Row> {
    let mut rows = whom();
    rows.extend(what());
    rows
}

/// Where people come from, and who of them is meant: OPT-1 to OPT-6.
fn whom() -> Vec<Row> {
    let table = "email,firstname,lastname,country,groups\nann@example.com,ann,Doe,US,DG1\nbob@example.com,bob,Doe,US,DG2\n";
    let kunst = "groups: [{directory_group: DG1, adobe_groups: [Künste]}]";
    vec![
        same(
            &["OPT-1"],
            call("--config-file-encoding windows-1252 --process-groups")
                .file("user-sync-config.yml", in_windows(kunst))
                .groups(&["Künste"])
                .people(&["ann [DG1]"])
                .ends(&["ann [Künste]"]),
        ),
        tested(
            &["OPT-1", "OPT-2", "OPT-3", "OPT-4"],
            &["tests/import_ust/hostile.rs::options_that_the_tool_does_not_know_are_named"],
        ),
        same(
            &["OPT-1"],
            call("").file("user-sync-config.yml", in_windows(kunst)).refused(&["user-sync-config.yml"]),
        ),
        same(
            &["OPT-2"],
            call("-c other.yml --process-groups")
                .file("other.yml", main_with(kunst))
                .groups(&["Künste"])
                .people(&["ann [DG1]"])
                .ends(&["ann [Künste]"]),
        ),
        same(&["OPT-3"], call("--connector ' LDAP '").people(ANN_AND_BOB).ends(&["ann []", "bob []"])),
        same(
            &["OPT-3"],
            call("--connector csv people.csv --process-groups")
                .table("people.csv", table)
                .ends(&["ann [AG1]", "bob [AG2]"]),
        ),
        same(&["OPT-3"], call("--connector ldap people.csv").refused(&["ldap takes no file"])),
        same(&["OPT-4"], call("--users all").people(ANN_AND_BOB).ends(&["ann []", "bob []"])),
        same(
            &["OPT-4"],
            call("--process-groups --users file people.csv")
                .table("people.csv", table)
                .ends(&["ann [AG1]", "bob [AG2]"]),
        ),
        same(&["OPT-4"], call("--users mapped").people(ANN_AND_BOB).ends(&["ann []"])),
        same(
            &["OPT-4"],
            call("--process-groups --users group DG1,Staff")
                .people(&["ann [DG1, DG2]", "bob [DG2]", "cid [Staff]"])
                .ends(&["ann [AG1, AG2]", "cid []"]),
        ),
        differs(
            &["OPT-4"],
            "B9",
            "misses DG2, for its name begins with a space",
            call("--process-groups --users group 'DG1, DG2'")
                .people(&["ann [DG1]", "bob [DG2]"])
                .ends(&["ann [AG1]", "bob [AG2]"]),
        ),
        differs(
            &["OPT-4"],
            "B1",
            "takes Nowhere for a group without members",
            call("--process-groups --users group Nowhere")
                .people(&["ann [DG1]"])
                .before(&["ann [AG1]"])
                .ends_with(6, &["Nowhere"], &["ann [AG1]"]),
        ),
        same(
            &["OPT-5"],
            call("--user-filter '(ANN|b.b)@example\\.com'")
                .people(&["ann []", "bob []", "bobby []", "joanne []"])
                .ends(&["ann []", "bob []"]),
        ),
        // Whom it means nobody knows, so nothing happens.
        same(
            &["OPT-5"],
            call("--user-filter '('")
                .people(ANN_AND_BOB)
                .reports(&["--user-filter", "people.create is nobody"])
                .ends(&[]),
        ),
        same(
            &["OPT-5"],
            call("--connector csv people.csv --user-filter 'A..1'")
                .with("directory_users", "groups")
                .table(
                    "people.csv",
                    "email,firstname,lastname,country,username,domain,type\nann@example.com,ann,Doe,US,ann1,login.example,federatedID\nabe1@example.com,abe,Doe,US,bob2,login.example,federatedID\n",
                )
                .domain("login.example", "federated", "username")
                .ends(&["ann []; username=ann1; domain=login.example"]),
        ),
        differs(
            &["OPT-5"],
            "B8",
            "also selects xbob, whose name only ends so",
            call("--user-filter 'ann@example\\.com|bob@example\\.com'")
                .people(&["ann []", "bob []", "xbob []"])
                .ends(&["ann []", "bob []"]),
        ),
        differs(
            &["OPT-5"],
            "B20",
            "takes bob for somebody who has left",
            call("--process-groups --user-filter 'ann@.*' --adobe-only-user-action remove")
                .people(&["ann [DG1]", "bob [DG1]"])
                .before(&["bob [AG1]", "gone [AG1]"])
                .ends(&["ann [AG1]", "bob [AG1]"]),
        ),
        same(
            &["OPT-6"],
            call("--process-groups --adobe-users mapped")
                .people(&["ann [DG1]"])
                .before(&["ann [AG2]", "gone [AG1, Other]", "eve [Other]"])
                .ends(&["ann [AG1]", "gone [Other]", "eve [Other]"]),
        ),
        differs(
            &["OPT-6", "remove"],
            "B2",
            "lets gone leave, for they are in a group that is looked into, and eve stay, for she is in none",
            call("--process-groups --adobe-users mapped --adobe-only-user-action remove")
                .people(&["ann [DG1]"])
                .before(&["gone [AG1, Other]", "eve [Other]"])
                .reports(&["`remove` would reach further"])
                .ends(&["ann [AG1]", "gone [Other]", "eve [Other]"]),
        ),
        differs(
            &["OPT-6"],
            "B2",
            "takes everybody out of Other, for it is looked into",
            call("--process-groups --adobe-users group Other")
                .people(&["ann [DG1]"])
                .before(&["ann [AG1, Other]", "eve [Other]"])
                .ends(&["ann [AG1, Other]", "eve [Other]"]),
        ),
    ]
}

/// What is done about them: OPT-7 to OPT-14.
fn what() -> Vec<Row> {
    const FORMERLY: &[&str] = &["ann [AG2, Other]; firstname=Formerly"];
    vec![
        // Each action stands with the algorithm, under its own name.
        same(
            &["OPT-7"],
            call("--adobe-only-user-action destroy").refused(&["`destroy` is none of preserve"]),
        ),
        same(
            &["OPT-7"],
            call("--adobe-only-user-action write-file").refused(&["write-file takes one file"]),
        ),
        same(
            &["OPT-8"],
            call("--adobe-only-user-list gone.csv --adobe-only-user-action write-file x.csv")
                .refused(&["a list does not go together with the action write-file"]),
        ),
        same(
            &["OPT-8"],
            call("--adobe-only-user-list gone.csv --strategy push")
                .refused(&["a list does not go together with the strategy push"]),
        ),
        same(
            &["OPT-8"],
            call("--users mapped --user-filter 'x.*' --adobe-only-user-list gone.csv --adobe-only-user-action remove")
                .file("gone.csv", "type,email,domain\nfederatedID,bob@example.com,\n")
                .people(&["ann [DG1]"])
                .before(&["bob [AG1]", "cid [AG1]"])
                .ends(&["cid [AG1]"]),
        ),
        same(
            &["OPT-9"],
            call("--exclude-unmapped-users --process-groups")
                .people(&["ann [DG1]", "bob []", "cid []"])
                .before(&["cid [AG1]"])
                .ends(&["ann [AG1]", "cid []"]),
        ),
        same(
            &["OPT-9"],
            call("--include-unmapped-users --process-groups")
                .people(ANN_AND_BOB)
                .ends(&["ann [AG1]", "bob []"]),
        ),
        same(
            &["OPT-10", "OPT-11"],
            call("--process-groups --no-update-user-info")
                .people(&["ann [DG1]"])
                .before(FORMERLY)
                .ends(&["ann [AG1, Other]; firstname=Formerly"]),
        ),
        same(
            &["OPT-10", "OPT-11"],
            call("--no-process-groups --update-user-info")
                .people(&["ann [DG1]"])
                .before(FORMERLY)
                .ends(&["ann [AG2, Other]"]),
        ),
        same(
            &["OPT-10"],
            call("--adobe-only-user-action remove-adobe-groups")
                .people(&["ann [DG1]"])
                .before(&["gone [AG1, Other]"])
                .ends(&["ann []", "gone []"]),
        ),
        same(
            &["OPT-12"],
            call("--strategy sync --process-groups").people(ANN_AND_BOB).ends(&["ann [AG1]", "bob []"]),
        ),
        tested(
            &["OPT-12"],
            &["tests/import_ust/outcome.rs::what_was_pushed_is_pushed_and_nothing_is_taken_or_listed"],
        ),
        differs(
            &["OPT-12"],
            "B19",
            "takes it for `sync` without a word",
            call("--strategy pull --process-groups")
                .people(&["ann [DG1]"])
                .reports(&["`pull` is no strategy"])
                .ends(&["ann [AG1]"]),
        ),
        tested(
            &["OPT-13", "test mode"],
            &[
                "tests/modes.rs::test_mode_leaves_adobe_byte_identical_and_says_test_only_on_every_action",
                "tests/refusals.rs::what_a_test_cannot_know_is_a_false_alarm_and_told_as_one",
                "tests/packing.rs::a_test_of_groups_commands_changes_nothing_and_refuses_nothing",
            ],
        ),
        same(
            &["OPT-13"],
            call("-t").people(&["ann []"]).reports(&["umsync sync --test-mode"]).ends(&["ann []"]),
        ),
        differs(
            &["OPT-14"],
            "B17",
            "believes whoever answers",
            call("")
                .with("main", "invocation_defaults: {ssl_cert_verify: false}")
                .people(&["ann []"])
                .reports(&["certificates of Adobe's side are always verified"])
                .ends(&["ann []"]),
        ),
    ]
}

/// A main file in which `groups` is this.
fn main_with(groups: &str) -> String {
    format!(
        "adobe_users:\n  connectors: {{umapi: umapi.yml}}\ndirectory_users:\n  user_identity_type: federatedID\n  connectors: {{ldap: ldap.yml}}\n  {groups}\nlimits: {{max_adobe_only_users: 5}}\n"
    )
}

/// The same in the encoding of Windows in the west.
fn in_windows(groups: &str) -> Vec<u8> {
    main_with(groups).chars().map(|letter| u8::try_from(u32::from(letter)).unwrap()).collect()
}
