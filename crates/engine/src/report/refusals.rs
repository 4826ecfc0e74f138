//! What refusals mean, each code told once, and what several of them mean together.

use super::{Ink, Line, counted, section};
use crate::change::{Change, Target, What};
use crate::codes::{Class, Meaning, meaning, meanings};
use crate::command::{Outcome, StepError, Verdict};
use crate::key::email_domain;
use std::borrow::Borrow;
use std::collections::{BTreeMap, BTreeSet};

/// Adobe's code for a creation that failed inside; for a whole domain it means that another sync fills its directory.
const CREATE_FAILED: &str = "error.internal.create_failed";
/// So many failed creations of one domain are no accident, where none went well.
const EXTERNAL: usize = 3;

/// The codes of what was refused, with what they mean.
pub fn codes_of(outcomes: &[Outcome]) -> BTreeMap<&str, Meaning> {
    let errors = outcomes.iter().flat_map(|outcome| errors(&outcome.verdict).iter().chain(&outcome.notes));
    meanings(errors.map(|error| error.code.as_str()))
}

/// What Adobe said about a command, step by step. Adobe tries the later steps of a command after one has failed, and takes
/// nothing back (UMAPI documentation, partial failures).
pub fn refusal(errors: &[StepError]) -> String {
    let mut sorted: Vec<&StepError> = errors.iter().collect();
    sorted.sort_by_key(|error| error.step);
    let first = sorted.iter().find_map(|error| error.step);
    let numbered = sorted.len() > 1 || first.is_some_and(|first| first > 0);
    let told = |error: &&StepError| match error.step.filter(|_| numbered) {
        Some(step) => format!("step {}: {} ({})", step + 1, error.message, error.code),
        None => format!("{} ({})", error.message, error.code),
    };
    let mut text = sorted.iter().map(told).collect::<Vec<_>>().join("; ");
    // A mistake in its form keeps the whole command from running.
    let has_form = sorted.iter().all(|error| meaning(&error.code).class != Class::Ours);
    if has_form && first.is_some_and(|first| first > 0) {
        text.push_str("; what stands before it in the command was carried out");
    }
    text
}

fn errors(verdict: &Verdict) -> &[StepError] {
    match verdict {
        Verdict::Refused { errors } => errors,
        Verdict::Done | Verdict::Unknown { .. } | Verdict::NotSent { .. } => &[],
    }
}

/// What the codes of refused changes mean, and what to do about them.
pub fn of_codes<V: Borrow<Verdict>>(fates: &[(&Change, V)]) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut targets: BTreeMap<&str, BTreeSet<&Target>> = BTreeMap::new();
    for (change, verdict) in fates {
        for error in errors(verdict.borrow()) {
            targets.entry(&error.code).or_default().insert(&change.target);
        }
    }
    if targets.is_empty() {
        return lines;
    }
    section("What the codes mean", &mut lines);
    for (code, targets) in &targets {
        let Meaning { class, again: _, means, remedy } = meaning(code);
        lines.push(
            Line::of(Ink::Warning, format!("  {code}"))
                .and(Ink::Faint, format!("  {} × {class}", targets.len()))
                .and(Ink::Plain, format!("  {means}")),
        );
        lines.push(Line::of(Ink::Plain, format!("      what to do: {remedy}")));
    }
    for (domain, failed) in externally_synced(fates) {
        lines.push(Line::of(
            Ink::Warning,
            format!(
                "  {domain}: {} and none was made: its directory at Adobe is kept in step by another sync (Entra ID, \
                 Google, SCIM), and this API makes nobody there",
                counted(failed, "creation failed", "creations failed")
            ),
        ));
    }
    lines
}

