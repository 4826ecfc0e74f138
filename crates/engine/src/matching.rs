//! Who is who: people of the directory and users at Adobe, matched or held, never guessed.

mod few;
pub(crate) mod index;
mod owners;

use few::Few;
use index::Index;
use owners::Owners;

use crate::adobe::{Identity, Snapshot, Status, User};
use crate::ahead::{self, HANDFUL};
use crate::desired::Desired;
use crate::key::{Ownership, UserKey, folded, is_same_email};
use crate::lookup::Among;
use crate::memory::{Evidence, Known, Memory};
use crate::person::Person;
use crate::rules::AdobeIdTwin;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

/// People and users, matched.
#[derive(Debug, Default)]
pub struct Matching {
    /// Positions of a person and their user.
    pub pairs: Vec<(usize, usize)>,
    /// Positions of people who have no account.
    pub without_account: Vec<usize>,
    /// People nothing is done about.
    pub held: Vec<Held>,
    /// Positions of users that somebody in the directory may be: no leavers.
    pub claimed: Positions,
    /// Positions of users of whom an entry says that they have left, and what does.
    pub gone: BTreeMap<usize, Evidence>,
    /// Positions of users whom a link knows, whether its entry is there or not.
    pub linked: Positions,
    /// Of each person, where their link stands among all links, if it says what is so: there is nothing to remember but that
    /// it still is.
    pub confirmed: Vec<Option<u32>>,
    /// Positions of those of them in whose accounts nothing is to be changed.
    pub in_step: Positions,
}

/// Some of the users, or people, by position.
#[derive(Debug, Default)]
pub struct Positions(Vec<bool>);

impl Positions {
    /// None of so many.
    pub(crate) fn new(count: usize) -> Self {
        Self(vec![false; count])
    }

    pub(crate) fn insert(&mut self, at: usize) {
        self.0[at] = true;
    }

    /// Takes one in; whether it was among them before.
    fn replace(&mut self, at: usize) -> bool {
        if self.0.len() <= at {
            self.0.resize(at + 1, false);
        }
        std::mem::replace(&mut self.0[at], true)
    }

    /// Whether one is among them.
    pub fn contains(&self, at: &usize) -> bool {
        self.0.get(*at).copied().unwrap_or_default()
    }

    /// Their positions, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = usize> {
        self.0.iter().enumerate().filter(|(_, is)| **is).map(|(at, _)| at)
    }
}

/// Somebody about whom nothing is done in this run, and why.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Held {
    /// Email or other name.
    pub who: String,
    /// The entry, when it is a person.
    pub entry: Option<String>,
    /// Why.
    pub reason: HeldReason,
}

/// Why nothing is done about somebody.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HeldReason {
    /// Several users at Adobe could be this person's.
    SeveralUsers {
        /// Their emails.
        users: Vec<String>,
    },
    /// Several entries could be this user's.
    SeveralPeople {
        /// Their DNs.
        entries: Vec<String>,
    },
    /// Only an account of the other ownership has this email.
    OtherOwnership {
        /// What Adobe calls that account.
        kind: String,
    },
    /// The account has a type we do not know.
    UnknownType {
        /// Adobe's word.
        kind: String,
    },
    /// The account is not active.
    Inactive {
        /// Adobe's word.
        status: String,
    },
    /// Another account still has the address that this person needs.
    AddressTaken {
        /// The address.
        email: String,
    },
    /// The address was somebody else's, who is known by another anchor.
    Recycled {
        /// Where their entry stood when it was last seen.
        formerly: String,
    },
    /// An account is known to be theirs by an anchor that this read does not give.
    AnchorLost {
        /// The account's email.
        account: String,
    },
    /// The account has another identity type than the configuration gives.
    OtherType {
        /// What Adobe has.
        has: Identity,
        /// What the configuration gives.
        wants: Identity,
    },
    /// A command would name several accounts at once.
    SharedAddress {
        /// How it would name them.
        user: String,
    },
    /// No account can be made from this entry.
    NoProfile {
        /// Why not.
        why: String,
    },
    /// A holder of an administrator role does not leave the organization.
    HoldsRole {
        /// The role's group.
        group: String,
    },
    /// `leavers.list` names somebody who is no leaver.
    NoLeaver,
    /// `leavers.list` names somebody whom Adobe does not have, or not only once.
    NoAccount,
    /// The last member of an administrator group stays.
    LastMember {
        /// Of which group.
        group: String,
    },
}

