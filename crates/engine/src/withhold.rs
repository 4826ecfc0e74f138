//! Withholding: which of the changes a safety rule holds back.

use crate::change::{Change, Reason, Target, What};
use crate::key::UserKey;
use crate::limits::{Breach, Class, Limits, Populations, breaches};
use crate::rules::Baseline;
use crate::windows::Spent;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Why a change is withheld.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// Nobody has approved a plan for this organization yet.
    NoBaseline,
    /// The configuration means something else than when a plan was last approved.
    OtherConfiguration,
    /// Its own class exceeds its limit.
    OverLimit(Class),
    /// Another class exceeds its limit, which holds every removal.
    OtherLimit(Class),
    /// More entries were set aside, and people held, than `limits.set_aside` allows.
    TooManySetAside,
    /// Adobe listed far fewer users than it counts: whoever is missing may only not have been listed.
    ShortListing,
    /// Adobe counts users whom it did not list: this may be one of them, and nobody has looked for them yet.
    Unlisted,
    /// An entry that could be anybody's was set aside: nobody's absence counts in this run.
    SetAside,
    /// The directory has far fewer people, or a mapped group lists far fewer, than in the last complete reads.
    Fall,
    /// A directory group that gives the membership lists somebody who cannot be read: it may be theirs.
    Unresolved,
    /// A directory could not be read that gave their account, or may give the membership, or may have them by now. No
    /// approval lifts it: nobody can review what nobody can read.
    Unread,
    /// Adobe has refused it in every run of late, and nothing about person and user has changed since.
    Parked,
    /// Adobe said that it made the account, and does not show it.
    Invisible,
    /// It needs another change that is withheld.
    Needs,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoBaseline => f.write_str("no plan has been approved for this organization yet"),
            Self::OtherConfiguration => {
                f.write_str("the configuration has changed since a plan was approved")
            }
            Self::OverLimit(class) => write!(f, "over limits.{}", class.key()),
            Self::OtherLimit(class) => {
                write!(f, "limits.{} is exceeded, which holds every removal", class.key())
            }
            Self::TooManySetAside => f.write_str("more people than usual were set aside or held"),
            Self::ShortListing => f.write_str("Adobe listed far fewer users than it counts"),
            Self::Unlisted => f.write_str("Adobe counts users whom it did not list: this may be one of them"),
            Self::SetAside => f.write_str("an entry that names nobody was set aside; it could be theirs"),
            Self::Fall => f.write_str("the directory has far fewer people than usual"),
            Self::Unresolved => f.write_str("a directory group that gives it lists somebody who cannot be read"),
            Self::Unread => f.write_str("a directory could not be read that may give it"),
            Self::Parked => f.write_str("Adobe refuses it in every run; it is tried again when their entry or account changes, and after a week"),
            Self::Invisible => f.write_str("Adobe made this account and does not show it: it may be disabled there; look for it in the Admin Console"),
            Self::Needs => f.write_str("it needs a change that is withheld"),
        }
    }
}

/// A change that a safety rule holds back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withheld {
    /// What would happen.
    #[serde(flatten)]
    pub change: Change,
    /// What holds it.
    pub why: Why,
}

/// What makes absence uncertain in this run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Doubts {
    /// An entry without any naming value was set aside: it could be anybody's.
    pub anybody_set_aside: bool,
    /// More entries were set aside, and people held, than the limit allows.
    pub too_many_set_aside: bool,
    /// Adobe listed so much fewer users than it counts that nothing is to be taken.
    pub short_listing: bool,
    /// So much fewer that nobody is to be created either.
    pub far_short_listing: bool,
    /// Adobe listed fewer users than it counts, or gave no count.
    pub open_count: bool,
    /// The directory has far fewer people, or a mapped group lists far fewer, than in the last complete reads.
    pub fall: bool,
    /// A directory could not be read, while others could.
    pub unread: bool,
}

/// Changes within their limits, apart from those that are withheld.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Checked {
    /// To be sent.
    pub changes: Vec<Change>,
    /// Not to be sent.
    pub withheld: Vec<Withheld>,
    /// Which limits were exceeded.
    pub breaches: Vec<Breach>,
}

/// What the rules of withholding need to know.
#[derive(Debug, Clone, Copy)]
pub struct Circumstances<'a> {
    /// As configured.
    pub limits: &'a Limits,
    /// What shares are taken of.
    pub populations: &'a Populations,
    /// Whether a plan was approved.
    pub baseline: Baseline,
    /// What makes absence uncertain.
    pub doubts: Doubts,
    /// Changes that are not tried again for now, and why: no limit counts them.
    pub parked: &'a BTreeMap<Change, Why>,
    /// Changes that take what a directory group with unresolved members gives.
    pub frozen: &'a BTreeSet<Change>,
    /// Changes that wait for a directory that could not be read: no limit counts them, and no approval lifts them.
    pub waiting: &'a BTreeSet<Change>,
    /// Accounts that were looked for one by one.
    pub looked_for: &'a BTreeSet<UserKey>,
    /// Changes, by [`Change::fingerprint`], that somebody approved: no limit counts them, and nothing else holds them but
    /// that nobody has looked for whom they make while the count is open.
    pub approved: &'a BTreeSet<String>,
    /// What was removed lately.
    pub spent: &'a Spent,
}

