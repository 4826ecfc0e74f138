//! `check`: what it tells of a directory that is right, and mistakes that administrators make: each is planted, found,
//! repaired by doing what the advice says and nothing else, and then gone.

mod domain_controller;

use crate::openldap::{
    ACCOUNT, Access, BASE, Deed, MemberOf, OpenLdap, Options, PASSWORD, Passwords, SizeLimit,
};
use crate::support::{World, seed, user};
use serde_json::Value;
use std::fmt::Write as _;

/// A company that is configured right.
struct Company {
    servers: Vec<OpenLdap>,
    world: World,
    config: String,
}

impl Drop for Company {
    fn drop(&mut self) {
        // A container says farewell to its engine on a runtime.
        let _inside = self.world.runtime.enter();
        self.servers.clear();
    }
}

const MAY: [&str; 4] = ["may-branch", "may-group", "may-mail", "may-anchor"];

fn entries() -> String {
    let mut ldif = String::new();
    for uid in ["anna", "bert", "carl", "dora"] {
        let _ = write!(
            ldif,
            "dn: uid={uid},ou=people,{BASE}\nobjectClass: inetOrgPerson\nuid: {uid}\ncn: {uid}\ngivenName: {uid}\nsn: Doe\nmail: {uid}@example.com\n\n"
        );
    }
    for (group, members) in [("design", "bert carl"), ("video", "dora")] {
        let _ = write!(ldif, "dn: cn={group},ou=groups,{BASE}\nobjectClass: groupOfNames\ncn: {group}\n");
        for member in members.split(' ') {
            let _ = writeln!(ldif, "member: uid={member},ou=people,{BASE}");
        }
        ldif.push('\n');
    }
    for group in MAY {
        let _ = write!(
            ldif,
            "dn: cn={group},{BASE}\nobjectClass: groupOfNames\ncn: {group}\nmember: {ACCOUNT}\n\n"
        );
    }
    ldif
}

impl Company {
    fn new(options: Options) -> Self {
        Self::of(&entries(), options)
    }

    fn of(ldif: &str, options: Options) -> Self {
        let users = [user("bert", &["Design"]), user("carl", &["Design"])];
        let world = World::new(&seed(&["Design", "Video"], &users), "");
        let ldap = world.runtime.block_on(OpenLdap::start(ldif, options));
        world.write("ldap.secret", PASSWORD);
        std::fs::copy(ldap.ca_file(), world.path("ca.pem")).unwrap();
        let config = format!(
            "{}directory:\n  ldap:\n    servers: [{}]\n    starttls: false\n    bind:\n      dn: {ACCOUNT}\n      password: {{file: ldap.secret}}\n    base: {BASE}\n    users: (objectClass=inetOrgPerson)\n    members: memberOf\npeople:\n  country: US\ngroups:\n  - {{directory: design, adobe: [Design]}}\n  - {{directory: video, adobe: [Video]}}\nstate: sqlite:state/umsync.db\n",
            world.adobe_section(&["every: 0s", "pace: off"]),
            ldap.url(),
        );
        let company = Self { servers: vec![ldap], world, config };
        company.world.write("umsync.yaml", &company.config);
        company
    }

    fn ldap(&self) -> &OpenLdap {
        &self.servers[0]
    }

    /// Writes a configuration in which this line stands for that one.
    fn plant(&mut self, right: &str, wrong: &str) {
        assert!(self.config.contains(right), "{right}");
        self.config = self.config.replacen(right, wrong, 1);
        self.world.write("umsync.yaml", &self.config);
    }

    /// Sets a key of the directory, or of people, to what the advice says.
    fn set(&mut self, line: &str) {
        let (key, _) = line.split_once(':').unwrap();
        let is_it = |known: &str| known.trim_start().split_once(':').is_some_and(|(name, _)| name == key);
        let mut lines: Vec<String> = self.config.lines().map(str::to_owned).collect();
        match lines.iter_mut().find(|known| is_it(known)) {
            Some(known) => {
                let indent = known.len() - known.trim_start().len();
                *known = format!("{}{line}", " ".repeat(indent));
            }
            None => {
                let (section, indent) = if key == "attributes" { ("people:", 2) } else { ("  ldap:", 4) };
                let at = lines.iter().position(|known| known == section).unwrap();
                lines.insert(at + 1, format!("{}{line}", " ".repeat(indent)));
            }
        }
        self.config = lines.join("\n") + "\n";
        self.world.write("umsync.yaml", &self.config);
    }

