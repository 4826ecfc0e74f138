//! One configured server: a URL, understood.

use crate::error::Error;
use rustls::pki_types::ServerName;
use std::net::SocketAddr;
use url::{Host, Url};

/// Where to connect, and how.
#[derive(Debug, Clone)]
pub(super) struct Server {
    /// For people: `ldaps://dc1.example.com`.
    pub(super) place: String,
    pub(super) host: String,
    pub(super) port: u16,
    /// Encrypted from the first byte.
    pub(super) encrypted: bool,
    /// The name its certificate must have: the configured one, never one that the network gave.
    pub(super) name: ServerName<'static>,
    /// The only one of the host's addresses that is meant, once a read has begun there: behind a name there may be several
    /// servers.
    pub(super) address: Option<SocketAddr>,
}

impl Server {
    pub(super) fn of(url: &Url) -> Result<Self, Error> {
        // Without user information: somebody may have written a password there.
        let host = url.host().map(|host| host.to_string()).unwrap_or_default();
        let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
        let place = format!("{}://{host}{port}", url.scheme());
        let bad = |reason| Error::BadServer { url: place.clone(), reason };
        let (encrypted, usual) = match url.scheme() {
            "ldap" => (false, 389),
            "ldaps" => (true, 636),
            _ => return Err(bad("write `ldaps://host` or `ldap://host`")),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(bad("the account belongs under `bind`, not into the server's URL"));
        }
        if !matches!(url.path(), "" | "/") || url.query().is_some() {
            return Err(bad("the base belongs under `base`, not into the server's URL"));
        }
        let host = match url.host() {
            Some(Host::Domain(name)) if !name.is_empty() => name.to_owned(),
            Some(Host::Ipv4(address)) => address.to_string(),
            Some(Host::Ipv6(address)) => address.to_string(),
            _ => return Err(bad("it has no host")),
        };
        let name = ServerName::try_from(host.clone())
            .map_err(|_| bad("its host is no name that a certificate could have"))?;
        Ok(Self { host, port: url.port().unwrap_or(usual), encrypted, name, place, address: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_understood_or_refused() {
        let server = |url: &str| Server::of(&Url::parse(url).unwrap());
        let plain = server("ldap://127.0.0.1:3389/").unwrap();
        assert_eq!((plain.host.as_str(), plain.port, plain.encrypted), ("127.0.0.1", 3389, false));
        let six = server("ldaps://[::1]").unwrap();
        assert_eq!((six.host.as_str(), six.port, six.place.as_str()), ("::1", 636, "ldaps://[::1]"));
        for url in ["https://x", "ldap:///", "ldap://x/dc=example", "ldap://x??sub"] {
            assert!(server(url).is_err(), "{url}");
        }
        let error = server("ldap://me:secret@x").unwrap_err().to_string();
        assert!(!error.contains("secret"), "{error}");
    }
}
