//! What the configuration means: who is a person, which groups give what, what becomes of leavers, what is protected.

use crate::adobe::Identity;
use crate::change::Field;
use crate::directory::{DirectoryName, GroupRef, Wanted};
use crate::key::{GroupName, fold, fold_domain, fold_email};
use crate::limits::Limits;
use crate::pattern::Pattern;
use crate::pattern_groups::PatternMapping;
use crate::template::Template;
use globset::GlobMatcher;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

/// All rules of one organization.
#[derive(Debug, Clone)]
pub struct Rules {
    /// Whether Adobe's side is looked at.
    pub strategy: Strategy,
    /// Who is a person, and what they are at Adobe.
    pub people: PeopleRules,
    /// How entries of a directory are read, where it is otherwise than in `people`: the templates, and what a disabled
    /// account means. Everything else is as in `people` for all of them.
    pub people_of: BTreeMap<DirectoryName, PeopleRules>,
    /// Which directory group gives which Adobe groups.
    pub mappings: Vec<Mapping>,
    /// The same of directory groups whose names are known when the directories have been read.
    pub patterns: Vec<PatternMapping>,
    /// What becomes of users who have left the directory.
    pub leavers: Leavers,
    /// Whom nothing may happen to.
    pub protect: Protect,
    /// How much may change in one run.
    pub limits: Limits,
    /// Whether removals and identity changes may be sent before somebody has approved a plan.
    pub baseline: Baseline,
}

/// Whether Adobe's side is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strategy {
    /// It is listed, and what differs is sent.
    Sync,
    /// It is not: everybody who is selected is sent, to be made or updated and given groups. Nothing is ever taken.
    Push,
}

/// Who is a person, and what they are at Adobe.
#[derive(Debug, Clone)]
pub struct PeopleRules {
    /// Who gets an account.
    pub select: Select,
    /// Whom all this is about: whoever does not meet every condition is out of scope, and so is their account.
    pub filter: Vec<Condition>,
    /// Who of those gets a new one.
    pub create: Create,
    /// Which type of account.
    pub identity: IdentityRule,
    /// The country of new accounts whose entry gives none; upper case.
    pub country: Option<String>,
    /// The email; a person without one is no person.
    pub email: Template,
    /// Given name.
    pub first_name: Template,
    /// Family name.
    pub last_name: Template,
    /// Country, ISO 3166 alpha-2.
    pub country_of_entry: Template,
    /// For directories at Adobe in which people log in by a bare username.
    pub username: Option<Template>,
    /// The domain beside such a username; the email's where there is none.
    pub domain: Option<Template>,
    /// What is compared and updated on existing accounts.
    pub update: BTreeSet<Field>,
    /// Whose users count as ours although nobody matches them.
    pub domains: Domains,
    /// What to do with an organization-owned person who meets only an Adobe ID of that email.
    pub adobe_id_twin: AdobeIdTwin,
    /// What a disabled directory account means.
    pub disabled: Disabled,
}

/// Who gets an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Select {
    /// People in at least one mapped group.
    Mapped,
    /// Everyone whom the filter finds.
    All,
    /// Members of at least one of these directory groups.
    In(BTreeSet<GroupRef>),
}

/// Which of the people without an account get one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Create {
    /// All who are selected.
    Selected,
    /// Those whom a mapping gives at least one group at Adobe.
    Mapped,
    /// Nobody: existing accounts are kept up to date.
    Nobody,
}

/// What must hold of somebody to be in scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// Of which value of theirs.
    pub of: Subject,
    /// What it is like.
    pub pattern: Pattern,
}

/// A value by which people are filtered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// The username, or the email where there is none.
    Username,
    /// The email.
    Email,
    /// The domain: of the username, or the email's.
    Domain,
    /// What a template gives; nothing is the empty text.
    Template(Template),
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Username => f.write_str("username"),
            Self::Email => f.write_str("email"),
            Self::Domain => f.write_str("domain"),
            Self::Template(template) => template.fmt(f),
        }
    }
}

