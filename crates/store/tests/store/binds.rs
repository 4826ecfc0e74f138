use crate::world::{Place, noon};
use umsync_store::RefusedBinds;

const ACCOUNT: &str = "cn=umsync,dc=example,dc=com";

#[tokio::test]
async fn refusals_are_counted_across_restarts_until_somebody_is_let_in() {
    let place = Place::new();
    let store = place.store().await;
    assert_eq!(store.refused_binds(ACCOUNT).await.unwrap(), []);
    store.note_refused_bind("ldaps://dc1", ACCOUNT, noon(0)).await.unwrap();
    store.note_refused_bind("ldaps://dc1", ACCOUNT, noon(9)).await.unwrap();

    let store = place.reopened(store).await;
    store.note_refused_bind("ldaps://dc2", ACCOUNT, noon(10)).await.unwrap();
    store.note_refused_bind("ldaps://dc1", "cn=other", noon(11)).await.unwrap();
    let refused = |server: &str, identity: &str, refusals, at| RefusedBinds {
        server: server.to_owned(),
        identity: identity.to_owned(),
        refusals,
        at: noon(at),
    };
    let both = [refused("ldaps://dc1", ACCOUNT, 2, 9), refused("ldaps://dc2", ACCOUNT, 1, 10)];
    assert_eq!(store.refused_binds(ACCOUNT).await.unwrap(), both);

    store.forget_refused_binds(&["ldaps://dc1".to_owned()], ACCOUNT).await.unwrap();
    assert_eq!(store.refused_binds(ACCOUNT).await.unwrap(), both[1..]);
    assert_eq!(store.refused_binds("cn=other").await.unwrap(), [refused("ldaps://dc1", "cn=other", 1, 11)]);

    // Nobody asks about an account that was given up long ago.
    store.forget(noon(11)).await.unwrap();
    assert_eq!(store.refused_binds(ACCOUNT).await.unwrap(), []);
    assert_eq!(store.refused_binds("cn=other").await.unwrap().len(), 1);
}
