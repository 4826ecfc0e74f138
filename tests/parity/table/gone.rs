//! Those who are only at Adobe (2.9): each action, the list of them, and the limits.

use super::call::{Call, call};
use super::{Row, differs, same, steps, tested};

const GROUPS: &str = "--process-groups";

/// 2.9: each action for those who are only at Adobe, the list of them, and the limits.
pub(super) fn rows() -> Vec<Row> {
    const ANN: &[&str] = &["ann [DG1]"];
    const BEFORE: &[&str] = &["ann [AG1]", "gone [AG1, Other]"];
    const ALL: &[&str] = &["ann [AG1]", "gone [AG1, Other]"];
    const STRIPPED: &[&str] = &["ann [AG1]", "gone [Other]"];
    let with = |options| call(options).people(ANN).before(BEFORE);
    let listed = |options| {
        with(options).file(
            "gone.csv",
            "type,username,email,domain\nfederatedID,,GONE@example.com,\nfederatedID,,ann@example.com,\n",
        )
    };
    vec![
        same(&["2.9", "preserve"], with(GROUPS).ends(STRIPPED)),
        same(&["preserve"], with("--adobe-only-user-action preserve").ends(ALL)),
        same(&["exclude"], with("--process-groups --adobe-only-user-action exclude").ends(ALL)),
        same(
            &["remove-adobe-groups"],
            with("--process-groups --adobe-only-user-action remove-adobe-groups")
                .ends(&["ann [AG1]", "gone []"]),
        ),
        same(&["remove"], with("--process-groups --adobe-only-user-action remove").ends(&["ann [AG1]"])),
        same(&["remove"], with("--adobe-only-user-action remove").ends(&["ann [AG1]"])),
        steps(&["remove", "delete"], an_account_that_only_leaves_is_not_deleted),
        steps(&["write-file", "list"], a_file_is_written_reviewed_and_acted_on),
        tested(
            &["write-file", "list"],
            &[
                "tests/rules/leavers.rs::s11_b11_what_is_written_is_reviewed_and_read_again_whatever_people_are_called",
            ],
        ),
        same(
            &["list"],
            listed("--adobe-only-user-list gone.csv --adobe-only-user-action remove").ends(&["ann [AG1]"]),
        ),
        same(
            &["list"],
            listed("--adobe-only-user-list gone.csv --adobe-only-user-action remove-adobe-groups")
                .ends(&["ann [AG1]", "gone []"]),
        ),
        same(&["list"], listed("--adobe-only-user-list gone.csv --process-groups").ends(ALL)),
        differs(
            &["list"],
            "B4",
            "stops altogether at a row without a type",
            with("--adobe-only-user-list gone.csv --adobe-only-user-action remove")
                .file("gone.csv", "type,email\n,gone@example.com\nguest,ann@example.com\n")
                .ends_with(0, &["ann@example.com"], &["ann [AG1]"]),
        ),
        same(
            &["list"],
            with("--adobe-only-user-list gone.csv --adobe-only-user-action remove")
                .file("gone.csv", "email\ngone@example.com\n")
                .ends_with(78, &["gone.csv", "no column `type`"], ALL),
        ),
        // Only those who would lose a mapped group count, and nothing becomes of the others.
        same(
            &["group_removals_only", "CFG-17"],
            call("--process-groups --adobe-only-user-action exclude")
                .with("limits", "group_removals_only: true")
                .people(ANN)
                .before(BEFORE)
                .ends(ALL),
        ),
        same(
            &["group_removals_only", "CFG-17"],
            call(GROUPS)
                .with("limits", "group_removals_only: true")
                .people(ANN)
                .before(&["ann [AG1]", "gone [AG1, Other]", "other [Other]"])
                .ends(&["ann [AG1]", "gone [Other]", "other [Other]"]),
        ),
        same(
            &["group_removals_only", "CFG-17"],
            call("--process-groups --adobe-only-user-action remove-adobe-groups")
                .with("limits", "group_removals_only: true")
                .people(ANN)
                .before(&["ann [AG1]", "other [Other]"])
                .ends(&["ann [AG1]", "other [Other]"]),
        ),
        same(
            &["group_removals_only"],
            call("--adobe-only-user-action remove")
                .with("limits", "group_removals_only: true")
                .people(ANN)
                .before(BEFORE)
                .ends(ALL),
        ),
        differs(
            &["group_removals_only", "CFG-17", "remove"],
            "B2",
            "lets gone leave, for they are in a group that is mapped",
            call("--process-groups --adobe-only-user-action remove")
                .with("limits", "group_removals_only: true")
                .people(ANN)
                .before(&["ann [AG1]", "gone [AG1, Other]", "other [Other]"])
                .reports(&["`remove` would reach further"])
                .ends(&["ann [AG1]", "gone [Other]", "other [Other]"]),
        ),
        same(
            &["limit in users", "preserve"],
            call(GROUPS)
                .with("limits", "max_adobe_only_users: 1")
                .people(&["ann [DG1]", "new [DG1]"])
                .before(&["ann [AG1]", "gone [AG1, Other]", "too [AG2]"])
                .ends_with(3, &["2 removals"], &["ann [AG1]", "new [AG1]", "gone [AG1, Other]", "too [AG2]"]),
        ),
        same(
            &["limit in users", "preserve"],
            call(GROUPS)
                .with("limits", "max_adobe_only_users: 2")
                .people(ANN)
                .before(&["ann [AG1]", "gone [AG1, Other]", "too [AG2]"])
                .ends(&["ann [AG1]", "gone [Other]", "too []"]),
        ),
        // Nobody passes such a limit, so that nobody loses a mapped group either.
        same(
            &["limit in users", "preserve"],
            with(GROUPS).with("limits", "max_adobe_only_users: 0").ends(ALL),
        ),
        same(
            &["limit in percent", "write-file"],
            with("--process-groups --adobe-only-user-action write-file gone.csv")
                .with("limits", "max_adobe_only_users: 0%")
                .ends(ALL),
        ),
        same(
            &["limit in users", "remove-adobe-groups"],
            with("--process-groups --adobe-only-user-action remove-adobe-groups")
                .with("limits", "max_adobe_only_users: -2")
                .ends(ALL),
        ),
        tested(
            &["limit in users", "limit in percent"],
            &[
                "tests/parity/safety.rs::s13_a_limit_that_is_exceeded_has_a_code_of_its_own",
                "tests/parity/safety.rs::s10_b11_a_share_limit_with_a_reviewed_list_is_one_of_the_users_that_are_managed",
            ],
        ),
        differs(
            &["2.9"],
            "B20",
            "takes everybody outside of the selection for gone",
            call("--process-groups --users mapped --adobe-only-user-action remove")
                .people(&["ann [DG1]", "bob []"])
                .before(&["bob [AG1, Other]"])
                .ends(&["ann [AG1]", "bob [Other]"]),
        ),
    ]
}

