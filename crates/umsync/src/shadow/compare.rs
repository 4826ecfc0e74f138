//! What the two would do about everybody, side by side.

use super::explained::{Because, Explaining};
use super::run::{Did, Key, Run};
use super::sides::{Sides, Who};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use umsync_engine::change::{Change, Field, Target, What};
use umsync_engine::key::{GroupName, Ownership, UserKey, fold, fold_email};
use umsync_engine::withhold::Why;

/// One thing that is done about somebody, in either tool's words alike.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Deed {
    Make,
    /// To nothing, where the directory lacks the value (B6).
    Set(Field, Option<String>),
    /// No group, where two rows are one person's (B7).
    Join(Option<GroupName>),
    Lose(GroupName),
    Leave,
    Delete,
}

impl fmt::Display for Deed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Make => f.write_str("gets an account"),
            Self::Set(field, Some(to)) => write!(f, "{} becomes {to}", field.word()),
            Self::Set(field, None) => write!(f, "an update without a {}", field.word()),
            Self::Join(Some(group)) => write!(f, "joins {group}"),
            Self::Join(None) => f.write_str("joins `null`"),
            Self::Lose(group) => write!(f, "loses {group}"),
            Self::Leave => f.write_str("leaves the organization"),
            Self::Delete => f.write_str("leaves the organization and is deleted with all files"),
        }
    }
}

impl Deed {
    fn set(field: Field, to: &str) -> Self {
        let to = match field {
            Field::Email => fold_email(to),
            Field::Username => fold(to),
            Field::FirstName | Field::LastName => to.trim().to_owned(),
        };
        Self::Set(field, Some(to))
    }

    fn of(what: &What) -> Option<Self> {
        Some(match what {
            What::CreateUser(_) | What::PushUser { .. } => Self::Make,
            What::Update(update) => Self::set(update.field, &update.to),
            What::Join { group } => Self::Join(Some(group.clone())),
            What::Lose { group } => Self::Lose(group.clone()),
            What::Leave => Self::Leave,
            What::Delete => Self::Delete,
            What::CreateGroup | What::Describe(_) | What::Attach { .. } => return None,
        })
    }
}

/// Where the User Sync Tool says that it does something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) line: usize,
    /// It does so because it finds nobody in the directory.
    pub(super) as_leaver: bool,
}

/// Everything about somebody.
#[derive(Default)]
pub(super) struct Theirs<'a> {
    pub(super) ust: BTreeMap<Deed, Said>,
    pub(super) ours: BTreeMap<Deed, &'a Change>,
    pub(super) withheld: BTreeMap<Deed, Why>,
    /// By which setting the User Sync Tool leaves them out, and in which line it says so.
    pub(super) excluded: Option<(usize, &'static str)>,
    /// Which groups it gives with the account, its log does not say.
    untold: bool,
}

/// Who would do it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Side {
    OnlyUst,
    OnlyUmsync,
    /// Both, but one of them otherwise.
    Both,
}

/// What one of them would do, and the other not, for one reason.
#[derive(Debug, Serialize)]
pub(super) struct Difference {
    pub(super) who: String,
    pub(super) side: Side,
    pub(super) what: Vec<String>,
    /// The rule of ours, the fault (B1 to B20) or the option of the User Sync Tool; none where nothing explains it.
    pub(super) rule: Option<String>,
    pub(super) because: String,
    /// Where the log says so.
    pub(super) line: Option<usize>,
}

/// How the two compare.
#[derive(Debug, Default, Serialize)]
pub(super) struct Comparison {
    pub(super) users_that_agree: usize,
    pub(super) changes_that_agree: usize,
    pub(super) users_that_differ: usize,
    pub(super) changes_that_differ: usize,
    pub(super) not_explained: usize,
    pub(super) differences: Vec<Difference>,
    /// New accounts whose groups the log does not tell.
    pub(super) untold: usize,
}

