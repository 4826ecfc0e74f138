//! When the daemon is due: the ticks of the configured schedule.

use crate::config::Schedule;
use crate::failure::Failure;
use chrono::{DateTime, Utc};
use tokio::sync::mpsc;
use tokio_cron_scheduler::job::JobId;
use tokio_cron_scheduler::{Job, JobScheduler};

/// The schedule at work. Its scheduler runs nothing: it knocks, and whoever is busy hears of several knocks as one.
pub(crate) struct Timetable {
    schedule: Schedule,
    scheduler: JobScheduler,
    job: JobId,
    knock: mpsc::Sender<()>,
    knocks: mpsc::Receiver<()>,
}

impl Timetable {
    /// Starts a schedule.
    pub(crate) async fn start(schedule: Schedule) -> Result<Self, Failure> {
        let (knock, knocks) = mpsc::channel(1);
        let scheduler = JobScheduler::new().await?;
        let job = scheduler.add(job(&schedule, knock.clone())?).await?;
        scheduler.start().await?;
        Ok(Self { schedule, scheduler, job, knock, knocks })
    }

    /// Waits for a tick; one that came while nobody waited counts. [`Timetable::ticked`] is to follow.
    pub(crate) async fn tick(&mut self) {
        self.knocks.recv().await.expect("a sender is kept here");
    }

    /// Prepares the next tick. The scheduler finds the first tick of a job in its time zone and all later ones at the
    /// offset from UTC that the zone had when the job was made: without a new job for each tick, summer time would
    /// begin and end without it.
    pub(crate) async fn ticked(&mut self) -> Result<(), Failure> {
        self.scheduler.remove(&self.job).await?;
        self.job = self.scheduler.add(job(&self.schedule, self.knock.clone())?).await?;
        Ok(())
    }

    /// Goes on with another schedule.
    pub(crate) async fn change(&mut self, schedule: Schedule) -> Result<(), Failure> {
        self.schedule = schedule;
        self.ticked().await
    }

    /// The first tick after `now`.
    pub(crate) fn next(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.schedule.next_after(now)
    }

    /// A moment as the people who wrote the schedule read it.
    pub(crate) fn told(&self, at: DateTime<Utc>) -> String {
        at.with_timezone(&self.schedule.timezone).format("%Y-%m-%d %H:%M:%S %Z").to_string()
    }
}

fn job(schedule: &Schedule, knock: mpsc::Sender<()>) -> Result<Job, Failure> {
    let Schedule { cron, timezone, retry: _ } = schedule;
    Ok(Job::new_tz(cron, *timezone, move |_, _| {
        // Full means that a tick waits already: several that nobody heard are one.
        let _ = knock.try_send(());
    })?)
}

#[cfg(test)]
mod tests {
    use super::job;
    use crate::config::{Retry, Schedule};
    use chrono::{DateTime, TimeZone as _, Timelike as _, Utc};
    use chrono_tz::Europe::Berlin;
    use std::time::Duration;

    fn schedule(cron: &str) -> Schedule {
        let retry = Retry { after: Duration::from_secs(1), times: 0 };
        Schedule { cron: cron.to_owned(), timezone: Berlin, retry }
    }

    /// The moment for which the scheduler itself arms a new job.
    fn armed(cron: &str) -> DateTime<Utc> {
        let (knock, _knocks) = tokio::sync::mpsc::channel(1);
        let data = job(&schedule(cron), knock).unwrap().job_data().unwrap();
        Utc.timestamp_opt(i64::try_from(data.next_tick).unwrap(), 0).unwrap()
    }

    #[test]
    fn noon_is_noon_in_winter_and_in_summer_whenever_the_job_is_made() {
        // One of them lies on the other side of a change of the clocks, whatever today is.
        assert_eq!(armed("0 0 12 15 1 *").hour(), 11);
        assert_eq!(armed("0 0 12 15 7 *").hour(), 10);
    }

    #[test]
    fn what_is_said_to_be_next_is_what_the_zone_means_on_the_days_the_clocks_change() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let every_two_hours = schedule("0 15 */2 * * *");
        let mut now = at("2026-03-29T00:00:00Z");
        let mut ticks = Vec::new();
        for _ in 0..3 {
            now = every_two_hours.next_after(now).unwrap();
            ticks.push(now);
        }
        // 02:15 does not exist on that morning: 00:15, 04:15, 06:15.
        assert!(ticks.contains(&at("2026-03-29T02:15:00Z")), "{ticks:?}");
        // A fixed time that is skipped runs when the clocks have gone on; one that comes twice runs once.
        let nightly = schedule("0 30 2 * * *");
        assert_eq!(nightly.next_after(at("2026-03-28T12:00:00Z")), Some(at("2026-03-29T01:00:00Z")));
        let first = nightly.next_after(at("2026-10-24T12:00:00Z")).unwrap();
        assert_eq!(first, at("2026-10-25T00:30:00Z"));
        assert_eq!(nightly.next_after(first), Some(at("2026-10-26T01:30:00Z")));
    }
}
