//! What earlier complete reads met.

use crate::world::{ORG, Place, noon, set};
use std::collections::BTreeMap;
use umsync_engine::directory::GroupRef;

#[tokio::test]
async fn members_are_accepted_once_and_for_all_and_others_are_not() {
    let place = Place::new();
    let store = place.store().await;
    let of = |group: &str, members: &[&str]| BTreeMap::from([(GroupRef::new(group), set(members))]);
    store.accept_members(ORG, &of("Design", &["uid=a", "uid=b"]), "jane", noon(0)).await.unwrap();
    store.accept_members(ORG, &of("Design", &["uid=b", "uid=c"]), "joe", noon(1)).await.unwrap();
    store.accept_members(ORG, &of("Video", &["uid=a"]), "joe", noon(1)).await.unwrap();
    store.accept_members("other", &of("Audio", &["uid=a"]), "joe", noon(1)).await.unwrap();

    let store = place.reopened(store).await;

    let mut accepted = of("Design", &["uid=a", "uid=b", "uid=c"]);
    accepted.extend(of("Video", &["uid=a"]));
    assert_eq!(store.accepted_members(ORG).await.unwrap(), accepted);
    assert_eq!(store.accepted_members("other").await.unwrap(), of("Audio", &["uid=a"]));
    store.forget(noon(9)).await.unwrap();
    assert_eq!(store.accepted_members(ORG).await.unwrap(), accepted, "the next run decides by them");
}
