//! The sections `people`, `groups`, `leavers` and `protect`: the rules.

use super::adobe::duration;
use super::directory::Usual;
use super::file::{Content, Item, Section};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;
use umsync_engine::adobe::Identity;
use umsync_engine::change::Field;
use umsync_engine::directory::{DirectoryName, GroupRef};
use umsync_engine::key::GroupName;
use umsync_engine::pattern::Pattern;
use umsync_engine::pattern_groups::{GROUP_NAME_LENGTH, PatternMapping};
use umsync_engine::rules::{
    AdobeIdTwin, Condition, Create, Disabled, Domains, IdentityRule, LeaverAction, Leavers, Mapping,
    MappingMode, NewGroup, PeopleRules, Protect, Protected, Select, Subject,
};
use umsync_engine::template::Template;

/// So many complete reads in a row must lack somebody before they are a leaver.
const READS: u32 = 3;
const WEEK: Duration = Duration::from_secs(7 * 24 * 60 * 60);
const ORG_ADMIN: &str =
    "system administrators cannot be managed: Adobe's API neither grants nor revokes that role";

/// What makes a person, as far as a section says so.
#[derive(Debug, Clone, Default)]
pub(super) struct Templates {
    email: Option<Template>,
    first_name: Option<Template>,
    last_name: Option<Template>,
    country: Option<Template>,
    username: Option<Template>,
    domain: Option<Template>,
}

impl Templates {
    pub(super) fn read(section: Section<'_>) -> Self {
        let of = |key| section.parsed(key, template);
        let templates = Self {
            email: of("email"),
            first_name: of("first_name"),
            last_name: of("last_name"),
            country: of("country"),
            username: of("username"),
            domain: of("domain"),
        };
        section.finish();
        templates
    }

    pub(super) fn put(&self, people: &mut PeopleRules) {
        let Self { email, first_name, last_name, country, username, domain } = self.clone();
        set(&mut people.email, email);
        set(&mut people.first_name, first_name);
        set(&mut people.last_name, last_name);
        set(&mut people.country_of_entry, country);
        people.username = username.or_else(|| people.username.take());
        people.domain = domain.or_else(|| people.domain.take());
    }
}

impl Usual {
    fn put(self, people: &mut PeopleRules) {
        let Self { email, first_name, last_name, country } = self;
        let built_in = |text: &str| text.parse::<Template>().expect("a built-in template is right");
        people.email = built_in(email);
        people.first_name = built_in(first_name);
        people.last_name = built_in(last_name);
        people.country_of_entry = built_in(country);
    }
}

/// The section `people`, apart from the directory it is for: what a disabled account means stands there, and so does what
/// usually makes a person.
pub(super) struct People {
    rules: PeopleRules,
    templates: Templates,
}

impl People {
    /// Who gets a new account.
    pub(super) fn create(&self) -> Create {
        self.rules.create
    }

    /// The rules for a directory in which this is usual, and which says these things itself.
    pub(super) fn of(&self, usual: Usual, own: &Templates, disabled: Disabled) -> PeopleRules {
        let mut people = PeopleRules { disabled, ..self.rules.clone() };
        usual.put(&mut people);
        self.templates.put(&mut people);
        own.put(&mut people);
        people
    }
}

/// The rules about people, who are made of what is usual where they are unless the section says otherwise.
pub(super) fn read(section: Option<Section<'_>>) -> People {
    let nothing = || template("{mail}").expect("a built-in template is right");
    let mut people = PeopleRules {
        select: Select::Mapped,
        filter: Vec::new(),
        create: Create::Selected,
        identity: IdentityRule::Always(Identity::Federated),
        country: None,
        email: nothing(),
        first_name: nothing(),
        last_name: nothing(),
        country_of_entry: nothing(),
        username: None,
        domain: None,
        update: [Field::FirstName, Field::LastName, Field::Email].into(),
        domains: Domains::Met,
        adobe_id_twin: AdobeIdTwin::Hold,
        disabled: Disabled::Leave,
    };
    let Some(section) = section else { return People { rules: people, templates: Templates::default() } };
    set(&mut people.select, select(&section));
    people.filter = section.section("filter").map(filter).unwrap_or_default();
    let creations = [("selected", Create::Selected), ("mapped", Create::Mapped), ("nobody", Create::Nobody)];
    set(&mut people.create, section.word("create", &creations));
    set(&mut people.identity, section.parsed("identity", identity));
    people.country = section.parsed("country", country_code);
    let templates = section.section("attributes").map(Templates::read).unwrap_or_default();
    set(&mut people.update, fields(&section));
    set(
        &mut people.domains,
        section.texts("domains").map(|texts| Domains::listed(texts.iter().map(String::as_str))),
    );
    let twins =
        [("hold", AdobeIdTwin::Hold), ("manage", AdobeIdTwin::Manage), ("create", AdobeIdTwin::Create)];
    set(&mut people.adobe_id_twin, section.word("adobe_id_twin", &twins));
    section.finish();
    People { rules: people, templates }
}

