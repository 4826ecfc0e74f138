//! Baseline, approval and exactness: what waits, who lets it through, and that nothing else goes with it.

use crate::support::report::report_agrees;
use crate::support::{World, group, person, seed, user};

const RULES: &str =
    "groups:\n  - {directory: design, adobe: [Design]}\nleavers: {action: remove, grace: 0s}\n";

/// Anna is right; Bob and Carol are hand-made members whom no directory group lists; Dora has left; Emil is new.
fn world() -> World {
    let people = ["anna", "bob", "carol", "emil"].map(|name| person(name, &[]));
    let ldif = format!("{}{}", people.concat(), group("design", &["anna", "emil"]));
    let users = ["anna", "bob", "carol", "dora"].map(|name| user(name, &["Design"]));
    let world = World::new(&seed(&["Design"], &users), &ldif);
    world.configure(RULES);
    world
}

/// The id of the plan that a run made.
fn plan_id(world: &World) -> String {
    let plan = world.run(&["plan", "--json"]);
    plan.json()["plan"]["id"].as_str().expect("an id").to_owned()
}

fn members(world: &World) -> Vec<String> {
    world.members("Design").into_iter().map(|email| email.replace("@example.com", "")).collect()
}

#[test]
fn the_first_run_withholds_every_removal_until_somebody_approves_the_plan() {
    let world = world();
    for _ in 0..3 {
        let ended = world.run(&["sync"]).with(3);
        report_agrees(&world);
        let id = plan_id(&world);
        ended.shows(&["Withheld: 3", "nobody has said yet", "if the list below is right: umsync approve "]);
        assert_eq!(members(&world), ["anna", "bob", "carol", "dora", "emil"]);
        assert!(!id.is_empty());
    }
    let id = plan_id(&world);
    world.run(&["apply", &id]).with(3).shows(&["Withheld: 3"]);
    report_agrees(&world);
    assert_eq!(members(&world), ["anna", "bob", "carol", "dora", "emil"], "not approved, not sent");

    world.run(&["approve", &id[..6]]).with(0).shows(&[&id, "2 memberships taken, 1 user leaving"]);
    world.run(&["status"]).with(0).shows(&["baseline       since", &format!("approved       plan {id}")]);
    world.run(&["sync"]).with(0).shows(&["Done: 2 memberships taken, 1 user leaving the organization"]);
    report_agrees(&world);
    assert_eq!(members(&world), ["anna", "emil"]);
    assert!(world.adobe.user("dora@example.com").is_none());
}

#[test]
fn an_approval_is_served_by_a_later_run_that_makes_its_own_plan_and_each_change_is_used_up() {
    let world = world();
    let id = plan_id(&world);
    world.run(&["approve", &id]).with(0);
    // In the meantime Carol is listed, and Frank is new: another plan, in which Bob's and Dora's removal stand unchanged.
    let ldif = std::fs::read_to_string(world.path("people.ldif")).unwrap();
    let ldif = ldif.split("dn: cn=design").next().unwrap().to_owned();
    world.write(
        "people.ldif",
        &format!("{ldif}{}{}", person("frank", &[]), group("design", &["anna", "carol", "emil", "frank"])),
    );
    world.run(&["sync"]).with(0).shows(&["1 membership taken", "1 user leaving", "2 accounts created"]);
    report_agrees(&world);
    assert_eq!(members(&world), ["anna", "carol", "emil", "frank"]);
    // Somebody adds Bob by hand again: the approval has been used for that.
    world.configure(&format!("{RULES}limits: {{removals: 0}}\n"));
    world.adobe.with_state(|org| org.add_member("bob@example.com", "Design")).unwrap();
    world.run(&["sync"]).with(3).shows(&["Withheld: 1", "bob@example.com"]);
    assert!(members(&world).contains(&"bob".to_owned()));
}