impl HeldReason {
    /// Whether it says that we do not know who somebody is, as opposed to a rule that we know to apply.
    pub fn is_doubt(&self) -> bool {
        match self {
            Self::SeveralUsers { .. }
            | Self::SeveralPeople { .. }
            | Self::OtherOwnership { .. }
            | Self::UnknownType { .. }
            | Self::Recycled { .. }
            | Self::AnchorLost { .. }
            | Self::SharedAddress { .. }
            | Self::NoProfile { .. } => true,
            Self::Inactive { .. }
            | Self::OtherType { .. }
            | Self::AddressTaken { .. }
            | Self::HoldsRole { .. }
            | Self::NoLeaver
            | Self::NoAccount
            | Self::LastMember { .. } => false,
        }
    }
}

impl fmt::Display for HeldReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SeveralUsers { users } => {
                write!(f, "several accounts could be theirs: {}", users.join(", "))
            }
            Self::SeveralPeople { entries } => {
                write!(f, "several entries name this account: {}", entries.join(" and "))
            }
            Self::OtherOwnership { kind } => write!(
                f,
                "Adobe has only an account of type {kind} with this email (people.adobe_id_twin decides about Adobe IDs)"
            ),
            Self::UnknownType { kind } => write!(f, "the account is of {kind}, which is only read"),
            Self::Inactive { status } => write!(f, "the account is {status} at Adobe"),
            Self::AddressTaken { email } => write!(f, "another account still has the address {email}"),
            Self::Recycled { formerly } => write!(
                f,
                "the address was that of {formerly}, another entry: what belongs to the one must not become the other's (if they are one person: umsync links drop)"
            ),
            Self::AnchorLost { account } => write!(
                f,
                "their account {account} is known by an attribute that the directory did not give this time (its access rules, or the server that answered)"
            ),
            Self::OtherType { has, wants } => write!(
                f,
                "identity: the account is {has} and the configuration gives {wants}; Adobe's API changes no type, and everything else goes on"
            ),
            Self::SharedAddress { user } => {
                write!(
                    f,
                    "Adobe would not know which account {user} means; a command could hit the wrong one"
                )
            }
            Self::NoProfile { why } => f.write_str(why),
            Self::HoldsRole { group } => {
                write!(
                    f,
                    "they hold the administrator role {group}, whose holders never leave the organization"
                )
            }
            Self::NoLeaver => {
                f.write_str("leavers.list names them, and they are no leaver: nothing is done about them")
            }
            Self::NoAccount => {
                f.write_str("leavers.list names them, and Adobe has no account, or several, called so")
            }
            Self::LastMember { group } => write!(f, "they are the last member of {group}, who stays"),
        }
    }
}

/// The users that could be one person's.
struct Found {
    /// By a link.
    all_linked: Few,
    /// By a link, those of the person's kind of account.
    linked: Few,
    /// By the email.
    same_email: Few,
}

/// Whether the only link of somebody who was seen in one place says what is so.
fn is_confirmed(person: &Person, user: &User, known: &Known) -> bool {
    let identity = person.identity;
    !person.is_shared()
        && user.kind.known() == Some(identity)
        && user.id().is_some_and(|id| known.says(id, identity, user.email(), person.sighting().dn))
}

