//! A company of seven hundred people, what Adobe knows of it before, and what it must know afterwards.

use crate::support::{group, person, seed, user};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;
use umsync_emulator::{AccountType, Group, IdentityType, Org, Status, User};

/// Groups of the directory and of Adobe alike; the last one is made by the sync.
const MAPPED: [&str; 4] = ["Design", "Photo", "Video", "Sketch"];

/// So many commands must be sent, each for one target: the new group, and who is not in step.
pub(super) const COMMANDS: usize = 1 + 200 + 100 + 150 + 20 + 20 + 30;

/// Somebody whom the sync is about.
#[derive(Debug)]
struct Somebody {
    name: String,
    /// First name and groups at Adobe before.
    before: Option<(&'static str, BTreeSet<&'static str>)>,
    /// Groups afterwards; `None` for whoever is not in the directory any more.
    wanted: Option<BTreeSet<&'static str>>,
}

impl Somebody {
    fn email(&self) -> String {
        format!("{}@example.com", self.name)
    }
}

/// The whole company, the same for every test.
pub(super) struct Company {
    somebodies: Vec<Somebody>,
    emails: BTreeSet<String>,
    pub(super) ldif: String,
    pub(super) seed: String,
}

pub(super) static COMPANY: LazyLock<Company> = LazyLock::new(Company::found);

/// What is mapped and what may happen. Nothing is withheld.
pub(super) fn rules() -> String {
    let mapped = MAPPED.map(|name| {
        let create = if name == "Sketch" { ", create: true" } else { "" };
        format!("  - {{directory: {}, adobe: [{name}]{create}}}\n", name.to_lowercase())
    });
    format!(
        "groups:\n{}leavers: {{action: remove, grace: 0s}}\nprotect: {{users: [\"vip-*\"], groups: [Keep]}}\nlimits: {{create: off, update: off, identity: off, group_removals: off, removals: off, leave: off}}\nbaseline: accept\n",
        mapped.concat()
    )
}

impl Company {
    fn found() -> Self {
        let mut somebodies = Vec::new();
        let mut hire = |kind: &str, count: usize, before: Option<(_, &[_])>, wanted: Option<&[_]>| {
            for at in 0..count {
                somebodies.push(Somebody {
                    name: format!("{kind}-{at:03}"),
                    before: before.map(|(name, groups)| (name, groups.iter().copied().collect())),
                    wanted: wanted.map(|groups| groups.iter().copied().collect()),
                });
            }
        };
        hire("new", 150, None, Some(&["Design"]));
        hire("sketcher", 50, None, Some(&["Sketch", "Video"]));
        hire("renamed", 100, Some(("Formerly", &["Photo", "Canteen"])), Some(&["Photo"]));
        hire("mover", 150, Some(("", &["Design"])), Some(&["Video"]));
        hire("joiner", 20, Some(("", &["Canteen"])), Some(&["Video"]));
        hire("loser", 20, Some(("", &["Design", "Photo"])), Some(&["Photo"]));
        hire("leaver", 30, Some(("", &["Design", "Photo"])), None);
        hire("steady", 210, Some(("", &["Photo"])), Some(&["Photo"]));

        let people = somebodies.iter().filter(|somebody| somebody.wanted.is_some());
        let mut ldif: String = people.map(|somebody| person(&somebody.name, &[])).collect();
        for name in MAPPED {
            let listed = somebodies
                .iter()
                .filter(|somebody| somebody.wanted.as_ref().is_some_and(|groups| groups.contains(name)));
            let listed: Vec<&str> = listed.map(|somebody| somebody.name.as_str()).collect();
            ldif.push_str(&group(&name.to_lowercase(), &listed));
        }
        let seed = seed_of(&somebodies);
        let emails = somebodies.iter().map(Somebody::email).collect();
        Self { somebodies, emails, ldif, seed }
    }

    /// Whether the sync is about somebody.
    pub(super) fn knows(&self, email: &str) -> bool {
        self.emails.contains(email)
    }

    /// The directory after a leaver has come back.
    pub(super) fn ldif_with_leaver(&self, name: &str) -> String {
        let member = format!("member: uid={name},ou=people,dc=example,dc=com\n");
        format!("{}{}", person(name, &[]), self.ldif.replace("cn: photo\n", &format!("cn: photo\n{member}")))
    }
}

