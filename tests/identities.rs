//! Who is who, over the years: people who move, marry, swap addresses, and whose addresses others get.

use crate::support::{World, seed, user};
use std::fmt::Write as _;
use umsync_emulator::Endpoint;

const RULES: &str = "groups:\n  - {directory: design, adobe: [Design]}\nleavers: {action: remove, grace: 0s}\nlimits: {identity: off, update: off, removals: off, group_removals: off, leave: off}\nbaseline: accept\n";

/// One person with this mail and anchor, standing in this OU.
fn entry(uid: &str, ou: &str, mail: &str, anchor: &str) -> String {
    format!(
        "dn: uid={uid},ou={ou},dc=example,dc=com\nobjectClass: inetOrgPerson\nuid: {uid}\ncn: {uid}\ngivenName: {uid}\nsn: Doe\nc: US\nmail: {mail}\nentryUUID: {anchor}\n\n"
    )
}

/// The group `design` with these members, each in their OU.
fn design(members: &[(&str, &str)]) -> String {
    let mut text =
        "dn: cn=design,ou=groups,dc=example,dc=com\nobjectClass: groupOfNames\ncn: design\n".to_owned();
    for (uid, ou) in members {
        let _ = writeln!(text, "member: uid={uid},ou={ou},dc=example,dc=com");
    }
    text
}

fn names(count: usize) -> Vec<String> {
    (0..count).map(|at| format!("p{at:03}")).collect()
}

/// So many people with accounts, all in Design, linked by a first run.
fn company(count: usize) -> (World, Vec<String>) {
    let names = names(count);
    let users: Vec<_> = names.iter().map(|name| user(name, &["Design"])).collect();
    let world = World::new(&seed(&["Design", "Other"], &users), &people(&names, |_| "people", mail));
    world.configure(RULES);
    world.run(&["sync"]).with(0).shows(&["Everything is in step"]);
    (world, names)
}

fn mail(name: &str) -> String {
    format!("{name}@example.com")
}

fn people<'a>(names: &'a [String], ou: impl Fn(usize) -> &'a str, mail: impl Fn(&str) -> String) -> String {
    let mut text = String::new();
    for (at, name) in names.iter().enumerate() {
        text.push_str(&entry(name, ou(at), &mail(name), &format!("{name}-0001")));
    }
    let members: Vec<(&str, &str)> =
        names.iter().enumerate().map(|(at, name)| (name.as_str(), ou(at))).collect();
    text + &design(&members)
}

#[test]
fn d17_moving_people_to_another_ou_changes_nothing() {
    let (world, names) = company(100);
    for moved in [1, 10, 100] {
        let ou = |at| if at < moved { "elsewhere" } else { "people" };
        world.write("people.ldif", &people(&names, ou, mail));
        let (state, actions) = (world.adobe.dump(), world.actions());
        world.run(&["plan"]).with(0).shows(&["Everything is in step: 100 people"]);
        world.run(&["sync"]).with(0).shows(&["Everything is in step: 100 people"]);
        assert_eq!((world.adobe.dump(), world.actions()), (state, actions), "{moved} moved");
    }
    world.run(&["history", "p000@example.com"]).with(0);
}

#[test]
fn d18_a_hundred_changed_mails_are_a_hundred_updates_and_no_removal() {
    let (world, names) = company(100);
    let id = |mail: &str| world.adobe.user(mail).map(|user| user.id);
    let before: Vec<_> = names.iter().map(|name| id(&mail(name))).collect();
    world.write("people.ldif", &people(&names, |_| "people", |name| format!("{name}.new@example.com")));
    world.run(&["sync"]).with(0).shows(&["Done: 100 accounts updated"]);
    for (name, before) in names.iter().zip(before) {
        assert_eq!(id(&format!("{name}.new@example.com")), before, "the same account");
        assert!(id(&mail(name)).is_none());
    }
    assert_eq!(world.members("Design").len(), 100);
    world.run(&["sync"]).with(0).shows(&["Everything is in step: 100 people"]);
}

#[test]
fn d18_letter_case_of_a_mail_is_no_change() {
    let (world, names) = company(3);
    world.write("people.ldif", &people(&names, |_| "people", |name| mail(name).to_uppercase()));
    world.run(&["plan", "--detailed-exitcode"]).with(0).shows(&["Everything is in step: 3 people"]);
}

