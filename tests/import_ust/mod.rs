//! `import-ust`: folders with a configuration of the User Sync Tool, and what becomes of it, reviewed as text. `BLESS=1
//! cargo test import_ust` writes that anew; read the difference before you commit it.

mod hostile;
mod keys;
mod outcome;

use crate::support::reviewed::Reviewed;
use crate::support::{Ended, ended, program, root};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// What is compared, and no part of what is converted.
const EXPECTED: [&str; 2] = ["umsync.yaml", "report.txt"];
/// Stands in every secret of every configuration here.
const PLANTED: &str = "PLANTED";

/// A copy of a case's folder.
struct Case {
    folder: TempDir,
    options: Option<String>,
}

impl Case {
    fn of(name: &str) -> Self {
        let from = root().join("tests/import_ust").join(name);
        let folder = TempDir::new().unwrap();
        copy(&from, folder.path());
        let options = std::fs::read_to_string(from.join("options.txt")).ok();
        Self { folder, options: options.map(|options| options.trim().to_owned()) }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Converts it, with these arguments more.
    fn import(&self, more: &[&str]) -> Ended {
        import(self.folder.path(), self.options.as_deref(), more)
    }
}

fn import(folder: &Path, options: Option<&str>, more: &[&str]) -> Ended {
    let mut arguments = vec!["import-ust", folder.to_str().unwrap()];
    arguments.extend(options.iter().flat_map(|options| ["--options", options]));
    arguments.extend(more);
    ended(program(&arguments))
}

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let (path, name) = (entry.path(), entry.file_name());
        if path.is_dir() {
            std::fs::create_dir(to.join(&name)).unwrap();
            copy(&path, &to.join(&name));
        } else if !EXPECTED.iter().any(|expected| *expected == name) {
            std::fs::copy(&path, to.join(&name)).unwrap();
        }
    }
}

fn cases() -> Vec<String> {
    let entries = std::fs::read_dir(root().join("tests/import_ust")).unwrap().map(Result::unwrap);
    let folders = entries.filter(|entry| entry.path().is_dir());
    let mut names: Vec<String> = folders.map(|entry| entry.file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn every_configuration_becomes_what_was_reviewed_and_loads() {
    let cases = cases();
    assert!(cases.len() > 25, "the configurations are gone: {}", cases.len());
    let mut reviewed = Reviewed::default();
    for name in cases {
        let case = Case::of(&name);
        let (out, report) = (case.path("umsync.yaml"), case.path("report.txt"));
        let told = case.import(&["--out", out.to_str().unwrap(), "--report", report.to_str().unwrap()]);
        assert_eq!(told.code, 0, "{name}: {}", told.stderr);
        let folder = case.folder.path().display().to_string();
        for file in EXPECTED {
            let text = std::fs::read_to_string(case.path(file)).unwrap().replace(&folder, "FOLDER");
            assert!(!text.contains(PLANTED), "{name}/{file} has a secret:\n{text}");
            reviewed.compare(&root().join("tests/import_ust").join(&name).join(file), &text);
        }
        let loaded = ended(program(&["--config", out.to_str().unwrap(), "status"]));
        loaded.with(78).says(&["there is no store at"]);
    }
    reviewed.end();
}

#[test]
fn the_configuration_goes_to_stdout_and_the_report_to_stderr_and_neither_tells_a_secret() {
    let case = Case::of("template");
    let told = case.import(&[]).with(0).says(&["Carried over: ", "Changed meaning: ", "Not carried over: "]);
    assert!(
        told.stdout.contains("\ngroups:\n  - {directory: Design, adobe: [All Apps, Design Team]"),
        "{}",
        told.stdout
    );
    let json = case.import(&["--json"]).with(0);
    for text in [&told.stdout, &told.stderr, &json.stdout, &json.stderr] {
        assert!(!text.contains(PLANTED), "{text}");
    }
    let json: serde_json::Value = serde_json::from_str(&json.stderr).unwrap();
    assert!(json["carried"].as_array().unwrap().len() > 20, "{json}");
    let quoted = json["not_carried"].to_string();
    assert!(quoted.contains("target_groups.add('All Staff')") && quoted.contains("****"), "{quoted}");
}