fn set<T>(value: &mut T, given: Option<T>) {
    if let Some(given) = given {
        *value = given;
    }
}

fn template(text: &str) -> Result<Template, String> {
    text.parse().map_err(|error: umsync_engine::template::TemplateError| error.to_string())
}

fn pattern(text: &str) -> Result<Pattern, String> {
    Pattern::new(text).map_err(|error| error.to_string())
}

fn identity(text: &str) -> Result<IdentityRule, String> {
    if text.contains('{') {
        return template(text).map(IdentityRule::ByTemplate);
    }
    Identity::from_word(text)
        .map(IdentityRule::Always)
        .ok_or_else(|| format!("`{text}` is none of `federated`, `enterprise`, `adobe`, and no template"))
}

/// `mapped`, `all`, or the groups whose members are selected.
fn select(section: &Section<'_>) -> Option<Select> {
    if section.is_scalar("select") || !section.has("select") {
        return section.word("select", &[("mapped", Select::Mapped), ("all", Select::All)]);
    }
    let inside = section.section("select")?;
    inside.missing("groups", "the directory groups whose members get an account, by name or DN");
    let groups = directory_groups(&inside, "groups");
    if groups.is_empty() && inside.has("groups") {
        inside
            .mistake("groups", "no group: nobody would get an account; name one, or write `select: mapped`");
    }
    inside.finish();
    Some(Select::In(groups))
}

/// Groups of the directory, by name or DN.
fn directory_groups(section: &Section<'_>, key: &'static str) -> BTreeSet<GroupRef> {
    let mut groups = BTreeSet::new();
    for (at, name) in section.texts(key).unwrap_or_default().into_iter().enumerate() {
        match directory_group(&name) {
            Ok(group) => {
                groups.insert(group);
            }
            Err(message) => section.mistake(&format!("{key}[{at}]"), message),
        }
    }
    groups
}

fn directory_group(text: &str) -> Result<GroupRef, String> {
    match text.trim() {
        "" => Err("a directory group belongs here, by name or DN".to_owned()),
        text if GroupName::new(text).is_org_admin() => Err(ORG_ADMIN.to_owned()),
        text => Ok(GroupRef::new(text)),
    }
}

/// Whom everything is about, by regular expressions on what their entries say.
fn filter(section: Section<'_>) -> Vec<Condition> {
    let mut conditions = Vec::new();
    for (key, text) in section.pairs() {
        let of = match key.as_str() {
            "username" => Ok(Subject::Username),
            "email" => Ok(Subject::Email),
            "domain" => Ok(Subject::Domain),
            key if key.contains('{') => template(key).map(Subject::Template),
            _ => Err("unknown key; the keys here are `username`, `email`, `domain` and templates such as \"{department}\"".to_owned()),
        };
        let pattern = pattern(&text);
        match (of, pattern) {
            (Ok(of), Ok(pattern)) => conditions.push(Condition { of, pattern }),
            (of, pattern) => {
                for message in [of.err(), pattern.err()].into_iter().flatten() {
                    section.mistake(&key, message);
                }
            }
        }
    }
    conditions
}

fn country_code(text: &str) -> Result<String, String> {
    umsync_engine::country::code(text)
        .map(str::to_owned)
        .map_err(|why| format!("{why}; write for instance US"))
}

/// What is kept up to date.
pub(super) fn fields(section: &Section<'_>) -> Option<BTreeSet<Field>> {
    let words = BTreeMap::from([
        ("email", Field::Email),
        ("first_name", Field::FirstName),
        ("last_name", Field::LastName),
        ("username", Field::Username),
    ]);
    let mut fields = BTreeSet::new();
    for (at, text) in section.texts("update")?.into_iter().enumerate() {
        match words.get(text.as_str()) {
            Some(field) => {
                fields.insert(*field);
            }
            None => {
                let known = words.keys().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
                section.mistake(&format!("update[{at}]"), format!("`{text}` is none of {known}"));
            }
        }
    }
    Some(fields)
}

/// The group map: by name, and by pattern.
#[derive(Debug, Default)]
pub(super) struct Mappings {
    pub(super) named: Vec<Mapping>,
    pub(super) patterns: Vec<PatternMapping>,
}

