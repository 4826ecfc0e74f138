//! Keys, and the algorithm with what it ends in (2.2 to 2.11).

use super::call::call;
use super::{
    CONSOLE, HOOK, OKTA, ORGANIZATIONS, PUSH, Row, differs, differs_tested, left_out, same, steps, tested,
};

pub(super) fn rows() -> Vec<Row> {
    let mut rows = keys();
    rows.extend(reading());
    rows.extend(commands());
    rows.extend(running());
    rows
}

/// What comes later.
pub(super) fn later() -> Vec<Row> {
    vec![
        left_out(&["OKT-1", "OKT-2", "OKT-3", "OKT-4", "OKT-5", "OKT-6", "OKT-7", "OKT-8"], OKTA),
        left_out(&["CON-1", "CON-2", "CON-3", "CON-4", "CON-5"], CONSOLE),
        left_out(&["EXT-1", "EXT-2", "EXT-3", "EXT-4", "EXT-5", "EXT-6", "EXT-7"], HOOK),
        left_out(&["secondaries", "2.7", "2.8", "2.9", "2.11", "W13"], ORGANIZATIONS),
        left_out(&["2.3", "2.4"], HOOK),
        left_out(&["push", "2.10"], PUSH),
    ]
}

const GROUPS: &str = "--process-groups";
const BOTH: &str = "--process-groups --update-user-info";

/// KEY-1 to KEY-4 and KEY-9.
fn keys() -> Vec<Row> {
    const LOGIN: &str = "--connector csv people.csv --process-groups --update-user-info";
    const HEAD: &str = "email,firstname,lastname,country,groups,username,domain,type\n";
    let login = |row: &str| call(LOGIN).table("people.csv", format!("{HEAD}{row}"));
    vec![
        same(
            &["KEY-1"],
            call(BOTH)
                .people(&["ann [DG1]; mail= ANN@Example.COM "])
                .before(&["ann [AG1]"])
                .groups(&["AG1", "AG2"])
                .ends(&["ann [AG1]"]),
        ),
        same(
            &["KEY-2", "CFG-6"],
            login("ann@example.com,ann,Doe,US,\"DG1,DG2\",ann2,login.example,federatedID\n")
                .with("adobe_users", "update_attributes: [username]")
                .domain("login.example", "federated", "username")
                .before(&["ann [AG1]; username=ann1; domain=login.example; lastname=Roe"])
                .ends(&["ann [AG1, AG2]; username=ann2; domain=login.example; lastname=Roe"]),
        ),
        // Whoever logs in by a username is told apart by it and its domain.
        same(
            &["KEY-2"],
            login("ann@example.com,ann,Doe,US,\"DG1,DG2\",ANN1, Login.Example ,federatedID\n")
                .domain("login.example", "federated", "username")
                .before(&["ann [AG1]; username=ann1; domain=login.example"])
                .ends(&["ann [AG1, AG2]; username=ann1; domain=login.example"]),
        ),
        same(
            &["KEY-2"],
            login("ann@example.com,ann,Doe,US,\"DG1,DG2\",ann1@example.com,other.example,federatedID\n")
                .before(&["ann []; username=ann1@example.com"])
                .ends(&["ann [AG1, AG2]; username=ann1@example.com"]),
        ),
        same(
            &["KEY-3"],
            call(GROUPS)
                .people(&["ann [DG1]", "bob [DG1]; mail="])
                .before(&["eve [Other]"])
                .ends(&["ann [AG1]", "eve [Other]"]),
        ),
        same(
            &["KEY-4"],
            call(GROUPS)
                .with("directory_users", "user_identity_type: adobeID")
                .people(&["ann@elsewhere.example [DG1]; mail=ann@elsewhere.example"])
                .before(&["ann@elsewhere.example []; type=adobe"])
                .ends(&["ann@elsewhere.example [AG1]; type=adobe"]),
        ),
        same(
            &["KEY-9"],
            login("new@example.com,ann,Doe,US,\"DG1,DG2\",ANN1,login.example,federatedID\n")
                .domain("login.example", "federated", "username")
                .before(&["ann [AG1]; username=ann1; domain=login.example; firstname=new"])
                .ends(&["new [AG1, AG2]; username=ann1; domain=login.example; firstname=ann"]),
        ),
        // Whether Adobe keeps the password or the company does, it is the account of that email.
        same(
            &["KEY-9"],
            call(GROUPS)
                .domain("example.com", "enterprise", "email")
                .people(&["ann [DG1]"])
                .before(&["ann []; type=enterprise"])
                .ends(&["ann [AG1]; type=enterprise"]),
        ),
        differs(
            &["KEY-9", "2.7"],
            "B3",
            "takes the Adobe ID for the account that is to be made, and says nothing",
            call(GROUPS).people(&["ann [DG1]"]).before(&["ann [Other]; type=adobe"]).ends_with(
                0,
                &["Adobe has only an account of type adobe"],
                &["ann [Other]; type=adobe"],
            ),
        ),
    ]
}

