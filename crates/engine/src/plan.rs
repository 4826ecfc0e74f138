//! The plan: what is to be sent, in order, and apart what is withheld. The executor takes nothing else.

use crate::adobe::{GroupKind, Snapshot, UnreadableUser, User};
use crate::at_once::at_once;
use crate::change::{Account, Change, Target, What};
use crate::command::Command;
use crate::count::Count;
use crate::desired::Desired;
use crate::diff::{Diff, DiffError, Leaver, ProtectedUser, Returned, diff};
use crate::digest::{fingerprint, listed};
use crate::directories::Directories;
use crate::directory::{Certificate, DirectoryGroup, DirectoryName, GroupRef, SeenGroup};
use crate::falls::{Counts, Fall, falls};
use crate::key::GroupName;
use crate::limits::{Breach, Class, Limits, Populations, largest};
use crate::lookup::Lookup;
use crate::matching::Held;
use crate::memory::{Absent, Departure, Gave, Match, Memory};
use crate::pack::{Cost, Packing, Terms, commands};
use crate::park::{Parked, Parking, park};
use crate::people::People;
use crate::rules::{Rules, Strategy};
use crate::set_aside::SetAside;
use crate::shared::Shared;
use crate::unread::{Unread, giving, waiting, without_doubtful_links};
use crate::unresolved::{Frozen, frozen};
use crate::withhold::{Checked, Circumstances, Doubts, Why, Withheld, withhold};
use chrono::{DateTime, Utc};
use serde::{Serialize, Serializer};
use std::collections::{BTreeMap, BTreeSet};

/// The version of a plan's JSON form.
pub(crate) const FORMAT: u32 = 2;

/// A plan within its limits. It cannot be built or changed elsewhere: what was reviewed is what runs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Plan {
    format: u32,
    version: &'static str,
    made_at: DateTime<Utc>,
    id: String,
    organization: String,
    configuration: String,
    person: Option<String>,
    directory: Read,
    certificates: Vec<Certified>,
    unread: Vec<Unread>,
    unknown: usize,
    shared: Vec<Shared>,
    adobe: Option<AdobeRead>,
    #[serde(serialize_with = "with_classes")]
    changes: Vec<Change>,
    commands: Vec<Command>,
    packed: Terms,
    cost: Cost,
    #[serde(serialize_with = "withheld_with_classes")]
    withheld: Vec<Withheld>,
    limits: Limits,
    breaches: Vec<Breach>,
    doubts: Doubts,
    falls: Vec<Fall>,
    surplus: Option<u64>,
    freezing: BTreeMap<GroupRef, BTreeSet<String>>,
    held: Vec<Held>,
    set_aside: Vec<SetAside>,
    protected: Vec<ProtectedUser>,
    leavers: Vec<Leaver>,
    returned: Vec<Returned>,
    parked: Vec<Parked>,
    unreadable_users: Vec<UnreadableUser>,
    groups: Vec<GroupLine>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    abandoned: Vec<Abandoned>,
    /// The same, for packing a part of the plan anew.
    #[serde(skip)]
    lines: Vec<GroupLine>,
    populations: Populations,
    in_step: usize,
    #[serde(skip_serializing_if = "is_none")]
    not_made: usize,
}

/// A change, or what is withheld of one, with the classes of limits that count it.
#[derive(Serialize)]
struct Classed<'a, T> {
    #[serde(flatten)]
    change: &'a T,
    class: &'a [Class],
}

fn with_classes<S: Serializer>(changes: &[Change], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(changes.iter().map(|change| Classed { change, class: Class::of(change) }))
}

fn withheld_with_classes<S: Serializer>(withheld: &[Withheld], serializer: S) -> Result<S::Ok, S::Error> {
    serializer
        .collect_seq(withheld.iter().map(|held| Classed { change: held, class: Class::of(&held.change) }))
}

fn is_none(count: &usize) -> bool {
    *count == 0
}

