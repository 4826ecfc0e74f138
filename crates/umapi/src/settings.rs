//! Settings: which organization, by which credential, over which way, with which manners.

use crate::error::Error;
use crate::gate::LEAST_EVERY;
use crate::mark::EmulatorMark;
use secrecy::SecretString;
use std::fmt;
use std::time::Duration;
use url::{Host, Url};

/// How Adobe is reached.
#[derive(Clone)]
pub struct Settings {
    /// The organization, `HEX@AdobeOrg`.
    pub organization: String,
    /// The client id of the credential; Adobe calls it API key too.
    pub client_id: String,
    /// The client secret of the credential.
    pub client_secret: SecretString,
    /// Another client secret of the same credential, tried once when the first is refused: while secrets are rotated one
    /// of the two is good.
    pub next_client_secret: Option<SecretString>,
    /// What a token is asked for.
    pub scopes: Vec<String>,
    /// Which endpoint gives tokens.
    pub token_endpoint: TokenEndpoint,
    /// The exchange of signed requests for tokens, which Adobe ended in June 2025, instead of OAuth server-to-server.
    pub deprecated_jwt: Option<Jwt>,
    /// Where the User Management API is.
    pub server: Url,
    /// Where tokens are given (Adobe's Identity Management Service).
    pub ims: Url,
    /// One or more certificates, in PEM, trusted beside the system's.
    pub ca_pem: Option<Vec<u8>>,
    /// The only proxy that is used; what the environment says about proxies is not looked at.
    pub proxy: Option<Url>,
    /// The longest that one request may take from its start to the end of its answer.
    pub timeout: Duration,
    /// How often, how fast.
    pub manners: Manners,
}

impl Settings {
    /// Adobe's production hosts, no proxy, 120 s, the documented manners.
    pub fn new(organization: &str, client_id: &str, client_secret: SecretString) -> Self {
        Self {
            organization: organization.to_owned(),
            client_id: client_id.to_owned(),
            client_secret,
            next_client_secret: None,
            scopes: SCOPES.map(str::to_owned).to_vec(),
            token_endpoint: TokenEndpoint::default(),
            deprecated_jwt: None,
            server: production("https://usermanagement.adobe.io"),
            ims: production("https://ims-na1.adobelogin.com"),
            ca_pem: None,
            proxy: None,
            // What Adobe's own client waits (umapi-client 3.0).
            timeout: Duration::from_secs(120),
            manners: Manners::default(),
        }
    }

    /// Refuses what would be rude towards Adobe or careless with the secret.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let Manners { every, pace, mark } = &self.manners;
        for (key, url) in [("adobe.server", &self.server), ("adobe.ims", &self.ims)] {
            match (url.scheme(), url.host(), mark) {
                ("https", Some(_), _) | ("http", Some(_), Some(_)) => {}
                ("http", Some(_), None) => {
                    return Err(refuse(key, format!("{} would send secrets in the clear", shown(url))));
                }
                (..) => return Err(refuse(key, format!("{} is no address of a server", shown(url)))),
            }
        }
        if let Some(mark) = mark {
            if !mark.is_for(&self.server) {
                let server = shown(&self.server);
                return Err(refuse("adobe.server", format!("{server} is not the emulator that was proven")));
            }
            if !is_loopback(&self.ims) {
                let why =
                    format!("{} is no loopback host, but adobe.server is an emulator", shown(&self.ims));
                return Err(refuse("adobe.ims", why));
            }
            if self.proxy.is_some() {
                return Err(refuse("adobe.proxy", "an emulator is reached without a proxy".to_owned()));
            }
        } else {
            if *every < LEAST_EVERY {
                let why = "less than 2 h is for the emulator only: Adobe locks out who lists more often";
                return Err(refuse("adobe.every", why.to_owned()));
            }
            if *pace == Pace::Off {
                return Err(refuse("adobe.pace", "`off` is for the emulator only".to_owned()));
            }
        }
        if self.scopes.is_empty() || self.scopes.iter().any(|scope| !is_scope(scope)) {
            let why = "each scope is one word, without comma or space, and there is at least one";
            return Err(refuse("adobe.scopes", why.to_owned()));
        }
        if let Some(jwt) = &self.deprecated_jwt {
            jwt.check()?;
        }
        if self.timeout.is_zero() {
            return Err(refuse("adobe.timeout", "no time at all".to_owned()));
        }
        if let Pace::Share(0 | 101..) = pace {
            return Err(refuse("adobe.pace", "a share is between 1 % and 100 %".to_owned()));
        }
        Ok(())
    }
}

/// What the User Management API demands (UMAPI documentation, authentication).
const SCOPES: [&str; 3] = ["openid", "AdobeID", "user_management_sdk"];

fn is_scope(scope: &str) -> bool {
    !scope.is_empty() && scope.bytes().all(|byte| byte.is_ascii_graphic() && byte != b',')
}

