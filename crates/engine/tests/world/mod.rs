//! Small random worlds: a directory, an organization and rules that meet often.

#![allow(clippy::unwrap_used, reason = "a test world that cannot be built should panic")]

use chrono::{DateTime, TimeDelta, Utc};
use proptest::collection::{btree_set, vec};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use umsync_engine::adobe::{Group, GroupKind, Identity, Snapshot, Status, User, UserTexts, UserType};
use umsync_engine::attributes::Attributes;
use umsync_engine::change::Field;
use umsync_engine::diff::DiffError;
use umsync_engine::directories::Directories;
use umsync_engine::directory::{
    AccountState, Anchor, Directory, DirectoryGroup, DirectoryName, Entry, GroupRef,
};
use umsync_engine::falls::Counts;
use umsync_engine::key::GroupName;
use umsync_engine::limits::{Limit, Limits};
use umsync_engine::memory::{Absence, Known, KnownTexts, Memory, Order};
use umsync_engine::pack::Packing;
use umsync_engine::people::People;
use umsync_engine::plan::{Occasion, Plan, Remember, plan};
use umsync_engine::rules::{
    AdobeIdTwin, Baseline, Create, Disabled, Domains, IdentityRule, LeaverAction, Leavers, Mapping,
    MappingMode, NewGroup, PeopleRules, Protect, Rules, Select,
};

/// Everything that a plan is made of.
#[derive(Debug, Clone)]
pub(crate) struct World {
    pub(crate) directory: Directory,
    pub(crate) adobe: Snapshot,
    pub(crate) rules: Rules,
    pub(crate) memory: Memory,
}

pub(crate) fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_000_000, 0).unwrap()
}

impl World {
    pub(crate) fn directories(&self) -> Directories {
        Directories::only(self.directory.clone())
    }

    pub(crate) fn people(&self) -> People {
        People::of(self.directories(), &self.rules, now())
    }

    pub(crate) fn plan(&self) -> Result<(Plan, Remember), DiffError> {
        let occasion =
            Occasion { configuration: "configuration", now: now(), person: None, packing: Packing::Auto };
        plan(&self.people(), &self.adobe, &self.rules, &self.memory, occasion)
    }

    pub(crate) fn plan_for(&self, dn: &str) -> Result<(Plan, Remember), DiffError> {
        let occasion =
            Occasion { configuration: "configuration", now: now(), person: Some(dn), packing: Packing::Auto };
        plan(&self.people(), &self.adobe, &self.rules, &self.memory, occasion)
    }

    /// Whether an entry says that its person has left.
    pub(crate) fn says_gone(&self, entry: &Entry) -> bool {
        let listed = entry.groups.iter().any(|group| self.rules.leavers.groups.contains(group));
        let ended = entry.state == AccountState::Disabled || entry.expires.is_some_and(|at| at <= now());
        listed || (ended && self.rules.people.disabled == Disabled::Leave)
    }

    pub(crate) fn without_limits(mut self) -> Self {
        self.rules.limits = Limits::OFF;
        self.rules.baseline = Baseline::Accepted;
        self
    }

    pub(crate) fn shuffled(&self, seed: u64) -> Self {
        let mut world = self.clone();
        shuffle(&mut world.directory.entries, seed);
        shuffle(&mut world.adobe.users, seed.rotate_left(17));
        world
    }

    /// One new person whom one directory group gives so many Adobe groups.
    pub(crate) fn one_person_in_groups(count: usize) -> Self {
        let groups: Vec<GroupName> = (0..count).map(|at| GroupName::new(&format!("G{at:03}"))).collect();
        let wanted = GroupRef::new("all");
        let mut rules = rules();
        rules.mappings = vec![Mapping {
            directory: wanted.clone(),
            within: BTreeSet::new(),
            adobe: groups.clone(),
            mode: MappingMode::Owned,
            create: None,
        }];
        let mut person = entry("jane", &["jane@example.com"], AccountState::Enabled);
        person.groups.insert(wanted.clone());
        World {
            directory: directory(vec![person], [wanted]),
            adobe: snapshot(Vec::new(), groups),
            rules,
            memory: Memory::default(),
        }
    }
}

