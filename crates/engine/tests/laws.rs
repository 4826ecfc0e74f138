//! Laws: true for every world.

mod world;

use chrono::TimeDelta;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use umsync_engine::adobe::{Identity, User};
use umsync_engine::amend::amend;
use umsync_engine::change::{Change, Field, Reason, Target, What};
use umsync_engine::command::Step;
use umsync_engine::directory::{DirectoryName, Entry, GroupRef};
use umsync_engine::key::UserKey;
use umsync_engine::limits::{Limit, breaches};
use umsync_engine::matching::HeldReason;
use umsync_engine::memory::{Failing, Known, KnownTexts, Order};
use umsync_engine::pack::{COMMANDS_PER_REQUEST, ENTRIES_PER_LIST, STEPS_PER_COMMAND, requests};
use umsync_engine::park::{MOST_REFUSALS, TRY_AGAIN};
use umsync_engine::plan::Plan;
use umsync_engine::rules::{Baseline, MappingMode};
use umsync_engine::saved::{SavedPlan, exactly};
use umsync_engine::sorted::Sorted;
use umsync_engine::windows::Spent;
use umsync_engine::withhold::Why;
use world::{Several, World, now, world};

/// All laws together play a hundred thousand worlds; a seed that fails is kept beside this file.
fn config() -> ProptestConfig {
    ProptestConfig { cases: 5_000, max_shrink_iters: 20_000, ..ProptestConfig::default() }
}

/// Somebody waits for another to give up an address, or for another administrator: the next run tells.
fn waits_for_another(plan: &Plan) -> bool {
    plan.held().iter().any(|held| {
        matches!(
            held.reason,
            HeldReason::AddressTaken { .. }
                | HeldReason::SharedAddress { .. }
                | HeldReason::LastMember { .. }
        )
    })
}

