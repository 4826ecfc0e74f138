//! `run`: the daemon. One loop owns the runs, so that no two overlap; the schedule only knocks at it.

use crate::bar::Bar;
use crate::cli::Cli;
use crate::clock::SystemClock;
use crate::config::{Config, Retry, Schedule};
use crate::failure::Failure;
use crate::output;
use crate::program::{FirstTime, Program};
use crate::reading;
use crate::resume;
use crate::run::Mode;
use crate::sync::{self, Wish};
use crate::timetable::Timetable;
use chrono::{DateTime, TimeDelta, Utc};
use std::pin::pin;
use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};
use umsync_engine::rules::Strategy;
use umsync_store::Pause;
use umsync_umapi::{Clock as _, Opens};

/// Why a run is due although none is scheduled.
const CUT_SHORT: &str = "an execution was cut short";
/// A clock that is set, or a machine that slept, is noticed after so long.
const LOOK_AT_THE_CLOCK: Duration = Duration::from_secs(30);

/// Runs as the schedule says until it is told to stop.
pub(crate) async fn run(cli: &Cli) -> Result<u8, Failure> {
    // Before anything that takes time: without a handler this signal ends the program.
    let hangups = signal(SignalKind::hangup())?;
    let config = Config::load(&cli.config)?;
    let schedule = schedule_of(&config)?;
    let program = Program::open(config, FirstTime::Refused, Bar::new(cli.quiet)).await?;
    let timetable = Timetable::start(schedule).await?;
    let mut daemon =
        Daemon { cli, program, timetable, hangups, new_config: None, again: None, failed_in_a_row: 0 };
    if resume::is_open(&daemon.program).await? {
        daemon.again = Some(Again { at: daemon.program.now(), why: CUT_SHORT });
    }
    let ended = daemon.serve().await;
    daemon.program.close().await;
    ended
}

struct Daemon<'a> {
    cli: &'a Cli,
    /// Kept from run to run, and with it the sandbox where there is one. Between runs it holds no lock.
    program: Program,
    timetable: Timetable,
    hangups: Signal,
    /// Read on SIGHUP and good; in force from the next run on.
    new_config: Option<Config>,
    /// A run that is due without a tick.
    again: Option<Again>,
    /// Since the last tick, or the last run that did not fail.
    failed_in_a_row: u32,
}

/// A run that is due without a tick.
#[derive(Debug, Clone, Copy)]
struct Again {
    at: DateTime<Utc>,
    why: &'static str,
}

/// What makes the daemon move.
enum Event {
    Tick,
    Again,
    Hangup,
    Stop,
}

