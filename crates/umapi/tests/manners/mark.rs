//! Who is an emulator, and what only an emulator may be treated to.

use crate::server::{Reply, Server};
use crate::world::{World, token};
use serde_json::json;
use std::time::Duration;
use umsync_umapi::{Client, EmulatorMark, Error, Kind, Settings};

async fn prove(reply: Reply) -> Result<EmulatorMark, Error> {
    let world = World::new(|_| token()).await;
    let server = Server::start(world.clock.clone(), move |_| reply.clone()).await;
    EmulatorMark::prove(&server.url(), None, None).await
}

#[tokio::test]
async fn an_emulator_says_that_it_is_one() {
    prove(Reply::json(json!({"environment": "emulator", "version": "1"}))).await.unwrap();
}

#[tokio::test]
async fn nothing_else_is_an_emulator() {
    for reply in [
        Reply::json(json!({"environment": "jil-prod-ue1"})),
        Reply::json(json!({})),
        Reply::status(200, "<html>emulator</html>"),
        Reply::status(404, json!({"environment": "emulator"})),
        Reply::status(302, "").with("location", "http://127.0.0.1:1/status"),
        Reply::HangUp,
    ] {
        let error = prove(reply).await.unwrap_err();
        assert!(matches!(error, Error::NotEmulator { .. }), "{error}");
        assert_eq!(error.kind(), Kind::Configuration);
    }
}

#[tokio::test]
async fn an_emulator_is_on_this_machine_and_reached_directly() {
    let world = World::new(|_| token()).await;
    let far = "http://localhost.example.com:1".parse().unwrap();
    assert!(EmulatorMark::prove(&far, None, None).await.is_err());
    let proxy = "http://127.0.0.1:3128".parse().unwrap();
    assert!(EmulatorMark::prove(&world.api.url(), Some(&proxy), None).await.is_err());
}

#[tokio::test]
async fn a_mark_is_worth_nothing_elsewhere() {
    let world = World::new(|_| token()).await;
    let refused = |settings: Settings| {
        let error = Client::new(settings, world.ledger.clone(), world.clock.clone()).unwrap_err();
        assert_eq!(error.kind(), Kind::Configuration, "{error}");
    };
    let settings = world.settings().await;
    refused(Settings { server: world.ims.url(), ..settings.clone() });
    refused(Settings { ims: "https://ims-na1.adobelogin.com".parse().unwrap(), ..settings.clone() });
    refused(Settings { proxy: Some("http://127.0.0.1:3128".parse().unwrap()), ..settings.clone() });
    let mut without = settings.clone();
    without.manners.mark = None;
    refused(without);
    let mut hasty = settings;
    hasty.manners.every = Duration::from_secs(1);
    Client::new(hasty, world.ledger.clone(), world.clock.clone()).unwrap();
}
