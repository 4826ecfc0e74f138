//! Why somebody has, lacks, gains or loses what: from the entry to the command, in steps.
//!
//! It decides nothing. It looks at the same sides and at the plan made of them, and tells what was decided about one person.

mod account;
mod otherwise;
mod source;
mod subject;
mod todo;
mod why_not;

pub use subject::WhoError;

use crate::adobe::Snapshot;
use crate::desired::Desired;
use crate::directories::Directories;
use crate::key::GroupName;
use crate::matching::matching;
use crate::memory::Memory;
use crate::people::People;
use crate::plan::Plan;
use crate::report::{Ink, Line};
use crate::rules::Rules;
use chrono::{DateTime, Utc};
use serde::Serialize;
use subject::Subject;

/// Both sides, the rules, and the plan that was made of them.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// The directory side.
    pub directories: &'a Directories,
    /// The people whom the rules make of it.
    pub people: &'a People,
    /// Adobe's side.
    pub adobe: &'a Snapshot,
    /// What the configuration means.
    pub rules: &'a Rules,
    /// What earlier runs remember.
    pub memory: &'a Memory,
    /// What was decided about everybody.
    pub plan: &'a Plan,
    /// When.
    pub now: DateTime<Utc>,
}

/// What was decided about somebody, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// Who: their email, or what else names them.
    pub who: String,
    /// In one sentence.
    pub in_short: String,
    /// From the entry to the command.
    pub steps: Vec<Step>,
    /// What would make it otherwise.
    pub otherwise: Vec<String>,
}

/// One step of an explanation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// What it is about.
    pub about: &'static str,
    /// What is so.
    pub said: Vec<String>,
}

impl Step {
    fn new(about: &'static str, said: impl IntoIterator<Item = String>) -> Self {
        Self { about, said: said.into_iter().collect() }
    }
}

/// What the case says of one person, before it is told.
struct Look<'a> {
    case: Case<'a>,
    subject: Subject<'a>,
}

/// Explains what was decided about somebody: an email, a username, a DN, an anchor or an id at Adobe. With `why_not`,
/// also why they are not in that group.
pub fn explain(case: Case<'_>, who: &str, why_not: Option<&GroupName>) -> Result<Explanation, WhoError> {
    let desired = Desired::of(case.people, case.memory);
    let matching =
        matching(&desired, case.adobe, case.memory, case.rules.people.adobe_id_twin, case.now, |_, _| false);
    let subject = Subject::find(case, &desired, &matching, who)?;
    let look = Look { case, subject };
    let mut steps = vec![look.entry()];
    steps.extend(look.selection());
    steps.extend(look.attributes());
    steps.extend(look.groups());
    steps.push(look.account());
    steps.push(look.changes());
    steps.extend(look.withheld());
    steps.extend(why_not.map(|group| look.why_not(group)));
    Ok(Explanation {
        who: look.subject.name.clone(),
        in_short: look.in_short(),
        steps,
        otherwise: look.otherwise(),
    })
}

impl Explanation {
    /// For people.
    pub fn lines(&self) -> Vec<Line> {
        let Self { who, in_short, steps, otherwise } = self;
        let mut lines = vec![Line::of(Ink::Heading, who.as_str()).and(Ink::Plain, format!("  {in_short}"))];
        lines.push(Line::default());
        for (number, Step { about, said }) in steps.iter().enumerate() {
            let mut said = said.iter();
            let first = said.next().map(String::as_str).unwrap_or_default();
            let head = format!("{}. {about}  ", number + 1);
            let indent = " ".repeat(4);
            lines.push(Line::of(Ink::Heading, head).and(Ink::Plain, first));
            lines.extend(said.map(|text| Line::of(Ink::Plain, format!("{indent}{text}"))));
        }
        if !otherwise.is_empty() {
            lines.push(Line::default());
            lines.push(Line::of(Ink::Heading, "What would make it otherwise"));
            lines.extend(otherwise.iter().map(|text| Line::of(Ink::Plain, format!("  {text}"))));
        }
        lines
    }
}
