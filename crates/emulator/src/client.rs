//! Who may call.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The client where neither options nor seed name one.
pub const DEFAULT_CLIENT: &str = "umsync-sandbox";

/// That client's secret.
pub const DEFAULT_SECRET: &str = "sandbox";

/// One integration of the Developer Console.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Client {
    /// Its id, which is the API key too.
    pub client_id: String,
    /// Its secrets; several are alive while one is replaced.
    pub secrets: Vec<String>,
    /// What it needs for the JWT exchange besides a secret; without it the exchange is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwt: Option<JwtCredential>,
    /// Its organization, if that is another one than the emulator's: its tokens are refused then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization: Option<String>,
}

/// The part of a "Service Account (JWT)" credential that Adobe knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JwtCredential {
    /// The technical account, `…@techacct.adobe.com`: the `sub` of its tokens.
    pub technical_account: String,
    /// Certificates or public keys, PEM text each; a token signed for any of them is good.
    pub certificates: Vec<String>,
    /// Whether every token needs a `jti` of its own.
    #[serde(default)]
    pub single_use: bool,
}

impl Client {
    /// A client of the emulator's organization with one secret.
    pub fn new(client_id: impl Into<String>, secret: impl Into<String>) -> Self {
        Self { client_id: client_id.into(), secrets: vec![secret.into()], jwt: None, organization: None }
    }
}

impl Default for Client {
    fn default() -> Self {
        Self::new(DEFAULT_CLIENT, DEFAULT_SECRET)
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { client_id, secrets, jwt, organization } = self;
        f.debug_struct("Client")
            .field("client_id", client_id)
            .field("secrets", &format_args!("{} × ****", secrets.len()))
            .field("jwt", &jwt.as_ref().map(|jwt| &jwt.technical_account))
            .field("organization", organization)
            .finish()
    }
}
