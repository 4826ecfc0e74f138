//! What becomes of Adobe under a converted configuration: the state that the User Sync Tool's options give.
//!
//! The server of the configuration is not there, so the same people come from LDIF; nothing is waited for, as somebody runs
//! it who has seen the first plan.

use crate::support::{World, group, person, seed, user};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

/// A call of the User Sync Tool, and two sides that differ.
struct Story {
    options: &'static str,
    /// More keys: under `adobe_users`, and under `directory_users`.
    adobe_users: &'static str,
    directory_users: &'static str,
    /// Who is in which group of the directory.
    people: &'static [(&'static str, &'static [&'static str])],
    users: Vec<Value>,
    most: &'static str,
    /// Adobe's word for the accounts of everybody.
    identity: &'static str,
}

/// DG1 gives AG1, DG2 gives AG2.
fn story(
    options: &'static str,
    people: &'static [(&'static str, &'static [&'static str])],
    users: Vec<Value>,
) -> Story {
    Story { options, adobe_users: "", directory_users: "", people, users, most: "5", identity: "federated" }
}

impl Story {
    fn files(&self, folder: &Path) {
        let Self { adobe_users, directory_users, most, identity, .. } = self;
        let main = format!(
            "adobe_users:\n  connectors: {{umapi: umapi.yml}}\n{adobe_users}directory_users:\n  user_identity_type: {identity}ID\n  connectors: {{ldap: ldap.yml}}\n  groups:\n    - {{directory_group: DG1, adobe_groups: [AG1]}}\n    - {{directory_group: DG2, adobe_groups: [AG2]}}\n{directory_users}limits: {{max_adobe_only_users: {most}}}\n"
        );
        let umapi = "authentication_method: oauth\nenterprise: {org_id: 0123456789ABCDEF01234567@AdobeOrg, client_id: x, client_secret: PLANTED-umapi}\n";
        let ldap = "host: ldaps://dc1.example.com\nbase_dn: dc=example,dc=com\nall_users_filter: (objectClass=inetOrgPerson)\n";
        for (name, text) in
            [("user-sync-config.yml", main.as_str()), ("umapi.yml", umapi), ("ldap.yml", ldap)]
        {
            std::fs::write(folder.join(name), text).unwrap();
        }
    }

    fn world(&self) -> World {
        self.world_with(|_| ())
    }

    /// The same with what this adds to the files.
    fn world_with(&self, add: impl Fn(&Path)) -> World {
        let mut ldif: String = self.people.iter().map(|(name, _)| person(name, &[])).collect();
        for name in ["DG1", "DG2", "ACL-Art"] {
            let members =
                self.people.iter().filter(|(_, groups)| groups.contains(&name)).map(|(name, _)| *name);
            ldif.push_str(&group(name, &members.collect::<Vec<_>>()));
        }
        let seed = seed(&["AG1", "AG2", "Other"], &self.users);
        let domain = format!("\"domain\":\"example.com\",\"login\":\"email\",\"type\":\"{}\"", self.identity);
        let seed =
            seed.replace("\"domain\":\"example.com\",\"login\":\"email\",\"type\":\"federated\"", &domain);
        assert!(seed.contains(&domain), "{seed}");
        let world = World::new(&seed, &ldif);
        std::fs::create_dir(world.path("ust")).unwrap();
        self.files(&world.path("ust"));
        add(&world.path("ust"));
        let out = world.path("ust/umsync.yaml");
        super::import(&world.path("ust"), Some(self.options), &["--out", out.to_str().unwrap()]).with(0);
        let converted = std::fs::read_to_string(out).unwrap();
        let rest = without(&converted, &["adobe", "directory", "state"]);
        // As the report says for who wants the removals of the User Sync Tool at once.
        let rest = match rest.contains("leavers:\n") {
            true => rest.replace("leavers:\n", "leavers:\n  grace: 0s\n"),
            false => rest,
        };
        let limits =
            if rest.contains("limits:\n") { "" } else { "limits: {group_removals: 5, removals: 5}\n" };
        world.configure(&format!("{rest}baseline: accept\n{limits}"));
        world
    }

