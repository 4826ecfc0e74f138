//! One story: a company, an Adobe, a sync that is cut off, and what it takes until Adobe is as wanted.

use super::RESUMES;
use super::company::{COMMANDS, COMPANY, is_as_wanted, rules, without_ids};
use super::tally::{Phase, Tally};
use super::trap::Trap;
use super::window::Window;
use crate::support::report::{Mark, report_agrees, report_agrees_since};
use crate::support::rounds::{Dice, play};
use crate::support::store::EVERY;
use crate::support::{Ended, World, awaited};
use std::collections::BTreeSet;
use std::process::Child;
use std::sync::LazyLock;
use std::time::{Duration, Instant};
use umsync_emulator::{Effect, Endpoint, Entry, Fault, Group, Options, Org, Seed, User};

/// What a sync does that nobody disturbs.
pub(super) struct Undisturbed {
    /// Its requests, in order.
    pub(super) requests: Vec<Endpoint>,
    /// How long it takes while another one runs beside it.
    pub(super) takes: Duration,
    /// What Adobe holds afterwards, ids aside.
    after: (Vec<User>, Vec<User>, Vec<Group>),
}

pub(super) static UNDISTURBED: LazyLock<Undisturbed> = LazyLock::new(|| {
    let told = play(2, |_| {
        let mut story = Story::new();
        let begun = Instant::now();
        let ended = story.sync().with(0);
        let takes = begun.elapsed();
        assert!(ended.stdout.contains("\nDone: 1 group created, 200 accounts created"), "{}", ended.stdout);
        story.is_over();
        let log = story.world.adobe.log();
        let requests = log.iter().map(|entry| entry.endpoint.expect("a path that leads somewhere"));
        Undisturbed { requests: requests.collect(), takes, after: without_ids(&story.world.adobe.state()) }
    });
    let takes = told.iter().map(|one| one.takes).min().unwrap_or_default();
    let one = told.into_iter().next().expect("there were two");
    Undisturbed { takes, ..one }
});

impl Undisturbed {
    /// How many action requests it sends.
    pub(super) fn actions(&self) -> usize {
        self.requests.iter().filter(|endpoint| **endpoint == Endpoint::Action).count()
    }

    /// Which of its requests sends its first commands.
    pub(super) fn first_action(&self) -> usize {
        self.requests.len() - self.actions()
    }
}

/// One story under way.
pub(super) struct Story {
    pub(super) world: World,
    pub(super) trap: Trap,
    pub(super) tally: Tally,
    /// Adobe at first.
    pub(super) before: Org,
    window: Window,
    /// How many calls had come when the last run was looked at.
    seen: usize,
    /// Something was sent in the present window, and not everything has been carried out.
    cut: bool,
    /// When the run began that was cut off, and of whom the last run has told to the end.
    began: Option<Mark>,
    continued: Option<Mark>,
}

impl Story {
    pub(super) fn new() -> Self {
        let trap = Trap::default();
        let seed = Seed::parse(&COMPANY.seed).expect("a good seed");
        let options = Options { on_request: Some(trap.hook()), ..Options::seeded(seed) };
        let world = World::with(options, &COMPANY.ldif);
        // `every` is its two hours; the emulator on this machine proves itself.
        // Each command a person's, so that there are many boundaries at which it may be cut off.
        world.configure_with(&["pace: off", "packing: per-user"], &rules());
        let before = world.adobe.state();
        let tally = Tally { stories: 1, ..Tally::default() };
        Self {
            world,
            trap,
            tally,
            before,
            window: Window::default(),
            seen: 0,
            cut: false,
            began: None,
            continued: None,
        }
    }

    /// Loses up to three replies to action requests, some before and some after the change.
    pub(super) fn lose_replies(&self, dice: &mut Dice) {
        let mut at = 0;
        for _ in 0..3 {
            at += 2 + dice.below(20) as u32;
            let effect = match dice.below(3) {
                0 => Effect::CloseBefore,
                1 => Effect::CutReply,
                _ => Effect::CutMidReply,
            };
            self.world.adobe.faults().add(Fault::on(Endpoint::Action, effect).nth(at));
        }
    }

    /// One run that nobody disturbs.
    pub(super) fn sync(&mut self) -> Ended {
        let ended = self.world.run(&["sync"]);
        self.look();
        ended
    }

    /// What a run that was killed has left, and where it was. One that ended before the kill has ended well.
    pub(super) fn killed(&mut self, child: Child) -> Phase {
        self.ended_early(child, &[-1])
    }

    /// The same of a run that was asked to stop: it ends by itself, unless it was asked before it could hear.
    pub(super) fn asked_to_stop(&mut self, child: Child) -> Phase {
        self.ended_early(child, &[-1, 1, 4])
    }

    fn ended_early(&mut self, child: Child, early: &[i32]) -> Phase {
        let ended = awaited(child);
        self.settle();
        let mut phase = phase(&self.world.adobe.log()[self.seen..]);
        if !early.contains(&ended.code) {
            phase = Phase::Over;
            assert!([0, 8].contains(&ended.code), "{}", ended.stderr);
        }
        self.tally.kill(phase);
        self.look();
        let was_cut = self.cut;
        self.cut =
            !self.window.senders.is_empty() && without_ids(&self.world.adobe.state()) != UNDISTURBED.after;
        let resumed = was_cut && !self.cut && phase == Phase::Over;
        self.tally.resumed += usize::from(resumed);
        if resumed {
            self.continued = self.began.take();
        } else if !self.window.senders.is_empty() {
            self.began.get_or_insert_with(|| self.world.mark());
        }
        phase
    }

