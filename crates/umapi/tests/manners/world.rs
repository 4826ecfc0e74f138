//! A token service, an API, a ledger and a clock; and time that passes when the client waits.

use crate::driven::{Ear, driven};
use crate::ledger::Memory;
use crate::server::{Reply, Request, Server};
use chrono::{DateTime, TimeDelta, Utc};
use secrecy::SecretString;
use serde_json::{Value, json};
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use tokio::time::Instant;
use umsync_engine::adobe::Identity;
use umsync_engine::change::{Account, Address, Target};
use umsync_engine::command::{Command, Outcome, Phase, Step, Verdict};
use umsync_umapi::{Client, Clock, EmulatorMark, Manners, Pace, Progress, Session, Settings};

pub(crate) const ORGANIZATION: &str = "AB12@AdobeOrg";
pub(crate) const SECRET: &str = "s3cr3t-of-the-client";
pub(crate) const API: &str = "/v2/usermanagement";

/// A clock that may be fast or slow. Adobe's is always right.
pub(crate) struct TestClock {
    begin: Instant,
    fast: AtomicI64,
}

impl TestClock {
    pub(crate) fn adobe(&self) -> DateTime<Utc> {
        let begin = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        begin + TimeDelta::from_std(self.begin.elapsed()).unwrap()
    }

    /// Seconds since the world began.
    pub(crate) fn elapsed(&self) -> i64 {
        self.begin.elapsed().as_secs().cast_signed()
    }

    pub(crate) fn set(&self, fast: i64) {
        self.fast.store(fast, Ordering::Relaxed);
    }
}

impl Clock for TestClock {
    fn now(&self) -> DateTime<Utc> {
        self.adobe() + TimeDelta::seconds(self.fast.load(Ordering::Relaxed))
    }
}

pub(crate) struct World {
    pub(crate) ims: Server,
    pub(crate) api: Server,
    pub(crate) ledger: Arc<Memory>,
    pub(crate) clock: Arc<TestClock>,
    pace: Pace,
}

impl World {
    /// A world in which Adobe answers this, without pace.
    pub(crate) async fn new(api: impl FnMut(&Request) -> Reply + Send + 'static) -> Self {
        Self::with_pace(Pace::Off, api).await
    }

    pub(crate) async fn with_pace(pace: Pace, api: impl FnMut(&Request) -> Reply + Send + 'static) -> Self {
        let clock = Arc::new(TestClock { begin: Instant::now(), fast: AtomicI64::new(0) });
        let ims = Server::start(clock.clone(), |_| token()).await;
        let api = Server::start(clock.clone(), marked(api)).await;
        Self { ims, api, ledger: Arc::default(), clock, pace }
    }

    /// From now on Adobe answers this.
    pub(crate) fn play(&self, api: impl FnMut(&Request) -> Reply + Send + 'static) {
        self.api.play(marked(api));
    }

    pub(crate) async fn settings(&self) -> Settings {
        let mut settings = Settings::new(ORGANIZATION, "the-key", SecretString::from(SECRET));
        settings.server = self.api.url();
        settings.ims = self.ims.url();
        settings.timeout = Duration::from_secs(20);
        let mark = EmulatorMark::prove(&settings.server, None, None).await.unwrap();
        settings.manners = Manners { every: Duration::from_secs(7200), pace: self.pace, mark: Some(mark) };
        settings
    }

    pub(crate) async fn client(&self) -> Client<Memory> {
        Client::new(self.settings().await, self.ledger.clone(), self.clock.clone()).unwrap()
    }

