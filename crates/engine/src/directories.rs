//! All directories of one run: what those gave that could be read, and which could not.

use crate::directory::{Directory, DirectoryName, GroupRef};
use crate::rules::Rules;
use std::collections::{BTreeMap, BTreeSet};

/// All directories of one run. Each was read whole, or not at all; there is at least one that was.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Directories {
    read: BTreeMap<DirectoryName, Directory>,
    failed: BTreeMap<DirectoryName, String>,
}

impl Directories {
    /// The only one.
    pub fn only(directory: Directory) -> Self {
        Self { read: [(DirectoryName::default(), directory)].into(), failed: BTreeMap::new() }
    }

    /// Several: those that were read whole, and why the others were not. `None` where none was read.
    pub fn several(
        mut read: BTreeMap<DirectoryName, Directory>,
        failed: BTreeMap<DirectoryName, String>,
    ) -> Option<Self> {
        for (name, directory) in &mut read {
            for entry in &mut directory.entries {
                entry.anchor = entry.anchor.as_ref().map(|anchor| anchor.of_directory(name));
            }
        }
        (!read.is_empty()).then_some(Self { read, failed })
    }

    /// Those that were read whole.
    pub fn read(&self) -> &BTreeMap<DirectoryName, Directory> {
        &self.read
    }

    /// Those that were not, with the reason.
    pub fn failed(&self) -> &BTreeMap<DirectoryName, String> {
        &self.failed
    }

    /// Whether every configured directory was read whole. Where one was not, nobody is known to be gone.
    pub fn is_whole(&self) -> bool {
        self.failed.is_empty()
    }

    /// How many entries there are.
    pub fn entries(&self) -> usize {
        self.read.values().map(|directory| directory.entries.len()).sum()
    }

    /// The groups that were found in at least one of them.
    pub fn groups(&self) -> BTreeSet<&GroupRef> {
        self.read.values().flat_map(|directory| directory.groups.keys()).collect()
    }

    /// The groups that the rules name and that no directory has. One that could not be read may have any.
    pub fn missing(&self, rules: &Rules) -> Vec<GroupRef> {
        if !self.is_whole() {
            return Vec::new();
        }
        let found = self.groups();
        let named = rules.mapped().into_iter().chain(&rules.leavers.groups).collect::<BTreeSet<_>>();
        named.into_iter().filter(|group| !found.contains(group)).cloned().collect()
    }
}
