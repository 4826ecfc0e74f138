//! A call of the User Sync Tool: its files, the options that it is started with, and two small sides. It is converted by
//! `umsync import-ust`, and what that writes is run.

use super::words;
use crate::openldap::{ACCOUNT, BASE, OpenLdap, PASSWORD};
use crate::support::{Ended, ORGANIZATION, World, ended, program};
use serde_json::json;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use umsync_emulator::{DEFAULT_CLIENT, DEFAULT_SECRET, Options, Seed};

/// Where its files say that Adobe is; the emulator answers instead.
const ADOBE: &str = "adobe.test";
const IMS: &str = "ims.test";
/// As somebody runs it who has seen the first plan: no brake but the one that the User Sync Tool has.
const NO_BRAKES: [&str; 8] =
    ["create", "update", "identity", "group_removals", "removals", "set_aside", "fall", "group_fall"];

/// A line of one of its files. It stands instead of the line that usually has its key; a key alone takes that line away.
type Line = (&'static str, &'static str);

/// Where the people are.
enum Source {
    /// In words.
    People(&'static [&'static str]),
    /// In a table of this name.
    Table { name: &'static str, bytes: Vec<u8> },
    /// In the server that the rows share, reached over TLS or in the clear to begin with.
    Server { tls: bool },
}

/// How it ends.
enum End {
    /// With this code, saying this, and with these accounts at Adobe.
    At { code: i32, says: &'static [&'static str], accounts: &'static [&'static str] },
    /// It cannot be converted, for this reason.
    Refused(&'static [&'static str]),
}

/// One call, and how it ends.
pub(in crate::parity) struct Call {
    options: Option<&'static str>,
    lines: Vec<Line>,
    files: Vec<(&'static str, Vec<u8>)>,
    source: Source,
    before: &'static [&'static str],
    groups: &'static [&'static str],
    domains: Vec<(&'static str, &'static str, &'static str)>,
    reports: &'static [&'static str],
    end: End,
}

/// DG1 gives AG1 and DG2 gives AG2; Adobe has another group, too, and nobody.
pub(in crate::parity) fn call(options: &'static str) -> Call {
    Call {
        options: Some(options),
        lines: Vec::new(),
        files: Vec::new(),
        source: Source::People(&[]),
        before: &[],
        groups: &["AG1", "AG2", "Other"],
        domains: vec![("example.com", "federated", "email")],
        reports: &[],
        end: End::Refused(&[]),
    }
}

impl Call {
    /// As the scripts in its folder say.
    pub(super) fn by_script(name: &'static str, text: &str) -> Self {
        Self { options: None, ..call("") }.file(name, text)
    }

    /// A line more in that section, or instead of the one that has its key.
    pub(in crate::parity) fn with(mut self, section: &'static str, line: &'static str) -> Self {
        self.lines.push((section, line));
        self
    }

    pub(super) fn file(mut self, name: &'static str, text: impl Into<Vec<u8>>) -> Self {
        self.files.push((name, text.into()));
        self
    }