/// Which type of account a person has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IdentityRule {
    /// The same for all.
    Always(Identity),
    /// As an attribute says.
    ByTemplate(Template),
}

/// Whose users count as ours although nobody matches them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Domains {
    /// The domains met among the federated and enterprise people read.
    Met,
    /// Every domain.
    Any,
    /// These, folded.
    Listed(BTreeSet<String>),
}

impl Domains {
    /// From a list as written; `*` stands for every domain.
    pub fn listed<'a>(domains: impl IntoIterator<Item = &'a str>) -> Self {
        let folded: BTreeSet<String> = domains.into_iter().map(fold_domain).collect();
        if folded.contains("*") { Self::Any } else { Self::Listed(folded) }
    }
}

/// What to do with an organization-owned person who meets only an Adobe ID of that email.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdobeIdTwin {
    /// Nothing; it is reported.
    Hold,
    /// That account is the person's (organizations with business IDs).
    Manage,
    /// A second account is made.
    Create,
}

/// What a disabled directory account means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disabled {
    /// The person has left.
    Leave,
    /// Their account at Adobe stays as it is.
    Keep,
    /// Nothing.
    Ignore,
}

/// One line of the group map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapping {
    /// Whose members.
    pub directory: GroupRef,
    /// In these directories; in whichever has it, where none is named.
    pub within: BTreeSet<DirectoryName>,
    /// Get which memberships. None: the mapping only selects.
    pub adobe: Vec<GroupName>,
    /// Whether others lose them.
    pub mode: MappingMode,
    /// How user groups that Adobe lacks are made; `None`: they are not.
    pub create: Option<NewGroup>,
}

/// How a user group is made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewGroup {
    /// Product profiles that its members are entitled to.
    pub profiles: BTreeSet<GroupName>,
    /// What the Admin Console tells about it.
    pub description: Option<String>,
}

impl Mapping {
    /// Whether it is about groups of this directory.
    pub fn is_about(&self, directory: &DirectoryName) -> bool {
        self.within.is_empty() || self.within.contains(directory)
    }
}

/// Who decides about an Adobe group's members.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MappingMode {
    /// The directory alone: a managed user who has an entry and is not listed loses the group.
    Owned,
    /// The directory only gives.
    Additive,
}

/// What becomes of users who have left the directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leavers {
    /// What is done.
    pub action: LeaverAction,
    /// After how long an absence.
    pub grace: Duration,
    /// In how many complete reads in a row they must be absent as well.
    pub reads: u32,
    /// Directory groups whose members have left, whatever else their entries say.
    pub groups: BTreeSet<GroupRef>,
}

/// What is done with a leaver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeaverAction {
    /// Nothing; they are reported.
    Keep,
    /// They lose the managed groups.
    RemoveGroups,
    /// They lose every group; a role only where it is mapped.
    RemoveAllGroups,
    /// They leave the organization; their files stay with Adobe.
    Remove,
    /// They leave the organization, and organization-owned accounts are deleted with their files, for good.
    Delete,
}

/// A pattern of `protect.users`.
#[derive(Debug, Clone)]
pub enum Protected {
    /// With `*` and `?`, on folded values.
    Glob(GlobMatcher),
    /// A regular expression.
    Matches(Pattern),
}

impl Protected {
    /// Whether it means whoever has this email or username.
    pub fn means(&self, name: &str) -> bool {
        // A pattern such as `*@b*cher.example` means the domain as people write it.
        let (folded, plain) = (fold_email(name), fold(name));
        match self {
            Self::Glob(glob) => glob.is_match(&folded) || glob.is_match(&plain),
            Self::Matches(pattern) => [name.trim(), &folded, &plain].iter().any(|name| pattern.matches(name)),
        }
    }
}

impl fmt::Display for Protected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Glob(glob) => f.write_str(glob.glob().glob()),
            Self::Matches(pattern) => pattern.fmt(f),
        }
    }
}