    /// Follows an advice that says what to write: `key: value`, a server, or one name for another.
    fn follow(&mut self, advice: &str) {
        let quoted: Vec<&str> = advice.split('`').skip(1).step_by(2).collect();
        let (_, after) = advice.split_once("write `").unwrap_or_else(|| panic!("{advice}"));
        let first = after.split('`').next().unwrap();
        if let Some((_, rest)) = after.split_once("` for `") {
            let wrong = rest.split('`').next().unwrap();
            self.plant(wrong, first);
        } else if first.starts_with("ldap") {
            self.set(&format!("servers: [{first}]"));
        } else {
            self.set(first);
        }
        for more in quoted.iter().filter(|text| **text == "starttls: true") {
            self.set(more);
        }
    }

    /// Everything is right.
    #[track_caller]
    fn is_right(&self) {
        let ended = self.world.run(&["check"]).with(0);
        assert!(!ended.stdout.contains("\nwrong "), "{}", ended.stdout);
        self.world.run(&["plan"]).with(0);
    }

    /// One thing is wrong: its name, what is said of it, and what to do.
    #[track_caller]
    fn finds(&self, code: i32, what: &str) -> (String, Vec<String>) {
        let json = self.world.run(&["check", "--json"]).with(code).json();
        let text = self.world.run(&["check"]).with(code).stdout;
        let wrong: Vec<&Value> = json["findings"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|finding| finding["state"] == "wrong")
            .collect();
        let [wrong] = wrong.as_slice() else { panic!("one thing should be wrong:\n{text}") };
        assert_eq!(wrong["what"], what, "{text}");
        let told = wrong["told"].as_str().unwrap().to_owned();
        let remedy: Vec<String> = wrong["remedy"]
            .as_array()
            .unwrap()
            .iter()
            .map(|line| line.as_str().unwrap().to_owned())
            .collect();
        // Whoever reads the text reads the same.
        for line in told.lines().chain(remedy.iter().map(String::as_str)) {
            assert!(text.contains(line), "`{line}` is missing:\n{text}");
        }
        (told, remedy)
    }
}

#[track_caller]
fn contains(text: &str, words: &[&str]) {
    for word in words {
        assert!(text.contains(word), "`{word}` is missing: {text}");
    }
}

