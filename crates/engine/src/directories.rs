//! All directories of one run: what those gave that could be read, and which could not.

use crate::directory::{Directory, DirectoryName, Entry, GroupRef};
use crate::rules::Rules;
use std::collections::{BTreeMap, BTreeSet};

/// All directories of one run. Each was read whole, or not at all; there is at least one that was.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Directories {
    read: BTreeMap<DirectoryName, Directory>,
    /// How many entries each of these gave.
    entries: BTreeMap<DirectoryName, usize>,
    failed: BTreeMap<DirectoryName, String>,
}

impl Directories {
    /// The only one.
    pub fn only(directory: Directory) -> Self {
        Self::of([(DirectoryName::default(), directory)].into(), BTreeMap::new())
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
        (!read.is_empty()).then(|| Self::of(read, failed))
    }

    fn of(read: BTreeMap<DirectoryName, Directory>, failed: BTreeMap<DirectoryName, String>) -> Self {
        let entries = read.iter().map(|(name, directory)| (name.clone(), directory.entries.len())).collect();
        Self { read, entries, failed }
    }

    /// Takes their entries, to make people of them: they still know how many there were.
    pub(crate) fn take_entries(&mut self) -> Vec<(DirectoryName, Vec<Entry>)> {
        let read = self.read.iter_mut();
        read.map(|(name, directory)| (name.clone(), std::mem::take(&mut directory.entries))).collect()
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

    /// How many entries they gave.
    pub fn entries(&self) -> usize {
        self.entries.values().sum()
    }

    /// How many entries each of them gave that were read.
    pub fn entries_of(&self) -> &BTreeMap<DirectoryName, usize> {
        &self.entries
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