/// What proves that a directory was read whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Certified {
    /// Which; empty for the only one.
    #[serde(skip_serializing_if = "DirectoryName::is_only")]
    pub directory: DirectoryName,
    /// The proof.
    #[serde(flatten)]
    pub certificate: Certificate,
}

/// What the directories gave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Read {
    /// Where they were read.
    pub source: String,
    /// Entries read.
    pub entries: usize,
    /// Directory groups read.
    pub groups: usize,
    /// People among the entries.
    pub people: usize,
    /// People who get an account.
    pub selected: usize,
    /// Entries without a mail that no mapped group lists.
    pub services: usize,
    /// Entries that say that their person has left.
    pub departed: usize,
    /// Disabled entries whose accounts stay as they are.
    pub kept: usize,
    /// Entries that `people.filter` leaves out.
    #[serde(skip_serializing_if = "is_none")]
    pub filtered: usize,
}

/// What Adobe gave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AdobeRead {
    /// When the listing began.
    pub read_at: DateTime<Utc>,
    /// A digest of what was listed: two plans with the same saw the same users in the same groups.
    pub digest: String,
    /// Users listed.
    pub users: usize,
    /// Groups listed.
    pub groups: usize,
    /// Users by Adobe's own count, where it gave one.
    pub counted: Option<u64>,
    /// How many of them are counted and never listed, as somebody has approved.
    pub surplus: u64,
    /// How many people without an account were looked for one by one, because the listing may lack them.
    pub looked_for: usize,
}

/// One managed group before and after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GroupLine {
    /// Which.
    pub name: GroupName,
    /// Listed users in it now; `None` where none were listed.
    pub before: Option<usize>,
    /// Memberships that the plan gives.
    pub gains: usize,
    /// Memberships that the plan takes, leaving users included.
    pub losses: usize,
    /// Memberships that are withheld.
    pub withheld: usize,
    /// Members who are not ours and stay.
    pub foreign: usize,
    /// Whether the plan makes it.
    pub new: bool,
    /// Members by Adobe's own count, those of user groups in a profile included, which may lag.
    pub counted: Option<u64>,
    /// Licences of a product profile, where they have a number.
    pub quota: Option<u64>,
    /// Whether it is a user group, whose members can be changed from its side too.
    pub user_group: bool,
}

/// A group that no mapping names any more, and that still has members whom we gave it: nobody takes them out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Abandoned {
    /// Which.
    pub group: GroupName,
    /// Listed users in it.
    pub members: usize,
    /// So many memberships of it we gave.
    pub given: usize,
}

impl GroupLine {
    /// Members after the plan, as far as anybody knows.
    pub fn after(&self) -> u64 {
        let before = self.counted.unwrap_or_default().max(self.before.unwrap_or_default() as u64);
        (before + self.gains as u64).saturating_sub(self.losses as u64)
    }

    /// The number of licences, where the members after the plan reach it: Adobe adds further ones without an error, as
    /// inactive (UMAPI documentation, "licenseQuota").
    pub fn reached_quota(&self) -> Option<u64> {
        self.quota.filter(|quota| self.after() >= *quota)
    }
}

/// What planning tells beside the plan: what the store remembers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remember {
    /// Leavers whose absence is to be remembered; everybody else's is to be forgotten.
    pub absent: BTreeMap<String, Absent>,
    /// Entries that matched an account, as nobody remembers it yet.
    pub matches: Vec<Match>,
    /// Which links say what is so: where they stand among all links, for [`Links::anchors_at`](crate::links::Links::anchors_at).
    pub still: Vec<u32>,
    /// What those who leave by this plan lose outside the managed groups.
    pub departing: Vec<Departure>,
    /// What person and user of failing changes are like now, by [`Change::fingerprint`].
    pub digests: BTreeMap<String, String>,
    /// Those who were absent and are there again.
    pub back: BTreeSet<String>,
    /// Whether every directory was read: if not, nobody's absence counts or is over but for those who are `back`.
    pub whole: bool,
    /// What the reads counted.
    pub counts: BTreeMap<DirectoryName, Counts>,
    /// What each of several directories gives.
    pub giving: BTreeMap<DirectoryName, Gave>,
    /// The directory groups that have an anchor.
    pub groups: BTreeMap<DirectoryName, BTreeMap<GroupRef, SeenGroup>>,
    /// Accounts to be made that Adobe may have without having listed them: who is looked for one by one, and found or
    /// put into [`Memory::looked_for`], makes the next plan better.
    pub look_for: Vec<Account>,
}

