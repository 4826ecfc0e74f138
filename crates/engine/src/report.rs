//! Wording for people: a plan, and what became of it, as lines of inked text. Colour itself is the program's matter.

use crate::change::{Change, Reason, Target, What};
use crate::command::{Outcome, Verdict};
use crate::plan::{GroupLine, Plan};
use crate::withhold::{Why, Withheld};
use chrono::{DateTime, Utc};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

/// What a piece of text means; the program chooses the colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ink {
    /// Ordinary text.
    Plain,
    /// A heading.
    Heading,
    /// Something is given.
    Gain,
    /// Something changes.
    Change,
    /// Something is taken.
    Loss,
    /// Something needs a look.
    Warning,
    /// Secondary: reasons, sources.
    Faint,
}

/// Text of one ink.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// What it means.
    pub ink: Ink,
    /// The text.
    pub text: String,
}

/// One line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Line(pub Vec<Span>);

impl Line {
    fn of(ink: Ink, text: impl Into<String>) -> Self {
        Self(vec![Span { ink, text: text.into() }])
    }

    fn and(mut self, ink: Ink, text: impl Into<String>) -> Self {
        self.0.push(Span { ink, text: text.into() });
        self
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|span| f.write_str(&span.text))
    }
}

/// How many changes of each kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// User groups made.
    pub groups_created: usize,
    /// Accounts made.
    pub created: usize,
    /// Accounts with changed attributes.
    pub updated: usize,
    /// Memberships given.
    pub joined: usize,
    /// Memberships taken.
    pub lost: usize,
    /// Users who leave the organization.
    pub left: usize,
}

impl Totals {
    /// Counts changes.
    pub fn of<'a>(changes: impl IntoIterator<Item = &'a Change>) -> Self {
        let mut totals = Self::default();
        let mut updated = std::collections::BTreeSet::new();
        for change in changes {
            match &change.what {
                What::CreateGroup => totals.groups_created += 1,
                What::CreateUser(_) => totals.created += 1,
                What::Update { .. } => {
                    updated.insert(&change.target);
                }
                What::Join { .. } => totals.joined += 1,
                What::Lose { .. } => totals.lost += 1,
                What::Leave => totals.left += 1,
            }
        }
        totals.updated = updated.len();
        totals
    }
}

impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { groups_created, created, updated, joined, lost, left } = *self;
        let parts = [
            (groups_created, "group", "groups", "created"),
            (created, "account", "accounts", "created"),
            (updated, "account", "accounts", "updated"),
            (joined, "membership", "memberships", "given"),
            (lost, "membership", "memberships", "taken"),
            (left, "user", "users", "leaving the organization"),
        ];
        let said: Vec<String> = parts
            .iter()
            .filter(|(count, ..)| *count > 0)
            .map(|(count, one, many, verb)| {
                format!("{count} {} {verb}", if *count == 1 { one } else { many })
            })
            .collect();
        if said.is_empty() { f.write_str("nothing") } else { f.write_str(&said.join(", ")) }
    }
}

/// The whole plan: what changes and why per user and per group, what does not and why, and the totals.
pub fn of_plan(plan: &Plan) -> Vec<Line> {
    let mut lines = Vec::new();
    head(plan, &mut lines);
    users(plan, &mut lines);
    groups(plan, &mut lines);
    withheld(plan, &mut lines);
    others(plan, &mut lines);
    totals(plan, &mut lines);
    lines
}

