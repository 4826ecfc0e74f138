//! A process that ends at any request of an execution, and the next one that goes on: Adobe ends up as if nothing had
//! happened, and nothing happened twice.

use crate::ledger::Call;
use crate::organization::{History, Organization, User};
use crate::server::Reply;
use crate::world::{World, command, letters, quietly};
use chrono::TimeDelta;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use umsync_engine::adobe::Identity;
use umsync_engine::change::{Field, Profile, ProfileTexts, Target};
use umsync_engine::command::{Command, Outcome, Phase, Step};
use umsync_umapi::Cancel;

/// Where the process ends, at its nth request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Moment {
    /// Before the request is noted.
    Unnoted,
    /// The request is noted and never arrives.
    NeverArrives,
    /// It is carried out, and its answer is lost.
    AnswerLost,
    /// It is answered, and nobody notes it.
    Unsettled,
}

const MOMENTS: [Moment; 4] = [Moment::Unnoted, Moment::NeverArrives, Moment::AnswerLost, Moment::Unsettled];

fn add(groups: &[&str]) -> Step {
    Step::Add(groups.iter().map(|group| (*group).into()).collect())
}

fn email(kind: &str, number: usize) -> String {
    format!("{kind}{number}@b.c")
}

/// About 120 commands: two groups, people who lose, come, gain, change and leave, and one who is refused.
fn plan() -> Vec<Command> {
    let to = |phase, kind, steps: Vec<Step>| move |n| command(phase, &email(kind, n), steps.clone());
    let group = |name: &str| Command {
        phase: Phase::Groups,
        target: Target::Group(name.into()),
        steps: vec![Step::CreateGroup],
        changes: vec![0],
        fallback: Vec::new(),
    };
    let create = |n| {
        let email = email("new", n);
        let (first_name, last_name) = (Some("Jane"), Some("Doe"));
        let texts = ProfileTexts { email: &email, first_name, last_name, country: None };
        let profile = Profile::new(Identity::Federated, texts).into();
        command(Phase::Settle, &email, vec![Step::CreateUser(profile), add(&["Fresh", "Design"])])
    };
    let rename = |n| {
        let fields = [(Field::Email, email("renamed", n)), (Field::FirstName, "Joan".to_owned())].into();
        command(Phase::Settle, &email("old", n), vec![Step::Update(fields), add(&["Design"])])
    };
    let named = [(Field::FirstName, "June".to_owned())].into();
    let mut plan = vec![group("Fresh"), group("Crisp")];
    plan.extend((0..23).map(to(Phase::Release, "loser", vec![Step::Remove(vec!["Design".into()])])));
    plan.extend((0..31).map(create));
    plan.extend((0..12).map(rename));
    plan.extend((0..9).map(to(Phase::Settle, "named", vec![Step::Update(named)])));
    plan.extend((0..14).map(to(
        Phase::Settle,
        "mover",
        vec![Step::Remove(vec!["Design".into()]), add(&["Fresh"])],
    )));
    plan.push(command(Phase::Settle, "named0@b.c", vec![add(&["Nowhere"])]));
    // Further commands for some who are new, as for somebody with more than ten steps.
    plan.extend((0..7).map(to(Phase::Settle, "new", vec![add(&["Crisp"])])));
    plan.extend((0..21).map(to(
        Phase::Depart,
        "leaver",
        vec![Step::RemoveFromOrg { delete_account: false }],
    )));
    plan
}

fn before() -> Organization {
    let mut organization = Organization::default();
    organization.groups.insert("Design".to_owned());
    for kind in ["loser", "old", "named", "mover", "leaver"] {
        for number in 0..40 {
            let groups = BTreeSet::from(["Design".to_owned()]);
            let user = User { first_name: "Jane".to_owned(), groups };
            organization.users.insert(email(kind, number), user);
        }
    }
    organization
}

/// Adobe, what it went through, and the processes that come one after the other.
struct Story {
    world: World,
    adobe: Arc<Mutex<(Organization, History)>>,
}

impl Story {
    async fn new() -> Self {
        let adobe = Arc::new(Mutex::new((before(), History::default())));
        let story = Self { world: World::new(|_| Reply::HangUp).await, adobe };
        story.nothing_goes_wrong();
        story
    }

    fn nothing_goes_wrong(&self) {
        let adobe = self.adobe.clone();
        self.world.play(move |request| {
            let (organization, history) = &mut *adobe.lock().unwrap();
            organization.answer(request, history)
        });
    }

