//! The sections `directory` and `directories`: where the people are.

use super::adobe::duration;
use super::file::Section;
use super::people::Templates;
use super::secret::{SecretError, SecretRef};
use crate::kerberos;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use umsync_directory::dn::Dn;
use umsync_directory::filter::Filter;
use umsync_directory::{csv, ldap, ldif};
use umsync_engine::directory::{DirectoryName, GroupRef};
use umsync_engine::rules::{Disabled, NAMING_ATTRIBUTES, Rules};
use url::Url;

/// Where the people are.
#[derive(Debug, Clone)]
pub(crate) enum Source {
    /// A server.
    Ldap(Box<Ldap>),
    /// A file of entries.
    Ldif(Box<ldif::Settings>),
    /// A file of rows.
    Csv(Box<csv::Settings>),
}

/// The attributes that usually make a person, as templates.
#[derive(Debug, Clone, Copy)]
pub(super) struct Usual {
    pub(super) email: &'static str,
    pub(super) first_name: &'static str,
    pub(super) last_name: &'static str,
    pub(super) country: &'static str,
}

/// In a directory (RFC 4519, RFC 4524).
pub(super) const USUAL: Usual =
    Usual { email: "{mail}", first_name: "{givenName}", last_name: "{sn}", country: "{c}" };

/// In a table that was made for Adobe's User Sync Tool.
const USUAL_COLUMNS: Usual =
    Usual { email: "{email}", first_name: "{firstname}", last_name: "{lastname}", country: "{country}" };

/// The columns of these that a table may lack.
const OPTIONAL_COLUMNS: [&str; 3] = ["firstname", "lastname", "country"];

/// A server, with the secret still to be read.
#[derive(Debug, Clone)]
pub(crate) struct Ldap {
    settings: ldap::Settings,
    reader: Reader,
}

/// Who reads.
#[derive(Debug, Clone)]
enum Reader {
    Anonymous,
    Password { dn: String, password: SecretRef },
    Certificate { certificate: PathBuf, key: SecretRef },
    Kerberos { principal: Option<String>, keytab: Option<SecretRef> },
}

impl Source {
    /// The reference to the password or the key, if there is one.
    pub(super) fn secret(&self) -> Option<&SecretRef> {
        match self {
            Self::Ldap(ldap) => match &ldap.reader {
                Reader::Anonymous => None,
                Reader::Password { dn: _, password: secret } => Some(secret),
                Reader::Certificate { certificate: _, key: secret } => Some(secret),
                Reader::Kerberos { principal: _, keytab } => keytab.as_ref(),
            },
            Self::Ldif(_) | Self::Csv(_) => None,
        }
    }

    /// Where the password or the key is kept, for people.
    pub(crate) fn secret_place(&self) -> Option<String> {
        self.secret().map(SecretRef::place)
    }

    /// The account that reads, by name, and the servers that know it. `None`: nobody in particular.
    pub(crate) fn account(&self) -> Option<(String, Vec<String>)> {
        let Self::Ldap(ldap) = self else { return None };
        let identity = match &ldap.reader {
            Reader::Anonymous => return None,
            Reader::Password { dn, password: _ } => dn.clone(),
            Reader::Certificate { certificate, key: _ } => certificate.display().to_string(),
            Reader::Kerberos { principal: Some(principal), keytab: _ } => principal.clone(),
            Reader::Kerberos { principal: None, keytab: _ } => "the Kerberos credential cache".to_owned(),
        };
        Some((identity, ldap.settings.places()))
    }