/// When and under what a plan is made, and about whom.
#[derive(Debug, Clone, Copy)]
pub struct Occasion<'a> {
    /// The hash of what the configuration means.
    pub configuration: &'a str,
    /// When the plan is made.
    pub now: DateTime<Utc>,
    /// Only this person, by the [place](crate::person::Person::place) of their entry: nobody else is touched, and absence is nobody's.
    pub person: Option<&'a str>,
    /// From which side memberships are changed.
    pub packing: Packing,
}

/// Decides: from both sides and the rules to a plan. A push looks at nothing of Adobe's side but whose it is.
pub fn plan(
    people: &People,
    adobe: &Snapshot,
    rules: &Rules,
    memory: &Memory,
    occasion: Occasion<'_>,
) -> Result<(Plan, Remember), DiffError> {
    let Occasion { configuration, now, person, packing } = occasion;
    let not_listed = Snapshot::not_listed(&adobe.organization, now);
    let (adobe, packing) = match rules.strategy {
        Strategy::Sync => (adobe, packing),
        // Everybody has a command of their own, and nobody knows which groups are user groups.
        Strategy::Push => (&not_listed, Packing::PerUser),
    };
    let directories = &people.directories;
    let desired = Desired::of(people, memory);
    if desired.selected() == 0 {
        let (entries, people) = (desired.entries, desired.people.len());
        return Err(DiffError::Nobody { entries, people });
    }
    // The digest goes over all users and needs nothing of the difference.
    let digest = || (rules.strategy == Strategy::Sync).then(|| listed(adobe));
    let (digest, difference) =
        at_once(adobe.users.len(), digest, || diff(&desired, adobe, rules, memory, now, person));
    let Diff {
        changes,
        held,
        protected,
        leavers,
        returned,
        foreign,
        populations,
        absent,
        back,
        unknown,
        pairs,
        mut matches,
        still,
        in_step,
        not_made,
    } = difference?;
    without_doubtful_links(&mut matches, directories, memory);
    let count = Count::of(adobe, memory.surplus);
    let counts = Counts::of_all(directories, rules);
    let falls = match rules.strategy {
        Strategy::Sync => falls(&counts, &memory.reads, &rules.limits),
        // Whoever is missing is not sent, and nothing else happens to them.
        Strategy::Push => Vec::new(),
    };
    let doubtful = desired.set_aside.len() + held.iter().filter(|held| held.reason.is_doubt()).count();
    let doubts = Doubts {
        anybody_set_aside: desired.shield.anybody,
        too_many_set_aside: rules
            .limits
            .set_aside
            .allows(desired.selected())
            .is_some_and(|most| doubtful > most),
        short_listing: count.is_short(),
        far_short_listing: count.is_far_short(),
        // Whoever a run for one person is about has been read singly.
        open_count: count.is_open() && person.is_none(),
        fall: !falls.is_empty(),
        unread: desired.unread,
    };
    let Parking { parked, told, digests } = park(&changes, &desired, adobe, memory, now);
    let Frozen { changes: frozen, members: freezing } = frozen(&changes, directories, adobe, rules, memory);
    let (waiting, unread) = waiting(&changes, directories, adobe, rules, memory, (&desired, &pairs));
    let giving = giving(directories, &desired, adobe, &pairs, memory);
    let mut checked = withhold(
        changes,
        Circumstances {
            limits: &rules.limits,
            populations: &populations,
            baseline: rules.baseline,
            doubts,
            parked: &parked,
            frozen: &frozen,
            waiting: &waiting,
            looked_for: &memory.looked_for,
            approved: &memory.approved,
            spent: &memory.spent,
        },
    );
    stand(&mut checked, &desired, adobe, &pairs);
    let read = read_of(&desired);
    let groups = group_lines(rules, adobe, &checked.changes, &checked.withheld, &foreign, &populations);
    // Whoever runs for one person may know of other groups no more than that they are there.
    let packed = Terms { packing, list_limit: memory.list_limit };
    let surplus =
        person.is_none().then(|| count.unlisted()).flatten().filter(|_| waits_for_count(&checked.withheld));
    let Checked { changes, withheld, breaches: _ } = &checked;
    // Both go over everything, and neither needs the other.
    let (id, (commands, cost)) = at_once(
        changes.len(),
        || fingerprint(&adobe.organization, configuration, changes, withheld, surplus),
        || commands(changes, packed, &groups),
    );
    let plan = Plan {
        format: FORMAT,
        version: env!("CARGO_PKG_VERSION"),
        made_at: now,
        id,
        organization: adobe.organization.clone(),
        configuration: configuration.to_owned(),
        person: person.map(str::to_owned),
        directory: read,
        certificates: certificates(directories),
        unread,
        unknown,
        shared: desired.shared.to_vec(),
        adobe: digest.map(|digest| AdobeRead {
            read_at: adobe.read_at,
            digest,
            users: adobe.users.len(),
            groups: adobe.groups.len(),
            counted: adobe.total_count,
            surplus: memory.surplus,
            looked_for: memory.looked_for.len(),
        }),
        commands,
        packed,
        cost,
        changes: checked.changes,
        withheld: checked.withheld,
        limits: rules.limits,
        breaches: checked.breaches,
        doubts,
        falls,
        surplus,
        freezing,
        held,
        set_aside: desired.set_aside,
        protected,
        leavers,
        returned,
        parked: told,
        unreadable_users: sorted(&adobe.unreadable),
        lines: groups.clone(),
        groups,
        abandoned: abandoned(rules, adobe, memory),
        populations,
        in_step,
        not_made,
    };
    let look_for = look_for(&plan, count, memory);
    let departing = departures(&plan.changes, adobe, &rules.managed_groups(), now);
    let whole = directories.is_whole();
    let groups = seen(directories);
    Ok((
        plan,
        Remember {
            absent,
            back,
            whole,
            matches,
            still,
            departing,
            digests,
            counts,
            giving,
            groups,
            look_for,
        },
    ))
}