/// 2.3, 2.4 and 2.7: whose groups are whose, and what is compared.
fn reading() -> Vec<Row> {
    vec![
        same(
            &["2.3"],
            call(GROUPS)
                .people(&["ann [DG1]", "bob []"])
                .before(&["ann [AG2, Other]", "bob [AG1, AG2, Other]"])
                .ends(&["ann [AG1, Other]", "bob [Other]"]),
        ),
        differs_tested(
            &["2.3"],
            "B2",
            &["tests/parity/safety.rs::s18_s19_b02_a_group_that_only_protection_names_is_never_touched"],
        ),
        same(
            &["2.4"],
            call("--process-groups --users group Staff --user-filter 'a.*'")
                .people(&["ann [Staff, DG1]", "abe [DG1]", "bob [Staff, DG1]", "amy [Staff]"])
                .ends(&["ann [AG1]", "amy []"]),
        ),
        differs_tested(
            &["2.4"],
            "B7",
            &["tests/parity/safety.rs::s07_b07_two_entries_that_differ_in_letter_case_are_held_and_told"],
        ),
        // First and last name count to the letter, email and username do not; the country of an account never changes.
        same(
            &["2.7"],
            call("--update-user-info")
                .people(&["ann []; c=DE; mail=ANN@example.com", "bob []; sn=DOE"])
                .before(&["ann []", "bob []"])
                .ends(&["ann []", "bob []; lastname=DOE"]),
        ),
        differs(
            &["2.7"],
            "B6",
            "sends an empty update in every run",
            call("--update-user-info").people(&["ann []; givenName="]).before(&["ann []"]).ends(&["ann []"]),
        ),
        differs_tested(
            &["2.7"],
            "B4",
            &[
                "tests/parity/safety.rs::s03_b04_a_user_of_a_type_that_nobody_knows_is_left_alone_and_stops_nobody",
                "tests/parity/safety.rs::s04_b04_a_comma_in_a_username_is_a_letter_like_any_other",
                "tests/parity/faults.rs::b04_a_missing_field_is_no_reason_to_stop",
            ],
        ),
    ]
}

/// 2.8: what is sent.
fn commands() -> Vec<Row> {
    vec![
        same(
            &["2.8"],
            call(BOTH)
                .people(&["ann [DG1]; sn=Roe"])
                .before(&["ann [AG2, Other]; firstname=Formerly"])
                .ends(&["ann [AG1, Other]; lastname=Roe"]),
        ),
        differs_tested(
            &["2.8"],
            "B5",
            &[
                "tests/parity/safety.rs::s06_b05_a_new_email_of_somebody_with_a_bare_username_reaches_the_right_account",
            ],
        ),
        differs(
            &["2.8"],
            "B10",
            "ends with 0, although Adobe refuses an account without a name",
            call(GROUPS).people(&["ann [DG1]; givenName=", "bob [DG1]"]).ends_with(
                4,
                &["error.user.firstname_missing"],
                &["bob [AG1]"],
            ),
        ),
        tested(&["2.8"], &["tests/rules/made.rs::roles_are_given_by_name_and_never_made"]),
        steps(&["adobeID clash", "2.8"], nobody_gets_a_second_account_beside_an_adobe_id),
        tested(
            &["country rules"],
            &[
                "tests/rules/countries.rs::a_federated_account_without_a_country_is_not_made",
                "tests/rules/countries.rs::the_configured_country_is_for_those_who_have_none",
                "tests/rules/countries.rs::an_enterprise_account_without_a_country_has_an_undefined_one",
            ],
        ),
        tested(
            &["batching"],
            &[
                "tests/parity/worked.rs::w14_eleven_new_people_are_two_requests",
                "tests/parity/worked.rs::w15_twenty_five_groups_are_one_command",
                "crates/engine/tests/laws.rs::a_hundred_and_fifty_groups_take_two_commands_in_two_requests",
                "crates/umapi/tests/emulator/plans.rs::no_planned_command_is_refused_for_its_form",
            ],
        ),
    ]
}

fn nobody_gets_a_second_account_beside_an_adobe_id() {
    let call = call(GROUPS).people(&["ann [DG1]", "bob [DG1]"]).before(&["ann [Other]; type=adobe"]);
    let world = call.converted(None);
    world.run(&["sync"]).with(0).shows(&["ann@example.com", "Adobe has only an account of type adobe"]);
    assert_eq!(world.members("AG1"), ["bob@example.com"]);
    assert_eq!(world.adobe.users().len(), 2);
}

/// Figures, the lock, and what one run is.
fn running() -> Vec<Row> {
    vec![
        tested(
            &["push", "2.10"],
            &[
                "tests/rules/push.rs::everybody_is_made_or_updated_and_given_groups_and_nobody_else_is_touched",
                "tests/rules/push.rs::names_are_kept_where_nothing_is_to_be_updated_and_those_of_adobe_ids_always",
                "tests/import_ust/outcome.rs::what_was_pushed_is_pushed_and_nothing_is_taken_or_listed",
            ],
        ),
        tested(
            &["2.11", "summary"],
            &["tests/parity/figures.rs::t32_t33_b12_every_figure_is_counted_from_outcomes"],
        ),
        differs_tested(
            &["lock"],
            "B10",
            &[
                "tests/parity/safety.rs::s20_b10_a_second_instance_has_a_code_of_its_own_and_a_dead_one_leaves_no_lock",
                "tests/gate/together.rs::of_two_syncs_at_once_one_works_and_the_other_sends_nothing",
            ],
        ),
        differs_tested(
            &["2.11"],
            "B10",
            &["tests/parity/faults.rs::b10_no_run_in_which_something_went_wrong_ends_with_0"],
        ),
    ]
}
