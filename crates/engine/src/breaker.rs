//! The breaker: when hardly anything goes well any more, sending the rest only costs quota, and hides the reason among
//! thousands of refusals.
//!
//! Refusals that are about one group alone do not count: whatever needs a group that is gone fails, and nothing else does.

use crate::codes::{Class, Meaning, OUR_OWN, meaning};
use crate::command::{StepError, Verdict};
use std::collections::VecDeque;

/// So many commands in a row, refused with the same code that is about no single account: three full requests.
const SAME: usize = 30;
/// So many of the last commands are looked at.
const LAST: usize = 100;
/// Before so many are known nothing can be said about most of them.
const ENOUGH: usize = 50;

/// Counts how commands end, in the order in which they were sent.
#[derive(Debug, Clone, Default)]
pub struct Breaker {
    /// The code that the last commands were refused with, and how many in a row.
    row: Option<(String, usize)>,
    /// Whether each of the last commands was refused.
    last: VecDeque<bool>,
    /// Why nothing more is to be sent, once there is a reason.
    broken: Option<String>,
}

impl Breaker {
    /// What these verdicts, in order, come to.
    pub fn of<'a>(verdicts: impl IntoIterator<Item = &'a Verdict>) -> Self {
        let mut breaker = Self::default();
        verdicts.into_iter().for_each(|verdict| breaker.note(verdict));
        breaker
    }

    /// Why nothing more is to be sent.
    pub fn broken(&self) -> Option<&str> {
        self.broken.as_deref()
    }

    /// Takes note of one more.
    pub fn note(&mut self, verdict: &Verdict) {
        match verdict {
            Verdict::Done => {
                self.row = None;
                self.count(false);
            }
            Verdict::Refused { errors } => {
                // What we did not send, Adobe has not refused.
                let is_adobes = |code: &str| !code.starts_with(OUR_OWN);
                let counts =
                    |error: &&StepError| is_adobes(&error.code) && meaning(&error.code).class != Class::Group;
                // The first is the cause; what comes after it in the same command often follows from it.
                let Some(StepError { code, .. }) = errors.iter().find(counts) else { return };
                self.refused(code);
                self.count(true);
            }
            // Those that stay unknown, and those that never left, have a bound of their own.
            Verdict::Unknown { .. } | Verdict::NotSent { .. } => return,
        }
        self.look();
    }

    fn refused(&mut self, code: &str) {
        let before = self.row.take().filter(|(last, _)| last == code).map_or(0, |(_, count)| count);
        self.row = Some((code.to_owned(), before + 1));
    }

    fn count(&mut self, refused: bool) {
        self.last.push_back(refused);
        if self.last.len() > LAST {
            self.last.pop_front();
        }
    }

    fn look(&mut self) {
        if self.broken.is_some() {
            return;
        }
        if let Some((code, count)) = &self.row {
            let Meaning { class, again: _, means, remedy } = meaning(code);
            // Thirty people without a country in a row are thirty mistakes, each of one person.
            if *count >= SAME && class != Class::Target {
                self.broken = Some(format!(
                    "{count} commands in a row were refused with {code} ({means}); what to do: {remedy}"
                ));
                return;
            }
        }
        let refused = self.last.iter().filter(|refused| **refused).count();
        if self.last.len() >= ENOUGH && refused * 2 > self.last.len() {
            self.broken = Some(format!("{refused} of the last {} commands were refused", self.last.len()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(code: &str) -> Verdict {
        Verdict::Refused {
            errors: vec![StepError { step: Some(0), code: code.to_owned(), message: String::new() }],
        }
    }

    /// After how many verdicts it breaks.
    fn breaks_after(verdicts: impl IntoIterator<Item = Verdict>) -> Option<usize> {
        let mut breaker = Breaker::default();
        verdicts.into_iter().position(|verdict| {
            breaker.note(&verdict);
            breaker.broken().is_some()
        })
    }

    const UNCLAIMED: &str = "error.domain.trust.nonexistent";

    #[test]
    fn thirty_equal_refusals_in_a_row_are_enough() {
        assert_eq!(breaks_after((0..40).map(|_| refused(UNCLAIMED))), Some(29));
        let one_good = (0..50).map(|at| if at == 20 { Verdict::Done } else { refused(UNCLAIMED) });
        assert_eq!(breaks_after(one_good), Some(49), "one that went well begins the row anew");
        let two = (0..45).map(|at| refused(if at % 2 == 0 { UNCLAIMED } else { "error.internal.add" }));
        assert_eq!(breaks_after(two), None, "not the same refusal");
    }

    #[test]
    fn what_is_about_each_account_alone_is_no_row() {
        assert_eq!(breaks_after((0..49).map(|_| refused("error.country.invalid"))), None);
        assert_eq!(
            breaks_after((0..90).map(|_| refused("error.country.invalid"))),
            Some(49),
            "but most of all"
        );
    }

    #[test]
    fn most_of_the_last_hundred() {
        let half = |at: usize| if at % 2 == 1 { refused("error.user.nonexistent") } else { Verdict::Done };
        assert_eq!(breaks_after((0..400).map(half)), None);
        let after_many =
            (0..1000).map(|_| Verdict::Done).chain((0..90).map(|_| refused("error.country.invalid")));
        assert_eq!(breaks_after(after_many), Some(1000 + 50));
    }

    #[test]
    fn a_group_that_is_gone_breaks_nothing() {
        assert_eq!(breaks_after((0..500).map(|_| refused("error.group.not_found"))), None);
        assert_eq!(breaks_after((0..500).map(|_| Verdict::Unknown { why: String::new() })), None);
    }

    #[test]
    fn what_was_not_sent_breaks_nothing() {
        assert_eq!(breaks_after((0..500).map(|_| refused("umsync.overtaken"))), None);
    }

    #[test]
    fn it_says_why_and_what_to_do() {
        let verdicts: Vec<Verdict> = (0..30).map(|_| refused(UNCLAIMED)).collect();
        let breaker = Breaker::of(&verdicts);
        let why = breaker.broken().unwrap();
        assert!(
            why.contains("30 commands in a row") && why.contains("claim it in the Admin Console"),
            "{why}"
        );
    }
}
