//! A disk that takes no more, at every point of a run: nothing is sent without its intent on the disk.

use crate::support::rounds::{play, rounds};
use crate::support::{ORGANIZATION, World, ended, group, person, seed, user};
use std::collections::BTreeSet;
use std::process::Command;
use umsync_emulator::Endpoint;
use umsync_engine::change::Target;

const RULES: &str = "groups:\n  - {directory: design, adobe: [Design]}\nleavers: {action: remove, grace: 0s}\nlimits: {create: off, leave: off}\nbaseline: accept\n";

/// Twenty-four new people and one leaver; the store was made by a plan.
fn world() -> World {
    let names: Vec<String> = (0..24).map(|at| format!("p{at:02}")).collect();
    let refs: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut ldif: String = names.iter().map(|name| person(name, &[])).collect();
    ldif.push_str(&group("design", &refs));
    let world = World::new(&seed(&["Design", "Other"], &[user("quit", &["Design", "Other"])]), &ldif);
    world.configure(RULES);
    world.run(&["plan"]).with(0);
    world
}

/// The program where no file may grow beyond so many KiB: a write that would make it so fails, and so does every later one.
fn cramped(world: &World, kib: u64) -> Command {
    let plain = world.command(&["sync"]);
    let mut command = Command::new("bash");
    command.args(["-c", &format!("trap '' XFSZ; ulimit -f {kib}; exec \"$0\" \"$@\"")]);
    command.arg(plain.get_program()).args(plain.get_args()).env_clear().env("PATH", "/usr/bin:/bin");
    command
}

/// What was sent has its intent in the store, by email.
fn is_intended(world: &World) {
    let sent: BTreeSet<String> = world
        .adobe
        .log()
        .iter()
        .filter(|entry| entry.endpoint == Some(Endpoint::Action))
        .flat_map(|entry| &entry.commands)
        .filter_map(|command| command["user"].as_str().map(str::to_owned))
        .collect();
    let intended = world.runtime.block_on(async {
        let store = world.store().await.expect("a readable store");
        let mut intended = BTreeSet::new();
        for run in store.runs(Some(ORGANIZATION), 10).await.expect("runs") {
            for entry in store.entries(&run.start.id).await.expect("a journal") {
                if let (Some(_), Target::User(account)) = (entry.intended, &entry.command.target) {
                    intended.insert(account.email().to_owned());
                }
            }
        }
        store.close().await;
        intended
    });
    assert!(sent.is_subset(&intended), "sent without intent: {:?}", sent.difference(&intended));
}

#[test]
fn d46_a_disk_that_is_full_at_any_write_of_a_run_loses_nothing_and_sends_nothing_unnoted() {
    let free = world();
    free.run(&["sync"]).with(0);
    let size = |world: &World, file: &str| {
        std::fs::metadata(world.path(file)).map_or(0, |file| file.len()).div_ceil(1024)
    };
    // Checkpointed at the end of every run: the log beside the store grows as far as the store does, and more.
    let start = size(&world(), "state/umsync.db");
    let most = 4 * size(&free, "state/umsync.db");
    // A page of SQLite's has four.
    let step = if rounds(0, 1) == 1 { 4 } else { 16 };
    let steps: Vec<u64> = (1..=most / step).map(|at| at * step).collect();
    let ends = play(steps.len(), |round| {
        let (world, kib) = (world(), steps[round]);
        let ended = ended(cramped(&world, kib));
        assert!([0, 1, 4].contains(&ended.code), "{kib} KiB: {}\n{}", ended.code, ended.stderr);
        if ended.code == 1 {
            assert_eq!(
                world.actions(),
                0,
                "{kib} KiB: an error before anything was written\n{}",
                ended.stderr
            );
        }
        is_intended(&world);
        let code = ended.code;
        world.run(&["sync"]).with(0);
        let mut members: Vec<String> = (0..24).map(|at| format!("p{at:02}@example.com")).collect();
        members.sort();
        assert_eq!(world.members("Design"), members, "{kib} KiB");
        assert_eq!(world.adobe.users().len(), 24, "{kib} KiB");
        code
    });
    let count = |code| ends.iter().filter(|end| **end == code).count();
    println!(
        "a disk that was full at {} points, of stores from {start} KiB: {} runs refused before anything was sent, {} cut short, {} done",
        ends.len(),
        count(1),
        count(4),
        count(0)
    );
    assert!(count(1) > 0 && count(4) > 0 && count(0) > 0, "{ends:?}");
}