    /// The process ends at this moment of its nth request.
    fn die_at(&self, nth: usize, moment: Moment) {
        self.nothing_goes_wrong();
        let (adobe, ledger) = (self.adobe.clone(), self.world.ledger.clone());
        match moment {
            Moment::Unnoted => return ledger.die_at(Call::Intend, nth),
            Moment::Unsettled => return ledger.die_at(Call::Settle, nth),
            Moment::NeverArrives | Moment::AnswerLost => {}
        }
        let mut left = nth;
        self.world.play(move |request| {
            let (organization, history) = &mut *adobe.lock().unwrap();
            if request.method != "POST" || left > 0 {
                left -= usize::from(request.method == "POST");
                return organization.answer(request, history);
            }
            if moment == Moment::AnswerLost {
                organization.answer(request, history);
            }
            ledger.death.notify_one();
            Reply::Mute
        });
    }

    /// One process: it executes, or goes on where the last one ended. `None`: it ended on the way.
    async fn process(&self, plan: &[Command]) -> Option<Vec<Outcome>> {
        let (session, never) = (self.world.session().await, Cancel::never());
        let stamp = self.world.ledger.stamped().execution;
        let work = async {
            match stamp {
                None => {
                    let permit = session.may_execute().await.unwrap();
                    session.execute(permit, plan, &quietly, &never).await.outcomes
                }
                Some(begun) => {
                    assert!(session.may_execute().await.is_err());
                    let permit = session.may_go_on(begun).await.unwrap().unwrap();
                    let so_far = self.world.ledger.so_far(plan.len());
                    session.go_on(permit, plan, &so_far, &quietly, &never).await.outcomes
                }
            }
        };
        tokio::select! {
            biased;
            () = self.world.ledger.death.notified() => None,
            outcomes = work => Some(outcomes),
        }
    }

    fn requests(&self) -> usize {
        self.adobe.lock().unwrap().1.requests
    }

    /// It came out as in an undisturbed story, and nothing was done twice.
    fn ends_like(&self, undisturbed: &Self, begun: Option<chrono::DateTime<chrono::Utc>>, shown: &str) {
        let (organization, history) = &*self.adobe.lock().unwrap();
        assert_eq!(*organization, undisturbed.adobe.lock().unwrap().0, "{shown}");
        assert_eq!(history.made.len(), 31, "{shown}");
        assert!(history.made.values().chain(history.removed.values()).all(|times| *times == 1), "{shown}");
        // One execution, whoever had it: its stamp never moved to another time.
        let stamp = self.world.ledger.stamped().execution.unwrap();
        let moved = begun.map_or(TimeDelta::zero(), |begun| stamp - begun);
        assert!(moved >= TimeDelta::zero() && moved < TimeDelta::milliseconds(1), "{shown}: {moved}");
    }
}

/// A story in which nothing goes wrong, and its outcomes.
async fn undisturbed(plan: &[Command]) -> (Story, String) {
    let story = Story::new().await;
    let outcomes = letters(&story.process(plan).await.unwrap());
    assert_eq!(outcomes.replace('D', ""), "R");
    (story, outcomes)
}

#[tokio::test]
async fn whatever_request_it_ends_at_the_next_process_goes_on() {
    let plan = plan();
    let (undisturbed, expected) = undisturbed(&plan).await;
    let requests = undisturbed.requests();
    assert!(plan.len() >= 115 && requests >= 14, "{} commands, {requests} requests", plan.len());
    for moment in MOMENTS {
        for nth in 0..requests {
            let shown = format!("{moment:?} at request {nth}");
            let story = Story::new().await;
            story.die_at(nth, moment);
            assert!(story.process(&plan).await.is_none(), "{shown}");
            let begun = story.world.ledger.stamped().execution;
            story.nothing_goes_wrong();
            let outcomes = story.process(&plan).await.unwrap();
            assert_eq!(letters(&outcomes), expected, "{shown}");
            story.ends_like(&undisturbed, begun, &shown);
            // What it knew to be done it left alone: one request more at the most, of those that arrived.
            let twice = usize::from(matches!(moment, Moment::AnswerLost | Moment::Unsettled));
            assert!(story.requests() <= requests + twice, "{shown}: {} requests", story.requests());
        }
    }
}

#[tokio::test]
async fn it_may_end_again_and_again() {
    let plan = plan();
    let (undisturbed, expected) = undisturbed(&plan).await;
    for moment in MOMENTS {
        let story = Story::new().await;
        let mut begun = None;
        for process in 0..100 {
            // Every second one gets one request further at least.
            story.die_at(process % 2, moment);
            let outcomes = story.process(&plan).await;
            begun = begun.or(story.world.ledger.stamped().execution);
            if let Some(outcomes) = outcomes {
                assert!(process > 5, "{moment:?}");
                assert_eq!(letters(&outcomes), expected, "{moment:?}");
                break;
            }
            assert!(process < 99, "{moment:?}: it never ends");
        }
        story.ends_like(&undisturbed, begun, &format!("{moment:?}"));
    }
}
