//! A whole plan: what changes and why, what does not and why, and the totals.

use super::certificate::first;
use super::{Ink, Line, Totals, certificate, counted, moment, section, told};
use crate::change::{Change, Profile, ProfileTexts, Reason, Target, What};
use crate::codes::meaning;
use crate::diff::{Leaver, Returned};
use crate::memory::Order;
use crate::pack::Cost;
use crate::park::Parked;
use crate::plan::{Abandoned, Certified, GroupLine, Plan};
use crate::shared::Shared;
use crate::unread::Unread;
use crate::withhold::{Why, Withheld};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// The whole plan: what changes and why per user and per group, what does not and why, and the totals.
pub fn of_plan(plan: &Plan) -> Vec<Line> {
    let mut lines = Vec::new();
    head(plan, &mut lines);
    users(plan, &mut lines);
    groups(plan, &mut lines);
    quotas(plan, &mut lines);
    abandoned(plan, &mut lines);
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
        (directory.departed, "whose entries say that they have left"),
        (directory.kept, "disabled, whose accounts stay as they are"),
        (directory.filtered, "out of scope (people.filter)"),
        (plan.not_made(), not_made(plan)),
    ] {
        if count > 0 {
            let _ = write!(told, ", {count} {words}");
        }
    }
    match plan.certificates() {
        [only] if plan.unread().is_empty() && only.directory.is_only() => {
            lines.push(Line::of(Ink::Faint, format!("  directory  {}: {told}", directory.source)));
            lines.extend(certificate::lines(&only.certificate));
        }
        several => {
            for Certified { directory, certificate } in several {
                let (entries, groups) = (certificate.entries, certificate.groups);
                let found = format!(
                    "{}, {}",
                    counted(entries, "entry", "entries"),
                    counted(groups, "mapped group", "mapped groups")
                );
                let text = format!("  directory  {directory}, {}: {found}", certificate.source);
                lines.push(Line::of(Ink::Faint, text));
                lines.extend(certificate::lines(certificate));
            }
            lines.push(Line::of(Ink::Faint, format!("  together   {told}")));
            unread(plan, lines);
        }
    }
    lines.push(Line::of(Ink::Faint, adobe_of(plan)));
}

/// To whom `people.create` gives no account.
fn not_made(plan: &Plan) -> &'static str {
    match plan.is_push() {
        true => "who are not sent (people.create)",
        false => "without an account, who get none (people.create)",
    }
}

/// What was read of Adobe's side.
fn adobe_of(plan: &Plan) -> String {
    let Some(adobe) = plan.adobe() else {
        return "  adobe      not listed (strategy: push): whoever has no account gets one, and the others keep theirs; who is which, nobody knows beforehand".to_owned();
    };
    let minutes = (plan.made_at() - adobe.read_at).num_minutes();
    let age = match usize::try_from(minutes) {
        Ok(minutes @ 1..) => format!(", {} before this plan", counted(minutes, "minute", "minutes")),
        _ => String::new(),
    };
    let (users, groups) = (counted(adobe.users, "user", "users"), counted(adobe.groups, "group", "groups"));
    let read = format!("  adobe      read {}{age}: {users}, {groups}", moment(adobe.read_at));
    let unlisted = adobe
        .counted
        .unwrap_or_default()
        .saturating_sub((adobe.users + plan.unreadable_users().len()) as u64);
    let beside = match unlisted {
        0 => String::new(),
        1 => "; it counts 1 user more than it lists".to_owned(),
        more => format!("; it counts {more} users more than it lists"),
    };
    read + &beside
}

/// The directories that could not be read, and what that means.
fn unread(plan: &Plan, lines: &mut Vec<Line>) {
    for Unread { directory, why, people, waiting } in plan.unread() {
        let mut reasons = why.lines();
        let first = reasons.next().unwrap_or_default();
        lines.push(Line::of(Ink::Warning, format!("  not read   {directory}: {first}")));
        lines.extend(reasons.map(|line| Line::of(Ink::Warning, format!("             {}", line.trim()))));
        let given = counted(*people, "account", "accounts");
        let held = counted(*waiting, "change waits", "changes wait");
        let means = match plan.is_push() {
            true => "whoever it gave too waits, and whom no other has is not sent".to_owned(),
            false => format!("nobody loses what it gave ({given}) or may give, and nobody counts as gone"),
        };
        let text = format!("             {means}: {held} for it");
        lines.push(Line::of(Ink::Warning, text));
    }
    if plan.unknown() > 0 {
        let users = counted(plan.unknown(), "user is", "users are");
        let text = format!("             {users} in no directory that was read, and may be in that one");
        lines.push(Line::of(Ink::Warning, text));
    }
}