fn accounts_of(changes: &[Change]) -> BTreeSet<String> {
    let target = |change: &Change| match &change.target {
        Target::User(account) => account.id().map(str::to_owned),
        Target::Group(_) => None,
    };
    changes.iter().filter_map(target).collect()
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_plan_applied_leaves_nothing_to_plan(world in world()) {
        let world = world.without_limits();
        let Ok((plan, _)) = world.plan() else { return Ok(()) };
        let mut after = world.clone();
        amend(&mut after.adobe, plan.changes());
        let (again, _) = after.plan().expect("the groups are still there");
        // Whoever holds an administrator role loses it first, where something says that they have left, and leaves then.
        let held = |who: &str| plan.held().iter().any(|held| held.who == who && matches!(held.reason, HeldReason::HoldsRole { .. }));
        let gave_up_a_role = |change: &Change| match &change.target {
            Target::User(account) => change.is_departure() && held(account.email()),
            Target::Group(_) => false,
        };
        // Of somebody who has left and could be meant by two accounts, the second one is theirs once the first is gone, or has
        // the address of whoever else has it.
        let by_their_word = |change: &Change| matches!(change.reason, Reason::Departed { .. });
        let gives_way = |first: &Change| {
            (first.is_departure() && by_their_word(first)) || first.what.sets(Field::Email).is_some()
        };
        let some_give_way = plan.changes().iter().any(gives_way);
        let is_due = |change: &Change| gave_up_a_role(change) || some_give_way && by_their_word(change);
        if !waits_for_another(&plan) {
            prop_assert!(again.changes().iter().all(is_due), "still to do: {:#?}\nafter: {:#?}", again.changes(), plan.changes());
        }
    }

    /// D40: Adobe has everybody, and lists a part.
    #[test]
    fn d40_a_part_of_a_listing_takes_nothing_and_creates_nobody_whom_adobe_has(world in world(), listed in any::<u64>()) {
        let whole = world.without_limits();
        let mut part = whole.clone();
        let mut at = 0;
        part.adobe.users.retain(|_| {
            at += 1;
            listed >> at & 1 == 1
        });
        let missing = whole.adobe.users.len() - part.adobe.users.len();
        let creations = |plan: &Plan| -> BTreeSet<Target> {
            let creates = |change: &&Change| matches!(change.what, What::CreateUser(_));
            plan.changes().iter().filter(creates).map(|change| change.target.clone()).collect()
        };
        let Ok((plan, remember)) = part.plan() else { return Ok(()) };
        if missing > 0 {
            prop_assert!(creations(&plan).is_empty(), "nobody was looked for");
        }
        if missing * 10 > whole.adobe.users.len() {
            prop_assert!(!plan.changes().iter().any(Change::is_removal));
        }
        // Whoever is looked for and there joins the listing.
        let looked_for: BTreeSet<_> = remember.look_for.iter().map(|account| account.key.clone()).collect();
        let found = |user: &&User| user.key().is_some_and(|key| looked_for.contains(&key)) && !part.adobe.users.contains(*user);
        let found: Vec<User> = whole.adobe.users.iter().filter(found).cloned().collect();
        part.adobe.users.extend(found);
        part.memory.looked_for = looked_for;
        let Ok((plan, _)) = part.plan() else { return Ok(()) };
        let there: BTreeSet<UserKey> = whole.adobe.users.iter().filter_map(User::key).collect();
        for target in creations(&plan) {
            let Target::User(account) = target else { continue };
            prop_assert!(!there.contains(&account.key), "Adobe has {}", account.email());
        }
    }

    #[test]
    fn the_order_of_input_does_not_matter(world in world(), seed in any::<u64>()) {
        let Ok((plan, _)) = world.plan() else { return Ok(()) };
        let (shuffled, _) = world.shuffled(seed).plan().expect("the same world");
        prop_assert_eq!(serde_json::to_string(&plan).unwrap(), serde_json::to_string(&shuffled).unwrap());
    }

    #[test]
    fn only_mapped_groups_and_managed_or_new_accounts_are_touched(world in world()) {
        let Ok((plan, _)) = world.plan() else { return Ok(()) };
        let managed = world.rules.managed_groups();
        let additive: BTreeSet<_> = world.rules.mappings.iter()
            .filter(|mapping| mapping.mode == MappingMode::Additive)
            .flat_map(|mapping| mapping.adobe.clone())
            .collect();
        for change in plan.changes().iter().chain(plan.withheld().iter().map(|withheld| &withheld.change)) {
            match &change.what {
                What::Join { group } => prop_assert!(managed.contains(group)),
                What::Lose { group } => prop_assert!(managed.contains(group) && !additive.contains(group)),
                _ => {}
            }
        }
        for user in &world.adobe.users {
            let id = user.id().unwrap();
            if accounts_of(plan.changes()).contains(id) {
                prop_assert!(world.rules.protect.of_user(user).is_none(), "{} is protected", user.email());
                prop_assert!(user.kind.known().is_some());
                prop_assert!(!user.groups.iter().any(umsync_engine::key::GroupName::is_org_admin));
            }
        }
    }

    #[test]
    fn nobody_whom_the_directory_names_leaves(world in world()) {
        let Ok((plan, _)) = world.plan() else { return Ok(()) };
        // Everything that an entry without a usable mail says, and the mail of the others.
        let usable = |entry: &Entry| entry.first("mail").is_some_and(str::is_ascii);
        let named: BTreeSet<String> = world.directory.entries.iter()
            .filter(|entry| !world.says_gone(entry))
            .flat_map(|entry| entry.attributes.iter().filter(|(name, _)| *name == "mail" || !usable(entry)))
            .map(|(_, value)| value.to_lowercase())
            .collect();
        for change in plan.changes().iter().filter(|change| change.is_departure()) {
            prop_assert!(!named.contains(&change.target.to_string().to_lowercase()), "{} is named", change.target);
        }
        let mapped = world.rules.mapped();
        let listed = |entry: &Entry| entry.groups.iter().any(|group| mapped.contains(group));
        if world.directory.entries.iter().any(|entry| !world.says_gone(entry) && entry.attributes.is_empty() && listed(entry)) {
            let by_absence = |change: &&Change| matches!(change.reason, Reason::Absent { .. }) || change.is_departure();
            prop_assert!(!plan.changes().iter().filter(by_absence).any(|change| !world.memory.approved.contains(&change.fingerprint())));
        }
    }

    #[test]
    fn whoever_is_merely_absent_keeps_everything_until_grace_and_reads_are_over(world in world()) {
        let Ok((plan, _)) = world.clone().without_limits().plan() else { return Ok(()) };
        for change in plan.changes().iter().filter(|change| change.is_removal()) {
            let Target::User(account) = &change.target else { continue };
            let id = account.id().unwrap();
            let order = world.memory.orders.get(id).filter(|order| order.holds_at(now()));
            let absence = world.memory.absences[id];
            let grace = TimeDelta::from_std(world.rules.leavers.grace).unwrap();
            let over = absence.since + grace <= now() && absence.reads >= world.rules.leavers.reads;
            match &change.reason {
                Reason::Absent { .. } => prop_assert!(order == Some(&Order::Expedite) || (order.is_none() && over)),
                Reason::Departed { .. } => {
                    let held = matches!(order, Some(Order::Hold { .. }));
                    prop_assert!(!held);
                    prop_assert!(!change.is_departure() || over || order == Some(&Order::Expedite));
                }
                _ => {}
            }
        }
    }

    #[test]
    fn no_account_becomes_somebody_elses(world in world()) {
        let Ok((_, remember)) = world.plan() else { return Ok(()) };
        for found in &remember.matches {
            let owners: BTreeSet<_> =
                world.memory.links.iter().filter(|known| known.id() == found.id).map(|known| known.anchor()).collect();
            prop_assert!(owners.is_empty() || owners.contains(found.anchor.as_str()), "{:?} belongs to {:?}", found, owners);
        }
    }

    /// However it came to be: nobody knows whose it is, whatever their addresses say.
    #[test]
    fn an_account_that_links_give_to_two_people_is_nobodys(mut world in world()) {
        let people = world.people();
        let [one, two, ..] = people.all.as_slice() else { return Ok(()) };
        let Some(user) = world.adobe.users.first().cloned() else { return Ok(()) };
        if user.kind.known().map(Identity::ownership) != Some(one.identity.ownership()) {
            return Ok(());
        }
        let id = user.id().expect("all of a world have one");
        for person in [one, two] {
            let dn = person.sightings().next().expect("a person is somewhere").dn;
            let entry = world.directory.entries.iter().find(|entry| entry.dn == dn).expect("it was read");
            let anchor = entry.anchor.as_ref().expect("only a bare entry has none");
            world.memory.links.insert(Known::new(None, KnownTexts { anchor, id, email: user.email(), dn }, now()));
        }
        let Ok((plan, _)) = world.plan() else { return Ok(()) };
        let withheld = plan.withheld().iter().map(|withheld| &withheld.change);
        let changes: Vec<Change> = plan.changes().iter().chain(withheld).cloned().collect();
        prop_assert!(!accounts_of(&changes).contains(id), "{changes:#?}");
    }

    #[test]
    fn what_adobe_refuses_again_and_again_waits_until_something_changes(world in world()) {
        let mut world = world.without_limits();
        let Ok((plan, _)) = world.plan() else { return Ok(()) };
        let refused = |digest: String| Failing { runs: MOST_REFUSALS, at: now(), digest, code: "error.x".into(), message: "no".into() };
        world.memory.failing = plan.changes().iter().map(|change| (change.fingerprint(), refused(String::new()))).collect();
        let (tried, remember) = world.plan().expect("the same groups");
        prop_assert_eq!(tried.changes(), plan.changes(), "another digest: tried again");
        world.memory.failing = remember.digests.into_iter().map(|(change, digest)| (change, refused(digest))).collect();
        let mut later = world.clone();
        later.memory.failing.values_mut().for_each(|failing| failing.at = now() - TRY_AGAIN);
        let (weekly, _) = later.plan().expect("the same groups");
        prop_assert_eq!(weekly.changes(), plan.changes(), "a week later: tried again");
        let (parked, _) = world.plan().expect("the same groups");
        prop_assert!(parked.changes().is_empty());
        prop_assert_eq!(parked.parked().len(), plan.changes().len());
    }

    #[test]
    fn limits_hold_and_a_breach_holds_every_removal(world in world()) {
        let Ok((plan, _)) = world.plan() else { return Ok(()) };
        let mut limits = world.rules.limits;
        if world.rules.baseline == Baseline::Missing {
            (limits.create, limits.update) = (Limit::Off, Limit::Off);
        }
        let unapproved = plan.changes().iter().filter(|change| !world.memory.approved.contains(&change.fingerprint()));
        prop_assert!(breaches(unapproved.clone(), &limits, plan.populations(), &Spent::default()).is_empty());
        if !plan.breaches().is_empty() || world.rules.baseline != Baseline::Accepted || plan.doubts().too_many_set_aside || plan.doubts().fall {
            prop_assert!(unapproved.clone().all(|change| !change.is_removal()));
        }
        if world.rules.baseline != Baseline::Accepted {
            prop_assert!(unapproved.clone().all(|change| !change.is_identity()));
        }
    }

    #[test]
    fn nobody_loses_what_a_group_with_new_unresolved_members_gives(world in world()) {
        let Ok((plan, _)) = world.plan() else { return Ok(()) };
        let is_new = |(group, names): &(&GroupRef, &BTreeSet<String>)| {
            !names.is_subset(world.memory.accepted.get(group).unwrap_or(&BTreeSet::new()))
        };
        let strange: BTreeSet<_> =
            world.directory.certificate.unresolved.iter().filter(is_new).map(|(group, _)| group).collect();
        let given: BTreeSet<_> = world.rules.mappings.iter()
            .filter(|mapping| strange.contains(&mapping.directory))
            .flat_map(|mapping| mapping.adobe.clone())
            .collect();
        let mut after = world.adobe.clone();
        amend(&mut after, plan.changes());
        for before in &world.adobe.users {
            let groups = after.users.iter().find(|user| user.id() == before.id()).map(|user| user.groups.clone());
            let groups = groups.unwrap_or_default();
            prop_assert!(before.groups.iter().filter(|group| given.contains(*group)).all(|group| groups.contains(group)), "{before:?}");
        }
        // Accepting what the plan shows lets go of everything that waited for it alone.
        let mut accepted = world.clone();
        for (group, names) in plan.freezing() {
            accepted.memory.accepted.entry(group.clone()).or_default().extend(names.clone());
        }
        let (again, _) = accepted.plan().expect("the same groups");
        prop_assert!(again.withheld().iter().all(|withheld| withheld.why != Why::Unresolved));
        prop_assert!(again.freezing().is_empty());
    }

    #[test]
    fn a_fall_holds_every_removal(world in world()) {
        let Ok((plan, remember)) = world.plan() else { return Ok(()) };
        let limits = &world.rules.limits;
        let people = world.memory.reads.values().flatten().map(|read| read.people).collect::<Vec<_>>();
        // Whatever the median is, it is one of them.
        let falls = |before: &usize| {
            limits.fall.allows(*before).is_some_and(|allowed| before.saturating_sub(world.directory.entries.len()) > allowed)
        };
        if !people.is_empty() && people.iter().all(falls) {
            prop_assert!(plan.changes().iter().all(|change| !change.is_removal()));
        }
        prop_assert_eq!(plan.falls().is_empty(), !plan.doubts().fall);
        // A read is no fall against itself.
        let mut again = world.clone();
        again.memory.reads = remember.counts.into_iter().map(|(name, counts)| (name, vec![counts])).collect();
        prop_assert!(again.plan().expect("the same groups").0.falls().is_empty());
    }

    #[test]
    fn approving_a_plan_lifts_exactly_its_withheld_changes(world in world()) {
        let Ok((plan, _)) = world.plan() else { return Ok(()) };
        let mut approved = world.clone();
        approved.memory.approved.extend(plan.withheld().iter().map(|withheld| withheld.change.fingerprint()));
        let (lifted, _) = approved.plan().expect("the same groups");
        prop_assert!(lifted.withheld().is_empty());
        let mut all: Vec<Change> = plan.changes().to_vec();
        all.extend(plan.withheld().iter().map(|withheld| withheld.change.clone()));
        all.sort();
        prop_assert_eq!(lifted.changes(), &all[..]);
    }

    #[test]
    fn withheld_changes_are_the_rest_of_what_an_unlimited_plan_sends(world in world()) {
        let Ok((plan, _)) = world.plan() else { return Ok(()) };
        let (all, _) = world.clone().without_limits().plan().expect("the same groups");
        let mut both: Vec<Change> = plan.changes().to_vec();
        both.extend(plan.withheld().iter().map(|withheld| withheld.change.clone()));
        both.sort();
        let mut unlimited = all.changes().to_vec();
        unlimited.extend(all.withheld().iter().map(|withheld| withheld.change.clone()));
        unlimited.sort();
        prop_assert_eq!(both, unlimited);
    }

    #[test]
    fn every_change_is_carried_by_one_command_within_adobes_tens(world in world()) {
        let Ok((plan, _)) = world.without_limits().plan() else { return Ok(()) };
        let mut carried: Vec<usize> = plan.commands().iter().flat_map(|command| command.changes.clone()).collect();
        carried.sort_unstable();
        prop_assert_eq!(carried, (0..plan.changes().len()).collect::<Vec<_>>());
        for command in plan.commands() {
            prop_assert!((1..=STEPS_PER_COMMAND).contains(&command.steps.len()));
            for step in &command.steps {
                if let Step::Add(groups) | Step::Remove(groups) = step {
                    prop_assert!((1..=ENTRIES_PER_LIST).contains(&groups.len()));
                }
            }
        }
        let requests = requests(plan.commands());
        let mut last = None;
        for range in &requests {
            prop_assert!(range.len() <= COMMANDS_PER_REQUEST);
            let part = &plan.commands()[range.clone()];
            prop_assert!(part.iter().all(|command| command.phase == part[0].phase));
            prop_assert!(last <= Some(part[0].phase));
            last = Some(part[0].phase);
            let targets: BTreeSet<_> = part.iter().map(|command| &command.target).collect();
            prop_assert_eq!(targets.len(), part.len());
        }
        let targets: BTreeMap<_, ()> = plan.changes().iter().map(|change| (&change.target, ())).collect();
        prop_assert!(requests.len() <= plan.changes().len());
        prop_assert!(requests.len() >= targets.len().div_ceil(COMMANDS_PER_REQUEST));
    }
}

