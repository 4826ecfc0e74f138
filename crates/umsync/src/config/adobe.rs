//! The section `adobe`: which organization, by which credential, with which manners.

use super::file::Section;
use super::secret::SecretRef;
use std::path::{Path, PathBuf};
use std::time::Duration;
use umsync_engine::pack::Packing;
use umsync_umapi::{Pace, TokenEndpoint};
use url::Url;

/// Adobe's side, or the emulator in its place.
#[derive(Debug, Clone)]
pub(crate) struct Adobe {
    /// Who answers.
    pub(crate) service: Service,
    /// Between two listings, and between two executions.
    pub(crate) every: Duration,
    /// How long a run waits for the gate or the lock.
    pub(crate) wait: Duration,
    /// How fast requests follow each other.
    pub(crate) pace: Pace,
    /// From which side memberships are changed.
    pub(crate) packing: Packing,
}

/// Who answers.
#[derive(Debug, Clone)]
pub(crate) enum Service {
    /// An organization, reached over the network.
    Organization(Box<Organization>),
    /// The built-in emulator, with the organization of this seed, kept beside the store.
    Sandbox {
        /// A JSON file.
        seed: PathBuf,
    },
}

/// An organization and the way to it.
#[derive(Debug, Clone)]
pub(crate) struct Organization {
    pub(crate) id: String,
    pub(crate) client_id: ClientId,
    pub(crate) client_secret: SecretRef,
    pub(crate) next_client_secret: Option<SecretRef>,
    pub(crate) scopes: Option<Vec<String>>,
    pub(crate) token_endpoint: TokenEndpoint,
    pub(crate) deprecated_jwt: Option<DeprecatedJwt>,
    pub(crate) server: Option<Url>,
    pub(crate) ims: Option<Url>,
    pub(crate) ca_file: Option<PathBuf>,
    pub(crate) proxy: Option<Url>,
    pub(crate) timeout: Option<Duration>,
}

/// The exchange of signed requests for tokens, which Adobe has ended.
#[derive(Debug, Clone)]
pub(crate) struct DeprecatedJwt {
    pub(crate) technical_account: String,
    pub(crate) private_key: SecretRef,
}

/// The client id is no secret: it may stand in the file.
#[derive(Debug, Clone)]
pub(crate) enum ClientId {
    Text(String),
    Secret(SecretRef),
}

impl Adobe {
    /// The references to secrets.
    pub(super) fn secrets(&self) -> impl Iterator<Item = &SecretRef> {
        let organization = match &self.service {
            Service::Organization(organization) => Some(organization),
            Service::Sandbox { .. } => None,
        };
        organization.into_iter().flat_map(|organization| {
            let id = match &organization.client_id {
                ClientId::Secret(secret) => Some(secret),
                ClientId::Text(_) => None,
            };
            let key = organization.deprecated_jwt.as_ref().map(|jwt| &jwt.private_key);
            id.into_iter()
                .chain([&organization.client_secret])
                .chain(&organization.next_client_secret)
                .chain(key)
        })
    }
}

/// Adobe locks out a client that lists more often (UMAPI documentation, "API limits").
const EVERY: Duration = Duration::from_secs(2 * 60 * 60);
const WAIT: Duration = Duration::from_secs(10 * 60);

pub(super) fn read(section: Section<'_>, folder: &Path) -> Option<Adobe> {
    let packing = section
        .word("packing", &[("auto", Packing::Auto), ("per-user", Packing::PerUser)])
        .unwrap_or_default();
    let every = section.parsed("every", duration).unwrap_or(EVERY);
    let wait = section.parsed("wait", duration).unwrap_or(WAIT);
    let pace = section.parsed("pace", pace).unwrap_or_default();
    let sandbox = section.section("sandbox").map(|sandbox| {
        let seed = sandbox.get::<PathBuf>("seed").map(|seed| folder.join(seed));
        sandbox.missing("seed", "the JSON file with the organization to begin with");
        sandbox.finish();
        seed
    });
    let service = match sandbox {
        Some(seed) => {
            for key in [
                "organization",
                "client_id",
                "client_secret",
                "next_client_secret",
                "scopes",
                "token_endpoint",
                "deprecated_jwt",
                "server",
                "ims",
                "ca_file",
                "proxy",
                "timeout",
            ] {
                if section.has(key) {
                    section.mistake(
                        key,
                        "not beside `sandbox`, which is an organization of its own; remove one of them",
                    );
                }
            }
            seed.map(|seed| Service::Sandbox { seed })
        }
        None => {
            organization(&section, folder).map(|organization| Service::Organization(Box::new(organization)))
        }
    };
    section.finish();
    Some(Adobe { service: service?, every, wait, pace, packing })
}