fn users(plan: &Plan, lines: &mut Vec<Line>) {
    let mut by_target: BTreeMap<&Target, Vec<&Change>> = BTreeMap::new();
    for change in plan.changes() {
        by_target.entry(&change.target).or_default().push(change);
    }
    let groups = by_target.keys().any(|target| matches!(target, Target::Group(_)));
    if groups {
        let unless = if plan.is_push() { ", unless they are there" } else { "" };
        section(&format!("Groups to be made{unless}"), lines);
        for target in by_target.keys().filter(|target| matches!(target, Target::Group(_))) {
            let why = by_target[*target].first().map(|change| reason(&change.reason)).unwrap_or_default();
            lines.push(Line::of(Ink::Gain, format!("  + {target}")).and(Ink::Faint, format!("  {why}")));
            lines.extend(by_target[*target].iter().filter_map(|change| detail(change)));
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
                let said = format!("  new {} account: {}", profile.identity, made_of(profile));
                return Line::of(Ink::Gain, format!("  + {target}")).and(Ink::Plain, said);
            }
            What::PushUser { profile, names: _ } => {
                let said = format!("  {}: {}", told(&change.what), made_of(profile));
                return Line::of(Ink::Change, format!("  > {target}")).and(Ink::Plain, said);
            }
            What::Leave | What::Delete => {
                return Line::of(Ink::Loss, format!("  x {target}"))
                    .and(Ink::Plain, format!("  {}", told(&change.what)))
                    .and(Ink::Faint, format!("  {}", reason(&change.reason)));
            }
            _ => {}
        }
    }
    Line::of(Ink::Change, format!("  ~ {target}"))
}

/// What an account is made of, for people.
fn made_of(profile: &Profile) -> String {
    let ProfileTexts { email: _, first_name, last_name, country } = profile.texts();
    let name = first_name.into_iter().chain(last_name);
    let said = [name.collect::<Vec<_>>().join(" ")].into_iter().chain(country.map(str::to_owned));
    said.filter(|text| !text.is_empty()).collect::<Vec<_>>().join(", ")
}

fn detail(change: &Change) -> Option<Line> {
    let because = || format!("  {}", reason(&change.reason));
    match &change.what {
        What::CreateGroup | What::CreateUser(_) | What::PushUser { .. } | What::Leave | What::Delete => None,
        What::Describe(_) | What::Attach { .. } => {
            Some(Line::of(Ink::Gain, format!("      {}", told(&change.what))))
        }
        What::Update(_) => Some(Line::of(Ink::Change, format!("      {}", told(&change.what)))),
        What::Join { group } => {
            Some(Line::of(Ink::Gain, format!("      + {group}")).and(Ink::Faint, because()))
        }
        What::Lose { group } => {
            Some(Line::of(Ink::Loss, format!("      - {group}")).and(Ink::Faint, because()))
        }
    }
}

