//! The daemon: when it runs, what stops it, and what it does when something is in its way.

use crate::support::store::EVERY;
use crate::support::{Ended, ORGANIZATION, World, awaited, group, person, root, seed};
use chrono::{DateTime, Utc};
use serde_json::Value;
use std::fs::File;
use std::path::PathBuf;
use std::process::{Child, Command};
use std::time::{Duration, Instant};
use umsync_emulator::{Effect, Endpoint, Fault};

const RULES: &str =
    "groups:\n  - {directory: design, adobe: [Design]}\nlimits: {create: off}\nbaseline: accept\n";

/// Every second.
const OFTEN: &str = "schedule: {cron: \"* * * * * *\", retry: {after: 1h}}\n";

/// A schedule that does not tick while a test runs.
fn seldom() -> String {
    let other_month = if Utc::now().format("%m").to_string() == "01" { 7 } else { 1 };
    format!("schedule: {{cron: \"0 0 0 15 {other_month} *\", retry: {{after: 1s, times: 100}}}}\n")
}

/// Anna and as many others as are asked for are to get Design.
fn world(others: usize) -> World {
    let world = World::new(&seed(&["Design"], &[]), &ldif(others));
    world.configure(&format!("{RULES}{OFTEN}"));
    world
}

fn ldif(others: usize) -> String {
    let names: Vec<String> = (0..others).map(|at| format!("u{at:02}")).chain(["anna".to_owned()]).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let people: String = names.iter().map(|name| person(name, &[])).collect();
    format!("{people}{}", group("design", &names))
}

/// A daemon that is running, with what it has said so far.
struct Daemon {
    child: Option<Child>,
    said: PathBuf,
}

impl Daemon {
    fn start(world: &World) -> Self {
        let said = world.path("daemon.log");
        let mut command = world.command(&["run"]);
        command.stdout(File::create(world.path("daemon.out")).unwrap());
        command.stderr(File::create(&said).unwrap());
        Self { child: Some(command.spawn().expect("the program starts")), said }
    }

    fn said(&self) -> String {
        std::fs::read_to_string(&self.said).unwrap()
    }

    #[track_caller]
    fn says(&self, words: &str) {
        self.until(words, || self.said().contains(words));
    }

