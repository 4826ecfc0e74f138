//! The matrix in this process: client, engine and emulator, every case with an Adobe of its own.

use super::company::{
    SOMEBODIES, adobe, is_as_wanted, nobody_else_was_touched, nothing_was_taken, nothing_wrong_was_done,
    without_ids,
};
use super::ledger::Memory;
use super::trouble::{LAG, LATE, Shows};
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
use umsync_emulator::{DEFAULT_CLIENT, DEFAULT_SECRET, Emulator, Endpoint, Options, Org, Running, Seed};
use umsync_engine::adobe::Identity;
use umsync_engine::change::Field;
use umsync_engine::command::{Outcome, Verdict};
use umsync_engine::diff::DiffError;
use umsync_engine::directories::Directories;
use umsync_engine::directory::{Anchor, Directory, DirectoryGroup, Entry, GroupRef};
use umsync_engine::limits::Limits;
use umsync_engine::memory;
use umsync_engine::pack::Packing;
use umsync_engine::people::People;
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
        create: ["Sketch", "Video"].contains(&name).then(NewGroup::default),
    };
    let protect = Protect {
        users: vec![Protect::pattern("vip@*").unwrap()],
        groups: ["Keep".into()].into(),
        ..Protect::default()
    };
    let leavers =
        Leavers { action: LeaverAction::Remove, grace: Duration::ZERO, reads: 1, groups: [].into() };
    Rules {
        strategy: umsync_engine::rules::Strategy::Sync,
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
        let values = [("mail", mail.as_str()), ("givenname", name), ("sn", "Doe"), ("c", "US")];
        entry.attributes = values.into_iter().collect();
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

/// A run that came to a plan.
struct Ran {
    plan: Plan,
    outcomes: Vec<Outcome>,
    /// So many users were listed.
    listed: usize,
}

impl Ran {
    /// Whether nothing is left to do, as far as the run knows.
    fn is_all_done(&self) -> bool {
        Results::of(&self.plan, &self.outcomes).all_done() && self.plan.withheld().is_empty()
    }
}

/// Why there was no plan.
#[derive(Debug)]
enum Failed {
    Adobe(Error),
    /// Adobe's side does not fit the rules: a mapped group is missing, for instance.
    Plan(DiffError),
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self::Adobe(error)
    }
}

/// One run.
async fn sync(adobe: &Running, ledger: &Arc<Memory>, patience: Duration) -> Result<Ran, Failed> {
    let mut settings = Settings::new(ORGANIZATION, DEFAULT_CLIENT, SecretString::from(DEFAULT_SECRET));
    settings.server = adobe.url().parse().unwrap();
    settings.ims = settings.server.clone();
    settings.timeout = patience;
    let mark = EmulatorMark::prove(&settings.server, None, None).await?;
    settings.manners = Manners { every: Duration::ZERO, pace: Pace::Off, mark: Some(mark) };
    let session = Client::new(settings, ledger.clone(), Arc::new(SystemClock))?.begin().await?;
    let permit = session.may_list().await?;
    let snapshot = session.snapshot(permit, &|_| {}).await?;
    let listed = snapshot.users.len();
    let occasion =
        Occasion { configuration: "matrix", now: SystemClock.now(), person: None, packing: Packing::Auto };
    let memory = memory::Memory::default();
    let people = People::of(directory(), &rules(), SystemClock.now());
    let (plan, _) = plan(&people, &snapshot, &rules(), &memory, occasion).map_err(Failed::Plan)?;
    if plan.commands().is_empty() {
        return Ok(Ran { plan, outcomes: Vec::new(), listed });
    }
    let permit = session.may_execute().await?;
    let outcomes = session.execute(permit, plan.commands(), &|_| {}, &Cancel::never()).await.outcomes;
    Ok(Ran { plan, outcomes, listed })
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
    case.faults(1).into_iter().for_each(|fault| adobe.faults().add(fault));
    let is_late = case.trouble.is_late();
    let patience = if is_late { LATE / 3 } else { PATIENT };
    let run = sync(&adobe, &ledger, patience).await;
    let fired = adobe.faults().fired() > 0;
    adobe.faults().clear();
    if is_late {
        // What is late arrives before anybody looks.
        tokio::time::sleep(LATE * 2).await;
    }
    let shows = case.trouble.shows;
    let end = match &run {
        Err(failed) => {
            match failed {
                Failed::Adobe(error) => assert_ne!(error.kind().exit_code(), 0, "{name}"),
                Failed::Plan(error) => assert!(matches!(error, DiffError::MissingGroups { .. }), "{name}"),
            }
            assert!(adobe.calls(Endpoint::Action).is_empty(), "{name}: {failed:?}");
            if shows != Shows::Rivals {
                is_true(&adobe, &mark, &[]);
                assert!(without_ids(&adobe.state()) == without_ids(&before), "{name}: {failed:?}");
            }
            End::Nothing
        }
        Ok(ran) => {
            if !matches!(shows, Shows::No | Shows::Rivals) {
                is_true(&adobe, &mark, &rows(&ran.plan, &ran.outcomes));
            }
            if shows != Shows::Rivals {
                is_right_for(ran, &before, &adobe.state(), shows, &name);
            }
            if ran.is_all_done() { End::Done } else { End::Partly }
        }
    };
    nobody_else_was_touched(&before, &adobe.state(), &name);
    pass(&adobe, &ledger);
    if shows == Shows::Later {
        // Whoever looks too early may do in vain what is done already, and nothing else.
        if let Err(failed) = sync(&adobe, &ledger, PATIENT).await {
            panic!("{name}: the run that sees too little failed: {failed:?}");
        }
        nothing_wrong_was_done(&before, &adobe.state(), &name);
        nobody_else_was_touched(&before, &adobe.state(), &name);
        pass(&adobe, &ledger);
        adobe.clock().advance(LAG);
    }
    let ran = match sync(&adobe, &ledger, PATIENT).await {
        Ok(ran) => ran,
        Err(failed) => panic!("{name}: the next run failed: {failed:?}"),
    };
    assert!(ran.is_all_done(), "{name}: the next run: {:?}", ran.outcomes);
    is_as_wanted(&adobe.state(), &name);
    nobody_else_was_touched(&before, &adobe.state(), &name);
    adobe.shutdown().await;
    if fired { end } else { End::Missed }
}

