//! `check`: what it tells of a directory that is right, and mistakes that administrators make: each is planted, found,
//! repaired by doing what the advice says and nothing else, and then gone.

use crate::openldap::{
    ACCOUNT, Access, BASE, Deed, MemberOf, OpenLdap, Options, PASSWORD, Passwords, SizeLimit,
};
use crate::support::{Ended, World, seed, user};
use serde_json::Value;
use std::fmt::Write as _;
use url::Url;

/// A company that is configured right.
struct Company {
    ldap: Option<OpenLdap>,
    world: World,
    config: String,
}

impl Drop for Company {
    fn drop(&mut self) {
        // A container says farewell to its engine on a runtime.
        let _inside = self.world.runtime.enter();
        self.ldap.take();
    }
}

const MAY: [&str; 3] = ["may-branch", "may-group", "may-mail"];

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
        let _ = write!(ldif, "dn: cn={group},{BASE}\nobjectClass: groupOfNames\ncn: {group}\nmember: {ACCOUNT}\n\n");
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
        let company = Self { ldap: Some(ldap), world, config };
        company.world.write("umsync.yaml", &company.config);
        company
    }

    fn ldap(&self) -> &OpenLdap {
        self.ldap.as_ref().expect("it runs until the company is closed")
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
        assert!(!ended.stdout.contains("wrong"), "{}", ended.stdout);
        self.world.run(&["plan"]).with(0);
    }

    /// One thing is wrong: its name, what is said of it, and what to do.
    #[track_caller]
    fn finds(&self, code: i32, what: &str) -> (String, Vec<String>) {
        let json = self.world.run(&["check", "--json"]).with(code).json();
        let text = self.world.run(&["check"]).with(code).stdout;
        let wrong: Vec<&Value> =
            json["findings"].as_array().unwrap().iter().filter(|finding| finding["state"] == "wrong").collect();
        let [wrong] = wrong.as_slice() else { panic!("one thing should be wrong:\n{text}") };
        assert_eq!(wrong["what"], what, "{text}");
        let told = wrong["told"].as_str().unwrap().to_owned();
        let remedy: Vec<String> =
            wrong["remedy"].as_array().unwrap().iter().map(|line| line.as_str().unwrap().to_owned()).collect();
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
    let company = Company::new(Options::default());
    let ended = company.world.run(&["check"]).with(0);
    println!("{}", ended.stdout);
}
