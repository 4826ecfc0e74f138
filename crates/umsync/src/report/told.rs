//! A run as people and spreadsheets read it: every change with what became of it.

use crate::failure::{Failure, meaning};
use crate::resume::verdict;
use chrono::{DateTime, SecondsFormat, Utc};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use umsync_engine::change::{Change, Profile, ProfileTexts, Target, Update, What};
use umsync_engine::command::{Command, Outcome, StepError, Verdict};
use umsync_engine::limits::Breach;
use umsync_engine::matching::Held;
use umsync_engine::report::{Ink, Line, Span, Totals, counted, of_codes, reason, refusal, told};
use umsync_engine::set_aside::SetAside;
use umsync_engine::withhold::{Why, Withheld};
use umsync_store::{Row, Run};

/// The parts of a stored report that people read.
#[derive(Debug, Default, Deserialize)]
struct Stored {
    plan: Option<Planned>,
    #[serde(default)]
    stale: Option<Vec<Change>>,
    outcomes: Option<Vec<Outcome>>,
}

#[derive(Debug, Deserialize)]
struct Planned {
    id: String,
    changes: Vec<Change>,
    commands: Vec<Command>,
    withheld: Vec<Withheld>,
    breaches: Vec<Breach>,
    held: Vec<Held>,
    set_aside: Vec<SetAside>,
}

/// A run, ready to be told.
pub(super) struct Told {
    run: Run,
    plan: Option<String>,
    fates: Vec<Fate>,
    /// By target, what Adobe refused of commands that count as done.
    notes: Vec<(String, Vec<StepError>)>,
    breaches: Vec<Breach>,
    held: Vec<Held>,
    set_aside: Vec<SetAside>,
}

/// One change and what became of it.
struct Fate {
    change: Change,
    sent_at: Option<DateTime<Utc>>,
    end: End,
}

/// What became of a change.
#[derive(Debug, Clone, PartialEq)]
enum End {
    /// It was only planned.
    Planned,
    /// Adobe would have done it.
    Tested,
    Done,
    Refused(Vec<StepError>),
    Unknown(String),
    NotSent(String),
    Stale,
    Withheld(Why),
}

impl Told {
    /// From a run, its report and its journal, of which either may be missing.
    pub(super) fn of(run: Run, report: Option<&Value>, journal: Vec<Row>) -> Result<Self, Failure> {
        let read = report.map(Stored::deserialize).transpose();
        let Stored { plan, stale, outcomes } = read
            .map_err(|source| Failure::OtherReport { run: run.start.id.clone(), source })?
            .unwrap_or_default();
        let Some(Planned { id, changes, commands, withheld, breaches, held, set_aside }) = plan else {
            let fates = journal.into_iter().map(Fate::of).collect();
            let (breaches, held, set_aside) = (Vec::new(), Vec::new(), Vec::new());
            return Ok(Self { run, plan: None, fates, notes: Vec::new(), breaches, held, set_aside });
        };
        let is_test = run.start.command.contains("--test-mode");
        let sent: BTreeMap<usize, DateTime<Utc>> =
            journal.iter().filter_map(|row| Some((row.position, row.command.as_ref()?.intended?))).collect();
        let mut ends: BTreeMap<usize, End> = BTreeMap::new();
        let mut noted = Vec::new();
        for outcome in outcomes.unwrap_or_default() {
            let Some(command) = commands.get(outcome.command) else { continue };
            for at in &command.changes {
                let end = match End::of(outcome.of(*at).clone()) {
                    End::Done if is_test => End::Tested,
                    end => end,
                };
                ends.insert(*at, end);
            }
            if !outcome.notes.is_empty() {
                noted.push((command.target.to_string(), outcome.notes));
            }
        }
        // What the journal knows goes before: a run that was cut short is gone on with by another.
        let mut known: BTreeMap<usize, Fate> =
            journal.into_iter().map(|row| (row.position, Fate::of(row))).collect();
        let planned = changes.into_iter().enumerate().map(|(at, change)| Fate {
            change,
            sent_at: sent.get(&at).copied(),
            end: match (known.remove(&at), ends.remove(&at)) {
                (Some(Fate { end, sent_at: Some(_), .. }), _) => end,
                (_, Some(end)) => end,
                (Some(Fate { end, .. }), None) => end,
                (None, None) => End::Planned,
            },
        });
        let apart = |change, end| Fate { change, sent_at: None, end };
        let mut fates: Vec<Fate> = planned.collect();
        fates.extend(stale.unwrap_or_default().into_iter().map(|change| apart(change, End::Stale)));
        fates.extend(withheld.into_iter().map(|Withheld { change, why }| apart(change, End::Withheld(why))));
        Ok(Self { run, plan: Some(id), fates, notes: noted, breaches, held, set_aside })
    }
}

