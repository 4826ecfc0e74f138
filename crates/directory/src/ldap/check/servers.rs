//! Every server by itself: whether it can be reached, who it is, and whether it lets us in.

use super::super::certificate::ServerCertificate;
use super::super::connect::{self, Connection};
use super::super::failure::{Answered, Distrust, Failure, Phase};
use super::super::read::Doors;
use super::super::root::{Root, WHO_AM_I};
use super::super::server::Server;
use super::super::settings::{Bind, Certificates, Encryption, Settings};
use super::super::tls;
use super::{Asking, Mistake, base, ends};
use crate::error::Error;
use crate::record::Record;
use crate::time;
use chrono::{DateTime, TimeDelta, Utc};
use std::io::ErrorKind;
use std::net::SocketAddr;
use umsync_engine::directory::Tls;

/// One server.
#[derive(Debug, Clone, PartialEq)]
pub struct ServerLook {
    /// As configured.
    pub place: String,
    /// How far we came.
    pub reached: Reached,
    /// Which of the host's addresses answered.
    pub address: Option<SocketAddr>,
    /// The encryption.
    pub tls: Option<Tls>,
    /// What its certificate says.
    pub certificate: Option<ServerCertificate>,
    /// What kind of server it says it is.
    pub vendor: Option<String>,
    /// Who it says we are (RFC 4532); `None` where it does not tell.
    pub identity: Option<String>,
    /// How long a question takes.
    pub latency: Option<TimeDelta>,
    /// How far its clock is ahead of this machine's, where it tells the time: Active Directory does, others where they let
    /// this account look at their monitor.
    pub ahead: Option<TimeDelta>,
}

/// How far we came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reached {
    /// It let us in.
    LetIn,
    /// It answers; the account was not shown to it, because another server refused it, and more refusals may lock it.
    Answers,
    /// It does not answer, or does not let us in.
    No,
}

pub(super) struct Knocked {
    pub(super) look: ServerLook,
    pub(super) connection: Option<Connection>,
    pub(super) mistake: Option<Mistake>,
}

/// Connects and, unless the account was refused elsewhere, binds.
pub(super) async fn knock(
    server: &Server,
    doors: &Doors,
    settings: &Settings,
    asking: &Asking<'_>,
    refused: bool,
) -> Knocked {
    let mut look = ServerLook {
        place: server.place.clone(),
        reached: Reached::No,
        address: None,
        tls: None,
        certificate: None,
        vendor: None,
        identity: None,
        latency: None,
        ahead: None,
    };
    let nobody = Settings { bind: Bind::Anonymous, ..settings.clone() };
    let shown = if refused { &nobody } else { settings };
    let mut connection = match connect::open(server, shown, &doors.tls).await {
        Ok(connection) => connection,
        Err(error) => {
            let advice = about_the_way(&error, server, settings).await;
            return Knocked { look, connection: None, mistake: Some(Mistake { error, advice }) };
        }
    };
    look.address = connection.address;
    look.tls = connection.proof.tls.clone();
    look.certificate = connection.certificate.clone();
    if refused {
        look.reached = Reached::Answers;
        ask(&mut connection, asking, &mut look).await;
        connection.close().await;
        return Knocked { look, connection: None, mistake: None };
    }
    let encrypted = connect::is_encrypted(server, settings);
    if let Err(error) = connect::bind(&mut connection, settings, encrypted).await {
        ask(&mut connection, asking, &mut look).await;
        let advice = about_the_account(&error, &mut connection, server, settings).await;
        return Knocked { look, connection: None, mistake: Some(Mistake { error, advice }) };
    }
    look.reached = Reached::LetIn;
    if ask(&mut connection, asking, &mut look).await {
        look.identity = connection.who_am_i(settings).await.filter(|identity| !identity.is_empty());
    }
    Knocked { look, connection: Some(connection), mistake: None }
}

/// Asks what it says of itself, and whether it tells who we are. A server may keep all of that to itself.
async fn ask(connection: &mut Connection, asking: &Asking<'_>, look: &mut ServerLook) -> bool {
    let attributes = [
        "objectclass",
        "vendorname",
        "vendorversion",
        "supportedcapabilities",
        "supportedextension",
        "currenttime",
    ];
    let before = (asking.clock)();
    let answer = connection.look("", &attributes).await;
    let after = (asking.clock)();
    let Ok(Some(root)) = answer else { return true };
    look.latency = Some(after - before);
    look.vendor = vendor(&root);
    look.ahead = match ahead(&root, "currenttime", before, after) {
        Some(ahead) => Some(ahead),
        None => monitored(connection, asking).await,
    };
    root.texts("supportedextension").any(|extension| extension == WHO_AM_I)
}

