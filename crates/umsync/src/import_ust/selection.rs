//! Who is selected, who gets an account, and what is kept up to date.

use super::import::Import;
use super::options::{AdobeUsers, Options, UNSAID, Users};
use super::python;
use super::section::{Found, Section};
use super::written::{Block, list, text};

/// People outside the selection are strays to the User Sync Tool.
const NO_LEAVERS: &str = "whoever is in the directory and not selected is a stray to the User Sync Tool; here they are no leavers (B20)";

/// What keeps still until somebody has looked at it.
const WAITS: &str =
    "something that said who is meant could not be carried over (see below), so nothing is done until it is";

/// Whether the strategy push is carried over: not where nobody is to be sent, because nobody is made.
pub(super) fn pushes(import: &Import<'_>, options: &Options) -> bool {
    let nobody = options.exclude_unmapped.value && !options.process_groups.value;
    options.push.value && !import.scope_unknown && !nobody
}

pub(super) fn convert(import: &mut Import<'_>, options: &Options) {
    users(import, options);
    create(import, options);
    let Found { key, value } = options.adobe_users.clone();
    match value {
        AdobeUsers::All if key.place == UNSAID => {}
        _ if pushes(import, options) => {
            import.report.lost(key, "with the strategy push nobody looks at Adobe's users", "nothing");
        }
        AdobeUsers::All => import.report.carried(key, "what umsync does"),
        AdobeUsers::Mapped | AdobeUsers::Groups => import.report.changed(
            key,
            "everybody at Adobe is listed",
            "umsync lists all users, at most once in two hours, and finds out that somebody exists wherever they are; groups named here are no mapped groups (B2). For whom this left out see --adobe-only-user-action",
        ),
    }
}

fn users(import: &mut Import<'_>, options: &Options) {
    let Found { key, value } = options.users.clone();
    // A list of strays is all that such a call looks at.
    let by_file = matches!(value, Users::File(_));
    if let (Some(list), false) = (&options.list, key.place == UNSAID || by_file) {
        let why = format!("with {} the User Sync Tool does not look at the directory", list.key.key);
        import.report.changed(key.clone(), "people.select", why);
    }
    let told = options.list.is_some() || key.place == UNSAID;
    match value {
        // From which file is told where that is written.
        Users::File(_) => import.to.people.put("select", "all"),
        Users::All => {
            import.to.people.put("select", "all");
            if options.list.is_none() {
                import.report.carried(key, "people.select: all");
            }
        }
        Users::Mapped => {
            import.to.people.put("select", "mapped");
            if !told {
                import.report.changed(key, "people.select: mapped", NO_LEAVERS);
            }
        }
        Users::Groups(names) => {
            let trimmed: Vec<&str> =
                names.iter().map(|name| name.trim()).filter(|name| !name.is_empty()).collect();
            let groups = format!("{{groups: {}}}", list(trimmed.iter().copied()));
            import.to.people.put("select", &*groups);
            let spaces = if trimmed.len() == names.len() && trimmed.iter().zip(&names).all(|(a, b)| a == b) {
                ""
            } else {
                "; spaces around the commas, which made it miss groups, do not count (B9)"
            };
            if !told {
                import.report.changed(
                    key,
                    format!("people.select: {groups}"),
                    format!("{NO_LEAVERS}{spaces}"),
                );
            }
        }
    }
}

/// `--user-filter`: before all that has to know whether it could be carried over.
pub(super) fn filter(import: &mut Import<'_>, options: &Options) {
    let Some(Found { key, value }) = options.user_filter.clone() else { return };
    if let Some(list) = &options.list {
        import.report.lost(key, format!("with {} it has no effect", list.key.key), "nothing");
        return;
    }
    match python::regex(&value) {
        Ok(regex) => {
            let mut filter = Block::default();
            filter.text("username", &regex);
            import.to.people.block("filter", filter);
            let anchors = if python::has_alternatives(&value) {
                "; each of its alternatives has to match the whole value now, and did not before (B8)"
            } else {
                ""
            };
            import.report.changed(
                key,
                format!("people.filter: {{username: {}}}", text(&regex)),
                format!("{NO_LEAVERS}{anchors}"),
            );
        }
        Err(reason) => {
            import.scope_unknown = true;
            import.report.lost(
                key,
                format!("`{value}`: {reason}. So that nothing is done about whom it left out, people.create is nobody, people.update empty, memberships and leavers.action keep"),
                "write it anew for people.filter (no look-around, no references back), or select by groups; then remove these four",
            );
        }
    }
}

