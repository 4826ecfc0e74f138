//! One run of the User Sync Tool, as its log tells it.

use std::collections::{BTreeMap, BTreeSet};
use umsync_engine::adobe::Identity;
use umsync_engine::change::Field;

/// Why a log cannot be compared with.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LogError {
    #[error("it cannot be read")]
    Unreadable(#[source] std::io::Error),
    #[error(
        "no run of the User Sync Tool begins in it\n  give the log of `user-sync -t`, at level info or debug (logging.log_to_file, logging.file_log_level)"
    )]
    NoRun,
    #[error(
        "line {line} is not UTF-8\n  write it anew: iconv -f WINDOWS-1252 -t UTF-8 (or -f UTF-16, after PowerShell's `>`)"
    )]
    Encoding { line: usize },
    #[error(
        "line {line}: {why}\n  `{text}`\n  give the log as the User Sync Tool wrote it; a line that a hook of yours wrote may be taken out"
    )]
    Line { line: usize, why: String, text: String },
    #[error(
        "the run that begins in line {line} was no test: it has changed Adobe itself, and what it did is no plan\n  run `user-sync -t` with the same options, and compare with its log"
    )]
    NoTest { line: usize },
    #[error("the run that begins in line {line} has no summary: {}\n  let `user-sync -t` run to its end, and compare with its log", match last { Some(last) => format!("it ended early, after `{last}`"), None => "the log is cut short".to_owned() })]
    CutShort { line: usize, last: Option<String> },
    #[error(
        "the run that begins in line {line} is a push, which does not look at Adobe\n  run `user-sync -t --strategy sync`, and compare with its log"
    )]
    Push { line: usize },
}

/// How the User Sync Tool names somebody: `type,username,domain`, since 2.9 with `,email`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) identity: Identity,
    pub(super) username: String,
    pub(super) domain: String,
    pub(super) email: Option<String>,
}

impl Key {
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let parts: Vec<&str> = text.split(',').collect();
        let (identity, username, domain, email) = match parts.as_slice() {
            [identity, username, domain] => (identity, username, domain, None),
            [identity, username, domain, email] => (identity, username, domain, Some(*email)),
            _ => {
                return Err(format!(
                    "`{text}` is no user key: type,username,domain or type,username,domain,email"
                ));
            }
        };
        let identity =
            Identity::from_word(identity).ok_or_else(|| format!("`{identity}` is no identity type"))?;
        if username.is_empty() && email.is_none_or(str::is_empty) {
            return Err(format!("the user key `{text}` names nobody"));
        }
        let email = email.filter(|email| email.contains('@')).map(str::to_owned);
        Ok(Self { identity, username: (*username).to_owned(), domain: (*domain).to_owned(), email })
    }

    /// The email, as far as the key has one.
    pub(super) fn email(&self) -> Option<&str> {
        self.email.as_deref().or_else(|| Some(self.username.as_str()).filter(|name| name.contains('@')))
    }
}

/// What a line says of somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Did {
    Make,
    Update(Vec<(Field, Option<String>)>),
    Groups {
        added: Groups,
        removed: Groups,
    },
    /// Every group of somebody who is only at Adobe.
    LoseAll,
    /// The mapped groups of somebody who is only at Adobe; the line does not say which.
    LoseMapped,
    Leave,
    Delete,
    /// Nothing is done about them, by which of its settings.
    Excluded(&'static str),
}

/// Group names; `None` is the `null` that two rows for one person make (B7).
pub(super) type Groups = Vec<Option<String>>;

/// Why it leaves somebody out whose entry or account it does not name by a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Skip {
    /// An Adobe ID has the email.
    AdobeId,
    NoCountry,
    /// The entry gives no key.
    NoKey,
    /// The account gives no key.
    NoKeyAtAdobe,
}

/// A command as it is sent, which the log has at level debug.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Action {
    pub(super) added: Groups,
    pub(super) removed: Groups,
}

/// One run.
#[derive(Debug, Default)]
pub(super) struct Run {
    /// The line it begins in.
    pub(super) line: usize,
    /// How many runs the log has.
    pub(super) runs: usize,
    /// When, in the time zone of its host.
    pub(super) at: String,
    pub(super) options: Option<String>,
    pub(super) did: Vec<(usize, Key, Did)>,
    /// By email.
    pub(super) skipped: BTreeMap<String, (usize, Skip)>,
    /// By name, then domain.
    pub(super) actions: BTreeMap<(String, String), Action>,
    pub(super) groups_made: Vec<(usize, String)>,
    pub(super) groups_not_found: BTreeSet<String>,
    /// Too many people are only at Adobe: nothing is done about any of them.
    pub(super) over_limit: Option<(usize, String)>,
    /// What the summary says is done about people who are only at Adobe.
    pub(super) leavers: Option<String>,
    /// Settings that only a log at level debug has.
    pub(super) settings: BTreeMap<String, bool>,
    /// Lines about other organizations.
    pub(super) elsewhere: usize,
    pub(super) several: bool,
    /// Commands that Adobe refused in the test.
    pub(super) refused: usize,
}

impl Run {
    /// Whether an option was on; `None` where the log does not say.
    pub(super) fn is_on(&self, option: &str) -> Option<bool> {
        let word = format!("--{}", option.replace('_', "-"));
        let given =
            self.options.as_ref().is_some_and(|options| options.split(' ').any(|given| given == word));
        if given { Some(true) } else { self.settings.get(option).copied() }
    }

    /// Whether it worked on several organizations.
    pub(super) fn is_of_several(&self) -> bool {
        self.several || self.elsewhere > 0
    }
}
