//! `directory_users.connectors.ldap`: the server, and who reads.

use super::files::File;
use super::import::{Import, SecretKeys};
use super::options::UNSAID;
use super::report::Key;
use super::search;
use super::section::{Found, Section};
use super::written::{Block, list};
use crate::kerberos;

/// The section `directory.ldap`.
pub(super) fn convert(import: &mut Import<'_>, file: &File, named: &Key) {
    let root = Section::new("ldap: ", &file.map, import.mistakes);
    let mut ldap = Block::default();
    let host = server(import, &root, named, &mut ldap);
    reader(import, &root, host, &mut ldap);
    base(import, &root, named, &mut ldap);
    search::convert(import, &root, &mut ldap);
    if let Some(Found { key, value }) = root.text("search_page_size") {
        match value.parse::<u32>() {
            Ok(size @ 1..=20_000) => {
                ldap.put("page_size", size.to_string());
                import.report.carried(key, format!("directory.ldap.page_size: {size}"));
            }
            _ => import.report.lost(
                key,
                format!("`{value}`: umsync always reads in pages, which it can prove complete"),
                "nothing; the default is what the server usually takes",
            ),
        }
    }
    import.without_effect(
        root.text("string_encoding").map(|found| found.key),
        "it has no effect in the User Sync Tool either; directories speak UTF-8",
    );
    import.without_effect(root.text("logger_name").map(|found| found.key), "it names lines in a log");
    if let Some(Found { key, value }) = root.text("dynamic_group_member_attribute") {
        if value.trim().eq_ignore_ascii_case("memberOf") {
            import.report.carried(key, "a mapping by pattern is about the groups of the directory");
        } else {
            let why = format!(
                "`{value}`: a mapping by pattern is about the groups of the directory, and not about values of an attribute"
            );
            import.report.lost(key, why, "make a group in the directory for each value");
        }
    }
    super::person::from_ldap(import, &root);
    root.finish(&mut import.report);
    import.to.directory.block("ldap", ldap);
}

/// Where the server is, and how it proves itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Host {
    Ldap,
    Ldaps,
}

fn server(import: &mut Import<'_>, root: &Section<'_>, named: &Key, ldap: &mut Block) -> Option<Host> {
    let verified = root.flag("require_tls_cert");
    let Some(Found { key, value }) = root.text("host") else {
        root.missing("host", &named.place);
        return None;
    };
    let lower = value.trim().to_ascii_lowercase();
    let (host, address) = match lower.split_once("://") {
        Some(("ldaps", _)) => (Host::Ldaps, lower.clone()),
        Some(("ldap", _)) => (Host::Ldap, lower.clone()),
        // What has no scheme is plain LDAP.
        None => (Host::Ldap, format!("ldap://{lower}")),
        Some(_) => {
            root.mistake(&key, "a server begins with ldap:// or ldaps://");
            return None;
        }
    };
    ldap.put("servers", list([address.as_str()]));
    let required = verified.as_ref().is_some_and(|found| found.value);
    let now = format!("directory.ldap.servers: [{address}]");
    match (host, required) {
        (Host::Ldap, true) | (Host::Ldaps, _) => import.report.carried(key, now),
        (Host::Ldap, false) => import.report.changed_from(
            key,
            format!("{now}, starttls: true"),
            "without TLS the password crosses the network in the clear",
            "starttls: false",
        ),
    }
    if host == Host::Ldap {
        ldap.put("starttls", "true");
    }
    match verified {
        Some(Found { key, value: true }) => {
            let starttls = if host == Host::Ldap { ", starttls: true" } else { "" };
            import.report.carried(key, format!("what umsync always does{starttls}"));
        }
        other => {
            let place = UNSAID.to_owned();
            let key =
                other.map_or(Key { key: "ldap: require_tls_cert".to_owned(), place }, |found| found.key);
            import.report.changed_from(
                key,
                "certificates are verified",
                "whoever stands between could read the password and decide who is in the directory (B17); a company's own authority is named with directory.ldap.ca_file",
                "danger_accept_invalid_certificates: true",
            );
        }
    }
    Some(host)
}

