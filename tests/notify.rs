//! Notification: who gets the report of which run, without secrets, and what may go wrong with it.

use crate::support::{World, ended, group, person, seed, user};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use umsync_emulator::DEFAULT_SECRET;

/// Writes a program that keeps what it is given, and the lines of the configuration that name it.
fn listener(world: &World, when: &str) -> String {
    let folder = world.folder.path().display();
    let script = format!(
        "#!/bin/sh\n/bin/cat > {folder}/heard.json\n/usr/bin/env > {folder}/heard.env\necho thanks\n"
    );
    world.write("listen", &script);
    let path = world.path("listen");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).unwrap();
    format!("notify: {{command: [{}, once], when: {when}}}\n", path.display())
}

/// Dora has left, and nobody may.
fn withholding(notify: &str) -> World {
    let ldif = [person("anna", &[]), group("design", &["anna"])].concat();
    let world = World::new(&seed(&["Design"], &[user("dora", &["Design"])]), &ldif);
    world.configure(&format!(
        "groups:\n  - {{directory: design, adobe: [Design]}}\nleavers: {{action: remove, grace: 0s}}\nlimits: {{leave: 0}}\nbaseline: accept\n{notify}"
    ));
    world
}

fn heard(world: &World) -> Option<String> {
    std::fs::read_to_string(world.path("heard.json")).ok()
}

#[test]
fn whoever_is_notified_gets_the_report_and_no_secret() {
    let world = withholding("");
    let lines = listener(&world, "problems");
    let text = std::fs::read_to_string(world.path("umsync.yaml")).unwrap();
    let text = text.replace("client_secret: {file: secret}", "client_secret: {env: ADOBE_SECRET}");
    world.write("umsync.yaml", &format!("{text}{lines}"));
    let mut sync = world.command(&["sync"]);
    sync.env("ADOBE_SECRET", DEFAULT_SECRET);
    sync.envs([("CREDENTIALS_DIRECTORY", "/nowhere"), ("LANG", "C.UTF-8")]);
    let ended = ended(sync).with(3).says(&["thanks", "notified"]);
    assert!(!ended.stdout.contains("thanks"), "stdout is for data");

    let report = world.run(&["report", "--json"]).with(0);
    assert_eq!(heard(&world).unwrap(), report.stdout, "the same bytes");
    assert_eq!(report.json()["plan"]["withheld"].as_array().map(Vec::len), Some(1));
    let environment = std::fs::read_to_string(world.path("heard.env")).unwrap();
    assert!(environment.contains("LANG=C.UTF-8"), "{environment}");
    for secret in ["ADOBE_SECRET", DEFAULT_SECRET, "CREDENTIALS_DIRECTORY"] {
        assert!(!environment.contains(secret), "{environment}");
    }
}

#[test]
fn only_runs_that_execute_are_told_about_and_only_when_wanted() {
    let world = withholding("");
    let text = std::fs::read_to_string(world.path("umsync.yaml")).unwrap();
    let configure = |when: &str, more: &str| {
        world.write("umsync.yaml", &format!("{}{}", text.replace("leave: 0", more), listener(&world, when)));
    };
    let told = |arguments: &[&str], code| {
        let _ = std::fs::remove_file(world.path("heard.json"));
        world.run(arguments).with(code);
        heard(&world).is_some()
    };
    configure("always", "leave: 0");
    assert!(!told(&["plan"], 3) && !told(&["sync", "--dry-run"], 3) && !told(&["sync", "--test-mode"], 3));
    assert!(told(&["sync"], 3));
    configure("changes", "leave: off");
    assert!(told(&["sync"], 0), "Dora leaves");
    assert!(!told(&["sync"], 0), "there is nothing to do");
    configure("problems", "leave: off");
    assert!(!told(&["sync"], 0));
    world.write("people.ldif", "broken");
    assert!(told(&["sync"], 6), "a run that failed is a problem");
    assert!(heard(&world).unwrap().contains("could not be read whole"));
}

#[test]
fn a_notification_that_fails_or_hangs_changes_nothing() {
    let folder = tempfile::TempDir::new().unwrap();
    let pid = folder.path().join("pid");
    let hang = format!("sleep 60 & echo $! > {}; wait", pid.display());
    let cases = [
        ("[/bin/false]".to_owned(), "ended with exit status: 1"),
        ("[/nowhere/mail-report]".to_owned(), "cannot be started: No such file"),
        (format!("[/bin/sh, -c, {hang:?}]"), "had not ended after 500ms and was killed"),
        // Not everybody reads.
        ("[/bin/true]".to_owned(), "notified"),
    ];
    for (command, words) in cases {
        let world = withholding(&format!("notify: {{command: {command}, timeout: 500ms}}\n"));
        world.run(&["sync"]).with(3).says(&[words]);
        let report = world.run(&["report", "--json"]).with(0).json();
        assert_eq!((&report["exit_code"], world.actions()), (&3.into(), 1));
    }
    let sleeper = std::fs::read_to_string(&pid).unwrap();
    let sleeper = PathBuf::from(format!("/proc/{}/cmdline", sleeper.trim()));
    let begun = Instant::now();
    while std::fs::read(&sleeper).is_ok_and(|line| line.starts_with(b"sleep")) {
        assert!(begun.elapsed() < Duration::from_secs(60), "what it started lives on");
        std::thread::sleep(Duration::from_millis(20));
    }
}