#[test]
fn d18_two_people_who_swap_their_addresses_are_never_crossed() {
    let (world, names) = company(3);
    let swapped = |name: &str| match name {
        "p000" => mail("p001"),
        "p001" => mail("p000"),
        name => mail(name),
    };
    world.write("people.ldif", &people(&names, |_| "people", swapped));
    let before = world.adobe.dump();
    for _ in 0..2 {
        world.run(&["sync"]).with(0).shows(&[
            "p000@example.com  another account still has the address p001@example.com",
            "p001@example.com  another account still has the address p000@example.com",
        ]);
    }
    assert_eq!(world.adobe.dump(), before);
    // By hand, in two steps: the first gives up the address, the second takes it, then the first the other.
    let first = |name: &str| if name == "p000" { "p000.x@example.com".to_owned() } else { mail(name) };
    let id = |mail: &str| world.adobe.user(mail).map(|user| user.id);
    let (p000, p001) = (id("p000@example.com"), id("p001@example.com"));
    for step in [
        &first as &dyn Fn(&str) -> String,
        &|name| if name == "p000" { first(name) } else { swapped(name) },
        &swapped,
    ] {
        world.write("people.ldif", &people(&names, |_| "people", step));
        world.run(&["sync"]).with(0);
    }
    assert_eq!((id("p000@example.com"), id("p001@example.com")), (p001, p000));
}

#[test]
fn nobody_gets_a_mail_that_somebody_else_logs_in_by() {
    let names = names(2);
    let mut users: Vec<_> = names.iter().map(|name| user(name, &["Design"])).collect();
    let mut other = user("other", &[]);
    other["username"] = "vip@example.com".into();
    users.push(other);
    let world = World::new(&seed(&["Design"], &users), &people(&names, |_| "people", mail));
    world.configure(&RULES.replace("action: remove, grace: 0s", "action: keep"));
    world.run(&["sync"]).with(0).shows(&["Everything is in step"]);
    // Their username would follow, and two accounts had one.
    let changed = |name: &str| if name == "p000" { mail("vip") } else { mail(name) };
    world.write("people.ldif", &people(&names, |_| "people", changed));
    let before = world.adobe.dump();
    world
        .run(&["sync"])
        .with(0)
        .shows(&["p000@example.com  another account still has the address vip@example.com"]);
    assert_eq!(world.adobe.dump(), before);
    world.adobe.with_state(|org| org.remove_user("other@example.com"));
    world.run(&["sync"]).with(0).shows(&["1 account updated"]);
    assert!(world.adobe.user("vip@example.com").is_some());
}

#[test]
fn a_person_whose_mail_vanished_keeps_everything_and_is_reported() {
    let (world, names) = company(3);
    let text = people(&names, |_| "people", mail).replace("mail: p001@example.com\n", "");
    world.write("people.ldif", &text);
    let before = world.adobe.dump();
    world.run(&["sync"]).with(0).shows(&[
        "Set aside, and protected: 1",
        "uid=p001,ou=people",
        "it has no email",
    ]);
    assert_eq!(world.adobe.dump(), before);
}