/// Why a change is wanted, in a few words.
pub fn reason(reason: &Reason) -> String {
    match reason {
        Reason::GroupMapped => "mapped, and missing at Adobe".into(),
        Reason::NewPerson => "selected, and without an account".into(),
        Reason::Pushed => "sent as the directory has it, whatever Adobe holds".into(),
        Reason::Differs => "differs".into(),
        Reason::Listed { by } => format!("member of {}", by.join(", ")),
        Reason::NotListed => "no directory group gives it".into(),
        Reason::NotSelected => "no longer selected".into(),
        Reason::Absent { since } => format!("not in the directory since {}", moment(*since)),
        Reason::Departed { evidence } => evidence.to_string(),
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
    for GroupLine {
        name,
        before,
        gains,
        losses,
        withheld,
        foreign,
        new,
        counted: _,
        quota: _,
        user_group: _,
    } in changing
    {
        let padding = " ".repeat(width - name.spelling().chars().count());
        let members = match before {
            Some(before) => format!("{before} → {}", counted(before + gains - losses, "member", "members")),
            None => "members not listed".to_owned(),
        };
        let mut line = Line::of(Ink::Plain, format!("  {name}{padding}  {members}"));
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

/// Profiles whose licences are used up after this plan: Adobe says nothing about it.
fn quotas(plan: &Plan, lines: &mut Vec<Line>) {
    let full = plan.groups().iter().filter_map(|line| Some((line, line.reached_quota()?)));
    for (line, quota) in full {
        let (licences, members) = (counted(quota as usize, "licence", "licences"), line.after());
        lines.push(Line::of(
            Ink::Warning,
            format!(
                "{} has {licences} and {members} of them are taken after this plan: Adobe adds whoever comes beyond that as inactive, without an error",
                line.name
            ),
        ));
    }
}

/// What earlier configurations filled and this one leaves alone.
fn abandoned(plan: &Plan, lines: &mut Vec<Line>) {
    for Abandoned { group, members, given } in plan.abandoned() {
        let members = counted(*members, "member", "members");
        let text = format!(
            "No mapping names {group} any more: it keeps its {members}, and umsync gave it {given} of its memberships. To empty it, map a directory group without members to it; umsync takes nobody out of what is not mapped"
        );
        lines.push(Line::of(Ink::Warning, text));
    }
}

fn withheld(plan: &Plan, lines: &mut Vec<Line>) {
    if plan.withheld().is_empty() {
        if plan.doubts().too_many_set_aside {
            section("Too many doubts", lines);
            lines.push(Line::of(Ink::Warning, format!("  {}", too_many_set_aside(plan))));
        }
        if plan.doubts().short_listing {
            section("A short listing", lines);
            lines.push(Line::of(Ink::Warning, format!("  {}", short_listing(plan))));
        }
        if plan.doubts().fall {
            section("Far fewer people than usual", lines);
            lines.extend(falls(plan));
        }
        return;
    }
    section(&format!("Withheld: {}", plan.withheld().len()), lines);
    for breach in plan.breaches() {
        let sent = if plan.changes().is_empty() { "" } else { ", the rest is sent" };
        let held = if plan.is_push() { "nobody is sent" } else { "all removals are withheld" };
        let sent = if plan.is_push() { "" } else { sent };
        lines.push(Line::of(Ink::Warning, format!("  {breach}; {held}{sent}")));
        let largest: Vec<String> =
            breach.largest.iter().map(|(name, count)| format!("{name} {count}")).collect();
        lines.push(Line::of(Ink::Faint, format!("      most: {}", largest.join(", "))));
        if !breach.places.is_empty() {
            let places: Vec<String> =
                breach.places.iter().map(|(place, count)| format!("{place} {count}")).collect();
            lines.push(Line::of(Ink::Faint, format!("      from: {}", places.join("; "))));
        }
    }
    let waits = match plan.is_push() {
        true => "nobody is sent",
        false => "removals and identity changes wait",
    };
    let held_by = |why: Why| plan.withheld().iter().any(|withheld| withheld.why == why);
    let reasons = [
        (held_by(Why::ShortListing), short_listing(plan)),
        (held_by(Why::Unlisted), unlisted(plan)),
        (held_by(Why::TooManySetAside), too_many_set_aside(plan)),
        (
            held_by(Why::NoBaseline),
            format!("nobody has said yet that this configuration is right for this organization: {waits}"),
        ),
        (
            held_by(Why::OtherConfiguration),
            format!("the configuration means something else than when a plan was last approved: {waits}"),
        ),
    ];
    for (_, text) in reasons.into_iter().filter(|(holds, _)| *holds) {
        lines.push(Line::of(Ink::Warning, format!("  {text}")));
    }
    lines.extend(falls(plan));
    for (group, names) in plan.freezing() {
        let members = counted(names.len(), "member", "members");
        let text =
            format!("{group} lists {members} nobody can read ({}): nobody loses what it gives", first(names));
        lines.push(Line::of(Ink::Warning, format!("  {text}")));
    }
    let all_are = |why: &[Why]| plan.withheld().iter().all(|withheld| why.contains(&withheld.why));
    if held_by(Why::Unread) {
        let text = "  what a directory holds back that could not be read waits until it is read: no approval lifts it";
        lines.push(Line::of(Ink::Warning, text));
    }
    if !all_are(&[Why::Unread]) {
        let approve = format!("  if the list below is right: umsync approve {}", plan.id());
        let try_again = format!("  to try them again all the same: umsync approve {}", plan.id());
        let only_parked = all_are(&[Why::Parked, Why::Unread]);
        lines.push(Line::of(Ink::Plain, if only_parked { try_again } else { approve }));
    }
    for Withheld { change, why } in plan.withheld() {
        lines.push(
            Line::of(Ink::Warning, format!("  ! {}", change.target))
                .and(Ink::Plain, format!("  {}", told(&change.what)))
                .and(Ink::Faint, format!("  {}; {why}", reason(&change.reason))),
        );
        lines.extend(refusals(change, *why, plan));
    }
}

fn falls(plan: &Plan) -> impl Iterator<Item = Line> {
    plan.falls().iter().map(|fall| Line::of(Ink::Warning, format!("  {fall}; all removals wait")))
}

/// What Adobe has said about a parked change, and what can be done about it.
fn refusals(change: &Change, why: Why, plan: &Plan) -> Option<Line> {
    if why != Why::Parked {
        return None;
    }
    let fingerprint = change.fingerprint();
    let Parked { who: _, change: _, runs, code, message } =
        plan.parked().iter().find(|parked| parked.change == fingerprint)?;
    Some(
        Line::of(Ink::Plain, format!("      refused in {runs} runs in a row: {message} ({code})"))
            .and(Ink::Faint, format!("  {}", meaning(code).remedy)),
    )
}

fn short_listing(plan: &Plan) -> String {
    let Some(adobe) = plan.adobe() else { return String::new() };
    let counted = adobe.counted.unwrap_or_default();
    format!(
        "Adobe counts {counted} users and listed {}{}: {} for a listing that is whole{}",
        adobe.users,
        known_surplus(plan),
        if plan.doubts().far_short_listing { "creations and removals wait" } else { "removals wait" },
        accepting(plan)
    )
}

/// Some people are to be created, and may be at Adobe already.
fn unlisted(plan: &Plan) -> String {
    let Some(adobe) = plan.adobe() else { return String::new() };
    let told = match adobe.counted {
        Some(counted) => {
            format!("Adobe counts {counted} users and listed {}{}", adobe.users, known_surplus(plan))
        }
        None => "Adobe listed its users and gave no count of them".to_owned(),
    };
    format!(
        "{told}, so whoever is to be created may be there already: {} looked for one by one, the others wait for a listing that is whole{}",
        match adobe.looked_for {
            1 => "1 was".to_owned(),
            many => format!("{many} were"),
        },
        accepting(plan)
    )
}

fn known_surplus(plan: &Plan) -> String {
    match plan.adobe().map_or(0, |adobe| adobe.surplus) {
        0 => String::new(),
        surplus => format!(" (and {surplus} that are never listed, as was approved)"),
    }
}

/// What approving means beside the changes.
fn accepting(plan: &Plan) -> String {
    match plan.surplus() {
        Some(surplus) => format!(
            ", or for somebody who knows that {} there and never listed (technical accounts) and approves",
            match surplus {
                1 => "1 account is".to_owned(),
                many => format!("{many} accounts are"),
            }
        ),
        None => String::new(),
    }
}

fn too_many_set_aside(plan: &Plan) -> String {
    let (set_aside, held) = (plan.set_aside().len(), plan.held().len());
    let waits = if plan.is_push() { "" } else { ": removals wait" };
    format!("{set_aside} entries set aside and {held} held are more than limits.set_aside allows{waits}")
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
    shared(plan, lines);
    leavers(plan, lines);
    returned(plan, lines);
}

/// So many people whom several directories give are named: where one is a copy of another, everybody is in both.
const NAMED: usize = 10;

/// People whom several directories give.
fn shared(plan: &Plan, lines: &mut Vec<Line>) {
    if plan.shared().is_empty() {
        return;
    }
    section(&format!("In several directories, which agree: {}", plan.shared().len()), lines);
    for Shared { who, entries } in plan.shared().iter().take(NAMED) {
        let line = Line::of(Ink::Plain, format!("  = {who}"));
        lines.push(line.and(Ink::Faint, format!("  {}", entries.join(" and "))));
    }
    if let Some(more @ 1..) = plan.shared().len().checked_sub(NAMED) {
        lines.push(Line::of(Ink::Faint, format!("  and {more} more")));
    }
}

fn leavers(plan: &Plan, lines: &mut Vec<Line>) {
    let acting: BTreeSet<String> = plan
        .changes()
        .iter()
        .chain(plan.withheld().iter().map(|withheld| &withheld.change))
        .filter(|change| matches!(change.reason, Reason::Absent { .. } | Reason::Departed { .. }))
        .map(|change| change.target.to_string())
        .chain(plan.held().iter().map(|held| held.who.clone()))
        .collect();
    let waiting: Vec<_> = plan.leavers().iter().filter(|leaver| !acting.contains(&leaver.who)).collect();
    if waiting.is_empty() {
        return;
    }
    section(&format!("Gone from the directory, untouched: {}", waiting.len()), lines);
    for leaver in waiting {
        let why = match &leaver.evidence {
            Some(evidence) => format!("{evidence}, gone since {}", moment(leaver.since)),
            None => format!("not in the directory since {}", moment(leaver.since)),
        };
        lines.push(
            Line::of(Ink::Plain, format!("  . {}  {why}", leaver.who))
                .and(Ink::Faint, format!("  {}", next_step(leaver, plan))),
        );
    }
}

/// What becomes of a leaver about whom this plan does nothing, and when.
fn next_step(leaver: &Leaver, plan: &Plan) -> String {
    match (leaver.order, leaver.acts_at) {
        (_, None) => "leavers.action is keep".into(),
        (Some(Order::Hold { until: None }), _) => "held by an administrator, until released".into(),
        (Some(Order::Hold { until: Some(until) }), _) => {
            format!("held by an administrator until {}", moment(until))
        }
        (_, Some(at)) if at <= plan.made_at() => {
            format!(
                "nothing is done before they are absent once more (read {} of leavers.reads)",
                leaver.reads
            )
        }
        (_, Some(at)) => format!("nothing is done before {}", moment(at)),
    }
}

/// People who are back, and what nobody gives back to them.
fn returned(plan: &Plan, lines: &mut Vec<Line>) {
    if plan.returned().is_empty() {
        return;
    }
    section(&format!("Back after they had left: {}", plan.returned().len()), lines);
    for Returned { who, left_at, groups } in plan.returned() {
        lines.push(
            Line::of(Ink::Warning, format!("  ? {who}"))
                .and(
                    Ink::Plain,
                    format!(
                        "  left {}; outside the mapping they had {}",
                        moment(*left_at),
                        groups.join(", ")
                    ),
                )
                .and(Ink::Faint, "  give back by hand what they need"),
        );
    }
}

/// What sending it takes.
fn cost(plan: &Plan) -> String {
    let Cost { requests, at_least, per_user, pages, seconds } = plan.cost();
    let commands = counted(plan.commands().len(), "command", "commands");
    let beside = match per_user == requests {
        true => String::new(),
        false => format!(", {per_user} with a command for each user"),
    };
    let read = match pages {
        0 => String::new(),
        pages => format!(" and {} read back", counted(pages as usize, "page of members", "pages of members")),
    };
    let requests = counted(requests, "request", "requests");
    format!("{commands} in {requests}{read} (at least {at_least}{beside}), about {}", time(seconds))
}

/// Seconds, for people.
fn time(seconds: u64) -> String {
    match seconds {
        ..=119 => format!("{seconds} s"),
        120..=7_199 => format!("{} min", seconds.div_ceil(60)),
        _ => format!("{:.1} h", seconds as f64 / 3_600.0),
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
    // Who is in step, a push does not know.
    let in_step =
        (!plan.is_push()).then(|| format!("{} already in step", counted(plan.in_step(), "person", "people")));
    let cost = (!plan.commands().is_empty()).then(|| cost(plan));
    let beside: Vec<String> = cost.into_iter().chain(in_step).collect();
    let beside = if beside.is_empty() { String::new() } else { format!("  {}", beside.join("; ")) };
    lines.push(Line::of(Ink::Heading, format!("To do: {totals}")).and(Ink::Faint, beside));
    if !plan.withheld().is_empty() {
        let held = Totals::of(plan.withheld().iter().map(|withheld| &withheld.change));
        lines.push(Line::of(Ink::Warning, format!("Withheld: {held}")));
    }
}
