//! The main file, `user-sync-config.yml` (1.3).

use super::call::call;
use super::{HOOK, ORGANIZATIONS, Row, differs, differs_tested, left_out, same, steps, tested};

pub(super) fn rows() -> Vec<Row> {
    let mut rows = adobe_users();
    rows.extend(directory_users());
    rows.extend(groups());
    rows.extend(rest());
    rows
}

/// CFG-1 to CFG-6.
fn adobe_users() -> Vec<Row> {
    const UMAPI: &str = "authentication_method: oauth\nenterprise:\n  org_id: 0123456789ABCDEF01234567@AdobeOrg\n  client_id: umsync-sandbox\n  client_secret: wrong\nserver: {host: nowhere.test, auth_host: ims.test}\n";
    const REMOVE: &str = "--process-groups --adobe-only-user-action remove";
    vec![
        same(&["CFG-1"], call("").with("main", "adobe_users").refused(&["adobe_users"])),
        same(
            &["CFG-1", "CFG-7", "CFG-18"],
            call("").file("user-sync-config.yml", "").refused(&["adobe_users", "directory_users", "limits"]),
        ),
        same(
            &["CFG-2"],
            call(REMOVE)
                .with("adobe_users", "exclude_identity_types: [' ADOBEid ']")
                .people(&["ann [DG1]"])
                .before(&["eve@elsewhere.example [AG1]; type=adobe", "gone [AG1]"])
                .ends(&["ann [AG1]", "eve@elsewhere.example [AG1]; type=adobe"]),
        ),
        same(
            &["CFG-2"],
            call("").with("adobe_users", "exclude_identity_types: [guest]").refused(&["`guest` is none of"]),
        ),
        same(
            &["CFG-3"],
            call(REMOVE)
                .with("adobe_users", "exclude_adobe_groups: [' other ', _org_admin]")
                .people(&["ann [DG1]", "bob []"])
                .before(&["bob [AG1, Other]", "eve [AG1, Other]", "boss [AG1, _org_admin]", "gone [AG1]"])
                .ends(&["ann [AG1]", "bob [AG1, Other]", "eve [AG1, Other]", "boss [AG1, _org_admin]"]),
        ),
        same(
            &["CFG-3"],
            call("").with("adobe_users", "exclude_adobe_groups: ['tag::Other']").refused(&["tag::Other"]),
        ),
        differs(
            &["CFG-3"],
            "B2",
            "takes the excluded group for one of its own, and makes it where it is missing",
            call("--process-groups")
                .with("adobe_users", "exclude_adobe_groups: [Keep]")
                .with("directory_users", "group_sync_options: {auto_create: true}")
                .people(&["ann [DG1]"])
                .ends_with(78, &["Keep"], &[]),
        ),
        same(
            &["CFG-4"],
            call(REMOVE)
                .with("adobe_users", "exclude_users: ['ADM-.*@example\\.com']")
                .people(&["ann [DG1]"])
                .before(&["adm-1 [AG1]", "no-adm-1 [AG1]"])
                .ends(&["ann [AG1]", "adm-1 [AG1]"]),
        ),
        differs(
            &["CFG-4"],
            "B8",
            "also excludes no-bob, whose name only ends so",
            call(REMOVE)
                .with("adobe_users", "exclude_users: ['adm@example\\.com|bob@example\\.com']")
                .people(&["ann [DG1]"])
                .before(&["bob [AG1]", "no-bob [AG1]"])
                .ends(&["ann [AG1]", "bob [AG1]"]),
        ),
        same(
            &["CFG-5", "CFG-10"],
            call("--process-groups")
                .with("adobe_users", "connectors: {umapi: [base.yml, umapi.yml]}")
                .with("directory_users", "connectors: {ldap: [base-ldap.yml, ldap.yml]}")
                .file("base.yml", UMAPI)
                .file("base-ldap.yml", "host: ldap://nowhere.test\nsearch_page_size: 7\n")
                .people(&["ann [DG1]"])
                .ends(&["ann [AG1]"]),
        ),
        same(
            &["CFG-5"],
            call("")
                .with("adobe_users", "connectors: {umapi: [{tag: umapi.yml}, umapi.yml]}")
                .refused(&["a file without a tag stands after one with a tag"]),
        ),
        left_out(&["CFG-5", "CFG-12"], ORGANIZATIONS),
        same(
            &["CFG-6"],
            call("--update-user-info")
                .with("adobe_users", "update_attributes: [ LastName ]")
                .people(&["ann []; sn=Roe"])
                .before(&["ann []; firstname=Formerly"])
                .ends(&["ann []; firstname=Formerly; lastname=Roe"]),
        ),
        same(&["CFG-6"], call("").with("adobe_users", "update_attributes: [phone]").refused(&["`phone`"])),
    ]
}