#[test]
fn a_run_without_removals_makes_the_baseline_and_another_configuration_unmakes_it() {
    let world = world();
    world.write("people.ldif", &format!("{}{}", person("anna", &[]), group("design", &["anna"])));
    world.adobe.with_state(|org| {
        for name in ["bob", "carol", "dora"] {
            assert!(org.remove_user(&format!("{name}@example.com")));
        }
    });
    world.run(&["sync"]).with(0);
    world.run(&["status"]).with(0).shows(&["a run without removals to withhold"]);
    world
        .adobe
        .with_state(|org| org.add_user(serde_json::from_value(user("bob", &["Design"])).unwrap()))
        .unwrap();
    let changed = format!("{RULES}people: {{country: DE}}\n");
    world.configure(&changed);
    world.run(&["sync"]).with(3).shows(&["the configuration means something else", "bob@example.com"]);
    report_agrees(&world);
    world.run(&["approve", &plan_id(&world)]).with(0);
    world.run(&["sync"]).with(0).shows(&["1 user leaving"]);
    assert_eq!(members(&world), ["anna"]);
}

#[test]
fn apply_sends_exactly_what_still_holds_and_lists_the_rest_as_stale() {
    let world = world();
    world.configure(&format!("{RULES}baseline: accept\n"));
    world.run(&["plan", "--out", world.path("plan.json").to_str().unwrap()]).with(0);
    let mode = std::os::unix::fs::PermissionsExt::mode(
        &std::fs::metadata(world.path("plan.json")).unwrap().permissions(),
    );
    assert_eq!(mode & 0o777, 0o600);
    // Bob loses Design by hand, Dora's account is made anew under the same address, and Frank is somebody new.
    world.adobe.with_state(|org| {
        org.remove_member("bob@example.com", "Design").unwrap();
        assert!(org.remove_user("dora@example.com"));
        org.add_user(serde_json::from_value(user("dora", &["Design"])).unwrap()).unwrap();
    });
    let ldif = std::fs::read_to_string(world.path("people.ldif")).unwrap();
    world.write(
        "people.ldif",
        &format!("{ldif}{}", person("frank", &[]).replace("dn: uid=frank,", "dn: uid=frank,ou=new,")),
    );
    let ended = world.run(&["apply", world.path("plan.json").to_str().unwrap()]).with(4);
    report_agrees(&world);
    ended.shows(&[
        "Stale, not sent: 2",
        "bob@example.com  loses Design",
        "dora@example.com  leaves",
        "1 account created",
    ]);
    assert_eq!(members(&world), ["anna", "dora", "emil"], "Carol lost it, as planned");
    assert!(world.adobe.user("frank@example.com").is_none(), "nothing is added");
}

/// Reasons, times and commands too, which the id does not tell apart.
#[test]
fn a_byte_of_a_plans_file_that_is_another_is_noticed_wherever_it_stands() {
    let world = world();
    let path = world.path("plan.json");
    let file = path.to_str().unwrap();
    world.run(&["plan", "--out", file]);
    let written = std::fs::read(&path).unwrap();
    let calls = world.adobe.log().len();
    for at in (0..written.len()).step_by(written.len() / 60).chain(written.len() - 3..written.len()) {
        let mut bytes = written.clone();
        bytes[at] = if bytes[at] == b' ' { b'\t' } else { bytes[at] ^ 1 };
        std::fs::write(&path, bytes).unwrap();
        world.run(&["apply", file]).with(64);
    }
    for other in [[written.as_slice(), b" "].concat(), written[..written.len() - 1].to_vec()] {
        std::fs::write(&path, other).unwrap();
        world.run(&["apply", file]).with(64).says(&["altered since it was written"]);
    }
    assert_eq!(world.adobe.log().len(), calls, "nothing was asked or sent");
    world.run(&["plan", "--compare", file]).with(64).says(&["altered since it was written"]);
    std::fs::write(&path, written).unwrap();
    world.run(&["plan", "--compare", file]).shows(&["the same changes"]);
}

#[test]
fn a_plan_for_another_organization_is_refused() {
    let world = world();
    let file = world.path("plan.json");
    let file = file.to_str().unwrap();
    world.run(&["plan", "--out", file]);
    let configuration = std::fs::read_to_string(world.path("umsync.yaml")).unwrap();
    let other = configuration.replace(crate::support::ORGANIZATION, "FEDCBA9876543210FEDCBA98@AdobeOrg");
    assert_ne!(other, configuration);
    world.write("umsync.yaml", &other);
    world.run(&["apply", file]).with(78).says(&["the configuration for FEDCBA9876543210FEDCBA98@AdobeOrg"]);
    assert_eq!(world.actions(), 0);
}

