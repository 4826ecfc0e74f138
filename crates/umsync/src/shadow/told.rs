//! A comparison in lines.

use super::Shadow;
use super::compare::{Difference, Side};
use umsync_engine::report::{Ink, Line, counted};

pub(super) fn lines(shadow: &Shadow<'_>) -> Vec<Line> {
    let Shadow { run, plan, adobe_read_at, comparison, notes } = shadow;
    let last = if run.runs > 1 { format!(", the last of {}", run.runs) } else { String::new() };
    let options = run.options.as_ref().map(|options| format!(", started with {options}")).unwrap_or_default();
    let mut lines = vec![
        line(format!("User Sync Tool  test run of {} (line {}{last}){options}", run.at, run.line)),
        line(format!(
            "umsync          plan {plan}, Adobe as listed {}",
            adobe_read_at.format("%Y-%m-%d %H:%M UTC")
        )),
        Line::default(),
        line(format!(
            "agree           {} with {}",
            counted(comparison.users_that_agree, "user", "users"),
            counted(comparison.changes_that_agree, "change", "changes")
        )),
    ];
    lines.push(match comparison.changes_that_differ {
        0 => line("differ          nothing".to_owned()),
        count => line(format!(
            "differ          {} with {}, {} not explained",
            counted(comparison.users_that_differ, "user", "users"),
            counted(count, "change", "changes"),
            if comparison.not_explained == 0 {
                "none".to_owned()
            } else {
                comparison.not_explained.to_string()
            }
        )),
    });
    for (title, ink, is_explained) in
        [("Not explained", Ink::Warning, false), ("Explained", Ink::Heading, true)]
    {
        let mut differences =
            comparison.differences.iter().filter(|it| it.rule.is_some() == is_explained).peekable();
        if differences.peek().is_none() {
            continue;
        }
        lines.extend([Line::default(), Line::one(ink, title)]);
        let mut who = "";
        for difference in differences {
            if difference.who != who {
                who = &difference.who;
                lines.push(Line::one(Ink::Plain, format!("  {who}")));
            }
            lines.extend(of_difference(difference));
        }
    }
    if !notes.is_empty() {
        lines.push(Line::default());
        lines.extend(notes.iter().map(|note| Line::one(Ink::Faint, format!("note: {note}"))));
    }
    lines
}

fn of_difference(difference: &Difference) -> [Line; 2] {
    let Difference { who: _, side, what, rule, because, line } = difference;
    let side = match side {
        Side::OnlyUst => "only the User Sync Tool",
        Side::OnlyUmsync => "only umsync",
        Side::Both => "both, but otherwise",
    };
    let rule = rule.as_ref().map(|rule| format!("{rule}: ")).unwrap_or_default();
    let line = line.map(|line| format!(" (line {line})")).unwrap_or_default();
    [
        Line::one(Ink::Change, format!("    {side}: {}", what.join(", "))),
        Line::one(Ink::Faint, format!("      {rule}{because}{line}")),
    ]
}

fn line(text: String) -> Line {
    Line::one(Ink::Plain, text)
}