/// A world whose entries are those of two directories, some of both.
#[derive(Debug, Clone)]
pub(crate) struct Several {
    pub(crate) world: World,
    pub(crate) read: BTreeMap<DirectoryName, Directory>,
}

impl Several {
    /// `one` and `two` have the entries of which `which` says so by position: 0 the first, 1 the second, else both.
    pub(crate) fn of(world: World, which: &[u8], names: [&str; 2]) -> Self {
        let part = |at: u8| {
            let whose = which.iter().copied().chain(std::iter::repeat(2));
            let entries =
                world.directory.entries.iter().zip(whose).filter(|(_, whose)| *whose == at || *whose > 1);
            let entries = entries.map(|(entry, _)| entry.clone()).collect();
            Directory { entries, ..world.directory.clone() }
        };
        let read = [(DirectoryName::new(names[0]), part(0)), (DirectoryName::new(names[1]), part(1))].into();
        Self { world, read }
    }

    /// The plan when these directories cannot be read.
    pub(crate) fn plan_without(&self, unread: &[&str]) -> Result<(Plan, Remember), DiffError> {
        let (mut read, mut failed) = (self.read.clone(), BTreeMap::new());
        for name in unread {
            read.remove(&DirectoryName::new(name));
            failed.insert(DirectoryName::new(name), "it is down".to_owned());
        }
        let directories = Directories::several(read, failed).expect("one is read");
        let World { directory: _, adobe, rules, memory } = &self.world;
        let occasion =
            Occasion { configuration: "configuration", now: now(), person: None, packing: Packing::Auto };
        plan(&People::of(directories, rules, now()), adobe, rules, memory, occasion)
    }
}

/// Deterministic, so that a failing seed fails again.
fn shuffle<T>(items: &mut [T], mut seed: u64) {
    for at in (1..items.len()).rev() {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        items.swap(at, (seed >> 33) as usize % (at + 1));
    }
}

const NAMES: [&str; 6] = ["anna", "Bob", "cäsar", "dora", "EVE", "frank"];
const DOMAINS: [&str; 2] = ["example.com", "other.example"];
const DIRECTORY_GROUPS: [&str; 3] = ["design", "video", "admins"];
/// Whoever it lists has left, where the rules say so.
const LEAVERS: &str = "leavers";
const ADOBE_GROUPS: [&str; 6] =
    ["Design Team", "Premiere", "Keep", "Unmapped", "_admin_Premiere", "_org_admin"];

fn directory(entries: Vec<Entry>, groups: impl IntoIterator<Item = GroupRef>) -> Directory {
    let groups = groups.into_iter().map(|group| {
        let dn = format!("cn={group},dc=example,dc=com");
        (group, DirectoryGroup { dn, members: 0, anchor: None })
    });
    let groups = groups.collect();
    Directory { source: "world".into(), entries, groups, ..Directory::default() }
}

fn snapshot(users: Vec<User>, groups: impl IntoIterator<Item = GroupName>) -> Snapshot {
    let group = |name: GroupName| Group {
        kind: if name.is_administrative() {
            GroupKind::Administrative("PROFILE_ADMIN_GROUP".into())
        } else {
            GroupKind::UserGroup
        },
        name: name.clone(),
        id: None,
        member_count: None,
        quota: None,
        product: None,
        admins: None,
    };
    Snapshot {
        organization: "ORG".into(),
        read_at: now(),
        total_count: Some(users.len() as u64),
        users,
        groups: groups.into_iter().map(|name| (name.clone(), group(name))).collect(),
        unreadable: Vec::new(),
    }
}

