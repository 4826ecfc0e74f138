use super::*;
use std::collections::BTreeSet;
use std::io::Write as _;
use umsync_engine::directory::{AccountState, Anchor, Entry, GroupRef, SeenGroup};

const WORLD: &str = "version: 1

dn: uid=jane,ou=People,dc=example,dc=com
objectClass: inetOrgPerson
uid: jane
mail: jane@example.com
entryUUID: 0B6A-1
memberOf: cn=Video,ou=groups,dc=example,dc=com

dn: UID=joe,OU=people, DC=Example,DC=com
objectClass: inetOrgPerson
uid: joe
mail:: am9l/0BleGFtcGxlLmNvbQ==
nsAccountLock: TRUE

dn: uid=jim,ou=robots,dc=example,dc=com
objectClass: inetOrgPerson
uid: jim

dn: cn=Design  Team,ou=groups,dc=example,dc=com
objectClass: groupOfNames
member: uid=JOE,ou=people,dc=example,dc=com
member: cn=video,ou=groups,dc=example,dc=com
member: uid=gone,ou=people,dc=example,dc=com

dn: cn=video,ou=groups,dc=example,dc=com
objectClass: posixGroup
cn: Video
memberUid: jim
";

fn source(text: &str) -> (tempfile::NamedTempFile, Settings) {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    let settings = Settings {
        file: file.path().to_owned(),
        base: None,
        users: Filter::parse("(objectClass=inetOrgPerson)").unwrap(),
        group_base: None,
        nested_groups: true,
        anchor: None,
    };
    (file, settings)
}

fn wanted(groups: &[&str]) -> Wanted {
    Wanted {
        attributes: ["mail".to_owned()].into(),
        groups: groups.iter().map(|name| GroupRef::new(name)).collect(),
        ..Wanted::default()
    }
}

fn listed(directory: &Directory, group: &str) -> Vec<String> {
    let has = |entry: &&Entry| entry.groups.contains(&GroupRef::new(group));
    directory.entries.iter().filter(has).map(|entry| entry.dn.clone()).collect()
}

#[test]
fn people_and_groups_as_a_server_would_give_them() {
    let (_file, settings) = source(&WORLD.replace("member: cn=video", "cn: design team\nmember: cn=video"));
    let directory =
        read(&settings, &wanted(&["Design Team", "CN=video, ou=groups,dc=example,dc=com"])).unwrap();
    let [jane, joe, _jim] = directory.entries.as_slice() else { panic!("three people: {directory:?}") };
    assert_eq!(jane.first("mail"), Some("jane@example.com"));
    assert_eq!(jane.anchor, Some(Anchor::new("entryuuid", "0b6a-1")));
    assert_eq!(joe.undecodable, BTreeSet::from(["mail".to_owned()]));
    assert_eq!(joe.state, AccountState::Disabled);
    assert_eq!(listed(&directory, "CN=video, ou=groups,dc=example,dc=com").len(), 2);
    assert_eq!(listed(&directory, "Design Team").len(), 3);
    assert_eq!(directory.groups[&GroupRef::new("Design Team")].members, 3);
}

#[test]
fn direct_members_only_when_asked() {
    let (_file, mut settings) =
        source(&WORLD.replace("member: cn=video", "cn: design team\nmember: cn=video"));
    settings.nested_groups = false;
    let directory = read(&settings, &wanted(&["design team"])).unwrap();
    assert_eq!(listed(&directory, "design team"), ["UID=joe,OU=people, DC=Example,DC=com"]);
}

#[test]
fn the_base_selects_by_whole_names() {
    let (_file, mut settings) = source(WORLD);
    settings.base = Some(Dn::parse("ou=people,dc=example,dc=com").unwrap());
    assert_eq!(read(&settings, &wanted(&[])).unwrap().entries.len(), 2);
    settings.base = Some(Dn::parse("ou=nobody,dc=example,dc=com").unwrap());
    let error = read(&settings, &wanted(&[])).unwrap_err().to_string();
    assert!(
        error.contains("no entry under `ou=nobody,dc=example,dc=com` matches (objectclass=inetOrgPerson)"),
        "{error}"
    );
}

#[test]
fn all_missing_groups_at_once() {
    let (_file, settings) = source(WORLD);
    let error = read(&settings, &wanted(&["Video", "Audio", "cn=x,dc=example,dc=com", "jane"])).unwrap_err();
    let Error::MissingGroups { place: _, missing } = &error else { panic!("{error}") };
    assert_eq!(
        missing.iter().map(GroupRef::as_str).collect::<Vec<_>>(),
        ["Audio", "cn=x,dc=example,dc=com", "jane"]
    );
}