fn head(plan: &Plan, lines: &mut Vec<Line>) {
    let directory = plan.directory();
    lines.push(Line::of(Ink::Heading, format!("Plan {} for {}", plan.id(), plan.organization())));
    let mut told = format!(
        "{}, {} of whom {} get an account, {}",
        counted(directory.entries, "entry", "entries"),
        counted(directory.people, "person", "people"),
        directory.selected,
        counted(directory.groups, "mapped group", "mapped groups"),
    );
    for (count, words) in [
        (directory.services, "without mail and in no mapped group (service accounts)"),
        (directory.departed, "disabled, who count as gone"),
        (directory.kept, "disabled, whose accounts stay as they are"),
    ] {
        if count > 0 {
            let _ = write!(told, ", {count} {words}");
        }
    }
    lines.push(Line::of(Ink::Faint, format!("  directory  {}: {told}", directory.source)));
    let adobe = plan.adobe();
    let read = format!(
        "  adobe      read {}: {} users, {} groups",
        moment(adobe.read_at),
        adobe.users,
        adobe.groups
    );
    lines.push(Line::of(Ink::Faint, read));
}

fn users(plan: &Plan, lines: &mut Vec<Line>) {
    let mut by_target: BTreeMap<&Target, Vec<&Change>> = BTreeMap::new();
    for change in plan.changes() {
        by_target.entry(&change.target).or_default().push(change);
    }
    let groups = by_target.keys().any(|target| matches!(target, Target::Group(_)));
    if groups {
        section("Groups to be made", lines);
        for target in by_target.keys().filter(|target| matches!(target, Target::Group(_))) {
            lines.push(
                Line::of(Ink::Gain, format!("  + {target}"))
                    .and(Ink::Faint, "  mapped, and missing at Adobe"),
            );
        }
    }
    let users: Vec<_> = by_target.iter().filter(|(target, _)| matches!(target, Target::User(_))).collect();
    if !users.is_empty() {
        section("Users", lines);
    }
    for (target, changes) in users {
        lines.push(headline(target, changes));
        for change in changes {
            lines.extend(detail(change));
        }
    }
}

fn headline(target: &Target, changes: &[&Change]) -> Line {
    for change in changes {
        match &change.what {
            What::CreateUser(profile) => {
                let name = [&profile.first_name, &profile.last_name].into_iter().flatten().cloned();
                let said: Vec<String> = [name.collect::<Vec<_>>().join(" ")]
                    .into_iter()
                    .chain(profile.country.clone())
                    .filter(|text| !text.is_empty())
                    .collect();
                return Line::of(Ink::Gain, format!("  + {target}"))
                    .and(Ink::Plain, format!("  new {} account: {}", profile.identity, said.join(", ")));
            }
            What::Leave => {
                return Line::of(Ink::Loss, format!("  x {target}"))
                    .and(Ink::Plain, "  leaves the organization")
                    .and(Ink::Faint, format!("  {}", reason(&change.reason)));
            }
            _ => {}
        }
    }
    Line::of(Ink::Change, format!("  ~ {target}"))
}

fn detail(change: &Change) -> Option<Line> {
    let because = || format!("  {}", reason(&change.reason));
    match &change.what {
        What::CreateGroup | What::CreateUser(_) | What::Leave => None,
        What::Update { .. } => Some(Line::of(Ink::Change, format!("      {}", told(&change.what)))),
        What::Join { group } => {
            Some(Line::of(Ink::Gain, format!("      + {group}")).and(Ink::Faint, because()))
        }
        What::Lose { group } => {
            Some(Line::of(Ink::Loss, format!("      - {group}")).and(Ink::Faint, because()))
        }
    }
}

fn reason(reason: &Reason) -> String {
    match reason {
        Reason::GroupMapped => "mapped, and missing at Adobe".into(),
        Reason::NewPerson => "selected, and without an account".into(),
        Reason::Differs => "differs".into(),
        Reason::Listed { by } => format!("member of {}", by.join(", ")),
        Reason::NotListed => "no directory group gives it".into(),
        Reason::NotSelected => "no longer selected".into(),
        Reason::Absent { since } => format!("not in the directory since {}", moment(*since)),
    }
}