fn entry(uid: &str, mails: &[&str], state: AccountState) -> Entry {
    let names = [("givenname", uid), ("sn", "Doe")];
    let attributes = names.into_iter().chain(mails.iter().map(|mail| ("mail", *mail))).collect();
    Entry { dn: format!("uid={uid},dc=example,dc=com"), attributes, state, ..Entry::default() }
}

fn rules() -> Rules {
    let template = |text: &str| text.parse().unwrap();
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
        mappings: Vec::new(),
        patterns: Vec::new(),
        leavers: Leavers {
            action: LeaverAction::Keep,
            grace: Duration::ZERO,
            reads: 1,
            groups: BTreeSet::new(),
        },
        protect: Protect::default(),
        limits: Limits::OFF,
        baseline: Baseline::Accepted,
    }
}

fn email() -> impl Strategy<Value = String> {
    (0..NAMES.len(), 0..DOMAINS.len()).prop_map(|(name, domain)| {
        // A local part that Adobe refuses (`cäsar`) comes up too: such an entry is set aside.
        format!("{}@{}", NAMES[name], DOMAINS[domain])
    })
}

fn any_entry() -> impl Strategy<Value = Entry> {
    let state = prop_oneof![9 => Just(AccountState::Enabled), 1 => Just(AccountState::Disabled)];
    let mail = prop_oneof![8 => email().prop_map(Some), 1 => Just(None)];
    let other = prop_oneof![3 => Just(None), 1 => email().prop_map(Some)];
    let groups = btree_set(0..DIRECTORY_GROUPS.len(), 0..3);
    let bare = prop_oneof![30 => Just(false), 1 => Just(true)];
    let ending = prop_oneof![12 => Just((false, None)), 1 => Just((true, None)), 1 => (-2..2_i64).prop_map(|days| (false, Some(now() + TimeDelta::days(days))))];
    (0..40_u8, mail, other, state, groups, 0..4_u8, bare, ending).prop_map(
        |(number, mail, other, state, groups, country, bare, (listed, expires))| {
            let mut entry =
                entry(&format!("p{number}"), &mail.as_deref().map_or(vec![], |mail| vec![mail]), state);
            if let Some(other) = other {
                entry.attributes = entry.attributes.with("othermailbox", &[&other]);
            }
            if country == 0 {
                entry.attributes = entry.attributes.with("c", &["Germany"]);
            }
            if bare {
                entry.attributes = Attributes::default();
            }
            entry.anchor = Some(Anchor::new("entryUUID", &format!("u{number}")));
            entry.groups = groups.into_iter().map(|at| GroupRef::new(DIRECTORY_GROUPS[at])).collect();
            if listed {
                entry.groups.insert(GroupRef::new(LEAVERS));
            }
            entry.expires = expires;
            entry
        },
    )
}

fn any_user() -> impl Strategy<Value = User> {
    let kind = prop_oneof![
        6 => Just(UserType::Known(Identity::Federated)),
        1 => Just(UserType::Known(Identity::Enterprise)),
        2 => Just(UserType::Known(Identity::Adobe)),
        1 => Just(UserType::Unknown("unknown".into())),
    ];
    let groups = btree_set(0..ADOBE_GROUPS.len(), 0..3);
    let username = prop_oneof![3 => Just(None), 1 => email().prop_map(Some)];
    (email(), kind, groups, username, any::<bool>()).prop_map(|(email, kind, groups, username, named)| {
        let texts = UserTexts {
            id: None,
            domain: email.split('@').nth(1),
            username: Some(&username.unwrap_or_else(|| email.to_uppercase())),
            email: &email,
            first_name: named.then_some("Old"),
            last_name: Some("Doe"),
            country: Some("US"),
        };
        let groups = groups.into_iter().map(|at| GroupName::new(ADOBE_GROUPS[at])).collect();
        User::new(kind, Status::Active, groups, texts)
    })
}

