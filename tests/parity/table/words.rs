//! People and accounts in a few words: `ann [DG1]; mail=ann@other.example; c=` is Ann of the usual company, who is in DG1,
//! has another mail and no country. What is not said is usual, and what is usual is not told.

use crate::support;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use umsync_emulator::{AccountType, User};

/// The domain of whoever is named without one.
const USUAL: &str = "@example.com";

/// Somebody, on either side.
pub(super) struct Words {
    name: String,
    pub(super) groups: Vec<String>,
    more: Vec<(String, String)>,
}

impl Words {
    pub(super) fn of(text: &str) -> Self {
        let mut parts = text.split("; ");
        let (name, groups) = parts.next().and_then(|first| first.split_once(" [")).expect("NAME [GROUPS]");
        let groups = groups.strip_suffix(']').expect("a bracket at the end");
        let groups = groups.split(", ").filter(|group| !group.is_empty()).map(str::to_owned).collect();
        let pair = |part: &str| {
            let (key, value) = part.split_once('=').expect("KEY=VALUE");
            (key.to_owned(), value.to_owned())
        };
        Self { name: name.to_owned(), groups, more: parts.map(pair).collect() }
    }

    fn email(&self) -> String {
        if self.name.contains('@') { self.name.clone() } else { format!("{}{USUAL}", self.name) }
    }

    /// An entry of the directory; a key names an attribute, which is gone where its value is empty.
    fn entry(&self) -> String {
        let mut entry = support::person(&self.name, &[]).trim_end().to_owned();
        for (key, value) in &self.more {
            let begin = format!("{key}: ");
            let kept = entry.lines().filter(|line| !line.starts_with(&begin)).collect::<Vec<_>>().join("\n");
            entry = if value.is_empty() { kept } else { format!("{kept}\n{key}: {value}") };
        }
        entry + "\n\n"
    }

    /// An account of a seed; a key is one of the seed's.
    fn account(&self) -> Value {
        let of_adobe = self.more.iter().any(|(key, value)| key == "type" && value == "adobe");
        let mut account = match of_adobe {
            true => json!({"email": self.email(), "groups": self.groups}),
            false => json!({
                "email": self.email(), "firstname": self.name, "lastname": "Doe", "country": "US",
                "type": "federated", "groups": self.groups,
            }),
        };
        for (key, value) in &self.more {
            account[key] = if value.is_empty() { Value::Null } else { value.as_str().into() };
        }
        account
    }
}

/// A directory in LDIF with these people, and with the groups that they are in and these.
pub(super) fn ldif(people: &[&str], groups: &[&str]) -> String {
    let people: Vec<Words> = people.iter().map(|text| Words::of(text)).collect();
    let named = people.iter().flat_map(|person| &person.groups).map(String::as_str);
    let all: BTreeSet<&str> = groups.iter().copied().chain(named).collect();
    let mut ldif: String = people.iter().map(Words::entry).collect();
    for name in all {
        let is_in = |person: &&Words| person.groups.iter().any(|group| group == name);
        let members: Vec<&str> = people.iter().filter(is_in).map(|person| person.name.as_str()).collect();
        ldif.push_str(&support::group(name, &members));
    }
    ldif
}

/// The accounts of a seed.
pub(super) fn accounts(texts: &[&str]) -> Vec<Value> {
    texts.iter().map(|text| Words::of(text).account()).collect()
}

/// Every account in words, by its name.
pub(super) fn told(users: Vec<User>) -> BTreeMap<String, String> {
    users.into_iter().map(|user| (name(&user), words(&user))).collect()
}

/// What is expected, as [`told`] tells it.
pub(super) fn expected(texts: &[&str]) -> BTreeMap<String, String> {
    texts.iter().map(|text| (Words::of(text).name, (*text).to_owned())).collect()
}

fn name(user: &User) -> String {
    user.email.strip_suffix(USUAL).unwrap_or(&user.email).to_owned()
}

fn words(user: &User) -> String {
    let name = name(user);
    let mut words = format!("{name} [{}]", user.groups.join(", "));
    let mut more = |key: &str, value: Option<&str>, usual: Option<&str>| {
        if value != usual {
            words = format!("{words}; {key}={}", value.unwrap_or_default());
        }
    };
    let of_adobe = user.kind == AccountType::Adobe;
    let usual = |value| if of_adobe { None } else { Some(value) };
    let kind = match user.kind {
        AccountType::Adobe => "adobe",
        AccountType::Enterprise => "enterprise",
        AccountType::Federated => "federated",
        AccountType::Unknown => "unknown",
    };
    let bare = (!user.username.contains('@')).then_some(user.domain.as_str());
    more("type", Some(kind), Some("federated"));
    if !user.username.eq_ignore_ascii_case(&user.email) {
        more("username", Some(&user.username), None);
    }
    more("domain", bare, None);
    more("firstname", user.firstname.as_deref(), usual(name.as_str()));
    more("lastname", user.lastname.as_deref(), usual("Doe"));
    more("country", user.country.as_deref(), usual("US"));
    words
}
