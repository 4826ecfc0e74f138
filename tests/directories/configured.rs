//! What the configuration of several directories means.

use super::{GROUPS, OFF, configure, everybody, group, mails, of_file, person, two, world};
use crate::support::{World, person as usual_person, seed, user};

#[test]
fn two_directories_are_one_company_each_with_its_certificate() {
    let (emea, apac) = (everybody(&["anna"], "e"), everybody(&["bob"], "a"));
    let world = world(&[], &emea, &apac, &format!("{GROUPS}{OFF}"));
    let plan = world.run(&["plan"]).with(0);
    plan.shows(&[
        "  directory  apac, ",
        "  directory  emea, ",
        "1 entry, 1 mapped group",
        "1 entry, 2 mapped groups",
        "  together   2 entries, 2 people of whom 2 get an account, 2 mapped groups",
        "member of design in apac",
        "member of video in emea",
    ]);
    let json = world.run(&["plan", "--json"]).json();
    for (at, (name, file)) in [("apac", apac), ("emea", emea)].into_iter().enumerate() {
        let certificate = &json["plan"]["certificates"][at];
        assert_eq!(certificate["directory"], name);
        assert_eq!(certificate["proof"]["file"]["bytes"], file.len());
        assert_eq!(certificate["entries"], 1);
    }
    world.run(&["sync"]).with(0);
    assert_eq!(world.members("Design"), mails(&["anna", "bob"]));
    assert_eq!(world.members("Video"), mails(&["anna"]), "apac's video is not asked for");
    world.run(&["sync"]).with(0).shows(&["Everything is in step: 2 people"]);
    world.run(&["check"]).with(0).shows(&["directory apac", "directory emea"]);
}

#[test]
fn each_directory_has_attributes_of_its_own() {
    let students = "Mail Address,First,Last,Member Of\nzoe@example.com,Zoe,Roe,Design\n";
    let world = World::new(&seed(&["Design"], &[]), "");
    world.write("staff.ldif", &everybody(&["anna"], "s"));
    world.write("students.csv", students);
    let csv = "csv: {file: students.csv, columns: {groups: member_of}}\nattributes: {email: \"{mail_address}\", first_name: \"{first}\", last_name: \"{last}\"}";
    let rest = format!("people: {{country: US}}\ngroups: [{{directory: design, adobe: [Design]}}]\n{OFF}");
    configure(&world, &[("staff", &of_file("staff")), ("students", csv)], &rest);
    world.run(&["sync"]).with(0).shows(&["2 accounts created"]);
    assert_eq!(world.members("Design"), mails(&["anna", "zoe"]));
    let zoe = world.adobe.user("zoe@example.com").unwrap();
    assert_eq!((zoe.firstname.as_deref(), zoe.lastname.as_deref()), (Some("Zoe"), Some("Roe")));
}

#[test]
fn disabled_means_in_each_directory_what_is_said_there() {
    let disabled = |name: &str, anchor: &str| person(name, anchor, &["nsAccountLock: true"]);
    let emea = [disabled("anna", "e1"), group("design", &["anna"]), group("video", &["anna"])].concat();
    let apac = [disabled("bob", "a1"), person("bea", "a2", &[]), group("design", &["bob", "bea"])].concat();
    let users = [user("anna", &["Design"]), user("bob", &["Design"]), user("bea", &["Design"])];
    let world = world(&users, &emea, &apac, "");
    let keep = "ldif: {file: apac.ldif, users: (objectClass=inetOrgPerson), disabled: keep}";
    configure(&world, &[("emea", &of_file("emea")), ("apac", keep)], &format!("{GROUPS}{OFF}"));
    world.run(&["sync"]).with(0);
    assert_eq!(world.members("Design"), mails(&["bea", "bob"]));
}

#[test]
fn a_mapped_group_that_no_directory_has_is_missing() {
    let rules = "groups:\n  - {directory: design, adobe: [Design]}\n  - {directory: film, adobe: [Video]}\n";
    let world = world(&[], &everybody(&["anna"], "e"), &everybody(&["bob"], "a"), &format!("{rules}{OFF}"));
    let missing = "no directory has the group `film`";
    world.run(&["sync"]).with(6).says(&[missing]);
    world.run(&["check"]).with(6).shows(&[missing]);
    assert_eq!((world.actions(), world.listings()), (0, 0));
    // One that a mapping looks for in one directory must be there, whatever the others have.
    let rules = rules.replace("film", "film, in: apac");
    world.write("emea.ldif", &(everybody(&["anna"], "e") + &group("film", &["anna"])));
    configure(&world, &[("emea", &of_file("emea")), ("apac", &of_file("apac"))], &format!("{rules}{OFF}"));
    world.run(&["sync"]).with(6).says(&["apac", "lacks the group `film`"]);
    assert_eq!(world.actions(), 0);
}

