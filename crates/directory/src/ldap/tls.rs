//! Whom to trust, and what to show: our own TLS configuration, because the client library forgets every authority of the
//! system when one of them cannot be read.

use super::failure::{Distrust, Failure};
use super::settings::{Bind, Certificates, Settings};
use crate::dn::hex;
use crate::error::Error;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{
    AlertDescription, CertificateError, ClientConfig, ClientConnection, DigitallySignedStruct,
    ProtocolVersion, RootCertStore, SignatureScheme,
};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use std::path::Path;
use std::sync::Arc;
use umsync_engine::directory::Tls;

/// TLS 1.2 or later; servers are verified against `ca_file`, else against the operating system's authorities, and shown
/// our certificate if there is one.
pub(super) fn config(settings: &Settings) -> Result<Arc<ClientConfig>, Error> {
    // The provider is named, because a process may hold two and rustls refuses to choose.
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .expect("aws-lc-rs speaks TLS 1.2 and 1.3");
    let builder = match settings.certificates {
        Certificates::Verified => builder.with_root_certificates(roots(settings.ca_file.as_deref())?),
        Certificates::DangerAcceptInvalid => {
            builder.dangerous().with_custom_certificate_verifier(Arc::new(Anybody(provider)))
        }
    };
    let config = match &settings.bind {
        Bind::Certificate { certificate, key } => {
            let bad = |source: rustls::Error| Error::ClientKey {
                file: certificate.clone(),
                why: source.to_string(),
            };
            let (chain, key) = ours(certificate, key)?;
            builder.with_client_auth_cert(chain, key).map_err(bad)?
        }
        Bind::Anonymous | Bind::Simple { dn: _, password: _ } | Bind::Kerberos(_) => {
            builder.with_no_client_auth()
        }
    };
    Ok(Arc::new(config))
}

/// For connections without TLS: nobody is trusted.
pub(super) fn nobody() -> Arc<ClientConfig> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("aws-lc-rs speaks TLS 1.2 and 1.3");
    Arc::new(builder.with_root_certificates(RootCertStore::empty()).with_no_client_auth())
}

/// Why a handshake failed.
pub(super) fn failed(error: std::io::Error) -> Failure {
    let Some(rustls::Error::InvalidCertificate(invalid)) = inner(&error) else { return Failure::Tls(error) };
    let distrust = match invalid {
        CertificateError::UnknownIssuer => Distrust::UnknownAuthority,
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => Distrust::Expired,
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => Distrust::NotValidYet,
        CertificateError::NotValidForName => Distrust::OtherName { names: Vec::new() },
        CertificateError::NotValidForNameContext { presented, .. } => {
            // `DnsName("localhost")`, as the library prints them.
            let plain = |name: &String| name.split('"').nth(1).unwrap_or(name).to_owned();
            Distrust::OtherName { names: presented.iter().map(plain).collect() }
        }
        _ => return Failure::Tls(error),
    };
    Failure::Untrusted(distrust, error)
}

/// Whether a connection ended because the server does not take our certificate. With TLS 1.3 that comes after the
/// handshake.
pub(super) fn is_about_our_certificate(error: &std::io::Error) -> bool {
    let Some(rustls::Error::AlertReceived(alert)) = inner(error) else { return false };
    matches!(
        alert,
        AlertDescription::BadCertificate
            | AlertDescription::UnsupportedCertificate
            | AlertDescription::CertificateRevoked
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateUnknown
            | AlertDescription::UnknownCA
            | AlertDescription::AccessDenied
            | AlertDescription::CertificateRequired
    )
}

fn inner(error: &std::io::Error) -> Option<&rustls::Error> {
    error.get_ref()?.downcast_ref()
}

fn roots(ca_file: Option<&Path>) -> Result<RootCertStore, Error> {
    match ca_file {
        Some(file) => from_file(file),
        None => from_system(),
    }
}

/// What was agreed with a server.
pub(super) fn spoken(connection: &ClientConnection) -> Option<Tls> {
    let version = match connection.protocol_version()? {
        ProtocolVersion::TLSv1_2 => "TLS 1.2".to_owned(),
        ProtocolVersion::TLSv1_3 => "TLS 1.3".to_owned(),
        other => format!("{other:?}"),
    };
    let certificate = certificate(connection)?;
    Some(Tls { version, certificate_sha256: hex(&Sha256::digest(certificate)) })
}

/// The server's certificate.
pub(super) fn certificate(connection: &ClientConnection) -> Option<&[u8]> {
    connection.peer_certificates()?.first().map(AsRef::as_ref)
}

fn from_file(file: &Path) -> Result<RootCertStore, Error> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(file)? {
        roots.add(certificate).map_err(|error| invalid(file, error.to_string()))?;
    }
    Ok(roots)
}

/// Every certificate in a file; none is an error.
fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, Error> {
    let text = std::fs::read(file).map_err(|source| Error::Certificates { file: file.to_owned(), source })?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    match found {
        Ok(found) if found.is_empty() => {
            Err(invalid(file, "there is no certificate in PEM in it".to_owned()))
        }
        Ok(found) => Ok(found),
        Err(error) => Err(invalid(file, error.to_string())),
    }
}

fn invalid(file: &Path, reason: String) -> Error {
    let source = std::io::Error::new(std::io::ErrorKind::InvalidData, reason);
    Error::Certificates { file: file.to_owned(), source }
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

/// Our certificate with those that lead to its authority, and its key. No part of the key is in any error.
fn ours(
    certificate: &Path,
    key: &SecretString,
) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), Error> {
    let chain = certificates(certificate)?;
    let key =
        PrivateKeyDer::from_pem_slice(key.expose_secret().as_bytes()).map_err(|_| Error::ClientKey {
            file: certificate.to_owned(),
            why: "there is no key in PEM, or an encrypted one".to_owned(),
        })?;
    Ok((chain, key))
}

/// Takes any certificate for the server's. Only its signatures are looked at, which proves nothing about whose it is.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    fn file(text: &str) -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        file
    }

    #[test]
    fn a_file_without_certificates_is_refused() {
        let file = file("nothing here");
        let error = roots(Some(file.path())).unwrap_err();
        assert!(matches!(error, Error::Certificates { .. }), "{error}");
        assert!(matches!(roots(Some(Path::new("/nowhere.pem"))), Err(Error::Certificates { .. })));
    }

    #[test]
    fn authorities_of_a_file_are_trusted() {
        let key = rcgen::generate_simple_self_signed(["x".to_owned()]).unwrap();
        assert_eq!(roots(Some(file(&key.cert.pem()).path())).unwrap().len(), 1);
    }

    #[test]
    fn a_key_that_is_none_is_refused_without_being_told() {
        let key = rcgen::generate_simple_self_signed(["x".to_owned()]).unwrap();
        let certificate = file(&key.cert.pem());
        assert!(ours(certificate.path(), &key.signing_key.serialize_pem().into()).is_ok());
        for text in
            ["s3cret", "-----BEGIN ENCRYPTED PRIVATE KEY-----\nczNjcmV0\n-----END ENCRYPTED PRIVATE KEY-----"]
        {
            let error = ours(certificate.path(), &text.to_owned().into()).unwrap_err();
            assert!(matches!(error, Error::ClientKey { .. }), "{error}");
            assert!(
                !format!("{error} {error:?}").contains("s3cret") && !format!("{error:?}").contains("czNj")
            );
        }
    }
}