    /// What everybody should know who goes by what is read.
    pub(crate) fn warning(&self) -> Option<&'static str> {
        match self {
            Self::Ldap(ldap) => ldap.settings.warning(),
            Self::Ldif(_) | Self::Csv(_) => None,
        }
    }

    /// What usually makes a person there.
    pub(super) fn usual(&self) -> Usual {
        match self {
            Self::Csv(_) => USUAL_COLUMNS,
            Self::Ldap(_) | Self::Ldif(_) => USUAL,
        }
    }

    /// Tells the source what the rules cannot do without. In a directory an attribute is missing where nobody has it; a
    /// column that is missing was renamed.
    pub(super) fn serve(&mut self, name: &DirectoryName, rules: &Rules) {
        let Self::Csv(settings) = self else { return };
        let optional = NAMING_ATTRIBUTES.iter().chain(&OPTIONAL_COLUMNS);
        settings.needed = rules.wanted(name, &BTreeSet::new()).attributes;
        let people = rules.people_of(name);
        optional.for_each(|name| {
            settings.needed.remove(*name);
        });
        for template in [Some(&people.email), people.username.as_ref()].into_iter().flatten() {
            settings.needed.extend(template.attributes());
        }
    }
}

impl Ldap {
    /// The settings with the secret revealed, or the key of the one that cannot be read.
    pub(crate) fn settings(&self) -> Result<ldap::Settings, (&'static str, SecretError)> {
        let bind = match &self.reader {
            Reader::Anonymous => ldap::Bind::Anonymous,
            Reader::Password { dn, password } => {
                let password =
                    password.reveal().map_err(|source| ("directory.ldap.bind.password", source))?;
                ldap::Bind::Simple { dn: dn.clone(), password }
            }
            Reader::Certificate { certificate, key } => {
                let key = key.reveal().map_err(|source| ("directory.ldap.bind.key", source))?;
                ldap::Bind::Certificate { certificate: certificate.clone(), key }
            }
            Reader::Kerberos { principal, keytab } => {
                let keytab = keytab.as_ref().and_then(SecretRef::path).transpose();
                let keytab = keytab.map_err(|source| ("directory.ldap.bind.kerberos.keytab", source))?;
                let principal = principal.clone();
                ldap::Bind::Kerberos(ldap::Kerberos { principal, keytab, agent: kerberos::agent() })
            }
        };
        Ok(ldap::Settings { bind, ..self.settings.clone() })
    }
}

/// One directory as its section says.
pub(super) struct Read {
    pub(super) source: Source,
    pub(super) disabled: Disabled,
    /// What makes a person there, where it says so itself.
    pub(super) templates: Templates,
}

/// The only directory.
pub(super) fn read(section: Section<'_>, folder: &Path) -> Option<Read> {
    let read = source(&section, folder);
    section.finish();
    read.map(|(source, disabled)| Read { source, disabled, templates: Templates::default() })
}

/// Several directories.
#[derive(Default)]
pub(super) struct Several {
    /// Their names, which are known even where a mistake has been noted in a section.
    pub(super) names: BTreeSet<DirectoryName>,
    /// `None` where a mistake has been noted, or there are none.
    pub(super) read: Option<BTreeMap<DirectoryName, Read>>,
}

/// Several directories by name.
pub(super) fn read_all(file: &Section<'_>, folder: &Path) -> Option<Several> {
    let sections = file.named("directories")?;
    if sections.is_empty() {
        file.mistake("directories", "at least one directory belongs here: NAME: {ldap: …}");
    }
    let (mut names, mut all) = (BTreeSet::new(), Some(BTreeMap::new()));
    for (name, section) in sections {
        let is_good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_');
        if name.is_empty() || name.len() > NAME_LENGTH || !name.chars().all(is_good) {
            let message = format!(
                "`{name}` is no name; write at most {NAME_LENGTH} of the characters a-z, 0-9, - and _, for instance emea"
            );
            section.mistake("", message);
        }
        let name = DirectoryName::new(&name);
        let templates = section.section("attributes").map(Templates::read).unwrap_or_default();
        let read = source(&section, folder);
        section.finish();
        let read = read.map(|(source, disabled)| Read { source, disabled, templates });
        all = all.zip(read).map(|(mut all, read)| {
            all.insert(name.clone(), read);
            all
        });
        names.insert(name);
    }
    Some(Several { names, read: all.filter(|all| !all.is_empty()) })
}

/// Names stand in every message.
const NAME_LENGTH: usize = 32;