/// Whom nothing may happen to.
#[derive(Debug, Clone, Default)]
pub struct Protect {
    /// Patterns on email and username.
    pub users: Vec<Protected>,
    /// The groups of system administrators, beside `_org_admin`, whose name Adobe may change.
    pub org_admins: BTreeSet<GroupName>,
    /// Members of these Adobe groups.
    pub groups: BTreeSet<GroupName>,
    /// Accounts of these types.
    pub identities: BTreeSet<Identity>,
}

/// Whether removals and identity changes may be sent before somebody has approved a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Baseline {
    /// They may: `baseline: accept`, or an earlier run made one.
    Accepted,
    /// They are withheld: nobody has approved a plan for this organization.
    Missing,
    /// They are withheld: the configuration means something else than when a plan was approved.
    Changed,
}

/// Attributes whose values may name somebody's account at Adobe, so that an entry which we cannot use as a person
/// still protects that account. In lower case.
pub const NAMING_ATTRIBUTES: [&str; 11] = [
    "email",
    "mail",
    "mailalternateaddress",
    "mailalias",
    "othermailbox",
    "proxyaddresses",
    "rfc822mailbox",
    "samaccountname",
    "uid",
    "username",
    "userprincipalname",
];

/// Attributes of the built-in templates, in lower case: a server may well not know one of them.
const BUILT_IN: [&str; 4] = ["c", "givenname", "mail", "sn"];

impl Protect {
    /// A pattern on emails and usernames, folded as they are: its domain too, where it is a plain one.
    pub fn pattern(text: &str) -> Result<Protected, globset::Error> {
        let folded = match text.trim().rsplit_once('@') {
            Some((local, domain)) if !domain.contains(['*', '?', '[', '{']) => {
                format!("{}@{}", fold(local), fold_domain(domain))
            }
            _ => fold(text),
        };
        Ok(Protected::Glob(globset::GlobBuilder::new(&folded).build()?.compile_matcher()))
    }
}

impl PeopleRules {
    /// What a person is made of, each with its key in the configuration.
    pub fn templates(&self) -> Vec<(&'static str, &Template)> {
        let identity = match &self.identity {
            IdentityRule::Always(_) => None,
            IdentityRule::ByTemplate(template) => Some(template),
        };
        let always = [
            ("people.attributes.email", &self.email),
            ("people.attributes.first_name", &self.first_name),
            ("people.attributes.last_name", &self.last_name),
            ("people.attributes.country", &self.country_of_entry),
        ];
        let optional = [
            ("people.identity", identity),
            ("people.attributes.username", self.username.as_ref()),
            ("people.attributes.domain", self.domain.as_ref()),
        ];
        let optional = optional.into_iter().filter_map(|(key, template)| Some((key, template?)));
        let filtered = self.filter.iter().filter_map(|condition| match &condition.of {
            Subject::Template(template) => Some(("people.filter", template)),
            Subject::Username | Subject::Email | Subject::Domain => None,
        });
        always.into_iter().chain(optional).chain(filtered).collect()
    }
}

impl Rules {
    /// How entries of a directory are read.
    pub fn people_of(&self, directory: &DirectoryName) -> &PeopleRules {
        self.people_of.get(directory).unwrap_or(&self.people)
    }

    /// The rules as they are for a directory alone.
    pub fn alone(&self, directory: &DirectoryName) -> Self {
        let about = self.mappings.iter().filter(|mapping| mapping.is_about(directory));
        let mappings = about.map(|mapping| Mapping { within: BTreeSet::new(), ..mapping.clone() }).collect();
        let about = self.patterns.iter().filter(|mapping| mapping.is_about(directory));
        let patterns = about.map(|mapping| PatternMapping { within: BTreeSet::new(), ..mapping.clone() });
        let patterns = patterns.collect();
        let people = self.people_of(directory).clone();
        Self { people, people_of: BTreeMap::new(), mappings, patterns, ..self.clone() }
    }