/// CFG-7 to CFG-10.
fn directory_users() -> Vec<Row> {
    vec![
        same(&["CFG-7"], call("").with("main", "directory_users").refused(&["directory_users"])),
        same(
            &["CFG-8"],
            call("")
                .with("directory_users", "user_identity_type: ' ENTERPRISEid '")
                .domain("example.com", "enterprise", "email")
                .people(&["ann []"])
                .ends(&["ann []; type=enterprise"]),
        ),
        same(
            &["CFG-8"],
            call("")
                .with("directory_users", "user_identity_type")
                .domain("example.com", "enterprise", "email")
                .people(&["ann []"])
                .ends(&["ann []; type=enterprise"]),
        ),
        same(
            &["CFG-8"],
            call("").with("directory_users", "user_identity_type: federated_id").refused(&["federated_id"]),
        ),
        same(
            &["CFG-9", "country rules"],
            call("")
                .with("directory_users", "default_country_code: FR")
                .people(&["ann []; c=de", "bob []; c="])
                .ends(&["ann []; country=DE", "bob []; country=FR"]),
        ),
        same(
            &["country rules"],
            call("").people(&["ann []", "bob []; c="]).ends_with(
                0,
                &["bob@example.com", "needs a country"],
                &["ann []"],
            ),
        ),
        same(
            &["country rules"],
            call("")
                .with("directory_users", "user_identity_type: enterpriseID")
                .domain("example.com", "enterprise", "email")
                .people(&["ann []; c="])
                .ends(&["ann []; type=enterprise; country=UD"]),
        ),
        same(
            &["CFG-10"],
            call("--connector csv people.csv")
                .with("csv", "delimiter: ;")
                .with("directory_users", "connectors: {ldap: nowhere.yml, csv: csv.yml}")
                .table("people.csv", "email\n")
                .refused(&["nowhere.yml", "No such file"]),
        ),
        same(
            &["CFG-10"],
            call("--connector csv people.csv --process-groups")
                .with("directory_users", "connectors: {csv: [base.yml, csv.yml]}")
                .with("csv", "delimiter: ;")
                .file("base.yml", "delimiter: '|'\nemail_column_name: mail\n")
                .table(
                    "people.csv",
                    "mail;firstname;lastname;country;groups\nann@example.com;ann;Doe;US;DG1,DG2\n",
                )
                .ends(&["ann [AG1, AG2]"]),
        ),
        same(
            &["CFG-10"],
            call("").with("directory_users", "connectors: {csv: umapi.yml}").refused(&["connectors.ldap"]),
        ),
    ]
}

