//! The connector to tables, `connector-csv.yml` (1.7).

use super::call::{Call, call};
use super::{HOOK, Row, differs, differs_tested, left_out, same, steps, tested};

const HEAD: &str = "email,firstname,lastname,country,groups,username,domain,type\n";

/// Anné, in the encoding of Windows in the west.
const ANNE: &[u8] = b"email,firstname,lastname,country\nann@example.com,Ann\xe9,Doe,US\n";

/// A table of this name with the usual columns and these rows.
fn table(options: &'static str, rows: &str) -> Call {
    call(options).table("people.csv", format!("{HEAD}{rows}"))
}

const SYNC: &str = "--connector csv people.csv --process-groups";

pub(super) fn rows() -> Vec<Row> {
    let mut rows = file();
    rows.extend(cells());
    rows
}

/// CSV-1 to CSV-5.
fn file() -> Vec<Row> {
    let tabs = "email\tfirstname\tlastname\tcountry\tgroups\nann@example.com\tann\tDoe\tUS\tDG1,DG2\n";
    let odd = "Mail;Given;Family;Land;Teams;Login;Realm;Kind\nann@example.com;ann;Doe;FR;DG1,DG2;ann1;login.example;federatedID\n";
    vec![
        same(
            &["CSV-1"],
            call("--connector csv --process-groups")
                .with("csv", "file_path: in/people.csv")
                .file("csv.yml", "file_path: people.tsv\n")
                .table("people.tsv", tabs)
                .ends(&["ann [AG1, AG2]"]),
        ),
        same(
            &["CSV-1"],
            call(SYNC)
                .with("csv", "logger_name: x")
                .ends_with(6, &["people.csv"], &[])
                .table("other.csv", ""),
        ),
        same(&["CSV-1"], call("--connector csv").with("csv", "logger_name: x").refused(&["csv: file_path"])),
        same(
            &["CSV-2"],
            call("--connector csv people.tsv --process-groups")
                .table("people.tsv", tabs)
                .ends(&["ann [AG1, AG2]"]),
        ),
        same(
            &["CSV-2"],
            call("--connector csv people.txt --process-groups")
                .table("people.txt", tabs)
                .ends(&["ann [AG1, AG2]"]),
        ),
        same(
            &["CSV-3"],
            call("--connector csv people.csv")
                .with("csv", "string_encoding: cp1252")
                .with("directory_users", "groups")
                .table("people.csv", ANNE)
                .ends(&["ann []; firstname=Anné"]),
        ),
        same(
            &["CSV-3"],
            call("--connector csv people.csv")
                .with("directory_users", "groups")
                .table("people.csv", ANNE)
                .ends_with(6, &["no UTF-8"], &[]),
        ),
        differs(
            &["CSV-3"],
            "B1",
            "does not know the first column by its name, reads nobody, and takes everybody for gone",
            call("--connector csv people.csv --adobe-only-user-action remove")
                .with("directory_users", "groups")
                .table("people.csv", "\u{feff}email,firstname,lastname,country\nann@example.com,ann,Doe,US\n")
                .before(&["ann []"])
                .ends(&["ann []"]),
        ),
        same(
            &["CSV-4"],
            call(SYNC)
                .with("csv", "delimiter: ';'")
                .with("csv", "email_column_name: Mail")
                .with("csv", "first_name_column_name: Given")
                .with("csv", "last_name_column_name: Family")
                .with("csv", "country_column_name: Land")
                .with("csv", "groups_column_name: Teams")
                .with("csv", "username_column_name: Login")
                .with("csv", "domain_column_name: Realm")
                .with("csv", "identity_type_column_name: Kind")
                .table("people.csv", odd)
                .domain("login.example", "federated", "username")
                .ends(&["ann [AG1, AG2]; username=ann1; domain=login.example; country=FR"]),
        ),
        same(
            &["CSV-5"],
            call("--connector csv people.csv")
                .with("csv", "user_identity_type: enterpriseID")
                .with("directory_users", "groups")
                .domain("example.com", "enterprise", "email")
                .table("people.csv", "email,firstname,lastname,country\nann@example.com,ann,Doe,US\n")
                .ends(&["ann []; type=enterprise"]),
        ),
    ]
}

