//! The configuration as people write it: shipped files load, mistakes are told all at once with their place.

use crate::support::{World, person, root, seed};

fn world() -> World {
    World::new(&seed(&["Design"], &[]), &person("anna", &[]))
}

/// The file is refused with these lines.
fn refused(yaml: &str, lines: &[&str]) {
    let world = world();
    world.write("umsync.yaml", yaml);
    let ended = world.run(&["plan"]).with(78).says(lines);
    let count = ended.stderr.lines().filter(|line| line.trim_start().starts_with("line ")).count();
    assert_eq!(count, lines.len(), "{}", ended.stderr);
    assert!(world.adobe.log().is_empty());
}

#[test]
fn ten_mistakes_are_told_at_once_each_with_its_place() {
    refused(
        r#"adobe:
  organization: 12345
  client_id: {env: NOT_SET_ANYWHERE, file: both}
  client_secret: hunter2
  evry: 2h
directory:
  ldap:
    servers: [https://dc1.example.com]
    starttls: maybe
    bind: {dn: "cn=umsync", password: {file: no-such-file}}
    base: "no dn"
    users: (mail=*
people:
  attributes: {email: "{mail"}
  country: Germany
groups:
  - {directory: design, adobe: [Design], mode: additive}
  - {directory: video, adobe: [design, _org_admin]}
limits: {removals: 5 procent}
leavers: {action: remove-everything, grace: a week}
schedule: {cron: "every night", timezone: Berlin}
state: umsync.db
"#,
        &[
            "line 2, column 17, adobe.organization: `12345` is no organization id",
            "line 3, column 14, adobe.client_id: exactly one of env, file, credential, command",
            "line 4, column 18, adobe.client_secret: secrets do not stand in this file",
            "line 5, column 3, adobe.evry: unknown key; did you mean `every`?",
            "line 8, column 15, directory.ldap.servers[0]: `https://dc1.example.com` is no LDAP server",
            "line 9, column 15, directory.ldap.starttls:",
            "line 10, column 39, directory.ldap.bind.password: cannot read the secret file",
            "line 11, column 11, directory.ldap.base:",
            "line 12, column 12, directory.ldap.users:",
            "line 14, column 23, people.attributes.email: `{mail` is no template: `{` without `}` at character 1",
            "line 15, column 12, people.country: `Germany` is no country",
            "line 18, column 40, groups[1].adobe[1]: system administrators cannot be managed",
            "line 18, column 5, groups[1]: `design` is owned in one mapping and additive in another (groups[0])",
            "line 19, column 20, limits.removals: `5 procent` is neither a number nor a share; write `20`, `5%` or `off`",
            "line 20, column 19, leavers.action: `remove-everything` is none of",
            "line 20, column 45, leavers.grace: `a week` is no time",
            "line 21, column 18, schedule.cron: `every night` is no schedule",
            "line 21, column 43, schedule.timezone: `Berlin` is no time zone",
            "line 22, column 8, state: `umsync.db` is no store",
        ],
    );
}

#[test]
fn what_is_missing_is_named_with_what_belongs_there() {
    refused(
        "adobe: {}\n",
        &[
            "adobe.organization: missing",
            "adobe.client_id: missing",
            "adobe.client_secret: missing",
            "directory: missing",
            "groups: missing",
            "state: missing",
        ],
    );
}

#[test]
fn groups_may_be_empty_where_people_are_selected_without_them() {
    let world = world();
    world.configure("groups: []");
    world.run(&["plan"]).with(78).says(&["groups: no mapping: nothing would ever be done"]);
    world.configure("people: {select: all}\ngroups: []");
    world.run(&["sync"]).with(0);
    assert_eq!(world.adobe.users().len(), 1);
}

#[test]
fn text_that_is_no_yaml_is_placed() {
    refused("adobe: [\n", &["this is no YAML"]);
    refused("adobe: {}\nadobe: {}\n", &["duplicate"]);
}

#[test]
fn a_secret_that_cannot_be_read_is_named_and_its_remedy_too() {
    let world = world();
    world.configure("groups: [{directory: design, adobe: [Design]}]");
    std::fs::remove_file(world.path("secret")).unwrap();
    world.run(&["plan"]).with(78).says(&["adobe.client_secret", "secret", "No such file"]);
    let yaml = std::fs::read_to_string(world.path("umsync.yaml")).unwrap();
    world.write("umsync.yaml", &yaml.replace("{file: secret}", "{credential: umapi}"));
    world.run(&["plan"]).with(78).says(&["credential umapi", "LoadCredential=umapi"]);
    world.write("umsync.yaml", &yaml.replace("{file: secret}", "{env: UMAPI_SECRET}"));
    world.run(&["plan"]).with(78).says(&["UMAPI_SECRET is not set"]);
    world.write("umsync.yaml", &yaml.replace("{file: secret}", "{command: [echo, sandbox]}"));
    world.run(&["plan"]).with(6);
}

#[test]
fn every_shipped_configuration_loads() {
    let example = root().join("config/example.yaml");
    let ended =
        crate::support::ended(crate::support::program(&["--config", example.to_str().unwrap(), "status"]));
    // Everything is understood; what is missing is the store.
    ended.with(78).says(&["there is no store at /var/lib/umsync/umsync.db"]);
    let text = std::fs::read_to_string(example).unwrap();
    for (at, line) in text.lines().enumerate() {
        assert!(line.len() <= 140, "config/example.yaml, line {} is too long to read", at + 1);
    }
}

#[test]
fn the_quickstart_does_what_the_readme_says() {
    let world = world();
    for name in ["umsync.yaml", "people.ldif", "adobe.json"] {
        std::fs::copy(root().join("config/quickstart").join(name), world.path(name)).unwrap();
    }
    // Adobe is an emulator inside the program here, whose log nobody sees.
    world.run_unchecked(&["sync"]).with(0).shows(&[
        "+ Interns  mapped, and missing at Adobe",
        "new federated account",
        "new enterprise account",
        "last name: Keller → Meyer",
        "+ All Apps",
        "- Photoshop",
        "former@example.com  leaves the organization",
        "1 foreign, who stay",
        "Set aside, and protected: 1",
        "Done: 1 group created, 8 accounts created, 1 account updated, 18 memberships given, 2 memberships taken, 1 user leaving",
    ]);
    world.run_unchecked(&["sync"]).with(0).shows(&["Everything is in step: 36 people"]);
    world.run(&["history"]).with(0).shows(&["nothing was sent", "8 accounts created"]);
}