fn source(section: &Section<'_>, folder: &Path) -> Option<(Source, Disabled)> {
    let ldap = section.section("ldap").map(|section| read_ldap(section, folder));
    let ldif = section.section("ldif").map(|section| read_ldif(section, folder));
    let csv = section.section("csv").map(|section| read_csv(section, folder));
    match (ldap, ldif, csv) {
        (Some(read), None, None) | (None, Some(read), None) | (None, None, Some(read)) => read,
        _ => {
            section.mistake("", "exactly one of ldap, ldif and csv belongs here");
            None
        }
    }
}

fn read_ldif(section: Section<'_>, folder: &Path) -> Option<(Source, Disabled)> {
    section.missing("file", "the LDIF file");
    section.missing("users", USERS);
    let file = section.get::<PathBuf>("file").map(|file| folder.join(file));
    let base = section.parsed("base", dn);
    let users = section.parsed("users", |text| {
        let filter = filter(text)?;
        filter.check_in_memory().map_err(|error| error.to_string())?;
        Ok(filter)
    });
    let group_base = section.parsed("group_base", dn);
    let nested_groups = section.get("nested_groups").unwrap_or(true);
    let anchor = section.get::<String>("anchor");
    let disabled = disabled(&section);
    section.finish();
    let settings = ldif::Settings { file: file?, base, users: users?, group_base, nested_groups, anchor };
    Some((Source::Ldif(Box::new(settings)), disabled))
}

fn read_csv(section: Section<'_>, folder: &Path) -> Option<(Source, Disabled)> {
    section.missing("file", "the CSV file");
    let file = section.get::<PathBuf>("file").map(|file| folder.join(file));
    let encoding = section.word("encoding", &csv::Encoding::WORDS);
    let delimiters = [(",", ','), (";", ';'), ("tab", '\t'), ("\t", '\t'), ("|", '|')];
    let delimiter = section.word("delimiter", &delimiters).unwrap_or(',');
    let separator = section.parsed("separator", separator).unwrap_or(',');
    let anchor = section.parsed("anchor", column);
    let may_be_empty = section.texts("groups").unwrap_or_default();
    let may_be_empty = may_be_empty.iter().map(|name| GroupRef::new(name)).collect();
    let (mut groups, mut locked, mut expires) = (None, None, None);
    if let Some(columns) = section.section("columns") {
        groups = columns.parsed("groups", column);
        locked = columns.parsed("disabled", column);
        expires = columns.parsed("expires", column);
        columns.finish();
    }
    let disabled = disabled(&section);
    section.finish();
    let settings = csv::Settings {
        file: file?,
        encoding,
        delimiter,
        groups: groups.unwrap_or_else(|| "groups".to_owned()),
        separator,
        disabled: locked,
        expires,
        anchor,
        may_be_empty,
        needed: BTreeSet::new(),
    };
    Some((Source::Csv(Box::new(settings)), disabled))
}

fn column(text: &str) -> Result<String, String> {
    match csv::column(text) {
        name if name.is_empty() => Err("the name of a column belongs here".to_owned()),
        name => Ok(name),
    }
}

fn separator(text: &str) -> Result<char, String> {
    let mut characters = text.chars();
    match (characters.next(), characters.next()) {
        (Some(c), None) if !c.is_alphanumeric() && c != '"' => Ok(c),
        _ => Err(format!(
            "`{text}` separates nothing; write one character that no name of a group has, for instance `,`"
        )),
    }
}

const USERS: &str = "the filter that finds people, for instance (&(objectCategory=person)(objectClass=user))";