impl Fate {
    /// What the journal knows of a change.
    fn of(row: Row) -> Self {
        let end = End::of(verdict(&row));
        let Row { position: _, change, command } = row;
        let sent_at = command.as_ref().and_then(|command| command.intended);
        Self { change, sent_at, end }
    }
}

impl End {
    fn of(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Done => Self::Done,
            Verdict::Refused { errors } => Self::Refused(errors),
            Verdict::Unknown { why } => Self::Unknown(why),
            Verdict::NotSent { why } => Self::NotSent(why),
        }
    }

    /// For scripts.
    fn word(&self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Tested => "tested",
            Self::Done => "done",
            Self::Refused(_) => "refused",
            Self::Unknown(_) => "unknown",
            Self::NotSent(_) => "not_sent",
            Self::Stale => "stale",
            Self::Withheld(_) => "withheld",
        }
    }

    fn ink(&self) -> Ink {
        match self {
            Self::Planned => Ink::Plain,
            Self::Tested | Self::Done => Ink::Gain,
            Self::Refused(_) => Ink::Loss,
            Self::Unknown(_) | Self::NotSent(_) | Self::Stale | Self::Withheld(_) => Ink::Warning,
        }
    }

    /// Adobe's codes, or the rule that withholds.
    fn code(&self) -> String {
        match self {
            Self::Refused(errors) => {
                errors.iter().map(|error| error.code.as_str()).collect::<Vec<_>>().join("; ")
            }
            Self::Withheld(why) => match why {
                Why::OverLimit(class) => format!("over_limit {}", class.key()),
                Why::OtherLimit(class) => format!("other_limit {}", class.key()),
                Why::NoBaseline => "no_baseline".to_owned(),
                Why::OtherConfiguration => "other_configuration".to_owned(),
                Why::TooManySetAside => "too_many_set_aside".to_owned(),
                Why::ShortListing => "short_listing".to_owned(),
                Why::Unlisted => "unlisted".to_owned(),
                Why::Fall => "fall".to_owned(),
                Why::Unresolved => "unresolved".to_owned(),
                Why::Unread => "unread".to_owned(),
                Why::SetAside => "set_aside".to_owned(),
                Why::Parked => "parked".to_owned(),
                Why::Invisible => "invisible".to_owned(),
                Why::Needs => "needs".to_owned(),
            },
            Self::Planned | Self::Tested | Self::Done | Self::Unknown(_) | Self::NotSent(_) | Self::Stale => {
                String::new()
            }
        }
    }

    /// Why it did not end well.
    fn message(&self) -> String {
        match self {
            Self::Planned | Self::Tested | Self::Done => String::new(),
            Self::Refused(errors) => {
                errors.iter().map(|error| error.message.as_str()).collect::<Vec<_>>().join("; ")
            }
            Self::Unknown(why) | Self::NotSent(why) => why.clone(),
            Self::Stale => {
                "the account, the value to be replaced or the person is not what the plan expects".to_owned()
            }
            Self::Withheld(why) => why.to_string(),
        }
    }
}

/// The columns of the table.
pub(super) const HEAD: [&str; 13] = [
    "run", "sent_at", "target", "identity", "change", "field", "old", "new", "reason", "outcome", "code",
    "message", "command",
];

impl Told {
    /// One row for each change.
    pub(super) fn rows(&self) -> impl Iterator<Item = [String; HEAD.len()]> {
        self.fates.iter().map(|fate| self.row(fate))
    }