#[test]
fn a_hundred_and_fifty_groups_take_two_commands_in_two_requests() {
    let world = World::one_person_in_groups(150);
    let (plan, _) = world.plan().unwrap();
    let steps: Vec<usize> = plan.commands().iter().map(|command| command.steps.len()).collect();
    assert_eq!(steps, [10, 6], "one create and fifteen lists of ten");
    assert_eq!(requests(plan.commands()), [0..1, 1..2], "nobody appears twice in a request");
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_kept_plan_executed_at_once_is_exactly_itself(world in world()) {
        let Ok((plan, _)) = world.plan() else { return Ok(()) };
        let saved = SavedPlan::parse(&serde_json::to_value(&plan).unwrap()).expect("a plan of ours");
        let exact = exactly(&saved, &plan, &BTreeSet::new());
        prop_assert_eq!(exact.plan.changes(), plan.changes());
        prop_assert_eq!(exact.plan.withheld(), plan.withheld());
        prop_assert_eq!(exact.plan.commands(), plan.commands());
        prop_assert!(exact.stale.is_empty());
        let mut approved = world.clone();
        approved.memory.approved.extend(saved.lifts());
        let (fresh, _) = approved.plan().expect("the same groups");
        let lifted = exactly(&saved, &fresh, &saved.lifts());
        prop_assert!(lifted.plan.withheld().is_empty() && lifted.stale.is_empty());
        prop_assert_eq!(lifted.plan.changes().len(), plan.changes().len() + plan.withheld().len());
    }

    #[test]
    fn a_kept_plan_never_does_more_than_it_says(world in world(), other in world()) {
        let (Ok((plan, _)), Ok((fresh, _))) = (world.plan(), other.plan()) else { return Ok(()) };
        let saved = SavedPlan::parse(&serde_json::to_value(&plan).unwrap()).expect("a plan of ours");
        let exact = exactly(&saved, &fresh, &BTreeSet::new());
        let says: BTreeSet<String> = plan.changes().iter().map(Change::fingerprint).collect();
        prop_assert!(exact.plan.changes().iter().all(|change| says.contains(&change.fingerprint())));
        let would_send: BTreeSet<String> = fresh.changes().iter().map(Change::fingerprint).collect();
        prop_assert!(exact.plan.changes().iter().all(|change| would_send.contains(&change.fingerprint())), "withheld now");
        let creates = |plan: &Plan, target: &Target| {
            plan.changes().iter().any(|change| change.target == *target && matches!(change.what, What::CreateUser(_)))
        };
        for change in exact.plan.changes() {
            prop_assert!(!creates(&fresh, &change.target) || creates(&exact.plan, &change.target), "nobody makes {}", change.target);
        }
    }
}

