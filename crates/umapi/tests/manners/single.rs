//! Reading one user, or one group's members.

use crate::server::{Reply, Request};
use crate::world::{World, address, found, no_user, user, users_page};
use serde_json::json;
use umsync_engine::change::Address;
use umsync_engine::key::GroupName;
use umsync_umapi::{Error, Kind};

fn personal(email: &str) -> serde_json::Value {
    let mut user = user(email, &[]);
    user["type"] = "adobeID".into();
    user
}

fn adobe_id(email: &str) -> Address {
    Address { adobe_id: true, ..address(email) }
}

#[tokio::test]
async fn a_user_is_found_or_not() {
    let world = World::new(|request| match request.path.ends_with("a@b.c") {
        true => found(user("A@b.c", &["Design"])),
        false => no_user(),
    })
    .await;
    let session = world.session().await;
    let jane = session.user(&address("a@b.c")).await.unwrap().unwrap();
    assert!(jane.groups.contains(&GroupName::new("design")));
    assert!(session.user(&address("x@b.c")).await.unwrap().is_none());
    assert_eq!(world.lines()[0], "GET /organizations/users/a@b.c");
}

#[tokio::test]
async fn not_every_404_means_that_somebody_is_gone() {
    for reply in [
        Reply::status(404, "<html>"),
        Reply::status(404, ""),
        Reply::status(404, json!({"result": "error.domain.unknown"})),
        Reply::json(json!({"result": "success"})),
        Reply::json(json!({"result": "error"})),
        found(user("somebody.else@b.c", &[])),
    ] {
        let shown = format!("{reply:?}");
        let world = World::new(move |_| reply.clone()).await;
        let result = world.session().await.user(&address("a@b.c")).await;
        assert!(result.is_err(), "{shown}");
        assert!(world.calls().len() <= 3);
    }
    let world = World::new(|_| Reply::json(json!({"result": "error.user.not_found"}))).await;
    assert!(world.session().await.user(&address("a@b.c")).await.unwrap().is_none());
}

/// An Adobe ID of this email, and perhaps a federated one.
fn twins(federated: bool) -> impl FnMut(&Request) -> Reply + Send + 'static {
    move |request| match request.query.as_str() {
        "domain=AdobeID" => found(personal("a@b.c")),
        "domain=b.c" if federated => found(user("a@b.c", &[])),
        "domain=b.c" => no_user(),
        _ => found(personal("a@b.c")),
    }
}

#[tokio::test]
async fn an_adobe_id_of_the_same_email_is_somebody_else() {
    let world = World::new(twins(true)).await;
    let session = world.session().await;
    let organizations = session.user(&address("a@b.c")).await.unwrap().unwrap();
    assert_eq!(organizations.kind.to_string(), "federated");
    assert_eq!(session.user(&adobe_id("a@b.c")).await.unwrap().unwrap().kind.to_string(), "adobe");
    let world = World::new(twins(false)).await;
    assert!(world.session().await.user(&address("a@b.c")).await.unwrap().is_none());
}

#[tokio::test]
async fn a_business_id_is_found_without_the_word() {
    let world = World::new(|request| match request.query.as_str() {
        "domain=AdobeID" => no_user(),
        _ => found(personal("a@b.c")),
    })
    .await;
    assert!(world.session().await.user(&adobe_id("a@b.c")).await.unwrap().is_some());
    // A federated account of this email is not the Adobe ID.
    let world = World::new(|request| match request.query.as_str() {
        "domain=AdobeID" => no_user(),
        _ => found(user("a@b.c", &[])),
    })
    .await;
    assert!(world.session().await.user(&adobe_id("a@b.c")).await.unwrap().is_none());
}

#[tokio::test]
async fn names_are_encoded() {
    let world = World::new(|_| no_user()).await;
    let session = world.session().await;
    let bare = Address { user: "j/d oe+1?#%".to_owned(), domain: Some("b.c".to_owned()), adobe_id: false };
    session.user(&bare).await.unwrap();
    assert_eq!(world.lines()[0], "GET /organizations/users/j%2Fd%20oe%2B1%3F%23%25?domain=b.c");
    let error = session.user(&address("..")).await.unwrap_err();
    assert!(matches!(error, Error::Unaddressable { .. }));
}

#[tokio::test]
async fn members_come_page_by_page() {
    let world = World::new(|request| match request.path.contains("/0/") {
        true => users_page(&["a@b.c", "b@b.c"], false),
        false => users_page(&["b@b.c", "c@b.c"], true),
    })
    .await;
    let members = world.session().await.members(&"All Apps".into()).await.unwrap().unwrap();
    assert_eq!(members.users.len(), 3);
    assert_eq!(
        world.lines(),
        ["GET /users/0/All%20Apps?directOnly=true", "GET /users/1/All%20Apps?directOnly=true"]
    );
    // Members are no listing: no stamp is written.
    assert_eq!(world.ledger.stamped(), umsync_engine::stamps::Stamps::default());
}

#[tokio::test]
async fn a_group_is_there_or_not() {
    let missing =
        || Reply::status(404, json!({"result": "error.group.not_found", "message": "Not found: x"}));
    let world = World::new(move |request| match request.path.ends_with("/Design") {
        true => users_page(&[], true),
        false => missing(),
    })
    .await;
    let session = world.session().await;
    assert!(session.group_exists(&"Design".into()).await.unwrap());
    assert!(!session.group_exists(&"Other".into()).await.unwrap());
    assert!(session.members(&"Other".into()).await.unwrap().is_none());
    assert_eq!(session.members(&"a/b".into()).await.unwrap_err().kind(), Kind::Configuration);
    let world = World::new(move |request| match request.path.contains("/0/") {
        true => users_page(&["a@b.c"], false),
        false => missing(),
    })
    .await;
    assert!(world.session().await.members(&"Design".into()).await.is_err());
}
