//! What the store keeps of one run: when, by whom, under which configuration, what was planned, how it ended.

use crate::approvals::{Approvals, settle_baseline};
use crate::failure::Failure;
use crate::program::Program;
use crate::reading;
use crate::remembering;
use crate::run::{Finished, Mode};
use crate::scope::Scope;
use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use umsync_engine::change::{Change, Target};
use umsync_engine::codes::Meaning;
use umsync_engine::command::{Outcome, Verdict};
use umsync_engine::links::Links;
use umsync_engine::memory::Departure;
use umsync_engine::plan::{Plan, Remember};
use umsync_engine::report::{Figures, Results, Totals, codes_of, fates};
use umsync_engine::rules::Baseline;
use umsync_engine::unread::Unread;
use umsync_store::{RunEnd, RunStart};

/// One run of the program.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    id: String,
    who: String,
    command: String,
    mode: Mode,
    started_at: DateTime<Utc>,
}

impl Record {
    /// Notes that a run begins.
    pub(crate) async fn begin(program: &Program, command: &str, mode: Mode) -> Result<Self, Failure> {
        let now = program.now();
        let id = run_id(now, std::process::id());
        let start = RunStart {
            id: id.clone(),
            organization: program.organization().to_owned(),
            command: command.to_owned(),
            started_at: now,
            configuration: program.config.meaning.clone(),
            config_path: program.config.path.display().to_string(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        };
        program.store.begin_run(&start).await?;
        tracing::info!(
            run = id,
            organization = program.organization(),
            side = program.side.place(),
            "{command} begins"
        );
        let who = format!("pid {}, umsync {command}", std::process::id());
        Ok(Self { who, id, command: command.to_owned(), mode, started_at: now })
    }

    /// Whose lock it is.
    pub(crate) fn who(&self) -> &str {
        &self.who
    }

    /// The journal that sent commands are noted in: a rehearsal carries nothing out and notes nothing.
    pub(crate) fn journal(&self) -> Option<String> {
        (self.mode == Mode::Apply).then(|| self.id.clone())
    }

    /// Keeps what planning told: absences, links, and the plan for whoever wants to approve or apply it.
    ///
    /// Whoever plans for one person knows nothing about the others' absence. Links go before every other match, so only
    /// a whole run that may execute, under a configuration that is known to be right, makes them: a template that was
    /// wrong for a moment must not tie people to strangers' accounts.
    pub(crate) async fn planned(
        &self,
        program: &Program,
        scope: Scope<'_>,
        baseline: Baseline,
        plan: &Plan,
        remember: &Remember,
        links: &Links,
    ) -> Result<(), Failure> {
        // What fails is noted where it fails, with what it failed with: whoever only looks must not take its next try.
        let Remember {
            absent,
            back,
            whole,
            matches,
            still,
            departing: _,
            digests: _,
            counts,
            giving,
            groups: _,
            look_for: _,
        } = remember;
        let (organization, now) = (program.organization(), program.now());
        if !matches!(scope, Scope::Person(_)) {
            match whole {
                // Who has not listed Adobe knows of nobody there who is absent.
                _ if plan.is_push() => {}
                true => program.store.note_absences(organization, absent, now, program.side.every()).await?,
                false => program.store.note_returns(organization, back).await?,
            }
            for (name, counts) in counts {
                let of = remembering::meaning_of(program, name);
                program.store.note_read(organization, &of, counts, now).await?;
            }
            for (name, giving) in giving {
                let Some(place) = program.config.directories.get(name) else { continue };
                program.store.note_directory(organization, name, &place.meaning, giving, now).await?;
            }
        }
        if self.mode == Mode::Plan || !plan.withheld().is_empty() {
            program.store.save_plan(organization, plan.id(), plan, now).await?;
        }
        if self.mode == Mode::Apply && matches!(scope, Scope::Whole) && baseline == Baseline::Accepted {
            remembering::link(program, matches, (still, links), now).await?;
        }
        for (group, dn) in plan.certificates().iter().flat_map(|certified| &certified.certificate.followed) {
            tracing::warn!(%group, dn, "a mapped group has another name now: write that in the configuration");
        }
        let (withheld, set_aside) = (plan.withheld().len(), plan.set_aside().len());
        tracing::info!(plan = plan.id(), withheld, set_aside, "planned: {}", Totals::of(plan.changes()));
        Ok(())
    }

    /// Keeps what executing means for approvals and for the baseline.
    pub(crate) async fn executed(
        &self,
        program: &Program,
        scope: Scope<'_>,
        finished: &mut Finished,
        approvals: &Approvals,
        remember: &Remember,
    ) -> Result<(), Failure> {
        if self.mode != Mode::Apply {
            return Ok(());
        }
        let Finished { plan, outcomes, .. } = &*finished;
        // Whoever has not read every directory does not know what is wanted no more.
        let whole = matches!(scope, Scope::Whole) && remember.whole;
        let all = || plan.changes().iter().chain(plan.withheld().iter().map(|withheld| &withheld.change));
        let wanted = whole.then(|| all().map(Change::fingerprint).collect());
        // Whoever only plans may have misspelt a group; what was executed was meant.
        if !matches!(scope, Scope::Person(_)) {
            for (name, groups) in &remember.groups {
                let (organization, now) = (program.organization(), program.now());
                program.store.note_groups(organization, name.as_str(), groups, now).await?;
            }
        }
        let fates: Vec<_> = fates(plan, outcomes).collect();
        remembering::fates(program, &fates, &remember.digests, wanted).await?;
        if let Ok(before) = TimeDelta::from_std(program.config.history).map(|kept| program.now() - kept) {
            program.store.forget(before).await?;
        }
        approvals.give_back(program, &finished.plan, &finished.outcomes).await?;
        let not_sent = |outcome: &Outcome| matches!(outcome.verdict, Verdict::NotSent { .. });
        if whole && !finished.outcomes.iter().any(not_sent) {
            approvals.served(program).await?;
            settle_baseline(program, finished).await?;
        }
        finished.silenced = reading::opens(program, program.now()).await?.silence.is_some();
        Ok(())
    }

    /// Puts every change and command on the disk before the first request leaves.
    pub(crate) async fn about_to_send(
        &self,
        program: &Program,
        plan: &Plan,
        stale: &[Change],
        approvals: &Approvals,
        remember: &Remember,
    ) -> Result<(), Failure> {
        let store = &program.store;
        store.record_plan(&self.id, plan.commands(), plan.changes()).await?;
        store.mark_lifted(&self.id, &approvals.lifted_of(program, plan).await?).await?;
        // Whoever goes on with this run after a crash tells its end with what was withheld, held and set aside.
        let report =
            Report { head: self.head(program), plan: Some(plan), stale: Some(stale), ..Report::default() };
        store.save_report(&self.id, &report).await?;
        let leaving: BTreeSet<&str> = plan
            .changes()
            .iter()
            .filter(|change| change.is_departure())
            .filter_map(|change| match &change.target {
                Target::User(account) => Some(account.email()),
                Target::Group(_) => None,
            })
            .collect();
        let leaves = |departure: &&Departure| leaving.contains(departure.email.as_str());
        let departing: Vec<Departure> = remember.departing.iter().filter(leaves).cloned().collect();
        store.note_departures(program.organization(), &departing).await?;
        approvals.use_up(program, plan.changes()).await
    }

    /// The report of the run, as the store keeps it and others get it.
    pub(crate) fn report<'a>(
        &self,
        program: &Program,
        code: u8,
        end: Result<&'a Finished, &Failure>,
    ) -> Report<'a> {
        let mut summary = match end {
            Ok(finished) => finished.summary(),
            Err(failure) => json!({ "failure": failure.told() }),
        };
        warn(program, &mut summary);
        let finished = end.ok();
        Report {
            head: self.ending(program, code, summary),
            plan: finished.map(|finished| &finished.plan),
            stale: finished.map(|finished| finished.stale.as_slice()),
            outcomes: finished.map(|finished| finished.outcomes.as_slice()),
            codes: finished.map(|finished| codes_of(&finished.outcomes)),
        }
    }

    /// What every report begins with.
    fn head(&self, program: &Program) -> Value {
        json!({
            "run": self.id,
            "organization": program.organization(),
            "command": self.command,
            "version": env!("CARGO_PKG_VERSION"),
            "started_at": self.started_at,
        })
    }

    /// The same of a run that has ended.
    fn ending(&self, program: &Program, code: u8, summary: Value) -> Value {
        let mut report = self.head(program);
        report["ended_at"] = json!(program.now());
        report["exit_code"] = json!(code);
        report["summary"] = summary;
        report
    }

    /// The report of a run that went on with another one's execution.
    pub(crate) fn continued(
        &self,
        program: &Program,
        code: u8,
        run: &str,
        results: &Results,
    ) -> Report<'static> {
        let mut summary = json!({ "continued": run, "results": results });
        warn(program, &mut summary);
        Report { head: self.ending(program, code, summary), ..Report::default() }
    }

    /// Whether somebody has gone on with this run's execution and ended it, while this process stood still: what they
    /// know is newer.
    async fn is_ended_by_another(&self, program: &Program) -> Result<bool, Failure> {
        Ok(program.store.is_ended(&self.id).await?)
    }

    /// Notes how the run ended.
    pub(crate) async fn end(&self, program: &Program, report: &Report<'_>) -> Result<(), Failure> {
        let head = &report.head;
        let code = head["exit_code"].as_u64().and_then(|code| u8::try_from(code).ok()).unwrap_or(1);
        let plan_id = report.plan.map(|plan| plan.id().to_owned());
        let end = RunEnd { at: program.now(), exit_code: code, plan_id, summary: head["summary"].clone() };
        if self.is_ended_by_another(program).await? {
            return Err(Failure::TakenOver { run: self.id.clone() });
        }
        program.store.save_report(&self.id, report).await?;
        program.store.finish_run(&self.id, &end).await?;
        tracing::info!(run = self.id, code, "ended");
        Ok(())
    }

    /// An execution that stopped itself, because hardly anything went well any more, was not cut short: nobody goes on with
    /// its rest as if nothing had been. The next run plans it anew.
    pub(crate) async fn give_up(&self, program: &Program, why: Option<&str>) -> Result<(), Failure> {
        match why {
            Some(why) if self.mode == Mode::Apply => {
                Ok(program.store.drop_rest(&self.id, &gave_up(why), program.now()).await?)
            }
            Some(_) | None => Ok(()),
        }
    }
}

