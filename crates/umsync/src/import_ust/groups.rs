//! `directory_users.groups` and `additional_groups`: which directory group gives what.

use super::import::Import;
use super::options::Options;
use super::python;
use super::report::Key;
use super::section::{Found, Section};
use super::written::{list, text};
use umsync_engine::key::GroupName;
use umsync_engine::pattern_groups::GROUP_NAME_LENGTH;

/// What stands behind every mapping.
#[derive(Debug, Clone, Copy)]
pub(super) struct Manner {
    /// The mappings only select: nobody is given a group.
    pub(super) only_select: bool,
    /// Nobody is taken out.
    pub(super) additive: bool,
    /// Groups that Adobe lacks are made.
    pub(super) create: bool,
}

impl Manner {
    fn told(self) -> String {
        let mode = if self.additive { ", mode: additive" } else { "" };
        let create = if self.create { ", create: true" } else { "" };
        format!("{mode}{create}")
    }
}

/// One mapping, of which a directory group has one however often it is written.
struct Mapping {
    directory: String,
    adobe: Vec<String>,
}

/// The mappings by name.
pub(super) fn named(import: &mut Import<'_>, users: &Section<'_>, manner: Manner) {
    let mut mappings: Vec<Mapping> = Vec::new();
    let sections = users.sections("groups");
    let first = sections.first().map(|(key, _)| key.place.clone());
    for (key, section) in sections {
        let Some(directory) = section.text("directory_group") else {
            section.missing("directory_group", &key.place);
            continue;
        };
        let directory = directory.value.trim().to_owned();
        if directory.is_empty() || GroupName::new(&directory).is_org_admin() {
            section.mistake(&key, "directory_group: the name of a directory group belongs here");
        }
        let names = section.texts("adobe_groups");
        let mut adobe = Vec::new();
        if let Some(Found { key, value }) = names {
            for (at, name) in value.into_iter().enumerate() {
                let key = Key { key: format!("{}[{at}]", key.key), place: key.place.clone() };
                adobe.extend(adobe_group(import, key, name.trim()));
            }
        }
        section.finish(&mut import.report);
        match mappings.iter_mut().find(|mapping| mapping.directory == directory) {
            Some(mapping) => mapping.adobe.extend(adobe),
            None => mappings.push(Mapping { directory, adobe }),
        }
    }
    let Some(place) = first else { return };
    let count = mappings.len();
    for Mapping { directory, mut adobe } in mappings {
        let mut seen = std::collections::BTreeSet::new();
        adobe.retain(|name| seen.insert(GroupName::new(name)));
        let directory = text(&directory);
        let gives = match (adobe.is_empty(), manner.only_select) {
            (true, _) => String::new(),
            (false, true) => String::new(),
            (false, false) => {
                format!(", adobe: {}{}", list(adobe.iter().map(String::as_str)), manner.told())
            }
        };
        import.to.groups.push(format!("{{directory: {directory}{gives}}}"));
    }
    let key = Key { key: "directory_users.groups[].directory_group, adobe_groups".to_owned(), place };
    let rows = if count == 1 { "1 mapping".to_owned() } else { format!("{count} mappings") };
    if manner.only_select {
        let why = "without --process-groups nobody is given a group, while remove-adobe-groups takes groups from whoever is gone: the mappings only select";
        import.report.changed(key, format!("groups: {rows} without `adobe`"), why);
    } else {
        import.report.carried(key, format!("groups: {rows}"));
    }
}

fn adobe_group(import: &mut Import<'_>, key: Key, name: &str) -> Option<String> {
    if let Some((tag, group)) = name.rsplit_once("::") {
        import.report.lost(
            key,
            format!("`{group}` is a group of the organization `{tag}`, and umsync keeps one in step"),
            "map it in the configuration of that organization's own umsync",
        );
        return None;
    }
    let group = GroupName::new(name);
    if group.folded().is_empty() {
        import.mistakes.note(&key, "the name of a group belongs here");
    } else if group.is_org_admin() {
        import.report.lost(
            key,
            "system administrators cannot be managed: Adobe's API neither grants nor revokes that role",
            "make them by hand in the Admin Console; they are always protected",
        );
    } else if name.chars().count() > GROUP_NAME_LENGTH || name.chars().any(char::is_control) {
        import.report.lost(
            key,
            "this can be no group at Adobe: 255 characters, none of them a control character",
            "correct its name",
        );
    } else {
        return Some(name.to_owned());
    }
    None
}

/// The mappings by pattern.
pub(super) fn patterns(import: &mut Import<'_>, users: &Section<'_>, manner: Manner) {
    for (key, section) in users.sections("additional_groups") {
        let source = section.text("source");
        let target = section.text("target");
        section.finish(&mut import.report);
        let (Some(source), Some(target)) = (source, target) else {
            section_mistake(import, &key);
            continue;
        };
        let told = Key { key: format!("{}.source, target", key.key), place: key.place };
        if let Some((tag, _)) = target.value.rsplit_once("::") {
            import.report.lost(
                told,
                format!("its groups are of the organization `{tag}`, and umsync keeps one in step"),
                "map them in the configuration of that organization's own umsync",
            );
            continue;
        }
        let both = python::regex(&source.value)
            .map_err(|reason| format!("`{}`: {reason}", source.value))
            .and_then(|source| Ok((source, python::replacement(&target.value)?)));
        let (mut source, mut target) = match both {
            Ok(both) => both,
            Err(reason) => {
                import.report.lost(told, reason, "write the regular expression anew under `groups`: {directory: {matches: REGEX}, adobe: [\"Team $1\"]}");
                continue;
            }
        };
        if GroupName::new(&target).is_org_admin() || target.trim().is_empty() {
            import.report.lost(told, "this can be no group that umsync manages", "nothing");
            continue;
        }
        // A substitution keeps what it does not match; a name that is matched whole has nothing left.
        let whole = [".+", ".*", ".+)", ".*)", "$"].iter().any(|end| source.ends_with(end));
        if !whole && !target.contains("${0}") {
            source = if python::has_alternatives(&source) { format!("(?:{source})") } else { source };
            source.push_str("(?P<rest>.*)");
            target.push_str("${rest}");
        }
        let gives = if manner.only_select {
            String::new()
        } else {
            format!(", adobe: {}{}", list([target.as_str()]), manner.told())
        };
        let mapping = format!("{{directory: {{matches: {}}}{gives}}}", text(&source));
        import.report.changed(
            told,
            format!("groups: {mapping}"),
            "letter case does not count, it is about groups of the directory and not about values of an attribute, and a group whose last member is gone is emptied at Adobe; one that is gone itself stops the run until you say that it is meant",
        );
        import.to.groups.push(mapping);
    }
}

fn section_mistake(import: &mut Import<'_>, key: &Key) {
    import.mistakes.note(key, "source and target belong here");
}

/// Groups that Adobe lacks.
pub(super) fn auto_create(import: &mut Import<'_>, users: &Section<'_>, options: &Options) -> bool {
    let Some(section) = users.section("group_sync_options") else { return false };
    let found = section.flag("auto_create");
    section.finish(&mut import.report);
    let Some(Found { key, value }) = found else { return false };
    let acts = value && options.process_groups.value && !options.push.value;
    match (value, acts) {
        (true, true) => import
            .report
            .carried(key, "create: true on every mapping; create: {profiles: […]} attaches product profiles"),
        (true, false) => import.report.lost(
            key,
            "without --process-groups, and with push, no group is made",
            "nothing; create: true on a mapping makes it",
        ),
        (false, _) => import.report.carried(key, "what umsync does"),
    }
    acts
}
