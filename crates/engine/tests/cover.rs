//! Laws of packing: who carries a membership change, on graphs of every shape.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use std::collections::BTreeSet;
use std::sync::Arc;
use umsync_engine::adobe::Identity;
use umsync_engine::change::{Account, Address, Change, Reason, Target, What};
use umsync_engine::command::Step;
use umsync_engine::key::GroupName;
use umsync_engine::pack::cover::{Capacity, Cover, Edge, Graph};
use umsync_engine::pack::{
    ENTRIES_PER_LIST, ListLimit, Packing, STEPS_PER_COMMAND, Terms, commands, requests,
};
use umsync_engine::plan::GroupLine;

const ADOBES: Capacity = Capacity { entries: 10, lists: 10, per_command: false };

fn edges(pairs: &BTreeSet<(usize, usize)>) -> Vec<Edge> {
    pairs
        .iter()
        .map(|(user, group)| Edge { user: *user, group: *group, adds: (user + group) % 3 > 0 })
        .collect()
}

/// The fewest commands that there can be, by trying every set of groups.
fn optimum(users: usize, groups: usize, edges: &[Edge], capacity: Capacity) -> usize {
    let graph = Graph::new(users, groups, edges, capacity);
    // A user without a command of their own needs all their groups to have one; users beyond are tried too, because a
    // group may have room for some of its changes only.
    let mut best = usize::MAX;
    for chosen in 0..1_usize << users {
        let has: Vec<bool> = (0..users).map(|user| chosen >> user & 1 == 1).collect();
        let cover = Cover { users: has, groups: vec![true; groups] };
        best = best.min(graph.commands(&cover));
    }
    best
}

/// Small enough to try everything, with commands so small that some groups need several.
fn small() -> impl Strategy<Value = (BTreeSet<(usize, usize)>, Capacity)> {
    let pairs = prop::collection::btree_set((0..12_usize, 0..5_usize), 1..40);
    let capacity = (5..11_usize, 2..11_usize, any::<bool>());
    (pairs, capacity)
        .prop_map(|(pairs, (entries, lists, per_command))| (pairs, Capacity { entries, lists, per_command }))
}

fn carries_everything(edges: &[Edge], cover: &Cover) {
    for edge in edges {
        assert!(cover.users[edge.user] || cover.groups[edge.group], "{edge:?} is carried by nobody");
    }
}

#[test]
fn on_small_graphs_never_more_than_one_command_above_the_optimum_and_nearly_always_optimal() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let (mut optimal, mut all) = (0, 0);
    for _ in 0..500 {
        let (pairs, capacity) = small().new_tree(&mut runner).unwrap().current();
        let edges = edges(&pairs);
        let graph = Graph::new(12, 5, &edges, capacity);
        let cover = graph.cover(&[true; 5]);
        carries_everything(&edges, &cover);
        let (found, best) = (graph.commands(&cover), optimum(12, 5, &edges, capacity));
        assert!(found <= best + 1, "{found} where {best} would do: {pairs:?} {capacity:?}");
        assert!(graph.bound() <= best, "a bound of {} where {best} do", graph.bound());
        all += 1;
        optimal += usize::from(found == best);
    }
    assert!(optimal * 100 >= all * 95, "only {optimal} of {all} are optimal");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn a_command_for_each_user_is_never_better(pairs in prop::collection::btree_set((0..60_usize, 0..12_usize), 1..300)) {
        let edges = edges(&pairs);
        let graph = Graph::new(60, 12, &edges, ADOBES);
        let cover = graph.cover(&[true; 12]);
        carries_everything(&edges, &cover);
        let users: BTreeSet<usize> = edges.iter().map(|edge| edge.user).collect();
        prop_assert!(graph.commands(&cover) <= users.len());
        prop_assert!(graph.commands(&cover) >= graph.bound());
    }

    #[test]
    fn groups_that_may_not_have_commands_have_none(
        pairs in prop::collection::btree_set((0..40_usize, 0..8_usize), 1..200),
        may in prop::collection::vec(any::<bool>(), 8),
    ) {
        let edges = edges(&pairs);
        let graph = Graph::new(40, 8, &edges, ADOBES);
        let cover = graph.cover(&may);
        carries_everything(&edges, &cover);
        for edge in &edges {
            prop_assert!(may[edge.group] || !cover.by_group(edge));
        }
    }
}

/// Numbers without a pattern, the same each time.
fn numbers(seed: u64) -> impl FnMut(usize) -> usize {
    let mut state = seed;
    move |below| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    }
}