/// Matches every person: a link goes first, then the same email, then the same username and domain, always within
/// the same ownership. Two candidates, or one candidate for two people: all are held.
///
/// `is_in_step` is asked of a person and their user while both are at hand: whether nothing is to be changed in that account.
pub fn matching(
    desired: &Desired,
    adobe: &Snapshot,
    memory: &Memory,
    twin: AdobeIdTwin,
    now: DateTime<Utc>,
    is_in_step: impl Fn(&Person, &User) -> bool,
) -> Matching {
    let users = &adobe.users;
    let index = Index::of(users);
    let mut matching = Matching {
        claimed: Positions::new(users.len()),
        linked: Positions::new(users.len()),
        confirmed: vec![None; desired.people.len()],
        in_step: Positions::new(desired.people.len()),
        ..Matching::default()
    };
    let mut met = Positions::new(memory.links.len());
    let mut find = |(at, person): (usize, &Person)| -> Found {
        let places = person.anchors().filter_map(|anchor| memory.links.place(anchor));
        let places: Few = places.inspect(|place| met.insert(*place)).collect();
        let all_linked: Few =
            places.iter().filter_map(|place| index.of_id(memory.links.at(place).id())).collect();
        all_linked.iter().for_each(|user| matching.linked.insert(user));
        if let (Few::One(place), Few::One(user)) = (&places, &all_linked)
            && is_confirmed(person, &users[*user], memory.links.at(*place))
        {
            matching.confirmed[at] = u32::try_from(*place).ok();
            if unusable(&users[*user]).is_none() && is_in_step(person, &users[*user]) {
                matching.in_step.insert(at);
            }
        }
        // A link made when the person had another kind of account decides nothing now.
        let twin = twin == AdobeIdTwin::Manage && person.identity.ownership() == Ownership::Organization;
        let owner = |user: &usize| users[*user].kind.known().map(Identity::ownership);
        let fits =
            |user: &usize| twin || owner(user).is_none_or(|owner| owner == person.identity.ownership());
        let linked = all_linked.iter().filter(fits).collect();
        let same_email = match &all_linked {
            Few::One(user) if index.is_alone_with(*user, person.email()) => Few::One(*user),
            _ => index.of_email(person.email()),
        };
        Found { all_linked, linked, same_email }
    };
    let mut found: Vec<Found> = Vec::with_capacity(desired.people.len());
    for people in desired.people.chunks(HANDFUL) {
        ahead::look_up(people, &memory.links, &index);
        found.extend((found.len()..).zip(people).map(&mut find));
    }
    // Of the others the entry is gone, or no person any more.
    let others = (0..memory.links.len()).filter(|place| !met.contains(place));
    let others = others.filter_map(|place| index.of_id(memory.links.at(place).id()));
    others.for_each(|user| matching.linked.insert(user));
    // A user whom a link gives to one person is no candidate for another, even if the other has its email now.
    let mut taken = Positions::new(users.len());
    found.iter().for_each(|found| found.linked.iter().for_each(|user| taken.insert(user)));
    let unlinked = desired.people.iter().zip(&found).filter(|(_, found)| matches!(found.linked, Few::Nobody));
    let asked = unlinked.map(|(person, _)| person).chain(desired.gone.iter().filter_map(|gone| gone.person));
    let owners = Owners::of(memory, asked, &index, users);

    let decide = |(person, found): (&Person, &Found)| -> Candidate {
        let Found { all_linked: _, linked, same_email } = found;
        match linked {
            Few::One(user) => linked_candidate(person, *user, users, same_email, &taken),
            // Two directories give them, and their entries have had two accounts.
            Few::Several(found) => {
                let mut found = found.to_vec();
                found.sort_unstable();
                several_users(found, users)
            }
            Few::Nobody => match candidate(person, same_email, users, &index, &taken, twin) {
                Candidate::One(user) => match owners.other_owner(person, &users[user]) {
                    Some(other) => recycled(other, vec![user]),
                    None => Candidate::One(user),
                },
                Candidate::None => {
                    match (owners.stands_for(person, &index), owners.former_owner(person, &index, now)) {
                        (Some(user), _) => {
                            let account = users[user].email().to_owned();
                            doubtful(HeldReason::AnchorLost { account }, vec![user])
                        }
                        (None, Some(other)) => recycled(other, Vec::new()),
                        (None, None) => Candidate::None,
                    }
                }
                held @ Candidate::Held(_) => held,
            },
        }
    };
    let mut candidates: Vec<Candidate> = Vec::with_capacity(found.len());
    for (people, found) in desired.people.chunks(HANDFUL).zip(found.chunks(HANDFUL)) {
        let of_both = || people.iter().zip(found);
        ahead::people(of_both().filter(|(_, found)| found.linked == Few::Nobody).map(|(person, _)| person));
        candidates.extend(of_both().map(decide));
    }
    refuse_shared(desired, &mut candidates);

    for (at, (person, candidate)) in desired.people.iter().zip(candidates).enumerate() {
        // Whoever has a person's address, or link, has an entry, and is no leaver, even where the person has another
        // account.
        let theirs = found[at].all_linked.iter().chain(found[at].same_email.iter());
        theirs.for_each(|user| matching.claimed.insert(user));
        let held = |reason| Held { who: person.email().to_owned(), entry: Some(person.place()), reason };
        match candidate {
            Candidate::One(user) => {
                matching.claimed.insert(user);
                // Who is in step has a usable account, which need not be fetched again.
                let reason = if matching.in_step.contains(&at) { None } else { unusable(&users[user]) };
                match reason {
                    Some(reason) => matching.held.push(held(reason)),
                    None => matching.pairs.push((at, user)),
                }
            }
            Candidate::None => matching.without_account.push(at),
            Candidate::Held(doubt) => {
                let Doubt { reason, users } = *doubt;
                users.into_iter().for_each(|user| matching.claimed.insert(user));
                matching.held.push(held(reason));
            }
        }
    }
    for gone in &desired.gone {
        let linked = gone.linked.as_ref().and_then(|id| index.of_id(id));
        let user = linked.or_else(|| {
            let person = gone.person.as_ref()?;
            match candidate(person, &index.of_email(person.email()), users, &index, &taken, twin) {
                // Nor may somebody else have had the address not long ago: it may have been their account.
                Candidate::One(user)
                    if owners.other_owner(person, &users[user]).is_none()
                        && owners.former_owner(person, &index, now).is_none() =>
                {
                    Some(user)
                }
                _ => None,
            }
        });
        if let Some(user) = user.filter(|user| !matching.claimed.contains(user)) {
            matching.gone.entry(user).or_insert_with(|| gone.evidence.clone());
        }
    }
    matching
}