/// Where the people stand whom each breach is about.
fn stand(checked: &mut Checked, desired: &Desired, adobe: &Snapshot, pairs: &[(usize, usize)]) {
    if checked.breaches.is_empty() {
        return;
    }
    let mut places: BTreeMap<&str, &str> = BTreeMap::new();
    for (person, user) in pairs {
        let dn = desired.people[*person].sighting().dn;
        places.extend(adobe.users[*user].id().map(|id| (id, parent(dn))));
    }
    for breach in &mut checked.breaches {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for Withheld { change, why: _ } in &checked.withheld {
            let of_group = match (&change.what, &breach.group) {
                (What::Lose { group }, Some(of)) => group == of,
                _ => true,
            };
            if of_group && Class::of(change).contains(&breach.class) {
                let place = id_of(change).and_then(|id| places.get(id));
                place.into_iter().for_each(|place| *counts.entry((*place).to_owned()).or_default() += 1);
            }
        }
        breach.places = largest(counts);
    }
}

/// What a DN stands under (RFC 4514: a comma that a backslash goes before is part of a value).
fn parent(dn: &str) -> &str {
    let mut escaped = false;
    for (at, c) in dn.char_indices() {
        match c {
            ',' if !escaped => return dn[at + 1..].trim_start(),
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    ""
}

fn certificates(directories: &Directories) -> Vec<Certified> {
    let certified = |(name, directory): (&DirectoryName, &crate::directory::Directory)| Certified {
        directory: name.clone(),
        certificate: directory.certificate.clone(),
    };
    directories.read().iter().map(certified).collect()
}

fn seen(directories: &Directories) -> BTreeMap<DirectoryName, BTreeMap<GroupRef, SeenGroup>> {
    let anchored = |(group, found): (&GroupRef, &DirectoryGroup)| {
        let DirectoryGroup { dn, members: _, anchor } = found;
        Some((group.clone(), SeenGroup { anchor: anchor.clone()?, dn: dn.clone() }))
    };
    let read = directories.read().iter();
    read.map(|(name, directory)| (name.clone(), directory.groups.iter().filter_map(anchored).collect()))
        .collect()
}

/// Whether a change waits for nothing but the count.
fn waits_for_count(withheld: &[Withheld]) -> bool {
    withheld.iter().any(|withheld| matches!(withheld.why, Why::ShortListing | Why::Unlisted))
}

/// Whoever the plan would make if it were sure that Adobe has nobody like that: those who wait for just that, and those
/// whom somebody approved while accounts were counted and not listed.
fn look_for(plan: &Plan, count: Count, memory: &Memory) -> Vec<Account> {
    let waiting = plan.withheld.iter().filter(|withheld| withheld.why == Why::Unlisted);
    let approved = |change: &&Change| {
        count.unlisted() != Some(0)
            && plan.person.is_none()
            && memory.approved.contains(&change.fingerprint())
    };
    let is_creation = |change: &&Change| matches!(change.what, What::CreateUser(_));
    let approved = plan.changes.iter().filter(is_creation).filter(approved);
    let account = |change: &Change| match &change.target {
        Target::User(account) => Some(account.as_ref().clone()),
        Target::Group(_) => None,
    };
    let accounts = waiting.map(|withheld| &withheld.change).chain(approved).filter_map(account);
    accounts.filter(|account| !memory.looked_for.contains(&account.key)).collect()
}

/// What those who leave lose outside the managed groups, which nobody would give back.
fn departures(
    changes: &[Change],
    adobe: &Snapshot,
    managed: &BTreeSet<GroupName>,
    now: DateTime<Utc>,
) -> Vec<Departure> {
    let leaving: BTreeSet<&str> =
        changes.iter().filter(|change| change.is_departure()).filter_map(id_of).collect();
    let leaves = |user: &&User| user.id().is_some_and(|id| leaving.contains(id));
    let departure = |user: &User| Departure {
        email: user.email().to_owned(),
        at: now,
        groups: user
            .groups
            .iter()
            .filter(|group| !managed.contains(*group))
            .map(ToString::to_string)
            .collect(),
    };
    if leaving.is_empty() {
        return Vec::new();
    }
    let mut departures: Vec<Departure> = adobe.users.iter().filter(leaves).map(departure).collect();
    departures.sort_by(|left, right| left.email.cmp(&right.email));
    departures
}

fn sorted(users: &[UnreadableUser]) -> Vec<UnreadableUser> {
    let mut users = users.to_vec();
    users.sort();
    users
}

fn read_of(desired: &Desired) -> Read {
    Read {
        source: desired.sources.iter().map(|(name, source)| name.says(source)).collect::<Vec<_>>().join(", "),
        entries: desired.entries,
        groups: desired.groups,
        people: desired.people.len(),
        selected: desired.selected(),
        services: desired.services,
        departed: desired.gone.len(),
        kept: desired.kept,
        filtered: desired.filtered,
    }
}

fn group_lines(
    rules: &Rules,
    adobe: &Snapshot,
    changes: &[Change],
    withheld: &[Withheld],
    foreign: &BTreeMap<GroupName, usize>,
    populations: &Populations,
) -> Vec<GroupLine> {
    let managed: Vec<GroupName> = rules.managed_groups().into_iter().collect();
    // A million people have three each: trees of thousands are slow.
    let at: Lookup<&GroupName, usize> = managed.iter().enumerate().map(|(at, group)| (group, at)).collect();
    let line = |group: &GroupName| {
        let known = adobe.groups.get(group);
        let name = known.map_or_else(|| group.clone(), |known| known.name.clone());
        let foreign = foreign.get(group).copied().unwrap_or_default();
        let (counted, quota) = known.map_or((None, None), |known| (known.member_count, known.quota));
        // One that is made is a user group: the API makes no other.
        let user_group = known.is_none_or(|known| known.kind == GroupKind::UserGroup);
        GroupLine {
            name,
            before: (rules.strategy == Strategy::Sync)
                .then(|| populations.members.get(group).copied().unwrap_or_default()),
            gains: 0,
            losses: 0,
            withheld: 0,
            foreign,
            new: false,
            counted,
            quota,
            user_group,
        }
    };
    let mut lines: Vec<GroupLine> = managed.iter().map(line).collect();
    let leaving: BTreeSet<&str> =
        changes.iter().filter(|change| change.is_departure()).filter_map(id_of).collect();
    let leaves = |user: &&User| user.id().is_some_and(|id| leaving.contains(id));
    let leavers = adobe.users.iter().filter(|_| !leaving.is_empty()).filter(leaves);
    for at in leavers.flat_map(|user| &user.groups).filter_map(|group| at.get(group)) {
        lines[*at].losses += 1;
    }
    for change in changes {
        match (&change.target, &change.what) {
            (Target::Group(group), What::CreateGroup) if !change.is_push() => {
                at.get(group).into_iter().for_each(|at| lines[*at].new = true);
            }
            (_, What::Join { group }) => at.get(group).into_iter().for_each(|at| lines[*at].gains += 1),
            (_, What::Lose { group }) => at.get(group).into_iter().for_each(|at| lines[*at].losses += 1),
            _ => {}
        }
    }
    for held_back in withheld {
        if let What::Join { group } | What::Lose { group } = &held_back.change.what
            && let Some(at) = at.get(group)
        {
            lines[*at].withheld += 1;
        }
    }
    lines
}

/// The groups that earlier configurations filled, and that this one leaves alone.
fn abandoned(rules: &Rules, adobe: &Snapshot, memory: &Memory) -> Vec<Abandoned> {
    let managed = rules.managed_groups();
    let left = memory.given.iter().filter(|(group, given)| **given > 0 && !managed.contains(*group));
    let known = left.filter_map(|(group, given)| Some((adobe.groups.get(group)?.name.clone(), *given)));
    let of = |(group, given): (GroupName, usize)| {
        let members = adobe.users.iter().filter(|user| user.groups.contains(&group)).count();
        Abandoned { group, members, given }
    };
    known.map(of).filter(|abandoned| abandoned.members > 0).collect()
}

fn id_of(change: &Change) -> Option<&str> {
    match &change.target {
        Target::User(account) => account.id(),
        Target::Group(_) => None,
    }
}

impl Plan {
    /// Twelve hexadecimal digits over the organization, the configuration's meaning and every change, sent or
    /// withheld, with the values it expects, and over the surplus that approving it accepts; not over times, ages or
    /// versions.
    pub fn id(&self) -> &str {
        &self.id
    }

    fn fingerprint(&self) -> String {
        fingerprint(&self.organization, &self.configuration, &self.changes, &self.withheld, self.surplus)
    }

    /// The same plan sending only those of its changes that `send` names, and withholding `withheld`.
    pub fn only(&self, send: impl Fn(&Change) -> bool, withheld: Vec<Withheld>) -> Self {
        let mut plan = self.clone();
        plan.changes.retain(send);
        plan.withheld = withheld;
        plan.withheld.sort_by(|left, right| left.change.cmp(&right.change));
        (plan.commands, plan.cost) = commands(&plan.changes, plan.packed, &plan.lines);
        plan.groups.clear();
        plan.surplus = plan.surplus.filter(|_| waits_for_count(&plan.withheld));
        plan.id = plan.fingerprint();
        plan
    }

    /// When it was made.
    pub fn made_at(&self) -> DateTime<Utc> {
        self.made_at
    }

    /// The organization it is for.
    pub fn organization(&self) -> &str {
        &self.organization
    }

    /// The hash of what the configuration meant.
    pub fn configuration(&self) -> &str {
        &self.configuration
    }

    /// What the directory gave.
    pub fn directory(&self) -> &Read {
        &self.directory
    }

    /// What proves that each directory that was read was read whole.
    pub fn certificates(&self) -> &[Certified] {
        &self.certificates
    }

    /// The directories that could not be read, and what they hold back.
    pub fn unread(&self) -> &[Unread] {
        &self.unread
    }

    /// How many users of ours no directory has that was read, while another could not be.
    pub fn unknown(&self) -> usize {
        self.unknown
    }

    /// People whom several directories give.
    pub fn shared(&self) -> &[Shared] {
        &self.shared
    }

    /// What Adobe gave; `None` where it was not asked, because the plan is a push.
    pub fn adobe(&self) -> Option<&AdobeRead> {
        self.adobe.as_ref()
    }

    /// Whether it sends everybody without a look at Adobe.
    pub fn is_push(&self) -> bool {
        self.adobe.is_none()
    }

    /// What is to be sent, sorted.
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// The same as commands, in the order in which they are sent.
    pub fn commands(&self) -> &[Command] {
        &self.commands
    }

    /// What a safety rule holds back, sorted.
    pub fn withheld(&self) -> &[Withheld] {
        &self.withheld
    }

    /// Limits that were exceeded.
    pub fn breaches(&self) -> &[Breach] {
        &self.breaches
    }

    /// What makes absence uncertain in this run.
    pub fn doubts(&self) -> Doubts {
        self.doubts
    }

    /// Falls against the last complete reads: they hold every removal.
    pub fn falls(&self) -> &[Fall] {
        &self.falls
    }

    /// How many accounts Adobe counts and did not list, where changes wait for that alone. Approving the plan accepts them
    /// as accounts that are never listed.
    pub fn surplus(&self) -> Option<u64> {
        self.surplus
    }

    /// Unresolved members whom nobody has accepted, of the directory groups whose removals wait for their sake. Approving
    /// the plan accepts them.
    pub fn freezing(&self) -> &BTreeMap<GroupRef, BTreeSet<String>> {
        &self.freezing
    }

    /// People and users nothing is done about.
    pub fn held(&self) -> &[Held] {
        &self.held
    }

    /// Entries that could not be understood.
    pub fn set_aside(&self) -> &[SetAside] {
        &self.set_aside
    }

    /// Protected users for whom there would have been changes.
    pub fn protected(&self) -> &[ProtectedUser] {
        &self.protected
    }

    /// Users whom the directory lacks.
    pub fn leavers(&self) -> &[Leaver] {
        &self.leavers
    }

    /// People who get an account anew after they had left.
    pub fn returned(&self) -> &[Returned] {
        &self.returned
    }

    /// Changes that Adobe refuses in every run and that are not tried again for now.
    pub fn parked(&self) -> &[Parked] {
        &self.parked
    }

    /// Users whom Adobe listed and we could not understand.
    pub fn unreadable_users(&self) -> &[UnreadableUser] {
        &self.unreadable_users
    }

    /// Every managed group.
    pub fn groups(&self) -> &[GroupLine] {
        &self.groups
    }

    /// Groups that no mapping names any more, with members whom we gave them.
    pub fn abandoned(&self) -> &[Abandoned] {
        &self.abandoned
    }

    /// What the limits' shares were taken of.
    pub fn populations(&self) -> &Populations {
        &self.populations
    }

    /// People who have just what they should.
    pub fn in_step(&self) -> usize {
        self.in_step
    }

    /// People who get an account by the rules, have none, and to whom `people.create` gives none.
    pub fn not_made(&self) -> usize {
        self.not_made
    }

    /// How many requests it takes.
    pub fn requests(&self) -> usize {
        self.cost.requests
    }

    /// What sending it costs.
    pub fn cost(&self) -> Cost {
        self.cost
    }
}