    fn row(&self, fate: &Fate) -> [String; HEAD.len()] {
        let Fate { change, sent_at, end } = fate;
        let Change { target, what, reason: because } = change;
        let identity = match target {
            Target::User(account) => account.identity.to_string(),
            Target::Group(_) => String::new(),
        };
        let (word, field, old, new) = values(what);
        [
            self.run.start.id.clone(),
            sent_at.map(seconds).unwrap_or_default(),
            target.to_string(),
            identity,
            word.to_owned(),
            field,
            old,
            new,
            reason(because),
            end.word().to_owned(),
            end.code(),
            end.message(),
            self.run.start.command.clone(),
        ]
    }

    /// For people.
    pub(super) fn lines(&self) -> Vec<Line> {
        let mut lines = self.head();
        let summary = self.run.end.as_ref().map(|end| &end.summary);
        for (key, title) in [
            ("failure", "Failure"),
            ("unrecorded", "Executed, and not all of it recorded"),
            ("directories_not_read", "Directories that could not be read"),
            ("directory_warning", "The directory"),
            ("store_warning", "The store"),
        ] {
            let told = summary.and_then(|summary| summary.get(key)).and_then(Value::as_str);
            let Some(told) = told else { continue };
            section(title, &mut lines);
            lines.extend(told.lines().map(|text| line([(Ink::Loss, format!("  {text}"))])));
        }
        self.changes(&mut lines);
        self.notes(&mut lines);
        lines.extend(self.codes());
        self.withheld(&mut lines);
        self.apart(&mut lines);
        lines
    }

    fn head(&self) -> Vec<Line> {
        let Run { start, end, execution: _, dropped } = &self.run;
        let mut lines = vec![line([(Ink::Heading, format!("Run {}: {}", start.id, start.command))])];
        let mut fact = |name: &str, told: String| {
            lines.push(line([(Ink::Faint, format!("  {name:<14} ")), (Ink::Plain, told)]));
        };
        let ended = match end {
            None => "has not ended, or was cut off".to_owned(),
            Some(end) => {
                let took = (end.at - start.started_at).num_seconds().max(0);
                let code = end.exit_code;
                fact("exit code", format!("{code}: {}", meaning(code)));
                format!("{}, after {}", seconds(end.at), counted(took as usize, "second", "seconds"))
            }
        };
        if let Some(dropped) = dropped {
            fact("dropped", dropped.clone());
        }
        fact("begun", seconds(start.started_at));
        fact("ended", ended);
        fact("organization", start.organization.clone());
        fact("configuration", format!("{} ({})", start.configuration, start.config_path));
        fact("version", start.version.clone());
        if let Some(plan) = &self.plan {
            fact("plan", plan.clone());
        }
        fact("changes", self.totals());
        lines
    }

    /// How many changes met which end.
    fn totals(&self) -> String {
        let mut by_word: BTreeMap<&str, Vec<&Change>> = BTreeMap::new();
        for fate in &self.fates {
            by_word.entry(fate.end.word()).or_default().push(&fate.change);
        }
        let told: Vec<String> = by_word
            .into_iter()
            .map(|(word, changes)| {
                format!("{} {} ({})", changes.len(), word.replace('_', " "), Totals::of(changes))
            })
            .collect();
        if told.is_empty() { "none".to_owned() } else { told.join("; ") }
    }

    fn changes(&self, lines: &mut Vec<Line>) {
        let fates: Vec<&Fate> =
            self.fates.iter().filter(|fate| !matches!(fate.end, End::Withheld(_))).collect();
        if fates.is_empty() {
            return;
        }
        section(&format!("Changes: {}", fates.len()), lines);
        for Fate { change, sent_at: _, end } in fates {
            let word = end.word().replace('_', " ");
            let mut spans = vec![
                (end.ink(), format!("  {word:<8} ")),
                (Ink::Plain, format!("{}  {}", change.target, told(&change.what))),
                (Ink::Faint, format!("  {}", reason(&change.reason))),
            ];
            let said = match end {
                End::Refused(errors) => refusal(errors),
                end => end.message(),
            };
            if !said.is_empty() {
                spans.push((end.ink(), format!("  {said}")));
            }
            lines.push(line(spans));
        }
    }

