//! What somebody has approved: which withheld changes are lifted, and whether the configuration is known to be right.

use crate::failure::Failure;
use crate::program::Program;
use crate::run::Finished;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeSet;
use umsync_engine::change::Change;
use umsync_engine::command::{Outcome, Verdict};
use umsync_engine::diff::Leaver;
use umsync_engine::plan::Plan;
use umsync_engine::report::{Results, fates};
use umsync_engine::rules::Baseline;
use umsync_engine::saved::SavedPlan;
use umsync_engine::withhold::{Doubts, Why};
use umsync_store::{Approval, Store};

/// An approval holds for so long at most.
pub(crate) const MOST: TimeDelta = TimeDelta::days(7);
/// An approval holds for so long at least, whatever runs finish.
const LEAST: TimeDelta = TimeDelta::hours(24);

/// The approvals that hold now, each with the changes, by fingerprint, that it still lifts.
#[derive(Debug, Default)]
pub(crate) struct Approvals(Vec<(Approval, BTreeSet<String>)>);

impl Approvals {
    /// Reads them from the store.
    pub(crate) async fn recall(program: &Program) -> Result<Self, Failure> {
        let (store, organization) = (&program.store, program.organization());
        let mut approvals = Vec::new();
        for approval in store.approvals(organization, program.now()).await? {
            let Some(stored) = store.plan(&approval.plan_id).await? else { continue };
            let mut lifts = match SavedPlan::parse(&stored.plan) {
                Ok(saved) if saved.configuration() == program.config.meaning => saved.lifts(),
                // What was approved was approved under what the configuration meant then.
                Ok(_) => BTreeSet::new(),
                Err(error) => {
                    // Another version wrote it. It lifts nothing, which withholds; it stops nobody.
                    tracing::warn!(plan = approval.plan_id, "an approved plan cannot be understood: {error}");
                    BTreeSet::new()
                }
            };
            for used in store.used_up(organization, &approval.plan_id).await? {
                lifts.remove(&used);
            }
            approvals.push((approval, lifts));
        }
        Ok(Self(approvals))
    }

    /// Every change that is lifted.
    pub(crate) fn lifted(&self) -> BTreeSet<String> {
        self.0.iter().flat_map(|(_, lifts)| lifts.iter().cloned()).collect()
    }

    /// The removals and changes of identity of a plan, by position, that would wait if nobody had approved them, or had
    /// not written `baseline: accept`: no window counts them.
    pub(crate) async fn lifted_of(&self, program: &Program, plan: &Plan) -> Result<BTreeSet<usize>, Failure> {
        let lifted = self.lifted();
        let known = program.store.baseline(program.organization()).await?;
        let accepts = program.config.rules.baseline == Baseline::Accepted
            && known.is_none_or(|baseline| baseline.configuration != program.config.meaning);
        let is_lifted = |change: &Change| {
            let waits = change.is_removal() || change.is_identity();
            waits && (accepts || (!lifted.is_empty() && lifted.contains(&change.fingerprint())))
        };
        let changes = plan.changes().iter().enumerate();
        Ok(changes.filter(|(_, change)| is_lifted(change)).map(|(at, _)| at).collect())
    }

    /// The changes that the approval of one plan lifts.
    pub(crate) fn of(&self, plan: &str) -> BTreeSet<String> {
        self.0
            .iter()
            .filter(|(approval, _)| approval.plan_id == plan)
            .flat_map(|(_, lifts)| lifts.clone())
            .collect()
    }

