//! What a server's certificate says of itself. Nothing is proven here: that is the matter of `tls`.

use chrono::{DateTime, Utc};
use rustls::ClientConnection;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::FromDer as _;
use x509_parser::time::ASN1Time;

/// What a server's certificate says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerCertificate {
    /// Whose it is: a name such as `CN=dc1.example.com`, often empty where [`names`](Self::names) are.
    pub subject: String,
    /// Which authority issued it.
    pub issuer: String,
    /// The hosts it is for.
    pub names: Vec<String>,
    /// Until when it is good.
    pub until: DateTime<Utc>,
}

/// The certificate that a server has shown. `None`: it has none, or it cannot be understood.
pub(super) fn shown(connection: &ClientConnection) -> Option<ServerCertificate> {
    read(connection.peer_certificates()?.first()?)
}

fn read(der: &[u8]) -> Option<ServerCertificate> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    let names = match certificate.subject_alternative_name() {
        Ok(Some(names)) => names.value.general_names.iter().filter_map(host).collect(),
        _ => Vec::new(),
    };
    Some(ServerCertificate {
        subject: certificate.subject().to_string(),
        issuer: certificate.issuer().to_string(),
        names,
        until: moment(certificate.validity().not_after)?,
    })
}

fn host(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => match *bytes {
            [a, b, c, d] => Some(std::net::Ipv4Addr::new(*a, *b, *c, *d).to_string()),
            bytes => <[u8; 16]>::try_from(bytes).ok().map(|six| std::net::Ipv6Addr::from(six).to_string()),
        },
        _ => None,
    }
}

fn moment(time: ASN1Time) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(time.timestamp(), 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_says_whose_it_is_and_until_when() {
        let mut params =
            rcgen::CertificateParams::new(["dc1.example.com".to_owned(), "::1".to_owned()]).unwrap();
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(rcgen::DnType::CommonName, "dc1");
        params.not_after = rcgen::date_time_ymd(2031, 2, 3);
        let certificate = params.self_signed(&rcgen::KeyPair::generate().unwrap()).unwrap();
        let said = ServerCertificate {
            subject: "CN=dc1".to_owned(),
            issuer: "CN=dc1".to_owned(),
            names: vec!["dc1.example.com".to_owned(), "::1".to_owned()],
            until: "2031-02-03T00:00:00Z".parse().unwrap(),
        };
        assert_eq!(read(certificate.der()), Some(said));
        assert_eq!(read(b"no certificate"), None);
    }
}