/// Parts what may be sent from what is withheld. Sorted changes stay sorted.
pub fn withhold(changes: Vec<Change>, circumstances: Circumstances<'_>) -> Checked {
    let Circumstances {
        limits,
        populations,
        baseline,
        doubts,
        parked,
        frozen,
        waiting,
        looked_for,
        approved,
        spent,
    } = circumstances;
    let lifted: BTreeSet<Change> = match approved.is_empty() {
        true => BTreeSet::new(),
        false => changes.iter().filter(|change| approved.contains(&change.fingerprint())).cloned().collect(),
    };
    let is_approved = |change: &Change| lifted.contains(change);
    // Before there is a baseline, whatever only gives is sent without limit: the first run may create everybody.
    let limits = match baseline {
        Baseline::Missing => {
            Limits { create: crate::limits::Limit::Off, update: crate::limits::Limit::Off, ..*limits }
        }
        Baseline::Accepted | Baseline::Changed => *limits,
    };
    let counts = |change: &&Change| {
        !is_approved(change) && !parked.contains_key(*change) && !waiting.contains(*change)
    };
    let counted = changes.iter().filter(counts);
    let breaches = breaches(counted, &limits, populations, spent);
    let why = |change: &Change| -> Option<Why> {
        if waiting.contains(change) {
            return Some(Why::Unread);
        }
        let creates = matches!(change.what, What::CreateUser(_));
        let may_be_there = doubts.open_count
            && creates
            && matches!(&change.target, Target::User(account) if !looked_for.contains(&account.key));
        if is_approved(change) {
            // Whoever approved it did not see that there is nobody like that.
            return may_be_there.then_some(Why::Unlisted);
        }
        if let Some(why) = parked.get(change) {
            return Some(*why);
        }
        if change.needs_baseline() {
            match baseline {
                Baseline::Missing => return Some(Why::NoBaseline),
                Baseline::Changed => return Some(Why::OtherConfiguration),
                Baseline::Accepted => {}
            }
        }
        if doubts.short_listing && change.is_removal() || doubts.far_short_listing && creates {
            return Some(Why::ShortListing);
        }
        if may_be_there {
            return Some(Why::Unlisted);
        }
        let mut broken = breaches.iter().map(|breach| breach.class);
        if let Some(class) = broken.clone().find(|class| Class::of(change).contains(class)) {
            return Some(Why::OverLimit(class));
        }
        if !change.is_removal() {
            return None;
        }
        if let Some(class) = broken.next() {
            return Some(Why::OtherLimit(class));
        }
        if doubts.too_many_set_aside {
            return Some(Why::TooManySetAside);
        }
        if doubts.fall {
            return Some(Why::Fall);
        }
        if frozen.contains(change) {
            return Some(Why::Unresolved);
        }
        let leaves = matches!(change.reason, Reason::Absent { .. }) || change.is_departure();
        (doubts.anybody_set_aside && leaves).then_some(Why::SetAside)
    };
    let mut withheld = Vec::new();
    let sent = changes.into_iter().filter_map(|change| match why(&change) {
        Some(why) => {
            withheld.push(Withheld { change, why });
            None
        }
        None => Some(change),
    });
    // In the place of all of them: there may be millions.
    let changes = sent.collect();
    let mut checked = Checked { changes, withheld, breaches };
    withhold_dependents(&mut checked);
    checked
}

/// A change that needs a withheld one is withheld with it: memberships of a user, or in a group, that is not made.
fn withhold_dependents(checked: &mut Checked) {
    if checked.withheld.is_empty() {
        return;
    }
    let mut users = BTreeSet::new();
    let mut groups = BTreeSet::new();
    for withheld in &checked.withheld {
        match (&withheld.change.target, &withheld.change.what) {
            (Target::Group(group), What::CreateGroup) => {
                groups.insert(group.clone());
            }
            (Target::User(account), What::CreateUser(_) | What::PushUser { .. }) => {
                users.insert(account.clone());
            }
            _ => {}
        }
    }
    let needs = |change: &Change| match (&change.target, &change.what) {
        (Target::User(account), What::Join { group }) => users.contains(account) || groups.contains(group),
        (Target::Group(group), What::Describe(_) | What::Attach { .. }) => groups.contains(group),
        _ => false,
    };
    let (dependent, free): (Vec<Change>, Vec<Change>) =
        std::mem::take(&mut checked.changes).into_iter().partition(needs);
    checked.changes = free;
    checked.withheld.extend(dependent.into_iter().map(|change| Withheld { change, why: Why::Needs }));
    checked.withheld.sort_by(|left, right| left.change.cmp(&right.change));
}