/// CFG-11 to CFG-15.
fn groups() -> Vec<Row> {
    vec![
        same(
            &["CFG-11"],
            call("--process-groups --users mapped")
                .with(
                    "directory_users",
                    "groups: [{directory_group: DG1, adobe_groups: AG1}, {directory_group: DG1, adobe_groups: [AG2]}, {directory_group: DG2, adobe_groups: []}]",
                )
                .people(&["ann [DG1]", "bob [DG2]", "cid []"])
                .ends(&["ann [AG1, AG2]", "bob []"]),
        ),
        same(
            &["CFG-11"],
            call("")
                .with("directory_users", "groups: [{directory_group: DG1, adobe_groups: ['']}]")
                .refused(&["the name of a group belongs here"]),
        ),
        same(&["CFG-11"], call("").with("directory_users", "groups: [{adobe_groups: [AG1]}]").refused(&["directory_group"])),
        same(
            &["CFG-12"],
            call("--process-groups")
                .people(&["ann [DG1]", "bob [DG2]"])
                .groups(&["ag1", "AG2"])
                .ends(&["ann [ag1]", "bob [AG2]"]),
        ),
        same(
            &["CFG-13", "CFG-14", "2.5", "additional groups"],
            call("--process-groups")
                .with("directory_users", "additional_groups: [{source: 'ACL-(.+)', target: 'Team \\1'}, {source: OLD-, target: 'New '}]")
                .with("directory_users", "group_sync_options: {auto_create: true}")
                .with("ldap", "dynamic_group_member_attribute: memberOf")
                .people(&["ann [ACL-Art, DG1]", "bob [OLD-Film]", "cid [X-ACL-Art]"])
                .before(&["cid [Other]"])
                .ends(&["ann [AG1, Team Art]", "bob [New Film]", "cid [Other]"]),
        ),
        same(&["CFG-13"], call("").with("directory_users", "additional_groups: [{source: x}]").refused(&["source and target belong here"])),
        tested(
            &["CFG-13", "2.5", "additional groups"],
            &[
                "tests/rules/patterns.rs::two_groups_that_would_share_one_stop_the_run",
                "tests/rules/patterns.rs::every_group_that_matches_gives_the_group_of_its_name",
                "tests/rules/patterns.rs::a_table_has_the_groups_that_its_rows_list",
            ],
        ),
        // There it is no mapped group in a run in which nobody is to be in it.
        differs_tested(
            &["2.5"],
            "B2",
            &["tests/rules/patterns.rs::s16_a_group_that_lost_its_last_member_is_emptied"],
        ),
        steps(&["CFG-14", "2.6", "auto-create"], a_group_is_made_under_its_own_name_and_only_where_it_is_missing),
        tested(
            &["CFG-14", "2.6", "auto-create"],
            &[
                "tests/rules/made.rs::a_group_that_is_there_keeps_what_it_has",
                "tests/parity/faults.rs::b18_a_group_that_cannot_be_made_is_told_and_fails_only_what_needs_it",
            ],
        ),
        same(
            &["CFG-14"],
            call("")
                .with("directory_users", "group_sync_options: {auto_create: true}")
                .groups(&["AG1"])
                .people(&["ann [DG2]"])
                .ends(&["ann []"]),
        ),
        left_out(&["CFG-15"], HOOK),
    ]
}

fn a_group_is_made_under_its_own_name_and_only_where_it_is_missing() {
    let call = call("--process-groups")
        .with("directory_users", "group_sync_options: {auto_create: true}")
        .groups(&["ag1", "Other"])
        .people(&["ann [DG1]"]);
    let world = call.converted(None);
    world.run(&["sync"]).with(0).shows(&["1 group created"]);
    let names: Vec<String> = world.adobe.groups().into_iter().map(|group| group.name).collect();
    assert!(["ag1", "AG2", "Other"].iter().all(|name| names.contains(&(*name).to_owned())), "{names:?}");
    assert!(!names.contains(&"AG1".to_owned()), "{names:?}");
    assert_eq!(world.members("ag1"), ["ann@example.com"]);
    assert!(world.members("AG2").is_empty(), "it is made although nobody is in it");
}

