//! `report` and `init`: what a run did, told from the store alone, and a configuration to begin with.

use crate::support::report::report_agrees;
use crate::support::{World, ended, group, person, program, seed, user};
use serde_json::Value;
use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use umsync_emulator::{DEFAULT_CLIENT, Effect, Endpoint, Fault};

const FORMULA: &str = "=HYPERLINK(\"http://evil.example\",\"click\")";

/// Anna joins Design, Bob is new, will be refused and is called like a formula, Carol loses Design, Dora has left,
/// somebody has no mail; nobody may leave.
fn world() -> World {
    let bob = person("bob", &[]).replace("givenName: bob", &format!("givenName: {FORMULA}"));
    let eve = person("eve", &[]).replace("mail: eve@example.com\n", "");
    let ldif = [
        person("anna", &[]),
        bob,
        person("carol", &[]),
        eve,
        group("design", &["anna", "bob", "eve"]),
        group("video", &["carol"]),
    ];
    let users = [user("anna", &[]), user("carol", &["Design"]), user("dora", &["Design"])];
    let world = World::new(&seed(&["Design", "+Video"], &users), &ldif.concat());
    world.configure("groups:\n  - {directory: design, adobe: [Design]}\n  - {directory: video, adobe: [\"+Video\"]}\nleavers: {action: remove, grace: 0s}\nlimits: {leave: 0}\nbaseline: accept\n");
    let refuse = Effect::FailCommand {
        root: "bob@example.com".into(),
        code: "error.domain.trust.nonexistent".into(),
        message: "Domain for email is not claimed".into(),
    };
    world.adobe.faults().add(Fault::on(Endpoint::Action, refuse));
    world
}

/// The rows of a report by column.
fn table(csv: &str) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    reader.deserialize().map(|row| row.expect("a good row")).collect()
}

#[test]
fn a_report_tells_every_change_with_its_outcome_and_needs_no_secret() {
    let world = world();
    let sync = world.run(&["sync", "--json"]).with(4);
    std::fs::remove_file(world.path("secret")).unwrap();

    let json = world.run(&["report", "--json"]).with(0);
    assert_eq!(json.stdout, sync.stdout, "the stored report, byte for byte");
    assert_eq!(world.run(&["report", "--format", "json"]).with(0).stdout, sync.stdout);
    let report = json.json();
    let plan = report["plan"]["id"].as_str().unwrap();
    world.run(&["report"]).with(0).shows(&[
        ": sync\n",
        "4: some commands failed",
        report["plan"]["configuration"].as_str().unwrap(),
        "done     anna@example.com  joins Design  member of design",
        "done     carol@example.com  joins +Video",
        "refused  bob@example.com  gets a new federated account",
        "Domain for email is not claimed (error.domain.trust.nonexistent)",
        "Withheld: 2",
        "1 user leaving the organization is more than the 0 allowed",
        &format!("umsync approve {plan}"),
        "dora@example.com  leaves the organization",
        "carol@example.com  loses Design",
        "Set aside, and protected: 1",
        "uid=eve,ou=people,dc=example,dc=com",
    ]);
}

#[test]
fn the_rows_of_a_table_are_the_totals_and_no_cell_is_a_formula() {
    let world = world();
    let sync = world.run(&["sync", "--json"]).with(4).json();
    report_agrees(&world);
    let csv = world.run(&["report", "--format", "csv"]).with(0).stdout;
    assert!(csv.lines().all(|line| !line.is_empty()) && csv.ends_with("\r\n"));
    let rows = table(&csv);
    let count = |outcome: &str| rows.iter().filter(|row| row["outcome"] == outcome).count() as u64;
    let results = &sync["summary"]["results"];
    let done: u64 = results["done"].as_object().unwrap().values().filter_map(Value::as_u64).sum();
    assert_eq!(
        (count("done"), Some(count("refused")), Some(count("withheld"))),
        (done, results["refused"].as_u64(), sync["summary"]["withheld"].as_u64())
    );
    assert_eq!(rows.len() as u64, done + count("refused") + count("withheld"));
    assert_eq!((count("done"), count("refused"), count("withheld")), (2, 2, 2));

    let row = |target: &str, change: &str| {
        let found = rows.iter().find(|row| row["target"] == target && row["change"] == change);
        found.unwrap_or_else(|| panic!("{target} {change}:\n{csv}"))
    };
    let bob = row("bob@example.com", "create_user");
    assert_eq!(bob["new"], format!("'{FORMULA} Doe US"));
    assert_eq!(
        (bob["identity"].as_str(), bob["code"].as_str()),
        ("federated", "error.domain.trust.nonexistent")
    );
    assert!(bob["sent_at"].ends_with('Z'), "{bob:?}");
    assert_eq!(row("carol@example.com", "join")["field"], "'+Video");
    let dora = row("dora@example.com", "leave");
    assert_eq!((dora["code"].as_str(), dora["sent_at"].as_str()), ("over_limit leave", ""));
    for (row, cell) in rows.iter().flat_map(|row| row.values().map(move |cell| (row, cell))) {
        assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{row:?}");
    }
}

