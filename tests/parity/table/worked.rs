//! The worked examples.

use super::call::call;
use super::{Row, differs, same, steps};
use umsync_emulator::Endpoint;

const GROUPS: &str = "--process-groups";
const BOTH: &str = "--process-groups --update-user-info";

/// W1 to W15.
pub(super) fn rows() -> Vec<Row> {
    const MANY: &[&str] = &[
        "p0 [DG1]", "p1 [DG1]", "p2 [DG1]", "p3 [DG1]", "p4 [DG1]", "p5 [DG1]", "p6 [DG1]", "p7 [DG1]",
        "p8 [DG1]", "p9 [DG1]", "pa [DG1]",
    ];
    const MADE: &[&str] =
        &["p0 []", "p1 []", "p2 []", "p3 []", "p4 []", "p5 []", "p6 []", "p7 []", "p8 []", "p9 []", "pa []"];
    const US: &str = "default_country_code: US";
    // The examples have nobody else; a directory without anybody is no directory here (B1).
    vec![
        same(
            &["W1"],
            call(GROUPS).with("directory_users", US).people(&["ann [DG1]; c="]).ends(&["ann [AG1]"]),
        ),
        same(&["W2"], call("").with("directory_users", US).people(&["ann [DG1]; c="]).ends(&["ann []"])),
        same(
            &["W3"],
            call(BOTH).people(&["ann [DG1]"]).before(&["ann [AG2]; firstname=Formerly"]).ends(&["ann [AG1]"]),
        ),
        same(
            &["W4"],
            call(GROUPS).people(&["ann [DG1]"]).before(&["ann [AG1, Other]"]).ends(&["ann [AG1, Other]"]),
        ),
        differs(
            &["W5", "W6", "W7"],
            "B1",
            "takes a directory without anybody for one that everybody has left",
            call(GROUPS).before(&["bob [AG1]"]).ends_with(6, &["no people"], &["bob [AG1]"]),
        ),
        same(
            &["W5"],
            call(GROUPS)
                .people(&["ann [DG2]"])
                .before(&["ann [AG2]", "bob [AG1]"])
                .ends(&["ann [AG2]", "bob []"]),
        ),
        same(
            &["W6"],
            call("").people(&["ann [DG2]"]).before(&["ann []", "bob [AG1]"]).ends(&["ann []", "bob [AG1]"]),
        ),
        differs(
            &["W7"],
            "B10",
            "ends with 0",
            call("--adobe-only-user-action delete")
                .with("limits", "max_adobe_only_users: 0")
                .people(&["ann []"])
                .before(&["ann []", "bob [AG1]"])
                .ends_with(3, &["more than the 0 allowed"], &["ann []", "bob [AG1]"]),
        ),
        same(
            &["W8"],
            call("--update-user-info")
                .people(&["ann []; mail=Ann@Example.COM"])
                .before(&["ann []"])
                .ends(&["ann []"]),
        ),
        same(&["W9"], call("--exclude-unmapped-users").people(&["ann []"]).ends(&[])),
        same(&["W10"], call("").people(&["ann []; c="]).ends_with(0, &["needs a country"], &[])),
        same(
            &["W11"],
            call("")
                .with("directory_users", "user_identity_type: enterpriseID")
                .domain("example.com", "enterprise", "email")
                .people(&["ann []; c="])
                .ends(&["ann []; type=enterprise; country=UD"]),
        ),
        differs(
            &["W12"],
            "B3",
            "makes nobody, and says nothing",
            call("")
                .with("adobe_users", "exclude_identity_types: [adobeID]")
                .people(&["ann []"])
                .before(&["ann []; type=adobe"])
                .ends_with(0, &["Adobe has only an account of type adobe"], &["ann []; type=adobe"]),
        ),
        same(&["W14"], call("").people(MANY).ends(MADE)),
        steps(&["W14", "W15", "batching"], requests_have_ten_commands_and_lists_ten_groups),
    ]
}

fn requests_have_ten_commands_and_lists_ten_groups() {
    let names: Vec<String> = (0..25).map(|at| format!("G{at:02}")).collect();
    let groups: &'static [&'static str] = &[
        "G00", "G01", "G02", "G03", "G04", "G05", "G06", "G07", "G08", "G09", "G10", "G11", "G12", "G13",
        "G14", "G15", "G16", "G17", "G18", "G19", "G20", "G21", "G22", "G23", "G24",
    ];
    let call = call(GROUPS)
        .with("directory_users", "groups: [{directory_group: DG1, adobe_groups: [G00, G01, G02, G03, G04, G05, G06, G07, G08, G09, G10, G11, G12, G13, G14, G15, G16, G17, G18, G19, G20, G21, G22, G23, G24]}]")
        .groups(groups)
        .people(&["ann [DG1]", "bob []", "cid []", "dan []", "eve []", "fay []", "gus []", "hal []", "ida []", "jan []", "kim []", "leo []"])
        .before(&["ann []"]);
    let world = call.converted(None);
    world.run(&["sync"]).with(0);
    assert_eq!(world.adobe.user("ann@example.com").unwrap().groups, names);
    assert_eq!(world.adobe.users().len(), 12);
    let requests = world.adobe.calls(Endpoint::Action);
    assert_eq!(requests.iter().map(|call| call.commands.len()).sum::<usize>(), 12);
    assert!(requests.iter().all(|call| call.commands.len() <= 10), "{requests:?}");
    let ann =
        requests.iter().flat_map(|call| &call.commands).find(|command| command["user"] == "ann@example.com");
    let lists: Vec<usize> = ann.unwrap()["do"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| step["add"]["group"].as_array().map_or(0, Vec::len))
        .collect();
    assert_eq!(lists, [10, 10, 5]);
}