fn recycled(other: &Known, users: Vec<usize>) -> Candidate {
    doubtful(HeldReason::Recycled { formerly: other.dn().to_owned() }, users)
}

#[derive(Debug, Clone)]
enum Candidate {
    One(usize),
    None,
    /// In a box, so that those of a million people are small: hardly anybody is held.
    Held(Box<Doubt>),
}

impl Candidate {
    /// Accounts that nobody else gets, because they are this person's or one of them is.
    fn could_be(&self) -> &[usize] {
        match self {
            Self::One(user) => std::slice::from_ref(user),
            Self::Held(doubt) => match doubt.reason {
                HeldReason::SeveralUsers { .. } | HeldReason::AddressTaken { .. } => &doubt.users,
                _ => &[],
            },
            Self::None => &[],
        }
    }
}

/// Why nothing is done about somebody, and which accounts could be theirs.
#[derive(Debug, Clone)]
struct Doubt {
    reason: HeldReason,
    users: Vec<usize>,
}

fn doubtful(reason: HeldReason, users: Vec<usize>) -> Candidate {
    Candidate::Held(Box::new(Doubt { reason, users }))
}

/// The account that a link gives, unless another, free one has just the person's address: then nobody knows which.
fn linked_candidate(
    person: &Person,
    user: usize,
    users: &[User],
    same_email: &Few,
    taken: &Positions,
) -> Candidate {
    let same = |other: &usize| {
        *other != user
            && !taken.contains(other)
            && users[*other].kind.known().map(Identity::ownership) == Some(person.identity.ownership())
    };
    let others: Vec<usize> = same_email.iter().filter(same).collect();
    if others.is_empty() {
        return Candidate::One(user);
    }
    several_users([user].into_iter().chain(others).collect(), users)
}

