//! What happened over many stories, counted and printed.

use std::fmt;

/// Where a run was when it was killed, by the emulator's log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Phase {
    /// Nothing had been asked, or a token at most.
    Beginning,
    /// Adobe was being listed.
    Listing,
    /// Everything was listed and nothing sent.
    Planning,
    /// Some action requests had come, and not all.
    Executing,
    /// All action requests had come.
    Ending,
    /// It had ended by itself.
    Over,
}

/// Counts of one story or of many.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tally {
    pub(super) stories: usize,
    pub(super) kills: usize,
    /// Kills by phase.
    pub(super) killed: [usize; 6],
    /// Kills of follow-up runs.
    pub(super) second_kills: usize,
    pub(super) lost_replies: usize,
    /// Runs cut after their first action request that the very next run completed.
    pub(super) resumed: usize,
    /// Runs cut after their first action request that were planned anew after two hours.
    pub(super) planned_anew: usize,
    pub(super) created: usize,
    /// Creates that reached Adobe again after they had been carried out; it ignored them.
    pub(super) created_again: usize,
    /// Windows of two hours, and executions in them by the stamps of the store.
    pub(super) windows: usize,
    pub(super) executions: usize,
    pub(super) most_in_a_window: usize,
}

impl Tally {
    pub(super) fn kill(&mut self, phase: Phase) {
        self.kills += usize::from(phase != Phase::Over);
        self.killed[phase as usize] += 1;
    }

    pub(super) fn in_phase(&self, phase: Phase) -> usize {
        self.killed[phase as usize]
    }

    pub(super) fn sum(tallies: impl IntoIterator<Item = Self>) -> Self {
        tallies.into_iter().fold(Self::default(), |sum, one| {
            let Self {
                stories,
                kills,
                killed,
                second_kills,
                lost_replies,
                resumed,
                planned_anew,
                created,
                created_again,
                windows,
                executions,
                most_in_a_window,
            } = one;
            let mut by_phase = sum.killed;
            for (sum, one) in by_phase.iter_mut().zip(killed) {
                *sum += one;
            }
            Self {
                stories: sum.stories + stories,
                kills: sum.kills + kills,
                killed: by_phase,
                second_kills: sum.second_kills + second_kills,
                lost_replies: sum.lost_replies + lost_replies,
                resumed: sum.resumed + resumed,
                planned_anew: sum.planned_anew + planned_anew,
                created: sum.created + created,
                created_again: sum.created_again + created_again,
                windows: sum.windows + windows,
                executions: sum.executions + executions,
                most_in_a_window: sum.most_in_a_window.max(most_in_a_window),
            }
        })
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [beginning, listing, planning, executing, ending, over] = self.killed;
        writeln!(
            f,
            "{} stories, {} kills ({} of a follow-up run)",
            self.stories, self.kills, self.second_kills
        )?;
        writeln!(
            f,
            "  killed while beginning {beginning}, listing {listing}, planning {planning}, executing {executing}, ending {ending}; over before the kill {over}"
        )?;
        writeln!(
            f,
            "  cut executions completed by the next run {}, planned anew after two hours {}",
            self.resumed, self.planned_anew
        )?;
        writeln!(
            f,
            "  replies lost {}; accounts created {}, creates repeated and ignored by Adobe {}",
            self.lost_replies, self.created, self.created_again
        )?;
        write!(
            f,
            "  {} executions in {} windows of two hours, at most {} in one",
            self.executions, self.windows, self.most_in_a_window
        )
    }
}