fn groups(plan: &Plan, lines: &mut Vec<Line>) {
    let changing: Vec<&GroupLine> = plan
        .groups()
        .iter()
        .filter(|line| line.gains + line.losses + line.withheld + line.foreign > 0 || line.new)
        .collect();
    if changing.is_empty() {
        return;
    }
    section("Groups", lines);
    let width = changing.iter().map(|line| line.name.spelling().chars().count()).max().unwrap_or_default();
    for GroupLine { name, before, gains, losses, withheld, foreign, new } in changing {
        let after = before + gains - losses;
        let padding = " ".repeat(width - name.spelling().chars().count());
        let mut line = Line::of(
            Ink::Plain,
            format!("  {name}{padding}  {before} → {}", counted(after, "member", "members")),
        );
        if *gains > 0 {
            line = line.and(Ink::Gain, format!("  +{gains}"));
        }
        if *losses > 0 {
            line = line.and(Ink::Loss, format!("  -{losses}"));
        }
        if *new {
            line = line.and(Ink::Gain, "  new");
        }
        if *withheld > 0 {
            line = line.and(Ink::Warning, format!("  {withheld} withheld"));
        }
        if *foreign > 0 {
            line = line.and(Ink::Faint, format!("  {foreign} foreign, who stay"));
        }
        lines.push(line);
    }
}

fn withheld(plan: &Plan, lines: &mut Vec<Line>) {
    if plan.withheld().is_empty() {
        return;
    }
    section(&format!("Withheld: {}", plan.withheld().len()), lines);
    for breach in plan.breaches() {
        let sent = if plan.changes().is_empty() { "" } else { ", the rest is sent" };
        lines.push(Line::of(Ink::Warning, format!("  {breach}; all removals are withheld{sent}")));
        let largest: Vec<String> =
            breach.largest.iter().map(|(name, count)| format!("{name} {count}")).collect();
        lines.push(Line::of(Ink::Faint, format!("      most: {}", largest.join(", "))));
    }
    let held_by = |why: Why| plan.withheld().iter().any(|withheld| withheld.why == why);
    let reasons = [
        (held_by(Why::ShortListing), short_listing(plan)),
        (held_by(Why::TooManySetAside), too_many_set_aside(plan)),
        (
            held_by(Why::NoBaseline),
            "nobody has said yet that this configuration is right for this organization: removals and identity changes wait".to_owned(),
        ),
        (
            held_by(Why::OtherConfiguration),
            "the configuration means something else than when a plan was last approved: removals and identity changes wait".to_owned(),
        ),
    ];
    for (_, text) in reasons.into_iter().filter(|(holds, _)| *holds) {
        lines.push(Line::of(Ink::Warning, format!("  {text}")));
    }
    lines.push(Line::of(Ink::Plain, format!("  if the list below is right: umsync approve {}", plan.id())));
    for Withheld { change, why } in plan.withheld() {
        lines.push(
            Line::of(Ink::Warning, format!("  ! {}", change.target))
                .and(Ink::Plain, format!("  {}", told(&change.what)))
                .and(Ink::Faint, format!("  {}; {why}", reason(&change.reason))),
        );
    }
}

fn short_listing(plan: &Plan) -> String {
    let adobe = plan.adobe();
    let counted = adobe.counted.unwrap_or_default();
    format!(
        "Adobe counts {counted} users and listed {}: creations and removals wait for a listing that is whole",
        adobe.users
    )
}

fn too_many_set_aside(plan: &Plan) -> String {
    let (set_aside, held) = (plan.set_aside().len(), plan.held().len());
    format!(
        "{set_aside} entries set aside and {held} held are more than limits.set_aside allows: removals wait"
    )
}

/// What happens to its target, in a few words.
pub fn told(what: &What) -> String {
    match what {
        What::CreateGroup => "is made".into(),
        What::CreateUser(profile) => format!("gets a new {} account", profile.identity),
        What::Update { field, from, to } => {
            format!("{}: {} → {to}", field.word(), from.as_deref().unwrap_or("(none)"))
        }
        What::Join { group } => format!("joins {group}"),
        What::Lose { group } => format!("loses {group}"),
        What::Leave => "leaves the organization".into(),
    }
}

