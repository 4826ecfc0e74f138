//! The credential: which secret, which endpoint, which words when it is refused.

use crate::server::{Reply, Request};
use crate::world::{SECRET, World, address, no_user, token};
use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::SecretString;
use serde_json::json;
use std::collections::BTreeMap;
use umsync_umapi::{Client, Error, Jwt, Kind, Session, Settings, TokenEndpoint};

const NEXT: &str = "the-next-s3cr3t";

async fn world() -> World {
    World::new(|_| no_user()).await
}

async fn begin(
    world: &World,
    change: impl FnOnce(&mut Settings),
) -> Result<Session<crate::ledger::Memory>, Error> {
    let mut settings = world.settings().await;
    change(&mut settings);
    Client::new(settings, world.ledger.clone(), world.clock.clone())?.begin().await
}

fn with_next(settings: &mut Settings) {
    settings.next_client_secret = Some(SecretString::from(NEXT));
}

fn form(request: &Request) -> BTreeMap<String, String> {
    url::form_urlencoded::parse(request.body.as_bytes()).into_owned().collect()
}

/// Takes these secrets alone.
fn takes(good: &'static [&'static str]) -> impl FnMut(&Request) -> Reply + Send + 'static {
    move |request| match good.contains(&form(request)["client_secret"].as_str()) {
        true => Reply::json(json!({"access_token": "t0ken", "expires_in": 100})),
        false => {
            Reply::status(401, json!({"error": "invalid_client", "error_description": "invalid secret"}))
        }
    }
}

fn secrets(world: &World) -> Vec<String> {
    world.ims.seen().iter().map(|request| form(request)["client_secret"].clone()).collect()
}

#[tokio::test]
async fn scopes_and_endpoint_are_those_of_the_settings() {
    let world = world().await;
    begin(&world, |settings| {
        settings.scopes = vec!["openid".to_owned(), "other_scope".to_owned()];
        settings.token_endpoint = TokenEndpoint::V3;
    })
    .await
    .unwrap();
    let [request] = world.ims.seen().try_into().unwrap();
    assert_eq!(request.path, "/ims/token/v3");
    assert_eq!(form(&request)["scope"], "openid,other_scope");
    for scopes in [vec![], vec!["a b".to_owned()], vec!["a,b".to_owned()]] {
        let error = begin(&world, |settings| settings.scopes = scopes).await.unwrap_err();
        assert!(error.to_string().starts_with("adobe.scopes: "), "{error}");
    }
}

#[tokio::test]
async fn a_next_secret_is_tried_once_and_serves_from_then_on() {
    let world = world().await;
    world.ims.play(takes(&[NEXT]));
    let session = begin(&world, with_next).await.unwrap();
    assert!(session.first_secret_is_refused());
    world.clock.set(90);
    session.user(&address("a@b.c")).await.unwrap();
    assert_eq!(secrets(&world), [SECRET, NEXT, NEXT], "the refused one is not tried again");
}

#[tokio::test]
async fn a_first_secret_that_is_good_is_the_only_one_tried() {
    let world = world().await;
    world.ims.play(takes(&[SECRET, NEXT]));
    let session = begin(&world, with_next).await.unwrap();
    assert!(!session.first_secret_is_refused());
    // Deleted at Adobe while the run goes on.
    world.ims.play(takes(&[NEXT]));
    world.clock.set(90);
    session.user(&address("a@b.c")).await.unwrap();
    assert_eq!(secrets(&world), [SECRET, SECRET, NEXT]);
}

#[tokio::test]
async fn two_refusals_are_the_most_that_a_run_causes() {
    let world = world().await;
    world.ims.play(takes(&[]));
    let error = begin(&world, with_next).await.unwrap_err();
    assert!(matches!(error, Error::Credential { .. }), "{error}");
    assert_eq!(secrets(&world), [SECRET, NEXT]);
    assert!(!format!("{error} {error:?}").contains(NEXT));

    let world = self::world().await;
    world.ims.play(takes(&[SECRET]));
    let session = begin(&world, with_next).await.unwrap();
    world.ims.play(takes(&[]));
    world.clock.set(90);
    for _ in 0..3 {
        assert_eq!(session.user(&address("a@b.c")).await.unwrap_err().kind(), Kind::Configuration);
    }
    assert_eq!(secrets(&world), [SECRET, SECRET, NEXT]);
}

#[tokio::test]
async fn a_client_that_nobody_knows_has_no_other_secret() {
    let refusal = |_: &Request| Reply::status(400, json!({"error": "invalid_client"}));
    let jwt = || Jwt { technical_account: "T".to_owned(), private_key: SecretString::from(pem()) };
    let world = world().await;
    world.ims.play(refusal);
    let error = begin(&world, |settings| {
        with_next(settings);
        settings.deprecated_jwt = Some(jwt());
    })
    .await
    .unwrap_err();
    assert!(matches!(error, Error::ClientId { .. }), "{error}");
    assert_eq!(secrets(&world), [SECRET], "it is the exchange that parts a client from its secret");

    // Otherwise nobody knows which of both is meant.
    let world = self::world().await;
    world.ims.play(refusal);
    begin(&world, with_next).await.unwrap_err();
    assert_eq!(secrets(&world), [SECRET, NEXT]);
}

