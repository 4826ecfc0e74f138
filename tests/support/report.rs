//! Whether what a run tells is true: its report against itself, against the emulator's log, and against what changed.

pub(crate) mod deed;

use super::{Ended, World};
use deed::{Deed, Deeds, carried_out, changed};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use umsync_emulator::{Endpoint, Running, User};

/// Adobe as a run found it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Mark {
    /// How many calls there had been.
    pub(crate) calls: usize,
    pub(crate) users: Vec<User>,
    pub(crate) groups: BTreeSet<String>,
    /// What the run has said, if somebody listened to its end.
    pub(crate) said: Option<String>,
}

impl Mark {
    /// Adobe as it is now.
    pub(crate) fn of(adobe: &Running) -> Self {
        let groups = adobe.groups().into_iter().map(|group| group.name).collect();
        Self { calls: adobe.log().len(), users: adobe.users(), groups, said: None }
    }
}

/// One change of a report: what, and how it ended.
pub(crate) type Row = (Deed, String);

/// What has to hold after every `sync` and `apply` that came to an end with this code: its report agrees. Only a run that
/// ended early may have left none, and then it has sent nothing.
#[track_caller]
pub(crate) fn holds(world: &World, code: i32) {
    let mark = world.mark();
    let has_sent = world.adobe.log()[mark.calls..].iter().any(|call| call.endpoint == Some(Endpoint::Action));
    if has_sent || [0, 3, 4].contains(&code) {
        report_agrees_since(world, &mark);
    }
}

/// Panics unless the report of the last run, as JSON, as table and as text, agrees with itself, with the emulator's own
/// log since that run began, and with what is different at Adobe since. Nobody else may have changed anything meanwhile.
#[track_caller]
pub(crate) fn report_agrees(world: &World) {
    report_agrees_since(world, &world.mark());
}

/// The same for a run that continued another one, which began at that mark.
#[track_caller]
pub(crate) fn report_agrees_since(world: &World, mark: &Mark) {
    agrees(world, mark, None);
}

/// The run with whose execution this one went on, if it did.
pub(crate) fn continued(ended: &Ended) -> Option<&str> {
    let lines = ended.stdout.lines().chain(ended.stderr.lines());
    let mut lines = lines.filter(|line| line.contains("was cut short") && line.contains("is over now"));
    let (_, after) = lines.next()?.split_once("xecution of run ")?;
    after.split([' ', ',']).next()
}

/// The same for the report of that run, or of the last one.
#[track_caller]
pub(crate) fn agrees(world: &World, mark: &Mark, run: Option<&str>) {
    let report = |more: &[&str]| {
        let arguments: Vec<&str> = ["report"].into_iter().chain(run).chain(more.iter().copied()).collect();
        world.run(&arguments).with(0)
    };
    let json = report(&["--format", "json"]).json();
    let is_push = json["plan"].is_object() && json["plan"]["adobe"].is_null();
    let as_told = |rows: Vec<Row>| -> Vec<Row> {
        let pushed = |(deed, end): Row| (if is_push { deed.pushed() } else { deed }, end);
        let mut rows: Vec<Row> = rows.into_iter().map(pushed).collect();
        rows.sort();
        rows
    };
    let rows = as_told(rows(&json));
    assert_eq!(rows, as_told(table(&report(&["--format", "csv"]).stdout)), "JSON and table");

    let told = totals_by_outcome(&rows);
    let text = report(&[]);
    text.shows(&[&format!("changes        {}\n", if told.is_empty() { "none" } else { &told })]);
    if let Some(results) = json.pointer("/summary/results") {
        let count = |outcome| rows.iter().filter(|(_, end)| end == outcome).count();
        let numbers = |names: [&str; 3]| names.map(|name| results[name].as_u64().expect("a count") as usize);
        assert_eq!(
            numbers(["refused", "unknown", "not_sent"]),
            ["refused", "unknown", "not_sent"].map(count)
        );
        assert_eq!(json["summary"]["withheld"], count("withheld"), "withheld");
        assert_eq!(json["summary"]["stale"], count("stale"), "stale");
        // A rehearsal counts what Adobe would have done.
        let done =
            rows.iter().filter(|(_, end)| ["done", "tested"].contains(&end.as_str())).map(|(deed, _)| deed);
        assert_eq!(Totals::of(done), Totals::read(&results["done"]), "the totals and their rows");
    }
    if let Some(said) = mark.said.as_deref().filter(|said| !said.starts_with('{')) {
        says_so(said, &rows);
    }
    if is_push {
        push_is_true(&world.adobe, mark, &rows);
    } else {
        is_true(&world.adobe, mark, &rows);
    }
}