/// Which endpoint gives tokens; both take and give the same.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum TokenEndpoint {
    /// `/ims/token/v2`: that of the UMAPI documentation and of Adobe's own client.
    #[default]
    V2,
    /// `/ims/token/v3`: that of the Developer Console's documentation.
    V3,
}

impl TokenEndpoint {
    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::V2 => "/ims/token/v2",
            Self::V3 => "/ims/token/v3",
        }
    }
}

/// What the deprecated exchange needs.
#[derive(Clone)]
pub struct Jwt {
    /// The technical account, `…@techacct.adobe.com`.
    pub technical_account: String,
    /// The RSA key, in PEM, whose certificate was uploaded to the integration.
    pub private_key: SecretString,
}

/// Not the key.
impl fmt::Debug for Jwt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { technical_account, private_key: _ } = self;
        f.debug_struct("Jwt")
            .field("technical_account", technical_account)
            .field("private_key", &"****")
            .finish()
    }
}

fn refuse(key: &'static str, why: String) -> Error {
    Error::Setting { key, why }
}

fn production(url: &str) -> Url {
    Url::parse(url).expect("Adobe's hosts are valid addresses")
}

/// Neither the secret nor a proxy's password.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            organization,
            client_id,
            client_secret: _,
            next_client_secret,
            scopes,
            token_endpoint,
            deprecated_jwt,
            server,
            ims,
            ca_pem,
            proxy,
            timeout,
            manners,
        } = self;
        f.debug_struct("Settings")
            .field("organization", organization)
            .field("client_id", client_id)
            .field("client_secret", &"****")
            .field("next_client_secret", &next_client_secret.as_ref().map(|_| "****"))
            .field("scopes", scopes)
            .field("token_endpoint", token_endpoint)
            .field("deprecated_jwt", deprecated_jwt)
            .field("server", &shown(server))
            .field("ims", &shown(ims))
            .field("ca_pem", &ca_pem.as_ref().map(Vec::len))
            .field("proxy", &proxy.as_ref().map(shown))
            .field("timeout", timeout)
            .field("manners", manners)
            .finish()
    }
}

/// How often the gate opens and how fast requests follow each other. Anything ruder than Adobe's documentation needs
/// the proof that the server is an emulator.
#[derive(Debug, Clone)]
pub struct Manners {
    /// The interval between two listings and between two executions: at least 2 h without a mark.
    pub every: Duration,
    /// The pace of requests.
    pub pace: Pace,
    /// The proof that the server is an emulator.
    pub mark: Option<EmulatorMark>,
}

impl Default for Manners {
    fn default() -> Self {
        Self { every: LEAST_EVERY, pace: Pace::default(), mark: None }
    }
}

/// How much of Adobe's documented rate is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// This share of it, in percent, 1 to 100. Never less than one request a minute.
    Share(u8),
    /// As fast as it goes, for emulators: no pace, and the waits between repeats (not Adobe's `Retry-After`) are a
    /// thousand times shorter.
    Off,
}

impl Default for Pace {
    fn default() -> Self {
        Self::Share(100)
    }
}

/// Whether the host, as written in the address, is this machine: `localhost`, 127.0.0.0/8 or ::1. No name is looked
/// up, because a name may lead elsewhere tomorrow.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// An address without what it may carry of user name and password.
pub(crate) fn shown(url: &Url) -> String {
    match url.host_str() {
        Some(host) => match url.port() {
            Some(port) => format!("{}://{host}:{port}", url.scheme()),
            None => format!("{}://{host}", url.scheme()),
        },
        None => format!("{}:…", url.scheme()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;

    fn settings() -> Settings {
        Settings::new("AB@AdobeOrg", "key", SecretString::from("hush"))
    }

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn the_documented_manners_need_no_proof() {
        settings().check().unwrap();
    }

    #[test]
    fn rude_manners_need_a_proof() {
        let mut hasty = settings();
        hasty.manners.every = Duration::from_secs(7199);
        let mut fast = settings();
        fast.manners.pace = Pace::Off;
        let mut open = settings();
        open.server = url("http://127.0.0.1:8080");
        let mut open_ims = settings();
        open_ims.ims = url("http://127.0.0.1:8080");
        for wrong in [hasty, fast, open, open_ims] {
            assert_eq!(wrong.check().unwrap_err().kind(), Kind::Configuration);
        }
    }

    #[test]
    fn a_loopback_host_is_one_as_written() {
        for yes in ["http://localhost:1", "http://127.0.0.1", "http://127.9.9.9", "http://[::1]:80"] {
            assert!(is_loopback(&url(yes)), "{yes}");
        }
        for no in [
            "http://localhost.example.com",
            "http://example.com",
            "http://10.0.0.1",
            "http://[::2]",
            "http://0.0.0.0",
        ] {
            assert!(!is_loopback(&url(no)), "{no}");
        }
    }

    #[test]
    fn nothing_secret_is_printed() {
        let mut with_proxy = settings();
        with_proxy.proxy = Some(url("http://me:pass@proxy:3128"));
        let text = format!("{with_proxy:?}");
        assert!(!text.contains("hush") && !text.contains("pass"), "{text}");
    }
}