#[test]
fn large_graphs_come_within_two_percent_of_the_bound() {
    for (users, groups, each) in
        [(5_000, 1, 1), (20_000, 50, 3), (50_000, 400, 4), (3_000, 3, 3), (2_000, 30, 2)]
    {
        let mut random = numbers(users as u64);
        let mut pairs = BTreeSet::new();
        for user in 0..users {
            for _ in 0..each {
                pairs.insert((user, random(groups)));
            }
        }
        let edges = edges(&pairs);
        let graph = Graph::new(users, groups, &edges, ADOBES);
        let cover = graph.cover(&vec![true; groups]);
        carries_everything(&edges, &cover);
        let (requests, bound) = (graph.commands(&cover).div_ceil(10), graph.bound().div_ceil(10));
        let most = (bound + bound / 50).max(bound + 1);
        assert!(requests <= most, "{users} users, {groups} groups: {requests} requests, at least {bound}");
    }
}

/// Changes of plain users and groups: every user joins or loses some of them.
fn changes(pairs: &BTreeSet<(usize, usize)>) -> Vec<Change> {
    let account = |user: usize| {
        let email = format!("u{user:03}@example.com");
        let address = Address { user: email.clone(), domain: None, adobe_id: false };
        Arc::new(Account::new(Identity::Federated, Some(&format!("id{user}")), &email, &address))
    };
    let change = |(user, group): &(usize, usize)| {
        let name = GroupName::new(&format!("G{group}"));
        let what =
            if (user + group) % 4 > 0 { What::Join { group: name } } else { What::Lose { group: name } };
        Change { target: Target::User(account(*user)), what, reason: Reason::NotListed }
    };
    let mut changes: Vec<Change> = pairs.iter().map(change).collect();
    changes.sort();
    changes
}

fn lines(groups: usize) -> Vec<GroupLine> {
    let line = |group: usize| GroupLine {
        name: GroupName::new(&format!("G{group}")),
        before: Some(10),
        gains: 0,
        losses: 0,
        withheld: 0,
        foreign: 0,
        new: false,
        counted: None,
        quota: None,
        // A profile cannot be changed from its side.
        user_group: group > 0,
    };
    (0..groups).map(line).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn every_change_is_carried_once_within_adobes_tens_and_can_be_stood_in_for(
        pairs in prop::collection::btree_set((0..120_usize, 0..5_usize), 1..400),
        per_command in any::<bool>(),
    ) {
        let changes = changes(&pairs);
        let list_limit = if per_command { ListLimit::PerCommand } else { ListLimit::PerList };
        let pack = |packing| commands(&changes, Terms { packing, list_limit }, &lines(5));
        let (packed, cost) = pack(Packing::Auto);
        let (_, naive) = pack(Packing::PerUser);
        prop_assert!(cost.requests <= naive.requests && cost.at_least <= cost.requests);
        let mut carried: Vec<usize> = packed.iter().flat_map(|command| command.changes.iter().copied()).collect();
        carried.sort_unstable();
        prop_assert!(carried.into_iter().eq(0..changes.len()), "each once");
        for command in &packed {
            prop_assert!(command.steps.len() <= STEPS_PER_COMMAND);
            for step in &command.steps {
                let entries = match step {
                    Step::Add(groups) | Step::Remove(groups) => groups.len(),
                    Step::AddUsers(users) | Step::RemoveUsers(users) => users.len(),
                    _ => 1,
                };
                prop_assert!((1..=ENTRIES_PER_LIST).contains(&entries));
            }
            // A part for each change, and the part is what the change says.
            let parts = command.parts();
            prop_assert_eq!(parts.len(), command.changes.len());
            for (at, part) in parts {
                let Target::User(account) = &changes[at].target else { unreachable!() };
                let user = account.user();
                let is_it = match (&part, &changes[at].what) {
                    (Step::Add(groups), What::Join { group }) | (Step::Remove(groups), What::Lose { group }) => {
                        groups.as_slice() == std::slice::from_ref(group) && command.target == changes[at].target
                    }
                    (Step::AddUsers(users), What::Join { group }) | (Step::RemoveUsers(users), What::Lose { group }) => {
                        users[0].user == user && command.target == Target::Group(group.clone())
                    }
                    _ => false,
                };
                prop_assert!(is_it, "{:?} for {:?}", part, changes[at]);
            }
            let mut stand_ins: Vec<usize> =
                command.fallback.iter().flat_map(|command| command.changes.iter().copied()).collect();
            stand_ins.sort_unstable();
            let mut own = command.changes.clone();
            own.sort_unstable();
            let wanted = if command.is_of_members() { own } else { Vec::new() };
            prop_assert_eq!(stand_ins, wanted);
        }
        // Nobody is in a command of their own and in a group's command of the same request.
        for range in requests(&packed) {
            let alone: BTreeSet<&Target> =
                packed[range.clone()].iter().filter(|command| !command.is_of_members()).map(|command| &command.target).collect();
            let listed = packed[range].iter().filter(|command| command.is_of_members());
            for at in listed.flat_map(|command| &command.changes) {
                prop_assert!(!alone.contains(&changes[*at].target));
            }
        }
        prop_assert_eq!(pack(Packing::Auto), (packed, cost), "the same again");
    }
}