/// CSV-6 to CSV-12.
fn cells() -> Vec<Row> {
    vec![
        same(
            &["CSV-6"],
            call(SYNC)
                .table(
                    "people.csv",
                    "email,shoe size,firstname,lastname,country,groups\nann@example.com,38,ann,Doe,US,\"DG1,DG2\"\nbob@example.com,,bob,Doe,US,\n",
                )
                .ends(&["ann [AG1, AG2]", "bob []"]),
        ),
        // Whoever has none is nobody who could have an account.
        steps(&["CSV-6"], a_row_without_an_email_loses_nobody_else),
        differs_tested(
            &["CSV-6"],
            "B1",
            &["tests/csv.rs::every_bad_row_is_named_and_nothing_is_sent"],
        ),
        differs(
            &["CSV-7"],
            "B9",
            "does not find ` DG2`",
            table(SYNC, "ann@example.com,ann,Doe,US,\"DG1, DG2\",,,\n").ends(&["ann [AG1, AG2]"]),
        ),
        differs_tested(
            &["CSV-7"],
            "B7",
            &["tests/csv.rs::two_rows_with_one_mail_are_held_and_nobody_loses_anything"],
        ),
        differs_tested(
            &["CSV-7", "CSV-11"],
            "B1",
            &["tests/csv.rs::a_mapped_group_that_nobody_lists_is_missing_unless_it_may_be_empty"],
        ),
        same(
            &["CSV-8"],
            table(
                "--connector csv people.csv",
                "ann@example.com,ann,Doe,US,\"DG1,DG2\",ann1,login.example,federatedID\n",
            )
            .domain("login.example", "federated", "username")
            .ends(&["ann []; username=ann1; domain=login.example"]),
        ),
        same(
            &["CSV-8"],
            table("--connector csv people.csv", "ann@login.example,ann,Doe,US,\"DG1,DG2\",ann1,,federatedID\n")
                .domain("login.example", "federated", "username")
                .ends(&["ann@login.example []; username=ann1; domain=login.example; firstname=ann"]),
        ),
        same(
            &["CSV-8"],
            table("--connector csv people.csv", "ann@example.com,ann,Doe,US,\"DG1,DG2\",,,federatedID\n").ends(&["ann []"]),
        ),
        same(
            &["CSV-9"],
            table(
                SYNC,
                "ann@example.com,ann,Doe,US,\"DG1,DG2\",,, FEDERATEDid \nbob@example.com,bob,Doe,US,DG1,,,guest\n",
            )
            .ends_with(0, &["line 3", "`guest` is no identity type"], &["ann [AG1, AG2]"]),
        ),
        differs(
            &["CSV-5", "CSV-9"],
            "B19",
            "gives whoever says no type the default one",
            table(
                SYNC,
                "ann@example.com,ann,Doe,US,\"DG1,DG2\",,,federatedID\nbob@example.com,bob,Doe,US,DG1,,,\n",
            )
            .reports(&["some rows say their type", "fill the column in every row"])
            .ends(&[]),
        ),
        same(
            &["CSV-10"],
            table(SYNC, "ann@example.com,ann,Doe,US,\"DG1,DG2,ACL-Art\",,,\n")
                .with("directory_users", "additional_groups: [{source: 'ACL-(.+)', target: 'Team \\1'}]")
                .groups(&["AG1", "AG2", "Team Art"])
                .ends(&["ann [AG1, AG2, Team Art]"]),
        ),
        same(
            &["CSV-11"],
            table(
                "--connector csv people.csv --process-groups --users group DG1",
                "ann@example.com,ann,Doe,US,\"DG1,DG2\",,,\nbob@example.com,bob,Doe,US,DG2,,,\n",
            )
            .ends(&["ann [AG1, AG2]"]),
        ),
        tested(&["CSV-11"], &["tests/csv.rs::a_table_of_the_user_sync_tool_is_a_directory_as_it_is"]),
        left_out(&["CSV-12"], HOOK),
        same(
            &["CSV-12"],
            table("--connector csv people.csv", "ann@example.com,ann,Doe,US,\"DG1,DG2\",,,\n")
                .with("csv", "extended_attributes: [shoe]")
                .reports(&["it is for a Python hook"])
                .ends(&["ann []"]),
        ),
    ]
}

fn a_row_without_an_email_loses_nobody_else() {
    let rows = "ann@example.com,ann,Doe,US,\"DG1,DG2\",,,\n,bob,Doe,US,,,,\nnobody,cid,Doe,US,,,,\n";
    let world = table(SYNC, rows).converted(None);
    let told = world.run(&["sync"]).with(0);
    assert_eq!(world.members("AG1"), ["ann@example.com"]);
    assert_eq!(world.adobe.users().len(), 1);
    assert!(told.stdout.contains("line 4"), "{}", told.stdout);
}
