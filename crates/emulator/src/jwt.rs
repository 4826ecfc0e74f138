//! JSON Web Tokens of "Service Account (JWT)" credentials, which Adobe took until June 2025.

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, SubjectPublicKeyInfoDer};
use serde_json::{Map, Value};

use crate::client::JwtCredential;

/// The hosts of Adobe's token service; a token may name the emulator's own instead.
const HOSTS: [&str; 2] = ["ims-na1.adobelogin.com", "ims-na1-stg1.adobelogin.com"];

/// Why a token is refused: `error` and `error_description`.
pub(crate) type Refusal = (&'static str, String);

/// What a token is held against.
#[derive(Debug)]
pub(crate) struct Expected<'a> {
    pub(crate) client_id: &'a str,
    pub(crate) credential: &'a JwtCredential,
    pub(crate) organization: &'a str,
    /// The host the request was sent to, with its port.
    pub(crate) host: &'a str,
}

/// The public key of a certificate, or one that stands by itself; the error says what is wrong with the text.
pub(crate) fn public_key(pem: &str) -> Result<Vec<u8>, String> {
    if let Ok(key) = SubjectPublicKeyInfoDer::from_pem_slice(pem.as_bytes()) {
        return Ok(key.to_vec());
    }
    let certificate = CertificateDer::from_pem_slice(pem.as_bytes())
        .map_err(|_| "is neither a certificate nor a public key in PEM".to_owned())?;
    let (_, certificate) = x509_parser::parse_x509_certificate(&certificate)
        .map_err(|error| format!("is no X.509 certificate: {error}"))?;
    Ok(certificate.public_key().raw.to_vec())
}

/// Whether a token is good; its `jti`, where the credential needs one.
pub(crate) fn check(
    token: &str,
    expected: &Expected<'_>,
    now: DateTime<Utc>,
) -> Result<Option<i64>, Refusal> {
    let claims = verified(token, expected.credential)?;
    let invalid = |what: &str| ("invalid_token", what.to_owned());
    let Some(expires) = claims.get("exp").and_then(Value::as_i64) else {
        return Err(invalid("exp is not an integer"));
    };
    // Some clients sent milliseconds, and were let in.
    let expires = if expires > 100_000_000_000 { expires / 1000 } else { expires };
    if expires <= now.timestamp() {
        return Err(invalid("the jwt_token has expired"));
    }
    let host = audience(&claims, expected)?;
    let scope = format!("https://{host}/s/ent_user_sdk");
    if claims.get(&scope) != Some(&Value::Bool(true)) {
        return Err(("invalid_scope", format!("the metascope {scope} is missing")));
    }
    for (claim, wanted) in [("iss", expected.organization), ("sub", &expected.credential.technical_account)] {
        if claims.get(claim).and_then(Value::as_str) != Some(wanted) {
            return Err(("bad_request", format!("{claim} is not the credential's")));
        }
    }
    match claims.get("jti") {
        None if expected.credential.single_use => Err(("invalid_jti", "jti is missing".to_owned())),
        None => Ok(None),
        Some(jti) => {
            let jti = jti.as_i64().ok_or_else(|| invalid("jti is not an integer"))?;
            Ok(expected.credential.single_use.then_some(jti))
        }
    }
}

/// The claims of a token that one of the credential's keys signed.
fn verified(token: &str, credential: &JwtCredential) -> Result<Map<String, Value>, Refusal> {
    let undecodable = || ("invalid_token", "could not decode the jwt_token".to_owned());
    let (signed, signature) = token.rsplit_once('.').ok_or_else(undecodable)?;
    let (header, claims) = signed.split_once('.').ok_or_else(undecodable)?;
    let bytes = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| undecodable());
    let object =
        |part: &str| serde_json::from_slice::<Map<String, Value>>(&bytes(part)?).map_err(|_| undecodable());
    if object(header)?.get("alg").and_then(Value::as_str) != Some("RS256") {
        return Err(("invalid_token", "alg is not RS256".to_owned()));
    }
    let (claims, signature) = (object(claims)?, bytes(signature)?);
    let good = credential.certificates.iter().filter_map(|pem| public_key(pem).ok()).any(|key| {
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key).verify(signed.as_bytes(), &signature).is_ok()
    });
    if good { Ok(claims) } else { Err(("invalid_signature", "the signature does not match".to_owned())) }
}

/// The host that `aud` names, which must be ours, as must be the client.
fn audience<'a>(claims: &'a Map<String, Value>, expected: &Expected<'_>) -> Result<&'a str, Refusal> {
    let named = claims.get("aud").and_then(Value::as_str).and_then(|audience| {
        let host = audience.strip_suffix(expected.client_id)?.strip_suffix("/c/")?;
        host.strip_prefix("https://").or_else(|| host.strip_prefix("http://"))
    });
    let bare = expected.host.rsplit_once(':').map_or(expected.host, |(host, _)| host);
    match named {
        Some(host) if HOSTS.contains(&host) || host == expected.host || host == bare => Ok(host),
        _ => Err(("invalid_client", "aud names another host or another client".to_owned())),
    }
}
