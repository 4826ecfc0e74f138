//! The matrix in this process: client, engine and emulator, every case with an Adobe of its own.

use super::company::{SOMEBODIES, adobe, is_as_wanted, nobody_else_was_touched, without_ids};
use super::ledger::Memory;
use super::{Case, cases};
use crate::support::ORGANIZATION;
use crate::support::report::deed::Deed;
use crate::support::report::{Mark, Row, is_true};
use crate::support::rounds::{Dice, is_long};
use chrono::{DateTime, Utc};
use secrecy::SecretString;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use umsync_emulator::{DEFAULT_CLIENT, DEFAULT_SECRET, Effect, Emulator, Options, Running, Seed};
use umsync_engine::adobe::Identity;
use umsync_engine::change::Field;
use umsync_engine::command::{Outcome, Verdict};
use umsync_engine::directories::Directories;
use umsync_engine::directory::{Anchor, Directory, DirectoryGroup, Entry, GroupRef};
use umsync_engine::limits::Limits;
use umsync_engine::memory;
use umsync_engine::pack::Packing;
use umsync_engine::plan::{Occasion, Plan, plan};
use umsync_engine::report::{Results, fates};
use umsync_engine::rules::{
    AdobeIdTwin, Baseline, Create, Disabled, Domains, IdentityRule, LeaverAction, Leavers, Mapping,
    MappingMode, NewGroup, PeopleRules, Protect, Rules, Select,
};
use umsync_umapi::{Cancel, Client, Clock, EmulatorMark, Error, Manners, Pace, Settings};

/// So many cases at once: most of the time each waits for its Adobe.
const AT_ONCE: usize = 40;

struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> DateTime<Utc> {
        umsync_emulator::Clock::system().now()
    }
}

fn rules() -> Rules {
    let template = |text: &str| text.parse().unwrap();
    let people = PeopleRules {
        select: Select::Mapped,
        filter: Vec::new(),
        create: Create::Selected,
        identity: IdentityRule::Always(Identity::Federated),
        country: None,
        email: template("{mail}"),
        first_name: template("{givenname}"),
        last_name: template("{sn}"),
        country_of_entry: template("{c}"),
        username: None,
        domain: None,
        update: [Field::FirstName, Field::LastName, Field::Email].into(),
        domains: Domains::Met,
        adobe_id_twin: AdobeIdTwin::Hold,
        disabled: Disabled::Leave,
    };
    let mapping = |name: &str| Mapping {
        directory: GroupRef::new(&name.to_lowercase()),
        within: [].into(),
        adobe: vec![name.into()],
        mode: MappingMode::Owned,
        create: (name == "Sketch").then(NewGroup::default),
    };
    let protect = Protect {
        users: vec![Protect::pattern("vip@*").unwrap()],
        groups: ["Keep".into()].into(),
        ..Protect::default()
    };
    let leavers =
        Leavers { action: LeaverAction::Remove, grace: Duration::ZERO, reads: 1, groups: [].into() };
    Rules {
        people,
        people_of: [].into(),
        mappings: ["Design", "Video", "Sketch"].map(mapping).into(),
        patterns: Vec::new(),
        leavers,
        protect,
        limits: Limits::OFF,
        baseline: Baseline::Accepted,
    }
}

fn directory() -> Directories {
    let mut entries = Vec::new();
    for (name, _, wanted) in SOMEBODIES {
        let Some(groups) = wanted else { continue };
        let mut entry = Entry {
            dn: format!("uid={name},ou=people,dc=example,dc=com"),
            anchor: Some(Anchor::new("entryuuid", name)),
            ..Entry::default()
        };
        let mail = format!("{name}@example.com");
        for (attribute, value) in [("mail", mail.as_str()), ("givenname", name), ("sn", "Doe"), ("c", "US")] {
            entry.attributes.insert(attribute.to_owned(), vec![value.to_owned()]);
        }
        entry.groups = groups.iter().map(|group| GroupRef::new(&group.to_lowercase())).collect();
        entries.push(entry);
    }
    let group = |name: &str| {
        (GroupRef::new(name), DirectoryGroup { dn: format!("cn={name}"), members: 1, anchor: None })
    };
    let groups = ["design", "video", "sketch"].map(group).into();
    let source = "matrix".to_owned();
    Directories::only(Directory { source, entries, groups, ..Directory::default() })
}

/// One run: what was planned and what became of it.
async fn sync(
    adobe: &Running,
    ledger: &Arc<Memory>,
    patience: Duration,
) -> Result<(Plan, Vec<Outcome>), Error> {
    let mut settings = Settings::new(ORGANIZATION, DEFAULT_CLIENT, SecretString::from(DEFAULT_SECRET));
    settings.server = adobe.url().parse().unwrap();
    settings.ims = settings.server.clone();
    settings.timeout = patience;
    let mark = EmulatorMark::prove(&settings.server, None, None).await?;
    settings.manners = Manners { every: Duration::ZERO, pace: Pace::Off, mark: Some(mark) };
    let session = Client::new(settings, ledger.clone(), Arc::new(SystemClock))?.begin().await?;
    let permit = session.may_list().await?;
    let snapshot = session.snapshot(permit, &|_| {}).await?;
    let occasion =
        Occasion { configuration: "matrix", now: SystemClock.now(), person: None, packing: Packing::Auto };
    let memory = memory::Memory::default();
    let (plan, _) = plan(&directory(), &snapshot, &rules(), &memory, occasion).expect("the groups are there");
    if plan.commands().is_empty() {
        return Ok((plan, Vec::new()));
    }
    let permit = session.may_execute().await?;
    let outcomes = session.execute(permit, plan.commands(), &|_| {}, &Cancel::never()).await;
    Ok((plan, outcomes))
}

