//! The last complete reading.

use crate::world::{ORG, Place, noon, snapshot, user};
use umsync_engine::adobe::{Group, GroupKind, Identity, Status, UnreadableUser, UserType};
use umsync_engine::key::GroupName;
use umsync_store::Error;

#[tokio::test]
async fn a_reading_comes_back_as_it_was() {
    let place = Place::new();
    let store = place.store().await;
    let mut read = snapshot(ORG, noon(0), &["ann", "bob"]);
    read.users[1].kind = UserType::Unknown("martianID".into());
    read.users[0].status = Status::Other("locked".into());
    read.users[0].kind = UserType::Known(Identity::Adobe);
    for (name, kind) in [
        ("All Apps", GroupKind::ProductProfile),
        ("_org_admin", GroupKind::Administrative("SYSADMIN_GROUP".to_owned())),
        ("Straße \"1\"", GroupKind::Unknown(None)),
    ] {
        let name = GroupName::new(name);
        let group = Group {
            name: name.clone(),
            kind,
            id: Some(7),
            member_count: Some(2),
            admins: None,
            quota: None,
            product: Some("Photoshop".to_owned()),
        };
        read.groups.insert(name, group);
    }
    read.unreadable.push(UnreadableUser { who: "3".to_owned(), reason: "no email".to_owned() });
    store.save_snapshot(&snapshot(ORG, noon(-9), &["old"])).await.unwrap();
    store.save_snapshot(&read).await.unwrap();
    store.save_snapshot(&snapshot("other", noon(1), &[])).await.unwrap();

    let store = place.reopened(store).await;

    assert_eq!(store.snapshot(ORG).await.unwrap(), Some(read));
    assert_eq!(store.snapshot("other").await.unwrap(), Some(snapshot("other", noon(1), &[])));
    assert_eq!(store.snapshot("third").await.unwrap(), None);
}

#[tokio::test]
async fn amendments_are_kept_and_none_is_lost() {
    let place = Place::new();
    let stores = [place.store().await, place.store().await];
    assert!(!stores[0].amend_snapshot(ORG, |_| ()).await.unwrap());
    stores[0].save_snapshot(&snapshot(ORG, noon(0), &["ann"])).await.unwrap();
    let mut tasks = tokio::task::JoinSet::new();
    for task in 0..10 {
        let store = stores[task % 2].clone();
        tasks.spawn(async move {
            let add = |snapshot: &mut umsync_engine::adobe::Snapshot| {
                snapshot.users.push(user(&format!("new{task}")));
            };
            assert!(store.amend_snapshot(ORG, add).await.unwrap());
        });
    }
    tasks.join_all().await;
    let amended = stores[1].snapshot(ORG).await.unwrap().unwrap();
    assert_eq!(amended.users.len(), 11);
    assert_eq!(amended.read_at, noon(0));
}

#[tokio::test]
async fn a_damaged_snapshot_is_found_out() {
    let place = Place::new();
    let store = place.store().await;
    store.save_snapshot(&snapshot(ORG, noon(0), &["ann"])).await.unwrap();
    store.close().await;
    let file = std::fs::read(place.path()).unwrap();
    let at = file.windows(15).position(|bytes| bytes == b"ann@example.com").unwrap();
    let mut changed = file.clone();
    changed[at] = b'A';
    std::fs::write(place.path(), changed).unwrap();

    let store = place.store().await;

    let error = store.snapshot(ORG).await.unwrap_err();
    assert!(matches!(&error, Error::SnapshotDamaged { organization, .. } if organization == ORG), "{error}");
    let error = store.amend_snapshot(ORG, |_| ()).await.unwrap_err();
    assert!(matches!(error, Error::SnapshotDamaged { .. }), "{error}");
    store.save_snapshot(&snapshot(ORG, noon(0), &["ann"])).await.unwrap();
    assert!(store.snapshot(ORG).await.unwrap().is_some());
}

#[tokio::test]
async fn a_large_company_fits() {
    let place = Place::new();
    let store = place.store().await;
    let mut read = snapshot(ORG, noon(0), &[]);
    read.users = (0..100_000).map(|n| user(&format!("person{n}"))).collect();
    store.save_snapshot(&read).await.unwrap();
    assert_eq!(store.snapshot(ORG).await.unwrap(), Some(read));
}