fn read_ldap(section: Section<'_>, folder: &Path) -> Option<(Source, Disabled)> {
    section.missing("servers", "the servers, tried in this order, for instance [ldaps://dc1.example.com]");
    section.missing("base", "the DN below which everything is, for instance dc=example,dc=com");
    section.missing("users", USERS);
    let servers = servers(&section);
    let encryption = encryption(&section, servers.as_deref().unwrap_or_default());
    let ca_file = section.get::<PathBuf>("ca_file").map(|file| folder.join(file));
    let certificates = certificates(&section, servers.as_deref().unwrap_or_default(), encryption);
    let reader = reader(&section, folder, kerberos::BUILT_IN);
    if let (Some(Reader::Kerberos { .. }), Some(servers)) = (&reader, &servers)
        && servers.iter().any(|server| !is_encrypted(server, encryption))
    {
        section.mistake("bind", "Kerberos is used over TLS only; use ldaps://, or write `starttls: true`");
    }
    if let (Some(Reader::Certificate { .. }), Some(servers)) = (&reader, &servers)
        && servers.iter().any(|server| !is_encrypted(server, encryption))
    {
        section.mistake("bind", "a certificate is shown in TLS; use ldaps://, or write `starttls: true`");
    }
    let base = section.parsed("base", dn);
    let user_base = section.parsed("user_base", dn);
    let group_base = section.parsed("group_base", dn);
    let users = section.parsed("users", filter);
    let group_filter = section.parsed("group_filter", filter);
    let members = [("memberOf", ldap::Members::MemberOf), ("member", ldap::Members::Member)];
    let members = section.word("members", &members).unwrap_or(ldap::Members::Member);
    let nested = [
        ("true", ldap::Nested::Read),
        ("false", ldap::Nested::No),
        ("matching_rule", ldap::Nested::MatchingRule),
    ];
    let nested_groups = section.word("nested_groups", &nested).unwrap_or(ldap::Nested::Read);
    let page_size = section.parsed("page_size", |text| match text.parse() {
        Ok(size @ 1..=20_000) => Ok(size),
        _ => Err(format!("`{text}` is no page size; write a number from 1 to 20000")),
    });
    let connections = section.parsed("connections", |text| match text.parse() {
        Ok(count @ 1..=16) => Ok(count),
        _ => Err(format!("`{text}` is no number of connections; write a number from 1 to 16")),
    });
    let timeouts = timeouts(&section);
    let anchor = section.get::<String>("anchor");
    let disabled = disabled(&section);
    section.finish();
    let settings = ldap::Settings {
        servers: servers?,
        encryption,
        ca_file,
        certificates,
        bind: ldap::Bind::Anonymous,
        base: base?,
        user_base,
        group_base,
        users: users?,
        group_filter,
        members,
        nested_groups,
        page_size,
        connections: connections.unwrap_or(4),
        timeouts,
        anchor,
    };
    Some((Source::Ldap(Box::new(Ldap { settings, reader: reader? })), disabled))
}

fn servers(section: &Section<'_>) -> Option<Vec<Url>> {
    let texts = section.texts("servers")?;
    if texts.is_empty() {
        section.mistake("servers", "at least one server belongs here");
    }
    let mut servers = Vec::new();
    for (at, text) in texts.iter().enumerate() {
        match Url::parse(text) {
            Ok(url) if matches!(url.scheme(), "ldap" | "ldaps") && url.has_host() => servers.push(url),
            _ => {
                let message = format!(
                    "`{text}` is no LDAP server; write ldaps://host or ldap://host, with :port where it is not the usual one"
                );
                section.mistake(&format!("servers[{at}]"), message);
            }
        }
    }
    Some(servers)
}

/// On `ldap://` somebody has to say what happens to the password: there is no silent plain text.
fn encryption(section: &Section<'_>, servers: &[Url]) -> ldap::Encryption {
    let plain = servers.iter().any(|server| server.scheme() == "ldap");
    match section.get::<bool>("starttls") {
        Some(true) => ldap::Encryption::StartTls,
        Some(false) => ldap::Encryption::Plain,
        None => {
            if plain {
                let message = "ldap:// sends the password in the clear unless `starttls: true` stands here; write that, use ldaps://, or accept it with `starttls: false`";
                section.mistake("servers", message);
            }
            ldap::Encryption::StartTls
        }
    }
}

fn is_encrypted(server: &Url, encryption: ldap::Encryption) -> bool {
    server.scheme() == "ldaps" || encryption == ldap::Encryption::StartTls
}

