//! Everything that the User Sync Tool's users have to find again, row by row under its number: each is the same state at
//! Adobe, or a difference that one of the faults B1 to B20 justifies. The numbers are those of the feature tables (`CMD` to
//! `CSV`), of the rules about keys, of the parts of its algorithm (`2.3` to `2.11`) and of the worked examples.

pub(super) mod call;
mod command_line;
mod csv;
mod gone;
mod ldap;
mod main_file;
mod sync;
mod umapi;
mod words;
mod worked;

use crate::openldap::OpenLdap;
use crate::support::root;
use call::Call;
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// One row, under all the numbers that it is about.
struct Row {
    numbers: &'static [&'static str],
    is: Is,
}

/// What a number is.
enum Is {
    /// It ends as the User Sync Tool ends it.
    Same(Call),
    /// It ends otherwise: the fault that it would repeat, and what the User Sync Tool does.
    Differs { fault: &'static str, there: &'static str, here: Call },
    /// The same, in steps of its own.
    Steps(fn()),
    /// The same with the server.
    StepsOnServer(fn(&OpenLdap)),
    /// These tests show it.
    TestedBy(&'static [&'static str]),
    /// These tests show what is otherwise, with the fault that it would repeat, or that it may be so: JWT.
    DiffersTestedBy { fault: &'static str, by: &'static [&'static str] },
    /// It comes later, or never: why.
    LeftOut(&'static str),
}

/// It ends as the User Sync Tool ends it.
fn same(numbers: &'static [&'static str], call: Call) -> Row {
    Row { numbers, is: Is::Same(call) }
}

/// It ends otherwise, and `there` is what the User Sync Tool does.
fn differs(numbers: &'static [&'static str], fault: &'static str, there: &'static str, here: Call) -> Row {
    Row { numbers, is: Is::Differs { fault, there, here } }
}

fn steps(numbers: &'static [&'static str], steps: fn()) -> Row {
    Row { numbers, is: Is::Steps(steps) }
}

fn steps_on_server(numbers: &'static [&'static str], steps: fn(&OpenLdap)) -> Row {
    Row { numbers, is: Is::StepsOnServer(steps) }
}

fn tested(numbers: &'static [&'static str], by: &'static [&'static str]) -> Row {
    Row { numbers, is: Is::TestedBy(by) }
}

fn differs_tested(numbers: &'static [&'static str], fault: &'static str, by: &'static [&'static str]) -> Row {
    Row { numbers, is: Is::DiffersTestedBy { fault, by } }
}

fn left_out(numbers: &'static [&'static str], why: &'static str) -> Row {
    Row { numbers, is: Is::LeftOut(why) }
}

/// What is left out, and why.
pub(super) const ORGANIZATIONS: &str = "several organizations come later";
pub(super) const OKTA: &str = "Okta as a source comes later";
const CONSOLE: &str = "another organization as a source comes later";
pub(super) const HOOK: &str = "the scripting hook comes later";
const KEYRING: &str = "secrets in a keyring come later";
pub(super) const PUSH: &str = "a push only gives: what is to be taken, the strategy `sync` takes";
const SIGN: &str = "Adobe Sign is another product, with a tool of its own";

fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    for part in [
        command_line::rows(),
        main_file::rows(),
        umapi::rows(),
        ldap::rows(),
        csv::rows(),
        sync::rows(),
        gone::rows(),
        worked::rows(),
        sync::later(),
    ] {
        rows.extend(part);
    }
    rows
}

/// Every number of the check-list, and the worked examples.
fn numbers() -> BTreeSet<String> {
    let ranges = [
        ("CMD-", 1, 13),
        ("OPT-", 1, 14),
        ("CFG-", 1, 25),
        ("UMA-", 1, 18),
        ("LDP-", 1, 21),
        ("OKT-", 1, 8),
        ("CSV-", 1, 12),
        ("CON-", 1, 5),
        ("EXT-", 1, 7),
        ("KEY-", 1, 4),
        ("KEY-", 9, 9),
        ("2.", 3, 11),
        ("W", 1, 15),
    ];
    let named = [
        "preserve",
        "exclude",
        "write-file",
        "remove-adobe-groups",
        "remove",
        "delete",
        "list",
        "limit in users",
        "limit in percent",
        "group_removals_only",
        "push",
        "secondaries",
        "auto-create",
        "additional groups",
        "adobeID clash",
        "country rules",
        "batching",
        "retry",
        "OAuth",
        "keyring",
        "encrypted key",
        "test mode",
        "summary",
        "lock",
    ];
    let ranged =
        ranges.iter().flat_map(|(kind, first, last)| (*first..=*last).map(move |at| format!("{kind}{at}")));
    ranged.chain(named.map(str::to_owned)).collect()
}

#[test]
fn every_number_is_in_the_table() {
    let known: BTreeSet<String> =
        rows().iter().flat_map(|row| row.numbers).map(|number| (*number).to_owned()).collect();
    assert_eq!(known, numbers());
}