/// The totals that the run itself printed are those of its rows; it prints none where nothing was sent.
#[track_caller]
fn says_so(said: &str, rows: &[Row]) {
    for (words, end) in [("Done: ", "done"), ("Tested, nothing was changed: ", "tested")] {
        let done = rows.iter().filter(|(_, found)| found == end).map(|(deed, _)| deed);
        let told = Totals::of(done).told();
        let lines: Vec<&str> = said.lines().filter_map(|line| line.strip_prefix(words)).collect();
        let nothing = lines.is_empty() && told == "nothing";
        assert!(nothing || lines == [told.as_str()], "{words}{told}\nbut it said\n{said}");
    }
}

/// What is called done was carried out and is so; and nothing was carried out, nor is different, that no row admits.
#[track_caller]
pub(crate) fn is_true(adobe: &Running, mark: &Mark, rows: &[Row]) {
    let of = |wanted: &[&str]| -> Deeds {
        rows.iter().filter(|(_, end)| wanted.contains(&end.as_str())).map(|(deed, _)| deed.clone()).collect()
    };
    let (done, open) = (of(&["done"]), of(&["refused", "unknown"]));
    let (sent, perhaps) = carried_out(mark, &adobe.log()[mark.calls..]);
    let changed = changed(mark, adobe);
    let without = |all: &Deeds, known: [&Deeds; 2]| -> Vec<Deed> {
        all.iter().filter(|deed| !known.iter().any(|known| known.contains(*deed))).cloned().collect()
    };
    let none: Vec<Deed> = Vec::new();
    assert_eq!(without(&done, [&sent, &perhaps]), none, "called done, and Adobe never did it");
    assert_eq!(without(&done, [&changed, &changed]), none, "called done, and it is not so");
    assert_eq!(without(&sent, [&done, &open]), none, "Adobe did it, and no row admits it");
    assert_eq!(without(&changed, [&done, &open]), none, "it is different, and no row admits it");
    let refused = of(&["refused"]);
    let both: Vec<Deed> =
        refused.intersection(&changed).filter(|deed| !done.contains(deed)).cloned().collect();
    assert_eq!(both, none, "called refused, and it is so");
}

/// The same of a push, which may find that much of what it sends is so already: what is called done was carried out and is
/// so; and nothing was carried out, nor is different, that no row admits.
#[track_caller]
fn push_is_true(adobe: &Running, mark: &Mark, rows: &[Row]) {
    let of = |wanted: &[&str]| -> Deeds {
        rows.iter().filter(|(_, end)| wanted.contains(&end.as_str())).map(|(deed, _)| deed.clone()).collect()
    };
    let pushed = |deeds: Deeds| -> Deeds { deeds.into_iter().map(Deed::pushed).collect() };
    let (done, open) = (of(&["done"]), of(&["refused", "unknown"]));
    let (sent, perhaps) = carried_out(mark, &adobe.log()[mark.calls..]);
    let (sent, perhaps, changed) = (pushed(sent), pushed(perhaps), pushed(changed(mark, adobe)));
    let none: Vec<&Deed> = Vec::new();
    let unsent: Vec<&Deed> =
        done.iter().filter(|deed| !sent.contains(*deed) && !perhaps.contains(*deed)).collect();
    assert_eq!(unsent, none, "called done, and Adobe never did it");
    let untrue: Vec<&Deed> = done.iter().filter(|deed| !deed.holds(adobe)).collect();
    assert_eq!(untrue, none, "called done, and it is not so");
    let untold = |deeds: &Deeds| -> Vec<Deed> {
        let is_told = |deed: &&Deed| done.contains(*deed) || open.contains(*deed);
        deeds.iter().filter(|deed| !is_told(deed)).cloned().collect()
    };
    assert_eq!(untold(&sent), [], "Adobe did it, and no row admits it");
    assert_eq!(untold(&changed), [], "it is different, and no row admits it");
}

