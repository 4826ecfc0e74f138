//! What `deploy/` and the README's section on installing say, held against the program, systemd, cron and Docker.
//!
//! What a file says is read everywhere; systemd's own opinion is asked where it is installed, Docker where an engine
//! answers. What cannot be asked here is said on stderr.

mod debian;
mod docker;
mod systemd;

use crate::support::{World, ended, program, root, seed};
use std::collections::BTreeSet;
use std::fs;

/// Every file of `deploy/`, by its path below it.
fn files() -> Vec<(String, String)> {
    let mut files = Vec::new();
    for folder in ["", "systemd", "sysusers.d", "cron"] {
        for entry in fs::read_dir(root().join("deploy").join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                let name = path.strip_prefix(root().join("deploy")).unwrap();
                files.push((name.display().to_string(), fs::read_to_string(&path).unwrap()));
            }
        }
    }
    files.sort();
    assert!(files.len() >= 8, "deploy/ holds more than {files:?}");
    files
}

fn file(name: &str) -> String {
    fs::read_to_string(root().join("deploy").join(name)).unwrap()
}

/// The README's section on installing.
fn readme() -> String {
    let text = fs::read_to_string(root().join("README.md")).unwrap();
    let (_, after) = text.split_once("\n## Install it\n").expect("the README tells how to install");
    after.split_once("\n## ").map_or(after, |(section, _)| section).to_owned()
}

/// The pieces of a text that are code: indented lines, also in comments, and what stands between backticks.
fn code(text: &str) -> Vec<String> {
    let mut pieces = Vec::new();
    for line in text.lines() {
        let bare =
            line.strip_prefix('#').map_or(line, |comment| comment.strip_prefix(' ').unwrap_or(comment));
        if bare.starts_with("    ") {
            pieces.push(bare.trim().to_owned());
        } else {
            pieces.extend(bare.split('`').skip(1).step_by(2).map(str::to_owned));
        }
    }
    pieces
}

/// The words that follow the program's name, by whichever way it is started.
fn commands(pieces: &[String]) -> BTreeSet<Vec<String>> {
    let mut found = BTreeSet::new();
    for piece in pieces {
        let words: Vec<&str> =
            piece.split([' ', '\'', '"', '(', ')', ';']).filter(|word| !word.is_empty()).collect();
        for (at, word) in words.iter().enumerate() {
            let named: Vec<String> = match *word {
                "umsync" | "/usr/local/bin/umsync" | "--template=umsync-run@.service" => {
                    words[at + 1..].iter().map(|word| (*word).to_owned()).collect()
                }
                word => match word.split_once("umsync-run@") {
                    Some(("", command)) => vec![command.to_owned()],
                    _ => continue,
                },
            };
            let is_command =
                |word: &String| word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
            if named.first().is_some_and(|first| !first.is_empty() && is_command(first)) {
                found.insert(named);
            }
        }
    }
    found
}

#[test]
fn every_command_that_is_named_exists() {
    let mut pieces = code(&readme());
    for (name, text) in files() {
        pieces.extend(code(&text));
        let started =
            |line: &&str| line.starts_with("Exec") || (name == "cron/umsync" && !line.starts_with('#'));
        pieces.extend(text.lines().filter(started).map(|line| line.replace("=/", "= /")));
    }
    let commands = commands(&pieces);
    for command in &commands {
        let help = ended(program(&[&command[0], "--help"])).with(0).stdout;
        for flag in command.iter().filter(|word| word.starts_with("--")) {
            assert!(help.contains(flag.as_str()), "`umsync {}` knows no {flag}:\n{help}", command[0]);
        }
    }
    let names: BTreeSet<&str> = commands.iter().map(|command| command[0].as_str()).collect();
    for name in ["plan", "run", "status", "sync"] {
        assert!(names.contains(name), "{name} is named nowhere: {names:?}");
    }
}

#[test]
fn who_lacks_a_credential_is_sent_to_the_template() {
    let world = World::new(&seed(&["Design Team"], &[]), "");
    world.configure("groups:\n  - {directory: design, adobe: [Design Team]}");
    let text = fs::read_to_string(world.path("umsync.yaml")).unwrap();
    world.write("umsync.yaml", &text.replace("{file: secret}", "{credential: umapi}"));
    world.run(&["plan"]).with(78).says(&["credential umapi", "umsync-run@.service"]);
    assert!(root().join("deploy/systemd/umsync-run@.service").exists());
}

#[test]
fn the_exit_codes_that_units_know_mean_what_they_think() {
    let help = ended(program(&["--help"])).with(0).stdout.replace('\n', " ");
    for meaning in
        ["2 changes pending", "3 something withheld", "8 gate closed", "64 usage", "78 configuration"]
    {
        assert!(help.contains(meaning), "`{meaning}` is missing:\n{help}");
    }
}

#[test]
fn the_cron_line_runs_every_two_hours_off_the_full_hour() {
    let text = file("cron/umsync");
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| line.starts_with(|first: char| first.is_ascii_digit() || first == '*'))
        .collect();
    let [line] = lines[..] else { panic!("one line is expected:\n{text}") };
    let fields: Vec<&str> = line.splitn(7, ' ').collect();
    let [minute, "*/2", "*", "*", "*", "umsync", command] = fields[..] else { panic!("{line}") };
    assert!((1..60).contains(&minute.parse::<u8>().unwrap()), "{line}");
    assert!(command.contains("umsync sync"), "{line}");
    // cron makes a line break of it.
    assert!(!command.contains('%'), "{line}");
    // A last line without its end is ignored.
    assert!(text.ends_with('\n'));
}

/// Runs the cron line's command with a made-up umsync that says `said` and ends with `code`.
fn mailed(code: u8) -> String {
    let text = file("cron/umsync");
    let command = text.lines().last().unwrap().splitn(7, ' ').last().unwrap();
    let folder = tempfile::TempDir::new().unwrap();
    let umsync = folder.path().join("umsync");
    fs::write(&umsync, format!("#!/bin/sh\necho withheld >&2\nexit {code}\n")).unwrap();
    fs::set_permissions(&umsync, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let mut shell = std::process::Command::new("/bin/sh");
    shell.args(["-c", command]).env("PATH", format!("{}:/usr/bin:/bin", folder.path().display()));
    ended(shell).stdout
}

#[test]
fn cron_mails_what_somebody_must_look_at_and_nothing_else() {
    assert_eq!(mailed(0), "");
    assert_eq!(mailed(8), "");
    assert_eq!(mailed(3), "withheld\n");
    assert_eq!(mailed(78), "withheld\n");
}