#[test]
fn a_run_is_found_by_how_its_id_begins() {
    let world = world();
    world.run(&["report"]).with(78).says(&["there is no store"]);
    world.run(&["check"]).with(0);
    world.run(&["report"]).with(64).says(&["there has been no run yet"]);
    let first = world.run(&["plan", "--json"]).with(3).json();
    world.run(&["sync"]).with(4);
    let id = first["run"].as_str().unwrap();
    let told = world.run(&["report", &id[..20]]).with(0);
    report_agrees(&world);
    told.shows(&[&format!("Run {id}: plan"), "planned  bob@example.com", "4 planned"]);
    world.run(&["report", "2"]).with(64).says(&["several runs have an id that begins with 2", id]);
    world.run(&["report", "yesterday"]).with(64).says(&["no run is called yesterday", "umsync history"]);
}

#[test]
fn a_run_that_failed_tells_why() {
    let world = world();
    world.write("people.ldif", "dn: uid=x,dc=example\nchangetype: delete\n");
    world.run(&["sync"]).with(6);
    report_agrees(&world);
    world.run(&["report"]).with(0).shows(&[
        "6: the directory could not be read whole",
        "Failure\n",
        "because:",
        "line 2",
    ]);
    assert_eq!(table(&world.run(&["report", "--format", "csv"]).with(0).stdout), []);
}

#[test]
fn a_run_that_was_killed_is_told_from_the_journal() {
    let world = world();
    world.adobe.faults().add(Fault::on(Endpoint::Action, Effect::CutReply));
    let hold = Effect::DelayRequest(std::time::Duration::from_secs(20));
    world.adobe.faults().add(Fault::on(Endpoint::Action, hold));
    let mut sync = world.start(&["sync"]);
    let begun = std::time::Instant::now();
    while world.actions() == 0 {
        assert!(begun.elapsed() < std::time::Duration::from_secs(20), "nothing is sent");
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    sync.kill().unwrap();
    sync.wait().unwrap();
    report_agrees(&world);
    world.run(&["report"]).with(0).shows(&[
        "has not ended, or was cut off",
        "unknown  anna@example.com  joins Design",
        "nothing was noted since",
    ]);
    let json = world.run(&["report", "--json"]).with(0).json();
    let verdict = &json["outcomes"][0]["verdict"];
    assert!(json["exit_code"].is_null() && verdict["unknown"].is_object(), "{json}");
    let rows = table(&world.run(&["report", "--format", "csv"]).with(0).stdout);
    let unknown = rows.iter().filter(|row| row["outcome"] == "unknown").count();
    assert!(
        unknown == 4 && rows.iter().all(|row| ["unknown", "withheld"].contains(&&*row["outcome"])),
        "{rows:?}"
    );
}

#[test]
fn what_init_writes_is_understood_apart_from_what_is_to_be_filled_in() {
    let world = world();
    let path = world.path("first steps.yaml");
    let file = path.to_str().unwrap();
    let quoted = format!("'{file}'");
    ended(program(&["init", file])).with(0).shows(&[
        &format!("umsync --config {quoted} check"),
        &format!("umsync --config {quoted} plan"),
        &format!("umsync --config {quoted} sync"),
    ]);
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);

    let text = std::fs::read_to_string(&path).unwrap();
    ended(program(&["init", file])).with(1).says(&["is already there, and nothing is overwritten"]);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    ended(program(&["init", "/nowhere/umsync.yaml"])).with(1).says(&["/nowhere/umsync.yaml", "No such file"]);

    std::fs::remove_file(world.path("secret")).unwrap();
    let check = ended(program(&["--config", file, "check", "--offline"])).with(78);
    check.says(&[
        "3 mistakes",
        "adobe.organization: `ORGANIZATION-ID@AdobeOrg` is no organization id",
        "umapi.secret",
        "ldap.secret",
    ]);
    let filled = text.replace("ORGANIZATION-ID", "1A2B3C4D5E6F").replace("CLIENT-ID", DEFAULT_CLIENT);
    world.write("first steps.yaml", &filled);
    world.write("umapi.secret", "secret");
    world.write("ldap.secret", "secret");
    ended(program(&["--config", file, "check", "--offline"])).with(0).shows(&["ok     configuration"]);
    assert!(text.lines().all(|line| line.len() <= 140), "too long to read");
    // What is commented out must be right too.
    for key in ["baseline", "schedule", "notify"] {
        let begin = format!("\n# {key}: ");
        assert!(text.contains(&begin), "{key}");
        world.write("first steps.yaml", &filled.replace(&begin, &format!("\n{key}: ")));
        ended(program(&["--config", file, "check", "--offline"])).with(0);
    }
}

#[test]
fn a_store_that_a_restart_forgets_is_named_in_the_report() {
    // Memory that every Linux has; what is there is gone with the next boot.
    let folder = tempfile::TempDir::new_in("/dev/shm").expect("/dev/shm, which this test needs");
    let world = World::new(
        &seed(&["Design"], &[]),
        &format!("{}{}", person("anna", &[]), group("design", &["anna"])),
    );
    world.configure("groups: [{directory: design, adobe: [Design]}]\n");
    let yaml = std::fs::read_to_string(world.path("umsync.yaml")).unwrap();
    let store = format!("sqlite:{}/umsync.db", folder.path().display());
    world.write("umsync.yaml", &yaml.replace("sqlite:state/umsync.db", &store));
    world.run(&["plan"]).with(0).says(&["tmpfs"]);
    world.run(&["report"]).with(0).shows(&["The store", "tmpfs"]);
}
