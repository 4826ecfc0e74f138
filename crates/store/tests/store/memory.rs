//! Absences, links, plans, approvals and the baseline.

use crate::world::{ORG, Place, noon};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use umsync_engine::directory::Anchor;
use umsync_store::{Approval, Baseline, Link, SeenLink, StoredPlan};

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[tokio::test]
async fn an_absence_keeps_its_first_time_and_ends_with_the_return() {
    let place = Place::new();
    let store = place.store().await;
    store.note_absences(ORG, &set(&["ann", "bob"]), noon(0)).await.unwrap();
    store.note_absences("other", &set(&["ann"]), noon(1)).await.unwrap();
    store.note_absences(ORG, &set(&["bob", "cid"]), noon(2)).await.unwrap();

    let store = place.reopened(store).await;

    let expected = BTreeMap::from([("bob".to_owned(), noon(0)), ("cid".to_owned(), noon(2))]);
    assert_eq!(store.absences(ORG).await.unwrap(), expected);
    assert_eq!(store.absences("other").await.unwrap().len(), 1);
    // Who was back for one read begins anew.
    store.note_absences(ORG, &set(&["ann"]), noon(3)).await.unwrap();
    assert_eq!(store.absences(ORG).await.unwrap(), BTreeMap::from([("ann".to_owned(), noon(3))]));
    store.note_absences(ORG, &set(&[]), noon(4)).await.unwrap();
    assert!(store.absences(ORG).await.unwrap().is_empty());
}

#[tokio::test]
async fn many_absences_and_links_are_noted_at_once() {
    let place = Place::new();
    let store = place.store().await;
    let names: BTreeSet<String> = (0..5_001).map(|n| format!("person{n}")).collect();
    store.note_absences(ORG, &names, noon(0)).await.unwrap();
    assert_eq!(store.absences(ORG).await.unwrap().len(), 5_001);
    let links: Vec<Link> = names.iter().map(|name| link(name, "id", name)).collect();
    store.note_links(ORG, &links, noon(0)).await.unwrap();
    store.note_links(ORG, &links, noon(1)).await.unwrap();
    assert_eq!(store.links(ORG).await.unwrap().len(), 5_001);
}

fn link(uuid: &str, adobe_id: &str, email: &str) -> Link {
    Link {
        anchor: Anchor::new("entryUUID", uuid),
        adobe_id: adobe_id.to_owned(),
        email: email.to_owned(),
        dn: format!("uid={uuid},dc=example,dc=com"),
    }
}

#[tokio::test]
async fn a_link_is_renewed_and_others_stay() {
    let place = Place::new();
    let store = place.store().await;
    let first = [link("1", "A", "ann@example.com"), link("2", "B", "bob@example.com")];
    store.note_links(ORG, &first, noon(0)).await.unwrap();
    let renewed = link("1", "A", "anna@example.com");
    store.note_links(ORG, &[link("1", "Z", "z@example.com"), renewed.clone()], noon(5)).await.unwrap();
    store.note_links(ORG, &[], noon(6)).await.unwrap();
    store.note_links("other", &[link("1", "Q", "ann@example.com")], noon(6)).await.unwrap();

    let store = place.reopened(store).await;

    let anchors = [Anchor::new("entryuuid", "1"), Anchor::new("entryuuid", "2")];
    let [one, two] = anchors;
    let expected = BTreeMap::from([(one.clone(), "A".to_owned()), (two.clone(), "B".to_owned())]);
    assert_eq!(store.links(ORG).await.unwrap(), expected);
    assert_eq!(store.link(ORG, &one).await.unwrap(), Some(SeenLink { link: renewed, at: noon(5) }));
    let [_, second] = first;
    assert_eq!(store.link(ORG, &two).await.unwrap(), Some(SeenLink { link: second, at: noon(0) }));
    assert_eq!(store.link("third", &two).await.unwrap(), None);
}