fn create(import: &mut Import<'_>, options: &Options) {
    let Found { key, value } = options.exclude_unmapped.clone();
    if let Some(list) = &options.list {
        import.to.people.put("create", "nobody");
        if key.place != UNSAID {
            import.report.lost(key, format!("with {} nobody is created", list.key.key), "nothing");
        }
        return;
    }
    let create = match (import.scope_unknown, value, options.process_groups.value) {
        (true, _, _) | (false, true, false) => Some("nobody"),
        (false, true, true) => Some("mapped"),
        (false, false, _) => None,
    };
    if let Some(create) = create {
        import.to.people.put("create", create);
    }
    match (key.place == UNSAID, value, options.process_groups.value) {
        (true, _, _) => {}
        (false, false, _) => import.report.carried(key, "people.create: selected, the default of umsync"),
        (false, true, true) => {
            import.report.carried(key, format!("people.create: {}", create.unwrap_or_default()))
        }
        (false, true, false) => import.report.changed(
            key,
            "people.create: nobody",
            "without --process-groups the User Sync Tool knows nobody's groups, so that it creates nobody",
        ),
    }
}

/// What is kept up to date: `adobe_users.update_attributes` and `--update-user-info`.
pub(super) fn update(import: &mut Import<'_>, adobe_users: &Section<'_>, options: &Options) {
    let attributes = adobe_users.texts("update_attributes");
    let mut fields = Vec::new();
    for name in attributes.iter().flat_map(|found| &found.value) {
        match name.trim().to_lowercase().as_str() {
            "firstname" => fields.push("first_name"),
            "lastname" => fields.push("last_name"),
            "email" => fields.push("email"),
            "username" => fields.push("username"),
            other => {
                if let Some(found) = &attributes {
                    adobe_users.mistake(
                        &found.key,
                        &format!("`{other}` is none of firstname, lastname, email, username"),
                    );
                }
            }
        }
    }
    let Found { key, value } = options.update.clone();
    let value = value && options.list.is_none();
    let push = pushes(import, options);
    if value && push {
        import.report.carried(key, "people.update: first and last name, as a push always does");
    } else if value && import.scope_unknown {
        import.to.people.put("update", "[]");
        import.report.changed(key, "people.update: []", WAITS);
    } else if value {
        if attributes.is_some() {
            import.to.people.put("update", list(fields.iter().copied()));
        }
        import.report.carried(
            key,
            "people.update; country is never changed, and nothing is sent where nothing differs (B6)",
        );
    } else {
        import.to.people.put("update", "[]");
        import.report.carried(key, "people.update: [], nobody's names or email are changed");
    }
    if let Some(Found { key, value: _ }) = attributes {
        let now = format!("people.update: [{}]", fields.join(", "));
        if value && push {
            import.report.lost(
                key,
                "a push sends both names, whatever it says, and changes nothing else",
                "nothing",
            );
        } else if value && import.scope_unknown {
            import.report.changed_from(key, "people.update: []", WAITS, now);
        } else if value {
            import.report.carried(key, now);
        } else {
            let key_of = &options.update.key.key;
            import.report.lost(
                key,
                format!("without {key_of} it has no effect"),
                format!("to keep these up to date, write {now}"),
            );
        }
    }
}

/// How the mappings act on memberships.
pub(super) fn memberships(import: &mut Import<'_>, options: &Options, only_select: bool) {
    let Found { key, value } = options.process_groups.clone();
    let keep = !only_select && (!value || import.scope_unknown || options.list.is_some());
    if keep {
        import.to.whole.put("memberships", "keep");
    }
    match (value, &options.list) {
        (true, Some(list)) => {
            let why = format!(
                "with {} the User Sync Tool changes nobody's groups but those of the list",
                list.key.key
            );
            import.report.changed(key, "nobody is given or loses a group by a mapping", why);
        }
        (true, None) if keep => {
            import.report.changed_from(key, "memberships: keep", WAITS, "memberships: sync");
        }
        (true, None) => import.report.carried(key, "memberships: sync, the default of umsync"),
        (false, _) if keep => import.report.carried(key, "memberships: keep"),
        (false, _) => import.report.carried(key, "nobody is given a group: the mappings only select"),
    }
    if pushes(import, options) {
        import.to.whole.put("strategy", "push");
        import.report.changed(
            options.push.key.clone(),
            "strategy: push",
            "nothing is taken from anybody, while the User Sync Tool also took whoever is not to be in a mapped group out of it (only `strategy: sync` does that); everybody is sent at most once in two hours; nobody is sent before the first plan has been approved",
        );
    } else if options.push.value {
        import.report.changed_from(
            options.push.key.clone(),
            "mode: additive on every mapping, leavers.action: keep",
            "nobody is to be sent (people.create), which a push cannot obey: it does not know who has an account",
            "strategy: push, when people.create is selected or mapped",
        );
    }
}
