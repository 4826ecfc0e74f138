//! What Adobe's error codes mean: of what kind a refusal is, whether it may go another time, and what an administrator
//! can do. The one table behind reports, parking, and what is sent again.

mod table;

use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;
use table::{BEGINNINGS, OTHERWISE, TABLE};

/// Whom or what a refusal is about, and so who can do something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// A command that should never have been sent: a mistake of this program.
    Ours,
    /// The credential, or the organization as a whole: nothing can be written.
    Organization,
    /// How a domain, or the directory behind it, is set up at Adobe, against what the configuration says.
    Setup,
    /// One group: whatever needs it fails, and nothing else does.
    Group,
    /// One person or account.
    Target,
    /// What belongs to another organization.
    Ownership,
    /// Adobe is in trouble: it passes.
    Passing,
    /// A quota, of requests or of licences.
    Quota,
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ours => "a mistake of umsync",
            Self::Organization => "the organization",
            Self::Setup => "set-up at Adobe",
            Self::Group => "this group",
            Self::Target => "this account",
            Self::Ownership => "ownership",
            Self::Passing => "trouble at Adobe",
            Self::Quota => "quota",
        })
    }
}

/// Whether what was refused may go another time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Again {
    /// A minute later, in the same run.
    Soon,
    /// In a later run.
    Later,
    /// Not before somebody has changed something.
    Never,
    /// It may say that what was wanted is so already. Whether it does depends on the step.
    AlreadySo,
}

/// What a code means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Meaning {
    /// Of what kind it is.
    pub class: Class,
    /// Whether it may go another time.
    pub again: Again,
    /// In words.
    pub means: &'static str,
    /// What an administrator can do.
    pub remedy: &'static str,
}

impl Meaning {
    /// Whether it passes by itself, or is wrong with everything: no reason to try one change less often than the others.
    pub fn passes(&self) -> bool {
        match self.class {
            Class::Organization | Class::Passing | Class::Quota => true,
            Class::Ours | Class::Setup | Class::Group | Class::Target | Class::Ownership => false,
        }
    }
}

/// Before the code of the refusal of a whole request, which tells nothing about any of its commands.
pub const WHOLE_REQUEST: &str = "error.request";

/// Before codes of our own, for what we did not send.
pub const OUR_OWN: &str = "umsync.";

/// What a code means. One that is in no table is told by how it begins.
pub fn meaning(code: &str) -> Meaning {
    // `error.request CODE`: whatever the code is, it is about everything.
    if let Some(rest) = code.strip_prefix(WHOLE_REQUEST) {
        let inner = rest.trim_start();
        let Meaning { class, again, means, remedy } =
            if inner.is_empty() { OTHERWISE } else { meaning(inner) };
        let class = if class == Class::Ours { Class::Ours } else { Class::Organization };
        return Meaning { class, again, means, remedy };
    }
    let exact = TABLE.iter().find(|(codes, _)| codes.contains(&code));
    let by_beginning = || BEGINNINGS.iter().find(|(beginning, _)| code.starts_with(beginning));
    exact
        .map(|(_, meaning)| *meaning)
        .or_else(|| by_beginning().map(|(_, meaning)| *meaning))
        .unwrap_or(OTHERWISE)
}

/// Whether a change that is refused with this code again and again is to be tried less often: it is about that change, and
/// stays until somebody does something.
pub fn is_lasting(code: &str) -> bool {
    !(code.starts_with(OUR_OWN) || code.starts_with(WHOLE_REQUEST) || meaning(code).passes())
}

/// These codes, each once, with what they mean.
pub fn meanings<'a>(codes: impl IntoIterator<Item = &'a str>) -> BTreeMap<&'a str, Meaning> {
    codes.into_iter().map(|code| (code, meaning(code))).collect()
}

#[cfg(test)]
mod tests;