/// Compares a run with a plan.
pub(super) fn compare(run: &Run, sides: &Sides<'_>) -> Comparison {
    let mut all: BTreeMap<UserKey, (Who<'_>, Theirs<'_>)> = BTreeMap::new();
    for (line, key, did) in &run.did {
        let who = sides.named(key);
        let (who, theirs) = all.entry(who.key.clone()).or_insert_with(|| (who, Theirs::default()));
        theirs.take(who, *line, key, did, run, sides);
    }
    for change in sides.case.plan.changes() {
        if let (Target::User(account), Some(deed)) = (&change.target, Deed::of(&change.what)) {
            let entry = all.entry(account.key.clone());
            entry.or_insert_with(|| (sides.owner(account), Theirs::default())).1.ours.insert(deed, change);
        }
    }
    for withheld in sides.case.plan.withheld() {
        if let (Target::User(account), Some(deed)) =
            (&withheld.change.target, Deed::of(&withheld.change.what))
            && let Some((_, theirs)) = all.get_mut(&account.key)
        {
            theirs.withheld.insert(deed, withheld.why);
        }
    }
    let explaining = Explaining::of(run, sides);
    let mut compared = Comparison::default();
    for (who, theirs) in all.values() {
        compared.take(who, theirs, &explaining);
    }
    compared.groups(run, sides);
    compared
}

impl<'a> Theirs<'a> {
    /// Takes what a line of the log says of them.
    fn take(&mut self, who: &Who<'_>, line: usize, key: &Key, did: &Did, run: &Run, sides: &Sides<'_>) {
        let (said, leaver) = (Said { line, as_leaver: false }, Said { line, as_leaver: true });
        // It has an email in its place where somebody logs in by one.
        let names = [&key.username, key.email.as_ref().unwrap_or(&key.username)];
        let sent = || {
            let mut found = names
                .iter()
                .map(|name| (name.to_lowercase(), String::new()))
                .chain([(key.username.to_lowercase(), key.domain.to_lowercase())]);
            found.find_map(|name| run.actions.get(&name))
        };
        let groups = |names: &[Option<String>]| -> Vec<Option<GroupName>> {
            // It writes every name in lower case; Adobe's spelling is told.
            let spelled = |name: &str| {
                let (name, there) = (GroupName::from(name), &sides.case.adobe.groups);
                there.get_key_value(&name).map_or(name.clone(), |(spelled, _)| spelled.clone())
            };
            names.iter().map(|name| name.as_deref().map(spelled)).collect()
        };
        let has: BTreeSet<GroupName> =
            who.user.map(|(_, user)| user.groups.iter().cloned().collect()).unwrap_or_default();
        match did {
            Did::Make => {
                self.ust.insert(Deed::Make, said);
                match sent() {
                    Some(action) => self
                        .ust
                        .extend(groups(&action.added).into_iter().map(|group| (Deed::Join(group), said))),
                    None => self.untold = run.is_on("process_groups") != Some(false),
                }
            }
            Did::Update(changes) => {
                let deed = |(field, to): &(Field, Option<String>)| match to {
                    Some(to) => Deed::set(*field, to),
                    None => Deed::Set(*field, None),
                };
                self.ust.extend(changes.iter().map(|change| (deed(change), said)));
            }
            Did::Groups { added, removed } => {
                self.ust.extend(groups(added).into_iter().map(|group| (Deed::Join(group), said)));
                self.ust.extend(groups(removed).into_iter().flatten().map(|group| (Deed::Lose(group), said)));
            }
            Did::LoseAll => self.ust.extend(has.into_iter().map(|group| (Deed::Lose(group), leaver))),
            Did::LoseMapped => {
                let lost: Vec<GroupName> = match sent() {
                    Some(action) => groups(&action.removed).into_iter().flatten().collect(),
                    None => has.into_iter().filter(|group| is_mapped(sides, group)).collect(),
                };
                self.ust.extend(lost.into_iter().map(|group| (Deed::Lose(group), leaver)));
            }
            Did::Leave => {
                self.ust.insert(Deed::Leave, leaver);
            }
            // An account that belongs to the person cannot be deleted by anybody else: it leaves.
            Did::Delete => {
                let is_personal = key.identity.ownership() == Ownership::Personal;
                self.ust.insert(if is_personal { Deed::Leave } else { Deed::Delete }, leaver);
            }
            Did::Excluded(by) => self.excluded = Some((line, by)),
        }
    }