/// The group map, in which `directories` are known. The same Adobe group may stand in several mappings if they agree about
/// its mode.
pub(super) fn mappings(file: &Section<'_>, directories: &BTreeSet<DirectoryName>) -> Option<Mappings> {
    let sections = file.sections("groups")?;
    let mut modes: BTreeMap<GroupName, (MappingMode, usize)> = BTreeMap::new();
    let mut mappings = Mappings::default();
    for (at, section) in sections.into_iter().enumerate() {
        section.not_built(&["missing"]);
        section.missing("directory", "the directory group, by name or DN");
        let directory = source(&section);
        let within = within(&section, directories);
        let modes_known = [("owned", MappingMode::Owned), ("additive", MappingMode::Additive)];
        let mode = section.word("mode", &modes_known).unwrap_or(MappingMode::Owned);
        let create = new_group(&section);
        // None: the mapping only says who is selected.
        let names = section.texts("adobe").unwrap_or_default();
        if let Some(Source::Matching(matches)) = directory {
            let names = names.into_iter().enumerate();
            let adobe = names.filter_map(|(at, name)| pattern_group(&section, at, name)).collect();
            section.finish();
            mappings.patterns.push(PatternMapping { matches, within, adobe, mode, create });
            continue;
        }
        let names = names.into_iter().enumerate();
        let adobe: Vec<GroupName> = names.filter_map(|(at, name)| group(&section, at, &name)).collect();
        for name in &adobe {
            match modes.get(name) {
                Some((other, first)) if *other != mode => {
                    let message = format!(
                        "`{name}` is owned in one mapping and additive in another (groups[{first}]); choose one"
                    );
                    section.mistake("", message);
                }
                _ => {
                    modes.insert(name.clone(), (mode, at));
                }
            }
        }
        section.finish();
        if let Some(Source::Group(directory)) = directory {
            mappings.named.push(Mapping { directory, within, adobe, mode, create });
        }
    }
    Some(mappings)
}

/// Where members come from.
enum Source {
    Group(GroupRef),
    Matching(Pattern),
}

/// A directory group, or a pattern of their names.
fn source(section: &Section<'_>) -> Option<Source> {
    if section.is_scalar("directory") || !section.has("directory") {
        return section.parsed("directory", directory_group).map(Source::Group);
    }
    let inside = section.section("directory")?;
    inside.missing("matches", "a regular expression for the whole name of a directory group");
    let matches = inside.parsed("matches", pattern).map(Source::Matching);
    inside.finish();
    matches
}

/// How user groups that Adobe lacks are made: `true`, `false`, or with what.
fn new_group(section: &Section<'_>) -> Option<NewGroup> {
    if section.is_scalar("create") || !section.has("create") {
        return section.get::<bool>("create").unwrap_or(false).then(NewGroup::default);
    }
    let inside = section.section("create")?;
    let mut profiles = BTreeSet::new();
    for (at, name) in inside.texts("profiles").unwrap_or_default().into_iter().enumerate() {
        let key = format!("profiles[{at}]");
        let profile = GroupName::new(&name);
        if profile.is_org_admin() {
            inside.mistake(&key, ORG_ADMIN);
        } else if profile.is_administrative() || profile.folded().is_empty() {
            inside.mistake(&key, format!("`{name}` is no product profile"));
        } else {
            profiles.insert(profile);
        }
    }
    let description = inside.get::<String>("description");
    inside.finish();
    Some(NewGroup { profiles, description })
}

/// A name with captures; what can be told of it without any group.
fn pattern_group(section: &Section<'_>, at: usize, name: String) -> Option<String> {
    if name.contains('$') && !GroupName::new(&name).is_org_admin() {
        return Some(name);
    }
    group(section, at, &name).map(|_| name)
}

/// The same mappings where no membership is to be given or taken.
pub(super) fn only_selecting(mappings: Mappings) -> Mappings {
    let Mappings { named, patterns } = mappings;
    Mappings {
        named: named.into_iter().map(|mapping| Mapping { adobe: Vec::new(), ..mapping }).collect(),
        patterns: patterns
            .into_iter()
            .map(|mapping| PatternMapping { adobe: Vec::new(), ..mapping })
            .collect(),
    }
}

/// Notes that nobody would ever be selected.
pub(super) fn somebody_is_selected(file: &Section<'_>, people: &People) {
    let empty = file.sections("groups").is_some_and(|mappings| mappings.is_empty());
    if empty && people.rules.select == Select::Mapped {
        file.mistake(
            "groups",
            "no mapping: nothing would ever be done; write - {directory: NAME, adobe: [GROUP]}",
        );
    }
}

/// Notes what contradicts `memberships: keep`.
pub(super) fn agree_to_keep(file: &Section<'_>, leavers: &Leavers, people: &People) {
    if matches!(leavers.action, LeaverAction::RemoveGroups | LeaverAction::RemoveAllGroups) {
        file.mistake(
            "leavers.action",
            "with `memberships: keep` nobody loses a group; write `keep`, `remove` or `delete`",
        );
    }
    if people.rules.create == Create::Mapped {
        file.mistake(
            "people.create",
            "with `memberships: keep` nobody is given a group, so nobody would get an account; write `selected` or `nobody`",
        );
    }
}

