//! What ties a ticket to one TLS connection: `tls-server-end-point` of RFC 5929, section 4, a hash of the server's
//! certificate. Active Directory may insist on it (LdapEnforceChannelBinding).

use crate::ldap::ber::{self, Element, SEQUENCE};
use sha2::{Digest as _, Sha256, Sha384, Sha512};

const OBJECT: u8 = 0x06;

/// RSA with SHA-384, SHA-512; ECDSA with the same; the hashes alone (RFC 5912).
const SHA_384: [&[u8]; 3] = [
    b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0c",
    b"\x2a\x86\x48\xce\x3d\x04\x03\x03",
    b"\x60\x86\x48\x01\x65\x03\x04\x02\x02",
];
const SHA_512: [&[u8]; 3] = [
    b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0d",
    b"\x2a\x86\x48\xce\x3d\x04\x03\x04",
    b"\x60\x86\x48\x01\x65\x03\x04\x02\x03",
];
/// MD5 and SHA-1, for which SHA-256 is taken, and SHA-256 itself, with RSA and ECDSA.
const SHA_256: [&[u8]; 6] = [
    b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x04",
    b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x05",
    b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b",
    b"\x2a\x86\x48\xce\x3d\x04\x01",
    b"\x2a\x86\x48\xce\x3d\x04\x03\x02",
    b"\x60\x86\x48\x01\x65\x03\x04\x02\x01",
];
const RSA_PSS: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a";

/// The binding to this certificate. `None`: its signature names no hash, so that none is defined for it.
pub(in crate::ldap) fn endpoint(certificate: &[u8]) -> Option<Vec<u8>> {
    let named = signature_hash(certificate)?;
    let hash = if SHA_384.contains(&named) {
        Sha384::digest(certificate).to_vec()
    } else if SHA_512.contains(&named) {
        Sha512::digest(certificate).to_vec()
    } else if SHA_256.contains(&named) {
        Sha256::digest(certificate).to_vec()
    } else {
        return None;
    };
    Some([b"tls-server-end-point:", hash.as_slice()].concat())
}

/// The object identifier that tells the hash: that of the signature, or with RSASSA-PSS one of its parameters.
fn signature_hash(certificate: &[u8]) -> Option<&[u8]> {
    let whole = Element { tag: SEQUENCE, start: 0, end: certificate.len() };
    let certificate_is = parts(certificate, &whole)?;
    let [_, algorithm, _] = parts(certificate, certificate_is.first()?)?[..] else { return None };
    let algorithm = parts(certificate, &algorithm)?;
    let name = object(certificate, algorithm.first()?)?;
    if name != RSA_PSS {
        return Some(name);
    }
    let parameters = parts(certificate, algorithm.get(1)?)?;
    // Without it the hash is SHA-1.
    let Some(hash) = parameters.iter().find(|part| part.tag == 0xa0) else { return SHA_256.get(1).copied() };
    let hash = parts(certificate, parts(certificate, hash)?.first()?)?;
    object(certificate, hash.first()?)
}

fn parts(bytes: &[u8], element: &Element) -> Option<Vec<Element>> {
    ber::elements(bytes, element.start, element.end).ok()
}

fn object<'a>(bytes: &'a [u8], element: &Element) -> Option<&'a [u8]> {
    (element.tag == OBJECT).then(|| element.of(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{CertificateParams, KeyPair};

    #[test]
    fn the_signature_of_a_certificate_names_the_hash() {
        for (algorithm, hash) in [
            (&rcgen::PKCS_ECDSA_P256_SHA256, 32),
            (&rcgen::PKCS_ECDSA_P384_SHA384, 48),
            (&rcgen::PKCS_RSA_SHA256, 32),
            (&rcgen::PKCS_RSA_SHA512, 64),
        ] {
            let key = KeyPair::generate_for(algorithm).unwrap();
            let certificate = CertificateParams::new(["x".to_owned()]).unwrap().self_signed(&key).unwrap();
            let binding = endpoint(certificate.der()).unwrap();
            let binding = binding.strip_prefix(b"tls-server-end-point:").unwrap();
            assert_eq!(binding.len(), hash);
            if hash == 48 {
                assert_eq!(binding, Sha384::digest(certificate.der()).as_slice());
            }
        }
        // One that names none, and what is no certificate.
        let key = KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap();
        let certificate = CertificateParams::new(["x".to_owned()]).unwrap().self_signed(&key).unwrap();
        assert_eq!(endpoint(certificate.der()), None);
        for length in 0..certificate.der().len() {
            assert_eq!(endpoint(&certificate.der()[..length]), None);
        }
    }
}
