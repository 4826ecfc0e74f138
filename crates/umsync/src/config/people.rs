//! The sections `people`, `groups`, `leavers` and `protect`: the rules.

use super::adobe::duration;
use super::directory::Usual;
use super::file::Section;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use umsync_engine::adobe::Identity;
use umsync_engine::change::Field;
use umsync_engine::directory::{DirectoryName, GroupRef};
use umsync_engine::key::GroupName;
use umsync_engine::rules::{
    AdobeIdTwin, Disabled, Domains, IdentityRule, LeaverAction, Leavers, Mapping, MappingMode, PeopleRules,
    Protect, Select,
};
use umsync_engine::template::Template;

/// So many complete reads in a row must lack somebody before they are a leaver.
const READS: u32 = 3;
const WEEK: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// UMAPI documentation, "createUserGroup": a name has at most 255 characters.
const GROUP_NAME_LENGTH: usize = 255;

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
    set(&mut people.select, section.word("select", &[("mapped", Select::Mapped), ("all", Select::All)]));
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

fn identity(text: &str) -> Result<IdentityRule, String> {
    if text.contains('{') {
        return template(text).map(IdentityRule::ByTemplate);
    }
    Identity::from_word(text)
        .map(IdentityRule::Always)
        .ok_or_else(|| format!("`{text}` is none of `federated`, `enterprise`, `adobe`, and no template"))
}

fn country_code(text: &str) -> Result<String, String> {
    umsync_engine::country::code(text).map_err(|why| format!("{why}; write for instance US"))
}

fn fields(section: &Section<'_>) -> Option<BTreeSet<Field>> {
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

/// The group map, in which `directories` are known. The same Adobe group may stand in several mappings if they agree about
/// its mode.
pub(super) fn mappings(file: &Section<'_>, directories: &BTreeSet<DirectoryName>) -> Option<Vec<Mapping>> {
    let sections = file.sections("groups")?;
    if sections.is_empty() {
        file.mistake(
            "groups",
            "no mapping: nothing would ever be done; write - {directory: NAME, adobe: [GROUP]}",
        );
    }
    let mut modes: BTreeMap<GroupName, (MappingMode, usize)> = BTreeMap::new();
    let mut mappings = Vec::new();
    for (at, section) in sections.into_iter().enumerate() {
        section.not_built(&["missing"]);
        section.missing("directory", "the directory group, by name or DN");
        section.missing("adobe", "the Adobe groups that its members get");
        let directory = section.parsed("directory", |text| match text.trim() {
            "" => Err("a name or a DN belongs here".to_owned()),
            text => Ok(GroupRef::new(text)),
        });
        let within = within(&section, directories);
        let adobe: Option<Vec<GroupName>> = section.texts("adobe").map(|names| {
            names.into_iter().enumerate().filter_map(|(at, name)| group(&section, at, &name)).collect()
        });
        if adobe.as_ref().is_some_and(Vec::is_empty) {
            section.mistake("adobe", "at least one Adobe group belongs here");
        }
        let modes_known = [("owned", MappingMode::Owned), ("additive", MappingMode::Additive)];
        let mode = section.word("mode", &modes_known).unwrap_or(MappingMode::Owned);
        let create = section.get("create").unwrap_or(false);
        for name in adobe.iter().flatten() {
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
        if let (Some(directory), Some(adobe)) = (directory, adobe) {
            mappings.push(Mapping { directory, within, adobe, mode, create });
        }
    }
    Some(mappings)
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
        section.mistake(
            &key,
            "system administrators cannot be managed: Adobe's API neither grants nor revokes that role",
        );
    } else {
        return Some(group);
    }
    None
}

/// What becomes of leavers: they are kept, unless the configuration says otherwise.
pub(super) fn leavers(section: Option<Section<'_>>) -> Leavers {
    let mut leavers =
        Leavers { action: LeaverAction::Keep, grace: WEEK, reads: READS, groups: BTreeSet::new() };
    let Some(section) = section else { return leavers };
    section.not_built(&["list"]);
    let action = section.parsed("action", |text| match text {
        "keep" => Ok(LeaverAction::Keep),
        "remove-groups" => Ok(LeaverAction::RemoveGroups),
        "remove" => Ok(LeaverAction::Remove),
        "delete" => Ok(LeaverAction::Delete),
        "remove-all-groups" => Err(format!(
            "this version does not know `{text}` yet; write `keep`, `remove-groups`, `remove` or `delete`"
        )),
        _ => Err(format!("`{text}` is none of `keep`, `remove-groups`, `remove`, `delete`")),
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
    for (at, name) in section.texts("groups").unwrap_or_default().into_iter().enumerate() {
        match name.trim() {
            "" => section.mistake(&format!("groups[{at}]"), "a directory group belongs here, by name or DN"),
            name => {
                leavers.groups.insert(GroupRef::new(name));
            }
        }
    }
    section.finish();
    leavers
}

/// Whom nothing may happen to.
pub(super) fn protect(section: Option<Section<'_>>) -> Option<Protect> {
    let mut protect = Protect::default();
    let Some(section) = section else { return Some(protect) };
    for (at, pattern) in section.texts("users").unwrap_or_default().into_iter().enumerate() {
        match Protect::pattern(&pattern) {
            Ok(pattern) => protect.users.push(pattern),
            Err(error) => section
                .mistake(&format!("users[{at}]"), format!("`{pattern}` is no pattern: {}", error.kind())),
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
