//! The figures that the User Sync Tool ends with, each counted from what became of things.

use super::{MAPPING, world};
use crate::support::{group, person, user};
use umsync_emulator::{Effect, Endpoint, Fault};

#[test]
fn t32_t33_b12_every_figure_is_counted_from_outcomes() {
    let mut moved = user("moved", &["AG2"]);
    moved["firstname"] = "Formerly".into();
    let users = [
        user("steady", &["AG1"]),
        moved,
        user("gone", &["AG1"]),
        user("vip", &["AG2"]),
        user("refused", &[]),
        user("leaver", &["AG1"]),
    ];
    let rules = format!(
        "{MAPPING}  - {{directory: DG3, adobe: [Made], create: true}}\nbaseline: accept\nlimits: {{create: off, removals: off, group_removals: off}}\nleavers: {{action: remove-groups, grace: 0s, groups: [Left]}}\nprotect: {{users: [\"vip@*\"]}}\n"
    );
    let world = world(&[], &users, &rules);
    let people = ["steady", "moved", "vip", "refused", "new", "other", "leaver"];
    let ldif: String = people.iter().map(|name| person(name, &[])).collect::<String>()
        + &group("DG1", &["steady", "moved", "refused", "new"])
        + &group("DG2", &[])
        + &group("DG3", &["new"])
        + &group("Left", &["leaver"]);
    world.write("people.ldif", &ldif);
    let fail = Effect::FailCommand {
        root: "refused@example.com".to_owned(),
        code: "error.group.license_quota_exceeded".to_owned(),
        message: "made up".to_owned(),
    };
    world.adobe.faults().add(Fault::on(Endpoint::Action, fail));
    let ended = world.run(&["sync", "--json"]).with(4).json();
    let figures = &ended["summary"]["figures"];
    let expected = serde_json::json!({
        "directory_users_read": 6,
        "directory_users_selected": 4,
        "adobe_users_read": 6,
        "excluded": 1,
        // Steady, the protected one, and the one whose command was refused.
        "unchanged": 3,
        "added": 1,
        "updated": 1,
        "groups_created": 1,
        "adobe_only_deleted": 0,
        "adobe_only_removed": 0,
        "adobe_only_stripped": 2,
        "actions_sent": 6,
        "actions_succeeded": 5,
        "actions_failed": 1,
    });
    assert_eq!(*figures, expected);
    let log = world.adobe.log();
    let sent: usize = log.iter().map(|entry| entry.commands.len()).sum();
    assert_eq!(figures["actions_sent"].as_u64(), Some(sent as u64));
    let told = world.run(&["sync", "--test-mode"]);
    assert!(told.stdout.contains("Summary"), "{}", told.stdout);
}