    /// Waits until something is so; while the daemon runs, and not for long.
    #[track_caller]
    fn until(&self, what: &str, so: impl Fn() -> bool) {
        let begun = Instant::now();
        while !so() {
            assert!(begun.elapsed() < Duration::from_secs(20), "in vain: {what}; it said\n{}", self.said());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Whether a run is due without a tick.
    fn is_due_again(&self) -> bool {
        let said = self.said();
        said.lines()
            .rfind(|line| line.contains("the next run is due"))
            .is_some_and(|line| line.contains("why="))
    }

    fn signal(&self, name: &str) {
        let child = self.child.as_ref().expect("it runs");
        let kill = format!("kill -{name} {}", child.id());
        assert!(Command::new("/bin/sh").args(["-c", &kill]).status().unwrap().success());
    }

    /// Asks it to stop as a service manager does, and waits until it has.
    #[track_caller]
    fn stop(mut self) -> Ended {
        self.signal("TERM");
        let mut ended = awaited(self.child.take().expect("it runs"));
        ended.stderr = self.said();
        ended.with(0)
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn daemon_said(world: &World) -> String {
    std::fs::read_to_string(world.path("daemon.log")).unwrap()
}

/// The runs that have ended, oldest first.
fn runs(world: &World) -> Vec<Value> {
    let runs = world.run(&["history", "--json", "--last", "1000"]);
    // Before the daemon has made the store there is none.
    if runs.code != 0 {
        return Vec::new();
    }
    let mut runs: Vec<Value> = runs.json().as_array().unwrap().clone();
    runs.retain(|run| !run["exit_code"].is_null());
    runs.reverse();
    runs
}

fn codes(world: &World) -> Vec<u64> {
    runs(world).iter().map(|run| run["exit_code"].as_u64().unwrap()).collect()
}

fn moment(run: &Value, key: &str) -> DateTime<Utc> {
    run[key].as_str().unwrap().parse().unwrap()
}

#[test]
fn runs_follow_the_schedule_and_never_overlap() {
    let world = world(0);
    // A run takes longer than it is from tick to tick.
    let slow = Effect::DelayReply(Duration::from_millis(1200));
    world.adobe.faults().add(Fault::on(Endpoint::Users, slow));
    let daemon = Daemon::start(&world);
    daemon.says("the next run is due");
    daemon.until("three runs", || runs(&world).len() >= 3);
    daemon.stop().says(&["the daemon ends"]);

    // The stop may have come into a fourth.
    let runs = &runs(&world)[..3];
    assert!(runs.iter().all(|run| run["command"] == "run" && run["exit_code"] == 0), "{runs:?}");
    for pair in runs.windows(2) {
        assert!(moment(&pair[1], "started_at") >= moment(&pair[0], "ended_at"), "{pair:?}");
    }
    let listings = world.adobe.calls(Endpoint::Users);
    for pair in listings.windows(2) {
        assert!(pair[1].at - pair[0].at >= chrono::TimeDelta::milliseconds(1200), "{pair:?}");
    }
    assert_eq!(world.members("Design"), ["anna@example.com"]);
    assert_eq!(world.actions(), 1, "the runs after the first found nothing to do");
}

#[test]
fn a_stop_lets_the_request_under_way_finish_and_sends_nothing_more() {
    let world = world(24);
    let slow = Effect::DelayReply(Duration::from_millis(1500));
    world.adobe.faults().add(Fault::on(Endpoint::Action, slow));
    let daemon = Daemon::start(&world);
    daemon.until("a request", || world.actions() == 1);
    let asked = Instant::now();
    daemon.stop().says(&["stopping after the request that is under way"]);

    assert!(asked.elapsed() < Duration::from_secs(60), "one request takes 1.5 s: {:?}", asked.elapsed());
    let actions = world.adobe.calls(Endpoint::Action);
    assert_eq!((actions.len(), actions[0].delivered), (1, true));
    let report = world.run(&["report", "--json"]).with(0).json();
    let outcomes = report["outcomes"].as_array().unwrap();
    let done = outcomes.iter().filter(|outcome| outcome["verdict"] == "done").count();
    assert_eq!((report["exit_code"].as_u64(), done, outcomes.len()), (Some(4), 10, 25));
    world.run(&["report"]).with(0).shows(&["20 done", "30 not sent"]);

    world.adobe.faults().clear();
    world.run(&["sync"]).with(0);
    assert_eq!(world.members("Design").len(), 25);
}

#[test]
fn a_stop_between_runs_is_at_once_and_nothing_is_held_meanwhile() {
    let world = world(0);
    world.configure(&format!("{RULES}{}", seldom()));
    let daemon = Daemon::start(&world);
    daemon.says("the next run is due");
    world.run(&["sync"]).with(0).shows(&["1 account created"]);
    let asked = Instant::now();
    daemon.stop();
    assert!(asked.elapsed() < Duration::from_secs(60));
    assert_eq!(codes(&world).len(), 1, "starting is no reason to run");
}

#[test]
fn a_hangup_with_a_bad_file_tells_every_mistake_and_keeps_the_old_one() {
    let world = world(0);
    let daemon = Daemon::start(&world);
    daemon.until("a run", || !runs(&world).is_empty());

    world.configure(
        "groups:\n  - {directory: design, adobe: [Desgin], mod: additive}\nleavers: {action: kep}\n",
    );
    daemon.signal("HUP");
    daemon.says("2 mistakes");
    daemon.says("did you mean `mode`?");
    daemon.says("leavers.action: `kep` is none of");
    daemon.says("the former one stays in force");
    let before = runs(&world).len();
    // A sleeping daemon has no schedule to lose.
    world.configure(RULES);
    daemon.signal("HUP");
    daemon.says("there is no `schedule`");
    // Nor may its memory disappear.
    let text = std::fs::read_to_string(world.path("umsync.yaml")).unwrap();
    world.write(
        "umsync.yaml",
        &format!("{text}{OFTEN}").replace("client_secret: {file: secret}", "client_secret: {file: nothing}"),
    );
    daemon.signal("HUP");
    daemon.says("nothing: No such file");
    daemon.until("two more runs", || runs(&world).len() >= before + 2);
    assert!(codes(&world).iter().all(|code| *code == 0));

    let ldif = format!("{}{}{}", ldif(0), person("bob", &[]), group("video", &["bob"]));
    world.write("people.ldif", &ldif);
    let video = "  - {directory: video, adobe: [Video], create: true}\nlimits";
    world.configure(&format!("{}{OFTEN}", RULES.replace("limits", video)).replace("umsync.db", "other.db"));
    daemon.signal("HUP");
    daemon.says("the configuration was read anew");
    daemon.until("a member", || world.adobe.members("Video").is_some_and(|members| members.len() == 1));
    daemon.stop();
}

#[test]
fn what_failed_is_tried_again_without_a_tick() {
    let world = world(0);
    world.configure(&format!("{RULES}{}", OFTEN.replace("1h", "1s")));
    world.write("people.ldif", "dn: uid=anna,dc=example\nbroken line\n");
    let daemon = Daemon::start(&world);
    daemon.until("a run that fails", || codes(&world).contains(&6));
    // From here on there is no tick; what is due because of the failure stays due.
    world.configure(&format!("{RULES}{}", seldom()));
    daemon.signal("HUP");
    daemon.says("the configuration was read anew");
    world.write("people.ldif", &ldif(0));
    daemon.until("a run that succeeds", || codes(&world).contains(&0));
    assert_eq!(world.members("Design"), ["anna@example.com"]);
    daemon.until("nothing but the schedule", || !daemon.is_due_again());
    daemon.stop();
    assert_eq!(codes(&world).iter().filter(|code| **code == 0).count(), 1);
}

#[test]
fn nothing_is_tried_again_for_ever_nor_where_somebody_has_to_act() {
    let world = world(0);
    let twice = "retry: {after: 10ms, times: 2}";
    world.configure(&format!("{RULES}{}", OFTEN.replace("retry: {after: 1h}", twice)));
    world.write("people.ldif", "dn: uid=anna,dc=example\nbroken line\n");
    let daemon = Daemon::start(&world);
    daemon.until("a run and two more", || codes(&world).len() >= 3);
    world.configure(&format!("{RULES}{}", seldom().replace("retry: {after: 1s, times: 100}", twice)));
    daemon.signal("HUP");
    daemon.says("the configuration was read anew");
    daemon.until("nothing but the schedule", || !daemon.is_due_again());
    let failed = codes(&world);
    assert!(failed.iter().all(|code| *code == 6), "{failed:?}");

    world.write("people.ldif", &ldif(0));
    let missing = RULES.replace("[Design]", "[Desgin]");
    world.configure(&format!("{missing}{}", OFTEN.replace("1h", "10ms")));
    daemon.signal("HUP");
    daemon.until("a run that only somebody can help", || codes(&world).contains(&78));
    daemon.stop();
    let said = daemon_said(&world);
    let (_, after) = said.split_once("`Desgin`").expect("it is named");
    assert!(!after.contains("nothing was written"), "{said}");
}

#[test]
fn a_tick_at_a_closed_gate_is_kept_until_it_opens() {
    let world = world(0);
    let manners = ["every: 6s", "wait: 0s", "pace: off"];
    world.configure_with(&manners, &format!("{RULES}{OFTEN}"));
    let daemon = Daemon::start(&world);
    daemon.until("a run that executes", || world.actions() == 1 && runs(&world).len() == 1);
    daemon.says("the gate is closed: the run waits for it");
    world.configure_with(&manners, &format!("{RULES}{}", seldom()));
    daemon.signal("HUP");
    daemon.says("the configuration was read anew");
    world.write("people.ldif", &ldif(1));
    daemon.until("a run when the gate opens", || world.actions() == 2);
    assert_eq!(world.members("Design").len(), 2);
    daemon.until("its end", || runs(&world).len() == 2);
    daemon.stop();
    assert_eq!(codes(&world), [0, 0], "a tick that is kept leaves no run behind");
    let actions = world.adobe.calls(Endpoint::Action);
    assert!(actions[1].at - actions[0].at >= chrono::TimeDelta::seconds(6));
}

#[test]
fn a_pause_is_obeyed_and_said() {
    let world = world(0);
    world.run(&["plan"]).with(0);
    world.run(&["pause", "--until", "2h", "--reason", "moving house"]).with(0);
    let daemon = Daemon::start(&world);
    daemon.says("paused: this run is skipped");
    daemon.says("moving house");
    assert_eq!((runs(&world).len(), world.actions()), (1, 0));
    world.run(&["unpause"]).with(0);
    daemon.until("a run", || world.actions() == 1);
    daemon.stop();
}

#[test]
fn the_sandbox_lives_as_long_as_the_daemon() {
    let world = world(0);
    for name in ["people.ldif", "adobe.json"] {
        std::fs::copy(root().join("config/quickstart").join(name), world.path(name)).unwrap();
    }
    let text = std::fs::read_to_string(root().join("config/quickstart/umsync.yaml")).unwrap();
    world.write("umsync.yaml", &format!("{text}{OFTEN}"));
    let daemon = Daemon::start(&world);
    let told = || std::fs::read_to_string(world.path("daemon.out")).unwrap();
    daemon.until("a run in step", || told().contains("Everything is in step: 36 people"));
    daemon.signal("HUP");
    daemon.says("the configuration was read anew");
    let before = runs(&world).len();
    daemon.until("another run", || runs(&world).len() > before);
    daemon.stop();
    assert_eq!(told().matches("Done: 1 group created, 8 accounts created").count(), 1, "{}", told());
}

#[test]
fn what_the_daemon_lacks_ends_78() {
    let world = world(0);
    world.configure(RULES);
    world.run(&["run"]).with(78).says(&["there is no `schedule`", "cron"]);
    world.configure(&format!("{RULES}schedule: {{cron: often}}\n"));
    world.run(&["run"]).with(78).says(&["schedule.cron: `often` is no schedule"]);
    world.configure(&format!("{RULES}schedule: {{cron: \"0 0 0 30 2 *\"}}\n"));
    world.run(&["run"]).with(78).says(&["never"]);
    // Not an emulator, as far as the file says: the store must have been there.
    let url = world.adobe.url();
    let text = std::fs::read_to_string(world.path("umsync.yaml")).unwrap();
    let text = text.replace(&format!("  server: {url}\n  ims: {url}\n  every: 0s\n  pace: off\n"), "");
    world.write("umsync.yaml", &text.replace("0 0 0 30 2 *", "0 0 0 1 1 *"));
    world.run(&["run"]).with(78).says(&["there is no store", "the first time, run `umsync plan`"]);
}

#[test]
fn it_pushes_as_the_schedule_says_and_waits_for_no_listing() {
    let world = world(2);
    // A listing has just begun, and what was known before is too old.
    world.configure_with(&["pace: off", "wait: 0s"], RULES);
    world.run(&["plan"]).with(0);
    let listed = (world.listings(), world.adobe.calls(Endpoint::Groups).len());
    world.runtime.block_on(async {
        let store = world.store().await.unwrap();
        store.amend_snapshot(ORGANIZATION, |snapshot| snapshot.read_at -= EVERY).await.unwrap();
        store.close().await;
    });
    world.configure_with(&["pace: off", "wait: 0s"], &format!("strategy: push\n{RULES}{OFTEN}"));
    let daemon = Daemon::start(&world);
    daemon.until("everybody is pushed", || world.members("Design").len() == 3);
    daemon.says("the gate is closed: the run waits for it");
    daemon.stop();
    assert_eq!((world.listings(), world.adobe.calls(Endpoint::Groups).len()), listed);
    assert_eq!(world.actions(), 1, "once in two hours");
}