fn others(plan: &Plan, lines: &mut Vec<Line>) {
    if !plan.held().is_empty() {
        section(&format!("Held, nothing is done: {}", plan.held().len()), lines);
        for held in plan.held() {
            let entry = held.entry.as_ref().map(|dn| format!("  {dn}")).unwrap_or_default();
            lines.push(
                Line::of(Ink::Warning, format!("  ? {}", held.who))
                    .and(Ink::Plain, format!("  {}", held.reason))
                    .and(Ink::Faint, entry),
            );
        }
    }
    if !plan.set_aside().is_empty() {
        section(&format!("Set aside, and protected: {}", plan.set_aside().len()), lines);
        for set_aside in plan.set_aside() {
            lines.push(
                Line::of(Ink::Warning, format!("  ? {}", set_aside.entry))
                    .and(Ink::Plain, format!("  {}", set_aside.reason)),
            );
        }
    }
    if !plan.unreadable_users().is_empty() {
        section(
            &format!("Users at Adobe that cannot be understood: {}", plan.unreadable_users().len()),
            lines,
        );
        for user in plan.unreadable_users() {
            lines.push(
                Line::of(Ink::Warning, format!("  ? {}", user.who))
                    .and(Ink::Plain, format!("  {}", user.reason)),
            );
        }
    }
    if !plan.protected().is_empty() {
        section(&format!("Protected, nothing is done: {}", plan.protected().len()), lines);
        for user in plan.protected() {
            let would: Vec<String> = user.changes.iter().map(told).collect();
            lines.push(
                Line::of(Ink::Plain, format!("  = {}  otherwise {}", user.who, would.join(", ")))
                    .and(Ink::Faint, format!("  {}", user.because)),
            );
        }
    }
    leavers(plan, lines);
}

fn leavers(plan: &Plan, lines: &mut Vec<Line>) {
    let acting: std::collections::BTreeSet<String> = plan
        .changes()
        .iter()
        .chain(plan.withheld().iter().map(|withheld| &withheld.change))
        .filter(|change| matches!(change.reason, Reason::Absent { .. }))
        .map(|change| change.target.to_string())
        .chain(plan.held().iter().map(|held| held.who.clone()))
        .collect();
    let waiting: Vec<_> = plan.leavers().iter().filter(|leaver| !acting.contains(&leaver.who)).collect();
    if waiting.is_empty() {
        return;
    }
    section(&format!("Gone from the directory, untouched: {}", waiting.len()), lines);
    for leaver in waiting {
        let next = match leaver.acts_at {
            Some(at) => format!("nothing is done before {}", moment(at)),
            None => "leavers.action is keep".into(),
        };
        lines.push(
            Line::of(
                Ink::Plain,
                format!("  . {}  not in the directory since {}", leaver.who, moment(leaver.since)),
            )
            .and(Ink::Faint, format!("  {next}")),
        );
    }
}

fn totals(plan: &Plan, lines: &mut Vec<Line>) {
    lines.push(Line::default());
    let totals = Totals::of(plan.changes());
    if plan.changes().is_empty() && plan.withheld().is_empty() {
        lines.push(Line::of(
            Ink::Heading,
            format!("Everything is in step: {}", counted(plan.in_step(), "person", "people")),
        ));
        return;
    }
    let cost = format!(
        "  {} in {}; {} already in step",
        counted(plan.commands().len(), "command", "commands"),
        counted(plan.requests(), "request", "requests"),
        counted(plan.in_step(), "person", "people"),
    );
    lines.push(Line::of(Ink::Heading, format!("To do: {totals}")).and(Ink::Faint, cost));
    if !plan.withheld().is_empty() {
        let held = Totals::of(plan.withheld().iter().map(|withheld| &withheld.change));
        lines.push(Line::of(Ink::Warning, format!("Withheld: {held}")));
    }
}

/// A count with its noun.
pub fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