#[test]
fn d19_a_tenant_that_was_there_before_is_adopted_by_a_report_and_nobody_is_guessed() {
    // Every twentieth address is two people's.
    let names = names(40);
    let users: Vec<_> = names.iter().map(|name| user(name, &["Design"])).collect();
    let mut text = people(&names, |_| "people", mail);
    for name in names.iter().step_by(20) {
        text.push_str(&format!(
            "\n{}",
            entry(&format!("{name}b"), "people", &mail(name), &format!("{name}-0002"))
        ));
    }
    text.push_str(&entry("zoe", "people", "zoe@example.com", "zoe-0001"));
    text.push_str(
        &design(&[("zoe", "people")]).replace("cn=design,", "cn=more,").replace("cn: design", "cn: more"),
    );
    let mut all = users.clone();
    all.push(user("quit", &["Design"]));
    let world = World::new(&seed(&["Design"], &all), &text);
    world.configure(
        &RULES
            .replace("groups:\n", "groups:\n  - {directory: more, adobe: [Design]}\n")
            .replace("baseline: accept\n", ""),
    );
    let told = world.run(&["links", "report"]).with(0).shows(&[
        "4 ambiguous",
        "1 adobe-only",
        "1 directory-only",
        "38 matched",
        "quit@example.com",
    ]);
    assert!(told.stdout.contains("several entries name this account"), "{}", told.stdout);
    let table = world.run(&["links", "report", "--format", "csv"]).with(0);
    assert_eq!(table.stdout.lines().count(), 1 + 38 + 4 + 1 + 1);
    assert!(table.stdout.starts_with("standing,person,entry,anchor,account,id,type,why\r\n"));
    world.run(&["sync"]).with(3);
    let ambiguous = world.adobe.user("p000@example.com").expect("still there");
    assert_eq!(ambiguous.firstname.as_deref(), Some("p000"));
    assert!(world.members("Design").contains(&"p020@example.com".to_owned()));
    assert!(world.members("Design").contains(&"quit@example.com".to_owned()), "nobody approved a removal");
}

#[test]
fn d20_a_recycled_address_gives_nobody_somebody_elses_account() {
    let (world, mut names) = company(3);
    // p001 quits; the next day a new colleague gets the address.
    names.remove(1);
    let new = entry("zoe", "people", "p001@example.com", "zoe-0001");
    let text = people(&names, |_| "people", mail).replace("dn: cn=design", &format!("{new}dn: cn=design"))
        + "member: uid=zoe,ou=people,dc=example,dc=com\n";
    world.write("people.ldif", &text);
    let before = world.adobe.dump();
    for _ in 0..2 {
        world.run(&["sync"]).with(0).shows(&[
            "p001@example.com  the address was that of uid=p001,ou=people,dc=example,dc=com, another entry",
        ]);
        assert_eq!(world.adobe.dump(), before, "neither renamed nor removed");
    }
    // An administrator makes room in the console: the account is gone, and for ninety days the address is still his.
    world.adobe.with_state(|org| org.remove_user("p001@example.com"));
    world.run(&["sync"]).with(0).shows(&["Held", "the address was that of uid=p001,ou=people"]);
    assert!(world.adobe.user("p001@example.com").is_none());
    // They are one person after all, or the old account may be forgotten.
    world.run(&["links", "drop", "p001@example.com"]).with(0).shows(&["1 link dropped"]);
    world.run(&["sync"]).with(0).shows(&["1 account created"]);
    assert_eq!(world.adobe.user("p001@example.com").expect("made").firstname.as_deref(), Some("zoe"));
}

#[test]
fn d21_a_scope_that_shrinks_takes_nothing_from_forty_four_people() {
    let names = names(300);
    let users: Vec<_> = names.iter().map(|name| user(name, &["Design"])).collect();
    let world = World::new(&seed(&["Design"], &users), &people(&names, |_| "people", mail));
    let rules = "groups:\n  - {directory: design, adobe: [Design]}\nleavers: {action: remove, grace: 0s}\nbaseline: accept\n";
    world.configure(rules);
    world.run(&["sync"]).with(0);
    let left: Vec<String> = names.iter().skip(44).cloned().collect();
    world.write("people.ldif", &people(&left, |_| "people", mail));
    let before = world.adobe.dump();
    world.run(&["sync"]).with(3).shows(&["limits.leave", "Withheld: 44"]);
    assert_eq!(world.adobe.dump(), before);
}

