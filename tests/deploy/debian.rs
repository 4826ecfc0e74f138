//! The README's section on installing, word for word, in a clean Debian.
//!
//! Where the container can boot systemd, units are started as they are; elsewhere what the unit would start is started
//! by hand, with the user, the folders and the credentials that the unit names.

use super::docker::{Temporary, answers, docker};
use super::{code, file, readme};
use crate::support::{Ended, ended, root};
use std::fs;
use std::io::Write as _;
use std::process::Command;
use umsync_emulator::{DEFAULT_CLIENT, DEFAULT_ORGANIZATION, DEFAULT_SECRET};

/// As in `tests/deploy/debian`.
const IMAGE: &str = "umsync-debian:2";

/// Where an administrator has built umsync.
const SOURCE: &str = "/src";

/// The sandbox, by its default address, is Adobe's side; the network ends with the container.
fn configuration() -> String {
    let adobe = "http://127.0.0.1:8043";
    format!(
        "adobe:\n  organization: {DEFAULT_ORGANIZATION}\n  client_id: {DEFAULT_CLIENT}\n  \
         client_secret: {{credential: umapi}}\n  server: {adobe}\n  ims: {adobe}\n\
         directory:\n  ldif: {{file: people.ldif, users: (objectClass=inetOrgPerson)}}\n\
         people: {{country: US}}\n\
         groups:\n  - {{directory: design, adobe: [Design Team]}}\n\
         schedule: {{cron: \"0 15 */2 * * *\", timezone: Europe/Berlin}}\n\
         state: sqlite:/var/lib/umsync/umsync.db\n"
    )
}

struct Debian {
    container: Temporary,
    booted: bool,
}

impl Debian {
    /// With systemd as its first process if this engine can, else with nothing running.
    fn start() -> Self {
        let container = Temporary::new("container", "debian");
        let booting = [
            "run --detach --network none --cgroupns private --tmpfs /sys/fs/cgroup --tmpfs /run --tmpfs /tmp",
            // systemd mounts, and gives its units name spaces of their own: in this container, not on this machine.
            "--cap-add SYS_ADMIN --cap-add SYS_PTRACE --security-opt seccomp=unconfined",
            "--security-opt apparmor=unconfined --name",
        ]
        .join(" ");
        // Credentials reach a unit only where mounts are shared, as they are on a booted machine.
        let init = "mount --make-rshared / && exec /sbin/init";
        let booting: Vec<&str> = booting.split(' ').collect();
        docker(&[&booting[..], &[&container.name, IMAGE, "/bin/sh", "-c", init]].concat());
        let debian = Self { container, booted: true };
        let waiting = "for i in $(seq 100); do case $(systemctl is-system-running) in running|degraded) exit 0;; esac; sleep 0.2; done; exit 1";
        let up = debian.shell(waiting);
        if up.code == 0 {
            return debian;
        }
        // Not `eprintln!`: the test harness would keep it for itself.
        let _ = writeln!(
            std::io::stderr(),
            "no systemd in a container here; its units are checked and not started"
        );
        drop(debian);
        let debian = Self { container: Temporary::new("container", "debian"), booted: false };
        let name = &debian.container.name;
        docker(&["run", "--detach", "--network", "none", "--name", name, IMAGE, "sleep", "infinity"]).with(0);
        debian
    }

    /// Runs lines of shell, in [`SOURCE`] where it is there, and stops at the first that fails.
    fn shell(&self, lines: &str) -> Ended {
        // systemctl enables units without a systemd that runs, and starts none.
        let offline = if self.booted { "SYSTEMD_OFFLINE=0" } else { "SYSTEMD_OFFLINE=1" };
        let script = format!("cd {SOURCE} 2>/dev/null || true; set -e; {lines}");
        docker(&["exec", "--env", offline, &self.container.name, "bash", "-c", &script])
    }

    fn copy(&self, from: &str, to: &str) {
        docker(&["cp", from, &format!("{}:{to}", self.container.name)]).with(0);
    }

    /// What an administrator has after the README's first sections: the built program and the files of the dry run.
    fn prepare(&self) {
        let folder = tempfile::TempDir::new().unwrap();
        fs::write(folder.path().join("umsync.yaml"), configuration()).unwrap();
        fs::write(folder.path().join("umapi.secret"), format!("{DEFAULT_SECRET}\n")).unwrap();
        fs::write(folder.path().join("ldap.secret"), "correct horse\n").unwrap();
        let quickstart = root().join("config/quickstart");
        self.shell(&format!("mkdir -p {SOURCE}/target/release /etc/umsync")).with(0);
        self.copy(&format!("{}/.", folder.path().display()), SOURCE);
        self.copy(&root().join("deploy").display().to_string(), SOURCE);
        self.copy(env!("CARGO_BIN_EXE_umsync"), &format!("{SOURCE}/target/release/umsync"));
        self.copy(&quickstart.join("people.ldif").display().to_string(), "/etc/umsync/people.ldif");
        self.copy(&quickstart.join("adobe.json").display().to_string(), SOURCE);
        let sandbox = [
            &format!("{SOURCE}/target/release/umsync"),
            "sandbox",
            "--seed",
            &format!("{SOURCE}/adobe.json"),
        ];
        docker(&[&["exec", "--detach", &self.container.name], &sandbox[..]].concat()).with(0);
        let waiting =
            "for i in $(seq 100); do (: </dev/tcp/127.0.0.1/8043) && exit 0; sleep 0.1; done; exit 1";
        self.shell(waiting).with(0);
    }