fn several_users(found: Vec<usize>, users: &[User]) -> Candidate {
    let told = found.iter().map(|user| describe(&users[*user])).collect();
    doubtful(HeldReason::SeveralUsers { users: told }, found)
}

fn candidate(
    person: &Person,
    same_email: &Few,
    users: &[User],
    index: &Index<'_>,
    taken: &Positions,
    twin: AdobeIdTwin,
) -> Candidate {
    let ownership = person.identity.ownership();
    let same_email: Vec<usize> = same_email.iter().collect();
    let owned: Vec<usize> = same_email
        .iter()
        .copied()
        .filter(|user| users[*user].kind.known().map(Identity::ownership) == Some(ownership))
        .collect();
    let free = |found: &[usize]| -> Vec<usize> {
        found.iter().copied().filter(|user| !taken.contains(user)).collect()
    };
    match free(&owned).as_slice() {
        [user] => return Candidate::One(*user),
        [] if !owned.is_empty() => {
            // The address belongs to somebody who is linked elsewhere and will give it up, or not: next run tells. Whoever
            // logs in as this person may be them until then.
            let reason = HeldReason::AddressTaken { email: person.email().to_owned() };
            return doubtful(reason, free(&index.of_login(person).iter().collect::<Vec<_>>()));
        }
        [] => {}
        found => return several_users(found.to_vec(), users),
    }
    let same_login: Vec<usize> = index.of_login(person).iter().collect();
    match free(&same_login).as_slice() {
        [user] => return Candidate::One(*user),
        [] if !same_login.is_empty() => {
            let reason = HeldReason::AddressTaken { email: person.address().user };
            return doubtful(reason, Vec::new());
        }
        [] => {}
        found => return several_users(found.to_vec(), users),
    }
    let Some(other) = same_email.first().copied() else {
        return Candidate::None;
    };
    let unknown = same_email.iter().copied().find(|user| users[*user].kind.known().is_none());
    let user = &users[unknown.unwrap_or(other)];
    let reason = match user.kind.known() {
        _ if taken.contains(&other) => HeldReason::AddressTaken { email: person.email().to_owned() },
        None => HeldReason::UnknownType { kind: user.kind.to_string() },
        Some(_) => match (ownership, twin) {
            (Ownership::Organization, AdobeIdTwin::Create) => return Candidate::None,
            (Ownership::Organization, AdobeIdTwin::Manage)
                if same_email.len() == 1 && !taken.contains(&other) =>
            {
                return Candidate::One(other);
            }
            _ => HeldReason::OtherOwnership { kind: user.kind.to_string() },
        },
    };
    doubtful(reason, free(&same_email))
}