#[test]
fn d22_a_store_that_is_lost_or_old_makes_nobody_a_leaver_and_no_account_twice() {
    let (world, names) = company(20);
    world.run(&["store", "backup", world.path("backup.db").to_str().unwrap()]).with(0);
    world.run(&["links", "export", world.path("links.json").to_str().unwrap()]).with(0).shows(&["20 links"]);
    let renamed = |name: &str| if name == "p000" { "new@example.com".to_owned() } else { mail(name) };
    world.write("people.ldif", &people(&names, |_| "people", renamed));
    world.run(&["sync"]).with(0).shows(&["1 account updated"]);
    let state = world.adobe.dump();
    // The old store knows the account by its id, whatever its address is by now.
    std::fs::copy(world.path("backup.db"), world.path("state/umsync.db")).unwrap();
    for file in ["state/umsync.db-wal", "state/umsync.db-shm"] {
        let _ = std::fs::remove_file(world.path(file));
    }
    world.run(&["sync"]).with(0).shows(&["Everything is in step: 20 people"]);
    // Without any store, and with links from the export.
    std::fs::remove_dir_all(world.path("state")).unwrap();
    world.run(&["plan"]).with(0);
    world.run(&["links", "import", world.path("links.json").to_str().unwrap()]).with(0).shows(&["20 links"]);
    let again = |name: &str| if name == "p001" { "other@example.com".to_owned() } else { renamed(name) };
    world.write("people.ldif", &people(&names, |_| "people", again));
    world.run(&["sync"]).with(0).shows(&["1 account updated"]);
    assert_eq!(world.adobe.users().len(), 20);
    assert_ne!(world.adobe.dump(), state);
}

#[test]
fn d47_a_store_that_is_lost_withholds_every_removal_until_somebody_approves() {
    let (world, mut names) = company(10);
    world.configure(&RULES.replace("baseline: accept\n", ""));
    names.pop();
    world.write("people.ldif", &people(&names, |_| "people", mail));
    std::fs::remove_dir_all(world.path("state")).unwrap();
    let before = world.adobe.dump();
    world.run(&["sync"]).with(3).shows(&["Withheld: 1", "p009@example.com"]);
    assert_eq!(world.adobe.dump(), before);
}

#[test]
fn d47_a_store_that_is_cut_off_is_refused_before_anything_is_sent() {
    let (world, _) = company(10);
    let file = world.path("state/umsync.db");
    for path in ["state/umsync.db-wal", "state/umsync.db-shm"] {
        let _ = std::fs::remove_file(world.path(path));
    }
    let whole = std::fs::read(&file).unwrap();
    std::fs::write(&file, &whole[..whole.len() / 2]).unwrap();
    let tokens = world.adobe.calls(Endpoint::Token).len();
    world.run(&["sync"]).with(1).says(&["is damaged", "restore the file from a backup"]);
    assert_eq!(world.adobe.calls(Endpoint::Token).len(), tokens, "not even a token was asked for");
}

#[test]
fn d23_spellings_that_mean_the_same_make_no_command() {
    let spellings = [
        ("STRASSE@EXAMPLE.COM", "strasse@example.com"),
        ("Kelvin@example.com", "kelvin@EXAMPLE.com"),
        ("i.dot@example.com", "I.DOT@example.com"),
        ("anna@bücher.example", "anna@xn--bcher-kva.example"),
        ("bob@bu\u{308}cher.example", "BOB@XN--BCHER-KVA.example"),
    ];
    let mut text = String::new();
    let mut users = Vec::new();
    for (at, (directory, adobe)) in spellings.iter().enumerate() {
        text.push_str(&entry(&format!("s{at}"), "people", directory, &format!("s{at}-1")));
        let mut user = user(&format!("s{at}"), &["Design"]);
        user["email"] = (*adobe).into();
        users.push(user);
    }
    let members: Vec<String> = (0..spellings.len()).map(|at| format!("s{at}")).collect();
    let members: Vec<(&str, &str)> = members.iter().map(|name| (name.as_str(), "people")).collect();
    let mut seed: serde_json::Value = serde_json::from_str(&seed(&["Design"], &users)).unwrap();
    let domain =
        serde_json::json!({ "domain": "xn--bcher-kva.example", "type": "federated", "login": "email" });
    seed["domains"].as_array_mut().unwrap().push(domain);
    let world = World::new(&seed.to_string(), &(text + &design(&members)));
    world.configure(RULES);
    world.run(&["plan", "--detailed-exitcode"]).with(0).shows(&["Everything is in step: 5 people"]);
}

#[test]
fn a_change_of_domain_is_shown_as_one_and_a_change_of_type_as_what_nobody_can_do() {
    let (world, names) = company(2);
    world.write("people.ldif", &people(&names, |_| "people", |name| format!("{name}@other.example")));
    world.run(&["plan"]).with(0).shows(&["email: p000@example.com → p000@other.example"]);
    world.write("people.ldif", &people(&names, |_| "people", mail));
    world.configure(&format!("people: {{identity: enterprise}}\n{RULES}"));
    world.run(&["plan"]).with(0).shows(&[
        "p000@example.com  identity: the account is federated and the configuration gives enterprise",
    ]);
}

