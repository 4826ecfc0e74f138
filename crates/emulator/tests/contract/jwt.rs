//! The JWT exchange that Adobe ended in June 2025.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rcgen::{KeyPair, PKCS_RSA_SHA256, SigningKey as _};
use serde_json::{Value, json};
use umsync_emulator::{Emulator, Error, Knobs, Options, Seed};

use crate::world::{Adobe, ORG, Raw, send};

const ACCOUNT: &str = "1234@techacct.adobe.com";

/// An emulator that knows the certificate of a key, and the key.
async fn opened(single_use: bool) -> (Adobe, KeyPair) {
    let key = KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap();
    let certificate = rcgen::CertificateParams::default().self_signed(&key).unwrap().pem();
    let jwt = json!({"technical_account": ACCOUNT, "certificates": [certificate], "single_use": single_use});
    let seed =
        json!({"clients": [{"client_id": "umsync-sandbox", "secrets": ["old", "sandbox"], "jwt": jwt}]});
    (Adobe::knobs(seed, Knobs { jwt: true, ..Knobs::unthrottled() }).await, key)
}

fn claims(adobe: &Adobe) -> Value {
    json!({
        "exp": adobe.running.clock().now().timestamp() + 86_400,
        "iss": ORG,
        "sub": ACCOUNT,
        "aud": "https://ims-na1.adobelogin.com/c/umsync-sandbox",
        "https://ims-na1.adobelogin.com/s/ent_user_sdk": true,
    })
}

fn with(mut claims: Value, claim: &str, value: Value) -> Value {
    match value {
        Value::Null => claims.as_object_mut().unwrap().remove(claim),
        value => claims.as_object_mut().unwrap().insert(claim.to_owned(), value),
    };
    claims
}

fn signed(header: &Value, claims: &Value, key: &KeyPair) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let text = format!("{}.{}", part(header), part(claims));
    format!("{text}.{}", URL_SAFE_NO_PAD.encode(key.sign(text.as_bytes()).unwrap()))
}

async fn exchange(adobe: &Adobe, token: &str) -> Raw {
    let form = [("client_id", "umsync-sandbox"), ("client_secret", "sandbox"), ("jwt_token", token)];
    send(adobe.http.post(adobe.url("/ims/exchange/jwt/")).form(&form)).await
}

fn rs256() -> Value {
    json!({"alg": "RS256", "typ": "JWT"})
}

#[tokio::test]
async fn e05_the_jwt_exchange_is_closed_unless_opened() {
    let (mut adobe, key) = opened(false).await;
    let token = signed(&rs256(), &claims(&adobe), &key);
    adobe.running.with_knobs(|knobs| knobs.jwt = Knobs::default().jwt);
    let closed = exchange(&adobe, &token).await;
    assert_eq!((closed.status, &closed.json()["error"]), (400, &json!("invalid_client")));

    adobe.running.with_knobs(|knobs| knobs.jwt = true);
    let answer = exchange(&adobe, &token).await.json();
    assert_eq!((&answer["token_type"], &answer["expires_in"]), (&json!("bearer"), &json!(86_399_000)), "ms");
    adobe.token = answer["access_token"].as_str().unwrap().to_owned();
    assert_eq!(adobe.get("/users/ORG/0").await.status, 200);
    adobe.running.clock().advance(Duration::from_secs(86_399));
    assert_eq!(adobe.get("/users/ORG/0").await.status, 401, "seconds, whatever the number says");
}