    /// Each is used up before it is sent: a crash in between must not leave it to be sent twice.
    pub(crate) async fn use_up<'a>(
        &self,
        program: &Program,
        changes: impl IntoIterator<Item = &'a Change>,
    ) -> Result<(), Failure> {
        self.among(changes.into_iter(), async |approval, used| {
            Ok(program.store.use_up(program.organization(), approval, &used, program.now()).await?)
        })
        .await
    }

    /// What a run that was cut short has not sent is given back, when nobody will go on with it.
    pub(crate) async fn give_up<'a>(
        store: &Store,
        organization: &str,
        unsent: impl Iterator<Item = &'a Change>,
        now: DateTime<Utc>,
    ) -> Result<(), Failure> {
        let unsent: BTreeSet<String> = unsent.map(Change::fingerprint).collect();
        for approval in store.approvals(organization, now).await? {
            store.give_back(organization, &approval.plan_id, &unsent).await?;
        }
        Ok(())
    }

    /// What did not leave after all is given back.
    pub(crate) async fn give_back(
        &self,
        program: &Program,
        plan: &Plan,
        outcomes: &[Outcome],
    ) -> Result<(), Failure> {
        let not_sent = fates(plan, outcomes)
            .filter(|(_, verdict)| matches!(verdict, Verdict::NotSent { .. }))
            .map(|(change, _)| change);
        self.among(not_sent, async |approval, unused| {
            Ok(program.store.give_back(program.organization(), approval, &unused).await?)
        })
        .await
    }

    /// Tells, for each approval, which of these changes it lifts.
    async fn among<'a>(
        &self,
        changes: impl Iterator<Item = &'a Change>,
        mut tell: impl AsyncFnMut(&str, BTreeSet<String>) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        if self.0.is_empty() {
            return Ok(());
        }
        let changes: BTreeSet<String> = changes.map(Change::fingerprint).collect();
        for (approval, lifts) in &self.0 {
            let lifted: BTreeSet<String> = lifts.intersection(&changes).cloned().collect();
            if !lifted.is_empty() {
                tell(&approval.plan_id, lifted).await?;
            }
        }
        Ok(())
    }

    /// A full run that could send every approved change has finished: what it did not send, nobody wants any more.
    pub(crate) async fn served(&self, program: &Program) -> Result<(), Failure> {
        for (approval, _) in &self.0 {
            let until = approval.until.min(program.now().max(approval.at + LEAST));
            program.store.end_approval(program.organization(), &approval.plan_id, until).await?;
        }
        Ok(())
    }
}

/// Whether removals, and whatever is pushed, may be sent: the configuration says so, or a plan was approved, or held none, under what the
/// configuration means now.
pub(crate) async fn baseline(program: &Program) -> Result<Baseline, Failure> {
    if program.config.rules.baseline == Baseline::Accepted {
        return Ok(Baseline::Accepted);
    }
    Ok(match program.store.baseline(program.organization()).await? {
        Some(baseline) if baseline.configuration == program.config.meaning => Baseline::Accepted,
        Some(_) => Baseline::Changed,
        None => Baseline::Missing,
    })
}

/// A full run makes the baseline if it did all it planned and there was no removal, identity change or push to withhold; not
/// if there was none only because nothing could be compared, or because the grace of somebody who is gone has not run out.
pub(crate) async fn settle_baseline(program: &Program, finished: &Finished) -> Result<(), Failure> {
    let Finished { plan, stale: _, outcomes, gave_up: _, cancelled: _, silenced: _, unrecorded: _ } =
        finished;
    // What Adobe refuses for good says nothing about the configuration.
    let withheld = plan.withheld().iter().any(|withheld| {
        withheld.change.needs_baseline() && !matches!(withheld.why, Why::Parked | Why::Invisible)
    });
    let doubtful = plan.doubts() != Doubts::default();
    let undone = !Results::of(plan, outcomes).all_done();
    let waits = |leaver: &Leaver| leaver.acts_at.is_some() && !leaver.due && leaver.order.is_none();
    let graced = plan.leavers().iter().any(waits);
    if withheld || doubtful || undone || graced {
        return Ok(());
    }
    let by = "a run without removals to withhold";
    set_baseline(&program.store, program.organization(), &program.config.meaning, by, program.now()).await
}

/// Notes what the configuration means as right for this organization.
pub(crate) async fn set_baseline(
    store: &umsync_store::Store,
    organization: &str,
    meaning: &str,
    by: &str,
    at: DateTime<Utc>,
) -> Result<(), Failure> {
    let baseline = umsync_store::Baseline { configuration: meaning.to_owned(), at, by: by.to_owned() };
    Ok(store.set_baseline(organization, &baseline).await?)
}