fn certificates(section: &Section<'_>, servers: &[Url], encryption: ldap::Encryption) -> ldap::Certificates {
    match section.get::<bool>(ANY_CERTIFICATE) {
        None | Some(false) => ldap::Certificates::Verified,
        Some(true) => {
            if !servers.iter().any(|server| is_encrypted(server, encryption)) {
                section.mistake(ANY_CERTIFICATE, "without TLS there are no certificates; remove it");
            }
            ldap::Certificates::DangerAcceptInvalid
        }
    }
}

const ANY_CERTIFICATE: &str = "danger_accept_invalid_certificates";

/// `None` where a mistake has been noted.
fn reader(section: &Section<'_>, folder: &Path, kerberos: bool) -> Option<Reader> {
    if section.get::<serde_yaml::Value>("bind").is_some_and(|value| value.as_str() == Some("anonymous")) {
        return Some(Reader::Anonymous);
    }
    section.missing(
        "bind",
        "who reads: {dn: …, password: {file: PATH}}, {certificate: PATH, key: {file: PATH}}, {kerberos: {principal: …, keytab: PATH}}, or anonymous",
    );
    let bind = section.section("bind")?;
    let by_certificate = bind.has("certificate") || bind.has("key");
    let by_password = bind.has("dn") || bind.has("password");
    let reader = if bind.has("kerberos") && !kerberos {
        bind.mistake(
            "kerberos",
            "this umsync is built without Kerberos; build it with `cargo build --release --features kerberos`, or write {certificate: PATH, key: …} or {dn: …, password: …}",
        );
        None
    } else if [by_certificate, by_password, bind.has("kerberos")].iter().filter(|given| **given).count() > 1 {
        bind.mistake("", "either dn and password belong here, or certificate and key, or kerberos");
        None
    } else if bind.has("kerberos") {
        bind.section("kerberos").and_then(|section| by_kerberos(section, folder))
    } else if by_certificate {
        bind.missing("certificate", "the file (PEM) of the certificate that the server knows the reader by");
        bind.missing("key", "where its key (PEM) is kept: {file: PATH}, {env: NAME}, {credential: NAME} or {command: [PROGRAM, …]}");
        let certificate = bind.get::<PathBuf>("certificate").map(|file| folder.join(file));
        let key = SecretRef::read(&bind, "key", folder);
        certificate.zip(key).map(|(certificate, key)| Reader::Certificate { certificate, key })
    } else {
        bind.missing("dn", "the DN (or, with Active Directory, user@domain) of the account that reads");
        bind.missing("password", "where its password is kept: {file: PATH}, {env: NAME}, {credential: NAME} or {command: [PROGRAM, …]}");
        let dn = bind.get::<String>("dn");
        let password = SecretRef::read(&bind, "password", folder);
        dn.zip(password).map(|(dn, password)| Reader::Password { dn, password })
    };
    bind.finish();
    reader
}

/// `None` where a mistake has been noted.
fn by_kerberos(section: Section<'_>, folder: &Path) -> Option<Reader> {
    let principal = section.parsed("principal", |text| {
        let sound = !text.is_empty() && !text.contains(|c: char| c.is_whitespace() || c.is_control());
        sound.then(|| text.to_owned()).ok_or_else(|| {
            format!("`{text}` is no principal; write name@REALM, for instance umsync@EXAMPLE.COM")
        })
    });
    let keytab = keytab(&section, folder);
    if section.has("keytab") {
        section.missing("principal", "whose key in the keytab is used, for instance umsync@EXAMPLE.COM");
    }
    let whole = section.has("principal") == principal.is_some() && section.has("keytab") == keytab.is_some();
    let whole = whole && (keytab.is_none() || principal.is_some());
    section.finish();
    whole.then_some(Reader::Kerberos { principal, keytab })
}

/// Its place is no secret, what is in it is.
fn keytab(section: &Section<'_>, folder: &Path) -> Option<SecretRef> {
    let key = "keytab";
    if section.is_scalar(key) {
        let keytab = SecretRef::File(folder.join(section.get::<PathBuf>(key)?));
        section.secret(key, &keytab);
        return Some(keytab);
    }
    let keytab = SecretRef::read(section, key, folder)?;
    if keytab.path().is_none() {
        section.mistake(key, "a keytab is a file; write its path, or {credential: NAME}");
        return None;
    }
    Some(keytab)
}