/// What Adobe holds at first: the company as it was, and what is nobody's business.
fn seed_of(somebodies: &[Somebody]) -> String {
    let known = somebodies.iter().filter_map(|somebody| {
        let (name, groups) = somebody.before.as_ref()?;
        let groups: Vec<&str> = groups.iter().copied().collect();
        let mut user = user(&somebody.name, &groups);
        if !name.is_empty() {
            user["firstname"] = (*name).into();
        }
        Some(user)
    });
    let elsewhere = |name: String, kind: &str, groups: &[&str]| {
        let mut user = user(&name, groups);
        (user["email"], user["type"]) = (format!("{name}@elsewhere.example").into(), kind.into());
        user
    };
    let guests = (0..5).map(|at| elsewhere(format!("guest-{at}"), "adobe", &["Design"]));
    let strangers = (0..10).map(|at| elsewhere(format!("stranger-{at}"), "federated", &["Canteen"]));
    let important = (0..5).map(|at| user(&format!("vip-{at}"), &["Design", "Canteen"]));
    let kept = (0..5).map(|at| user(&format!("kept-{at}"), &["Design", "Keep"]));
    let boss = user("boss", &["Photo", "_org_admin"]);
    let users: Vec<Value> =
        known.chain(guests).chain(strangers).chain(important).chain(kept).chain([boss]).collect();
    let mut seed: Value =
        serde_json::from_str(&seed(&["Design", "Photo", "Video", "Canteen", "Keep"], &users)).expect("JSON");
    let more = json!({ "domain": "elsewhere.example", "type": IdentityType::Federated, "login": "email" });
    seed["domains"].as_array_mut().expect("a list").push(more);
    // Several pages of users, as in a large organization.
    seed["knobs"] = json!({ "throttle": null, "page_size_users": 250 });
    seed.to_string()
}

/// Panics unless Adobe holds what the directory says, and of everything else what it held.
#[track_caller]
pub(super) fn is_as_wanted(before: &Org, now: &Org, returned: Option<&str>) {
    let by_email = |users: Vec<User>| -> BTreeMap<String, User> {
        users.into_iter().map(|user| (user.email.clone(), user)).collect()
    };
    let (old, mut found) = (by_email(before.users()), by_email(now.users()));
    let mut gone = by_email(now.directory_users());
    for somebody in &COMPANY.somebodies {
        let email = somebody.email();
        let was = old.get(&email);
        let mut wanted = somebody.wanted.clone();
        if returned == Some(&somebody.name) {
            wanted = Some(BTreeSet::from(["Photo"]));
        }
        let Some(mut groups) = wanted else {
            assert!(found.remove(&email).is_none(), "{email} has not left");
            let account = gone.remove(&email).unwrap_or_else(|| panic!("the account of {email} is deleted"));
            assert_eq!(Some(&account.id), was.map(|was| &was.id), "{email}");
            continue;
        };
        // What is not mapped stays.
        groups
            .extend(somebody.before.iter().flat_map(|(_, groups)| groups).filter(|name| **name == "Canteen"));
        let user = found.remove(&email).unwrap_or_else(|| panic!("{email} is missing"));
        let User { kind, email: _, username, domain, firstname, lastname, country, status, id, groups: held } =
            user;
        assert_eq!((kind, status), (AccountType::Federated, Status::Active), "{email}");
        assert_eq!((&username, domain.as_str()), (&email, "example.com"));
        assert_eq!(firstname.as_deref(), Some(somebody.name.as_str()), "{email}");
        assert_eq!((lastname.as_deref(), country.as_deref()), (Some("Doe"), Some("US")), "{email}");
        assert!(held.iter().map(String::as_str).eq(groups), "{email} is in {held:?}");
        if let Some(was) = was {
            assert_eq!(id, was.id, "{email} is another account");
        }
    }
    assert!(gone.is_empty(), "who left besides: {gone:?}");
    let untouched: BTreeMap<_, _> = old.into_iter().filter(|(email, _)| !COMPANY.knows(email)).collect();
    assert_eq!(found, untouched, "who is nobody's business");
    groups_are_as_wanted(before, now);
    nobody_is_there_twice(before, now);
}

/// The mapped groups are there, and the others are what they were.
#[track_caller]
fn groups_are_as_wanted(before: &Org, now: &Org) {
    let others = |org: &Org| -> Vec<Group> {
        org.groups().into_iter().filter(|group| !MAPPED.contains(&group.name.as_str())).collect()
    };
    assert_eq!(others(now), others(before), "groups that are not mapped");
    let names = |org: &Org| org.groups().into_iter().map(|group| group.name).collect::<BTreeSet<_>>();
    let mut wanted = names(before);
    wanted.insert("Sketch".to_owned());
    assert_eq!(names(now), wanted);
}

/// No account was made but those of the new people, each once.
#[track_caller]
fn nobody_is_there_twice(before: &Org, now: &Org) {
    let accounts = |org: &Org| [org.users(), org.directory_users()].concat();
    let all = accounts(now);
    let ids: BTreeSet<&String> = all.iter().map(|user| &user.id).collect();
    let emails: BTreeSet<(AccountType, &String)> = all.iter().map(|user| (user.kind, &user.email)).collect();
    assert_eq!((ids.len(), emails.len()), (all.len(), all.len()), "an account is there twice");
    let new = COMPANY.somebodies.iter().filter(|somebody| somebody.before.is_none()).count();
    assert_eq!(all.len(), accounts(before).len() + new, "accounts made");
}

/// An organization without its ids, which tell in which order accounts were made.
pub(super) fn without_ids(org: &Org) -> (Vec<User>, Vec<User>, Vec<Group>) {
    let nameless = |users: Vec<User>| -> Vec<User> {
        users.into_iter().map(|user| User { id: String::new(), ..user }).collect()
    };
    let groups = org.groups().into_iter().map(|group| Group { id: 0, ..group }).collect();
    (nameless(org.users()), nameless(org.directory_users()), groups)
}
