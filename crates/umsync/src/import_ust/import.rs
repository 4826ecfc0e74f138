//! What is gathered while one configuration is converted.

use super::report::{Key, Report};
use super::section::{Found, Mistakes, Section};
use super::written::{self, Written};

/// One conversion.
pub(super) struct Import<'a> {
    pub(super) mistakes: &'a Mistakes,
    pub(super) report: Report,
    pub(super) to: Written,
    /// How relative paths of the User Sync Tool are written in umsync's configuration.
    pub(super) paths: Paths,
    /// It runs on Windows, whose keyring is not here.
    pub(super) windows: bool,
    /// Whether the identity type is settled.
    pub(super) identity_said: bool,
    /// Somebody was left out by what could not be carried over: nobody's account is to be made, changed or removed.
    pub(super) scope_unknown: bool,
    /// Somebody was protected by what could not be carried over: nobody is to lose anything.
    pub(super) protection_unknown: bool,
}

/// From the folders of the User Sync Tool to that of umsync's configuration.
#[derive(Debug, Clone)]
pub(super) struct Paths {
    /// Before a path that is relative to the folder in which the User Sync Tool runs; empty where both are one folder.
    pub(super) here: std::path::PathBuf,
}

impl Paths {
    /// A path that is relative to a folder, which is itself relative to that in which the User Sync Tool runs.
    pub(super) fn written(&self, folder: &std::path::Path, path: &str) -> String {
        let path = self.here.join(folder).join(path);
        let path = path.strip_prefix(".").map(std::path::Path::to_owned).unwrap_or(path);
        path.display().to_string()
    }
}

/// Whether a path is one of Windows, of which only the name means something here.
pub(super) fn of_windows(path: &str) -> Option<&str> {
    let drive = path.as_bytes().get(1) == Some(&b':') && path.as_bytes()[0].is_ascii_alphabetic();
    (drive || path.contains('\\')).then(|| path.rsplit(['\\', '/']).next().unwrap_or(path))
}

/// The two keys of one secret: with its text, and with its name in a keyring.
pub(super) struct SecretKeys<'a> {
    pub(super) plain: &'a str,
    pub(super) secure: &'a str,
    /// Whose it is in the keyring.
    pub(super) user: &'a str,
    /// Where it is to be put.
    pub(super) file: &'a str,
}

impl Import<'_> {
    /// A reference to a secret in YAML: its text goes nowhere.
    pub(super) fn secret(
        &mut self,
        section: &Section<'_>,
        now: &str,
        keys: &SecretKeys<'_>,
    ) -> Option<String> {
        let SecretKeys { plain, secure, user, file } = keys;
        let found = section.node(plain);
        let in_keyring = section.text(secure);
        let in_file = format!("{{file: {file}}}");
        let put = |key: &Key, what: &str| {
            format!(
                "install -D -m 600 /dev/stdin {file}   # paste {what} of {} ({}), then Ctrl-D",
                key.key, key.place
            )
        };
        match (found, in_keyring) {
            (Some(found), Some(_)) => {
                section.mistake(&found.key, &format!("either this or {secure} belongs here"));
                None
            }
            (Some(Found { key, value: _ }), None) => {
                self.report.to_do.push(put(&key, "the value"));
                self.report
                    .carried(key, format!("{now}: {in_file}; the secret itself stands in no configuration"));
                Some(in_file)
            }
            (None, Some(Found { key, value: _ })) if self.windows => {
                self.report.to_do.push(put(&key, "what Windows' Credential Manager keeps under the name"));
                let why = "the Credential Manager of Windows is not here: umsync runs on Linux";
                self.report.changed(key, format!("{now}: {in_file}"), why);
                Some(in_file)
            }
            (None, Some(Found { key, value: service })) => {
                let command = ["secret-tool", "lookup", "service", &service, "username", user];
                let reference = format!("{{command: {}}}", written::list(command));
                let name = file.rsplit('/').next().unwrap_or(file);
                let why = format!(
                    "it stays in the keyring (Secret Service), which `secret-tool` (libsecret-tools) asks, and which the account that runs umsync must be able to open; for a service rather put it into a file, and write {{credential: {name}}} or {in_file}"
                );
                self.report.changed(key, format!("{now}: {reference}"), why);
                Some(reference)
            }
            (None, None) => None,
        }
    }

    /// A key that has no effect, with the reason.
    pub(super) fn without_effect(&mut self, found: Option<Key>, why: &str) {
        if let Some(key) = found {
            self.report.lost(key, why, "nothing");
        }
    }
}