/// Where servers tell the time that do not tell it of themselves: 389-ds (cn=monitor) and OpenLDAP (slapd-monitor(5)).
const CLOCKS: [(&str, &str); 2] =
    [("cn=monitor", "currenttime"), ("cn=Current,cn=Time,cn=Monitor", "monitortimestamp")];

async fn monitored(connection: &mut Connection, asking: &Asking<'_>) -> Option<TimeDelta> {
    for (dn, attribute) in CLOCKS {
        let before = (asking.clock)();
        let answer = connection.look(dn, &[attribute]).await;
        let after = (asking.clock)();
        match answer {
            Ok(Some(entry)) => match ahead(&entry, attribute, before, after) {
                Some(ahead) => return Some(ahead),
                None => continue,
            },
            Ok(None) => {}
            // One that does not let us look there may let us look elsewhere.
            Err(failure) if !ends(&failure) || matches!(failure, Failure::Answer(_)) => {}
            Err(_) => return None,
        }
    }
    None
}

/// How far a server's clock is ahead that was read between these two moments: in their middle, or thereabouts.
fn ahead(entry: &Record, attribute: &str, before: DateTime<Utc>, after: DateTime<Utc>) -> Option<TimeDelta> {
    let now = entry.texts(attribute).next().and_then(time::generalized)?;
    Some(now - (before + (after - before) / 2))
}

fn vendor(root: &Record) -> Option<String> {
    let has = |attribute, value: &str| root.texts(attribute).any(|text| text.eq_ignore_ascii_case(value));
    // LDAP_CAP_ACTIVE_DIRECTORY_ADAM_OID and LDAP_CAP_ACTIVE_DIRECTORY_OID (MS-ADTS 3.1.1.3.4.3)
    if has("supportedcapabilities", "1.2.840.113556.1.4.1851") {
        return Some("Active Directory Lightweight Directory Services".to_owned());
    }
    if has("supportedcapabilities", "1.2.840.113556.1.4.800") {
        return Some("Active Directory".to_owned());
    }
    let said: Vec<&str> =
        ["vendorname", "vendorversion"].iter().filter_map(|name| root.texts(name).next()).collect();
    if !said.is_empty() {
        return Some(said.join(" "));
    }
    has("objectclass", "OpenLDAProotDSE").then(|| "OpenLDAP".to_owned())
}

/// What helps against a failure before the account was shown.
async fn about_the_way(error: &Error, server: &Server, settings: &Settings) -> Option<String> {
    let Error::Server { server: _, phase, source } = error else { return None };
    let Server { host, port, .. } = server;
    match (phase, &**source) {
        (Phase::Connect, Failure::Unreachable(error)) => Some(match error.kind() {
            ErrorKind::ConnectionRefused => format!(
                "nothing listens on port {port} of {host}: correct the port in `servers` (389 is usual for ldap://, 636 for ldaps://), or start the server there"
            ),
            ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable | ErrorKind::TimedOut => {
                format!(
                    "no way leads from here to {host}: correct its name in `servers`, or look at the network"
                )
            }
            _ => format!(
                "this machine finds no host called {host}: correct its name in `servers`, or this machine's name resolution"
            ),
        }),
        (Phase::Connect, Failure::TimedOut(_)) => Some(format!(
            "nothing answers on port {port} of {host}: correct host and port in `servers`, or let firewalls pass TCP port {port}"
        )),
        (Phase::Tls, Failure::Untrusted(Distrust::UnknownAuthority, _)) => {
            let issuer = unverified(server, settings).await?.certificate.as_ref()?.issuer.clone();
            Some(match &settings.ca_file {
                None => format!(
                    "its certificate was issued by `{issuer}`: put that authority's certificate (PEM) into a file and write `ca_file: FILE`"
                ),
                Some(file) => format!(
                    "its certificate was issued by `{issuer}`: put that authority's certificate (PEM) into {}",
                    file.display()
                ),
            })
        }
        (Phase::Tls, Failure::Untrusted(Distrust::Expired | Distrust::NotValidYet, _)) => {
            let certificate = unverified(server, settings).await?.certificate.clone()?;
            Some(format!("it is that of `{}`, good until {}", certificate.subject, certificate.until))
        }
        (Phase::Tls, Failure::Untrusted(Distrust::OtherName { names }, _)) => {
            // A pattern names no host.
            let name = names.iter().find(|name| !name.contains('*'))?;
            Some(format!("write `{}`, if that is the server", with_host(server, name)))
        }
        (Phase::Tls, _) if server.encrypted => {
            let plain = Server { encrypted: false, ..server.clone() };
            unverified(&plain, settings).await?;
            let place = with_scheme(server, "ldap");
            Some(format!("this port begins without TLS: write `{place}` in `servers`, and `starttls: true`"))
        }
        (Phase::StartTls, Failure::Answer(_)) => Some(
            "this server does not offer StartTLS: write `ldaps://` with its port (636 is usual)".to_owned(),
        ),
        (Phase::StartTls, _) => {
            let encrypted = Server { encrypted: true, ..server.clone() };
            unverified(&encrypted, settings).await?;
            Some(format!(
                "this port speaks TLS from the first byte: write `{}`",
                with_scheme(server, "ldaps")
            ))
        }
        _ => None,
    }
}

