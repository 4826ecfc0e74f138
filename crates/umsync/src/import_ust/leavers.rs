//! What becomes of users whom the directory lacks, and whom nothing may happen to.

use super::import::{Import, of_windows};
use super::limits::Most;
use super::options::{Action, AdobeUsers, Options, UNSAID};
use super::python;
use super::section::{Found, Section};
use super::selection;
use super::written::{list, text};
use umsync_engine::adobe::Identity;
use umsync_engine::key::GroupName;

/// `adobe_users.exclude_…`: the section `protect`.
pub(super) fn protect(import: &mut Import<'_>, adobe_users: &Section<'_>, options: &Options) {
    if let Some(Found { key, value }) = adobe_users.texts("exclude_identity_types") {
        let mut identities = Vec::new();
        for word in &value {
            match Identity::from_word(word) {
                Some(identity) => identities.push(identity.to_string()),
                None => adobe_users
                    .mistake(&key, &format!("`{word}` is none of adobeID, enterpriseID, federatedID")),
            }
        }
        let identities = list(identities.iter().map(String::as_str));
        import.to.protect.put("identities", &*identities);
        import.report.changed(key, format!("protect.identities: {identities}"), "somebody who has such an account and should have another is reported, and not passed over silently (B3): people.adobe_id_twin");
    }
    groups(import, adobe_users, options);
    let Some(Found { key, value }) = adobe_users.texts("exclude_users") else { return };
    let mut patterns = Vec::new();
    let mut anchors = "";
    for pattern in &value {
        match python::regex(pattern) {
            Ok(regex) => {
                if python::has_alternatives(pattern) {
                    anchors = "; each alternative has to match the whole value now, and did not before (B8)";
                }
                patterns.push(format!("{{matches: {}}}", text(&regex)));
            }
            Err(reason) => {
                import.protection_unknown = true;
                let mut key = key.clone();
                key.key = format!("{}: {pattern}", key.key);
                import.report.lost(
                    key,
                    format!("{reason}. So that nobody whom it protected loses anything, leavers.action is keep, and every mapping additive"),
                    "write it anew for protect.users (no look-around, no references back), or as a pattern such as \"*@example.com\"; then write the action again and remove `mode: additive`",
                );
            }
        }
    }
    if !patterns.is_empty() {
        let patterns = format!("[{}]", patterns.join(", "));
        import.to.protect.put("users", &*patterns);
        import.report.changed(
            key,
            format!("protect.users: {patterns}"),
            format!(
                "it is held against email and username, and what would have been done is reported{anchors}"
            ),
        );
    }
}

fn groups(import: &mut Import<'_>, adobe_users: &Section<'_>, options: &Options) {
    let Some(Found { key, value }) = adobe_users.texts("exclude_adobe_groups") else { return };
    if let Some(name) = value.iter().find(|name| name.trim().is_empty() || name.contains("::")) {
        adobe_users.mistake(&key, &format!("`{name}`: a group of the first organization belongs here"));
    }
    let kept: Vec<&str> =
        value.iter().map(|name| name.trim()).filter(|name| !GroupName::new(name).is_org_admin()).collect();
    let admins = if kept.len() == value.len() { "" } else { "; members of _org_admin are always protected" };
    if selection::pushes(import, options) {
        import.report.lost(
            key,
            "with the strategy push the User Sync Tool did not look at it, and umsync does not know who is in a group at Adobe, system administrators included",
            "name the people whom it meant under protect.users",
        );
        return;
    }
    let push = if options.push.value { "; the User Sync Tool did not look at it with push" } else { "" };
    if kept.is_empty() {
        import.report.carried(key, "members of _org_admin are always protected");
        return;
    }
    let groups = list(kept.iter().copied());
    import.to.protect.put("groups", &*groups);
    import.report.changed(
        key,
        format!("protect.groups: {groups}"),
        format!("the groups have to exist at Adobe, and nobody is taken out of them because they stand here (B2){admins}{push}"),
    );
}

/// What becomes of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Becomes {
    Keep,
    RemoveGroups,
    RemoveAllGroups,
    Remove,
    Delete,
}

impl Becomes {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Keep => "keep",
            Self::RemoveGroups => "remove-groups",
            Self::RemoveAllGroups => "remove-all-groups",
            Self::Remove => "remove",
            Self::Delete => "delete",
        }
    }

    /// What the options ask for.
    pub(super) fn of(options: &Options) -> Self {
        let groups = options.process_groups.value;
        match (&options.action.value, options.list.is_some()) {
            _ if options.push.value => Self::Keep,
            (Action::Exclude, _) => Self::Keep,
            // A list says nothing of groups, so that nothing is taken.
            (Action::Preserve | Action::WriteFile(_), true) => Self::Keep,
            (Action::Preserve | Action::WriteFile(_), false) if groups => Self::RemoveGroups,
            (Action::Preserve | Action::WriteFile(_), false) => Self::Keep,
            (Action::RemoveAdobeGroups, _) => Self::RemoveAllGroups,
            (Action::Remove, _) => Self::Remove,
            (Action::Delete, _) => Self::Delete,
        }
    }
}

/// What the options ask for, and what becomes of it where the User Sync Tool acts on some of those who are gone only.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reach {
    asked: Becomes,
    pub(super) narrowed: Becomes,
    by: By,
}

