//! The way to a server: addresses, and the client that goes there.

use crate::error::Error;
use std::time::Duration;
use url::Url;

/// An address on a server, whose own path, if any, is kept.
pub(crate) fn address(server: &Url, path: &str) -> Url {
    let mut url = server.clone();
    url.set_path(&format!("{}{path}", server.path().trim_end_matches('/')));
    url.set_query(None);
    url
}

/// One segment of a path.
pub(crate) fn encode(segment: &str) -> String {
    use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
    // All but RFC 3986 "unreserved" and the `@` of ids and emails, which Adobe's documentation leaves as it is.
    const SEGMENT: &AsciiSet =
        &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'@');
    utf8_percent_encode(segment, SEGMENT).to_string()
}

/// The HTTP client. One connection per request: at ten requests a minute it costs nothing, and a connection that the
/// other side has just closed cannot turn a request that never left into one whose outcome is unknown.
pub(crate) fn client(
    ca_pem: Option<&[u8]>,
    proxy: Option<&Url>,
    timeout: Duration,
) -> Result<reqwest::Client, Error> {
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("umsync/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .pool_max_idle_per_host(0)
        .http1_only()
        .timeout(timeout)
        // Well below the whole, so that a connection that does not come about is known never to have come about.
        .connect_timeout(timeout.min(Duration::from_secs(60)) / 2);
    builder = match proxy {
        Some(proxy) => {
            let proxy = reqwest::Proxy::all(proxy.clone())
                .map_err(|source| Error::Way { key: "adobe.proxy", source: source.without_url() })?;
            builder.proxy(proxy)
        }
        // Not even what the environment says.
        None => builder.no_proxy(),
    };
    if let Some(pem) = ca_pem {
        let certificates = reqwest::Certificate::from_pem_bundle(pem)
            .map_err(|source| Error::Way { key: "adobe.ca_file", source })?;
        if certificates.is_empty() {
            return Err(Error::Setting {
                key: "adobe.ca_file",
                why: "no certificate in PEM form".to_owned(),
            });
        }
        builder = builder.tls_certs_merge(certificates);
    }
    builder.build().map_err(|source| Error::Way { key: "adobe", source })
}