    /// Waits until what the dead had under way has arrived.
    fn settle(&self) {
        let calls = || self.world.adobe.log().len();
        let mut arrived = None;
        while arrived != Some(calls()) {
            arrived = Some(calls());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Takes note of what a run did.
    #[track_caller]
    pub(super) fn look(&mut self) {
        self.seen = self.world.adobe.log().len();
        self.window.look(&self.world);
    }

    /// Lets two hours pass. What was cut off is then planned anew.
    pub(super) fn pass(&mut self) {
        self.tally.planned_anew += usize::from(std::mem::take(&mut self.cut));
        self.began = None;
        self.continued = None;
        self.close_window();
        self.world.pass(EVERY);
        self.window = Window::opens(&self.world);
    }

    fn close_window(&mut self) {
        let executions = self.window.stamps.len();
        self.tally.windows += 1;
        self.tally.executions += executions;
        self.tally.most_in_a_window = self.tally.most_in_a_window.max(executions);
    }

    /// Runs until it is done: once, or once more when the gate has opened.
    pub(super) fn carry_on(&mut self) {
        let (cut, actions, first) = (self.cut, self.world.actions(), self.window.stamps.first().copied());
        let ended = self.sync();
        if ended.code == 8 {
            assert_eq!(self.world.actions(), actions, "the gate is closed");
            assert!(!(RESUMES && cut), "the execution was not continued: {}", ended.stderr);
            self.pass();
            self.sync().with(0);
        } else {
            let ended = ended.with(0);
            // The last answer may be all that was lost.
            if ended.stdout.contains("was cut short; it is over now") {
                self.continued = self.began.take();
            }
            if cut {
                self.tally.resumed += 1;
                let moved = self.world.stamps().execution.zip(first).map(|(now, first)| now - first);
                let still = moved.is_some_and(|moved| moved.num_milliseconds() == 0);
                assert!(still, "it is still the first execution: {moved:?}");
            }
        }
        self.cut = false;
    }

    /// Panics unless everything is as it must be at the end.
    pub(super) fn is_over(&mut self) {
        self.close_window();
        let now = self.world.adobe.state();
        is_as_wanted(&self.before, &now, None);
        match self.continued.take() {
            // It tells the execution that it went on with, from its beginning.
            Some(mark) => report_agrees_since(&self.world, &mark),
            None => report_agrees(&self.world),
        }
        for command in self.world.adobe.log().iter().flat_map(|entry| &entry.commands) {
            let user = command["user"].as_str();
            assert!(user.map_or(command["usergroup"] == "Sketch", |user| COMPANY.knows(user)), "{command}");
        }
        let (created, again) = creations(&self.world.adobe.log());
        assert_eq!(created, 200, "people whose account was made");
        (self.tally.created, self.tally.created_again) = (created, again);
        self.tally.lost_replies = self.world.adobe.faults().fired() as usize;
    }

    /// The same, and that it is no other state than one gets undisturbed.
    pub(super) fn ends_as_ever(mut self) -> Tally {
        self.is_over();
        assert!(
            without_ids(&self.world.adobe.state()) == UNDISTURBED.after,
            "another state than undisturbed"
        );
        self.tally
    }
}

/// Where a run was, by its requests.
fn phase(log: &[Entry]) -> Phase {
    let actions = log.iter().filter(|entry| entry.endpoint == Some(Endpoint::Action)).count();
    let pages = log.iter().filter(|entry| entry.endpoint == Some(Endpoint::Users) && entry.delivered).count();
    let all = |wanted| UNDISTURBED.requests.iter().filter(|endpoint| **endpoint == wanted).count();
    match log.iter().filter_map(|entry| entry.endpoint).next_back() {
        None | Some(Endpoint::Token | Endpoint::Status) => Phase::Beginning,
        Some(_) if actions == 0 && pages < all(Endpoint::Users) => Phase::Listing,
        Some(_) if actions == 0 => Phase::Planning,
        Some(_) if actions < all(Endpoint::Action) => Phase::Executing,
        Some(_) => Phase::Ending,
    }
}

/// For how many emails a creation was carried out, and how many creations reached Adobe after that.
fn creations(log: &[Entry]) -> (usize, usize) {
    let mut made = BTreeSet::new();
    let mut again = 0;
    for entry in log.iter().filter(|entry| entry.status == Some(200)) {
        for command in
            entry.commands.iter().filter(|command| command["do"][0]["createFederatedID"].is_object())
        {
            again += usize::from(!made.insert(command["user"].to_string()));
        }
    }
    (made.len(), again)
}

const _: () = assert!(COMMANDS >= 500, "the issue asks for five hundred");

#[test]
fn the_company_needs_five_hundred_commands_and_nothing_is_withheld() {
    let story = Story::new();
    let plan = story.world.run(&["plan", "--json"]).with(0).json();
    let count = |path: &str| plan.pointer(path).and_then(serde_json::Value::as_array).map(Vec::len);
    assert_eq!((count("/plan/commands"), count("/plan/withheld")), (Some(COMMANDS), Some(0)));
    assert_eq!(UNDISTURBED.actions(), 1 + 2 + 47 + 3);
}