/// What keeps the User Sync Tool from acting on everybody who is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    Nothing,
    /// It has not looked at everybody at Adobe.
    AdobeUsers,
    /// It leaves out whoever loses no mapped group, and a list says nothing of groups.
    GroupRemovalsOnly,
    /// Its limit lets nobody pass.
    Limit,
}

impl Reach {
    /// Without reaching further than the User Sync Tool.
    pub(super) fn of(options: &Options, group_removals_only: bool, most: Option<&Most>) -> Self {
        let asked = Becomes::of(options);
        let by = match (group_removals_only, options.list.is_some(), &options.adobe_users.value) {
            (true, _, _) => By::GroupRemovalsOnly,
            (false, false, AdobeUsers::Mapped | AdobeUsers::Groups) => By::AdobeUsers,
            (false, true, _) | (false, _, AdobeUsers::All) => By::Nothing,
        };
        let narrowed = match asked {
            Becomes::Keep | Becomes::RemoveGroups => asked,
            _ if by == By::Nothing => asked,
            _ if options.list.is_some() || !options.process_groups.value => Becomes::Keep,
            _ => Becomes::RemoveGroups,
        };
        // umsync has a limit of its own for those who leave, and none for leavers who lose groups.
        match narrowed {
            Becomes::RemoveGroups | Becomes::RemoveAllGroups if most.is_some_and(|most| most.nobody) => {
                Self { asked, narrowed: Becomes::Keep, by: By::Limit }
            }
            _ => Self { asked, narrowed, by },
        }
    }

    /// Whether nobody passes the limit, so that nothing is done.
    pub(super) fn ends_at_limit(self) -> bool {
        self.by == By::Limit
    }

    /// Why it is less than was asked for.
    fn why(self, options: &Options) -> String {
        let further = format!(
            "umsync sees every account in the domains of your people, so `{}` would reach further",
            self.asked.word()
        );
        match self.by {
            By::Limit => "limits.max_adobe_only_users lets nobody pass, so that nothing is done".to_owned(),
            By::GroupRemovalsOnly => format!(
                "with limits.group_removals_only the User Sync Tool acted only on who lost a mapped group, and on nobody where it knew no groups; {further}"
            ),
            By::AdobeUsers | By::Nothing => {
                let key = &options.adobe_users.key.key;
                format!("with {key} the User Sync Tool saw only accounts in those groups; {further}")
            }
        }
    }
}

/// The section `leavers`.
pub(super) fn convert(import: &mut Import<'_>, options: &Options, reach: Reach) {
    let Reach { asked, narrowed, by: _ } = reach;
    let unknown = import.scope_unknown || import.protection_unknown;
    let becomes = if unknown { Becomes::Keep } else { narrowed };
    let Found { key, value } = options.action.clone();
    if becomes != Becomes::Keep || key.place != UNSAID || options.list.is_some() {
        import.to.leavers.put("action", becomes.word());
    }
    if let Action::WriteFile(path) = &value
        && !options.push.value
    {
        import.to.leavers.put("write", super::csv::file(import, path));
    }
    let now = format!("leavers.action: {}", becomes.word());
    let now = match &value {
        Action::WriteFile(_) if !options.push.value => format!("{now}, leavers.write"),
        _ => now,
    };
    let write = match &value {
        Action::WriteFile(path) if of_windows(path).is_some() => {
            "; its path is one of Windows, so only its name is kept"
        }
        _ => "",
    };
    if options.push.value {
        if key.place != UNSAID {
            import.report.lost(key, "with the strategy push it has no effect", "nothing");
        }
    } else if unknown && narrowed != Becomes::Keep {
        let why = "something that said who is meant could not be carried over (see below), so nobody is acted on until it is";
        import.report.changed_from(key, now, why, format!("action: {}", narrowed.word()));
    } else if narrowed != asked {
        let before = format!("action: {}, after a look at `umsync plan`", asked.word());
        import.report.changed_from(key, now, reach.why(options), before);
    } else if becomes == Becomes::Keep {
        let listed =
            if options.list.is_some() { ", for a list does not say which groups (#374)" } else { "" };
        import.report.carried(key, format!("{now}, the default of umsync{listed}{write}"));
    } else if options.list.is_some() {
        let why = "only who is in the list and still gone is acted on, at once; removals wait until the first plan has been approved";
        import.report.changed_from(key, now, why, "baseline: accept");
    } else {
        import.report.changed_from(
            key,
            now,
            format!("somebody is acted on after seven days and three complete readings without them, not at the first; only accounts in the domains of your people count, Adobe IDs not unless people.domains names theirs; removals wait until the first plan has been approved{write}"),
            "grace: 0s, people.domains: [\"*\"], baseline: accept",
        );
    }
    if let Some(Found { key, value }) = options.list.clone() {
        import.to.leavers.put("list", super::csv::file(import, &value));
        import.report.changed(
            key,
            "leavers.list, people.create: nobody, people.update: []",
            "this call does nothing but act on the list; those in it who are in the directory again are left alone. It needs no call of its own: write leavers.list into the configuration of the usual one. Columns type and email are enough, and the table has commas",
        );
    }
}
