//! Whom to trust: our own TLS configuration, because the client library forgets every authority of the system when one
//! of them cannot be read.

use crate::dn::hex;
use crate::error::Error;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, ClientConnection, ProtocolVersion, RootCertStore};
use sha2::{Digest as _, Sha256};
use std::path::Path;
use std::sync::Arc;
use umsync_engine::directory::Tls;

/// TLS 1.2 or later; certificates are verified against `ca_file`, else against the operating system's authorities.
pub(super) fn config(ca_file: Option<&Path>) -> Result<Arc<ClientConfig>, Error> {
    let roots = match ca_file {
        Some(file) => from_file(file)?,
        None => from_system()?,
    };
    Ok(trusting(roots))
}

/// For connections without TLS: nobody is trusted.
pub(super) fn nobody() -> Arc<ClientConfig> {
    trusting(RootCertStore::empty())
}

fn trusting(roots: RootCertStore) -> Arc<ClientConfig> {
    // The provider is named, because a process may hold two and rustls refuses to choose.
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("aws-lc-rs speaks TLS 1.2 and 1.3")
        .with_root_certificates(roots)
        .with_no_client_auth();
    Arc::new(config)
}

/// What was agreed with a server.
pub(super) fn spoken(connection: &ClientConnection) -> Option<Tls> {
    let version = match connection.protocol_version()? {
        ProtocolVersion::TLSv1_2 => "TLS 1.2".to_owned(),
        ProtocolVersion::TLSv1_3 => "TLS 1.3".to_owned(),
        other => format!("{other:?}"),
    };
    let certificate = connection.peer_certificates()?.first()?;
    Some(Tls { version, certificate_sha256: hex(&Sha256::digest(certificate)) })
}

fn from_file(file: &Path) -> Result<RootCertStore, Error> {
    let bad = |source| Error::Authorities { file: file.to_owned(), source };
    let invalid = |reason: String| bad(std::io::Error::new(std::io::ErrorKind::InvalidData, reason));
    let text = std::fs::read(file).map_err(bad)?;
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&text) {
        let certificate = certificate.map_err(|error| invalid(error.to_string()))?;
        roots.add(certificate).map_err(|error| invalid(error.to_string()))?;
    }
    if roots.is_empty() { Err(invalid("there is no certificate in PEM in it".to_owned())) } else { Ok(roots) }
}

fn from_system() -> Result<RootCertStore, Error> {
    let mut found = rustls_native_certs::load_native_certs();
    for error in &found.errors {
        tracing::warn!(%error, "a certificate of the operating system is left out");
    }
    let mut roots = RootCertStore::empty();
    let (_, left_out) = roots.add_parsable_certificates(found.certs);
    if left_out > 0 {
        tracing::debug!(left_out, "certificates of the operating system that cannot be used");
    }
    if roots.is_empty() { Err(Error::NoAuthorities { source: found.errors.pop() }) } else { Ok(roots) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    #[test]
    fn a_file_without_certificates_is_refused() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(b"nothing here").unwrap();
        let error = config(Some(file.path())).unwrap_err();
        assert!(matches!(error, Error::Authorities { .. }), "{error}");
        assert!(matches!(config(Some(Path::new("/nowhere.pem"))), Err(Error::Authorities { .. })));
    }

    #[test]
    fn authorities_of_a_file_are_trusted() {
        let key = rcgen::generate_simple_self_signed(["x".to_owned()]).unwrap();
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(key.cert.pem().as_bytes()).unwrap();
        assert!(config(Some(file.path())).is_ok());
    }
}
