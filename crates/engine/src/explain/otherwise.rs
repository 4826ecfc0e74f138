//! The sentence that says it in short, and what would make it otherwise.

use super::Look;
use super::subject::Standing;
use crate::change::What;
use crate::matching::HeldReason;
use crate::memory::Evidence;
use crate::person::Person;
use crate::protect::Protection;
use crate::report::{counted, told};
use crate::rules::{LeaverAction, Select};
use crate::withhold::Why;
use std::collections::BTreeSet;

/// So many changes are said one by one in a sentence.
const FEW: usize = 3;

impl Look<'_> {
    /// What becomes of them, in one sentence.
    pub(super) fn in_short(&self) -> String {
        if let Some(protected) = self.protected() {
            return format!("is protected and stays as they are: {}", protected.because);
        }
        if let Some(held) = self.held() {
            return format!("is held, and nothing is done: {}", held.reason);
        }
        let planned = self.planned().count();
        let withheld = self.all_withheld().count();
        let creates = self.planned().any(|change| matches!(change.what, What::CreateUser(_)));
        let is_sent = self.planned().any(|change| matches!(change.what, What::PushUser { .. }));
        let goes = self.planned().any(|change| change.is_departure());
        match (planned, withheld) {
            (0, 0) => self.quiet(),
            (0, _) => format!(
                "would change, and all of it is held back ({})",
                counted(withheld, "change", "changes")
            ),
            _ if creates => "gets an account".to_owned(),
            _ if is_sent => "is sent: their account is made or updated".to_owned(),
            _ if goes => "leaves the organization".to_owned(),
            (_, 0) => self.few(),
            _ => format!("{}; {withheld} more held back", self.few()),
        }
    }

    /// What is done about them, where that is little.
    fn few(&self) -> String {
        let all: Vec<String> = self.planned().map(|change| told(&change.what)).collect();
        if all.len() > FEW { counted(all.len(), "change", "changes") } else { all.join(", ") }
    }

    fn quiet(&self) -> String {
        let push = self.case.plan.is_push();
        match self.subject.standing {
            Standing::Person(person) if person.selected && push => "is not sent (people.create)",
            Standing::Gone(_) if push => "has left, and is not sent",
            Standing::Person(person) if person.selected => "has just what they should",
            Standing::Person(_) => "is in the directory and gets no account",
            Standing::SetAside(_) => {
                "is set aside: their entry cannot be understood, and their account stays"
            }
            Standing::Kept => "is disabled in the directory, and stays as they are",
            Standing::Filtered => "is out of scope, and stays as they are",
            Standing::Service => "is no person: an entry without email that no mapped group lists",
            Standing::Gone(_) if self.subject.user.is_none() => "has left, and has no account",
            Standing::Gone(_) => "has left, and nothing is done about it now",
            Standing::Absent if self.leaver().is_some() => {
                "is not in the directory, and nothing is done about it now"
            }
            Standing::Absent => "is only at Adobe, and none of ours",
        }
        .to_owned()
    }

    /// What somebody could do, were this not as they want it.
    pub(super) fn otherwise(&self) -> Vec<String> {
        let mut said = Vec::new();
        match self.subject.standing {
            Standing::Person(person) => said.extend(self.of_person(person)),
            Standing::SetAside(_) => {
                said.push("correct that attribute of the entry, or the template that reads it".to_owned())
            }
            Standing::Service => {
                said.push("give the entry an email, or a mapped group this member".to_owned())
            }
            Standing::Filtered => {
                let conditions = self
                    .names()
                    .first()
                    .map_or(&self.case.rules.people, |name| self.case.rules.people_of(name))
                    .filter
                    .iter();
                let conditions: Vec<String> =
                    conditions.map(|condition| format!("{}: {}", condition.of, condition.pattern)).collect();
                said.push(format!("people.filter has to let them in; it is {}", conditions.join(", ")));
            }
            Standing::Kept => said
                .push("enable the entry in the directory; or `disabled: leave` makes it a leaver".to_owned()),
            Standing::Gone(gone) => said.push(match &gone.evidence {
                Evidence::Disabled => {
                    "enable the entry; or `disabled: ignore` (or keep) in the configuration".to_owned()
                }
                Evidence::Expired { .. } => "give the entry a later end".to_owned(),
                Evidence::Listed { group } => format!("take them out of {group}, which leavers.groups names"),
            }),
            Standing::Absent => {}
        }
        if self.leaver().is_some() {
            if matches!(self.subject.standing, Standing::Absent) {
                said.push("an entry for them that directory.users finds, with this email".to_owned());
            }
            if self.case.rules.leavers.action != LeaverAction::Keep {
                said.push(format!("umsync leavers hold {}: nothing is done about them", self.subject.name));
                said.push(format!("umsync leavers expedite {}: nothing is waited for", self.subject.name));
            }
        } else if matches!(self.subject.standing, Standing::Absent) {
            said.push(
                "people.domains decides whose users are ours although nobody in the directory matches them"
                    .to_owned(),
            );
        }
        if let Some(protected) = self.protected() {
            said.push(match &protected.because {
                Protection::OrgAdmin => "nothing: system administrators are always protected".to_owned(),
                Protection::Pattern(pattern) => format!("take `{pattern}` out of protect.users"),
                Protection::Member(group) => {
                    format!("take them out of {group} at Adobe, or that group out of protect.groups")
                }
                Protection::Identity(identity) => format!("take `{identity}` out of protect.identities"),
            });
        }
        said.extend(self.held().map(|held| remedy(&held.reason)));
        let whys: BTreeSet<Why> = self.all_withheld().map(|withheld| withheld.why).collect();
        if whys.iter().any(|why| !matches!(why, Why::Unread | Why::Needs)) {
            said.push("`umsync plan` shows what else waits, and the line that approves it".to_owned());
        }
        if whys.contains(&Why::Unread) {
            said.push("a run that can read every directory".to_owned());
        }
        said
    }

    fn of_person(&self, person: &Person) -> Option<String> {
        let rules = &self.case.rules;
        let people = self.names().first().map_or(&rules.people, |name| rules.people_of(name));
        if !person.selected {
            return Some(match &people.select {
                Select::Mapped => {
                    let mut groups: Vec<&str> =
                        rules.mappings.iter().map(|mapping| mapping.directory.as_str()).collect();
                    groups.dedup();
                    groups.truncate(10);
                    format!(
                        "make them a member of a mapped group ({}); or `people.select: all`",
                        groups.join(", ")
                    )
                }
                Select::All => "people.select finds everybody".to_owned(),
                Select::In(groups) => {
                    let groups: Vec<&str> = groups.iter().map(|group| group.as_str()).collect();
                    format!("make them a member of a group of people.select ({})", groups.join(", "))
                }
            });
        }
        let loses = self.planned().chain(self.all_withheld().map(|withheld| &withheld.change));
        let lost: Vec<&str> = loses
            .filter_map(|change| match &change.what {
                What::Lose { group } => Some(group.spelling()),
                _ => None,
            })
            .collect();
        (!lost.is_empty()).then(|| {
            format!(
                "to let them keep {}: make them a member of a directory group that gives it, or write `mode: additive` on its mapping",
                lost.join(", ")
            )
        })
    }
}

