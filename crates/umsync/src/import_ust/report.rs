//! What became of each key, in three lists.

use serde::Serialize;
use std::fmt::Write as _;

/// A key of the User Sync Tool, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Key {
    /// As its manual has it, with the file's kind before it: `ldap: base_dn`.
    pub(super) key: String,
    /// File and line, the command line, or that it is a default.
    #[serde(rename = "where")]
    pub(super) place: String,
}

/// It means the same.
#[derive(Debug, Serialize)]
pub(super) struct Carried {
    #[serde(flatten)]
    pub(super) key: Key,
    /// What stands in umsync's configuration, or why nothing has to.
    pub(super) now: String,
}

/// It means something else now.
#[derive(Debug, Serialize)]
pub(super) struct Changed {
    #[serde(flatten)]
    pub(super) key: Key,
    pub(super) now: String,
    pub(super) why: String,
    /// What gives the former behaviour, where anything does.
    pub(super) as_before: Option<String>,
}

/// It is not there.
#[derive(Debug, Serialize)]
pub(super) struct Lost {
    #[serde(flatten)]
    pub(super) key: Key,
    pub(super) why: String,
    /// What to do.
    pub(super) instead: String,
    /// Python code, as it stood there.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) quoted: Vec<String>,
}

/// The three lists, and what is to be done before the first run.
#[derive(Debug, Default, Serialize)]
pub(super) struct Report {
    pub(super) carried: Vec<Carried>,
    pub(super) changed: Vec<Changed>,
    pub(super) not_carried: Vec<Lost>,
    pub(super) to_do: Vec<String>,
}

impl Report {
    pub(super) fn carried(&mut self, key: Key, now: impl Into<String>) {
        self.carried.push(Carried { key, now: now.into() });
    }

    pub(super) fn changed(&mut self, key: Key, now: impl Into<String>, why: impl Into<String>) {
        let (now, why) = (now.into(), why.into());
        self.changed.push(Changed { key, now, why, as_before: None });
    }

    /// The same where a key gives the former behaviour.
    pub(super) fn changed_from(
        &mut self,
        key: Key,
        now: impl Into<String>,
        why: impl Into<String>,
        as_before: impl Into<String>,
    ) {
        let (now, why) = (now.into(), why.into());
        self.changed.push(Changed { key, now, why, as_before: Some(as_before.into()) });
    }

    pub(super) fn lost(&mut self, key: Key, why: impl Into<String>, instead: impl Into<String>) {
        let (why, instead) = (why.into(), instead.into());
        self.not_carried.push(Lost { key, why, instead, quoted: Vec::new() });
    }

    /// For people.
    pub(super) fn text(&self) -> String {
        let Self { carried, changed, not_carried, to_do } = self;
        let mut text = format!("Carried over: {}\n", carried.len());
        for Carried { key, now } in carried {
            line(&mut text, key, now);
        }
        let _ = writeln!(text, "\nChanged meaning: {}", changed.len());
        for Changed { key, now, why, as_before } in changed {
            line(&mut text, key, now);
            let _ = writeln!(text, "      why: {why}");
            if let Some(as_before) = as_before {
                let _ = writeln!(text, "      as before: {as_before}");
            }
        }
        let _ = writeln!(text, "\nNot carried over: {}", not_carried.len());
        for (at, Lost { key: Key { key, place }, why, instead, quoted }) in not_carried.iter().enumerate() {
            let _ = writeln!(text, "  {key} ({place})");
            // What is said of several keys in a row is said once.
            let next = not_carried.get(at + 1);
            if next.is_some_and(|next| next.why == *why && next.instead == *instead) && quoted.is_empty() {
                continue;
            }
            let _ = writeln!(text, "      why: {why}\n      instead: {instead}");
            for code in quoted {
                let _ = writeln!(text, "      | {code}");
            }
        }
        if !to_do.is_empty() {
            text.push_str("\nBefore the first run:\n");
        }
        for (at, step) in to_do.iter().enumerate() {
            let _ = writeln!(text, "  {}. {step}", at + 1);
        }
        text
    }
}

fn line(text: &mut String, Key { key, place }: &Key, told: &str) {
    let _ = writeln!(text, "  {key} ({place}): {told}");
}