impl Daemon<'_> {
    async fn serve(&mut self) -> Result<u8, Failure> {
        loop {
            self.say_when();
            match self.event().await {
                Event::Stop => break,
                Event::Hangup => {}
                Event::Tick => {
                    self.timetable.ticked().await?;
                    self.failed_in_a_row = 0;
                    self.attempt().await;
                }
                Event::Again => self.attempt().await,
            }
            self.adopt().await?;
        }
        tracing::info!("the daemon ends");
        Ok(0)
    }

    async fn event(&mut self) -> Event {
        let cancel = self.program.cancel.clone();
        tokio::select! {
            biased;
            () = cancel.cancelled() => Event::Stop,
            _ = self.hangups.recv() => {
                self.new_config = read_anew(self.cli).or(self.new_config.take());
                Event::Hangup
            }
            () = self.timetable.tick() => Event::Tick,
            () = moment(&self.program, self.again) => Event::Again,
        }
    }

    /// One run, unless something is known to be in its way.
    async fn attempt(&mut self) {
        self.again = None;
        let code = match self.obstacle().await {
            Ok(None) => self.run().await,
            Ok(Some(Obstacle::Paused(Pause { until, reason, who, at: _ }))) => {
                let until = self.timetable.told(until);
                tracing::warn!(until, who, reason, "paused: this run is skipped");
                return;
            }
            Ok(Some(Obstacle::Gate(opens_at))) => {
                tracing::info!(
                    opens_at = self.timetable.told(opens_at),
                    "the gate is closed: the run waits for it"
                );
                self.again = Some(Again { at: opens_at, why: "the gate opens" });
                return;
            }
            Err(failure) => {
                output::note(&failure.told());
                failure.code()
            }
        };
        self.again = self.after(code).await;
    }

    /// What is known to keep a run from its end for longer than `adobe.wait`: a run of which that is known would only
    /// fill the history.
    async fn obstacle(&self) -> Result<Option<Obstacle>, Failure> {
        let (program, now) = (&self.program, self.program.now());
        if let Some(pause) = program.store.paused(program.organization(), now).await? {
            return Ok(Some(Obstacle::Paused(pause)));
        }
        let Opens { listing, execution, silence } = reading::opens(program, now).await?;
        if silence.is_none() && resume::is_open(program).await? {
            return Ok(None);
        }
        let wait = TimeDelta::from_std(program.config.adobe.wait).unwrap_or(TimeDelta::MAX);
        let is_late = |opens_at: &DateTime<Utc>| *opens_at - now > wait;
        let mut closed: Vec<DateTime<Utc>> = silence.iter().map(|shut| shut.opens_at).collect();
        closed.extend(execution.map(|shut| shut.opens_at).filter(is_late));
        if program.config.rules.strategy == Strategy::Sync
            && let Some(listing) = listing.map(|shut| shut.opens_at).filter(is_late)
            && !self.knows_adobe(now).await?
        {
            closed.push(listing);
        }
        Ok(closed.into_iter().max().map(Obstacle::Gate))
    }

    /// Whether a run may go by the stored snapshot.
    async fn knows_adobe(&self, now: DateTime<Utc>) -> Result<bool, Failure> {
        let snapshot = self.program.store.snapshot(self.program.organization()).await?;
        let age = snapshot.map(|snapshot| (now - snapshot.read_at).to_std().unwrap_or_default());
        Ok(age.is_some_and(|age| age < self.program.side.every()))
    }

    async fn run(&mut self) -> u8 {
        let mut run = pin!(sync::recorded(&self.program, Wish::new("run", Mode::Apply, false)));
        let ended = loop {
            tokio::select! {
                ended = &mut run => break ended,
                // A run may take hours: mistakes are told at once, and used is the file later.
                _ = self.hangups.recv() => self.new_config = read_anew(self.cli).or(self.new_config.take()),
            }
        };
        match ended {
            Ok(code) => code,
            Err(failure) => {
                output::note(&failure.told());
                failure.code()
            }
        }
    }

    /// When to run without a tick, after a run that ended so.
    async fn after(&mut self, code: u8) -> Option<Again> {
        match code {
            // Nothing was written: an error of ours, another run, the directory, Adobe.
            1 | 5 | 6 | 7 => {
                self.failed_in_a_row += 1;
                let Retry { after, times } = self.program.config.schedule.as_ref()?.retry;
                let after = TimeDelta::from_std(after).unwrap_or(TimeDelta::MAX);
                let at = self.program.now().checked_add_signed(after)?;
                (self.failed_in_a_row <= times)
                    .then_some(Again { at, why: "the run failed, and nothing was written" })
            }
            // Somebody else came between the look at the gate and the run.
            8 => match self.obstacle().await {
                Ok(Some(Obstacle::Gate(at))) => Some(Again { at, why: "the gate opens" }),
                _ => None,
            },
            // Adobe was away in the middle: what is left of the execution is worth some tries, while it may go on.
            4 if self.may_go_on().await => {
                self.failed_in_a_row += 1;
                let Retry { after, times } = self.program.config.schedule.as_ref()?.retry;
                let at = self.program.now().checked_add_signed(TimeDelta::from_std(after).ok()?)?;
                (self.failed_in_a_row <= times).then_some(Again { at, why: CUT_SHORT })
            }
            _ => {
                self.failed_in_a_row = 0;
                None
            }
        }
    }

    async fn may_go_on(&self) -> bool {
        resume::is_open(&self.program).await.unwrap_or_else(|failure| {
            output::note(&failure.told());
            false
        })
    }

    /// Goes on with the configuration that was read meanwhile. What it needs is opened before the old is let go.
    async fn adopt(&mut self) -> Result<(), Failure> {
        let Some(config) = self.new_config.take() else { return Ok(()) };
        let opened = match schedule_of(&config) {
            Ok(schedule) => self.program.reopened(config).await.map(|program| (program, schedule)),
            Err(failure) => Err(failure),
        };
        match opened {
            Ok((program, schedule)) => {
                self.timetable.change(schedule).await?;
                std::mem::replace(&mut self.program, program).close().await;
                tracing::info!(meaning = self.program.config.meaning, "the configuration was read anew");
            }
            Err(failure) => keep(&failure),
        }
        Ok(())
    }

    fn say_when(&mut self) {
        let tick = self.timetable.next(self.program.now());
        let again = self.again.filter(|again| tick.is_none_or(|tick| again.at < tick));
        // The bar of the last run is used up.
        self.program.bar = Bar::new(self.cli.quiet);
        if let Some(at) = again.map(|again| again.at).or(tick) {
            let at = self.timetable.told(at);
            self.program.bar.say(format!("the next run is due at {at}"));
            match again {
                Some(Again { at: _, why }) => tracing::info!(at, why, "the next run is due"),
                None => tracing::info!(at, "the next run is due"),
            }
        }
    }
}

/// What is known to keep a run from its end.
enum Obstacle {
    /// Somebody asked for quiet.
    Paused(Pause),
    /// The gate opens then.
    Gate(DateTime<Utc>),
}

/// The schedule, without which there is nothing to wait for.
fn schedule_of(config: &Config) -> Result<Schedule, Failure> {
    let path = || config.path.clone();
    let schedule = config.schedule.clone().ok_or_else(|| Failure::NoSchedule { path: path() })?;
    match schedule.next_after(SystemClock.now()) {
        Some(_) => Ok(schedule),
        None => Err(Failure::NeverDue { path: path(), cron: schedule.cron }),
    }
}

/// Reads the file again. Mistakes are all told; the file before it stays in force.
fn read_anew(cli: &Cli) -> Option<Config> {
    let read = Config::load(&cli.config).map_err(Failure::from);
    let checked = read.and_then(|config| schedule_of(&config).map(|_| config));
    checked.inspect_err(keep).ok()
}

fn keep(failure: &Failure) {
    output::note(&failure.told());
    tracing::error!("the configuration cannot be used; the former one stays in force");
}

/// Waits for a moment by the clock; for ever without one.
async fn moment(program: &Program, again: Option<Again>) {
    let Some(Again { at, why: _ }) = again else { return std::future::pending().await };
    while let Ok(left) = (at - program.now()).to_std()
        && !left.is_zero()
    {
        tokio::time::sleep(left.min(LOOK_AT_THE_CLOCK)).await;
    }
}