#[test]
fn an_altered_plan_is_refused() {
    let (plan, _) = World::one_person_in_groups(3).plan().unwrap();
    let mut value = serde_json::to_value(&plan).unwrap();
    value["changes"].as_array_mut().unwrap().pop();
    assert!(SavedPlan::parse(&value).unwrap_err().to_string().contains("altered"));
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_plan_for_one_person_is_the_part_of_the_whole_that_is_theirs(world in world()) {
        let world = world.without_limits();
        let Ok((whole, _)) = world.plan() else { return Ok(()) };
        for entry in &world.directory.entries {
            let (one, remember) = world.plan_for(&entry.dn).expect("the same groups");
            let users: BTreeSet<_> = one.changes().iter().filter_map(|change| match &change.target {
                Target::User(account) => Some(account.clone()),
                Target::Group(_) => None,
            }).collect();
            prop_assert!(users.len() <= 1, "one account: {users:?}");
            prop_assert!(one.changes().iter().all(|change| whole.changes().contains(change)));
            prop_assert!(one.changes().iter().all(|change| !change.is_departure()));
            prop_assert!(remember.absent.is_empty());
        }
    }
}

/// What happens to whom, whatever the reason: a directory's name stands in it.
fn deeds<'a>(changes: impl IntoIterator<Item = &'a Change>) -> BTreeSet<(Target, What)> {
    changes.into_iter().map(|change| (change.target.clone(), change.what.clone())).collect()
}