/// The domains in which every creation failed inside Adobe, with how many.
fn externally_synced<V: Borrow<Verdict>>(fates: &[(&Change, V)]) -> BTreeMap<String, usize> {
    let mut failed: BTreeMap<String, usize> = BTreeMap::new();
    let mut made: BTreeSet<String> = BTreeSet::new();
    for (change, verdict) in fates {
        let (What::CreateUser(_) | What::PushUser { .. }, Target::User(account)) =
            (&change.what, &change.target)
        else {
            continue;
        };
        let domain = account.domain().map(str::to_owned).or_else(|| email_domain(account.email()));
        let Some(domain) = domain else { continue };
        match verdict.borrow() {
            Verdict::Refused { errors } if errors.iter().any(|error| error.code == CREATE_FAILED) => {
                *failed.entry(domain).or_default() += 1;
            }
            Verdict::Done => {
                made.insert(domain);
            }
            Verdict::Refused { .. } | Verdict::Unknown { .. } | Verdict::NotSent { .. } => {}
        }
    }
    failed.retain(|domain, count| *count >= EXTERNAL && !made.contains(domain));
    failed
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adobe::Identity;
    use crate::change::{Account, Address, Profile, ProfileTexts, Reason};

    fn creation(email: &str) -> Change {
        let identity = Identity::Federated;
        let address = Address { user: email.to_owned(), domain: None, adobe_id: false };
        let account = Account::new(identity, None, email, &address);
        let profile = Profile::new(identity, ProfileTexts { email, ..ProfileTexts::default() });
        Change {
            target: Target::User(account.into()),
            what: What::CreateUser(profile.into()),
            reason: Reason::NewPerson,
        }
    }

    fn refused(code: &str) -> Verdict {
        let error = StepError { step: Some(0), code: code.to_owned(), message: "m".to_owned() };
        Verdict::Refused { errors: vec![error] }
    }

    fn told(fates: &[(&str, Verdict)]) -> String {
        let changes: Vec<Change> = fates.iter().map(|(email, _)| creation(email)).collect();
        let fates: Vec<(&Change, &Verdict)> =
            changes.iter().zip(fates.iter().map(|(_, verdict)| verdict)).collect();
        of_codes(&fates).iter().map(|line| format!("{line}\n")).collect()
    }

    #[test]
    fn each_code_is_told_once_with_its_remedy() {
        let text = told(&[
            ("a@b.c", refused("error.domain.trust.nonexistent")),
            ("b@b.c", refused("error.domain.trust.nonexistent")),
            ("c@b.c", refused("error.of.tomorrow")),
            ("d@b.c", Verdict::Done),
        ]);
        assert_eq!(text.matches("error.domain.trust.nonexistent").count(), 1, "{text}");
        assert!(
            text.contains("2 × set-up at Adobe") && text.contains("claim it in the Admin Console"),
            "{text}"
        );
        assert!(text.contains("error.of.tomorrow"), "{text}");
        assert_eq!(told(&[("d@b.c", Verdict::Done)]), "");
    }

    #[test]
    fn the_steps_of_a_command_are_told_apart() {
        let error = |step: Option<usize>, code: &str| StepError {
            step,
            code: code.to_owned(),
            message: "m".to_owned(),
        };
        assert_eq!(refusal(&[error(Some(0), "error.x")]), "m (error.x)");
        assert_eq!(refusal(&[error(None, "error.x")]), "m (error.x)");
        let both = [error(Some(1), "error.user.not_found"), error(Some(0), "error.country.invalid")];
        assert_eq!(refusal(&both), "step 1: m (error.country.invalid); step 2: m (error.user.not_found)");
        let later = refusal(&[error(Some(2), "error.group.not_found")]);
        assert_eq!(
            later,
            "step 3: m (error.group.not_found); what stands before it in the command was carried out"
        );
        assert_eq!(
            refusal(&[error(Some(2), "error.command.illegal_entry")]),
            "step 3: m (error.command.illegal_entry)"
        );
    }

    #[test]
    fn a_domain_in_which_nobody_can_be_made_is_filled_by_another_sync() {
        let three = ["a@x.org", "b@x.org", "c@x.org"].map(|email| (email, refused(CREATE_FAILED)));
        assert!(told(&three).contains("x.org: 3 creations failed and none was made"), "{}", told(&three));
        let mut one_made = three.to_vec();
        one_made.push(("d@x.org", Verdict::Done));
        assert!(!told(&one_made).contains("another sync (Entra ID, Google, SCIM), and"));
        assert!(!told(&three[..2]).contains("none was made"));
    }
}