#[test]
fn a_directory_that_is_right_is_told_whole() {
    let mut ldif = entries();
    let _ = write!(
        ldif,
        "dn: cn=all,ou=groups,{BASE}\nobjectClass: groupOfNames\ncn: all\nmember: cn=design,ou=groups,{BASE}\nmember: uid=anna,ou=people,{BASE}\nmember: uid=gone,ou=people,{BASE}\n\n"
    );
    let mut company = Company::of(&ldif, Options::default());
    let url = company.ldap().ldaps_url();
    company.set(&format!("servers: [{url}, ldap://localhost:1]"));
    company.set("starttls: true");
    company.set("ca_file: ca.pem");
    company.set("members: member");
    company.plant("  - {directory: video", "  - {directory: all, adobe: [Video]}\n  - {directory: video");
    let checked = company.world.run(&["check"]).with(6);
    for words in [
        &format!("ok     server            {}, OpenLDAP, at ", url.as_str().trim_end_matches('/')),
        "ok     TLS               TLS 1.3; the certificate of localhost, issued by CN=tests, ends on ",
        "ok     clock             the server's is ",
        "wrong  server            ldap://localhost:1: cannot connect: no address answers: ",
        "→ nothing listens on port 1 of localhost: correct the port in `servers`",
        &format!("ok     account           connected as dn:{ACCOUNT}"),
        &format!("ok     people            4 people found by (objectclass=inetOrgPerson) under {BASE}"),
        "in 1 page of at most 500: no limit of the server was met",
        "4 of them are in groups that the configuration names",
        "ok     attributes        of 4 people looked at, so many have: c 0, givenname 4, mail 4, sn 4",
        "warn   group all         cn=all,ou=groups,dc=example,dc=com",
        "lists 3 names, has 3 people, 2 of them only through groups inside it",
        "1 listed name nobody can read, for instance uid=gone,ou=people,dc=example,dc=com",
        "ok     group design      cn=design,ou=groups,dc=example,dc=com",
        // Members of mapped groups, by their names; the fourth has to wait.
        "ok     person as mapped  uid=anna,ou=people,dc=example,dc=com",
        "federated, bert@example.com, bert Doe, US",
        "Design, by design",
        "Video, by all",
        "ok     group Design  there",
        "wrong: 1; to be looked at: 1",
    ] {
        assert!(checked.stdout.contains(words), "`{words}` is missing:\n{}", checked.stdout);
    }
    assert!(!checked.stdout.contains("dora@"), "{}", checked.stdout);
    assert_eq!(company.world.listings(), 0);

    let json = company.world.run(&["check", "--json"]).with(6).json();
    assert_eq!((&json["format"], &json["code"]), (&1.into(), &6.into()));
    let directory = &json["directories"][0];
    assert_eq!((&directory["kind"], &directory["people"]["found"]), (&"ldap".into(), &4.into()));
    assert_eq!(directory["servers"][0]["reached"], "let_in");
    assert_eq!(directory["servers"][0]["certificate"]["names"][0], "localhost");
    assert_eq!(directory["servers"][1]["reached"], "no");
    assert_eq!(directory["groups"][0]["unresolved"][0], format!("uid=gone,ou=people,{BASE}"));
    assert_eq!(directory["groups"][0]["nested"], 2);
    let sample = &directory["samples"][1];
    assert_eq!((&sample["email"], &sample["country"]), (&"bert@example.com".into(), &"US".into()));
    assert_eq!(sample["groups"]["Design"][0], "design");
    // No secret is in it.
    assert!(!json.to_string().contains(PASSWORD));
}

#[test]
fn planted_a_wrong_password() {
    let company = Company::new(Options::default());
    company.world.write("ldap.secret", "an old one");
    let (told, remedy) = company.finds(6, "account");
    contains(&told, &[ACCOUNT, "49 (invalidCredentials)"]);
    // `its password is read from the file PATH: write the right one there`
    let (_, path) = remedy[0].split_once("the file ").unwrap();
    std::fs::write(path.strip_suffix(": write the right one there").unwrap(), PASSWORD).unwrap();
    company.is_right();
}

#[test]
fn planted_a_secret_that_is_not_there() {
    let company = Company::new(Options::default());
    std::fs::remove_file(company.world.path("ldap.secret")).unwrap();
    let told = company.world.run(&["check"]).with(78).says(&["directory.ldap.bind.password"]).stderr;
    let (_, rest) = told.split_once("cannot read the secret file ").unwrap();
    let (path, why) = rest.split_once(": ").unwrap();
    assert!(why.starts_with("No such file"), "{told}");
    std::fs::write(path, PASSWORD).unwrap();
    company.is_right();
}

#[test]
fn planted_an_account_in_a_tree_that_is_not_there() {
    let mut company = Company::new(Options::default());
    company.plant(ACCOUNT, "cn=sync,dc=exmaple,dc=com");
    let (told, remedy) = company.finds(6, "account");
    contains(&told, &["cn=sync,dc=exmaple,dc=com", "49 (invalidCredentials)"]);
    company.follow(&remedy[0]);
    company.is_right();
}

#[test]
fn planted_a_base_that_is_not_there() {
    let mut company = Company::new(Options::default());
    company.plant(&format!("    base: {BASE}"), "    base: dc=example,dc=org");
    let (told, remedy) = company.finds(6, "base");
    contains(&told, &["dc=example,dc=org", "does not exist"]);
    company.follow(&remedy[0]);
    company.is_right();
}