#[test]
fn a_name_that_two_groups_have_names_both() {
    let twin = "dn: cn=video,ou=old,dc=example,dc=com\nobjectClass: group\ncn: VIDEO\n";
    let (_file, settings) = source(&format!("{WORLD}\n{twin}"));
    let error = read(&settings, &wanted(&["video"])).unwrap_err().to_string();
    assert!(error.contains("ou=groups") && error.contains("ou=old"), "{error}");
    // FreeIPA's shadow for old clients is not a second group.
    let (_file, settings) = source(&format!("{WORLD}\n{}", twin.replace("ou=old", "cn=groups,cn=compat")));
    assert_eq!(read(&settings, &wanted(&["video"])).unwrap().groups.len(), 1);
}

#[test]
fn a_part_of_an_export_is_refused() {
    let refused = |text: &str| {
        let (_file, settings) = source(text);
        read(&settings, &wanted(&[])).unwrap_err().to_string()
    };
    let error = refused(&format!("{WORLD}\nsearch: 2\nresult: 4 Size limit exceeded\n"));
    assert!(error.contains("result: 4 Size limit exceeded"), "{error}");
    let error = refused(&format!("{WORLD}\n# numEntries: 6\n"));
    assert!(error.contains("says 6, but it has 5"), "{error}");
    let error = refused(WORLD.trim_end());
    assert!(error.contains("line 29: the file ends inside this line"), "{error}");
}

#[test]
fn rules_that_need_a_server_are_refused() {
    let (_file, mut settings) = source(WORLD);
    settings.users = Filter::parse("(memberOf:1.2.840.113556.1.4.1941:=cn=x)").unwrap();
    assert!(matches!(read(&settings, &wanted(&[])), Err(Error::Filter { .. })));
    settings.file = "/nowhere/people.ldif".into();
    settings.users = Filter::parse("(cn=*)").unwrap();
    assert_eq!(read(&settings, &wanted(&[])).unwrap_err().to_string(), "cannot read /nowhere/people.ldif");
}

#[test]
fn the_state_of_an_account_in_every_servers_words() {
    let person =
        |uid: &str, lines: &str| format!("dn: uid={uid},dc=x\nobjectClass: inetOrgPerson\n{lines}\n\n");
    let text = person("ad", "userAccountControl: 514\naccountExpires: 133536474120000000")
        + &person("posix", "shadowExpire: 19782")
        + &person("ipa", "nsAccountLock: FALSE\nkrbPrincipalExpiration: 20240229000000Z")
        + &person("locked", "pwdAccountLockedTime: 000001010000Z")
        + &person("failed", "pwdAccountLockedTime: 20240229023012Z\npwdEndTime: 2024022900Z")
        + &person("odd", "nsAccountLock:: /w==\nuserAccountControl: 512");
    let (_file, settings) = source(&text);
    let directory = read(&settings, &wanted(&[])).unwrap();
    let accounts: Vec<_> = directory.entries.iter().map(|entry| (entry.state, entry.expires)).collect();
    let midnight = Some("2024-02-29T00:00:00Z".parse().unwrap());
    assert_eq!(
        accounts,
        [
            (AccountState::Disabled, Some("2024-02-29T02:30:12Z".parse().unwrap())),
            (AccountState::Enabled, midnight),
            (AccountState::Enabled, midnight),
            (AccountState::Disabled, None),
            (AccountState::Enabled, midnight),
            (AccountState::Unreadable { attribute: "nsaccountlock" }, None),
        ]
    );
}