    /// What Adobe refused of commands that count as done.
    fn notes(&self, lines: &mut Vec<Line>) {
        if self.notes.is_empty() {
            return;
        }
        section(&format!("Refused, and counted as done: {}", self.notes.len()), lines);
        for (target, notes) in &self.notes {
            let said: Vec<String> =
                notes.iter().map(|note| format!("{} ({})", note.message, note.code)).collect();
            lines.push(line([
                (Ink::Plain, format!("  = {target}  {}", said.join("; "))),
                (Ink::Faint, "  what was wanted is so already, or a test cannot know it".to_owned()),
            ]));
        }
    }

    fn codes(&self) -> Vec<Line> {
        let refused = self.fates.iter().filter_map(|fate| match &fate.end {
            End::Refused(errors) => Some((&fate.change, Verdict::Refused { errors: errors.clone() })),
            End::Done => Some((&fate.change, Verdict::Done)),
            _ => None,
        });
        of_codes(&refused.collect::<Vec<_>>())
    }

    fn withheld(&self, lines: &mut Vec<Line>) {
        let withheld: Vec<(&Change, &Why)> = self
            .fates
            .iter()
            .filter_map(|fate| match &fate.end {
                End::Withheld(why) => Some((&fate.change, why)),
                _ => None,
            })
            .collect();
        if withheld.is_empty() {
            return;
        }
        section(&format!("Withheld: {}", withheld.len()), lines);
        for breach in &self.breaches {
            lines.push(line([(Ink::Warning, format!("  {breach}"))]));
        }
        if let Some(plan) = &self.plan {
            lines.push(line([(Ink::Plain, format!("  if the list below is right: umsync approve {plan}"))]));
        }
        for (change, why) in withheld {
            lines.push(line([
                (Ink::Warning, "  ! ".to_owned()),
                (Ink::Plain, format!("{}  {}", change.target, told(&change.what))),
                (Ink::Faint, format!("  {}; {why}", reason(&change.reason))),
            ]));
        }
    }

    fn apart(&self, lines: &mut Vec<Line>) {
        if !self.held.is_empty() {
            section(&format!("Held, nothing was done: {}", self.held.len()), lines);
        }
        for Held { who, entry, reason } in &self.held {
            let entry = entry.as_ref().map(|dn| format!("  {dn}")).unwrap_or_default();
            lines.push(line([
                (Ink::Warning, format!("  ? {who}")),
                (Ink::Plain, format!("  {reason}")),
                (Ink::Faint, entry),
            ]));
        }
        if !self.set_aside.is_empty() {
            section(&format!("Set aside, and protected: {}", self.set_aside.len()), lines);
        }
        for SetAside { entry, reason } in &self.set_aside {
            lines.push(line([(Ink::Warning, format!("  ? {entry}")), (Ink::Plain, format!("  {reason}"))]));
        }
    }
}

/// A change in words for scripts: what it is, what it is about, the old value and the new one.
fn values(what: &What) -> (&'static str, String, String, String) {
    let none = String::new;
    match what {
        What::CreateGroup => ("create_group", none(), none(), none()),
        // The identity and the email stand in columns of their own.
        What::CreateUser(profile) => ("create_user", none(), none(), made_of(profile)),
        What::PushUser { profile, names: _ } => ("push_user", none(), none(), made_of(profile)),
        What::Update(update) => {
            let Update { field, from, to } = update.as_ref();
            ("update", field.word().to_owned(), from.clone().unwrap_or_default(), to.clone())
        }
        What::Join { group } => ("join", group.to_string(), none(), none()),
        What::Lose { group } => ("lose", group.to_string(), none(), none()),
        What::Leave => ("leave", none(), none(), none()),
        What::Delete => ("delete", none(), none(), none()),
        What::Describe(text) => ("describe", none(), none(), text.description.clone()),
        What::Attach { profile } => ("attach", profile.to_string(), none(), none()),
    }
}

fn made_of(profile: &Profile) -> String {
    let ProfileTexts { email: _, first_name, last_name, country } = profile.texts();
    let name = [first_name, last_name, country].into_iter().flatten();
    name.collect::<Vec<_>>().join(" ")
}

fn line(spans: impl IntoIterator<Item = (Ink, String)>) -> Line {
    Line(spans.into_iter().map(|(ink, text)| Span { ink, text }).collect())
}

fn section(title: &str, lines: &mut Vec<Line>) {
    lines.push(Line::default());
    lines.push(line([(Ink::Heading, title.to_owned())]));
}

fn seconds(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}