/// Every change of a report in JSON, sorted.
fn rows(json: &Value) -> Vec<Row> {
    let list = |path: &str| json.pointer(path).and_then(Value::as_array).cloned().unwrap_or_default();
    let is_test = json["command"].as_str().is_some_and(|command| command.contains("--test-mode"));
    let mut ends: BTreeMap<u64, String> = BTreeMap::new();
    let commands = list("/plan/commands");
    for outcome in list("/outcomes") {
        let command = &commands[outcome["command"].as_u64().expect("a position") as usize];
        for change in command["changes"].as_array().expect("positions") {
            let end = match word(&outcome["verdict"]) {
                "done" if is_test => "tested",
                end => end,
            };
            ends.insert(change.as_u64().expect("a position"), end.to_owned());
        }
        for exception in outcome["exceptions"].as_array().into_iter().flatten() {
            let end = word(&exception["verdict"]).to_owned();
            ends.insert(exception["change"].as_u64().expect("a position"), end);
        }
    }
    let mut rows: Vec<Row> = Vec::new();
    for (at, change) in list("/plan/changes").iter().enumerate() {
        let end = ends.remove(&(at as u64)).unwrap_or_else(|| "planned".to_owned());
        rows.push((Deed::of_change(change), end));
    }
    rows.extend(list("/stale").iter().map(|change| (Deed::of_change(change), "stale".to_owned())));
    let withheld = list("/plan/withheld");
    rows.extend(withheld.iter().map(|row| (Deed::of_change(row), "withheld".to_owned())));
    // A run that was cut off leaves its journal.
    for row in list("/changes") {
        let end = match (&row["verdict"], &row["sent_at"]) {
            (Value::Null, Value::Null) => "not_sent",
            (Value::Null, _) => "unknown",
            (verdict, _) => word(verdict),
        };
        rows.push((Deed::of_change(&row["change"]), end.to_owned()));
    }
    rows.sort();
    rows
}

/// How an enum's variant is called in JSON.
fn word(value: &Value) -> &str {
    match value {
        Value::Object(object) => object.keys().next().expect("a variant"),
        value => value.as_str().expect("a variant"),
    }
}

/// The same of a report as a table.
fn table(csv: &str) -> Vec<Row> {
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let rows = reader.deserialize::<BTreeMap<String, String>>();
    let mut rows: Vec<Row> = rows
        .map(|row| row.expect("a good row"))
        .map(|row| (Deed::of_cells(&row["target"], &row["change"], &row["field"]), row["outcome"].clone()))
        .collect();
    rows.sort();
    rows
}

/// The totals as the text of a report says them.
fn totals_by_outcome(rows: &[Row]) -> String {
    let mut by_end: BTreeMap<&str, Vec<&Deed>> = BTreeMap::new();
    for (deed, end) in rows {
        by_end.entry(end).or_default().push(deed);
    }
    let told = by_end.into_iter().map(|(end, deeds)| {
        format!("{} {} ({})", deeds.len(), end.replace('_', " "), Totals::of(deeds.iter().copied()).told())
    });
    told.collect::<Vec<_>>().join("; ")
}

/// Counts of deeds, in the order in which reports tell them.
#[derive(Debug, PartialEq, Eq)]
struct Totals([usize; 9]);

impl Totals {
    /// Counted from the rows; an account of which several attributes change is one.
    fn of<'a>(deeds: impl IntoIterator<Item = &'a Deed>) -> Self {
        let mut counts = [0; 9];
        let mut updated = BTreeSet::new();
        for Deed { target, what } in deeds {
            let at = match what.split(' ').next().expect("a word") {
                "create_group" => 0,
                "push_group" => 1,
                "create_user" => 2,
                "push_user" => 3,
                "update" if !updated.insert(target) => continue,
                "update" => 4,
                "join" => 5,
                "lose" => 6,
                "leave" => 7,
                "delete" => 8,
                // Part of making a group.
                "attach" | "describe" => continue,
                other => panic!("{other} is no change"),
            };
            counts[at] += 1;
        }
        Self(counts)
    }

    /// As the program counted.
    fn read(done: &Value) -> Self {
        let names = [
            "groups_created",
            "groups_pushed",
            "created",
            "pushed",
            "updated",
            "joined",
            "lost",
            "left",
            "deleted",
        ];
        // Only a push tells what it pushed.
        let count = |name: &str| match (name, done[name].as_u64()) {
            ("groups_pushed" | "pushed", None) => 0,
            (_, count) => count.expect("a count") as usize,
        };
        Self(names.map(count))
    }

    /// In words.
    fn told(&self) -> String {
        let words = [
            ("group", "groups", "created"),
            ("group", "groups", "created or there already"),
            ("account", "accounts", "created"),
            ("account", "accounts", "created or updated"),
            ("account", "accounts", "updated"),
            ("membership", "memberships", "given"),
            ("membership", "memberships", "taken"),
            ("user", "users", "leaving the organization"),
            ("account", "accounts", "deleted with all files"),
        ];
        let said = self.0.iter().zip(words).filter(|(count, _)| **count > 0);
        let said = said.map(|(count, (one, many, verb))| {
            format!("{count} {} {verb}", if *count == 1 { one } else { many })
        });
        let said: Vec<String> = said.collect();
        if said.is_empty() { "nothing".to_owned() } else { said.join(", ") }
    }
}