fn any_rules() -> impl Strategy<Value = Rules> {
    let mappings = vec((0..DIRECTORY_GROUPS.len(), btree_set(0..5_usize, 1..3), any::<bool>()), 1..4);
    let identity = prop_oneof![4 => Just(Identity::Federated), 1 => Just(Identity::Enterprise), 1 => Just(Identity::Adobe)];
    let action = prop_oneof![
        Just(LeaverAction::Keep),
        Just(LeaverAction::RemoveGroups),
        Just(LeaverAction::Remove),
        Just(LeaverAction::Delete)
    ];
    let twin = prop_oneof![Just(AdobeIdTwin::Hold), Just(AdobeIdTwin::Manage), Just(AdobeIdTwin::Create)];
    let domains =
        prop_oneof![Just(Domains::Met), Just(Domains::Any), Just(Domains::listed(["other.example"]))];
    let disabled = prop_oneof![Just(Disabled::Leave), Just(Disabled::Keep), Just(Disabled::Ignore)];
    let limit = || {
        prop_oneof![8 => Just(Limit::Off), 1 => (0..3_usize).prop_map(Limit::Count),
        1 => (0..9_000_u32, 0..3_usize).prop_map(|(basis_points, floor)| Limit::Share { basis_points, floor, most: None })]
    };
    let baseline = prop_oneof![3 => Just(Baseline::Accepted), 1 => Just(Baseline::Missing), 1 => Just(Baseline::Changed)];
    let falling = (limit(), limit());
    let limits = (limit(), limit(), limit(), limit(), limit(), limit(), limit(), limit(), falling).prop_map(
        |(
            create,
            update,
            identity,
            group_removals,
            removals,
            leave,
            delete,
            set_aside,
            (fall, group_fall),
        )| Limits {
            create,
            update,
            identity,
            group_removals,
            removals,
            leave,
            delete,
            set_aside,
            fall,
            group_fall,
            day: None,
            week: None,
        },
    );
    let leaving = (0..2_u64, 1..3_u32, any::<bool>());
    let switches = (any::<bool>(), any::<bool>(), baseline, leaving);
    (mappings, identity, action, twin, domains, disabled, limits, switches).prop_map(
        |(
            mappings,
            identity,
            action,
            twin,
            domains,
            disabled,
            limits,
            (all, keep, baseline, (days, reads, listed)),
        )| {
            let mut rules = rules();
            rules.people.select = if all { Select::All } else { Select::Mapped };
            rules.people.identity = IdentityRule::Always(identity);
            rules.people.adobe_id_twin = twin;
            rules.people.domains = domains;
            rules.people.disabled = disabled;
            rules.leavers =
                Leavers { action, grace: Duration::from_secs(days * 86_400), reads, groups: BTreeSet::new() };
            if listed {
                rules.leavers.groups.insert(GroupRef::new(LEAVERS));
            }
            rules.limits = limits;
            rules.baseline = baseline;
            if keep {
                rules.protect.groups.insert(GroupName::new("Keep"));
                rules.protect.users.push(Protect::pattern("frank@*").unwrap());
            }
            rules.mappings = mappings
                .into_iter()
                .map(|(directory, adobe, additive)| Mapping {
                    directory: GroupRef::new(DIRECTORY_GROUPS[directory]),
                    within: BTreeSet::new(),
                    adobe: adobe
                        .into_iter()
                        .map(|at| GroupName::new(ADOBE_GROUPS[at].to_lowercase().as_str()))
                        .collect(),
                    mode: if additive { MappingMode::Additive } else { MappingMode::Owned },
                    create: Some(NewGroup::default()),
                })
                .collect();
            rules
        },
    )
}

/// Groups by position, and unresolved members of them by number.
type Numbers = BTreeSet<(usize, u8)>;
/// Those that a read met, and those that somebody has accepted.
type Strange = (Numbers, Numbers);