/// Which entries are the first directory's, the second's, or of both.
fn parts() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(0..3_u8, 8)
}

/// Some mappings are about one directory alone.
fn restricted(mut world: World, within: &[bool]) -> World {
    for (mapping, within) in world.rules.mappings.iter_mut().zip(within) {
        if *within {
            mapping.within.insert(DirectoryName::new("a"));
        }
    }
    world
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn the_order_of_directories_does_not_matter(world in world(), parts in parts()) {
        let (one, other) = (Several::of(world.clone(), &parts, ["a", "b"]), Several::of(world, &parts, ["b", "a"]));
        let Ok((plan, _)) = one.plan_without(&[]) else { return Ok(()) };
        let (again, _) = other.plan_without(&[]).expect("the same groups");
        prop_assert_eq!(deeds(plan.changes()), deeds(again.changes()));
        let withheld = |plan: &Plan| deeds(plan.withheld().iter().map(|withheld| &withheld.change));
        prop_assert_eq!(withheld(&plan), withheld(&again));
    }

    #[test]
    fn a_directory_read_twice_is_as_good_as_once(world in world()) {
        let mut world = world.without_limits();
        world.directory.certificate.unresolved.clear();
        let Ok((once, _)) = world.plan() else { return Ok(()) };
        let (twice, _) = Several::of(world, &[], ["a", "b"]).plan_without(&[]).expect("the same groups");
        prop_assert_eq!(deeds(once.changes()), deeds(twice.changes()));
        prop_assert_eq!(once.id(), twice.id());
    }

    #[test]
    fn nobody_loses_what_a_directory_gave_or_may_give_that_cannot_be_read(
        world in world(), parts in parts(), within in proptest::collection::vec(any::<bool>(), 4)
    ) {
        let mut several = Several::of(restricted(world.without_limits(), &within), &parts, ["a", "b"]);
        let Ok((_, remember)) = several.plan_without(&[]) else { return Ok(()) };
        several.world.memory.gave = remember.giving;
        let unlifted = several.plan_without(&["b"]).map(|(plan, _)| plan);
        let Ok(unlifted) = unlifted else { return Ok(()) };
        // Whatever somebody approves.
        let waiting = unlifted.withheld().iter().filter(|withheld| withheld.why == Why::Unread);
        let waiting: Vec<Change> = waiting.map(|withheld| withheld.change.clone()).collect();
        let all = unlifted.withheld().iter().map(|withheld| withheld.change.fingerprint());
        several.world.memory.approved.extend(all);
        let (plan, remember) = several.plan_without(&["b"]).expect("the same groups");
        prop_assert!(plan.changes().iter().all(|change| !waiting.contains(change)));
        prop_assert!(plan.doubts().unread && remember.absent.is_empty() && !remember.whole);

        let (a, b) = (DirectoryName::new("a"), DirectoryName::new("b"));
        let may_give: BTreeSet<_> = several.world.rules.mappings.iter()
            .filter(|mapping| mapping.is_about(&b)).flat_map(|mapping| mapping.adobe.clone()).collect();
        let gave = &several.world.memory.gave[&b].people;
        let there = |user: &User| several.read[&a].entries.iter().any(|entry| {
            let linked = entry.anchor.as_ref().and_then(|anchor| several.world.memory.links.get(anchor));
            let names = entry.attributes.iter().map(|(_, name)| name.to_lowercase()).collect::<BTreeSet<_>>();
            linked.is_some_and(|known| Some(known.id()) == user.id())
                || names.contains(&user.email().to_lowercase())
                || user.username().is_some_and(|name| names.contains(&name.to_lowercase()))
        });
        let mut after = several.world.adobe.clone();
        amend(&mut after, plan.changes());
        for before in &several.world.adobe.users {
            let Some(now) = after.users.iter().find(|user| user.id() == before.id()) else {
                return Err(TestCaseError::fail(format!("{before:?} has left")));
            };
            prop_assert!(before.groups.iter().filter(|group| may_give.contains(*group)).all(|group| now.groups.contains(group)), "{before:?}");
            if gave.covers(before.id(), before.email(), before.username()) || !there(before) {
                prop_assert!(before.groups.is_subset(&now.groups), "{before:?} {now:?}");
                prop_assert_eq!(
                    (before.email(), before.username(), before.first_name(), before.last_name()),
                    (now.email(), now.username(), now.first_name(), now.last_name())
                );
            }
        }
        // Whoever can be read, and is nobody whom the other gave, gets what they would get if there were no other directory.
        let mut alone = several.clone();
        alone.read.remove(&b);
        let (alone, _) = alone.plan_without(&[]).expect("the same groups");
        let gains = |change: &&Change| match (&change.target, &change.what) {
            (Target::User(account), What::CreateUser(_) | What::Join { .. }) => {
                let user = several.world.adobe.users.iter().find(|user| account.id().is_some() && user.id() == account.id());
                let username = user.and_then(|user| user.username()).unwrap_or(account.user());
                !gave.covers(account.id(), account.email(), Some(username))
            }
            _ => false,
        };
        prop_assert_eq!(deeds(plan.changes().iter().filter(gains)), deeds(alone.changes().iter().filter(gains)));
    }
}