#[test]
fn every_mistake_is_told_at_once_with_its_place() {
    let world = World::new(&seed(&["Design"], &[]), "");
    let yaml = "adobe: {sandbox: {seed: a.json}}
directories:
  EMEA: {ldif: {file: a.ldif, users: (mail=*)}}
  apac:
    ldap: {servers: [https://x], bind: anonymous, base: dc=x, users: (mail=*)}
  kiosk:
    ldif: {file: a.ldif}
    csv: {file: a.csv}
  lab: {ldif: {file: a.ldif, users: (mail=*)}, attributs: {}}
groups:
  - {directory: design, adobe: [Design], in: [apac, apec]}
state: sqlite:umsync.db
";
    world.write("umsync.yaml", yaml);
    let ended = world.run(&["plan"]).with(78).says(&[
        "line 3, column 9, directories.EMEA: `EMEA` is no name",
        "line 5, column 22, directories.apac.ldap.servers[0]: `https://x` is no LDAP server",
        "directories.kiosk: exactly one of ldap, ldif and csv belongs here",
        "directories.kiosk.ldif.users: missing",
        "line 9, column 48, directories.lab.attributs: unknown key; did you mean `attributes`?",
        "line 11, column 53, groups[0].in[1]: `apec` is none of the directories `EMEA`, `apac`, `kiosk`, `lab`",
    ]);
    assert_eq!(ended.stderr.matches("\n  line ").count(), 6, "{}", ended.stderr);
    let only = "directory: {ldif: {file: a.ldif, users: (mail=*)}}\n";
    world.write("umsync.yaml", &format!("{yaml}{only}"));
    world.run(&["plan"]).with(78).says(&["directory: either `directory` stands here, or `directories`"]);
    let alone = &yaml[yaml.find("groups:").unwrap()..];
    world.write("umsync.yaml", &format!("adobe: {{sandbox: {{seed: a.json}}}}\n{only}{alone}"));
    world.run(&["plan"]).with(78).says(&["groups[0].in: there is one directory"]);
}

/// What `check --offline` says that the configuration means.
fn meaning(world: &World) -> String {
    let told = world.run(&["check", "--offline"]).with(0).stdout;
    let told = told.lines().next().unwrap();
    told.rsplit(' ').next().unwrap().to_owned()
}

#[test]
fn names_and_parts_make_the_meaning_and_one_directory_means_what_it_meant() {
    let rest = format!("{GROUPS}{OFF}");
    let (emea, apac) = (of_file("emea"), of_file("apac"));
    let world = world(&[], "", "", "");
    let of = |directories: &[(&str, &str)], rest: &str| {
        configure(&world, directories, rest);
        meaning(&world)
    };
    let usual = of(&[("emea", &emea), ("apac", &apac)], &rest);
    assert_eq!(of(&[("apac", &apac), ("emea", &emea)], &rest), usual, "the order of names means nothing");
    assert_eq!(of(&[("emea", &apac), ("apac", &emea)], &rest), usual, "nor does where the files are");
    let keep = "ldif: {file: apac.ldif, users: (objectClass=inetOrgPerson), disabled: keep}";
    let attributes = format!("{apac}\nattributes: {{email: \"{{uid}}@example.com\"}}");
    let mut all = vec![usual];
    for (directories, rest) in [
        (vec![("emea", emea.as_str())], &rest),
        (vec![("emea", &emea), ("asia", &apac)], &rest),
        (vec![("emea", &emea), ("apac", keep)], &rest),
        (vec![("emea", &emea), ("apac", &attributes)], &rest),
        (vec![("emea", &emea), ("apac", &apac)], &rest.replace("in: emea", "in: apac")),
        (vec![("emea", &emea), ("apac", &apac)], &rest.replace(", in: emea", "")),
    ] {
        all.push(of(&directories, rest));
    }
    let count = all.len();
    all.sort();
    all.dedup();
    assert_eq!(all.len(), count);
    // What was approved under one directory before there could be several stays approved.
    world.configure("groups:\n  - {directory: design, adobe: [Design]}\n");
    assert_eq!(meaning(&world), "c2a9303215d40d7d");
    let csv = "directory:\n  csv: {file: people.csv, disabled: keep}\npeople: {attributes: {email: \"{mail}\", username: \"{uid}\"}}\n";
    let groups = "groups:\n  - {directory: design, adobe: [Design]}\nstate: sqlite:state/umsync.db\n";
    world.write("umsync.yaml", &format!("{}{csv}{groups}", world.adobe_section(&[])));
    assert_eq!(meaning(&world), "71cd4f5d00f93657");
}

#[test]
fn a_directory_taken_out_of_the_configuration_takes_nothing_before_somebody_has_looked() {
    let rest = format!("{GROUPS}{OFF}").replace("baseline: accept\n", "");
    let world = two(&rest);
    let before = world.adobe.dump();
    configure(&world, &[("emea", &of_file("emea"))], &rest);
    world.run(&["sync"]).with(3).shows(&["the configuration has changed since a plan was approved"]);
    assert_eq!(world.adobe.dump(), before);
    let id = plan_of_last(&world);
    world.run(&["approve", &id]).with(0);
    world.run(&["sync"]).with(0);
    assert_eq!(world.members("Design"), mails(&["anna", "aron"]));
}

fn plan_of_last(world: &World) -> String {
    world.run(&["report", "--json"]).json()["plan"]["id"].as_str().unwrap().to_owned()
}

#[test]
fn links_outlive_the_move_from_one_directory_to_several() {
    let world = World::new(&seed(&["Design"], &[]), "");
    world.write("people.ldif", &[usual_person("anna", &[]), group("design", &["anna"])].concat());
    let rest = format!("groups:\n  - {{directory: design, adobe: [Design]}}\n{OFF}");
    world.configure(&rest);
    world.run(&["sync"]).with(0);
    world.run(&["sync"]).with(0);
    let id = world.adobe.user("anna@example.com").unwrap().id;
    // She marries on the day on which the second directory comes.
    let anna = usual_person("anna", &[]).replace("anna@example.com", "anna.roe@example.com");
    world.write("people.ldif", &[anna, group("design", &["anna"])].concat());
    world.write("apac.ldif", &everybody(&["bob"], "a"));
    configure(&world, &[("old", &of_file("people")), ("apac", &of_file("apac"))], &rest);
    world.run(&["sync"]).with(0).shows(&["1 account created, 1 account updated"]);
    assert_eq!(world.adobe.user("anna.roe@example.com").unwrap().id, id);
}

#[test]
fn d10_groups_stay_what_they_were_when_one_directory_becomes_several_or_is_renamed() {
    let world = World::new(&seed(&["Design"], &[user("anna", &["Design"])]), "");
    let named = |name: &str, uuid: &str, members: &[&str]| {
        group(name, members).trim_end().to_owned() + &format!("\nentryUUID: {uuid}\n\n")
    };
    let old = |groups: &str| world.write("people.ldif", &(usual_person("anna", &[]) + groups));
    let rest = format!("groups:\n  - {{directory: design, adobe: [Design]}}\n{OFF}");
    let several = |first: &str| {
        configure(&world, &[(first, &of_file("people")), ("apac", &of_file("apac"))], &rest);
    };
    old(&named("design", "u-1", &["anna"]));
    world.configure(&rest);
    world.run(&["sync"]).with(0);
    // On the day on which the second directory comes, the group is renamed, and another one has its name. The second
    // directory has one of that name, too, and that one was never another.
    world.write("apac.ldif", &(person("bob", "a-bob", &[]) + &named("design", "a-1", &["bob"])));
    let both = [named("creative", "u-1", &["anna"]), named("design", "u-2", &[])].concat();
    old(&both);
    several("emea");
    let words = ["another one than before", "cn=creative,ou=groups", "umsync groups forget 'design'"];
    world.run(&["sync"]).with(6).says(&words);
    assert_eq!(world.members("Design"), mails(&["anna"]));
    // Without the other one it is followed.
    old(&named("creative", "u-1", &["anna"]));
    world.run(&["sync"]).with(0).shows(&["design is now cn=creative,ou=groups"]);
    assert_eq!(world.members("Design"), mails(&["anna", "bob"]));
    world.run(&["sync"]).with(0).shows(&["design is now cn=creative,ou=groups"]);
    // The directory gets another name.
    several("europe");
    world.run(&["sync"]).with(0).shows(&["design is now cn=creative,ou=groups"]);
    old(&both);
    world.run(&["sync"]).with(3).shows(&["  not read   europe: "]).shows(&words[..2]);
    // And it is the only one again.
    world.configure(&rest);
    world.run(&["sync"]).with(6).says(&words);
    world.run(&["groups", "forget", "design"]).with(0);
    assert_eq!(world.members("Design"), mails(&["anna", "bob"]));
}
