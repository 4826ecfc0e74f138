//! The Docker image, and Docker's own words.

use crate::support::{Ended, ended, root};
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

pub(super) fn docker(arguments: &[&str]) -> Ended {
    let mut command = Command::new("docker");
    command.args(arguments);
    ended(command)
}

/// Whether an engine answers; if not, what is not tested here is said.
pub(super) fn answers(untested: &str) -> bool {
    let version = Command::new("docker").arg("version").output();
    let answers = version.is_ok_and(|output| output.status.success());
    if !answers {
        // Not `eprintln!`: the test harness would keep it for itself.
        let _ = writeln!(std::io::stderr(), "no Docker engine answers; not tested here: {untested}");
    }
    answers
}

/// Removed when it is dropped: an image, a volume, a container.
pub(super) struct Temporary {
    kind: &'static str,
    pub(super) name: String,
}

impl Temporary {
    pub(super) fn new(kind: &'static str, purpose: &str) -> Self {
        Self { kind, name: format!("umsync-test-{purpose}-{}", std::process::id()) }
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let flags: &[&str] = if self.kind == "container" { &["--force", "--volumes"] } else { &["--force"] };
        let _ = Command::new("docker").args([self.kind, "rm"]).args(flags).arg(&self.name).output();
    }
}

/// A program's file in the image.
fn build(tag: &str) {
    let mut build = Command::new(root().join("deploy/image"));
    build.args(["--program", env!("CARGO_BIN_EXE_umsync"), "--tag", tag]);
    ended(build).with(0);
}

/// The quickstart for everybody to read, its store where the image has its volume.
fn quickstart() -> TempDir {
    let folder = TempDir::new().unwrap();
    fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
    let from = root().join("config/quickstart");
    for name in ["adobe.json", "people.ldif", "umsync.yaml"] {
        let text = fs::read_to_string(from.join(name)).unwrap();
        let text = text.replace("sqlite:state/umsync.db", "sqlite:/var/lib/umsync/umsync.db");
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

/// The `docker run` of `deploy/image`'s comment, with these things in the places of its examples.
fn documented(configuration: &Path, volume: &str, image: &str) -> Vec<String> {
    let text = super::file("image");
    let mut lines = text.lines().skip_while(|line| !line.contains("docker run"));
    let line = format!("{} {}", lines.next().unwrap(), lines.next().unwrap());
    let words =
        line.split_whitespace().skip_while(|word| *word != "run").filter(|word| !["#", "\\"].contains(word));
    words
        .map(|word| match word {
            "umsync" => image.to_owned(),
            "umsync:/var/lib/umsync" => format!("{volume}:/var/lib/umsync"),
            "/etc/umsync:/etc/umsync:ro" => format!("{}:/etc/umsync:ro", configuration.display()),
            word => word.to_owned(),
        })
        .collect()
}

#[test]
fn the_image_holds_all_that_a_run_needs() {
    if !answers("deploy/image") {
        return;
    }
    let image = Temporary::new("image", "image");
    let volume = Temporary::new("volume", "store");
    build(&image.name);

    docker(&["run", "--rm", &image.name]).with(0).shows(&["Usage: umsync"]);
    docker(&["image", "inspect", "--format", "{{.Config.User}} {{.Config.Volumes}}", &image.name])
        .with(0)
        .shows(&["65532:65532 map[/var/lib/umsync:{}]"]);

    let configuration = quickstart();
    let run = documented(configuration.path(), &volume.name, &image.name);
    let run: Vec<&str> = run.iter().map(String::as_str).collect();
    let [run @ .., "plan"] = &run[..] else { panic!("{run:?}") };
    let umsync = |command: &str| docker(&[run, &[command]].concat());
    let plan = umsync("plan").with(0).shows(&["To do: "]);
    assert!(!plan.stderr.contains("overlay"), "the store is on the volume:\n{}", plan.stderr);
    umsync("sync").with(0);
    // Another container of the same volume.
    umsync("status").with(0).shows(&["/var/lib/umsync/umsync.db", "sync"]);
}
