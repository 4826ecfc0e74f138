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

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    /// A server that reads something, answers this and hangs up.
    async fn answers(words: &'static [u8]) -> Url {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let _ = stream.read(&mut [0; 1024]).await;
                let _ = stream.write_all(words).await;
            }
        });
        Url::parse(&format!("http://{address}")).unwrap()
    }

    async fn never_left(url: &str, proxy: Option<&Url>) -> bool {
        let client = client(None, proxy, Duration::from_secs(5)).unwrap();
        client.get(url).send().await.unwrap_err().is_connect()
    }

    #[tokio::test]
    async fn a_request_without_connection_never_left() {
        let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        assert!(never_left(&format!("http://{closed}/"), None).await);
        assert!(never_left("https://no-such-host.invalid/", None).await);
    }

    #[tokio::test]
    async fn a_request_without_tls_never_left() {
        let garbage = answers(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        let address = format!("https://127.0.0.1:{}/", garbage.port().unwrap());
        assert!(never_left(&address, None).await);
    }

    #[tokio::test]
    async fn a_request_that_the_proxy_does_not_let_through_never_left() {
        for refusal in [
            &b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n"[..],
            b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n",
            b"HTTP/1.1 502 Bad Gateway\r\n\r\n",
            b"",
        ] {
            let proxy = answers(refusal).await;
            assert!(never_left("https://usermanagement.example.com/", Some(&proxy)).await);
        }
    }

    #[tokio::test]
    async fn a_request_that_was_read_may_have_arrived() {
        let silent = answers(b"").await;
        assert!(!never_left(silent.as_str(), None).await);
        let garbage = answers(b"what?\r\n\r\n").await;
        assert!(!never_left(garbage.as_str(), None).await);
    }

    #[test]
    fn a_server_may_have_a_path_of_its_own() {
        let server = Url::parse("https://gateway.example.com/adobe/?x=1").unwrap();
        assert_eq!(address(&server, "/v2/x").as_str(), "https://gateway.example.com/adobe/v2/x");
        let plain = Url::parse("https://usermanagement.adobe.io").unwrap();
        let users = format!("/users/{}/0", encode("AB@AdobeOrg"));
        assert_eq!(address(&plain, &users).as_str(), "https://usermanagement.adobe.io/users/AB@AdobeOrg/0");
        assert_eq!(encode("All Apps & more/ü"), "All%20Apps%20%26%20more%2F%C3%BC");
    }

    #[test]
    fn certificates_that_cannot_be_read_are_refused() {
        for pem in [&b"nothing"[..], b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
            let error = client(Some(pem), None, Duration::from_secs(5)).unwrap_err();
            assert_eq!(error.kind(), crate::error::Kind::Configuration, "{error}");
        }
    }
}