/// Two people for one account, whether it exists or would be made: all of them are held.
fn refuse_shared(desired: &Desired, candidates: &mut [Candidate]) {
    #[derive(PartialEq, Eq, PartialOrd, Ord, Hash)]
    enum Account<'a> {
        Existing(usize),
        New(UserKey),
        /// A bare username, which is one account's in all domains of a directory at Adobe: two creations would name the
        /// same account.
        NewLogin(Cow<'a, str>),
        /// Whoever one entry names, which several directories give with different values: one of them is behind.
        Entry(&'a str),
    }
    let people = &desired.people;
    let has_no_account = |at: usize| matches!(candidates[at], Candidate::None);
    // People are in the order of their keys.
    let is_same = |before: &Person, next: &Person| {
        before.identity.ownership() == next.identity.ownership()
            && is_same_email(before.email(), next.email())
    };
    let mut twins = Positions::new(people.len());
    for at in (1..people.len()).filter(|at| has_no_account(at - 1) || has_no_account(*at)) {
        if is_same(&people[at - 1], &people[at]) {
            twins.insert(at - 1);
            twins.insert(at);
        }
    }
    let several_directories = desired.sources.len() > 1;
    let accounts = |at: usize| {
        let person = &people[at];
        let existing = candidates[at].could_be().iter().map(|user| Account::Existing(*user));
        let (new, login) = match &candidates[at] {
            Candidate::None => (twins.contains(&at).then(|| Account::New(person.key())), person.username()),
            Candidate::One(_) | Candidate::Held(_) => (None, None),
        };
        // They are far from the processor, and one directory gives each entry once.
        let anchors = several_directories.then(|| person.anchors().enumerate()).into_iter().flatten();
        // Once for each of their anchors.
        let once = |(at, anchor): &(usize, &str)| !person.anchors().take(*at).any(|other| other == *anchor);
        let entries = anchors.filter(once).map(|(_, anchor)| Account::Entry(anchor));
        entries.chain(existing).chain(new).chain(login.map(|login| Account::NewLogin(folded(login))))
    };
    // Nearly nobody shares anything: whatever is met twice is looked for first, and who has it then.
    let mut met = Among::new();
    let mut twice = Among::new();
    let mut had = Positions::default();
    for account in (0..candidates.len()).flat_map(accounts) {
        if let Account::Existing(user) = account {
            if had.replace(user) {
                twice.insert(account);
            }
        } else if let Some(account) = met.replace(account) {
            twice.insert(account);
        }
    }
    drop(met);
    let mut sharing: BTreeMap<Account<'_>, Vec<usize>> = BTreeMap::new();
    for at in (0..candidates.len()).filter(|_| !twice.is_empty()) {
        for account in accounts(at).filter(|account| twice.contains(account)) {
            sharing.entry(account).or_default().push(at);
        }
    }
    let of = |candidate: &Candidate| match candidate {
        Candidate::One(user) => vec![*user],
        Candidate::None => Vec::new(),
        Candidate::Held(doubt) => doubt.users.clone(),
    };
    for (account, people) in sharing {
        // Two who get no account may share an address: nothing would be made of it.
        let new = match account {
            Account::Existing(_) => false,
            Account::New(_) | Account::NewLogin(_) => true,
            Account::Entry(_) => people.iter().all(|at| of(&candidates[*at]).is_empty()),
        };
        if new && people.iter().all(|at| !desired.people[*at].selected) {
            continue;
        }
        let entries: Vec<String> = people.iter().map(|at| desired.people[*at].place()).collect();
        let mut users: Vec<usize> = match account {
            Account::Existing(user) => vec![user],
            Account::New(_) | Account::NewLogin(..) => Vec::new(),
            Account::Entry(_) => people.iter().flat_map(|at| of(&candidates[*at])).collect(),
        };
        users.sort_unstable();
        users.dedup();
        let is_existing = matches!(account, Account::Existing(_));
        for at in people {
            // Whoever is in doubt between several accounts stays so.
            if !(is_existing && matches!(candidates[at], Candidate::Held(_))) {
                let reason = HeldReason::SeveralPeople { entries: entries.clone() };
                candidates[at] = doubtful(reason, users.clone());
            }
        }
    }
}

fn unusable(user: &User) -> Option<HeldReason> {
    match (&user.kind.known(), &user.status) {
        (None, _) => Some(HeldReason::UnknownType { kind: user.kind.to_string() }),
        (_, Status::Other(status)) => Some(HeldReason::Inactive { status: status.to_string() }),
        (Some(_), Status::Active) => None,
    }
}

fn describe(user: &User) -> String {
    format!("{} ({})", user.email(), user.kind)
}
