//! Why the two differ: by a rule of ours, by a fault or an option of the User Sync Tool, or by nothing that is known.
//!
//! B1 to B20 are the faults of the User Sync Tool as the README numbers them.

use super::compare::{Deed, Theirs};
use super::run::{Run, Skip};
use super::sides::{Sides, Who};
use std::collections::BTreeMap;
use umsync_engine::change::{Change, Field, Reason};
use umsync_engine::diff::Leaver;
use umsync_engine::key::fold_email;
use umsync_engine::matching::Held;
use umsync_engine::report::reason;
use umsync_engine::rules::Protect;

/// Why one of them would do something, and the other not.
#[derive(Debug)]
pub(super) struct Because {
    /// None: nothing explains it.
    pub(super) rule: Option<String>,
    pub(super) text: String,
    pub(super) line: Option<usize>,
}

impl Because {
    pub(super) fn rule(rule: impl Into<String>, text: impl Into<String>) -> Self {
        Self { rule: Some(rule.into()), text: text.into(), line: None }
    }

    /// What may help whoever looks for the reason.
    pub(super) fn hint(text: impl Into<String>) -> Self {
        Self { rule: None, text: text.into(), line: None }
    }

    pub(super) fn at(self, line: usize) -> Self {
        Self { line: self.line.or(Some(line)), ..self }
    }
}

pub(super) struct Explaining<'a> {
    pub(super) run: &'a Run,
    pub(super) sides: &'a Sides<'a>,
    pub(super) protect: Protect,
    /// By account.
    pub(super) leavers: BTreeMap<&'a str, &'a Leaver>,
    /// By folded name, and by entry.
    pub(super) held: BTreeMap<String, &'a Held>,
}

impl<'a> Explaining<'a> {
    pub(super) fn of(run: &'a Run, sides: &'a Sides<'a>) -> Self {
        let plan = sides.case.plan;
        let mut held = BTreeMap::new();
        for it in plan.held() {
            held.insert(fold_email(&it.who), it);
            held.extend(it.entry.iter().map(|entry| (entry.clone(), it)));
        }
        Self {
            run,
            sides,
            protect: sides.case.rules.protect.with_admins_of(sides.case.adobe),
            leavers: plan.leavers().iter().map(|leaver| (leaver.account.as_str(), leaver)).collect(),
            held,
        }
    }

    /// What is wrong with something that both would do.
    pub(super) fn both(&self, who: &Who<'_>, deed: &Deed) -> Option<Because> {
        let (Deed::Set(Field::Email, Some(to)), Some((_, user))) = (deed, who.user) else { return None };
        let logs_in_by_name = user.username().is_some_and(|username| !username.contains('@'));
        logs_in_by_name.then(|| {
            Because::rule("B5", format!("the User Sync Tool sends it to {to}, which Adobe does not know yet; umsync sends it to {}", user.email()))
        })
    }

    /// Why only umsync would do it.
    pub(super) fn only_umsync(
        &self,
        who: &Who<'_>,
        theirs: &Theirs<'_>,
        deed: &Deed,
        change: &Change,
    ) -> Because {
        if let Some((line, by)) = theirs.excluded {
            return Because::rule(by, "the User Sync Tool leaves them out").at(line);
        }
        if !theirs.ust.contains_key(&Deed::Make)
            && (matches!(deed, Deed::Make) || matches!(deed, Deed::Join(_)) && who.user.is_none())
        {
            return self.not_made(who);
        }
        if theirs.ust.keys().any(|deed| matches!(deed, Deed::Leave | Deed::Delete)) {
            let text = "the User Sync Tool takes the whole account instead";
            let is_leaver = matches!(change.reason, Reason::Absent { .. } | Reason::Departed { .. });
            return Because::rule(
                if is_leaver { "leavers.action" } else { "--adobe-only-user-action" },
                text,
            );
        }
        if let Reason::Departed { evidence } = &change.reason {
            return Because::rule(
                "disabled",
                format!(
                    "they have left by their entry ({evidence}), which the User Sync Tool does not look at"
                ),
            );
        }
        let is_leaver = change.is_departure() || matches!(change.reason, Reason::Absent { .. });
        match deed {
            _ if is_leaver => self.not_left(theirs),
            Deed::Set(..) if self.run.is_on("update_user_info") == Some(false) => Because::rule(
                "--update-user-info",
                "without it the User Sync Tool compares no names and emails",
            ),
            Deed::Join(_) | Deed::Lose(_) if self.run.is_on("process_groups") == Some(false) => {
                Because::rule("--process-groups", "without it the User Sync Tool changes no memberships")
            }
            _ => Because::hint(self.unclear(change)),
        }
    }

    fn unclear(&self, change: &Change) -> String {
        let options = ["update_user_info", "process_groups"];
        let unknown = options.iter().any(|option| self.run.is_on(option).is_none());
        let more = if unknown {
            "; a log at level debug tells with which options the User Sync Tool ran"
        } else {
            ""
        };
        format!("umsync's reason: {}{more}", reason(&change.reason))
    }

    pub(super) fn skipped(&self, emails: &[&str]) -> Option<(usize, Skip)> {
        emails.iter().find_map(|email| self.run.skipped.get(&email.trim().to_lowercase()).copied())
    }

    fn not_made(&self, who: &Who<'_>) -> Because {
        let email = who.person.map_or(who.name.as_str(), |person| person.email());
        match self.skipped(&[email, &who.name]) {
            Some((line, Skip::AdobeId)) => {
                return Because::rule(
                    "people.adobe_id_twin",
                    "`create`: to the User Sync Tool an Adobe ID of that email is in the way",
                )
                .at(line);
            }
            Some((line, Skip::NoCountry)) => {
                return Because::rule(
                    "people.country",
                    "it has no country for them; umsync has one, or needs none",
                )
                .at(line);
            }
            Some((line, Skip::NoKey)) => {
                return Because::rule(
                    "people.attributes",
                    "its configuration reads no username and domain from the entry",
                )
                .at(line);
            }
            Some((_, Skip::NoKeyAtAdobe)) | None => {}
        }
        match self.sides.namesake(who) {
            Some(user) => Because::rule(
                "B3",
                format!(
                    "the User Sync Tool takes the account of type {} with this email for theirs, and makes none",
                    user.kind
                ),
            ),
            None => Because::hint(
                "its options (--users, --user-filter, --exclude-unmapped-users) may leave them out",
            ),
        }
    }

    /// Somebody who has left, and about whom the User Sync Tool does nothing, or something else.
    fn not_left(&self, theirs: &Theirs<'_>) -> Because {
        if let Some((line, numbers)) = &self.run.over_limit {
            return Because::rule(
                "max_adobe_only_users",
                format!("the User Sync Tool does nothing about anybody who has left: {numbers}"),
            )
            .at(*line);
        }
        match &self.run.leavers {
            _ if theirs.ust.values().any(|said| said.as_leaver) => Because::rule(
                "leavers.action",
                "the User Sync Tool does something else about them: --adobe-only-user-action",
            ),
            None => Because::rule(
                "--adobe-only-user-action",
                "the User Sync Tool does nothing about people who are only at Adobe",
            ),
            Some(action) if action == "with groups processed" => Because::rule(
                "--adobe-only-user-action",
                "the User Sync Tool takes only mapped groups from people who are only at Adobe",
            ),
            Some(action) => Because::hint(format!(
                "others are {action} by the User Sync Tool; it finds an entry for this one, or its options leave them out"
            )),
        }
    }
}