fn reader(import: &mut Import<'_>, root: &Section<'_>, host: Option<Host>, ldap: &mut Block) {
    let method = root.text("authentication_method");
    let word = method.as_ref().map_or("simple".to_owned(), |method| method.value.trim().to_lowercase());
    let name = root.text("username");
    let keys =
        |user| SecretKeys { plain: "password", secure: "secure_password_key", user, file: "secrets/ldap" };
    match (word.as_str(), name) {
        ("simple" | "ntlm", Some(name)) => {
            let user = name.value.clone();
            let password = import.secret(root, "directory.ldap.bind.password", &keys(&user));
            let password = password.unwrap_or_else(|| {
                root.missing("password", &name.key.place);
                String::new()
            });
            let mut bind = Block::default();
            bind.text("dn", &name.value);
            bind.put("password", password);
            ldap.block("bind", bind);
            import.report.carried(name.key, format!("directory.ldap.bind.dn: {}", name.value));
            match method {
                Some(Found { key, value: _ }) if word == "ntlm" => import.report.changed(
                    key,
                    "a simple bind over TLS",
                    "umsync does not know NTLM; Active Directory takes DOMAIN\\name and its password in a simple bind too",
                ),
                Some(Found { key, value: _ }) => import.report.carried(key, "what umsync does with a dn and a password"),
                None => {}
            }
        }
        ("simple" | "ntlm" | "anonymous", None) => {
            ldap.put("bind", "anonymous");
            let now = "directory.ldap.bind: anonymous";
            match method {
                Some(Found { key, value: _ }) => import.report.carried(key, now),
                None => {
                    let key = Key { key: "ldap: username".to_owned(), place: UNSAID.to_owned() };
                    import.report.carried(key, now);
                }
            }
        }
        ("kerberos", None) => kerberos(import, method.map(|found| found.key), host, ldap),
        (_, Some(name)) => {
            root.mistake(&name.key, &format!("it does not go together with authentication_method {word}"));
        }
        (_, None) => {
            ldap.put("bind", "anonymous");
            if let Some(Found { key, value }) = method {
                let why = format!(
                    "`{value}` is no method, and the User Sync Tool then binds as nobody, without a word (B19)"
                );
                import.report.changed(key, "directory.ldap.bind: anonymous", why);
            }
        }
    }
    // What is left of them belongs to no name.
    for name in ["password", "secure_password_key"] {
        if root.is_unasked(name)
            && let Some(Found { key, value: _ }) = root.node(name)
        {
            import.report.lost(key, "without a username nobody binds with it", "nothing");
        }
    }
}

fn kerberos(import: &mut Import<'_>, key: Option<Key>, host: Option<Host>, ldap: &mut Block) {
    let Some(key) = key else { return };
    if kerberos::BUILT_IN && host.is_some() {
        let mut bind = Block::default();
        bind.put("kerberos", "{}");
        ldap.block("bind", bind);
        import.report.changed(
            key,
            "directory.ldap.bind: {kerberos: {}}, the ticket in the credential cache",
            "there is no account that is logged in to Windows here; for a service name an account and its keytab: bind: {kerberos: {principal: umsync@EXAMPLE.COM, keytab: umsync.keytab}}",
        );
        return;
    }
    let mut bind = Block::default();
    bind.text("dn", "umsync@example.com");
    bind.put("password", "{file: secrets/ldap}");
    ldap.block("bind", bind);
    import.report.lost(
        key,
        "this umsync is built without Kerberos",
        "name an account for directory.ldap.bind.dn, and put its password where directory.ldap.bind.password says; or build umsync with `--features kerberos`",
    );
    import.report.to_do.push(
        "name the account that reads the directory: directory.ldap.bind.dn, with its password in secrets/ldap".to_owned(),
    );
}

fn base(import: &mut Import<'_>, root: &Section<'_>, named: &Key, ldap: &mut Block) {
    match root.text("base_dn") {
        Some(Found { key, value }) => {
            ldap.text("base", &value);
            let told = if value.is_empty() { "everything that the server has" } else { &value };
            import.report.carried(key, format!("directory.ldap.base: {told}"));
        }
        None => root.missing("base_dn", &named.place),
    }
}
