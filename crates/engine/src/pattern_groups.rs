//! Mappings of directory groups by pattern: `ACL-(.+)` to `Team $1`. Which groups those are is known when the directories
//! have been read; from then on each is a mapping like any other.

use crate::directories::Directories;
use crate::directory::{DirectoryName, GroupRef};
use crate::key::{GroupName, fold};
use crate::pattern::Pattern;
use crate::rules::{Mapping, MappingMode, NewGroup, Rules};
use std::collections::{BTreeMap, BTreeSet};

/// UMAPI documentation, "createUserGroup": a name has at most 255 characters.
pub const GROUP_NAME_LENGTH: usize = 255;

/// One line of the group map whose directory groups are told by pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatternMapping {
    /// What their names are like.
    pub matches: Pattern,
    /// In these directories; in all, where none is named.
    pub within: BTreeSet<DirectoryName>,
    /// Names of groups at Adobe, with captures of the pattern.
    pub adobe: Vec<String>,
    /// Whether others lose these.
    pub mode: MappingMode,
    /// How user groups that Adobe lacks are made; `None`: they are not.
    pub create: Option<NewGroup>,
}

impl PatternMapping {
    /// Whether it is about groups of this directory.
    pub fn is_about(&self, directory: &DirectoryName) -> bool {
        self.within.is_empty() || self.within.contains(directory)
    }
}

/// Why the groups that match cannot be mapped.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum PatternGroupsError {
    /// Two directory groups would share one at Adobe, of which nobody said so.
    #[error(
        "the directory groups `{first}` and `{second}` both give `{adobe}` at Adobe by the pattern of `{template}`\n  rename one of them, or let the pattern tell them apart; groups that are meant to share one are mapped by their names, or to a name without captures"
    )]
    Shared {
        /// One.
        first: String,
        /// The other.
        second: String,
        /// What both give.
        adobe: GroupName,
        /// As configured.
        template: String,
    },
    /// What comes out is no name of a group that may be managed.
    #[error(
        "the directory group `{group}` gives `{adobe}` at Adobe by the pattern of `{template}`, and {why}\n  rename it, or let the pattern leave it out"
    )]
    BadName {
        /// The directory group.
        group: String,
        /// What it gives.
        adobe: String,
        /// As configured.
        template: String,
        /// Why that cannot be.
        why: &'static str,
    },
    /// Two mappings disagree about who decides about a group's members.
    #[error(
        "`{adobe}`, which the directory group `{group}` gives, is owned by one mapping and additive by another\n  choose one `mode` for both"
    )]
    Modes {
        /// The directory group.
        group: String,
        /// The group at Adobe.
        adobe: GroupName,
    },
}

impl Rules {
    /// The same rules with a mapping for every directory group that was found to match a pattern, in their order.
    pub fn expanded(&self, directories: &Directories) -> Result<Self, PatternGroupsError> {
        let mut rules = self.clone();
        rules.patterns.clear();
        let mut modes: BTreeMap<GroupName, MappingMode> = BTreeMap::new();
        for mapping in &self.mappings {
            modes.extend(mapping.adobe.iter().map(|group| (group.clone(), mapping.mode)));
        }
        let mut given: BTreeMap<GroupName, String> = BTreeMap::new();
        for pattern in &self.patterns {
            for (group, name) in pattern.groups(directories) {
                let adobe = pattern.give(name, &mut given)?;
                if let Some(adobe) = adobe
                    .iter()
                    .find(|adobe| *modes.entry((*adobe).clone()).or_insert(pattern.mode) != pattern.mode)
                {
                    return Err(PatternGroupsError::Modes { group: name.to_owned(), adobe: adobe.clone() });
                }
                let PatternMapping { matches: _, within, adobe: _, mode, create } = pattern.clone();
                rules.mappings.push(Mapping { directory: group.clone(), within, adobe, mode, create });
            }
        }
        Ok(rules)
    }
}

impl PatternMapping {
    /// The groups that match, and their names.
    fn groups<'a>(&self, directories: &'a Directories) -> BTreeMap<&'a GroupRef, &'a str> {
        let about = directories.read().iter().filter(|(name, _)| self.is_about(name));
        let found = about.flat_map(|(_, directory)| &directory.matched);
        let found = found.filter(|(_, name)| self.matches.matches(name));
        found.map(|(group, name)| (group, name.as_str())).collect()
    }

    /// What a group of this name gives. `given`: what other groups give by a name with captures.
    fn give(
        &self,
        name: &str,
        given: &mut BTreeMap<GroupName, String>,
    ) -> Result<Vec<GroupName>, PatternGroupsError> {
        let mut adobe = Vec::new();
        for template in &self.adobe {
            let text = self.matches.expand(name, template).unwrap_or_default();
            let group = GroupName::new(&text);
            if let Some(why) = unusable(&group, template) {
                let (group, template) = (name.to_owned(), template.clone());
                return Err(PatternGroupsError::BadName { group, adobe: text, template, why });
            }
            if has_captures(template) {
                let first = given.entry(group.clone()).or_insert_with(|| name.to_owned());
                if fold(first) != fold(name) {
                    let (first, second, template) = (first.clone(), name.to_owned(), template.clone());
                    return Err(PatternGroupsError::Shared { first, second, adobe: group, template });
                }
            }
            adobe.push(group);
        }
        Ok(adobe)
    }
}

/// Why a name cannot be that of a managed group.
fn unusable(group: &GroupName, template: &str) -> Option<&'static str> {
    if group.folded().is_empty() {
        return Some("that is no name");
    }
    if group.spelling().chars().count() > GROUP_NAME_LENGTH {
        return Some("a group name has at most 255 characters");
    }
    if group.spelling().chars().any(char::is_control) {
        return Some("a group name holds no control characters");
    }
    if group.is_org_admin() {
        return Some("system administrators cannot be managed");
    }
    // Whoever may make a group in the directory must not be able to make administrators by its name.
    (group.is_administrative() && !template.trim_start().starts_with('_'))
        .then_some("a role is given only by a mapping that writes its first `_` itself")
}

/// Whether what comes out depends on the group's name.
fn has_captures(template: &str) -> bool {
    template.replace("$$", "").contains('$')
}

#[cfg(test)]
mod tests;
