//! The emulator's mark: proof that a server is no Adobe, so that manners may be left at home.

use crate::error::Error;
use crate::settings::{is_loopback, shown};
use serde::Deserialize;
use std::time::Duration;
use url::Url;

/// Proof that a server is an emulator on this machine. Only [`EmulatorMark::prove`] makes it.
#[derive(Debug, Clone)]
pub struct EmulatorMark {
    server: Url,
}

#[derive(Deserialize)]
struct Status {
    environment: Option<String>,
}

impl EmulatorMark {
    /// Proves that `server` is an emulator: its host, as written, is this machine; no proxy stands between; and
    /// `GET /status` answers `"environment": "emulator"`, where Adobe names its own. `ca_pem` is as in the settings.
    ///
    /// Fails with [`Error::NotEmulator`], and with [`Error::Setting`] where the certificates cannot be read.
    pub async fn prove(server: &Url, proxy: Option<&Url>, ca_pem: Option<&[u8]>) -> Result<Self, Error> {
        let no = |why: String| Error::NotEmulator { server: shown(server), why, source: None };
        if !is_loopback(server) {
            return Err(no("its host is neither localhost nor 127.0.0.0/8 nor ::1".to_owned()));
        }
        if proxy.is_some() {
            return Err(no("a proxy is configured".to_owned()));
        }
        let client = crate::way::client(ca_pem, None, Duration::from_secs(10))?;
        let unheard = |source: reqwest::Error| Error::NotEmulator {
            server: shown(server),
            why: "it does not answer GET /status".to_owned(),
            source: Some(source.without_url()),
        };
        let answer = client.get(crate::way::address(server, "/status")).send().await.map_err(unheard)?;
        if answer.status() != reqwest::StatusCode::OK {
            return Err(no(format!("GET /status answers {}", answer.status())));
        }
        let body = answer.bytes().await.map_err(unheard)?;
        match serde_json::from_slice(&body) {
            Ok(Status { environment: Some(environment) }) if environment == "emulator" => {
                Ok(Self { server: server.clone() })
            }
            Ok(Status { environment: Some(environment) }) => {
                Err(no(format!("GET /status names the environment `{environment}`")))
            }
            Ok(Status { environment: None }) | Err(_) => {
                Err(no("GET /status does not answer an environment".to_owned()))
            }
        }
    }

    /// Whether this is the server that was proven.
    pub(crate) fn is_for(&self, server: &Url) -> bool {
        let named = |url: &Url| (url.scheme().to_owned(), url.host_str().map(str::to_owned), url.port());
        named(&self.server) == named(server)
    }
}