fn organization(section: &Section<'_>, folder: &Path) -> Option<Organization> {
    section.missing("organization", "the organization's id, for instance 1A2B3C@AdobeOrg (Admin Console, or your project in the Adobe Developer Console)");
    section.missing("client_id", "the client id of the OAuth server-to-server credential");
    section.missing("client_secret", "where the client secret is kept: {file: PATH}, {env: NAME}, {credential: NAME} or {command: [PROGRAM, …]}");
    let id = section.parsed("organization", organization_id);
    let client_id = match section.get::<serde_yaml::Value>("client_id") {
        Some(serde_yaml::Value::String(text)) => Some(ClientId::Text(text)),
        _ => SecretRef::read(section, "client_id", folder).map(ClientId::Secret),
    };
    let client_secret = SecretRef::read(section, "client_secret", folder);
    let next_client_secret = SecretRef::read(section, "next_client_secret", folder);
    let scopes = scopes(section);
    let token_endpoint =
        section.word("token_endpoint", &[("v2", TokenEndpoint::V2), ("v3", TokenEndpoint::V3)]);
    let deprecated_jwt = deprecated_jwt(section, folder);
    if deprecated_jwt.is_some() {
        for key in ["scopes", "token_endpoint"] {
            if section.has(key) {
                section.mistake(key, "not beside `deprecated_jwt`, which has neither");
            }
        }
    }
    let server = section.parsed("server", url);
    let ims = section.parsed("ims", url);
    let ca_file = section.get::<PathBuf>("ca_file").map(|path| folder.join(path));
    let proxy = section.parsed("proxy", url);
    let timeout = section.parsed("timeout", duration);
    Some(Organization {
        id: id?,
        client_id: client_id?,
        client_secret: client_secret?,
        next_client_secret,
        scopes,
        token_endpoint: token_endpoint.unwrap_or_default(),
        deprecated_jwt,
        server,
        ims,
        ca_file,
        proxy,
        timeout,
    })
}

fn scopes(section: &Section<'_>) -> Option<Vec<String>> {
    let scopes = section.get::<Vec<String>>("scopes")?;
    let word = |scope: &String| !scope.is_empty() && !scope.contains([',', ' ']);
    if scopes.is_empty() || !scopes.iter().all(word) {
        section.mistake(
            "scopes",
            "a list of words belongs here, for instance [openid, AdobeID, user_management_sdk]",
        );
    }
    Some(scopes)
}

fn deprecated_jwt(section: &Section<'_>, folder: &Path) -> Option<DeprecatedJwt> {
    let jwt = section.section("deprecated_jwt")?;
    jwt.missing("technical_account", "the technical account of the integration, …@techacct.adobe.com");
    jwt.missing("private_key", "where the RSA key (PEM) is kept: {file: PATH}, {env: NAME}, {credential: NAME} or {command: [PROGRAM, …]}");
    let technical_account = jwt.get("technical_account");
    let private_key = SecretRef::read(&jwt, "private_key", folder);
    jwt.finish();
    Some(DeprecatedJwt { technical_account: technical_account?, private_key: private_key? })
}

fn organization_id(text: &str) -> Result<String, String> {
    let hexadecimal = |id: &str| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    match text.trim().split_once('@') {
        // In one spelling, because the store keeps every organization's gate under its id.
        Some((id, "AdobeOrg")) if hexadecimal(id) => Ok(format!("{}@AdobeOrg", id.to_ascii_uppercase())),
        _ => Err(format!("`{text}` is no organization id; it looks like 1A2B3C4D5E6F@AdobeOrg")),
    }
}

pub(super) fn duration(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text)
        .map_err(|_| format!("`{text}` is no time; write for instance 30s, 10m, 2h or 7d"))
}

fn pace(text: &str) -> Result<Pace, String> {
    if text == "off" || text == "false" {
        return Ok(Pace::Off);
    }
    let share = text.strip_suffix('%').and_then(|share| share.trim().parse().ok());
    share.filter(|share| (1..=100).contains(share)).map(Pace::Share).ok_or_else(|| {
        format!("`{text}` is no pace; write a share of Adobe's documented rate from 1% to 100%, or off")
    })
}

fn url(text: &str) -> Result<Url, String> {
    match Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => Ok(url),
        _ => Err(format!("`{text}` is no address; write for instance https://host.example.com:443")),
    }
}
