//! Companies of every size, the same each time.

use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use umsync_engine::adobe::{Group, GroupKind, Identity, Snapshot, Status, User, UserTexts, UserType};
use umsync_engine::attributes::Attributes;
use umsync_engine::change::Field;
use umsync_engine::directories::Directories;
use umsync_engine::directory::{Anchor, Certificate, Directory, DirectoryGroup, Entry, GroupRef};
use umsync_engine::key::GroupName;
use umsync_engine::limits::Limits;
use umsync_engine::memory::{Known, KnownTexts, Memory};
use umsync_engine::rules::{
    AdobeIdTwin, Baseline, Create, Disabled, Domains, IdentityRule, LeaverAction, Leavers, Mapping,
    MappingMode, PeopleRules, Protect, Rules, Select,
};

/// So many people, and what becomes of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Company {
    pub(crate) people: usize,
    pub(crate) shape: Shape,
    pub(crate) occurrence: Occurrence,
}

/// So many groups, and in how many of them everybody is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) groups: usize,
    pub(crate) each: usize,
}

impl Shape {
    pub(crate) fn told(self) -> String {
        match self {
            Self { groups: 1, each: _ } => "1 of everybody".to_owned(),
            Self { groups, each } if groups == each => format!("everybody in {groups}"),
            Self { groups, each } => format!("{groups}, {each} each"),
        }
    }
}

/// What has happened since Adobe was last in step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Occurrence {
    /// Adobe has nobody.
    First,
    /// One of a hundred: a quarter of them are new, a quarter have other groups, another name, or have left.
    Churn,
    /// Nothing.
    Nothing,
}

impl Occurrence {
    pub(crate) const ALL: [Self; 3] = [Self::First, Self::Churn, Self::Nothing];

    pub(crate) fn told(self) -> &'static str {
        match self {
            Self::First => "first sync",
            Self::Churn => "1 % churn",
            Self::Nothing => "nothing to do",
        }
    }
}

pub(crate) fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}

/// What has happened to one of them.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Same,
    New,
    Moved,
    Renamed,
    Left,
}

impl Company {
    pub(crate) fn sides(&self) -> (Directories, Snapshot, Rules, Memory) {
        let groups: Vec<GroupRef> =
            (0..self.shape.groups).map(|at| GroupRef::new(&format!("g{at}"))).collect();
        let teams: Vec<GroupName> =
            (0..self.shape.groups).map(|at| GroupName::new(&format!("Team {at}"))).collect();
        let attributes: Arc<[Box<str>]> = ATTRIBUTES.map(Box::from).into();
        let people = || (0..self.people).map(|at| (at, self.fate(at)));
        let entries = people()
            .filter(|(_, fate)| *fate != Fate::Left)
            .map(|(at, _)| self.entry(at, &groups, &attributes));
        // Adobe lists them in an order of its own.
        let mut listed: Vec<(usize, Fate)> = people().filter(|(_, fate)| *fate != Fate::New).collect();
        listed.sort_by_cached_key(|(at, _)| std::cmp::Reverse(id(*at)));
        let users: Vec<User> = listed.iter().map(|(at, fate)| self.user(*at, *fate, &teams)).collect();
        let links = people().filter(|(_, fate)| *fate != Fate::New).map(|(at, _)| link(at)).collect();
        let directory = Directory {
            source: "a company".into(),
            entries: entries.collect(),
            groups: groups.iter().map(found).collect(),
            matched: BTreeMap::new(),
            certificate: Certificate::default(),
        };
        let adobe = Snapshot {
            organization: "ORG".into(),
            read_at: now(),
            total_count: Some(users.len() as u64),
            users,
            groups: teams.iter().map(|name| (name.clone(), team(name))).collect(),
            unreadable: Vec::new(),
        };
        let rules = rules(&groups, &teams);
        (Directories::only(directory), adobe, rules, Memory { links, ..Memory::default() })
    }

    fn fate(&self, at: usize) -> Fate {
        match (self.occurrence, at % 400) {
            (Occurrence::First, _) | (Occurrence::Churn, 100) => Fate::New,
            (Occurrence::Churn, 200) => Fate::Moved,
            (Occurrence::Churn, 300) => Fate::Renamed,
            (Occurrence::Churn, 399) => Fate::Left,
            _ => Fate::Same,
        }
    }

    /// The groups of one of them: some people here and there, not neighbours together.
    fn memberships(&self, at: usize) -> BTreeSet<usize> {
        let Shape { groups, each } = self.shape;
        let first = at.wrapping_mul(2_654_435_761) % groups;
        // Steps by which everybody comes round to everything.
        let step_by = if groups == each { 1 } else { (1 + at % 7) * 11 };
        (0..each).map(|step| (first + step * step_by) % groups).collect::<BTreeSet<_>>()
    }