#[test]
fn planted_a_user_base_that_is_misspelt() {
    let mut company = Company::new(Options::default());
    company.set(&format!("user_base: ou=poeple,{BASE}"));
    let (told, remedy) = company.finds(6, "base");
    contains(&told, &["ou=poeple"]);
    company.follow(&remedy[0]);
    contains(&company.config, &[&format!("user_base: ou=people,{BASE}")]);
    company.is_right();
}

#[test]
fn planted_the_filter_of_another_kind_of_server() {
    let mut company = Company::new(Options::default());
    company.set("users: (&(objectCategory=person)(objectClass=user))");
    let (told, remedy) = company.finds(6, "schema");
    contains(&told, &["`objectcategory` (users)", "`user` (users)"]);
    company.follow(&remedy[0]);
    company.is_right();
}

#[test]
fn planted_a_misspelt_attribute() {
    let mut company = Company::new(Options::default());
    company.set("attributes: {first_name: \"{gvenname}\"}");
    let (told, remedy) = company.finds(6, "schema");
    contains(&told, &["`gvenname` (people.attributes)"]);
    company.follow(&remedy[0]);
    contains(&company.config, &["{givenname}"]);
    company.is_right();
}

#[test]
fn planted_a_misspelt_group_of_the_directory() {
    let mut company = Company::new(Options::default());
    company.plant("{directory: design,", "{directory: Desing,");
    let (told, remedy) = company.finds(6, "groups");
    contains(&told, &["lacks the group `Desing`"]);
    company.follow(&remedy[0]);
    company.is_right();

    company.plant("{directory: design,", &format!("{{directory: \"cn=desing,ou=groups,{BASE}\","));
    let (_, remedy) = company.finds(6, "groups");
    company.follow(&remedy[0]);
    contains(&company.config, &[&format!("\"cn=design,ou=groups,{BASE}\"")]);
    company.is_right();
}

#[test]
fn planted_a_misspelt_group_at_adobe() {
    let mut company = Company::new(Options::default());
    company.world.run(&["plan"]).with(0);
    let listings = company.world.listings();
    company.plant("adobe: [Design]", "adobe: [Desgin]");
    let (told, remedy) = company.finds(78, "group Desgin");
    contains(&told, &["no such group"]);
    company.follow(&remedy[0]);
    company.world.run(&["check"]).with(0);
    // The name came from what had been listed before.
    assert_eq!(company.world.listings(), listings);
    company.is_right();
}

#[test]
fn planted_an_authority_that_is_not_trusted() {
    let mut company = Company::new(Options::default());
    let url = company.ldap().ldaps_url();
    company.set(&format!("servers: [{url}]"));
    std::fs::copy(company.ldap().wrong_ca_file(), company.world.path("others.pem")).unwrap();
    company.set("ca_file: others.pem");
    let (told, remedy) = company.finds(6, "server");
    contains(&told, &["no authority that is trusted"]);
    // `its certificate was issued by `CN=tests`: put that authority's certificate (PEM) into FILE`
    contains(&remedy[0], &["issued by `CN=tests`"]);
    let (_, file) = remedy[0].split_once("(PEM) into ").unwrap();
    std::fs::copy(company.ldap().ca_file(), file).unwrap();
    company.is_right();
}

#[test]
fn planted_another_name_than_the_certificates() {
    let mut company = Company::new(Options::default());
    let mut url = company.ldap().ldaps_url();
    url.set_host(Some("127.0.0.1")).unwrap();
    company.set(&format!("servers: [{url}]"));
    company.set("ca_file: ca.pem");
    let (told, remedy) = company.finds(6, "server");
    contains(&told, &["for another name: localhost"]);
    company.follow(&remedy[0]);
    company.is_right();
}

#[test]
fn planted_plain_text_where_a_server_wants_tls() {
    let options = Options { passwords: Passwords::Encrypted, ..Options::default() };
    let mut company = Company::new(options);
    company.set("ca_file: ca.pem");
    let (told, remedy) = company.finds(6, "account");
    contains(&told, &["13 (confidentialityRequired)"]);
    company.follow(&remedy[0]);
    contains(&company.config, &["starttls: true"]);
    company.is_right();
}