    /// Runs it, and tells the groups of everybody at Adobe.
    #[track_caller]
    fn ends(&self, code: i32, expected: &[(&str, &[&str])]) {
        let world = self.world();
        world.run(&["sync"]).with(code);
        let mut there = BTreeMap::new();
        for user in world.adobe.users() {
            let name = user.email.trim_end_matches("@example.com").to_lowercase();
            there.insert(name, user.groups.into_iter().collect::<Vec<_>>());
        }
        let expected: BTreeMap<String, Vec<String>> = expected
            .iter()
            .map(|(name, groups)| {
                ((*name).to_owned(), groups.iter().map(|group| (*group).to_owned()).collect())
            })
            .collect();
        assert_eq!(there, expected, "{}", self.options);
    }
}

/// The text without these sections.
fn without(yaml: &str, sections: &[&str]) -> String {
    let mut kept = String::new();
    let mut skip = false;
    for line in yaml.lines() {
        if !line.starts_with([' ', '#']) {
            skip = sections.iter().any(|section| line.starts_with(&format!("{section}:")));
        }
        if !skip {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept
}

const ANN: &[(&str, &[&str])] = &[("ann", &["DG1"])];

#[test]
fn w01_w02_groups_are_given_only_where_they_are_processed() {
    story("--process-groups", ANN, vec![]).ends(0, &[("ann", &["AG1"])]);
    story("", ANN, vec![]).ends(0, &[("ann", &[])]);
    story("--process-groups --users mapped", &[("ann", &["DG1"]), ("bob", &[])], vec![])
        .ends(0, &[("ann", &["AG1"])]);
    story("--process-groups --users all", &[("ann", &["DG1"]), ("bob", &[])], vec![])
        .ends(0, &[("ann", &["AG1"]), ("bob", &[])]);
    story("--process-groups --users group \"DG2, DG1\"", &[("ann", &["DG1"]), ("bob", &[])], vec![])
        .ends(0, &[("ann", &["AG1"])]);
}

#[test]
fn w03_w04_w08_names_are_updated_where_that_is_asked_for() {
    let formerly = |groups| {
        let mut ann = user("ann", groups);
        ann["firstname"] = "Formerly".into();
        ann
    };
    for (options, name) in [("--process-groups --update-user-info", "ann"), ("--process-groups", "Formerly")]
    {
        let world = story(options, ANN, vec![formerly(&["AG2", "Other"])]).world();
        world.run(&["sync"]).with(0);
        let users = world.adobe.users();
        assert_eq!(users[0].firstname.as_deref(), Some(name), "{options}");
        assert_eq!(users[0].groups.iter().collect::<Vec<_>>(), ["AG1", "Other"], "{options}");
    }
    let world = story("--update-user-info", ANN, vec![user("Ann", &[])]).world();
    world.run(&["sync"]);
    assert_eq!(world.adobe.users().len(), 1, "letter case makes nobody another person");
}

#[test]
fn w05_w06_w07_whoever_is_gone_is_treated_as_the_action_says() {
    let both = || vec![user("ann", &["AG1"]), user("bob", &["AG1", "Other"])];
    let ends = |options, code, bob: Option<&[&str]>| {
        let mut expected: Vec<(&str, &[&str])> = vec![("ann", &["AG1"])];
        expected.extend(bob.map(|groups| ("bob", groups)));
        story(options, ANN, both()).ends(code, &expected);
    };
    ends("--process-groups", 0, Some(&["Other"]));
    ends("", 0, Some(&["AG1", "Other"]));
    ends("--process-groups --adobe-only-user-action exclude", 0, Some(&["AG1", "Other"]));
    ends("--process-groups --adobe-only-user-action remove-adobe-groups", 0, Some(&[]));
    ends("--adobe-only-user-action remove-adobe-groups", 0, Some(&[]));
    ends("--process-groups --adobe-only-user-action remove", 0, None);
    ends("--adobe-only-user-action remove", 0, None);
    // Deletion waits for an approval, whatever the limit was.
    ends("--process-groups --adobe-only-user-action delete", 3, Some(&["AG1", "Other"]));
    // What looked at mapped groups only does not reach further now.
    ends("--process-groups --adobe-users mapped --adobe-only-user-action remove", 0, Some(&["Other"]));
    ends("--strategy push --process-groups --adobe-only-user-action remove", 0, Some(&["AG1", "Other"]));
    ends("--process-groups --adobe-only-user-action write-file gone.csv", 0, Some(&["Other"]));
    let mut none = story("--process-groups --adobe-only-user-action remove", ANN, both());
    none.most = "0";
    none.ends(3, &[("ann", &["AG1"]), ("bob", &["AG1", "Other"])]);
}

#[test]
fn what_was_pushed_is_pushed_and_nothing_is_taken_or_listed() {
    let formerly = || {
        let mut ann = user("ann", &["AG2", "Other"]);
        ann["firstname"] = "Formerly".into();
        ann
    };
    for (options, name) in [("--update-user-info", "ann"), ("", "Formerly")] {
        let call = format!("--strategy push --process-groups {options}").leak();
        let mut told = story(call, ANN, vec![formerly(), user("bob", &["AG1"])]);
        told.adobe_users = "  update_attributes: [email]\n  exclude_adobe_groups: [_org_admin, Other]\n";
        let world = told.world();
        world.run(&["sync"]).with(0);
        let ann = world.adobe.user("ann@example.com").unwrap();
        assert_eq!(ann.firstname.as_deref(), Some(name), "{options}");
        assert_eq!(ann.groups.iter().collect::<Vec<_>>(), ["AG1", "AG2", "Other"]);
        assert_eq!(world.members("AG1"), ["ann@example.com", "bob@example.com"]);
        assert_eq!(world.listings(), 0);
    }
    // Nobody is made, so that nobody is pushed.
    let people: &[(&str, &[&str])] = &[("ann", &["DG1"]), ("bob", &[])];
    story("--strategy push --exclude-unmapped-users", people, vec![]).ends(0, &[]);
    story("--strategy push --exclude-unmapped-users --process-groups", people, vec![])
        .ends(0, &[("ann", &["AG1"])]);
    story("--strategy push", people, vec![]).ends(0, &[("ann", &[]), ("bob", &[])]);
    story("--strategy push --process-groups --user-filter (?=a).*", people, vec![]).ends(0, &[]);
}

#[test]
fn w09_whoever_is_in_no_mapped_group_is_not_made() {
    let people: &[(&str, &[&str])] = &[("ann", &["DG1"]), ("bob", &[])];
    story("--exclude-unmapped-users --process-groups", people, vec![]).ends(0, &[("ann", &["AG1"])]);
    story("--exclude-unmapped-users", people, vec![]).ends(0, &[]);
}

#[test]
fn w10_w11_countries_are_those_of_the_entry_then_of_the_configuration_then_none() {
    for (identity, more, country) in [
        ("federated", "", None),
        ("enterprise", "", Some("UD")),
        ("federated", "  default_country_code: US\n", Some("US")),
    ] {
        let mut told = story("--process-groups", ANN, vec![]);
        (told.identity, told.directory_users) = (identity, more);
        let world = told.world();
        let ann = person("ann", &[]).replace("c: US\n", "");
        world.write("people.ldif", &(ann + &group("DG1", &["ann"]) + &group("DG2", &[])));
        world.run(&["sync"]);
        let made: Vec<Option<String>> = world.adobe.users().into_iter().map(|user| user.country).collect();
        let expected: Vec<Option<String>> =
            country.iter().map(|country| Some((*country).to_owned())).collect();
        assert_eq!(made, expected, "{identity} {more}");
    }
}

#[test]
fn w12_excluded_accounts_are_protected_and_hide_nobody_silently() {
    let adobe_id = serde_json::json!({"email": "ann@example.com", "type": "adobe", "groups": ["Other"]});
    let mut told = story("--process-groups", ANN, vec![adobe_id]);
    told.adobe_users = "  exclude_identity_types: [adobeID]\n";
    let world = told.world();
    world.run(&["sync"]).with(0).shows(&["ann@example.com", "Adobe has only an account of type adobe"]);
    assert_eq!(world.adobe.users().len(), 1);

    let mut told = story(
        "--process-groups --adobe-only-user-action remove",
        ANN,
        vec![user("ann", &["AG1"]), user("keep", &["AG1"]), user("bob", &["Other"])],
    );
    told.adobe_users =
        "  exclude_users: ['k.*@example\\.com']\n  exclude_adobe_groups: [Other, _org_admin]\n";
    told.ends(0, &[("ann", &["AG1"]), ("keep", &["AG1"]), ("bob", &["Other"])]);
}

#[test]
fn b08_b20_whoever_a_filter_leaves_out_is_left_alone() {
    let people: &[(&str, &[&str])] = &[("ann", &["DG1"]), ("bob", &["DG1"]), ("xbob", &["DG1"])];
    let options =
        r"--process-groups --adobe-only-user-action remove --user-filter 'ann@example\.com|bob@example\.com'";
    story(options, people, vec![user("xbob", &["AG2"])])
        .ends(0, &[("ann", &["AG1"]), ("bob", &["AG1"]), ("xbob", &["AG2"])]);
}

#[test]
fn what_cannot_be_carried_over_lets_nothing_happen() {
    let people: &[(&str, &[&str])] = &[("ann", &["DG1"]), ("test", &["DG1"])];
    let options =
        r"--process-groups --update-user-info --adobe-only-user-action remove --user-filter '(?!test).*'";
    let users = || vec![user("test", &["AG2"]), user("bob", &["AG1"])];
    story(options, people, users()).ends(0, &[("test", &["AG2"]), ("bob", &["AG1"])]);
    let mut told = story("--process-groups --adobe-only-user-action remove", people, users());
    told.adobe_users = "  exclude_users: ['(?!bob).*']\n";
    told.ends(0, &[("ann", &["AG1"]), ("test", &["AG1", "AG2"]), ("bob", &["AG1"])]);
}

/// In which order the User Sync Tool calls two organizations has cost memberships; here each is another umsync's.
#[test]
fn b13_s14_another_organization_is_named_and_whoever_is_gone_leaves_only_this_one() {
    let told = story(
        "--process-groups --users mapped --adobe-only-user-action remove",
        ANN,
        vec![user("gone", &["AG1"])],
    );
    let world = told.world_with(|folder| {
        let main = std::fs::read_to_string(folder.join("user-sync-config.yml")).unwrap();
        let several = main
            .replace("{umapi: umapi.yml}", "{umapi: [umapi.yml, {sec: sec.yml}]}")
            .replace("adobe_groups: [AG1]", "adobe_groups: [AG1, \"sec::AG2\"]");
        std::fs::write(folder.join("user-sync-config.yml"), several).unwrap();
        let other = "authentication_method: oauth\nenterprise: {org_id: FEDCBA9876543210FEDCBA98@AdobeOrg, client_id: y, client_secret: PLANTED-sec}\n";
        std::fs::write(folder.join("sec.yml"), other).unwrap();
    });
    world.run(&["sync"]).with(0);
    assert_eq!(world.members("AG1"), ["ann@example.com"]);
    assert!(world.members("AG2").is_empty(), "that is a group of the other one's");
    assert!(world.adobe.user("gone@example.com").is_none());
    super::import(&world.path("ust"), Some(told.options), &[])
        .with(0)
        .says(&["`sec` is another organization", "run another umsync for it"]);
}

/// What the User Sync Tool's hook changes it has indexed already; what it may have given, nobody knows here.
#[test]
fn b14_what_a_hook_may_have_given_is_taken_from_nobody() {
    let mut told = story("--process-groups --users mapped", ANN, vec![user("ann", &["AG2"])]);
    told.directory_users = "  extension: extension.yml\n";
    let world = told.world_with(|folder| {
        let hook = "after_mapping_hook: |\n  target_groups.add('AG2')\n";
        std::fs::write(folder.join("extension.yml"), hook).unwrap();
    });
    world.run(&["sync"]).with(0);
    assert_eq!(world.members("AG1"), ["ann@example.com"]);
    assert_eq!(world.members("AG2"), ["ann@example.com"]);
}

#[test]
fn groups_by_pattern_are_made_and_filled() {
    let people: &[(&str, &[&str])] = &[("ann", &["ACL-Art"]), ("bob", &["DG1"])];
    let mut told = story("--process-groups --users mapped", people, vec![]);
    told.directory_users = "  additional_groups: [{source: 'ACL-(.+)', target: 'Team \\1'}]\n  group_sync_options: {auto_create: true}\n";
    told.ends(0, &[("ann", &["Team Art"]), ("bob", &["AG1"])]);
}

#[test]
fn a_list_is_all_that_its_call_acts_on() {
    let users = vec![user("ann", &[]), user("bob", &["AG1"]), user("carl", &["AG1"])];
    let told = story(
        "--adobe-only-user-list reviewed.csv --adobe-only-user-action remove --process-groups",
        ANN,
        users,
    );
    let world = told.world();
    world.write(
        "reviewed.csv",
        "type,email,domain\nfederatedID,bob@example.com,\nfederatedID,ann@example.com,\n",
    );
    world.run(&["sync"]).with(0);
    assert_eq!(world.members("AG1"), ["carl@example.com"], "bob has left, and ann is given nothing");
    let mut there: Vec<String> = world.adobe.users().into_iter().map(|user| user.email).collect();
    there.sort();
    assert_eq!(there, ["ann@example.com", "carl@example.com"]);
}

#[test]
fn a_table_gives_the_people_that_it_gave() {
    let told = story("--connector csv people.csv --process-groups --users mapped", ANN, vec![]);
    let world = told.world();
    let csv = "email,firstname,lastname,country,groups,username,domain,type\nann@example.com,Ann,Doe,US,\"DG1, DG2\",,,federatedID\nbob@example.com,Bob,Doe,US,,,,federatedID\n";
    std::fs::write(world.path("ust/people.csv"), csv).unwrap();
    let out = world.path("umsync2.yaml");
    super::import(&world.path("ust"), Some(told.options), &["--out", out.to_str().unwrap()]).with(0);
    let converted = std::fs::read_to_string(out).unwrap();
    assert!(converted.contains("identity: \"{type}\""), "{converted}");
    let section = world.adobe_section(&["every: 0s", "pace: off"]);
    let rest = without(&converted, &["adobe"]);
    world.write("umsync.yaml", &format!("{section}{rest}"));
    world.run(&["sync"]).with(0);
    assert_eq!(world.members("AG1"), ["ann@example.com"]);
    assert_eq!(world.members("AG2"), ["ann@example.com"]);
    assert_eq!(world.adobe.users().len(), 1);
}

#[test]
fn a_source_that_umsync_cannot_read_is_asked_for_as_a_table() {
    let connectors = "  connectors: {okta: okta.yml, adobe_console: console.yml}\n";
    for (options, source) in [
        ("--connector okta --users mapped --process-groups", "Okta"),
        ("--connector adobe_console --users mapped --process-groups", "another organization at Adobe"),
    ] {
        let told = story(options, ANN, vec![user("gone", &["AG1"])]);
        let world = World::new(&seed(&["AG1", "AG2"], &told.users), "");
        let folder = world.path("ust");
        std::fs::create_dir(&folder).unwrap();
        told.files(&folder);
        let main = std::fs::read_to_string(folder.join("user-sync-config.yml")).unwrap();
        let main = main.replace("  connectors: {ldap: ldap.yml}\n", connectors);
        std::fs::write(folder.join("user-sync-config.yml"), main).unwrap();
        std::fs::write(folder.join("okta.yml"), "host: example.okta.com\napi_token: PLANTED\n").unwrap();
        std::fs::write(folder.join("console.yml"), "integration: {client_id: PLANTED}\n").unwrap();
        let out = world.path("umsync2.yaml");
        let head = "email,firstname,lastname,country,groups";
        super::import(&folder, Some(options), &["--out", out.to_str().unwrap()]).with(0).says(&[
            &format!("write the people of {source} into people.csv, beside the configuration"),
            &format!("Its first row is `{head}`"),
        ]);
        let converted = std::fs::read_to_string(out).unwrap();
        let section = world.adobe_section(&["every: 0s", "pace: off"]);
        world.write("umsync.yaml", &format!("{section}{}", without(&converted, &["adobe"])));
        // Until it is there, nobody has left.
        let table = world.path("people.csv").display().to_string();
        for arguments in [&["check"][..], &["plan"], &["sync"]] {
            let ended = world.run_unchecked(arguments).with(6);
            let said = format!("{}{}", ended.stdout, ended.stderr);
            assert!(said.contains(&table) && said.contains("No such file"), "{arguments:?}: {said}");
        }
        assert_eq!((world.actions(), world.members("AG1").len()), (0, 1));
        let rows = "ann@example.com,Ann,Doe,US,\"DG1, DG2\"\nbob@example.com,Bob,Doe,US,\n";
        world.write("people.csv", &format!("{head}\n{rows}"));
        world.run(&["sync"]).with(0);
        assert_eq!(world.members("AG2"), ["ann@example.com"]);
        assert!(world.adobe.user("bob@example.com").is_none());
    }
}