#[test]
fn anchors_tell_entries_apart() {
    let text = "dn: cn=one,dc=x\nobjectClass: inetOrgPerson\nobjectGUID:: 8PHy8/T19vf4+fr7/P3+/w==\nemployeeNumber: a7\n\n\
                dn: cn=two,dc=x\nobjectClass: inetOrgPerson\nipaUniqueID: 66446001-1DD2\nemployeeNumber: A7\n\n\
                dn: cn=robot,dc=x\nobjectClass: account\nemployeeNumber: A7\n";
    let (_file, mut settings) = source(text);
    let directory = read(&settings, &wanted(&[])).unwrap();
    let anchors: Vec<_> =
        directory.entries.iter().map(|entry| entry.anchor.as_ref().unwrap().as_str()).collect();
    assert_eq!(anchors, ["objectguid=f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff", "ipauniqueid=66446001-1dd2"]);

    settings.anchor = Some("employeeNumber".to_owned());
    let error = read(&settings, &wanted(&[])).unwrap_err();
    let Error::SharedAnchor { anchor, first, second, others: 0, .. } = &error else { panic!("{error}") };
    assert_eq!(
        (anchor.as_str(), first.as_str(), second.as_str()),
        ("employeenumber=a7", "cn=one,dc=x", "cn=two,dc=x")
    );
    assert!(error.to_string().contains("`anchor`"), "{error}");
    // Entries that are no people may have what they like.
    settings.users = Filter::parse("(|(objectClass=account)(cn=nobody))").unwrap();
    assert_eq!(read(&settings, &wanted(&[])).unwrap().entries.len(), 1);
}

/// The file with anchors on its two groups.
fn anchored() -> String {
    WORLD
        .replace("dn: cn=Design  Team,ou=groups", "dn: cn=Design Team,ou=groups")
        .replace("objectClass: groupOfNames\n", "objectClass: groupOfNames\nentryUUID: G-1\n")
        .replace("objectClass: posixGroup\n", "objectClass: posixGroup\nentryUUID: G-2\n")
}

#[test]
fn a_group_is_followed_by_its_anchor_and_another_one_of_its_name_is_an_error() {
    let read = |text: &str, wanted: &Wanted| {
        let (_file, settings) = source(text);
        read(
            &Settings { group_base: Some(Dn::parse("ou=groups,dc=example,dc=com").unwrap()), ..settings },
            wanted,
        )
    };
    let video = GroupRef::new("video");
    let first = read(&anchored(), &wanted(&["video"])).unwrap();
    let (dn, anchor) = (first.groups[&video].dn.clone(), first.groups[&video].anchor.clone().unwrap());
    assert_eq!(anchor, Anchor::new("entryuuid", "g-2"));
    assert!(first.certificate.followed.is_empty());
    let known = [(video.clone(), SeenGroup { anchor, dn })].into();
    let again = Wanted { known, ..wanted(&["video"]) };

    // Renamed and moved out of where groups are.
    let renamed = anchored()
        .replace("dn: cn=video,ou=groups", "dn: cn=film,ou=old")
        .replace("cn: Video", "cn: Film")
        .replace("cn=Video,ou=groups", "cn=Film,ou=old");
    let followed = read(&renamed, &again).unwrap();
    assert_eq!(followed.certificate.followed[&video], "cn=film,ou=old,dc=example,dc=com");
    assert_eq!((followed.groups[&video].members, first.groups[&video].members), (2, 2));
    assert!(matches!(read(&renamed, &wanted(&["video"])), Err(Error::MissingGroups { .. })));
    // By the anchor alone.
    let named = read(&renamed, &wanted(&["entryUUID=G-2"])).unwrap();
    assert_eq!(named.groups[&GroupRef::new("entryUUID=G-2")].members, 2);
    assert!(named.certificate.followed.is_empty());

    // Another one has its name: made anew, or beside the renamed one.
    let anew = anchored().replace("G-2", "G-9");
    let Err(Error::OtherGroups { others, missing, .. }) = read(&anew, &again) else { panic!() };
    assert_eq!((others[0].now.as_deref(), missing.len()), (None, 0));
    let beside = renamed
        + "\ndn: cn=video,ou=groups,dc=example,dc=com\nobjectClass: posixGroup\ncn: Video\nentryUUID: G-9\n";
    let both = Wanted { groups: ["video", "gone"].map(GroupRef::new).into(), ..again.clone() };
    let error = read(&beside, &both).unwrap_err();
    let text = error.to_string();
    for words in [
        "`video` is another one than before",
        "cn=film,ou=old",
        "umsync groups forget 'video'",
        "missing: the group `gone`",
    ] {
        assert!(text.contains(words), "`{words}`: {text}");
    }
    // Where the file says nothing of anchors any more, nobody can tell; where it never did, the name counts.
    let Err(Error::OtherGroups { others, .. }) = read(WORLD, &again) else { panic!() };
    assert_eq!(others[0].hidden.as_deref(), Some("entryuuid"));
    assert_eq!(read(WORLD, &wanted(&["video"])).unwrap().groups[&video].members, 2);
}