/// Longer than anything takes that is not late on purpose.
const PATIENT: Duration = Duration::from_secs(60);

/// Whatever Adobe asked for is over, on both sides.
fn pass(adobe: &Running, ledger: &Memory) {
    ledger.pass();
    adobe.lock_out(DEFAULT_CLIENT, DateTime::UNIX_EPOCH);
}

/// What a run that came to a plan may have done: all of it where it says so, and nothing out of a listing that it can see
/// to be too short.
fn is_right_for(ran: &Ran, before: &Org, now: &Org, shows: Shows, name: &str) {
    nothing_wrong_was_done(before, now, name);
    if shows == Shows::No {
        return;
    }
    if ran.is_all_done() {
        is_as_wanted(now, name);
    }
    let all = before.users().len();
    let missing = all.saturating_sub(ran.listed);
    if missing > all / 10 && shows != Shows::Perhaps {
        nothing_was_taken(before, now, name);
    }
    if missing > 0 {
        // Nobody was looked for one by one.
        assert_eq!(
            now.users().len().max(all),
            all,
            "{name}: somebody was made, and {missing} were not listed"
        );
    }
}

/// Which requests a sync makes that nothing happens to.
pub(super) async fn undisturbed() -> Vec<Endpoint> {
    let adobe = Emulator::start(Options::seeded(Seed::parse(&adobe()).unwrap())).await.unwrap();
    let before = adobe.state();
    let ran = sync(&adobe, &Arc::default(), PATIENT).await.unwrap();
    assert!(ran.is_all_done());
    is_as_wanted(&adobe.state(), "undisturbed");
    nobody_else_was_touched(&before, &adobe.state(), "undisturbed");
    // All but the proof.
    adobe.log().iter().skip(1).map(|call| call.endpoint.unwrap()).collect()
}

#[test]
fn every_fault_at_every_request_ends_well_or_is_told() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let (requests, all, ends) = runtime.block_on(async {
        let requests = undisturbed().await;
        let mut cases = cases(&requests);
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
        let mut failed = Vec::new();
        while let Some(ended) = playing.join_next().await {
            match ended {
                Ok(end) => *ends.entry(end).or_default() += 1,
                Err(error) => failed.push(names[&error.id().to_string()].clone()),
            }
        }
        assert!(failed.is_empty(), "{} cases failed:\n{}", failed.len(), failed.join("\n"));
        (requests.len(), all, ends)
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