fn an_account_that_only_leaves_is_not_deleted() {
    for (action, deleted) in [("remove", false), ("delete", true)] {
        let options = match deleted {
            true => "--process-groups --adobe-only-user-action delete",
            false => "--process-groups --adobe-only-user-action remove",
        };
        let call = call(options).people(&["ann [DG1]"]).before(&["ann [AG1]", "gone [AG1]"]);
        let world = call.converted(None);
        if deleted {
            // Nothing is deleted before somebody has seen whom it is about.
            let plan = world.run(&["sync", "--json"]).with(3).json()["plan"]["id"].clone();
            assert!(world.adobe.user("gone@example.com").is_some());
            world.run(&["approve", plan.as_str().unwrap()]).with(0);
        }
        world.run(&["sync"]).with(0);
        assert!(world.adobe.user("gone@example.com").is_none(), "{action}");
        let log = world.adobe.log();
        let sent: Vec<String> = log.iter().flat_map(|call| &call.commands).map(ToString::to_string).collect();
        let expected = format!("\"deleteAccount\":{deleted}");
        assert!(sent.iter().any(|command| command.contains(&expected)), "{action}: {sent:?}");
        assert!(sent.iter().all(|command| !command.contains(&format!("\"deleteAccount\":{}", !deleted))));
    }
}

fn a_file_is_written_reviewed_and_acted_on() {
    let call = call("--process-groups --adobe-only-user-action write-file gone.csv")
        .people(&["ann [DG1]"])
        .before(&["ann [AG1]", "gone [AG1, Other]", "kept [AG2]"]);
    let world = call.converted(None);
    world.run(&["sync"]).with(0);
    let written = std::fs::read_to_string(world.path("ust/gone.csv")).unwrap();
    assert!(written.starts_with("type,username,domain,email,"), "{written}");
    assert_eq!(written.lines().count(), 3, "{written}");
    assert!(world.members("AG1") == ["ann@example.com"] && world.members("AG2").is_empty());

    // Somebody takes one line out of it, and gives it to the call that acts.
    let reviewed: String =
        written.lines().filter(|line| !line.contains("kept@")).map(|line| format!("{line}\n")).collect();
    let second = Call::file(
        super::call::call("--adobe-only-user-list gone.csv --adobe-only-user-action remove"),
        "gone.csv",
        reviewed,
    );
    let world =
        second.people(&["ann [DG1]"]).before(&["ann [AG1]", "gone [Other]", "kept []"]).converted(None);
    world.run(&["sync"]).with(0);
    let mut there: Vec<String> = world.adobe.users().into_iter().map(|user| user.email).collect();
    there.sort();
    assert_eq!(there, ["ann@example.com", "kept@example.com"]);
}