#[test]
fn whatever_differs_has_the_number_of_a_fault() {
    let faults: Vec<String> = (1..=20).map(|at| format!("B{at}")).chain(["JWT".to_owned()]).collect();
    for row in rows() {
        let (fault, there) = match row.is {
            Is::Differs { fault, there, here: _ } => (fault, there),
            Is::DiffersTestedBy { fault, by: _ } => (fault, "told by its tests"),
            _ => continue,
        };
        assert!(faults.iter().any(|known| known == fault), "{:?}: {fault}", row.numbers);
        assert!(!there.is_empty(), "{:?}", row.numbers);
    }
}

/// Numbers of which nothing is there yet; of others a part comes later.
#[test]
fn what_is_left_out_whole_is_what_comes_later() {
    let whole: BTreeSet<String> = numbers().into_iter().filter(|number| !has(number)).collect();
    let of = |kind: &str, last| (1..=last).map(|at| format!("{kind}-{at}")).collect::<Vec<_>>();
    let others = ["CMD-6", "CMD-12", "CMD-13", "CFG-15", "UMA-14", "W13", "secondaries", "keyring"];
    let expected = [of("OKT", 8), of("CON", 5), of("EXT", 7), others.map(str::to_owned).into()].concat();
    assert_eq!(whole, expected.into_iter().collect());
    for row in rows() {
        if let Is::LeftOut(why) = row.is {
            let excepted = [ORGANIZATIONS, OKTA, CONSOLE, HOOK, KEYRING, PUSH, SIGN];
            assert!(excepted.contains(&why), "{:?}: {why}", row.numbers);
        }
    }
}

#[test]
fn every_test_that_a_row_names_is_there() {
    for row in rows() {
        let tests = match row.is {
            Is::TestedBy(tests) | Is::DiffersTestedBy { fault: _, by: tests } => tests,
            _ => continue,
        };
        assert!(!tests.is_empty(), "{:?}", row.numbers);
        for test in tests {
            is_there(row.numbers, test);
        }
    }
}

/// Whether a row of this number is played or names its tests.
pub(super) fn has(number: &str) -> bool {
    rows().iter().any(|row| row.numbers.contains(&number) && !matches!(row.is, Is::LeftOut(_)))
}

/// Panics unless there is this test, named `tests/FILE.rs::NAME`.
#[track_caller]
pub(super) fn is_there(whose: &[&str], test: &str) {
    let (file, name) = test.split_once("::").expect("FILE::NAME");
    let text = std::fs::read_to_string(root().join(file));
    let text = text.unwrap_or_else(|error| panic!("{whose:?}: {file}: {error}"));
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let begin = format!("fn {name}(");
    let at = lines.iter().position(|line| line.trim_start_matches("async ").starts_with(&begin));
    let at = at.unwrap_or_else(|| panic!("{whose:?}: {file} has no test {name}"));
    let attributes = lines[..at].iter().rev().take_while(|line| line.starts_with("#["));
    let is_test = |line: &&str| line.starts_with("#[test]") || line.starts_with("#[tokio::test");
    assert!(attributes.clone().any(is_test), "{whose:?}: {file}: {name} is no test");
    assert!(!attributes.clone().any(|line| line.contains("ignore")), "{whose:?}: {name} is ignored");
}

/// Plays these rows, and tells of all that do not end as they say.
#[track_caller]
fn hold(rows: Vec<Row>, server: Option<&OpenLdap>) {
    let mut wrong = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        let played = catch_unwind(AssertUnwindSafe(|| match &row.is {
            Is::Same(call) | Is::Differs { here: call, .. } => {
                assert!(!call.needs_server() || server.is_some(), "there is no server");
                call.holds(server);
            }
            Is::Steps(steps) => steps(),
            Is::StepsOnServer(steps) => steps(server.expect("a server")),
            Is::TestedBy(_) | Is::DiffersTestedBy { .. } | Is::LeftOut(_) => {}
        }));
        if let Err(panic) = played {
            let told = panic.downcast_ref::<String>().cloned();
            let told = told.or_else(|| panic.downcast_ref::<&str>().map(|told| (*told).to_owned()));
            wrong.push(format!("row {at}, {:?}: {}", row.numbers, told.unwrap_or_default()));
        }
    }
    assert!(wrong.is_empty(), "{} of {} rows:\n{}", wrong.len(), rows.len(), wrong.join("\n\n"));
}

#[test]
fn the_command_line_gives_the_same() {
    hold(command_line::rows(), None);
}

#[test]
fn the_main_file_gives_the_same() {
    hold(main_file::rows(), None);
}

#[test]
fn the_connector_to_adobe_gives_the_same() {
    hold(umapi::rows(), None);
}

#[test]
fn the_connector_to_ldap_gives_the_same() {
    ldap::with_server(|server| hold(ldap::rows(), Some(server)));
}

#[test]
fn the_connector_to_tables_gives_the_same() {
    hold(csv::rows(), None);
}

#[test]
fn the_algorithm_gives_the_same() {
    hold(sync::rows(), None);
}

#[test]
fn whoever_is_gone_ends_the_same() {
    hold(gone::rows(), None);
}

#[test]
fn the_worked_examples_end_the_same() {
    hold(worked::rows(), None);
}
