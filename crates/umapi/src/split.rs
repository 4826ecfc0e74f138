//! One group at a time: a list of groups is one step, and one unknown name in it fails them all. Pure.

use umsync_engine::command::{Command, Step};
use umsync_engine::key::GroupName;
use umsync_engine::pack::STEPS_PER_COMMAND;

/// The command with a step for each group, so that a group that is gone fails alone; `None` where the steps would be too
/// many, or are so already.
pub(crate) fn singly(command: &Command) -> Option<Command> {
    let one = |group: &GroupName| vec![group.clone()];
    let steps: Vec<Step> = command
        .steps
        .iter()
        .flat_map(|step| match step {
            Step::Add(groups) => groups.iter().map(|group| Step::Add(one(group))).collect(),
            Step::Remove(groups) => groups.iter().map(|group| Step::Remove(one(group))).collect(),
            step => vec![step.clone()],
        })
        .collect();
    let fits = steps.len() <= STEPS_PER_COMMAND && steps.len() > command.steps.len();
    fits.then(|| Command { steps, ..command.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::to_user;

    fn groups(count: usize) -> Vec<GroupName> {
        (0..count).map(|at| GroupName::new(&format!("G{at}"))).collect()
    }

    #[test]
    fn every_group_has_a_step_of_its_own() {
        let both = to_user("a@b.c", vec![Step::Remove(groups(1)), Step::Add(groups(3))]);
        let steps = singly(&both).unwrap().steps;
        assert_eq!(steps.len(), 4);
        assert_eq!(steps[3], Step::Add(vec!["G2".into()]));
    }

    #[test]
    fn what_cannot_be_split_is_not() {
        assert!(singly(&to_user("a@b.c", vec![Step::Add(groups(1))])).is_none());
        assert!(singly(&to_user("a@b.c", vec![Step::Remove(groups(1)), Step::Add(groups(10))])).is_none());
        assert!(singly(&to_user("a@b.c", vec![Step::Add(groups(10))])).is_some());
    }
}
