//! Every limit of the API on what a person is made of: the longest and the shortest that Adobe takes, and the first that it
//! does not. Whoever is beyond one never gets as far as a command.

use super::*;
use crate::change::Profile;
use crate::directory::{Certificate, Directory, DirectoryGroup};
use crate::limits::Limits;
use crate::rules::{
    AdobeIdTwin, Baseline, Create, Domains, LeaverAction, Leavers, Mapping, MappingMode, PeopleRules, Protect,
};
use std::time::Duration;

fn template(text: &str) -> Template {
    text.parse().expect("a template")
}

pub(crate) fn rules(identity: Identity) -> Rules {
    let username = (identity == Identity::Federated).then(|| template("{uid}"));
    let people = PeopleRules {
        select: Select::All,
        filter: Vec::new(),
        create: Create::Selected,
        identity: IdentityRule::Always(identity),
        country: None,
        email: template("{mail}"),
        first_name: template("{givenname}"),
        last_name: template("{sn}"),
        country_of_entry: template("{c}"),
        domain: username.as_ref().map(|_| template("{domain}")),
        username,
        update: BTreeSet::new(),
        domains: Domains::Met,
        adobe_id_twin: AdobeIdTwin::Hold,
        disabled: Disabled::Leave,
    };
    let mapping = Mapping {
        directory: GroupRef::new("design"),
        within: BTreeSet::new(),
        adobe: vec!["Design".into()],
        mode: MappingMode::Owned,
        create: None,
    };
    let leavers =
        Leavers { action: LeaverAction::Keep, grace: Duration::ZERO, reads: 1, groups: BTreeSet::new() };
    Rules {
        strategy: crate::rules::Strategy::Sync,
        people,
        people_of: [].into(),
        mappings: vec![mapping],
        patterns: Vec::new(),
        leavers,
        protect: Protect::default(),
        limits: Limits::OFF,
        baseline: Baseline::Accepted,
    }
}

/// What becomes of one entry: nothing speaks against a new account, or this does.
fn verdict(identity: Identity, values: &[(&str, &str)]) -> Result<Profile, String> {
    let mut entry = Entry { dn: "uid=jane".to_owned(), ..Entry::default() };
    entry.groups.insert(GroupRef::new("design"));
    let usual = [("mail", "jane@example.com"), ("givenname", "Jane"), ("sn", "Doe"), ("c", "US")];
    for (name, value) in usual.into_iter().chain(values.iter().copied()) {
        let given = [value];
        entry.attributes = entry.attributes.with(name, if value.is_empty() { &[] } else { &given });
    }
    let group = DirectoryGroup { dn: "cn=design".to_owned(), members: 1, anchor: None };
    let directory = Directory {
        source: "test".to_owned(),
        entries: vec![entry],
        groups: [(GroupRef::new("design"), group)].into(),
        matched: Default::default(),
        certificate: Certificate::default(),
    };
    let now = DateTime::from_timestamp(1_795_000_000, 0).expect("a moment");
    let people = People::of(Directories::only(directory), &rules(identity), now);
    match (people.all.as_slice(), people.others.as_slice()) {
        ([person], []) => person.profile(None),
        ([], [Other { why: Why::SetAside(reason), .. }]) => Err(reason.to_string()),
        _ => panic!("{people:?}"),
    }
}

/// So many characters.
fn long(count: usize) -> String {
    "é".repeat(count)
}

#[test]
fn every_limit_is_kept_before_anything_is_planned() {
    let mail = |count: usize| format!("{}@example.com", "m".repeat(count - "@example.com".len()));
    let domain = |count: usize| format!("{}.com", "d".repeat(count - ".com".len()));
    let cases: &[(&str, &str, String, Option<&str>)] = &[
        ("email, the longest", "mail", mail(60), None),
        ("email, one more", "mail", mail(61), Some("at most 60 characters")),
        ("email without @", "mail", "jane.example.com".into(), Some("no `@`")),
        ("email with two @", "mail", "jane@doe@example.com".into(), Some("name@domain")),
        ("email without a name", "mail", "@example.com".into(), Some("name@domain")),
        ("email without a domain", "mail", "jane@".into(), Some("name@domain")),
        ("email with a space", "mail", "jane doe@example.com".into(), Some("spaces")),
        ("email with a tab", "mail", "jane\tdoe@example.com".into(), Some("control")),
        ("email beyond ASCII", "mail", "jäne@example.com".into(), Some("ASCII")),
        ("email of an international domain", "mail", "jane@bücher.example".into(), None),
        ("email of a host", "mail", "jane@localhost".into(), Some("no domain")),
        ("email with an empty label", "mail", "jane@example..com".into(), Some("no domain")),
        ("email that ends in a dot", "mail", "jane@example.com.".into(), Some("no domain")),
        ("first name, the longest", "givenname", long(250), None),
        ("first name, one more", "givenname", long(251), Some("first name has more than 250")),
        ("first name in any script", "givenname", "Ἰωάννα 王".into(), None),
        ("no first name", "givenname", String::new(), None),
        ("last name, the longest", "sn", long(250), None),
        ("last name, one more", "sn", long(251), Some("last name has more than 250")),
        ("no last name", "sn", String::new(), None),
        ("country in lower case", "c", "de".into(), None),
        ("country of three letters", "c", "USA".into(), Some("two-letter")),
        ("country that is none", "c", "ZZ".into(), Some("`ZZ` is no country")),
        ("country as people say it", "c", "UK".into(), Some("the code is GB")),
        ("no country", "c", String::new(), Some("needs a country")),
        ("username, the longest", "uid", long(250), None),
        ("username, one more", "uid", long(251), Some("username has more than 250")),
        ("username with a line break", "uid", "ja\nne".into(), Some("username contains control")),
        ("username like an email is none", "uid", "jane@example.com".into(), None),
        ("domain, the longest", "domain", domain(250), None),
        ("domain, one more", "domain", domain(251), Some("domain has more than 250")),
        ("domain of Windows", "domain", "CORP".into(), Some("no domain such as example.com")),
        ("domain with a space", "domain", "exa mple.com".into(), Some("no domain such as example.com")),
    ];
    for (what, attribute, value, expected) in cases {
        let mut values = vec![(*attribute, value.as_str())];
        if *attribute == "domain" {
            values.push(("uid", "jane"));
        }
        match (verdict(Identity::Federated, &values), expected) {
            (Ok(_), None) => {}
            (Err(why), Some(expected)) => assert!(why.contains(expected), "{what}: {why}"),
            (Ok(profile), Some(_)) => panic!("{what}: {profile:?}"),
            (Err(why), None) => panic!("{what}: {why}"),
        }
    }
}

#[test]
fn only_a_federated_account_needs_a_country_and_none_is_made_up() {
    for (identity, country) in [(Identity::Enterprise, Some("UD")), (Identity::Adobe, None)] {
        let profile = verdict(identity, &[("c", "")]).expect("no country is needed");
        assert_eq!(profile.texts().country, country, "{identity}");
        assert!(verdict(identity, &[("c", "ZZ")]).is_err(), "{identity}");
    }
}

#[test]
fn what_is_empty_is_not_sent() {
    let profile = verdict(Identity::Federated, &[("givenname", ""), ("sn", "  ")]).expect("nothing is wrong");
    assert_eq!((profile.texts().first_name, profile.texts().last_name), (None, None));
}