fn section(title: &str, lines: &mut Vec<Line>) {
    lines.push(Line::default());
    lines.push(Line::of(Ink::Heading, title));
}

fn moment(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M UTC").to_string()
}

/// How many changes met which end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Results {
    /// Carried out.
    pub done: Totals,
    /// Changes of commands that Adobe refused at least in part.
    pub refused: usize,
    /// Changes that were sent and of which no answer tells.
    pub unknown: usize,
    /// Changes that never left.
    pub not_sent: usize,
}

impl Results {
    /// Counts the changes of a plan by the verdicts on their commands.
    pub fn of(plan: &Plan, outcomes: &[Outcome]) -> Self {
        let mut results = Self::default();
        let mut done = Vec::new();
        for Outcome { command, verdict } in outcomes {
            let changes = &plan.commands()[*command].changes;
            match verdict {
                Verdict::Done => done.extend(changes.iter().map(|at| &plan.changes()[*at])),
                Verdict::Refused { .. } => results.refused += changes.len(),
                Verdict::Unknown { .. } => results.unknown += changes.len(),
                Verdict::NotSent { .. } => results.not_sent += changes.len(),
            }
        }
        results.done = Totals::of(done);
        results
    }

    /// Whether every change was carried out.
    pub fn all_done(&self) -> bool {
        let Self { done: _, refused, unknown, not_sent } = self;
        refused + unknown + not_sent == 0
    }
}

/// Tells whether the commands were carried out or only tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sent {
    /// For real.
    Executed,
    /// With `testOnly=true`.
    Tested,
}

/// Changes of a kept plan that do not hold any more.
pub fn of_stale(stale: &[Change]) -> Vec<Line> {
    let mut lines = Vec::new();
    if stale.is_empty() {
        return lines;
    }
    section(&format!("Stale, not sent: {}", stale.len()), &mut lines);
    for change in stale {
        lines.push(
            Line::of(Ink::Warning, format!("  ! {}", change.target))
                .and(Ink::Plain, format!("  {}", told(&change.what)))
                .and(
                    Ink::Faint,
                    "  the account, the value to be replaced or the person is not what the plan expects",
                ),
        );
    }
    lines
}

/// What became of a plan: every command that did not end well, and the totals.
pub fn of_outcomes(plan: &Plan, outcomes: &[Outcome], sent: Sent) -> Vec<Line> {
    let mut lines = Vec::new();
    let failed: Vec<&Outcome> = outcomes.iter().filter(|outcome| outcome.verdict != Verdict::Done).collect();
    if !failed.is_empty() {
        section(&format!("Not done: {}", failed.len()), &mut lines);
    }
    for Outcome { command, verdict } in failed {
        let target = &plan.commands()[*command].target;
        let (ink, said) = match verdict {
            Verdict::Done => continue,
            Verdict::Refused { errors } => {
                let errors: Vec<String> =
                    errors.iter().map(|error| format!("{} ({})", error.message, error.code)).collect();
                (Ink::Loss, format!("refused by Adobe: {}", errors.join("; ")))
            }
            Verdict::Unknown { why } => {
                (Ink::Warning, format!("outcome unknown, the next run settles it: {why}"))
            }
            Verdict::NotSent { why } => (Ink::Warning, format!("not sent: {why}")),
        };
        lines.push(Line::of(ink, format!("  ! {target}")).and(Ink::Plain, format!("  {said}")));
    }
    lines.push(Line::default());
    let Results { done, refused, unknown, not_sent } = Results::of(plan, outcomes);
    let verb = match sent {
        Sent::Executed => "Done",
        Sent::Tested => "Tested, nothing was changed",
    };
    lines.push(Line::of(Ink::Heading, format!("{verb}: {done}")));
    for (count, words) in [(refused, "refused"), (unknown, "with unknown outcome"), (not_sent, "not sent")] {
        if count > 0 {
            lines.push(Line::of(Ink::Warning, format!("{} {words}", counted(count, "change", "changes"))));
        }
    }
    lines
}