/// CFG-16 to CFG-25.
fn rest() -> Vec<Row> {
    const REMOVE: &str = "--process-groups --adobe-only-user-action remove";
    const FIVE: &[&str] = &["a [AG1]", "b [AG1]", "c [AG1]", "d [Other]", "ann [AG1]"];
    const ANN: &[&str] = &["ann [AG1]"];
    vec![
        same(&["CFG-18"], call("").with("main", "limits").refused(&["limits"])),
        same(&["CFG-16"], call("").with("limits", "max_adobe_only_users").with("limits", "x: 1").refused(&["limits.max_adobe_only_users"])),
        same(
            &["CFG-16", "limit in users"],
            call(REMOVE).with("limits", "max_adobe_only_users: '4'").people(&["ann [DG1]"]).before(FIVE).ends(ANN),
        ),
        same(
            &["CFG-16", "limit in users"],
            call(REMOVE)
                .with("limits", "max_adobe_only_users: 3")
                .people(&["ann [DG1, DG2]", "new [DG1]"])
                .before(FIVE)
                .ends_with(3, &["more than the 3 allowed"], &["a [AG1]", "b [AG1]", "c [AG1]", "d [Other]", "ann [AG1, AG2]", "new [AG1]"]),
        ),
        differs(
            &["limit in users"],
            "B1",
            "takes AG1 from ann all the same, although what it has read is not to be believed",
            call(REMOVE)
                .with("limits", "max_adobe_only_users: 3")
                .people(&["ann [DG2]"])
                .before(FIVE)
                .ends_with(3, &["more than the 3 allowed"], &["a [AG1]", "b [AG1]", "c [AG1]", "d [Other]", "ann [AG1, AG2]"]),
        ),
        same(
            &["CFG-16", "limit in percent"],
            call(REMOVE).with("limits", "max_adobe_only_users: 80%").people(&["ann [DG1]"]).before(FIVE).ends(ANN),
        ),
        same(
            &["CFG-16", "limit in percent"],
            call(REMOVE).with("limits", "max_adobe_only_users: 79.9%").people(&["ann [DG1]"]).before(FIVE).ends_with(3, &["79.9"], FIVE),
        ),
        differs(
            &["CFG-16", "limit in percent", "list"],
            "B11",
            "refuses everything, for with a list it has read nobody",
            call("--adobe-only-user-list gone.csv --adobe-only-user-action remove")
                .with("limits", "max_adobe_only_users: 50%")
                .file("gone.csv", "type,email\nfederatedID,a@example.com\n")
                .people(&["ann [DG1]"])
                .before(FIVE)
                .ends(&["b [AG1]", "c [AG1]", "d [Other]", "ann [AG1]"]),
        ),
        same(
            &["CFG-16"],
            call(REMOVE).with("limits", "max_adobe_only_users: -1").people(&["ann [DG1]"]).before(FIVE).ends_with(3, &["more than the 0"], FIVE),
        ),
        tested(&["CFG-16"], &["tests/import_ust/hostile.rs::all_mistakes_are_told_at_once_and_the_result_has_to_load"]),
        same(
            &["CFG-19", "CFG-20", "CFG-21", "CFG-22", "CFG-23"],
            call("--process-groups")
                .with("main", "logging: {log_to_file: true, file_log_directory: logs, file_log_name_format: '{:%Y}.log', file_log_level: debug, console_log_level: loud, log_progress: false}")
                .people(&["ann [DG1]"])
                .reports(&["umsync history", "umsync writes no file of its own"])
                .ends(ANN),
        ),
        tested(&["CFG-19", "CFG-22", "CFG-23"], &["tests/report.rs::a_report_tells_every_change_with_its_outcome_and_needs_no_secret"]),
        same(
            &["CFG-24"],
            call("--users all")
                .with("main", "invocation_defaults: {users: mapped, process_groups: yes, update_user_info: on, adobe_only_user_action: [write-file, gone.csv], user_filter: null}")
                .people(&["ann [DG1]", "bob []"])
                .before(&["ann [AG2]; firstname=Formerly"])
                .ends(&["ann [AG1]", "bob []"]),
        ),
        same(
            &["CFG-24"],
            call("").with("main", "invocation_defaults: {process_groups: 'yes'}").refused(&["true or false belongs here"]),
        ),
        // It does not run with them; here they are named, and nothing runs before somebody has read that.
        tested(&["CFG-25"], &["tests/import_ust/keys.rs::every_key_is_in_exactly_one_list"]),
        same(&["CFG-25"], call("").with("main", "dashboard: {x: 1}").people(&["ann []"]).reports(&["dashboard", "a key of an older version"]).ends(&["ann []"])),
    ]
}