fn remedy(reason: &HeldReason) -> String {
    match reason {
        HeldReason::SeveralUsers { .. } => {
            "remove one of the accounts in the Admin Console, or change its email"
        }
        HeldReason::SeveralPeople { .. } => "let only one of the entries have this email",
        HeldReason::OtherOwnership { .. } => {
            "`people.adobe_id_twin: manage` takes that account for theirs, `create` makes a second one"
        }
        HeldReason::UnknownType { .. } => {
            "nothing here: accounts of a type that umsync does not know are only read"
        }
        HeldReason::Inactive { .. } => "enable the account in the Admin Console",
        HeldReason::AddressTaken { .. } => {
            "the next run looks again: the other account may have another address by then"
        }
        HeldReason::Recycled { .. } | HeldReason::AnchorLost { .. } => {
            "umsync links drop WHO, if both are one person; umsync links report shows who is linked to what"
        }
        HeldReason::OtherType { .. } => "change the type in the Admin Console, or people.identity",
        HeldReason::SharedAddress { .. } => {
            "change the email or username of one of the accounts in the Admin Console"
        }
        HeldReason::NoProfile { .. } => "give the entry a country, or write people.country",
        HeldReason::HoldsRole { .. } => "take the role from them in the Admin Console first",
        HeldReason::NoLeaver | HeldReason::NoAccount => "take their row out of leavers.list",
        HeldReason::LastMember { .. } => "give the role to somebody else first",
    }
    .to_owned()
}