fn timeouts(section: &Section<'_>) -> ldap::Timeouts {
    let mut timeouts = ldap::Timeouts::default();
    let Some(section) = section.section("timeouts") else { return timeouts };
    for (key, timeout) in [
        ("connect", &mut timeouts.connect),
        ("bind", &mut timeouts.bind),
        ("page", &mut timeouts.page),
        ("whole", &mut timeouts.whole),
    ] {
        if let Some(given) = section.parsed(key, duration) {
            *timeout = given;
        }
    }
    section.finish();
    timeouts
}

fn disabled(section: &Section<'_>) -> Disabled {
    let words = [("leave", Disabled::Leave), ("keep", Disabled::Keep), ("ignore", Disabled::Ignore)];
    section.word("disabled", &words).unwrap_or(Disabled::Leave)
}

fn dn(text: &str) -> Result<Dn, String> {
    Dn::parse(text).map_err(|error| error.to_string())
}

fn filter(text: &str) -> Result<Filter, String> {
    Filter::parse(text).map_err(|error| error.to_string())
}

impl Source {
    /// What reading means, whatever the way to the data: without servers, bind, TLS, time-outs, page sizes, connections.
    pub(super) fn meaning(&self) -> Value {
        let normal = |dn: &Option<Dn>| dn.as_ref().map(Dn::normal);
        match self {
            Self::Ldif(settings) => {
                let ldif::Settings { file: _, base, users, group_base, nested_groups, anchor } = &**settings;
                json!(["ldif", normal(base), users.to_string(), normal(group_base), nested_groups, anchor])
            }
            Self::Csv(settings) => {
                let csv::Settings {
                    file: _,
                    encoding: _,
                    delimiter: _,
                    groups,
                    separator,
                    disabled,
                    expires,
                    anchor,
                    may_be_empty,
                    // They follow from the rules.
                    needed: _,
                } = &**settings;
                let may_be_empty: Vec<&str> = may_be_empty.iter().map(GroupRef::as_str).collect();
                json!(["csv", groups, separator, disabled, expires, anchor, may_be_empty])
            }
            Self::Ldap(ldap) => {
                let ldap::Settings {
                    servers: _,
                    encryption: _,
                    ca_file: _,
                    certificates: _,
                    bind: _,
                    base,
                    user_base,
                    group_base,
                    users,
                    group_filter,
                    members,
                    nested_groups,
                    page_size: _,
                    connections: _,
                    timeouts: _,
                    anchor,
                } = &ldap.settings;
                json!([
                    "ldap",
                    base.normal(),
                    normal(user_base),
                    normal(group_base),
                    users.to_string(),
                    group_filter.as_ref().map(ToString::to_string),
                    format!("{members:?}"),
                    match nested_groups {
                        ldap::Nested::No => json!(false),
                        ldap::Nested::Read => json!(true),
                        ldap::Nested::MatchingRule => json!("matching_rule"),
                    },
                    anchor,
                ])
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::file::Document;

    #[test]
    fn kerberos_is_refused_with_its_remedy_where_it_is_not_built_in() {
        let read = |built_in| {
            let document = Document::parse("bind: {kerberos: {principal: umsync@EXAMPLE.COM}}").unwrap();
            let reader = reader(&document.section(), Path::new("."), built_in);
            (reader, document.mistakes())
        };
        let (reader, mistakes) = read(false);
        assert!(reader.is_none() && mistakes.len() == 1, "{mistakes:?}");
        assert_eq!(mistakes[0].key, "bind.kerberos");
        assert!(mistakes[0].message.contains("`cargo build --release --features kerberos`"), "{mistakes:?}");
        let (reader, mistakes) = read(true);
        let known = matches!(&reader, Some(Reader::Kerberos { principal: Some(name), keytab: None }) if name == "umsync@EXAMPLE.COM");
        assert!(known && mistakes.is_empty(), "{reader:?} {mistakes:?}");
    }
}