/// Every change of a plan with how it ended, as reports tell it.
fn rows(plan: &Plan, outcomes: &[Outcome]) -> Vec<Row> {
    let word = |verdict: &Verdict| match verdict {
        Verdict::Done => "done",
        Verdict::Refused { .. } => "refused",
        Verdict::Unknown { .. } => "unknown",
        Verdict::NotSent { .. } => "not_sent",
    };
    fates(plan, outcomes)
        .map(|(change, verdict)| {
            (Deed::of_change(&serde_json::to_value(change).unwrap()), word(verdict).to_owned())
        })
        .collect()
}

/// How a case ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum End {
    /// Everything was done all the same.
    Done,
    /// Some of it was not, and the report says which.
    Partly,
    /// The run ended before anything was sent.
    Nothing,
    /// The fault met nothing: the run was over before, or it is none for such a request.
    Missed,
}

async fn play(case: Case) -> End {
    let name = case.name();
    let adobe = Emulator::start(Options::seeded(Seed::parse(&adobe()).unwrap())).await.unwrap();
    let (before, mark) = (adobe.state(), Mark::of(&adobe));
    let ledger = Arc::<Memory>::default();
    // `GET /status` is asked first, and is no part of the sync.
    let fault = Case { at: case.at + 1, ..case.clone() }.fault();
    adobe.faults().add(fault);
    let is_late = matches!(case.effect, Effect::DelayReply(_) | Effect::DelayRequest(_));
    let patience = if is_late { super::LATE / 3 } else { Duration::from_secs(60) };
    let run = sync(&adobe, &ledger, patience).await;
    let fired = adobe.faults().fired() > 0;
    adobe.faults().clear();
    if is_late {
        // What is late arrives before anybody looks.
        tokio::time::sleep(super::LATE * 2).await;
    }
    let end = match &run {
        Err(error) => {
            assert_ne!(error.kind().exit_code(), 0, "{name}");
            is_true(&adobe, &mark, &[]);
            assert_eq!(without_ids(&adobe.state()), without_ids(&before), "{name}: {error}");
            End::Nothing
        }
        Ok((plan, outcomes)) => {
            is_true(&adobe, &mark, &rows(plan, outcomes));
            let done = Results::of(plan, outcomes).all_done() && plan.withheld().is_empty();
            if done {
                is_as_wanted(&adobe.state(), &name);
            }
            if done { End::Done } else { End::Partly }
        }
    };
    nobody_else_was_touched(&before, &adobe.state(), &name);
    ledger.pass();
    let (plan, outcomes) = match sync(&adobe, &ledger, Duration::from_secs(60)).await {
        Ok(run) => run,
        Err(error) => panic!("{name}: the next run failed: {error}"),
    };
    let results = Results::of(&plan, &outcomes);
    assert!(
        results.all_done() && plan.withheld().is_empty(),
        "{name}: the next run: {results:?} {outcomes:?}"
    );
    is_as_wanted(&adobe.state(), &name);
    nobody_else_was_touched(&before, &adobe.state(), &name);
    adobe.shutdown().await;
    if fired { end } else { End::Missed }
}

/// How many requests a sync makes that nothing happens to.
pub(super) async fn undisturbed() -> u32 {
    let adobe = Emulator::start(Options::seeded(Seed::parse(&adobe()).unwrap())).await.unwrap();
    let before = adobe.state();
    let (plan, outcomes) = sync(&adobe, &Arc::default(), Duration::from_secs(60)).await.unwrap();
    assert!(Results::of(&plan, &outcomes).all_done());
    is_as_wanted(&adobe.state(), "undisturbed");
    nobody_else_was_touched(&before, &adobe.state(), "undisturbed");
    // All but the proof.
    (adobe.log().len() - 1) as u32
}

#[test]
fn every_fault_at_every_request_ends_well_or_is_told() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let (requests, all, ends) = runtime.block_on(async {
        let requests = undisturbed().await;
        let mut cases = cases(requests);
        let all = cases.len();
        let mut dice = Dice::of(0);
        // What stays for good waits for its patience to end, so that of those only some are played each time.
        cases.retain(|case| is_long() || !case.stays || dice.one_in(12));
        let free = Arc::new(Semaphore::new(AT_ONCE));
        let mut playing = JoinSet::new();
        let mut names = BTreeMap::new();
        for case in cases {
            let (name, free) = (case.name(), free.clone());
            let handle = playing.spawn(async move {
                let _mine = free.acquire_owned().await.expect("nobody closes it");
                play(case).await
            });
            names.insert(handle.id().to_string(), name);
        }
        let mut ends: BTreeMap<End, usize> = BTreeMap::new();
        while let Some(ended) = playing.join_next().await {
            match ended {
                Ok(end) => *ends.entry(end).or_default() += 1,
                Err(error) => panic!("{}: {error}", names[&error.id().to_string()]),
            }
        }
        (requests, all, ends)
    });
    let count = |end| ends.get(&end).copied().unwrap_or_default();
    let played: usize = ends.values().sum();
    println!(
        "{requests} requests; {played} of {all} cases: {} done all the same, {} partly and told, {} nothing sent, {} met nothing",
        count(End::Done),
        count(End::Partly),
        count(End::Nothing),
        count(End::Missed)
    );
    assert!(requests >= 10 && count(End::Done) > 100 && count(End::Partly) > 10 && count(End::Nothing) > 50);
}