    pub(in crate::parity) fn people(mut self, people: &'static [&'static str]) -> Self {
        self.source = Source::People(people);
        self
    }

    /// A table of this name instead of LDAP; the options name it.
    pub(super) fn table(mut self, name: &'static str, bytes: impl Into<Vec<u8>>) -> Self {
        self.source = Source::Table { name, bytes: bytes.into() };
        self
    }

    /// The people of the server that all rows share.
    pub(super) fn server(mut self) -> Self {
        self.source = Source::Server { tls: true };
        self
    }

    /// The same without TLS at first.
    pub(super) fn server_in_the_clear(mut self) -> Self {
        self.source = Source::Server { tls: false };
        self
    }

    /// Adobe before.
    pub(in crate::parity) fn before(mut self, accounts: &'static [&'static str]) -> Self {
        self.before = accounts;
        self
    }

    /// The groups that Adobe has.
    pub(super) fn groups(mut self, groups: &'static [&'static str]) -> Self {
        self.groups = groups;
        self
    }

    /// A domain at Adobe: its name, the type of its accounts, and by what they log in.
    pub(super) fn domain(mut self, name: &'static str, kind: &'static str, login: &'static str) -> Self {
        self.domains.retain(|(known, _, _)| *known != name);
        self.domains.push((name, kind, login));
        self
    }

    /// The report of the conversion says this.
    pub(super) fn reports(mut self, words: &'static [&'static str]) -> Self {
        self.reports = words;
        self
    }

    /// Adobe afterwards.
    pub(in crate::parity) fn ends(self, accounts: &'static [&'static str]) -> Self {
        self.ends_with(0, &[], accounts)
    }

    /// Adobe afterwards, the exit code, and what is said.
    pub(super) fn ends_with(
        mut self,
        code: i32,
        says: &'static [&'static str],
        accounts: &'static [&'static str],
    ) -> Self {
        self.end = End::At { code, says, accounts };
        self
    }

    /// It is no configuration: this is why.
    pub(super) fn refused(mut self, words: &'static [&'static str]) -> Self {
        self.end = End::Refused(words);
        self
    }

    pub(super) fn needs_server(&self) -> bool {
        matches!(self.source, Source::Server { .. })
    }

    /// Converts it, and runs what comes out unless it is to be refused.
    pub(in crate::parity) fn holds(&self, server: Option<&OpenLdap>) {
        let (code, says, accounts) = match &self.end {
            End::Refused(words) => {
                let world = self.sides();
                self.import(&world, server).with(78).says(words);
                assert!(!world.path("umsync.yaml").exists(), "something was written");
                return;
            }
            End::At { code, says, accounts } => (*code, *says, *accounts),
        };
        let world = self.converted(server);
        // Whether what it tells is true is the matter of other tests.
        let told = world.run_unchecked(&["sync"]).with(code);
        let said = format!("{}{}", told.stdout, told.stderr);
        for word in says {
            assert!(said.contains(word), "`{word}` is missing:\n{said}");
        }
        assert_eq!(words::told(world.adobe.users()), words::expected(accounts), "{said}");
        // Whoever has reached that state has nothing more to do, and does nothing.
        let actions = world.actions();
        if code == 0 {
            world.run_unchecked(&["sync"]).with(0);
        }
        assert_eq!(world.actions(), actions, "the second run sends something");
    }

    /// A world in which `umsync.yaml` is what the conversion has written.
    pub(super) fn converted(&self, server: Option<&OpenLdap>) -> World {
        let world = self.sides();
        let report = self.import(&world, server).with(0).says(self.reports).stderr;
        let text = std::fs::read_to_string(world.path("umsync.yaml")).unwrap();
        world.write("umsync.yaml", &self.as_before(&world, server, &text));
        world.write("report.txt", &report);
        world
    }

    fn sides(&self) -> World {
        let domains: Vec<_> = self
            .domains
            .iter()
            .map(|(name, kind, login)| json!({"domain": name, "type": kind, "login": login}))
            .collect();
        let groups: Vec<_> = self.groups.iter().map(|name| json!({"name": name})).collect();
        let users = words::accounts(self.before);
        let seed =
            json!({"organization": ORGANIZATION, "domains": domains, "groups": groups, "users": users});
        let seed = Seed::parse(&seed.to_string()).expect("a good seed");
        let ldif = match &self.source {
            Source::People(people) => words::ldif(people, &["DG1", "DG2"]),
            Source::Table { .. } | Source::Server { .. } => String::new(),
        };
        World::with(Options::seeded(seed).unthrottled(), &ldif)
    }

    fn import(&self, world: &World, server: Option<&OpenLdap>) -> Ended {
        let folder = world.path("ust");
        std::fs::create_dir(&folder).unwrap();
        for (name, text) in self.texts(server) {
            std::fs::write(folder.join(name), text).unwrap();
        }
        let out = world.path("umsync.yaml");
        let mut arguments = vec!["import-ust", folder.to_str().unwrap(), "--out", out.to_str().unwrap()];
        arguments.extend(self.options.iter().flat_map(|options| ["--options", options]));
        ended(program(&arguments))
    }

    /// Its files.
    fn texts(&self, server: Option<&OpenLdap>) -> BTreeMap<&'static str, Vec<u8>> {
        let host = match (&self.source, server) {
            (Source::Server { tls: true }, Some(server)) => server.ldaps_url().to_string(),
            (Source::Server { tls: false }, Some(server)) => server.url().to_string(),
            _ => "ldaps://dc1.example.com".to_owned(),
        };
        let host = host.trim_end_matches('/');
        let csv = self.lines.iter().any(|(section, _)| *section == "csv");
        let connectors = if csv { ", csv: csv.yml" } else { "" };
        let sections = [
            ("adobe_users", "connectors: {umapi: umapi.yml}".to_owned()),
            (
                "directory_users",
                format!(
                    "user_identity_type: federatedID\nconnectors: {{ldap: ldap.yml{connectors}}}\ngroups: [{{directory_group: DG1, adobe_groups: [AG1]}}, {{directory_group: DG2, adobe_groups: [AG2]}}]"
                ),
            ),
            ("limits", "max_adobe_only_users: 5".to_owned()),
            ("main", String::new()),
            ("umapi", "authentication_method: oauth".to_owned()),
            (
                "enterprise",
                format!(
                    "org_id: {ORGANIZATION}\nclient_id: {DEFAULT_CLIENT}\nclient_secret: {DEFAULT_SECRET}"
                ),
            ),
            ("server", format!("host: {ADOBE}\nauth_host: {IMS}")),
            (
                "ldap",
                format!(
                    "host: {host}\nusername: \"{ACCOUNT}\"\npassword: {PASSWORD}\nbase_dn: {BASE}\nall_users_filter: (objectClass=inetOrgPerson)\nrequire_tls_cert: true"
                ),
            ),
            ("csv", String::new()),
        ];
        let section = |name: &str| {
            let (_, usual) = sections.iter().find(|(known, _)| *known == name).expect("a section");
            let mut lines: Vec<&str> = usual.lines().collect();
            for (_, line) in self.lines.iter().filter(|(section, _)| *section == name) {
                let key = |line: &str| line.split(':').next().unwrap_or_default().to_owned();
                lines.retain(|usual| key(usual) != key(line));
                lines.extend(line.contains(':').then_some(*line));
            }
            lines.iter().fold(String::new(), |mut text, line| {
                let _ = writeln!(text, "{line}");
                text
            })
        };
        // A whole section is taken away by its name alone.
        let gone = |name: &str| self.lines.iter().any(|(section, line)| *section == "main" && *line == name);
        let inside = |name: &str| match gone(name) {
            true => String::new(),
            false => {
                section(name).lines().fold(format!("{name}:\n"), |text, line| format!("{text}  {line}\n"))
            }
        };
        let main = ["adobe_users", "directory_users", "limits"].map(inside).concat() + &section("main");
        let umapi = section("umapi") + &inside("enterprise") + &inside("server");
        let mut files = BTreeMap::from([
            ("user-sync-config.yml", main.into_bytes()),
            ("umapi.yml", umapi.into_bytes()),
            ("ldap.yml", section("ldap").into_bytes()),
            ("csv.yml", section("csv").into_bytes()),
        ]);
        if let Source::Table { name, bytes } = &self.source {
            files.insert(name, bytes.clone());
        }
        files.extend(self.files.iter().map(|(name, text)| (*name, text.clone())));
        files
    }

    /// What the report says for whoever wants it as before, and this world's two sides.
    fn as_before(&self, world: &World, server: Option<&OpenLdap>, text: &str) -> String {
        let url = world.adobe.url();
        std::fs::create_dir(world.path("secrets")).unwrap();
        world.write("secrets/umapi", DEFAULT_SECRET);
        world.write("secrets/ldap", PASSWORD);
        let mut text = text
            .replace(&format!("https://{ADOBE}"), &url)
            .replace(&format!("https://{IMS}"), &url)
            .replacen("adobe:\n", "adobe:\n  every: 0s\n  pace: off\n", 1)
            .replacen("\npeople:\n", "\npeople:\n  domains: [\"*\"]\n", 1)
            .replacen("\nleavers:\n", "\nleavers:\n  grace: 0s\n", 1);
        let said = |class: &&str| text.contains(&format!("\n  {class}: {{share"));
        let off: String =
            NO_BRAKES.iter().filter(|class| !said(class)).map(|class| format!("  {class}: off\n")).collect();
        match text.contains("\nlimits:\n") {
            true => text = text.replacen("\nlimits:\n", &format!("\nlimits:\n{off}"), 1),
            false => text = format!("{text}limits:\n{off}"),
        }
        text.push_str("baseline: accept\n");
        match (&self.source, server) {
            (Source::People(_), _) => {
                let (before, rest) = text.split_once("\ndirectory:\n").expect("there is a directory");
                let (_, after) = rest.split_once("\npeople:\n").expect("people come after it");
                format!(
                    "{before}\ndirectory:\n  ldif: {{file: people.ldif, users: (objectClass=inetOrgPerson)}}\npeople:\n{after}"
                )
            }
            (Source::Server { .. }, Some(server)) => {
                std::fs::copy(server.ca_file(), world.path("ldap-ca.pem")).unwrap();
                text.replacen("  ldap:\n", "  ldap:\n    ca_file: ldap-ca.pem\n", 1)
            }
            (Source::Table { .. } | Source::Server { .. }, _) => text,
        }
    }
}
