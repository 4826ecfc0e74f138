//! The units: as text, and as systemd reads them.

use super::file;
use std::io::Write as _;
use std::process::Command;
use tempfile::TempDir;

const SERVICES: [&str; 3] = ["umsync.service", "umsync-sync.service", "umsync-run@.service"];

fn unit(name: &str) -> String {
    file(&format!("systemd/{name}"))
}

/// What all services have in common: who, where, which secrets, and what is forbidden.
fn rules(name: &str) -> String {
    let text = unit(name);
    let from = text.find("\nUser=umsync\n").unwrap_or_else(|| panic!("{name} names no user"));
    let end = "\nLimitCORE=0\n";
    let to = text.find(end).unwrap_or_else(|| panic!("{name} allows core files"));
    text[from..to + end.len()].to_owned()
}

#[test]
fn all_services_live_under_the_same_rules() {
    let rules_of_daemon = rules(SERVICES[0]);
    for name in SERVICES {
        assert_eq!(rules(name), rules_of_daemon, "{name}");
    }
    for line in [
        "UMask=0077",
        "StateDirectory=umsync",
        "StateDirectoryMode=0700",
        "LoadCredential=umapi:/etc/umsync/umapi.secret",
        "LoadCredential=ldap:/etc/umsync/ldap.secret",
        "CapabilityBoundingSet=",
        "MemoryDenyWriteExecute=yes",
        "NoNewPrivileges=yes",
        "PrivateDevices=yes",
        "PrivateTmp=yes",
        "PrivateUsers=yes",
        "ProtectHome=yes",
        "ProtectSystem=strict",
        "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX",
        "RestrictNamespaces=yes",
        "SystemCallFilter=@system-service",
    ] {
        assert!(rules_of_daemon.lines().any(|has| has == line), "{line} is missing:\n{rules_of_daemon}");
    }
}

#[test]
fn every_service_ends_after_the_request_under_way() {
    for name in SERVICES {
        let text = unit(name);
        let seconds = text.lines().find_map(|line| line.strip_prefix("TimeoutStopSec=")).unwrap();
        assert!(seconds.parse::<u32>().unwrap() > 120, "{name}: a request may take 120 s");
        assert!(text.contains("\nKillMode=mixed\n"), "{name}");
    }
}

#[test]
fn systemd_finds_no_fault() {
    let Ok(version) = Command::new("systemd-analyze").arg("--version").output() else {
        // Not `eprintln!`: the test harness would keep it for itself.
        let _ = writeln!(
            std::io::stderr(),
            "systemd-analyze is missing, only the text of the units is checked; install it with: apt-get install -y systemd"
        );
        return;
    };
    assert!(version.status.success(), "{version:?}");
    // As the installed ones, but for the place of the program, which must exist.
    let folder = TempDir::new().unwrap();
    for name in SERVICES.into_iter().chain(["umsync-sync.timer"]) {
        let text = unit(name).replace("/usr/local/bin/umsync", env!("CARGO_BIN_EXE_umsync"));
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let asked = |arguments: &[&str]| {
        let mut analyze = Command::new("systemd-analyze");
        analyze.current_dir(folder.path()).args(arguments).env("SYSTEMD_PAGER", "");
        crate::support::ended(analyze).with(0)
    };
    let said = asked(&[
        "verify",
        "./umsync.service",
        "./umsync-sync.service",
        "./umsync-run@plan.service",
        "./umsync-sync.timer",
    ]);
    assert_eq!(said.stderr, "", "systemd knows all that the units say");
    for name in SERVICES {
        asked(&["security", "--offline=true", "--threshold=20", &format!("./{name}")]);
    }
}