#[tokio::test]
async fn e05_only_a_good_token_is_exchanged() {
    let (adobe, key) = opened(false).await;
    let stranger = KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap();
    let good = claims(&adobe);
    let metascope = "https://ims-na1.adobelogin.com/s/ent_user_sdk";
    let now = adobe.running.clock().now().timestamp();
    let cases = [
        (signed(&rs256(), &good, &stranger), "invalid_signature"),
        (signed(&json!({"alg": "none"}), &good, &key), "invalid_token"),
        (signed(&rs256(), &with(good.clone(), "exp", json!(now)), &key), "invalid_token"),
        (signed(&rs256(), &with(good.clone(), "exp", json!("soon")), &key), "invalid_token"),
        (signed(&rs256(), &with(good.clone(), "jti", json!("one")), &key), "invalid_token"),
        (
            signed(&rs256(), &with(good.clone(), "aud", json!("https://ims-na1.adobelogin.com/c/x")), &key),
            "invalid_client",
        ),
        (
            signed(
                &rs256(),
                &with(good.clone(), "aud", json!("https://evil.example/c/umsync-sandbox")),
                &key,
            ),
            "invalid_client",
        ),
        (signed(&rs256(), &with(good.clone(), metascope, Value::Null), &key), "invalid_scope"),
        (signed(&rs256(), &with(good.clone(), "iss", json!("FFFF@AdobeOrg")), &key), "bad_request"),
        (signed(&rs256(), &with(good.clone(), "sub", json!("x@techacct.adobe.com")), &key), "bad_request"),
        ("a.b.c".to_owned(), "invalid_token"),
        (String::new(), "invalid_token"),
    ];
    for (token, error) in cases {
        let answer = exchange(&adobe, &token).await;
        assert_eq!((answer.status, &answer.json()["error"]), (400, &json!(error)), "{}", answer.text);
    }
    let milliseconds = with(good, "exp", json!((now + 3600) * 1000));
    assert_eq!(exchange(&adobe, &signed(&rs256(), &milliseconds, &key)).await.status, 200);
}

#[tokio::test]
async fn e05_the_client_must_be_known_and_have_a_key() {
    let (adobe, key) = opened(false).await;
    let token = signed(&rs256(), &claims(&adobe), &key);
    for (id, secret, status) in [("nobody", "sandbox", 400), ("umsync-sandbox", "wrong", 401)] {
        let form = [("client_id", id), ("client_secret", secret), ("jwt_token", token.as_str())];
        let answer = send(adobe.http.post(adobe.url("/ims/exchange/jwt")).form(&form)).await;
        assert_eq!((answer.status, &answer.json()["error"]), (status, &json!("invalid_client")));
    }
    let without = Adobe::knobs(json!({}), Knobs { jwt: true, ..Knobs::unthrottled() }).await;
    let answer = exchange(&without, &token).await;
    assert_eq!((answer.status, &answer.json()["error"]), (401, &json!("invalid_client")));
}

#[tokio::test]
async fn e05_a_token_may_be_good_only_once_and_name_the_emulator_itself() {
    let (adobe, key) = opened(true).await;
    let host = adobe.running.address().ip();
    let own = with(claims(&adobe), "aud", json!(format!("https://{host}/c/umsync-sandbox")));
    let own = with(own, &format!("https://{host}/s/ent_user_sdk"), json!(true));
    let answer = exchange(&adobe, &signed(&rs256(), &own, &key)).await;
    assert_eq!((answer.status, &answer.json()["error"]), (400, &json!("invalid_jti")), "none given");
    let token = signed(&rs256(), &with(own, "jti", json!(7)), &key);
    assert_eq!(exchange(&adobe, &token).await.status, 200);
    let again = exchange(&adobe, &token).await;
    assert_eq!((again.status, &again.json()["error"]), (400, &json!("invalid_jti")));
}

#[tokio::test]
async fn a_public_key_will_do_and_a_bad_certificate_is_named() {
    let key = KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap();
    let options = |pem: &str| {
        let jwt = json!({"technical_account": ACCOUNT, "certificates": [pem]});
        let clients = json!([{"client_id": "umsync-sandbox", "secrets": ["sandbox"], "jwt": jwt}]);
        Options::seeded(
            Seed::parse(&json!({"clients": clients, "knobs": {"jwt": true}}).to_string()).unwrap(),
        )
    };
    let adobe = Adobe::start(options(&key.public_key_pem())).await;
    assert_eq!(exchange(&adobe, &signed(&rs256(), &claims(&adobe), &key)).await.status, 200);
    let Err(Error::Seed { mistakes }) = Emulator::start(options("nonsense")).await else {
        panic!("a certificate that is none")
    };
    assert!(mistakes[0].starts_with("clients[0].jwt.certificates[0]: "), "{mistakes:?}");
}