#[test]
fn planted_the_scheme_of_the_other_port() {
    let mut company = Company::new(Options::default());
    company.set("ca_file: ca.pem");
    let plain = company.ldap().url();
    company.set(&format!("servers: [{}]", plain.as_str().replace("ldap://", "ldaps://")));
    let (_, remedy) = company.finds(6, "server");
    company.follow(&remedy[0]);
    contains(&company.config, &[plain.as_str().trim_end_matches('/'), "starttls: true"]);
    company.is_right();

    let encrypted = company.ldap().ldaps_url();
    company.set(&format!("servers: [{}]", encrypted.as_str().replace("ldaps://", "ldap://")));
    let (_, remedy) = company.finds(6, "server");
    company.follow(&remedy[0]);
    contains(&company.config, &[encrypted.as_str().trim_end_matches('/')]);
    company.is_right();
}

#[test]
fn planted_a_port_where_nobody_listens_and_a_host_that_nobody_knows() {
    let mut company = Company::new(Options::default());
    let url = company.ldap().url();
    let mut wrong = url.clone();
    wrong.set_port(Some(1)).unwrap();
    company.set(&format!("servers: [{wrong}]"));
    let (told, remedy) = company.finds(6, "server");
    contains(&told, &["cannot connect"]);
    contains(&remedy[0], &["nothing listens on port 1 of localhost", "correct the port in `servers`"]);
    company.set(&format!("servers: [{url}]"));
    company.is_right();

    wrong.set_host(Some("directory.invalid")).unwrap();
    company.set(&format!("servers: [{wrong}]"));
    let (_, remedy) = company.finds(6, "server");
    contains(&remedy[0], &["no host called directory.invalid", "correct its name in `servers`"]);
    company.set(&format!("servers: [{url}]"));
    company.is_right();
}

#[test]
fn planted_a_size_limit() {
    let mut ldif = entries();
    for at in 0..600 {
        let _ = write!(
            ldif,
            "dn: uid=p{at},ou=people,{BASE}\nobjectClass: inetOrgPerson\nuid: p{at}\ncn: p{at}\nsn: Doe\nmail: p{at}@example.com\n\n"
        );
    }
    let options = Options { size_limit: SizeLimit::FiveHundred, ..Options::default() };
    let mut company = Company::of(&ldif, options);
    let (told, remedy) = company.finds(6, "people");
    contains(&told, &["4 (sizeLimitExceeded)"]);
    contains(&remedy[0], &["ends after about 500 people", "prtotal is for all pages together"]);
    // What can be seen is seen all the same.
    company.world.run(&["check"]).with(6).shows(&["its people could not be counted", "bert@example.com"]);
    // The server is given the line that stands between the backticks.
    let line = remedy[0].split('`').find(|text| text.starts_with("limits ")).unwrap().to_owned();
    let options = Options { size_limit: SizeLimit::FiveHundredBut(line.leak()), ..Options::default() };
    let lifted = company.world.runtime.block_on(OpenLdap::start(&ldif, options));
    company.set(&format!("servers: [{}]", lifted.url()));
    company.servers.push(lifted);
    company.world.run(&["check"]).with(0).shows(&["604 people found", "in 2 pages of at most 500"]);
    company.is_right();
}

#[test]
fn planted_mail_that_the_account_may_not_read() {
    let company = Company::new(Options { access: Access::Revocable, ..Options::default() });
    company.is_right();
    let may_mail = format!("cn=may-mail,{BASE}");
    let nobody = format!("cn=nobody,{BASE}");
    let (ldap, runtime) = (company.ldap(), &company.world.runtime);
    runtime.block_on(ldap.administer(&may_mail, Deed::Put("member", &nobody)));
    let (told, remedy) = company.finds(78, "email");
    contains(&told, &["nobody has `mail`, or this account may not read it", "nobody would have an account"]);
    contains(&remedy[0], &["let this account read `mail`"]);
    company.world.run(&["check"]).with(78).shows(&["set aside: it has no email"]);
    runtime.block_on(ldap.administer(&may_mail, Deed::Put("member", ACCOUNT)));
    company.is_right();
}

