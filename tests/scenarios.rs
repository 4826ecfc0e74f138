//! Scenarios: folders with a small directory, a small organization and rules, and the plan that they give, reviewed as
//! text. `BLESS=1 cargo test scenarios` writes the plans anew; read the difference before you commit it.

use crate::support::{World, root};
use similar::TextDiff;
use std::fmt::Write as _;
use umsync_emulator::{Options, Seed};

#[test]
fn every_scenario_gives_its_plan() {
    let bless = std::env::var_os("BLESS").is_some();
    let folder = root().join("tests/scenarios");
    let mut names: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.sort();
    assert!(names.len() > 5, "the scenarios are gone");
    let mut differences = String::new();
    for scenario in names {
        let name = scenario.file_name().unwrap().to_string_lossy().into_owned();
        let text = |file: &str| {
            std::fs::read_to_string(scenario.join(file))
                .unwrap_or_else(|error| panic!("{name}/{file}: {error}"))
        };
        let seed =
            Seed::parse(&text("adobe.json")).unwrap_or_else(|error| panic!("{name}/adobe.json: {error}"));
        let world = World::with(Options::seeded(seed).unthrottled(), &text("people.ldif"));
        world.configure(&text("rules.yaml"));
        let ended = world.run(&["plan"]);
        let told = format!("{}exit {}\n{}", ended.stdout, ended.code, errors(&ended.stderr));
        let told = timeless(&told.replace(&world.folder.path().display().to_string(), "FOLDER"));
        let expected = std::fs::read_to_string(scenario.join("plan.txt")).unwrap_or_default();
        if told != expected {
            if bless {
                std::fs::write(scenario.join("plan.txt"), &told).unwrap();
            }
            let difference = TextDiff::from_lines(&expected, &told);
            let _ =
                writeln!(differences, "{name}\n{}", difference.unified_diff().header("expected", "planned"));
        }
    }
    assert!(bless || differences.is_empty(), "{differences}\nBLESS=1 writes them anew");
}

/// What is told as an error; logs are not part of a scenario.
fn errors(stderr: &str) -> String {
    let from = stderr.find("error: ").unwrap_or(stderr.len());
    stderr[from..].to_owned()
}

/// Moments of this run differ from run to run.
fn timeless(text: &str) -> String {
    let mut timeless = String::new();
    let mut rest = text;
    while let Some(end) = rest.find(" UTC") {
        let moment = "2026-01-01 00:00".len();
        match end.checked_sub(moment).filter(|start| rest.is_char_boundary(*start)) {
            Some(start) if rest[start..end].starts_with("20") => {
                timeless.push_str(&rest[..start]);
                timeless.push_str("NOW");
            }
            _ => timeless.push_str(&rest[..end + 4]),
        }
        rest = &rest[end + 4..];
    }
    timeless + rest
}
