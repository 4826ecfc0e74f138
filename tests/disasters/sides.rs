//! Wrong content, another configuration, another source.

use crate::support::{World, group, person, seed, user};
use umsync_emulator::{Effect, Endpoint, Fault, Options, Reply, Seed};

const RULES: &str = "groups:\n  - {directory: design, adobe: [Design]}\nbaseline: accept\n";

#[test]
fn d3_a_listing_of_wrong_content_is_no_empty_listing() {
    let users: Vec<_> = (0..90).map(|at| user(&format!("p{at}"), &["Design"])).collect();
    let mut options = Options::seeded(Seed::parse(&seed(&["Design"], &users)).unwrap());
    let mut knobs = umsync_emulator::Knobs::unthrottled();
    knobs.page_size_users = 30;
    options.knobs = Some(knobs);
    let ldif = [person("p0", &[]), group("design", &["p0"])];
    let world = World::with(options, &ldif.concat());
    world.configure(&format!(
        "{RULES}leavers: {{action: remove, grace: 0s}}\nlimits: {{leave: off, removals: off, group_removals: off, create: off}}\n"
    ));
    let before = world.adobe.dump();
    let login = || Reply::status(200).html();
    for page in 0..3 {
        for effect in [
            // A login page, by redirection or at once.
            Effect::Replace(Reply::status(302).html()),
            Effect::Refuse(Reply::status(302).html()),
            Effect::Replace(login()),
            Effect::Replace(Reply::status(200).body("application/json", "{}")),
            Effect::Replace(Reply::status(200).body("application/json", "[]")),
            Effect::Replace(Reply::status(200).empty()),
            Effect::TruncateJson,
            Effect::CutMidReply,
            Effect::NoRows,
        ] {
            let shown = format!("{effect:?} on page {page}");
            world.adobe.faults().clear();
            world.adobe.faults().add(Fault::on(Endpoint::Users, effect).page(page));
            let ended = world.run(&["sync"]);
            // A redirection is a matter of the configuration; pages that are missing are missed when Adobe counts.
            let code = match () {
                () if shown.contains("status: 302") => 78,
                () if shown.contains("NoRows") => 3,
                () => 7,
            };
            assert!(ended.code == code, "{shown}: {}\n{}\n{}", ended.code, ended.stdout, ended.stderr);
            assert_eq!((world.actions(), world.adobe.dump() == before), (0, true), "{shown}");
        }
    }
    // A page that calls itself the last while Adobe counts more pages ends nothing: everybody is read.
    world.adobe.faults().clear();
    world.adobe.faults().add(Fault::on(Endpoint::Users, Effect::LastPage(true)).page(0));
    world.run(&["sync"]).with(0).shows(&["90 users"]);
    assert_eq!(world.members("Design"), ["p0@example.com"]);
}

#[test]
fn d11_another_configuration_takes_nothing_until_somebody_has_looked() {
    let names: Vec<String> = (0..30).map(|at| format!("p{at:02}")).collect();
    let refs: Vec<&str> = names.iter().map(String::as_str).collect();
    let people: String = names.iter().map(|name| person(name, &["employeeType: staff"])).collect();
    let users: Vec<_> = refs.iter().map(|name| user(name, &["Design"])).collect();
    let ldif = format!("{people}{}{}", group("design", &refs), group("video", &refs[..28]));
    let world = World::new(&seed(&["Design"], &users), &ldif);
    let rules = "groups:\n  - {directory: design, adobe: [Design]}\nleavers: {action: remove, grace: 0s}\n";
    world.configure(rules);
    world.run(&["sync"]).with(0);
    let before = world.adobe.dump();
    let yaml = std::fs::read_to_string(world.path("umsync.yaml")).unwrap();
    // Each of these would take one or two people's memberships, far below every limit.
    for (old, new) in [
        ("directory: design", "directory: video"),
        ("(objectClass=inetOrgPerson)", "(&(objectClass=inetOrgPerson)(!(uid=p29)))"),
        ("(objectClass=inetOrgPerson)", "(&(objectClass=inetOrgPerson)(!(mail=p2*8@example.com)))"),
    ] {
        assert!(yaml.contains(old));
        world.write("umsync.yaml", &yaml.replace(old, new));
        world.run(&["sync"]).with(3);
        assert_eq!((world.actions(), world.adobe.dump() == before), (0, true), "{new}");
    }
    // And these read nothing at all.
    for (old, new) in [
        ("{file: people.ldif,", "{file: people.ldif, base: \"ou=poeple,dc=example,dc=com\","),
        ("(objectClass=inetOrgPerson)", "(objectClass=inetOrgPersn)"),
    ] {
        assert!(yaml.contains(old));
        world.write("umsync.yaml", &yaml.replace(old, new));
        world.run(&["sync"]).with(6);
        assert_eq!((world.actions(), world.adobe.dump() == before), (0, true), "{new}");
    }
}

#[test]
fn d30_two_sources_of_one_group_leave_each_others_people_alone() {
    // Two companies under one roof, each with a directory, a domain and an umsync of its own, share a group.
    let domains = serde_json::json!([
        {"domain": "example.com", "type": "federated", "login": "email"},
        {"domain": "other.example", "type": "federated", "login": "email"},
    ]);
    let of = |name: &str, domain: &str| {
        let mut user = user(name, &["Design"]);
        user["email"] = format!("{name}@{domain}").into();
        user
    };
    let mut seed: serde_json::Value = serde_json::from_str(&seed(
        &["Design"],
        &[of("anna", "example.com"), of("bob", "other.example"), of("gone", "other.example")],
    ))
    .unwrap();
    seed["domains"] = domains;
    let world = World::new(&seed.to_string(), &[person("anna", &[]), group("design", &["anna"])].concat());
    let rules = format!(
        "{RULES}leavers: {{action: remove, grace: 0s}}\nlimits: {{leave: off, removals: off, group_removals: off}}\n"
    );
    world.configure(&rules);
    let all = ["anna@example.com", "bob@other.example", "gone@other.example"];
    world.run(&["sync"]).with(0);
    assert_eq!(world.members("Design"), all);

    // The other one, with its own store.
    let yaml = std::fs::read_to_string(world.path("umsync.yaml")).unwrap();
    world.write("umsync.yaml", &yaml.replace("people.ldif", "other.ldif").replace("umsync.db", "other.db"));
    let other = [person("bob", &[]), group("design", &["bob"])].concat();
    world.write("other.ldif", &other.replace("bob@example.com", "bob@other.example"));
    world.run(&["sync"]).with(0);
    assert_eq!(world.members("Design"), all[..2], "its own leaver leaves, the other source's people stay");

    // One of them is down: nobody of either loses anything, whichever runs.
    let before = world.adobe.dump();
    std::fs::remove_file(world.path("other.ldif")).unwrap();
    world.run(&["sync"]).with(6);
    world.write("umsync.yaml", &yaml);
    world.run(&["sync"]).with(0);
    assert_eq!(world.adobe.dump(), before);
}
