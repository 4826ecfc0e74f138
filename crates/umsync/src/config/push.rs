//! What does not go together with `strategy: push`, which sends everybody without a look at Adobe, and takes nothing.

use super::file::Section;
use std::collections::BTreeSet;
use umsync_engine::change::Field;
use umsync_engine::limits::{Limit, Limits};
use umsync_engine::rules::{Create, LeaverAction, Leavers};

/// Where the strategy stands, to be named beside whatever contradicts it.
struct Push<'a> {
    file: &'a Section<'a>,
    told: String,
}

impl Push<'_> {
    /// Notes that a key asks for what a push does not do.
    fn against(&self, section: &Section<'_>, key: &str, why: &str, instead: &str) {
        let told = &self.told;
        section.mistake(key, format!("{told} {why}; {instead}, or write `strategy: sync` there"));
    }
}

/// Notes every key that takes something from somebody, or that cannot be obeyed without knowing whom Adobe has. What is
/// so by default asks for nothing.
pub(super) fn agree(file: &Section<'_>, create: Create, leavers: &Leavers) {
    let line = file.line_of("strategy");
    let push = Push { file, told: format!("`strategy: push` in line {line}") };
    push.leavers(leavers);
    push.people(create);
    push.protect();
    push.groups();
}

/// The limits of a push: all people are sent every time, so that only a count of them says anything, and only where it is
/// written.
pub(super) fn limits(file: &Section<'_>, limits: Limits) -> Limits {
    let Some(section) = file.section("limits").filter(|section| section.has("create")) else {
        return Limits { create: Limit::Off, ..limits };
    };
    if matches!(limits.create, Limit::Share { .. }) {
        let line = file.line_of("strategy");
        let told = format!("`strategy: push` in line {line}");
        Push { file, told }.against(
            &section,
            "create",
            "sends all people in every run, made or updated, of whom a share says nothing",
            "write how many may be sent in one run, for instance 5000",
        );
    }
    limits
}

impl Push<'_> {
    fn leavers(&self, leavers: &Leavers) {
        let Some(section) = self.file.section("leavers") else { return };
        if leavers.action != LeaverAction::Keep {
            self.against(&section, "action", "takes nothing from anybody", "write `keep`");
        }
        for key in ["write", "list"] {
            if section.has(key) {
                let why = "does not list Adobe's users, and so does not know who has left";
                self.against(&section, key, why, "remove this key");
            }
        }
    }

    fn people(&self, create: Create) {
        let Some(section) = self.file.section("people") else { return };
        if create == Create::Nobody {
            let why = "does not know who has an account, so that nobody would be sent";
            self.against(&section, "create", why, "write `selected` or `mapped`");
        }
        let names = [Field::FirstName, Field::LastName].into();
        let is_sent = |fields: &BTreeSet<Field>| fields.is_empty() || *fields == names;
        if section.has("update") && super::people::fields(&section).is_some_and(|fields| !is_sent(&fields)) {
            let why = "sends both names or neither, and changes no email and no username";
            self.against(&section, "update", why, "write [first_name, last_name] or []");
        }
        for key in ["domains", "adobe_id_twin"] {
            if section.has(key) {
                let why = "does not list Adobe's users, of whom this key decides something";
                self.against(&section, key, why, "remove this key");
            }
        }
    }

    fn protect(&self) {
        let Some(section) = self.file.section("protect") else { return };
        if section.texts("groups").is_some_and(|groups| !groups.is_empty()) {
            let why = "does not know who is in these groups at Adobe";
            self.against(&section, "groups", why, "name the people under protect.users");
        }
    }

    fn groups(&self) {
        for section in self.file.sections("groups").into_iter().flatten() {
            if section.word("mode", &[("owned", true), ("additive", false)]) == Some(true) {
                let why = "takes nobody out of a group";
                self.against(&section, "mode", why, "write `additive` or remove this key");
            }
            if section.has("create") && !section.is_scalar("create") {
                let why = "does not know whether the group is there, and leaves one that is as it is";
                self.against(&section, "create", why, "write `create: true`");
            }
        }
    }
}