    fn entry(&self, at: usize, groups: &[GroupRef], attributes: &Arc<[Box<str>]>) -> Entry {
        let [mail, first, last] = names(at);
        // In the order of ATTRIBUTES.
        let values = ["DE".to_owned(), first, mail, last, format!("u{at}")];
        let value = |name: &str| {
            let at = ATTRIBUTES.iter().position(|attribute| *attribute == name);
            at.map(|at| values[at].as_str())
        };
        Entry {
            dn: dn(at),
            anchor: Some(anchor(at)),
            attributes: Attributes::of(attributes, value),
            groups: self.memberships(at).into_iter().map(|group| groups[group].clone()).collect(),
            ..Entry::default()
        }
    }

    fn user(&self, at: usize, fate: Fate, teams: &[GroupName]) -> User {
        let [email, first, last] = names(at);
        let in_step = self.memberships(at);
        let groups: BTreeSet<usize> = match fate {
            Fate::Moved => in_step.iter().map(|group| (group + 1) % teams.len()).collect(),
            _ => in_step,
        };
        let texts = UserTexts {
            id: Some(&id(at)),
            email: &email,
            username: Some(&email),
            domain: Some("example.com"),
            first_name: Some(&first),
            last_name: Some(if fate == Fate::Renamed { "Before" } else { &last }),
            country: Some("DE"),
        };
        let groups = groups.into_iter().map(|group| teams[group].clone()).collect();
        User::new(UserType::Known(Identity::Federated), Status::Active, groups, texts)
    }
}

const ATTRIBUTES: [&str; 5] = ["c", "givenname", "mail", "sn", "uid"];

fn names(at: usize) -> [String; 3] {
    let (first, last) = (format!("First{}", at % 977), format!("Last{}", at / 977));
    [format!("{first}.{last}@example.com"), first, last]
}

fn dn(at: usize) -> String {
    format!("uid=u{at},ou=people,ou=europe,dc=example,dc=com")
}

fn id(at: usize) -> String {
    format!("{:024X}@AdobeOrg.e", at.wrapping_mul(0x9E37_79B9_7F4A_7C15))
}

fn anchor(at: usize) -> Anchor {
    Anchor::new(
        "entryUUID",
        &format!("{:08x}-0000-1000-8000-{at:012x}", at.wrapping_mul(2_654_435_761) as u32),
    )
}

fn link(at: usize) -> Known {
    let [email, ..] = names(at);
    let texts = KnownTexts { anchor: &anchor(at), id: &id(at), email: &email, dn: &dn(at) };
    Known::new(Some(Identity::Federated), texts, now())
}

fn found(group: &GroupRef) -> (GroupRef, DirectoryGroup) {
    let dn = format!("cn={group},ou=groups,dc=example,dc=com");
    (group.clone(), DirectoryGroup { dn, members: 0, anchor: None })
}

fn team(name: &GroupName) -> Group {
    Group {
        name: name.clone(),
        kind: GroupKind::UserGroup,
        id: None,
        member_count: None,
        quota: None,
        product: None,
        admins: None,
    }
}

fn rules(groups: &[GroupRef], teams: &[GroupName]) -> Rules {
    let template = |text: &str| text.parse().unwrap();
    let mapping = |(directory, team): (&GroupRef, &GroupName)| Mapping {
        directory: directory.clone(),
        within: BTreeSet::new(),
        adobe: vec![team.clone()],
        mode: MappingMode::Owned,
        create: None,
    };
    Rules {
        strategy: umsync_engine::rules::Strategy::Sync,
        people: PeopleRules {
            select: Select::Mapped,
            filter: Vec::new(),
            create: Create::Selected,
            identity: IdentityRule::Always(Identity::Federated),
            country: Some("US".into()),
            email: template("{mail}"),
            first_name: template("{givenName}"),
            last_name: template("{sn}"),
            country_of_entry: template("{c}"),
            username: None,
            domain: None,
            update: [Field::FirstName, Field::LastName, Field::Email].into(),
            domains: Domains::Met,
            adobe_id_twin: AdobeIdTwin::Hold,
            disabled: Disabled::Leave,
        },
        people_of: BTreeMap::new(),
        patterns: Vec::new(),
        mappings: groups.iter().zip(teams).map(mapping).collect(),
        leavers: Leavers {
            action: LeaverAction::RemoveGroups,
            grace: Duration::ZERO,
            reads: 1,
            groups: BTreeSet::new(),
        },
        protect: Protect::default(),
        limits: Limits::OFF,
        baseline: Baseline::Accepted,
    }
}