#[tokio::test]
async fn a_withheld_plan_waits_for_its_approval() {
    let place = Place::new();
    let store = place.store().await;
    store.save_plan(ORG, "8c1f", &json!({"withheld": [1]}), noon(0)).await.unwrap();
    store.save_plan(ORG, "8c1f", &json!({"withheld": [1]}), noon(1)).await.unwrap();
    store.save_plan(ORG, "8d%2", &json!({}), noon(2)).await.unwrap();

    let store = place.reopened(store).await;

    let plan = StoredPlan { organization: ORG.to_owned(), at: noon(1), plan: json!({"withheld": [1]}) };
    assert_eq!(store.plan("8c1f").await.unwrap(), Some(plan));
    assert_eq!(store.plan("8c").await.unwrap(), None);
    assert_eq!(store.plan_ids("8").await.unwrap(), ["8d%2", "8c1f"]);
    assert_eq!(store.plan_ids("8c").await.unwrap(), ["8c1f"]);
    assert!(store.plan_ids("%").await.unwrap().is_empty());
}

#[tokio::test]
async fn an_approval_holds_until_it_ends() {
    let place = Place::new();
    let store = place.store().await;
    store.approve(ORG, "8c1f", "jane", noon(0), noon(100)).await.unwrap();
    store.approve(ORG, "9999", "jane", noon(1), noon(50)).await.unwrap();

    let store = place.reopened(store).await;

    let approval = |plan_id: &str, who: &str, at, until| Approval {
        plan_id: plan_id.to_owned(),
        who: who.to_owned(),
        at: noon(at),
        until: noon(until),
    };
    let both = [approval("8c1f", "jane", 0, 100), approval("9999", "jane", 1, 50)];
    assert_eq!(store.approvals(ORG, noon(49)).await.unwrap(), both);
    assert_eq!(store.approvals(ORG, noon(50)).await.unwrap(), both[..1]);
    assert!(store.approvals("other", noon(0)).await.unwrap().is_empty());
    store.end_approval(ORG, "8c1f", noon(20)).await.unwrap();
    assert!(store.approvals(ORG, noon(50)).await.unwrap().is_empty());
    store.approve(ORG, "8c1f", "joe", noon(60), noon(200)).await.unwrap();
    assert_eq!(store.approvals(ORG, noon(60)).await.unwrap(), [approval("8c1f", "joe", 60, 200)]);
}

#[tokio::test]
async fn each_approved_change_is_used_up_once_per_approval() {
    let place = Place::new();
    let store = place.store().await;
    store.approve(ORG, "8c1f", "jane", noon(0), noon(100)).await.unwrap();
    store.use_up(ORG, "8c1f", &set(&["ann leaves"]), noon(1)).await.unwrap();
    store.use_up(ORG, "8c1f", &set(&["ann leaves", "bob leaves"]), noon(2)).await.unwrap();

    let store = place.reopened(store).await;

    assert_eq!(store.used_up(ORG, "8c1f").await.unwrap(), set(&["ann leaves", "bob leaves"]));
    store.give_back(ORG, "8c1f", &set(&["bob leaves", "somebody else leaves"])).await.unwrap();
    assert_eq!(store.used_up(ORG, "8c1f").await.unwrap(), set(&["ann leaves"]));
    store.use_up(ORG, "0000", &set(&["x"]), noon(1)).await.unwrap_err();
    store.approve(ORG, "8c1f", "jane", noon(3), noon(100)).await.unwrap();
    assert!(store.used_up(ORG, "8c1f").await.unwrap().is_empty());
}

#[tokio::test]
async fn a_baseline_belongs_to_one_organization() {
    let place = Place::new();
    let store = place.store().await;
    assert_eq!(store.baseline(ORG).await.unwrap(), None);
    let baseline = |hash: &str, at| Baseline {
        configuration: hash.to_owned(),
        at: noon(at),
        by: "approval of 8c1f".to_owned(),
    };
    store.set_baseline(ORG, &baseline("aa", 0)).await.unwrap();
    store.set_baseline(ORG, &baseline("bb", 1)).await.unwrap();

    let store = place.reopened(store).await;

    assert_eq!(store.baseline(ORG).await.unwrap(), Some(baseline("bb", 1)));
    assert_eq!(store.baseline("other").await.unwrap(), None);
    assert_eq!(store.organizations().await.unwrap(), [ORG]);
}