    /// Whether the log does not say if the User Sync Tool does this too.
    fn is_untold(&self, deed: &Deed) -> bool {
        self.untold && matches!(deed, Deed::Join(_)) && self.ours.contains_key(&Deed::Make)
    }
}

/// Whether a mapping gives a group.
pub(super) fn is_mapped(sides: &Sides<'_>, group: &GroupName) -> bool {
    sides.case.rules.mappings.iter().any(|mapping| mapping.adobe.contains(group))
}

impl Comparison {
    fn take(&mut self, who: &Who<'_>, theirs: &Theirs<'_>, explaining: &Explaining<'_>) {
        let before = self.changes_that_differ;
        let mut agree = 0;
        for (deed, said) in &theirs.ust {
            if !theirs.ours.contains_key(deed) {
                let because = explaining.only_ust(who, theirs, deed, *said);
                self.differs(who, Side::OnlyUst, deed, because.at(said.line));
            } else if let Some(because) = explaining.both(who, deed) {
                self.differs(who, Side::Both, deed, because.at(said.line));
            } else {
                agree += 1;
            }
        }
        for (deed, change) in theirs.ours.iter().filter(|(deed, _)| !theirs.ust.contains_key(*deed)) {
            match theirs.is_untold(deed) {
                true => {}
                false => self.differs(
                    who,
                    Side::OnlyUmsync,
                    deed,
                    explaining.only_umsync(who, theirs, deed, change),
                ),
            }
        }
        self.untold += usize::from(theirs.untold && theirs.ours.contains_key(&Deed::Make));
        self.changes_that_agree += agree;
        let differ = self.changes_that_differ > before;
        self.users_that_differ += usize::from(differ);
        self.users_that_agree += usize::from(agree > 0 && !differ);
    }

    /// Groups that one of them makes.
    fn groups(&mut self, run: &Run, sides: &Sides<'_>) {
        let made: BTreeMap<GroupName, usize> =
            run.groups_made.iter().map(|(line, group)| (GroupName::from(group.as_str()), *line)).collect();
        let ours =
            sides.case.plan.changes().iter().filter_map(|change| match (&change.target, &change.what) {
                (Target::Group(group), What::CreateGroup) => Some(group.clone()),
                _ => None,
            });
        let ours: BTreeSet<GroupName> = ours.collect();
        for group in made.keys().chain(&ours).collect::<BTreeSet<_>>() {
            let (side, because) = match (made.get(group), ours.contains(group)) {
                (Some(_), true) => {
                    self.changes_that_agree += 1;
                    continue;
                }
                (Some(line), false) => {
                    let there = sides.case.adobe.groups.contains_key(group);
                    let because = match (there, is_mapped(sides, group)) {
                        (true, _) => Because::hint("Adobe had it already when umsync listed"),
                        (false, true) => Because::rule("groups.create", "`create` is not set on its mapping"),
                        (false, false) => Because::rule(
                            "B2",
                            "no mapping under `groups` names it: the User Sync Tool also makes groups that only its filters and exclusions name",
                        ),
                    };
                    (Side::OnlyUst, because.at(*line))
                }
                (None, _) => (
                    Side::OnlyUmsync,
                    Because::rule(
                        "auto_create",
                        "`create: true` stands on its mapping, and the User Sync Tool makes no group without its auto_create",
                    ),
                ),
            };
            self.add(group.spelling(), side, "is made".to_owned(), because);
        }
    }

    fn differs(&mut self, who: &Who<'_>, side: Side, deed: &Deed, because: Because) {
        self.add(&who.name, side, deed.to_string(), because);
    }

    fn add(&mut self, who: &str, side: Side, what: String, because: Because) {
        let Because { rule, text, line } = because;
        self.changes_that_differ += 1;
        self.not_explained += usize::from(rule.is_none());
        if let Some(last) = self
            .differences
            .iter_mut()
            .rev()
            .take_while(|last| last.who == who)
            .find(|last| (last.side, &last.rule, &last.because) == (side, &rule, &text))
        {
            return last.what.push(what);
        }
        self.differences.push(Difference {
            who: who.to_owned(),
            side,
            what: vec![what],
            rule,
            because: text,
            line,
        });
    }
}