/// What is said of an execution that stopped itself.
pub(crate) fn gave_up(why: &str) -> String {
    format!("it stopped itself: {why}; what was left of it is planned anew")
}

/// The report of a run. It is written piece by piece: the plan of a first sync is large, and a tree of its JSON is ten times
/// as large.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Report<'a> {
    #[serde(flatten)]
    head: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    plan: Option<&'a Plan>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stale: Option<&'a [Change]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcomes: Option<&'a [Outcome]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    codes: Option<BTreeMap<&'a str, Meaning>>,
}

impl Report<'_> {
    /// The tree.
    pub(crate) fn to_value(&self) -> Result<Value, Failure> {
        Ok(serde_json::to_value(self)?)
    }

    /// What is known of it without its changes.
    pub(crate) fn head(&self) -> &Value {
        &self.head
    }

    /// Whether something was sent.
    pub(crate) fn has_outcomes(&self) -> bool {
        self.outcomes.is_some_and(|outcomes| !outcomes.is_empty())
    }
}

/// What everybody should know who goes by a report.
fn warn(program: &Program, summary: &mut Value) {
    let warnings = program.config.warnings();
    for (key, warning) in [
        ("store_warning", program.store.filesystem_warning().map(|warning| json!(warning))),
        ("adobe_warning", program.credential_warning().map(|warning| json!(warning))),
        (
            "directory_warning",
            Some(warnings.join("\n")).filter(|text| !text.is_empty()).map(|text| json!(text)),
        ),
    ] {
        if let Some(warning) = warning {
            summary[key] = warning;
        }
    }
}