#[test]
fn planted_an_email_attribute_that_nobody_has() {
    let mut company = Company::new(Options::default());
    company.set("attributes: {email: \"{employeeNumber}\"}");
    let (told, remedy) = company.finds(78, "email");
    contains(&told, &["nobody has `employeenumber`"]);
    company.follow(&remedy[0]);
    contains(&company.config, &["  attributes: {email: \"{mail}\"}"]);
    company.is_right();
}

#[test]
fn planted_member_of_that_the_server_does_not_maintain() {
    let mut company = Company::new(Options { member_of: MemberOf::Off, ..Options::default() });
    let (told, remedy) = company.finds(6, "memberOf");
    contains(&told, &["whose memberOf does not name the group"]);
    // `read the groups' own word with `members: member`, or …`
    let line = remedy[0].split('`').nth(1).unwrap().to_owned();
    company.set(&line);
    contains(&company.config, &["    members: member\n"]);
    company.is_right();
}

#[test]
fn planted_several_at_once_are_all_told() {
    let mut company = Company::new(Options::default());
    company.plant("{directory: design,", "{directory: Desing,");
    company.plant("adobe: [Video]", "adobe: [Vidoe]");
    company.set("attributes: {first_name: \"{gvenname}\"}");
    company.set(&format!("group_base: ou=gropus,{BASE}"));
    let told = company.world.run(&["check"]).with(78).stdout;
    contains(
        &told,
        &[
            "write `group_base: ou=groups,",
            "write `givenname` for `gvenname`",
            "wrong  group Vidoe",
            "4 people found",
        ],
    );
    // Without the base nobody can tell what is wrong with groups below it.
    company.set(&format!("group_base: ou=groups,{BASE}"));
    let told = company.world.run(&["check"]).with(78).stdout;
    contains(
        &told,
        &["write `design` for `Desing`", "write `givenname` for `gvenname`", "wrong  group Vidoe"],
    );
}

#[test]
fn a_group_that_lists_nobody_of_the_people_is_told() {
    let mut company = Company::new(Options::default());
    company.plant("{directory: video,", "{directory: may-mail,");
    let told = company.world.run(&["check"]).with(0).stdout;
    contains(
        &told,
        &["warn   group may-mail", "lists 1 name, has 0 people", "whoever has what it gives would lose it"],
    );
}

const FILE: &str = "dn: uid=anna,ou=people,dc=example,dc=com\nobjectClass: inetOrgPerson\nuid: anna\ncn: anna\nsn: Doe\nmail: anna@example.com\n\n\
    dn: uid=bert,ou=people,dc=example,dc=com\nobjectClass: inetOrgPerson\nuid: bert\ncn: bert\nsn: Doe\n\n\
    dn: cn=design,ou=groups,dc=example,dc=com\nobjectClass: groupOfNames\ncn: design\nmember: uid=anna,ou=people,dc=example,dc=com\nmember: uid=bert,ou=people,dc=example,dc=com\n\n";

#[test]
fn a_file_is_looked_at_likewise() {
    let world = World::new(&seed(&["Design"], &[]), FILE);
    world.configure("people: {country: US}\ngroups: [{directory: design, adobe: [Design]}]\n");
    let told = world.run(&["check"]).with(0).stdout;
    contains(
        &told,
        &[
            "people.ldif: 2 people, 1 mapped group",
            "of 2 people looked at, so many have: c 0, givenname 0, mail 1, sn 2",
            "warn   first_name",
            "nobody has `givenname`",
            "has 2 people",
            "anna@example.com",
            "set aside: it has no email",
        ],
    );
    world.write("people.ldif", &FILE.replace("mail: ", "description: "));
    world.run(&["check"]).with(78).shows(&["wrong  email", "nobody has `mail`"]);
}