/// In which directories a group is looked for; none: in all of them.
fn within(section: &Section<'_>, directories: &BTreeSet<DirectoryName>) -> BTreeSet<DirectoryName> {
    let mut within = BTreeSet::new();
    for (at, name) in section.texts("in").unwrap_or_default().into_iter().enumerate() {
        let name = DirectoryName::new(&name);
        let known = directories.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        if directories.is_empty() {
            section.mistake("in", "there is one directory, and every group is in it; remove it, or name several under `directories`");
        } else if directories.contains(&name) {
            within.insert(name);
        } else {
            let message = format!("`{name}` is none of the directories {known}");
            section.mistake(&format!("in[{at}]"), message);
        }
    }
    within
}

fn group(section: &Section<'_>, at: usize, name: &str) -> Option<GroupName> {
    let key = format!("adobe[{at}]");
    let group = GroupName::new(name);
    if group.folded().is_empty() {
        section.mistake(&key, "a group name belongs here");
    } else if group.spelling().chars().count() > GROUP_NAME_LENGTH {
        section.mistake(&key, format!("a group name has at most {GROUP_NAME_LENGTH} characters"));
    } else if group.spelling().chars().any(char::is_control) {
        section.mistake(&key, "a group name holds no control characters");
    } else if group.is_org_admin() {
        section.mistake(&key, ORG_ADMIN);
    } else {
        return Some(group);
    }
    None
}

/// Files about leavers.
#[derive(Debug, Clone, Default)]
pub(crate) struct LeaverFiles {
    /// Where every complete run writes who they are.
    pub(crate) write: Option<PathBuf>,
    /// Which of them somebody has reviewed: only those are acted on.
    pub(crate) list: Option<PathBuf>,
}

/// What becomes of leavers: they are kept, unless the configuration says otherwise.
pub(super) fn leavers(section: Option<Section<'_>>, folder: &Path) -> (Leavers, LeaverFiles) {
    let mut leavers =
        Leavers { action: LeaverAction::Keep, grace: WEEK, reads: READS, groups: BTreeSet::new() };
    let Some(section) = section else { return (leavers, LeaverFiles::default()) };
    let file = |key| section.get::<PathBuf>(key).map(|file| folder.join(file));
    let files = LeaverFiles { write: file("write"), list: file("list") };
    if files.list.is_some() && files.list == files.write {
        section.mistake(
            "list",
            "every run writes this file anew (`write`): copy what you have reviewed to another one",
        );
    }
    let action = section.parsed("action", |text| match text {
        "keep" => Ok(LeaverAction::Keep),
        "remove-groups" => Ok(LeaverAction::RemoveGroups),
        "remove-all-groups" => Ok(LeaverAction::RemoveAllGroups),
        "remove" => Ok(LeaverAction::Remove),
        "delete" => Ok(LeaverAction::Delete),
        _ => Err(format!(
            "`{text}` is none of `keep`, `remove-groups`, `remove-all-groups`, `remove`, `delete`"
        )),
    });
    set(&mut leavers.action, action);
    set(&mut leavers.grace, section.parsed("grace", duration));
    if leavers.grace.is_zero() {
        // Who wants no grace wants no second look either, unless they say so.
        leavers.reads = 1;
    }
    set(&mut leavers.reads, section.get::<u32>("reads"));
    if leavers.reads == 0 {
        section.mistake("reads", "nobody is absent before one read lacks them; write 1 or more");
    }
    leavers.groups = directory_groups(&section, "groups");
    section.finish();
    (leavers, files)
}

/// Whom nothing may happen to.
pub(super) fn protect(section: Option<Section<'_>>) -> Option<Protect> {
    let mut protect = Protect::default();
    let Some(section) = section else { return Some(protect) };
    for Item { path, content } in section.items("users").unwrap_or_default() {
        match content {
            Content::Text(pattern) => match Protect::pattern(&pattern) {
                Ok(pattern) => protect.users.push(pattern),
                Err(error) => {
                    section.mistake_at(&path, format!("`{pattern}` is no pattern: {}", error.kind()));
                }
            },
            Content::Section(inside) => {
                inside.missing("matches", "a regular expression for the whole email or username");
                protect.users.extend(inside.parsed("matches", pattern).map(Protected::Matches));
                inside.finish();
            }
        }
    }
    protect.groups =
        section.texts("groups").unwrap_or_default().iter().map(|name| GroupName::new(name)).collect();
    for (at, word) in section.texts("identities").unwrap_or_default().into_iter().enumerate() {
        match Identity::from_word(&word) {
            Some(identity) => {
                protect.identities.insert(identity);
            }
            None => section.mistake(
                &format!("identities[{at}]"),
                format!("`{word}` is none of `federated`, `enterprise`, `adobe`"),
            ),
        }
    }
    section.finish();
    Some(protect)
}