/// Sortable by time; the process id parts two runs of one second.
fn run_id(now: DateTime<Utc>, pid: u32) -> String {
    format!("{}-{pid}", now.format("%Y%m%dT%H%M%S%3fZ"))
}

impl Finished {
    /// The exit code: what was not done before what was withheld.
    pub(crate) fn code(&self, mode: Mode) -> u8 {
        let not_sent = |outcome: &Outcome| matches!(outcome.verdict, Verdict::NotSent { .. });
        if !self.outcomes.is_empty() && self.outcomes.iter().all(not_sent) {
            return match (self.cancelled, self.silenced) {
                (true, _) => 1,
                (false, true) => 8,
                (false, false) => 7,
            };
        }
        let done = mode == Mode::Plan || Results::of(&self.plan, &self.outcomes).all_done();
        if !done || !self.stale.is_empty() || self.unrecorded.is_some() {
            return 4;
        }
        let doubts = self.plan.doubts();
        if self.plan.withheld().is_empty() && !doubts.too_many_set_aside && !doubts.unread { 0 } else { 3 }
    }

    fn not_read(&self) -> Option<String> {
        let told = |unread: &Unread| unread.directory.says(&unread.why);
        let told: Vec<String> = self.plan.unread().iter().map(told).collect();
        (!told.is_empty()).then(|| told.join("\n"))
    }

    fn summary(&self) -> Value {
        json!({
            "planned": Totals::of(self.plan.changes()),
            "withheld": self.plan.withheld().len(),
            "set_aside": self.plan.set_aside().len(),
            "held": self.plan.held().len(),
            "directories_not_read": self.not_read(),
            "stale": self.stale.len(),
            "unrecorded": self.unrecorded,
            "results": Results::of(&self.plan, &self.outcomes),
            "figures": Figures::of(&self.plan, &self.outcomes),
        })
    }
}
