//! Scenarios: folders with a small directory, a small organization and rules, and the plan that they give, reviewed as
//! text. `BLESS=1 cargo test scenarios` writes the plans anew; read the difference before you commit it.

use crate::support::reviewed::{Reviewed, timeless};
use crate::support::{World, root};
use umsync_emulator::{Options, Seed};

#[test]
fn every_scenario_gives_its_plan() {
    let folder = root().join("tests/scenarios");
    let mut names: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.sort();
    assert!(names.len() > 5, "the scenarios are gone");
    let mut reviewed = Reviewed::default();
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
        reviewed.compare(&scenario.join("plan.txt"), &told);
    }
    reviewed.end();
}

/// What is told as an error; logs are not part of a scenario.
fn errors(stderr: &str) -> String {
    let from = stderr.find("error: ").unwrap_or(stderr.len());
    stderr[from..].to_owned()
}