#[test]
fn a_plan_that_was_altered_or_is_for_something_else_is_refused() {
    let world = world();
    world.run(&["plan", "--out", world.path("plan.json").to_str().unwrap()]);
    let text = std::fs::read_to_string(world.path("plan.json")).unwrap();
    let file = world.path("plan.json");
    let file = file.to_str().unwrap();
    world.write("plan.json", &text.replace("emil@example.com", "evil@example.com"));
    world.run(&["apply", file]).with(64).says(&["altered"]);
    world.write("plan.json", &text.replace("\"format\": 2", "\"format\": 1"));
    world.run(&["apply", file]).with(64).says(&["its form is number 1"]);
    world.write("plan.json", "{}");
    world.run(&["apply", file]).with(64).says(&["no plan that `umsync plan --out` wrote"]);
    world.write("plan.json", &text);
    world.configure(&format!("{RULES}people: {{country: DE}}\n"));
    world.run(&["apply", file]).with(78).says(&["meant something else"]);
    world.run(&["apply", "00000000"]).with(64).says(&["no stored plan"]);
    world.run(&["approve", "00000000"]).with(64).says(&["no stored plan"]);
    assert_eq!(world.actions(), 0);
}

#[test]
fn a_pause_is_obeyed_and_shown() {
    let world = world();
    world.run(&["plan"]).with(3);
    world.run(&["pause", "--until", "2h", "--reason", "audit"]).with(0);
    for arguments in [&["sync"][..], &["plan"], &["sync", "--test-mode"]] {
        world.run(arguments).with(8).says(&["paused until", "audit", "umsync unpause"]);
    }
    world.run(&["status"]).with(0).shows(&["paused         until", "audit"]);
    assert_eq!(world.actions(), 0);
    world.run(&["pause", "--until", "soon", "--reason", "x"]).with(64).says(&["`soon` is no moment"]);
    world.run(&["unpause"]).with(0);
    world.run(&["sync"]).with(3);
    world.run(&["abandon"]).with(0).shows(&["no run was cut short"]);
}

#[test]
fn a_run_for_one_person_touches_nobody_else_and_never_acts_on_absence() {
    let world = world();
    let rules = format!("{RULES}baseline: accept\n");
    world.configure(&rules);
    world.run(&["plan"]).with(0);
    let listings = world.listings();
    world
        .run(&["sync", "--user", "emil@example.com"])
        .with(8)
        .says(&["no schedule is configured", "--take-window"]);
    world.run(&["sync", "--user", "dora@example.com"]).with(8);
    world
        .run(&["sync", "--user", "dora@example.com", "--take-window"])
        .with(1)
        .says(&["nobody in the directory is dora@example.com"]);
    world.run(&["sync", "--user", "EMIL@example.com", "--dry-run"]).with(0).shows(&["+ emil@example.com"]);
    world
        .run(&["sync", "--user", "EMIL@example.com", "--take-window"])
        .with(0)
        .shows(&["1 account created, 1 membership given"]);
    report_agrees(&world);
    world
        .run(&["sync", "--user", "uid=bob,ou=people,dc=example,dc=com", "--take-window"])
        .with(0)
        .shows(&["1 membership taken"]);
    report_agrees(&world);
    assert_eq!(members(&world), ["anna", "carol", "dora", "emil"]);
    assert_eq!(world.listings(), listings, "it never lists");

    world.configure(&format!("{rules}schedule: {{cron: \"0 0 5 * * *\"}}\n"));
    let yaml = std::fs::read_to_string(world.path("umsync.yaml")).unwrap();
    world.write("umsync.yaml", &yaml.replace("every: 0s", "every: 25h"));
    world.run(&["sync", "--user", "carol@example.com"]).with(8).says(&["a scheduled run is due at"]);
}

#[test]
fn a_run_for_one_person_needs_no_listing_at_all() {
    let world = world();
    world.configure(&format!("{RULES}baseline: accept\n"));
    world.run(&["sync", "--user", "emil@example.com", "--take-window"]).with(0).shows(&["1 account created"]);
    assert_eq!(members(&world), ["anna", "bob", "carol", "dora", "emil"]);
    assert_eq!(world.listings(), 0);
}