#[test]
fn d20_an_anchor_of_another_kind_makes_nobody_somebody_else() {
    // The server has learnt to give every new entry an anchor, and the old ones keep theirs.
    let old = |text: &str| text.replace("entryUUID:", "nsUniqueId:");
    let all = names(3);
    let users: Vec<_> = all.iter().map(|name| user(name, &["Design"])).collect();
    let world = World::new(&seed(&["Design"], &users), &old(&people(&all, |_| "people", mail)));
    world.configure(RULES);
    world.run(&["sync"]).with(0);
    let left: Vec<String> = all.iter().filter(|name| *name != "p001").cloned().collect();
    let new = entry("zoe", "people", "p001@example.com", "zoe-0001");
    let text = old(&people(&left, |_| "people", mail))
        .replace("dn: cn=design", &format!("{new}dn: cn=design"))
        + "member: uid=zoe,ou=people,dc=example,dc=com\n";
    world.write("people.ldif", &text);
    let before = world.adobe.dump();
    world.run(&["sync"]).with(0).shows(&["the address was that of uid=p001,ou=people"]);
    assert_eq!(world.adobe.dump(), before);
    // All of them get the new kind, where they stand: they stay who they are.
    world.write("people.ldif", &people(&all, |_| "people", mail));
    world.run(&["sync"]).with(0).shows(&["Everything is in step: 3 people"]);
}

#[test]
fn somebody_whose_anchor_cannot_be_read_gets_no_second_account() {
    let (world, all) = company(3);
    world.configure(&format!("people: {{update: [first_name, last_name]}}\n{RULES}"));
    let renamed = |name: &str| if name == "p001" { "new@example.com".to_owned() } else { mail(name) };
    world.write("people.ldif", &people(&all, |_| "people", renamed));
    world.run(&["sync"]).with(0);
    let before = world.adobe.dump();
    // The access rule on entryUUID is lost.
    world.write("people.ldif", &people(&all, |_| "people", renamed).replace("entryUUID: p001-0001\n", ""));
    world
        .run(&["sync"])
        .with(0)
        .shows(&["new@example.com  their account p001@example.com is known by an attribute"]);
    assert_eq!(world.adobe.dump(), before);
}

#[test]
fn of_several_former_owners_the_one_who_left_counts() {
    let (world, all) = company(2);
    // p000 gives its address to p001's; p001 leaves with it; a stranger gets it.
    let first = |name: &str| if name == "p000" { "p000.x@example.com".to_owned() } else { mail(name) };
    world.write("people.ldif", &people(&all, |_| "people", first));
    world.run(&["sync"]).with(0);
    let second = |name: &str| if name == "p001" { mail("p000") } else { first(name) };
    world.write("people.ldif", &people(&all, |_| "people", second));
    world.run(&["sync"]).with(0);
    world.run(&["sync"]).with(0);
    world.write("people.ldif", &people(&all[..1], |_| "people", second));
    world.run(&["sync"]).with(0).shows(&["p000@example.com  leaves the organization"]);
    let new = entry("zoe", "people", "p000@example.com", "zoe-0001");
    let text = people(&all[..1], |_| "people", second)
        .replace("dn: cn=design", &format!("{new}dn: cn=design"))
        + "member: uid=zoe,ou=people,dc=example,dc=com\n";
    world.write("people.ldif", &text);
    world.run(&["sync"]).with(0).shows(&["the address was that of uid=p001,ou=people"]);
    // Two were called so: nobody is forgotten by that name.
    world
        .run(&["forget", "p000@example.com"])
        .with(64)
        .says(&["name one by id or anchor", "entryuuid=p000-0001"]);
    world.run(&["links", "drop", "p000@example.com"]).with(64).says(&["name one by id or anchor"]);
    world.run(&["links", "drop", "entryuuid=p001-0001"]).with(0).shows(&["1 link dropped"]);
    world.run(&["sync"]).with(0).shows(&["1 account created"]);
}
