//! The signed request (JSON Web Token, RFC 7519) of the deprecated exchange.

use crate::error::Error;
use crate::settings::{Jwt, Settings};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject as _;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use zeroize::Zeroize as _;

/// Exchanged at once; a clock may be some minutes off.
const LIFE: TimeDelta = TimeDelta::minutes(30);

impl Jwt {
    /// Refuses what cannot sign.
    pub(crate) fn check(&self) -> Result<(), Error> {
        if self.technical_account.trim().is_empty() {
            let why = "it looks like 1A2B3C@techacct.adobe.com".to_owned();
            return Err(Error::Setting { key: "adobe.deprecated_jwt.technical_account", why });
        }
        self.key().map(|_| ())
    }

    /// A request for a token, signed.
    pub(crate) fn sign(&self, settings: &Settings, now: DateTime<Utc>) -> Result<SecretString, Error> {
        let Settings { organization, client_id, ims, .. } = settings;
        let name = ims.host_str().unwrap_or_default();
        let host = ims.port().map_or_else(|| name.to_owned(), |port| format!("{name}:{port}"));
        let header = json!({ "alg": "RS256", "typ": "JWT" });
        let mut claims = json!({
            "exp": (now + LIFE).timestamp(),
            "iss": organization,
            "sub": self.technical_account,
            "aud": format!("https://{host}/c/{client_id}"),
        });
        // The metascope of the User Management API (UMAPI documentation, JWT authentication).
        claims[format!("https://{host}/s/ent_user_sdk")] = true.into();
        let mut signed = format!("{}.{}", encoded(&header), encoded(&claims));
        let key = self.key()?;
        let mut signature = vec![0; key.public_modulus_len()];
        key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature)
            .map_err(|_| unusable("it cannot sign"))?;
        signed.push('.');
        signed.push_str(&URL_SAFE_NO_PAD.encode(signature));
        Ok(SecretString::from(signed))
    }

    /// The key, in either form that PEM files have. Its bytes are wiped when they have been understood.
    fn key(&self) -> Result<RsaKeyPair, Error> {
        let pem = self.private_key.expose_secret().as_bytes();
        let mut der = PrivateKeyDer::from_pem_slice(pem).map_err(|_| {
            unusable("it holds no private key in PEM form that can be read without a password")
        })?;
        let pair = match &der {
            PrivateKeyDer::Pkcs1(key) => RsaKeyPair::from_der(key.secret_pkcs1_der()).ok(),
            PrivateKeyDer::Pkcs8(key) => RsaKeyPair::from_pkcs8(key.secret_pkcs8_der()).ok(),
            _ => None,
        };
        der.zeroize();
        pair.ok_or_else(|| unusable("it is no RSA key of 2048 bits or more"))
    }
}

fn encoded(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

fn unusable(why: &str) -> Error {
    Error::Setting { key: "adobe.deprecated_jwt.private_key", why: why.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
    use aws_lc_rs::rsa::{KeyPair, KeySize};
    use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
    use base64::engine::general_purpose::STANDARD;

    fn jwt(pem: &str) -> Jwt {
        Jwt { technical_account: "T@techacct.adobe.com".to_owned(), private_key: SecretString::from(pem) }
    }

    #[test]
    fn a_request_is_signed_as_documented() {
        let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
        let der: Pkcs8V1Der<'_> = pair.as_der().unwrap();
        let pem = format!(
            "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
            STANDARD.encode(der.as_ref())
        );
        let settings = Settings::new("AB@AdobeOrg", "key", SecretString::from("hush"));
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let jwt = jwt(&pem);
        jwt.check().unwrap();
        let signed = jwt.sign(&settings, now).unwrap();
        let (signed, signature) = signed.expose_secret().rsplit_once('.').unwrap();
        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, pair.public_key().as_ref())
            .verify(signed.as_bytes(), &signature)
            .unwrap();
        let parts: Vec<Value> = signed
            .split('.')
            .map(|part| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap())
            .collect();
        assert_eq!(parts[0], json!({"alg": "RS256", "typ": "JWT"}));
        assert_eq!(
            parts[1],
            json!({
                "exp": 1_800_001_800, "iss": "AB@AdobeOrg", "sub": "T@techacct.adobe.com",
                "aud": "https://ims-na1.adobelogin.com/c/key",
                "https://ims-na1.adobelogin.com/s/ent_user_sdk": true
            })
        );
        assert!(!format!("{jwt:?}").contains("PRIVATE"));
    }

    #[test]
    fn what_cannot_sign_is_refused_by_its_key() {
        for pem in [
            "",
            "hush",
            "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
            "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n",
            "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: DES-EDE3-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----\n",
            "-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n",
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        ] {
            let error = jwt(pem).check().unwrap_err();
            assert!(error.to_string().starts_with("adobe.deprecated_jwt.private_key: "), "{error}");
        }
    }
}
