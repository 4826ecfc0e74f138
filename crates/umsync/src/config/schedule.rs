//! The sections `schedule` and `notify`: when the daemon runs, and who is told.

use super::adobe::duration;
use super::file::Section;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use croner::parser::{CronParser, Seconds};
use std::time::Duration;

/// When the daemon runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Schedule {
    /// Six fields: second, minute, hour, day of the month, month, day of the week.
    pub(crate) cron: String,
    /// In which its hours are meant.
    pub(crate) timezone: Tz,
    /// What follows a run that failed.
    pub(crate) retry: Retry,
}

/// What follows a run that failed with nothing written: it is tried again before the next one is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Retry {
    /// After so long.
    pub(crate) after: Duration,
    /// So often.
    pub(crate) times: u32,
}

const RETRY: Retry = Retry { after: Duration::from_secs(15 * 60), times: 3 };
/// Somebody is told, or is not: the run has ended, and the next one is not kept waiting for longer.
const NOTIFY_TIMEOUT: Duration = Duration::from_secs(60);

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
    /// When it is killed.
    pub(crate) timeout: Duration,
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
    let retry = section.section("retry").map_or(RETRY, |section| {
        let after = section.parsed("after", duration).unwrap_or(RETRY.after);
        let times = section.get("times").unwrap_or(RETRY.times);
        section.finish();
        Retry { after, times }
    });
    section.finish();
    Some(Schedule { cron: cron?, timezone, retry })
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
    let timeout = section.parsed("timeout", duration).unwrap_or(NOTIFY_TIMEOUT);
    section.finish();
    Some(Notify { command: command?, when, timeout })
}
