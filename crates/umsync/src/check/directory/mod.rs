//! One directory: whether it can be read, what it would give, and three people as they would be at Adobe.

mod file;
mod ldap;
mod seen;

use super::finding::Finding;
use super::sample::{self, Sample};
use crate::config::Source;
use crate::program::Program;
use crate::remembering;
use serde::Serialize;
use umsync_engine::directories::Directories;
use umsync_engine::directory::{DirectoryName, Entry};
use umsync_engine::rules::Rules;

pub(super) use seen::{Attribute, Group};

/// The area of the findings about a directory that needs no name of its own.
pub(super) const AREA: &str = "directory";

/// What a directory shows, for machines.
#[derive(Debug, Default, Serialize)]
pub(super) struct Directory {
    name: String,
    /// `ldap`, `ldif` or `csv`.
    kind: &'static str,
    servers: Vec<ldap::Server>,
    /// `None`: they could not be counted.
    people: Option<People>,
    attributes: Vec<Attribute>,
    groups: Vec<Group>,
    /// The first three people by name; those in a mapped group go before others.
    samples: Vec<Sample>,
}

/// The people found.
#[derive(Debug, Default, Serialize)]
struct People {
    found: usize,
    /// How many of them are in groups that the configuration names.
    listed: usize,
    /// Whether nobody is missing.
    whole: bool,
    /// How many of them were looked at closely.
    sampled: usize,
    /// How many of these have what never changes about an entry.
    anchored: usize,
    /// The result code with which the server ended the list early.
    limit: Option<u32>,
    /// The limits that the server tells of itself.
    limits: Vec<String>,
    /// What this account may write about them, where the server tells.
    writable: Vec<String>,
}

impl Directory {
    /// Whether it has a group, by its name in the configuration.
    pub(super) fn has(&self, group: &str) -> bool {
        self.groups.iter().any(|found| found.name == group)
    }
}

/// Looks at one directory. `area` is what its findings are told under.
pub(super) async fn look(
    program: &Program,
    area: &str,
    directory: &DirectoryName,
    source: &Source,
) -> (Directory, Vec<Finding>) {
    let mut findings: Vec<Finding> = warning(source, area).into_iter().collect();
    let name = area.to_owned();
    let directory = match source {
        Source::Ldap(ldap) => ldap::look(program, area, directory, source, ldap, &mut findings).await,
        Source::Ldif(_) | Source::Csv(_) => file::look(program, area, directory, source, &mut findings).await,
    };
    (Directory { name, ..directory }, findings)
}

/// What everybody should know who goes by what is read.
pub(super) fn warning(source: &Source, area: &str) -> Option<Finding> {
    let warning = source.warning()?;
    // Its last part says what to do.
    let (told, remedy) = warning.rsplit_once("; ").unwrap_or((warning, ""));
    Some(Finding::warning(area, "danger", told, remedy))
}

/// Three people, as the engine decides about them.
async fn samples(
    program: &Program,
    area: &str,
    rules: &Rules,
    entries: Vec<Entry>,
    findings: &mut Vec<Finding>,
) -> Vec<Sample> {
    // Without the memory of earlier runs only links are unknown: nobody is named by them here.
    let memory = remembering::recall(program, &Directories::default()).await.unwrap_or_default();
    let samples: Vec<Sample> =
        entries.into_iter().map(|entry| sample::of(entry, rules, &memory, program.now())).collect();
    for sample in &samples {
        let told = format!("{}\n{}", sample.dn(), sample.told);
        findings.push(match sample.wrong {
            false => Finding::good(area, "person as mapped", told),
            true => Finding::warning(area, "person as mapped", told, ""),
        });
    }
    samples
}
