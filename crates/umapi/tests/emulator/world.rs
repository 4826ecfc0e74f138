//! An emulator, a client of it, and time that passes when the client waits.

use crate::ledger::Memory;
use chrono::{DateTime, TimeDelta, Utc};
use secrecy::SecretString;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use umsync_emulator::{
    DEFAULT_CLIENT, DEFAULT_ORGANIZATION, DEFAULT_SECRET, Emulator, Knobs, Options, Running, Seed,
};
use umsync_engine::adobe::{Identity, Snapshot};
use umsync_engine::directories::Directories;
use umsync_engine::directory::{Directory, DirectoryGroup, Entry, GroupRef};
use umsync_engine::limits::Limits;
use umsync_engine::memory::Memory as Remembered;
use umsync_engine::pack::Packing;
use umsync_engine::people::People;
use umsync_engine::plan::{Occasion, Plan, plan};
use umsync_engine::rules::{
    AdobeIdTwin, Baseline, Create, Disabled, Domains, IdentityRule, LeaverAction, Leavers, Mapping,
    MappingMode, NewGroup, PeopleRules, Protect, Rules, Select,
};
use umsync_umapi::{Client, Clock, EmulatorMark, Manners, Pace, Session, Settings};

/// The time of tokio, which tests can stop and move.
pub(crate) struct TokioClock(Instant);

impl Clock for TokioClock {
    fn now(&self) -> DateTime<Utc> {
        let begin = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        begin + TimeDelta::from_std(self.0.elapsed()).unwrap()
    }
}

pub(crate) struct World {
    pub(crate) adobe: Running,
    pub(crate) clock: Arc<TokioClock>,
}

impl World {
    pub(crate) async fn new(seed: &str, knobs: Knobs) -> Self {
        let clock = Arc::new(TokioClock(Instant::now()));
        let seen = clock.clone();
        let options = Options {
            knobs: Some(knobs),
            clock: umsync_emulator::Clock::following(move || seen.now()),
            ..Options::seeded(Seed::parse(seed).unwrap())
        };
        Self { adobe: Emulator::start(options).await.unwrap(), clock }
    }

    /// A session of a process that shares its ledger with nobody.
    pub(crate) async fn session(&self, pace: Pace) -> Session<Memory> {
        let mut settings =
            Settings::new(DEFAULT_ORGANIZATION, DEFAULT_CLIENT, SecretString::from(DEFAULT_SECRET));
        settings.server = self.adobe.url().parse().unwrap();
        settings.ims = settings.server.clone();
        let mark = EmulatorMark::prove(&settings.server, None, None).await.unwrap();
        settings.manners = Manners { every: Duration::from_secs(7200), pace, mark: Some(mark) };
        let client = Client::new(settings, Arc::new(Memory::default()), self.clock.clone()).unwrap();
        client.begin().await.unwrap()
    }

    /// How many answers said "too many requests".
    pub(crate) fn turned_away(&self) -> usize {
        self.adobe.log().iter().filter(|call| call.status == Some(429)).count()
    }
}

/// Everybody's type, username and domain as their entry says, no limits, and everybody who is gone leaves.
pub(crate) fn rules(groups: &[&str]) -> Rules {
    let template = |text: &str| text.parse().unwrap();
    let people = PeopleRules {
        select: Select::All,
        filter: Vec::new(),
        create: Create::Selected,
        identity: IdentityRule::ByTemplate(template("{identity}")),
        country: Some("US".to_owned()),
        email: template("{mail}"),
        first_name: template("{givenname}"),
        last_name: template("{sn}"),
        country_of_entry: template("{c}"),
        username: Some(template("{uid}")),
        domain: Some(template("{domain}")),
        update: [
            umsync_engine::change::Field::FirstName,
            umsync_engine::change::Field::LastName,
            umsync_engine::change::Field::Email,
        ]
        .into(),
        domains: Domains::Any,
        adobe_id_twin: AdobeIdTwin::Hold,
        disabled: Disabled::Leave,
    };
    let mapping = |name: &&str| Mapping {
        directory: GroupRef::new(name),
        within: BTreeSet::new(),
        adobe: vec![(*name).into()],
        mode: MappingMode::Owned,
        create: Some(NewGroup::default()),
    };
    let leavers =
        Leavers { action: LeaverAction::Remove, grace: Duration::ZERO, reads: 1, groups: BTreeSet::new() };
    Rules {
        strategy: umsync_engine::rules::Strategy::Sync,
        people,
        people_of: [].into(),
        mappings: groups.iter().map(mapping).collect(),
        patterns: Vec::new(),
        leavers,
        protect: Protect::default(),
        limits: Limits::OFF,
        baseline: Baseline::Accepted,
    }
}

/// One entry with these values, in these groups.
pub(crate) fn entry(name: &str, values: &[(&str, &str)], groups: &[&str]) -> Entry {
    let mut entry = Entry { dn: format!("uid={name},dc=example,dc=com"), ..Entry::default() };
    entry.attributes = values.iter().copied().collect();
    entry.groups = groups.iter().map(|name| GroupRef::new(name)).collect();
    entry
}

/// Somebody whose email is theirs alone.
pub(crate) fn somebody(name: &str, groups: &[&str]) -> Entry {
    let mail = format!("{name}@example.com");
    let identity = Identity::Federated.to_string();
    let values =
        [("mail", mail.as_str()), ("givenname", name), ("sn", "Doe"), ("c", "US"), ("identity", &identity)];
    entry(name, &values, groups)
}

pub(crate) fn directory(entries: Vec<Entry>, groups: &[&str]) -> Directories {
    let group = |name: &&str| {
        (GroupRef::new(name), DirectoryGroup { dn: format!("cn={name}"), members: 0, anchor: None })
    };
    let groups = groups.iter().map(group).collect();
    let source = "test".to_owned();
    Directories::only(Directory { source, entries, groups, ..Directory::default() })
}

pub(crate) fn planned(directory: &Directories, adobe: &Snapshot, rules: &Rules) -> Plan {
    let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
    let occasion = Occasion { configuration: "configuration", now, person: None, packing: Packing::Auto };
    let people = People::of(directory.clone(), rules, now);
    plan(&people, adobe, rules, &Remembered::default(), occasion).unwrap().0
}