/// The same world, pushed to.
fn pushed(mut world: World) -> World {
    world.rules.strategy = umsync_engine::rules::Strategy::Push;
    world
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_push_only_gives_and_a_second_one_changes_nothing(world in world()) {
        let world = pushed(world.without_limits());
        let Ok((plan, _)) = world.plan() else { return Ok(()) };
        let managed = world.rules.managed_groups();
        let mut sent = BTreeSet::new();
        for change in plan.changes() {
            match (&change.target, &change.what) {
                (Target::User(account), What::PushUser { .. }) => {
                    let by = world.rules.protect.of(account.email(), Some(account.user()), Some(account.identity), &Sorted::new());
                    prop_assert!(by.is_none(), "{} is protected", account.email());
                    sent.insert(account.key.clone());
                }
                (Target::User(_), What::Join { group }) => prop_assert!(managed.contains(group)),
                (Target::Group(group), What::CreateGroup) => prop_assert!(managed.contains(group)),
                _ => prop_assert!(false, "{change:?}"),
            }
        }
        let mut after = world.adobe.clone();
        amend(&mut after, plan.changes());
        for before in &world.adobe.users {
            let now = after.users.iter().find(|user| user.id() == before.id()).expect("nobody leaves");
            prop_assert!(before.groups.is_subset(&now.groups));
            prop_assert_eq!((before.email(), before.username(), &before.kind), (now.email(), now.username(), &now.kind));
            if !before.key().is_some_and(|key| sent.contains(&key)) {
                prop_assert_eq!(before, now, "nobody has sent them");
            }
        }
        for change in plan.changes() {
            let (Target::User(account), What::Join { group }) = (&change.target, &change.what) else { continue };
            prop_assert!(sent.contains(&account.key), "whoever joins is sent");
            let is_in = |user: &User| user.key().as_ref() == Some(&account.key) && user.groups.contains(group);
            prop_assert!(after.users.iter().any(is_in));
        }
        let mut twice = after.clone();
        amend(&mut twice, plan.changes());
        prop_assert_eq!(after, twice);
        for command in plan.commands() {
            prop_assert!(!command.is_of_members() && command.steps.len() <= STEPS_PER_COMMAND);
        }
        prop_assert_eq!(plan.commands().iter().map(|command| command.changes.len()).sum::<usize>(), plan.changes().len());
    }

    #[test]
    fn a_push_knows_nothing_of_adobe(world in world(), other in world(), seed in any::<u64>()) {
        let world = pushed(world);
        let Ok((plan, remember)) = world.plan() else { return Ok(()) };
        prop_assert!(plan.adobe().is_none() && remember.absent.is_empty() && remember.matches.is_empty());
        let (again, _) = World { adobe: other.adobe, ..world.shuffled(seed) }.plan().expect("the same people");
        prop_assert_eq!(serde_json::to_string(&plan).unwrap(), serde_json::to_string(&again).unwrap());
    }

    #[test]
    fn a_push_sends_nothing_before_somebody_has_looked(world in world()) {
        let mut world = pushed(world.without_limits());
        let Ok((all, _)) = world.plan() else { return Ok(()) };
        prop_assert!(all.withheld().is_empty());
        for baseline in [Baseline::Missing, Baseline::Changed] {
            world.rules.baseline = baseline;
            let (plan, _) = world.plan().expect("the same people");
            prop_assert!(plan.changes().is_empty());
            prop_assert_eq!(plan.withheld().len(), all.changes().len());
            let saved = SavedPlan::parse(&serde_json::to_value(&plan).unwrap()).expect("a plan of ours");
            let mut approved = world.clone();
            approved.memory.approved.extend(saved.lifts());
            let (lifted, _) = approved.plan().expect("the same people");
            prop_assert_eq!(lifted.changes(), all.changes());
            let exact = exactly(&saved, &lifted, &saved.lifts());
            prop_assert_eq!(exact.plan.commands(), all.commands());
        }
    }
}