    /// What the template unit would start, as the unit says.
    fn by_hand(&self, command: &str) -> Ended {
        let unit = file("systemd/umsync-run@.service");
        let all = |key: &str| unit.lines().filter_map(|line| line.strip_prefix(key)).collect::<Vec<_>>();
        let ([user], [folder], [start]) =
            (&all("User=")[..], &all("WorkingDirectory=")[..], &all("ExecStart=")[..])
        else {
            panic!("{unit}")
        };
        let credentials = "/run/credentials/umsync-run@";
        let mut lines = format!("install -d -o {user} -g {user} -m 700 {folder} {credentials}\n");
        for credential in all("LoadCredential=") {
            let (name, path) = credential.split_once(':').unwrap();
            lines += &format!("install -o {user} -m 400 {path} {credentials}/{name}\n");
        }
        let start = start.replace("$UMSYNC_COMMAND", command);
        lines += &format!(
            "cd {folder}\nenv -i CREDENTIALS_DIRECTORY={credentials} setpriv --reuid={user} --regid={user} --clear-groups --no-new-privs {start}"
        );
        self.shell(&lines)
    }
}

/// The README's blocks of commands, in order.
fn blocks() -> Vec<String> {
    let readme = readme();
    let mut blocks = vec![String::new()];
    for line in readme.lines() {
        match (line.strip_prefix("    "), blocks.last_mut().unwrap()) {
            (Some(command), block) => *block += &format!("{command}\n"),
            (None, block) if block.is_empty() => {}
            (None, _) => blocks.push(String::new()),
        }
    }
    blocks.retain(|block| !block.is_empty());
    blocks
}

#[test]
fn the_readme_leads_to_a_plan_and_a_timer_in_a_clean_debian() {
    if !answers("the installation in a clean Debian") {
        return;
    }
    // Builds it where it is missing, or says what that needs.
    ended(Command::new(root().join("tests/deploy/debian"))).with(0);
    let [install, plan, timer, daemon] = &blocks()[..] else { panic!("{:?}", blocks()) };
    let debian = Debian::start();
    debian.prepare();

    debian.shell(install).with(0);
    let verified = debian.shell("systemd-analyze verify /etc/systemd/system/umsync{.service,-sync.service,-sync.timer,-run@plan.service}");
    assert_eq!(verified.with(0).stderr, "");
    for secret in ["umapi.secret", "ldap.secret"] {
        debian
            .shell(&format!("setpriv --reuid=umsync --regid=umsync --clear-groups cat /etc/umsync/{secret}"))
            .with(1);
    }

    let planned =
        // A busy machine's journal may lag behind the unit, by less than a person who reads it.
        match debian.booted {
            true => debian.shell(&format!("set +e; {}", plan.replace("journalctl", "journalctl --sync; journalctl"))),
            false => debian.by_hand("plan"),
        };
    planned.with(0).shows(&["To do: 2 accounts created, 1 account updated, 2 memberships given"]);
    debian.shell("umsync status").with(0).shows(&["plan  exit 0"]);
    let store = debian.shell("stat -c '%U %a' /var/lib/umsync /var/lib/umsync/umsync.db").with(0);
    assert_eq!(store.stdout, "umsync 700\numsync 600\n");

    let timer = if debian.booted { timer.clone() } else { timer.replace(" --now", "") };
    debian.shell(&timer).with(0);
    debian.shell("systemctl is-enabled umsync-sync.timer").with(0);
    if !debian.booted {
        return;
    }
    with_systemd(&debian, daemon);
}

/// What only a running systemd shows.
fn with_systemd(debian: &Debian, daemon: &str) {
    debian.shell("systemctl is-active umsync-sync.timer").with(0);
    // The other ways by hand that the template tells of.
    let unit = file("systemd/umsync-run@.service").replace(" \\\n#", "");
    for line in code(&unit).iter().filter(|line| line.starts_with("system")) {
        debian.shell(line).with(0);
    }
    debian
        .shell("journalctl --sync; journalctl -o cat -u 'umsync-run@*'")
        .with(0)
        .shows(&["Tested, nothing was changed"]);
    // An anonymous bind needs no second secret.
    debian.shell("rm /etc/umsync/ldap.secret; systemctl start umsync-sync").with(0);
    debian.shell("umsync status").with(0).shows(&["sync  exit 0"]);
    // The gate is closed for two hours: that is no failure of the unit.
    debian
        .shell("sed -i 's/^sn: Meyer$/sn: Mayer/' /etc/umsync/people.ldif; systemctl start umsync-sync")
        .with(0);
    debian.shell("umsync status").with(0).shows(&["sync  exit 8"]);

    debian.shell(daemon).with(0);
    debian.shell("systemctl is-active umsync-sync.timer").with(3);
    debian.shell("systemctl reload umsync; systemctl is-active umsync").with(0);
    debian.shell("systemctl stop umsync; systemctl show -P Result umsync").with(0).shows(&["success"]);
}