/// What helps against a refusal.
async fn about_the_account(
    error: &Error,
    connection: &mut Connection,
    server: &Server,
    settings: &Settings,
) -> Option<String> {
    let Error::Server { server: _, phase, source } = error else { return None };
    match (phase, &**source) {
        (_, Failure::Answer(Answered { code: 8 | 13, text: _ }))
            if !connect::is_encrypted(server, settings) =>
        {
            let by_request = Settings { encryption: Encryption::StartTls, ..settings.clone() };
            let offers = unverified(server, &by_request).await.is_some();
            Some(match offers {
                true => {
                    "this server takes passwords only over TLS, and offers StartTLS: write `starttls: true`"
                        .to_owned()
                }
                false => {
                    "this server takes passwords only over TLS: write `ldaps://` with its port (636 is usual)"
                        .to_owned()
                }
            })
        }
        (Phase::Bind { dn }, Failure::Answer(Answered { code: 49, text })) if !text.contains("LdapErr") => {
            let root = Root::read(connection).await.ok()?;
            let tree = base::tree(dn, &root)?;
            Some(format!(
                "no tree of this server holds `{dn}`: write `dn: \"{tree}\"`, if that is the account"
            ))
        }
        (Phase::Bind { dn: _ }, Failure::Answer(Answered { code: 34, text: _ })) => Some(
            "write the account's whole name, for instance `cn=umsync,ou=services,dc=example,dc=com`"
                .to_owned(),
        ),
        _ => None,
    }
}

/// A connection to a server that proves nothing to anybody, to look at its certificate: no account is shown.
async fn unverified(server: &Server, settings: &Settings) -> Option<Connection> {
    let anybody = Settings {
        certificates: Certificates::DangerAcceptInvalid,
        encryption: Encryption::StartTls,
        bind: Bind::Anonymous,
        ..settings.clone()
    };
    let trust = tls::config(&anybody).ok()?;
    connect::open(server, &anybody, &trust).await.ok()
}

/// The server's URL with another scheme, and the same port.
fn with_scheme(server: &Server, scheme: &str) -> String {
    let rest = server.place.split_once("://").map_or("", |(_, rest)| rest);
    let is_said = rest.strip_suffix(&format!(":{}", server.port)).is_some();
    let port = if is_said { String::new() } else { format!(":{}", server.port) };
    format!("{scheme}://{rest}{port}")
}

/// The server's URL with another host.
fn with_host(server: &Server, host: &str) -> String {
    let scheme = server.place.split_once("://").map_or("", |(scheme, _)| scheme);
    let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
    let port = format!(":{}", server.port);
    let port = if server.place.ends_with(&port) { port } else { String::new() };
    format!("{scheme}://{host}{port}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use url::Url;

    #[test]
    fn a_host_changes_and_the_rest_does_not() {
        let with = |url: &str, host: &str| with_host(&Server::of(&Url::parse(url).unwrap()).unwrap(), host);
        assert_eq!(with("ldaps://10.0.0.1", "dc1.example.com"), "ldaps://dc1.example.com");
        assert_eq!(with("ldap://10.0.0.1:3389", "::1"), "ldap://[::1]:3389");
    }

    #[test]
    fn a_scheme_changes_and_the_port_does_not() {
        for (url, other, scheme) in [
            ("ldaps://dc1.example.com", "ldap://dc1.example.com:636", "ldap"),
            ("ldap://dc1.example.com:3389", "ldaps://dc1.example.com:3389", "ldaps"),
            ("ldap://[::1]", "ldaps://[::1]:389", "ldaps"),
        ] {
            assert_eq!(with_scheme(&Server::of(&Url::parse(url).unwrap()).unwrap(), scheme), other);
        }
    }

    #[test]
    fn servers_say_what_they_are() {
        let root = |lines: &[(&str, &str)]| {
            let mut record = Record::new(Vec::new());
            lines.iter().for_each(|(name, value)| record.add(name, value.as_bytes()));
            vendor(&record)
        };
        let said = |text: &str| Some(text.to_owned());
        assert_eq!(root(&[("objectClass", "OpenLDAProotDSE")]), said("OpenLDAP"));
        assert_eq!(root(&[("supportedCapabilities", "1.2.840.113556.1.4.800")]), said("Active Directory"));
        assert_eq!(
            root(&[("vendorName", "389 Project"), ("vendorVersion", "389-Directory/2.3.1")]),
            said("389 Project 389-Directory/2.3.1")
        );
        assert_eq!(root(&[("objectClass", "top")]), None);
    }
}