#[test]
fn an_account_is_deleted_only_when_somebody_has_approved_that() {
    let world = world();
    world.configure(&format!("{}baseline: accept\n", RULES.replace("action: remove", "action: delete")));
    let id = plan_id(&world);
    world.run(&["sync"]).with(3).shows(&["1 deletion of an account is more than the 0 allowed"]);
    assert!(world.adobe.user("dora@example.com").is_some());
    world.run(&["approve", &id]).with(0).shows(&["1 account deleted with all files"]);
    world.run(&["sync"]).with(0).shows(&["1 account deleted with all files"]);
    report_agrees(&world);
    assert!(world.adobe.user("dora@example.com").is_none());
    // A new account of that email is another one: the old one is gone with its files.
    assert!(world.adobe.state().directory_users().iter().all(|user| user.email != "dora@example.com"));
}

#[test]
fn what_was_approved_and_did_not_leave_is_still_approved() {
    let world = world();
    let id = plan_id(&world);
    world.run(&["approve", &id]).with(0);
    let refused = umsync_emulator::Effect::Refuse(umsync_emulator::Reply::status(403));
    world.adobe.faults().add(umsync_emulator::Fault::on(umsync_emulator::Endpoint::Action, refused));
    let ended = world.run(&["sync"]);
    assert_ne!(ended.code, 0, "{}", ended.stdout);
    report_agrees(&world);
    assert_eq!(members(&world), ["anna", "bob", "carol", "dora"], "nothing left");
    world.adobe.faults().clear();
    // Adobe said no to the first request, which counts as sent; what was behind it did not leave.
    world.run(&["sync"]);
    assert!(world.adobe.user("dora@example.com").is_none(), "her departure was in a later request");
}

#[test]
fn a_plan_in_a_file_says_all_that_it_rests_on_and_is_its_owners() {
    use std::os::unix::fs::PermissionsExt as _;
    let world = world();
    let file = world.path("plan.json");
    world.run(&["plan", "--out", file.to_str().unwrap()]).with(3);
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(!text.contains(umsync_emulator::DEFAULT_SECRET), "a secret");
    let plan: serde_json::Value = serde_json::from_str(&text).unwrap();
    for (path, kind) in [
        ("/format", "number"),
        ("/version", "string"),
        ("/id", "string"),
        ("/organization", "string"),
        ("/configuration", "string"),
        ("/certificates/0/source", "string"),
        ("/adobe/digest", "string"),
        ("/adobe/read_at", "string"),
        ("/limits/leave/share/basis_points", "number"),
        ("/cost/requests", "number"),
        ("/cost/at_least", "number"),
        ("/cost/seconds", "number"),
        ("/commands/0/steps", "array"),
        ("/changes/0/reason", "value"),
        ("/changes/0/what", "object"),
        ("/changes/0/class/0", "string"),
        ("/changes/0/target/user/key", "string"),
        ("/withheld/0/target/user/id", "string"),
    ] {
        let value = plan.pointer(path).unwrap_or_else(|| panic!("{path} is missing"));
        let found = match value {
            serde_json::Value::Number(_) => "number",
            serde_json::Value::String(_) => "string",
            serde_json::Value::Array(_) => "array",
            _ => "object",
        };
        assert!(kind == "value" || kind == found, "{path} is {value}");
    }
    // The same users in another order are the same.
    let again = world.run(&["plan", "--json"]).json();
    assert_eq!(again["plan"]["adobe"]["digest"], plan["adobe"]["digest"]);
}

#[test]
fn a_fresh_plan_is_compared_with_a_kept_one() {
    let world = world();
    let file = world.path("plan.json");
    let file = file.to_str().unwrap();
    world.run(&["plan", "--out", file]).with(3);
    world.run(&["plan", "--compare", file]).with(3).shows(&["Compared with plan ", "the same changes"]);
    let ldif = std::fs::read_to_string(world.path("people.ldif")).unwrap();
    let (people, _) = ldif.split_once("dn: cn=design").unwrap();
    world.write("people.ldif", &format!("{people}{}", group("design", &["anna", "bob"])));
    world
        .run(&["plan", "--compare", file])
        .with(3)
        .shows(&["  - emil@example.com  gets a new federated account", "  - bob@example.com  loses Design"]);
    world.write("no-plan.json", "{}");
    world.run(&["plan", "--compare", world.path("no-plan.json").to_str().unwrap()]).with(64);
}