    /// What a directory has to be read for. A group that no mapping looks for in this directory alone may be missing in
    /// it, unless the directory `had` it when it was last read whole: what vanishes is no empty group.
    pub fn wanted(&self, directory: &DirectoryName, had: &BTreeSet<GroupRef>) -> Wanted {
        let mut attributes: BTreeSet<String> = NAMING_ATTRIBUTES.map(str::to_owned).into();
        let mut named = BTreeSet::new();
        for (_, template) in self.people_of(directory).templates() {
            let needed = template.attributes();
            named.extend(needed.iter().filter(|name| !BUILT_IN.contains(&name.as_str())).cloned());
            attributes.extend(needed);
        }
        let mapped = self.mappings.iter().filter(|mapping| mapping.is_about(directory));
        let groups: BTreeSet<GroupRef> = mapped
            .map(|mapping| mapping.directory.clone())
            .chain(self.selecting().cloned())
            .chain(self.leavers.groups.iter().cloned())
            .collect();
        let is_needed = |group: &GroupRef| {
            let here = |mapping: &Mapping| mapping.directory == *group && mapping.within.contains(directory);
            directory.is_only() || had.contains(group) || self.mappings.iter().any(here)
        };
        let elsewhere = groups.iter().filter(|group| !is_needed(group)).cloned().collect();
        let about = self.patterns.iter().filter(|mapping| mapping.is_about(directory));
        let matching = about.map(|mapping| mapping.matches.clone()).collect();
        Wanted {
            attributes,
            named,
            groups,
            elsewhere,
            matching,
            known: BTreeMap::new(),
            former: BTreeMap::new(),
            trace: None,
        }
    }

    /// The directory groups that select people or give them something.
    pub fn mapped(&self) -> BTreeSet<&GroupRef> {
        self.mappings.iter().map(|mapping| &mapping.directory).chain(self.selecting()).collect()
    }

    /// The same of those that are about a directory.
    pub fn mapped_in(&self, directory: &DirectoryName) -> BTreeSet<&GroupRef> {
        let about = self.mappings.iter().filter(|mapping| mapping.is_about(directory));
        about.map(|mapping| &mapping.directory).chain(self.selecting()).collect()
    }

    /// The directory groups of `people.select`.
    fn selecting(&self) -> impl Iterator<Item = &GroupRef> {
        let groups = match &self.people.select {
            Select::In(groups) => Some(groups.iter()),
            Select::Mapped | Select::All => None,
        };
        groups.into_iter().flatten()
    }

    /// Every Adobe group that a mapping names; outside them nothing is compared or written.
    pub fn managed_groups(&self) -> BTreeSet<GroupName> {
        self.mappings.iter().flat_map(|mapping| mapping.adobe.iter().cloned()).collect()
    }

    /// The managed groups from which members may be taken: those of which no mapping is additive.
    pub fn owned_groups(&self) -> BTreeSet<GroupName> {
        let additive: BTreeSet<&GroupName> =
            self.groups_where(|mapping| mapping.mode == MappingMode::Additive);
        self.managed_groups().into_iter().filter(|group| !additive.contains(group)).collect()
    }

    /// The managed groups that may be made.
    pub fn creatable_groups(&self) -> BTreeSet<GroupName> {
        self.groups_where(|mapping| mapping.create.is_some()).into_iter().cloned().collect()
    }

    /// The product profiles that new groups would entitle their members to.
    pub fn new_profiles(&self) -> BTreeSet<&GroupName> {
        let named = self.mappings.iter().map(|mapping| &mapping.create);
        let matching = self.patterns.iter().map(|mapping| &mapping.create);
        named.chain(matching).flatten().flat_map(|new| &new.profiles).collect()
    }

    fn groups_where(&self, holds: impl Fn(&Mapping) -> bool) -> BTreeSet<&GroupName> {
        self.mappings.iter().filter(|mapping| holds(mapping)).flat_map(|mapping| &mapping.adobe).collect()
    }
}