    pub(crate) async fn session(&self) -> Session<Memory> {
        self.client().await.begin().await.unwrap()
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// What came to the API, `GET /status` left out.
    pub(crate) fn calls(&self) -> Vec<Request> {
        self.api.seen().into_iter().filter(|request| request.path != "/status").collect()
    }

    /// `METHOD path?query` of what came to the API, with the parts that never differ left out.
    pub(crate) fn lines(&self) -> Vec<String> {
        let organization = format!("/{ORGANIZATION}");
        let lines = self.api.lines().into_iter().filter(|line| !line.ends_with("/status"));
        lines.map(|line| line.replace(API, "").replacen(&organization, "", 1)).collect()
    }

    /// Runs a call and lets time pass whenever it waits, at once and no further. Returns also what it told.
    pub(crate) async fn driven<T, F: Future<Output = T>>(
        &self,
        call: impl FnOnce(Ear) -> F,
    ) -> (T, Vec<Progress>) {
        driven(|| self.clock.now(), call).await
    }
}

/// What the API answers, and the emulator's mark.
fn marked(mut api: impl FnMut(&Request) -> Reply) -> impl FnMut(&Request) -> Reply {
    move |request| match request.path.as_str() {
        "/status" => Reply::json(json!({"environment": "emulator", "state": "LIVE"})),
        _ => api(request),
    }
}

pub(crate) fn token() -> Reply {
    Reply::json(json!({"access_token": "t0ken", "token_type": "bearer", "expires_in": 86_399}))
}

/// Nobody listens.
pub(crate) fn quietly(_: Progress) {}

pub(crate) fn groups_page(names: &[&str], last: bool) -> Reply {
    let groups: Vec<Value> =
        names.iter().map(|name| json!({"groupName": name, "type": "USER_GROUP", "memberCount": 0})).collect();
    Reply::json(json!({"lastPage": last, "result": "success", "groups": groups}))
}

pub(crate) fn users_page(emails: &[&str], last: bool) -> Reply {
    let users: Vec<Value> = emails.iter().map(|email| user(email, &[])).collect();
    Reply::json(json!({"lastPage": last, "result": "success", "users": users}))
}

pub(crate) fn user(email: &str, groups: &[&str]) -> Value {
    json!({"id": format!("id-{email}"), "email": email, "username": email, "type": "federatedID", "status": "active",
        "firstname": "Jane", "lastname": "Doe", "groups": groups})
}

/// One answer of the endpoint for one user.
pub(crate) fn found(user: Value) -> Reply {
    Reply::json(json!({"result": "success", "user": user}))
}

pub(crate) fn no_user() -> Reply {
    Reply::status(404, json!({"result": "error.user.not_found", "message": "User not found"}))
}

/// All of so many commands are done.
pub(crate) fn done(commands: usize) -> Reply {
    Reply::json(
        json!({"completed": commands, "notCompleted": 0, "completedInTestMode": 0, "result": "success"}),
    )
}

/// The commands of a request are done, however many they are.
pub(crate) fn all_done(request: &Request) -> Reply {
    let commands = request.json().as_array().unwrap().len();
    match request.query.as_str() {
        "testOnly=true" => Reply::json(
            json!({"completed": 0, "notCompleted": 0, "completedInTestMode": commands, "result": "success"}),
        ),
        _ => done(commands),
    }
}

pub(crate) fn address(email: &str) -> Address {
    Address { user: email.to_owned(), domain: None, adobe_id: false }
}

pub(crate) fn command(phase: Phase, email: &str, steps: Vec<Step>) -> Command {
    let account = Account::new(Identity::Federated, None, email, &address(email));
    Command { phase, target: Target::User(account.into()), steps, changes: vec![0], fallback: Vec::new() }
}

/// So many users join a group.
pub(crate) fn joins(count: usize) -> Vec<Command> {
    (0..count).map(|n| join(&format!("u{n}@b.c"))).collect()
}

pub(crate) fn join(email: &str) -> Command {
    command(Phase::Settle, email, vec![Step::Add(vec!["Design".into()])])
}

/// One letter per outcome, in order: done, refused, unknown, not sent.
pub(crate) fn letters(outcomes: &[Outcome]) -> String {
    let letter = |(position, outcome): (usize, &Outcome)| {
        assert_eq!(outcome.command, position);
        match outcome.verdict {
            Verdict::Done => 'D',
            Verdict::Refused { .. } => 'R',
            Verdict::Unknown { .. } => 'U',
            Verdict::NotSent { .. } => 'N',
        }
    };
    outcomes.iter().enumerate().map(letter).collect()
}

/// Why an outcome is what it is.
pub(crate) fn why(outcome: &Outcome) -> String {
    match &outcome.verdict {
        Verdict::Done => String::new(),
        Verdict::Refused { errors } => {
            errors.iter().map(|error| error.code.as_str()).collect::<Vec<_>>().join(" ")
        }
        Verdict::Unknown { why } | Verdict::NotSent { why } => why.clone(),
    }
}
