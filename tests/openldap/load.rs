//! Puts entries into a server, over LDAP.

use super::config::{ADMIN, ADMIN_PASSWORD};
use super::{ACCOUNT, BASE, PASSWORD};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ldap3::{Ldap, LdapConnAsync, LdapConnSettings};
use std::time::Duration;
use url::Url;

#[allow(clippy::disallowed_types, reason = "the client library wants it, and a set of values has no order")]
type Values = std::collections::HashSet<Vec<u8>>;

pub(super) async fn load(url: &Url, ldif: &str) {
    let mut ldap = connect(url).await;
    let world = format!(
        "dn: {BASE}\nobjectClass: organization\nobjectClass: dcObject\no: example\ndc: example\n\n\
         dn: ou=people,{BASE}\nobjectClass: organizationalUnit\nou: people\n\n\
         dn: ou=groups,{BASE}\nobjectClass: organizationalUnit\nou: groups\n\n\
         dn: {ACCOUNT}\nobjectClass: organizationalRole\nobjectClass: simpleSecurityObject\ncn: sync\nuserPassword: {PASSWORD}\n\n"
    );
    add_all(&mut ldap, &format!("{world}{ldif}")).await;
    let _ = ldap.unbind().await;
}

/// Adds these entries to a server that runs.
pub(super) async fn add(url: &Url, ldif: &str) {
    let mut ldap = connect(url).await;
    add_all(&mut ldap, ldif).await;
    let _ = ldap.unbind().await;
}

async fn add_all(ldap: &mut Ldap, ldif: &str) {
    for record in ldif.split("\n\n") {
        let mut lines = record.lines().filter(|line| !line.is_empty()).map(line);
        let Some((_, dn)) = lines.next() else { continue };
        let mut attributes: Vec<(Vec<u8>, Values)> = Vec::new();
        for (name, value) in lines {
            match attributes.iter_mut().find(|(known, _)| *known == name.as_bytes()) {
                Some((_, values)) => {
                    values.insert(value);
                }
                None => attributes.push((name.as_bytes().to_vec(), Values::from([value]))),
            }
        }
        let dn = String::from_utf8(dn).unwrap();
        let added = ldap.add(&dn, attributes).await.unwrap();
        assert_eq!(added.rc, 0, "{dn}: {added}");
    }
}

/// Adds one member to a group: a circle cannot be loaded at once, since the overlay wants the members to exist.
pub(super) async fn add_member(url: &Url, group: &str, member: &str) {
    let mut ldap = connect(url).await;
    let member = Values::from([member.as_bytes().to_vec()]);
    let change = ldap3::Mod::Add(b"member".to_vec(), member);
    let changed = ldap.modify(&format!("cn={group},ou=groups,{BASE}"), vec![change]).await.unwrap();
    assert_eq!(changed.rc, 0, "{group}: {changed}");
    let _ = ldap.unbind().await;
}

/// What an administrator does to an entry.
pub(crate) enum Deed<'a> {
    /// Takes one value away.
    Take(&'a str, &'a str),
    /// Replaces all values by one.
    Put(&'a str, &'a str),
    Delete,
    /// Gives it another name, and another parent.
    Move(&'a str, Option<&'a str>),
}

pub(super) async fn administer(url: &Url, dn: &str, deed: Deed<'_>) {
    let mut ldap = connect(url).await;
    let values = |value: &str| Values::from([value.as_bytes().to_vec()]);
    let done = match deed {
        Deed::Take(name, value) => {
            let change = ldap3::Mod::Delete(name.as_bytes().to_vec(), values(value));
            ldap.modify(dn, vec![change]).await
        }
        Deed::Put(name, value) => {
            let change = ldap3::Mod::Replace(name.as_bytes().to_vec(), values(value));
            ldap.modify(dn, vec![change]).await
        }
        Deed::Delete => ldap.delete(dn).await,
        Deed::Move(name, parent) => ldap.modifydn(dn, name, true, parent).await,
    };
    let done = done.unwrap();
    assert_eq!(done.rc, 0, "{dn}: {done}");
    let _ = ldap.unbind().await;
}

/// Waits until the server takes the administrator's password: a container's port answers before its server does.
async fn connect(url: &Url) -> Ldap {
    let mut last = String::new();
    let mut way = LdapConnSettings::new();
    for _ in 0..600 {
        let settings = way.clone().set_conn_timeout(Duration::from_secs(5));
        match LdapConnAsync::with_settings(settings, url.as_str()).await {
            Ok((conn, mut ldap)) => {
                tokio::spawn(async move {
                    let _ = conn.drive().await;
                });
                // A port that answers for a server that is not there yet says nothing, for ever.
                match ldap.with_timeout(Duration::from_secs(5)).simple_bind(ADMIN, ADMIN_PASSWORD).await {
                    Ok(result) if result.rc == 0 => return ldap,
                    // confidentialityRequired
                    Ok(result) if result.rc == 13 => {
                        way = LdapConnSettings::new().set_starttls(true).set_no_tls_verify(true);
                        last = result.to_string();
                    }
                    other => last = format!("{other:?}"),
                }
            }
            Err(error) => last = error.to_string(),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the server at {url} does not answer: {last}");
}

fn line(line: &str) -> (&str, Vec<u8>) {
    let (name, value) = line.split_once(':').expect("name: value");
    match value.strip_prefix(':') {
        Some(digits) => (name, STANDARD.decode(digits.trim()).expect("base64")),
        None => (name, value.trim_start().as_bytes().to_vec()),
    }
}
