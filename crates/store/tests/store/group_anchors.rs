use crate::world::{ORG, Place, noon, set};
use std::collections::BTreeMap;
use umsync_engine::directory::{Anchor, GroupRef, SeenGroup};
use umsync_store::{Forgotten, PersonTraces, Store, StoredGroup};

fn groups(list: &[(&str, &str, &str)]) -> BTreeMap<GroupRef, SeenGroup> {
    list.iter()
        .map(|(name, uuid, dn)| {
            let anchor = Anchor::new("entryUUID", uuid);
            (GroupRef::new(name), SeenGroup { anchor, dn: (*dn).to_owned() })
        })
        .collect()
}

fn stored(directory: &str, name: &str, uuid: &str, dn: &str, first: i64, last: i64) -> StoredGroup {
    StoredGroup {
        directory: directory.to_owned(),
        group: GroupRef::new(name),
        anchor: Anchor::new("entryUUID", uuid),
        dn: dn.to_owned(),
        first_seen: noon(first),
        last_seen: noon(last),
    }
}

/// Two groups of one directory, one of another, and one of another organization.
async fn filled(place: &Place) -> Store {
    let store = place.store().await;
    let first = groups(&[("Design", "1", "cn=design"), ("Video", "2", "cn=video")]);
    store.note_groups(ORG, "", &first, noon(0)).await.unwrap();
    // One was renamed, another one has the other's name, and one is not mapped any more.
    let second = groups(&[("Design", "1", "cn=creative")]);
    store.note_groups(ORG, "", &second, noon(5)).await.unwrap();
    store.note_groups(ORG, "", &groups(&[("Video", "3", "cn=video")]), noon(7)).await.unwrap();
    store.note_groups(ORG, "berlin", &groups(&[("Design", "4", "cn=design")]), noon(8)).await.unwrap();
    store.note_groups("other", "", &first, noon(0)).await.unwrap();
    place.reopened(store).await
}

#[tokio::test]
async fn groups_are_remembered_with_their_entries() {
    let place = Place::new();
    let store = filled(&place).await;
    let known = [
        stored("", "Design", "1", "cn=creative", 0, 5),
        stored("", "Video", "3", "cn=video", 7, 7),
        stored("berlin", "Design", "4", "cn=design", 8, 8),
    ];
    assert_eq!(store.group_anchors(ORG).await.unwrap(), known);
    // They are no history: however old, the next run decides by them. And they are nobody's.
    store.forget(noon(9)).await.unwrap();
    let nobody = PersonTraces { emails: set(&["design@example.com"]), ..PersonTraces::default() };
    assert_eq!(store.forget_person(ORG, &nobody).await.unwrap(), Forgotten::default());
    assert_eq!(store.group_anchors(ORG).await.unwrap(), known);
    // A copy has them, too.
    let copy = place.path().with_file_name("copy.db");
    store.backup(&copy).await.unwrap();
    let copy = Store::open(copy, umsync_store::Missing::Refuse).await.unwrap();
    assert_eq!(copy.group_anchors(ORG).await.unwrap(), known);
}

#[tokio::test]
async fn groups_are_forgotten_by_name_or_all() {
    let place = Place::new();
    let store = filled(&place).await;
    let design = GroupRef::new("Design");
    assert_eq!(store.forget_groups(ORG, Some(&design)).await.unwrap(), 2);
    assert_eq!(store.forget_groups(ORG, Some(&design)).await.unwrap(), 0);
    assert_eq!(store.group_anchors(ORG).await.unwrap(), [stored("", "Video", "3", "cn=video", 7, 7)]);
    assert_eq!(store.forget_groups(ORG, None).await.unwrap(), 1);
    assert_eq!(store.group_anchors(ORG).await.unwrap(), []);
    assert_eq!(store.group_anchors("other").await.unwrap().len(), 2);
}