#[tokio::test]
async fn a_client_that_ends_while_a_run_goes_on_is_asked_about_once() {
    let world = world().await;
    let jwt = Jwt { technical_account: "T".to_owned(), private_key: SecretString::from(pem()) };
    world.ims.play(|_| Reply::json(json!({"access_token": "t0ken", "expires_in": 100_000})));
    let session = begin(&world, |settings| {
        with_next(settings);
        settings.deprecated_jwt = Some(jwt);
    })
    .await
    .unwrap();
    world.ims.play(|_| Reply::status(400, json!({"error": "invalid_client"})));
    world.clock.set(90);
    for _ in 0..3 {
        assert_eq!(session.user(&address("a@b.c")).await.unwrap_err().kind(), Kind::Configuration);
    }
    assert_eq!(secrets(&world), [SECRET, SECRET]);
}

#[tokio::test]
async fn trouble_of_the_service_is_no_reason_to_try_another_secret() {
    let world = world().await;
    world.ims.play(|_| Reply::status(503, "<html>"));
    let error = begin(&world, with_next).await.unwrap_err();
    assert_eq!(error.kind().exit_code(), 7);
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(error.to_string().contains("sign-in service (IMS)") && cause.contains("503"), "{error}: {cause}");
    assert!(secrets(&world).iter().all(|secret| secret == SECRET));
}

#[tokio::test]
async fn each_refusal_of_the_token_service_has_its_own_words() {
    for (status, code, word) in [
        (401, "invalid_client", "refuses the client secret"),
        (400, "invalid_client", "does not know the client id"),
        (400, "invalid_scope", "add the User Management API to the project"),
        (400, "unauthorized_client", "add the User Management API to the project"),
        (400, "invalid_request", "Adobe answered 400 (invalid_request"),
    ] {
        let world = world().await;
        world.ims.play(move |_| Reply::status(status, json!({"error": code, "error_description": "why"})));
        let error = begin(&world, |_| ()).await.unwrap_err();
        assert_eq!(error.kind().exit_code(), 78, "{error}");
        assert!(error.to_string().contains(word) && error.code() == Some(code), "{error}");
        assert_eq!(world.ims.seen().len(), 1, "{code}");
    }
}

#[tokio::test]
async fn a_token_that_is_refused_is_replaced_once_and_no_more() {
    let world = World::new(|_| Reply::status(401, "")).await;
    let session = begin(&world, |_| ()).await.unwrap();
    let error = session.user(&address("a@b.c")).await.unwrap_err();
    assert!(matches!(error, Error::OtherOrganization { .. }), "{error}");
    assert_eq!((world.ims.seen().len(), world.calls().len()), (2, 2));
}

#[tokio::test]
async fn a_token_that_ends_while_its_service_is_down_is_told_as_such() {
    let world = World::new(|_| Reply::status(401, "")).await;
    let session = begin(&world, |_| ()).await.unwrap();
    world.ims.play(|_| Reply::status(503, ""));
    let error = session.user(&address("a@b.c")).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Unavailable);
    assert!(error.to_string().contains("as if it had expired"), "{error}");
    assert_eq!(world.calls().len(), 1);
}

fn pem() -> String {
    let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let der: Pkcs8V1Der<'_> = pair.as_der().unwrap();
    format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", STANDARD.encode(der.as_ref()))
}

#[tokio::test]
async fn the_deprecated_exchange_sends_a_signed_request_and_counts_in_milliseconds() {
    let world = world().await;
    let mut first = true;
    world.ims.play(move |_| match std::mem::take(&mut first) {
        true => Reply::json(json!({"access_token": "short", "expires_in": 200_000})),
        false => token(),
    });
    let private_key = SecretString::from(pem());
    let jwt = Jwt { technical_account: "T@techacct.adobe.com".to_owned(), private_key };
    let session = begin(&world, |settings| settings.deprecated_jwt = Some(jwt)).await.unwrap();
    for passed in [150, 170] {
        world.clock.set(passed);
        session.user(&address("a@b.c")).await.unwrap();
    }
    let seen = world.ims.seen();
    assert_eq!((seen.len(), seen[0].path.as_str()), (2, "/ims/exchange/jwt/"));
    let form = form(&seen[0]);
    assert_eq!(form.keys().collect::<Vec<_>>(), ["client_id", "client_secret", "jwt_token"]);
    assert_eq!(form["jwt_token"].split('.').count(), 3);
    let tokens: Vec<_> =
        world.calls().iter().map(|call| call.header("authorization").unwrap().to_owned()).collect();
    assert_eq!(tokens, ["Bearer short", "Bearer t0ken"]);
}

#[tokio::test]
async fn what_the_deprecated_exchange_refuses_names_the_way_out() {
    let world = world().await;
    world.ims.play(|_| Reply::status(400, json!({"error": "invalid_signature", "error_description": "x"})));
    let jwt = Jwt { technical_account: "T".to_owned(), private_key: SecretString::from(pem()) };
    let error = begin(&world, |settings| settings.deprecated_jwt = Some(jwt)).await.unwrap_err();
    assert_eq!(error.kind().exit_code(), 78);
    assert!(error.to_string().contains("make an OAuth server-to-server credential"), "{error}");
    let jwt = Jwt { technical_account: "T".to_owned(), private_key: SecretString::from("hush") };
    let error = begin(&world, |settings| settings.deprecated_jwt = Some(jwt)).await.unwrap_err();
    assert!(!format!("{error} {error:?}").contains("hush"));
    assert_eq!(error.kind().exit_code(), 78);
}
