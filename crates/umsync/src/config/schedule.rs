//! The sections `schedule` and `notify`: when the daemon runs, and who is told.

use super::file::Section;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use croner::parser::{CronParser, Seconds};

/// When the daemon runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Schedule {
    /// Six fields: second, minute, hour, day of the month, month, day of the week.
    pub(crate) cron: String,
    /// In which its hours are meant.
    pub(crate) timezone: Tz,
}

impl Schedule {
    /// The first moment after `now` at which a run is due.
    pub(crate) fn next_after(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let cron = CronParser::builder()
            .seconds(Seconds::Required)
            .dom_and_dow(true)
            .build()
            .parse(&self.cron)
            .ok()?;
        let next = cron.find_next_occurrence(&now.with_timezone(&self.timezone), false).ok()?;
        Some(next.with_timezone(&Utc))
    }
}

/// Who is told about a run: a program that gets the report in JSON on its standard input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Notify {
    /// The program and its arguments.
    pub(crate) command: Vec<String>,
    /// About which runs.
    pub(crate) when: When,
}

/// About which runs somebody is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    /// Those that did not end with 0.
    Problems,
    /// Those, and those that changed something.
    Changes,
    /// All.
    Always,
}

pub(super) fn read(section: Option<Section<'_>>) -> Option<Schedule> {
    let section = section?;
    section.missing(
        "cron",
        "when to run, for instance \"0 15 */2 * * *\": second, minute, hour, day, month, weekday",
    );
    let cron = section.parsed("cron", |text| match tokio_cron_scheduler::Job::new(text, |_, _| ()) {
        Ok(_) => Ok(text.to_owned()),
        Err(_) => Err(format!(
            "`{text}` is no schedule; write six fields (second, minute, hour, day, month, weekday), for instance \"0 15 */2 * * *\""
        )),
    });
    let timezone = section
        .parsed("timezone", |text| {
            text.parse::<Tz>()
                .map_err(|_| format!("`{text}` is no time zone; write for instance Europe/Berlin or UTC"))
        })
        .unwrap_or(Tz::UTC);
    section.finish();
    Some(Schedule { cron: cron?, timezone })
}

pub(super) fn notify(section: Option<Section<'_>>) -> Option<Notify> {
    let section = section?;
    section.missing("command", "the program that gets the report: [/usr/local/bin/mail-report]");
    let command = section.texts("command");
    if command.as_ref().is_some_and(Vec::is_empty) {
        section.mistake("command", "a program belongs here");
    }
    let words = [("problems", When::Problems), ("changes", When::Changes), ("always", When::Always)];
    let when = section.word("when", &words).unwrap_or(When::Problems);
    section.finish();
    Some(Notify { command: command?, when })
}
