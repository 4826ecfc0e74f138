//! Time that passes when the client waits, at once and no further.

use chrono::{DateTime, Utc};
use std::future::Future;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use umsync_umapi::Progress;

/// What a call is told about.
pub(crate) type Ear = Arc<dyn Fn(Progress) + Send + Sync>;

/// Waits that nobody is told of last a moment; so does this.
const MOMENT: Duration = Duration::from_millis(5);

/// What one of several calls does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Works,
    Waits(DateTime<Utc>),
    Over,
}

/// What all of them do.
struct Calls {
    states: Mutex<Vec<State>>,
    told: Mutex<Vec<Progress>>,
    changed: UnboundedSender<()>,
}

impl Calls {
    fn ear(self: &Arc<Self>, call: usize) -> Ear {
        let calls = self.clone();
        Arc::new(move |progress| {
            if let Progress::Waiting { until, why: _ } = progress {
                calls.set(call, State::Waits(until));
            }
            calls.told.lock().unwrap().push(progress);
        })
    }

    fn set(&self, call: usize, state: State) {
        self.states.lock().unwrap()[call] = state;
        self.changed.send(()).unwrap();
    }

    /// When the first of them goes on, if nobody works.
    fn next(&self) -> Option<DateTime<Utc>> {
        let states = self.states.lock().unwrap();
        if states.contains(&State::Works) {
            return None;
        }
        let waits = states.iter().filter_map(|state| match state {
            State::Waits(until) => Some(*until),
            State::Works | State::Over => None,
        });
        waits.min()
    }

    /// Whoever has waited for long enough works.
    fn go_on(&self, now: DateTime<Utc>) {
        for state in &mut *self.states.lock().unwrap() {
            if matches!(state, State::Waits(until) if *until <= now) {
                *state = State::Works;
            }
        }
    }
}

/// Runs a call and lets time pass whenever it waits. Returns also what it told.
pub(crate) async fn driven<T, F: Future<Output = T>>(
    now: impl Fn() -> DateTime<Utc>,
    call: impl FnOnce(Ear) -> F,
) -> (T, Vec<Progress>) {
    let (calls, changes) = calls(1);
    let result = passing(now, &calls, changes, call(calls.ear(0))).await;
    let told = std::mem::take(&mut *calls.told.lock().unwrap());
    (result, told)
}

/// Runs two calls side by side and lets time pass whenever both wait.
#[allow(dead_code, reason = "one of those who share this file needs it")]
pub(crate) async fn driven_together<T, U, F: Future<Output = T>, G: Future<Output = U>>(
    now: impl Fn() -> DateTime<Utc>,
    one: impl FnOnce(Ear) -> F,
    other: impl FnOnce(Ear) -> G,
) -> (T, U) {
    let (calls, changes) = calls(2);
    let over = |call: usize| calls.set(call, State::Over);
    let (one, other) = (one(calls.ear(0)), other(calls.ear(1)));
    let both = async { tokio::join!(async { (one.await, over(0)).0 }, async { (other.await, over(1)).0 }) };
    passing(now, &calls, changes, both).await
}

fn calls(count: usize) -> (Arc<Calls>, UnboundedReceiver<()>) {
    let (changed, changes) = unbounded_channel();
    let states = Mutex::new(vec![State::Works; count]);
    (Arc::new(Calls { states, told: Mutex::default(), changed }), changes)
}

async fn passing<T>(
    now: impl Fn() -> DateTime<Utc>,
    calls: &Calls,
    mut changes: UnboundedReceiver<()>,
    work: impl Future<Output = T>,
) -> T {
    // While a blocking task runs tokio's paused clock stands still, so that waiting for a socket takes no time but what it
    // really takes. Nobody is told of a short wait: it lasts as long as it lasts.
    let (hold, held) = channel::<()>();
    let (moment, mut moments) = unbounded_channel();
    let still = tokio::task::spawn_blocking(move || {
        while matches!(held.recv_timeout(MOMENT), Err(RecvTimeoutError::Timeout)) {
            // The last one may come when nobody listens any more.
            let _ = moment.send(());
        }
    });
    tokio::time::pause();
    let pass = async {
        loop {
            tokio::select! {
                Some(()) = changes.recv() => {}
                Some(()) = moments.recv() => tokio::time::advance(MOMENT).await,
                else => break,
            }
            while let Some(until) = calls.next() {
                let wait = (until - now()).to_std().unwrap_or_default();
                tokio::time::advance(wait + Duration::from_millis(1)).await;
                calls.go_on(now());
            }
        }
    };
    let result = tokio::select! {
        biased;
        result = work => result,
        () = pass => unreachable!("time passes as long as somebody works"),
    };
    tokio::time::resume();
    drop(hold);
    let _ = still.await;
    result
}
