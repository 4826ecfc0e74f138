//! What somebody has approved: which withheld changes are lifted, and whether the configuration is known to be right.

use crate::failure::Failure;
use crate::program::Program;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeSet;
use umsync_engine::change::Change;
use umsync_engine::command::{Outcome, Verdict};
use umsync_engine::plan::Plan;
use umsync_engine::rules::Baseline;
use umsync_engine::saved::SavedPlan;
use umsync_store::Approval;

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
                Ok(saved) => saved.lifts(),
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

    /// The changes that the approval of one plan lifts.
    pub(crate) fn of(&self, plan: &str) -> BTreeSet<String> {
        self.0
            .iter()
            .filter(|(approval, _)| approval.plan_id == plan)
            .flat_map(|(_, lifts)| lifts.clone())
            .collect()
    }

    /// Each is used up when it is sent, however that ended.
    pub(crate) async fn use_up(
        &self,
        program: &Program,
        plan: &Plan,
        outcomes: &[Outcome],
    ) -> Result<(), Failure> {
        if self.0.is_empty() {
            return Ok(());
        }
        let sent: BTreeSet<String> = outcomes
            .iter()
            .filter(|outcome| !matches!(outcome.verdict, Verdict::NotSent { .. }))
            .flat_map(|outcome| &plan.commands()[outcome.command].changes)
            .map(|at| plan.changes()[*at].fingerprint())
            .collect();
        for (approval, lifts) in &self.0 {
            let used: BTreeSet<String> = lifts.intersection(&sent).cloned().collect();
            if !used.is_empty() {
                program.store.use_up(program.organization(), &approval.plan_id, &used, program.now()).await?;
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

/// Whether removals may be sent: the configuration says so, or a plan was approved, or held none, under what the
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

/// A full run that ended without a removal or identity change to withhold makes the baseline.
pub(crate) async fn settle_baseline(program: &Program, plan: &Plan) -> Result<(), Failure> {
    let waits = |change: &Change| change.is_removal() || change.is_identity();
    if plan.withheld().iter().any(|withheld| waits(&withheld.change)) {
        return Ok(());
    }
    set_baseline(
        &program.store,
        program.organization(),
        &program.config.meaning,
        "a run without removals to withhold",
        program.now(),
    )
    .await
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
