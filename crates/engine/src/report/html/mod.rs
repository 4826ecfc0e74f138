//! A plan as one page that a manager can read: no script, nothing from elsewhere, usable at ten thousand changes.

mod page;
mod people;
mod tables;

use super::{Totals, certificate, counted, moment};
use crate::plan::Plan;
use page::{Page, escape};

/// The plan as one self-contained HTML file. Every name in it is escaped. `dangers`: what everybody should know who goes by
/// what was read.
pub fn of_plan(plan: &Plan, dangers: &[String]) -> String {
    let mut page = Page::new(&format!("umsync plan {} for {}", plan.id(), plan.organization()));
    head(plan, &mut page);
    for danger in dangers {
        page.warning(&format!("Danger: {danger}"));
    }
    tables::withheld(plan, &mut page);
    people::changes(plan, &mut page);
    tables::groups(plan, &mut page);
    tables::licences(plan, &mut page);
    people::others(plan, &mut page);
    read(plan, &mut page);
    page.end()
}

/// What happens, in a sentence and in figures.
fn head(plan: &Plan, page: &mut Page) {
    let totals = Totals::of(plan.changes());
    page.raw(&format!(
        "<header><p class=over>Plan {} for {}</p>",
        escape(plan.id()),
        escape(plan.organization())
    ));
    let sentence = match (plan.changes().is_empty(), plan.withheld().len()) {
        (true, 0) => "Everything is in step: nothing would change.".to_owned(),
        (true, held) => format!("Nothing would change now: {} held back.", are(held)),
        (false, 0) => format!("{totals}: this is what the next run does."),
        (false, held) => format!("{totals}: this is what the next run does; {} held back.", are(held)),
    };
    page.raw(&format!("<h1>{}</h1>", escape(&sentence)));
    let cost = plan.cost();
    let minutes = cost.seconds.div_ceil(60);
    let takes = match plan.commands().len() {
        0 => String::new(),
        commands => format!(
            ", {} in {} to Adobe, about {}",
            counted(commands, "command", "commands"),
            counted(cost.requests, "request", "requests"),
            counted(minutes as usize, "minute", "minutes")
        ),
    };
    page.paragraph(&format!("Made {}{takes}. Nothing is done before the run.", moment(plan.made_at())));
    page.raw("</header><section class=tiles>");
    let Totals { groups_created, groups_pushed, created, pushed, updated, joined, lost, left, deleted } =
        totals;
    let held = (plan.withheld().len(), "changes held back", "held");
    let tiles = match plan.is_push() {
        true => vec![
            (pushed, "accounts created or updated", "change"),
            (joined, "memberships given", "gain"),
            (groups_pushed, "groups made or there already", "gain"),
            held,
        ],
        false => vec![
            (created, "accounts created", "gain"),
            (updated, "accounts updated", "change"),
            (joined, "memberships given", "gain"),
            (lost, "memberships taken", "loss"),
            (left, "users leaving", "loss"),
            (deleted, "accounts deleted with files", "loss"),
            (groups_created, "groups made", "gain"),
            held,
            (plan.in_step(), "people already in step", "calm"),
        ],
    };
    for (count, name, kind) in tiles {
        let kind = if count == 0 { "none" } else { kind };
        page.raw(&format!("<div class=\"tile {kind}\"><b>{}</b><span>{name}</span></div>", grouped(count)));
    }
    page.raw("</section>");
}

fn are(count: usize) -> String {
    format!("{} {}", counted(count, "change", "changes"), if count == 1 { "is" } else { "are" })
}

/// A number with its thousands apart.
fn grouped(count: usize) -> String {
    let digits = count.to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push('\u{202f}');
        }
        grouped.push(digit);
    }
    grouped
}

/// What both sides were read from.
fn read(plan: &Plan, page: &mut Page) {
    page.section("What this rests on");
    let mut rows = Vec::new();
    for certified in plan.certificates() {
        let certificate = &certified.certificate;
        rows.push([
            certified.directory.says(&certificate.source),
            format!(
                "read whole: {}, {}",
                counted(certificate.entries, "entry", "entries"),
                counted(certificate.groups, "mapped group", "mapped groups")
            ),
        ]);
        for line in certificate::lines(certificate) {
            let line = line.to_string();
            // What it is about stands in ten columns before it.
            let (what, told) = line.trim().split_at_checked(10).unwrap_or((line.trim(), ""));
            rows.push([certified.directory.says(what.trim()), told.trim().to_owned()]);
        }
    }
    for unread in plan.unread() {
        let why = unread.why.lines().next().unwrap_or_default();
        rows.push([unread.directory.to_string(), format!("could not be read: {why}")]);
    }
    let read = match plan.adobe() {
        Some(adobe) => format!(
            "{} and {}, listed {}",
            counted(adobe.users, "user", "users"),
            counted(adobe.groups, "group", "groups"),
            moment(adobe.read_at)
        ),
        None => "not listed (strategy: push): which accounts are made and which are there, nobody knows beforehand".to_owned(),
    };
    rows.push(["Adobe".to_owned(), read]);
    rows.push(["Configuration".to_owned(), plan.configuration().to_owned()]);
    page.table(&["source", "what was read"], rows);
}