fn any_strange() -> impl Strategy<Value = Strange> {
    let numbers = || btree_set((0..DIRECTORY_GROUPS.len(), 0..3_u8), 0..4);
    (numbers(), numbers())
}

/// So many people, and so many in every group.
fn counts((people, members): (usize, usize)) -> Counts {
    Counts { people, groups: DIRECTORY_GROUPS.map(|group| (GroupRef::new(group), members)).into() }
}

fn names_by_group(numbers: &Numbers) -> BTreeMap<GroupRef, BTreeSet<String>> {
    let mut names: BTreeMap<GroupRef, BTreeSet<String>> = BTreeMap::new();
    for (group, number) in numbers {
        let group = names.entry(GroupRef::new(DIRECTORY_GROUPS[*group])).or_default();
        group.insert(format!("uid=gone{number},dc=example,dc=com"));
    }
    names
}

/// A world in which some groups may be missing, some people are linked, and some users have been absent for a while.
pub(crate) fn world() -> impl Strategy<Value = World> {
    let users = vec(any_user(), 0..8);
    let links = vec((0..40_u8, 0..8_usize), 0..4);
    let groups = btree_set(0..ADOBE_GROUPS.len(), 3..=6);
    let order = prop_oneof![
        Just(None),
        Just(Some(Order::Hold { until: None })),
        Just(Some(Order::Expedite)),
        (-1..2_i64).prop_map(|days| Some(Order::Hold { until: Some(now() + TimeDelta::days(days)) }))
    ];
    let absence = (0..4_i64, 0..3_u32, order);
    let reads = vec((0..12_usize, 0..6_usize), 0..3);
    let strange = prop_oneof![2 => Just(Strange::default()), 1 => any_strange()];
    (vec(any_entry(), 0..8), users, any_rules(), links, groups, (absence, reads), strange).prop_map(
        |(
            mut entries,
            mut users,
            rules,
            links,
            groups,
            ((days, reads, order), earlier),
            (unresolved, accepted),
        )| {
            let mut seen = BTreeSet::new();
            entries.retain(|entry| seen.insert(entry.dn.clone()));
            for (at, user) in users.iter_mut().enumerate() {
                *user = user.with(UserTexts { id: Some(&format!("id{at}")), ..user.texts() });
            }
            let mut present: BTreeSet<GroupName> =
                groups.iter().map(|at| GroupName::new(ADOBE_GROUPS[*at])).collect();
            present.extend(users.iter().flat_map(|user| user.groups.clone()));
            present.extend([GroupName::new("Keep"), GroupName::new("Premiere")]);
            let since = now() - TimeDelta::days(days);
            let mut directory = directory(entries, DIRECTORY_GROUPS.map(GroupRef::new));
            directory.certificate.unresolved = names_by_group(&unresolved);
            World {
                directory,
                memory: Memory {
                    accepted: names_by_group(&accepted),
                    reads: [(DirectoryName::default(), earlier.into_iter().map(counts).collect())].into(),
                    links: links
                        .into_iter()
                        .map(|(person, user)| {
                            let texts = KnownTexts {
                                anchor: &Anchor::new("entryUUID", &format!("u{person}")),
                                id: &format!("id{user}"),
                                email: users.get(user).map(User::email).unwrap_or_default(),
                                dn: &format!("uid=p{person},dc=example,dc=com"),
                            };
                            Known::new(None, texts, now())
                        })
                        .collect(),
                    absences: users
                        .iter()
                        .filter_map(|user| Some((user.id()?.to_owned(), Absence { since, reads })))
                        .collect(),
                    // Somebody has said something about every other user.
                    orders: users
                        .iter()
                        .step_by(2)
                        .filter_map(|user| Some((user.id()?.to_owned(), order?)))
                        .collect(),
                    ..Memory::default()
                },
                adobe: snapshot(users, present),
                rules,
            }
        },
    )
}
