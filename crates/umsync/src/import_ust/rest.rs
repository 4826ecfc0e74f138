//! What is said beside the sync itself: logs, the test mode, certificates, keys of older versions.

use super::error::ImportError;
use super::import::Import;
use super::options::{Options, UNSAID};
use super::section::{Found, Section};
use std::path::Path;

/// `logging`.
pub(super) fn logging(import: &mut Import<'_>, root: &Section<'_>) {
    let Some(logging) = root.section("logging") else { return };
    if let Some(Found { key, value }) = logging.flag("log_to_file") {
        if value {
            import.report.lost(
                key,
                "umsync tells what it does on stderr, and keeps every run with all its changes in its store",
                "`umsync history` and `umsync report`; under systemd the journal has stderr, elsewhere redirect it",
            );
        } else {
            import.report.carried(key, "what umsync does");
        }
    }
    for name in ["file_log_directory", "file_log_name_format", "file_log_level"] {
        if let Some(Found { key, value: _ }) = logging.text(name) {
            import.report.lost(
                key,
                "umsync writes no file of its own",
                "redirect stderr; --log-format json for machines",
            );
        }
    }
    if let Some(Found { key, value }) = logging.text("console_log_level") {
        match value.trim().to_lowercase().as_str() {
            "info" => import.report.carried(key, "what umsync does"),
            "debug" => import.report.lost(
                key,
                "how much is told is an option of umsync",
                "umsync -v; -vv tells every request",
            ),
            _ => import.report.lost(key, "how much is told is an option of umsync", "umsync -q"),
        }
    }
    if let Some(Found { key, value: _ }) = logging.flag("log_progress") {
        import.report.lost(key, "progress is shown on a terminal, and nowhere else", "nothing");
    }
    logging.finish(&mut import.report);
}

/// Options that are about one call, and certificates.
pub(super) fn call(import: &mut Import<'_>, options: &Options) {
    let Found { key, value } = options.test_mode.clone();
    match value {
        true => {
            import.report.lost(
                key,
                "it is an option of umsync, and no key",
                "umsync sync --test-mode; `umsync plan` sends nothing at all",
            );
        }
        false if key.place == UNSAID => {}
        false => import.report.carried(key, "what `umsync sync` does"),
    }
    let Found { key, value } = options.verify.clone();
    if key.place != UNSAID {
        super::umapi::verified(import, key, value);
    }
}

/// Keys that the User Sync Tool itself has given up.
pub(super) fn old(import: &mut Import<'_>, root: &Section<'_>) {
    for (name, instead) in [
        ("post_sync", "Adobe Sign is synchronized by a tool of its own"),
        ("dashboard", "adobe, and `groups`"),
        ("directory", "directory, people"),
    ] {
        if let Some(Found { key, value: _ }) = root.node(name) {
            import.report.lost(
                key,
                "it is a key of an older version, with which the User Sync Tool does not run",
                instead,
            );
        }
    }
}

/// The switch that turns hooks off stands beside the program.
pub(super) fn flags(import: &mut Import<'_>, folder: &Path) -> Result<(), ImportError> {
    let path = folder.join("flags.cfg");
    if !path.exists() {
        return Ok(());
    }
    let bytes = super::files::bytes(&path, None)?;
    if let Some(at) = String::from_utf8_lossy(&bytes).lines().position(|line| line.contains("UST_EXTENSION"))
    {
        let key = super::report::Key {
            key: "UST_EXTENSION".to_owned(),
            place: format!("flags.cfg, line {}", at + 1),
        };
        import.report.lost(key, "it switches Python hooks, and umsync runs none", "nothing");
    }
    Ok(())
}
